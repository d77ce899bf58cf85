/* A stage of learning: what the loop of train.c drives, batch by batch, and what a checkpoint holds of it.
 *
 * A learner (contrastive divergence on one machine, up-down, backpropagation) embeds an hm_stage as its first
 * member and gives a row of functions. Whatever it must remember from one batch to the next lies in named arrays. */
#ifndef HM_LEARN_STAGE_H
#define HM_LEARN_STAGE_H

#include <harmonium/train.h>

#include "model/machine.h"
#include "model/tensor_file.h"

enum { HM_STAGE_ARRAYS_MAX = 64, HM_STAGE_NAME_MAX = 48 };

typedef struct hm_stage hm_stage;

typedef struct hm_stage_kind {
    const char *name; /* "greedy", "up-down", "backprop": in reports, histories and checkpoints */
    /* The start of a fresh run; a resumed one takes parameters and arrays from the checkpoint instead. */
    hm_status (*start)(hm_stage *stage, hm_error *error);
    /* Learns from cases order[first .. first + n - 1]; HM_ERROR_NUMERIC when something is no longer finite. */
    hm_status (*step)(hm_stage *stage, size_t first, size_t n, hm_error *error);
    /* Fills what it knows of the report of the epoch just done. */
    hm_status (*monitor)(hm_stage *stage, hm_train_report *report, hm_error *error);
    /* Once after the last epoch; null: nothing to do. */
    hm_status (*finish)(hm_stage *stage, hm_error *error);
    /* Fills `order` for the epoch; null: as the training set orders its cases. */
    hm_status (*shuffle)(hm_stage *stage, hm_error *error);
    /* Makes the arrays whole that ranks of a team have in parts, before a checkpoint; null: every rank has all. */
    void (*gather)(hm_stage *stage);
    /* Whether it can go on from the arrays that the checkpoint `path` held: HM_ERROR_FORMAT; null: from any. */
    hm_status (*check)(const hm_stage *stage, const char *path, hm_error *error);
    /* What a checkpoint holds of what is learned; null: the model. */
    hm_status (*to_file)(const hm_stage *stage, hm_tensor_file *file, hm_error *error);
} hm_stage_kind;

/* Floats of the state of learning: part of a checkpoint under the name "train.<name>". */
typedef struct hm_stage_array {
    char name[HM_STAGE_NAME_MAX];
    float *data;
    size_t n;
} hm_stage_array;

struct hm_stage {
    const hm_stage_kind *kind;
    const hm_context *context;
    hm_model *model;                      /* null, as are the sets, of a stage that learns something else */
    const hm_dataset *train, *validation;
    size_t n_cases;   /* to learn from */
    size_t machine;   /* of a class model, or level of a stack */
    uint32_t stream;  /* of its random numbers */
    size_t index;     /* among the stages of the run */
    size_t n_epochs, B; /* B: cases in a mini-batch */
    bool is_done;     /* set by a learner that wants no further epoch */

    size_t epoch, batch; /* in work, from 0 */
    double error_sum;    /* over the cases of this epoch so far, of what the stage lowers */
    double error_unit;   /* what one case counts in it: error = error_sum / (cases * error_unit) */
    uint32_t *order;     /* [n_cases] of this epoch */
    int n_arrays;
    hm_stage_array array[HM_STAGE_ARRAYS_MAX];
};

/* The first stream of the next stage of a model, which its history tells. */
uint32_t hm_stage_stream(const char *history);

/* What comes before a stage of that name: the model notes and checks its data, and takes its parameters from the
 * checkpoint if there is one to go on from, which also says which machine was in work. */
hm_status hm_stage_prepare(hm_model *model, const hm_dataset *train, const hm_train_events *events, const char *name,
                           size_t *machine, bool *is_resumed, hm_error *error);
/* And after it: a line of the model's history. */
hm_status hm_stage_record(hm_model *model, const hm_dataset *train, const char *name, size_t n_epochs,
                          int64_t batch_size, hm_error *error);

/* Fills the stage and allocates `order`; a batch larger than the set becomes the set. stage->context is the caller's to fill. */
hm_status hm_stage_init_cases(hm_stage *stage, const hm_stage_kind *kind, size_t n_cases, size_t n_epochs, size_t batch_size,
                              hm_error *error);
/* The same for a model and its data. */
hm_status hm_stage_init(hm_stage *stage, const hm_stage_kind *kind, hm_model *model, const hm_dataset *train,
                        const hm_dataset *validation, size_t n_epochs, size_t batch_size, hm_error *error);
/* Frees `order` and the arrays. */
void hm_stage_clear(hm_stage *stage);

/* A zeroed array of n floats that checkpoints hold; null, with the error filled, when there is no memory. */
float *hm_stage_array_create(hm_stage *stage, const char *name, size_t n, hm_error *error);

size_t hm_stage_n_batches(const hm_stage *stage);
/* Epochs done, with the fraction of the one in work: the time of schedules. */
double hm_stage_time(const hm_stage *stage);

/* The random numbers of this batch, from sub-step 0; a batch has 1,024 of them. Machines and kinds of stages have
 * streams of their own, so no number is ever used twice. */
hm_gibbs hm_stage_random(const hm_stage *stage);

/* Streams beside those of the machines, 0 .. 65,535; each stage in the history of a model moves all of them on by
 * HM_STREAM_STAGE, so that a second stage repeats nothing of the first. */
enum { HM_STREAM_UP_DOWN = 1 << 16, HM_STREAM_FEED = 2 << 16, HM_STREAM_STAGE = 4 << 16 };

/* Drives the stage to its end. If `is_resumed` it goes on from events->checkpoint. HM_ERROR_INTERRUPTED as
 * hm_train. */
hm_status hm_stage_run(hm_stage *stage, const hm_train_events *events, size_t n_machines, bool is_resumed,
                       hm_error *error);

/* How the validation error goes, of stages that learn by hm_backprop_config: in floats that a checkpoint holds. */
enum { HM_WATCH_BEST_ERROR, HM_WATCH_BEST_EPOCH, HM_WATCH_LAST_ERROR, HM_WATCH_HALVINGS, HM_WATCH_N };

/* Notes the error of the epoch in work at its end: halves the rate from the next one on if this one gained too little, and says that the stage
 * is done if patience is at its end. Returns whether it is the best so far. */
bool hm_stage_watch(hm_stage *stage, float watch[HM_WATCH_N], const hm_backprop_config *config, double error);
/* The learning rate at a time, halvings included. */
double hm_watch_rate(const float watch[HM_WATCH_N], const hm_backprop_config *config, double time);

/* Sums of magnitudes of the last change of the weights of a machine (its velocity) and of the weights themselves, added to
 * those so far: their ratio should be about 1e-3 (Hinton 2010, section 7). */
void hm_stage_add_magnitudes(hm_rbm *rbm, const float *velocity, double *change, double *size);

/* The first parameter of the machine that is not finite: "hidden" or "visible" unit; false when all are. */
bool hm_find_bad_parameter(hm_rbm *rbm, const char **what, size_t *unit);

#endif
