/* Reading Sphinx's binary files number by number. */
#include "speech/s3.h"

#include <string.h>

#include "base/fail.h"

uint32_t hm_s3_u32(hm_s3 *s3)
{
    const unsigned char *b = s3->at;
    s3->at += 4;
    return s3->is_swapped ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
                          : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

uint16_t hm_s3_u16(hm_s3 *s3)
{
    const unsigned char *b = s3->at;
    s3->at += 2;
    return (uint16_t)(s3->is_swapped ? b[0] << 8 | b[1] : b[1] << 8 | b[0]);
}

float hm_s3_f32(hm_s3 *s3)
{
    uint32_t bits = hm_s3_u32(s3);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Behind the line "endhdr", or null. */
static const unsigned char *skip_head(const unsigned char *bytes, const unsigned char *end)
{
    static const char last[] = "endhdr";
    for (const unsigned char *line = bytes; line < end;) {
        const unsigned char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            return NULL;
        while (*line == ' ') /* padding, so that numbers are aligned */
            line++;
        if ((size_t)(stop - line) == sizeof last - 1 && memcmp(line, last, sizeof last - 1) == 0)
            return stop + 1;
        line = stop + 1;
    }
    return NULL;
}

hm_status hm_s3_open(const char *path, const unsigned char *bytes, size_t n, hm_s3 *s3, hm_error *error)
{
    *s3 = (hm_s3){.path = path, .end = bytes + n};
    s3->at = n > 3 && memcmp(bytes, "s3\n", 3) == 0 ? skip_head(bytes, s3->end) : NULL;
    if (!s3->at || hm_s3_left(s3) < 4)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: has no head from \"s3\" to \"endhdr\", as Sphinx's binary files have", path);
    uint32_t magic = hm_s3_u32(s3);
    s3->is_swapped = magic == 0x44332211;
    if (magic != HM_S3_MAGIC && !s3->is_swapped)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: 0x%08x stands where 0x11223344 tells the byte order; the file is damaged", path, (unsigned)magic);
    return HM_OK;
}
