/* The plain verbs: products by tiles through the backend's `product`, the rest by rows.
 *
 * Tiles are cut by fixed sizes, never by the number of threads. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/count.h"
#include "compute/backend.h"
#include "compute/panels.h"
#include "compute/unit.h"

enum {
    TILE_ROWS = 128,  /* of a gradient */
    PACKED_ROWS = 36, /* of a tile that reads packed panels */
    PANEL_ROWS = 32,  /* bytes are widened to floats in panels of this size, on the stack */
    PANEL_COLS = HM_TILE_COLS_MAX,
    UPDATE_GRAIN = 16384,
};

/* Rows and columns of m as floats: m itself, or widened into the panel. */
static const float *floats_of(const hm_kernels *kernels, const hm_matrix *m, size_t row, size_t n_rows,
                              size_t col, size_t n_cols, float *panel, size_t *stride)
{
    if (m->dtype == HM_DTYPE_F32) {
        *stride = m->stride;
        return hm_row_f32(m, row) + col;
    }
    *stride = PANEL_COLS;
    for (size_t i = 0; i < n_rows; i++)
        kernels->from_bytes(hm_row_u8(m, row + i) + col, panel + i * PANEL_COLS, n_cols);
    return panel;
}

/* ---- propagate ------------------------------------------------------------------------------------ */

typedef struct propagate_job {
    const hm_backend *backend;
    const hm_kernels *kernels;
    const hm_propagation *p;
    bool is_packed;
    size_t row_parts, cols; /* of a tile: so many parts of the rows, so many columns */
} propagate_job;

static void multiply(const propagate_job *job, size_t row, size_t n_rows, size_t col, size_t n_cols)
{
    const hm_propagation *p = job->p;
    bool is_bytes = p->input.dtype == HM_DTYPE_U8;
    size_t n_in = p->input.cols, step = is_bytes ? PANEL_COLS : n_in;
    float panel[PANEL_ROWS * PANEL_COLS], *out = hm_row_f32(&p->mean, row) + col;
    for (size_t k = 0; k < n_in; k += step) {
        size_t stride, n_k = hm_least(step, n_in - k);
        const float *x = floats_of(job->kernels, &p->input, row, n_rows, k, n_k, panel, &stride);
        const float *w = p->is_down ? hm_row_f32(&p->weights, col) + k : hm_row_f32(&p->weights, k) + col;
        job->backend->product(job->kernels, false, p->is_down, n_rows, n_cols, n_k, 1, x, stride, w,
                              p->weights.stride, k > 0, out, p->mean.stride);
    }
}

/* Units first .. first + n - 1 of one row, all of one group; in chunks that fit the stack and cut no softmax group or block. */
static void activate_units(const propagate_job *job, const hm_unit_group *group, size_t row, size_t first, size_t n)
{
    enum { CHUNK = 1024 };
    const hm_propagation *p = job->p;
    const hm_unit_kind *kind = &hm_unit_kinds[group->kind];
    float inputs[CHUNK], samples[CHUNK];
    size_t size = (size_t)group->size, whole = kind->joint == 0 ? 1 : kind->joint == 1 ? size : size * size;
    size_t step = whole < CHUNK ? CHUNK / whole * whole : whole;
    bool is_bytes = p->sample.dtype == HM_DTYPE_U8;
    for (size_t i = first; i < first + n; i += step) {
        hm_unit_row run = {job->kernels, group->size, p->beta, &p->random, p->first_case + row, i, hm_least(step, first + n - i)};
        float *a = hm_row_f32(&p->mean, row) + i;
        if (p->sample.data && kind->samples_input)
            memcpy(inputs, a, run.n * sizeof *a);
        kind->mean(&run, a, a);
        if (!p->sample.data)
            continue;
        assert(!is_bytes || run.n <= CHUNK); /* nobody samples a larger softmax as bytes */
        kind->sample(&run, inputs, a, is_bytes ? samples : hm_row_f32(&p->sample, row) + i);
        if (is_bytes)
            job->kernels->to_bytes(samples, hm_row_u8(&p->sample, row) + i, run.n);
    }
}

/* Units col .. col + n - 1 of one row; of groups that are joint, or of those that are not. */
static void activate(const propagate_job *job, size_t row, size_t col, size_t n, bool is_joint)
{
    const hm_layer *layer = job->p->layer;
    size_t first = 0;
    for (int g = 0; layer && g < layer->n_groups; first += layer->group[g++].n_units) {
        size_t from = first > col ? first : col, end = hm_least(first + layer->group[g].n_units, col + n);
        if (from < end && (hm_unit_kinds[layer->group[g].kind].joint != 0) == is_joint)
            activate_units(job, &layer->group[g], row, from, end - from);
    }
}

/* Each unit its own bias, or one for a run of units. */
static void add_bias(const propagate_job *job, size_t row, size_t col, size_t n)
{
    const hm_propagation *p = job->p;
    float *a = hm_row_f32(&p->mean, row);
    if (!p->bias)
        return;
    if (p->bias_run <= 1) {
        job->kernels->add(p->bias + col, a + col, n, 1);
        return;
    }
    for (size_t i = col; i < col + n; i++)
        a[i] += p->bias[i / p->bias_run];
}

/* Inputs of a tile, and what the units make of them while it lies in the first cache. */
static void propagate_tile(void *argument, size_t task)
{
    const propagate_job *job = argument;
    const hm_propagation *p = job->p;
    size_t part = task % job->row_parts, col = task / job->row_parts * job->cols, n_cols = hm_least(job->cols, p->mean.cols - col);
    size_t first = p->mean.rows * part / job->row_parts, last = p->mean.rows * (part + 1) / job->row_parts;
    size_t tall = p->input.dtype == HM_DTYPE_U8 ? PANEL_ROWS : last - first;
    if (job->is_packed)
        hm_panels_multiply(p->panels, p, first, last - first, col, n_cols);
    else if (p->input.data)
        for (size_t row = first; row < last; row += tall)
            multiply(job, row, hm_least(tall, last - row), col, n_cols);
    for (size_t row = first; row < last; row++) {
        if (!job->is_packed || p->bias_run > 1)
            add_bias(job, row, col, n_cols);
        activate(job, row, col, n_cols, false);
    }
}

/* Groups whose units depend on each other wait until no tile cuts them. */
static void activate_joint_row(void *argument, size_t row)
{
    const propagate_job *job = argument;
    activate(job, row, 0, job->p->mean.cols, true);
}

static bool has_joint_groups(const hm_layer *layer)
{
    for (int g = 0; layer && g < layer->n_groups; g++)
        if (hm_unit_kinds[layer->group[g].kind].joint)
            return true;
    return false;
}

/* A unit's sample is drawn beside its mean, which it must not overwrite (unit.h). */
static bool are_apart(const hm_matrix *mean, const hm_matrix *sample)
{
    const char *m = mean->data, *s = sample->data;
    size_t n_s = sample->cols * (sample->dtype == HM_DTYPE_U8 ? 1 : sizeof(float));
    return !s || s >= m + mean->cols * sizeof(float) || m >= s + n_s;
}

void hm_plain_propagate(const hm_context *context, const hm_propagation *p)
{
    assert(are_apart(&p->mean, &p->sample));
    propagate_job job = {context->backend, context->backend->kernels(), p, false, hm_n_parts(p->mean.rows, TILE_ROWS),
                         context->backend->tile_cols};
    if (p->panels && p->input.data && hm_panels_prepare(context, p->panels, p)) {
        job.is_packed = true;
        job.row_parts = hm_n_parts(p->mean.rows, PACKED_ROWS);
        job.cols = 2 * p->panels->kernels->width;
    }
    hm_pool_run(context->pool, hm_n_parts(p->mean.cols, job.cols) * job.row_parts, propagate_tile, &job);
    if (has_joint_groups(p->layer))
        hm_pool_run(context->pool, p->mean.rows, activate_joint_row, &job);
}

/* ---- correlate ------------------------------------------------------------------------------------ */

typedef struct correlate_job {
    const hm_backend *backend;
    const hm_kernels *kernels;
    const hm_correlation *c;
    size_t cols_parts, n_tiles;
} correlate_job;

/* G[rows, cols] = keep G + weight x'y over all cases. */
static void accumulate(const correlate_job *job, const hm_matrix *x, const hm_matrix *y, float weight,
                       float keep, size_t row, size_t n_rows, size_t col, size_t n_cols)
{
    bool is_bytes = x->dtype == HM_DTYPE_U8 || y->dtype == HM_DTYPE_U8;
    size_t step = is_bytes ? PANEL_ROWS : x->rows;
    float x_panel[PANEL_ROWS * PANEL_COLS], y_panel[PANEL_ROWS * PANEL_COLS];
    float *g = hm_row_f32(&job->c->gradient, row) + col;
    for (size_t k = 0; k < x->rows; k += step) {
        size_t x_stride, y_stride, n_k = hm_least(step, x->rows - k);
        const float *a = floats_of(job->kernels, x, k, n_k, row, n_rows, x_panel, &x_stride);
        const float *b = floats_of(job->kernels, y, k, n_k, col, n_cols, y_panel, &y_stride);
        job->backend->product(job->kernels, true, false, n_rows, n_cols, n_k, weight, a, x_stride, b,
                              y_stride, k > 0 ? 1 : keep, g, job->c->gradient.stride);
    }
}

/* sum[j] = weight * column sum, in case order. */
static void add_columns(const hm_kernels *kernels, const hm_matrix *m, float weight, float *sum)
{
    for (size_t row = 0; row < m->rows; row++) {
        if (m->dtype == HM_DTYPE_F32) {
            kernels->add(hm_row_f32(m, row), sum, m->cols, weight);
            continue;
        }
        for (size_t col = 0; col < m->cols; col += PANEL_COLS) {
            float widened[PANEL_COLS];
            size_t n = hm_least(PANEL_COLS, m->cols - col);
            kernels->from_bytes(hm_row_u8(m, row) + col, widened, n);
            kernels->add(widened, sum + col, n, weight);
        }
    }
}

/* The same for runs of units that share a sum. */
static void add_runs(const hm_kernels *kernels, const hm_matrix *m, float weight, size_t run, float *sum)
{
    for (size_t row = 0; row < m->rows; row++) {
        for (size_t first = 0; first < m->cols; first += run) {
            double total = 0;
            if (m->dtype == HM_DTYPE_F32) {
                sum[first / run] += weight * kernels->sum(hm_row_f32(m, row) + first, run);
                continue;
            }
            for (size_t col = first; col < first + run; col++)
                total += (double)hm_row_u8(m, row)[col];
            sum[first / run] += weight * (float)total;
        }
    }
}

void hm_correlate_biases(const hm_kernels *kernels, const hm_correlation *c, bool is_above)
{
    const hm_matrix *phase[] = {is_above ? &c->y_plus : &c->x_plus, is_above ? &c->y_minus : &c->x_minus};
    const float weight[] = {c->weight_plus, -c->weight_minus};
    size_t run = is_above ? c->run_y : c->run_x;
    float *sum = is_above ? c->gradient_y : c->gradient_x;
    if (!sum)
        return;
    run = run > 1 ? run : 1;
    memset(sum, 0, phase[0]->cols / run * sizeof *sum);
    for (int i = 0; i < 2; i++) {
        if (!phase[i]->data)
            continue;
        if (run == 1)
            add_columns(kernels, phase[i], weight[i], sum);
        else
            add_runs(kernels, phase[i], weight[i], run, sum);
    }
}

static void correlate_tile(void *argument, size_t task)
{
    const correlate_job *job = argument;
    const hm_correlation *c = job->c;
    if (task >= job->n_tiles) {
        hm_correlate_biases(job->kernels, c, task > job->n_tiles);
        return;
    }
    size_t row = task / job->cols_parts * TILE_ROWS, n_rows = hm_least(TILE_ROWS, c->gradient.rows - row);
    size_t wide = job->backend->tile_cols, col = task % job->cols_parts * wide, n_cols = hm_least(wide, c->gradient.cols - col);
    accumulate(job, &c->x_plus, &c->y_plus, c->weight_plus, 0, row, n_rows, col, n_cols);
    if (c->x_minus.data)
        accumulate(job, &c->x_minus, &c->y_minus, -c->weight_minus, 1, row, n_rows, col, n_cols);
}

void hm_plain_correlate(const hm_context *context, const hm_correlation *c)
{
    correlate_job job = {context->backend, context->backend->kernels(), c,
                         hm_n_parts(c->gradient.cols, context->backend->tile_cols), 0};
    job.n_tiles = hm_n_parts(c->gradient.rows, TILE_ROWS) * job.cols_parts;
    hm_pool_run(context->pool, job.n_tiles + 2, correlate_tile, &job);
}

/* ---- update --------------------------------------------------------------------------------------- */

typedef struct update_job {
    const hm_kernels *kernels;
    const hm_update *u;
} update_job;

static const double ADAM_MEMORY = 0.999;

double hm_adam_share(double momentum, uint64_t count)
{
    return sqrt(1 - pow(ADAM_MEMORY, (double)count)) / (1 - pow(momentum, (double)count));
}

/* m = b1 m + (1 - b1) g, s = b2 s + (1 - b2) g^2, w += rate m / (sqrt(s) + e); costs apart from it (Loshchilov and Hutter, 2019). */
static void adapt(const hm_update *u, size_t first, size_t n)
{
    const float memory = (float)ADAM_MEMORY, least = 1e-8f;
    float *w = u->parameters + first, *m = u->velocity + first, *s = u->second + first;
    const float *g = u->gradient + first;
    for (size_t i = 0; i < n; i++) {
        float sign = (w[i] > 0 ? 1.0f : 0.0f) - (w[i] < 0 ? 1.0f : 0.0f);
        m[i] = u->momentum * m[i] + (1 - u->momentum) * g[i];
        s[i] = memory * s[i] + (1 - memory) * g[i] * g[i];
        w[i] += u->rate * m[i] / (sqrtf(s[i]) + least) - u->rate / u->share * (u->l2 * w[i] + u->l1 * sign);
    }
}

static void update_part(void *argument, size_t task)
{
    const update_job *job = argument;
    const hm_update *u = job->u;
    size_t i = task * UPDATE_GRAIN, n = hm_least(UPDATE_GRAIN, u->n - i);
    if (u->second)
        adapt(u, i, n);
    else
        job->kernels->update(u->parameters + i, u->velocity + i, u->gradient + i, n, u->rate, u->momentum, u->l2, u->l1);
}

void hm_plain_update(const hm_context *context, const hm_update *u)
{
    update_job job = {context->backend->kernels(), u};
    hm_pool_run(context->pool, hm_n_parts(u->n, UPDATE_GRAIN), update_part, &job);
}
