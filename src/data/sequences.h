/* Sequences: runs of cases that follow one another in time, as the frames of an utterance do, and who spoke them.
 *
 * A text file beside the cases, one line a sequence in their order: "name group n_cases", words without spaces; the group
 * is the speaker. Lines that begin with # say how the cases were made: "# front-end ..." goes into what a model
 * remembers. */
#ifndef HM_DATA_SEQUENCES_H
#define HM_DATA_SEQUENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/options.h>

#include "data/view.h"

typedef struct hm_sequences {
    const hm_context *context;
    char *path; /* for messages */
    size_t n;
    uint64_t *start; /* [n + 1]: sequence i holds the cases start[i] .. start[i + 1] - 1 */
    char **name;     /* [n] */
    char **group;    /* [n] */
    char front_end[HM_TEXT_MAX];
} hm_sequences;

/* HM_ERROR_FORMAT for a line that is none, HM_ERROR_MISMATCH when the lines do not add up to n_cases (0: to anything). */
hm_status hm_sequences_read(const hm_context *context, const char *path, uint64_t n_cases, hm_sequences **sequences, hm_error *error);
void hm_sequences_destroy(hm_sequences *sequences); /* null is allowed */

/* Which sequence holds that case. */
size_t hm_sequences_at(const hm_sequences *sequences, uint64_t index);

/* Divides a view into the cases of the groups in a list such as "fash, fbbh" and the rest; both keep the order of `from`.
 * HM_ERROR_ARGUMENT for a group that has no sequence, or when nothing is left. */
hm_status hm_sequences_divide(const hm_sequences *sequences, const hm_view *from, const char *groups, hm_view *chosen, hm_view *rest,
                              hm_error *error);

#endif
