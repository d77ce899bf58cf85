/* Scene labelling from the command line. */
#ifndef CLI_SCENE_H
#define CLI_SCENE_H

#include "cli/cli.h"

/* Learns the net of the options by their stages of backpropagation, and saves it. events as verb_train.c makes them. */
hm_status cli_scene_train(cli_call *call, hm_train_events *events, hm_error *error);

#endif
