/* Data: named sets, files and folders as cases x features, and the mini-batches made of them.
 *
 *     hm_data_config config;
 *     hm_options_init(&hm_data_options, &config);
 *     hm_options_set(&hm_data_options, &config, "data", "mnist", &error);
 *     hm_options_set(&hm_data_options, &config, "classes", "2", &error);
 *     hm_dataset *train, *validation;                       // validation: null if not asked for
 *     hm_dataset_open(context, &config, &train, &validation, &error);
 *
 * A data set gives float rows after its transforms, whatever the file held. Sets larger than memory
 * (NPY and plain IDX files) are read row by row from the file and never held whole. */
#ifndef HARMONIUM_DATA_H
#define HARMONIUM_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>
#include <harmonium/matrix.h>
#include <harmonium/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Naming the data ------------------------------------------------------------------------- */

enum { HM_BINARISE_NONE, HM_BINARISE_THRESHOLD, HM_BINARISE_SAMPLE };
enum { HM_FIT_NONE, HM_FIT_CROP, HM_FIT_PAD };
enum { HM_WHITEN_NONE, HM_WHITEN_FREQUENCY, HM_WHITEN_SPECTRUM };
enum { HM_BALANCE_AUTO, HM_BALANCE_YES, HM_BALANCE_NO };

/* Every field is a row of hm_data_options; its help text there is its documentation. The transforms
 * apply in the order of the fields: longest or resize, whiten, contrast, scale, invert, frame, crop, standardise, mirror, jitter, binarise. */
typedef struct hm_data_config {
    char data[HM_TEXT_MAX];    /* a named set (hm_dataset_list), or a file: IDX, NPY or CSV, each
                                  also gzipped, a PNG or JPEG picture or contact sheet, or a
                                  folder of them;
                                  "./digits" is a file even though there is a set "digits" */
    char labels[HM_TEXT_MAX];  /* a file of labels beside a data file: one column, of whole
                                  numbers or (CSV) of words */
    char label_column[HM_TEXT_MAX]; /* of a CSV file: the column of classes, by name, number or
                                       "last" */
    char part[HM_TEXT_MAX];    /* of a named set: train, test, perhaps validation */
    char classes[HM_TEXT_MAX]; /* "2", "0-4,7"; empty: all */
    int64_t subset;            /* so many cases, balanced over the classes; 0: all */
    int64_t labelled;          /* keep the labels of so many training cases alone, balanced; 0: all */
    double validation;         /* so many of those held back: a fraction below 1, or a count */
    char validation_groups[HM_TEXT_MAX]; /* "fash, fbbh": the sequences of these groups (speakers) are held back instead */
    char sequences[HM_TEXT_MAX]; /* a file of the sequences that the cases lie in; empty: beside the data, as x.sequences of x.npy */
    char front_end[HM_TEXT_MAX]; /* how sound became the cases; empty: as the file of sequences says */
    int64_t context;           /* so many cases to each side, within its sequence, are seen with each; 0: none */
    char shape[HM_TEXT_MAX];   /* "28x28" (height x width): flat rows are pictures of this size;
                                  "3x32x32": in colour, plane after plane */
    bool grey;                 /* colours become grey (BT.601) */
    int fit;                   /* HM_FIT_..: what is done to pictures of a folder that differ in size */
    int64_t longest;           /* pictures shrink in shape until no side is longer, in pixels; 0: as they are */
    char resize[HM_TEXT_MAX];  /* "16x16", averaging areas; empty: as they are */
    int whiten;                /* HM_WHITEN_..: pictures are whitened and have mean 0 (FFTW); like contrast once, when the
                                  set is opened, before padding, frames and windows; the set is then float in memory */
    char spectrum[HM_TEXT_MAX]; /* of HM_WHITEN_SPECTRUM: the table that pictures are whitened by; empty: measured on the
                                  training cases, and the preparation of the set then says it */
    double contrast;           /* local contrast is made even and the root mean square this; 0: neither */
    double scale;              /* factor; 0: 1/255 for bytes, 1 for anything else and after whitening or contrast */
    bool invert;               /* 1 - x after scaling */
    char frame[HM_TEXT_MAX];   /* "33x33": each picture in the middle of so many zeros; empty: none */
    char crop[HM_TEXT_MAX];    /* "80x80": a window of each picture, by chance and afresh in every epoch of the cases
                                  that are learned from, else the middle one; empty: the whole */
    bool mirror;               /* half of the training pictures are mirrored left-right, afresh in every epoch */
    bool standardise;          /* each feature to mean 0 and variance 1 over the training cases */
    int binarise;              /* HM_BINARISE_..; sample: afresh in every epoch, P(1) = value */
    double threshold;          /* 1 above it, else 0 */
    int64_t jitter;            /* training pictures move by up to so many pixels each way in every epoch */
    bool skip_damaged;         /* damaged pictures of a folder are left out, each named in a warning of the log */
    int64_t tile;              /* side of the tiles of a contact sheet; 0: it is one picture */
    int balance;               /* HM_BALANCE_..: of mini-batches over classes; auto: if labelled */
    int64_t shuffle_run;       /* cases are shuffled within runs of so many neighbours, in random order; 0: all of them */
    int64_t memory;            /* megabytes: a larger set is read from its file case by case */
} hm_data_config;

extern const hm_option_table hm_data_options;

/* One row of the table of named sets. */
typedef struct hm_dataset_info {
    const char *name;
    const char *summary;
    const char *where_from; /* how to come by it */
} hm_dataset_info;

/* Row `index` of the table, or null past its end. */
const hm_dataset_info *hm_dataset_list(size_t index);

/* ---- A data set ------------------------------------------------------------------------------ */

typedef struct hm_dataset hm_dataset;

/* Opens what the config names and splits off the validation cases. `validation` may be null when
 * none is wanted (the config's validation is then ignored), and *validation is null when the config
 * asks for none. Both sets keep the cases in the order of the file. The caller closes both; they
 * share what is in memory.
 *
 * Named sets, and paths that do not lead anywhere by themselves, are looked for in $HARMONIUM_DATA, the folder data/ of the source tree, the installed
 * share/harmonium/data, and /usr/share/datasets; the message of HM_ERROR_NOT_FOUND lists where it
 * looked. Other failures: HM_ERROR_FORMAT (a damaged or unknown file), HM_ERROR_NUMERIC (a number
 * that is not finite), HM_ERROR_MISMATCH (labels, sizes or tiles that do not fit),
 * HM_ERROR_ARGUMENT, HM_ERROR_IO, HM_ERROR_UNSUPPORTED (gzip without zlib, PNG without
 * libpng, JPEG without libjpeg, whitening without FFTW),
 * HM_ERROR_MEMORY. */
hm_status hm_dataset_open(const hm_context *context, const hm_data_config *config,
                          hm_dataset **train, hm_dataset **validation, hm_error *error);

/* What a model knows of the data that it learned from (hm_model_known), so that other data means the same: columns of a table go by
 * their names, classes by theirs, and values that were multiplied by 1/255, as bytes are, are so again. Zero: nothing is known. */
typedef struct hm_data_known {
    const char *columns; /* the name of each feature, a line each; null or empty: no names */
    size_t n_classes;
    const int32_t *class_label;    /* [n_classes]: the label of each; null: its number */
    char *const *class_name;       /* [n_classes]: its name, or null; null: none has a name */
    bool has_range;                /* whether the three fields below are known */
    bool is_scaled;                /* the values were bytes, and multiplied by 1/255 because of that */
    float least, most;             /* of the values as the file held them */
    size_t n_channels;             /* of its pictures: files of pictures get as many, 1 (grey) or 3; 0: it has none, or they are not known */
} hm_data_known;

/* As hm_dataset_open, for data of a model that knows this much. A class without a counterpart gets a number behind all that are known;
 * hm_model_check_classes refuses its cases. HM_ERROR_MISMATCH for a table that lacks a column. Where `scale` is 0, the log says what was
 * done to bytes, or to numbers in the place of bytes. */
hm_status hm_dataset_open_known(const hm_context *context, const hm_data_config *config, const hm_data_known *known, hm_dataset **train,
                                hm_dataset **validation, hm_error *error);

/* A set over the caller's memory: cases[n][n_features] and labels[n] (or null) are copied. height *
 * width must be n_features, or both 0 when the cases are no images. */
hm_status hm_dataset_create(const hm_context *context, const float *cases, const int32_t *labels,
                            size_t n, size_t n_features, size_t height, size_t width,
                            hm_dataset **set, hm_error *error);

/* The same without a copy of the cases, which must stay as they are until the set is closed; labels are copied. */
hm_status hm_dataset_borrow(const hm_context *context, const float *cases, const int32_t *labels,
                            size_t n, size_t n_features, size_t height, size_t width,
                            hm_dataset **set, hm_error *error);

/* The cases whose label is `label`, as a new set that shares the storage of `set`; both may be
 * closed in any order. */
hm_status hm_dataset_of_class(const hm_dataset *set, int32_t label, hm_dataset **part,
                              hm_error *error);

/* null is allowed. */
void hm_dataset_close(hm_dataset *set);

size_t hm_dataset_n_cases(const hm_dataset *set);
size_t hm_dataset_n_features(const hm_dataset *set);
size_t hm_dataset_height(const hm_dataset *set); /* 0: no images */
size_t hm_dataset_width(const hm_dataset *set);
/* 1 of grey pictures, 3 of coloured ones (features are channel x height x width: the red plane, the green, the
 * blue), 0: no images. height * width * channels is n_features. */
size_t hm_dataset_channels(const hm_dataset *set);

/* Labels are those of the file, whichever classes were chosen; n_classes is one more than the
 * largest in the file, so that the parts of a set agree and some classes may be empty. It is 0 for
 * a set without labels, and hm_dataset_label is then -1, as it is for a case whose label is hidden. */
size_t hm_dataset_n_classes(const hm_dataset *set);
int32_t hm_dataset_label(const hm_dataset *set, size_t index);
/* How many cases have a label: all, none, or so many as `labelled` left. */
size_t hm_dataset_n_labelled(const hm_dataset *set);
/* Whether its cases are drawn afresh in every epoch: sampled, moved about, mirrored, or windows by chance. */
bool hm_dataset_is_sampled(const hm_dataset *set);

/* The labels that at least one case of the set is seen to have, ascending: label[n_classes] receives them (null: they
 * are only counted). */
size_t hm_dataset_classes(const hm_dataset *set, int32_t *label);

/* The name of the sub-folder that a class was, or the word that stood for it in a table (words are
 * numbered in the order of their bytes), or null for classes that are mere numbers. */
const char *hm_dataset_class_name(const hm_dataset *set, int32_t label);

/* The name of each feature, a line each, as a table names its columns; empty: none is known. */
const char *hm_dataset_columns(const hm_dataset *set);

/* Of the values as the file or the caller's memory holds them: the least and the largest (of files over 256 MB: of 2,000 cases), and
 * whether they were multiplied by 1/255 because they are bytes. */
void hm_dataset_range(const hm_dataset *set, float *least, float *most, bool *is_scaled);

/* "mnist train, classes 2, 16x16": for people. */
const char *hm_dataset_describe(const hm_dataset *set);

/* 64 bits over the cases and labels as the file holds them, which of them the set holds, and its
 * transforms, in hexadecimal: the fingerprint that a model keeps of its training data. It does not
 * depend on the machine, nor on whether the set is in memory. Of files over 256 MB the first 1,000
 * and 1,000 evenly spaced cases count. */
const char *hm_dataset_fingerprint(const hm_dataset *set);

/* Reads cases `index[0 .. n-1]` (null: first .. first + n - 1) into the float view out (n x
 * n_features), with all transforms. `epoch` chooses the draw of a fresh binarisation, which
 * otherwise depends on the seed of the context and the place of the case in its file alone.
 * Allocates nothing; uses the threads of the context. Fails for a set on disk that can no longer be
 * read, for cases that are not there or another size of out (HM_ERROR_ARGUMENT), for a number that is not finite (HM_ERROR_NUMERIC), and when sampling, for one that is no
 * probability (likewise). */
hm_status hm_dataset_read(const hm_dataset *set, const uint32_t *index, size_t first, size_t n,
                          uint64_t epoch, hm_matrix out, hm_error *error);

/* Mean and variance of each feature after the transforms but before sampling: mean[n_features] and,
 * if not null, variance[n_features]; sets on disk are streamed. Sums are in double. */
hm_status hm_dataset_moments(const hm_dataset *set, double *mean, double *variance,
                             hm_error *error);

/* The least and the largest value of each feature, likewise: least[n_features], most[n_features]. */
hm_status hm_dataset_extremes(const hm_dataset *set, float *least, float *most, hm_error *error);

/* The shift[n_features] (means) and spread[n_features] (deviations; 1 for a constant feature) that
 * standardising subtracts and divides by, or null without it; they go into the model file, so that
 * new data meets the same transform. */
const float *hm_dataset_shift(const hm_dataset *set);
const float *hm_dataset_spread(const hm_dataset *set);

/* Applies the shift[n_features] and spread[n_features] of a model to this set, in place of its own;
 * both null: none. HM_ERROR_NUMERIC for a spread that is not positive, HM_ERROR_MISMATCH for a set
 * that is binarised. */
hm_status hm_dataset_standardise(hm_dataset *set, const float *shift, const float *spread,
                                 hm_error *error);

/* ---- Preparation ------------------------------------------------------------------------------- */

/* How the cases of a set were made from its file, as lines "name = value" of the options that differ from their
 * defaults: a model remembers it, so that other data meets the same treatment. */
const char *hm_dataset_preparation(const hm_dataset *set);

/* Whether the option of that name is part of a preparation: grey, fit, longest, resize, whiten, spectrum,
 * contrast, scale, invert, frame, crop, standardise, binarise, threshold. */
bool hm_is_preparation(const char *name);

/* Sets the options that a preparation says and leaves the others. HM_ERROR_FORMAT for text that is none. */
hm_status hm_preparation_read(const char *preparation, hm_data_config *config, hm_error *error);

/* Turns values as a model sees them back into the data's own units, in place: undoes standardising (shift and spread,
 * [n_features] or null), inverting and scaling by hand, so that they mean the same when they are prepared again. Of
 * pictures that are to be drawn the scaling stays, since 0..1 is black..white. */
void hm_preparation_undo(const hm_data_config *config, const float *shift, const float *spread, bool is_drawn,
                         hm_matrix values);

/* ---- Mini-batches ---------------------------------------------------------------------------- */

/* Fills order[n_cases] with the order of one epoch, a shuffle by (seed of the context, epoch), to
 * be taken in runs of batch_size >= 1, of which the last may be short. If the config asks for
 * balance, every full run holds of each class its share, batch_size * (cases of the class) /
 * n_cases, rounded up or down; the short run is off by less than two. Allocates while it works. */
hm_status hm_dataset_order(const hm_dataset *set, uint64_t epoch, size_t batch_size,
                           uint32_t *order, hm_error *error);

/* ---- Results as files -------------------------------------------------------------------------- */

/* Writes a float matrix as NPY version 1.0 (little-endian f4), atomically. */
hm_status hm_matrix_save_npy(hm_matrix matrix, const char *path, hm_error *error);

/* Writes a float matrix as CSV without a header, atomically; numbers read back the same. */
hm_status hm_matrix_save_csv(hm_matrix matrix, const char *path, hm_error *error);
/* The text format of LIBSVM and LIBLINEAR: labels[rows] (null: all 0), features counted from 1, zeros left out. */
hm_status hm_matrix_save_svm(hm_matrix matrix, const int32_t *labels, const char *path, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
