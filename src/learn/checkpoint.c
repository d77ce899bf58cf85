/* Checkpoints: the model file with the state of learning beside it.
 *
 * Tensors: train.counters (machine, epoch, batch, stage of the run), train.error_sum and the arrays of the stage, such as
 * train.velocity; metadata: train.stage, the name of the stage. A checkpoint of other options, seed or data is refused,
 * because going on from it could not end where an uninterrupted run ends. */
#include "base/check.h"
#include "learn/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "model/model_internal.h"
#include "model/tensor_file.h"

enum { COUNTER_MACHINE, COUNTER_EPOCH, COUNTER_BATCH, COUNTER_STAGE, N_COUNTERS };

static const char STAGE_KEY[] = "train.stage";

hm_status hm_checkpoint_save(const hm_stage *stage, const char *path, hm_error *error)
{
    int64_t counters[N_COUNTERS] = {(int64_t)stage->machine, (int64_t)stage->epoch, (int64_t)stage->batch,
                                   (int64_t)stage->index};
    /* Eight-byte tensors first, so that all are aligned in the file. */
    const hm_tensor wide[] = {
        {"train.counters", HM_TENSOR_I64, 1, {N_COUNTERS}, counters},
        {"train.error_sum", HM_TENSOR_F64, 1, {1}, &stage->error_sum},
    };
    hm_tensor_file *file;
    hm_status status = hm_tensor_file_create(stage->context, &file, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; status == HM_OK && i < sizeof wide / sizeof *wide; i++)
        status = hm_tensor_file_add(file, &wide[i], error);
    if (status == HM_OK)
        status = stage->kind->to_file ? stage->kind->to_file(stage, file, error) : hm_model_to_file(stage->model, file, error);
    for (int i = 0; status == HM_OK && i < stage->n_arrays; i++) {
        const hm_stage_array *array = &stage->array[i];
        status = hm_tensor_file_add(file, &(hm_tensor){array->name, HM_TENSOR_F32, 1, {array->n}, array->data}, error);
    }
    if (status == HM_OK)
        status = hm_tensor_file_set_text(file, STAGE_KEY, stage->kind->name, error);
    if (status == HM_OK)
        status = hm_tensor_file_save(file, path, error);
    hm_tensor_file_destroy(file);
    return status;
}

hm_status hm_checkpoint_check(const char *path, const char *what, const char *then, const char *now, hm_error *error)
{
    if (strcmp(then, now) == 0)
        return HM_OK;
    return hm_fail(error, HM_ERROR_MISMATCH,
                   "%s: was written by a run with another %s; resume with the same, or remove the file to begin "
                   "afresh (then \"%.200s\", now \"%.200s\")",
                   path, what, then, now);
}

static hm_status check_architecture(const hm_model *model, const hm_model *saved, const char *path,
                                    hm_error *error)
{
    bool same = model->kind == saved->kind && model->n_rbms == saved->n_rbms;
    for (size_t i = 0; same && i < model->n_rbms; i++)
        same = hm_layer_is_equal(hm_rbm_visible(model->rbm[i]), hm_rbm_visible(saved->rbm[i])) &&
               hm_layer_is_equal(hm_rbm_hidden(model->rbm[i]), hm_rbm_hidden(saved->rbm[i]));
    if (!same)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s: holds a model of another architecture; give the layers it was begun with, or remove "
                       "the file to begin afresh",
                       path);
    if (model->seed != saved->seed)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: was written by a run with seed %llu, not %llu", path,
                       (unsigned long long)saved->seed, (unsigned long long)model->seed);
    hm_status status = hm_checkpoint_check(path, "training data", saved->fingerprint, model->fingerprint, error);
    return status == HM_OK ? hm_checkpoint_check(path, "recipe", saved->recipe, model->recipe, error) : status;
}

static hm_status read_counters(const hm_tensor_file *file, size_t n_machines, const char *path,
                               const int64_t **counters, hm_error *error)
{
    const size_t shape[] = {N_COUNTERS};
    const hm_tensor *tensor;
    hm_status status = hm_tensor_file_get(file, "train.counters", HM_TENSOR_I64, 1, shape, &tensor, error);
    if (status != HM_OK)
        return status;
    *counters = tensor->data;
    for (int i = 0; i < N_COUNTERS; i++)
        if ((*counters)[i] < 0 || (i == COUNTER_MACHINE && (uint64_t)(*counters)[i] >= n_machines))
            return hm_fail(error, HM_ERROR_FORMAT, "%s: train.counters[%d] = %lld is out of range", path, i,
                           (long long)(*counters)[i]);
    return HM_OK;
}

hm_status hm_checkpoint_stage(const hm_context *context, const char *path, size_t *index, char *name, size_t size,
                              hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, path, index, name));
    hm_tensor_file *file;
    const int64_t *counters;
    hm_status status = hm_tensor_file_load(context, path, &file, error);
    if (status != HM_OK)
        return status;
    const char *text = hm_tensor_file_text(file, STAGE_KEY);
    if (!text)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: is no checkpoint; give the one that the run left, or remove it", path);
    if (status == HM_OK)
        status = read_counters(file, SIZE_MAX, path, &counters, error);
    if (status == HM_OK) {
        snprintf(name, size, "%s", text);
        *index = (size_t)counters[COUNTER_STAGE];
    }
    hm_tensor_file_destroy(file);
    return status;
}

static void copy_machine(hm_rbm *to, hm_rbm *from)
{
    size_t n;
    float *target = hm_rbm_parameters(to, &n);
    memcpy(target, hm_rbm_parameters(from, &n), n * sizeof *target);
}

static hm_status copy_parameters(hm_model *to, hm_model *from, hm_error *error)
{
    hm_status status = HM_OK;
    if (from->generative && from->generative[0])
        status = hm_model_untie(to, error);
    for (size_t i = 0; status == HM_OK && i < to->n_rbms; i++) {
        copy_machine(to->rbm[i], from->rbm[i]);
        if (from->generative && from->generative[i])
            copy_machine(to->generative[i], from->generative[i]);
    }
    return status;
}

hm_status hm_checkpoint_load_model(hm_model *model, const char *path, size_t *machine, hm_error *error)
{
    hm_tensor_file *file = NULL;
    hm_model *saved = NULL;
    const int64_t *counters = NULL;
    hm_status status = hm_tensor_file_load(model->context, path, &file, error);
    if (status == HM_OK)
        status = hm_model_from_file(model->context, file, path, &saved, error);
    if (status == HM_OK)
        status = check_architecture(model, saved, path, error);
    if (status == HM_OK)
        status = read_counters(file, model->n_rbms, path, &counters, error);
    if (status == HM_OK)
        status = copy_parameters(model, saved, error);
    if (status == HM_OK)
        *machine = (size_t)counters[COUNTER_MACHINE];
    hm_model_destroy(saved);
    hm_tensor_file_destroy(file);
    return status;
}

/* No run writes such a number: one that diverged ends before its checkpoint. */
static hm_status fail_array(const char *path, const char *name, size_t i, double value, hm_error *error)
{
    return hm_fail(error, HM_ERROR_FORMAT, "%s: is damaged: %s[%zu] is %g; remove the file to begin afresh", path, name, i, value);
}

static hm_status load_array(const hm_tensor_file *file, const hm_stage_array *array, const char *path, hm_error *error)
{
    const size_t shape[] = {array->n};
    const hm_tensor *tensor;
    hm_status status = hm_tensor_file_get(file, array->name, HM_TENSOR_F32, 1, shape, &tensor, error);
    if (status != HM_OK)
        return status;
    memcpy(array->data, tensor->data, array->n * sizeof *array->data);
    for (size_t i = 0; i < array->n; i++)
        if (!isfinite(array->data[i]))
            return fail_array(path, array->name, i, array->data[i], error);
    return HM_OK;
}

/* Where a run of this stage can be: a stop in an epoch's last words leaves all of its batches done. */
static hm_status take_place(hm_stage *stage, const int64_t *counters, double error_sum, const char *path, hm_error *error)
{
    uint64_t epoch = (uint64_t)counters[COUNTER_EPOCH], batch = (uint64_t)counters[COUNTER_BATCH];
    if (!isfinite(error_sum))
        return fail_array(path, "train.error_sum", 0, error_sum, error);
    if (epoch > stage->n_epochs || batch > hm_stage_n_batches(stage))
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: stands at batch %llu of epoch %llu, and the run has %zu epochs of %zu batches: it is of another run, or "
                       "damaged; remove the file to begin afresh",
                       path, (unsigned long long)batch, (unsigned long long)epoch + 1, stage->n_epochs, hm_stage_n_batches(stage));
    stage->error_sum = error_sum;
    stage->epoch = (size_t)epoch;
    stage->batch = (size_t)batch;
    return HM_OK;
}

hm_status hm_checkpoint_load_stage(hm_stage *stage, const char *path, hm_error *error)
{
    const size_t one[] = {1};
    const hm_tensor *error_sum;
    const int64_t *counters;
    hm_tensor_file *file;
    hm_status status = hm_tensor_file_load(stage->context, path, &file, error);
    if (status != HM_OK)
        return status;
    status = hm_tensor_file_get(file, "train.error_sum", HM_TENSOR_F64, 1, one, &error_sum, error);
    if (status == HM_OK)
        status = read_counters(file, stage->model ? stage->model->n_rbms : 1, path, &counters, error);
    for (int i = 0; status == HM_OK && i < stage->n_arrays; i++)
        status = load_array(file, &stage->array[i], path, error);
    if (status == HM_OK)
        status = take_place(stage, counters, *(const double *)error_sum->data, path, error);
    hm_tensor_file_destroy(file);
    return status;
}

hm_status hm_stage_find_checkpoint(const hm_context *context, const hm_train_events *events, const char *stage,
                                   bool *is_there, hm_error *error)
{
    char name[64];
    *is_there = events && events->resume && events->checkpoint && hm_file_exists(events->checkpoint);
    if (!*is_there)
        return HM_OK;
    size_t index;
    hm_status status = hm_checkpoint_stage(context, events->checkpoint, &index, name, sizeof name, error);
    if (status == HM_OK && (strcmp(name, stage) != 0 || index != events->stage))
        status = hm_fail(error, HM_ERROR_MISMATCH,
                         "%s: was written by stage %zu, %.40s, not by %zu, %s; go on with that stage, or remove the file",
                         events->checkpoint, index + 1, name, events->stage + 1, stage);
    return status;
}
