/* NPY files: every type that is read, headers of every version, and damaged ones. */
#include "data_files.h"

#define DICTIONARY(type, shape)                                                                    \
    "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }"

static void test_every_type(void **state)
{
    (void)state;
    static const struct {
        const char *type, *bytes;
        size_t size;
        float value[2];
    } rows[] = {
        {"|u1", "\x03\xff", 1, {3, 255}},
        {"<u1", "\x03\xff", 1, {3, 255}},
        {"|b1", "\0\2", 1, {0, 1}},
        {"|i1", "\x80\x7f", 1, {-128, 127}},
        {"<i2", "\x00\x80\x02\x01", 2, {-32768, 258}},
        {">i2", "\x80\x00\x01\x02", 2, {-32768, 258}},
        {"<u2", "\xff\xff\x02\x01", 2, {65535, 258}},
        {">u2", "\xff\xff\x01\x02", 2, {65535, 258}},
        {"<i4", "\xfe\xff\xff\xff\x00\x00\x01\x00", 4, {-2, 65536}},
        {">i4", "\xff\xff\xff\xfe\x00\x01\x00\x00", 4, {-2, 65536}},
        {"<u4", "\x00\x00\x00\x80\x01\x00\x00\x00", 4, {2147483648.0f, 1}},
        {">u4", "\x80\x00\x00\x00\x00\x00\x00\x01", 4, {2147483648.0f, 1}},
        {"<i8",
         "\xfd\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x01\x00\x00\x00",
         8,
         {-3, 4294967296.0f}},
        {">i8",
         "\xff\xff\xff\xff\xff\xff\xff\xfd\x00\x00\x00\x01\x00\x00\x00\x00",
         8,
         {-3, 4294967296.0f}},
        {"<f2", "\x00\xbe\xff\x7b", 2, {-1.5f, 65504}},
        {">f2", "\xbe\x00\x7b\xff", 2, {-1.5f, 65504}},
        {"<f2", "\x01\x80\xff\x03", 2, {-0x1p-24f, 0x1.ff8p-15f}}, /* below the normal range */
        {"<f4", "\x00\x00\xc0\xbf\xdb\x0f\x49\x40", 4, {-1.5f, 3.14159274f}},
        {">f4", "\xbf\xc0\x00\x00\x40\x49\x0f\xdb", 4, {-1.5f, 3.14159274f}},
        {"<f8", "\0\0\0\0\0\0\xf8\xbf\x18\x2d\x44\x54\xfb\x21\x09\x40", 8, {-1.5f, 3.14159274f}},
        {">f8", "\xbf\xf8\0\0\0\0\0\0\x40\x09\x21\xfb\x54\x44\x2d\x18", 8, {-1.5f, 3.14159274f}},
    };
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "scale", "1");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char dictionary[128];
        snprintf(dictionary, sizeof dictionary, DICTIONARY("%s", "(1, 2)"), rows[i].type);
        write_npy(&place, "a.npy", dictionary, rows[i].bytes, 2 * rows[i].size);
        for (int streamed = 0; streamed < 2; streamed++) {
            set_option(&place, "memory", streamed ? "0" : "1024");
            hm_dataset *set = open_set(&place, place.path);
            expect_values(set, 1, 2, rows[i].value);
            hm_dataset_close(set);
        }
    }
    close_place(&place);
}

/* Bytes are pixels and become 0..1; truth values and everything else are taken as they are. */
static void test_default_scale(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    hm_dataset *set = open_set(&place,
                               write_npy(&place, "a", DICTIONARY("|u1", "(2,)"), "\0\xff", 2));
    expect_values(set, 2, 1, (float[]){0, 1});
    hm_dataset_close(set);
    set = open_set(&place, write_npy(&place, "b", DICTIONARY("|b1", "(2,)"), "\0\1", 2));
    expect_values(set, 2, 1, (float[]){0, 1});
    hm_dataset_close(set);
    set = open_set(&place, write_npy(&place, "c", DICTIONARY("<i2", "(2,)"), "\0\0\xff\0", 4));
    expect_values(set, 2, 1, (float[]){0, 255});
    hm_dataset_close(set);
    close_place(&place);
}

/* The same array behind headers of versions 1, 2 and 3, and of other writers: keys in any order,
 * double quotes, no padding, no last comma, Python 2's long numbers. */
static void test_headers(void **state)
{
    (void)state;
    static const struct {
        int version;
        const char *dictionary;
    } rows[] = {
        {1, DICTIONARY("|u1", "(3, 2)")},
        {2, DICTIONARY("|u1", "(3, 2)")},
        {3, DICTIONARY("|u1", "(3, 2)")},
        {1, "{\"shape\": (3L, 2L), \"fortran_order\": False, \"descr\": \"|u1\"}"},
        {1, " {'fortran_order':False,'shape':(3,2,),'descr':'|u1',}"},
        {1, "{ 'shape' : ( 3 , 2 ) , 'descr' : '|u1' ,\n'fortran_order' : False }"},
    };
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "scale", "1");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        byte_list list = {0};
        add_npy_header(&list, rows[i].version, rows[i].dictionary);
        add_bytes(&list, "\1\2\3\4\5\6", 6);
        write_list(&place, "a", &list);
        hm_dataset *set = open_set(&place, place.path);
        expect_values(set, 3, 2, (float[]){1, 2, 3, 4, 5, 6});
        hm_dataset_close(set);
    }
    close_place(&place);
}

static void test_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *dictionary;
        size_t n, n_features, height, width;
    } rows[] = {
        {DICTIONARY("|u1", "(24,)"), 24, 1, 0, 0},
        {DICTIONARY("|u1", "(4, 6)"), 4, 6, 0, 0},
        {DICTIONARY("|u1", "(4, 2, 3)"), 4, 6, 2, 3},
        {DICTIONARY("|u1", "(4, 1, 2, 3)"), 4, 6, 2, 3},
        {DICTIONARY("|u1", "(4, 2, 3, 1)"), 4, 6, 2, 3},
        {DICTIONARY("|u1", "(1, 24)"), 1, 24, 0, 0},
        {DICTIONARY("|u1", "(1, 2, 3, 4)"), 1, 24, 0, 0},
        {DICTIONARY("|u1", "(24, 1)"), 24, 1, 0, 0},
        {DICTIONARY("|u1", "(1, 4, 6)"), 1, 24, 4, 6},
    };
    data_place place;
    open_place(&place, 1, 1);
    unsigned char bytes[24] = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hm_dataset *set = open_set(&place, write_npy(&place, "a", rows[i].dictionary, bytes, 24));
        assert_int_equal(hm_dataset_n_cases(set), rows[i].n);
        assert_int_equal(hm_dataset_n_features(set), rows[i].n_features);
        assert_int_equal(hm_dataset_height(set), rows[i].height);
        assert_int_equal(hm_dataset_width(set), rows[i].width);
        hm_dataset_close(set);
    }
    close_place(&place);
}

/* In one dimension both orders are one. */
static void test_fortran_order(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    hm_dataset *set = open_set(&place, write_npy(&place, "a",
                                                 "{'descr': '|b1', 'fortran_order': True, "
                                                 "'shape': (3,), }",
                                                 "\1\0\1", 3));
    expect_values(set, 3, 1, (float[]){1, 0, 1});
    hm_dataset_close(set);
    close_place(&place);
}

#define COLUMNS(type, shape) "{'descr': '" type "', 'fortran_order': True, 'shape': " shape ", }"

/* Value k of the array in C order is k, so the file is the order in which Fortran meets them. */
static void test_columns_are_turned_round(void **state)
{
    (void)state;
    static const float counted[24] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                      12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
    unsigned char cube[24], halves[12];
    for (unsigned k = 0, at = 0; k < 4; k++)
        for (unsigned j = 0; j < 3; j++)
            for (unsigned i = 0; i < 2; i++)
                cube[at++] = (unsigned char)(12 * i + 4 * j + k);
    const uint16_t half_of[6] = {0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500};
    for (unsigned j = 0, at = 0; j < 3; j++)
        for (unsigned i = 0; i < 2; i++, at += 2) {
            halves[at] = (unsigned char)(half_of[3 * i + j] & 255);
            halves[at + 1] = (unsigned char)(half_of[3 * i + j] >> 8);
        }
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "scale", "1");
    write_npy(&place, "a", COLUMNS("|u1", "(2, 3, 4)"), cube, sizeof cube);
    hm_dataset *set = open_set(&place, place.path);
    expect_shape(set, 2, 3, 4);
    expect_values(set, 2, 12, counted);
    hm_dataset_close(set);
    write_npy(&place, "b", COLUMNS("<f2", "(2, 3)"), halves, sizeof halves);
    set = open_set(&place, place.path);
    expect_values(set, 2, 3, counted);
    hm_dataset_close(set);
    write_npy(&place, "c", COLUMNS("<f4", "(2, 2)"), "\0\0\0\0\0\0\xc0\x7f\0\0\0\0\0\0\0\0", 16);
    refuse_with(&place, place.path, HM_ERROR_NUMERIC, place.path, "row 1, column 0", NULL);
    write_npy(&place, "d", COLUMNS("|u1", "(2, 2)"), "\1\0\1", 3);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "2 cases of 2 bytes", NULL);
    set_option(&place, "memory", "0");
    write_npy(&place, "e", COLUMNS("|u1", "(2, 2)"), "\1\0\1\0", 4);
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, place.path, "ascontiguousarray", NULL);
    close_place(&place);
}

static void test_gzip(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    byte_list list = {0};
    add_npy_header(&list, 1, DICTIONARY("<i2", "(2,)"));
    add_bytes(&list, "\1\0\2\0", 4);
    write_gzip(&place, "a.npy.gz", list.bytes, list.n);
    free(list.bytes);
    skip_without(&place, place.path, "zlib1g-dev");
    hm_dataset *set = open_set(&place, place.path);
    expect_values(set, 2, 1, (float[]){1, 2});
    hm_dataset_close(set);
    close_place(&place);
}

/* 300 x 1,000 floats from the disk in any order equal those in memory. */
static void test_streaming_equals_memory(void **state)
{
    (void)state;
    enum { N = 300, FEATURES = 1000, BATCH = 64 };
    data_place place;
    open_place(&place, 5, 2);
    float *values = malloc(N * FEATURES * sizeof *values);
    for (int i = 0; i < N * FEATURES; i++)
        values[i] = (float)(i % 1009) / 1009;
    write_npy(&place, "a", DICTIONARY("<f4", "(300, 1000)"), values, N * FEATURES * sizeof *values);
    set_option(&place, "binarise", "sample");
    hm_dataset *held = open_set(&place, place.path);
    set_option(&place, "memory", "1");
    hm_dataset *streamed = open_set(&place, place.path);
    uint32_t order[N];
    assert_int_equal(hm_dataset_order(held, 4, BATCH, order, NULL), HM_OK);
    float *a = values, *b = values + BATCH * FEATURES;
    for (size_t first = 0; first + BATCH <= N; first += BATCH) {
        assert_int_equal(hm_dataset_read(held, order + first, 0, BATCH, 4,
                                         hm_matrix_f32(a, BATCH, FEATURES), NULL),
                         HM_OK);
        assert_int_equal(hm_dataset_read(streamed, order + first, 0, BATCH, 4,
                                         hm_matrix_f32(b, BATCH, FEATURES), NULL),
                         HM_OK);
        assert_memory_equal(a, b, BATCH * FEATURES * sizeof *a);
    }
    assert_string_equal(hm_dataset_fingerprint(held), hm_dataset_fingerprint(streamed));
    hm_dataset_close(held);
    hm_dataset_close(streamed);
    free(values);
    close_place(&place);
}

/* ---- Hostile files --------------------------------------------------------------------------- */

static void test_damaged_headers(void **state)
{
    (void)state;
    static const struct {
        const char *dictionary;
        hm_status status;
        const char *piece;
    } rows[] = {
        {"", HM_ERROR_FORMAT, "a dictionary is wanted"},
        {"{", HM_ERROR_FORMAT, "a key is wanted"},
        {"{'descr'", HM_ERROR_FORMAT, "a key is wanted"},
        {"{'descr': ", HM_ERROR_FORMAT, "a type is wanted"},
        {"{'descr': '|u1", HM_ERROR_FORMAT, "a type is wanted"},
        {"{'descr': '|u1'", HM_ERROR_FORMAT, "a comma or a closing brace"},
        {"{'descr': '|u1' 'shape': (1,)}", HM_ERROR_FORMAT, "a comma or a closing brace"},
        {"{'descr': '|u1', 'fortran_order': None}", HM_ERROR_FORMAT, "True or False"},
        {"{'descr': '|u1', 'fortran_order': False}", HM_ERROR_FORMAT, "each of descr"},
        {"{'shape': (4,), 'fortran_order': False}", HM_ERROR_FORMAT, "each of descr"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': 4}", HM_ERROR_FORMAT, "a shape"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (4", HM_ERROR_FORMAT,
         "a comma or a closing bracket"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (-4,)}", HM_ERROR_FORMAT, "a length"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (,)}", HM_ERROR_FORMAT, "a length"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (4,), 'extra': 1}", HM_ERROR_FORMAT,
         "descr, fortran"},
        {DICTIONARY("|u1", "()"), HM_ERROR_FORMAT, "a single number"},
        {DICTIONARY("|u1", "(0, 4)"), HM_ERROR_FORMAT, "no data"},
        {DICTIONARY("|u1", "(4, 0)"), HM_ERROR_FORMAT, "no data"},
        {DICTIONARY("|u1", "(5,)"), HM_ERROR_FORMAT, "holds only 4"},
        {DICTIONARY("|u1", "(3,)"), HM_ERROR_FORMAT, "longer than its header says"},
        {DICTIONARY("|u1", "(18446744073709551617,)"), HM_ERROR_FORMAT, "cases; at most"},
        {DICTIONARY("|u1", "(4, 4611686018427387904, 4)"), HM_ERROR_FORMAT, "16777216"},
        {DICTIONARY("|u1", "(2147483648, 16777216)"), HM_ERROR_FORMAT, "holds only 0"},
        {DICTIONARY("<f8", "(4294967295, 16777216)"), HM_ERROR_FORMAT, "holds only 0"},
        {DICTIONARY("<f2", "(3,)"), HM_ERROR_FORMAT, "holds only 2"},
        {DICTIONARY("<f2", "(4294967295, 16777216)"), HM_ERROR_FORMAT, "holds only 0"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (4294967295, 2)}", HM_ERROR_FORMAT,
         "holds only 0"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (1, 16777216)}", HM_ERROR_FORMAT,
         "holds only 0"},
        {DICTIONARY("<c8", "(2,)"), HM_ERROR_UNSUPPORTED, "astype"},
        {DICTIONARY("<U5", "(2,)"), HM_ERROR_UNSUPPORTED, "\"<U5\""},
        {DICTIONARY("|O", "(2,)"), HM_ERROR_UNSUPPORTED, "\"|O\""},
        {DICTIONARY("\33[31m", "(2,)"), HM_ERROR_UNSUPPORTED, "\"?[31m\""},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", HM_ERROR_UNSUPPORTED,
         "structured"},
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        place.memory.most_bytes = 0;
        write_npy(&place, "a", rows[i].dictionary, "\1\2\3\4", 4);
        refuse_with(&place, place.path, rows[i].status, place.path, rows[i].piece, NULL);
        assert_true(place.memory.most_bytes < 100000);
    }
    close_place(&place);
}

static void test_33_axes(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    char dictionary[256] = "{'descr': '|u1', 'fortran_order': False, 'shape': (";
    for (int i = 0; i < 33; i++)
        strcat(dictionary, "1,");
    strcat(dictionary, ")}");
    write_npy(&place, "a", dictionary, "\1", 1);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "32 axes", NULL);
    close_place(&place);
}

static void test_truncated(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    byte_list list = {0};
    add_npy_header(&list, 2, DICTIONARY("<f4", "(2, 1)"));
    add_bytes(&list, "\0\0\0\0\0\0\0\0", 8);
    for (size_t n = 6; n < list.n; n++) {
        write_file(&place, "a", list.bytes, n);
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path,
                    n < list.n - 8 ? "NPY header" : "2 cases of 4 bytes", NULL);
    }
    free(list.bytes);
    close_place(&place);
}

static void test_versions_and_lengths(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    write_file(&place, "a", "\x93NUMPY\0\0\x10\0{}               ", 26);
    refuse_with(&place, place.path, HM_ERROR_UNSUPPORTED, place.path, "version 0", NULL);
    write_file(&place, "a", "\x93NUMPY\4\0\x10\0\0\0{}               ", 28);
    refuse_with(&place, place.path, HM_ERROR_UNSUPPORTED, place.path, "version 4", NULL);
    place.memory.most_bytes = 0;
    write_file(&place, "a", "\x93NUMPY\2\0\xff\xff\xff\xff{}               ", 28);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "4294967295 bytes", NULL);
    assert_true(place.memory.most_bytes < 100000);
    close_place(&place);
}

static void test_not_finite(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    const double values[6] = {0, 1, 2, 3, 1e300, 5}; /* finite, but not as a float */
    write_npy(&place, "a", DICTIONARY("<f8", "(2, 3)"), values, sizeof values);
    refuse_with(&place, place.path, HM_ERROR_NUMERIC, place.path, "row 1, column 1", NULL);
    write_npy(&place, "b", DICTIONARY("<f4", "(2, 1)"), "\0\0\0\0\0\0\xc0\x7f", 8);
    refuse_with(&place, place.path, HM_ERROR_NUMERIC, place.path, "row 1, column 0", "nan", NULL);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_default_scale),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_fortran_order),
        cmocka_unit_test(test_columns_are_turned_round),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_streaming_equals_memory),
        cmocka_unit_test(test_damaged_headers),
        cmocka_unit_test(test_33_axes),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_versions_and_lengths),
        cmocka_unit_test(test_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
