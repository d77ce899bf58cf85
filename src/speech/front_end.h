/* The front end: from samples to log mel spectra or cepstra, number for number those of sphinx_fe (front_end.c). */
#ifndef HM_SPEECH_FRONT_END_H
#define HM_SPEECH_FRONT_END_H

#include <harmonium/speech.h>

/* Tables and a plan; several threads may apply one at a time. */
typedef struct hm_front_end hm_front_end;

/* HM_ERROR_ARGUMENT for values that do not go together. */
hm_status hm_front_end_check(const hm_front_end_config *config, hm_error *error);

/* HM_ERROR_ARGUMENT as above and for bands too narrow for the transform, HM_ERROR_UNSUPPORTED without FFTW. */
hm_status hm_front_end_create(const hm_context *context, const hm_front_end_config *config, hm_front_end **front_end, hm_error *error);
void hm_front_end_destroy(hm_front_end *front_end); /* null is allowed */

size_t hm_front_end_window(const hm_front_end_config *config); /* in samples */
size_t hm_front_end_step(const hm_front_end_config *config);
size_t hm_front_end_n_frames(const hm_front_end_config *config, size_t n_samples);
size_t hm_front_end_n_coefficients(const hm_front_end_config *config);

/* frames[hm_front_end_n_frames][hm_front_end_n_coefficients] of samples[n] in the range of 16 bits, with differences but not
 * normalised. HM_ERROR_MEMORY. */
hm_status hm_front_end_apply(const hm_front_end *front_end, const float *samples, size_t n, float *frames, hm_error *error);

/* The same of a sound file, at the speed of the configuration: hm_sound_frames but for normalising. */
hm_status hm_front_end_read(const hm_front_end *front_end, const char *path, float **frames, size_t *n_frames, hm_error *error);

#endif
