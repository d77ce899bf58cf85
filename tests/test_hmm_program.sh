#!/bin/sh
# Alignment and word error as people run them, on a hand-made recogniser of three phones.
set -eu
. tests/expect.sh
cd "$folder"

cat >mdef.txt <<'END'
0.3
3 n_base
1 n_tri
16 n_state_map
12 n_tied_state
9 n_tied_ci_state
3 n_tied_tmat
#base lft  rt p attrib tmat      ... state id's ...
    G   -   - -    n/a    0      0      1      2 N
   OW   -   - -    n/a    1      3      4      5 N
  SIL   -   - - filler    2      6      7      8 N
   OW   G   G e    n/a    1      9     10     11 N
END
printf 'GO G OW\nGO(2) OW G\nG G\n' >words.dic
printf '<s> SIL\n</s> SIL\n<sil> SIL\n' >words.filler
printf '# made by hand\nhere/an1-ann-b ann 14\nhere/an2-bob-b bob 7\n' >frames.sequences
printf '<s> GO G </s> (an1-ann-b)\n<s> GO </s> (an2-bob-b)\n' >said

# float32 .5 is 0000 003f: each state stays or goes on.
half='\000\000\000\077' none='\000\000\000\000'
row="$half$half$none$none$none$half$half$none$none$none$half$half"
transitions() { printf 's3\nversion 1.0\nendhdr\n\104\063\042\021\003\000\000\000\003\000\000\000\004\000\000\000\044\000\000\000'"$row$row$row"; }
transitions >transitions

# scores FILE SENONE..: a frame for each senone, which scores 0 there and all others 100 worse units.
scores() {
    file=$1
    shift
    { printf 's3\nversion 0.1\nendhdr\n\104\063\042\021'
      for best in "$@"; do
          printf '\014\000'
          for senone in 0 1 2 3 4 5 6 7 8 9 10 11; do
              [ "$senone" = "$best" ] && printf '\000\000' || printf '\144\000'
          done
      done; } >"$file"
}
mkdir -p sen/here
path1="6 7 8 0 1 2 2 9 10 11 0 1 1 2" path2="3 4 5 0 1 2 2"
scores sen/an1-ann-b.sen $path1
scores sen/here/an2-bob-b.sen $path2

model="--definition mdef.txt --transitions transitions --dictionary words.dic"
align="$harmonium align frames.sequences --scores sen $model --fillers words.filler --transcripts said"
$align -o labels.csv --words aligned --phones phones 2>told
grep -q '21 frames of 2 utterances aligned in .*14.3 % silence' told || fail "no talk of what was done: $(cat told)"
[ "$(tr '\n' ' ' <labels.csv)" = "$path1 $path2 " ] || fail "labels $(tr '\n' ' ' <labels.csv)"
[ "$(cat aligned)" = "<s> GO G </s> (an1-ann-b)
<s> GO(2) </s> (an2-bob-b)" ] || fail "words $(cat aligned)"
[ "$(cat phones)" = "an1-ann-b 0 3 SIL <sil>
an1-ann-b 3 7 G GO
an1-ann-b 7 10 OW GO
an1-ann-b 10 14 G G
an2-bob-b 0 3 OW GO(2)
an2-bob-b 3 7 G GO(2)" ] || fail "phones $(cat phones)"
for threads in 1 3; do
    $align -o "labels$threads.npy" --threads $threads --quiet
done
cmp -s labels1.npy labels3.npy || fail "labels depend on the number of threads"
# What was aligned aligns again, to the same.
"$harmonium" align frames.sequences --scores sen $model --transcripts aligned -o again.csv --quiet
cmp -s labels.csv again.csv || fail "the aligned transcripts give other labels"
# A pause within is told; the labels are those of a data set.
scores sen/an1-ann-b.sen 0 1 2 3 4 5 6 7 8 0 1 2 2 2
$align -o labels.npy --words aligned --quiet
grep -q '^<s> GO <sil> G </s>' aligned || fail "no pause: $(cat aligned)"

# A network in the place of the recogniser: frames that say their senone, learned with those beside them, scored, and aligned to the same.
scores sen/an1-ann-b.sen $path1
scores sen/here/an2-bob-b.sen $path2
$align -o labels.csv --quiet
for senone in $path1 $path2; do
    row=
    for s in 0 1 2 3 4 5 6 7 8 9 10 11; do row=$row$([ $s = "$senone" ] && echo 1 || echo 0),; done
    echo "${row%,}"
done >frames.csv
"$harmonium" train frames.csv --labels labels.csv --context 1 --balance no --kind net --layers "36 | relu 20 | softmax 12" \
    --backprop-epochs 60 --backprop-batch-size 7 -o net.safetensors --quiet
"$harmonium" scores net.safetensors frames.csv --definition mdef.txt -o by-net --quiet
[ -s by-net/here/an1-ann-b.sen ] && [ -s by-net/here/an2-bob-b.sen ] || fail "no scores of both utterances"
$align --scores by-net -o again.csv --quiet
cmp -s labels.csv again.csv || fail "the network's scores give other labels: $(tr '\n' ' ' <again.csv)"
"$harmonium" scores net.safetensors frames.csv --definition mdef.txt -o by-net-3 --threads 3 --quiet
cmp -s by-net/here/an1-ann-b.sen by-net-3/here/an1-ann-b.sen || fail "scores depend on the number of threads"
if "$harmonium" scores net.safetensors frames.csv --labels labels.csv --definition mdef.txt -o x --confusion phones.png 2>told; then
    [ -s phones.png ] || fail "no confusion of phones"
else
    grep -q 'libcairo' told || fail "$(cat told)"
fi
for bad in ../out here/../../out /tmp/out ..; do
    sed "2s#^[^ ]*#$bad#" frames.sequences >bad.sequences
    expect 1 'would be written outside of x' "$harmonium" scores net.safetensors frames.csv --sequences bad.sequences --definition mdef.txt -o x
done
[ ! -e out.sen ] && [ ! -e ../out.sen ] && [ ! -e /tmp/out.sen ] || fail "scores left their folder"
expect 2 'give --labels' "$harmonium" scores net.safetensors frames.csv --definition mdef.txt -o x --confusion phones.png
sed 's/12 n_tied_state/11 n_tied_state/; /OW   G/d; s/1 n_tri/0 n_tri/; s/16 n_state_map/12 n_state_map/' mdef.txt >fewer.txt
expect 1 'tells senone 11 apart, but the model definition has only 11' "$harmonium" scores net.safetensors frames.csv --definition fewer.txt -o x
expect 2 'say in which folder' "$harmonium" scores net.safetensors frames.csv --definition mdef.txt
expect 2 'say which senones' "$harmonium" scores net.safetensors frames.csv -o x
expect 1 'only a part is taken' "$harmonium" scores net.safetensors frames.csv --definition mdef.txt --subset 9 -o x
cp frames.csv alone.csv
expect 2 'no file of them' "$harmonium" scores net.safetensors alone.csv --definition mdef.txt -o x
"$harmonium" train frames.csv --hidden 3 --epochs 1 --context 1 -o rbm.safetensors --quiet
expect 1 'scored by a network' "$harmonium" scores rbm.safetensors frames.csv --definition mdef.txt -o x

# Wrong usage is 2, wrong files are 1; the message names file, value and remedy.
expect 2 'say where the scores' "$harmonium" align frames.sequences $model --transcripts said -o l.npy
expect 2 'say the model definition' "$harmonium" align frames.sequences --scores sen --transcripts said -o l.npy
expect 2 'is read by this command' $align -o l.npy --words said
expect 2 'two results would go to one file' $align -o l.npy --words x --phones x
expect 1 'no-such-file' "$harmonium" align no-such-file --scores sen $model --transcripts said -o l.npy
expect 1 '\.: has no an1-ann-b.sen' "$harmonium" align frames.sequences --scores . $model --transcripts said -o l.npy
sed 's/12 n_tied_state/13 n_tied_state/' mdef.txt >more.txt
expect 1 'scores of 12 senones, and the model definition has 13' $align --definition more.txt -o l.npy
sed 's/3 n_tied_tmat/4 n_tied_tmat/' mdef.txt >more.txt
expect 1 'transitions: 3 matrices, but more.txt names 4' $align --definition more.txt -o l.npy
head -c 100 transitions >cut
expect 1 'cut off' $align --transitions cut -o l.npy
head -5 mdef.txt >cut
expect 1 'may be cut off' $align --definition cut -o l.npy
printf '<s> GO G </s> (an1-ann-b)\n' >fewer
expect 1 'fewer: has no transcript of the utterance here/an2-bob-b' $align --transcripts fewer -o l.npy
printf '<s> GO G </s> (an1-ann-b)\n<s> STOP </s> (an2-bob-b)\n' >other
expect 1 'words.dic: utterance an2-bob-b has the word STOP' $align --transcripts other -o l.npy
printf '<s> GO G </s>\n' >other
expect 1 'other: line 1 does not end in the name' $align --transcripts other -o l.npy
printf '<s> GO G </s> (an1-ann-b)\n<s> GO G GO </s> (an2-bob-b)\n' >long
expect 1 'its 7 frames; the frames are too few' $align --transcripts long -o l.npy
expect 0 'warning: utterance an2-bob-b: no path' $align --transcripts long -o skipped.csv --words aligned --skip-failed
[ "$(tail -7 skipped.csv | tr '\n' ' ')" = "0 0 0 0 0 0 0 " ] || fail "frames of a skipped utterance are not labelled 0"
[ "$(wc -l <aligned)" = 1 ] || fail "a skipped utterance has no words"
head -c 200 sen/an1-ann-b.sen >sen/here/an2-bob-b.sen
expect 1 'an2-bob-b.sen: ends within frame 6' $align -o l.npy
scores sen/here/an2-bob-b.sen 3 4 5 0 1 2
expect 1 'an2-bob-b.sen: 6 frames, but frames.sequences has 7' $align -o l.npy
expect 1 'none.sequences: has no sequences' sh -c "echo '#' >none.sequences; \"$harmonium\" align none.sequences --scores sen $model --transcripts said -o l.npy"
[ ! -e l.npy ] || fail "labels were written although the alignment failed"

# Word error: of references with silences and variants, and of hypotheses with scores.
printf '<s> ONE TWO(2) <sil> THREE </s> (an1)\n<s> GO </s> (an2)\n' >reference
printf 'TWO THREE FOUR (here/an1 -1200)\nGO (here/an2 -3)\n' >heard
"$harmonium" word-error reference heard --lines >out
[ "$(cat out)" = "an1: 2 of 3 wrong
  said  ONE TWO THREE ****
  heard *** TWO THREE FOUR
an2: 0 of 1 wrong
  said  GO
  heard GO
word error      50.00 %  of 4 words: 3 correct, 0 substitutions, 1 deletions, 1 insertions
sentence error  50.00 %  of 2 utterances: 1 wrong" ] || { cat out; fail "word error"; }
expect 1 'heard: has no line of the utterance an3' sh -c "echo 'GO (an3)' >>reference; \"$harmonium\" word-error reference heard"
printf 'Go Home (an1)\n' >said-2
printf '\357\273\277GO home (an1)\n' >heard-2
"$harmonium" word-error said-2 heard-2 | grep -q 'of 2 words: 2 correct' || fail "case counts, or a byte order mark is a word"
"$harmonium" word-error said-2 heard-2 --keep-case | grep -q 'of 2 words: 0 correct, 2 sub' || fail "case cannot be kept"
expect 2 'usage: harmonium word-error' "$harmonium" word-error reference
