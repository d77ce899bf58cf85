#!/bin/sh
# What is made from the tables: a man page for every verb, without a warning of groff, and completions that the shells take.
set -eu
. tests/expect.sh
verbs=$("$harmonium" help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')
[ "$(echo "$verbs" | wc -l)" = "$(ls src/cli/verb_*.c | wc -l)" ] || fail "verbs without a file src/cli/verb_NAME.c, or files without a verb"

for verb in '' $verbs; do
    page=$folder/harmonium${verb:+-$verb}.1
    "$harmonium" help --man $verb >"$page"
    grep -q "^\.TH \"HARMONIUM${verb:+..*}\" 1" "$page" && grep -q '^\.SH NAME' "$page" || fail "no man page: $verb"
    command -v groff >/dev/null || continue
    warnings=$(groff -man -Kutf8 -ww -z "$page" 2>&1)
    [ -z "$warnings" ] || fail "$warnings"
    [ -z "$verb" ] || sed 's/\\//g' "$folder/harmonium.1" | grep -q "^\.BR harmonium-$verb (1)" || fail "harmonium.1 does not name $verb"
done
command -v groff >/dev/null || echo "without groff: warnings about man pages are left out"
grep -q '^\\fB\\-o\\fR, \\fB\\-\\-output' "$folder/harmonium-train.1" || fail "the page of train lacks -o"
expect 2 'did you mean train' "$harmonium" help --man trian
expect 2 'say bash, zsh or fish' "$harmonium" help --completion tcsh

# check WHAT EXPECTED: that these completions, a line each in "$folder/got", hold the word expected.
check() { grep -q "^$2\([^a-z-]\|\$\)" "$folder/got" || { cat "$folder/got"; fail "$shell does not complete $1 to $2"; }; }
# check_all: of a function `complete WORD...`, the last of which is to be completed.
check_all() {
    complete_words harmonium tr; check "harmonium tr" train
    complete_words harmonium train --learning-r; check "train --learning-r" --learning-rate
    complete_words harmonium show --by s; check "show --by s" sampling
    complete_words harmonium help lear; check "help lear" learners
    complete_words harmonium info some; check "info some" some-model
}
cd "$folder"
: >some-model

shell=bash
if command -v bash >/dev/null; then
    "$harmonium" help --completion >c.bash
    "$harmonium" help --completion bash | cmp - c.bash || fail "bash is not the default"
    # Without a word of its own the shell completes files: -o default.
    complete_words() {
        bash -c 'set -u; . ./c.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _harmonium
            [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")); printf "%s\n" "${COMPREPLY[@]}"' \
            bash "$@" >got
    }
    check_all
else
    echo "without bash: its completion is left out"
fi

shell=fish
if command -v fish >/dev/null; then
    "$harmonium" help --completion fish >c.fish
    complete_words() { HOME=$folder XDG_DATA_HOME=$folder fish --no-config -c 'source c.fish; complete -C "$argv"' "$@" >got; }
    check_all
    complete_words harmonium show m --gibbs-steps ''
    grep -q some-model got && fail "fish takes a file for a number"
else
    echo "without fish: its completion is left out"
fi

shell=zsh
if command -v zsh >/dev/null; then
    "$harmonium" help --completion zsh >_harmonium
    zsh -n _harmonium || fail "zsh cannot read its completion"
    complete_words() { zsh -f "${HARMONIUM_SOURCE_DIR:?}/tests/zsh_complete" "$folder" "$*" >got; }
    check_all
else
    echo "without zsh: its completion is left out"
fi
