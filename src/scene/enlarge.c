/* Interpolation between places and its transpose: see enlarge.h. */
#include "scene/enlarge.h"

#include <string.h>

#include "base/context.h"

typedef struct enlarging {
    const hm_maps *small, *large;
    size_t factor;
    bool is_rows; /* gathering alone: both have the same width */
} enlarging;

static void enlarge_row(void *argument, size_t task)
{
    const enlarging *e = argument;
    size_t i = task / e->large->height, y = task % e->large->height, n = e->large->stride;
    hm_between v = hm_between_at(y, e->factor, e->small->height);
    const float *upper = hm_maps_at(e->small, i, (ptrdiff_t)v.first, 0), *lower = hm_maps_at(e->small, i, (ptrdiff_t)v.second, 0);
    for (size_t x = 0; x < e->large->width; x++) {
        hm_between h = hm_between_at(x, e->factor, e->small->width);
        const float *a = upper + h.first * n, *b = upper + h.second * n, *c = lower + h.first * n, *d = lower + h.second * n;
        float *out = hm_maps_at(e->large, i, (ptrdiff_t)y, (ptrdiff_t)x);
        float wd = v.share * h.share, wc = v.share - wd, wb = h.share - wd, wa = 1 - v.share - wb;
        for (size_t k = 0; k < n; k++)
            out[k] += wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k];
    }
}

void hm_maps_enlarge(const hm_context *context, const hm_maps *small, size_t factor, const hm_maps *large)
{
    enlarging e = {small, large, factor, false};
    hm_pool_run(context->pool, large->n * large->height, enlarge_row, &e);
}

/* Adds what a row of `large` gives to a row of `small`, times a weight. */
static void gather_from(const enlarging *e, size_t i, size_t y, float weight, float *out)
{
    size_t n = e->small->stride, across = e->is_rows ? 1 : e->factor;
    for (size_t x = 0; x < e->large->width; x++) {
        hm_between h = hm_between_at(x, across, e->small->width);
        const float *from = hm_maps_at(e->large, i, (ptrdiff_t)y, (ptrdiff_t)x);
        float *a = out + h.first * n, *b = out + h.second * n, wb = weight * h.share, wa = weight - wb;
        for (size_t k = 0; k < n; k++)
            a[k] += wa * from[k];
        for (size_t k = 0; k < n && wb > 0; k++)
            b[k] += wb * from[k];
    }
}

/* A row of `small`, from the rows of `large` that read it. */
static void gather_row(void *argument, size_t task)
{
    const enlarging *e = argument;
    size_t i = task / e->small->height, row = task % e->small->height;
    size_t begin = row ? (row - 1) * e->factor : 0, end = (row + 2) * e->factor;
    float *out = hm_maps_at(e->small, i, (ptrdiff_t)row, 0);
    memset(out, 0, e->small->width * e->small->stride * sizeof *out);
    for (size_t y = begin; y < end && y < e->large->height; y++) {
        hm_between v = hm_between_at(y, e->factor, e->small->height);
        float weight = (v.first == row ? 1 - v.share : 0) + (v.second == row ? v.share : 0);
        if (weight > 0)
            gather_from(e, i, y, weight, out);
    }
}

void hm_maps_gather(const hm_context *context, const hm_maps *large, size_t factor, const hm_maps *small)
{
    enlarging e = {small, large, factor, false};
    hm_pool_run(context->pool, small->n * small->height, gather_row, &e);
}

void hm_maps_gather_rows(const hm_context *context, const hm_maps *large, size_t factor, const hm_maps *small)
{
    enlarging e = {small, large, factor, true};
    hm_pool_run(context->pool, small->n * small->height, gather_row, &e);
}
