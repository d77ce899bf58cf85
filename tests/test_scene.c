/* Scene labelling: classes, label pictures, superpixels, the segmentation tree and its cover, metrics and the pyramid. */
#include "data_files.h"

#include <math.h>

#include <harmonium/harmonium.h>

#include "scene/segments.h"

static data_place *open_scene(data_place *place)
{
    return open_place(place, 5, 1);
}

static void fill(float *values, size_t n, uint64_t index)
{
    const hm_random random = {11, HM_RANDOM_USER, 0};
    hm_random_fill_uniform(&random, index, 0, n, values);
}

static size_t whole(uint64_t index, uint64_t unit, size_t n)
{
    const hm_random random = {12, HM_RANDOM_USER, 0};
    return hm_random_bits(&random, index, unit) % n;
}

static hm_scene_picture random_picture(const data_place *place, size_t height, size_t width, uint64_t index)
{
    hm_scene_picture picture = {place->context, height, width, malloc(3 * height * width * sizeof(float))};
    fill(picture.values, 3 * height * width, index);
    return picture;
}

/* ---- Classes --------------------------------------------------------------------------------------- */

static hm_scene_classes *load_classes(data_place *place, const char *text)
{
    hm_scene_classes *classes;
    assert_int_equal(hm_scene_classes_load(place->context, write_text(place, "classes.txt", text), &classes, &place->error), HM_OK);
    return classes;
}

static void classes_are_read(void **state)
{
    data_place place;
    (void)state;
    open_scene(&place);
    hm_scene_classes *classes = load_classes(&place, "# a comment\n\n sky 1 2 3 # another\r\nroad\t255 0 16\nunlabelled 9 9 9");
    assert_int_equal(classes->n, 2);
    assert_string_equal(classes->name[0], "sky");
    assert_string_equal(classes->name[1], "road");
    assert_string_equal(classes->name[2], "unlabelled");
    assert_int_equal(classes->colour[0], 0x010203);
    assert_int_equal(classes->colour[1], 0xff0010);
    assert_int_equal(classes->colour[2], 0x090909);
    hm_scene_classes_destroy(classes);
    classes = load_classes(&place, "sky 1 2 3\n");
    assert_string_equal(classes->name[1], "unlabelled");
    assert_int_equal(classes->colour[1], 0);
    hm_scene_classes_destroy(classes);
    hm_scene_classes_destroy(NULL);
    close_place(&place);
}

/* The recipe's own: eleven. */
static void classes_of_the_recipe_are_read(void **state)
{
    data_place place;
    hm_scene_classes *classes;
    char path[TEMPORARY_MAX];
    const char *root = getenv("HARMONIUM_SOURCE_DIR");
    (void)state;
    open_scene(&place);
    snprintf(path, sizeof path, "%s/recipes/camvid/classes.txt", root ? root : ".");
    assert_int_equal(hm_scene_classes_load(place.context, path, &classes, &place.error), HM_OK);
    assert_int_equal(classes->n, 11);
    assert_string_equal(classes->name[10], "bicyclist");
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

static void bad_classes_are_refused_by_line(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"sky 1 2 3\nroad 1 2\n", "line 2: `road` wants three numbers"},
        {"sky 1 2 3 4\n", "line 1: `sky` wants three numbers"},
        {"sky 1 2 256\n", "line 1: `sky` wants three numbers from 0 to 255"},
        {"sky 1 2 -3\n", "line 1: `sky` wants"},
        {"sky 1 2 x\n", "line 1: `sky` wants"},
        {"sky 1 2 3\n\nsky 4 5 6\n", "line 3: the name `sky` is there already"},
        {"sky 1 2 3\nroad 1 2 3\n", "line 2: `road` has the colour of `sky`"},
        {"sky 1 2 3\nunlabelled 1 2 3\n", "line 2: `unlabelled` has the colour of `sky`"},
        {"sky 1 2 3\nunlabelled 0 0 0\nroad 4 5 6\n", "line 3: `road` comes after `unlabelled`"},
        {"unlabelled 0 0 0\n", "names no class"},
        {"# nothing\n", "names no class"},
        {"", "names no class"},
    };
    data_place place;
    hm_scene_classes *classes;
    (void)state;
    open_scene(&place);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text(&place, "classes.txt", cases[i].text);
        assert_int_equal(hm_scene_classes_load(place.context, place.path, &classes, &place.error), HM_ERROR_FORMAT);
        assert_null(classes);
        assert_non_null(strstr(place.error.message, cases[i].message));
        assert_non_null(strstr(place.error.message, "classes.txt"));
    }
    assert_int_equal(hm_scene_classes_load(place.context, "/nowhere/classes.txt", &classes, &place.error), HM_ERROR_IO);
    close_place(&place);
}

static void classes_fill_a_byte_and_no_more(void **state)
{
    data_place place;
    char text[256 * 24] = "", *at = text;
    hm_scene_classes *classes;
    (void)state;
    open_scene(&place);
    for (int i = 0; i < HM_SCENE_CLASSES_MAX; i++)
        at += sprintf(at, "class%d 1 1 %d\n", i, i);
    strcpy(at, "unlabelled 2 2 2\n");
    classes = load_classes(&place, text);
    assert_int_equal(classes->n, 255);
    assert_int_equal(classes->colour[255], 0x020202);
    hm_scene_classes_destroy(classes);
    strcpy(at, "class255 1 1 255\n");
    assert_int_equal(hm_scene_classes_load(place.context, write_text(&place, "classes.txt", text), &classes, &place.error), HM_ERROR_FORMAT);
    assert_non_null(strstr(place.error.message, "line 256: more than 255"));
    close_place(&place);
}

/* ---- Label pictures -------------------------------------------------------------------------------- */

static const char THREE[] = "sky 255 0 0\nroad 0 255 0\ntree 0 0 255\nunlabelled 0 0 0\n";

static void need_png(data_place *place)
{
    static const unsigned char grey[6] = {0};
    skip_without(place, write_grey_png(place, "first.png", 3, 2, grey), "libpng-dev");
}

static void labels_come_back(void **state)
{
    data_place place;
    uint8_t labels[5 * 7];
    hm_label_picture read;
    (void)state;
    need_png(open_scene(&place));
    hm_scene_classes *classes = load_classes(&place, THREE);
    for (size_t i = 0; i < sizeof labels; i++)
        labels[i] = (uint8_t)whole(1, i, 4);
    assert_int_equal(hm_label_picture_save(&(hm_label_picture){place.context, 5, 7, labels}, place.path, &place.error), HM_OK);
    assert_int_equal(hm_label_picture_load(classes, place.path, &read, &place.error), HM_OK);
    assert_int_equal(read.height, 5);
    assert_int_equal(read.width, 7);
    assert_memory_equal(read.labels, labels, sizeof labels);
    hm_label_picture_clear(&read);
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

/* A palette of two bits, whose colours say nothing, and a grey of four, which is not scaled. */
static void indices_are_kept(void **state)
{
    static const unsigned char colours[12] = {200, 200, 200, 1, 2, 3, 9, 9, 9, 255, 0, 0};
    static const unsigned char packed[2] = {0x1b, 0xe4}, nibbles[2] = {0x01, 0x23}; /* 0 1 2 3, 3 2 1 0; 0 1, 2 3 */
    static const unsigned char wanted[8] = {0, 1, 2, 3, 3, 2, 1, 0}, wanted_grey[4] = {0, 1, 2, 3};
    const unsigned char rows[4] = {0, packed[0], 0, packed[1]};
    data_place place;
    hm_label_picture read;
    byte_list list = {0}, grey = {0};
    (void)state;
    need_png(open_scene(&place));
    hm_scene_classes *classes = load_classes(&place, THREE);
    add_png_start(&list, 4, 2, 2, 3, 0);
    add_png_chunk(&list, "PLTE", colours, sizeof colours);
    add_png_end(&list, rows, sizeof rows);
    write_list(&place, "palette.png", &list);
    assert_int_equal(hm_label_picture_load(classes, place.path, &read, &place.error), HM_OK);
    assert_memory_equal(read.labels, wanted, sizeof wanted);
    hm_label_picture_clear(&read);
    add_png(&grey, 2, 2, 4, 0, nibbles, 1);
    write_list(&place, "grey.png", &grey);
    assert_int_equal(hm_label_picture_load(classes, place.path, &read, &place.error), HM_OK);
    assert_memory_equal(read.labels, wanted_grey, sizeof wanted_grey);
    hm_label_picture_clear(&read);
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

static void expect_labels(data_place *place, const hm_scene_classes *classes, byte_list *list, const unsigned char wanted[6])
{
    hm_label_picture read;
    write_list(place, "labels.png", list);
    if (hm_label_picture_load(classes, place->path, &read, &place->error) != HM_OK)
        fail_msg("%s", place->error.message);
    for (size_t i = 0; i < 6; i++)
        if (read.labels[i] != wanted[i])
            fail_msg("label %zu is %d where %d is wanted", i, read.labels[i], wanted[i]);
    hm_label_picture_clear(&read);
}

/* A palette picture of 2 x 3 pixels of 8 bits. */
static void add_indexed(byte_list *list, const void *palette, size_t n, const unsigned char indices[6])
{
    unsigned char rows[8] = {0};
    memcpy(rows + 1, indices, 3);
    memcpy(rows + 5, indices + 3, 3);
    add_png_start(list, 3, 2, 8, 3, 0);
    add_png_chunk(list, "PLTE", palette, n);
    add_png_end(list, rows, sizeof rows);
}

/* 255 is what does not count, as in PASCAL VOC and Cityscapes, in grey of 8 and of 16 bits and as an index. */
static void void_may_be_255(void **state)
{
    static const unsigned char grey[6] = {0, 1, 2, 3, 255, 0}, wanted[6] = {0, 1, 2, 3, 3, 0};
    unsigned char deep[12] = {0}, palette[768];
    uint64_t confusion[9] = {0};
    data_place place;
    hm_label_picture read;
    byte_list list = {0};
    (void)state;
    need_png(open_scene(&place));
    hm_scene_classes *classes = load_classes(&place, THREE);
    add_png(&list, 3, 2, 8, 0, grey, 3);
    expect_labels(&place, classes, &list, wanted);
    for (size_t i = 0; i < 6; i++)
        deep[2 * i + 1] = grey[i];
    add_png(&list, 3, 2, 16, 0, deep, 6);
    expect_labels(&place, classes, &list, wanted);
    for (size_t i = 0; i < 256; i++) /* the colours of VOC begin with black and 128 0 0 */
        palette[3 * i] = (unsigned char)(i * 128), palette[3 * i + 1] = (unsigned char)(i * 64), palette[3 * i + 2] = 5;
    add_indexed(&list, palette, sizeof palette, grey);
    expect_labels(&place, classes, &list, wanted);
    assert_int_equal(hm_label_picture_load(classes, place.path, &read, &place.error), HM_OK);
    assert_int_equal(hm_scene_confusion_add(confusion, 3, read.labels, (const uint8_t[]){0, 0, 0, 0, 0, 0}, 6, &place.error), HM_OK);
    assert_int_equal(confusion[0] + confusion[3] + confusion[6], 4);
    hm_label_picture_clear(&read);
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

static void labels_may_be_drawn_in_colours(void **state)
{
    static const unsigned char wanted[6] = {1, 0, 2, 3, 1, 1}, numbers[6] = {1, 0, 2, 255, 1, 1}, wanted_row[6] = {1, 0, 2, 3, 1, 1};
    static const unsigned char colour[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {0, 0, 0}};
    static const unsigned char scrambled[6 * 3] = {0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 255, 0}; /* void, tree, sky, road, and unused black */
    static const unsigned char strange[7 * 3] = {0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 255, 0, 9, 9, 9, 9, 9, 9, 0, 255, 0};
    unsigned char rgb[18], rgba[24], grey_in_colour[18];
    data_place place;
    byte_list list = {0};
    (void)state;
    need_png(open_scene(&place));
    hm_scene_classes *classes = load_classes(&place, THREE);
    for (size_t i = 0; i < 6; i++) {
        memcpy(rgb + 3 * i, colour[wanted[i]], 3);
        memcpy(rgba + 4 * i, colour[wanted[i] % 3], 3); /* transparent does not count, whatever its colour */
        rgba[4 * i + 3] = wanted[i] == 3 ? 0 : 255;
        memset(grey_in_colour + 3 * i, numbers[i], 3);
    }
    add_png(&list, 3, 2, 8, 2, rgb, 9);
    expect_labels(&place, classes, &list, wanted);
    add_png(&list, 3, 2, 8, 6, rgba, 12);
    expect_labels(&place, classes, &list, wanted);
    add_png(&list, 3, 2, 8, 2, grey_in_colour, 9);
    expect_labels(&place, classes, &list, wanted_row);
    add_indexed(&list, scrambled, sizeof scrambled, (const unsigned char[]){3, 2, 1, 0, 3, 3});
    expect_labels(&place, classes, &list, wanted);
    add_indexed(&list, strange, sizeof strange, (const unsigned char[]){3, 2, 1, 0, 3, 3}); /* indices, for 9 9 9 is no class */
    expect_labels(&place, classes, &list, (const unsigned char[]){3, 2, 1, 0, 3, 3});
    add_indexed(&list, strange, sizeof strange, (const unsigned char[]){6, 2, 1, 0, 3, 3}); /* but 6 is no index of a class */
    expect_labels(&place, classes, &list, wanted);
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

/* Greys that are no numbers of classes may be their colours, as programs save pictures that have no colour. */
static void classes_may_be_grey(void **state)
{
    static const unsigned char grey[6] = {128, 255, 10, 0, 128, 128}, wanted[6] = {0, 1, 2, 3, 0, 0};
    data_place place;
    byte_list list = {0};
    (void)state;
    need_png(open_scene(&place));
    hm_scene_classes *classes = load_classes(&place, "a 128 128 128\nb 255 255 255\nc 10 10 10\n");
    add_png(&list, 3, 2, 8, 0, grey, 3);
    expect_labels(&place, classes, &list, wanted);
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

/* Pictures and labels, each by its own EXIF. */
static void scenes_are_turned(void **state)
{
    static const unsigned char rows[8] = {0, 0, 1, 2, 0, 3, 1, 0};
    data_place place;
    hm_label_picture labels;
    hm_scene_picture picture;
    byte_list list = {0}, exif = {0};
    (void)state;
    need_png(open_scene(&place));
    hm_scene_classes *classes = load_classes(&place, THREE);
    add_exif(&exif, false, 6);
    add_png_start(&list, 3, 2, 8, 0, 0);
    add_png_chunk(&list, "eXIf", exif.bytes, exif.n);
    add_png_end(&list, rows, sizeof rows);
    free(exif.bytes);
    write_list(&place, "turned.png", &list);
    assert_int_equal(hm_label_picture_load(classes, place.path, &labels, &place.error), HM_OK);
    assert_int_equal(hm_scene_picture_load(place.context, place.path, &picture, &place.error), HM_OK);
    assert_true(labels.height == 3 && labels.width == 2 && picture.height == 3 && picture.width == 2);
    for (size_t i = 0; i < 6; i++) {
        unsigned char from = shown_as[6][i], value = rows[1 + from + from / 3];
        assert_int_equal(labels.labels[i], value);
        assert_float_equal(picture.values[12 + i], (float)value / 255, 1e-7);
    }
    hm_label_picture_clear(&labels);
    hm_scene_picture_clear(&picture);
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

static void other_labels_are_refused(void **state)
{
    static const unsigned char labels[6] = {0, 1, 2, 3, 0, 4}, deep_labels[12] = {0, 2, 1, 1};
    unsigned char colours[18] = {0};
    data_place place;
    hm_label_picture read;
    byte_list list = {0}, deep = {0};
    (void)state;
    need_png(open_scene(&place));
    hm_scene_classes *classes = load_classes(&place, THREE);
    write_grey_png(&place, "labels.png", 3, 2, labels);
    assert_int_equal(hm_label_picture_load(classes, place.path, &read, &place.error), HM_ERROR_FORMAT);
    assert_non_null(strstr(place.error.message, "labels.png: label 4 at column 2 of row 1"));
    assert_null(read.labels);
    colours[7] = 90; /* of the last pixel of the first row, among those of what does not count */
    add_png(&list, 3, 2, 8, 2, colours, 9);
    write_list(&place, "colours.png", &list);
    assert_int_equal(hm_label_picture_load(classes, place.path, &read, &place.error), HM_ERROR_FORMAT);
    assert_non_null(strstr(place.error.message, "colours.png: the colour 0 90 0 at column 2 of row 0"));
    assert_non_null(strstr(place.error.message, "`unlabelled` (0 0 0) and `road` (0 255 0)"));
    add_png(&deep, 3, 2, 16, 0, deep_labels, 6);
    write_list(&place, "deep.png", &deep);
    assert_int_equal(hm_label_picture_load(classes, place.path, &read, &place.error), HM_ERROR_FORMAT);
    assert_non_null(strstr(place.error.message, "deep.png: label 257 at column 1 of row 0"));
    write_text(&place, "classes.txt", "no picture");
    assert_int_equal(hm_label_picture_load(classes, place.path, &read, &place.error), HM_ERROR_FORMAT);
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

/* Half of each; the legend lies beneath. */
static void overlays_mix_colours(void **state)
{
    data_place place;
    float values[6] = {1, 0, 1, 0, 1, 0}; /* white, black */
    uint8_t labels[2] = {1, 3};
    hm_image *image;
    (void)state;
    open_scene(&place);
    hm_scene_classes *classes = load_classes(&place, THREE);
    const hm_scene_picture picture = {place.context, 1, 2, values};
    assert_int_equal(hm_scene_overlay(&picture, &(hm_label_picture){place.context, 1, 2, labels}, classes, 0.5f, &image, &place.error), HM_OK);
    const uint8_t *p = hm_image_pixels(image), wanted[6] = {128, 255, 128, 0, 0, 0};
    assert_memory_equal(p, wanted, sizeof wanted);
    const size_t swatch = (1 + 10) * hm_image_width(image) + 10; /* in the first entry */
    assert_int_equal(p[3 * swatch] << 16 | p[3 * swatch + 1] << 8 | p[3 * swatch + 2], 0xff0000);
    hm_image_destroy(image);
    assert_int_equal(hm_scene_overlay(&picture, &(hm_label_picture){place.context, 2, 1, labels}, classes, 0.5f, &image, &place.error),
                     HM_ERROR_MISMATCH);
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

/* Picture, truth and answer side by side, the legend beneath; as wide as the widest picture, which is shrunk. */
static void contact_sheets_set_answers_beside_truth(void **state)
{
    enum { WIDE = 2 * HM_SCENE_SHEET_WIDTH, TITLE = 24, CAPTION = 20, GAP = 6 };
    static float values[3 * 4 * WIDE], white[6] = {1, 1, 1, 1, 1, 1};
    static uint8_t truth[4 * WIDE], answer[4 * WIDE];
    uint8_t few[2] = {1, 3};
    data_place place;
    hm_image *image;
    (void)state;
    open_scene(&place);
    hm_scene_classes *classes = load_classes(&place, THREE);
    memset(answer, 2, sizeof answer);
    const hm_scene_picture picture = {place.context, 4, WIDE, values}, small = {place.context, 1, 2, white};
    const hm_label_picture is = {place.context, 4, WIDE, truth}, named = {place.context, 4, WIDE, answer};
    const hm_label_picture both = {place.context, 1, 2, few};
    const hm_scene_sheet_row rows[2] = {{"wide", &picture, &is, &named}, {NULL, &small, &both, &both}};
    const hm_scene_sheet_row wrong = {NULL, &picture, &is, &both};
    assert_int_equal(hm_scene_contact_sheet(rows, 2, classes, &image, &place.error), HM_OK);
    const size_t width = hm_image_width(image);
    assert_int_equal(width, GAP + 3 * (HM_SCENE_SHEET_WIDTH + GAP));
    assert_true(hm_image_height(image) > TITLE + 2 + CAPTION + 1 + GAP);
    const size_t row[] = {TITLE + 1, TITLE + 2 + CAPTION};
    const uint32_t wanted[2][3] = {{0, classes->colour[0], classes->colour[2]}, {0xffffff, classes->colour[1], classes->colour[1]}};
    for (size_t r = 0; r < 2; r++)
        for (size_t c = 0; c < 3; c++) {
            const uint8_t *p = hm_image_pixels(image) + 3 * (row[r] * width + GAP + c * (HM_SCENE_SHEET_WIDTH + GAP));
            assert_int_equal((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2], wanted[r][c]);
        }
    hm_image_destroy(image);
    assert_int_equal(hm_scene_contact_sheet(&wrong, 1, classes, &image, &place.error), HM_ERROR_MISMATCH);
    assert_int_equal(hm_scene_contact_sheet(rows, 0, classes, &image, &place.error), HM_ERROR_ARGUMENT);
    hm_scene_classes_destroy(classes);
    close_place(&place);
}

static void pictures_are_read(void **state)
{
    static const unsigned char grey[6] = {0, 51, 102, 153, 204, 255}, colours[6] = {255, 0, 51, 0, 102, 255};
    data_place place;
    byte_list list = {0};
    hm_scene_picture picture;
    (void)state;
    need_png(open_scene(&place));
    write_grey_png(&place, "grey.png", 3, 2, grey);
    assert_int_equal(hm_scene_picture_load(place.context, place.path, &picture, &place.error), HM_OK);
    assert_int_equal(picture.height * 10 + picture.width, 23);
    for (size_t i = 0; i < 18; i++)
        assert_float_equal(picture.values[i], grey[i % 6] / 255.0f, 1e-6f);
    hm_scene_picture_clear(&picture);
    add_png(&list, 2, 1, 8, 2, colours, 6);
    write_list(&place, "colours.png", &list);
    assert_int_equal(hm_scene_picture_load(place.context, place.path, &picture, &place.error), HM_OK);
    for (size_t i = 0; i < 6; i++)
        assert_float_equal(picture.values[i], colours[i % 2 * 3 + i / 2] / 255.0f, 1e-6f);
    hm_scene_picture_clear(&picture);
    close_place(&place);
}

/* ---- Superpixels ----------------------------------------------------------------------------------- */

/* A line of six nodes with weights 1 1 5 1 2, k = 4: 0-1 (1 <= 4) makes a limit of 1 + 4/2 = 3, 1-2 one of 1 + 4/3, 3-4 one of 3, which
 * takes 4-5 (2); 2-3 stays cut (5 > 7/3). With k = 20 all is one; with k = 0 no edge is joined but all are when 4 is the minimum. */
static void a_worked_graph_is_cut(void **state)
{
    static const struct {
        hm_segmenting how;
        uint32_t region[6];
        size_t n;
    } cases[] = {
        {{4, 0}, {0, 0, 0, 1, 1, 1}, 2}, {{20, 0}, {0, 0, 0, 0, 0, 0}, 1}, {{0, 0}, {0, 1, 2, 3, 4, 5}, 6},
        {{0, 2}, {0, 0, 0, 1, 1, 1}, 2}, {{0, 4}, {0, 0, 0, 0, 0, 0}, 1},
    };
    hm_scene_edge edges[] = {{2, 3, 5}, {4, 5, 2}, {3, 4, 1}, {1, 2, 1}, {0, 1, 1}};
    data_place place;
    (void)state;
    open_scene(&place);
    hm_edges_sort(edges, 5);
    assert_int_equal(edges[0].a * 100 + edges[1].a * 10 + edges[2].a, 13);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t region[6];
        size_t n;
        assert_int_equal(hm_graph_segment(place.context, edges, 5, 6, &cases[i].how, region, &n, NULL), HM_OK);
        assert_int_equal(n, cases[i].n);
        assert_memory_equal(region, cases[i].region, sizeof region);
    }
    close_place(&place);
}

enum { GRAPH_MAX = 42, GRAPH_EDGES_MAX = 4 * GRAPH_MAX };

/* Int(C) by its definition: the least t for which the edges up to t inside C connect it. */
static float literal_inside(const hm_scene_edge *edges, size_t n_edges, const uint32_t *region, size_t n, uint32_t C)
{
    uint32_t set[GRAPH_MAX];
    size_t n_sets = 0;
    for (size_t i = 0; i < n; i++) {
        set[i] = (uint32_t)i;
        n_sets += region[i] == C;
    }
    for (size_t k = 0; n_sets > 1 && k < n_edges; k++) {
        uint32_t from = set[edges[k].b], to = set[edges[k].a];
        if (region[edges[k].a] != C || region[edges[k].b] != C || from == to)
            continue;
        for (size_t i = 0; i < n; i++)
            set[i] = set[i] == from ? to : set[i];
        if (--n_sets == 1)
            return edges[k].weight;
    }
    return 0;
}

static float literal_limit(const hm_scene_edge *edges, size_t n_edges, const uint32_t *region, size_t n, uint32_t C, float k)
{
    float size = 0;
    for (size_t i = 0; i < n; i++)
        size += region[i] == C;
    return literal_inside(edges, n_edges, region, n, C) + k / size;
}

/* The paper's algorithm as it is written: region[i] becomes the number of a node of i's component. */
static void literal_segments(const hm_scene_edge *edges, size_t n_edges, size_t n, float k, uint32_t *region)
{
    for (size_t i = 0; i < n; i++)
        region[i] = (uint32_t)i;
    for (size_t e = 0; e < n_edges; e++) {
        uint32_t a = region[edges[e].a], b = region[edges[e].b];
        if (a == b || edges[e].weight > literal_limit(edges, n_edges, region, n, a, k) ||
            edges[e].weight > literal_limit(edges, n_edges, region, n, b, k))
            continue;
        for (size_t i = 0; i < n; i++)
            region[i] = region[i] == b ? a : region[i];
    }
}

static void expect_same_parts(const uint32_t *x, const uint32_t *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_equal(x[i] == x[j], y[i] == y[j]);
}

static void graphs_are_cut_as_the_paper_does(void **state)
{
    enum { N = 14 };
    data_place place;
    (void)state;
    open_scene(&place);
    for (uint64_t index = 0; index < 60; index++) {
        hm_scene_edge edges[3 * N];
        uint32_t region[N], wanted[N];
        float weight[3 * N];
        size_t n_regions;
        const hm_segmenting how = {.k = 0.1f + 0.02f * (float)index};
        fill(weight, 3 * N, index);
        for (size_t e = 0; e < 3 * N; e++) {
            uint32_t b = (uint32_t)(1 + whole(index, 2 * e, N - 1));
            edges[e] = (hm_scene_edge){(uint32_t)whole(index, 2 * e + 1, b), b, weight[e]};
        }
        hm_edges_sort(edges, 3 * N);
        literal_segments(edges, 3 * N, N, how.k, wanted);
        assert_int_equal(hm_graph_segment(place.context, edges, 3 * N, N, &how, region, &n_regions, NULL), HM_OK);
        expect_same_parts(region, wanted, N);
    }
    close_place(&place);
}

/* A colour's plane smoothed at (y, x), sigma 0.8, in one loop. */
static double literal_smooth(const float *plane, ptrdiff_t height, ptrdiff_t width, ptrdiff_t y, ptrdiff_t x)
{
    double sum = 0, total = 0;
    for (ptrdiff_t i = -4; i <= 4; i++)
        for (ptrdiff_t j = -4; j <= 4; j++) {
            ptrdiff_t v = y + i < 0 ? 0 : y + i >= height ? height - 1 : y + i, u = x + j < 0 ? 0 : x + j >= width ? width - 1 : x + j;
            double mask = exp(-(double)(i * i + j * j) / (2 * 0.8 * 0.8));
            sum += mask * (double)plane[v * width + u];
            total += mask;
        }
    return sum / total;
}

/* All pairs of pixels at most one row and column apart, in any order. */
static size_t literal_edges(const hm_scene_picture *picture, hm_scene_edge *edges)
{
    ptrdiff_t height = (ptrdiff_t)picture->height, width = (ptrdiff_t)picture->width, n = height * width;
    size_t n_edges = 0;
    for (ptrdiff_t b = 0; b < n; b++)
        for (ptrdiff_t a = 0; a < b; a++) {
            double square = 0;
            if (labs((long)(a / width - b / width)) > 1 || labs((long)(a % width - b % width)) > 1)
                continue;
            for (ptrdiff_t c = 0; c < 3; c++) {
                const float *plane = picture->values + c * n;
                square += pow(literal_smooth(plane, height, width, a / width, a % width) -
                                  literal_smooth(plane, height, width, b / width, b % width), 2);
            }
            edges[n_edges++] = (hm_scene_edge){(uint32_t)a, (uint32_t)b, (float)sqrt(square)};
        }
    return n_edges;
}

static void superpixels_are_those_of_the_paper(void **state)
{
    data_place place;
    (void)state;
    open_scene(&place);
    for (uint64_t index = 0; index < 12; index++) {
        hm_scene_picture picture = random_picture(&place, 6, 7, index);
        hm_scene_edge edges[GRAPH_EDGES_MAX];
        uint32_t region[GRAPH_MAX], wanted[GRAPH_MAX];
        size_t n_edges = literal_edges(&picture, edges), n;
        float k = 0.1f + 0.1f * (float)index;
        hm_edges_sort(edges, n_edges);
        literal_segments(edges, n_edges, GRAPH_MAX, k, wanted);
        assert_int_equal(hm_superpixels(&picture, k, 0, region, &n, NULL), HM_OK);
        expect_same_parts(region, wanted, GRAPH_MAX);
        free(picture.values);
    }
    close_place(&place);
}

/* Two flat halves: the smoothed step is 8 columns wide, and what is flat on either side of it is kept apart. */
static void two_halves_are_two_regions(void **state)
{
    enum { H = 10, W = 40 };
    data_place place;
    uint32_t region[H * W];
    size_t n;
    (void)state;
    open_scene(&place);
    hm_scene_picture picture = random_picture(&place, H, W, 0);
    for (size_t i = 0; i < 3 * H * W; i++)
        picture.values[i] = i % W >= W / 2;
    assert_int_equal(hm_superpixels(&picture, 0.5f, 60, region, &n, NULL), HM_OK);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < H * W; i++)
        if (i % W < W / 2 - 4 || i % W >= W / 2 + 4)
            assert_int_equal(region[i], i % W >= W / 2);
    free(picture.values);
    close_place(&place);
}

/* Spreads from pixel i over its region; returns how many pixels it reaches. */
static size_t flood(const uint32_t *region, size_t height, size_t width, size_t i, bool *is_seen)
{
    size_t n = 1, x = i % width, y = i / width;
    is_seen[i] = true;
    for (size_t v = y ? y - 1 : 0; v <= y + 1 && v < height; v++)
        for (size_t u = x ? x - 1 : 0; u <= x + 1 && u < width; u++)
            if (!is_seen[v * width + u] && region[v * width + u] == region[i])
                n += flood(region, height, width, v * width + u, is_seen);
    return n;
}

/* Regions are numbered by their first pixels, connected, and large enough. */
static void expect_regions(const uint32_t *region, size_t n_regions, size_t height, size_t width, size_t minimum)
{
    bool *is_seen = calloc(height * width, sizeof *is_seen);
    uint32_t next = 0;
    for (size_t i = 0; i < height * width; i++) {
        assert_true(region[i] < n_regions);
        if (is_seen[i])
            continue;
        assert_int_equal(region[i], next++);
        size_t n = flood(region, height, width, i, is_seen);
        assert_true(n >= minimum || n == height * width);
    }
    assert_int_equal(next, n_regions);
    free(is_seen);
}

static void random_pictures_keep_what_is_promised(void **state)
{
    static const struct {
        size_t height, width, minimum;
        float k;
    } cases[] = {{1, 1, 5, 0}, {1, 9, 2, 0.1f}, {9, 1, 4, 0.1f}, {20, 31, 1, 0.2f}, {20, 31, 12, 0.2f}, {33, 17, 20, 1}, {24, 24, 1, 0}};
    data_place place;
    (void)state;
    open_scene(&place);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t height = cases[i].height, width = cases[i].width, n, n_again;
        hm_scene_picture picture = random_picture(&place, height, width, i);
        uint32_t *region = malloc(height * width * sizeof *region), *again = malloc(height * width * sizeof *again);
        assert_int_equal(hm_superpixels(&picture, cases[i].k, cases[i].minimum, region, &n, NULL), HM_OK);
        assert_int_equal(hm_superpixels(&picture, cases[i].k, cases[i].minimum, again, &n_again, NULL), HM_OK);
        assert_memory_equal(region, again, height * width * sizeof *region);
        expect_regions(region, n, height, width, cases[i].minimum);
        free(region);
        free(again);
        free(picture.values);
    }
    close_place(&place);
}

static void superpixels_refuse(void **state)
{
    data_place place;
    uint32_t region[4];
    size_t n;
    (void)state;
    open_scene(&place);
    hm_scene_picture picture = random_picture(&place, 2, 2, 0);
    assert_int_equal(hm_superpixels(&picture, -1, 1, region, &n, NULL), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_superpixels(&picture, NAN, 1, region, &n, NULL), HM_ERROR_ARGUMENT);
    picture.values[7] = INFINITY;
    assert_int_equal(hm_superpixels(&picture, 1, 1, region, &n, &place.error), HM_ERROR_NUMERIC);
    picture.width = 0;
    assert_int_equal(hm_superpixels(&picture, 1, 1, region, &n, NULL), HM_ERROR_ARGUMENT);
    free(picture.values);
    close_place(&place);
}

/* ---- Adjacency and votes --------------------------------------------------------------------------- */

/* Regions 0 0 1 / 2 2 1 of greys 0 .1 .5 / .3 .3 .5: the pairs of 0 and 1 differ by .4 .4, of 0 and 2 by .3 .3 .2 .2, of 1 and 2 by .2 .2,
 * each times sqrt 3; pixels that touch at corners count. */
static void adjacency_is_the_mean_of_its_borders(void **state)
{
    static const float grey[6] = {0, 0.1f, 0.5f, 0.3f, 0.3f, 0.5f};
    static const uint32_t region[6] = {0, 0, 1, 2, 2, 1};
    static const hm_scene_edge wanted[3] = {{0, 1, 0.4f}, {0, 2, 0.25f}, {1, 2, 0.2f}};
    data_place place;
    hm_scene_edge *edges;
    size_t n;
    (void)state;
    open_scene(&place);
    hm_scene_picture picture = random_picture(&place, 2, 3, 0);
    for (size_t i = 0; i < 18; i++)
        picture.values[i] = grey[i % 6];
    assert_int_equal(hm_region_adjacency(&picture, region, &edges, &n, NULL), HM_OK);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(edges[i].a * 10 + edges[i].b, wanted[i].a * 10 + wanted[i].b);
        assert_float_equal(edges[i].weight, wanted[i].weight * sqrtf(3), 1e-6f);
    }
    hm_region_edges_free(place.context, edges);
    free(picture.values);
    close_place(&place);
}

static void regions_vote(void **state)
{
    float p[5][2] = {{0.9f, 0.1f}, {0.4f, 0.6f}, {0.4f, 0.6f}, {0.5f, 0.5f}, {0.2f, 0.8f}}, s[3][2];
    static const uint32_t region[5] = {0, 0, 0, 2, 1};
    const hm_matrix scores = hm_matrix_f32(s[0], 3, 2);
    uint8_t label[3], labels[5];
    (void)state;
    assert_int_equal(hm_region_scores(hm_matrix_f32(p[0], 5, 2), region, scores, NULL), HM_OK);
    assert_float_equal(s[0][0], 1.7f, 1e-6f);
    assert_float_equal(s[0][1], 1.3f, 1e-6f);
    hm_region_vote(scores, label);
    hm_region_paint(region, label, 5, labels);
    assert_memory_equal(label, ((uint8_t[]){0, 1, 0}), 3); /* two of three pixels say 1, and less surely */
    assert_memory_equal(labels, ((uint8_t[]){0, 0, 0, 0, 1}), 5);
    assert_int_equal(hm_region_scores(hm_matrix_f32(p[0], 5, 2), region, hm_matrix_f32(s[0], 2, 2), NULL), HM_ERROR_MISMATCH);
    assert_int_equal(hm_region_scores(hm_matrix_f32(p[0], 5, 2), region, hm_matrix_f32(s[0], 3, 1), NULL), HM_ERROR_MISMATCH);
}

/* ---- The segmentation tree ------------------------------------------------------------------------- */

enum { LEAVES_MAX = 7, NODES_MAX = 2 * LEAVES_MAX - 1, CLASSES = 3 };

/* A connected graph of n leaves (a path and chords), weights of few values so that some are equal. */
static size_t random_graph(uint64_t index, size_t n, hm_scene_edge *edges)
{
    size_t n_edges = 0;
    for (uint32_t b = 1; b < n; b++)
        edges[n_edges++] = (hm_scene_edge){(uint32_t)whole(index, b, b), b, (float)whole(index, 100 + b, 4)};
    for (uint32_t b = 1; b < n; b += 2)
        edges[n_edges++] = (hm_scene_edge){0, b, (float)whole(index, 200 + b, 4)};
    return n_edges;
}

static bool is_above(const hm_segmentation_tree *tree, int32_t node, int32_t below)
{
    while (below != node && below != HM_NO_PARENT)
        below = tree->parent[below];
    return below == node;
}

/* A literal S(n), from the leaves each time; the sums become d. */
static double literal_cost(const hm_segmentation_tree *tree, float scores[][CLASSES], size_t node, double d[CLASSES])
{
    double total = 0, S = 0;
    for (size_t c = 0; c < CLASSES; c++) {
        d[c] = 0;
        for (size_t i = 0; i < tree->n_leaves; i++)
            d[c] += is_above(tree, (int32_t)node, (int32_t)i) ? scores[i][c] : 0;
        total += d[c];
    }
    for (size_t c = 0; c < CLASSES; c++)
        S -= d[c] > 0 ? d[c] / total * log(d[c] / total) : 0;
    return total > 0 ? S : log(CLASSES);
}

/* All covers: sets of nodes of which exactly one lies above (or is) each leaf. least[i]: the least cost at which any of them covers i. */
static void least_of_all_covers(const hm_segmentation_tree *tree, const double *S, double *least)
{
    for (size_t i = 0; i < tree->n_leaves; i++)
        least[i] = INFINITY;
    for (uint32_t set = 1; set < 1u << tree->n_nodes; set++) {
        double cost[LEAVES_MAX];
        size_t n_covered = 0;
        for (size_t i = 0; i < tree->n_leaves; i++) {
            size_t n_above = 0;
            for (int32_t node = (int32_t)i; node != HM_NO_PARENT; node = tree->parent[node])
                if (set >> node & 1) {
                    cost[i] = S[node];
                    n_above++;
                }
            n_covered += n_above == 1;
        }
        for (size_t i = 0; n_covered == tree->n_leaves && i < tree->n_leaves; i++)
            least[i] = fmin(least[i], cost[i]);
    }
}

static void expect_best_cover(const hm_segmentation_tree *tree, float scores[][CLASSES])
{
    double S[NODES_MAX], d[NODES_MAX][CLASSES], least[LEAVES_MAX];
    uint32_t component[LEAVES_MAX];
    uint8_t label[LEAVES_MAX];
    for (size_t node = 0; node < tree->n_nodes; node++)
        S[node] = literal_cost(tree, scores, node, d[node]);
    least_of_all_covers(tree, S, least);
    assert_int_equal(hm_segmentation_cover(tree, hm_matrix_f32(scores[0], tree->n_leaves, CLASSES), component, label, NULL), HM_OK);
    for (size_t i = 0; i < tree->n_leaves; i++) {
        assert_true(is_above(tree, (int32_t)component[i], (int32_t)i));
        assert_float_equal(S[component[i]], least[i], 1e-12);
        for (size_t c = 0; c < CLASSES; c++)
            assert_true(d[component[i]][label[i]] >= d[component[i]][c] - 1e-12);
    }
}

/* Parents come after children and no lighter; each but a root has one of two. */
static void expect_tree(const hm_segmentation_tree *tree, size_t n_roots)
{
    size_t n_children[NODES_MAX] = {0}, n_found = 0;
    assert_int_equal(tree->n_nodes, 2 * tree->n_leaves - n_roots);
    for (size_t node = 0; node < tree->n_nodes; node++) {
        int32_t parent = tree->parent[node];
        n_found += parent == HM_NO_PARENT;
        if (parent == HM_NO_PARENT)
            continue;
        assert_true((size_t)parent > node && (size_t)parent < tree->n_nodes);
        assert_true(tree->weight[parent] >= tree->weight[node]);
        n_children[parent]++;
    }
    assert_int_equal(n_found, n_roots);
    for (size_t node = 0; node < tree->n_nodes; node++)
        assert_int_equal(n_children[node], node < tree->n_leaves ? 0 : 2);
}

static void covers_are_the_best_of_all(void **state)
{
    data_place place;
    (void)state;
    open_scene(&place);
    for (uint64_t index = 0; index < 40; index++) {
        hm_scene_edge edges[2 * LEAVES_MAX];
        float scores[LEAVES_MAX][CLASSES];
        size_t n = 1 + index % LEAVES_MAX, n_edges = random_graph(index, n, edges);
        hm_segmentation_tree tree;
        fill(scores[0], n * CLASSES, index);
        for (size_t i = 0; i < n * CLASSES; i++) {
            float *score = &scores[i / CLASSES][i % CLASSES];
            *score = *score < 0.3f ? 0 : *score; /* some leaves know nothing */
        }
        assert_int_equal(hm_segmentation_tree_make(place.context, n, edges, n_edges, &tree, NULL), HM_OK);
        expect_tree(&tree, 1);
        expect_best_cover(&tree, scores);
        hm_segmentation_tree_clear(&tree);
    }
    close_place(&place);
}

/* 0-1 at 1, 2-3 at 2, both at 3. Leaf 0 is torn between classes and 1 nearly sure: 0 takes the node above both and so the class of 1,
 * while 1 keeps itself; 2 and 3 are equally sure of one thing and keep themselves, for of equal costs the smallest is taken. */
static void a_worked_cover(void **state)
{
    static const hm_scene_edge edges[] = {{0, 2, 3}, {2, 3, 2}, {0, 1, 1}};
    float scores[4][CLASSES] = {{1, 1, 0}, {0, 8, 0.5f}, {0, 0, 2}, {0, 0, 4}};
    data_place place;
    hm_segmentation_tree tree;
    uint32_t component[4];
    uint8_t label[4];
    (void)state;
    open_scene(&place);
    assert_int_equal(hm_segmentation_tree_make(place.context, 4, edges, 3, &tree, NULL), HM_OK);
    assert_memory_equal(tree.parent, ((int32_t[]){4, 4, 5, 5, 6, 6, HM_NO_PARENT}), 7 * sizeof(int32_t));
    assert_int_equal(hm_segmentation_cover(&tree, hm_matrix_f32(scores[0], 4, CLASSES), component, label, NULL), HM_OK);
    assert_memory_equal(component, ((uint32_t[]){4, 1, 2, 3}), sizeof component);
    assert_memory_equal(label, ((uint8_t[]){1, 1, 2, 2}), sizeof label);
    scores[2][1] = -1;
    assert_int_equal(hm_segmentation_cover(&tree, hm_matrix_f32(scores[0], 4, CLASSES), component, label, NULL), HM_ERROR_NUMERIC);
    assert_int_equal(hm_segmentation_cover(&tree, hm_matrix_f32(scores[0], 3, CLASSES), component, label, NULL), HM_ERROR_MISMATCH);
    hm_segmentation_tree_clear(&tree);
    close_place(&place);
}

static void trees_of_parts_and_refusals(void **state)
{
    static const hm_scene_edge edges[] = {{0, 1, 1}, {2, 3, 2}}, beyond = {0, 4, 1}, nameless = {0, 1, NAN};
    data_place place;
    hm_segmentation_tree tree;
    (void)state;
    open_scene(&place);
    assert_int_equal(hm_segmentation_tree_make(place.context, 5, edges, 2, &tree, NULL), HM_OK);
    expect_tree(&tree, 3);
    hm_segmentation_tree_clear(&tree);
    assert_int_equal(hm_segmentation_tree_make(place.context, 1, NULL, 0, &tree, NULL), HM_OK);
    expect_tree(&tree, 1);
    hm_segmentation_tree_clear(&tree);
    assert_int_equal(hm_segmentation_tree_make(place.context, 0, NULL, 0, &tree, NULL), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_segmentation_tree_make(place.context, 4, &beyond, 1, &tree, NULL), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_segmentation_tree_make(place.context, 4, &nameless, 1, &tree, NULL), HM_ERROR_NUMERIC);
    close_place(&place);
}

/* ---- Metrics --------------------------------------------------------------------------------------- */

/* Classes 0 1 2 3, of which 3 never occurs and 2 is predicted but never true:
 *     1/2 of 0's four pixels right, 2 as 1: iou 2 / (4 + 3 - 2); 3 of 1's five right, 1 as 0, 1 as 2: 3 / (5 + 5 - 3); 2: 0 / 1 */
static void metrics_by_hand(void **state)
{
    static const uint8_t truth[] = {0, 0, 0, 0, 1, 1, 1, 1, 1, 4, 4}, predicted[] = {0, 0, 1, 1, 1, 1, 1, 0, 2, 0, 200};
    static const uint64_t wanted[16] = {2, 2, 0, 0, 1, 3, 1, 0};
    uint64_t confusion[16] = {0};
    hm_scene_metrics m;
    (void)state;
    assert_int_equal(hm_scene_confusion_add(confusion, 4, truth, predicted, 6, NULL), HM_OK);
    assert_int_equal(hm_scene_confusion_add(confusion, 4, truth + 6, predicted + 6, 5, NULL), HM_OK);
    assert_memory_equal(confusion, wanted, sizeof wanted);
    hm_scene_metrics_count(confusion, 4, &m);
    assert_int_equal(m.n_pixels, 9);
    assert_float_equal(m.pixel_accuracy, 5 / 9.0, 1e-12);
    assert_float_equal(m.class_accuracy, (0.5 + 0.6) / 2, 1e-12);
    assert_float_equal(m.mean_iou, (2 / 5.0 + 3 / 7.0 + 0) / 3, 1e-12);
    assert_float_equal(m.accuracy[1], 0.6, 1e-12);
    assert_float_equal(m.iou[1], 3 / 7.0, 1e-12);
    assert_true(isnan(m.accuracy[2]) && m.iou[2] == 0 && isnan(m.accuracy[3]) && isnan(m.iou[3]));
}

static void metrics_refuse_and_are_empty(void **state)
{
    uint64_t confusion[4] = {0};
    hm_scene_metrics m;
    (void)state;
    assert_int_equal(hm_scene_confusion_add(confusion, 2, (uint8_t[]){0, 3}, (uint8_t[]){0, 0}, 2, NULL), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_scene_confusion_add(confusion, 2, (uint8_t[]){0, 1}, (uint8_t[]){0, 2}, 2, NULL), HM_ERROR_ARGUMENT);
    assert_int_equal(confusion[0], 0);
    hm_scene_metrics_count(confusion, 2, &m);
    assert_true(isnan(m.pixel_accuracy) && isnan(m.class_accuracy) && isnan(m.mean_iou));
}

/* ---- The pyramid ----------------------------------------------------------------------------------- */

static void yuv_of_primaries(void **state)
{
    float values[9] = {1, 0, 1, 0, 0, 1, 0, 1, 1}; /* red, blue, white */
    static const float wanted[9] = {0.299f, 0.114f, 1, -0.147f, 0.436f, 0, 0.615f, -0.1f, 0};
    (void)state;
    hm_scene_yuv(&(hm_scene_picture){.height = 1, .width = 3, .values = values});
    for (size_t i = 0; i < 9; i++)
        assert_float_equal(values[i], wanted[i], 1e-3f);
}

static double pixel(const double *plane, ptrdiff_t height, ptrdiff_t width, ptrdiff_t y, ptrdiff_t x)
{
    y = y < 0 ? 0 : y >= height ? height - 1 : y;
    x = x < 0 ? 0 : x >= width ? width - 1 : x;
    return plane[y * width + x];
}

/* Pixel (y, x) of half the plane, in one loop over 5 x 5. */
static double literal_half(const double *plane, ptrdiff_t height, ptrdiff_t width, ptrdiff_t y, ptrdiff_t x)
{
    static const double mask[5] = {1, 4, 6, 4, 1};
    double sum = 0;
    for (ptrdiff_t i = -2; i <= 2; i++)
        for (ptrdiff_t j = -2; j <= 2; j++)
            sum += mask[i + 2] * mask[j + 2] / 256 * pixel(plane, height, width, 2 * y + i, 2 * x + j);
    return sum;
}

/* Pixel (y, x) of the plane doubled: all i, j of the mask that fall on a pixel of the small one, beyond its edges too. */
static double literal_double(const double *small, ptrdiff_t height, ptrdiff_t width, ptrdiff_t y, ptrdiff_t x)
{
    static const double mask[5] = {1, 4, 6, 4, 1};
    double sum = 0;
    for (ptrdiff_t i = -2; i <= 2; i++)
        for (ptrdiff_t j = -2; j <= 2; j++)
            if ((y + i) % 2 == 0 && (x + j) % 2 == 0)
                sum += mask[i + 2] * mask[j + 2] / 64 * pixel(small, height, width, (y + i) / 2, (x + j) / 2);
    return sum;
}

/* (L - m) / max(sd, least) over the window, in one loop. */
static double literal_normal(const double *band, ptrdiff_t height, ptrdiff_t width, ptrdiff_t i, ptrdiff_t half, double least)
{
    double n = 0, m = 0, variance = 0;
    for (int pass = 0; pass < 2; pass++, m = pass == 1 ? m / n : m)
        for (ptrdiff_t k = 0; k < height * width; k++) {
            bool is_near = labs((long)(k / width - i / width)) <= half && labs((long)(k % width - i % width)) <= half;
            if (is_near && pass == 0) {
                n++;
                m += band[k];
            } else if (is_near) {
                variance += (band[k] - m) * (band[k] - m);
            }
        }
    return (band[i] - m) / fmax(sqrt(variance / n), least);
}

enum { PH = 13, PW = 18 };

/* The raw bands and the normalised ones of one plane against the loops; observed differences 1e-6 and 1e-5, of float32. */
static void expect_plane(const hm_scene_picture *picture, size_t plane, const hm_scene_band *band, size_t n_scales, const float *raw,
                         const float *normal)
{
    double level[PH * PW], next[PH * PW], L[PH * PW];
    for (size_t i = 0; i < PH * PW; i++)
        level[i] = picture->values[plane * PH * PW + i];
    for (size_t s = 0; s < n_scales; s++) {
        ptrdiff_t height = (ptrdiff_t)band[s].height, width = (ptrdiff_t)band[s].width, n = height * width;
        ptrdiff_t h = (height + 1) / 2, w = (width + 1) / 2;
        for (ptrdiff_t i = 0; i < h * w; i++)
            next[i] = literal_half(level, height, width, i / w, i % w);
        for (ptrdiff_t i = 0; i < n; i++)
            L[i] = level[i] - (s + 1 < n_scales ? literal_double(next, h, w, i / width, i % width) : 0);
        for (ptrdiff_t i = 0; i < n; i++) {
            size_t at = band[s].first + plane * (size_t)n + (size_t)i;
            assert_float_equal(raw[at], L[i], 1e-5);
            assert_float_equal(normal[at], literal_normal(L, height, width, i, 2, 0.01), 1e-3);
        }
        memcpy(level, next, sizeof level);
    }
}

static void pyramids_are_those_of_the_loops(void **state)
{
    const hm_scene_pyramid_config normal = {.n_scales = 3, .window = 5, .least_deviation = 0.01f}, raw = {.n_scales = 3, .is_raw = true};
    data_place place;
    hm_scene_band band[HM_SCENE_SCALES_MAX];
    (void)state;
    open_scene(&place);
    hm_scene_picture picture = random_picture(&place, PH, PW, 3);
    size_t n = hm_scene_pyramid_shape(&raw, PH, PW, band);
    assert_int_equal(n, 3 * (13 * 18 + 7 * 9 + 4 * 5));
    float *values = malloc(n * sizeof *values), *normalised = malloc(n * sizeof *normalised);
    assert_int_equal(hm_scene_pyramid(&picture, &raw, values, NULL), HM_OK);
    assert_int_equal(hm_scene_pyramid(&picture, &normal, normalised, NULL), HM_OK);
    for (size_t plane = 0; plane < 3; plane++)
        expect_plane(&picture, plane, band, 3, values, normalised);
    free(values);
    free(normalised);
    free(picture.values);
    close_place(&place);
}

/* Raw bands put together again from the smallest on. */
static void bands_sum_to_the_picture(void **state)
{
    const hm_scene_pyramid_config raw = {.n_scales = 6, .is_raw = true}; /* down to one pixel */
    data_place place;
    hm_scene_band band[HM_SCENE_SCALES_MAX];
    double level[PH * PW], finer[PH * PW];
    (void)state;
    open_scene(&place);
    hm_scene_picture picture = random_picture(&place, PH, PW, 4);
    float *values = malloc(hm_scene_pyramid_shape(&raw, PH, PW, band) * sizeof *values);
    assert_int_equal(hm_scene_pyramid(&picture, &raw, values, NULL), HM_OK);
    assert_int_equal(band[5].height * band[5].width, 1);
    for (size_t plane = 0; plane < 3; plane++) {
        level[0] = values[band[5].first + plane];
        for (size_t s = 5; s-- > 0;) {
            const ptrdiff_t h = (ptrdiff_t)band[s + 1].height, w = (ptrdiff_t)band[s + 1].width;
            size_t n = band[s].height * band[s].width, row = band[s].width;
            for (size_t i = 0; i < n; i++)
                finer[i] = values[band[s].first + plane * n + i] +
                           literal_double(level, h, w, (ptrdiff_t)(i / row), (ptrdiff_t)(i % row));
            memcpy(level, finer, sizeof level);
        }
        for (size_t i = 0; i < PH * PW; i++)
            assert_float_equal(level[i], picture.values[plane * PH * PW + i], 1e-5);
    }
    free(values);
    free(picture.values);
    close_place(&place);
}

/* A flat picture has no deviation anywhere, and becomes zero. */
static void flat_pictures_become_zero(void **state)
{
    data_place place;
    hm_scene_band band[HM_SCENE_SCALES_MAX];
    (void)state;
    open_scene(&place);
    hm_scene_picture picture = random_picture(&place, 20, 20, 0);
    for (size_t i = 0; i < 1200; i++)
        picture.values[i] = 0.7f;
    size_t n = hm_scene_pyramid_shape(NULL, 20, 20, band);
    float *values = malloc(n * sizeof *values);
    assert_int_equal(hm_scene_pyramid(&picture, NULL, values, NULL), HM_OK);
    for (size_t i = 0; i < n; i++)
        assert_float_equal(values[i], 0, 1e-3f);
    assert_int_equal(hm_scene_pyramid(&picture, &(hm_scene_pyramid_config){.window = 4}, values, NULL), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_scene_pyramid(&picture, &(hm_scene_pyramid_config){.n_scales = 17}, values, NULL), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_scene_pyramid(&picture, &(hm_scene_pyramid_config){.least_deviation = -1}, values, NULL), HM_ERROR_ARGUMENT);
    free(values);
    free(picture.values);
    close_place(&place);
}

/* ---- Memory ---------------------------------------------------------------------------------------- */

/* All that allocates, one thing after the other. */
static hm_status do_everything(data_place *place, const hm_scene_picture *picture, const char *classes_path, const char *labels_path)
{
    enum { N = 12 * 12 };
    static float scores[N * CLASSES], values[6 * N];
    uint32_t region[N];
    size_t n_regions = 0, n_edges = 0;
    hm_scene_classes *classes = NULL;
    hm_label_picture labels = {.context = place->context};
    hm_scene_picture read = {.context = place->context};
    hm_scene_edge *edges = NULL;
    hm_segmentation_tree tree = {.context = place->context};
    hm_image *image = NULL;
    hm_status status = hm_scene_classes_load(place->context, classes_path, &classes, NULL);
    if (status == HM_OK)
        status = hm_label_picture_load(classes, labels_path, &labels, NULL);
    if (status == HM_OK)
        status = hm_scene_picture_load(place->context, labels_path, &read, NULL);
    if (status == HM_OK)
        status = hm_scene_contact_sheet(&(hm_scene_sheet_row){NULL, &read, &labels, &labels}, 1, classes, &image, NULL);
    if (status == HM_OK)
        status = hm_superpixels(picture, 0.1f, 2, region, &n_regions, NULL);
    if (status == HM_OK)
        status = hm_region_adjacency(picture, region, &edges, &n_edges, NULL);
    if (status == HM_OK)
        status = hm_segmentation_tree_make(place->context, n_regions, edges, n_edges, &tree, NULL);
    if (status == HM_OK)
        status = hm_segmentation_cover(&tree, hm_matrix_f32(scores, n_regions, CLASSES), NULL, NULL, NULL);
    if (status == HM_OK)
        status = hm_scene_pyramid(picture, NULL, values, NULL);
    hm_image_destroy(image);
    hm_segmentation_tree_clear(&tree);
    hm_region_edges_free(place->context, edges);
    hm_scene_picture_clear(&read);
    hm_label_picture_clear(&labels);
    hm_scene_classes_destroy(classes);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    static const unsigned char grey[4] = {0, 1, 2, 3};
    data_place place;
    char classes_path[sizeof place.path];
    (void)state;
    need_png(open_scene(&place));
    hm_scene_picture picture = random_picture(&place, 12, 12, 6);
    strcpy(classes_path, write_text(&place, "classes.txt", THREE));
    write_grey_png(&place, "labels.png", 2, 2, grey);
    size_t n_live = place.memory.n_live, fail_at = 1;
    hm_status status = HM_ERROR_MEMORY;
    for (; status != HM_OK; fail_at++) {
        place.memory.n_asked = 0;
        place.memory.fail_at = fail_at;
        status = do_everything(&place, &picture, classes_path, place.path);
        assert_true(status == HM_OK || status == HM_ERROR_MEMORY);
        assert_int_equal(place.memory.n_live, n_live);
    }
    place.memory.fail_at = 0;
    assert_true(fail_at > 20);
    free(picture.values);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_read),
        cmocka_unit_test(classes_of_the_recipe_are_read),
        cmocka_unit_test(bad_classes_are_refused_by_line),
        cmocka_unit_test(classes_fill_a_byte_and_no_more),
        cmocka_unit_test(labels_come_back),
        cmocka_unit_test(indices_are_kept),
        cmocka_unit_test(void_may_be_255),
        cmocka_unit_test(labels_may_be_drawn_in_colours),
        cmocka_unit_test(classes_may_be_grey),
        cmocka_unit_test(scenes_are_turned),
        cmocka_unit_test(other_labels_are_refused),
        cmocka_unit_test(overlays_mix_colours),
        cmocka_unit_test(contact_sheets_set_answers_beside_truth),
        cmocka_unit_test(pictures_are_read),
        cmocka_unit_test(a_worked_graph_is_cut),
        cmocka_unit_test(graphs_are_cut_as_the_paper_does),
        cmocka_unit_test(superpixels_are_those_of_the_paper),
        cmocka_unit_test(two_halves_are_two_regions),
        cmocka_unit_test(random_pictures_keep_what_is_promised),
        cmocka_unit_test(superpixels_refuse),
        cmocka_unit_test(adjacency_is_the_mean_of_its_borders),
        cmocka_unit_test(regions_vote),
        cmocka_unit_test(covers_are_the_best_of_all),
        cmocka_unit_test(a_worked_cover),
        cmocka_unit_test(trees_of_parts_and_refusals),
        cmocka_unit_test(metrics_by_hand),
        cmocka_unit_test(metrics_refuse_and_are_empty),
        cmocka_unit_test(yuv_of_primaries),
        cmocka_unit_test(pyramids_are_those_of_the_loops),
        cmocka_unit_test(bands_sum_to_the_picture),
        cmocka_unit_test(flat_pictures_become_zero),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
