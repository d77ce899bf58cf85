/* The entropy of a set of cases as a distribution over its distinct cases. */
#include "infer/entropy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "data/storage.h"

enum { ROWS = 256 };

/* Two cases are taken for the same when 64 bits of theirs agree. */
static uint64_t mark_of(const float *x, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t k = 0; k < n; k++) {
        uint32_t bits;
        memcpy(&bits, &x[k], sizeof bits);
        hash = hm_digest_word(hash, bits);
    }
    return hash;
}

static int compare_marks(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sum of -p log p over runs of equal marks. */
static double entropy_of(uint64_t *mark, size_t n)
{
    double sum = 0;
    qsort(mark, n, sizeof *mark, compare_marks);
    for (size_t i = 0, first = 0; i < n; i++)
        if (i + 1 == n || mark[i + 1] != mark[first]) {
            double p = (double)(i + 1 - first) / (double)n;
            sum -= p * log(p);
            first = i + 1;
        }
    return sum;
}

hm_status hm_cases_entropy(const hm_context *context, const hm_dataset *set, double *entropy, hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(set), V = hm_dataset_n_features(set);
    float *rows = hm_alloc(context, ROWS * V, sizeof *rows, error);
    uint64_t *mark = hm_alloc(context, n_cases, sizeof *mark, error);
    hm_status status = rows && mark ? HM_OK : HM_ERROR_MEMORY;
    for (size_t first = 0; status == HM_OK && first < n_cases; first += ROWS) {
        size_t n = n_cases - first < ROWS ? n_cases - first : ROWS;
        status = hm_dataset_read(set, NULL, first, n, 0, hm_matrix_f32(rows, n, V), error);
        for (size_t i = 0; status == HM_OK && i < n; i++)
            mark[first + i] = mark_of(rows + i * V, V);
    }
    if (status == HM_OK)
        *entropy = entropy_of(mark, n_cases);
    hm_free(context, rows);
    hm_free(context, mark);
    return status;
}
