/* The stages of a run, in their order: sections of a recipe, or what options on the command line ask for. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "cli/cli.h"

static const hm_option_table *const tables[CLI_N_STAGE_KINDS] = {&hm_train_options, &hm_wake_sleep_options,
                                                                 &hm_up_down_options, &hm_backprop_options};

int cli_stage_kind_of(const hm_option_table *table)
{
    for (int kind = 0; kind < CLI_N_STAGE_KINDS; kind++)
        if (tables[kind] == table)
            return kind;
    return -1;
}

const hm_option_table *cli_stage_table(int kind)
{
    return tables[kind];
}

void *cli_stage_config(cli_stage *stage)
{
    void *const configs[CLI_N_STAGE_KINDS] = {&stage->train, &stage->wake_sleep, &stage->up_down, &stage->backprop};
    return configs[stage->kind];
}

const cli_stage *cli_find_stage(const cli_options *options, int kind)
{
    for (int i = 0; i < options->n_stages; i++)
        if (options->stage[i].kind == kind)
            return &options->stage[i];
    return NULL;
}

hm_status cli_stage_of_checkpoint(const cli_call *call, const char *path, size_t *index, hm_error *error)
{
    char name[64];
    hm_status status = hm_checkpoint_stage(call->context, path, index, name, sizeof name, error);
    if (status == HM_OK && *index >= (size_t)call->options.n_stages)
        status = hm_fail(error, HM_ERROR_MISMATCH,
                         "%s: was written by stage %zu of a run, %s, and this one has %d; resume with the recipe it was begun with, or "
                         "remove the file to begin afresh",
                         path, *index + 1, name, call->options.n_stages);
    return status;
}

/* Behind all others, or where its kind belongs: features first, then fine-tuning. */
hm_status cli_add_stage(cli_options *options, int kind, bool is_last, cli_stage **added, hm_error *error)
{
    int at = 0;
    if (options->n_stages == CLI_STAGES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "more than %d stages", CLI_STAGES_MAX);
    while (at < options->n_stages && (is_last || options->stage[at].kind <= kind))
        at++;
    cli_stage *stage = &options->stage[at];
    memmove(stage + 1, stage, (size_t)(options->n_stages++ - at) * sizeof *stage);
    memset(stage, 0, sizeof *stage);
    stage->kind = kind;
    hm_options_init(tables[kind], cli_stage_config(stage));
    *added = stage;
    return HM_OK;
}

/* The stages that a setting is for: of a recipe the section being read, of a command line all of the kind, which is made
 * if there is none. */
static hm_status choose(cli_call *call, int kind, int *first, int *last, hm_error *error)
{
    cli_options *options = &call->options;
    cli_stage *added;
    hm_status status = HM_OK;
    if (!cli_find_stage(options, kind))
        status = cli_add_stage(options, kind, call->is_reading_recipe, &added, error);
    *first = *last = -1;
    for (int i = 0; i < options->n_stages; i++) {
        if (options->stage[i].kind != kind)
            continue;
        *first = *first < 0 || call->is_reading_recipe ? i : *first;
        *last = i;
    }
    return status;
}

hm_status cli_set_stage(cli_call *call, const hm_option_table *table, const char *name, const char *value,
                        hm_error *error)
{
    int first, last, kind = cli_stage_kind_of(table);
    hm_status status = choose(call, kind, &first, &last, error);
    for (int i = first; status == HM_OK && i <= last; i++) {
        cli_stage *stage = &call->options.stage[i];
        if (stage->kind != kind)
            continue;
        stage->says_epochs |= strcmp(name, "epochs") == 0;
        status = hm_options_set(table, cli_stage_config(stage), name, value, error);
    }
    return status;
}

/* ---- Levels ------------------------------------------------------------------------------------------- */

static hm_status add_override(cli_stage *stage, int level, const char *name, const char *value, hm_error *error)
{
    hm_train_config tried = stage->train;
    cli_override *override = &stage->override[stage->n_overrides];
    if (level < 1 || level > HM_LEVELS_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "level%d: levels count from 1 to %d", level, HM_LEVELS_MAX);
    if (stage->n_overrides == CLI_OVERRIDES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "more than %d options for single levels", CLI_OVERRIDES_MAX);
    hm_status status = hm_options_set(&hm_train_options, &tried, name, value, error);
    if (status != HM_OK)
        return status;
    if (strlen(name) >= sizeof override->name || strlen(value) >= sizeof override->value)
        return hm_fail(error, HM_ERROR_ARGUMENT, "level%d-%s: \"%.40s...\" is too long", level, name, value);
    override->level = level;
    strcpy(override->name, name);
    strcpy(override->value, value);
    stage->n_overrides++;
    return HM_OK;
}

hm_status cli_add_override(cli_call *call, int level, const char *name, const char *value, hm_error *error)
{
    int first, last;
    hm_status status = choose(call, CLI_STAGE_GREEDY, &first, &last, error);
    for (int i = first; status == HM_OK && i <= last; i++)
        if (call->options.stage[i].kind == CLI_STAGE_GREEDY)
            status = add_override(&call->options.stage[i], level, name, value, error);
    return status;
}

hm_status cli_level_configs(const cli_stage *stage, size_t n_levels, hm_train_config *configs, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t l = 0; l < n_levels; l++)
        configs[l] = stage->train;
    for (int i = 0; status == HM_OK && i < stage->n_overrides; i++) {
        const cli_override *override = &stage->override[i];
        if ((size_t)override->level > n_levels)
            return hm_fail(error, HM_ERROR_ARGUMENT, "level%d-%s: the model has %zu levels", override->level,
                           override->name, n_levels);
        status = hm_options_set(&hm_train_options, &configs[override->level - 1], override->name, override->value,
                                error);
    }
    return status;
}

/* ---- Sections of a recipe ------------------------------------------------------------------------------- */

int cli_stage_kind_of_section(const char *section)
{
    if (strcmp(section, "learn") == 0) /* what a single machine does needs no word for many */
        return CLI_STAGE_GREEDY;
    for (int kind = 0; kind < CLI_N_STAGE_KINDS; kind++)
        if (strcmp(section, tables[kind]->section) == 0)
            return kind;
    return -1;
}

int cli_level_of_section(const char *section)
{
    int level, used = 0;
    bool is_one = (sscanf(section, "greedy %d%n", &level, &used) == 1 && !section[used]) ||
                  (sscanf(section, "level%d%n", &level, &used) == 1 && !section[used]);
    return is_one ? level : 0;
}

size_t cli_echo_stage(const cli_stage *stage, char *text, size_t size)
{
    char rows[4096];
    hm_options_echo(tables[stage->kind], cli_stage_config((cli_stage *)stage), false, rows, sizeof rows);
    size_t used = (size_t)snprintf(text, size, "\n[%s]\n%s", tables[stage->kind]->section, rows);
    for (int i = 0; i < stage->n_overrides && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "\n[greedy %d]\n%s = %s\n", stage->override[i].level,
                                 stage->override[i].name, stage->override[i].value);
    return used;
}
