/* A fresh model as the options describe it, for the data that it will learn. */
#include <string.h>

#include "base/fail.h"
#include "cli/cli.h"

/* Under filters the data's units are maps: of their pictures, if the layer does not say. */
static void see_pictures(const hm_dataset *train, const hm_layer *above, hm_layer *data)
{
    if (!above->filter_height || data->n_maps || data->n_groups != 1 || !hm_dataset_height(train))
        return;
    data->n_maps = hm_dataset_channels(train);
    data->height = hm_dataset_height(train);
    data->width = hm_dataset_width(train);
}

/* Places at the borders that fill no block are not used. */
static void tell_borders(const cli_call *call, const hm_model *model)
{
    for (size_t i = 0; i < (hm_model_is_stack(model) ? model->n_rbms : 1); i++) {
        const hm_layer *below = hm_rbm_visible(model->rbm[i]), *above = hm_rbm_hidden(model->rbm[i]);
        size_t height = below->height - above->filter_height + 1, width = below->width - above->filter_width + 1;
        if (above->filter_height && (height != above->height || width != above->width))
            cli_say(call, "layer %zu: of the %zux%zu places of its filters, whole blocks fill %zux%zu; the borders are left out",
                    i + 1, height, width, above->height, above->width);
    }
}

static hm_status make_machines(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    const cli_model *config = &call->options.model;
    hm_layer visible, hidden;
    bool is_classes = config->kind == CLI_KIND_CLASSES;
    size_t n_rbms = is_classes ? hm_dataset_classes(train, NULL) : 1;
    if (n_rbms == 0)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s has no labels, and a machine for each class needs them; give --labels or --kind rbm",
                       hm_dataset_describe(train));
    if (*config->layers)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "layers = %.80s: an rbm has `visible` and `hidden`; for a stack of layers give --kind dbn",
                       config->layers);
    hm_status status = hm_layer_parse(config->visible, hm_dataset_n_features(train), &visible, error);
    if (status == HM_OK)
        status = hm_layer_parse(config->hidden, 0, &hidden, error);
    if (status == HM_OK)
        see_pictures(train, &hidden, &visible);
    return status == HM_OK ? hm_model_create(call->context, is_classes ? HM_MODEL_CLASSES : HM_MODEL_RBM, n_rbms,
                                             &visible, &hidden, model, error)
                           : status;
}

static hm_status parse_stack(const cli_call *call, const hm_dataset *train, hm_layer *layers, size_t *n_layers,
                             hm_error *error)
{
    const char *text = call->options.model.layers;
    size_t n = hm_dataset_n_features(train);
    if (!*text)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say what the layers are, from the data up: --layers \"%zu, 500, 500\"",
                       n);
    hm_status status = hm_layers_parse(text, n, layers, HM_LEVELS_MAX + 1, n_layers, error);
    if (status == HM_OK && layers[0].n_units != n)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "layers = %.80s: the first has %zu units, but %s has %zu features; write --layers \"%zu ...\", or "
                       "resize the data",
                       text, layers[0].n_units, hm_dataset_describe(train), n, n);
    if (status == HM_OK && *n_layers > 1)
        see_pictures(train, &layers[1], &layers[0]);
    return status;
}

/* How many label units: as said, or as many as there are classes. */
static hm_status count_labels(const cli_call *call, const hm_dataset *train, size_t *n_labels, hm_error *error)
{
    const char *text = call->options.model.labels;
    size_t n_classes = hm_dataset_classes(train, NULL);
    hm_layer layer;
    *n_labels = cli_find_stage(&call->options, CLI_STAGE_BACKPROP) ? 0 : n_classes;
    if (strcmp(text, "none") == 0)
        *n_labels = 0;
    if (strcmp(text, "none") == 0 || strcmp(text, "auto") == 0)
        return HM_OK;
    hm_status status = hm_layer_parse(text, 0, &layer, error);
    if (status != HM_OK)
        return status;
    *n_labels = layer.n_units;
    if (!hm_layer_is_all(&layer, HM_UNIT_SOFTMAX) || layer.n_groups != 1 || (size_t)layer.group[0].size != layer.n_units)
        return hm_fail(error, HM_ERROR_ARGUMENT, "labels = %.80s: label units are one softmax group, as in \"softmax 10\"", text);
    if (n_classes == 0)
        return hm_fail(error, HM_ERROR_MISMATCH, "labels = %.80s: %s has no labels; give --labels FILE, or labels = none", text,
                       hm_dataset_describe(train));
    if (n_classes > *n_labels)
        return hm_fail(error, HM_ERROR_MISMATCH, "labels = %.80s: %s has %zu classes; write \"softmax %zu\"", text,
                       hm_dataset_describe(train), n_classes, n_classes);
    return HM_OK;
}

static hm_status make_dbn(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    hm_layer layers[HM_LEVELS_MAX + 1];
    size_t n_layers, n_labels;
    hm_status status = count_labels(call, train, &n_labels, error);
    if (status == HM_OK)
        status = parse_stack(call, train, layers, &n_layers, error);
    return status == HM_OK ? hm_model_create_stack(call->context, HM_MODEL_DBN, layers, n_layers, n_labels, model, error)
                           : status;
}

/* Directed to its top, where one unit without weights stands for a prior of independent units. */
static hm_status make_sbn(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    hm_layer layers[HM_LEVELS_MAX + 2];
    size_t n_layers;
    hm_status status = parse_stack(call, train, layers, &n_layers, error);
    if (status != HM_OK)
        return status;
    layers[n_layers] = hm_layer_of(HM_UNIT_BERNOULLI, 1, 1);
    return hm_model_create_stack(call->context, HM_MODEL_DBN, layers, n_layers + 1, 0, model, error);
}

/* The last layer of a classifier is a softmax group, also when it is written as a bare number. */
static hm_status make_net(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    hm_layer layers[HM_LEVELS_MAX + 1];
    size_t n_layers, n_classes = hm_dataset_classes(train, NULL);
    const cli_stage *backprop = cli_find_stage(&call->options, CLI_STAGE_BACKPROP);
    bool is_classifier = !backprop || backprop->backprop.target == HM_TARGET_LABELS;
    hm_status status = parse_stack(call, train, layers, &n_layers, error);
    if (status != HM_OK)
        return status;
    hm_layer *last = &layers[n_layers - 1];
    if (is_classifier && n_classes >= 2 && hm_layer_is_all(last, HM_UNIT_BERNOULLI) && last->n_units == n_classes)
        *last = hm_layer_of(HM_UNIT_SOFTMAX, n_classes, (int)n_classes);
    bool is_softmax = hm_layer_is_all(last, HM_UNIT_SOFTMAX);
    status = hm_model_create_stack(call->context, HM_MODEL_NET, layers, n_layers, is_softmax ? last->n_units : 0,
                                   model, error);
    if (status == HM_OK)
        hm_model_init_net(*model, backprop ? backprop->backprop.weight_deviation : 0);
    return status;
}

hm_status cli_make_model(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    typedef hm_status maker(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error);
    static maker *const makers[] = {[CLI_KIND_RBM] = make_machines, [CLI_KIND_CLASSES] = make_machines,
                                    [CLI_KIND_DBN] = make_dbn, [CLI_KIND_NET] = make_net, [CLI_KIND_SBN] = make_sbn};
    hm_status status = makers[call->options.model.kind](call, train, model, error);
    if (status == HM_OK && hm_model_n_classes(*model) > 0 && hm_model_n_classes(*model) == hm_dataset_classes(train, NULL))
        status = hm_model_name_classes(*model, train, error);
    if (status == HM_OK)
        tell_borders(call, *model);
    return status == HM_OK ? hm_model_note_data(*model, train, error) : status;
}
