/* Exact inference by variable elimination (Zhang and Poole, 1994): factors are multiplied and summed out one variable after the
 * other, in the order that adds fewest edges to what is left (min-fill). Work grows with 2 to the width of that order. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "belief/net.h"

/* A table over variables var[0] < var[1] < ...; bit k of an index is the value of var[k]. */
typedef struct factor {
    size_t n, *var;
    double *table;
} factor;

typedef struct elimination {
    const hm_belief *net;
    const int8_t *observed;
    bool *relevant;
    bool *adjacent;  /* [n][n] of what is left */
    size_t *order, n_order; /* unobserved relevant nodes */
    size_t width;
    factor *pool;    /* [2 n] */
    size_t n_pool;
} elimination;

static const hm_context *context_of(const elimination *e)
{
    return e->net->context;
}

/* ---- The order --------------------------------------------------------------------------------------------------- */

static bool is_free(const elimination *e, size_t i)
{
    return e->relevant[i] && e->observed[i] < 0;
}

static void join(elimination *e, size_t i, size_t j)
{
    if (i != j && is_free(e, i) && is_free(e, j))
        e->adjacent[i * e->net->n + j] = e->adjacent[j * e->net->n + i] = true;
}

/* Parents and child see each other in its factor. */
static void moralise(elimination *e)
{
    for (size_t i = 0; i < e->net->n; i++) {
        const hm_node *node = &e->net->node[i];
        for (size_t k = 0; e->relevant[i] && k < node->n_parents; k++) {
            join(e, i, node->parents[k]);
            for (size_t l = 0; l < k; l++)
                join(e, node->parents[k], node->parents[l]);
        }
    }
}

static size_t count_fill(const elimination *e, size_t i, size_t *degree)
{
    size_t n = e->net->n, missing = 0;
    const bool *row = e->adjacent + i * n;
    *degree = 0;
    for (size_t a = 0; a < n; a++) {
        if (!row[a])
            continue;
        ++*degree;
        for (size_t b = 0; b < a; b++)
            missing += row[b] && !e->adjacent[a * n + b];
    }
    return missing;
}

static void take_out(elimination *e, size_t i)
{
    size_t n = e->net->n;
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < a; b++)
            if (e->adjacent[i * n + a] && e->adjacent[i * n + b])
                e->adjacent[a * n + b] = e->adjacent[b * n + a] = true;
    for (size_t a = 0; a < n; a++)
        e->adjacent[i * n + a] = e->adjacent[a * n + i] = false;
}

static void find_order(elimination *e)
{
    size_t n = e->net->n, n_free = 0;
    bool *is_left = e->relevant + n; /* second half of its room */
    for (size_t i = 0; i < n; i++)
        n_free += is_left[i] = is_free(e, i);
    for (e->n_order = 0; e->n_order < n_free; e->n_order++) {
        size_t best = 0, least = SIZE_MAX, best_degree = 0;
        for (size_t i = 0; i < n; i++) {
            size_t degree, fill = is_left[i] ? count_fill(e, i, &degree) : SIZE_MAX;
            if (fill < least) {
                least = fill;
                best = i;
                best_degree = degree;
            }
        }
        e->width = best_degree > e->width ? best_degree : e->width;
        e->order[e->n_order] = best;
        is_left[best] = false;
        take_out(e, best);
    }
}

static hm_status begin(elimination *e, const hm_belief *net, const int8_t *observed, const bool *query, hm_error *error)
{
    enum { NODES_MAX = 3000 }; /* the order is found in cubic time */
    *e = (elimination){.net = net, .observed = observed};
    if (net->n > NODES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "elimination is for %d nodes at most, and this net has %zu; take --method gibbs",
                       NODES_MAX, net->n);
    e->relevant = hm_alloc(net->context, 2 * net->n, sizeof *e->relevant, error);
    e->adjacent = hm_alloc(net->context, net->n * net->n, sizeof *e->adjacent, error);
    e->order = hm_alloc(net->context, net->n, sizeof *e->order, error);
    e->pool = hm_alloc(net->context, 2 * net->n + 1, sizeof *e->pool, error);
    if (!e->relevant || !e->adjacent || !e->order || !e->pool)
        return HM_ERROR_MEMORY;
    hm_belief_mark_relevant(net, observed, query, e->relevant);
    moralise(e);
    find_order(e);
    return HM_OK;
}

static void free_factor(const elimination *e, factor *f)
{
    hm_free(context_of(e), f->var);
    hm_free(context_of(e), f->table);
    *f = (factor){0};
}

static void end(elimination *e)
{
    for (size_t i = 0; e->pool && i < e->n_pool; i++)
        free_factor(e, &e->pool[i]);
    hm_free(context_of(e), e->relevant);
    hm_free(context_of(e), e->adjacent);
    hm_free(context_of(e), e->order);
    hm_free(context_of(e), e->pool);
}

hm_status hm_elimination_width(const hm_belief *net, const int8_t *observed, size_t *width, hm_error *error)
{
    elimination e;
    hm_status status = begin(&e, net, observed, NULL, error);
    *width = e.width;
    end(&e);
    return status;
}

/* ---- Factors -------------------------------------------------------------------------------------------------------- */

static hm_status make_factor(const elimination *e, size_t n, factor *f, hm_error *error)
{
    *f = (factor){.n = n};
    f->var = hm_alloc(context_of(e), n + 1, sizeof *f->var, error);
    f->table = hm_alloc(context_of(e), (size_t)1 << n, sizeof *f->table, error);
    if (f->var && f->table)
        return HM_OK;
    free_factor(e, f);
    return HM_ERROR_MEMORY;
}

/* P(x_i | parents) with the evidence put in, over those of them that are free. */
static hm_status factor_of_node(const elimination *e, size_t i, factor *f, hm_error *error)
{
    const hm_node *node = &e->net->node[i];
    size_t n = 0;
    for (size_t k = 0; k <= node->n_parents; k++)
        n += is_free(e, k ? node->parents[k - 1] : i);
    hm_status status = n <= HM_BELIEF_WIDTH_MAX
                           ? make_factor(e, n, f, error)
                           : hm_fail(error, HM_ERROR_ARGUMENT, "%s has %zu unobserved parents, too many for elimination; take --method "
                                     "gibbs", node->name, n);
    uint8_t *state = status == HM_OK ? hm_alloc(context_of(e), e->net->n, 1, error) : NULL;
    if (!state)
        return status == HM_OK ? HM_ERROR_MEMORY : status;
    n = 0;
    for (size_t v = 0; v < e->net->n; v++) { /* in rising order */
        bool is_in = v == i;
        for (size_t k = 0; k < node->n_parents && !is_in; k++)
            is_in = node->parents[k] == v;
        if (is_in && is_free(e, v))
            f->var[n++] = v;
        else if (is_in)
            state[v] = (uint8_t)e->observed[v];
    }
    for (size_t index = 0; index < (size_t)1 << n; index++) {
        for (size_t k = 0; k < n; k++)
            state[f->var[k]] = index >> k & 1;
        double p = hm_belief_probability(e->net, i, state);
        f->table[index] = state[i] ? p : 1 - p;
    }
    hm_free(context_of(e), state);
    return HM_OK;
}

/* The index into `part` that belongs to an index into `whole`, whose variables include those of part. */
static size_t project(const factor *whole, size_t index, const factor *part)
{
    size_t result = 0;
    for (size_t k = 0, j = 0; j < part->n; k++)
        if (whole->var[k] == part->var[j])
            result |= (index >> k & 1) << j++;
    return result;
}

static bool has_variable(const factor *f, size_t v)
{
    for (size_t k = 0; k < f->n; k++)
        if (f->var[k] == v)
            return true;
    return false;
}

/* Multiplies all factors that have v (or all that are left, with v = SIZE_MAX) and takes them out of the pool. */
static hm_status multiply(elimination *e, size_t v, factor *product, hm_error *error)
{
    bool *is_in = hm_alloc(context_of(e), e->net->n, sizeof *is_in, error);
    size_t n = 0, kept = 0;
    if (!is_in)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < e->n_pool; i++)
        for (size_t k = 0; (v == SIZE_MAX || has_variable(&e->pool[i], v)) && k < e->pool[i].n; k++)
            is_in[e->pool[i].var[k]] = true;
    for (size_t i = 0; i < e->net->n; i++)
        n += is_in[i];
    hm_status status = n <= HM_BELIEF_WIDTH_MAX + 1
                           ? make_factor(e, n, product, error)
                           : hm_fail(error, HM_ERROR_ARGUMENT, "elimination would need a table of 2^%zu numbers; take --method gibbs", n);
    for (size_t i = 0, k = 0; status == HM_OK && i < e->net->n; i++)
        if (is_in[i])
            product->var[k++] = i;
    hm_free(context_of(e), is_in);
    if (status != HM_OK)
        return status;
    for (size_t index = 0; index < (size_t)1 << n; index++)
        product->table[index] = 1;
    for (size_t i = 0; i < e->n_pool; i++) {
        factor *f = &e->pool[i];
        if (v != SIZE_MAX && !has_variable(f, v)) {
            e->pool[kept++] = *f;
            continue;
        }
        for (size_t index = 0; index < (size_t)1 << n; index++)
            product->table[index] *= f->table[project(product, index, f)];
        free_factor(e, f);
    }
    e->n_pool = kept;
    return HM_OK;
}

static hm_status sum_out(elimination *e, size_t v, hm_error *error)
{
    factor product, *rest = &e->pool[0];
    hm_status status = multiply(e, v, &product, error);
    if (status != HM_OK)
        return status;
    rest = &e->pool[e->n_pool];
    status = make_factor(e, product.n - 1, rest, error);
    if (status == HM_OK) {
        size_t place = 0;
        while (product.var[place] != v)
            place++;
        for (size_t k = 0, j = 0; k < product.n; k++)
            if (k != place)
                rest->var[j++] = product.var[k];
        for (size_t index = 0; index < (size_t)1 << product.n; index++)
            rest->table[(index & (((size_t)1 << place) - 1)) | index >> (place + 1) << place] += product.table[index];
        e->n_pool++;
    }
    free_factor(e, &product);
    return status;
}

/* Masses of the evidence with `query` off and on; SIZE_MAX: both together in mass[1]. */
static hm_status masses(const hm_belief *net, const int8_t *observed, size_t query, double mass[2], size_t *width, hm_error *error)
{
    elimination e;
    factor last = {0};
    bool *is_query = hm_alloc(net->context, net->n, sizeof *is_query, error);
    if (!is_query)
        return HM_ERROR_MEMORY;
    if (query != SIZE_MAX)
        is_query[query] = true;
    hm_status status = begin(&e, net, observed, is_query, error);
    for (size_t i = 0; status == HM_OK && i < net->n; i++)
        if (e.relevant[i]) {
            status = factor_of_node(&e, i, &e.pool[e.n_pool], error);
            e.n_pool += status == HM_OK;
        }
    for (size_t k = 0; status == HM_OK && k < e.n_order; k++)
        if (e.order[k] != query)
            status = sum_out(&e, e.order[k], error);
    if (status == HM_OK)
        status = multiply(&e, SIZE_MAX, &last, error);
    if (status == HM_OK) {
        mass[0] = last.n ? last.table[0] : 0;
        mass[1] = last.table[last.n];
        *width = e.width > *width ? e.width : *width;
    }
    free_factor(&e, &last);
    end(&e);
    hm_free(net->context, is_query);
    return status;
}

hm_status hm_elimination_is_possible(const hm_belief *net, const int8_t *observed, bool *is_possible, hm_error *error)
{
    double mass[2] = {0};
    size_t width = 0;
    hm_status status = masses(net, observed, SIZE_MAX, mass, &width, error);
    *is_possible = mass[1] > 0;
    return status;
}

hm_status hm_infer_elimination(const hm_belief *net, const int8_t *observed, hm_posterior *posterior, hm_error *error)
{
    double mass[2];
    hm_status status = masses(net, observed, SIZE_MAX, mass, &posterior->width, error);
    if (status != HM_OK)
        return status;
    if (!(mass[1] > 0))
        return hm_belief_fail_massless(net, observed, error);
    posterior->log_evidence = log(mass[1]);
    for (size_t i = 0; status == HM_OK && i < net->n; i++) {
        if (observed[i] >= 0) {
            posterior->marginal[i] = (hm_marginal){observed[i], 0, NAN, INFINITY};
            continue;
        }
        status = masses(net, observed, i, mass, &posterior->width, error);
        posterior->marginal[i] = (hm_marginal){mass[1] / (mass[0] + mass[1]), 0, NAN, INFINITY};
    }
    return status;
}
