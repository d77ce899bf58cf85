#!/bin/sh
# The little streets of recipes/toy-scenes: their recipe, in fewer epochs, names most pixels of streets that it never saw, and
# draw.py draws the same pictures again.
set -eu
. tests/expect.sh
if grep -q 'HM_SANITIZE:STRING=.' "$HARMONIUM_BUILD_DIR/CMakeCache.txt"; then
    echo "skipped: test_scene_program takes sanitizers the same ways in a fraction of the time"
    exit 77
fi
toy=recipes/toy-scenes
"$harmonium" info | grep -q '^  \(libpng\|png\) *absent' && exit 77

# Seeds 1 to 4 gave 84.2 to 86.2 % on the test pictures; colour alone tells 62 (toy.ini).
"$harmonium" train $toy/toy.ini --data $toy/train --labels $toy/train-labels --backprop-epochs 12 --backprop-batch-size 2 \
    --backprop-dropout 0 --backprop-learning-rate "0.005, ~0.0002@12" -o "$folder/toy.safetensors" --quiet
"$harmonium" evaluate "$folder/toy.safetensors" $toy/test --labels $toy/test-labels -o "$folder/sheet.png" --quiet >"$folder/out"
accuracy=$(sed -n 's/^pixel accuracy  *\([0-9.]*\).*/\1/p' "$folder/out")
awk -v a="$accuracy" 'BEGIN { exit !(a > 74) }' || fail "$accuracy % of the pixels are right, not above 74"
grep -q '^person ' "$folder/out" && [ -s "$folder/sheet.png" ] || fail "no line for people, or no sheet"
"$harmonium" label "$folder/toy.safetensors" $toy/test -o "$folder/labelled" --quiet >/dev/null
[ "$(ls "$folder/labelled" | wc -l)" = 16 ] || fail "not labels and an overlay for each of 8 pictures"

command -v python3 >/dev/null || exit 0
python3 $toy/draw.py "$folder/drawn"
python3 - $toy "$folder/drawn" <<'END' || fail "draw.py draws other pictures"
import glob, os, struct, sys, zlib

def pixels(path): # as they are before zlib, of which there are several
    data, at, packed, head = open(path, "rb").read(), 8, b"", b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        head += data[at + 8:at + 8 + n] if kind == b"IHDR" else b""
        packed += data[at + 8:at + 8 + n] if kind == b"IDAT" else b""
        at += 12 + n
    return head, zlib.decompress(packed)

kept, drawn = (sorted(os.path.relpath(p, f) for p in glob.glob(f + "/*/*.png")) for f in sys.argv[1:])
assert kept == drawn and len(kept) == 64, (kept, drawn)
for name in kept:
    assert pixels(os.path.join(sys.argv[1], name)) == pixels(os.path.join(sys.argv[2], name)), name
END
