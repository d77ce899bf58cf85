/* Checkpoints: the model file with the state of learning beside it. */
#ifndef HM_LEARN_CHECKPOINT_H
#define HM_LEARN_CHECKPOINT_H

#include "learn/trainer.h"

/* Writes the model and the state of the machine in training, atomically. */
hm_status hm_checkpoint_save(const hm_model *model, const hm_trainer *trainer, const char *path,
                             hm_error *error);

/* Which machine a checkpoint was training; and its parameters into the model, which must be of the same
 * architecture, seed, data and options (HM_ERROR_MISMATCH says which differs). */
hm_status hm_checkpoint_load_model(hm_model *model, const char *path, size_t *machine, hm_error *error);

/* The state of learning of that machine. */
hm_status hm_checkpoint_load_trainer(hm_trainer *trainer, const char *path, hm_error *error);

#endif
