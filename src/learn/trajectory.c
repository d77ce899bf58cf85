/* Parallel trajectory tempering (Bereux, Decelle, Furtlehner and Seoane 2024): replicas at snapshots of the machine's own path
 * of learning, from units without weights, where everything mixes, to the machine as it is. After every step neighbours swap
 * states with probability min(1, p_r(v') p_s(v) / (p_r(v) p_s(v'))), hidden units summed out. A snapshot is taken when swaps
 * with the last one become rare. The statistics are those of the machine's own chains.
 *
 * The ratio of the partition functions of neighbours comes with the swaps (Bennett 1976): with x = log p*_s - log p*_r and
 * D = log Z_s - log Z_r, the mean of logistic(x - D) under r equals that of logistic(D - x) under s. Z of the first replica is
 * known, so log Z of the machine is, too, at every moment. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"
#include "learn/learner.h"
#include "model/tempered.h"

/* Batches between changes of the ladder, in which its chains settle; and those that the running estimates remember: of the
 * machine, which moves, and of snapshots, which do not. */
enum { SETTLING = 20, MEMORY_MACHINE = 4, MEMORY_SNAPSHOT = 100, RATE_MEMORY = 10 };
/* Shares of swaps that are accepted: below the first a snapshot is taken, below the second a gap mended; a snapshot whose
 * neighbours would have more than the third is given up. */
static const float RATE_SNAPSHOT = 0.4f, RATE_LEAST = 0.25f, RATE_DROP = 0.4f;

/* Replica r < n is snapshot r, the oldest first; replica n is the machine. */
typedef struct hm_trajectory {
    size_t S, C, n_parameters; /* snapshots at most; chains of each replica */
    /* Arrays of the stage, which checkpoints hold: */
    float *count;    /* [2] snapshots so far, batches since their last change */
    float *snapshot; /* [S][n_parameters] */
    float *rate;     /* [S] running share of the swaps of r and r + 1 that were accepted */
    float *gain;     /* [S] log Z_(r+1) - log Z_r */
    float *n_seen;   /* [S] swaps behind it */
    /* What follows is made of them: */
    hm_rbm **machine;     /* [S] */
    size_t n_loaded;      /* machines that have the parameters of their snapshots */
    double *F, *F_above;  /* [2 C] free energies of the states of r and r + 1 by either of them */
    size_t *is_accepted;  /* [C] */
    hm_matrix v;          /* [(S + 1) C][V] */
} hm_trajectory;

static size_t n_snapshots(const hm_trajectory *p)
{
    return (size_t)p->count[0];
}

/* ---- Making ----------------------------------------------------------------------------------------------- */

static hm_status make_arrays(hm_trainer *t, hm_trajectory *p, hm_error *error)
{
    hm_stage *stage = &t->stage;
    bool is_made = (p->count = hm_stage_array_create(stage, "trajectory.count", 2, error)) &&
                   (p->snapshot = hm_stage_array_create(stage, "trajectory", p->S * p->n_parameters, error)) &&
                   (p->rate = hm_stage_array_create(stage, "swaps", p->S, error)) &&
                   (p->gain = hm_stage_array_create(stage, "gains", p->S, error)) &&
                   (p->n_seen = hm_stage_array_create(stage, "gains.seen", p->S, error)) &&
                   (t->chains = hm_stage_array_create(stage, "chains", (p->S + 1) * p->C * t->V, error)) &&
                   (p->F = hm_alloc(stage->context, 2 * p->C, sizeof *p->F, error)) &&
                   (p->F_above = hm_alloc(stage->context, 2 * p->C, sizeof *p->F_above, error)) &&
                   (p->is_accepted = hm_alloc(stage->context, p->C, sizeof *p->is_accepted, error)) &&
                   (p->machine = hm_alloc(stage->context, p->S, sizeof *p->machine, error));
    return is_made ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status create(hm_trainer *t, hm_error *error)
{
    hm_trajectory *p = t->trajectory = hm_alloc(t->stage.context, 1, sizeof *p, error);
    if (!p)
        return HM_ERROR_MEMORY;
    p->S = (size_t)t->config->snapshots;
    p->C = t->n_chains;
    hm_rbm_parameters(t->rbm, &p->n_parameters);
    hm_status status = make_arrays(t, p, error);
    for (size_t r = 0; status == HM_OK && r < p->S; r++) {
        status = hm_machine_copy(t->rbm, &p->machine[r], error);
        if (status == HM_OK)
            status = hm_machine_reserve(p->machine[r], 2 * p->C, false, error);
    }
    if (status == HM_OK)
        p->v = hm_matrix_f32(t->chains, (p->S + 1) * p->C, t->V);
    return status;
}

static void destroy(hm_trainer *t)
{
    hm_trajectory *p = t->trajectory;
    if (!p)
        return;
    for (size_t r = 0; p->machine && r < p->S; r++)
        hm_rbm_destroy(p->machine[r]);
    hm_free(t->stage.context, p->machine);
    hm_free(t->stage.context, p->F);
    hm_free(t->stage.context, p->F_above);
    hm_free(t->stage.context, p->is_accepted);
    hm_free(t->stage.context, p);
}

/* ---- Snapshots -------------------------------------------------------------------------------------------- */

static float *snapshot_at(const hm_trajectory *p, size_t r)
{
    return p->snapshot + r * p->n_parameters;
}

static void load_machines(hm_trajectory *p)
{
    for (; p->n_loaded < n_snapshots(p); p->n_loaded++) {
        size_t n;
        hm_rbm *machine = p->machine[p->n_loaded];
        memcpy(hm_rbm_parameters(machine, &n), snapshot_at(p, p->n_loaded), p->n_parameters * sizeof(float));
    }
}

/* Snapshots from r on are others now. */
static void reload_from(hm_trajectory *p, size_t r)
{
    p->n_loaded = r < p->n_loaded ? r : p->n_loaded;
}

/* The first replica: visible biases as learning begins, no weights. Chains of both replicas begin with the data. */
static void begin(hm_trainer *t, size_t n)
{
    hm_trajectory *p = t->trajectory;
    const hm_slice *b = &hm_rbm_slices(t->rbm)[HM_SLICE_VISIBLE_BIAS];
    memcpy(snapshot_at(p, 0) + b->first, hm_rbm_visible_bias(t->rbm), b->n * sizeof(float));
    p->count[0] = p->rate[0] = 1;
    for (size_t i = 0; i < 2 * p->C; i++)
        memcpy(hm_row_f32(&p->v, i), t->v0 + i % n * t->V, t->V * sizeof(float));
}

static const hm_rbm *replica(const hm_trainer *t, size_t r)
{
    return r < n_snapshots(t->trajectory) ? t->trajectory->machine[r] : t->rbm;
}

/* Free energies of the chains of r (the first C) and of s by either of them; false: no memory for the moment. */
static bool compare(hm_trainer *t, size_t r, size_t s)
{
    hm_trajectory *p = t->trajectory;
    hm_matrix of_r = hm_matrix_rows(p->v, r * p->C, p->C), of_s = hm_matrix_rows(p->v, s * p->C, p->C);
    hm_error error;
    return hm_rbm_free_energy(replica(t, r), of_r, 1, p->F, &error) == HM_OK &&
           hm_rbm_free_energy(replica(t, r), of_s, 1, p->F + p->C, &error) == HM_OK &&
           hm_rbm_free_energy(replica(t, s), of_r, 1, p->F_above, &error) == HM_OK &&
           hm_rbm_free_energy(replica(t, s), of_s, 1, p->F_above + p->C, &error) == HM_OK;
}

/* log of the ratio that a swap of chains m is accepted by. */
static double swap_gain(const hm_trajectory *p, size_t m)
{
    return p->F[m] + p->F_above[p->C + m] - p->F[p->C + m] - p->F_above[m];
}

/* Share of the swaps that r and s would accept. */
static double expected_swaps(hm_trainer *t, size_t r, size_t s)
{
    hm_trajectory *p = t->trajectory;
    double share = 0;
    if (!compare(t, r, s))
        return 0;
    for (size_t m = 0; m < p->C; m++)
        share += exp(fmin(0, swap_gain(p, m))) / (double)p->C;
    return share;
}

static void drop(hm_trainer *t, size_t out)
{
    hm_trajectory *p = t->trajectory;
    size_t rest = n_snapshots(p) - out - 1;
    p->gain[out - 1] += p->gain[out];
    p->n_seen[out - 1] = 0;
    memmove(p->rate + out, p->rate + out + 1, rest * sizeof *p->rate);
    memmove(p->gain + out, p->gain + out + 1, rest * sizeof *p->gain);
    memmove(p->n_seen + out, p->n_seen + out + 1, rest * sizeof *p->n_seen);
    memmove(snapshot_at(p, out), snapshot_at(p, out + 1), rest * p->n_parameters * sizeof(float));
    memmove(hm_row_f32(&p->v, out * p->C), hm_row_f32(&p->v, (out + 1) * p->C), (rest + 1) * p->C * t->V * sizeof(float));
    p->count[0]--;
    reload_from(p, out);
}

/* Without the snapshot that its neighbours need least, if they do without it: the first one stays. */
static void drop_one(hm_trainer *t)
{
    hm_trajectory *p = t->trajectory;
    size_t best = 0;
    float most = RATE_DROP;
    for (size_t r = 1; r < n_snapshots(p); r++) {
        float share = (float)expected_swaps(t, r - 1, r + 1);
        best = share > most ? r : best;
        most = fmaxf(share, most);
    }
    if (best == 0)
        return;
    drop(t, best);
    p->rate[best - 1] = most;
}

/* Makes room for a snapshot at `at`, whose chains are those of the replica that was there. */
static void insert(hm_trainer *t, size_t at)
{
    hm_trajectory *p = t->trajectory;
    size_t n = n_snapshots(p), rest = n - at;
    memmove(p->rate + at + 1, p->rate + at, rest * sizeof *p->rate);
    memmove(p->gain + at + 1, p->gain + at, rest * sizeof *p->gain);
    memmove(p->n_seen + at + 1, p->n_seen + at, rest * sizeof *p->n_seen);
    memmove(snapshot_at(p, at + 1), snapshot_at(p, at), rest * p->n_parameters * sizeof(float));
    memmove(hm_row_f32(&p->v, (at + 1) * p->C), hm_row_f32(&p->v, at * p->C), (rest + 1) * p->C * t->V * sizeof(float));
    p->rate[at] = 1;
    p->gain[at] = p->n_seen[at] = 0;
    p->count[0]++;
    reload_from(p, at);
}

static void take_snapshot(hm_trainer *t)
{
    hm_trajectory *p = t->trajectory;
    size_t n_parameters;
    size_t n = n_snapshots(p);
    insert(t, n);
    p->n_seen[n - 1] = 0; /* what was learned of a moving machine lags behind */
    memcpy(snapshot_at(p, n), hm_rbm_parameters(t->rbm, &n_parameters), p->n_parameters * sizeof(float));
}

/* While learning is fast, chains lag behind, and snapshots turn out to lie farther apart than their swaps had said. The mean of
 * two comes between them. */
static void mend(hm_trainer *t, size_t r)
{
    hm_trajectory *p = t->trajectory;
    insert(t, r + 1);
    float *between = snapshot_at(p, r + 1), *below = snapshot_at(p, r), *above = snapshot_at(p, r + 2);
    for (size_t i = 0; i < p->n_parameters; i++)
        between[i] = (below[i] + above[i]) / 2;
    p->gain[r] = p->gain[r + 1] = p->gain[r] / 2;
    p->rate[r] = p->rate[r + 1] = 1;
    p->n_seen[r] = p->n_seen[r + 1] = 0;
}

/* The gap between snapshots over which the fewest swaps are accepted. */
static size_t widest_gap(const hm_trajectory *p)
{
    size_t r = 0;
    for (size_t k = 1; k + 1 < n_snapshots(p); k++)
        r = p->rate[k] < p->rate[r] ? k : r;
    return r;
}

static void change_ladder(hm_trainer *t)
{
    hm_trajectory *p = t->trajectory;
    if (++p->count[1] < SETTLING)
        return;
    p->count[1] = 0;
    drop_one(t);
    size_t n = n_snapshots(p), r = widest_gap(p);
    if (n < p->S && p->rate[n - 1] < RATE_SNAPSHOT)
        take_snapshot(t);
    else if (n < p->S && n > 1 && p->rate[r] < RATE_LEAST)
        mend(t, r);
}

/* ---- Swaps ------------------------------------------------------------------------------------------------ */

static double logistic(double x)
{
    return x > 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

/* One step of Bennett's fixed point, over the states of r (the first C) and of r + 1. */
static void estimate_gain(hm_trainer *t, size_t r)
{
    hm_trajectory *p = t->trajectory;
    double from_r = 1e-300, from_s = 1e-300, D = p->gain[r];
    for (size_t i = 0; i < p->C; i++) {
        from_r += logistic(p->F[i] - p->F_above[i] - D);
        from_s += logistic(D - p->F[p->C + i] + p->F_above[p->C + i]);
    }
    float memory = r + 1 == n_snapshots(p) ? MEMORY_MACHINE : MEMORY_SNAPSHOT;
    p->n_seen[r] = p->n_seen[r] < memory ? p->n_seen[r] + 1 : memory;
    p->gain[r] = (float)(D + log(from_r / from_s) / p->n_seen[r]);
}

typedef struct swap_job {
    hm_trajectory *p;
    hm_random random;
    size_t r;
} swap_job;

/* Chain m of replicas r and r + 1. */
static void swap_chain(void *argument, size_t m)
{
    swap_job *job = argument;
    hm_trajectory *p = job->p;
    size_t i = job->r * p->C + m;
    p->is_accepted[m] = log((double)hm_random_uniform(&job->random, m, job->r) + 1e-12) < swap_gain(p, m);
    if (p->is_accepted[m])
        hm_swap_rows(&p->v, i, i + p->C);
}

/* Without memory for the moment there is no swap, and chains are still right. */
static void swap_pair(hm_trainer *t, size_t r, hm_random random)
{
    hm_trajectory *p = t->trajectory;
    float share = 0;
    if (!compare(t, r, r + 1))
        return;
    estimate_gain(t, r);
    hm_pool_run(t->stage.context->pool, p->C, swap_chain, &(swap_job){p, random, r});
    for (size_t m = 0; m < p->C; m++)
        share += (float)p->is_accepted[m] / (float)p->C;
    p->rate[r] += (share - p->rate[r]) / fminf(p->n_seen[r], RATE_MEMORY);
}

/* ---- The learner ------------------------------------------------------------------------------------------ */

static void sweep(hm_trainer *t, size_t r, hm_gibbs gibbs)
{
    hm_trajectory *p = t->trajectory;
    hm_matrix v = hm_matrix_rows(p->v, r * p->C, p->C), h = hm_matrix_f32(t->h1_sample, p->C, t->H);
    gibbs.first_case = r * p->C;
    hm_rbm_hidden_given_visible(replica(t, r), v, hm_matrix_f32(t->h1, p->C, t->H), h, &gibbs);
    hm_rbm_visible_given_hidden(replica(t, r), h, hm_matrix_f32(t->v_sample, p->C, t->V), v, &gibbs);
}

static void find_states(hm_trainer *t, size_t n, hm_gibbs *gibbs, hm_matrix *v)
{
    hm_trajectory *p = t->trajectory;
    hm_random random = {hm_random_stream(t->stage.context->seed, t->stage.stream), HM_RANDOM_SWAP, 0};
    if (t->stage.epoch == 0 && t->stage.batch == 0)
        begin(t, n);
    load_machines(p);
    for (size_t s = hm_trainer_n_steps(t); s-- > 0;) {
        gibbs->step++;
        for (size_t r = 0; r <= n_snapshots(p); r++)
            sweep(t, r, *gibbs);
        random.step = gibbs->step;
        for (size_t r = hm_swap_first(t, s); r < n_snapshots(p); r += 2)
            swap_pair(t, r, random);
    }
    change_ladder(t);
    gibbs->step++;
    *v = hm_matrix_rows(p->v, n_snapshots(p) * p->C, p->C);
    hm_rbm_hidden_given_visible(t->rbm, *v, hm_matrix_f32(t->h1, p->C, t->H), (hm_matrix){0}, gibbs);
}

static double log_partition(hm_trainer *t)
{
    const hm_trajectory *p = t->trajectory;
    const float *b = snapshot_at(p, 0) + hm_rbm_slices(t->rbm)[HM_SLICE_VISIBLE_BIAS].first;
    double sum = hm_base_log_partition(t->rbm, b, t->v_sample, t->h1);
    for (size_t r = 0; r < n_snapshots(p); r++)
        sum += (double)p->gain[r];
    return sum;
}

static void report(hm_trainer *t, hm_train_report *r)
{
    r->log_likelihood = -r->free_energy_train - log_partition(t);
    r->swap_rate = hm_least_rate(t->trajectory->rate, n_snapshots(t->trajectory));
}

/* Before the first batch there is no snapshot. */
static hm_status check(const hm_trainer *t, const char *path, hm_error *error)
{
    const hm_trajectory *p = t->trajectory;
    float n = p->count[0];
    bool has_begun = t->stage.epoch > 0 || t->stage.batch > 0;
    if (n >= (float)has_begun && n <= (float)p->S && n == floorf(n))
        return HM_OK;
    return hm_fail(error, HM_ERROR_FORMAT, "%s: train.trajectory.count says %g snapshots, where there may be 1 to %zu; the checkpoint is damaged",
                   path, (double)n, p->S);
}

const hm_learner hm_learner_trajectory = {
    .name = "trajectory",
    .summary = "parallel tempering over snapshots of the machine's own learning, with its log Z at every moment",
    .advice = "where modes lie far apart and the likelihood is to be watched; it costs as many times as there are snapshots",
    .samples_data = true,
    .create = create,
    .destroy = destroy,
    .find_states = find_states,
    .check = check,
    .report = report,
};
