/* What a page may ask of the library, compiled to WebAssembly (make-engine).
 *
 * One model and one belief net at a time. Pages see numbers in the engine's memory: web_layer(l) is what layer l shows, [units], and
 * stays where it is as long as the model. A call that may fail gives 0, or a null pointer, and web_error() then says why. Pages are not
 * trusted: whatever they ask for that is not there is told so. */
#include "engine.h"

#include <math.h>
#include <string.h>

#include <harmonium/harmonium.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "model/model_internal.h"

static struct {
    hm_context *context;
    hm_error error;
    hm_model *model;
    hm_chains *chains;
    size_t n_layers;                  /* with the data */
    float *layer[HM_LEVELS_MAX + 1];  /* [layer][units shown] */
    float *feature;                   /* [n_features] */
    double probability[HM_LABELS_MAX];
    int32_t label;                    /* that dreams are held to, or -1 */
    float beta;
    hm_belief *net;
    hm_posterior posterior;
    int8_t *observed; /* [nodes] */
    uint8_t *state;   /* [nodes] */
    double *marginal; /* [nodes] */
} web = {.label = -1, .beta = 1};

static hm_status fail(const char *what)
{
    return hm_fail(&web.error, HM_ERROR_ARGUMENT, "there is no %s", what);
}

static bool has_model(void)
{
    return web.model || fail("model yet") == HM_OK;
}

static bool has_layer(int layer)
{
    return has_model() && ((layer >= 0 && (size_t)layer < web.n_layers) || fail("layer of that number") == HM_OK);
}

static bool has_net(void)
{
    return web.net || fail("belief net yet") == HM_OK;
}

static bool has_node(int i)
{
    return has_net() && ((i >= 0 && (size_t)i < hm_belief_n_nodes(web.net)) || fail("node of that number") == HM_OK);
}

EXPORT const char *web_error(void)
{
    return web.error.message;
}

static void clear_model(void)
{
    if (!web.context)
        return;
    hm_chains_destroy(web.chains);
    web.chains = NULL;
    for (size_t l = 0; l <= HM_LEVELS_MAX; l++) {
        hm_free(web.context, web.layer[l]);
        web.layer[l] = NULL;
    }
    hm_free(web.context, web.feature);
    web.feature = NULL;
    hm_model_destroy(web.model);
    web.model = NULL;
    web.n_layers = 0;
    web.label = -1;
}

static void clear_net(void)
{
    if (!web.net)
        return;
    hm_posterior_clear(web.net, &web.posterior);
    hm_belief_destroy(web.net);
    web.net = NULL;
    hm_free(web.context, web.observed);
    hm_free(web.context, web.state);
    hm_free(web.context, web.marginal);
    web.observed = NULL;
    web.state = NULL;
    web.marginal = NULL;
}

/* seed: of all random numbers from here on. */
EXPORT int web_begin(unsigned seed)
{
    const hm_context_config config = {.n_threads = 1, .seed = seed};
    clear_model();
    clear_net();
    hm_context_destroy(web.context);
    return hm_context_create(&config, &web.context, &web.error) == HM_OK;
}

/* ---- The model -------------------------------------------------------------------------------------------- */

static hm_status make_room(void)
{
    web.n_layers = web.model->n_rbms + 1;
    web.feature = hm_alloc(web.context, hm_model_n_features(web.model), sizeof(float), &web.error);
    for (size_t l = 0; l < web.n_layers; l++) {
        web.layer[l] = hm_alloc(web.context, hm_model_layer_size(web.model, l), sizeof(float), &web.error);
        if (!web.layer[l])
            return HM_ERROR_MEMORY;
    }
    return web.feature ? HM_OK : HM_ERROR_MEMORY;
}

/* Of the features of the first layer, or of none. */
static bool is_picture(int height, int width, int n_channels)
{
    if (height < 0 || width < 0 || n_channels < 0)
        return false;
    double n = (double)height * width * n_channels;
    return n == 0 || n == (double)hm_model_n_features(web.model);
}

/* layers: "bernoulli 784 | bernoulli 500", from the data up; an RBM is two of them without labels. height x width: of the picture. */
EXPORT int web_model(const char *layers, int n_labels, int height, int width, int n_channels)
{
    hm_layer layer[HM_LEVELS_MAX + 1];
    size_t n;
    if (!web.context)
        return fail("beginning yet") == HM_OK;
    clear_model();
    hm_status status = hm_layers_parse(layers, 0, layer, HM_LEVELS_MAX + 1, &n, &web.error);
    if (status == HM_OK && (n_labels < 0 || n < 2))
        status = fail("model of so few layers or labels");
    if (status == HM_OK)
        status = n == 2 && n_labels == 0
                     ? hm_model_create(web.context, HM_MODEL_RBM, 1, &layer[0], &layer[1], &web.model, &web.error)
                     : hm_model_create_stack(web.context, HM_MODEL_DBN, layer, n, (size_t)n_labels, &web.model, &web.error);
    if (status == HM_OK && !is_picture(height, width, n_channels))
        status = fail("picture of that size in the first layer");
    if (status == HM_OK) {
        web.model->height = (size_t)height;
        web.model->width = (size_t)width;
        web.model->n_channels = (size_t)n_channels;
        status = make_room();
    }
    if (status != HM_OK)
        clear_model();
    return status == HM_OK;
}

static const hm_slice *slice_of(int level, int part)
{
    bool is_there = has_model() && level >= 0 && (size_t)level < web.model->n_rbms && part >= 0 && part < HM_SLICES;
    return is_there ? hm_rbm_slices(web.model->rbm[level]) + part : NULL;
}

/* Where the page puts parameters (HM_SLICE_..) of a level, and how many they are; is_generative: of weights down that are not those up. */
EXPORT float *web_parameters(int level, int is_generative, int part)
{
    const hm_slice *slice = slice_of(level, part);
    size_t n;
    if (!slice || (is_generative && (web.model->kind != HM_MODEL_DBN || hm_model_untie(web.model, &web.error) != HM_OK)))
        return NULL;
    hm_rbm *rbm = is_generative ? web.model->generative[level] : web.model->rbm[level];
    return rbm ? hm_rbm_parameters(rbm, &n) + slice->first : NULL;
}

EXPORT int web_n_parameters(int level, int part)
{
    const hm_slice *slice = slice_of(level, part);
    return slice ? (int)slice->n : 0;
}

/* shift and spread: [n_features] */
EXPORT int web_standardise(const float *shift, const float *spread)
{
    return has_model() && shift && spread && hm_model_set_standardising(web.model, shift, spread, &web.error) == HM_OK;
}

EXPORT int web_n_layers(void)
{
    return (int)web.n_layers;
}

EXPORT int web_layer_size(int layer)
{
    return has_layer(layer) ? (int)hm_model_layer_size(web.model, (size_t)layer) : 0;
}

EXPORT float *web_layer(int layer)
{
    return has_layer(layer) ? web.layer[layer] : NULL;
}

/* Maps, height and width of what a layer shows, in this order, 0 where it is no maps. */
EXPORT int web_layer_side(int layer, int side)
{
    if (!has_layer(layer) || side < 0 || side > 2)
        return 0;
    hm_layer shown = hm_layer_shown(hm_model_layer(web.model, (size_t)layer));
    const size_t sides[] = {shown.n_maps, shown.height, shown.width};
    return (int)sides[side];
}

static hm_matrix row_of(size_t layer)
{
    return hm_matrix_f32(web.layer[layer], 1, hm_model_layer_size(web.model, layer));
}

/* What is drawn, 0..1, as the model sees it; and back. */
static void standardise(float *v)
{
    for (size_t i = 0; web.model->shift && i < hm_model_n_features(web.model); i++)
        v[i] = (v[i] - web.model->shift[i]) / web.model->spread[i];
}

static hm_status restore(void)
{
    return hm_model_restore_units(web.model, false, row_of(0), &web.error);
}

/* ---- Recognition ------------------------------------------------------------------------------------------ */

/* The means of every layer, driven by the picture in web_layer(0). What the top sees beside are labels, of which nothing is known. */
EXPORT int web_look(void)
{
    if (!has_model())
        return 0;
    size_t L = web.model->n_rbms, Y = web.model->n_labels;
    const hm_gibbs gibbs = {0};
    hm_matrix none = {0};
    float *x = hm_alloc(web.context, hm_rbm_visible(web.model->rbm[L - 1])->n_units, sizeof *x, &web.error);
    if (!x)
        return 0;
    hm_status status = HM_OK;
    standardise(web.layer[0]);
    for (size_t l = 1; status == HM_OK && l < (Y ? L : L + 1); l++)
        status = hm_model_up_pass(web.model, l, row_of(0), row_of(l), &web.error);
    if (status == HM_OK && Y) {
        size_t n = hm_model_layer_size(web.model, L - 1);
        memcpy(x, web.layer[L - 1], n * sizeof *x);
        for (size_t k = 0; k < Y; k++)
            x[n + k] = 1 / (float)Y;
        hm_rbm_hidden_given_visible(web.model->rbm[L - 1], hm_matrix_f32(x, 1, n + Y), row_of(L), none, &gibbs);
    }
    if (status == HM_OK)
        status = restore();
    hm_free(web.context, x);
    return status == HM_OK;
}

/* [n_labels] P(label) of the picture in web_layer(0) after n_steps alternations of label units that begin neutral with the top ones;
 * exactly, by free energies, where n_steps is negative. */
EXPORT const double *web_settle(int n_steps)
{
    if (!has_model() || !web.model->n_labels)
        return NULL;
    size_t V = hm_model_n_features(web.model);
    int method = n_steps < 0 ? HM_RECOGNISE_ENERGY : HM_RECOGNISE_GIBBS;
    memcpy(web.feature, web.layer[0], V * sizeof(float));
    standardise(web.feature);
    hm_status status = hm_class_probabilities(web.model, method, n_steps < 0 ? 0 : (size_t)n_steps, hm_matrix_f32(web.feature, 1, V),
                                              web.probability, &web.error);
    return status == HM_OK ? web.probability : NULL;
}

/* ---- Dreams ----------------------------------------------------------------------------------------------- */

/* A chain from random states, or from the picture in web_layer(0), of which the features of is_given[n_features] (null: none) stay. */
EXPORT int web_dream(int from_picture, const bool *is_given)
{
    if (!has_model())
        return 0;
    hm_chains_config config = {.n = 1, .beta = web.beta, .label = web.model->n_labels ? &web.label : NULL};
    if (from_picture) {
        standardise(web.layer[0]);
        config.start = row_of(0);
        config.is_clamped = is_given;
    }
    hm_chains_destroy(web.chains);
    return hm_chains_create(web.model, &config, &web.chains, &web.error) == HM_OK && (!from_picture || restore() == HM_OK);
}

/* Gibbs steps, then a pass down: every web_layer shows where the chain is. */
EXPORT int web_step(int n_steps)
{
    if (!has_model())
        return 0;
    if (!web.chains && !web_dream(0, NULL))
        return 0;
    hm_chains_run(web.chains, n_steps > 0 ? (size_t)n_steps : 0);
    for (size_t l = 0; l < web.n_layers; l++) {
        hm_matrix states = hm_chains_layer(web.chains, l);
        memcpy(web.layer[l], states.data, states.cols * sizeof(float));
    }
    hm_matrix labels = hm_chains_labels(web.chains);
    for (size_t k = 0; labels.data && k < labels.cols; k++)
        web.probability[k] = (double)hm_row_f32(&labels, 0)[k];
    return restore() == HM_OK;
}

EXPORT const double *web_labels(void)
{
    return web.probability;
}

EXPORT void web_set_temperature(float temperature)
{
    const float least = 1e-3f, most = 1e3f;
    if (!(temperature >= least && temperature <= most))
        return;
    web.beta = 1 / temperature;
    if (web.chains)
        hm_chains_set_beta(web.chains, web.beta);
}

/* -1: any */
EXPORT int web_set_label(int label)
{
    if (!has_model())
        return 0;
    if (label < -1 || (label >= 0 && (size_t)label >= web.model->n_labels))
        return hm_fail(&web.error, HM_ERROR_ARGUMENT, "label %d: labels are 0 to %zu, and -1 for any", label, web.model->n_labels - 1) == HM_OK;
    web.label = label;
    return !web.chains || hm_chains_set_label(web.chains, 0, label, &web.error) == HM_OK;
}

/* value: 0 or 1; NaN lets go. */
EXPORT int web_hold(int layer, int unit, float value)
{
    if (!has_layer(layer) || unit < 0 || (!web.chains && !web_dream(0, NULL)))
        return 0;
    return hm_chains_hold(web.chains, (size_t)layer, (size_t)unit, value, &web.error) == HM_OK;
}

/* [n_features] what a feature of a layer stands for (hm_project_features): unit `unit`, or where filters are shared its map. */
EXPORT const float *web_feature(int layer, int unit)
{
    if (!has_layer(layer) || layer == 0 || unit < 0 || (size_t)unit >= hm_model_layer(web.model, (size_t)layer)->n_units)
        return NULL;
    const hm_layer *of = hm_model_layer(web.model, (size_t)layer);
    size_t i = (size_t)unit / (of->n_units / hm_layer_n_features(of));
    hm_matrix out = hm_matrix_f32(web.feature, 1, hm_model_n_features(web.model));
    return hm_project_features(web.model, (size_t)layer, i, out, &web.error) == HM_OK ? web.feature : NULL;
}

/* ---- Belief nets ------------------------------------------------------------------------------------------- */

/* A net from text; `name` ends in .bif or .net. */
EXPORT int web_net(const char *name, const char *text)
{
    hm_belief *net;
    if (!web.context)
        return fail("beginning yet") == HM_OK;
    if (hm_belief_parse(web.context, name, text, strlen(text), &net, &web.error) != HM_OK)
        return 0;
    clear_net();
    size_t n = hm_belief_n_nodes(net);
    web.net = net;
    web.observed = hm_alloc(web.context, n, sizeof *web.observed, &web.error);
    web.state = hm_alloc(web.context, n, sizeof *web.state, &web.error);
    web.marginal = hm_alloc(web.context, n, sizeof *web.marginal, &web.error);
    if (!web.observed || !web.state || !web.marginal) {
        clear_net();
        return 0;
    }
    memset(web.observed, -1, n * sizeof *web.observed);
    return 1;
}

EXPORT int web_n_nodes(void)
{
    return has_net() ? (int)hm_belief_n_nodes(web.net) : 0;
}

EXPORT const char *web_node_name(int i)
{
    return has_node(i) ? hm_belief_node(web.net, (size_t)i)->name : NULL;
}

EXPORT const char *web_node_value(int i, int value)
{
    return has_node(i) && (value == 0 || value == 1) ? hm_belief_node(web.net, (size_t)i)->values[value] : NULL;
}

EXPORT int web_n_parents(int i)
{
    return has_node(i) ? (int)hm_belief_node(web.net, (size_t)i)->n_parents : 0;
}

static bool has_parent(int i, int k)
{
    return has_node(i) && k >= 0 && (size_t)k < hm_belief_node(web.net, (size_t)i)->n_parents;
}

EXPORT int web_parent(int i, int k)
{
    return has_parent(i, k) ? (int)hm_belief_node(web.net, (size_t)i)->parents[k] : -1;
}

/* The weight of parent k, or its probability; NaN: the node has a table. */
EXPORT double web_parent_weight(int i, int k)
{
    const hm_node *node = has_parent(i, k) ? hm_belief_node(web.net, (size_t)i) : NULL;
    return !node || node->kind == HM_NODE_TABLE ? NAN : node->numbers[k];
}

EXPORT int web_node_kind(int i)
{
    return has_node(i) ? (int)hm_belief_node(web.net, (size_t)i)->kind : -1;
}

EXPORT double web_node_bias(int i)
{
    return has_node(i) ? hm_belief_node(web.net, (size_t)i)->bias : NAN;
}

/* value: 0, 1, or -1: not observed. */
EXPORT void web_observe(int i, int value)
{
    if (has_node(i) && value >= -1 && value <= 1)
        web.observed[i] = (int8_t)value;
}

/* [nodes] P(on | observed). */
EXPORT const double *web_infer(void)
{
    const hm_belief_config config = {.method = HM_INFER_AUTO, .samples = 10000, .chains = 4};
    if (!has_net())
        return NULL;
    hm_posterior_clear(web.net, &web.posterior);
    if (hm_belief_infer(web.net, web.observed, &config, &web.posterior, &web.error) != HM_OK)
        return NULL;
    for (size_t i = 0; i < web.posterior.n; i++)
        web.marginal[i] = web.posterior.marginal[i].p;
    return web.marginal;
}

EXPORT const char *web_infer_method(void)
{
    return hm_belief_method_name(web.posterior.method);
}

EXPORT double web_log_evidence(void)
{
    return web.posterior.log_evidence;
}

/* [nodes] a sample from parents to children, blind to what was observed. */
EXPORT const uint8_t *web_net_sample(double temperature)
{
    return has_net() && temperature > 0 && hm_belief_sample(web.net, 1, temperature, web.state, &web.error) == HM_OK ? web.state : NULL;
}
