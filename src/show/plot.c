/* Curves, histograms and tables. */
#include <math.h>

#include "base/check.h"
#include "base/fail.h"
#include "show/canvas.h"

#ifdef HM_HAVE_CAIRO
#include "base/alloc.h"
#include "base/number.h"

enum { WIDTH = 720, HEIGHT = 440, LEFT = 84, RIGHT = 24, TOP = 48, BOTTOM = 56, TITLE_SIZE = 16 };
enum { LEGEND_SIZE = 12, LEGEND_ROW = 20, LEGEND_MARK = 34 };

/* Okabe and Ito's palette, which people who confuse red and green can tell apart. */
static const uint32_t colours[] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x5d5d5d, 0x8b0000, 0xb8b800, 0x4b0082};
enum { N_COLOURS = sizeof colours / sizeof *colours };

static void begin(hm_canvas *canvas, const hm_plot *plot)
{
    hm_canvas_begin(canvas, plot->width ? plot->width : WIDTH, plot->height ? plot->height : HEIGHT);
    hm_canvas_colour(canvas, HM_COLOUR_INK, 1);
    if (plot->title)
        hm_canvas_text(canvas, LEFT, TOP / 2.0, TITLE_SIZE, 0, plot->title);
}

/* ---- Curves ------------------------------------------------------------------------------------------- */

static bool is_drawable(const hm_axis *axis, double value)
{
    return isfinite(value) && (!axis->is_log || value > 0);
}

static void extend(hm_axis *axis, double value)
{
    if (!is_drawable(axis, value))
        return;
    double at = axis->is_log ? log10(value) : value;
    axis->low = fmin(axis->low, at);
    axis->high = fmax(axis->high, at);
}

static void find_range(hm_panel *panel, const hm_curve *curves, size_t n_curves)
{
    for (size_t c = 0; c < n_curves; c++)
        for (size_t i = 0; i < curves[c].n; i++) {
            double bar = curves[c].y_error ? curves[c].y_error[i] : 0;
            extend(&panel->x, curves[c].x[i]);
            extend(&panel->y, curves[c].y[i] - bar);
            extend(&panel->y, curves[c].y[i] + bar);
        }
}

static void draw_error_bar(hm_canvas *canvas, const hm_panel *panel, double x, double low, double high)
{
    double px = hm_panel_x(panel, x), y0 = hm_panel_y(panel, low), y1 = hm_panel_y(panel, high);
    cairo_move_to(canvas->pen, px, y0);
    cairo_line_to(canvas->pen, px, y1);
    cairo_move_to(canvas->pen, px - 4, y0);
    cairo_line_to(canvas->pen, px + 4, y0);
    cairo_move_to(canvas->pen, px - 4, y1);
    cairo_line_to(canvas->pen, px + 4, y1);
    cairo_stroke(canvas->pen);
}

/* Points are marked where there are few enough to tell them apart. */
static void draw_curve(hm_canvas *canvas, const hm_panel *panel, const hm_curve *curve)
{
    bool is_down = false;
    cairo_set_line_width(canvas->pen, 2);
    for (size_t i = 0; i < curve->n; i++) {
        bool drawable = is_drawable(&panel->x, curve->x[i]) && is_drawable(&panel->y, curve->y[i]);
        if (drawable && is_down)
            cairo_line_to(canvas->pen, hm_panel_x(panel, curve->x[i]), hm_panel_y(panel, curve->y[i]));
        else if (drawable)
            cairo_move_to(canvas->pen, hm_panel_x(panel, curve->x[i]), hm_panel_y(panel, curve->y[i]));
        is_down = drawable;
    }
    cairo_stroke(canvas->pen);
    for (size_t i = 0; i < curve->n && curve->n <= 30; i++) {
        if (!is_drawable(&panel->x, curve->x[i]) || !is_drawable(&panel->y, curve->y[i]))
            continue;
        cairo_arc(canvas->pen, hm_panel_x(panel, curve->x[i]), hm_panel_y(panel, curve->y[i]), 3, 0, 6.2832);
        cairo_fill(canvas->pen);
        if (curve->y_error && is_drawable(&panel->y, curve->y[i] - curve->y_error[i]))
            draw_error_bar(canvas, panel, curve->x[i], curve->y[i] - curve->y_error[i],
                           curve->y[i] + curve->y_error[i]);
    }
}

static void draw_points(hm_canvas *canvas, const hm_panel *panel, const hm_curve *curve)
{
    for (size_t i = 0; i < curve->n; i++) {
        if (!is_drawable(&panel->x, curve->x[i]) || !is_drawable(&panel->y, curve->y[i]))
            continue;
        cairo_arc(canvas->pen, hm_panel_x(panel, curve->x[i]), hm_panel_y(panel, curve->y[i]), 1.6, 0, 6.2832);
        cairo_fill(canvas->pen);
    }
}

static double legend_width(const hm_curve *curve)
{
    return hm_text_width(LEGEND_SIZE, curve->name) + LEGEND_MARK;
}

/* The name of curve c, right of its mark. */
static void draw_entry(hm_canvas *canvas, const hm_curve *curves, size_t c, double x, double y)
{
    hm_canvas_colour(canvas, HM_COLOUR_INK, 1);
    hm_canvas_text(canvas, x, y, LEGEND_SIZE, 0, curves[c].name);
    hm_canvas_colour(canvas, colours[c % N_COLOURS], 1);
    cairo_rectangle(canvas->pen, x - 20, y - 2, 14, 4);
    cairo_fill(canvas->pen);
}

/* In the line of the title, from the right. */
static void draw_legend_beside(hm_canvas *canvas, const hm_curve *curves, size_t n_curves)
{
    double x = canvas->width - RIGHT;
    for (size_t c = n_curves; c-- > 0;) {
        draw_entry(canvas, curves, c, x - hm_text_width(LEGEND_SIZE, curves[c].name), TOP / 2.0);
        x -= legend_width(&curves[c]);
    }
}

/* In rows below the title, which are counted; canvas null: counted only. */
static size_t draw_legend_rows(hm_canvas *canvas, double width, const hm_curve *curves, size_t n_curves)
{
    double x = LEFT;
    size_t row = 0;
    for (size_t c = 0; c < n_curves; c++) {
        if (x > LEFT && x + legend_width(&curves[c]) > width - RIGHT) {
            x = LEFT;
            row++;
        }
        if (canvas)
            draw_entry(canvas, curves, c, x + 20, TOP + (double)row * LEGEND_ROW);
        x += legend_width(&curves[c]);
    }
    return row + 1;
}

/* Rows that the legend needs where it does not fit beside the title. */
static size_t count_legend_rows(const hm_plot *plot, const hm_curve *curves, size_t n_curves)
{
    double width = plot->width ? (double)plot->width : WIDTH, taken = LEFT + RIGHT;
    for (size_t c = 0; c < n_curves; c++)
        taken += legend_width(&curves[c]);
    if (plot->title)
        taken += hm_text_width(TITLE_SIZE, plot->title);
    return n_curves < 2 || taken <= width ? 0 : draw_legend_rows(NULL, width, curves, n_curves);
}

/* Of n things that are drawn. */
static hm_status check_plot(const hm_plot *plot, size_t n, hm_error *error)
{
    enum { SIDE_MAX = 16384 };
    HM_REQUIRE(hm_check_number("width", (double)plot->width, 0, SIDE_MAX, error));
    HM_REQUIRE(hm_check_number("height", (double)plot->height, 0, SIDE_MAX, error));
    return hm_check_number("what is drawn", (double)n, 1, 1e6, error);
}

hm_status hm_plot_curves(const hm_context *context, const hm_plot *plot, const hm_curve *curves, size_t n_curves,
                         hm_image **image, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, plot, curves));
    HM_REQUIRE(check_plot(plot, n_curves, error));
    for (size_t k = 0; k < n_curves; k++)
        HM_REQUIRE(curves[k].n ? HM_GIVEN(error, curves[k].x, curves[k].y) : HM_OK);
    hm_canvas canvas;
    hm_plot extended = *plot;
    size_t n_rows = count_legend_rows(plot, curves, n_curves);
    hm_panel panel = {.x = {INFINITY, -INFINITY, plot->log_x}, .y = {INFINITY, -INFINITY, plot->log_y}};
    find_range(&panel, curves, n_curves);
    if (!(panel.x.low <= panel.x.high) || !(panel.y.low <= panel.y.high))
        return hm_fail(error, HM_ERROR_ARGUMENT, "\"%s\": there is no finite point to draw",
                       plot->title ? plot->title : "plot");
    extended.height = (plot->height ? plot->height : HEIGHT) + n_rows * LEGEND_ROW;
    begin(&canvas, &extended);
    panel.left = LEFT;
    panel.top = TOP + (double)(n_rows * LEGEND_ROW);
    panel.width = canvas.width - LEFT - RIGHT;
    panel.height = canvas.height - panel.top - BOTTOM;
    hm_panel_draw(&panel, &canvas, plot->x_label, plot->y_label);
    for (size_t c = 0; c < n_curves; c++) {
        hm_canvas_colour(&canvas, colours[c % N_COLOURS], plot->is_scatter ? 0.7 : 1);
        (plot->is_scatter ? draw_points : draw_curve)(&canvas, &panel, &curves[c]);
    }
    if (n_rows)
        draw_legend_rows(&canvas, canvas.width, curves, n_curves);
    else if (n_curves > 1)
        draw_legend_beside(&canvas, curves, n_curves);
    return hm_canvas_finish(&canvas, context, image, error);
}

/* ---- Histograms --------------------------------------------------------------------------------------- */

enum { N_BINS = 40 };

static void count(const hm_sample *sample, double bins[N_BINS], double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < sample->n; i++)
        if (isfinite(sample->values[i])) {
            *low = fmin(*low, sample->values[i]);
            *high = fmax(*high, sample->values[i]);
        }
    if (!(*high > *low)) {
        double middle = isfinite(*low) ? *low : 0;
        *low = middle - 0.5;
        *high = middle + 0.5;
    }
    for (size_t i = 0; i < sample->n; i++) {
        double at = (sample->values[i] - *low) / (*high - *low) * N_BINS;
        if (isfinite(at))
            bins[at < N_BINS - 1 ? (int)at : N_BINS - 1]++;
    }
}

static void draw_histogram(hm_canvas *canvas, hm_panel *panel, const hm_sample *sample)
{
    double bins[N_BINS] = {0}, low, high, most = 1;
    count(sample, bins, &low, &high);
    for (int i = 0; i < N_BINS; i++)
        most = fmax(most, bins[i]);
    panel->x = (hm_axis){low, high, false};
    panel->y = (hm_axis){0, most, false};
    hm_panel_draw(panel, canvas, sample->name, NULL);
    hm_canvas_colour(canvas, colours[0], 0.85);
    for (int i = 0; i < N_BINS; i++) {
        double x0 = hm_panel_x(panel, low + (high - low) * i / N_BINS);
        double x1 = hm_panel_x(panel, low + (high - low) * (i + 1) / N_BINS), y = hm_panel_y(panel, bins[i]);
        cairo_rectangle(canvas->pen, x0, y, x1 - x0 - 0.5, panel->top + panel->height - y);
        cairo_fill(canvas->pen);
    }
}

hm_status hm_plot_histograms(const hm_context *context, const hm_plot *plot, const hm_sample *samples,
                             size_t n_samples, hm_image **image, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, plot, samples));
    HM_REQUIRE(check_plot(plot, n_samples, error));
    for (size_t k = 0; k < n_samples; k++)
        HM_REQUIRE(samples[k].n ? HM_GIVEN(error, samples[k].values) : HM_OK);
    hm_canvas canvas;
    if (n_samples == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "there is nothing to draw: no samples");
    begin(&canvas, plot);
    double share = (canvas.width - RIGHT) / (double)n_samples;
    for (size_t i = 0; i < n_samples; i++) {
        hm_panel panel = {.left = (double)i * share + LEFT * 0.75, .top = TOP, .width = share - LEFT * 0.75,
                          .height = canvas.height - TOP - BOTTOM};
        draw_histogram(&canvas, &panel, &samples[i]);
    }
    return hm_canvas_finish(&canvas, context, image, error);
}

/* ---- Tables ------------------------------------------------------------------------------------------- */

static double largest(const double *values, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = isfinite(values[i]) ? fmax(most, fabs(values[i])) : most;
    return most > 0 ? most : 1;
}

/* The square root of the share shades a cell, so that rare confusions are seen beside the many right answers. */
static void draw_cell(hm_canvas *canvas, double x, double y, double width, double height, double value, double most)
{
    char text[32];
    double shade = isfinite(value) ? sqrt(fabs(value) / most) : 0;
    hm_canvas_colour(canvas, isfinite(value) ? colours[0] : HM_COLOUR_NAN, isfinite(value) ? shade : 1);
    cairo_rectangle(canvas->pen, x, y, width - 1, height - 1);
    cairo_fill(canvas->pen);
    hm_canvas_colour(canvas, shade > 0.55 ? HM_COLOUR_PAPER : HM_COLOUR_INK, 1);
    hm_print(text, sizeof text, "%.5g", value);
    if (value != 0) /* a table of counts has many, which would hide the rest */
        hm_canvas_text(canvas, x + width / 2, y + height / 2, 12, 0.5, text);
}

hm_status hm_plot_table(const hm_context *context, const hm_plot *plot, const double *values, size_t rows,
                        size_t cols, const char *const *row_names, const char *const *col_names, hm_image **image,
                        hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, plot, values));
    HM_REQUIRE(check_plot(plot, rows * (cols > 0), error));
    hm_canvas canvas;
    if (rows == 0 || cols == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "there is nothing to draw: a table of %zu x %zu", rows, cols);
    begin(&canvas, plot);
    double top = TOP + 20, width = (canvas.width - LEFT - RIGHT) / (double)cols;
    double height = (canvas.height - top - RIGHT) / (double)rows, most = largest(values, rows * cols);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            draw_cell(&canvas, LEFT + (double)c * width, top + (double)r * height, width, height,
                      values[r * cols + c], most);
    hm_canvas_colour(&canvas, HM_COLOUR_INK, 1);
    for (size_t r = 0; row_names && r < rows; r++)
        hm_canvas_text(&canvas, LEFT - 8, top + ((double)r + 0.5) * height, 12, 1, row_names[r]);
    for (size_t c = 0; col_names && c < cols; c++)
        hm_canvas_text(&canvas, LEFT + ((double)c + 0.5) * width, top - 12, 12, 0.5, col_names[c]);
    if (plot->y_label)
        hm_canvas_text_upright(&canvas, 20, top + (double)rows * height / 2, 13, plot->y_label);
    return hm_canvas_finish(&canvas, context, image, error);
}
#else
static hm_status fail_plot(hm_image **image, hm_error *error)
{
    *image = NULL;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "this build draws no plots; install libcairo2-dev and build again");
}

hm_status hm_plot_curves(const hm_context *context, const hm_plot *plot, const hm_curve *curves, size_t n_curves,
                         hm_image **image, hm_error *error)
{
    (void)context, (void)plot, (void)curves, (void)n_curves;
    return fail_plot(image, error);
}

hm_status hm_plot_histograms(const hm_context *context, const hm_plot *plot, const hm_sample *samples,
                             size_t n_samples, hm_image **image, hm_error *error)
{
    (void)context, (void)plot, (void)samples, (void)n_samples;
    return fail_plot(image, error);
}

hm_status hm_plot_table(const hm_context *context, const hm_plot *plot, const double *values, size_t rows,
                        size_t cols, const char *const *row_names, const char *const *col_names, hm_image **image,
                        hm_error *error)
{
    (void)context, (void)plot, (void)values, (void)rows, (void)cols, (void)row_names, (void)col_names;
    return fail_plot(image, error);
}
#endif
