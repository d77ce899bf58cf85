/* The man pages and docs/commands.md, from the tables. */
#include <stdio.h>

#include "cli/cli.h"

static bool has_default(const hm_option *row)
{
    return row->type != HM_OPTION_FLAG && *row->initial;
}

/* ---- Man pages ------------------------------------------------------------------------------------------- */

/* Text as troff takes it: hyphens that can be copied, backslashes that stand for themselves. It must not begin a line with '.'. */
static void print_roff(const char *text)
{
    for (; *text; text++)
        if (*text == '-' || *text == '\\')
            printf(*text == '-' ? "\\-" : "\\e");
        else
            putchar(*text);
}

static void man_row(const cli_verb *verb, const hm_option *row, const char *name)
{
    (void)verb;
    printf(".TP\n");
    if (row->letter)
        printf("\\fB\\-%c\\fR, ", row->letter);
    printf("\\fB\\-\\-");
    print_roff(name);
    printf(row->unit ? "\\fR \\fI%s\\fR\n\\&" : "\\fR\n\\&", row->unit);
    print_roff(row->help);
    if (row->choices)
        printf(": %s", row->choices);
    if (has_default(row)) {
        printf(" (default ");
        print_roff(row->initial);
        putchar(')');
    }
    printf(".\n");
}

static void man_name(const char *verb)
{
    printf("harmonium\\-");
    print_roff(verb);
}

static void man_head(const char *suffix)
{
    printf(".TH \"HARMONIUM%s", *suffix ? "\\-" : "");
    print_roff(suffix);
    printf("\" 1 \"\" \"harmonium %s\" \"Harmonium\"\n.SH NAME\n", hm_version_text());
}

static void man_status(void)
{
    printf(".SH \"EXIT STATUS\"\n0 success, 1 failure, 2 wrong usage.\n.SH \"SEE ALSO\"\n");
}

static void man_verb(const cli_verb *verb)
{
    man_head(verb->name);
    man_name(verb->name);
    printf(" \\- %s\n.SH SYNOPSIS\n\\fBharmonium ", verb->summary);
    print_roff(verb->name);
    printf("\\fR \\fI%s\\fR [options]\n.SH OPTIONS\n", verb->operands);
    for (int t = 0; verb->tables[t]; t++) {
        printf(".SS \"%s\"\n", verb->tables[t]->title);
        cli_for_rows(verb, verb->tables[t], man_row);
    }
    if (verb->example) {
        printf(".SH EXAMPLE\n.EX\n");
        print_roff(verb->example);
        printf("\n.EE\n");
    }
    man_status();
    printf(".BR harmonium (1)\n");
}

static void man_overview(void)
{
    man_head("");
    printf("harmonium \\- stochastic neural networks that learn without labels\n.SH SYNOPSIS\n"
           ".B harmonium\n.I verb\n[operands] [options]\n.SH DESCRIPTION\nThe page of each verb lists its options.\n");
    for (int i = 0; cli_verbs[i]; i++) {
        printf(".TP\n\\fB");
        print_roff(cli_verbs[i]->name);
        printf("\\fR\n%s.\n", cli_verbs[i]->summary);
    }
    man_status();
    for (int i = 0; cli_verbs[i]; i++) {
        printf(".BR ");
        man_name(cli_verbs[i]->name);
        printf(" (1)%s\n", cli_verbs[i + 1] ? "," : "");
    }
}

void cli_print_man(const cli_verb *verb)
{
    if (verb)
        man_verb(verb);
    else
        man_overview();
}

/* ---- docs/commands.md ------------------------------------------------------------------------------------ */

static void markdown_row(const cli_verb *verb, const hm_option *row, const char *name)
{
    (void)verb;
    printf("| `--%s%s%s` | ", name, row->unit ? " " : "", row->unit ? row->unit : "");
    if (has_default(row))
        printf("`%s`", row->initial);
    printf(" | %s%s", row->help, row->choices ? ": " : "");
    for (const char *c = row->choices ? row->choices : ""; *c; c++)
        printf(*c == '|' ? ", " : "%c", *c);
    printf(" |\n");
}

void cli_print_markdown(void)
{
    printf("# Commands\n\nMade by `harmonium help --markdown` from the option tables.\n");
    for (int i = 0; cli_verbs[i]; i++) {
        printf("\n## harmonium %s %s\n\n%s.\n\n", cli_verbs[i]->name, cli_verbs[i]->operands,
               cli_verbs[i]->summary);
        if (cli_verbs[i]->example)
            printf("    %s\n\n", cli_verbs[i]->example);
        printf("| option | default | meaning |\n|---|---|---|\n");
        cli_for_options(cli_verbs[i], markdown_row);
    }
}
