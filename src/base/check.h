/* What the functions of the public headers ask of their arguments, once, before anything is done. What they call inside asks no more.
 *
 *     HM_REQUIRE(HM_GIVEN(error, model, out.data));
 *     HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, n_features, HM_TAKES_FLOATS, error));
 */
#ifndef HM_BASE_CHECK_H
#define HM_BASE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include <harmonium/matrix.h>
#include <harmonium/status.h>

/* Leaves the function with the status of a check that fails. Only where a function begins, when it owns nothing yet. */
#define HM_REQUIRE(check)                                                                                      \
    do {                                                                                                       \
        const hm_status required = (check);                                                                    \
        if (required != HM_OK)                                                                                 \
            return required;                                                                                   \
    } while (0)

/* HM_ERROR_ARGUMENT, with the names of function and argument, for the first of these pointers that is null. */
#define HM_GIVEN(error, ...)                                                                                   \
    hm_check_given(__func__, #__VA_ARGS__, (const void *const[]){__VA_ARGS__},                                 \
                   sizeof((const void *const[]){__VA_ARGS__}) / sizeof(void *), error)
hm_status hm_check_given(const char *function, const char *names, const void *const *pointers, size_t n, hm_error *error);

enum { HM_TAKES_FLOATS, HM_TAKES_BYTES_TOO };
#define HM_ANY_NUMBER SIZE_MAX

/* HM_ERROR_ARGUMENT unless the matrix is rows x cols (HM_ANY_NUMBER: as it is), of a type that is taken, of a stride of at least its
 * columns, and has data, if it has rows. */
hm_status hm_check_matrix(const char *name, hm_matrix m, size_t rows, size_t cols, int takes, hm_error *error);

/* HM_ERROR_ARGUMENT unless least <= value <= most. */
hm_status hm_check_number(const char *name, double value, double least, double most, hm_error *error);

/* HM_ERROR_ARGUMENT unless index < n; `what` is counted: "machine", "layer". */
hm_status hm_check_index(const char *what, size_t index, size_t n, hm_error *error);

/* HM_ERROR_ARGUMENT unless each of states[n] is 0, 1, or (least = -1) unknown. */
hm_status hm_check_states(const char *name, const int8_t *states, size_t n, int least, hm_error *error);

#endif
