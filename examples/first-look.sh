#!/bin/sh
# Trains on the twos of the bundled digits, then reconstructs, samples and scores. first-look.sh [FOLDER]
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
folder=${1:-first-look}
mkdir -p "$folder"
"$harmonium" train --data digits --classes 2 --hidden 30 --epochs 5 -o "$folder/two.safetensors" --quiet
"$harmonium" reconstruct "$folder/two.safetensors" digits --part test --classes 2,3 -n 12 -o "$folder/reconstructions.png"
"$harmonium" sample "$folder/two.safetensors" -n 25 --gibbs-steps 100 -o "$folder/samples.png"
"$harmonium" score "$folder/two.safetensors" digits --part test --classes 2 -n 5
