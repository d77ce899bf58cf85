/* What is done to a row of values between the file and the learner. */
#ifndef HM_DATA_TRANSFORM_H
#define HM_DATA_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>

#include <harmonium/random.h>

/* Where a picture of height x width comes to stand: its pixel (y + top, x + left) becomes (y, x) of out_height x
 * out_width, and what lies beyond the picture is 0. Frames have negative top and left, windows positive ones. */
typedef struct hm_placing {
    size_t height, width;
    size_t out_height, out_width;
    ptrdiff_t top, left;
} hm_placing;

/* x becomes x * factor + offset; pictures are placed; then (x - shift) / spread, or 1 if above the threshold and else
 * 0. */
typedef struct hm_transform {
    float factor, offset;
    const float *shift, *spread; /* [n] each; both null without standardising */
    bool has_threshold;
    float threshold;
    bool is_sampled; /* see hm_transform_sample */
    size_t jitter;   /* see hm_transform_jitter; 0: none */
    bool is_mirrored; /* see hm_transform_mirror */
    size_t frame_height, frame_width; /* 0: no frame */
    size_t crop_height, crop_width;   /* 0: no window */
    bool is_crop_random;              /* else the window is the middle one */
} hm_transform;

/* Scales, in place on row[n]. */
void hm_transform_scale(const hm_transform *transform, float *row, size_t n);

/* Whether pictures are put into a frame or windows of them taken. */
bool hm_transform_places(const hm_transform *transform);

/* The height and width that pictures of *height x *width have when they are placed. */
void hm_transform_place_size(const hm_transform *transform, size_t *height, size_t *width);

/* How case `index`, a picture of height x width, is placed. Its inner part, inner_height x inner_width in the middle, is
 * what it is without padding: unless there is a frame, a window lies in that (the middle one with `random` null, or by the
 * draws of units 0 and 1), which must be no smaller. */
hm_placing hm_transform_placing(const hm_transform *transform, const hm_random *random, uint64_t index, size_t height,
                                size_t width, size_t inner_height, size_t inner_width);

/* From in[channels][height][width] to out[channels][out_height][out_width], which must not overlap. */
void hm_transform_place(const hm_placing *placing, size_t channels, const float *in, float *out);

/* Shifts and divides, in place on row[n], if asked to. Whoever reads must then look for what is not
 * finite, because the next step would hide it. */
void hm_transform_standardise(const hm_transform *transform, float *row, size_t n);

/* Mirrors a picture left-right, in place: always, or (draw) whether the draw of unit 0 of case `index` says so. */
void hm_transform_mirror(float *row, size_t n_rows, size_t width);
bool hm_transform_draw_mirror(const hm_random *random, uint64_t index);

/* Cuts at the threshold, if there is one. */
void hm_transform_cut(const hm_transform *transform, float *row, size_t n);

/* Moves a picture of channels x height x width in place by -most .. most pixels down and across, the draws of units 0
 * and 1 of case `index`; what comes in at a border repeats the border. */
void hm_transform_jitter(const hm_random *random, uint64_t index, float *row, size_t channels, size_t height,
                         size_t width, size_t most);

/* In place, row[i] becomes 1 with probability row[i], else 0: the draw of case `index`, unit i.
 * Returns false, with *bad the first that is no probability, if there is one. */
bool hm_transform_sample(const hm_random *random, uint64_t index, float *row, size_t n,
                         size_t *bad);

#endif
