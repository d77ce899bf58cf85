/* Convolutions of maps with their channels last: see maps.h. */
#include "compute/maps.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bf16.h"
#include "base/context.h"
#include "base/count.h"
#include "compute/backend.h"

enum {
    PLACES = 144,  /* of a row that are computed in one go */
    TAPS = 36,     /* of the gradient that a task computes */
    PACKED = 8192, /* floats that a task turns into pairs */
};

/* ---- Banks -------------------------------------------------------------------------------------------------- */

static bool is_bf16(const hm_context *context)
{
    return context->panels && context->panels->group == 2;
}

static size_t pairs(size_t n)
{
    return (n + 1) / 2;
}

hm_status hm_bank_create(const hm_context *context, size_t side, size_t n_below, size_t n_above, bool is_learning, hm_bank *bank,
                         hm_error *error)
{
    size_t area = side * side, n_up = area * n_below * hm_maps_stride(n_above), n_down = area * n_above * hm_maps_stride(n_below);
    bool has_16 = is_bf16(context);
    *bank = (hm_bank){.side = side, .n_below = n_below, .n_above = n_above};
    struct {
        void **to;
        size_t n;
        bool is_wanted;
    } parts[] = {{(void **)&bank->up, n_up, true},
                 {(void **)&bank->step, area * (n_below > n_above ? n_below : n_above), true},
                 {(void **)&bank->down, n_down, is_learning},
                 {(void **)&bank->gradient, n_up, is_learning},
                 {(void **)&bank->up16, area * pairs(n_below) * hm_maps_stride(n_above), has_16},
                 {(void **)&bank->down16, area * pairs(n_above) * hm_maps_stride(n_below), has_16 && is_learning}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].is_wanted && !(*parts[i].to = hm_alloc(context, parts[i].n, sizeof(float), error))) {
            hm_bank_clear(context, bank);
            return HM_ERROR_MEMORY;
        }
    return HM_OK;
}

void hm_bank_clear(const hm_context *context, hm_bank *bank)
{
    void *const parts[] = {bank->up, bank->down, bank->gradient, bank->step, bank->up16, bank->down16, bank->maps16};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hm_free(context, parts[i]);
    *bank = (hm_bank){0};
}

hm_status hm_bank_reserve(const hm_context *context, hm_bank *bank, size_t n_floats, hm_error *error)
{
    size_t n = pairs(n_floats);
    if (!bank->up16 || n <= bank->n_maps16)
        return HM_OK;
    hm_free(context, bank->maps16);
    bank->maps16 = hm_alloc(context, n + HM_MAPS_LANES, sizeof *bank->maps16, error); /* the last vector may be longer */
    bank->n_maps16 = bank->maps16 ? n : 0;
    return bank->maps16 ? HM_OK : HM_ERROR_MEMORY;
}

/* filters[area][n][ld] as pairs of the n taps of each place. */
static void pair_up(const float *filters, size_t area, size_t n, size_t ld, uint32_t *out)
{
    for (size_t d = 0; d < area; d++, filters += n * ld)
        for (size_t c = 0; c < n; c += 2)
            for (size_t k = 0; k < ld; k++) {
                uint32_t second = c + 1 < n ? hm_bf16_of(filters[(c + 1) * ld + k]) : 0;
                *out++ = hm_bf16_of(filters[c * ld + k]) | second << 16;
            }
}

void hm_bank_pack(hm_bank *bank, const float *weights)
{
    size_t area = bank->side * bank->side, ld_up = hm_maps_stride(bank->n_above), ld_down = hm_maps_stride(bank->n_below);
    for (size_t d = 0; d < area; d++)
        for (size_t c = 0; c < bank->n_below; c++, weights += bank->n_above)
            for (size_t k = 0; k < bank->n_above; k++) {
                bank->up[(d * bank->n_below + c) * ld_up + k] = weights[k];
                if (bank->down)
                    bank->down[((area - 1 - d) * bank->n_above + k) * ld_down + c] = weights[k];
            }
    if (bank->up16)
        pair_up(bank->up, area, bank->n_below, ld_up, bank->up16);
    if (bank->down16)
        pair_up(bank->down, area, bank->n_above, ld_down, bank->down16);
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

/* Where the channels that a filter sees lie behind its first one, in numbers of which so many lie in a place. */
static void fill_steps(hm_bank *bank, const hm_maps *in, size_t channels, size_t stride)
{
    uint32_t *step = bank->step;
    size_t row = (in->width + 2 * in->margin) * stride;
    for (size_t y = 0; y < bank->side; y++)
        for (size_t x = 0; x < bank->side; x++)
            for (size_t c = 0; c < channels; c++)
                *step++ = (uint32_t)(y * row + x * stride + c);
}

static void fill_places(uint32_t *place, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++)
        place[i] = (uint32_t)(i * stride);
}

/* ---- Both directions --------------------------------------------------------------------------------------------- */

typedef struct convolution {
    taps_kernel *taps;
    const hm_panel_kernels *kernels; /* of bfloat16 */
    const hm_bank *bank;
    const hm_maps *in, *out;
    const float *numbers, *filters; /* in and filters in numbers of 32 bits: floats, or pairs */
    size_t n_steps, group;          /* floats of a number */
} convolution;

/* A run of the maps, margins included, as pairs; it ends with a whole vector. */
static void pack_run(void *argument, size_t task)
{
    const convolution *c = argument;
    size_t first = task * PACKED, n = hm_least(PACKED, hm_maps_floats(c->in) - first);
    c->kernels->pack_row(c->in->data + first, n, c->bank->maps16 + first / 2);
}

static void convolve_row(void *argument, size_t task)
{
    const convolution *c = argument;
    size_t i = task / c->in->height, y = task % c->in->height;
    ptrdiff_t half = (ptrdiff_t)(c->bank->side / 2);
    uint32_t place[PLACES];
    fill_places(place, PLACES, c->in->stride / c->group);
    for (size_t x = 0; x < c->in->width; x += PLACES) {
        const float *first = hm_maps_at(c->in, i, (ptrdiff_t)y - half, (ptrdiff_t)x - half);
        c->taps(&(hm_taps){.n_rows = hm_least(PLACES, c->in->width - x),
                           .n_steps = c->n_steps,
                           .n_cols = c->out->channels,
                           .a = c->numbers + (size_t)(first - c->in->data) / c->group,
                           .row = place,
                           .step = c->bank->step,
                           .b = c->filters,
                           .ldb = c->out->stride,
                           .out = hm_maps_at(c->out, i, (ptrdiff_t)y, (ptrdiff_t)x),
                           .ld_out = c->out->stride});
    }
}

static void convolve(const hm_context *context, hm_bank *bank, const hm_maps *in, const hm_maps *out, const float *filters,
                     const uint32_t *filters16)
{
    size_t area = bank->side * bank->side;
    bool has_16 = filters16 && pairs(hm_maps_floats(in)) <= bank->n_maps16;
    convolution c = {kernel_of(context), NULL, bank, in, out, in->data, filters, area * in->channels, 1};
    if (has_16) {
        c = (convolution){context->panels->taps, context->panels, bank, in, out, (const float *)bank->maps16, (const float *)filters16,
                          area * pairs(in->channels), 2};
        hm_pool_run(context->pool, hm_n_parts(hm_maps_floats(in), PACKED), pack_run, &c);
    }
    fill_steps(bank, in, c.n_steps / area, in->stride / c.group);
    hm_pool_run(context->pool, in->n * in->height, convolve_row, &c);
}

void hm_maps_convolve(const hm_context *context, hm_bank *bank, const hm_maps *in, const hm_maps *out)
{
    convolve(context, bank, in, out, bank->up, bank->up16);
}

void hm_maps_convolve_back(const hm_context *context, hm_bank *bank, const hm_maps *out, const hm_maps *in)
{
    convolve(context, bank, out, in, bank->down, bank->down16);
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
    fill_steps(bank, in, bank->n_below, in->stride);
    hm_pool_run(context->pool, hm_n_parts(c.n_taps, TAPS), correlate_taps, &c);
}
