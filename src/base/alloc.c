/* Memory through the context's allocator. */
#include "base/alloc.h"

#include <stdint.h>
#include <string.h>

#include "base/context.h"
#include "base/fail.h"

void *hm_alloc(const hm_context *context, size_t n, size_t size, hm_error *error)
{
    if (size != 0 && n > (SIZE_MAX - HM_ALIGNMENT) / size) {
        hm_fail(error, HM_ERROR_MEMORY, "out of memory: %zu items of %zu bytes do not fit in any memory",
                n, size);
        return NULL;
    }
    size_t bytes = n * size;
    /* aligned_alloc wants a multiple of the alignment; the tail also lets vector loads run past the end. */
    size_t rounded = (bytes + HM_ALIGNMENT) / HM_ALIGNMENT * HM_ALIGNMENT;
    void *memory =
        context->allocator.allocate(context->allocator.user, HM_ALIGNMENT, rounded);
    if (!memory) {
        hm_fail(error, HM_ERROR_MEMORY,
                "out of memory: %zu bytes were asked for; use a smaller model, batch or subset", bytes);
        return NULL;
    }
    return memset(memory, 0, rounded);
}

void hm_free(const hm_context *context, void *memory)
{
    if (memory)
        context->allocator.release(context->allocator.user, memory);
}

char *hm_strdup(const hm_context *context, const char *text, hm_error *error)
{
    size_t n = strlen(text) + 1;
    char *copy = hm_alloc(context, n, 1, error);
    if (copy)
        memcpy(copy, text, n);
    return copy;
}

hm_status hm_text_replace(const hm_context *context, char **text, const char *now, hm_error *error)
{
    char *copy = hm_strdup(context, now, error);
    if (!copy)
        return HM_ERROR_MEMORY;
    hm_free(context, *text);
    *text = copy;
    return HM_OK;
}

hm_status hm_text_add_line(const hm_context *context, char **text, const char *line, hm_error *error)
{
    size_t n = strlen(*text), k = strlen(line);
    char *longer = hm_alloc(context, n + k + 2, 1, error);
    if (!longer)
        return HM_ERROR_MEMORY;
    memcpy(longer, *text, n);
    if (n)
        longer[n++] = '\n';
    memcpy(longer + n, line, k + 1);
    hm_free(context, *text);
    *text = longer;
    return HM_OK;
}

void *hm_realloc(const hm_context *context, void *memory, size_t n_old, size_t n_new, size_t size,
                 hm_error *error)
{
    void *grown = hm_alloc(context, n_new, size, error);
    if (!grown)
        return NULL;
    if (memory)
        memcpy(grown, memory, (n_old < n_new ? n_old : n_new) * size);
    hm_free(context, memory);
    return grown;
}
