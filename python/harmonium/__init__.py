"""Stochastic neural networks that learn without labels: a thin layer over libharmonium.

    >>> from harmonium import RBM
    >>> rbm = RBM("100", learner="pcd", learning_rate="0.1, ~0.01@20", epochs=20).fit(X)     # X: (n, n_features) in 0..1
    >>> features = rbm.transform(X)
    >>> rbm.save("digits.safetensors")

All that is computed is computed by the library; docs/python.md of the source tree is the manual.
"""
from ._belief import BeliefNet, Posterior
from ._core import VERSION, ArgumentError, Error, FileError, Model, NotFound, NumericError, OutOfMemory
from ._data import Data, load_data, save_pictures
from ._estimators import DBN, RBM, BernoulliRBM, ConvDBN, DBNClassifier, NetClassifier, SigmoidBeliefNet
from ._machine import Estimate, Likelihood
from ._sklearn import NotFittedError

__version__ = VERSION
__all__ = ["RBM", "DBN", "DBNClassifier", "NetClassifier", "SigmoidBeliefNet", "ConvDBN", "BernoulliRBM", "BeliefNet", "Posterior",
           "Estimate", "Likelihood", "Model", "Data", "load_data", "save_pictures", "Error", "ArgumentError", "FileError", "NotFound",
           "NumericError", "OutOfMemory", "NotFittedError"]
