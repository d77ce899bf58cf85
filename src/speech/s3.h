/* The head of Sphinx's binary files: lines of text "s3", "key value" ..., "endhdr", then the number 0x11223344 in the byte
 * order of what follows. */
#ifndef HM_SPEECH_S3_H
#define HM_SPEECH_S3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/status.h>

enum { HM_S3_MAGIC = 0x11223344 };

typedef struct hm_s3 {
    const char *path; /* for messages */
    const unsigned char *at, *end; /* what has not been read yet */
    bool is_swapped;               /* least significant byte last */
} hm_s3;

/* Reads the head of bytes[n]. HM_ERROR_FORMAT when it is none. */
hm_status hm_s3_open(const char *path, const unsigned char *bytes, size_t n, hm_s3 *s3, hm_error *error);

static inline size_t hm_s3_left(const hm_s3 *s3)
{
    return (size_t)(s3->end - s3->at);
}

/* The next number; the caller has asked hm_s3_left. */
uint32_t hm_s3_u32(hm_s3 *s3);
uint16_t hm_s3_u16(hm_s3 *s3);
float hm_s3_f32(hm_s3 *s3);

#endif
