/* Descriptors: what is pooled by hand is what is given; a model over larger pictures sees in each window what it saw in a small one. */
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
    return hm_context_create(&(hm_context_config){.seed = 2, .n_threads = 2}, &context, NULL);
}

static int close_context(void **state)
{
    (void)state;
    hm_context_destroy(context);
    return 0;
}

static hm_model *make_stack(const char *text)
{
    hm_layer layers[4];
    size_t n_layers;
    hm_model *model;
    assert_int_equal(hm_layers_parse(text, 0, layers, 4, &n_layers, NULL), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, n_layers, 0, &model, NULL), HM_OK);
    for (size_t l = 0; l < model->n_rbms; l++)
        hm_rbm_init_weights(model->rbm[l], 0.5f, l);
    return model;
}

static void fill(float *v, size_t n)
{
    const hm_random random = {7, HM_RANDOM_USER, 0};
    hm_random_fill_uniform(&random, 0, 0, n, v);
}

enum { N = 3, V = 12 * 12, K1 = 2, K2 = 3 }; /* "pool 2x2 by 3x3" shows 5 x 5, "pool 3x1 by 2x2" above it 4 x 4 */
static const char *const stack = "gaussian 1x12x12 | pool 2x2 by 3x3 | pool 3x1 by 2x2";

static void layers_stand_side_by_side(void **state)
{
    (void)state;
    static float v[N * V], one[N * K1 * 25], two[N * K2 * 16], both[N * (K1 * 25 + K2 * 16)];
    hm_model *model = make_stack(stack);
    const hm_descriptor d = {.layer = {1, 2}, .n_layers = 2};
    size_t width = hm_descriptor_size(model, &d);
    fill(v, N * V);
    hm_matrix cases = hm_matrix_f32(v, N, V);
    assert_int_equal(width, K1 * 25 + K2 * 16);
    assert_int_equal(hm_describe(model, &d, cases, hm_matrix_f32(both, N, width), NULL), HM_OK);
    assert_int_equal(hm_model_up_pass(model, 1, cases, hm_matrix_f32(one, N, K1 * 25), NULL), HM_OK);
    assert_int_equal(hm_model_up_pass(model, 2, cases, hm_matrix_f32(two, N, K2 * 16), NULL), HM_OK);
    for (size_t i = 0; i < N; i++) {
        assert_memory_equal(both + i * width, one + i * K1 * 25, sizeof(float) * K1 * 25);
        assert_memory_equal(both + i * width + K1 * 25, two + i * K2 * 16, sizeof(float) * K2 * 16);
    }
    hm_model_destroy(model);
}

static float largest(const float *map, size_t top, size_t left, size_t height, size_t width)
{
    float most = 0;
    for (size_t y = top; y < top + height; y++)
        for (size_t x = left; x < left + width; x++)
            most = fmaxf(most, map[y * 5 + x]);
    return most;
}

static void maps_are_pooled(void **state)
{
    (void)state;
    static float v[N * V], one[N * K1 * 25], out[N * K1 * 5];
    hm_model *model = make_stack(stack);
    const hm_descriptor windows = {.layer = {1}, .n_layers = 1, .pool_side = 3, .pool_stride = 2};
    const hm_descriptor grids = {.layer = {1}, .n_layers = 1, .grid = {1, 2}, .n_grids = 2, .takes_root = true, .is_unit_length = true};
    fill(v, N * V);
    hm_matrix cases = hm_matrix_f32(v, N, V);
    assert_int_equal(hm_model_up_pass(model, 1, cases, hm_matrix_f32(one, N, K1 * 25), NULL), HM_OK);
    assert_int_equal(hm_descriptor_size(model, &windows), K1 * 4);
    assert_int_equal(hm_describe(model, &windows, cases, hm_matrix_f32(out, N, K1 * 4), NULL), HM_OK);
    for (size_t m = 0; m < N * K1; m++)
        for (size_t k = 0; k < 4; k++)
            assert_true(out[m * 4 + k] == largest(one + m * 25, k / 2 * 2, k % 2 * 2, 3, 3));
    assert_int_equal(hm_descriptor_size(model, &grids), K1 * 5);
    assert_int_equal(hm_describe(model, &grids, cases, hm_matrix_f32(out, N, K1 * 5), NULL), HM_OK);
    for (size_t i = 0; i < N; i++) {
        double length = 0, expected = 0, sum = 0;
        for (size_t m = 0; m < K1; m++) {
            const float *map = one + (i * K1 + m) * 25, *o = out + (i * K1 + m) * 5;
            const float cell[5] = {largest(map, 0, 0, 5, 5), largest(map, 0, 0, 2, 2), largest(map, 0, 2, 2, 3), largest(map, 2, 0, 3, 2),
                                   largest(map, 2, 2, 3, 3)};
            for (size_t k = 0; k < 5; k++) {
                length += (double)o[k] * (double)o[k];
                sum += (double)cell[k];
                expected += sqrt((double)cell[k]) * (double)o[k];
            }
        }
        assert_true(fabs(length - 1) < 1e-5 && fabs(expected - sqrt(sum)) < 1e-5);
    }
    hm_model_destroy(model);
}

/* Filters know of no place: moving the picture by a block of both levels' places moves what is shown. */
static void larger_pictures_are_seen_alike(void **state)
{
    (void)state;
    enum { H = 18, W = 20 };
    static float v[V], large[H * W], small[K1 * 25], all[K1 * 8 * 9];
    hm_model *model = make_stack(stack), *over;
    fill(large, H * W);
    for (size_t y = 0; y < 12; y++)
        memcpy(v + y * 12, large + (y + 4) * W + 6, 12 * sizeof *v);
    assert_int_equal(hm_model_over(model, H, W, &over, NULL), HM_OK);
    assert_int_equal(hm_model_layer_size(over, 1), K1 * 8 * 9);
    assert_int_equal(hm_model_up_pass(model, 1, hm_matrix_f32(v, 1, V), hm_matrix_f32(small, 1, K1 * 25), NULL), HM_OK);
    assert_int_equal(hm_model_up_pass(over, 1, hm_matrix_f32(large, 1, H * W), hm_matrix_f32(all, 1, K1 * 72), NULL), HM_OK);
    for (size_t k = 0; k < K1; k++)
        for (size_t y = 0; y < 5; y++)
            for (size_t x = 0; x < 5; x++)
                assert_true(fabsf(small[k * 25 + y * 5 + x] - all[k * 72 + (y + 2) * 9 + x + 3]) < 1e-6f); /* other sums, other order */
    hm_model_destroy(over);
    hm_model_destroy(model);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    float v[2 * 144] = {0}, out[64];
    hm_error error;
    hm_model *model = make_stack("gaussian 1x12x12 | pool 2x2 by 3x3 | 4"), *over;
    const hm_descriptor no_maps = {.layer = {2}, .n_layers = 1, .pool_side = 3, .pool_stride = 2}, no_layer = {.layer = {3}, .n_layers = 1};
    assert_int_equal(hm_describe(model, &no_maps, hm_matrix_f32(v, 1, V), hm_matrix_f32(out, 1, 4), &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "layer 2 is not maps"));
    assert_int_equal(hm_describe(model, &no_layer, hm_matrix_f32(v, 1, V), hm_matrix_f32(out, 1, 4), &error), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_model_over(model, 20, 20, &over, &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "layer 2 has no filters"));
    assert_null(over);
    hm_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_stand_side_by_side),
        cmocka_unit_test(maps_are_pooled),
        cmocka_unit_test(larger_pictures_are_seen_alike),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
