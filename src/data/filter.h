/* What is done to whole pictures once, when a set is opened: whitening, then local contrast. */
#ifndef HM_DATA_FILTER_H
#define HM_DATA_FILTER_H

#include "data/spectrum.h"
#include "data/view.h"

typedef struct hm_filter {
    int whiten;     /* HM_WHITEN_.. */
    float contrast; /* the root mean square that pictures get; 0: none */
    const hm_spectrum *spectrum; /* of HM_WHITEN_SPECTRUM */
} hm_filter;

/* Makes the storage floats in memory (at most `memory` bytes) and filters what of each picture is no padding, plane by plane;
 * padding becomes 0. Its `scale` is applied first and then 1. HM_ERROR_UNSUPPORTED for whitening without FFTW. */
hm_status hm_storage_filter(hm_storage *storage, const hm_filter *filter, uint64_t memory, hm_error *error);

/* Makes the storage floats likewise and measures the mean spectrum of the cases of a view, in the units that filtering sees.
 * HM_ERROR_NUMERIC when they are flat. */
hm_status hm_storage_measure(hm_storage *storage, const hm_view *view, uint64_t memory, hm_spectrum *spectrum, hm_error *error);

/* ---- Whitening -------------------------------------------------------------------------------- */

typedef struct hm_whitener hm_whitener;

/* For planes of at most n pixels; one thread at a time. By a spectrum, which is not copied, or, null, by frequency. */
hm_status hm_whitener_create(const hm_context *context, const hm_spectrum *spectrum, size_t n, hm_whitener **whitener,
                             hm_error *error);
void hm_whitener_destroy(hm_whitener *whitener); /* null is allowed */

/* Whitens plane[height][width] in place, whose mean becomes 0. False when there is no memory. */
bool hm_whitener_apply(hm_whitener *whitener, size_t height, size_t width, float *plane);

/* Counts the power of plane[height][width] in its sums, but that of its mean. Likewise. */
bool hm_whitener_measure(hm_whitener *whitener, size_t height, size_t width, const float *plane, hm_spectrum_sums *sums);

/* ---- Contrast --------------------------------------------------------------------------------- */

/* Floats of working memory for a plane of n pixels. */
#define HM_CONTRAST_SCRATCH(n) (3 * (n))

/* Makes the local contrast of plane[height][width] even, in place. */
void hm_contrast_normalise(size_t height, size_t width, float *plane, float *scratch);

/* Scales values[n] to a root mean square of `wanted`; all 0 they stay 0. */
void hm_contrast_scale(float *values, size_t n, float wanted);

#endif
