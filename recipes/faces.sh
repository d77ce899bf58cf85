#!/bin/sh
# Faces with one half hidden (recipes/faces.ini): the squared error of the hidden half, in units of the pixels' variance, over 50 faces that
# learning never saw, by sampling the full posterior, by one pass up and down, and by the mean face; and pictures of both.
#
#     recipes/faces.sh CALTECH101 [FOLDER]     HARMONIUM_PROGRAM says which program, THREADS how many, SEED which seed
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
faces=$1/Faces_easy
folder=${2:-faces}
here=$(dirname "$0")
mkdir -p "$folder"
run() { "$harmonium" "$@" --threads "${THREADS:-0}" --seed "${SEED:-1}" --quiet; }
net=$folder/net.safetensors
held_out="--resize 60x48 --validation 50 --clamp left --means"

[ -s "$net" ] || run train "$here/faces.ini" --data "$faces" -o "$net"
for inference in layers upward; do
    echo "inference by $inference:"
    # shellcheck disable=SC2086
    run sample "$net" "$faces" $held_out --inference $inference --gibbs-steps 100 -n 50 --completions 1 -o "$folder/$inference.npy"
    # shellcheck disable=SC2086
    run sample "$net" "$faces" $held_out --inference $inference --gibbs-steps 100 -n 12 --completions 3 -o "$folder/$inference.png"
done
