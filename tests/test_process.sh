#!/bin/sh
# Runs as processes: outputs that are whole or untouched, locks, signals, standard streams, and what a terminal is shown.
. "${HARMONIUM_SOURCE_DIR:?}/tests/expect.sh"
cd "$folder"
escape=$(printf '\033')
python=$(command -v python3 || true)
awk 'BEGIN { srand(3); for (i = 0; i < 3000; i++) { k = i % 2; printf "%s,", k ? "\"b, c\"" : "\"say \"\"a\"\"\""; for (j = 0; j < 9; j++) printf "%d%s", rand() < (k ? .8 : .2), j < 8 ? "," : "\n" } }' >named.csv
names="named.csv --label-column 1"
"$harmonium" train $names --kind classes --hidden 4 --epochs 1 --quiet -o classes.safetensors || fail "learning classes"
"$harmonium" train digits --subset 200 --hidden 8 --epochs 1 --quiet -o digits.safetensors || fail "learning digits"

# Names in a table are quoted as CSV wants it.
"$harmonium" classify classes.safetensors $names --quiet -o table.csv >/dev/null || fail "classify"
[ "$(head -n 1 table.csv)" = 'case,label,answer,"P(say ""a"")","P(b, c)"' ] || [ "$(head -n 1 table.csv)" = 'case,label,answer,"P(b, c)","P(say ""a"")"' ] ||
    fail "the head of a table: $(head -n 1 table.csv)"
grep -q '^1,"b, c",' table.csv || fail "a class name in quotes"

# A full disk, here a limit on the size of files: the old file is as it was, and nothing lies beside it.
printf 'as it was\n' >old
full() { # full OUTPUT COMMAND...
    output=$1
    shift
    cp old "$output"
    (ulimit -f 1 && expect 1 "$output" "$@") || exit 1
    cmp -s old "$output" || fail "a full disk destroyed $output"
    ! ls "$output".*tmp 2>/dev/null || fail "a temporary file of $output"
}
full answers.csv "$harmonium" classify classes.safetensors $names -o answers.csv
full hidden.csv "$harmonium" transform digits.safetensors digits --subset 200 -o hidden.csv
full hidden.npy "$harmonium" transform digits.safetensors digits --subset 200 -o hidden.npy
full seen.csv "$harmonium" sample digits.safetensors -n 300 --gibbs-steps 1 -o seen.csv
cp old old.jsonl
(ulimit -f 0 && "$harmonium" train named.csv --label-column 1 --hidden 2 --epochs 1 -o none.safetensors --metrics old.jsonl >/dev/null 2>&1) && fail "no room for a model"
cmp -s old old.jsonl || fail "a full disk destroyed the metrics"

# Metrics that a killed run left a part of a line in: the part is gone and each epoch is there once.
metrics="train digits --subset 200 --hidden 8 --quiet -o lines.safetensors --metrics lines.jsonl"
"$harmonium" $metrics --epochs 3 || fail "metrics"
[ "$(grep -c '^{.*}$' lines.jsonl)" = 3 ] && [ "$(wc -l <lines.jsonl)" = 3 ] || fail "a line for each epoch"

# Other names of one model are one model.
"$harmonium" train digits --subset 200 --hidden 8 --epochs 1 --quiet -o held.safetensors || fail "learning"
ln -s held.safetensors soft.safetensors
ln held.safetensors hard.safetensors
ln -s fresh.safetensors dangling.safetensors
long="train digits --hidden 200 --epochs 100000 --quiet --force"
stop() { # stop SIGNAL PROCESS
    kill -"$1" "$2"
    for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        kill -0 "$2" 2>/dev/null || break
        sleep 0.2
    done
    ! kill -0 "$2" 2>/dev/null || { kill -KILL "$2"; fail "SIG$1 is not heeded"; }
}
# In a shell a process in the background ignores SIGINT; Python gives it back. Without Python SIGTERM stands for it.
launch() { # launch COMMAND...: $run is the process
    if [ -n "$python" ]; then
        "$python" -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$@" >out 2>err </dev/null &
    else
        "$@" >out 2>err </dev/null &
    fi
    run=$!
}
await() { # await FILE
    for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do
        [ ! -e "$1" ] || return 0
        sleep 0.1
    done
    fail "no $1"
}
launch "$harmonium" $long -o held.safetensors
await held.safetensors.checkpoint
for other in soft.safetensors hard.safetensors "$folder/held.safetensors" ./held.safetensors; do
    expect 1 "another run" "$harmonium" $long -o "$other"
done
stop TERM $run
launch "$harmonium" $long -o dangling.safetensors
await dangling.safetensors.checkpoint
expect 1 "another run" "$harmonium" $long -o fresh.safetensors
stop TERM $run
! ls ./*.lock 2>/dev/null || fail "a lock is left"

# Each of the signals leaves a checkpoint, also when it comes more than once.
int=TERM
[ -z "$python" ] || int=INT
for signal in HUP TERM $int; do
    launch "$harmonium" $long -o $signal.safetensors
    await $signal.safetensors.checkpoint
    kill -$signal $run
    kill -$signal $run 2>/dev/null || true
    stop $signal $run 2>/dev/null || true
    status=0
    wait $run || status=$?
    [ "$status" = 1 ] || fail "SIG$signal: exit $status"
    [ "$(grep -c 'go on with --resume' err)" = 1 ] || fail "SIG$signal: how to go on"
    [ -f $signal.safetensors.checkpoint ] || fail "SIG$signal: the checkpoint"
done
sh -c 'trap "" HUP; exec "$@"' sh "$harmonium" $long -o nohup.safetensors >out 2>err </dev/null &
run=$!
await nohup.safetensors.checkpoint
kill -HUP $run
sleep 0.5
kill -0 $run || fail "nohup"
stop TERM $run
"$harmonium" train digits --subset 100 --hidden 20 --epochs 1 --quiet -o piped.safetensors --metrics /dev/stdout | true
[ -f piped.safetensors ] && [ ! -f piped.safetensors.checkpoint ] || fail "train ended with the reader of its output"

# Verbs without a checkpoint die from it, and leave nothing.
dies() { # dies OUTPUT COMMAND...
    output=$1
    shift
    launch "$@"
    sleep 1
    kill -0 $run 2>/dev/null || { cat err; fail "was over too soon: $*"; }
    stop $int $run
    status=0
    wait $run || status=$?
    [ "$status" -gt 128 ] || fail "exit $status, not by a signal: $*"
    ! ls "$output"* 2>/dev/null || fail "something is left of: $*"
}
dies chains.csv "$harmonium" sample digits.safetensors -n 100 --gibbs-steps 1000000000 -o chains.csv
dies none "$harmonium" evaluate digits.safetensors digits --partition ais --betas "900000:1" --chains 100
awk 'BEGIN { for (i = 0; i < 200; i++) { for (j = 0; j < 26; j++) printf "%d%s", (i * j + i) % 3 == 0, j < 25 ? "," : "\n" } }' >wide.csv
launch "$harmonium" train wide.csv --hidden 25 --learner exact --epochs 1 --batch-size 10 --quiet -o exact.safetensors
await exact.safetensors.checkpoint
sleep 0.5
stop $int $run
grep -q 'go on with --resume' err || fail "exact learning heeds no signal"

# Output that does not arrive is an error.
if [ -e /dev/full ]; then
    for words in --version --help help "help train" "train --help" info "info digits.safetensors" "help learners" "help --man" "data digits"; do
        status=0
        "$harmonium" $words >/dev/full 2>err || status=$?
        [ "$status" = 1 ] && grep -q "standard output" err || fail "$words into a full disk: exit $status"
    done
fi
for words in --version help info "classify classes.safetensors $names"; do
    status=0
    "$harmonium" $words >&- 2>err || status=$?
    [ "$status" = 1 ] && grep -q "standard output" err || fail "$words without an output: exit $status"
done
{ "$harmonium" help --markdown 2>err; echo $? >code; } | head -n 1 >/dev/null
[ ! -s err ] || fail "a reader that ends is no trouble"

# Names of others give a terminal no commands.
# Words of a model's header that became an escape, at the same length.
printf 'c,abcdef1,right\nplain,0,1\nplain,0,0\nabcdef,1,0\nabcdef,1,1\n' >abcdef.csv
"$harmonium" train abcdef.csv --label-column 1 --kind classes --hidden 2 --epochs 1 --quiet -o abcdef.safetensors || fail "odd names"
LC_ALL=C sed 's/abcdef/\\u001b/g' abcdef.safetensors >evil.safetensors
"$harmonium" info evil.safetensors >out 2>&1 || fail "info of odd names: $(cat out)"
grep -q 'class ?' out || fail "the names of classes are there"
grep -v abcdef abcdef.csv | sed 1i'c,abcdef1,right' >plain.csv
for verb in data doctor score classify evaluate; do
    "$harmonium" $verb evil.safetensors plain.csv --label-column 1 >>out 2>&1 || true
done
mkdir -p "tree/a${escape}[2J" tree/b
"$harmonium" show digits.safetensors -o "tree/a${escape}[2J/x.png" >>out 2>&1 || fail "a picture with an odd name"
cp "tree/a${escape}[2J/x.png" tree/b/y.png
"$harmonium" data tree >>out 2>&1 || true
mv evil.safetensors "e${escape}[2J.safetensors"
"$harmonium" info "e${escape}[2J.safetensors" >>out 2>&1
"$harmonium" transform "e${escape}[2J.safetensors" plain.csv --label-column 1 -o "o${escape}[2J.csv" >>out 2>&1
! grep -q "$escape" out || { grep "$escape" out | cat -v; fail "a terminal is given commands"; }
