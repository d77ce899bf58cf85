/* What differs between runs, and what was measured of them. */
#ifndef HM_CLI_COMPARE_H
#define HM_CLI_COMPARE_H

#include "cli/cli_runs.h"

enum { CLI_MEASURE_NAME_MAX = 48, CLI_VALUE_MAX = HM_TEXT_MAX + 64, CLI_LABEL_MAX = 160 };

/* A setting that some runs have otherwise than others. */
typedef struct cli_difference {
    const char *section, *name; /* name "": that there is such a section */
} cli_difference;

/* A quantity that metrics hold. */
typedef struct cli_quantity {
    const char *member;
    const char *title, *unit; /* unit: of the axis */
    int better;               /* -1: smaller, 1: larger, 0: neither */
    const char *look;         /* what to look for; "": nothing */
} cli_quantity;

/* A quantity of a part of a stage, in every run: NaN where it was not measured. */
typedef struct cli_measure {
    char stage[24];
    size_t part;
    char member[CLI_MEASURE_NAME_MAX];
    double last[CLI_RUNS_MAX], best[CLI_RUNS_MAX], best_epoch[CLI_RUNS_MAX];
} cli_measure;

typedef struct cli_comparison {
    const hm_context *context;
    cli_run *run;
    size_t n;
    size_t n_models, n_metrics;       /* runs of which they are known */
    cli_difference *difference;
    size_t n_differences, n_equal;    /* settings that all models have alike */
    cli_measure *measure;
    size_t n_measures;
} cli_comparison;

/* Compares runs[n], which have to stay. HM_ERROR_MISMATCH if metrics of several are there and no two have a stage in common. */
hm_status cli_compare(const hm_context *context, cli_run *runs, size_t n, cli_comparison *made, hm_error *error);
void cli_comparison_clear(cli_comparison *comparison);

/* The value of a setting into text[size], which is returned: "0.1", or "0.1 (default)" where the recipe does not say it; null where the
 * run has no such section or its settings are not known. */
const char *cli_setting_value(const cli_run *run, const cli_difference *setting, char *text, size_t size);

/* How a member is called and what it is good for; one that is not known is called as it is. */
cli_quantity cli_find_quantity(const char *member);

/* Whether the last value of run i is the best of all, where one of several is. */
bool cli_is_best(const cli_comparison *comparison, const cli_measure *measure, size_t i);

/* Whether a stage has several parts, whose measures need their number to be told apart. */
bool cli_has_parts(const cli_comparison *comparison, const char *stage);

/* Whether the runs learned from different data. */
bool cli_has_other_data(const cli_comparison *comparison);

/* "greedy 2, loss": as much as is needed to tell a measure, or that of all parts of its stage, from others. */
void cli_label_measure(const cli_comparison *comparison, const cli_measure *measure, bool is_of_part, char label[CLI_LABEL_MAX]);

/* Of all epochs of a run; NaN without metrics. */
double cli_run_seconds(const cli_run *run);

/* To stdout. */
void cli_comparison_print_json(const cli_comparison *comparison);

/* Curves of every quantity that changes, each a picture in the call's output folder and on its page; none in a build that cannot
 * draw. */
hm_status cli_comparison_draw(const cli_call *call, const cli_comparison *comparison, hm_error *error);

#endif
