/* Training machines: one, one for each class, or the levels of a stack greedily. */
#include <harmonium/train.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/count.h"
#include "base/fail.h"
#include "base/log.h"
#include "learn/checkpoint.h"
#include "learn/trainer.h"

/* One call of hm_train. */
typedef struct run {
    hm_model *model;
    const hm_train_config *config; /* [n_rbms], or one for all */
    bool is_by_level;
    const hm_train_events *events;
} run;

static bool has_class(const hm_dataset *set, int32_t label)
{
    for (size_t i = 0; i < hm_dataset_n_cases(set); i++)
        if (hm_dataset_label(set, i) == label)
            return true;
    return false;
}

static bool has_cases(const run *r, const hm_dataset *set, size_t i)
{
    return set && (r->model->kind != HM_MODEL_CLASSES || has_class(set, hm_model_class_label(r->model, i)));
}

/* The cases of machine `i`: all, or those of its class; null where there are none. The caller closes what *own receives. */
static hm_status cases_of(const run *r, const hm_dataset *set, size_t i, hm_dataset **own,
                          const hm_dataset **cases, hm_error *error)
{
    *own = NULL;
    *cases = has_cases(r, set, i) ? set : NULL;
    if (!*cases || r->model->kind != HM_MODEL_CLASSES)
        return HM_OK;
    hm_status status = hm_dataset_of_class(set, hm_model_class_label(r->model, i), own, error);
    *cases = *own;
    return status;
}

/* Persistent chains begin where the caller says. */
static hm_status begin_chains(hm_trainer *t, const hm_matrix *chains, hm_error *error)
{
    if (t->config->learner != HM_LEARNER_PCD || t->stage.model->n_rbms != 1)
        return hm_fail(error, HM_ERROR_ARGUMENT, "chains that go on are those of one machine that learns by pcd");
    HM_REQUIRE(hm_check_matrix("chains", *chains, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    if (chains->rows != t->n_chains || chains->cols != t->V)
        return hm_fail(error, HM_ERROR_ARGUMENT, "chains that go on are %zu x %zu, but must be %zu x %zu", chains->rows,
                       chains->cols, t->n_chains, t->V);
    for (size_t i = 0; i < t->n_chains; i++)
        memcpy(t->chains + i * t->V, hm_row_f32(chains, i), t->V * sizeof(float));
    t->goes_on = true;
    return HM_OK;
}

static void end_chains(const hm_trainer *t, const hm_matrix *chains)
{
    for (size_t i = 0; i < t->n_chains; i++)
        memcpy(hm_row_f32(chains, i), t->chains + i * t->V, t->V * sizeof(float));
}

int64_t hm_train_epochs(int64_t batch_size, size_t n_cases)
{
    enum { USUAL = 10, UPDATES = 1000 };
    assert(batch_size > 0);
    size_t n_batches = hm_most(hm_n_parts(n_cases, (size_t)batch_size), 1);
    return (int64_t)hm_most(USUAL, hm_n_parts(UPDATES, n_batches));
}

static hm_status train_one(run *r, size_t i, bool is_resumed, const hm_dataset *train,
                           const hm_dataset *validation, hm_error *error)
{
    hm_dataset *own_train = NULL, *own_validation = NULL;
    hm_trainer *t = NULL;
    const hm_train_config *config = &r->config[r->is_by_level ? i : 0];
    hm_status status = cases_of(r, train, i, &own_train, &train, error);
    if (status == HM_OK && validation)
        status = cases_of(r, validation, i, &own_validation, &validation, error);
    if (status == HM_OK)
        status = hm_trainer_create(r->model, i, train, validation, config, &t, error);
    const hm_matrix *chains = r->events && r->events->chains.data ? &r->events->chains : NULL;
    if (status == HM_OK && chains)
        status = begin_chains(t, chains, error);
    if (status == HM_OK)
        status = hm_stage_run(&t->stage, r->events, r->model->n_rbms, is_resumed, error);
    if (t && t->goes_on)
        end_chains(t, chains);
    hm_trainer_destroy(t);
    hm_dataset_close(own_validation);
    hm_dataset_close(own_train);
    return status;
}

/* A fresh class model has a machine for each class of its data. */
static hm_status check_classes(hm_model *model, const hm_dataset *train, hm_error *error)
{
    if (model->kind != HM_MODEL_CLASSES)
        return HM_OK;
    return model->class_label ? hm_check_labels(model, train, error) : hm_model_name_classes(model, train, error);
}

/* Levels that are to begin as the one below turned over have units for all that it sees, of the same kind. */
static hm_status check_transposed(const run *r, hm_error *error)
{
    const hm_model *model = r->model;
    for (size_t l = 1; hm_model_is_stack(model) && l < model->n_rbms; l++) {
        const hm_layer *below = hm_rbm_visible(model->rbm[l - 1]), *above = hm_rbm_hidden(model->rbm[l]);
        bool is_asked = r->config[r->is_by_level ? l : 0].initial_weights == HM_WEIGHTS_TRANSPOSED;
        if (is_asked && above->n_units < below->n_units)
            return hm_fail(error, HM_ERROR_MISMATCH,
                           "initial-weights = transposed: level %zu has %zu hidden units, too few to turn over the %zu visible "
                           "units of the level below; give it as many, or more",
                           l + 1, above->n_units, below->n_units);
        bool is_alike = below->n_groups == 1 && above->n_groups == 1 && below->group[0].kind == above->group[0].kind &&
                        hm_layer_bias_run(below) == 1 && hm_layer_bias_run(above) == 1;
        if (is_asked && !is_alike)
            return hm_fail(error, HM_ERROR_MISMATCH,
                           "initial-weights = transposed: the hidden units of level %zu and the visible units of the level below "
                           "are of different kinds; take random",
                           l + 1);
    }
    return HM_OK;
}

/* A machine whose class has no case among the data that learning goes on with stays as it is. */
static hm_status train_each(run *r, size_t first, bool is_resumed, const hm_dataset *train, const hm_dataset *validation, hm_error *error)
{
    hm_status status = HM_OK;
    char name[256];
    for (size_t i = first; status == HM_OK && i < r->model->n_rbms; i++) {
        if (has_cases(r, train, i))
            status = train_one(r, i, is_resumed && i == first, train, validation, error);
        else
            hm_log(r->model->context, HM_LOG_WARNING, "%s: has no case of class %s, whose machine stays as it is", hm_dataset_describe(train),
                   hm_model_class_name(r->model, i, name, sizeof name));
    }
    return status;
}

/* Offsets want a case of each class: of those held back, if they have them. */
static hm_status train_offsets(const run *r, const hm_dataset *train, const hm_dataset *validation, hm_error *error)
{
    bool is_whole = validation != NULL;
    for (size_t i = 0; is_whole && i < r->model->n_rbms; i++)
        is_whole = has_cases(r, validation, i) || !has_cases(r, train, i);
    return hm_train_offsets(r->model, is_whole ? validation : train, error);
}

static hm_status train_machines(run *r, const hm_dataset *train, const hm_dataset *validation, hm_error *error)
{
    hm_model *model = r->model;
    size_t first = 0;
    bool is_resumed = false;
    hm_status status = hm_model_require(model, HM_ABILITY_LEARN_ENERGY, error);
    if (status == HM_OK)
        status = check_classes(model, train, error);
    if (status == HM_OK)
        status = check_transposed(r, error);
    if (status == HM_OK)
        status = hm_stage_prepare(model, train, r->events, "greedy", &first, &is_resumed, error);
    if (status == HM_OK)
        status = train_each(r, first, is_resumed, train, validation, error);
    if (status == HM_OK && model->kind == HM_MODEL_CLASSES)
        status = train_offsets(r, train, validation, error);
    char name[64];
    snprintf(name, sizeof name, "greedy, %s", hm_learner_name(r->config->learner));
    return status == HM_OK ? hm_stage_record(model, train, name, (size_t)r->config->epochs, r->config->batch_size, error)
                           : status;
}

hm_status hm_train(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                   const hm_train_config *config, const hm_train_events *events, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, train, config));
    HM_REQUIRE(hm_options_check(&hm_train_options, config, error));
    if (validation)
        HM_REQUIRE(hm_check_fit(model, validation, error));
    run r = {model, config, false, events};
    return train_machines(&r, train, validation, error);
}

hm_status hm_train_levels(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                          const hm_train_config *config, const hm_train_events *events, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, train, config));
    for (size_t i = 0; i < model->n_rbms; i++)
        HM_REQUIRE(hm_options_check(&hm_train_options, &config[i], error));
    if (validation)
        HM_REQUIRE(hm_check_fit(model, validation, error));
    run r = {model, config, true, events};
    return train_machines(&r, train, validation, error);
}
