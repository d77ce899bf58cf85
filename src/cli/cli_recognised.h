/* A sound that was recognised, and its picture. */
#ifndef HM_CLI_RECOGNISED_H
#define HM_CLI_RECOGNISED_H

#include "cli/cli_sounds.h"

typedef struct cli_recognised {
    const hm_model *model;
    const hm_definition *definition;
    const char *definition_path;
    const cli_sound *sound;
    hm_front_end_config front_end;
    hm_matrix cases, scores; /* [n_frames][V], [n_frames][n_senones] */
    hm_hypothesis heard;
} cli_recognised;

/* To -o. */
hm_status cli_draw_recognised(const cli_call *call, const cli_recognised *r, hm_error *error);

#endif
