/* What the ranks of a team say to each other. All calls but send and receive are made by every rank, in the same order; alone (null)
 * they do nothing. */
#ifndef HM_BASE_TEAM_H
#define HM_BASE_TEAM_H

#include <stddef.h>

#include <harmonium/context.h>

void hm_team_send(const hm_team *team, int to, const float *x, size_t n);
void hm_team_receive(const hm_team *team, int from, float *x, size_t n);

/* Everybody gets what `from` has. */
void hm_team_share(const hm_team *team, int from, void *bytes, size_t n);

/* The bits that any rank has set. */
unsigned hm_team_agree(const hm_team *team, unsigned flags);

/* Where ranks meet: what stopped one stops all (HM_ERROR_INTERRUPTED). Other failures come back at once; who gets one must end the
 * team (hm_team_abort). */
hm_status hm_team_meet(const hm_team *team, hm_status status, hm_error *error);

/* HM_ERROR_MISMATCH on every rank, unless all have the version, the seed and the n texts of rank 0: "rank 2 has another <what>". */
typedef struct hm_team_text {
    const char *what, *text;
} hm_team_text;
hm_status hm_team_check(const hm_context *context, const hm_team_text *texts, size_t n, hm_error *error);

/* Ranks on this machine. */
int hm_team_n_local(const hm_team *team);

/* n things in order, shared out evenly: those of a rank are first .. first of the next one - 1; and whose thing i is. */
size_t hm_team_first(const hm_team *team, int rank, size_t n);
int hm_team_owner(const hm_team *team, size_t i, size_t n);

/* Of `total` rows, cut into n_parts runs that begin with row total s / n_parts, a rank has those of its parts: everybody gets all.
 * size: of a row, in bytes. */
void hm_team_gather(const hm_team *team, void *rows, size_t size, size_t total, size_t n_parts);

#endif
