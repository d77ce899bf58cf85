/* Pictures of any size laid into a frame: cropped, padded, resized. */
#ifndef HM_DATA_FITTING_H
#define HM_DATA_FITTING_H

#include <stdbool.h>
#include <stddef.h>

#include "data/picture.h"

/* The middle of a picture, window_height x window_width, is resized to inner_height x inner_width
 * and stands in the middle of height x width; what it leaves free is the mean of the border of that
 * window, channel by channel. */
typedef struct hm_fitting {
    size_t window_height, window_width;
    size_t inner_height, inner_width;
    size_t height, width;
} hm_fitting;

/* HM_FIT_NONE stretches; the other two keep the shape of what is seen, HM_FIT_CROP losing edges and
 * HM_FIT_PAD adding them, and without `is_resized` its size too (height x width must then be no
 * larger, or no smaller): the size that `longest` leaves it. */
hm_fitting hm_fitting_of(int fit, bool is_resized, size_t longest, const hm_picture *picture, size_t height,
                         size_t width);

/* The size of a picture when its longest side has shrunk to `longest` (0: it stays). */
void hm_fitting_shrink(size_t longest, size_t *height, size_t *width);

/* out[n_channels][height][width]; a grey picture fills three channels alike. */
hm_status hm_picture_fit(const hm_context *context, const hm_picture *picture,
                         const hm_fitting *fitting, size_t n_channels, float *out, hm_error *error);

#endif
