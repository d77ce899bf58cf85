/* Wake-sleep on a net that can be enumerated: one step on many copies of a case is, up to the noise of its samples, the slope of
 * the bound on log p(v) (generative weights) and of E_p[log q(h | v)] (recognition weights), both by finite differences of sums
 * over all states. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

enum { V = 4, H = 3, CASES = 200000 };

typedef struct weights {
    double w[V][H], b[V], c[H]; /* c: of recognition hidden biases, of generation the prior's */
} weights;

enum { N = sizeof(weights) / sizeof(double) };

static double logistic(double a)
{
    return 1 / (1 + exp(-a));
}

static double log_bernoulli(double a, int x)
{
    return log(x ? logistic(a) : 1 - logistic(a));
}

static int bit(int state, int k)
{
    return state >> k & 1;
}

static double log_q(const weights *R, int h, int v)
{
    double sum = 0;
    for (int j = 0; j < H; j++) {
        double a = R->c[j];
        for (int i = 0; i < V; i++)
            a += bit(v, i) * R->w[i][j];
        sum += log_bernoulli(a, bit(h, j));
    }
    return sum;
}

static double log_p_given(const weights *G, int v, int h)
{
    double sum = 0;
    for (int i = 0; i < V; i++) {
        double a = G->b[i];
        for (int j = 0; j < H; j++)
            a += bit(h, j) * G->w[i][j];
        sum += log_bernoulli(a, bit(v, i));
    }
    return sum;
}

static double log_p(const weights *G, int v, int h)
{
    double sum = log_p_given(G, v, h);
    for (int j = 0; j < H; j++)
        sum += log_bernoulli(G->c[j], bit(h, j));
    return sum;
}

/* E_q[log p(v, h)]: what the wake phase climbs; the entropy of q is constant for it. */
static double wake_aim(const weights *R, const weights *G, int v)
{
    double sum = 0;
    for (int h = 0; h < 1 << H; h++)
        sum += exp(log_q(R, h, v)) * log_p(G, v, h);
    return sum;
}

/* E_p[log q(h | v)]: what the sleep phase climbs. */
static double sleep_aim(const weights *R, const weights *G)
{
    double sum = 0;
    for (int v = 0; v < 1 << V; v++)
        for (int h = 0; h < 1 << H; h++)
            sum += exp(log_p(G, v, h)) * log_q(R, h, v);
    return sum;
}

static void read_weights(const hm_model *model, weights *R, weights *G)
{
    const hm_matrix r = hm_rbm_weights(model->rbm[0]), g = hm_rbm_weights(model->generative[0]);
    for (size_t i = 0; i < V; i++)
        for (size_t j = 0; j < H; j++) {
            R->w[i][j] = (double)hm_row_f32(&r, i)[j];
            G->w[i][j] = (double)hm_row_f32(&g, i)[j];
        }
    for (int i = 0; i < V; i++) {
        R->b[i] = 0;
        G->b[i] = (double)hm_rbm_visible_bias(model->generative[0])[i];
    }
    for (int j = 0; j < H; j++) {
        R->c[j] = (double)hm_rbm_hidden_bias(model->rbm[0])[j];
        G->c[j] = (double)hm_rbm_visible_bias(model->rbm[1])[j];
    }
}

/* Central differences with respect to every number of *x, which is R or G. */
static void slopes(const weights *R, const weights *G, weights *x, bool is_wake, int v, double *slope)
{
    const double step = 1e-4;
    double *at = (double *)(void *)x;
    for (size_t k = 0; k < N; k++) {
        double kept = at[k], value[2];
        for (int side = 0; side < 2; side++) {
            at[k] = kept + (side ? step : -step);
            value[side] = is_wake ? wake_aim(R, G, v) : sleep_aim(R, G);
        }
        at[k] = kept;
        slope[k] = (value[1] - value[0]) / (2 * step);
    }
}

static hm_model *make_net(const hm_context *context)
{
    hm_model *model;
    const hm_layer layers[] = {hm_layer_of(HM_UNIT_BERNOULLI, V, 1), hm_layer_of(HM_UNIT_BERNOULLI, H, 1),
                               hm_layer_of(HM_UNIT_BERNOULLI, 1, 1)};
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, 3, 0, &model, NULL), HM_OK);
    assert_true(hm_model_is_belief_net(model));
    assert_int_equal(hm_model_untie(model, NULL), HM_OK);
    hm_rbm_init_weights(model->rbm[0], 1, 1);
    hm_rbm_init_weights(model->generative[0], 1, 2);
    for (int i = 0; i < V; i++)
        hm_rbm_visible_bias(model->generative[0])[i] = 0.3f * (float)i - 0.4f;
    for (int j = 0; j < H; j++) {
        hm_rbm_hidden_bias(model->rbm[0])[j] = 0.5f - 0.4f * (float)j;
        hm_rbm_visible_bias(model->rbm[1])[j] = 0.6f * (float)j - 0.5f;
    }
    assert_int_equal(hm_model_set_text(model, &model->history, "begun", NULL), HM_OK); /* so that these weights are kept */
    return model;
}

/* Of what a step did, over its rate, and what it should have done. */
static double largest_difference(const weights *before, const weights *after, double rate, const double *want)
{
    double x[N], y[N], most = 0;
    memcpy(x, before, sizeof x);
    memcpy(y, after, sizeof y);
    for (size_t k = 0; k < N; k++)
        most = fmax(most, fabs((y[k] - x[k]) / rate - want[k]));
    return most;
}

/* Slopes are means of CASES numbers within [-1, 1]: 5 deviations are 0.011 at most; observed 0.004. */
static void a_step_is_the_slope_of_the_bound(void **state)
{
    (void)state;
    static float cases[CASES][V];
    const int v = 5;
    const double rate = 0.5;
    hm_context *context;
    hm_dataset *set;
    hm_up_down_config config;
    weights R, G, R_after, G_after;
    double want_G[N], want_R[N], most;
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = 9, .n_threads = 2}, &context, NULL), HM_OK);
    for (int i = 0; i < CASES; i++)
        for (int k = 0; k < V; k++)
            cases[i][k] = (float)bit(v, k);
    assert_int_equal(hm_dataset_create(context, cases[0], NULL, CASES, V, 0, 0, &set, NULL), HM_OK);
    hm_model *model = make_net(context);
    read_weights(model, &R, &G);
    slopes(&R, &G, &G, true, v, want_G);
    slopes(&R, &G, &R, false, v, want_R);
    hm_options_init(&hm_wake_sleep_options, &config);
    config.epochs = 1;
    config.batch_size = CASES;
    assert_int_equal(hm_options_set(&hm_wake_sleep_options, &config, "learning-rate", "0.5", NULL), HM_OK);
    assert_int_equal(hm_train_wake_sleep(model, set, NULL, &config, NULL, NULL), HM_OK);
    read_weights(model, &R_after, &G_after);
    most = fmax(largest_difference(&G, &G_after, rate, want_G), largest_difference(&R, &R_after, rate, want_R));
    print_message("largest difference %.4f\n", most);
    assert_true(most < 0.011);
    assert_true(hm_model_is_belief_net(model)); /* still without top weights */
    hm_model_destroy(model);
    hm_dataset_close(set);
    hm_context_destroy(context);
}

/* Exactly: two modes that a factorial prior alone can only miss by far (their own log P(v) = -3.53). */
static void it_learns_two_modes(void **state)
{
    (void)state;
    hm_context *context;
    hm_dataset *set;
    hm_model *model;
    hm_data_config data;
    hm_up_down_config config;
    hm_evaluate_config how;
    hm_evaluation before, after;
    const hm_layer layers[] = {hm_layer_of(HM_UNIT_BERNOULLI, 16, 1), hm_layer_of(HM_UNIT_BERNOULLI, 4, 1),
                               hm_layer_of(HM_UNIT_BERNOULLI, 1, 1)};
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = 2, .n_threads = 1}, &context, NULL), HM_OK);
    hm_options_init(&hm_data_options, &data);
    hm_options_init(&hm_wake_sleep_options, &config);
    hm_options_init(&hm_evaluate_options, &how);
    strcpy(data.data, "two-modes");
    how.samples = 200;
    assert_int_equal(hm_dataset_open(context, &data, &set, NULL, NULL), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, 3, 0, &model, NULL), HM_OK);
    assert_int_equal(hm_evaluate(model, 0, set, &how, NULL, &before, NULL), HM_OK);
    config.epochs = 4000;
    config.batch_size = 34;
    assert_int_equal(hm_options_set(&hm_wake_sleep_options, &config, "learning-rate", "0.5, ~0.02@4000", NULL), HM_OK);
    assert_int_equal(hm_train_wake_sleep(model, set, NULL, &config, NULL, NULL), HM_OK);
    assert_int_equal(hm_evaluate(model, 0, set, &how, NULL, &after, NULL), HM_OK);
    print_message("bound %.2f before, %.2f after\n", before.log_likelihood.value, after.log_likelihood.value);
    assert_true(fabs(before.log_likelihood.value + 16 * log(2)) < 1e-3);
    assert_true(after.log_likelihood.value > -4.6 && after.log_likelihood.value < -log(34));
    hm_model_destroy(model);
    hm_dataset_close(set);
    hm_context_destroy(context);
}

static void other_models_are_refused(void **state)
{
    (void)state;
    hm_context *context;
    hm_dataset *set;
    hm_model *model;
    hm_error error;
    hm_up_down_config config;
    const float cases[2][V] = {{0, 1, 0, 1}, {1, 1, 0, 0}};
    const hm_layer layers[] = {hm_layer_of(HM_UNIT_BERNOULLI, V, 1), hm_layer_of(HM_UNIT_BERNOULLI, H, 1),
                               hm_layer_of(HM_UNIT_BERNOULLI, 2, 1)};
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = 2, .n_threads = 1}, &context, NULL), HM_OK);
    assert_int_equal(hm_dataset_create(context, cases[0], NULL, 2, V, 0, 0, &set, NULL), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, 3, 0, &model, NULL), HM_OK);
    assert_false(hm_model_is_belief_net(model));
    hm_options_init(&hm_wake_sleep_options, &config);
    assert_int_equal(hm_train_wake_sleep(model, set, NULL, &config, NULL, &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "--kind sbn"));
    hm_model_destroy(model);
    hm_dataset_close(set);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_the_slope_of_the_bound),
        cmocka_unit_test(it_learns_two_modes),
        cmocka_unit_test(other_models_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
