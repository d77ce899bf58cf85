/* Maps made larger by interpolating between places, and the transpose of that. */
#ifndef HM_SCENE_ENLARGE_H
#define HM_SCENE_ENLARGE_H

#include "compute/maps.h"

/* Between which two of n places a point of their line lies, and how near to the second; beyond the ends the outermost goes on. */
typedef struct hm_between {
    size_t first, second;
    float share; /* of the second */
} hm_between;

static inline hm_between hm_between_of(float at, size_t n)
{
    size_t first = at > 0 ? (size_t)at : 0;
    hm_between b = {first, first + 1, at > 0 ? at - (float)first : 0};
    b.first = b.first < n ? b.first : n - 1;
    b.second = b.second < n ? b.second : n - 1;
    return b;
}

/* The same of place i of a line `factor` times as fine: both cover the same, so that place 0 of four lies 3/8 before place 0. */
static inline hm_between hm_between_at(size_t i, size_t factor, size_t n)
{
    return hm_between_of(((float)i + 0.5f) / (float)factor - 0.5f, n);
}

/* large += small, interpolated; sizes of large are at most `factor` times those of small. Both have the same stride. */
void hm_maps_enlarge(const hm_context *context, const hm_maps *small, size_t factor, const hm_maps *large);

/* The transpose: small = the gradient of `large`, gathered. */
void hm_maps_gather(const hm_context *context, const hm_maps *large, size_t factor, const hm_maps *small);

/* The same where `large` is larger in height alone. */
void hm_maps_gather_rows(const hm_context *context, const hm_maps *large, size_t factor, const hm_maps *small);

#endif
