#!/usr/bin/env python3
"""What a run on many machines gains, from what was measured on one: the table of docs/scaling.md.

    bench/scaling.py

A step of a mini-batch of B cases on R ranks takes  B c / R + 2 ceil(log2 R) (l + s / w):  its cases shared out; and the gradient of s
bytes summed up a tree and sent down one. c: seconds a case on one rank; l, w: latency and bandwidth of the wire."""
import math

LATENCY, BANDWIDTH = 10e-6, 1.4e9  # bench/netns bench_team: TCP between two network namespaces
NETS = [  # name, bytes of the parameters, seconds a case (one thread), mini-batches
    ("784 x 500", 4 * (784 * 500 + 784 + 500), 0.526 / 20480, (100, 512, 2048, 16384)),
    ("4000 x 4000", 4 * (4000 * 4000 + 8000), 4.577 / 4000, (100, 1000, 16384)),
    ("filters, 40 of 12 x 12 over 28 x 28", 4 * (40 * 144 + 41), 9.654 / 60000, (100, 1000)),
]
RANKS = (2, 4, 8, 16, 64, 256)


def talk(size, ranks):
    return 2 * math.ceil(math.log2(ranks)) * (LATENCY + size / BANDWIDTH)


def speed_up(size, case, batch, ranks):
    return batch * case / (batch * case / ranks + talk(size, ranks))


def least_batch(size, case, ranks):
    """The cases above which half of what the ranks could gain is gained: computing takes as long as talking."""
    return ranks * talk(size, ranks) / case


if __name__ == "__main__":
    print("| net | mini-batch | " + " | ".join(f"{ranks} ranks" for ranks in RANKS) + " |")
    print("|---|---|" + "---|" * len(RANKS))
    for name, size, case, batches in NETS:
        for batch in batches:
            gains = (f"{speed_up(size, case, batch, ranks):.1f}" if ranks <= batch else "" for ranks in RANKS)
            print(f"| {name} | {batch} | " + " | ".join(gains) + " |")
        needs = (f"{least_batch(size, case, ranks):.0f}" for ranks in RANKS)
        print(f"| {name} | *half efficient from* | " + " | ".join(needs) + " |")
