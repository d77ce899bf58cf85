#!/bin/sh
# The Python package builds against this library, as a person would install it, and its tests pass.
set -eu
cd "${HARMONIUM_SOURCE_DIR:?}"
if grep -q 'HM_SANITIZE:STRING=.' "$HARMONIUM_BUILD_DIR/CMakeCache.txt"; then
    echo "skipped: an extension module would need the sanitizer in the interpreter"
    exit 77
fi
found=
for python in python3 /usr/bin/python3; do # the system's, which sees Debian's packages, may be another than the first on the path
    missing=
    for module in cffi numpy pytest setuptools wheel pip; do
        "$python" -c "import $module" 2>/dev/null || missing="$missing $module"
    done
    "$python" -c 'import os, sysconfig; exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' 2>/dev/null ||
        missing="$missing python3-dev"
    [ -n "$missing" ] || { found=yes && break; }
done
if [ -z "$found" ]; then
    echo "skipped: $python lacks$missing (Debian: python3-cffi python3-numpy python3-pytest python3-setuptools python3-wheel" \
        "python3-pip python3-dev)"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -R python "$folder/source" # pip writes beside what it builds
rm -rf "$folder/source/build" "$folder"/source/*.egg-info
PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 CFLAGS=-O0 # the module only passes calls on
export PYTHONDONTWRITEBYTECODE PYTHONNOUSERSITE CFLAGS
"$python" -m pip install -q --disable-pip-version-check --no-index --no-build-isolation --no-deps --no-compile --target "$folder/site" \
    "$folder/source" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
if ldd "$folder"/site/harmonium/_native*.so | grep -q libharmonium; then
    echo "the module needs the shared library, though there is a static one"
    exit 1
fi
cd "$folder"
PYTHONPATH=$folder/site "$python" -m pytest -q -p no:cacheprovider "$folder/source/tests"
