#define _POSIX_C_SOURCE 200809L /* fork, alarm */
/* The thread pool: every task once, many jobs in a row, more threads than processors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <harmonium/context.h>

#include "base/context.h"

enum { N_TASKS = 997, N_JOBS = 300 };

static atomic_int n_runs[N_TASKS];

static void count(void *job, size_t task)
{
    atomic_fetch_add(&n_runs[task], *(int *)job);
}

static void every_task_runs_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 9; threads += 4) {
        hm_context *context;
        hm_context_config config = {.n_threads = threads};
        assert_int_equal(hm_context_create(&config, &context, NULL), HM_OK);
        assert_int_equal(hm_context_n_threads(context), threads);
        int total = 0;
        for (int job = 1; job <= N_JOBS; total += job++) {
            hm_pool_run(context->pool, N_TASKS, count, &job);
        }
        for (int task = 0; task < N_TASKS; task++) {
            assert_int_equal(atomic_load(&n_runs[task]), total);
            atomic_store(&n_runs[task], 0);
        }
        hm_context_destroy(context);
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    hm_context *context;
    hm_error error;
    assert_int_equal(hm_context_create(&(hm_context_config){.n_threads = -1}, &context, &error), HM_ERROR_ARGUMENT);
    assert_null(context);
    assert_int_equal(hm_context_create(&(hm_context_config){.backend = "abacus"}, &context, &error), HM_ERROR_ARGUMENT);
    assert_null(context);
}

/* Children have the pool's memory, but none of its threads. */
static void run_once(hm_context *context)
{
    int one = 1;
    for (int task = 0; task < N_TASKS; task++)
        atomic_store(&n_runs[task], 0);
    hm_pool_run(context->pool, N_TASKS, count, &one);
    for (int task = 0; task < N_TASKS; task++)
        assert_int_equal(atomic_load(&n_runs[task]), 1);
}

/* In a child, and in a child of that one, down to `depth`; is_used: whether each does a job before it destroys the context. */
static void descend(hm_context *context, int depth, bool is_used)
{
    int state = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(20); /* a child that hangs is killed */
        for (int job = 0; is_used && job < 50; job++)
            run_once(context);
        if (depth > 1)
            descend(context, depth - 1, is_used);
        if (is_used)
            run_once(context);
        hm_context_destroy(context);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &state, 0), child);
    assert_true(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}

static void children_go_on(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        hm_context *context;
        hm_context_config config = {.n_threads = threads};
        assert_int_equal(hm_context_create(&config, &context, NULL), HM_OK);
        descend(context, 1, true); /* before its first job */
        run_once(context);
        descend(context, 3, true);
        descend(context, 2, false);
        run_once(context);
        hm_context_destroy(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(children_go_on),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
