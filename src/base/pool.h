/* A pool of threads that runs the tasks of one job at a time.
 *
 * Our own rather than OpenMP: a context must be able to choose its number of threads, waiting threads
 * must spin only briefly before they sleep (libgomp offers that only through the environment of the
 * whole process), and ThreadSanitizer must see the barriers.
 *
 * Determinism is a matter of the tasks: a job is cut into tasks by the size of the work alone, never by
 * the number of threads, and no two tasks write the same place. */
#ifndef HM_BASE_POOL_H
#define HM_BASE_POOL_H

#include <stddef.h>

#include <harmonium/context.h>

typedef struct hm_pool hm_pool;
typedef void hm_task(void *job, size_t task);

/* n_threads >= 1 counts the calling thread. */
hm_status hm_pool_create(const hm_context *context, int n_threads, hm_pool **pool, hm_error *error);
void hm_pool_destroy(const hm_context *context, hm_pool *pool);

/* Runs task(job, 0), ..., task(job, n_tasks - 1), in any order and in parallel, and returns when all are
 * done. A task must not call this function on the same pool. */
void hm_pool_run(hm_pool *pool, size_t n_tasks, hm_task *task, void *job);

int hm_pool_n_threads(const hm_pool *pool);

/* The processors this process may use, which in a container are fewer than the machine has. */
int hm_n_processors(void);
/* Those of the machine. */
int hm_n_online(void);

#endif
