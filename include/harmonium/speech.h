/* Sound in: from WAV and FLAC files to frames of coefficients, as recognisers of speech see them.
 *
 *     hm_front_end_config config;
 *     float *frames;
 *     size_t n_frames, n_coefficients;
 *     hm_front_end_parse("kind=fbank bands=40 normalise=utterance", &config, &error);
 *     hm_sound_frames(context, &config, "hello.wav", &frames, &n_frames, &n_coefficients, &error);
 *     ...
 *     hm_sound_frames_free(context, frames);
 */
#ifndef HARMONIUM_SPEECH_H
#define HARMONIUM_SPEECH_H

#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>
#include <harmonium/options.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HM_FRONT_END_FBANK, HM_FRONT_END_MFCC };
enum { HM_NORMALISE_NONE, HM_NORMALISE_UTTERANCE, HM_NORMALISE_SPEAKER };

/* What the rows of hm_front_end_options point into. */
typedef struct hm_front_end_config {
    int kind;             /* HM_FRONT_END_.. */
    int64_t rate;         /* samples a second; sound of another rate is refused */
    double window, step;  /* ms */
    int64_t fft;          /* points of the Fourier transform */
    double preemphasis;   /* a of x[t] - a x[t - 1] */
    int64_t bands;        /* triangular filters, evenly apart in mel */
    double lower, upper;  /* Hz: where the first filter begins and the last one ends */
    int64_t cepstra, lifter;
    int64_t differences;  /* 0, 1: first differences in time beside each coefficient, 2: second ones as well */
    int normalise;        /* HM_NORMALISE_.. */
    double speed;         /* how many times as fast the sound is played, pitch and all */
} hm_front_end_config;

extern const hm_option_table hm_front_end_options;

/* Reads "kind=fbank bands=40", words name=value apart by spaces, into the defaults. HM_ERROR_ARGUMENT or HM_ERROR_NOT_FOUND for
 * a word that is none, HM_ERROR_ARGUMENT for values that do not go together. */
hm_status hm_front_end_parse(const char *text, hm_front_end_config *config, hm_error *error);

/* The kind and what differs from the defaults, as hm_front_end_parse reads it back. As snprintf. */
size_t hm_front_end_print(const hm_front_end_config *config, char *text, size_t size);

/* hertz[bands]: where each band is highest. */
void hm_front_end_centres(const hm_front_end_config *config, double *hertz);

/* frames[n_frames][n_coefficients] of a sound file of one channel: bands or cepstra, then their differences. Of n samples with a
 * window of w and a step of s samples there are 2 + (n - w) / s frames, rounded down, the last padded with zeros; one if n < w.
 * Normalising by the speaker takes the file for all that was said. The caller gives *frames to hm_sound_frames_free.
 * HM_ERROR_IO, HM_ERROR_FORMAT for a damaged or truncated file, HM_ERROR_MISMATCH for sound that is not what the front end
 * wants (stereo, another rate, 8 bits), HM_ERROR_ARGUMENT for the configuration, HM_ERROR_UNSUPPORTED without libsndfile or FFTW. */
hm_status hm_sound_frames(const hm_context *context, const hm_front_end_config *config, const char *path, float **frames,
                          size_t *n_frames, size_t *n_coefficients, hm_error *error);
void hm_sound_frames_free(const hm_context *context, float *frames); /* null is allowed */

/* All that was heard of one speaker: sums[2][n_coefficients], of the coefficients of n_frames frames and of their squares. It begins as
 * {0}; the caller clears it. */
typedef struct hm_voice {
    size_t n_frames, n_coefficients;
    double *sums;
} hm_voice;

/* The frames of a sound, before they are normalised. Fails as hm_sound_frames does. */
hm_status hm_voice_add(const hm_context *context, const hm_front_end_config *config, const char *path, hm_voice *voice, hm_error *error);
void hm_voice_clear(const hm_context *context, hm_voice *voice);

/* Each coefficient of frames[n_frames][n_coefficients] to mean 0 and deviation 1 over all that was heard. */
void hm_voice_normalise(const hm_voice *voice, float *frames, size_t n_frames);

#ifdef __cplusplus
}
#endif
#endif
