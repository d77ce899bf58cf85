/* Reading cases through their transforms, many rows at once on the threads of the context. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"
#include "data/dataset.h"

/* Fewer values than this are not worth waking a thread for. */
enum { VALUES_PER_TASK = 8192 };

typedef struct read_job {
    const hm_dataset *set;
    const uint32_t *index; /* null: first, first + 1, ... */
    size_t first, n, n_tasks;
    const uint64_t *epoch; /* null: without sampling */
    hm_matrix out;
} read_job;

static size_t stored_case(const read_job *job, size_t i)
{
    size_t place = job->index ? job->index[i] : job->first + i;
    assert(place < job->set->view.n);
    return hm_view_at(&job->set->view, place);
}

/* The numbers of one use for an epoch. */
static hm_random random_of(const read_job *job, uint32_t purpose)
{
    return (hm_random){job->set->context->seed, purpose, job->epoch ? *job->epoch : 0};
}

/* The case as the storage holds it, scaled, in its frame or its window of it. */
static bool read_placed(const read_job *job, const hm_worker *worker, float *row)
{
    const hm_dataset *set = job->set;
    const hm_shape *shape = &set->storage->shape;
    float *whole = worker->whole ? worker->whole : row;
    if (!hm_storage_read(set->storage, worker->index, worker->scratch, whole))
        return false;
    hm_transform_scale(&set->transform, whole, shape->n_features);
    if (!worker->whole)
        return true;
    size_t height, width;
    const hm_random random = random_of(job, HM_RANDOM_CROP);
    hm_storage_inner(set->storage, worker->index, &height, &width);
    const hm_placing placing =
        hm_transform_placing(&set->transform, set->transform.is_crop_random && job->epoch ? &random : NULL, worker->index,
                             shape->height, shape->width, height, width);
    hm_transform_place(&placing, shape->n_channels, whole, row);
    return true;
}

/* What is done to a training picture afresh in every epoch. */
static void move_about(const read_job *job, size_t index, float *row)
{
    const hm_dataset *set = job->set;
    const hm_shape *shape = &set->shape;
    const hm_random mirror = random_of(job, HM_RANDOM_MIRROR), jitter = random_of(job, HM_RANDOM_JITTER);
    if (set->transform.is_mirrored && hm_transform_draw_mirror(&mirror, index))
        hm_transform_mirror(row, shape->n_channels * shape->height, shape->width);
    if (set->transform.jitter)
        hm_transform_jitter(&jitter, index, row, shape->n_channels, shape->height, shape->width, set->transform.jitter);
}

static hm_trouble read_case(const read_job *job, hm_worker *worker, float *row)
{
    const hm_dataset *set = job->set;
    size_t n = set->shape.n_features;
    if (!read_placed(job, worker, row)) {
        worker->cause = errno;
        return HM_TROUBLE_FILE;
    }
    hm_transform_standardise(&set->transform, row, n);
    bool may_be_infinite = set->storage->element->is_real || set->shift;
    worker->column = may_be_infinite ? hm_find_not_finite(row, n) : n;
    if (worker->column < n)
        return HM_TROUBLE_NOT_FINITE;
    hm_transform_cut(&set->transform, row, n);
    if (job->epoch)
        move_about(job, worker->index, row);
    if (!set->transform.is_sampled || !job->epoch)
        return HM_TROUBLE_NONE;
    const hm_random random = random_of(job, HM_RANDOM_BINARISE);
    bool is_sampled = hm_transform_sample(&random, worker->index, row, n, &worker->column);
    return is_sampled ? HM_TROUBLE_NONE : HM_TROUBLE_NO_PROBABILITY;
}

static void read_cases(void *argument, size_t task)
{
    const read_job *job = argument;
    hm_worker *worker = &job->set->worker[task];
    size_t begin = job->n * task / job->n_tasks, end = job->n * (task + 1) / job->n_tasks;
    worker->trouble = HM_TROUBLE_NONE;
    for (size_t i = begin; i < end && worker->trouble == HM_TROUBLE_NONE; i++) {
        float *row = hm_row_f32(&job->out, i);
        worker->index = stored_case(job, i);
        if (i + 1 < end)
            hm_storage_fetch(job->set->storage, stored_case(job, i + 1));
        worker->trouble = read_case(job, worker, row);
        if (worker->trouble > HM_TROUBLE_FILE)
            worker->value = row[worker->column];
    }
}

static hm_status tell(const hm_dataset *set, const hm_worker *worker, hm_error *error)
{
    const char *path = set->storage->path;
    if (worker->trouble == HM_TROUBLE_FILE)
        return hm_storage_fail_read(set->storage, worker->index, worker->cause, error);
    if (worker->trouble == HM_TROUBLE_NOT_FINITE)
        return hm_fail(error, HM_ERROR_NUMERIC,
                       "%s: row %zu, column %zu (counted from 0) is %g after its transforms, not a "
                       "finite number; remove the case or replace the value",
                       path, worker->index, worker->column, (double)worker->value);
    return hm_fail(error, HM_ERROR_NUMERIC,
                   "%s: row %zu, column %zu (counted from 0) is %g, and binarise = sample needs "
                   "probabilities; bring the values to 0..1 with `scale`",
                   path, worker->index, worker->column, (double)worker->value);
}

hm_status hm_dataset_read_rows(const hm_dataset *set, const uint32_t *index, size_t first, size_t n,
                               const uint64_t *epoch, hm_matrix out, hm_error *error)
{
    size_t n_features = set->shape.n_features;
    assert(out.dtype == HM_DTYPE_F32 && out.rows == n && out.cols == n_features);
    size_t n_tasks = hm_least(hm_least(set->n_workers, n), 1 + n * n_features / VALUES_PER_TASK);
    read_job job = {set, index, first, n, n_tasks, epoch, out};
    hm_pool_run(set->context->pool, n_tasks, read_cases, &job);
    for (size_t task = 0; task < n_tasks; task++)
        if (set->worker[task].trouble != HM_TROUBLE_NONE)
            return tell(set, &set->worker[task], error);
    return HM_OK;
}

static hm_status check_cases(const hm_dataset *set, const uint32_t *index, size_t first, size_t n, hm_error *error)
{
    size_t n_cases = set->view.n;
    if (!index && (first > n_cases || n > n_cases - first))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: cases %zu to %zu (counted from 0), but there are %zu", set->description, first,
                       first + n - 1, n_cases);
    for (size_t i = 0; index && i < n; i++)
        if (index[i] >= n_cases)
            return hm_fail(error, HM_ERROR_ARGUMENT, "%s: case %zu (counted from 0), but there are %zu", set->description, (size_t)index[i],
                           n_cases);
    return HM_OK;
}

hm_status hm_dataset_read(const hm_dataset *set, const uint32_t *index, size_t first, size_t n,
                          uint64_t epoch, hm_matrix out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set));
    HM_REQUIRE(check_cases(set, index, first, n, error));
    HM_REQUIRE(hm_check_matrix("out", out, n, set->shape.n_features, HM_TAKES_FLOATS, error));
    return hm_dataset_read_rows(set, index, first, n, &epoch, out, error);
}

/* ---- Moments --------------------------------------------------------------------------------- */

/* Sums of differences from the first case, which loses nothing to cancellation and makes the
 * variance of a constant feature exactly 0. Tasks own columns, so the order of every sum is that of
 * the cases. */
enum { COLUMNS_PER_TASK = 64, VALUES_PER_BLOCK = 1 << 18 };

static size_t rows_per_block(const hm_dataset *set)
{
    return hm_least(set->view.n, 1 + VALUES_PER_BLOCK / set->shape.n_features);
}

hm_status hm_dataset_each(const hm_dataset *set, hm_rows_reader *read, void *user, hm_error *error)
{
    size_t n_rows = rows_per_block(set), V = set->shape.n_features;
    float *values = hm_alloc(set->context, n_rows, V * sizeof *values, error);
    hm_status status = values ? HM_OK : HM_ERROR_MEMORY;
    bool is_enough = false;
    for (size_t first = 0; status == HM_OK && !is_enough && first < set->view.n; first += n_rows) {
        hm_matrix rows = hm_matrix_f32(values, hm_least(n_rows, set->view.n - first), V);
        status = hm_dataset_read(set, NULL, first, rows.rows, 0, rows, error);
        if (status == HM_OK)
            status = read(user, first, rows, &is_enough, error);
    }
    hm_free(set->context, values);
    return status;
}

typedef struct moments_job {
    hm_matrix block;      /* of cases */
    const float *origin;  /* the first case */
    double *sum, *square; /* [n_features] */
} moments_job;

static void add_columns(void *argument, size_t task)
{
    const moments_job *job = argument;
    size_t begin = task * COLUMNS_PER_TASK,
           end = hm_least(begin + COLUMNS_PER_TASK, job->block.cols);
    for (size_t i = 0; i < job->block.rows; i++) {
        const float *row = hm_row_f32(&job->block, i);
        for (size_t j = begin; j < end; j++) {
            double difference = (double)row[j] - job->origin[j];
            job->sum[j] += difference;
            job->square[j] += difference * difference;
        }
    }
}

/* Hands the set to `add` block by block, a task for some columns; *block is where the job finds the cases. */
static hm_status for_blocks(const hm_dataset *set, void (*add)(void *job, size_t task), void *job, hm_matrix *block,
                            float *values, hm_error *error)
{
    size_t n_features = set->shape.n_features, rows = rows_per_block(set);
    for (size_t first = 0; first < set->view.n; first += rows) {
        size_t n = hm_least(rows, set->view.n - first);
        *block = hm_matrix_f32(values, n, n_features);
        hm_status status = hm_dataset_read_rows(set, NULL, first, n, NULL, *block, error);
        if (status != HM_OK)
            return status;
        hm_pool_run(set->context->pool, (n_features + COLUMNS_PER_TASK - 1) / COLUMNS_PER_TASK, add, job);
    }
    return HM_OK;
}

hm_status hm_dataset_moments(const hm_dataset *set, double *mean, double *variance, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set, mean));
    const hm_context *context = set->context;
    size_t n = set->view.n, n_features = set->shape.n_features;
    size_t block_rows = rows_per_block(set);
    float *block = NULL;
    hm_status status = HM_ERROR_MEMORY;
    moments_job job = {0};
    double *sums = hm_alloc(context, n_features, 2 * sizeof *sums, error);
    if (!sums)
        goto done;
    block = hm_alloc(context, block_rows + 1, n_features * sizeof *block, error);
    if (!block)
        goto done;
    job.origin = block + block_rows * n_features;
    job.sum = sums;
    job.square = sums + n_features;
    status = hm_dataset_read_rows(set, NULL, 0, 1, NULL,
                                  hm_matrix_f32(block + block_rows * n_features, 1, n_features),
                                  error);
    if (status == HM_OK)
        status = for_blocks(set, add_columns, &job, &job.block, block, error);
    for (size_t j = 0; status == HM_OK && j < n_features; j++) {
        double shift = job.sum[j] / (double)n;
        mean[j] = job.origin[j] + shift;
        if (variance)
            variance[j] = job.square[j] / (double)n - shift * shift;
        if (variance && variance[j] < 0)
            variance[j] = 0; /* a rounding below */
    }
done:
    hm_free(context, block);
    hm_free(context, sums);
    return status;
}

/* ---- Extremes -------------------------------------------------------------------------------- */

typedef struct extremes_job {
    hm_matrix block;
    float *least, *most; /* [n_features] */
} extremes_job;

static void widen_columns(void *argument, size_t task)
{
    const extremes_job *job = argument;
    size_t begin = task * COLUMNS_PER_TASK, end = hm_least(begin + COLUMNS_PER_TASK, job->block.cols);
    for (size_t i = 0; i < job->block.rows; i++) {
        const float *row = hm_row_f32(&job->block, i);
        for (size_t j = begin; j < end; j++) {
            job->least[j] = row[j] < job->least[j] ? row[j] : job->least[j];
            job->most[j] = row[j] > job->most[j] ? row[j] : job->most[j];
        }
    }
}

hm_status hm_dataset_extremes(const hm_dataset *set, float *least, float *most, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set, least, most));
    size_t n_features = set->shape.n_features;
    extremes_job job = {.least = least, .most = most};
    float *values = hm_alloc(set->context, rows_per_block(set), n_features * sizeof *values, error);
    if (!values)
        return HM_ERROR_MEMORY;
    for (size_t j = 0; j < n_features; j++) {
        least[j] = INFINITY;
        most[j] = -INFINITY;
    }
    hm_status status = for_blocks(set, widen_columns, &job, &job.block, values, error);
    hm_free(set->context, values);
    return status;
}
