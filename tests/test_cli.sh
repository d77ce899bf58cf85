#!/bin/sh
# The program as people run it: verbs, exit codes, messages, resuming after kill -9.
set -eu
harmonium=${HARMONIUM_PROGRAM:?}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# expect CODE TEXT COMMAND...: the exit code, and a text in what it says on stderr.
expect() {
    code=$1 text=$2
    shift 2
    status=0
    "$@" >"$folder/out" 2>"$folder/err" || status=$?
    [ "$status" = "$code" ] || { cat "$folder/err"; fail "exit $status, not $code: $*"; }
    grep -q -- "$text" "$folder/err" || { cat "$folder/err"; fail "no \"$text\" from: $*"; }
}

two="--data digits --classes 2 --hidden 20 --epochs 3 --threads 2"
m=$folder/two.safetensors
$harmonium train $two -o "$m" --pictures "$folder/pictures" --metrics "$folder/metrics" --validation 100 --quiet
[ "$(wc -l <"$folder/metrics")" = 3 ] || fail "three epochs give three lines of metrics"
grep -q '"free_energy_gap"' "$folder/metrics" || fail "no gap with validation data"
for picture in weights-0-epoch-0003.png histograms.png curve-error.png hidden-probabilities.png weights.gif; do
    [ -s "$folder/pictures/$picture" ] || $harmonium info | grep -q absent || fail "no $picture"
done
$harmonium info "$m" | grep -q 'bernoulli 20' || fail "info does not show the layer"
$harmonium show "$m" -o "$folder/f.png" --quiet
$harmonium show "$m" --terminal | grep -q '▀' || fail "no picture in the terminal"
$harmonium reconstruct "$m" digits --part test --classes 3 -n 5 -o "$folder/r.png" --quiet | grep -q 'mean squared error'
$harmonium sample "$m" -n 9 --gibbs-steps 5 -o "$folder/s.npy" --quiet
[ "$(wc -c <"$folder/s.npy")" = $((128 + 9 * 784 * 4)) ] || fail "samples have the wrong size"
$harmonium transform "$m" digits -n 7 -o "$folder/h.npy" --quiet
[ "$($harmonium score "$m" digits -n 7 --quiet | wc -l)" = 7 ] || fail "seven scores"
$harmonium help --man | grep -q '^.TH' || fail "no man page"
$harmonium train --help | grep -q -- --weight-cost || fail "help lacks an option"

c=$folder/classes.safetensors
$harmonium train --data digits --kind classes --hidden 20 --epochs 2 --subset 1000 -o "$c" --quiet
[ "$($harmonium classify "$c" digits --part test -n 50 --quiet | wc -l)" = 50 ] || fail "fifty labels"

expect 2 'did you mean --epochs' $harmonium train --epoch 3 -o "$m"
expect 2 'did you mean train' $harmonium trian
expect 2 'whole number' $harmonium train --epochs many -o "$m"
expect 1 'no classes' $harmonium classify "$m" digits
expect 1 'features' $harmonium score "$m" digits --resize 16x16
expect 1 'cannot' $harmonium train $two -o "$folder/none/two.safetensors"
expect 1 'safetensors' $harmonium info "$folder/s.npy"
printf '[learn]\nepoch = 3\n' >"$folder/bad.ini"
expect 2 'did you mean epochs' $harmonium train "$folder/bad.ini" -o "$m"
if [ -e /dev/full ]; then
    status=0
    $harmonium help >/dev/full 2>/dev/null || status=$?
    [ "$status" = 1 ] || fail "a full disk must not go unnoticed"
fi

# A file that may not grow (as on a full disk): the old model stays whole, nothing is left behind.
cp "$m" "$folder/before"
status=0
(trap '' XFSZ; ulimit -f 16; exec $harmonium train $two --hidden 200 -o "$m" --quiet) 2>"$folder/err" || status=$?
[ "$status" = 1 ] && grep -q 'cannot write' "$folder/err" || { cat "$folder/err"; fail "writing past the limit: exit $status"; }
cmp "$m" "$folder/before" || fail "the old model was harmed"
ls "$folder" | grep -q '\.tmp$' && fail "a temporary file was left behind"

# Killed at ten moments, resumed each time, the run ends in the bytes of an undisturbed one.
run="train --data digits --classes 2,3 --hidden 30 --epochs 6 --batch-size 10 --checkpoint-epochs 1 --quiet"
$harmonium $run -o "$folder/whole"
for moment in 1 2 3 4 5 6 7 8 9 10; do
    $harmonium $run -o "$folder/parts" --resume --checkpoint-minutes 0.0005 &
    job=$!
    sleep "0.0$((moment % 10))"
    kill -9 $job 2>/dev/null || true
    wait $job 2>/dev/null || true
done
$harmonium $run -o "$folder/parts" --resume --checkpoint-minutes 0.0005
$harmonium info "$folder/parts" >/dev/null
python3 - "$folder" <<'PYTHON' || exit 1
import sys
whole, parts = (open(sys.argv[1] + "/" + name, "rb").read() for name in ("whole", "parts"))
tensors = lambda b: b[8 + int.from_bytes(b[:8], "little"):]
sys.exit(0 if tensors(whole) == tensors(parts) else "the resumed run ended in other parameters")
PYTHON

# Ctrl-C leaves a checkpoint and exit code 1.
$harmonium train --data digits --hidden 100 --epochs 1000 -o "$folder/long" --quiet 2>"$folder/err" &
job=$!
sleep 1
kill -TERM $job
status=0
wait $job || status=$?
[ "$status" = 1 ] && [ -s "$folder/long.checkpoint" ] || fail "stopping left no checkpoint (exit $status)"
grep -q -- --resume "$folder/err" || fail "stopping did not say how to go on"

HARMONIUM_PROGRAM=$harmonium sh examples/first-look.sh "$folder/first-look" >/dev/null
echo "all well"
