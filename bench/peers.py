#!/usr/bin/env python3
"""The same epoch of contrastive divergence by others, as far as they are installed (python3-numpy, python3-sklearn,
python3-torch).

    bench/peers.py [visible hidden batch cases threads]

Each runs in a process of its own, so that their thread pools do not meet. Prints a line each: the name, and the median of some epochs in seconds. Momentum and weight cost as Harmonium's where the
other has them; shuffled mini-batches."""
import multiprocessing
import os
import statistics
import sys
import time

V, H, B, N, THREADS = [int(x) for x in (sys.argv[1:] + ["784", "500", "100", "60000", "2"][len(sys.argv) - 1:])]
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(THREADS)
os.environ["OMP_WAIT_POLICY"] = "passive"  # else libgomp's spinning threads and OpenBLAS's slow PyTorch fivefold
RATE, MOMENTUM, COST, EPOCHS = 0.1, 0.5, 2e-4, 3


def report(name, epoch, epochs=EPOCHS):
    seconds = []
    for _ in range(epochs):
        began = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - began)
    print(f"{name}\t{statistics.median(seconds):.3f}", flush=True)


def make_data():
    import numpy as np
    return np.random.default_rng(1).random((N, V), dtype=np.float32)


def with_numpy(data):
    import numpy as np
    rng = np.random.default_rng(2)
    W = rng.normal(0, 0.01, (V, H)).astype(np.float32)
    b, c, d = np.zeros(V, np.float32), np.zeros(H, np.float32), np.zeros_like(W)

    def logistic(x):
        np.negative(x, out=x)
        np.exp(x, out=x)
        x += 1
        return np.reciprocal(x, out=x)

    def epoch():
        nonlocal W, b, c, d
        order = rng.permutation(N)
        for i in range(0, N, B):
            v0 = data[order[i:i + B]]
            h0 = logistic(v0 @ W + c)
            s = (rng.random(h0.shape, dtype=np.float32) < h0).astype(np.float32)
            v1 = logistic(s @ W.T + b)
            h1 = logistic(v1 @ W + c)
            d *= MOMENTUM
            d += RATE * ((v0.T @ h0 - v1.T @ h1) / len(v0) - COST * W)
            W += d
            b += RATE * (v0 - v1).mean(0)
            c += RATE * (h0 - h1).mean(0)

    report("numpy float32", epoch)


def with_sklearn(data):
    import numpy as np
    from sklearn.neural_network import BernoulliRBM
    for dtype in (np.float32, np.float64):
        X = data.astype(dtype)
        report(f"scikit-learn {np.dtype(dtype).name}",
               lambda: BernoulliRBM(n_components=H, batch_size=B, n_iter=1, random_state=1).fit(X), 1)


def torch_data(data):
    import torch
    torch.set_num_threads(THREADS)
    torch.set_grad_enabled(False)
    torch.manual_seed(1)
    return torch, torch.from_numpy(data)


def torch_plain(data):
    """As people write it."""
    torch, data = torch_data(data)
    W, b, c = torch.randn(V, H) * 0.01, torch.zeros(V), torch.zeros(H)

    def epoch():
        nonlocal W, b, c
        order = torch.randperm(N)
        for i in range(0, N, B):
            v0 = data[order[i:i + B]]
            h0 = torch.sigmoid(v0 @ W + c)
            v1 = torch.sigmoid(torch.bernoulli(h0) @ W.t() + b)
            h1 = torch.sigmoid(v1 @ W + c)
            W = W + RATE * ((v0.t() @ h0 - v1.t() @ h1) / len(v0) - COST * W)
            b = b + RATE * (v0 - v1).mean(0)
            c = c + RATE * (h0 - h1).mean(0)

    report("PyTorch as written", epoch)


def torch_tuned(data, dtype):
    """Buffers made once, operations in place, bias and product in one call; factors of products in `dtype`."""
    torch, data = torch_data(data)
    dtype = getattr(torch, dtype)
    W, b, c = torch.randn(V, H) * 0.01, torch.zeros(V), torch.zeros(H)
    d, u = torch.zeros(V, H), torch.empty(B, H)
    to = (lambda x: x) if dtype is torch.float32 else (lambda x: x.to(dtype))

    def epoch():
        order = torch.randperm(N)
        low_b, low_c = to(b), to(c)
        for i in range(0, N - B + 1, B):
            v0 = data[order[i:i + B]]
            low, x0 = to(W), to(v0)
            h0 = torch.addmm(low_c, x0, low).sigmoid_()
            s = to((u.uniform_() < h0).float())
            v1 = torch.addmm(low_b, s, low.t()).sigmoid_()
            h1 = torch.addmm(low_c, v1, low).sigmoid_()
            g = torch.mm(x0.t(), h0).float()
            g.sub_(torch.mm(v1.t(), h1).float())
            d.mul_(MOMENTUM).add_(g, alpha=RATE / B).add_(W, alpha=-RATE * COST)
            W.add_(d)
            b.add_((x0 - v1).float().mean(0), alpha=RATE)
            c.add_((h0 - h1).float().mean(0), alpha=RATE)
            low_b, low_c = to(b), to(c)

    report(f"PyTorch tuned {'float32' if dtype is torch.float32 else 'bfloat16'}", epoch)


PEERS = {"numpy": with_numpy, "scikit-learn": with_sklearn, "PyTorch as written": torch_plain,
         "PyTorch tuned float32": lambda data: torch_tuned(data, "float32"),
         "PyTorch tuned bfloat16": lambda data: torch_tuned(data, "bfloat16")}


def run(name):
    try:
        PEERS[name](make_data())
    except ImportError as missing:
        print(f"{name}\tnot installed ({missing.name})", flush=True)


for peer in PEERS:
    process = multiprocessing.Process(target=run, args=(peer,))
    process.start()
    process.join()
