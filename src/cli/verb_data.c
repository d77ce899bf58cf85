/* harmonium data [NAME]: what a data set holds after its transforms. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/verbs.h"
#include "data/dataset.h"

static void print_classes(const hm_dataset *set)
{
    size_t n_classes = hm_dataset_n_classes(set);
    for (size_t c = 0; c < n_classes; c++) {
        const char *name = hm_dataset_class_name(set, (int32_t)c);
        size_t n = 0;
        for (size_t i = 0; i < hm_dataset_n_cases(set); i++)
            n += hm_dataset_label(set, i) == (int32_t)c;
        if (n && name)
            cli_print("  class %zu (%s): %zu\n", c, name, n);
        else if (n)
            cli_print("  class %zu: %zu\n", c, n);
    }
}

/* ---- Values -------------------------------------------------------------------------------------------- */

/* What one must know of values first. */
typedef struct values {
    size_t V;
    double *mean, *variance; /* [V] each */
    float *least, *most;     /* [V] each */
    bool is_whole, is_bits;
} values;

static void free_values(const cli_call *call, values *v)
{
    hm_free(call->context, v->mean);
    hm_free(call->context, v->least);
}

static hm_status note_rows(void *user, size_t first, hm_matrix rows, bool *is_enough, hm_error *error)
{
    values *v = user;
    (void)first;
    (void)error;
    for (size_t i = 0; i < rows.rows; i++) {
        const float *x = hm_row_f32(&rows, i);
        for (size_t j = 0; j < rows.cols; j++) {
            v->is_whole = v->is_whole && x[j] == truncf(x[j]);
            v->is_bits = v->is_bits && (x[j] == 0 || x[j] == 1);
        }
    }
    *is_enough = !v->is_whole;
    return HM_OK;
}

static hm_status look_at(const cli_call *call, const hm_dataset *set, values *v, hm_error *error)
{
    size_t V = hm_dataset_n_features(set);
    *v = (values){.V = V, .is_whole = true, .is_bits = true};
    v->mean = hm_alloc(call->context, 2 * V, sizeof *v->mean, error);
    v->least = v->mean ? hm_alloc(call->context, 2 * V, sizeof *v->least, error) : NULL;
    if (!v->least)
        return HM_ERROR_MEMORY;
    v->variance = v->mean + V;
    v->most = v->least + V;
    hm_status status = hm_dataset_moments(set, v->mean, v->variance, error);
    if (status == HM_OK)
        status = hm_dataset_extremes(set, v->least, v->most, error);
    return status == HM_OK ? hm_dataset_each(set, note_rows, v, error) : status;
}

static void print_summary(const hm_dataset *set, const values *v)
{
    float least = v->least[0], most = v->most[0], in_file[2];
    double mean = 0, variance = 0;
    size_t n_constant = 0;
    bool is_scaled;
    for (size_t i = 0; i < v->V; i++) {
        least = fminf(least, v->least[i]);
        most = fmaxf(most, v->most[i]);
        mean += v->mean[i] / (double)v->V;
        variance += v->variance[i] / (double)v->V;
        n_constant += v->most[i] == v->least[i];
    }
    hm_dataset_range(set, &in_file[0], &in_file[1], &is_scaled);
    cli_print("  values %g to %g (%s)", (double)least, (double)most, v->is_bits ? "all 0 or 1" : v->is_whole ? "whole numbers" : "real numbers");
    if (is_scaled)
        cli_print(", bytes %g to %g in the file, times 1/255", (double)in_file[0], (double)in_file[1]);
    cli_print("\n  mean %.4g, deviation of a feature %.4g, constant features %zu\n", mean, sqrt(variance), n_constant);
}

/* Wide sets are no table. */
static void print_features(const hm_dataset *set, const values *v)
{
    enum { ROWS_MAX = 32 };
    const char *name = hm_dataset_columns(set);
    if (hm_dataset_height(set) || v->V > ROWS_MAX)
        return;
    cli_print("  %-24s %12s %12s %12s %12s\n", "feature", "least", "mean", "most", "deviation");
    for (size_t i = 0; i < v->V; i++) {
        char text[32];
        int n = (int)strcspn(name, "\n");
        if (n)
            snprintf(text, sizeof text, "%.*s", n < 24 ? n : 24, name);
        else
            snprintf(text, sizeof text, "%zu", i);
        name += name[n] ? n + 1 : n;
        cli_print("  %-24s %12.5g %12.5g %12.5g %12.5g\n", text, (double)v->least[i], v->mean[i], (double)v->most[i], sqrt(v->variance[i]));
    }
}

static hm_status print_set(const cli_call *call, const char *title, const hm_dataset *set, hm_error *error)
{
    values v;
    hm_status status = look_at(call, set, &v, error);
    if (status == HM_OK) {
        cli_print("%s: %s\n  %zu cases of %zu features", title, hm_dataset_describe(set), hm_dataset_n_cases(set), v.V);
        if (hm_dataset_height(set))
            cli_print(" (%zu x %zu%s)", hm_dataset_height(set), hm_dataset_width(set), hm_dataset_channels(set) == 3 ? ", in colour" : "");
        cli_print("\n");
        print_summary(set, &v);
        cli_print("  fingerprint %s\n", hm_dataset_fingerprint(set));
        print_classes(set);
        print_features(set, &v);
    }
    free_values(call, &v);
    return status;
}

/* A grid of them, black to white; with zero as mid-grey if any value is negative, as whitened pictures have. */
static hm_status draw_cases(const cli_call *call, const hm_dataset *set, hm_matrix cases, hm_error *error)
{
    hm_grid grid = {.n_channels = hm_dataset_channels(set)};
    hm_image *image = NULL;
    for (size_t i = 0; i < cases.rows && !grid.signed_values; i++)
        for (size_t j = 0; j < cases.cols; j++)
            grid.signed_values |= hm_row_f32(&cases, i)[j] < 0;
    hm_status status = hm_image_grid(call->context, cases, hm_dataset_height(set), hm_dataset_width(set), &grid, &image, error);
    if (status == HM_OK)
        status = hm_image_save_png(image, call->options.output.output, error);
    hm_image_destroy(image);
    return status;
}

/* The first cases as they are after the transforms: those asked for, else all, or as many as make a picture. */
static hm_status write_set(const cli_call *call, const hm_dataset *set, hm_error *error)
{
    enum { DRAWN = 100 };
    const char *path = call->options.output.output;
    const bool is_values = cli_is_values(path);
    size_t wanted = (size_t)call->options.output.number, n = hm_dataset_n_cases(set), V = hm_dataset_n_features(set);
    if (!is_values && !hm_dataset_height(set))
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: the cases of %s are no pictures; say with `shape` if they are, or write .npy",
                       path, hm_dataset_describe(set));
    wanted = wanted || is_values ? wanted : DRAWN;
    n = wanted && wanted < n ? wanted : n;
    float *cases = hm_alloc(call->context, n * V, sizeof *cases, error);
    if (!cases)
        return HM_ERROR_MEMORY;
    hm_status status = hm_dataset_read(set, NULL, 0, n, 0, hm_matrix_f32(cases, n, V), error);
    if (status == HM_OK)
        status = is_values ? cli_save_cases(call->context, hm_matrix_f32(cases, n, V), set, path, error)
                           : draw_cases(call, set, hm_matrix_f32(cases, n, V), error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu cases of %zu features", path, n, V);
    hm_free(call->context, cases);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    hm_dataset *train = NULL, *validation = NULL;
    hm_status status = cli_name_data(call, 0, error);
    if (status == HM_OK)
        status = hm_dataset_open(call->context, &call->options.data, &train, &validation, error);
    if (status == HM_OK)
        status = print_set(call, validation ? "training" : "data", train, error);
    if (status == HM_OK && validation)
        status = print_set(call, "validation", validation, error);
    if (status == HM_OK && *call->options.output.output)
        status = write_set(call, train, error);
    hm_dataset_close(validation);
    hm_dataset_close(train);
    return status;
}

const cli_verb cli_verb_data = {
    "data", "Show what a data set holds after its transforms, and write it out", "[DATA]", 0, 1,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL}, "output number", ".npy .csv .svm .png", "harmonium data usps --classes 2",
    run,
};
