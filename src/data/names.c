/* Names of files: lists of them, and what lies in a folder of pictures. */
#define _GNU_SOURCE /* opendir, strcasecmp */
#include "data/names.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

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

/* Where one of the endings begins, up to a null; 0: it has none of them, or nothing before. */
static size_t find_ending(const char *name, const char *const *ends)
{
    size_t n = strlen(name);
    for (; *ends; ends++) {
        size_t m = strlen(*ends);
        if (n > m && strcasecmp(name + n - m, *ends) == 0)
            return n - m;
    }
    return 0;
}

size_t hm_picture_ending(const char *name)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", NULL};
    return find_ending(name, ends);
}

/* Of pictures in formats that are not read. */
static bool has_strange_ending(const char *name)
{
        static const char *const ends[] = {".bmp", ".dib", ".gif", ".tif", ".tiff", ".webp", ".heic", ".heif", ".hif", ".avif", ".pbm",
        ".pgm", ".ppm", ".pnm", ".pam", ".svg", ".svgz", ".jp2", ".j2k", ".jpx", ".jxl", ".tga", ".ico", ".psd", ".xcf", ".pcx", ".exr",
        ".hdr", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".apng", ".ras", ".xpm", ".xbm", NULL};
    return find_ending(name, ends) > 0;
}

hm_status hm_path_in(char out[HM_PATH_ROOM], const char *folder, const char *name, hm_error *error)
{
    if (hm_path_join(out, HM_PATH_ROOM, folder, name))
        return HM_OK;
    return hm_fail(error, HM_ERROR_ARGUMENT, "%s: the path of a file in it is longer than %d characters", folder, HM_PATH_ROOM - 1);
}

static hm_status add_entry(const hm_context *context, const char *path, const char *name, hm_listing *listing, hm_error *error)
{
    char inner[HM_PATH_ROOM];
    if (name[0] == '.')
        return HM_OK;
    hm_status status = hm_path_in(inner, path, name, error);
    if (status != HM_OK)
        return status;
    if (hm_folder_exists(inner))
        return hm_names_add(context, &listing->folders, name, error);
    if (hm_picture_ending(name) > 0)
        return hm_names_add(context, &listing->pictures, name, error);
    return has_strange_ending(name) ? hm_names_add(context, &listing->strange, name, error) : HM_OK;
}

hm_status hm_folder_list(const hm_context *context, const char *path, hm_listing *listing, hm_error *error)
{
    hm_status status = HM_OK;
    DIR *stream = opendir(path);
    if (!stream)
        return hm_fail_io(error, "read", path);
    for (const struct dirent *entry; status == HM_OK && (entry = readdir(stream));)
        status = add_entry(context, path, entry->d_name, listing, error);
    closedir(stream);
    sort(&listing->pictures);
    sort(&listing->folders);
    sort(&listing->strange);
    return status;
}

void hm_listing_clear(const hm_context *context, hm_listing *listing)
{
    hm_names_clear(context, &listing->pictures);
    hm_names_clear(context, &listing->folders);
    hm_names_clear(context, &listing->strange);
}

void hm_warn_of_strange(const hm_context *context, const char *path, const hm_names *strange)
{
    if (strange->n == 1)
        hm_log(context, HM_LOG_WARNING, "%s: left out %s, whose format is not read; turn it into PNG", path, strange->name[0]);
    else if (strange->n > 1)
        hm_log(context, HM_LOG_WARNING, "%s: left out %zu pictures whose formats are not read, the first of them %s; turn them into PNG", path,
               strange->n, strange->name[0]);
}
