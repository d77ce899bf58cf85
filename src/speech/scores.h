/* Senone scores as the bytes of a file. */
#ifndef HM_SPEECH_SCORES_H
#define HM_SPEECH_SCORES_H

#include <harmonium/context.h>
#include <harmonium/matrix.h>

/* What hm_scores_save writes: (*bytes)[*n], which the caller gives to hm_free. `name` is for messages. */
hm_status hm_scores_pack(const hm_context *context, hm_matrix scores, const char *name, unsigned char **bytes, size_t *n, hm_error *error);

#endif
