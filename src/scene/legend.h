/* The names of the classes beside their colours, under a picture. */
#ifndef HM_SCENE_LEGEND_H
#define HM_SCENE_LEGEND_H

#include <harmonium/scene.h>

typedef struct hm_legend {
    const hm_scene_classes *classes;
    size_t cell; /* width of an entry: margin, swatch, margin, name, margin */
    size_t n_cols, height; /* height of all rows together */
} hm_legend;

/* Of all classes, and of what does not count, in as many columns as the width holds; at least one, which may be wider (`cell`). */
hm_legend hm_legend_lay_out(const hm_scene_classes *classes, size_t width);

/* From (left, top) on, inside the image. */
void hm_legend_draw(const hm_legend *legend, size_t left, size_t top, hm_image *image);

#endif
