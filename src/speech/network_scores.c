/* Senone scores by a network (Bourlard and Morgan 1994): ln p(x | s) = ln P(s | x) - ln P(s), up to a constant of the frame. */
#include <math.h>
#include <string.h>

#include <harmonium/hmm.h>
#include <harmonium/infer.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"

static hm_status check(const hm_model *model, size_t n_senones, hm_error *error)
{
    if (model->kind != HM_MODEL_NET || !model->n_labels)
        return hm_fail(error, HM_ERROR_MISMATCH, "senones are scored by a network that has them as classes; train one with --kind net and --labels");
    if (!model->class_share)
        return hm_fail(error, HM_ERROR_MISMATCH, "the network does not know how frequent its classes are; train it again");
    for (size_t k = 0; k < model->n_labels; k++)
        if ((size_t)hm_model_class_label(model, k) >= n_senones)
            return hm_fail(error, HM_ERROR_MISMATCH,
                           "the network tells senone %d apart, but the model definition has only %zu; take the definition that its labels were "
                           "aligned by",
                           hm_model_class_label(model, k), n_senones);
    return HM_OK;
}

/* Senones that no frame of the training had cannot be. */
static void fill_row(const hm_model *model, const double *probability, float *row, size_t n_senones)
{
    for (size_t s = 0; s < n_senones; s++)
        row[s] = -INFINITY;
    for (size_t k = 0; k < model->n_labels; k++)
        if (model->class_share[k] > 0)
            row[hm_model_class_label(model, k)] = (float)(log(probability[k]) - log((double)model->class_share[k]));
}

hm_status hm_senone_scores(const hm_model *model, hm_matrix cases, hm_matrix scores, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    HM_REQUIRE(hm_check_matrix("cases", cases, HM_ANY_NUMBER, hm_model_n_features(model), HM_TAKES_FLOATS, error));
    HM_REQUIRE(hm_check_matrix("scores", scores, cases.rows, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    enum { BLOCK = 512 };
    hm_status status = check(model, scores.cols, error);
    if (status != HM_OK)
        return status;
    double *probability = hm_alloc(model->context, BLOCK * model->n_labels, sizeof *probability, error);
    if (!probability)
        return HM_ERROR_MEMORY;
    for (size_t first = 0; status == HM_OK && first < cases.rows; first += BLOCK) {
        size_t n = cases.rows - first < BLOCK ? cases.rows - first : BLOCK;
        status = hm_class_probabilities(model, HM_RECOGNISE_ENERGY, 1, hm_matrix_rows(cases, first, n), probability, error);
        for (size_t i = 0; status == HM_OK && i < n; i++)
            fill_row(model, probability + i * model->n_labels, hm_row_f32(&scores, first + i), scores.cols);
    }
    hm_free(model->context, probability);
    return status;
}

/* ---- Posteriors of phones ------------------------------------------------------------------------ */

/* row[phone_of[k]] += probability[k] */
static void add_row(const hm_model *model, const int32_t *phone_of, const double *probability, hm_matrix posteriors, size_t t)
{
    float *row = hm_row_f32(&posteriors, t);
    memset(row, 0, posteriors.cols * sizeof *row);
    for (size_t k = 0; k < model->n_labels; k++)
        if (phone_of[k] != HM_PHONE_NONE)
            row[phone_of[k]] += (float)probability[k];
}

hm_status hm_phone_posteriors(const hm_model *model, const hm_definition *definition, hm_matrix cases, hm_matrix posteriors,
                              hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, definition));
    HM_REQUIRE(hm_check_matrix("cases", cases, HM_ANY_NUMBER, hm_model_n_features(model), HM_TAKES_FLOATS, error));
    HM_REQUIRE(hm_check_matrix("posteriors", posteriors, cases.rows, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    hm_status status = check(model, hm_definition_n_senones(definition), error);
    if (status != HM_OK)
        return status;
    int32_t *phone_of = hm_alloc(model->context, model->n_labels, sizeof *phone_of, error);
    double *probability = phone_of ? hm_alloc(model->context, cases.rows * model->n_labels, sizeof *probability, error) : NULL;
    status = probability ? hm_class_probabilities(model, HM_RECOGNISE_ENERGY, 1, cases, probability, error) : HM_ERROR_MEMORY;
    for (size_t k = 0; status == HM_OK && k < model->n_labels; k++)
        phone_of[k] = hm_definition_phone_of(definition, (uint32_t)hm_model_class_label(model, k));
    for (size_t t = 0; status == HM_OK && t < cases.rows; t++)
        add_row(model, phone_of, probability + t * model->n_labels, posteriors, t);
    hm_free(model->context, probability);
    hm_free(model->context, phone_of);
    return status;
}
