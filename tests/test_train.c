/* The training loop: learning really lowers the exact negative log-likelihood, stopping and resuming changes no
 * byte, nor does the number of threads; allocations that fail leak nothing; divergence is told. */
#define _GNU_SOURCE /* mkstemp */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "counted_memory.h"
#include "temporary.h"

enum { SIDE = 3, V = SIDE * SIDE, N_CASES = 14 * 15, H = 6 };

/* Bars and stripes 3 x 3: each of the 14 patterns 15 times; the label says bars (0) or stripes (1). */
static void make_cases(float cases[N_CASES][V], int32_t labels[N_CASES])
{
    for (int i = 0; i < N_CASES; i++) {
        unsigned bits = (unsigned)(i % 7 + (i % 14 < 7 ? 0 : 1));
        labels[i] = i % 14 >= 7;
        for (int k = 0; k < V; k++)
            cases[i][k] = (float)(bits >> (labels[i] ? k / SIDE : k % SIDE) & 1);
    }
}

typedef struct setting {
    hm_context *context;
    hm_dataset *set;
    hm_model *model;
    hm_train_config config;
} setting;

static hm_status set_up(setting *s, hm_context_config context, hm_model_kind kind)
{
    static float cases[N_CASES][V];
    static int32_t labels[N_CASES];
    hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, V, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, H, 1);
    memset(s, 0, sizeof *s);
    make_cases(cases, labels);
    hm_options_init(&hm_train_options, &s->config);
    s->config.epochs = 12;
    s->config.batch_size = 20; /* 210 cases: the last batch is short */
    s->config.sparsity_target = 0.2;
    hm_status status = hm_context_create(&context, &s->context, NULL);
    if (status == HM_OK)
        status = hm_dataset_create(s->context, cases[0], labels, N_CASES, V, SIDE, SIDE, &s->set, NULL);
    if (status == HM_OK)
        status = hm_model_create(s->context, kind, kind == HM_MODEL_CLASSES ? 2 : 1, &visible, &hidden, &s->model,
                                 NULL);
    if (status == HM_OK)
        s->model->seed = hm_context_seed(s->context);
    return status;
}

static void tear_down(setting *s)
{
    hm_model_destroy(s->model);
    hm_dataset_close(s->set);
    hm_context_destroy(s->context);
}

/* log Z by enumeration of the visible states; the mean log-likelihood of the data. */
static double log_likelihood(const setting *s)
{
    static float all[1 << V][V];
    static double F[1 << V];
    float cases[N_CASES][V];
    double own[N_CASES], Z = 0, mean = 0;
    for (int i = 0; i < 1 << V; i++)
        for (int k = 0; k < V; k++)
            all[i][k] = (float)(i >> k & 1);
    hm_rbm_free_energy(s->model->rbm[0], hm_matrix_f32(all[0], 1 << V, V), 1, F, NULL);
    for (int i = 0; i < 1 << V; i++)
        Z += exp(-F[i]);
    hm_dataset_read(s->set, NULL, 0, N_CASES, 0, hm_matrix_f32(cases[0], N_CASES, V), NULL);
    hm_rbm_free_energy(s->model->rbm[0], hm_matrix_f32(cases[0], N_CASES, V), 1, own, NULL);
    for (int i = 0; i < N_CASES; i++)
        mean += (-own[i] - log(Z)) / N_CASES;
    return mean;
}

/* An independent model of the pixels has at best 9 log(1/2) = -6.2; observed here -3.5 after 400 epochs, and
 * log(1/14) = -2.6 is the ceiling. */
static void learning_raises_the_exact_likelihood(void **state)
{
    (void)state;
    setting s;
    assert_int_equal(set_up(&s, (hm_context_config){.seed = 5}, HM_MODEL_RBM), HM_OK);
    s.config.epochs = 400;
    s.config.sparsity_target = 0;
    assert_int_equal(hm_train(s.model, s.set, NULL, &s.config, NULL, NULL), HM_OK);
    double L = log_likelihood(&s);
    assert_true(L > -4.2 && L < -2.6);
    tear_down(&s);
}

typedef struct stopper {
    int n_left;
} stopper;

static bool stop_after(void *user)
{
    return ((stopper *)user)->n_left-- == 0;
}

static void parameters_into(const setting *s, float *out, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < s->model->n_rbms; i++) {
        size_t m;
        const float *p = hm_rbm_parameters(s->model->rbm[i], &m);
        memcpy(out + *n, p, m * sizeof *p);
        *n += m;
    }
    if (s->model->offset) {
        memcpy(out + *n, s->model->offset, s->model->n_rbms * sizeof(float));
        *n += s->model->n_rbms;
    }
}

static void stopping_and_resuming_changes_no_byte(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    temporary_file(path);
    for (int kind = HM_MODEL_RBM; kind <= HM_MODEL_CLASSES; kind++) {
        static float whole[4096], parts[4096];
        size_t n, m;
        setting s;
        assert_int_equal(set_up(&s, (hm_context_config){.seed = 5}, (hm_model_kind)kind), HM_OK);
        assert_int_equal(hm_train(s.model, s.set, NULL, &s.config, NULL, NULL), HM_OK);
        parameters_into(&s, whole, &n);
        tear_down(&s);

        unlink(path);
        hm_status status = HM_ERROR_INTERRUPTED;
        int n_pieces = 0;
        for (; status == HM_ERROR_INTERRUPTED; n_pieces++) {
            stopper stop = {17 + n_pieces};
            hm_train_events events = {.user = &stop, .should_stop = stop_after, .checkpoint = path, .resume = true};
            assert_int_equal(set_up(&s, (hm_context_config){.seed = 5}, (hm_model_kind)kind), HM_OK);
            status = hm_train(s.model, s.set, NULL, &s.config, &events, NULL);
            if (status == HM_OK)
                parameters_into(&s, parts, &m);
            tear_down(&s);
        }
        assert_int_equal(status, HM_OK);
        assert_true(n_pieces > 3);
        assert_int_equal(n, m);
        assert_memory_equal(whole, parts, n * sizeof *whole);
    }
    unlink(path);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    static float first[4096], other[4096];
    for (int threads = 1; threads <= 5; threads += 2) {
        setting s;
        size_t n;
        assert_int_equal(set_up(&s, (hm_context_config){.seed = 5, .n_threads = threads}, HM_MODEL_RBM), HM_OK);
        assert_int_equal(hm_train(s.model, s.set, NULL, &s.config, NULL, NULL), HM_OK);
        parameters_into(&s, threads == 1 ? first : other, &n);
        if (threads > 1)
            assert_memory_equal(first, other, n * sizeof *first);
        tear_down(&s);
    }
}

static void another_recipe_is_refused(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    temporary_file(path);
    unlink(path);
    setting s;
    stopper stop = {3};
    hm_error error;
    hm_train_events events = {.user = &stop, .should_stop = stop_after, .checkpoint = path, .resume = true};
    assert_int_equal(set_up(&s, (hm_context_config){.seed = 5}, HM_MODEL_RBM), HM_OK);
    assert_int_equal(hm_train(s.model, s.set, NULL, &s.config, &events, NULL), HM_ERROR_INTERRUPTED);
    s.model->seed = 6;
    assert_int_equal(hm_train(s.model, s.set, NULL, &s.config, &events, &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "seed"));
    s.model->seed = 5;
    hm_model_set_text(s.model, &s.model->recipe, "other", NULL);
    assert_int_equal(hm_train(s.model, s.set, NULL, &s.config, &events, &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "recipe"));
    tear_down(&s);
    unlink(path);
}

static void divergence_is_told(void **state)
{
    (void)state;
    setting s;
    hm_error error;
    assert_int_equal(set_up(&s, (hm_context_config){.seed = 5}, HM_MODEL_RBM), HM_OK);
    hm_layer gaussian = hm_layer_of(HM_UNIT_GAUSSIAN, V, 1), hidden = hm_layer_of(HM_UNIT_RELU, H, 1);
    hm_model_destroy(s.model);
    assert_int_equal(hm_model_create(s.context, HM_MODEL_RBM, 1, &gaussian, &hidden, &s.model, NULL), HM_OK);
    s.config.epochs = 100;
    hm_options_set(&hm_train_options, &s.config, "learning-rate", "1000", NULL);
    assert_int_equal(hm_train(s.model, s.set, NULL, &s.config, NULL, &error), HM_ERROR_NUMERIC);
    assert_non_null(strstr(error.message, "epoch"));
    assert_non_null(strstr(error.message, "unit"));
    assert_non_null(strstr(error.message, "learning rate"));
    tear_down(&s);
}

/* Learns Gaussian pixels of mean 0, x / divisor, with a schedule of the deviation. */
static hm_status learn_gaussian(const char *deviation, float divisor, float *out, size_t *n, hm_error *error)
{
    static float cases[N_CASES][V];
    static int32_t labels[N_CASES];
    setting s;
    make_cases(cases, labels);
    for (int i = 0; i < N_CASES; i++) /* each odd case is the opposite of the one before */
        for (int k = 0; k < V; k++)
            cases[i][k] = i % 2 ? -cases[i - 1][k] : (2 * cases[i][k] - 1) / divisor;
    assert_int_equal(set_up(&s, (hm_context_config){.seed = 5}, HM_MODEL_RBM), HM_OK);
    hm_layer gaussian = hm_layer_of(HM_UNIT_GAUSSIAN, V, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, H, 1);
    hm_model_destroy(s.model);
    hm_dataset_close(s.set);
    assert_int_equal(hm_model_create(s.context, HM_MODEL_RBM, 1, &gaussian, &hidden, &s.model, NULL), HM_OK);
    assert_int_equal(hm_dataset_create(s.context, cases[0], NULL, N_CASES, V, SIDE, SIDE, &s.set, NULL), HM_OK);
    s.config.epochs = 4;
    assert_int_equal(hm_options_set(&hm_train_options, &s.config, "visible-deviation", deviation, NULL), HM_OK);
    hm_status status = hm_train(s.model, s.set, NULL, &s.config, NULL, error);
    parameters_into(&s, out, n);
    tear_down(&s);
    return status;
}

static void a_deviation_is_a_unit_of_the_data(void **state)
{
    (void)state;
    float scheduled[256], divided[256], plain[256];
    size_t n;
    hm_error error;
    assert_int_equal(learn_gaussian("2, 1@4", 1, scheduled, &n, &error), HM_OK);
    assert_int_equal(learn_gaussian("1", 2, divided, &n, &error), HM_OK);
    assert_int_equal(learn_gaussian("1", 1, plain, &n, &error), HM_OK);
    assert_memory_equal(scheduled, divided, n * sizeof(float));
    assert_memory_not_equal(scheduled, plain, n * sizeof(float));
    assert_int_equal(learn_gaussian("2, ~1@5", 1, plain, &n, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "2, ~1@4"));
    setting s;
    assert_int_equal(set_up(&s, (hm_context_config){.seed = 5}, HM_MODEL_RBM), HM_OK);
    hm_options_set(&hm_train_options, &s.config, "visible-deviation", "2, 1@4", NULL);
    assert_int_equal(hm_train(s.model, s.set, NULL, &s.config, NULL, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "Gaussian"));
    tear_down(&s);
}

/* ---- Every allocation fails in turn ------------------------------------------------------------------- */

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    temporary_file(path);
    hm_status status = HM_ERROR_MEMORY;
    long n_tried = 1;
    for (; status == HM_ERROR_MEMORY; n_tried++) {
        counted_memory memory = {.fail_at = (size_t)n_tried};
        setting s;
        hm_train_events events = {.checkpoint = path, .checkpoint_epochs = 1};
        hm_context_config config = {.n_threads = 1, .seed = 5, .allocator = counted_allocator(&memory)};
        status = set_up(&s, config, HM_MODEL_CLASSES);
        s.config.epochs = 2;
        if (status == HM_OK)
            status = hm_train(s.model, s.set, NULL, &s.config, &events, NULL);
        tear_down(&s);
        assert_int_equal(memory.n_live, 0);
        assert_int_equal(status, memory.n_asked < memory.fail_at ? HM_OK : HM_ERROR_MEMORY);
    }
    assert_int_equal(status, HM_OK);
    assert_true(n_tried > 50);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learning_raises_the_exact_likelihood),
        cmocka_unit_test(stopping_and_resuming_changes_no_byte),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(another_recipe_is_refused),
        cmocka_unit_test(divergence_is_told),
        cmocka_unit_test(a_deviation_is_a_unit_of_the_data),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
