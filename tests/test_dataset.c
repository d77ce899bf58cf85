/* Data sets: over memory and files, labels, classes, subsets, validation splits, moments,
 * fingerprints. */
#include "data_files.h"

#include <math.h>

/* n cases: the first feature is the number of the case, the second its label. */
static hm_dataset *numbered_set(data_place *place, size_t n, int32_t n_classes)
{
    float *cases = malloc(2 * n * sizeof *cases);
    int32_t *labels = malloc(n * sizeof *labels);
    hm_dataset *set;
    for (size_t i = 0; i < n; i++) {
        labels[i] = (int32_t)(i * i % 31) % n_classes;
        cases[2 * i] = (float)i;
        cases[2 * i + 1] = (float)labels[i];
    }
    assert_int_equal(
        hm_dataset_create(place->context, cases, labels, n, 2, 0, 0, &set, &place->error), HM_OK);
    free(cases);
    free(labels);
    return set;
}

/* The same as files; the options of the place then name them. */
static void write_numbered(data_place *place, size_t n, int32_t n_classes)
{
    byte_list cases = {0}, labels = {0};
    char text[64];
    for (size_t i = 0; i < n; i++) {
        int label = (int)(i * i % 31) % n_classes;
        add_bytes(&cases, text, (size_t)snprintf(text, sizeof text, "%zu,%d\n", i, label));
        add_bytes(&labels, text, (size_t)snprintf(text, sizeof text, "%d\n", label));
    }
    write_list(place, "labels.csv", &labels);
    set_option(place, "labels", place->path);
    write_list(place, "cases.csv", &cases);
    set_option(place, "data", place->path);
}

static void open_both(data_place *place, hm_dataset **train, hm_dataset **validation)
{
    if (hm_dataset_open(place->context, &place->config, train, validation, &place->error) != HM_OK)
        fail_msg("%s", place->error.message);
}

/* ---- Over memory ----------------------------------------------------------------------------- */

static void test_create(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    float cases[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const int32_t labels[2] = {5, 0};
    hm_dataset *set;
    assert_int_equal(
        hm_dataset_create(place.context, cases, labels, 2, 6, 2, 3, &set, &place.error), HM_OK);
    cases[0] = 99; /* the set has its own copy */
    expect_shape(set, 2, 2, 3);
    expect_values(set, 2, 6, (float[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    assert_int_equal(hm_dataset_n_classes(set), 6);
    assert_int_equal(hm_dataset_label(set, 0), 5);
    assert_int_equal(hm_dataset_label(set, 1), 0);
    assert_null(hm_dataset_class_name(set, 5));
    assert_string_equal(hm_dataset_describe(set), "cases in memory");
    hm_dataset_close(set);
    hm_dataset_close(NULL);
    close_place(&place);
}

static void test_borrow(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    float cases[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    hm_dataset *copy, *set;
    assert_int_equal(hm_dataset_create(place.context, cases, NULL, 2, 6, 2, 3, &copy, &place.error), HM_OK);
    assert_int_equal(hm_dataset_borrow(place.context, cases, NULL, 2, 6, 2, 3, &set, &place.error), HM_OK);
    assert_string_equal(hm_dataset_fingerprint(set), hm_dataset_fingerprint(copy));
    cases[0] = 99; /* the set reads the caller's memory */
    expect_values(set, 2, 6, (float[]){99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    hm_dataset_close(copy);
    hm_dataset_close(set);
    cases[3] = INFINITY;
    assert_int_equal(hm_dataset_borrow(place.context, cases, NULL, 2, 6, 0, 0, &set, &place.error), HM_ERROR_NUMERIC);
    close_place(&place);
}

static void test_create_refuses(void **state)
{
    (void)state;
    static const struct {
        size_t n, n_features, height, width;
        const char *piece;
    } rows[] = {
        {0, 4, 0, 0, "0 cases"},
        {2, 0, 0, 0, "0 features"},
        {2, 4, 2, 3, "2 x 3"},
        {2, 4, 4, 0, "4 x 0"},
        {2, 4, SIZE_MAX / 2 + 3, 2, "no pictures"}, /* the product wraps round to 4 */
        {(size_t)1 << 33, 4, 0, 0, "8589934592 cases"},
        {2, (size_t)1 << 30, 0, 0, "1073741824 features"},
    };
    data_place place;
    open_place(&place, 1, 1);
    float cases[8] = {0, 1, 2, 3, 4, 5, 6, NAN};
    hm_dataset *set;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(hm_dataset_create(place.context, cases, NULL, rows[i].n,
                                           rows[i].n_features, rows[i].height, rows[i].width, &set,
                                           &place.error),
                         HM_ERROR_ARGUMENT);
        assert_null(set);
        assert_non_null(strstr(place.error.message, rows[i].piece));
    }
    assert_int_equal(hm_dataset_create(place.context, cases, NULL, 2, 4, 0, 0, &set, &place.error),
                     HM_ERROR_NUMERIC);
    assert_non_null(strstr(place.error.message, "row 1, column 3"));
    cases[7] = 7;
    assert_int_equal(
        hm_dataset_create(place.context, cases, (int32_t[]){0, -1}, 2, 4, 0, 0, &set, &place.error),
        HM_ERROR_FORMAT);
    assert_non_null(strstr(place.error.message, "case 1"));
    assert_int_equal(hm_dataset_create(place.context, cases, (int32_t[]){0, 1000000}, 2, 4, 0, 0,
                                       &set, &place.error),
                     HM_ERROR_FORMAT);
    close_place(&place);
}

/* Any choice of cases, into a view whose rows lie further apart than they are long. */
static void test_read(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 2);
    hm_dataset *set = numbered_set(&place, 50, 3);
    float values[3 * 5];
    for (int i = 0; i < 15; i++)
        values[i] = -1;
    hm_matrix out = {values, 3, 2, 5, HM_DTYPE_F32};
    assert_int_equal(hm_dataset_read(set, (uint32_t[]){49, 7, 7}, 0, 3, 0, out, &place.error),
                     HM_OK);
    assert_true(values[0] == 49 && values[5] == 7 && values[10] == 7);
    assert_true(values[2] == -1 && values[3] == -1 && values[14] == -1);
    assert_int_equal(hm_dataset_read(set, NULL, 47, 3, 0, out, &place.error), HM_OK);
    assert_true(values[0] == 47 && values[5] == 48 && values[10] == 49);
    size_t before = place.memory.n_asked;
    assert_int_equal(hm_dataset_read(set, NULL, 0, 0, 0, hm_matrix_f32(values, 0, 2), &place.error),
                     HM_OK);
    assert_int_equal(hm_dataset_read(set, NULL, 0, 3, 9, out, &place.error), HM_OK);
    assert_int_equal(place.memory.n_asked, before); /* reading allocates nothing */
    hm_dataset_close(set);
    close_place(&place);
}

static void test_of_class(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    hm_dataset *set = numbered_set(&place, 200, 4), *part, *none;
    size_t n = 0;
    for (size_t i = 0; i < 200; i++)
        n += hm_dataset_label(set, i) == 2;
    assert_int_equal(hm_dataset_of_class(set, 2, &part, &place.error), HM_OK);
    assert_string_equal(hm_dataset_describe(part), "cases in memory, class 2");
    assert_string_not_equal(hm_dataset_fingerprint(part), hm_dataset_fingerprint(set));
    assert_int_equal(hm_dataset_of_class(set, 9, &none, &place.error), HM_ERROR_NOT_FOUND);
    assert_null(none);
    assert_int_equal(hm_dataset_of_class(set, -1, &none, &place.error), HM_ERROR_NOT_FOUND);
    hm_dataset_close(set); /* the part lives on */
    assert_int_equal(hm_dataset_n_cases(part), n);
    assert_int_equal(hm_dataset_n_classes(part), 4);
    float *values = read_all(part);
    for (size_t i = 0; i < n; i++) {
        assert_true(values[2 * i + 1] == 2);
        assert_int_equal(hm_dataset_label(part, i), 2);
        assert_true(i == 0 || values[2 * i] > values[2 * i - 2]); /* in the order of the set */
    }
    free(values);
    hm_dataset_close(part);
    const float one = 1;
    assert_int_equal(hm_dataset_create(place.context, &one, NULL, 1, 1, 0, 0, &set, &place.error),
                     HM_OK);
    assert_int_equal(hm_dataset_of_class(set, 0, &part, &place.error), HM_ERROR_ARGUMENT);
    hm_dataset_close(set);
    close_place(&place);
}

/* A part of one class keeps the transforms of the whole. */
static void test_of_class_keeps_transforms(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    write_numbered(&place, 60, 3);
    set_option(&place, "standardise", "yes");
    hm_dataset *set, *part;
    open_both(&place, &set, NULL);
    assert_int_equal(hm_dataset_of_class(set, 1, &part, &place.error), HM_OK);
    assert_true(hm_dataset_shift(part) != hm_dataset_shift(set));
    assert_memory_equal(hm_dataset_shift(part), hm_dataset_shift(set), 2 * sizeof(float));
    assert_memory_equal(hm_dataset_spread(part), hm_dataset_spread(set), 2 * sizeof(float));
    float *whole = read_all(set), *some = read_all(part);
    for (size_t i = 0, k = 0; i < 60; i++)
        if (hm_dataset_label(set, i) == 1)
            assert_memory_equal(whole + 2 * i, some + 2 * k++, 2 * sizeof(float));
    free(whole);
    free(some);
    hm_dataset_close(set);
    hm_dataset_close(part);
    close_place(&place);
}

/* ---- Choosing and dividing ------------------------------------------------------------------- */

static void test_classes(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        unsigned chosen; /* bit c: class c */
    } rows[] = {{"2", 4},          {"0-2", 7},   {"0,3", 9},    {"3-4, 0", 25},
                {" 1 - 2 ,4", 22}, {"0-99", 31}, {"2,2,1-2", 6}};
    data_place place;
    open_place(&place, 1, 1);
    write_numbered(&place, 100, 5);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        set_option(&place, "classes", rows[k].list);
        hm_dataset *set;
        open_both(&place, &set, NULL);
        size_t n = 0;
        for (size_t i = 0; i < 100; i++)
            n += rows[k].chosen >> (i * i % 31 % 5) & 1;
        assert_int_equal(hm_dataset_n_cases(set), n);
        assert_int_equal(hm_dataset_n_classes(set), 5);
        for (size_t i = 0; i < n; i++)
            assert_true(rows[k].chosen >> hm_dataset_label(set, i) & 1);
        hm_dataset_close(set);
    }
    close_place(&place);
}

static void test_wrong_classes(void **state)
{
    (void)state;
    static const char *const lists[] = {"x",   "1,",  ",1",   "1-", "-1",   "2-1",
                                        "1;2", "1 2", "1--2", "+1", "1,,2", "0x1"};
    char many[400] = "";
    for (int i = 0; i < 66; i++)
        strcat(many, i ? ",1" : "1");
    data_place place;
    open_place(&place, 1, 1);
    write_numbered(&place, 100, 5);
    char data[HM_TEXT_MAX];
    strcpy(data, place.config.data);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        set_option(&place, "classes", lists[i]);
        refuse_with(&place, data, HM_ERROR_ARGUMENT, "classes = ", lists[i], "0-4,7", NULL);
    }
    set_option(&place, "classes", many);
    refuse_with(&place, data, HM_ERROR_ARGUMENT, "64 items", NULL);
    set_option(&place, "classes", "1,5");
    refuse_with(&place, data, HM_ERROR_ARGUMENT, "no case of class 5", "up to 4", NULL);
    set_option(&place, "classes", "99999999999999999999");
    refuse_with(&place, data, HM_ERROR_ARGUMENT, "no case of class", NULL);
    set_option(&place, "classes", "1");
    set_option(&place, "labels", "");
    refuse_with(&place, data, HM_ERROR_ARGUMENT, "no labels", NULL);
    close_place(&place);
}

/* Counts the cases of each class that a set holds, and that none occurs twice over all sets
 * given. */
static void count_classes(const hm_dataset *set, size_t count[5], unsigned char *is_seen)
{
    float *values = read_all(set);
    memset(count, 0, 5 * sizeof *count);
    for (size_t i = 0; i < hm_dataset_n_cases(set); i++) {
        size_t number = (size_t)values[2 * i];
        assert_false(is_seen[number]);
        is_seen[number] = 1;
        assert_true(hm_dataset_label(set, i) == (int32_t)values[2 * i + 1]);
        assert_true(i == 0 || values[2 * i] > values[2 * i - 2]); /* in the order of the file */
        count[hm_dataset_label(set, i)]++;
    }
    free(values);
}

static void test_subset_and_validation(void **state)
{
    (void)state;
    enum { N = 997 };
    static const struct {
        const char *subset, *validation;
        size_t n_train, n_validation;
    } rows[] = {{"0", "0", 997, 0},     {"100", "0", 100, 0},     {"0", "0.1", 897, 100},
                {"0", "250", 747, 250}, {"500", "0.2", 400, 100}, {"997", "1", 996, 1},
                {"2", "1", 1, 1},       {"0", "0.999", 1, 996}};
    data_place place;
    open_place(&place, 6, 1);
    write_numbered(&place, N, 5);
    double size[5] = {0};
    for (size_t i = 0; i < N; i++)
        size[i * i % 31 % 5]++;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        hm_dataset *train, *validation;
        unsigned char is_seen[N] = {0};
        size_t n_train[5], n_validation[5] = {0};
        set_option(&place, "subset", rows[k].subset);
        set_option(&place, "validation", rows[k].validation);
        open_both(&place, &train, &validation);
        assert_int_equal(hm_dataset_n_cases(train), rows[k].n_train);
        count_classes(train, n_train, is_seen);
        if (rows[k].n_validation == 0)
            assert_null(validation);
        else
            count_classes(validation, n_validation, is_seen);
        size_t n = rows[k].n_train + rows[k].n_validation;
        for (int c = 0; c < 5; c++) { /* a subset within one of its share, parts of it within two */
            double share = size[c] * (double)n / N;
            assert_true(fabs((double)(n_train[c] + n_validation[c]) - share) < 1);
            double held = (double)rows[k].n_validation / (double)n * share;
            assert_true(fabs((double)n_validation[c] - held) < 2);
        }
        hm_dataset_close(train);
        hm_dataset_close(validation);
    }
    /* Who wants no validation set gets every case. */
    set_option(&place, "subset", "0");
    set_option(&place, "validation", "0.5");
    hm_dataset *train;
    open_both(&place, &train, NULL);
    assert_int_equal(hm_dataset_n_cases(train), N);
    hm_dataset_close(train);
    close_place(&place);
}

static void test_split_depends_on_the_seed_alone(void **state)
{
    (void)state;
    char first[32] = "", other[32] = "";
    for (uint64_t seed = 1; seed <= 2; seed++) {
        for (int n_threads = 1; n_threads <= 2; n_threads++) {
            data_place place;
            open_place(&place, seed, n_threads);
            write_numbered(&place, 300, 3);
            set_option(&place, "subset", "200");
            set_option(&place, "validation", "50");
            hm_dataset *train, *validation;
            open_both(&place, &train, &validation);
            char *mark = seed == 1 ? first : other;
            if (mark[0])
                assert_string_equal(mark, hm_dataset_fingerprint(train));
            strcpy(mark, hm_dataset_fingerprint(train));
            assert_string_not_equal(mark, hm_dataset_fingerprint(validation));
            hm_dataset_close(train);
            hm_dataset_close(validation);
            close_place(&place);
        }
    }
    assert_string_not_equal(first, other);
}

static void test_wrong_splits(void **state)
{
    (void)state;
    static const struct {
        const char *subset, *validation, *piece;
    } rows[] = {
        {"101", "0", "subset = 101"},
        {"0", "100", "validation = 100"},
        {"0", "2.5", "whole number"},
        {"0", "0.001", "at least one"},
        {"10", "10", "validation = 10"},
        {"0", "1e30", "validation = 1e+30"},
        {"0", "0.9999", "one left to train on"},
    };
    data_place place;
    open_place(&place, 1, 1);
    write_numbered(&place, 100, 5);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hm_dataset *train, *validation;
        set_option(&place, "subset", rows[i].subset);
        set_option(&place, "validation", rows[i].validation);
        assert_int_equal(
            hm_dataset_open(place.context, &place.config, &train, &validation, &place.error),
            HM_ERROR_ARGUMENT);
        assert_null(train);
        assert_null(validation);
        assert_non_null(strstr(place.error.message, rows[i].piece));
    }
    close_place(&place);
}

/* A program may fill the config by hand, past the ranges of the options. */
static void test_wrong_config(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    char data[HM_TEXT_MAX];
    write_numbered(&place, 10, 2);
    strcpy(data, place.config.data);
    const hm_data_config good = place.config;
    place.config.subset = -1;
    refuse_with(&place, data, HM_ERROR_ARGUMENT, "subset = -1", "at least 0", NULL);
    place.config = good;
    place.config.validation = NAN;
    refuse_with(&place, data, HM_ERROR_ARGUMENT, "validation = nan", NULL);
    place.config = good;
    place.config.scale = INFINITY;
    refuse_with(&place, data, HM_ERROR_ARGUMENT, "scale = inf", "must be a number", NULL);
    place.config = good;
    strcpy(place.config.part, "test");
    refuse_with(&place, data, HM_ERROR_ARGUMENT, "part = test", NULL);
    close_place(&place);
}

/* ---- Labels ---------------------------------------------------------------------------------- */

static void test_label_files(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    char data[HM_TEXT_MAX];
    strcpy(data, write_text(&place, "a.csv", "1\n2\n3\n"));
    const int64_t wide[3] = {2, 0, 7};
    write_idx(&place, "labels-a", 1, (uint32_t[]){3}, (const unsigned char[]){2, 0, 7}, 3);
    write_npy(&place, "labels-b", "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }", wide,
              sizeof wide);
    write_npy(&place, "labels-c", "{'descr': '<i8', 'fortran_order': False, 'shape': (3, 1), }",
              wide, sizeof wide);
    write_text(&place, "labels-d", "label\n2\n0\n7.0\n");
    for (char c = 'a'; c <= 'd'; c++) {
        char name[] = "labels-x";
        name[7] = c;
        set_option(&place, "labels", path_in(&place, name));
        set_option(&place, "memory", "1");
        hm_dataset *set = open_set(&place, data);
        assert_int_equal(hm_dataset_n_classes(set), 8);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(hm_dataset_label(set, i), wide[i]);
        hm_dataset_close(set);
    }
    close_place(&place);
}

static void test_wrong_labels(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        hm_status status;
        const char *piece;
    } rows[] = {
        {"1\n2\n", HM_ERROR_MISMATCH, "2 labels"},
        {"1\n2\n3\n4\n", HM_ERROR_MISMATCH, "4 labels"},
        {"1,2\n1,2\n1,2\n", HM_ERROR_FORMAT, "2 numbers a case"},
        {"1\n2.5\n3\n", HM_ERROR_FORMAT, "case 1 (counted from 0) is 2.5"},
        {"1\n-2.5\n3\n", HM_ERROR_FORMAT, "is -2.5"},
        {"1\n-1000000\n3\n", HM_ERROR_FORMAT, "is -1e+06"},
        {"1\n1000000\n3\n", HM_ERROR_FORMAT, "is 1e+06"},
        {"1\nnan\n3\n", HM_ERROR_NUMERIC, "line 2"},
        {"", HM_ERROR_FORMAT, "empty"},
    };
    data_place place;
    open_place(&place, 1, 1);
    char data[HM_TEXT_MAX];
    strcpy(data, write_text(&place, "a.csv", "1\n2\n3\n"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_option(&place, "labels", write_text(&place, "labels.csv", rows[i].text));
        refuse_with(&place, data, rows[i].status, "labels.csv", rows[i].piece, NULL);
    }
    set_option(&place, "labels", path_in(&place, "absent"));
    refuse_with(&place, data, HM_ERROR_IO, "absent", NULL);
    close_place(&place);
}

/* ---- Moments and fingerprints ---------------------------------------------------------------- */

/* Against a two-pass computation in double; 70 features are more than one task, 9,000 cases more
 * than one block. The worst relative difference seen is 3e-14. */
static void test_moments(void **state)
{
    (void)state;
    enum { N = 9000, FEATURES = 70 };
    data_place place;
    open_place(&place, 1, 3);
    float *cases = malloc(N * FEATURES * sizeof *cases);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < FEATURES; j++) /* some far from 0, one constant */
            cases[i * FEATURES + j] = j == 5 ? 0.1f
                                             : 1000.0f * (float)j +
                                                   (float)((i * 7919 + j * 104729) % 1000) / 999;
    hm_dataset *set;
    assert_int_equal(
        hm_dataset_create(place.context, cases, NULL, N, FEATURES, 0, 0, &set, &place.error),
        HM_OK);
    double mean[FEATURES], variance[FEATURES], mean_alone[FEATURES];
    assert_int_equal(hm_dataset_moments(set, mean, variance, &place.error), HM_OK);
    assert_int_equal(hm_dataset_moments(set, mean_alone, NULL, &place.error), HM_OK);
    assert_memory_equal(mean, mean_alone, sizeof mean);
    for (size_t j = 0; j < FEATURES; j++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < N; i++)
            sum += (double)cases[i * FEATURES + j];
        for (size_t i = 0; i < N; i++)
            square += pow((double)cases[i * FEATURES + j] - sum / N, 2);
        assert_true(fabs(mean[j] - sum / N) <= 1e-12 * (1 + fabs(sum / N)));
        assert_true(fabs(variance[j] - square / N) <= 1e-11 * (square / N) + (j == 5 ? 0 : 1e-13));
    }
    assert_true(variance[5] == 0 && mean[5] == (double)0.1f);
    hm_dataset_close(set);
    free(cases);
    close_place(&place);
}

/* The moments are those before sampling: the probabilities themselves. */
static void test_moments_before_sampling(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "binarise", "sample");
    hm_dataset *set = open_set(&place, write_text(&place, "a.csv", "0.25,1\n0.75,0\n"));
    double mean[2], variance[2];
    assert_int_equal(hm_dataset_moments(set, mean, variance, &place.error), HM_OK);
    assert_true(mean[0] == 0.5 && mean[1] == 0.5 && variance[0] == 0.0625 && variance[1] == 0.25);
    hm_dataset_close(set);
    close_place(&place);
}

/* A fingerprint changes with whatever changes what is learned, and with nothing else. */
static void test_fingerprints(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        bool is_same;
    } rows[] = {
        {"memory", "0", true},
        {"balance", "no", true},
        {"threshold", "0.7", true},
        {"scale", "2", false},
        {"invert", "yes", false},
        {"binarise", "sample", false},
        {"binarise", "threshold", false},
        {"resize", "1x1", false},
        {"standardise", "yes", false},
        {"subset", "3", false},
    };
    data_place place;
    open_place(&place, 1, 1);
    unsigned char bytes[16] = {0, 9, 3, 7, 1, 4, 5, 5, 2, 0, 8, 6, 3, 9, 2, 1};
    char base[17], data[sizeof place.path];
    strcpy(data, write_idx(&place, "a", 3, (uint32_t[]){4, 2, 2}, bytes, 16));
    hm_dataset *set = open_set(&place, data);
    strcpy(base, hm_dataset_fingerprint(set));
    assert_int_equal(strspn(base, "0123456789abcdef"), 16);
    hm_dataset_close(set);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        reset_options(&place);
        set_option(&place, rows[i].name, rows[i].value);
        set = open_set(&place, data);
        assert_true((strcmp(base, hm_dataset_fingerprint(set)) == 0) == rows[i].is_same);
        hm_dataset_close(set);
    }
    reset_options(&place);
    for (int i = 0; i < 16; i++) { /* any byte matters, and so does the order */
        bytes[i] ^= 128;
        set = open_set(&place, write_idx(&place, "b", 3, (uint32_t[]){4, 2, 2}, bytes, 16));
        assert_string_not_equal(base, hm_dataset_fingerprint(set));
        hm_dataset_close(set);
        bytes[i] ^= 128;
    }
    set_option(&place, "labels", write_text(&place, "labels", "0\n1\n0\n0\n"));
    set = open_set(&place, data);
    assert_string_not_equal(base, hm_dataset_fingerprint(set));
    hm_dataset_close(set);
    close_place(&place);
}

static void poke(const char *path, long offset, int byte)
{
    FILE *stream = fopen(path, "r+b");
    assert_non_null(stream);
    assert_int_equal(fseek(stream, offset, SEEK_SET), 0);
    fputc(byte, stream);
    assert_int_equal(fclose(stream), 0);
}

/* Of a file over 256 MB (here nearly all of it holes) the first 1,000 cases and every 300th
 * count. */
static void test_fingerprint_of_a_large_file(void **state)
{
    (void)state;
    static const struct {
        long index;
        bool is_same;
    } rows[] = {{0, false},    {999, false},   {1001, true},
                {1200, false}, {299701, true}, {299700, false}};
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "memory", "1");
    write_npy(&place, "a", "{'descr': '|u1', 'fortran_order': False, 'shape': (300000, 1000), }",
              "", 0);
    const long begin = 128; /* of the elements */
    assert_int_equal(truncate(place.path, begin + 300000000L), 0);
    hm_dataset *set = open_set(&place, place.path);
    char base[17];
    strcpy(base, hm_dataset_fingerprint(set));
    hm_dataset_close(set);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        long offset = begin + 1000 * rows[i].index + 500;
        poke(place.path, offset, 1);
        set = open_set(&place, place.path);
        assert_true((strcmp(base, hm_dataset_fingerprint(set)) == 0) == rows[i].is_same);
        hm_dataset_close(set);
        poke(place.path, offset, 0);
    }
    close_place(&place);
}

/* A value known beforehand: the fingerprint is part of model files and may not change between
 * versions. */
static void test_fingerprint_is_for_ever(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    hm_dataset *set = open_set(&place, write_text(&place, "a.csv", "1,2,3\n4,5,6\n"));
    assert_string_equal(hm_dataset_fingerprint(set), "64f7a55f9e0c73a5");
    hm_dataset_close(set);
    close_place(&place);
}

static void test_descriptions(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    write_numbered(&place, 100, 5);
    set_option(&place, "classes", "0-3");
    set_option(&place, "subset", "50");
    set_option(&place, "validation", "10");
    set_option(&place, "shape", "1x2");
    set_option(&place, "resize", "1x1");
    set_option(&place, "invert", "yes");
    set_option(&place, "binarise", "threshold");
    hm_dataset *train, *validation;
    open_both(&place, &train, &validation);
    char wanted[HM_TEXT_MAX + 128];
    snprintf(wanted, sizeof wanted,
             "%s, classes 0-3, subset of 50, 1x1, inverted, thresholded, training cases",
             place.config.data);
    assert_string_equal(hm_dataset_describe(train), wanted);
    strcpy(strstr(wanted, "training"), "validation cases");
    assert_string_equal(hm_dataset_describe(validation), wanted);
    hm_dataset_close(train);
    hm_dataset_close(validation);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_borrow),
        cmocka_unit_test(test_create_refuses),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_of_class),
        cmocka_unit_test(test_of_class_keeps_transforms),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_wrong_classes),
        cmocka_unit_test(test_subset_and_validation),
        cmocka_unit_test(test_split_depends_on_the_seed_alone),
        cmocka_unit_test(test_wrong_splits),
        cmocka_unit_test(test_wrong_config),
        cmocka_unit_test(test_label_files),
        cmocka_unit_test(test_wrong_labels),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_moments_before_sampling),
        cmocka_unit_test(test_fingerprints),
        cmocka_unit_test(test_fingerprint_of_a_large_file),
        cmocka_unit_test(test_fingerprint_is_for_ever),
        cmocka_unit_test(test_descriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
