/* What this machine can do at most: multiply-adds a second, in float32 or bfloat16, from a loop that does nothing else. The
 * floor of any product is its operations over this number. */
#ifndef HM_BENCH_PROBE_H
#define HM_BENCH_PROBE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { PROBE_ROUNDS = 7, PROBE_SUMS = 12, PROBE_STEPS = 20000000, PROBE_THREADS_MAX = 256 };

static inline double seconds_now(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, compare_doubles);
    return x[n / 2];
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Twelve chains, enough to hide the latency of two units; the factor keeps every sum finite. */
#define PROBE(name, isa, vector, zero, step, first)                                                                   \
    __attribute__((target(isa))) static double name(void)                                                             \
    {                                                                                                                 \
        vector sum[PROBE_SUMS];                                                                                       \
        double total = 0;                                                                                             \
        for (int k = 0; k < PROBE_SUMS; k++)                                                                          \
            sum[k] = zero;                                                                                            \
        for (int i = 0; i < PROBE_STEPS; i++)                                                                         \
            _Pragma("GCC unroll 12") for (int k = 0; k < PROBE_SUMS; k++) sum[k] = step;                              \
        for (int k = 0; k < PROBE_SUMS; k++)                                                                          \
            total += (double)first(sum[k]);                                                                           \
        return total;                                                                                                 \
    }
PROBE(probe_avx2, "avx2,fma", __m256, _mm256_setzero_ps(), _mm256_fmadd_ps(sum[k], _mm256_set1_ps(0.999f), _mm256_set1_ps(1)),
      _mm256_cvtss_f32)
PROBE(probe_avx512, "avx512f", __m512, _mm512_setzero_ps(),
      _mm512_fmadd_ps(sum[k], _mm512_set1_ps(0.999f), _mm512_set1_ps(1)), _mm512_cvtss_f32)
PROBE(probe_bf16, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(),
      _mm512_dpbf16_ps(sum[k], (__m512bh)_mm512_set1_epi16(0x3f80), (__m512bh)_mm512_set1_epi16(0x3f80)), _mm512_cvtss_f32)

/* Multiply-adds of one step; 0: the processor has none of that kind. */
static inline int probe_choose(bool is_bf16, double (**probe)(void))
{
    bool is_wide = __builtin_cpu_supports("avx512f");
    *probe = is_bf16 ? probe_bf16 : is_wide ? probe_avx512 : probe_avx2;
    if (is_bf16)
        return __builtin_cpu_supports("avx512bf16") ? 32 : 0;
    return is_wide ? 16 : __builtin_cpu_supports("fma") ? 8 : 0;
}
#else
static inline int probe_choose(bool is_bf16, double (**probe)(void))
{
    (void)is_bf16;
    *probe = NULL;
    return 0;
}
#endif

static double (*probe_now)(void);
static volatile double probe_sink;

static void *probe_run(void *unused)
{
    (void)unused;
    probe_sink = probe_now();
    return NULL;
}

/* The GFLOP/s of n threads in the best of some rounds, since others may use the machine too; 0: not to be had here. */
static inline double probe_gflops(bool is_bf16, int n)
{
    pthread_t thread[PROBE_THREADS_MAX];
    double best = 0;
    int width = probe_choose(is_bf16, &probe_now);
    n = n < PROBE_THREADS_MAX ? n : PROBE_THREADS_MAX;
    if (!width)
        return 0;
    for (int round = 0; round < PROBE_ROUNDS; round++) {
        double began = seconds_now();
        for (int i = 0; i < n; i++)
            pthread_create(&thread[i], NULL, probe_run, NULL);
        for (int i = 0; i < n; i++)
            pthread_join(thread[i], NULL);
        double rate = 2e-9 * n * width * PROBE_SUMS * (double)PROBE_STEPS / (seconds_now() - began);
        best = rate > best ? rate : best;
    }
    return best;
}

#endif
