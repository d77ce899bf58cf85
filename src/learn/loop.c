/* The one training loop: epochs, batches, checkpoints, and telling how it goes. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/fail.h"
#include "base/team.h"
#include "learn/checkpoint.h"
#include "learn/stage.h"

typedef struct run {
    hm_stage *stage;
    const hm_train_events *events;
    size_t n_machines;
    double last_checkpoint; /* seconds */
} run;

/* Of a team, rank 0 tells and writes. */
static bool is_chief(const run *r)
{
    return hm_team_rank(r->stage->context->team) == 0;
}

static hm_status save_checkpoint(run *r, hm_error *error)
{
    r->last_checkpoint = hm_seconds();
    if (!r->events->checkpoint)
        return HM_OK;
    if (r->stage->kind->gather)
        r->stage->kind->gather(r->stage);
    return is_chief(r) ? hm_checkpoint_save(r->stage, r->events->checkpoint, error) : HM_OK;
}

static bool is_checkpoint_due(const run *r, bool epoch_ended)
{
    const hm_train_events *events = r->events;
    if (!events->checkpoint)
        return false;
    bool by_epoch = epoch_ended && events->checkpoint_epochs > 0 && r->stage->epoch % events->checkpoint_epochs == 0;
    bool by_clock = events->checkpoint_minutes > 0 &&
                    hm_seconds() - r->last_checkpoint > 60 * events->checkpoint_minutes;
    return by_epoch || by_clock;
}

static void tell_progress(const run *r)
{
    const hm_stage *stage = r->stage;
    if (!r->events->on_batch || !is_chief(r))
        return;
    size_t seen = stage->batch * stage->B, n_cases = stage->n_cases;
    hm_train_progress progress = {
        .stage = stage->kind->name,
        .machine = stage->machine,
        .n_machines = r->n_machines,
        .epoch = stage->epoch,
        .n_epochs = stage->n_epochs,
        .batch = stage->batch,
        .n_batches = hm_stage_n_batches(stage),
        .error = stage->error_sum / ((double)(seen < n_cases ? seen : n_cases) * stage->error_unit),
    };
    r->events->on_batch(r->events->user, &progress);
}

static hm_status stop(run *r, hm_error *error)
{
    hm_status status = save_checkpoint(r, error);
    if (status != HM_OK)
        return status;
    return hm_fail(error, HM_ERROR_INTERRUPTED, "stopped in epoch %zu of %s after %zu batches%s%s",
                   r->stage->epoch + 1, r->stage->kind->name, r->stage->batch,
                   r->events->checkpoint ? "; go on with --resume from " : "",
                   r->events->checkpoint ? r->events->checkpoint : "");
}

enum { STOP = 1, CHECKPOINT = 2 };

/* What any rank asks for after a batch, all do: clocks and signals are not the same everywhere. */
static unsigned ask(const run *r)
{
    bool is_stop = r->events->should_stop && r->events->should_stop(r->events->user);
    unsigned mine = (is_stop ? STOP : 0) | (is_checkpoint_due(r, false) ? CHECKPOINT : 0);
    return hm_team_agree(r->stage->context->team, mine);
}

static hm_status train_batches(run *r, hm_error *error)
{
    hm_stage *stage = r->stage;
    size_t n_batches = hm_stage_n_batches(stage), n_cases = stage->n_cases;
    while (stage->batch < n_batches) {
        size_t first = stage->batch * stage->B, n = n_cases - first < stage->B ? n_cases - first : stage->B;
        const double before = stage->error_sum;
        hm_status status = stage->kind->step(stage, first, n, error);
        if (status == HM_ERROR_INTERRUPTED) { /* in the middle of the step, which is then done anew */
            stage->error_sum = before;
            return stop(r, error);
        }
        if (status != HM_OK)
            return status;
        stage->batch++;
        tell_progress(r);
        unsigned asked = ask(r);
        if (asked & STOP)
            return stop(r, error);
        if (asked & CHECKPOINT && (status = save_checkpoint(r, error)) != HM_OK)
            return status;
    }
    return HM_OK;
}

static hm_status end_epoch(run *r, double began, hm_error *error)
{
    hm_stage *stage = r->stage;
    hm_train_report report = {.stage = stage->kind->name,
                              .stage_index = stage->index,
                              .machine = stage->machine,
                              .n_machines = r->n_machines,
                              .epoch = stage->epoch + 1,
                              .n_epochs = stage->n_epochs,
                              .reconstruction_error = NAN,
                              .free_energy_train = NAN,
                              .free_energy_validation = NAN,
                              .free_energy_gap = NAN,
                              .log_likelihood = NAN,
                              .swap_rate = NAN,
                              .update_ratio = NAN,
                              .mean_activity = NAN,
                              .loss = NAN,
                              .error_train = NAN,
                              .error_validation = NAN,
                              .class_accuracy = NAN,
                              .mean_iou = NAN};
    hm_status status = stage->kind->monitor(stage, &report, error);
    if (status == HM_ERROR_INTERRUPTED)
        return stop(r, error);
    if (status != HM_OK)
        return status;
    report.seconds = hm_seconds() - began;
    stage->epoch++;
    stage->batch = 0;
    stage->error_sum = 0;
    if (r->events->on_epoch && is_chief(r))
        status = r->events->on_epoch(r->events->user, &report, error);
    if (status == HM_OK && is_checkpoint_due(r, true))
        status = save_checkpoint(r, error);
    return status;
}

static hm_status train_epoch(run *r, hm_error *error)
{
    hm_stage *stage = r->stage;
    double began = hm_seconds();
    hm_status status = stage->kind->shuffle ? stage->kind->shuffle(stage, error)
                                            : hm_dataset_order(stage->train, stage->epoch, stage->B, stage->order, error);
    if (status == HM_OK)
        status = train_batches(r, error);
    return status == HM_OK ? end_epoch(r, began, error) : status;
}

hm_status hm_stage_run(hm_stage *stage, const hm_train_events *events, size_t n_machines, bool is_resumed,
                       hm_error *error)
{
    static const hm_train_events no_events = {0};
    run r = {stage, events ? events : &no_events, n_machines, hm_seconds()};
    stage->index = r.events->stage;
    hm_status status = is_resumed ? hm_checkpoint_load_stage(stage, r.events->checkpoint, error)
                                  : stage->kind->start(stage, error);
    if (status == HM_OK && is_resumed && stage->kind->check)
        status = stage->kind->check(stage, r.events->checkpoint, error);
    /* A run killed before its first checkpoint must not find that of the stage before. */
    if (status == HM_OK && !is_resumed && r.events->checkpoint)
        status = save_checkpoint(&r, error);
    while (status == HM_OK && stage->epoch < stage->n_epochs && !stage->is_done)
        status = train_epoch(&r, error);
    if (status == HM_OK && stage->kind->finish)
        status = stage->kind->finish(stage, error);
    return status;
}
