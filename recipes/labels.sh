#!/bin/sh
# Test error on MNIST against the number of labelled digits: a net pre-trained on all 60,000 without labels, one that learns from
# digits with and without labels together, the first net and a shallow one from random weights, a linear classifier and an SVM (Debian's liblinear-tools and libsvm-tools). docs/fine-tuning.md
# shows what came out. Finished runs are kept in FOLDER/rows.txt and not run again.
#
#     recipes/labels.sh [FOLDER]       HARMONIUM_PROGRAM says which program, THREADS how many, DRAWS which draws of labels
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
folder=${1:-labels}
threads=${THREADS:-0}
here=$(dirname "$0")
rows=$folder/rows.txt
mkdir -p "$folder"
touch "$rows"
run() { "$harmonium" "$@" --threads "$threads"; }

[ -s "$folder/pretrained.safetensors" ] || run train "$here/mnist-pretrain.ini" --precision bf16 -o "$folder/pretrained.safetensors"
[ -s "$folder/test.svm" ] || run data mnist --part test -o "$folder/test.svm" >/dev/null

# "name labels draw error": once each.
note() {
    echo "$1 $2 $3 $4" >>"$rows"
    echo "$1, $2 labels, draw $3: $4 %"
}
is_done() { grep -q "^$1 $2 $3 " "$rows"; }
error_of() { run classify "$1" mnist --part test 2>&1 >/dev/null | sed -n 's/^errors: .*(\([0-9.]*\) %)$/\1/p'; }

net() { # name labels draw epochs, then options
    name=$1 n=$2 draw=$3 epochs=$4
    shift 4
    is_done "$name" "$n" "$draw" && return
    subset=$n
    [ "$n" = 60000 ] && subset=0
    run train --data mnist --subset "$subset" --seed "$draw" --precision bf16 --backprop-epochs "$epochs" \
        --backprop-learning-rate "0.1, ~0.001@$epochs" "$@" -o "$folder/net.safetensors" --quiet --force
    note "$name" "$n" "$draw" "$(error_of "$folder/net.safetensors")"
}

others() { # labels draw
    subset=$1
    [ "$1" = 60000 ] && subset=0
    is_done linear "$1" "$2" && is_done SVM "$1" "$2" && return
    run data mnist --subset "$subset" --seed "$2" -o "$folder/train.svm" >/dev/null
    if ! is_done linear "$1" "$2" && command -v liblinear-train >/dev/null; then
        liblinear-train -q -s 2 -c 0.1 -B 1 "$folder/train.svm" "$folder/linear" >/dev/null
        right=$(liblinear-predict "$folder/test.svm" "$folder/linear" "$folder/answers" | sed -n 's/^Accuracy = \([0-9.]*\)%.*/\1/p')
        note linear "$1" "$2" "$(awk "BEGIN {print 100 - $right}")"
    fi
    if ! is_done SVM "$1" "$2" && command -v svm-train >/dev/null; then
        svm-train -q -m 1000 -g 0.02 -c 10 "$folder/train.svm" "$folder/svm"
        right=$(svm-predict "$folder/test.svm" "$folder/svm" "$folder/answers" | sed -n 's/^Accuracy = \([0-9.]*\)%.*/\1/p')
        note SVM "$1" "$2" "$(awk "BEGIN {print 100 - $right}")"
    fi
}

# The joint net never loses sight of the digits without labels: its top RBM fills their labels in from its own posterior.
joint() { # labels draw
    [ "$1" = 60000 ] && return
    is_done joint "$1" "$2" && return
    run train --data mnist --labelled "$1" --seed "$2" --precision bf16 --kind dbn --layers "784 500 500 2000" --epochs 15 \
        --label-units "softmax 10" --learning-rate "0.1, ~0.02@15" -o "$folder/joint.safetensors" --quiet --force
    note joint "$1" "$2" "$(error_of "$folder/joint.safetensors")"
}

for draw in ${DRAWS:-1 2 3}; do
    for pair in 100:1000 300:600 1000:200 3000:100 10000:60 60000:30; do
        n=${pair%:*} epochs=${pair#*:}
        net pre-trained "$n" "$draw" "$epochs" --from "$folder/pretrained.safetensors"
        net random "$n" "$draw" "$epochs" --kind net --layers "784 500 500 2000 10"
        net one-layer "$n" "$draw" "$epochs" --kind net --layers "784 500 10"
        joint "$n" "$draw"
        others "$n" "$draw"
    done
done
awk '{print $1, $2, $4}' "$rows" >"$folder/curves.txt"
