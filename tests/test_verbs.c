/* Every backend against the plain one: odd sizes, strided views, bytes, both directions, every unit kind. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "compute/backend.h"

enum { MOST = 300, STRIDE = MOST + 3 };

static float W[MOST * STRIDE], bias[MOST], x[MOST * STRIDE], y[MOST * STRIDE];
static uint8_t bytes[MOST * STRIDE];
static float mean[2][MOST * STRIDE], sample[2][MOST * STRIDE];

static const size_t sizes[][3] = {{1, 1, 1}, {1, 7, 300}, {3, 300, 1}, {33, 257, 129}, {130, 64, 260}, {17, 16, 272}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static hm_context *make_context(const char *backend, int threads)
{
    hm_context *context;
    hm_context_config config = {.backend = backend, .n_threads = threads, .seed = 2};
    assert_int_equal(hm_context_create(&config, &context, NULL), HM_OK);
    return context;
}

static void fill(void)
{
    hm_random r = {7, HM_RANDOM_USER, 0};
    for (size_t i = 0; i < MOST; i++) {
        hm_random_fill_normal(&r, i, 0, STRIDE, W + i * STRIDE);
        hm_random_fill_uniform(&r, i, STRIDE, STRIDE, x + i * STRIDE);
        hm_random_fill_uniform(&r, i, 2 * STRIDE, STRIDE, y + i * STRIDE);
        bias[i] = W[i] * 0.5f;
        for (size_t k = 0; k < STRIDE; k++) {
            W[i * STRIDE + k] *= 0.2f;
            bytes[i * STRIDE + k] = x[i * STRIDE + k] < 0.3f;
        }
    }
}

static hm_matrix view(void *data, size_t rows, size_t cols, hm_dtype dtype)
{
    return (hm_matrix){data, rows, cols, STRIDE, dtype};
}

/* The greatest difference in the means; samples must agree wherever the mean is far from the draw. Sums of up to 300
 * products of order one: observed 3e-6, allowed 2e-5. */
static void propagate_on(const hm_context *context, const hm_layer *layer, const size_t size[3], bool is_down,
                         bool is_bytes, int which)
{
    size_t n = size[0], n_in = size[1], n_out = size[2];
    hm_matrix w = is_down ? view(W, n_out, n_in, HM_DTYPE_F32) : view(W, n_in, n_out, HM_DTYPE_F32);
    hm_propagate(context, &(hm_propagation){
                              .input = view(is_bytes ? (void *)bytes : (void *)x, n, n_in,
                                            is_bytes ? HM_DTYPE_U8 : HM_DTYPE_F32),
                              .weights = w,
                              .is_down = is_down,
                              .bias = bias,
                              .layer = layer,
                              .beta = 0.8f,
                              .mean = view(mean[which], n, n_out, HM_DTYPE_F32),
                              .sample = view(sample[which], n, n_out, HM_DTYPE_F32),
                              .random = {5, HM_RANDOM_USER, 1},
                              .first_case = 11,
                          });
}

static void backends_propagate_alike(void **state)
{
    (void)state;
    hm_context *plain = make_context("plain", 1);
    fill();
    for (size_t b = 0; hm_backend_list(b); b++) {
        hm_backend_info info = *hm_backend_list(b);
        if (!info.is_available)
            continue;
        hm_context *other = make_context(info.name, 3);
        for (int s = 0; s < N_SIZES; s++)
            for (int kind = 0; hm_unit_name(kind); kind++)
                for (int variant = 0; variant < 4; variant++) {
                    size_t n = sizes[s][0], n_out = sizes[s][2], n_sampled_apart = 0;
                    hm_layer layer = hm_layer_of((hm_unit)kind, n_out,
                                                 kind == HM_UNIT_SOFTMAX ? (int)n_out : kind == HM_UNIT_BINOMIAL ? 4 : 1);
                    propagate_on(plain, &layer, sizes[s], variant & 1, variant & 2, 0);
                    propagate_on(other, &layer, sizes[s], variant & 1, variant & 2, 1);
                    for (size_t i = 0; i < n; i++)
                        for (size_t j = 0; j < n_out; j++) {
                            size_t at = i * STRIDE + j;
                            assert_true(fabsf(mean[0][at] - mean[1][at]) < 2e-5f);
                            n_sampled_apart += fabsf(sample[0][at] - sample[1][at]) > 1e-3f;
                        }
                    assert_true(n_sampled_apart <= n * n_out / 2000 + 1);
                }
        hm_context_destroy(other);
    }
    hm_context_destroy(plain);
}

/* Against a sum in double: observed 4e-7, allowed 1e-5. */
static void backends_correlate_alike(void **state)
{
    (void)state;
    static float gradient[MOST * STRIDE], gx[MOST], gy[MOST];
    fill();
    for (size_t b = 0; hm_backend_list(b); b++) {
        hm_backend_info info = *hm_backend_list(b);
        if (!info.is_available)
            continue;
        hm_context *context = make_context(info.name, 2);
        for (int s = 0; s < N_SIZES; s++) {
            size_t n = sizes[s][0], n_x = sizes[s][1], n_y = sizes[s][2];
            hm_correlate(context, &(hm_correlation){.x_plus = view(bytes, n, n_x, HM_DTYPE_U8),
                                                    .y_plus = view(y, n, n_y, HM_DTYPE_F32),
                                                    .weight_plus = 1.0f / (float)n,
                                                    .x_minus = view(x, n, n_x, HM_DTYPE_F32),
                                                    .y_minus = view(W, n, n_y, HM_DTYPE_F32),
                                                    .weight_minus = 0.5f / (float)n,
                                                    .gradient = view(gradient, n_x, n_y, HM_DTYPE_F32),
                                                    .gradient_x = gx,
                                                    .gradient_y = gy});
            for (size_t i = 0; i < n_x; i++)
                for (size_t j = 0; j < n_y; j++) {
                    double sum = 0, sum_x = 0, sum_y = 0;
                    for (size_t k = 0; k < n; k++) {
                        sum += (bytes[k * STRIDE + i] * (double)y[k * STRIDE + j] -
                                0.5 * x[k * STRIDE + i] * W[k * STRIDE + j]) / (double)n;
                        sum_x += (bytes[k * STRIDE + i] - 0.5 * x[k * STRIDE + i]) / (double)n;
                        sum_y += (y[k * STRIDE + j] - 0.5 * W[k * STRIDE + j]) / (double)n;
                    }
                    assert_true(fabs(gradient[i * STRIDE + j] - sum) < 1e-5);
                    assert_true(fabs(gx[i] - sum_x) < 1e-5 && fabs(gy[j] - sum_y) < 1e-5);
                }
        }
        hm_context_destroy(context);
    }
}

static void updates_follow_the_rule(void **state)
{
    (void)state;
    hm_context *context = make_context(NULL, 2);
    float w[3] = {1, -2, 0}, d[3] = {0.5f, 0, 1}, g[3] = {1, 1, -1};
    hm_update_parameters(context, &(hm_update){.parameters = w, .velocity = d, .gradient = g, .n = 3,
                                                  .rate = 0.1f, .momentum = 0.5f, .l2 = 0.01f, .l1 = 0.2f});
    /* d = 0.5 d + 0.1 (g - 0.01 w - 0.2 sign w) */
    const double want_d[] = {0.25 + 0.1 * (1 - 0.01 - 0.2), 0.1 * (1 + 0.02 + 0.2), 0.5 - 0.1};
    const double want_w[] = {1 + want_d[0], -2 + want_d[1], want_d[2]};
    for (int i = 0; i < 3; i++)
        assert_true(fabs(d[i] - want_d[i]) < 1e-6 && fabs(w[i] - want_w[i]) < 1e-6);
    hm_context_destroy(context);
}

/* Three steps of Adam as the paper writes them, in double. */
static void adaptive_updates_follow_the_paper(void **state)
{
    (void)state;
    enum { N = 3, STEPS = 3 };
    hm_context *context = make_context(NULL, 2);
    float w[N] = {1, -2, 0}, m[N] = {0}, s[N] = {0};
    const float g[STEPS][N] = {{1, 0.01f, -3}, {-0.5f, 0.02f, -3}, {0.25f, 0.01f, 4}};
    double want[N] = {1, -2, 0}, want_m[N] = {0}, want_s[N] = {0};
    const double rate = 0.1, b1 = 0.9, b2 = 0.999, l2 = 0.05;
    for (int t = 1; t <= STEPS; t++) {
        double share = sqrt(1 - pow(b2, t)) / (1 - pow(b1, t));
        hm_update_parameters(context, &(hm_update){.parameters = w, .velocity = m, .second = s, .gradient = g[t - 1], .n = N,
                                                   .rate = (float)(rate * share), .share = (float)share, .momentum = (float)b1,
                                                   .l2 = (float)l2});
        for (int i = 0; i < N; i++) {
            double slope = (double)g[t - 1][i];
            want_m[i] = b1 * want_m[i] + (1 - b1) * slope;
            want_s[i] = b2 * want_s[i] + (1 - b2) * slope * slope;
            double m_hat = want_m[i] / (1 - pow(b1, t)), s_hat = want_s[i] / (1 - pow(b2, t));
            want[i] += rate * (m_hat / sqrt(s_hat) - l2 * want[i]);
            assert_true(fabs((double)w[i] - want[i]) < 1e-5);
        }
    }
    hm_context_destroy(context);
}

static void undefined_numbers_stay_visible(void **state)
{
    (void)state;
    hm_layer layer = hm_layer_of(HM_UNIT_BERNOULLI, 4, 1);
    for (size_t b = 0; hm_backend_list(b); b++) {
        hm_backend_info info = *hm_backend_list(b);
        if (!info.is_available)
            continue;
        hm_context *context = make_context(info.name, 1);
        fill();
        x[2] = NAN;
        propagate_on(context, &layer, (const size_t[]){2, 5, 4}, false, false, 0);
        for (int j = 0; j < 4; j++)
            assert_true(isnan(mean[0][j]) && isfinite(mean[0][STRIDE + j]));
        hm_context_destroy(context);
    }
}

/* Fused products of every instruction set that this processor has, in all four forms, with beta 0, 1 and another; what lies
 * behind the last column stays as it was. Sums of up to 300 products of order 0.2: observed 2e-6, allowed 2e-5. */
static void fused_products_agree_with_the_plain_one(void **state)
{
    (void)state;
    static const float betas[] = {0, 1, 0.5f};
    int n_tried = 0;
    fill();
    for (size_t set = 0; hm_panel_kernels_list(1, set); set++) {
        hm_product *fused = hm_panel_kernels_list(1, set)->multiply;
        n_tried++;
        for (int form = 0; form < 4; form++)
            for (size_t s = 0; s < N_SIZES; s++)
                for (int b = 0; b < 3; b++) {
                    size_t m = sizes[s][0], k = sizes[s][1], n = sizes[s][2];
                    for (int which = 0; which < 2; which++) {
                        memcpy(mean[which], y, sizeof mean[which]);
                        if (b == 0)
                            mean[which][0] = NAN; /* beta = 0 must not read it */
                        (which ? fused : hm_kernels_generic.product)(form & 1, form & 2, m, n, k, 0.7f, x, STRIDE, W, STRIDE,
                                                                    betas[b], mean[which], STRIDE);
                    }
                    for (size_t i = 0; i < m; i++)
                        for (size_t j = 0; j < STRIDE; j++)
                            assert_true(fabsf(mean[0][i * STRIDE + j] - mean[1][i * STRIDE + j]) <= (j < n ? 2e-5f : 0));
                }
    }
    print_message("%d instruction sets tried\n", n_tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backends_propagate_alike),
        cmocka_unit_test(backends_correlate_alike),
        cmocka_unit_test(updates_follow_the_rule),
        cmocka_unit_test(adaptive_updates_follow_the_paper),
        cmocka_unit_test(undefined_numbers_stay_visible),
        cmocka_unit_test(fused_products_agree_with_the_plain_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
