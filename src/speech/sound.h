/* Sound files of one channel: WAV, FLAC, NIST SPHERE, AIFF, AU and whatever else libsndfile reads. */
#ifndef HM_SPEECH_SOUND_H
#define HM_SPEECH_SOUND_H

#include <stdbool.h>

#include <harmonium/context.h>

typedef struct hm_sound {
    float *samples; /* [n] in the range of 16 bits: -32768 .. 32767 */
    size_t n;
    int64_t rate; /* samples a second */
} hm_sound;

/* How names of sound files end, ended by null: ".flac", ".wav", ".sph", ... */
extern const char *const hm_sound_endings[];

/* Whether a name ends so, in any case. */
bool hm_sound_is_name(const char *name);

/* Reads a whole file. HM_ERROR_IO; HM_ERROR_FORMAT for what libsndfile does not read, damaged, truncated, empty or longer than 4
 * hours, or with samples far beyond the range of sound; HM_ERROR_MISMATCH for more channels than one, even samples of 8 bits, or another rate than `rate`;
 * HM_ERROR_UNSUPPORTED without libsndfile. *sound is empty then. */
hm_status hm_sound_load(const hm_context *context, const char *path, int64_t rate, hm_sound *sound, hm_error *error);

/* Plays it `speed` times as fast: n / speed samples, rounded, at the same rate, with every frequency multiplied by speed. */
hm_status hm_sound_play(const hm_context *context, hm_sound *sound, double speed, hm_error *error);

void hm_sound_clear(const hm_context *context, hm_sound *sound);

#endif
