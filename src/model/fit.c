/* Whether data fit a model: as many features as visible units, and values that such units can take. */
#include <math.h>
#include <stdio.h>

#include <harmonium/model.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/number.h"
#include "data/dataset.h"

hm_status hm_check_fit(const hm_model *model, const hm_dataset *set, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, set));
    size_t V = hm_model_n_features(model), n = hm_dataset_n_features(set);
    if (n == V)
        return HM_OK;
    return hm_fail(error, HM_ERROR_MISMATCH,
                   "the data (%s) has %zu features, the model %zu visible units; %s", hm_dataset_describe(set), n,
                   V, model->height ? "give --resize with the size of the model's images" : "choose other data");
}

/* ---- Classes -------------------------------------------------------------------------------------------- */

static hm_status fail_class(const hm_model *model, const hm_dataset *set, size_t i, hm_error *error)
{
    char list[300] = "", name[256], number[16];
    size_t n = hm_model_n_classes(model), used = 0, k = 0;
    for (; k < n && used < 200; k++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.60s", k ? ", " : "",
                                 hm_model_class_name(model, k, name, sizeof name));
    int32_t label = hm_dataset_label(set, i);
    const char *is = hm_dataset_class_name(set, label);
    snprintf(number, sizeof number, "%d", label);
    return hm_fail(error, HM_ERROR_MISMATCH,
                   "%s: case %zu (counted from 0) is of the class %.60s, which is none of the model's (%s%s); correct the name, or leave "
                   "such cases out with --classes",
                   hm_dataset_describe(set), i, is ? is : number, list, k < n ? ", .." : "");
}

hm_status hm_model_check_classes(const hm_model *model, const hm_dataset *set, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, set));
    for (size_t i = 0; i < hm_dataset_n_cases(set); i++) {
        int32_t label = hm_dataset_label(set, i);
        if (label >= 0 && hm_model_class_of(model, label) < 0)
            return fail_class(model, set, i, error);
    }
    return HM_OK;
}

/* ---- Ranges --------------------------------------------------------------------------------------------- */

/* The values that features take, and what is said of them. */
typedef struct ranges {
    const hm_context *context;
    const char *name; /* of the data */
    size_t n;
    const float *least, *most;
} ranges;

/* What a kind of unit can take: bottom .. top; of Gaussian units anything. */
static float bottom_of(const hm_unit_group *group)
{
    return group->kind == HM_UNIT_SPIN ? -1 : 0;
}

static float top_of(const hm_unit_group *group)
{
    bool is_bounded = group->kind == HM_UNIT_BERNOULLI || group->kind == HM_UNIT_SOFTMAX || group->kind == HM_UNIT_SPIN ||
                      group->kind == HM_UNIT_POOL;
    return is_bounded ? 1 : group->kind == HM_UNIT_BINOMIAL ? (float)group->size : INFINITY;
}

static float largest(const ranges *r)
{
    float most = -INFINITY;
    for (size_t i = 0; i < r->n; i++)
        most = r->most[i] > most ? r->most[i] : most;
    return most;
}

static hm_status fail_range(const ranges *r, const hm_unit_group *group, size_t i, hm_error *error)
{
    char remedy[160];
    bool is_binomial = group->kind == HM_UNIT_BINOMIAL, is_low = r->least[i] < bottom_of(group);
    float top = top_of(group);
    if (is_low)
        snprintf(remedy, sizeof remedy, "binarise them (--binarise threshold), or take gaussian units with --standardise");
    else if (is_binomial)
        hm_print(remedy, sizeof remedy, "give the units more trials (\"binomial %zux%.0f\")", r->n, ceil(largest(r)));
    else
        hm_print(remedy, sizeof remedy,
                 "scale them (--scale %.6g), binarise them (--binarise threshold), or take gaussian units with "
                 "--standardise",
                 1 / largest(r));
    return hm_fail(error, HM_ERROR_MISMATCH, "%s: feature %zu (counted from 0) %s %g, but %s units take %g to %g; %s",
                   r->name, i, is_low ? "falls to" : "reaches", (double)(is_low ? r->least[i] : r->most[i]),
                   hm_unit_name(group->kind), (double)bottom_of(group), (double)top, remedy);
}

/* Averages of areas may leave the range by a rounding, which is no fault of the data. */
static hm_status check_group(const ranges *r, const hm_unit_group *group, size_t first, hm_error *error)
{
    float slack = 1e-4f, top = top_of(group);
    for (size_t i = first; i < first + group->n_units && i < r->n; i++) {
        if (group->kind == HM_UNIT_GAUSSIAN || (r->least[i] >= bottom_of(group) - slack && r->most[i] <= top + slack))
            continue;
        if (group->kind != HM_UNIT_RELU)
            return fail_range(r, group, i, error);
        hm_log(r->context, HM_LOG_WARNING, "%s: feature %zu falls to %g, but relu units are never negative", r->name, i,
               (double)r->least[i]);
        return HM_OK;
    }
    return HM_OK;
}

static hm_status check_ranges(const ranges *r, const hm_layer *layer, hm_error *error)
{
    hm_status status = HM_OK;
    size_t first = 0;
    for (int g = 0; status == HM_OK && g < layer->n_groups; g++) {
        status = check_group(r, &layer->group[g], first, error);
        first += layer->group[g].n_units;
    }
    return status;
}

/* ---- One of several ------------------------------------------------------------------------------------- */

static bool has_kind(const hm_layer *layer, hm_unit kind)
{
    for (int g = 0; g < layer->n_groups; g++)
        if (layer->group[g].kind == kind)
            return true;
    return false;
}

/* Softmax units share one state: in each block of them the values are shares of 1, of which one may be all. */
static hm_status check_blocks(const hm_unit_group *group, size_t first, const char *name, hm_matrix v, size_t first_case, hm_error *error)
{
    const float slack = 1e-3f;
    size_t size = (size_t)group->size;
    for (size_t i = 0; i < v.rows; i++)
        for (size_t j = first; j + size <= first + group->n_units && j + size <= v.cols; j += size) {
            float sum = 0;
            for (size_t k = 0; k < size; k++)
                sum += hm_row_f32(&v, i)[j + k];
            if (!(fabsf(sum - 1) <= slack))
                return hm_fail(error, HM_ERROR_MISMATCH,
                               "%s: case %zu (counted from 0): features %zu to %zu add up to %g, but softmax units of %zu are one of so many, so "
                               "one of them is 1 and the rest 0; correct the case, or take other units",
                               name, first_case + i, j, j + size - 1, (double)sum, size);
        }
    return HM_OK;
}

static hm_status check_softmax(const hm_layer *layer, const char *name, hm_matrix v, size_t first_case, hm_error *error)
{
    hm_status status = HM_OK;
    size_t first = 0;
    for (int g = 0; status == HM_OK && g < layer->n_groups; g++) {
        if (layer->group[g].kind == HM_UNIT_SOFTMAX && first < v.cols)
            status = check_blocks(&layer->group[g], first, name, v, first_case, error);
        first += layer->group[g].n_units;
    }
    return status;
}

typedef struct softmax_check {
    const hm_layer *layer;
    const char *name; /* of the data */
} softmax_check;

static hm_status check_softmax_rows(void *user, size_t first, hm_matrix rows, bool *is_enough, hm_error *error)
{
    const softmax_check *c = user;
    (void)is_enough;
    return check_softmax(c->layer, c->name, rows, first, error);
}

static hm_status check_softmax_set(const hm_model *model, const hm_dataset *set, hm_error *error)
{
    softmax_check c = {hm_model_layer(model, 0), hm_dataset_describe(set)};
    return hm_dataset_each(set, check_softmax_rows, &c, error);
}

hm_status hm_check_cases(const hm_model *model, const char *name, hm_matrix v, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, name));
    HM_REQUIRE(hm_check_matrix(name, v, HM_ANY_NUMBER, hm_model_n_features(model), HM_TAKES_FLOATS, error));
    float *bounds = hm_alloc(model->context, 2 * v.cols, sizeof *bounds, error), *least = bounds, *most = bounds + v.cols;
    if (!bounds)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < v.rows; i++) {
        const float *row = hm_row_f32(&v, i);
        for (size_t j = 0; j < v.cols; j++) {
            least[j] = i == 0 || row[j] < least[j] ? row[j] : least[j];
            most[j] = i == 0 || row[j] > most[j] ? row[j] : most[j];
        }
    }
    hm_status status = check_ranges(&(ranges){model->context, name, v.cols, least, most}, hm_model_layer(model, 0), error);
    hm_free(model->context, bounds);
    return status == HM_OK ? check_softmax(hm_model_layer(model, 0), name, v, 0, error) : status;
}

/* ---- Whole sets ----------------------------------------------------------------------------------------- */

/* Gaussian units have unit variance: data of another scale learns badly, or not at all. */
static hm_status check_moments(const hm_model *model, const hm_dataset *set, hm_error *error)
{
    size_t n = hm_dataset_n_features(set);
    double *mean = hm_alloc(model->context, 2 * n, sizeof *mean, error), shift = 0, variance = 0;
    hm_status status = mean ? hm_dataset_moments(set, mean, mean + n, error) : HM_ERROR_MEMORY;
    for (size_t i = 0; status == HM_OK && i < n; i++) {
        shift += fabs(mean[i]) / (double)n;
        variance += mean[n + i] / (double)n;
    }
    if (status == HM_OK && (shift > 0.5 || variance > 2 || variance < 0.25))
        hm_log(model->context, HM_LOG_WARNING,
               "%s: features have variance %.3g and lie %.3g from 0 on average, but gaussian units expect variance 1 and "
               "mean 0; add --standardise",
               hm_dataset_describe(set), variance, shift);
    hm_free(model->context, mean);
    return status;
}

hm_status hm_check_values(const hm_model *model, const hm_dataset *set, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, set));
    size_t n = hm_dataset_n_features(set);
    const hm_layer *layer = hm_model_layer(model, 0);
    hm_status status = hm_check_fit(model, set, error);
    if (status != HM_OK)
        return status;
    float *bounds = hm_alloc(model->context, 2 * n, sizeof *bounds, error);
    if (!bounds)
        return HM_ERROR_MEMORY;
    const ranges r = {model->context, hm_dataset_describe(set), n, bounds, bounds + n};
    status = hm_dataset_extremes(set, bounds, bounds + n, error);
    if (status == HM_OK)
        status = check_ranges(&r, layer, error);
    hm_free(model->context, bounds);
    if (status == HM_OK && has_kind(layer, HM_UNIT_SOFTMAX))
        status = check_softmax_set(model, set, error);
    return status == HM_OK && has_kind(layer, HM_UNIT_GAUSSIAN) && !hm_dataset_shift(set) ? check_moments(model, set, error) : status;
}
