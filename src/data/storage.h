/* Storage: the cases as a file holds them, in memory or read from the disk one by one. Data sets
 * are views of a storage and share it. */
#ifndef HM_DATA_STORAGE_H
#define HM_DATA_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/data.h>

#include "data/element.h"
#include "data/resize.h"
#include "data/source.h"

/* No picture or row of a table comes near 4096 x 4096 numbers; a header that says more is refused
 * before anything is allocated. Cases are numbered by 32 bits. */
#define HM_FEATURES_MAX ((uint64_t)1 << 24)
#define HM_CASES_MAX ((uint64_t)UINT32_MAX)
#define HM_CLASSES_MAX 1000000

typedef struct hm_shape {
    size_t n_cases, n_features;
    size_t height, width; /* 0: the cases are no pictures */
    size_t n_channels;    /* of a picture, plane after plane; 0: no pictures */
} hm_shape;

/* A height and a width, at most HM_FEATURES_MAX. */
typedef struct hm_extent {
    uint32_t height, width;
} hm_extent;

typedef struct hm_storage {
    const hm_context *context;
    int n_owners;
    char *path;     /* for messages */
    hm_shape shape; /* as cases are read: after resizing */
    const hm_element *element;
    float scale; /* what `scale = 0` stands for */

    size_t n_stored;      /* elements of a case as it lies in memory or in the file */
    unsigned char *bytes; /* [n_cases][n_stored] elements; null: read from the file */
    bool is_borrowed;     /* bytes are the caller's */
    int descriptor;       /* of the file, or -1 */
    uint64_t offset;      /* of the first case in the file */
    hm_resize *resize;    /* applied to each case as it is read, or null */

    struct hm_sequences *sequences; /* that the cases lie in, owned; null: in none */
    size_t around;                  /* so many stored cases to each side belong to a case as it is read, none beyond its sequence */

    hm_extent *inner; /* [n_cases]: how much of each picture, in its middle, is no padding; null: all of it */

    int32_t *labels;    /* [n_cases], or null */
    size_t n_classes;   /* 0 without labels */
    char **class_names; /* [n_classes], or null; entries may be null */
    char *columns;      /* of a table, the name of each feature in a line of its own; null: they have none */

    uint64_t digest;   /* of the elements and labels as the file holds them */
    float least, most; /* of the elements that the digest looked at */
    bool is_whole;     /* whether these are whole numbers */
} hm_storage;

/* The shape of an array dims[n_dims] whose first axis is the cases; axes of length 1 do not count,
 * and two that remain are height and width. Fails with HM_ERROR_FORMAT for an empty or impossibly
 * large shape. */
hm_status hm_shape_of(const char *path, const uint64_t *dims, size_t n_dims, hm_shape *shape,
                      hm_error *error);

/* A storage without cases yet, owned once. */
hm_status hm_storage_create(const hm_context *context, const char *path, const hm_shape *shape,
                            const hm_element *element, hm_storage **storage, hm_error *error);
hm_storage *hm_storage_share(hm_storage *storage);
void hm_storage_close(hm_storage *storage); /* null is allowed */

/* Room for all cases in memory; HM_ERROR_ARGUMENT when that is more than `memory` bytes. */
hm_status hm_storage_allocate(hm_storage *storage, uint64_t memory, hm_error *error);

/* Takes the cases from a source that stands at their first byte, `offset` bytes into its content,
 * and must end with the last: in memory up to `memory` bytes, else, for a plain file, from the
 * disk. */
hm_status hm_storage_fill(hm_storage *storage, hm_source *source, uint64_t offset, uint64_t memory,
                          hm_error *error);

/* For a file that lies feature by feature: fill_columns takes it into memory as it is, where twice
 * its size must fit, and turn_round makes cases of it: the k-th run of n_cases elements is the
 * feature place[k], and place[n_features] names each once. */
hm_status hm_storage_fill_columns(hm_storage *storage, hm_source *source, uint64_t offset,
                                  uint64_t memory, hm_error *error);
hm_status hm_storage_turn_round(hm_storage *storage, const size_t *place, hm_error *error);

/* HM_ERROR_NUMERIC for a number in memory that is not finite as a float. */
hm_status hm_storage_check(const hm_storage *storage, hm_error *error);

/* Copies labels[n_cases] and counts the classes. */
hm_status hm_storage_label(hm_storage *storage, const int32_t *labels, hm_error *error);

/* The cases keep their labels under the numbers that `known` gives to their names. */
hm_status hm_storage_match_classes(hm_storage *storage, const hm_data_known *known, hm_error *error);

/* Computes the digest, and the least and largest element: of every case, or of 2,000 of a set over 256 MB. */
hm_status hm_storage_digest(hm_storage *storage, hm_error *error);

/* One word of 64 bits added to a digest. */
uint64_t hm_digest_word(uint64_t hash, uint64_t word);

/* From here on cases are height x width, each channel resized by itself. Those in memory are resized at once when the result takes
 * at most `memory` bytes; otherwise each is resized as it is read. */
hm_status hm_storage_resize(hm_storage *storage, size_t height, size_t width, uint64_t memory,
                            hm_error *error);

/* From here on a case is what is stored with `around` neighbours to each side, oldest first; beyond the ends of its sequence the
 * first or last case is repeated. Cases become pictures of time x features. Takes the sequences over, even when it fails. */
hm_status hm_storage_look_around(hm_storage *storage, struct hm_sequences *sequences, size_t around, hm_error *error);

/* The window of a case: out[2 around + 1][n] begins with a run of n_run cases, of which n_before lie before the case, and the run's first
 * and last then stand for those that its sequence lacks. */
void hm_window_lay(float *out, size_t n, size_t around, size_t n_before, size_t n_run);

/* Makes the cases floats in memory, resized where that was put off; HM_ERROR_ARGUMENT when they take more than `memory`
 * bytes. */
hm_status hm_storage_hold(hm_storage *storage, uint64_t memory, hm_error *error);

/* Bytes of working memory that hm_storage_read wants (a multiple of 64, maybe 0). */
size_t hm_storage_scratch(const hm_storage *storage);

/* How many threads may read at once, 1 to 16: as many as keep their working memory, and `more` bytes each, small. It
 * depends on the storage alone, so that the cutting of work into tasks does, too. */
size_t hm_storage_n_readers(const hm_storage *storage, size_t more);

/* Tells the processor that this case will be read soon: shuffled cases lie where it does not foresee. */
void hm_storage_fetch(const hm_storage *storage, size_t index);

/* Case `index` as floats, out[n_features]. False when the file cannot be read: errno then says
 * why, and is 0 when the file has become shorter. Threads may read at once, each with its own
 * scratch. */
bool hm_storage_read(const hm_storage *storage, size_t index, void *scratch, float *out);

/* How much of picture `index`, in its middle, is no padding. */
void hm_storage_inner(const hm_storage *storage, size_t index, size_t *height, size_t *width);

/* The message for a read that failed at case `index` with errno `cause`. */
hm_status hm_storage_fail_read(const hm_storage *storage, size_t index, int cause, hm_error *error);

/* The first of values[n] that is not finite, or n. */
size_t hm_find_not_finite(const float *values, size_t n);

#endif
