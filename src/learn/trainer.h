/* One machine in training: its workspace, one step of contrastive divergence, and the monitors. */
#ifndef HM_LEARN_TRAINER_H
#define HM_LEARN_TRAINER_H

#include <harmonium/train.h>

/* Letters: B batch size, V visible, H hidden units. All buffers are sized here; a step allocates nothing. */
typedef struct hm_trainer {
    const hm_context *context;
    const hm_train_config *config;
    const hm_dataset *train, *validation;
    hm_rbm *rbm;
    size_t V, H, B;
    size_t machine; /* keeps the random numbers of the machines of one model apart */

    /* The state of learning: with the parameters, all that a checkpoint must hold. */
    size_t epoch, batch;   /* in work, from 0 */
    size_t n_parameters;
    float *velocity;       /* [n_parameters] */
    float *activity;       /* [H]: running means, for sparsity */
    double error_sum;      /* of squared reconstruction errors in this epoch so far */

    float *workspace;      /* one block for all below */
    float *gradient;       /* [n_parameters] */
    float *v0, *v1, *h0, *h0_sample, *h1; /* [B][V], [B][V], [B][H], ... */
    float *v_sample;       /* [B][V]; used when reconstructions are samples */
    float *mean_v;         /* [V], for sparsity */
    double *row_error;     /* [B] */
    uint32_t *order;       /* [n_cases] of this epoch */
} hm_trainer;

hm_status hm_trainer_create(const hm_model *model, size_t machine, const hm_dataset *train,
                            const hm_dataset *validation, const hm_train_config *config,
                            hm_trainer **trainer, hm_error *error);
void hm_trainer_destroy(hm_trainer *trainer); /* null is allowed */

/* Initial parameters from the data: b = log(p / (1 - p)), or the mean for real units; W ~ N(0, d^2). */
hm_status hm_trainer_start(hm_trainer *trainer, hm_error *error);

/* Fills `order` for the epoch in work; call before its first batch, and after resuming. */
hm_status hm_trainer_begin_epoch(hm_trainer *trainer, hm_error *error);

size_t hm_trainer_n_batches(const hm_trainer *trainer);

/* Learns from the next mini-batch and counts it. HM_ERROR_NUMERIC when something is no longer finite. */
hm_status hm_trainer_step(hm_trainer *trainer, hm_error *error);

/* Fills the report from the epoch just done. */
hm_status hm_trainer_monitor(hm_trainer *trainer, hm_train_report *report, hm_error *error);

#endif
