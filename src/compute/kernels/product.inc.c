/* Products with fused multiply-add, over packed panels and over matrices as they lie, and the update that ends one; one body
 * compiled once per instruction set and number format (HM_PANELS_NAME = avx2_f32, avx512_f32, avx512_bf16). kernels.h says
 * what a panel is.
 *
 * The vocabulary: a `number` is what one multiply-add takes of a factor, 32 bits: a float, or a pair of bfloat16 that are
 * multiplied by a pair and added up in float32. A tile of rows x two vectors of sums stays in registers over the whole of k;
 * each step loads two vectors of a panel and broadcasts a number of each row. Sums are in the order of k for every element, so
 * results do not depend on how rows and columns are cut. */
#include <immintrin.h>
#include <string.h>

#include "base/count.h"
#include "compute/kernels/kernels.h"

/* Of loops over a tile: only where they are unrolled do its sums live in registers. Not under clang's sanitizers, which would
 * watch each of thousands of accesses and take a quarter of an hour to compile. */
#if !defined(__clang__)
#define UNROLL _Pragma("GCC unroll 16")
#elif __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNROLL
#else
#define UNROLL _Pragma("clang loop unroll(full)")
#endif

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

#if defined(__AVX512F__)
enum { LANES = 16, ROWS = 12 }; /* 24 sums, 2 vectors of a panel, 1 broadcast, of 32 registers */
#else
enum { LANES = 8, ROWS = 6 }; /* 12 sums, 2 vectors of a panel, 1 broadcast, of 16 registers */
#endif
enum { WIDTH = 2 * LANES, AHEAD = 8, CHUNK = 256 }; /* columns of a panel; rows of a prefetch, and of a panel on the stack */

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint32_t bits __attribute__((vector_size(4 * LANES)));

static inline vec load(const float *x)
{
    return *(const loose *)x;
}

static inline void store(float *x, vec v)
{
    *(loose *)x = v;
}

/* The first n lanes, n <= LANES; the others are 0 and are not touched in memory. */
#if defined(__AVX512F__)
static inline vec load_part(const float *x, size_t n)
{
    return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), x);
}

static inline void store_part(float *x, vec v, size_t n)
{
    _mm512_mask_storeu_ps(x, (__mmask16)((1u << n) - 1), (__m512)v);
}
#else
static inline __m256i first_lanes(size_t n)
{
    const bits lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return (__m256i)(lane < (bits){0} + (uint32_t)n);
}

static inline vec load_part(const float *x, size_t n)
{
    return (vec)_mm256_maskload_ps(x, first_lanes(n));
}

static inline void store_part(float *x, vec v, size_t n)
{
    _mm256_maskstore_ps(x, first_lanes(n), (__m256)v);
}
#endif

/* Of n columns those that lie in the vector at column j. */
static inline size_t part_at(size_t n, size_t j)
{
    return n < j ? 0 : hm_least(n - j, LANES);
}

/* ---- The number format --------------------------------------------------------------------------------------- */

#if defined(HM_PANELS_BF16)
enum { GROUP = 2 };
typedef uint32_t number __attribute__((may_alias));
typedef bits numbers;

static inline numbers numbers_at(const number *x)
{
    return *(const numbers *)x;
}

static inline vec multiply_add(vec sum, number a, numbers b)
{
    return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32((int)a), (__m512bh)b);
}

/* Numbers of pairs across two rows, and of pairs along one. */
static inline numbers join_rows(vec first, vec second)
{
    bits low = (bits)_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)first));
    bits high = (bits)_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)second));
    return low | high << 16;
}

static inline numbers join_row(const float *x, size_t n)
{
    return (numbers)_mm512_cvtne2ps_pbh((__m512)load_part(x + LANES, part_at(n, LANES)), (__m512)load_part(x, part_at(n, 0)));
}
#else
enum { GROUP = 1 };
typedef float number __attribute__((may_alias));
typedef vec numbers;

static inline numbers numbers_at(const number *x)
{
    return load(x);
}

/* Said, not left to the compiler, so that every instruction set rounds alike, and that the broadcast is one from memory: (numbers){0} + a
 * is a scalar addition and a broadcast from a register, on the port where Intel's multiply-adds run. */
static inline vec multiply_add(vec sum, number a, numbers b)
{
#if defined(__AVX512F__)
    return (vec)_mm512_fmadd_ps(_mm512_set1_ps(a), (__m512)b, (__m512)sum);
#else
    return (vec)_mm256_fmadd_ps(_mm256_set1_ps(a), (__m256)b, (__m256)sum);
#endif
}

static inline numbers join_rows(vec first, vec second)
{
    (void)second;
    return first;
}

static inline numbers join_row(const float *x, size_t n)
{
    return load_part(x, part_at(n, 0));
}
#endif

/* ---- Packing --------------------------------------------------------------------------------------------------- */

/* Interleaving halves of the list of rows as often as it takes turns rows into columns. */
static inline void transpose(bits row[LANES])
{
    for (int round = 1; round < LANES; round *= 2) {
        bits turned[LANES];
UNROLL
        for (int i = 0; i < LANES / 2; i++) {
            bits a = row[i], b = row[i + LANES / 2];
#if defined(__AVX512F__)
            turned[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            turned[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#else
            turned[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
            turned[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#endif
        }
        memcpy(row, turned, sizeof turned);
    }
}

static inline numbers *at(number *panel, size_t i)
{
    return (numbers *)(panel + i);
}

/* WIDTH x WIDTH weights into WIDTH / GROUP rows of a panel of W, and as many of W'. */
static void pack_block(const float *w, size_t ld, number *up, number *down)
{
    for (size_t i = 0; i < WIDTH; i += GROUP)
        for (size_t j = 0; j < WIDTH; j += LANES)
            *at(up, i / GROUP * WIDTH + j) = join_rows(load(w + i * ld + j), load(w + (i + GROUP - 1) * ld + j));
    for (size_t k = 0; k < WIDTH / GROUP; k += LANES) {
        for (size_t i = 0; i < WIDTH; i += LANES) {
            bits row[LANES];
UNROLL
            for (size_t r = 0; r < LANES; r++)
                row[r] = (bits)join_row(w + (i + r) * ld + GROUP * k, GROUP * LANES);
            transpose(row);
UNROLL
            for (size_t j = 0; j < LANES; j++)
                *at(down, (k + j) * WIDTH + i) = (numbers)row[j];
        }
    }
}

static void pack_weights(const float *w, size_t ld, size_t rows, size_t cols, void *up, void *down)
{
    float whole[WIDTH * WIDTH];
    if (rows < WIDTH || cols < WIDTH) {
        for (size_t i = 0; i < WIDTH; i++)
            for (size_t j = 0; j < WIDTH; j += LANES)
                store(whole + i * WIDTH + j, i < rows ? load_part(w + i * ld + j, part_at(cols, j)) : (vec){0});
        w = whole;
        ld = WIDTH;
    }
    pack_block(w, ld, up, down);
}

static void pack_row(const float *x, size_t n, void *row)
{
    for (size_t i = 0; i < n; i += GROUP * LANES)
        *at(row, i / GROUP) = join_row(x + i, n - i);
}

static inline __attribute__((always_inline)) void pack_cases_to(const float *x, size_t ld, size_t n_cases, size_t n,
                                                                 size_t width, float *out)
{
    for (size_t c = 0; c < n_cases; c += GROUP, out += width) {
        const float *first = x + c * ld, *second = first + (GROUP - 1) * ld;
        bool has_second = c + GROUP - 1 < n_cases;
        for (size_t j = 0; j < width; j += LANES) {
            size_t part = part_at(n, j);
            numbers joined = join_rows(load_part(first + j, part), load_part(second + j, has_second ? part : 0));
            store_part(out + j, (vec)joined, part_at(width, j));
        }
    }
}

static void pack_cases(const float *x, size_t ld, size_t n_cases, size_t n, bool is_broadcast, void *panel)
{
    if (is_broadcast)
        pack_cases_to(x, ld, n_cases, n, ROWS, panel);
    else
        pack_cases_to(x, ld, n_cases, n, WIDTH, panel);
}

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

/* sum[r] += a[r][k] b[k] over k; a moves by a_row and a_k, b by b_k: WIDTH in a panel. `rows` is a constant where this is
 * inlined, so that the sums live in registers. */
static inline __attribute__((always_inline)) void add_products(int rows, size_t n_k, const number *a, size_t a_row, size_t a_k,
                                                                const number *b, size_t b_k, vec sum[ROWS][2])
{
    for (; n_k-- > 0; a += a_k, b += b_k) {
        numbers low = numbers_at(b), high = numbers_at(b + LANES);
        if (b_k != WIDTH) { /* rows far apart, which the processor does not foresee */
            __builtin_prefetch(b + AHEAD * b_k);
            __builtin_prefetch(b + AHEAD * b_k + LANES);
        }
UNROLL
        for (int r = 0; r < rows; r++) {
            sum[r][0] = multiply_add(sum[r][0], a[(size_t)r * a_row], low);
            sum[r][1] = multiply_add(sum[r][1], a[(size_t)r * a_row], high);
        }
    }
}

static inline __attribute__((always_inline)) void clear(int rows, vec sum[ROWS][2])
{
UNROLL
    for (int r = 0; r < rows; r++)
        sum[r][0] = sum[r][1] = (vec){0};
}

/* Calls f(p, rows, ...) with `rows` a constant, of which there are as many as a tile may have. */
#define ROWS_CASE(n, f, p, ...)                                                                                        \
    case n: f(p, n, __VA_ARGS__); break;
#if defined(__AVX512F__)
#define MORE_ROWS(...)                                                                                                 \
    ROWS_CASE(7, __VA_ARGS__) ROWS_CASE(8, __VA_ARGS__) ROWS_CASE(9, __VA_ARGS__) ROWS_CASE(10, __VA_ARGS__)           \
    ROWS_CASE(11, __VA_ARGS__) ROWS_CASE(12, __VA_ARGS__)
#else
#define MORE_ROWS(...)
#endif
#define FOR_ROWS(f, p, rows, ...)                                                                                      \
    switch (rows) {                                                                                                    \
        ROWS_CASE(1, f, p, __VA_ARGS__)                                                                                \
        ROWS_CASE(2, f, p, __VA_ARGS__)                                                                                \
        ROWS_CASE(3, f, p, __VA_ARGS__)                                                                                \
        ROWS_CASE(4, f, p, __VA_ARGS__)                                                                                \
        ROWS_CASE(5, f, p, __VA_ARGS__)                                                                                \
        ROWS_CASE(6, f, p, __VA_ARGS__)                                                                                \
        MORE_ROWS(f, p, __VA_ARGS__)                                                                                   \
    }

/* ---- product ------------------------------------------------------------------------------------------------------ */

static inline __attribute__((always_inline)) void product_tile(const hm_panel_product *p, int rows, size_t first)
{
    vec sum[ROWS][2];
    clear(rows, sum);
    add_products(rows, p->n_k, (const number *)p->a + first * p->a_row, p->a_row, 1, p->panel, WIDTH, sum);
    size_t n_low = part_at(p->n_cols, 0), n_high = part_at(p->n_cols, LANES);
    vec low = p->bias ? load_part(p->bias, n_low) : (vec){0}, high = p->bias ? load_part(p->bias + LANES, n_high) : (vec){0};
UNROLL
    for (int r = 0; r < rows; r++) {
        float *out = p->out + (first + (size_t)r) * p->ld_out;
        store_part(out, sum[r][0] + low, n_low);
        store_part(out + LANES, sum[r][1] + high, n_high);
    }
}

/* Tiles of nearly the same height: few rows make poor use of what a step loads. */
static void product(const hm_panel_product *p)
{
    size_t n_tiles = (p->rows + ROWS - 1) / ROWS;
    for (size_t t = 0; t < n_tiles; t++) {
        size_t first = p->rows * t / n_tiles, rows = p->rows * (t + 1) / n_tiles - first;
        FOR_ROWS(product_tile, p, rows, first)
    }
}

/* ---- learn -------------------------------------------------------------------------------------------------------- */

/* What the update does with n sums of products: d = momentum d + rate (scale sum - l2 w - l1 sign w), w += d. */
static inline __attribute__((always_inline)) void change(const hm_panel_update *u, vec sum, float *w, float *d, size_t n)
{
    vec old = load_part(w, n), step = u->momentum * load_part(d, n) + u->rate_scale * sum - u->rate_l2 * old;
    if (u->rate_l1 != 0) {
        bits positive = (bits)(old > 0), negative = (bits)(old < 0), one = {0};
        one += 0x3f800000u;
        step -= u->rate_l1 * ((vec)(positive & one) - (vec)(negative & one));
    }
    store_part(d, step, n);
    store_part(w, old + step, n);
}

static inline __attribute__((always_inline)) void fetch(const float *x, size_t ld, int rows)
{
    enum { LINE = 16 }; /* floats */
UNROLL
    for (int r = 0; r < rows; r++)
        for (size_t j = 0; j < WIDTH + LINE; j += LINE)
            __builtin_prefetch(x + (size_t)r * ld + j, 1);
}

static inline __attribute__((always_inline)) void learn_tile(const hm_panel_update *u, int rows, size_t first)
{
    vec sum[ROWS][2];
    clear(rows, sum);
    fetch(u->w + first * u->ld, u->ld, rows);
    add_products(rows, u->n_plus, (const number *)u->x_plus + first * u->n_plus, 1, ROWS, u->y_plus, WIDTH, sum);
    if (u->n_minus > 0) {
UNROLL
        for (int r = 0; r < rows; r++) {
            sum[r][0] *= u->turn;
            sum[r][1] *= u->turn;
        }
        fetch(u->d + first * u->ld, u->ld, rows);
        add_products(rows, u->n_minus, (const number *)u->x_minus + first * u->n_minus, 1, ROWS, u->y_minus, WIDTH, sum);
    }
UNROLL
    for (int r = 0; r < rows; r++) {
        size_t i = (first + (size_t)r) * u->ld;
        change(u, sum[r][0], u->w + i, u->d + i, part_at(u->cols, 0));
        change(u, sum[r][1], u->w + i + LANES, u->d + i + LANES, part_at(u->cols, LANES));
    }
}

static void learn(const hm_panel_update *u)
{
    for (size_t first = 0; first < u->rows; first += ROWS) {
        size_t rows = hm_least(u->rows - first, ROWS);
        FOR_ROWS(learn_tile, u, rows, first)
    }
}

/* ---- taps ---------------------------------------------------------------------------------------------------------- */

/* Three vectors of columns: each broadcast is used three times, each vector of b by every row. */
#if defined(__AVX512F__)
enum { TAP_ROWS = 9 }; /* 27 sums, 3 vectors, 1 broadcast, of 32 registers */
#else
enum { TAP_ROWS = 4 }; /* 12 sums, 3 vectors, 1 broadcast, of 16 registers */
#endif
enum { TAP_VECTORS = 3 };

/* `vectors` is a constant where this is inlined. Rows past the last repeat it, and are not stored. */
static inline __attribute__((always_inline)) void taps_tile(const hm_taps *t, int vectors, size_t first)
{
    vec sum[TAP_ROWS][TAP_VECTORS];
    const number *a[TAP_ROWS], *b = (const number *)t->b;
    size_t n = hm_least(TAP_ROWS, t->n_rows - first);
UNROLL
    for (size_t r = 0; r < TAP_ROWS; r++) {
        a[r] = (const number *)t->a + t->row[first + hm_least(r, n - 1)];
UNROLL
        for (int v = 0; v < vectors; v++)
            sum[r][v] = (vec){0};
    }
    for (size_t k = 0; k < t->n_steps; k++, b += t->ldb) {
        numbers columns[TAP_VECTORS];
        size_t step = t->step[k];
UNROLL
        for (int v = 0; v < vectors; v++)
            columns[v] = numbers_at(b + v * LANES);
UNROLL
        for (size_t r = 0; r < TAP_ROWS; r++)
UNROLL
            for (int v = 0; v < vectors; v++)
                sum[r][v] = multiply_add(sum[r][v], a[r][step], columns[v]);
    }
    for (size_t r = 0; r < n; r++)
        for (int v = 0; v < vectors; v++) {
            float *out = t->out + (first + r) * t->ld_out + v * LANES;
            store(out, t->adds ? load(out) + sum[r][v] : sum[r][v]);
        }
}

static void taps(const hm_taps *whole)
{
    for (size_t col = 0; col < whole->n_cols; col += TAP_VECTORS * LANES) {
        hm_taps t = *whole;
        t.b += col;
        t.out += col;
        size_t vectors = hm_least(TAP_VECTORS, (whole->n_cols - col + LANES - 1) / LANES);
        for (size_t first = 0; first < t.n_rows; first += TAP_ROWS) {
            if (vectors == 1)
                taps_tile(&t, 1, first);
            else if (vectors == 2)
                taps_tile(&t, 2, first);
            else
                taps_tile(&t, TAP_VECTORS, first);
        }
    }
}

/* ---- multiply ------------------------------------------------------------------------------------------------------ */

#if !defined(HM_PANELS_BF16)
/* What one call works on: c[rows][n <= WIDTH] = alpha a b + beta c; a moves by a_row and a_k, b by b_k. */
typedef struct strip {
    size_t n, k;
    float alpha, beta;
    const float *b;
    size_t b_k, a_row, a_k, ldc;
} strip;

static inline __attribute__((always_inline)) void strip_tile(const strip *p, int rows, const float *a, float *c)
{
    vec sum[ROWS][2];
    clear(rows, sum);
    add_products(rows, p->k, a, p->a_row, p->a_k, p->b, p->b_k, sum);
UNROLL
    for (int r = 0; r < rows; r++) {
        for (size_t v = 0; v < 2; v++) {
            float *to = c + (size_t)r * p->ldc + v * LANES;
            size_t n = part_at(p->n, v * LANES);
            vec result = p->alpha * sum[r][v];
            if (p->beta != 0) /* else c may hold anything */
                result += p->beta * load_part(to, n);
            store_part(to, result, n);
        }
    }
}

static void strip_tiles(const strip *p, size_t m, const float *a, float *c)
{
    for (size_t i = 0; i < m; i += ROWS) {
        const float *a_tile = a + i * p->a_row;
        float *c_tile = c + i * p->ldc;
        FOR_ROWS(strip_tile, p, hm_least(ROWS, m - i), a_tile, c_tile)
    }
}

/* Rows first .. first + n_k of a strip of n columns, from B or its transpose. */
static void pack_strip(bool b_transposed, const float *b, size_t ldb, size_t first, size_t n_k, size_t n, float *packed)
{
    if (!b_transposed) {
        for (size_t k = 0; k < n_k; k++)
            for (size_t j = 0; j < WIDTH; j += LANES)
                store(packed + k * WIDTH + j, load_part(b + (first + k) * ldb + j, part_at(n, j)));
        return;
    }
    for (size_t k = 0; k < n_k; k += LANES) {
        for (size_t i = 0; i < WIDTH; i += LANES) {
            bits row[LANES];
            for (size_t r = 0; r < LANES; r++)
                row[r] = i + r < n ? (bits)load_part(b + (i + r) * ldb + first + k, hm_least(n_k - k, LANES)) : (bits){0};
            transpose(row);
            for (size_t j = 0; j < LANES; j++)
                store(packed + (k + j) * WIDTH + i, (vec)row[j]);
        }
    }
}

/* B is read where it lies when its strip of columns is whole, and through a panel on the stack when it is transposed or ends
 * there. */
static void multiply(bool a_transposed, bool b_transposed, size_t m, size_t n, size_t k, float alpha, const float *a,
                     size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    float packed[CHUNK * WIDTH] __attribute__((aligned(64)));
    strip p = {.alpha = alpha, .a_row = a_transposed ? 1 : lda, .a_k = a_transposed ? lda : 1, .ldc = ldc};
    for (size_t j = 0; j < n; j += WIDTH) {
        const float *b_strip = b_transposed ? b + j * ldb : b + j;
        p.n = hm_least(n - j, WIDTH);
        p.beta = beta;
        if (!b_transposed && p.n == WIDTH) {
            p.b = b_strip;
            p.b_k = ldb;
            p.k = k;
            strip_tiles(&p, m, a, c + j);
            continue;
        }
        p.b = packed;
        p.b_k = WIDTH;
        for (size_t first = 0; first < k || first == 0; first += CHUNK, p.beta = 1) {
            p.k = hm_least(k - first, CHUNK);
            pack_strip(b_transposed, b_strip, ldb, first, p.k, p.n, packed);
            strip_tiles(&p, m, a + first * p.a_k, c + j);
        }
    }
}
/* to[cols][ld_to] = scale from[rows][ld_from] turned, in squares of LANES. */
static void turn(const float *from, size_t ld_from, size_t rows, size_t cols, float scale, float *to, size_t ld_to)
{
    for (size_t i = 0; i < rows; i += LANES)
        for (size_t j = 0; j < cols; j += LANES) {
            bits square[LANES];
            size_t n_rows = hm_least(LANES, rows - i), n_cols = hm_least(LANES, cols - j);
UNROLL
            for (size_t r = 0; r < LANES; r++)
                square[r] = r < n_rows ? (bits)(scale * load_part(from + (i + r) * ld_from + j, n_cols)) : (bits){0};
            transpose(square);
            for (size_t r = 0; r < n_cols; r++)
                store_part(to + (j + r) * ld_to + i, (vec)square[r], n_rows);
        }
}

/* The maps that are not 0 at a place: without a branch, since nobody foresees a sample. */
static inline __attribute__((always_inline)) size_t find_on(const float *h, size_t stride, size_t K, uint32_t *on)
{
    size_t n = 0;
    for (size_t k = 0; k < K; k++) {
        on[n] = (uint32_t)k;
        n += h[k * stride] != 0;
    }
    return n;
}

static inline __attribute__((always_inline)) void sum_on(const hm_spread *s, const float *h, const uint32_t *on, size_t n_on,
                                                           float *patch)
{
    enum { SIDE = HM_SPREAD_VECTORS }; /* beside each other, which hide each other's latency */
    for (size_t j = 0; j < s->patch; j += SIDE * LANES) {
        vec sum[SIDE];
UNROLL
        for (size_t v = 0; v < SIDE; v++)
            sum[v] = (vec){0};
        for (size_t i = 0; i < n_on; i++) {
            const float *w = s->w + on[i] * s->ldw + j;
            float x = h[on[i] * s->stride];
UNROLL
            for (size_t v = 0; v < SIDE; v++)
                sum[v] = multiply_add(sum[v], x, load(w + v * LANES));
        }
UNROLL
        for (size_t v = 0; v < SIDE; v++)
            store(patch + j + v * LANES, sum[v]);
    }
}

static void spread(const hm_spread *s)
{
    uint32_t on[HM_SPREAD_MAPS];
    float patch[HM_SPREAD_PATCH] __attribute__((aligned(64)));
    for (size_t p = 0; p < s->n_places; p++) {
        const float *h = s->h + p, *from = patch;
        size_t n_on = find_on(h, s->stride, s->K, on);
        if (n_on == 0)
            continue;
        sum_on(s, h, on, n_on, patch);
        for (size_t c = 0; c < s->C; c++)
            for (size_t d = 0; d < s->fh; d++) {
                float *to = s->out + s->place[p] + c * s->area + d * s->width;
                for (size_t e = 0; e < s->fw; e += LANES) {
                    size_t n = hm_least(LANES, s->fw - e);
                    store_part(to + e, load_part(to + e, n) + load_part(from + e, n), n);
                }
                from += s->fw;
            }
    }
}
#endif

const hm_panel_kernels JOIN(hm_panels_, HM_PANELS_NAME) = {
    .rows = ROWS,
    .width = WIDTH,
    .group = GROUP,
    .pack_weights = pack_weights,
    .pack_row = pack_row,
    .pack_cases = pack_cases,
    .product = product,
    .learn = learn,
    .tap_rows = TAP_ROWS,
    .tap_columns = LANES,
    .taps = taps,
#if !defined(HM_PANELS_BF16)
    .multiply = multiply,
    .turn = turn,
    .spread = spread,
#endif
};
