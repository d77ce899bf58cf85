# Shared by the tests of the program, to be sourced: the program, a folder of their own, and what is expected of a command.
harmonium=${HARMONIUM_PROGRAM:?}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# expect CODE TEXT COMMAND...: the exit code, and a text in what it says on stderr, which stays in "$folder/err". The text is a
# pattern of grep, or, with text_is=-F, itself.
text_is=
expect() {
    code=$1 text=$2
    shift 2
    status=0
    "$@" >"$folder/out" 2>"$folder/err" </dev/null || status=$?
    [ "$status" = "$code" ] || { cat "$folder/err"; fail "exit $status, not $code: $*"; }
    [ -z "$text" ] || grep -q $text_is -- "$text" "$folder/err" || { cat "$folder/err"; fail "no \"$text\" from: $*"; }
}

# Bytes of files that a test writes.
number() { # VALUE BYTES, the least significant first
    value=$1 i=0
    while [ $i -lt "$2" ]; do
        printf "\\$(printf %03o $((value % 256)))"
        value=$((value / 256)) i=$((i + 1))
    done
}
