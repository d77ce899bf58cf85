/* Scaling, inverting, placing, standardising, thresholding and sampling, each one loop that compilers
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
}

/* ---- Frames, windows, mirrors ---------------------------------------------------------------- */

bool hm_transform_places(const hm_transform *transform)
{
    return transform->frame_height > 0 || transform->crop_height > 0;
}

void hm_transform_place_size(const hm_transform *transform, size_t *height, size_t *width)
{
    if (hm_transform_places(transform)) {
        bool is_cropped = transform->crop_height > 0;
        *height = is_cropped ? transform->crop_height : transform->frame_height;
        *width = is_cropped ? transform->crop_width : transform->frame_width;
    }
}

/* Where a window of `window` begins in `whole`, by the draw of `unit`. */
static ptrdiff_t begin_window(const hm_random *random, uint64_t index, uint64_t unit, size_t whole, size_t window)
{
    size_t n_ways = whole - window + 1;
    return (ptrdiff_t)(random ? hm_random_bits(random, index, unit) % n_ways : (whole - window) / 2);
}

hm_placing hm_transform_placing(const hm_transform *t, const hm_random *random, uint64_t index, size_t height,
                                size_t width, size_t inner_height, size_t inner_width)
{
    hm_placing p = {.height = height, .width = width, .out_height = height, .out_width = width};
    hm_transform_place_size(t, &p.out_height, &p.out_width);
    if (t->frame_height > 0) {
        p.top = -(ptrdiff_t)((t->frame_height - height) / 2);
        p.left = -(ptrdiff_t)((t->frame_width - width) / 2);
        inner_height = t->frame_height;
        inner_width = t->frame_width;
    } else {
        p.top = (ptrdiff_t)((height - inner_height) / 2);
        p.left = (ptrdiff_t)((width - inner_width) / 2);
    }
    if (t->crop_height > 0) {
        p.top += begin_window(random, index, 0, inner_height, t->crop_height);
        p.left += begin_window(random, index, 1, inner_width, t->crop_width);
    }
    return p;
}

/* The part [begin, end) of 0 .. n-1 for which i + shift lies in 0 .. n_in-1. */
static void find_overlap(size_t n, size_t n_in, ptrdiff_t shift, size_t *begin, size_t *end)
{
    ptrdiff_t first = -shift, last = (ptrdiff_t)n_in - shift, most = (ptrdiff_t)n;
    first = first < 0 ? 0 : first > most ? most : first;
    last = last < first ? first : last > most ? most : last;
    *begin = (size_t)first;
    *end = (size_t)last;
}

static void place_plane(const hm_placing *p, const float *in, float *out)
{
    size_t y, y_end, x, x_end;
    find_overlap(p->out_height, p->height, p->top, &y, &y_end);
    find_overlap(p->out_width, p->width, p->left, &x, &x_end);
    memset(out, 0, p->out_height * p->out_width * sizeof *out);
    for (; y < y_end; y++)
        memcpy(out + y * p->out_width + x,
               in + ((ptrdiff_t)y + p->top) * (ptrdiff_t)p->width + (ptrdiff_t)x + p->left, (x_end - x) * sizeof *out);
}

void hm_transform_place(const hm_placing *placing, size_t channels, const float *in, float *out)
{
    for (size_t c = 0; c < channels; c++)
        place_plane(placing, in + c * placing->height * placing->width, out + c * placing->out_height * placing->out_width);
}

void hm_transform_mirror(float *row, size_t n_rows, size_t width)
{
    for (size_t y = 0; y < n_rows; y++, row += width)
        for (size_t x = 0; x < width / 2; x++) {
            float left = row[x];
            row[x] = row[width - 1 - x];
            row[width - 1 - x] = left;
        }
}

bool hm_transform_draw_mirror(const hm_random *random, uint64_t index)
{
    return hm_random_bits(random, index, 0) & 1;
}

/* ---- Standardising, cutting, jitter, sampling ------------------------------------------------ */

void hm_transform_standardise(const hm_transform *transform, float *row, size_t n)
{
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

/* Values that are scaled by hand may leave 0..1 by a rounding, which is no fault of the data. */
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
