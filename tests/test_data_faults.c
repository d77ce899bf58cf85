/* Every allocation of the data layer failing in turn: each must end in HM_ERROR_MEMORY with
 * nothing leaked, neither memory nor descriptors, and leave what was there as it was. */
#include "data_files.h"

#include <dirent.h>

static size_t count_descriptors(void)
{
    size_t n = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0; /* not on this system */
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

/* Something that allocates: true when it came to its end. */
typedef hm_status attempt(data_place *place, void *argument);

/* Runs it with its first allocation failing, its second, ... until none fails any more. Returns
 * how many it makes. */
static size_t fail_each_in_turn(data_place *place, attempt *try, void *argument)
{
    size_t n_live = place->memory.n_live, n_descriptors = count_descriptors();
    for (size_t n = 1;; n++) {
        place->memory.n_asked = 0;
        place->memory.fail_at = n;
        place->error = (hm_error){0};
        hm_status status = try(place, argument);
        bool has_failed = place->memory.n_asked >= n;
        place->memory.fail_at = 0;
        assert_int_equal(place->memory.n_live, n_live);
        assert_int_equal(count_descriptors(), n_descriptors);
        if (status != HM_OK && status != HM_ERROR_MEMORY)
            fail_msg("allocation %zu: %s", n, place->error.message);
        if (status == HM_ERROR_MEMORY)
            assert_true(place->error.message[0] != 0);
        if (!has_failed) {
            assert_int_equal(status, HM_OK);
            return n - 1;
        }
    }
}

/* As fail_each_in_turn, where no failure may go unnoticed either. */
static hm_status open_and_close(data_place *place, void *argument)
{
    (void)argument;
    hm_dataset *train = (hm_dataset *)place, *validation = train;
    hm_status status = hm_dataset_open(place->context, &place->config, &train, &validation,
                                       &place->error);
    if (status != HM_OK) {
        assert_null(train);
        assert_null(validation);
        return status;
    }
    assert_int_equal(place->memory.n_asked < place->memory.fail_at, true);
    hm_dataset_close(train);
    hm_dataset_close(validation);
    return HM_OK;
}

static void set_everything(data_place *place, const char *const (*options)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        set_option(place, options[i][0], options[i][1]);
}

#define SET_EVERYTHING(place, ...)                                                                 \
    set_everything(place, (const char *const[][2]){__VA_ARGS__},                                   \
                   sizeof((const char *const[][2]){__VA_ARGS__}) / sizeof(const char *const[2]))

static void write_pictures(data_place *place, bool is_packed)
{
    byte_list list = {0}, labels = {0};
    add_idx_header(&list, 8, 3, (uint32_t[]){40, 5, 4});
    for (int i = 0; i < 40 * 20; i++)
        add_byte(&list, (unsigned)i * 7);
    add_idx_header(&labels, 8, 1, (uint32_t[]){40});
    for (unsigned i = 0; i < 40; i++)
        add_byte(&labels, i % 3);
    write_list(place, "labels", &labels);
    set_option(place, "labels", place->path);
    if (is_packed)
        write_gzip(place, "pictures", list.bytes, list.n);
    else
        write_file(place, "pictures", list.bytes, list.n);
    free(list.bytes);
    set_option(place, "data", place->path);
}

static void test_idx(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 2);
    write_pictures(&place, false);
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 9);
    SET_EVERYTHING(&place, {"classes", "0,2"}, {"subset", "20"}, {"validation", "0.25"},
                   {"resize", "3x3"}, {"standardise", "yes"});
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 40);
    set_option(&place, "memory", "0");
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 40);
    close_place(&place);
}

/* Frames, windows, contrast, and folders of pictures with their padding; a build without FFTW whitens none. */
static void test_pictures(void **state)
{
    (void)state;
    data_place place;
    unsigned char pixels[35] = {1, 2, 3};
    open_place(&place, 1, 2);
    write_pictures(&place, false);
    SET_EVERYTHING(&place, {"frame", "40x40"}, {"crop", "9x9"}, {"mirror", "yes"}, {"contrast", "1"}, {"standardise", "yes"});
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 12);
    reset_options(&place);
    assert_int_equal(mkdir(path_in(&place, "set"), 0700), 0);
    write_grey_png(&place, "set/a.png", 5, 7, pixels);
    write_grey_png(&place, "set/b.png", 7, 5, pixels);
    write_text(&place, "set/c.png", "damaged");
    SET_EVERYTHING(&place, {"fit", "pad"}, {"longest", "6"}, {"skip-damaged", "yes"}, {"crop", "3x3"});
    skip_without(&place, path_in(&place, "set"), "libpng");
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 12);
    close_place(&place);
    open_place(&place, 1, 1);
    write_pictures(&place, false);
    set_option(&place, "whiten", "frequency");
    char data[HM_TEXT_MAX];
    strcpy(data, place.config.data);
    skip_without(&place, data, "libfftw3-dev");
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 12);
    set_option(&place, "whiten", "spectrum");
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 12);
    close_place(&place);
}

static void test_gzip(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    write_pictures(&place, true);
    char data[HM_TEXT_MAX];
    strcpy(data, place.config.data);
    skip_without(&place, data, "zlib1g-dev");
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 12);
    close_place(&place);
}

static void test_npy(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    float values[24] = {1, 2, 3};
    write_npy(&place, "a.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 4), }",
              values, sizeof values);
    SET_EVERYTHING(&place, {"data", place.path}, {"standardise", "yes"}, {"validation", "2"});
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 20);
    set_option(&place, "memory", "0");
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 20);
    close_place(&place);
}

static void test_csv(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    byte_list list = {0};
    for (int i = 0; i < 20000; i++) /* more than one buffer */
        add_bytes(&list, "0.5,1,2\n", 8);
    for (int i = 0; i < 70000; i++)
        add_byte(&list, ' '); /* and a line longer than it */
    add_bytes(&list, "0.5,1,2\n", 8);
    write_list(&place, "a.csv", &list);
    set_option(&place, "data", place.path);
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 12);
    close_place(&place);
}

static void test_words(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    write_text(&place, "labels.csv", "cat\ndog\ncow\ncat\n");
    SET_EVERYTHING(&place, {"labels", place.path});
    write_text(&place, "a.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n");
    SET_EVERYTHING(&place, {"data", place.path});
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 15);
    write_text(&place, "b.csv", "1,2,cat\n3,4,dog\n5,6,cow\n");
    SET_EVERYTHING(&place, {"data", place.path}, {"labels", ""}, {"label-column", "last"});
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 15);
    close_place(&place);
}

/* A folder that turns out coloured at its last picture is read from its beginning. */
static void test_colours_of_any_size(void **state)
{
    (void)state;
    static const char *const fits[] = {"crop", "pad"};
    data_place place;
    open_place(&place, 1, 1);
    assert_int_equal(mkdir(path_in(&place, "set"), 0700), 0);
    write_grey_png(&place, "set/a.png", 4, 8, (const unsigned char[32]){9, 100, 200});
    skip_without(&place, place.path, "libpng-dev");
    byte_list list = {0};
    add_png(&list, 2, 3, 8, 2, (const unsigned char[18]){255, 0, 7}, 6);
    write_list(&place, "set/b.png", &list);
    path_in(&place, "set");
    SET_EVERYTHING(&place, {"data", place.path});
    for (int i = 0; i < 4; i++) {
        SET_EVERYTHING(&place, {"fit", fits[i % 2]}, {"resize", i < 2 ? "" : "3x3"});
        assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 30);
    }
    close_place(&place);
}

static void test_png(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    unsigned char pixels[64];
    for (int i = 0; i < 64; i++)
        pixels[i] = (unsigned char)i;
    char data[sizeof place.path];
    strcpy(data, write_grey_png(&place, "sheet.png", 8, 8, pixels));
    skip_without(&place, data, "libpng-dev");
    SET_EVERYTHING(&place, {"data", data}, {"tile", "4"}, {"resize", "2x2"});
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 10);
    reset_options(&place);
    mkdir(path_in(&place, "set"), 0700);
    mkdir(path_in(&place, "set/b"), 0700);
    mkdir(path_in(&place, "set/a"), 0700);
    write_grey_png(&place, "set/b/1.png", 8, 8, pixels);
    write_grey_png(&place, "set/a/1.png", 4, 8, pixels);
    write_grey_png(&place, "set/a/2.png", 8, 4, pixels);
    SET_EVERYTHING(&place, {"data", path_in(&place, "set")}, {"resize", "3x3"});
    assert_true(fail_each_in_turn(&place, open_and_close, NULL) >= 50);
    close_place(&place);
}

/* ---- What sets do once they are open --------------------------------------------------------- */

static const float cases_12[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const int32_t labels_4[4] = {0, 1, 1, 0};

static hm_status create_and_close(data_place *place, void *argument)
{
    (void)argument;
    hm_dataset *set;
    hm_status status = hm_dataset_create(place->context, cases_12, labels_4, 4, 3, 0, 0, &set,
                                         &place->error);
    hm_dataset_close(set);
    return status;
}

static hm_status take_class(data_place *place, void *argument)
{
    hm_dataset *part;
    hm_status status = hm_dataset_of_class(argument, 1, &part, &place->error);
    hm_dataset_close(part);
    return status;
}

static hm_status find_order(data_place *place, void *argument)
{
    uint32_t order[4];
    return hm_dataset_order(argument, 0, 2, order, &place->error);
}

static hm_status find_moments(data_place *place, void *argument)
{
    double mean[3], variance[3];
    return hm_dataset_moments(argument, mean, variance, &place->error);
}

/* After a failure the set must still hold what it held. */
static hm_status standardise(data_place *place, void *argument)
{
    hm_dataset *set = argument;
    hm_status status = hm_dataset_standardise(set, (float[]){1, 2, 3}, (float[]){1, 1, 1},
                                              &place->error);
    const float *shift = hm_dataset_shift(set);
    if (status != HM_OK)
        assert_true(shift[0] == 5 && hm_dataset_spread(set)[2] == 4);
    else
        assert_true(shift[0] == 1 && hm_dataset_spread(set)[2] == 1);
    return status;
}

static void test_open_sets(void **state)
{
    (void)state;
    data_place place;
    hm_dataset *set;
    open_place(&place, 1, 1);
    assert_true(fail_each_in_turn(&place, create_and_close, NULL) >= 8);
    assert_int_equal(
        hm_dataset_create(place.context, cases_12, labels_4, 4, 3, 0, 0, &set, &place.error),
        HM_OK);
    assert_true(fail_each_in_turn(&place, find_order, set) >= 4);
    assert_true(fail_each_in_turn(&place, find_moments, set) == 2);
    assert_true(fail_each_in_turn(&place, take_class, set) >= 4);
    assert_int_equal(
        hm_dataset_standardise(set, (float[]){5, 5, 5}, (float[]){4, 4, 4}, &place.error), HM_OK);
    assert_true(fail_each_in_turn(&place, take_class, set) >= 6);
    assert_true(fail_each_in_turn(&place, standardise, set) == 2);
    hm_dataset_close(set);
    close_place(&place);
}

/* Errors that have nothing to do with memory leave nothing behind either, at whatever step they
 * occur. */
static void test_late_errors(void **state)
{
    (void)state;
    static const char *const last[][2] = {
        {"validation", "39.5"}, {"subset", "41"},     {"classes", "7"},
        {"shape", "3x3"},       {"validation", "40"},
    };
    data_place place;
    open_place(&place, 1, 1);
    write_pictures(&place, false);
    const hm_data_config good = place.config;
    size_t n_live = place.memory.n_live, n_descriptors = count_descriptors();
    for (int streamed = 0; streamed < 2; streamed++) {
        for (size_t i = 0; i < sizeof last / sizeof *last; i++) {
            hm_dataset *train, *validation;
            place.config = good;
            set_option(&place, "memory", streamed ? "0" : "1");
            set_option(&place, last[i][0], last[i][1]);
            assert_int_not_equal(
                hm_dataset_open(place.context, &place.config, &train, &validation, &place.error),
                HM_OK);
            assert_null(train);
            assert_null(validation);
            assert_int_equal(place.memory.n_live, n_live);
            assert_int_equal(count_descriptors(), n_descriptors);
        }
    }
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idx),         cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_npy),         cmocka_unit_test(test_csv),
        cmocka_unit_test(test_words),        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_colours_of_any_size),
        cmocka_unit_test(test_png),         cmocka_unit_test(test_open_sets),
        cmocka_unit_test(test_late_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
