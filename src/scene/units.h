/* What follows a convolution: sums are normalised or get their biases, become units, and are pooled by their largest. */
#ifndef HM_SCENE_UNITS_H
#define HM_SCENE_UNITS_H

#include "compute/maps.h"
#include "scene/scene_net.h"

/* A layer at a scale, in a batch: sums [n][height][width][maps] and what becomes of them, each a quarter as many for a pool of 2. */
typedef struct hm_scene_units {
    const hm_scene_norm *norm;
    size_t pool;
    hm_maps sums, out;
    float *scale, *offset, *mean, *deviation_inverse; /* [stride]: of this batch; unit = f(scale sum + offset) */
    double *part;                                     /* [rows of out][2][stride] */
} hm_scene_units;

/* Doubles of `part`. */
size_t hm_scene_units_parts(const hm_scene_units *units);

/* Units from sums: normalised by the batch, whose moments are taken into the running ones, or by the running ones. */
void hm_scene_units_forward(const hm_context *context, const hm_scene_units *units, bool is_learning);

/* Turns sums into the gradient for them, from that for `out`, whose maps are the gradient of `out` here. gain and bias are gradients
 * that are added to; gain null without normalisation. */
void hm_scene_units_backward(const hm_context *context, const hm_scene_units *units, const hm_maps *out, float *gain, float *bias);

#endif
