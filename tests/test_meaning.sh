#!/bin/sh
# What data mean is remembered by the model: classes and columns by their names, bytes as bytes. What would be ignored or changed in silence
# is refused.
set -eu
. tests/expect.sh
cd "$folder"

# table FILE CLASS.. writes three features that tell the classes apart, and the class of each case.
table() {
    file=$1
    shift
    echo a,b,c,kind >"$file"
    for i in 1 2 3 4 5 6 7 8; do
        for class; do
            case $class in
            ant) echo 1,0,0,ant ;;
            bee) echo 0,1,0,bee ;;
            cow) echo 0,0,1,cow ;;
            *) echo "1,1,1,$class" ;;
            esac
        done
    done >>"$file"
}
table train.csv ant bee cow
table part.csv bee cow
table one.csv cow
table strange.csv ant dog
sed 's/\(.*\),\(.*\),\(.*\),\(.*\)/\4,\3,\1,0,\2/; s/kind,c,a,0,b/kind,c,a,extra,b/' part.csv >moved.csv
sed 's/,c,/,d,/' part.csv >renamed.csv

# ---- 1. Classes by their names, in files that lack some, and in every kind of model that has classes.
learn="--label-column kind --quiet --threads 1 --seed 3"
"$harmonium" train train.csv $learn --kind dbn --layers "3, 12" --epochs 60 --batch-size 6 -o dbn.safetensors
"$harmonium" train train.csv $learn --kind net --layers "3 12 3" --backprop-epochs 60 --backprop-batch-size 6 -o net.safetensors
"$harmonium" train train.csv $learn --kind classes --hidden 4 --epochs 60 --batch-size 6 -o classes.safetensors
for model in dbn net classes; do
    for data in train part one moved; do
        expect 0 "" "$harmonium" classify $model.safetensors $data.csv --label-column kind
        grep -q "errors: 0 of" "$folder/err" || { cat "$folder/err"; fail "$model names the cases of $data.csv wrongly"; }
    done
    expect 1 "of the class dog, which is none of the model's (ant, bee, cow)" "$harmonium" classify $model.safetensors strange.csv --label-column kind
    expect 0 "errors: 0 of 8" "$harmonium" classify $model.safetensors strange.csv --label-column kind --classes ant
    expect 1 'no column "c", which the model learned from' "$harmonium" classify $model.safetensors renamed.csv --label-column kind
done
expect 0 "its columns stand in another order" "$harmonium" classify dbn.safetensors moved.csv --label-column kind
expect 0 'beginning with "extra", are unknown to the model and left out' "$harmonium" classify dbn.safetensors moved.csv --label-column kind
"$harmonium" classify dbn.safetensors one.csv --label-column kind -o one-answers.csv >/dev/null 2>&1
grep -q '^0,cow,cow,' one-answers.csv || fail "the table of answers names the classes otherwise"

# Going on with a file that lacks a class teaches the classes that are there, and leaves the model's names.
for model in dbn classes; do
    "$harmonium" train part.csv $learn --from $model.safetensors --epochs 20 --batch-size 4 -o more.safetensors
    expect 0 "" "$harmonium" classify more.safetensors part.csv --label-column kind
    grep -q "errors: 0 of" "$folder/err" || fail "$model learned the wrong classes"
    "$harmonium" info more.safetensors >told
    grep -q "ant" told && grep -q "cow" told || fail "names were lost"
done
expect 1 "of the class dog" "$harmonium" train strange.csv $learn --from dbn.safetensors --epochs 1 -o x.safetensors

# ---- 2. Bytes.
npy() { # FILE TYPE N-FEATURES: the bytes come from stdin
    head="{'descr': '$2', 'fortran_order': False, 'shape': (2, $3), }"
    { printf '\223NUMPY\001\000'; number 118 2; printf '%-117s\n' "$head"; cat; } >"$1"
}
printf '\000\377\200\100\000\100' | npy bytes.npy "|u1" 3
printf '0,255,128\n64,0,64\n' >bytes.csv
printf '\000\001\001\000\001\000' | npy bits.npy "|u1" 3
printf '0,1,1\n0,1,0\n' >bits.csv
"$harmonium" train bytes.npy --hidden 2 --epochs 1 -o b.safetensors --quiet
"$harmonium" info b.safetensors | grep -q "0 to 255 in the file, bytes, multiplied by 1/255" || fail "info does not tell what was done to bytes"
"$harmonium" score b.safetensors bytes.npy --quiet >bytes.out
"$harmonium" score b.safetensors bytes.csv >text.out 2>err
cmp -s bytes.out text.out || fail "the same numbers as text score otherwise"
grep -q "multiplied by 1/255, as the bytes were" err || fail "what was done is not told"
expect 0 "all 0 or 1.*--scale 1" "$harmonium" data bits.npy
expect 0 "" "$harmonium" data bits.npy --scale 1
grep -q . "$folder/err" && fail "--scale 1 is warned of" || true
"$harmonium" train bits.csv --hidden 2 --epochs 1 -o f.safetensors --quiet
"$harmonium" score f.safetensors bits.csv --quiet >bits.out
"$harmonium" score f.safetensors bits.npy --quiet >bytes.out
cmp -s bits.out bytes.out || fail "bits score otherwise when they are kept as bytes"

# ---- 3. Large offsets lose what a float cannot hold.
awk 'BEGIN { print "time,x"; for (i = 0; i < 50; i++) print 1700000000 + i "," i }' >times.csv
expect 0 "feature 0 (time) .* steps of" "$harmonium" data times.csv --standardise
awk 'BEGIN { print "time,x"; for (i = 0; i < 50; i++) print 1700 + i "," i }' >small.csv
expect 0 "" "$harmonium" data small.csv --standardise
grep -q steps "$folder/err" && fail "a small offset is warned of" || true

# ---- 4. What --from and unused options would change or ignore in silence.
few="--epochs 1 --quiet --threads 1"
"$harmonium" train bits.csv --hidden 2 $few -o rbm.safetensors
for option in "--kind dbn" "--hidden 7" "--visible gaussian" "--layers 3,50,100"; do
    expect 2 "goes on with a model as it is" "$harmonium" train bits.csv --from rbm.safetensors $option $few -o x.safetensors
done
"$harmonium" train bits.csv --from rbm.safetensors --hidden 2 $few -o x.safetensors || fail "what the model is may be said again"
"$harmonium" train part.csv --label-column kind --from dbn.safetensors --kind dbn --layers "3, 12" $few -o x.safetensors || fail "likewise of a stack"
"$harmonium" info x.safetensors | grep -q "layers = bernoulli 3 | bernoulli 12" || fail "the recipe does not say the layers of the model"
expect 2 "goes on with a model as it is (dbn" "$harmonium" train part.csv --from dbn.safetensors --kind dbn --layers "3, 12, 5" $few -o x.safetensors
while read -r options; do
    expect 2 "is not used where" "$harmonium" train bits.csv $options $few -o x.safetensors
done <<'END'
--temperatures 5
--learner pcd --snapshots 9
--fast-rate 0.1
--chains 50
--learner exact --steps 5
--sparsity-cost 0.3
--visible gaussian --kind dbn --layers 3,4
--label-units none
--kind net --layers 3,2 --backprop-epochs 1 --backprop-iterations 9
--kind net --layers 3,2 --backprop-epochs 1 --backprop-method lbfgs --backprop-momentum 0.7
END
"$harmonium" train bits.csv --learner tempering --temperatures 3 --chains 4 $few -o x.safetensors || fail "what is used is refused"

# ---- 5. Names of outputs, and models that are replaced.
for name in two.txt model.csv model.net model.pt; do
    expect 2 "a model is a safetensors file" "$harmonium" train bits.csv $few -o $name
    [ ! -e $name ] || fail "$name was written"
done
expect 0 "is there already, and is replaced" "$harmonium" train bits.csv --hidden 2 --epochs 1 -o rbm.safetensors

# ---- 6. Softmax units are one of several.
printf '1,0,0,0,1,0\n0,0,1,1,0,0\n' >good.csv
printf '1,0,0,0,1,0\n0,0,1,1,1,0\n' >two.csv
printf '1,0,0,0,1,0\n0,0,0,1,0,0\n' >none.csv
"$harmonium" train good.csv --visible "softmax 6x3" --hidden 2 $few -o s.safetensors
for data in two none; do
    expect 1 "case 1 (counted from 0): features . to . add up to" "$harmonium" train $data.csv --visible "softmax 6x3" --hidden 2 $few -o x.safetensors
    expect 1 "case 1 (counted from 0): features . to . add up to" "$harmonium" score s.safetensors $data.csv
done

# ---- 7. Recipes are known by a section, and only by one: data that begin with a bracket are data.
printf '[[0.1,0.2],[0.3,0.5]]\n' >json.csv
printf '[0.1, 0.2]\n[0.3, 0.4]\n' >list.txt
printf '[x],[y]\n1,2\n3,5\n' >bracket.csv
for data in json.csv list.txt; do
    expect 1 "$data: " "$harmonium" data $data
    expect 1 "$data: " "$harmonium" train $data --hidden 2 $few -o x.safetensors
done
expect 0 "" "$harmonium" data bracket.csv
printf '\357\273\277; by hand\n\n [data] ; here\n data = bits.csv\n' >recipe
expect 0 "" "$harmonium" data recipe
printf '[dat]\ndata = bits.csv\n' >recipe
expect 2 "did you mean .data." "$harmonium" data recipe

# ---- 8. Names of columns that cannot be kept are told of.
printf 'a,b,b\n1,0,1\n0,1,1\n' >twice.csv
printf 'a,b\n0,0,1\n0,1,1\n' >few.csv
printf 'a,b,c,d\n1,0,1\n0,1,1\n' >many.csv
printf 'a\n0,1\n0,3\n' >comma.csv
expect 0 "two of its columns have the same name" "$harmonium" data twice.csv
expect 0 "names in its first line: 2, columns below: 3" "$harmonium" data few.csv
expect 0 "names in its first line: 4, columns below: 3" "$harmonium" data many.csv
expect 0 "write numbers with points" "$harmonium" data comma.csv

# ---- 9. Cases are drawn from a belief net as it is.
cat >two.bif <<'END'
network n { }
variable a { type discrete [ 2 ] { yes, no }; }
probability ( a ) { table 0.6, 0.4; }
END
expect 2 "leave --observe out" "$harmonium" belief two.bif --observe a=no -n 10 -o cases.csv
[ ! -e cases.csv ] || fail "cases were drawn in spite of --observe"
echo "meaning: all as it should be"
