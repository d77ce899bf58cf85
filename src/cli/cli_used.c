/* Options that only something else that is said makes use of: said without it, they would be ignored. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "cli/cli.h"

typedef struct use {
    const hm_option_table *table;
    const char *options; /* separated by spaces */
    const char *needed;  /* the option of the same table that decides */
    const char *values;  /* of it, separated by spaces, that make use of them; null: any but its default */
} use;

static const use uses[] = {
    {&hm_train_options, "temperatures", "learner", "tempering"},
    {&hm_train_options, "snapshots", "learner", "trajectory"},
    {&hm_train_options, "fast-rate", "learner", "fast-pcd"},
    {&hm_train_options, "chains", "learner", "pcd fast-pcd tempering trajectory"},
    {&hm_train_options, "steps", "learner", "cd pcd fast-pcd tempering trajectory mean-field"},
    {&hm_train_options, "sparsity-cost sparsity-decay sparsity-on", "sparsity-target", NULL},
    {&hm_backprop_options, "iterations", "method", "lbfgs"},
    {&hm_backprop_options, "momentum learning-rate", "method", "sgd adam"},
    {&hm_backprop_options, "dropout input-dropout max-norm", "method", "sgd adam"},
    {&cli_model_options, "layers", "kind", "dbn net sbn"},
    {&cli_model_options, "visible hidden", "kind", "rbm classes"},
    {&cli_model_options, "labels", "kind", "dbn"},
};
enum { N_USES = sizeof uses / sizeof *uses };

/* Copies the next word of *list; false at its end. */
static bool next_word(const char **list, char word[64])
{
    *list += strspn(*list, " ");
    size_t n = strcspn(*list, " ");
    memcpy(word, *list, n < 63 ? n : 63);
    word[n < 63 ? n : 63] = 0;
    *list += n;
    return n > 0;
}

static bool is_used(const use *u, const void *config)
{
    char value[HM_TEXT_MAX], word[64];
    const hm_option *row = hm_options_find(u->table, u->needed);
    hm_option_print(row, config, value, sizeof value);
    if (!u->values)
        return strcmp(value, row->initial) != 0;
    for (const char *list = u->values; next_word(&list, word);)
        if (strcmp(word, value) == 0)
            return true;
    return false;
}

static hm_status check_use(const use *u, const void *config, hm_error *error)
{
    char name[64], value[HM_TEXT_MAX], decided[HM_TEXT_MAX];
    if (is_used(u, config))
        return HM_OK;
    hm_option_print(hm_options_find(u->table, u->needed), config, decided, sizeof decided);
    for (const char *list = u->options; next_word(&list, name);) {
        const hm_option *row = hm_options_find(u->table, name);
        hm_option_print(row, config, value, sizeof value);
        if (strcmp(value, row->initial) == 0)
            continue;
        char full[CLI_NAME_MAX], needed[CLI_NAME_MAX];
        cli_option_name(u->table, row, full);
        cli_option_name(u->table, hm_options_find(u->table, u->needed), needed);
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s = %.80s: is not used where %s is %s; leave it out, or give --%s%s%s", full, value,
                       needed, decided, needed, u->values ? ": one of " : "", u->values ? u->values : "");
    }
    return HM_OK;
}

static hm_status check_config(const hm_option_table *table, const void *config, hm_error *error)
{
    hm_status status = HM_OK;
    for (int i = 0; status == HM_OK && i < N_USES; i++)
        if (uses[i].table == table)
            status = check_use(&uses[i], config, error);
    return status;
}

static hm_status check_stage(const cli_stage *stage, hm_error *error)
{
    hm_train_config levels[HM_LEVELS_MAX];
    if (stage->kind != CLI_STAGE_GREEDY || stage->n_overrides == 0)
        return check_config(cli_stage_table(stage->kind), cli_stage_config((cli_stage *)stage), error);
    hm_status status = cli_level_configs(stage, HM_LEVELS_MAX, levels, error);
    bool is_used_somewhere = false;
    for (int l = 0; status == HM_OK && l < HM_LEVELS_MAX && !is_used_somewhere; l++)
        is_used_somewhere = check_config(&hm_train_options, &levels[l], error) == HM_OK;
    return status == HM_OK && !is_used_somewhere ? HM_ERROR_ARGUMENT : status;
}

hm_status cli_check_used(const cli_options *options, hm_error *error)
{
    bool has_layers = !*options->output.from && options->model.kind != CLI_KIND_SCENE; /* both say themselves what is of no use to them */
    hm_status status = !has_layers ? HM_OK : check_config(&cli_model_options, &options->model, error);
    for (int i = 0; status == HM_OK && i < options->n_stages; i++)
        status = check_stage(&options->stage[i], error);
    return status;
}
