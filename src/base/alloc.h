/* Memory through the context's allocator: zeroed, aligned to 64 bytes, sizes checked before they are
 * multiplied. */
#ifndef HM_BASE_ALLOC_H
#define HM_BASE_ALLOC_H

#include <stddef.h>

#include <harmonium/context.h>

enum { HM_ALIGNMENT = 64 };

/* Floats that n floats take when the next ones are to be aligned too. */
static inline size_t hm_padded_floats(size_t n)
{
    enum { FLOATS = HM_ALIGNMENT / sizeof(float) };
    return (n + FLOATS - 1) / FLOATS * FLOATS;
}

/* n items of `size` bytes, all zero, aligned to HM_ALIGNMENT. On failure returns null and fills the
 * error with what was asked for. n * size = 0 gives a valid pointer. */
void *hm_alloc(const hm_context *context, size_t n, size_t size, hm_error *error);

/* null is allowed. */
void hm_free(const hm_context *context, void *memory);

/* A copy of a string of the caller's. */
char *hm_strdup(const hm_context *context, const char *text, hm_error *error);

/* *text becomes a copy of `now`; on failure it stays. */
hm_status hm_text_replace(const hm_context *context, char **text, const char *now, hm_error *error);

/* Puts a line behind those of *text; likewise. */
hm_status hm_text_add_line(const hm_context *context, char **text, const char *line, hm_error *error);

/* Grows (or shrinks) what hm_alloc gave from n_old to n_new items: allocates, copies, frees. On failure returns null and
 * `memory` stays valid. New items are zero. */
void *hm_realloc(const hm_context *context, void *memory, size_t n_old, size_t n_new, size_t size,
                 hm_error *error);

#endif
