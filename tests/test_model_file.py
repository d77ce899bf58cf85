#!/usr/bin/env python3
"""Reads a model with a parser of its own and reproduces the program's free energies to 1e-5 relative."""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy
except ImportError:
    sys.exit(77)


def read_model(path):
    with open(path, "rb") as stream:
        content = stream.read()
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    texts = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        assert entry["dtype"] == "F32"
        values = numpy.frombuffer(content[begin + first:begin + last], "<f4")
        tensors[name] = values.reshape(entry["shape"]).astype(numpy.float64)
    return texts, tensors


def as_version_1(path, target):
    """The same model as the first version of the format had it: layers of a machine apart, no connections."""
    with open(path, "rb") as stream:
        content = stream.read()
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    texts = header["__metadata__"]
    texts["format"] = "harmonium 1"
    texts["visible"], texts["hidden"] = texts.pop("layers").split(" | ")
    del texts["connections"]
    written = json.dumps(header).encode()
    written += b" " * (-len(written) % 64)
    with open(target, "wb") as stream:
        stream.write(len(written).to_bytes(8, "little") + written + content[begin:])


def score(program, path, n):
    command = [program, "score", path, "digits", "--part", "test", "-n", str(n), "-q"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def read_digits(path, n):
    import gzip
    with gzip.open(path) as stream:
        stream.read(16)
        return numpy.frombuffer(stream.read(784 * n), numpy.uint8).reshape(n, 784) / 255.0


def free_energy(model, v):
    inputs = model["hidden_bias"] + v @ model["W"]
    return -v @ model["visible_bias"] - numpy.logaddexp(0, inputs).sum(axis=1)


def main():
    program, n = os.environ["HARMONIUM_PROGRAM"], 50
    digits = os.path.join(os.environ["HARMONIUM_SOURCE_DIR"], "data/digits/t10k-images-idx3-ubyte.gz")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.safetensors")
        subprocess.run([program, "train", "--data", "digits", "--hidden", "30", "--epochs", "2", "-o", path, "-q"],
                       check=True)
        printed = score(program, path, n)
        texts, model = read_model(path)
        as_version_1(path, os.path.join(folder, "old"))
        assert score(program, os.path.join(folder, "old"), n) == printed, "a file of version 1 reads otherwise"
    assert texts["format"] == "harmonium 2" and texts["layers"] == "bernoulli 784 | bernoulli 30"
    assert texts["connections"] == "dense" and texts["image"] == "28x28"
    theirs = numpy.array(printed.split(), numpy.float64)
    ours = free_energy(model, read_digits(digits, n))
    worst = numpy.abs(ours / theirs - 1).max()
    print("largest relative difference of %d free energies: %.1e" % (n, worst))
    assert len(theirs) == n and worst < 1e-5


main()
