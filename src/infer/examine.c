/* Checks of a model against its data: see harmonium/examine.h. Thresholds are those at which people act (Hinton 2010), on the
 * careful side: a healthy model must not be called ill. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <harmonium/examine.h>
#include <harmonium/likelihood.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"
#include "model/model_internal.h"
#include "compute/unit.h"
#include "infer/examination.h"
#include "model/machine.h"

enum { CHAINS = 100, STEPS = 100, STREAM = 7 << 14 };

typedef struct patient {
    const hm_context *context;
    const hm_model *model;
    const hm_rbm *rbm, *down; /* down: what generates, the same unless a level has weights of its own for it */
    const hm_dataset *train, *held_out;
    bool runs_chains;
    bool varies; /* whether any feature of the cases does: without, there is nothing that could have been learned */
    hm_examination *result;
    size_t n, n_held, V, H;
    float *block;
    hm_matrix v, held, h, mean; /* cases; held-out cases; hidden means; reconstructions */
    double *F, *F_held;
} patient;

void hm_examination_find(hm_examination *result, hm_ill ill, double value, const char *format, ...)
{
    va_list arguments;
    hm_finding *finding = &result->finding[result->n];
    if (result->n == HM_FINDINGS_MAX)
        return;
    finding->ill = ill;
    finding->value = value;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
    result->n++;
}

static bool is_visible(const patient *p, hm_unit kind)
{
    return hm_layer_is_all(hm_rbm_visible(p->rbm), kind);
}

/* ---- Parameters ------------------------------------------------------------------------------------------------ */

static bool are_parameters_finite(patient *p)
{
    const hm_slice *slices = hm_rbm_slices(p->rbm);
    for (int part = 0; part < HM_SLICES; part++)
        for (size_t i = slices[part].first; i < slices[part].first + slices[part].n; i++) {
            if (isfinite(p->rbm->block[i]))
                continue;
            hm_examination_find(p->result, HM_ILL_NOT_FINITE, NAN,
                 "A parameter (%s) is not a finite number: learning diverged. Lower --learning-rate tenfold and train again from "
                 "the start.",
                 slices[part].name);
            return false;
        }
    return true;
}

/* Of a level under others only the conditionals are used. */
static hm_status check_partition(patient *p, bool *is_bounded, hm_error *error)
{
    hm_partition found = {.is = HM_PARTITION_FINITE};
    bool is_alone = p->model->kind != HM_MODEL_DBN || p->model->n_rbms == 1;
    hm_status status = is_alone ? hm_rbm_find_partition(p->rbm, &found, error) : HM_OK;
    *is_bounded = found.is != HM_PARTITION_INFINITE;
    if (status == HM_OK && !*is_bounded)
        hm_examination_find(p->result, HM_ILL_UNBOUNDED, found.gain,
             "The model has no finite partition function: weights between Gaussian or rectified units stretch by %.3g, and must by less than "
             "1. Chains run off, and there is no likelihood. Lower --learning-rate, raise --weight-cost, or take --hidden bernoulli.",
             found.gain);
    return status;
}

/* ---- Data -------------------------------------------------------------------------------------------------------- */

typedef struct column {
    double mean, variance, least, most;
} column;

static column look_at_column(const hm_matrix *m, size_t k)
{
    column c = {.least = INFINITY, .most = -INFINITY};
    for (size_t i = 0; i < m->rows; i++) {
        double x = hm_row_f32(m, i)[k];
        c.mean += (x - c.mean) / (double)(i + 1); /* exact where nothing varies */
        c.least = fmin(c.least, x);
        c.most = fmax(c.most, x);
    }
    for (size_t i = 0; i < m->rows; i++) {
        double d = hm_row_f32(m, i)[k] - c.mean;
        c.variance += d * d / (double)m->rows;
    }
    return c;
}

static void check_data(patient *p)
{
    bool is_gaussian = is_visible(p, HM_UNIT_GAUSSIAN), is_bernoulli = is_visible(p, HM_UNIT_BERNOULLI);
    const double slack = 1e-4; /* averages of areas may leave 0 to 1 by a rounding */
    size_t n_constant = 0, n_outside = 0, n_raw = 0;
    double most = 0;
    for (size_t k = 0; k < p->v.cols; k++) {
        column c = look_at_column(&p->v, k);
        most = fmax(most, c.most);
        n_constant += c.most == c.least;
        n_outside += is_bernoulli && (c.least < -slack || c.most > 1 + slack);
        n_raw += is_gaussian && c.variance > 0 && (fabs(c.mean) > 1 || c.variance > 4 || c.variance < 0.25);
    }
    if (n_outside)
        hm_examination_find(p->result, HM_ILL_RANGE, (double)n_outside,
             "%zu features have values outside 0 to 1 (up to %g), which Bernoulli units cannot have. Give --scale, or take --visible "
             "gaussian with --standardise.",
             n_outside, most);
    if (n_raw > p->V / 10)
        hm_examination_find(p->result, HM_ILL_RANGE, (double)n_raw,
             "%zu of %zu features are far from mean 0 and variance 1, and Gaussian units have unit variance. Train with "
             "--standardise.",
             n_raw, p->V);
    if (n_constant == p->V)
        hm_examination_find(p->result, HM_ILL_CONSTANT, (double)n_constant,
             "No feature ever changes in %zu cases, so there is nothing to learn. Look at the data (harmonium data); perhaps it was scaled or cut "
             "to nothing.",
             p->n);
    else if (n_constant > p->V / 2)
        hm_examination_find(p->result, HM_ILL_CONSTANT, (double)n_constant,
             "%zu of %zu features never change in %zu cases, so there is nothing to learn from them. Look at the data (harmonium "
             "data), and cut or rescale what is empty (--resize, --invert).",
             n_constant, p->V, p->n);
    size_t n_cases = hm_dataset_n_cases(p->train);
    if (n_cases < 100)
        hm_examination_find(p->result, HM_ILL_FEW_CASES, (double)n_cases,
             "There are only %zu training cases: less than one mini-batch of 100. Find more, or take fewer hidden units, a smaller "
             "--batch-size and a greater --weight-cost.",
             n_cases);
}

/* ---- Units -------------------------------------------------------------------------------------------------------- */

/* The top of a unit's range; 0: it has none. */
static float top_of(const hm_unit_group *group)
{
    switch (group->kind) {
    case HM_UNIT_BERNOULLI: return 1;
    case HM_UNIT_BINOMIAL: return (float)group->size;
    default: return 0;
    }
}

static void check_activities(patient *p)
{
    const hm_layer *hidden = hm_rbm_hidden(p->rbm);
    size_t n_dead = 0, n_stuck = 0, j = 0;
    for (int g = 0; g < hidden->n_groups; g++) {
        float top = top_of(&hidden->group[g]);
        size_t end = j + hidden->group[g].n_units;
        for (; j < end && top > 0; j++) {
            double most = 0, least = top;
            for (size_t i = 0; i < p->n; i++) {
                most = fmax(most, hm_row_f32(&p->h, i)[j]);
                least = fmin(least, hm_row_f32(&p->h, i)[j]);
            }
            n_dead += most < 0.05 * top;
            n_stuck += least > 0.95 * top;
        }
        j = end;
    }
    p->result->share_dead = (double)n_dead / (double)p->H;
    p->result->share_stuck = (double)n_stuck / (double)p->H;
    if (n_dead > p->H / 5)
        hm_examination_find(p->result, HM_ILL_DEAD, p->result->share_dead,
             "%zu of %zu hidden units are off for every case. Begin with a higher --hidden-bias (0), a lower --learning-rate, or a "
             "gentler sparsity target; or take fewer units.",
             n_dead, p->H);
    if (n_stuck > p->H / 5)
        hm_examination_find(p->result, HM_ILL_STUCK, p->result->share_stuck,
             "%zu of %zu hidden units are on for every case: they act as biases. Lower --learning-rate, or give --centering data "
             "or a --sparsity-target.",
             n_stuck, p->H);
}

/* Weight i of feature j: W's columns are units, or its rows the filters of maps. */
static size_t n_weights_of(const patient *p)
{
    const hm_matrix W = hm_rbm_weights(p->rbm);
    return hm_rbm_hidden(p->rbm)->filter_height ? W.cols : W.rows;
}

static float weight(const patient *p, size_t i, size_t j)
{
    const hm_matrix W = hm_rbm_weights(p->rbm);
    return hm_rbm_hidden(p->rbm)->filter_height ? hm_row_f32(&W, j)[i] : hm_row_f32(&W, i)[j];
}

/* Unit j does what an earlier one does: weights in the same direction within a cosine of 0.99, and of some size. */
static bool is_duplicate(const patient *p, size_t j, const double *length)
{
    const double least = 0.3; /* a feature is longer */
    for (size_t k = 0; k < j; k++) {
        double dot = 0;
        for (size_t i = 0; i < n_weights_of(p); i++)
            dot += (double)weight(p, i, j) * weight(p, i, k);
        if (length[j] > least && dot > 0.99 * length[j] * length[k])
            return true;
    }
    return false;
}

static hm_status check_duplicates(patient *p, hm_error *error)
{
    enum { UNITS_MAX = 300 }; /* the work grows with their square */
    size_t F = hm_layer_n_features(hm_rbm_hidden(p->rbm)), n = F < UNITS_MAX ? F : UNITS_MAX, n_duplicates = 0;
    double *length = hm_alloc(p->context, n, sizeof *length, error);
    if (!length)
        return HM_ERROR_MEMORY;
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < n_weights_of(p); i++)
            length[j] += (double)weight(p, i, j) * weight(p, i, j);
        length[j] = sqrt(length[j]);
        n_duplicates += is_duplicate(p, j, length);
    }
    hm_free(p->context, length);
    p->result->share_duplicate = (double)n_duplicates / (double)n;
    if (n_duplicates > n / 10)
        hm_examination_find(p->result, HM_ILL_DUPLICATES, p->result->share_duplicate,
             "%zu of the first %zu hidden units have the same weights as another one. Begin with a greater --weight-deviation (0.01), "
             "give --sparsity-target 0.1, or take fewer units.",
             n_duplicates, n);
    return HM_OK;
}

/* ---- Reconstructions ----------------------------------------------------------------------------------------------- */

static void measure_reconstructions(patient *p)
{
    double error = 0, variance = 0, own = 0;
    for (size_t k = 0; k < p->V; k++) {
        column data = look_at_column(&p->v, k), back = look_at_column(&p->mean, k);
        p->varies |= data.most > data.least;
        variance += data.variance;
        own += back.variance;
        for (size_t i = 0; i < p->n; i++) {
            double d = hm_row_f32(&p->v, i)[k] - hm_row_f32(&p->mean, i)[k];
            error += d * d / (double)p->n;
        }
    }
    p->result->error_ratio = p->varies ? error / variance : NAN;
    p->result->variance_ratio = p->varies ? own / variance : NAN;
}

static bool has_unbounded_units(const hm_layer *layer)
{
    for (int g = 0; g < layer->n_groups; g++)
        if (layer->group[g].kind == HM_UNIT_GAUSSIAN || layer->group[g].kind == HM_UNIT_RELU)
            return true;
    return false;
}

static bool has_exploded(patient *p)
{
    double ratio = p->result->variance_ratio;
    if (!p->varies || ratio <= 2)
        return false;
    bool is_raw = has_unbounded_units(hm_rbm_visible(p->rbm)) && !hm_dataset_shift(p->train);
    hm_examination_find(p->result, HM_ILL_EXPLODED, ratio, "Reconstructions vary more than twice as much as the data: learning overshoots. Lower --learning-rate "
         "tenfold%s.", is_raw ? "; units without bounds also want --standardise" : "");
    return true;
}

static void check_learning(patient *p, size_t n_before)
{
    double ratio = p->result->error_ratio;
    bool is_unbounded = has_unbounded_units(hm_rbm_visible(p->rbm)), is_binary = is_visible(p, HM_UNIT_BERNOULLI) || is_visible(p, HM_UNIT_SPIN);
    if (p->varies && p->result->n == n_before && ratio > 0.9)
        hm_examination_find(p->result, HM_ILL_UNLEARNED, ratio,
             "Reconstructions are as wrong as the mean of the data (%.2f of its variance): the model has learned next to nothing. Raise "
             "--learning-rate (%s), or train for more epochs; if the error rose during learning, lower it; "
             "and a --weight-cost above 0.01 forbids learning.",
             ratio,
             is_binary      ? "0.1 is usual for binary units"
             : is_unbounded ? "0.01 is usual for Gaussian units and standardised data"
                            : "0.05 is usual for units of several states");
}

/* ---- Energies ------------------------------------------------------------------------------------------------------- */

static double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] / (double)n;
    return sum;
}

static hm_status check_gap(patient *p, hm_error *error)
{
    hm_status status = hm_rbm_free_energy(p->rbm, p->v, 1, p->F, error);
    if (status == HM_OK && p->held.data)
        status = hm_rbm_free_energy(p->rbm, p->held, 1, p->F_held, error);
    if (status != HM_OK || !p->held.data)
        return status;
    double gap = mean_of(p->F_held, p->n_held) - mean_of(p->F, p->n), variance = 0;
    for (size_t i = 0; i < p->n; i++)
        variance += (p->F[i] - mean_of(p->F, p->n)) * (p->F[i] - mean_of(p->F, p->n)) / (double)p->n;
    p->result->free_energy_gap = gap;
    if (gap > 5 && gap > 0.5 * sqrt(variance))
        hm_examination_find(p->result, HM_ILL_OVERFITTED, gap,
             "Held-out cases have a free energy %.1f nats above that of the training cases: the model knows them by heart. Stop "
             "earlier, raise --weight-cost, take fewer hidden units, or more data.",
             gap);
    return HM_OK;
}

/* How far free energies before and after some steps of the same chains still go together. */
static double correlation(const double *x, const double *y, size_t n)
{
    double mx = mean_of(x, n), my = mean_of(y, n), xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        xy += (x[i] - mx) * (y[i] - my);
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/* Chains run from the data. Where the model is right, they stay among energies like those of the data, and move about. */
static hm_status check_chains(patient *p, hm_error *error)
{
    size_t n = p->n < CHAINS ? p->n : CHAINS;
    hm_matrix v = hm_matrix_rows(p->mean, 0, n); /* reconstructions are no longer needed */
    double before[CHAINS], after[CHAINS];
    hm_gibbs gibbs = {.stream = STREAM};
    for (size_t i = 0; i < n; i++)
        memcpy(hm_row_f32(&v, i), hm_row_f32(&p->v, i), p->V * sizeof(float));
    hm_status status = hm_rbm_gibbs_chains(p->rbm, v, (hm_matrix){0}, 9 * STEPS, &gibbs, error);
    if (status == HM_OK)
        status = hm_rbm_free_energy(p->rbm, v, 1, before, error);
    gibbs.step += 9 * STEPS;
    if (status == HM_OK)
        status = hm_rbm_gibbs_chains(p->rbm, v, (hm_matrix){0}, STEPS, &gibbs, error);
    if (status == HM_OK)
        status = hm_rbm_free_energy(p->rbm, v, 1, after, error);
    if (status != HM_OK)
        return status;
    double spread = 0, own = mean_of(p->F, p->n);
    for (size_t i = 0; i < p->n; i++)
        spread += (p->F[i] - own) * (p->F[i] - own) / (double)p->n;
    p->result->astray = own - mean_of(after, n);
    p->result->autocorrelation = correlation(before, after, n);
    if (p->result->astray > 5 * sqrt(spread) && p->result->astray > 20)
        hm_examination_find(p->result, HM_ILL_ASTRAY, p->result->astray,
             "The model's own chains end %.0f nats below the data: it prefers states that no case is like. For a generative model take "
             "--aim generative, --learner pcd or tempering; as features it may serve.",
             p->result->astray);
    if (p->result->autocorrelation > 0.95)
        hm_examination_find(p->result, HM_ILL_FROZEN, p->result->autocorrelation,
             "Chains hardly move: after %d steps their free energies still correlate by %.2f. Samples and likelihoods want --learner "
             "tempering, or a greater --weight-cost.",
             STEPS, p->result->autocorrelation);
    return HM_OK;
}

/* ---- The examination ------------------------------------------------------------------------------------------------ */

hm_status hm_examination_read(const hm_dataset *set, hm_matrix to, hm_error *error)
{
    size_t n = hm_dataset_n_cases(set);
    for (size_t i = 0; i < to.rows; i++) {
        hm_status status = hm_dataset_read(set, NULL, i * n / to.rows, 1, 0, hm_matrix_rows(to, i, 1), error);
        if (status != HM_OK)
            return status;
    }
    return HM_OK;
}

static hm_status create(patient *p, hm_error *error)
{
    p->n = hm_least(hm_dataset_n_cases(p->train), HM_EXAMINED_MAX);
    p->n_held = p->held_out ? hm_least(hm_dataset_n_cases(p->held_out), HM_EXAMINED_MAX) : 0;
    p->block = hm_alloc(p->context, (2 * p->n + p->n_held) * p->V + p->n * p->H, sizeof *p->block, error);
    p->F = hm_alloc(p->context, p->n + p->n_held, sizeof *p->F, error);
    if (!p->block || !p->F)
        return HM_ERROR_MEMORY;
    p->F_held = p->F + p->n;
    p->v = hm_matrix_f32(p->block, p->n, p->V);
    p->mean = hm_matrix_f32(p->block + p->n * p->V, p->n, p->V);
    p->h = hm_matrix_f32(p->block + 2 * p->n * p->V, p->n, p->H);
    if (p->n_held)
        p->held = hm_matrix_f32(p->block + 2 * p->n * p->V + p->n * p->H, p->n_held, p->V);
    hm_status status = hm_examination_read(p->train, p->v, error);
    return status == HM_OK && p->n_held ? hm_examination_read(p->held_out, p->held, error) : status;
}

static hm_status examine(patient *p, hm_error *error)
{
    const hm_gibbs none = {0};
    bool is_finite = are_parameters_finite(p);
    bool is_bounded = true;
    hm_status status = is_finite ? check_partition(p, &is_bounded, error) : HM_OK;
    check_data(p);
    if (status != HM_OK || !is_finite)
        return status;
    hm_rbm_hidden_given_visible(p->rbm, p->v, p->h, (hm_matrix){0}, &none);
    hm_rbm_visible_given_hidden(p->down, p->h, p->mean, (hm_matrix){0}, &none);
    size_t n_before = p->result->n;
    measure_reconstructions(p);
    if (!p->varies || has_exploded(p))
        return HM_OK;
    check_activities(p);
    status = check_duplicates(p, error);
    check_learning(p, n_before); /* where no unit does its work, that is the cause */
    if (status == HM_OK)
        status = check_gap(p, error);
    bool has_chains = p->runs_chains && is_bounded && p->model->kind != HM_MODEL_DBN; /* lower levels of a DBN run none of their own */
    return status == HM_OK && has_chains ? check_chains(p, error) : status;
}

static hm_status examine_machine(patient *p, size_t machine, hm_error *error)
{
    p->rbm = p->model->rbm[machine];
    p->down = hm_model_generative(p->model, machine);
    p->V = hm_rbm_visible(p->rbm)->n_units;
    p->H = hm_rbm_hidden(p->rbm)->n_units;
    if (p->V != hm_dataset_n_features(p->train))
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "the first level sees labels beside the data, and is not examined; take a net of two levels or more");
    hm_status status = create(p, error);
    if (status == HM_OK)
        status = examine(p, error);
    hm_free(p->context, p->block);
    hm_free(p->context, p->F);
    return status;
}

/* The machine of a class on the cases of that class. */
static hm_status examine_class(patient *p, size_t machine, hm_error *error)
{
    int32_t label = hm_model_class_label(p->model, machine);
    hm_dataset *own = NULL, *own_held = NULL;
    hm_status status = hm_dataset_of_class(p->train, label, &own, error);
    if (status == HM_OK && p->held_out && hm_dataset_of_class(p->held_out, label, &own_held, NULL) == HM_ERROR_MEMORY)
        status = HM_ERROR_MEMORY;
    p->train = own;
    p->held_out = own_held; /* none, where it has no such case */
    if (status == HM_OK)
        status = examine_machine(p, machine, error);
    hm_dataset_close(own_held);
    hm_dataset_close(own);
    return status;
}

hm_status hm_examine(const hm_model *model, size_t machine, const hm_dataset *train, const hm_dataset *held_out, bool runs_chains,
                     hm_examination *result, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, train, result));
    HM_REQUIRE(hm_model_check_machine(model, machine, error));
    patient p = {.context = model->context, .model = model, .train = train, .held_out = held_out,
                 .runs_chains = runs_chains, .result = result};
    *result = (hm_examination){.share_dead = NAN, .share_stuck = NAN, .share_duplicate = NAN, .error_ratio = NAN,
                               .variance_ratio = NAN, .free_energy_gap = NAN, .astray = NAN, .autocorrelation = NAN,
                               .wrong = NAN, .wrong_held_out = NAN};
    hm_status status = hm_check_fit(model, train, error);
    if (status == HM_OK && held_out)
        status = hm_check_fit(model, held_out, error);
    if (status != HM_OK)
        return status;
    if (model->kind == HM_MODEL_NET)
        return hm_examine_net(model, train, held_out, result, error);
    if (model->kind == HM_MODEL_CLASSES)
        return examine_class(&p, machine, error);
    return examine_machine(&p, model->kind == HM_MODEL_DBN ? 0 : machine, error);
}
