/* Text on images, drawn by cairo. */
#include <math.h>

#include "show/image.h"

#ifdef HM_HAVE_CAIRO
#include <cairo.h>

static void set_font(cairo_t *cairo, double size)
{
    cairo_select_font_face(cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, size);
}

double hm_text_width(double size, const char *text)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cairo = cairo_create(surface);
    cairo_text_extents_t extents;
    set_font(cairo, size);
    cairo_text_extents(cairo, text, &extents);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return extents.x_advance;
}

/* The text is drawn as coverage on a strip of its own, which then darkens the pixels under it. */
void hm_image_text(hm_image *image, double x, double y, double size, const char *text)
{
    int width = (int)ceil(hm_text_width(size, text)) + 4, height = (int)ceil(2 * size);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
    cairo_t *cairo = cairo_create(surface);
    set_font(cairo, size);
    cairo_move_to(cairo, 2, height / 2.0 + 0.36 * size);
    cairo_show_text(cairo, text);
    cairo_surface_flush(surface);
    const unsigned char *cover = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    long left = lround(x) - 2, top = lround(y - height / 2.0);
    for (long row = 0; cover && row < height; row++) {
        for (long column = 0; column < width; column++) {
            long px = left + column, py = top + row;
            if (px < 0 || py < 0 || px >= (long)image->width || py >= (long)image->height)
                continue;
            uint8_t *pixel = image->pixels + 3 * ((size_t)py * image->width + (size_t)px);
            int opacity = cover[row * stride + column];
            for (int c = 0; c < 3; c++)
                pixel[c] = (uint8_t)((pixel[c] * (255 - opacity) + (HM_COLOUR_INK & 0xff) * opacity) / 255);
        }
    }
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
}
#else
double hm_text_width(double size, const char *text)
{
    (void)size;
    (void)text;
    return 0;
}

void hm_image_text(hm_image *image, double x, double y, double size, const char *text)
{
    (void)image;
    (void)x;
    (void)y;
    (void)size;
    (void)text;
}
#endif
