/* A file read from its start to its end, plain or gzip: readers see the unpacked bytes. */
#ifndef HM_DATA_SOURCE_H
#define HM_DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>

/* The most that deflate can unpack one byte to. A header that promises more is lying, whatever
 * follows. */
enum { HM_DEFLATE_RATIO = 1032 };

typedef struct hm_source {
    const hm_context *context;
    const char *path; /* the caller's; must outlive the source */
    int descriptor;
    uint64_t size; /* of the file as it lies on the disk */
    bool is_packed;
    struct hm_unpacker *unpacker; /* null for a plain file */
} hm_source;

/* Fails with HM_ERROR_IO for what cannot be opened or is no regular file, HM_ERROR_UNSUPPORTED for
 * gzip in a build without zlib. After a failure there is nothing to close. */
hm_status hm_source_open(const hm_context *context, const char *path, hm_source *source,
                         hm_error *error);
void hm_source_close(hm_source *source);

/* Reads n bytes, or fewer at the end of the content alone. At the end of a gzip file its checksum
 * is compared too. */
hm_status hm_source_read(hm_source *source, void *bytes, size_t n, size_t *n_read, hm_error *error);

/* As hm_source_read, but fewer than n bytes are an error: "... ends before its <what> is
 * complete". */
hm_status hm_source_read_all(hm_source *source, void *bytes, size_t n, const char *what,
                             hm_error *error);

/* Back to the first byte. */
hm_status hm_source_rewind(hm_source *source, hm_error *error);

/* Hands the descriptor of a plain file over to the caller, who closes it. */
int hm_source_take_descriptor(hm_source *source);

#endif
