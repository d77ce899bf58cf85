/* RBMs on tiny machines that can be enumerated: energies, free energies, conditionals, chains. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "model/machine.h"

enum { V = 5, H = 4, STATES_V = 1 << V, STATES_H = 1 << H };

static hm_context *make_context(void)
{
    hm_context *context;
    hm_context_config config = {.n_threads = 2, .seed = 11};
    assert_int_equal(hm_context_create(&config, &context, NULL), HM_OK);
    return context;
}

static hm_rbm *make_rbm(const hm_context *context, const char *visible, const char *hidden)
{
    hm_layer v, h;
    hm_rbm *rbm;
    assert_int_equal(hm_layer_parse(visible, 0, &v, NULL), HM_OK);
    assert_int_equal(hm_layer_parse(hidden, 0, &h, NULL), HM_OK);
    assert_int_equal(hm_rbm_create(context, &v, &h, &rbm, NULL), HM_OK);
    hm_rbm_init_weights(rbm, 0.8f, 0);
    hm_random random = {3, HM_RANDOM_USER, 0};
    hm_random_fill_normal(&random, 0, 0, hm_layer_n_biases(&v), hm_rbm_visible_bias(rbm));
    hm_random_fill_normal(&random, 1, 0, hm_layer_n_biases(&h), hm_rbm_hidden_bias(rbm));
    return rbm;
}

static void spread_bits(unsigned state, float *s, int n)
{
    for (int i = 0; i < n; i++)
        s[i] = (float)(state >> i & 1);
}

static double energy_of(const hm_rbm *rbm, const float *v, const float *h)
{
    hm_matrix W = hm_rbm_weights(rbm);
    double e = 0;
    for (size_t i = 0; i < V; i++) {
        e -= (double)hm_rbm_visible_bias(rbm)[i] * v[i];
        for (size_t j = 0; j < H; j++)
            e -= (double)v[i] * hm_row_f32(&W, i)[j] * h[j];
    }
    for (size_t j = 0; j < H; j++)
        e -= (double)hm_rbm_hidden_bias(rbm)[j] * h[j];
    return e;
}

/* F(v) = -(1/beta) log sum_h exp(-beta E): observed difference 4e-7, float inputs; 1e-5 allowed. */
static void free_energy_is_the_sum_over_hidden_states(void **state)
{
    (void)state;
    hm_context *context = make_context();
    hm_rbm *rbm = make_rbm(context, "bernoulli 5", "bernoulli 4");
    float cases[STATES_V][V];
    double F[STATES_V];
    for (unsigned s = 0; s < STATES_V; s++)
        spread_bits(s, cases[s], V);
    const float betas[] = {1, 0.25f, 3};
    for (int k = 0; k < 3; k++) {
        assert_int_equal(
            hm_rbm_free_energy(rbm, hm_matrix_f32(cases[0], STATES_V, V), betas[k], F, NULL), HM_OK);
        for (unsigned s = 0; s < STATES_V; s++) {
            double sum = 0;
            for (unsigned t = 0; t < STATES_H; t++) {
                float h[H];
                spread_bits(t, h, H);
                sum += exp(-betas[k] * energy_of(rbm, cases[s], h));
            }
            assert_true(fabs(F[s] + log(sum) / betas[k]) < 1e-5);
        }
    }
    hm_rbm_destroy(rbm);
    hm_context_destroy(context);
}

static void energy_agrees_with_the_definition(void **state)
{
    (void)state;
    hm_context *context = make_context();
    hm_rbm *rbm = make_rbm(context, "bernoulli 5", "bernoulli 4");
    for (unsigned s = 0; s < STATES_V; s++) {
        float v[V], h[H];
        double E;
        spread_bits(s, v, V);
        spread_bits(s * 7 % STATES_H, h, H);
        assert_int_equal(hm_rbm_energy(rbm, hm_matrix_f32(v, 1, V), hm_matrix_f32(h, 1, H), &E, NULL), HM_OK);
        assert_true(fabs(E - energy_of(rbm, v, h)) < 1e-5);
    }
    hm_rbm_destroy(rbm);
    hm_context_destroy(context);
}

/* Chains of 20,000 cases against the exact P(v). Each frequency is binomial; with 32 states a bound of five
 * standard deviations gives a false alarm for about one seed in 50,000 (the seed here is fixed). */
static void chains_reach_the_exact_distribution(void **state)
{
    (void)state;
    enum { N = 20000 };
    static float v[N][V];
    hm_context *context = make_context();
    hm_rbm *rbm = make_rbm(context, "bernoulli 5", "bernoulli 4");
    double F[STATES_V], Z = 0;
    float cases[STATES_V][V];
    size_t count[STATES_V] = {0};
    for (unsigned s = 0; s < STATES_V; s++)
        spread_bits(s, cases[s], V);
    for (int i = 0; i < N; i++)
        spread_bits((unsigned)i, v[i], V);
    hm_gibbs gibbs = {0};
    assert_int_equal(hm_rbm_free_energy(rbm, hm_matrix_f32(cases[0], STATES_V, V), 1, F, NULL), HM_OK);
    assert_int_equal(hm_rbm_gibbs_chains(rbm, hm_matrix_f32(v[0], N, V), (hm_matrix){0}, 60, &gibbs, NULL),
                     HM_OK);
    for (unsigned s = 0; s < STATES_V; s++)
        Z += exp(-F[s]);
    for (int i = 0; i < N; i++) {
        unsigned s = 0;
        for (int k = 0; k < V; k++)
            s |= (unsigned)v[i][k] << k;
        count[s]++;
    }
    for (unsigned s = 0; s < STATES_V; s++) {
        double p = exp(-F[s]) / Z, deviation = sqrt(p * (1 - p) / N);
        assert_true(fabs((double)count[s] / N - p) < 5 * deviation + 1e-9);
    }
    hm_rbm_destroy(rbm);
    hm_context_destroy(context);
}

/* For every kind: dF/db_i = e - v ... simplest invariant: moving c_j by d changes F by the mean of h_j times -d.
 * relu is left out: what it samples only approximates its log-partition (unit.c). */
static void free_energy_slopes_are_means(void **state)
{
    (void)state;
    const char *hidden[] = {"bernoulli 4", "gaussian 4", "softmax 4", "softmax 4x2", "binomial 4x3",
                            "bernoulli 2 + softmax 2", "spin 4"};
    hm_context *context = make_context();
    for (size_t k = 0; k < sizeof hidden / sizeof *hidden; k++) {
        hm_rbm *rbm = make_rbm(context, "gaussian 5", hidden[k]);
        float v[V] = {0.3f, -1, 2, 0.5f, 1}, mean[H];
        hm_gibbs gibbs = {.beta = 0.7f};
        hm_rbm_hidden_given_visible(rbm, hm_matrix_f32(v, 1, V), hm_matrix_f32(mean, 1, H), (hm_matrix){0},
                                    &gibbs);
        for (int j = 0; j < H; j++) {
            double up, down;
            float *c = hm_rbm_hidden_bias(rbm), before = c[j];
            c[j] = before + 0.01f;
            hm_rbm_free_energy(rbm, hm_matrix_f32(v, 1, V), 0.7f, &up, NULL);
            c[j] = before - 0.01f;
            hm_rbm_free_energy(rbm, hm_matrix_f32(v, 1, V), 0.7f, &down, NULL);
            c[j] = before;
            assert_true(fabs((down - up) / 0.02 - mean[j]) < 2e-3);
        }
        hm_rbm_destroy(rbm);
    }
    hm_context_destroy(context);
}

/* The mean of many samples is the mean that is reported; bound of five standard errors for each kind. */
static void samples_have_the_reported_mean(void **state)
{
    (void)state;
    enum { N = 40000 };
    static float v[N][V], mean[N][H], sample[N][H];
    const char *hidden[] = {"bernoulli 4", "gaussian 4", "softmax 4", "relu 4", "binomial 4x9", "spin 4"};
    hm_context *context = make_context();
    for (size_t k = 0; k < sizeof hidden / sizeof *hidden; k++) {
        hm_rbm *rbm = make_rbm(context, "bernoulli 5", hidden[k]);
        for (int i = 0; i < N; i++)
            spread_bits(22, v[i], V);
        hm_gibbs gibbs = {.beta = 1.3f};
        hm_rbm_hidden_given_visible(rbm, hm_matrix_f32(v[0], N, V), hm_matrix_f32(mean[0], N, H),
                                    hm_matrix_f32(sample[0], N, H), &gibbs);
        for (int j = 0; j < H; j++) {
            double sum = 0, squares = 0;
            for (int i = 0; i < N; i++) {
                sum += sample[i][j];
                squares += (double)sample[i][j] * sample[i][j];
            }
            double average = sum / N, variance = squares / N - average * average;
            assert_true(fabs(average - mean[0][j]) < 5 * sqrt(variance / N) + 1e-5);
        }
        hm_rbm_destroy(rbm);
    }
    hm_context_destroy(context);
}

/* "bernoulli 2x3x4" is 24 units with two biases: the same machine as 24 units whose biases are equal map by map. */
static void maps_share_a_bias(void **state)
{
    (void)state;
    enum { MAPS = 2, PLACES = 12, HIDDEN = 5, CASES = 7 };
    hm_context *context = make_context();
    hm_rbm *maps = make_rbm(context, "bernoulli 2x3x4", "bernoulli 5"), *flat = make_rbm(context, "24", "5");
    float v[CASES][MAPS * PLACES], mean[2][CASES][MAPS * PLACES], h[CASES][HIDDEN];
    double F[2][CASES];
    hm_random random = {1, HM_RANDOM_USER, 1};
    assert_int_equal(hm_layer_n_biases(hm_rbm_visible(maps)), MAPS);
    assert_int_equal(hm_rbm_slices(maps)[HM_SLICE_VISIBLE_BIAS].n, MAPS);
    memcpy(hm_rbm_weights(maps).data, hm_rbm_weights(flat).data, MAPS * PLACES * HIDDEN * sizeof(float));
    memcpy(hm_rbm_hidden_bias(maps), hm_rbm_hidden_bias(flat), HIDDEN * sizeof(float));
    for (int i = 0; i < MAPS * PLACES; i++)
        hm_rbm_visible_bias(flat)[i] = hm_rbm_visible_bias(maps)[i / PLACES];
    for (int i = 0; i < CASES; i++) {
        for (int k = 0; k < MAPS * PLACES; k++)
            v[i][k] = hm_random_uniform(&random, (uint64_t)i, (uint64_t)k) < 0.5f;
        for (int k = 0; k < HIDDEN; k++)
            h[i][k] = hm_random_uniform(&random, (uint64_t)i, 100 + (uint64_t)k) < 0.5f;
    }
    hm_rbm *const both[] = {maps, flat};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hm_rbm_free_energy(both[i], hm_matrix_f32(v[0], CASES, MAPS * PLACES), 1, F[i], NULL), HM_OK);
        hm_rbm_visible_given_hidden(both[i], hm_matrix_f32(h[0], CASES, HIDDEN),
                                    hm_matrix_f32(mean[i][0], CASES, MAPS * PLACES), (hm_matrix){0}, &(hm_gibbs){0});
    }
    assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
    for (int i = 0; i < CASES; i++)
        assert_float_equal(F[0][i], F[1][i], 1e-5);

    /* The slope of a map's bias is the sum of those of its places. */
    float slope[2][512];
    const hm_phase phase = {hm_matrix_f32(v[0], CASES, MAPS * PLACES), hm_matrix_f32(h[0], CASES, HIDDEN), 0.5f};
    for (int i = 0; i < 2; i++)
        hm_machine_correlate(both[i], &phase, NULL, HM_PART_ALL, slope[i]);
    for (int map = 0; map < MAPS; map++) {
        float sum = 0;
        for (int i = 0; i < PLACES; i++)
            sum += slope[1][hm_rbm_slices(flat)[HM_SLICE_VISIBLE_BIAS].first + (size_t)(map * PLACES + i)];
        assert_float_equal(slope[0][hm_rbm_slices(maps)[HM_SLICE_VISIBLE_BIAS].first + (size_t)map], sum, 1e-5);
    }
    hm_rbm_destroy(maps);
    hm_rbm_destroy(flat);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_energy_is_the_sum_over_hidden_states),
        cmocka_unit_test(energy_agrees_with_the_definition),
        cmocka_unit_test(chains_reach_the_exact_distribution),
        cmocka_unit_test(free_energy_slopes_are_means),
        cmocka_unit_test(samples_have_the_reported_mean),
        cmocka_unit_test(maps_share_a_bias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
