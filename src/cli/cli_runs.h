/* Runs of training as they lie on the disk: a model, which remembers its recipe, and the metrics of its epochs. */
#ifndef HM_CLI_RUNS_H
#define HM_CLI_RUNS_H

#include "cli/cli.h"

enum { CLI_RUNS_MAX = 10, CLI_RUN_PATH_MAX = 2 * HM_TEXT_MAX, CLI_SECTION_MAX = 48 };

/* A line of the recipe. */
typedef struct cli_setting {
    char section[CLI_SECTION_MAX]; /* "greedy"; "backprop (2)" of a stage that comes again */
    const char *name, *value;      /* both "": the section begins */
} cli_setting;

/* A line of the metrics. */
typedef struct cli_epoch {
    const char *line;
    char stage[24];
    size_t part;   /* from 1: which machine, level or repetition of the stage */
    double epoch;  /* of the part */
    double passed; /* epochs of the stage, all its parts so far */
} cli_epoch;

typedef struct cli_run {
    const hm_context *context;
    char path[CLI_RUN_PATH_MAX];                             /* as it was named, in full */
    char model[CLI_RUN_PATH_MAX], metrics[CLI_RUN_PATH_MAX]; /* "": not there */
    char name[CLI_RUN_PATH_MAX];
    char fingerprint[64]; /* of the data; "": not known */
    char seed[24];
    char *recipe, *text; /* that settings and epochs point into */
    cli_setting *setting;
    cli_epoch *epoch;
    size_t n_settings, n_epochs;
} cli_run;

/* Finds and reads what there is of runs[n], n >= 2, and names each by the shortest part of its path that tells them apart. A run is
 * a model, its metrics (MODEL.jsonl or metrics.jsonl beside it), or a folder with one of each. HM_ERROR_ARGUMENT for a run that is
 * named twice or a folder of several; HM_ERROR_FORMAT for a file that is neither. The caller closes them, whatever happened. */
hm_status cli_runs_open(const hm_context *context, const char *const *paths, size_t n, cli_run *runs, hm_error *error);
void cli_runs_close(cli_run *runs, size_t n);

/* The setting, or null. */
const cli_setting *cli_run_setting(const cli_run *run, const char *section, const char *name);

#endif
