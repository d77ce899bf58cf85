/* An allocator for tests: it counts what lives, and fails where it is told to. */
#ifndef HM_TESTS_COUNTED_MEMORY_H
#define HM_TESTS_COUNTED_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

#include <harmonium/context.h>

/* For contexts of one thread while fail_at is set. All zero: nothing fails. */
typedef struct counted_memory {
    size_t n_live;     /* allocations not yet released */
    size_t n_asked;    /* allocations since the count was set to 0 */
    size_t fail_at;    /* the allocation that fails, counted from 1; 0: none */
    size_t most_bytes; /* the largest single allocation since it was set to 0 */
} counted_memory;

static inline void *counted_allocate(void *user, size_t alignment, size_t bytes)
{
    counted_memory *memory = user;
    if (++memory->n_asked == memory->fail_at)
        return NULL;
    if (bytes > memory->most_bytes)
        memory->most_bytes = bytes;
    memory->n_live++;
    return aligned_alloc(alignment, bytes);
}

static inline void counted_release(void *user, void *bytes)
{
    counted_memory *memory = user;
    memory->n_live--;
    free(bytes);
}

static inline hm_allocator counted_allocator(counted_memory *memory)
{
    return (hm_allocator){counted_allocate, counted_release, memory};
}

#endif
