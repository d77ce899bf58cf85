/* The mean power spectrum of a set of pictures, and whitening by it: H. Lee, R. Grosse, R. Ranganath and A. Y. Ng,
 * Convolutional deep belief networks for scalable unsupervised learning of hierarchical representations, ICML 2009, whose
 * filter is Wiener's,
 *
 *     R(f) = sqrt(S(f)) / (S(f) + Q),     Q = 0.5 mean of S:
 *
 * 1 / sqrt(S), which whitens, where the power S is far above Q, and falling to 0 where it is below. Here S is averaged over
 * directions, too, into bins of frequency, so that one table serves pictures of every size. Bins are even in log f, since S
 * falls as a power of f: over one bin, an eighth of an octave, that of natural pictures (1/f^2) moves by 9 % to each side of
 * its mean. The mean of S is over all that was measured but f = 0, which is the mean of a picture and becomes 0.
 *
 * As text the table is Q and the bins from the highest frequency down, with commas, to five digits. */
#include "data/spectrum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/number.h"

/* Bin i ends at F_MAX 2^(-i/8). No picture holds more than sqrt(1/2) cycles a pixel, and with 0.71 no bin ends at a frequency
 * of pictures with even sides, where rounding would choose it. */
static const float F_MAX = 0.71f;
enum { BINS_IN_OCTAVE = 8 };

static size_t bin_of(float f)
{
    float bin = BINS_IN_OCTAVE * log2f(F_MAX / f);
    return bin < HM_SPECTRUM_BINS ? (size_t)bin : HM_SPECTRUM_BINS - 1;
}

float hm_spectrum_gain(const hm_spectrum *spectrum, float f)
{
    if (f == 0)
        return 0;
    float S = spectrum->power[bin_of(f)];
    return sqrtf(S) / (S + spectrum->noise);
}

/* ---- Measuring ------------------------------------------------------------------------------- */

void hm_spectrum_count(hm_spectrum_sums *sums, float f, double power)
{
    size_t bin = bin_of(f);
    sums->power[bin] += power;
    sums->n[bin]++;
}

void hm_spectrum_add(hm_spectrum_sums *sums, const hm_spectrum_sums *more)
{
    for (size_t i = 0; i < HM_SPECTRUM_BINS; i++) {
        sums->power[i] += more->power[i];
        sums->n[i] += more->n[i];
    }
}

/* A bin that no frequency fell into lies between its neighbours as a power of f does, or is as the nearest. */
static double interpolate(const hm_spectrum_sums *sums, size_t bin)
{
    size_t above = bin, below = bin;
    while (above > 0 && sums->n[above] == 0)
        above--;
    while (below + 1 < HM_SPECTRUM_BINS && sums->n[below] == 0)
        below++;
    double S_above = sums->power[above] / sums->n[above], S_below = sums->power[below] / sums->n[below];
    if (above == below || sums->n[below] == 0)
        return S_above;
    if (sums->n[above] == 0)
        return S_below;
    double t = (double)(bin - above) / (double)(below - above);
    return pow(S_above, 1 - t) * pow(S_below, t);
}

static bool is_sound(const hm_spectrum *spectrum)
{
    bool is_sound = isfinite(spectrum->noise) && spectrum->noise > 0;
    for (size_t i = 0; i < HM_SPECTRUM_BINS; i++)
        is_sound = is_sound && isfinite(spectrum->power[i]) && spectrum->power[i] >= 0;
    return is_sound;
}

bool hm_spectrum_average(const hm_spectrum_sums *sums, hm_spectrum *spectrum)
{
    double power = 0, n = 0;
    for (size_t i = 0; i < HM_SPECTRUM_BINS; i++) {
        power += sums->power[i];
        n += sums->n[i];
    }
    if (!(power > 0))
        return false;
    spectrum->noise = (float)(0.5 * power / n);
    for (size_t i = 0; i < HM_SPECTRUM_BINS; i++)
        spectrum->power[i] = (float)interpolate(sums, i);
    return is_sound(spectrum);
}

/* ---- As text --------------------------------------------------------------------------------- */

void hm_spectrum_print(const hm_spectrum *spectrum, char *text, size_t size)
{
    size_t used = (size_t)hm_print(text, size, "%.5g", (double)spectrum->noise);
    for (size_t i = 0; i < HM_SPECTRUM_BINS && used < size; i++)
        used += (size_t)hm_print(text + used, size - used, ",%.5g", (double)spectrum->power[i]);
}

/* The number at *text, which moves behind the comma after it, or to what else ends the text; NaN, which is not sound, if there is none. */
static float read_number(const char **text)
{
    char *end;
    float number = (float)hm_number_begin(*text, &end);
    if (end == *text || (*end && *end != ','))
        return NAN;
    *text = end + (*end == ',' && end[1]);
    return number;
}

hm_status hm_spectrum_parse(const char *text, hm_spectrum *spectrum, hm_error *error)
{
    const char *at = text;
    spectrum->noise = read_number(&at);
    for (size_t i = 0; i < HM_SPECTRUM_BINS; i++)
        spectrum->power[i] = read_number(&at);
    if (*at || !is_sound(spectrum))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "spectrum = %.40s: must be %d numbers with commas, the first above 0 and none negative, as the preparation "
                       "of a model has them; leave it empty to measure it",
                       text, 1 + HM_SPECTRUM_BINS);
    return HM_OK;
}
