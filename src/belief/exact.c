/* Exact inference by enumeration: the unobserved nodes in the order of the graph, each with both values. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "belief/net.h"

/* A walk over all states that agree with the evidence; irrelevant nodes (without a relevant descendant) sum to one and are left
 * out. Masses are products of conditionals from the root down. */
typedef struct walk {
    const hm_belief *net;
    const int8_t *observed;
    size_t *order; /* [n] relevant nodes, parents first */
    size_t n;
    uint8_t *state;    /* [n_nodes] */
    double *marginal;  /* [n_nodes] mass with the node on; null: not wanted */
    const size_t *query; /* of a joint; null: not wanted */
    size_t n_query;
    double *joint;
    hm_belief_leaf *leaf; /* null: not wanted */
    void *user;
    uint8_t *best; /* the most probable state; null: not wanted */
    double best_mass;
} walk;

static void end_of_walk(walk *w, double mass)
{
    if (w->leaf)
        w->leaf(w->user, w->state, mass);
    if (w->query) {
        size_t row = 0;
        for (size_t k = 0; k < w->n_query; k++)
            row = row << 1 | w->state[w->query[k]];
        w->joint[row] += mass;
    }
    if (w->best && mass > w->best_mass) {
        w->best_mass = mass;
        memcpy(w->best, w->state, w->net->n);
    }
}

/* The mass of all states below this one. Depth is bounded by the number of relevant nodes; mass 0 is not followed. */
static double visit(walk *w, size_t depth, double mass)
{
    if (depth == w->n) {
        end_of_walk(w, mass);
        return mass;
    }
    size_t i = w->order[depth];
    double p = hm_belief_probability(w->net, i, w->state), total = 0;
    for (uint8_t value = 0; value < 2; value++) {
        double part = mass * (value ? p : 1 - p);
        if (part == 0 || (w->observed[i] >= 0 && w->observed[i] != value) || (w->best && part <= w->best_mass))
            continue;
        w->state[i] = value;
        double below = visit(w, depth + 1, part);
        total += below;
        if (value && w->marginal)
            w->marginal[i] += below;
    }
    return total;
}

static hm_status begin(walk *w, const hm_belief *net, const int8_t *observed, const bool *query, hm_error *error)
{
    size_t n_free = 0;
    *w = (walk){.net = net, .observed = observed};
    bool *relevant = hm_alloc(net->context, net->n, sizeof *relevant, error);
    w->order = hm_alloc(net->context, net->n, sizeof *w->order, error);
    w->state = hm_alloc(net->context, net->n, 1, error);
    if (!relevant || !w->order || !w->state) {
        hm_free(net->context, relevant);
        return HM_ERROR_MEMORY;
    }
    hm_belief_mark_relevant(net, observed, query, relevant);
    for (size_t k = 0; k < net->n; k++) {
        size_t i = net->order[k];
        if (relevant[i])
            w->order[w->n++] = i;
        n_free += relevant[i] && observed[i] < 0;
    }
    hm_free(net->context, relevant);
    if (n_free > HM_BELIEF_ENUMERATION_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%zu nodes are not observed, and enumeration is for %d at most; take --method elimination or gibbs", n_free,
                       HM_BELIEF_ENUMERATION_MAX);
    return HM_OK;
}

static void end(walk *w)
{
    hm_free(w->net->context, w->order);
    hm_free(w->net->context, w->state);
}

hm_status hm_belief_visit(const hm_belief *net, const int8_t *observed, hm_belief_leaf *leaf, void *user, double *mass,
                          hm_error *error)
{
    walk w;
    hm_status status = begin(&w, net, observed, NULL, error);
    w.leaf = leaf;
    w.user = user;
    if (status == HM_OK)
        *mass = visit(&w, 0, 1);
    end(&w);
    return status;
}

hm_status hm_infer_enumeration(const hm_belief *net, const int8_t *observed, hm_posterior *posterior, hm_error *error)
{
    walk w;
    hm_status status = begin(&w, net, observed, NULL, error);
    w.marginal = hm_alloc(net->context, net->n, sizeof *w.marginal, error);
    if (status == HM_OK && !w.marginal)
        status = HM_ERROR_MEMORY;
    if (status == HM_OK) {
        double mass = visit(&w, 0, 1);
        posterior->log_evidence = log(mass);
        for (size_t i = 0; i < net->n; i++)
            posterior->marginal[i] = (hm_marginal){w.marginal[i] / mass, 0, NAN, INFINITY};
        status = mass > 0 ? HM_OK : hm_belief_fail_massless(net, observed, error);
    }
    hm_free(net->context, w.marginal);
    end(&w);
    return status;
}

hm_status hm_belief_joint(const hm_belief *net, const int8_t *observed, const size_t *query, size_t n_query, double *joint,
                          hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, observed, joint));
    HM_REQUIRE(hm_check_states("observed", observed, net->n, -1, error));
    HM_REQUIRE(hm_check_number("n_query", (double)n_query, 1, 20, error));
    for (size_t k = 0; k < n_query; k++)
        HM_REQUIRE(hm_check_index("node", query[k], net->n, error));
    enum { QUERY_MAX = 20 };
    walk w;
    if (n_query > QUERY_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a joint distribution of %zu nodes; at most %d", n_query, QUERY_MAX);
    bool *is_query = hm_alloc(net->context, net->n, sizeof *is_query, error);
    if (!is_query)
        return HM_ERROR_MEMORY;
    for (size_t k = 0; k < n_query; k++)
        is_query[query[k]] = true;
    hm_status status = begin(&w, net, observed, is_query, error);
    if (status == HM_OK) {
        w.query = query;
        w.n_query = n_query;
        w.joint = joint;
        memset(joint, 0, ((size_t)1 << n_query) * sizeof *joint);
        double mass = visit(&w, 0, 1);
        for (size_t k = 0; k < (size_t)1 << n_query; k++)
            joint[k] /= mass;
        status = mass > 0 ? HM_OK : hm_belief_fail_massless(net, observed, error);
    }
    hm_free(net->context, is_query);
    end(&w);
    return status;
}

hm_status hm_belief_explain(const hm_belief *net, const int8_t *observed, uint8_t *state, double *log_joint, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, observed, state, log_joint));
    HM_REQUIRE(hm_check_states("observed", observed, net->n, -1, error));
    walk w;
    hm_status status = begin(&w, net, observed, NULL, error);
    if (status == HM_OK) {
        w.best = state;
        visit(&w, 0, 1);
        *log_joint = log(w.best_mass);
        status = w.best_mass > 0 ? HM_OK : hm_belief_fail_massless(net, observed, error);
    }
    end(&w);
    return status;
}
