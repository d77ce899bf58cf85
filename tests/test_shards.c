/* Shards of a mini-batch: their sum is that of the tree; learning from them is learning from the whole. Ranks: test_team.sh. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "learn/shards.h"

enum { V = 12, H = 7, N = 96 };

static hm_context *context;

static int make_context(void **state)
{
    (void)state;
    return hm_context_create(&(hm_context_config){.seed = 5, .n_threads = 2}, &context, NULL);
}

static int free_context(void **state)
{
    (void)state;
    hm_context_destroy(context);
    return 0;
}

/* 1, 2^-24 / 2, 2^-24 / 2, ...: what is left of the small ones shows in which order they were added. */
static void fill_small(void *job, size_t shard, float *out)
{
    (void)job;
    out[0] = shard ? 0x1p-25f : 1;
    out[1] = (float)shard;
}

static void sums_follow_the_tree(void **state)
{
    (void)state;
    hm_shards shards;
    float out[2];
    assert_int_equal(hm_shards_create(context, 5, 10, 2, &shards, NULL), HM_OK);
    assert_int_equal(shards.first, 0);
    assert_int_equal(shards.end, 5);
    hm_shards_sum(&shards, fill_small, NULL, 2, out);
    /* ((0 + 1) + (2 + (3 + 4))): 1 + 2^-25 is 1, and 1 + 3 * 2^-25 rounds up; one after the other would give 1. */
    assert_true(out[0] == 1 + 0x1p-23f);
    assert_true(out[1] == 10);
    hm_shards_clear(&shards);
}

/* Three classes, each of which has units of its own that are mostly on. */
static void make_cases(uint64_t seed, float cases[N][V])
{
    const hm_random random = {seed, 1, 0};
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < V; k++)
            cases[i][k] = hm_random_uniform(&random, i, k) < (i % 3 == k % 3 ? 0.8f : 0.2f);
}

/* After 3 epochs of n_cases; weights begin the same. */
static void learn(const char *learner, size_t n_cases, const char *n_shards, float *parameters, size_t *n)
{
    float cases[N][V];
    hm_dataset *set;
    hm_model *model;
    hm_train_config config;
    hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, V, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, H, 1);
    make_cases(11, cases);
    assert_int_equal(hm_dataset_create(context, cases[0], NULL, n_cases, V, 0, 0, &set, NULL), HM_OK);
    assert_int_equal(hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, NULL), HM_OK);
    hm_options_init(&hm_train_options, &config);
    const char *const options[][2] = {{"epochs", "3"}, {"batch-size", "24"}, {"learner", learner}, {"shards", n_shards},
                                      {"sparsity-target", "0.2"}, {"sparsity-on", "weights"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(hm_options_set(&hm_train_options, &config, options[i][0], options[i][1], NULL), HM_OK);
    assert_int_equal(hm_train(model, set, NULL, &config, NULL, NULL), HM_OK);
    const float *learned = hm_rbm_parameters(model->rbm[0], n);
    assert_true(*n <= 256);
    memcpy(parameters, learned, *n * sizeof *parameters);
    hm_model_destroy(model);
    hm_dataset_close(set);
}

/* Sums are rounded otherwise, and nothing is drawn by mean-field, whose last mini-batch is a short one; 24 cases in 4 shards draw what 24
 * whole ones draw, so that cd and pcd differ in rounding alone too. Observed: 1.2e-7, 1.2e-7, 2.4e-7. */
static void shards_learn_what_whole_batches_learn(void **state)
{
    (void)state;
    static const char *const learners[] = {"mean-field", "cd", "pcd"};
    for (size_t i = 0; i < sizeof learners / sizeof *learners; i++) {
        float whole[256], cut[256];
        double worst = 0, moved = 0;
        size_t n, n_cases = i ? N : N - 6;
        learn(learners[i], n_cases, "1", whole, &n);
        learn(learners[i], n_cases, "4", cut, &n);
        for (size_t k = 0; k < n; k++) {
            worst = fmax(worst, fabs((double)whole[k] - (double)cut[k]));
            moved = fmax(moved, fabs((double)whole[k]));
        }
        assert_true(moved > 0.1);
        assert_true(worst < 1e-6);
        learn(learners[i], n_cases, "3", whole, &n);
        learn(learners[i], n_cases, "3", cut, &n);
        assert_memory_equal(whole, cut, n * sizeof *cut);
    }
}

/* The same by backpropagation, with dropout, max-norm and a short last mini-batch. */
static void fine_tune(const char *n_shards, float *parameters, size_t *n)
{
    static const char *const layers[] = {"bernoulli 12", "bernoulli 9", "softmax 3"};
    float cases[N][V];
    int32_t labels[N - 6];
    hm_layer layer[3];
    hm_dataset *set;
    hm_model *net;
    hm_backprop_config config;
    make_cases(12, cases);
    for (size_t i = 0; i < N - 6; i++)
        labels[i] = (int32_t)(i % 3);
    for (size_t l = 0; l < 3; l++)
        assert_int_equal(hm_layer_parse(layers[l], 0, &layer[l], NULL), HM_OK);
    assert_int_equal(hm_dataset_create(context, cases[0], labels, N - 6, V, 0, 0, &set, NULL), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_NET, layer, 3, 3, &net, NULL), HM_OK);
    assert_int_equal(hm_model_name_classes(net, set, NULL), HM_OK);
    hm_rbm_init_weights(net->rbm[0], 0.5f, 1);
    hm_rbm_init_weights(net->rbm[1], 0.5f, 2);
    hm_options_init(&hm_backprop_options, &config);
    const char *const options[][2] = {{"epochs", "3"},   {"batch-size", "24"}, {"shards", n_shards},
                                      {"dropout", "0.3"}, {"input-dropout", "0.1"}, {"max-norm", "1.5"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(hm_options_set(&hm_backprop_options, &config, options[i][0], options[i][1], NULL), HM_OK);
    assert_int_equal(hm_train_backprop(net, set, NULL, &config, NULL, NULL), HM_OK);
    const float *learned = hm_rbm_parameters(net->rbm[0], n);
    assert_true(*n <= 256);
    memcpy(parameters, learned, *n * sizeof *parameters);
    hm_model_destroy(net);
    hm_dataset_close(set);
}

/* Observed: 6e-8. */
static void shards_descend_as_whole_batches_do(void **state)
{
    (void)state;
    float whole[256], cut[256];
    double worst = 0;
    size_t n;
    fine_tune("1", whole, &n);
    fine_tune("4", cut, &n);
    for (size_t k = 0; k < n; k++)
        worst = fmax(worst, fabs((double)whole[k] - (double)cut[k]));
    assert_true(worst > 0 && worst < 1e-6);
}

static void what_cannot_be_cut_is_told(void **state)
{
    (void)state;
    hm_shards shards;
    hm_error error;
    assert_int_equal(hm_shards_create(context, 8, 6, 1, &shards, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "6 cases"));
    assert_int_equal(hm_shards_create(context, 0, 6, 1, &shards, NULL), HM_OK);
    assert_int_equal(shards.n, 1);
    hm_shards_clear(&shards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_follow_the_tree),
        cmocka_unit_test(shards_learn_what_whole_batches_learn),
        cmocka_unit_test(shards_descend_as_whole_batches_do),
        cmocka_unit_test(what_cannot_be_cut_is_told),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
