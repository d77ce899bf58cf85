#!/usr/bin/env python3
"""The same CD-1 of machines with filters by PyTorch (python3-torch), as one writes it who knows it: conv2d up,
conv_transpose2d down or what is faster, the gradient of the filters by the library's own weight gradient, updates in place.

    bench/peers_convolution.py [threads]

Prints a line for each shape: its name, and the median seconds of 600 mini-batches of 100, from rounds of 60."""
import os
import statistics
import sys
import time

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
os.environ["OMP_NUM_THREADS"] = str(THREADS)
N, BATCH, BATCHES, ROUNDS = 6000, 100, 600, 3
RATE, MOMENTUM, COST = 0.1, 0.5, 2e-4

try:
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    print(f"PyTorch\tnot installed ({missing.name})")
    sys.exit()


def bernoulli(a):
    return a.sigmoid_()


def draw_bernoulli(mean):
    return (torch.rand_like(mean) < mean).float()


def spread(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


def pool(a):
    """A softmax over the four of a block and a state in which all are off."""
    most = F.max_pool2d(a, 2).clamp_(min=0)
    e = a.sub_(spread(most)).exp_()
    off = F.avg_pool2d(e, 2, divisor_override=1).add_(most.neg_().exp_())
    return e.div_(spread(off))


def draw_pool(mean):
    """Inversion: the first unit at which the cumulated probability passes u, or none."""
    sample = torch.empty_like(mean)
    u, total = torch.rand_like(mean[..., ::2, ::2]), 0
    passed = torch.zeros_like(u, dtype=torch.bool)
    for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
        total = mean[..., y::2, x::2] + total
        now = u < total
        sample[..., y::2, x::2] = now ^ passed
        passed = now
    return sample


def fold(h, W):
    return F.fold(W.flatten(1).t() @ h.flatten(2), [s + f - 1 for s, f in zip(h.shape[2:], W.shape[2:])], W.shape[2:])


def full(h, W):
    return F.conv2d(F.pad(h, (W.shape[3] - 1,) * 2 + (W.shape[2] - 1,) * 2), W.flip(2, 3).transpose(0, 1))


DOWNS = (F.conv_transpose2d, fold, full)  # the same sums; which is fastest depends on the shape


def fastest(h, W):
    seconds = {}
    for down in DOWNS * 2:  # the second time counts: the first one makes what it keeps
        began = time.perf_counter()
        down(h, W)
        seconds[down] = time.perf_counter() - began
    return min(seconds, key=seconds.get)


def correlation(v, h, shape):
    return torch.ops.aten.convolution_backward(h, v, torch.empty(shape), None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1,
                                               [False, True, False])[1]


def measure(C, side, K, f, crop, mean_of, draw):
    data = torch.rand(N, C, side, side)
    W, b, c = torch.randn(K, C, f, f) * 0.01, torch.zeros(C), torch.zeros(K)
    d, seen = torch.zeros_like(W), crop + f - 1  # places below that some filter sees
    down = fastest(torch.rand(BATCH, K, crop, crop), W)
    grown = (0, side - seen, 0, side - seen)

    def batches():
        order = torch.randperm(N)
        for i in range(0, N, BATCH):
            v0 = data[order[i:i + BATCH]]
            h0 = mean_of(F.conv2d(v0[..., :seen, :seen], W, c))
            v1 = F.pad(down(draw(h0), W), grown).add_(b.view(1, -1, 1, 1)).sigmoid_()
            h1 = mean_of(F.conv2d(v1[..., :seen, :seen], W, c))
            g = correlation(v0[..., :seen, :seen], h0, W.shape) - correlation(v1[..., :seen, :seen], h1, W.shape)
            d.mul_(MOMENTUM).add_(g, alpha=RATE / BATCH).add_(W, alpha=-RATE * COST)
            W.add_(d)
            b.add_((v0 - v1).sum((0, 2, 3)), alpha=RATE / BATCH / side ** 2)
            c.add_((h0 - h1).sum((0, 2, 3)), alpha=RATE / BATCH / crop ** 2)

    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        batches()
        seconds.append((time.perf_counter() - began) * BATCHES * BATCH / N)
    return statistics.median(seconds)


torch.set_num_threads(THREADS)
torch.manual_seed(1)
with torch.no_grad():
    print(f"28x28-40x12x12\t{measure(1, 28, 40, 12, 16, pool, draw_pool):.3f}", flush=True)
    print(f"40x8x8-40x6x6\t{measure(40, 8, 40, 6, 3, bernoulli, draw_bernoulli):.3f}", flush=True)
