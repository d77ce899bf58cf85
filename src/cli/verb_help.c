/* harmonium help [VERB]; and the man page, the completion and docs/commands.md, all from the tables. */
#include <string.h>

#include "base/fail.h"
#include "cli/verbs.h"

const cli_verb *const cli_verbs[] = {
    &cli_verb_train,     &cli_verb_info,   &cli_verb_show,     &cli_verb_reconstruct, &cli_verb_sample, &cli_verb_movie,
    &cli_verb_transform, &cli_verb_decode, &cli_verb_score,  &cli_verb_evaluate, &cli_verb_classify,    &cli_verb_doctor, &cli_verb_compare, &cli_verb_belief,
    &cli_verb_label, &cli_verb_align, &cli_verb_scores,     &cli_verb_recognise, &cli_verb_word_error,
    &cli_verb_anneal,    &cli_verb_units,  &cli_verb_data,     &cli_verb_frames,   &cli_verb_import,      &cli_verb_web, &cli_verb_help,   NULL,
};

const cli_verb *cli_find_verb(const char *name)
{
    for (int i = 0; cli_verbs[i]; i++)
        if (strcmp(cli_verbs[i]->name, name) == 0)
            return cli_verbs[i];
    return NULL;
}

hm_status cli_fail_verb(const char *name, hm_error *error)
{
    const char *names[sizeof cli_verbs / sizeof *cli_verbs];
    size_t n = 0;
    for (; cli_verbs[n]; n++)
        names[n] = cli_verbs[n]->name;
    const char *near = hm_nearest_name(name, names, n);
    return hm_fail(error, HM_ERROR_ARGUMENT, "there is no verb \"%.200s\"%s%s%s; see harmonium help", name,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* `name` is that of the command line. */
typedef void row_printer(const hm_option *row, const char *name);

static void for_rows(const cli_verb *verb, row_printer *print)
{
    char name[CLI_NAME_MAX];
    for (int t = 0; verb->tables[t]; t++)
        for (size_t i = 0; i < verb->tables[t]->n_rows; i++) {
            const hm_option *row = &verb->tables[t]->rows[i];
            if (cli_takes(verb, verb->tables[t], row))
                print(row, cli_option_name(verb->tables[t], row, name));
        }
}

static void print_default(const hm_option *row, const char *before, const char *after)
{
    if (row->type != HM_OPTION_FLAG && *row->initial)
        printf("%s%s%s", before, row->initial, after);
}

static void man_row(const hm_option *row, const char *name)
{
    printf(".TP\n.B \\-\\-%s\n%s%s%s", name, row->help, row->choices ? ": " : "",
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

static void completion_row(const hm_option *row, const char *name)
{
    (void)row;
    printf(" --%s", name);
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

static void markdown_row(const hm_option *row, const char *name)
{
    printf("| `--%s%s%s` | ", name, row->unit ? " " : "", row->unit ? row->unit : "");
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

static void print_learners(void)
{
    printf("learners of one machine (--learner NAME):\n\n");
    for (int i = 0; hm_learner_name(i); i++)
        printf("  %-11s %s.\n              Take it %s.\n", hm_learner_name(i), hm_learner_summary(i), hm_learner_advice(i));
    printf("\nFor a good generative model: --learner pcd --steps 3 --centering data --momentum 0, a --learning-rate that falls to a\n"
           "hundredth (as in \"0.1, ~0.001@300\"), and a --weight-cost chosen on held-out cases; harmonium evaluate tells how good.\n");
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
    if (call->n_operands && strcmp(call->operand[0], "learners") == 0) {
        print_learners();
        return HM_OK;
    }
    const cli_verb *verb = call->n_operands ? cli_find_verb(call->operand[0]) : NULL;
    if (verb)
        cli_print_verb_help(verb, stdout);
    return verb || !call->n_operands ? HM_OK : cli_fail_verb(call->operand[0], error);
}

const cli_verb cli_verb_help = {
    "help", "Explain a verb and its options", "[VERB|learners]", 0, 1, {&cli_output_options, NULL},
    "man completion markdown", NULL, "harmonium help train", run,
};
