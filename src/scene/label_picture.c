/* Label pictures: a byte for each pixel, the number of its class, as PNG. */
#include <harmonium/scene.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "data/picture.h"
#include "show/image.h"

static hm_status check_labels(const hm_scene_classes *classes, const char *path, const hm_label_picture *picture, hm_error *error)
{
    for (size_t i = 0; i < picture->height * picture->width; i++)
        if (picture->labels[i] > classes->n)
            return hm_fail(error, HM_ERROR_FORMAT, "%s: label %d at column %zu of row %zu, and there are but %zu classes (%zu: unlabelled)",
                           path, picture->labels[i], i % picture->width, i / picture->width, classes->n, classes->n);
    return HM_OK;
}

static hm_status decode(hm_source *source, hm_label_picture *picture, hm_error *error)
{
    hm_picture indices = {0};
    hm_status status = hm_png_decode_indices(source, UINT64_MAX, &indices, error);
    *picture = (hm_label_picture){source->context, indices.height, indices.width, indices.pixels};
    return status;
}

hm_status hm_label_picture_load(const hm_scene_classes *classes, const char *path, hm_label_picture *picture, hm_error *error)
{
    hm_source source;
    *picture = (hm_label_picture){.context = classes->context};
    hm_status status = hm_source_open(classes->context, path, &source, error);
    if (status != HM_OK)
        return status;
    status = decode(&source, picture, error);
    if (status == HM_OK)
        status = check_labels(classes, path, picture, error);
    if (status != HM_OK)
        hm_label_picture_clear(picture);
    hm_source_close(&source);
    return status;
}

void hm_label_picture_clear(hm_label_picture *picture)
{
    hm_free(picture->context, picture->labels);
    picture->labels = NULL;
}

hm_status hm_label_picture_save(const hm_label_picture *picture, const char *path, hm_error *error)
{
    return hm_png_save_grey(picture->labels, picture->width, picture->height, path, error);
}
