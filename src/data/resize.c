/* Area averaging. Laid over the source, pixel i of n_out covers [i, i + 1) * n_in / n_out of the
 * n_in source pixels of an axis; its value is their mean, each weighted by how much of it is
 * covered. The overlaps are whole numbers in units of 1 / n_out of a source pixel, so the weights
 * are exact up to one rounding. Roundings may carry a mean beyond what it is the mean of (of 1, 1 and 1 to 1.0000001), so it is
 * clamped to that. Rows and columns are independent: first the width is resized, then
 * the height. */
#include "data/resize.h"

#include <string.h>

#include "base/alloc.h"
#include "base/count.h"

/* Output pixel i is the sum of weight[start[i] + k] * in[first[i] + k] over k < start[i + 1] -
 * start[i]. */
typedef struct axis {
    size_t n_in, n_out;
    size_t *first, *start;
    float *weight;
} axis;

struct hm_resize {
    axis rows, columns;
};

/* Neighbouring outputs share at most one source pixel, so there are fewer than n_in + n_out
 * weights. */
static hm_status create_axis(const hm_context *context, size_t n_in, size_t n_out, axis *a,
                             hm_error *error)
{
    a->n_in = n_in;
    a->n_out = n_out;
    a->first = hm_alloc(context, n_out, sizeof *a->first, error);
    a->start = a->first ? hm_alloc(context, n_out + 1, sizeof *a->start, error) : NULL;
    a->weight = a->start ? hm_alloc(context, n_in + n_out, sizeof *a->weight, error) : NULL;
    if (!a->weight)
        return HM_ERROR_MEMORY;
    size_t n_weights = 0;
    for (size_t i = 0; i < n_out; i++) {
        size_t begin = i * n_in, end = begin + n_in; /* in units of 1 / n_out source pixels */
        a->first[i] = begin / n_out;
        a->start[i] = n_weights;
        while (begin < end) {
            size_t next = hm_least(end, (begin / n_out + 1) * n_out);
            a->weight[n_weights++] = (float)((double)(next - begin) / (double)n_in);
            begin = next;
        }
    }
    a->start[n_out] = n_weights;
    return HM_OK;
}

static void destroy_axis(const hm_context *context, axis *a)
{
    hm_free(context, a->first);
    hm_free(context, a->start);
    hm_free(context, a->weight);
}

hm_status hm_resize_create(const hm_context *context, size_t in_height, size_t in_width,
                           size_t out_height, size_t out_width, hm_resize **out, hm_error *error)
{
    hm_resize *resize = hm_alloc(context, 1, sizeof *resize, error);
    *out = NULL;
    if (!resize)
        return HM_ERROR_MEMORY;
    hm_status status = create_axis(context, in_height, out_height, &resize->rows, error);
    if (status == HM_OK)
        status = create_axis(context, in_width, out_width, &resize->columns, error);
    if (status == HM_OK)
        *out = resize;
    else
        hm_resize_destroy(context, resize);
    return status;
}

void hm_resize_destroy(const hm_context *context, hm_resize *resize)
{
    if (!resize)
        return;
    destroy_axis(context, &resize->rows);
    destroy_axis(context, &resize->columns);
    hm_free(context, resize);
}

size_t hm_resize_scratch(const hm_resize *resize)
{
    return resize->rows.n_in * resize->columns.n_out;
}

static inline float clamp(float mean, float least, float most)
{
    mean = mean < least ? least : mean;
    return mean > most ? most : mean;
}

/* in[n_in] to out[n_out]. */
static void resize_row(const axis *a, const float *in, float *out)
{
    for (size_t i = 0; i < a->n_out; i++) {
        float sum = 0;
        const float *pixel = in + a->first[i];
        float least = *pixel, most = *pixel;
        for (size_t k = a->start[i]; k < a->start[i + 1]; k++, pixel++) {
            sum += a->weight[k] * *pixel;
            least = *pixel < least ? *pixel : least;
            most = *pixel > most ? *pixel : most;
        }
        out[i] = clamp(sum, least, most);
    }
}

enum { BLOCK = 64 };

/* n <= BLOCK columns of output row i, from rows that are `width` apart. */
static void resize_block(const axis *a, size_t i, const float *row, size_t width, size_t n, float *out)
{
    float least[BLOCK], most[BLOCK];
    memset(out, 0, n * sizeof *out);
    memcpy(least, row, n * sizeof *row);
    memcpy(most, row, n * sizeof *row);
    for (size_t k = a->start[i]; k < a->start[i + 1]; k++, row += width)
        for (size_t j = 0; j < n; j++) {
            out[j] += a->weight[k] * row[j];
            least[j] = row[j] < least[j] ? row[j] : least[j];
            most[j] = row[j] > most[j] ? row[j] : most[j];
        }
    for (size_t j = 0; j < n; j++)
        out[j] = clamp(out[j], least[j], most[j]);
}

/* in[n_in][width] to out[n_out][width]: rows are weighted and added, a block of columns at a time. */
static void resize_columns(const axis *a, size_t width, const float *in, float *out)
{
    for (size_t i = 0; i < a->n_out; i++, out += width)
        for (size_t j = 0; j < width; j += BLOCK)
            resize_block(a, i, in + a->first[i] * width + j, width, hm_least(width - j, BLOCK), out + j);
}

void hm_resize_apply(const hm_resize *resize, const float *in, float *scratch, float *out)
{
    const axis *columns = &resize->columns;
    for (size_t i = 0; i < resize->rows.n_in; i++)
        resize_row(columns, in + i * columns->n_in, scratch + i * columns->n_out);
    resize_columns(&resize->rows, columns->n_out, scratch, out);
}
