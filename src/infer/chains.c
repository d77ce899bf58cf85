/* Gibbs chains in an RBM, or in the top RBM of a deep belief net above its directed levels. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <harmonium/infer.h>
#include <harmonium/likelihood.h>
#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "model/machine.h"
#include "model/model_internal.h"

/* Of the random numbers: none that learning has used. */
enum { STREAM = 3 << 16 };

/* L machines; x = [h^(L-1) | y] is what the top one sees, and h^0 is the data. */
struct hm_chains {
    const hm_model *model;
    hm_rbm *top;
    size_t n, L, n_below, n_labels;
    hm_chains_config config;
    int32_t *label;     /* [n] own copy; null without label units */
    bool *is_clamped;   /* own copy, or null */
    float *held[HM_LEVELS_MAX + 1]; /* [layer][units] values that units are held at, NaN: free; null: none is */
    uint64_t step;      /* of the next random numbers */
    float *block;       /* all below */
    hm_matrix x, x_mean, t, t_mean;
    hm_matrix state[HM_LEVELS_MAX], mean[HM_LEVELS_MAX]; /* [layer] under the top RBM's visible layer */
    hm_matrix start;
    hm_matrix shown; /* of the top units, where they pool; and room for pooling (machine.h) */
    float *room;
};

static hm_matrix below_part(const hm_chains *c, hm_matrix x)
{
    return hm_matrix_cols(x, 0, c->n_below);
}

static hm_matrix state_of(const hm_chains *c, size_t layer)
{
    return layer + 1 < c->L ? c->state[layer] : below_part(c, c->x);
}

static hm_matrix mean_of(const hm_chains *c, size_t layer)
{
    return layer + 1 < c->L ? c->mean[layer] : below_part(c, c->x_mean);
}

static bool shows_top(const hm_chains *c)
{
    return hm_machine_room(c->top, 1) > 0;
}

/* Cuts the block into matrices, or with a null block counts its floats. */
static size_t cut(hm_chains *c, float *block)
{
    size_t used = 0, X = c->n_below + c->n_labels, T = hm_rbm_hidden(c->top)->n_units;
#define TAKE(matrix, cols) (matrix = hm_matrix_f32(block ? block + used : NULL, c->n, cols), used += c->n * (cols))
    TAKE(c->x, X);
    TAKE(c->x_mean, X);
    TAKE(c->t, T);
    TAKE(c->t_mean, T);
    for (size_t l = 0; l + 1 < c->L; l++) {
        TAKE(c->state[l], hm_model_layer_size(c->model, l));
        TAKE(c->mean[l], hm_model_layer_size(c->model, l));
    }
    TAKE(c->start, hm_model_n_features(c->model));
    TAKE(c->shown, shows_top(c) ? hm_layer_shown(hm_rbm_hidden(c->top)).n_units : 0);
    hm_matrix room;
    TAKE(room, hm_model_room(c->model, c->model->n_rbms, 1));
    c->room = room.data;
#undef TAKE
    return used;
}

static void copy_rows(hm_matrix from, hm_matrix to)
{
    for (size_t i = 0; i < from.rows; i++)
        memcpy(hm_row_f32(&to, i), hm_row_f32(&from, i), from.cols * sizeof(float));
}

static void hold_labels(hm_chains *c)
{
    for (size_t i = 0; c->label && i < c->n; i++) {
        float *y = hm_row_f32(&c->x, i) + c->n_below, *mean = hm_row_f32(&c->x_mean, i) + c->n_below;
        if (c->label[i] < 0)
            continue;
        for (size_t k = 0; k < c->n_labels; k++)
            mean[k] = y[k] = k == (size_t)c->label[i];
    }
}

static void hold_features(const hm_chains *c, hm_matrix v)
{
    for (size_t i = 0; c->is_clamped && i < c->n; i++)
        for (size_t k = 0; k < c->start.cols; k++)
            if (c->is_clamped[k])
                hm_row_f32(&v, i)[k] = hm_row_f32(&c->start, i)[k];
}

static void hold_units(const hm_chains *c, size_t layer, hm_matrix states)
{
    for (size_t j = 0; c->held[layer] && j < states.cols; j++)
        for (size_t i = 0; i < c->n && !isnan(c->held[layer][j]); i++)
            hm_row_f32(&states, i)[j] = c->held[layer][j];
}

static hm_gibbs next(hm_chains *c)
{
    return (hm_gibbs){.beta = c->config.beta, .step = c->step++, .stream = STREAM};
}

static void pass_up(hm_chains *c)
{
    for (size_t l = 0; l + 1 < c->L; l++) {
        hm_gibbs gibbs = next(c);
        hm_machine_rise(c->model->rbm[l], state_of(c, l), mean_of(c, l + 1), state_of(c, l + 1), &gibbs, c->room);
        hold_units(c, l + 1, state_of(c, l + 1));
    }
}

/* Samples in every layer, or means driven by means under the sampled units of the top RBM. */
static void pass_down(hm_chains *c, bool is_sampled)
{
    for (size_t l = c->L - 1; l-- > 0;) {
        hm_gibbs gibbs = next(c);
        bool is_first = l + 2 == c->L;
        bool is_drawn = is_sampled || is_first;
        hm_matrix above = hm_machine_recall(c->model->rbm[l], is_drawn ? state_of(c, l + 1) : mean_of(c, l + 1),
                                            is_drawn ? &gibbs : NULL, c->room);
        hm_rbm_visible_given_hidden(hm_model_generative(c->model, l), above, mean_of(c, l),
                                    is_sampled ? state_of(c, l) : (hm_matrix){0}, &gibbs);
        hold_units(c, l, mean_of(c, l));
        if (is_sampled)
            hold_units(c, l, state_of(c, l));
    }
}

static void alternate(hm_chains *c)
{
    hm_gibbs gibbs = next(c);
    hm_rbm_hidden_given_visible(c->top, c->x, c->t_mean, c->t, &gibbs);
    hold_units(c, c->L, c->t);
    hm_rbm_visible_given_hidden(c->top, c->t, c->x_mean, c->x, &gibbs);
    hold_units(c, c->L - 1, below_part(c, c->x));
    hold_labels(c);
}

void hm_chains_run(hm_chains *c, size_t n_steps)
{
    bool goes_through = c->L > 1 && c->is_clamped;
    for (size_t s = 0; s < n_steps; s++) {
        if (goes_through)
            pass_up(c);
        alternate(c);
        if (goes_through)
            pass_down(c, true);
        hold_features(c, state_of(c, 0));
    }
    if (shows_top(c))
        hm_machine_show(c->top, c->t, c->shown);
    pass_down(c, c->config.is_sampled);
    hold_features(c, mean_of(c, 0));
    hold_features(c, state_of(c, 0));
}

/* From data, or from P(x | t) for top units that are on with probability one half. */
static void start(hm_chains *c)
{
    if (c->start.data) {
        copy_rows(c->start, state_of(c, 0));
        copy_rows(c->start, mean_of(c, 0));
        for (size_t i = 0; i < c->n; i++)
            for (size_t k = 0; k < c->n_labels; k++)
                hm_row_f32(&c->x, i)[c->n_below + k] = 1 / (float)c->n_labels;
        pass_up(c);
    } else {
        hm_random random = {hm_context_seed(c->model->context), HM_RANDOM_CHAIN, 0};
        for (size_t i = 0; i < c->n; i++)
            for (size_t j = 0; j < c->t.cols; j++)
                hm_row_f32(&c->t, i)[j] = hm_random_uniform(&random, i, j) < 0.5f ? 1 : 0;
        hm_gibbs gibbs = next(c);
        if (shows_top(c)) { /* one unit of a block at most */
            hm_machine_show(c->top, c->t, c->shown);
            c->t = hm_machine_recall(c->top, c->shown, &gibbs, hm_row_f32(&c->t, 0));
        }
        hm_rbm_visible_given_hidden(c->top, c->t, c->x_mean, c->x, &gibbs);
    }
    hold_labels(c);
}

static hm_status check_label(const hm_chains *c, int32_t label, hm_error *error)
{
    if (label >= 0 && c->n_labels == 0)
        return hm_model_require(c->model, HM_ABILITY_LABELS, error);
    if (label >= 0 && (size_t)label >= c->n_labels)
        return hm_fail(error, HM_ERROR_ARGUMENT, "label = %d: the model's labels are 0 to %zu", label, c->n_labels - 1);
    return HM_OK;
}

static hm_status take_labels(hm_chains *c, const int32_t *label, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t i = 0; label && status == HM_OK && i < c->n; i++)
        status = check_label(c, label[i], error);
    if (status != HM_OK || c->n_labels == 0)
        return status;
    c->label = hm_alloc(c->model->context, c->n, sizeof *c->label, error);
    for (size_t i = 0; c->label && i < c->n; i++)
        c->label[i] = label ? label[i] : -1;
    return c->label ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status copy_config(hm_chains *c, const hm_chains_config *config, hm_error *error)
{
    const hm_context *context = c->model->context;
    size_t V = hm_model_n_features(c->model);
    c->config = *config;
    if (config->is_clamped && config->start.data) {
        c->is_clamped = hm_alloc(context, V, sizeof *c->is_clamped, error);
        if (!c->is_clamped)
            return HM_ERROR_MEMORY;
        memcpy(c->is_clamped, config->is_clamped, V * sizeof *c->is_clamped);
    }
    c->block = hm_alloc(context, cut(c, NULL), sizeof *c->block, error);
    if (!c->block)
        return HM_ERROR_MEMORY;
    cut(c, c->block);
    if (config->start.data)
        copy_rows(config->start, c->start);
    else
        c->start.data = NULL;
    return HM_OK;
}

hm_status hm_chains_create(const hm_model *model, const hm_chains_config *config, hm_chains **out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    HM_REQUIRE(HM_GIVEN(error, model, config));
    HM_REQUIRE(hm_model_check_machine(model, config->machine, error));
    HM_REQUIRE(hm_check_number("n", (double)config->n, 1, 1 << 30, error));
    HM_REQUIRE(hm_check_number("beta", config->beta, 0, FLT_MAX, error));
    if (config->start.data)
        HM_REQUIRE(hm_check_matrix("start", config->start, config->n, hm_model_n_features(model), HM_TAKES_FLOATS, error));
    hm_status status = hm_model_require(model, HM_ABILITY_SAMPLE, error);
    hm_chains *c = status == HM_OK ? hm_alloc(model->context, 1, sizeof *c, error) : NULL;
    if (!c)
        return status == HM_OK ? HM_ERROR_MEMORY : status;
    c->model = model;
    c->n = config->n;
    c->L = model->kind == HM_MODEL_DBN ? model->n_rbms : 1;
    c->top = model->rbm[model->kind == HM_MODEL_DBN ? c->L - 1 : config->machine];
    c->n_labels = model->kind == HM_MODEL_DBN ? model->n_labels : 0;
    c->n_below = hm_rbm_visible(c->top)->n_units - c->n_labels;
    if (!config->is_clamped) /* what is given may hold the rest */
        status = hm_rbm_require_partition(c->top, NULL, error);
    if (status == HM_OK)
        status = take_labels(c, config->label, error);
    if (status == HM_OK)
        status = copy_config(c, config, error);
    if (status != HM_OK) {
        hm_chains_destroy(c);
        return status;
    }
    start(c);
    *out = c;
    return HM_OK;
}

void hm_chains_destroy(hm_chains *c)
{
    if (!c)
        return;
    const hm_context *context = c->model->context;
    for (size_t l = 0; l <= HM_LEVELS_MAX; l++)
        hm_free(context, c->held[l]);
    hm_free(context, c->label);
    hm_free(context, c->is_clamped);
    hm_free(context, c->block);
    hm_free(context, c);
}

void hm_chains_set_beta(hm_chains *c, float beta)
{
    c->config.beta = beta;
}

hm_status hm_chains_set_label(hm_chains *c, size_t i, int32_t label, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, c));
    HM_REQUIRE(hm_check_index("chain", i, c->n, error));
    hm_status status = check_label(c, label, error);
    if (status == HM_OK && c->label) {
        c->label[i] = label;
        hold_labels(c);
    }
    return status;
}

hm_status hm_chains_hold(hm_chains *c, size_t layer, size_t unit, float value, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, c));
    if (layer == 0 || layer > c->L || unit >= hm_model_layer_size(c->model, layer))
        return hm_fail(error, HM_ERROR_ARGUMENT, "unit %zu of layer %zu: the model has no such hidden unit", unit, layer);
    if (hm_machine_room(c->model->rbm[layer - 1], 1) > 0)
        return hm_fail(error, HM_ERROR_MISMATCH, "layer %zu pools its units: none of them can be held", layer);
    size_t n = hm_model_layer_size(c->model, layer);
    if (!c->held[layer]) {
        c->held[layer] = hm_alloc(c->model->context, n, sizeof(float), error);
        if (!c->held[layer])
            return HM_ERROR_MEMORY;
        for (size_t j = 0; j < n; j++)
            c->held[layer][j] = NAN;
    }
    c->held[layer][unit] = value;
    return HM_OK;
}

hm_matrix hm_chains_layer(const hm_chains *c, size_t layer)
{
    if (layer == 0)
        return c->config.is_sampled ? state_of(c, 0) : mean_of(c, 0);
    if (layer == c->L)
        return shows_top(c) ? c->shown : c->t;
    return layer + 1 == c->L ? below_part(c, c->x) : c->mean[layer];
}

hm_matrix hm_chains_labels(const hm_chains *c)
{
    return c->n_labels ? hm_matrix_cols(c->x_mean, c->n_below, c->n_labels) : (hm_matrix){0};
}
