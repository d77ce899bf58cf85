#!/usr/bin/env python3
"""Labels of frames of the same utterances at other speeds: recipes/an4/stretch.py FROM.sequences LABELS.npy TO.sequences OUT.npy

An utterance "name@0.9" of TO is "name" of FROM, slower; its frames take the labels of the frames at the same share of the time.
"""
import sys

import numpy as np


def read(path):
    """(name, frames) of each utterance, in order."""
    with open(path, encoding="utf-8") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return [(name, int(n)) for name, _, n in lines]


def main(source, labels, target, out):
    values, begin, original = np.load(labels).reshape(-1), 0, {}
    for name, n in read(source):
        original[name] = values[begin:begin + n]
        begin += n
    stretched = []
    for name, n in read(target):
        own = original[name.split("@")[0]]
        at = (np.arange(n) + 0.5) * len(own) / n
        stretched.append(own[np.minimum(at.astype(int), len(own) - 1)])
    np.save(out, np.concatenate(stretched).astype(np.float32)[:, None])


if len(sys.argv) != 5:
    sys.exit(__doc__)
main(*sys.argv[1:])
