/* Convolution without patches, for a machine that is being learned: the filters in the form that the kernels for taps read
 * (kernels.h), and room for a batch.
 *
 * What one sum belongs to lies in vectors: the maps above on the way up and in the gradient, the channels on the way down, or the
 * whole patch where there are few channels. The weights stay the truth; whoever changes them clears is_current. */
#ifndef HM_COMPUTE_FILTERS_H
#define HM_COMPUTE_FILTERS_H

#include "compute/backend.h"

typedef struct hm_filters {
    const hm_panel_kernels *kernels;
    size_t C, H, W, K, h, w, fh, fw, patch, n_places, batch;
    size_t maps, channels; /* K and C in whole vectors */
    size_t ldw;            /* patch so, where it is spread; 0: channels are */
    uint32_t *place, *stored; /* s -> where its filter begins below, and (y, x) -> s */
    uint32_t *tap, *map;      /* (c, d) -> from where a filter begins; k -> where its map begins */
    float *up, *down;         /* [patch][maps]; [fh fw][K][channels] or [K][ldw] */
    float *states;            /* [batch n_places][maps] */
    float *gradient;          /* [patch][maps] */
    float *block;
    bool is_current;
} hm_filters;

/* *out stays null, without an error, where the backend is not ours or the shape is not one for it. */
hm_status hm_filters_create(const hm_context *context, const hm_layer *below, const hm_layer *above, size_t batch, hm_filters **out,
                            hm_error *error);
void hm_filters_destroy(const hm_context *context, hm_filters *filters); /* null is allowed */

/* The inputs of the driven units, biases included, into job->mean; false: not a job for it, nothing was done. */
bool hm_filters_propagate(const hm_context *context, hm_filters *filters, const float *weights, const hm_propagation *job);
bool hm_filters_correlate(const hm_context *context, hm_filters *filters, const hm_correlation *job, float *gradient);

#endif
