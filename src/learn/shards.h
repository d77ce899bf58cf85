/* A mini-batch is cut into shards: runs of its rows, which the ranks of a team share out among them.
 *
 * What is computed of a shard depends on the shard alone, and what shards found is added along a binary tree over them,
 * ((0 + 1) + (2 + 3)), wherever they were computed: so results depend on how many shards there are, and not on how many ranks. */
#ifndef HM_LEARN_SHARDS_H
#define HM_LEARN_SHARDS_H

#include <stdbool.h>
#include <stddef.h>

#include <harmonium/context.h>

enum { HM_SHARDS_MAX = 256, HM_SHARD_DEPTH_MAX = 8 };

typedef struct hm_shards {
    const hm_context *context;
    size_t n;              /* 1: whole mini-batches */
    size_t first, end;     /* those of this rank */
    float *partial[HM_SHARD_DEPTH_MAX]; /* of the right halves, one for each depth of the tree */
} hm_shards;

/* n: 0 takes hm_team_n_shards. room: the most floats that are ever summed. HM_ERROR_ARGUMENT for fewer shards than ranks, and for more
 * than there are cases in a mini-batch. The caller clears it, whatever happened. */
hm_status hm_shards_create(const hm_context *context, size_t n, size_t batch, size_t room, hm_shards *shards, hm_error *error);
void hm_shards_clear(hm_shards *shards);

/* Of `total` things, those of shard s begin with this one. */
size_t hm_shard_begin(const hm_shards *shards, size_t s, size_t total);

/* out[n] on every rank: the sum over shards of what `fill` writes. */
typedef void hm_shard_fill(void *job, size_t shard, float *out);
void hm_shards_sum(const hm_shards *shards, hm_shard_fill *fill, void *job, size_t n, float *out);

/* Every rank gets the rows of all: rows[total][n], of which a rank has those of its shards. */
void hm_shards_gather(const hm_shards *shards, float *rows, size_t total, size_t n);

#endif
