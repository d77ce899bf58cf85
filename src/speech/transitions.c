/* Sphinx's transition matrices: counts or probabilities a[from][to] of the HMMs of phones, the exit in the last column.
 *
 * Behind the head: uint32 matrices, rows, columns, numbers in all; float32 numbers; if the head says chksum0 yes, a uint32
 * which we leave: what is damaged shows in the numbers. */
#include <harmonium/hmm.h>

#include <inttypes.h>
#include <math.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/file.h"
#include "speech/s3.h"

enum { COLUMNS = HM_HMM_STATES + 1, CELLS = HM_HMM_STATES * COLUMNS };
static const size_t FILE_MAX = (size_t)1 << 28;

struct hm_transitions {
    const hm_context *context;
    size_t n;
    float *log_a; /* [n][HM_HMM_STATES][COLUMNS] */
};

void hm_transitions_destroy(hm_transitions *t)
{
    if (!t)
        return;
    hm_free(t->context, t->log_a);
    hm_free(t->context, t);
}

static hm_status read_shape(hm_s3 *s3, size_t *n, hm_error *error)
{
    uint32_t shape[4] = {0};
    for (int i = 0; i < 4 && hm_s3_left(s3) >= 4; i++)
        shape[i] = hm_s3_u32(s3);
    *n = shape[0];
    if (shape[1] != HM_HMM_STATES || shape[2] != COLUMNS || *n == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: %" PRIu32 " matrices of %" PRIu32 " x %" PRIu32 "; phones here have %d states and an exit: %d x %d",
                       s3->path, shape[0], shape[1], shape[2], HM_HMM_STATES, HM_HMM_STATES, COLUMNS);
    if (shape[3] != (uint64_t)*n * CELLS || hm_s3_left(s3) / 4 / CELLS < *n)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: %zu bytes are left for %zu matrices of %d numbers; the file is cut off or damaged", s3->path,
                       hm_s3_left(s3), *n, CELLS);
    return HM_OK;
}

/* a[from][to], to >= from alone, normalised, as logarithms. */
static hm_status read_row(hm_s3 *s3, size_t matrix, size_t from, float log_a[COLUMNS], hm_error *error)
{
    double sum = 0;
    bool is_good = true;
    for (size_t to = 0; to < COLUMNS; to++) {
        log_a[to] = hm_s3_f32(s3);
        is_good = is_good && isfinite(log_a[to]) && log_a[to] >= 0 && (to >= from || log_a[to] == 0);
        sum += (double)log_a[to];
    }
    if (!is_good || !(sum > 0))
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: row %zu of matrix %zu (from 0) is %g %g %g %g; a row has probabilities of staying and of going on, none of going back",
                       s3->path, from, matrix, (double)log_a[0], (double)log_a[1], (double)log_a[2], (double)log_a[3]);
    for (size_t to = 0; to < COLUMNS; to++)
        log_a[to] = (float)log((double)log_a[to] / sum);
    return HM_OK;
}

static hm_status read_all(hm_transitions *t, hm_s3 *s3, hm_error *error)
{
    hm_status status = read_shape(s3, &t->n, error);
    if (status == HM_OK && !(t->log_a = hm_alloc(t->context, t->n, CELLS * sizeof *t->log_a, error)))
        status = HM_ERROR_MEMORY;
    for (size_t i = 0; status == HM_OK && i < t->n * HM_HMM_STATES; i++)
        status = read_row(s3, i / HM_HMM_STATES, i % HM_HMM_STATES, t->log_a + i * COLUMNS, error);
    return status;
}

hm_status hm_transitions_load(const hm_context *context, const char *path, hm_transitions **transitions, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, transitions));
    *transitions = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path));
    unsigned char *bytes;
    size_t n;
    hm_s3 s3;
    hm_status status = hm_file_load(context, path, FILE_MAX, &bytes, &n, error);
    if (status != HM_OK)
        return status;
    hm_transitions *t = hm_alloc(context, 1, sizeof *t, error);
    status = t ? hm_s3_open(path, bytes, n, &s3, error) : HM_ERROR_MEMORY;
    if (t)
        t->context = context;
    if (status == HM_OK)
        status = read_all(t, &s3, error);
    hm_free(context, bytes);
    if (status == HM_OK)
        *transitions = t;
    else
        hm_transitions_destroy(t);
    return status;
}

size_t hm_transitions_n(const hm_transitions *t)
{
    return t->n;
}

const float *hm_transitions_at(const hm_transitions *t, size_t index)
{
    return t->log_a + index * CELLS;
}
