/* Names of files: lists of them, and what lies in a folder of pictures. */
#define _GNU_SOURCE /* opendir, strcasecmp */
#include "data/names.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

void hm_names_clear(const hm_context *context, hm_names *list)
{
    for (size_t i = 0; i < list->n; i++)
        hm_free(context, list->name[i]);
    hm_free(context, list->name);
    *list = (hm_names){0};
}

hm_status hm_names_add(const hm_context *context, hm_names *list, const char *name, hm_error *error)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        char **grown = hm_realloc(context, list->name, list->n, room, sizeof *grown, error);
        if (!grown)
            return HM_ERROR_MEMORY;
        list->name = grown;
        list->room = room;
    }
    list->name[list->n] = hm_strdup(context, name, error);
    if (!list->name[list->n])
        return HM_ERROR_MEMORY;
    list->n++;
    return HM_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(hm_names *list)
{
    if (list->n > 0)
        qsort(list->name, list->n, sizeof *list->name, compare_names);
}

size_t hm_picture_ending(const char *name)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(name), m = strlen(ends[i]);
        if (n > m && strcasecmp(name + n - m, ends[i]) == 0)
            return n - m;
    }
    return 0;
}

hm_status hm_path_in(char out[HM_PATH_ROOM], const char *folder, const char *name, hm_error *error)
{
    if (hm_path_join(out, HM_PATH_ROOM, folder, name))
        return HM_OK;
    return hm_fail(error, HM_ERROR_ARGUMENT, "%s: the path of a file in it is longer than %d characters", folder, HM_PATH_ROOM - 1);
}

static hm_status add_entry(const hm_context *context, const char *path, const char *name, hm_names *pictures, hm_names *folders,
                           hm_error *error)
{
    char inner[HM_PATH_ROOM];
    if (name[0] == '.')
        return HM_OK;
    hm_status status = hm_path_in(inner, path, name, error);
    if (status != HM_OK)
        return status;
    if (hm_folder_exists(inner))
        return folders ? hm_names_add(context, folders, name, error) : HM_OK;
    return hm_picture_ending(name) > 0 ? hm_names_add(context, pictures, name, error) : HM_OK;
}

hm_status hm_folder_list(const hm_context *context, const char *path, hm_names *pictures, hm_names *folders, hm_error *error)
{
    hm_status status = HM_OK;
    DIR *stream = opendir(path);
    if (!stream)
        return hm_fail_io(error, "read", path);
    for (const struct dirent *entry; status == HM_OK && (entry = readdir(stream));)
        status = add_entry(context, path, entry->d_name, pictures, folders, error);
    closedir(stream);
    sort(pictures);
    if (folders)
        sort(folders);
    return status;
}
