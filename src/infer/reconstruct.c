/* Data through the features of a model and back. */
#include <harmonium/infer.h>

#include "base/alloc.h"

static hm_status by_machine(const hm_model *model, size_t machine, hm_matrix v, size_t n_steps, hm_matrix out,
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

static hm_status by_chains(const hm_model *dbn, hm_matrix v, size_t n_steps, hm_matrix out, hm_error *error)
{
    hm_chains *chains;
    hm_status status = hm_chains_create(dbn, &(hm_chains_config){.n = v.rows, .start = v}, &chains, error);
    if (status != HM_OK)
        return status;
    hm_chains_run(chains, n_steps);
    hm_matrix shown = hm_chains_layer(chains, 0);
    for (size_t i = 0; i < v.rows; i++)
        for (size_t k = 0; k < v.cols; k++)
            hm_row_f32(&out, i)[k] = hm_row_f32(&shown, i)[k];
    hm_chains_destroy(chains);
    return HM_OK;
}

hm_status hm_reconstruct(const hm_model *model, size_t machine, hm_matrix v, size_t n_steps, hm_matrix out,
                         hm_error *error)
{
    hm_status status = hm_model_require(model, HM_ABILITY_RECONSTRUCT, error);
    if (status != HM_OK)
        return status;
    if (model->kind == HM_MODEL_DBN)
        return by_chains(model, v, n_steps, out, error);
    if (model->kind != HM_MODEL_NET)
        return by_machine(model, machine, v, n_steps, out, error);
    return hm_model_up_pass(model, model->n_rbms, v, out, error);
}
