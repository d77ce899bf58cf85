/* Why greedy learning works, exactly, on a net small enough to enumerate (Hinton, Osindero and Teh, 2006):
 * an RBM is an endless directed net with tied weights, so a second level that starts as the first one turned over changes
 * nothing, and what it learns from then on can only raise the bound on log P(v).
 *
 * With an argument, draws the curves there: build/release/tests/test_greedy docs/greedy.png */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <harmonium/harmonium.h>

#include "bars.h"

enum { SIDE = 3, V = SIDE * SIDE, H = 5, N = 2 << SIDE, COPIES = 300, LOW = 10, HIGH = 30, POINTS = LOW + HIGH, EPOCHS = 50 };

typedef struct curves {
    double x[POINTS], likelihood[POINTS], bound[POINTS];
} curves;

static hm_context *context;
static hm_error error;

static void must(hm_status status)
{
    if (status == HM_OK)
        return;
    fprintf(stderr, "%s\n", error.message);
    exit(1);
}

static hm_dataset *make_set(const float *cases, size_t n, size_t width)
{
    hm_dataset *set;
    must(hm_dataset_create(context, cases, NULL, n, width, 0, 0, &set, &error));
    return set;
}

static hm_model *make_rbm(size_t n_visible, size_t n_hidden)
{
    const hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, n_visible, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, n_hidden, 1);
    hm_model *model;
    must(hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, &error));
    return model;
}

/* Exact maximum likelihood, so that nothing but the argument is on trial. */
static void learn(hm_model *model, const hm_dataset *set, double rate)
{
    hm_train_config config;
    hm_options_init(&hm_train_options, &config);
    must(hm_options_set(&hm_train_options, &config, "learner", "exact", &error));
    must(hm_options_set(&hm_train_options, &config, "momentum", "0.9", &error));
    config.learning_rate.point[0].value = rate;
    config.epochs = EPOCHS;
    config.batch_size = (int64_t)hm_dataset_n_cases(set);
    config.weight_cost = 0;
    must(hm_train(model, set, NULL, &config, NULL, &error));
}

static double evaluate(const hm_model *model, const hm_dataset *set)
{
    hm_evaluate_config config;
    hm_evaluation result;
    hm_options_init(&hm_evaluate_options, &config);
    config.samples = 400; /* the same random numbers each time, so that curves compare */
    must(hm_evaluate(model, 0, set, &config, NULL, &result, &error));
    return result.log_likelihood.value;
}

/* log P(v) of the DBN: the sum over all h of P(v | h) P_top(h). */
static double likelihood_of_dbn(const hm_model *dbn, const float *cases)
{
    static float h[(1 << H) * H], mean[(1 << H) * V];
    double F[1 << H], log_Z, total = 0;
    for (int i = 0; i < 1 << H; i++)
        for (int j = 0; j < H; j++)
            h[i * H + j] = (float)(i >> j & 1);
    must(hm_rbm_log_partition(dbn->rbm[1], &log_Z, &error));
    must(hm_rbm_free_energy(dbn->rbm[1], hm_matrix_f32(h, 1 << H, H), 1, F, &error));
    hm_rbm_visible_given_hidden(dbn->rbm[0], hm_matrix_f32(h, 1 << H, H), hm_matrix_f32(mean, 1 << H, V), (hm_matrix){0},
                                &(hm_gibbs){0});
    for (int n = 0; n < N; n++) {
        double sum = 0;
        for (int i = 0; i < 1 << H; i++) {
            double log_p = -F[i] - log_Z;
            for (int k = 0; k < V; k++)
                log_p += log(cases[n * V + k] > 0 ? mean[i * V + k] : 1 - mean[i * V + k]);
            sum += exp(log_p);
        }
        total += log(sum) / N;
    }
    return total;
}

static void turn_over(hm_rbm *from, hm_rbm *to)
{
    const hm_matrix W = hm_rbm_weights(from);
    size_t n;
    float *p = hm_rbm_parameters(to, &n);
    for (size_t i = 0; i < V; i++)
        for (size_t j = 0; j < H; j++)
            p[j * V + i] = hm_row_f32(&W, i)[j];
    memcpy(hm_rbm_visible_bias(to), hm_rbm_hidden_bias(from), H * sizeof(float));
    memcpy(hm_rbm_hidden_bias(to), hm_rbm_visible_bias(from), V * sizeof(float));
}

/* Samples of the hidden units over the data: what the second level learns from. */
static hm_dataset *sample_features(hm_rbm *rbm, const float *cases)
{
    static float h[N * COPIES * H], mean[N * COPIES * H], v[N * COPIES * V];
    for (size_t i = 0; i < N * COPIES; i++)
        memcpy(v + i * V, cases + i % N * V, V * sizeof(float));
    hm_rbm_hidden_given_visible(rbm, hm_matrix_f32(v, N * COPIES, V), hm_matrix_f32(mean, N * COPIES, H),
                                hm_matrix_f32(h, N * COPIES, H), &(hm_gibbs){.stream = 99});
    return make_set(h, N * COPIES, H);
}

static hm_dataset *run(const float *cases, curves *c)
{
    hm_dataset *set = make_set(cases, N, V);
    hm_model *low = make_rbm(V, H), *top = make_rbm(H, V), *dbn;
    const hm_layer layers[] = {hm_layer_of(HM_UNIT_BERNOULLI, V, 1), hm_layer_of(HM_UNIT_BERNOULLI, H, 1),
                               hm_layer_of(HM_UNIT_BERNOULLI, V, 1)};
    for (int i = 0; i < LOW; i++) {
        learn(low, set, 0.1);
        c->x[i] = (i + 1) * EPOCHS;
        c->likelihood[i] = c->bound[i] = evaluate(low, set);
    }
    must(hm_model_create_stack(context, HM_MODEL_DBN, layers, 3, 0, &dbn, &error));
    hm_dataset *features = sample_features(low->rbm[0], cases);
    turn_over(low->rbm[0], top->rbm[0]);
    must(hm_model_add_history(top, "turned over", &error)); /* so that learning goes on from there */
    for (int i = LOW; i < POINTS; i++) {
        size_t n;
        float *to = hm_rbm_parameters(dbn->rbm[0], &n);
        memcpy(to, hm_rbm_parameters(low->rbm[0], &n), n * sizeof *to);
        to = hm_rbm_parameters(dbn->rbm[1], &n);
        memcpy(to, hm_rbm_parameters(top->rbm[0], &n), n * sizeof *to);
        c->x[i] = c->x[i - 1] + EPOCHS;
        c->bound[i] = evaluate(dbn, set);
        c->likelihood[i] = likelihood_of_dbn(dbn, cases);
        learn(top, features, 0.1);
    }
    hm_dataset_close(features);
    hm_model_destroy(low);
    hm_model_destroy(top);
    hm_model_destroy(dbn);
    return set;
}

static int check(const curves *c)
{
    int n_bad = 0;
    double before = c->likelihood[LOW - 1];
    printf("one level %.4f; with a second one turned over: likelihood %.4f, bound %.4f; learned: likelihood %.4f, bound %.4f\n", before,
           c->likelihood[LOW], c->bound[LOW], c->likelihood[POINTS - 1], c->bound[POINTS - 1]);
    n_bad += fabs(c->likelihood[LOW] - before) > 1e-4; /* the complementary prior: nothing has changed */
    n_bad += fabs(c->bound[LOW] - before) > 1e-3;      /* and the bound is tight */
    for (int i = LOW + 1; i < POINTS; i++) {
        n_bad += c->bound[i] < c->bound[i - 1] - 1e-3; /* learned from samples, judged by others */
        n_bad += c->bound[i] > c->likelihood[i] + 0.02;
    }
    n_bad += c->likelihood[POINTS - 1] < before + 0.02;
    return n_bad;
}

static void draw(const curves *c, const char *path)
{
    const hm_plot plot = {.title = "One level, then a second above it", .x_label = "epochs", .y_label = "mean log P(v), nats"};
    const hm_curve drawn[] = {{"log P(v)", c->x, c->likelihood, POINTS, NULL},
                              {"bound on it", c->x + LOW, c->bound + LOW, HIGH, NULL}};
    hm_image *image;
    must(hm_plot_curves(context, &plot, drawn, 2, &image, &error));
    must(hm_image_save_png(image, path, &error));
    hm_image_destroy(image);
}

int main(int argc, char **argv)
{
    static curves c;
    float cases[N * V];
    draw_bars_and_stripes(SIDE, cases);
    must(hm_context_create(&(hm_context_config){.seed = 2, .n_threads = 1}, &context, &error));
    hm_dataset_close(run(cases, &c));
    int n_bad = check(&c);
    if (argc > 1)
        draw(&c, argv[1]);
    hm_context_destroy(context);
    return n_bad > 0;
}
