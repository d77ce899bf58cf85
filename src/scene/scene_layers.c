/* The layers of a scene net as text: "relu 16 by 7x7 pool 2 | relu 64 by 7x7 pool 2 | relu 128 by 5x5". */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "scene/scene_net.h"

static hm_status fail_layer(size_t index, const char *text, const char *why, hm_error *error)
{
    return hm_fail(error, HM_ERROR_ARGUMENT,
                   "layer %zu, \"%.60s\": %s; write relu or tanh, the number of maps, by the size of their filters, and pool if it is to "
                   "be pooled, as in \"relu 16 by 7x7 pool 2\"",
                   index + 1, text, why);
}

static hm_status check_layer(const hm_scene_layer *layer, size_t height, size_t index, const char *text, hm_error *error)
{
    if (layer->maps < 1 || layer->maps > HM_SCENE_MAPS_MAX)
        return fail_layer(index, text, "it may have 1 to 4,096 maps", error);
    if (height != layer->side || layer->side % 2 == 0 || layer->side > HM_SCENE_SIDE_MAX)
        return fail_layer(index, text, "filters are square, of an odd side of at most 31", error);
    if (layer->pool < 1 || layer->pool > HM_SCENE_POOL_MAX)
        return fail_layer(index, text, "it pools squares of side 1 to 8", error);
    return HM_OK;
}

static hm_status parse_layer(const char *text, size_t index, hm_scene_layer *layer, hm_error *error)
{
    char unit[8], rest[2];
    size_t height = 0;
    *layer = (hm_scene_layer){.pool = 1};
    int n = sscanf(text, " %7[a-z] %zu by %zux%zu pool %zu %1s", unit, &layer->maps, &height, &layer->side, &layer->pool, rest);
    bool is_whole = n == 5 || (n == 4 && !strstr(text, "pool") && sscanf(text, " %*s %*s by %*s %1s", rest) != 1);
    if (!is_whole)
        return fail_layer(index, text, "not understood", error);
    if (strcmp(unit, "relu") != 0 && strcmp(unit, "tanh") != 0)
        return fail_layer(index, text, "another kind of units", error);
    layer->unit = unit[0] == 'r' ? HM_SCENE_RELU : HM_SCENE_TANH;
    return check_layer(layer, height, index, text, error);
}

hm_status hm_scene_layers_parse(const char *text, hm_scene_layer layer[HM_SCENE_LAYERS_MAX], size_t *n, hm_error *error)
{
    size_t n_below = 3; /* Y, U and V */
    hm_status status = HM_OK;
    *n = 0;
    for (const char *at = text, *end; status == HM_OK && at; at = end ? end + 1 : NULL, ++*n) {
        char one[80];
        end = strchr(at, '|');
        snprintf(one, sizeof one, "%.*s", end ? (int)(end - at) : (int)sizeof one, at);
        if (*n == HM_SCENE_LAYERS_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT, "layers \"%.80s\": more than %d", text, HM_SCENE_LAYERS_MAX);
        status = parse_layer(one, *n, &layer[*n], error);
        layer[*n].n_below = n_below;
        n_below = layer[*n].maps;
    }
    return status;
}
