/* Pictures: every pixel where it belongs, files that decode to what was drawn, clear errors, nothing leaked. */
#define _GNU_SOURCE /* mkstemp, open_memstream */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "counted_memory.h"
#include "temporary.h"
#include "show/canvas.h"

#ifdef HM_HAVE_PNG
#include <png.h>
#endif
#ifdef HM_HAVE_GIF
#include <gif_lib.h>
#endif

static hm_context *make_context(void)
{
    hm_context *context;
    assert_int_equal(hm_context_create(&(hm_context_config){.n_threads = 1}, &context, NULL), HM_OK);
    return context;
}

static unsigned pixel_at(hm_image *image, size_t x, size_t y)
{
    const uint8_t *p = hm_image_pixels(image) + 3 * (y * hm_image_width(image) + x);
    return (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
}

/* Three tiles of 2 x 3 in two columns, zoom 4: margin 10, gutter 2. */
static void grids_place_every_value(void **state)
{
    (void)state;
    hm_context *context = make_context();
    float rows[3][6], columns[6][3];
    for (int t = 0; t < 3; t++)
        for (int k = 0; k < 6; k++)
            rows[t][k] = columns[k][t] = (float)(t * 6 + k) / 18;
    rows[2][5] = columns[5][2] = NAN;
    for (int transposed = 0; transposed < 2; transposed++) {
        hm_image *image;
        hm_matrix values = transposed ? hm_matrix_f32(columns[0], 6, 3) : hm_matrix_f32(rows[0], 3, 6);
        hm_grid grid = {.n_cols = 2, .zoom = 4, .transposed = transposed};
        assert_int_equal(hm_image_grid(context, values, 2, 3, &grid, &image, NULL), HM_OK);
        assert_int_equal(hm_image_width(image), 10 + 12 + 2 + 12 + 10);
        assert_int_equal(hm_image_height(image), 10 + 8 + 2 + 8 + 10);
        for (size_t t = 0; t < 3; t++)
            for (size_t k = 0; k < 6; k++) {
                size_t x = 10 + t % 2 * 14 + k % 3 * 4, y = 10 + t / 2 * 10 + k / 3 * 4;
                unsigned want = isnan(rows[t][k]) ? 0xd62728 : (unsigned)(rows[t][k] * 255 + 0.5f) * 0x010101;
                assert_int_equal(pixel_at(image, x, y), want);
                assert_int_equal(pixel_at(image, x + 3, y + 3), want);
            }
        hm_image_destroy(image);
    }
    hm_context_destroy(context);
}

static void signed_grids_have_zero_in_the_middle(void **state)
{
    (void)state;
    hm_context *context = make_context();
    float values[] = {-2, 0, 1, 2};
    hm_image *image;
    hm_grid grid = {.zoom = 1, .signed_values = true};
    assert_int_equal(hm_image_grid(context, hm_matrix_f32(values, 1, 4), 2, 2, &grid, &image, NULL), HM_OK);
    assert_int_equal(pixel_at(image, 10, 10), 0x000000);
    assert_int_equal(pixel_at(image, 11, 10), 0x808080);
    assert_int_equal(pixel_at(image, 10, 11), 0xbfbfbf);
    assert_int_equal(pixel_at(image, 11, 11), 0xffffff);
    hm_image_destroy(image);
    hm_context_destroy(context);
}

static void coloured_tiles_are_planes(void **state)
{
    (void)state;
    hm_context *context = make_context();
    const float values[6] = {1, 0, 0, 1, 0, 0.5f}; /* two pixels: red, green, blue of each */
    hm_image *image;
    hm_error error;
    hm_grid grid = {.zoom = 1, .n_channels = 3};
    hm_matrix rows = hm_matrix_f32((float *)values, 1, 6);
    assert_int_equal(hm_image_grid(context, rows, 1, 2, &grid, &image, NULL), HM_OK);
    assert_int_equal(pixel_at(image, 10, 10), 0xff0000);
    assert_int_equal(pixel_at(image, 11, 10), 0x00ff80);
    hm_image_destroy(image);
    assert_int_equal(hm_image_bands(context, &rows, NULL, 1, 1, 2, &grid, &image, NULL), HM_OK);
    assert_int_equal(pixel_at(image, 11, 10), 0x00ff80);
    hm_image_destroy(image);
    assert_int_equal(hm_image_grid(context, rows, 1, 3, &grid, &image, &error), HM_ERROR_MISMATCH);
    grid.n_channels = 2;
    assert_int_equal(hm_image_grid(context, rows, 1, 3, &grid, &image, &error), HM_ERROR_ARGUMENT);
    hm_context_destroy(context);
}

static void the_terminal_gets_half_blocks(void **state)
{
    (void)state;
    hm_context *context = make_context();
    hm_image *image;
    char *text;
    size_t n;
    assert_int_equal(hm_image_create(context, 2, 2, 0x0000ff, &image, NULL), HM_OK);
    memcpy(hm_image_pixels(image), "\xff\x00\x00\x00\xff\x00", 6);
    FILE *stream = open_memstream(&text, &n);
    hm_image_print(image, 80, true, stream);
    fclose(stream);
    assert_string_equal(text, "\033[38;2;255;0;0m\033[48;2;0;0;255m\u2580\033[38;2;0;255;0m\033[48;2;0;0;255m\u2580\033[0m\n");
    free(text);
    stream = open_memstream(&text, &n);
    hm_image_print(image, 80, false, stream); /* (255 + 255) / 6 = 85, a third of the way to white */
    fclose(stream);
    assert_string_equal(text, "--\n");
    free(text);
    hm_image_destroy(image);
    hm_context_destroy(context);
}

static void nothing_to_draw_is_an_error(void **state)
{
    (void)state;
    hm_context *context = make_context();
    hm_image *image;
    hm_error error;
    float values[6] = {0};
    assert_int_equal(hm_image_create(context, 0, 5, 0, &image, &error), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_image_grid(context, hm_matrix_f32(values, 1, 6), 2, 2, &(hm_grid){0}, &image, &error),
                     HM_ERROR_MISMATCH);
    assert_int_equal(hm_image_matrix(context, hm_matrix_f32(values, 0, 6), "t", NULL, NULL, &image, &error),
                     HM_ERROR_ARGUMENT);
    hm_context_destroy(context);
}

#ifdef HM_HAVE_PNG
static void png_files_decode_to_what_was_drawn(void **state)
{
    (void)state;
    hm_context *context = make_context();
    char path[TEMPORARY_MAX];
    hm_image *image;
    hm_error error;
    temporary_file(path);
    assert_int_equal(hm_image_create(context, 7, 5, 0, &image, NULL), HM_OK);
    for (int i = 0; i < 7 * 5 * 3; i++)
        hm_image_pixels(image)[i] = (uint8_t)(i * 37);
    assert_int_equal(hm_image_save_png(image, path, NULL), HM_OK);
    png_image decoded = {.version = PNG_IMAGE_VERSION};
    uint8_t pixels[7 * 5 * 3];
    assert_true(png_image_begin_read_from_file(&decoded, path));
    assert_int_equal(decoded.width, 7);
    assert_int_equal(decoded.height, 5);
    decoded.format = PNG_FORMAT_RGB;
    assert_true(png_image_finish_read(&decoded, NULL, pixels, 0, NULL));
    assert_memory_equal(pixels, hm_image_pixels(image), sizeof pixels);
    assert_int_equal(hm_image_save_png(image, "/nowhere/at/all.png", &error), HM_ERROR_IO);
    hm_image_destroy(image);
    hm_context_destroy(context);
    unlink(path);
}
#endif

#ifdef HM_HAVE_GIF
static void movies_decode_to_their_frames(void **state)
{
    (void)state;
    hm_context *context = make_context();
    char path[TEMPORARY_MAX];
    hm_movie *movie;
    hm_image *frame;
    temporary_file(path);
    assert_int_equal(hm_movie_open(context, path, &movie, NULL), HM_OK);
    assert_int_equal(hm_image_create(context, 8, 6, 0xffffff, &frame, NULL), HM_OK);
    assert_int_equal(hm_movie_add(movie, frame, 0.25, NULL), HM_OK);
    memset(hm_image_pixels(frame) + 3 * (2 * 8 + 3), 0, 3); /* pixel (3, 2) turns black */
    assert_int_equal(hm_movie_add(movie, frame, 0.5, NULL), HM_OK);
    assert_int_equal(hm_movie_close(movie, NULL), HM_OK);
    hm_image_destroy(frame);

    int gif_error;
    GifFileType *gif = DGifOpenFileName(path, &gif_error);
    assert_non_null(gif);
    assert_int_equal(DGifSlurp(gif), GIF_OK);
    assert_int_equal(gif->ImageCount, 2);
    assert_int_equal(gif->SavedImages[0].ImageDesc.Width, 8);
    assert_int_equal(gif->SavedImages[1].ImageDesc.Width, 1);
    assert_int_equal(gif->SavedImages[1].ImageDesc.Left, 3);
    assert_int_equal(gif->SavedImages[1].ImageDesc.Top, 2);
    const GifColorType *colours = gif->SColorMap->Colors;
    assert_int_equal(colours[gif->SavedImages[0].RasterBits[0]].Green, 255);
    assert_int_equal(colours[gif->SavedImages[1].RasterBits[0]].Green, 0);
    GraphicsControlBlock control;
    assert_int_equal(DGifSavedExtensionToGCB(gif, 1, &control), GIF_OK);
    assert_int_equal(control.DelayTime, 50);
    DGifCloseFile(gif, &gif_error);
    hm_context_destroy(context);
    unlink(path);
}
#endif

static void ticks_are_round_and_cover_the_range(void **state)
{
    (void)state;
    const double ranges[][2] = {{0, 1}, {-3.2, 7.9}, {0.00012, 0.00019}, {1e6, 1.5e6}, {5, 5}, {-100, -99}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        hm_ticks t = hm_ticks_choose(ranges[i][0], ranges[i][1], 5);
        double mantissa = t.step / pow(10, floor(log10(t.step) + 1e-9));
        assert_true(fabs(mantissa - 1) < 1e-6 || fabs(mantissa - 2) < 1e-6 || fabs(mantissa - 5) < 1e-6);
        assert_true(t.first <= ranges[i][0] + 1e-9 * fabs(ranges[i][0]));
        assert_true(t.first + (t.n - 1) * t.step >= ranges[i][1] - 1e-9 * fabs(ranges[i][1]));
        assert_true(t.n >= 2 && t.n <= 8);
    }
}

#ifdef HM_HAVE_CAIRO
/* Awkward numbers must not crash a plot, and the curve must leave ink on the picture. */
static void plots_survive_awkward_numbers(void **state)
{
    (void)state;
    hm_context *context = make_context();
    const double x[] = {1, 2, 3, 4, 5}, y[] = {1, NAN, INFINITY, -5, 1e-9}, none[] = {NAN, NAN, NAN, NAN, NAN};
    hm_curve curve = {"a", x, y, 5, NULL}, empty = {"b", x, none, 5, NULL};
    hm_image *image;
    hm_error error;
    size_t n_blue = 0;
    for (int log_y = 0; log_y < 2; log_y++) {
        hm_plot plot = {.title = "t", .x_label = "x", .y_label = "y", .log_y = log_y};
        assert_int_equal(hm_plot_curves(context, &plot, &curve, 1, &image, NULL), HM_OK);
        for (size_t i = 0; i < hm_image_width(image) * hm_image_height(image); i++)
            n_blue += pixel_at(image, i % hm_image_width(image), i / hm_image_width(image)) == 0x0072b2;
        assert_true(n_blue > 20);
        hm_image_destroy(image);
    }
    assert_int_equal(hm_plot_curves(context, &(hm_plot){0}, &empty, 1, &image, &error), HM_ERROR_ARGUMENT);
    const float values[] = {1, NAN, 1, 1};
    assert_int_equal(
        hm_plot_histograms(context, &(hm_plot){0}, &(hm_sample){"s", values, 4}, 1, &image, NULL), HM_OK);
    hm_image_destroy(image);
    const double table[] = {1, 2, NAN, 4};
    assert_int_equal(hm_plot_table(context, &(hm_plot){0}, table, 2, 2, NULL, NULL, &image, NULL), HM_OK);
    hm_image_destroy(image);
    hm_context_destroy(context);
}

/* A legend that does not fit beside the title goes below it, in rows that make the picture higher and leave room for every name. */
static void legends_have_room_for_every_name(void **state)
{
    (void)state;
    static const uint32_t colours[] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7};
    hm_context *context = make_context();
    const double x[] = {1, 2}, y[] = {1, 2};
    hm_curve curves[4];
    size_t height[2];
    for (int is_long = 0; is_long < 2; is_long++) {
        hm_image *image;
        const char *name = is_long ? "a name that is as long as those of folders are now and then" : "a";
        for (int c = 0; c < 4; c++)
            curves[c] = (hm_curve){name, x, y, 2, NULL};
        assert_int_equal(hm_plot_curves(context, &(hm_plot){.title = "t"}, curves, 4, &image, NULL), HM_OK);
        height[is_long] = hm_image_height(image);
        for (int c = 0; c < 4; c++) {
            size_t n = 0; /* of the mark: all curves lie under the last */
            for (size_t i = 0; i < hm_image_width(image) * height[is_long]; i++)
                n += pixel_at(image, i % hm_image_width(image), i / hm_image_width(image)) == colours[c];
            assert_true(n >= 14 * 3);
        }
        hm_image_destroy(image);
    }
    assert_int_equal(height[0], 440);
    assert_int_equal(height[1], 440 + 4 * 20);
    hm_context_destroy(context);
}
#endif

/* ---- Allocations that fail -------------------------------------------------------------------------------- */

static hm_status draw_all(const hm_context *context, const char *path)
{
    float values[12] = {0.5f};
    hm_image *image = NULL;
    hm_movie *movie = NULL;
    hm_status status =
        hm_image_grid(context, hm_matrix_f32(values, 3, 4), 2, 2, &(hm_grid){.title = "t"}, &image, NULL);
    if (status == HM_OK)
        status = hm_movie_open(context, path, &movie, NULL);
    if (status == HM_OK)
        status = hm_movie_add(movie, image, 0.1, NULL);
    if (status == HM_OK) {
        status = hm_movie_close(movie, NULL);
        movie = NULL;
    }
    hm_movie_abandon(movie);
    hm_image_destroy(image);
    return status == HM_ERROR_UNSUPPORTED ? HM_OK : status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    temporary_file(path);
    hm_status status = HM_ERROR_MEMORY;
    long n_tried = 1;
    for (; status == HM_ERROR_MEMORY; n_tried++) {
        counted_memory memory = {.fail_at = (size_t)n_tried};
        hm_context *context;
        hm_context_config config = {.n_threads = 1, .allocator = counted_allocator(&memory)};
        status = hm_context_create(&config, &context, NULL);
        if (status == HM_OK)
            status = draw_all(context, path);
        hm_context_destroy(context);
        assert_int_equal(memory.n_live, 0);
        assert_int_equal(status, memory.n_asked < memory.fail_at ? HM_OK : HM_ERROR_MEMORY);
    }
    assert_int_equal(status, HM_OK);
    assert_true(n_tried > 3);
    unlink(path);
}

/* The loudest cell is black and lies where its time and its row are; the quiet ones are white. */
static void spectrograms_have_time_across_and_frequency_up(void **state)
{
    (void)state;
    hm_context *context;
    hm_image *image;
    const float values[2][3] = {{0, 0, 9}, {0, 0, 0}}; /* loud at first, high up */
    const double hertz[3] = {250, 500, 1000};
    const hm_spectrogram look = {.title = "", .seconds = 0.01, .hertz = hertz};
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    assert_int_equal(hm_image_spectrogram(context, hm_matrix_f32((float *)values, 2, 3), &look, &image, NULL), HM_OK);
    size_t n_black = 0, first = 0;
    const size_t left = 62, top = 38, side = 12;
    for (size_t y = 0; y < 3 * side; y++)
        for (size_t x = 0; x < 2 * side; x++) {
            bool is_black = hm_image_pixels(image)[3 * ((top + y) * hm_image_width(image) + left + x)] == 0;
            first = is_black && n_black == 0 ? y * 100 + x : first;
            n_black += is_black;
        }
    assert_int_equal(n_black, side * side);
    assert_int_equal(first, 0);
    hm_image_destroy(image);
    hm_error error;
    assert_int_equal(hm_image_spectrogram(context, hm_matrix_f32((float *)values, 0, 3), &look, &image, &error), HM_ERROR_ARGUMENT);
    hm_context_destroy(context);
}

#ifdef HM_HAVE_CAIRO
/* One frame of four is loud, and in another one the only phone is certain. */
static void utterances_have_time_across_in_each_panel(void **state)
{
    (void)state;
    hm_context *context;
    hm_image *image, *bare;
    hm_error error;
    const float bands[4][2] = {{0, 0}, {0, 9}, {0, 0}, {0, 0}}, posteriors[4][1] = {{0}, {0}, {1}, {0}};
    const double hertz[2] = {250, 500};
    const char *const names[] = {"A"};
    const hm_span word = {"A VERY LONG WORD", 0.01, 0.02};
    hm_utterance_picture p = {.title = "", .seconds = 0.01, .hertz = hertz, .row_names = names, .words = &word, .n_words = 1};
    p.spectrogram = hm_matrix_f32((float *)bands, 4, 2);
    p.posteriors = hm_matrix_f32((float *)posteriors, 4, 1);
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    assert_int_equal(hm_image_utterance(context, &p, &image, NULL), HM_OK);
    const size_t left = 62, top = 40 + 24, side = 12, band = 5, gap = 8;
    const uint8_t *loud = hm_image_pixels(image) + 3 * ((top + 2) * hm_image_width(image) + left + side + side / 2);
    const uint8_t *sure = hm_image_pixels(image) + 3 * ((top + 2 * band + gap + 6) * hm_image_width(image) + left + 2 * side + side / 2);
    assert_int_equal(loud[0], 0);
    assert_int_equal(loud[3 * side], 255);
    assert_true(sure[0] == 0x1f && sure[1] == 0x4e && sure[2] == 0x8c);
    assert_int_equal(sure[3 * side], 255);
    p.n_words = 0;
    assert_int_equal(hm_image_utterance(context, &p, &bare, NULL), HM_OK);
    assert_int_equal(hm_image_height(bare) + 24, hm_image_height(image));
    hm_image_destroy(bare);
    p.spectrogram.rows = 0;
    assert_int_equal(hm_image_utterance(context, &p, &bare, &error), HM_ERROR_ARGUMENT);
    hm_image_destroy(image);
    hm_context_destroy(context);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grids_place_every_value),
        cmocka_unit_test(signed_grids_have_zero_in_the_middle),
        cmocka_unit_test(coloured_tiles_are_planes),
        cmocka_unit_test(the_terminal_gets_half_blocks),
        cmocka_unit_test(nothing_to_draw_is_an_error),
#ifdef HM_HAVE_PNG
        cmocka_unit_test(png_files_decode_to_what_was_drawn),
#endif
#ifdef HM_HAVE_GIF
        cmocka_unit_test(movies_decode_to_their_frames),
#endif
        cmocka_unit_test(spectrograms_have_time_across_and_frequency_up),
        cmocka_unit_test(ticks_are_round_and_cover_the_range),
#ifdef HM_HAVE_CAIRO
        cmocka_unit_test(plots_survive_awkward_numbers),
        cmocka_unit_test(legends_have_room_for_every_name),
        cmocka_unit_test(utterances_have_time_across_in_each_panel),
#endif
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
