/* Dropout leaves expectations as they are and the stated share out; max-norm shortens what is too long, and nothing
 * else. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "learn/net.h"

enum { N = 40, N_STEPS = 500, SIDE = 6, V = SIDE * SIDE, H = 8 };

typedef struct setting {
    hm_context *context;
    hm_model *net;
    hm_net_pass pass;
} setting;

static void set_up(setting *s, const char *layers)
{
    hm_layer layer[8];
    size_t n_layers;
    const hm_context_config config = {.n_threads = 2, .seed = 4};
    assert_int_equal(hm_context_create(&config, &s->context, NULL), HM_OK);
    assert_int_equal(hm_layers_parse(layers, V, layer, 8, &n_layers, NULL), HM_OK);
    if (layer[1].filter_height)
        layer[0].n_maps = 1, layer[0].height = layer[0].width = SIDE;
    assert_int_equal(hm_model_create_stack(s->context, HM_MODEL_NET, layer, n_layers, 0, &s->net, NULL), HM_OK);
    hm_model_init_net(s->net, 0.5);
    assert_int_equal(hm_net_pass_create(s->net, N, &s->pass, NULL), HM_OK);
}

static void tear_down(setting *s)
{
    hm_net_pass_clear(&s->pass);
    hm_model_destroy(s->net);
    hm_context_destroy(s->context);
}

static float input(size_t i, size_t k)
{
    return (float)((i * 5 + k * 3) % 7 + 1) / 7;
}

static void forward(setting *s, const hm_dropout *dropout)
{
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < V; k++)
            s->pass.state[0][i * V + k] = input(i, k);
    hm_net_forward(&s->pass, N, dropout);
}

/* Over T steps a unit of value x keeps the mean x, with deviation x sqrt(p / (1 - p) / T). Wrong alarms: the 1,440
 * means of the inputs within 5 deviations, below 1 in 1,000 for all of them together. */
static void check_means(setting *s, size_t level, size_t width, float p)
{
    static double sum[N * V], left_out;
    float value[N * V];
    hm_dropout dropout = {.hidden = level ? p : 0, .input = level ? 0 : p};
    forward(s, NULL);
    memcpy(value, s->pass.state[level], N * width * sizeof *value);
    memset(sum, 0, sizeof sum);
    left_out = 0;
    for (dropout.step = 0; dropout.step < 100 * N_STEPS; dropout.step += 100) {
        forward(s, &dropout);
        for (size_t k = 0; k < N * width; k++) {
            sum[k] += (double)s->pass.state[level][k] / N_STEPS;
            left_out += s->pass.state[level][k] == 0;
        }
    }
    for (size_t k = 0; k < N * width; k++)
        assert_float_equal(sum[k], (double)value[k], 5 * (double)value[k] * sqrt((double)(p / (1 - p)) / N_STEPS));
    double n = (double)(N * width * N_STEPS), share = left_out / n;
    assert_float_equal(share, (double)p, 5 * sqrt((double)(p * (1 - p)) / n));
}

static void dropout_keeps_expectations(void **state)
{
    (void)state;
    setting s;
    set_up(&s, "bernoulli 36 | bernoulli 8 | softmax 3");
    check_means(&s, 0, V, 0.2f);
    check_means(&s, 0, V, 0.5f);
    check_means(&s, 1, H, 0.5f);
    check_means(&s, 1, H, 0.3f);
    tear_down(&s);
}

static void outputs_are_never_left_out(void **state)
{
    (void)state;
    setting s;
    const hm_dropout dropout = {.hidden = 0.9f, .input = 0.9f, .step = 1};
    set_up(&s, "bernoulli 36 | bernoulli 8 | softmax 3");
    forward(&s, &dropout);
    for (size_t i = 0; i < N; i++) {
        const float *p = s.pass.state[2] + 3 * i;
        assert_true(p[0] > 0 && p[1] > 0 && p[2] > 0);
        assert_float_equal(p[0] + p[1] + p[2], 1, 1e-5);
    }
    tear_down(&s);
}

/* Length of what leads into unit j: column j of dense weights, row j of filters. */
static double length(const hm_rbm *level, size_t j)
{
    const hm_matrix W = hm_rbm_weights(level);
    bool is_filter = hm_rbm_hidden(level)->filter_height;
    double sum = 0;
    for (size_t k = 0; k < (is_filter ? W.cols : W.rows); k++) {
        double w = (double)*(is_filter ? hm_row_f32(&W, j) + k : hm_row_f32(&W, k) + j);
        sum += w * w;
    }
    return sqrt(sum);
}

/* A step of size 0 changes nothing itself: what changes is max-norm's. */
static void check_lengths(const char *layers, size_t n_units, double most)
{
    setting s;
    set_up(&s, layers);
    static float velocity[2][1 << 14];
    static double before[H];
    float *const velocities[] = {velocity[0], velocity[1]}, *const none[2] = {NULL};
    const hm_net_descent descent = {velocities, none, {.rate = 0}, (float)most};
    size_t n, n_longer = 0;
    for (size_t l = 0; l < 2; l++) {
        hm_rbm_parameters(s.net->rbm[l], &n);
        assert_true(n <= 1 << 14);
    }
    memset(velocity, 0, sizeof velocity);
    for (size_t j = 0; j < n_units; j++) {
        before[j] = length(s.net->rbm[0], j);
        n_longer += before[j] > most;
    }
    assert_true(n_longer > 0 && n_longer < n_units);
    double top = length(s.net->rbm[1], 0);
    forward(&s, NULL);
    memset(s.pass.delta[0], 0, N * 3 * sizeof(float));
    hm_net_backward(&s.pass, N, 0, NULL, &descent);
    for (size_t j = 0; j < n_units; j++)
        assert_float_equal(length(s.net->rbm[0], j), fmin(before[j], most), 1e-5);
    assert_float_equal(length(s.net->rbm[1], 0), top, 1e-7); /* outputs have no limit */
    tear_down(&s);
}

static void long_weights_are_shortened(void **state)
{
    (void)state;
    check_lengths("bernoulli 36 | bernoulli 8 | softmax 3", H, 3.0);
    check_lengths("bernoulli 36 | relu 4 by 3x3 | softmax 3", 4, 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropout_keeps_expectations),
        cmocka_unit_test(outputs_are_never_left_out),
        cmocka_unit_test(long_weights_are_shortened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
