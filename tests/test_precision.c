/* Learning with bfloat16 factors, held against float32 on a machine small enough to enumerate: the exact log-likelihoods of
 * both agree within what ten seeds can tell. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "bars.h"

enum { SIDE = 4, V = SIDE * SIDE, H = 12, N = 2 << SIDE, SEEDS = 10, STAGES = 4 };

/* log sum over h of exp(-E(v, h)) of all cases in `v`. */
static void minus_free_energies(const hm_rbm *rbm, float *v, size_t n, double *result)
{
    assert_int_equal(hm_rbm_free_energy(rbm, hm_matrix_f32(v, n, V), 1, result, NULL), HM_OK);
    for (size_t i = 0; i < n; i++)
        result[i] = -result[i];
}

static double mean_log_likelihood(const hm_rbm *rbm, float *cases)
{
    static float all[(1 << V) * V];
    static double F[1 << V], own[N];
    double most = -INFINITY, Z = 0, sum = 0;
    for (int i = 0; i < 1 << V; i++)
        for (int k = 0; k < V; k++)
            all[i * V + k] = (float)(i >> k & 1);
    minus_free_energies(rbm, all, 1 << V, F);
    minus_free_energies(rbm, cases, N, own);
    for (int i = 0; i < 1 << V; i++)
        most = fmax(most, F[i]);
    for (int i = 0; i < 1 << V; i++)
        Z += exp(F[i] - most);
    for (int i = 0; i < N; i++)
        sum += own[i];
    return sum / N - most - log(Z);
}

/* The curve of log-likelihoods over some epochs of CD-1. */
static void learn(const char *precision, uint64_t seed, double curve[STAGES])
{
    static float cases[N * V];
    hm_context *context;
    hm_dataset *set;
    hm_model *model;
    hm_train_config config;
    const hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, V, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, H, 1);
    const hm_context_config how = {.precision = precision, .n_threads = 1, .seed = seed};
    assert_int_equal(hm_context_create(&how, &context, NULL), HM_OK);
    draw_bars_and_stripes(SIDE, cases);
    assert_int_equal(hm_dataset_create(context, cases, NULL, N, V, 0, 0, &set, NULL), HM_OK);
    assert_int_equal(hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, NULL), HM_OK);
    hm_options_init(&hm_train_options, &config);
    config.epochs = 400;
    config.batch_size = 8;
    for (int i = 0; i < STAGES; i++) {
        assert_int_equal(hm_train(model, set, NULL, &config, NULL, NULL), HM_OK);
        curve[i] = mean_log_likelihood(model->rbm[0], cases);
    }
    hm_model_destroy(model);
    hm_dataset_close(set);
    hm_context_destroy(context);
}

static double mean_of(double curve[SEEDS][STAGES], int stage)
{
    double sum = 0;
    for (int s = 0; s < SEEDS; s++)
        sum += curve[s][stage] / SEEDS;
    return sum;
}

static void bf16_learns_as_well_as_f32(void **state)
{
    (void)state;
    double f32[SEEDS][STAGES], bf16[SEEDS][STAGES];
    hm_context *context;
    if (hm_context_create(&(hm_context_config){.precision = "bf16"}, &context, NULL) != HM_OK) {
        print_message("skipped: this processor has no bfloat16 products\n");
        skip();
    }
    hm_context_destroy(context);
    for (uint64_t s = 0; s < SEEDS; s++) {
        learn("f32", s, f32[s]);
        learn("bf16", s, bf16[s]);
    }
    for (int i = 0; i < STAGES; i++) {
        double a = mean_of(f32, i), b = mean_of(bf16, i), variance = 0;
        for (int s = 0; s < SEEDS; s++)
            variance += (f32[s][i] - a) * (f32[s][i] - a) / (SEEDS - 1);
        print_message("after %d epochs: f32 %.3f, bf16 %.3f nats, deviation over seeds %.3f\n", 400 * (i + 1), a, b, sqrt(variance));
        assert_true(fabs(a - b) < 2.5 * sqrt(2 * variance / SEEDS)); /* standard errors of the difference */
    }
    assert_true(mean_of(bf16, STAGES - 1) > -7); /* it has learned: chance is -11.1, the best -3.4 */
}

static void unknown_precisions_are_refused(void **state)
{
    (void)state;
    hm_context *context;
    hm_error error;
    assert_int_equal(hm_context_create(&(hm_context_config){.precision = "f16"}, &context, &error), HM_ERROR_ARGUMENT);
    assert_string_equal(error.message, "there is no precision \"f16\"; the names are f32, bf16, auto");
    assert_int_equal(hm_context_create(&(hm_context_config){.precision = "bf16", .backend = "plain"}, &context, &error),
                     HM_ERROR_UNSUPPORTED);
    assert_int_equal(hm_context_create(&(hm_context_config){.precision = "auto"}, &context, &error), HM_OK);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bf16_learns_as_well_as_f32),
        cmocka_unit_test(unknown_precisions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
