/* Exact maximum likelihood: the model's part of the gradient is a sum over all states of the smaller layer
 * (hm_rbm_expectations). For small machines, and the ceiling that other learners are held against. */
#include "base/alloc.h"
#include "base/fail.h"
#include "learn/learner.h"

#include <harmonium/likelihood.h>

static hm_status create(hm_trainer *t, hm_error *error)
{
    double log2_n = hm_rbm_log2_states(t->rbm);
    size_t n;
    if (log2_n > HM_ENUMERATION_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "learner = exact: the smaller layer has 2^%g states and a step sums over all; it is for 2^%d at most: take "
                       "pcd or tempering",
                       log2_n, HM_ENUMERATION_MAX);
    if (t->config->centering != HM_CENTERING_NONE)
        return hm_fail(error, HM_ERROR_ARGUMENT, "learner = exact has nothing to centre; take centering = none");
    hm_rbm_parameters(t->rbm, &n);
    t->expectation = hm_alloc(t->stage.context, n, sizeof *t->expectation, error);
    return t->expectation ? HM_OK : HM_ERROR_MEMORY;
}

static void destroy(hm_trainer *t)
{
    hm_free(t->stage.context, t->expectation);
}

static hm_status learn(hm_trainer *t, const hm_phase *plus, const hm_phase *minus, const hm_step *step, hm_error *error)
{
    double log_Z;
    size_t n;
    (void)minus;
    hm_rbm_parameters(t->rbm, &n);
    hm_status status = hm_rbm_expectations(t->rbm, &log_Z, t->expectation, error);
    if (status != HM_OK)
        return status;
    hm_machine_correlate(t->rbm, plus, NULL, HM_PART_ALL, t->gradient);
    const float share = 1.0f / (float)hm_trainer_n_places(t); /* the data's part is a mean over places too */
    for (int part = 0; part < HM_SLICES; part++) {
        const hm_slice *slice = &hm_rbm_slices(t->rbm)[part];
        for (size_t i = slice->first; i < slice->first + slice->n; i++)
            t->gradient[i] -= share * t->expectation[i];
    }
    hm_machine_update(t->rbm, t->gradient, t->velocity, step);
    return HM_OK;
}

const hm_learner hm_learner_exact = {
    .name = "exact",
    .summary = "exact maximum likelihood by summing over all states; small machines",
    .advice = "for up to some 15 units in the smaller layer, and to know how good the others are",
    .create = create,
    .destroy = destroy,
    .learn = learn,
};
