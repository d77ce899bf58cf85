/* Batch normalisation, units and pooling: see units.h. */
#include "scene/units.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/count.h"

enum { LANES = HM_MAPS_LANES };
static const float LEAST_VARIANCE = 1e-5f, MEMORY = 0.95f; /* of the running moments */

size_t hm_scene_units_parts(const hm_scene_units *u)
{
    return u->out.n * u->out.height * 2 * u->sums.stride;
}

/* ---- Moments ------------------------------------------------------------------------------------------------------- */

typedef struct units_job {
    const hm_scene_units *u;
    const hm_maps *gradient; /* of out */
    const float *slope, *level;    /* [stride]: the gradient of sums is scale (dy - level - slope xhat) */
} units_job;

/* Where row `task` of out stands: its picture, and the rows of sums that it covers. */
typedef struct place_rows {
    size_t picture, row, begin, end;
} place_rows;

static place_rows rows_of(const hm_scene_units *u, size_t task)
{
    size_t row = task % u->out.height;
    return (place_rows){task / u->out.height, row, row * u->pool, hm_least((row + 1) * u->pool, u->sums.height)};
}

/* Sums, and sums of squares, of the rows under one row of out. */
static void add_moments(void *argument, size_t task)
{
    const hm_scene_units *u = ((const units_job *)argument)->u;
    place_rows p = rows_of(u, task);
    size_t n = u->sums.stride;
    double *part = u->part + task * 2 * n;
    for (size_t k0 = 0; k0 < n; k0 += LANES) {
        float sum[LANES] = {0}, square[LANES] = {0};
        for (size_t y = p.begin; y < p.end; y++)
            for (size_t x = 0; x < u->sums.width; x++) {
                const float *z = hm_maps_at(&u->sums, p.picture, (ptrdiff_t)y, (ptrdiff_t)x) + k0;
                for (size_t k = 0; k < LANES; k++) {
                    sum[k] += z[k];
                    square[k] += z[k] * z[k];
                }
            }
        for (size_t k = 0; k < LANES; k++) {
            part[k0 + k] = sum[k];
            part[n + k0 + k] = square[k];
        }
    }
}

/* Both parts of map k, in the order of the rows. */
static void total(const hm_scene_units *u, size_t k, double sum[2])
{
    size_t n = u->sums.stride, n_rows = u->out.n * u->out.height;
    sum[0] = sum[1] = 0;
    for (size_t row = 0; row < n_rows; row++) {
        sum[0] += u->part[row * 2 * n + k];
        sum[1] += u->part[row * 2 * n + n + k];
    }
}

static double count_of(const hm_scene_units *u)
{
    return (double)(u->sums.n * u->sums.height * u->sums.width);
}

static void take_batch_moments(const hm_context *context, const hm_scene_units *u)
{
    const hm_scene_norm *norm = u->norm;
    double n = count_of(u), sum[2];
    hm_pool_run(context->pool, u->out.n * u->out.height, add_moments, &(units_job){.u = u});
    for (size_t k = 0; k < norm->maps; k++) {
        total(u, k, sum);
        double mean = sum[0] / n, variance = fmax(sum[1] / n - mean * mean, 0);
        u->mean[k] = (float)mean;
        u->deviation_inverse[k] = 1 / sqrtf((float)variance + LEAST_VARIANCE);
        norm->mean[k] = MEMORY * norm->mean[k] + (1 - MEMORY) * (float)mean;
        norm->variance[k] = MEMORY * norm->variance[k] + (1 - MEMORY) * (float)variance;
    }
}

static void take_running_moments(const hm_scene_units *u)
{
    for (size_t k = 0; k < u->norm->maps; k++) {
        u->mean[k] = u->norm->mean[k];
        u->deviation_inverse[k] = 1 / sqrtf(u->norm->variance[k] + LEAST_VARIANCE);
    }
}

static void fill_scales(const hm_scene_units *u)
{
    const hm_scene_norm *norm = u->norm;
    for (size_t k = 0; k < norm->maps; k++) {
        u->scale[k] = norm->gain ? norm->gain[k] * u->deviation_inverse[k] : 1;
        u->offset[k] = norm->gain ? norm->bias[k] - u->scale[k] * u->mean[k] : norm->bias[k];
    }
}

/* ---- Forward ---------------------------------------------------------------------------------------------------------- */

/* The largest of a cell's normalised sums, the sum itself, and which place has it, for LANES maps. */
typedef struct winner {
    float value[LANES], sum[LANES];
    uint32_t place[LANES];
} winner;

static inline __attribute__((always_inline)) void find_winner(const hm_scene_units *u, const place_rows *p, size_t x, size_t k0, winner *w)
{
    const float *scale = u->scale + k0, *offset = u->offset + k0;
    size_t begin = x * u->pool, end = hm_least(begin + u->pool, u->sums.width);
    uint32_t place = 0;
    for (size_t k = 0; k < LANES; k++) {
        w->value[k] = -INFINITY;
        w->sum[k] = 0;
        w->place[k] = 0;
    }
    for (size_t y = p->begin; y < p->end; y++)
        for (size_t i = begin; i < end; i++, place++) {
            const float *z = hm_maps_at(&u->sums, p->picture, (ptrdiff_t)y, (ptrdiff_t)i) + k0;
            for (size_t k = 0; k < LANES; k++) {
                float a = scale[k] * z[k] + offset[k];
                bool is_more = a > w->value[k];
                w->value[k] = is_more ? a : w->value[k];
                w->sum[k] = is_more ? z[k] : w->sum[k];
                w->place[k] = is_more ? place : w->place[k];
            }
        }
}

/* Both units rise with what they see, so the largest sum is the largest unit. */
static void make_units(void *argument, size_t task)
{
    const hm_scene_units *u = ((const units_job *)argument)->u;
    place_rows p = rows_of(u, task);
    winner w;
    for (size_t x = 0; x < u->out.width; x++) {
        float *out = hm_maps_at(&u->out, p.picture, (ptrdiff_t)p.row, (ptrdiff_t)x);
        for (size_t k0 = 0; k0 < u->out.stride; k0 += LANES) {
            find_winner(u, &p, x, k0, &w);
            if (u->norm->unit == HM_SCENE_RELU)
                for (size_t k = 0; k < LANES; k++)
                    out[k0 + k] = w.value[k] > 0 ? w.value[k] : 0;
            else
                for (size_t k = 0; k < LANES; k++)
                    out[k0 + k] = tanhf(w.value[k]);
        }
    }
}

void hm_scene_units_forward(const hm_context *context, const hm_scene_units *u, bool is_learning)
{
    if (u->norm->gain && is_learning)
        take_batch_moments(context, u);
    else if (u->norm->gain)
        take_running_moments(u);
    fill_scales(u);
    hm_pool_run(context->pool, u->out.n * u->out.height, make_units, &(units_job){.u = u});
}

/* ---- Backward ---------------------------------------------------------------------------------------------------------- */

/* The gradient for the normalised sum that won, from that for its unit. */
static inline __attribute__((always_inline)) void slope_of(const hm_scene_units *u, const winner *w, const float *gradient, float dy[LANES])
{
    if (u->norm->unit == HM_SCENE_RELU) {
        for (size_t k = 0; k < LANES; k++)
            dy[k] = w->value[k] > 0 ? gradient[k] : 0;
        return;
    }
    for (size_t k = 0; k < LANES; k++) {
        float a = tanhf(w->value[k]);
        dy[k] = gradient[k] * (1 - a * a);
    }
}

/* Sums of the gradient, and of it times xhat, over one row of out. */
static void add_gradients(void *argument, size_t task)
{
    const units_job *job = argument;
    const hm_scene_units *u = job->u;
    place_rows p = rows_of(u, task);
    size_t n = u->sums.stride;
    double *part = u->part + task * 2 * n;
    for (size_t k0 = 0; k0 < n; k0 += LANES) {
        const float *mean = u->mean + k0, *inverse = u->deviation_inverse + k0;
        float sum[LANES] = {0}, product[LANES] = {0}, dy[LANES];
        for (size_t x = 0; x < u->out.width; x++) {
            winner w;
            find_winner(u, &p, x, k0, &w);
            slope_of(u, &w, hm_maps_at(job->gradient, p.picture, (ptrdiff_t)p.row, (ptrdiff_t)x) + k0, dy);
            for (size_t k = 0; k < LANES; k++) {
                sum[k] += dy[k];
                product[k] += dy[k] * (w.sum[k] - mean[k]) * inverse[k];
            }
        }
        for (size_t k = 0; k < LANES; k++) {
            part[k0 + k] = sum[k];
            part[n + k0 + k] = product[k];
        }
    }
}

/* In place of the sums of a cell, the gradient for each: the winner's, and what moments take from all. */
static inline __attribute__((always_inline)) void write_cell(const units_job *job, const place_rows *p, size_t x, size_t k0)
{
    const hm_scene_units *u = job->u;
    const float *scale = u->scale + k0, *mean = u->mean + k0, *inverse = u->deviation_inverse + k0;
    const float *slope = job->slope + k0, *level = job->level + k0;
    size_t begin = x * u->pool, end = hm_least(begin + u->pool, u->sums.width);
    uint32_t place = 0;
    float dy[LANES];
    winner w;
    find_winner(u, p, x, k0, &w);
    slope_of(u, &w, hm_maps_at(job->gradient, p->picture, (ptrdiff_t)p->row, (ptrdiff_t)x) + k0, dy);
    for (size_t y = p->begin; y < p->end; y++)
        for (size_t i = begin; i < end; i++, place++) {
            float *z = hm_maps_at(&u->sums, p->picture, (ptrdiff_t)y, (ptrdiff_t)i) + k0;
            for (size_t k = 0; k < LANES; k++) {
                float own = w.place[k] == place ? dy[k] : 0, xhat = (z[k] - mean[k]) * inverse[k];
                z[k] = scale[k] * (own - level[k] - slope[k] * xhat);
            }
        }
}

static void write_gradients(void *argument, size_t task)
{
    const units_job *job = argument;
    place_rows p = rows_of(job->u, task);
    for (size_t x = 0; x < job->u->out.width; x++)
        for (size_t k0 = 0; k0 < job->u->sums.stride; k0 += LANES)
            write_cell(job, &p, x, k0);
}

void hm_scene_units_backward(const hm_context *context, const hm_scene_units *u, const hm_maps *out, float *gain, float *bias)
{
    const hm_scene_norm *norm = u->norm;
    float slope[HM_SCENE_MAPS_MAX] = {0}, level[HM_SCENE_MAPS_MAX] = {0};
    units_job job = {u, out, slope, level};
    double n = count_of(u), sum[2];
    hm_pool_run(context->pool, u->out.n * u->out.height, add_gradients, &job);
    for (size_t k = 0; k < norm->maps; k++) {
        total(u, k, sum);
        bias[k] += (float)sum[0];
        if (!norm->gain)
            continue;
        gain[k] += (float)sum[1];
        level[k] = (float)(sum[0] / n);
        slope[k] = (float)(sum[1] / n);
    }
    hm_pool_run(context->pool, u->out.n * u->out.height, write_gradients, &job);
}
