/* Machines of every kind: the exact gradient is that of the likelihood and every learner climbs it, filters included; parameters that are
 * there are kept; samples of middle levels know their inputs; a partition function that is not finite is told; sums of rectified units take
 * no time. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "bars.h"
#include "compute/unit.h"
#include "learn/feed.h"

static hm_context *make_context(uint64_t seed)
{
    hm_context *context;
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = seed, .n_threads = 1}, &context, NULL), HM_OK);
    return context;
}

/* Levels of layers, one text each. */
static hm_model *make_model(const hm_context *context, size_t n_levels, const char *const *text)
{
    hm_layer layer[4];
    hm_model *model;
    for (size_t l = 0; l <= n_levels; l++)
        assert_int_equal(hm_layer_parse(text[l], 0, &layer[l], NULL), HM_OK);
    if (n_levels == 1)
        assert_int_equal(hm_model_create(context, HM_MODEL_RBM, 1, &layer[0], &layer[1], &model, NULL), HM_OK);
    else
        assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layer, n_levels + 1, 0, &model, NULL), HM_OK);
    return model;
}

static void randomise(hm_rbm *rbm, uint64_t stream, float deviation)
{
    size_t n;
    float *p = hm_rbm_parameters(rbm, &n);
    const hm_slice *slices = hm_rbm_slices(rbm);
    const hm_random r = {stream, HM_RANDOM_USER, 2};
    for (int i = 0; i < HM_SLICES; i++) {
        hm_random_fill_normal(&r, (uint64_t)i, 0, slices[i].n, p + slices[i].first);
        for (size_t k = 0; k < slices[i].n; k++)
            p[slices[i].first + k] *= deviation;
    }
}

static hm_train_config configure(const char *learner, const char *rate, int64_t epochs)
{
    hm_train_config config;
    hm_options_init(&hm_train_options, &config);
    assert_int_equal(hm_options_set(&hm_train_options, &config, "learner", learner, NULL), HM_OK);
    assert_int_equal(hm_options_set(&hm_train_options, &config, "learning-rate", rate, NULL), HM_OK);
    assert_int_equal(hm_options_set(&hm_train_options, &config, "momentum", "0", NULL), HM_OK);
    config.weight_cost = 0;
    config.epochs = epochs;
    return config;
}

/* ---- The exact gradient ------------------------------------------------------------------------------------ */

static double likelihood(const hm_rbm *rbm, hm_matrix v)
{
    double F[64], log_Z, sum = 0;
    assert_int_equal(hm_rbm_free_energy(rbm, v, 1, F, NULL), HM_OK);
    assert_int_equal(hm_rbm_log_partition(rbm, &log_Z, NULL), HM_OK);
    for (size_t i = 0; i < v.rows; i++)
        sum -= F[i] / (double)v.rows;
    return sum - log_Z;
}

static void compare_gradient(const char *visible, const char *hidden)
{
    enum { N = 20, V_MAX = 32, P_MAX = 200 };
    const float by = 1e-2f;
    float cases[N * V_MAX] = {0}, before[P_MAX], step[P_MAX];
    size_t n;
    hm_context *context = make_context(1);
    hm_model *model = make_model(context, 1, (const char *const[]){visible, hidden});
    hm_rbm *rbm = model->rbm[0];
    size_t V = hm_rbm_visible(rbm)->n_units, places = hm_rbm_hidden(rbm)->n_units / hm_layer_n_features(hm_rbm_hidden(rbm));
    hm_dataset *set;
    randomise(rbm, 5, 0.8f); /* the data are another machine's */
    hm_matrix v = hm_matrix_f32(cases, N, V);
    assert_int_equal(hm_rbm_gibbs_chains(rbm, v, (hm_matrix){0}, 20, &(hm_gibbs){.stream = 9}, NULL), HM_OK);
    randomise(rbm, 6, 0.4f);
    float *p = hm_rbm_parameters(rbm, &n);
    assert_true(n <= P_MAX && V <= V_MAX);
    memcpy(before, p, n * sizeof *p);
    hm_train_config config = configure("exact", "0.125", 1);
    config.batch_size = N;
    assert_int_equal(hm_dataset_create(context, cases, NULL, N, V, 0, 0, &set, NULL), HM_OK);
    assert_int_equal(hm_train(model, set, NULL, &config, NULL, NULL), HM_OK);
    for (size_t i = 0; i < n; i++)
        step[i] = (p[i] - before[i]) * 8 * (float)places; /* a step is along the mean over places */
    memcpy(hm_rbm_parameters(rbm, &n), before, n * sizeof *p);
    for (int part = 0; part < HM_SLICES; part++) {
        const hm_slice *slice = &hm_rbm_slices(rbm)[part];
        for (size_t i = slice->first; i < slice->first + slice->n; i++) {
            hm_rbm_parameters(rbm, &n)[i] = before[i] + by;
            double more = likelihood(rbm, v);
            hm_rbm_parameters(rbm, &n)[i] = before[i] - by;
            double slope = (more - likelihood(rbm, v)) / (2 * (double)by);
            hm_rbm_parameters(rbm, &n)[i] = before[i];
            if (!(fabs(slope - (double)step[i]) < 4e-3)) /* observed 1e-3, at binomial units */
                fail_msg("%s, %s: %s %zu: %g, but by differences %g", visible, hidden, slice->name, i - slice->first, (double)step[i], slope);
        }
    }
    hm_dataset_close(set);
    hm_model_destroy(model);
    hm_context_destroy(context);
}

static void the_exact_gradient_is_that_of_the_likelihood(void **state)
{
    (void)state;
    static const char *const shapes[][2] = {
        {"5", "3"}, {"spin 4", "3"}, {"4", "spin 3"}, {"softmax 3 + bernoulli 2", "3"}, {"4", "softmax 4"}, {"gaussian 3", "3"}, {"4", "gaussian 2"},
        {"binomial 3x4", "3"}, {"4", "binomial 2x3"}, {"gaussian 2 + bernoulli 2", "3"}, {"1x4x4", "2 by 3x3"}, {"1x3x3", "spin 2 by 2x2"},
        {"2x3x3", "1 by 2x2"}, {"gaussian 1x3x3", "2 by 2x2"}, {"1x3x3", "gaussian 1 by 2x2"}, {"1x5x5", "pool 1x2 by 2x2"}, {"spin 1x3x3", "binomial 1x2x2x3 by 2x2"}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        compare_gradient(shapes[i][0], shapes[i][1]);
}

/* ---- Every learner, with filters ------------------------------------------------------------------------------ */

/* Bars and stripes on 4 x 4: mean exact log-likelihood after learning, in nats; uniform is -11.09. */
static double learn_bars(const char *hidden, const char *learner)
{
    enum { SIDE = 4, N = 2 << SIDE, V = SIDE * SIDE };
    float cases[N * V];
    hm_context *context = make_context(2);
    hm_model *model = make_model(context, 1, (const char *const[]){"1x4x4", hidden});
    hm_dataset *set;
    hm_train_config config = configure(learner, "0.5, ~0.05@1000", 1000);
    config.batch_size = N;
    config.chains = 64;
    config.fast_rate = 0.05;
    draw_bars_and_stripes(SIDE, cases);
    assert_int_equal(hm_options_set(&hm_train_options, &config, "steps", "5", NULL), HM_OK);
    assert_int_equal(hm_options_set(&hm_train_options, &config, "visible-states", "samples", NULL), HM_OK);
    assert_int_equal(hm_dataset_create(context, cases, NULL, N, V, SIDE, SIDE, &set, NULL), HM_OK);
    assert_int_equal(hm_train(model, set, NULL, &config, NULL, NULL), HM_OK);
    double value = likelihood(model->rbm[0], hm_matrix_f32(cases, N, V));
    hm_dataset_close(set);
    hm_model_destroy(model);
    hm_context_destroy(context);
    return value;
}

static void every_learner_climbs_with_filters(void **state)
{
    (void)state;
    static const char *const shapes[] = {"2 by 3x3", "spin 2 by 3x3"};
    const double uniform = -11.0904;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        double ceiling = learn_bars(shapes[i], "exact");
        print_message("%-18s exact       %.3f nats\n", shapes[i], ceiling);
        assert_true(ceiling > uniform + 1);
        for (int k = 0; k < HM_LEARNER_EXACT; k++) {
            double value = learn_bars(shapes[i], hm_learner_name(k));
            print_message("%-18s %-11s %.3f nats\n", shapes[i], hm_learner_name(k), value);
            bool misleads = i > 0 && strcmp(hm_learner_name(k), "mean-field") == 0; /* means of a model with several modes do */
            assert_true(value < ceiling + 0.3 && (value > ceiling - 0.8 || misleads));
        }
    }
}

/* ---- Parameters that are there --------------------------------------------------------------------------------- */

static void learn_nothing(hm_model *model, bool begins_anew)
{
    float cases[8 * 4] = {1, 0, 0, 1, 0, 1};
    hm_dataset *set;
    hm_train_config config = configure("cd", "1e-30", 1);
    config.begin_anew = begins_anew;
    assert_int_equal(hm_dataset_create(model->context, cases, NULL, 8, 4, 0, 0, &set, NULL), HM_OK);
    assert_int_equal(hm_train(model, set, NULL, &config, NULL, NULL), HM_OK);
    hm_dataset_close(set);
}

/* Steps of 1e-30 move nothing but zeros. */
static bool are_near(const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) < 1e-20f))
            return false;
    return true;
}

static void parameters_that_are_there_are_kept(void **state)
{
    (void)state;
    hm_context *context = make_context(3);
    hm_model *model = make_model(context, 1, (const char *const[]){"4", "3"});
    size_t n;
    float *p = hm_rbm_parameters(model->rbm[0], &n), want[64];
    p[1] = 2; /* a single weight by hand */
    memcpy(want, p, n * sizeof *p);
    learn_nothing(model, false);
    assert_true(are_near(hm_rbm_parameters(model->rbm[0], &n), want, n));
    assert_string_not_equal(model->history, "");
    learn_nothing(model, false); /* and with a history */
    assert_true(are_near(hm_rbm_parameters(model->rbm[0], &n), want, n));
    learn_nothing(model, true);
    assert_true(fabsf(p[1]) > 1e-6f && fabsf(p[1]) < 0.1f);
    hm_model_destroy(model);
    hm_context_destroy(context);
}

/* A fresh machine begins at random, also above one that was written by hand. */
static void fresh_levels_begin_at_random(void **state)
{
    (void)state;
    hm_context *context = make_context(3);
    hm_model *model = make_model(context, 2, (const char *const[]){"4", "3", "2"});
    size_t n;
    float *below = hm_rbm_parameters(model->rbm[0], &n), *above = hm_rbm_parameters(model->rbm[1], &n);
    below[0] = 3;
    learn_nothing(model, false);
    assert_true(below[0] == 3 && fabsf(below[1]) < 1e-20f);
    assert_true(fabsf(above[0]) > 1e-6f && fabsf(above[1]) > 1e-6f && fabsf(above[0]) < 0.1f);
    hm_model_destroy(model);
    hm_context_destroy(context);
}

static void weights_of_a_belief_net_are_kept(void **state)
{
    (void)state;
    float cases[8 * 4] = {1, 0, 0, 1, 0, 1};
    hm_context *context = make_context(3);
    hm_layer layers[] = {hm_layer_of(HM_UNIT_BERNOULLI, 4, 1), hm_layer_of(HM_UNIT_BERNOULLI, 3, 1), hm_layer_of(HM_UNIT_BERNOULLI, 1, 1)};
    hm_dataset *set;
    hm_up_down_config config;
    hm_options_init(&hm_wake_sleep_options, &config);
    assert_int_equal(hm_options_set(&hm_wake_sleep_options, &config, "learning-rate", "1e-30", NULL), HM_OK);
    config.epochs = 1;
    assert_int_equal(hm_dataset_create(context, cases, NULL, 8, 4, 0, 0, &set, NULL), HM_OK);
    for (int is_written = 0; is_written < 2; is_written++) {
        hm_model *model;
        assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, 3, 0, &model, NULL), HM_OK);
        assert_int_equal(hm_model_untie(model, NULL), HM_OK);
        size_t n;
        float *p = hm_rbm_parameters(model->rbm[0], &n);
        p[0] = is_written ? 2 : 0;
        hm_error error;
        if (hm_train_wake_sleep(model, set, NULL, &config, NULL, &error) != HM_OK)
            fail_msg("%s", error.message);
        assert_true(is_written ? p[0] == 2 && fabsf(p[1]) < 1e-20f : fabsf(p[0]) > 1e-6f && fabsf(p[1]) > 1e-6f);
        hm_model_destroy(model);
    }
    hm_dataset_close(set);
    hm_context_destroy(context);
}

/* ---- Middle levels ---------------------------------------------------------------------------------------------- */

static const char *const middles[] = {"gaussian 4", "bernoulli 4", "softmax 6x3", "relu 4", "binomial 4x5", "spin 4", "bernoulli 2 + gaussian 2"};
enum { N_MIDDLES = sizeof middles / sizeof *middles, N_CASES = 600, WIDEST = 8 };

/* A deep belief net without weights whose middle units have the inputs c alone. */
static hm_model *make_middle(const hm_context *context, const char *middle, const float *c)
{
    hm_model *model = make_model(context, 2, (const char *const[]){"3", middle, "2"});
    memcpy(hm_rbm_hidden_bias(model->rbm[0]), c, hm_rbm_hidden(model->rbm[0])->n_units * sizeof *c);
    return model;
}

static hm_dataset *make_cases(const hm_context *context)
{
    static float cases[N_CASES * 3];
    hm_dataset *set;
    for (size_t i = 0; i < N_CASES * 3; i++)
        cases[i] = (float)(i % 2);
    assert_int_equal(hm_dataset_create(context, cases, NULL, N_CASES, 3, 0, 0, &set, NULL), HM_OK);
    return set;
}

static double log_partition(const hm_layer *layer, const float *a)
{
    return hm_layer_log_partition(hm_kernels_list(0), layer, 1, a);
}

/* q(h) ~ exp(c'h - e(h)) and p(h) ~ exp(-e(h)): the bound is -3 log 2 - KL(q, p), KL = c'm - LP(c) + LP(0), m the mean under q. */
static void the_bound_knows_the_inputs_of_middle_levels(void **state)
{
    (void)state;
    const float c[WIDEST] = {1.2f, 0.9f, -0.7f, 1.5f, 1, 0.4f}, zero[WIDEST] = {0}, v[3] = {0};
    hm_context *context = make_context(4);
    hm_dataset *set = make_cases(context);
    hm_evaluate_config config;
    hm_options_init(&hm_evaluate_options, &config);
    config.samples = 20;
    for (size_t i = 0; i < N_MIDDLES; i++) {
        hm_model *model = make_middle(context, middles[i], c);
        const hm_layer *layer = hm_rbm_hidden(model->rbm[0]);
        float mean[WIDEST];
        hm_evaluation found;
        assert_int_equal(hm_hidden_means(model->rbm[0], hm_matrix_f32((float *)v, 1, 3), 1, hm_matrix_f32(mean, 1, layer->n_units), NULL), HM_OK);
        double want = -3 * log(2) + log_partition(layer, c) - log_partition(layer, zero);
        for (size_t j = 0; j < layer->n_units; j++)
            want -= (double)c[j] * mean[j];
        assert_int_equal(hm_evaluate(model, 0, set, &config, NULL, &found, NULL), HM_OK);
        print_message("%-26s bound %.3f, expected %.3f\n", middles[i], found.log_likelihood.value, want);
        assert_true(fabs(found.log_likelihood.value - want) < 0.15); /* a deviation is 0.04 at most (binomial) */
        hm_model_destroy(model);
    }
    hm_dataset_close(set);
    hm_context_destroy(context);
}

static void fed_samples_know_their_inputs(void **state)
{
    (void)state;
    const float c[WIDEST] = {1.2f, 0.9f, -0.7f, 1.5f, 1, 0.4f}, v[3] = {0};
    static float h[N_CASES * WIDEST];
    hm_context *context = make_context(4);
    hm_dataset *set = make_cases(context);
    for (size_t i = 0; i < N_MIDDLES; i++) {
        hm_model *model = make_middle(context, middles[i], c);
        const hm_layer *layer = hm_rbm_hidden(model->rbm[0]);
        size_t H = layer->n_units;
        hm_feed *feed;
        float mean[WIDEST];
        assert_int_equal(hm_hidden_means(model->rbm[0], hm_matrix_f32((float *)v, 1, 3), 1, hm_matrix_f32(mean, 1, H), NULL), HM_OK);
        assert_int_equal(hm_feed_create(model, set, &(hm_feed_config){.level = 1, .batch = N_CASES, .is_sampled = true}, &feed, NULL), HM_OK);
        assert_int_equal(hm_feed_read(feed, NULL, 0, N_CASES, 0, hm_matrix_f32(h, N_CASES, H), NULL), HM_OK);
        for (size_t j = 0; j < H; j++) {
            double sum = 0, squares = 0;
            for (size_t k = 0; k < N_CASES; k++) {
                sum += (double)h[k * H + j] / N_CASES;
                squares += (double)h[k * H + j] * h[k * H + j] / N_CASES;
            }
            double variance = squares - sum * sum;
            assert_true(variance > 0.01 && variance < 2);
            assert_true(fabs(sum - (double)mean[j]) < 5 * sqrt(variance / N_CASES));
        }
        hm_feed_destroy(feed);
        hm_model_destroy(model);
    }
    hm_dataset_close(set);
    hm_context_destroy(context);
}

/* ---- Partition functions ------------------------------------------------------------------------------------------ */

typedef struct form_case {
    const char *visible, *hidden;
    float W[36];
    int is;
} form_case;

static const form_case forms[] = {
    {"gaussian 2", "gaussian 2", {0.5f, 0, 0, 0.5f}, HM_PARTITION_FINITE},
    {"gaussian 2", "gaussian 2", {1, 0, 0, 1}, HM_PARTITION_INFINITE},
    {"gaussian 2", "gaussian 2", {2, 0, 0, 2}, HM_PARTITION_INFINITE},
    {"gaussian 2", "gaussian 2", {0.7f, 0.7f, -0.7f, 0.7f}, HM_PARTITION_FINITE},   /* 0.99: a turn */
    {"gaussian 2", "gaussian 2", {0.72f, 0.72f, -0.72f, 0.72f}, HM_PARTITION_INFINITE}, /* 1.018 */
    {"gaussian 2", "gaussian 2", {-3, 0, 0, 0}, HM_PARTITION_INFINITE},
    {"gaussian 3", "gaussian 1", {0.6f, 0.6f, 0.6f}, HM_PARTITION_INFINITE},        /* 1.04 */
    {"gaussian 1", "gaussian 3", {0.57f, 0.57f, 0.57f}, HM_PARTITION_FINITE},       /* 0.987 */
    {"gaussian 2", "gaussian 2", {1e30f, 0, 0, 1e30f}, HM_PARTITION_INFINITE},
    {"gaussian 2", "bernoulli 2", {90, 0, 0, 90}, HM_PARTITION_FINITE},
    {"bernoulli 2", "gaussian 2", {90, 0, 0, 90}, HM_PARTITION_FINITE},
    {"bernoulli 2", "relu 2", {90, 0, 0, 90}, HM_PARTITION_FINITE},
    {"gaussian 2", "binomial 2x3", {90, 0, 0, 90}, HM_PARTITION_FINITE},
    {"gaussian 1 + bernoulli 1", "gaussian 1 + spin 1", {0.9f, 70, 70, 70}, HM_PARTITION_FINITE},
    {"bernoulli 1 + gaussian 1", "softmax 2 + gaussian 1", {70, 70, 70, 70, 70, 1.1f}, HM_PARTITION_INFINITE},
    {"gaussian 1", "relu 1", {0.9f}, HM_PARTITION_FINITE},
    {"gaussian 1", "relu 1", {1.1f}, HM_PARTITION_INFINITE},
    {"gaussian 1", "relu 1", {-1.1f}, HM_PARTITION_INFINITE}, /* v < 0 */
    {"relu 1", "gaussian 1", {-1.1f}, HM_PARTITION_INFINITE},
    {"gaussian 1", "relu 2", {0.8f, -0.8f}, HM_PARTITION_UNKNOWN}, /* it is finite: one of them is on at a time */
    {"gaussian 1", "relu 2", {0.8f, 0.8f}, HM_PARTITION_INFINITE},
    {"gaussian 1", "relu 1 + gaussian 1", {0.8f, -0.8f}, HM_PARTITION_INFINITE},
    {"relu 2", "relu 2", {-9, -9, -9, -9}, HM_PARTITION_FINITE},
    {"relu 2", "relu 2", {-9, -9, -9, 0.9f}, HM_PARTITION_FINITE},
    {"relu 2", "relu 2", {-9, -9, -9, 1.1f}, HM_PARTITION_INFINITE},
    {"gaussian 1x4x4", "gaussian 1 by 3x3", {0.15f, 0.15f, 0.15f, 0.15f, 0.15f, 0.15f, 0.15f, 0.15f, 0.15f}, HM_PARTITION_FINITE}, /* 0.75 */
    {"gaussian 1x4x4", "gaussian 1 by 3x3", {0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f}, HM_PARTITION_INFINITE},
};

static hm_model *make_form(const hm_context *context, const form_case *form)
{
    hm_model *model = make_model(context, 1, (const char *const[]){form->visible, form->hidden});
    size_t n;
    float *p = hm_rbm_parameters(model->rbm[0], &n);
    memcpy(p, form->W, hm_rbm_slices(model->rbm[0])[HM_SLICE_WEIGHTS].n * sizeof *p);
    return model;
}

static void finite_partition_functions_are_known(void **state)
{
    (void)state;
    hm_context *context = make_context(5);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        hm_model *model = make_form(context, &forms[i]);
        hm_partition found;
        assert_int_equal(hm_rbm_find_partition(model->rbm[0], &found, NULL), HM_OK);
        if (found.is != forms[i].is)
            fail_msg("%s, %s (case %zu): %d, not %d; gain %g", forms[i].visible, forms[i].hidden, i, found.is, forms[i].is, found.gain);
        hm_model_destroy(model);
    }
    hm_context_destroy(context);
}

/* Where it is infinite, nothing that needs it gives numbers. */
static void what_has_no_likelihood_is_refused(void **state)
{
    (void)state;
    float v[2 * 16] = {0.5f, -0.5f, 1}, out[2 * 16];
    double temperature[] = {1, 0.5}, energy[4];
    hm_context *context = make_context(5);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        hm_model *model = make_form(context, &forms[i]);
        hm_status want = forms[i].is == HM_PARTITION_INFINITE ? HM_ERROR_NUMERIC : HM_OK;
        size_t V = hm_model_n_features(model);
        hm_matrix cases = hm_matrix_f32(v, 2, V);
        hm_chains *chains;
        hm_error error;
        assert_int_equal(hm_chains_create(model, &(hm_chains_config){.n = 2}, &chains, &error), want);
        if (want != HM_OK)
            assert_non_null(strstr(error.message, "no finite partition function"));
        hm_chains_destroy(chains);
        assert_int_equal(hm_rbm_anneal(model->rbm[0], cases, temperature, 2, 1, energy, NULL), want);
        assert_int_equal(hm_reconstruct(model, 0, cases, 3, hm_matrix_f32(out, 2, V), NULL), want);
        if (hm_layer_is_all(hm_rbm_visible(model->rbm[0]), HM_UNIT_GAUSSIAN)) {
            hm_dataset *set;
            hm_evaluate_config config;
            hm_evaluation found;
            hm_options_init(&hm_evaluate_options, &config);
            strcpy(config.betas, "50:1");
            config.burn_in = 20;
            assert_int_equal(hm_dataset_create(context, v, NULL, 2, V, 0, 0, &set, NULL), HM_OK);
            assert_int_equal(hm_evaluate(model, 0, set, &config, NULL, &found, NULL), want);
            hm_dataset_close(set);
        }
        hm_model_destroy(model);
    }
    hm_context_destroy(context);
}

/* log Z = (V + H) / 2 log(2 pi) - log det(I - W'W) / 2, near where it ends. */
static void gaussian_machines_are_as_in_closed_form(void **state)
{
    (void)state;
    hm_context *context = make_context(6);
    const form_case form = {"gaussian 2", "gaussian 2", {0.9f, 0, 0, 0.5f}, HM_PARTITION_FINITE};
    hm_model *model = make_form(context, &form);
    const float base[2] = {0};
    hm_evaluate_config config;
    hm_estimate log_Z;
    hm_options_init(&hm_evaluate_options, &config);
    strcpy(config.betas, "2000:1");
    config.chains = 500;
    assert_int_equal(hm_ais(model->rbm[0], base, &config, NULL, &log_Z, NULL), HM_OK);
    assert_true(fabs(log_Z.value - (2 * log(6.283185307179586) - 0.5 * log(0.19 * 0.75))) < 0.05);
    hm_model_destroy(model);
    hm_context_destroy(context);
}

/* ---- Rectified units ------------------------------------------------------------------------------------------------ */

static double relu_sum(float a, float beta)
{
    const hm_layer layer = hm_layer_of(HM_UNIT_RELU, 1, 1);
    return hm_layer_log_partition(hm_kernels_list(0), &layer, beta, &a);
}

static void sums_of_rectified_units_take_no_time(void **state)
{
    (void)state;
    static const float at[][2] = {{30, 1}, {50, 0.5f}, {100, 2}, {0, 1}, {0.25f, 1}, {-3, 1}, {3.5f, 1}, {-50, 1}, {7, 10}, {200.3f, 30}, {4, 0.0625f},
                                  {4, 0.06f}, {-4, 0.06f}, {0, 0.01f}, {1000, 0.01f}, {-700, 0.01f}, {12345.678f, 1}, {3, 1e-4f}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double a = (double)at[i][0], beta = (double)at[i][1], want = 0;
        for (double k = 0, x; (x = beta * (a - k - 0.5)) > -45; k++)
            want += x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
        assert_true(fabs(relu_sum(at[i][0], at[i][1]) - want) <= 1e-11 * want + 1e-16); /* observed 1e-12 */
    }
    const double pi = 3.141592653589793;
    assert_true(fabs(relu_sum(30, 1) - (450 + pi * pi / 6 - 1 / 24.0)) < 1e-8 * 450);
    assert_true(fabs(relu_sum(1e17f, 1) / (0.5 * 1e17 * 1e17) - 1) < 1e-6);
    assert_true(fabs(relu_sum(3e38f, 1) / (0.5 * 9e76) - 1) < 1e-6);
    assert_true(fabs(relu_sum(1, 1e-20f) / (pi * pi / 12 * 1e20) - 1) < 1e-6);
    assert_true(relu_sum(-1e30f, 1) == 0 && relu_sum(-INFINITY, 1) == 0 && relu_sum(INFINITY, 1) == INFINITY && isnan(relu_sum(NAN, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exact_gradient_is_that_of_the_likelihood),
        cmocka_unit_test(every_learner_climbs_with_filters),
        cmocka_unit_test(parameters_that_are_there_are_kept),
        cmocka_unit_test(fresh_levels_begin_at_random),
        cmocka_unit_test(weights_of_a_belief_net_are_kept),
        cmocka_unit_test(the_bound_knows_the_inputs_of_middle_levels),
        cmocka_unit_test(fed_samples_know_their_inputs),
        cmocka_unit_test(finite_partition_functions_are_known),
        cmocka_unit_test(what_has_no_likelihood_is_refused),
        cmocka_unit_test(gaussian_machines_are_as_in_closed_form),
        cmocka_unit_test(sums_of_rectified_units_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
