/* Arrays of numbers that other programs wrote. */
#include "cli/cli_array.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "data/readers.h"

/* No more than ASCII: UTF-8 has control characters of its own, and must not be cut in two either. */
const char *cli_printable(const char *name, char *out, size_t size)
{
    size_t n = 0;
    for (; name[n] && n + 1 < size; n++)
        out[n] = name[n] < ' ' || name[n] > '~' ? '?' : name[n];
    out[n] = 0;
    return out;
}

void cli_array_free(const hm_context *context, cli_array *array)
{
    hm_free(context, array->values);
    *array = (cli_array){0};
}

size_t cli_array_length(const cli_array *array)
{
    return array->rows == 1 ? array->cols : array->cols == 1 ? array->rows : 0;
}

static hm_status allocate(const hm_context *context, size_t rows, size_t cols, cli_array *array, hm_error *error)
{
    array->rows = rows;
    array->cols = cols;
    array->values = hm_alloc(context, rows * cols, sizeof *array->values, error);
    return array->values ? HM_OK : HM_ERROR_MEMORY;
}

/* ---- Files ---------------------------------------------------------------------------------------------- */

/* As the file holds them: neither scaled as bytes of pictures are, nor resized. */
static hm_status copy_values(const hm_context *context, const hm_storage *storage, cli_array *array, hm_error *error)
{
    const hm_shape *shape = &storage->shape;
    if (shape->height)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: holds pictures, or an array of more than two axes; weights are an array of visible x hidden",
                       storage->path);
    hm_status status = allocate(context, shape->n_cases, shape->n_features, array, error);
    if (status == HM_OK)
        storage->element->to_f32(storage->bytes, shape->n_cases * shape->n_features, array->values);
    return status;
}

hm_status cli_array_load(const hm_context *context, const char *path, cli_array *array, hm_error *error)
{
    const hm_reading whole = {.memory = UINT64_MAX};
    hm_storage *storage = NULL;
    *array = (cli_array){0};
    cli_printable(path, array->name, sizeof array->name);
    hm_status status = hm_storage_open(context, path, &whole, &storage, error);
    if (status == HM_OK)
        status = copy_values(context, storage, array, error);
    hm_storage_close(storage);
    return status;
}

/* ---- Tensors -------------------------------------------------------------------------------------------- */

static hm_status check_finite(const cli_array *array, hm_error *error)
{
    size_t n = array->rows * array->cols, bad = hm_find_not_finite(array->values, n);
    return bad == n ? HM_OK
                    : hm_fail(error, HM_ERROR_NUMERIC,
                              "%s: row %zu, column %zu (counted from 0) is %g, not a finite number; replace the value",
                              array->name, bad / array->cols, bad % array->cols, (double)array->values[bad]);
}

static void name_tensor(const char *path, const char *tensor, cli_array *array)
{
    char file[CLI_ARRAY_NAME_MAX / 2], name[CLI_ARRAY_NAME_MAX / 2 - 2];
    snprintf(array->name, sizeof array->name, "%s: %s", cli_printable(path, file, sizeof file),
             cli_printable(tensor, name, sizeof name));
}

hm_status cli_array_take(const hm_context *context, const char *path, const hm_tensor *tensor, cli_array *array,
                         hm_error *error)
{
    *array = (cli_array){0};
    name_tensor(path, tensor->name, array);
    if (!hm_tensor_is_real(tensor))
        return hm_fail(error, HM_ERROR_UNSUPPORTED, "%s: is of type %s; weights and biases are F64, F32, F16 or BF16",
                       array->name, hm_tensor_type_name(tensor->type));
    if (tensor->n_axes > 2 || hm_tensor_n_elements(tensor) == 0)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: has %d axes and %zu numbers; weights have two axes, biases one",
                       array->name, tensor->n_axes, hm_tensor_n_elements(tensor));
    size_t rows = tensor->n_axes > 0 ? tensor->shape[0] : 1, cols = tensor->n_axes > 1 ? tensor->shape[1] : 1;
    hm_status status = allocate(context, rows, cols, array, error);
    if (status != HM_OK)
        return status;
    hm_tensor_to_f32(tensor, array->values);
    return check_finite(array, error);
}

hm_status cli_array_transpose(const hm_context *context, cli_array *array, hm_error *error)
{
    cli_array turned = *array;
    hm_status status = allocate(context, array->cols, array->rows, &turned, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < array->rows; i++)
        for (size_t j = 0; j < array->cols; j++)
            turned.values[j * array->rows + i] = array->values[i * array->cols + j];
    hm_free(context, array->values);
    *array = turned;
    return HM_OK;
}
