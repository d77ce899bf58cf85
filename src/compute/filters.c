/* Convolution without patches: see filters.h, and convolution.c for the letters. */
#include "compute/filters.h"

#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/count.h"

enum {
    PLACES = 144,        /* of a case that a task computes */
    TAPS = 36,           /* of the gradient */
    STEPS = 256,         /* in a row of sums of the gradient: few places are taken together with those of further cases */
    ROWS_MAX = 16,       /* of a tile */
    CHANNELS_MAX = 1024, /* of which a row of inputs lies on the stack */
    SPREAD_VECTORS = HM_SPREAD_VECTORS,
};

static size_t rounded(size_t n, size_t part)
{
    return hm_n_parts(n, part) * part;
}

/* ---- Making ------------------------------------------------------------------------------------------------- */

static size_t cases_together(const hm_filters *f)
{
    return f->n_places < STEPS ? STEPS / f->n_places : 1;
}

/* Cuts the block into its parts, or with a null block counts how long it must be. */
static size_t cut(hm_filters *f, float *block)
{
    size_t used = 0;
#define TAKE(field, n) (f->field = block ? (void *)(block + used) : NULL, used += hm_padded_floats(n))
    TAKE(place, f->n_places * cases_together(f));
    TAKE(stored, f->n_places);
    TAKE(tap, f->patch);
    TAKE(map, f->K);
    TAKE(up, f->patch * f->maps);
    TAKE(down, f->ldw ? f->K * f->ldw : f->fh * f->fw * f->K * f->channels);
    TAKE(states, f->batch * f->n_places * f->maps);
    TAKE(gradient, f->patch * f->maps);
#undef TAKE
    return used;
}

static void fill_tables(hm_filters *f, const hm_layer *above)
{
    for (size_t s = 0; s < f->n_places * cases_together(f); s++) {
        size_t p = hm_layer_place(above, s % f->n_places);
        f->place[s] = (uint32_t)(s / f->n_places * f->C * f->H * f->W + p / f->w * f->W + p % f->w);
        f->stored[p] = (uint32_t)(s % f->n_places);
    }
    for (size_t t = 0; t < f->patch; t++) {
        size_t c = t / (f->fh * f->fw), d = t % (f->fh * f->fw);
        f->tap[t] = (uint32_t)((c * f->H + d / f->fw) * f->W + d % f->fw);
    }
    for (size_t k = 0; k < f->K; k++)
        f->map[k] = (uint32_t)(k * f->n_places);
}

/* Channels fill vectors, or patches do. */
static bool has_shape(hm_filters *f)
{
    size_t spread = rounded(f->patch, SPREAD_VECTORS * f->kernels->tap_columns);
    f->maps = rounded(f->K, f->kernels->tap_columns);
    f->channels = rounded(f->C, f->kernels->tap_columns);
    f->ldw = f->C < f->kernels->tap_columns / 2 ? spread : 0;
    return f->ldw ? spread <= HM_SPREAD_PATCH && f->K <= HM_SPREAD_MAPS : f->channels <= CHANNELS_MAX;
}

hm_status hm_filters_create(const hm_context *context, const hm_layer *below, const hm_layer *above, size_t batch, hm_filters **out,
                            hm_error *error)
{
    hm_filters f = {.C = below->n_maps, .H = below->height, .W = below->width, .K = above->n_maps, .h = above->height,
                    .w = above->width, .fh = above->filter_height, .fw = above->filter_width, .batch = batch};
    *out = NULL;
    f.patch = f.C * f.fh * f.fw;
    f.n_places = f.h * f.w;
    f.kernels = context->backend == &hm_backend_fused ? hm_panel_kernels_list(1, 0) : NULL;
    if (!f.kernels || !has_shape(&f))
        return HM_OK;
    size_t n = cut(&f, NULL);
    f.block = hm_alloc(context, n, sizeof *f.block, error);
    hm_filters *filters = f.block ? hm_alloc(context, 1, sizeof *filters, error) : NULL;
    if (!filters) {
        hm_free(context, f.block);
        return HM_ERROR_MEMORY;
    }
    memset(f.block, 0, n * sizeof *f.block); /* what pads rows stays 0 */
    cut(&f, f.block);
    fill_tables(&f, above);
    *filters = f;
    *out = filters;
    return HM_OK;
}

void hm_filters_destroy(const hm_context *context, hm_filters *filters)
{
    if (!filters)
        return;
    hm_free(context, filters->block);
    hm_free(context, filters);
}

/* ---- Propagate -------------------------------------------------------------------------------------------------- */

typedef struct propagation {
    const hm_filters *f;
    const float *weights;
    const hm_propagation *job;
    size_t n_parts, rows; /* of the places of a case; cases in a tile */
} propagation;

/* The filters of some maps. */
static void pack(void *argument, size_t task)
{
    const propagation *p = argument;
    const hm_filters *f = p->f;
    size_t first = task * f->kernels->tap_columns, n = hm_least(f->kernels->tap_columns, f->K - first), area = f->fh * f->fw;
    f->kernels->turn(p->weights + first * f->patch, f->patch, n, f->patch, 1, f->up + first, f->maps);
    for (size_t k = first; k < first + n; k++) {
        const float *w = p->weights + k * f->patch;
        if (f->ldw)
            memcpy(f->down + k * f->ldw, w, f->patch * sizeof *w);
        else
            f->kernels->turn(w, area, f->C, area, 1, f->down + k * f->channels, f->K * f->channels);
    }
}

/* A run of places of one case: sums beside each other by map, then turned to where the maps lie. */
static void go_up(void *argument, size_t task)
{
    const propagation *p = argument;
    const hm_filters *f = p->f;
    size_t i = task / p->n_parts, first = task % p->n_parts * PLACES, n = hm_least(PLACES, f->n_places - first);
    float *sums = f->states + (i * f->n_places + first) * f->maps, *a = hm_row_f32(&p->job->mean, i) + first;
    f->kernels->taps(&(hm_taps){.n_rows = n, .n_steps = f->patch, .n_cols = f->K, .a = hm_row_f32(&p->job->input, i),
                                .row = f->place + first, .step = f->tap, .b = f->up, .ldb = f->maps, .out = sums,
                                .ld_out = f->maps});
    f->kernels->turn(sums, f->maps, n, f->K, 1, a, f->n_places);
    for (size_t k = 0; p->job->bias && k < f->K; k++)
        for (size_t s = 0; s < n; s++)
            a[k * f->n_places + s] += p->job->bias[k];
}

/* The input of the channels at (y, x) in some cases: over the places above whose filters reach it. */
static void gather_at(const propagation *p, size_t first, const uint32_t *row, size_t n, size_t y, size_t x, float *sums)
{
    const hm_filters *f = p->f;
    hm_taps t = {.n_rows = n, .n_steps = f->K, .n_cols = f->C, .row = row, .step = f->map, .ldb = f->channels, .out = sums,
                 .ld_out = f->channels};
    const float *h = hm_row_f32(&p->job->input, first);
    memset(sums, 0, n * f->channels * sizeof *sums);
    for (size_t py = y < f->fh ? 0 : y - f->fh + 1; py <= y && py < f->h; py++)
        for (size_t px = x < f->fw ? 0 : x - f->fw + 1; px <= x && px < f->w; px++, t.adds = true) {
            t.a = h + f->stored[py * f->w + px];
            t.b = f->down + ((y - py) * f->fw + x - px) * f->K * f->channels;
            f->kernels->taps(&t);
        }
}

/* A row of places below, in a tile of cases. */
static void go_down_by_channels(void *argument, size_t task)
{
    const propagation *p = argument;
    const hm_filters *f = p->f;
    float sums[ROWS_MAX * CHANNELS_MAX];
    uint32_t row[ROWS_MAX];
    size_t first = task / f->H * p->rows, y = task % f->H, n = hm_least(p->rows, p->job->mean.rows - first), area = f->H * f->W;
    for (size_t r = 0; r < n; r++)
        row[r] = (uint32_t)(r * p->job->input.stride);
    for (size_t x = 0; x < f->W; x++) {
        gather_at(p, first, row, n, y, x, sums);
        for (size_t r = 0; r < n; r++) {
            float *a = hm_row_f32(&p->job->mean, first + r) + y * f->W + x;
            for (size_t c = 0; c < f->C; c++)
                a[c * area] = sums[r * f->channels + c] + (p->job->bias ? p->job->bias[c] : 0);
        }
    }
}

static void go_down_by_patches(void *argument, size_t i)
{
    const propagation *p = argument;
    const hm_filters *f = p->f;
    float *a = hm_row_f32(&p->job->mean, i);
    size_t area = f->H * f->W;
    for (size_t c = 0; c < f->C; c++)
        for (size_t q = 0; q < area; q++)
            a[c * area + q] = p->job->bias ? p->job->bias[c] : 0;
    f->kernels->spread(&(hm_spread){.n_places = f->n_places, .K = f->K, .C = f->C, .fh = f->fh, .fw = f->fw, .area = area,
                                    .width = f->W, .place = f->place, .h = hm_row_f32(&p->job->input, i), .stride = f->n_places,
                                    .w = f->down, .ldw = f->ldw, .patch = f->patch, .out = a});
}

bool hm_filters_propagate(const hm_context *context, hm_filters *f, const float *weights, const hm_propagation *job)
{
    propagation p = {f, weights, job, hm_n_parts(f->n_places, PLACES), f->kernels->tap_rows};
    size_t n = job->mean.rows;
    if (n > f->batch || job->input.dtype != HM_DTYPE_F32)
        return false;
    if (!f->is_current)
        hm_pool_run(context->pool, hm_n_parts(f->K, f->kernels->tap_columns), pack, &p);
    f->is_current = true;
    if (!job->is_down)
        hm_pool_run(context->pool, n * p.n_parts, go_up, &p);
    else if (f->ldw)
        hm_pool_run(context->pool, n, go_down_by_patches, &p);
    else
        hm_pool_run(context->pool, hm_n_parts(n, p.rows) * f->H, go_down_by_channels, &p);
    return true;
}

/* ---- Correlate ------------------------------------------------------------------------------------------------------ */

typedef struct correlation {
    const hm_filters *f;
    const hm_kernels *kernels;
    const hm_correlation *job;
    const hm_matrix *x, *y;
    float weight;
    bool is_minus;
    size_t n_parts;
    float *gradient;
} correlation;

static void turn_case(void *argument, size_t i)
{
    const correlation *c = argument;
    const hm_filters *f = c->f;
    f->kernels->turn(hm_row_f32(c->y, i), f->n_places, f->K, f->n_places, c->weight, f->states + i * f->n_places * f->maps, f->maps);
}

/* Some taps of all filters, over all cases. */
static void correlate_taps(void *argument, size_t task)
{
    const correlation *c = argument;
    const hm_filters *f = c->f;
    if (task >= c->n_parts) {
        hm_correlate_biases(c->kernels, c->job, task > c->n_parts);
        return;
    }
    size_t first = task * TAPS, together = cases_together(f);
    hm_taps t = {.n_rows = hm_least(TAPS, f->patch - first), .n_cols = f->K, .row = f->tap + first, .step = f->place, .ldb = f->maps,
                 .out = f->gradient + first * f->maps, .ld_out = f->maps, .adds = c->is_minus};
    for (size_t i = 0; i < c->x->rows; i += together, t.adds = true) {
        t.a = hm_row_f32(c->x, i);
        t.b = f->states + i * f->n_places * f->maps;
        t.n_steps = hm_least(together, c->x->rows - i) * f->n_places;
        f->kernels->taps(&t);
    }
}

static void add_phase(const hm_context *context, correlation *c)
{
    hm_pool_run(context->pool, c->x->rows, turn_case, c);
    hm_pool_run(context->pool, c->n_parts + (c->is_minus ? 0 : 2), correlate_taps, c);
}

static bool is_for(const hm_filters *f, const hm_matrix *x, const hm_matrix *y)
{
    return x->rows <= f->batch && x->dtype == HM_DTYPE_F32 && y->dtype == HM_DTYPE_F32 && x->stride == f->C * f->H * f->W;
}

bool hm_filters_correlate(const hm_context *context, hm_filters *f, const hm_correlation *job, float *gradient)
{
    correlation c = {f, context->backend->kernels(), job, &job->x_plus, &job->y_plus, job->weight_plus, false,
                     hm_n_parts(f->patch, TAPS), gradient};
    bool has_minus = job->x_minus.data && job->weight_minus != 0;
    if (job->x_plus.rows == 0 || !is_for(f, &job->x_plus, &job->y_plus) || (has_minus && !is_for(f, &job->x_minus, &job->y_minus)))
        return false;
    add_phase(context, &c);
    if (has_minus) {
        c.x = &job->x_minus;
        c.y = &job->y_minus;
        c.weight = -job->weight_minus;
        c.is_minus = true;
        add_phase(context, &c);
    }
    f->kernels->turn(f->gradient, f->maps, f->patch, f->K, 1, gradient, f->patch);
    return true;
}
