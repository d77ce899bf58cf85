/* Whitening pictures: by the spectrum of their set (spectrum.c), or by frequency alone. B. A. Olshausen and D. J. Field, Sparse
 * coding with an overcomplete basis set, Vision Research 37 (1997): amplitudes of natural pictures fall as 1/f, so
 *
 *     R(f) = f exp(-(f / f0)^4)
 *
 * makes them even, up to f0 = 0.4 cycles a pixel (of 0.5 that a picture can hold), above which is noise and aliasing.
 *
 * The cosine transform is the Fourier transform of the picture and its mirror images beside it, so there is no seam
 * where they meet, and as R is even and real the product is the same. Coefficient k of n has k / (2 n) cycles a pixel.
 * R(0) = 0: the mean of the picture becomes 0. */
#include "data/filter.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/planner.h"

#ifdef HM_HAVE_FFTW

#include <fftw3.h>
#include <math.h>
#include <string.h>

struct hm_whitener {
    const hm_context *context;
    const hm_spectrum *spectrum; /* null: R(f) above */
    size_t height, width; /* that the plans are for */
    fftwf_plan forward, back;
    float *work; /* what they were made for: plans depend on its alignment */
};

static void destroy_plans(hm_whitener *w)
{
    hm_planner_lock();
    if (w->forward)
        fftwf_destroy_plan(w->forward);
    if (w->back)
        fftwf_destroy_plan(w->back);
    hm_planner_unlock();
    w->forward = w->back = NULL;
}

/* Estimated plans, since measured ones differ from run to run, and with them the last bits. */
static bool make_plans(hm_whitener *w, size_t height, size_t width)
{
    if (w->forward && w->back && w->height == height && w->width == width)
        return true;
    destroy_plans(w);
    hm_planner_lock();
    w->forward = fftwf_plan_r2r_2d((int)height, (int)width, w->work, w->work, FFTW_REDFT10, FFTW_REDFT10, FFTW_ESTIMATE);
    w->back = fftwf_plan_r2r_2d((int)height, (int)width, w->work, w->work, FFTW_REDFT01, FFTW_REDFT01, FFTW_ESTIMATE);
    hm_planner_unlock();
    w->height = height;
    w->width = width;
    return w->forward && w->back;
}

hm_status hm_whitener_create(const hm_context *context, const hm_spectrum *spectrum, size_t n, hm_whitener **out, hm_error *error)
{
    hm_whitener *w = hm_alloc(context, 1, sizeof *w, error);
    *out = NULL;
    if (!w)
        return HM_ERROR_MEMORY;
    w->context = context;
    w->spectrum = spectrum;
    w->work = hm_alloc(context, n, sizeof *w->work, error);
    if (!w->work) {
        hm_free(context, w);
        return HM_ERROR_MEMORY;
    }
    *out = w;
    return HM_OK;
}

void hm_whitener_destroy(hm_whitener *w)
{
    if (!w)
        return;
    destroy_plans(w);
    hm_free(w->context, w->work);
    hm_free(w->context, w);
}

static float response(float f)
{
    const float f0 = 0.4f;
    float r = f / f0, r2 = r * r;
    return f * expf(-r2 * r2);
}

/* Of coefficient k down and l across. */
static float frequency(const hm_whitener *w, size_t k, size_t l)
{
    float down = (float)k / (2 * (float)w->height), across = (float)l / (2 * (float)w->width);
    return sqrtf(down * down + across * across);
}

/* The transform forth and back multiplies by 4 height width. */
static void respond(const hm_whitener *w)
{
    const float whole = 4 * (float)w->height * (float)w->width;
    for (size_t k = 0; k < w->height; k++)
        for (size_t l = 0; l < w->width; l++) {
            float f = frequency(w, k, l);
            w->work[k * w->width + l] *= (w->spectrum ? hm_spectrum_gain(w->spectrum, f) : response(f)) / whole;
        }
}

bool hm_whitener_apply(hm_whitener *w, size_t height, size_t width, float *plane)
{
    const size_t n_bytes = height * width * sizeof *plane;
    if (!make_plans(w, height, width))
        return false;
    memcpy(w->work, plane, n_bytes);
    fftwf_execute(w->forward);
    respond(w);
    fftwf_execute(w->back);
    memcpy(plane, w->work, n_bytes);
    return true;
}

/* What all pixels share is in f = 0 alone, so the first may be taken off: a flat picture then has no power at all. The transform
 * multiplies power by 4 height width against an orthonormal one, and twice that for each of k and l that is 0. */
bool hm_whitener_measure(hm_whitener *w, size_t height, size_t width, const float *plane, hm_spectrum_sums *sums)
{
    const double whole = 4 * (double)height * (double)width;
    if (!make_plans(w, height, width))
        return false;
    for (size_t i = 0; i < height * width; i++)
        w->work[i] = plane[i] - plane[0];
    fftwf_execute(w->forward);
    for (size_t k = 0; k < height; k++)
        for (size_t l = k == 0; l < width; l++) {
            double y = (double)w->work[k * width + l];
            hm_spectrum_count(sums, frequency(w, k, l), y * y / (whole * (k ? 1 : 2) * (l ? 1 : 2)));
        }
    return true;
}

#else

hm_status hm_whitener_create(const hm_context *context, const hm_spectrum *spectrum, size_t n, hm_whitener **out, hm_error *error)
{
    (void)context, (void)spectrum, (void)n;
    *out = NULL;
    return hm_fail(error, HM_ERROR_UNSUPPORTED,
                   "whiten: this build lacks FFTW; install libfftw3-dev and build again, or leave `whiten` out");
}

void hm_whitener_destroy(hm_whitener *w)
{
    (void)w;
}

bool hm_whitener_apply(hm_whitener *w, size_t height, size_t width, float *plane)
{
    (void)w, (void)height, (void)width, (void)plane;
    return false;
}

bool hm_whitener_measure(hm_whitener *w, size_t height, size_t width, const float *plane, hm_spectrum_sums *sums)
{
    (void)w, (void)height, (void)width, (void)plane, (void)sums;
    return false;
}

#endif
