#!/bin/sh
# The program as people run it: verbs, exit codes, messages, resuming after kill -9.
set -eu
. tests/expect.sh

two="--data digits --classes 2 --hidden 20 --epochs 3 --threads 2"
m=$folder/two.safetensors
"$harmonium" train $two -o "$m" --pictures "$folder/pictures" --metrics "$folder/metrics" --validation 100 --quiet
[ "$(wc -l <"$folder/metrics")" = 3 ] || fail "three epochs give three lines of metrics"
grep -q '"free_energy_gap"' "$folder/metrics" || fail "no gap with validation data"
for picture in weights-0-epoch-0003.png histograms.png curve-error.png hidden-probabilities.png weights.gif; do
    [ -s "$folder/pictures/$picture" ] || "$harmonium" info | grep -q absent || fail "no $picture"
done
"$harmonium" info "$m" | grep -q 'bernoulli 20' || fail "info does not show the layer"
"$harmonium" show "$m" -o "$folder/f.png" --quiet
"$harmonium" show "$m" --terminal | grep -q '▀' || fail "no picture in the terminal"
"$harmonium" reconstruct "$m" digits --part test --classes 3 -n 5 -o "$folder/r.png" --quiet | grep -q 'mean squared error'
"$harmonium" sample "$m" -n 9 --gibbs-steps 5 -o "$folder/s.npy" --quiet
[ "$(wc -c <"$folder/s.npy")" = $((128 + 9 * 784 * 4)) ] || fail "samples have the wrong size"
"$harmonium" transform "$m" digits -n 7 -o "$folder/h.npy" --quiet
[ "$("$harmonium" score "$m" digits -n 7 --quiet | wc -l)" = 7 ] || fail "seven scores"
"$harmonium" evaluate "$m" digits --part test --binarise threshold --quiet >"$folder/e"
grep -q 'log Z  .* exact' "$folder/e" && grep -q '^log P(v)' "$folder/e" || fail "20 hidden units are not enumerated"
"$harmonium" evaluate "$m" digits --part test --binarise threshold --partition ais --betas 100:1 --chains 20 --burn-in 10 \
    --json --quiet | grep -q '"log_likelihood_reverse_high": ' || fail "no bracket by AIS"
expect 0 'not binary (case 0 has' "$harmonium" evaluate "$m" digits --part test --subset 20
expect 2 'betas = 100:0.5: the end is not understood' "$harmonium" evaluate "$m" digits --partition ais --betas 100:0.5
"$harmonium" doctor "$m" digits >"$folder/e"
grep -q 'reconstruction error / variance' "$folder/e" || fail "the doctor measures nothing"
expect 0 'doctor: Reconstructions are as wrong as the mean' "$harmonium" train --data digits --subset 300 --hidden 10 --epochs 1 \
    --learning-rate 1e-6 -o "$folder/idle.safetensors"
# Belief nets and the units they are made of.
e=examples/nets/earthquake.net
"$harmonium" belief $e --observe jumps=1 -o "$folder/g.png" >"$folder/e"
grep -q '^1      0           0.499955' "$folder/e" || fail "the lecture's posterior"
"$harmonium" belief $e --observe jumps=1,earthquake=1 --explain -o "$folder/g.svg" | grep -q '^truck  *9.07916e-05' ||
    fail "the truck is not explained away"
grep -q '</svg>' "$folder/g.svg" || fail "no drawing"
"$harmonium" belief examples/nets/asia.bif --observe xray=yes --method elimination | grep -q 'by elimination, width 2' || fail "no width"
expect 2 'the values of jumps are 0 and 1' "$harmonium" belief $e --observe jumps=2
expect 2 'there is no node "house"' "$harmonium" belief $e --observe house=1
expect 0 'may never leave' "$harmonium" belief examples/nets/asia.bif --method gibbs --samples 50
"$harmonium" anneal $e --observe jumps=1 -o "$folder/a.png" | grep -q 'jumps=1$' || fail "no state of low energy"
"$harmonium" anneal "$m" --gibbs-steps 50 --temperatures 5,0.2 -o "$folder/a.png" | grep -q '^chain 10: energy -' || fail "no annealing"
expect 2 'the first and the last' "$harmonium" anneal "$m" --temperatures hot
"$harmonium" units -o "$folder/u.png" | grep -q '^ *2 ' || fail "no table of units"
expect 2 'numbers above 0' "$harmonium" units --temperatures 1,0
"$harmonium" help learners | grep -q 'Take it for a generative model' || fail "no advice on learners"
"$harmonium" help --man | grep -q '^.TH' || fail "no man page"
"$harmonium" train --help | grep -q -- --weight-cost || fail "help lacks an option"

c=$folder/classes.safetensors
"$harmonium" train --data digits --kind classes --hidden 20 --epochs 2 --subset 1000 -o "$c" --quiet
[ "$("$harmonium" classify "$c" digits --part test -n 50 --quiet | wc -l)" = 50 ] || fail "fifty labels"

# A deep belief net, half of its digits without labels, through every stage and every verb.
d=$folder/dbn.safetensors
"$harmonium" train --kind dbn --layers "784 30 40" --subset 600 --labelled 300 --epochs 2 --level2-epochs 3 \
    --up-down-epochs 1 --validation 100 -o "$d" --metrics "$folder/dbn-metrics" --quiet
[ "$(wc -l <"$folder/dbn-metrics")" = 6 ] || fail "2 + 3 + 1 epochs"
grep -q '"stage": "up-down".*"error_validation"' "$folder/dbn-metrics" || fail "no validation error in up-down"
"$harmonium" info "$d" | grep -q 'beside 10 labels' || fail "info does not show the labels"
"$harmonium" classify "$d" digits --part test -n 40 --confusion "$folder/c.png" --mistakes "$folder/w.png" --quiet |
    wc -l | grep -q '^ *40$' || fail "forty labels"
"$harmonium" classify "$d" digits --part test -n 4 --method gibbs --quiet >/dev/null
"$harmonium" sample "$d" -n 20 --label 3 --gibbs-steps 5 -o "$folder/three.npy" --quiet
"$harmonium" sample "$d" digits --part test -n 3 --clamp left --completions 2 --gibbs-steps 5 -o "$folder/half.npy" --quiet |
    grep -q 'not given' || fail "no error of the completions"
[ "$(wc -c <"$folder/half.npy")" = $((128 + 3 * 2 * 784 * 4)) ] || fail "completions have the wrong size"
"$harmonium" show "$d" --layer 2 --by sampling -n 10 -o "$folder/s.png" --quiet
"$harmonium" transform "$d" digits -n 7 -o "$folder/h1.npy" --quiet
"$harmonium" movie "$d" --seconds 2 -o "$folder/movie.gif" --quiet || "$harmonium" info | grep -q absent || fail "no movie"
"$harmonium" movie "$d" digits -n 2 -o "$folder/seen.gif" --quiet || "$harmonium" info | grep -q absent || fail "no movie"
# From data to answers: 3,000 digits, eight epochs; 12.9 to 13.9 % of 2,000 others are named wrongly (three seeds).
"$harmonium" train digits --kind dbn --layers "784, 100, 150" --subset 3000 --epochs 8 --batch-size 50 --level2-feed samples \
    --level2-aim generative -o "$folder/digits.safetensors" --quiet
for method in energy gibbs; do
    wrong=$("$harmonium" classify "$folder/digits.safetensors" digits --part test --method $method 2>&1 >/dev/null |
        sed -n 's/^errors: \([0-9]*\) of 2000.*/\1/p')
    [ "$wrong" -gt 20 ] && [ "$wrong" -lt 340 ] || fail "$wrong of 2000 digits named wrongly by $method"
done
n=$folder/net.safetensors
"$harmonium" train --from "$d" --subset 600 --backprop-epochs 2 -o "$n" --quiet
"$harmonium" info "$n" | grep -q 'feed-forward' || fail "backpropagation does not make a net"
"$harmonium" classify "$n" digits --part test -n 5 --quiet >/dev/null
a=$folder/auto.safetensors
"$harmonium" train --kind dbn --layers "bernoulli 784 | bernoulli 30 | gaussian 5" --label-units none --subset 300 --epochs 1 \
    --backprop-target data --backprop-epochs 1 -o "$a" --quiet
"$harmonium" reconstruct "$a" digits -n 5 -o "$folder/r.png" --quiet | grep -q 'mean squared error'

expect 2 'needs validation cases' "$harmonium" train --kind net --layers "784 10" --subset 100 --backprop-epochs 2 --backprop-patience 1 \
    -o "$n"
expect 1 'an autoencoder has no place for' "$harmonium" train --subset 100 --from "$d" --backprop-target data --backprop-epochs 1 -o "$n"

# Codes and back are what the autoencoder makes of the data; principal components stand beside it.
code_layer=2
"$harmonium" transform "$a" digits -n 5 --layer $code_layer -o "$folder/codes.csv" --quiet
"$harmonium" decode "$a" "$folder/codes.csv" --layer $code_layer -o "$folder/decoded.csv" --quiet
"$harmonium" reconstruct "$a" digits -n 5 --pca -o "$folder/again.csv" --quiet | grep -q 'principal components: mean squared error' ||
    fail "no principal components"
head -n 5 "$folder/again.csv" | cut -c1-400 >"$folder/again5"
cut -c1-400 "$folder/decoded.csv" | cmp - "$folder/again5" || fail "codes decode to something else"
"$harmonium" decode "$a" "$folder/codes.csv" --layer $code_layer -o "$folder/decoded.png" --quiet
expect 1 'choose the layer' "$harmonium" decode "$a" "$folder/codes.csv" --layer 1 -o "$folder/decoded.png"
"$harmonium" data digits --subset 20 -o "$folder/cases.svm" --quiet >/dev/null
grep -c '^[0-9] [1-9][0-9]*:' "$folder/cases.svm" | grep -qx 20 || fail "no cases for LIBSVM"
expect 2 'codes of 2 numbers' "$harmonium" transform "$a" digits --layer 1 -o "$folder/codes.png"

# Layers of maps, with a bias a map, through every stage.
maps="bernoulli 784 | bernoulli 2x40x5 | bernoulli 3x4x5"
"$harmonium" train digits --kind dbn --layers "$maps" --label-units none --subset 200 --epochs 1 --up-down-epochs 1 \
    -o "$folder/maps.safetensors" --pictures "$folder/maps" --quiet
"$harmonium" info "$folder/maps.safetensors" | grep -q 'bernoulli 2x40x5' || fail "the maps were lost"
"$harmonium" train digits --from "$folder/maps.safetensors" --subset 200 --backprop-target data --backprop-epochs 1 \
    -o "$folder/auto-maps.safetensors" --quiet
"$harmonium" reconstruct "$folder/auto-maps.safetensors" digits -n 3 -o "$folder/r.png" --quiet >/dev/null
"$harmonium" train digits --kind dbn --layers "bernoulli 784 | bernoulli 2x4x5" --subset 200 --epochs 1 -o "$folder/m.safetensors" --quiet
"$harmonium" classify "$folder/m.safetensors" digits -n 3 --quiet >/dev/null
expect 2 'beside which labels cannot stand' "$harmonium" train digits --kind dbn --layers "$maps" -o "$folder/m.safetensors"

expect 1 'no label units' "$harmonium" sample "$m" --label 3 -o "$folder/s.npy"
expect 2 'classes are 0, 1' "$harmonium" sample "$d" --label 12 -o "$folder/s.npy"
expect 2 'holds every feature' "$harmonium" sample "$d" digits --clamp 28x28+0+0 -o "$folder/s.npy"
"$harmonium" classify "$d" digits --part test -n 6 -o "$folder/all.csv" --quiet >/dev/null
[ "$(head -n 1 "$folder/all.csv" | cut -c1-29)" = 'case,label,answer,P(0),P(1),P' ] && [ "$(wc -l <"$folder/all.csv")" = 7 ] ||
    fail "the table of all answers is wrong"
expect 2 'one softmax group' "$harmonium" train digits --kind dbn --layers "784, 10" --label-units 10 -o "$d"
expect 1 'has 10 classes; write' "$harmonium" train digits --kind dbn --layers "784, 10" --label-units "softmax 9" -o "$d"
printf '[data]\ndata = digits\n[model]\nkind = dbn\nlayers = 784, 20, 10\nlabels = softmax 10\n[greedy]\nepochs = 1\n' >"$folder/dbn.ini"
"$harmonium" train "$folder/dbn.ini" --subset 200 -o "$folder/small.safetensors" --quiet
"$harmonium" info "$folder/small.safetensors" | grep -q 'beside 10 labels' || fail "labels = softmax 10 is not heeded"
expect 2 'leaves the picture' "$harmonium" sample "$d" digits --clamp 20x20+10+10 -o "$folder/s.npy"
expect 2 'left, right' "$harmonium" sample "$d" digits --clamp lefft -o "$folder/s.npy"
expect 2 'for --clamp' "$harmonium" sample "$d" digits -o "$folder/s.npy"
expect 2 'hidden layers 1 to 2' "$harmonium" show "$d" --layer 3 -o "$folder/s.png"
"$harmonium" show "$d" digits --subset 30 -n 10 --by sampling --patches 3 -o "$folder/s.png" --quiet
expect 2 'driven by labels as well; take layer 1' "$harmonium" show "$d" digits --layer 2 --patches 3 -o "$folder/s.png"
expect 1 'a class model has features for each class' "$harmonium" show "$c" digits --patches 3 -o "$folder/s.png"
expect 1 'features' "$harmonium" train --kind dbn --layers "100 30 40" -o "$d"
expect 1 'three' "$harmonium" train --kind dbn --layers "784 10" --subset 100 --epochs 1 --up-down-epochs 1 -o "$d"
expect 1 'generates nothing' "$harmonium" movie "$n" -o "$folder/movie.gif"
expect 1 'no free energy' "$harmonium" score "$d" digits
expect 1 'generates nothing' "$harmonium" evaluate "$n" digits
"$harmonium" doctor "$n" digits >"$folder/e" && grep -q 'cases named wrongly' "$folder/e" || fail "the doctor does not look at nets"
"$harmonium" evaluate "$d" digits --part test --subset 50 --binarise threshold --partition ais --betas 50:1 --chains 10 \
    --burn-in 5 --quiet | grep -q '^bound on log P(v)' || fail "no bound of a deep belief net"

# A second level that begins as the first one turned over is the same model: its bound is the first one's likelihood.
toy="bars-and-stripes --epochs 100 --quiet"
"$harmonium" train $toy --hidden 8 -o "$folder/first"
"$harmonium" train $toy --kind dbn --layers "16 8 16" --level2-epochs 0 --level2-initial-weights transposed -o "$folder/turned"
likelihood_of() { "$harmonium" evaluate "$1" bars-and-stripes --samples 500 --json --quiet | grep -o '"log_likelihood": [-0-9]*[.][0-9]'; }
[ "$(likelihood_of "$folder/first")" = "$(likelihood_of "$folder/turned")" ] || fail "the level turned over is another model"
"$harmonium" train $toy --kind dbn --layers "16 8 12" --level2-initial-weights transposed -o "$folder/turned" --force \
    2>"$folder/err" && fail "too few units to turn over were taken"
grep -q "level 2 has 12 hidden units, too few" "$folder/err" || fail "$(cat "$folder/err")"
expect 2 'did you mean --epochs' "$harmonium" train --epoch 3 -o "$m"
expect 2 'did you mean train' "$harmonium" trian
expect 2 'whole number' "$harmonium" train --epochs many -o "$m"
expect 1 'no classes' "$harmonium" classify "$m" digits
expect 1 'features' "$harmonium" score "$m" digits --resize 16x16
expect 1 'cannot' "$harmonium" train $two -o "$folder/none/two.safetensors"
expect 1 'safetensors' "$harmonium" info "$folder/s.npy"
printf '[learn]\nepoch = 3\n' >"$folder/bad.ini"
expect 2 'did you mean epochs' "$harmonium" train "$folder/bad.ini" -o "$m"
printf '[learn]\nepoch = 3\nepochs = 4\n' >"$folder/bad.ini" # the first fault counts, whatever follows
expect 2 'line 2: .*did you mean epochs' "$harmonium" train "$folder/bad.ini" -o "$m"
printf 'epochs = 3\n' >"$folder/bad.ini"
expect 2 'epochs stands before any section' "$harmonium" train "$folder/bad.ini" -o "$m"
printf '[lern]\nepochs = 3\n' >"$folder/bad.ini"
expect 2 'did you mean \[learn\]' "$harmonium" train "$folder/bad.ini" -o "$m"
printf '[learn]\n\nepochs\n' >"$folder/bad.ini"
expect 2 'line 3: not of the form' "$harmonium" train "$folder/bad.ini" -o "$m"
printf '[data]\ndata = %0500d\n' 0 >"$folder/bad.ini"
expect 2 'line 2: longer than' "$harmonium" train "$folder/bad.ini" -o "$m"
printf '[data]\n  classes = 2 ; only these\r\n  data = digits\n' >"$folder/good.ini" # indented, with a remark
"$harmonium" data "$folder/good.ini" | grep -q 'digits train, classes 2' || fail "data does not take a recipe"
expect 2 'cannot read the recipe' "$harmonium" train "$folder/none.ini" -o "$m"
mkfifo "$folder/fifo"
for verb in info show 'sample -n 2'; do
    expect 1 'is no regular file' timeout 20 "$harmonium" $verb "$folder/fifo"
done
expect 1 'is no regular file' timeout 20 "$harmonium" train "$folder/fifo" -o "$m"
expect 1 'is no regular file' timeout 20 "$harmonium" train /dev/zero -o "$m"
expect 1 'is no regular file' timeout 20 "$harmonium" data "$folder/fifo"
expect 2 'longer than' "$harmonium" data "$(printf '%03000d' 0)"
expect 2 'longer than' "$harmonium" score "$m" "$(printf '%03000d' 0)"
for verb in show score sample transform; do
    case $verb in score) set -- ;; show) set -- -o "$folder/none.png" ;; *) set -- -o "$folder/none.npy" ;; esac
    expect 2 'machine = 7: this is no class model' "$harmonium" $verb "$m" --machine 7 "$@"
    expect 2 'machine = 12: the model.s classes are 0, 1' "$harmonium" $verb "$c" --machine 12 "$@"
done
expect 2 'machines = 12' "$harmonium" reconstruct "$c" --machines 1,12
expect 2 'did you mean train' "$harmonium" help trian
expect 2 'must lie between' "$harmonium" train --epochs 99999999999999999999 -o "$m"
if [ -e /dev/full ]; then
    status=0
    "$harmonium" help >/dev/full 2>/dev/null || status=$?
    [ "$status" = 1 ] || fail "a full disk must not go unnoticed"
fi

# A file that may not grow (as on a full disk): the old model stays whole, nothing is left behind.
cp "$m" "$folder/before"
status=0
(trap '' XFSZ; ulimit -f 16; exec "$harmonium" train $two --hidden 200 -o "$m" --quiet) 2>"$folder/err" || status=$?
[ "$status" = 1 ] && grep -q 'cannot write' "$folder/err" || { cat "$folder/err"; fail "writing past the limit: exit $status"; }
cmp "$m" "$folder/before" || fail "the old model was harmed"
ls "$folder" | grep -q '\.tmp$' && fail "a temporary file was left behind"

# watch COMMAND...: runs it behind, with one line a finished epoch from descriptor 4, which ends when the program does.
watch() {
    rm -f "$folder/lines"
    mkfifo "$folder/lines"
    "$@" --metrics "$folder/lines" 5>"$folder/lines" &
    job=$!
    exec 4<"$folder/lines"
}

# Killed ten times in running epochs, each a little deeper, and resumed each time, the run ends in the bytes of an
# undisturbed one. At the second line of a run the checkpoint of its first epoch is there, so each run gets on.
run() { "$harmonium" train --data digits --classes 2,3 --hidden 30 --epochs 60 --batch-size 10 --quiet "$@"; }
run_in_parts() {
    exec "$harmonium" train --data digits --classes 2,3 --hidden 30 --epochs 60 --batch-size 10 --quiet \
        --checkpoint-epochs 1 --checkpoint-minutes 0.0005 --resume -o "$folder/parts" "$@"
}
run -o "$folder/whole"
n_hit=0
for moment in 1 2 3 4 5 6 7 8 9 10; do
    watch run_in_parts
    read -r line <&4 && read -r line <&4 || true
    turns=$((moment * 300))
    while [ $turns -gt 0 ]; do turns=$((turns - 1)); done
    kill -9 $job 2>/dev/null || true
    status=0
    wait $job 2>/dev/null || status=$?
    [ "$status" = 137 ] && [ -s "$folder/parts.checkpoint" ] && n_hit=$((n_hit + 1))
done
[ "$n_hit" -ge 6 ] || fail "only $n_hit of ten kills hit a running epoch"
(run_in_parts)
[ ! -e "$folder/parts.checkpoint" ] || fail "the finished run left its checkpoint"
ls "$folder" | grep '\.tmp$' && fail "the killed runs left temporary files behind"
"$harmonium" info "$folder/parts" >/dev/null
python3 - "$folder" <<'PYTHON' || exit 1
import sys
whole, parts = (open(sys.argv[1] + "/" + name, "rb").read() for name in ("whole", "parts"))
tensors = lambda b: b[8 + int.from_bytes(b[:8], "little"):]
sys.exit(0 if tensors(whole) == tensors(parts) else "the resumed run ended in other parameters")
PYTHON

# Asked to stop, it leaves a checkpoint and exit code 1.
expect_stop() {
    status=0
    wait $job || status=$?
    [ "$status" = 1 ] && [ -s "$1.checkpoint" ] || { cat "$folder/err"; fail "stopping left no checkpoint (exit $status)"; }
    grep -q -- --resume "$folder/err" || fail "stopping did not say how to go on"
}
run_long() { exec "$harmonium" train --data digits --hidden 100 --epochs 1000 -o "$folder/long" --quiet "$@" 2>"$folder/err"; }
watch run_long
read -r line <&4
kill -TERM $job
expect_stop "$folder/long"

# Also when it is asked before training begins: the metrics are opened then, and a FIFO waits for its reader.
rm "$folder/lines"
mkfifo "$folder/lines"
"$harmonium" train --data digits --hidden 100 --epochs 1000 -o "$folder/early" --quiet --metrics "$folder/lines" \
    2>"$folder/err" &
job=$!
exec 4<"$folder/lines"
kill -TERM $job
expect_stop "$folder/early"

# A pipe as the output gets the model, and stays a pipe.
mkfifo "$folder/pipe"
cat "$folder/pipe" >"$folder/piped" &
job=$!
"$harmonium" train $two -o "$folder/pipe" --quiet
wait $job
"$harmonium" info "$folder/piped" | grep -q 'bernoulli 20' || fail "no model came through the pipe"
[ -p "$folder/pipe" ] || fail "the pipe was replaced"

# Belief nets: cases are drawn and learned from; approximations are held against the exact posterior.
"$harmonium" belief examples/nets/asia.bif -n 2000 -o "$folder/cases.csv" --quiet
[ "$(wc -l <"$folder/cases.csv")" = 2001 ] || fail "not 2,000 cases under their names"
"$harmonium" belief examples/nets/asia.bif --learn "$folder/cases.csv" -o "$folder/learned.net" --quiet
"$harmonium" belief "$folder/learned.net" --observe xray=yes --terminal | grep -q 'xray 1  ← either' || fail "no graph as text"
"$harmonium" belief "$folder/learned.net" -o "$folder/learned.gv" >/dev/null
grep -q '"smoke" -> "lung"' "$folder/learned.gv" || fail "no graph for Graphviz"
expect 2 'where they go' "$harmonium" belief examples/nets/asia.bif -n 5
expect 2 'learned.net' "$harmonium" belief examples/nets/asia.bif --learn "$folder/cases.csv"
HARMONIUM_PROGRAM=$harmonium sh examples/why-hard.sh "$folder/why-hard" | grep -q '^KL(exact, product of its marginals)  0 nats' ||
    fail "the complementary prior is none"
[ -s "$folder/why-hard/layered-above.png" ] || fail "no picture of the posteriors"
"$harmonium" train bars-and-stripes --kind sbn --layers "16 8" --wake-sleep-epochs 50 -o "$folder/sbn" --quiet
"$harmonium" info "$folder/sbn" | grep -q 'sigmoid belief net' || fail "info does not know a sigmoid belief net"
"$harmonium" sample "$folder/sbn" -n 5 -o "$folder/sbn.png" --quiet
expect 2 'no energy' "$harmonium" train bars-and-stripes --kind sbn --layers "16 8" --epochs 5 -o "$folder/sbn"
expect 2 'say how many epochs' "$harmonium" train bars-and-stripes --kind sbn --layers "16 8" --wake-sleep-batch-size 5 -o "$folder/sbn"
expect 2 'sigmoid belief nets' "$harmonium" train bars-and-stripes --kind dbn --layers "16 8" --wake-sleep-epochs 5 -o "$folder/sbn"
expect 1 'ends in a prior' "$harmonium" train bars-and-stripes --from "$folder/sbn" --backprop-epochs 2 --backprop-target data \
    -o "$folder/sbn2"
expect 1 'learns by wake-sleep' "$harmonium" train bars-and-stripes --from "$folder/sbn" --up-down-epochs 2 -o "$folder/sbn2"

HARMONIUM_PROGRAM=$harmonium sh examples/first-look.sh "$folder/first-look" >/dev/null
echo "all well"
