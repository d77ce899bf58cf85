/* harmonium help [VERB]; and what else is made from the tables: man pages, completions, docs/commands.md. */
#include <string.h>

#include "base/fail.h"
#include "cli/verbs.h"

const cli_verb *const cli_verbs[] = {
    &cli_verb_train,    &cli_verb_info,     &cli_verb_show,     &cli_verb_reconstruct, &cli_verb_sample,
    &cli_verb_movie,    &cli_verb_web,      &cli_verb_transform, &cli_verb_decode,     &cli_verb_score,
    &cli_verb_evaluate, &cli_verb_classify, &cli_verb_doctor,   &cli_verb_compare,     &cli_verb_belief,
    &cli_verb_label,    &cli_verb_align,    &cli_verb_scores,   &cli_verb_recognise,   &cli_verb_word_error,
    &cli_verb_anneal,   &cli_verb_units,    &cli_verb_data,     &cli_verb_frames,      &cli_verb_import,
    &cli_verb_help,     NULL,
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
    const char *name = call->n_operands ? call->operand[0] : NULL;
    const cli_verb *verb = name ? cli_find_verb(name) : NULL;
    if (output->completion)
        return cli_print_completion(name ? name : "bash", error);
    if (name && strcmp(name, "learners") == 0) {
        print_learners();
        return HM_OK;
    }
    if (name && !verb)
        return cli_fail_verb(name, error);
    if (output->man)
        cli_print_man(verb);
    else if (output->markdown)
        cli_print_markdown();
    else if (verb)
        cli_print_verb_help(verb, stdout);
    else
        cli_print_overview(stdout);
    return HM_OK;
}

const cli_verb cli_verb_help = {
    "help", "Explain a verb and its options", "[VERB|learners|SHELL]", 0, 1, {&cli_output_options, NULL},
    "man completion markdown", NULL, "harmonium help train", run,
};
