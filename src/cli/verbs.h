/* The verbs, one file each. */
#ifndef HM_CLI_VERBS_H
#define HM_CLI_VERBS_H

#include "cli/cli.h"

extern const cli_verb cli_verb_train, cli_verb_info, cli_verb_show, cli_verb_reconstruct, cli_verb_sample, cli_verb_movie,
    cli_verb_transform, cli_verb_decode, cli_verb_score, cli_verb_evaluate, cli_verb_doctor, cli_verb_belief, cli_verb_units,
    cli_verb_anneal, cli_verb_classify, cli_verb_data, cli_verb_import, cli_verb_help, cli_verb_frames, cli_verb_align, cli_verb_scores,
    cli_verb_recognise, cli_verb_word_error, cli_verb_label, cli_verb_web, cli_verb_compare;

#endif
