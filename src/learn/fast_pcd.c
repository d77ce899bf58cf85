/* Fast persistent contrastive divergence (Tieleman and Hinton 2009): the chains run under W + F, where the fast weights F learn
 * with a rate of their own and decay by 19/20 a batch: they push the chains out of where they have been. */
#include "learn/learner.h"

static hm_status create(hm_trainer *t, hm_error *error)
{
    size_t n;
    hm_rbm_parameters(t->rbm, &n);
    hm_status status = hm_pcd_create(t, error);
    if (status == HM_OK)
        status = hm_machine_copy(t->rbm, &t->fast_rbm, error);
    if (status == HM_OK)
        status = hm_machine_reserve(t->fast_rbm, t->n_chains, true, error);
    if (status != HM_OK)
        return status;
    t->fast = hm_stage_array_create(&t->stage, "fast", n, error);
    return t->fast ? HM_OK : HM_ERROR_MEMORY;
}

static void destroy(hm_trainer *t)
{
    hm_rbm_destroy(t->fast_rbm);
}

static void find_states(hm_trainer *t, size_t n, hm_gibbs *gibbs, hm_matrix *v)
{
    size_t n_parameters;
    const float *slow = hm_rbm_parameters(t->rbm, &n_parameters);
    float *sum = hm_rbm_parameters(t->fast_rbm, &n_parameters);
    for (size_t i = 0; i < n_parameters; i++)
        sum[i] = slow[i] + t->fast[i];
    hm_pcd_run(t, t->fast_rbm, n, gibbs, v);
}

static hm_status learn(hm_trainer *t, const hm_phase *plus, const hm_phase *minus, const hm_step *step, hm_error *error)
{
    const float decay = 19.0f / 20;
    size_t n;
    (void)error;
    hm_rbm_parameters(t->rbm, &n);
    hm_machine_correlate(t->rbm, plus, minus, HM_PART_ALL, t->gradient);
    for (size_t i = 0; i < n; i++)
        t->fast[i] = decay * t->fast[i] + (float)t->fast_rate * t->gradient[i];
    hm_machine_update(t->rbm, t->gradient, t->velocity, step);
    return HM_OK;
}

const hm_learner hm_learner_fast_pcd = {
    .name = "fast-pcd",
    .summary = "persistent chains driven on by fast weights that decay",
    .advice = "where plain chains stick and the rate is small",
    .samples_data = true,
    .create = create,
    .destroy = destroy,
    .find_states = find_states,
    .learn = learn,
};
