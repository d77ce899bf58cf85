/* One body of inner loops, compiled once per instruction set (HM_KERNEL_ISA = generic, avx2, avx512).
 *
 * Plain loops that compilers turn into vector code. Functions of a float are short polynomials of our
 * own rather than libm's: they vectorise, and a seed means the same on every machine. */
#include <math.h>
#include <string.h>

#include "compute/kernels/kernels.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

/* ---- Functions of one float ------------------------------------------------------------------------ */

static inline float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* exp(x) = 2^n exp(r), n = round(x / log 2), |r| <= log(2) / 2. Adding 1.5 * 2^23 rounds to an integer
 * and leaves it in the low bits. The polynomial is Taylor's, to r^7 / 7!: error 2e-8 relative. */
static inline float exp_of(float x)
{
    const float low = -87.0f, high = 88.0f;
    x = x < low ? low : x;
    x = x > high ? high : x;
    float shifted = x * 1.44269504f + 12582912.0f;
    float n = shifted - 12582912.0f;
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f; /* log 2 in two parts, so that r is exact */
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    return p * float_of((bits_of(shifted) << 23) + 0x3f800000u);
}

/* log(x) for normal x > 0: x = 2^e m with m in [sqrt(1/2), sqrt(2)), t = (m - 1) / (m + 1),
 * log m = 2 (t + t^3/3 + t^5/5 + ...); |t| < 0.172, so the term in t^11 is below 1e-9. */
static inline float log_of(float x)
{
    uint32_t bits = bits_of(x) - 0x3f3504f3u; /* relative to sqrt(1/2) */
    float e = (float)((int32_t)bits >> 23);
    float m = float_of((bits & 0x007fffffu) + 0x3f3504f3u);
    float t = (m - 1.0f) / (m + 1.0f), t2 = t * t;
    float p = 2.0f / 9.0f;
    p = p * t2 + 2.0f / 7.0f;
    p = p * t2 + 2.0f / 5.0f;
    p = p * t2 + 2.0f / 3.0f;
    return e * 0.693359375f + (t * 2.0f + (t * t2 * p - e * 2.12194440e-4f));
}

/* log(1 + y) for 0 <= y <= 1, accurate also for tiny y: log1p(y) = 2 atanh(y / (2 + y)). */
static inline float log1p_of(float y)
{
    float t = y / (2.0f + y), t2 = t * t; /* t <= 1/3 */
    float p = 2.0f / 15.0f;
    p = p * t2 + 2.0f / 13.0f;
    p = p * t2 + 2.0f / 11.0f;
    p = p * t2 + 2.0f / 9.0f;
    p = p * t2 + 2.0f / 7.0f;
    p = p * t2 + 2.0f / 5.0f;
    p = p * t2 + 2.0f / 3.0f;
    return t * 2.0f + t * t2 * p;
}

/* sin(2 pi u) for u in [-1/4, 1/4]: Taylor to the 11th power, error 6e-8. */
static inline float sin_turn(float u)
{
    float x = u * 6.28318531f, x2 = x * x;
    float p = -1.0f / 39916800.0f;
    p = p * x2 + 1.0f / 362880.0f;
    p = p * x2 - 1.0f / 5040.0f;
    p = p * x2 + 1.0f / 120.0f;
    p = p * x2 - 1.0f / 6.0f;
    return x + x * x2 * p;
}

/* sin(2 pi u) for u in [0, 1.25), by folding to a quarter turn. */
static inline float sin_of_turns(float u)
{
    u = u >= 0.75f ? u - 1.0f : u;   /* [-1/4, 3/4) */
    u = u > 0.25f ? 0.5f - u : u;    /* [-1/4, 1/4] */
    return sin_turn(u);
}

/* ---- Loops -------------------------------------------------------------------------------------------- */

static void logistic(const float *x, float *y, size_t n, float beta)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 1.0f / (1.0f + exp_of(-beta * x[i]));
}

static void exponential(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < -87.0f ? 0.0f : exp_of(x[i]);
}

/* log(1 + e^x) = max(x, 0) + log1p(e^-|x|), in 16 sums that are added in a fixed order. */
static double softplus_sum(const float *x, size_t n, float beta)
{
    enum { LANES = 16 };
    double sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        float term[LANES];
        for (size_t lane = 0; lane < LANES; lane++) {
            float a = beta * x[i + lane];
            term[lane] = (a > 0 ? a : 0.0f * a) + log1p_of(exp_of(-fabsf(a)));
        }
        for (size_t lane = 0; lane < LANES; lane++)
            sum[lane] += (double)term[lane];
    }
    for (; i < n; i++) {
        float a = beta * x[i];
        sum[i % LANES] += (double)((a > 0 ? a : 0.0f * a) + log1p_of(exp_of(-fabsf(a))));
    }
    double total = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        total += sum[lane];
    return total;
}

/* Salmon et al. 2011, table 2: multipliers and the Weyl increments of the key. */
static const uint32_t PHILOX_M0 = 0xD2511F53, PHILOX_M1 = 0xCD9E8D57;
static const uint32_t PHILOX_W0 = 0x9E3779B9, PHILOX_W1 = 0xBB67AE85;
/* Blocks are computed side by side in two vectors, which hide each other's latency; 32-bit words lie in 64-bit lanes, with room
 * for a product. */
enum { WORDS = 8, PHILOX_LANES = 2 * WORDS };
typedef uint64_t words __attribute__((vector_size(8 * WORDS)));
typedef uint32_t half_words __attribute__((vector_size(4 * WORDS)));
typedef uint32_t pairs __attribute__((vector_size(8 * WORDS)));

/* out: x0[0], x1[0], x2[0], x3[0], x0[1], ... */
static inline void interleave(const words x[4], uint32_t out[4 * WORDS])
{
    half_words y0 = __builtin_convertvector(x[0], half_words), y1 = __builtin_convertvector(x[1], half_words);
    half_words y2 = __builtin_convertvector(x[2], half_words), y3 = __builtin_convertvector(x[3], half_words);
    pairs p = __builtin_shufflevector(y0, y1, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    pairs q = __builtin_shufflevector(y2, y3, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    pairs r = __builtin_shufflevector(p, q, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
    pairs s = __builtin_shufflevector(p, q, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
    memcpy(out, &r, sizeof r);
    memcpy(out + 2 * WORDS, &s, sizeof s);
}

static inline void philox_lanes(const uint32_t key[2], uint32_t first, const uint32_t c[3], uint32_t out[4 * PHILOX_LANES])
{
    const words none = {0}, low = none + 0xffffffffu, lane = {0, 1, 2, 3, 4, 5, 6, 7};
    words x[2][4];
    uint32_t k0 = key[0], k1 = key[1];
    for (uint32_t h = 0; h < 2; h++) {
        x[h][0] = (none + (first + h * WORDS) + lane) & low;
        x[h][1] = none + c[0];
        x[h][2] = none + c[1];
        x[h][3] = none + c[2];
    }
    for (int round = 0; round < 10; round++, k0 += PHILOX_W0, k1 += PHILOX_W1) {
        for (int h = 0; h < 2; h++) {
            words a = x[h][0] * PHILOX_M0, b = x[h][2] * PHILOX_M1;
            x[h][0] = b >> 32 ^ x[h][1] ^ k0;
            x[h][2] = a >> 32 ^ x[h][3] ^ k1;
            x[h][1] = b & low;
            x[h][3] = a & low;
        }
    }
    interleave(x[0], out);
    interleave(x[1], out + 4 * WORDS);
}

static void philox(const uint32_t key[2], uint64_t first, size_t n, const uint32_t c[3], uint32_t *out)
{
    for (; n >= PHILOX_LANES; n -= PHILOX_LANES, first += PHILOX_LANES, out += 4 * PHILOX_LANES)
        philox_lanes(key, (uint32_t)first, c, out);
    if (n > 0) {
        uint32_t last[4 * PHILOX_LANES];
        philox_lanes(key, (uint32_t)first, c, last);
        memcpy(out, last, 4 * n * sizeof *out);
    }
}

static void uniform(const uint32_t *bits, float *u, size_t n)
{
    for (size_t i = 0; i < n; i++)
        u[i] = (float)(int32_t)(bits[i] >> 8) * 0x1p-24f;
}

/* z1 = sqrt(-2 log u1) cos(2 pi u2), z2 with the sine. u1 lies in (0, 1], so that its logarithm is finite. */
static void normal(const uint32_t *bits, float *z, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        float u1 = (float)(int32_t)((bits[2 * i] >> 8) + 1) * 0x1p-24f;
        float u2 = (float)(int32_t)(bits[2 * i + 1] >> 8) * 0x1p-24f;
        float radius = sqrtf(-2.0f * log_of(u1));
        z[2 * i] = radius * sin_of_turns(u2 + 0.25f);
        z[2 * i + 1] = radius * sin_of_turns(u2);
    }
}

static void compare(const float *p, const float *u, float *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s[i] = u[i] < p[i] ? 1.0f : 0.0f;
}

static void update(float *w, float *d, const float *g, size_t n, float rate, float momentum, float l2,
                   float l1)
{
    for (size_t i = 0; i < n; i++) {
        float sign = (w[i] > 0 ? 1.0f : 0.0f) - (w[i] < 0 ? 1.0f : 0.0f);
        float step = momentum * d[i] + rate * (g[i] - l2 * w[i] - l1 * sign);
        d[i] = step;
        w[i] += step;
    }
}

static void add(const float *x, float *y, size_t n, float alpha)
{
    for (size_t i = 0; i < n; i++)
        y[i] += alpha * x[i];
}

static float sum(const float *x, size_t n)
{
    enum { LANES = 16 };
    float part[LANES] = {0}, total = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            part[lane] += x[i + lane];
    for (; i < n; i++)
        part[i % LANES] += x[i];
    for (size_t lane = 0; lane < LANES; lane++)
        total += part[lane];
    return total;
}

static void from_bytes(const uint8_t *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)x[i];
}

static void to_bytes(const float *x, uint8_t *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (uint8_t)(x[i] < 0 ? 0 : x[i] > 255 ? 255 : x[i]);
}

/* ---- Blocks of which at most one unit is on ------------------------------------------------------------- */

enum { BLOCKS = 16 }; /* computed side by side, unit by unit */

/* mean_k = exp(beta (a_k - most)) / (exp(-beta most) + sum_j exp(beta (a_j - most))), most = max(0, a): a softmax with a state of
 * input 0 in which all are off. Unit k of block b lies at [k * unit + b * block]; mean may be a. */
static inline __attribute__((always_inline)) void means_of(const float *a, float *mean, size_t n, size_t B, size_t unit, size_t block,
                                                            float beta)
{
    float most[BLOCKS] = {0}, sum[BLOCKS];
    for (size_t k = 0; k < B; k++)
        for (size_t b = 0; b < n; b++)
            most[b] = a[k * unit + b * block] > most[b] ? a[k * unit + b * block] : most[b];
    for (size_t b = 0; b < n; b++)
        sum[b] = exp_of(-beta * most[b]);
    for (size_t k = 0; k < B; k++)
        for (size_t b = 0; b < n; b++) {
            float e = exp_of(beta * (a[k * unit + b * block] - most[b]));
            sum[b] += e;
            mean[k * unit + b * block] = e;
        }
    for (size_t b = 0; b < n; b++)
        sum[b] = 1.0f / sum[b];
    for (size_t k = 0; k < B; k++)
        for (size_t b = 0; b < n; b++)
            mean[k * unit + b * block] *= sum[b];
}

/* The first unit whose cumulated mean passes u; means are no less than 0, so that sums only grow. */
static inline __attribute__((always_inline)) void samples_of(const float *mean, const float *u, float *s, size_t n, size_t B, size_t unit,
                                                              size_t block)
{
    float sum[BLOCKS] = {0}, passed[BLOCKS] = {0};
    for (size_t k = 0; k < B; k++)
        for (size_t b = 0; b < n; b++) {
            sum[b] += mean[k * unit + b * block];
            float now = u[b * block] < sum[b] ? 1.0f : 0.0f;
            s[k * unit + b * block] = now - passed[b];
            passed[b] = now;
        }
}

/* The usual 2 x 2: turned, so that compilers make vectors of it. */
enum { FOUR = 4 };

static inline void turn_fours(const float *x, float *turned)
{
    for (size_t k = 0; k < FOUR; k++)
        for (size_t b = 0; b < BLOCKS; b++)
            turned[k * BLOCKS + b] = x[b * FOUR + k];
}

static inline void turn_back(const float *turned, float *x)
{
    for (size_t b = 0; b < BLOCKS; b++)
        for (size_t k = 0; k < FOUR; k++)
            x[b * FOUR + k] = turned[k * BLOCKS + b];
}

static void block_means(const float *a, float *mean, size_t n, size_t B, float beta)
{
    float turned[FOUR * BLOCKS];
    size_t i = 0;
    for (; B == FOUR && i + FOUR * BLOCKS <= n; i += FOUR * BLOCKS) {
        turn_fours(a + i, turned);
        means_of(turned, turned, BLOCKS, FOUR, BLOCKS, 1, beta);
        turn_back(turned, mean + i);
    }
    for (; i < n; i += B)
        means_of(a + i, mean + i, 1, B, 1, 0, beta);
}

static void block_samples(const float *mean, const float *u, float *s, size_t n, size_t B)
{
    float turned[FOUR * BLOCKS], draws[FOUR * BLOCKS];
    size_t i = 0;
    for (; B == FOUR && i + FOUR * BLOCKS <= n; i += FOUR * BLOCKS) {
        turn_fours(mean + i, turned);
        turn_fours(u + i, draws);
        samples_of(turned, draws, turned, BLOCKS, FOUR, BLOCKS, 1);
        turn_back(turned, s + i);
    }
    for (; i < n; i += B)
        samples_of(mean + i, u + i, s + i, 1, B, 1, 0);
}

/* ---- The plain matrix product ------------------------------------------------------------------------- */

/* Four rows of C at a time share each row of B. op(A)[i][k] = a[i * step_i + k * step_k]. */
static void product_rows(size_t rows, size_t n, size_t k, float alpha, const float *a, size_t step_i,
                         size_t step_k, const float *b, size_t ldb, float *c, size_t ldc)
{
    for (size_t l = 0; l < k; l++) {
        const float *b_row = b + l * ldb;
        for (size_t i = 0; i < rows; i++) {
            float factor = alpha * a[i * step_i + l * step_k];
            float *c_row = c + i * ldc;
            for (size_t j = 0; j < n; j++)
                c_row[j] += factor * b_row[j];
        }
    }
}

/* With B transposed each element is a dot product; 8 partial sums in a fixed order. */
static float dot(const float *a, size_t step, const float *b, size_t k)
{
    enum { LANES = 8 };
    float sum[LANES] = {0};
    size_t l = 0;
    for (; l + LANES <= k; l += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sum[lane] += a[(l + lane) * step] * b[l + lane];
    for (; l < k; l++)
        sum[l % LANES] += a[l * step] * b[l];
    float total = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        total += sum[lane];
    return total;
}

static void product(bool a_transposed, bool b_transposed, size_t m, size_t n, size_t k, float alpha,
                    const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
                    size_t ldc)
{
    enum { ROWS = 4 };
    size_t step_i = a_transposed ? 1 : lda, step_k = a_transposed ? lda : 1;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];
    for (size_t i = 0; i < m; i += b_transposed ? 1 : ROWS) {
        const float *a_row = a + i * step_i;
        if (b_transposed)
            for (size_t j = 0; j < n; j++)
                c[i * ldc + j] += alpha * dot(a_row, step_k, b + j * ldb, k);
        else
            product_rows(m - i < ROWS ? m - i : ROWS, n, k, alpha, a_row, step_i, step_k, b, ldb,
                         c + i * ldc, ldc);
    }
}

#define STRING2(a) #a
#define STRING(a) STRING2(a)

const hm_kernels JOIN(hm_kernels_, HM_KERNEL_ISA) = {
    .name = STRING(HM_KERNEL_ISA),
    .logistic = logistic,
    .exponential = exponential,
    .softplus_sum = softplus_sum,
    .philox = philox,
    .uniform = uniform,
    .normal = normal,
    .compare = compare,
    .block_means = block_means,
    .block_samples = block_samples,
    .update = update,
    .add = add,
    .sum = sum,
    .from_bytes = from_bytes,
    .to_bytes = to_bytes,
    .product = product,
};
