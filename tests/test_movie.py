#!/usr/bin/env python3
"""The movies of a net as a viewer reads them: how many frames, how long, how large; with a parser of GIF of its own."""
import os
import subprocess
import sys
import tempfile


def skip_blocks(content, at):
    while content[at]:
        at += 1 + content[at]
    return at + 1


def read_gif(path):
    """(width, height), seconds of each frame, and whether it loops."""
    with open(path, "rb") as stream:
        content = stream.read()
    assert content[:6] == b"GIF89a", content[:6]
    size = (int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little"))
    at = 13 + (3 << (content[10] & 7) + 1 if content[10] & 0x80 else 0)
    frames, delay, loops = [], 0, False
    while content[at] != 0x3B:
        if content[at] == 0x21:
            if content[at + 1] == 0xF9:
                delay = int.from_bytes(content[at + 4:at + 6], "little") / 100
            loops = loops or content[at + 3:at + 14] == b"NETSCAPE2.0"
            at = skip_blocks(content, at + 2)
            continue
        assert content[at] == 0x2C, "block %#x at %d" % (content[at], at)
        left, top, width, height = (int.from_bytes(content[at + i:at + i + 2], "little") for i in (1, 3, 5, 7))
        assert width and height and left + width <= size[0] and top + height <= size[1], "a frame leaves the picture"
        packed = content[at + 9]
        at = skip_blocks(content, at + 11 + (3 << (packed & 7) + 1 if packed & 0x80 else 0))
        frames.append(delay)
    assert at == len(content) - 1, "bytes behind the end"
    return size, frames, loops


def main():
    program = os.environ["HARMONIUM_PROGRAM"]
    if b"gif      absent" in subprocess.run([program, "info"], check=True, stdout=subprocess.PIPE).stdout:
        sys.exit(77)

    def run(*words):
        subprocess.run([program, *words, "--quiet"], check=True, stdout=subprocess.DEVNULL)

    with tempfile.TemporaryDirectory() as folder:
        net, movie = os.path.join(folder, "net.safetensors"), os.path.join(folder, "movie.gif")
        run("train", "digits", "--kind", "dbn", "--layers", "784, 50, 40", "--subset", "500", "--epochs", "1", "-o", net)
        # 10 labels in 10 seconds: 6 frames of a tenth of a second each, the last of which stays for half a second.
        run("movie", net, "-o", movie)
        (width, height), frames, loops = read_gif(movie)
        assert len(frames) == 60 and frames.count(0.5) == 10 and abs(sum(frames) - 10) < 0.01 and loops, frames
        assert width % 2 == 0 and height % 2 == 0 and width < 2000, (width, height)
        # One label: a second for its last frame, and a tenth for each before.
        run("movie", net, "--label", "3", "--seconds", "5", "-o", movie)
        _, frames, _ = read_gif(movie)
        assert abs(sum(frames) - 5) < 0.01 and frames[-1] == 1.0, frames
        assert os.path.getsize(movie) < 5 << 20
        # Recognition: 4 frames a layer (3 layers), 3 while the labels settle, 1 with the answer, for each of 2 digits.
        run("movie", net, "digits", "-n", "2", "-o", movie)
        _, frames, _ = read_gif(movie)
        assert len(frames) == 2 * (3 * 4 + 4), len(frames)


main()
