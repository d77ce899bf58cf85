/* Whether what was observed can happen at all: a search for a state of positive probability, parents before children. Only ancestors of
 * observed nodes that could have forbidden their value have a say, and each such node comes as soon as its parents are there, so that a
 * contradiction is met early. In the worst case the search is exponential, as the question is; it is given up after STEPS_MAX. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "belief/net.h"

enum { STEPS_MAX = 1 << 22 };
static const double SATURATED = 36; /* from this input on, 1 - P of a logistic unit is 0 in double precision */

typedef struct search {
    const hm_belief *net;
    const int8_t *observed;
    uint8_t *state;
    size_t *order, n; /* nodes that have a say, parents first */
    size_t *stack;    /* [n_nodes] of the walk up to ancestors */
    bool *is_listed;
} search;

/* Whether the observed value of a node has probability 0 in some state of its parents. */
static bool is_strict(const search *s, size_t i)
{
    const hm_node *node = &s->net->node[i];
    bool is_on = s->observed[i] == 1;
    size_t n = node->kind == HM_NODE_TABLE ? (size_t)1 << node->n_parents : node->n_parents;
    double sum = fabs(node->bias);
    if (s->observed[i] < 0)
        return false;
    for (size_t k = 0; k < n; k++) {
        if (node->kind != HM_NODE_LOGISTIC && node->numbers[k] == (is_on && node->kind == HM_NODE_TABLE ? 0 : 1))
            return true;
        sum += fabs(node->numbers[k]);
    }
    return node->kind == HM_NODE_LOGISTIC ? sum > SATURATED : node->kind == HM_NODE_NOISY_OR && node->bias == (is_on ? 0 : 1);
}

/* Node i behind all its ancestors, without recursion since chains may be long: a node is listed when it is met the second time. */
static void list_with_ancestors(search *s, size_t i)
{
    size_t depth = 0;
    s->stack[depth++] = i;
    while (depth > 0) {
        const hm_node *node = &s->net->node[s->stack[depth - 1]];
        size_t k = 0;
        while (k < node->n_parents && s->is_listed[node->parents[k]])
            k++;
        if (k < node->n_parents) {
            s->stack[depth++] = node->parents[k];
            continue;
        }
        s->is_listed[s->stack[depth - 1]] = true;
        s->order[s->n++] = s->stack[--depth];
    }
}

static bool can_be(const search *s, size_t i, uint8_t value)
{
    double p = hm_belief_probability(s->net, i, s->state);
    return (s->observed[i] < 0 || s->observed[i] == value) && (value ? p : 1 - p) > 0;
}

/* Fills state in the order, back to the last node that has another value to try where there is no way on. True: found, or given up, which
 * *n_steps tells. */
static bool fill(search *s, size_t *n_steps)
{
    size_t depth = 0;
    uint8_t value = 0;
    while (depth < s->n && *n_steps < STEPS_MAX) {
        size_t i = s->order[depth];
        ++*n_steps;
        while (value < 2 && !can_be(s, i, value))
            value++;
        if (value < 2) {
            s->state[i] = value;
            depth++;
            value = 0;
        } else if (depth == 0) {
            return false;
        } else {
            value = (uint8_t)(s->state[s->order[--depth]] + 1);
        }
    }
    return true;
}

/* The nodes that have no say, each with a value that can be. */
static void complete(search *s)
{
    for (size_t k = 0; k < s->net->n; k++) {
        size_t i = s->net->order[k];
        if (!s->is_listed[i])
            s->state[i] = s->observed[i] >= 0 ? (uint8_t)s->observed[i] : hm_belief_probability(s->net, i, s->state) >= 0.5;
    }
}

static hm_status fail_impossible(hm_error *error)
{
    return hm_fail(error, HM_ERROR_ARGUMENT, "what was observed has probability 0 under this net, so nothing follows from it");
}

/* Where the search was given up, elimination may still tell. */
static hm_status ask_elimination(const hm_belief *net, const int8_t *observed, hm_error *error)
{
    hm_error unused;
    bool is_possible = true;
    hm_status status = hm_elimination_is_possible(net, observed, &is_possible, &unused);
    return status == HM_OK && !is_possible ? fail_impossible(error) : HM_OK;
}

hm_status hm_belief_find_possible(const hm_belief *net, const int8_t *observed, uint8_t *state, bool *is_found, hm_error *error)
{
    search s = {.net = net, .observed = observed, .state = state};
    size_t n_steps = 0;
    *is_found = false;
    s.order = hm_alloc(net->context, net->n, sizeof *s.order, error);
    s.stack = hm_alloc(net->context, net->n, sizeof *s.stack, error);
    s.is_listed = hm_alloc(net->context, net->n, sizeof *s.is_listed, error);
    hm_status status = s.order && s.stack && s.is_listed ? HM_OK : HM_ERROR_MEMORY;
    for (size_t i = 0; status == HM_OK && i < net->n; i++)
        if (!s.is_listed[i] && is_strict(&s, i))
            list_with_ancestors(&s, i);
    if (status == HM_OK && !fill(&s, &n_steps))
        status = fail_impossible(error);
    if (status == HM_OK && n_steps == STEPS_MAX)
        status = ask_elimination(net, observed, error);
    else if (status == HM_OK)
        complete(&s), *is_found = true;
    hm_free(net->context, s.order);
    hm_free(net->context, s.stack);
    hm_free(net->context, s.is_listed);
    return status;
}

hm_status hm_belief_fail_massless(const hm_belief *net, const int8_t *observed, hm_error *error)
{
    bool is_found;
    uint8_t *state = hm_alloc(net->context, net->n, 1, error);
    hm_status status = state ? hm_belief_find_possible(net, observed, state, &is_found, error) : HM_ERROR_MEMORY;
    hm_free(net->context, state);
    return status == HM_OK ? hm_fail(error, HM_ERROR_ARGUMENT,
                                     "what was observed is too unlikely under this net for this method; observe less, or take "
                                     "--method weighting with more --samples, or gibbs")
                           : status;
}
