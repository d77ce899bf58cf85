/* What a network sees of a picture [Farabet13, section 3]: the bands of a Laplacian pyramid [Burt, Adelson 1983], each normalised locally.
 *
 *     G_0 = the picture        G_s+1 = every second pixel of G_s smoothed by (1 4 6 4 1) / 16
 *     L_s = G_s - up(G_s+1)    L_n-1 = G_n-1
 *
 * where up() puts zeros between pixels and smooths by twice the mask, so that the bands, put together again, are the picture. Then
 *
 *     L'(x) = (L(x) - m(x)) / max(sd(x), least)
 *
 * with mean and deviation of the square window around x, as far as it lies inside the picture. */
#include <harmonium/scene.h>

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "scene/pixels.h"

enum { SCALES_USUAL = 3, WINDOW_USUAL = 15 };
static const float LEAST_USUAL = 0.001f;
static const float MASK[] = {6 / 16.0f, 4 / 16.0f, 1 / 16.0f};

static hm_scene_pyramid_config with_defaults(const hm_scene_pyramid_config *config)
{
    hm_scene_pyramid_config c = config ? *config : (hm_scene_pyramid_config){0};
    c.n_scales = c.n_scales ? c.n_scales : SCALES_USUAL;
    c.window = c.window ? c.window : WINDOW_USUAL;
    c.least_deviation = c.least_deviation == 0 ? LEAST_USUAL : c.least_deviation;
    return c;
}

void hm_scene_yuv(hm_scene_picture *picture)
{
    size_t n = picture->height * picture->width;
    float *first = picture->values, *second = first + n, *third = second + n;
    for (size_t i = 0; i < n; i++) {
        float red = first[i], blue = third[i];
        float Y = 0.299f * red + 0.587f * second[i] + 0.114f * blue;
        first[i] = Y;
        second[i] = 0.492f * (blue - Y);
        third[i] = 0.877f * (red - Y);
    }
}

size_t hm_scene_pyramid_shape(const hm_scene_pyramid_config *config, size_t height, size_t width, hm_scene_band *band)
{
    size_t n_scales = with_defaults(config).n_scales, first = 0;
    for (size_t s = 0; s < n_scales && s < HM_SCENE_SCALES_MAX; s++) {
        band[s] = (hm_scene_band){height, width, first};
        first += 3 * height * width;
        height = (height + 1) / 2;
        width = (width + 1) / 2;
    }
    return first;
}

/* ---- The bands --------------------------------------------------------------------------------- */

/* small, half of large: scratch is two planes of the size of large. */
static void reduce(const hm_scene_band *large, const float *in, const hm_scene_band *small, float *scratch, float *out)
{
    float *smooth = scratch + large->height * large->width;
    hm_plane_smooth(&(hm_smoothing){MASK, 2}, large->height, large->width, in, scratch, smooth);
    for (size_t y = 0; y < small->height; y++)
        for (size_t x = 0; x < small->width; x++)
            out[y * small->width + x] = smooth[2 * y * large->width + 2 * x];
}

/* Place i of a line twice as fine as line[n], `step` apart: (1 6 1) / 8 on a pixel, (1 1) / 2 between two. */
static float between(const float *line, size_t step, size_t n, size_t i)
{
    size_t here = i / 2, before = here ? here - 1 : 0, after = here + 1 < n ? here + 1 : n - 1;
    if (i % 2)
        return (line[here * step] + line[after * step]) / 2;
    return (line[before * step] + 6 * line[here * step] + line[after * step]) / 8;
}

/* Takes up(small) from large: wide[small->height][large->width] is scratch. */
static void subtract_expanded(const hm_scene_band *small, const float *in, const hm_scene_band *large, float *wide, float *out)
{
    for (size_t y = 0; y < small->height; y++)
        for (size_t x = 0; x < large->width; x++)
            wide[y * large->width + x] = between(in + y * small->width, 1, small->width, x);
    for (size_t y = 0; y < large->height; y++)
        for (size_t x = 0; x < large->width; x++)
            out[y * large->width + x] -= between(wide + x, large->width, small->height, y);
}

static void make_bands(const hm_scene_band *band, size_t n_scales, size_t plane, float *values, float *scratch)
{
    for (size_t s = 0; s + 1 < n_scales; s++) {
        const hm_scene_band *large = &band[s], *small = &band[s + 1];
        float *here = values + large->first + plane * large->height * large->width;
        float *next = values + small->first + plane * small->height * small->width;
        reduce(large, here, small, scratch, next);
        subtract_expanded(small, next, large, scratch, here);
    }
}

/* ---- Local normalisation ----------------------------------------------------------------------- */

/* sum[height + 1][width + 1][2]: of all values above and left of a place, and of their squares. */
static void sum_up(const hm_scene_band *band, const float *values, double *sum)
{
    size_t row = 2 * (band->width + 1);
    for (size_t k = 0; k < row; k++)
        sum[k] = 0;
    for (size_t y = 0; y < band->height; y++) {
        double *s = sum + (y + 1) * row, line[2] = {0, 0};
        s[0] = s[1] = 0;
        for (size_t x = 0; x < band->width; x++) {
            double value = values[y * band->width + x];
            line[0] += value;
            line[1] += value * value;
            for (size_t k = 0; k < 2; k++)
                s[2 * (x + 1) + k] = s[2 * (x + 1) + k - row] + line[k];
        }
    }
}

typedef struct range {
    size_t begin, end;
} range;

static range window_at(size_t i, size_t half, size_t n)
{
    return (range){i < half ? 0 : i - half, i + half < n ? i + half + 1 : n};
}

static double sum_of(const double *sum, size_t row, range y, range x, size_t k)
{
    return sum[y.end * row + 2 * x.end + k] - sum[y.begin * row + 2 * x.end + k] - sum[y.end * row + 2 * x.begin + k] +
           sum[y.begin * row + 2 * x.begin + k];
}

static void normalise(const hm_scene_pyramid_config *config, const hm_scene_band *band, float *values, double *sum)
{
    size_t half = config->window / 2, row = 2 * (band->width + 1);
    sum_up(band, values, sum);
    for (size_t i = 0; i < band->height * band->width; i++) {
        range y = window_at(i / band->width, half, band->height), x = window_at(i % band->width, half, band->width);
        double n = (double)((y.end - y.begin) * (x.end - x.begin));
        double m = sum_of(sum, row, y, x, 0) / n;
        double variance = sum_of(sum, row, y, x, 1) / n - m * m; /* rounding may leave it below zero */
        values[i] = (float)((values[i] - m) / fmax(sqrt(fmax(variance, 0)), config->least_deviation));
    }
}

/* ---- All of it --------------------------------------------------------------------------------- */

static hm_status check(const hm_scene_picture *picture, const hm_scene_pyramid_config *c, hm_error *error)
{
    if (c->n_scales > HM_SCENE_SCALES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a pyramid of %zu scales is too high; at most %d", c->n_scales, HM_SCENE_SCALES_MAX);
    if (c->window % 2 == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a window of %zu pixels has no middle; make it odd", c->window);
    if (!(c->least_deviation > 0))
        return hm_fail(error, HM_ERROR_ARGUMENT, "a least deviation of %g is not positive", (double)c->least_deviation);
    return hm_scene_picture_check(picture, error);
}

hm_status hm_scene_pyramid(const hm_scene_picture *picture, const hm_scene_pyramid_config *config, float *values, hm_error *error)
{
    const hm_scene_pyramid_config c = with_defaults(config);
    hm_scene_band band[HM_SCENE_SCALES_MAX];
    hm_status status = check(picture, &c, error);
    if (status != HM_OK)
        return status;
    hm_scene_pyramid_shape(&c, picture->height, picture->width, band);
    double *sum = hm_alloc(picture->context, picture->height + 1, 2 * (picture->width + 1) * sizeof *sum, error);
    if (!sum)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < 3 * picture->height * picture->width; i++)
        values[i] = picture->values[i];
    for (size_t plane = 0; plane < 3; plane++) {
        make_bands(band, c.n_scales, plane, values, (float *)sum);
        for (size_t s = 0; !c.is_raw && s < c.n_scales; s++)
            normalise(&c, &band[s], values + band[s].first + plane * band[s].height * band[s].width, sum);
    }
    hm_free(picture->context, sum);
    return HM_OK;
}
