#!/bin/sh
# What a person runs into: data prepared one way and used another, values that do not fit, files in the way.
set -eu
. tests/expect.sh
cd "$folder"
has_python=no
for python in python3 /usr/bin/python3; do # the system's may be another than the first on the path
    "$python" -c 'import numpy' 2>/dev/null && has_python=yes && break
done
[ $has_python = yes ] || echo "without numpy: some parts are left out"
few="--hidden 10 --epochs 2 --subset 300 --quiet"

# ---- 1. A model remembers how its data were prepared.
"$harmonium" train --data digits --invert $few -o inverted.safetensors
"$harmonium" info inverted.safetensors | grep -q 'invert = yes' || fail "info does not tell the preparation"
"$harmonium" score inverted.safetensors digits -n 5 --quiet >told
"$harmonium" score inverted.safetensors digits -n 5 --invert --quiet >said
"$harmonium" score inverted.safetensors digits -n 5 --invert=no --quiet >otherwise
cmp -s told said || fail "the preparation is not applied"
cmp -s told otherwise && fail "the preparation cannot be overruled"
"$harmonium" train --data digits --classes 1,7 --resize 14x14 --binarise threshold --threshold 0.3 $few -o small.safetensors
"$harmonium" reconstruct small.safetensors digits -n 3 -o small.npy --quiet >/dev/null
[ "$(wc -c <small.npy)" = $((128 + 3 * 196 * 4)) ] || fail "the size of the pictures is not remembered"
"$harmonium" train --from small.safetensors --data digits --classes 1,7 --kind dbn --layers "196 10 5" $few --up-down-epochs 1 \
    -o x.safetensors 2>err && fail "an RBM is no deep belief net" || true
if [ $has_python = yes ]; then
    # In the data's own units: lengths around 170 with a deviation of 10, and back again.
    "$python" - <<'PY'
import numpy as np
r = np.random.default_rng(1)
x = np.c_[r.normal(170, 10, 400), r.normal(-3, 0.1, 400), r.normal(0, 1, 400)].astype("f4")
np.save("lengths.npy", x); np.save("raw.npy", x * 20)
np.save("counts.npy", r.integers(0, 9, (100, 4)).astype("f4"))
PY
    "$harmonium" train lengths.npy --visible gaussian --hidden 4 --epochs 3 --standardise -o lengths.safetensors --quiet
    "$harmonium" reconstruct lengths.safetensors lengths.npy -o r.npy --quiet >/dev/null
    "$harmonium" sample lengths.safetensors -n 200 -o s.csv 2>err
    grep -q '200 samples, in the units of the data' err || fail "sample does not say what it gives"
    "$harmonium" sample lengths.safetensors -n 200 --means -o means.npy 2>err
    grep -q '200 means of samples' err || fail "sample does not say that it gives means"
    "$python" - <<'PY' || exit 1
import sys, numpy as np
for name, x in (("r.npy", np.load("r.npy")), ("s.csv", np.loadtxt("s.csv", delimiter=",")), ("means.npy", np.load("means.npy"))):
    m = x.mean(0)
    if abs(m[0] - 170) > 10 or abs(m[1] + 3) > 0.1:
        sys.exit(f"{name} is not in the units of the data: means {m}")
PY
    # 3. Values that the units cannot take.
    expect 1 'take 0 to 1; .*--standardise' "$harmonium" train raw.npy --visible bernoulli -o bad.safetensors
    [ -e bad.safetensors ] && fail "a model of data out of range was saved"
    expect 1 'binomial 4x' "$harmonium" train counts.npy --visible "binomial 4x3" -o bad.safetensors
    expect 0 'add --standardise' "$harmonium" train lengths.npy --visible gaussian --hidden 4 --epochs 1 -o warned.safetensors \
        --learning-rate 1e-6
    printf '5,1,0\n' >three.csv
    expect 1 'take 0 to 1; scale them (--scale 0.2)' "$harmonium" train three.csv --visible bernoulli -o bad.safetensors
    # 2. Data or recipe: the content decides.
    expect 0 'lengths.npy' "$harmonium" train lengths.npy --visible gaussian --standardise --hidden 3 --epochs 1 -o l.safetensors
fi

# The spectrum is that of the training cases: kept when others are learned from.
if "$harmonium" info | grep fftw | grep -vq absent; then
    white="--visible gaussian --whiten spectrum --standardise --learning-rate 0.001"
    "$harmonium" train --data digits $white $few -o white.safetensors
    "$harmonium" info white.safetensors | grep '^ *spectrum = [0-9]' >told || fail "info does not tell the spectrum"
    "$harmonium" train --data digits --from white.safetensors --classes 1 --epochs 1 --quiet -o more.safetensors
    "$harmonium" info more.safetensors | grep '^ *spectrum = [0-9]' >said
    cmp -s told said || fail "the spectrum is not that of the first training cases"
fi

# ---- 2. An operand is a recipe or data by its content.
printf '# no matter what it is called\n\n[data]\ndata = digits\nsubset = 200\n[learn]\nepochs = 1\n' >recipe.txt
expect 0 'subset of 200' "$harmonium" train recipe.txt -o r.safetensors
printf '0,1,1\n1,0,0\n1,1,0\n' >bits.csv
expect 0 '3 cases of 3 features' "$harmonium" train bits.csv --hidden 2 --epochs 1 -o b.safetensors
expect 1 'nothing.npy' "$harmonium" train nothing.npy -o b.safetensors
printf 'Once upon a time\n' >story.txt
expect 1 'story.txt' "$harmonium" train story.txt -o b.safetensors
expect 0 'digits train' "$harmonium" train digits $few -o b.safetensors --hidden 5 -q --quiet=no

# ---- 4. Pictures are by-products.
: >in-the-way
expect 0 'goes on without pictures' "$harmonium" train digits $few --pictures in-the-way -o p.safetensors
[ -s p.safetensors ] || fail "the model was lost with its pictures"
expect 1 'cannot write' "$harmonium" train digits $few --metrics nowhere/metrics -o p.safetensors
if [ -e /dev/full ]; then
    expect 0 'goes on without' "$harmonium" train digits $few --metrics /dev/full -o p.safetensors
fi

# ---- 5. Runs that were interrupted, outputs that are inputs or in use.
cp p.safetensors p.before
expect 0 'nothing is done' "$harmonium" train digits $few --resume -o p.safetensors --quiet=no
cmp -s p.safetensors p.before || fail "--resume retrained a finished model"
expect 0 'beginning' "$harmonium" train digits $few --resume -o fresh.safetensors --quiet=no
cp p.safetensors p.safetensors.checkpoint
expect 2 'go on with --resume, or begin afresh with --force' "$harmonium" train digits $few -o p.safetensors
expect 0 '' "$harmonium" train digits $few -o p.safetensors --force
[ ! -e p.safetensors.checkpoint ] && [ ! -e p.safetensors.lock ] || fail "a finished run left something behind"
cp bits.csv bits
expect 2 'read by this command' "$harmonium" train bits -o bits
expect 2 'read by this command' "$harmonium" sample p.safetensors --clamp left p.safetensors -o p.safetensors
expect 2 'recipe' "$harmonium" train recipe.txt -o recipe.txt
expect 2 'two results' "$harmonium" train digits -o same --metrics same
: >locked.lock
expect 0 '' "$harmonium" train digits $few -o locked # a lock that nobody holds
if command -v flock >/dev/null 2>&1; then
    expect 1 'another run' flock locked.lock "$harmonium" train digits -o locked --hidden 5
fi
ln -s target.safetensors link.safetensors
expect 0 '' "$harmonium" train digits $few -o link.safetensors
[ -L link.safetensors ] && [ -s target.safetensors ] || fail "a symbolic link was not followed"
before=$(ls -l /dev/null)
expect 0 '' "$harmonium" train digits $few -o /dev/null
[ "$(ls -l /dev/null)" = "$before" ] || fail "/dev/null was replaced"

# Killed and resumed, metrics and movie are those of an undisturbed run: nothing twice, nothing missing.
printf '[model]\nhidden = 10\n[learn]\nepochs = 20\n[greedy]\nepochs = 20\nlearner = pcd\nlearning-rate = 0.01\n' >two-stages
long="two-stages --classes 2,3 --batch-size 10 --quiet"
mkdir whole parts
"$harmonium" train digits $long -o whole/m --metrics whole/metrics --pictures whole/pictures --checkpoint-epochs 1
"$harmonium" train digits $long -o parts/m --metrics parts/metrics --pictures parts/pictures --checkpoint-epochs 1 &
job=$!
turns=0
while [ "$turns" -lt 100000 ] && [ ! -s parts/metrics ]; do turns=$((turns + 1)); done
turns=0
while [ "$turns" -lt 4000 ] && [ "$(wc -l <parts/metrics)" -lt 24 ]; do turns=$((turns + 1)); done
kill -9 $job 2>/dev/null || true
wait $job 2>/dev/null || true
printf '{"stage": "cd", "machine": 0, "ep' >>parts/metrics # as if killed in the middle of a line
if [ -e parts/m.checkpoint ]; then
    expect 2 'unfinished run' "$harmonium" train digits $long -o parts/m
    "$harmonium" train digits $long -o parts/m --metrics parts/metrics --pictures parts/pictures --checkpoint-epochs 1 --resume
    [ "$(wc -l <parts/metrics)" = 40 ] || fail "$(wc -l <parts/metrics) lines of metrics for 40 epochs"
    "$harmonium" info parts/m | grep -c 'epochs of' | grep -q '^2$' || fail "the history lacks a stage"
    strip() { sed 's/"seconds.*//' "$1"; }
    [ "$(strip whole/metrics)" = "$(strip parts/metrics)" ] || fail "the metrics of the resumed run differ"
    for picture in weights.gif curve-error.png; do
        [ ! -e whole/pictures/$picture ] || cmp -s whole/pictures/$picture parts/pictures/$picture ||
            fail "$picture of the resumed run differs"
    done
fi

# A finished model goes on: more epochs, another learner, other data.
"$harmonium" train digits $few -o begun.safetensors
"$harmonium" train digits --from begun.safetensors --learner pcd --learning-rate 0.01 $few --classes 3 --subset 0 -o gone.safetensors
"$harmonium" info gone.safetensors | grep -c 'greedy, ' | grep -q '^2$' || fail "the history does not tell both stages"
expect 2 'nothing to learn' "$harmonium" train digits --from begun.safetensors -o gone.safetensors
expect 1 'deep belief net' "$harmonium" train digits --from begun.safetensors --up-down-epochs 1 -o gone.safetensors
printf '[model]\nkind = dbn\nlayers = 784 20 10\n[greedy]\nepochs = 1\n[greedy 2]\nepochs = 2\n[up-down]\nepochs = 1\n' >stages.ini
"$harmonium" train stages.ini --subset 200 -o stages.safetensors --metrics stages.jsonl --quiet
[ "$(sed 's/.*"stage": "\([a-z-]*\)", "stage_index": \([0-9]\).*/\1 \2/' stages.jsonl | tr '\n' ' ')" = \
    'greedy 0 greedy 0 greedy 0 up-down 1 ' ] || fail "the stages are not run in their order"
printf '[up-down]\nsteps = 2\n' >no-epochs.ini
expect 2 'say how many epochs' "$harmonium" train no-epochs.ini --kind dbn --layers "784 10 5" -o x.safetensors

# ---- 6. Classes with gaps, names, and machines that begin apart.
"$harmonium" train --data digits --kind classes --classes 2,5 $few --subset 200 -o gaps.safetensors
"$harmonium" info gaps.safetensors | grep -q 'class 5: offset' || fail "info does not show the classes"
"$harmonium" classify gaps.safetensors digits --part test --classes 2,5 -n 40 2>err | cut -d' ' -f1 | sort -u | tr '\n' ' ' |
    grep -q '^2 5 $' || fail "classify does not print the labels of the data"
expect 2 'classes are 2, 5' "$harmonium" sample gaps.safetensors --machine 3 -o s.png
"$harmonium" train --data digits --kind dbn --layers "784 20" --classes 2,5 ${few#--hidden 10} -o gap-dbn.safetensors
"$harmonium" info gap-dbn.safetensors | grep -q 'classes   2 5' || fail "a net does not know its classes"
"$harmonium" classify gap-dbn.safetensors digits --part test --classes 2,5 -n 40 --quiet | cut -d' ' -f1 | sort -u |
    grep -qv '^[25]$' && fail "a net names classes that are none of its own"
"$harmonium" sample gap-dbn.safetensors --label 5 -n 2 --gibbs-steps 3 -o s.npy --quiet
"$harmonium" train --data digits --kind classes --classes 2,5 --hidden 10 --epochs 0 -o start.safetensors --quiet
if [ $has_python = yes ]; then
    "$python" - <<'PY' || exit 1
import json, sys, numpy as np
b = open("start.safetensors", "rb").read(); n = int.from_bytes(b[:8], "little"); h = json.loads(b[8:8 + n])
W = [np.frombuffer(b[8 + n:][slice(*h[f"class{k}.W"]["data_offsets"])], "f4") for k in (0, 1)]
sys.exit("the machines begin alike" if np.array_equal(*W) else 0)
PY
fi

# Classes that are words, in a column of a table.
printf 'a,b,kind\n' >animals.csv
for i in 1 2 3 4 5 6 7 8 9 10; do printf '1,0,cat\n0,1,dog\n' >>animals.csv; done
"$harmonium" train animals.csv --label-column kind --kind classes --hidden 2 --epochs 20 --batch-size 5 -o animals.safetensors --quiet
"$harmonium" data animals.csv --label-column kind | grep -q 'class 0 (cat): 10' || fail "data does not show the words"
"$harmonium" info animals.safetensors | grep -q 'class dog: offset' || fail "info does not show the words"
"$harmonium" classify animals.safetensors animals.csv --label-column kind 2>err | cut -d' ' -f1 | sort -u | tr '\n' ' ' |
    grep -q '^cat dog $' || fail "classify does not print the words"
grep -q 'errors: 0 of 20' err && grep -q 'cat   dog' err || { cat err; fail "the table of classes lacks the words"; }
"$harmonium" sample animals.safetensors --machine dog -n 2 --gibbs-steps 3 -o animals.npy --quiet
expect 2 'classes are cat, dog' "$harmonium" sample animals.safetensors --machine cow -o animals.npy

# ---- 7. The format follows the name.
expect 2 'writes .png .npy .csv' "$harmonium" sample p.safetensors -o samples.jpg
expect 2 'writes .npy .csv' "$harmonium" transform p.safetensors digits -o features
expect 2 'a model is a safetensors file' "$harmonium" train digits $few -o model.png
expect 0 '' "$harmonium" transform p.safetensors digits -n 3 -o features.csv
[ "$(wc -l <features.csv)" = 3 ] || fail "three cases give three lines"
expect 0 '' "$harmonium" train bits.csv --hidden 2 --epochs 1 -o b.safetensors
expect 0 'by 1 machine, in the units' "$harmonium" reconstruct b.safetensors bits.csv -o r.csv
expect 1 'no picture' "$harmonium" reconstruct b.safetensors bits.csv -o r.png

# ---- 8. Colour, through a model and back.
if [ $has_python = yes ]; then
    "$python" - <<'PY'
import struct, zlib, numpy as np
def png(name, x):
    h, w, _ = x.shape
    raw = b"".join(b"\0" + r.tobytes() for r in x)
    chunk = lambda t, d: struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
    open(name, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) +
                           chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))
import os
os.mkdir("flags")
for i in range(12):
    x = np.zeros((6, 8, 3), "u1"); x[:, : 2 + i % 5] = (250, 20, 10); x[:, 2 + i % 5 :] = (10, 20, 250)
    png(f"flags/{i:02}.png", x)
PY
    if "$harmonium" train flags --hidden 8 --epochs 30 -o flags.safetensors --quiet 2>err; then
        "$harmonium" info flags.safetensors | grep -q '6 x 8, in colour' || fail "the model does not know its colours"
        expect 0 '' "$harmonium" reconstruct flags.safetensors flags -n 4 -o flags.png
        expect 0 '' "$harmonium" show flags.safetensors -o flags-features.png
        expect 0 '' "$harmonium" sample flags.safetensors flags -n 2 --clamp left --gibbs-steps 5 -o filled.png
        expect 0 '' "$harmonium" train flags --grey --hidden 3 --epochs 1 -o grey.safetensors
        "$harmonium" info grey.safetensors | grep -q 'grey = yes' || fail "grey is not remembered"
        expect 0 '' "$harmonium" score grey.safetensors flags
    else
        grep -q 'libpng' err || { cat err; fail "no model of colour pictures"; }
    fi
fi

# Pictures that move about in training, and only there.
expect 0 'jitter of 1' "$harmonium" train digits --jitter 1 --hidden 10 --epochs 2 --subset 300 -o jitter.safetensors
expect 0 '' "$harmonium" score jitter.safetensors digits -n 2
expect 1 'no pictures' "$harmonium" train bits.csv --jitter 1 --hidden 2 --epochs 1 -o b.safetensors

# ---- 13. Pictures: what is done to them is remembered, but for what is only for learning; and can be looked at.
"$harmonium" train digits --contrast 0.667 --frame 33x33 --crop 30x30 --mirror --visible gaussian $few -o windows.safetensors
"$harmonium" info windows.safetensors >windows
for text in 'contrast = 0.667' 'frame = 33x33' 'crop = 30x30'; do
    grep -q "$text" windows || fail "info does not tell $text"
done
grep -q 'mirror = yes *$' windows && sed -n '/^preparation of the data/,/^$/p' windows | grep -q mirror && fail "mirroring is no preparation"
"$harmonium" score windows.safetensors digits -n 5 --quiet >told
"$harmonium" score windows.safetensors digits -n 5 --quiet >again
cmp -s told again || fail "windows of new data are by chance"
"$harmonium" data digits --subset 50 --contrast 0.667 --crop 20x20 -n 9 -o grid.png --quiet >/dev/null
[ -s grid.png ] || "$harmonium" info | grep -q 'png *absent' || fail "data draws no picture"
expect 1 'no pictures' "$harmonium" data bits.csv -o grid.png
expect 1 'frame that holds them' "$harmonium" data digits --frame 20x20
"$harmonium" info | grep -q 'fftw *present' || expect 1 'libfftw3-dev' "$harmonium" data digits --whiten frequency

# ---- 12. What a model is for chooses its defaults.
"$harmonium" help train | tr -s ' \n' ' ' | grep -q 'aim WHAT what the defaults suit: features' || fail "help train does not explain the aim"
expect 0 'take samples for a generative model' "$harmonium" train digits --hidden 10 --epochs 1 --subset 300 --aim generative \
    --visible-states probabilities -o aim.safetensors
"$harmonium" train digits $few --aim generative --metrics aim.jsonl -o aim.safetensors
[ "$(grep -o '"steps": [0-9]*' aim.jsonl | tr '\n' ' ')" = '"steps": 1 "steps": 10 ' ] || fail "the steps do not grow from 1 to 10"

# ---- 10. Usage.
printf '[learn]\nepochs = 3\nepochs = 4\n' >twice.ini
expect 2 'line 3: epochs of \[learn\] is said twice' "$harmonium" train twice.ini -o b.safetensors
expect 2 'between 0 and 1000' "$harmonium" train digits --steps 2000 -o b.safetensors
expect 2 'whole number' "$harmonium" train digits --epochs 1.5 -o b.safetensors
expect 0 '' "$harmonium" train bits.csv --epochs 1e0 --hidden 2 -o b.safetensors
NO_COLOR=1 "$harmonium" show p.safetensors --terminal --quiet >letters
grep -q "$(printf '\033')" letters && fail "NO_COLOR is not respected"
COLUMNS=90 "$harmonium" help train | awk 'length > 90 { exit 1 }' || fail "help is wider than the terminal"
COLUMNS=40 "$harmonium" show p.safetensors --terminal --quiet | head -n 1 | tr -cd '\342' | wc -c | grep -q '^ *40$' ||
    fail "a picture is not as wide as the terminal"

# ---- 11. The page of a run.
"$harmonium" train digits $few --pictures page -o paged.safetensors 2>/dev/null
"$harmonium" sample paged.safetensors -n 4 --gibbs-steps 2 -o page/samples.png --quiet
for text in 'weights.gif' 'curve-error.png' 'harmonium train digits' 'harmonium sample paged.safetensors' 'reconstruction error at the end'; do
    grep -q -- "$text" page/index.html || fail "the page lacks $text"
done
[ "$(grep -c '"samples.png"' page/index.html)" = 1 ] || fail "a picture stands twice on the page"
echo "all well"
