/* Persistent contrastive divergence (Tieleman 2008): chains that go on from batch to batch, k steps at a time, and so come
 * nearer to the model's own distribution than steps from the data. They begin at the first data; all states are samples. */
#include <string.h>

#include "learn/learner.h"

static hm_status create(hm_trainer *t, hm_error *error)
{
    t->chains = hm_stage_array_create(&t->stage, "chains", t->stage.B * t->V, error);
    return t->chains ? HM_OK : HM_ERROR_MEMORY;
}

static bool find_states(hm_trainer *t, size_t n, hm_gibbs *gibbs, hm_matrix *v)
{
    hm_matrix h1 = hm_matrix_f32(t->h1, n, t->H), h_sample = hm_matrix_f32(t->h0_sample, n, t->H);
    hm_matrix mean = hm_matrix_f32(t->v1, n, t->V);
    *v = hm_matrix_f32(t->chains, n, t->V);
    if (t->stage.epoch == 0 && t->stage.batch == 0)
        memcpy(t->chains, t->v0, n * t->V * sizeof(float));
    for (size_t s = hm_trainer_n_steps(t); s-- > 0;) {
        gibbs->step++;
        hm_rbm_hidden_given_visible(t->rbm, *v, h1, h_sample, gibbs);
        hm_rbm_visible_given_hidden(t->rbm, h_sample, mean, *v, gibbs);
    }
    gibbs->step++;
    hm_rbm_hidden_given_visible(t->rbm, *v, h1, (hm_matrix){0}, gibbs);
    return false;
}

const hm_learner hm_learner_pcd = {"pcd", "persistent chains, k Gibbs steps a batch", true, create, find_states};
