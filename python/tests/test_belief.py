"""Belief nets: what follows, against the program and by hand."""
import copy
import math
import os
import pickle
import re
import subprocess

import numpy as np
import pytest

import harmonium
from conftest import SOURCE

NETS = SOURCE / "examples" / "nets"
SPRINKLER = """
table wet sprinkler rain : 0 0.9 0.9 0.99
table cloudy : 0.5
table sprinkler cloudy : 0.5 0.1
table rain cloudy : 0.2 0.8
values rain no yes
"""


def printed(net, observed):
    """P(on) by node, as the program says it."""
    program = os.environ.get("HARMONIUM_PROGRAM")
    if not program:
        pytest.skip("HARMONIUM_PROGRAM is not set")
    text = subprocess.run([program, "belief", str(net), "--observe", observed], check=True, text=True, stdout=subprocess.PIPE).stdout
    return {name: float(p) for name, p in re.findall(r"^(\w+) +([\d.e-]+) +[█·]", text, re.MULTILINE)}


def test_explaining_away():
    net = harmonium.BeliefNet.load(NETS / "earthquake.net")
    assert net.nodes_ == ["truck", "earthquake", "jumps"] and net.parents_["jumps"] == ["truck", "earthquake"]
    assert net.states_ == {name: ("0", "1") for name in net.nodes_}
    jumped, shaken = net.posterior({"jumps": 1}), net.posterior({"jumps": 1, "earthquake": True})
    assert jumped["truck"]["1"] > 0.49 and shaken["truck"]["1"] < 1e-4  # the earthquake explains the truck away
    for posterior, said in ((jumped, "jumps=1"), (shaken, "jumps=1,earthquake=1")):
        for name, p in printed(NETS / "earthquake.net", said).items():
            assert posterior[name]["1"] == pytest.approx(p, rel=1e-5) and posterior.quality[name].error == 0
        assert posterior.method == "enumeration"
    joint = {(t, e): math.exp(net.log_likelihood([[t, e, 1]])) for t in (0, 1) for e in (0, 1)}
    assert jumped["truck"]["1"] == pytest.approx((joint[1, 0] + joint[1, 1]) / sum(joint.values()))
    assert jumped.log_evidence == pytest.approx(math.log(sum(joint.values())))
    assert net.log_likelihood({"jumps": [1]}) == pytest.approx(jumped.log_evidence)


def test_bif():
    net = harmonium.BeliefNet(NETS / "asia.bif")
    assert net.states_["smoke"] == ("no", "yes")
    posterior = net.posterior({"asia": "yes", "dysp": "no"})
    for name, p in printed(NETS / "asia.bif", "asia=yes,dysp=no").items():
        assert posterior[name]["yes"] == pytest.approx(p, rel=1e-5)
    state, log_joint = net.explain({"xray": "yes"})
    assert state["xray"] == "yes" and log_joint == pytest.approx(net.log_likelihood({k: [v] for k, v in state.items()}))


def test_sampled_answers_come_with_their_errors():
    net, observed = harmonium.BeliefNet(SPRINKLER), {"wet": 1}
    exact = net.posterior(observed, method="elimination")
    assert exact["rain"]["yes"] == pytest.approx(0.4581 / 0.6471, rel=1e-4)
    for method in ("gibbs", "weighting"):
        guess = net.posterior(observed, method=method, samples=4000)
        assert guess.method == method and guess["wet"]["1"] == pytest.approx(1)
        for name in ("cloudy", "sprinkler", "rain"):
            assert 0 < guess.quality[name].error < 0.05
            assert abs(list(guess[name].values())[1] - list(exact[name].values())[1]) < 4 * guess.quality[name].error
        assert net.posterior(observed, method=method, samples=4000) == guess
        assert net.posterior(observed, method=method, samples=4000, random_state=1) != guess


def test_learning_from_cases(tmp_path):
    net = harmonium.BeliefNet(SPRINKLER)
    X = net.sample(5000, random_state=np.random.RandomState(3))
    assert X.shape == (5000, 4) and net.nodes_ == ["wet", "cloudy", "sprinkler", "rain"]
    wet, cloudy, sprinkler, rain = X.T
    learned = harmonium.BeliefNet(SPRINKLER).fit(X)
    counted = rain[cloudy == 1].mean()  # maximum likelihood: counts
    assert learned.posterior({"cloudy": 1})["rain"]["yes"] == pytest.approx(counted)
    assert learned.score(X) == pytest.approx(learned.log_likelihood_) and learned.score(X) >= net.score(X)
    by_name = {"rain": np.where(rain, "yes", "no"), "wet": wet, "sprinkler": sprinkler.astype(bool), "cloudy": cloudy.astype(float)}
    assert harmonium.BeliefNet(SPRINKLER).fit(by_name).score(X) == pytest.approx(learned.score(X))
    learned.save(tmp_path / "learned.net")
    loaded = harmonium.BeliefNet.load(tmp_path / "learned.net")  # its nodes are in another order
    for other in (pickle.loads(pickle.dumps(learned)), copy.deepcopy(learned)):
        assert other.nodes_ == learned.nodes_ and other.score(X) == pytest.approx(learned.score(X), rel=1e-6)
    assert loaded.score(dict(zip(learned.nodes_, X.T))) == pytest.approx(learned.score(X), rel=1e-6)
    hidden = np.where(np.arange(5000)[:, None] % 5 == np.arange(4), -1, X)  # a part not observed: expectation-maximisation
    assert harmonium.BeliefNet(SPRINKLER).fit(hidden).score(X) == pytest.approx(learned.score(X), abs=0.01)


def test_nets_are_cloned():
    sklearn = pytest.importorskip("sklearn.base")
    net = harmonium.BeliefNet(SPRINKLER, prior_count=1, seed=4)
    again = sklearn.clone(net.fit(net.sample(10)))
    assert not hasattr(again, "net_") and again.get_params() == net.get_params()


def test_drawing(tmp_path):
    harmonium.BeliefNet(SPRINKLER).draw(tmp_path / "wet.gv", {"wet": 1})
    text = (tmp_path / "wet.gv").read_text()
    assert all(name in text for name in ("wet", "cloudy", "sprinkler", "rain")) and text.count("->") == 4


@pytest.mark.parametrize("wrong, text", [
    (lambda net: net.posterior({"snow": 1}), "no node \"snow\"; the nodes are wet"),
    (lambda net: net.posterior({"rain": "maybe"}), "maybe"),
    (lambda net: net.posterior({"rain": 2}), "2"),
    (lambda net: net.posterior({"wet": 1, "sprinkler": 0, "rain": 0}), "probability 0"),
    (lambda net: net.posterior(method="guess"), "method = guess: must be one of"),
    (lambda net: net.fit([[0, 1]]), r"\(cases, 4\)"),
    (lambda net: net.fit({"wet": [0, 1], "rain": [1]}), "of one length"),
    (lambda net: net.sample(0), "at least one case"),
    (lambda net: harmonium.BeliefNet("table a : 2\n").nodes_, "net"),
    (lambda net: harmonium.BeliefNet("missing.net").nodes_, "missing.net: there is no such file"),
    (lambda net: harmonium.BeliefNet().nodes_, "net is None"),
])
def test_what_cannot_be_asked(wrong, text):
    with pytest.raises(ValueError, match=text):
        wrong(harmonium.BeliefNet(SPRINKLER))
