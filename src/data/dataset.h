/* The inside of a data set. */
#ifndef HM_DATA_DATASET_H
#define HM_DATA_DATASET_H

#include <harmonium/data.h>

#include "data/storage.h"
#include "data/transform.h"
#include "data/view.h"

enum { HM_PREPARATION_MAX = 2048 };

/* What goes wrong while a row is read, kept until all threads are done. */
typedef enum hm_trouble {
    HM_TROUBLE_NONE,
    HM_TROUBLE_FILE,
    HM_TROUBLE_NOT_FINITE,
    HM_TROUBLE_NO_PROBABILITY,
} hm_trouble;

/* One of the threads that read a batch. */
typedef struct hm_worker {
    char *scratch;
    float *whole; /* the case before it is placed in a frame or a window; null: it is not */
    hm_trouble trouble;
    int cause;     /* errno */
    size_t index;  /* the case in the storage */
    size_t column; /* and the feature */
    float value;
} hm_worker;

struct hm_dataset {
    const hm_context *context;
    hm_storage *storage;
    hm_shape shape; /* of the cases as they are read; that of the storage but for frames and windows */
    hm_view view;
    hm_transform transform;
    float *shift, *spread; /* [n_features] or null; the transform points here */
    bool is_balanced;
    bool is_scaled;     /* its values are bytes, and multiplied by 1/255 because of that */
    size_t shuffle_run; /* cases are shuffled within runs of so many neighbours alone; 0: all */
    unsigned char *is_known; /* [n_cases]: whose label may be seen; null: all */
    size_t n_known;
    size_t n_workers;
    hm_worker *worker; /* [n_workers] */
    char *scratch;     /* their working memory in one piece */
    float *whole;      /* likewise [n_workers][features of the storage], or null */
    char *description;
    char preparation[HM_PREPARATION_MAX];
    char fingerprint[17];
};

/* Takes rows of cases from `first` on; *is_enough: no more are wanted. */
typedef hm_status hm_rows_reader(void *user, size_t first, hm_matrix rows, bool *is_enough, hm_error *error);
/* Hands all cases of a set to `read`, some at a time and in their order. */
hm_status hm_dataset_each(const hm_dataset *set, hm_rows_reader *read, void *user, hm_error *error);

struct hm_sequences;

/* The sequences that the cases lie in; null: none are known. */
const struct hm_sequences *hm_dataset_sequences(const hm_dataset *set);

/* Which of them case `first` of the set begins, and how many cases it has. HM_ERROR_MISMATCH unless all of them are in the set, one
 * after another. */
hm_status hm_dataset_sequence_at(const hm_dataset *set, size_t first, size_t *sequence, size_t *n, hm_error *error);

/* As hm_dataset_read; with a null epoch nothing is sampled. */
hm_status hm_dataset_read_rows(const hm_dataset *set, const uint32_t *index, size_t first, size_t n,
                               const uint64_t *epoch, hm_matrix out, hm_error *error);

/* The steps of making a set. make: shares the storage, takes the view over, and copies the
 * transform without its shift and spread; the caller closes *set. tell: copies the description.
 * mark: computes the fingerprint. */
hm_status hm_dataset_make(hm_storage *storage, hm_view *view, const hm_transform *transform,
                          hm_dataset **set, hm_error *error);
hm_status hm_dataset_tell(hm_dataset *set, const char *description, hm_error *error);
void hm_dataset_mark(hm_dataset *set);

/* The height x width of a picture, "16x16" or "16", as the value of an option; 0 x 0 for an empty text. */
hm_status hm_size_parse(const char *option, const char *text, size_t *height, size_t *width,
                        hm_error *error);

/* The option shape: "28x28", or with the number of channels, 1 or 3, in front as in "3x32x32". */
hm_status hm_shape_parse(const char *text, size_t *channels, size_t *height, size_t *width,
                         hm_error *error);

/* The preparation that a config asks for, into text. */
void hm_preparation_print(const hm_data_config *config, char *text, size_t size);

#endif
