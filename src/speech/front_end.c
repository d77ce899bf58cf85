/* Samples to frames, number for number as sphinx_fe computes them (Sphinx-3 and PocketSphinx; with -remove_noise no -remove_silence
 * no -transform dct), so that models of either may meet the data of the other. Of each window of samples x,
 *
 *     y_t = (x_t - a x_{t-1}) (0.54 - 0.46 cos(2 pi t / (T - 1)))      preemphasis and Hamming window of T samples
 *     P_k = |sum_t y_t exp(-2 pi i k t / N)|^2                          power, k = 0 .. N / 2
 *     m_b = ln(sum_k w_bk P_k + floor)                                  bands (mel.c)
 *     c_j = s_j l_j sum_b m_b cos(pi j (b + 1/2) / B)                   cepstra: s_0 = sqrt(1 / B), else sqrt(2 / B)
 *
 * with the lifter l_j = 1 + L / 2 sin(pi j / L). x_{t-1} of a window's first sample is the sample before it, 0 before all. */
#include "base/check.h"
#include "speech/front_end.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/planner.h"
#include "speech/coefficients.h"
#include "speech/mel.h"
#include "speech/sound.h"

size_t hm_front_end_window(const hm_front_end_config *c)
{
    return (size_t)(c->window / 1000 * (double)c->rate + 0.5);
}

size_t hm_front_end_step(const hm_front_end_config *c)
{
    return (size_t)(c->step / 1000 * (double)c->rate + 0.5);
}

/* A frame for each whole window and one, padded with zeros, for what is left. */
size_t hm_front_end_n_frames(const hm_front_end_config *c, size_t n_samples)
{
    size_t window = hm_front_end_window(c);
    return n_samples < window ? n_samples > 0 : 2 + (n_samples - window) / hm_front_end_step(c);
}

static size_t n_static(const hm_front_end_config *c)
{
    return (size_t)(c->kind == HM_FRONT_END_MFCC ? c->cepstra : c->bands);
}

size_t hm_front_end_n_coefficients(const hm_front_end_config *c)
{
    return n_static(c) * (1 + (size_t)c->differences);
}

#ifdef HM_HAVE_FFTW

#include <fftw3.h>
#include <string.h>

struct hm_front_end {
    const hm_context *context;
    hm_front_end_config config;
    hm_mel mel;
    float *hamming; /* [window] */
    float *cosine;  /* [cepstra][bands]: s_j l_j cos(..) */
    fftwf_plan plan;
};

/* What one thread computes a frame in, aligned as the plan wants. */
typedef struct workspace {
    float *windowed;         /* [fft] */
    fftwf_complex *spectrum; /* [fft / 2 + 1] */
    float *power;            /* [fft / 2 + 1] */
    float *bands;            /* [bands] */
} workspace;

static void free_workspace(const hm_context *context, workspace *w)
{
    hm_free(context, w->windowed);
    hm_free(context, w->spectrum);
    hm_free(context, w->power);
    hm_free(context, w->bands);
}

/* free_workspace whatever happened. */
static hm_status make_workspace(const hm_front_end *f, workspace *w, hm_error *error)
{
    size_t n_points = (size_t)f->config.fft / 2 + 1;
    *w = (workspace){.windowed = hm_alloc(f->context, (size_t)f->config.fft, sizeof *w->windowed, error)};
    w->spectrum = w->windowed ? hm_alloc(f->context, n_points, sizeof *w->spectrum, error) : NULL;
    w->power = w->spectrum ? hm_alloc(f->context, n_points, sizeof *w->power, error) : NULL;
    w->bands = w->power ? hm_alloc(f->context, (size_t)f->config.bands, sizeof *w->bands, error) : NULL;
    return w->bands ? HM_OK : HM_ERROR_MEMORY;
}

/* ---- Tables ----------------------------------------------------------------------------------- */

static void fill_hamming(hm_front_end *f)
{
    const double pi = acos(-1.0);
    size_t T = hm_front_end_window(&f->config);
    for (size_t t = 0; t < T; t++)
        f->hamming[t] = (float)(0.54 - 0.46 * cos(2 * pi * (double)t / (double)(T - 1)));
}

static void fill_cosine(hm_front_end *f)
{
    const double pi = acos(-1.0), L = (double)f->config.lifter;
    size_t B = (size_t)f->config.bands;
    for (size_t j = 0; j < (size_t)f->config.cepstra; j++) {
        double s = sqrt((j ? 2 : 1) / (double)B), l = L > 0 ? 1 + L / 2 * sin(pi * (double)j / L) : 1;
        for (size_t b = 0; b < B; b++)
            f->cosine[j * B + b] = (float)(s * l * cos(pi * (double)j * ((double)b + 0.5) / (double)B));
    }
}

/* Estimated, since measured plans differ from run to run, and with them the last bits. */
static hm_status make_plan(hm_front_end *f, hm_error *error)
{
    workspace w;
    hm_status status = make_workspace(f, &w, error);
    if (status == HM_OK) {
        hm_planner_lock();
        f->plan = fftwf_plan_dft_r2c_1d((int)f->config.fft, w.windowed, w.spectrum, FFTW_ESTIMATE);
        hm_planner_unlock();
        if (!f->plan)
            status = hm_fail(error, HM_ERROR_MEMORY, "no plan for a Fourier transform of %lld points", (long long)f->config.fft);
    }
    free_workspace(f->context, &w);
    return status;
}

static hm_status make_tables(hm_front_end *f, hm_error *error)
{
    const hm_front_end_config *c = &f->config;
    hm_status status = hm_mel_init(&f->mel, f->context, c, error);
    if (status != HM_OK)
        return status;
    f->hamming = hm_alloc(f->context, hm_front_end_window(c), sizeof *f->hamming, error);
    f->cosine = f->hamming ? hm_alloc(f->context, (size_t)(c->cepstra * c->bands), sizeof *f->cosine, error) : NULL;
    if (!f->cosine)
        return HM_ERROR_MEMORY;
    fill_hamming(f);
    fill_cosine(f);
    return make_plan(f, error);
}

hm_status hm_front_end_create(const hm_context *context, const hm_front_end_config *config, hm_front_end **out, hm_error *error)
{
    *out = NULL;
    hm_status status = hm_front_end_check(config, error);
    if (status != HM_OK)
        return status;
    hm_front_end *f = hm_alloc(context, 1, sizeof *f, error);
    if (!f)
        return HM_ERROR_MEMORY;
    f->context = context;
    f->config = *config;
    status = make_tables(f, error);
    if (status == HM_OK)
        *out = f;
    else
        hm_front_end_destroy(f);
    return status;
}

void hm_front_end_destroy(hm_front_end *f)
{
    if (!f)
        return;
    hm_planner_lock();
    if (f->plan)
        fftwf_destroy_plan(f->plan);
    hm_planner_unlock();
    hm_mel_clear(&f->mel);
    hm_free(f->context, f->hamming);
    hm_free(f->context, f->cosine);
    hm_free(f->context, f);
}

/* ---- A frame ---------------------------------------------------------------------------------- */

/* x[-1] may be read unless it is the first frame. */
static void window_samples(const hm_front_end *f, const float *x, size_t n, bool is_first, float *windowed)
{
    const float a = (float)f->config.preemphasis;
    memset(windowed, 0, (size_t)f->config.fft * sizeof *windowed);
    for (size_t t = 0; t < n; t++) {
        float before = t > 0 || !is_first ? x[(ptrdiff_t)t - 1] : 0;
        windowed[t] = (x[t] - a * before) * f->hamming[t];
    }
}

static void transform(const hm_front_end *f, workspace *w)
{
    fftwf_execute_dft_r2c(f->plan, w->windowed, w->spectrum);
    for (size_t k = 0; k <= (size_t)f->config.fft / 2; k++)
        w->power[k] = w->spectrum[k][0] * w->spectrum[k][0] + w->spectrum[k][1] * w->spectrum[k][1];
}

static void take_cepstra(const hm_front_end *f, const float *bands, float *cepstra)
{
    size_t B = (size_t)f->config.bands;
    for (size_t j = 0; j < (size_t)f->config.cepstra; j++) {
        cepstra[j] = 0;
        for (size_t b = 0; b < B; b++)
            cepstra[j] += f->cosine[j * B + b] * bands[b];
    }
}

static void make_frame(const hm_front_end *f, const float *samples, size_t n, size_t start, workspace *w, float *frame)
{
    size_t window = hm_front_end_window(&f->config);
    window_samples(f, samples + start, n - start < window ? n - start : window, start == 0, w->windowed);
    transform(f, w);
    hm_mel_apply(&f->mel, w->power, w->bands);
    if (f->config.kind == HM_FRONT_END_MFCC)
        take_cepstra(f, w->bands, frame);
    else
        memcpy(frame, w->bands, (size_t)f->config.bands * sizeof *frame);
}

hm_status hm_front_end_apply(const hm_front_end *f, const float *samples, size_t n, float *frames, hm_error *error)
{
    size_t n_frames = hm_front_end_n_frames(&f->config, n), step = hm_front_end_step(&f->config);
    size_t stride = hm_front_end_n_coefficients(&f->config), n_cols = n_static(&f->config);
    workspace w;
    hm_status status = make_workspace(f, &w, error);
    for (size_t t = 0; status == HM_OK && t < n_frames; t++)
        make_frame(f, samples, n, t * step, &w, frames + t * stride);
    for (size_t d = 0; status == HM_OK && d < (size_t)f->config.differences; d++)
        hm_differences(frames + d * n_cols, n_frames, n_cols, stride, frames + (d + 1) * n_cols);
    free_workspace(f->context, &w);
    return status;
}

/* ---- Of a file -------------------------------------------------------------------------------- */

hm_status hm_front_end_read(const hm_front_end *f, const char *path, float **frames, size_t *n_frames, hm_error *error)
{
    hm_sound sound;
    *frames = NULL;
    hm_status status = hm_sound_load(f->context, path, f->config.rate, &sound, error);
    if (status == HM_OK && f->config.speed != 1)
        status = hm_sound_play(f->context, &sound, f->config.speed, error);
    *n_frames = hm_front_end_n_frames(&f->config, sound.n);
    if (status == HM_OK) {
        *frames = hm_alloc(f->context, *n_frames * hm_front_end_n_coefficients(&f->config), sizeof **frames, error);
        status = *frames ? hm_front_end_apply(f, sound.samples, sound.n, *frames, error) : HM_ERROR_MEMORY;
    }
    hm_sound_clear(f->context, &sound);
    if (status != HM_OK) {
        hm_free(f->context, *frames);
        *frames = NULL;
    }
    return status;
}

#else

static hm_status fail_absent(hm_error *error)
{
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "frames of sound: this build lacks FFTW; install libfftw3-dev and build again");
}

hm_status hm_front_end_create(const hm_context *context, const hm_front_end_config *config, hm_front_end **out, hm_error *error)
{
    (void)context, (void)config;
    *out = NULL;
    return fail_absent(error);
}

void hm_front_end_destroy(hm_front_end *f)
{
    (void)f;
}

hm_status hm_front_end_apply(const hm_front_end *f, const float *samples, size_t n, float *frames, hm_error *error)
{
    (void)f, (void)samples, (void)n, (void)frames;
    return fail_absent(error);
}

hm_status hm_front_end_read(const hm_front_end *f, const char *path, float **frames, size_t *n_frames, hm_error *error)
{
    (void)f, (void)path;
    *frames = NULL;
    *n_frames = 0;
    return fail_absent(error);
}

#endif

hm_status hm_sound_frames(const hm_context *context, const hm_front_end_config *config, const char *path, float **frames,
                          size_t *n_frames, size_t *n_coefficients, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, frames));
    *frames = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, config, path, n_frames, n_coefficients));
    HM_REQUIRE(hm_options_check(&hm_front_end_options, config, error));
    hm_front_end *f;
    double *sums = NULL;
    *n_frames = 0;
    *n_coefficients = hm_front_end_n_coefficients(config);
    hm_status status = hm_front_end_create(context, config, &f, error);
    if (status == HM_OK)
        status = hm_front_end_read(f, path, frames, n_frames, error);
    if (status == HM_OK && config->normalise != HM_NORMALISE_NONE) {
        sums = hm_alloc(context, 2 * *n_coefficients, sizeof *sums, error);
        status = sums ? HM_OK : HM_ERROR_MEMORY;
    }
    if (sums) {
        hm_moments_count(sums, *frames, *n_frames, *n_coefficients);
        hm_moments_apply(sums, *n_frames, *frames, *n_frames, *n_coefficients);
    }
    if (status != HM_OK) {
        hm_free(context, *frames);
        *frames = NULL;
    }
    hm_free(context, sums);
    hm_front_end_destroy(f);
    return status;
}

void hm_sound_frames_free(const hm_context *context, float *frames)
{
    hm_free(context, frames);
}
