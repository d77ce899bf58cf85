/* Metrics as JSON lines. */
#define _GNU_SOURCE /* ftruncate, fileno, getline, flock, open_memstream */
#include "cli/cli_metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"

static bool is_special(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

/* Tried before learning begins, rather than after the first epoch. */
static hm_status try_file(const cli_metrics *m, hm_error *error)
{
    hm_file_writer writer;
    if (m->is_begun)
        return hm_file_append(m->path, "", 0, error);
    hm_status status = hm_file_create(&writer, m->path, error);
    if (status == HM_OK)
        hm_file_abandon(&writer);
    return status;
}

hm_status cli_metrics_open(cli_metrics *m, const char *path, bool is_resumed, hm_error *error)
{
    *m = (cli_metrics){.is_wanted = true};
    snprintf(m->path, sizeof m->path, "%s", path);
    m->is_begun = m->is_continued = is_resumed && hm_file_exists(path);
    if (!is_special(path))
        return try_file(m, error);
    m->stream = fopen(path, "w");
    return m->stream ? HM_OK : hm_fail_io(error, "write", path);
}

void cli_metrics_close(cli_metrics *m)
{
    if (m->stream)
        fclose(m->stream);
    *m = (cli_metrics){0};
}

/* ---- Writing ---------------------------------------------------------------------------------------------- */

static int print_head(const hm_train_report *r, char *text, size_t size)
{
    return snprintf(text, size, "{\"stage\": \"%s\", \"stage_index\": %zu, \"machine\": %zu, \"epoch\": %zu, ", r->stage,
                    r->stage_index, r->machine, r->epoch);
}

/* Cuts the file before the line that begins with `head`, or after its last whole line; others may append to it meanwhile. */
static bool cut_before(const char *path, const char *head)
{
    FILE *stream = fopen(path, "r+");
    char *line = NULL;
    size_t room = 0;
    long end = 0;
    ssize_t n;
    if (!stream)
        return false;
    flock(fileno(stream), LOCK_EX);
    while ((n = getline(&line, &room, stream)) > 0 && line[n - 1] == '\n' && strncmp(line, head, strlen(head)) != 0)
        end = ftell(stream);
    free(line);
    bool is_cut = ftruncate(fileno(stream), end) == 0;
    fclose(stream);
    return is_cut;
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

static hm_status add_line(cli_metrics *m, const char *head, const char *line, size_t n, hm_error *error)
{
    if (m->stream) {
        bool is_written = fwrite(line, 1, n, m->stream) == n && fflush(m->stream) == 0;
        return is_written ? HM_OK : hm_fail_io(error, "write", m->path);
    }
    if (!m->is_begun) {
        m->is_begun = true;
        return hm_file_save(m->path, line, n, error);
    }
    if (m->is_continued && !cut_before(m->path, head))
        return hm_fail_io(error, "write", m->path);
    m->is_continued = false;
    return hm_file_append(m->path, line, n, error);
}

hm_status cli_metrics_add(cli_metrics *m, const hm_train_report *r, hm_error *error)
{
    char head[160], *line = NULL;
    size_t n = 0;
    if (!m->is_wanted || m->has_failed)
        return HM_OK;
    print_head(r, head, sizeof head);
    FILE *stream = open_memstream(&line, &n);
    if (!stream)
        return hm_fail(error, HM_ERROR_MEMORY, "%s: no memory for a line", m->path);
    print_line(stream, head, r);
    fclose(stream);
    hm_status status = add_line(m, head, line, n, error);
    free(line);
    m->has_failed = status != HM_OK;
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------------------- */

double cli_metrics_member(const char *line, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *at = strstr(line, key);
    return at ? hm_number_begin(at + strlen(key), NULL) : NAN;
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
