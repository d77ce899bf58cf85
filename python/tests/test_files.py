"""What outlives a file: classes, names of features, parameters; and labels by class, forks, and learning in many small calls."""
import copy
import csv
import multiprocessing
import os
import pickle
import re
import subprocess
import time

import numpy as np
import pytest

import harmonium

few = dict(epochs=2, batch_size=20)


@pytest.fixture(scope="module")
def stripes():
    """(300, 12), and the number of the class, 0..2, which four features tell."""
    random = np.random.RandomState(0)
    k = random.randint(0, 3, 300)
    X = (random.rand(300, 12) < np.where(np.arange(12) // 4 == k[:, None], 0.95, 0.05)).astype(np.float32)
    return X, k


def net(**options):
    return harmonium.NetClassifier("20", **dict(few, backprop_epochs=30, backprop_batch_size=20, **options))


def belief(**options):
    return harmonium.DBNClassifier("20, 20", **dict(dict(epochs=15, batch_size=20, learning_rate=0.1), **options))


def joint(**options):
    return harmonium.DBNClassifier("20", epochs=30, batch_size=20, learning_rate=0.1, **options)


def program(*arguments, cwd):
    path = os.environ.get("HARMONIUM_PROGRAM")
    if not path:
        pytest.skip("HARMONIUM_PROGRAM is not set")
    run = subprocess.run([path, *map(str, arguments)], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0, run.stdout
    return run.stdout


# ---- Classes

CLASSES = {
    "whole numbers": np.array([5, 7, 9]), "bytes": np.array([5, 7, 9], dtype=np.uint8), "from 0": np.array([0, 1, 2]),
    "negative": np.array([-1, 0, 1]), "large": np.array([5, 10**6, 2**40]), "floats": np.array([5.0, 7.0, 9.0]),
    "words": np.array(["cat", "dog", "ox"]), "objects": np.array(["cat", "dog", "ox"], dtype=object),
    "words that look like numbers": np.array(["-1", "01", "7"]), "words of numbers": np.array(["5", "7", "9"]),
    "odd words": np.array([" a b ", "", "ü,\"x\""]), "words of truth": np.array(["False", "None", "True"]),
    "truth": np.array([False, True]), "two words": np.array(["no", "yes"]), "numbers as objects": np.array([5, 7, 9], dtype=object),
    "truth as objects": np.array([False, True], dtype=object), "wide": np.array(["x" * 255, "y" * 255, "z"]),
    "two negative": np.array([-1, 1]),
}


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("make", [net, belief, joint])
def test_classes_outlive_a_file(make, name, stripes, tmp_path):
    X, k = stripes
    y = CLASSES[name][k % len(CLASSES[name])]
    first = make().fit(X, y)
    first.save(tmp_path / "m.safetensors")
    score, P = first.score(X, first.predict(X)), first.predict_proba(X)
    assert score == 1 and first.score(X, y.astype(first.classes_.dtype)) > 0.6
    for other in (type(first).load(tmp_path / "m.safetensors"), pickle.loads(pickle.dumps(first)), copy.deepcopy(first)):
        assert other.classes_.tolist() == first.classes_.tolist() and other.classes_.dtype == first.classes_.dtype
        assert [type(c) for c in other.classes_.tolist()] == [type(c) for c in first.classes_.tolist()]
        assert np.array_equal(other.predict(X), first.predict(X)) and np.array_equal(other.predict_proba(X), P)
        assert other.score(X, y.astype(first.classes_.dtype)) == first.score(X, y.astype(first.classes_.dtype))
        other.save(tmp_path / "again.safetensors")
        assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "m.safetensors").read_bytes()


def test_classes_under_joblib_clone_and_confusion(stripes, tmp_path):
    joblib = pytest.importorskip("joblib")
    base = pytest.importorskip("sklearn.base")
    metrics = pytest.importorskip("sklearn.metrics")
    X, k = stripes
    first = net().fit(X, k + 5)
    joblib.dump(first, tmp_path / "m.joblib")
    first.save(tmp_path / "m.safetensors")
    for other in (joblib.load(tmp_path / "m.joblib"), harmonium.NetClassifier.load(tmp_path / "m.safetensors")):
        assert np.array_equal(metrics.confusion_matrix(k + 5, other.predict(X)), metrics.confusion_matrix(k + 5, first.predict(X)))
        again = base.clone(other).fit(X, k + 5)
        assert again.model_.to_bytes() == first.model_.to_bytes()


def test_classes_of_a_data_frame(stripes):
    pandas = pytest.importorskip("pandas")
    X, k = stripes
    words = np.array(["cat", "dog", "ox"])[k]
    expected = net().fit(X, words).model_.to_bytes()
    for y in (pandas.Series(words), pandas.Categorical(words), pandas.Series(words, dtype="category"), pandas.Series(words, dtype="string"),
              list(words)):
        model = net().fit(X, y)
        assert model.classes_.tolist() == ["cat", "dog", "ox"] and model.score(X, words) > 0.9
        assert model.model_.classes().tolist() == ["cat", "dog", "ox"] and len(model.model_.to_bytes()) - len(expected) in range(-99, 99)
    model = net().fit(X, pandas.Series(k + 5, dtype="Int64"))
    assert model.classes_.tolist() == [5, 6, 7] == model.model_.classes().tolist()


@pytest.mark.parametrize("wrong, text", [("a\nb", "one line"), ("x" * 256, "256 bytes"), ("ü" * 128, "256 bytes"), ("a\0b", "one line")])
def test_classes_that_no_file_holds(wrong, text, stripes):
    X, k = stripes
    for make in (net, belief):
        with pytest.raises(ValueError, match=text):
            make().fit(X, np.array(["a", wrong], dtype=object)[k % 2])


@pytest.mark.parametrize("name", ["whole numbers", "words", "negative", "truth", "two negative", "from 0", "floats", "words of numbers"])
@pytest.mark.parametrize("make", [net, belief])
def test_the_program_knows_the_classes(make, name, stripes, tmp_path):
    X, k = stripes
    y = CLASSES[name][k % len(CLASSES[name])]
    first = make().fit(X[:200], y[:200])
    first.save(tmp_path / "m.safetensors")
    with open(tmp_path / "test.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([f"f{i}" for i in range(12)] + ["y"])
        rows.writerows([list(x) + [int(c) if y.dtype.kind == "f" else c] for x, c in zip(X[200:], y[200:].tolist())])
    told = program("classify", "m.safetensors", "test.csv", "--label-column", "y", cwd=tmp_path)
    error = float(re.search(r"([0-9.]+) ?%", told).group(1)) / 100
    assert error == pytest.approx(1 - first.score(X[200:], y[200:]), abs=1e-3) and "no class" not in told


def test_classes_that_the_program_learned(stripes, tmp_path):
    pandas = pytest.importorskip("pandas")
    X, k = stripes
    names = [f"f{i}" for i in range(12)]
    for classes in (["ant", "bee", "cow"], [5, 7, 9], [-1, 0, 1]):
        y = np.array(classes)[k]
        with open(tmp_path / "train.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(names + ["y"])
            rows.writerows([list(x) + [c] for x, c in zip(X, y.tolist())])
        program("train", "train.csv", "--label-column", "y", "--kind", "dbn", "--layers", "12, 20", "--epochs", 20, "--learning-rate", 0.1,
                "--batch-size", 20, "--seed", 7, "-o", "m.safetensors", "--force", cwd=tmp_path)
        model = harmonium.DBNClassifier.load(tmp_path / "m.safetensors")
        assert model.classes_.tolist() == classes and model.score(pandas.DataFrame(X, columns=names), y) > 0.9
        assert model.seed == 7 and model.epochs == 20 and model.learning_rate == "0.1" and model.batch_size == 20
        assert list(model.feature_names_in_) == names
        assert model.sample(3, 5, label=classes[2]).shape == (3, 12)
        assert harmonium.DBN.load(tmp_path / "m.safetensors").sample(3, 5, label=[classes[1], None, classes[0]]).shape == (3, 12)


# ---- Labels by their class

def test_labels_are_classes(stripes):
    X, k = stripes
    for classes in (np.array(["cat", "dog", "ox"]), np.array([5, 7, 9]), np.array([-1, 0, 1])):
        model = belief().fit(X, classes[k])
        for held in (classes[2], classes[2].item(), [classes[2]] * 40, [classes[2]]):
            dreams = model.sample(40, steps=50, label=held)
            assert dreams[:, 8:].mean() > 0.7 and dreams[:, :8].mean() < 0.3  # the stripe of the third class
        mixed = model.sample(40, steps=50, label=[classes[0]] * 20 + [classes[2]] * 20)
        assert mixed[:20, :4].mean() > 0.7 and mixed[20:, 8:].mean() > 0.7
        free = model.sample(40, steps=50, label=[None] * 39 + [classes[0]])
        assert free.shape == (40, 12)
        for wrong in ("cow", 77, 7.5, [classes[0]] * 39 + ["cow"], "7", b"cat"):
            with pytest.raises(ValueError, match="the classes are " + re.escape(", ".join(map(repr, classes.tolist())))):
                model.sample(40, steps=1, label=wrong)
        with pytest.raises(ValueError, match="one for each chain"):
            model.sample(40, steps=1, label=[classes[0]] * 3)
    numbers = harmonium.DBN("20, 20", labels=3, **few).fit(X, k)
    assert np.array_equal(numbers.sample(3, 5, label=[-1, -1, -1]), numbers.sample(3, 5))
    with pytest.raises(ValueError, match="the classes are 0, 1, 2"):
        numbers.sample(3, 5, label=3)
    for unlabelled in (harmonium.DBN("5, 5", **few), harmonium.RBM("5", **few), harmonium.SigmoidBeliefNet("5", epochs=1)):
        unlabelled.fit(X)
        with pytest.raises(ValueError, match="no label units"):
            unlabelled.sample(3, 5, label=0)


def test_labels_of_pictures(stripes):
    X, k = stripes
    model = harmonium.ConvDBN("bernoulli 4 by 2x2 | 10", (3, 4), labels=3, **few).fit(X, k)
    assert model.sample(2, 3, label=[0, 2]).shape == (2, 3, 4)
    with pytest.raises(ValueError, match="the classes are 0, 1, 2"):
        model.sample(2, 3, label="cat")


# ---- Parameters and names

ESTIMATORS = [
    lambda: harmonium.RBM("softmax 6x3", learner="pcd", learning_rate="0.1, ~0.01@20", momentum=0.3, chains=7, seed=5, **few),
    lambda: harmonium.RBM(4, seed=2**63 + 3, precision="f32", **few),
    lambda: harmonium.DBN([8, 4], learning_rate=0.05, up_down_epochs=1, up_down_steps="3", labels=3, seed=3, **few),
    lambda: harmonium.DBNClassifier(("8", "softmax 4x2"), weight_cost=0.001, seed=9, **few),
    lambda: harmonium.NetClassifier("8, 4", backprop_epochs=3, backprop_learning_rate=0.02, backprop_keep_best=False, seed=1, **few),
    lambda: harmonium.SigmoidBeliefNet("8, 4", epochs=2, learning_rate=0.1, seed=4),
    lambda: harmonium.ConvDBN("bernoulli 4 by 2x2", image_shape=(3, 4), seed=4, **few),
    lambda: harmonium.BernoulliRBM(4, learning_rate=0.03, n_iter=2, batch_size=7, random_state=6),
    lambda: harmonium.RBM(epochs=0), lambda: harmonium.DBNClassifier(epochs=np.int64(1), learning_rate=np.float32(0.5))]


@pytest.mark.parametrize("make", ESTIMATORS)
def test_a_file_keeps_the_parameters(make, stripes, tmp_path):
    X, k = stripes
    first = make().set_params(verbose=0).fit(X, k)
    first.save(tmp_path / "m.safetensors")
    other = type(first).load(tmp_path / "m.safetensors")
    assert other.get_params() == first.get_params()
    assert np.array_equal(other.transform(X), first.transform(X)) if first._top() else True
    if not isinstance(first, harmonium.NetClassifier):
        assert np.array_equal(other.sample(2, 3), first.sample(2, 3))  # by the same seed
    assert other.fit(X, k).model_.to_bytes() == first.model_.to_bytes()
    changed = type(first).load(tmp_path / "m.safetensors", verbose=1, **({} if "seed" not in first.get_params() else {"seed": 77}))
    assert changed.verbose == 1 and getattr(changed, "seed", 77) == 77


def test_recipes_of_the_program(stripes, tmp_path):
    np.save(tmp_path / "x.npy", stripes[0])
    program("train", "x.npy", "--hidden", 5, "--learner", "pcd", "--learning-rate", "0.1, ~0.01@3", "--epochs", 4, "--seed", 11,
            "--weight-cost", 0.01, "-o", "m.safetensors", cwd=tmp_path)
    rbm = harmonium.RBM.load(tmp_path / "m.safetensors")
    said = {name: rbm.get_params()[name] for name in ("learner", "learning_rate", "epochs", "seed", "weight_cost")}
    assert said == {"learner": "pcd", "learning_rate": "0.1, ~0.01@3", "epochs": 4, "seed": 11, "weight_cost": 0.01}
    assert harmonium.BernoulliRBM.load(tmp_path / "m.safetensors").n_iter == 4
    rbm.set_params(hidden=6).fit(stripes[0]).save(tmp_path / "mine.safetensors")
    told = program("info", "mine.safetensors", cwd=tmp_path)
    assert "learning-rate = 0.1, ~0.01@3" in told and "hidden = 6" in told and "seed      11" in told


@pytest.mark.parametrize("make", [lambda: harmonium.RBM("4", **few), net, belief,
                                  lambda: harmonium.BernoulliRBM(4, n_iter=1, random_state=0)])
def test_a_file_keeps_the_names_of_features(make, stripes, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("sklearn")
    X, k = stripes
    names = [f"ü {i}" for i in range(12)]
    frame = pandas.DataFrame(X, columns=names)
    first = make().fit(frame, k)
    first.save(tmp_path / "m.safetensors")
    other = type(first).load(tmp_path / "m.safetensors")
    assert list(other.feature_names_in_) == names and other.n_features_in_ == 12
    assert np.array_equal(other.transform(frame), first.transform(frame))
    for wrong, text in ((frame[names[::-1]], "same order"), (frame[names[1:]], "missing"), (frame.rename(columns={"ü 3": "z"}), "unseen")):
        for method in ["transform", "reconstruct"][:1 + hasattr(other, "free_energy")] + ["predict"] * hasattr(other, "predict"):
            with pytest.raises(ValueError, match=text):
                getattr(other, method)(wrong)
    refit = other.fit(X, k)
    assert not hasattr(refit, "feature_names_in_") and refit.model_.feature_names is None
    twice = pandas.DataFrame(X, columns=["a"] * 12)
    make().fit(twice, k).save(tmp_path / "twice.safetensors")
    assert not hasattr(type(first).load(tmp_path / "twice.safetensors"), "feature_names_in_")


def test_the_program_knows_the_names(stripes, tmp_path):
    pandas = pytest.importorskip("pandas")
    X, k = stripes
    frame = pandas.DataFrame(X, columns=[f"f{i}" for i in range(12)])
    first = net().fit(frame, k)
    first.save(tmp_path / "m.safetensors")
    frame.assign(y=k)[["y"] + list(frame.columns[::-1])].to_csv(tmp_path / "turned.csv", index=False)
    told = program("classify", "m.safetensors", "turned.csv", "--label-column", "y", cwd=tmp_path)
    assert float(re.search(r"([0-9.]+) ?%", told).group(1)) / 100 == pytest.approx(1 - first.score(frame, k), abs=1e-3)


# ---- Many calls

def test_partial_fit_costs_the_same_for_ever(bits):
    old, fresh = (harmonium.BernoulliRBM(4, random_state=0).partial_fit(bits) for _ in range(2))
    size = len(old.model_.to_bytes())
    for _ in range(2700):
        old.partial_fit(bits)
    seconds = {old: [], fresh: []}
    for _ in range(300):  # the last calls of one beside the first of the other, since the machine has slow moments
        for rbm in (old, fresh):
            began = time.perf_counter()
            rbm.partial_fit(bits)
            seconds[rbm].append(time.perf_counter() - began)
    assert np.median(seconds[old]) < 2 * np.median(seconds[fresh])
    assert len(old.model_.to_bytes()) <= size + 64  # "(3001 times)", and the header of a file ends at a multiple of 64
    assert len(old.reports_) == 1 and len(old.model_.history) == 1


# ---- Children

def in_child(make, queue):
    queue.put(make())


def run_in_fork(make):
    """What make() gives in a forked process, within a minute."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=in_child, args=(make, queue))
    child.start()
    try:
        return queue.get(timeout=60)
    finally:
        child.join(5)
        if child.is_alive():
            child.kill()


def test_models_in_a_forked_child(digits):
    X = digits[0][:500]
    rbm = harmonium.RBM("40", threads=2, **few).fit(X)
    expected = rbm.transform(X)
    assert np.array_equal(run_in_fork(lambda: rbm.transform(X)), expected)
    assert run_in_fork(lambda: rbm.fit(X).model_.to_bytes()) == rbm.model_.to_bytes()
    assert run_in_fork(lambda: harmonium.RBM("40", threads=2, **few).fit(X).model_.to_bytes()) == rbm.model_.to_bytes()
    assert np.array_equal(rbm.transform(X), expected)  # the parent's threads are there still


def test_models_after_os_fork(digits):
    X = digits[0][:500]
    rbm = harmonium.RBM("40", threads=2, **few).fit(X)
    expected, (reader, writer) = rbm.transform(X), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            is_same = np.array_equal(rbm.transform(X), expected) and np.isfinite(rbm.fit(X).transform(X)).all()
            os.write(writer, b"same" if is_same else b"other")
        finally:
            os._exit(0)
    os.close(writer)
    os.set_blocking(reader, False)
    began, said = time.time(), None
    while said is None and time.time() - began < 60:
        try:
            said = os.read(reader, 10)
        except BlockingIOError:
            time.sleep(0.02)
    if said is None:
        os.kill(child, 9)
    os.waitpid(child, 0)
    os.close(reader)
    assert said == b"same"
