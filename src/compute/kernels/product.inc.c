/* Matrix products with fused multiply-add, one body compiled once per instruction set that has it (HM_KERNEL_ISA = avx2,
 * avx512). A tile of rows x two vectors of C stays in registers over the whole of k; each step loads two vectors of B and
 * broadcasts a number of each row of A. B is read where it lies when its panel of columns is whole, and is copied into a
 * panel on the stack, padded with zeros, when it is transposed or ends there.
 *
 * Sums are in the order of k for every element, so results do not depend on how rows and columns are cut; they differ
 * between instruction sets with k in one chain here and chunks of another length there, and from the plain product, which
 * rounds each multiplication. */
#include <string.h>

#include "compute/kernels/kernels.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

#if defined(__AVX512F__)
enum { LANES = 16, ROWS = 12 }; /* 24 sums, 2 vectors of B, of 32 registers */
#else
enum { LANES = 8, ROWS = 6 }; /* 12 sums, 2 vectors of B, 1 broadcast, of 16 registers */
#endif
enum { WIDTH = 2 * LANES, CHUNK = 256, AHEAD = 8 }; /* columns of a panel; rows of one on the stack; of a prefetch */

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

static inline vec load(const float *x)
{
    return *(const loose *)x;
}

static inline void store(float *x, vec v)
{
    *(loose *)x = v;
}

/* What one call works on: c[rows][n <= WIDTH] = alpha a b + beta c; a moves by a_row and a_k, b by b_k. */
typedef struct panel {
    size_t n, k;
    float alpha, beta;
    const float *b;
    size_t b_k, a_row, a_k, ldc;
} panel;

/* beta = 0 must not read c, which may hold anything. */
static inline void finish_row(const panel *p, const vec *sum, float *c)
{
    float row[WIDTH], old[WIDTH] = {0};
    if (p->n == WIDTH) {
        vec low = p->alpha * sum[0], high = p->alpha * sum[1];
        store(c, p->beta == 0 ? low : low + p->beta * load(c));
        store(c + LANES, p->beta == 0 ? high : high + p->beta * load(c + LANES));
        return;
    }
    store(row, p->alpha * sum[0]);
    store(row + LANES, p->alpha * sum[1]);
    if (p->beta != 0)
        memcpy(old, c, p->n * sizeof *c);
    for (size_t j = 0; j < p->n; j++)
        c[j] = row[j] + p->beta * old[j];
}

/* `rows` is a constant where this is inlined, so that the sums live in registers. */
static inline __attribute__((always_inline)) void tile(const panel *p, int rows, const float *a, float *c)
{
    vec sum[ROWS][2];
    const float *b = p->b;
    size_t a_row = p->a_row, a_k = p->a_k, b_k = p->b_k;
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        sum[r][0] = sum[r][1] = (vec){0};
    for (size_t k = p->k; k-- > 0; a += a_k, b += b_k) {
        vec low = load(b), high = load(b + LANES);
        __builtin_prefetch(b + AHEAD * b_k); /* lines far apart, which the processor does not foresee */
        __builtin_prefetch(b + AHEAD * b_k + LANES);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            sum[r][0] += a[(size_t)r * a_row] * low;
            sum[r][1] += a[(size_t)r * a_row] * high;
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        finish_row(p, sum[r], c + (size_t)r * p->ldc);
}

/* Rows that are left over, one by one: a last tile of a few. */
static void tiles(const panel *p, size_t m, const float *a, float *c)
{
    size_t i = 0;
    for (; i + ROWS <= m; i += ROWS)
        tile(p, ROWS, a + i * p->a_row, c + i * p->ldc);
    for (; i + ROWS / 3 <= m; i += ROWS / 3)
        tile(p, ROWS / 3, a + i * p->a_row, c + i * p->ldc);
    for (; i < m; i++)
        tile(p, 1, a + i * p->a_row, c + i * p->ldc);
}

/* Rows first .. first + n_k of a panel of n columns, from B or its transpose. */
static void pack(bool b_transposed, const float *b, size_t ldb, size_t first, size_t n_k, size_t n, float *packed)
{
    if (n < WIDTH)
        memset(packed, 0, n_k * WIDTH * sizeof *packed);
    if (b_transposed) {
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < n_k; k++)
                packed[k * WIDTH + j] = b[j * ldb + first + k];
        return;
    }
    for (size_t k = 0; k < n_k; k++)
        memcpy(packed + k * WIDTH, b + (first + k) * ldb, n * sizeof *packed);
}

void JOIN(hm_fused_product_, HM_KERNEL_ISA)(bool a_transposed, bool b_transposed, size_t m, size_t n, size_t k,
                                            float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                                            float beta, float *c, size_t ldc)
{
    float packed[CHUNK * WIDTH] __attribute__((aligned(64)));
    panel p = {.alpha = alpha, .a_row = a_transposed ? 1 : lda, .a_k = a_transposed ? lda : 1, .ldc = ldc};
    for (size_t j = 0; j < n; j += WIDTH) {
        const float *b_panel = b_transposed ? b + j * ldb : b + j;
        p.n = n - j < WIDTH ? n - j : WIDTH;
        p.beta = beta;
        if (!b_transposed && p.n == WIDTH) {
            p.b = b_panel;
            p.b_k = ldb;
            p.k = k;
            tiles(&p, m, a, c + j);
            continue;
        }
        p.b = packed;
        p.b_k = WIDTH;
        for (size_t first = 0; first < k || first == 0; first += CHUNK, p.beta = 1) {
            p.k = k - first < CHUNK ? k - first : CHUNK;
            pack(b_transposed, b_panel, ldb, first, p.k, p.n, packed);
            tiles(&p, m, a + first * p.a_k, c + j);
        }
    }
}
