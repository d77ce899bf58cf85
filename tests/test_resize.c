/* Resizing by area averages: against the integral over each output pixel, for odd sizes up and
 * down. */
#include "data_files.h"

#include "data/resize.h"

static float value_at(size_t i)
{
    return (float)((i * 7919) % 1000) / 1000;
}

static double overlap(double a, double b, double c, double d)
{
    double begin = a > c ? a : c, end = b < d ? b : d;
    return end > begin ? end - begin : 0;
}

/* The mean of the source over the area of output pixel (y, x), from its definition. */
static double mean_over_pixel(const float *in, size_t h, size_t w, size_t H, size_t W, size_t y,
                              size_t x)
{
    double top = (double)(y * h) / (double)H, bottom = (double)((y + 1) * h) / (double)H;
    double left = (double)(x * w) / (double)W, right = (double)((x + 1) * w) / (double)W;
    double sum = 0;
    for (size_t i = 0; i < h; i++)
        for (size_t j = 0; j < w; j++)
            sum += (double)in[i * w + j] * overlap(top, bottom, (double)i, (double)i + 1) *
                   overlap(left, right, (double)j, (double)j + 1);
    return sum / ((bottom - top) * (right - left));
}

static float *resize(data_place *place, const float *in, size_t h, size_t w, size_t H, size_t W)
{
    hm_resize *plan;
    assert_int_equal(hm_resize_create(place->context, h, w, H, W, &plan, &place->error), HM_OK);
    float *out = malloc(H * W * sizeof *out),
          *scratch = malloc(hm_resize_scratch(plan) * sizeof *scratch);
    hm_resize_apply(plan, in, scratch, out);
    free(scratch);
    hm_resize_destroy(place->context, plan);
    return out;
}

/* Largest error seen: 1.3e-7, three roundings of a float. */
static void test_against_integral(void **state)
{
    (void)state;
    static const size_t sizes[][4] = {
        {28, 28, 16, 16}, {16, 16, 28, 28}, {7, 5, 3, 4},    {3, 4, 7, 5},
        {1, 1, 5, 3},     {5, 3, 1, 1},     {13, 1, 4, 1},   {1, 13, 1, 5},
        {6, 6, 3, 2},     {6, 4, 6, 4},     {11, 17, 11, 3}, {2, 97, 3, 89},
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        size_t h = sizes[k][0], w = sizes[k][1], H = sizes[k][2], W = sizes[k][3];
        float *in = malloc(h * w * sizeof *in);
        for (size_t i = 0; i < h * w; i++)
            in[i] = value_at(i);
        float *out = resize(&place, in, h, w, H, W);
        for (size_t y = 0; y < H; y++)
            for (size_t x = 0; x < W; x++)
                assert_float_equal(out[y * W + x], mean_over_pixel(in, h, w, H, W, y, x), 3e-7);
        free(out);
        free(in);
    }
    close_place(&place);
}

static void test_exact_cases(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    const float in[8] = {1, 2, 3, 4, 5, 6, 7, 8}; /* 2 x 4 */
    float *same = resize(&place, in, 2, 4, 2, 4);
    assert_memory_equal(same, in, sizeof in);
    free(same);
    float *halved = resize(&place, in, 2, 4, 1, 2);
    assert_true(halved[0] == 3.5f && halved[1] == 5.5f);
    free(halved);
    float *doubled = resize(&place, in, 2, 4, 4, 8); /* pixels are repeated */
    for (size_t y = 0; y < 4; y++)
        for (size_t x = 0; x < 8; x++)
            assert_true(doubled[8 * y + x] == in[4 * (y / 2) + x / 2]);
    free(doubled);
    close_place(&place);
}

/* The mean of a picture stays what it is, whatever the sizes; a constant picture stays constant. */
static void test_mean_is_kept(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    float in[23 * 19], flat[23 * 19];
    double mean = 0;
    for (size_t i = 0; i < 23 * 19; i++) {
        in[i] = value_at(i);
        flat[i] = 0.7f;
        mean += (double)in[i] / (23 * 19);
    }
    for (size_t H = 1; H < 40; H += 6) {
        for (size_t W = 1; W < 40; W += 7) {
            float *out = resize(&place, in, 23, 19, H, W),
                  *level = resize(&place, flat, 23, 19, H, W);
            double sum = 0;
            for (size_t i = 0; i < H * W; i++) {
                sum += (double)out[i];
                assert_float_equal(level[i], 0.7, 1e-6);
            }
            assert_float_equal(sum / (double)(H * W), mean, 1e-6);
            free(out);
            free(level);
        }
    }
    close_place(&place);
}

/* Through the option: resized digits equal the resizing of the whole pictures, on one thread and
 * on three. */
static void test_option(void **state)
{
    (void)state;
    unsigned char bytes[37 * 5 * 7];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 31);
    for (int n_threads = 1; n_threads <= 3; n_threads += 2) {
        data_place place;
        open_place(&place, 1, n_threads);
        write_idx(&place, "a", 3, (uint32_t[]){37, 5, 7}, bytes, sizeof bytes);
        set_option(&place, "resize", "3X4");
        set_option(&place, "scale", "1");
        hm_dataset *set = open_set(&place, place.path);
        expect_shape(set, 37, 3, 4);
        float *values = read_all(set);
        for (size_t i = 0; i < 37; i++) {
            float in[35];
            for (size_t j = 0; j < 35; j++)
                in[j] = (float)bytes[35 * i + j];
            float *out = resize(&place, in, 5, 7, 3, 4);
            assert_memory_equal(out, values + 12 * i, 12 * sizeof *out);
            free(out);
        }
        free(values);
        hm_dataset_close(set);
        close_place(&place);
    }
}

static void test_wrong_sizes(void **state)
{
    (void)state;
    static const char *const sizes[] = {"x",
                                        "16x",
                                        "x16",
                                        "0x5",
                                        "5x0",
                                        "-3x4",
                                        "5x5x5",
                                        "16 x 16",
                                        "4097x1",
                                        "1e2x3",
                                        "99999999999999999999x1"};
    data_place place;
    open_place(&place, 1, 1);
    write_idx(&place, "a", 3, (uint32_t[]){1, 2, 2}, (const unsigned char[]){1, 2, 3, 4}, 4);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        set_option(&place, "resize", sizes[i]);
        refuse_with(&place, place.path, HM_ERROR_ARGUMENT, "resize = ", sizes[i], "16x16", NULL);
    }
    close_place(&place);
}

/* Each mean lies within what it is the mean of: whites stay 1 at most, and a constant is not changed. Roundings alone gave up to
 * 1.0000002 for most of these sizes. */
static void test_means_stay_inside(void **state)
{
    (void)state;
    static const float levels[] = {1, 255, 0.1f, 65535};
    data_place place;
    open_place(&place, 1, 1);
    for (size_t h = 1; h <= 90; h += 7)
        for (size_t w = 2; w <= 90; w += 11)
            for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
                size_t H = 1 + (h * 5 + k) % 31, W = 1 + (w * 3 + k) % 97, beyond = 0;
                float *in = malloc(h * w * sizeof *in);
                for (size_t i = 0; i < h * w; i++)
                    in[i] = levels[k];
                float *out = resize(&place, in, h, w, H, W);
                for (size_t i = 0; i < H * W; i++)
                    beyond += out[i] != levels[k];
                assert_int_equal(beyond, 0);
                free(out);
                for (size_t i = 0; i < h * w; i++)
                    in[i] = i % 3 ? levels[k] : -levels[k];
                out = resize(&place, in, h, w, H, W);
                for (size_t i = 0; i < H * W; i++)
                    beyond += !(out[i] >= -levels[k] && out[i] <= levels[k]);
                assert_int_equal(beyond, 0);
                free(out);
                free(in);
            }
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_integral), cmocka_unit_test(test_exact_cases),
        cmocka_unit_test(test_mean_is_kept),     cmocka_unit_test(test_option),
        cmocka_unit_test(test_wrong_sizes),      cmocka_unit_test(test_means_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
