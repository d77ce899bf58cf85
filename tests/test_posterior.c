/* Inference over all layers: the rule at its ends and where it is exact, an RBM against the sum over all its states, and refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

static hm_context *context;

static int open_context(void **state)
{
    (void)state;
    return hm_context_create(&(hm_context_config){.seed = 9, .n_threads = 2}, &context, NULL);
}

static int close_context(void **state)
{
    (void)state;
    hm_context_destroy(context);
    return 0;
}

/* Parameters of all machines from the seed, of the size given. */
static hm_model *make_stack(const char *text, float size)
{
    hm_layer layers[4];
    size_t n_layers, n;
    hm_model *model;
    const hm_random random = {3, HM_RANDOM_USER, 0};
    assert_int_equal(hm_layers_parse(text, 0, layers, 4, &n_layers, NULL), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, n_layers, 0, &model, NULL), HM_OK);
    for (size_t l = 0; l < model->n_rbms; l++) {
        float *p = hm_rbm_parameters(model->rbm[l], &n);
        for (int k = 0; k < HM_SLICES; k++) {
            const hm_slice *slice = &hm_rbm_slices(model->rbm[l])[k];
            hm_random_fill_normal(&random, l * HM_SLICES + (size_t)k, 0, slice->n, p + slice->first);
            for (size_t i = 0; i < slice->n; i++)
                p[slice->first + i] *= size;
        }
    }
    return model;
}

enum { CASES = 3000 };

static void infer(const hm_model *model, int how, const bool *is_given, size_t n_sweeps, size_t n_kept, const float *v, size_t n, float *out)
{
    size_t V = hm_model_n_features(model);
    const hm_posterior_config config = {.how = how, .is_given = is_given, .n_sweeps = n_sweeps, .n_kept = n_kept};
    assert_int_equal(hm_infer_layers(model, &config, hm_matrix_f32((float *)v, n, V), hm_matrix_f32(out, n, V), NULL), HM_OK);
}

/* E(v_k | the given v) of an RBM of 6 x 4 by the sum over the free v; 3,000 chains of 40 kept sweeps: observed difference 0.004, three
 * deviations are about 0.006. What is not given may hold anything. */
static void an_rbm_is_that_of_the_sum(void **state)
{
    (void)state;
    enum { V = 6, H = 4, N = 3000 };
    static float v[N * V], out[N * V];
    const bool is_given[V] = {true, false, true, false, false, true};
    hm_model *model = make_stack("6 | 4", 1);
    double weight = 0, expected[V] = {0}, F, mean[V] = {0};
    for (int i = 0; i < N * V; i++)
        v[i] = is_given[i % V] ? i % V == 2 : NAN;
    for (int s = 0; s < 1 << V; s++) {
        float row[V];
        bool fits = true;
        for (int k = 0; k < V; k++) {
            row[k] = s >> k & 1;
            fits = fits && (!is_given[k] || row[k] == v[k]);
        }
        if (!fits)
            continue;
        assert_int_equal(hm_rbm_free_energy(model->rbm[0], hm_matrix_f32(row, 1, V), 1, &F, NULL), HM_OK);
        weight += exp(-F);
        for (int k = 0; k < V; k++)
            expected[k] += exp(-F) * (double)row[k];
    }
    infer(model, HM_INFER_LAYERS, is_given, 60, 40, v, N, out);
    for (int i = 0; i < N * V; i++)
        mean[i % V] += (double)out[i] / N;
    for (int k = 0; k < V; k++) {
        print_message("%d: %.4f, by the sum %.4f\n", k, mean[k], expected[k] / weight);
        assert_true(fabs(mean[k] - expected[k] / weight) < 0.01);
        assert_true(!is_given[k] || out[k] == v[k]);
    }
    hm_model_destroy(model);
}

/* With everything but one feature given, that of one hidden unit alone, the answer of a net whose top layer knows nothing (no weights,
 * the log-odds that the cases show) is the machine's own: sum over h of P(h | v) E(v | h). */
static void with_all_given_it_is_the_machine(void **state)
{
    (void)state;
    enum { V = 5, N = 400 };
    static float v[N * V], out[N * V];
    bool is_given[V] = {true, true, true, true, false};
    hm_model *model = make_stack("5 | 3 | 2", 1);
    size_t n;
    float *low = hm_rbm_parameters(model->rbm[0], &n), *top;
    for (int j = 0; j < 3; j++)
        low[4 * 3 + j] = j == 0 ? 0.001f : 0; /* the free feature hardly matters to f */
    top = hm_rbm_parameters(model->rbm[1], &n);
    memset(top, 0, n * sizeof *top);
    const hm_random random = {5, HM_RANDOM_USER, 1};
    for (int i = 0; i < N; i++)
        for (int k = 0; k < V; k++)
            v[i * V + k] = hm_random_uniform(&random, (uint64_t)i, (uint64_t)k) < 0.5f;
    float mean[N * 3], usual[3] = {0};
    hm_gibbs gibbs = {0};
    for (int i = 0; i < N; i++)
        v[i * V + 4] = 0;
    hm_rbm_hidden_given_visible(model->rbm[0], hm_matrix_f32(v, N, V), hm_matrix_f32(mean, N, 3), (hm_matrix){0}, &gibbs);
    for (int i = 0; i < N * 3; i++)
        usual[i % 3] += mean[i] / N;
    for (int j = 0; j < 3; j++)
        hm_rbm_visible_bias(model->rbm[1])[j] = logf(usual[j] / (1 - usual[j]));
    /* The free feature tells of h: make it depend on h strongly downwards only. */
    assert_int_equal(hm_model_untie(model, NULL), HM_OK);
    hm_matrix G = hm_rbm_weights(model->generative[0]);
    hm_row_f32(&G, 4)[0] = 2;
    infer(model, HM_INFER_LAYERS, is_given, 400, 399, v, N, out);
    double b = (double)hm_rbm_visible_bias(model->generative[0])[4], worst = 0;
    for (int i = 0; i < N; i++) {
        double p = (double)mean[i * 3], on = 1 / (1 + exp(-b - 2)), off = 1 / (1 + exp(-b));
        worst = fmax(worst, fabs(p * on + (1 - p) * off - (double)out[i * V + 4]));
    }
    print_message("largest difference %.4f\n", worst);
    assert_true(worst < 0.04); /* 399 draws of h: a deviation of 0.008 at most; observed 0.03 over 400 cases */
    hm_model_destroy(model);
}

/* One hidden unit under Gaussian pixels, half of them given: log P(h = 1) / P(h = 0) = T + W_given (v - b) - |W_given|^2 / 2 exactly, in a
 * machine whose bias holds what it should, c = M - |W|^2 / 2 - W'b. The cases show this M when their evidence is |W|^2 / 2. */
static void one_unit_under_gaussian_pixels_is_exact(void **state)
{
    (void)state;
    enum { V = 4, N = 2000 };
    static float v[N * V], out[N * V];
    const float W[V] = {0.8f, -0.5f, 0.9f, 0.4f}, b[V] = {0.2f, -0.1f, 0, 0.3f}, by[V] = {0.7f, -0.74f, 0, 0};
    const bool is_given[V] = {true, true, false, false};
    hm_model *model = make_stack("gaussian 4 | 1 | 1", 0);
    const double whole = 1.86, given = 0.89, along = 0.33, M = -0.8, T = 0.4; /* |W|^2, |W_given|^2, W'b */
    size_t n;
    double mean = 0, p = 1 / (1 + exp(-(T + whole / 2 - given / 2)));
    memcpy(hm_rbm_parameters(model->rbm[0], &n), W, sizeof W);
    memcpy(hm_rbm_visible_bias(model->rbm[0]), b, sizeof b);
    hm_rbm_hidden_bias(model->rbm[0])[0] = (float)(M - whole / 2 - along);
    hm_rbm_visible_bias(model->rbm[1])[0] = (float)T;
    for (int i = 0; i < N * V; i++)
        v[i] = b[i % V] + by[i % V];
    infer(model, HM_INFER_LAYERS, is_given, 200, 150, v, N, out);
    for (int i = 0; i < N; i++)
        mean += ((double)out[i * V + 2] - (double)b[2]) / (double)W[2] / N;
    print_message("P(h) %.4f, exactly %.4f\n", mean, p);
    assert_true(fabs(mean - p) < 0.003); /* 300,000 draws: deviation 0.001 */
    hm_model_destroy(model);
}

/* With nothing but a pixel that no filter sees, the answer is what the top says: blocks of its choice. */
static void with_nothing_given_it_is_the_layer_above(void **state)
{
    (void)state;
    enum { N = 4000 };
    static float v[N * 36], out[N * 36];
    bool is_given[36] = {false};
    is_given[35] = true; /* the last pixel: only weights of zero look at it */
    hm_model *model = make_stack("gaussian 1x6x6 | pool 1x2 by 3x3 | 1", 0);
    size_t n;
    float *W = hm_rbm_parameters(model->rbm[0], &n);
    W[0] = 1; /* the filter repeats a unit at its place */
    for (int k = 0; k < 4; k++)
        hm_rbm_visible_bias(model->rbm[1])[k] = 0.4f;
    infer(model, HM_INFER_LAYERS, is_given, 20, 15, v, N, out);
    double sum = 0, p = 1 / (1 + exp(-0.4));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 16; k++)
            sum += (double)out[i * 36 + k / 4 * 6 + k % 4] / N;
    print_message("blocks on %.4f, expected %.4f\n", sum, 4 * p);
    assert_true(fabs(sum - 4 * p) < 0.02); /* 240,000 draws of a block: deviation 0.004 */
    hm_model_destroy(model);
}

static void what_it_cannot_do_is_refused(void **state)
{
    (void)state;
    float v[6] = {0}, out[6];
    const bool is_given[6] = {true};
    hm_error error;
    const hm_posterior_config config = {.is_given = is_given, .n_sweeps = 1};
    hm_model *model = make_stack("6 | relu 4 | 2", 1);
    assert_int_equal(hm_infer_layers(model, &config, hm_matrix_f32(v, 1, 6), hm_matrix_f32(out, 1, 6), &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "layer 1: inference over layers is for bernoulli and pool units"));
    hm_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_rbm_is_that_of_the_sum),
        cmocka_unit_test(with_all_given_it_is_the_machine),
        cmocka_unit_test(one_unit_under_gaussian_pixels_is_exact),
        cmocka_unit_test(with_nothing_given_it_is_the_layer_above),
        cmocka_unit_test(what_it_cannot_do_is_refused),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
