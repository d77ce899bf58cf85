/* harmonium show: the features of a model as a picture. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

enum { FEATURES_SHOWN = 100, STEPS_SUITABLE = 50, TITLE_SIZE = 500 };

static size_t steps_of(const cli_output *output)
{
    return output->steps ? (size_t)output->steps : STEPS_SUITABLE;
}

/* "digits.safetensors, layer 2: the first 100 of 500 units" */
static void name_features(const cli_call *call, const hm_model *model, size_t machine, size_t n, char title[TITLE_SIZE])
{
    char what[80], name[200], layer_name[32] = "";
    size_t layer = (size_t)call->options.output.layer;
    const hm_layer *hidden = hm_rbm_hidden(model->rbm[hm_model_is_stack(model) ? layer - 1 : machine]);
    if (hm_model_is_stack(model))
        snprintf(layer_name, sizeof layer_name, ", layer %zu", layer);
    snprintf(title, TITLE_SIZE, "%.180s%s, %s", cli_name_model(call->operand[0], model, machine, name), layer_name,
             cli_count(n, hm_layer_n_features(hidden), hidden->filter_height ? "maps" : "units", what));
}

/* The same, and ": weights multiplied down to the data". */
static void name_picture(const cli_call *call, const hm_model *model, size_t machine, size_t n, char title[TITLE_SIZE])
{
    const cli_output *output = &call->options.output;
    name_features(call, model, machine, n, title);
    size_t used = strlen(title);
    if (output->by == CLI_BY_SAMPLING)
        snprintf(title + used, TITLE_SIZE - used, ": each held on for %zu Gibbs steps, then a pass down", steps_of(output));
    else
        snprintf(title + used, TITLE_SIZE - used, ": weights%s", output->layer == 1 ? "" : " multiplied down to the data");
}

static void cut(const hm_model *model, const hm_window *window, const float *picture, float *tile)
{
    for (size_t c = 0; c < model->n_channels; c++)
        for (size_t y = window->top; y < window->top + window->height; y++, tile += window->width)
            memmove(tile, picture + (c * model->height + y) * model->width + window->left, window->width * sizeof *tile);
}

/* Of each picture the window alone, in place. */
static void cut_out(const hm_model *model, const hm_window *window, hm_matrix *pictures)
{
    float *tiles = pictures->data;
    size_t n = model->n_channels * window->height * window->width;
    for (size_t i = 0; i < pictures->rows; i++)
        cut(model, window, hm_row_f32(pictures, i), tiles + i * n);
    *pictures = hm_matrix_f32(tiles, pictures->rows, n);
}

/* How many features are drawn: of a layer that is not there what was asked for, to be refused where they are computed. */
static size_t n_drawn(const cli_output *output, const hm_model *model)
{
    size_t layer = (size_t)output->layer, n = output->number ? (size_t)output->number : FEATURES_SHOWN;
    size_t n_features = layer <= model->n_rbms ? hm_layer_n_features(hm_model_layer(model, layer)) : n;
    return n < n_features ? n : n_features;
}

static hm_status check_drawable(const hm_model *model, hm_error *error)
{
    return model->height ? HM_OK : hm_fail(error, HM_ERROR_MISMATCH, "the model's features are no picture, so they cannot be drawn");
}

/* The first out.rows features, in the space of the data as the model sees them. */
static hm_status find_features(const cli_output *output, const hm_model *model, hm_matrix out, hm_error *error)
{
    size_t layer = (size_t)output->layer;
    return output->by == CLI_BY_SAMPLING ? hm_sample_features(model, layer, 0, steps_of(output), out, error)
                                         : hm_project_features(model, layer, 0, out, error);
}

static hm_status draw_layer(const cli_call *call, const hm_model *model, char title[TITLE_SIZE], hm_image **image,
                            hm_error *error)
{
    const cli_output *output = &call->options.output;
    size_t layer = (size_t)output->layer, V = hm_model_n_features(model);
    bool is_sampled = output->by == CLI_BY_SAMPLING;
    hm_status status = check_drawable(model, error);
    if (status != HM_OK)
        return status;
    size_t n = n_drawn(output, model);
    float *features = hm_alloc(call->context, n * V, sizeof *features, error);
    if (!features)
        return HM_ERROR_MEMORY;
    hm_matrix out = hm_matrix_f32(features, n, V);
    status = find_features(output, model, out, error);
    if (status == HM_OK && is_sampled)
        status = hm_model_restore_units(model, true, out, error);
    hm_window window = {0, 0, model->height, model->width};
    if (status == HM_OK) {
        name_picture(call, model, 0, n, title);
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
    name_picture(call, model, machine, H < FEATURES_SHOWN ? H : FEATURES_SHOWN, title);
    return cli_draw_filters(model, machine, title, image, error);
}

/* ---- Patches of the data ---------------------------------------------------------------------------------- */

/* A row of tiles a feature: the feature itself, then the patches of the data in which it is strongest. */
typedef struct patches {
    const cli_material *m;
    size_t layer, n_rows, n; /* of a row so many patches */
    hm_place *places;        /* [n_features of the layer][n] */
    hm_matrix pictures;      /* room for a row of cases, or for all features */
    hm_matrix tiles;         /* [n_rows][1 + n] */
} patches;

/* Features in the window of the place that their units, in the middle of the maps, are part of. */
static hm_status cut_features(const cli_call *call, const patches *p, hm_error *error)
{
    const hm_model *model = p->m->model;
    const hm_layer shown = hm_layer_shown(hm_model_layer(model, p->layer));
    const hm_window window = hm_place_window(model, p->layer, shown.height / 2, shown.width / 2);
    hm_status status = find_features(&call->options.output, model, hm_matrix_rows(p->pictures, 0, p->n_rows), error);
    for (size_t k = 0; status == HM_OK && k < p->n_rows; k++)
        cut(model, &window, hm_row_f32(&p->pictures, k), hm_row_f32(&p->tiles, k * (1 + p->n)));
    return status;
}

static hm_status cut_patches(const patches *p, size_t k, hm_error *error)
{
    uint32_t index[CLI_PATCHES_MAX];
    const hm_place *places = p->places + k * p->n;
    for (size_t i = 0; i < p->n; i++)
        index[i] = (uint32_t)places[i].index;
    hm_status status = hm_dataset_read(p->m->set, index, 0, p->n, 0, hm_matrix_rows(p->pictures, 0, p->n), error);
    for (size_t i = 0; status == HM_OK && i < p->n; i++) {
        const hm_window window = hm_place_window(p->m->model, p->layer, places[i].row, places[i].col);
        cut(p->m->model, &window, hm_row_f32(&p->pictures, i), hm_row_f32(&p->tiles, k * (1 + p->n) + 1 + i));
    }
    return status;
}

/* Zero becomes mid-grey, and the largest magnitude black or white. */
static void centre(float *tile, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(tile[i]));
    for (size_t i = 0; i < n; i++)
        tile[i] = 0.5f + (most > 0 ? 0.5f * tile[i] / most : 0);
}

/* Weights are centred; data (and features by sampling, which are data) only if any are negative, as whitened pictures are. */
static void shade(const patches *p, bool has_weights)
{
    bool is_signed = false;
    for (size_t r = 0; r < p->tiles.rows; r++)
        for (size_t i = 0; i < p->tiles.cols && !(has_weights && r % (1 + p->n) == 0); i++)
            is_signed = is_signed || hm_row_f32(&p->tiles, r)[i] < 0;
    for (size_t r = 0; r < p->tiles.rows; r++)
        if (is_signed || (has_weights && r % (1 + p->n) == 0))
            centre(hm_row_f32(&p->tiles, r), p->tiles.cols);
}

static hm_status fill_tiles(const cli_call *call, const patches *p, hm_error *error)
{
    hm_status status = hm_find_strongest(p->m->model, p->layer, p->m->set, p->n, p->places, error);
    if (status == HM_OK)
        status = cut_features(call, p, error);
    for (size_t k = 0; status == HM_OK && k < p->n_rows; k++)
        status = cut_patches(p, k, error);
    if (status == HM_OK)
        shade(p, call->options.output.by == CLI_BY_PROJECTION);
    return status;
}

static void name_patches(const cli_call *call, const patches *p, char title[TITLE_SIZE])
{
    name_features(call, p->m->model, 0, p->n_rows, title);
    size_t used = strlen(title);
    snprintf(title + used, TITLE_SIZE - used, ", each with its %zu strongest patch%s of %.120s", p->n, p->n == 1 ? "" : "es",
             hm_dataset_describe(p->m->set));
}

static hm_status draw_patches(const cli_call *call, const cli_material *m, char title[TITLE_SIZE], hm_image **image, hm_error *error)
{
    const hm_model *model = m->model;
    const cli_output *output = &call->options.output;
    patches p = {.m = m, .layer = (size_t)output->layer, .n = (size_t)output->patches};
    hm_status status = check_drawable(model, error);
    if (status == HM_OK)
        status = hm_model_check_layer(model, p.layer, error);
    if (status != HM_OK)
        return status;
    p.n_rows = n_drawn(output, model);
    const hm_window window = hm_place_window(model, p.layer, 0, 0);
    size_t V = hm_model_n_features(model), n_pictures = p.n_rows > p.n ? p.n_rows : p.n, n_tiles = p.n_rows * (1 + p.n);
    size_t n_features = hm_layer_n_features(hm_model_layer(model, p.layer)), tile = model->n_channels * window.height * window.width;
    float *room = hm_alloc(call->context, n_pictures * V + n_tiles * tile, sizeof *room, error);
    p.places = hm_alloc(call->context, n_features * p.n, sizeof *p.places, error);
    p.pictures = hm_matrix_f32(room, n_pictures, V);
    p.tiles = hm_matrix_f32(room ? room + n_pictures * V : NULL, n_tiles, tile);
    status = room && p.places ? fill_tiles(call, &p, error) : HM_ERROR_MEMORY;
    name_patches(call, &p, title);
    const hm_grid grid = {.n_channels = model->n_channels, .title = title, .n_cols = 1 + p.n};
    if (status == HM_OK)
        status = hm_image_grid(call->context, p.tiles, window.height, window.width, &grid, image, error);
    hm_free(call->context, p.places);
    hm_free(call->context, room);
    return status;
}

/* ---- The verb --------------------------------------------------------------------------------------------- */

/* Data are for patches, and patches are of data. */
static hm_status check_data(cli_call *call, hm_error *error)
{
    bool is_said = call->options.output.whole;
    hm_status status = cli_name_data(call, 1, error);
    for (size_t i = 0; i < hm_data_options.n_rows; i++)
        is_said = is_said || call->is_data_given[i];
    if (status == HM_OK && call->options.output.patches && !cli_is_data_given(call, "data"))
        return hm_fail(error, HM_ERROR_ARGUMENT, "patches are cut out of data; name them: harmonium show MODEL DATA --patches %d",
                       (int)call->options.output.patches);
    if (status == HM_OK && is_said && !call->options.output.patches)
        return hm_fail(error, HM_ERROR_ARGUMENT, "data are shown as patches beside the features; say how many: --patches 9");
    return status;
}

static hm_status open_model(cli_call *call, cli_material *m, hm_error *error)
{
    if (call->options.output.patches)
        return cli_open_material(call, m, error);
    return hm_model_load(call->context, call->operand[0], &m->model, error);
}

static hm_status draw(const cli_call *call, const cli_material *m, size_t machine, char title[TITLE_SIZE], hm_image **image, hm_error *error)
{
    if (call->options.output.patches)
        return draw_patches(call, m, title, image, error);
    return m->model->kind == HM_MODEL_CLASSES ? draw_machine(call, m->model, machine, title, image, error)
                                              : draw_layer(call, m->model, title, image, error);
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m = {0};
    hm_image *image = NULL;
    char title[TITLE_SIZE];
    const cli_output *output = &call->options.output;
    size_t machine;
    hm_status status = check_data(call, error);
    if (status == HM_OK)
        status = open_model(call, &m, error);
    if (status != HM_OK)
        return status;
    status = cli_choose_machine(call, m.model, &machine, error);
    if (status == HM_OK && (output->layer > 1 || output->by == CLI_BY_SAMPLING))
        status = hm_model_require(m.model, HM_ABILITY_LAYERS, error);
    if (status == HM_OK)
        status = draw(call, &m, machine, title, &image, error);
    if (status == HM_OK)
        status = cli_give_image(call, image, output->patches ? "patches.png" : "features.png", title,
                                "What each unit stands for, in the space of the data: strokes in the first layer, larger "
                                "parts above.",
                                error);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_show = {
    "show", "Draw the features a model has learned, and the patches of data in which they are strongest", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL},
    "output machine layer by number gibbs-steps patches whole terminal", ".png",
    "harmonium show dbn.safetensors --layer 2 --by sampling -o features.png", run,
};
