#!/bin/sh
# An example builds against the installed copy, shared and static, by pkg-config and by CMake, and runs; man pages, completions and data are there.
set -eu
cd "${HARMONIUM_SOURCE_DIR:?}"
grep -q 'HM_SANITIZE:STRING=.' "$HARMONIUM_BUILD_DIR/CMakeCache.txt" && exit 77 # the example would need the sanitizer
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
prefix=$place/first
mkdir "$prefix"
cmake --install "$HARMONIUM_BUILD_DIR" --prefix "$prefix" >"$prefix/log"
pages=$("$HARMONIUM_PROGRAM" help | sed -n 's|^  \([a-z-]*\)  .*|share/man/man1/harmonium-\1.1|p')
[ -n "$pages" ]
for file in bin/harmonium share/man/man1/harmonium.1 $pages share/bash-completion/completions/harmonium \
    share/zsh/site-functions/_harmonium share/fish/vendor_completions.d/harmonium.fish \
    share/harmonium/data/digits/train-images-idx3-ubyte.gz share/harmonium/recipes/demo.ini \
    share/harmonium/web/page/engine.js share/harmonium/examples/nets/earthquake.net; do
    [ -s "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
mv "$prefix" "$place/moved" # pkg-config must find all of it where it lies now
prefix=$place/moved
pc=$(find "$prefix" -name harmonium.pc)
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
# compile PROGRAM FLAGS: the flags are shell words, quoted by pkg-config where a folder has a space in its name.
compile() { eval "cc examples/train.c $2 -o \"\$1\""; }
lib=$(dirname "$(dirname "$pc")")
compile "$prefix/shared" "$(pkg-config --cflags --libs harmonium)"
LD_LIBRARY_PATH=$lib "$prefix/shared" "$prefix/two.safetensors"
# The page comes from where its parts were moved to.
HARMONIUM_DATA=$prefix/share/harmonium/data "$prefix/bin/harmonium" web "$prefix/two.safetensors" -o "$prefix/page" --quiet
cmp "$prefix/share/harmonium/web/page/engine.js" "$prefix/page/engine.js"
# CMake's consumer: both targets, from the folder where all of it lies now.
cmake -S tests/consumer -B "$place/consumer" -DCMAKE_PREFIX_PATH="$prefix" >"$place/log" || { cat "$place/log"; exit 1; }
cmake --build "$place/consumer" >"$place/log" || { cat "$place/log"; exit 1; }
for target in shared static; do
    "$place/consumer/$target" "$prefix/two-cmake.safetensors"
    cmp "$prefix/two.safetensors" "$prefix/two-cmake.safetensors"
done
ldd "$place/consumer/shared" | grep -qF "$prefix" || { echo "CMake's consumer takes another library"; exit 1; }
rm "$lib"/libharmonium.so*
# Our library static, the system's shared: Debian's openblas.pc asks for more (-lgfortran) when all is static.
needed=$(pkg-config --print-requires-private harmonium)
private=$(sed -n 's/^Libs.private: //p' "$pc")
compile "$prefix/static" "$(pkg-config --cflags --libs harmonium) $(pkg-config --libs $needed) $private"
"$prefix/static" "$prefix/two-static.safetensors"
cmp "$prefix/two.safetensors" "$prefix/two-static.safetensors"
