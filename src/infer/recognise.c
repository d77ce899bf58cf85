/* Recognition: the class of a case, by free energies, by label units that settle, or by a net's outputs. */
#include <math.h>
#include <string.h>

#include <harmonium/infer.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"

enum { CASES_PER_BLOCK = 256 };

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

static hm_status by_machines(const hm_model *model, hm_matrix v, double *probability, hm_error *error)
{
    size_t n = v.rows, C = model->n_rbms;
    hm_status status = HM_OK;
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

static void widen(hm_matrix from, double *to)
{
    for (size_t i = 0; i < from.rows; i++)
        for (size_t k = 0; k < from.cols; k++)
            to[i * from.cols + k] = hm_row_f32(&from, i)[k];
}

static hm_status by_outputs(const hm_model *net, hm_matrix v, double *probability, hm_error *error)
{
    float *out = hm_alloc(net->context, v.rows * net->n_labels, sizeof *out, error);
    if (!out)
        return HM_ERROR_MEMORY;
    hm_matrix outputs = hm_matrix_f32(out, v.rows, net->n_labels);
    hm_status status = hm_model_up_pass(net, net->n_rbms, v, outputs, error);
    if (status == HM_OK)
        widen(outputs, probability);
    hm_free(net->context, out);
    return status;
}

/* Label units of x start neutral; means alternate between them and the top units. */
static void settle(const hm_model *dbn, hm_matrix x, hm_matrix x_mean, hm_matrix t, size_t n_steps)
{
    const hm_rbm *top = dbn->rbm[dbn->n_rbms - 1];
    size_t Y = dbn->n_labels, n_below = x.cols - Y;
    const hm_gibbs gibbs = {0};
    for (size_t i = 0; i < x.rows; i++)
        for (size_t k = 0; k < Y; k++)
            hm_row_f32(&x, i)[n_below + k] = 1 / (float)Y;
    for (size_t s = 0; s < n_steps; s++) {
        hm_rbm_hidden_given_visible(top, x, t, (hm_matrix){0}, &gibbs);
        hm_rbm_visible_given_hidden(top, t, x_mean, (hm_matrix){0}, &gibbs);
        for (size_t i = 0; i < x.rows; i++)
            memcpy(hm_row_f32(&x, i) + n_below, hm_row_f32(&x_mean, i) + n_below, Y * sizeof(float));
    }
}

static hm_status by_top(const hm_model *dbn, int method, size_t n_steps, hm_matrix v, double *probability,
                        hm_error *error)
{
    size_t L = dbn->n_rbms, Y = dbn->n_labels, T = hm_model_layer_size(dbn, L), n_below = hm_model_layer_size(dbn, L - 1);
    size_t X = n_below + Y, block = v.rows < CASES_PER_BLOCK ? v.rows : CASES_PER_BLOCK;
    float *workspace = hm_alloc(dbn->context, block * 2 * (X + T), sizeof *workspace, error);
    hm_status status = workspace ? HM_OK : HM_ERROR_MEMORY;
    for (size_t first = 0; status == HM_OK && first < v.rows; first += block) {
        size_t n = v.rows - first < block ? v.rows - first : block;
        hm_matrix x = hm_matrix_f32(workspace, n, X), x_mean = hm_matrix_f32(workspace + block * X, n, X);
        hm_matrix below = hm_matrix_cols(x, 0, n_below), cases = hm_matrix_rows(v, first, n);
        float *top = workspace + 2 * block * X;
        if (L > 1)
            status = hm_model_up_pass(dbn, L - 1, cases, below, error);
        else
            for (size_t i = 0; i < n; i++)
                memcpy(hm_row_f32(&below, i), hm_row_f32(&cases, i), n_below * sizeof(float));
        if (status != HM_OK)
            break;
        if (method == HM_RECOGNISE_ENERGY) {
            hm_model_label_posterior(dbn, below, top, probability + first * Y, (hm_matrix){0});
        } else {
            settle(dbn, x, x_mean, hm_matrix_f32(top, n, T), n_steps);
            widen(hm_matrix_cols(x, n_below, Y), probability + first * Y);
        }
    }
    hm_free(dbn->context, workspace);
    return status;
}

static hm_status check_probabilities(const hm_model *model, size_t n, const double *probability, hm_error *error)
{
    size_t n_classes = hm_model_n_classes(model);
    for (size_t i = 0; i < n * n_classes; i++)
        if (!isfinite(probability[i]))
            return hm_fail(error, HM_ERROR_NUMERIC, "the probabilities of case %zu are no finite numbers: weights or data are too large for "
                                                    "floats; standardise the data, or train with a smaller learning rate",
                           i / n_classes + 1);
    return HM_OK;
}

hm_status hm_class_probabilities(const hm_model *model, int method, size_t n_steps, hm_matrix v, double *probability,
                                 hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, probability));
    HM_REQUIRE(hm_check_number("method", method, HM_RECOGNISE_ENERGY, HM_RECOGNISE_GIBBS, error));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_model_n_features(model), model->kind == HM_MODEL_DBN ? HM_TAKES_FLOATS : HM_TAKES_BYTES_TOO, error));
    hm_status status = hm_model_require(model, HM_ABILITY_CLASSES, error);
    if (status != HM_OK)
        return status;
    if (model->kind == HM_MODEL_CLASSES)
        status = by_machines(model, v, probability, error);
    else
        status = model->kind == HM_MODEL_NET ? by_outputs(model, v, probability, error)
                                             : by_top(model, method, n_steps, v, probability, error);
    return status == HM_OK ? check_probabilities(model, v.rows, probability, error) : status;
}
