/* The columns of a table: which are features, what they are called, and how they match those that a model learned from. */
#ifndef HM_DATA_COLUMNS_H
#define HM_DATA_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "data/words.h"

typedef enum hm_column_kind {
    HM_COLUMN_FEATURE,
    HM_COLUMN_LABEL,
    HM_COLUMN_INDEX, /* names of cases, which are left out */
} hm_column_kind;

#define HM_NO_FEATURE SIZE_MAX

typedef struct hm_columns {
    const hm_context *context;
    size_t *feature; /* [n_columns]: which feature the column is, or HM_NO_FEATURE */
    size_t n_columns, n_features;
    char *names; /* n_features lines, each ended by a newline; null unless all have names that differ */
} hm_columns;

/* Features in the order of the columns kind[n]. `header` (null: none) names each column, or with `is_shifted` all but the first. */
hm_status hm_columns_make(hm_columns *columns, const hm_column_kind *kind, size_t n, const hm_words *header, bool is_shifted, hm_error *error);

/* Puts the features into the order of the lines `known` (null or empty: nothing is known): columns that are not among them are left out
 * with a warning. HM_ERROR_MISMATCH for a name that the table `path` lacks. Without names of its own the table stays as it is. */
hm_status hm_columns_match(hm_columns *columns, const char *path, const char *known, hm_error *error);

/* Line `i` of `names` (null: "") into text[size], cut to its room. */
void hm_columns_name(const char *names, size_t i, char *text, size_t size);

void hm_columns_clear(hm_columns *columns);

#endif
