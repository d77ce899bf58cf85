/* Mel bands: triangular filters over a power spectrum. */
#ifndef HM_SPEECH_MEL_H
#define HM_SPEECH_MEL_H

#include <harmonium/speech.h>

/* Band b is the sum over k < width[b] of weight[b * stride + k] * power[start[b] + k]. */
typedef struct hm_mel {
    const hm_context *context;
    size_t n, stride;
    size_t *start, *width; /* [n]: in points of the transform */
    float *weight;         /* [n][stride] */
} hm_mel;

/* HM_ERROR_ARGUMENT when neighbours of a band fall on its own point of the transform. hm_mel_clear whatever happened. */
hm_status hm_mel_init(hm_mel *mel, const hm_context *context, const hm_front_end_config *config, hm_error *error);
void hm_mel_clear(hm_mel *mel);

/* bands[n]: the natural logarithms of the power in each, of power[fft / 2 + 1]. */
void hm_mel_apply(const hm_mel *mel, const float *power, float *bands);

#endif
