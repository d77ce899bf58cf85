/* Principal components of data whose components are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

enum { V = 12, N = 1200, K = 3 };

/* Cases of three independent directions, of deviations 3, 2 and 1, about a mean: nothing else. */
static void components_are_found(void **state)
{
    (void)state;
    static float cases[N][V], again[N][V];
    float mean[V], axes[K][V];
    const double deviation[K] = {3, 2, 1};
    hm_context *context;
    hm_dataset *set;
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = 1, .n_threads = 2}, &context, NULL), HM_OK);
    const hm_random random = {1, HM_RANDOM_USER, 0};
    for (int i = 0; i < N; i++) {
        float z[K];
        hm_random_fill_normal(&random, (uint64_t)i, 0, K, z);
        for (int k = 0; k < V; k++)
            cases[i][k] = (float)k + (k % K == 0 ? 3 * z[0] : k % K == 1 ? 2 * z[1] : z[2]) / 2; /* four features each: length 1 */
    }
    assert_int_equal(hm_dataset_create(context, cases[0], NULL, N, V, 0, 0, &set, NULL), HM_OK);
    assert_int_equal(hm_pca(context, set, K, mean, axes[0], NULL), HM_OK);
    for (int a = 0; a < K; a++) {
        for (int b = 0; b < K; b++) {
            double dot = 0;
            for (int k = 0; k < V; k++)
                dot += (double)axes[a][k] * axes[b][k];
            assert_true(fabs(dot - (a == b)) < 1e-4);
        }
        double variance = 0;
        for (int i = 0; i < N; i++) {
            double at = 0;
            for (int k = 0; k < V; k++)
                at += (double)(cases[i][k] - mean[k]) * axes[a][k];
            variance += at * at / N;
        }
        assert_true(fabs(sqrt(variance) / deviation[a] - 1) < 0.1); /* in their order; 1,200 cases: 2 % */
    }
    hm_pca_reconstruct(mean, axes[0], K, hm_matrix_f32(cases[0], N, V), hm_matrix_f32(again[0], N, V));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < V; k++)
            assert_true(fabsf(again[i][k] - cases[i][k]) < 2e-3f);
    hm_dataset_close(set);
    hm_context_destroy(context);
}

/* Down a deep belief net, its labels left aside, as one does by hand. */
static void codes_go_down_level_by_level(void **state)
{
    (void)state;
    hm_context *context;
    hm_model *model;
    hm_error error;
    const hm_gibbs gibbs = {0};
    const hm_layer layers[] = {hm_layer_of(HM_UNIT_BERNOULLI, 5, 1), hm_layer_of(HM_UNIT_BERNOULLI, 4, 1),
                               hm_layer_of(HM_UNIT_BERNOULLI, 3, 1)};
    float codes[2][3] = {{1, 0, 1}, {0, 0.5f, 1}}, middle[2][6], want[2][5], got[2][5];
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = 1, .n_threads = 1}, &context, NULL), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, 3, 2, &model, NULL), HM_OK);
    hm_rbm_init_weights(model->rbm[0], 1, 0);
    hm_rbm_init_weights(model->rbm[1], 1, 1);
    assert_int_equal(hm_decode(model, 0, 2, hm_matrix_f32(codes[0], 2, 3), hm_matrix_f32(got[0], 2, 5), &error), HM_OK);
    hm_rbm_visible_given_hidden(model->rbm[1], hm_matrix_f32(codes[0], 2, 3), hm_matrix_f32(middle[0], 2, 6), (hm_matrix){0}, &gibbs);
    hm_rbm_visible_given_hidden(model->rbm[0], hm_matrix_cols(hm_matrix_f32(middle[0], 2, 6), 0, 4), hm_matrix_f32(want[0], 2, 5),
                                (hm_matrix){0}, &gibbs);
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(hm_decode(model, 0, 1, hm_matrix_f32(codes[0], 2, 3), hm_matrix_f32(got[0], 2, 5), &error), HM_ERROR_MISMATCH);
    assert_int_equal(hm_decode(model, 0, 3, hm_matrix_f32(codes[0], 2, 3), hm_matrix_f32(got[0], 2, 5), &error), HM_ERROR_ARGUMENT);
    hm_model_destroy(model);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_found),
        cmocka_unit_test(codes_go_down_level_by_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
