/* Files of known formats that are not read, so that messages can say what was given and what to do. */
#ifndef HM_DATA_STRANGERS_H
#define HM_DATA_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>

/* So many bytes of a file say what it is. */
enum { HM_HEAD_MAX = 512 };

typedef struct hm_stranger {
    const char *looks_like; /* "a GIF picture" */
    const char *remedy;     /* "turn it into PNG" */
} hm_stranger;

/* What a file that begins with head[n] looks like, or null. */
const hm_stranger *hm_stranger_find(const unsigned char *head, size_t n);

/* Likewise, but only pictures that are text, and would pass for a table. */
const hm_stranger *hm_stranger_of_text(const unsigned char *head, size_t n);

#endif
