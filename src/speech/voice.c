/* The voice of a speaker: sums over all that was heard of it, by which its frames are normalised. */
#include <harmonium/speech.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "speech/coefficients.h"

hm_status hm_voice_add(const hm_context *context, const hm_front_end_config *config, const char *path, hm_voice *voice, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, config, path, voice));
    HM_REQUIRE(hm_options_check(&hm_front_end_options, config, error));
    hm_front_end_config plain = *config;
    float *frames;
    size_t n, n_coefficients;
    plain.normalise = HM_NORMALISE_NONE;
    hm_status status = hm_sound_frames(context, &plain, path, &frames, &n, &n_coefficients, error);
    if (status == HM_OK && !voice->sums) {
        *voice = (hm_voice){.n_coefficients = n_coefficients, .sums = hm_alloc(context, 2 * n_coefficients, sizeof(double), error)};
        status = voice->sums ? HM_OK : HM_ERROR_MEMORY;
    }
    if (status == HM_OK && voice->n_coefficients != n_coefficients)
        status = hm_fail(error, HM_ERROR_MISMATCH, "%s: %zu coefficients a frame, and the voice has %zu; take one front end for all", path,
                         n_coefficients, voice->n_coefficients);
    if (status == HM_OK) {
        hm_moments_count(voice->sums, frames, n, n_coefficients);
        voice->n_frames += n;
    }
    hm_sound_frames_free(context, frames);
    return status;
}

void hm_voice_clear(const hm_context *context, hm_voice *voice)
{
    hm_free(context, voice->sums);
    *voice = (hm_voice){0};
}

void hm_voice_normalise(const hm_voice *voice, float *frames, size_t n_frames)
{
    hm_moments_apply(voice->sums, voice->n_frames, frames, n_frames, voice->n_coefficients);
}
