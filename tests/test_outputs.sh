#!/bin/sh
# Outputs into what is no regular file: each result of each verb goes into a FIFO, and through a link into the standard output, and
# must be the same bytes as in a file. What has to seek back says that it cannot.
set -eu
. tests/expect.sh
source=$PWD
cd "$folder"
quiet() { "$harmonium" "$@" --quiet --threads 1 >/dev/null 2>&1 || fail "$*"; }
quiet train digits --subset 40 --hidden 5 --epochs 1 -o m.safetensors
quiet train digits --subset 40 --hidden 2 --epochs 1 -o two.safetensors
quiet train digits --subset 40 --kind dbn --layers "784 6, 5" --epochs 1 -o dbn.safetensors
quiet train digits --subset 40 --kind classes --hidden 5 --epochs 1 -o classes.safetensors
quiet transform m.safetensors digits --subset 5 -o codes.npy
printf '0,1\n1,0\n' >W.csv
cp "$source"/examples/nets/asia.bif "$source"/examples/nets/earthquake.net .
quiet belief asia.bif -n 50 -o cases.csv
awk 'BEGIN { for (i = 0; i < 8000; i++) printf "%c", i % 40 + 65 }' >noise
{ printf RIFF; number 8036 4; printf 'WAVEfmt '; number 16 4; number 1 2; number 1 2; number 16000 4; number 32000 4; number 2 2
    number 16 2; printf data; number 8000 4; cat noise; } >noise.wav
mkdir file pipe link

# Times differ from one run to the next.
timeless() { sed 's/"seconds":[^,}]*//' "$1"; }

# deliver NAME COMMAND...: an argument of the command is the name of its output, and inputs lie one folder above. What the command
# prints goes to the standard output too.
deliver() {
    name=$1
    shift
    rm -f file/* pipe/* link/*
    (cd file && expect 0 '' "$harmonium" "$@" --threads 1)
    cp out printed
    [ -s "file/$name" ] || fail "nothing in $name: $*"
    timeless "file/$name" >wanted

    mkfifo "pipe/$name"
    timeout 20 cat "pipe/$name" >raw &
    reader=$!
    (cd pipe && expect 0 '' timeout 20 "$harmonium" "$@" --threads 1)
    wait $reader || fail "the pipe of $name was not closed: $*"
    timeless raw | cmp -s - wanted || fail "other bytes in a pipe than in a file: $*"

    ln -s /dev/stdout "link/$name"
    (cd link && { timeout 20 "$harmonium" "$@" --threads 1 2>../err || echo "$?" >../failed; } | cat >../raw)
    [ ! -e failed ] || fail "exit $(cat failed) into the standard output: $*"
    timeless raw >got
    [ "$(wc -c <got)" = "$(cat wanted printed | wc -c)" ] || fail "other bytes on the standard output than in a file: $*"
}

# refuse NAME TEXT COMMAND...: what is written there has to seek.
refuse() {
    name=$1 text=$2
    shift 2
    rm -f pipe/*
    mkfifo "pipe/$name"
    timeout 20 cat "pipe/$name" >raw &
    reader=$!
    (cd pipe && expect 1 "$text" timeout 20 "$harmonium" "$@" --threads 1)
    wait $reader || fail "the pipe of $name was not closed: $*"
}

train="train digits --subset 40 --hidden 5 --epochs 1 --quiet"
deliver o.safetensors $train -o o.safetensors
deliver o.jsonl $train --metrics o.jsonl -o model.safetensors --force
deliver o.safetensors import ../W.csv -o o.safetensors
deliver o.png transform ../two.safetensors digits --subset 5 -o o.png
for ending in csv npy svm; do
    deliver o.$ending transform ../m.safetensors digits --subset 5 -o o.$ending
    deliver o.$ending data digits --subset 5 -o o.$ending
done
deliver o.png data digits --subset 5 -o o.png
for ending in csv npy png; do
    deliver o.$ending sample ../m.safetensors -n 3 --gibbs-steps 2 -o o.$ending
    deliver o.$ending reconstruct ../m.safetensors digits --subset 5 -o o.$ending
    deliver o.$ending decode ../m.safetensors ../codes.npy -o o.$ending
done
deliver o.png show ../m.safetensors -o o.png
deliver o.gif movie ../dbn.safetensors -n 2 --gibbs-steps 2 -o o.gif
deliver o.csv classify ../classes.safetensors digits --subset 5 -o o.csv
deliver o.png classify ../classes.safetensors digits --subset 5 --confusion o.png
deliver o.png classify ../classes.safetensors digits --part test --mistakes o.png
deliver o.png units -o o.png
deliver o.png anneal ../earthquake.net -o o.png
deliver o.png anneal ../m.safetensors -o o.png
for ending in png svg gv; do
    deliver o.$ending belief ../asia.bif --observe xray=yes -o o.$ending
done
deliver o.png belief ../earthquake.net --compare -o o.png
deliver o.csv belief ../asia.bif -n 50 -o o.csv
deliver o.net belief ../asia.bif --learn ../cases.csv -o o.net
refuse o.npy 'o.npy: cannot write: .*cannot go into a pipe, so name a file' frames ../noise.wav -o o.npy
deliver o.sequences frames ../noise.wav -o o.npy
deliver o.png frames ../noise.wav -o o.png

# No verb that writes files is left out but those whose result is a folder or that need a recogniser.
for verb in $("$harmonium" help | sed -n 's/^  \([a-z-]*\)  .*/\1/p'); do
    "$harmonium" help "$verb" | grep -q '^  -o, --output' || continue
    grep -Eq "^ *(deliver|refuse) .* $verb |^train=\"$verb " "$source/tests/test_outputs.sh" && continue
    case $verb in web | label | compare | align | scores | recognise | evaluate) ;; *) fail "no test of $verb" ;; esac
done
