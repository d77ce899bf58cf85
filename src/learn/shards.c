/* Shards of mini-batches (shards.h). */
#include "learn/shards.h"

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"
#include "base/team.h"
#include "compute/backend.h"

static size_t depth_of(size_t n)
{
    size_t depth = 0;
    while (((size_t)1 << depth) < n)
        depth++;
    return depth;
}

hm_status hm_shards_create(const hm_context *context, size_t said, size_t batch, size_t room, hm_shards *shards, hm_error *error)
{
    const hm_team *team = context->team;
    size_t n = said ? said : (size_t)hm_team_n_shards(team), n_ranks = (size_t)hm_team_size(team);
    *shards = (hm_shards){.context = context, .n = n};
    if (n < n_ranks)
        return hm_fail(error, HM_ERROR_ARGUMENT, "shards = %zu: %zu ranks cannot share them; take as many, or fewer ranks", n, n_ranks);
    if (n > batch)
        return hm_fail(error, HM_ERROR_ARGUMENT, "shards = %zu: the %zu cases or persistent chains of a mini-batch cannot be cut into so many; "
                                                 "take more of them, or fewer shards",
                       n, batch);
    shards->first = hm_team_first(team, hm_team_rank(team), n);
    shards->end = hm_team_first(team, hm_team_rank(team) + 1, n);
    for (size_t depth = 0; depth < depth_of(n); depth++)
        if (!(shards->partial[depth] = hm_alloc(context, room, sizeof(float), error)))
            return HM_ERROR_MEMORY;
    return HM_OK;
}

void hm_shards_clear(hm_shards *shards)
{
    for (size_t depth = 0; depth < HM_SHARD_DEPTH_MAX && shards->context; depth++)
        hm_free(shards->context, shards->partial[depth]);
    *shards = (hm_shards){0};
}

size_t hm_shard_begin(const hm_shards *shards, size_t s, size_t total)
{
    return total * s / shards->n;
}

typedef struct summing {
    const hm_shards *shards;
    hm_shard_fill *fill;
    void *job;
    size_t n;
} summing;

/* Of shards low .. high - 1, whose first one's owner gets the sum in its `out`. */
static void sum(const summing *s, size_t low, size_t high, size_t depth, float *out)
{
    const hm_shards *shards = s->shards;
    const hm_team *team = shards->context->team;
    if (high <= shards->first || low >= shards->end)
        return;
    if (high - low == 1) {
        s->fill(s->job, low, out);
        return;
    }
    size_t middle = (low + high) / 2;
    int left = hm_team_owner(team, low, shards->n), right = hm_team_owner(team, middle, shards->n), me = hm_team_rank(team);
    float *other = shards->partial[depth];
    sum(s, low, middle, depth + 1, out);
    sum(s, middle, high, depth + 1, other);
    if (me == right && left != right)
        hm_team_send(team, left, other, s->n);
    if (me == left && left != right)
        hm_team_receive(team, right, other, s->n);
    if (me == left)
        shards->context->backend->kernels()->add(other, out, s->n, 1);
}

void hm_shards_sum(const hm_shards *shards, hm_shard_fill *fill, void *job, size_t n, float *out)
{
    const summing s = {shards, fill, job, n};
    sum(&s, 0, shards->n, 0, out);
    hm_team_share(shards->context->team, 0, out, n * sizeof *out);
}

void hm_shards_gather(const hm_shards *shards, float *rows, size_t total, size_t n)
{
    hm_team_gather(shards->context->team, rows, n * sizeof *rows, total, shards->n);
}
