/* Filtering the pictures of a storage, or measuring their spectrum, many at once. A picture is cut out of its padding, filtered, and laid back into
 * zeros, which is what the mean of a filtered picture is. */
#include "data/filter.h"

#include <string.h>

#include <harmonium/data.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"

typedef struct filter_worker {
    hm_whitener *whitener; /* null: no whitening */
    float *picture;        /* [channels][height][width] without padding */
    float *scratch;        /* of the contrast */
    hm_spectrum_sums sums; /* measured */
    bool is_failed;
} filter_worker;

typedef struct filter_job {
    hm_storage *storage;
    const hm_filter *filter;
    const hm_view *view;   /* of those that are measured */
    hm_spectrum_sums sums; /* of all workers */
    filter_worker *worker; /* [n_tasks] */
    size_t n_tasks;
} filter_job;

/* Between a case with its padding and the picture in its middle: scaled on its way out, and back into zeros. */
static void cut_out(const hm_shape *shape, size_t height, size_t width, float scale, const float *row, float *picture)
{
    size_t top = (shape->height - height) / 2, left = (shape->width - width) / 2;
    for (size_t c = 0; c < shape->n_channels; c++)
        for (size_t y = 0; y < height; y++) {
            const float *from = row + (c * shape->height + top + y) * shape->width + left;
            for (size_t x = 0; x < width; x++)
                *picture++ = scale * from[x];
        }
}

static void lay_back(const hm_shape *shape, size_t height, size_t width, const float *picture, float *row)
{
    size_t top = (shape->height - height) / 2, left = (shape->width - width) / 2;
    memset(row, 0, shape->n_features * sizeof *row);
    for (size_t c = 0; c < shape->n_channels; c++)
        for (size_t y = 0; y < height; y++, picture += width)
            memcpy(row + (c * shape->height + top + y) * shape->width + left, picture, width * sizeof *row);
}

static float *row_of(const hm_storage *storage, size_t index)
{
    return (float *)(void *)storage->bytes + index * storage->shape.n_features;
}

static bool filter_case(const filter_job *job, filter_worker *worker, size_t index)
{
    const hm_storage *storage = job->storage;
    const size_t n_channels = storage->shape.n_channels;
    float *row = row_of(storage, index);
    size_t height, width;
    hm_storage_inner(storage, index, &height, &width);
    cut_out(&storage->shape, height, width, storage->scale, row, worker->picture);
    for (size_t c = 0; c < n_channels; c++) {
        float *plane = worker->picture + c * height * width;
        if (worker->whitener && !hm_whitener_apply(worker->whitener, height, width, plane))
            return false;
        if (job->filter->contrast > 0)
            hm_contrast_normalise(height, width, plane, worker->scratch);
    }
    if (job->filter->contrast > 0)
        hm_contrast_scale(worker->picture, n_channels * height * width, job->filter->contrast);
    lay_back(&storage->shape, height, width, worker->picture, row);
    return true;
}

static void filter_cases(void *argument, size_t task)
{
    const filter_job *job = argument;
    filter_worker *worker = &job->worker[task];
    size_t n_cases = job->storage->shape.n_cases, end = n_cases * (task + 1) / job->n_tasks;
    for (size_t i = n_cases * task / job->n_tasks; i < end && !worker->is_failed; i++)
        worker->is_failed = !filter_case(job, worker, i);
}

static bool measure_case(const filter_job *job, filter_worker *worker, size_t index)
{
    const hm_storage *storage = job->storage;
    bool is_measured = true;
    size_t height, width;
    hm_storage_inner(storage, index, &height, &width);
    cut_out(&storage->shape, height, width, storage->scale, row_of(storage, index), worker->picture);
    for (size_t c = 0; c < storage->shape.n_channels && is_measured; c++)
        is_measured = hm_whitener_measure(worker->whitener, height, width, worker->picture + c * height * width, &worker->sums);
    return is_measured;
}

static void measure_cases(void *argument, size_t task)
{
    const filter_job *job = argument;
    filter_worker *worker = &job->worker[task];
    size_t end = job->view->n * (task + 1) / job->n_tasks;
    for (size_t i = job->view->n * task / job->n_tasks; i < end && !worker->is_failed; i++)
        worker->is_failed = !measure_case(job, worker, hm_view_at(job->view, i));
}

static hm_status create_worker(const filter_job *job, filter_worker *worker, hm_error *error)
{
    const hm_context *context = job->storage->context;
    const hm_shape *shape = &job->storage->shape;
    const size_t area = shape->height * shape->width;
    hm_status status = HM_OK;
    if (job->filter->whiten != HM_WHITEN_NONE)
        status = hm_whitener_create(context, job->filter->spectrum, area, &worker->whitener, error);
    if (status != HM_OK)
        return status;
    worker->picture = hm_alloc(context, shape->n_features + HM_CONTRAST_SCRATCH(area), sizeof *worker->picture, error);
    if (!worker->picture)
        return HM_ERROR_MEMORY;
    worker->scratch = worker->picture + shape->n_features;
    return HM_OK;
}

static hm_status run(filter_job *job, hm_task *task, hm_error *error)
{
    const hm_context *context = job->storage->context;
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < job->n_tasks; i++)
        status = create_worker(job, &job->worker[i], error);
    if (status == HM_OK)
        hm_pool_run(context->pool, job->n_tasks, task, job);
    for (size_t i = 0; i < job->n_tasks; i++) {
        if (status == HM_OK && job->worker[i].is_failed)
            status = hm_fail(error, HM_ERROR_MEMORY, "%s: no memory to whiten its pictures", job->storage->path);
        hm_spectrum_add(&job->sums, &job->worker[i].sums);
        hm_whitener_destroy(job->worker[i].whitener);
        hm_free(context, job->worker[i].picture);
    }
    return status;
}

static uint64_t add_floats(uint64_t digest, const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        digest = hm_digest_word(digest, bits);
    }
    return digest;
}

/* The digest of what was filtered is that of the filter, too. */
static void mark(hm_storage *storage, const hm_filter *filter)
{
    storage->digest = add_floats(hm_digest_word(storage->digest, (uint64_t)filter->whiten), &filter->contrast, 1);
    if (filter->spectrum)
        storage->digest = add_floats(add_floats(storage->digest, &filter->spectrum->noise, 1), filter->spectrum->power, HM_SPECTRUM_BINS);
    storage->scale = 1;
}

/* Runs a task over the cases, held as floats. */
static hm_status hold_and_run(filter_job *job, hm_task *task, uint64_t memory, hm_error *error)
{
    hm_storage *storage = job->storage;
    hm_status status = hm_storage_hold(storage, memory, error);
    if (status != HM_OK)
        return status;
    size_t each = (storage->shape.n_features + 4 * storage->shape.height * storage->shape.width) * sizeof(float);
    job->n_tasks = hm_storage_n_readers(storage, each);
    job->worker = hm_alloc(storage->context, job->n_tasks, sizeof *job->worker, error);
    if (!job->worker)
        return HM_ERROR_MEMORY;
    status = run(job, task, error);
    hm_free(storage->context, job->worker);
    return status;
}

hm_status hm_storage_filter(hm_storage *storage, const hm_filter *filter, uint64_t memory, hm_error *error)
{
    filter_job job = {.storage = storage, .filter = filter};
    hm_status status = hold_and_run(&job, filter_cases, memory, error);
    if (status == HM_OK)
        mark(storage, filter);
    return status;
}

hm_status hm_storage_measure(hm_storage *storage, const hm_view *view, uint64_t memory, hm_spectrum *spectrum, hm_error *error)
{
    const hm_filter filter = {.whiten = HM_WHITEN_SPECTRUM};
    filter_job job = {.storage = storage, .filter = &filter, .view = view};
    hm_status status = hold_and_run(&job, measure_cases, memory, error);
    if (status == HM_OK && !hm_spectrum_average(&job.sums, spectrum))
        return hm_fail(error, HM_ERROR_NUMERIC,
                       "whiten = spectrum: the pictures of %s are flat, or their values beyond floats, so there is no spectrum to "
                       "whiten by; leave `whiten` out, or give a `spectrum` or pictures in which something is to be seen",
                       storage->path);
    return status;
}
