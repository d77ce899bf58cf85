/* Ticks at round numbers, and the axes of a panel. */
#include <math.h>

#include "show/canvas.h"

#include "base/number.h"

hm_ticks hm_ticks_choose(double low, double high, int n_wanted)
{
    if (!(high > low)) { /* a single value gets a little room */
        double room = low != 0 ? fabs(low) * 0.1 : 1;
        low -= room;
        high += room;
    }
    double raw = (high - low) / n_wanted, power = pow(10, floor(log10(raw))), rest = raw / power;
    double step = power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
    double first = floor(low / step + 1e-9) * step;
    return (hm_ticks){first, step, (int)(ceil((high - first) / step - 1e-9) + 1)};
}

static double share(const hm_axis *axis, double value)
{
    double at = axis->is_log ? log10(value) : value;
    return (at - axis->low) / (axis->high - axis->low);
}

double hm_panel_x(const hm_panel *panel, double x)
{
    return panel->left + panel->width * share(&panel->x, x);
}

double hm_panel_y(const hm_panel *panel, double y)
{
    return panel->top + panel->height * (1 - share(&panel->y, y));
}

#ifdef HM_HAVE_CAIRO
enum { TICK_SIZE = 11, LABEL_SIZE = 13 };

static hm_ticks widen(hm_axis *axis, int n_wanted)
{
    hm_ticks ticks = hm_ticks_choose(axis->low, axis->high, n_wanted);
    if (axis->is_log) {
        ticks = (hm_ticks){floor(axis->low), 1, 0};
        ticks.n = (int)(ceil(axis->high) - ticks.first) + 1;
        ticks.n += ticks.n < 2;
    }
    axis->low = ticks.first;
    axis->high = ticks.first + (ticks.n - 1) * ticks.step;
    return ticks;
}

static void print_tick(char text[32], const hm_axis *axis, const hm_ticks *ticks, int i)
{
    double value = ticks->first + i * ticks->step;
    if (fabs(value) < 1e-9 * ticks->step)
        value = 0;
    if (axis->is_log)
        hm_print(text, 32, "%g", pow(10, value));
    else
        hm_print(text, 32, "%.6g", value);
}

static void draw_line(hm_canvas *canvas, double x0, double y0, double x1, double y1)
{
    cairo_move_to(canvas->pen, floor(x0) + 0.5, floor(y0) + 0.5);
    cairo_line_to(canvas->pen, floor(x1) + 0.5, floor(y1) + 0.5);
    cairo_stroke(canvas->pen);
}

static void draw_ticks(hm_panel *p, hm_canvas *canvas, bool is_x, const hm_ticks *ticks)
{
    const hm_axis *axis = is_x ? &p->x : &p->y;
    for (int i = 0; i < ticks->n; i++) {
        char text[32];
        double along = (double)i / (ticks->n - 1);
        double x = p->left + along * p->width, y = p->top + (1 - along) * p->height;
        print_tick(text, axis, ticks, i);
        hm_canvas_colour(canvas, 0xdde1e6, 1);
        if (is_x)
            draw_line(canvas, x, p->top, x, p->top + p->height);
        else
            draw_line(canvas, p->left, y, p->left + p->width, y);
        hm_canvas_colour(canvas, HM_COLOUR_INK, 1);
        if (is_x)
            hm_canvas_text(canvas, x, p->top + p->height + 12, TICK_SIZE, 0.5, text);
        else
            hm_canvas_text(canvas, p->left - 6, y, TICK_SIZE, 1, text);
    }
}

void hm_panel_draw(hm_panel *p, hm_canvas *canvas, const char *x_label, const char *y_label)
{
    int n_x = p->width > 400 ? 8 : 4;
    hm_ticks x = widen(&p->x, n_x), y = widen(&p->y, 5);
    cairo_set_line_width(canvas->pen, 1);
    draw_ticks(p, canvas, true, &x);
    draw_ticks(p, canvas, false, &y);
    hm_canvas_colour(canvas, 0x8a929b, 1);
    draw_line(canvas, p->left, p->top + p->height, p->left + p->width, p->top + p->height);
    hm_canvas_colour(canvas, HM_COLOUR_INK, 1);
    if (x_label)
        hm_canvas_text(canvas, p->left + p->width / 2, p->top + p->height + 32, LABEL_SIZE, 0.5, x_label);
    if (y_label)
        hm_canvas_text_upright(canvas, p->left - 56, p->top + p->height / 2, LABEL_SIZE, y_label);
}
#endif
