/* Models, and the file that holds one (docs/file-format.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/number.h"
#include "compute/connection.h"
#include "model/machine.h"
#include "model/model_internal.h"

/* Version 2 says `layers` and `connections` of every kind; version 1 said `visible` and `hidden` of machines. */
static const char FORMAT[] = "harmonium 2", FORMAT_1[] = "harmonium 1";
static const char *const kind_names[] = {[HM_MODEL_RBM] = "rbm",
                                         [HM_MODEL_CLASSES] = "classes",
                                         [HM_MODEL_DBN] = "dbn",
                                         [HM_MODEL_NET] = "net"};
enum {
    N_KINDS = sizeof kind_names / sizeof *kind_names,
    NAME_MAX_LENGTH = 64,
    LAYERS_TEXT_MAX = 2048,
};

/* ---- Writing ------------------------------------------------------------------------------------------ */

static hm_status add_vector(hm_tensor_file *file, const char *name, size_t n, const float *data, hm_error *error)
{
    return hm_tensor_file_add(file, &(hm_tensor){name, HM_TENSOR_F32, 1, {n}, data}, error);
}

/* "W", "class3.W" in a class model, "level1.W" in a stack. */
static const char *name_of(hm_model_kind kind, size_t i, const char *what, char name[NAME_MAX_LENGTH])
{
    static const char *const prefixes[] = {
        [HM_MODEL_RBM] = NULL, [HM_MODEL_CLASSES] = "class", [HM_MODEL_DBN] = "level", [HM_MODEL_NET] = "level"};
    if (prefixes[kind])
        snprintf(name, NAME_MAX_LENGTH, "%s%zu.%s", prefixes[kind], i, what);
    else
        snprintf(name, NAME_MAX_LENGTH, "%s", what);
    return name;
}

/* The slices of a machine named in `parts`, each a tensor. */
static hm_status add_slices(hm_rbm *rbm, unsigned parts, hm_model_kind kind, size_t i, const char *prefix,
                            hm_tensor_file *file, hm_error *error)
{
    char name[NAME_MAX_LENGTH], what[NAME_MAX_LENGTH / 2];
    size_t n;
    const float *block = hm_rbm_parameters(rbm, &n);
    const hm_slice *slices = hm_rbm_slices(rbm);
    hm_status status = HM_OK;
    for (int k = 0; status == HM_OK && k < HM_SLICES; k++) {
        if (!(parts & 1u << k))
            continue;
        snprintf(what, sizeof what, "%s%s", prefix, slices[k].name);
        hm_tensor tensor = {name_of(kind, i, what, name), HM_TENSOR_F32, slices[k].n_axes, {0}, block + slices[k].first};
        memcpy(tensor.shape, slices[k].shape, sizeof tensor.shape);
        status = hm_tensor_file_add(file, &tensor, error);
    }
    return status;
}

/* What an untied level has of its own to generate with. */
enum { GENERATIVE_PARTS = HM_PART_WEIGHTS | HM_PART_VISIBLE_BIAS };

static hm_status add_machine(const hm_model *model, size_t i, hm_tensor_file *file, hm_error *error)
{
    hm_rbm *own = model->generative ? model->generative[i] : NULL;
    hm_status status = add_slices(model->rbm[i], HM_PART_ALL, model->kind, i, "", file, error);
    if (status == HM_OK && own)
        status = add_slices(own, GENERATIVE_PARTS, model->kind, i, "generative.", file, error);
    return status;
}

/* "bernoulli 784 | bernoulli 500 | ...": the layers from the data up, labels left out. */
static void print_layers(const hm_model *model, char *text, size_t size)
{
    size_t used = 0, n_levels = hm_model_is_stack(model) ? model->n_rbms : 1;
    *text = 0;
    for (size_t i = 0; i <= n_levels; i++) {
        hm_layer layer = *hm_model_layer(model, i);
        if (i == 0 && layer.n_units > hm_model_n_features(model)) /* a joint RBM: the label group is the last */
            layer.n_units -= layer.group[--layer.n_groups].n_units;
        used += (size_t)snprintf(text + used, size - used, "%s", i ? " | " : "");
        used += hm_layer_print(&layer, text + used, size - used);
    }
}

/* "dense | dense", from the data up. */
static void print_connections(const hm_model *model, char *text, size_t size)
{
    size_t used = 0, n_levels = hm_model_is_stack(model) ? model->n_rbms : 1;
    *text = 0;
    for (size_t i = 0; i < n_levels; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " | " : "", hm_rbm_connection(model->rbm[i]));
}

/* "2 cat" a line: the label of each class, and its name if it has one. */
static hm_status add_classes(const hm_model *model, hm_tensor_file *file, hm_error *error)
{
    size_t n = hm_model_n_classes(model), size = 1, used = 0;
    if (!model->class_label)
        return HM_OK;
    for (size_t k = 0; k < n; k++)
        size += 16 + (model->class_name[k] ? strlen(model->class_name[k]) : 0);
    char *text = hm_alloc(model->context, size, 1, error);
    if (!text)
        return HM_ERROR_MEMORY;
    for (size_t k = 0; k < n; k++)
        used += (size_t)snprintf(text + used, size - used, "%d%s%s\n", model->class_label[k],
                                 model->class_name[k] ? " " : "", model->class_name[k] ? model->class_name[k] : "");
    hm_status status = hm_tensor_file_set_text(file, "classes", text, error);
    hm_free(model->context, text);
    return status;
}

/* "28x28", or "3x32x32" in colour. */
static void print_image(const hm_model *model, char *text, size_t size)
{
    int n = model->n_channels > 1 ? snprintf(text, size, "%zux", model->n_channels) : 0;
    snprintf(text + n, size - (size_t)n, "%zux%zu", model->height, model->width);
}

/* "bytes 0 255" or "reals -1.5 3": the values of its data as the file held them. */
static void print_range(const hm_model *model, char *text, size_t size)
{
    char least[40], most[40];
    hm_number_print((double)model->least, least, sizeof least);
    hm_number_print((double)model->most, most, sizeof most);
    snprintf(text, size, "%s %s %s", model->is_scaled ? "bytes" : "reals", least, most);
}

static hm_status add_texts(const hm_model *model, hm_tensor_file *file, hm_error *error)
{
    char image[64], seed[32], layers[LAYERS_TEXT_MAX], connections[LAYERS_TEXT_MAX], labels[32], range[100];
    print_connections(model, connections, sizeof connections);
    print_layers(model, layers, sizeof layers);
    snprintf(labels, sizeof labels, "%zu", model->n_labels);
    print_image(model, image, sizeof image);
    print_range(model, range, sizeof range);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)model->seed);
    const struct {
        bool is_wanted;
        const char *key, *text;
    } texts[] = {
        {true, "format", FORMAT},
        {true, "kind", kind_names[model->kind]},
        {true, "layers", layers},
        {true, "connections", connections},
        {model->n_labels > 0, "labels", labels},
        {true, "seed", seed},
        {true, "recipe", model->recipe},
        {true, "history", model->history},
        {true, "fingerprint", model->fingerprint},
        {*model->preparation != 0, "preparation", model->preparation},
        {*model->columns != 0, "columns", model->columns},
        {model->has_range, "values", range},
        {model->height > 0, "image", image},
    };
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < sizeof texts / sizeof *texts; i++)
        if (texts[i].is_wanted)
            status = hm_tensor_file_set_text(file, texts[i].key, texts[i].text, error);
    return status == HM_OK ? add_classes(model, file, error) : status;
}

hm_status hm_model_to_file(const hm_model *model, hm_tensor_file *file, hm_error *error)
{
    size_t V = hm_model_n_features(model);
    hm_status status = add_texts(model, file, error);
    for (size_t i = 0; status == HM_OK && i < model->n_rbms; i++)
        status = add_machine(model, i, file, error);
    if (status == HM_OK && model->offset)
        status = add_vector(file, "offset", model->n_rbms, model->offset, error);
    if (status == HM_OK && model->class_share)
        status = add_vector(file, "class_share", model->n_labels, model->class_share, error);
    if (status == HM_OK && model->shift) {
        status = add_vector(file, "data.shift", V, model->shift, error);
        if (status == HM_OK)
            status = add_vector(file, "data.spread", V, model->spread, error);
    }
    return status;
}

hm_status hm_model_save(const hm_model *model, const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, path));
    hm_tensor_file *file;
    hm_status status = hm_tensor_file_create(model->context, &file, error);
    if (status != HM_OK)
        return status;
    status = hm_model_to_file(model, file, error);
    if (status == HM_OK)
        status = hm_tensor_file_save(file, path, error);
    hm_tensor_file_destroy(file);
    return status;
}

/* ---- Reading ------------------------------------------------------------------------------------------ */

/* A file in the course of being understood. */
typedef struct reading {
    const hm_context *context;
    const hm_tensor_file *file;
    const char *path;
    hm_error *error;
} reading;

static const char *text_of(const reading *r, const char *key)
{
    const char *text = hm_tensor_file_text(r->file, key);
    return text ? text : "";
}

static hm_status read_floats(const reading *r, const char *name, int n_axes, const size_t *shape, float *out)
{
    return hm_tensor_file_read_floats(r->file, name, n_axes, shape, out, r->error);
}

static hm_status read_slices(const reading *r, hm_rbm *rbm, unsigned parts, hm_model_kind kind, size_t i,
                             const char *prefix)
{
    char name[NAME_MAX_LENGTH], what[NAME_MAX_LENGTH / 2];
    size_t n;
    float *block = hm_rbm_parameters(rbm, &n);
    const hm_slice *slices = hm_rbm_slices(rbm);
    hm_status status = HM_OK;
    for (int k = 0; status == HM_OK && k < HM_SLICES; k++) {
        if (!(parts & 1u << k))
            continue;
        snprintf(what, sizeof what, "%s%s", prefix, slices[k].name);
        status = read_floats(r, name_of(kind, i, what, name), slices[k].n_axes, slices[k].shape, block + slices[k].first);
    }
    return status;
}

/* Untied levels: all of the directed ones, or none. */
static hm_status read_generative(const reading *r, hm_model *model)
{
    char name[NAME_MAX_LENGTH];
    if (model->kind != HM_MODEL_DBN ||
        !hm_tensor_file_find(r->file, name_of(model->kind, 0, "generative.W", name)))
        return HM_OK;
    hm_status status = hm_model_untie(model, r->error);
    for (size_t i = 0; status == HM_OK && i + 1 < model->n_rbms; i++)
        status = read_slices(r, model->generative[i], GENERATIVE_PARTS, model->kind, i, "generative.");
    return status;
}

static hm_status read_standardising(const reading *r, hm_model *model)
{
    size_t V = hm_model_n_features(model);
    const size_t shape[] = {V};
    if (!hm_tensor_file_find(r->file, "data.shift"))
        return HM_OK;
    model->shift = hm_alloc(r->context, V, sizeof(float), r->error);
    model->spread = hm_alloc(r->context, V, sizeof(float), r->error);
    if (!model->shift || !model->spread)
        return HM_ERROR_MEMORY;
    hm_status status = read_floats(r, "data.shift", 1, shape, model->shift);
    return status == HM_OK ? read_floats(r, "data.spread", 1, shape, model->spread) : status;
}

static hm_status read_shares(const reading *r, hm_model *model)
{
    const size_t shape[] = {model->n_labels};
    if (!model->n_labels || !hm_tensor_file_find(r->file, "class_share"))
        return HM_OK;
    model->class_share = hm_alloc(r->context, model->n_labels, sizeof(float), r->error);
    return model->class_share ? read_floats(r, "class_share", 1, shape, model->class_share) : HM_ERROR_MEMORY;
}

static hm_status check_preparation(const reading *r, const hm_model *model)
{
    hm_data_config config;
    hm_error why;
    hm_options_init(&hm_data_options, &config);
    if (hm_preparation_read(model->preparation, &config, &why) == HM_OK)
        return HM_OK;
    return hm_fail(r->error, HM_ERROR_FORMAT, "%s: %.400s", r->path, why.message);
}

static bool read_image(const char *text, size_t V, hm_model *model)
{
    size_t size[3] = {1, 1, 1};
    int n = sscanf(text, "%zux%zux%zu", &size[0], &size[1], &size[2]);
    if (n < 2)
        return false;
    model->n_channels = n == 3 ? size[0] : 1;
    model->height = size[n - 2];
    model->width = size[n - 1];
    bool is_sound = (model->n_channels == 1 || model->n_channels == 3) && model->height && model->width;
    return is_sound && model->height <= V && model->width <= V / model->height &&
           model->n_channels * model->height * model->width == V;
}

static hm_status read_range(const reading *r, hm_model *model)
{
    const char *text = hm_tensor_file_text(r->file, "values");
    char *end;
    if (!text)
        return HM_OK;
    model->has_range = true;
    model->is_scaled = strncmp(text, "bytes ", 6) == 0;
    bool is_sound = strlen(text) > 6 && (model->is_scaled || strncmp(text, "reals ", 6) == 0);
    if (is_sound) {
        model->least = (float)hm_number_begin(text + 6, &end);
        model->most = (float)hm_number_begin(end, &end);
        is_sound = *end == 0 && model->least <= model->most;
    }
    return is_sound ? HM_OK
                    : hm_fail(r->error, HM_ERROR_FORMAT, "%s: the metadata \"values\" is no range such as \"bytes 0 255\"", r->path);
}

static hm_status read_texts(const reading *r, hm_model *model)
{
    const char *image = hm_tensor_file_text(r->file, "image");
    size_t V = hm_model_n_features(model);
    model->seed = strtoull(text_of(r, "seed"), NULL, 10);
    if (image && !read_image(image, V, model))
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: images of %.40s do not fit %zu visible units", r->path,
                       image, V);
    hm_status status = hm_model_set_text(model, &model->recipe, text_of(r, "recipe"), r->error);
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->history, text_of(r, "history"), r->error);
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->fingerprint, text_of(r, "fingerprint"), r->error);
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->preparation, text_of(r, "preparation"), r->error);
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->columns, text_of(r, "columns"), r->error);
    if (status == HM_OK)
        status = read_range(r, model);
    return status == HM_OK ? check_preparation(r, model) : status;
}

/* Lines as add_classes writes them. */
static hm_status read_classes(const reading *r, hm_model *model)
{
    const char *at = hm_tensor_file_text(r->file, "classes");
    if (!at)
        return HM_OK;
    hm_status status = hm_model_allocate_classes(model, r->error);
    for (size_t k = 0; status == HM_OK && k < hm_model_n_classes(model); k++) {
        char *end, name[HM_CLASS_NAME_MAX + 1] = "";
        long label = strtol(at, &end, 10);
        size_t n = strcspn(end, "\n");
        if (end == at || label < 0 || label > INT32_MAX || (n && (*end != ' ' || n > HM_CLASS_NAME_MAX)))
            return hm_fail(r->error, HM_ERROR_FORMAT, "%s: the metadata \"classes\" has no line for class %zu of %zu",
                           r->path, k, hm_model_n_classes(model));
        model->class_label[k] = (int32_t)label;
        if (n > 0) {
            memcpy(name, end + 1, n - 1);
            model->class_name[k] = hm_strdup(r->context, name, r->error);
            status = model->class_name[k] ? HM_OK : HM_ERROR_MEMORY;
        }
        at = end + n + (end[n] == '\n');
    }
    return status;
}

static int find_kind(const char *name)
{
    for (int kind = 0; kind < N_KINDS; kind++)
        if (strcmp(kind_names[kind], name) == 0)
            return kind;
    return -1;
}

/* A tensor of weights must be as large as the layers claim before anything of that size is made. */
static hm_status check_claim(const reading *r, hm_model_kind kind, size_t i, const hm_layer *visible, hm_layer *hidden)
{
    char name[NAME_MAX_LENGTH];
    size_t shape[HM_CONNECTION_AXES_MAX];
    const hm_tensor *tensor;
    hm_error why;
    if (hm_layer_connect(visible, hidden, &why) != HM_OK)
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: %.400s", r->path, why.message);
    hm_connection connection = {.kind = hm_connection_between(hidden), .below = *visible, .above = *hidden};
    int n_axes = connection.kind->shape(&connection, shape);
    return hm_tensor_file_get(r->file, name_of(kind, i, "W", name), HM_TENSOR_F32, n_axes, shape, &tensor, r->error);
}

static hm_status count_machines(const reading *r, hm_model_kind kind, size_t *n_rbms)
{
    const size_t any[] = {0};
    const hm_tensor *tensor;
    *n_rbms = 1;
    if (kind != HM_MODEL_CLASSES)
        return HM_OK;
    hm_status status = hm_tensor_file_get(r->file, "offset", HM_TENSOR_F32, 1, any, &tensor, r->error);
    if (status != HM_OK)
        return status;
    *n_rbms = tensor->shape[0];
    if (*n_rbms == 0 || *n_rbms > HM_MACHINES_MAX || 3 * *n_rbms > hm_tensor_file_n_tensors(r->file))
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: has %zu offsets but not a machine for each", r->path, *n_rbms);
    return HM_OK;
}

/* Layers from the data up: of version 1, those of a machine stand apart. */
static hm_status read_layers(const reading *r, bool is_apart, hm_layer *layers, size_t *n_layers)
{
    hm_error why;
    hm_status status;
    *n_layers = 2;
    if (is_apart) {
        status = hm_layer_parse(text_of(r, "visible"), 0, &layers[0], &why);
        if (status == HM_OK)
            status = hm_layer_parse(text_of(r, "hidden"), 0, &layers[1], &why);
    } else {
        status = hm_layers_parse(text_of(r, "layers"), 0, layers, HM_LEVELS_MAX + 1, n_layers, &why);
    }
    return status == HM_OK ? HM_OK : hm_fail(r->error, HM_ERROR_FORMAT, "%s: %.400s", r->path, why.message);
}

static hm_status read_n_labels(const reading *r, size_t *n_labels)
{
    char *end;
    const char *labels = hm_tensor_file_text(r->file, "labels");
    unsigned long n = labels ? strtoul(labels, &end, 10) : 0;
    if (labels && (end == labels || *end || n > HM_LABELS_MAX))
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: \"%.40s\" is no number of labels", r->path, labels);
    *n_labels = n;
    return HM_OK;
}

/* Only what this program can compute: names between bars, as many as levels. */
static hm_status check_connections(const reading *r)
{
    const char *at = hm_tensor_file_text(r->file, "connections");
    while (at && *at) {
        char name[32];
        int used = 0;
        if (sscanf(at, " %31[a-z] %n", name, &used) != 1 || !hm_connection_find(name))
            return hm_fail(r->error, HM_ERROR_FORMAT, "%s: \"%.40s\" is no kind of connection that this program knows", r->path,
                           at);
        at += used;
        at += *at == '|';
    }
    return HM_OK;
}

static hm_status make_machines(const reading *r, hm_model_kind kind, hm_layer *layers, size_t n_layers,
                               hm_model **model)
{
    size_t n_rbms = 0;
    if (n_layers != 2)
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: a machine has two layers, not %zu", r->path, n_layers);
    hm_status status = check_claim(r, kind, 0, &layers[0], &layers[1]);
    if (status == HM_OK)
        status = count_machines(r, kind, &n_rbms);
    return status == HM_OK ? hm_model_create(r->context, kind, n_rbms, &layers[0], &layers[1], model, r->error) : status;
}

static hm_status make_stack(const reading *r, hm_model_kind kind, hm_layer *layers, size_t n_layers,
                            hm_model **model)
{
    size_t n_labels = 0;
    hm_error why;
    hm_status status = read_n_labels(r, &n_labels);
    for (size_t i = 0; status == HM_OK && i + 1 < n_layers; i++) {
        hm_layer visible = i ? hm_layer_under(&layers[i], &layers[i + 1]) : layers[0];
        visible.n_units += kind == HM_MODEL_DBN && i + 2 == n_layers ? n_labels : 0;
        status = check_claim(r, kind, i, &visible, &layers[i + 1]);
    }
    if (status != HM_OK)
        return status;
    status = hm_model_create_stack(r->context, kind, layers, n_layers, n_labels, model, &why);
    if (status == HM_ERROR_ARGUMENT) /* what a caller may not ask for, a file may not claim */
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: %.400s", r->path, why.message);
    return status == HM_OK ? HM_OK : hm_fail(r->error, status, "%s: %.400s", r->path, why.message);
}

static hm_status make_model(const reading *r, hm_model **model)
{
    hm_layer layers[HM_LEVELS_MAX + 1];
    size_t n_layers;
    int kind = find_kind(text_of(r, "kind"));
    bool is_old = strcmp(text_of(r, "format"), FORMAT_1) == 0;
    if (!is_old && strcmp(text_of(r, "format"), FORMAT) != 0)
        return hm_fail(r->error, HM_ERROR_FORMAT,
                       "%s: its format is \"%.40s\", this program reads \"%s\" and \"%s\"; is it a Harmonium model?", r->path,
                       text_of(r, "format"), FORMAT, FORMAT_1);
    if (kind < 0)
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: holds a model of unknown kind \"%.40s\"", r->path,
                       text_of(r, "kind"));
    bool is_stack = kind == HM_MODEL_DBN || kind == HM_MODEL_NET;
    hm_status status = check_connections(r);
    if (status == HM_OK)
        status = read_layers(r, is_old && !is_stack, layers, &n_layers);
    return status == HM_OK ? (is_stack ? make_stack : make_machines)(r, (hm_model_kind)kind, layers, n_layers, model)
                           : status;
}

hm_status hm_model_from_file(const hm_context *context, const hm_tensor_file *file, const char *path,
                             hm_model **out, hm_error *error)
{
    reading r = {context, file, path, error};
    hm_model *model = NULL;
    *out = NULL;
    hm_status status = make_model(&r, &model);
    for (size_t i = 0; status == HM_OK && i < model->n_rbms; i++)
        status = read_slices(&r, model->rbm[i], HM_PART_ALL, model->kind, i, "");
    if (status == HM_OK)
        status = read_generative(&r, model);
    if (status == HM_OK && model->offset)
        status = read_floats(&r, "offset", 1, &model->n_rbms, model->offset);
    if (status == HM_OK)
        status = read_standardising(&r, model);
    if (status == HM_OK)
        status = read_shares(&r, model);
    if (status == HM_OK)
        status = read_texts(&r, model);
    if (status == HM_OK)
        status = read_classes(&r, model);
    if (status != HM_OK)
        hm_model_destroy(model);
    else
        *out = model;
    return status;
}

hm_status hm_model_load(const hm_context *context, const char *path, hm_model **model, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    *model = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path));
    hm_tensor_file *file;
    hm_status status = hm_tensor_file_load(context, path, &file, error);
    if (status != HM_OK)
        return status;
    status = hm_model_from_file(context, file, path, model, error);
    hm_tensor_file_destroy(file);
    return status;
}
