"""Digits, and a tiny machine that numpy can enumerate."""
import gzip
import itertools
import os
import pathlib

import numpy as np
import pytest

import harmonium

SOURCE = pathlib.Path(os.environ.get("HARMONIUM_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))


def read_idx(name):
    content = gzip.decompress((SOURCE / "data" / "digits" / name).read_bytes())
    shape = np.frombuffer(content, ">u4", content[3], 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


@pytest.fixture(scope="session")
def digits():
    """(2000, 784) float32 in 0..1, and (2000,) labels."""
    X, y = read_idx("train-images-idx3-ubyte.gz")[:2000], read_idx("train-labels-idx1-ubyte.gz")[:2000]
    return X.reshape(len(X), -1).astype(np.float32) / 255, y.astype(int)


@pytest.fixture
def bits():
    """(64, 6): every state of six units."""
    return np.array(list(itertools.product((0, 1), repeat=6)), dtype=np.float32)


class Tiny:
    """An RBM of 6 x 4 with weights of about 1, and what numpy says of it in float64."""

    def __init__(self, cases):
        some = cases[[0, 3, 9, 9, 17, 40, 62]]
        self.rbm = harmonium.RBM("4", epochs=0, weight_deviation=1, hidden_bias=-0.5, seed=7).fit(some)
        self.v = cases.astype(float)
        self.W = self.rbm.components_.T.astype(float)
        self.b, self.c = self.rbm.intercept_visible_.astype(float), self.rbm.intercept_hidden_.astype(float)
        self.inputs = self.c + self.v @ self.W
        self.free_energy = -self.v @ self.b - np.logaddexp(0, self.inputs).sum(axis=1)
        self.log_Z = np.logaddexp.reduce(-self.free_energy)


@pytest.fixture
def tiny(bits):
    return Tiny(bits)
