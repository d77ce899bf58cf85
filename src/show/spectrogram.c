/* A spectrogram: time across, frequency upwards, dark where it is loud. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/number.h"
#include "show/canvas.h"
#include "show/spectrogram.h"

enum {
    LEFT = 62, RIGHT = 16, TOP = 38, BOTTOM = 42, /* around the panel, in pixels */
    WIDTH_WANTED = 760, HEIGHT_WANTED = 320, CELL_MAX = 12,
    TITLE_SIZE = 15, TICK_SIZE = 11, TICK = 4,
};

typedef struct sheet {
    const hm_spectrogram *s;
    hm_matrix values;
    size_t wide, high; /* a cell, in pixels */
    hm_range range;
} sheet;

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

hm_status hm_range_of(const hm_context *context, hm_matrix values, hm_range *range, hm_error *error)
{
    const hm_matrix *v = &values;
    size_t n = v->rows * v->cols;
    float *sorted = hm_alloc(context, n, sizeof *sorted, error);
    if (!sorted)
        return HM_ERROR_MEMORY;
    for (size_t t = 0; t < v->rows; t++)
        for (size_t i = 0; i < v->cols; i++)
            sorted[t * v->cols + i] = hm_row_f32(v, t)[i];
    qsort(sorted, n, sizeof *sorted, compare_floats);
    *range = (hm_range){sorted[n / 4], sorted[n - 1]};
    hm_free(context, sorted);
    return HM_OK;
}

float hm_lightness(hm_range range, float value)
{
    return (range.dark - value) / (range.dark > range.light ? range.dark - range.light : 1);
}

static size_t cell(size_t wanted, size_t n)
{
    size_t size = wanted / n;
    return size < 1 ? 1 : size > CELL_MAX ? CELL_MAX : size;
}

static void draw_cells(hm_image *image, const sheet *p)
{
    const hm_matrix *v = &p->values;
    for (size_t t = 0; t < v->rows; t++)
        for (size_t i = 0; i < v->cols; i++)
            hm_image_fill(image, LEFT + t * p->wide, TOP + (v->cols - 1 - i) * p->high, p->wide, p->high,
                          hm_grey_of(hm_lightness(p->range, hm_row_f32(v, t)[i])));
}

static void draw_times(hm_image *image, const sheet *p)
{
    size_t bottom = TOP + p->values.cols * p->high;
    double seconds = (double)p->values.rows * p->s->seconds;
    hm_ticks ticks = hm_ticks_choose(0, seconds, 6);
    for (int i = 0; i < ticks.n && i * ticks.step <= seconds; i++) {
        char text[32];
        double x = LEFT + i * ticks.step / p->s->seconds * (double)p->wide;
        hm_print(text, sizeof text, "%.6g s", i * ticks.step);
        hm_image_fill(image, (size_t)x, bottom, 1, TICK, HM_COLOUR_INK);
        hm_image_text(image, x - hm_text_width(TICK_SIZE, text) / 2, (double)bottom + 16, TICK_SIZE, text);
    }
}

size_t hm_nearest_hertz(const double *hertz, size_t n, double wanted)
{
    size_t nearest = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(hertz[i] - wanted) < fabs(hertz[nearest] - wanted))
            nearest = i;
    return nearest;
}

static void draw_tick(hm_image *image, const sheet *p, size_t row, const char *text)
{
    double y = TOP + ((double)(p->values.cols - row) - 0.5) * (double)p->high;
    hm_image_fill(image, LEFT - TICK, (size_t)y, TICK, 1, HM_COLOUR_INK);
    hm_image_text(image, LEFT - TICK - 4 - hm_text_width(TICK_SIZE, text), y, TICK_SIZE, text);
}

/* Octaves of frequency, or every fifth row where rows are no frequencies. */
static void draw_frequencies(hm_image *image, const sheet *p)
{
    const hm_spectrogram *s = p->s;
    const size_t n = p->values.cols;
    char text[32];
    for (double hertz = 250; s->hertz && hertz <= s->hertz[n - 1]; hertz *= 2) {
        hm_print(text, sizeof text, "%g Hz", hertz);
        draw_tick(image, p, hm_nearest_hertz(s->hertz, n, hertz), text);
    }
    for (size_t i = 0; !s->hertz && i < n; i += 5) {
        snprintf(text, sizeof text, "%zu", i);
        draw_tick(image, p, i, text);
    }
}

hm_status hm_image_spectrogram(const hm_context *context, hm_matrix values, const hm_spectrogram *spectrogram, hm_image **image,
                               hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, spectrogram));
    HM_REQUIRE(hm_check_matrix("values", values, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    if (values.rows == 0 || values.cols == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "there is nothing to draw: %zu frames of %zu values", values.rows, values.cols);
    sheet p = {.s = spectrogram, .values = values, .wide = cell(WIDTH_WANTED, values.rows), .high = cell(HEIGHT_WANTED, values.cols)};
    size_t across = values.rows * p.wide, least = (size_t)hm_text_width(TITLE_SIZE, spectrogram->title);
    hm_status status = hm_range_of(context, values, &p.range, error);
    if (status == HM_OK)
        status = hm_image_create(context, LEFT + (across > least ? across : least) + RIGHT, TOP + values.cols * p.high + BOTTOM,
                                 HM_COLOUR_PAPER, image, error);
    if (status != HM_OK)
        return status;
    hm_image_text(*image, LEFT, TOP / 2.0, TITLE_SIZE, spectrogram->title);
    draw_cells(*image, &p);
    draw_times(*image, &p);
    draw_frequencies(*image, &p);
    return HM_OK;
}
