/* A team: the processes of one run, on one machine or on many, each of them a rank (MPI).
 *
 *     hm_team *team = NULL;
 *     if (hm_team_is_launched())               // by mpirun
 *         hm_team_join(&team, &error);
 *     hm_context_create(&(hm_context_config){.team = team}, &context, &error);
 *     ...                                      // every rank makes the same calls with the same data and options
 *     hm_context_destroy(context);
 *     hm_team_leave(team);
 *
 * Learning cuts each mini-batch into shards (hm_train_config) that the ranks share, and adds up what they found along a tree that
 * depends on the number of shards alone: one rank gives the same bytes as four. Rank 0 writes checkpoints and tells of events. */
#ifndef HARMONIUM_TEAM_H
#define HARMONIUM_TEAM_H

#include <stdbool.h>

#include <harmonium/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hm_team hm_team;

/* Whether this process was started as one of a team. */
bool hm_team_is_launched(void);

/* Once a process, from its main thread, before any context is made; *team is the library's, and null after an error.
 * HM_ERROR_UNSUPPORTED in a build without MPI, HM_ERROR_IO where MPI does not start. */
hm_status hm_team_join(hm_team **team, hm_error *error);

/* All ranks together, after their contexts are destroyed; null is allowed. */
void hm_team_leave(hm_team *team);

/* Ends all ranks, whatever they are doing, with this exit status. Does not return where there is a team; null is allowed. */
void hm_team_abort(hm_team *team, int code);

int hm_team_rank(const hm_team *team); /* from 0; 0 of null */
int hm_team_size(const hm_team *team); /* 1 of null */

/* Shards of a mini-batch unless the caller says how many: 1 of null, else the least power of two from 4 up that gives every rank one. */
int hm_team_n_shards(const hm_team *team);

#ifdef __cplusplus
}
#endif
#endif
