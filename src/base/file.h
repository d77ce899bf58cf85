/* Files: read whole with a limit, written so that a crash leaves the old file or the new one. */
#ifndef HM_BASE_FILE_H
#define HM_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>

#include "base/fail.h"

/* Writing: bytes go to a temporary file in the same folder; hm_file_commit flushes it to the disk and
 * renames it over `path`; hm_file_abandon removes it. One of the two must be called. Writes after a
 * failed one are ignored, and commit then fails (and abandons): checking commit alone is enough.
 *
 * Temporary files are called "<path>.<process>.tmp"; create removes those of the same path whose process was
 * killed. A symbolic link stays and the file it names is replaced, or made. A device, a FIFO or a socket is never
 * replaced: bytes go straight to it, from the first write on; until then `sink` is null. The sink is a stream of file.c's own,
 * and no FILE by its type, so that nobody prints to one that is not open yet. */
typedef struct hm_file_writer {
    struct hm_file_sink *sink;
    int failure;     /* errno of the first failed write */
    bool is_direct;  /* into a device or a FIFO: no temporary file, no renaming */
    char path[4096]; /* links followed */
    char temporary[4096 + 32];
} hm_file_writer;

hm_status hm_file_create(hm_file_writer *writer, const char *path, hm_error *error);
void hm_file_write(hm_file_writer *writer, const void *bytes, size_t n);
/* Writes text, with numbers as in the locale "C". */
void hm_file_print(hm_file_writer *writer, const char *format, ...) HM_PRINTF(2, 3);
/* Writes a field of a table in CSV: in quotes, those within it doubled, if it holds what would end it (RFC 4180). */
void hm_file_print_field(hm_file_writer *writer, const char *text);
/* Writes over the first bytes, such as a header that counts what came after it; fails on a pipe. Nothing can be written
 * behind the end afterwards. */
void hm_file_overwrite(hm_file_writer *writer, const void *bytes, size_t n);
hm_status hm_file_commit(hm_file_writer *writer, hm_error *error);
void hm_file_abandon(hm_file_writer *writer);

/* Adds whole lines to a regular file, which is made if it is not there, in one write and under a lock: several processes may add to one
 * file. The part of a line that a killed process left at its end is cut off; when the disk is full the file stays as it was. */
hm_status hm_file_append(const char *path, const void *bytes, size_t n, hm_error *error);

enum { HM_PATH_MAX = 4096 };
/* Replaces a path by what it stands for: that at the end of a chain of symbolic links, whether or not there is a file yet. */
hm_status hm_file_follow(char path[HM_PATH_MAX], hm_error *error);

/* create, write and commit in one. */
hm_status hm_file_save(const char *path, const void *bytes, size_t n, hm_error *error);

/* Opens a regular file for reading and says how large it is; the caller closes *descriptor. What is no regular
 * file (a pipe, a device, a socket, a folder) is refused with HM_ERROR_IO and never waited for. `action` is for
 * the message: "read", "read the recipe". `size` may be null. */
hm_status hm_file_open(const char *path, const char *action, int *descriptor, uint64_t *size, hm_error *error);

/* Reads a whole file of at most `most` bytes; *bytes is from hm_alloc and has a zero byte behind its
 * end that *n does not count. */
hm_status hm_file_load(const hm_context *context, const char *path, size_t most, unsigned char **bytes,
                       size_t *n, hm_error *error);

bool hm_file_exists(const char *path);
bool hm_folder_exists(const char *path);

/* Makes a folder and its parents; not an error if it is there. */
hm_status hm_folder_create(const char *path, hm_error *error);

/* Where what comes with Harmonium lies: in the source tree (0), or as installed (1); "" where the build did not say, null past the end. */
const char *hm_shared_root(size_t i);

/* Joins folder and name into out (size bytes); false when it does not fit. */
bool hm_path_join(char *out, size_t size, const char *folder, const char *name);

/* Whether a name that a file gives stays below the folder that it is joined to: neither absolute, nor with a component "..". */
bool hm_path_is_inside(const char *name);

#endif
