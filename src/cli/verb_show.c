/* harmonium show: the features of a model as a picture. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

enum { FEATURES_SHOWN = 100, STEPS_SUITABLE = 50, TITLE_SIZE = 400 };

/* "digits.safetensors, layer 2: the first 100 of 500 units: weights multiplied down to the data" */
static void name_picture(const cli_call *call, const hm_model *model, size_t machine, size_t n, size_t n_steps,
                         char title[TITLE_SIZE])
{
    const cli_output *output = &call->options.output;
    char what[80], name[200], layer_name[32] = "", how[96];
    size_t layer = (size_t)output->layer, n_features;
    const hm_layer *hidden = hm_rbm_hidden(model->rbm[hm_model_is_stack(model) ? layer - 1 : machine]);
    n_features = hm_layer_n_features(hidden);
    if (hm_model_is_stack(model))
        snprintf(layer_name, sizeof layer_name, ", layer %zu", layer);
    if (output->by == CLI_BY_SAMPLING)
        snprintf(how, sizeof how, "each held on for %zu Gibbs steps, then a pass down", n_steps);
    else
        snprintf(how, sizeof how, "%s", layer == 1 ? "weights" : "weights multiplied down to the data");
    snprintf(title, TITLE_SIZE, "%.180s%s, %s: %s", cli_name_model(call->operand[0], model, machine, name), layer_name,
             cli_count(n, n_features, hidden->filter_height ? "maps" : "units", what), how);
}

/* Of each picture the window alone, in place. */
static void cut_out(const hm_model *model, const hm_window *window, hm_matrix *pictures)
{
    size_t n = 0;
    for (size_t i = 0; i < pictures->rows; i++)
        for (size_t c = 0; c < model->n_channels; c++)
            for (size_t y = window->top; y < window->top + window->height; y++, n += window->width)
                memmove((float *)pictures->data + n, hm_row_f32(pictures, i) + (c * model->height + y) * model->width + window->left,
                        window->width * sizeof(float));
    *pictures = hm_matrix_f32(pictures->data, pictures->rows, pictures->rows ? n / pictures->rows : 0);
}

static hm_status draw_layer(const cli_call *call, const hm_model *model, char title[TITLE_SIZE], hm_image **image,
                            hm_error *error)
{
    const cli_output *output = &call->options.output;
    size_t layer = (size_t)output->layer, V = hm_model_n_features(model), n = FEATURES_SHOWN;
    size_t n_steps = output->steps ? (size_t)output->steps : STEPS_SUITABLE;
    bool is_sampled = output->by == CLI_BY_SAMPLING;
    if (!model->height)
        return hm_fail(error, HM_ERROR_MISMATCH, "the model's features are no picture, so they cannot be drawn");
    if (output->number)
        n = (size_t)output->number;
    size_t n_features = layer <= model->n_rbms ? hm_layer_n_features(hm_model_layer(model, layer)) : n;
    n = n < n_features ? n : n_features;
    float *features = hm_alloc(call->context, n * V, sizeof *features, error);
    if (!features)
        return HM_ERROR_MEMORY;
    hm_matrix out = hm_matrix_f32(features, n, V);
    hm_status status = is_sampled ? hm_sample_features(model, layer, 0, n_steps, out, error)
                                  : hm_project_features(model, layer, 0, out, error);
    if (status == HM_OK)
        name_picture(call, model, 0, n, n_steps, title);
    if (status == HM_OK && is_sampled)
        status = hm_model_restore_units(model, true, out, error);
    hm_window window = {0, 0, model->height, model->width};
    if (status == HM_OK) {
        window = hm_feature_window(model, layer);
        cut_out(model, &window, &out);
    }
    const hm_grid grid = {.n_channels = model->n_channels, .signed_values = !is_sampled, .title = title, .n_cols = n >= 50 ? 10 : 0};
    if (status == HM_OK)
        status = hm_image_grid(call->context, out, window.height, window.width, &grid, image, error);
    hm_free(call->context, features);
    return status;
}

static hm_status draw_machine(const cli_call *call, const hm_model *model, size_t machine, char title[TITLE_SIZE],
                              hm_image **image, hm_error *error)
{
    size_t H = hm_layer_n_features(hm_rbm_hidden(model->rbm[machine]));
    name_picture(call, model, machine, H < FEATURES_SHOWN ? H : FEATURES_SHOWN, 0, title);
    return cli_draw_filters(model, machine, title, image, error);
}

static hm_status run(cli_call *call, hm_error *error)
{
    hm_model *model;
    hm_image *image = NULL;
    char title[TITLE_SIZE];
    const cli_output *output = &call->options.output;
    size_t machine;
    hm_status status = hm_model_load(call->context, call->operand[0], &model, error);
    if (status != HM_OK)
        return status;
    bool is_classes = model->kind == HM_MODEL_CLASSES;
    status = cli_choose_machine(call, model, &machine, error);
    if (status == HM_OK && (output->layer > 1 || output->by == CLI_BY_SAMPLING))
        status = hm_model_require(model, HM_ABILITY_LAYERS, error);
    if (status == HM_OK)
        status = is_classes ? draw_machine(call, model, machine, title, &image, error)
                            : draw_layer(call, model, title, &image, error);
    if (status == HM_OK)
        status = cli_give_image(call, image, "features.png", title,
                                "What each unit stands for, in the space of the data: strokes in the first layer, larger "
                                "parts above.",
                                error);
    hm_model_destroy(model);
    return status;
}

const cli_verb cli_verb_show = {
    "show", "Draw the features a model has learned", "MODEL", 1, 1, {&cli_output_options, &cli_common_options, NULL},
    "output machine layer by number gibbs-steps terminal", ".png",
    "harmonium show dbn.safetensors --layer 2 --by sampling -o features.png", run,
};
