/* One picture file, PNG or JPEG, as planes of pixels. */
#ifndef HM_DATA_PICTURE_H
#define HM_DATA_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/source.h"

/* A sheet of all 60,000 digits of MNIST has 47 million. */
#define HM_PIXELS_MAX ((uint64_t)1 << 26)

typedef struct hm_picture {
    size_t height, width;
    size_t n_channels;     /* 1: grey, 3: red, green, blue */
    unsigned char *pixels; /* [n_channels][height][width], 0 dark .. 255 light; from hm_alloc */
} hm_picture;

/* Decodes a source that stands at its first byte, any kind of PNG or JPEG. 16 bits become 8, and
 * what is transparent shows white paper. A picture whose every pixel is grey has one channel,
 * however the file holds it; with `grey` every picture has, by the weights of ITU-R BT.601 (0.299
 * red, 0.587 green, 0.114 blue). A picture that takes more than `memory` bytes or has more than 64
 * million pixels is refused before it is decoded. A turn by EXIF is not made. The caller frees
 * picture->pixels. HM_ERROR_UNSUPPORTED without libpng or libjpeg. */
hm_status hm_picture_read(hm_source *source, uint64_t memory, bool grey, hm_picture *picture,
                          hm_error *error);

/* ---- For the decoders --------------------------------------------------------------------------
 */

bool hm_is_png(const unsigned char *head, size_t n);
bool hm_is_jpeg(const unsigned char *head, size_t n);

/* Decode to n_channels of 1 to 4, of which the last is opacity if they are even, pixel by pixel:
 * pixels[height] [width][n_channels]. On failure picture->pixels is null. */
hm_status hm_png_decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error);
hm_status hm_jpeg_decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error);

/* A PNG of a palette or of grey, at most 8 bits, as numbers: one channel of indices or grey values as
 * the file has them. HM_ERROR_FORMAT for other kinds; else as hm_png_decode. */
hm_status hm_png_decode_indices(hm_source *source, uint64_t memory, hm_picture *picture,
                                hm_error *error);

/* What the sizes in a header allow; most_pixels: what a file so long can hold. */
hm_status hm_picture_check_size(const hm_source *source, uint64_t memory, size_t height,
                                size_t width, uint64_t most_pixels, hm_error *error);

#endif
