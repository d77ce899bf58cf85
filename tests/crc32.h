/* The checksum of PNG chunks and gzip members, bit by bit: shared by writers of test files and by the fuzz target that
 * mends the checksums of its inputs. */
#ifndef HM_TESTS_CRC32_H
#define HM_TESTS_CRC32_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t crc32_of(const unsigned char *bytes, size_t n)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

#endif
