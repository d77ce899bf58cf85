/* Arrays of numbers that other programs wrote: an NPY or CSV file, or a tensor of a safetensors file. */
#ifndef HM_CLI_ARRAY_H
#define HM_CLI_ARRAY_H

#include "cli/cli.h"
#include "model/tensor_file.h"

enum { CLI_ARRAY_NAME_MAX = 200 };

typedef struct cli_array {
    char name[CLI_ARRAY_NAME_MAX]; /* the file, and the tensor in it, as messages and a terminal take them */
    size_t rows, cols;             /* a list of n numbers is n x 1 */
    float *values;                 /* [rows][cols], finite; null: there is no array */
} cli_array;

/* A file of at most two axes. HM_ERROR_NUMERIC names the first element that is not finite. */
hm_status cli_array_load(const hm_context *context, const char *path, cli_array *array, hm_error *error);

/* A tensor of at most two axes, of any real type; HM_ERROR_UNSUPPORTED for others. */
hm_status cli_array_take(const hm_context *context, const char *path, const hm_tensor *tensor, cli_array *array,
                         hm_error *error);

/* Rows become columns, in memory of their own. */
hm_status cli_array_transpose(const hm_context *context, cli_array *array, hm_error *error);
void cli_array_free(const hm_context *context, cli_array *array);

/* How many numbers a row or column has; 0 for what is neither. */
size_t cli_array_length(const cli_array *array);

/* Copies a name that a stranger chose, cut to `size`, with ? for what could move a terminal's cursor. Returns out. */
const char *cli_printable(const char *name, char *out, size_t size);

#endif
