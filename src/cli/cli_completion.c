/* What completes command lines in bash, zsh and fish, from the tables: verbs, options, choices of an option; else files. */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "cli/cli.h"

/* Within single quotes: a backslash before what is special, `quote` for a single quote. */
static void print_quoted(const char *text, const char *special, const char *quote)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs(quote, stdout);
        else
            printf(strchr(special, *text) ? "\\%c" : "%c", *text);
}

static void print_choices(const char *choices)
{
    for (; *choices; choices++)
        putchar(*choices == '|' ? ' ' : *choices);
}

static void print_verbs(void)
{
    for (int i = 0; cli_verbs[i]; i++)
        printf("%s%s", i ? " " : "", cli_verbs[i]->name);
}

/* `help` alone has words as operands. */
static bool takes_verbs(const cli_verb *verb)
{
    return strstr(verb->operands, "VERB");
}

static bool is_number(const hm_option *row)
{
    return row->type == HM_OPTION_INT || row->type == HM_OPTION_REAL || row->type == HM_OPTION_SCHEDULE;
}

/* ---- bash ------------------------------------------------------------------------------------------------ */

static void bash_choices(const cli_verb *verb, const hm_option *row, const char *name)
{
    if (!row->choices)
        return;
    printf("        %s:--%s) words=\"", verb->name, name);
    print_choices(row->choices);
    printf("\" ;;\n");
}

static void bash_option(const cli_verb *verb, const hm_option *row, const char *name)
{
    (void)verb;
    (void)row;
    printf(" --%s", name);
}

static void bash_verb(const cli_verb *verb)
{
    cli_for_options(verb, bash_choices);
    printf("        %s:*) options=\"", verb->name);
    cli_for_options(verb, bash_option);
    printf("\"%s ;;\n", takes_verbs(verb) ? "; words=\"$verbs learners\"" : "");
}

static void print_bash(void)
{
    printf("_harmonium() {\n    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options= words=\n"
           "    local verbs=\"");
    print_verbs();
    printf("\"\n    if [ \"$COMP_CWORD\" -eq 1 ]; then words=$verbs; else\n        case ${COMP_WORDS[1]}:$before in\n");
    for (int i = 0; cli_verbs[i]; i++)
        bash_verb(cli_verbs[i]);
    printf("        esac\n    fi\n    case $word in -*) words=$options ;; esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o default -F _harmonium harmonium\n");
}

/* ---- zsh ------------------------------------------------------------------------------------------------- */

static void zsh_text(const char *text)
{
    print_quoted(text, "\\:[]", "'\\''");
}

static void zsh_option(const cli_verb *verb, const hm_option *row, const char *name)
{
    (void)verb;
    const char *value = row->type == HM_OPTION_FLAG ? "" : "=";
    printf(" \\\n            ");
    if (row->letter)
        printf("'(-%c --%s)'{-%c,--%s%s}'", row->letter, name, row->letter, name, value);
    else
        printf("'--%s%s", name, value);
    putchar('[');
    zsh_text(row->help);
    putchar(']');
    if (*value) {
        putchar(':');
        zsh_text(row->unit ? row->unit : "value");
        putchar(':');
        if (row->choices) {
            putchar('(');
            print_choices(row->choices);
            putchar(')');
        } else if (!is_number(row))
            printf("_files");
    }
    putchar('\'');
}

static void zsh_verb(const cli_verb *verb)
{
    printf("    %s)\n        _arguments", verb->name);
    cli_for_options(verb, zsh_option);
    if (takes_verbs(verb)) {
        printf(" \\\n            '1:verb:(");
        print_verbs();
        printf(" learners)' ;;\n");
    } else
        printf(" \\\n            '*:file:_files' ;;\n");
}

static void print_zsh(void)
{
    printf("#compdef harmonium\n_harmonium() {\n    local -a verbs\n    verbs=(\n");
    for (int i = 0; cli_verbs[i]; i++) {
        printf("        '%s:", cli_verbs[i]->name);
        zsh_text(cli_verbs[i]->summary);
        printf("'\n");
    }
    printf("    )\n    if ((CURRENT == 2)); then\n        _describe verb verbs\n        return\n    fi\n"
           "    shift words\n    ((CURRENT--))\n    case $words[1] in\n");
    for (int i = 0; cli_verbs[i]; i++)
        zsh_verb(cli_verbs[i]);
    printf("    esac\n}\n_harmonium \"$@\"\n");
}

/* ---- fish ------------------------------------------------------------------------------------------------ */

static void fish_text(const char *text)
{
    putchar('\'');
    print_quoted(text, "\\", "\\'");
    putchar('\'');
}

static void fish_option(const cli_verb *verb, const hm_option *row, const char *name)
{
    printf("complete -c harmonium -n '__harmonium_verb %s' -l %s", verb->name, name);
    if (row->letter)
        printf(" -s %c", row->letter);
    if (row->choices) {
        printf(" -x -a '");
        print_choices(row->choices);
        putchar('\'');
    } else if (row->type != HM_OPTION_FLAG)
        printf(is_number(row) ? " -x" : " -r -F");
    printf(" -d ");
    fish_text(row->help);
    putchar('\n');
}

static void fish_verb(const cli_verb *verb)
{
    printf("complete -c harmonium -n __harmonium_no_verb -f -a %s -d ", verb->name);
    fish_text(verb->summary);
    putchar('\n');
    cli_for_options(verb, fish_option);
    if (takes_verbs(verb)) {
        printf("complete -c harmonium -n '__harmonium_verb %s' -f -a '", verb->name);
        print_verbs();
        printf(" learners'\n");
    }
}

static void print_fish(void)
{
    printf("function __harmonium_no_verb\n    test (count (commandline -opc)) -eq 1\nend\n"
           "function __harmonium_verb\n    set -l words (commandline -opc)\n    set -q words[2]; and test $words[2] = $argv[1]\nend\n");
    for (int i = 0; cli_verbs[i]; i++)
        fish_verb(cli_verbs[i]);
}

hm_status cli_print_completion(const char *shell, hm_error *error)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(shells[i].name, shell) == 0) {
            shells[i].print();
            return HM_OK;
        }
    return hm_fail(error, HM_ERROR_ARGUMENT, "there is no completion for \"%.200s\"; say bash, zsh or fish", shell);
}
