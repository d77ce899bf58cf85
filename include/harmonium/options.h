/* Option tables: one row says all there is to say about an option.
 *
 * A row (name, type, field, default, range, unit, help) drives the command-line parser, --help, the man
 * page, the recipe file and the echo of the settings in a model file. A configuration is a plain struct
 * whose fields the rows point into:
 *
 *     hm_train_config config;
 *     hm_options_init(&hm_train_options, &config);
 *     hm_options_set(&hm_train_options, &config, "learning-rate", "0.05", &error);
 */
#ifndef HARMONIUM_OPTIONS_H
#define HARMONIUM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HM_TEXT_MAX = 1024, HM_SCHEDULE_POINTS_MAX = 64 };

/* A value that changes with the epoch, written as people say it:
 *     "0.1"              always 0.1
 *     "0.5, 0.9@5"       0.5 at first, 0.9 from the start of epoch 5 on (the first epoch is 0)
 *     "0.1, ~0.01@30"    falls in a straight line from 0.1 at epoch 0 to 0.01 at epoch 30, then stays */
typedef struct hm_schedule {
    int n_points;
    struct {
        double epoch;
        double value;
        bool ramp; /* reached in a straight line from the point before, not in a step */
    } point[HM_SCHEDULE_POINTS_MAX];
} hm_schedule;

/* epoch may be fractional. An empty schedule is 0 everywhere. */
double hm_schedule_at(const hm_schedule *schedule, double epoch);

/* The field type of each kind of option stands behind it. */
typedef enum hm_option_type {
    HM_OPTION_FLAG,     /* bool; "yes", "no", or on a command line the name alone */
    HM_OPTION_INT,      /* int64_t */
    HM_OPTION_REAL,     /* double */
    HM_OPTION_TEXT,     /* char[HM_TEXT_MAX] */
    HM_OPTION_CHOICE,   /* int: the index of the word in `choices` */
    HM_OPTION_SCHEDULE, /* hm_schedule */
} hm_option_type;

typedef struct hm_option {
    const char *name; /* "learning-rate": --learning-rate on a command line, learning-rate = in a recipe */
    char letter;      /* 'o' for -o, or 0 */
    hm_option_type type;
    size_t offset;       /* of the field, from offsetof */
    const char *initial; /* the default, as a person would write it */
    double least, most;  /* of numbers and of every value of a schedule; equal: no limits */
    const char *unit;    /* "epochs", "FILE", ...: the placeholder in --help; null for a flag */
    const char *choices; /* "none|threshold|sample" */
    const char *help;    /* a sentence without its full stop */
} hm_option;

typedef struct hm_option_table {
    const char *section; /* of a recipe: "data" for [data] */
    const char *title;   /* of the group in --help */
    const hm_option *rows;
    size_t n_rows;
    bool is_prefixed; /* on a command line its names carry the section: --up-down-epochs */
} hm_option_table;

/* Fills every field that a row points to with its default. */
void hm_options_init(const hm_option_table *table, void *config);

/* HM_ERROR_ARGUMENT, as hm_options_set would say it, for the first field that holds what no option may say: a number out of range or not
 * finite, the number of a choice that is not there, text without an end, a schedule out of order. Functions that take a configuration
 * ask it first, so that a zeroed or damaged one is refused before anything is done. */
hm_status hm_options_check(const hm_option_table *table, const void *config, hm_error *error);

/* The row of that name, or null. */
const hm_option *hm_options_find(const hm_option_table *table, const char *name);

/* Sets one field from text. HM_ERROR_NOT_FOUND for an unknown name (the message suggests the nearest),
 * HM_ERROR_ARGUMENT for a value of the wrong form or out of range, and for null pointers; the field is then unchanged. */
hm_status hm_options_set(const hm_option_table *table, void *config, const char *name, const char *value,
                         hm_error *error);

/* The value of a field as hm_options_set would read it back, in at most `size` bytes with the final
 * zero. Returns the length that the whole text has, as snprintf does. */
size_t hm_option_print(const hm_option *row, const void *config, char *text, size_t size);

/* Writes the rows that differ from their defaults (or all rows) as lines "name = value", the form of a
 * recipe's section. Returns the whole length, as snprintf does. */
size_t hm_options_echo(const hm_option_table *table, const void *config, bool all, char *text,
                       size_t size);

/* Of `n` names, the one nearest to `name` by edit distance, or null if none is near enough to be meant. */
const char *hm_nearest_name(const char *name, const char *const *names, size_t n);

#ifdef __cplusplus
}
#endif
#endif
