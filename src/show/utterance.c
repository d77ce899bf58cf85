/* An utterance from top to bottom: its words, its phones, the spectrogram, how probable each phone is; time goes across. */
#include <math.h>

#include "base/check.h"
#include "base/fail.h"
#include "base/number.h"
#include "show/canvas.h"

#ifdef HM_HAVE_CAIRO
#include "show/spectrogram.h"

enum {
    LEFT = 62, RIGHT = 20, TOP = 40, BOTTOM = 40, GAP = 8, /* in pixels */
    WIDTH_WANTED = 960, FRAME_LEAST = 4, FRAME_MOST = 12, /* of a frame, so that there is room for the names of phones */
    BAND = 5, ROW = 13, WORDS = 24, PHONES = 18,           /* heights */
    TITLE_SIZE = 15, WORD_SIZE = 13, PHONE_SIZE = 11, TICK_SIZE = 11, NAME_LEAST = 6,
    COLOUR_WORD = 0xdbe7f3, COLOUR_PHONE = 0xf1ece1, COLOUR_MASS = 0x1f4e8c, COLOUR_RULE = 0xe4e7ea, COLOUR_FRAME = 0x8a929b,
};

typedef struct sheet {
    const hm_utterance_picture *p;
    hm_canvas canvas;
    size_t wide;                                           /* a frame */
    double words, phones, spectrogram, posteriors, bottom; /* where each begins */
} sheet;

/* ---- Measures --------------------------------------------------------------------------------- */

static size_t frame_width(size_t n_frames)
{
    size_t wide = WIDTH_WANTED / n_frames;
    return wide < FRAME_LEAST ? FRAME_LEAST : wide > FRAME_MOST ? FRAME_MOST : wide;
}

static void lay_out(sheet *s)
{
    const hm_utterance_picture *p = s->p;
    s->wide = frame_width(p->spectrogram.rows);
    s->words = TOP;
    s->phones = s->words + (p->n_words ? WORDS : 0);
    s->spectrogram = s->phones + (p->n_phones ? PHONES : 0);
    s->posteriors = s->spectrogram + (double)(BAND * p->spectrogram.cols) + GAP;
    s->bottom = s->posteriors + (double)(ROW * p->posteriors.cols);
}

static double x_of(const sheet *s, double seconds)
{
    return LEFT + seconds / s->p->seconds * (double)s->wide;
}

static double x_end(const sheet *s)
{
    return LEFT + (double)(s->wide * s->p->spectrogram.rows);
}

/* ---- Words and phones ------------------------------------------------------------------------- */

/* Smaller letters where a name is wider than its span. */
static double fitting_size(double size, double room, const char *name)
{
    double width = hm_text_width(size, name);
    return width <= room ? size : fmax(NAME_LEAST, size * room / width);
}

static void draw_span(sheet *s, const hm_span *span, double top, double height, double size, uint32_t colour)
{
    double left = x_of(s, span->begin), width = x_of(s, span->end) - left;
    hm_canvas_colour(&s->canvas, colour, 1);
    cairo_rectangle(s->canvas.pen, left + 0.5, top + 0.5, width - 1, height - 3);
    cairo_fill_preserve(s->canvas.pen);
    hm_canvas_colour(&s->canvas, COLOUR_FRAME, 1);
    cairo_stroke(s->canvas.pen);
    hm_canvas_colour(&s->canvas, HM_COLOUR_INK, 1);
    hm_canvas_text(&s->canvas, left + width / 2, top + height / 2 - 1, fitting_size(size, width - 4, span->name), 0.5, span->name);
}

static void draw_spans(sheet *s)
{
    const hm_utterance_picture *p = s->p;
    for (size_t i = 0; i < p->n_words; i++)
        draw_span(s, &p->words[i], s->words, WORDS, WORD_SIZE, COLOUR_WORD);
    for (size_t i = 0; i < p->n_phones; i++)
        draw_span(s, &p->phones[i], s->phones, PHONES, PHONE_SIZE, COLOUR_PHONE);
}

static void draw_edge(sheet *s, double seconds)
{
    const double dashes[] = {3, 3};
    double x = floor(x_of(s, seconds)) + 0.5;
    hm_canvas_colour(&s->canvas, 0xc0392b, 0.55);
    cairo_set_dash(s->canvas.pen, dashes, 2, 0);
    cairo_move_to(s->canvas.pen, x, s->spectrogram);
    cairo_line_to(s->canvas.pen, x, s->bottom);
    cairo_stroke(s->canvas.pen);
    cairo_set_dash(s->canvas.pen, NULL, 0, 0);
}

/* Where words begin and end, down to the last row. */
static void draw_edges(sheet *s)
{
    const hm_utterance_picture *p = s->p;
    for (size_t i = 0; i < p->n_words; i++) {
        draw_edge(s, p->words[i].begin);
        if (i + 1 == p->n_words || p->words[i + 1].begin > p->words[i].end)
            draw_edge(s, p->words[i].end);
    }
}

/* ---- Frames ----------------------------------------------------------------------------------- */

static void draw_cell(sheet *s, size_t t, double top, double height, uint32_t colour, double opacity)
{
    hm_canvas_colour(&s->canvas, colour, opacity);
    cairo_rectangle(s->canvas.pen, LEFT + (double)(t * s->wide), top, (double)s->wide, height);
    cairo_fill(s->canvas.pen);
}

static void draw_spectrogram(sheet *s, hm_range range)
{
    const hm_matrix *v = &s->p->spectrogram;
    for (size_t t = 0; t < v->rows; t++)
        for (size_t i = 0; i < v->cols; i++)
            draw_cell(s, t, s->spectrogram + (double)(BAND * (v->cols - 1 - i)), BAND, hm_grey_of(hm_lightness(range, hm_row_f32(v, t)[i])), 1);
}

static void draw_posteriors(sheet *s)
{
    const hm_matrix *v = &s->p->posteriors;
    for (size_t i = 0; i < v->cols; i++) {
        double top = s->posteriors + (double)(ROW * i);
        hm_canvas_colour(&s->canvas, COLOUR_RULE, 1);
        cairo_rectangle(s->canvas.pen, LEFT, top + ROW - 1, x_end(s) - LEFT, 1);
        cairo_fill(s->canvas.pen);
        for (size_t t = 0; t < v->rows; t++)
            draw_cell(s, t, top, ROW - 1, COLOUR_MASS, hm_row_f32(v, t)[i]);
        hm_canvas_colour(&s->canvas, HM_COLOUR_INK, 1);
        hm_canvas_text(&s->canvas, LEFT - 8, top + ROW / 2.0, TICK_SIZE, 1, s->p->row_names[i]);
    }
}

/* ---- Axes ------------------------------------------------------------------------------------- */

static void draw_tick(sheet *s, double x, double y, double width, double height)
{
    hm_canvas_colour(&s->canvas, HM_COLOUR_INK, 1);
    cairo_rectangle(s->canvas.pen, floor(x), floor(y), width, height);
    cairo_fill(s->canvas.pen);
}

static void draw_times(sheet *s)
{
    double seconds = (double)s->p->spectrogram.rows * s->p->seconds;
    hm_ticks ticks = hm_ticks_choose(0, seconds, 8);
    for (int i = 0; i < ticks.n && i * ticks.step <= seconds; i++) {
        char text[32];
        double x = x_of(s, i * ticks.step);
        hm_print(text, sizeof text, "%.6g s", i * ticks.step);
        draw_tick(s, x, s->bottom, 1, 4);
        hm_canvas_text(&s->canvas, x, s->bottom + 16, TICK_SIZE, 0.5, text);
    }
}

static void draw_frequencies(sheet *s)
{
    const hm_utterance_picture *p = s->p;
    const size_t n = p->spectrogram.cols;
    char text[32];
    for (double hertz = 250; hertz <= p->hertz[n - 1]; hertz *= 2) {
        double y = s->spectrogram + BAND * ((double)(n - hm_nearest_hertz(p->hertz, n, hertz)) - 0.5);
        hm_print(text, sizeof text, "%g Hz", hertz);
        draw_tick(s, LEFT - 4, y, 4, 1);
        hm_canvas_text(&s->canvas, LEFT - 8, y, TICK_SIZE, 1, text);
    }
}

/* ---- All of it -------------------------------------------------------------------------------- */

static void draw(sheet *s, hm_range range)
{
    cairo_set_line_width(s->canvas.pen, 1);
    hm_canvas_colour(&s->canvas, HM_COLOUR_INK, 1);
    hm_canvas_text(&s->canvas, LEFT, TOP / 2.0, TITLE_SIZE, 0, s->p->title);
    draw_spectrogram(s, range);
    draw_posteriors(s);
    draw_edges(s);
    draw_spans(s);
    draw_times(s);
    draw_frequencies(s);
}

hm_status hm_image_utterance(const hm_context *context, const hm_utterance_picture *picture, hm_image **image, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, picture));
    sheet s = {.p = picture};
    hm_range range;
    if (picture->spectrogram.rows == 0 || picture->spectrogram.cols == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "there is nothing to draw: %zu frames of %zu values", picture->spectrogram.rows,
                       picture->spectrogram.cols);
    hm_status status = hm_range_of(context, picture->spectrogram, &range, error);
    if (status != HM_OK)
        return status;
    lay_out(&s);
    double across = fmax(x_end(&s), LEFT + hm_text_width(TITLE_SIZE, picture->title));
    hm_canvas_begin(&s.canvas, (size_t)across + RIGHT, (size_t)s.bottom + BOTTOM);
    draw(&s, range);
    return hm_canvas_finish(&s.canvas, context, image, error);
}
#else
hm_status hm_image_utterance(const hm_context *context, const hm_utterance_picture *picture, hm_image **image, hm_error *error)
{
    (void)context, (void)picture;
    *image = NULL;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "this build draws no words; install libcairo2-dev and build again");
}
#endif
