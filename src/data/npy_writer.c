/* Writing NPY: magic, version 1.0, a header padded to 64 bytes, rows. */
#include "base/check.h"
#include "data/npy_writer.h"

#include <stdio.h>
#include <string.h>

#include <harmonium/data.h>

#include "base/file.h"

void hm_npy_header(size_t n_rows, size_t n_cols, char header[HM_NPY_HEADER])
{
    enum { PREAMBLE = 10 };
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = HM_NPY_HEADER - PREAMBLE;
    header[9] = 0;
    int n = snprintf(header + PREAMBLE, HM_NPY_HEADER - PREAMBLE,
                     "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", n_rows, n_cols);
    memset(header + PREAMBLE + n, ' ', (size_t)(HM_NPY_HEADER - PREAMBLE - n));
    header[HM_NPY_HEADER - 1] = '\n';
}

hm_status hm_matrix_save_npy(hm_matrix matrix, const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, path));
    HM_REQUIRE(hm_check_matrix("matrix", matrix, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    char header[HM_NPY_HEADER];
    hm_file_writer writer;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    hm_npy_header(matrix.rows, matrix.cols, header);
    hm_file_write(&writer, header, HM_NPY_HEADER);
    for (size_t row = 0; row < matrix.rows; row++)
        hm_file_write(&writer, hm_row_f32(&matrix, row), matrix.cols * sizeof(float));
    return hm_file_commit(&writer, error);
}
