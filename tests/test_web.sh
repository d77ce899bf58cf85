#!/bin/sh
# harmonium web: what it writes and refuses; the engine in node and the pages in headless Chromium, where these are there.
set -eu
cd "${HARMONIUM_SOURCE_DIR:?}"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
run() { "$HARMONIUM_PROGRAM" "$@" --quiet; }
refuses() { # refuses CODE WORDS COMMAND...: fails so, saying so
    code=$1 words=$2
    shift 2
    if "$HARMONIUM_PROGRAM" "$@" 2>"$folder/error"; then
        echo "not refused: $*"
        exit 1
    elif [ $? != "$code" ] || ! grep -q -- "$words" "$folder/error"; then
        echo "refused otherwise: $*"
        cat "$folder/error"
        exit 1
    fi
}
net=$folder/net.safetensors page=$folder/page
run train digits --kind dbn --layers "784, 100, 200" --label-units "softmax 10" --epochs 6 --batch-size 50 -o "$net"
run web "$net" -o "$page"
for file in index.html belief.html style.css engine.js shared.js page.js belief.js model.js nets.js; do
    [ -s "$page/$file" ] || { echo "not written: $file"; exit 1; }
done
run web "$net" -o "$page" # once more over what is there
run train shifter --hidden 5 --epochs 1 -o "$folder/shifter.safetensors"
refuses 1 "no picture" web "$folder/shifter.safetensors" -o "$page"
run train digits --subset 200 --kind classes --hidden 5 --epochs 1 -o "$folder/classes.safetensors"
refuses 1 "RBM or a deep belief net" web "$folder/classes.safetensors" -o "$page"
refuses 1 "no-such-model" web "$folder/no-such-model.safetensors" -o "$page"
: >"$folder/file"
refuses 1 "$folder/file" web "$net" -o "$folder/file/page"

if ! command -v node >/dev/null 2>&1; then
    echo "skipped: the engine is not run, since there is no node (Debian: nodejs)"
    exit 77
fi
images=data/digits/t10k-images-idx3-ubyte.gz
"$HARMONIUM_PROGRAM" classify "$net" digits --part test >"$folder/answers" 2>/dev/null
node web/tests/engine.js "$page" $images "$folder/answers"
if [ "${HARMONIUM_ALL:-no}" = yes ] && command -v emcc >/dev/null 2>&1; then
    web/make-engine "$folder/engine.js" 2>"$folder/log" || { cat "$folder/log"; exit 1; }
    node web/tests/engine.js "$page" $images "$folder/answers" "$folder/engine.js"
else
    echo "the engine is not compiled anew: ./check --all does, where there is emcc (Debian: emscripten)"
fi
export NODE_PATH="${NODE_PATH:+$NODE_PATH:}$PWD/web/node_modules"
if ! command -v chromium >/dev/null 2>&1 || ! node -e 'require("playwright-core")' 2>/dev/null; then
    echo "skipped: the pages are not opened, since chromium or playwright-core is not there (Debian: chromium; npm ci --prefix web)"
    exit 77
fi
node web/tests/browser.js "$page" $images "$folder/answers"
