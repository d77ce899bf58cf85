/* The inside of a context, for the library's own rooms. */
#ifndef HM_BASE_CONTEXT_H
#define HM_BASE_CONTEXT_H

#include <harmonium/context.h>

#include "base/pool.h"

struct hm_backend; /* compute/backend.h: base only carries the pointer */

struct hm_context {
    hm_allocator allocator;
    hm_log_sink *log;
    void *log_user;
    uint64_t seed;
    hm_team *team; /* null: alone */
    bool (*should_stop)(void *user); /* null: never */
    void *stop_user;
    hm_pool *pool;
    const struct hm_backend *backend;
    const struct hm_panel_kernels *panels; /* what packed products are computed with; null: there are none */
};

/* What takes longer than a mini-batch may end here with HM_ERROR_INTERRUPTED. */
hm_status hm_context_check_stop(const hm_context *context, hm_error *error);

#endif
