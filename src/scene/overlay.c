/* A picture under the colours of its labels, with a legend. */
#include <float.h>
#include <harmonium/scene.h>

#include "base/check.h"
#include "base/fail.h"
#include "scene/legend.h"
#include "show/image.h"

/* (1 - opacity) picture + opacity colour, channel by channel. */
static uint32_t mix(const hm_scene_picture *picture, size_t i, uint32_t colour, float opacity)
{
    uint32_t mixed = 0;
    for (size_t c = 0; c < 3; c++) {
        float value = picture->values[c * picture->height * picture->width + i];
        float own = (float)(colour >> (16 - 8 * c) & 255) / 255;
        mixed = mixed << 8 | (hm_grey_of((1 - opacity) * value + opacity * own) & 255);
    }
    return mixed;
}

hm_status hm_scene_overlay(const hm_scene_picture *picture, const hm_label_picture *labels, const hm_scene_classes *classes, float opacity,
                           hm_image **image, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, picture, labels, classes));
    HM_REQUIRE(hm_check_number("opacity", opacity, FLT_MIN, 1, error));
    size_t width = picture->width, height = picture->height;
    hm_legend l = hm_legend_lay_out(classes, width);
    if (labels->height != height || labels->width != width)
        return hm_fail(error, HM_ERROR_MISMATCH, "labels of %zu x %zu pixels do not belong to a picture of %zu x %zu", labels->height,
                       labels->width, height, width);
    size_t wide = width > l.cell ? width : l.cell;
    hm_status status = hm_image_create(picture->context, wide, height + l.height, HM_COLOUR_PAPER, image, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < height * width; i++)
        hm_image_set(*image, i % width, i / width, mix(picture, i, classes->colour[labels->labels[i]], opacity));
    hm_legend_draw(&l, 0, height, *image);
    return HM_OK;
}
