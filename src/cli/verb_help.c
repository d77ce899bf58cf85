/* harmonium help [VERB]; and the man page, the completion and docs/commands.md, all from the tables. */
#include <string.h>

#include "base/fail.h"
#include "cli/verbs.h"

const cli_verb *const cli_verbs[] = {
    &cli_verb_train,    &cli_verb_info,  &cli_verb_show,     &cli_verb_reconstruct, &cli_verb_sample,
    &cli_verb_transform, &cli_verb_score, &cli_verb_classify, &cli_verb_data,        &cli_verb_help, NULL,
};

typedef void row_printer(const hm_option *row);

static void for_rows(const cli_verb *verb, row_printer *print)
{
    for (int t = 0; verb->tables[t]; t++)
        for (size_t i = 0; i < verb->tables[t]->n_rows; i++)
            if (cli_takes(verb, verb->tables[t], &verb->tables[t]->rows[i]))
                print(&verb->tables[t]->rows[i]);
}

static void print_default(const hm_option *row, const char *before, const char *after)
{
    if (row->type != HM_OPTION_FLAG && *row->initial)
        printf("%s%s%s", before, row->initial, after);
}

static void man_row(const hm_option *row)
{
    printf(".TP\n.B \\-\\-%s\n%s%s%s", row->name, row->help, row->choices ? ": " : "",
           row->choices ? row->choices : "");
    print_default(row, " (default ", ")");
    printf(".\n");
}

static void print_man(void)
{
    printf(".TH HARMONIUM 1 \"\" \"harmonium %s\"\n.SH NAME\nharmonium \\- train, draw and use Boltzmann machines\n"
           ".SH SYNOPSIS\n.B harmonium\n.I verb\n[operands] [options]\n",
           hm_version_text());
    for (int i = 0; cli_verbs[i]; i++) {
        printf(".SH \"HARMONIUM %s\"\n.B harmonium %s\n%s\n.PP\n%s.\n", cli_verbs[i]->name, cli_verbs[i]->name,
               cli_verbs[i]->operands, cli_verbs[i]->summary);
        for_rows(cli_verbs[i], man_row);
    }
    printf(".SH \"EXIT STATUS\"\n0 success, 1 failure, 2 wrong usage.\n");
}

static void completion_row(const hm_option *row)
{
    printf(" --%s", row->name);
}

static void print_completion(void)
{
    printf("_harmonium() {\n    local verb=${COMP_WORDS[1]} words=\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"");
    for (int i = 0; cli_verbs[i]; i++)
        printf("%s%s", i ? " " : "", cli_verbs[i]->name);
    printf("\"; else case $verb in\n");
    for (int i = 0; cli_verbs[i]; i++) {
        printf("        %s) words=\"", cli_verbs[i]->name);
        for_rows(cli_verbs[i], completion_row);
        printf("\";;\n");
    }
    printf("    esac; fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
           "complete -o default -F _harmonium harmonium\n");
}

static void markdown_row(const hm_option *row)
{
    printf("| `--%s%s%s` | ", row->name, row->unit ? " " : "", row->unit ? row->unit : "");
    print_default(row, "`", "`");
    printf(" | %s%s", row->help, row->choices ? ": " : "");
    for (const char *c = row->choices ? row->choices : ""; *c; c++)
        printf(*c == '|' ? ", " : "%c", *c);
    printf(" |\n");
}

static void print_markdown(void)
{
    printf("# Commands\n\nMade by `harmonium help --markdown` from the option tables.\n");
    for (int i = 0; cli_verbs[i]; i++) {
        printf("\n## harmonium %s %s\n\n%s.\n\n", cli_verbs[i]->name, cli_verbs[i]->operands,
               cli_verbs[i]->summary);
        if (cli_verbs[i]->example)
            printf("    %s\n\n", cli_verbs[i]->example);
        printf("| option | default | meaning |\n|---|---|---|\n");
        for_rows(cli_verbs[i], markdown_row);
    }
}

static hm_status run(cli_call *call, hm_error *error)
{
    const cli_output *output = &call->options.output;
    if (output->man)
        print_man();
    else if (output->completion)
        print_completion();
    else if (output->markdown)
        print_markdown();
    else if (call->n_operands == 0)
        cli_print_overview(stdout);
    for (int i = 0; call->n_operands && cli_verbs[i]; i++) {
        if (strcmp(cli_verbs[i]->name, call->operand[0]) == 0) {
            cli_print_verb_help(cli_verbs[i], stdout);
            return HM_OK;
        }
    }
    if (call->n_operands)
        return hm_fail(error, HM_ERROR_ARGUMENT, "there is no verb \"%s\"", call->operand[0]);
    return HM_OK;
}

const cli_verb cli_verb_help = {
    "help", "Explain a verb and its options", "[VERB]", 0, 1, {&cli_output_options, NULL},
    "man completion markdown", "harmonium help train", run,
};
