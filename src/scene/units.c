/* Batch normalisation, units and pooling: see units.h. */
#include "scene/units.h"

#include <math.h>

#include "base/context.h"
#include "base/count.h"
#include "compute/kernels/kernels.h"

static const float LEAST_VARIANCE = 1e-5f, MEMORY = 0.95f; /* of the running moments */

size_t hm_scene_units_parts(const hm_scene_units *u)
{
    return u->out.n * u->out.height * 2 * u->sums.stride;
}

/* ---- Rows --------------------------------------------------------------------------------------------------------- */

typedef struct rows_job {
    const hm_scene_units *u;
    const hm_maps *gradient;    /* of out */
    const float *slope, *level; /* [stride]: see hm_cells */
    void (*kernel)(const hm_cells *cells);
} rows_job;

/* Row `task` of out, and the rows of sums under it. */
static void do_row(void *argument, size_t task)
{
    const rows_job *job = argument;
    const hm_scene_units *u = job->u;
    size_t i = task / u->out.height, y = task % u->out.height, first = y * u->pool;
    hm_cells cells = {.n_rows = hm_least(u->pool, u->sums.height - first),
                      .side = u->pool,
                      .width = u->sums.width,
                      .n_cells = u->out.width,
                      .stride = u->sums.stride,
                      .scale = u->scale,
                      .offset = u->offset,
                      .mean = u->mean,
                      .inverse = u->deviation_inverse,
                      .is_tanh = u->norm->unit == HM_SCENE_TANH,
                      .out = hm_maps_at(&u->out, i, (ptrdiff_t)y, 0),
                      .gradient = job->gradient ? hm_maps_at(job->gradient, i, (ptrdiff_t)y, 0) : NULL,
                      .slope = job->slope,
                      .level = job->level,
                      .part = u->part + task * 2 * u->sums.stride};
    for (size_t r = 0; r < cells.n_rows; r++)
        cells.row[r] = hm_maps_at(&u->sums, i, (ptrdiff_t)(first + r), 0);
    job->kernel(&cells);
}

static void do_rows(const hm_context *context, rows_job *job)
{
    hm_pool_run(context->pool, job->u->out.n * job->u->out.height, do_row, job);
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
    do_rows(context, &(rows_job){.u = u, .kernel = hm_cell_kernels_best()->moments});
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

/* ---- Both directions --------------------------------------------------------------------------------------------- */

void hm_scene_units_forward(const hm_context *context, const hm_scene_units *u, bool is_learning)
{
    if (u->norm->gain && is_learning)
        take_batch_moments(context, u);
    else if (u->norm->gain)
        take_running_moments(u);
    fill_scales(u);
    do_rows(context, &(rows_job){.u = u, .kernel = hm_cell_kernels_best()->units});
}

void hm_scene_units_backward(const hm_context *context, const hm_scene_units *u, const hm_maps *out, float *gain, float *bias)
{
    const hm_scene_norm *norm = u->norm;
    float slope[HM_SCENE_MAPS_MAX] = {0}, level[HM_SCENE_MAPS_MAX] = {0};
    double n = count_of(u), sum[2];
    do_rows(context, &(rows_job){u, out, NULL, NULL, hm_cell_kernels_best()->gradients});
    for (size_t k = 0; k < norm->maps; k++) {
        total(u, k, sum);
        bias[k] += (float)sum[0];
        if (!norm->gain)
            continue;
        gain[k] += (float)sum[1];
        level[k] = (float)(sum[0] / n);
        slope[k] = (float)(sum[1] / n);
    }
    do_rows(context, &(rows_job){u, out, slope, level, hm_cell_kernels_best()->write});
}
