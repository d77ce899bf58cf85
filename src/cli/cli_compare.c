/* Runs held against one another. */
#include "cli/cli_compare.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli_metrics.h"

/* ---- Settings ----------------------------------------------------------------------------------------------- */

const char *cli_setting_value(const cli_run *run, const cli_difference *setting, char *text, size_t size)
{
    const hm_option_table *table = cli_recipe_table(setting->section);
    const hm_option *row = table ? hm_options_find(table, setting->name) : NULL;
    const cli_setting *said = cli_run_setting(run, setting->section, setting->name);
    if (said)
        snprintf(text, size, "%s", *setting->name ? said->value : "yes");
    else if (row && cli_run_setting(run, setting->section, ""))
        snprintf(text, size, "%s%s(default)", row->initial, *row->initial ? " " : "");
    else
        return NULL;
    return text;
}

static bool is_equal(const cli_comparison *c, const cli_difference *setting)
{
    char first[CLI_VALUE_MAX], other[CLI_VALUE_MAX];
    const char *a = NULL;
    bool is_first = true;
    for (size_t i = 0; i < c->n; i++) {
        if (!*c->run[i].model)
            continue;
        const char *b = cli_setting_value(&c->run[i], setting, is_first ? first : other, sizeof first);
        if (!is_first && (!a != !b || (a && strcmp(a, b) != 0)))
            return false;
        a = is_first ? b : a;
        is_first = false;
    }
    return true;
}

static bool is_seen(const cli_comparison *c, size_t n_runs, const cli_setting *setting)
{
    for (size_t i = 0; i < n_runs; i++)
        if (cli_run_setting(&c->run[i], setting->section, setting->name))
            return true;
    return false;
}

/* Behind the others of its section. */
static void add_difference(cli_comparison *c, cli_difference one)
{
    size_t at = c->n_differences;
    for (size_t i = 0; i < c->n_differences; i++)
        at = strcmp(c->difference[i].section, one.section) == 0 ? i + 1 : at;
    memmove(c->difference + at + 1, c->difference + at, (c->n_differences++ - at) * sizeof one);
    c->difference[at] = one;
}

/* Settings in the order in which the recipes say them, section by section. */
static hm_status find_differences(cli_comparison *c, hm_error *error)
{
    size_t most = 0;
    for (size_t i = 0; i < c->n; i++)
        most += c->run[i].n_settings;
    if (!(c->difference = hm_alloc(c->context, most, sizeof *c->difference, error)))
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < c->n; i++)
        for (const cli_setting *s = c->run[i].setting, *end = s + c->run[i].n_settings; s < end; s++) {
            const cli_difference one = {s->section, s->name};
            if (is_seen(c, i, s))
                continue;
            if (!is_equal(c, &one))
                add_difference(c, one);
            else
                c->n_equal += *s->name != 0;
        }
    return HM_OK;
}

bool cli_has_other_data(const cli_comparison *c)
{
    const char *first = NULL;
    for (size_t i = 0; i < c->n; i++) {
        const char *data = c->run[i].fingerprint;
        if (*data && first && strcmp(data, first) != 0)
            return true;
        first = *data ? data : first;
    }
    return false;
}

/* ---- Quantities --------------------------------------------------------------------------------------------- */

cli_quantity cli_find_quantity(const char *member)
{
    static const char energy[] = "Its level means nothing between machines: each has its own log Z.";
    static const cli_quantity known[] = {
        {"reconstruction_error", "reconstruction error", "mean squared error", -1,
         "It should fall. It is shown, not to be trusted: a machine that copies its input has a small one."},
        {"free_energy_train", "free energy, training", "nats", 0, energy},
        {"free_energy_validation", "free energy, validation", "nats", 0, energy},
        {"free_energy_gap", "free energy, validation less training", "nats", 0,
         "A gap that grows is over-fitting: the run knows its training cases by heart."},
        {"log_likelihood", "log-likelihood", "nats", 1, "Of training cases; larger is better."},
        {"swap_rate", "least rate of swaps", "share", 0, "Near zero the chains of different temperatures do not mix."},
        {"loss", "loss", "mean of a case", -1, "Of training; smaller is better."},
        {"error_train", "error, training", "of a case", -1,
         "Smaller is better; the error in validation says whether it is worth something."},
        {"error_validation", "error, validation", "of a case", -1,
         "Smaller is better. Where it rises again, learning went on for too long."},
        {"class_accuracy", "classes right", "share", 1, "Larger is better."},
        {"mean_iou", "mean IoU", "share", 1, "Larger is better."},
        {"update_ratio", "updates to weights", "sum |dW| / sum |W|", 0, "About 0.001 is right."},
        {"mean_activity", "mean activity", "of hidden units", 0, ""},
        {"dead", "dead units", "units", 0, "Hidden units that are never on carry nothing."},
        {"stuck", "stuck units", "units", 0, "Hidden units that are always on are no more than a bias."},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].member, member) == 0)
            return known[i];
    bool is_error = strncmp(member, "layer_error", strlen("layer_error")) == 0;
    return (cli_quantity){member, member, is_error ? "mean squared error" : "", is_error ? -1 : 0, ""};
}

/* What a line holds beside them says where it belongs, or follows from the settings. */
static bool is_measured(const char *member)
{
    static const char *const others[] = {"stage",         "stage_index", "machine", "epoch",  "learner",
                                         "learning_rate", "momentum",    "steps",   "seconds"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i], member) == 0)
            return false;
    return true;
}

static cli_measure *find_measure(const cli_comparison *c, const cli_epoch *epoch, const char *member)
{
    for (cli_measure *m = c->measure; m < c->measure + c->n_measures; m++)
        if (m->part == epoch->part && strcmp(m->stage, epoch->stage) == 0 && strcmp(m->member, member) == 0)
            return m;
    return NULL;
}

static cli_measure *add_measure(cli_comparison *c, const cli_epoch *epoch, const char *member, hm_error *error)
{
    cli_measure *grown = hm_realloc(c->context, c->measure, c->n_measures, c->n_measures + 1, sizeof *grown, error);
    if (!grown)
        return NULL;
    c->measure = grown;
    cli_measure *m = &grown[c->n_measures++];
    *m = (cli_measure){.part = epoch->part};
    strcpy(m->stage, epoch->stage);
    strcpy(m->member, member);
    for (size_t i = 0; i < CLI_RUNS_MAX; i++)
        m->last[i] = m->best[i] = m->best_epoch[i] = NAN;
    return m;
}

static void note_value(cli_measure *m, size_t run, double epoch, double value)
{
    int better = cli_find_quantity(m->member).better;
    m->last[run] = value;
    if (better && !(better * value <= better * m->best[run])) { /* or there is none so far */
        m->best[run] = value;
        m->best_epoch[run] = epoch;
    }
}

static hm_status take_epoch(cli_comparison *c, size_t run, const cli_epoch *epoch, hm_error *error)
{
    char member[CLI_MEASURE_NAME_MAX];
    for (const char *at = epoch->line; (at = strstr(at, "\"")); at += strcspn(at, ",")) {
        if (sscanf(at, "\"%47[^\"]\": ", member) != 1 || !is_measured(member))
            continue;
        double value = cli_metrics_member(epoch->line, member);
        cli_measure *m = find_measure(c, epoch, member);
        if (!m && !(m = add_measure(c, epoch, member, error)))
            return HM_ERROR_MEMORY;
        note_value(m, run, epoch->epoch, value);
    }
    return HM_OK;
}

static bool has_stage(const cli_run *run, const char *stage)
{
    for (size_t e = 0; e < run->n_epochs; e++)
        if (strcmp(run->epoch[e].stage, stage) == 0)
            return true;
    return false;
}

static bool shares_stage(const cli_run *a, const cli_run *b)
{
    for (size_t e = 0; e < a->n_epochs; e++)
        if (has_stage(b, a->epoch[e].stage))
            return true;
    return false;
}

static hm_status check_stages(const cli_comparison *c, hm_error *error)
{
    const cli_run *first = NULL, *second = NULL;
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < i; k++)
            if (shares_stage(&c->run[i], &c->run[k]))
                return HM_OK;
        second = first && c->run[i].n_epochs ? &c->run[i] : second;
        first = !first && c->run[i].n_epochs ? &c->run[i] : first;
    }
    return !second ? HM_OK
                   : hm_fail(error, HM_ERROR_MISMATCH,
                             "%s tells of %s and %s of %s: no two of these runs have a stage in common that could be compared; give runs "
                             "of the same stages", first->metrics, first->epoch->stage, second->metrics, second->epoch->stage);
}

bool cli_is_best(const cli_comparison *c, const cli_measure *m, size_t i)
{
    int better = cli_find_quantity(m->member).better;
    bool has_worse = false;
    for (size_t k = 0; k < c->n; k++) {
        if (better * m->last[k] > better * m->last[i])
            return false;
        has_worse = has_worse || better * m->last[k] < better * m->last[i];
    }
    return has_worse;
}

static bool has_stages(const cli_comparison *c)
{
    return c->n_measures && strcmp(c->measure[0].stage, c->measure[c->n_measures - 1].stage) != 0;
}

bool cli_has_parts(const cli_comparison *c, const char *stage)
{
    for (size_t i = 0; i < c->n_measures; i++)
        if (c->measure[i].part > 1 && strcmp(c->measure[i].stage, stage) == 0)
            return true;
    return false;
}

void cli_label_measure(const cli_comparison *c, const cli_measure *m, bool is_of_part, char label[CLI_LABEL_MAX])
{
    bool has_parts = is_of_part && cli_has_parts(c, m->stage);
    size_t used = 0;
    *label = 0;
    if (has_stages(c) || has_parts)
        used = (size_t)snprintf(label, CLI_LABEL_MAX, "%s", m->stage);
    if (has_parts)
        used += (size_t)snprintf(label + used, CLI_LABEL_MAX - used, " %zu", m->part);
    snprintf(label + used, CLI_LABEL_MAX - used, "%s%s", used ? ", " : "", cli_find_quantity(m->member).title);
}

double cli_run_seconds(const cli_run *run)
{
    double seconds = run->n_epochs ? 0 : NAN;
    for (size_t e = 0; e < run->n_epochs; e++)
        seconds += cli_metrics_member(run->epoch[e].line, "seconds");
    return seconds;
}

/* ---- Both ----------------------------------------------------------------------------------------------------- */

hm_status cli_compare(const hm_context *context, cli_run *runs, size_t n, cli_comparison *c, hm_error *error)
{
    *c = (cli_comparison){.context = context, .run = runs, .n = n};
    for (size_t i = 0; i < n; i++) {
        c->n_models += *runs[i].model != 0;
        c->n_metrics += runs[i].n_epochs != 0;
    }
    hm_status status = check_stages(c, error);
    if (status == HM_OK && c->n_models > 1)
        status = find_differences(c, error);
    for (size_t i = 0; i < n; i++)
        for (size_t e = 0; status == HM_OK && e < runs[i].n_epochs; e++)
            status = take_epoch(c, i, &runs[i].epoch[e], error);
    return status;
}

void cli_comparison_clear(cli_comparison *c)
{
    hm_free(c->context, c->difference);
    hm_free(c->context, c->measure);
}
