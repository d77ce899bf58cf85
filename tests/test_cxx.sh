#!/bin/sh
# Every public header stands alone in C++17 without a warning, and a program in C++ links and runs.
set -eu
. tests/expect.sh
compilers=
for compiler in g++ clang++; do
    command -v $compiler >/dev/null && compilers="$compilers $compiler"
done
[ -n "$compilers" ] || { echo "skipped: no g++ or clang++"; exit 77; }
cat >"$folder/draw.cc" <<'CC'
#include <harmonium/harmonium.h>
#include <vector>

int main()
{
    hm_error error = {};
    hm_context *context = nullptr;
    std::vector<float> numbers(6, 1.0f);
    hm_matrix m = hm_matrix_f32(numbers.data(), 2, 3);
    hm_layer layer = {};
    hm_status status = hm_context_create(nullptr, &context, &error);
    if (status == HM_OK)
        status = hm_layer_parse("gaussian 30", 0, &layer, &error);
    hm_context_destroy(context);
    return status != HM_OK || layer.n_units != 30 || hm_row_f32(&m, 1) != &numbers[3];
}
CC
for compiler in $compilers; do
    for header in include/harmonium/*.h; do
        echo "#include <harmonium/${header##*/}>" >"$folder/alone.cc"
        $compiler -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only "$folder/alone.cc" || fail "${header##*/} in $compiler"
    done
    if grep -q 'HM_SANITIZE:STRING=.' "$HARMONIUM_BUILD_DIR/CMakeCache.txt"; then
        echo "$compiler: no program, which would need the sanitizer"
        continue
    fi
    $compiler -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinclude "$folder/draw.cc" -L"$HARMONIUM_BUILD_DIR" -lharmonium -o "$folder/draw"
    LD_LIBRARY_PATH=$HARMONIUM_BUILD_DIR "$folder/draw" || fail "the program of $compiler"
done
