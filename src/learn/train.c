/* The training loop: machines, epochs, batches, monitors, checkpoints. */
#include <harmonium/train.h>

#include <stdio.h>
#include <time.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "learn/checkpoint.h"
#include "learn/trainer.h"

/* One call of hm_train. */
typedef struct run {
    hm_model *model;
    const hm_train_config *config;
    const hm_train_events *events;
    double last_checkpoint; /* seconds on the monotonic clock */
} run;

static double seconds_now(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static hm_status save_checkpoint(run *r, const hm_trainer *t, hm_error *error)
{
    r->last_checkpoint = seconds_now();
    return r->events->checkpoint ? hm_checkpoint_save(r->model, t, r->events->checkpoint, error) : HM_OK;
}

static bool is_checkpoint_due(const run *r, const hm_trainer *t, bool epoch_ended)
{
    const hm_train_config *config = r->config;
    if (!r->events->checkpoint)
        return false;
    bool by_epoch = epoch_ended && config->checkpoint_epochs > 0 &&
                    t->epoch % (size_t)config->checkpoint_epochs == 0;
    bool by_clock = config->checkpoint_minutes > 0 &&
                    seconds_now() - r->last_checkpoint > 60 * config->checkpoint_minutes;
    return by_epoch || by_clock;
}

static void tell_progress(const run *r, const hm_trainer *t)
{
    if (!r->events->on_batch)
        return;
    size_t seen = t->batch * t->B, n_cases = hm_dataset_n_cases(t->train);
    hm_train_progress progress = {
        .machine = t->machine,
        .n_machines = r->model->n_rbms,
        .epoch = t->epoch,
        .n_epochs = (size_t)r->config->epochs,
        .batch = t->batch,
        .n_batches = hm_trainer_n_batches(t),
        .reconstruction_error = t->error_sum / ((double)(seen < n_cases ? seen : n_cases) * (double)t->V),
    };
    r->events->on_batch(r->events->user, &progress);
}

static hm_status stop(run *r, const hm_trainer *t, hm_error *error)
{
    hm_status status = save_checkpoint(r, t, error);
    if (status != HM_OK)
        return status;
    return hm_fail(error, HM_ERROR_INTERRUPTED, "stopped in epoch %zu after %zu batches%s%s", t->epoch + 1,
                   t->batch, r->events->checkpoint ? "; go on with --resume from " : "",
                   r->events->checkpoint ? r->events->checkpoint : "");
}

static hm_status train_batches(run *r, hm_trainer *t, hm_error *error)
{
    size_t n_batches = hm_trainer_n_batches(t);
    while (t->batch < n_batches) {
        hm_status status = hm_trainer_step(t, error);
        if (status != HM_OK)
            return status;
        tell_progress(r, t);
        if (r->events->should_stop && r->events->should_stop(r->events->user))
            return stop(r, t, error);
        if (is_checkpoint_due(r, t, false) && (status = save_checkpoint(r, t, error)) != HM_OK)
            return status;
    }
    return HM_OK;
}

static hm_status end_epoch(run *r, hm_trainer *t, double began, hm_error *error)
{
    hm_train_report report;
    hm_status status = hm_trainer_monitor(t, &report, error);
    if (status != HM_OK)
        return status;
    report.n_machines = r->model->n_rbms;
    report.seconds = seconds_now() - began;
    t->epoch++;
    t->batch = 0;
    t->error_sum = 0;
    if (r->events->on_epoch)
        status = r->events->on_epoch(r->events->user, &report, error);
    if (status == HM_OK && is_checkpoint_due(r, t, true))
        status = save_checkpoint(r, t, error);
    return status;
}

static hm_status train_machine(run *r, hm_trainer *t, hm_error *error)
{
    while (t->epoch < (size_t)r->config->epochs) {
        double began = seconds_now();
        hm_status status = hm_trainer_begin_epoch(t, error);
        if (status == HM_OK)
            status = train_batches(r, t, error);
        if (status == HM_OK)
            status = end_epoch(r, t, began, error);
        if (status != HM_OK)
            return status;
    }
    return HM_OK;
}

/* The cases of machine `i`: all, or those of its class. The caller closes what *own receives. */
static hm_status cases_of(const run *r, const hm_dataset *set, size_t i, hm_dataset **own,
                          const hm_dataset **cases, hm_error *error)
{
    *own = NULL;
    *cases = set;
    if (!set || r->model->kind != HM_MODEL_CLASSES)
        return HM_OK;
    hm_status status = hm_dataset_of_class(set, (int32_t)i, own, error);
    *cases = *own;
    return status;
}

static hm_status train_one(run *r, size_t i, bool is_resumed, const hm_dataset *train,
                           const hm_dataset *validation, hm_error *error)
{
    hm_dataset *own_train = NULL, *own_validation = NULL;
    hm_trainer *t = NULL;
    hm_status status = cases_of(r, train, i, &own_train, &train, error);
    if (status == HM_OK && validation)
        status = cases_of(r, validation, i, &own_validation, &validation, error);
    if (status == HM_OK)
        status = hm_trainer_create(r->model, i, train, validation, r->config, &t, error);
    if (status == HM_OK)
        status = is_resumed ? hm_checkpoint_load_trainer(t, r->events->checkpoint, error)
                            : hm_trainer_start(t, error);
    if (status == HM_OK)
        status = train_machine(r, t, error);
    hm_trainer_destroy(t);
    hm_dataset_close(own_validation);
    hm_dataset_close(own_train);
    return status;
}

static hm_status check_fit(const hm_model *model, const hm_dataset *train, hm_error *error)
{
    if (hm_dataset_n_cases(train) == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: there are no training cases", hm_dataset_describe(train));
    if (model->kind == HM_MODEL_CLASSES && hm_dataset_n_classes(train) != model->n_rbms)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s has %zu classes, the model a machine for each of %zu; give labelled data",
                       hm_dataset_describe(train), hm_dataset_n_classes(train), model->n_rbms);
    return HM_OK;
}

static hm_status write_history(hm_model *model, const hm_dataset *train, const hm_train_config *config,
                               hm_error *error)
{
    char line[512];
    snprintf(line, sizeof line, "cd: %lld epochs of %zu cases (%s), mini-batches of %lld",
             (long long)config->epochs, hm_dataset_n_cases(train), hm_dataset_describe(train),
             (long long)config->batch_size);
    hm_status status = hm_model_set_text(model, &model->history, line, error);
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->fingerprint, hm_dataset_fingerprint(train), error);
    return status;
}

hm_status hm_train(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                   const hm_train_config *config, const hm_train_events *events, hm_error *error)
{
    static const hm_train_events no_events = {0};
    run r = {model, config, events ? events : &no_events, seconds_now()};
    size_t first = 0;
    bool is_resumed = r.events->resume && r.events->checkpoint && hm_file_exists(r.events->checkpoint);
    hm_status status = check_fit(model, train, error);
    if (status == HM_OK)
        status = write_history(model, train, config, error);
    if (status == HM_OK && is_resumed)
        status = hm_checkpoint_load_model(model, r.events->checkpoint, &first, error);
    for (size_t i = first; status == HM_OK && i < model->n_rbms; i++)
        status = train_one(&r, i, is_resumed && i == first, train, validation, error);
    if (status == HM_OK && model->kind == HM_MODEL_CLASSES)
        status = hm_train_offsets(model, validation ? validation : train, error);
    return status;
}
