#!/bin/sh
# Naming every pixel as people run it: pictures that are blue above, grey below, with a red square; from a recipe of options to labels,
# numbers and drawings; resumed, on any number of threads; and what is refused.
set -eu
. tests/expect.sh
command -v python3 >/dev/null || exit 77
if "$harmonium" info | grep -q '^  \(libpng\|png\) *absent'; then
    exit 77
fi
cd "$folder"

# ---- Pictures: make PICTURES LABELS SEED NUMBER HEIGHT WIDTH ----
cat >pictures.py <<'END'
import os, random, struct, sys, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

def png(path, height, width, kind, rows):
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b""))

pictures, labels, seed, n, height, width = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
colours = [(90, 130, 230), (120, 120, 120), (220, 40, 30)]
r = random.Random(seed)
for folder in pictures, labels:
    os.makedirs(folder, exist_ok=True)
for i in range(n):
    horizon = r.randrange(height * 2 // 5, height * 3 // 5)
    side = height // 4
    top, left = r.randrange(0, height - side), r.randrange(0, width - side)
    seen, truth = [], []
    for y in range(height):
        row = [2 if top <= y < top + side and left <= x < left + side else int(y >= horizon) for x in range(width)]
        truth.append(bytes(3 if y == height - 1 and x < 4 else k for x, k in enumerate(row))) # a corner that does not count
        seen.append(bytes(c + r.randrange(-10, 11) for k in row for c in colours[k]))
    png(f"{pictures}/p{i}.png", height, width, 2, seen)
    png(f"{labels}/p{i}.png", height, width, 0, truth)
END
make() { python3 pictures.py "$@"; }
make pictures labels 1 8 40 56
make test truth 2 3 40 56
make large large-truth 3 1 200 264
printf 'sky 90 130 230\nground 120 120 120\nsquare 220 40 30\nunlabelled 0 0 0\n' >classes.txt

# ---- Learning: the same bytes from any number of threads, and however often it was stopped ----
scene="--kind scene --data pictures --labels labels --scene-classes classes.txt"
learn="--backprop-method adam --backprop-learning-rate 0.01 --backprop-batch-size 2"
net="--scene-layers relu#8#by#5x5#pool#2 --scene-scales 2 --scene-units 16 --scene-window 31"
train() { # OPTION..., in which # stands for a space
    for option in "$@"; do
        shift
        set -- "$@" "$(echo "$option" | tr '#' ' ')"
    done
    "$harmonium" train "$@" --quiet
}
train $scene $net $learn --backprop-epochs 30 --threads 2 -o net.safetensors
train $scene $net $learn --backprop-epochs 30 --threads 1 -o one.safetensors
cmp -s net.safetensors one.safetensors || fail "one thread and two give other bytes"
in_parts() {
    exec "$harmonium" train $scene $learn --scene-layers "relu 8 by 5x5 pool 2" --scene-scales 2 --scene-units 16 --scene-window 31 \
        --backprop-epochs 30 --checkpoint-epochs 1 --quiet --force -o parts.safetensors "$@" 2>err
}
mkfifo lines
in_parts --metrics lines 5>lines &
job=$!
exec 4<lines
for i in 1 2 3; do read -r line <&4; done
kill -TERM $job 2>/dev/null || true
wait $job || grep -q -- --resume err || fail "stopping did not say how to go on"
exec 4<&-
[ ! -e parts.safetensors.checkpoint ] || (in_parts --resume)
cmp -s net.safetensors parts.safetensors || fail "stopped after 3 epochs and resumed: other bytes"

# ---- What it is ----
"$harmonium" info net.safetensors >out
for text in 'names the class of every pixel' 'softmax 3' 'relu 16' 'relu 8 by 5x5 pool 2' 'scales  *2' '^square  *[0-9.]*  *#dc281e' \
    '^parameters [0-9]' '^history  *scene: 30 epochs of 8 pictures' '^layers = relu 8'; do
    grep -q "$text" out || fail "info does not tell: $text"
done

# ---- Labels ----
is_png() { [ "$(head -c 8 "$1" | tail -c 7 | head -c 3)" = PNG ] || fail "$1 is no PNG"; }
expect 0 'labelled: 3 pictures labelled, 0\.[0-9]* s a picture' "$harmonium" label net.safetensors test -o labelled --threads 2
[ "$(wc -l <out)" = 3 ] && grep -q '^p0 \(sky\|ground\) [0-9.]* %, .*square [0-9.]* %, [0-9.]* s$' out ||
    fail "no line a picture: $(cat out)"
for i in 0 1 2; do is_png labelled/p$i.labels.png; is_png labelled/p$i.overlay.png; done
"$harmonium" label net.safetensors test -o by-one --threads 1 --quiet >/dev/null
diff -r labelled by-one || fail "one thread and two label otherwise"
"$harmonium" label net.safetensors test/p1.png -o one.png --quiet >/dev/null
cmp -s one.png labelled/p1.overlay.png || fail "another overlay of a picture alone"
"$harmonium" label net.safetensors test large --json --quiet >json
python3 - <<'END' || fail "not the shares as JSON"
import json
lines = [json.loads(line) for line in open("json")]
assert [line["name"] for line in lines] == ["p0", "p1", "p2", "p0"] and lines[3]["picture"] == "large/p0.png"
for line in lines:
    shares = list(line["shares"].values())
    assert abs(sum(shares) - 1) < 1e-4 and shares == sorted(shares, reverse=True) and line["seconds"] > 0
END
mkdir dry
(cd dry && "$harmonium" label ../net.safetensors ../test --quiet >/dev/null && [ -z "$(ls)" ]) || fail "files without -o"

# ---- Numbers and drawings ----
value_of() { sed -n "s/^$1  *\([0-9.]*\).*/\1/p" out; }
above() { # NAME LEAST
    awk -v a="$(value_of "$1")" -v b="$2" 'BEGIN { exit !(a > b) }' || fail "$1 $(value_of "$1"), not above $2"
}
drawn="--confusion confusion.png -o sheet.png"
"$harmonium" info | grep -q 'cairo *absent' && drawn="-o sheet.png"
"$harmonium" evaluate net.safetensors test --labels truth $drawn --quiet >out
above 'pixel accuracy' 90
above 'class average' 90
above 'mean IoU' 80
[ "$(value_of pictures)" = 3 ] && [ "$(value_of pixels)" = $((3 * (40 * 56 - 4))) ] || fail "pictures, or pixels that count"
grep -q '^square  *[0-9.]*  *[0-9.]*  *[0-9.]*$' out || fail "no line a class"
is_png sheet.png
[ "$drawn" = "-o sheet.png" ] || is_png confusion.png
"$harmonium" evaluate net.safetensors test --labels truth --json --quiet >json
python3 - "$(value_of 'pixel accuracy')" <<'END' || fail "other numbers as JSON"
import json, sys
e = json.load(open("json"))
assert abs(100 * e["pixel_accuracy"] - float(sys.argv[1])) < 0.006 and e["pictures"] == 3
assert [c["name"] for c in e["classes"]] == ["sky", "ground", "square"] and abs(sum(c["share"] for c in e["classes"]) - 1) < 1e-6
END
for regions in superpixels cover; do
    "$harmonium" evaluate net.safetensors test --labels truth --regions $regions --mirrored --quiet >out
    above 'pixel accuracy' 90
done

# ---- Tiles: of 200 x 264 pixels hardly any is named otherwise ----
"$harmonium" label net.safetensors large -o whole --quiet >/dev/null
"$harmonium" label net.safetensors large -o tiles --tile 32 --quiet >/dev/null
different() { # A B: pixels of two grey PNGs that differ
    python3 - "$1" "$2" <<'END'
import struct, sys, zlib

def rows(path):
    data, at, packed = open(path, "rb").read(), 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        packed += body if kind == b"IDAT" else b""
        at += 12 + n
    assert depth == 8 and colour == 0
    raw, above = zlib.decompress(packed), bytes(width)
    for y in range(height):
        kind, line = raw[y * (width + 1)], bytearray(raw[y * (width + 1) + 1:(y + 1) * (width + 1)])
        for x in range(width):
            a, b, c = line[x - 1] if x else 0, above[x], above[x - 1] if x else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[x] = (line[x] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
        yield from line
        above = line

print(sum(a != b for a, b in zip(rows(sys.argv[1]), rows(sys.argv[2]), strict=True)))
END
}
n=$(different whole/p0.labels.png tiles/p0.labels.png)
[ "$n" -le 52 ] || fail "$n of 52800 pixels are labelled otherwise in tiles" # a thousandth
"$harmonium" label net.safetensors large -o whole-mirrored --mirrored --quiet >/dev/null
"$harmonium" label net.safetensors large -o tiles-mirrored --mirrored --tile 32 --quiet >/dev/null
n=$(different whole-mirrored/p0.labels.png tiles-mirrored/p0.labels.png)
[ "$n" -le 52 ] || fail "$n of 52800 pixels are labelled otherwise in mirrored tiles"
n=$(different labelled/p0.labels.png truth/p0.png)
[ "$n" -le 224 ] || fail "$n of 2240 labels that were written are wrong"

# ---- From a net to one of more scales ----
train $scene $learn --from net.safetensors --scene-scales 3 --scene-units 16 --backprop-epochs 2 -o finer.safetensors
"$harmonium" info finer.safetensors | grep -q 'scales  *3' || fail "no finer scale"
"$harmonium" evaluate finer.safetensors test --labels truth --quiet >out
above 'pixel accuracy' 90
expect 2 'the net to go on from has 2; give as many, or more' "$harmonium" train $scene $learn --from net.safetensors --scene-scales 1 \
    --backprop-epochs 1 -o no.safetensors

# ---- What is refused ----
refused="$harmonium train $scene $learn --backprop-epochs 1 -o no.safetensors"
expect 2 'say where their label pictures are: --labels' "$harmonium" train --kind scene --data pictures --scene-classes classes.txt \
    --backprop-epochs 1 -o no.safetensors
expect 2 'say where their label pictures are: --labels' "$harmonium" evaluate net.safetensors test
expect 2 'say where the pictures are' "$harmonium" evaluate net.safetensors --labels truth
expect 2 'say where the label pictures of test are' $refused --scene-validation test
printf 'sky 90 130 230\nground 90 130 230\n' >twice.txt
expect 1 'twice.txt.*ground' $refused --scene-classes twice.txt
cp -r labels partner
rm partner/p5.png
expect 1 'pictures/p5.png: its labels should be partner/p5.png, which is not there' $refused --labels partner
expect 1 'test/p2.png has 40 x 56 pixels, but its labels small/p2.png have 20 x 30' sh -c "
    cp -r truth small; python3 pictures.py other small-one 4 1 20 30; cp small-one/p0.png small/p2.png
    '$harmonium' evaluate net.safetensors test --labels small"
printf 'sky 90 130 230\nground 120 120 120\n' >two.txt
expect 1 'labels/p[0-7].png.*3' $refused --scene-classes two.txt
mkdir bad bad-truth
cp test/p0.png bad/a.png
head -c 200 test/p1.png >bad/b.png
cp truth/p0.png bad-truth/a.png
cp truth/p1.png bad-truth/b.png
expect 1 'bad/b.png' "$harmonium" label net.safetensors bad -o bad-labels
is_png bad-labels/a.labels.png
is_png bad-labels/a.overlay.png
[ ! -e bad-labels/b.labels.png ] && grep -q '^a ' out || fail "what came before the damaged picture is not there, or it is"
expect 1 'bad/b.png' "$harmonium" evaluate net.safetensors bad --labels bad-truth
head -c 3000 net.safetensors >cut.safetensors
for verb in label evaluate info; do
    expect 1 'cut.safetensors' "$harmonium" $verb cut.safetensors $([ $verb = info ] || echo test)
done
"$harmonium" train --data digits --subset 50 --hidden 5 --epochs 1 -o rbm.safetensors --quiet
expect 1 'rbm.safetensors: holds no net for scene labelling' "$harmonium" label rbm.safetensors test
expect 2 '--confusion is for nets that label scenes, and rbm.safetensors holds none' "$harmonium" evaluate rbm.safetensors digits \
    --subset 5 --confusion no.png
expect 2 '--prior is for nets that label scenes' "$harmonium" evaluate rbm.safetensors digits --subset 5 --prior 1
expect 2 '--chains says nothing to a net that labels scenes' "$harmonium" evaluate net.safetensors test --labels truth --chains 7
expect 2 '--scale says nothing to a net that labels scenes' "$harmonium" evaluate net.safetensors test --labels truth --scale 2
expect 2 'test/p0.png and large/p0.png\|large/p0.png and test/p0.png' "$harmonium" label net.safetensors test large -o no
expect 2 'no.png: holds one picture, and here are 3; name a folder' "$harmonium" label net.safetensors test -o no.png
expect 2 'no.jpg: the name says what is written' "$harmonium" label net.safetensors test/p0.png -o no.jpg
expect 2 'test/p0.png: is read by this command' "$harmonium" label net.safetensors test/p0.png -o test/p0.png
expect 2 'truth/p1.png: is read by this command' "$harmonium" evaluate net.safetensors test --labels truth -o truth/p1.png
cp -r labelled again
cp test/p0.png again/p0.png
expect 2 'again/p0.labels.png: is read by this command' "$harmonium" label net.safetensors again -o again
sed 's/sky/heaven/' classes.txt >other.txt
refused="$harmonium train --kind scene --scene-classes classes.txt --backprop-epochs 1 -o no.safetensors"
expect 2 'say where the pictures are' $refused
refused="$refused --data pictures --labels labels"
expect 2 '--subset says nothing' $refused --subset 3
expect 2 '--hidden says nothing' $refused --hidden 3
expect 2 '--backprop-max-norm says nothing' $refused --backprop-max-norm 3
expect 1 'scene-layers: relu 3 by 3x3, while net.safetensors has' $refused --from net.safetensors --scene-layers 'relu 3 by 3x3'
expect 1 'knows other classes than other.txt' $refused --from net.safetensors --scene-classes other.txt
expect 1 'none: ' "$harmonium" label net.safetensors none
for name in no no.png no.safetensors; do
    [ ! -e $name ] || fail "a refused command left $name"
done
