/* Counting in parts. */
#ifndef HM_BASE_COUNT_H
#define HM_BASE_COUNT_H

#include <stddef.h>

static inline size_t hm_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many parts of that size hold n; the last may be smaller. */
static inline size_t hm_n_parts(size_t n, size_t part)
{
    return (n + part - 1) / part;
}

#endif
