/* Contrastive divergence (Hinton 2002): states of the model are those that k steps of Gibbs sampling lead to from the
 * data, v = P(v | h sample), h = P(h | v). Following Hinton (2010), hidden states that drive a reconstruction are
 * samples, reconstructions are probabilities (or samples, by the aim), the last hidden states always probabilities. */
#include "learn/learner.h"

static void find_states(hm_trainer *t, size_t n, hm_gibbs *gibbs, hm_matrix *v)
{
    hm_matrix none = {0}, h1 = hm_matrix_f32(t->h1, n, t->H), h_sample = hm_matrix_f32(t->h0_sample, n, t->H);
    hm_matrix v1 = hm_matrix_f32(t->v1, n, t->V), v_sample = t->is_sampled ? hm_matrix_f32(t->v_sample, n, t->V) : none;
    size_t k = hm_trainer_n_steps(t);
    *v = t->is_sampled ? v_sample : v1;
    for (size_t s = 1; s <= k; s++) {
        hm_rbm_visible_given_hidden(t->rbm, h_sample, v1, v_sample, gibbs);
        if (s == 1)
            hm_trainer_measure(t, n);
        gibbs->step++;
        hm_rbm_hidden_given_visible(t->rbm, *v, h1, s < k ? h_sample : none, gibbs);
    }
}

const hm_learner hm_learner_cd = {
    .name = "cd",
    .summary = "contrastive divergence: k Gibbs steps from the data",
    .advice = "for features; k = 1 is fast, and the model is wrong away from the data",
    .has_free_rows = true,
    .reconstructs = true,
    .find_states = find_states,
};

/* Mean-field contrastive divergence (Welling and Hinton 2002): the same steps with probabilities in the place of samples;
 * nothing is drawn. */
static void find_mean_states(hm_trainer *t, size_t n, hm_gibbs *gibbs, hm_matrix *v)
{
    hm_matrix none = {0}, h1 = hm_matrix_f32(t->h1, n, t->H);
    *v = hm_matrix_f32(t->v1, n, t->V);
    for (size_t s = 0; s < hm_trainer_n_steps(t); s++) {
        hm_rbm_visible_given_hidden(t->rbm, s ? h1 : hm_matrix_f32(t->h0, n, t->H), *v, none, gibbs);
        if (s == 0)
            hm_trainer_measure(t, n);
        hm_rbm_hidden_given_visible(t->rbm, *v, h1, none, gibbs);
    }
}

const hm_learner hm_learner_mean_field = {
    .name = "mean-field",
    .summary = "contrastive divergence with probabilities in the place of samples",
    .advice = "for data with one mode",
    .has_free_rows = true,
    .reconstructs = true,
    .find_states = find_mean_states,
};
