#!/usr/bin/env python3
"""Splits and scores for recipes/caltech101.sh.

    caltech101.py split FILE.svm DRAW TRAIN.svm TEST.svm      30 cases a class to train, at most 50 others to test
    caltech101.py score TEST.svm ANSWERS                      the mean of the classes' accuracies, in %
"""
import random
import sys
from collections import defaultdict


def split(path, draw, train_path, test_path):
    classes = defaultdict(list)
    with open(path, encoding="ascii") as file:
        for line in file:
            classes[line.split(" ", 1)[0]].append(line)
    generator = random.Random(int(draw))
    with open(train_path, "w", encoding="ascii") as train, open(test_path, "w", encoding="ascii") as test:
        for name in sorted(classes):
            generator.shuffle(classes[name])
            train.writelines(classes[name][:30])
            test.writelines(classes[name][30:80])


def score(test_path, answers_path):
    right, total = defaultdict(int), defaultdict(int)
    with open(test_path, encoding="ascii") as test, open(answers_path, encoding="ascii") as answers:
        for line, answer in zip(test, answers):
            name = line.split(" ", 1)[0]
            total[name] += 1
            right[name] += float(name) == float(answer)
    print(f"{100 * sum(right[c] / total[c] for c in total) / len(total):.2f}")


commands = {"split": split, "score": score}
if len(sys.argv) < 4 or sys.argv[1] not in commands:
    sys.exit(__doc__)
commands[sys.argv[1]](*sys.argv[2:])
