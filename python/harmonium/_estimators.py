"""Estimators: RBM, DBN, DBNClassifier, and BernoulliRBM in the manner of scikit-learn.

Their parameters are the program's options with underscores, made from the library's tables. With scikit-learn installed they
are its estimators; without it they work the same.
"""
from __future__ import annotations

import contextlib
import inspect
import numbers
import os
import textwrap
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from . import _core as core
from ._core import Cases, Chains, Model, Watch, as_float32, call, check_cases, ffi, lib, matrix

try:
    from sklearn.base import BaseEstimator as _Base, ClassifierMixin as _Classifier, TransformerMixin as _Transformer
    from sklearn.exceptions import NotFittedError
    from sklearn.utils import check_random_state, column_or_1d as _column_or_1d
    from sklearn.utils.multiclass import check_classification_targets as _check_targets

    try:
        from sklearn.utils.validation import validate_data as _validate_data
    except ImportError:
        def _validate_data(estimator, *arguments, **keywords):
            return estimator._validate_data(*arguments, **keywords)

    HAS_SKLEARN = True
except ImportError:
    HAS_SKLEARN = False

    class NotFittedError(ValueError, AttributeError):
        """An estimator was used before fit."""

    class _Base:
        """get_params and set_params as scikit-learn's."""

        def get_params(self, deep: bool = True) -> Dict[str, Any]:
            return {name: getattr(self, name) for name in inspect.signature(type(self).__init__).parameters if name != "self"}

        def set_params(self, **params: Any) -> Any:
            valid = self.get_params()
            for name, value in params.items():
                if name not in valid:
                    raise ValueError(f"Invalid parameter {name!r} for {type(self).__name__}; valid ones are {sorted(valid)}")
                setattr(self, name, value)
            return self

        def __repr__(self) -> str:
            defaults = {p.name: p.default for p in inspect.signature(type(self).__init__).parameters.values()}
            said = ", ".join(f"{k}={v!r}" for k, v in self.get_params().items() if v != defaults[k])
            return f"{type(self).__name__}({said})"

    class _Transformer:
        def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> np.ndarray:
            return self.fit(X, y, **fit_params).transform(X)

    class _Classifier:
        def score(self, X: Any, y: Any) -> float:
            return float(np.mean(self.predict(X) == np.asarray(y)))

    def _column_or_1d(y: Any, warn: bool = False) -> np.ndarray:
        y = np.asarray(y)
        if y.ndim != 1:
            raise ValueError(f"y must have one axis, but its shape is {y.shape}")
        return y

    def _check_targets(y: np.ndarray) -> None:
        if y.dtype.kind == "f" and (y != np.floor(y)).any():
            raise ValueError("Unknown label type: y holds numbers that are no classes")

    def check_random_state(seed: Any) -> Any:
        if seed is None or isinstance(seed, numbers.Integral):
            return np.random.RandomState(seed)
        return seed


_GIBBS_STREAM = 0x50590000  # of random numbers: far above those of learning and of the library's chains


class Estimate(NamedTuple):
    """A number and where it lies by three standard deviations; all three alike when it is exact."""

    value: float
    low: float
    high: float
    is_exact: bool = False


class Likelihood(NamedTuple):
    """What hm_evaluate says; NaN where it is not known. Logarithms are natural, means are over cases."""

    log_likelihood: Estimate
    log_likelihood_reverse: Estimate  # with log Z estimated from the model's own chains back
    log_partition: Estimate
    log_partition_reverse: Estimate
    pseudo_likelihood: float
    is_exact: bool
    is_bound: bool  # a variational bound (DBN)


def _estimate(e: Any, is_exact: bool = False) -> Estimate:
    return Estimate(float(e.value), float(e.low), float(e.high), bool(is_exact))


def _takes(parameters: Dict[str, Any], options: Dict[str, core.Option] = {}, n_positional: int = 1):
    """A class whose __init__ stores these parameters (name: default), of which the first may come without their names, and options."""

    def decorate(cls):
        defaults = dict(parameters, **{name: option.initial for name, option in options.items()})
        kind = inspect.Parameter
        signature = inspect.Signature([kind("self", kind.POSITIONAL_OR_KEYWORD)] + [
            kind(name, kind.POSITIONAL_OR_KEYWORD if i < n_positional else kind.KEYWORD_ONLY, default=default)
            for i, (name, default) in enumerate(defaults.items())])

        def __init__(self, *arguments, **keywords):
            bound = signature.bind(self, *arguments, **keywords)
            bound.apply_defaults()
            for name, value in list(bound.arguments.items())[1:]:
                setattr(self, name, value)

        __init__.__signature__ = signature
        __init__.__qualname__ = cls.__qualname__ + ".__init__"
        cls.__init__ = __init__
        if options:
            rows = [textwrap.fill(f"{name} : {option.choices or type(option.initial).__name__}, default {option.initial!r}", 120) + "\n" +
                    textwrap.indent(textwrap.fill(option.help, 110), "    ") for name, option in options.items()]
            cls.__doc__ = inspect.cleandoc(cls.__doc__) + "\n\nOptions of learning\n-------------------\n" + "\n".join(rows) + "\n"
        return cls

    return decorate


def _check_known(known: Any, shape: Any) -> np.ndarray:
    """A mask for each case."""
    known = np.asarray(known)
    if known.dtype != bool or known.shape not in (shape, shape[1:]):
        raise ValueError(f"known must be a boolean mask of the shape {shape[1:]} or {shape}, but is {known.dtype} of the shape "
                         f"{known.shape}")
    return np.broadcast_to(known, shape)


def _by_chains(model: Model, start: np.ndarray, known: np.ndarray, steps: int) -> np.ndarray:
    mask = ffi.from_buffer("bool[]", np.ascontiguousarray(known))
    config = ffi.new("hm_chains_config *", {"n": len(start), "start": matrix(start), "is_clamped": mask})
    with Chains(model, config) as chains:
        return chains.run(steps)


def _by_layers(model: Model, start: np.ndarray, known: np.ndarray, steps: int) -> np.ndarray:
    mask, out = ffi.from_buffer("bool[]", np.ascontiguousarray(known)), np.empty_like(start)
    config = ffi.new("hm_posterior_config *", {"how": lib.HM_INFER_LAYERS, "is_given": mask, "n_sweeps": steps, "n_kept": (steps + 1) // 2})
    with model.lock:
        call(lib.hm_infer_layers, model.c, config, matrix(start), matrix(out))
    return out


_INFERENCE = {"chains": _by_chains, "layers": _by_layers}


def _tell(name: str):
    def on_epoch(report: Dict[str, Any]) -> None:
        machine = f" {report['machine'] + 1}/{report['n_machines']}" if report["n_machines"] > 1 else ""
        error = (f"reconstruction error {report['reconstruction_error']:.5f}" if np.isnan(report["loss"]) else
                 f"loss {report['loss']:.5f}, wrong {100 * report['error_train']:.2f} %, of validation "
                 f"{100 * report['error_validation']:.2f} %")
        likelihood = "" if np.isnan(report["log_likelihood"]) else f", log-likelihood {report['log_likelihood']:.3f}"
        print(f"[{name}] {report['stage']}{machine} epoch {report['epoch']}/{report['n_epochs']}: {error}{likelihood}, "
              f"{report['seconds']:.2f} s", flush=True)

    return on_epoch


class _Stage(NamedTuple):
    """A part of learning: function(model, train, validation, config, events, error), before which prepare(model) is called."""

    function: Any
    config: Any
    prepare: Optional[Callable[[Model], None]] = None


_Labelled = Optional[Tuple[np.ndarray, Optional[np.ndarray]]]


class _Machine(_Transformer, _Base):
    """What all estimators do with their model, `model_`."""

    def _more_tags(self) -> Dict[str, Any]:
        return {"preserves_dtype": [np.float32]}

    @property
    def _n_features_out(self) -> int:
        return int(lib.hm_model_layer_size(self.model_.c, self._top()))

    def _check_fitted(self) -> Model:
        if not hasattr(self, "model_"):
            raise NotFittedError(f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
                                 "using this estimator.")
        return self.model_

    def _check(self, X: Any, reset: bool = False) -> np.ndarray:
        """X as float32 cases, (n, n_features)."""
        if HAS_SKLEARN:
            X = _validate_data(self, X, accept_sparse="csr", dtype=np.float32, order="C", reset=reset)
            return as_float32(X)
        if not reset:
            return check_cases(X, self.n_features_in_, what=type(self).__name__)
        names = getattr(X, "columns", None)
        X = check_cases(X)
        self.n_features_in_ = X.shape[1]
        if names is not None and all(isinstance(name, str) for name in names):
            self.feature_names_in_ = np.asarray(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return X

    def _stages(self) -> List[_Stage]:
        """What fit does, one after the other."""
        return [_Stage(lib.hm_train, core.configure(lib.hm_train_options, "hm_train_config", self._options(core.TRAIN_OPTIONS)))]

    def _learn(self, part: _Stage, X: np.ndarray, labels: Optional[np.ndarray] = None, validation: _Labelled = None, **events: Any) -> None:
        model, tell = self.model_, _tell(type(self).__name__) if self.verbose else None

        def on_epoch(report: Dict[str, Any]) -> None:
            self.reports_.append(report)
            if tell:
                tell(report)

        if part.prepare:
            part.prepare(model)
        watch = Watch(on_epoch)
        events = ffi.new("hm_train_events *", dict(events, user=watch.handle, on_epoch=lib.hm_python_on_epoch,
                                                   should_stop=lib.hm_python_should_stop))
        with model.lock, contextlib.ExitStack() as sets:
            train = sets.enter_context(Cases(model, X, labels)).c
            held_back = sets.enter_context(Cases(model, *validation)).c if validation else ffi.NULL
            watch.run(part.function, model.c, train, held_back, part.config, events)

    def _run(self, stages: List[_Stage], X: np.ndarray, labels: Optional[np.ndarray] = None, validation: _Labelled = None,
             checkpoint: Any = None, resume: bool = False) -> None:
        """All stages, or from a checkpoint those that are left."""
        first, path = self._find_checkpoint(checkpoint, resume), ffi.NULL
        if checkpoint is not None:
            path = ffi.new("char[]", os.fsencode(checkpoint))
        self.reports_ = []
        for i in range(first, len(stages)):
            self._learn(stages[i], X, labels, validation, checkpoint=path, checkpoint_minutes=1, stage=i, resume=resume and i == first)
        if checkpoint is not None and os.path.exists(checkpoint):
            os.remove(checkpoint)

    def _find_checkpoint(self, checkpoint: Any, resume: bool) -> int:
        """The stage to begin with, whose model is then `model_`."""
        if checkpoint is None:
            if resume:
                raise ValueError("resume = True: give the checkpoint to go on from")
            return 0
        if not os.path.exists(checkpoint):
            return 0
        if not resume:
            raise FileExistsError(f"{checkpoint}: an unfinished run left this checkpoint; go on with resume=True, or remove the file to "
                                  "begin afresh")
        first = self.model_.stage_of(checkpoint)
        if first > 0:
            self.model_ = Model.load(checkpoint, self.seed, self.threads, self.precision)
            self._note_recipe()
        return first

    def _note_recipe(self) -> None:
        """Seed, layers and the options that differ from their defaults, which the model's file remembers and a checkpoint is held
        against."""
        lines = ["[model]"] + [f"{name} = {getattr(self, name)}" for name in ("visible", "hidden", "layers") if hasattr(self, name)]
        self.model_.c.seed = int(self.seed) & (2**64 - 1)
        for prefix, (section, options) in self._sections().items():
            said = [f"{option.name} = {core.option_text(getattr(self, prefix + name))}" for name, option in options.items()
                    if core.option_text(getattr(self, prefix + name)) != core.option_text(option.initial)]
            lines += [f"[{section}]"] * bool(said) + said
        self.model_.set_recipe("".join(line + "\n" for line in lines))

    def _sections(self) -> Dict[str, Any]:
        """Of the recipe: prefix of the parameters, and the section's name and options."""
        return {"": ("greedy", core.TRAIN_OPTIONS)}

    def _options(self, options: Dict[str, core.Option], prefix: str = "") -> Dict[str, Any]:
        return {name: getattr(self, prefix + name) for name in options}

    # ---- Use

    def _top(self) -> int:
        """The highest layer that the data alone drive."""
        return int(self.model_.c.n_rbms) - (1 if self.model_.c.n_labels else 0)

    def transform(self, X: Any, layer: Optional[int] = None) -> np.ndarray:
        """Means of a hidden layer.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (n, n_features)
        layer : int, optional
            1 is the first hidden layer; without it the highest that the data alone drive.

        Returns
        -------
        ndarray of float32, shape (n, units of the layer)
        """
        model = self._check_fitted()
        X = model.as_seen(self._check(X))
        layer = self._top() if layer is None else layer
        if self._top() < 1:
            raise ValueError("the only hidden layer of this net sees labels beside the data; give the net another below it")
        with model.lock:
            call(lib.hm_model_check_layer, model.c, layer)
            out = np.empty((len(X), lib.hm_model_layer_size(model.c, layer)), dtype=np.float32)
            if model.c.kind == lib.HM_MODEL_RBM:
                call(lib.hm_hidden_means, model.c.rbm[0], matrix(X), 1.0, matrix(out))
            else:
                call(lib.hm_model_up_pass, model.c, layer, matrix(X), matrix(out))
        return out

    def reconstruct(self, X: Any, steps: int = 1) -> np.ndarray:
        """Means of the data given sampled features of X; `steps` > 1 goes on alternating.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
        """
        model = self._check_fitted()
        X = model.as_seen(self._check(X))
        out = np.empty_like(X)
        with model.lock:
            call(lib.hm_reconstruct, model.c, 0, matrix(X), steps, matrix(out))
        return model.as_data(out)

    def sample(self, n: int = 1, steps: int = 1000, label: Union[None, int, Sequence[int]] = None, means: bool = True,
               random_state: Any = None) -> np.ndarray:
        """Cases dreamt by n Gibbs chains that begin at random and run `steps` steps.

        Parameters
        ----------
        n, steps : int
        label : int or (n,) array_like of int, optional
            The class that the chains are held to, of a model with label units: its number from 0; -1 leaves a chain free.
        means : bool
            Means of the visible units in the last step, or samples of them.
        random_state : int or RandomState, optional
            Other numbers draw other samples; without it those of the model's seed.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
        """
        model = self._check_fitted().with_seed(random_state)
        if n < 1 or steps < 0:
            raise ValueError(f"n = {n} chains of {steps} steps: at least one chain of 0 steps is needed")
        held = ffi.NULL if label is None else ffi.new("int32_t[]", [int(k) for k in np.broadcast_to(label, n)])
        config = ffi.new("hm_chains_config *", {"n": n, "label": held, "is_sampled": not means})
        with Chains(model, config) as chains:
            return model.as_data(chains.run(steps))

    def fill_in(self, X: Any, known: Any, steps: int = 100, answers: int = 10, inference: str = "chains",
                random_state: Any = None) -> np.ndarray:
        """Features that are not known, given those that are: clamped Gibbs sampling.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (n, n_features)
            What stands where a feature is not known does not matter, if it is finite.
        known : array_like of bool, shape (n_features,) or (n, n_features)
        steps : int
            Gibbs steps of each chain, with the known features put back after each.
        answers : int
            Chains for each case, whose means are averaged; one alone is a single answer among the possible ones.
        inference : {"chains", "layers"}
            Chains of the top RBM through the layers below; or, of Bernoulli and pooling layers without labels, sweeps in which each
            layer sees the one below and the one above, the later half of them averaged.
        random_state : int or RandomState, optional
            Other numbers draw other answers; without it those of the model's seed.

        Returns
        -------
        ndarray of float32, shape (n, n_features)
            The known features as they are in X, and means (of binary units: probabilities) of the others.
        """
        model, X = self._check_fitted().with_seed(random_state), self._check(X)
        known, steps, answers = _check_known(known, X.shape), int(steps), int(answers)
        if steps < 1 or answers < 1 or inference not in _INFERENCE:
            raise ValueError(f"steps = {steps}, answers = {answers}, inference = {inference!r}: at least one step and one answer are "
                             f"needed, and inference is one of {', '.join(_INFERENCE)}")
        seen, out = model.as_seen(X), np.empty_like(X)
        masks, which = np.unique(known, axis=0, return_inverse=True)
        for i, mask in enumerate(masks):  # the library holds the same features of all chains
            rows = which.reshape(-1) == i
            start = np.repeat(np.where(mask, seen[rows], np.float32(0)), answers, axis=0)
            out[rows] = _INFERENCE[inference](model, start, mask, steps).reshape(-1, answers, X.shape[1]).mean(axis=1)
        return np.where(known, X, model.as_data(out))

    def evaluate(self, X: Any, **options: Any) -> Likelihood:
        """Likelihoods of X with their brackets: exact where the smaller side can be enumerated, else by annealed importance
        sampling in both directions; of a DBN a variational bound.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (n, n_features)
        **options
            Those of `harmonium evaluate`: partition, chains, betas, reverse, burn_in, samples.
        """
        model = self._check_fitted()
        X = self._check(X)
        config, result = core.configure(lib.hm_evaluate_options, "hm_evaluate_config", options), ffi.new("hm_evaluation *")
        watch, events = Watch(), ffi.new("hm_evaluate_events *")
        events.user, events.should_stop = watch.handle, lib.hm_python_should_stop
        with model.lock, Cases(model, X) as cases:
            watch.run(lib.hm_evaluate, model.c, 0, cases.c, config, events, result)
        exact = result.is_exact
        return Likelihood(_estimate(result.log_likelihood, exact), _estimate(result.log_likelihood_reverse, exact),
                          _estimate(result.log_Z, exact), _estimate(result.log_Z_reverse, exact), float(result.pseudo_likelihood),
                          bool(exact), bool(result.is_bound))

    def log_likelihood(self, X: Any, **options: Any) -> Estimate:
        """Mean log P(v) over the cases of X, nats, with its bracket (see evaluate)."""
        return self.evaluate(X, **options).log_likelihood

    def log_partition(self, **options: Any) -> Estimate:
        """log Z of the RBM, or of the top RBM of a DBN: exact where it can be enumerated, else by annealed importance sampling from
        its visible biases (options as in evaluate)."""
        model = self._check_fitted()
        rbm = model.c.rbm[model.c.n_rbms - 1]
        with model.lock:
            is_small = lib.hm_rbm_log2_states(rbm) <= lib.HM_ENUMERATION_MAX
            if is_small and options.get("partition", "auto") in ("auto", "exact"):
                log_Z = ffi.new("double *")
                call(lib.hm_rbm_log_partition, rbm, log_Z)
                return Estimate(log_Z[0], log_Z[0], log_Z[0], True)
            config, out = core.configure(lib.hm_evaluate_options, "hm_evaluate_config", options), ffi.new("hm_estimate *")
            watch, events = Watch(), ffi.new("hm_evaluate_events *")
            events.user, events.should_stop = watch.handle, lib.hm_python_should_stop
            watch.run(lib.hm_ais, rbm, lib.hm_rbm_visible_bias(rbm), config, events, out)
            return _estimate(out)

    # ---- Files

    def save(self, path: Any) -> None:
        """Writes the model as the program's own file (safetensors)."""
        self._check_fitted().save(path)

    @classmethod
    def load(cls, path: Any, **parameters: Any) -> Any:
        """An estimator, fitted, with the model of a file that save or the program has written.

        Raises
        ------
        ValueError
            The file is none, or holds another kind of model.
        OSError
            It cannot be read.
        """
        estimator = cls(**parameters)
        estimator.model_ = Model.load(path, getattr(estimator, "seed", None) or 0, getattr(estimator, "threads", 0))
        estimator.n_features_in_ = estimator.model_.n_features
        estimator._loaded(path)
        return estimator

    def _loaded(self, path: Any) -> None:
        """Takes over what a loaded model says of itself."""

    def _expect(self, kind: int, what: str, path: Any) -> Model:
        if self.model_.c.kind != kind:
            raise core.ArgumentError(f"{path}: is no {what}; load it as what it is")
        return self.model_


class _Scored:
    def score(self, X: Any, y: Any = None) -> float:
        """Mean log-likelihood of X (of a DBN its bound), nats: what GridSearchCV makes large."""
        return self.log_likelihood(X).value


class _WithOneMachine:
    @property
    def components_(self) -> np.ndarray:
        """(n_hidden, n_visible) view of the weights."""
        return self._check_fitted().weights(0).T

    @property
    def intercept_hidden_(self) -> np.ndarray:
        """(n_hidden,) view of the hidden biases."""
        return self._check_fitted().bias(0, False)

    @property
    def intercept_visible_(self) -> np.ndarray:
        """(n_visible,) view of the visible biases."""
        return self._check_fitted().bias(0, True)

    def free_energy(self, X: Any) -> np.ndarray:
        """F(v) of each case: P(v) = exp(-F(v)) / Z.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        model = self._check_fitted()
        X = model.as_seen(self._check(X))
        out = np.empty(len(X))
        with model.lock:
            call(lib.hm_rbm_free_energy, model.c.rbm[0], matrix(X), 1.0, ffi.cast("double *", out.ctypes.data))
        return out

    def _step(self, v: np.ndarray, n_steps: int, seed: int) -> np.ndarray:
        """n_steps of Gibbs chains in place, one chain a row; other seeds give other random numbers."""
        model = self.model_
        with model.lock:
            gibbs = ffi.new("hm_gibbs *", {"stream": _GIBBS_STREAM, "step": seed})
            call(lib.hm_rbm_gibbs_chains, model.c.rbm[0], matrix(v), matrix(None), n_steps, gibbs)
        return v


_COMMON = {"seed": 0, "threads": 0, "precision": None, "verbose": 0}


@_takes(dict({"hidden": "100", "visible": "bernoulli"}, **_COMMON), core.TRAIN_OPTIONS)
class RBM(_Scored, _WithOneMachine, _Machine):
    """A restricted Boltzmann machine of any units and any learner.

    Parameters
    ----------
    hidden : str or int
        The hidden layer: "100", "relu 500", "softmax 20x5", "pool 40x2 by 12x12".
    visible : str
        The visible layer; a count may be left out: "bernoulli", "gaussian", "bernoulli 1x28x28".
    seed : int
        Of all random numbers: the same seed gives the same bytes.
    threads : int
        0 takes one for each processor; the result does not depend on it.
    precision : {None, "f32", "bf16", "auto"}
    verbose : int
        Above 0 each epoch is told.

    Attributes
    ----------
    model_ : the model
    components_ : ndarray (n_hidden, n_visible); intercept_hidden_ (n_hidden,); intercept_visible_ (n_visible,)
    reports_ : list of dict
        Of each epoch of the last fit: reconstruction_error, free_energy_train, free_energy_validation, seconds and others.
    n_features_in_ : int
    """

    def fit(self, X: Any, y: Any = None, *, validation: Any = None, checkpoint: Any = None, resume: bool = False) -> "RBM":
        """Learns from X, (n, n_features), from the beginning.

        Parameters
        ----------
        validation : array_like (n, n_features), optional
            Cases that are not learned from, whose free energy `reports_` tells.
        checkpoint : path, optional
            Where the state of learning is kept, each minute and at Ctrl-C, until fit ends.
        resume : bool
            Go on from the checkpoint, if there is one, to the same bytes as without the interruption.
        """
        X = self._check(X, reset=True)
        stages = self._stages()
        visible, hidden = ffi.new("hm_layer *"), ffi.new("hm_layer *")
        call(lib.hm_layer_parse, str(self.visible).encode(), X.shape[1], visible)
        call(lib.hm_layer_parse, str(self.hidden).encode(), 0, hidden)
        if visible.n_units != X.shape[1]:
            raise ValueError(f"X has {X.shape[1]} features, but visible = {self.visible!r} are {visible.n_units} units")
        held_back = None if validation is None else (self._check(validation), None)
        self.model_ = Model.rbm(visible, hidden, self.seed, self.threads, self.precision)
        self._note_recipe()
        self._run(stages, X, None, held_back, checkpoint, resume)
        return self

    def gibbs(self, v: Any, steps: int = 1, seed: int = 0) -> np.ndarray:
        """Samples of the visible units after Gibbs steps from v, (n, n_features); other seeds give other samples."""
        model = self._check_fitted()
        return model.as_data(self._step(model.as_seen(self._check(v)).copy(), steps, seed << 20))

    def _loaded(self, path: Any) -> None:
        model = self._expect(lib.HM_MODEL_RBM, "single RBM", path)
        self.visible = model.layer_text(lib.hm_rbm_visible(model.c.rbm[0]))
        self.hidden = model.layer_text(lib.hm_rbm_hidden(model.c.rbm[0]))


_DBN_OPTIONS = dict(core.TRAIN_OPTIONS, **{"up_down_" + name: option for name, option in core.UP_DOWN_OPTIONS.items()})


@_takes(dict({"layers": "500, 500", "visible": "bernoulli", "labels": 0}, **_COMMON), _DBN_OPTIONS)
class DBN(_Scored, _Machine):
    """A deep belief net, learned greedily and then, with up_down_epochs, as a whole.

    Parameters
    ----------
    layers : str or sequence of int or str
        The hidden layers from the data up: "500, 500", "500 | softmax 10", [500, 500].
    visible : str
        The visible layer; a count may be left out.
    labels : int
        Label units beside what the top RBM sees; fit then takes y, whole numbers from 0. 0: none.
    seed, threads, precision, verbose
        As of RBM.

    Attributes
    ----------
    model_ : the model
    n_features_in_ : int
    """

    def _visible_text(self) -> str:
        return str(self.visible)

    def _hidden_text(self) -> str:
        return self.layers if isinstance(self.layers, str) else " | ".join(str(layer) for layer in self.layers)

    def _make(self, n_features: int, n_labels: int) -> None:
        hidden = self._hidden_text()
        layers, n, visible = ffi.new("hm_layer[]", lib.HM_LEVELS_MAX + 1), ffi.new("size_t *"), ffi.new("hm_layer *")
        call(lib.hm_layer_parse, self._visible_text().encode(), n_features, visible)
        if visible.n_units != n_features:
            raise ValueError(f"X has {n_features} features, but visible = {self._visible_text()!r} are {visible.n_units} units")
        layers[0] = visible[0]
        call(lib.hm_layers_parse, hidden.encode(), 0, layers + 1, lib.HM_LEVELS_MAX, n)
        self.model_ = Model.stack(layers, n[0] + 1, n_labels, self.seed, self.threads, self.precision)

    def _stages(self) -> List[_Stage]:
        up_down = core.configure(lib.hm_up_down_options, "hm_up_down_config", self._options(core.UP_DOWN_OPTIONS, "up_down_"))
        return super()._stages() + [_Stage(lib.hm_train_up_down, up_down)] * (up_down.epochs > 0)

    def _sections(self) -> Dict[str, Any]:
        return dict(super()._sections(), up_down_=("up-down", core.UP_DOWN_OPTIONS))

    def _fit(self, X: np.ndarray, labels: Optional[np.ndarray], n_labels: int, validation: Any, checkpoint: Any, resume: bool) -> None:
        stages, held_back = self._stages(), None
        if validation is not None and not n_labels:
            held_back = self._check(validation), None
        elif validation is not None:
            held_back = self._check(validation[0]), self._numbers_of(validation[1], len(validation[0]), "the y of validation")
        self._make(X.shape[1], n_labels)
        self._note_recipe()
        self._run(stages, X, labels, held_back, checkpoint, resume)

    def _numbers_of(self, y: Any, n: int, name: str) -> np.ndarray:
        """Numbers of the classes, from 0."""
        y = np.asarray(y)
        if y.shape != (n,) or y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= self.labels:
            raise ValueError(f"{name} must be {n} whole numbers from 0 to {self.labels - 1} for labels = {self.labels}")
        return y

    def fit(self, X: Any, y: Any = None, *, validation: Any = None, checkpoint: Any = None, resume: bool = False) -> "DBN":
        """Learns from X, (n, n_features), and of a net with label units y, (n,).

        Parameters
        ----------
        validation : array_like X, or a pair (X, y) of a net with labels, optional
            Cases that are not learned from, which `reports_` tells about.
        checkpoint, resume
            As of RBM.
        """
        X = self._check(X, reset=True)
        labels = self._numbers_of(y, len(X), "y") if self.labels else None
        self._fit(X, labels, self.labels, validation, checkpoint, resume)
        return self

    def _loaded(self, path: Any) -> None:
        model = self._expect(lib.HM_MODEL_DBN, "deep belief net", path)
        self.layers = " | ".join(model.layer_text(lib.hm_rbm_hidden(model.c.rbm[i])) for i in range(model.c.n_rbms))
        self.visible = model.layer_text(lib.hm_model_layer(model.c, 0))
        self._take_labels(int(model.c.n_labels))

    def _take_labels(self, n_labels: int) -> None:
        self.labels = n_labels


@_takes(dict({"layers": "500, 500", "visible": "bernoulli"}, **_COMMON), _DBN_OPTIONS)
class DBNClassifier(_Classifier, DBN):
    """A deep belief net whose top RBM learns the classes beside the features, and names the class of a case by the free energy of
    each label.

    Parameters and options are those of DBN but for `labels`, which are the classes of y.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    """

    score = _Classifier.score

    def fit(self, X: Any, y: Any = None, *, validation: Any = None, checkpoint: Any = None, resume: bool = False) -> "DBNClassifier":
        """Learns from X, (n, n_features), and the classes y, (n,), of any type.

        Parameters
        ----------
        validation : pair (X, y), optional
            Cases that are not learned from, which `reports_` tells about.
        checkpoint, resume
            As of RBM.
        """
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None")
        X = self._check(X, reset=True)
        y = _column_or_1d(y, warn=True)
        if len(y) != len(X):
            raise ValueError(f"y must have the shape ({len(X)},), one class for each case, but has {y.shape}")
        _check_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"The number of classes has to be greater than one; got {len(self.classes_)} class")
        self._fit(X, labels, len(self.classes_), validation, checkpoint, resume)
        return self

    def _numbers_of(self, y: Any, n: int, name: str) -> np.ndarray:
        y = np.asarray(y)
        if y.shape != (n,) or not np.isin(y, self.classes_).all():
            raise ValueError(f"{name} must be {n} of the classes that y has")
        return np.searchsorted(self.classes_, y)

    def predict_proba(self, X: Any) -> np.ndarray:
        """P(class | case): ndarray of float64, shape (n, n_classes)."""
        model = self._check_fitted()
        X = model.as_seen(self._check(X))
        out = np.empty((len(X), len(self.classes_)))
        with model.lock:
            call(lib.hm_class_probabilities, model.c, lib.HM_RECOGNISE_ENERGY, 0, matrix(X), ffi.cast("double *", out.ctypes.data))
        return out

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each case: shape (n,)."""
        probability = self.predict_proba(X)
        return self.classes_[probability.argmax(axis=1)]

    def _take_labels(self, n_labels: int) -> None:
        self.classes_ = np.array([lib.hm_model_class_label(self.model_.c, k) for k in range(n_labels)])


_BACKPROP_OPTIONS = {name: option for name, option in core.BACKPROP_OPTIONS.items() if name != "target"}  # which are the labels
_NET_OPTIONS = dict(core.TRAIN_OPTIONS, **{"backprop_" + name: option for name, option in _BACKPROP_OPTIONS.items()})
_NET_OPTIONS["backprop_epochs"] = _NET_OPTIONS["backprop_epochs"]._replace(initial=20)


@_takes(dict({"layers": "500, 500", "visible": "bernoulli"}, **_COMMON), _NET_OPTIONS)
class NetClassifier(DBNClassifier):
    """A feed-forward net that begins as a deep belief net, learned without labels, and is fine-tuned by backpropagation.

    Parameters and options of the first part are those of DBN; backprop_patience, backprop_keep_best and backprop_halving go by the
    validation cases of fit. It does not dream: `sample`, `fill_in` and likelihoods are of the other nets.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    reports_ : list of dict
        Of each epoch of the last fit: of backpropagation loss, error_train, error_validation (shares) and seconds.
    """

    def _stages(self) -> List[_Stage]:
        config = core.configure(lib.hm_backprop_options, "hm_backprop_config", self._options(_BACKPROP_OPTIONS, "backprop_"))
        return _Machine._stages(self) + [_Stage(lib.hm_train_backprop, config, self._unroll)]

    def _unroll(self, model: Model) -> None:
        if model.c.kind == lib.HM_MODEL_DBN:
            model.unroll(len(self.classes_), self.backprop_weight_deviation)

    def _sections(self) -> Dict[str, Any]:
        return dict(_Machine._sections(self), backprop_=("backprop", _BACKPROP_OPTIONS))

    def _make(self, n_features: int, n_labels: int) -> None:
        super()._make(n_features, 0)

    def _loaded(self, path: Any) -> None:
        model = self._expect(lib.HM_MODEL_NET, "feed-forward net", path)
        if not model.c.n_labels:
            raise core.ArgumentError(f"{path}: is a net that names no classes")
        self.layers = " | ".join(model.layer_text(lib.hm_rbm_hidden(model.c.rbm[i])) for i in range(model.c.n_rbms - 1))
        self.visible = model.layer_text(lib.hm_model_layer(model.c, 0))
        self._take_labels(int(model.c.n_labels))


_WAKE_SLEEP_OPTIONS = dict(core.WAKE_SLEEP_OPTIONS, epochs=core.WAKE_SLEEP_OPTIONS["epochs"]._replace(initial=100))


@_takes(dict({"layers": "200, 200", "visible": "bernoulli"}, **_COMMON), _WAKE_SLEEP_OPTIONS)
class SigmoidBeliefNet(DBN):
    """Layers of units that are directed to the top, learned by wake-sleep.

    Parameters
    ----------
    layers, visible, seed, threads, precision, verbose
        As of DBN.
    """

    labels = 0

    def _stages(self) -> List[_Stage]:
        return [_Stage(lib.hm_train_wake_sleep, core.configure(lib.hm_wake_sleep_options, "hm_up_down_config",
                                                               self._options(core.WAKE_SLEEP_OPTIONS)))]

    def _sections(self) -> Dict[str, Any]:
        return {"": ("wake-sleep", core.WAKE_SLEEP_OPTIONS)}

    def _hidden_text(self) -> str:
        text = super()._hidden_text()
        return text + (", 1" if "," in text else " | 1")  # a unit without weights: so the library keeps the biases of the top layer

    def _top(self) -> int:
        return int(self.model_.c.n_rbms) - 1

    def _loaded(self, path: Any) -> None:
        super()._loaded(path)
        if not lib.hm_model_is_belief_net(self.model_.c):
            raise core.ArgumentError(f"{path}: is no sigmoid belief net; load it as a DBN")
        self.layers = self.layers.rpartition(" | ")[0]


@_takes(dict({"layers": "pool 24x2 by 9x9", "image_shape": None, "visible": "bernoulli", "labels": 0}, **_COMMON), _DBN_OPTIONS, 2)
class ConvDBN(DBN):
    """A convolutional deep belief net: maps of units that see a window of the layer below through filters that all places share.

    What takes X takes pictures, (n, height, width) or (n, channels, height, width), or flat cases (n, features), channel after
    channel and row after row; and gives pictures and maps for pictures, flat ones for flat ones.

    Parameters
    ----------
    layers : str or sequence of int or str
        The hidden layers from the data up: "pool 40x2 by 12x12 | pool 40x2 by 6x6" is 40 maps with filters of 12 x 12 in blocks of
        2 x 2, and 40 over these; "bernoulli 24 by 8x8" are maps without pooling, "300" are units that see everything below. Rows and
        columns of a map that fill no block are left out.
    image_shape : (height, width) or (channels, height, width), optional
        Of flat cases; without it X must be pictures.
    visible : str
        The kind of the pixels: "bernoulli", "gaussian".
    labels, seed, threads, precision, verbose
        As of DBN.

    Attributes
    ----------
    image_shape_ : tuple of int
    model_, n_features_in_
        As of DBN.
    """

    def _visible_text(self) -> str:
        return f"{self.visible} {'x'.join(str(side) for side in ((1,) + self.image_shape_)[-3:])}"

    def _check(self, X: Any, reset: bool = False) -> np.ndarray:
        if np.ndim(X) > 2:
            X = np.asarray(X)
            shape = X.shape[1:]
        else:
            shape = self.image_shape if reset else None
        if reset:
            if shape is None or len(shape) not in (2, 3):
                raise ValueError("image_shape must be (height, width) or (channels, height, width) where X, of the shape "
                                 f"{np.shape(X)}, is no pictures, but is {shape}")
            self.image_shape_ = tuple(int(side) for side in shape)
        if shape is not None and tuple(shape) != self.image_shape_:
            raise ValueError(f"X has pictures of the shape {shape}, but {type(self).__name__} learned from {self.image_shape_}")
        X = super()._check(X.reshape(len(X), -1) if np.ndim(X) > 2 else X, reset)
        if X.shape[1] != np.prod(self.image_shape_):
            raise ValueError(f"X has {X.shape[1]} features, and image_shape = {self.image_shape_} has {np.prod(self.image_shape_)}")
        return X

    def _like(self, out: np.ndarray, X: Any) -> np.ndarray:
        return out.reshape(np.shape(X)) if np.ndim(X) > 2 else out

    def filters(self, layer: int = 1) -> np.ndarray:
        """(maps, maps below, filter height, filter width) view of the filters of a hidden layer; 1 is the first."""
        model = self._check_fitted()
        call(lib.hm_model_check_layer, model.c, layer)
        return model.filters(layer - 1)

    def transform(self, X: Any, layer: Optional[int] = None) -> np.ndarray:
        """Means of a hidden layer (see DBN), of pooling units whether one of a block is on: (n, maps, height, width) of pictures where
        the layer is one of maps, else (n, units)."""
        self._check_fitted()
        layer = self._top() if layer is None else layer
        out = super().transform(X, layer)
        maps = self.model_.map_shape(layer)
        return out.reshape((len(out),) + maps) if maps and np.ndim(X) > 2 else out

    def reconstruct(self, X: Any, steps: int = 1) -> np.ndarray:
        """Means of the data given sampled features of X (see DBN), of the shape of X."""
        return self._like(super().reconstruct(X, steps), X)

    def sample(self, n: int = 1, steps: int = 1000, label: Union[None, int, Sequence[int]] = None, means: bool = True,
               random_state: Any = None) -> np.ndarray:
        """Dreamt pictures (see DBN): ndarray of float32, shape (n,) + image_shape_."""
        return super().sample(n, steps, label, means, random_state).reshape((n,) + self.image_shape_)

    def fill_in(self, X: Any, known: Any, steps: int = 100, answers: int = 10, inference: str = "chains",
                random_state: Any = None) -> np.ndarray:
        """Pixels that are not known (see DBN), of the shape of X; `known` has the shape of X or of one case."""
        known = np.asarray(known)
        if np.ndim(X) > 2 and known.shape in (np.shape(X), np.shape(X)[1:]):
            known = known.reshape((-1,) if known.ndim < np.ndim(X) else (len(known), -1))
        return self._like(super().fill_in(X, known, steps, answers, inference, random_state), X)

    def _loaded(self, path: Any) -> None:
        super()._loaded(path)
        maps = self.model_.map_shape(0)
        if not maps:
            raise core.ArgumentError(f"{path}: is no convolutional net; load it as a DBN")
        self.image_shape = self.image_shape_ = maps[1:] if maps[0] == 1 else maps
        self.visible = self.visible.split()[0]


@_takes({"n_components": 256, "learning_rate": 0.1, "batch_size": 10, "n_iter": 10, "verbose": 0, "random_state": None})
class BernoulliRBM(_WithOneMachine, _Machine):
    """Takes the place of sklearn.neural_network.BernoulliRBM: persistent contrastive divergence, the same parameters and methods.

    It differs in that visible biases begin at log(p / (1 - p)) of the data and persistent chains at the data; numbers are
    float32; and evaluate, sample and others of RBM are there too.

    Parameters
    ----------
    n_components : int
        Hidden units.
    learning_rate : float
    batch_size : int
        Cases in a mini-batch, and persistent chains.
    n_iter : int
        Passes over the data in fit.
    verbose : int
    random_state : int, RandomState or None

    Attributes
    ----------
    components_ : ndarray of float32, shape (n_components, n_features)
    intercept_hidden_ : ndarray, shape (n_components,)
    intercept_visible_ : ndarray, shape (n_features,)
    h_samples_ : ndarray, shape (batch_size, n_components)
        Hidden states of the persistent chains.
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X had names
    """

    def _check_parameters(self) -> None:
        for name, least in (("n_components", 1), ("batch_size", 1), ("n_iter", 0)):
            value = getattr(self, name)
            if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < least:
                raise ValueError(f"The {name!r} parameter of BernoulliRBM must be an int of at least {least}. Got {value!r} instead.")
        if not isinstance(self.learning_rate, numbers.Real) or not self.learning_rate > 0:
            raise ValueError(f"The 'learning_rate' parameter of BernoulliRBM must be a float above 0. Got {self.learning_rate!r} instead.")

    def _begin(self, X: np.ndarray) -> None:
        visible, hidden = ffi.new("hm_layer *"), ffi.new("hm_layer *")
        call(lib.hm_layer_parse, b"bernoulli", X.shape[1], visible)
        call(lib.hm_layer_parse, b"bernoulli %d" % self.n_components, 0, hidden)
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self._n_gibbs = 0
        self.model_ = Model.rbm(visible, hidden, self._seed, 0)
        self._chains = X[np.arange(self.batch_size) % len(X)].copy()
        self.reports_ = []

    def _train(self, X: np.ndarray, epochs: int, batch_size: int) -> None:
        said = {"learner": "pcd", "steps": 1, "momentum": 0, "weight_cost": 0, "learning_rate": self.learning_rate, "epochs": epochs,
                "batch_size": batch_size, "chains": len(self._chains)}
        config = core.configure(lib.hm_train_options, "hm_train_config", said)
        self._learn(_Stage(lib.hm_train, config), X, chains=matrix(self._chains), takes_any_values=True)

    @property
    def h_samples_(self) -> np.ndarray:
        model = self._check_fitted()
        mean = np.empty((len(self._chains), len(self.intercept_hidden_)), dtype=np.float32)
        sample = np.empty_like(mean)
        with model.lock:
            lib.hm_rbm_hidden_given_visible(model.c.rbm[0], matrix(self._chains), matrix(mean), matrix(sample),
                                            ffi.new("hm_gibbs *", {"stream": _GIBBS_STREAM + 1}))
        return sample

    def fit(self, X: Any, y: Any = None) -> "BernoulliRBM":
        """Learns from X, (n, n_features), from the beginning: n_iter passes."""
        self._check_parameters()
        X = self._check(X, reset=True)
        self._begin(X)
        self._train(X, self.n_iter, self.batch_size)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> "BernoulliRBM":
        """Goes on learning with X, (n, n_features), as one mini-batch; persistent chains go on as well."""
        self._check_parameters()
        is_first = not hasattr(self, "model_")
        X = self._check(X, reset=is_first)
        if is_first:
            self._begin(X)
        self._train(X, 1, len(X))
        return self

    def gibbs(self, v: Any) -> np.ndarray:
        """Samples of the visible units after one Gibbs step from v, (n, n_features); each call draws others."""
        self._check_fitted()
        self._n_gibbs += 1
        return self._step(self._check(v).copy(), 1, self._n_gibbs)

    def score_samples(self, X: Any) -> np.ndarray:
        """Pseudo-likelihood of each case by one feature chosen by chance: n_features log sigmoid(F(v flipped) - F(v)).

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        self._check_fitted()
        X = self._check(X)
        which = (np.arange(len(X)), check_random_state(self.random_state).randint(0, X.shape[1], len(X)))
        flipped = X.copy()
        flipped[which] = 1 - flipped[which]
        return -X.shape[1] * np.logaddexp(0, self.free_energy(X) - self.free_energy(flipped))

    def _loaded(self, path: Any) -> None:
        model = self._expect(lib.HM_MODEL_RBM, "single RBM", path)
        self.n_components = len(self.intercept_hidden_)
        self._seed, self._n_gibbs, self.reports_ = int(model.c.seed), 0, []
        self._chains = (np.random.RandomState(0).rand(self.batch_size, model.n_features) < 0.5).astype(np.float32)

    def _more_tags(self) -> Dict[str, Any]:
        return {"preserves_dtype": [np.float32], "_xfail_checks": {
            "check_methods_subset_invariance": "score_samples flips one feature by chance",
            "check_methods_sample_order_invariance": "score_samples flips one feature by chance"}}
