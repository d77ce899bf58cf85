/* harmonium compare: settings that differ, results and curves of several runs, in the terminal and on a page. */
#include <math.h>

#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_compare.h"
#include "cli/cli_page.h"
#include "cli/verbs.h"

static const char ABSENT[] = "\u2013", BEST[] = " \u2605";

/* ---- Tables --------------------------------------------------------------------------------------------------- */

/* A cell of run i into text[CLI_VALUE_MAX]; `item` is what the row is about. */
typedef const char *cell_of(const cli_comparison *c, const void *item, size_t i, char *text);

static hm_status add_row(cli_table *table, const cli_comparison *c, const char *label, cell_of *cell, const void *item, hm_error *error)
{
    static char text[CLI_RUNS_MAX][CLI_VALUE_MAX];
    const char *cells[CLI_RUNS_MAX + 1] = {label};
    for (size_t i = 0; i < c->n; i++)
        cells[i + 1] = cell(c, item, i, text[i]);
    return cli_table_add(table, cells, error);
}

static const char *cell_name(const cli_comparison *c, const void *item, size_t i, char *text)
{
    (void)item;
    (void)text;
    return c->run[i].name;
}

static const char *cell_setting(const cli_comparison *c, const void *item, size_t i, char *text)
{
    const char *value = cli_setting_value(&c->run[i], item, text, CLI_VALUE_MAX);
    return value ? value : *c->run[i].model ? ABSENT : "?";
}

static hm_status make_settings(const cli_comparison *c, cli_table *table, hm_error *error)
{
    char label[CLI_LABEL_MAX];
    *table = (cli_table){.context = c->context, .n_cols = c->n + 1};
    hm_status status = add_row(table, c, "setting", cell_name, NULL, error);
    for (size_t k = 0; status == HM_OK && k < c->n_differences; k++) {
        const cli_difference *d = &c->difference[k];
        snprintf(label, sizeof label, "[%s]%s%s", d->section, *d->name ? " " : "", d->name);
        status = add_row(table, c, label, cell_setting, d, error);
    }
    return status;
}

/* "0.0312 (best 0.0300 in epoch 17) *" */
static const char *cell_measure(const cli_comparison *c, const void *item, size_t i, char *text)
{
    const cli_measure *m = item;
    if (!isfinite(m->last[i]))
        return ABSENT;
    size_t used = (size_t)snprintf(text, CLI_VALUE_MAX, "%.5g", m->last[i]);
    if (isfinite(m->best[i]) && m->best[i] != m->last[i])
        used += (size_t)snprintf(text + used, CLI_VALUE_MAX - used, " (best %.5g in epoch %.0f)", m->best[i], m->best_epoch[i]);
    if (cli_is_best(c, m, i))
        snprintf(text + used, CLI_VALUE_MAX - used, "%s", BEST);
    return text;
}

static const char *cell_epochs(const cli_comparison *c, const void *item, size_t i, char *text)
{
    (void)item;
    snprintf(text, CLI_VALUE_MAX, "%zu", c->run[i].n_epochs);
    return c->run[i].n_epochs ? text : ABSENT;
}

/* `item` is whether of all epochs together. */
static const char *cell_seconds(const cli_comparison *c, const void *item, size_t i, char *text)
{
    double seconds = cli_run_seconds(&c->run[i]);
    snprintf(text, CLI_VALUE_MAX, "%.3g", *(const bool *)item ? seconds : seconds / (double)c->run[i].n_epochs);
    return isfinite(seconds) ? text : ABSENT;
}

static hm_status make_results(const cli_comparison *c, cli_table *table, hm_error *error)
{
    static const bool no = false, yes = true;
    char label[CLI_LABEL_MAX];
    *table = (cli_table){.context = c->context, .n_cols = c->n + 1};
    hm_status status = add_row(table, c, "at the end", cell_name, NULL, error);
    for (size_t k = 0; status == HM_OK && k < c->n_measures; k++) {
        cli_label_measure(c, &c->measure[k], true, label);
        status = add_row(table, c, label, cell_measure, &c->measure[k], error);
    }
    if (status == HM_OK)
        status = add_row(table, c, "epochs", cell_epochs, NULL, error);
    if (status == HM_OK)
        status = add_row(table, c, "seconds an epoch", cell_seconds, &no, error);
    return status == HM_OK ? add_row(table, c, "seconds", cell_seconds, &yes, error) : status;
}

static hm_status make_runs(const cli_comparison *c, cli_table *table, hm_error *error)
{
    static const char *const head[] = {"run", "model", "metrics", "data"};
    *table = (cli_table){.context = c->context, .n_cols = 4};
    hm_status status = cli_table_add(table, head, error);
    for (size_t i = 0; status == HM_OK && i < c->n; i++) {
        const cli_run *r = &c->run[i];
        const char *cells[] = {r->name, *r->model ? r->model : ABSENT, *r->metrics ? r->metrics : ABSENT,
                               *r->fingerprint ? r->fingerprint : "?"};
        status = cli_table_add(table, cells, error);
    }
    return status;
}

/* ---- The terminal --------------------------------------------------------------------------------------------- */

static void count_equal(const cli_comparison *c, char *text, size_t size)
{
    if (c->n_models < 2)
        snprintf(text, size, "Settings are known of runs with a model alone; name two that have one.");
    else
        snprintf(text, size, "%s%zu %s the same in all.", c->n_differences ? "" : "No setting differs: ", c->n_equal,
                 c->n_equal == 1 ? "setting that was said is" : "settings that were said are");
}

static hm_status print_text(const cli_comparison *c, const cli_table *settings, const cli_table *results, hm_error *error)
{
    char equal[CLI_LABEL_MAX];
    cli_table runs;
    hm_status status = make_runs(c, &runs, error);
    if (status == HM_OK)
        cli_table_print(&runs, stdout);
    cli_table_clear(&runs);
    putchar('\n');
    if (c->n_differences)
        cli_table_print(settings, stdout);
    count_equal(c, equal, sizeof equal);
    cli_print("%s\n", equal);
    if (c->n_metrics) {
        putchar('\n');
        cli_table_print(results, stdout);
    }
    return status;
}

static void warn(const cli_comparison *c)
{
    if (cli_has_other_data(c))
        cli_warn("these runs learned from different data (their fingerprints differ): what was measured in training cannot be compared");
    for (size_t i = 0; i < c->n; i++)
        if (!c->run[i].n_epochs)
            cli_warn("%s: has no metrics, so no results or curves; train writes them with --metrics MODEL.jsonl", c->run[i].name);
}

/* ---- The page ------------------------------------------------------------------------------------------------- */

static hm_status begin_page(const cli_call *call, const cli_comparison *c, hm_error *error)
{
    static const char introduction[] =
        "What was set otherwise in these runs, where they ended, and how they came there. In each row \u2605 marks the run that ended "
        "best, where smaller or larger is known to be better.";
    char title[64];
    const char *folder = call->options.output.output;
    snprintf(title, sizeof title, "%zu runs compared", c->n);
    hm_status status = hm_folder_create(folder, error);
    if (status == HM_OK)
        status = cli_page_begin(call, folder, title, introduction, error);
    if (status == HM_OK && cli_has_other_data(c))
        status = cli_page_text(folder, "These runs learned from different data: what was measured in training cannot be compared.", error);
    return status;
}

static hm_status tell_missing(const cli_comparison *c, const char *folder, hm_error *error)
{
    char text[CLI_RUN_PATH_MAX + 64];
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < c->n; i++) {
        snprintf(text, sizeof text, "%s has no metrics, so no results or curves.", c->run[i].name);
        status = c->run[i].n_epochs ? HM_OK : cli_page_text(folder, text, error);
    }
    return status;
}

static hm_status write_tables(const cli_comparison *c, const cli_table *settings, const cli_table *results, const char *folder,
                              hm_error *error)
{
    char equal[CLI_LABEL_MAX];
    cli_table runs;
    hm_status status = make_runs(c, &runs, error);
    count_equal(c, equal, sizeof equal);
    if (status == HM_OK && c->n_differences)
        status = cli_page_table(folder, "Settings that differ", settings, error);
    if (status == HM_OK)
        status = cli_page_text(folder, equal, error);
    if (status == HM_OK && c->n_metrics)
        status = cli_page_table(folder, "Results", results, error);
    if (status == HM_OK)
        status = tell_missing(c, folder, error);
    if (status == HM_OK)
        status = cli_page_table(folder, "Runs", &runs, error);
    cli_table_clear(&runs);
    return status;
}

static hm_status write_page(const cli_call *call, const cli_comparison *c, const cli_table *settings, const cli_table *results,
                            hm_error *error)
{
    const char *folder = call->options.output.output;
    hm_status status = begin_page(call, c, error);
    if (status == HM_OK)
        status = write_tables(c, settings, results, folder, error);
    if (status == HM_OK)
        status = cli_page_write(call, folder, error);
    if (status == HM_OK)
        status = cli_comparison_draw(call, c, error);
    if (status == HM_OK)
        cli_say(call, "%s/index.html: written", folder);
    return status;
}

/* ---- The verb --------------------------------------------------------------------------------------------------- */

static hm_status show(const cli_call *call, const cli_comparison *c, hm_error *error)
{
    const cli_output *output = &call->options.output;
    cli_table settings, results = {0};
    hm_status status = make_settings(c, &settings, error);
    if (status == HM_OK)
        status = make_results(c, &results, error);
    if (status == HM_OK && output->json)
        cli_comparison_print_json(c);
    else if (status == HM_OK)
        status = print_text(c, &settings, &results, error);
    warn(c);
    if (status == HM_OK && *output->output)
        status = write_page(call, c, &settings, &results, error);
    cli_table_clear(&settings);
    cli_table_clear(&results);
    return status;
}

/* The page of a run is not to be lost to one of several. */
static bool is_folder_of_run(const char *folder)
{
    char metrics[CLI_RUN_PATH_MAX];
    hm_path_join(metrics, sizeof metrics, folder, "metrics.jsonl");
    return hm_file_exists(metrics);
}

static hm_status check_call(const cli_call *call, hm_error *error)
{
    const char *output = call->options.output.output;
    if (call->n_operands < 2 || call->n_operands > CLI_RUNS_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "compare takes 2 to %d runs, not %d: name models, metrics or folders that train wrote",
                       CLI_RUNS_MAX, call->n_operands);
    if (hm_file_exists(output) && !hm_folder_exists(output))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: is a file; the page and its pictures go into a folder, so name one", output);
    if (*output && is_folder_of_run(output))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: is the folder of a run; name another one for the page", output);
    return HM_OK;
}

static hm_status run(cli_call *call, hm_error *error)
{
    static cli_run runs[CLI_RUNS_MAX];
    cli_comparison compared = {.context = call->context};
    size_t n = (size_t)call->n_operands;
    hm_status status = check_call(call, error);
    if (status != HM_OK)
        return status;
    status = cli_runs_open(call->context, call->operand, n, runs, error);
    if (status == HM_OK)
        status = cli_compare(call->context, runs, n, &compared, error);
    if (status == HM_OK)
        status = show(call, &compared, error);
    cli_comparison_clear(&compared);
    cli_runs_close(runs, n);
    return status;
}

const cli_verb cli_verb_compare = {
    "compare", "Show settings that differ, results and curves of several runs", "RUN RUN ...", 0, CLI_OPERANDS_MAX,
    {&cli_output_options, &cli_common_options, NULL}, "output json", "or into a folder",
    "harmonium compare a.safetensors b.safetensors -o compared", run,
};
