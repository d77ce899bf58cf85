/* Stacks of machines: deep belief nets and feed-forward nets.
 *
 * Letters: v data, h^l layer l, W^l weights of the level between layers l and l + 1, y a label. The top RBM of a
 * DBN sees x = [h^(L-1) | y] and its hidden layer h^L; the levels below it are directed, with recognition
 * weights upwards and generative weights downwards (Hinton, Osindero and Teh, 2006). */
#include <math.h>
#include <string.h>

#include <harmonium/model.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "compute/backend.h"
#include "compute/unit.h"
#include "model/machine.h"
#include "model/model_internal.h"

enum { CASES_PER_BLOCK = 256 };

bool hm_model_is_stack(const hm_model *model)
{
    return model->kind == HM_MODEL_DBN || model->kind == HM_MODEL_NET;
}

static bool sees_labels(const hm_model *model, size_t level)
{
    return model->kind == HM_MODEL_DBN && level + 1 == model->n_rbms;
}

size_t hm_model_layer_size(const hm_model *model, size_t layer)
{
    if (layer > 0)
        return hm_layer_shown(hm_rbm_hidden(model->rbm[layer - 1])).n_units;
    return hm_rbm_visible(model->rbm[0])->n_units - (sees_labels(model, 0) ? model->n_labels : 0);
}

const hm_layer *hm_model_layer(const hm_model *model, size_t layer)
{
    return layer > 0 ? hm_rbm_hidden(model->rbm[layer - 1]) : hm_rbm_visible(model->rbm[0]);
}

hm_status hm_model_check_layer(const hm_model *model, size_t layer, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    size_t n_layers = hm_model_is_stack(model) ? model->n_rbms : 1;
    if (layer < 1 || layer > n_layers)
        return hm_fail(error, HM_ERROR_ARGUMENT, "layer = %zu: the model has hidden layers 1 to %zu", layer, n_layers);
    if (model->n_labels && sees_labels(model, layer - 1))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "layer = %zu: the top layer of this net is driven by labels as well; take layer %zu, or `harmonium classify`",
                       layer, layer - 1);
    return HM_OK;
}

hm_status hm_model_check_machine(const hm_model *model, size_t machine, hm_error *error)
{
    return hm_model_is_stack(model) ? HM_OK : hm_check_index("machine", machine, model->n_rbms, error);
}

size_t hm_model_n_features(const hm_model *model)
{
    return hm_model_layer_size(model, 0);
}

bool hm_model_is_belief_net(const hm_model *model)
{
    if (model->kind != HM_MODEL_DBN || model->n_rbms < 2 || model->n_labels || hm_rbm_hidden(model->rbm[model->n_rbms - 1])->n_units > 1)
        return false;
    const hm_matrix W = hm_rbm_weights(model->rbm[model->n_rbms - 1]);
    for (size_t i = 0; i < W.rows; i++)
        if (hm_row_f32(&W, i)[0] != 0)
            return false;
    return true;
}

/* ---- Recognition and generative weights ----------------------------------------------------------------- */

hm_status hm_model_untie(hm_model *model, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    if (!model->generative)
        return hm_fail(error, HM_ERROR_ARGUMENT, "only levels of a deep belief net have generative weights of their own; make one of kind "
                                                 "HM_MODEL_DBN");
    for (size_t l = 0; l + 1 < model->n_rbms; l++) {
        hm_rbm *own;
        if (model->generative[l])
            continue;
        hm_status status = hm_machine_copy(model->rbm[l], &own, error);
        if (status != HM_OK)
            return status;
        const hm_slice *unused = &hm_rbm_slices(own)[HM_SLICE_HIDDEN_BIAS]; /* not saved either */
        memset(hm_rbm_hidden_bias(own), 0, unused->n * sizeof(float));
        model->generative[l] = own;
    }
    return HM_OK;
}

const hm_rbm *hm_model_generative(const hm_model *model, size_t level)
{
    return model->generative && model->generative[level] ? model->generative[level] : model->rbm[level];
}

/* ---- Pictures of another size ------------------------------------------------------------------------------ */

static hm_status check_over(const hm_model *model, hm_error *error)
{
    bool is_known = (model->kind == HM_MODEL_RBM || model->kind == HM_MODEL_DBN) && !model->n_labels;
    for (size_t l = 1; l <= model->n_rbms; l++)
        if (!is_known || !hm_model_layer(model, l)->filter_height)
            return hm_fail(error, HM_ERROR_MISMATCH, "layer %zu has no filters, so the model sees pictures of one size alone; resize the data",
                           l);
    if (model->shift)
        return hm_fail(error, HM_ERROR_MISMATCH, "the model's data are standardised pixel by pixel, so it sees pictures of one size alone; "
                                                 "resize the data");
    return HM_OK;
}

static hm_status create_over(const hm_model *model, size_t height, size_t width, hm_model **over, hm_error *error)
{
    hm_layer layers[HM_LEVELS_MAX + 1] = {*hm_model_layer(model, 0)};
    layers[0].height = height;
    layers[0].width = width;
    layers[0].n_units = layers[0].group[0].n_units = layers[0].n_maps * height * width;
    for (size_t l = 1; l <= model->n_rbms; l++) {
        layers[l] = *hm_model_layer(model, l);
        layers[l].height = layers[l].width = 0;
    }
    return model->kind == HM_MODEL_DBN ? hm_model_create_stack(model->context, model->kind, layers, model->n_rbms + 1, 0, over, error)
                                       : hm_model_create(model->context, model->kind, 1, &layers[0], &layers[1], over, error);
}

hm_status hm_model_over(const hm_model *model, size_t height, size_t width, hm_model **over, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, over));
    *over = NULL;
    HM_REQUIRE(HM_GIVEN(error, model));
    HM_REQUIRE(hm_check_number("height", (double)height, 1, 1 << 24, error));
    HM_REQUIRE(hm_check_number("width", (double)width, 1, 1 << 24, error));
    hm_status status = check_over(model, error);
    if (status == HM_OK)
        status = create_over(model, height, width, over, error);
    for (size_t l = 0; status == HM_OK && l < model->n_rbms; l++) {
        size_t n;
        float *to = hm_rbm_parameters((*over)->rbm[l], &n);
        memcpy(to, model->rbm[l]->block, n * sizeof *to);
    }
    if (status == HM_OK)
        status = hm_model_copy_known(model, *over, error);
    if (status != HM_OK) {
        hm_model_destroy(*over);
        *over = NULL;
        return status;
    }
    (*over)->height = height;
    (*over)->width = width;
    (*over)->n_channels = model->n_channels;
    return HM_OK;
}

/* ---- Feed-forward nets ------------------------------------------------------------------------------------ */

static void rectify_row(void *argument, size_t i)
{
    float *a = hm_row_f32(argument, i);
    for (size_t k = 0; k < ((const hm_matrix *)argument)->cols; k++)
        a[k] = a[k] > 0 ? a[k] : 0;
}

void hm_net_drive(const hm_model *net, size_t level, hm_matrix below, hm_matrix above)
{
    const hm_rbm *rbm = net->rbm[level];
    bool is_rectified = hm_layer_is_all(hm_rbm_hidden(rbm), HM_UNIT_RELU);
    const hm_gibbs gibbs = {0};
    if (!is_rectified) {
        hm_rbm_hidden_given_visible(rbm, below, above, (hm_matrix){0}, &gibbs);
        return;
    }
    hm_machine_up(rbm, below, above);
    hm_pool_run(net->context->pool, above.rows, rectify_row, &above);
}

/* ---- Up ------------------------------------------------------------------------------------------------- */

size_t hm_model_room(const hm_model *model, size_t n_levels, size_t n_cases)
{
    size_t most = 0;
    for (size_t l = 0; l < n_levels; l++) {
        size_t room = hm_machine_room(model->rbm[l], n_cases);
        most = room > most ? room : most;
    }
    return most;
}

hm_status hm_model_up_pass(const hm_model *model, size_t n_levels, hm_matrix v, hm_matrix out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    HM_REQUIRE(n_levels == 1 ? HM_OK : hm_model_check_layer(model, n_levels, error));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_rbm_visible(model->rbm[0])->n_units, HM_TAKES_BYTES_TOO, error));
    HM_REQUIRE(hm_check_matrix("out", out, v.rows, hm_model_layer_size(model, n_levels), HM_TAKES_FLOATS, error));
    size_t widest = 0, block = v.rows < CASES_PER_BLOCK ? v.rows : CASES_PER_BLOCK;
    for (size_t l = 1; l < n_levels; l++)
        widest = hm_model_layer_size(model, l) > widest ? hm_model_layer_size(model, l) : widest;
    float *workspace = hm_alloc(model->context, 2 * block * widest + hm_model_room(model, n_levels, block), sizeof *workspace, error);
    if (!workspace)
        return HM_ERROR_MEMORY;
    float *room = workspace + 2 * block * widest;
    const hm_gibbs gibbs = {0};
    for (size_t first = 0; first < v.rows; first += block) {
        size_t n = v.rows - first < block ? v.rows - first : block;
        hm_matrix below = hm_matrix_rows(v, first, n);
        for (size_t l = 0; l < n_levels; l++) {
            float *buffer = workspace + l % 2 * block * widest;
            hm_matrix above = l + 1 == n_levels ? hm_matrix_rows(out, first, n)
                                                : hm_matrix_f32(buffer, n, hm_model_layer_size(model, l + 1));
            if (model->kind == HM_MODEL_NET)
                hm_net_drive(model, l, below, above);
            else
                hm_machine_rise(model->rbm[l], below, above, (hm_matrix){0}, &gibbs, room);
            below = above;
        }
    }
    hm_free(model->context, workspace);
    return HM_OK;
}

/* ---- Labels --------------------------------------------------------------------------------------------- */

typedef struct posterior_job {
    const hm_model *model;
    const hm_rbm *top;
    size_t n_below, H;
    float *inputs; /* [cases][2][H]: a = c + h'W, and the same with one label's weights added */
    double *probability;
    hm_matrix target;
} posterior_job;

void hm_model_score_labels(const hm_model *model, const float *a, float *room, double *score)
{
    const hm_kernels *kernels = model->context->backend->kernels();
    const hm_rbm *top = model->rbm[model->n_rbms - 1];
    const hm_layer *hidden = hm_rbm_hidden(top);
    const hm_matrix W = hm_rbm_weights(top);
    size_t first = hm_rbm_visible(top)->n_units - model->n_labels;
    for (size_t y = 0; y < model->n_labels; y++) {
        memcpy(room, a, hidden->n_units * sizeof *a);
        kernels->add(hm_row_f32(&W, first + y), room, hidden->n_units, 1);
        score[y] = hm_rbm_visible_bias(top)[first + y] + hm_layer_log_partition(kernels, hidden, 1, room);
    }
}

/* P(y | h) ~ exp(score of y): the terms of F that do not depend on y cancel. */
static void posterior_of_case(void *argument, size_t i)
{
    const posterior_job *job = argument;
    size_t Y = job->model->n_labels;
    float *a = job->inputs + 2 * i * job->H;
    double own[HM_LABELS_MAX], *score = job->probability ? job->probability + i * Y : own;
    double most = -INFINITY, sum = 0;
    hm_model_score_labels(job->model, a, a + job->H, score);
    for (size_t y = 0; y < Y; y++)
        most = fmax(most, score[y]);
    for (size_t y = 0; y < Y; y++)
        sum += score[y] = exp(score[y] - most);
    for (size_t y = 0; y < Y; y++) {
        score[y] /= sum;
        if (job->target.data)
            hm_row_f32(&job->target, i)[y] = (float)score[y];
    }
}

void hm_model_label_posterior(const hm_model *model, hm_matrix below, float *workspace, double *probability,
                              hm_matrix target)
{
    const hm_rbm *top = model->rbm[model->n_rbms - 1];
    size_t H = hm_rbm_hidden(top)->n_units;
    posterior_job job = {model, top, below.cols, H, workspace, probability, target};
    hm_matrix inputs = {workspace, below.rows, H, 2 * H, HM_DTYPE_F32};
    hm_propagate(model->context, &(hm_propagation){.input = below,
                                                   .weights = hm_matrix_rows(hm_rbm_weights(top), 0, below.cols),
                                                   .bias = hm_rbm_hidden_bias(top),
                                                   .bias_run = hm_layer_bias_run(hm_rbm_hidden(top)),
                                                   .beta = 1,
                                                   .mean = inputs});
    hm_pool_run(model->context->pool, below.rows, posterior_of_case, &job);
}
