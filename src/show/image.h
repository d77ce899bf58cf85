/* The inside of an image, for the show room. */
#ifndef HM_SHOW_IMAGE_H
#define HM_SHOW_IMAGE_H

#include <harmonium/show.h>

struct hm_image {
    const hm_context *context;
    size_t width, height;
    uint8_t pixels[]; /* [height][width][3] */
};

/* The colours of all pictures. */
enum {
    HM_COLOUR_PAPER = 0xffffff,
    HM_COLOUR_GUTTER = 0x9aa3ad,
    HM_COLOUR_NAN = 0xd62728, /* a value that is no number */
    HM_COLOUR_INK = 0x222222,
};

/* Sets one pixel to 0xRRGGBB. */
void hm_image_set(hm_image *image, size_t x, size_t y, uint32_t colour);

/* Writes values[height][width] as a grey PNG of 8 bits, as hm_image_save_png does. */
hm_status hm_png_save_grey(const uint8_t *values, size_t width, size_t height, const char *path, hm_error *error);

/* Fills a rectangle that lies inside the image. */
void hm_image_fill(hm_image *image, size_t x, size_t y, size_t width, size_t height, uint32_t colour);

/* Grey of a value where 0 is black and 1 white, clamped; NaN is red. */
uint32_t hm_grey_of(float value);

/* Draws text with cairo, its left end at x and its middle line at y; without cairo nothing is drawn. */
void hm_image_text(hm_image *image, double x, double y, double size, const char *text);

/* The width that the text takes; 0 without cairo. */
double hm_text_width(double size, const char *text);

#endif
