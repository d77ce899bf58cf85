/* Names of files: lists of them, and what lies in a folder of pictures. */
#ifndef HM_DATA_NAMES_H
#define HM_DATA_NAMES_H

#include <stddef.h>

#include <harmonium/context.h>

typedef struct hm_names {
    char **name; /* [n] */
    size_t n, room;
} hm_names;

/* Adds a copy. */
hm_status hm_names_add(const hm_context *context, hm_names *list, const char *name, hm_error *error);
void hm_names_clear(const hm_context *context, hm_names *list);

/* Where the ending .png, .jpg or .jpeg of a name begins, in letters of any case; 0 when it has none of them, or nothing before. */
size_t hm_picture_ending(const char *name);

enum { HM_PATH_ROOM = 4096 };

/* The path of a file in a folder; HM_ERROR_ARGUMENT when it is too long. */
hm_status hm_path_in(char out[HM_PATH_ROOM], const char *folder, const char *name, hm_error *error);

/* Adds the sorted names of the pictures (by their endings) and of the folders in a folder to empty lists, which the caller clears, also
 * after failure. Names that begin with a point are passed over. `folders` may be null. */
hm_status hm_folder_list(const hm_context *context, const char *path, hm_names *pictures, hm_names *folders, hm_error *error);

#endif
