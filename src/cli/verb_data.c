/* harmonium data [NAME]: what a data set holds after its transforms. */
#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/verbs.h"

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

static hm_status print_set(const cli_call *call, const char *name, const hm_dataset *set, hm_error *error)
{
    size_t V = hm_dataset_n_features(set), n_constant = 0;
    double *mean = hm_alloc(call->context, 2 * V, sizeof *mean, error), average = 0;
    hm_status status = mean ? hm_dataset_moments(set, mean, mean + V, error) : HM_ERROR_MEMORY;
    for (size_t i = 0; status == HM_OK && i < V; i++) {
        average += mean[i] / (double)V;
        n_constant += mean[V + i] == 0;
    }
    if (status == HM_OK) {
        cli_print("%s: %s\n  %zu cases of %zu features", name, hm_dataset_describe(set), hm_dataset_n_cases(set), V);
        if (hm_dataset_height(set))
            cli_print(" (%zu x %zu%s)", hm_dataset_height(set), hm_dataset_width(set),
                   hm_dataset_channels(set) == 3 ? ", in colour" : "");
        cli_print("\n  mean %.4f, constant features %zu\n  fingerprint %s\n", average, n_constant,
               hm_dataset_fingerprint(set));
        print_classes(set);
    }
    hm_free(call->context, mean);
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
