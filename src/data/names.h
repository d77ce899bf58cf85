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

/* Where the ending .png, .jpg, .jpeg, .jpe or .jfif of a name begins, in letters of any case; 0 when it has none of them, or nothing
 * before. */
size_t hm_picture_ending(const char *name);

enum { HM_PATH_ROOM = 4096 };

/* The path of a file in a folder; HM_ERROR_ARGUMENT when it is too long. */
hm_status hm_path_in(char out[HM_PATH_ROOM], const char *folder, const char *name, hm_error *error);

/* What lies in a folder, each list sorted. */
typedef struct hm_listing {
    hm_names pictures; /* by their endings */
    hm_names folders;
    hm_names strange; /* files that by their endings are pictures of formats that are not read */
} hm_listing;

/* Adds what lies in a folder to an empty listing, which the caller clears, also after failure. Names that begin with a point are passed
 * over. */
hm_status hm_folder_list(const hm_context *context, const char *path, hm_listing *listing, hm_error *error);
void hm_listing_clear(const hm_context *context, hm_listing *listing);

/* One warning in the log of pictures in the folder `path` that are not read; none for an empty list. */
void hm_warn_of_strange(const hm_context *context, const char *path, const hm_names *strange);

#endif
