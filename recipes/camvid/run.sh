#!/bin/sh
# A name for every pixel of CamVid's streets: nets of one and of three scales, class weights of three kinds, the best net in two stages,
# with and without regions. What is to be chosen is chosen on the validation pictures; the test pictures are read once for each line.
#
#     recipes/camvid/run.sh CAMVID [FOLDER]     CAMVID holds train, trainannot, val, valannot, test and testannot
#
# HARMONIUM_PROGRAM says which program, THREADS how many, WHICH what of "best scales weights". Every net is kept in FOLDER and not
# learned again, an interrupted one goes on. Run it from the root of the repository.
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
camvid=$(realpath "$1")
mkdir -p "${2:-camvid}"
folder=$(realpath "${2:-camvid}")
threads=${THREADS:-0}
step() { echo "$(date +%H:%M:%S) $*"; }

learn() { # name recipe options
    net=$folder/$1.safetensors
    recipe=recipes/camvid/$2.ini
    name=$1
    shift 2
    [ ! -s "$net" ] || [ -e "$net.checkpoint" ] || return 0
    resume=
    [ ! -e "$net.checkpoint" ] || resume=--resume
    step "$name learns"
    "$harmonium" train "$recipe" --data "$camvid/train" --labels "$camvid/trainannot" --scene-validation "$camvid/val" \
        --scene-validation-labels "$camvid/valannot" --metrics "$folder/$name.jsonl" --threads "$threads" --quiet $resume "$@" -o "$net"
}

number() { sed -n "s/^$1  *\([0-9.]*\).*/\1/p" "$folder/answer"; }

evaluate() { # name part options: "pixel class iou seconds"
    name=$1 part=$2
    shift 2
    "$harmonium" evaluate "$folder/$name.safetensors" "$camvid/$part" --labels "$camvid/${part}annot" --threads "$threads" --quiet "$@" \
        >"$folder/answer"
    echo "$(number 'pixel accuracy') $(number 'class average') $(number 'mean IoU') $(number 'seconds a picture')"
}

# The power of the classes' shares that gives the best mean of pixel accuracy, class average and IoU on the validation pictures.
choose_prior() { # name
    best=
    for prior in 0 0.125 0.25 0.375 0.5; do
        score=$(evaluate "$1" val --prior $prior | awk '{print $1 + $2 + $3}')
        if [ -z "$best" ] || awk "BEGIN {exit !($score > $best)}"; then best=$score chosen=$prior; fi
    done
    echo "$chosen"
}

row() { # title name options
    title=$1 name=$2
    shift 2
    grep -q "^$title |" "$folder/rows.txt" 2>/dev/null ||
        echo "$title | $(evaluate "$name" val "$@") | $(evaluate "$name" test "$@")" >>"$folder/rows.txt"
    grep "^$title |" "$folder/rows.txt"
}

echo "method | validation: pixel class IoU seconds | test: pixel class IoU seconds"
for which in ${WHICH:-best scales weights}; do
    case $which in
    best)
        learn half half
        learn whole whole --from "$folder/half.safetensors"
        prior=$(choose_prior whole)
        row "half size, three scales" half
        row "whole, four scales" whole
        row "whole, prior $prior" whole --prior "$prior"
        row "whole, prior $prior, mirrored" whole --prior "$prior" --mirrored
        row "whole, prior $prior, superpixels" whole --prior "$prior" --regions superpixels
        row "whole, prior $prior, cover" whole --prior "$prior" --regions cover
        ;;
    scales)
        learn three first
        learn one first --scene-scales 1
        row "first, three scales" three
        row "first, one scale" one
        ;;
    weights)
        learn three first
        learn natural first --scene-class-weights natural
        learn balanced first --scene-class-weights balanced
        row "first, median weights" three
        row "first, natural frequencies" natural
        row "first, balanced" balanced
        ;;
    esac
done
