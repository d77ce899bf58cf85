/* Matrix views: rows are cases, columns are units; a view owns nothing.
 *
 * States are typed: what an algorithm computes in is float32, a sample or a pixel may also be a byte
 * (the value itself: 0 or 1, a count, or 0..255). */
#ifndef HARMONIUM_MATRIX_H
#define HARMONIUM_MATRIX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hm_dtype { HM_DTYPE_F32, HM_DTYPE_U8 } hm_dtype;

typedef struct hm_matrix {
    void *data;
    size_t rows, cols;
    size_t stride; /* elements from one row to the next; at least cols */
    hm_dtype dtype;
} hm_matrix;

/* A dense float view: data[rows][cols]. (No compound literal: C++ has none.) */
static inline hm_matrix hm_matrix_f32(float *data, size_t rows, size_t cols)
{
    hm_matrix m = {data, rows, cols, cols, HM_DTYPE_F32};
    return m;
}

static inline hm_matrix hm_matrix_u8(uint8_t *data, size_t rows, size_t cols)
{
    hm_matrix m = {data, rows, cols, cols, HM_DTYPE_U8};
    return m;
}

static inline size_t hm_dtype_size(hm_dtype dtype)
{
    return dtype == HM_DTYPE_U8 ? 1 : sizeof(float);
}

static inline float *hm_row_f32(const hm_matrix *m, size_t row)
{
    return (float *)m->data + row * m->stride;
}

static inline uint8_t *hm_row_u8(const hm_matrix *m, size_t row)
{
    return (uint8_t *)m->data + row * m->stride;
}

/* Rows first .. first + n - 1 of m, and likewise columns. */
static inline hm_matrix hm_matrix_rows(hm_matrix m, size_t first, size_t n)
{
    m.data = (char *)m.data + first * m.stride * hm_dtype_size(m.dtype);
    m.rows = n;
    return m;
}

static inline hm_matrix hm_matrix_cols(hm_matrix m, size_t first, size_t n)
{
    m.data = (char *)m.data + first * hm_dtype_size(m.dtype);
    m.cols = n;
    return m;
}

#ifdef __cplusplus
}
#endif
#endif
