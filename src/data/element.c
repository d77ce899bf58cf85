/* Element types. Numbers are put together from their bytes, so the machine's own byte order does
 * not matter; compilers turn this into one load. */
#include "data/element.h"

#include <stdint.h>
#include <string.h>

static inline uint16_t load_2_little(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint16_t load_2_big(const unsigned char *p)
{
    return (uint16_t)(p[1] | p[0] << 8);
}

static inline uint32_t load_4_little(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint32_t load_4_big(const unsigned char *p)
{
    return p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
}

static inline uint64_t load_8_little(const unsigned char *p)
{
    return load_4_little(p) | (uint64_t)load_4_little(p + 4) << 32;
}

static inline uint64_t load_8_big(const unsigned char *p)
{
    return load_4_big(p + 4) | (uint64_t)load_4_big(p) << 32;
}

/* One conversion for each type and byte order: `bits` are loaded and seen as a `type`, for which
 * memcpy is the defined way. */
#define DEFINE_CONVERSION(name, type, bits_type, load)                                             \
    static void name(const unsigned char *bytes, size_t n, float *out)                             \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            bits_type bits = load(bytes + i * sizeof(type));                                       \
            type value;                                                                            \
            memcpy(&value, &bits, sizeof value);                                                   \
            out[i] = (float)value;                                                                 \
        }                                                                                          \
    }

DEFINE_CONVERSION(convert_i2_little, int16_t, uint16_t, load_2_little)
DEFINE_CONVERSION(convert_i2_big, int16_t, uint16_t, load_2_big)
DEFINE_CONVERSION(convert_u2_little, uint16_t, uint16_t, load_2_little)
DEFINE_CONVERSION(convert_u2_big, uint16_t, uint16_t, load_2_big)
DEFINE_CONVERSION(convert_i4_little, int32_t, uint32_t, load_4_little)
DEFINE_CONVERSION(convert_i4_big, int32_t, uint32_t, load_4_big)
DEFINE_CONVERSION(convert_u4_little, uint32_t, uint32_t, load_4_little)
DEFINE_CONVERSION(convert_u4_big, uint32_t, uint32_t, load_4_big)
DEFINE_CONVERSION(convert_i8_little, int64_t, uint64_t, load_8_little)
DEFINE_CONVERSION(convert_i8_big, int64_t, uint64_t, load_8_big)
DEFINE_CONVERSION(convert_f4_little, float, uint32_t, load_4_little)
DEFINE_CONVERSION(convert_f4_big, float, uint32_t, load_4_big)
DEFINE_CONVERSION(convert_f8_little, double, uint64_t, load_8_little)
DEFINE_CONVERSION(convert_f8_big, double, uint64_t, load_8_big)

/* Half precision: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. Shifted into the places of
 * a float, the exponent is too small by 127 - 15, which a product with 2^112 mends, also for numbers
 * below the normal range; infinities and NaN keep an exponent of ones. */
static inline float float_of_half(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, size = (uint32_t)(half & 0x7fff) << 13;
    uint32_t bits;
    float value;
    memcpy(&value, &size, sizeof value);
    value *= 0x1p112f;
    memcpy(&bits, &value, sizeof bits);
    bits = (half & 0x7c00) == 0x7c00 ? size | 0x7f800000 : bits;
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void convert_f2_little(const unsigned char *bytes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = float_of_half(load_2_little(bytes + 2 * i));
}

static void convert_f2_big(const unsigned char *bytes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = float_of_half(load_2_big(bytes + 2 * i));
}

static void convert_u1(const unsigned char *bytes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)bytes[i];
}

static void convert_i1(const unsigned char *bytes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(signed char)bytes[i];
}

/* Anything but 0 is true. */
static void convert_b1(const unsigned char *bytes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = bytes[i] ? 1.0f : 0.0f;
}

static void convert_native(const unsigned char *bytes, size_t n, float *out)
{
    memcpy(out, bytes, n * sizeof *out);
}

const hm_element hm_elements[] = {
    [HM_ELEMENT_F32] = {"", 0x00, sizeof(float), true, 1.0f, convert_native},
    [HM_ELEMENT_U8] = {"|u1", 0x08, 1, false, 1.0f / 255.0f, convert_u1},
    {"|b1", 0x00, 1, false, 1.0f, convert_b1},
    {"|i1", 0x09, 1, false, 1.0f, convert_i1},
    {"<i2", 0x00, 2, false, 1.0f, convert_i2_little},
    {">i2", 0x0B, 2, false, 1.0f, convert_i2_big},
    {"<u2", 0x00, 2, false, 1.0f, convert_u2_little},
    {">u2", 0x00, 2, false, 1.0f, convert_u2_big},
    {"<i4", 0x00, 4, false, 1.0f, convert_i4_little},
    {">i4", 0x0C, 4, false, 1.0f, convert_i4_big},
    {"<u4", 0x00, 4, false, 1.0f, convert_u4_little},
    {">u4", 0x00, 4, false, 1.0f, convert_u4_big},
    {"<i8", 0x00, 8, false, 1.0f, convert_i8_little},
    {">i8", 0x00, 8, false, 1.0f, convert_i8_big},
    {"<f2", 0x00, 2, true, 1.0f, convert_f2_little},
    {">f2", 0x00, 2, true, 1.0f, convert_f2_big},
    {"<f4", 0x00, 4, true, 1.0f, convert_f4_little},
    {">f4", 0x0D, 4, true, 1.0f, convert_f4_big},
    {"<f8", 0x00, 8, true, 1.0f, convert_f8_little},
    {">f8", 0x0E, 8, true, 1.0f, convert_f8_big},
};

enum { N_ELEMENTS = sizeof hm_elements / sizeof *hm_elements };

/* Single bytes have no order: "|u1", "<u1" and ">u1" are one type. */
const hm_element *hm_element_of_npy(const char *text, size_t n)
{
    for (size_t i = HM_ELEMENT_U8; n == 3 && i < N_ELEMENTS; i++) {
        const char *name = hm_elements[i].npy;
        if (memcmp(name + 1, text + 1, 2) == 0 && (name[0] == '|' || name[0] == text[0]))
            return &hm_elements[i];
    }
    return NULL;
}

const hm_element *hm_element_of_idx(int code)
{
    for (size_t i = 0; code != 0 && i < N_ELEMENTS; i++)
        if (hm_elements[i].idx == code)
            return &hm_elements[i];
    return NULL;
}
