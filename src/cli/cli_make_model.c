/* A fresh model as the options describe it, for the data that it will learn. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "cli/cli.h"
#include "data/dataset.h"

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

/* ---- Units that suit the values ------------------------------------------------------------------------- */

typedef struct values {
    float least, most;
    bool is_spin; /* all are -1 or 1 */
} values;

static hm_status look_at(void *user, size_t first, hm_matrix rows, bool *is_enough, hm_error *error)
{
    values *v = user;
    (void)first;
    (void)is_enough;
    (void)error;
    for (size_t i = 0; i < rows.rows; i++) {
        const float *x = hm_row_f32(&rows, i);
        for (size_t j = 0; j < rows.cols; j++) {
            v->least = fminf(v->least, x[j]);
            v->most = fmaxf(v->most, x[j]);
            v->is_spin = v->is_spin && fabsf(x[j]) == 1;
        }
    }
    return HM_OK;
}

/* Averages of areas may leave 0..1 by a rounding. */
static const char *suitable_units(const values *v)
{
    const float slack = 1e-4f;
    if (v->is_spin)
        return "spin";
    return v->least >= -slack && v->most <= 1 + slack ? "bernoulli" : "gaussian";
}

hm_status cli_choose_visible(cli_call *call, const hm_dataset *train, bool *is_raw, hm_error *error)
{
    cli_model *config = &call->options.model;
    bool is_machine = config->kind == CLI_KIND_RBM || config->kind == CLI_KIND_CLASSES;
    values v = {INFINITY, -INFINITY, true};
    *is_raw = false;
    if (!is_machine || strcmp(config->visible, "auto") != 0)
        return HM_OK;
    hm_status status = hm_dataset_each(train, look_at, &v, error);
    if (status != HM_OK)
        return status;
    const char *units = hm_dataset_shift(train) ? "gaussian" : suitable_units(&v);
    if (strcmp(units, "bernoulli") != 0)
        strcpy(config->visible, units);
    *is_raw = strcmp(units, "gaussian") == 0 && !hm_dataset_shift(train) && !cli_is_data_given(call, "standardise");
    if (strcmp(units, "bernoulli") != 0)
        cli_say(call, "values from %g to %g: %s visible units%s (--visible says otherwise)", (double)v.least, (double)v.most, units,
                *is_raw ? ", with --standardise" : "");
    return HM_OK;
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
    const char *units = strcmp(config->visible, "auto") == 0 ? "bernoulli" : config->visible;
    hm_status status = hm_layer_parse(units, hm_dataset_n_features(train), &visible, error);
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

/* ---- A model that is there ------------------------------------------------------------------------------- */

static const char *kind_of(const hm_model *model)
{
    static const char *const names[] = {
        [HM_MODEL_RBM] = "rbm", [HM_MODEL_CLASSES] = "classes", [HM_MODEL_DBN] = "dbn", [HM_MODEL_NET] = "net"};
    return hm_model_is_belief_net(model) ? "sbn" : names[model->kind];
}

/* Whether what the options call a kind is what the model is, or became: a net may have been a deep belief net. */
static bool is_kind(const char *said, const hm_model *model)
{
    bool was_dbn = model->kind == HM_MODEL_NET && strcmp(said, "dbn") == 0;
    return strcmp(said, kind_of(model)) == 0 || was_dbn;
}

static hm_status fail_from(const char *option, const char *said, const char *is, hm_error *error)
{
    return hm_fail(error, HM_ERROR_ARGUMENT,
                   "%s = %.80s: --from goes on with a model as it is (%s), whose layers cannot be changed; leave the option out, or begin a "
                   "new model without --from",
                   option, said, is);
}

/* Units of the same kinds; sizes of maps are known once layers are joined. */
static bool is_like(const hm_layer *said, const hm_layer *is)
{
    bool is_alike = said->group[0].kind == is->group[0].kind && (said->n_maps > 0) == (is->n_maps > 0);
    bool has_labels = is->n_groups > said->n_groups;
    size_t n = has_labels ? is->n_units - is->group[is->n_groups - 1].n_units : is->n_units;
    return is_alike && (said->n_maps ? said->n_maps == is->n_maps : said->n_units == n);
}

/* A net has its labels on top of the layers that the deep belief net had. */
static hm_status check_layers(const hm_model *model, const char *text, const char *is, hm_error *error)
{
    hm_layer layers[HM_LEVELS_MAX + 1];
    size_t n, n_is = (hm_model_is_stack(model) ? model->n_rbms : 1) + 1 - hm_model_is_belief_net(model);
    hm_status status = hm_layers_parse(text, hm_model_n_features(model), layers, HM_LEVELS_MAX + 1, &n, error);
    if (status != HM_OK)
        return status;
    bool is_alike = n == n_is || (model->kind == HM_MODEL_NET && n < n_is);
    for (size_t l = 0; is_alike && l < n; l++)
        is_alike = is_like(&layers[l], hm_model_layer(model, l)) || (model->kind == HM_MODEL_NET && l + 1 == n);
    return is_alike ? HM_OK : fail_from("layers", text, is, error);
}

static hm_status check_machine(const hm_model *model, const char *option, const char *text, size_t l, const char *is, hm_error *error)
{
    hm_layer layer;
    if (strcmp(text, hm_options_find(&cli_model_options, option)->initial) == 0)
        return HM_OK;
    hm_status status = hm_layer_parse(text, l == 0 ? hm_model_n_features(model) : 0, &layer, error);
    if (status != HM_OK)
        return status;
    return !hm_model_is_stack(model) && is_like(&layer, hm_model_layer(model, l)) ? HM_OK : fail_from(option, text, is, error);
}

/* "bernoulli 784 | bernoulli 500" without the labels beside them. */
static void print_model_layers(const hm_model *model, char *text, size_t size)
{
    size_t used = 0, n = hm_model_is_stack(model) ? model->n_rbms : 1;
    for (size_t l = 0; l <= n - hm_model_is_belief_net(model) && used < size; l++) {
        hm_layer layer = *hm_model_layer(model, l);
        if (l == 0 && layer.n_units > hm_model_n_features(model))
            layer.n_units -= layer.group[--layer.n_groups].n_units;
        used += (size_t)snprintf(text + used, size - used, "%s", l ? " | " : "");
        used += used < size ? hm_layer_print(&layer, text + used, size - used) : 0;
    }
}

/* What the recipe of the model will say of it. */
static hm_status tell_model(cli_model *config, const hm_model *model, const char *layers, hm_error *error)
{
    bool is_stack = hm_model_is_stack(model);
    const char *between = strstr(layers, " | ");
    snprintf(config->layers, sizeof config->layers, "%s", is_stack ? layers : "");
    if (!is_stack) {
        snprintf(config->visible, sizeof config->visible, "%.*s", (int)(between - layers), layers);
        snprintf(config->hidden, sizeof config->hidden, "%s", between + 3);
    }
    return hm_options_set(&cli_model_options, config, "kind", kind_of(model), error);
}

hm_status cli_take_model(cli_call *call, const hm_model *model, hm_error *error)
{
    cli_model *config = &call->options.model;
    const hm_option *kind = hm_options_find(&cli_model_options, "kind");
    char said[32], is[HM_TEXT_MAX], layers[HM_TEXT_MAX] = "";
    print_model_layers(model, layers, sizeof layers);
    snprintf(is, sizeof is, "%s %.200s", kind_of(model), layers);
    hm_option_print(kind, config, said, sizeof said);
    if (strcmp(said, kind->initial) != 0 && !is_kind(said, model))
        return fail_from("kind", said, is, error);
    hm_status status = *config->layers ? check_layers(model, config->layers, is, error) : HM_OK;
    if (status == HM_OK)
        status = check_machine(model, "visible", config->visible, 0, is, error);
    if (status == HM_OK)
        status = check_machine(model, "hidden", config->hidden, 1, is, error);
    return status == HM_OK ? tell_model(config, model, layers, error) : status;
}
