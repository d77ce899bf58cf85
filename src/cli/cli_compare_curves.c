/* Curves of runs that are compared: one picture for each quantity of a stage, on the page. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "cli/cli_compare.h"
#include "cli/cli_metrics.h"
#include "cli/cli_page.h"

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
    char path[CLI_RUN_PATH_MAX], name[96], title[CLI_LABEL_MAX];
    hm_curve curves[CLI_RUNS_MAX];
    const cli_quantity quantity = cli_find_quantity(m->member);
    const hm_plot plot = {.title = title, .x_label = cli_has_parts(c, m->stage) ? "epoch, one machine after the other" : "epoch",
                          .y_label = quantity.unit};
    size_t n = make_curves(c, m, points, curves);
    if (!varies(curves, n))
        return HM_OK;
    cli_label_measure(c, m, false, title);
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

hm_status cli_comparison_draw(const cli_call *call, const cli_comparison *c, hm_error *error)
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
