/* Learning: one training loop for RBMs, and everything of Hinton's practical guide (2010) as an option.
 *
 *     hm_train_config config;
 *     hm_options_init(&hm_train_options, &config);
 *     hm_train(model, train, validation, &config, NULL, &error);
 */
#ifndef HARMONIUM_TRAIN_H
#define HARMONIUM_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/data.h>
#include <harmonium/model.h>
#include <harmonium/options.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HM_STATES_PROBABILITIES, HM_STATES_SAMPLES };

/* Every field is a row of hm_train_options; its help text there is its documentation. */
typedef struct hm_train_config {
    int64_t epochs;
    int64_t batch_size;
    hm_schedule steps; /* k of CD-k */
    hm_schedule learning_rate;
    hm_schedule momentum;
    double weight_cost, l1_cost;
    double sparsity_target, sparsity_cost, sparsity_decay;
    double weight_deviation;
    double hidden_bias;
    int visible_states;  /* HM_STATES_..: of reconstructions */
    int hidden_states;   /* HM_STATES_..: in the positive statistics */
    int64_t monitor_cases;
    int64_t checkpoint_epochs;
    double checkpoint_minutes;
} hm_train_config;

extern const hm_option_table hm_train_options;

/* What is known at the end of an epoch. Error: mean squared difference between data and reconstruction, per
 * visible unit. Free energies: means over fixed cases; NaN without validation data. */
typedef struct hm_train_report {
    size_t machine, n_machines; /* which RBM of a class model */
    size_t epoch, n_epochs;     /* epochs done, epochs in all */
    double reconstruction_error;
    double free_energy_train, free_energy_validation;
    double free_energy_gap; /* validation - train; growing: over-fitting (Hinton 2010, section 6) */
    double update_ratio;    /* sum |dW| / sum |W|: about 1e-3 is right (section 7) */
    double mean_activity;   /* of the hidden units, over the monitored cases */
    size_t n_dead, n_stuck; /* hidden units whose mean activity is below 1 % or above 99 % of their range */
    double learning_rate, momentum;
    size_t steps;
    double seconds; /* of this epoch, monitors included */
} hm_train_report;

typedef struct hm_train_progress {
    size_t machine, n_machines;
    size_t epoch, n_epochs; /* the epoch in work, from 0 */
    size_t batch, n_batches;
    double reconstruction_error; /* of this epoch so far */
} hm_train_progress;

/* Any pointer may be null. on_epoch may look at (and draw) the model; a status other than HM_OK stops training. */
typedef struct hm_train_events {
    void *user;
    void (*on_batch)(void *user, const hm_train_progress *progress);
    hm_status (*on_epoch)(void *user, const hm_train_report *report, hm_error *error);
    bool (*should_stop)(void *user); /* asked after every batch */
    const char *checkpoint;          /* path; null: none is written */
    bool resume;                     /* go on from the checkpoint if there is one */
} hm_train_events;

/* Trains the model on the data: its machine, or its machine for each class on the cases of that class and then the
 * offsets. A fresh model starts from visible biases log(p / (1 - p)) and small random weights. events and
 * validation may be null.
 *
 * HM_ERROR_MISMATCH when model and data do not fit; HM_ERROR_NUMERIC when a parameter stops being finite (the
 * message names epoch and unit; the last checkpoint is kept); HM_ERROR_INTERRUPTED when should_stop said so,
 * after writing a checkpoint from which a resumed run reaches the same final bytes. */
hm_status hm_train(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                   const hm_train_config *config, const hm_train_events *events, hm_error *error);

/* Fits the offsets of a class model, by Newton steps on the log-likelihood of the labels. hm_train does it at its end. */
hm_status hm_train_offsets(hm_model *model, const hm_dataset *set, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
