/* Playing sound at another speed: band-limited interpolation. With c = min(1, 1 / speed), below which nothing folds back,
 *
 *     y_i = sum_k x_k c h(c (i speed - k))         h(u) = sinc(u) cos^2(pi u / (2 U)), |u| < U
 *
 * a sinc under a Hann window of U = 16 crossings to each side, from a table between whose places straight lines are laid. */
#include "speech/sound.h"

#include <math.h>

#include "base/alloc.h"

/* Straight lines over 1/512 of a crossing leave errors of (pi / 512)^2 / 8, 5e-6 of the sound. */
enum { CROSSINGS = 16, PLACES = 512, TABLE = CROSSINGS * PLACES + 2 };

static void fill_kernel(float *h)
{
    const double pi = acos(-1.0);
    h[0] = 1;
    for (size_t i = 1; i < TABLE; i++) {
        double u = (double)i / PLACES, hann = cos(pi * u / (2 * CROSSINGS));
        h[i] = u < CROSSINGS ? (float)(sin(pi * u) / (pi * u) * hann * hann) : 0;
    }
}

static float kernel_at(const float *h, double u)
{
    double place = fabs(u) * PLACES;
    size_t i = (size_t)place;
    float rest = (float)(place - (double)i);
    return i + 1 < TABLE ? h[i] + rest * (h[i + 1] - h[i]) : 0;
}

static float interpolate(const float *h, const hm_sound *x, double at, double c)
{
    double reach = CROSSINGS / c, sum = 0;
    size_t first = at > reach ? (size_t)ceil(at - reach) : 0, last = (size_t)(at + reach);
    for (size_t k = first; k <= last && k < x->n; k++)
        sum += (double)(x->samples[k] * kernel_at(h, c * (at - (double)k)));
    return (float)(c * sum);
}

hm_status hm_sound_play(const hm_context *context, hm_sound *sound, double speed, hm_error *error)
{
    size_t n = (size_t)((double)sound->n / speed + 0.5);
    float *h = hm_alloc(context, TABLE, sizeof *h, error);
    float *samples = h ? hm_alloc(context, n, sizeof *samples, error) : NULL;
    if (samples) {
        fill_kernel(h);
        for (size_t i = 0; i < n; i++)
            samples[i] = interpolate(h, sound, (double)i * speed, fmin(1, 1 / speed));
        hm_free(context, sound->samples);
        sound->samples = samples;
        sound->n = n;
    }
    hm_free(context, h);
    return samples ? HM_OK : HM_ERROR_MEMORY;
}
