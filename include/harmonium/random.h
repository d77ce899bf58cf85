/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011).
 *
 * There is no generator to carry about. A draw is a function of (seed, purpose, step, case, unit), so
 * results do not depend on how many threads run or in which order, and a resumed run draws what an
 * uninterrupted one would have drawn.
 *
 *     hm_random r = {.seed = 1, .purpose = HM_RANDOM_HIDDEN, .step = 7};
 *     float u = hm_random_uniform(&r, 3, 42);     // case 3, unit 42
 */
#ifndef HARMONIUM_RANDOM_H
#define HARMONIUM_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a number is for. The values are part of what a seed means: append, never renumber. */
typedef enum hm_random_purpose {
    HM_RANDOM_WEIGHTS = 1, /* initial weights: case = visible unit, unit = hidden unit */
    HM_RANDOM_SHUFFLE,     /* the order of the cases in an epoch */
    HM_RANDOM_BINARISE,    /* fresh binarisation of the data */
    HM_RANDOM_SPLIT,       /* validation split and subsets */
    HM_RANDOM_HIDDEN,      /* sampling hidden units */
    HM_RANDOM_VISIBLE,     /* sampling visible units */
    HM_RANDOM_CHAIN,       /* the start of a Gibbs chain */
    HM_RANDOM_DROPOUT,     /* which units of a feed-forward net are left out */
    HM_RANDOM_JITTER,      /* moving pictures about: unit 0 down, unit 1 across */
    HM_RANDOM_SWAP,        /* whether chains at two temperatures swap: case = chain, unit = rung */
    HM_RANDOM_BLOCK,       /* which unit of a pooling block is on: case, unit = block */
    HM_RANDOM_CROP,        /* the window of a picture: unit 0 down, unit 1 across */
    HM_RANDOM_MIRROR,      /* whether a picture is mirrored: unit 0 */
    HM_RANDOM_USER = 256   /* the first that the library never uses */
} hm_random_purpose;

typedef struct hm_random {
    uint64_t seed;
    uint32_t purpose; /* below 65,536 */
    uint64_t step;    /* below 2^48 */
} hm_random;

/* A seed of its own for stream `stream` of a seed, so that streams share no numbers; stream 0 is the seed itself. */
uint64_t hm_random_stream(uint64_t seed, uint32_t stream);

/* The bare function: ten rounds on a 128-bit counter with a 64-bit key. */
void hm_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 32 random bits. `index` is the case (below 2^32), `unit` below 2^34. */
uint32_t hm_random_bits(const hm_random *r, uint64_t index, uint64_t unit);

/* Uniform on [0, 1): a multiple of 2^-24, so that it is exact in a float.
 * Check value: seed 1, purpose HM_RANDOM_USER, step 0, case 0, unit 9999: see tests/test_random.c. */
float hm_random_uniform(const hm_random *r, uint64_t index, uint64_t unit);

/* Standard normal (Box and Muller on two neighbouring uniforms). */
float hm_random_normal(const hm_random *r, uint64_t index, uint64_t unit);

/* out[0 .. n-1] are the draws of units first .. first + n - 1: the same numbers as the functions above
 * give, many times faster (fastest when first is a multiple of 4). */
void hm_random_fill_bits(const hm_random *r, uint64_t index, uint64_t first, size_t n, uint32_t *out);
void hm_random_fill_uniform(const hm_random *r, uint64_t index, uint64_t first, size_t n, float *out);
void hm_random_fill_normal(const hm_random *r, uint64_t index, uint64_t first, size_t n, float *out);

/* A permutation of 0 .. n-1 by Fisher and Yates; numbers drawn from case `index`. */
void hm_random_permutation(const hm_random *r, uint64_t index, size_t n, uint32_t *out);

#ifdef __cplusplus
}
#endif
#endif
