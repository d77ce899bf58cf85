#!/bin/sh
# What one types first, harmonium train mydata.csv, learns something of small sets of many kinds, and harmonium data says what they hold.
set -eu
. tests/expect.sh
cd "$folder"

# Ten sets of at most 300 cases whose features go together, by a generator of awk's own (the same numbers everywhere).
awk '
function u() { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }
function g() { return sqrt(-2 * log(u() + 1e-12)) * cos(6.283185307 * u()) }
function row(line) { print line > name }
BEGIN {
    seed = 12345
    name = "bits.csv"       # ten bits that three hidden ones drive
    for (i = 0; i < 200; i++) { for (k = 0; k < 3; k++) z[k] = u() < 0.5; s = ""; for (j = 0; j < 12; j++) s = s (j ? "," : "") (u() < 0.05 ? u() < 0.5 : z[j % 3]) + 0; row(s) }
    name = "gaussian.csv"   # lengths in cm that two factors drive
    print "height,arm,leg,foot,weight" > name
    for (i = 0; i < 150; i++) { a = g(); b = g(); row((170 + 8 * a + g()) "," (70 + 3 * a + 0.4 * g()) "," (90 + 4 * a + g()) "," (26 + a + 0.3 * g()) "," (70 + 6 * a + 5 * b)) }
    name = "counts.csv"     # counts of words, of three subjects
    for (i = 0; i < 250; i++) { k = int(3 * u()); s = ""; for (j = 0; j < 9; j++) s = s (j ? "," : "") int((j % 3 == k ? 12 : 2) * u() * 2); row(s) }
    name = "spins.csv"      # -1 and 1
    for (i = 0; i < 200; i++) { k = u() < 0.5; s = ""; for (j = 0; j < 16; j++) s = s (j ? "," : "") ((k + j) % 2 == (u() < 0.1) ? 1 : -1); row(s) }
    name = "shares.csv"     # probabilities
    for (i = 0; i < 150; i++) { a = g(); s = ""; for (j = 0; j < 8; j++) s = s (j ? "," : "") 1 / (1 + exp(-(j % 2 ? 2 : -2) * a + 0.3 * g())); row(s) }
    name = "onehot.csv"     # two words of three, that agree
    for (i = 0; i < 300; i++) { k = int(3 * u()); s = ""; for (w = 0; w < 3; w++) { m = u() < 0.1 ? int(3 * u()) : k; for (c = 0; c < 3; c++) s = s (s == "" ? "" : ",") (c == m) + 0 }; row(s) }
    name = "waves.csv"      # a signal around 100
    for (i = 0; i < 120; i++) { p = 6.28 * u(); s = ""; for (t = 0; t < 30; t++) s = s (t ? "," : "") 100 + 15 * sin(p + t / 4) + g(); row(s) }
    name = "wide.csv"       # more features than cases
    for (i = 0; i < 25; i++) { a = g(); b = g(); s = ""; for (j = 0; j < 100; j++) s = s (j ? "," : "") a * ((j % 5) - 2) + b * ((j % 3) - 1) + 0.3 * g(); row(s) }
    name = "few.csv"        # a dozen cases
    for (i = 0; i < 12; i++) { a = g(); row(a "," (2 * a + 0.1 * g()) "," (-a) "," (10 + 5 * a)) }
    name = "bytes.csv"      # small pictures, 0 to 16
    for (i = 0; i < 200; i++) { c = int(6 * u()); s = ""; for (y = 0; y < 6; y++) for (x = 0; x < 6; x++) s = s (s == "" ? "" : ",") (x == c ? 12 + int(4 * u()) : int(3 * u())); row(s) }
}'
for data in bits gaussian counts spins shares onehot waves wide few bytes; do
    "$harmonium" train $data.csv -o $data.safetensors 2>told || { cat told; fail "$data.csv is not learned from"; }
    [ "$(wc -l <told)" -lt 80 ] || fail "learning from $data.csv tells too much: $(wc -l <told) lines"
    grep -q 'next to nothing\|overshoots' told && { cat told; fail "the doctor finds nothing learned of $data.csv"; }
    "$harmonium" doctor $data.safetensors $data.csv --quiet >told
    awk -v name=$data '/^reconstruction error/ { found = 1; if ($5 > 0.6) { print name ": " $0; exit 1 } } END { if (!found) exit 1 }' told ||
        fail "too little is learned of $data.csv"
done
expect 0 "values from .* gaussian visible units, with --standardise" "$harmonium" train gaussian.csv --epochs 1 -o x.safetensors
"$harmonium" info x.safetensors >told
grep -q 'standardise = yes' told && grep -q 'visible = gaussian' told || fail "the recipe does not say what was chosen"
expect 0 "spin visible units" "$harmonium" train spins.csv --epochs 1 -o x.safetensors
expect 0 "" "$harmonium" train gaussian.csv --standardise=no --epochs 1 -o x.safetensors
"$harmonium" info x.safetensors | grep -q 'standardise = yes' && fail "--standardise=no is not obeyed" || true
expect 0 "epoch 334/334" "$harmonium" train counts.csv -o x.safetensors
"$harmonium" info counts.safetensors | grep -q 'epochs = 334' || fail "the recipe does not say how many epochs there were"

# ---- What one must know first.
"$harmonium" data gaussian.csv >told
for what in 'real numbers' 'weight' 'deviation' '150 cases of 5 features'; do
    grep -q "$what" told || { cat told; fail "data does not tell \"$what\""; }
done
"$harmonium" data bits.csv | grep -q 'all 0 or 1' || fail "bits are not called so"
"$harmonium" data counts.csv | grep -q 'whole numbers' || fail "whole numbers are not called so"
printf 'a,b\n1,NA\n,3\n4,5\n6,\n' >holes.csv
expect 1 'line 2, column 2: "NA" .*(3 numbers are missing, in 3 of 4 cases)' "$harmonium" data holes.csv
echo "defaults: all as it should be"
