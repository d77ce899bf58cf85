/* Random numbers: published vectors, agreement of all entrances and instruction sets, moments. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/random.h>

#include "compute/kernels/kernels.h"

/* Known answers of the authors' Random123 distribution for philox4x32-10. */
static void philox_gives_the_published_vectors(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];
        hm_philox4x32(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

static void runs_and_single_draws_agree(void **state)
{
    (void)state;
    enum { N = 700 };
    hm_random r = {9, HM_RANDOM_USER, 123456789012};
    for (uint64_t first = 0; first < 9; first++) {
        uint32_t bits[N];
        float u[N], z[N];
        hm_random_fill_bits(&r, 5, first, N, bits);
        hm_random_fill_uniform(&r, 5, first, N, u);
        hm_random_fill_normal(&r, 5, first, N, z);
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(bits[i], hm_random_bits(&r, 5, first + i));
            assert_true(u[i] == hm_random_uniform(&r, 5, first + i));
            assert_true(z[i] == hm_random_normal(&r, 5, first + i));
        }
    }
}

static void every_part_of_the_address_matters(void **state)
{
    (void)state;
    hm_random r = {1, HM_RANDOM_USER, 0}, seed = r, purpose = r, step = r, far = r;
    seed.seed = (uint64_t)1 << 40 | 1;
    purpose.purpose++;
    step.step = 1;
    far.step = (uint64_t)1 << 40;
    uint32_t bits = hm_random_bits(&r, 0, 0);
    assert_int_not_equal(bits, hm_random_bits(&seed, 0, 0));
    assert_int_not_equal(bits, hm_random_bits(&purpose, 0, 0));
    assert_int_not_equal(bits, hm_random_bits(&step, 0, 0));
    assert_int_not_equal(bits, hm_random_bits(&far, 0, 0));
    assert_int_not_equal(bits, hm_random_bits(&r, 1, 0));
    assert_int_not_equal(bits, hm_random_bits(&r, 0, 1));
}

/* n = 2^18: the standard errors are 5.6e-4 (uniform mean) and 2e-3 (normal mean), 2.8e-3 (variance);
 * bounds of five of them. */
static void moments_are_right(void **state)
{
    (void)state;
    enum { N = 1 << 18 };
    static float x[N];
    hm_random r = {1, HM_RANDOM_USER, 0};
    double sum = 0, squares = 0;
    hm_random_fill_uniform(&r, 0, 0, N, x);
    for (int i = 0; i < N; i++) {
        assert_true(x[i] >= 0 && x[i] < 1);
        sum += x[i];
    }
    assert_true(fabs(sum / N - 0.5) < 2.9e-3);
    hm_random_fill_normal(&r, 1, 0, N, x);
    sum = 0;
    for (int i = 0; i < N; i++) {
        assert_true(isfinite(x[i]));
        sum += x[i];
        squares += (double)x[i] * x[i];
    }
    assert_true(fabs(sum / N) < 1e-2);
    assert_true(fabs(squares / N - 1) < 1.4e-2);
}

static void permutations_hold_each_number_once(void **state)
{
    (void)state;
    enum { N = 1000 };
    uint32_t order[N], moved = 0;
    uint8_t seen[N] = {0};
    hm_random r = {4, HM_RANDOM_SHUFFLE, 2};
    hm_random_permutation(&r, 0, N, order);
    for (uint32_t i = 0; i < N; i++) {
        assert_true(order[i] < N && !seen[order[i]]);
        seen[order[i]] = 1;
        moved += order[i] != i;
    }
    assert_true(moved > N - 20);
}

/* Every instruction set gives the same bits in every loop, also for odd lengths, NaN and infinities. */
static void instruction_sets_agree_to_the_bit(void **state)
{
    (void)state;
    enum { N = 1027 };
    float x[N], y[2][N], d[2][N];
    uint32_t bits[2][4 * N], key[2] = {1, 2}, c[3] = {3, 4, 5};
    hm_random r = {8, HM_RANDOM_USER, 0};
    hm_random_fill_normal(&r, 0, 0, N, x);
    for (int i = 0; i < N; i++)
        x[i] *= 30;
    x[7] = NAN;
    x[8] = INFINITY;
    x[9] = -INFINITY;
    const hm_kernels *truth = &hm_kernels_generic;
    for (size_t k = 0; hm_kernels_list(k); k++) {
        const hm_kernels *set = hm_kernels_list(k);
        truth->logistic(x, y[0], N, 0.7f);
        set->logistic(x, y[1], N, 0.7f);
        assert_memory_equal(y[0], y[1], sizeof y[0]);
        truth->exponential(x + 10, y[0], N - 10);
        set->exponential(x + 10, y[1], N - 10);
        assert_memory_equal(y[0], y[1], (N - 10) * sizeof **y);
        assert_true(truth->softplus_sum(x + 10, N - 10, 1.5f) == set->softplus_sum(x + 10, N - 10, 1.5f));
        truth->philox(key, 77, N, c, bits[0]);
        set->philox(key, 77, N, c, bits[1]);
        assert_memory_equal(bits[0], bits[1], sizeof bits[0]);
        truth->normal(bits[0], y[0], N - 1);
        set->normal(bits[0], y[1], N - 1);
        assert_memory_equal(y[0], y[1], (N - 1) * sizeof **y);
        memcpy(y[1], y[0], sizeof y[0]);
        memset(d, 0, sizeof d);
        truth->update(y[0], d[0], x + 10, N - 10, 0.1f, 0.9f, 0.01f, 0.001f);
        set->update(y[1], d[1], x + 10, N - 10, 0.1f, 0.9f, 0.01f, 0.001f);
        assert_memory_equal(y[0], y[1], (N - 10) * sizeof **y);
        assert_memory_equal(d[0], d[1], sizeof d[0]);
    }
}

/* Against libm in double: observed 6e-8 for the logistic, relative 1.2e-7 for the exponential. */
static void functions_are_accurate(void **state)
{
    (void)state;
    for (float x = -80; x < 80; x += 0.0137f) {
        float y;
        hm_kernels_generic.logistic(&x, &y, 1, 1);
        assert_true(fabs(y - 1 / (1 + exp(-(double)x))) < 1.5e-7);
        hm_kernels_generic.exponential(&x, &y, 1);
        assert_true(fabs(y / exp((double)x) - 1) < 3e-7);
        double softplus = x > 0 ? x + log1p(exp(-(double)x)) : log1p(exp((double)x));
        assert_true(fabs(hm_kernels_generic.softplus_sum(&x, 1, 1) - softplus) < 4e-7 * softplus);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(runs_and_single_draws_agree),
        cmocka_unit_test(every_part_of_the_address_matters),
        cmocka_unit_test(moments_are_right),
        cmocka_unit_test(permutations_hold_each_number_once),
        cmocka_unit_test(instruction_sets_agree_to_the_bit),
        cmocka_unit_test(functions_are_accurate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
