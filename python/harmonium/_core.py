"""The library as Python sees it: errors, arrays, options, and a model with its context.

Nothing here computes: each function checks its arguments, calls libharmonium without the global interpreter lock, and turns
a status into an exception.
"""
from __future__ import annotations

import contextlib
import numbers
import os
import re
import tempfile
import threading
import weakref
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from . import _notes as notes
from ._native import ffi, lib

# ---- Errors ---------------------------------------------------------------------------------------------------


class Error(Exception):
    """What the library says went wrong; `status` is its hm_status as a number."""

    status: int = 0


class ArgumentError(Error, ValueError):
    """An option, an array or a file has an unusable value, or a model and its data do not fit together."""


class NumericError(Error, ArithmeticError):
    """A number became infinite or undefined."""


class OutOfMemory(Error, MemoryError):
    """The library could not allocate."""


class FileError(Error, OSError):
    """A file could not be read or written."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NotFound(Error, FileNotFoundError, ValueError):
    """Nothing of that name exists: a file, or an option."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


_EXCEPTIONS = {
    lib.HM_ERROR_MEMORY: OutOfMemory,
    lib.HM_ERROR_IO: FileError,
    lib.HM_ERROR_FORMAT: ArgumentError,
    lib.HM_ERROR_ARGUMENT: ArgumentError,
    lib.HM_ERROR_MISMATCH: ArgumentError,
    lib.HM_ERROR_NUMERIC: NumericError,
    lib.HM_ERROR_NOT_FOUND: NotFound,
    lib.HM_ERROR_INTERRUPTED: KeyboardInterrupt,
}


def call(function: Callable, *arguments: Any) -> None:
    """Calls function(*arguments, &error) and raises what its status stands for."""
    error = ffi.new("hm_error *")
    status = function(*arguments, error)
    if status == lib.HM_OK:
        return
    exception = _EXCEPTIONS.get(status, Error)(ffi.string(error.message).decode(errors="replace"))
    if isinstance(exception, Error):
        exception.status = int(status)
    raise exception


def parse_layer(name: str, text: Any, n_units: int) -> Any:
    """The hm_layer that the parameter of that name says; n_units is the count where it says none."""
    layer = ffi.new("hm_layer *")
    with of_parameter(name, text):
        call(lib.hm_layer_parse, str(text).encode(), n_units, layer)
    return layer


@contextlib.contextmanager
def of_parameter(name: str, value: Any) -> Iterator[None]:
    """Says which parameter what the library refuses comes from."""
    try:
        yield
    except Error as error:
        error.args = (f"{name} = {value!r}: {error}",)
        raise


def text_of(function: Callable, *arguments: Any) -> str:
    """The text that function(*arguments, text, size) writes."""
    size = function(*arguments, ffi.NULL, 0) + 1
    text = ffi.new("char[]", size)
    function(*arguments, text, size)
    return ffi.string(text).decode()


def bytes_of_file(save: Callable[[str], None]) -> bytes:
    """What save(path) writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        save(path)
        with open(path, "rb") as file:
            return file.read()


# ---- Arrays ---------------------------------------------------------------------------------------------------


def as_float32(values: Any) -> np.ndarray:
    """Values as a C-contiguous float32 array: the same memory if they are one already, else a converted copy.

    Accepts whatever numpy does, and the matrices of scipy.sparse.
    """
    if hasattr(values, "toarray"):
        values = values.toarray()
    return np.require(values, dtype=np.float32, requirements=["C", "A"])


def check_cases(X: Any, n_features: Optional[int] = None, name: str = "X", what: str = "the model") -> np.ndarray:
    """X as cases (n, n_features) of float32.

    Raises
    ------
    ValueError
        Not two-dimensional, empty, with another number of features, or with numbers that are not finite.
    """
    if hasattr(X, "toarray"):
        X = X.toarray()
    X = np.asarray(X)
    if X.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} has the type {X.dtype}")
    if X.ndim != 2:
        raise ValueError(f"{name} must be two-dimensional (cases, features), but its shape is {X.shape}. Reshape your data with "
                         f"{name}.reshape(-1, 1) if it has a single feature or {name}.reshape(1, -1) if it is a single case")
    if X.shape[0] == 0:
        raise ValueError(f"{name} has no cases: found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is required")
    if X.shape[1] == 0:
        raise ValueError(f"{name} has no features: 0 feature(s) (shape={X.shape}) while a minimum of 1 is required")
    if n_features is not None and X.shape[1] != n_features:
        raise ValueError(f"{name} has {X.shape[1]} features, but {what} is expecting {n_features} features as input")
    X = as_float32(X)
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(f"{name} contains NaN or infinity: {name}[{row}, {column}] is {X[row, column]}")
    return X


def matrix(array: Optional[np.ndarray]) -> Any:
    """A view (hm_matrix) of a float32 array; of None, the view without data. The array must outlive it."""
    if array is None:
        return ffi.new("hm_matrix *")[0]
    return lib.hm_matrix_f32(ffi.cast("float *", array.ctypes.data), *array.shape)


def view_of(data: Any, shape: Tuple[int, ...], owner: Any, stride: int = 0) -> np.ndarray:
    """A read-only array over memory of the library, which `owner` keeps alive."""
    rows, columns = (1, shape[0]) if len(shape) == 1 else shape
    stride = stride or columns
    buffer = _Owned(data, 4 * rows * stride, owner)
    array = np.asarray(buffer).reshape(rows, stride)[:, :columns]
    array = array[0] if len(shape) == 1 else array
    array.flags.writeable = False
    return array


class _Owned:
    """Memory of the library for numpy, with what keeps it alive."""

    def __init__(self, data: Any, n_bytes: int, owner: Any):
        self.owner = owner
        self.__array_interface__ = {"version": 3, "typestr": "=f4".replace("=", "<" if np.little_endian else ">"),
                                    "shape": (n_bytes // 4,), "data": (int(ffi.cast("uintptr_t", data)), False)}


# ---- Options --------------------------------------------------------------------------------------------------


class Option(NamedTuple):
    """A row of an option table."""

    name: str  # as the program says it: "learning-rate"
    initial: Any
    help: str
    choices: Optional[str]


def options_of(table: Any) -> Dict[str, Option]:
    """The rows of a table by keyword ("learning_rate")."""
    kinds = {lib.HM_OPTION_FLAG: lambda text: text == "yes", lib.HM_OPTION_INT: int, lib.HM_OPTION_REAL: float}
    found = {}
    for i in range(table.n_rows):
        row = table.rows[i]
        name, initial = ffi.string(row.name).decode(), ffi.string(row.initial).decode()
        found[name.replace("-", "_")] = Option(name, kinds.get(row.type, str)(initial), ffi.string(row.help).decode(),
                                               ffi.string(row.choices).decode() if row.choices else None)
    return found


def option_text(value: Any) -> str:
    """A value as a person would write it."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def option_name(keyword: str) -> str:
    return keyword.replace("_", "-")


def parameters_of(options: Iterable[str], prefix: str = "") -> Dict[str, str]:
    """The parameter that each option of a table is, by the names in the library's messages; `options` are keywords."""
    return {said: prefix + name for name in options for said in (option_name(name), option_name(prefix + name))}


@contextlib.contextmanager
def naming(parameters: Dict[str, str]) -> Iterator[None]:
    """What the library says of options is said of the parameters. A word such as "epochs" is an option where a value, quotes or dashes
    tell so, and at the beginning."""

    def parameter(match: Any) -> str:
        before, word, after = match.groups()
        is_option = "-" in word or before or after or match.start() == 0
        return (before if before == "`" else "") + parameters[word] + (after or "") if is_option else match.group(0)

    try:
        yield
    except Error as error:
        words = "|".join(sorted(map(re.escape, parameters), key=len, reverse=True))
        text = re.sub(rf"(?<![\w-])(--|`)?({words})(?![\w-])( = |`)?", parameter, str(error))
        error.args = (re.sub(r"(?<![\w-])--([a-z-]+)", lambda match: match[1].replace("-", "_"), text),)  # those that are no parameters
        raise


def configure(table: Any, type_name: str, values: Dict[str, Any], prefix: str = "") -> Any:
    """A configuration struct with its defaults, and then the values, of keywords (underscores); None leaves the default. Messages speak
    of the keywords with the prefix."""
    config = ffi.new(type_name + " *")
    lib.hm_options_init(ffi.addressof(table), config)
    rows = (ffi.string(table.rows[i].name).decode().replace("-", "_") for i in range(table.n_rows))
    with naming(parameters_of([*values, *rows], prefix)):
        for name, value in values.items():
            if value is not None:
                call(lib.hm_options_set, ffi.addressof(table), config, option_name(name).encode(), option_text(value).encode())
    return config


TRAIN_OPTIONS = options_of(lib.hm_train_options)
UP_DOWN_OPTIONS = options_of(lib.hm_up_down_options)
WAKE_SLEEP_OPTIONS = options_of(lib.hm_wake_sleep_options)
BACKPROP_OPTIONS = options_of(lib.hm_backprop_options)
EVALUATE_OPTIONS = options_of(lib.hm_evaluate_options)


# ---- While the library works ----------------------------------------------------------------------------------


class Watch:
    """What a call of the library tells Python: epochs, and whether to stop.

    should_stop is asked after every mini-batch; running Python there is what lets a signal (Ctrl-C) be handled, and whatever
    its handler raises is raised again once the library has stopped.
    """

    def __init__(self, on_epoch: Optional[Callable[[Dict[str, Any]], None]] = None):
        self.on_epoch = on_epoch
        self.raised: Optional[BaseException] = None
        self.handle = ffi.new_handle(self)

    def run(self, function: Callable, *arguments: Any) -> None:
        try:
            call(function, *arguments)
        except KeyboardInterrupt:
            if self.raised is not None:
                raise self.raised
            raise


def _keep(exception: type, value: BaseException, traceback: Any) -> Any:
    user = traceback.tb_frame.f_locals.get("user") if traceback else None
    if user:
        ffi.from_handle(user).raised = value
    return None


@ffi.def_extern(error=True, onerror=_keep)
def hm_python_should_stop(user):
    return ffi.from_handle(user).raised is not None


_REPORTED = ("machine", "n_machines", "epoch", "n_epochs", "reconstruction_error", "free_energy_train", "free_energy_validation",
             "log_likelihood", "loss", "error_train", "error_validation", "seconds")


@ffi.def_extern(error=lib.HM_ERROR_INTERRUPTED, onerror=_keep)
def hm_python_on_epoch(user, report, error):
    tell = ffi.from_handle(user).on_epoch
    if tell is not None:
        tell(dict({name: getattr(report, name) for name in _REPORTED}, stage=ffi.string(report.stage).decode()))
    return lib.HM_OK


# ---- A model --------------------------------------------------------------------------------------------------


def make_in_context(seed: int, threads: int, make: Callable[[Any], Any], precision: Optional[str] = None) -> Tuple[Any, Any]:
    """A context, and what make(context) makes in it; the context is destroyed if that fails."""
    config, context = ffi.new("hm_context_config *"), ffi.new("hm_context **")
    word = ffi.new("char[]", precision.encode()) if precision else ffi.NULL
    config.seed, config.n_threads, config.precision = int(seed) & (2**64 - 1), int(threads), word
    call(lib.hm_context_create, config, context)
    try:
        return context[0], make(context[0])
    except BaseException:
        lib.hm_context_destroy(context[0])
        raise


def release(context: Any, destroy: Callable[[Any], None], thing: Any) -> None:
    destroy(thing)
    lib.hm_context_destroy(context)


def seed_of(random_state: Any) -> int:
    """A seed: the whole number that random_state is, or one that it draws."""
    return int(random_state if isinstance(random_state, numbers.Integral) else random_state.randint(2**31 - 1))


class Model:
    """An hm_model and the context it was made with; both are destroyed when the last reference is gone.

    A context may be used by one thread at a time: `lock` is held in every call.
    """

    def __init__(self, seed: int, threads: int, make: Callable[[Any, Any], None], precision: Optional[str] = None):
        model = ffi.new("hm_model **")
        self.context, _ = make_in_context(seed, threads, lambda context: make(context, model), precision)
        self.c, self.lock, self.threads = model[0], threading.RLock(), int(threads)
        self._finalizer = weakref.finalize(self, release, self.context, lib.hm_model_destroy, self.c)

    @classmethod
    def rbm(cls, visible: Any, hidden: Any, seed: int, threads: int, precision: Optional[str] = None) -> "Model":
        def make(context, model):
            call(lib.hm_model_create, context, lib.HM_MODEL_RBM, 1, visible, hidden, model)
            model[0].seed = int(seed) & (2**64 - 1)

        return cls(seed, threads, make, precision)

    @classmethod
    def stack(cls, layers: Any, n_layers: int, n_labels: int, seed: int, threads: int, precision: Optional[str] = None) -> "Model":
        def make(context, model):
            call(lib.hm_model_create_stack, context, lib.HM_MODEL_DBN, layers, n_layers, n_labels, model)
            model[0].seed = int(seed) & (2**64 - 1)

        return cls(seed, threads, make, precision)

    @classmethod
    def load(cls, path: Any, seed: int = 0, threads: int = 0, precision: Optional[str] = None) -> "Model":
        return cls(seed, threads, lambda context, model: call(lib.hm_model_load, context, os.fsencode(path), model), precision)

    def stage_of(self, checkpoint: Any) -> int:
        """Which stage of fit wrote a checkpoint."""
        index, name = ffi.new("size_t *"), ffi.new("char[64]")
        call(lib.hm_checkpoint_stage, self.context, os.fsencode(checkpoint), index, name, 64)
        return int(index[0])

    def save(self, path: Any) -> None:
        with self.lock:
            call(lib.hm_model_save, self.c, os.fsencode(path))

    def to_bytes(self) -> bytes:
        """The bytes of its file, which are all there is of a model."""
        return bytes_of_file(self.save)

    @classmethod
    def from_bytes(cls, content: bytes, seed: int = 0, threads: int = 0) -> "Model":
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.safetensors")
            with open(path, "wb") as file:
                file.write(content)
            return cls.load(path, seed, threads)

    def __reduce__(self):
        state = {"state": _STATE, "version": VERSION, "file": self.to_bytes(), "seed": lib.hm_context_seed(self.context),
                 "threads": self.threads}
        return _model_of_state, (state,)

    def __deepcopy__(self, memo):
        return Model.from_bytes(self.to_bytes(), lib.hm_context_seed(self.context), self.threads)

    def with_seed(self, random_state: Any) -> "Model":
        """This model, or with a random_state (int or numpy RandomState) a copy that draws other numbers."""
        if random_state is None:
            return self
        return Model.from_bytes(self.to_bytes(), seed_of(random_state), self.threads)

    def unroll(self, n_labels: int, deviation: float) -> None:
        """Becomes a feed-forward net of its recognition weights under a softmax layer of n_labels. Views of it end."""
        net = ffi.new("hm_model **")
        with self.lock:
            call(lib.hm_model_unroll, self.c, n_labels, deviation, net)
            self._finalizer.detach()
            lib.hm_model_destroy(self.c)
            self.c = net[0]
            self._finalizer = weakref.finalize(self, release, self.context, lib.hm_model_destroy, self.c)

    def set_recipe(self, text: str) -> None:
        with self.lock:
            call(lib.hm_model_set_text, self.c, ffi.addressof(self.c, "recipe"), text.encode())

    @property
    def recipe(self) -> str:
        return ffi.string(self.c.recipe).decode("utf-8", "replace")

    def name_classes(self, classes: np.ndarray) -> None:
        """Notes what its classes are called, if it tells as many apart; classes that are 0, 1, .. need no note."""
        labels, names = notes.labels_and_names(classes)
        if self.n_classes != len(classes) or labels == list(range(len(classes))):
            return
        texts = [ffi.new("char[]", name.encode("utf-8", "surrogateescape")) for name in names or []]
        with self.lock:
            call(lib.hm_model_set_classes, self.c, ffi.NULL if labels is None else ffi.new("int32_t[]", labels),
                 ffi.new("char *[]", texts) if texts else ffi.NULL)

    def classes(self) -> np.ndarray:
        """(n_classes,) what its classes are called, of the type that they had in fit."""
        names, n = self.c.class_name, self.n_classes
        said = [ffi.string(names[k]).decode("utf-8", "surrogateescape") if names and names[k] else None for k in range(n)]
        return notes.classes_of([lib.hm_model_class_label(self.c, k) for k in range(n)], said, notes.read_dtype(self.recipe))

    @property
    def feature_names(self) -> Optional[np.ndarray]:
        """(n_features,) of str; None: they have no names."""
        names = ffi.string(self.c.columns).decode("utf-8", "surrogateescape").split("\n")[:-1]
        return np.array(names, dtype=object) if len(names) == self.n_features else None

    def name_features(self, names: Optional[Sequence[str]]) -> None:
        """Notes the names of the features, where all have one, of one line, that no other has."""
        names = [] if names is None else list(names)
        is_good = len(set(names)) == len(names) and all(name and "\n" not in name and "\0" not in name for name in names)
        text = "".join(name + "\n" for name in names) if is_good else ""
        with self.lock:
            call(lib.hm_model_set_text, self.c, ffi.addressof(self.c, "columns"), text.encode("utf-8", "surrogateescape"))

    @property
    def n_features(self) -> int:
        return int(lib.hm_model_n_features(self.c))

    @property
    def n_classes(self) -> int:
        return int(lib.hm_model_n_classes(self.c))

    @property
    def history(self) -> List[str]:
        return ffi.string(self.c.history).decode().splitlines()

    def layer_text(self, layer: Any) -> str:
        return text_of(lib.hm_layer_print, layer)

    def bias(self, i: int, visible: bool) -> np.ndarray:
        """(n,) view of the visible or hidden biases of machine i."""
        rbm = self.c.rbm[i]
        layer = lib.hm_rbm_visible(rbm) if visible else lib.hm_rbm_hidden(rbm)
        data = lib.hm_rbm_visible_bias(rbm) if visible else lib.hm_rbm_hidden_bias(rbm)
        return view_of(data, (int(lib.hm_layer_n_biases(layer)),), self)

    def weights(self, i: int) -> np.ndarray:
        """(n_visible, n_hidden) view of W of machine i.

        Raises
        ------
        ValueError
            Its layers are joined by filters.
        """
        rbm = self.c.rbm[i]
        if ffi.string(lib.hm_rbm_connection(rbm)) != b"dense":
            raise ValueError("weights are a matrix where every unit sees every unit, and this machine has filters")
        w = lib.hm_rbm_weights(rbm)
        return view_of(w.data, (w.rows, w.cols), self, w.stride)

    def filters(self, i: int) -> np.ndarray:
        """(n_hidden_maps, n_visible_maps, filter_height, filter_width) view of the filters of machine i.

        Raises
        ------
        ValueError
            Its layers are joined without filters.
        """
        rbm = self.c.rbm[i]
        if ffi.string(lib.hm_rbm_connection(rbm)) != b"convolution":
            raise ValueError("in this layer every unit sees every unit below: it has weights, and no filters")
        part = lib.hm_rbm_slices(rbm)[lib.HM_SLICE_WEIGHTS]
        data = lib.hm_rbm_parameters(rbm, ffi.new("size_t *")) + part.first
        return view_of(data, (int(part.n),), self).reshape(tuple(part.shape))

    def map_shape(self, layer: int) -> Tuple[int, ...]:
        """(maps, height, width) of what a layer shows, from 0, the data; () of a layer that is none of maps."""
        about = lib.hm_layer_shown(lib.hm_model_layer(self.c, layer))
        return (int(about.n_maps), int(about.height), int(about.width)) if about.n_maps else ()

    def as_seen(self, X: np.ndarray) -> np.ndarray:
        """Cases as the model sees them: X itself, or standardised if the model was trained that way."""
        if not self.c.shift:
            return X
        with self.lock, Cases(self, X) as cases:
            out = np.empty_like(X)
            call(lib.hm_dataset_read, cases.c, ffi.NULL, 0, len(X), 0, matrix(out))
            return out

    def as_data(self, values: np.ndarray) -> np.ndarray:
        """What the model made, in the units of the data: undoes as_seen, in place."""
        if self.c.shift:
            values *= view_of(self.c.spread, (values.shape[1],), self)
            values += view_of(self.c.shift, (values.shape[1],), self)
        return values


VERSION = ffi.string(lib.hm_version_text()).decode()
_STATE = 1  # of pickles; other numbers have other contents


def _model_of_state(state: Dict[str, Any]) -> Model:
    if state.get("state") != _STATE:
        raise ArgumentError(f"this pickle is of harmonium {state.get('version')}, and {VERSION} cannot read it: there write the model with "
                            "save(path), and here read it with load(path)")
    return Model.from_bytes(state["file"], state["seed"], state["threads"])


class Chains:
    """hm_chains of a model, whose lock is held; to be used in a `with`."""

    def __init__(self, model: Model, config: Any):
        self.model, out = model, ffi.new("hm_chains **")
        model.lock.acquire()
        try:
            call(lib.hm_chains_create, model.c, config, out)
        except BaseException:
            model.lock.release()
            raise
        self.c = out[0]

    def run(self, n_steps: int) -> np.ndarray:
        """n_steps on, and a copy of the data then, (n, n_features)."""
        lib.hm_chains_run(self.c, n_steps)
        layer = lib.hm_chains_layer(self.c, 0)
        return view_of(layer.data, (layer.rows, layer.cols), None, layer.stride)[:, :self.model.n_features].copy()

    def __enter__(self) -> "Chains":
        return self

    def __exit__(self, *unused: Any) -> None:
        lib.hm_chains_destroy(self.c)
        self.model.lock.release()


class Cases:
    """An hm_dataset over an array, without a copy; to be used in a `with`."""

    def __init__(self, model: Model, X: np.ndarray, labels: Optional[np.ndarray] = None):
        out = ffi.new("hm_dataset **")
        self.X, self.labels = X, None if labels is None else np.ascontiguousarray(labels, dtype=np.int32)
        pointer = ffi.NULL if labels is None else ffi.cast("int32_t *", self.labels.ctypes.data)
        maps = model.map_shape(0)
        sides = maps[1:] if maps and maps[0] == 1 else (0, 0)  # pictures of one channel, which the model then remembers
        call(lib.hm_dataset_borrow, model.context, ffi.cast("float *", X.ctypes.data), pointer, *X.shape, *sides, out)
        self.c = out[0]
        if model.c.shift:
            try:
                call(lib.hm_dataset_standardise, self.c, model.c.shift, model.c.spread)
            except BaseException:
                self.__exit__()
                raise

    def __enter__(self) -> "Cases":
        return self

    def __exit__(self, *unused: Any) -> None:
        lib.hm_dataset_close(self.c)
