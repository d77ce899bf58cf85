/* bfloat16: the upper half of a float. */
#ifndef HM_BASE_BF16_H
#define HM_BASE_BF16_H

#include <stdint.h>
#include <string.h>

/* Rounded to the nearest, of equal ones to the even. */
static inline uint16_t hm_bf16_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
