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

    /* n units in blocks of B, of which at most one is on: inputs to means, which may be the inputs; */
    void (*block_means)(const float *a, float *mean, size_t n, size_t B, float beta);
    /* and means to a sample by inversion of u[0], u[B], u[2 B], ... */
    void (*block_samples)(const float *mean, const float *u, float *s, size_t n, size_t B);

    /* d = momentum d + rate (g - l2 w - l1 sign(w)); w += d. */
    void (*update)(float *w, float *d, const float *g, size_t n, float rate, float momentum, float l2,
                   float l1);
    /* y += alpha x. */
    void (*add)(const float *x, float *y, size_t n, float alpha);
    float (*sum)(const float *x, size_t n); /* in 16 partial sums */
    void (*from_bytes)(const uint8_t *x, float *y, size_t n);
    void (*to_bytes)(const float *x, uint8_t *y, size_t n);

    hm_product *product; /* the plain truth: each element is one sum in the order of k */
} hm_kernels;

extern const hm_kernels hm_kernels_generic;
extern const hm_kernels hm_kernels_avx2;
extern const hm_kernels hm_kernels_avx512;

/* ---- Cells: what is pooled (cells.inc.c) --------------------------------------------------------------------------
 *
 * A row of cells lies over `n_rows` rows of sums, each cell over `side` places of each (fewer at the end of a row), channels last. A unit
 * is f(y), y = scale sum + offset the largest of its cell; xhat = (sum - mean) inverse. All rows have `stride` channels, a multiple of
 * HM_CELL_LANES. The same bits on every set. */
enum { HM_CELL_LANES = 16, HM_CELL_SIDE_MAX = 8 };

typedef struct hm_cells {
    float *row[HM_CELL_SIDE_MAX]; /* of sums */
    size_t n_rows, side, width;   /* width: places of a row of sums */
    size_t n_cells, stride;
    const float *scale, *offset, *mean, *inverse; /* [stride] */
    bool is_tanh;                 /* else rectified linear */
    float *out;                   /* [n_cells][stride]: the units */
    const float *gradient;        /* [n_cells][stride]: of the loss for the units */
    const float *slope, *level;   /* [stride] */
    double *part;                 /* [2][stride] */
} hm_cells;

typedef struct hm_cell_kernels {
    void (*moments)(const hm_cells *cells);   /* part = sums, and sums of squares */
    void (*units)(const hm_cells *cells);     /* out */
    void (*gradients)(const hm_cells *cells); /* part = sums of dy, and of dy xhat: dy the gradient for a cell's largest y */
    void (*write)(const hm_cells *cells);     /* sums become scale (dy - level - slope xhat), dy 0 but for the largest of a cell */
} hm_cell_kernels;

extern const hm_cell_kernels hm_cells_generic, hm_cells_avx2, hm_cells_avx512;

/* ---- Products with fused multiply-add (product.inc.c) -------------------------------------------------------
 *
 * A panel holds `width` columns of a matrix, row after row, padded with zeros. Its elements are numbers of 32 bits: a float,
 * or `group` = 2 neighbours of a column as bfloat16, so that a panel of n rows has ceil(n / group) rows of numbers. */

/* out[rows][n_cols] = a b + bias: n_k numbers of each row of a, which lie together, times a panel of b. */
typedef struct hm_panel_product {
    size_t rows, n_cols, n_k;
    const void *a;
    size_t a_row; /* numbers from one row to the next */
    const void *panel;
    const float *bias; /* [n_cols]; null: none */
    float *out;
    size_t ld_out;
} hm_panel_product;

/* s = x+'y+, or with a second phase turn x+'y+ + x-'y-, over cases; then with rate and costs
 * d = momentum d + rate_scale s - rate_l2 w - rate_l1 sign(w), w += d, for rows x cols of the weights. */
typedef struct hm_panel_update {
    size_t rows, cols;      /* cols <= width */
    size_t n_plus, n_minus; /* numbers in a column: cases / group; n_minus 0: one phase */
    const void *x_plus, *x_minus; /* from the first row's panel of `rows` columns on */
    const void *y_plus, *y_minus; /* one panel of `width` columns */
    float turn, rate_scale, rate_l2, rate_l1, momentum;
    float *w, *d;
    size_t ld;
} hm_panel_update;

/* out[r][j] = sum over k of a[row[r] + step[k]] b[k][j], or added to it: a product whose first factor is what a filter sees, read
 * where it lies. a and b are numbers: floats, or pairs of bfloat16. n_cols are rounded up to whole vectors of tap_columns, for which b and out have room. */
typedef struct hm_taps {
    size_t n_rows, n_steps, n_cols;
    const float *a;
    const uint32_t *row, *step;
    const float *b;
    size_t ldb;
    float *out;
    size_t ld_out;
    bool adds;
} hm_taps;

/* What the places of one case add to the layer below: out[place[p] + c area + d width + e] += sum over k of
 * h[k stride + p] w[k][c, d, e], for the k where h is not 0 alone: samples have few of these. */
enum { HM_SPREAD_MAPS = 1024, HM_SPREAD_PATCH = 1024, HM_SPREAD_VECTORS = 9 }; /* K and ldw at most; ldw is a multiple of so many
                                                                                 vectors */
typedef struct hm_spread {
    size_t n_places, K, C, fh, fw, area, width;
    const uint32_t *place;
    const float *h;
    size_t stride;
    const float *w; /* K rows of `patch` = C fh fw, padded to ldw with zeros */
    size_t ldw, patch;
    float *out;
} hm_spread;

typedef struct hm_panel_kernels {
    size_t rows, width; /* of a tile */
    size_t group;
    /* rows x cols weights, at most width x width, into width / group rows of numbers of a panel of W, and one of W'. */
    void (*pack_weights)(const float *w, size_t ld, size_t rows, size_t cols, void *up, void *down);
    /* n floats of a row to ceil(n / group) numbers. */
    void (*pack_row)(const float *x, size_t n, void *row);
    /* n columns of states into a panel of `width` columns, or of `rows` columns when they are to be broadcast. */
    void (*pack_cases)(const float *x, size_t ld, size_t n_cases, size_t n, bool is_broadcast, void *panel);
    void (*product)(const hm_panel_product *job);
    void (*learn)(const hm_panel_update *job);
    size_t tap_rows, tap_columns; /* of a tile, at most 16; of a vector */
    void (*taps)(const hm_taps *job);
    hm_product *multiply; /* of matrices as they lie; this and what follows is null where numbers are not floats */
    /* to[cols][rows] = scale from[rows][cols] */
    void (*turn)(const float *from, size_t ld_from, size_t rows, size_t cols, float scale, float *to, size_t ld_to);
    void (*spread)(const hm_spread *job);
} hm_panel_kernels;

extern const hm_panel_kernels hm_panels_avx2_f32, hm_panels_avx512_f32, hm_panels_avx512_bf16;

/* Row `index` of those for numbers of that group that this processor can run, best first; null past the end. */
const hm_panel_kernels *hm_panel_kernels_list(size_t group, size_t index);

/* The best that this processor can run. */
const hm_cell_kernels *hm_cell_kernels_best(void);

/* Row `index` of the sets that this build has and this processor can run, best first; null past the end. */
const hm_kernels *hm_kernels_list(size_t index);

#endif
