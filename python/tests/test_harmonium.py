"""The layer over the library: exact values, arrays, errors, files, interruption."""
import copy
import inspect
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import harmonium
from harmonium import _core as core

few = dict(epochs=2, batch_size=50)


# ---- Exact values, against numpy. Tolerances: float32 weights and sums of about ten terms.

def test_features_are_sigmoids(tiny, bits):
    assert np.allclose(tiny.rbm.transform(bits), 1 / (1 + np.exp(-tiny.inputs)), atol=1e-6)


def test_free_energies(tiny, bits):
    assert np.allclose(tiny.rbm.free_energy(bits), tiny.free_energy, atol=1e-5)


def test_partition_by_enumeration(tiny):
    log_Z = tiny.rbm.log_partition()
    assert log_Z.is_exact and log_Z.low == log_Z.value == log_Z.high
    assert abs(log_Z.value - tiny.log_Z) < 1e-5


def test_likelihoods_are_bracketed(tiny, bits):
    exact = (-tiny.free_energy - tiny.log_Z).mean()
    assert abs(tiny.rbm.log_likelihood(bits).value - exact) < 1e-5
    assert abs(tiny.rbm.score(bits) - exact) < 1e-5
    guess = tiny.rbm.log_likelihood(bits, partition="ais", chains=50, betas="500:1")
    assert not guess.is_exact and guess.low <= exact <= guess.high and guess.high - guess.low < 1
    bracket = tiny.rbm.log_partition(partition="ais", chains=50, betas="500:1")
    assert bracket.low <= tiny.log_Z <= bracket.high


def test_chains_reach_the_distribution(tiny, bits):
    v = tiny.rbm.sample(4000, steps=100, means=False)
    assert set(np.unique(v)) <= {0, 1}
    mean = np.exp(-tiny.free_energy - tiny.log_Z) @ bits
    assert np.abs(v.mean(axis=0) - mean).max() < 4 * 0.5 / np.sqrt(4000)  # four standard deviations, fixed seed


def test_learning_raises_the_likelihood(bits):
    X = np.repeat(bits[[7, 56]], 50, axis=0)
    before = harmonium.RBM("4", epochs=0, seed=1).fit(X).score(X)
    after = harmonium.RBM("4", epochs=200, learner="exact", learning_rate=0.5, weight_cost=0, seed=1).fit(X).score(X)
    assert before < -3 and after > -0.8  # log 2 = 0.69 is the best


def test_learning_digits_lowers_the_error(digits):
    X, _ = digits
    rbm = harmonium.RBM("50", epochs=0).fit(X)
    before = ((rbm.reconstruct(X) - X) ** 2).mean()
    after = ((harmonium.RBM("50", epochs=4).fit(X).reconstruct(X) - X) ** 2).mean()
    assert after < 0.7 * before  # observed: 0.66


# ---- Arrays

def test_float32_is_not_copied(digits, tiny):
    X, _ = digits
    assert core.as_float32(X) is X and core.check_cases(X) is X
    assert np.shares_memory(harmonium.RBM("2")._check(X, reset=True), X)
    assert np.shares_memory(tiny.rbm.components_, tiny.rbm.components_)


def test_what_is_converted_gives_the_same(bits):
    def learned(X):
        return harmonium.RBM("3", learning_rate=0.1, **few).fit(X).model_.to_bytes()

    expected = learned(bits)
    wide = np.zeros((64, 12), dtype=np.float32)
    wide[:, ::2] = bits
    for X in (bits.astype(float), bits.astype(np.uint8), bits.astype(bool), np.asfortranarray(bits), wide[:, ::2], bits.tolist()):
        assert learned(X) == expected
    sparse = pytest.importorskip("scipy.sparse")
    assert learned(sparse.csr_matrix(bits)) == expected


def test_views_follow_the_model_and_keep_it(bits):
    W = harmonium.RBM("3", **few).fit(bits).components_
    assert W.shape == (3, 6) and np.isfinite(W).all() and not W.flags.writeable


@pytest.mark.parametrize("X, text", [
    (np.zeros(6), "Reshape your data"),
    (np.zeros((0, 6)), r"0 sample\(s\)"),
    (np.zeros((3, 0)), r"0 feature\(s\)"),
    (np.full((3, 6), np.nan), "NaN"),
    (np.full((3, 6), np.inf), "infinity"),
    (np.full((3, 6), 3.0), "bernoulli units take 0 to 1"),
    (np.zeros((3, 6), dtype=complex), "Complex data not supported"),
])
def test_data_that_cannot_be(X, text):
    with pytest.raises(ValueError, match=text):
        harmonium.RBM("3", epochs=1).fit(X)
    if "bernoulli" not in text:
        with pytest.raises(ValueError, match=text):
            core.check_cases(X)


# ---- Options and errors

def test_options_are_the_programs(bits):
    parameters = harmonium.RBM().get_params()
    assert parameters["learner"] == "cd" and parameters["epochs"] == 10 and parameters["momentum"] == "0.5, 0.9@5"
    assert "up_down_learning_rate" in harmonium.DBN().get_params()
    assert "passes over the training data" in harmonium.RBM.__doc__
    with pytest.raises(TypeError, match="learning_rat"):
        harmonium.RBM(learning_rat=1)
    with pytest.raises(ValueError, match="learner = pdc: must be one of"):
        harmonium.RBM(learner="pdc").fit(bits)
    with pytest.raises(ValueError, match="epochs"):
        harmonium.RBM(epochs=-1).fit(bits)
    with pytest.raises(ValueError, match="no option|unknown|betass"):
        harmonium.RBM("2", epochs=0).fit(bits).log_likelihood(bits, betass=3)


COUNTS = {"seed": (-1, 2**64), "threads": (-1,), "verbose": (-1,), "labels": (-1,), "backprop_epochs": (-1,)}


@pytest.mark.parametrize("name", ["RBM", "DBN", "DBNClassifier", "NetClassifier", "SigmoidBeliefNet", "ConvDBN"])
def test_errors_name_the_parameter(name, bits):
    """Each parameter, with what no parameter of its type can mean."""
    make, y = getattr(harmonium, name), np.arange(64) % 2
    layers = {"RBM": {"hidden": "3"}, "ConvDBN": {"layers": "bernoulli 2 by 2x2 | 3", "image_shape": (2, 3)}}
    valid = layers.get(name, {"layers": "3, 3"})
    for parameter, initial in make().get_params().items():
        wrong = list(COUNTS.get(parameter, ())) + ["?"] * (parameter not in ("precision", "image_shape"))
        wrong += [1.5] if type(initial) is int else ["f99"] if parameter == "precision" else [(1,), (2, 2)] if parameter == "image_shape" else []
        wrong += [[], "", "0", [4.5], 4.5, -3] if parameter in ("hidden", "layers") else []
        for value in wrong:
            options = dict(valid, epochs=1)
            options.update({"up_down_epochs": 1} if parameter.startswith("up_down_") else {})
            with pytest.raises(ValueError, match=rf"(?<![\w-])'?{parameter}'? ") as caught:
                make(**dict(options, **{parameter: value})).fit(bits, y)
            assert not re.search(r"[a-z]-[a-z]+ = |--[a-z]", str(caught.value).partition(":")[0]), caught.value


@pytest.mark.parametrize("make, text", [
    (lambda: harmonium.DBN("6, 3", initial_weights="transposed", epochs=1), "initial_weights = transposed"),
    (lambda: harmonium.NetClassifier("3", epochs=1, backprop_patience=3), "backprop_patience"),
    (lambda: harmonium.NetClassifier("3", epochs=1, backprop_keep_best=True), "backprop_keep_best")])
def test_stages_name_the_parameter(make, text, bits):
    with pytest.raises(ValueError, match=text) as caught:
        make().fit(bits, np.arange(64) % 2)
    assert "--" not in str(caught.value)


def test_errors_are_the_librarys(bits, tmp_path):
    rbm = harmonium.RBM("3", epochs=0).fit(bits)
    with pytest.raises(ValueError, match="features"):
        rbm.transform(bits[:, :3])
    with pytest.raises(OSError, match="missing"):
        harmonium.RBM.load(tmp_path / "missing")
    (tmp_path / "text").write_text("no model at all")
    with pytest.raises(harmonium.Error, match="safetensors") as caught:
        harmonium.RBM.load(tmp_path / "text")
    assert isinstance(caught.value, ValueError) and caught.value.status
    with pytest.raises(ValueError, match="label"):
        rbm.sample(2, 1, label=1)
    with pytest.raises(ValueError, match="layer"):
        rbm.transform(bits, layer=2)
    with pytest.raises(OSError):
        rbm.save(tmp_path / "no" / "folder")
    with pytest.raises(harmonium.NotFittedError):
        harmonium.RBM("3").transform(bits)
    with pytest.raises(ValueError, match="units"):
        harmonium.RBM("3", visible="bernoulli 7").fit(bits)


# ---- Seeds, files, copies

def test_same_seed_same_bytes(digits):
    X = digits[0][:500]
    first = harmonium.RBM("20", seed=3, threads=1, **few).fit(X).model_.to_bytes()
    assert harmonium.RBM("20", seed=3, threads=2, **few).fit(X).model_.to_bytes() == first
    assert harmonium.RBM("20", seed=4, threads=1, **few).fit(X).model_.to_bytes() != first


def test_files_and_copies(bits, tmp_path):
    y = (bits[:, 0] > 0).astype(int)
    for estimator in (harmonium.RBM("3", **few), harmonium.DBN("4, 3", labels=2, **few), harmonium.DBNClassifier([4, 3], **few),
                      harmonium.BernoulliRBM(3, n_iter=1, random_state=0)):
        path, content = tmp_path / "m.safetensors", estimator.fit(bits, y).model_.to_bytes()
        estimator.save(path)
        assert path.read_bytes() == content
        for other in (type(estimator).load(path), pickle.loads(pickle.dumps(estimator)), copy.deepcopy(estimator)):
            assert other.model_.to_bytes() == content
            assert np.array_equal(other.transform(bits), estimator.transform(bits))
    with pytest.raises(ValueError, match="no deep belief net"):
        harmonium.DBN.load(path)


def test_files_of_the_program(digits, tmp_path):
    program = os.environ.get("HARMONIUM_PROGRAM")
    if not program:
        pytest.skip("HARMONIUM_PROGRAM is not set")

    def run(*arguments):
        subprocess.run([program, *map(str, arguments)], check=True, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    run("train", "--data", "digits", "--standardise", "--visible", "gaussian", "--hidden", 10, "--epochs", 1, "--subset", 300, "-o",
        "m.safetensors", "--quiet")
    run("transform", "m.safetensors", "digits", "-n", 20, "-o", "h.npy", "--quiet")
    rbm = harmonium.RBM.load(tmp_path / "m.safetensors")
    assert rbm.visible == "gaussian 784" and rbm.hidden == "bernoulli 10"
    assert np.allclose(rbm.transform(digits[0][:20]), np.load(tmp_path / "h.npy"), atol=1e-6)
    X, known = digits[0][:20], np.arange(784) < 392
    filled = rbm.fill_in(X, known, steps=2)  # standardised, and back
    assert np.array_equal(filled[:, known], X[:, known]) and np.abs(filled).max() < 5
    rbm.save(tmp_path / "again.safetensors")
    run("info", "again.safetensors")


# ---- Deep belief nets

def test_classifier_names_digits(digits):
    X, y = digits
    names = np.array(["zero", "one", "two"])
    keep = y < 3
    X, y = X[keep], names[y[keep]]
    net = harmonium.DBNClassifier("60, 60", epochs=15, batch_size=20).fit(X[:400], y[:400])
    assert net.score(X[400:], y[400:]) > 0.93
    assert np.allclose(net.predict_proba(X[:5]).sum(axis=1), 1)
    dreams = net.sample(20, steps=50, label="one")
    assert dreams.shape == (20, 784) and dreams.min() >= 0 and dreams.max() <= 1


def test_up_down(bits):
    net = harmonium.DBN("4, 3", up_down_epochs=2, up_down_steps="1", **few).fit(bits)
    assert any("up-down" in line for line in net.model_.history)
    assert net.transform(bits).shape == (64, 3) and net.transform(bits, layer=1).shape == (64, 4)
    assert net.evaluate(bits).is_bound


def test_dreams_show_their_label(digits):
    X, y = digits
    keep = y < 3
    net = harmonium.DBN("60, 60", labels=3, aim="generative", epochs=15, batch_size=20).fit(X[keep], y[keep])
    judge = harmonium.DBNClassifier("60, 60", epochs=15, batch_size=20, seed=1).fit(X[keep], y[keep])  # another net, by other numbers
    wanted = np.repeat([0, 1, 2], 20)
    dreams = net.sample(60, steps=100, label=wanted)
    right = judge.predict(dreams) == wanted
    assert all(right[wanted == k].mean() > 0.8 for k in range(3))  # observed: 1, 1, 1


# ---- Convolution

def pictures(digits):
    """14 x 14 pixels, so that maps of filters 5 x 5 are 10 x 10, and pooled 5 x 5."""
    return digits[0][:1100].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))


def test_convolution(digits, tmp_path):
    X = pictures(digits)
    net = harmonium.ConvDBN("pool 8x2 by 5x5 | bernoulli 4 by 3x3", epochs=3, batch_size=20, learning_rate=0.02).fit(X[:500])
    assert net.image_shape_ == (14, 14) and net.n_features_in_ == 196
    assert net.transform(X[:5]).shape == (5, 4, 3, 3) and net.transform(X[:5], layer=1).shape == (5, 8, 5, 5)
    filters = net.filters(1)
    assert filters.shape == (8, 1, 5, 5) and net.filters(2).shape == (4, 8, 3, 3) and not filters.flags.writeable
    inputs = sum(X[0, y:y + 10, x:x + 10, None] * filters[:, 0, y, x] for y in range(5) for x in range(5)) + net.model_.bias(0, False)
    off = 1 / (1 + np.exp(inputs.astype(float)).reshape(5, 2, 5, 2, 8).sum(axis=(1, 3)))  # docs/convolution.md
    assert np.allclose(net.transform(X[:1], layer=1)[0], 1 - off.transpose(2, 0, 1), atol=1e-5)
    assert net.sample(2, steps=3).shape == (2, 14, 14)
    net.save(tmp_path / "m.safetensors")
    other = harmonium.ConvDBN.load(tmp_path / "m.safetensors")
    assert other.image_shape_ == (14, 14) and np.array_equal(other.transform(X[:5]), net.transform(X[:5]))
    assert np.array_equal(net.transform(X[:5].reshape(5, -1)), net.transform(X[:5]).reshape(5, -1))


def test_convolution_fills_in():
    rows = np.random.RandomState(0).rand(500, 8, 1) < 0.3  # bars: the left half says what the right one is
    X, known = np.broadcast_to(rows, (500, 8, 8)).astype(np.float32), np.tile(np.arange(8) < 4, (8, 1))
    net = harmonium.ConvDBN("bernoulli 8 by 3x3 | 40", epochs=30, batch_size=20, learning_rate=0.05).fit(X[:400])
    mean = np.broadcast_to(X[:400].mean(axis=0), (100, 8, 8))
    for inference in ("chains", "layers"):
        filled = net.fill_in(X[400:], known, steps=30, answers=5, inference=inference)
        assert filled.shape == (100, 8, 8) and np.array_equal(filled[:, known], X[400:][:, known])
        assert error_of_hidden(filled, X[400:], known) < 0.1 * error_of_hidden(mean, X[400:], known)  # observed: 0.013, 0.017
    flat = net.fill_in(X[400:].reshape(100, -1), known.reshape(-1), steps=30, answers=5, inference="layers")
    assert np.array_equal(flat, filled.reshape(100, -1))


def test_pictures_that_cannot_be(bits, tmp_path):
    colour = np.random.RandomState(0).rand(6, 3, 7, 7)
    net = harmonium.ConvDBN("bernoulli 2 by 4x4", epochs=1).fit(colour)
    assert net.image_shape_ == (3, 7, 7) and net.filters(1).shape == (2, 3, 4, 4) and net.reconstruct(colour).shape == colour.shape
    with pytest.raises(ValueError, match=r"image_shape"):
        harmonium.ConvDBN("bernoulli 2 by 4x4").fit(bits)
    with pytest.raises(ValueError, match=r"\(5, 5\)"):
        harmonium.ConvDBN("bernoulli 2 by 4x4", image_shape=(5, 5)).fit(bits)
    with pytest.raises(ValueError, match=r"\(3, 7, 7\)"):
        net.transform(colour[:, :2])
    with pytest.raises(ValueError, match="filters"):
        harmonium.ConvDBN("bernoulli 2 by 4x4", image_shape=(2, 3)).fit(bits)
    harmonium.DBN("3", epochs=0).fit(bits).save(tmp_path / "m.safetensors")
    with pytest.raises(ValueError, match="no convolutional net"):
        harmonium.ConvDBN.load(tmp_path / "m.safetensors")


# ---- Filling in

def error_of_hidden(filled, X, known):
    return ((filled - X) ** 2)[:, ~known].mean()


@pytest.mark.parametrize("make", [
    lambda: harmonium.RBM("100", aim="generative", epochs=15, batch_size=20),
    lambda: harmonium.DBN("60, 60", epochs=15, batch_size=20),
    lambda: harmonium.DBNClassifier("60, 60", epochs=15, batch_size=20)], ids=["RBM", "DBN", "DBNClassifier"])
def test_hidden_halves(make, digits):
    X, y = digits
    model, given = make().fit(X[:1500], y[:1500]), np.tile(np.arange(28) < 14, 28)
    unseen = np.where(given, X[1500:1600], 0.5)
    filled = model.fill_in(unseen, given, steps=30, answers=5)
    mean = np.tile(X[:1500].mean(axis=0), (100, 1))
    assert np.array_equal(filled[:, given], unseen[:, given]) and filled.min() >= 0 and filled.max() <= 1
    assert error_of_hidden(filled, X[1500:1600], given) < 0.85 * error_of_hidden(mean, X[1500:1600], given)  # observed: 0.72, 0.78, 0.76
    assert np.array_equal(filled, model.fill_in(X[1500:1600], given, steps=30, answers=5))  # what was not known is not looked at
    assert not np.array_equal(filled, model.fill_in(unseen, given, steps=30, answers=5, random_state=1))


def test_filling_in_is_the_conditional(tiny, bits):
    known = np.array([True, True, True, True, False, False])
    p = np.exp(-tiny.free_energy).reshape(16, 4)
    expected = (p / p.sum(axis=1, keepdims=True)) @ bits[:4]  # given the first four, of the last two in their four states
    for inference in ("chains", "layers"):
        filled = tiny.rbm.fill_in(bits[::4], known, steps=50, answers=400, inference=inference)
        assert np.abs(filled - expected)[:, 4:].max() < 4 * 0.5 / np.sqrt(400)  # four standard deviations, fixed seed


def test_filling_in_each_case_by_its_own_mask(tiny, bits):
    known = bits[::-1] > 0
    filled = tiny.rbm.fill_in(bits, known, steps=5, answers=3, random_state=np.random.RandomState(2))
    assert np.array_equal(filled[known], bits[known]) and not np.array_equal(filled, bits)
    for wrong in (known[:3], known.astype(int), known[0, :4]):
        with pytest.raises(ValueError, match="known must be a boolean mask of the shape"):
            tiny.rbm.fill_in(bits, wrong)
    for wrong in (dict(steps=0), dict(answers=0), dict(inference="guess")):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            tiny.rbm.fill_in(bits, known[0], **wrong)


# ---- While the library works

def test_interruption(digits):
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rbm, began = harmonium.RBM("20", epochs=10**6), time.time()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            rbm.fit(digits[0])
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.time() - began < 5
    assert np.isfinite(rbm.transform(digits[0][:5])).all()  # what it had learned is there


def test_other_threads_run(digits):
    worker = threading.Thread(target=lambda: harmonium.RBM("100", threads=1, epochs=20).fit(digits[0]))
    worker.start()
    turns = 0
    while worker.is_alive():
        turns += 1
        time.sleep(0.001)
    assert turns > 10


def test_verbose_tells_epochs(bits, capsys):
    harmonium.RBM("3", verbose=1, **few).fit(bits)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[1].startswith("[RBM] greedy epoch 2/2: reconstruction error 0.")


def test_without_scikit_learn(tmp_path):
    script = """
import sys
sys.modules["sklearn"] = None  # as if it were not installed
import numpy as np, harmonium, pickle
X = (np.random.RandomState(0).rand(40, 6) < 0.5).astype(float)
for estimator in (harmonium.RBM("3", epochs=1), harmonium.BernoulliRBM(3, n_iter=1, random_state=0), harmonium.DBN("3, 2", epochs=1)):
    assert estimator.fit_transform(X).shape[0] == 40 and estimator.n_features_in_ == 6
    again = type(estimator)(**estimator.get_params()).set_params(verbose=0).fit(X)
    assert again.model_.to_bytes() == estimator.model_.to_bytes() == pickle.loads(pickle.dumps(estimator)).model_.to_bytes()
    for wrong in (X[:, :2], X * np.nan, X[0]):
        try:
            estimator.transform(wrong)
        except ValueError:
            continue
        sys.exit("no error")
assert repr(harmonium.BernoulliRBM(3)) == "BernoulliRBM(n_components=3)"
net = harmonium.DBNClassifier("5, 5", epochs=2).fit(X, X[:, 0] > 0.5)
assert 0 <= net.score(X, X[:, 0] > 0.5) <= 1
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path)


# ---- Stages, validation, checkpoints

def test_fine_tuning(digits, tmp_path):
    X, y = digits[0], np.array(list("abcdefghij"))[digits[1]]
    net = harmonium.NetClassifier("100, 60", epochs=4, batch_size=20, backprop_epochs=15, backprop_batch_size=20, backprop_patience=3,
                                  backprop_keep_best=True)
    net.fit(X[:1500], y[:1500], validation=(X[1500:1750], y[1500:1750]))
    assert net.score(X[1750:], y[1750:]) > 0.88  # observed: 0.93
    tuned = [report for report in net.reports_ if report["stage"] == "backprop"]
    errors = [report["error_validation"] for report in tuned]
    assert 3 < len(tuned) <= 15 and np.mean(net.predict(X[1500:1750]) != y[1500:1750]) == pytest.approx(min(errors), abs=1e-6)
    assert net.transform(X[:3]).shape == (3, 60) and set(net.predict(X[:20])) <= set("abcdefghij")
    net.save(tmp_path / "m.safetensors")
    other = harmonium.NetClassifier.load(tmp_path / "m.safetensors")
    assert other.layers == "100, 60" and np.allclose(other.predict_proba(X[:9]), net.predict_proba(X[:9]))
    with pytest.raises(ValueError, match="validation"):
        net.fit(X[:100], y[:100])  # nothing to be patient by
    with pytest.raises(ValueError, match="the y of validation"):
        net.fit(X[:100], y[:100], validation=(X[:2], ["a", "?"]))
    for wrong in (net.sample, lambda: net.fill_in(X[:2], X[0] > 0)):
        with pytest.raises(ValueError):
            wrong()


def test_wake_sleep(bits, tmp_path):
    X = np.repeat(bits[[7, 56]], 50, axis=0)
    net = harmonium.SigmoidBeliefNet("8, 4", epochs=300, batch_size=10, learning_rate=0.1).fit(X)
    start = harmonium.SigmoidBeliefNet("8, 4", epochs=0).fit(X)
    assert net.evaluate(X).is_bound and net.score(X) > start.score(X) + 1 and net.transform(X).shape == (100, 4)
    net.save(tmp_path / "m.safetensors")
    other = harmonium.SigmoidBeliefNet.load(tmp_path / "m.safetensors")
    assert other.layers == "8, 4" and np.array_equal(other.transform(X), net.transform(X))


def test_validation_is_told(bits):
    for model, held_back in ((harmonium.RBM("3", **few), bits[40:]),
                             (harmonium.DBN("4, 3", labels=2, **few), (bits[40:], bits[40:, 0].astype(int)))):
        model.fit(bits[:40], bits[:40, 0].astype(int), validation=held_back)
        assert np.isfinite([report["free_energy_validation"] for report in model.reports_]).all()
        assert len(model.reports_) == 2 * model.model_.c.n_rbms
    with pytest.raises(ValueError, match="features"):
        harmonium.RBM("3", **few).fit(bits, validation=bits[:, :5])


INTERRUPTED = """
import sys, numpy as np, harmonium
X = (np.random.RandomState(0).rand(400, 20) < 0.3).astype(np.float32)
y = X[:, 0] > 0
net = harmonium.NAME(MAKE, batch_size=10, threads=1, verbose=1)
try:
    net.fit(X, y, checkpoint="run.checkpoint", resume="again" in sys.argv)
except KeyboardInterrupt:
    sys.exit(9)
net.save("m.safetensors")
"""


@pytest.mark.parametrize("name, make, line", [
    ("RBM", "'30', epochs=300", "epoch 3/300"), ("DBNClassifier", "'20, 20', epochs=4, up_down_epochs=300", "up-down epoch 3/300"),
    ("NetClassifier", "'20, 20', epochs=4, backprop_epochs=300", "backprop epoch 3/300")])
def test_interrupted_runs_go_on(name, make, line, tmp_path):
    script = INTERRUPTED.replace("NAME", name).replace("MAKE", make)
    command, checkpoint = [sys.executable, "-c", script], tmp_path / "run.checkpoint"
    subprocess.run(command, check=True, cwd=tmp_path, stdout=subprocess.DEVNULL)
    assert not checkpoint.exists()
    whole = (tmp_path / "m.safetensors").read_bytes()
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as run:
        assert any(line in told for told in run.stdout)  # it is well under way
        run.send_signal(signal.SIGINT)
        run.stdout.read()
    assert run.returncode == 9 and checkpoint.exists()
    refused = subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert refused.returncode == 1 and "go on with resume=True" in refused.stderr
    other = script.replace("=300", "=200")
    refused = subprocess.run([*command[:2], other, "again"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert refused.returncode == 1 and "another recipe" in refused.stderr
    subprocess.run([*command, "again"], check=True, cwd=tmp_path, stdout=subprocess.DEVNULL)
    assert (tmp_path / "m.safetensors").read_bytes() == whole and not checkpoint.exists()


def test_pickles_of_another_version(bits):
    restore, (state,) = harmonium.RBM("3", **few).fit(bits).model_.__reduce__()
    assert restore(state).n_features == 6
    with pytest.raises(harmonium.ArgumentError, match=r"this pickle is of harmonium 99.0, .* save\(path\)"):
        restore(dict(state, state=2, version="99.0"))


# ---- Names of features

class Frame:
    """As much of a data frame as names need."""

    def __init__(self, values, columns):
        self.values, self.columns, self.shape = values, columns, values.shape
        self.dtypes, self.iloc = [values.dtype] * len(columns), values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)

    def __len__(self):
        return len(self.values)


NAMED = """
X = Frame(np.eye(4, dtype=np.float32), list("abcd"))
rbm = harmonium.RBM("2", epochs=1).fit(X)
assert rbm.n_features_in_ == 4 and list(rbm.feature_names_in_) == list("abcd")
for wrong in ("dcba", "abce"):
    try:
        rbm.transform(Frame(np.eye(4, dtype=np.float32), list(wrong)))
    except ValueError as error:
        assert "feature names should match" in str(error), error
    else:
        raise AssertionError("other names were taken")
rbm.fit(np.eye(5))
assert rbm.n_features_in_ == 5 and not hasattr(rbm, "feature_names_in_")  # a fit without names forgets them
try:
    rbm.transform(np.eye(4))
except ValueError as error:
    assert "4 features" in str(error) and "5 features" in str(error), error
else:
    raise AssertionError("another number of features was taken")
"""


@pytest.mark.parametrize("without", ["", "import sys; sys.modules['sklearn'] = None\n"], ids=["as it is", "without scikit-learn"])
def test_names_of_features(without, tmp_path):
    script = without + "import numpy as np, harmonium\n" + inspect.getsource(Frame) + NAMED
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path)


# ---- Twice the same, and what cannot be

def test_twice_the_same_bytes(bits):
    y = (bits[:, 0] > 0).astype(int)
    for model in (harmonium.RBM("3", seed=2, **few), harmonium.DBN("4, 3", seed=2, **few), harmonium.DBNClassifier("4, 3", seed=2, **few),
                  harmonium.ConvDBN("bernoulli 2 by 2x2", (2, 3), seed=2, **few), harmonium.BernoulliRBM(3, n_iter=2, random_state=2),
                  harmonium.NetClassifier("4, 3", seed=2, backprop_epochs=2, **few), harmonium.SigmoidBeliefNet("4, 3", seed=2, **few)):
        first = model.fit(bits, y).model_.to_bytes()
        assert model.fit(bits, y).model_.to_bytes() == first
        other = model.set_params(**{"random_state" if "random_state" in model.get_params() else "seed": 3})
        assert other.fit(bits, y).model_.to_bytes() != first


@pytest.mark.parametrize("method", ["transform", "reconstruct", "free_energy", "log_likelihood", "gibbs"])
@pytest.mark.parametrize("wrong", [np.zeros((3, 5)), np.zeros(6), np.zeros((2, 6, 1)), np.full((3, 6), np.nan), [["a"] * 6], None,
                                   np.zeros((3, 6), dtype=complex)], ids=["narrow", "flat", "deep", "nan", "text", "none", "complex"])
def test_what_no_method_takes(method, wrong, tiny):
    with pytest.raises((ValueError, TypeError)):
        getattr(tiny.rbm, method)(wrong)


@pytest.mark.parametrize("y", [None, [0, 1], np.full(64, 2), np.full(64, -1), np.zeros(64), np.zeros((64, 1), dtype=int), ["a"] * 64])
def test_labels_that_cannot_be(y, bits):
    with pytest.raises(ValueError, match="y must be 64 whole numbers from 0 to 1 for labels = 2"):
        harmonium.DBN("4, 3", labels=2, **few).fit(bits, y)
