/* The one entry of EXIF that changes what a picture shows. A block is a TIFF file without pixels: the byte order, 42, where the first
 * directory lies; a directory is the number of its entries, each of 12 bytes: tag, type, count, value. Nothing is believed: every offset
 * is compared with the length of the block. */
#include "data/exif.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { TAG_ORIENTATION = 274, TYPE_SHORT = 3, ENTRY = 12, UPRIGHT = 1, ORIENTATIONS = 8 };

typedef struct block {
    const unsigned char *bytes;
    size_t n;
    bool is_big; /* the most significant byte comes first */
} block;

/* A number of `size` bytes, 0 where the block has ended. */
static uint32_t number_at(const block *b, size_t at, size_t size)
{
    uint32_t value = 0;
    if (at > b->n || b->n - at < size)
        return 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | b->bytes[at + (b->is_big ? i : size - 1 - i)];
    return value;
}

unsigned hm_exif_orientation(const unsigned char *bytes, size_t n)
{
    const block b = {bytes, n, n > 0 && bytes[0] == 'M'};
    if (n < 8 || (memcmp(bytes, "II*\0", 4) != 0 && memcmp(bytes, "MM\0*", 4) != 0))
        return UPRIGHT;
    size_t directory = number_at(&b, 4, 4), n_entries = number_at(&b, directory, 2);
    for (size_t i = 0, at = directory + 2; i < n_entries && at < n; i++, at += ENTRY) {
        if (number_at(&b, at, 2) != TAG_ORIENTATION)
            continue;
        uint32_t value = number_at(&b, at + 8, 2);
        bool is_good = number_at(&b, at + 2, 2) == TYPE_SHORT && number_at(&b, at + 4, 4) == 1;
        return is_good && value >= UPRIGHT && value <= ORIENTATIONS ? value : UPRIGHT;
    }
    return UPRIGHT;
}
