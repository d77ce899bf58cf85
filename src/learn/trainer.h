/* Learning of one machine: of its own, of a class, or a level of a stack. */
#ifndef HM_LEARN_TRAINER_H
#define HM_LEARN_TRAINER_H

#include "learn/feed.h"
#include "learn/shards.h"
#include "learn/stage.h"

/* Letters: V visible, H hidden units, B cases in a batch. All buffers are sized here; a step allocates nothing. */
typedef struct hm_trainer {
    hm_stage stage;
    const hm_train_config *config;
    hm_feed *feed, *feed_validation; /* the latter null without validation data */
    hm_rbm *rbm;
    const struct hm_learner *learner;
    size_t V, H;
    double automatic_rate; /* 0: the learning rate of config is used */
    bool is_sampled;       /* reconstructions are samples */
    bool goes_on;          /* persistent chains have begun before */
    size_t n_chains;       /* C: rows that find_states may leave at most */
    size_t n_rows;         /* the most rows that pass through the machine at once */
    hm_shards shards;
    size_t shard;          /* in work: what learners see of a mini-batch, and of the chains */
    size_t shard_rows;     /* rows of room that each shard has in v1, v_sample, h1, h1_sample */
    double fast_rate;      /* of fast weights */

    float *velocity; /* [n_parameters] */
    float *second;   /* [n_parameters] of Adam; null without */
    float *activity; /* [H]: running means, for sparsity */
    float *last_error; /* [1] of a case, as last measured */
    float *offset_v, *offset_h; /* [V], [H]: what centering subtracts from the states; null without */

    /* Of the learners that have them. */
    float *chains;            /* [C][V], or [rungs][C][V]: visible states of persistent chains */
    float *fast;              /* [n_parameters] fast weights */
    hm_rbm *fast_rbm;         /* weights and fast weights together */
    float *expectation;       /* [n_parameters] of the model */
    struct hm_ladder *ladder; /* chains at several temperatures */
    struct hm_trajectory *trajectory; /* chains at snapshots */

    float *workspace; /* one block for all below */
    float *gradient;  /* [n_parameters] */
    float *v0, *h0, *h0_sample;      /* [B][V], [B][H], [B][H] */
    float *v1, *v_sample;            /* [B or C][V] */
    float *h1, *h1_sample;           /* [B or C][H] */
    float *correction;               /* [V + H], of centering */
    float *pull;       /* [H], of sparsity */
    double *row_error; /* [B] */
} hm_trainer;

/* `machine` is learned from the data: cases of its class, or through the levels below it. */
hm_status hm_trainer_create(hm_model *model, size_t machine, const hm_dataset *train, const hm_dataset *validation,
                            const hm_train_config *config, hm_trainer **trainer, hm_error *error);
void hm_trainer_destroy(hm_trainer *trainer); /* null is allowed */

/* Of monitors.c: the report of an epoch. */
hm_status hm_trainer_monitor(hm_stage *stage, hm_train_report *report, hm_error *error);

/* What the trainer's files share. Epochs may be fractions: that of the step in work is hm_stage_time. */
double hm_trainer_learning_rate(const hm_trainer *t, double epoch);

/* Places that share a feature: those of a map where filters do, else 1: each unit is its own. */
size_t hm_trainer_n_places(const hm_trainer *t);

/* Of row_error[n]. */
double hm_trainer_sum_rows(const hm_trainer *t, size_t n);

/* HM_ERROR_NUMERIC, which names the unit that diverged. */
hm_status hm_trainer_fail_numeric(const hm_trainer *t, hm_error *error);

#endif
