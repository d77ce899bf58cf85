#!/bin/sh
# From sounds to words as people run it: two tones are the words, a network learns them, and hidden Markov models made by hand join them.
set -eu
. tests/expect.sh
if "$harmonium" info | grep -q '\(sndfile\|fftw\) *absent'; then
    exit 77
fi
cd "$folder"

# ---- Sounds: q is silence, l a tone of 800 Hz, h one of 4000 Hz, 0.2 s each, that is 20 frames ----
samples() {
    for letter in "$@"; do
        case $letter in
        q) head -c 6400 /dev/zero ;;
        l) yes aaaaaaaaaaaaaaaaaaaa0000000000000000000 | head -c 6400 ;;
        h) yes aaaa000 | head -c 6400 ;;
        esac
    done
}
wav() { # LETTER...
    printf RIFF; number $((36 + 6400 * $#)) 4; printf 'WAVEfmt '
    number 16 4; number 1 2; number 1 2; number 16000 4; number 32000 4; number 2 2; number 16 2
    printf data; number $((6400 * $#)) 4
    samples "$@"
}
third() { # of the senones FIRST ..: 20 frames
    for i in 0 0 0 0 0 0 0 1 1 1 1 1 1 1 2 2 2 2 2 2; do echo $(($1 + i)); done
}
labels() { # LETTER...: an utterance of k letters has 20 k - 1 frames
    for letter in "$@"; do
        case $letter in l) third 0 ;; h) third 3 ;; q) third 6 ;; esac
    done | sed '$d'
}
mkdir -p sound/ann
for letters in 'q l q h q' 'q h l q h q' 'q l h q l q' 'q q h q l q q'; do
    wav $letters >"sound/ann/$(echo $letters | tr -d ' ').wav"
done
labels q h l q h q >labels.csv # in the order of names
labels q l h q l q >>labels.csv
labels q l q h q >>labels.csv
labels q q h q l q q >>labels.csv
wav q h q l h q >test1.wav
wav q l q q h q >test2.wav

# ---- The network ----
"$harmonium" frames sound -o train.npy --bands 20 --quiet
train() { "$harmonium" train train.npy --labels labels.csv --balance no --kind net --quiet "$@"; }
train --context 2 --standardise --layers 'gaussian 100 | relu 30 | softmax 9' --backprop-epochs 60 --backprop-batch-size 16 \
    --backprop-learning-rate 0.05 -o net.safetensors
sed 1d train.sequences >plain.sequences
train --context 2 --sequences plain.sequences --layers 'gaussian 100 | softmax 9' --backprop-epochs 1 -o plain.safetensors
train --context 2 --scale 0.5 --layers 'gaussian 100 | softmax 9' --backprop-epochs 1 -o scaled.safetensors

# ---- The hidden Markov models: nothing of a Gaussian is used, but PocketSphinx reads them ----
mkdir hmm
cat >hmm/mdef <<'END'
0.3
3 n_base
0 n_tri
12 n_state_map
9 n_tied_state
9 n_tied_ci_state
3 n_tied_tmat
#base lft  rt p attrib tmat      ... state id's ...
    H   -   - -    n/a    1      3      4      5 N
    L   -   - -    n/a    0      0      1      2 N
  SIL   -   - - filler    2      6      7      8 N
END
s3() { printf 's3\nversion 1.0\nendhdr\n\104\063\042\021'; for i in "$@"; do number "$i" 4; done; }
ones() { i=0; while [ $i -lt "$1" ]; do printf '\000\000\200\077'; i=$((i + 1)); done; }
half='\000\000\000\077' none='\000\000\000\000' # each state stays or goes on
row="$half$half$none$none$none$half$half$none$none$none$half$half"
{ s3 3 3 4 36; printf "$row$row$row"; } >hmm/transition_matrices
{ s3 9 1 1 13 117; ones 117; } >hmm/means
cp hmm/means hmm/variances
{ s3 9 1 1 9; ones 9; } >hmm/mixture_weights
printf -- '-feat 1s_c\n-ceplen 13\n-cmn none\n-agc none\n' >hmm/feat.params
printf 'HIGH H\nLOW L\n' >words.dic
printf '<s> SIL\n</s> SIL\n<sil> SIL\n' >words.filler
cat >words.lm <<'END'
\data\
ngram 1=4
ngram 2=2

\1-grams:
-99 <s> -0.3
-0.5 </s>
-0.5 HIGH -0.3
-0.5 LOW -0.3

\2-grams:
-0.3 <s> HIGH
-0.3 <s> LOW

\end\
END

# ---- Wrong usage is 2, wrong files are 1; the message names file, value and remedy ----
files="--dictionary words.dic --fillers words.filler --language-model words.lm"
recognise() { "$harmonium" recognise --hmm hmm $files "$@"; }
expect 2 'say where the hidden Markov models are: --hmm' "$harmonium" recognise net.safetensors test1.wav $files
expect 2 'say the language model: --language-model' "$harmonium" recognise net.safetensors test1.wav --hmm hmm --dictionary words.dic --fillers words.filler
expect 2 'usage: harmonium recognise' recognise net.safetensors
expect 2 'one sound is drawn at a time, and here are 2' recognise net.safetensors test1.wav test2.wav -o x.png
expect 2 'is read by this command' recognise net.safetensors test1.wav --hypotheses words.lm
expect 1 'none.wav' recognise net.safetensors none.wav
expect 1 'none.safetensors' recognise none.safetensors test1.wav
expect 1 'does not know a front end.*harmonium frames' recognise plain.safetensors test1.wav
expect 1 'prepared with scale = 0.5 as well' recognise scaled.safetensors test1.wav
if "$harmonium" info | grep -q 'pocketsphinx.*absent'; then
    expect 1 'lacks pocketsphinx; install libpocketsphinx-dev' recognise net.safetensors test1.wav
    exit 0
fi
expect 1 'none: there is no such folder' recognise net.safetensors test1.wav --hmm none
expect 1 'none.lm: there is no such file' recognise net.safetensors test1.wav --language-model none.lm
expect 1 'cannot read them: .*words.dic' recognise net.safetensors test1.wav --language-model words.dic
cp -r hmm cut
head -c 100 hmm/means >cut/means
expect 1 'cannot read them: .*cut/means' recognise net.safetensors test1.wav --hmm cut
cp hmm/means cut/means
head -n 9 hmm/mdef | sed 's/2 N/2/' >cut/mdef # what PocketSphinx would end the process for
expect 1 'cut.*cannot read them' recognise net.safetensors test1.wav --hmm cut
sed 's/^9 n_tied_state/8 n_tied_state/' hmm/mdef >other.txt
expect 1 'other.txt' recognise net.safetensors test1.wav --definition other.txt
[ ! -e x.png ] || fail "a failed command leaves a file"

# ---- Words, within 40 ms of where they were put ----
recognise net.safetensors test1.wav test2.wav --hypotheses heard >out 2>err
grep -q '^2.4 s of sound in 2 files recognised in .* times as fast' err || fail "$(cat err)"
[ "$(cat heard)" = "HIGH LOW HIGH (test1)
LOW HIGH (test2)" ] || fail "heard $(cat heard)"
printf 'test1.wav 0.2 0.4 HIGH\ntest1.wav 0.6 0.8 LOW\ntest1.wav 0.8 1.0 HIGH\ntest2.wav 0.2 0.4 LOW\ntest2.wav 0.8 1.0 HIGH\n' >where
paste -d ' ' out where | awk '
    function far(a, b) { return a - b > 0.041 || b - a > 0.041 }
    $1 != $5 || $4 != $8 || far($2, $6) || far($3, $7) { print; bad = 1 }
    END { exit bad }' || fail "words elsewhere than they were said"
printf 'HIGH LOW HIGH (test1)\nLOW LOW (test2)\n' >said
"$harmonium" word-error said heard | grep -q 'of 5 words: 4 correct, 1 sub' || fail "hypotheses are not read by word-error"
[ "$(recognise net.safetensors test1.wav --quiet 2>&1)" = "$(grep test1 out)" ] || fail "other words of a sound alone, or talk although quiet"
wav q q >silence.wav
expect 0 'silence.wav: no word was recognised' recognise net.safetensors silence.wav
if "$harmonium" info | grep -q 'cairo *absent\|plots.*absent'; then
    exit 0
fi
recognise net.safetensors test1.wav -o x.png --quiet >/dev/null
[ -s x.png ] || fail "no picture"
recognise net.safetensors silence.wav -o y.png --quiet >/dev/null 2>&1
[ -s y.png ] || fail "no picture of silence"
