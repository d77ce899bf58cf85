/* Models, and the file that holds one (docs/file-format.md). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "model/model_internal.h"

static const char FORMAT[] = "harmonium 1";
static const char *const kind_names[] = {[HM_MODEL_RBM] = "rbm", [HM_MODEL_CLASSES] = "classes"};
enum { N_KINDS = sizeof kind_names / sizeof *kind_names, MACHINES_MAX = 65536, NAME_MAX_LENGTH = 64 };

/* ---- The object ------------------------------------------------------------------------------------- */

hm_status hm_model_create(const hm_context *context, hm_model_kind kind, size_t n_rbms, const hm_layer *visible,
                          const hm_layer *hidden, hm_model **out, hm_error *error)
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
    bool complete = model->rbm && model->recipe && model->history && model->fingerprint;
    if (complete && kind == HM_MODEL_CLASSES)
        complete = (model->offset = hm_alloc(context, n_rbms, sizeof *model->offset, error)) != NULL;
    hm_status status = complete ? HM_OK : HM_ERROR_MEMORY;
    for (; status == HM_OK && model->n_rbms < n_rbms; model->n_rbms += status == HM_OK)
        status = hm_rbm_create(context, visible, hidden, &model->rbm[model->n_rbms], error);
    if (status != HM_OK)
        hm_model_destroy(model);
    else
        *out = model;
    return status;
}

void hm_model_destroy(hm_model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->n_rbms; i++)
        hm_rbm_destroy(model->rbm[i]);
    void *const owned[] = {model->rbm,    model->offset,  model->shift,      model->spread,
                           model->recipe, model->history, model->fingerprint};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        hm_free(model->context, owned[i]);
    hm_free(model->context, model);
}

hm_status hm_model_set_text(hm_model *model, char **field, const char *text, hm_error *error)
{
    char *copy = hm_strdup(model->context, text, error);
    if (!copy)
        return HM_ERROR_MEMORY;
    hm_free(model->context, *field);
    *field = copy;
    return HM_OK;
}

hm_status hm_model_set_standardising(hm_model *model, const float *shift, const float *spread, hm_error *error)
{
    size_t V = hm_rbm_visible(model->rbm[0])->n_units;
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

/* ---- Writing ------------------------------------------------------------------------------------------ */

static hm_status add_vector(hm_tensor_file *file, const char *name, size_t n, const float *data, hm_error *error)
{
    return hm_tensor_file_add(file, &(hm_tensor){name, HM_TENSOR_F32, 1, {n}, data}, error);
}

/* "W", or "class3.W" in a class model. */
static const char *name_of(const hm_model *model, size_t i, const char *what, char name[NAME_MAX_LENGTH])
{
    if (model->kind == HM_MODEL_CLASSES)
        snprintf(name, NAME_MAX_LENGTH, "class%zu.%s", i, what);
    else
        snprintf(name, NAME_MAX_LENGTH, "%s", what);
    return name;
}

static hm_status add_machine(const hm_model *model, size_t i, hm_tensor_file *file, hm_error *error)
{
    char name[NAME_MAX_LENGTH];
    const hm_rbm *rbm = model->rbm[i];
    hm_matrix W = hm_rbm_weights(rbm);
    hm_status status = hm_tensor_file_add(
        file, &(hm_tensor){name_of(model, i, "W", name), HM_TENSOR_F32, 2, {W.rows, W.cols}, W.data}, error);
    if (status == HM_OK)
        status = add_vector(file, name_of(model, i, "visible_bias", name), W.rows, hm_rbm_visible_bias(rbm), error);
    if (status == HM_OK)
        status = add_vector(file, name_of(model, i, "hidden_bias", name), W.cols, hm_rbm_hidden_bias(rbm), error);
    return status;
}

static hm_status add_texts(const hm_model *model, hm_tensor_file *file, hm_error *error)
{
    char visible[128], hidden[128], image[64], seed[32];
    hm_layer_print(hm_rbm_visible(model->rbm[0]), visible, sizeof visible);
    hm_layer_print(hm_rbm_hidden(model->rbm[0]), hidden, sizeof hidden);
    snprintf(image, sizeof image, "%zux%zu", model->height, model->width);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)model->seed);
    const char *const texts[][2] = {
        {"format", FORMAT},         {"kind", kind_names[model->kind]}, {"visible", visible},
        {"hidden", hidden},         {"seed", seed},                    {"recipe", model->recipe},
        {"history", model->history}, {"fingerprint", model->fingerprint}, {"image", image},
    };
    size_t n = sizeof texts / sizeof *texts - (model->height == 0); /* image comes last */
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < n; i++)
        status = hm_tensor_file_set_text(file, texts[i][0], texts[i][1], error);
    return status;
}

hm_status hm_model_to_file(const hm_model *model, hm_tensor_file *file, hm_error *error)
{
    size_t V = hm_rbm_visible(model->rbm[0])->n_units;
    hm_status status = add_texts(model, file, error);
    for (size_t i = 0; status == HM_OK && i < model->n_rbms; i++)
        status = add_machine(model, i, file, error);
    if (status == HM_OK && model->offset)
        status = add_vector(file, "offset", model->n_rbms, model->offset, error);
    if (status == HM_OK && model->shift) {
        status = add_vector(file, "data.shift", V, model->shift, error);
        if (status == HM_OK)
            status = add_vector(file, "data.spread", V, model->spread, error);
    }
    return status;
}

hm_status hm_model_save(const hm_model *model, const char *path, hm_error *error)
{
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
    const hm_tensor *tensor;
    size_t n = 1;
    hm_status status = hm_tensor_file_get(r->file, name, HM_TENSOR_F32, n_axes, shape, &tensor, r->error);
    if (status != HM_OK)
        return status;
    for (int i = 0; i < n_axes; i++)
        n *= shape[i];
    memcpy(out, tensor->data, n * sizeof *out);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(out[i]))
            return hm_fail(r->error, HM_ERROR_FORMAT, "%s: element %zu of the tensor %s is not a finite number",
                           r->path, i, name);
    return HM_OK;
}

static hm_status read_machine(const reading *r, hm_model *model, size_t i)
{
    char name[NAME_MAX_LENGTH];
    hm_rbm *rbm = model->rbm[i];
    hm_matrix W = hm_rbm_weights(rbm);
    const size_t shape[] = {W.rows, W.cols};
    hm_status status = read_floats(r, name_of(model, i, "W", name), 2, shape, W.data);
    if (status == HM_OK)
        status = read_floats(r, name_of(model, i, "visible_bias", name), 1, shape, hm_rbm_visible_bias(rbm));
    if (status == HM_OK)
        status = read_floats(r, name_of(model, i, "hidden_bias", name), 1, shape + 1, hm_rbm_hidden_bias(rbm));
    return status;
}

static hm_status read_standardising(const reading *r, hm_model *model)
{
    size_t V = hm_rbm_visible(model->rbm[0])->n_units;
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

static hm_status read_texts(const reading *r, hm_model *model)
{
    const char *image = hm_tensor_file_text(r->file, "image");
    size_t V = hm_rbm_visible(model->rbm[0])->n_units;
    model->seed = strtoull(text_of(r, "seed"), NULL, 10);
    if (image && (sscanf(image, "%zux%zu", &model->height, &model->width) != 2 || model->height == 0 ||
                  model->height > V || model->width > V || model->height * model->width != V))
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: images of %.40s do not fit %zu visible units", r->path,
                       image, V);
    hm_status status = hm_model_set_text(model, &model->recipe, text_of(r, "recipe"), r->error);
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->history, text_of(r, "history"), r->error);
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->fingerprint, text_of(r, "fingerprint"), r->error);
    return status;
}

static int find_kind(const char *name)
{
    for (int kind = 0; kind < N_KINDS; kind++)
        if (strcmp(kind_names[kind], name) == 0)
            return kind;
    return -1;
}

/* The tensor of weights must be as large as the layers claim before anything of that size is made. */
static hm_status check_claims(const reading *r, hm_model_kind kind, const hm_layer *visible, const hm_layer *hidden,
                              size_t *n_rbms)
{
    const size_t shape[] = {visible->n_units, hidden->n_units}, any[] = {0};
    const hm_tensor *tensor;
    const char *first = kind == HM_MODEL_CLASSES ? "class0.W" : "W";
    hm_status status = hm_tensor_file_get(r->file, first, HM_TENSOR_F32, 2, shape, &tensor, r->error);
    *n_rbms = 1;
    if (status != HM_OK || kind != HM_MODEL_CLASSES)
        return status;
    status = hm_tensor_file_get(r->file, "offset", HM_TENSOR_F32, 1, any, &tensor, r->error);
    if (status != HM_OK)
        return status;
    *n_rbms = tensor->shape[0];
    if (*n_rbms == 0 || *n_rbms > MACHINES_MAX || 3 * *n_rbms > hm_tensor_file_n_tensors(r->file))
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: has %zu offsets but not a machine for each", r->path, *n_rbms);
    return HM_OK;
}

static hm_status make_model(const reading *r, hm_model **model)
{
    hm_layer visible, hidden;
    size_t n_rbms;
    int kind = find_kind(text_of(r, "kind"));
    if (strcmp(text_of(r, "format"), FORMAT) != 0)
        return hm_fail(r->error, HM_ERROR_FORMAT,
                       "%s: its format is \"%.40s\", this program reads \"%s\"; is it a Harmonium model?", r->path,
                       text_of(r, "format"), FORMAT);
    if (kind < 0)
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: holds a model of unknown kind \"%.40s\"", r->path,
                       text_of(r, "kind"));
    hm_error why;
    if (hm_layer_parse(text_of(r, "visible"), 0, &visible, &why) != HM_OK ||
        hm_layer_parse(text_of(r, "hidden"), 0, &hidden, &why) != HM_OK)
        return hm_fail(r->error, HM_ERROR_FORMAT, "%s: %.400s", r->path, why.message);
    hm_status status = check_claims(r, (hm_model_kind)kind, &visible, &hidden, &n_rbms);
    if (status != HM_OK)
        return status;
    return hm_model_create(r->context, (hm_model_kind)kind, n_rbms, &visible, &hidden, model, r->error);
}

hm_status hm_model_from_file(const hm_context *context, const hm_tensor_file *file, const char *path,
                             hm_model **out, hm_error *error)
{
    reading r = {context, file, path, error};
    hm_model *model = NULL;
    *out = NULL;
    hm_status status = make_model(&r, &model);
    for (size_t i = 0; status == HM_OK && i < model->n_rbms; i++)
        status = read_machine(&r, model, i);
    if (status == HM_OK && model->offset)
        status = read_floats(&r, "offset", 1, &model->n_rbms, model->offset);
    if (status == HM_OK)
        status = read_standardising(&r, model);
    if (status == HM_OK)
        status = read_texts(&r, model);
    if (status != HM_OK)
        hm_model_destroy(model);
    else
        *out = model;
    return status;
}

hm_status hm_model_load(const hm_context *context, const char *path, hm_model **model, hm_error *error)
{
    hm_tensor_file *file;
    *model = NULL;
    hm_status status = hm_tensor_file_load(context, path, &file, error);
    if (status != HM_OK)
        return status;
    status = hm_model_from_file(context, file, path, model, error);
    hm_tensor_file_destroy(file);
    return status;
}
