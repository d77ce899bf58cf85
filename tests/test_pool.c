/* The thread pool: every task once, many jobs in a row, more threads than processors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
