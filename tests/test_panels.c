/* Packed panels of every instruction set and number format that this processor has, against the plain verbs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "base/context.h"
#include "compute/panels.h"

enum { N_MOST = 130, V_MOST = 257, H_MOST = 211 };

static float W[V_MOST * H_MOST], velocity[V_MOST * H_MOST], bias[V_MOST + H_MOST];
static float v[2][N_MOST * V_MOST], h[2][N_MOST * H_MOST];

/* Cases, visible, hidden: single ones, whole tiles, edges on every side, odd numbers that leave a pair incomplete. */
static const size_t sizes[][3] = {{1, 1, 1}, {2, 7, 33}, {13, 96, 64}, {10, 257, 100}, {33, 129, 211}, {130, 100, 90}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

/* With `precision` 2, to the nearest bfloat16, so that both sides multiply the same numbers. */
static float rounded(float x, size_t group)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = group == 1 ? bits : (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

static void fill(size_t group)
{
    hm_random r = {7, HM_RANDOM_USER, 0};
    hm_random_fill_normal(&r, 0, 0, V_MOST * H_MOST, W);
    hm_random_fill_normal(&r, 1, 0, V_MOST * H_MOST, velocity);
    hm_random_fill_normal(&r, 2, 0, V_MOST + H_MOST, bias);
    for (uint64_t phase = 0; phase < 2; phase++) {
        hm_random_fill_uniform(&r, 3 + phase, 0, N_MOST * V_MOST, v[phase]);
        hm_random_fill_uniform(&r, 5 + phase, 0, N_MOST * H_MOST, h[phase]);
    }
    for (size_t i = 0; i < V_MOST * H_MOST; i++) {
        W[i] = rounded(0.2f * W[i], group);
        velocity[i] *= 0.01f;
    }
    for (size_t phase = 0; phase < 2; phase++) {
        for (size_t i = 0; i < N_MOST * V_MOST; i++)
            v[phase][i] = rounded(v[phase][i], group);
        for (size_t i = 0; i < N_MOST * H_MOST; i++)
            h[phase][i] = rounded(h[phase][i], group);
    }
}

static hm_context *make_context(const char *backend, int threads, const hm_panel_kernels *kernels)
{
    hm_context *context;
    const hm_context_config config = {.backend = backend, .n_threads = threads, .seed = 2};
    assert_int_equal(hm_context_create(&config, &context, NULL), HM_OK);
    context->panels = kernels;
    return context;
}

static hm_panels *make_panels(const hm_context *context, const size_t size[3])
{
    hm_panels *panels;
    assert_int_equal(hm_panels_create(context, size[1], size[2], size[0], true, &panels, NULL), HM_OK);
    return panels;
}

static void propagate(const hm_context *context, hm_panels *panels, const size_t size[3], bool is_down, float *mean, float *sample)
{
    size_t n = size[0], V = size[1], H = size[2], n_out = is_down ? V : H;
    hm_layer layer = hm_layer_of(HM_UNIT_BERNOULLI, n_out, 1);
    hm_propagate(context, &(hm_propagation){.input = is_down ? hm_matrix_f32(h[0], n, H) : hm_matrix_f32(v[0], n, V),
                                            .weights = hm_matrix_f32(W, V, H),
                                            .is_down = is_down,
                                            .bias = bias,
                                            .layer = &layer,
                                            .beta = 0.8f,
                                            .mean = hm_matrix_f32(mean, n, n_out),
                                            .sample = hm_matrix_f32(sample, n, n_out),
                                            .random = {5, HM_RANDOM_USER, 1},
                                            .panels = panels});
}

typedef void check(const hm_panel_kernels *kernels, const size_t size[3]);

static void on_all(check *f)
{
    int n_tried = 0;
    for (size_t group = 1; group <= 2; group++)
        for (size_t i = 0; hm_panel_kernels_list(group, i); i++, n_tried++) {
            fill(group);
            for (int s = 0; s < N_SIZES; s++)
                f(hm_panel_kernels_list(group, i), sizes[s]);
        }
    print_message("%d sets of kernels tried\n", n_tried);
}

/* Sums of up to 257 products of order 0.1: observed 2e-7, allowed 5e-6. Samples differ only where the draw falls between. */
static void check_propagate(const hm_panel_kernels *kernels, const size_t size[3])
{
    static float mean[3][N_MOST * V_MOST], sample[3][N_MOST * V_MOST];
    hm_context *plain = make_context("plain", 1, NULL), *packed = make_context("plain", 1, kernels), *threaded = make_context("plain", 3, kernels);
    hm_panels *one = make_panels(packed, size), *other = make_panels(threaded, size);
    for (int is_down = 0; is_down < 2; is_down++) {
        size_t n = size[0] * size[is_down ? 1 : 2], n_apart = 0;
        propagate(plain, NULL, size, is_down, mean[0], sample[0]);
        propagate(packed, one, size, is_down, mean[1], sample[1]);
        propagate(threaded, other, size, is_down, mean[2], sample[2]);
        for (size_t i = 0; i < n; i++) {
            assert_true(fabsf(mean[0][i] - mean[1][i]) < 5e-6f);
            n_apart += sample[0][i] != sample[1][i];
        }
        assert_true(n_apart <= 1);
        assert_memory_equal(mean[1], mean[2], n * sizeof(float));
        assert_memory_equal(sample[1], sample[2], n * sizeof(float));
    }
    hm_panels_destroy(packed, one);
    hm_panels_destroy(threaded, other);
    hm_context_destroy(plain);
    hm_context_destroy(packed);
    hm_context_destroy(threaded);
}

static void panels_propagate_as_the_plain_verbs(void **state)
{
    (void)state;
    on_all(check_propagate);
}

/* One step by panels, one by correlate and update; and the panels afterwards are those of the new weights. */
static void learn_both_ways(const hm_panel_kernels *kernels, const size_t size[3], bool has_minus, float l1)
{
    static float w[2][V_MOST * H_MOST], d[2][V_MOST * H_MOST], gradient[V_MOST * H_MOST], gx[2][V_MOST], gy[2][H_MOST];
    static float mean[2][N_MOST * V_MOST], sample[N_MOST * V_MOST];
    size_t n = size[0], V = size[1], H = size[2];
    hm_context *context = make_context("plain", 2, kernels);
    hm_panels *panels = make_panels(context, size), *fresh = make_panels(context, size);
    for (int way = 0; way < 2; way++) {
        memcpy(w[way], W, V * H * sizeof(float));
        memcpy(d[way], velocity, V * H * sizeof(float));
        hm_correlation c = {.x_plus = hm_matrix_f32(v[0], n, V),
                            .y_plus = hm_matrix_f32(h[0], n, H),
                            .weight_plus = 1.0f / (float)n,
                            .gradient = hm_matrix_f32(gradient, V, H),
                            .gradient_x = gx[way],
                            .gradient_y = gy[way]};
        if (has_minus) {
            c.x_minus = hm_matrix_f32(v[1], n, V);
            c.y_minus = hm_matrix_f32(h[1], n, H);
            c.weight_minus = 0.5f / (float)n;
        }
        const hm_update u = {.parameters = w[way], .velocity = d[way], .gradient = gradient, .n = V * H,
                             .rate = 0.1f, .momentum = 0.9f, .l2 = 0.01f, .l1 = l1};
        if (way == 0) {
            hm_correlate(context, &c);
            hm_update_parameters(context, &u);
        } else {
            assert_true(hm_panels_learn(context, panels, &c, &u));
        }
    }
    for (size_t i = 0; i < V * H; i++)
        assert_true(fabsf(w[0][i] - w[1][i]) < 2e-6f && fabsf(d[0][i] - d[1][i]) < 2e-6f); /* observed 1e-7 */
    assert_memory_equal(gx[0], gx[1], V * sizeof(float));
    assert_memory_equal(gy[0], gy[1], H * sizeof(float));
    memcpy(W, w[1], V * H * sizeof(float));
    for (int is_down = 0; is_down < 2; is_down++) {
        propagate(context, panels, size, is_down, mean[0], sample);
        fresh->is_current = false;
        propagate(context, fresh, size, is_down, mean[1], sample);
        assert_memory_equal(mean[0], mean[1], n * (is_down ? V : H) * sizeof(float));
    }
    hm_panels_destroy(context, panels);
    hm_panels_destroy(context, fresh);
    hm_context_destroy(context);
}

static void check_learn(const hm_panel_kernels *kernels, const size_t size[3])
{
    for (int variant = 0; variant < 4; variant++) {
        fill(kernels->group);
        learn_both_ways(kernels, size, variant & 1, variant & 2 ? 0.02f : 0);
    }
}

static void panels_learn_as_the_plain_verbs(void **state)
{
    (void)state;
    on_all(check_learn);
}

/* The sets for floats give the same bits: each element is one chain of fused multiply-adds in the order of k. */
static void instruction_sets_give_the_same_bits(void **state)
{
    (void)state;
    static float mean[2][N_MOST * V_MOST], sample[N_MOST * V_MOST];
    fill(1);
    for (size_t i = 1; hm_panel_kernels_list(1, i); i++)
        for (int s = 0; s < N_SIZES; s++)
            for (int is_down = 0; is_down < 2; is_down++) {
                for (size_t which = 0; which < 2; which++) {
                    hm_context *context = make_context("plain", 2, hm_panel_kernels_list(1, which ? i : 0));
                    hm_panels *panels = make_panels(context, sizes[s]);
                    propagate(context, panels, sizes[s], is_down, mean[which], sample);
                    hm_panels_destroy(context, panels);
                    hm_context_destroy(context);
                }
                assert_memory_equal(mean[0], mean[1], sizes[s][0] * sizes[s][is_down ? 1 : 2] * sizeof(float));
            }
}

/* More cases than there is room for, and bytes, are left to the plain verbs. */
static void panels_know_what_they_can_do(void **state)
{
    (void)state;
    static uint8_t bytes[64];
    const hm_panel_kernels *kernels = hm_panel_kernels_list(1, 0);
    if (!kernels)
        skip();
    hm_context *context = make_context("plain", 1, kernels);
    hm_panels *panels = make_panels(context, (const size_t[]){4, 8, 8});
    hm_propagation job = {.input = hm_matrix_f32(v[0], 5, 8), .weights = hm_matrix_f32(W, 8, 8)};
    assert_false(hm_panels_prepare(context, panels, &job));
    job.input = hm_matrix_u8(bytes, 4, 8);
    assert_false(hm_panels_prepare(context, panels, &job));
    job.input = hm_matrix_f32(v[0], 4, 8);
    assert_true(hm_panels_prepare(context, panels, &job));
    const hm_correlation c = {.x_plus = hm_matrix_f32(v[0], 5, 8), .y_plus = hm_matrix_f32(h[0], 5, 8)};
    assert_false(hm_panels_learn(context, panels, &c, &(hm_update){0}));
    hm_panels_destroy(context, panels);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panels_propagate_as_the_plain_verbs),
        cmocka_unit_test(panels_learn_as_the_plain_verbs),
        cmocka_unit_test(instruction_sets_give_the_same_bits),
        cmocka_unit_test(panels_know_what_they_can_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
