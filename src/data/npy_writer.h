/* The header of an NPY file of float32 rows, for who writes them as they come. */
#ifndef HM_DATA_NPY_WRITER_H
#define HM_DATA_NPY_WRITER_H

#include <stddef.h>

enum { HM_NPY_HEADER = 128 };

/* Of the same length for any shape, so that it can be written over when the rows are counted. */
void hm_npy_header(size_t n_rows, size_t n_cols, char header[HM_NPY_HEADER]);

#endif
