/* One PNG file as grey pixels. */
#ifndef HM_DATA_PICTURE_H
#define HM_DATA_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "data/source.h"

typedef struct hm_picture {
    size_t height, width;
    unsigned char *grey; /* [height][width], 0 black .. 255 white; from hm_alloc */
} hm_picture;

/* Decodes a source that stands at its first byte, any kind of PNG: colours become grey by the
 * weights of ITU-R BT.601 (0.299 red, 0.587 green, 0.114 blue), 16 bits become 8, and what is
 * transparent shows white paper. A picture that takes more than `memory` bytes or has more than 64
 * million pixels is refused before it is decoded. The caller frees picture->grey.
 * HM_ERROR_UNSUPPORTED without libpng. */
hm_status hm_picture_read(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error);

#endif
