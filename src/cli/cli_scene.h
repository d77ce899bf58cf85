/* Scene labelling from the command line. */
#ifndef CLI_SCENE_H
#define CLI_SCENE_H

#include "cli/cli.h"

/* Learns the net of the options by their stages of backpropagation, and saves it. events as verb_train.c makes them. */
hm_status cli_scene_train(cli_call *call, hm_train_events *events, hm_error *error);

/* Holds the answers of the net, operand 0, against the labels of pictures, operand 1 or --data. */
hm_status cli_scene_evaluate(cli_call *call, hm_error *error);

/* Prints what the file of the net, operand 0, says of itself. */
hm_status cli_scene_info(const cli_call *call, hm_error *error);

/* HM_ERROR_ARGUMENT for an option of the data that says nothing to a net of scenes: any but data and labels. */
hm_status cli_scene_check_data(const cli_call *call, hm_error *error);

/* Likewise for rows of a table that differ from their defaults, but for those named in `but` (as in "epochs method "). */
hm_status cli_scene_check_unused(const hm_option_table *table, const void *config, const char *but, hm_error *error);

/* Sorts values[n], n >= 1; of an even number the mean of the two in the middle. */
double cli_median(double *values, size_t n);

#endif
