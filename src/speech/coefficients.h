/* What is done to frames of coefficients: differences in time, and normalising over many frames. */
#ifndef HM_SPEECH_COEFFICIENTS_H
#define HM_SPEECH_COEFFICIENTS_H

#include <stddef.h>

/* out[t * stride + i], i < n_cols, becomes the slope of in[t * stride + i] over 2 frames to each side; the first and the last
 * frame stand for those before and after. in and out are columns of the same rows. */
void hm_differences(const float *in, size_t n_frames, size_t n_cols, size_t stride, float *out);

/* Sums over frames[n][n_cols]: sum[n_cols], then those of squares [n_cols]. */
void hm_moments_count(double *sums, const float *frames, size_t n, size_t n_cols);

/* Shifts and divides frames[n][n_cols] by the mean and deviation that the sums over n_counted frames amount to. What does not vary
 * is shifted alone. */
void hm_moments_apply(const double *sums, size_t n_counted, float *frames, size_t n, size_t n_cols);

#endif
