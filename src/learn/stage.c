/* What all stages of learning share: the workspace of an epoch, time, random numbers, and the update. */
#include "learn/stage.h"

#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"
#include "base/team.h"
#include "learn/checkpoint.h"
#include "model/history.h"

enum { SUB_STEPS_LOG2 = 10 };
static const size_t BATCHES_MAX = (size_t)1 << (48 - SUB_STEPS_LOG2); /* steps of random numbers end at 2^48 */

/* All ranks learn the same from the same. */
static hm_status check_team(const hm_model *model, hm_error *error)
{
    const hm_team_text same[] = {{"recipe", model->recipe}, {"training set", model->fingerprint}};
    return hm_team_check(model->context, same, sizeof same / sizeof *same, error);
}

hm_status hm_stage_prepare(hm_model *model, const hm_dataset *train, const hm_train_events *events, const char *name,
                           size_t *machine, bool *is_resumed, hm_error *error)
{
    bool is_classifier = model->kind == HM_MODEL_NET && model->n_labels;
    *is_resumed = false;
    *machine = 0;
    if (hm_dataset_n_cases(train) == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: there are no training cases", hm_dataset_describe(train));
    hm_status status = hm_model_note_data(model, train, error);
    if (status == HM_OK)
        status = check_team(model, error);
    bool takes_any = is_classifier || (events && events->takes_any_values); /* inputs of a classifier may be anything */
    if (status == HM_OK)
        status = takes_any ? hm_check_fit(model, train, error) : hm_check_values(model, train, error);
    if (status == HM_OK)
        status = hm_stage_find_checkpoint(model->context, events, name, is_resumed, error);
    if (status == HM_OK && *is_resumed)
        status = hm_checkpoint_load_model(model, events->checkpoint, machine, error);
    return status;
}

hm_status hm_stage_record(hm_model *model, const hm_dataset *train, const char *name, size_t n_epochs,
                          int64_t batch_size, hm_error *error)
{
    char line[640], by[80];
    hm_context_describe(model->context, by, sizeof by);
    snprintf(line, sizeof line, "%s: %zu epochs of %zu cases (%s), mini-batches of %lld, computed by %s", name, n_epochs,
             hm_dataset_n_cases(train), hm_dataset_describe(train), (long long)batch_size, by);
    return hm_model_add_history(model, line, error);
}

uint32_t hm_stage_stream(const char *history)
{
    return (uint32_t)hm_history_count(history) * HM_STREAM_STAGE;
}

hm_status hm_stage_init_cases(hm_stage *stage, const hm_stage_kind *kind, size_t n_cases, size_t n_epochs, size_t batch_size,
                              hm_error *error)
{
    stage->kind = kind;
    stage->n_cases = n_cases;
    stage->n_epochs = n_epochs;
    stage->B = hm_least(batch_size, n_cases);
    stage->error_unit = 1;
    if (n_epochs > BATCHES_MAX / hm_stage_n_batches(stage))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%zu epochs of %zu mini-batches are more than there are random numbers for; take fewer epochs or "
                       "larger batches",
                       n_epochs, hm_stage_n_batches(stage));
    stage->order = hm_alloc(stage->context, n_cases, sizeof *stage->order, error);
    return stage->order ? HM_OK : HM_ERROR_MEMORY;
}

hm_status hm_stage_init(hm_stage *stage, const hm_stage_kind *kind, hm_model *model, const hm_dataset *train,
                        const hm_dataset *validation, size_t n_epochs, size_t batch_size, hm_error *error)
{
    *stage = (hm_stage){.context = model->context,
                        .model = model,
                        .train = train,
                        .validation = validation,
                        .stream = hm_stage_stream(model->history)};
    return hm_stage_init_cases(stage, kind, hm_dataset_n_cases(train), n_epochs, batch_size, error);
}

void hm_stage_clear(hm_stage *stage)
{
    for (int i = 0; i < stage->n_arrays; i++)
        hm_free(stage->context, stage->array[i].data);
    hm_free(stage->context, stage->order);
    stage->order = NULL;
    stage->n_arrays = 0;
}

float *hm_stage_array_create(hm_stage *stage, const char *name, size_t n, hm_error *error)
{
    hm_stage_array *array = &stage->array[stage->n_arrays];
    if (stage->n_arrays == HM_STAGE_ARRAYS_MAX) {
        hm_fail(error, HM_ERROR_ARGUMENT, "a stage of learning with more than %d arrays", HM_STAGE_ARRAYS_MAX);
        return NULL;
    }
    snprintf(array->name, sizeof array->name, "train.%s", name);
    array->n = n;
    array->data = hm_alloc(stage->context, n, sizeof(float), error);
    stage->n_arrays += array->data != NULL;
    return array->data;
}

size_t hm_stage_n_batches(const hm_stage *stage)
{
    return hm_n_parts(stage->n_cases, stage->B);
}

double hm_stage_time(const hm_stage *stage)
{
    return (double)stage->epoch + (double)stage->batch / (double)hm_stage_n_batches(stage);
}

hm_gibbs hm_stage_random(const hm_stage *stage)
{
    uint64_t batch = stage->epoch * hm_stage_n_batches(stage) + stage->batch;
    return (hm_gibbs){.step = batch << SUB_STEPS_LOG2, .stream = stage->stream};
}

bool hm_stage_watch(hm_stage *stage, float watch[HM_WATCH_N], const hm_backprop_config *config, double error)
{
    double now = (double)stage->epoch + 1;
    bool is_first = stage->epoch == 0, is_best = is_first || !(error >= (double)watch[HM_WATCH_BEST_ERROR]);
    if (is_best) {
        watch[HM_WATCH_BEST_ERROR] = (float)error;
        watch[HM_WATCH_BEST_EPOCH] = (float)now;
    }
    if (!is_first && config->halving > 0 && error > (1 - config->halving) * (double)watch[HM_WATCH_LAST_ERROR])
        watch[HM_WATCH_HALVINGS]++;
    watch[HM_WATCH_LAST_ERROR] = (float)error;
    stage->is_done = config->patience > 0 && now - (double)watch[HM_WATCH_BEST_EPOCH] >= (double)config->patience;
    return is_best;
}

double hm_watch_rate(const float watch[HM_WATCH_N], const hm_backprop_config *config, double time)
{
    return hm_schedule_at(&config->learning_rate, time) * exp2(-(double)watch[HM_WATCH_HALVINGS]);
}

void hm_stage_add_magnitudes(hm_rbm *rbm, const float *velocity, double *change, double *size)
{
    const hm_slice *W = &hm_rbm_slices(rbm)[HM_SLICE_WEIGHTS];
    size_t n;
    const float *w = hm_rbm_parameters(rbm, &n);
    for (size_t i = W->first; i < W->first + W->n; i++) {
        *change += fabsf(velocity[i]);
        *size += fabsf(w[i]);
    }
}

bool hm_find_bad_parameter(hm_rbm *rbm, const char **what, size_t *unit)
{
    size_t n;
    const float *parameters = hm_rbm_parameters(rbm, &n);
    for (int part = 0; part < HM_SLICES; part++) {
        const hm_slice *slice = &hm_rbm_slices(rbm)[part];
        for (size_t i = 0; i < slice->n; i++) {
            if (isfinite(parameters[slice->first + i]))
                continue;
            *what = part == HM_SLICE_VISIBLE_BIAS ? "visible" : "hidden";
            *unit = i % slice->shape[slice->n_axes - 1]; /* a weight is named by its hidden unit */
            return true;
        }
    }
    return false;
}
