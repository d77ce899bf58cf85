/* Other data of a model: its classes go by their names, its columns by theirs, and bytes by what the model learned from. */
#include "data_files.h"

static hm_dataset *open_known(data_place *place, const char *path, const hm_data_known *known)
{
    hm_dataset *set;
    set_option(place, "data", path);
    if (hm_dataset_open_known(place->context, &place->config, known, &set, NULL, &place->error) != HM_OK)
        fail_msg("%s", place->error.message);
    return set;
}

/* Words of a file that lacks some, or has others, keep the numbers of the model. */
static void test_classes_by_name(void **state)
{
    (void)state;
    static char *const names[] = {"ant", "bee", "cow"};
    static const int32_t scattered[] = {4, 0, 9};
    static const struct {
        const char *text;
        int32_t label[3], scattered[3];
    } rows[] = {
        {"1,cow\n2,bee\n3,ant\n", {2, 1, 0}, {9, 0, 4}},
        {"1,bee\n2,cow\n3,bee\n", {1, 2, 1}, {0, 9, 0}},
        {"1,cow\n2,cow\n3,cow\n", {2, 2, 2}, {9, 9, 9}},
        {"1,ape\n2,cow\n3,dog\n", {3, 2, 4}, {10, 9, 11}}, /* strangers come behind all others */
    };
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "label-column", "2");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int s = 0; s < 2; s++) {
            const hm_data_known known = {.n_classes = 3, .class_label = s ? scattered : NULL, .class_name = names};
            hm_dataset *set = open_known(&place, write_text(&place, "a.csv", rows[i].text), &known);
            for (size_t k = 0; k < 3; k++)
                assert_int_equal(hm_dataset_label(set, k), s ? rows[i].scattered[k] : rows[i].label[k]);
            assert_string_equal(hm_dataset_class_name(set, s ? 9 : 2), "cow");
            hm_dataset_close(set);
        }
    close_place(&place);
}

/* Names that are numbers stand for these, and numbers for such names; other numbers are the model's own. */
static void test_classes_by_number(void **state)
{
    (void)state;
    static char *const digits[] = {"5", "07", "10"}, *const words[] = {"ant", "bee", "cow"}, *const mixed[] = {NULL, "bee", NULL};
    static const int32_t numbers[] = {5, 7, 10};
    static const struct {
        const char *text;
        char *const *name;
        const int32_t *number;
        int32_t label[3];
    } rows[] = {
        {"1,10\n2,5\n3,7\n", digits, NULL, {2, 0, 1}},
        {"1,10\n2,10\n3,10\n", digits, NULL, {2, 2, 2}},
        {"1,2\n2,0\n3,2\n", words, NULL, {2, 0, 2}},
        {"1,x7\n2,5\n3,x7\n", NULL, numbers, {-2, 0, 0}}, /* refused: words among numbers */
        {"1,10\n2,5\n3,7\n", NULL, numbers, {10, 5, 7}},
        {"1,2\n2,bee\n3,0\n", mixed, NULL, {-2, 0, 0}},
        {"1,bee\n2,bee\n3,bee\n", mixed, NULL, {1, 1, 1}},
    };
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "label-column", "2");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const hm_data_known known = {.n_classes = 3, .class_label = rows[i].number, .class_name = rows[i].name};
        write_text(&place, "a.csv", rows[i].text);
        if (rows[i].label[0] == -2) {
            refuse_with(&place, place.path, HM_ERROR_FORMAT, "by a word", NULL);
            continue;
        }
        hm_dataset *set = open_known(&place, place.path, &known);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(hm_dataset_label(set, k), rows[i].label[k]);
        hm_dataset_close(set);
    }
    close_place(&place);
}

/* --classes takes names, and means the model's. */
static void test_choosing_by_name(void **state)
{
    (void)state;
    static char *const names[] = {"ant", "bee", "cow"};
    const hm_data_known known = {.n_classes = 3, .class_name = names};
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "label-column", "2");
    set_option(&place, "classes", " cow , dog");
    hm_dataset *set = open_known(&place, write_text(&place, "a.csv", "1,cow\n2,bee\n3,dog\n"), &known);
    expect_values(set, 2, 1, (float[]){1, 3});
    hm_dataset_close(set);
    set_option(&place, "classes", "2");
    set = open_known(&place, place.path, &known);
    expect_values(set, 1, 1, (float[]){1});
    hm_dataset_close(set);
    set_option(&place, "classes", "ape");
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, "\"ape\"", "names of classes", NULL);
    set_option(&place, "classes", "9-11"); /* names that are numbers are chosen as such */
    set = open_set(&place, write_text(&place, "b.csv", "1,-1\n2,9\n3,10\n4,8\n"));
    expect_values(set, 2, 1, (float[]){2, 3});
    hm_dataset_close(set);
    close_place(&place);
}

static void test_columns_by_name(void **state)
{
    (void)state;
    const hm_data_known known = {.columns = "b\na\nc\n"};
    static const char *const texts[] = {
        "b,a,c\n2,1,3\n5,4,6\n",
        "a,b,c\n1,2,3\n4,5,6\n",
        "c,x,a,b,y\n3,0,1,2,0\n6,0,4,5,0\n", /* what the model does not know is left out */
        ",c,a,b\n0,3,1,2\n1,6,4,5\n",
        "2,1,3\n5,4,6\n",                    /* without names they are taken as they stand */
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hm_dataset *set = open_known(&place, write_text(&place, "a.csv", texts[i]), &known);
        expect_values(set, 2, 3, (float[]){2, 1, 3, 5, 4, 6});
        assert_string_equal(hm_dataset_columns(set), i < 4 ? "b\na\nc\n" : "");
        hm_dataset_close(set);
    }
    hm_dataset *set;
    set_option(&place, "data", write_text(&place, "a.csv", "a,b,d\n1,2,3\n"));
    assert_int_equal(hm_dataset_open_known(place.context, &place.config, &known, &set, NULL, &place.error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(place.error.message, "no column \"c\""));
    close_place(&place);
}

/* Bytes, and numbers in their place. */
static void test_bytes(void **state)
{
    (void)state;
    enum { BYTES, BITS, TEXT, SHARES, NEGATIVE };
    static const struct {
        int file;
        hm_data_known known;
        float second; /* the second value as it is read */
    } rows[] = {
        {BYTES, {.has_range = false}, 1},
        {BYTES, {.has_range = true, .is_scaled = true, .most = 255}, 1},
        {BYTES, {.has_range = true, .most = 200}, 255},          /* the model saw such numbers as they are */
        {BYTES, {.has_range = true, .least = -3, .most = 1}, 255},
        {BYTES, {.has_range = true, .most = 1}, 1},              /* it saw shares */
        {BITS, {.has_range = false}, 1 / 255.0f},
        {BITS, {.has_range = true, .is_scaled = true, .most = 255}, 1 / 255.0f},
        {BITS, {.has_range = true, .most = 1}, 1},
        {TEXT, {.has_range = false}, 255},
        {TEXT, {.has_range = true, .is_scaled = true, .most = 255}, 1},
        {TEXT, {.has_range = true, .most = 255}, 255},
        {SHARES, {.has_range = true, .is_scaled = true, .most = 255}, 0.5f},
        {NEGATIVE, {.has_range = true, .is_scaled = true, .most = 255}, 255},
    };
    static const unsigned char bytes[] = {0, 255}, bits[] = {0, 1};
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int file = rows[i].file;
        if (file == BYTES || file == BITS)
            write_npy(&place, "a", "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }",
                      (const char *)(file == BYTES ? bytes : bits), 2);
        else
            write_text(&place, "a", file == TEXT ? "0,255\n" : file == SHARES ? "0,0.5\n" : "-1,255\n");
        hm_dataset *set = open_known(&place, path_in(&place, "a"), &rows[i].known);
        float *values = read_all(set), least, most;
        bool is_scaled;
        assert_true(values[1] == rows[i].second);
        hm_dataset_range(set, &least, &most, &is_scaled);
        assert_true(most == (file == BITS ? 1 : file == SHARES ? 0.5f : 255));
        assert_true(is_scaled == (rows[i].second == most / 255));
        free(values);
        hm_dataset_close(set);
    }
    set_option(&place, "scale", "2"); /* what is said counts */
    hm_dataset *set = open_known(&place, write_text(&place, "a", "0,255\n"), &rows[1].known);
    expect_values(set, 1, 2, (float[]){0, 510});
    hm_dataset_close(set);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes_by_name), cmocka_unit_test(test_classes_by_number), cmocka_unit_test(test_choosing_by_name),
        cmocka_unit_test(test_columns_by_name), cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
