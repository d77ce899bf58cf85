/* Storage: filled from a file or made in memory, shared by counting owners, read case by case.
 *
 * Cases on the disk are read with pread and never mapped: a file that is cut short while it is
 * mapped kills the process, and mapped pages count as its memory. */
#define _GNU_SOURCE /* pread */
#include "data/storage.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"
#include "data/sequences.h"

/* ---- Shapes ---------------------------------------------------------------------------------- */

hm_status hm_shape_of(const char *path, const uint64_t *dims, size_t n_dims, hm_shape *shape,
                      hm_error *error)
{
    uint64_t n_features = 1, side[2] = {0, 0};
    size_t n_sides = 0;
    if (n_dims == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: holds a single number, not a list of cases",
                       path);
    if (dims[0] > HM_CASES_MAX)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: its header says %" PRIu64 " cases; at most %" PRIu64 " can be read",
                       path, dims[0], HM_CASES_MAX);
    for (size_t i = 1; i < n_dims; i++) {
        if (dims[i] > HM_FEATURES_MAX || n_features * dims[i] > HM_FEATURES_MAX)
            return hm_fail(error, HM_ERROR_FORMAT,
                           "%s: its header says cases of more than %" PRIu64
                           " numbers; larger ones cannot be read",
                           path, HM_FEATURES_MAX);
        n_features *= dims[i];
        if (dims[i] != 1 && n_sides++ < 2)
            side[n_sides - 1] = dims[i];
    }
    if (dims[0] == 0 || n_features == 0)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: holds no data: its header says %" PRIu64 " cases of %" PRIu64
                       " numbers",
                       path, dims[0], n_features);
    *shape = (hm_shape){(size_t)dims[0], (size_t)n_features, 0, 0, 0};
    if (n_sides == 2) {
        shape->height = (size_t)side[0];
        shape->width = (size_t)side[1];
        shape->n_channels = 1;
    }
    return HM_OK;
}

/* ---- Creating, sharing, closing -------------------------------------------------------------- */

hm_status hm_storage_create(const hm_context *context, const char *path, const hm_shape *shape,
                            const hm_element *element, hm_storage **out, hm_error *error)
{
    hm_storage *storage = hm_alloc(context, 1, sizeof *storage, error);
    *out = NULL;
    if (!storage)
        return HM_ERROR_MEMORY;
    storage->context = context;
    storage->n_owners = 1;
    storage->shape = *shape;
    storage->element = element;
    storage->scale = element->scale;
    storage->n_stored = shape->n_features;
    storage->descriptor = -1;
    storage->path = hm_strdup(context, path, error);
    if (!storage->path) {
        hm_storage_close(storage);
        return HM_ERROR_MEMORY;
    }
    *out = storage;
    return HM_OK;
}

hm_storage *hm_storage_share(hm_storage *storage)
{
    storage->n_owners++;
    return storage;
}

void hm_storage_close(hm_storage *storage)
{
    if (!storage || --storage->n_owners > 0)
        return;
    const hm_context *context = storage->context;
    if (storage->descriptor >= 0)
        close(storage->descriptor);
    for (size_t c = 0; storage->class_names && c < storage->n_classes; c++)
        hm_free(context, storage->class_names[c]);
    hm_free(context, storage->class_names);
    hm_free(context, storage->labels);
    hm_free(context, storage->columns);
    hm_free(context, storage->inner);
    hm_sequences_destroy(storage->sequences);
    if (!storage->is_borrowed)
        hm_free(context, storage->bytes);
    hm_free(context, storage->path);
    hm_resize_destroy(context, storage->resize);
    hm_free(context, storage);
}

/* ---- Filling --------------------------------------------------------------------------------- */

static size_t case_bytes(const hm_storage *storage)
{
    return storage->n_stored * storage->element->size;
}

/* Stored cases that belong to one as it is read. */
static size_t window(const hm_storage *storage)
{
    return 2 * storage->around + 1;
}

/* At most 2^32 cases of 2^24 features of 8 bytes: no overflow. */
static uint64_t all_bytes(const hm_storage *storage)
{
    return (uint64_t)storage->shape.n_cases * case_bytes(storage);
}

hm_status hm_storage_allocate(hm_storage *storage, uint64_t memory, hm_error *error)
{
    if (all_bytes(storage) > memory)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: takes %" PRIu64 " MB in memory, more than the %" PRIu64
                       " allowed; raise `memory`, or turn it into a plain NPY or IDX file, which "
                       "can be read from the disk",
                       storage->path, (all_bytes(storage) >> 20) + 1, memory >> 20);
    storage->bytes = hm_alloc(storage->context, storage->shape.n_cases, case_bytes(storage), error);
    return storage->bytes ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status fail_short(const hm_storage *storage, uint64_t n_held, hm_error *error)
{
    return hm_fail(error, HM_ERROR_FORMAT,
                   "%s: its header says %zu cases of %zu bytes, but the file holds only %" PRIu64
                   " of them; it is cut off or damaged, fetch it again",
                   storage->path, storage->shape.n_cases, case_bytes(storage), n_held);
}

static hm_status fail_long(const hm_storage *storage, hm_error *error)
{
    return hm_fail(
        error, HM_ERROR_FORMAT,
        "%s: longer than its header says (%zu cases of %zu bytes); it is damaged, fetch it again",
        storage->path, storage->shape.n_cases, case_bytes(storage));
}

/* What the size of the file alone can tell, before anything is allocated. */
static hm_status check_promise(const hm_storage *storage, const hm_source *source, uint64_t offset,
                               hm_error *error)
{
    uint64_t promised = all_bytes(storage);
    if (source->is_packed) {
        uint64_t most = source->size > UINT64_MAX / HM_DEFLATE_RATIO
                            ? UINT64_MAX
                            : source->size * HM_DEFLATE_RATIO;
        if (promised > most)
            return hm_fail(error, HM_ERROR_FORMAT,
                           "%s: its header says %zu cases of %zu bytes, but a gzip file of %" PRIu64
                           " bytes holds fewer than %" PRIu64
                           "; it is cut off or damaged, fetch it again",
                           storage->path, storage->shape.n_cases, case_bytes(storage), source->size,
                           most / case_bytes(storage) + 1);
        return HM_OK;
    }
    uint64_t held = source->size > offset ? source->size - offset : 0;
    if (held < promised)
        return fail_short(storage, held / case_bytes(storage), error);
    return held > promised ? fail_long(storage, error) : HM_OK;
}

static hm_status read_whole(hm_storage *storage, hm_source *source, uint64_t memory,
                            hm_error *error)
{
    unsigned char beyond;
    size_t n_read;
    hm_status status = hm_storage_allocate(storage, memory, error);
    if (status != HM_OK)
        return status;
    status = hm_source_read(source, storage->bytes, (size_t)all_bytes(storage), &n_read, error);
    if (status == HM_OK && n_read < all_bytes(storage))
        status = fail_short(storage, n_read / case_bytes(storage), error);
    if (status == HM_OK)
        status = hm_source_read(source, &beyond, 1, &n_read, error);
    if (status == HM_OK && n_read > 0)
        status = fail_long(storage, error);
    return status;
}

static hm_status fill_memory(hm_storage *storage, hm_source *source, uint64_t memory,
                             hm_error *error)
{
    hm_status status = read_whole(storage, source, memory, error);
    return status == HM_OK ? hm_storage_check(storage, error) : status;
}

hm_status hm_storage_fill(hm_storage *storage, hm_source *source, uint64_t offset, uint64_t memory,
                          hm_error *error)
{
    hm_status status = check_promise(storage, source, offset, error);
    if (status != HM_OK)
        return status;
    if (source->is_packed || all_bytes(storage) <= memory)
        return fill_memory(storage, source, memory, error);
    storage->offset = offset;
    storage->descriptor = hm_source_take_descriptor(source);
    return HM_OK;
}

/* out[i][place[k]] = in[k][i]: whole cases are written, so that each line of `out` is met once for
 * a block of features. */
static void turn_round(const hm_storage *storage, const size_t *place, const unsigned char *in,
                       unsigned char *out)
{
    enum { BLOCK = 64 };
    const size_t n = storage->shape.n_cases, n_features = storage->n_stored;
    const size_t size = storage->element->size;
    for (size_t begin = 0; begin < n_features; begin += BLOCK) {
        size_t end = n_features - begin < BLOCK ? n_features : begin + BLOCK;
        for (size_t i = 0; i < n; i++)
            for (size_t k = begin; k < end; k++)
                memcpy(out + (i * n_features + place[k]) * size, in + (k * n + i) * size, size);
    }
}

hm_status hm_storage_fill_columns(hm_storage *storage, hm_source *source, uint64_t offset,
                                  uint64_t memory, hm_error *error)
{
    hm_status status = check_promise(storage, source, offset, error);
    if (status == HM_OK && all_bytes(storage) > memory / 2)
        status =
            hm_fail(error, HM_ERROR_ARGUMENT,
                    "%s: is stored column by column, and turning it round takes %" PRIu64
                    " MB in memory, more than the %" PRIu64 " allowed; raise `memory`, or save "
                    "numpy.ascontiguousarray of it",
                    storage->path, (2 * all_bytes(storage) >> 20) + 1, memory >> 20);
    return status == HM_OK ? read_whole(storage, source, memory, error) : status;
}

hm_status hm_storage_turn_round(hm_storage *storage, const size_t *place, hm_error *error)
{
    unsigned char *rows =
        hm_alloc(storage->context, storage->shape.n_cases, case_bytes(storage), error);
    if (!rows)
        return HM_ERROR_MEMORY;
    turn_round(storage, place, storage->bytes, rows);
    hm_free(storage->context, storage->bytes);
    storage->bytes = rows;
    return hm_storage_check(storage, error);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static size_t aligned(size_t bytes)
{
    return (bytes + HM_ALIGNMENT - 1) / HM_ALIGNMENT * HM_ALIGNMENT;
}

size_t hm_storage_scratch(const hm_storage *storage)
{
    size_t bytes = storage->bytes ? 0 : aligned(window(storage) * case_bytes(storage));
    if (storage->resize)
        bytes += aligned(storage->n_stored * sizeof(float)) +
                 aligned(hm_resize_scratch(storage->resize) * sizeof(float));
    return bytes;
}

enum { READERS_MAX = 16 };

size_t hm_storage_n_readers(const hm_storage *storage, size_t more)
{
    const size_t most = (size_t)64 << 20; /* bytes of working memory in all */
    size_t each = hm_storage_scratch(storage) + more + 1;
    size_t n = most / each < READERS_MAX ? most / each : READERS_MAX;
    return n > 0 ? n : 1;
}

static bool read_at(int descriptor, unsigned char *bytes, size_t n, uint64_t offset)
{
    size_t used = 0;
    while (used < n) {
        ssize_t got = pread(descriptor, bytes + used, n - used, (off_t)(offset + used));
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = 0;
        if (got <= 0)
            return false;
        used += (size_t)got;
    }
    return true;
}

/* The stored cases first .. first + n - 1 that a case is made of, before any is repeated. */
static size_t find_run(const hm_storage *storage, size_t index, size_t *n)
{
    *n = 1;
    if (storage->around == 0)
        return index;
    const hm_sequences *s = storage->sequences;
    size_t i = hm_sequences_at(s, index), begin = (size_t)s->start[i], end = (size_t)s->start[i + 1];
    size_t first = index - begin > storage->around ? index - storage->around : begin;
    size_t last = end - 1 - index > storage->around ? index + storage->around : end - 1;
    *n = last - first + 1;
    return first;
}

void hm_storage_fetch(const hm_storage *storage, size_t index)
{
    enum { LINE = 64 };
    if (!storage->bytes)
        return;
    size_t n_run, first = find_run(storage, index, &n_run), n = n_run * case_bytes(storage);
    for (size_t i = 0; i < n; i += LINE)
        __builtin_prefetch(storage->bytes + (uint64_t)first * case_bytes(storage) + i);
}

void hm_window_lay(float *out, size_t n, size_t around, size_t n_before, size_t n_run)
{
    size_t n_missing = around - n_before;
    memmove(out + n_missing * n, out, n_run * n * sizeof *out);
    for (size_t t = 0; t < n_missing; t++)
        memcpy(out + t * n, out + n_missing * n, n * sizeof *out);
    for (size_t t = n_missing + n_run; t < 2 * around + 1; t++)
        memcpy(out + t * n, out + (t - 1) * n, n * sizeof *out);
}

bool hm_storage_read(const hm_storage *storage, size_t index, void *scratch, float *out)
{
    size_t n_run, first = find_run(storage, index, &n_run), n_bytes = n_run * case_bytes(storage);
    uint64_t position = (uint64_t)first * case_bytes(storage);
    const unsigned char *bytes = storage->bytes ? storage->bytes + position : scratch;
    char *room = scratch;
    if (!storage->bytes) {
        if (!read_at(storage->descriptor, scratch, n_bytes, storage->offset + position))
            return false;
        room += aligned(n_bytes);
    }
    if (storage->around) {
        storage->element->to_f32(bytes, n_run * storage->n_stored, out);
        hm_window_lay(out, storage->n_stored, storage->around, index - first, n_run);
        return true;
    }
    if (!storage->resize) {
        storage->element->to_f32(bytes, storage->n_stored, out);
        return true;
    }
    float *whole = (float *)(void *)room;
    float *between = (float *)(void *)(room + aligned(storage->n_stored * sizeof(float)));
    storage->element->to_f32(bytes, storage->n_stored, whole);
    const hm_shape *shape = &storage->shape;
    const size_t area = storage->n_stored / shape->n_channels;
    for (size_t c = 0; c < shape->n_channels; c++)
        hm_resize_apply(storage->resize, whole + c * area, between,
                        out + c * shape->height * shape->width);
    return true;
}

void hm_storage_inner(const hm_storage *storage, size_t index, size_t *height, size_t *width)
{
    *height = storage->inner ? storage->inner[index].height : storage->shape.height;
    *width = storage->inner ? storage->inner[index].width : storage->shape.width;
}

hm_status hm_storage_fail_read(const hm_storage *storage, size_t index, int cause, hm_error *error)
{
    errno = cause;
    if (cause != 0)
        return hm_fail_io(error, "read", storage->path);
    return hm_fail(error, HM_ERROR_IO,
                   "%s: became shorter while it was being read (case %zu is gone); leave the file "
                   "alone and start again",
                   storage->path, index);
}

/* A float is finite unless all bits of its exponent are set; integers, unlike isfinite, are
 * compared many at a time. */
size_t hm_find_not_finite(const float *values, size_t n)
{
    const uint32_t exponent = 0x7f800000;
    uint32_t n_bad = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        n_bad += (bits & exponent) == exponent;
    }
    size_t at = 0;
    for (; n_bad > 0 && at < n; at++) {
        uint32_t bits;
        memcpy(&bits, &values[at], sizeof bits);
        if ((bits & exponent) == exponent)
            return at;
    }
    return n;
}

static hm_status tell_holes(const hm_storage *storage, size_t row, size_t column, float value, size_t n_holes, hm_error *error)
{
    char rest[80] = "";
    if (n_holes > 1)
        snprintf(rest, sizeof rest, " (%zu numbers are missing or not finite in all)", n_holes);
    return hm_fail(error, HM_ERROR_NUMERIC, "%s: row %zu, column %zu (counted from 0) is %g, not a finite number; remove the case or replace the value%s",
                   storage->path, row, column, (double)value, rest);
}

hm_status hm_storage_check(const hm_storage *storage, hm_error *error)
{
    size_t n = storage->n_stored, n_holes = 0, first_row = 0, first_column = 0;
    float first_value = 0;
    if (!storage->element->is_real)
        return HM_OK;
    float *row = hm_alloc(storage->context, n, sizeof *row, error);
    if (!row)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < storage->shape.n_cases; i++) {
        storage->element->to_f32(storage->bytes + i * case_bytes(storage), n, row);
        size_t bad = hm_find_not_finite(row, n);
        if (bad < n && n_holes == 0)
            first_row = i, first_column = bad, first_value = row[bad];
        for (; bad < n; bad++)
            n_holes += !isfinite(row[bad]);
    }
    hm_free(storage->context, row);
    return n_holes ? tell_holes(storage, first_row, first_column, first_value, n_holes, error) : HM_OK;
}

/* ---- Labels ---------------------------------------------------------------------------------- */

hm_status hm_storage_label(hm_storage *storage, const int32_t *labels, hm_error *error)
{
    size_t n = storage->shape.n_cases;
    int32_t largest = 0;
    for (size_t i = 0; i < n; i++) {
        if (labels[i] < 0 || labels[i] >= HM_CLASSES_MAX)
            return hm_fail(error, HM_ERROR_FORMAT,
                           "%s: the label of case %zu (counted from 0) is %" PRId32
                           "; labels are whole numbers from 0 to %d",
                           storage->path, i, labels[i], HM_CLASSES_MAX - 1);
        if (labels[i] > largest)
            largest = labels[i];
    }
    storage->labels = hm_alloc(storage->context, n, sizeof *labels, error);
    if (!storage->labels)
        return HM_ERROR_MEMORY;
    memcpy(storage->labels, labels, n * sizeof *labels);
    storage->n_classes = (size_t)largest + 1;
    return HM_OK;
}

/* ---- The digest ------------------------------------------------------------------------------ */

/* FNV-1a on words of 64 bits; the shift brings the high bits down, which a product alone never
 * does. */
uint64_t hm_digest_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static uint64_t digest_row(uint64_t hash, const float *row, size_t n)
{
    uint32_t pair[2] = {0, 0};
    for (size_t i = 0; i < n; i += 2) {
        pair[1] = 0;
        memcpy(pair, row + i, (n - i < 2 ? 1 : 2) * sizeof *pair);
        hash = hm_digest_word(hash, pair[0] | (uint64_t)pair[1] << 32);
    }
    return hash;
}

static void note_range(hm_storage *storage, const float *row, size_t n)
{
    float least = storage->least, most = storage->most;
    unsigned n_fractions = 0;
    for (size_t i = 0; i < n; i++) {
        least = row[i] < least ? row[i] : least;
        most = row[i] > most ? row[i] : most;
        n_fractions += row[i] != truncf(row[i]);
    }
    storage->least = least;
    storage->most = most;
    storage->is_whole = storage->is_whole && n_fractions == 0;
}

/* Which case is the i-th of those that the digest takes: all of a small set; of a large one,
 * whether in memory or not, the first 1,000 and 1,000 evenly spaced. */
static size_t digested_case(const hm_storage *storage, size_t n_digested, size_t i)
{
    size_t n = storage->shape.n_cases;
    if (n_digested == n || i < n_digested / 2)
        return i;
    return (size_t)((uint64_t)n * (i - n_digested / 2) / (n_digested - n_digested / 2));
}

hm_status hm_storage_digest(hm_storage *storage, hm_error *error)
{
    enum { SAMPLED = 2000 };
    const uint64_t small = (uint64_t)256 << 20;
    const hm_shape *shape = &storage->shape;
    size_t n = all_bytes(storage) <= small || shape->n_cases < SAMPLED ? shape->n_cases : SAMPLED;
    hm_status status = HM_ERROR_MEMORY;
    uint64_t hash = 0xcbf29ce484222325u;
    void *scratch = NULL;
    float *row = hm_alloc(storage->context, shape->n_features, sizeof *row, error);
    if (!row)
        goto done;
    scratch = hm_alloc(storage->context, hm_storage_scratch(storage), 1, error);
    if (!scratch)
        goto done;
    status = HM_OK;
    hash = hm_digest_word(hm_digest_word(hash, shape->n_cases), shape->n_features);
    storage->least = INFINITY;
    storage->most = -INFINITY;
    storage->is_whole = true;
    for (size_t i = 0; i < n; i++) {
        size_t index = digested_case(storage, n, i);
        if (!hm_storage_read(storage, index, scratch, row)) {
            status = hm_storage_fail_read(storage, index, errno, error);
            goto done;
        }
        hash = digest_row(hash, row, shape->n_features);
        note_range(storage, row, shape->n_features);
        hash = hm_digest_word(hash, storage->labels ? (uint64_t)storage->labels[index] + 1 : 0);
    }
    storage->digest = hash;
done:
    hm_free(storage->context, scratch);
    hm_free(storage->context, row);
    return status;
}

/* ---- Resizing -------------------------------------------------------------------------------- */

typedef struct resize_job {
    const hm_storage *storage; /* with its plan, from here ... */
    float *out;                /* ... to here */
    size_t n_tasks;
    char *scratch; /* one part for each task */
    struct {
        bool is_missing; /* a case could not be read: */
        size_t index;
        int cause; /* errno */
    } failure[READERS_MAX];
} resize_job;

static void resize_cases(void *argument, size_t task)
{
    resize_job *job = argument;
    const hm_shape *shape = &job->storage->shape;
    char *scratch = job->scratch + task * hm_storage_scratch(job->storage);
    size_t begin = shape->n_cases * task / job->n_tasks;
    size_t end = shape->n_cases * (task + 1) / job->n_tasks;
    for (size_t i = begin; i < end && !job->failure[task].is_missing; i++)
        if (!hm_storage_read(job->storage, i, scratch, job->out + i * shape->n_features)) {
            job->failure[task].is_missing = true;
            job->failure[task].index = i;
            job->failure[task].cause = errno;
        }
}

/* Puts cases as they are read, and resized, in the place of those in memory or in the file. */
static hm_status take_into_memory(hm_storage *storage, hm_error *error)
{
    const hm_context *context = storage->context;
    hm_shape *shape = &storage->shape;
    size_t n_tasks = hm_storage_n_readers(storage, 0);
    float *out = hm_alloc(context, shape->n_cases, shape->n_features * sizeof *out, error);
    char *scratch = out ? hm_alloc(context, n_tasks, hm_storage_scratch(storage), error) : NULL;
    if (!scratch) {
        hm_free(context, out);
        return HM_ERROR_MEMORY;
    }
    resize_job job = {.storage = storage, .out = out, .n_tasks = n_tasks, .scratch = scratch};
    hm_pool_run(context->pool, n_tasks, resize_cases, &job);
    hm_free(context, scratch);
    for (size_t i = 0; i < n_tasks; i++)
        if (job.failure[i].is_missing) {
            hm_free(context, out);
            return hm_storage_fail_read(storage, job.failure[i].index, job.failure[i].cause, error);
        }
    hm_free(context, storage->bytes);
    hm_resize_destroy(context, storage->resize);
    storage->resize = NULL;
    storage->bytes = (unsigned char *)out;
    storage->element = &hm_elements[HM_ELEMENT_F32];
    storage->n_stored = shape->n_features;
    return HM_OK;
}

hm_status hm_storage_resize(hm_storage *storage, size_t height, size_t width, uint64_t memory,
                            hm_error *error)
{
    hm_shape *shape = &storage->shape;
    if (shape->height == height && shape->width == width)
        return HM_OK;
    if ((uint64_t)height * width * shape->n_channels > HM_FEATURES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "resize = %zux%zu: at most %" PRIu64
                       " numbers can be one case, and %s has %zu channels",
                       height, width, HM_FEATURES_MAX, storage->path, shape->n_channels);
    hm_status status = hm_resize_create(storage->context, shape->height, shape->width, height,
                                        width, &storage->resize, error);
    if (status != HM_OK)
        return status;
    shape->height = height;
    shape->width = width;
    shape->n_features = height * width * shape->n_channels;
    bool fits = (uint64_t)shape->n_cases * shape->n_features * sizeof(float) <= memory;
    return storage->bytes && fits ? take_into_memory(storage, error) : HM_OK;
}

hm_status hm_storage_look_around(hm_storage *storage, hm_sequences *sequences, size_t around, hm_error *error)
{
    hm_shape *shape = &storage->shape;
    storage->sequences = sequences;
    if ((2 * (uint64_t)around + 1) * shape->n_features > HM_FEATURES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "context = %zu: at most %" PRIu64 " numbers can be one case, and %s has %zu in each", around,
                       HM_FEATURES_MAX, storage->path, shape->n_features);
    storage->around = around;
    if (around > 0)
        *shape = (hm_shape){shape->n_cases, window(storage) * shape->n_features, window(storage), shape->n_features, 1};
    return HM_OK;
}

hm_status hm_storage_hold(hm_storage *storage, uint64_t memory, hm_error *error)
{
    const hm_shape *shape = &storage->shape;
    uint64_t needed = (uint64_t)shape->n_cases * shape->n_features * sizeof(float);
    if (storage->bytes && !storage->resize && storage->element == &hm_elements[HM_ELEMENT_F32])
        return HM_OK;
    if (needed > memory)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: takes %" PRIu64 " MB in memory as floats, which whitening and contrast want, more than the "
                       "%" PRIu64 " allowed; raise `memory`, or make the pictures smaller",
                       storage->path, (needed >> 20) + 1, memory >> 20);
    hm_status status = take_into_memory(storage, error);
    return status == HM_OK ? hm_storage_check(storage, error) : status;
}
