#!/bin/sh
# Words from senone scores (PocketSphinx), and the share of them that is wrong:
#
#     recipes/an4/decode.sh AN4 MODEL SCORES IDS TRANSCRIPTS [LANGUAGE-WEIGHT]
#
# MODEL is the folder of hidden Markov models, SCORES that of the .sen files, IDS a list of utterances (an4_clstk/fash/an251-fash-b).
# Prints word and sentence error; the hypotheses are SCORES/hypotheses-WEIGHT. One pass without look-ahead: the scores are all there is.
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
etc=$1/etc model=$2 scores=$3 ids=$4 transcripts=$5 weight=${6:-6}
said=$scores/hypotheses-$weight
pocketsphinx_batch -hmm "$model" -dict "$etc/an4.dic" -fdict "$etc/an4.filler" -lm "$etc/an4.lm.DMP" -ctl "$ids" -cepdir "$scores" \
    -cepext .sen -senin yes -pl_window 0 -fwdflat no -bestpath no -lw "$weight" -wip 0.2 -beam 1e-48 -wbeam 1e-40 -pbeam 1e-48 \
    -lpbeam 1e-48 -lponlybeam 1e-40 -hyp "$said" >"$scores/decode.log" 2>&1
"$harmonium" word-error "$transcripts" "$said"
