#!/usr/bin/env python3
"""Labels of frames of the same utterances at other speeds: recipes/an4/stretch.py FROM.sequences LABELS.csv TO.sequences OUT.csv

An utterance "name@0.9" of TO is "name" of FROM, slower; its frames take the labels of the frames at the same share of the time.
"""
import sys


def read(path):
    """(name, frames) of each utterance, in order."""
    with open(path, encoding="utf-8") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return [(name, int(n)) for name, _, n in lines]


def main(source, labels, target, out):
    with open(labels, encoding="utf-8") as file:
        values = file.read().split()
    begin, original = 0, {}
    for name, n in read(source):
        original[name] = values[begin:begin + n]
        begin += n
    with open(out, "w", encoding="utf-8") as file:
        for name, n in read(target):
            own = original[name.split("@")[0]]
            for i in range(n):
                file.write(own[min(int((i + 0.5) * len(own) / n), len(own) - 1)] + "\n")


if len(sys.argv) != 5:
    sys.exit(__doc__)
main(*sys.argv[1:])
