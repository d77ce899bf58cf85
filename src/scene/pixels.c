/* Planes of pixels: smoothing, neighbours, differences in colour. */
#include "scene/pixels.h"

#include <math.h>

#include "base/fail.h"

static const size_t PIXELS_MAX = (size_t)1 << 28; /* so that four edges a pixel can be counted in 32 bits */

/* Pixel i of a line of n, and those to both sides of it. */
static float smoothed(const hm_smoothing *s, const float *line, size_t n, size_t i)
{
    float sum = s->mask[0] * line[i];
    for (size_t r = 1; r <= s->radius; r++) {
        size_t before = i < r ? 0 : i - r, after = i + r < n ? i + r : n - 1;
        sum += s->mask[r] * (line[before] + line[after]);
    }
    return sum;
}

/* Where both sides lie inside, in loops that the compiler turns into vectors. */
static void smooth_row(const hm_smoothing *s, const float *in, size_t n, float *out)
{
    size_t begin = s->radius < n ? s->radius : n, end = n > 2 * s->radius ? n - s->radius : begin;
    for (size_t x = 0; x < begin; x++)
        out[x] = smoothed(s, in, n, x);
    for (size_t x = begin; x < end; x++)
        out[x] = s->mask[0] * in[x];
    for (size_t r = 1; r <= s->radius; r++)
        for (size_t x = begin; x < end; x++)
            out[x] += s->mask[r] * (in[x - r] + in[x + r]);
    for (size_t x = end; x < n; x++)
        out[x] = smoothed(s, in, n, x);
}

void hm_plane_smooth(const hm_smoothing *smoothing, size_t height, size_t width, const float *in, float *scratch, float *out)
{
    for (size_t y = 0; y < height; y++)
        smooth_row(smoothing, in + y * width, width, scratch + y * width);
    for (size_t y = 0; y < height; y++, out += width) {
        for (size_t x = 0; x < width; x++)
            out[x] = smoothing->mask[0] * scratch[y * width + x];
        for (size_t r = 1; r <= smoothing->radius; r++) {
            const float *before = scratch + (y < r ? 0 : y - r) * width, *after = scratch + (y + r < height ? y + r : height - 1) * width;
            for (size_t x = 0; x < width; x++)
                out[x] += smoothing->mask[r] * (before[x] + after[x]);
        }
    }
}

size_t hm_pixel_neighbours(size_t height, size_t width, size_t i, size_t neighbour[HM_NEIGHBOURS_AFTER])
{
    size_t n = 0, x = i % width;
    bool is_last_row = i / width + 1 == height;
    if (x + 1 < width)
        neighbour[n++] = i + 1;
    if (!is_last_row && x > 0)
        neighbour[n++] = i + width - 1;
    if (!is_last_row)
        neighbour[n++] = i + width;
    if (!is_last_row && x + 1 < width)
        neighbour[n++] = i + width + 1;
    return n;
}

float hm_colour_distance(const float *values, size_t n, size_t i, size_t j)
{
    float sum = 0;
    for (size_t c = 0; c < 3; c++) {
        float difference = values[c * n + i] - values[c * n + j];
        sum += difference * difference;
    }
    return sqrtf(sum);
}

hm_status hm_scene_picture_check(const hm_scene_picture *picture, hm_error *error)
{
    size_t height = picture->height, width = picture->width;
    if (height == 0 || width == 0 || height > PIXELS_MAX / width)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a picture of %zu x %zu pixels cannot be taken apart; from 1 to %zu pixels can", height, width,
                       PIXELS_MAX);
    for (size_t i = 0; i < 3 * height * width; i++)
        if (!isfinite(picture->values[i]))
            return hm_fail(error, HM_ERROR_NUMERIC, "the picture's value %zu is not finite", i);
    return HM_OK;
}
