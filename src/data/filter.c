/* Filtering the pictures of a storage, many at once. A picture is cut out of its padding, filtered, and laid back into
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
    bool is_failed;
} filter_worker;

typedef struct filter_job {
    hm_storage *storage;
    const hm_filter *filter;
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

static bool filter_case(const filter_job *job, filter_worker *worker, size_t index, float *row)
{
    const hm_storage *storage = job->storage;
    const size_t n_channels = storage->shape.n_channels;
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
    const hm_shape *shape = &job->storage->shape;
    size_t end = shape->n_cases * (task + 1) / job->n_tasks;
    float *cases = (float *)(void *)job->storage->bytes;
    for (size_t i = shape->n_cases * task / job->n_tasks; i < end && !worker->is_failed; i++)
        worker->is_failed = !filter_case(job, worker, i, cases + i * shape->n_features);
}

static hm_status create_worker(const filter_job *job, filter_worker *worker, hm_error *error)
{
    const hm_context *context = job->storage->context;
    const hm_shape *shape = &job->storage->shape;
    const size_t area = shape->height * shape->width;
    hm_status status = HM_OK;
    if (job->filter->whiten != HM_WHITEN_NONE)
        status = hm_whitener_create(context, area, &worker->whitener, error);
    if (status != HM_OK)
        return status;
    worker->picture = hm_alloc(context, shape->n_features + HM_CONTRAST_SCRATCH(area), sizeof *worker->picture, error);
    if (!worker->picture)
        return HM_ERROR_MEMORY;
    worker->scratch = worker->picture + shape->n_features;
    return HM_OK;
}

static hm_status run(filter_job *job, hm_error *error)
{
    const hm_context *context = job->storage->context;
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < job->n_tasks; i++)
        status = create_worker(job, &job->worker[i], error);
    if (status == HM_OK)
        hm_pool_run(context->pool, job->n_tasks, filter_cases, job);
    for (size_t i = 0; i < job->n_tasks; i++) {
        if (status == HM_OK && job->worker[i].is_failed)
            status = hm_fail(error, HM_ERROR_MEMORY, "%s: no memory to whiten its pictures", job->storage->path);
        hm_whitener_destroy(job->worker[i].whitener);
        hm_free(context, job->worker[i].picture);
    }
    return status;
}

/* The digest of what was filtered is that of the filter, too. */
static void mark(hm_storage *storage, const hm_filter *filter)
{
    uint32_t bits;
    memcpy(&bits, &filter->contrast, sizeof bits);
    storage->digest = hm_digest_word(hm_digest_word(storage->digest, (uint64_t)filter->whiten), bits);
    storage->scale = 1;
}

hm_status hm_storage_filter(hm_storage *storage, const hm_filter *filter, uint64_t memory, hm_error *error)
{
    filter_job job = {.storage = storage, .filter = filter};
    hm_status status = hm_storage_hold(storage, memory, error);
    if (status != HM_OK)
        return status;
    size_t each = (storage->shape.n_features + 4 * storage->shape.height * storage->shape.width) * sizeof(float);
    job.n_tasks = hm_storage_n_readers(storage, each);
    job.worker = hm_alloc(storage->context, job.n_tasks, sizeof *job.worker, error);
    if (!job.worker)
        return HM_ERROR_MEMORY;
    status = run(&job, error);
    hm_free(storage->context, job.worker);
    if (status == HM_OK)
        mark(storage, filter);
    return status;
}
