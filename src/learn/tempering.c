/* Parallel tempering (Desjardins et al. 2010; Cho, Raiko and Ilin 2010): chains at inverse temperatures between the base model,
 * where everything mixes, and the model; after every step neighbours swap states with probability
 * min(1, p_r(v') p_s(v) / (p_r(v) p_s(v'))), hidden units summed out. The statistics are those of the chains at 1.
 *
 * The ladder places itself: a gap whose swaps are accepted more often than the mean grows, others shrink. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "learn/learner.h"
#include "model/tempered.h"

/* The chains of a shard of the mini-batch. */
typedef struct hm_rungs {
    size_t C, first;    /* chains on each rung; the number of the first among all */
    bool *is_accepted;  /* [R][C], of the swaps just proposed */
    float *recent;      /* [R - 1] shares of this mini-batch's swaps that were accepted, of all chains, summed as `rate` forgets */
    size_t *n_swaps;    /* [R - 1] how many they are */
    hm_tempered chains; /* row r C + m: chain m of rung r */
} hm_rungs;

typedef struct hm_ladder {
    size_t R, C;      /* rungs, from beta 1 down to 0; chains on each */
    float *beta;      /* [R], of the stage: checkpoints hold it */
    float *base;      /* b0: the visible biases as learning began; likewise */
    float *rate;      /* [R - 1] running share of swaps that were accepted; likewise */
    float *recent;    /* [R - 1] of all shards */
    hm_rungs *shard;  /* [shards] */
    size_t n_shards;
} hm_ladder;

static const float memory = 0.99f; /* of the running shares, a swap */

static hm_status make_arrays(hm_trainer *t, hm_ladder *l, hm_error *error)
{
    bool is_made = (l->beta = hm_stage_array_create(&t->stage, "ladder", l->R, error)) &&
                   (l->rate = hm_stage_array_create(&t->stage, "swaps", l->R - 1, error)) &&
                   (l->base = hm_stage_array_create(&t->stage, "base", hm_layer_n_biases(hm_rbm_visible(t->rbm)), error)) &&
                   (t->chains = hm_stage_array_create(&t->stage, "chains", l->R * l->C * t->V, error)) &&
                   (l->recent = hm_alloc(t->stage.context, l->R, sizeof *l->recent, error)) &&
                   (l->shard = hm_alloc(t->stage.context, t->shards.n, sizeof *l->shard, error));
    l->n_shards = is_made ? t->shards.n : 0;
    return is_made ? HM_OK : HM_ERROR_MEMORY;
}

/* Chains lie shard by shard: of each all rungs. */
static hm_status make_rungs(hm_trainer *t, hm_ladder *l, size_t s, hm_error *error)
{
    const hm_context *context = t->stage.context;
    hm_rungs *part = &l->shard[s];
    part->first = hm_shard_begin(&t->shards, s, l->C);
    part->C = hm_shard_begin(&t->shards, s + 1, l->C) - part->first;
    part->is_accepted = hm_alloc(context, l->R * part->C, sizeof *part->is_accepted, error);
    part->recent = hm_alloc(context, l->R, sizeof *part->recent, error);
    part->n_swaps = hm_alloc(context, l->R, sizeof *part->n_swaps, error);
    if (!part->is_accepted || !part->recent || !part->n_swaps)
        return HM_ERROR_MEMORY;
    hm_status status = hm_tempered_create(t->rbm, l->base, l->R * part->C, t->chains + l->R * part->first * t->V, &part->chains, error);
    part->chains.first_case = l->R * part->first;
    return status;
}

static hm_status create(hm_trainer *t, hm_error *error)
{
    hm_ladder *l = t->ladder = hm_alloc(t->stage.context, 1, sizeof *l, error);
    if (!l)
        return HM_ERROR_MEMORY;
    l->R = (size_t)t->config->temperatures;
    l->C = t->n_chains;
    hm_status status = make_arrays(t, l, error);
    for (size_t s = t->shards.first; status == HM_OK && s < t->shards.end; s++)
        status = make_rungs(t, l, s, error);
    t->n_rows = l->R * l->C;
    return status;
}

static void destroy(hm_trainer *t)
{
    hm_ladder *l = t->ladder;
    const hm_context *context = t->stage.context;
    for (size_t s = 0; l && s < l->n_shards; s++) {
        hm_tempered_destroy(&l->shard[s].chains);
        hm_free(context, l->shard[s].is_accepted);
        hm_free(context, l->shard[s].recent);
        hm_free(context, l->shard[s].n_swaps);
    }
    if (l) {
        hm_free(context, l->shard);
        hm_free(context, l->recent);
        hm_free(context, l);
    }
}

/* All chains from the base model, rungs evenly apart. */
static void begin(hm_trainer *t, hm_rungs *part)
{
    hm_ladder *l = t->ladder;
    memcpy(l->base, hm_rbm_visible_bias(t->rbm), hm_layer_n_biases(hm_rbm_visible(t->rbm)) * sizeof *l->base);
    for (size_t r = 0; r < l->R; r++)
        l->beta[r] = 1 - (float)r / (float)(l->R - 1);
    hm_tempered_start(&part->chains);
}

typedef struct swap_job {
    const hm_ladder *l;
    hm_rungs *part;
    hm_random random;
    size_t first; /* 0 or 1: pairs (first, first + 1), (first + 2, first + 3), ... of rungs */
} swap_job;

/* One chain of one pair of rungs. */
static void swap_pair(void *argument, size_t task)
{
    swap_job *job = argument;
    const hm_ladder *l = job->l;
    hm_rungs *part = job->part;
    size_t r = job->first + 2 * (task / part->C), m = task % part->C, i = r * part->C + m, j = i + part->C;
    double gain = hm_tempered_log_p(&part->chains, j, l->beta[r]) + hm_tempered_log_p(&part->chains, i, l->beta[r + 1]) -
                  hm_tempered_log_p(&part->chains, i, l->beta[r]) - hm_tempered_log_p(&part->chains, j, l->beta[r + 1]);
    bool is_accepted = log((double)hm_random_uniform(&job->random, part->first + m, r) + 1e-12) < gain;
    if (is_accepted) {
        hm_swap_rows(&part->chains.v, i, j);
        hm_swap_rows(&part->chains.a, i, j);
    }
    part->is_accepted[i] = is_accepted;
}

static void note_swaps(swap_job *job)
{
    hm_rungs *part = job->part;
    for (size_t r = job->first; r + 1 < job->l->R; r += 2) {
        size_t n = 0;
        for (size_t m = 0; m < part->C; m++)
            n += part->is_accepted[r * part->C + m];
        part->recent[r] = memory * part->recent[r] + (float)n / (float)job->l->C;
        part->n_swaps[r]++;
    }
}

static void swap(hm_trainer *t, hm_rungs *part, size_t s)
{
    uint64_t seed = hm_random_stream(t->stage.context->seed, t->stage.stream);
    swap_job job = {t->ladder, part, {seed, HM_RANDOM_SWAP, part->chains.random.step}, hm_swap_first(t, s)};
    hm_pool_run(t->stage.context->pool, (t->ladder->R - job.first) / 2 * part->C, swap_pair, &job);
    note_swaps(&job);
}

static void find_states(hm_trainer *t, size_t n, hm_gibbs *gibbs, hm_matrix *v)
{
    hm_ladder *l = t->ladder;
    hm_rungs *part = &l->shard[t->shard];
    (void)n;
    gibbs->step++;
    part->chains.random.seed = hm_random_stream(t->stage.context->seed, t->stage.stream);
    part->chains.random.step = gibbs->step;
    memset(part->recent, 0, l->R * sizeof *part->recent);
    memset(part->n_swaps, 0, l->R * sizeof *part->n_swaps);
    if (t->stage.epoch == 0 && t->stage.batch == 0)
        begin(t, part);
    for (size_t s = hm_trainer_n_steps(t); s-- > 0;) {
        for (size_t i = 0; i < l->R * part->C; i++)
            part->chains.beta[i] = l->beta[i / part->C];
        hm_tempered_up(&part->chains);
        swap(t, part, s);
        hm_tempered_move(&part->chains);
    }
    gibbs->step = part->chains.random.step + 1;
    *v = hm_matrix_rows(part->chains.v, 0, part->C);
    hm_rbm_hidden_given_visible(t->rbm, *v, hm_matrix_f32(t->h1, part->C, t->H), (hm_matrix){0}, gibbs);
}

/* ---- The ladder ------------------------------------------------------------------------------------------- */

static void copy_recent(void *job, size_t shard, float *out)
{
    const hm_ladder *l = job;
    memcpy(out, l->shard[shard].recent, (l->R - 1) * sizeof *out);
}

static void place_rungs(hm_ladder *l)
{
    const float speed = 0.01f;
    float mean = 0, total = 0, beta = 1;
    for (size_t r = 0; r + 1 < l->R; r++)
        mean += l->rate[r] / (float)(l->R - 1);
    for (size_t r = 0; r + 1 < l->R; r++)
        total += (l->beta[r] - l->beta[r + 1]) * expf(speed * (l->rate[r] - mean));
    for (size_t r = 0; r + 1 < l->R; r++) {
        float gap = (l->beta[r] - l->beta[r + 1]) * expf(speed * (l->rate[r] - mean)) / total;
        l->beta[r] = beta;
        beta -= gap;
    }
    l->beta[l->R - 1] = 0;
}

/* After p swaps, shares s_1 .. s_p: rate = m^p rate + (1 - m) sum_i m^(p - i) s_i. */
static void settle(hm_trainer *t)
{
    hm_ladder *l = t->ladder;
    const size_t *n_swaps = l->shard[t->shards.first].n_swaps; /* alike in all shards */
    hm_shards_sum(&t->shards, copy_recent, l, l->R - 1, l->recent);
    for (size_t r = 0; r + 1 < l->R; r++)
        l->rate[r] = powf(memory, (float)n_swaps[r]) * l->rate[r] + (1 - memory) * l->recent[r];
    place_rungs(l);
}

static void report(hm_trainer *t, hm_train_report *r)
{
    r->swap_rate = hm_least_rate(t->ladder->rate, t->ladder->R - 1);
}

const hm_learner hm_learner_tempering = {
    .name = "tempering",
    .summary = "parallel tempering: chains at several temperatures that swap states",
    .advice = "where modes lie far apart; it costs as many times as there are temperatures",
    .samples_data = true,
    .has_free_rows = true,
    .create = create,
    .destroy = destroy,
    .find_states = find_states,
    .settle = settle,
    .report = report,
};
