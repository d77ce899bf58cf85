/* Annealed importance sampling: see harmonium/likelihood.h, and model/tempered.h for the path. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"
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
            double steps = strtod(at, &end);
            if (*end != ':' || !(steps >= 1) || steps > BETAS_MAX || steps != floor(steps))
                return fail_schedule(text, at, error);
            const char *value = end + 1;
            double target = strtod(value, &end);
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

typedef struct annealing {
    hm_rbm *rbm; /* a copy, packed */
    hm_tempered chains;
    double *log_weight; /* [n] */
    double from, to;    /* betas of the step in work */
} annealing;

static hm_status create(annealing *s, const hm_rbm *rbm, const float *base, size_t n, uint32_t stream, hm_error *error)
{
    hm_status status = hm_machine_copy(rbm, &s->rbm, error);
    if (status == HM_OK)
        status = hm_machine_reserve(s->rbm, n, false, error);
    if (status == HM_OK)
        status = hm_tempered_create(s->rbm, base, n, NULL, &s->chains, error);
    if (status != HM_OK)
        return status;
    s->chains.random.seed = hm_random_stream(rbm->context->seed, stream);
    s->log_weight = hm_alloc(rbm->context, n, sizeof *s->log_weight, error);
    return s->log_weight ? HM_OK : HM_ERROR_MEMORY;
}

static void destroy(annealing *s)
{
    if (!s->rbm)
        return;
    hm_free(s->rbm->context, s->log_weight);
    hm_tempered_destroy(&s->chains);
    hm_rbm_destroy(s->rbm);
}

static void weigh_chain(void *argument, size_t i)
{
    annealing *s = argument;
    s->log_weight[i] += hm_tempered_log_p(&s->chains, i, s->to) - hm_tempered_log_p(&s->chains, i, s->from);
    s->chains.beta[i] = s->to;
}

/* Along betas[0 .. n - 1] or back: weighs the chains from one beta to the next and moves them there. */
static hm_status anneal(annealing *s, const double *betas, size_t n, bool is_reverse, const hm_evaluate_events *events,
                        hm_error *error)
{
    enum { STEPS_BETWEEN_REPORTS = 100 };
    const char *what = is_reverse ? "reverse AIS" : "AIS";
    memset(s->log_weight, 0, s->chains.n * sizeof *s->log_weight);
    for (size_t k = 1; k < n; k++) {
        size_t i = is_reverse ? n - k : k - 1;
        s->from = betas[i];
        s->to = betas[is_reverse ? i - 1 : i + 1];
        hm_tempered_up(&s->chains);
        hm_pool_run(s->rbm->context->pool, s->chains.n, weigh_chain, s);
        if (k + 1 < n)
            hm_tempered_move(&s->chains);
        if (k % STEPS_BETWEEN_REPORTS != 0 && k + 1 < n)
            continue;
        if (events && events->on_step)
            events->on_step(events->user, what, k, n - 1);
        if (events && events->should_stop && events->should_stop(events->user))
            return hm_fail(error, HM_ERROR_INTERRUPTED, "%s was stopped after %zu of %zu steps", what, k, n - 1);
    }
    return HM_OK;
}

/* Chains that have run so long at beta 1, from the rows of `start`. */
static void burn_in(annealing *s, hm_matrix start, int64_t n_steps)
{
    hm_tempered *chains = &s->chains;
    for (size_t i = 0; i < chains->n; i++) {
        memcpy(hm_row_f32(&chains->v, i), hm_row_f32(&start, i % start.rows), start.cols * sizeof(float));
        chains->beta[i] = 1;
    }
    for (int64_t k = 0; k < n_steps; k++) {
        hm_tempered_up(chains);
        hm_tempered_move(chains);
    }
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
static hm_estimate conclude(annealing *s, bool is_reverse)
{
    double deviation, ratio = hm_log_mean_exp(s->log_weight, s->chains.n, &deviation);
    double base = hm_tempered_base_log_partition(&s->chains);
    double up = log1p(3 * deviation), down = 3 * deviation < 1 ? log1p(-3 * deviation) : -INFINITY;
    if (is_reverse)
        return (hm_estimate){base - ratio, base - ratio - up, base - ratio - down};
    return (hm_estimate){base + ratio, base + ratio + down, base + ratio + up};
}

hm_status hm_ais(const hm_rbm *rbm, const float *base_bias, const hm_evaluate_config *config, const hm_evaluate_events *events,
                 hm_estimate *log_Z, hm_error *error)
{
    annealing s = {0};
    double *betas = NULL;
    size_t n;
    hm_status status = hm_betas_parse(rbm->context, config->betas, &betas, &n, error);
    if (status == HM_OK)
        status = create(&s, rbm, base_bias, (size_t)config->chains, STREAM_FORWARD, error);
    if (status == HM_OK) {
        hm_tempered_start(&s.chains);
        status = anneal(&s, betas, n, false, events, error);
    }
    if (status == HM_OK)
        *log_Z = conclude(&s, false);
    destroy(&s);
    hm_free(rbm->context, betas);
    return status;
}

hm_status hm_ais_reverse(const hm_rbm *rbm, const float *base_bias, hm_matrix start, const hm_evaluate_config *config,
                         const hm_evaluate_events *events, hm_estimate *log_Z, hm_error *error)
{
    annealing s = {0};
    double *betas = NULL;
    size_t n;
    hm_status status = hm_betas_parse(rbm->context, config->betas, &betas, &n, error);
    if (status == HM_OK)
        status = create(&s, rbm, base_bias, (size_t)config->chains, STREAM_REVERSE, error);
    if (status == HM_OK) {
        burn_in(&s, start, config->burn_in);
        status = anneal(&s, betas, n, true, events, error);
    }
    if (status == HM_OK)
        *log_Z = conclude(&s, true);
    destroy(&s);
    hm_free(rbm->context, betas);
    return status;
}
