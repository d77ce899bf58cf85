/* Data through the features of a model and back. */
#include <math.h>
#include <string.h>

#include <harmonium/infer.h>
#include <harmonium/likelihood.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "model/machine.h"
#include "model/model_internal.h"

static hm_status by_machine(const hm_model *model, size_t machine, hm_matrix v, size_t n_steps, hm_matrix out,
                            hm_error *error)
{
    const hm_rbm *rbm = model->rbm[machine];
    size_t n = v.rows, H = hm_rbm_hidden(rbm)->n_units;
    hm_status status = n_steps > 1 ? hm_rbm_require_partition(rbm, NULL, error) : HM_OK;
    if (status != HM_OK)
        return status;
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
    HM_REQUIRE(HM_GIVEN(error, model));
    HM_REQUIRE(hm_model_check_machine(model, machine, error));
    HM_REQUIRE(hm_check_number("n_steps", (double)n_steps, 1, INFINITY, error));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_model_n_features(model), model->kind == HM_MODEL_DBN ? HM_TAKES_FLOATS : HM_TAKES_BYTES_TOO, error));
    HM_REQUIRE(hm_check_matrix("out", out, v.rows, v.cols, HM_TAKES_FLOATS, error));
    hm_status status = hm_model_require(model, HM_ABILITY_RECONSTRUCT, error);
    if (status != HM_OK)
        return status;
    if (model->kind == HM_MODEL_DBN)
        status = by_chains(model, v, n_steps, out, error);
    else if (model->kind != HM_MODEL_NET)
        status = by_machine(model, machine, v, n_steps, out, error);
    else
        status = hm_model_up_pass(model, model->n_rbms, v, out, error);
    return status == HM_OK ? hm_check_finite(out, "a reconstruction", error) : status;
}

/* ---- From codes -------------------------------------------------------------------------------------------- */

static hm_status check_codes(const hm_model *model, size_t layer, hm_matrix codes, hm_error *error)
{
    size_t n_layers = hm_model_is_stack(model) ? model->n_rbms : 1;
    if (layer < 1 || layer > n_layers)
        return hm_fail(error, HM_ERROR_ARGUMENT, "layer = %zu: the model has hidden layers 1 to %zu", layer, n_layers);
    size_t width = hm_model_layer_size(model, layer);
    if (codes.cols != width)
        return hm_fail(error, HM_ERROR_MISMATCH, "codes of %zu numbers, but layer %zu has %zu units; choose the layer they are of "
                                                 "(--layer)",
                       codes.cols, layer, width);
    return HM_OK;
}

/* Layer by layer, l to l + 1 of a net, l to l - 1 of what generates. */
static void drive(const hm_model *model, size_t machine, size_t l, hm_matrix from, hm_matrix to, float *room)
{
    const hm_gibbs gibbs = {0};
    const hm_rbm *rbm = hm_model_is_stack(model) ? hm_model_generative(model, l - 1) : model->rbm[machine];
    if (model->kind == HM_MODEL_NET)
        hm_net_drive(model, l, from, to);
    else
        hm_rbm_visible_given_hidden(rbm, hm_machine_recall(rbm, from, NULL, room), to, (hm_matrix){0}, &gibbs);
}

/* The top RBM of a deep belief net with labels gives them beside the layer: a wider row than what goes on. */
static size_t width_of(const hm_model *model, size_t layer)
{
    bool is_under_labels = model->kind == HM_MODEL_DBN && layer + 1 == model->n_rbms;
    return is_under_labels ? hm_rbm_visible(model->rbm[layer])->n_units : hm_model_layer_size(model, layer);
}

hm_status hm_decode(const hm_model *model, size_t machine, size_t layer, hm_matrix codes, hm_matrix out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    HM_REQUIRE(hm_model_check_machine(model, machine, error));
    HM_REQUIRE(hm_check_matrix("codes", codes, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    HM_REQUIRE(hm_check_matrix("out", out, codes.rows, hm_model_n_features(model), HM_TAKES_FLOATS, error));
    hm_status status = hm_model_require(model, HM_ABILITY_RECONSTRUCT, error);
    if (status == HM_OK)
        status = check_codes(model, layer, codes, error);
    if (status != HM_OK)
        return status;
    bool is_net = model->kind == HM_MODEL_NET;
    size_t widest = 0, last = is_net ? model->n_rbms : 0;
    for (size_t l = 0; l <= (hm_model_is_stack(model) ? model->n_rbms : 1); l++)
        widest = width_of(model, l) > widest ? width_of(model, l) : widest;
    size_t n_buffers = 2 * codes.rows * widest;
    float *room = hm_alloc(model->context, n_buffers + hm_model_room(model, model->n_rbms, codes.rows), sizeof *room, error);
    if (!room)
        return HM_ERROR_MEMORY;
    hm_matrix from = codes;
    for (size_t l = layer, k = 0; l != last; l = is_net ? l + 1 : l - 1, k++) {
        size_t next = is_net ? l + 1 : l - 1, width = width_of(model, next);
        hm_matrix to = hm_matrix_f32(room + k % 2 * codes.rows * widest, codes.rows, width);
        drive(model, machine, l, from, to, room + n_buffers);
        from = hm_matrix_cols(to, 0, hm_model_layer_size(model, next));
    }
    for (size_t i = 0; i < codes.rows; i++)
        memcpy(hm_row_f32(&out, i), hm_row_f32(&from, i), out.cols * sizeof(float));
    hm_free(model->context, room);
    return hm_check_finite(out, "what a code stands for", error);
}
