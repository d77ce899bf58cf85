/* Scaling, inverting, thresholds, sampling and standardising, in the library's rows and through
 * the options. */
#include "data_files.h"

#include <math.h>

#include "data/transform.h"

static void test_scale_and_invert(void **state)
{
    (void)state;
    float row[5] = {0, 0.25f, 0.5f, 1, -2};
    const hm_transform scaled = {.factor = 4, .offset = 0};
    hm_transform_scale(&scaled, row, 5);
    assert_memory_equal(row, ((float[]){0, 1, 2, 4, -8}), sizeof row);
    const hm_transform inverted = {.factor = -0.5f, .offset = 1};
    hm_transform_scale(&inverted, row, 5);
    assert_memory_equal(row, ((float[]){1, 0.5f, 0, -1, 5}), sizeof row);
}

/* What equals the threshold does not lie above it. */
static void test_threshold(void **state)
{
    (void)state;
    float row[4] = {0.4999f, 0.5f, 0.5001f, -1};
    const hm_transform t = {.factor = 1, .has_threshold = true, .threshold = 0.5f};
    hm_transform_scale(&t, row, 4);
    hm_transform_cut(&t, row, 4);
    assert_memory_equal(row, ((float[]){0, 0, 1, 0}), sizeof row);
}

static void test_standardise(void **state)
{
    (void)state;
    float row[3] = {10, 20, 30};
    const hm_transform t = {
        .factor = 0.5f, .shift = (float[]){1, 10, 0}, .spread = (float[]){2, 1, 4}};
    hm_transform_scale(&t, row, 3);
    hm_transform_standardise(&t, row, 3);
    hm_transform_cut(&t, row, 3); /* without a threshold it does nothing */
    assert_memory_equal(row, ((float[]){2, 0, 3.75f}), sizeof row);
}

/* Each value is compared with the documented draw: (seed, HM_RANDOM_BINARISE, epoch), case,
 * feature. */
static void test_sample_is_the_documented_draw(void **state)
{
    (void)state;
    enum { N = 1300 };
    float row[N], p[N];
    size_t bad;
    const hm_random random = {.seed = 7, .purpose = HM_RANDOM_BINARISE, .step = 3};
    for (size_t i = 0; i < N; i++)
        row[i] = p[i] = (float)(i % 11) / 10;
    assert_true(hm_transform_sample(&random, 42, row, N, &bad));
    for (size_t i = 0; i < N; i++) {
        assert_true(row[i] == (hm_random_uniform(&random, 42, i) < p[i] ? 1.0f : 0.0f));
        if (p[i] == 0 || p[i] == 1)
            assert_true(row[i] == p[i]);
    }
}

static void test_sample_refuses_what_is_no_probability(void **state)
{
    (void)state;
    const hm_random random = {.seed = 1, .purpose = HM_RANDOM_BINARISE};
    size_t bad = 99;
    assert_false(hm_transform_sample(&random, 0, (float[]){0.5f, 1.01f, -3}, 3, &bad));
    assert_int_equal(bad, 1);
    assert_false(hm_transform_sample(&random, 0, (float[]){0, 1, -0.01f}, 3, &bad));
    assert_int_equal(bad, 2);
    assert_false(hm_transform_sample(&random, 0, (float[]){NAN, 1, 0}, 3, &bad));
    assert_int_equal(bad, 0);
    assert_true(
        hm_transform_sample(&random, 0, (float[]){1.000001f, -1e-6f}, 2, &bad)); /* roundings */
}

/* ---- Through the options --------------------------------------------------------------------- */

static const unsigned char bytes_8[8] = {0, 51, 127, 128, 153, 204, 254, 255};

static hm_dataset *open_bytes(data_place *place)
{
    return open_set(place, write_idx(place, "a", 2, (uint32_t[]){2, 4}, bytes_8, 8));
}

static void test_options(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "invert", "yes");
    hm_dataset *set = open_bytes(&place);
    float *values = read_all(set);
    for (int i = 0; i < 8; i++) /* two roundings of a float; 7e-8 seen */
        assert_true(fabs((double)values[i] - (1 - bytes_8[i] / 255.0)) <= 1.2e-7);
    free(values);
    hm_dataset_close(set);
    set_option(&place, "binarise", "threshold");
    set = open_bytes(&place);
    expect_values(set, 2, 4, (float[]){1, 1, 1, 0, 0, 0, 0, 0});
    hm_dataset_close(set);
    set_option(&place, "invert", "no");
    set_option(&place, "threshold", "0.79");
    set = open_bytes(&place);
    expect_values(set, 2, 4, (float[]){0, 0, 0, 0, 0, 1, 1, 1});
    hm_dataset_close(set);
    set_option(&place, "scale", "0.5");
    set_option(&place, "threshold", "63.75");
    set = open_bytes(&place);
    expect_values(set, 2, 4, (float[]){0, 0, 0, 1, 1, 1, 1, 1});
    hm_dataset_close(set);
    close_place(&place);
}

/* The draw depends on the seed, the epoch and the place of a case in its file: not on threads,
 * on the order of reading, or on the subset that holds the case. */
static void test_sampling(void **state)
{
    (void)state;
    enum { N = 200, FEATURES = 150 };
    unsigned char *bytes = malloc(N * FEATURES);
    float *first = malloc(N * FEATURES * sizeof *first),
          *other = malloc(N * FEATURES * sizeof *other);
    for (int i = 0; i < N * FEATURES; i++)
        bytes[i] = (unsigned char)(i % 256);
    for (int n_threads = 1; n_threads <= 3; n_threads += 2) {
        data_place place;
        open_place(&place, 11, n_threads);
        write_idx(&place, "a", 2, (uint32_t[]){N, FEATURES}, bytes, N * FEATURES);
        set_option(&place, "binarise", "sample");
        hm_dataset *set = open_set(&place, place.path);
        hm_matrix out = hm_matrix_f32(n_threads == 1 ? first : other, N, FEATURES);
        assert_int_equal(hm_dataset_read(set, NULL, 0, N, 5, out, &place.error), HM_OK);
        if (n_threads > 1)
            assert_memory_equal(first, other, N * FEATURES * sizeof *first);
        double n_on = 0;
        for (int i = 0; i < N * FEATURES; i++)
            n_on += (double)first[i];
        /* Mean 0.5, standard deviation below 0.5 / sqrt(30000) = 0.0029: five of them. */
        assert_float_equal(n_on / (N * FEATURES), 0.5, 0.015);
        set_option(&place, "subset", "20");
        hm_dataset *few = open_set(&place, place.path);
        uint32_t back[20];
        for (uint32_t i = 0; i < 20; i++)
            back[i] = 19 - i;
        assert_int_equal(
            hm_dataset_read(few, back, 0, 20, 5, hm_matrix_f32(other, 20, FEATURES), NULL), HM_OK);
        for (size_t i = 0; i < 20; i++) { /* each must be one of the rows of the whole set */
            size_t k = 0;
            while (k < N && memcmp(first + k * FEATURES, other + i * FEATURES,
                                   FEATURES * sizeof *first) != 0)
                k++;
            assert_true(k < N);
        }
        assert_int_equal(
            hm_dataset_read(set, NULL, 0, N, 6, hm_matrix_f32(other, N, FEATURES), NULL), HM_OK);
        assert_memory_not_equal(first, other, N * FEATURES * sizeof *first);
        hm_dataset_close(few);
        hm_dataset_close(set);
        close_place(&place);
    }
    free(other);
    free(first);
    free(bytes);
}

static void test_sampling_needs_probabilities(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    float values[8];
    set_option(&place, "binarise", "sample");
    set_option(&place, "scale", "1");
    hm_dataset *set = open_bytes(&place);
    assert_int_equal(hm_dataset_read(set, NULL, 0, 2, 0, hm_matrix_f32(values, 2, 4), &place.error),
                     HM_ERROR_NUMERIC);
    assert_non_null(strstr(place.error.message, "row 0, column 1"));
    assert_non_null(strstr(place.error.message, "`scale`"));
    hm_dataset_close(set);
    close_place(&place);
}

/* A finite number that a transform makes infinite is told as well. */
static void test_overflow(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    float values[2];
    set_option(&place, "scale", "1000");
    hm_dataset *set = open_set(&place, write_text(&place, "a.csv", "1,1\n1,3e38\n"));
    assert_int_equal(hm_dataset_read(set, NULL, 0, 1, 0, hm_matrix_f32(values, 1, 2), &place.error),
                     HM_OK);
    assert_int_equal(hm_dataset_read(set, NULL, 1, 1, 0, hm_matrix_f32(values, 1, 2), &place.error),
                     HM_ERROR_NUMERIC);
    assert_non_null(strstr(place.error.message, "row 1, column 1"));
    hm_dataset_close(set);
    close_place(&place);
}

/* A NaN that is read from the disk must not become a 0 or 1; and dividing by next to nothing
 * overflows for bytes, too. */
static void test_nothing_is_hidden(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    float values[2];
    write_npy(&place, "a", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }",
              "\0\0\0\0\0\0\xc0\x7f", 8);
    set_option(&place, "memory", "0");
    set_option(&place, "binarise", "threshold");
    hm_dataset *set = open_set(&place, place.path);
    assert_int_equal(hm_dataset_read(set, NULL, 0, 1, 0, hm_matrix_f32(values, 1, 2), &place.error),
                     HM_ERROR_NUMERIC);
    assert_non_null(strstr(place.error.message, "row 0, column 1"));
    hm_dataset_close(set);
    reset_options(&place);
    set = open_bytes(&place);
    float all[8];
    assert_int_equal(hm_dataset_standardise(set, (float[]){0, 0, 0, 0}, (float[]){1, 1, 1, 1e-40f},
                                            &place.error),
                     HM_OK);
    assert_int_equal(hm_dataset_read(set, NULL, 0, 2, 0, hm_matrix_f32(all, 2, 4), &place.error),
                     HM_ERROR_NUMERIC);
    assert_non_null(strstr(place.error.message, "row 0, column 3"));
    hm_dataset_close(set);
    close_place(&place);
}

static void test_standardise_option(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 2);
    write_text(&place, "a.csv", "1,5,-1\n3,5,1\n5,5,-1\n7,5,1\n");
    set_option(&place, "standardise", "yes");
    for (int streamed = 0; streamed < 2; streamed++) {
        hm_dataset *set = open_set(&place, place.path);
        const float deviation = (float)sqrt(5.0);
        assert_true(hm_dataset_shift(set)[0] == 4 && hm_dataset_spread(set)[0] == deviation);
        assert_true(hm_dataset_shift(set)[1] == 5 && hm_dataset_spread(set)[1] == 1); /* constant */
        assert_true(hm_dataset_shift(set)[2] == 0 && hm_dataset_spread(set)[2] == 1);
        expect_values(set, 4, 3,
                      (float[]){-3 / deviation, 0, -1, -1 / deviation, 0, 1, 1 / deviation, 0, -1,
                                3 / deviation, 0, 1});
        hm_dataset_close(set);
        const float columns[12] = {1, 5, -1, 3, 5, 1, 5, 5, -1, 7, 5, 1};
        write_npy(&place, "a.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }",
                  columns, sizeof columns);
        set_option(&place, "memory", "0");
    }
    set_option(&place, "binarise", "threshold");
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, "standardise", "binarise", NULL);
    close_place(&place);
}

/* Validation cases meet the shift and spread of the training cases. */
static void test_standardise_validation(void **state)
{
    (void)state;
    enum { N = 100 };
    data_place place;
    open_place(&place, 2, 1);
    byte_list list = {0};
    for (int i = 0; i < N; i++) {
        char text[32];
        add_bytes(&list, text, (size_t)snprintf(text, sizeof text, "%d\n", i * i));
    }
    write_list(&place, "a.csv", &list);
    set_option(&place, "standardise", "yes");
    set_option(&place, "validation", "0.3");
    set_option(&place, "data", place.path);
    hm_dataset *train, *validation;
    assert_int_equal(
        hm_dataset_open(place.context, &place.config, &train, &validation, &place.error), HM_OK);
    assert_int_equal(hm_dataset_n_cases(train), 70);
    assert_int_equal(hm_dataset_n_cases(validation), 30);
    double mean, variance;
    assert_int_equal(hm_dataset_moments(train, &mean, &variance, &place.error), HM_OK);
    assert_float_equal(mean, 0, 1e-6);
    assert_float_equal(variance, 1, 1e-6);
    assert_true(hm_dataset_shift(train)[0] == hm_dataset_shift(validation)[0]);
    assert_true(hm_dataset_spread(train)[0] == hm_dataset_spread(validation)[0]);
    float *values = read_all(validation);
    for (size_t i = 0; i < 30; i++) {
        double x = (double)values[i] * (double)hm_dataset_spread(train)[0] +
                   (double)hm_dataset_shift(train)[0];
        double root = round(sqrt(fabs(x)));
        assert_true(fabs(x - root * root) < 2e-3); /* undone, it is a square again, up to floats */
    }
    free(values);
    hm_dataset_close(train);
    hm_dataset_close(validation);
    close_place(&place);
}

static void test_standardise_by_a_model(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    hm_dataset *set = open_set(&place, write_text(&place, "a.csv", "1,2\n3,4\n"));
    assert_null(hm_dataset_shift(set));
    assert_int_equal(hm_dataset_standardise(set, (float[]){1, 2}, (float[]){2, 4}, &place.error),
                     HM_OK);
    expect_values(set, 2, 2, (float[]){0, 0, 1, 0.5f});
    assert_int_equal(hm_dataset_standardise(set, (float[]){0, 0}, (float[]){1, 0}, &place.error),
                     HM_ERROR_NUMERIC);
    assert_non_null(strstr(place.error.message, "feature 1"));
    assert_int_equal(hm_dataset_standardise(set, (float[]){NAN, 0}, (float[]){1, 1}, &place.error),
                     HM_ERROR_NUMERIC);
    expect_values(set, 2, 2, (float[]){0, 0, 1, 0.5f}); /* as before */
    assert_int_equal(hm_dataset_standardise(set, NULL, NULL, &place.error), HM_OK);
    expect_values(set, 2, 2, (float[]){1, 2, 3, 4});
    hm_dataset_close(set);
    set_option(&place, "binarise", "threshold");
    set = open_set(&place, place.path);
    assert_int_equal(hm_dataset_standardise(set, (float[]){0, 0}, (float[]){1, 1}, &place.error),
                     HM_ERROR_MISMATCH);
    hm_dataset_close(set);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale_and_invert),
        cmocka_unit_test(test_threshold),
        cmocka_unit_test(test_standardise),
        cmocka_unit_test(test_sample_is_the_documented_draw),
        cmocka_unit_test(test_sample_refuses_what_is_no_probability),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_sampling),
        cmocka_unit_test(test_sampling_needs_probabilities),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_nothing_is_hidden),
        cmocka_unit_test(test_standardise_option),
        cmocka_unit_test(test_standardise_validation),
        cmocka_unit_test(test_standardise_by_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
