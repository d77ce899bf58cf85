#!/bin/sh
# A file of src/ includes headers of its own layer and of those before it in src/LAYERS; public headers include only
# public headers.
set -eu
cd "${HARMONIUM_SOURCE_DIR:-.}"
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT
allowed=""
for layer in $(cat src/LAYERS); do
    allowed="$allowed $layer"
    grep -rn '^#include "' "src/$layer" | while IFS=: read -r file line text; do
        header=${text#*\"}
        folder=${header%%/*}
        case " $allowed " in *" $folder "*) ;; *) echo "$file:$line: $layer may not include $header" >>"$bad" ;; esac
    done
done
grep -rn '^#include "' include && echo "public headers include only <harmonium/...> and the standard library" >>"$bad"
for folder in src/*/; do
    grep -qx "$(basename "$folder")" src/LAYERS || echo "$folder is not in src/LAYERS" >>"$bad"
done
cat "$bad"
[ ! -s "$bad" ]
