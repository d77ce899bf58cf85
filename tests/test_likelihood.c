/* Likelihoods against sums over all states. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

enum { CASES = 6, STATES = 1 << 10 };

static hm_context *make_context(uint64_t seed, int threads)
{
    hm_context *context;
    const hm_context_config config = {.seed = seed, .n_threads = threads};
    assert_int_equal(hm_context_create(&config, &context, NULL), HM_OK);
    return context;
}

static void randomise(hm_rbm *rbm, uint64_t stream, float weight_deviation)
{
    size_t n;
    float *p = hm_rbm_parameters(rbm, &n);
    const hm_slice *slices = hm_rbm_slices(rbm);
    hm_random r = {stream, HM_RANDOM_USER, 1};
    for (int i = 0; i < HM_SLICES; i++) {
        hm_random_fill_normal(&r, (uint64_t)i, 0, slices[i].n, p + slices[i].first);
        for (size_t k = 0; k < slices[i].n; k++)
            p[slices[i].first + k] *= i == HM_SLICE_WEIGHTS ? weight_deviation : 0.5f;
    }
}

static hm_rbm *make_rbm(const hm_context *context, const char *visible, const char *hidden, uint64_t stream, float deviation)
{
    hm_rbm *rbm;
    hm_layer v, h;
    assert_int_equal(hm_layer_parse(visible, 0, &v, NULL), HM_OK);
    assert_int_equal(hm_layer_parse(hidden, 0, &h, NULL), HM_OK);
    assert_int_equal(hm_rbm_create(context, &v, &h, &rbm, NULL), HM_OK);
    randomise(rbm, stream, deviation);
    return rbm;
}

/* ---- By hand: sums over all (v, h) ------------------------------------------------------------------------ */

/* States of a layer of Bernoulli units and at most one softmax group of three at its end. */
static size_t list_states(const hm_layer *layer, float *states)
{
    size_t n = 0, n_bits = layer->group[0].n_units, n_last = layer->n_groups > 1 ? 3 : 1;
    for (size_t i = 0; i < (size_t)1 << n_bits; i++)
        for (size_t last = 0; last < n_last; last++, n++) {
            float *s = states + n * layer->n_units;
            memset(s, 0, layer->n_units * sizeof *s);
            for (size_t k = 0; k < n_bits; k++)
                s[k] = (float)(i >> k & 1);
            if (layer->n_groups > 1)
                s[n_bits + last] = 1;
        }
    return n;
}

static double minus_energy(const hm_rbm *rbm, const float *v, const float *h)
{
    const hm_matrix W = hm_rbm_weights(rbm);
    double sum = 0;
    for (size_t i = 0; i < W.rows; i++) {
        sum += (double)hm_rbm_visible_bias(rbm)[i] * v[i];
        for (size_t j = 0; j < W.cols; j++)
            sum += (double)hm_row_f32(&W, i)[j] * v[i] * h[j];
    }
    for (size_t j = 0; j < W.cols; j++)
        sum += (double)hm_rbm_hidden_bias(rbm)[j] * h[j];
    return sum;
}

/* log Z, and with `expectation` <v h>, <v>, <h>. */
static double brute_force(const hm_rbm *rbm, double *expectation)
{
    static float v[STATES * 16], h[STATES * 16];
    const hm_layer *visible = hm_rbm_visible(rbm), *hidden = hm_rbm_hidden(rbm);
    size_t n_v = list_states(visible, v), n_h = list_states(hidden, h), V = visible->n_units, H = hidden->n_units;
    const hm_slice *s = hm_rbm_slices(rbm);
    double Z = 0;
    for (size_t i = 0; i < n_v; i++)
        for (size_t j = 0; j < n_h; j++)
            Z += exp(minus_energy(rbm, v + i * V, h + j * H));
    for (size_t i = 0; expectation && i < n_v; i++)
        for (size_t j = 0; j < n_h; j++) {
            double p = exp(minus_energy(rbm, v + i * V, h + j * H)) / Z;
            for (size_t a = 0; a < V; a++) {
                expectation[s[HM_SLICE_VISIBLE_BIAS].first + a] += p * v[i * V + a];
                for (size_t b = 0; b < H; b++)
                    expectation[a * H + b] += p * v[i * V + a] * h[j * H + b];
            }
            for (size_t b = 0; b < H; b++)
                expectation[s[HM_SLICE_HIDDEN_BIAS].first + b] += p * h[j * H + b];
        }
    return log(Z);
}

static void sums_are_those_over_all_states(void **state)
{
    (void)state;
    static const char *const shapes[][2] = {{"7", "5"}, {"4", "8"}, {"3 + softmax 3", "6"}, {"6", "2 + softmax 3"}};
    hm_context *context = make_context(1, 2);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        hm_rbm *rbm = make_rbm(context, shapes[i][0], shapes[i][1], 100 + i, 0.7f);
        double log_Z, want[400] = {0};
        float got[400];
        size_t n;
        double wanted = brute_force(rbm, want);
        assert_int_equal(hm_rbm_log_partition(rbm, &log_Z, NULL), HM_OK);
        assert_true(fabs(log_Z - wanted) < 1e-5); /* observed 1e-6: inputs are floats */
        hm_rbm_parameters(rbm, &n);
        assert_true(n <= 400);
        assert_int_equal(hm_rbm_expectations(rbm, &log_Z, got, NULL), HM_OK);
        for (size_t k = 0; k < n; k++)
            assert_true(fabs(got[k] - want[k]) < 1e-5);
        hm_rbm_destroy(rbm);
    }
    hm_context_destroy(context);
}

static void too_many_states_are_refused(void **state)
{
    (void)state;
    hm_context *context = make_context(1, 1);
    hm_rbm *large = make_rbm(context, "40", "30", 1, 0.1f), *real = make_rbm(context, "gaussian 4", "gaussian 3", 1, 0.1f);
    hm_error error;
    double log_Z;
    assert_true(hm_rbm_log2_states(large) == 30 && isinf(hm_rbm_log2_states(real)));
    assert_int_equal(hm_rbm_log_partition(large, &log_Z, &error), HM_ERROR_ARGUMENT);
    assert_string_equal(error.message, "the smaller layer has 2^30 states, and enumeration is for 2^25 at most; take AIS "
                                       "(--partition ais)");
    assert_int_equal(hm_rbm_log_partition(real, &log_Z, &error), HM_ERROR_ARGUMENT);
    hm_rbm_destroy(large);
    hm_rbm_destroy(real);
    hm_context_destroy(context);
}

/* ---- Annealed importance sampling --------------------------------------------------------------------------- */

static hm_evaluate_config quick(const char *betas)
{
    hm_evaluate_config config;
    hm_options_init(&hm_evaluate_options, &config);
    strcpy(config.betas, betas);
    config.burn_in = 200;
    return config;
}

/* Three deviations either way hold the truth in all but a few of a hundred: with 40 models and two directions, 6 misses are
 * less likely than 1 in 1,000 even if each missed with 3 % (skewed weights miss more often than a normal law would). */
static void intervals_hold_the_truth(void **state)
{
    (void)state;
    enum { MODELS = 40, MISSES_MAX = 6 };
    hm_context *context = make_context(3, 2);
    const hm_evaluate_config config = quick("300:1");
    int n_missed = 0;
    double bias = 0;
    for (uint64_t i = 0; i < MODELS; i++) {
        hm_rbm *rbm = make_rbm(context, i % 4 == 3 ? "5 + softmax 3" : "8", "10", 200 + i, 0.2f + 0.03f * (float)i);
        float base[16] = {0}, start[8] = {0};
        hm_estimate forward, reverse;
        double exact;
        if (i % 4 == 3)
            start[5] = 1;
        assert_int_equal(hm_rbm_log_partition(rbm, &exact, NULL), HM_OK);
        assert_int_equal(hm_ais(rbm, base, &config, NULL, &forward, NULL), HM_OK);
        assert_int_equal(hm_ais_reverse(rbm, base, hm_matrix_f32(start, 1, 8), &config, NULL, &reverse, NULL), HM_OK);
        assert_true(forward.low <= forward.value && forward.value <= forward.high);
        assert_true(reverse.low <= reverse.value && reverse.value <= reverse.high);
        n_missed += exact < forward.low || exact > forward.high;
        n_missed += exact < reverse.low || exact > reverse.high;
        bias += fabs(forward.value - exact) / MODELS;
        hm_rbm_destroy(rbm);
    }
    print_message("%d of %d intervals missed the truth; mean error %.4f nats\n", n_missed, 2 * MODELS, bias);
    assert_true(n_missed <= MISSES_MAX && bias < 0.1);
    hm_context_destroy(context);
}

/* Gaussian visible units with binary hidden ones: log Z = V/2 log 2 pi + log sum_h exp(c'h + |b + W h|^2 / 2), by enumeration. */
static void gaussian_models_are_estimated_too(void **state)
{
    (void)state;
    hm_context *context = make_context(4, 2);
    hm_rbm *rbm = make_rbm(context, "gaussian 5", "6", 9, 0.3f);
    const hm_evaluate_config config = quick("500:1");
    float base[5] = {0};
    double exact;
    hm_estimate e;
    assert_int_equal(hm_rbm_log_partition(rbm, &exact, NULL), HM_OK);
    assert_int_equal(hm_ais(rbm, base, &config, NULL, &e, NULL), HM_OK);
    assert_true(exact > e.low && exact < e.high && e.high - e.low < 0.5);
    hm_rbm_destroy(rbm);
    hm_context_destroy(context);
}

static void estimates_do_not_depend_on_threads(void **state)
{
    (void)state;
    const hm_evaluate_config config = quick("50:1");
    hm_estimate e[2];
    for (int i = 0; i < 2; i++) {
        hm_context *context = make_context(5, 1 + 2 * i);
        hm_rbm *rbm = make_rbm(context, "70", "90", 3, 0.3f);
        float base[70] = {0};
        assert_int_equal(hm_ais(rbm, base, &config, NULL, &e[i], NULL), HM_OK);
        hm_rbm_destroy(rbm);
        hm_context_destroy(context);
    }
    assert_memory_equal(&e[0], &e[1], sizeof e[0]);
}

static void schedules_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "10", "10:0.5", "0:1", "10:0.5 10:0.4 10:1", "10:2", "10:1 x", "1.5:1", "99999999:1"};
    hm_context *context = make_context(5, 1);
    hm_rbm *rbm = make_rbm(context, "3", "2", 3, 0.3f);
    float base[3] = {0};
    hm_estimate e;
    hm_error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const hm_evaluate_config config = quick(bad[i]);
        assert_int_equal(hm_ais(rbm, base, &config, NULL, &e, &error), HM_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "is not understood; a schedule is"));
    }
    hm_rbm_destroy(rbm);
    hm_context_destroy(context);
}

/* ---- Whole models ---------------------------------------------------------------------------------------------- */

static hm_dataset *make_set(const hm_context *context, size_t V)
{
    hm_dataset *set;
    float cases[CASES * 16];
    hm_random r = {77, HM_RANDOM_USER, 0};
    hm_random_fill_uniform(&r, 0, 0, CASES * V, cases);
    for (size_t i = 0; i < CASES * V; i++)
        cases[i] = cases[i] < 0.5f;
    assert_int_equal(hm_dataset_create(context, cases, NULL, CASES, V, 0, 0, &set, NULL), HM_OK);
    return set;
}

static void an_rbm_is_evaluated_exactly(void **state)
{
    (void)state;
    hm_context *context = make_context(6, 2);
    hm_dataset *set = make_set(context, 6);
    const hm_layer v = hm_layer_of(HM_UNIT_BERNOULLI, 6, 1), h = hm_layer_of(HM_UNIT_BERNOULLI, 5, 1);
    hm_model *model;
    hm_evaluation r;
    hm_evaluate_config config = quick("200:1");
    float cases[CASES * 6], all[64 * 6];
    double want = 0, pseudo = 0, F[64];
    assert_int_equal(hm_model_create(context, HM_MODEL_RBM, 1, &v, &h, &model, NULL), HM_OK);
    randomise(model->rbm[0], 8, 0.8f);
    assert_int_equal(hm_dataset_read(set, NULL, 0, CASES, 0, hm_matrix_f32(cases, CASES, 6), NULL), HM_OK);
    list_states(&v, all);
    assert_int_equal(hm_rbm_free_energy(model->rbm[0], hm_matrix_f32(all, 64, 6), 1, F, NULL), HM_OK);
    double log_Z = brute_force(model->rbm[0], NULL);
    for (int i = 0; i < CASES; i++) {
        int number = 0;
        for (int k = 0; k < 6; k++)
            number |= (cases[i * 6 + k] > 0) << k;
        want += (-F[number] - log_Z) / CASES;
        for (int k = 0; k < 6; k++)
            pseudo += -log1p(exp(F[number] - F[number ^ 1 << k])) / CASES;
    }
    assert_int_equal(hm_evaluate(model, 0, set, &config, NULL, &r, NULL), HM_OK);
    assert_true(r.is_exact && !r.is_bound && r.n_cases == CASES && isnan(r.log_Z_reverse.value));
    assert_true(fabs(r.log_Z.value - log_Z) < 1e-5 && fabs(r.log_likelihood.value - want) < 1e-5);
    assert_true(fabs(r.pseudo_likelihood - pseudo) < 1e-5);
    config.method = HM_EVALUATE_AIS;
    assert_int_equal(hm_evaluate(model, 0, set, &config, NULL, &r, NULL), HM_OK);
    assert_true(r.log_likelihood.low < want && want < r.log_likelihood.high);
    assert_true(r.log_likelihood_reverse.low < want && want < r.log_likelihood_reverse.high);
    hm_model_destroy(model);
    hm_dataset_close(set);
    hm_context_destroy(context);
}

/* P(v) = sum over h of P(v | h) P_top(h) of a DBN with one directed level. */
static double exact_dbn(const hm_model *model, const float *v)
{
    static float h[STATES * 16], mean[STATES * 16];
    const hm_rbm *top = model->rbm[1];
    const hm_layer *middle = hm_rbm_visible(top);
    size_t n = list_states(middle, h), V = hm_model_n_features(model);
    double F[STATES], sum = 0, log_Z = brute_force(top, NULL);
    assert_int_equal(hm_rbm_free_energy(top, hm_matrix_f32(h, n, middle->n_units), 1, F, NULL), HM_OK);
    hm_rbm_visible_given_hidden(model->rbm[0], hm_matrix_f32(h, n, middle->n_units), hm_matrix_f32(mean, n, V), (hm_matrix){0},
                                &(hm_gibbs){0});
    for (size_t i = 0; i < n; i++) {
        double log_p = -F[i] - log_Z;
        for (size_t k = 0; k < V; k++)
            log_p += log(v[k] > 0 ? mean[i * V + k] : 1 - mean[i * V + k]);
        sum += exp(log_p);
    }
    return log(sum);
}

/* The bound lies below the truth; it is the truth when the top RBM is the lower one turned over: then q is the posterior. */
static void a_dbn_is_bounded(void **state)
{
    (void)state;
    hm_context *context = make_context(6, 2);
    hm_dataset *set = make_set(context, 6);
    const hm_layer layers[] = {hm_layer_of(HM_UNIT_BERNOULLI, 6, 1), hm_layer_of(HM_UNIT_BERNOULLI, 5, 1),
                               hm_layer_of(HM_UNIT_BERNOULLI, 6, 1)};
    hm_model *model;
    hm_evaluation r;
    hm_evaluate_config config = quick("200:1");
    float cases[CASES * 6];
    assert_int_equal(hm_dataset_read(set, NULL, 0, CASES, 0, hm_matrix_f32(cases, CASES, 6), NULL), HM_OK);
    config.samples = 2000;
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, 3, 0, &model, NULL), HM_OK);
    for (int is_turned = 0; is_turned < 2; is_turned++) {
        double want = 0;
        hm_rbm *low = model->rbm[0], *top = model->rbm[1];
        randomise(low, 21, 0.6f);
        randomise(top, 22, 0.6f);
        if (is_turned) {
            const hm_matrix from = hm_rbm_weights(low), to = hm_rbm_weights(top);
            for (size_t i = 0; i < 6; i++)
                for (size_t j = 0; j < 5; j++)
                    hm_row_f32(&to, j)[i] = hm_row_f32(&from, i)[j];
            memcpy(hm_rbm_visible_bias(top), hm_rbm_hidden_bias(low), 5 * sizeof(float));
            memcpy(hm_rbm_hidden_bias(top), hm_rbm_visible_bias(low), 6 * sizeof(float));
        }
        for (int i = 0; i < CASES; i++)
            want += exact_dbn(model, cases + i * 6) / CASES;
        assert_int_equal(hm_evaluate(model, 0, set, &config, NULL, &r, NULL), HM_OK);
        assert_true(r.is_bound && r.is_exact);
        print_message("bound %.4f, truth %.4f\n", r.log_likelihood.value, want);
        assert_true(r.log_likelihood.value < want + (is_turned ? 1e-4 : 0) && r.log_likelihood.value > want - 1);
        assert_true(!is_turned || fabs(r.log_likelihood.value - want) < 1e-4);
    }
    hm_model_destroy(model);
    hm_dataset_close(set);
    hm_context_destroy(context);
}

/* Spins s = 2 x - 1 over bits x: E is that of bits with weights 4 W, biases 2 (b - sum of W) and 2 (c - sum of W), and a
 * constant. */
static void spins_are_bits_of_another_scale(void **state)
{
    (void)state;
    enum { V = 6, H = 4 };
    hm_context *context = make_context(8, 1);
    hm_rbm *spins = make_rbm(context, "spin 6", "spin 4", 31, 0.4f), *bits = make_rbm(context, "6", "4", 32, 1);
    hm_matrix W = hm_rbm_weights(spins), U = hm_rbm_weights(bits);
    double log_Z[2], constant = 0;
    float expectation[2][128];
    for (size_t i = 0; i < V; i++)
        hm_rbm_visible_bias(bits)[i] = 2 * hm_rbm_visible_bias(spins)[i];
    for (size_t j = 0; j < H; j++)
        hm_rbm_hidden_bias(bits)[j] = 2 * hm_rbm_hidden_bias(spins)[j];
    for (size_t i = 0; i < V; i++) {
        constant -= (double)hm_rbm_visible_bias(spins)[i];
        for (size_t j = 0; j < H; j++) {
            float w = hm_row_f32(&W, i)[j];
            hm_row_f32(&U, i)[j] = 4 * w;
            hm_rbm_visible_bias(bits)[i] -= 2 * w;
            hm_rbm_hidden_bias(bits)[j] -= 2 * w;
            constant += (double)w;
        }
    }
    for (size_t j = 0; j < H; j++)
        constant -= (double)hm_rbm_hidden_bias(spins)[j];
    assert_int_equal(hm_rbm_expectations(spins, &log_Z[0], expectation[0], NULL), HM_OK);
    assert_int_equal(hm_rbm_expectations(bits, &log_Z[1], expectation[1], NULL), HM_OK);
    assert_true(fabs(log_Z[0] - log_Z[1] - constant) < 1e-4);
    size_t b = hm_rbm_slices(spins)[HM_SLICE_VISIBLE_BIAS].first;
    for (size_t i = 0; i < V; i++)
        assert_true(fabsf(expectation[0][b + i] - (2 * expectation[1][b + i] - 1)) < 1e-4f);
    hm_rbm_destroy(spins);
    hm_rbm_destroy(bits);
    hm_context_destroy(context);
}

/* Hidden units in the reverse order: the same machine. */
static void the_order_of_hidden_units_does_not_matter(void **state)
{
    (void)state;
    enum { V = 6, H = 5 };
    hm_context *context = make_context(5, 1);
    hm_rbm *a = make_rbm(context, "6", "5", 77, 1), *b = make_rbm(context, "6", "5", 77, 1);
    hm_matrix W = hm_rbm_weights(a), turned = hm_rbm_weights(b);
    float v[V] = {1, 0, 0, 1, 1, 0}, expectation[2][256];
    double log_Z[2], F[2];
    size_t n;
    for (size_t j = 0; j < H; j++) {
        for (size_t i = 0; i < V; i++)
            hm_row_f32(&turned, i)[j] = hm_row_f32(&W, i)[H - 1 - j];
        hm_rbm_hidden_bias(b)[j] = hm_rbm_hidden_bias(a)[H - 1 - j];
    }
    assert_true(hm_row_f32(&turned, 0)[0] != hm_row_f32(&W, 0)[0]);
    hm_rbm *const both[2] = {a, b};
    for (int k = 0; k < 2; k++) {
        hm_rbm_parameters(both[k], &n);
        assert_true(n <= 256);
        assert_int_equal(hm_rbm_expectations(both[k], &log_Z[k], expectation[k], NULL), HM_OK);
        assert_int_equal(hm_rbm_free_energy(both[k], hm_matrix_f32(v, 1, V), 1, &F[k], NULL), HM_OK);
    }
    assert_true(fabs(log_Z[0] - log_Z[1]) < 1e-5 && fabs(F[0] - F[1]) < 1e-5);
    for (size_t i = 0; i < V; i++)
        for (size_t j = 0; j < H; j++)
            assert_true(fabsf(expectation[0][i * H + j] - expectation[1][i * H + H - 1 - j]) < 1e-5f);
    hm_rbm_destroy(a);
    hm_rbm_destroy(b);
    hm_context_destroy(context);
}

/* ---- Toy sets, entropy, divergence -------------------------------------------------------------------------------- */

/* A fresh machine without weights whose units are on half of the time is 2^16 states apart from bars and stripes: 28 cases once
 * and two twice. */
static void divergence_is_from_the_cases_own_distribution(void **state)
{
    (void)state;
    hm_context *context = make_context(5, 1);
    const hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, 16, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, 3, 1);
    hm_data_config config;
    hm_evaluate_config how;
    hm_evaluation result;
    hm_dataset *set;
    hm_model *model;
    hm_options_init(&hm_data_options, &config);
    hm_options_init(&hm_evaluate_options, &how);
    assert_int_equal(hm_options_set(&hm_data_options, &config, "data", "bars-and-stripes", NULL), HM_OK);
    assert_int_equal(hm_dataset_open(context, &config, &set, NULL, NULL), HM_OK);
    assert_int_equal(hm_dataset_n_cases(set), 32);
    assert_int_equal(hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, NULL), HM_OK);
    assert_int_equal(hm_evaluate(model, 0, set, &how, NULL, &result, NULL), HM_OK);
    double entropy = 28 * log(32) / 32 + 2 * log(16) / 16;
    assert_true(fabs(result.data_entropy - entropy) < 1e-9);
    assert_true(fabs(result.divergence - (16 * log(2) - entropy)) < 1e-4);
    hm_model_destroy(model);
    hm_dataset_close(set);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_over_all_states),
        cmocka_unit_test(too_many_states_are_refused),
        cmocka_unit_test(intervals_hold_the_truth),
        cmocka_unit_test(gaussian_models_are_estimated_too),
        cmocka_unit_test(estimates_do_not_depend_on_threads),
        cmocka_unit_test(schedules_are_checked),
        cmocka_unit_test(an_rbm_is_evaluated_exactly),
        cmocka_unit_test(a_dbn_is_bounded),
        cmocka_unit_test(spins_are_bits_of_another_scale),
        cmocka_unit_test(the_order_of_hidden_units_does_not_matter),
        cmocka_unit_test(divergence_is_from_the_cases_own_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
