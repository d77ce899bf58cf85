/* An import in progress: what verb_import.c and cli_import_tensors.c share. */
#ifndef HM_CLI_IMPORT_H
#define HM_CLI_IMPORT_H

#include "cli/cli_array.h"

enum { CLI_VISIBLE, CLI_HIDDEN };
extern const char *const cli_side_names[]; /* by side */

typedef struct cli_import {
    const cli_call *call;
    const char *said[2]; /* --visible-bias and --hidden-bias */
    cli_array W;         /* visible x hidden */
    cli_array bias[2];   /* by side; without values: zero */
} cli_import;

/* Units of a side, once W is there. */
size_t cli_import_units(const cli_import *import, int side);

/* Turns W round if the file holds hidden x visible. */
hm_status cli_import_finish_weights(cli_import *import, hm_error *error);

/* Whether a file is safetensors, by its first bytes or its name. */
bool cli_is_safetensors(const char *path);

/* Fills W and the biases from the tensors of a safetensors file. */
hm_status cli_import_tensors(cli_import *import, hm_error *error);

#endif
