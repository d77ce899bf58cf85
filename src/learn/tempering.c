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

typedef struct hm_ladder {
    size_t R, C;      /* rungs, from beta 1 down to 0; chains on each */
    float *beta;      /* [R], of the stage: checkpoints hold it */
    float *base;      /* b0: the visible biases as learning began; likewise */
    float *rate;      /* [R - 1] running share of swaps that were accepted; likewise */
    size_t *n_accepted; /* [R][C], of the swaps just proposed */
    hm_tempered chains; /* row r C + m: chain m of rung r */
} hm_ladder;

static hm_status make_arrays(hm_trainer *t, hm_ladder *l, hm_error *error)
{
    bool is_made = (l->beta = hm_stage_array_create(&t->stage, "ladder", l->R, error)) &&
                   (l->rate = hm_stage_array_create(&t->stage, "swaps", l->R - 1, error)) &&
                   (l->base = hm_stage_array_create(&t->stage, "base", hm_layer_n_biases(hm_rbm_visible(t->rbm)), error)) &&
                   (t->chains = hm_stage_array_create(&t->stage, "chains", l->R * l->C * t->V, error));
    return is_made ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status create(hm_trainer *t, hm_error *error)
{
    hm_ladder *l = t->ladder = hm_alloc(t->stage.context, 1, sizeof *l, error);
    if (!l)
        return HM_ERROR_MEMORY;
    l->R = (size_t)t->config->temperatures;
    l->C = t->n_chains;
    l->n_accepted = hm_alloc(t->stage.context, l->R * l->C, sizeof *l->n_accepted, error);
    hm_status status = l->n_accepted ? make_arrays(t, l, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = hm_tempered_create(t->rbm, l->base, l->R * l->C, t->chains, &l->chains, error);
    t->n_rows = l->R * l->C;
    return status;
}

static void destroy(hm_trainer *t)
{
    if (!t->ladder)
        return;
    hm_tempered_destroy(&t->ladder->chains);
    hm_free(t->stage.context, t->ladder->n_accepted);
    hm_free(t->stage.context, t->ladder);
}

/* All chains from the base model, rungs evenly apart. */
static void begin(hm_trainer *t)
{
    hm_ladder *l = t->ladder;
    memcpy(l->base, hm_rbm_visible_bias(t->rbm), hm_layer_n_biases(hm_rbm_visible(t->rbm)) * sizeof *l->base);
    for (size_t r = 0; r < l->R; r++)
        l->beta[r] = 1 - (float)r / (float)(l->R - 1);
    hm_tempered_start(&l->chains);
}

typedef struct swap_job {
    hm_ladder *l;
    hm_random random;
    size_t first; /* 0 or 1: pairs (first, first + 1), (first + 2, first + 3), ... of rungs */
} swap_job;

/* One chain of one pair of rungs. */
static void swap_pair(void *argument, size_t task)
{
    swap_job *job = argument;
    hm_ladder *l = job->l;
    size_t r = job->first + 2 * (task / l->C), m = task % l->C, i = r * l->C + m, j = i + l->C;
    double gain = hm_tempered_log_p(&l->chains, j, l->beta[r]) + hm_tempered_log_p(&l->chains, i, l->beta[r + 1]) -
                  hm_tempered_log_p(&l->chains, i, l->beta[r]) - hm_tempered_log_p(&l->chains, j, l->beta[r + 1]);
    bool is_accepted = log((double)hm_random_uniform(&job->random, m, r) + 1e-12) < gain;
    if (is_accepted) {
        hm_swap_rows(&l->chains.v, i, j);
        hm_swap_rows(&l->chains.a, i, j);
    }
    l->n_accepted[r * l->C + m] = is_accepted;
}

static void note_rates(swap_job *job)
{
    const float memory = 0.99f;
    hm_ladder *l = job->l;
    for (size_t r = job->first; r + 1 < l->R; r += 2) {
        float share = 0;
        for (size_t m = 0; m < l->C; m++)
            share += (float)l->n_accepted[r * l->C + m] / (float)l->C;
        l->rate[r] = memory * l->rate[r] + (1 - memory) * share;
    }
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

static void swap(hm_trainer *t, size_t s)
{
    hm_ladder *l = t->ladder;
    uint64_t seed = hm_random_stream(t->stage.context->seed, t->stage.stream);
    swap_job job = {l, {seed, HM_RANDOM_SWAP, l->chains.random.step}, hm_swap_first(t, s)};
    hm_pool_run(t->stage.context->pool, (l->R - job.first) / 2 * l->C, swap_pair, &job);
    note_rates(&job);
}

static void find_states(hm_trainer *t, size_t n, hm_gibbs *gibbs, hm_matrix *v)
{
    hm_ladder *l = t->ladder;
    (void)n;
    gibbs->step++;
    l->chains.random.seed = hm_random_stream(t->stage.context->seed, t->stage.stream);
    l->chains.random.step = gibbs->step;
    if (t->stage.epoch == 0 && t->stage.batch == 0)
        begin(t);
    for (size_t s = hm_trainer_n_steps(t); s-- > 0;) {
        for (size_t i = 0; i < l->R * l->C; i++)
            l->chains.beta[i] = l->beta[i / l->C];
        hm_tempered_up(&l->chains);
        swap(t, s);
        hm_tempered_move(&l->chains);
    }
    place_rungs(l);
    gibbs->step = l->chains.random.step + 1;
    *v = hm_matrix_rows(l->chains.v, 0, l->C);
    hm_rbm_hidden_given_visible(t->rbm, *v, hm_matrix_f32(t->h1, l->C, t->H), (hm_matrix){0}, gibbs);
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
    .create = create,
    .destroy = destroy,
    .find_states = find_states,
    .report = report,
};
