/* What is done to a row of values between the file and the learner. */
#ifndef HM_DATA_TRANSFORM_H
#define HM_DATA_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>

#include <harmonium/random.h>

/* x becomes x * factor + offset, then (x - shift) / spread or 1 if above the threshold and else
 * 0. */
typedef struct hm_transform {
    float factor, offset;
    const float *shift, *spread; /* [n] each; both null without standardising */
    bool has_threshold;
    float threshold;
    bool is_sampled; /* see hm_transform_sample */
    size_t jitter;   /* see hm_transform_jitter; 0: none */
} hm_transform;

/* Scales, shifts and divides, in place on row[n]. Whoever reads must then look for what is not
 * finite, because the next step would hide it. */
void hm_transform_scale(const hm_transform *transform, float *row, size_t n);

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
