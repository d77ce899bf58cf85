"""What the file of a model remembers of the estimator that learned it: its classes, and the parameters that fit was called with.

Classes stand in the file as the library has them: labels from 0, or names. Parameters stand in the recipe twice: as the options of
`harmonium train`, for the program; and, with the type of the classes, as comments `# python: name value` (JSON), which lose nothing.
"""
from __future__ import annotations

import json
import numbers
import re
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

LABELS_END = 1_000_000  # labels of the library are below it; other numbers are names
_NAME_BYTES = 255  # a name of a class in the file
_NOTE = "# python: "
_PASSING = ("threads", "verbose")  # change no result

# ---- Classes --------------------------------------------------------------------------------------------------


def plain(y: np.ndarray) -> np.ndarray:
    """Truth values and whole numbers that a column of objects holds, as numpy has them; anything else as it is."""
    if y.dtype.kind == "O" and len(y):
        if all(isinstance(value, (bool, np.bool_)) for value in y):
            return y.astype(bool)
        if all(isinstance(value, numbers.Integral) and not isinstance(value, bool) for value in y):
            return y.astype(np.int64)
    return y


def _name_of(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (float, np.floating)):
        value = int(value)
    if not isinstance(value, (str, numbers.Integral, bool, np.bool_)):
        raise ValueError(f"y has the class {value!r}, a {type(value).__name__}: classes are words, whole numbers or truth values")
    return str(value)


def _check_name(name: str) -> str:
    if "\n" in name or "\0" in name:
        raise ValueError(f"y has the class {name[:40]!r}: the name of a class is one line, without newlines and zeros")
    size = len(name.encode("utf-8", "surrogateescape"))
    if size > _NAME_BYTES:
        raise ValueError(f"y has the class {name[:40]!r}..., of {size} bytes: names of classes have at most {_NAME_BYTES}")
    return name


def labels_and_names(classes: np.ndarray) -> Tuple[Optional[List[int]], Optional[List[str]]]:
    """The labels of ascending classes in the file (None: 0, 1, ..) and their names (None: they have none).

    Raises
    ------
    ValueError
        A class that is no word, whole number or truth value, or a name that a file cannot hold.
    """
    if classes.dtype.kind in "iuf" and classes[0] >= 0 and classes[-1] < LABELS_END:
        return [int(value) for value in classes], None
    return None, [_check_name(_name_of(value)) for value in classes]


def _is_whole(name: str) -> bool:
    return name.lstrip("-").isdecimal() and str(int(name)) == name


def classes_of(labels: List[int], names: List[Optional[str]], dtype: Optional[str]) -> np.ndarray:
    """The classes of a file.

    Parameters
    ----------
    labels, names : list, one for each class
    dtype : str, optional
        The numpy type that they had in fit. Without it names that all are whole numbers are integers, and False and True truth values.
    """
    if not any(name is not None for name in names):
        return np.array(labels, dtype=dtype or np.int64)
    said = [str(label) if name is None else name for label, name in zip(labels, names)]
    kind = np.dtype(dtype).kind if dtype else "i" if all(map(_is_whole, said)) else "b" if set(said) <= {"False", "True"} else "U"
    if kind == "b":
        return np.array([name == "True" for name in said])
    if kind in "iuf":
        return np.array([int(name) for name in said], dtype=dtype)
    return np.array([name.encode() for name in said] if kind == "S" else said, dtype="O" if kind == "O" else None)


# ---- Parameters -----------------------------------------------------------------------------------------------


def _plain_value(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value.tolist() if isinstance(value, np.ndarray) else value


def note_lines(what: Dict[str, Any]) -> List[str]:
    """Comments of a recipe; a value that is no text, such as a random generator, is left out."""
    lines = []
    for name, value in what.items():
        try:
            value = {"tuple": list(value)} if isinstance(value, tuple) else value
            lines.append(_NOTE + name + " " + json.dumps(value, default=_plain_value).replace("=", "\\u003d"))
        except (TypeError, ValueError, AttributeError):
            continue
    return lines


def note_estimator(name: str, parameters: Dict[str, Any], defaults: Dict[str, Any], classes: Optional[np.ndarray]) -> List[str]:
    """The class of an estimator, the parameters that differ from their defaults, and the type of its classes unless it is int64."""
    said = {key: value for key, value in parameters.items()
            if key not in _PASSING and not (type(value) is type(defaults[key]) and value == defaults[key])}
    if classes is not None and classes.dtype != np.int64:
        said["classes_"] = classes.dtype.str
    return note_lines(dict({"class": name}, **said))


def read_notes(recipe: str) -> Dict[str, Any]:
    """What note_lines wrote; lines that cannot be read are passed over, as comments are."""
    found = {}
    for line in recipe.splitlines():
        name, _, text = line[len(_NOTE):].partition(" ")
        if line.startswith(_NOTE):
            try:
                value = json.loads(text)
            except ValueError:
                continue
            found[name] = tuple(value["tuple"]) if isinstance(value, dict) and "tuple" in value else value
    return found


def read_dtype(recipe: str) -> Optional[str]:
    """The numpy type of the classes, where it is noted."""
    dtype = read_notes(recipe).get("classes_")
    return dtype if isinstance(dtype, str) and re.fullmatch(r"[<>|](O|b1|[iu][1248]|f[248]|[SU][0-9]{1,4})", dtype) else None


def read_estimator(recipe: str, name: str, defaults: Dict[str, Any]) -> Dict[str, Any]:
    """All parameters of fit, where note_estimator noted an estimator of that name, but for those that change no result; else none."""
    said = read_notes(recipe)
    if said.get("class") != name:
        return {}
    return {key: said.get(key, initial) for key, initial in defaults.items() if key not in _PASSING}


def _value_of(text: str, initial: Any) -> Any:
    """None where the text is not of the type of the initial value."""
    try:
        return text == "yes" if isinstance(initial, bool) else type(initial)(text) if isinstance(initial, (int, float)) else text
    except ValueError:
        return None


def read_recipe(recipe: str, sections: Dict[str, Any]) -> Dict[str, Any]:
    """The options that a recipe says, by parameter; `sections` as of Machine._sections."""
    known = {section: (prefix, {option.name: (name, option) for name, option in options.items()})
             for prefix, (section, options) in sections.items()}
    found, (prefix, rows) = {}, ("", {})
    for line in recipe.splitlines():
        if line.startswith("["):
            prefix, rows = known.get(line.strip("[] "), ("", {}))
        said, equals, text = line.partition(" = ")
        if equals and said.strip() in rows:
            name, option = rows[said.strip()]
            found[prefix + name] = _value_of(text.strip(), option.initial)
    return {name: value for name, value in found.items() if value is not None}
