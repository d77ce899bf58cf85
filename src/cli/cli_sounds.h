/* Which sounds a call names: files, folders and lists. */
#ifndef HM_CLI_SOUNDS_H
#define HM_CLI_SOUNDS_H

#include "cli/cli.h"

typedef struct cli_sound {
    char *path;
    char *name;    /* of the utterance: the path, below its folder or root, without its ending */
    char *speaker; /* the name of the folder in which the file lies */
} cli_sound;

typedef struct cli_sounds {
    const hm_context *context;
    cli_sound *sound; /* [n] */
    size_t n, room;
} cli_sounds;

/* The operands from number `first` on in their order and the lines of --list. HM_ERROR_ARGUMENT when there are none, or for names that the file of
 * sequences cannot hold; HM_ERROR_IO, HM_ERROR_NOT_FOUND for what is not there. cli_free_sounds whatever happened. */
hm_status cli_list_sounds(const cli_call *call, int first, cli_sounds *sounds, hm_error *error);
void cli_free_sounds(cli_sounds *sounds);

#endif
