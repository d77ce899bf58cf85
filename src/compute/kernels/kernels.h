/* The inner loops, compiled once for each instruction set from one body (elementwise.inc.c).
 *
 * Every set gives the same bits: no contraction to fused multiply-add, no reassociation, sums in a fixed
 * number of lanes. So the choice of the processor changes the speed and nothing else. */
#ifndef HM_COMPUTE_KERNELS_H
#define HM_COMPUTE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* C = alpha op(A) op(B) + beta C for one tile on one thread, row-major, sizes and leading dimensions as in cblas_sgemm. */
typedef void hm_product(bool a_transposed, bool b_transposed, size_t m, size_t n, size_t k, float alpha, const float *a,
                        size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc);
extern hm_product hm_fused_product_avx2, hm_fused_product_avx512;

typedef struct hm_kernels {
    const char *name;

    /* y = 1 / (1 + exp(-beta x)); y may be x. Error below 1.5e-7 absolute. NaN stays NaN. */
    void (*logistic)(const float *x, float *y, size_t n, float beta);
    /* y = exp(x); flushes to 0 below -87 and saturates at exp(88). */
    void (*exponential)(const float *x, float *y, size_t n);
    /* sum of log(1 + exp(beta x)), accumulated in double. */
    double (*softplus_sum)(const float *x, size_t n, float beta);

    /* Blocks first .. first + n - 1 of Philox4x32-10 with counter (block, c1, c2, c3), four words each. */
    void (*philox)(const uint32_t key[2], uint64_t first, size_t n, const uint32_t c[3], uint32_t *out);
    /* u = (bits >> 8) / 2^24. */
    void (*uniform)(const uint32_t *bits, float *u, size_t n);
    /* Box-Muller: pairs (u1, u2) of neighbouring bits to pairs of standard normals; n is even. */
    void (*normal)(const uint32_t *bits, float *z, size_t n);

    /* s = 1 where u < p, else 0. NaN gives 0. */
    void (*compare)(const float *p, const float *u, float *s, size_t n);

    /* d = momentum d + rate (g - l2 w - l1 sign(w)); w += d. */
    void (*update)(float *w, float *d, const float *g, size_t n, float rate, float momentum, float l2,
                   float l1);
    /* y += alpha x. */
    void (*add)(const float *x, float *y, size_t n, float alpha);
    void (*from_bytes)(const uint8_t *x, float *y, size_t n);
    void (*to_bytes)(const float *x, uint8_t *y, size_t n);

    hm_product *product;       /* the plain truth: each element is one sum in the order of k */
    hm_product *fused_product; /* with fused multiply-add, to rounding (product.inc.c); null: this set has none */
} hm_kernels;

extern const hm_kernels hm_kernels_generic;
extern const hm_kernels hm_kernels_avx2;
extern const hm_kernels hm_kernels_avx512;

/* Row `index` of the sets that this build has and this processor can run, best first; null past the end. */
const hm_kernels *hm_kernels_list(size_t index);

#endif
