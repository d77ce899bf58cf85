/* Scene nets to and from safetensors: the metadata say what it is, a tensor holds each slice of its parameters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/lines.h"
#include "scene/classes.h"
#include "scene/scene_net.h"

static const char FORMAT[] = "harmonium 2", KIND[] = "scene";
enum { OPTIONS_MAX = 2 * HM_TEXT_MAX };

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static hm_status add_texts(const hm_scene_net *net, hm_tensor_file *file, hm_error *error)
{
    char seed[32], options[OPTIONS_MAX];
    char *classes = hm_scene_classes_print(net->classes, error);
    if (!classes)
        return HM_ERROR_MEMORY;
    const hm_scene_config config = {.net = net->config};
    hm_options_echo(&hm_scene_net_options, &config, true, options, sizeof options);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)net->seed);
    const char *const texts[][2] = {{"format", FORMAT}, {"kind", KIND}, {"scene", options}, {"scene.classes", classes}, {"seed", seed},
                                    {"recipe", net->recipe}, {"history", net->history}, {"fingerprint", net->fingerprint}};
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < sizeof texts / sizeof *texts; i++)
        status = hm_tensor_file_set_text(file, texts[i][0], texts[i][1], error);
    hm_free(net->context, classes);
    return status;
}

hm_status hm_scene_net_to_file(const hm_scene_net *net, hm_tensor_file *file, hm_error *error)
{
    hm_status status = add_texts(net, file, error);
    const hm_tensor share = {"class_share", HM_TENSOR_F64, 1, {net->classes->n}, net->share};
    if (status == HM_OK)
        status = hm_tensor_file_add(file, &share, error);
    for (size_t i = 0; status == HM_OK && i < net->n_slices; i++) {
        const hm_scene_slice *slice = &net->slice[i];
        hm_tensor tensor = {slice->name, HM_TENSOR_F32, slice->n_axes, {0}, net->parameters + slice->first};
        memcpy(tensor.shape, slice->shape, sizeof tensor.shape);
        status = hm_tensor_file_add(file, &tensor, error);
    }
    return status;
}

hm_status hm_scene_net_save(const hm_scene_net *net, const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, path));
    hm_tensor_file *file;
    hm_status status = hm_tensor_file_create(net->context, &file, error);
    if (status != HM_OK)
        return status;
    status = hm_scene_net_to_file(net, file, error);
    if (status == HM_OK)
        status = hm_tensor_file_save(file, path, error);
    hm_tensor_file_destroy(file);
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static const char *text_of(const hm_tensor_file *file, const char *key)
{
    const char *text = hm_tensor_file_text(file, key);
    return text ? text : "";
}

/* "name = value" */
static hm_status read_option(void *what, char *line, size_t number, hm_error *error)
{
    char *equals = strstr(line, " = ");
    (void)number;
    if (!equals)
        return hm_fail(error, HM_ERROR_FORMAT, "\"%.80s\" is no option", line);
    *equals = 0;
    return hm_options_set(&hm_scene_net_options, what, line, equals + 3, error);
}

static hm_status read_config(const hm_context *context, const hm_tensor_file *file, const char *path, hm_scene_config *config,
                             hm_error *error)
{
    hm_error why;
    hm_options_init(&hm_scene_options, config);
    char *text = hm_strdup(context, text_of(file, "scene"), error);
    if (!text)
        return HM_ERROR_MEMORY;
    hm_status status = hm_lines_each(text, read_option, config, &why);
    hm_free(context, text);
    return status == HM_OK ? HM_OK : hm_fail(error, HM_ERROR_FORMAT, "%s: the metadata \"scene\": %.300s", path, why.message);
}

static hm_status check_kind(const hm_tensor_file *file, const char *path, hm_error *error)
{
    if (strcmp(text_of(file, "kind"), KIND) == 0 && strcmp(text_of(file, "format"), FORMAT) == 0)
        return HM_OK;
    return hm_fail(error, HM_ERROR_FORMAT, "%s: holds no net for scene labelling; learn one with --kind scene", path);
}

static hm_status read_slice(hm_scene_net *net, const hm_scene_slice *slice, const hm_tensor_file *file, const char *path, hm_error *error)
{
    float *to = net->parameters + slice->first;
    hm_status status = hm_tensor_file_read_floats(file, slice->name, slice->n_axes, slice->shape, to, error);
    bool is_variance = !slice->is_learned && strstr(slice->name, ".variance");
    for (size_t i = 0; status == HM_OK && is_variance && i < slice->n; i++)
        if (to[i] < 0)
            status = hm_fail(error, HM_ERROR_FORMAT, "%s: element %zu of the tensor %s is %g, which is no variance", path, i, slice->name,
                             (double)to[i]);
    return status;
}

static hm_status read_shares(hm_scene_net *net, const hm_tensor_file *file, const char *path, hm_error *error)
{
    const hm_tensor *tensor;
    hm_status status = hm_tensor_file_get(file, "class_share", HM_TENSOR_F64, 1, &net->classes->n, &tensor, error);
    if (status != HM_OK)
        return status;
    memcpy(net->share, tensor->data, net->classes->n * sizeof *net->share);
    for (size_t k = 0; k < net->classes->n; k++)
        if (!(net->share[k] >= 0 && net->share[k] <= 1))
            return hm_fail(error, HM_ERROR_FORMAT, "%s: class_share of %s is no share", path, net->classes->name[k]);
    return HM_OK;
}

static hm_status read_texts(hm_scene_net *net, const hm_tensor_file *file, hm_error *error)
{
    net->seed = strtoull(text_of(file, "seed"), NULL, 10);
    hm_status status = hm_text_replace(net->context, &net->recipe, text_of(file, "recipe"), error);
    if (status == HM_OK)
        status = hm_text_replace(net->context, &net->history, text_of(file, "history"), error);
    return status == HM_OK ? hm_text_replace(net->context, &net->fingerprint, text_of(file, "fingerprint"), error) : status;
}

/* The file must hold what it claims before anything of that size is made. */
static hm_status check_claims(const hm_scene_net *net, const hm_tensor_file *file, hm_error *error)
{
    const hm_tensor *tensor;
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < net->n_slices; i++)
        status = hm_tensor_file_get(file, net->slice[i].name, HM_TENSOR_F32, net->slice[i].n_axes, net->slice[i].shape, &tensor, error);
    return status;
}

static hm_status read_parts(hm_scene_net *net, const hm_tensor_file *file, const char *path, hm_error *error)
{
    hm_status status = read_texts(net, file, error);
    if (status == HM_OK)
        status = read_shares(net, file, path, error);
    for (size_t i = 0; status == HM_OK && i < net->n_slices; i++)
        status = read_slice(net, &net->slice[i], file, path, error);
    return status;
}

hm_status hm_scene_net_from_file(const hm_context *context, const hm_tensor_file *file, const char *path, hm_scene_net **out,
                                 hm_error *error)
{
    hm_scene_config config;
    hm_scene_classes *classes = NULL;
    hm_scene_net *net = NULL;
    hm_status status = check_kind(file, path, error);
    if (status == HM_OK)
        status = read_config(context, file, path, &config, error);
    if (status == HM_OK)
        status = hm_scene_classes_parse(context, path, text_of(file, "scene.classes"), &classes, error);
    if (status == HM_OK)
        status = hm_scene_net_outline(classes, &config.net, &net, error);
    hm_scene_classes_destroy(classes);
    if (status == HM_OK)
        status = check_claims(net, file, error);
    if (status == HM_OK)
        status = hm_scene_net_furnish(net, error);
    if (status == HM_OK)
        status = read_parts(net, file, path, error);
    if (status != HM_OK) {
        hm_scene_net_destroy(net);
        net = NULL;
    }
    *out = net;
    return status;
}

hm_status hm_scene_net_load(const hm_context *context, const char *path, hm_scene_net **net, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net));
    *net = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path));
    hm_tensor_file *file;
    hm_status status = hm_tensor_file_load(context, path, &file, error);
    if (status != HM_OK)
        return status;
    status = hm_scene_net_from_file(context, file, path, net, error);
    hm_tensor_file_destroy(file);
    return status;
}

bool hm_scene_net_is_in(const hm_context *context, const char *path)
{
    hm_tensor_file *file;
    hm_error error;
    if (hm_tensor_file_load(context, path, &file, &error) != HM_OK)
        return false;
    bool is_scene = strcmp(text_of(file, "kind"), KIND) == 0;
    hm_tensor_file_destroy(file);
    return is_scene;
}
