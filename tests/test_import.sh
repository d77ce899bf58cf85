#!/bin/sh
# Weights of other programs: which tensor or file becomes what, the exact free energies of a published machine, and what
# is said where files do not fit. numpy writes the inputs; without it the parts that need them are skipped.
set -eu
. tests/expect.sh
text_is=-F
cd "$folder"
import() { expect 0 '' "$harmonium" import "$@"; }
refuse() { code=$1 text=$2; shift 2; expect "$code" "$text" "$harmonium" import "$@" -o refused.safetensors; }
energies() { "$harmonium" score "$1" v.csv --quiet "${2:---invert=no}"; }
# alike A B WHAT: models that give the same free energies.
alike() {
    energies "$1" >first && energies "$2" >second && cmp -s first second || fail "$3"
}

# ---- 1. CSV alone: 3 visible, 2 hidden units.
printf '1,-2\n0.5,3\n-1,0.25\n' >W.csv
printf '1,0.5,-1\n-2,3,0.25\n' >turned.csv
printf '0.5\n-1\n2\n' >b.csv
printf '1,-0.5\n' >c.csv
printf '1,0,1\n0,1,1\n0,0,0\n' >v.csv
import W.csv b.csv c.csv -o whole.safetensors
grep -q '3 visible and 2 hidden units' err || fail "the size is not told"
"$harmonium" info whole.safetensors | grep -q 'import: W.csv, visible biases: b.csv, hidden biases: c.csv' || fail "no history"
energies whole.safetensors | awk -v ok=0 'NR == 3 { ok = ($1 + log(1 + exp(1)) + log(1 + exp(-0.5)))^2 < 1e-10 } END { exit !ok }' ||
    fail "F(0) is not -sum log(1 + exp(c))"
# v = (1, 0, 1): b'v = 2.5, inputs c + v'W = (1, -2.25)
energies whole.safetensors | awk 'NR == 1 { exit !(($1 + 2.5 + log(1 + exp(1)) + log(1 + exp(-2.25)))^2 < 1e-10) }' ||
    fail "F(1, 0, 1) is wrong"
import turned.csv --transposed --hidden-bias c.csv --visible-bias b.csv -o turned.safetensors
alike whole.safetensors turned.safetensors "--transposed"
import W.csv c.csv --visible-bias b.csv -o sides.safetensors
alike whole.safetensors sides.safetensors "an operand beside an option"
import W.csv c.csv -o only-c.safetensors
import W.csv --hidden-bias c.csv -o named-c.safetensors
alike only-c.safetensors named-c.safetensors "a lone bias goes where it fits"
import W.csv -o bare.safetensors
energies bare.safetensors | awk 'NR == 3 { exit !(($1 + 2 * log(2))^2 < 1e-10) }' || fail "biases that are not there are zero"

# Learning goes on from what was imported, however little it learns, and begins anew where that is asked for.
for epochs in 0 1; do
    expect 0 '' "$harmonium" train v.csv --from whole.safetensors --epochs $epochs --learning-rate 1e-30 -o on.safetensors --force --quiet
    alike whole.safetensors on.safetensors "--from with $epochs epochs keeps the weights"
done
expect 0 '' "$harmonium" train v.csv --from whole.safetensors --begin-anew --epochs 0 -o anew.safetensors --quiet
energies anew.safetensors | awk 'NR == 3 { exit !(($1 + 2 * log(2))^2 < 1e-3) }' || fail "--begin-anew begins with small weights"

# Gaussian units on both sides with large weights have no likelihood, and nothing gives NaN in its place; nor does it take long.
printf '2,0\n0,2\n' >large.csv
printf '1,0\n0.3,-1\n' >g.csv
import large.csv --visible gaussian --hidden gaussian -o unbounded.safetensors
for verb in "sample -n 2 -o s.csv" "evaluate g.csv" "anneal" "reconstruct g.csv --gibbs-steps 1000 -o s.csv"; do
    set -- $verb
    first=$1
    shift
    expect 1 'no finite partition function' "$harmonium" "$first" unbounded.safetensors "$@"
    [ ! -s out ] && [ ! -e s.csv ] || fail "$first writes what it does not know"
done
printf '0.5,0\n0,0.5\n' >small.csv
import small.csv --visible gaussian --hidden gaussian -o bounded.safetensors
expect 0 '' "$harmonium" sample bounded.safetensors -n 2 -o s.csv
printf '1e30,1e30\n1e30,1e30\n' >huge.csv
import huge.csv --visible gaussian --hidden "binomial 2x3" -o huge.safetensors
expect 1 'log Z is no finite number' "$harmonium" evaluate huge.safetensors g.csv
printf '1e30,0\n' >far.csv
import huge.csv --visible gaussian --hidden gaussian -o far.safetensors
expect 1 'no finite number' "$harmonium" reconstruct far.safetensors far.csv -o r.csv
expect 1 'no finite number' "$harmonium" transform far.safetensors far.csv -o t.csv
[ ! -e r.csv ] && [ ! -e t.csv ] || fail "what is no number is written"
printf '1e17,1e17\n1e17,1e17\n' >steep.csv
import steep.csv --visible gaussian --hidden relu -o steep.safetensors
expect 0 '' timeout 10 "$harmonium" score steep.safetensors g.csv --quiet

# ---- 2. Units, pictures, preparation.
import W.csv --visible gaussian --hidden "relu 2" --shape 1x3 -o kinds.safetensors
"$harmonium" info kinds.safetensors >info
grep -q 'gaussian 3' info && grep -q 'relu 2' info && grep -q '1 x 3' info || { cat info; fail "units or pictures"; }
import W.csv b.csv c.csv --invert --scale 0.5 --binarise threshold --threshold 0.7 -o prepared.safetensors
"$harmonium" info prepared.safetensors >info
for line in 'scale = 0.5' 'invert = yes' 'binarise = threshold' 'threshold = 0.7'; do
    grep -q "$line" info || { cat info; fail "the model forgets $line"; }
done
"$harmonium" score prepared.safetensors v.csv --quiet >told
"$harmonium" score whole.safetensors v.csv --quiet --invert --scale 0.5 --binarise threshold --threshold 0.7 >said
cmp -s told said || fail "the preparation is not applied"
import W.csv --resize 1x3 -o resized.safetensors
"$harmonium" info resized.safetensors | grep -q '1 x 3' || fail "--resize is the size of the pictures"
refuse 1 'shape = 2x2: is 4 values, but the model has 3 visible units' W.csv --shape 2x2
import W.csv --shape 3x1x1 -o coloured.safetensors
"$harmonium" info coloured.safetensors | grep -q '1 x 1, in colour' || fail "pictures in colour"
import W.csv --resize 1x1 -o coloured.safetensors
"$harmonium" info coloured.safetensors | grep -q '1 x 1, in colour' || fail "pictures in colour, resized"
refuse 2 'must be height x width' W.csv --shape 2x1x1
refuse 2 'leave out --shape' W.csv --shape 2x2 --resize 1x3
refuse 1 'visible = gaussian 4: is 4 units, but W.csv is 3 x 2' W.csv --visible "gaussian 4"
refuse 2 'has no option --standardise' W.csv --standardise
refuse 2 'has no option --epochs' W.csv --epochs 3

# ---- 3. What does not fit.
refuse 1 'b.csv is 3 x 1, but turned.csv is 2 x 3 (visible x hidden): its visible biases are 2 numbers; add --transposed' turned.csv b.csv c.csv
refuse 1 'add --transposed' turned.csv --visible-bias b.csv
refuse 1 'leave out --transposed' W.csv b.csv c.csv --transposed
printf '1\n2\n3\n4\n' >four.csv
refuse 1 'four.csv is 4 x 1, but W.csv is 3 x 2 (visible x hidden): it has neither' W.csv four.csv
refuse 1 'its visible biases are 3 numbers; name files that belong together' W.csv four.csv c.csv
refuse 1 'W.csv is 3 x 2, but' W.csv --hidden-bias W.csv
printf '1,2\n3,4\n' >square.csv
refuse 2 'say which they are with --visible-bias c.csv or --hidden-bias c.csv' square.csv c.csv
import square.csv --hidden-bias c.csv -o square.safetensors
import square.csv c.csv --visible-bias c.csv -o square.safetensors
refuse 2 '3 files of biases' W.csv b.csv c.csv --visible-bias b.csv
refuse 2 'names a tensor of a safetensors file' W.csv --weights W
refuse 1 'nowhere.csv' nowhere.csv
refuse 1 'nowhere.csv' W.csv nowhere.csv
refuse 2 'one argument too many' W.csv b.csv c.csv b.csv
expect 2 'say where the model goes' "$harmonium" import W.csv
expect 2 'usage: harmonium import' "$harmonium" import
expect 2 'read by this command' "$harmonium" import W.csv -o W.csv
cp b.csv b
expect 2 'read by this command' "$harmonium" import W.csv --visible-bias b -o b
expect 2 'a model is a safetensors file' "$harmonium" import W.csv -o model.npy
refuse 2 'is a Harmonium model already' whole.safetensors
printf 'PK\003\004 not this' >broken.safetensors
refuse 1 'broken.safetensors' broken.safetensors
[ ! -e refused.safetensors ] || fail "a model was written although the import failed"

# ---- 4. What numpy writes.
python=
for candidate in python3 /usr/bin/python3; do # the second is the system's, which sees its packages
    "$candidate" -c 'import numpy' 2>/dev/null && python=$candidate && break
done
if [ -n "$python" ]; then
    "$python" - <<'PY'
import json, struct
import numpy as np
W = np.array([[1, -2], [.5, 3], [-1, .25]]); b = np.array([.5, -1, 2]); c = np.array([1, -.5])
for t in "f2", "f4", "f8", ">f4":
    np.save("W-%s.npy" % t, W.astype(t)); np.save("b-%s.npy" % t, b.astype(t)); np.save("c-%s.npy" % t, c[None].astype(t))
np.save("fortran.npy", np.asfortranarray(W))
np.save("bytes.npy", np.array([[0, 255], [7, 1], [3, 2]], "u1")); np.save("floats.npy", np.array([[0, 255], [7, 1], [3, 2]], "f4"))
np.save("cube.npy", np.zeros((3, 2, 2)))
bad = W.copy(); bad[2, 1] = np.nan; np.save("nan.npy", bad)
bad[2, 1] = 1e300; np.save("huge.npy", bad)
def bf16(x):
    return (np.asarray(x, "<f4").view("<u4") >> 16).astype("<u2").tobytes()
def write(path, tensors, metadata=None, header_rest=None):
    header = {"__metadata__": metadata} if metadata else {}
    body = b""
    for name, (dtype, array) in tensors.items():
        a = np.asarray(array)
        data = bf16(a) if dtype == "BF16" else a.astype({"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8"}[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(a.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    if header_rest is not None: # the first byte of the file: the low one of the header's length
        text += b" " * ((header_rest - len(text)) % 256)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + body)
for t in "F16", "BF16", "F32", "F64":
    write(t + ".safetensors", {"rbm.weight": (t, W), "rbm.bv": (t, b[None]), "rbm.bh": (t, c), "steps": ("I64", 7)}, {"format": "pt"})
write("linear.safetensors", {"fc.weight": ("F32", W.T), "fc.bias": ("F32", c)})
write("odd.safetensors", {"w": ("F32", W), "x": ("F32", b), "y": ("F32", c)}, header_rest=0x5b) # "[", as a recipe begins
write("other-name.bin", {"w": ("F32", W), "x": ("F32", b), "y": ("F32", c)}, header_rest=0xb3)
write("two.safetensors", {"enc": ("F32", W), "dec": ("F32", W.T), "b": ("F32", b), "c": ("F32", c), "m": ("F32", -b)})
write("square.safetensors", {"w": ("F32", np.eye(2)), "p": ("F32", c), "q": ("F32", -c)})
write("square-one.safetensors", {"w": ("F32", np.eye(2)), "p": ("F32", c)})
write("none.safetensors", {"b": ("F32", b), "ids": ("I64", [[1, 2], [3, 4]])})
write("nan.safetensors", {"w": ("F16", W), "b": ("F16", [1, np.inf, 2])})
write("cube.safetensors", {"w": ("F32", np.zeros((2, 2, 2))), "e": ("F32", np.zeros((0, 3)))})
write("tricks.safetensors", {"a\x1b[2J\u009b": ("F32", W), "b": ("F32", W)})
PY
    for t in f2 f4 f8 '>f4'; do
        import "W-$t.npy" "b-$t.npy" "c-$t.npy" -o npy.safetensors
        alike whole.safetensors npy.safetensors "NPY of $t"
    done
    import fortran.npy b.csv c.csv -o npy.safetensors
    alike whole.safetensors npy.safetensors "NPY in Fortran order"
    import bytes.npy -o bytes.safetensors
    import floats.npy -o floats.safetensors
    alike bytes.safetensors floats.safetensors "bytes are not scaled as pixels are"
    refuse 1 'more than two axes' cube.npy
    refuse 1 'nan.npy: row 2, column 1 (counted from 0) is nan' nan.npy
    refuse 1 'huge.npy: row 2, column 1 (counted from 0) is inf' huge.npy

    for t in F16 BF16 F32 F64; do
        import $t.safetensors -o tensors.safetensors
        alike whole.safetensors tensors.safetensors "safetensors of $t"
    done
    "$harmonium" info tensors.safetensors |
        grep -q 'import: F64.safetensors: rbm.weight, visible biases: F64.safetensors: rbm.bv, hidden' || fail "no history of tensors"
    import linear.safetensors --transposed -o linear.safetensors.out
    alike only-c.safetensors linear.safetensors.out "a Linear layer"
    import odd.safetensors -o tensors.safetensors
    alike whole.safetensors tensors.safetensors "a header whose length looks like a recipe"
    import other-name.bin -o tensors.safetensors
    alike whole.safetensors tensors.safetensors "safetensors by another name"
    refuse 2 'holds several matrices; choose with --weights NAME among its tensors: enc F32 [3, 2], dec F32 [2, 3]' two.safetensors
    refuse 2 'several tensors may be the visible biases; choose with --visible-bias' two.safetensors --weights enc
    refuse 2 'holds no tensor "nix"; choose with --weights' two.safetensors --weights nix
    refuse 1 'two.safetensors: enc is 3 x 2, but two.safetensors: enc is 3 x 2' two.safetensors --weights enc --visible-bias enc
    refuse 1 'its visible biases are 2 numbers; add --transposed' two.safetensors --weights dec --visible-bias b --hidden-bias c
    import two.safetensors --weights dec --transposed --visible-bias b -o tensors.safetensors
    alike whole.safetensors tensors.safetensors "tensors by name"
    refuse 2 'choose with --visible-bias' square.safetensors
    refuse 2 'one tensor may as well be the visible biases' square-one.safetensors
    import square.safetensors --visible-bias q -o square.out
    "$harmonium" info square.out | grep -q 'hidden biases: square.safetensors: p' || fail "the other list is the other bias"
    import square-one.safetensors --hidden-bias p -o square.out
    "$harmonium" info square.out | grep -q 'visible biases: zero' || fail "a bias was taken twice"
    refuse 2 'holds no matrix of real numbers' none.safetensors
    refuse 1 'is of type I64; weights and biases are' none.safetensors --weights ids
    refuse 1 'nan.safetensors: b: row 1, column 0 (counted from 0) is inf' nan.safetensors
    refuse 1 'has 3 axes and 8 numbers' cube.safetensors --weights w
    refuse 1 'has 2 axes and 0 numbers' cube.safetensors --weights e
    refuse 2 'one argument too many; the biases are tensors' F32.safetensors b.csv
    refuse 2 'a?[2J??' tricks.safetensors
else
    echo "skipped: no numpy to write NPY and safetensors with"
fi

# ---- 5. The machine that Salakhutdinov and Murray (2008) published: mean log P*(v) = -F(v) of its data, computed once
# in double precision from the same files.
published=${HARMONIUM_DATA:-}/sm08
if [ -e "$published/W.npy" ]; then
    import "$published/W.npy" "$published/visible_bias.npy" "$published/hidden_bias.npy" --shape 28x28 -o sm08.safetensors
    for expected in "test 364.9259" "train 368.1723"; do
        "$harmonium" score sm08.safetensors sm08 --part "${expected% *}" --quiet |
            awk -v known="${expected#* }" '{ sum -= $1 } END { d = sum / NR - known; exit !(NR > 0 && d * d < 0.001 * 0.001) }' ||
            fail "the mean of -F(v) is not ${expected#* } over $expected"
    done
else
    echo "skipped: no sm08 in HARMONIUM_DATA for the exact check"
fi
echo "all well"
