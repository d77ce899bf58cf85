/* Differences and moments of frames. The difference is the slope of a straight line fitted to 2 K + 1 frames (HTK book, section
 * 5.9, with K = 2):
 *
 *     d_t = sum_{k=1..K} k (c_{t+k} - c_{t-k}) / (2 sum_{k=1..K} k^2) */
#include "speech/coefficients.h"

#include <math.h>

enum { K = 2 };

static size_t later(size_t t, size_t k, size_t n_frames)
{
    return t + k < n_frames ? t + k : n_frames - 1;
}

static size_t earlier(size_t t, size_t k)
{
    return t > k ? t - k : 0;
}

void hm_differences(const float *in, size_t n_frames, size_t n_cols, size_t stride, float *out)
{
    const float whole = 10; /* 2 (1 + 4) */
    for (size_t t = 0; t < n_frames; t++)
        for (size_t i = 0; i < n_cols; i++) {
            float sum = 0;
            for (size_t k = 1; k <= K; k++)
                sum += (float)k * (in[later(t, k, n_frames) * stride + i] - in[earlier(t, k) * stride + i]);
            out[t * stride + i] = sum / whole;
        }
}

void hm_moments_count(double *sums, const float *frames, size_t n, size_t n_cols)
{
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < n_cols; i++) {
            double x = (double)frames[t * n_cols + i];
            sums[i] += x;
            sums[n_cols + i] += x * x;
        }
}

/* A variance of less than a millionth of a millionth of the mean square is the rounding of the sums. */
void hm_moments_apply(const double *sums, size_t n_counted, float *frames, size_t n, size_t n_cols)
{
    const double rounding = 1e-12;
    for (size_t i = 0; i < n_cols; i++) {
        double mean = sums[i] / (double)n_counted, square = sums[n_cols + i] / (double)n_counted, variance = square - mean * mean;
        double scale = variance > rounding * square ? 1 / sqrt(variance) : 1;
        for (size_t t = 0; t < n; t++)
            frames[t * n_cols + i] = (float)(((double)frames[t * n_cols + i] - mean) * scale);
    }
}
