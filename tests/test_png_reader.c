/* PNG: every kind of picture, contact sheets, folders, folders of folders; damaged and lying
 * files. */
#include "data_files.h"

static const unsigned char grey_6[6] = {0, 51, 102, 153, 204, 255};

static data_place *open_png_place(data_place *place, uint64_t seed, int n_threads)
{
    open_place(place, seed, n_threads);
    write_grey_png(place, "first.png", 3, 2, grey_6);
    skip_without(place, place->path, "libpng-dev");
    unlink(place->path);
    return place;
}

/* Values in 0..255. */
static void expect_pixels(data_place *place, size_t n, size_t height, size_t width,
                          const unsigned char *wanted)
{
    float *values = malloc(n * height * width * sizeof *values);
    for (size_t i = 0; i < n * height * width; i++)
        values[i] = (float)wanted[i];
    set_option(place, "scale", "1");
    hm_dataset *set = open_set(place, place->path);
    expect_shape(set, n, height, width);
    expect_values(set, n, height * width, values);
    hm_dataset_close(set);
    free(values);
}

static void test_grey(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    write_grey_png(&place, "a.png", 3, 2, grey_6);
    hm_dataset *set = open_set(&place, place.path);
    float *values = read_all(set);
    assert_true(values[0] == 0.0f && values[5] == 1.0f); /* bytes are scaled by default */
    free(values);
    hm_dataset_close(set);
    expect_pixels(&place, 1, 2, 3, grey_6);
    close_place(&place);
}

static void test_every_kind(void **state)
{
    (void)state;
    static const struct {
        unsigned depth, colour;
        size_t row_bytes;
        const char *row; /* two pixels */
        unsigned char wanted[2];
    } rows[] = {
        {1, 0, 1, "\x40", {0, 255}},
        {2, 0, 1, "\x60", {85, 170}},
        {4, 0, 1, "\x1e", {17, 238}},
        {16, 0, 4, "\x80\x80\x12\x12", {128, 18}},
        {8, 2, 6, "\xff\x00\x00\x00\xff\x00", {76, 150}}, /* 0.299 and 0.587 of 255 */
        {8, 2, 6, "\x00\x00\xff\x64\x64\x64", {29, 100}}, /* 0.114; a grey stays itself */
        {16, 2, 12, "\xff\xff\xff\xff\xff\xff\x20\x20\x20\x20\x20\x20", {255, 32}},
        {8, 4, 4, "\x64\xff\x64\x00", {100, 255}}, /* opaque; transparent shows white */
        {8, 4, 4, "\x00\x80\xff\x80", {127, 255}},
        {8, 6, 8, "\xff\x00\x00\xff\x00\x00\x00\x00", {76, 255}},
    };
    data_place place;
    open_png_place(&place, 1, 1);
    set_option(&place, "grey", "yes");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        byte_list list = {0};
        add_png(&list, 2, 1, rows[i].depth, rows[i].colour, (const unsigned char *)rows[i].row,
                rows[i].row_bytes);
        write_list(&place, "a.png", &list);
        expect_pixels(&place, 1, 1, 2, rows[i].wanted);
    }
    close_place(&place);
}

static void test_palette(void **state)
{
    (void)state;
    static const unsigned char palette[9] = {10, 10, 10, 255, 0, 0, 200, 200, 200};
    data_place place;
    open_png_place(&place, 1, 1);
    set_option(&place, "grey", "yes");
    for (int transparent = 0; transparent < 2; transparent++) {
        byte_list list = {0};
        add_png_start(&list, 3, 1, 2, 3, 0);
        add_png_chunk(&list, "PLTE", palette, sizeof palette);
        if (transparent)
            add_png_chunk(&list, "tRNS", "\0", 1);               /* of the first colour */
        add_png_end(&list, (const unsigned char[]){0, 0x18}, 2); /* 0, 1, 2 */
        write_list(&place, "a.png", &list);
        expect_pixels(&place, 1, 1, 3, (const unsigned char[]){transparent ? 255 : 10, 76, 200});
    }
    close_place(&place);
}

/* Adam7: seven passes over ever finer grids. */
static void test_interlaced(void **state)
{
    (void)state;
    enum { HEIGHT = 11, WIDTH = 13 };
    static const int x0[] = {0, 4, 0, 2, 0, 1, 0}, dx[] = {8, 8, 4, 4, 2, 2, 1};
    static const int y0[] = {0, 0, 4, 0, 2, 0, 1}, dy[] = {8, 8, 8, 4, 4, 2, 2};
    unsigned char pixels[HEIGHT * WIDTH];
    for (int i = 0; i < HEIGHT * WIDTH; i++)
        pixels[i] = (unsigned char)(i * 37);
    byte_list list = {0}, rows = {0};
    for (int pass = 0; pass < 7; pass++) {
        for (int y = y0[pass]; y < HEIGHT; y += dy[pass]) {
            add_byte(&rows, 0);
            for (int x = x0[pass]; x < WIDTH; x += dx[pass])
                add_byte(&rows, pixels[y * WIDTH + x]);
        }
    }
    data_place place;
    open_png_place(&place, 1, 1);
    add_png_start(&list, WIDTH, HEIGHT, 8, 0, 1);
    add_png_end(&list, rows.bytes, rows.n);
    write_list(&place, "a.png", &list);
    free(rows.bytes);
    expect_pixels(&place, 1, HEIGHT, WIDTH, pixels);
    close_place(&place);
}

/* A sheet of 2 x 3 tiles of 2 x 2 is six cases, row by row. */
static void test_contact_sheet(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    unsigned char sheet[4 * 6], tiles[24];
    for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 6; x++) {
            int tile = y / 2 * 3 + x / 2, inside = y % 2 * 2 + x % 2;
            sheet[6 * y + x] = tiles[4 * tile + inside] = (unsigned char)(10 * tile + inside);
        }
    }
    write_grey_png(&place, "sheet.png", 6, 4, sheet);
    set_option(&place, "tile", "2");
    expect_pixels(&place, 6, 2, 2, tiles);
    set_option(&place, "tile", "4");
    refuse_with(&place, place.path, HM_ERROR_MISMATCH, place.path, "4 x 6", "4 x 4", "`tile`",
                NULL);
    set_option(&place, "tile", "4096");
    refuse_with(&place, place.path, HM_ERROR_MISMATCH, place.path, "`tile`", NULL);
    refuse_with(&place, write_text(&place, "a.csv", "1,2\n"), HM_ERROR_ARGUMENT, "`tile`", "CSV",
                NULL);
    close_place(&place);
}

static void test_sheet_with_labels(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    char labels[sizeof place.path];
    write_text(&place, "labels.csv", "label\n3\n1\n");
    strcpy(labels, place.path);
    write_grey_png(&place, "sheet.png", 2, 1, grey_6);
    set_option(&place, "tile", "1");
    set_option(&place, "labels", labels);
    hm_dataset *set = open_set(&place, place.path);
    assert_int_equal(hm_dataset_n_classes(set), 4);
    assert_int_equal(hm_dataset_label(set, 0), 3);
    assert_int_equal(hm_dataset_label(set, 1), 1);
    hm_dataset_close(set);
    write_grey_png(&place, "sheet.png", 3, 1, grey_6);
    refuse_with(&place, place.path, HM_ERROR_MISMATCH, labels, "2 labels", "3 cases", NULL);
    close_place(&place);
}

/* ---- Folders --------------------------------------------------------------------------------- */

static void make_folder(data_place *place, const char *name)
{
    assert_int_equal(mkdir(path_in(place, name), 0700), 0);
}

static void test_folder(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    make_folder(&place, "set");
    write_grey_png(&place, "set/b.png", 1, 2, (const unsigned char[]){3, 4});
    write_grey_png(&place, "set/c.PNG", 1, 2, (const unsigned char[]){5, 6});
    write_grey_png(&place, "set/a.png", 1, 2, (const unsigned char[]){1, 2});
    write_text(&place, "set/notes.txt", "not a picture");
    write_text(&place, "set/.hidden.png", "neither");
    path_in(&place, "set");
    expect_pixels(&place, 3, 2, 1, (const unsigned char[]){1, 2, 3, 4, 5, 6});
    set_option(&place, "tile", "1");
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, "tile", place.path, NULL);
    close_place(&place);
}

static void test_folder_of_classes(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    make_folder(&place, "set");
    make_folder(&place, "set/dogs");
    make_folder(&place, "set/cats");
    make_folder(&place, "set/.git");
    write_grey_png(&place, "set/dogs/1.png", 1, 1, (const unsigned char[]){10});
    write_grey_png(&place, "set/cats/2.png", 1, 1, (const unsigned char[]){30});
    write_grey_png(&place, "set/cats/1.png", 1, 1, (const unsigned char[]){20});
    path_in(&place, "set");
    expect_pixels(&place, 3, 1, 1, (const unsigned char[]){20, 30, 10});
    hm_dataset *set = open_set(&place, place.path);
    assert_int_equal(hm_dataset_n_classes(set), 2);
    assert_int_equal(hm_dataset_label(set, 0), 0);
    assert_int_equal(hm_dataset_label(set, 1), 0);
    assert_int_equal(hm_dataset_label(set, 2), 1);
    assert_string_equal(hm_dataset_class_name(set, 0), "cats");
    assert_string_equal(hm_dataset_class_name(set, 1), "dogs");
    assert_null(hm_dataset_class_name(set, 2));
    assert_null(hm_dataset_class_name(set, -1));
    hm_dataset *dogs;
    assert_int_equal(hm_dataset_of_class(set, 1, &dogs, &place.error), HM_OK);
    hm_dataset_close(set);
    expect_values(dogs, 1, 1, (float[]){10});
    assert_string_equal(hm_dataset_class_name(dogs, 1), "dogs");
    hm_dataset_close(dogs);
    set_option(&place, "labels", place.path);
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, "sub-folders", "labels", NULL);
    set_option(&place, "labels", "");
    make_folder(&place, "set/empty"); /* a class without cases */
    set = open_set(&place, path_in(&place, "set"));
    assert_int_equal(hm_dataset_n_classes(set), 3);
    assert_int_equal(hm_dataset_classes(set, NULL), 2);
    assert_int_equal(hm_dataset_label(set, 2), 1);
    hm_dataset_close(set);
    rmdir(path_in(&place, "set/empty"));
    make_folder(&place, "none");
    make_folder(&place, "none/empty");
    refuse_with(&place, path_in(&place, "none"), HM_ERROR_NOT_FOUND, "none", "no PNG", NULL);
    write_grey_png(&place, "set/stray.png", 1, 1, grey_6);
    refuse_with(&place, path_in(&place, "set"), HM_ERROR_FORMAT, "stray.png", "cats", NULL);
    close_place(&place);
}

static void test_folder_of_sizes(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    make_folder(&place, "set");
    write_grey_png(&place, "set/a.png", 3, 2, grey_6);
    write_grey_png(&place, "set/b.png", 2, 2, (const unsigned char[]){0, 100, 200, 100});
    refuse_with(&place, path_in(&place, "set"), HM_ERROR_MISMATCH, "b.png has 2 x 2",
                "a.png has 2 x 3", "resize", NULL);
    set_option(&place, "resize", "1x1");
    set_option(&place, "scale", "1");
    hm_dataset *set = open_set(&place, place.path);
    expect_shape(set, 2, 1, 1);
    float *values = read_all(set);
    assert_float_equal(values[0], 127.5, 1e-4);
    assert_float_equal(values[1], 100, 1e-4);
    free(values);
    hm_dataset_close(set);
    set_option(&place, "scale", "0"); /* resized pixels are still pixels: 1/255 */
    set = open_set(&place, place.path);
    values = read_all(set);
    assert_float_equal(values[0], 0.5, 1e-6);
    free(values);
    hm_dataset_close(set);
    close_place(&place);
}

/* 3 x 1 and 2 x 2 (height x width): cropped to 2 x 1, padded to 3 x 2, and resized in shape. */
static void test_fit(void **state)
{
    (void)state;
    static const struct {
        const char *fit, *resize;
        size_t height, width;
        float wanted[12];
    } rows[] = {
        {"crop", "", 2, 1, {0, 60, 10, 30}},
        {"pad", "", 3, 2, {0, 40, 60, 40, 60, 40, 10, 20, 30, 40, 25, 25}},
        {"crop", "1x1", 1, 1, {60, 25}},
        {"pad", "3x3", 3, 3, {0}},
    };
    data_place place;
    open_png_place(&place, 1, 1);
    make_folder(&place, "set");
    set_option(&place, "scale", "1");
    write_grey_png(&place, "set/a.png", 1, 3, (const unsigned char[]){0, 60, 60});
    write_grey_png(&place, "set/b.png", 2, 2, (const unsigned char[]){10, 20, 30, 40});
    refuse_with(&place, path_in(&place, "set"), HM_ERROR_MISMATCH, "b.png has 2 x 2",
                "a.png has 3 x 1", "--fit", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_option(&place, "fit", rows[i].fit);
        set_option(&place, "resize", rows[i].resize);
        hm_dataset *set = open_set(&place, path_in(&place, "set"));
        expect_shape(set, 2, rows[i].height, rows[i].width);
        assert_non_null(strstr(hm_dataset_describe(set), i % 2 ? "padded" : "cropped"));
        float *values = read_all(set);
        if (i == 3) { /* a column of three in the middle of its border's mean */
            const float a[9] = {40, 0, 40, 40, 60, 40, 40, 60, 40};
            assert_memory_equal(values, a, sizeof a);
        } else {
            for (size_t k = 0; k < 2 * rows[i].height * rows[i].width; k++)
                assert_float_equal(values[k], rows[i].wanted[k], 1e-4);
        }
        free(values);
        hm_dataset_close(set);
    }
    refuse_with(&place, write_grey_png(&place, "c.png", 1, 1, grey_6), HM_ERROR_ARGUMENT, "`fit`",
                "folder", NULL);
    close_place(&place);
}

/* Planes are resized and cut into tiles one by one. */
static void test_colour(void **state)
{
    (void)state;
    static const unsigned char pixels[2 * 12] = {0, 10, 20, 2, 10, 40, 9, 9, 9, 9, 9, 9,
                                                 4, 10, 60, 6, 10, 80, 9, 9, 9, 9, 9, 9};
    data_place place;
    open_png_place(&place, 1, 1);
    set_option(&place, "scale", "1");
    byte_list list = {0};
    add_png(&list, 4, 2, 8, 2, pixels, 12);
    write_list(&place, "a.png", &list);
    set_option(&place, "tile", "2");
    for (int streamed = 0; streamed < 2; streamed++) {
        set_option(&place, "resize", "");
        hm_dataset *set = open_set(&place, place.path);
        expect_values(set, 2, 12, (float[]){0,  2, 4, 6, 10, 10, 10, 10, 20, 40, 60, 80,
                                            9,  9, 9, 9, 9,  9,  9,  9,  9,  9,  9,  9});
        assert_int_equal(hm_dataset_channels(set), 3);
        hm_dataset_close(set);
        set_option(&place, "resize", "1x1");
        set = open_set(&place, place.path);
        expect_values(set, 2, 3, (float[]){3, 10, 50, 9, 9, 9});
        assert_int_equal(hm_dataset_channels(set), 3);
        hm_dataset_close(set);
    }
    set_option(&place, "tile", "0");
    set_option(&place, "resize", "4096x4096");
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, "resize", "3 channels", NULL);
    set_option(&place, "resize", "1x1");
    set_option(&place, "shape", "3x1x2");
    hm_dataset *set = open_set(&place, write_text(&place, "a.csv", "1,3,10,30,100,300\n"));
    expect_values(set, 1, 3, (float[]){2, 20, 200});
    hm_dataset_close(set);
    set_option(&place, "shape", "2x1x3");
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, "shape = 2x1x3", "3x32x32", NULL);
    close_place(&place);
}

static void test_wrong_folders(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    make_folder(&place, "set");
    refuse_with(&place, place.path, HM_ERROR_NOT_FOUND, place.path, "no PNG", NULL);
    write_text(&place, "set/a.png", "text, not a picture");
    refuse_with(&place, path_in(&place, "set"), HM_ERROR_FORMAT, "set/a.png", "PNG", NULL);
    assert_int_equal(symlink("nowhere", path_in(&place, "set/b.png")), 0);
    unlink(path_in(&place, "set/a.png"));
    refuse_with(&place, path_in(&place, "set"), HM_ERROR_IO, "set/b.png", NULL);
    close_place(&place);
}

/* ---- Hostile pictures ------------------------------------------------------------------------ */

static void test_truncated(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    byte_list list = {0};
    add_png(&list, 3, 2, 8, 0, grey_6, 3);
    for (size_t n = 8; n < list.n; n++) {
        write_file(&place, "a.png", list.bytes, n);
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, NULL);
    }
    free(list.bytes);
    close_place(&place);
}

/* Flipping any byte either leaves the picture readable or is an error; nothing else. */
static void test_damaged_anywhere(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    byte_list list = {0};
    add_png(&list, 3, 2, 8, 0, grey_6, 3);
    size_t n_refused = 0;
    for (size_t i = 8; i < list.n; i++) {
        hm_dataset *set;
        list.bytes[i] ^= 0x41;
        set_option(&place, "data", write_file(&place, "a.png", list.bytes, list.n));
        hm_status status = hm_dataset_open(place.context, &place.config, &set, NULL, &place.error);
        n_refused += status == HM_ERROR_FORMAT;
        assert_true(status == HM_OK || status == HM_ERROR_FORMAT);
        hm_dataset_close(set);
        list.bytes[i] ^= 0x41;
    }
    assert_true(n_refused > 40); /* of 67; checksums leave little through */
    free(list.bytes);
    close_place(&place);
}

static void test_lying_sizes(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height;
        hm_status status;
        const char *piece;
    } rows[] = {
        {60000, 60000, HM_ERROR_FORMAT, "60000 x 60000 pixels"},
        {8193, 8192, HM_ERROR_FORMAT, "67108864"},
        {8192, 8192, HM_ERROR_FORMAT, "more than a file of"},
        {0x7fffffff, 0x7fffffff, HM_ERROR_FORMAT, "PNG"},
        {0xffffffff, 1, HM_ERROR_FORMAT, "PNG"},
        {0, 5, HM_ERROR_FORMAT, "PNG"},
    };
    data_place place;
    open_png_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        byte_list list = {0};
        add_png_start(&list, rows[i].width, rows[i].height, 8, 0, 0);
        add_png_end(&list, grey_6, 6);
        write_list(&place, "a.png", &list);
        place.memory.most_bytes = 0;
        refuse_with(&place, place.path, rows[i].status, place.path, rows[i].piece, NULL);
        assert_true(place.memory.most_bytes < 1000000);
    }
    close_place(&place);
}

/* libpng would allocate what the length of a text promises. */
static void test_lying_chunk(void **state)
{
    (void)state;
    data_place place;
    open_png_place(&place, 1, 1);
    byte_list list = {0};
    add_png_start(&list, 4, 4, 8, 0, 0);
    add_big(&list, 0x73692244, 4);
    add_bytes(&list, "zTXtkey", 7);
    write_list(&place, "a.png", &list);
    place.memory.most_bytes = 0;
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "PNG", NULL);
    assert_true(place.memory.most_bytes < 1000000);
    close_place(&place);
}

static void test_too_large(void **state)
{
    (void)state;
    enum { SIDE = 1500 };
    data_place place;
    open_png_place(&place, 1, 1);
    unsigned char *pixels = calloc(SIDE, SIDE);
    write_grey_png(&place, "a.png", SIDE, SIDE, pixels);
    set_option(&place, "memory", "2");
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, place.path, "1500 x 1500", "`memory`", NULL);
    set_option(&place, "memory", "3");
    hm_dataset_close(open_set(&place, place.path));
    make_folder(&place, "set");
    write_grey_png(&place, "set/a.png", SIDE, SIDE, pixels);
    write_grey_png(&place, "set/b.png", SIDE, SIDE, pixels);
    refuse_with(&place, path_in(&place, "set"), HM_ERROR_ARGUMENT, "set", "`memory`", NULL);
    free(pixels);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grey),
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_palette),
        cmocka_unit_test(test_interlaced),
        cmocka_unit_test(test_contact_sheet),
        cmocka_unit_test(test_sheet_with_labels),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_folder_of_classes),
        cmocka_unit_test(test_folder_of_sizes),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_colour),
        cmocka_unit_test(test_wrong_folders),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged_anywhere),
        cmocka_unit_test(test_lying_sizes),
        cmocka_unit_test(test_lying_chunk),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
