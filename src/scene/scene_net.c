/* The parameters of a scene net: see scene_net.h. */
#include "base/check.h"
#include "scene/scene_net.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"

size_t hm_scene_join_maps(const hm_scene_net *net)
{
    return net->n_units ? net->n_units : net->classes->n;
}

size_t hm_scene_net_pool(const hm_scene_net *net)
{
    size_t pool = 1;
    for (size_t l = 0; l < net->n_layers; l++)
        pool *= net->layer[l].pool;
    return pool;
}

const hm_scene_classes *hm_scene_net_classes(const hm_scene_net *net)
{
    return net->classes;
}

const hm_scene_net_config *hm_scene_net_configuration(const hm_scene_net *net)
{
    return &net->config;
}

size_t hm_scene_net_count_parameters(const hm_scene_net *net)
{
    size_t n = 0;
    for (size_t i = 0; i < net->n_slices; i++)
        n += net->slice[i].is_learned ? net->slice[i].n : 0;
    return n;
}

double hm_scene_net_share(const hm_scene_net *net, size_t k)
{
    return net->share[k];
}

/* Filters and pooling at the coarsest scale, the windows and smoothing of its band, and what is interpolated. */
size_t hm_scene_net_reach(const hm_scene_net *net)
{
    enum { SMOOTHING = 6 };
    size_t pool = 1, reach = SMOOTHING + (size_t)net->config.window / 2;
    for (size_t l = 0; l < net->n_layers; l++) {
        reach += net->layer[l].side / 2 * pool;
        pool *= net->layer[l].pool;
    }
    return ((reach + 2 * pool) << (net->n_scales - 1)) + pool;
}

const char *hm_scene_net_recipe(const hm_scene_net *net)
{
    return net->recipe;
}

const char *hm_scene_net_history(const hm_scene_net *net)
{
    return net->history;
}

/* ---- Slices ------------------------------------------------------------------------------------------------------- */

typedef struct slicing {
    hm_scene_net *net;
    float *block; /* null: only counts */
} slicing;

typedef enum slice_kind { WEIGHTS, BIASES, MOMENTS } slice_kind;

/* The next slice, of that shape (0s at its end are no axes). */
static float *add_slice(slicing *s, slice_kind kind, const size_t shape[4], const char *format, ...)
{
    hm_scene_slice *slice = &s->net->slice[s->net->n_slices++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(slice->name, sizeof slice->name, format, arguments);
    va_end(arguments);
    slice->first = s->net->n_parameters;
    slice->n = 1;
    slice->is_learned = kind != MOMENTS;
    slice->has_costs = kind == WEIGHTS;
    for (slice->n_axes = 0; slice->n_axes < 4 && shape[slice->n_axes]; slice->n_axes++) {
        slice->shape[slice->n_axes] = shape[slice->n_axes];
        slice->n *= shape[slice->n_axes];
    }
    s->net->n_parameters += hm_padded_floats(slice->n);
    return s->block ? s->block + slice->first : NULL;
}

static void add_norm(slicing *s, hm_scene_norm *norm, hm_scene_unit unit, size_t maps, const char *where)
{
    const size_t shape[4] = {maps};
    bool is_batch = s->net->config.normalise == HM_SCENE_NORMALISE_BATCH;
    norm->maps = maps;
    norm->unit = unit;
    norm->bias = add_slice(s, BIASES, shape, "%s.bias", where);
    if (!is_batch)
        return;
    norm->gain = add_slice(s, BIASES, shape, "%s.gain", where);
    norm->mean = add_slice(s, MOMENTS, shape, "%s.mean", where);
    norm->variance = add_slice(s, MOMENTS, shape, "%s.variance", where);
}

/* Cuts the block, or with none counts how long it must be. */
static void cut(hm_scene_net *net, float *block)
{
    slicing s = {net, block};
    char where[24];
    size_t last = net->layer[net->n_layers - 1].maps, K = net->classes->n;
    net->n_slices = net->n_parameters = 0;
    for (size_t l = 0; l < net->n_layers; l++) {
        const hm_scene_layer *layer = &net->layer[l];
        net->filters[l] = add_slice(&s, WEIGHTS, (size_t[4]){layer->side, layer->side, layer->n_below, layer->maps}, "layer%zu.weight", l);
    }
    for (size_t i = 0; i < net->n_scales; i++) {
        for (size_t l = 0; l < net->n_layers; l++) {
            snprintf(where, sizeof where, "scale%zu.layer%zu", i, l);
            add_norm(&s, &net->norm[i][l], net->layer[l].unit, net->layer[l].maps, where);
        }
        net->join[i] = add_slice(&s, WEIGHTS, (size_t[4]){last, hm_scene_join_maps(net)}, "scale%zu.join.weight", i);
    }
    if (net->n_units) {
        add_norm(&s, &net->join_norm, net->layer[net->n_layers - 1].unit, net->n_units, "join");
        net->top = add_slice(&s, WEIGHTS, (size_t[4]){net->n_units, K}, "top.weight");
    }
    net->top_bias = add_slice(&s, BIASES, (size_t[4]){K}, "top.bias");
}

/* ---- Making --------------------------------------------------------------------------------------------------------- */

static hm_status check_config(const hm_scene_net_config *config, hm_error *error)
{
    if (config->scales < 1 || config->scales > HM_SCENE_NET_SCALES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "scales = %lld: a net sees 1 to %d", (long long)config->scales, HM_SCENE_NET_SCALES_MAX);
    if (config->units < 0 || config->units > HM_SCENE_MAPS_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "units = %lld: a join has 0 to %d", (long long)config->units, HM_SCENE_MAPS_MAX);
    return HM_OK;
}

hm_status hm_scene_net_furnish(hm_scene_net *net, hm_error *error)
{
    const hm_context *context = net->context;
    net->parameters = hm_alloc(context, net->n_parameters, sizeof(float), error);
    net->share = hm_alloc(context, net->classes->n, sizeof(double), error);
    net->recipe = hm_strdup(context, "", error);
    net->history = hm_strdup(context, "", error);
    net->fingerprint = hm_strdup(context, "", error);
    if (!net->parameters || !net->share || !net->recipe || !net->history || !net->fingerprint)
        return HM_ERROR_MEMORY;
    cut(net, net->parameters);
    return HM_OK;
}

hm_status hm_scene_net_outline(const hm_scene_classes *classes, const hm_scene_net_config *config, hm_scene_net **out, hm_error *error)
{
    hm_scene_net *net = hm_alloc(classes->context, 1, sizeof *net, error);
    *out = net;
    if (!net)
        return HM_ERROR_MEMORY;
    net->context = classes->context;
    net->config = *config;
    net->n_scales = (size_t)config->scales;
    net->n_units = (size_t)config->units;
    net->seed = net->context->seed;
    hm_status status = check_config(config, error);
    if (status == HM_OK)
        status = hm_scene_layers_parse(config->layers, net->layer, &net->n_layers, error);
    if (status == HM_OK)
        status = hm_scene_classes_copy(classes, &net->classes, error);
    if (status == HM_OK)
        cut(net, NULL);
    return status;
}

hm_status hm_scene_net_create(const hm_scene_classes *classes, const hm_scene_net_config *config, hm_scene_net **out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    HM_REQUIRE(HM_GIVEN(error, classes, config));
    hm_status status = hm_scene_net_outline(classes, config, out, error);
    if (status == HM_OK)
        status = hm_scene_net_furnish(*out, error);
    if (status == HM_OK) {
        hm_scene_net_init(*out);
    } else {
        hm_scene_net_destroy(*out);
        }
    return status;
}

void hm_scene_net_destroy(hm_scene_net *net)
{
    if (!net)
        return;
    const hm_context *context = net->context;
    hm_scene_classes_destroy(net->classes);
    hm_free(context, net->parameters);
    hm_free(context, net->share);
    hm_free(context, net->recipe);
    hm_free(context, net->history);
    hm_free(context, net->fingerprint);
    hm_free(context, net);
}

hm_status hm_scene_net_set_recipe(hm_scene_net *net, const char *recipe, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, recipe));
    return hm_text_replace(net->context, &net->recipe, recipe, error);
}

/* ---- The beginning ---------------------------------------------------------------------------------------------------- */

/* Weights N(0, gain / n_in): gain 2 before rectified linear units [He et al. 2015], 1 elsewhere. */
static void init_weights(const hm_scene_net *net, uint64_t which, float *weights, size_t n_in, size_t n_out, double gain)
{
    const hm_random random = {net->seed, HM_RANDOM_WEIGHTS, 0};
    float deviation = (float)sqrt(gain / (double)n_in);
    hm_random_fill_normal(&random, which, 0, n_in * n_out, weights);
    for (size_t i = 0; i < n_in * n_out; i++)
        weights[i] *= deviation;
}

static void init_norm(const hm_scene_norm *norm)
{
    for (size_t k = 0; norm->gain && k < norm->maps; k++)
        norm->gain[k] = norm->variance[k] = 1;
}

void hm_scene_net_init(hm_scene_net *net)
{
    size_t K = net->classes->n, maps = hm_scene_join_maps(net);
    double gain = 1;
    memset(net->parameters, 0, net->n_parameters * sizeof *net->parameters);
    for (size_t l = 0; l < net->n_layers; l++) {
        const hm_scene_layer *layer = &net->layer[l];
        gain = layer->unit == HM_SCENE_RELU ? 2 : 1;
        init_weights(net, l, net->filters[l], layer->side * layer->side * layer->n_below, layer->maps, gain);
    }
    for (size_t s = 0; s < net->n_scales; s++) {
        for (size_t l = 0; l < net->n_layers; l++)
            init_norm(&net->norm[s][l]);
        size_t n_in = net->layer[net->n_layers - 1].maps;
        init_weights(net, net->n_layers + s, net->join[s], n_in, maps, (net->n_units ? gain : 0.01) / (double)net->n_scales);
    }
    if (net->n_units) {
        init_norm(&net->join_norm);
        init_weights(net, net->n_layers + net->n_scales, net->top, net->n_units, K, 0.1);
    }
}

/* ---- A finer scale ---------------------------------------------------------------------------------------------------- */

static void copy_norm(const hm_scene_norm *from, const hm_scene_norm *to)
{
    float *const source[] = {from->bias, from->gain, from->mean, from->variance};
    float *const target[] = {to->bias, to->gain, to->mean, to->variance};
    for (size_t i = 0; i < sizeof source / sizeof *source; i++)
        if (source[i])
            memcpy(target[i], source[i], from->maps * sizeof(float));
}

/* Scales of the coarse net are the coarser ones of the fine one; the finest begins as its neighbour, with nothing in the join. */
static void copy_scales(const hm_scene_net *from, hm_scene_net *to)
{
    size_t more = to->n_scales - from->n_scales, n_join = from->layer[from->n_layers - 1].maps * hm_scene_join_maps(from);
    for (size_t s = 0; s < to->n_scales; s++) {
        size_t source = s < more ? 0 : s - more;
        for (size_t l = 0; l < to->n_layers; l++)
            copy_norm(&from->norm[source][l], &to->norm[s][l]);
        if (s < more)
            memset(to->join[s], 0, n_join * sizeof(float));
        else
            memcpy(to->join[s], from->join[source], n_join * sizeof(float));
    }
}

hm_status hm_scene_net_refine(const hm_scene_net *coarse, int64_t n_scales, double size, hm_scene_net **out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    HM_REQUIRE(HM_GIVEN(error, coarse));
    hm_scene_net_config config = coarse->config;
    hm_scene_net *fine;
    if (n_scales < config.scales)
        return hm_fail(error, HM_ERROR_ARGUMENT, "scales = %lld: the net to go on from has %lld; give as many, or more",
                       (long long)n_scales, (long long)config.scales);
    config.scales = n_scales;
    config.size = size;
    hm_status status = hm_scene_net_create(coarse->classes, &config, &fine, error);
    if (status != HM_OK)
        return status;
    for (size_t l = 0; l < fine->n_layers; l++) {
        const hm_scene_layer *layer = &fine->layer[l];
        memcpy(fine->filters[l], coarse->filters[l], layer->side * layer->side * layer->n_below * layer->maps * sizeof(float));
    }
    copy_scales(coarse, fine);
    if (fine->n_units) {
        copy_norm(&coarse->join_norm, &fine->join_norm);
        memcpy(fine->top, coarse->top, fine->n_units * fine->classes->n * sizeof(float));
    }
    memcpy(fine->top_bias, coarse->top_bias, fine->classes->n * sizeof(float));
    memcpy(fine->share, coarse->share, fine->classes->n * sizeof *fine->share);
    status = hm_text_replace(fine->context, &fine->history, coarse->history, error);
    if (status == HM_OK)
        *out = fine;
    else
        hm_scene_net_destroy(fine);
    return status;
}
