/* The stages of learning beyond one machine: up-down against a literal transcription, gradients against finite
 * differences, and for each of them: stopping and resuming changes no byte, nor do threads; allocations that fail
 * leak nothing; bad input is told. */
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
#include "learn/net.h"
#include "learn/stage.h"

enum { V = 4, N_CASES = 30, Y = 2 };

static void make_cases(float cases[N_CASES][V], int32_t labels[N_CASES])
{
    for (int i = 0; i < N_CASES; i++) {
        labels[i] = i % Y;
        for (int k = 0; k < V; k++)
            cases[i][k] = (float)((i * 7 + k * (labels[i] + 2)) % 5) / 4;
    }
}

typedef struct setting {
    hm_context *context;
    hm_dataset *set;
    hm_model *model;
} setting;

static hm_status set_up(setting *s, hm_context_config config, hm_model_kind kind, const char *layers, size_t n_labels)
{
    static float cases[N_CASES][V];
    static int32_t labels[N_CASES];
    hm_layer layer[8];
    size_t n_layers;
    memset(s, 0, sizeof *s);
    make_cases(cases, labels);
    hm_status status = hm_context_create(&config, &s->context, NULL);
    if (status == HM_OK)
        status = hm_dataset_create(s->context, cases[0], labels, N_CASES, V, 2, 2, &s->set, NULL);
    if (status == HM_OK)
        status = hm_layers_parse(layers, V, layer, 8, &n_layers, NULL);
    if (status == HM_OK)
        status = hm_model_create_stack(s->context, kind, layer, n_layers, n_labels, &s->model, NULL);
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

/* ---- Up-down, word by word ----------------------------------------------------------------------------- */

enum { A = 3, B = 3, T = 5, X = B + Y, BATCH = 10, N_BATCHES = N_CASES / BATCH, EPOCHS = 2, K = 2, SEED = 5 };
static const double rate = 0.2, momentum = 0.5, cost = 0.01;

/* Weights below[i] x above[j] with both biases, and their last steps. */
typedef struct table {
    int n, m;
    double w[8][8], b[8], c[8];
    double dw[8][8], db[8], dc[8];
} table;

static double sigmoid(double a)
{
    return 1 / (1 + exp(-a));
}

static void up(const table *t, const double *x, double *mean)
{
    for (int j = 0; j < t->m; j++) {
        double a = t->c[j];
        for (int i = 0; i < t->n; i++)
            a += x[i] * t->w[i][j];
        mean[j] = sigmoid(a);
    }
}

static void down(const table *t, const double *h, double *mean)
{
    for (int i = 0; i < t->n; i++) {
        double a = t->b[i];
        for (int j = 0; j < t->m; j++)
            a += h[j] * t->w[i][j];
        mean[i] = sigmoid(a);
    }
}

/* The same units and the same random numbers as the library draws. */
static void draw(hm_random_purpose purpose, uint64_t step, int row, int n, const double *mean, double *sample)
{
    hm_random random = {hm_random_stream(SEED, HM_STREAM_UP_DOWN), purpose, step};
    for (int k = 0; k < n; k++)
        sample[k] = (double)hm_random_uniform(&random, (uint64_t)row, (uint64_t)k) < mean[k];
}

static void read_table(table *t, const hm_rbm *rbm)
{
    hm_matrix W = hm_rbm_weights(rbm);
    *t = (table){.n = (int)W.rows, .m = (int)W.cols};
    for (int i = 0; i < t->n; i++)
        for (int j = 0; j < t->m; j++)
            t->w[i][j] = (double)hm_row_f32(&W, (size_t)i)[j];
    for (int i = 0; i < t->n; i++)
        t->b[i] = (double)hm_rbm_visible_bias(rbm)[i];
    for (int j = 0; j < t->m; j++)
        t->c[j] = (double)hm_rbm_hidden_bias(rbm)[j];
}

/* One batch of gradients, means over the cases. */
typedef struct slopes {
    double r0[V][A], r0c[A], r1[A][B], r1c[B];
    double g0[V][A], g0b[V], g1[A][B], g1b[A];
    double top[X][T], topb[X], topc[T];
} slopes;

static void softmax_labels(const table *top, const double *t, double *y)
{
    double sum = 0;
    for (int k = 0; k < Y; k++) {
        double a = top->b[B + k];
        for (int j = 0; j < T; j++)
            a += t[j] * top->w[B + k][j];
        sum += y[k] = exp(a);
    }
    for (int k = 0; k < Y; k++)
        y[k] /= sum;
}

static void one_case(const table *R0, const table *R1, const table *G0, const table *G1, const table *top,
                     const double *v, int label, int row, uint64_t step, slopes *s)
{
    double mean[8], h[A], p[B], x[X], t[T], t_first[T], x_tilde[X];
    up(R0, v, mean);
    draw(HM_RANDOM_HIDDEN, step++, row, A, mean, h);
    up(R1, h, mean);
    draw(HM_RANDOM_HIDDEN, step++, row, B, mean, p);
    memcpy(x, p, sizeof p);
    for (int k = 0; k < Y; k++)
        x[B + k] = k == label;
    up(top, x, mean);
    draw(HM_RANDOM_HIDDEN, step++, row, T, mean, t);
    memcpy(t_first, t, sizeof t);
    for (int k = 0; k < K; k++, step++) {
        down(top, t, mean);
        draw(HM_RANDOM_VISIBLE, step, row, B, mean, x_tilde);
        softmax_labels(top, t, x_tilde + B);
        up(top, x_tilde, mean);
        draw(HM_RANDOM_HIDDEN, step, row, T, mean, t);
    }
    double h_tilde[A], v_tilde[V];
    down(G1, x_tilde, mean);
    draw(HM_RANDOM_VISIBLE, step++, row, A, mean, h_tilde);
    down(G0, h_tilde, v_tilde);

    double predicted_v[V], predicted_h[A], predicted_sh[A], predicted_sp[B];
    down(G0, h, predicted_v);
    down(G1, p, predicted_h);
    up(R0, v_tilde, predicted_sh);
    up(R1, h_tilde, predicted_sp);
    for (int i = 0; i < V; i++) {
        s->g0b[i] += (v[i] - predicted_v[i]) / BATCH;
        for (int j = 0; j < A; j++) {
            s->g0[i][j] += (v[i] - predicted_v[i]) * h[j] / BATCH;
            s->r0[i][j] += v_tilde[i] * (h_tilde[j] - predicted_sh[j]) / BATCH;
        }
    }
    for (int i = 0; i < A; i++) {
        s->g1b[i] += (h[i] - predicted_h[i]) / BATCH;
        s->r0c[i] += (h_tilde[i] - predicted_sh[i]) / BATCH;
        for (int j = 0; j < B; j++) {
            s->g1[i][j] += (h[i] - predicted_h[i]) * p[j] / BATCH;
            s->r1[i][j] += h_tilde[i] * (x_tilde[j] - predicted_sp[j]) / BATCH;
        }
    }
    for (int j = 0; j < B; j++)
        s->r1c[j] += (x_tilde[j] - predicted_sp[j]) / BATCH;
    for (int i = 0; i < X; i++) {
        s->topb[i] += (x[i] - x_tilde[i]) / BATCH;
        for (int j = 0; j < T; j++)
            s->top[i][j] += (x[i] * t_first[j] - x_tilde[i] * t[j]) / BATCH;
    }
    for (int j = 0; j < T; j++)
        s->topc[j] += (t_first[j] - t[j]) / BATCH;
}

static void change(double *w, double *d, double slope, double l2)
{
    *d = momentum * *d + rate * (slope - l2 * *w);
    *w += *d;
}

static void apply(table *t, const double *w, int stride, const double *b, const double *c)
{
    for (int i = 0; i < t->n; i++)
        for (int j = 0; j < t->m; j++)
            change(&t->w[i][j], &t->dw[i][j], w[i * stride + j], cost);
    for (int i = 0; b && i < t->n; i++)
        change(&t->b[i], &t->db[i], b[i], 0);
    for (int j = 0; c && j < t->m; j++)
        change(&t->c[j], &t->dc[j], c[j], 0);
}

static void compare(const table *t, const hm_rbm *rbm)
{
    table found;
    read_table(&found, rbm);
    for (int i = 0; i < t->n; i++) {
        for (int j = 0; j < t->m; j++)
            assert_float_equal(found.w[i][j], t->w[i][j], 1e-5);
        assert_float_equal(found.b[i], t->b[i], 1e-5);
    }
    for (int j = 0; j < t->m; j++)
        assert_float_equal(found.c[j], t->c[j], 1e-5);
}

/* Observed largest difference 4e-7 after six batches. */
static void up_down_is_what_the_paper_says(void **state)
{
    (void)state;
    setting s;
    hm_up_down_config config;
    hm_options_init(&hm_up_down_options, &config);
    config.epochs = EPOCHS;
    config.batch_size = BATCH;
    config.weight_cost = cost;
    hm_options_set(&hm_up_down_options, &config, "learning-rate", "0.2", NULL);
    hm_options_set(&hm_up_down_options, &config, "momentum", "0.5", NULL);
    hm_options_set(&hm_up_down_options, &config, "steps", "2", NULL);
    assert_int_equal(set_up(&s, (hm_context_config){.n_threads = 2, .seed = SEED}, HM_MODEL_DBN, "4 3 3 5", Y), HM_OK);
    for (size_t l = 0; l < 3; l++)
        hm_rbm_init_weights(s.model->rbm[l], 1, l);
    assert_int_equal(hm_model_untie(s.model, NULL), HM_OK);
    table R0, R1, G0, G1, top;
    read_table(&R0, s.model->rbm[0]);
    read_table(&R1, s.model->rbm[1]);
    read_table(&G0, s.model->generative[0]);
    read_table(&G1, s.model->generative[1]);
    read_table(&top, s.model->rbm[2]);
    assert_int_equal(hm_train_up_down(s.model, s.set, NULL, &config, NULL, NULL), HM_OK);

    float cases[N_CASES][V];
    int32_t labels[N_CASES];
    uint32_t order[N_CASES];
    make_cases(cases, labels);
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        hm_dataset_order(s.set, epoch, BATCH, order, NULL);
        for (uint64_t batch = 0; batch < N_BATCHES; batch++) {
            slopes g = {0};
            uint64_t step = (uint64_t)(epoch * N_BATCHES + batch) << 10;
            for (int i = 0; i < BATCH; i++) {
                uint32_t from = order[batch * BATCH + (uint64_t)i];
                double v[V];
                for (int k = 0; k < V; k++)
                    v[k] = (double)cases[from][k];
                one_case(&R0, &R1, &G0, &G1, &top, v, labels[from], i, step, &g);
            }
            apply(&R0, g.r0[0], A, NULL, g.r0c);
            apply(&R1, g.r1[0], B, NULL, g.r1c);
            apply(&G0, g.g0[0], A, g.g0b, NULL);
            apply(&G1, g.g1[0], B, g.g1b, NULL);
            apply(&top, g.top[0], T, g.topb, g.topc);
        }
    }
    compare(&R0, s.model->rbm[0]);
    compare(&R1, s.model->rbm[1]);
    compare(&G0, s.model->generative[0]);
    compare(&G1, s.model->generative[1]);
    compare(&top, s.model->rbm[2]);
    tear_down(&s);
}

/* ---- Gradients ----------------------------------------------------------------------------------------- */

static double loss_of(hm_net_pass *pass, hm_matrix x, hm_matrix target, const hm_dropout *dropout)
{
    double loss, wrong;
    memcpy(pass->state[0], x.data, x.rows * x.cols * sizeof(float));
    hm_net_forward(pass, x.rows, dropout);
    hm_net_loss(pass, x.rows, target, &loss, &wrong);
    return loss / (double)x.rows;
}

/* Central differences with a step of 0.005 in float: observed 4e-4 of the largest slope at most. */
static void check_gradients(const char *layers, size_t n_labels, const hm_dropout *dropout)
{
    enum { N = 6 };
    const float h = 5e-3f;
    setting s;
    hm_net_pass pass;
    float cases[N_CASES][V], target[N][8] = {{0}};
    int32_t labels[N_CASES];
    make_cases(cases, labels);
    assert_int_equal(set_up(&s, (hm_context_config){.n_threads = 1, .seed = 8}, HM_MODEL_NET, layers, n_labels), HM_OK);
    hm_model_init_net(s.model, 0.7);
    size_t L = s.model->n_rbms, n_out = hm_model_layer_size(s.model, L);
    for (size_t l = 0; l < L; l++) /* a bias of 0 is where relu has no slope, for cases of zeros */
        for (size_t j = 0; j < hm_model_layer_size(s.model, l + 1); j++)
            hm_rbm_hidden_bias(s.model->rbm[l])[j] = j % 2 ? -0.15f : 0.2f;
    assert_int_equal(hm_net_pass_create(s.model, N, &pass, NULL), HM_OK);
    float *targets = target[0];
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < n_out; k++)
            targets[i * n_out + k] = n_labels ? (size_t)labels[i] == k : cases[i][k % V];
    hm_matrix x = hm_matrix_f32(cases[0], N, V), y = hm_matrix_f32(targets, N, n_out);
    loss_of(&pass, x, y, dropout);
    hm_net_backward(&pass, N, 0, dropout, NULL);
    for (size_t l = 0; l < L; l++) {
        size_t n, n_in = hm_model_layer_size(s.model, l), n_above = hm_model_layer_size(s.model, l + 1);
        float *w = hm_rbm_parameters(s.model->rbm[l], &n);
        size_t c = (size_t)(hm_rbm_hidden_bias(s.model->rbm[l]) - w);
        float *gradient = malloc(n * sizeof *gradient);
        memcpy(gradient, pass.gradient[l], n * sizeof *gradient);
        for (size_t k = 0; k < n_in * n_above + n_above; k++) {
            size_t at = k < n_in * n_above ? k : c + k - n_in * n_above;
            float kept = w[at];
            w[at] = kept + h;
            double high = loss_of(&pass, x, y, dropout);
            w[at] = kept - h;
            double low = loss_of(&pass, x, y, dropout);
            w[at] = kept;
            assert_float_equal((high - low) / (2 * (double)h), (double)gradient[at], 2e-3);
        }
        free(gradient);
    }
    hm_net_pass_clear(&pass);
    tear_down(&s);
}

static void gradients_are_those_of_finite_differences(void **state)
{
    (void)state;
    const hm_dropout dropout = {.hidden = 0.4f, .input = 0.2f, .step = 3};
    check_gradients("bernoulli 4 | bernoulli 5 | bernoulli 3 | softmax 2", 2, NULL);
    check_gradients("bernoulli 4 | bernoulli 5 | bernoulli 3 | softmax 2", 2, &dropout);
    check_gradients("bernoulli 4 | bernoulli 3 | gaussian 2 | bernoulli 3 | bernoulli 4", 0, NULL);
    check_gradients("gaussian 4 | bernoulli 3 | gaussian 4", 0, NULL);
    check_gradients("gaussian 4 | tanh 5 | tanh 3 | softmax 2", 2, NULL);
    check_gradients("gaussian 4 | tanh 5 | tanh 3 | softmax 2", 2, &dropout);
    check_gradients("gaussian 4 | relu 5 | relu 3 | softmax 2", 2, NULL);
    check_gradients("gaussian 4 | relu 5 | relu 3 | softmax 2", 2, &dropout);
}

/* ---- Every stage alike ----------------------------------------------------------------------------------- */

typedef enum stage_kind { GREEDY, WAKE_SLEEP, UP_DOWN, SGD, LBFGS, ADAM, N_STAGES } stage_kind;

static hm_status learn(setting *s, stage_kind kind, const hm_train_events *events, hm_error *error)
{
    hm_train_config greedy;
    hm_up_down_config up_down;
    hm_backprop_config backprop;
    hm_options_init(&hm_train_options, &greedy);
    hm_options_init(kind == UP_DOWN ? &hm_up_down_options : &hm_wake_sleep_options, &up_down);
    hm_options_init(&hm_backprop_options, &backprop);
    greedy.epochs = up_down.epochs = backprop.epochs = 6;
    greedy.batch_size = up_down.batch_size = backprop.batch_size = 8; /* 30 cases: the last batch is short */
    backprop.dropout = 0.3;
    backprop.max_norm = 3;
    backprop.keep_best = true;
    backprop.halving = kind == SGD ? 0.05 : 0;
    backprop.method = kind == LBFGS ? HM_METHOD_LBFGS : kind == ADAM ? HM_METHOD_ADAM : HM_METHOD_SGD;
    if (kind == LBFGS)
        backprop.dropout = backprop.max_norm = 0;
    if (kind == GREEDY)
        return hm_train(s->model, s->set, NULL, &greedy, events, error);
    if (kind == WAKE_SLEEP)
        return hm_train_wake_sleep(s->model, s->set, NULL, &up_down, events, error);
    if (kind == UP_DOWN)
        return hm_train_up_down(s->model, s->set, NULL, &up_down, events, error);
    return hm_train_backprop(s->model, s->set, s->set, &backprop, events, error);
}

static hm_status begin(setting *s, stage_kind kind, hm_context_config config)
{
    bool is_net = kind >= SGD;
    hm_status status = set_up(s, config, is_net ? HM_MODEL_NET : HM_MODEL_DBN,
                              is_net ? "bernoulli 4 | bernoulli 6 | softmax 2" : kind == WAKE_SLEEP ? "4 3 1" : "4 3 5",
                              kind == WAKE_SLEEP ? 0 : Y);
    if (status != HM_OK)
        return status;
    if (is_net)
        hm_model_init_net(s->model, 0);
    else if (kind == UP_DOWN)
        for (size_t l = 0; l < 2; l++)
            hm_rbm_init_weights(s->model->rbm[l], 0.5f, l);
    return HM_OK;
}

static size_t all_parameters(const setting *s, float *out)
{
    size_t total = 0;
    for (size_t l = 0; l < s->model->n_rbms; l++) {
        size_t n;
        const float *own = hm_rbm_parameters(s->model->rbm[l], &n);
        memcpy(out + total, own, n * sizeof *out);
        total += n;
        if (s->model->generative && s->model->generative[l]) {
            memcpy(out + total, hm_rbm_parameters(s->model->generative[l], &n), n * sizeof *out);
            total += n;
        }
    }
    return total;
}

static bool stop_after(void *user)
{
    return (*(int *)user)-- == 0;
}

static void stopping_and_resuming_changes_no_byte(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    temporary_file(path);
    for (stage_kind kind = GREEDY; kind < N_STAGES; kind++) {
        static float whole[4096], parts[4096];
        const hm_context_config config = {.n_threads = 2, .seed = 5};
        setting s;
        assert_int_equal(begin(&s, kind, config), HM_OK);
        hm_status status = learn(&s, kind, NULL, NULL);
        size_t n = all_parameters(&s, whole), m = 0;
        tear_down(&s);
        if (kind == LBFGS && status == HM_ERROR_UNSUPPORTED)
            continue; /* a build without liblbfgs */
        assert_int_equal(status, HM_OK);

        unlink(path);
        int n_pieces = 0;
        for (status = HM_ERROR_INTERRUPTED; status == HM_ERROR_INTERRUPTED; n_pieces++) {
            int left = 3 + n_pieces;
            hm_train_events events = {.user = &left, .should_stop = stop_after, .checkpoint = path, .resume = true};
            assert_int_equal(begin(&s, kind, config), HM_OK);
            status = learn(&s, kind, &events, NULL);
            m = all_parameters(&s, parts);
            tear_down(&s);
        }
        assert_int_equal(status, HM_OK);
        assert_true(n_pieces > 2);
        assert_int_equal(n, m);
        assert_memory_equal(whole, parts, n * sizeof *whole);
    }
    unlink(path);
}

typedef struct epochs {
    size_t n;
    double rate[8], error[8];
} epochs;

static hm_status note(void *user, const hm_train_report *report, hm_error *error)
{
    epochs *e = user;
    (void)error;
    e->rate[e->n] = report->learning_rate;
    e->error[e->n++] = report->error_validation;
    return HM_OK;
}

/* The rate of an epoch is half of that before whenever the epoch before took less than 5 % off the validation error. */
static void the_rate_is_halved_where_little_is_gained(void **state)
{
    (void)state;
    setting s;
    epochs e = {0};
    size_t n_halved = 0;
    hm_train_events events = {.user = &e, .on_epoch = note};
    assert_int_equal(begin(&s, SGD, (hm_context_config){.n_threads = 1, .seed = 5}), HM_OK);
    assert_int_equal(learn(&s, SGD, &events, NULL), HM_OK);
    tear_down(&s);
    assert_int_equal(e.n, 6);
    double falling = (0.1 - 0.001) / 50; /* of the schedule itself, an epoch */
    for (size_t i = 0; i < e.n; i++) {
        n_halved += i > 1 && e.error[i - 1] > 0.95 * e.error[i - 2];
        assert_float_equal(e.rate[i], ldexp(0.1 - falling * (double)(i + 1), -(int)n_halved), 1e-9);
    }
    assert_true(n_halved > 0);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    for (stage_kind kind = GREEDY; kind < N_STAGES; kind++) {
        static float first[4096], other[4096];
        for (int threads = 1; threads <= 3; threads += 2) {
            setting s;
            assert_int_equal(begin(&s, kind, (hm_context_config){.n_threads = threads, .seed = 5}), HM_OK);
            hm_status status = learn(&s, kind, NULL, NULL);
            assert_true(status == HM_OK || (kind == LBFGS && status == HM_ERROR_UNSUPPORTED));
            size_t n = all_parameters(&s, threads == 1 ? first : other);
            if (threads > 1)
                assert_memory_equal(first, other, n * sizeof *first);
            tear_down(&s);
        }
    }
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    temporary_file(path);
    for (stage_kind kind = GREEDY; kind < N_STAGES; kind++) {
        hm_status status = HM_ERROR_MEMORY;
        for (size_t fail_at = 1; status == HM_ERROR_MEMORY; fail_at++) {
            counted_memory memory = {.fail_at = fail_at};
            setting s;
            hm_train_events events = {.checkpoint = path, .checkpoint_epochs = 2};
            status = begin(&s, kind, (hm_context_config){.n_threads = 1, .seed = 5,
                                                         .allocator = counted_allocator(&memory)});
            if (status == HM_OK)
                status = learn(&s, kind, &events, NULL);
            tear_down(&s);
            assert_int_equal(memory.n_live, 0);
        }
        assert_true(status == HM_OK || (kind == LBFGS && status == HM_ERROR_UNSUPPORTED));
    }
    unlink(path);
}

/* ---- Unrolling, bad input -------------------------------------------------------------------------------- */

static void unrolling_keeps_what_was_learned(void **state)
{
    (void)state;
    setting s;
    hm_model *net, *autoencoder;
    float v[V] = {1, 0, 0.5f, 1}, below[3], top[5], net_top[5];
    assert_int_equal(set_up(&s, (hm_context_config){.n_threads = 1, .seed = 5}, HM_MODEL_DBN, "4 3 5", 0), HM_OK);
    for (size_t l = 0; l < 2; l++)
        hm_rbm_init_weights(s.model->rbm[l], 0.5f, l);
    assert_int_equal(hm_model_unroll(s.model, Y, 0.1, &net, NULL), HM_OK);
    hm_gibbs gibbs = {0};
    hm_rbm_hidden_given_visible(s.model->rbm[0], hm_matrix_f32(v, 1, V), hm_matrix_f32(below, 1, 3), (hm_matrix){0}, &gibbs);
    hm_rbm_hidden_given_visible(s.model->rbm[1], hm_matrix_f32(below, 1, 3), hm_matrix_f32(top, 1, 5), (hm_matrix){0},
                                &gibbs);
    assert_int_equal(hm_model_up_pass(net, 2, hm_matrix_f32(v, 1, V), hm_matrix_f32(net_top, 1, 5), NULL), HM_OK);
    for (int j = 0; j < 5; j++)
        assert_float_equal(net_top[j], top[j], 1e-6);
    assert_int_equal(hm_model_unroll(s.model, 0, 0.1, &autoencoder, NULL), HM_OK);
    assert_int_equal(autoencoder->n_rbms, 4);
    float out[V], back[3], expected[V];
    hm_rbm_visible_given_hidden(s.model->rbm[1], hm_matrix_f32(top, 1, 5), hm_matrix_f32(back, 1, 3), (hm_matrix){0}, &gibbs);
    hm_rbm_visible_given_hidden(s.model->rbm[0], hm_matrix_f32(back, 1, 3), hm_matrix_f32(expected, 1, V), (hm_matrix){0},
                                &gibbs);
    assert_int_equal(hm_reconstruct(autoencoder, 0, hm_matrix_f32(v, 1, V), 1, hm_matrix_f32(out, 1, V), NULL), HM_OK);
    for (int i = 0; i < V; i++)
        assert_float_equal(out[i], expected[i], 1e-6);
    hm_model_destroy(autoencoder);
    hm_model_destroy(net);
    tear_down(&s);
}

static void wrong_use_is_told(void **state)
{
    (void)state;
    setting s;
    hm_error error;
    const hm_context_config config = {.n_threads = 1, .seed = 5};
    assert_int_equal(set_up(&s, config, HM_MODEL_DBN, "4 3", Y), HM_OK);
    assert_int_equal(learn(&s, UP_DOWN, NULL, &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "three"));
    assert_int_equal(learn(&s, SGD, NULL, &error), HM_ERROR_MISMATCH);
    tear_down(&s);
    assert_int_equal(begin(&s, SGD, config), HM_OK);
    assert_int_equal(learn(&s, GREEDY, NULL, &error), HM_ERROR_MISMATCH);
    float cases[N_CASES][V];
    int32_t labels[N_CASES];
    make_cases(cases, labels);
    labels[7] = 5;
    hm_dataset_close(s.set);
    assert_int_equal(hm_dataset_create(s.context, cases[0], labels, N_CASES, V, 2, 2, &s.set, NULL), HM_OK);
    assert_int_equal(learn(&s, SGD, NULL, &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "5"));
    hm_dataset_close(s.set);
    assert_int_equal(hm_dataset_create(s.context, cases[0], NULL, N_CASES, V, 2, 2, &s.set, NULL), HM_OK);
    assert_int_equal(learn(&s, SGD, NULL, &error), HM_ERROR_MISMATCH);
    tear_down(&s);
}

static void another_architecture_is_refused(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    temporary_file(path);
    unlink(path);
    setting s;
    hm_error error;
    int left = 3;
    hm_train_events events = {.user = &left, .should_stop = stop_after, .checkpoint = path, .resume = true};
    const hm_context_config config = {.n_threads = 1, .seed = 5};
    assert_int_equal(begin(&s, GREEDY, config), HM_OK);
    assert_int_equal(learn(&s, GREEDY, &events, NULL), HM_ERROR_INTERRUPTED);
    tear_down(&s);
    assert_int_equal(set_up(&s, config, HM_MODEL_DBN, "4 3 6", Y), HM_OK);
    left = 1000;
    assert_int_equal(learn(&s, GREEDY, &events, &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, path));
    tear_down(&s);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_down_is_what_the_paper_says),
        cmocka_unit_test(gradients_are_those_of_finite_differences),
        cmocka_unit_test(stopping_and_resuming_changes_no_byte),
        cmocka_unit_test(the_rate_is_halved_where_little_is_gained),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(failing_allocations_leak_nothing),
        cmocka_unit_test(unrolling_keeps_what_was_learned),
        cmocka_unit_test(wrong_use_is_told),
        cmocka_unit_test(another_architecture_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
