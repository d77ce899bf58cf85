/* Learning the numbers of a belief net from cases: maximum likelihood where all is observed, else expectation-maximisation
 * (Dempster, Laird and Rubin, 1977; Lauritzen, 1995) with exact expectations.
 *
 * What a node needs is how often its parents were in each state with it off and on: counts[2^n_parents][2], expected under the
 * posterior of what was not observed. A table is then their ratio; a logistic unit is a regression on them by Newton steps; a
 * noisy-or takes some steps of its own EM over which cause has fired. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "belief/net.h"

enum { PARENTS_MAX = 16, FREE_MAX = 20, NEWTON_STEPS = 50, NOISY_OR_STEPS = 100, STREAM_BEGIN = 10 << 14 };
static const double COMPLETIONS_MAX = 1 << 26; /* in one iteration */
static const double RIDGE = 1e-6; /* of logistic regression, a case: without it units that are always on would go to infinity */

#define ROW(name, type, field, initial, least, most, unit, choices, help) \
    {name, 0, HM_OPTION_##type, offsetof(hm_belief_learn_config, field), initial, least, most, unit, choices, help}

static const hm_option rows[] = {
    ROW("iterations", INT, iterations, "200", 1, 1e9, "N", NULL, "of expectation-maximisation at most; one is enough where all is observed"),
    ROW("tolerance", REAL, tolerance, "1e-6", 0, 1, "NATS", NULL, "stop when a case has gained less"),
    ROW("prior-count", REAL, prior_count, "0", 0, 1e9, "N", NULL, "pretended cases of each value in each row of a table"),
    ROW("begin", CHOICE, begin, "net", 0, 0, "WHERE", "net|random",
        "numbers to begin with: those of the net, or random ones; hidden nodes that begin alike stay alike"),
};
const hm_option_table hm_belief_learn_options = {"learning", "Learning", rows, sizeof rows / sizeof *rows, false};

/* A kind of case, and how many there are. */
typedef struct pattern {
    const int8_t *state;
    double count;
} pattern;

typedef struct learning {
    hm_belief *net;
    const hm_belief_learn_config *config;
    pattern *pattern; /* [n_patterns] */
    size_t n_patterns;
    double n_cases;
    double **counts;  /* [n_nodes][2^n_parents * 2] */
    double *block;
    size_t n_counts;
    double weight;    /* of the completions now visited: cases over their mass */
} learning;

/* ---- Cases -------------------------------------------------------------------------------------------------- */

typedef struct sorted {
    const int8_t *state;
    size_t n;
} sorted;

static int compare_cases(const void *a, const void *b)
{
    const sorted *x = a, *y = b;
    return memcmp(x->state, y->state, x->n);
}

/* Equal cases become one pattern. */
static hm_status sort_cases(learning *l, const int8_t *states, size_t n, hm_error *error)
{
    const hm_context *context = l->net->context;
    sorted *all = hm_alloc(context, n, sizeof *all, error);
    l->pattern = hm_alloc(context, n, sizeof *l->pattern, error);
    if (all && l->pattern) {
        for (size_t i = 0; i < n; i++)
            all[i] = (sorted){states + i * l->net->n, l->net->n};
        qsort(all, n, sizeof *all, compare_cases);
        for (size_t i = 0; i < n; i++) {
            if (i == 0 || compare_cases(&all[i - 1], &all[i]) != 0)
                l->pattern[l->n_patterns++] = (pattern){all[i].state, 0};
            l->pattern[l->n_patterns - 1].count++;
        }
    }
    hm_free(context, all);
    l->n_cases = (double)n;
    return all && l->pattern ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status check(const learning *l, hm_error *error)
{
    double n_completions = 0;
    for (size_t i = 0; i < l->net->n; i++)
        if (l->net->node[i].n_parents > PARENTS_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "%s has %zu parents, and learning from cases is for %d at most; layers of many units learn by wake-sleep "
                           "(harmonium train --kind sbn)",
                           l->net->node[i].name, l->net->node[i].n_parents, PARENTS_MAX);
    for (size_t k = 0; k < l->n_patterns; k++) {
        size_t n_free = 0;
        for (size_t i = 0; i < l->net->n; i++)
            n_free += l->pattern[k].state[i] < 0;
        n_completions += ldexp(1, (int)(n_free < 1000 ? n_free : 1000));
        if (n_free > FREE_MAX || n_completions > COMPLETIONS_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "a case leaves %zu nodes open, and exact expectations are for %d at most and 2^26 states in all; observe "
                           "more nodes, take fewer cases, or learn layers by wake-sleep (harmonium train --kind sbn)",
                           n_free, FREE_MAX);
    }
    return HM_OK;
}

static hm_status make_counts(learning *l, hm_error *error)
{
    const hm_belief *net = l->net;
    for (size_t i = 0; i < net->n; i++)
        l->n_counts += (size_t)2 << net->node[i].n_parents;
    l->block = hm_alloc(net->context, l->n_counts, sizeof *l->block, error);
    l->counts = hm_alloc(net->context, net->n, sizeof *l->counts, error);
    if (!l->block || !l->counts)
        return HM_ERROR_MEMORY;
    for (size_t i = 0, used = 0; i < net->n; i++) {
        l->counts[i] = l->block + used;
        used += (size_t)2 << net->node[i].n_parents;
    }
    return HM_OK;
}

/* ---- Expectation ---------------------------------------------------------------------------------------------- */

static void count_state(void *user, const uint8_t *state, double mass)
{
    learning *l = user;
    for (size_t i = 0; i < l->net->n; i++) {
        const hm_node *node = &l->net->node[i];
        size_t row = 0;
        for (size_t k = 0; k < node->n_parents; k++)
            row = row << 1 | state[node->parents[k]];
        l->counts[i][2 * row + state[i]] += mass * l->weight;
    }
}

static bool is_complete(const learning *l, const pattern *p)
{
    for (size_t i = 0; i < l->net->n; i++)
        if (p->state[i] < 0)
            return false;
    return true;
}

static hm_status fail_impossible(const learning *l, const pattern *p, hm_error *error)
{
    char text[300] = "";
    for (size_t i = 0, used = 0; i < l->net->n && used + HM_NODE_NAME_MAX + 8 < sizeof text; i++)
        if (p->state[i] >= 0)
            used += (size_t)snprintf(text + used, sizeof text - used, " %s=%s", l->net->node[i].name,
                                     l->net->node[i].values[p->state[i]]);
    return hm_fail(error, HM_ERROR_ARGUMENT,
                   "a case cannot happen in this net as it is, and so says nothing of what is hidden in it:%s; begin with numbers between "
                   "0 and 1 (--begin random)",
                   text);
}

/* Expected counts, and the mean log-likelihood of the cases under the numbers as they are. A complete case counts whatever they are. */
static hm_status expect(learning *l, double *log_likelihood, hm_error *error)
{
    memset(l->block, 0, l->n_counts * sizeof *l->block);
    *log_likelihood = 0;
    for (size_t k = 0; k < l->n_patterns; k++) {
        const pattern *p = &l->pattern[k];
        double mass;
        if (is_complete(l, p)) {
            const uint8_t *state = (const uint8_t *)p->state;
            *log_likelihood += p->count * hm_belief_log_joint(l->net, state) / l->n_cases;
            l->weight = p->count;
            count_state(l, state, 1);
            continue;
        }
        hm_status status = hm_belief_visit(l->net, p->state, NULL, NULL, &mass, error);
        if (status != HM_OK)
            return status;
        *log_likelihood += p->count * log(mass) / l->n_cases;
        l->weight = p->count / mass;
        status = mass > 0 ? hm_belief_visit(l->net, p->state, count_state, l, &mass, error) : fail_impossible(l, p, error);
        if (status != HM_OK)
            return status;
    }
    return HM_OK;
}

/* ---- Maximisation -------------------------------------------------------------------------------------------- */

static void fit_table(hm_node *node, const double *counts, double prior)
{
    for (size_t row = 0; row < (size_t)1 << node->n_parents; row++) {
        double off = counts[2 * row] + prior, on = counts[2 * row + 1] + prior;
        if (off + on > 0)
            node->numbers[row] = on / (off + on);
    }
}

/* Solves A x = b of a symmetric positive A[n][n], which is lost; b becomes x (Cholesky). */
static void solve(double *A, double *b, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        for (size_t i = j; i < n; i++) {
            double sum = A[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= A[i * n + k] * A[j * n + k];
            A[i * n + j] = i == j ? sqrt(fmax(sum, 1e-300)) : sum / A[j * n + j];
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= A[i * n + k] * b[k];
        b[i] /= A[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= A[k * n + i] * b[k];
        b[i] /= A[i * n + i];
    }
}

/* x[n]: 1 for the bias, then the parents' states in this row. */
static void write_inputs(size_t row, size_t n, double *x)
{
    x[0] = 1;
    for (size_t k = 1; k < n; k++)
        x[k] = (double)(row >> (n - 1 - k) & 1);
}

static double log_likelihood_of(const double *w, size_t n, const double *counts, double ridge)
{
    double sum = 0, x[PARENTS_MAX + 1];
    for (size_t row = 0; row < (size_t)1 << (n - 1); row++) {
        double a = 0;
        write_inputs(row, n, x);
        for (size_t k = 0; k < n; k++)
            a += w[k] * x[k];
        double log_1_plus = a > 0 ? a + log1p(exp(-a)) : log1p(exp(a)); /* -log P(off) */
        sum += counts[2 * row + 1] * (a - log_1_plus) - counts[2 * row] * log_1_plus;
    }
    for (size_t k = 0; k < n; k++)
        sum -= ridge * w[k] * w[k] / 2;
    return sum;
}

static void newton_direction(const double *w, size_t n, const double *counts, double ridge, double *step)
{
    double H[(PARENTS_MAX + 1) * (PARENTS_MAX + 1)] = {0}, x[PARENTS_MAX + 1];
    for (size_t k = 0; k < n; k++) {
        step[k] = -ridge * w[k];
        H[k * n + k] = ridge;
    }
    for (size_t row = 0; row < (size_t)1 << (n - 1); row++) {
        double total = counts[2 * row] + counts[2 * row + 1], a = 0;
        if (total == 0)
            continue;
        write_inputs(row, n, x);
        for (size_t k = 0; k < n; k++)
            a += w[k] * x[k];
        double p = 1 / (1 + exp(-a));
        for (size_t i = 0; i < n; i++) {
            step[i] += (counts[2 * row + 1] - total * p) * x[i];
            for (size_t j = 0; j < n; j++)
                H[i * n + j] += total * p * (1 - p) * x[i] * x[j];
        }
    }
    solve(H, step, n);
}

/* Newton steps, halved until they gain. */
static void fit_logistic(hm_node *node, const double *counts)
{
    size_t n = node->n_parents + 1;
    double w[PARENTS_MAX + 1] = {node->bias}, step[PARENTS_MAX + 1], tried[PARENTS_MAX + 1], total = 0;
    for (size_t row = 0; row < (size_t)2 << node->n_parents; row++)
        total += counts[row];
    double ridge = RIDGE * total;
    for (size_t k = 1; k < n; k++)
        w[k] = node->numbers[k - 1];
    double now = log_likelihood_of(w, n, counts, ridge);
    for (int s = 0; s < NEWTON_STEPS; s++) {
        double scale = 1, next = now;
        newton_direction(w, n, counts, ridge, step);
        for (; scale > 1e-6; scale /= 2) {
            for (size_t k = 0; k < n; k++)
                tried[k] = w[k] + scale * step[k];
            next = log_likelihood_of(tried, n, counts, ridge);
            if (next > now)
                break;
        }
        if (!(next > now + 1e-12 * fabs(now)))
            break;
        now = next;
        memcpy(w, tried, n * sizeof *w);
    }
    node->bias = w[0];
    for (size_t k = 1; k < n; k++)
        node->numbers[k - 1] = w[k];
}

/* Cause 0 is the leak. How often each cause that could has fired, given what was seen; their ratio is the new probability. */
static void fit_noisy_or(hm_node *node, const double *counts)
{
    size_t n = node->n_parents + 1;
    for (int s = 0; s < NOISY_OR_STEPS; s++) {
        double fired[PARENTS_MAX + 1] = {0}, could[PARENTS_MAX + 1] = {0}, x[PARENTS_MAX + 1];
        for (size_t row = 0; row < (size_t)1 << node->n_parents; row++) {
            double off = 1;
            write_inputs(row, n, x);
            for (size_t k = 0; k < n; k++)
                off *= 1 - x[k] * (k ? node->numbers[k - 1] : node->bias);
            for (size_t k = 0; k < n; k++) {
                could[k] += x[k] * (counts[2 * row] + counts[2 * row + 1]);
                if (off < 1)
                    fired[k] += x[k] * counts[2 * row + 1] * (k ? node->numbers[k - 1] : node->bias) / (1 - off);
            }
        }
        for (size_t k = 0; k < n; k++) {
            double *p = k ? &node->numbers[k - 1] : &node->bias;
            *p = could[k] > 0 ? fmin(fired[k] / could[k], 1) : *p;
        }
    }
}

static void maximise(learning *l)
{
    for (size_t i = 0; i < l->net->n; i++) {
        hm_node *node = &l->net->node[i];
        switch (node->kind) {
        case HM_NODE_TABLE: fit_table(node, l->counts[i], l->config->prior_count); break;
        case HM_NODE_LOGISTIC: fit_logistic(node, l->counts[i]); break;
        case HM_NODE_NOISY_OR: fit_noisy_or(node, l->counts[i]); break;
        }
    }
}

/* ---- Learning ----------------------------------------------------------------------------------------------------- */

static void begin_at_random(hm_belief *net)
{
    const hm_random random = {hm_random_stream(net->context->seed, STREAM_BEGIN), HM_RANDOM_WEIGHTS, 0};
    for (size_t i = 0; i < net->n; i++) {
        hm_node *node = &net->node[i];
        size_t n = node->kind == HM_NODE_TABLE ? (size_t)1 << node->n_parents : node->n_parents;
        for (size_t k = 0; k <= n; k++) {
            double u = (double)hm_random_uniform(&random, i, k);
            double number = node->kind == HM_NODE_LOGISTIC ? 4 * u - 2 : 0.1 + 0.8 * u;
            *(k < n ? &node->numbers[k] : &node->bias) = number;
        }
    }
}

hm_status hm_belief_learn(hm_belief *net, const int8_t *states, size_t n, const hm_belief_learn_config *config,
                          const hm_belief_learn_events *events, double *log_likelihood, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, config, log_likelihood));
    HM_REQUIRE(hm_options_check(&hm_belief_learn_options, config, error));
    HM_REQUIRE(n ? HM_GIVEN(error, states) : HM_OK);
    HM_REQUIRE(hm_check_states("states", states, n * net->n, -1, error));
    learning l = {.net = net, .config = config};
    double before = -INFINITY;
    hm_status status = n ? sort_cases(&l, states, n, error) : hm_fail(error, HM_ERROR_ARGUMENT, "there are no cases to learn from");
    if (status == HM_OK)
        status = check(&l, error);
    if (status == HM_OK)
        status = make_counts(&l, error);
    if (status == HM_OK && config->begin == HM_BEGIN_RANDOM)
        begin_at_random(net);
    for (int64_t k = 0; status == HM_OK && k <= config->iterations; k++) {
        status = expect(&l, log_likelihood, error);
        if (status == HM_OK && events && events->on_iteration)
            events->on_iteration(events->user, (size_t)k, *log_likelihood);
        bool is_done = *log_likelihood - before < config->tolerance && before > -INFINITY;
        if (status != HM_OK || is_done || k == config->iterations)
            break;
        before = *log_likelihood;
        maximise(&l);
    }
    hm_free(net->context, l.pattern);
    hm_free(net->context, l.counts);
    hm_free(net->context, l.block);
    return status;
}
