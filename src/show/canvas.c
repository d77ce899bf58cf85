/* A cairo drawing that becomes an image. */
#include "show/canvas.h"

#ifdef HM_HAVE_CAIRO
#include "base/fail.h"

void hm_canvas_begin(hm_canvas *canvas, size_t width, size_t height)
{
    canvas->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    canvas->pen = cairo_create(canvas->surface);
    canvas->width = (double)width;
    canvas->height = (double)height;
    cairo_set_source_rgb(canvas->pen, 1, 1, 1);
    cairo_paint(canvas->pen);
    cairo_select_font_face(canvas->pen, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
}

static void copy_pixels(const hm_canvas *canvas, hm_image *image)
{
    const unsigned char *data = cairo_image_surface_get_data(canvas->surface);
    int stride = cairo_image_surface_get_stride(canvas->surface);
    for (size_t y = 0; y < image->height; y++) {
        const uint32_t *row = (const uint32_t *)(const void *)(data + y * (size_t)stride);
        for (size_t x = 0; x < image->width; x++)
            hm_image_set(image, x, y, row[x] & 0xffffff);
    }
}

hm_status hm_canvas_finish(hm_canvas *canvas, const hm_context *context, hm_image **image, hm_error *error)
{
    hm_status status = HM_OK;
    *image = NULL;
    cairo_surface_flush(canvas->surface);
    if (cairo_status(canvas->pen) != CAIRO_STATUS_SUCCESS)
        status = hm_fail(error, HM_ERROR_MEMORY, "cairo could not draw: %s",
                         cairo_status_to_string(cairo_status(canvas->pen)));
    if (status == HM_OK)
        status = hm_image_create(context, (size_t)canvas->width, (size_t)canvas->height, HM_COLOUR_PAPER, image,
                                 error);
    if (status == HM_OK)
        copy_pixels(canvas, *image);
    cairo_destroy(canvas->pen);
    cairo_surface_destroy(canvas->surface);
    return status;
}

void hm_canvas_colour(hm_canvas *canvas, uint32_t colour, double opacity)
{
    cairo_set_source_rgba(canvas->pen, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0,
                          (colour & 255) / 255.0, opacity);
}

void hm_canvas_text(hm_canvas *canvas, double x, double y, double size, double align, const char *text)
{
    cairo_text_extents_t extents;
    cairo_set_font_size(canvas->pen, size);
    cairo_text_extents(canvas->pen, text, &extents);
    cairo_move_to(canvas->pen, x - align * extents.x_advance, y + 0.36 * size);
    cairo_show_text(canvas->pen, text);
}

void hm_canvas_text_upright(hm_canvas *canvas, double x, double y, double size, const char *text)
{
    cairo_save(canvas->pen);
    cairo_translate(canvas->pen, x, y);
    cairo_rotate(canvas->pen, -1.5707963267948966);
    hm_canvas_text(canvas, 0, 0, size, 0.5, text);
    cairo_restore(canvas->pen);
}
#endif
