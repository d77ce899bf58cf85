/* Writing NPY: magic, version 1.0, a header padded to 64 bytes, rows. */
#include <stdio.h>
#include <string.h>

#include <harmonium/data.h>

#include "base/file.h"

hm_status hm_matrix_save_npy(hm_matrix matrix, const char *path, hm_error *error)
{
    enum { PREAMBLE = 10, HEADER = 128 };
    char header[HEADER + 1];
    hm_file_writer writer;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = HEADER - PREAMBLE;
    header[9] = 0;
    int n = snprintf(header + PREAMBLE, HEADER - PREAMBLE,
                     "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", matrix.rows, matrix.cols);
    memset(header + PREAMBLE + n, ' ', (size_t)(HEADER - PREAMBLE - n));
    header[HEADER - 1] = '\n';
    hm_file_write(&writer, header, HEADER);
    for (size_t row = 0; row < matrix.rows; row++)
        hm_file_write(&writer, hm_row_f32(&matrix, row), matrix.cols * sizeof(float));
    return hm_file_commit(&writer, error);
}
