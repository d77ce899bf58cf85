/* What the ranks of a team say to each other. All calls but send and receive are made by every rank, in the same order; alone (null)
 * they do nothing. */
#ifndef HM_BASE_TEAM_H
#define HM_BASE_TEAM_H

#include <stddef.h>

#include <harmonium/team.h>

void hm_team_send(const hm_team *team, int to, const float *x, size_t n);
void hm_team_receive(const hm_team *team, int from, float *x, size_t n);

/* Everybody gets what `from` has. */
void hm_team_share(const hm_team *team, int from, void *bytes, size_t n);

/* The bits that any rank has set. */
unsigned hm_team_agree(const hm_team *team, unsigned flags);

/* HM_ERROR_MISMATCH on every rank, unless all have the text of rank 0: "rank 2 has another <what>". */
hm_status hm_team_check(const hm_team *team, const char *what, const char *text, hm_error *error);

/* Ranks on this machine. */
int hm_team_n_local(const hm_team *team);

/* n things in order, shared out evenly: those of a rank are first .. first of the next one - 1; and whose thing i is. */
size_t hm_team_first(const hm_team *team, int rank, size_t n);
int hm_team_owner(const hm_team *team, size_t i, size_t n);

#endif
