/* Scaling, inverting, standardising, thresholding and sampling, each one loop that compilers
 * vectorise. */
#include "data/transform.h"

#include <string.h>

static void scale(float *row, size_t n, float factor, float offset)
{
    if (factor == 1.0f && offset == 0.0f)
        return;
    for (size_t i = 0; i < n; i++)
        row[i] = row[i] * factor + offset;
}

static void standardise(float *row, size_t n, const float *shift, const float *spread)
{
    for (size_t i = 0; i < n; i++)
        row[i] = (row[i] - shift[i]) / spread[i];
}

void hm_transform_scale(const hm_transform *transform, float *row, size_t n)
{
    scale(row, n, transform->factor, transform->offset);
    if (transform->shift)
        standardise(row, n, transform->shift, transform->spread);
}

void hm_transform_cut(const hm_transform *transform, float *row, size_t n)
{
    if (!transform->has_threshold)
        return;
    for (size_t i = 0; i < n; i++)
        row[i] = row[i] > transform->threshold ? 1.0f : 0.0f;
}

/* x[i * stride] for i in 0 .. n-1 becomes x[(i - by) * stride], with the ends repeated; runs of `length` move together. */
static void move(float *x, size_t n, size_t stride, size_t length, ptrdiff_t by)
{
    for (size_t k = 0; k < n; k++) {
        size_t i = by > 0 ? n - 1 - k : k; /* so that nothing is read after it was written */
        ptrdiff_t from = (ptrdiff_t)i - by, last = (ptrdiff_t)n - 1;
        from = from < 0 ? 0 : from > last ? last : from;
        memmove(x + i * stride, x + (size_t)from * stride, length * sizeof *x);
    }
}

void hm_transform_jitter(const hm_random *random, uint64_t index, float *row, size_t channels, size_t height,
                         size_t width, size_t most)
{
    size_t n_ways = 2 * most + 1;
    ptrdiff_t down = (ptrdiff_t)(hm_random_bits(random, index, 0) % n_ways) - (ptrdiff_t)most;
    ptrdiff_t across = (ptrdiff_t)(hm_random_bits(random, index, 1) % n_ways) - (ptrdiff_t)most;
    for (size_t c = 0; c < channels; c++) {
        float *plane = row + c * height * width;
        move(plane, height, width, width, down);
        for (size_t y = 0; y < height; y++)
            move(plane + y * width, width, 1, 1, across);
    }
}

/* Averages of areas may leave 0..1 by a rounding, which is no fault of the data. */
static bool find_no_probability(const float *row, size_t n, size_t *bad)
{
    const float slack = 1e-5f;
    unsigned n_bad = 0;
    for (size_t i = 0; i < n; i++)
        n_bad += !(row[i] >= -slack && row[i] <= 1.0f + slack);
    if (n_bad == 0)
        return false;
    *bad = 0;
    while (row[*bad] >= -slack && row[*bad] <= 1.0f + slack)
        ++*bad;
    return true;
}

bool hm_transform_sample(const hm_random *random, uint64_t index, float *row, size_t n, size_t *bad)
{
    enum { CHUNK = 512 }; /* small enough for the stack and the first cache */
    float uniform[CHUNK];
    if (find_no_probability(row, n, bad))
        return false;
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t m = n - first < CHUNK ? n - first : CHUNK;
        hm_random_fill_uniform(random, index, first, m, uniform);
        for (size_t i = 0; i < m; i++)
            row[first + i] = uniform[i] < row[first + i] ? 1.0f : 0.0f;
    }
    return true;
}
