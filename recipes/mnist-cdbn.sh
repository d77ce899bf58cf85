#!/bin/sh
# Test error on MNIST of an SVM with radial kernel (Debian's libsvm-tools) on features learned without labels: the first layer of
# recipes/mnist-cdbn.ini, the second, both, and filters that have learned nothing. Finished runs are kept in FOLDER/rows.txt and not run
# again; with all 60,000 labels an SVM takes 10 to 30 minutes.
#
#     recipes/mnist-cdbn.sh [FOLDER]   HARMONIUM_PROGRAM says which program, THREADS how many, DRAWS which draws of labels,
#                                      LABELS how many of them
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
folder=${1:-mnist-cdbn}
threads=${THREADS:-0}
here=$(dirname "$0")
rows=$folder/rows.txt
mkdir -p "$folder"
touch "$rows"
run() { "$harmonium" "$@" --threads "$threads" --quiet; }

[ -s "$folder/learned.safetensors" ] || run train "$here/mnist-cdbn.ini" -o "$folder/learned.safetensors"
[ -s "$folder/random.safetensors" ] || run train "$here/mnist-cdbn.ini" --epochs 0 --weight-deviation 0.1 -o "$folder/random.safetensors"

# "name labels draw error": once each.
error_of() { # model name labels draw gamma, then options
    model=$1 name=$2 n=$3 draw=$4 gamma=$5
    shift 5
    ! grep -q "^$name $n $draw " "$rows" || return 0
    subset=$n
    [ "$n" = 60000 ] && subset=0
    run transform "$folder/$model.safetensors" mnist --frame 33x33 --subset "$subset" --seed "$draw" --unit-length "$@" -o "$folder/train.svm"
    run transform "$folder/$model.safetensors" mnist --frame 33x33 --part test --unit-length "$@" -o "$folder/test.svm"
    svm-train -q -m 2000 -g "$gamma" -c 10 "$folder/train.svm" "$folder/svm"
    right=$(svm-predict "$folder/test.svm" "$folder/svm" "$folder/answers" | sed -n 's/^Accuracy = \([0-9.]*\)%.*/\1/p')
    error=$(awk "BEGIN {print 100 - $right}")
    echo "$name $n $draw $error" >>"$rows"
    echo "$name, $n labels, draw $draw: $error %"
}

for draw in ${DRAWS:-1 2 3}; do
    for n in ${LABELS:-1000 2000 3000 5000 60000}; do
        error_of learned layer-1 "$n" "$draw" 2 --pool 3/2
        error_of random random "$n" "$draw" 2 --pool 3/2
        error_of learned layer-2 "$n" "$draw" 2 --layer 2
        error_of learned both "$n" "$draw" 1 --layers "1 2" --pool 3/2
    done
done
