/* The mean power spectrum of a set of pictures, in bins of frequency. */
#ifndef HM_DATA_SPECTRUM_H
#define HM_DATA_SPECTRUM_H

#include <stdbool.h>
#include <stddef.h>

#include <harmonium/status.h>

/* Nine octaves of frequency down from the highest: the lowest of pictures of 360 pixels. What lies below is in the last bin. */
enum { HM_SPECTRUM_BINS = 72 };

/* The power of an orthonormal transform, so that white noise has its variance in every bin, whatever the size of pictures. */
typedef struct hm_spectrum {
    float noise;                   /* Q: half the mean power */
    float power[HM_SPECTRUM_BINS]; /* S, from the highest frequency down */
} hm_spectrum;

/* Over coefficients; zeros to begin with. */
typedef struct hm_spectrum_sums {
    double power[HM_SPECTRUM_BINS], n[HM_SPECTRUM_BINS];
} hm_spectrum_sums;

/* Counts one coefficient of f > 0 cycles a pixel. */
void hm_spectrum_count(hm_spectrum_sums *sums, float f, double power);
void hm_spectrum_add(hm_spectrum_sums *sums, const hm_spectrum_sums *more);

/* False when there is no power, or more than floats hold. */
bool hm_spectrum_average(const hm_spectrum_sums *sums, hm_spectrum *spectrum);

/* R(f) = sqrt(S) / (S + Q) for f cycles a pixel, and 0 for f = 0. */
float hm_spectrum_gain(const hm_spectrum *spectrum, float f);

/* The table as the value of an option; HM_TEXT_MAX holds it. Parsing refuses with HM_ERROR_ARGUMENT. */
void hm_spectrum_print(const hm_spectrum *spectrum, char *text, size_t size);
hm_status hm_spectrum_parse(const char *text, hm_spectrum *spectrum, hm_error *error);

#endif
