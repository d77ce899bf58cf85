/* The metrics of a run: one JSON line for each epoch, also when the run was killed and resumed. */
#ifndef HM_CLI_METRICS_H
#define HM_CLI_METRICS_H

#include <stdio.h>

#include <harmonium/train.h>

typedef struct cli_metrics {
    bool is_wanted;
    FILE *stream;      /* of what is no regular file; null: lines are appended to the file */
    char path[HM_TEXT_MAX + 32];
    bool is_continued; /* the next line may be there already, from a run that was killed after it */
    bool is_begun;     /* else the first line replaces what is there */
    bool has_failed;
} cli_metrics;

/* A new file, which takes the place of one that is there with its first line, or, if `is_resumed`, the one that is there. What is no
 * regular file is only ever appended to. */
hm_status cli_metrics_open(cli_metrics *metrics, const char *path, bool is_resumed, hm_error *error);
void cli_metrics_close(cli_metrics *metrics);

/* Adds the line of an epoch; HM_ERROR_IO the first time that the file takes no more, and HM_OK ever after. */
hm_status cli_metrics_add(cli_metrics *metrics, const hm_train_report *report, hm_error *error);

/* A number of a line; NaN where it is not there. */
double cli_metrics_member(const char *line, const char *name);

/* The values of one member in the lines of one stage and machine, in their order: value[most]. Returns how many there
 * are; a line without the member gives NaN. */
size_t cli_metrics_read(const char *path, const char *stage, size_t machine, const char *member, double *value,
                        size_t most);

#endif
