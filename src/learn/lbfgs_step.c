/* L-BFGS on one large batch, through liblbfgs. */
#include "learn/lbfgs_step.h"

#include "base/fail.h"

#ifdef HM_HAVE_LBFGS
#include <lbfgs.h>

/* What a feed-forward net has: weights and the biases above them. */
static const int parts[] = {HM_SLICE_WEIGHTS, HM_SLICE_HIDDEN_BIAS};
enum { N_PARTS = sizeof parts / sizeof *parts };

typedef struct problem {
    hm_net_pass *pass;
    size_t n, lowest;
    hm_matrix target;
    double weight_cost;
    double first_loss, first_wrong;
    bool is_started;
} problem;

/* The parameters that are learned, W and c of each level, to or from one vector; returns its length. */
static size_t exchange(const problem *p, lbfgsfloatval_t *x, bool is_out)
{
    size_t used = 0;
    for (size_t l = p->lowest; l < p->pass->n_levels; l++) {
        hm_rbm *rbm = p->pass->net->rbm[l];
        size_t n;
        float *parameters = hm_rbm_parameters(rbm, &n);
        for (int part = 0; part < N_PARTS; part++) {
            const hm_slice *slice = &hm_rbm_slices(rbm)[parts[part]];
            for (size_t i = 0; i < slice->n; i++, used++) {
                if (x && is_out)
                    x[used] = (lbfgsfloatval_t)parameters[slice->first + i];
                else if (x)
                    parameters[slice->first + i] = (float)x[used];
            }
        }
    }
    return used;
}

static double cost_of_weights(const problem *p, lbfgsfloatval_t *g)
{
    size_t used = 0;
    double total = 0;
    for (size_t l = p->lowest; l < p->pass->n_levels; l++) {
        size_t n;
        const float *parameters = hm_rbm_parameters(p->pass->net->rbm[l], &n), *slope = p->pass->gradient[l];
        for (int part = 0; part < N_PARTS; part++) {
            const hm_slice *slice = &hm_rbm_slices(p->pass->net->rbm[l])[parts[part]];
            double cost = slice->has_costs ? p->weight_cost : 0;
            for (size_t i = slice->first; i < slice->first + slice->n; i++) {
                g[used++] = slope[i] + cost * parameters[i];
                total += 0.5 * cost * parameters[i] * parameters[i];
            }
        }
    }
    return total;
}

static lbfgsfloatval_t evaluate(void *user, const lbfgsfloatval_t *x, lbfgsfloatval_t *g, int n_parameters,
                                lbfgsfloatval_t length)
{
    problem *p = user;
    double loss, n_wrong;
    (void)n_parameters, (void)length;
    exchange(p, (lbfgsfloatval_t *)x, false); /* only read */
    hm_net_forward(p->pass, p->n, NULL);
    hm_net_loss(p->pass, p->n, p->target, &loss, &n_wrong);
    hm_net_backward(p->pass, p->n, p->lowest, NULL, NULL);
    if (!p->is_started) {
        p->first_loss = loss;
        p->first_wrong = n_wrong;
        p->is_started = true;
    }
    return loss / (double)p->n + cost_of_weights(p, g);
}

hm_status hm_lbfgs_step(hm_net_pass *pass, size_t n, hm_matrix target, size_t lowest, int iterations,
                        double weight_cost, double *loss, double *n_wrong, hm_error *error)
{
    problem p = {.pass = pass, .n = n, .lowest = lowest, .target = target, .weight_cost = weight_cost};
    size_t n_parameters = exchange(&p, NULL, true);
    lbfgs_parameter_t parameter;
    lbfgsfloatval_t *x = n_parameters < 1u << 30 ? lbfgs_malloc((int)n_parameters) : NULL;
    if (!x)
        return hm_fail(error, HM_ERROR_MEMORY, "no memory for L-BFGS on %zu parameters", n_parameters);
    exchange(&p, x, true);
    lbfgs_parameter_init(&parameter);
    parameter.max_iterations = iterations;
    parameter.linesearch = LBFGS_LINESEARCH_BACKTRACKING_ARMIJO;
    int result = lbfgs((int)n_parameters, x, NULL, evaluate, NULL, &p, &parameter);
    exchange(&p, x, false); /* the last point accepted, whatever ended the search */
    lbfgs_free(x);
    *loss = p.first_loss;
    *n_wrong = p.first_wrong;
    if (result == LBFGSERR_OUTOFMEMORY)
        return hm_fail(error, HM_ERROR_MEMORY, "no memory for L-BFGS on %zu parameters", n_parameters);
    return HM_OK;
}
#else
hm_status hm_lbfgs_step(hm_net_pass *pass, size_t n, hm_matrix target, size_t lowest, int iterations,
                        double weight_cost, double *loss, double *n_wrong, hm_error *error)
{
    (void)pass, (void)n, (void)target, (void)lowest, (void)iterations, (void)weight_cost, (void)loss, (void)n_wrong;
    return hm_fail(error, HM_ERROR_UNSUPPORTED,
                   "this build has no L-BFGS; install liblbfgs-dev and build again, or use method = sgd");
}
#endif
