#!/bin/sh
# The baseline: hidden Markov models whose states are mixtures of Gaussians, trained by SphinxTrain on AN4: 200 tied states of 8 Gaussians,
# as its own recipe has it, with silence kept in the sound.
#
#     recipes/an4/gmm.sh AN4 FOLDER TRANSCRIPTS      AN4 holds etc/ and flac/; TRANSCRIPTS are those of the training utterances
#
# leaves FOLDER/model (the HMMs with their text definition mdef.txt). Needs Debian's sphinxtrain, sphinxbase-utils and flac.
set -eu
an4=$(realpath "$1")
transcripts=$(realpath "$3")
mkdir -p "$2"
folder=$(realpath "$2")
[ -s "$folder/model/mdef.txt" ] && exit 0
export LC_ALL=C PERL_USE_UNSAFE_INC=1

# SphinxTrain seeks its files beside its own program, and Debian has them in two places.
lay_out_programs() {
    mkdir -p "$folder/programs/bin" "$folder/programs/lib/sphinxtrain"
    cp "$(command -v sphinxtrain)" "$folder/programs/bin"
    for file in /usr/lib/sphinxtrain/* /usr/lib/*/sphinxtrain/etc /usr/lib/*/sphinxtrain/python; do
        ln -sf "$file" "$folder/programs/lib/sphinxtrain/"
    done
    [ -d "$folder/programs/lib/sphinxtrain/scripts" ] || cp -r /usr/lib/*/sphinxtrain/scripts "$folder/programs/lib/sphinxtrain/"
    ln -sf "$(command -v sphinx_fe)" "$folder/programs/lib/sphinxtrain/"
    # It would cut silence out, and the frames would no longer be those of the sound.
    sed -i 's/-ncep => /-remove_silence => "no", -ncep => /' "$folder/programs/lib/sphinxtrain/scripts/000.comp_feat/make_feats.pl"
}

set_up() {
    mkdir -p "$folder/etc"
    cp "$an4/etc/"* "$folder/etc/"
    cp "$transcripts" "$folder/etc/an4_train.transcription"
    (cd "$folder" && programs/bin/sphinxtrain -t an4 setup)
    sed -i -e "s|^\$CFG_WAVFILES_DIR.*|\$CFG_WAVFILES_DIR = \"$sound\";|" -e "s/^\$CFG_WAVFILE_EXTENSION.*/\$CFG_WAVFILE_EXTENSION = 'wav';/" \
        -e "s/^\$CFG_WAVFILE_TYPE.*/\$CFG_WAVFILE_TYPE = 'mswav';/" -e 's/^\$CFG_LANGUAGEMODEL .*/$CFG_LANGUAGEMODEL = "$CFG_LIST_DIR\/an4.lm.DMP";/' \
        "$folder/etc/sphinx_train.cfg"
}

# SphinxTrain ends with 0 even when it has failed.
train() {
    (cd "$folder" && programs/bin/sphinxtrain -s comp_feat,verify,ci_hmm,cd_hmm_untied,buildtrees,prunetree,cd_hmm_tied run) >"$folder/train.log" 2>&1 || true
    if grep -q -e 'failed' -e 'ERROR: FATAL' "$folder/train.log" || [ ! -d "$folder/model_parameters/an4.cd_cont_200" ]; then
        tail -n 20 "$folder/train.log" >&2
        echo "SphinxTrain failed; the whole log is $folder/train.log" >&2
        exit 1
    fi
}

lay_out_programs
sound=$(dirname "$folder")/sound
"$(dirname "$0")/sound.sh" "$an4" "$sound"
set_up
train
mkdir -p "$folder/model"
cp "$folder/model_parameters/an4.cd_cont_200/"* "$folder/model/"
cp "$folder/model_architecture/an4.200.mdef" "$folder/model/mdef.txt"
