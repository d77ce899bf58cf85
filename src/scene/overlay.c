/* A picture under the colours of its labels, with a legend. */
#include <harmonium/scene.h>

#include <math.h>

#include "base/fail.h"
#include "show/image.h"

enum { SWATCH = 14, LINE = 20, TEXT_SIZE = 12, MARGIN = 6 };

typedef struct legend {
    const hm_scene_classes *classes;
    size_t cell; /* width of an entry: margin, swatch, margin, name, margin */
    size_t n_cols, n_rows;
} legend;

static legend lay_out(const hm_scene_classes *classes, size_t width)
{
    double widest = 0;
    for (size_t i = 0; i <= classes->n; i++)
        widest = fmax(widest, hm_text_width(TEXT_SIZE, classes->name[i]));
    legend l = {.classes = classes, .cell = 3 * MARGIN + SWATCH + (size_t)ceil(widest)};
    l.n_cols = width / l.cell > 0 ? width / l.cell : 1;
    l.n_rows = (classes->n + l.n_cols) / l.n_cols;
    return l;
}

static void draw_legend(const legend *l, size_t top, hm_image *image)
{
    for (size_t i = 0; i <= l->classes->n; i++) {
        size_t x = i % l->n_cols * l->cell + MARGIN, y = top + i / l->n_cols * LINE + (LINE - SWATCH) / 2;
        hm_image_fill(image, x, y, SWATCH, SWATCH, l->classes->colour[i]);
        hm_image_text(image, (double)(x + SWATCH + MARGIN), (double)y + SWATCH / 2.0, TEXT_SIZE, l->classes->name[i]);
    }
}

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
    size_t width = picture->width, height = picture->height;
    legend l = lay_out(classes, width);
    *image = NULL;
    if (labels->height != height || labels->width != width)
        return hm_fail(error, HM_ERROR_MISMATCH, "labels of %zu x %zu pixels do not belong to a picture of %zu x %zu", labels->height,
                       labels->width, height, width);
    size_t wide = width > l.cell ? width : l.cell;
    hm_status status = hm_image_create(picture->context, wide, height + l.n_rows * LINE, HM_COLOUR_PAPER, image, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < height * width; i++)
        hm_image_set(*image, i % width, i / width, mix(picture, i, classes->colour[labels->labels[i]], opacity));
    draw_legend(&l, height, *image);
    return HM_OK;
}
