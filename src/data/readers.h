/* Readers: one row of a table for each kind of file. To add one, write a sniff and an open and add
 * the row (docs: how to add a reader). */
#ifndef HM_DATA_READERS_H
#define HM_DATA_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/source.h"
#include "data/storage.h"
#include "data/strangers.h"

/* What a reader is told besides the file. */
typedef struct hm_reading {
    uint64_t memory;      /* bytes that the cases may take in memory */
    size_t tile;          /* a picture is cut into tiles of this side; 0: it is one case */
    const char *label_column; /* of a table: the column that holds the classes; null or empty: none */
    const char *columns;      /* names of features, a line each, that those of a table are matched with; null or empty: none */
    size_t n_labels;          /* the file is one of labels, for so many cases; 0: it is not */
    bool grey;                /* colours of pictures become grey */
    size_t n_channels;        /* 1 or 3: pictures get so many channels, unless `grey` says one; 0: as many as their colours take */
    int fit;                  /* HM_FIT_..: pictures of a folder that differ in size or shape */
    size_t longest;           /* no side of a picture of a folder stays longer; 0: any may */
    size_t crop_height, crop_width; /* what each picture of a folder must hold without padding; 0: anything */
    bool skip_damaged;        /* pictures of a folder */
    size_t height, width; /* pictures of a folder are resized to this; 0: they must agree in size */
} hm_reading;

typedef struct hm_reader {
    const char *name;
    /* Whether a file that begins with head[n] is of this kind; n is at most HM_HEAD_MAX. */
    bool (*sniff)(const unsigned char *head, size_t n);
    bool takes_tiles; /* knows what to do with hm_reading.tile */
    bool takes_label_column; /* and with hm_reading.label_column */
    /* Reads a source that stands at its first byte. */
    hm_status (*open)(hm_source *source, const hm_reading *reading, hm_storage **storage,
                      hm_error *error);
} hm_reader;

extern const hm_reader hm_reader_idx, hm_reader_npy, hm_reader_png, hm_reader_jpeg,
    hm_reader_csv;

/* How many channels hm_picture_read shall give a picture. */
size_t hm_reading_channels(const hm_reading *reading);
/* Whether colours become grey because the model's pictures are, and not because `grey` says so. */
bool hm_reading_turns_grey(const hm_reading *reading);

/* Opens a file with the reader that knows its first bytes, or a folder of pictures. */
hm_status hm_storage_open(const hm_context *context, const char *path, const hm_reading *reading,
                          hm_storage **storage, hm_error *error);

/* Reads a file of labels: one number or word a case of `storage`, which then carries them. */
hm_status hm_labels_open(hm_storage *storage, const char *path, hm_error *error);

/* values[n_cases] of the file `path` become the labels of `storage`; HM_ERROR_FORMAT for what is no
 * whole number or too large. */
hm_status hm_labels_take(hm_storage *storage, const char *path, const float *values,
                         hm_error *error);

/* A folder of PNG and JPEG files in the order of their names, or of sub-folders of them that are the
 * classes. */
hm_status hm_folder_open(const hm_context *context, const char *path, const hm_reading *reading,
                         hm_storage **storage, hm_error *error);

/* A piece of a file for a message: at most 24 characters in quotation marks, with ? for what does
 * not print, so that no file can play tricks on a terminal. Returns what->text. */
typedef struct hm_quotation {
    char text[32];
} hm_quotation;

const char *hm_quote(const char *piece, size_t n, hm_quotation *what);

#endif
