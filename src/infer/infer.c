/* Using a trained model: reconstructions, samples, classification. */
#include <harmonium/infer.h>


#include <math.h>

#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/fail.h"

hm_status hm_check_fit(const hm_model *model, const hm_dataset *set, hm_error *error)
{
    size_t V = hm_rbm_visible(model->rbm[0])->n_units, n = hm_dataset_n_features(set);
    if (n == V)
        return HM_OK;
    return hm_fail(error, HM_ERROR_MISMATCH,
                   "the data (%s) has %zu features, the model %zu visible units; %s", hm_dataset_describe(set), n,
                   V, model->height ? "give --resize with the size of the model's images" : "choose other data");
}

hm_status hm_reconstruct(const hm_model *model, size_t machine, hm_matrix v, size_t n_steps, hm_matrix out,
                         hm_error *error)
{
    const hm_rbm *rbm = model->rbm[machine];
    size_t n = v.rows, H = hm_rbm_hidden(rbm)->n_units;
    float *workspace = hm_alloc(model->context, 2 * n * H, sizeof *workspace, error);
    if (!workspace)
        return HM_ERROR_MEMORY;
    hm_matrix mean = hm_matrix_f32(workspace, n, H), h = hm_matrix_f32(workspace + n * H, n, H);
    hm_gibbs gibbs = {0};
    for (size_t step = 0; step < n_steps; step++, gibbs.step++) {
        hm_rbm_hidden_given_visible(rbm, step ? out : v, mean, h, &gibbs);
        hm_rbm_visible_given_hidden(rbm, h, out, (hm_matrix){0}, &gibbs);
    }
    hm_free(model->context, workspace);
    return HM_OK;
}

/* The start is v ~ P(v | h) for hidden states drawn at random with probability one half. */
hm_status hm_sample_chains(const hm_model *model, size_t machine, size_t n_steps, float beta, hm_matrix v,
                           hm_matrix mean, hm_error *error)
{
    const hm_rbm *rbm = model->rbm[machine];
    size_t n = v.rows, H = hm_rbm_hidden(rbm)->n_units;
    float *h = hm_alloc(model->context, n * H, sizeof *h, error);
    if (!h)
        return HM_ERROR_MEMORY;
    hm_random random = {hm_context_seed(model->context), HM_RANDOM_CHAIN, 0};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < H; j++)
            h[i * H + j] = hm_random_uniform(&random, i, j) < 0.5f ? 1 : 0;
    hm_gibbs gibbs = {.beta = beta, .step = (uint64_t)1 << 32}; /* apart from the chain's own steps */
    hm_rbm_visible_given_hidden(rbm, hm_matrix_f32(h, n, H), mean, v, &gibbs);
    hm_free(model->context, h);
    gibbs.step = 0;
    return hm_rbm_gibbs_chains(rbm, v, mean, n_steps, &gibbs, error);
}

static void softmax(double *x, size_t n)
{
    double most = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        most = x[i] > most ? x[i] : most;
    for (size_t i = 0; i < n; i++)
        sum += x[i] = exp(x[i] - most);
    for (size_t i = 0; i < n; i++)
        x[i] /= sum;
}

hm_status hm_class_probabilities(const hm_model *model, hm_matrix v, double *probability, hm_error *error)
{
    size_t n = v.rows, C = model->n_rbms;
    hm_status status = HM_OK;
    if (model->kind != HM_MODEL_CLASSES)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "this model has no classes; train one with --kind classes on labelled data");
    double *F = hm_alloc(model->context, n, sizeof *F, error);
    if (!F)
        return HM_ERROR_MEMORY;
    for (size_t c = 0; status == HM_OK && c < C; c++) {
        status = hm_rbm_free_energy(model->rbm[c], v, 1, F, error);
        for (size_t i = 0; i < n; i++)
            probability[i * C + c] = (double)model->offset[c] - F[i];
    }
    for (size_t i = 0; i < n; i++)
        softmax(probability + i * C, C);
    hm_free(model->context, F);
    return status;
}
