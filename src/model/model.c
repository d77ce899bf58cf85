/* Models as objects: what is made of which machines, and who owns them. */
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#include <string.h>

#include <harmonium/model.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "compute/unit.h"
#include "data/storage.h"
#include "model/history.h"
#include "model/model_internal.h"

/* A model without machines, with room for n_rbms. */
static hm_status create_empty(const hm_context *context, hm_model_kind kind, size_t n_rbms, hm_model **out,
                              hm_error *error)
{
    hm_model *model = hm_alloc(context, 1, sizeof *model, error);
    *out = NULL;
    if (!model)
        return HM_ERROR_MEMORY;
    model->context = context;
    model->kind = kind;
    model->rbm = hm_alloc(context, n_rbms, sizeof(hm_rbm *), error);
    model->recipe = hm_strdup(context, "", error);
    model->history = hm_strdup(context, "", error);
    model->fingerprint = hm_strdup(context, "", error);
    model->preparation = hm_strdup(context, "", error);
    model->columns = hm_strdup(context, "", error);
    bool complete = model->rbm && model->recipe && model->history && model->fingerprint && model->preparation && model->columns;
    if (complete && kind == HM_MODEL_CLASSES)
        complete = (model->offset = hm_alloc(context, n_rbms, sizeof *model->offset, error)) != NULL;
    if (complete && kind == HM_MODEL_DBN)
        complete = (model->generative = hm_alloc(context, n_rbms, sizeof(hm_rbm *), error)) != NULL;
    if (!complete) {
        hm_model_destroy(model);
        return HM_ERROR_MEMORY;
    }
    *out = model;
    return HM_OK;
}

static hm_status add_machine(hm_model *model, const hm_layer *visible, const hm_layer *hidden, hm_error *error)
{
    hm_status status = hm_rbm_create(model->context, visible, hidden, &model->rbm[model->n_rbms], error);
    model->n_rbms += status == HM_OK;
    return status;
}

hm_status hm_model_create(const hm_context *context, hm_model_kind kind, size_t n_rbms, const hm_layer *visible,
                          const hm_layer *hidden, hm_model **out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, visible, hidden));
    HM_REQUIRE(hm_check_number("kind", (int)kind, HM_MODEL_RBM, HM_MODEL_NET, error));
    HM_REQUIRE(hm_layer_check("visible", visible, error));
    HM_REQUIRE(hm_layer_check("hidden", hidden, error));
    hm_model *model;
    if (n_rbms == 0 || n_rbms > HM_MACHINES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a model of %zu machines cannot be made; one to %d can", n_rbms,
                       HM_MACHINES_MAX);
    hm_status status = create_empty(context, kind, n_rbms, &model, error);
    while (status == HM_OK && model->n_rbms < n_rbms)
        status = add_machine(model, visible, hidden, error);
    if (status != HM_OK) {
        hm_model_destroy(model);
        model = NULL;
    }
    *out = model;
    return status;
}

static hm_status check_stack(hm_model_kind kind, const hm_layer *layers, size_t n_layers, size_t n_labels,
                             hm_error *error)
{
    if (n_layers < 2 || n_layers > HM_LEVELS_MAX + 1)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "a stack of %zu layers cannot be built; name the data's layer and one to %d layers above it",
                       n_layers, HM_LEVELS_MAX);
    char name[32];
    for (size_t i = 0; i < n_layers; i++) {
        snprintf(name, sizeof name, "layer %zu", i);
        HM_REQUIRE(hm_layer_check(name, &layers[i], error));
    }
    if (n_labels == 1 || n_labels > HM_LABELS_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%zu classes cannot be labels; two to %d can", n_labels,
                       HM_LABELS_MAX);
    for (size_t i = 1; kind == HM_MODEL_NET && i < n_layers; i++)
        if (layers[i].group[0].kind == HM_UNIT_POOL)
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "layer %zu: pool units belong to machines with an energy; a feed-forward net takes features of one "
                           "(harmonium transform)",
                           i);
    if (kind == HM_MODEL_NET && n_labels && layers[n_layers - 1].n_units != n_labels)
        return hm_fail(error, HM_ERROR_ARGUMENT, "the last layer has %zu units, but there are %zu classes",
                       layers[n_layers - 1].n_units, n_labels);
    if (kind == HM_MODEL_DBN && n_labels && layers[n_layers - 2].n_groups == HM_LAYER_GROUPS_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "the layer under the top already has %d groups; labels need one of them", HM_LAYER_GROUPS_MAX);
    bool is_told_apart = n_layers > 2 && layers[n_layers - 2].filter_height && !layers[n_layers - 1].filter_height;
    if (kind == HM_MODEL_DBN && n_labels && layers[n_layers - 2].n_maps && !is_told_apart)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "the layer under the top is one of maps, beside which labels cannot stand; write it as units, or leave "
                       "the labels out");
    return HM_OK;
}

/* The layer below the top of a DBN with its label group beside it. */
static hm_layer with_labels(hm_layer layer, size_t n_labels)
{
    layer.group[layer.n_groups++] = (hm_unit_group){HM_UNIT_SOFTMAX, (int)n_labels, n_labels};
    layer.n_units += n_labels;
    return layer;
}

hm_status hm_model_create_stack(const hm_context *context, hm_model_kind kind, const hm_layer *layers,
                                size_t n_layers, size_t n_labels, hm_model **out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, layers));
    HM_REQUIRE(hm_check_number("kind", (int)kind, HM_MODEL_DBN, HM_MODEL_NET, error));
    hm_model *model = NULL;
    size_t n_levels = n_layers - 1;
    hm_status status = check_stack(kind, layers, n_layers, n_labels, error);
    if (status == HM_OK)
        status = create_empty(context, kind, n_levels, &model, error);
    for (size_t i = 0; status == HM_OK && i < n_levels; i++) {
        bool sees_labels = kind == HM_MODEL_DBN && n_labels && i + 1 == n_levels;
        hm_layer visible = i ? hm_layer_under(hm_rbm_hidden(model->rbm[i - 1]), &layers[i + 1]) : layers[0];
        visible = sees_labels ? with_labels(visible, n_labels) : visible;
        status = add_machine(model, &visible, &layers[i + 1], error);
    }
    if (status != HM_OK) {
        hm_model_destroy(model);
        return status;
    }
    model->n_labels = n_labels;
    *out = model;
    return HM_OK;
}

static void forget_classes(hm_model *model)
{
    for (size_t k = 0; model->class_name && k < hm_model_n_classes(model); k++)
        hm_free(model->context, model->class_name[k]);
    hm_free(model->context, model->class_name);
    hm_free(model->context, model->class_label);
    model->class_name = NULL;
    model->class_label = NULL;
}

void hm_model_destroy(hm_model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->n_rbms; i++) {
        hm_rbm_destroy(model->rbm[i]);
        if (model->generative)
            hm_rbm_destroy(model->generative[i]);
    }
    forget_classes(model);
    void *const owned[] = {model->rbm,    model->generative, model->offset,      model->shift,      model->spread, model->class_share,
                           model->recipe, model->history,    model->fingerprint, model->preparation, model->columns};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        hm_free(model->context, owned[i]);
    hm_free(model->context, model);
}

/* ---- Texts and standardising -------------------------------------------------------------------------- */

hm_status hm_model_set_text(hm_model *model, char **field, const char *text, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, field, text));
    return hm_text_replace(model->context, field, text, error);
}

hm_status hm_model_add_history(hm_model *model, const char *line, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, line));
    return hm_history_add(model->context, &model->history, line, error);
}

hm_status hm_model_set_standardising(hm_model *model, const float *shift, const float *spread, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, shift, spread));
    size_t V = hm_model_n_features(model);
    float *copies[2] = {hm_alloc(model->context, V, sizeof(float), error),
                        hm_alloc(model->context, V, sizeof(float), error)};
    if (!copies[0] || !copies[1]) {
        hm_free(model->context, copies[0]);
        hm_free(model->context, copies[1]);
        return HM_ERROR_MEMORY;
    }
    memcpy(copies[0], shift, V * sizeof(float));
    memcpy(copies[1], spread, V * sizeof(float));
    hm_free(model->context, model->shift);
    hm_free(model->context, model->spread);
    model->shift = copies[0];
    model->spread = copies[1];
    return HM_OK;
}

/* Counts are exact to 2^24 cases of a class, and shares beyond that good enough. */
static hm_status note_shares(hm_model *model, const hm_dataset *set, hm_error *error)
{
    size_t n_labelled = hm_dataset_n_labelled(set);
    if (!model->n_labels || !n_labelled)
        return HM_OK;
    if (!model->class_share && !(model->class_share = hm_alloc(model->context, model->n_labels, sizeof(float), error)))
        return HM_ERROR_MEMORY;
    memset(model->class_share, 0, model->n_labels * sizeof(float));
    for (size_t i = 0; i < hm_dataset_n_cases(set); i++) {
        int32_t k = hm_model_class_of(model, hm_dataset_label(set, i));
        if (k >= 0 && (size_t)k < model->n_labels)
            model->class_share[k]++;
    }
    for (size_t k = 0; k < model->n_labels; k++)
        model->class_share[k] /= (float)n_labelled;
    return HM_OK;
}

hm_status hm_model_note_data(hm_model *model, const hm_dataset *set, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, set));
    hm_status status = hm_model_set_text(model, &model->fingerprint, hm_dataset_fingerprint(set), error);
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->preparation, hm_dataset_preparation(set), error);
    if (status == HM_OK && hm_dataset_shift(set) && hm_model_n_features(model) == hm_dataset_n_features(set))
        status = hm_model_set_standardising(model, hm_dataset_shift(set), hm_dataset_spread(set), error);
    if (hm_dataset_height(set) && hm_model_n_features(model) == hm_dataset_n_features(set)) {
        model->height = hm_dataset_height(set);
        model->width = hm_dataset_width(set);
        model->n_channels = hm_dataset_channels(set);
    }
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->columns, hm_dataset_columns(set), error);
    hm_dataset_range(set, &model->least, &model->most, &model->is_scaled);
    model->has_range = true;
    return status == HM_OK ? note_shares(model, set, error) : status;
}

hm_data_known hm_model_known(const hm_model *model)
{
    return (hm_data_known){.columns = model->columns,
                           .n_classes = hm_model_n_classes(model),
                           .class_label = model->class_label,
                           .class_name = model->class_name,
                           .has_range = model->has_range,
                           .is_scaled = model->is_scaled,
                           .least = model->least,
                           .most = model->most,
                           .n_channels = model->n_channels};
}

hm_status hm_model_copy_known(const hm_model *from, hm_model *to, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, from, to));
    to->has_range = from->has_range;
    to->is_scaled = from->is_scaled;
    to->least = from->least;
    to->most = from->most;
    hm_status status = hm_model_set_text(to, &to->preparation, from->preparation, error);
    return status == HM_OK ? hm_model_set_text(to, &to->columns, from->columns, error) : status;
}

hm_status hm_check_finite(hm_matrix values, const char *what, hm_error *error)
{
    for (size_t i = 0; i < values.rows; i++)
        for (size_t k = 0; k < values.cols; k++)
            if (!isfinite(hm_row_f32(&values, i)[k]))
                return hm_fail(error, HM_ERROR_NUMERIC,
                               "%s is no finite number (row %zu, column %zu): the weights are too large for chains and floats; train "
                               "with a smaller learning rate or a greater weight cost",
                               what, i + 1, k + 1);
    return HM_OK;
}

hm_status hm_model_restore_units(const hm_model *model, bool is_drawn, hm_matrix values, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    HM_REQUIRE(hm_check_matrix("values", values, HM_ANY_NUMBER, hm_model_n_features(model), HM_TAKES_FLOATS, error));
    hm_data_config config;
    hm_options_init(&hm_data_options, &config);
    hm_status status = hm_check_finite(values, "a value of the visible units", error);
    if (status == HM_OK)
        status = hm_preparation_read(model->preparation, &config, error);
    if (status == HM_OK)
        hm_preparation_undo(&config, model->shift, model->spread, is_drawn, values);
    return status;
}

/* ---- Classes -------------------------------------------------------------------------------------------- */

size_t hm_model_n_classes(const hm_model *model)
{
    return model->kind == HM_MODEL_CLASSES ? model->n_rbms : model->n_labels;
}

hm_status hm_model_allocate_classes(hm_model *model, hm_error *error)
{
    size_t n = hm_model_n_classes(model);
    forget_classes(model);
    model->class_label = hm_alloc(model->context, n, sizeof *model->class_label, error);
    model->class_name = hm_alloc(model->context, n, sizeof *model->class_name, error);
    if (model->class_label && model->class_name)
        return HM_OK;
    forget_classes(model);
    return HM_ERROR_MEMORY;
}

static hm_status set_class(hm_model *model, size_t k, int32_t label, const char *name, hm_error *error)
{
    model->class_label[k] = label;
    if (name && !(model->class_name[k] = hm_strdup(model->context, name, error)))
        return HM_ERROR_MEMORY;
    return HM_OK;
}

/* What a line of the model's file can hold. */
static hm_status check_class(size_t k, int32_t label, const char *name, hm_error *error)
{
    if (label < 0 || label >= HM_CLASSES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "class %zu has the label %d; labels are from 0 to %d, give other classes names", k, label,
                       HM_CLASSES_MAX - 1);
    if (name && strlen(name) >= HM_CLASS_NAME_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "class %zu, %.40s...: has a name of %zu bytes; give it one of at most %d", k, name,
                       strlen(name), HM_CLASS_NAME_MAX - 1);
    if (name && strchr(name, '\n'))
        return hm_fail(error, HM_ERROR_ARGUMENT, "class %zu, %.40s: its name has a newline; give it a name of one line", k, name);
    return HM_OK;
}

hm_status hm_model_set_classes(hm_model *model, const int32_t *label, const char *const *name, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    size_t n = hm_model_n_classes(model);
    hm_status status = n ? HM_OK : hm_fail(error, HM_ERROR_ARGUMENT, "the model tells no classes apart, and none can be named");
    for (size_t k = 1; status == HM_OK && label && k < n; k++)
        if (label[k - 1] >= label[k])
            status = hm_fail(error, HM_ERROR_ARGUMENT, "class %zu has the label %d and the one before it %d; labels must ascend", k, label[k],
                             label[k - 1]);
    for (size_t k = 0; status == HM_OK && k < n; k++)
        status = check_class(k, label ? label[k] : (int32_t)k, name ? name[k] : NULL, error);
    if (status == HM_OK)
        status = hm_model_allocate_classes(model, error);
    for (size_t k = 0; status == HM_OK && k < n; k++)
        status = set_class(model, k, label ? label[k] : (int32_t)k, name ? name[k] : NULL, error);
    return status;
}

hm_status hm_model_name_classes(hm_model *model, const hm_dataset *set, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, set));
    size_t n = hm_model_n_classes(model), n_there = hm_dataset_classes(set, NULL);
    if (n_there != n)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s has cases of %zu classes, the model tells %zu apart",
                       hm_dataset_describe(set), n_there, n);
    hm_status status = hm_model_allocate_classes(model, error);
    if (status == HM_OK)
        hm_dataset_classes(set, model->class_label);
    for (size_t k = 0; status == HM_OK && k < n; k++) {
        int32_t label = model->class_label[k];
        status = set_class(model, k, label, hm_dataset_class_name(set, label), error);
    }
    return status;
}

hm_status hm_model_copy_classes(const hm_model *from, hm_model *to, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, from, to));
    size_t n = hm_model_n_classes(from);
    if (n != hm_model_n_classes(to))
        return hm_fail(error, HM_ERROR_ARGUMENT, "one model has %zu classes, the other %zu; classes are copied between models of as many", n,
                       hm_model_n_classes(to));
    if (from == to)
        return HM_OK;
    hm_status status = hm_model_allocate_classes(to, error);
    for (size_t k = 0; status == HM_OK && k < n; k++)
        status = set_class(to, k, hm_model_class_label(from, k), from->class_name ? from->class_name[k] : NULL, error);
    return status;
}

int32_t hm_model_class_label(const hm_model *model, size_t k)
{
    return model->class_label ? model->class_label[k] : (int32_t)k;
}

int32_t hm_model_class_of(const hm_model *model, int32_t label)
{
    size_t n = hm_model_n_classes(model);
    if (!model->class_label)
        return label >= 0 && (size_t)label < n ? label : -1;
    for (size_t k = 0; k < n; k++)
        if (model->class_label[k] == label)
            return (int32_t)k;
    return -1;
}

const char *hm_model_class_name(const hm_model *model, size_t k, char *text, size_t size)
{
    if (model->class_name && model->class_name[k])
        snprintf(text, size, "%s", model->class_name[k]);
    else
        snprintf(text, size, "%d", hm_model_class_label(model, k));
    return text;
}
