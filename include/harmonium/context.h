/* The context: threads, backend, seed, log and memory, in place of global state.
 *
 *     hm_context *context;
 *     hm_status status = hm_context_create(NULL, &context, &error);   // all defaults
 *     ...
 *     hm_context_destroy(context);
 *
 * A context may be used by one thread at a time; several contexts may live side by side. Everything
 * made with a context must be destroyed before it. A forked child may go on with the context, and all that was made with it, as its own
 * copy: it starts threads of its own. */
#ifndef HARMONIUM_CONTEXT_H
#define HARMONIUM_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/status.h>
#include <harmonium/team.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hm_context hm_context;

/* Where memory comes from. allocate returns `bytes` bytes aligned to `alignment` (a power of two), or
 * null; release takes what allocate gave. Both may be called from any thread. */
typedef struct hm_allocator {
    void *(*allocate)(void *user, size_t alignment, size_t bytes);
    void (*release)(void *user, void *memory);
    void *user;
} hm_allocator;

typedef enum hm_log_level { HM_LOG_ERROR, HM_LOG_WARNING, HM_LOG_INFO, HM_LOG_DEBUG } hm_log_level;

/* Receives one line without its newline. The library itself never prints. */
typedef void hm_log_sink(void *user, hm_log_level level, const char *line);

typedef struct hm_context_config {
    int n_threads;       /* 0: one per available processor */
    const char *backend; /* null or "auto": the best available; else a row of hm_backend_list() */
    const char *precision; /* null or "f32": float32; "bf16": learning multiplies bfloat16 numbers, where the processor can;
                              "auto": bf16 where it can. Weights, sums and all that follows learning are float32 */
    uint64_t seed;       /* of every random number drawn through this context */
    hm_allocator allocator; /* all null: aligned_alloc and free */
    hm_log_sink *log;       /* null: silence */
    void *log_user;
    hm_team *team;          /* whose rank this process is (team.h); null: alone. It outlives the context */
    /* Asked now and then by what takes long between two mini-batches, such as a sum over all states; true ends it with
     * HM_ERROR_INTERRUPTED. Null: never. Of ranks that work together none is asked, since they must do the same. */
    bool (*should_stop)(void *user);
    void *stop_user;
} hm_context_config;

/* config may be null. Fails with HM_ERROR_ARGUMENT for an unknown or unavailable backend or precision or
 * a negative number of threads, HM_ERROR_MEMORY. The caller destroys *context. */
hm_status hm_context_create(const hm_context_config *config, hm_context **context, hm_error *error);
void hm_context_destroy(hm_context *context);

/* The team it was made with, or null. */
hm_team *hm_context_team(const hm_context *context);

int hm_context_n_threads(const hm_context *context);
uint64_t hm_context_seed(const hm_context *context);
const char *hm_context_backend(const hm_context *context);

/* What computes: backend, kernels and, if it says so, the BLAS's own kernel, or the precision of learning if it is not that
 * of float32, as in "blas avx512 SkylakeX", "fused avx512 bf16". As snprintf. */
size_t hm_context_describe(const hm_context *context, char *text, size_t size);

/* One row of the table of backends, for `harmonium info` and for people who choose. */
typedef struct hm_backend_info {
    const char *name;
    const char *summary;
    int is_available; /* in this build and on this processor */
} hm_backend_info;

/* Row `index` of the table, or null past its end; the first available row is what "auto" takes. */
const hm_backend_info *hm_backend_list(size_t index);

/* One row of the table of optional features of this build (zlib, png, ...). */
typedef struct hm_feature_info {
    const char *name;
    const char *what_for;
    int is_present;
} hm_feature_info;

const hm_feature_info *hm_feature_list(size_t index);

#ifdef __cplusplus
}
#endif
#endif
