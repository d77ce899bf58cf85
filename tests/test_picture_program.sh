#!/bin/sh
# Pictures of the other kind than a model learned from: grey ones for a model of colours, and coloured ones for a model of greys.
set -eu
. tests/expect.sh
"$harmonium" info | grep -q '^  \(libpng\|png\) *absent' && exit 77
command -v python3 >/dev/null || exit 77
cd "$folder"
python3 - <<'END'
import os, struct, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

def write(path, channels, seed): # 4 x 4 pixels
    rows = b"".join(b"\0" + bytes((seed * 37 + 16 * y + 53 * i) % 256 for i in range(4 * channels)) for y in range(4))
    head = struct.pack(">IIBBBBB", 4, 4, 8, 2 if channels == 3 else 0, 0, 0, 0)
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

for name, channels in ("grey", 1), ("colours", 3):
    os.mkdir(name)
    for seed in range(8):
        write(f"{name}/{seed}.png", channels, seed)
END

for kind in grey colours; do
    "$harmonium" train $kind --hidden 3 --epochs 1 --threads 1 --quiet -o $kind.safetensors
done
expect 0 "" "$harmonium" score colours.safetensors grey/3.png
expect 0 "" "$harmonium" score colours.safetensors grey
expect 0 "3.png: its colours became grey" "$harmonium" score grey.safetensors colours/3.png
expect 0 "the colours of 8 pictures became grey" "$harmonium" score grey.safetensors colours
expect 0 "" "$harmonium" train grey --from colours.safetensors --epochs 1 --threads 1 --quiet -o more.safetensors
"$harmonium" reconstruct colours.safetensors grey -o r.png --quiet >/dev/null
