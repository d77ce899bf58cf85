/* JPEG: grey and coloured pictures, folders that mix them with PNG; damaged and lying files. The
 * writer here knows nothing but blocks of one value: a DC code and the end of the block. */
#include "data_files.h"

/* ---- A writer -------------------------------------------------------------------------------- */

typedef struct bit_writer {
    byte_list *list;
    unsigned held, n_held;
} bit_writer;

static void add_bits(bit_writer *out, unsigned value, unsigned n)
{
    while (n-- > 0) {
        out->held = out->held << 1 | (value >> n & 1);
        if (++out->n_held < 8)
            continue;
        add_byte(out->list, out->held & 255);
        if ((out->held & 255) == 255)
            add_byte(out->list, 0);
        out->held = out->n_held = 0;
    }
}

/* The code of a category is its number in four bits; the end of a block is one zero bit. */
static void add_block(bit_writer *out, int difference)
{
    unsigned category = 0, size = (unsigned)abs(difference);
    while (size >> category)
        category++;
    add_bits(out, category, 4);
    add_bits(out, (unsigned)(difference >= 0 ? difference : difference + (1 << category) - 1),
             category);
    add_bits(out, 0, 1);
}

static void add_jpeg_start(byte_list *list, unsigned width, unsigned height, unsigned n_channels)
{
    add_bytes(list, "\xff\xd8\xff\xdb\0\x43\0", 7);
    for (int i = 0; i < 64; i++)
        add_byte(list, 8); /* DC of a block of v is 8 (v - 128) */
    add_big(list, 0xffc0, 2);
    add_big(list, 8 + 3 * n_channels, 2);
    add_byte(list, 8);
    add_big(list, height, 2);
    add_big(list, width, 2);
    add_byte(list, n_channels);
    for (unsigned c = 1; c <= n_channels; c++)
        add_big(list, c << 16 | 0x1100, 3);
    add_bytes(list, "\xff\xc4\0\x1f\0\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0", 21);
    for (unsigned i = 0; i < 12; i++)
        add_byte(list, i);
    add_bytes(list, "\xff\xc4\0\x14\x10\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    add_big(list, 0xffda, 2);
    add_big(list, 6 + 2 * n_channels, 2);
    add_byte(list, n_channels);
    for (unsigned c = 1; c <= n_channels; c++)
        add_big(list, c << 8, 2);
    add_bytes(list, "\0\x3f\0", 3);
}

/* values[blocks][n_channels], grey or Y Cb Cr, row by row. */
static void add_jpeg(byte_list *list, unsigned width, unsigned height, unsigned n_channels,
                     const unsigned char *values)
{
    bit_writer out = {.list = list};
    int before[4] = {128, 128, 128, 128};
    add_jpeg_start(list, width, height, n_channels);
    for (size_t i = 0; i < (size_t)((width + 7) / 8) * ((height + 7) / 8) * n_channels; i++) {
        add_block(&out, values[i] - before[i % n_channels]);
        before[i % n_channels] = values[i];
    }
    add_bits(&out, 0x7f, (8 - out.n_held) % 8);
    add_big(list, 0xffd9, 2);
}

static const char *write_jpeg(data_place *place, const char *name, unsigned width, unsigned height,
                              unsigned n_channels, const unsigned char *values)
{
    byte_list list = {0};
    add_jpeg(&list, width, height, n_channels, values);
    write_list(place, name, &list);
    return place->path;
}

static data_place *open_jpeg_place(data_place *place)
{
    open_place(place, 1, 1);
    skip_without(place, write_jpeg(place, "first.jpg", 8, 8, 1, (const unsigned char[]){7}),
                 "libjpeg-dev");
    unlink(place->path);
    set_option(place, "scale", "1");
    return place;
}

/* ---- Pictures -------------------------------------------------------------------------------- */

static void test_grey(void **state)
{
    (void)state;
    data_place place;
    open_jpeg_place(&place);
    write_jpeg(&place, "a", 10, 3, 1, (const unsigned char[]){20, 255}); /* known by its content */
    hm_dataset *set = open_set(&place, place.path);
    expect_shape(set, 1, 3, 10);
    assert_int_equal(hm_dataset_channels(set), 1);
    float *values = read_all(set);
    for (int i = 0; i < 30; i++)
        assert_true(values[i] == (i % 10 < 8 ? 20 : 255));
    free(values);
    hm_dataset_close(set);
    close_place(&place);
}

static void test_colour(void **state)
{
    (void)state;
    static const unsigned char red[3] = {76, 85, 255}, grey[3] = {100, 128, 128};
    data_place place;
    open_jpeg_place(&place);
    write_jpeg(&place, "a.jpg", 1, 1, 3, red);
    hm_dataset *set = open_set(&place, place.path);
    expect_values(set, 1, 3, (float[]){254, 0, 0});
    assert_int_equal(hm_dataset_channels(set), 3);
    assert_int_equal(hm_dataset_height(set), 1);
    assert_non_null(strstr(hm_dataset_describe(set), "in colour"));
    hm_dataset_close(set);
    set_option(&place, "grey", "yes");
    set = open_set(&place, place.path);
    expect_values(set, 1, 1, (float[]){76});
    hm_dataset_close(set);
    set_option(&place, "grey", "no");
    set = open_set(&place, write_jpeg(&place, "b.jpg", 1, 1, 3, grey));
    expect_values(set, 1, 1, (float[]){100}); /* three components, and none of them a colour */
    assert_int_equal(hm_dataset_channels(set), 1);
    hm_dataset_close(set);
    close_place(&place);
}

/* The third picture is the first with a colour, and all become coloured. */
/* A JPEG of 2 x 3 blocks with this segment APP1 in front. */
static void write_with_app1(data_place *place, const char *name, const void *app1, size_t n)
{
    static const unsigned char blocks[6] = {0, 40, 80, 120, 160, 200};
    byte_list plain = {0}, list = {0};
    add_jpeg(&plain, 24, 16, 1, blocks);
    add_bytes(&list, plain.bytes, 2);
    add_big(&list, 0xffe1, 2);
    add_big(&list, n + 2, 2);
    add_bytes(&list, app1, n);
    add_bytes(&list, plain.bytes + 2, plain.n - 2);
    free(plain.bytes);
    write_list(place, name, &list);
}

/* Of every block a pixel inside it. */
static void expect_shown(data_place *place, const char *path, unsigned orientation)
{
    size_t height = orientation > 4 ? 3 : 2, width = 5 - height;
    set_option(place, "scale", "1");
    hm_dataset *set = open_set(place, path);
    expect_shape(set, 1, 8 * height, 8 * width);
    float *values = read_all(set);
    for (size_t i = 0; i < 6; i++)
        assert_float_equal(values[(8 * (i / width) + 3) * 8 * width + 8 * (i % width) + 5], 40 * shown_as[orientation][i], 1);
    free(values);
    hm_dataset_close(set);
}

static void test_orientations(void **state)
{
    (void)state;
    data_place place;
    open_jpeg_place(&place);
    for (unsigned orientation = 0; orientation <= 10; orientation++)
        for (int is_big = 0; is_big < 2; is_big++) {
            byte_list app1 = {0};
            add_bytes(&app1, "Exif\0", 6);
            add_exif(&app1, is_big, orientation);
            write_with_app1(&place, "a.jpg", app1.bytes, app1.n);
            free(app1.bytes);
            expect_shown(&place, place.path, orientation >= 1 && orientation <= 8 ? orientation : 1);
        }
    close_place(&place);
}

/* Cut off or changed anywhere, EXIF changes at most how a picture lies. */
static void test_hostile_exif(void **state)
{
    (void)state;
    data_place place;
    open_jpeg_place(&place);
    byte_list app1 = {0};
    add_bytes(&app1, "Exif\0", 6);
    add_exif(&app1, true, 6);
    for (size_t n = 0; n < app1.n - 6; n++) { /* of the entry two bytes of filling and the four behind it are not needed */
        write_with_app1(&place, "a.jpg", app1.bytes, n);
        expect_shown(&place, place.path, 1);
    }
    for (size_t i = 0; i < app1.n; i++)
        for (unsigned flip = 1; flip < 256; flip = 2 * flip + 1) {
            app1.bytes[i] ^= (unsigned char)flip;
            write_with_app1(&place, "a.jpg", app1.bytes, app1.n);
            hm_dataset_close(open_set(&place, place.path));
            app1.bytes[i] ^= (unsigned char)flip;
        }
    write_with_app1(&place, "a.jpg", "http://ns.adobe.com/xap/1.0/", 28);
    expect_shown(&place, place.path, 1);
    free(app1.bytes);
    close_place(&place);
}

static void test_mixed_folder(void **state)
{
    (void)state;
    data_place place;
    open_jpeg_place(&place);
    write_grey_png(&place, "first.png", 1, 1, (const unsigned char[]){9});
    skip_without(&place, place.path, "libpng-dev");
    assert_int_equal(mkdir(path_in(&place, "set"), 0700), 0);
    write_grey_png(&place, "set/a.png", 1, 1, (const unsigned char[]){9});
    write_jpeg(&place, "set/b.jpg", 1, 1, 1, (const unsigned char[]){50});
    write_jpeg(&place, "set/c.JPEG", 1, 1, 3, (const unsigned char[]){76, 85, 255});
    hm_dataset *set = open_set(&place, path_in(&place, "set"));
    expect_values(set, 3, 3, (float[]){9, 9, 9, 50, 50, 50, 254, 0, 0});
    assert_int_equal(hm_dataset_channels(set), 3);
    hm_dataset_close(set);
    set_option(&place, "grey", "yes");
    set = open_set(&place, place.path);
    expect_values(set, 3, 1, (float[]){9, 50, 76});
    hm_dataset_close(set);
    set_option(&place, "shape", "3x1x1");
    refuse_with(&place, place.path, HM_ERROR_MISMATCH, "shape = 3x1x1", NULL);
    close_place(&place);
}

/* ---- Hostile files --------------------------------------------------------------------------- */

static void test_truncated(void **state)
{
    (void)state;
    data_place place;
    open_jpeg_place(&place);
    byte_list list = {0};
    add_jpeg(&list, 20, 10, 3, (const unsigned char[18]){10, 20, 30, 200, 40, 99});
    for (size_t n = 3; n < list.n; n++) {
        write_file(&place, "a.jpg", list.bytes, n);
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "JPEG", NULL);
    }
    free(list.bytes);
    close_place(&place);
}

/* Flipping bits anywhere leaves the picture readable or is an error that names the file. */
static void test_damaged_anywhere(void **state)
{
    (void)state;
    data_place place;
    open_jpeg_place(&place);
    byte_list list = {0};
    add_jpeg(&list, 20, 10, 3, (const unsigned char[18]){10, 20, 30, 200, 40, 99});
    size_t n_refused = 0, n_live = place.memory.n_live;
    for (size_t i = 3; i < list.n; i++) {
        hm_dataset *set;
        list.bytes[i] ^= 0x41;
        set_option(&place, "data", write_file(&place, "a.jpg", list.bytes, list.n));
        hm_status status = hm_dataset_open(place.context, &place.config, &set, NULL, &place.error);
        assert_true(status == HM_OK || strstr(place.error.message, place.path));
        n_refused += status != HM_OK;
        hm_dataset_close(set);
        assert_int_equal(place.memory.n_live, n_live);
        list.bytes[i] ^= 0x41;
    }
    assert_true(n_refused > 50);
    free(list.bytes);
    close_place(&place);
}

static void test_lying_sizes(void **state)
{
    (void)state;
    static const struct {
        unsigned width, height;
        const char *piece;
    } rows[] = {
        {60000, 60000, "67108864"},
        {65500, 1000, "more than a file of"},
        {65535, 65535, "JPEG"}, /* more than libjpeg itself takes */
        {0, 5, "JPEG"},
    };
    data_place place;
    open_jpeg_place(&place);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        byte_list list = {0};
        add_jpeg_start(&list, rows[i].width, rows[i].height, 1);
        add_bytes(&list, "\0\0\xff\xd9", 4);
        write_list(&place, "a.jpg", &list);
        place.memory.most_bytes = 0;
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, rows[i].piece, NULL);
        assert_true(place.memory.most_bytes < 1000000);
    }
    write_jpeg(&place, "set.jpg", 1, 1, 4, (const unsigned char[]){1, 2, 3, 4});
    refuse_with(&place, place.path, HM_ERROR_UNSUPPORTED, place.path, "CMYK", NULL);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grey),
        cmocka_unit_test(test_colour),
        cmocka_unit_test(test_orientations),
        cmocka_unit_test(test_hostile_exif),
        cmocka_unit_test(test_mixed_folder),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged_anywhere),
        cmocka_unit_test(test_lying_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
