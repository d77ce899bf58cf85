/* Labels from a file of their own: any file that a reader takes and that holds one number a
 * case, or a CSV file of one word a case. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
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

static int compare(const void *a, const void *b)
{
    float p = *(const float *)a, q = *(const float *)b;
    return (p > q) - (p < q);
}

/* The distinct values of values[n], ascending, into distinct[]; how many. */
static size_t find_distinct(const float *values, size_t n, float *distinct)
{
    memcpy(distinct, values, n * sizeof *values);
    qsort(distinct, n, sizeof *distinct, compare);
    size_t n_distinct = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || distinct[i] != distinct[n_distinct - 1])
            distinct[n_distinct++] = distinct[i];
    return n_distinct;
}

/* Labels of which some are negative, such as -1 and 1, are the names of classes, in the order of the numbers. */
static hm_status name_classes(hm_storage *storage, const float *values, int32_t *labels, hm_error *error)
{
    const hm_context *context = storage->context;
    size_t n = storage->shape.n_cases;
    float *distinct = hm_alloc(context, n, sizeof *distinct, error);
    if (!distinct)
        return HM_ERROR_MEMORY;
    size_t n_classes = find_distinct(values, n, distinct);
    for (size_t i = 0; i < n; i++)
        labels[i] = (int32_t)((float *)bsearch(&values[i], distinct, n_classes, sizeof *distinct, compare) - distinct);
    hm_status status = hm_storage_label(storage, labels, error);
    if (status == HM_OK && !(storage->class_names = hm_alloc(context, n_classes, sizeof *storage->class_names, error)))
        status = HM_ERROR_MEMORY;
    for (size_t c = 0; status == HM_OK && c < n_classes; c++) {
        char name[32];
        hm_print(name, sizeof name, "%.0f", (double)distinct[c]);
        if (!(storage->class_names[c] = hm_strdup(context, name, error)))
            status = HM_ERROR_MEMORY;
    }
    hm_free(context, distinct);
    return status;
}

/* Whole numbers that a float holds exactly. */
static hm_status check_label(const char *path, size_t i, float value, hm_error *error)
{
    if (value > -HM_CLASSES_MAX && value < HM_CLASSES_MAX && value == truncf(value))
        return HM_OK;
    return hm_fail(error, HM_ERROR_FORMAT,
                   "%s: the label of case %zu (counted from 0) is %g; labels are words, or whole numbers of at most %d", path, i,
                   (double)value, HM_CLASSES_MAX - 1);
}

hm_status hm_labels_take(hm_storage *storage, const char *path, const float *values,
                         hm_error *error)
{
    size_t n = storage->shape.n_cases;
    int32_t *labels = hm_alloc(storage->context, n, sizeof *labels, error);
    hm_status status = labels ? HM_OK : HM_ERROR_MEMORY;
    bool has_negative = false;
    for (size_t i = 0; status == HM_OK && i < n; i++) {
        status = check_label(path, i, values[i], error);
        has_negative |= values[i] < 0;
        labels[i] = status == HM_OK ? (int32_t)values[i] : 0;
    }
    if (status == HM_OK)
        status = has_negative ? name_classes(storage, values, labels, error) : hm_storage_label(storage, labels, error);
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
    if (status == HM_OK && from->class_names) {
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
