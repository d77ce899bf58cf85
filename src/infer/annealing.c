/* Annealed importance sampling: see harmonium/likelihood.h, and model/tempered.h for the path. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"
#include "base/number.h"
#include "base/team.h"
#include "infer/annealing.h"
#include "model/tempered.h"

/* Of the random numbers: none that learning or chains have used. */
enum { STREAM_FORWARD = 4 << 14, STREAM_REVERSE = 5 << 14, BETAS_MAX = 10000000 };

/* ---- Schedules -------------------------------------------------------------------------------------------- */

/* Salakhutdinov and Murray (2008): 0 to 0.5 by 1/1000, to 0.9 by 1/10,000, to 1 by 1/100,000. */
static const char published[] = "500:0.5 4000:0.9 10000:1";

static hm_status fail_schedule(const char *text, const char *at, hm_error *error)
{
    return hm_fail(error, HM_ERROR_ARGUMENT,
                   "betas = %s: %s is not understood; a schedule is \"published\", or steps and where they lead, rising to 1, "
                   "as in \"%s\"",
                   text, *at ? at : "the end", published);
}

hm_status hm_betas_parse(const hm_context *context, const char *text, double **betas, size_t *n, hm_error *error)
{
    const char *said = strcmp(text, "published") == 0 ? published : text;
    double *all = NULL, last = 0;
    *betas = NULL;
    for (int pass = 0; pass < 2; pass++) { /* counts, then fills */
        size_t used = 1;
        last = 0;
        for (const char *at = said; *at;) {
            char *end;
            double steps = hm_number_begin(at, &end);
            if (*end != ':' || !(steps >= 1) || steps > BETAS_MAX || steps != floor(steps))
                return fail_schedule(text, at, error);
            const char *value = end + 1;
            double target = hm_number_begin(value, &end);
            if (end == value || !(target > last) || target > 1)
                return fail_schedule(text, at, error);
            for (double i = 1; all && i <= steps; i++)
                all[used - 1 + (size_t)i] = last + (target - last) * i / steps;
            used += (size_t)steps;
            last = target;
            for (at = end; *at == ' ' || *at == ',';)
                at++;
        }
        if (last != 1 || used > BETAS_MAX)
            return fail_schedule(text, "", error);
        if (pass == 0 && !(all = hm_alloc(context, used, sizeof *all, error)))
            return HM_ERROR_MEMORY;
        *n = used;
    }
    *betas = all;
    return HM_OK;
}

/* ---- Chains ------------------------------------------------------------------------------------------------ */

/* One direction. Its chains are cut into parts, which the ranks of a team share: what a part gives depends on how many there are,
 * and not on who runs it. Alone there is one. */
typedef struct annealing {
    const float *base;
    const hm_evaluate_config *config;
    const hm_evaluate_events *events;
    hm_matrix start;    /* where chains of the reverse direction begin; without it, forward */
    hm_rbm *rbm;        /* a copy, packed */
    double *betas;      /* [n_betas] from 0 to 1 */
    double *log_weight; /* [n_chains] */
    double base_log_Z;
    size_t n_chains, n_betas, n_parts;
    size_t n_done, n_steps; /* of this rank's parts */

    /* The part in work. */
    hm_tempered chains;
    double *weight;  /* theirs, of log_weight */
    double from, to; /* betas of the step */
} annealing;

static bool is_reverse(const annealing *s)
{
    return s->start.rows > 0;
}

static hm_status find_base(annealing *s, hm_error *error)
{
    const hm_context *context = s->rbm->context;
    size_t V = hm_rbm_visible(s->rbm)->n_units, H = hm_rbm_hidden(s->rbm)->n_units;
    float *room = hm_alloc(context, V + H, sizeof *room, error);
    if (!room)
        return HM_ERROR_MEMORY;
    s->base_log_Z = hm_base_log_partition(s->rbm, s->base, room, room + V);
    hm_free(context, room);
    return HM_OK;
}

static hm_status create(annealing *s, const hm_rbm *rbm, hm_error *error)
{
    s->n_chains = (size_t)s->config->chains;
    s->n_parts = (size_t)hm_team_n_shards(rbm->context->team);
    hm_status status = hm_betas_parse(rbm->context, s->config->betas, &s->betas, &s->n_betas, error);
    if (status == HM_OK)
        status = hm_machine_copy(rbm, &s->rbm, error);
    if (status == HM_OK)
        status = hm_machine_reserve(s->rbm, hm_n_parts(s->n_chains, s->n_parts), false, error);
    if (status == HM_OK)
        status = find_base(s, error);
    if (status != HM_OK)
        return status;
    s->log_weight = hm_alloc(rbm->context, s->n_chains, sizeof *s->log_weight, error);
    return s->log_weight ? HM_OK : HM_ERROR_MEMORY;
}

static void destroy(annealing *s, const hm_context *context)
{
    hm_free(context, s->betas);
    hm_free(context, s->log_weight);
    hm_rbm_destroy(s->rbm);
}

static void weigh_chain(void *argument, size_t i)
{
    annealing *s = argument;
    s->weight[i] += hm_tempered_log_p(&s->chains, i, s->to) - hm_tempered_log_p(&s->chains, i, s->from);
    s->chains.beta[i] = s->to;
}

static hm_status tell(const annealing *s, hm_error *error)
{
    const hm_evaluate_events *events = s->events;
    const char *what = is_reverse(s) ? "reverse AIS" : "AIS";
    if (events && events->on_step)
        events->on_step(events->user, what, s->n_done, s->n_steps);
    if (events && events->should_stop && events->should_stop(events->user))
        return hm_fail(error, HM_ERROR_INTERRUPTED, "%s was stopped after %zu of %zu steps", what, s->n_done, s->n_steps);
    return HM_OK;
}

/* Along the betas or back: weighs the chains from one beta to the next and moves them there. */
static hm_status anneal(annealing *s, hm_error *error)
{
    enum { STEPS_BETWEEN_REPORTS = 100 };
    size_t n = s->n_betas;
    hm_status status = HM_OK;
    for (size_t k = 1; status == HM_OK && k < n; k++) {
        size_t i = is_reverse(s) ? n - k : k - 1;
        s->from = s->betas[i];
        s->to = s->betas[is_reverse(s) ? i - 1 : i + 1];
        hm_tempered_up(&s->chains);
        hm_pool_run(s->rbm->context->pool, s->chains.n, weigh_chain, s);
        if (k + 1 < n)
            hm_tempered_move(&s->chains);
        s->n_done++;
        if (k % STEPS_BETWEEN_REPORTS == 0 || k + 1 == n)
            status = tell(s, error);
    }
    return status;
}

/* Chains that have run so long at beta 1, from the rows of `start`. */
static void burn_in(annealing *s)
{
    hm_tempered *chains = &s->chains;
    for (size_t i = 0; i < chains->n; i++) {
        memcpy(hm_row_f32(&chains->v, i), hm_row_f32(&s->start, (chains->first_case + i) % s->start.rows), s->start.cols * sizeof(float));
        chains->beta[i] = 1;
    }
    for (int64_t k = 0; k < s->config->burn_in; k++) {
        hm_tempered_up(chains);
        hm_tempered_move(chains);
    }
}

static hm_status run_part(annealing *s, size_t part, hm_error *error)
{
    size_t first = s->n_chains * part / s->n_parts, n = s->n_chains * (part + 1) / s->n_parts - first;
    if (n == 0)
        return HM_OK;
    hm_status status = hm_tempered_create(s->rbm, s->base, n, NULL, &s->chains, error);
    if (status != HM_OK)
        return status;
    s->chains.random.seed = hm_random_stream(s->rbm->context->seed, is_reverse(s) ? STREAM_REVERSE : STREAM_FORWARD);
    s->chains.first_case = first;
    s->weight = s->log_weight + first;
    if (is_reverse(s))
        burn_in(s);
    else
        hm_tempered_start(&s->chains);
    status = anneal(s, error);
    hm_tempered_destroy(&s->chains);
    return status;
}

static hm_status run_parts(annealing *s, hm_error *error)
{
    const hm_team *team = s->rbm->context->team;
    size_t first = hm_team_first(team, hm_team_rank(team), s->n_parts), end = hm_team_first(team, hm_team_rank(team) + 1, s->n_parts);
    hm_status status = HM_OK;
    s->n_steps = (end - first) * (s->n_betas - 1);
    for (size_t part = first; status == HM_OK && part < end; part++)
        status = run_part(s, part, error);
    status = hm_team_meet(team, status, error);
    if (status == HM_OK)
        hm_team_gather(team, s->log_weight, sizeof *s->log_weight, s->n_chains, s->n_parts);
    return status;
}

/* ---- The estimate ------------------------------------------------------------------------------------------- */

double hm_log_mean_exp(const double *x, size_t n, double *relative_deviation)
{
    double most = -INFINITY, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, x[i]);
    for (size_t i = 0; i < n; i++) {
        sum += exp(x[i] - most);
        squares += exp(2 * (x[i] - most));
    }
    double mean = sum / (double)n, variance = fmax(0, squares / (double)n - mean * mean);
    if (relative_deviation) /* of the mean */
        *relative_deviation = sqrt(variance / (double)(n > 1 ? n - 1 : 1)) / mean;
    return most + log(mean);
}

/* Three deviations of the mean weight either way; below, where they would leave nothing, as far as the value. */
static hm_estimate conclude(const annealing *s)
{
    double deviation, ratio = hm_log_mean_exp(s->log_weight, s->n_chains, &deviation), base = s->base_log_Z;
    double up = log1p(3 * deviation), down = 3 * deviation < 1 ? log1p(-3 * deviation) : -INFINITY;
    if (is_reverse(s))
        return (hm_estimate){base - ratio, base - ratio - up, base - ratio - down};
    return (hm_estimate){base + ratio, base + ratio + down, base + ratio + up};
}

static hm_status estimate(annealing *s, const hm_rbm *rbm, hm_estimate *log_Z, hm_error *error)
{
    hm_status status = hm_rbm_require_partition(rbm, NULL, error);
    if (status == HM_OK)
        status = create(s, rbm, error);
    if (status == HM_OK)
        status = run_parts(s, error);
    if (status == HM_OK)
        *log_Z = conclude(s);
    destroy(s, rbm->context);
    return status;
}

hm_status hm_ais(const hm_rbm *rbm, const float *base_bias, const hm_evaluate_config *config, const hm_evaluate_events *events,
                 hm_estimate *log_Z, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm, base_bias, config, log_Z));
    HM_REQUIRE(hm_options_check(&hm_evaluate_options, config, error));
    annealing s = {.base = base_bias, .config = config, .events = events};
    return estimate(&s, rbm, log_Z, error);
}

hm_status hm_ais_reverse(const hm_rbm *rbm, const float *base_bias, hm_matrix start, const hm_evaluate_config *config,
                         const hm_evaluate_events *events, hm_estimate *log_Z, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm, base_bias, config, log_Z));
    HM_REQUIRE(hm_options_check(&hm_evaluate_options, config, error));
    HM_REQUIRE(hm_check_matrix("start", start, HM_ANY_NUMBER, hm_rbm_visible(rbm)->n_units, HM_TAKES_FLOATS, error));
    HM_REQUIRE(hm_check_number("start.rows", (double)start.rows, 1, INFINITY, error));
    annealing s = {.base = base_bias, .config = config, .events = events, .start = start};
    return estimate(&s, rbm, log_Z, error);
}
