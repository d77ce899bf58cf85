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
    unsigned char *pixels; /* [n_channels][height][width] values of 8 bits, or of 16 (uint16_t), dark to light; from hm_alloc */
    bool is_deep;          /* they are of 16 bits */
    bool is_coloured;      /* some pixel of the file is not grey, whatever n_channels is */
    unsigned orientation;  /* 1 .. 8, as EXIF says how the decoded rows and columns lie; 1 once they lie as viewers show them */
} hm_picture;

/* Value i of a picture, 0 dark .. 255 light; those of 16 bits lie between whole numbers, in steps of 1/257. */
static inline float hm_picture_value(const hm_picture *picture, size_t i)
{
    return picture->is_deep ? (float)((const uint16_t *)(const void *)picture->pixels)[i] / 257 : (float)picture->pixels[i];
}

/* Decodes a source that stands at its first byte, any kind of PNG or JPEG. It is turned and mirrored as its EXIF says, so that it lies as
 * viewers show it. A PNG of 16 bits keeps them. What is transparent shows white paper; gamma and colour profiles are not heeded.
 *
 * n_channels is 1, 3 or 0. 0: a picture whose every pixel is grey has one channel, however the file holds it, and any other three. 3: a
 * grey picture has three equal ones. 1: every picture has one, by the weights of ITU-R BT.601 (0.299 red, 0.587 green, 0.114 blue).
 *
 * A picture that takes more than `memory` bytes or has more than 64 million pixels is refused before it is decoded. The caller frees
 * picture->pixels. HM_ERROR_UNSUPPORTED without libpng or libjpeg. */
hm_status hm_picture_read(hm_source *source, uint64_t memory, size_t n_channels, hm_picture *picture, hm_error *error);

/* A PNG as labels are written: picture->pixels[height][width][n_channels] as the file has them, turned as its EXIF says. Of a palette
 * the indices (n_channels is 1, and the palette says the colours), of grey the values, not scaled (these may be of 16 bits), else red,
 * green and blue of 8 bits; a further channel is opacity. HM_ERROR_FORMAT for what is no PNG; else as hm_picture_read. */
typedef struct hm_palette {
    size_t n;             /* 0: the picture has none */
    uint32_t colour[256]; /* [n], 0xRRGGBB */
} hm_palette;

hm_status hm_picture_read_labels(hm_source *source, uint64_t memory, hm_picture *picture, hm_palette *palette, hm_error *error);

/* ---- For the decoders --------------------------------------------------------------------------
 */

bool hm_is_png(const unsigned char *head, size_t n);
bool hm_is_jpeg(const unsigned char *head, size_t n);

/* Decode to n_channels of 1 to 4, of which the last is opacity if they are even, pixel by pixel, as the file has them:
 * pixels[height][width][n_channels], and the orientation. On failure picture->pixels is null. */
hm_status hm_png_decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error);
hm_status hm_jpeg_decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error);

/* As hm_picture_read_labels, but for the turn. */
hm_status hm_png_decode_labels(hm_source *source, uint64_t memory, hm_picture *picture, hm_palette *palette, hm_error *error);

/* What the sizes in a header allow; most_pixels: what a file so long can hold. */
hm_status hm_picture_check_size(const hm_source *source, uint64_t memory, size_t height,
                                size_t width, uint64_t most_pixels, hm_error *error);

#endif
