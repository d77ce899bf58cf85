/* Counting in parts, and where the largest stands. */
#ifndef HM_BASE_COUNT_H
#define HM_BASE_COUNT_H

#include <stddef.h>

static inline size_t hm_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t hm_most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* How many parts of that size hold n; the last may be smaller. */
static inline size_t hm_n_parts(size_t n, size_t part)
{
    return (n + part - 1) / part;
}

/* Where the largest of x[n] stands, the first of those that are as large; n >= 1. */
static inline size_t hm_largest(const float *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

#endif
