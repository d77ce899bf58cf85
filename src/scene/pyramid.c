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
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
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

/* A line twice as fine: (1 6 1) / 8 on a pixel, (1 1) / 2 between two. out[width], width 2 n or one less. */
static void widen(const float *line, size_t n, float *out, size_t width)
{
    for (size_t i = 0; i < n; i++) {
        float before = line[i ? i - 1 : 0], here = line[i], after = line[i + 1 < n ? i + 1 : n - 1];
        out[2 * i] = (before + 6 * here + after) / 8;
        if (2 * i + 1 < width)
            out[2 * i + 1] = (here + after) / 2;
    }
}

/* Takes up(small) from large: wide[small->height][large->width] is scratch. */
static void subtract_expanded(const hm_scene_band *small, const float *in, const hm_scene_band *large, float *wide, float *out)
{
    size_t W = large->width;
    for (size_t y = 0; y < small->height; y++)
        widen(in + y * small->width, small->width, wide + y * W, W);
    for (size_t y = 0; y < large->height; y++, out += W) {
        size_t i = y / 2, last = small->height - 1;
        const float *before = wide + (i ? i - 1 : 0) * W, *here = wide + i * W, *after = wide + (i < last ? i + 1 : last) * W;
        if (y % 2)
            for (size_t x = 0; x < W; x++)
                out[x] -= (here[x] + after[x]) / 2;
        else
            for (size_t x = 0; x < W; x++)
                out[x] -= (before[x] + 6 * here[x] + after[x]) / 8;
    }
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

/* Sums of a window that moves along: of each column of its rows, and of its columns. */
typedef struct window {
    size_t half, height, width;
    double *sum, *square; /* [width]: of each column */
} window;

/* sign times a row of values, and their squares, to the sums of the columns. */
static void add_row(const window *w, const float *row, double sign)
{
    for (size_t x = 0; x < w->width; x++) {
        double value = row[x];
        w->sum[x] += sign * value;
        w->square[x] += sign * value * value;
    }
}

/* mean[width] and variance[width] of the windows around a row, of which n_rows lie inside. */
static void moments_of_row(const window *w, size_t n_rows, double *mean, double *variance)
{
    double sum = 0, square = 0;
    for (size_t x = 0; x < w->half && x < w->width; x++) {
        sum += w->sum[x];
        square += w->square[x];
    }
    for (size_t x = 0; x < w->width; x++) {
        size_t in = x + w->half, first = x > w->half ? x - w->half : 0;
        if (in < w->width) {
            sum += w->sum[in];
            square += w->square[in];
        }
        if (x > w->half) {
            sum -= w->sum[first - 1];
            square -= w->square[first - 1];
        }
        double n = (double)(n_rows * ((in < w->width ? in : w->width - 1) - first + 1));
        mean[x] = sum / n;
        variance[x] = square / n - mean[x] * mean[x]; /* rounding may leave it below zero */
    }
}

/* values[height][width] in place; before[height][width] is room for what they were, room[4 width] for a row. */
static void normalise(const hm_scene_pyramid_config *config, const hm_scene_band *band, float *values, float *before, double *room)
{
    size_t W = band->width, H = band->height;
    window w = {config->window / 2, H, W, room, room + W};
    double *mean = room + 2 * W, *variance = room + 3 * W, least = (double)config->least_deviation;
    memcpy(before, values, H * W * sizeof *before);
    memset(room, 0, 2 * W * sizeof *room);
    for (size_t y = 0; y < w.half && y < H; y++)
        add_row(&w, before + y * W, 1);
    for (size_t y = 0; y < H; y++, values += W) {
        size_t first = y > w.half ? y - w.half : 0, last = y + w.half < H ? y + w.half : H - 1;
        if (y + w.half < H)
            add_row(&w, before + last * W, 1);
        if (y > w.half)
            add_row(&w, before + (first - 1) * W, -1);
        moments_of_row(&w, last - first + 1, mean, variance);
        for (size_t x = 0; x < W; x++) {
            double deviation = sqrt(variance[x] > 0 ? variance[x] : 0);
            values[x] = (float)((values[x] - mean[x]) / (deviation > least ? deviation : least));
        }
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
    HM_REQUIRE(HM_GIVEN(error, picture, values));
    const hm_scene_pyramid_config c = with_defaults(config);
    hm_scene_band band[HM_SCENE_SCALES_MAX];
    hm_status status = check(picture, &c, error);
    if (status != HM_OK)
        return status;
    hm_scene_pyramid_shape(&c, picture->height, picture->width, band);
    size_t n = picture->height * picture->width;
    float *scratch = hm_alloc(picture->context, 2 * n, sizeof *scratch, error); /* two planes */
    double *room = hm_alloc(picture->context, 4 * picture->width, sizeof *room, error);
    if (!scratch || !room) {
        hm_free(picture->context, scratch);
        hm_free(picture->context, room);
        return HM_ERROR_MEMORY;
    }
    memcpy(values, picture->values, 3 * n * sizeof *values);
    for (size_t plane = 0; plane < 3; plane++) {
        make_bands(band, c.n_scales, plane, values, scratch);
        for (size_t s = 0; !c.is_raw && s < c.n_scales; s++)
            normalise(&c, &band[s], values + band[s].first + plane * band[s].height * band[s].width, scratch, room);
    }
    hm_free(picture->context, scratch);
    hm_free(picture->context, room);
    return HM_OK;
}
