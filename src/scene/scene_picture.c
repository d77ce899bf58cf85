/* A picture of a scene as planes of floats. */
#include <harmonium/scene.h>

#include "base/alloc.h"
#include "base/check.h"
#include "data/picture.h"

static hm_status to_floats(const hm_context *context, const hm_picture *bytes, hm_scene_picture *picture, hm_error *error)
{
    size_t n = bytes->height * bytes->width;
    float *values = hm_alloc(context, n, 3 * sizeof *values, error);
    if (!values)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < 3 * n; i++)
        values[i] = hm_picture_value(bytes, i) / 255;
    *picture = (hm_scene_picture){context, bytes->height, bytes->width, values};
    return HM_OK;
}

hm_status hm_scene_picture_load(const hm_context *context, const char *path, hm_scene_picture *picture, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, path, picture));
    hm_source source;
    hm_picture bytes = {0};
    *picture = (hm_scene_picture){.context = context};
    hm_status status = hm_source_open(context, path, &source, error);
    if (status != HM_OK)
        return status;
    status = hm_picture_read(&source, UINT64_MAX, 3, &bytes, error);
    if (status == HM_OK)
        status = to_floats(context, &bytes, picture, error);
    hm_free(context, bytes.pixels);
    hm_source_close(&source);
    return status;
}

void hm_scene_picture_clear(hm_scene_picture *picture)
{
    hm_free(picture->context, picture->values);
    picture->values = NULL;
}
