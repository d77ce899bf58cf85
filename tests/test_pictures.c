/* Pictures of either format: how they lie by EXIF, what 16 bits hold, how many channels a model wants, and what is said of pictures
 * that are not read. */
#include "data_files.h"

/* Warnings and notes of the context, one after another. */
typedef struct gallery {
    data_place place;
    char warnings[4096], notes[4096];
    size_t n_warnings;
} gallery;

static void listen(void *user, hm_log_level level, const char *line)
{
    gallery *g = user;
    char *text = level == HM_LOG_WARNING ? g->warnings : g->notes;
    g->n_warnings += level == HM_LOG_WARNING;
    strncat(text, line, sizeof g->notes - strlen(text) - 1);
}

static void open_gallery(gallery *g)
{
    static const unsigned char pixel[1] = {0};
    memset(g, 0, sizeof *g);
    data_place *place = open_place(&g->place, 1, 1);
    hm_context_destroy(place->context);
    hm_context_config config = {.n_threads = 1, .seed = 1, .allocator = counted_allocator(&place->memory), .log = listen, .log_user = g};
    assert_int_equal(hm_context_create(&config, &place->context, &place->error), HM_OK);
    skip_without(place, write_grey_png(place, "first.png", 1, 1, pixel), "libpng-dev");
    *g->warnings = *g->notes = 0;
    g->n_warnings = 0;
}

static void close_gallery(gallery *g)
{
    close_place(&g->place);
}

static void make_folder(gallery *g, const char *name)
{
    assert_int_equal(mkdir(path_in(&g->place, name), 0700), 0);
}

/* ---- EXIF of PNG ------------------------------------------------------------------------------------- */

/* 2 x 3 pixels of `depth` bits (8 or 16) and `colour`, with EXIF before or behind the pixels; value i of a pixel is i of shown_as, times
 * 20, and in colour red 1 more. */
static void write_turned(gallery *g, const char *name, unsigned depth, unsigned colour, unsigned orientation, bool is_behind)
{
    byte_list list = {0}, exif = {0}, rows = {0};
    add_exif(&exif, orientation % 2, orientation);
    for (unsigned i = 0; i < 6; i++) {
        if (i % 3 == 0)
            add_byte(&rows, 0);
        for (unsigned c = 0; c < (colour == 2 ? 3u : 1u); c++)
            for (unsigned k = 0; k < depth / 8; k++)
                add_byte(&rows, 20 * i + (colour == 2 && c == 0));
    }
    add_png_start(&list, 3, 2, depth, colour, 0);
    if (!is_behind)
        add_png_chunk(&list, "eXIf", exif.bytes, exif.n);
    add_png_end(&list, rows.bytes, rows.n);
    if (is_behind) {
        list.n -= 12; /* IEND */
        add_png_chunk(&list, "eXIf", exif.bytes, exif.n);
        add_png_chunk(&list, "IEND", NULL, 0);
    }
    free(exif.bytes);
    free(rows.bytes);
    write_list(&g->place, name, &list);
}

static void expect_turned(const hm_dataset *set, size_t index, unsigned orientation, size_t n_channels)
{
    assert_int_equal(hm_dataset_height(set), orientation > 4 ? 3 : 2);
    assert_int_equal(hm_dataset_width(set), orientation > 4 ? 2 : 3);
    assert_int_equal(hm_dataset_channels(set), n_channels);
    float *values = read_all(set);
    for (size_t i = 0; i < 6 * n_channels; i++)
        assert_true(values[index * 6 * n_channels + i] == (float)(20 * shown_as[orientation][i % 6] + (n_channels == 3 && i < 6)));
    free(values);
}

static void png_is_turned(void **state)
{
    gallery g;
    (void)state;
    open_gallery(&g);
    set_option(&g.place, "scale", "1");
    for (unsigned orientation = 1; orientation <= 8; orientation++)
        for (unsigned k = 0; k < 8; k++) {
            unsigned colour = k & 1 ? 2 : 0;
            write_turned(&g, "a.png", k & 2 ? 16 : 8, colour, orientation, k & 4);
            hm_dataset *set = open_set(&g.place, g.place.path);
            expect_turned(set, 0, orientation, colour == 2 ? 3 : 1);
            hm_dataset_close(set);
        }
    close_gallery(&g);
}

/* In a folder pictures agree by how they are shown; a sheet is cut as it is shown. */
static void folders_and_sheets_are_turned(void **state)
{
    static const unsigned char upright[6] = {60, 0, 80, 20, 100, 40};
    gallery g;
    (void)state;
    open_gallery(&g);
    set_option(&g.place, "scale", "1");
    make_folder(&g, "set");
    write_turned(&g, "set/a.png", 8, 0, 6, false);
    write_grey_png(&g.place, "set/b.png", 2, 3, upright);
    hm_dataset *set = open_set(&g.place, path_in(&g.place, "set"));
    expect_turned(set, 0, 6, 1);
    expect_turned(set, 1, 6, 1);
    hm_dataset_close(set);
    set_option(&g.place, "tile", "1");
    set = open_set(&g.place, path_in(&g.place, "set/a.png"));
    expect_values(set, 6, 1, (float[]){60, 0, 80, 20, 100, 40});
    hm_dataset_close(set);
    close_gallery(&g);
}

/* A block that is none, or is cut off, and one whose checksum is wrong. */
static void broken_exif_is_harmless(void **state)
{
    static const unsigned char rows[8] = {0, 0, 20, 40, 0, 60, 80, 100};
    gallery g;
    byte_list exif = {0};
    (void)state;
    open_gallery(&g);
    set_option(&g.place, "scale", "1");
    add_exif(&exif, true, 6);
    for (size_t n = 0; n <= exif.n; n++) {
        byte_list list = {0};
        add_png_start(&list, 3, 2, 8, 0, 0);
        add_png_chunk(&list, "eXIf", exif.bytes, n);
        if (n == exif.n)
            list.bytes[list.n - 1] ^= 1;
        add_png_end(&list, rows, sizeof rows);
        write_list(&g.place, "a.png", &list);
        hm_dataset *set = open_set(&g.place, g.place.path);
        expect_turned(set, 0, n < exif.n && n >= exif.n - 6 ? 6 : 1, 1);
        hm_dataset_close(set);
    }
    free(exif.bytes);
    close_gallery(&g);
}

/* A chunk of 2 MB is no EXIF, and the picture is read without it, before and behind the pixels. */
static void large_exif_is_not_believed(void **state)
{
    static const unsigned char rows[8] = {0, 0, 20, 40, 0, 60, 80, 100};
    gallery g;
    byte_list exif = {0};
    (void)state;
    open_gallery(&g);
    set_option(&g.place, "scale", "1");
    add_exif(&exif, true, 6);
    while (exif.n < 2 << 20)
        add_byte(&exif, 0);
    for (int is_behind = 0; is_behind < 2; is_behind++) {
        byte_list list = {0};
        add_png_start(&list, 3, 2, 8, 0, 0);
        if (!is_behind)
            add_png_chunk(&list, "eXIf", exif.bytes, exif.n);
        add_png_end(&list, rows, sizeof rows);
        if (is_behind) {
            list.n -= 12; /* IEND */
            add_png_chunk(&list, "eXIf", exif.bytes, exif.n);
            add_png_chunk(&list, "IEND", NULL, 0);
        }
        write_list(&g.place, "a.png", &list);
        hm_dataset *set = open_set(&g.place, g.place.path);
        expect_turned(set, 0, 1, 1);
        hm_dataset_close(set);
    }
    free(exif.bytes);
    close_gallery(&g);
}

/* ---- 16 bits ----------------------------------------------------------------------------------------- */

static void write_deep(gallery *g, const char *name, size_t n, const unsigned *values)
{
    byte_list list = {0}, row = {0};
    for (size_t i = 0; i < n; i++)
        add_big(&row, values[i], 2);
    add_png(&list, (uint32_t)n, 1, 16, 0, row.bytes, row.n);
    free(row.bytes);
    write_list(&g->place, name, &list);
}

static void sixteen_bits_are_kept(void **state)
{
    enum { N = 4096 };
    unsigned values[N];
    gallery g;
    (void)state;
    open_gallery(&g);
    for (unsigned i = 0; i < N; i++)
        values[i] = i < N - 1 ? 16 * i + i % 16 : 65535;
    write_deep(&g, "a.png", N, values);
    hm_dataset *set = open_set(&g.place, g.place.path);
    float *read = read_all(set);
    for (size_t i = 0; i < N; i++)
        assert_float_equal(read[i], (double)values[i] / 65535, 2e-7);
    assert_true(read[N - 1] == 1);
    free(read);
    hm_dataset_close(set);
    set_option(&g.place, "tile", "1");
    set = open_set(&g.place, g.place.path);
    assert_int_equal(hm_dataset_n_cases(set), N);
    read = read_all(set);
    assert_float_equal(read[1], (double)values[1] / 65535, 1e-9);
    free(read);
    hm_dataset_close(set);
    close_gallery(&g);
}

/* With opacity: half of a white that is half there shows white paper. In colour, and behind a transparent grey (tRNS). */
static void sixteen_bits_of_every_kind(void **state)
{
    static const struct {
        unsigned colour;
        size_t row_bytes, n_values;
        const char *row; /* two pixels */
        double wanted[6];
    } rows[] = {
        {4, 8, 2, "\x12\x34\xff\xff\x12\x34\x00\x00", {0x1234, 65535}},
        {4, 8, 2, "\x00\x00\x80\x00\xff\xff\x80\x01", {0x7fff, 65535}},
        {2, 12, 6, "\xff\xff\x00\x00\x00\x01\x12\x34\x56\x78\x9a\xbc", {65535, 0x1234, 0, 0x5678, 1, 0x9abc}},
        {6, 16, 6, "\xff\xff\x00\x00\x00\x01\xff\xff\x12\x34\x56\x78\x9a\xbc\x00\x00", {65535, 65535, 0, 65535, 1, 65535}},
    };
    gallery g;
    (void)state;
    open_gallery(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        byte_list list = {0};
        add_png(&list, 2, 1, 16, rows[i].colour, (const unsigned char *)rows[i].row, rows[i].row_bytes);
        write_list(&g.place, "a.png", &list);
        hm_dataset *set = open_set(&g.place, g.place.path);
        assert_int_equal(hm_dataset_n_features(set), rows[i].n_values);
        float *read = read_all(set);
        for (size_t k = 0; k < rows[i].n_values; k++)
            assert_float_equal(read[k], rows[i].wanted[k] / 65535, 2e-7);
        free(read);
        hm_dataset_close(set);
    }
    byte_list list = {0};
    add_png_start(&list, 2, 1, 16, 0, 0);
    add_png_chunk(&list, "tRNS", "\x12\x34", 2);
    add_png_end(&list, (const unsigned char *)"\0\x12\x34\x12\x35", 5);
    write_list(&g.place, "a.png", &list);
    hm_dataset *set = open_set(&g.place, g.place.path);
    float *read = read_all(set);
    assert_true(read[0] == 1);
    assert_float_equal(read[1], (double)0x1235 / 65535, 1e-8);
    free(read);
    hm_dataset_close(set);
    close_gallery(&g);
}

/* One such picture, wherever it stands, and the others keep their values. */
static void folders_may_mix_depths(void **state)
{
    static const unsigned char bytes[2] = {51, 255};
    static const unsigned deep[2] = {0x1234, 65535};
    static const char *const deep_names[] = {"set/a.png", "set/c.png"};
    static const char *const fits[] = {"none", "crop", "pad"};
    gallery g;
    (void)state;
    open_gallery(&g);
    make_folder(&g, "set");
    for (size_t k = 0; k < 2; k++) {
        write_deep(&g, deep_names[k], 2, deep);
        write_grey_png(&g.place, deep_names[1 - k], 2, 1, bytes);
        for (size_t f = 0; f < 3; f++) {
            set_option(&g.place, "fit", fits[f]);
            hm_dataset *set = open_set(&g.place, path_in(&g.place, "set"));
            float *read = read_all(set);
            assert_float_equal(read[2 * k], (double)0x1234 / 65535, 1e-8);
            assert_true(read[2 * k + 1] == 1 && read[3 - 2 * k] == 1);
            assert_true(read[2 - 2 * k] == 51 * (1.0f / 255));
            free(read);
            hm_dataset_close(set);
        }
    }
    close_gallery(&g);
}

/* ---- Channels that a model wants ---------------------------------------------------------------------- */

static hm_dataset *open_for(gallery *g, const char *path, size_t n_channels)
{
    hm_dataset *set;
    const hm_data_known known = {.n_channels = n_channels};
    set_option(&g->place, "data", path);
    *g->notes = 0;
    if (hm_dataset_open_known(g->place.context, &g->place.config, &known, &set, NULL, &g->place.error) != HM_OK)
        fail_msg("%s", g->place.error.message);
    assert_int_equal(hm_dataset_channels(set), n_channels);
    return set;
}

static void pictures_get_the_channels_of_the_model(void **state)
{
    static const unsigned char grey[2] = {10, 20}, colours[6] = {255, 0, 0, 0, 0, 255};
    gallery g;
    byte_list list = {0};
    (void)state;
    open_gallery(&g);
    set_option(&g.place, "scale", "1");
    make_folder(&g, "set");
    make_folder(&g, "coloured");
    write_grey_png(&g.place, "set/grey.png", 2, 1, grey);
    add_png(&list, 2, 1, 8, 2, colours, 6);
    write_list(&g.place, "coloured/a.png", &list);
    const char *const greys[] = {"set", "set/grey.png"}, *const coloured[] = {"coloured", "coloured/a.png"};
    for (size_t i = 0; i < 2; i++) {
        hm_dataset *set = open_for(&g, path_in(&g.place, greys[i]), 3);
        expect_values(set, 1, 6, (float[]){10, 20, 10, 20, 10, 20});
        hm_dataset_close(set);
        set = open_for(&g, path_in(&g.place, greys[i]), 1);
        assert_null(strstr(g.notes, "grey"));
        hm_dataset_close(set);
        set = open_for(&g, path_in(&g.place, coloured[i]), 1);
        expect_values(set, 1, 2, (float[]){76, 29});
        assert_non_null(strstr(g.notes, "became grey"));
        hm_dataset_close(set);
        set = open_for(&g, path_in(&g.place, coloured[i]), 3);
        expect_values(set, 1, 6, (float[]){255, 0, 0, 0, 0, 255});
        hm_dataset_close(set);
    }
    set_option(&g.place, "tile", "1");
    hm_dataset *set = open_for(&g, path_in(&g.place, "set/grey.png"), 3);
    expect_values(set, 2, 3, (float[]){10, 10, 10, 20, 20, 20});
    hm_dataset_close(set);
    close_gallery(&g);
}

/* ---- Pictures that are not read ------------------------------------------------------------------------ */

static void jpeg_has_many_endings(void **state)
{
    static const unsigned char pixel[1] = {5};
    static const char *const names[] = {"set/a.jpe", "set/b.JFIF", "set/c.Jpg", "set/d.jpeg", "set/e.PNG"};
    gallery g;
    (void)state;
    open_gallery(&g);
    make_folder(&g, "set");
    for (size_t i = 0; i < 5; i++)
        write_grey_png(&g.place, names[i], 1, 1, pixel); /* what a file is, its content says */
    write_text(&g.place, "set/notes.txt", "no picture");
    hm_dataset *set = open_set(&g.place, path_in(&g.place, "set"));
    assert_int_equal(hm_dataset_n_cases(set), 5);
    assert_int_equal(g.n_warnings, 0);
    hm_dataset_close(set);
    close_gallery(&g);
}

static void strange_pictures_are_counted(void **state)
{
    static const unsigned char pixel[1] = {5};
    static const char *const ends[] = {"bmp", "GIF", "tif", "tiff", "webp", "heic", "avif", "pbm", "pgm", "ppm", "svg"};
    gallery g;
    char name[64];
    (void)state;
    open_gallery(&g);
    make_folder(&g, "set");
    make_folder(&g, "set/cats");
    make_folder(&g, "set/dogs");
    write_grey_png(&g.place, "set/cats/1.png", 1, 1, pixel);
    write_grey_png(&g.place, "set/dogs/1.png", 1, 1, pixel);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(name, sizeof name, "set/%s/x%zu.%s", i % 2 ? "cats" : "dogs", i, ends[i]);
        write_text(&g.place, name, "whatever");
    }
    hm_dataset *set = open_set(&g.place, path_in(&g.place, "set"));
    assert_int_equal(hm_dataset_n_cases(set), 2);
    assert_int_equal(g.n_warnings, 1);
    if (!strstr(g.warnings, "11 pictures") || !strstr(g.warnings, "cats/x1.GIF") || !strstr(g.warnings, "into PNG"))
        fail_msg("%s", g.warnings);
    hm_dataset_close(set);
    make_folder(&g, "none");
    write_text(&g.place, "none/a.bmp", "BM");
    refuse_with(&g.place, path_in(&g.place, "none"), HM_ERROR_NOT_FOUND, "no PNG", "a.bmp", "turn it into PNG", NULL);
    close_gallery(&g);
}

static void strangers_are_named(void **state)
{
#define ROW(bytes, name) {bytes, sizeof bytes - 1, name}
    static const struct {
        const char *bytes;
        size_t n;
        const char *name;
    } rows[] = {
        ROW("RIFF\x10\0\0\0WEBPVP8 ", "WebP"),
        ROW("RIFF\x10\0\0\0WAVEfmt ", "sound (WAV)"),
        ROW("GIF89a\1\0\1\0", "GIF"),
        ROW("BM\x3a\0\0\0", "BMP"),
        ROW("II*\0\x08\0\0\0", "TIFF"),
        ROW("MM\0*\0\0\0\x08", "TIFF"),
        ROW("\0\0\0\x18" "ftypheic\0\0\0\0", "HEIC"),
        ROW("\0\0\0\x18" "ftypavif\0\0\0\0", "AVIF"),
        ROW("\0\0\0\x0cjP  \r\n", "JPEG 2000"),
        ROW("P5\n# by hand\n3 2\n255\nabcdef", "Netpbm"),
        ROW("P2 3 2 9\n1 2 3\n4 5 6\n", "Netpbm"),
        ROW("P6\n3 1\n255\n\0\1\2\3\4\5\6\7\x08", "Netpbm"),
        ROW("<?xml version=\"1.0\"?>\n<svg width=\"3\"/>", "SVG"),
        ROW("\xef\xbb\xbf<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG"),
    };
#undef ROW
    gallery g;
    (void)state;
    open_gallery(&g);
    make_folder(&g, "set");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_file(&g.place, "a", rows[i].bytes, rows[i].n);
        refuse_with(&g.place, g.place.path, HM_ERROR_FORMAT, rows[i].name, "which is not read", NULL);
        write_file(&g.place, "set/a.png", rows[i].bytes, rows[i].n); /* of a wrong name, in a folder */
        refuse_with(&g.place, path_in(&g.place, "set"), HM_ERROR_FORMAT, "set/a.png", "neither a PNG nor a JPEG", rows[i].name, NULL);
    }
    hm_dataset_close(open_set(&g.place, write_text(&g.place, "a.csv", "P1\n1\n2\n"))); /* a column of the name P1 */
    hm_dataset_close(open_set(&g.place, write_text(&g.place, "a.csv", "BMI,age\n1,2\n")));
    close_gallery(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_is_turned),
        cmocka_unit_test(folders_and_sheets_are_turned),
        cmocka_unit_test(broken_exif_is_harmless),
        cmocka_unit_test(large_exif_is_not_believed),
        cmocka_unit_test(sixteen_bits_are_kept),
        cmocka_unit_test(sixteen_bits_of_every_kind),
        cmocka_unit_test(folders_may_mix_depths),
        cmocka_unit_test(pictures_get_the_channels_of_the_model),
        cmocka_unit_test(jpeg_has_many_endings),
        cmocka_unit_test(strange_pictures_are_counted),
        cmocka_unit_test(strangers_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
