/* Planes of pixels: smoothing, neighbours, differences in colour. */
#ifndef HM_SCENE_PIXELS_H
#define HM_SCENE_PIXELS_H

#include <harmonium/scene.h>

/* out[height][width] = in, smoothed by mask[radius + 1] (its middle and one side) along rows and then columns; beyond the edges the outermost
 * pixel goes on. scratch[height][width]; out may be in. */
typedef struct hm_smoothing {
    const float *mask;
    size_t radius;
} hm_smoothing;

void hm_plane_smooth(const hm_smoothing *smoothing, size_t height, size_t width, const float *in, float *scratch, float *out);

/* The neighbours of pixel i that come after it: right, below left, below, below right, as far as they are inside; returns how many, in
 * the order of their numbers. */
enum { HM_NEIGHBOURS_AFTER = 4 };
size_t hm_pixel_neighbours(size_t height, size_t width, size_t i, size_t neighbour[HM_NEIGHBOURS_AFTER]);

/* The Euclidean distance of the colours of pixels i and j of values[3][n]. */
float hm_colour_distance(const float *values, size_t n, size_t i, size_t j);

/* HM_ERROR_ARGUMENT for no pixels or more than 2^28, HM_ERROR_NUMERIC for a value that is not finite. */
hm_status hm_scene_picture_check(const hm_scene_picture *picture, hm_error *error);

#endif
