/* PNG files: as one picture, resized, and as a contact sheet.
 *
 * Every chunk ends with a checksum that a mutated input would hardly ever get right, and libpng
 * would refuse nearly all of them at once; so the checksums are corrected before the file is
 * opened. */
#include "fuzz_data.h"

#include "../tests/crc32.h"

static uint32_t big_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* A chunk is its length, its type, that many bytes, and the checksum of type and bytes. */
static void correct_checksums(uint8_t *bytes, size_t n)
{
    for (size_t at = 8; at < n && n - at >= 12;) {
        size_t length = big_at(bytes + at);
        if (length > n - at - 12)
            return;
        uint32_t crc = crc32_of(bytes + at + 4, 4 + length);
        for (int i = 0; i < 4; i++)
            bytes[at + 8 + length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
        at += 12 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < 8 || memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) != 0)
        return 0;
    uint8_t *copy = malloc(n);
    memcpy(copy, bytes, n);
    correct_checksums(copy, n);
    const char *path = fuzz_file(copy, n);
    free(copy);
    if (fuzz_open(path, NULL, 0) != HM_OK)
        return 0;
    fuzz_open(path, (const char *[]){"resize", "3x5", NULL}, 0);
    fuzz_open(path, (const char *[]){"tile", "2", "binarise", "threshold", NULL}, 0);
    return 0;
}
