/* Labels from a file of their own: any file that a reader takes and that holds one number a
 * case. */
#include <inttypes.h>
#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "data/readers.h"

static hm_status check_count(const hm_storage *cases, const hm_storage *labels, hm_error *error)
{
    if (labels->shape.n_features != 1)
        return hm_fail(
            error, HM_ERROR_FORMAT,
            "%s: holds %zu numbers a case where one label is wanted; name a file of one column",
            labels->path, labels->shape.n_features);
    if (labels->shape.n_cases != cases->shape.n_cases)
        return hm_fail(
            error, HM_ERROR_MISMATCH,
            "%s: holds %zu labels, but %s holds %zu cases; name the two files that belong together",
            labels->path, labels->shape.n_cases, cases->path, cases->shape.n_cases);
    return HM_OK;
}

static hm_status convert(const hm_storage *from, int32_t *labels, hm_error *error)
{
    for (size_t i = 0; i < from->shape.n_cases; i++) {
        float value;
        from->element->to_f32(from->bytes + i * from->element->size, 1, &value);
        if (!(value >= 0 && value < HM_CLASSES_MAX && value == truncf(value)))
            return hm_fail(error, HM_ERROR_FORMAT,
                           "%s: the label of case %zu (counted from 0) is %g; labels are whole "
                           "numbers from 0 to %d",
                           from->path, i, (double)value, HM_CLASSES_MAX - 1);
        labels[i] = (int32_t)value;
    }
    return HM_OK;
}

hm_status hm_labels_open(hm_storage *storage, const char *path, hm_error *error)
{
    const uint64_t most = (uint64_t)1
                          << 30; /* labels are always held in memory; more are no labels */
    hm_storage *from = NULL;
    int32_t *labels = NULL;
    if (storage->labels)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: its sub-folders already are the classes; leave out `labels`",
                       storage->path);
    hm_status status = hm_storage_open(storage->context, path, &(hm_reading){.memory = most}, &from,
                                       error);
    if (status == HM_OK)
        status = check_count(storage, from, error);
    if (status == HM_OK && !from->bytes)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: too large for a file of labels", path);
    if (status == HM_OK) {
        labels = hm_alloc(storage->context, from->shape.n_cases, sizeof *labels, error);
        status = labels ? convert(from, labels, error) : HM_ERROR_MEMORY;
    }
    if (status == HM_OK)
        status = hm_storage_label(storage, labels, error);
    hm_free(storage->context, labels);
    hm_storage_close(from);
    return status;
}
