/* Monitors of greedy learning: what is reported of an epoch. */
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/fail.h"
#include "compute/backend.h"
#include "learn/learner.h"

/* Mean free energy of the first cases of a set and, if asked, the mean activity of each hidden unit over them. */
static hm_status watch(hm_trainer *t, hm_feed *feed, const hm_dataset *set, double *free_energy, float *activity,
                       hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(set), wanted = (size_t)t->config->monitor_cases;
    size_t total = n_cases < wanted ? n_cases : wanted;
    const hm_kernels *kernels = t->stage.context->backend->kernels();
    double sum = 0;
    for (size_t first = 0; first < total; first += t->stage.B) {
        size_t n = total - first < t->stage.B ? total - first : t->stage.B;
        hm_matrix v = hm_matrix_f32(t->v0, n, t->V);
        hm_gibbs gibbs = {0};
        hm_status status = hm_feed_read(feed, NULL, first, n, 0, v, error);
        if (status == HM_OK)
            status = hm_rbm_free_energy(t->rbm, v, 1, t->row_error, error);
        if (status != HM_OK)
            return status;
        sum += hm_trainer_sum_rows(t, n);
        if (!activity)
            continue;
        hm_rbm_hidden_given_visible(t->rbm, v, hm_matrix_f32(t->h0, n, t->H), (hm_matrix){0}, &gibbs);
        for (size_t i = 0; i < n; i++)
            kernels->add(t->h0 + i * t->H, activity, t->H, 1.0f / (float)total);
    }
    *free_energy = sum / (double)total;
    return HM_OK;
}

/* Maps are sparse by nature: dead is one that is off in all places but one in ten thousand. */
static void count_maps(const hm_trainer *t, const float *activity, hm_train_report *report)
{
    const double least = 1e-4;
    for (size_t k = 0, run = hm_trainer_n_places(t); k < t->H / run; k++) {
        double sum = 0;
        for (size_t s = 0; s < run; s++)
            sum += (double)activity[k * run + s];
        report->mean_activity += sum / (double)t->H;
        report->n_dead += sum < least * (double)run;
        report->n_stuck += sum > (1 - least) * (double)run;
    }
}

/* The share of its range at which a unit's mean activity lies; kinds without a top are only ever dead. */
static void count_activities(const hm_trainer *t, const float *activity, hm_train_report *report)
{
    const hm_layer *hidden = hm_rbm_hidden(t->rbm);
    size_t j = 0;
    report->mean_activity = 0;
    if (hidden->filter_height) {
        count_maps(t, activity, report);
        return;
    }
    for (int g = 0; g < hidden->n_groups; g++) {
        const hm_unit_group *group = &hidden->group[g];
        float top = group->kind == HM_UNIT_BINOMIAL ? (float)group->size : 1;
        bool has_top = group->kind != HM_UNIT_GAUSSIAN && group->kind != HM_UNIT_RELU, is_spin = group->kind == HM_UNIT_SPIN;
        for (size_t end = j + group->n_units; j < end; j++) {
            report->mean_activity += activity[j] / (double)t->H;
            if (group->kind == HM_UNIT_GAUSSIAN)
                continue;
            report->n_dead += activity[j] < (is_spin ? -0.98f : 0.01f * top);
            report->n_stuck += has_top && activity[j] > (is_spin ? 0.98f : 0.99f * top);
        }
    }
}

/* The top machine of a deep belief net, which learns labels beside the states below. */
static bool is_joint(const hm_stage *stage)
{
    const hm_model *model = stage->model;
    return model->kind == HM_MODEL_DBN && model->n_labels && stage->machine + 1 == model->n_rbms;
}

hm_status hm_trainer_monitor(hm_stage *stage, hm_train_report *report, hm_error *error)
{
    hm_trainer *t = (hm_trainer *)stage;
    const char *what;
    size_t unit;
    double change = 0, size = 0;
    if (hm_find_bad_parameter(t->rbm, &what, &unit))
        return hm_trainer_fail_numeric(t, error);
    double last = (double)stage->epoch + 1 - 1e-9;
    report->learner = t->learner->name;
    report->reconstruction_error = stage->error_sum / ((double)hm_dataset_n_cases(stage->train) * (double)t->V);
    hm_stage_add_magnitudes(t->rbm, t->velocity, &change, &size);
    report->update_ratio = t->second ? NAN : change / size;
    report->learning_rate = hm_trainer_learning_rate(t, last);
    report->momentum = hm_schedule_at(&t->config->momentum, last);
    report->steps = hm_trainer_n_steps(t);
    float *activity = t->h0_sample; /* free between steps */
    memset(activity, 0, t->H * sizeof *activity);
    hm_status status = watch(t, t->feed, stage->train, &report->free_energy_train, activity, error);
    if (status == HM_OK && stage->validation)
        status = watch(t, t->feed_validation, stage->validation, &report->free_energy_validation, NULL, error);
    if (status == HM_OK && !isfinite(report->free_energy_train))
        return hm_fail(error, HM_ERROR_NUMERIC,
                       "learning diverged in epoch %zu: the free energy of the data is no longer finite; lower the learning "
                       "rate (now %g), or bring the data to the range of the units",
                       stage->epoch + 1, hm_trainer_learning_rate(t, hm_stage_time(stage)));
    report->free_energy_gap = report->free_energy_validation - report->free_energy_train;
    if (t->learner->report)
        t->learner->report(t, report);
    count_activities(t, activity, report);
    if (status == HM_OK && stage->validation && is_joint(stage))
        status = hm_label_error(stage->model, stage->validation, stage->B, &report->error_validation, error);
    return status;
}
