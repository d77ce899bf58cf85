#!/bin/sh
# harmonium compare: settings that differ, results and curves of several runs, in the terminal, as JSON and on a page.
set -eu
. "${HARMONIUM_SOURCE_DIR:-.}/tests/expect.sh"
cd "$folder"

learn() { # NAME OPTIONS...
    name=$1
    shift
    "$harmonium" train digits --classes 2,7 --validation 100 --batch-size 50 --threads 1 --quiet "$@" --metrics "$name.jsonl" \
        -o "$name.safetensors"
}
learn one --hidden 10 --epochs 3
learn two --hidden 20 --epochs 4
learn deep --kind dbn --layers 784,10,5 --epochs 2 --backprop-epochs 2

has() { grep -q -- "$1" "${2:-out}" || { cat "${2:-out}"; fail "no \"$1\" in ${2:-out}"; }; }
lacks() { ! grep -q -- "$1" "${2:-out}" || { cat "${2:-out}"; fail "\"$1\" in ${2:-out}"; }; }
value_of() { sed -n "s/.*\"$2\": \([^,}]*\).*/\1/p" "$1" | tail -n 1; }

# Both values of what differs, nothing of what does not; a model stands for its metrics and these for it.
expect 0 written "$harmonium" compare one.safetensors two.jsonl -o page
has '^setting  *one  *two$'
has '^\[model\] hidden  *10  *20$'
has '^\[greedy\] epochs  *3  *4$'
lacks batch-size
lacks 'seed'
has '^4 settings that were said are the same in all' # classes, validation, batch-size, seed
for run in one two; do
    printf '%.5g\n' "$(value_of $run.jsonl reconstruction_error)"
done >last
has "^reconstruction error  *$(head -n 1 last) .*$(tail -n 1 last)"
has '^epochs  *3  *4$'
lacks default

# The page names all that it shows, and can be moved.
mv page moved
for text in '<td>\[model\] hidden</td><td>10</td><td>20</td>' '<h2>Reconstruction error</h2>' '<h2>Results</h2>' \
    '<td>one.safetensors</td>'; do
    has "$text" moved/index.html
done
lacks batch-size moved/index.html
lacks '<td>/' moved/index.html
if "$harmonium" info | grep -q 'cairo  *present' && "$harmonium" info | grep -q 'png  *present'; then
    pictures=$(sed -n 's/.*img src="\([^"]*\)".*/\1/p' moved/index.html)
    echo "$pictures" | grep -q reconstruction-error || fail "no curves on the page: $pictures"
    for picture in $pictures; do
        [ "$(head -c 8 "moved/$picture" | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "$picture is no PNG"
        [ "$(wc -c <"moved/$picture")" -gt 2000 ] || fail "$picture is empty"
    done
fi

# A setting that one recipe does not say has its default, or is absent with its stage; parts of a stage are told apart.
expect 0 '' "$harmonium" compare one.safetensors deep.safetensors
has '^\[model\] kind  *rbm (default)  *dbn$'
has '^\[backprop\] epochs  *–  *2$'
has '^greedy 2, reconstruction error  *–  *0'
has '^backprop, loss  *–  *[0-9]'

# Folders, named by what tells them apart.
mkdir -p runs/a/last runs/b/last
cp one.safetensors runs/a/last/model.safetensors
cp one.jsonl runs/a/last/metrics.jsonl
cp two.safetensors runs/b/last/model.safetensors
cp two.jsonl runs/b/last/anything.jsonl
expect 0 '' "$harmonium" compare runs/a/last runs/b/last
has '^setting  *a  *b$'
has '^epochs  *3  *4$'

# For machines.
expect 0 '' "$harmonium" compare one.safetensors deep.safetensors --json
if command -v python3 >/dev/null; then
python3 - out one.jsonl <<'END' || fail "the JSON is not what it should be"
import json, sys
told = json.load(open(sys.argv[1]))
last = json.loads(open(sys.argv[2]).readlines()[-1])
values = {(s["section"], s["name"]): s["values"] for s in told["settings"]}
results = {(r["stage"], r["part"], r["quantity"]): r for r in told["results"]}
error = results["greedy", 1, "reconstruction_error"]
assert [r["name"] for r in told["runs"]] == ["one", "deep"] and told["same_data"]
assert values["model", "kind"] == ["rbm (default)", "dbn"] and values["backprop", "epochs"] == [None, "2"]
assert error["last"][0] == last["reconstruction_error"] and error["best"][0] <= error["last"][0]
assert results["backprop", 1, "loss"]["last"][0] is None
END
fi

# Other data, missing metrics, missing models.
learn other --hidden 10 --epochs 3 --classes 2,3
expect 0 'different data' "$harmonium" compare one.safetensors other.safetensors -o page
has 'learned from different data' page/index.html
mkdir bare known
cp two.safetensors bare
expect 0 'bare: has no metrics' "$harmonium" compare one.safetensors bare -o page
has '^\[model\] hidden  *10  *20$'
has 'has no metrics' page/index.html
cp two.jsonl known/log
expect 0 '' "$harmonium" compare one.safetensors known/log
has 'known of runs with a model alone'
cp one.safetensors bare.safetensors
expect 0 'has no metrics' "$harmonium" compare bare.safetensors bare -o tables
lacks 'at the end'
lacks '<img' tables/index.html

# Refused.
expect 2 'takes 2 to 10 runs, not 0' "$harmonium" compare
expect 2 'takes 2 to 10 runs, not 1' "$harmonium" compare one.safetensors
expect 2 'are one run' "$harmonium" compare one.safetensors two.safetensors ./one.safetensors
expect 2 'are one run' "$harmonium" compare one.safetensors one.jsonl
expect 1 'cannot read the run' "$harmonium" compare one.safetensors nowhere
echo '[data]' >recipe.ini
expect 1 'neither a model nor the metrics' "$harmonium" compare one.safetensors recipe.ini
expect 2 'holds 5 models' "$harmonium" compare runs/a/last .
mkdir empty
expect 2 'holds neither' "$harmonium" compare one.safetensors empty
chmod 000 empty
if [ ! -r empty ]; then # root reads it
    expect 1 'empty: cannot read the run' "$harmonium" compare one.safetensors empty
fi
chmod 700 empty
mkdir late
grep backprop deep.jsonl >late/metrics.jsonl
expect 1 'a stage in common' "$harmonium" compare one.safetensors late
{ cat one.jsonl && echo nothing; } >torn.jsonl
expect 1 'torn.jsonl, line 4' "$harmonium" compare torn.jsonl two.safetensors
head -c 1000 one.safetensors >cut.safetensors
expect 1 'cut.safetensors' "$harmonium" compare cut.safetensors two.safetensors
expect 2 'page.html' "$harmonium" compare one.safetensors two.safetensors -o page.html
expect 2 'is a file' "$harmonium" compare one.safetensors two.safetensors -o known/log
expect 2 'folder of a run' "$harmonium" compare one.safetensors two.safetensors -o runs/a/last
