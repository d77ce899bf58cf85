/* Finding sounds: a file by its name, a folder through all that lies under it in the order of names, a list line by line. */
#define _XOPEN_SOURCE 700 /* scandir, realpath, strtok_r */
#include "cli/cli_sounds.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/lines.h"
#include "speech/sound.h"

enum { PATH_ROOM = 4096, DEPTH_MAX = 32, WORD_MAX = 240 /* sequences.h reads 255, and speeds come behind */ };

void cli_free_sounds(cli_sounds *sounds)
{
    for (size_t i = 0; i < sounds->n; i++) {
        hm_free(sounds->context, sounds->sound[i].path);
        hm_free(sounds->context, sounds->sound[i].name);
        hm_free(sounds->context, sounds->sound[i].speaker);
    }
    hm_free(sounds->context, sounds->sound);
    *sounds = (cli_sounds){0};
}

/* ---- One sound -------------------------------------------------------------------------------- */

static hm_status check_word(const char *path, const char *word, hm_error *error)
{
    size_t n = strlen(word);
    if (n > 0 && n <= WORD_MAX && *word != '#' && !strpbrk(word, " \t\r\n"))
        return HM_OK;
    return hm_fail(error, HM_ERROR_ARGUMENT,
                   "%s: \"%.60s\" cannot be the name of an utterance or a speaker, which is a word of at most %d characters without spaces; "
                   "rename it",
                   path, word, WORD_MAX);
}

/* The last folder of the path, links and all that is relative resolved. */
static hm_status find_speaker(const char *path, char speaker[PATH_ROOM], hm_error *error)
{
    char whole[PATH_ROOM];
    if (!realpath(path, whole))
        return hm_fail_io(error, "read", path);
    char *name = strrchr(whole, '/');
    *name = 0;
    const char *folder = strrchr(whole, '/');
    strcpy(speaker, folder ? folder + 1 : "root");
    return check_word(path, speaker, error);
}

static hm_status make_room(cli_sounds *sounds, hm_error *error)
{
    if (sounds->n < sounds->room)
        return HM_OK;
    size_t room = sounds->room ? 2 * sounds->room : 64;
    cli_sound *grown = hm_realloc(sounds->context, sounds->sound, sounds->n, room, sizeof *grown, error);
    if (!grown)
        return HM_ERROR_MEMORY;
    sounds->sound = grown;
    sounds->room = room;
    return HM_OK;
}

/* `name` is the utterance's, with or without the ending of a sound file. */
static hm_status add_sound(cli_sounds *sounds, const char *path, const char *name, hm_error *error)
{
    char speaker[PATH_ROOM], bare[PATH_ROOM];
    hm_status status = find_speaker(path, speaker, error);
    int n = (int)(hm_sound_is_name(name) ? (size_t)(strrchr(name, '.') - name) : strlen(name));
    snprintf(bare, sizeof bare, "%.*s", n, name);
    if (status == HM_OK)
        status = check_word(path, bare, error);
    if (status == HM_OK)
        status = make_room(sounds, error);
    if (status != HM_OK)
        return status;
    cli_sound *s = &sounds->sound[sounds->n++];
    *s = (cli_sound){.path = hm_strdup(sounds->context, path, error)};
    s->name = s->path ? hm_strdup(sounds->context, bare, error) : NULL;
    s->speaker = s->name ? hm_strdup(sounds->context, speaker, error) : NULL;
    return s->speaker ? HM_OK : HM_ERROR_MEMORY;
}

/* ---- Folders ---------------------------------------------------------------------------------- */

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static hm_status add_folder(cli_sounds *sounds, const char *path, size_t n_top, int depth, hm_error *error);

/* n_top: characters of a path before what names the utterance. */
static hm_status add_entry(cli_sounds *sounds, const char *folder, const char *name, size_t n_top, int depth, hm_error *error)
{
    char path[PATH_ROOM];
    if (!hm_path_join(path, sizeof path, folder, name))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: the path of a file in it is longer than %d characters", folder, PATH_ROOM - 1);
    if (hm_folder_exists(path))
        return add_folder(sounds, path, n_top, depth + 1, error);
    return hm_sound_is_name(name) ? add_sound(sounds, path, path + n_top, error) : HM_OK;
}

static hm_status add_folder(cli_sounds *sounds, const char *path, size_t n_top, int depth, hm_error *error)
{
    struct dirent **entries;
    if (depth > DEPTH_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: more than %d folders deep; is there a link to a folder above?", path, DEPTH_MAX);
    int n = scandir(path, &entries, is_visible, compare_entries);
    if (n < 0)
        return hm_fail_io(error, "read", path);
    hm_status status = HM_OK;
    for (int i = 0; i < n; i++) {
        if (status == HM_OK)
            status = add_entry(sounds, path, entries[i]->d_name, n_top, depth, error);
        free(entries[i]);
    }
    free(entries);
    return status;
}

static hm_status add_operand(cli_sounds *sounds, const char *path, hm_error *error)
{
    size_t n = strlen(path);
    if (hm_folder_exists(path))
        return add_folder(sounds, path, n > 0 && path[n - 1] == '/' ? n : n + 1, 0, error);
    return add_sound(sounds, path, path, error);
}

/* ---- Lists ------------------------------------------------------------------------------------ */

/* With the ending as it is, or in capitals. */
static bool find_file(const char *path, const char *ending, char *file, size_t size)
{
    size_t n = (size_t)snprintf(file, size, "%s%s", path, ending);
    if (hm_file_exists(file))
        return true;
    for (size_t i = n - strlen(ending); i < n; i++)
        file[i] = (char)toupper((unsigned char)file[i]);
    return hm_file_exists(file);
}

static hm_status add_id(cli_sounds *sounds, const char *list, const char *root, const char *id, hm_error *error)
{
    char path[PATH_ROOM], file[PATH_ROOM + 8];
    bool fits = hm_path_join(path, sizeof path, root, id);
    if (fits && hm_sound_is_name(id) && hm_file_exists(path))
        return add_sound(sounds, path, id, error);
    for (int i = 0; fits && hm_sound_endings[i]; i++)
        if (find_file(path, hm_sound_endings[i], file, sizeof file))
            return add_sound(sounds, file, id, error);
    return hm_fail(error, HM_ERROR_NOT_FOUND, "%s: there is no %.200s.flac or .wav below \"%s\"; say with --root where the sounds lie", list, id,
                   root);
}

static hm_status add_list(cli_sounds *sounds, const char *list, const char *root, hm_error *error)
{
    char *text, *rest;
    size_t n_lines;
    hm_status status = hm_lines_load(sounds->context, list, &text, &n_lines, error);
    if (status != HM_OK)
        return status;
    for (char *id = strtok_r(text, "\r\n", &rest); status == HM_OK && id; id = strtok_r(NULL, "\r\n", &rest))
        status = add_id(sounds, list, root, id, error);
    hm_free(sounds->context, text);
    return status;
}

hm_status cli_list_sounds(const cli_call *call, int first, cli_sounds *sounds, hm_error *error)
{
    const cli_frames *frames = &call->options.frames;
    *sounds = (cli_sounds){.context = call->context};
    hm_status status = HM_OK;
    for (int i = first; status == HM_OK && i < call->n_operands; i++)
        status = add_operand(sounds, call->operand[i], error);
    if (status == HM_OK && *frames->list)
        status = add_list(sounds, frames->list, frames->root, error);
    if (status == HM_OK && sounds->n == 0)
        status = hm_fail(error, HM_ERROR_ARGUMENT, "there is no sound to read: name WAV or FLAC files, folders of them, or a --list of them");
    return status;
}
