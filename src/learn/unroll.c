/* From a deep belief net to a feed-forward net: a classifier, or an autoencoder (Hinton and Salakhutdinov, 2006). */
#include <math.h>
#include <string.h>

#include <harmonium/train.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"

/* As many as the level of the DBN has that it is made of. */
static size_t n_biases_above(const hm_rbm *level)
{
    return hm_rbm_slices(level)[HM_SLICE_HIDDEN_BIAS].n;
}

/* The W and c of a level of the net: rows first_row .. of W, or W' with the visible bias as c. */
static void copy_up(const hm_rbm *from, hm_rbm *to)
{
    hm_matrix source = hm_rbm_weights(from), target = hm_rbm_weights(to);
    for (size_t i = 0; i < target.rows; i++)
        memcpy(hm_row_f32(&target, i), hm_row_f32(&source, i), target.cols * sizeof(float));
    memcpy(hm_rbm_hidden_bias(to), hm_rbm_hidden_bias(from), n_biases_above(to) * sizeof(float));
}

static void copy_down(const hm_rbm *from, size_t first, hm_rbm *to)
{
    hm_matrix source = hm_rbm_weights(from), target = hm_rbm_weights(to);
    for (size_t i = 0; i < target.rows; i++)
        for (size_t j = 0; j < target.cols; j++)
            hm_row_f32(&target, i)[j] = hm_row_f32(&source, first + j)[i];
    memcpy(hm_rbm_hidden_bias(to), hm_rbm_visible_bias(from) + first, n_biases_above(to) * sizeof(float));
}

static hm_layer without_labels(const hm_model *dbn, size_t i)
{
    hm_layer layer = *hm_model_layer(dbn, i);
    if (i == 0 && layer.n_units > hm_model_n_features(dbn)) /* a joint RBM: the label group is the last */
        layer.n_units -= layer.group[--layer.n_groups].n_units;
    return layer;
}

static hm_status copy_texts(const hm_model *from, hm_model *to, hm_error *error)
{
    to->height = from->height;
    to->n_channels = from->n_channels;
    to->width = from->width;
    to->seed = from->seed;
    hm_status status = hm_model_set_text(to, &to->recipe, from->recipe, error);
    if (status == HM_OK)
        status = hm_model_set_text(to, &to->history, from->history, error);
    if (status == HM_OK)
        status = hm_model_set_text(to, &to->fingerprint, from->fingerprint, error);
    if (status == HM_OK)
        status = hm_model_copy_known(from, to, error);
    if (status == HM_OK && from->class_label && hm_model_n_classes(to) == hm_model_n_classes(from))
        status = hm_model_copy_classes(from, to, error);
    if (status == HM_OK && from->shift)
        status = hm_model_set_standardising(to, from->shift, from->spread, error);
    return status;
}

static void fill_levels(const hm_model *dbn, size_t n_labels, double deviation, hm_model *net)
{
    size_t L = dbn->n_rbms;
    for (size_t l = 0; l < L; l++)
        copy_up(dbn->rbm[l], net->rbm[l]);
    if (n_labels == 0) {
        for (size_t l = 0; l < L; l++)
            copy_down(hm_model_generative(dbn, l), 0, net->rbm[2 * L - 1 - l]);
    } else if (n_labels == dbn->n_labels) {
        copy_down(dbn->rbm[L - 1], hm_model_layer_size(dbn, L - 1), net->rbm[L]);
    } else {
        size_t n_in = hm_model_layer_size(dbn, L);
        hm_rbm_init_weights(net->rbm[L], (float)(deviation > 0 ? deviation : 1 / sqrt((double)n_in)), L);
    }
}

hm_status hm_model_unroll(const hm_model *dbn, size_t n_labels, double deviation, hm_model **net, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net));
    *net = NULL;
    HM_REQUIRE(HM_GIVEN(error, dbn));
    HM_REQUIRE(hm_check_number("deviation", deviation, 0, 1e6, error));
    hm_layer layers[2 * HM_LEVELS_MAX + 1];
    size_t L = dbn->n_rbms, n_layers = 0;
    if (hm_model_is_belief_net(dbn))
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "a sigmoid belief net ends in a prior and is not unrolled; fine-tune a deep belief net (--kind dbn)");
    if (dbn->kind == HM_MODEL_DBN && dbn->n_labels && !n_labels)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "the top level of this net sees labels, which an autoencoder has no place for; train one without (--label-units "
                       "none)");
    if (dbn->kind != HM_MODEL_DBN)
        return hm_fail(error, HM_ERROR_MISMATCH, "only a deep belief net can be unrolled; train one with --kind dbn");
    for (size_t i = 1; n_labels == 0 && i <= L; i++)
        if (hm_model_layer(dbn, i)->filter_height)
            return hm_fail(error, HM_ERROR_MISMATCH, "layer %zu has filters, and an autoencoder is unrolled from dense layers alone", i);
    for (size_t i = 0; i <= L; i++)
        layers[n_layers++] = without_labels(dbn, i);
    if (n_labels)
        layers[n_layers++] = hm_layer_of(HM_UNIT_SOFTMAX, n_labels, (int)n_labels);
    for (size_t i = L; n_labels == 0 && i-- > 0;)
        layers[n_layers++] = without_labels(dbn, i);
    hm_status status = hm_model_create_stack(dbn->context, HM_MODEL_NET, layers, n_layers, n_labels, net, error);
    if (status != HM_OK)
        return status;
    fill_levels(dbn, n_labels, deviation, *net);
    status = copy_texts(dbn, *net, error);
    if (status != HM_OK) {
        hm_model_destroy(*net);
        *net = NULL;
    }
    return status;
}

/* That one unit above sees. */
static size_t n_inputs(const hm_rbm *level)
{
    const hm_slice *W = &hm_rbm_slices(level)[HM_SLICE_WEIGHTS];
    const hm_layer *above = hm_rbm_hidden(level);
    return W->n / hm_layer_n_features(above);
}

void hm_model_init_net(hm_model *net, double deviation)
{
    for (size_t l = 0; l < net->n_rbms; l++) {
        bool is_rectified = hm_layer_is_all(hm_model_layer(net, l + 1), HM_UNIT_RELU);
        double by_inputs = sqrt((is_rectified ? 2.0 : 1.0) / (double)n_inputs(net->rbm[l]));
        hm_rbm_init_weights(net->rbm[l], (float)(deviation > 0 ? deviation : by_inputs), l);
    }
}
