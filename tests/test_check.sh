#!/bin/sh
# ./check itself, in a folder with spaces and with a cmake and a ctest that only pretend: how it counts, when it stops.
set -eu
cd "${HARMONIUM_SOURCE_DIR:-.}"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
fail() { cat "$place/out"; echo "FAILED: $*"; exit 1; }
mkdir -p "$place/a b/tools" "$place/bin"
cp check "$place/a b/"
cp tools/setup.sh tools/packages.txt "$place/a b/tools/"
printf '#!/bin/sh\necho "$*" >>"%s"\n' "$place/calls" >"$place/bin/cmake"
cat >"$place/bin/ctest" <<'FAKE'
#!/bin/sh
[ -z "${CLICOLOR_FORCE:-}" ] || printf '\033[0;31m'
case "$*" in
*build/"$BROKEN"*) printf '50%% tests passed, 1 tests failed out of 2\n\nThe following tests FAILED:\n\t  2 - test_odd (Failed)\n' ;;
*) printf '1/2 Test #1: test_a ...***Skipped   0.00 sec\n100%% tests passed, 0 tests failed out of 2\n' ;;
esac
FAKE
chmod +x "$place/bin/cmake" "$place/bin/ctest"
PATH=$place/bin:$PATH CLICOLOR_FORCE=1
export PATH CLICOLOR_FORCE

# check CODE BROKEN OPTIONS...: the exit code when the tests of one build fail; the output is in $place/out.
check() {
    want=$1 BROKEN=$2 status=0
    export BROKEN
    shift 2
    "$place/a b/check" --no-install "$@" >"$place/out" 2>&1 || status=$?
    [ "$status" = "$want" ] || fail "exit $status, not $want"
}

check 0 none
[ "$(tail -n 1 "$place/out")" = "2 passed, 0 failed, 2 skipped" ] || fail "the closing line"
check 1 release
[ "$(tail -n 2 "$place/out")" = "failed in release: test_odd
1 passed, 1 failed, 0 skipped" ] || fail "names come before the closing line"
grep -q 'building (asan)' "$place/out" && fail "it goes on after a failing preset"
grep -q WERROR=ON "$place/calls" && fail "warnings are errors to a plain ./check"
check 0 none --all
[ "$(grep -c '^building' "$place/out")" = 9 ] || fail "nine builds"
echo "all well"
