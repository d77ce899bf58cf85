/* What this machine can do at most: multiply-adds a second in float32, on one thread and on all, from a loop that does nothing
 * else. The floor of any product is its operations over this number.
 *
 *     cmake --build build/release --target bench_peak && build/release/bench_peak
 *
 * Rounds alternate between the two and medians are printed. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <harmonium/harmonium.h>

enum { ROUNDS = 7, SUMS = 12, STEPS = 20000000, THREADS_MAX = 256 };

static double now(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__x86_64__)
typedef float wide __attribute__((vector_size(64)));
typedef float half __attribute__((vector_size(32)));

#ifdef __clang__ /* contracts by itself */
#define FUSED
#else
#define FUSED , optimize("O3,fp-contract=fast")
#endif

/* Twelve chains, enough to hide the latency of two units; the factor keeps every sum finite. */
#define PROBE(name, vector, isa)                                                                                      \
    __attribute__((target(isa) FUSED)) static double name(void)                                                       \
    {                                                                                                                 \
        vector sum[SUMS], x = {1.0f}, factor = x * 0.0f + 0.999f;                                                     \
        double total = 0;                                                                                             \
        for (int k = 0; k < SUMS; k++)                                                                                \
            sum[k] = x * (float)k;                                                                                    \
        for (int i = 0; i < STEPS; i++)                                                                               \
            _Pragma("GCC unroll 12") for (int k = 0; k < SUMS; k++) sum[k] = sum[k] * factor + x;                     \
        for (int k = 0; k < SUMS; k++)                                                                                \
            total += (double)sum[k][0];                                                                               \
        return total;                                                                                                 \
    }
PROBE(probe_wide, wide, "avx512f,fma")
PROBE(probe_half, half, "avx2,fma")

static double (*choose(size_t *lanes))(void)
{
    bool is_wide = __builtin_cpu_supports("avx512f");
    *lanes = is_wide ? 16 : 8;
    return is_wide ? probe_wide : __builtin_cpu_supports("fma") ? probe_half : NULL;
}
#else
static double (*choose(size_t *lanes))(void)
{
    *lanes = 0;
    return NULL;
}
#endif

static double (*probe)(void);
static volatile double sink;

static void *run(void *unused)
{
    (void)unused;
    sink = probe();
    return NULL;
}

/* GFLOP/s of n threads. */
static double measure(int n, size_t lanes)
{
    pthread_t thread[THREADS_MAX];
    double began = now();
    for (int i = 0; i < n; i++)
        pthread_create(&thread[i], NULL, run, NULL);
    for (int i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    return 2e-9 * (double)n * (double)lanes * SUMS * (double)STEPS / (now() - began);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    hm_context *context;
    size_t lanes;
    double one[ROUNDS], all[ROUNDS];
    if (hm_context_create(NULL, &context, NULL) != HM_OK)
        return 1;
    int n = hm_context_n_threads(context) < THREADS_MAX ? hm_context_n_threads(context) : THREADS_MAX;
    hm_context_destroy(context);
    probe = choose(&lanes);
    if (!probe)
        return puts("this processor has no fused multiply-add of ours"), 1;
    for (int i = 0; i < ROUNDS; i++) {
        one[i] = measure(1, lanes);
        all[i] = measure(n, lanes);
    }
    qsort(one, ROUNDS, sizeof *one, compare);
    qsort(all, ROUNDS, sizeof *all, compare);
    printf("float32 multiply-add, vectors of %zu: %.0f GFLOP/s on one thread, %.0f on %d\n", lanes, one[ROUNDS / 2],
           all[ROUNDS / 2], n);
    printf("floor of a CD-1 epoch 784 x 500, 60,000 cases (235.2 GFLOP): %.3f s\n", 235.2 / all[ROUNDS / 2]);
    return 0;
}
