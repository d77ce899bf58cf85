/* Labels from a file of their own: any file that a reader takes and that holds one number a
 * case, or a CSV file of one word a case. */
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

hm_status hm_labels_take(hm_storage *storage, const char *path, const float *values,
                         hm_error *error)
{
    size_t n = storage->shape.n_cases;
    int32_t *labels = hm_alloc(storage->context, n, sizeof *labels, error);
    hm_status status = labels ? HM_OK : HM_ERROR_MEMORY;
    for (size_t i = 0; status == HM_OK && i < n; i++) {
        float value = values[i];
        if (value >= 0 && value < HM_CLASSES_MAX && value == truncf(value))
            labels[i] = (int32_t)value;
        else
            status = hm_fail(error, HM_ERROR_FORMAT,
                             "%s: the label of case %zu (counted from 0) is %g; labels are whole "
                             "numbers from 0 to %d",
                             path, i, (double)value, HM_CLASSES_MAX - 1);
    }
    if (status == HM_OK)
        status = hm_storage_label(storage, labels, error);
    hm_free(storage->context, labels);
    return status;
}

/* The names of the classes, if the file has any, move with them. */
static hm_status move_labels(hm_storage *from, hm_storage *to, hm_error *error)
{
    size_t n = from->shape.n_cases;
    float *values = hm_alloc(to->context, n, sizeof *values, error);
    if (!values)
        return HM_ERROR_MEMORY;
    from->element->to_f32(from->bytes, n, values);
    hm_status status = hm_labels_take(to, from->path, values, error);
    hm_free(to->context, values);
    if (status == HM_OK) {
        to->class_names = from->class_names;
        from->class_names = NULL;
    }
    return status;
}

hm_status hm_labels_open(hm_storage *storage, const char *path, hm_error *error)
{
    const uint64_t most = (uint64_t)1
                          << 30; /* labels are always held in memory; more are no labels */
    hm_storage *from = NULL;
    if (storage->labels)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: its sub-folders or its `label-column` already are the classes; leave out "
                       "`labels`",
                       storage->path);
    hm_status status = hm_storage_open(storage->context, path, &(hm_reading){.memory = most, .n_labels = storage->shape.n_cases},
                                       &from, error);
    if (status == HM_OK)
        status = check_count(storage, from, error);
    if (status == HM_OK && !from->bytes)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: too large for a file of labels", path);
    if (status == HM_OK)
        status = move_labels(from, storage, error);
    hm_storage_close(from);
    return status;
}
