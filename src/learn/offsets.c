/* The offsets of a class model: P(c | v) = softmax(-F_c(v) + offset_c), where offset_c stands for -log Z_c
 * (Hinton 2010, section 16). The log-likelihood of the labels is concave in the offsets; each is moved by a
 * damped Newton step with the diagonal of the Hessian, sum_n (y_nc - p_nc) / sum_n p_nc (1 - p_nc). */
#include <math.h>

#include <harmonium/train.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"

enum { CASES_PER_BLOCK = 1000, NEWTON_STEPS = 200 };
static const double STEP_MAX = 5; /* sharp posteriors make the Hessian vanish */

/* minus_F[n_cases][n_classes] */
static hm_status score_cases(const hm_model *model, const hm_dataset *set, double *minus_F, hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(set), V = hm_dataset_n_features(set), C = model->n_rbms;
    float *block = hm_alloc(model->context, CASES_PER_BLOCK * V, sizeof *block, error);
    double *F = hm_alloc(model->context, CASES_PER_BLOCK, sizeof *F, error);
    hm_status status = block && F ? HM_OK : HM_ERROR_MEMORY;
    for (size_t first = 0; status == HM_OK && first < n_cases; first += CASES_PER_BLOCK) {
        size_t n = n_cases - first < CASES_PER_BLOCK ? n_cases - first : CASES_PER_BLOCK;
        hm_matrix v = hm_matrix_f32(block, n, V);
        status = hm_dataset_read(set, NULL, first, n, 0, v, error);
        for (size_t c = 0; status == HM_OK && c < C; c++) {
            status = hm_rbm_free_energy(model->rbm[c], v, 1, F, error);
            for (size_t i = 0; status == HM_OK && i < n; i++)
                minus_F[(first + i) * C + c] = -F[i];
        }
    }
    hm_free(model->context, F);
    hm_free(model->context, block);
    return status;
}

/* The start: the mean free energy of each class on its own cases, which centres the winners. A class without cases moves as the others do
 * on average. */
static void start(const hm_model *model, const hm_dataset *set, const double *minus_F, size_t C, double *offset, double *count)
{
    for (size_t i = 0; i < hm_dataset_n_cases(set); i++) {
        int32_t c = hm_model_class_of(model, hm_dataset_label(set, i));
        if (c < 0)
            continue;
        offset[c] -= minus_F[i * C + (size_t)c];
        count[c]++;
    }
    double moved = 0, n_there = 0;
    for (size_t c = 0; c < C; c++) {
        offset[c] /= count[c] > 0 ? count[c] : 1;
        moved += count[c] > 0 ? offset[c] - (double)model->offset[c] : 0;
        n_there += count[c] > 0;
    }
    for (size_t c = 0; c < C; c++)
        offset[c] = count[c] > 0 ? offset[c] : (double)model->offset[c] + moved / fmax(n_there, 1);
}

static void newton_step(const double *minus_F, size_t n_cases, size_t C, const double *count, double *offset,
                        double *mass, double *variance)
{
    for (size_t c = 0; c < C; c++)
        mass[c] = variance[c] = 0;
    for (size_t i = 0; i < n_cases; i++) {
        const double *score = minus_F + i * C;
        double most = -INFINITY, sum = 0;
        for (size_t c = 0; c < C; c++)
            most = fmax(most, score[c] + offset[c]);
        for (size_t c = 0; c < C; c++)
            sum += exp(score[c] + offset[c] - most);
        for (size_t c = 0; c < C; c++) {
            double p = exp(score[c] + offset[c] - most) / sum;
            mass[c] += p;
            variance[c] += p * (1 - p);
        }
    }
    for (size_t c = 0; c < C; c++) {
        double step = count[c] > 0 ? 0.5 * (count[c] - mass[c]) / (variance[c] + 1e-3) : 0;
        offset[c] += fmax(-STEP_MAX, fmin(STEP_MAX, step));
    }
}

hm_status hm_train_offsets(hm_model *model, const hm_dataset *set, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, set));
    if (model->kind != HM_MODEL_CLASSES)
        return hm_fail(error, HM_ERROR_ARGUMENT, "offsets are those of a class model; take one of kind HM_MODEL_CLASSES");
    HM_REQUIRE(hm_check_fit(model, set, error));
    size_t n_cases = hm_dataset_n_cases(set), C = model->n_rbms;
    double *minus_F = hm_alloc(model->context, n_cases * C, sizeof *minus_F, error);
    double *work = hm_alloc(model->context, 4 * C, sizeof *work, error);
    hm_status status = minus_F && work ? score_cases(model, set, minus_F, error) : HM_ERROR_MEMORY;
    if (status == HM_OK) {
        double *offset = work, *count = work + C, mean = 0;
        start(model, set, minus_F, C, offset, count);
        for (int step = 0; step < NEWTON_STEPS; step++)
            newton_step(minus_F, n_cases, C, count, offset, work + 2 * C, work + 3 * C);
        for (size_t c = 0; c < C; c++) /* only differences matter */
            mean += offset[c] / (double)C;
        for (size_t c = 0; c < C; c++)
            model->offset[c] = (float)(offset[c] - mean);
    }
    hm_free(model->context, work);
    hm_free(model->context, minus_F);
    return status;
}
