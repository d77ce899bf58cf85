#!/bin/sh
# Speech recognition on AN4 from sound to words: a GMM baseline, networks of 1 to 12 hidden layers in its place, and their word errors beside
# those of the lecture. Every step is kept in FOLDER and not done again.
#
#     recipes/an4/run.sh AN4 [FOLDER]     AN4 holds etc/ and flac/
#
# HARMONIUM_PROGRAM says which program, THREADS how many, DEPTHS which depths, SEEDS which seeds, EPOCHS how long. Debian's packages
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
