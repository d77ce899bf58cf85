/* harmonium compare: settings that differ, results and curves of several runs, in the terminal and on a page. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_compare.h"
#include "cli/cli_metrics.h"
#include "cli/cli_page.h"
#include "cli/cli_scene.h"
#include "cli/verbs.h"

enum { CELL_MAX = HM_TEXT_MAX + 64, LABEL_MAX = 160 };
static const char ABSENT[] = "\u2013", BEST[] = " \u2605";

/* ---- Tables --------------------------------------------------------------------------------------------------- */

/* A cell of run i into text[CELL_MAX]; `item` is what the row is about. */
typedef const char *cell_of(const cli_comparison *c, const void *item, size_t i, char *text);

static hm_status add_row(cli_table *table, const cli_comparison *c, const char *label, cell_of *cell, const void *item, hm_error *error)
{
    static char text[CLI_RUNS_MAX][CELL_MAX];
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
    const char *value = cli_setting_value(&c->run[i], item, text, CELL_MAX);
    return value ? value : *c->run[i].model ? ABSENT : "?";
}

static hm_status make_settings(const cli_comparison *c, cli_table *table, hm_error *error)
{
    char label[LABEL_MAX];
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
    size_t used = (size_t)snprintf(text, CELL_MAX, "%.5g", m->last[i]);
    if (isfinite(m->best[i]) && m->best[i] != m->last[i])
        used += (size_t)snprintf(text + used, CELL_MAX - used, " (best %.5g in epoch %.0f)", m->best[i], m->best_epoch[i]);
    if (cli_is_best(c, m, i))
        snprintf(text + used, CELL_MAX - used, "%s", BEST);
    return text;
}

static const char *cell_epochs(const cli_comparison *c, const void *item, size_t i, char *text)
{
    (void)item;
    snprintf(text, CELL_MAX, "%zu", c->run[i].n_epochs);
    return c->run[i].n_epochs ? text : ABSENT;
}

/* `item` is whether of all epochs together. */
static const char *cell_seconds(const cli_comparison *c, const void *item, size_t i, char *text)
{
    double seconds = cli_run_seconds(&c->run[i]);
    snprintf(text, CELL_MAX, "%.3g", *(const bool *)item ? seconds : seconds / (double)c->run[i].n_epochs);
    return isfinite(seconds) ? text : ABSENT;
}

/* "greedy 2, loss": as much as is needed to tell it from others. */
static void label_measure(const cli_comparison *c, const cli_measure *m, bool is_of_part, char label[LABEL_MAX])
{
    bool has_parts = is_of_part && cli_has_parts(c, m->stage);
    size_t used = 0;
    *label = 0;
    if (cli_has_stages(c) || has_parts)
        used = (size_t)snprintf(label, LABEL_MAX, "%s", m->stage);
    if (has_parts)
        used += (size_t)snprintf(label + used, LABEL_MAX - used, " %zu", m->part);
    snprintf(label + used, LABEL_MAX - used, "%s%s", used ? ", " : "", cli_find_quantity(m->member).title);
}

static hm_status make_results(const cli_comparison *c, cli_table *table, hm_error *error)
{
    static const bool no = false, yes = true;
    char label[LABEL_MAX];
    *table = (cli_table){.context = c->context, .n_cols = c->n + 1};
    hm_status status = add_row(table, c, "at the end", cell_name, NULL, error);
    for (size_t k = 0; status == HM_OK && k < c->n_measures; k++) {
        label_measure(c, &c->measure[k], true, label);
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
    char equal[LABEL_MAX];
    cli_table runs;
    hm_status status = make_runs(c, &runs, error);
    if (status == HM_OK)
        cli_table_print(&runs, stdout);
    cli_table_clear(&runs);
    putchar('\n');
    if (c->n_differences)
        cli_table_print(settings, stdout);
    count_equal(c, equal, sizeof equal);
    printf("%s\n", equal);
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

/* ---- JSON ----------------------------------------------------------------------------------------------------- */

static void print_json_text(const char *text)
{
    if (text)
        cli_print_json_text(text);
    else
        printf("null");
}

static void print_json_member(const char *name, const char *text)
{
    printf("\"%s\": ", name);
    print_json_text(text);
}

static void print_json_number(double value)
{
    if (isfinite(value))
        printf("%.9g", value);
    else
        printf("null");
}

static void print_json_numbers(const char *name, const double *values, size_t n)
{
    printf("\"%s\": [", name);
    for (size_t i = 0; i < n; i++) {
        printf("%s", i ? ", " : "");
        print_json_number(values[i]);
    }
    printf("]");
}

static void print_json_run(const cli_run *r)
{
    printf("{");
    print_json_member("name", r->name);
    printf(", ");
    print_json_member("model", *r->model ? r->model : NULL);
    printf(", ");
    print_json_member("metrics", *r->metrics ? r->metrics : NULL);
    printf(", ");
    print_json_member("data", *r->fingerprint ? r->fingerprint : NULL);
    printf(", \"epochs\": %zu, \"seconds\": ", r->n_epochs);
    print_json_number(cli_run_seconds(r));
    printf("}");
}

static void print_json_difference(const cli_comparison *c, const cli_difference *d)
{
    char text[CELL_MAX];
    printf("{");
    print_json_member("section", d->section);
    printf(", ");
    print_json_member("name", d->name);
    printf(", \"values\": [");
    for (size_t i = 0; i < c->n; i++) {
        const char *value = cli_setting_value(&c->run[i], d, text, sizeof text);
        printf("%s", i ? ", " : "");
        print_json_text(value);
    }
    printf("]}");
}

static void print_json_measure(const cli_comparison *c, const cli_measure *m)
{
    printf("{\"stage\": \"%s\", \"part\": %zu, ", m->stage, m->part);
    print_json_member("quantity", m->member);
    printf(", ");
    print_json_numbers("last", m->last, c->n);
    printf(", ");
    print_json_numbers("best", m->best, c->n);
    printf(", ");
    print_json_numbers("best_epoch", m->best_epoch, c->n);
    printf("}");
}

static void print_json(const cli_comparison *c)
{
    printf("{\"runs\": [");
    for (size_t i = 0; i < c->n; i++) {
        printf("%s", i ? ",\n  " : "");
        print_json_run(&c->run[i]);
    }
    printf("],\n \"same_data\": %s, \"equal_settings\": %zu, \"settings\": [", cli_has_other_data(c) ? "false" : "true", c->n_equal);
    for (size_t k = 0; k < c->n_differences; k++) {
        printf("%s", k ? ",\n  " : "");
        print_json_difference(c, &c->difference[k]);
    }
    printf("],\n \"results\": [");
    for (size_t k = 0; k < c->n_measures; k++) {
        printf("%s", k ? ",\n  " : "");
        print_json_measure(c, &c->measure[k]);
    }
    printf("]}\n");
}

/* ---- Curves --------------------------------------------------------------------------------------------------- */

/* The values of a quantity over all parts of a stage, from x[0] and y[0] on; a gap between parts. */
static size_t trace(const cli_run *run, const cli_measure *m, double *x, double *y)
{
    size_t n = 0, part = 1;
    for (const cli_epoch *e = run->epoch; e < run->epoch + run->n_epochs; e++) {
        if (strcmp(e->stage, m->stage) != 0)
            continue;
        if (e->part != part) {
            x[n] = e->passed;
            y[n++] = NAN;
            part = e->part;
        }
        x[n] = e->passed;
        y[n++] = cli_metrics_member(e->line, m->member);
    }
    return n;
}

static bool has_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            return true;
    return false;
}

/* Whether there is anything to see: values of which not all are the same. */
static bool varies(const hm_curve *curves, size_t n)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t c = 0; c < n; c++)
        for (size_t i = 0; i < curves[c].n; i++) {
            low = fmin(low, curves[c].y[i]);
            high = fmax(high, curves[c].y[i]);
        }
    return low < high;
}

/* points: room for twice as many x, and y, as there are epochs. */
static size_t make_curves(const cli_comparison *c, const cli_measure *m, double *points, hm_curve *curves)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        size_t most = 2 * c->run[i].n_epochs, n_points = trace(&c->run[i], m, points, points + most);
        curves[n] = (hm_curve){c->run[i].name, points, points + most, n_points, NULL};
        n += has_finite(points + most, n_points);
        points += 2 * most;
    }
    return n;
}

static void name_picture(const cli_measure *m, char *name, size_t size)
{
    snprintf(name, size, "%s-%s.png", m->stage, m->member);
    for (char *at = name; *at; at++)
        if (*at == '_' || *at == '/')
            *at = '-';
}

/* A build that cannot draw leaves the page without curves. */
static hm_status draw(const cli_call *call, const cli_comparison *c, const cli_measure *m, double *points, hm_error *error)
{
    char path[CLI_RUN_PATH_MAX], name[96], title[LABEL_MAX];
    hm_curve curves[CLI_RUNS_MAX];
    const cli_quantity quantity = cli_find_quantity(m->member);
    const hm_plot plot = {.title = title, .x_label = cli_has_parts(c, m->stage) ? "epoch, one machine after the other" : "epoch",
                          .y_label = quantity.unit};
    size_t n = make_curves(c, m, points, curves);
    if (!varies(curves, n))
        return HM_OK;
    label_measure(c, m, false, title);
    title[0] = (char)toupper((unsigned char)title[0]);
    name_picture(m, name, sizeof name);
    hm_path_join(path, sizeof path, call->options.output.output, name);
    hm_status status = cli_save_curves(call, &plot, curves, n, path, error);
    if (status == HM_ERROR_UNSUPPORTED)
        return HM_OK;
    return status == HM_OK ? cli_page_picture(call, path, title, quantity.look, error) : status;
}

/* One picture for all parts of a stage. */
static bool is_drawn(const cli_comparison *c, const cli_measure *m)
{
    for (const cli_measure *at = c->measure; at < m; at++)
        if (strcmp(at->stage, m->stage) == 0 && strcmp(at->member, m->member) == 0)
            return true;
    return false;
}

static hm_status draw_all(const cli_call *call, const cli_comparison *c, hm_error *error)
{
    size_t n_points = 0;
    hm_status status = HM_OK;
    for (size_t i = 0; i < c->n; i++)
        n_points += 4 * c->run[i].n_epochs;
    double *points = hm_alloc(c->context, n_points, sizeof *points, error);
    if (!points)
        return HM_ERROR_MEMORY;
    for (size_t k = 0; status == HM_OK && k < c->n_measures; k++)
        if (!is_drawn(c, &c->measure[k]))
            status = draw(call, c, &c->measure[k], points, error);
    hm_free(c->context, points);
    return status;
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
    char equal[LABEL_MAX];
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
        status = draw_all(call, c, error);
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
        print_json(c);
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
