# Every function of the public headers that returns a status has its place in tests/test_null_arguments.c, so that a new one is checked
# from its first day.
set -eu
missing=
for function in $(sed -n 's/^hm_status \(hm_[a-z0-9_]*\)(.*/\1/p' include/harmonium/*.h); do
    grep -q "NULL_IS_REFUSED($function," tests/test_null_arguments.c || missing="$missing $function"
done
if [ -n "$missing" ]; then
    echo "not in tests/test_null_arguments.c:$missing" >&2
    exit 1
fi
