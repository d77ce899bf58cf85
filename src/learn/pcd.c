/* Persistent contrastive divergence (Tieleman 2008): chains that go on from batch to batch, k steps at a time, and so come
 * nearer to the model's own distribution than steps from the data. They begin at the first data; all states are samples. */
#include <string.h>

#include "learn/learner.h"

hm_status hm_pcd_create(hm_trainer *t, hm_error *error)
{
    t->chains = hm_stage_array_create(&t->stage, "chains", t->n_chains * t->V, error);
    return t->chains ? HM_OK : HM_ERROR_MEMORY;
}

void hm_pcd_run(hm_trainer *t, const hm_rbm *rbm, size_t n, hm_gibbs *gibbs, hm_matrix *v)
{
    size_t C = t->n_chains;
    hm_matrix h1 = hm_matrix_f32(t->h1, C, t->H), sample = hm_matrix_f32(t->h1_sample, C, t->H);
    hm_matrix mean = hm_matrix_f32(t->v_sample, C, t->V);
    *v = hm_matrix_f32(t->chains, C, t->V);
    for (size_t i = 0; i < C && !t->goes_on && t->stage.epoch == 0 && t->stage.batch == 0; i++)
        memcpy(hm_row_f32(v, i), t->v0 + i % n * t->V, t->V * sizeof(float));
    for (size_t s = hm_trainer_n_steps(t); s-- > 0;) {
        gibbs->step++;
        hm_rbm_hidden_given_visible(rbm, *v, h1, sample, gibbs);
        hm_rbm_visible_given_hidden(rbm, sample, mean, *v, gibbs);
    }
    gibbs->step++;
    hm_rbm_hidden_given_visible(t->rbm, *v, h1, (hm_matrix){0}, gibbs); /* the statistics are those of the model itself */
}

static void find_states(hm_trainer *t, size_t n, hm_gibbs *gibbs, hm_matrix *v)
{
    hm_pcd_run(t, t->rbm, n, gibbs, v);
}

const hm_learner hm_learner_pcd = {
    .name = "pcd",
    .summary = "persistent chains, k Gibbs steps a batch",
    .advice = "for a generative model, with a rate that falls",
    .samples_data = true,
    .has_free_rows = true,
    .create = hm_pcd_create,
    .find_states = find_states,
};
