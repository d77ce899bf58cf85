/* harmonium units: the stochastic binary unit, whose probability of being on follows from its energy gap and the temperature. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "cli/verbs.h"

enum { CURVES_MAX = 8, POINTS = 121 };
static const double GAP_MAX = 12;

static hm_status read_temperatures(const char *text, double *T, size_t *n, hm_error *error)
{
    *n = 0;
    for (char *end; *text; text = end + strspn(end, ", ")) {
        double value = hm_number_begin(text, &end);
        if (end == text || !(value > 0) || !isfinite(value))
            return hm_fail(error, HM_ERROR_ARGUMENT, "temperatures = ... %.40s: numbers above 0, as in \"0.5,1,2,4\"", text);
        if (*n == CURVES_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT, "temperatures: at most %d", CURVES_MAX);
        T[(*n)++] = value;
    }
    return HM_OK;
}

static void print_table(const double *T, size_t n)
{
    printf("energy gap");
    for (size_t k = 0; k < n; k++)
        printf("    T = %-6.4g", T[k]);
    putchar('\n');
    for (int gap = -8; gap <= 8; gap += 2) {
        printf("%10d", gap);
        for (size_t k = 0; k < n; k++)
            printf("    %-10.6f", 1 / (1 + exp(-gap / T[k])));
        putchar('\n');
    }
}

static hm_status draw(const cli_call *call, const double *T, size_t n, hm_error *error)
{
    double x[POINTS], y[CURVES_MAX][POINTS];
    char names[CURVES_MAX][32];
    hm_curve curves[CURVES_MAX];
    const hm_plot plot = {.title = "A stochastic binary unit", .x_label = "energy gap E(off) - E(on)", .y_label = "P(on)"};
    for (size_t k = 0; k < n; k++) {
        snprintf(names[k], sizeof names[k], "T = %g", T[k]);
        for (int i = 0; i < POINTS; i++) {
            x[i] = GAP_MAX * (2.0 * i / (POINTS - 1) - 1);
            y[k][i] = 1 / (1 + exp(-x[i] / T[k]));
        }
        curves[k] = (hm_curve){names[k], x, y[k], POINTS, NULL};
    }
    return cli_save_curves(call, &plot, curves, n, call->options.output.output, error);
}

static hm_status run(cli_call *call, hm_error *error)
{
    double T[CURVES_MAX];
    size_t n;
    const char *said = call->options.output.temperatures;
    hm_status status = read_temperatures(*said ? said : "0.5,1,2,4", T, &n, error);
    if (status != HM_OK)
        return status;
    print_table(T, n);
    return *call->options.output.output ? draw(call, T, n, error) : HM_OK;
}

const cli_verb cli_verb_units = {
    "units", "Show the probability of a stochastic binary unit against its energy gap", "", 0, 0,
    {&cli_output_options, &cli_common_options, NULL}, "temperatures output", ".png",
    "harmonium units --temperatures 0.5,1,2,4 -o units.png", run,
};
