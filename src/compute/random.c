/* Counter-based random numbers. The layout of the counter is part of what a seed means:
 * word 0 = unit / 4, word 1 = case, word 2 = low half of the step, word 3 = purpose and high part of the step;
 * the key is the seed; unit % 4 chooses among the four words that come out. */
#include <harmonium/random.h>

#include <string.h>

#include "compute/kernels/kernels.h"

enum { CHUNK = 256 };

static void key_of(const hm_random *r, uint32_t key[2])
{
    key[0] = (uint32_t)r->seed;
    key[1] = (uint32_t)(r->seed >> 32);
}

static void counter_of(const hm_random *r, uint64_t index, uint32_t c[3])
{
    c[0] = (uint32_t)index;
    c[1] = (uint32_t)r->step;
    c[2] = r->purpose << 16 | (uint32_t)(r->step >> 32 & 0xffff);
}

/* Multiples of the golden ratio spread streams over all seeds (Weyl's sequence). */
uint64_t hm_random_stream(uint64_t seed, uint32_t stream)
{
    return seed + stream * UINT64_C(0x9e3779b97f4a7c15);
}

void hm_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    hm_kernels_generic.philox(key, counter[0], 1, counter + 1, out);
}

/* The best loops of this processor; all give the same bits, so the choice is nobody's business. */
static const hm_kernels *kernels(void)
{
    return hm_kernels_list(0);
}

void hm_random_fill_bits(const hm_random *r, uint64_t index, uint64_t first, size_t n, uint32_t *out)
{
    uint32_t key[2], c[3], block[4];
    key_of(r, key);
    counter_of(r, index, c);
    if (first % 4) { /* the rest of a block begun before */
        size_t skip = first % 4, take = 4 - skip < n ? 4 - skip : n;
        kernels()->philox(key, first / 4, 1, c, block);
        memcpy(out, block + skip, take * sizeof *out);
        out += take;
        first += take;
        n -= take;
    }
    kernels()->philox(key, first / 4, n / 4, c, out);
    if (n % 4) {
        kernels()->philox(key, first / 4 + n / 4, 1, c, block);
        memcpy(out + n / 4 * 4, block, n % 4 * sizeof *out);
    }
}

uint32_t hm_random_bits(const hm_random *r, uint64_t index, uint64_t unit)
{
    uint32_t bits;
    hm_random_fill_bits(r, index, unit, 1, &bits);
    return bits;
}

void hm_random_fill_uniform(const hm_random *r, uint64_t index, uint64_t first, size_t n, float *out)
{
    uint32_t bits[CHUNK];
    for (size_t i = 0; i < n; i += CHUNK) {
        size_t part = n - i < CHUNK ? n - i : CHUNK;
        hm_random_fill_bits(r, index, first + i, part, bits);
        kernels()->uniform(bits, out + i, part);
    }
}

float hm_random_uniform(const hm_random *r, uint64_t index, uint64_t unit)
{
    float u;
    hm_random_fill_uniform(r, index, unit, 1, &u);
    return u;
}

/* Pairs start at even units, so that a draw does not depend on where the run began. */
void hm_random_fill_normal(const hm_random *r, uint64_t index, uint64_t first, size_t n, float *out)
{
    uint32_t bits[CHUNK];
    float z[CHUNK];
    while (n > 0) {
        size_t skip = first % 2, part = n < CHUNK - 2 ? n : CHUNK - 2;
        size_t whole = (skip + part + 1) / 2 * 2;
        hm_random_fill_bits(r, index, first - skip, whole, bits);
        kernels()->normal(bits, z, whole);
        memcpy(out, z + skip, part * sizeof *out);
        out += part;
        first += part;
        n -= part;
    }
}

float hm_random_normal(const hm_random *r, uint64_t index, uint64_t unit)
{
    float z;
    hm_random_fill_normal(r, index, unit, 1, &z);
    return z;
}

/* The draw for place i is uniform on 0 .. i: (bits * (i + 1)) >> 32, whose bias is below 2^-32 (i + 1). */
void hm_random_permutation(const hm_random *r, uint64_t index, size_t n, uint32_t *out)
{
    uint32_t bits[CHUNK];
    for (size_t i = 0; i < n; i++) {
        if (i % CHUNK == 0)
            hm_random_fill_bits(r, index, i, n - i < CHUNK ? n - i : CHUNK, bits);
        size_t j = (size_t)((uint64_t)bits[i % CHUNK] * (i + 1) >> 32);
        out[i] = (uint32_t)i;
        uint32_t moved = out[i];
        out[i] = out[j];
        out[j] = moved;
    }
}
