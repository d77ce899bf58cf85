/* What pictures of spectrograms share: how dark a value is, and where a frequency lies. */
#ifndef HM_SHOW_SPECTROGRAM_H
#define HM_SHOW_SPECTROGRAM_H

#include <harmonium/show.h>

/* Values that are white and black. */
typedef struct hm_range {
    float light, dark;
} hm_range;

/* White up to the first quarter of the values, which is what lies behind the sound, black at the loudest. HM_ERROR_MEMORY. */
hm_status hm_range_of(const hm_context *context, hm_matrix values, hm_range *range, hm_error *error);
float hm_lightness(hm_range range, float value); /* 0 is black, 1 white; may lie beyond */

/* Which of hertz[n] is nearest. */
size_t hm_nearest_hertz(const double *hertz, size_t n, double wanted);

#endif
