#!/bin/sh
# The GMM's senone scores of utterances, one .sen file each, and what it recognises with the decoder of decode.sh:
#
#     recipes/an4/gmm-scores.sh AN4 GMM IDS FOLDER      GMM is the folder of gmm.sh
set -eu
etc=$1/etc gmm=$2 ids=$3 folder=$4
n=$(wc -l <"$ids")
[ -e "$folder/done" ] && exit 0
mkdir -p "$folder/numbered"
rm -f "$folder"/numbered/*
pocketsphinx_batch -hmm "$gmm/model" -dict "$etc/an4.dic" -fdict "$etc/an4.filler" -lm "$etc/an4.lm.DMP" -ctl "$ids" \
    -cepdir "$gmm/feat" -cepext .mfc -senlogdir "$folder/numbered" -compallsen yes -pl_window 0 -fwdflat no -bestpath no \
    -hyp "$folder/hypotheses" >"$folder/log" 2>&1
[ "$(find "$folder/numbered" -name '*.sen' | wc -l)" = "$n" ] || { echo "$folder: scores of fewer than $n utterances; see $folder/log" >&2; exit 1; }
i=0
while read -r id; do # they are numbered in the order of the list
    mkdir -p "$folder/$(dirname "$id")"
    mv "$folder/numbered/$(printf '%09d' $i).sen" "$folder/$id.sen"
    i=$((i + 1))
done <"$ids"
touch "$folder/done"
