#!/bin/sh
# Test error on MNIST against depth: 1 to 6 hidden layers of 500 logistic units, pre-trained greedily and from random weights, both
# fine-tuned in the same way. Finished runs are kept in FOLDER/rows.txt and not run again.
#
#     recipes/depth.sh [FOLDER]              HARMONIUM_PROGRAM says which program, THREADS how many, SEEDS which seeds
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
folder=${1:-depth}
threads=${THREADS:-0}
rows=$folder/rows.txt
mkdir -p "$folder"
touch "$rows"
run() { "$harmonium" "$@" --threads "$threads"; }
is_done() { grep -q "^$1 $2 $3 " "$rows"; }
error_of() { run classify "$1" mnist --part test 2>&1 >/dev/null | sed -n 's/^errors: .*(\([0-9.]*\) %)$/\1/p'; }

fine_tune() { # name depth seed, then options
    name=$1 depth=$2 seed=$3
    shift 3
    run train --data mnist --seed "$seed" --precision bf16 --backprop-epochs 20 --backprop-learning-rate "0.1, ~0.001@20" "$@" \
        -o "$folder/net.safetensors" --quiet --force
    wrong=$(error_of "$folder/net.safetensors")
    echo "$name $depth $seed $wrong" >>"$rows"
    echo "$name, $depth hidden layers, seed $seed: $wrong %"
}

for seed in ${SEEDS:-1 2 3}; do
    layers=784
    for depth in 1 2 3 4 5 6; do
        layers="$layers 500"
        is_done random "$depth" "$seed" || fine_tune random "$depth" "$seed" --kind net --layers "$layers 10"
        is_done pre-trained "$depth" "$seed" && continue
        run train --data mnist --kind dbn --layers "$layers" --label-units none --seed "$seed" --precision bf16 --epochs 10 \
            --learning-rate "0.1, ~0.02@10" -o "$folder/greedy.safetensors" --quiet --force
        fine_tune pre-trained "$depth" "$seed" --from "$folder/greedy.safetensors"
    done
done
awk '{print $1, $2, $4}' "$rows" >"$folder/curves.txt"
