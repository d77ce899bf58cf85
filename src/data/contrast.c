/* Local contrast, made even. K. Jarrett, K. Kavukcuoglu, M. Ranzato and Y. LeCun, What is the best multi-stage
 * architecture for object recognition?, ICCV 2009: with G a Gaussian window,
 *
 *     v = x - G * x        d = sqrt(G * v^2)        y = v / max(d, c)
 *
 * Here c is the 30 % quantile of d over the picture (theirs is its mean), so that noise in flat parts is not made as loud as
 * edges but most of the picture is made even. At borders the window is cut off and its weights add up to 1 again
 * (normalised convolution). */
#include "data/filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RADIUS = 12 }; /* three deviations of the window hold 99.7 % of it */
static const float sigma = 4;

static void make_window(float window[RADIUS + 1])
{
    for (int i = 0; i <= RADIUS; i++)
        window[i] = expf(-(float)(i * i) / (2 * sigma * sigma));
}

/* out[i * stride] is the weighted mean of in[j * stride] around it; runs of `length` are neighbours. */
static void blur_axis(const float *window, size_t n, size_t stride, size_t length, const float *in, float *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t begin = i > RADIUS ? i - RADIUS : 0, end = i + RADIUS < n ? i + RADIUS + 1 : n;
        float *to = out + i * stride, sum = 0;
        memset(to, 0, length * sizeof *to);
        for (size_t j = begin; j < end; j++) {
            float weight = window[i > j ? i - j : j - i];
            sum += weight;
            for (size_t k = 0; k < length; k++)
                to[k] += weight * in[j * stride + k];
        }
        for (size_t k = 0; k < length; k++)
            to[k] /= sum;
    }
}

/* G * in; the window is a product of its two axes, borders or not. */
static void blur(size_t height, size_t width, const float *in, float *between, float *out)
{
    float window[RADIUS + 1];
    make_window(window);
    blur_axis(window, height, width, width, in, between);
    for (size_t y = 0; y < height; y++)
        blur_axis(window, width, 1, 1, between + y * width, out + y * width);
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* What a deviation counts as at the least. Where less than 70 % of a picture is not flat the quantile is 0 or the rounding of
 * what lies further off, and a ten-thousandth of the largest deviation is what can still be told from it. */
static float least_deviation(const float *deviation, size_t n, float *sorted)
{
    const float quantile = 0.3f, rounding = 1e-4f;
    memcpy(sorted, deviation, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_floats);
    return fmaxf(sorted[(size_t)(quantile * (float)(n - 1))], rounding * sorted[n - 1]);
}

/* So that a flat picture is 0 to the last bit, and not a rounding that would be made loud. */
static void subtract_mean(float *plane, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)plane[i];
    for (size_t i = 0; i < n; i++)
        plane[i] -= (float)(sum / (double)n);
}

void hm_contrast_normalise(size_t height, size_t width, float *plane, float *scratch)
{
    const size_t n = height * width;
    float *between = scratch, *local = scratch + n, *square = scratch + 2 * n;
    subtract_mean(plane, n);
    blur(height, width, plane, between, local);
    for (size_t i = 0; i < n; i++) {
        plane[i] -= local[i];
        square[i] = plane[i] * plane[i];
    }
    blur(height, width, square, between, local);
    for (size_t i = 0; i < n; i++)
        local[i] = sqrtf(local[i]);
    float least = least_deviation(local, n, between);
    for (size_t i = 0; i < n && least > 0; i++)
        plane[i] /= fmaxf(local[i], least);
}

void hm_contrast_scale(float *values, size_t n, float wanted)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i] * (double)values[i];
    float factor = sum > 0 ? wanted / (float)sqrt(sum / (double)n) : 0;
    for (size_t i = 0; i < n; i++)
        values[i] *= factor;
}
