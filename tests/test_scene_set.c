/* Scenes on disk in pairs, and views of a picture. */
#include "data_files.h"

#include <math.h>

#include <harmonium/harmonium.h>

static const char THREE[] = "sky 255 0 0\nroad 0 255 0\ntree 0 0 255\nunlabelled 0 0 0\n";
enum { N_CLASSES = 3 };

/* A place with folders for pictures and labels. */
typedef struct gallery {
    data_place place;
    char pictures[TEMPORARY_MAX + 256], labels[TEMPORARY_MAX + 256];
    hm_scene_classes *classes;
} gallery;

static void open_gallery(gallery *g)
{
    static const unsigned char grey[6] = {0};
    open_place(&g->place, 5, 1);
    skip_without(&g->place, write_grey_png(&g->place, "first.png", 3, 2, grey), "libpng-dev");
    assert_int_equal(hm_scene_classes_load(g->place.context, write_text(&g->place, "classes.txt", THREE), &g->classes, NULL), HM_OK);
    assert_int_equal(mkdir(strcpy(g->pictures, path_in(&g->place, "pictures")), 0777), 0);
    assert_int_equal(mkdir(strcpy(g->labels, path_in(&g->place, "labels")), 0777), 0);
}

static void close_gallery(gallery *g)
{
    hm_scene_classes_destroy(g->classes);
    close_place(&g->place);
}

/* Both have 2 x 3 pixels. */
static void add_picture(gallery *g, const char *name, unsigned grey)
{
    unsigned char pixels[6];
    memset(pixels, (int)grey, sizeof pixels);
    write_grey_png(&g->place, name, 3, 2, pixels);
}

static void add_pair(gallery *g, const char *picture, const char *labels, unsigned grey)
{
    static const unsigned char label[6] = {0, 1, 1, 2, 3, 0};
    add_picture(g, picture, grey);
    write_grey_png(&g->place, labels, 3, 2, label);
}

static hm_scene_set *open_scenes(gallery *g, const char *labels)
{
    hm_scene_set *set;
    if (hm_scene_set_open(g->classes, g->pictures, labels, &set, &g->place.error) != HM_OK)
        fail_msg("%s", g->place.error.message);
    return set;
}

static void refuse(gallery *g, const char *pictures, const char *labels, hm_status status, const char *first, const char *second)
{
    hm_scene_set *set = (hm_scene_set *)g;
    size_t n_live = g->place.memory.n_live;
    assert_int_equal(hm_scene_set_open(g->classes, pictures, labels, &set, &g->place.error), status);
    assert_null(set);
    assert_int_equal(g->place.memory.n_live, n_live);
    if (!strstr(g->place.error.message, first) || !strstr(g->place.error.message, second))
        fail_msg("\"%s\" does not say \"%s\" and \"%s\"", g->place.error.message, first, second);
}

/* ---- Sets ------------------------------------------------------------------------------------------- */

static void pairs_come_in_the_order_of_names(void **state)
{
    gallery g;
    hm_scene_picture picture;
    hm_label_picture labels;
    (void)state;
    open_gallery(&g);
    add_pair(&g, "pictures/b.PNG", "labels/b.png", 51);
    add_pair(&g, "pictures/a-2.png", "labels/a-2.PNG", 102);
    add_pair(&g, "pictures/a.jpeg", "labels/a.png", 255); /* what a file is, its content says */
    add_picture(&g, "labels/more.png", 0);
    write_text(&g.place, "pictures/notes.txt", "not a picture");
    write_text(&g.place, "pictures/.hidden.png", "not seen");
    assert_int_equal(mkdir(path_in(&g.place, "pictures/folder.png"), 0777), 0);
    hm_scene_set *set = open_scenes(&g, g.labels);
    static const char *const names[] = {"a", "a-2", "b"};
    static const float values[] = {1, 0.4f, 0.2f};
    static const unsigned char wanted[6] = {0, 1, 1, 2, 3, 0};
    assert_int_equal(hm_scene_set_count(set), 3);
    assert_true(hm_scene_set_has_labels(set));
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(hm_scene_set_name(set, i), names[i]);
        assert_non_null(strstr(hm_scene_set_path(set, i), g.pictures));
        assert_int_equal(hm_scene_set_read(set, i, &picture, &labels, &g.place.error), HM_OK);
        assert_int_equal(picture.height, 2);
        assert_int_equal(picture.width, 3);
        for (size_t k = 0; k < 18; k++)
            assert_float_equal(picture.values[k], values[i], 1e-6);
        assert_memory_equal(labels.labels, wanted, sizeof wanted);
        hm_scene_picture_clear(&picture);
        hm_label_picture_clear(&labels);
    }
    assert_non_null(strstr(hm_scene_set_path(set, 0), "pictures/a.jpeg"));
    hm_scene_set_close(set);
    hm_scene_set_close(NULL);
    close_gallery(&g);
}

static void sets_may_lack_labels(void **state)
{
    gallery g;
    uint64_t count[N_CLASSES];
    hm_scene_picture picture;
    hm_label_picture labels;
    static const char *const none[] = {NULL, ""};
    (void)state;
    open_gallery(&g);
    add_picture(&g, "pictures/a.png", 51);
    for (size_t i = 0; i < 2; i++) {
        hm_scene_set *set = open_scenes(&g, none[i]);
        assert_false(hm_scene_set_has_labels(set));
        assert_int_equal(hm_scene_set_read(set, 0, &picture, &labels, &g.place.error), HM_OK);
        assert_null(labels.labels);
        assert_int_equal(labels.height, 0);
        hm_scene_picture_clear(&picture);
        assert_int_equal(hm_scene_set_read(set, 0, &picture, NULL, &g.place.error), HM_OK);
        hm_scene_picture_clear(&picture);
        assert_int_equal(hm_scene_set_frequencies(set, count, &g.place.error), HM_ERROR_ARGUMENT);
        assert_non_null(strstr(g.place.error.message, "no labels to count"));
        hm_scene_set_close(set);
    }
    close_gallery(&g);
}

/* With the file of its labels, or the folder. */
static void one_picture_is_a_set(void **state)
{
    gallery g;
    char path[sizeof g.place.path], label_path[sizeof g.place.path];
    (void)state;
    open_gallery(&g);
    add_pair(&g, "pictures/a.b.png", "labels/a.b.png", 51);
    strcpy(path, path_in(&g.place, "pictures/a.b.png"));
    strcpy(label_path, path_in(&g.place, "labels/a.b.png"));
    const char *const labels[] = {label_path, g.labels};
    for (size_t i = 0; i < 2; i++) {
        hm_scene_set *set;
        hm_scene_picture picture;
        hm_label_picture read;
        assert_int_equal(hm_scene_set_open(g.classes, path, labels[i], &set, &g.place.error), HM_OK);
        assert_int_equal(hm_scene_set_count(set), 1);
        assert_string_equal(hm_scene_set_name(set, 0), "a.b");
        assert_string_equal(hm_scene_set_path(set, 0), path);
        assert_int_equal(hm_scene_set_read(set, 0, &picture, &read, &g.place.error), HM_OK);
        assert_int_equal(read.labels[3], 2);
        hm_scene_picture_clear(&picture);
        hm_label_picture_clear(&read);
        hm_scene_set_close(set);
    }
    close_gallery(&g);
}

static void bad_sets_are_refused(void **state)
{
    gallery g;
    char one[sizeof g.place.path];
    (void)state;
    open_gallery(&g);
    refuse(&g, g.pictures, g.labels, HM_ERROR_NOT_FOUND, "pictures: holds no PNG or JPEG file", "name the folder");
    write_text(&g.place, "pictures/notes.txt", "not a picture");
    refuse(&g, g.pictures, NULL, HM_ERROR_NOT_FOUND, "pictures: holds no PNG or JPEG file", "name the folder");
    refuse(&g, "/nowhere", NULL, HM_ERROR_IO, "/nowhere", "");
    add_pair(&g, "pictures/a.png", "labels/a.png", 0);
    refuse(&g, g.pictures, "/nowhere", HM_ERROR_ARGUMENT, "/nowhere: is no folder", "/pictures is one");
    strcpy(one, path_in(&g.place, "pictures/a.png"));
    refuse(&g, one, "/nowhere.png", HM_ERROR_IO, "/nowhere.png", "");
    add_picture(&g, "pictures/b.jpg", 0);
    refuse(&g, g.pictures, g.labels, HM_ERROR_NOT_FOUND, "pictures/b.jpg: its labels should be", "labels/b.png");
    add_picture(&g, "pictures/a.c.png", 0); /* between the next two by file name */
    add_picture(&g, "pictures/a.JPG", 0);
    refuse(&g, g.pictures, NULL, HM_ERROR_ARGUMENT, "pictures/a.JPG and a.png have one name", "rename one");
    close_gallery(&g);
}

static void other_sizes_are_named(void **state)
{
    static const unsigned char labels[6] = {0};
    gallery g;
    hm_scene_picture picture;
    hm_label_picture read;
    (void)state;
    open_gallery(&g);
    add_picture(&g, "pictures/a.png", 51);
    write_grey_png(&g.place, "labels/a.png", 1, 4, labels);
    hm_scene_set *set = open_scenes(&g, g.labels);
    size_t n_live = g.place.memory.n_live;
    assert_int_equal(hm_scene_set_read(set, 0, &picture, &read, &g.place.error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(g.place.error.message, "pictures/a.png has 2 x 3 pixels"));
    assert_non_null(strstr(g.place.error.message, "labels/a.png have 4 x 1"));
    assert_null(picture.values);
    assert_null(read.labels);
    assert_int_equal(g.place.memory.n_live, n_live);
    hm_scene_set_close(set);
    close_gallery(&g);
}

static void frequencies_count_pixels(void **state)
{
    static const unsigned char label[4] = {2, 2, 3, 0};
    gallery g;
    uint64_t count[N_CLASSES] = {9, 9, 9};
    (void)state;
    open_gallery(&g);
    add_pair(&g, "pictures/a.png", "labels/a.png", 51); /* 0 1 1 2 3 0 */
    add_picture(&g, "pictures/b.png", 51);
    write_grey_png(&g.place, "labels/b.png", 2, 2, label);
    hm_scene_set *set = open_scenes(&g, g.labels);
    assert_int_equal(hm_scene_set_frequencies(set, count, &g.place.error), HM_OK);
    assert_int_equal(count[0], 3);
    assert_int_equal(count[1], 2);
    assert_int_equal(count[2], 3);
    hm_scene_set_close(set);
    close_gallery(&g);
}

static void take_fingerprint(gallery *g, const char *labels, char text[17])
{
    hm_scene_set *set = open_scenes(g, labels);
    assert_int_equal(strlen(hm_scene_set_fingerprint(set)), 16);
    assert_int_equal(strspn(hm_scene_set_fingerprint(set), "0123456789abcdef"), 16);
    strcpy(text, hm_scene_set_fingerprint(set));
    hm_scene_set_close(set);
}

static void fingerprints_know_names_and_sizes(void **state)
{
    static const unsigned char larger[12] = {0};
    gallery g;
    char text[6][17], old[sizeof g.place.path];
    (void)state;
    open_gallery(&g);
    add_pair(&g, "pictures/a.png", "labels/a.png", 51);
    take_fingerprint(&g, g.labels, text[0]);
    take_fingerprint(&g, g.labels, text[1]);
    assert_string_equal(text[0], text[1]);
    take_fingerprint(&g, NULL, text[1]);
    write_grey_png(&g.place, "labels/a.png", 3, 4, larger);
    take_fingerprint(&g, g.labels, text[2]);
    write_grey_png(&g.place, "pictures/a.png", 3, 4, larger);
    take_fingerprint(&g, g.labels, text[3]);
    strcpy(old, path_in(&g.place, "pictures/a.png"));
    assert_int_equal(rename(old, path_in(&g.place, "pictures/a.jpg")), 0);
    take_fingerprint(&g, g.labels, text[4]);
    add_pair(&g, "pictures/b.png", "labels/b.png", 51);
    take_fingerprint(&g, g.labels, text[5]);
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(text[i], text[k]);
    close_gallery(&g);
}

/* ---- Views ------------------------------------------------------------------------------------------ */

enum { MOST = 1024 };

typedef struct scene {
    data_place place;
    hm_scene_classes classes;
    float values[3 * MOST];
    uint8_t labels[MOST];
    hm_scene_picture picture, seen;
    hm_label_picture truth, seen_truth;
} scene;

/* A picture of whole 256ths, whose sums are exact, and labels. */
static void open_scene(scene *s, size_t height, size_t width)
{
    const hm_random random = {11, HM_RANDOM_USER, 0};
    memset(s, 0, sizeof *s);
    open_place(&s->place, 5, 1);
    s->classes.context = s->place.context;
    s->classes.n = N_CLASSES;
    for (size_t i = 0; i < 3 * height * width; i++)
        s->values[i] = (float)(hm_random_bits(&random, 0, i) % 257) / 256;
    for (size_t i = 0; i < height * width; i++)
        s->labels[i] = (uint8_t)(hm_random_bits(&random, 1, i) % N_CLASSES);
    s->picture = (hm_scene_picture){s->place.context, height, width, s->values};
    s->truth = (hm_label_picture){s->place.context, height, width, s->labels};
}

static void clear_seen(scene *s)
{
    hm_scene_picture_clear(&s->seen);
    hm_label_picture_clear(&s->seen_truth);
}

static void close_scene(scene *s)
{
    close_place(&s->place);
}

static void take(scene *s, const hm_scene_view *view)
{
    if (hm_scene_view_take(&s->classes, view, &s->picture, &s->truth, &s->seen, &s->seen_truth, &s->place.error) != HM_OK)
        fail_msg("%s", s->place.error.message);
    assert_int_equal(s->seen.height, view->height);
    assert_int_equal(s->seen.width, view->width);
    assert_int_equal(s->seen_truth.height, view->height);
    assert_int_equal(s->seen_truth.width, view->width);
}

/* Pixel (i, j) of the view is pixel (y, x) of the picture. */
static void expect_pixel(const scene *s, size_t i, size_t j, size_t y, size_t x, float tolerance)
{
    size_t n = s->picture.height * s->picture.width, m = s->seen.height * s->seen.width;
    for (size_t c = 0; c < 3; c++)
        if (!(fabsf(s->seen.values[c * m + i * s->seen.width + j] - s->values[c * n + y * s->picture.width + x]) <= tolerance))
            fail_msg("plane %zu: pixel %zu, %zu of the view is not %zu, %zu of the picture", c, i, j, y, x);
}

static uint8_t seen_label(const scene *s, size_t i, size_t j)
{
    return s->seen_truth.labels[i * s->seen.width + j];
}

static uint8_t true_label(const scene *s, size_t y, size_t x)
{
    return s->labels[y * s->picture.width + x];
}

static void neutral_views_are_copies(void **state)
{
    static const size_t sizes[][2] = {{1, 1}, {1, 7}, {6, 1}, {20, 31}, {31, 20}};
    hm_scene_view view;
    scene s;
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        open_scene(&s, sizes[i][0], sizes[i][1]);
        s.values[0] = -7; /* not clamped either */
        hm_scene_view_whole(&s.picture, 1, &view);
        take(&s, &view);
        assert_memory_equal(s.seen.values, s.values, 3 * sizes[i][0] * sizes[i][1] * sizeof(float));
        assert_memory_equal(s.seen_truth.labels, s.labels, sizes[i][0] * sizes[i][1]);
        clear_seen(&s);
        close_scene(&s);
    }
}

/* The mean of side x side pixels of plane c. */
static float mean_of(const scene *s, size_t c, size_t top, size_t left, size_t side)
{
    float sum = 0;
    for (size_t y = top; y < top + side; y++)
        for (size_t x = left; x < left + side; x++)
            sum += s->values[(c * s->picture.height + y) * s->picture.width + x];
    return sum / (float)(side * side);
}

/* Reading between pixels alone would give these for halves, but not for quarters. */
static void halves_and_quarters_are_means(void **state)
{
    hm_scene_view view;
    scene s;
    (void)state;
    open_scene(&s, 12, 20);
    for (size_t side = 2; side <= 4; side += 2) {
        hm_scene_view_whole(&s.picture, 1 / (float)side, &view);
        assert_int_equal(view.height, 12 / side);
        assert_int_equal(view.width, 20 / side);
        take(&s, &view);
        for (size_t i = 0; i < 3 * view.height * view.width; i++) {
            size_t c = i / (view.height * view.width), row = i / view.width % view.height, column = i % view.width;
            assert_true(s.seen.values[i] == mean_of(&s, c, side * row, side * column, side));
            assert_int_equal(seen_label(&s, row, column), true_label(&s, side * row + side / 2, side * column + side / 2));
        }
        clear_seen(&s);
    }
    close_scene(&s);
}

/* A whole view keeps all labels inside, and flat pictures flat, at any scale. */
static void whole_views_stay_inside(void **state)
{
    static const float scales[] = {0.001f, 0.1f, 0.3f, 0.34f, 0.77f, 0.999f, 1.3f, 2, 3.21f};
    hm_scene_view view;
    scene s;
    (void)state;
    open_scene(&s, 13, 22);
    for (size_t i = 0; i < 3 * 13 * 22; i++)
        s.values[i] = 0.625f;
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
        hm_scene_view_whole(&s.picture, scales[k], &view);
        assert_int_equal(view.height, fmaxf(1, roundf(13 * scales[k])));
        assert_int_equal(view.width, fmaxf(1, roundf(22 * scales[k])));
        take(&s, &view);
        for (size_t i = 0; i < view.height * view.width; i++)
            assert_true(s.seen_truth.labels[i] < N_CLASSES);
        for (size_t i = 0; i < 3 * view.height * view.width; i++)
            assert_float_equal(s.seen.values[i], 0.625f, 1e-6);
        clear_seen(&s);
    }
    close_scene(&s);
}

/* A slope stays one, where no edge is near: (y, x) of the picture has the value (y + 2 x) / 100. */
static void views_read_between_pixels(void **state)
{
    enum { H = 24, W = 30 };
    static const hm_scene_view views[] = {
        {.height = 7, .width = 9, .scale = 1.7f},
        {.height = 6, .width = 5, .scale = 1, .turn = 0.4f, .down = 1.25f, .across = -2.5f},
        {.height = 4, .width = 5, .scale = 0.5f, .turn = -0.3f, .across = 1.5f},
        {.height = 4, .width = 5, .scale = 0.5f, .turn = 2.5f, .down = -1, .is_mirrored = true},
    };
    scene s;
    (void)state;
    open_scene(&s, H, W);
    for (size_t i = 0; i < 3 * H * W; i++)
        s.values[i] = ((float)(i / W % H) + 2 * (float)(i % W)) / 100;
    for (size_t k = 0; k < sizeof views / sizeof *views; k++) {
        const hm_scene_view *v = views + k;
        take(&s, v);
        for (size_t i = 0; i < v->height * v->width; i++) {
            double right = (double)(i % v->width) - ((double)v->width - 1) / 2, up = ((double)v->height - 1) / 2 - (double)(i / v->width);
            right = v->is_mirrored ? -right : right;
            double x = (right * cos(v->turn) + up * sin(v->turn)) / v->scale, y = (up * cos(v->turn) - right * sin(v->turn)) / v->scale;
            double wanted = ((H - 1) / 2.0 + v->down - y + 2 * ((W - 1) / 2.0 + v->across + x)) / 100;
            assert_float_equal(s.seen.values[i], wanted, 1e-6);
        }
        clear_seen(&s);
    }
    close_scene(&s);
}

static void mirrored_twice_is_the_picture(void **state)
{
    enum { H = 9, W = 14 };
    hm_scene_view view;
    hm_scene_picture back;
    hm_label_picture back_truth;
    scene s;
    (void)state;
    open_scene(&s, H, W);
    hm_scene_view_whole(&s.picture, 1, &view);
    view.is_mirrored = true;
    take(&s, &view);
    for (size_t i = 0; i < H * W; i++) {
        expect_pixel(&s, i / W, i % W, i / W, W - 1 - i % W, 0);
        assert_int_equal(seen_label(&s, i / W, i % W), true_label(&s, i / W, W - 1 - i % W));
    }
    assert_int_equal(hm_scene_view_take(&s.classes, &view, &s.seen, &s.seen_truth, &back, &back_truth, NULL), HM_OK);
    assert_memory_equal(back.values, s.values, 3 * H * W * sizeof(float));
    assert_memory_equal(back_truth.labels, s.labels, H * W);
    hm_scene_picture_clear(&back);
    hm_label_picture_clear(&back_truth);
    clear_seen(&s);
    close_scene(&s);
}

/* Anticlockwise: the right column becomes the top row. */
static void quarter_turns_permute_pixels(void **state)
{
    enum { N = 15 };
    scene s;
    (void)state;
    open_scene(&s, N, N);
    take(&s, &(hm_scene_view){.height = N, .width = N, .scale = 1, .turn = 1.57079633f});
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            expect_pixel(&s, i, j, j, N - 1 - i, 1e-5f); /* 5e-7 seen: the turn is a float */
            assert_int_equal(seen_label(&s, i, j), true_label(&s, j, N - 1 - i));
        }
    clear_seen(&s);
    close_scene(&s);
}

/* Beyond the edges the outermost pixel goes on, and nothing is labelled. */
static void views_move_by_whole_pixels(void **state)
{
    enum { H = 8, W = 10, DOWN = 3, LEFT = 4 };
    hm_scene_view view;
    scene s;
    (void)state;
    open_scene(&s, H, W);
    hm_scene_view_whole(&s.picture, 1, &view);
    view.down = DOWN;
    view.across = -LEFT;
    take(&s, &view);
    for (size_t i = 0; i < H; i++)
        for (size_t j = 0; j < W; j++) {
            size_t y = i + DOWN < H ? i + DOWN : H - 1, x = j < LEFT ? 0 : j - LEFT;
            bool is_inside = i + DOWN < H && j >= LEFT;
            expect_pixel(&s, i, j, y, x, 0);
            assert_int_equal(seen_label(&s, i, j), is_inside ? true_label(&s, y, x) : N_CLASSES);
        }
    clear_seen(&s);
    view.down = view.across = 0.5f; /* between two pixels the latter is the nearest, and behind the last there is none */
    take(&s, &view);
    for (size_t i = 0; i < H; i++)
        for (size_t j = 0; j < W; j++)
            assert_int_equal(seen_label(&s, i, j), i + 1 < H && j + 1 < W ? true_label(&s, i + 1, j + 1) : N_CLASSES);
    clear_seen(&s);
    view.down = DOWN;
    view.across = 1e30f;
    take(&s, &view);
    expect_pixel(&s, 0, 0, DOWN, W - 1, 0);
    assert_int_equal(seen_label(&s, 0, 0), N_CLASSES);
    clear_seen(&s);
    close_scene(&s);
}

static void colours_are_changed_and_clamped(void **state)
{
    enum { H = 5, W = 6 };
    hm_scene_view view;
    scene s;
    (void)state;
    open_scene(&s, H, W);
    hm_scene_view_whole(&s.picture, 1, &view);
    view.gain[0] = 2;
    view.offset[0] = -0.5f;
    view.offset[1] = 0.25f;
    take(&s, &view);
    for (size_t i = 0; i < H * W; i++) {
        assert_float_equal(s.seen.values[i], fminf(fmaxf(2 * s.values[i] - 0.5f, 0), 1), 1e-6);
        assert_float_equal(s.seen.values[H * W + i], fminf(s.values[H * W + i] + 0.25f, 1), 1e-6);
        assert_true(s.seen.values[2 * H * W + i] == s.values[2 * H * W + i]);
    }
    clear_seen(&s);
    close_scene(&s);
}

static void labels_may_be_left_out(void **state)
{
    hm_scene_view view;
    scene s;
    (void)state;
    open_scene(&s, 4, 5);
    hm_scene_view_whole(&s.picture, 1, &view);
    assert_int_equal(hm_scene_view_take(NULL, &view, &s.picture, NULL, &s.seen, NULL, &s.place.error), HM_OK);
    assert_memory_equal(s.seen.values, s.values, 60 * sizeof(float));
    hm_scene_picture_clear(&s.seen);
    s.seen_truth.labels = s.labels;
    s.truth.labels = NULL;
    assert_int_equal(hm_scene_view_take(NULL, &view, &s.picture, &s.truth, &s.seen, &s.seen_truth, &s.place.error), HM_OK);
    assert_null(s.seen_truth.labels);
    hm_scene_picture_clear(&s.seen);
    close_scene(&s);
}

static void expect_refused(scene *s, const hm_scene_view *view, hm_status status)
{
    size_t n_live = s->place.memory.n_live;
    assert_int_equal(hm_scene_view_take(&s->classes, view, &s->picture, &s->truth, &s->seen, &s->seen_truth, &s->place.error), status);
    assert_null(s->seen.values);
    assert_null(s->seen_truth.labels);
    assert_int_equal(s->place.memory.n_live, n_live);
}

static void bad_views_are_refused(void **state)
{
    static const hm_scene_view bad[] = {
        {.height = 0, .width = 3, .scale = 1},
        {.height = 3, .width = 0, .scale = 1},
        {.height = SIZE_MAX / 2, .width = 4, .scale = 1},
        {.height = 3, .width = 3, .scale = 0},
        {.height = 3, .width = 3, .scale = -1},
        {.height = 3, .width = 3, .scale = INFINITY},
        {.height = 3, .width = 3, .scale = NAN},
        {.height = 3, .width = 3, .scale = 1, .turn = NAN},
        {.height = 3, .width = 3, .scale = 1, .across = INFINITY},
        {.height = 3, .width = 3, .scale = 1, .gain = {1, NAN, 1}},
    };
    const hm_scene_view good = {.height = 3, .width = 3, .scale = 1};
    scene s;
    (void)state;
    open_scene(&s, 4, 5);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused(&s, bad + i, HM_ERROR_ARGUMENT);
    s.truth.width = 4;
    expect_refused(&s, &good, HM_ERROR_MISMATCH);
    assert_non_null(strstr(s.place.error.message, "labels of 4 x 4 pixels do not belong to a picture of 4 x 5"));
    s.picture.height = 0;
    expect_refused(&s, &good, HM_ERROR_ARGUMENT);
    close_scene(&s);
}

/* ---- Memory ----------------------------------------------------------------------------------------- */

static hm_status do_everything(gallery *g)
{
    const hm_scene_view view = {.height = 2, .width = 2, .scale = 0.5f};
    hm_scene_set *set = NULL;
    hm_scene_picture picture = {.context = g->place.context}, seen = picture;
    hm_label_picture labels = {.context = g->place.context}, seen_labels = labels;
    hm_status status = hm_scene_set_open(g->classes, g->pictures, g->labels, &set, NULL);
    if (status == HM_OK)
        status = hm_scene_set_read(set, 0, &picture, &labels, NULL);
    if (status == HM_OK)
        status = hm_scene_view_take(g->classes, &view, &picture, &labels, &seen, &seen_labels, NULL);
    hm_scene_picture_clear(&seen);
    hm_label_picture_clear(&seen_labels);
    hm_scene_picture_clear(&picture);
    hm_label_picture_clear(&labels);
    hm_scene_set_close(set);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    gallery g;
    (void)state;
    open_gallery(&g);
    add_pair(&g, "pictures/a.png", "labels/a.png", 51);
    add_pair(&g, "pictures/b.png", "labels/b.png", 51);
    size_t n_live = g.place.memory.n_live, fail_at = 1;
    hm_status status = HM_ERROR_MEMORY;
    for (; status != HM_OK; fail_at++) {
        g.place.memory.n_asked = 0;
        g.place.memory.fail_at = fail_at;
        status = do_everything(&g);
        assert_true(status == HM_OK || status == HM_ERROR_MEMORY);
        assert_int_equal(g.place.memory.n_live, n_live);
    }
    g.place.memory.fail_at = 0;
    assert_true(fail_at > 20);
    close_gallery(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_come_in_the_order_of_names),
        cmocka_unit_test(sets_may_lack_labels),
        cmocka_unit_test(one_picture_is_a_set),
        cmocka_unit_test(bad_sets_are_refused),
        cmocka_unit_test(other_sizes_are_named),
        cmocka_unit_test(frequencies_count_pixels),
        cmocka_unit_test(fingerprints_know_names_and_sizes),
        cmocka_unit_test(neutral_views_are_copies),
        cmocka_unit_test(halves_and_quarters_are_means),
        cmocka_unit_test(whole_views_stay_inside),
        cmocka_unit_test(views_read_between_pixels),
        cmocka_unit_test(mirrored_twice_is_the_picture),
        cmocka_unit_test(quarter_turns_permute_pixels),
        cmocka_unit_test(views_move_by_whole_pixels),
        cmocka_unit_test(colours_are_changed_and_clamped),
        cmocka_unit_test(labels_may_be_left_out),
        cmocka_unit_test(bad_views_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
