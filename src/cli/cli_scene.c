/* What the verbs of scene labelling share. */
#include "cli/cli_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

static const char UNUSED[] = "--%s says nothing to a net that labels scenes; leave it out";

hm_status cli_scene_check_data(const cli_call *call, hm_error *error)
{
    for (size_t i = 0; i < hm_data_options.n_rows; i++) {
        const char *name = hm_data_options.rows[i].name;
        if (call->is_data_given[i] && strcmp(name, "data") != 0 && strcmp(name, "labels") != 0)
            return hm_fail(error, HM_ERROR_ARGUMENT, UNUSED, name);
    }
    return HM_OK;
}

hm_status cli_scene_check_unused(const hm_option_table *table, const void *config, const char *but, hm_error *error)
{
    char changed[4096], name[CLI_NAME_MAX];
    hm_options_echo(table, config, false, changed, sizeof changed);
    for (char *line = strtok(changed, "\n"); line; line = strtok(NULL, "\n")) {
        line[strcspn(line, " ") + 1] = 0;
        if (strstr(but, line))
            continue;
        line[strlen(line) - 1] = 0;
        return hm_fail(error, HM_ERROR_ARGUMENT, UNUSED, cli_option_name(table, hm_options_find(table, line), name));
    }
    return HM_OK;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double cli_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}
