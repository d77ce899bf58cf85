#!/usr/bin/env python3
"""BernoulliRBM of scikit-learn and ours with the same parameters and data, in one run: seconds of fit, and the log-likelihood that
annealed importance sampling gives the test cases under either's weights.

    PYTHONPATH=... bench/python.py [SET]     # of harmonium.load_data; else the bundled digits, binarised

Threads: BLAS's own for scikit-learn, ours for us. Prints a line of a Markdown table for each setting."""
import json
import os
import statistics
import struct
import sys
import tempfile
import time

import numpy as np
from sklearn.neural_network import BernoulliRBM as Theirs

import harmonium

REPEATS = 3
SETTINGS = [  # hidden, batch, rate, passes
    (100, 10, 0.01, 5),
    (256, 10, 0.01, 5),
    (256, 100, 0.05, 10),
    (500, 100, 0.05, 10),
]


def load(part):
    name = sys.argv[1] if len(sys.argv) > 1 else "digits"
    return harmonium.load_data(name, part=part, binarise="threshold").X


def model_of(rbm, path):
    """The model of an estimator with scikit-learn's arrays, by way of a file (docs/file-format.md)."""
    tensors = {"W": rbm.components_.T, "visible_bias": rbm.intercept_visible_, "hidden_bias": rbm.intercept_hidden_}
    header, data = {}, b""
    for name, values in tensors.items():
        raw = np.ascontiguousarray(values, np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    hidden, visible = rbm.components_.shape
    header["__metadata__"] = {"format": "harmonium 2", "kind": "rbm", "layers": f"bernoulli {visible} | bernoulli {hidden}",
                              "connections": "dense", "seed": "1"}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    return harmonium.RBM.load(path)


def fit(make, X):
    seconds = []
    for _ in range(REPEATS):
        rbm = make()
        began = time.perf_counter()
        rbm.fit(X)
        seconds.append(time.perf_counter() - began)
    return rbm, statistics.median(seconds)


def tell(estimate):
    return f"{estimate.value:.1f} ({estimate.low:.1f} to {estimate.high:.1f})"


if __name__ == "__main__":
    train, test = load("train"), load("test")
    print(f"{len(train)} cases, {os.cpu_count()} cores; median of {REPEATS}")
    print("| hidden | batch | rate | passes | scikit-learn, s | ours, s | times faster | test log-likelihood, scikit-learn | ours | gain |")
    with tempfile.TemporaryDirectory() as folder:
        for hidden, batch, rate, passes in SETTINGS:
            settings = dict(n_components=hidden, batch_size=batch, learning_rate=rate, n_iter=passes, random_state=0)
            theirs, slow = fit(lambda: Theirs(**settings), train)
            ours, fast = fit(lambda: harmonium.BernoulliRBM(**settings), train)
            likely = [model_of(rbm, f"{folder}/{name}.safetensors").log_likelihood(test)
                      for rbm, name in ((theirs, "theirs"), (ours, "ours"))]
            print(f"| {hidden} | {batch} | {rate} | {passes} | {slow:.2f} | {fast:.2f} | {slow / fast:.1f} | {tell(likely[0])} | "
                  f"{tell(likely[1])} | {likely[1].value - likely[0].value:+.1f} |", flush=True)
