"""What all estimators of machines do with their model: learn, go on from a checkpoint, use, judge, save and load."""
from __future__ import annotations

import contextlib
import inspect
import numbers
import os
import textwrap
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from . import _core as core
from . import _notes as notes
from ._core import Cases, Chains, Model, Watch, as_float32, call, check_cases, ffi, lib, matrix
from ._sklearn import BaseEstimator, NotFittedError, TransformerMixin, validate_data

GIBBS_STREAM = 0x50590000  # of random numbers: far above those of learning and of the library's chains


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


def _run_estimate(function: Any, *arguments: Any) -> None:
    """function(..., events, result, error), which Ctrl-C stops."""
    watch = Watch()
    events = ffi.new("hm_evaluate_events *", {"user": watch.handle, "should_stop": lib.hm_python_should_stop})
    watch.run(function, *arguments[:-1], events, arguments[-1])


def takes(parameters: Dict[str, Any], options: Dict[str, core.Option] = {}, n_positional: int = 1):
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


def _check_names(learned: Optional[np.ndarray], names: Optional[List[str]]) -> None:
    """As scikit-learn does it: the names of fit, in their order, or none."""
    if learned is None or names is None or list(learned) == names:
        return
    missing, others = [n for n in learned if n not in names], [n for n in names if n not in learned]
    why = (f"feature names seen at fit time, yet now missing: {missing[:5]}" if missing else
           f"feature names unseen at fit time: {others[:5]}" if others else "feature names must be in the same order as they were in fit")
    raise ValueError("The feature names should match those that were passed during fit: " + why)


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


class Stage(NamedTuple):
    """A part of learning: function(model, train, validation, config, events, error), before which prepare(model) is called;
    `parameters` as of core.naming."""

    function: Any
    config: Any
    parameters: Dict[str, str]
    prepare: Optional[Callable[[Model], None]] = None


Labelled = Optional[Tuple[np.ndarray, Optional[np.ndarray]]]


class Machine(TransformerMixin, BaseEstimator):
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
        if validate_data:
            X = validate_data(self, X, accept_sparse="csr", dtype=np.float32, order="C", reset=reset)
            return as_float32(X)
        names = getattr(X, "columns", None)
        names = None if names is None or not all(isinstance(name, str) for name in names) else list(names)
        if not reset:
            _check_names(getattr(self, "feature_names_in_", None), names)
            return check_cases(X, self.n_features_in_, what=type(self).__name__)
        X = check_cases(X)
        self.n_features_in_ = X.shape[1]
        if names is not None:
            self.feature_names_in_ = np.asarray(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return X

    def _check_whole(self, name: str, least: int, end: int = 2**63, takes_bool: bool = False) -> None:
        value = getattr(self, name, least)
        if not isinstance(value, numbers.Integral) or isinstance(value, bool) and not takes_bool or not least <= value < end:
            raise ValueError(f"The {name!r} parameter of {type(self).__name__} must be an int of at least {least}"
                             f"{'' if end == 2**63 else f' and below {end}'}. Got {value!r} instead.")

    def _check_parameters(self) -> None:
        """ValueError for those that no table of options checks."""
        self._check_whole("seed", 0, 2**64)
        self._check_whole("threads", 0, 2**31)
        self._check_whole("labels", 0)
        self._check_whole("verbose", 0, takes_bool=True)

    def _stages(self) -> List[Stage]:
        """What fit does, one after the other."""
        return [self._stage(lib.hm_train, lib.hm_train_options, "hm_train_config", core.TRAIN_OPTIONS)]

    def _stage(self, function: Any, table: Any, type_name: str, options: Dict[str, core.Option], prefix: str = "",
               prepare: Optional[Callable[[Model], None]] = None) -> Stage:
        values = {name: getattr(self, prefix + name) for name in options}
        return Stage(function, core.configure(table, type_name, values, prefix), core.parameters_of(options, prefix), prepare)

    def _learn(self, part: Stage, X: np.ndarray, labels: Optional[np.ndarray] = None, validation: Labelled = None, **events: Any) -> None:
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
        try:
            with model.lock, core.naming(part.parameters), contextlib.ExitStack() as sets:
                train = sets.enter_context(Cases(model, X, labels)).c
                held_back = sets.enter_context(Cases(model, *validation)).c if validation else ffi.NULL
                watch.run(part.function, model.c, train, held_back, part.config, events)
        finally:  # the library knows arrays, whose classes are numbered and whose features have no names
            model.name_features(getattr(self, "feature_names_in_", None))
            if hasattr(self, "classes_"):
                model.name_classes(self.classes_)

    def _run(self, stages: List[Stage], X: np.ndarray, labels: Optional[np.ndarray] = None, validation: Labelled = None,
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
        lines = self._notes() + ["[model]"]
        for name in ("visible", "hidden", "layers"):
            value = getattr(self, name, None)
            if value is not None:
                lines.append(f"{name} = {' | '.join(map(str, value)) if isinstance(value, (list, tuple)) else value}")
        self.model_.c.seed = int(self.seed) & (2**64 - 1)
        for prefix, (section, options) in self._sections().items():
            said = [f"{option.name} = {core.option_text(getattr(self, prefix + name))}" for name, option in options.items()
                    if core.option_text(getattr(self, prefix + name)) != core.option_text(option.initial)]
            lines += [f"[{section}]"] * bool(said) + said
        self.model_.set_recipe("".join(line + "\n" for line in lines))

    def _notes(self) -> List[str]:
        """The parameters of fit, and the type of the classes, as comments of a recipe."""
        return notes.note_estimator(type(self).__name__, self.get_params(deep=False), self._defaults(), getattr(self, "classes_", None))

    @classmethod
    def _defaults(cls) -> Dict[str, Any]:
        return {name: p.default for name, p in inspect.signature(cls.__init__).parameters.items() if name != "self"}

    def _sections(self) -> Dict[str, Any]:
        """Of the recipe: prefix of the parameters, and the section's name and options."""
        return {"": ("greedy", core.TRAIN_OPTIONS)}

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

    def _classes(self) -> np.ndarray:
        """(n_classes,) what the label units stand for."""
        return self.model_.classes() if getattr(self, "classes_", None) is None else self.classes_

    def _numbers_of_labels(self, label: Any, n: int) -> Optional[List[int]]:
        """The number of the class that each of n chains is held to, -1 where it is free; None where all are."""
        if label is None:
            return None
        said, classes = np.asarray(label, dtype=object), self._classes().tolist()
        if said.shape not in ((), (1,), (n,)):
            raise ValueError(f"label must be a class or {n} of them, one for each chain, but has the shape {said.shape}")
        if not classes:
            raise ValueError(f"label = {label!r}: this model has no label units that a chain could be held to")
        number, chosen = {value: k for k, value in enumerate(classes)}, []
        number.setdefault(None, -1)
        number.setdefault(-1, -1)
        for value in np.broadcast_to(said, (n,)).tolist():
            value = value.item() if isinstance(value, np.generic) else value
            if isinstance(value, (list, dict, np.ndarray)) or value not in number:
                shown = ", ".join(map(repr, classes[:20])) + (", .." if len(classes) > 20 else "")
                raise ValueError(f"label = {value!r}: there is no such class; the classes are {shown}")
            chosen.append(number[value])
        return chosen

    def sample(self, n: int = 1, steps: int = 1000, label: Any = None, means: bool = True,
               random_state: Any = None) -> np.ndarray:
        """Cases dreamt by n Gibbs chains that begin at random and run `steps` steps.

        Parameters
        ----------
        n, steps : int
        label : class or (n,) array_like of classes, optional
            The class that the chains are held to, of a model with label units: one of `classes_`, of a DBN a number from 0. None leaves
            a chain free, and so does -1 where it is no class.
        means : bool
            Means of the visible units in the last step, or samples of them.
        random_state : int or RandomState, optional
            Other numbers draw other samples; without it those of the model's seed.

        Returns
        -------
        ndarray of float32, shape (n, n_features)

        Raises
        ------
        ValueError
            No such class, which the message then lists, or a model that does not dream.
        """
        model = self._check_fitted().with_seed(random_state)
        if n < 1 or steps < 0:
            raise ValueError(f"n = {n} chains of {steps} steps: at least one chain of 0 steps is needed")
        chosen = self._numbers_of_labels(label, n)
        held = ffi.NULL if chosen is None else ffi.new("int32_t[]", chosen)
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
        with model.lock, Cases(model, X) as cases:
            _run_estimate(lib.hm_evaluate, model.c, 0, cases.c, config, result)
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
            _run_estimate(lib.hm_ais, rbm, lib.hm_rbm_visible_bias(rbm), config, out)
            return _estimate(out)

    # ---- Files

    def save(self, path: Any) -> None:
        """Writes the model as the program's own file (safetensors), with the classes, the names of the features (where all have one, of
        one line, and no two the same), and as the recipe the parameters of fit but for threads, verbose and a RandomState."""
        self._check_fitted().save(path)

    @classmethod
    def load(cls, path: Any, **parameters: Any) -> Any:
        """An estimator, fitted, with the model of a file that save or the program has written, its classes and names of features, and
        the parameters that the file says; those that are given go before them.

        Raises
        ------
        ValueError
            The file is none, or holds another kind of model.
        OSError
            It cannot be read.
        """
        estimator = cls(**parameters)
        model = Model.load(path)
        noted = notes.read_estimator(model.recipe, cls.__name__, cls._defaults())
        said = dict(notes.read_recipe(model.recipe, estimator._sections()), seed=int(model.c.seed))
        said.update(noted)
        said, noted = ({name: value for name, value in some.items() if name in cls._defaults() and name not in parameters}
                       for some in (said, noted))
        estimator.set_params(**said)
        seed, precision = getattr(estimator, "seed", int(model.c.seed)), getattr(estimator, "precision", None)
        threads = getattr(estimator, "threads", 0)
        estimator.model_ = Model.load(path, seed, threads, precision) if seed or threads or precision else model
        estimator.n_features_in_ = model.n_features
        if model.feature_names is not None:
            estimator.feature_names_in_ = model.feature_names
        estimator._loaded(path)
        return estimator.set_params(**noted)

    def _loaded(self, path: Any) -> None:
        """Takes over what a loaded model says of itself."""

    def _expect(self, kind: int, what: str, path: Any) -> Model:
        if self.model_.c.kind != kind:
            raise core.ArgumentError(f"{path}: is no {what}; load it as what it is")
        return self.model_


class Scored:
    def score(self, X: Any, y: Any = None) -> float:
        """Mean log-likelihood of X (of a DBN its bound), nats: what GridSearchCV makes large."""
        return self.log_likelihood(X).value


class WithOneMachine:
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
            gibbs = ffi.new("hm_gibbs *", {"stream": GIBBS_STREAM, "step": seed})
            call(lib.hm_rbm_gibbs_chains, model.c.rbm[0], matrix(v), matrix(None), n_steps, gibbs)
        return v


COMMON = {"seed": 0, "threads": 0, "precision": None, "verbose": 0}
