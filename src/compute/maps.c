/* Convolutions of maps with their channels last: see maps.h. */
#include "compute/maps.h"

#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/count.h"
#include "compute/backend.h"

enum {
    PLACES = 144, /* of a row that are computed in one go */
    TAPS = 36,    /* of the gradient that a task computes */
};

/* ---- Banks -------------------------------------------------------------------------------------------------- */

hm_status hm_bank_create(const hm_context *context, size_t side, size_t n_below, size_t n_above, bool is_learning, hm_bank *bank,
                         hm_error *error)
{
    size_t area = side * side, n_up = area * n_below * hm_maps_stride(n_above), n_down = area * n_above * hm_maps_stride(n_below);
    *bank = (hm_bank){.side = side, .n_below = n_below, .n_above = n_above};
    bank->up = hm_alloc(context, n_up, sizeof(float), error);
    bank->step = hm_alloc(context, area * (n_below > n_above ? n_below : n_above), sizeof(uint32_t), error);
    if (is_learning) {
        bank->down = hm_alloc(context, n_down, sizeof(float), error);
        bank->gradient = hm_alloc(context, n_up, sizeof(float), error);
    }
    if (bank->up && bank->step && (!is_learning || (bank->down && bank->gradient)))
        return HM_OK;
    hm_bank_clear(context, bank);
    return HM_ERROR_MEMORY;
}

void hm_bank_clear(const hm_context *context, hm_bank *bank)
{
    hm_free(context, bank->up);
    hm_free(context, bank->down);
    hm_free(context, bank->gradient);
    hm_free(context, bank->step);
    *bank = (hm_bank){0};
}

void hm_bank_pack(hm_bank *bank, const float *weights, const float *scale)
{
    size_t area = bank->side * bank->side, ld_up = hm_maps_stride(bank->n_above), ld_down = hm_maps_stride(bank->n_below);
    for (size_t d = 0; d < area; d++)
        for (size_t c = 0; c < bank->n_below; c++, weights += bank->n_above)
            for (size_t k = 0; k < bank->n_above; k++) {
                float w = weights[k] * (scale ? scale[k] : 1);
                bank->up[(d * bank->n_below + c) * ld_up + k] = w;
                if (bank->down)
                    bank->down[((area - 1 - d) * bank->n_above + k) * ld_down + c] = w;
            }
}

/* ---- The inner loop ------------------------------------------------------------------------------------------ */

/* The same as the kernel for taps, for processors and backends without. */
static void plain_taps(const hm_taps *t)
{
    for (size_t r = 0; r < t->n_rows; r++) {
        float *out = t->out + r * t->ld_out;
        const float *a = t->a + t->row[r];
        if (!t->adds)
            memset(out, 0, t->n_cols * sizeof *out);
        for (size_t k = 0; k < t->n_steps; k++)
            for (size_t j = 0; j < t->n_cols; j++)
                out[j] += a[t->step[k]] * t->b[k * t->ldb + j];
    }
}

typedef void taps_kernel(const hm_taps *taps);

static taps_kernel *kernel_of(const hm_context *context)
{
    const hm_panel_kernels *fused = context->backend == &hm_backend_fused ? hm_panel_kernels_list(1, 0) : NULL;
    return fused ? fused->taps : plain_taps;
}

/* Where the channels that a filter sees lie behind its first one. */
static void fill_steps(hm_bank *bank, const hm_maps *in, size_t channels)
{
    uint32_t *step = bank->step;
    size_t row = (in->width + 2 * in->margin) * in->stride;
    for (size_t y = 0; y < bank->side; y++)
        for (size_t x = 0; x < bank->side; x++)
            for (size_t c = 0; c < channels; c++)
                *step++ = (uint32_t)(y * row + x * in->stride + c);
}

static void fill_places(uint32_t *place, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++)
        place[i] = (uint32_t)(i * stride);
}

/* ---- Both directions --------------------------------------------------------------------------------------------- */

typedef struct convolution {
    taps_kernel *taps;
    const hm_bank *bank;
    const hm_maps *in, *out;
    const float *filters;
    size_t n_steps;
} convolution;

static void convolve_row(void *argument, size_t task)
{
    const convolution *c = argument;
    size_t i = task / c->in->height, y = task % c->in->height;
    ptrdiff_t half = (ptrdiff_t)(c->bank->side / 2);
    uint32_t place[PLACES];
    fill_places(place, PLACES, c->in->stride);
    for (size_t x = 0; x < c->in->width; x += PLACES)
        c->taps(&(hm_taps){.n_rows = hm_least(PLACES, c->in->width - x),
                           .n_steps = c->n_steps,
                           .n_cols = c->out->channels,
                           .a = hm_maps_at(c->in, i, (ptrdiff_t)y - half, (ptrdiff_t)x - half),
                           .row = place,
                           .step = c->bank->step,
                           .b = c->filters,
                           .ldb = c->out->stride,
                           .out = hm_maps_at(c->out, i, (ptrdiff_t)y, (ptrdiff_t)x),
                           .ld_out = c->out->stride});
}

static void convolve(const hm_context *context, hm_bank *bank, const hm_maps *in, const hm_maps *out, const float *filters)
{
    convolution c = {kernel_of(context), bank, in, out, filters, bank->side * bank->side * in->channels};
    fill_steps(bank, in, in->channels);
    hm_pool_run(context->pool, in->n * in->height, convolve_row, &c);
}

void hm_maps_convolve(const hm_context *context, hm_bank *bank, const hm_maps *in, const hm_maps *out)
{
    convolve(context, bank, in, out, bank->up);
}

void hm_maps_convolve_back(const hm_context *context, hm_bank *bank, const hm_maps *out, const hm_maps *in)
{
    convolve(context, bank, out, in, bank->down);
}

/* ---- The gradient -------------------------------------------------------------------------------------------------- */

typedef struct correlation {
    taps_kernel *taps;
    const hm_bank *bank;
    const hm_maps *in, *out;
    size_t n_taps;
    float *gradient;
} correlation;

/* Some taps of all filters over a run of places of a row. */
static void correlate_run(const correlation *c, size_t first, size_t i, size_t y, size_t x, const uint32_t *place)
{
    ptrdiff_t half = (ptrdiff_t)(c->bank->side / 2);
    c->taps(&(hm_taps){.n_rows = hm_least(TAPS, c->n_taps - first),
                       .n_steps = hm_least(PLACES, c->in->width - x),
                       .n_cols = c->bank->n_above,
                       .a = hm_maps_at(c->in, i, (ptrdiff_t)y - half, (ptrdiff_t)x - half),
                       .row = c->bank->step + first,
                       .step = place,
                       .b = hm_maps_at(c->out, i, (ptrdiff_t)y, (ptrdiff_t)x),
                       .ldb = c->out->stride,
                       .out = c->bank->gradient + first * c->out->stride,
                       .ld_out = c->out->stride,
                       .adds = i + y + x > 0});
}

static void correlate_taps(void *argument, size_t task)
{
    const correlation *c = argument;
    size_t first = task * TAPS, K = c->bank->n_above;
    uint32_t place[PLACES];
    fill_places(place, PLACES, c->in->stride);
    for (size_t i = 0; i < c->in->n; i++)
        for (size_t y = 0; y < c->in->height; y++)
            for (size_t x = 0; x < c->in->width; x += PLACES)
                correlate_run(c, first, i, y, x, place);
    for (size_t t = first; t < first + hm_least(TAPS, c->n_taps - first); t++)
        for (size_t k = 0; k < K; k++)
            c->gradient[t * K + k] += c->bank->gradient[t * c->out->stride + k];
}

void hm_maps_correlate(const hm_context *context, hm_bank *bank, const hm_maps *in, const hm_maps *out, float *gradient)
{
    correlation c = {kernel_of(context), bank, in, out, bank->side * bank->side * bank->n_below, gradient};
    fill_steps(bank, in, bank->n_below);
    hm_pool_run(context->pool, hm_n_parts(c.n_taps, TAPS), correlate_taps, &c);
}
