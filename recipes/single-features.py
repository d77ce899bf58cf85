#!/usr/bin/env python3
"""What single features tell: of LIBSVM files whose numbers are one a map (harmonium transform ... --pyramid 1 -o x.svm), the first file
the class sought and the rest other pictures, the area under the precision-recall curve of each feature; or, with --entropy, the entropy
in bits of the class (one file a class) given that a feature is active, which is: among its tenth of pictures with the largest values.

    recipes/single-features.py faces.svm others.svm            prints mean and deviation over the features, and the best
    recipes/single-features.py --entropy a.svm b.svm c.svm     prints the mean, and a histogram as "bits share" lines
"""
import math
import sys


def read(path):
    """One dictionary of feature: value a case."""
    with open(path, encoding="ascii") as file:
        return [{int(k): float(v) for k, v in (pair.split(":") for pair in line.split()[1:])} for line in file]


def average_precision(ranked):
    """Area under precision-recall of a ranked list of true and false: the mean precision at each true one."""
    found, total = 0, 0.0
    for place, is_true in enumerate(ranked, 1):
        if is_true:
            found += 1
            total += found / place
    return total / found if found else 0.0


def ranking(groups, feature):
    """The group of each case, the largest value of the feature first; ties in the order of a fixed shuffle."""
    cases = [(group[i].get(feature, 0.0), hash((i, g)), g) for g, group in enumerate(groups) for i in range(len(group))]
    return [g for _, _, g in sorted(cases, reverse=True)]


def entropy(counts):
    total = sum(counts)
    return -sum(c / total * math.log2(c / total) for c in counts if c)


def class_entropy(groups, feature):
    """Of the class among the tenth that the feature is most active on; every class weighs the same."""
    ranked = ranking(groups, feature)
    top = ranked[:len(ranked) // 10]
    return entropy([top.count(g) / len(group) for g, group in enumerate(groups)])


def print_histogram(bits, n_classes):
    n_bins = 8
    widest = math.log2(n_classes)
    for b in range(n_bins):
        share = sum(1 for x in bits if min(int(x / widest * n_bins), n_bins - 1) == b) / len(bits)
        print(f"{(b + 0.5) * widest / n_bins:.3f} {share:.3f}")


def main(arguments):
    is_entropy = arguments[:1] == ["--entropy"]
    groups = [read(path) for path in arguments[is_entropy:]]
    if len(groups) < 2:
        sys.exit(__doc__)
    features = sorted({f for group in groups for case in group for f in case})
    if is_entropy:
        bits = [class_entropy(groups, f) for f in features]
        print(f"mean {sum(bits) / len(bits):.3f} bits of {len(bits)} features")
        print_histogram(bits, len(groups))
    else:
        areas = sorted((average_precision([g == 0 for g in ranking(groups, f)]), f) for f in features)
        mean = sum(area for area, _ in areas) / len(areas)
        deviation = math.sqrt(sum((area - mean) ** 2 for area, _ in areas) / len(areas))
        best, chance = areas[-1], len(groups[0]) / sum(map(len, groups))
        print(f"{mean:.3f} +- {deviation:.3f}, best {best[0]:.3f} (feature {best[1]}), by chance {chance:.3f}")


main(sys.argv[1:])
