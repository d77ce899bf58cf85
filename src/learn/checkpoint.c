/* Checkpoints: the model file with the state of learning beside it.
 *
 * Tensors: train.velocity[n_parameters], train.activity[H], train.counters (machine, epoch, batch) and
 * train.error_sum; metadata: train.machine for people. A checkpoint of other options, seed or data is refused,
 * because going on from it could not end where an uninterrupted run ends. */
#include "learn/checkpoint.h"

#include <string.h>

#include "base/fail.h"
#include "model/model_internal.h"
#include "model/tensor_file.h"

enum { COUNTER_MACHINE, COUNTER_EPOCH, COUNTER_BATCH, N_COUNTERS };

hm_status hm_checkpoint_save(const hm_model *model, const hm_trainer *t, const char *path, hm_error *error)
{
    int64_t counters[N_COUNTERS] = {(int64_t)t->machine, (int64_t)t->epoch, (int64_t)t->batch};
    /* Eight-byte tensors first, so that all are aligned in the file. */
    const hm_tensor wide[] = {
        {"train.counters", HM_TENSOR_I64, 1, {N_COUNTERS}, counters},
        {"train.error_sum", HM_TENSOR_F64, 1, {1}, &t->error_sum},
    };
    const hm_tensor floats[] = {
        {"train.velocity", HM_TENSOR_F32, 1, {t->n_parameters}, t->velocity},
        {"train.activity", HM_TENSOR_F32, 1, {t->H}, t->activity},
    };
    hm_tensor_file *file;
    hm_status status = hm_tensor_file_create(model->context, &file, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; status == HM_OK && i < sizeof wide / sizeof *wide; i++)
        status = hm_tensor_file_add(file, &wide[i], error);
    if (status == HM_OK)
        status = hm_model_to_file(model, file, error);
    for (size_t i = 0; status == HM_OK && i < sizeof floats / sizeof *floats; i++)
        status = hm_tensor_file_add(file, &floats[i], error);
    if (status == HM_OK)
        status = hm_tensor_file_save(file, path, error);
    hm_tensor_file_destroy(file);
    return status;
}

static hm_status check_same(const char *path, const char *what, const char *then, const char *now,
                            hm_error *error)
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
    bool same = model->kind == saved->kind && model->n_rbms == saved->n_rbms &&
                hm_layer_is_equal(hm_rbm_visible(model->rbm[0]), hm_rbm_visible(saved->rbm[0])) &&
                hm_layer_is_equal(hm_rbm_hidden(model->rbm[0]), hm_rbm_hidden(saved->rbm[0]));
    if (!same)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s: holds a model of another architecture; give the layers it was begun with, or remove "
                       "the file to begin afresh",
                       path);
    if (model->seed != saved->seed)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: was written by a run with seed %llu, not %llu", path,
                       (unsigned long long)saved->seed, (unsigned long long)model->seed);
    hm_status status = check_same(path, "training data", saved->fingerprint, model->fingerprint, error);
    return status == HM_OK ? check_same(path, "recipe", saved->recipe, model->recipe, error) : status;
}

static hm_status read_counters(const hm_tensor_file *file, const hm_model *model, const char *path,
                               const int64_t **counters, hm_error *error)
{
    const size_t shape[] = {N_COUNTERS};
    const hm_tensor *tensor;
    hm_status status = hm_tensor_file_get(file, "train.counters", HM_TENSOR_I64, 1, shape, &tensor, error);
    if (status != HM_OK)
        return status;
    *counters = tensor->data;
    for (int i = 0; i < N_COUNTERS; i++)
        if ((*counters)[i] < 0 || (i == COUNTER_MACHINE && (uint64_t)(*counters)[i] >= model->n_rbms))
            return hm_fail(error, HM_ERROR_FORMAT, "%s: train.counters[%d] = %lld is out of range", path, i,
                           (long long)(*counters)[i]);
    return HM_OK;
}

static void copy_parameters(hm_model *to, hm_model *from)
{
    for (size_t i = 0; i < to->n_rbms; i++) {
        size_t n;
        float *target = hm_rbm_parameters(to->rbm[i], &n);
        memcpy(target, hm_rbm_parameters(from->rbm[i], &n), n * sizeof *target);
    }
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
        status = read_counters(file, model, path, &counters, error);
    if (status == HM_OK) {
        copy_parameters(model, saved);
        *machine = (size_t)counters[COUNTER_MACHINE];
    }
    hm_model_destroy(saved);
    hm_tensor_file_destroy(file);
    return status;
}

hm_status hm_checkpoint_load_trainer(hm_trainer *t, const char *path, hm_error *error)
{
    const size_t n_velocity[] = {t->n_parameters}, n_activity[] = {t->H}, one[] = {1};
    const hm_tensor *velocity, *activity, *error_sum, *counters;
    const size_t n_counters[] = {N_COUNTERS};
    hm_tensor_file *file;
    hm_status status = hm_tensor_file_load(t->context, path, &file, error);
    if (status != HM_OK)
        return status;
    status = hm_tensor_file_get(file, "train.velocity", HM_TENSOR_F32, 1, n_velocity, &velocity, error);
    if (status == HM_OK)
        status = hm_tensor_file_get(file, "train.activity", HM_TENSOR_F32, 1, n_activity, &activity, error);
    if (status == HM_OK)
        status = hm_tensor_file_get(file, "train.error_sum", HM_TENSOR_F64, 1, one, &error_sum, error);
    if (status == HM_OK)
        status = hm_tensor_file_get(file, "train.counters", HM_TENSOR_I64, 1, n_counters, &counters, error);
    if (status == HM_OK) {
        memcpy(t->velocity, velocity->data, t->n_parameters * sizeof *t->velocity);
        memcpy(t->activity, activity->data, t->H * sizeof *t->activity);
        memcpy(&t->error_sum, error_sum->data, sizeof t->error_sum);
        t->epoch = (size_t)((const int64_t *)counters->data)[COUNTER_EPOCH];
        t->batch = (size_t)((const int64_t *)counters->data)[COUNTER_BATCH];
    }
    hm_tensor_file_destroy(file);
    return status;
}
