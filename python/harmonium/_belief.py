"""Belief nets: BeliefNet over harmonium/belief.h."""
from __future__ import annotations

import os
import threading
import weakref
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from . import _core as core
from ._core import call, ffi, lib
from ._machine import takes
from ._sklearn import BaseEstimator

LEARN_OPTIONS = core.options_of(lib.hm_belief_learn_options)


class _Net:
    """An hm_belief and the context it was made with. Columns are nodes in the order of `names`, whatever the library's is."""

    def __init__(self, text: bytes, path: str, seed: int, names: Optional[List[str]] = None):
        net = ffi.new("hm_belief **")
        self.context, _ = core.make_in_context(
            seed, 1, lambda context: call(lib.hm_belief_parse, context, os.fsencode(path), text, len(text), net))
        self.c, self.seed, self.lock = net[0], int(seed), threading.RLock()
        self._finalizer = weakref.finalize(self, core.release, self.context, lib.hm_belief_destroy, self.c)
        self.node = [lib.hm_belief_node(self.c, i) for i in range(lib.hm_belief_n_nodes(self.c))]
        own = [ffi.string(node.name).decode() for node in self.node]
        self.names = own if names is None else names
        self.at = np.array([own.index(name) for name in self.names])  # of column k: the library's number

    def __reduce__(self):
        return _Net, (core.bytes_of_file(self.save), "pickle", self.seed, self.names)

    def __deepcopy__(self, memo: Any) -> "_Net":
        return self.with_seed(self.seed)

    def with_seed(self, random_state: Any) -> "_Net":
        if random_state is None:
            return self
        return _Net(core.bytes_of_file(self.save), "copy", core.seed_of(random_state), self.names)

    def save(self, path: Any) -> None:
        with self.lock:
            call(lib.hm_belief_save, self.c, os.fsencode(path))

    def values(self, k: int) -> Tuple[str, str]:
        """What column k is called when it is off and on."""
        node = self.node[self.at[k]]
        return ffi.string(node.values[0]).decode(), ffi.string(node.values[1]).decode()

    def parents(self, k: int) -> List[str]:
        node, name_of = self.node[self.at[k]], dict(zip(self.at, self.names))
        return [name_of[node.parents[j]] for j in range(node.n_parents)]

    def number_of(self, name: str, value: Any) -> int:
        """0 or 1, or -1 of what was not observed: None, NaN, -1."""
        if value is None or value != value or (not isinstance(value, str) and value == -1):
            return -1
        text = value if isinstance(value, str) else f"{value:g}" if np.isreal(value) else str(value)
        observed = ffi.new("int8_t[]", [-1] * len(self.names))
        call(lib.hm_belief_observe, self.c, f"{name}={text}".encode(), observed)
        return max(observed)

    def find(self, name: str) -> int:
        call(lib.hm_belief_find, self.c, str(name).encode(), ffi.new("size_t *"))
        return self.names.index(name)

    def observed(self, what: Dict[str, Any]) -> np.ndarray:
        """int8 [n_nodes] in the order of the library."""
        out = np.full(len(self.names), -1, dtype=np.int8)
        for name, value in what.items():
            out[self.at[self.find(name)]] = self.number_of(name, value)
        return out

    def cases(self, X: Any) -> np.ndarray:
        """int8 (n, n_nodes) in the order of the library, C-contiguous."""
        if hasattr(X, "keys"):
            columns = {self.find(name): np.asarray(X[name], dtype=object) for name in X.keys()}
        else:
            X = np.asarray(X, dtype=object)
            if X.ndim != 2 or X.shape[1] != len(self.names):
                raise ValueError(f"X must have the shape (cases, {len(self.names)}), a column for each of {', '.join(self.names)}, or be a "
                                 f"dict of columns by their names, but its shape is {X.shape}")
            columns = dict(enumerate(X.T))
        lengths = {len(column) for column in columns.values()}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(f"the columns of X must be of one length and hold a case at least, but their lengths are {sorted(lengths)}")
        out = np.full((lengths.pop(), len(self.names)), -1, dtype=np.int8)
        for k, column in columns.items():
            number = {value: self.number_of(self.names[k], value) for value in set(column)}
            out[:, self.at[k]] = [number[value] for value in column]
        return out

    def infer(self, observed: np.ndarray, config: Any) -> Any:
        """An hm_posterior, to be cleared by the caller."""
        posterior = ffi.new("hm_posterior *")
        with self.lock:
            call(lib.hm_belief_infer, self.c, ffi.from_buffer("int8_t[]", observed), config, posterior)
        return posterior


class Marginal(NamedTuple):
    """How sure a sampled probability is; an exact one has the error 0."""

    error: float  # standard error
    r_hat: float  # of Gibbs chains: near 1 where they agree, else NaN
    effective_size: float  # independent samples with that error


class Posterior(Dict[str, Dict[str, float]]):
    """{node: {state: P(state | observed)}}, and how it was found.

    Attributes
    ----------
    method : str
        "enumeration", "elimination", "gibbs" or "weighting".
    log_evidence : float
        log P(observed), nats; NaN by Gibbs sampling.
    quality : dict of Marginal
        For each node.
    """

    method: str
    log_evidence: float
    quality: Dict[str, Marginal]


def _posterior(net: _Net, found: Any) -> Posterior:
    posterior = Posterior()
    posterior.method = ffi.string(lib.hm_belief_method_name(found.method)).decode()
    posterior.log_evidence, posterior.quality = float(found.log_evidence), {}
    for k, name in enumerate(net.names):
        m, (off, on) = found.marginal[net.at[k]], net.values(k)
        posterior[name] = {off: 1 - m.p, on: float(m.p)}
        posterior.quality[name] = Marginal(float(m.error), float(m.r_hat), float(m.effective_size))
    return posterior


@takes({"net": None, "seed": 0}, LEARN_OPTIONS)
class BeliefNet(BaseEstimator):
    """A directed acyclic graph of variables that are on or off.

    It can be asked at once with the numbers of its file; fit learns others from cases.

    Parameters
    ----------
    net : path, or str of several lines
        A file or its text: the format of docs/belief.md, or BIF with binary variables.
    seed : int
        Of all random numbers.

    Attributes
    ----------
    nodes_ : list of str
        Names; columns of cases are in this order.
    states_ : dict of (str, str)
        What each node is called when it is off and on.
    parents_ : dict of list of str
    log_likelihood_ : float
        After fit: mean log-likelihood of a case, nats.
    """

    def _parse(self) -> _Net:
        if self.net is None:
            raise ValueError("net is None: give the path or the text of a belief net")
        if isinstance(self.net, str) and "\n" in self.net:
            return _Net(self.net.encode(), "net", self.seed)
        try:
            with open(self.net, "rb") as file:
                return _Net(file.read(), str(self.net), self.seed)
        except FileNotFoundError as error:
            raise core.NotFound(f"net = {self.net}: there is no such file") from error

    def _made(self) -> _Net:
        if not hasattr(self, "net_"):
            self.net_ = self._parse()
        return self.net_

    @property
    def nodes_(self) -> List[str]:
        return list(self._made().names)

    @property
    def states_(self) -> Dict[str, Tuple[str, str]]:
        net = self._made()
        return {name: net.values(k) for k, name in enumerate(net.names)}

    @property
    def parents_(self) -> Dict[str, List[str]]:
        net = self._made()
        return {name: net.parents(k) for k, name in enumerate(net.names)}

    @property
    def n_features_in_(self) -> int:
        return len(self._made().names)

    def fit(self, X: Any, y: Any = None) -> "BeliefNet":
        """Learns the numbers of the net by maximum likelihood, by expectation-maximisation where something was not observed.

        Parameters
        ----------
        X : array_like (n, n_nodes), or dict or data frame of columns (n,) by names of nodes
            Names of states, or 0 and 1; None, NaN or -1 where a node was not observed. Nodes without a column are hidden.
        """
        net, log_likelihood = self._parse(), ffi.new("double *")
        states = net.cases(X)
        options = {name: getattr(self, name) for name in LEARN_OPTIONS}
        config = core.configure(lib.hm_belief_learn_options, "hm_belief_learn_config", options)
        call(lib.hm_belief_learn, net.c, ffi.from_buffer("int8_t[]", states), len(states), config, ffi.NULL, log_likelihood)
        self.net_, self.log_likelihood_ = net, float(log_likelihood[0])
        return self

    def posterior(self, observed: Optional[Dict[str, Any]] = None, random_state: Any = None, **options: Any) -> Posterior:
        """P(state | observed) of every node.

        Parameters
        ----------
        observed : dict
            Values of nodes: names of states, or 0 and 1.
        random_state : int or RandomState, optional
            Other numbers draw other samples, where the method samples.
        **options
            Those of `harmonium belief`: method (auto, enumeration, elimination, gibbs, weighting), samples, chains.

        Raises
        ------
        ValueError
            No such node or state, what was observed cannot happen, or the method cannot do it.
        """
        net = self._made().with_seed(random_state)
        config = core.configure(lib.hm_belief_options, "hm_belief_config", options)
        found = net.infer(net.observed(observed or {}), config)
        try:
            return _posterior(net, found)
        finally:
            lib.hm_posterior_clear(net.c, found)

    def explain(self, observed: Optional[Dict[str, Any]] = None) -> Tuple[Dict[str, str], float]:
        """The most probable states of all nodes given what was observed, and log P of them together, nats."""
        net, log_joint = self._made(), ffi.new("double *")
        state, given = np.empty(len(net.names), dtype=np.uint8), net.observed(observed or {})
        with net.lock:
            call(lib.hm_belief_explain, net.c, ffi.from_buffer("int8_t[]", given), ffi.from_buffer("uint8_t[]", state), log_joint)
        return {name: net.values(k)[state[net.at[k]]] for k, name in enumerate(net.names)}, float(log_joint[0])

    def sample(self, n: int = 1, temperature: float = 1.0, random_state: Any = None) -> np.ndarray:
        """Cases drawn from parents to children: ndarray of int8, shape (n, n_nodes), 0 off and 1 on. Hot units (temperature above 1) are
        more random than the net says, cold ones less."""
        net = self._made().with_seed(random_state)
        if n < 1 or not temperature > 0:
            raise ValueError(f"n = {n} cases at temperature {temperature}: at least one case and a temperature above 0 are needed")
        states = np.empty((n, len(net.names)), dtype=np.uint8)
        with net.lock:
            call(lib.hm_belief_sample, net.c, n, temperature, ffi.from_buffer("uint8_t[]", states))
        return states[:, net.at].astype(np.int8)

    def log_likelihood(self, X: Any) -> float:
        """Mean log-likelihood of the cases of X (as in fit), nats, exact; nodes that were not observed are summed out."""
        net = self._made()
        states, count = np.unique(net.cases(X), axis=0, return_counts=True)
        return float(np.average([self._log_probability(net, np.ascontiguousarray(state)) for state in states], weights=count))

    def _log_probability(self, net: _Net, state: np.ndarray) -> float:
        if (state >= 0).all():
            return lib.hm_belief_log_joint(net.c, ffi.from_buffer("uint8_t[]", state.view(np.uint8)))
        found = net.infer(state, core.configure(lib.hm_belief_options, "hm_belief_config", {"method": "elimination"}))
        value = float(found.log_evidence)
        lib.hm_posterior_clear(net.c, found)
        return value

    def score(self, X: Any, y: Any = None) -> float:
        """log_likelihood(X)."""
        return self.log_likelihood(X)

    def draw(self, path: Any, observed: Optional[Dict[str, Any]] = None) -> None:
        """A picture of the graph with what follows from what was observed: .png, .svg, or .gv for Graphviz."""
        net, posterior, observed = self._made(), self.posterior(observed), observed or {}
        names = [ffi.new("char[]", name.encode()) for name in net.names]
        nodes = ffi.new("hm_graph_node[]", [{"name": text, "shade": list(posterior[name].values())[1], "is_marked": name in observed}
                                            for text, name in zip(names, net.names)])
        pairs = [(net.names.index(parent), k) for k in range(len(net.names)) for parent in net.parents(k)]
        edges = ffi.new("hm_graph_edge[]", [{"from": a, "to": b} for a, b in pairs] or 1)
        call(lib.hm_graph_draw, net.context, nodes, len(names), edges, len(pairs), os.fsencode(path))

    def save(self, path: Any) -> None:
        """Writes the net as text (.net)."""
        self._made().save(path)

    @classmethod
    def load(cls, path: Any, **parameters: Any) -> "BeliefNet":
        """The net of a file (.net, .bif), whose text it keeps as `net`.

        Raises
        ------
        ValueError
            The file is none; the message names the line.
        OSError
            It cannot be read.
        """
        estimator = cls(path, **parameters)
        estimator._made()
        with open(path, encoding="utf-8") as file:
            estimator.net = file.read()
        return estimator
