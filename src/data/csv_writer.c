/* Writing text: a row a line, each number in the fewest digits that read back the same; CSV, or the sparse lines of LIBSVM and
 * LIBLINEAR. */
#include <stdio.h>
#include <stdlib.h>

#include <harmonium/data.h>

#include "base/check.h"
#include "base/file.h"
#include "base/number.h"

enum { NUMBER_MAX = 32 };

static size_t print_float(float value, char *text)
{
    for (int digits = 6; digits < 9; digits++) {
        int n = hm_print(text, NUMBER_MAX, "%.*g", digits, (double)value);
        if ((float)hm_number_begin(text, NULL) == value)
            return (size_t)n;
    }
    return (size_t)hm_print(text, NUMBER_MAX, "%.9g", (double)value);
}

hm_status hm_matrix_save_csv(hm_matrix matrix, const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, path));
    HM_REQUIRE(hm_check_matrix("matrix", matrix, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    char text[NUMBER_MAX];
    hm_file_writer writer;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < matrix.rows; i++) {
        const float *row = hm_row_f32(&matrix, i);
        for (size_t j = 0; j < matrix.cols; j++) {
            size_t n = print_float(row[j], text);
            text[n++] = j + 1 < matrix.cols ? ',' : '\n';
            hm_file_write(&writer, text, n);
        }
    }
    return hm_file_commit(&writer, error);
}

/* "label index:value ...": indices from 1, zeros left out. */
hm_status hm_matrix_save_svm(hm_matrix matrix, const int32_t *labels, const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, path));
    HM_REQUIRE(hm_check_matrix("matrix", matrix, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    char text[NUMBER_MAX];
    hm_file_writer writer;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < matrix.rows; i++) {
        const float *row = hm_row_f32(&matrix, i);
        hm_file_print(&writer, "%d", labels ? (int)labels[i] : 0);
        for (size_t j = 0; j < matrix.cols; j++) {
            if (row[j] == 0)
                continue;
            print_float(row[j], text);
            hm_file_print(&writer, " %zu:%s", j + 1, text);
        }
        hm_file_print(&writer, "\n");
    }
    return hm_file_commit(&writer, error);
}
