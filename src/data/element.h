/* Element types: how one number lies in a file, and how a run of them becomes floats. */
#ifndef HM_DATA_ELEMENT_H
#define HM_DATA_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hm_element {
    const char *npy; /* the type string of NPY: byte order, kind, bytes */
    int idx;         /* the type code of IDX; 0 where IDX has no such type */
    size_t size;
    bool is_real; /* can hold a NaN, an infinity, or more than a float can */
    float scale;  /* what `scale = 0` stands for: pixels become 0..1 */
    void (*to_f32)(const unsigned char *bytes, size_t n, float *out);
} hm_element;

/* The table. Its first rows are the two types that are also made here: floats as this machine has
 * them, which no file holds, and bytes. */
enum { HM_ELEMENT_F32, HM_ELEMENT_U8 };
extern const hm_element hm_elements[];

/* The type that NPY calls text[0 .. n-1], or null. */
const hm_element *hm_element_of_npy(const char *text, size_t n);

/* The type of an IDX type code, or null. */
const hm_element *hm_element_of_idx(int code);

#endif
