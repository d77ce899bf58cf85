#!/bin/sh
# Edges, parts and objects of classes of Caltech-101 and of four of them together (recipes/parts.ini): pictures of what the three layers
# stand for, the area under precision-recall of single features against pictures of no class, and the entropy of the class given a feature.
#
#     recipes/parts.sh CALTECH101 [FOLDER]     HARMONIUM_PROGRAM says which program, THREADS how many, CLASSES which classes
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
caltech=$1
folder=${2:-parts}
threads=${THREADS:-0}
here=$(dirname "$0")
mkdir -p "$folder"
run() { "$harmonium" "$@" --threads "$threads" --quiet; }
prepared="--longest 100 --whiten frequency --contrast 1.3 --fit pad --frame 100x100"

# Of at most 300 pictures of a folder a fifth, which learning never sees.
chosen() { # pictures
    n=$(find "$1" -name '*.jpg' | wc -l)
    echo "--subset $((n < 300 ? n : 300)) --validation 0.2"
}

features() { # model pictures name options: the largest number of each map
    model=$1 pictures=$2 name=$3
    shift 3
    for layer in 1 2 3; do
        # shellcheck disable=SC2086
        run transform "$model" "$pictures" $prepared "$@" --layer $layer --pyramid 1 -o "$name-$layer.svm"
    done
}

pictures() { # model
    for layer in 1 2 3; do run show "$1.safetensors" --layer $layer -o "$1-$layer.png"; done
}

# Small classes learn for more epochs: as many steps as 240 pictures take in those of the recipe.
recipe_for() { # pictures
    n=$(find "$1" -name '*.jpg' | wc -l)
    n=$((n < 300 ? n : 300))
    awk -v times=$((n < 300 ? (300 + n / 2) / n : 1)) '/^epochs/ {$3 *= times} {sub(/@8$/, "@" 8 * times)} 1' "$here/parts.ini"
}

learn() { # name data
    unfinished=
    recipe_for "$2" >"$folder/$1.ini"
    [ ! -e "$folder/$1.safetensors.checkpoint" ] || unfinished=--resume
    # shellcheck disable=SC2046,SC2086
    [ -s "$folder/$1.safetensors" ] || run train "$folder/$1.ini" --data "$2" $(chosen "$2") $unfinished -o "$folder/$1.safetensors"
    pictures "$folder/$1"
}

# shellcheck disable=SC2046
for class in ${CLASSES:-Faces_easy Motorbikes car_side elephant chair}; do
    learn "$class" "$caltech/$class"
    features "$folder/$class.safetensors" "$caltech/$class" "$folder/$class-seen" $(chosen "$caltech/$class")
    features "$folder/$class.safetensors" "$caltech/BACKGROUND_Google" "$folder/$class-others"
    for layer in 1 2 3; do
        echo "$class, layer $layer: $("$here/single-features.py" "$folder/$class-seen-$layer.svm" "$folder/$class-others-$layer.svm")"
    done
done

# The mixed net: four classes in one folder, and how much a feature of it tells about the class.
mixed=$folder/four
if [ ! -d "$mixed" ]; then
    mkdir -p "$mixed.part"
    for class in Faces_easy Motorbikes car_side airplanes; do
        mkdir -p "$mixed.part/$class"
        find "$caltech/$class" -name '*.jpg' | sort | head -n 120 | xargs -I{} cp {} "$mixed.part/$class"
    done
    mv "$mixed.part" "$mixed"
fi
learn mixed "$mixed"
for class in Faces_easy Motorbikes car_side airplanes; do
    features "$folder/mixed.safetensors" "$mixed/$class" "$folder/mixed-$class"
done
for layer in 1 2 3; do
    echo "class given a feature, layer $layer:"
    "$here/single-features.py" --entropy "$folder/mixed-Faces_easy-$layer.svm" "$folder/mixed-Motorbikes-$layer.svm" \
        "$folder/mixed-car_side-$layer.svm" "$folder/mixed-airplanes-$layer.svm" | tee "$folder/entropy-$layer.txt"
done
