#!/bin/sh
# AN4's FLAC files as WAV, which SphinxTrain reads:  recipes/an4/sound.sh AN4 FOLDER     (Debian's flac)
set -eu
an4=$1 folder=$2
mkdir -p "$folder"
(cd "$an4/flac" && find . -name '*.flac') | while read -r file; do
    wav=$folder/${file%.flac}.wav
    [ -s "$wav" ] && continue
    mkdir -p "$(dirname "$wav")"
    flac --decode --silent --force --output-name="$wav" "$an4/flac/$file"
done
