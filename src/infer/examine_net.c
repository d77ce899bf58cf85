/* Checks of a feed-forward net: does it tell its classes apart (or repeat its data), and do its units do any work. */
#include <math.h>
#include <string.h>

#include <harmonium/infer.h>

#include "base/alloc.h"
#include "base/count.h"
#include "compute/unit.h"
#include "infer/examination.h"
#include "model/machine.h"

/* What a net makes of some cases of a set. */
typedef struct outcome {
    size_t n, n_labelled, n_wrong;
    double error; /* of an autoencoder: squared, over the variance of the data; NaN where they do not vary */
    size_t most_named; /* cases that the class named most often was given to */
    size_t most_there; /* cases of the class that most have */
} outcome;

typedef struct patient {
    const hm_context *context;
    const hm_model *net;
    hm_examination *result;
    size_t V, widest;
} patient;

/* ---- Parameters and units ------------------------------------------------------------------------------------------ */

static bool are_parameters_finite(const patient *p)
{
    for (size_t l = 0; l < p->net->n_rbms; l++) {
        size_t n;
        const float *block = hm_rbm_parameters(p->net->rbm[l], &n);
        for (size_t i = 0; i < n; i++)
            if (!isfinite(block[i])) {
                hm_examination_find(p->result, HM_ILL_NOT_FINITE, NAN,
                                    "A parameter of level %zu is not a finite number: learning diverged. Lower --backprop-learning-rate "
                                    "tenfold and train again from the start.",
                                    l + 1);
                return false;
            }
    }
    return true;
}

/* Of logistic units 1; rectified units have no top, and are off at 0. */
static bool is_always(const hm_matrix *h, size_t j, bool is_on)
{
    for (size_t i = 0; i < h->rows; i++) {
        float x = hm_row_f32(h, i)[j];
        if (is_on ? x <= 0.95f : x >= 0.05f)
            return false;
    }
    return true;
}

static hm_status check_level(const patient *p, size_t level, hm_matrix v, float *room, size_t *n_dead, size_t *n_stuck, hm_error *error)
{
    const hm_layer *layer = hm_model_layer(p->net, level);
    hm_matrix h = hm_matrix_f32(room, v.rows, layer->n_units);
    bool is_logistic = hm_layer_is_all(layer, HM_UNIT_BERNOULLI);
    if (!is_logistic && !hm_layer_is_all(layer, HM_UNIT_RELU))
        return HM_OK;
    hm_status status = hm_model_up_pass(p->net, level, v, h, error);
    for (size_t j = 0; status == HM_OK && j < layer->n_units; j++) {
        *n_dead += is_always(&h, j, false);
        *n_stuck += is_logistic && is_always(&h, j, true);
    }
    return status;
}

static hm_status check_units(const patient *p, hm_matrix v, float *room, hm_error *error)
{
    size_t n_dead = 0, n_stuck = 0, n = 0;
    hm_status status = HM_OK;
    for (size_t l = 1; status == HM_OK && l < p->net->n_rbms; l++) {
        n += hm_model_layer_size(p->net, l);
        status = check_level(p, l, v, room, &n_dead, &n_stuck, error);
    }
    if (status != HM_OK || n == 0)
        return status;
    p->result->share_dead = (double)n_dead / (double)n;
    p->result->share_stuck = (double)n_stuck / (double)n;
    if (n_dead > n / 2)
        hm_examination_find(p->result, HM_ILL_DEAD, p->result->share_dead,
                            "%zu of %zu hidden units are off for every case. Lower --backprop-learning-rate, give rectified units a smaller "
                            "--backprop-weight-deviation, or take fewer units.",
                            n_dead, n);
    if (n_stuck > n / 5)
        hm_examination_find(p->result, HM_ILL_STUCK, p->result->share_stuck,
                            "%zu of %zu hidden units are on for every case: they act as biases. Lower --backprop-learning-rate.", n_stuck, n);
    return HM_OK;
}

/* ---- What it makes of cases ---------------------------------------------------------------------------------------- */

static void note_classes(const patient *p, const hm_dataset *set, const double *probability, size_t n, size_t *named, size_t *there, outcome *o)
{
    size_t C = p->net->n_labels, n_set = hm_dataset_n_cases(set);
    for (size_t i = 0; i < n; i++) {
        size_t best = 0;
        int32_t truth = hm_model_class_of(p->net, hm_dataset_label(set, i * n_set / n));
        for (size_t c = 1; c < C; c++)
            best = probability[i * C + c] > probability[i * C + best] ? c : best;
        named[best]++;
        if (truth < 0)
            continue;
        there[truth]++;
        o->n_labelled++;
        o->n_wrong += (size_t)truth != best;
    }
    for (size_t c = 0; c < C; c++) {
        o->most_named = hm_most(o->most_named, named[c]);
        o->most_there = hm_most(o->most_there, there[c]);
    }
}

static hm_status classify(const patient *p, const hm_dataset *set, hm_matrix v, outcome *o, hm_error *error)
{
    size_t C = p->net->n_labels;
    double *probability = hm_alloc(p->context, v.rows * C, sizeof *probability, error);
    size_t *count = hm_alloc(p->context, 2 * C, sizeof *count, error);
    hm_status status = probability && count ? hm_class_probabilities(p->net, HM_RECOGNISE_ENERGY, 0, v, probability, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        note_classes(p, set, probability, v.rows, count, count + C, o);
    hm_free(p->context, count);
    hm_free(p->context, probability);
    return status;
}

static hm_status reconstruct(const patient *p, hm_matrix v, float *room, outcome *o, hm_error *error)
{
    hm_matrix back = hm_matrix_f32(room, v.rows, v.cols);
    double wrong = 0, variance = 0;
    hm_status status = hm_reconstruct(p->net, 0, v, 1, back, error);
    for (size_t j = 0; status == HM_OK && j < v.cols; j++) {
        double mean = hm_row_f32(&v, 0)[j];
        for (size_t i = 1; i < v.rows; i++)
            mean += (hm_row_f32(&v, i)[j] - mean) / (double)(i + 1);
        for (size_t i = 0; i < v.rows; i++) {
            double x = hm_row_f32(&v, i)[j], d = x - hm_row_f32(&back, i)[j];
            wrong += d * d;
            variance += (x - mean) * (x - mean);
        }
    }
    o->error = variance > 0 ? wrong / variance : NAN;
    return status;
}

/* Reads cases into v, which is left for other checks; room: as many of the widest layer. */
static hm_status try(const patient *p, const hm_dataset *set, hm_matrix *v, float *room, outcome *o, hm_error *error)
{
    *o = (outcome){.n = hm_least(hm_dataset_n_cases(set), HM_EXAMINED_MAX), .error = NAN};
    v->rows = o->n;
    hm_status status = hm_examination_read(set, *v, error);
    if (status != HM_OK)
        return status;
    if (p->net->n_labels)
        return classify(p, set, *v, o, error);
    return hm_model_can(p->net, HM_ABILITY_RECONSTRUCT) ? reconstruct(p, *v, room, o, error) : HM_OK;
}

/* ---- Findings ------------------------------------------------------------------------------------------------------ */

static double share_wrong(const outcome *o)
{
    return o->n_labelled ? (double)o->n_wrong / (double)o->n_labelled : NAN;
}

static void check_classes(const patient *p, const outcome *o)
{
    double wrong = p->result->wrong = share_wrong(o);
    double chance = o->n_labelled ? 1 - (double)o->most_there / (double)o->n_labelled : NAN;
    if (o->most_named == o->n && chance > 0.02)
        hm_examination_find(p->result, HM_ILL_COLLAPSED, chance,
                            "The net calls every case the same class, and %.0f %% of them are of others. Lower --backprop-learning-rate, train "
                            "for more --backprop-epochs, or give --balance yes and as many cases of each class.",
                            100 * chance);
    else if (wrong > 0.9 * chance && chance > 0.02)
        hm_examination_find(p->result, HM_ILL_UNLEARNED, wrong,
                            "%.1f %% of the cases are named wrongly, and to call all of them the most frequent class would be wrong in %.1f %%: the "
                            "net has learned next to nothing. Train for more --backprop-epochs, or change --backprop-learning-rate.",
                            100 * wrong, 100 * chance);
}

static void check_autoencoder(const patient *p, const outcome *o)
{
    p->result->error_ratio = o->error;
    if (o->error > 0.9)
        hm_examination_find(p->result, HM_ILL_UNLEARNED, o->error,
                            "What comes out is as wrong as the mean of the data (%.2f of its variance): the net has learned next to nothing. "
                            "Train for more --backprop-epochs, begin with a deep belief net, or change --backprop-learning-rate.",
                            o->error);
}

/* A difference that chance does not explain: three standard errors of the rate among so many held-out cases. */
static void check_gap(const patient *p, const outcome *held)
{
    double wrong = p->result->wrong, held_wrong = p->result->wrong_held_out = share_wrong(held), ratio = p->result->error_ratio;
    double doubt = 3 * sqrt(held_wrong * (1 - held_wrong) / (double)hm_most(held->n_labelled, 1));
    if (held_wrong - wrong > 0.05 + doubt)
        hm_examination_find(p->result, HM_ILL_OVERFITTED, held_wrong - wrong,
                            "%.1f %% of the held-out cases are named wrongly, and %.1f %% of the training cases: the net knows these by heart. Stop "
                            "earlier (--validation 0.1 --backprop-patience 5 --backprop-keep-best), give --backprop-dropout 0.5, or begin with a "
                            "deep belief net.",
                            100 * held_wrong, 100 * wrong);
    else if (held->error > 2 * ratio && held->error > ratio + 0.1)
        hm_examination_find(p->result, HM_ILL_OVERFITTED, held->error - ratio,
                            "Of held-out cases %.2f of the variance is lost, of the training cases %.2f: the net knows these by heart. Stop "
                            "earlier, or take fewer units.",
                            held->error, ratio);
}

static hm_status examine(const patient *p, const hm_dataset *train, const hm_dataset *held_out, hm_matrix v, float *room, hm_error *error)
{
    outcome o, held;
    if (!are_parameters_finite(p))
        return HM_OK;
    hm_status status = try(p, train, &v, room, &o, error);
    if (status == HM_OK)
        status = check_units(p, v, room, error);
    if (status != HM_OK)
        return status;
    if (p->net->n_labels)
        check_classes(p, &o);
    else
        check_autoencoder(p, &o);
    status = held_out ? try(p, held_out, &v, room, &held, error) : HM_OK;
    if (status == HM_OK && held_out)
        check_gap(p, &held);
    return status;
}

hm_status hm_examine_net(const hm_model *net, const hm_dataset *train, const hm_dataset *held_out, hm_examination *result, hm_error *error)
{
    patient p = {.context = net->context, .net = net, .result = result, .V = hm_model_n_features(net)};
    for (size_t l = 0; l <= net->n_rbms; l++)
        p.widest = hm_most(p.widest, hm_model_layer_size(net, l));
    float *block = hm_alloc(net->context, HM_EXAMINED_MAX * (p.V + p.widest), sizeof *block, error);
    if (!block)
        return HM_ERROR_MEMORY;
    hm_status status = examine(&p, train, held_out, hm_matrix_f32(block, HM_EXAMINED_MAX, p.V), block + HM_EXAMINED_MAX * p.V, error);
    hm_free(net->context, block);
    return status;
}
