/* harmonium transform: the means of a hidden layer for each case, as numbers; codes of two numbers also as a picture. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/verbs.h"

static size_t n_layers_of(const hm_model *model)
{
    return hm_model_is_stack(model) ? model->n_rbms : 1;
}

/* "1 2": numbers from 1 to most, at most n_most of them. */
static hm_status read_list(const char *name, const char *text, size_t most, size_t *list, size_t n_most, size_t *n, hm_error *error)
{
    *n = 0;
    for (const char *at = text + strspn(text, " ,"); *at; at += strspn(at, " ,")) {
        char *end;
        unsigned long value = strtoul(at, &end, 10);
        if (end == at || value < 1 || value > most || *n == n_most)
            return hm_fail(error, HM_ERROR_ARGUMENT, "%s = %.60s: up to %zu numbers from 1 to %zu, as in \"1 2\"", name, text, n_most, most);
        list[(*n)++] = value;
        at = end;
    }
    return HM_OK;
}

static hm_status read_pool(const char *text, hm_descriptor *d, hm_error *error)
{
    int used = 0;
    if (!*text)
        return HM_OK;
    if (sscanf(text, "%zu/%zu%n", &d->pool_side, &d->pool_stride, &used) == 2 && !text[used] && d->pool_side > 0 && d->pool_stride > 0 &&
        d->pool_side < 1000 && d->pool_stride < 1000)
        return HM_OK;
    return hm_fail(error, HM_ERROR_ARGUMENT, "pool = %.60s: the side of the windows and their distance, as in \"3/2\"", text);
}

static hm_status read_descriptor(const cli_call *call, const hm_model *model, hm_descriptor *d, hm_error *error)
{
    const cli_output *output = &call->options.output;
    *d = (hm_descriptor){.layer = {(size_t)output->layer},
                         .n_layers = 1,
                         .takes_root = output->root,
                         .is_unit_length = output->unit_length,
                         .beta = (float)(1 / output->temperature)};
    hm_status status = cli_choose_machine(call, model, &d->machine, error);
    if (status == HM_OK && *output->layers)
        status = read_list("layers", output->layers, n_layers_of(model), d->layer, HM_LEVELS_MAX, &d->n_layers, error);
    if (status == HM_OK)
        status = read_list("pyramid", output->pyramid, 64, d->grid, HM_GRIDS_MAX, &d->n_grids, error);
    if (status == HM_OK && d->n_grids && *output->pool)
        status = hm_fail(error, HM_ERROR_ARGUMENT, "pool and pyramid: one of them at a time");
    return status == HM_OK ? read_pool(output->pool, d, error) : status;
}

static hm_status check(const hm_descriptor *d, const hm_model *model, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < d->n_layers; i++)
        status = hm_model_check_layer(model, d->layer[i], error);
    return status;
}

/* ---- Codes of two numbers as points, a colour a class --------------------------------------------------------------- */

enum { CLASSES_MAX = 20 };

/* Where each class begins when cases are sorted by it: first[n_classes + 1]. */
static void sort_points(const cli_material *m, const float *codes, size_t n_classes, size_t *first, double *x, double *y)
{
    size_t at = 0;
    for (size_t c = 0; c < n_classes; c++) {
        first[c] = at;
        for (size_t i = 0; i < m->n; i++) {
            int32_t label = hm_dataset_n_classes(m->set) ? hm_dataset_label(m->set, i) : 0;
            if (label != (int32_t)c)
                continue;
            x[at] = (double)codes[2 * i];
            y[at++] = (double)codes[2 * i + 1];
        }
    }
    first[n_classes] = at;
}

static hm_status draw_codes(const cli_call *call, const cli_material *m, const float *codes, size_t width, hm_error *error)
{
    size_t n_classes = hm_dataset_n_classes(m->set) ? hm_dataset_n_classes(m->set) : 1, first[CLASSES_MAX + 1];
    hm_curve curves[CLASSES_MAX];
    char name[CLASSES_MAX][16];
    const char *path = call->options.output.output;
    const hm_plot plot = {.x_label = "first number of the code", .y_label = "second", .width = 900, .height = 700, .is_scatter = true};
    if (width != 2 || n_classes > CLASSES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: codes of 2 numbers and at most %d classes are drawn, and these are %zu numbers and %zu classes; write them "
                       "as .npy or .csv",
                       path, CLASSES_MAX, width, n_classes);
    double *x = hm_alloc(call->context, 2 * m->n, sizeof *x, error);
    if (!x)
        return HM_ERROR_MEMORY;
    sort_points(m, codes, n_classes, first, x, x + m->n);
    for (size_t c = 0; c < n_classes; c++) {
        snprintf(name[c], sizeof name[c], "%zu", c);
        curves[c] = (hm_curve){name[c], x + first[c], x + m->n + first[c], first[c + 1] - first[c], NULL};
    }
    hm_status status = cli_save_curves(call, &plot, curves, n_classes, call->options.output.output, error);
    hm_free(call->context, x);
    return status;
}

static hm_status give(const cli_call *call, const cli_material *m, const hm_descriptor *d, hm_error *error)
{
    const char *path = call->options.output.output;
    size_t H = hm_descriptor_size(m->model, d);
    float *features = hm_alloc(call->context, m->n * H, sizeof *features, error);
    if (!features)
        return HM_ERROR_MEMORY;
    hm_matrix out = hm_matrix_f32(features, m->n, H);
    hm_status status = hm_describe(m->model, d, hm_matrix_f32(m->cases, m->n, m->V), out, error);
    if (status == HM_OK)
        status = cli_is_values(path) ? cli_save_cases(call->context, out, m->set, path, error) : draw_codes(call, m, features, H, error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu cases of %zu features", path, m->n, H);
    hm_free(call->context, features);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    const cli_output *output = &call->options.output;
    hm_descriptor descriptor;
    if (!*output->output)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say where the features go: -o features.npy");
    hm_status status = cli_load_material(call, (size_t)output->number, &m, error);
    if (status != HM_OK)
        return status;
    status = read_descriptor(call, m.model, &descriptor, error);
    if (status == HM_OK)
        status = check(&descriptor, m.model, error);
    if (status == HM_OK)
        status = give(call, &m, &descriptor, error);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_transform = {
    "transform", "Write the hidden means of each case: features, or the codes of an autoencoder", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL},
    "output number machine layer layers pool pyramid root unit-length whole temperature", ".npy .csv .svm .png",
    "harmonium transform digits.safetensors digits -o features.npy", run,
};
