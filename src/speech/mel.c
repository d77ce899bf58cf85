/* Mel bands as sphinx_fe makes them (-round_filters yes -unit_area yes). With mel(f) = 2595 log10(1 + f / 700), the edges e_0 ..
 * e_{n+1} are evenly apart in mel and rounded to points of the transform; band b rises from e_b to e_{b+1} and falls to e_{b+2}:
 *
 *     w_b(f) = 2 / (e_{b+2} - e_b) min((f - e_b) / (e_{b+1} - e_b), (e_{b+2} - f) / (e_{b+2} - e_{b+1}))
 *
 * whose area is 1. */
#include "speech/mel.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"

/* Added to the power before its logarithm, so that silence is -9.2 and not minus infinity; in squares of 16-bit samples. */
static const float floor_of_power = 1e-4f;

static double mel_of(double f)
{
    return 2595 * log10(1 + f / 700);
}

static double frequency_of(double mel)
{
    return 700 * (pow(10, mel / 2595) - 1);
}

/* Of n_bands + 2, in Hz, before it is rounded. */
static double edge(const hm_front_end_config *c, size_t i)
{
    double low = mel_of(c->lower), high = mel_of(c->upper);
    return frequency_of(low + (double)i * (high - low) / (double)(c->bands + 1));
}

static size_t point(const hm_front_end_config *c, size_t i)
{
    return (size_t)(edge(c, i) * (double)c->fft / (double)c->rate + 0.5);
}

void hm_front_end_centres(const hm_front_end_config *c, double *hertz)
{
    for (size_t b = 0; b < (size_t)c->bands; b++)
        hertz[b] = edge(c, b + 1);
}

/* The weight at both ends is 0. */
static void fill(hm_mel *mel, const hm_front_end_config *c, size_t b)
{
    const double hertz = (double)c->rate / (double)c->fft; /* from point to point */
    size_t left = point(c, b), middle = point(c, b + 1), right = point(c, b + 2);
    mel->start[b] = left;
    mel->width[b] = right - left;
    for (size_t k = 0; k < mel->width[b]; k++) {
        double rise = (double)k / (double)(middle - left), fall = (double)(right - left - k) / (double)(right - middle);
        mel->weight[b * mel->stride + k] = (float)(fmin(rise, fall) * 2 / ((double)(right - left) * hertz));
    }
}

hm_status hm_mel_init(hm_mel *mel, const hm_context *context, const hm_front_end_config *c, hm_error *error)
{
    *mel = (hm_mel){.context = context, .n = (size_t)c->bands};
    for (size_t i = 0; i <= mel->n; i++)
        if (point(c, i) == point(c, i + 1))
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "bands = %zu: of band %zu the edges %.0f and %.0f Hz are one point of %lld of the transform; take fewer bands, or a "
                           "larger fft",
                           mel->n, i + 1, edge(c, i), edge(c, i + 1), (long long)c->fft);
    for (size_t b = 0; b < mel->n; b++) {
        size_t width = point(c, b + 2) - point(c, b);
        mel->stride = width > mel->stride ? width : mel->stride;
    }
    mel->start = hm_alloc(context, 2 * mel->n, sizeof *mel->start, error);
    mel->weight = mel->start ? hm_alloc(context, mel->n * mel->stride, sizeof *mel->weight, error) : NULL;
    if (!mel->weight)
        return HM_ERROR_MEMORY;
    mel->width = mel->start + mel->n;
    for (size_t b = 0; b < mel->n; b++)
        fill(mel, c, b);
    return HM_OK;
}

void hm_mel_clear(hm_mel *mel)
{
    hm_free(mel->context, mel->start);
    hm_free(mel->context, mel->weight);
}

void hm_mel_apply(const hm_mel *mel, const float *power, float *bands)
{
    for (size_t b = 0; b < mel->n; b++) {
        const float *weight = mel->weight + b * mel->stride, *at = power + mel->start[b];
        float sum = 0;
        for (size_t k = 0; k < mel->width[b]; k++)
            sum += weight[k] * at[k];
        bands[b] = logf(sum + floor_of_power);
    }
}
