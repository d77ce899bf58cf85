#!/bin/sh
# harmonium frames as people run it: what it writes, and sounds that it refuses.
set -eu
. tests/expect.sh
if "$harmonium" info | grep -q '\(sndfile\|fftw\) *absent'; then
    exit 77
fi

# wav RATE CHANNELS BITS SAMPLES [CLAIMED BYTES]: letters as sound, so that it is no silence.
wav() {
    bytes=$(($2 * $3 / 8 * $4))
    printf RIFF; number $((36 + bytes)) 4; printf 'WAVEfmt '
    number 16 4; number 1 2; number "$2" 2; number "$1" 4; number $(($1 * $2 * $3 / 8)) 4; number $(($2 * $3 / 8)) 2; number "$3" 2
    printf data; number "${5:-$bytes}" 4
    yes 'a quick brown fox jumps over it' | head -c $bytes
}
mkdir -p "$folder/all/ann" "$folder/all/bob"
wav 16000 1 16 6000 >"$folder/all/ann/one.wav"
wav 16000 1 16 3000 >"$folder/all/ann/two.WAV"
wav 16000 1 16 410 >"$folder/all/bob/three.wav"
echo 'no sound' >"$folder/all/notes.txt"

# Files, folders and lists; names, speakers and counts of frames.
"$harmonium" frames "$folder/all" -o "$folder/x.npy" --normalise speaker --threads 1 2>"$folder/err"
grep -q 'x.npy: 56 frames of 40 coefficients, 3 utterances' "$folder/err" || fail "$(cat "$folder/err")"
printf '# front-end kind=fbank normalise=speaker\nann/one ann 36\nann/two ann 18\nbob/three bob 2\n' | cmp - "$folder/x.sequences" ||
    fail "$(cat "$folder/x.sequences")"
[ "$(wc -c <"$folder/x.npy")" = $((128 + 56 * 40 * 4)) ] || fail "the frames have the wrong size"
"$harmonium" data "$folder/x.npy" --context 1 | grep -q '56 cases of 120 features' || fail "the frames are no data"
"$harmonium" frames "$folder/all" -o "$folder/y.npy" --normalise speaker --threads 2 --quiet
cmp "$folder/x.npy" "$folder/y.npy" || fail "threads change the frames"
printf 'bob/three\nann/one\n' >"$folder/list"
"$harmonium" frames --list "$folder/list" --root "$folder/all" -o "$folder/l.npy" --kind mfcc --differences 1 --quiet
tail -n +2 "$folder/l.sequences" | tr '\n' ' ' | grep -q '^bob/three bob 2 ann/one ann 36 $' || fail "$(cat "$folder/l.sequences")"
(cd "$folder/all/ann" && "$harmonium" frames one.wav -o "$folder/o.npy" --quiet) && grep -q '^one ann 36$' "$folder/o.sequences" ||
    fail "no speaker of a bare name"
"$harmonium" frames "$folder/all" -o "$folder/z.npy" --speeds '0.9, 1 1.1' --threads 2 --quiet
grep -v '#' "$folder/z.sequences" | head -n 4 | tr '\n' ' ' | grep -q '^ann/one@0.9 ann 41 ann/one ann 36 ann/one@1.1 ann 33 ann/two@0.9 ann 20 $' ||
    fail "$(cat "$folder/z.sequences")"
grep -q '^# front-end kind=fbank$' "$folder/z.sequences" || fail "speeds are no part of the front end"
if "$harmonium" info | grep 'pictures, in' | grep -q present; then
    "$harmonium" frames "$folder/all/ann/one.wav" -o "$folder/one.png" --quiet
    [ -s "$folder/one.png" ] || fail "no picture"
    expect 2 'one sound is drawn at a time, and here are 3' "$harmonium" frames "$folder/all" -o "$folder/one.png"
fi

# The same samples in every form in which programs write them.
wav 16000 1 16 6000 4294967295 >"$folder/pipe-ffmpeg.wav"
wav 16000 1 16 6000 2147479552 >"$folder/pipe-sox.wav"
wav 16000 1 16 6000 2147479588 >"$folder/pipe-sox-less-header.wav"
wav 16000 1 16 6000 0 >"$folder/pipe-zero.wav"
for pipe in pipe-ffmpeg pipe-sox pipe-sox-less-header pipe-zero; do
    "$harmonium" frames "$folder/$pipe.wav" -o "$folder/p.npy" --quiet || fail "$pipe.wav is not read"
    cmp "$folder/p.npy" "$folder/o.npy" || fail "$pipe.wav is another sound"
done
# NIST SPHERE as its header is, and AU, whose samples stand the other way round.
{ printf 'NIST_1A\n   1024\nchannel_count -i 1\nsample_rate -i 16000\nsample_n_bytes -i 2\nsample_byte_format -s2 01\nsample_sig_bits -i 16\n'
  printf 'sample_count -i 6000\nsample_coding -s3 pcm\nend_head\n'; } >"$folder/sphere.sph"
head -c $((1024 - $(wc -c <"$folder/sphere.sph"))) /dev/zero | tr '\0' ' ' >>"$folder/sphere.sph"
yes 'a quick brown fox jumps over it' | head -c 12000 >>"$folder/sphere.sph"
"$harmonium" frames "$folder/sphere.sph" -o "$folder/p.npy" --quiet || fail "SPHERE is not read"
cmp "$folder/p.npy" "$folder/o.npy" || fail "SPHERE is another sound"
{ printf '.snd'; printf '\0\0\0\030\0\0\056\340\0\0\0\003\0\0\076\200\0\0\0\001'
  yes 'a quick brown fox jumps over it' | head -c 12000 | dd conv=swab 2>/dev/null; } >"$folder/sun.au"
"$harmonium" frames "$folder/sun.au" -o "$folder/p.npy" --quiet || fail "AU is not read"
cmp "$folder/p.npy" "$folder/o.npy" || fail "AU is another sound"
# mu-law loses something, and says so: format 7 of WAV, 8 bits a sample.
{ printf RIFF; number 6036 4; printf 'WAVEfmt '; number 16 4; number 7 2; number 1 2; number 16000 4; number 16000 4; number 1 2; number 8 2
  printf data; number 6000 4; yes 'a quick brown fox jumps over it' | head -c 6000; } >"$folder/mu.wav"
expect 0 'mu.wav: its samples are compressed with loss' "$harmonium" frames "$folder/mu.wav" -o "$folder/p.npy"
# Floats of 32 and 64 bits; one sample far out would be frames that are no numbers.
float() { # BITS BYTES-OF-THE-ODD-ONE: 2,000 samples of 0.25, and one other
    bytes=$(($1 / 8 * 2001))
    printf RIFF; number $((36 + bytes)) 4; printf 'WAVEfmt '; number 16 4; number 3 2; number 1 2; number 16000 4; number $((2000 * $1)) 4
    number $(($1 / 8)) 2; number "$1" 2; printf data; number $bytes 4
    quarter='\0\0\200\076' && [ "$1" = 32 ] || quarter='\0\0\0\0\0\0\320\077'
    printf "$2"; yes x | head -n 2000 | while read -r x; do printf "$quarter"; done
}
float 32 '\0\0\200\076' >"$folder/f32.wav"
float 64 '\0\0\0\0\0\0\320\077' >"$folder/f64.wav"
"$harmonium" frames "$folder/f32.wav" -o "$folder/p.npy" --quiet && "$harmonium" frames "$folder/f64.wav" -o "$folder/q.npy" --quiet || fail "floats are not read"
cmp "$folder/p.npy" "$folder/q.npy" || fail "floats of 64 bits are another sound than those of 32"
float 32 '\354\170\255\140' >"$folder/far.wav" # 1e20
expect 1 'far.wav: sample 0 is 1e+20' "$harmonium" frames "$folder/far.wav" -o "$folder/far.npy"
float 32 '\0\0\300\177' >"$folder/nan.wav"
expect 1 'nan.wav: sample 0 is no number' "$harmonium" frames "$folder/nan.wav" -o "$folder/far.npy"
[ ! -e "$folder/far.npy" ] || fail "frames that are no numbers were written"
rm "$folder"/*.wav

# Sounds that would give frames of something else than was said.
bad="$folder/bad"
mkdir "$bad"
frames() { "$harmonium" frames "$1" -o "$folder/none.npy"; }
wav 16000 2 16 3000 >"$bad/stereo.wav"
expect 1 'stereo.wav: has 2 channels.*remix' frames "$bad/stereo.wav"
wav 8000 1 16 3000 >"$bad/slow.wav"
expect 1 'slow.wav: has 8000 samples a second.*16000.*sox' frames "$bad/slow.wav"
wav 16000 1 8 3000 >"$bad/coarse.wav"
expect 1 'coarse.wav: its samples are coarser than 16 bits' frames "$bad/coarse.wav"
wav 16000 1 16 0 >"$bad/empty.wav"
expect 1 'empty.wav: holds 0 samples' frames "$bad/empty.wav"
wav 16000 1 16 3000 7000 >"$bad/short.wav"
expect 1 'short.wav: truncated: .*7000 bytes.*6000 are' frames "$bad/short.wav"
echo 'no sound' >"$bad/text.wav"
expect 1 'text.wav: is no sound' frames "$bad/text.wav"
: >"$bad/nothing.flac"
expect 1 'nothing.flac: is no sound' frames "$bad/nothing.flac"
expect 1 'none.wav' frames "$bad/none.wav"
mkfifo "$folder/pipe.wav"
expect 1 'is no regular file' timeout 20 "$harmonium" frames "$folder/pipe.wav" -o "$folder/none.npy"
expect 2 'there is no sound to read' "$harmonium" frames -o "$folder/none.npy"
expect 2 'say where the frames go' "$harmonium" frames "$folder/all"
expect 2 'this verb writes' "$harmonium" frames "$folder/all" -o "$folder/none.csv"
expect 2 'is read by this command' "$harmonium" frames --list "$folder/x.npy" -o "$folder/x.npy"
expect 2 'speed = x: must be a number' "$harmonium" frames "$folder/all" --speeds x -o "$folder/none.npy"
expect 2 'speed' "$harmonium" frames "$folder/all" --speeds '1 9' -o "$folder/none.npy"
expect 2 'one point of 512' "$harmonium" frames "$folder/all" --bands 200 -o "$folder/none.npy"
echo ann/four >"$folder/list"
expect 1 'there is no ann/four.flac' "$harmonium" frames --list "$folder/list" --root "$folder/all" -o "$folder/none.npy"
wav 16000 1 16 500 >"$folder/two words.wav"
expect 2 'without spaces' frames "$folder/two words.wav"
if command -v flac >/dev/null; then
    flac --silent -o "$folder/one.flac" "$folder/all/ann/one.wav"
    "$harmonium" frames "$folder/one.flac" -o "$folder/f.npy" --quiet
    cmp "$folder/f.npy" "$folder/o.npy" || fail "FLAC is another sound than WAV"
    size=$(wc -c <"$folder/one.flac")
    head -c $((size / 2)) "$folder/one.flac" >"$bad/short.flac"
    expect 1 'short.flac: damaged or truncated' frames "$bad/short.flac"
    { head -c $((size - 60)) "$folder/one.flac"; printf 'damage'; tail -c 54 "$folder/one.flac"; } >"$bad/damaged.flac"
    expect 1 'damaged.flac: damaged or truncated' frames "$bad/damaged.flac"
fi
[ ! -e "$folder/none.npy" ] && [ ! -e "$folder/none.sequences" ] || fail "a failed command leaves a file"
ls "$folder" | grep tmp && fail "a failed command leaves a temporary file"

# All but the bad ones, which are told at the end.
"$harmonium" frames "$bad" "$folder/all" --skip-damaged --normalise speaker -o "$folder/s.npy" 2>"$folder/err"
grep -q '56 frames of 40 coefficients, 3 utterances' "$folder/err" || fail "$(cat "$folder/err")"
[ "$(grep -c '^warning: left out: ' "$folder/err")" = "$(ls "$bad" | wc -l)" ] || fail "$(cat "$folder/err")"
cmp "$folder/s.npy" "$folder/x.npy" || fail "bad sounds change the frames of others"
expect 1 'none of the .* sounds can be used' "$harmonium" frames "$bad" --skip-damaged -o "$folder/none.npy"
