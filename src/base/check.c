/* Checks of the arguments of public functions. */
#include "base/check.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"

/* The i-th of names that commas separate. */
static const char *name_at(const char *names, size_t i, int *n)
{
    for (; i > 0; i--)
        names = strchr(names, ',') + 1;
    names += strspn(names, " ");
    *n = (int)strcspn(names, ",");
    return names;
}

hm_status hm_check_given(const char *function, const char *names, const void *const *pointers, size_t n, hm_error *error)
{
    for (size_t i = 0; i < n; i++) {
        int length;
        const char *name = name_at(names, i, &length);
        if (!pointers[i])
            return hm_fail(error, HM_ERROR_ARGUMENT, "%s: %.*s is null; it must point to something", function, length, name);
    }
    return HM_OK;
}

static hm_status check_form(const char *name, const hm_matrix *m, int takes, hm_error *error)
{
    if (m->dtype != HM_DTYPE_F32 && !(takes == HM_TAKES_BYTES_TOO && m->dtype == HM_DTYPE_U8))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s has numbers of type %d; take float ones (HM_DTYPE_F32)%s", name, (int)m->dtype,
                       takes == HM_TAKES_BYTES_TOO ? " or bytes (HM_DTYPE_U8)" : "");
    if (m->stride < m->cols)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s has a stride of %zu, less than its %zu columns; the stride counts elements from one row "
                                                 "to the next",
                       name, m->stride, m->cols);
    if (m->rows && m->stride > SIZE_MAX / sizeof(float) / m->rows)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s of %zu rows of %zu numbers does not fit in any memory; correct its size", name, m->rows,
                       m->stride);
    if (m->rows && !m->data)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s has %zu rows, but its data are null; point them to the numbers", name, m->rows);
    return HM_OK;
}

hm_status hm_check_matrix(const char *name, hm_matrix m, size_t rows, size_t cols, int takes, hm_error *error)
{
    if (rows != HM_ANY_NUMBER && m.rows != rows)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s has %zu rows, but must have %zu", name, m.rows, rows);
    if (cols != HM_ANY_NUMBER && m.cols != cols)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s has %zu columns, but must have %zu", name, m.cols, cols);
    return check_form(name, &m, takes, error);
}

hm_status hm_check_number(const char *name, double value, double least, double most, hm_error *error)
{
    char is[40], low[40], high[40];
    if (value >= least && value <= most)
        return HM_OK;
    hm_number_print(value, is, sizeof is);
    hm_number_print(least, low, sizeof low);
    hm_number_print(most, high, sizeof high);
    if (isinf(most) || most >= 1e18)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s = %s: must be at least %s", name, is, low);
    return hm_fail(error, HM_ERROR_ARGUMENT, "%s = %s: must lie between %s and %s", name, is, low, high);
}

hm_status hm_check_index(const char *what, size_t index, size_t n, hm_error *error)
{
    if (index < n)
        return HM_OK;
    if (!n)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s %zu: there is none", what, index);
    return hm_fail(error, HM_ERROR_ARGUMENT, "%s %zu: there are 0 to %zu", what, index, n - 1);
}

hm_status hm_check_states(const char *name, const int8_t *states, size_t n, int least, hm_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (states[i] < least || states[i] > 1)
            return hm_fail(error, HM_ERROR_ARGUMENT, "%s[%zu] = %d: must be 0 or 1%s", name, i, states[i], least < 0 ? ", or -1 where nothing is known" : "");
    return HM_OK;
}
