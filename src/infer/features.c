/* What the units of a hidden layer stand for, in the space of the data. */
#include <float.h>
#include <string.h>

#include <harmonium/infer.h>
#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "model/machine.h"
#include "model/model_internal.h"

static size_t widest_layer(const hm_model *model)
{
    size_t widest = 0;
    for (size_t l = 0; l < model->n_rbms; l++) {
        size_t V = hm_rbm_visible(model->rbm[l])->n_units, H = hm_rbm_hidden(model->rbm[l])->n_units;
        widest = V > widest ? V : widest;
        widest = H > widest ? H : widest;
    }
    return widest;
}

static hm_status check(const hm_model *model, size_t layer, size_t first, hm_matrix out, hm_error *error)
{
    size_t n_layers = hm_model_is_stack(model) ? model->n_rbms : 1;
    if (layer < 1 || layer > n_layers)
        return hm_fail(error, HM_ERROR_ARGUMENT, "layer = %zu: the model has hidden layers 1 to %zu", layer, n_layers);
    size_t n = hm_layer_n_features(hm_model_layer(model, layer));
    if (first > n || out.rows > n - first)
        return hm_fail(error, HM_ERROR_ARGUMENT, "features %zu and %zu more: layer %zu has %zu", first, out.rows, layer, n);
    return HM_OK;
}

/* Below the top the units that a DBN's label group adds to x are left out. */
static const hm_rbm *machine_under(const hm_model *model, size_t layer)
{
    return model->kind == HM_MODEL_DBN ? hm_model_generative(model, layer - 1) : model->rbm[layer - 1];
}

/* Feature first + i of case i, on. */
static void hold_on(const hm_model *model, size_t layer, size_t first, hm_matrix h)
{
    for (size_t i = 0; i < h.rows; i++)
        hm_row_f32(&h, i)[hm_layer_feature_unit(hm_model_layer(model, layer), first + i)] = 1;
}

static void copy_columns(hm_matrix from, hm_matrix to)
{
    for (size_t i = 0; i < to.rows; i++)
        memmove(hm_row_f32(&to, i), hm_row_f32(&from, i), to.cols * sizeof(float));
}

hm_status hm_project_features(const hm_model *model, size_t layer, size_t first, hm_matrix out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    HM_REQUIRE(hm_check_matrix("out", out, HM_ANY_NUMBER, hm_model_n_features(model), HM_TAKES_FLOATS, error));
    size_t n = out.rows, widest = widest_layer(model);
    hm_status status = check(model, layer, first, out, error);
    if (status != HM_OK)
        return status;
    float *workspace = hm_alloc(model->context, 2 * n * widest + hm_model_room(model, layer, n), sizeof *workspace, error);
    if (!workspace)
        return HM_ERROR_MEMORY;
    float *room = workspace + 2 * n * widest;
    hm_matrix now = hm_matrix_f32(workspace, n, hm_model_layer(model, layer)->n_units);
    hold_on(model, layer, first, now);
    for (size_t l = layer; l > 0; l--) {
        const hm_rbm *rbm = machine_under(model, l);
        hm_matrix below = hm_matrix_f32(workspace + (layer - l + 1) % 2 * n * widest, n, hm_rbm_visible(rbm)->n_units);
        hm_machine_down(rbm, l == layer ? now : hm_machine_recall(rbm, now, NULL, room), below);
        now = hm_matrix_cols(below, 0, hm_model_layer_size(model, l - 1));
    }
    copy_columns(now, out);
    hm_free(model->context, workspace);
    return HM_OK;
}

hm_status hm_sample_features(const hm_model *model, size_t layer, size_t first, size_t n_steps, hm_matrix out,
                             hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    HM_REQUIRE(hm_check_matrix("out", out, HM_ANY_NUMBER, hm_model_n_features(model), HM_TAKES_FLOATS, error));
    size_t n = out.rows, widest = widest_layer(model);
    hm_status status = check(model, layer, first, out, error);
    if (status != HM_OK)
        return status;
    if (!hm_layer_is_all(hm_model_layer(model, layer), HM_UNIT_BERNOULLI))
        return hm_fail(error, HM_ERROR_MISMATCH, "layer %zu is not of bernoulli units, which can be held on; project it",
                       layer);
    float *workspace = hm_alloc(model->context, 4 * n * widest + hm_model_room(model, layer, n), sizeof *workspace, error);
    if (!workspace)
        return HM_ERROR_MEMORY;
    float *room = workspace + 4 * n * widest;
    const hm_rbm *rbm = machine_under(model, layer);
    size_t V = hm_rbm_visible(rbm)->n_units, H = hm_rbm_hidden(rbm)->n_units;
    hm_matrix h = hm_matrix_f32(workspace, n, H), h_mean = hm_matrix_f32(workspace + n * widest, n, H);
    hm_matrix v = hm_matrix_f32(workspace + 2 * n * widest, n, V), mean = hm_matrix_f32(workspace + 3 * n * widest, n, V);
    hm_random random = {hm_context_seed(model->context), HM_RANDOM_CHAIN, layer};
    hm_gibbs gibbs = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < H; j++)
            hm_row_f32(&h, i)[j] = hm_random_uniform(&random, i, j) < 0.5f ? 1 : 0;
    hold_on(model, layer, first, h);
    hm_rbm_visible_given_hidden(rbm, h, mean, v, &gibbs);
    for (size_t s = 0; s < n_steps; s++) {
        gibbs.step++;
        hm_rbm_hidden_given_visible(rbm, v, h_mean, h, &gibbs);
        hold_on(model, layer, first, h);
        hm_rbm_visible_given_hidden(rbm, h, mean, v, &gibbs);
    }
    for (size_t l = layer - 1; l > 0; l--) {
        const hm_rbm *under = machine_under(model, l);
        hm_matrix above = hm_matrix_f32(h_mean.data, n, hm_model_layer_size(model, l));
        copy_columns(mean, above);
        mean = hm_matrix_f32(mean.data, n, hm_rbm_visible(under)->n_units);
        hm_rbm_visible_given_hidden(under, hm_machine_recall(under, above, NULL, room), mean, (hm_matrix){0}, &gibbs);
    }
    copy_columns(mean, out);
    hm_free(model->context, workspace);
    return HM_OK;
}

hm_status hm_hidden_means(const hm_rbm *rbm, hm_matrix v, float beta, hm_matrix mean, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_rbm_visible(rbm)->n_units, HM_TAKES_BYTES_TOO, error));
    HM_REQUIRE(hm_check_number("beta", beta, 0, FLT_MAX, error));
    HM_REQUIRE(hm_check_matrix("mean", mean, v.rows, hm_layer_shown(hm_rbm_hidden(rbm)).n_units, HM_TAKES_FLOATS, error));
    enum { BLOCK = 256 };
    size_t block = v.rows < BLOCK ? v.rows : BLOCK;
    const hm_gibbs gibbs = {.beta = beta};
    float *room = hm_alloc(rbm->context, hm_machine_room(rbm, block), sizeof *room, error);
    if (!room)
        return HM_ERROR_MEMORY;
    for (size_t first = 0; first < v.rows; first += block) {
        size_t n = v.rows - first < block ? v.rows - first : block;
        hm_machine_rise(rbm, hm_matrix_rows(v, first, n), hm_matrix_rows(mean, first, n), (hm_matrix){0}, &gibbs, room);
    }
    hm_free(rbm->context, room);
    return HM_OK;
}

/* ---- Where features look ---------------------------------------------------------------------------------- */

/* One side of a window on the units of a layer, or on what it shows. */
typedef struct span {
    size_t first, n;
} span;

/* A block of C units for each unit shown, then the places under a filter. */
static span under(span s, size_t block, size_t filter)
{
    return (span){s.first * block, s.n * block + filter - 1};
}

/* A unit's block of the layer: C x C of those that pool, itself of others. */
static size_t block_of(const hm_layer *layer)
{
    return layer->height / hm_layer_shown(layer).height;
}

static bool has_filters(const hm_model *model, size_t layer)
{
    for (size_t l = 1; l <= layer; l++)
        if (!hm_model_layer(model, l)->filter_height)
            return false;
    return true;
}

/* What rows and columns of the units of a layer see of the data's picture. */
static hm_window window_under(const hm_model *model, size_t layer, span rows, span cols)
{
    for (size_t l = layer; l > 0; l--) {
        const hm_layer *at = hm_model_layer(model, l);
        size_t C = l < layer ? block_of(at) : 1;
        rows = under(rows, C, at->filter_height);
        cols = under(cols, C, at->filter_width);
    }
    return (hm_window){rows.first, cols.first, rows.n, cols.n};
}

hm_window hm_feature_window(const hm_model *model, size_t layer)
{
    const hm_layer *top = hm_model_layer(model, layer);
    if (!has_filters(model, layer))
        return (hm_window){0, 0, model->height, model->width};
    size_t place = hm_layer_place(top, hm_layer_feature_unit(top, 0));
    return window_under(model, layer, (span){place / top->width, 1}, (span){place % top->width, 1});
}

hm_window hm_place_window(const hm_model *model, size_t layer, size_t row, size_t col)
{
    if (!has_filters(model, layer))
        return (hm_window){0, 0, model->height, model->width};
    size_t C = block_of(hm_model_layer(model, layer));
    return window_under(model, layer, (span){row * C, C}, (span){col * C, C});
}
