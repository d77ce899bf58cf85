#!/usr/bin/env python3
"""The net of bench_scene by PyTorch (python3-torch), as one writes it who knows it: conv2d with padding, batch normalisation a scale,
rectified linear units, max-pooling; features of each scale through a convolution of side 1, enlarged bilinearly and added up;
channels last where that is faster.

    bench/peers_scene.py [threads [scales [units]]]

Prints for each memory format the seconds of a forward pass of one picture of 480 x 360 (evaluation), and of a forward and backward pass of
four (training); medians of 9 and 5."""
import os
import statistics
import sys
import time

THREADS, SCALES, UNITS = (int(a) for a in (sys.argv[1:] + ["2", "4", "256"][len(sys.argv) - 1:]))
os.environ["OMP_NUM_THREADS"] = str(THREADS)
HEIGHT, WIDTH, CLASSES, PICTURES, FORWARD, STEPS = 360, 480, 11, 4, 9, 5

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError as missing:
    print(f"PyTorch\tnot installed ({missing.name})")
    sys.exit()

LAYERS = [(3, 16, 7, 2), (16, 64, 7, 2), (64, 128, 5, 1)]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(i, o, k, padding=k // 2, bias=False) for i, o, k, _ in LAYERS)
        self.norms = nn.ModuleList(nn.ModuleList(nn.BatchNorm2d(o) for _, o, _, _ in LAYERS) for _ in range(SCALES))
        self.joins = nn.ModuleList(nn.Conv2d(LAYERS[-1][1], UNITS, 1, bias=False) for _ in range(SCALES))
        self.norm = nn.BatchNorm2d(UNITS)
        self.top = nn.Conv2d(UNITS, CLASSES, 1)

    def features(self, x, s):
        for conv, norm, (_, _, _, pool) in zip(self.convs, self.norms[s], LAYERS):
            x = F.relu(norm(conv(x)), inplace=True)
            x = F.max_pool2d(x, pool) if pool > 1 else x
        return self.joins[s](x)

    def forward(self, bands):
        sums = self.features(bands[0], 0)
        for s in range(1, SCALES):
            sums = sums + F.interpolate(self.features(bands[s], s), size=sums.shape[2:], mode="bilinear", align_corners=False)
        scores = self.top(F.relu(self.norm(sums), inplace=True))
        return F.interpolate(scores, size=(HEIGHT, WIDTH), mode="bilinear", align_corners=False)


def bands(n, layout):
    return [torch.randn(n, 3, HEIGHT >> s, WIDTH >> s).contiguous(memory_format=layout) for s in range(SCALES)]


def median(f, n):
    times = []
    for i in range(n + 1):
        began = time.perf_counter()
        f()
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def main():
    torch.set_num_threads(THREADS)
    for name, layout in (("channels first", torch.contiguous_format), ("channels last", torch.channels_last)):
        net = Net().to(memory_format=layout)
        one, four = bands(1, layout), bands(PICTURES, layout)
        labels = torch.randint(0, CLASSES, (PICTURES, HEIGHT, WIDTH))

        def forward():
            with torch.inference_mode():
                net.eval()(one)

        def step():
            net.train().zero_grad(set_to_none=True)
            F.cross_entropy(net(four), labels).backward()

        print(f"forward, {name}\t{median(forward, FORWARD):.4f}")
        print(f"step, {name}\t{median(step, STEPS):.4f}")


main()
