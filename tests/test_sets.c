/* Named sets: the search path, the parts and their file names; and, where $HARMONIUM_DATA holds
 * them, the real ones. */
#include "data_files.h"

#include <math.h>

static char real_folder[4096]; /* $HARMONIUM_DATA as the tests found it */

/* A set of 1 x 2 pictures whose first byte says which file it came from. */
static void write_part(data_place *place, const char *name, unsigned char mark, bool is_packed)
{
    byte_list list = {0};
    add_idx_header(&list, 8, 3, (uint32_t[]){2, 1, 2});
    add_bytes(&list, (const unsigned char[]){mark, 255, 0, 0}, 4);
    if (is_packed)
        write_gzip(place, name, list.bytes, list.n);
    else
        write_file(place, name, list.bytes, list.n);
    free(list.bytes);
}

static void write_labels(data_place *place, const char *name)
{
    write_idx(place, name, 1, (uint32_t[]){2}, (const unsigned char[]){3, 1}, 2);
}

static void make_folder(data_place *place, const char *name)
{
    assert_int_equal(mkdir(path_in(place, name), 0700), 0);
}

static data_place *open_place_with_sets(data_place *place)
{
    open_place(place, 1, 1);
    setenv("HARMONIUM_DATA", place->folder, 1);
    set_option(place, "scale", "1");
    return place;
}

static void expect_mark(data_place *place, const char *set_name, const char *part, float mark)
{
    set_option(place, "part", part);
    hm_dataset *set = open_set(place, set_name);
    float values[4];
    assert_int_equal(
        hm_dataset_read(set, NULL, 0, 2, 0, hm_matrix_f32(values, 2, 2), &place->error), HM_OK);
    assert_true(values[0] == mark);
    hm_dataset_close(set);
}

static void test_parts(void **state)
{
    (void)state;
    data_place place;
    open_place_with_sets(&place);
    make_folder(&place, "usps");
    write_part(&place, "usps/train-images-idx3-ubyte", 1, false);
    write_labels(&place, "usps/train-labels-idx1-ubyte");
    write_part(&place, "usps/t10k-images-idx3-ubyte", 2, false);
    write_labels(&place, "usps/t10k-labels-idx1-ubyte");
    write_part(&place, "usps/val-images-idx3-ubyte", 3, false);
    write_labels(&place, "usps/val-labels-idx1-ubyte");
    expect_mark(&place, "usps", "train", 1);
    expect_mark(&place, "usps", "", 1);
    expect_mark(&place, "usps", "test", 2);
    expect_mark(&place, "usps", "validation", 3);
    set_option(&place, "part", "test");
    hm_dataset *set = open_set(&place, "usps");
    assert_string_equal(hm_dataset_describe(set), "usps test");
    assert_int_equal(hm_dataset_label(set, 0), 3);
    assert_int_equal(hm_dataset_n_classes(set), 4);
    hm_dataset_close(set);
    set_option(&place, "part", "tset");
    refuse_with(&place, "usps", HM_ERROR_ARGUMENT, "part = tset", "train, test", NULL);
    write_part(&place, "usps/test-images-idx3-ubyte", 4,
               false); /* without its labels it is passed over */
    expect_mark(&place, "usps", "test", 2);
    write_labels(&place, "usps/test-labels-idx1-ubyte");
    expect_mark(&place, "usps", "test", 4);
    close_place(&place);
}

static void test_packed_parts(void **state)
{
    (void)state;
    data_place place;
    open_place_with_sets(&place);
    make_folder(&place, "mnist");
    write_labels(&place, "mnist/train-labels-idx1-ubyte");
    write_part(&place, "mnist/train-images-idx3-ubyte.gz", 7, true);
    skip_without(&place, "mnist", "zlib1g-dev");
    expect_mark(&place, "mnist", "train", 7);
    close_place(&place);
}

/* Ink is 0 in the silhouettes and becomes 1; asking for inverted ones gives the file's own. */
static void test_silhouettes_are_inverted(void **state)
{
    (void)state;
    data_place place;
    open_place_with_sets(&place);
    make_folder(&place, "silhouettes");
    write_part(&place, "silhouettes/train-images-idx3-ubyte", 0, false);
    write_labels(&place, "silhouettes/train-labels-idx1-ubyte");
    set_option(&place, "scale", "0");
    hm_dataset *set = open_set(&place, "silhouettes");
    expect_values(set, 2, 2, (float[]){1, 0, 1, 1});
    hm_dataset_close(set);
    set_option(&place, "invert", "yes");
    set = open_set(&place, "silhouettes");
    expect_values(set, 2, 2, (float[]){0, 1, 0, 0});
    hm_dataset_close(set);
    close_place(&place);
}

static void test_sets_without_labels(void **state)
{
    (void)state;
    data_place place;
    open_place_with_sets(&place);
    make_folder(&place, "sm08");
    write_part(&place, "sm08/train-images-idx3-ubyte", 9, false);
    hm_dataset *set = open_set(&place, "sm08");
    assert_int_equal(hm_dataset_n_classes(set), 0);
    hm_dataset_close(set);
    make_folder(&place, "usps");
    write_part(&place, "usps/train-images-idx3-ubyte", 9, false);
    refuse_with(&place, "usps", HM_ERROR_NOT_FOUND, "usps", place.folder, NULL);
    close_place(&place);
}

/* Toy sets have all their states and no parts. */
static void test_toys(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n, n_features, height;
    } toys[] = {{"bars-and-stripes", 32, 16, 4}, {"shifter", 768, 19, 0}, {"two-modes", 34, 16, 4}};
    data_place place;
    float shifter[8 * 3 * 19];
    open_place_with_sets(&place);
    for (size_t i = 0; i < 3; i++) {
        hm_dataset *set = open_set(&place, toys[i].name);
        assert_int_equal(hm_dataset_n_cases(set), toys[i].n);
        assert_int_equal(hm_dataset_n_features(set), toys[i].n_features);
        assert_int_equal(hm_dataset_height(set), toys[i].height);
        if (i == 1)
            assert_int_equal(hm_dataset_read(set, NULL, 0, 24, 0, hm_matrix_f32(shifter, 24, 19), &place.error), HM_OK);
        hm_dataset_close(set);
    }
    const float *left = shifter + 3 * 19; /* pattern 1: unit 0 on; shifted by -1 it is unit 7 */
    assert_true(left[0] == 1 && left[8 + 7] == 1 && left[16] == 1 && left[17] == 0);
    set_option(&place, "part", "test");
    refuse_with(&place, "two-modes", HM_ERROR_ARGUMENT, "part = test: two-modes has no parts; it is all there is", NULL);
    close_place(&place);
}

static void test_not_found(void **state)
{
    (void)state;
    data_place place;
    open_place_with_sets(&place);
    refuse_with(&place, "sm08", HM_ERROR_NOT_FOUND, "train part of the data set sm08", "looked in",
                place.folder, "/usr/share/datasets/sm08", NULL);
    refuse_with(&place, "mnits", HM_ERROR_NOT_FOUND, "mnits", "did you mean mnist?",
                "digits, mnist, usps", NULL);
    refuse_with(&place, "", HM_ERROR_NOT_FOUND, "no such file", NULL);
    close_place(&place);
}

static void test_list(void **state)
{
    (void)state;
    size_t n = 0;
    for (; hm_dataset_list(n); n++) {
        assert_true(strlen(hm_dataset_list(n)->summary) > 10);
        assert_true(strlen(hm_dataset_list(n)->where_from) > 10);
    }
    assert_int_equal(n, 9);
    assert_string_equal(hm_dataset_list(0)->name, "digits");
}

/* ---- The real ones --------------------------------------------------------------------------- */

typedef struct real_part {
    const char *name, *part;
    size_t n, side, n_classes;
    double mean, deviation; /* over all pixels, counted by a program of another language */
    int first_labels[4];
} real_part;

static const real_part real_parts[] = {
    {"mnist", "train", 60000, 28, 10, 0.130660476274, 0.308107803856, {5, 0, 4, 1}},
    {"mnist", "test", 10000, 28, 10, 0.132514605842, 0.310480247931, {7, 2, 1, 0}},
    {"usps", "train", 7291, 16, 10, 0.254479886480, 0.384621375790, {6, 5, 4, 7}},
    {"usps", "test", 2007, 16, 10, 0.267609468270, 0.392588685557, {9, 6, 3, 6}},
    {"fashion-mnist", "train", 60000, 28, 10, 0.286040596989, 0.353024244515, {9, 0, 0, 3}},
    {"fashion-mnist", "test", 10000, 28, 10, 0.286849280712, 0.352444153247, {9, 2, 1, 1}},
    {"silhouettes", "train", 4100, 28, 102, 0.448945370831, 0.497386594955, {57, 26, 48, 32}},
    {"silhouettes", "validation", 2264, 28, 102, 0.464040640550, 0.498705248085, {45, 5, 5, 88}},
    {"silhouettes", "test", 2307, 28, 102, 0.460984979167, 0.498475504062, {3, 21, 5, 28}},
    {"sm08", "train", 60000, 28, 0, 0.130656398810, 0.337024189428, {0, 0, 0, 0}},
    {"sm08", "test", 10000, 28, 0, 0.132445280612, 0.338974229486, {0, 0, 0, 0}},
};

/* 1 / 255 as a float is wrong by up to 6e-8 of itself, and the moments with it. */
static void expect_real_part(data_place *place, const real_part *real, hm_dataset *set)
{
    size_t n_features = hm_dataset_n_features(set);
    double *moments = malloc(2 * n_features * sizeof *moments), mean = 0, square = 0;
    expect_shape(set, real->n, real->side, real->side);
    assert_int_equal(hm_dataset_n_classes(set), real->n_classes);
    assert_int_equal(hm_dataset_moments(set, moments, moments + n_features, &place->error), HM_OK);
    for (size_t j = 0; j < n_features; j++) {
        mean += moments[j] / (double)n_features;
        square += (moments[n_features + j] + moments[j] * moments[j]) / (double)n_features;
    }
    assert_true(fabs(mean - real->mean) < 1e-7);
    assert_true(fabs(sqrt(square - mean * mean) - real->deviation) < 1e-7);
    for (size_t i = 0; i < 4 && real->n_classes > 0; i++)
        assert_int_equal(hm_dataset_label(set, i), real->first_labels[i]);
    free(moments);
}

static void test_real_sets(void **state)
{
    (void)state;
    data_place place;
    size_t n_found = 0;
    open_place(&place, 1, 2);
    setenv("HARMONIUM_DATA", real_folder, 1);
    for (size_t i = 0; i < sizeof real_parts / sizeof *real_parts; i++) {
        hm_dataset *set;
        set_option(&place, "data", real_parts[i].name);
        set_option(&place, "part", real_parts[i].part);
        hm_status status = hm_dataset_open(place.context, &place.config, &set, NULL, &place.error);
        if (status == HM_ERROR_NOT_FOUND || status == HM_ERROR_UNSUPPORTED)
            continue;
        if (status != HM_OK)
            fail_msg("%s", place.error.message);
        expect_real_part(&place, &real_parts[i], set);
        hm_dataset_close(set);
        n_found++;
    }
    close_place(&place);
    print_message("%zu of the %zu parts of known sets were found and are right\n", n_found,
                  sizeof real_parts / sizeof *real_parts);
    if (n_found == 0) {
        print_message("skipped: set HARMONIUM_DATA to a folder that holds mnist/, usps/, ...\n");
        skip();
    }
}

/* What is no path by itself may be one below a root. */
static void test_paths_below_a_root(void **state)
{
    (void)state;
    data_place place;
    open_place_with_sets(&place);
    make_folder(&place, "things");
    write_idx(&place, "things/cases", 1, (uint32_t[]){2}, (const unsigned char[]){3, 1}, 2);
    hm_dataset *set = open_set(&place, "things/cases");
    expect_values(set, 2, 1, (float[]){3, 1});
    assert_string_equal(hm_dataset_describe(set), "things/cases");
    hm_dataset_close(set);
    refuse_with(&place, "./things/cases", HM_ERROR_NOT_FOUND, "no such file", NULL);
    refuse_with(&place, "things/others", HM_ERROR_NOT_FOUND, "$HARMONIUM_DATA", NULL);
    close_place(&place);
}

int main(void)
{
    const char *folder = getenv("HARMONIUM_DATA");
    snprintf(real_folder, sizeof real_folder, "%s", folder ? folder : "");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_below_a_root),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_packed_parts),
        cmocka_unit_test(test_silhouettes_are_inverted),
        cmocka_unit_test(test_sets_without_labels),
        cmocka_unit_test(test_toys),
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_real_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
