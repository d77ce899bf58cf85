/* Learning: one training loop for every stage, and everything of Hinton's practical guide (2010) as an option.
 *
 *     hm_train_config config;
 *     hm_options_init(&hm_train_options, &config);
 *     hm_train(model, train, validation, &config, NULL, &error);          // an RBM, class models, or greedily a DBN
 *
 * A deep belief net goes on with hm_train_up_down, or becomes a feed-forward net (hm_model_unroll) that
 * hm_train_backprop fine-tunes. */
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

enum { HM_STATES_PROBABILITIES, HM_STATES_SAMPLES, HM_STATES_AUTO };
enum { HM_AIM_FEATURES, HM_AIM_GENERATIVE };
enum { HM_LEARNER_CD, HM_LEARNER_PCD, HM_LEARNER_FAST_PCD, HM_LEARNER_TEMPERING, HM_LEARNER_TRAJECTORY, HM_LEARNER_MEAN_FIELD,
       HM_LEARNER_EXACT };
enum { HM_SPARSITY_AUTO, HM_SPARSITY_BIASES, HM_SPARSITY_WEIGHTS };
enum { HM_OPTIMIZER_SGD, HM_OPTIMIZER_ADAM };
enum { HM_WEIGHTS_RANDOM, HM_WEIGHTS_TRANSPOSED };
enum { HM_CENTERING_NONE, HM_CENTERING_DATA, HM_CENTERING_ENHANCED };

/* Every field is a row of hm_train_options; its help text there is its documentation. */
typedef struct hm_train_config {
    int64_t epochs;
    int64_t batch_size;
    int aim;           /* HM_AIM_..: what the defaults of steps, learning_rate and visible_states suit */
    hm_schedule steps; /* k of CD-k; 0: by the aim */
    hm_schedule learning_rate;
    hm_schedule momentum;
    double weight_cost, l1_cost;
    double sparsity_target, sparsity_cost, sparsity_decay;
    int sparsity_on; /* HM_SPARSITY_..: what is pulled; auto: biases alone where filters are shared, weights too elsewhere */
    bool begin_anew;     /* parameters that are there are forgotten, and the machines begin as fresh ones */
    int initial_weights; /* HM_WEIGHTS_.. */
    double weight_deviation;
    double hidden_bias;
    hm_schedule visible_deviation; /* of Gaussian visible units; it ends in 1 */
    int learner;         /* HM_LEARNER_..: where states of the model come from */
    int64_t shards;      /* parts of a mini-batch, which the ranks of a team share (team.h); 0: 1, of a team 4 or what it needs */
    int64_t chains;      /* persistent ones; 0: as many as a mini-batch has cases */
    int64_t temperatures; /* of parallel tempering */
    int64_t snapshots;    /* of trajectory tempering, at most */
    double fast_rate;    /* of fast PCD; 0: the learning rate at the beginning */
    int centering;       /* HM_CENTERING_.. */
    int optimizer;       /* HM_OPTIMIZER_.. */
    int visible_states;  /* HM_STATES_..: of reconstructions; auto: by the aim */
    int hidden_states;   /* HM_STATES_..: in the positive statistics */
    int feed;            /* HM_STATES_..: what a level of a stack learns from */
    int64_t feed_memory; /* megabytes of the features of one level that may be kept */
    int64_t monitor_cases;
} hm_train_config;

extern const hm_option_table hm_train_options;

/* Epochs that suit so many cases (batch_size >= 1) where nobody says how many: 10, or as many as make 1,000 updates. */
int64_t hm_train_epochs(int64_t batch_size, size_t n_cases);

/* Row `index` of the table of learners of one machine: its name, a line about it, and when to take it; null past the end. */
const char *hm_learner_name(int index);
const char *hm_learner_summary(int index);
const char *hm_learner_advice(int index); /* when to take it */

/* Up-down learning of a whole DBN. Every field is a row of hm_up_down_options. */
typedef struct hm_up_down_config {
    int64_t epochs, batch_size;
    hm_schedule steps; /* Gibbs steps k in the top RBM */
    hm_schedule learning_rate, momentum;
    double weight_cost;
    char rate_factors[HM_TEXT_MAX], cost_factors[HM_TEXT_MAX]; /* of each level, from the data up; empty: 1 for all */
} hm_up_down_config;

extern const hm_option_table hm_up_down_options;
extern const hm_option_table hm_wake_sleep_options; /* of the same configuration, without steps */

enum { HM_METHOD_SGD, HM_METHOD_LBFGS, HM_METHOD_ADAM };
enum { HM_TARGET_LABELS, HM_TARGET_DATA };

/* Backpropagation through a feed-forward net. Every field is a row of hm_backprop_options. */
typedef struct hm_backprop_config {
    int64_t epochs, batch_size;
    int64_t shards; /* as in hm_train_config; not of L-BFGS, whose batches are whole */
    int method; /* HM_METHOD_.. */
    int target; /* HM_TARGET_..: data makes an autoencoder */
    hm_schedule learning_rate, momentum;
    double weight_cost, dropout, input_dropout, max_norm, weight_deviation;
    double halving;     /* least share of the validation error that an epoch must take off, else the rate is halved; 0: never */
    int64_t top_epochs; /* so many first epochs change the last level alone */
    int64_t iterations; /* of L-BFGS on each batch */
    int64_t patience;   /* epochs without a better validation error before stopping; 0: never */
    bool keep_best;     /* end with the parameters of the best validation error */
} hm_backprop_config;

extern const hm_option_table hm_backprop_options;

/* What is known at the end of an epoch; what a stage does not know is NaN. Reconstruction error: mean squared
 * difference between data and first reconstruction (whatever k), per visible unit. Free energies: means over fixed
 * cases. */
typedef struct hm_train_report {
    const char *stage;          /* "greedy", "wake-sleep", "up-down", "backprop" */
    const char *learner;        /* of a greedy stage: "cd", "pcd"; else null */
    size_t stage_index;         /* events->stage */
    size_t machine, n_machines; /* which RBM of a class model or level of a stack */
    size_t epoch, n_epochs;     /* epochs done, epochs in all */
    double reconstruction_error;
    size_t n_layer_errors;               /* up-down and wake-sleep: the same of each directed level, from the data up: what its */
    double layer_error[HM_LEVELS_MAX];   /* generative weights make of the layer above against the layer, squared, a unit */
    double free_energy_train, free_energy_validation;
    double log_likelihood;  /* mean over the monitored training cases, nats; of learners that know log Z */
    double swap_rate;       /* least share of the swaps of neighbouring temperatures or snapshots that were accepted */
    double free_energy_gap; /* validation - train; growing: over-fitting (Hinton 2010, section 6) */
    double update_ratio;    /* sum |dW| / sum |W|: about 1e-3 is right (section 7) */
    double mean_activity;   /* of the hidden units, over the monitored cases */
    size_t n_dead, n_stuck; /* hidden units whose mean activity is below 1 % or above 99 % of their range */
    double learning_rate, momentum;
    size_t steps;
    double loss;                   /* backprop: mean cross-entropy (nats) or squared error per case, in training */
    double error_train;            /* share of labels that are wrong: of the training cases as they were seen, */
    double error_validation;       /* and of the validation cases; autoencoder: squared error per case. NaN: unknown */
    double class_accuracy, mean_iou; /* of scene labelling: of the validation pictures, means over classes */
    double seconds;                /* of this epoch, monitors included */
} hm_train_report;

typedef struct hm_train_progress {
    const char *stage;
    size_t machine, n_machines;
    size_t epoch, n_epochs; /* the epoch in work, from 0 */
    size_t batch, n_batches;
    double error; /* of this epoch so far: of reconstruction, or the loss of backpropagation */
} hm_train_progress;

/* Any pointer may be null. on_epoch may look at (and draw) the model; a status other than HM_OK stops training. */
typedef struct hm_train_events {
    void *user;
    void (*on_batch)(void *user, const hm_train_progress *progress);
    hm_status (*on_epoch)(void *user, const hm_train_report *report, hm_error *error);
    bool (*should_stop)(void *user); /* asked after every batch */
    const char *checkpoint;          /* path; null: none is written */
    size_t stage;                    /* which of the stages of a run this is: a checkpoint of another one is refused */
    bool resume;                     /* go on from the checkpoint if there is one, of this stage or before it */
    size_t checkpoint_epochs;        /* epochs between checkpoints; 0: by the clock alone */
    double checkpoint_minutes;       /* minutes between checkpoints; 0: by the epochs alone */
    hm_matrix chains;      /* of one machine that learns by pcd: visible states (chains x n_visible, float) in which persistent
                              chains begin, and where they end; data null: they begin at the first data */
    bool takes_any_values; /* cases that the visible units cannot take (hm_check_values) are learned from all the same */
} hm_train_events;

/* Trains the model on the data: its machine; or its machine for each class on the cases of that class and then the
 * offsets; or the levels of a DBN one after the other, each on the features of the level below and the top one
 * beside the labels (greedy learning: Hinton, Osindero and Teh, 2006). A fresh machine (all parameters zero, of a model
 * without a history) starts from visible biases log(p / (1 - p)) and small random weights, as does every one with config->begin_anew;
 * one that has learned before, or whose parameters were imported or written by hand, goes on from what it is. events and validation
 * may be null.
 *
 * HM_ERROR_ARGUMENT for a configuration that hm_options_check refuses (a zeroed one: "batch-size = 0: must lie between ..");
 * HM_ERROR_MISMATCH when model and data do not fit; HM_ERROR_NUMERIC when a parameter stops being finite (the
 * message names epoch and unit; the last checkpoint is kept); HM_ERROR_INTERRUPTED when should_stop said so,
 * after writing a checkpoint from which a resumed run reaches the same final bytes. */
hm_status hm_train(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                   const hm_train_config *config, const hm_train_events *events, hm_error *error);

/* The same with a configuration for each level of a stack: config[n_rbms]. */
hm_status hm_train_levels(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                          const hm_train_config *config, const hm_train_events *events, hm_error *error);

/* The up-down algorithm (Hinton, Osindero and Teh, 2006, appendix B: contrastive wake-sleep) on a DBN of two levels or
 * more, which it unties. Errors as hm_train; HM_ERROR_MISMATCH for other models. */
hm_status hm_train_up_down(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                           const hm_up_down_config *config, const hm_train_events *events, hm_error *error);

/* Wake-sleep (Hinton, Dayan, Frey and Neal, 1995) on a sigmoid belief net (hm_model_is_belief_net), which it unties; a fresh one
 * (all parameters zero, without a history) begins with small random weights. config->steps is not used. Errors as hm_train; HM_ERROR_MISMATCH for other models. */
hm_status hm_train_wake_sleep(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                              const hm_up_down_config *config, const hm_train_events *events, hm_error *error);

/* A new feed-forward net from the recognition weights of a DBN. With n_labels > 0 a softmax layer is put on top,
 * its weights those of the label units if the DBN has as many, else N(0, deviation^2). With n_labels = 0 the stack
 * is unrolled into an autoencoder, whose decoder has the generative weights (Hinton and Salakhutdinov, 2006). */
hm_status hm_model_unroll(const hm_model *dbn, size_t n_labels, double deviation, hm_model **net, hm_error *error);

/* Weights of a fresh net: N(0, deviation^2), or if deviation is 0, N(0, 1 / n_in) (2 / n_in for rectified linear
 * units). */
void hm_model_init_net(hm_model *net, double deviation);

/* Fine-tunes a net: softmax outputs and labels, or outputs that are to repeat the data. Errors as hm_train. */
hm_status hm_train_backprop(hm_model *net, const hm_dataset *train, const hm_dataset *validation,
                            const hm_backprop_config *config, const hm_train_events *events, hm_error *error);

/* Which stage of a run a checkpoint was written by, and its name (see hm_train_report) in name[size]. */
hm_status hm_checkpoint_stage(const hm_context *context, const char *path, size_t *index, char *name, size_t size,
                              hm_error *error);

/* Fits the offsets of a class model, by Newton steps on the log-likelihood of the labels. hm_train does it at its end. */
hm_status hm_train_offsets(hm_model *model, const hm_dataset *set, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
