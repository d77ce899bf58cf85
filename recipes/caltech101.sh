#!/bin/sh
# Accuracy on Caltech-101 with 30 training pictures a class: layers learned on pictures of no class (recipes/caltech101.ini), the largest
# number of every map in the cells of a spatial pyramid, and a linear SVM (Debian's liblinear-tools), over draws of the training pictures.
#
#     recipes/caltech101.sh CALTECH101 [FOLDER]     HARMONIUM_PROGRAM says which program, THREADS how many, DRAWS which draws
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
caltech=$1
folder=${2:-caltech101}
threads=${THREADS:-0}
here=$(dirname "$0")
mkdir -p "$folder"
run() { "$harmonium" "$@" --threads "$threads" --quiet; }

[ -s "$folder/net.safetensors" ] || run train "$here/caltech101.ini" --data "$caltech/BACKGROUND_Google" -o "$folder/net.safetensors"

# The 101 classes without the pictures of none.
if [ ! -d "$folder/classes" ]; then
    mkdir -p "$folder/classes"
    for class in "$caltech"/*/; do
        [ "$(basename "$class")" = BACKGROUND_Google ] || ln -s "$(realpath "$class")" "$folder/classes/"
    done
fi

accuracy() { # name, then options
    name=$1
    shift
    [ -s "$folder/$name.svm" ] || run transform "$folder/net.safetensors" "$folder/classes" --resize 128x128 --whiten frequency \
        --contrast 1.3 --whole --pyramid "1 2 4" --root --unit-length "$@" -o "$folder/$name.svm"
    for draw in ${DRAWS:-1 2 3}; do
        "$here/caltech101.py" split "$folder/$name.svm" "$draw" "$folder/train.svm" "$folder/test.svm"
        liblinear-train -q -s 4 -c 10 "$folder/train.svm" "$folder/svm" >/dev/null
        liblinear-predict "$folder/test.svm" "$folder/svm" "$folder/answers" >/dev/null
        echo "$name, draw $draw: $("$here/caltech101.py" score "$folder/test.svm" "$folder/answers") %"
    done
}

accuracy layer-1
accuracy layer-2 --layer 2
accuracy both --layers "1 2"
