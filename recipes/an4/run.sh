#!/bin/sh
# Speech recognition on AN4 from sound to words: a GMM baseline, networks of 1 to 12 hidden layers in its place, and their word errors beside
# those of the lecture. Every step is kept in FOLDER and not done again.
#
#     recipes/an4/run.sh AN4 [FOLDER]     AN4 holds etc/ and flac/
#
# HARMONIUM_PROGRAM says which program, THREADS how many, DEPTHS and LOGISTIC_DEPTHS which depths, SEEDS which seeds. Debian's packages
# pocketsphinx, sphinxtrain, sphinxbase-utils and flac are installed if they are missing.
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
an4=$(realpath "$1")
mkdir -p "${2:-an4}"
folder=$(realpath "${2:-an4}")
here=$(realpath "$(dirname "$0")")
export HARMONIUM_PROGRAM="$harmonium"
held_back="fjam fkai fsrb mblw mjda mmkw msjr mtcv" # speakers for validation
train_ids=$an4/etc/an4_train.fileids test_ids=$an4/etc/an4_test.fileids
run() { "$harmonium" "$@" --threads "${THREADS:-0}" --quiet; }
step() { echo "$(date +%H:%M:%S) $*"; }

for package in pocketsphinx sphinxtrain sphinxbase-utils flac; do
    dpkg -s $package >/dev/null 2>&1 || apt-get install -y --no-install-recommends $package
done

# A spelled A is pronounced EY, the second variant in the dictionary.
[ -s "$folder/train-1.transcripts" ] || sed 's/\bA\b/A(2)/g' "$an4/etc/an4_train.transcription" >"$folder/train-1.transcripts"

# Frames of the utterances: log mel bands with differences, normalised a speaker.
frames() { # name ids options
    name=$1 ids=$2
    shift 2
    [ -s "$folder/$name.npy" ] || run frames --list "$ids" --root "$an4/flac" --bands 40 --differences 2 --normalise speaker "$@" -o "$folder/$name.npy"
}

align() { # gmm name: senones of the training frames by a GMM, and what was said with variants and pauses
    [ -s "$folder/$2.npy" ] && return
    "$here/gmm-scores.sh" "$an4" "$folder/$1" "$train_ids" "$folder/$1-train"
    run align "$folder/train.sequences" --scores "$folder/$1-train" --definition "$folder/$1/model/mdef.txt" \
        --transitions "$folder/$1/model/transition_matrices" --dictionary "$an4/etc/an4.dic" --fillers "$an4/etc/an4.filler" \
        --transcripts "$folder/train-1.transcripts" --words "$folder/$2.transcripts" -o "$folder/$2.npy"
}

step "frames"
frames train "$train_ids"
frames test "$test_ids"

step "GMM, first training"
"$here/gmm.sh" "$an4" "$folder/gmm-1" "$folder/train-1.transcripts"
align gmm-1 labels-1

step "GMM, trained again on its own alignment"
"$here/gmm.sh" "$an4" "$folder/gmm-2" "$folder/labels-1.transcripts"
align gmm-2 labels

# Utterances of the speakers held back, and what was said in them.
held_pattern=$(echo "$held_back" | sed 's/ /|/g')
grep -E "/($held_pattern)/" "$train_ids" >"$folder/held-back.ids"
sed 's|.*/||' "$folder/held-back.ids" | while read -r id; do grep "($id)" "$an4/etc/an4_train.transcription"; done >"$folder/held-back.transcripts"

decode() { # model scores ids transcripts weight: the word error in %
    "$here/decode.sh" "$an4" "$folder/$1/model" "$2" "$3" "$4" "$5" | sed -n 's/^word error *\([0-9.]*\).*/\1/p'
}

# Word errors of scores: the weight of the language model is chosen on the speakers held back. "name validation weight test"
rate() { # name
    name=$1 best=
    grep -q "^$name " "$folder/rows.txt" 2>/dev/null && return
    for weight in 3 4 5 6 8 10; do
        error=$(decode gmm-2 "$folder/$name-scores/held-back" "$folder/held-back.ids" "$folder/held-back.transcripts" $weight)
        if [ -z "$best" ] || awk "BEGIN {exit !($error < $best)}"; then best=$error chosen=$weight; fi
    done
    test=$(decode gmm-2 "$folder/$name-scores/test" "$test_ids" "$an4/etc/an4_test.transcription" "$chosen")
    echo "$name $best $chosen $test" >>"$folder/rows.txt"
    step "$name: word error $best % of the speakers held back, $test % of the test set (language weight $chosen)"
}

# The GMM has learned from all speakers, so its weight is the one that is best on the test set itself: in its favour.
rate_gmm() {
    grep -q "^gmm " "$folder/rows.txt" 2>/dev/null && return
    "$here/gmm-scores.sh" "$an4" "$folder/gmm-2" "$test_ids" "$folder/gmm-2-test"
    best=
    for weight in 4 6 8 10 12; do
        error=$(decode gmm-2 "$folder/gmm-2-test" "$test_ids" "$an4/etc/an4_test.transcription" $weight)
        if [ -z "$best" ] || awk "BEGIN {exit !($error < $best)}"; then best=$error chosen=$weight; fi
    done
    echo "gmm - $chosen $best" >>"$folder/rows.txt"
    step "GMM: word error $best % of the test set (language weight $chosen)"
}

score() { # name
    for part in train test; do
        frames=$folder/$part.npy groups=
        [ $part = test ] || groups=$held_back
        out=$folder/$1-scores/$([ $part = test ] && echo test || echo held-back)
        run scores "$folder/$1.safetensors" "$frames" --validation-groups "$groups" --definition "$folder/gmm-2/model/mdef.txt" -o "$out"
    done
}

network() { # name frames file-of-labels hidden-layers options
    name=$1 data=$2 labels=$3 hidden=$4
    shift 4
    if [ ! -s "$folder/$name.safetensors" ]; then
        unfinished=
        [ ! -e "$folder/$name.safetensors.checkpoint" ] || unfinished=--resume
        n=$("$harmonium" data "$folder/$data.npy" --labels "$folder/$labels" | grep -c '^  class ')
        run train "$here/network.ini" --data "$folder/$data.npy" --labels "$folder/$labels" --validation-groups "$held_back" \
            --layers "gaussian 1800 | $hidden | softmax $n" $unfinished "$@" -o "$folder/$name.safetensors"
    fi
    score "$name"
    rate "$name"
}

repeat() { # text times: "text | text"
    for i in $(seq "$2"); do [ "$i" = 1 ] || printf ' | '; printf '%s' "$1"; done
}

# Layers of logistic units learned one by one, as a deep belief net, before they are told any label.
pretrain() { # name depth
    [ -s "$folder/$1.safetensors" ] && return
    cp "$here/pretrain.ini" "$folder/$1.ini"
    for level in $(seq 2 "$2"); do printf '\n[greedy %s]\nlearning-rate = 0.05\n' "$level" >>"$folder/$1.ini"; done
    run train "$folder/$1.ini" --data "$folder/train.npy" --validation-groups "$held_back" --layers "gaussian 1800 | $(repeat 512 "$2")" --force \
        -o "$folder/$1.safetensors"
}

rate_gmm

# The lecture's table: rectified linear units from random weights. Units left out in every layer are too many for deep networks, as the
# speakers held back say.
for depth in ${DEPTHS:-1 2 4 8 12}; do
    network "relu-$depth" train labels.npy "$(repeat "relu 512" "$depth")" $([ "$depth" -lt 8 ] || echo "--backprop-dropout 0")
done

# Does it help to learn without labels first?
for depth in ${LOGISTIC_DEPTHS-1 2 4 8}; do
    network "logistic-$depth" train labels.npy "$(repeat 512 "$depth")" --backprop-dropout 0 --backprop-learning-rate 0.1
    pretrain "dbn-$depth-greedy" "$depth"
    network "dbn-$depth" train labels.npy "$(repeat 512 "$depth")" --backprop-dropout 0 --backprop-learning-rate 0.1 \
        --from "$folder/dbn-$depth-greedy.safetensors"
done

# The best: every utterance at three speeds, labels aligned anew by the network of four layers.
if [ ! -s "$folder/labels-3.csv" ]; then
    run scores "$folder/relu-4.safetensors" "$folder/train.npy" --definition "$folder/gmm-2/model/mdef.txt" -o "$folder/relu-4-train"
    run align "$folder/train.sequences" --scores "$folder/relu-4-train" --definition "$folder/gmm-2/model/mdef.txt" \
        --transitions "$folder/gmm-2/model/transition_matrices" --dictionary "$an4/etc/an4.dic" --fillers "$an4/etc/an4.filler" \
        --transcripts "$folder/train-1.transcripts" -o "$folder/labels-net.csv"
    frames train-3 "$train_ids" --speeds "0.9 1 1.1"
    "$here/stretch.py" "$folder/train.sequences" "$folder/labels-net.csv" "$folder/train-3.sequences" "$folder/labels-3.csv"
fi
for seed in ${SEEDS:-1 2 3}; do
    network "best-$seed" train-3 labels-3.csv "$(repeat "relu 512" 4)" --seed "$seed"
done

# What came out, beside the lecture's numbers on another, larger task.
column() { awk -v name="$1" '$1 == name {print $4}' "$folder/rows.txt"; }
echo
echo "word error, %      GMM    1 layer  2 layers  4 layers  8 layers  12 layers"
echo "the lecture        15.4   16.0     12.8      11.4      10.9      11.1"
printf 'AN4                %-6s %-8s %-9s %-9s %-9s %s\n' "$(column gmm)" "$(column relu-1)" "$(column relu-2)" "$(column relu-4)" "$(column relu-8)" "$(column relu-12)"
echo "the best network, a seed each: $(for seed in ${SEEDS:-1 2 3}; do column "best-$seed"; done | tr '\n' ' ')"
