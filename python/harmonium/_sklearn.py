"""What of scikit-learn the estimators are built on; without it, the same in few lines."""
from __future__ import annotations

import inspect
import numbers
from typing import Any, Dict

import numpy as np

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
    from sklearn.exceptions import NotFittedError
    from sklearn.utils import check_random_state, column_or_1d
    from sklearn.utils.multiclass import check_classification_targets

    try:
        from sklearn.utils.validation import validate_data
    except ImportError:
        def validate_data(estimator, *arguments, **keywords):
            return estimator._validate_data(*arguments, **keywords)

except ImportError:
    validate_data = None

    class NotFittedError(ValueError, AttributeError):
        """An estimator was used before fit."""

    class BaseEstimator:
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

    class TransformerMixin:
        def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> np.ndarray:
            return self.fit(X, y, **fit_params).transform(X)

    class ClassifierMixin:
        def score(self, X: Any, y: Any) -> float:
            return float(np.mean(self.predict(X) == np.asarray(y)))

    def column_or_1d(y: Any, warn: bool = False) -> np.ndarray:
        y = np.asarray(y)
        if y.ndim != 1:
            raise ValueError(f"y must have one axis, but its shape is {y.shape}")
        return y

    def check_classification_targets(y: np.ndarray) -> None:
        if y.dtype.kind == "f" and (y != np.floor(y)).any():
            raise ValueError("Unknown label type: y holds numbers that are no classes")

    def check_random_state(seed: Any) -> Any:
        if seed is None or isinstance(seed, numbers.Integral):
            return np.random.RandomState(seed)
        return seed
