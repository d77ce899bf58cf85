/* A cairo drawing that becomes an image. */
#ifndef HM_SHOW_CANVAS_H
#define HM_SHOW_CANVAS_H

#include "show/image.h"

#ifdef HM_HAVE_CAIRO
#include <cairo.h>

/* A white surface with its pen; the caller ends with hm_canvas_finish, whatever happened. */
typedef struct hm_canvas {
    cairo_surface_t *surface;
    cairo_t *pen;
    double width, height;
} hm_canvas;

void hm_canvas_begin(hm_canvas *canvas, size_t width, size_t height);

/* Copies the drawing into a fresh image and frees the canvas. */
hm_status hm_canvas_finish(hm_canvas *canvas, const hm_context *context, hm_image **image, hm_error *error);

void hm_canvas_colour(hm_canvas *canvas, uint32_t colour, double opacity);
/* align: 0 the text begins at x, 0.5 is centred there, 1 ends there; y is its middle line. */
void hm_canvas_text(hm_canvas *canvas, double x, double y, double size, double align, const char *text);
void hm_canvas_text_upright(hm_canvas *canvas, double x, double y, double size, const char *text);
#endif

/* Round numbers 1, 2, 5 x 10^n that cover [low, high] in about n_wanted steps: the first at or below low. */
typedef struct hm_ticks {
    double first, step;
    int n;
} hm_ticks;

hm_ticks hm_ticks_choose(double low, double high, int n_wanted);

/* Axes around a panel: where data of [x.low, x.high] x [y.low, y.high] lands. */
typedef struct hm_axis {
    double low, high;
    bool is_log; /* low and high are then logarithms to base 10 */
} hm_axis;

typedef struct hm_panel {
    double left, top, width, height;
    hm_axis x, y;
} hm_panel;

double hm_panel_x(const hm_panel *panel, double x);
double hm_panel_y(const hm_panel *panel, double y);
#ifdef HM_HAVE_CAIRO
/* Widens the axes to round numbers and draws grid, ticks and labels; a null label is left out. */
void hm_panel_draw(hm_panel *panel, hm_canvas *canvas, const char *x_label, const char *y_label);
#endif

#endif
