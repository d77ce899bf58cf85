#!/bin/sh
# Convolutional machines and deep belief nets as people run them: from a recipe to pictures, resumed, on any number of threads; and what
# is refused.
set -eu
. tests/expect.sh

cat >"$folder/cdbn.ini" <<'EOF'
[data]
data = digits
subset = 300

[model]
kind = dbn
layers = 784 | pool 6x2 by 11x11 | pool 8x2 by 4x4
labels = none

[greedy]
epochs = 2
batch-size = 10
learning-rate = 0.3
sparsity-target = 0.05
sparsity-cost = 1
hidden-bias = -3
EOF
m=$folder/cdbn.safetensors
"$harmonium" train "$folder/cdbn.ini" -o "$m" --pictures "$folder/pictures" --quiet --threads 2
"$harmonium" info "$m" | grep -q 'pool 6x18x18x2 by 11x11' || fail "info does not show the layer"
"$harmonium" info "$m" | grep -q '726 weights' || fail "six filters of 11 x 11"
[ -s "$folder/pictures/weights-0-epoch-0002.png" ] || "$harmonium" info | grep -q absent || fail "no filters drawn"
[ ! -e "$folder/pictures/hidden-probabilities.png" ] || grep -q 'a column for each map' "$folder/pictures/index.html" ||
    fail "the probabilities are not those of maps"
"$harmonium" train "$folder/cdbn.ini" -o "$folder/other.safetensors" --quiet --threads 1
cmp -s "$m" "$folder/other.safetensors" || fail "one thread and two give other bytes"

# Asked to stop in the first level or in the second, and resumed: the same bytes. A run that ended before it heard has nothing to resume.
run_in_parts() {
    exec "$harmonium" train "$folder/cdbn.ini" -o "$folder/parts.safetensors" --quiet --force --checkpoint-epochs 1 "$@" 2>"$folder/err"
}
for n_epochs in 1 3; do
    rm -f "$folder/lines" "$folder/parts.safetensors"
    mkfifo "$folder/lines"
    run_in_parts --metrics "$folder/lines" 5>"$folder/lines" &
    job=$!
    exec 4<"$folder/lines"
    for i in $(seq $n_epochs); do read -r line <&4; done
    kill -TERM $job 2>/dev/null || true
    wait $job || grep -q -- --resume "$folder/err" || fail "stopping did not say how to go on"
    [ ! -e "$folder/parts.safetensors.checkpoint" ] || (run_in_parts --resume)
    cmp -s "$m" "$folder/parts.safetensors" || fail "stopped after $n_epochs epochs and resumed: other bytes"
done

# Pooled probabilities of both levels, pictures, samples and movies.
"$harmonium" transform "$m" digits -n 7 --layer 1 -o "$folder/one.npy" --quiet
[ "$(wc -c <"$folder/one.npy")" = $((128 + 7 * 6 * 81 * 4)) ] || fail "6 maps of 9 x 9 pooled units"
"$harmonium" transform "$m" digits -n 7 --layer 2 -o "$folder/two.npy" --quiet
[ "$(wc -c <"$folder/two.npy")" = $((128 + 7 * 8 * 9 * 4)) ] || fail "8 maps of 3 x 3 pooled units"
"$harmonium" transform "$m" digits -n 7 --layers "1 2" --pool 3/2 --unit-length -o "$folder/both.npy" --quiet
[ "$(wc -c <"$folder/both.npy")" = $((128 + 7 * (6 * 16 + 8) * 4)) ] || fail "windows of 3 x 3 every 2 places of both layers"
"$harmonium" transform "$m" digits -n 2 --resize 40x36 --whole --pyramid "1 2" -o "$folder/w.npy" --quiet
[ "$(wc -c <"$folder/w.npy")" = $((128 + 2 * 6 * 5 * 4)) ] || fail "a pyramid over larger pictures"
expect 2 'pool = 3: the side' "$harmonium" transform "$m" digits --pool 3 -o "$folder/no.npy"
expect 2 'one of them at a time' "$harmonium" transform "$m" digits --pool 3/2 --pyramid 1 -o "$folder/no.npy"
expect 2 'layers = 1 3: up to' "$harmonium" transform "$m" digits --layers "1 3" -o "$folder/no.npy"
"$harmonium" show "$m" -o "$folder/one.png" --quiet
"$harmonium" show "$m" --layer 2 -o "$folder/two.png" --quiet

# The strongest patches of the data beside each map.
for layer in 1 2; do
    expect 0 'maps, each with its 4 strongest patches of digits train, subset of 50, ' "$harmonium" show "$m" digits --subset 50 \
        --layer $layer --patches 4 -o "$folder/patches-$layer.png" --threads 2
    "$harmonium" show "$m" digits --subset 50 --layer $layer --patches 4 -o "$folder/again.png" --quiet --threads 1
    cmp -s "$folder/patches-$layer.png" "$folder/again.png" || fail "one thread and two find other patches of layer $layer"
done
"$harmonium" show "$m" digits --validation 20 --resize 40x36 --whole --layer 2 -n 3 --patches 2 -o "$folder/whole.png" --quiet
"$harmonium" show "$m" digits --subset 20 --patches 1 --terminal --quiet | grep -q . || fail "no patches in the terminal"
expect 2 'name them: harmonium show MODEL DATA' "$harmonium" show "$m" --patches 4 -o "$folder/no.png"
expect 2 'say how many: --patches 9' "$harmonium" show "$m" digits -o "$folder/no.png"
expect 2 'say how many: --patches 9' "$harmonium" show "$m" digits --patches 0 -o "$folder/no.png"
expect 2 'say how many: --patches 9' "$harmonium" show "$m" --whole -o "$folder/no.png"
expect 2 'must lie between 0 and 100' "$harmonium" show "$m" digits --patches 101 -o "$folder/no.png"
expect 2 'there are 3 cases; take 1 to 3' "$harmonium" show "$m" digits --subset 3 --patches 4 -o "$folder/no.png"
expect 2 'hidden layers 1 to 2' "$harmonium" show "$m" digits --layer 3 --patches 4 -o "$folder/no.png"
expect 1 'features' "$harmonium" show "$m" digits --resize 10x10 --patches 4 -o "$folder/no.png"
[ ! -e "$folder/no.png" ] || fail "a refused command left a picture"

"$harmonium" sample "$m" -n 4 --gibbs-steps 3 -o "$folder/s.npy" --quiet
[ "$(wc -c <"$folder/s.npy")" = $((128 + 4 * 784 * 4)) ] || fail "samples have the wrong size"
"$harmonium" reconstruct "$m" digits -n 3 -o "$folder/r.png" --quiet | grep -q 'mean squared error'
for how in layers once upward; do
    "$harmonium" sample "$m" digits -n 3 --clamp left --inference $how --completions 2 --gibbs-steps 5 --means -o "$folder/c-$how.npy" --quiet |
        grep -q '^of the mean of 2 answers: 0\.' || fail "no completions by $how"
    [ "$(wc -c <"$folder/c-$how.npy")" = $((128 + 6 * 784 * 4)) ] || fail "completions by $how have the wrong size"
done
"$harmonium" sample "$m" digits --validation 4 --clamp left --inference once --completions 1 -o "$folder/c.npy" --quiet >/dev/null
[ "$(wc -c <"$folder/c.npy")" = $((128 + 4 * 784 * 4)) ] || fail "four cases are held back"
if "$harmonium" info | grep -q 'giflib *present'; then
    "$harmonium" movie "$m" --seconds 1 -o "$folder/m.gif" --quiet
    "$harmonium" movie "$m" digits -n 1 -o "$folder/m2.gif" --quiet
fi
"$harmonium" doctor "$m" digits >"$folder/e" || true
grep -q 'hidden units like another' "$folder/e" || fail "the doctor does not look at filters"

# One machine, other learners; borders that fill no block are told.
expect 0 'whole blocks fill 16x16; the borders are left out' "$harmonium" train --data digits --subset 100 \
    --hidden "pool 4x2 by 12x12" --epochs 1 -o "$folder/rbm.safetensors"
"$harmonium" train --data digits --subset 100 --hidden "bernoulli 4 by 9x9" --learner pcd --epochs 1 -o "$folder/pcd.safetensors" --quiet
"$harmonium" train --data digits --subset 100 --hidden "pool 4x2 by 9x9" --sparsity-target 0.05 --sparsity-on weights --epochs 1 \
    -o "$folder/weights.safetensors" --quiet
"$harmonium" evaluate "$folder/pcd.safetensors" digits --subset 5 --binarise threshold --betas 50:1 --chains 5 --quiet |
    grep -q '^log P(v)' || fail "no likelihood by AIS"

refused="$harmonium train --data digits --subset 50 --epochs 1 -o $folder/no.safetensors"
expect 1 'filters of 30x30 are larger than the maps of 28x28' $refused --hidden "pool 4x2 by 30x30"
expect 1 'not one block of 9x9' $refused --hidden "pool 4x9 by 24x24"
expect 2 'centering is for densely connected layers' $refused --hidden "pool 4x2 by 9x9" --centering data
expect 2 'pool units belong to machines with an energy' $refused --kind net --layers "784 | pool 4x2 by 9x9 | softmax 10"
expect 1 'has pool units, through which up-down' "$harmonium" train --data digits --subset 50 --from "$m" --up-down-epochs 1 \
    -o "$folder/no.safetensors"
expect 2 'pool units belong to machines' "$harmonium" train --data digits --subset 50 --from "$m" --backprop-epochs 1 \
    -o "$folder/no.safetensors"
expect 1 'layer 1 pools, and the bound' "$harmonium" evaluate "$m" digits --binarise threshold --subset 5
[ ! -e "$folder/no.safetensors" ] || fail "a refused command left a file"
