#!/bin/sh
# An example builds against the installed copy, shared and static, and runs; man page, completion and data are there.
set -eu
cd "${HARMONIUM_SOURCE_DIR:?}"
grep -q 'HM_SANITIZE:STRING=.' "$HARMONIUM_BUILD_DIR/CMakeCache.txt" && exit 77 # the example would need the sanitizer
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$HARMONIUM_BUILD_DIR" --prefix "$prefix" >"$prefix/log"
for file in bin/harmonium share/man/man1/harmonium.1 share/bash-completion/completions/harmonium \
    share/harmonium/data/digits/train-images-idx3-ubyte.gz share/harmonium/recipes/demo.ini; do
    [ -s "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
pc=$(find "$prefix" -name harmonium.pc)
sed -i "s|^prefix=.*|prefix=$prefix|" "$pc" # as DESTDIR packaging does
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
lib=$(dirname "$(dirname "$pc")")
cc examples/train.c $(pkg-config --cflags --libs harmonium) -o "$prefix/shared"
LD_LIBRARY_PATH=$lib "$prefix/shared" "$prefix/two.safetensors"
rm "$lib"/libharmonium.so*
# Our library static, the system's shared: Debian's openblas.pc asks for more (-lgfortran) when all is static.
needed=$(pkg-config --print-requires-private harmonium)
private=$(sed -n 's/^Libs.private: //p' "$pc")
cc examples/train.c $(pkg-config --cflags --libs harmonium) $(pkg-config --libs $needed) $private -o "$prefix/static"
"$prefix/static" "$prefix/two-static.safetensors"
cmp "$prefix/two.safetensors" "$prefix/two-static.safetensors"
