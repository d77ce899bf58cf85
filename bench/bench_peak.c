/* What this machine can do at most, on one thread and on all.
 *
 *     cmake --build build/release --target bench_peak && build/release/bench_peak */
#include <stdio.h>

#include <harmonium/harmonium.h>

#include "probe.h"

int main(void)
{
    hm_context *context;
    if (hm_context_create(NULL, &context, NULL) != HM_OK)
        return 1;
    int n = hm_context_n_threads(context);
    hm_context_destroy(context);
    for (int is_bf16 = 0; is_bf16 < 2; is_bf16++)
        printf("%s multiply-add: %.0f GFLOP/s on one thread, %.0f on %d\n", is_bf16 ? "bfloat16" : "float32",
               probe_gflops(is_bf16, 1), probe_gflops(is_bf16, n), n);
    return 0;
}
