/* Maps with their channels last, and convolutions that keep their size: what a feed-forward net over whole pictures is made of.
 *
 * The maps of a picture lie [height + 2 margin][width + 2 margin][stride], the first `channels` of a place in use, and pictures behind
 * one another. A margin of zeros is what filters see beyond the edge; nothing here writes to it. A row of a filter then sees what lies
 * together, and no patch is ever gathered. Where the context computes in bfloat16, both directions do (sums are float32): strides are then
 * even, and what pads the channels of an odd number is zero.
 *
 * A bank is the filters of one convolution, of an odd side: weights[side][side][n_below][n_above]. Sums are in the order of the taps,
 * and work is cut by rows of places, so that results do not depend on the number of threads. */
#ifndef HM_COMPUTE_MAPS_H
#define HM_COMPUTE_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>

enum { HM_MAPS_LANES = 16 }; /* channels are padded to so many where a convolution writes them */

typedef struct hm_maps {
    size_t n, height, width, channels, margin, stride;
    float *data;
} hm_maps;

/* Channels in whole vectors. */
static inline size_t hm_maps_stride(size_t channels)
{
    return (channels + HM_MAPS_LANES - 1) / HM_MAPS_LANES * HM_MAPS_LANES;
}

/* Floats of all of it, margins included. */
static inline size_t hm_maps_floats(const hm_maps *maps)
{
    return maps->n * (maps->height + 2 * maps->margin) * (maps->width + 2 * maps->margin) * maps->stride;
}

/* The channels of a place, which may lie in the margin. */
static inline float *hm_maps_at(const hm_maps *maps, size_t picture, ptrdiff_t y, ptrdiff_t x)
{
    ptrdiff_t height = (ptrdiff_t)(maps->height + 2 * maps->margin), width = (ptrdiff_t)(maps->width + 2 * maps->margin);
    ptrdiff_t margin = (ptrdiff_t)maps->margin;
    return maps->data + (((ptrdiff_t)picture * height + y + margin) * width + x + margin) * (ptrdiff_t)maps->stride;
}

typedef struct hm_bank {
    size_t side, n_below, n_above;
    float *up;       /* [side side n_below][stride of n_above] */
    float *down;     /* [side side n_above][stride of n_below], turned by half a circle; null: the bank goes up alone */
    float *gradient; /* as up; null likewise */
    uint32_t *step;  /* of the taps */
    uint32_t *up16, *down16; /* the same as pairs of bfloat16, [side side pairs][stride]; null: float32 alone */
    uint32_t *maps16;        /* room for maps as pairs, as long as the largest so far */
    size_t n_maps16;
} hm_bank;

/* Filters all zero. */
hm_status hm_bank_create(const hm_context *context, size_t side, size_t n_below, size_t n_above, bool is_learning, hm_bank *bank,
                         hm_error *error);
void hm_bank_clear(const hm_context *context, hm_bank *bank); /* a zeroed one is allowed */

/* Takes over weights. */
void hm_bank_pack(hm_bank *bank, const float *weights);

/* out = filters over in, whose margin is side / 2 or more. Both have as many pictures, of the same size; out's stride is whole vectors,
 * whose rest is zero. The bank's tables are its own: one call at a time. */
void hm_maps_convolve(const hm_context *context, hm_bank *bank, const hm_maps *in, const hm_maps *out);
/* Room for maps of so many floats as bfloat16, where the context wants that: before the first call with maps that large. */
hm_status hm_bank_reserve(const hm_context *context, hm_bank *bank, size_t n_floats, hm_error *error);

/* The transpose: what a gradient of `out`, margin side / 2 or more, is for `in`. */
void hm_maps_convolve_back(const hm_context *context, hm_bank *bank, const hm_maps *out, const hm_maps *in);

/* gradient[side][side][n_below][n_above] += sum over pictures and places of what a tap sees in `in` times `out`. */
void hm_maps_correlate(const hm_context *context, hm_bank *bank, const hm_maps *in, const hm_maps *out, float *gradient);

#endif
