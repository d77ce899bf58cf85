/* How a camera was held, as EXIF notes it. */
#ifndef HM_DATA_EXIF_H
#define HM_DATA_EXIF_H

#include <stddef.h>

/* The orientation, 1 to 8, that an EXIF block says; a block begins with its TIFF header, "II" or "MM". 1, as the pixels lie, for a block
 * that does not say or is damaged. */
unsigned hm_exif_orientation(const unsigned char *block, size_t n);

#endif
