/* Cropping comes before resizing and padding behind it, so that nothing grows larger than the
 * frame. */
#include "data/fitting.h"

#include <string.h>

#include <harmonium/data.h>

#include "base/alloc.h"
#include "base/count.h"
#include "data/resize.h"

/* ---- Sizes ----------------------------------------------------------------------------------- */

/* a * b / c to the nearest, 1 at least; sides have fewer than 2^27 pixels. */
static size_t scaled(size_t a, size_t b, size_t c)
{
    size_t n = (size_t)(((uint64_t)a * b + c / 2) / c);
    return n > 0 ? n : 1;
}

/* The largest window of the frame's shape. */
static void crop(hm_fitting *f)
{
    size_t h = f->window_height, w = f->window_width;
    if ((uint64_t)w * f->height > (uint64_t)h * f->width)
        f->window_width = hm_least(w, scaled(h, f->width, f->height));
    else
        f->window_height = hm_least(h, scaled(w, f->height, f->width));
}

/* The largest copy of the picture that the frame holds. */
static void pad(hm_fitting *f)
{
    size_t h = f->window_height, w = f->window_width;
    if ((uint64_t)w * f->height > (uint64_t)h * f->width)
        f->inner_height = hm_least(f->height, scaled(h, f->width, w));
    else
        f->inner_width = hm_least(f->width, scaled(w, f->height, h));
}

void hm_fitting_shrink(size_t longest, size_t *height, size_t *width)
{
    size_t side = *height > *width ? *height : *width;
    if (longest == 0 || side <= longest)
        return;
    *height = scaled(*height, longest, side);
    *width = scaled(*width, longest, side);
}

/* What of one axis, of n pixels that became n_shrunk, stands in a frame of n_frame, and the window it was made from. */
static void fit_axis(size_t n, size_t n_shrunk, size_t n_frame, size_t *window, size_t *inner)
{
    *inner = hm_least(n_shrunk, n_frame);
    *window = *inner == n_shrunk ? n : scaled(n, *inner, n_shrunk);
}

hm_fitting hm_fitting_of(int fit, bool is_resized, size_t longest, const hm_picture *picture, size_t height,
                         size_t width)
{
    hm_fitting f = {picture->height, picture->width, height, width, height, width};
    if (is_resized && fit == HM_FIT_CROP)
        crop(&f);
    if (is_resized && fit == HM_FIT_PAD)
        pad(&f);
    if (!is_resized) {
        size_t h = picture->height, w = picture->width;
        hm_fitting_shrink(longest, &h, &w);
        fit_axis(picture->height, h, height, &f.window_height, &f.inner_height);
        fit_axis(picture->width, w, width, &f.window_width, &f.inner_width);
    }
    return f;
}

/* ---- Pixels ---------------------------------------------------------------------------------- */

/* The middle height x width of one plane, whose first value is `first`. */
static void cut_window(const hm_picture *picture, size_t first, const hm_fitting *f, float *out)
{
    size_t top = (picture->height - f->window_height) / 2,
           left = (picture->width - f->window_width) / 2;
    for (size_t y = 0; y < f->window_height; y++)
        for (size_t x = 0; x < f->window_width; x++)
            *out++ = hm_picture_value(picture, first + (top + y) * picture->width + left + x);
}

static float border_mean(const float *pixels, size_t height, size_t width)
{
    double sum = 0;
    size_t n = 0;
    for (size_t y = 0; y < height; y++) {
        bool is_edge = y == 0 || y + 1 == height;
        for (size_t x = 0; x < width; x += is_edge || width == 1 ? 1 : width - 1, n++)
            sum += pixels[y * width + x];
    }
    return (float)(sum / (double)n);
}

static void lay_inside(const hm_fitting *f, const float *inner, float rest, float *out)
{
    size_t top = (f->height - f->inner_height) / 2, left = (f->width - f->inner_width) / 2;
    for (size_t i = 0; i < f->height * f->width; i++)
        out[i] = rest;
    for (size_t y = 0; y < f->inner_height; y++)
        memcpy(out + (top + y) * f->width + left, inner + y * f->inner_width,
               f->inner_width * sizeof *out);
}

/* window, inner and scratch are working memory. */
static void fit_plane(const hm_picture *picture, size_t first, const hm_fitting *f, const hm_resize *resize, float *window,
                      float *out)
{
    float *inner = window + f->window_height * f->window_width;
    cut_window(picture, first, f, window);
    float rest = border_mean(window, f->window_height, f->window_width);
    hm_resize_apply(resize, window, inner + f->inner_height * f->inner_width, inner);
    lay_inside(f, inner, rest, out);
}

hm_status hm_picture_fit(const hm_context *context, const hm_picture *picture, const hm_fitting *f,
                         size_t n_channels, float *out, hm_error *error)
{
    const size_t area = picture->height * picture->width;
    hm_resize *resize;
    hm_status status = hm_resize_create(context, f->window_height, f->window_width, f->inner_height,
                                        f->inner_width, &resize, error);
    if (status != HM_OK)
        return status;
    size_t n = f->window_height * f->window_width + f->inner_height * f->inner_width +
               hm_resize_scratch(resize);
    float *work = hm_alloc(context, n, sizeof *work, error);
    for (size_t c = 0; work && c < n_channels; c++)
        fit_plane(picture, picture->n_channels == 3 ? c * area : 0, f, resize, work, out + c * f->height * f->width);
    hm_free(context, work);
    hm_resize_destroy(context, resize);
    return work ? HM_OK : HM_ERROR_MEMORY;
}
