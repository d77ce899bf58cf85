"""Estimators: RBM, DBN and its kinds, and BernoulliRBM in the manner of scikit-learn.

Their parameters are the program's options with underscores, made from the library's tables. With scikit-learn installed they
are its estimators; without it they work the same.
"""
from __future__ import annotations

import numbers
from typing import Any, Dict, List, Optional

import numpy as np

from . import _core as core
from . import _notes as notes
from ._core import Model, call, ffi, lib, matrix
from ._machine import COMMON, GIBBS_STREAM, Machine, Scored, Stage, WithOneMachine, takes
from ._sklearn import ClassifierMixin, check_classification_targets, check_random_state, column_or_1d


@takes(dict({"hidden": "100", "visible": "bernoulli"}, **COMMON), core.TRAIN_OPTIONS)
class RBM(Scored, WithOneMachine, Machine):
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
        self._check_parameters()
        stages = self._stages()
        visible, hidden = core.parse_layer("visible", self.visible, X.shape[1]), core.parse_layer("hidden", self.hidden, 0)
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


@takes(dict({"layers": "500, 500", "visible": "bernoulli", "labels": 0}, **COMMON), _DBN_OPTIONS)
class DBN(Scored, Machine):
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
        return " | ".join(str(layer) for layer in self.layers) if isinstance(self.layers, (list, tuple, np.ndarray)) else str(self.layers)

    def _make(self, n_features: int, n_labels: int) -> None:
        layers, n = ffi.new("hm_layer[]", lib.HM_LEVELS_MAX + 1), ffi.new("size_t *")
        visible = core.parse_layer("visible", self._visible_text(), n_features)
        if visible.n_units != n_features:
            raise ValueError(f"X has {n_features} features, but visible = {self._visible_text()!r} are {visible.n_units} units")
        layers[0] = visible[0]
        with core.of_parameter("layers", self.layers):
            call(lib.hm_layers_parse, self._hidden_text().encode(), 0, layers + 1, lib.HM_LEVELS_MAX, n)
        self.model_ = Model.stack(layers, n[0] + 1, n_labels, self.seed, self.threads, self.precision)

    def _stages(self) -> List[Stage]:
        up_down = self._stage(lib.hm_train_up_down, lib.hm_up_down_options, "hm_up_down_config", core.UP_DOWN_OPTIONS, "up_down_")
        return super()._stages() + [up_down] * (up_down.config.epochs > 0)

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
        self._check_parameters()
        labels = self._numbers_of(y, len(X), "y") if self.labels else None
        self._fit(X, labels, self.labels, validation, checkpoint, resume)
        return self

    def _loaded(self, path: Any) -> None:
        model = self._expect(lib.HM_MODEL_DBN, "deep belief net", path)
        self._take_layers(int(model.c.n_rbms))
        self._take_labels(int(model.c.n_labels))

    def _take_layers(self, n_hidden: int) -> None:
        model = self.model_
        self.layers = " | ".join(model.layer_text(lib.hm_rbm_hidden(model.c.rbm[i])) for i in range(n_hidden))
        self.visible = model.layer_text(lib.hm_model_layer(model.c, 0))

    def _take_labels(self, n_labels: int) -> None:
        self.labels = n_labels


@takes(dict({"layers": "500, 500", "visible": "bernoulli"}, **COMMON), _DBN_OPTIONS)
class DBNClassifier(ClassifierMixin, DBN):
    """A deep belief net whose top RBM learns the classes beside the features, and names the class of a case by the free energy of
    each label.

    Parameters and options are those of DBN but for `labels`, which are the classes of y.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    """

    score = ClassifierMixin.score

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
        self._check_parameters()
        y = notes.plain(column_or_1d(y, warn=True))
        if len(y) != len(X):
            raise ValueError(f"y must have the shape ({len(X)},), one class for each case, but has {y.shape}")
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"The number of classes has to be greater than one; got {len(self.classes_)} class")
        notes.labels_and_names(self.classes_)  # what a file could not hold is refused before the learning
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
        self.classes_ = self.model_.classes()


_BACKPROP_OPTIONS = {name: option for name, option in core.BACKPROP_OPTIONS.items() if name != "target"}  # which are the labels
_NET_OPTIONS = dict(core.TRAIN_OPTIONS, **{"backprop_" + name: option for name, option in _BACKPROP_OPTIONS.items()})
_NET_OPTIONS["backprop_epochs"] = _NET_OPTIONS["backprop_epochs"]._replace(initial=20)


@takes(dict({"layers": "500, 500", "visible": "bernoulli"}, **COMMON), _NET_OPTIONS)
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

    def _stages(self) -> List[Stage]:
        return Machine._stages(self) + [self._stage(lib.hm_train_backprop, lib.hm_backprop_options, "hm_backprop_config", _BACKPROP_OPTIONS,
                                                    "backprop_", self._unroll)]

    def _unroll(self, model: Model) -> None:
        if model.c.kind == lib.HM_MODEL_DBN:
            model.unroll(len(self.classes_), self.backprop_weight_deviation)

    def _sections(self) -> Dict[str, Any]:
        return dict(Machine._sections(self), backprop_=("backprop", _BACKPROP_OPTIONS))

    def _make(self, n_features: int, n_labels: int) -> None:
        super()._make(n_features, 0)

    def _loaded(self, path: Any) -> None:
        model = self._expect(lib.HM_MODEL_NET, "feed-forward net", path)
        if not model.c.n_labels:
            raise core.ArgumentError(f"{path}: is a net that names no classes")
        self._take_layers(int(model.c.n_rbms) - 1)
        self._take_labels(int(model.c.n_labels))


_WAKE_SLEEP_OPTIONS = dict(core.WAKE_SLEEP_OPTIONS, epochs=core.WAKE_SLEEP_OPTIONS["epochs"]._replace(initial=100))


@takes(dict({"layers": "200, 200", "visible": "bernoulli"}, **COMMON), _WAKE_SLEEP_OPTIONS)
class SigmoidBeliefNet(DBN):
    """Layers of units that are directed to the top, learned by wake-sleep.

    Parameters
    ----------
    layers, visible, seed, threads, precision, verbose
        As of DBN.
    """

    labels = 0

    def _stages(self) -> List[Stage]:
        return [self._stage(lib.hm_train_wake_sleep, lib.hm_wake_sleep_options, "hm_up_down_config", core.WAKE_SLEEP_OPTIONS)]

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


@takes(dict({"layers": "pool 24x2 by 9x9", "image_shape": None, "visible": "bernoulli", "labels": 0}, **COMMON), _DBN_OPTIONS, 2)
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

    def sample(self, n: int = 1, steps: int = 1000, label: Any = None, means: bool = True,
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


@takes({"n_components": 256, "learning_rate": 0.1, "batch_size": 10, "n_iter": 10, "verbose": 0, "random_state": None})
class BernoulliRBM(WithOneMachine, Machine):
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
            self._check_whole(name, least)
        self._check_whole("verbose", 0, takes_bool=True)
        if not isinstance(self.learning_rate, numbers.Real) or not self.learning_rate > 0:
            raise ValueError(f"The 'learning_rate' parameter of BernoulliRBM must be a float above 0. Got {self.learning_rate!r} instead.")

    def _begin(self, X: np.ndarray) -> None:
        visible, hidden = core.parse_layer("visible", "bernoulli", X.shape[1]), core.parse_layer("n_components", self.n_components, 0)
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self._n_gibbs = 0
        self.model_ = Model.rbm(visible, hidden, self._seed, 0)
        self._note_recipe()
        self._chains = X[np.arange(self.batch_size) % len(X)].copy()
        self.reports_ = []

    def _train_options(self, epochs: int, batch_size: int) -> Dict[str, Any]:
        return {"learner": "pcd", "steps": 1, "momentum": 0, "weight_cost": 0, "learning_rate": self.learning_rate, "epochs": epochs,
                "batch_size": batch_size, "chains": self.batch_size}

    def _note_recipe(self) -> None:
        said = self._train_options(self.n_iter, self.batch_size)
        lines = self._notes() + ["[model]", "visible = bernoulli", f"hidden = {self.n_components}", "[greedy]"]
        lines += [f"{core.TRAIN_OPTIONS[name].name} = {core.option_text(value)}" for name, value in said.items()]
        self.model_.c.seed = self._seed
        self.model_.set_recipe("".join(line + "\n" for line in lines))

    def _sections(self) -> Dict[str, Any]:
        options = core.TRAIN_OPTIONS
        return {"": ("greedy", {"learning_rate": options["learning_rate"]._replace(initial=0.1), "batch_size": options["batch_size"],
                                "n_iter": options["epochs"]})}

    def _train(self, X: np.ndarray, epochs: int, batch_size: int) -> None:
        said = dict(self._train_options(epochs, batch_size), chains=len(self._chains))
        config = core.configure(lib.hm_train_options, "hm_train_config", said)
        self._learn(Stage(lib.hm_train, config, core.parameters_of(said)), X, chains=matrix(self._chains), takes_any_values=True)

    @property
    def h_samples_(self) -> np.ndarray:
        model = self._check_fitted()
        mean = np.empty((len(self._chains), len(self.intercept_hidden_)), dtype=np.float32)
        sample = np.empty_like(mean)
        with model.lock:
            lib.hm_rbm_hidden_given_visible(model.c.rbm[0], matrix(self._chains), matrix(mean), matrix(sample),
                                            ffi.new("hm_gibbs *", {"stream": GIBBS_STREAM + 1}))
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
        self.reports_ = []
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
