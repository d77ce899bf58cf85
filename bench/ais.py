#!/usr/bin/env python3
"""The published annealed importance sampling (14,500 betas, 100 chains) on a 784 x 500 machine by numpy in float32, and by
harmonium evaluate, in one run.

    bench/ais.py PROGRAM FOLDER     # FOLDER holds W.npy, visible_bias.npy, hidden_bias.npy and test images (sm08)"""
import gzip
import json
import subprocess
import sys
import tempfile
import time

import numpy as np

program, folder = sys.argv[1], sys.argv[2].rstrip("/")
test = f"{folder}/test-images-idx3-ubyte.gz"
W, b, c = (np.load(f"{folder}/{name}.npy").astype(np.float32).squeeze() for name in ("W", "visible_bias", "hidden_bias"))
with gzip.open(test) as file:
    images = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 784) > 127


def softplus(x):
    return np.logaddexp(np.float32(0), x)


def anneal(chains=100):
    rng = np.random.default_rng(1)
    p = np.clip(images.mean(0), 0.001, 0.999)
    base = np.log(p / (1 - p)).astype(np.float32)
    betas = np.concatenate([np.arange(500) / 1000, 0.5 + np.arange(4000) / 10000, 0.9 + np.arange(10001) / 100000])
    v = (rng.random((chains, 784), dtype=np.float32) < p).astype(np.float32)
    weight = np.zeros(chains)
    for last, beta in zip(betas[:-1].astype(np.float32), betas[1:].astype(np.float32)):
        a = v @ W + c
        weight += (beta - last) * (v @ (b - base)) + softplus(beta * a).sum(1) - softplus(last * a).sum(1)
        h = (rng.random(a.shape, dtype=np.float32) < 1 / (1 + np.exp(-beta * a))).astype(np.float32)
        drive = (1 - beta) * base + beta * (h @ W.T + b)
        v = (rng.random(v.shape, dtype=np.float32) < 1 / (1 + np.exp(-drive))).astype(np.float32)
    most = weight.max()
    return np.log(np.exp(weight - most).mean()) + most + softplus(base).sum() + 500 * np.log(2)


with tempfile.TemporaryDirectory() as temporary:
    model = f"{temporary}/sm08.safetensors"
    subprocess.run([program, "import", f"{folder}/W.npy", "--visible-bias", f"{folder}/visible_bias.npy", "--hidden-bias",
                    f"{folder}/hidden_bias.npy", "-o", model, "--quiet"], check=True)
    times = {"ours": [], "numpy": []}
    for _ in range(3):
        began = time.perf_counter()
        result = subprocess.run([program, "evaluate", model, test, "--reverse=no", "--json", "--quiet", "--partition", "ais"],
                                check=True, capture_output=True, text=True)
        times["ours"].append(time.perf_counter() - began)
        print(f"harmonium: log Z {json.loads(result.stdout)['log_Z']:.2f}, {times['ours'][-1]:.2f} s with the likelihoods of "
              "10,000 cases", flush=True)
        began = time.perf_counter()
        log_Z = anneal()
        times["numpy"].append(time.perf_counter() - began)
        print(f"numpy: log Z {log_Z:.2f}, {times['numpy'][-1]:.2f} s", flush=True)
print(f"speed-up over numpy: {np.median(times['numpy']) / np.median(times['ours']):.2f}")
