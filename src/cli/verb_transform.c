/* harmonium transform: the means of a hidden layer for each case, as numbers; codes of two numbers also as a picture. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/verbs.h"

static size_t n_layers_of(const hm_model *model)
{
    return hm_model_is_stack(model) ? model->n_rbms : 1;
}

static hm_status hidden_means(const cli_call *call, const cli_material *m, size_t machine, size_t layer, hm_matrix mean,
                              hm_error *error)
{
    const cli_output *output = &call->options.output;
    hm_matrix cases = hm_matrix_f32(m->cases, m->n, m->V);
    if (hm_model_is_stack(m->model))
        return hm_model_up_pass(m->model, layer, cases, mean, error);
    return hm_hidden_means(m->model->rbm[machine], cases, (float)(1 / output->temperature), mean, error);
}

static hm_status check(const cli_output *output, const hm_model *model, hm_error *error)
{
    size_t layer = (size_t)output->layer, n_layers = n_layers_of(model);
    if (layer > n_layers)
        return hm_fail(error, HM_ERROR_ARGUMENT, "layer = %zu: the model has hidden layers 1 to %zu", layer, n_layers);
    if (model->kind == HM_MODEL_DBN && model->n_labels && layer == n_layers)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "layer = %zu: the top layer of this net is driven by labels as well; take layer %zu, or "
                       "`harmonium classify`",
                       layer, layer - 1);
    return HM_OK;
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
    hm_status status = cli_save_curves(call, &plot, curves, n_classes, error);
    hm_free(call->context, x);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    const cli_output *output = &call->options.output;
    if (!*output->output)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say where the features go: -o features.npy");
    hm_status status = cli_load_material(call, (size_t)output->number, &m, error);
    if (status != HM_OK)
        return status;
    size_t layer = (size_t)output->layer;
    size_t machine = 0;
    status = check(output, m.model, error);
    if (status == HM_OK)
        status = cli_choose_machine(call, m.model, &machine, error);
    size_t H = status == HM_OK ? hm_model_layer_size(m.model, hm_model_is_stack(m.model) ? layer : 1) : 0;
    float *features = H ? hm_alloc(call->context, m.n * H, sizeof *features, error) : NULL;
    if (status == HM_OK && !features)
        status = HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = hidden_means(call, &m, machine, layer, hm_matrix_f32(features, m.n, H), error);
    if (status == HM_OK)
        status = cli_is_values(output->output) ? cli_save_cases(call->context, hm_matrix_f32(features, m.n, H), m.set, output->output, error)
                                               : draw_codes(call, &m, features, H, error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu cases of %zu features", output->output, m.n, H);
    hm_free(call->context, features);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_transform = {
    "transform", "Write the hidden means of each case: features, or the codes of an autoencoder", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL}, "output number machine layer temperature", ".npy .csv .svm .png",
    "harmonium transform digits.safetensors digits -o features.npy", run,
};
