/* Swatches and names, column beside column. */
#include "scene/legend.h"

#include <math.h>

#include "base/count.h"
#include "show/image.h"

enum { SWATCH = 14, LINE = 20, TEXT_SIZE = 12, MARGIN = 6 };

hm_legend hm_legend_lay_out(const hm_scene_classes *classes, size_t width)
{
    double widest = 0;
    for (size_t i = 0; i <= classes->n; i++)
        widest = fmax(widest, hm_text_width(TEXT_SIZE, classes->name[i]));
    hm_legend l = {.classes = classes, .cell = 3 * MARGIN + SWATCH + (size_t)ceil(widest)};
    l.n_cols = width / l.cell > 0 ? width / l.cell : 1;
    l.height = hm_n_parts(classes->n + 1, l.n_cols) * LINE;
    return l;
}

void hm_legend_draw(const hm_legend *l, size_t left, size_t top, hm_image *image)
{
    for (size_t i = 0; i <= l->classes->n; i++) {
        size_t x = left + i % l->n_cols * l->cell + MARGIN, y = top + i / l->n_cols * LINE + (LINE - SWATCH) / 2;
        hm_image_fill(image, x, y, SWATCH, SWATCH, l->classes->colour[i]);
        hm_image_text(image, (double)(x + SWATCH + MARGIN), (double)y + SWATCH / 2.0, TEXT_SIZE, l->classes->name[i]);
    }
}
