/* Metrics as JSON lines. */
#define _GNU_SOURCE /* ftruncate, fileno, getline */
#include "cli/cli_metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"

static bool is_regular(FILE *stream)
{
    struct stat about;
    return fstat(fileno(stream), &about) == 0 && S_ISREG(about.st_mode);
}

hm_status cli_metrics_open(cli_metrics *m, const char *path, bool is_resumed, hm_error *error)
{
    *m = (cli_metrics){0};
    snprintf(m->path, sizeof m->path, "%s", path);
    m->stream = is_resumed ? fopen(path, "r+") : NULL;
    m->is_continued = m->stream && is_regular(m->stream);
    if (!m->stream)
        m->stream = fopen(path, "w");
    return m->stream ? HM_OK : hm_fail_io(error, "write", path);
}

void cli_metrics_close(cli_metrics *m)
{
    if (m->stream)
        fclose(m->stream);
    m->stream = NULL;
}

/* ---- Writing ---------------------------------------------------------------------------------------------- */

static int print_head(const hm_train_report *r, char *text, size_t size)
{
    return snprintf(text, size, "{\"stage\": \"%s\", \"stage_index\": %zu, \"machine\": %zu, \"epoch\": %zu, ", r->stage,
                    r->stage_index, r->machine, r->epoch);
}

/* Cuts the file before the line that begins with `head`, or after its last whole line, and goes on writing there. */
static void cut_before(cli_metrics *m, const char *head)
{
    char *line = NULL;
    size_t room = 0;
    long end = 0;
    ssize_t n;
    rewind(m->stream);
    while ((n = getline(&line, &room, m->stream)) > 0 && line[n - 1] == '\n' && strncmp(line, head, strlen(head)) != 0)
        end = ftell(m->stream);
    free(line);
    fseek(m->stream, end, SEEK_SET);
    m->has_failed = ftruncate(fileno(m->stream), end) != 0;
}

/* A member of the JSON line, left out when it is not known. */
static void print_number(FILE *stream, const char *name, double value)
{
    if (isfinite(value))
        fprintf(stream, "\"%s\": %.9g, ", name, value);
}

static void print_line(FILE *stream, const char *head, const hm_train_report *r)
{
    fputs(head, stream);
    if (r->learner)
        fprintf(stream, "\"learner\": \"%s\", ", r->learner);
    print_number(stream, "reconstruction_error", r->reconstruction_error);
    for (size_t l = 0; l < r->n_layer_errors; l++) {
        char name[32];
        snprintf(name, sizeof name, "layer_error_%zu", l);
        print_number(stream, name, r->layer_error[l]);
    }
    print_number(stream, "free_energy_train", r->free_energy_train);
    print_number(stream, "free_energy_validation", r->free_energy_validation);
    print_number(stream, "free_energy_gap", r->free_energy_gap);
    print_number(stream, "log_likelihood", r->log_likelihood);
    print_number(stream, "swap_rate", r->swap_rate);
    print_number(stream, "loss", r->loss);
    print_number(stream, "error_train", r->error_train);
    print_number(stream, "error_validation", r->error_validation);
    print_number(stream, "class_accuracy", r->class_accuracy);
    print_number(stream, "mean_iou", r->mean_iou);
    print_number(stream, "update_ratio", r->update_ratio);
    if (isfinite(r->mean_activity))
        fprintf(stream, "\"mean_activity\": %.6g, \"dead\": %zu, \"stuck\": %zu, ", r->mean_activity, r->n_dead,
                r->n_stuck);
    fprintf(stream, "\"learning_rate\": %g, \"momentum\": %g, \"steps\": %zu, \"seconds\": %.4f}\n", r->learning_rate,
            r->momentum, r->steps, r->seconds);
}

hm_status cli_metrics_add(cli_metrics *m, const hm_train_report *r, hm_error *error)
{
    char head[160];
    if (!m->stream || m->has_failed)
        return HM_OK;
    print_head(r, head, sizeof head);
    if (m->is_continued)
        cut_before(m, head);
    m->is_continued = false;
    print_line(m->stream, head, r);
    if (fflush(m->stream) == 0 && !ferror(m->stream) && !m->has_failed)
        return HM_OK;
    m->has_failed = true;
    return hm_fail_io(error, "write", m->path);
}

/* ---- Reading ---------------------------------------------------------------------------------------------- */

double cli_metrics_member(const char *line, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *at = strstr(line, key);
    return at ? strtod(at + strlen(key), NULL) : NAN;
}

size_t cli_metrics_read(const char *path, const char *stage, size_t machine, const char *member, double *value,
                        size_t most)
{
    char head[128], machine_part[48], *line = NULL;
    size_t room = 0, n = 0;
    FILE *stream = fopen(path, "r");
    if (!stream)
        return 0;
    snprintf(head, sizeof head, "{\"stage\": \"%s\", ", stage);
    snprintf(machine_part, sizeof machine_part, "\"machine\": %zu, ", machine);
    while (n < most && getline(&line, &room, stream) > 0)
        if (strncmp(line, head, strlen(head)) == 0 && strstr(line, machine_part))
            value[n++] = cli_metrics_member(line, member);
    free(line);
    fclose(stream);
    return n;
}
