/* Inference by samples: ancestral, weighted by the likelihood of the evidence, and by Gibbs chains. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "belief/net.h"

/* Of the random numbers. */
enum { STREAM_ANCESTRAL = 8 << 14, STREAM_WEIGHTING, STREAM_GIBBS, STREAM_ANNEALING };

static hm_random random_of(const hm_belief *net, uint32_t stream, uint64_t step)
{
    return (hm_random){hm_random_stream(net->context->seed, stream), HM_RANDOM_CHAIN, step};
}

/* ---- Ancestral --------------------------------------------------------------------------------------------------------- */

/* P at a temperature: odds to the power of 1 / T. */
static double at_temperature(double p, double temperature)
{
    if (p <= 0 || p >= 1 || temperature == 1)
        return p;
    return 1 / (1 + exp(-log(p / (1 - p)) / temperature));
}

/* A state from parents to children, observed nodes held; returns log P(observed | their parents in it). u[n]: uniforms. */
static double draw(const hm_belief *net, const int8_t *observed, double temperature, const float *u, uint8_t *state)
{
    double log_weight = 0;
    for (size_t k = 0; k < net->n; k++) {
        size_t i = net->order[k];
        double p = hm_belief_probability(net, i, state);
        if (observed && observed[i] >= 0) {
            state[i] = (uint8_t)observed[i];
            log_weight += log(state[i] ? p : 1 - p);
        } else {
            state[i] = u[i] < at_temperature(p, temperature);
        }
    }
    return log_weight;
}

hm_status hm_belief_sample(const hm_belief *net, size_t n, double temperature, uint8_t *states, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, states));
    HM_REQUIRE(hm_check_number("temperature", temperature, DBL_MIN, DBL_MAX, error));
    float *u = hm_alloc(net->context, net->n, sizeof *u, error);
    for (size_t s = 0; u && s < n; s++) {
        const hm_random random = random_of(net, STREAM_ANCESTRAL, s);
        hm_random_fill_uniform(&random, 0, 0, net->n, u);
        draw(net, NULL, temperature, u, states + s * net->n);
    }
    hm_free(net->context, u);
    return u ? HM_OK : HM_ERROR_MEMORY;
}

typedef struct weighting {
    const hm_belief *net;
    const int8_t *observed;
    double *sum, *squares; /* [n] weights and squared weights of samples with the node on */
    float *u;
    uint8_t *state;
} weighting;

/* A node's estimate is a ratio of means; its error by the delta method: sum w^2 (x - p)^2 / (sum w)^2. */
static void conclude(const weighting *w, double total, double total_squares, hm_posterior *posterior)
{
    for (size_t i = 0; i < w->net->n; i++) {
        double p = w->sum[i] / total;
        double variance = (w->squares[i] * (1 - 2 * p) + p * p * total_squares) / (total * total);
        posterior->marginal[i] = (hm_marginal){p, sqrt(fmax(variance, 0)), NAN, variance > 0 ? p * (1 - p) / variance : INFINITY};
    }
}

hm_status hm_infer_weighting(const hm_belief *net, const int8_t *observed, const hm_belief_config *config, hm_posterior *posterior,
                             hm_error *error)
{
    weighting w = {net, observed, NULL, NULL, NULL, NULL};
    w.sum = hm_alloc(net->context, 2 * net->n, sizeof *w.sum, error);
    w.u = hm_alloc(net->context, net->n, sizeof *w.u, error);
    w.state = hm_alloc(net->context, net->n, 1, error);
    hm_status status = w.sum && w.u && w.state ? HM_OK : HM_ERROR_MEMORY;
    double total = 0, squares = 0, most = -INFINITY; /* weights are relative to exp(most) */
    w.squares = w.sum ? w.sum + net->n : NULL;
    for (int64_t s = 0; status == HM_OK && s < config->samples; s++) {
        const hm_random random = random_of(net, STREAM_WEIGHTING, (uint64_t)s);
        hm_random_fill_uniform(&random, 0, 0, net->n, w.u);
        double log_weight = draw(net, observed, 1, w.u, w.state);
        if (log_weight > most) { /* rescale what is there */
            double factor = exp(most - log_weight);
            total *= factor;
            squares *= factor * factor;
            for (size_t i = 0; i < net->n; i++) {
                w.sum[i] *= factor;
                w.squares[i] *= factor * factor;
            }
            most = log_weight;
        }
        double weight = log_weight > -INFINITY ? exp(log_weight - most) : 0;
        total += weight;
        squares += weight * weight;
        for (size_t i = 0; i < net->n; i++) {
            w.sum[i] += w.state[i] ? weight : 0;
            w.squares[i] += w.state[i] ? weight * weight : 0;
        }
    }
    if (status == HM_OK && !(total > 0))
        status = hm_belief_fail_massless(net, observed, error);
    if (status == HM_OK) {
        posterior->effective_size = total * total / squares;
        posterior->log_evidence = most + log(total / (double)config->samples);
        conclude(&w, total, squares, posterior);
    }
    hm_free(net->context, w.sum);
    hm_free(net->context, w.u);
    hm_free(net->context, w.state);
    return status;
}

/* ---- Gibbs --------------------------------------------------------------------------------------------------------------- */

enum { BATCHES = 20 }; /* of a chain, whose means tell how independent its states are */

/* Draws a state to begin a chain with, where `possible` (of all nodes) steps in for one that cannot be together with what was observed:
 * from there a chain that changes one node at a time may find no way out. */
static void begin_chain(const hm_belief *net, const int8_t *observed, const uint8_t *possible, const float *u, uint8_t *state)
{
    if (draw(net, observed, 1, u, state) == -INFINITY && possible)
        memcpy(state, possible, net->n);
}

/* A possible state in `room`[n], or null when it takes too long to find; only nets with certainties need one. */
static hm_status find_begin(const hm_belief *net, const int8_t *observed, uint8_t *room, const uint8_t **possible, hm_error *error)
{
    bool is_found = false;
    hm_status status = hm_belief_find_possible(net, observed, room, &is_found, error);
    *possible = is_found ? room : NULL;
    return status;
}

typedef struct gibbs {
    const hm_belief *net;
    const int8_t *observed;
    size_t n_sweeps, n_chains;
    uint8_t *state;  /* [chains + 1][n]; the last is for `possible` */
    const uint8_t *possible; /* null: not known */
    float *u;        /* [chains][n] */
    double *batch;   /* [chains][BATCHES][n] means of P(x_i = 1 | the others) */
    const size_t *query; /* null: no joint is wanted */
    size_t n_query;
    double *seen;    /* [chains][2^n_query] sweeps that ended in each state */
} gibbs;

/* P(x_i = 1 | all others): its own conditional and those of its children. */
static double conditional(const hm_belief *net, size_t i, uint8_t *state)
{
    double p = hm_belief_probability(net, i, state), on = p, off = 1 - p;
    const hm_node *node = &net->node[i];
    uint8_t kept = state[i];
    for (size_t k = 0; k < node->n_children; k++) {
        size_t c = node->children[k];
        state[i] = 1;
        double q = hm_belief_probability(net, c, state);
        on *= state[c] ? q : 1 - q;
        state[i] = 0;
        q = hm_belief_probability(net, c, state);
        off *= state[c] ? q : 1 - q;
        if (on + off < 1e-200) { /* many children: keep the ratio */
            on *= 1e200;
            off *= 1e200;
        }
    }
    state[i] = kept;
    return on + off > 0 ? on / (on + off) : 0.5;
}

hm_status hm_belief_anneal(const hm_belief *net, const int8_t *observed, const double *temperature, size_t n_sweeps, uint8_t *state,
                           double *energy, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, observed, state));
    HM_REQUIRE(hm_check_states("observed", observed, net->n, -1, error));
    for (size_t s = 0; s < n_sweeps; s++)
        HM_REQUIRE(hm_check_number("temperature", temperature[s], DBL_MIN, DBL_MAX, error));
    uint8_t *now = hm_alloc(net->context, 2 * net->n, 1, error);
    const uint8_t *possible = NULL;
    float *u = hm_alloc(net->context, net->n, sizeof *u, error);
    hm_status status = now && u ? HM_OK : HM_ERROR_MEMORY;
    double least = INFINITY;
    hm_random random = random_of(net, STREAM_ANNEALING, 0);
    if (status == HM_OK)
        status = find_begin(net, observed, now + net->n, &possible, error);
    if (status == HM_OK) {
        hm_random_fill_uniform(&random, 0, 0, net->n, u);
        begin_chain(net, observed, possible, u, now);
        memcpy(state, now, net->n);
    }
    for (size_t sweep = 0; status == HM_OK && sweep < n_sweeps; sweep++) {
        random.step = sweep + 1;
        hm_random_fill_uniform(&random, 0, 0, net->n, u);
        for (size_t i = 0; i < net->n; i++)
            now[i] = observed[i] >= 0 ? (uint8_t)observed[i] : u[i] < at_temperature(conditional(net, i, now), temperature[sweep]);
        energy[sweep] = -hm_belief_log_joint(net, now);
        if (energy[sweep] < least) {
            least = energy[sweep];
            memcpy(state, now, net->n);
        }
    }
    hm_free(net->context, now);
    hm_free(net->context, u);
    return status;
}

static void note_state(const gibbs *g, size_t chain)
{
    const uint8_t *state = g->state + chain * g->net->n;
    size_t row = 0;
    for (size_t k = 0; k < g->n_query; k++)
        row = row << 1 | state[g->query[k]];
    g->seen[(chain << g->n_query) + row]++;
}

static void run_chain(void *argument, size_t chain)
{
    gibbs *g = argument;
    size_t n = g->net->n, burn_in = g->n_sweeps;
    uint8_t *state = g->state + chain * n;
    float *u = g->u + chain * n;
    hm_random random = random_of(g->net, STREAM_GIBBS, 0);
    hm_random_fill_uniform(&random, chain, 0, n, u);
    begin_chain(g->net, g->observed, g->possible, u, state);
    for (size_t sweep = 0; sweep < burn_in + g->n_sweeps; sweep++) {
        double *batch = sweep < burn_in ? NULL
                                        : g->batch + (chain * BATCHES + (sweep - burn_in) * BATCHES / g->n_sweeps) * n;
        random.step = sweep + 1;
        hm_random_fill_uniform(&random, chain, 0, n, u);
        for (size_t i = 0; i < n; i++) {
            double p = g->observed[i] >= 0 ? g->observed[i] : conditional(g->net, i, state);
            state[i] = g->observed[i] >= 0 ? (uint8_t)g->observed[i] : u[i] < p;
            if (batch)
                batch[i] += p * BATCHES / (double)g->n_sweeps;
        }
        if (batch && g->query)
            note_state(g, chain);
    }
}

/* The mean over chains and batches; its error from the spread of batch means; R-hat from chain means. */
static hm_marginal summarise(const gibbs *g, size_t i)
{
    size_t C = g->n_chains, n = g->net->n;
    double mean = 0, within = 0, between = 0, spread = 0;
    for (size_t k = 0; k < C * BATCHES; k++)
        mean += g->batch[k * n + i] / (double)(C * BATCHES);
    for (size_t c = 0; c < C; c++) {
        double own = 0;
        for (size_t b = 0; b < BATCHES; b++)
            own += g->batch[(c * BATCHES + b) * n + i] / BATCHES;
        for (size_t b = 0; b < BATCHES; b++) {
            double d = g->batch[(c * BATCHES + b) * n + i] - own, e = g->batch[(c * BATCHES + b) * n + i] - mean;
            within += d * d / (double)(C * (BATCHES - 1));
            spread += e * e / (double)(C * BATCHES - 1);
        }
        between += (own - mean) * (own - mean) * BATCHES / (double)(C > 1 ? C - 1 : 1);
    }
    double r_hat = within > 0 ? sqrt((BATCHES - 1.0) / BATCHES + between / within / BATCHES) : between > 1e-12 ? INFINITY : 1;
    double error = sqrt(fmax(spread, between) / (double)(C * BATCHES));
    return (hm_marginal){mean, error, C > 1 ? r_hat : NAN, error > 0 ? mean * (1 - mean) / (error * error) : INFINITY};
}

static hm_status begin_gibbs(gibbs *g, const hm_belief *net, const int8_t *observed, const hm_belief_config *config, hm_error *error)
{
    *g = (gibbs){.net = net, .observed = observed, .n_sweeps = (size_t)config->samples, .n_chains = (size_t)config->chains};
    g->n_sweeps = g->n_sweeps < BATCHES ? BATCHES : g->n_sweeps;
    g->state = hm_alloc(net->context, (g->n_chains + 1) * net->n, 1, error);
    g->u = hm_alloc(net->context, g->n_chains * net->n, sizeof *g->u, error);
    g->batch = hm_alloc(net->context, g->n_chains * BATCHES * net->n, sizeof *g->batch, error);
    if (!g->state || !g->u || !g->batch)
        return HM_ERROR_MEMORY;
    return find_begin(net, observed, g->state + g->n_chains * net->n, &g->possible, error);
}

/* A chain that ended in an impossible state has met none that is possible, for it would not have left it again. */
static hm_status run_chains(gibbs *g, hm_error *error)
{
    hm_status status = HM_OK;
    hm_pool_run(g->net->context->pool, g->n_chains, run_chain, g);
    for (size_t c = 0; status == HM_OK && c < g->n_chains; c++)
        if (hm_belief_log_joint(g->net, g->state + c * g->net->n) == -INFINITY)
            status = hm_belief_fail_massless(g->net, g->observed, error);
    return status;
}

static void end_gibbs(gibbs *g)
{
    hm_free(g->net->context, g->state);
    hm_free(g->net->context, g->u);
    hm_free(g->net->context, g->batch);
    hm_free(g->net->context, g->seen);
}

hm_status hm_infer_gibbs(const hm_belief *net, const int8_t *observed, const hm_belief_config *config, hm_posterior *posterior,
                         hm_error *error)
{
    gibbs g;
    hm_status status = begin_gibbs(&g, net, observed, config, error);
    posterior->log_evidence = NAN;
    posterior->effective_size = INFINITY;
    if (status == HM_OK)
        status = run_chains(&g, error);
    for (size_t i = 0; status == HM_OK && i < net->n; i++) {
        hm_marginal m = posterior->marginal[i] = summarise(&g, i);
        posterior->effective_size = fmin(posterior->effective_size, m.effective_size);
    }
    end_gibbs(&g);
    return status;
}

hm_status hm_belief_gibbs_joint(const hm_belief *net, const int8_t *observed, const hm_belief_config *config, const size_t *query,
                                size_t n_query, double *joint, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, observed, config, joint));
    HM_REQUIRE(hm_check_states("observed", observed, net->n, -1, error));
    HM_REQUIRE(hm_options_check(&hm_belief_options, config, error));
    HM_REQUIRE(hm_check_number("n_query", (double)n_query, 1, 20, error));
    for (size_t k = 0; k < n_query; k++)
        HM_REQUIRE(hm_check_index("node", query[k], net->n, error));
    gibbs g;
    size_t n_states = (size_t)1 << n_query;
    hm_status status = begin_gibbs(&g, net, observed, config, error);
    g.query = query;
    g.n_query = n_query;
    if (status == HM_OK && !(g.seen = hm_alloc(net->context, g.n_chains * n_states, sizeof *g.seen, error)))
        status = HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = run_chains(&g, error);
    double total = (double)(g.n_chains * g.n_sweeps) + 0.5 * (double)n_states;
    for (size_t s = 0; status == HM_OK && s < n_states; s++) {
        joint[s] = 0.5 / total;
        for (size_t c = 0; c < g.n_chains; c++)
            joint[s] += g.seen[c * n_states + s] / total;
    }
    end_gibbs(&g);
    return status;
}
