/* The thread pool.
 *
 * A job is announced by raising `generation`. Each thread has a run of the task numbers of its own, and when it is through
 * takes from those of others: a job that comes again finds most of its data in the cache of the thread that had it before. A
 * waiting thread spins for some microseconds, which covers the gaps between the verbs of a training
 * step, and then sleeps on a condition variable, so that an idle context costs nothing and a machine
 * that others use as well is not slowed by our waiting.
 *
 * A forked child has the pool's memory but none of its threads, and its locks as they were at that moment. The first job in a child makes
 * threads and locks anew. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"

enum { SPINS_BEFORE_SLEEP = 2000 };

/* The next task of a thread's run; a cache line each, so that threads do not wait for each other's counters. */
typedef struct hm_run {
    _Alignas(64) atomic_size_t next;
    size_t end;
} hm_run;

typedef struct hm_helper {
    hm_pool *pool;
    int index;
    pthread_t thread;
} hm_helper;

struct hm_pool {
    int n_threads;
    int n_started;
    unsigned n_forks; /* the value of the counter below in the process that started the threads */
    hm_helper *helper; /* [n_threads - 1] */
    hm_run *run;       /* [n_threads]; the last is the caller's */

    hm_task *task;
    void *job;
    atomic_uint generation; /* of the job announced last */
    atomic_int n_working;   /* helpers that have not finished with the current job */
    atomic_bool is_closing;

    pthread_mutex_t mutex; /* guards both conditions */
    pthread_cond_t job_came, job_done;
};

/* How many forks lie between the first process and this one: cheaper to ask before each job than the system for the process. */
static unsigned n_forks;

static void count_fork(void)
{
    n_forks++;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, count_fork);
}

static bool is_of_parent(const hm_pool *pool)
{
    return pool->n_forks != n_forks;
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_tasks(hm_pool *pool, int index)
{
    for (int i = 0; i < pool->n_started + 1; i++) {
        hm_run *run = &pool->run[(index + i) % (pool->n_started + 1)];
        size_t task;
        while ((task = atomic_fetch_add_explicit(&run->next, 1, memory_order_relaxed)) < run->end)
            pool->task(pool->job, task);
    }
}

/* Returns when the generation is no longer `seen`. */
static unsigned await_job(hm_pool *pool, unsigned seen)
{
    for (int spin = 0; spin < SPINS_BEFORE_SLEEP; spin++) {
        unsigned now = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (now != seen)
            return now;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->generation) == seen)
        pthread_cond_wait(&pool->job_came, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return atomic_load(&pool->generation);
}

static void *work(void *argument)
{
    const hm_helper *helper = argument;
    hm_pool *pool = helper->pool;
    unsigned seen = 0;
    for (;;) {
        seen = await_job(pool, seen);
        if (atomic_load(&pool->is_closing))
            return NULL;
        take_tasks(pool, helper->index);
        if (atomic_fetch_sub(&pool->n_working, 1) == 1) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->job_done);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

static void announce(hm_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->generation, 1);
    pthread_cond_broadcast(&pool->job_came);
    pthread_mutex_unlock(&pool->mutex);
}

static void await_helpers(hm_pool *pool)
{
    for (int spin = 0; spin < SPINS_BEFORE_SLEEP; spin++) {
        if (atomic_load_explicit(&pool->n_working, memory_order_acquire) == 0)
            return;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->n_working) != 0)
        pthread_cond_wait(&pool->job_done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

static void init_locks(hm_pool *pool)
{
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->job_came, NULL);
    pthread_cond_init(&pool->job_done, NULL);
}

/* Starts the threads that are missing; false when the system refuses one. */
static bool start_threads(hm_pool *pool)
{
    while (pool->n_started < pool->n_threads - 1) {
        hm_helper *helper = &pool->helper[pool->n_started];
        *helper = (hm_helper){.pool = pool, .index = pool->n_started};
        if (pthread_create(&helper->thread, NULL, work, helper) != 0)
            return false;
        pool->n_started++;
    }
    return true;
}

/* With fewer threads, down to the caller alone, jobs take longer and give the same. */
static void revive(hm_pool *pool)
{
    init_locks(pool);
    atomic_store(&pool->generation, 0);
    atomic_store(&pool->n_working, 0);
    pool->n_started = 0;
    pool->n_forks = n_forks;
    start_threads(pool);
}

void hm_pool_run(hm_pool *pool, size_t n_tasks, hm_task *task, void *job)
{
    if (is_of_parent(pool))
        revive(pool);
    if (n_tasks <= 1 || pool->n_started == 0) {
        for (size_t i = 0; i < n_tasks; i++)
            task(job, i);
        return;
    }
    pool->task = task;
    pool->job = job;
    size_t n_runs = (size_t)pool->n_started + 1;
    for (size_t i = 0; i < n_runs; i++) {
        atomic_store_explicit(&pool->run[i].next, n_tasks * i / n_runs, memory_order_relaxed);
        pool->run[i].end = n_tasks * (i + 1) / n_runs;
    }
    atomic_store(&pool->n_working, pool->n_started);
    announce(pool);
    take_tasks(pool, pool->n_started);
    await_helpers(pool);
}

int hm_pool_n_threads(const hm_pool *pool)
{
    return pool->n_threads;
}

hm_status hm_pool_create(const hm_context *context, int n_threads, hm_pool **out, hm_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    hm_pool *pool = hm_alloc(context, 1, sizeof *pool, error);
    *out = NULL;
    if (!pool)
        return HM_ERROR_MEMORY;
    pthread_once(&once, watch_forks);
    pool->n_threads = n_threads;
    pool->n_forks = n_forks;
    init_locks(pool);
    pool->helper = hm_alloc(context, (size_t)n_threads, sizeof *pool->helper, error);
    pool->run = hm_alloc(context, (size_t)n_threads, sizeof *pool->run, error);
    if (!pool->helper || !pool->run) {
        hm_pool_destroy(context, pool);
        return HM_ERROR_MEMORY;
    }
    if (!start_threads(pool)) {
        hm_pool_destroy(context, pool);
        return hm_fail(error, HM_ERROR_MEMORY, "the system refused to start %d threads; ask for fewer with --threads", n_threads);
    }
    *out = pool;
    return HM_OK;
}

static void end_threads(hm_pool *pool)
{
    atomic_store(&pool->is_closing, true);
    announce(pool);
    for (int i = 0; i < pool->n_started; i++)
        pthread_join(pool->helper[i].thread, NULL);
    pthread_cond_destroy(&pool->job_done);
    pthread_cond_destroy(&pool->job_came);
    pthread_mutex_destroy(&pool->mutex);
}

void hm_pool_destroy(const hm_context *context, hm_pool *pool)
{
    if (!pool)
        return;
    if (!is_of_parent(pool)) /* else there is nobody to wait for, and locks may be held for ever */
        end_threads(pool);
    hm_free(context, pool->helper);
    hm_free(context, pool->run);
    hm_free(context, pool);
}

int hm_n_online(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

int hm_n_processors(void)
{
#ifdef __linux__
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
#else
    return hm_n_online();
#endif
}
