/* Checkpoints: a model file with the state of learning beside the parameters. */
#ifndef HM_LEARN_CHECKPOINT_H
#define HM_LEARN_CHECKPOINT_H

#include "learn/stage.h"

hm_status hm_checkpoint_save(const hm_stage *stage, const char *path, hm_error *error);

/* Restores the parameters of all machines and tells which one was in work. HM_ERROR_MISMATCH when the file
 * belongs to another architecture, recipe, seed or data. */
hm_status hm_checkpoint_load_model(hm_model *model, const char *path, size_t *machine, hm_error *error);

/* HM_ERROR_MISMATCH, naming `what`, unless both are the same. */
hm_status hm_checkpoint_check(const char *path, const char *what, const char *then, const char *now, hm_error *error);

/* Restores epoch, batch and arrays; model and stage must be those that the checkpoint belongs to. */
hm_status hm_checkpoint_load_stage(hm_stage *stage, const char *path, hm_error *error);

/* Whether a run of this stage has a checkpoint to go on from. HM_ERROR_MISMATCH when the file is of another stage. */
hm_status hm_stage_find_checkpoint(const hm_context *context, const hm_train_events *events, const char *stage,
                                   bool *is_there, hm_error *error);

#endif
