/* Annealed importance sampling: see harmonium/likelihood.h.
 *
 * Along the path lie RBMs with W_k = beta_k W, c_k = beta_k c, b_k = (1 - beta_k) b0 + beta_k b, so that
 *
 *     log p*_k(v) = b_k'v - e(v) + LP(beta_k a),   a = c + W'v,   LP the log-partition of the hidden units,
 *
 * and a step needs two products: a, which weighs the chain at both betas and drives h, and W h for the next v. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"
#include "compute/unit.h"
#include "infer/annealing.h"

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
    const hm_context *context;
    hm_rbm *rbm; /* a copy, packed */
    const float *base;
    size_t n;
    float *block;
    hm_matrix v, v_mean, a, h_mean, h;
    float *bias;        /* b_k */
    float *slope;       /* [V] b - b0, a number for each unit */
    double *log_weight; /* [n] */
    double from, to;    /* betas of the step in work */
    hm_random random;   /* its step is that of the next numbers */
} annealing;

static hm_status copy_machine(const hm_rbm *rbm, size_t batch, hm_rbm **copy, hm_error *error)
{
    hm_status status = hm_rbm_create(rbm->context, hm_rbm_visible(rbm), hm_rbm_hidden(rbm), copy, error);
    if (status != HM_OK)
        return status;
    memcpy((*copy)->block, rbm->block, rbm->n_parameters * sizeof *rbm->block);
    return hm_machine_reserve(*copy, batch, false, error);
}

static hm_status create(annealing *s, const hm_rbm *rbm, const float *base, size_t n, uint32_t stream, hm_error *error)
{
    size_t V = hm_rbm_visible(rbm)->n_units, H = hm_rbm_hidden(rbm)->n_units;
    *s = (annealing){.context = rbm->context, .base = base, .n = n};
    s->random.seed = hm_random_stream(rbm->context->seed, stream);
    hm_status status = copy_machine(rbm, n, &s->rbm, error);
    if (status != HM_OK)
        return status;
    s->block = hm_alloc(s->context, n * (2 * V + 3 * H) + 2 * V, sizeof *s->block, error);
    s->log_weight = hm_alloc(s->context, n, sizeof *s->log_weight, error);
    if (!s->block || !s->log_weight)
        return HM_ERROR_MEMORY;
    s->v = hm_matrix_f32(s->block, n, V);
    s->v_mean = hm_matrix_f32(s->block + n * V, n, V);
    s->a = hm_matrix_f32(s->block + 2 * n * V, n, H);
    s->h_mean = hm_matrix_f32(s->block + n * (2 * V + H), n, H);
    s->h = hm_matrix_f32(s->block + n * (2 * V + 2 * H), n, H);
    s->slope = s->block + n * (2 * V + 3 * H);
    s->bias = s->slope + V;
    for (size_t k = 0, run = hm_layer_bias_run(hm_rbm_visible(rbm)); k < V; k++)
        s->slope[k] = hm_rbm_visible_bias(rbm)[k / run] - base[k / run];
    return HM_OK;
}

static void destroy(annealing *s)
{
    hm_free(s->context, s->block);
    hm_free(s->context, s->log_weight);
    hm_rbm_destroy(s->rbm);
}

static void set_bias(annealing *s, double beta)
{
    const float *b = hm_rbm_visible_bias(s->rbm);
    for (size_t i = 0; i < hm_layer_n_biases(hm_rbm_visible(s->rbm)); i++)
        s->bias[i] = (float)((1 - beta) * s->base[i] + beta * b[i]);
}

/* v from its own units with W = 0: exact samples of the base model. */
static void sample_base(annealing *s)
{
    const hm_layer *visible = hm_rbm_visible(s->rbm);
    set_bias(s, 0);
    memset(s->v_mean.data, 0, s->n * s->v.cols * sizeof(float));
    s->random.purpose = HM_RANDOM_VISIBLE;
    hm_propagate(s->context, &(hm_propagation){.bias = s->bias,
                                               .bias_run = hm_layer_bias_run(visible),
                                               .layer = visible,
                                               .beta = 1,
                                               .mean = s->v_mean,
                                               .sample = s->v,
                                               .random = s->random});
    s->random.step++;
}

static double scaled_log_partition(const annealing *s, double beta, const float *a, float *room)
{
    for (size_t j = 0; j < s->a.cols; j++)
        room[j] = (float)beta * a[j];
    return hm_layer_log_partition(s->context->backend->kernels(), hm_rbm_hidden(s->rbm), 1, room);
}

static double dot(const float *x, const float *y, size_t n)
{
    enum { LANES = 8 };
    double sum[LANES] = {0}, total = 0;
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sum[lane] += (double)x[k + lane] * y[k + lane];
    for (; k < n; k++)
        sum[0] += (double)x[k] * y[k];
    for (size_t lane = 0; lane < LANES; lane++)
        total += sum[lane];
    return total;
}

/* log p*_to(v) - log p*_from(v); leaves the inputs of the hidden units at `to` in h_mean. */
static void weigh_chain(void *argument, size_t i)
{
    annealing *s = argument;
    const float *v = hm_row_f32(&s->v, i), *a = hm_row_f32(&s->a, i);
    double before = scaled_log_partition(s, s->from, a, hm_row_f32(&s->h_mean, i));
    s->log_weight[i] += (s->to - s->from) * dot(s->slope, v, s->v.cols) + scaled_log_partition(s, s->to, a, hm_row_f32(&s->h_mean, i)) - before;
}

static void sample_hidden(annealing *s)
{
    s->random.purpose = HM_RANDOM_HIDDEN;
    hm_propagate(s->context, &(hm_propagation){.layer = hm_rbm_hidden(s->rbm),
                                               .beta = 1,
                                               .mean = s->h_mean,
                                               .sample = s->h,
                                               .random = s->random});
}

static void sample_visible(annealing *s)
{
    const hm_layer *visible = hm_rbm_visible(s->rbm);
    hm_propagation job = {.input = s->h,
                          .is_down = true,
                          .bias = s->bias,
                          .bias_run = hm_layer_bias_run(visible),
                          .layer = visible,
                          .scale = (float)s->to,
                          .beta = 1,
                          .mean = s->v_mean,
                          .sample = s->v,
                          .random = s->random};
    s->random.purpose = job.random.purpose = HM_RANDOM_VISIBLE;
    if (s->to == 0) { /* a scale of 0 would mean 1 */
        memset(s->v_mean.data, 0, s->n * s->v.cols * sizeof(float));
        job.input = (hm_matrix){0};
    }
    s->rbm->connection.kind->propagate(s->context, &s->rbm->connection, job);
    s->random.step++;
}

/* Weighs the chains from one beta to the next and moves them there. */
static void step(annealing *s, double from, double to, bool is_last)
{
    s->from = from;
    s->to = to;
    hm_machine_up(s->rbm, s->v, s->a);
    hm_pool_run(s->context->pool, s->n, weigh_chain, s);
    if (is_last)
        return;
    set_bias(s, to);
    sample_hidden(s);
    sample_visible(s);
}

/* Along betas[0 .. n - 1] or back. */
static hm_status anneal(annealing *s, const double *betas, size_t n, bool is_reverse, const hm_evaluate_events *events,
                        hm_error *error)
{
    enum { STEPS_BETWEEN_REPORTS = 100 };
    const char *what = is_reverse ? "reverse AIS" : "AIS";
    for (size_t k = 1; k < n; k++) {
        size_t i = is_reverse ? n - k : k - 1;
        step(s, betas[i], betas[is_reverse ? i - 1 : i + 1], k + 1 == n);
        if (k % STEPS_BETWEEN_REPORTS != 0 && k + 1 < n)
            continue;
        if (events && events->on_step)
            events->on_step(events->user, what, k, n - 1);
        if (events && events->should_stop && events->should_stop(events->user))
            return hm_fail(error, HM_ERROR_INTERRUPTED, "%s was stopped after %zu of %zu steps", what, k, n - 1);
    }
    return HM_OK;
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

/* log Z_0 of the base model. */
static double base_log_partition(const annealing *s, float *room_v, float *room_h)
{
    const hm_layer *visible = hm_rbm_visible(s->rbm), *hidden = hm_rbm_hidden(s->rbm);
    const hm_kernels *kernels = s->context->backend->kernels();
    size_t run = hm_layer_bias_run(visible);
    for (size_t i = 0; i < visible->n_units; i++)
        room_v[i] = s->base[i / run];
    memset(room_h, 0, hidden->n_units * sizeof *room_h);
    return hm_layer_log_partition(kernels, visible, 1, room_v) + hm_layer_log_partition(kernels, hidden, 1, room_h);
}

/* Three deviations of the mean weight either way; below, where they would leave nothing, as far as the value. */
static hm_estimate conclude(annealing *s, bool is_reverse)
{
    double deviation, ratio = hm_log_mean_exp(s->log_weight, s->n, &deviation);
    double base = base_log_partition(s, hm_row_f32(&s->v_mean, 0), hm_row_f32(&s->h_mean, 0));
    double up = log1p(3 * deviation), down = 3 * deviation < 1 ? log1p(-3 * deviation) : -INFINITY;
    if (is_reverse)
        return (hm_estimate){base - ratio, base - ratio - up, base - ratio - down};
    return (hm_estimate){base + ratio, base + ratio + down, base + ratio + up};
}

hm_status hm_ais(const hm_rbm *rbm, const float *base_bias, const hm_evaluate_config *config, const hm_evaluate_events *events,
                 hm_estimate *log_Z, hm_error *error)
{
    annealing s = {.context = rbm->context};
    double *betas = NULL;
    size_t n;
    hm_status status = hm_betas_parse(rbm->context, config->betas, &betas, &n, error);
    if (status == HM_OK)
        status = create(&s, rbm, base_bias, (size_t)config->chains, STREAM_FORWARD, error);
    if (status == HM_OK) {
        sample_base(&s);
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
    annealing s = {.context = rbm->context};
    double *betas = NULL;
    size_t n;
    hm_status status = hm_betas_parse(rbm->context, config->betas, &betas, &n, error);
    if (status == HM_OK)
        status = create(&s, rbm, base_bias, (size_t)config->chains, STREAM_REVERSE, error);
    if (status == HM_OK) {
        for (size_t i = 0; i < s.n; i++)
            memcpy(hm_row_f32(&s.v, i), hm_row_f32(&start, i % start.rows), start.cols * sizeof(float));
        for (int64_t k = 0; k < config->burn_in; k++)
            step(&s, 1, 1, false);
        memset(s.log_weight, 0, s.n * sizeof *s.log_weight);
        status = anneal(&s, betas, n, true, events, error);
    }
    if (status == HM_OK)
        *log_Z = conclude(&s, true);
    destroy(&s);
    hm_free(rbm->context, betas);
    return status;
}
