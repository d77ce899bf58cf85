/* CSV: one case a record, numbers separated by commas, semicolons, tabs or blanks (whichever the first record has). A first line of names
 * is kept, lines in front that begin with # are passed over, as numpy.savetxt writes its header. Lines and columns are counted from 1 in
 * messages, as editors do.
 *
 * A column without a name in front, which pandas and R write as the index of a case, is left out. Another may hold the class of each
 * case, as a whole number or as a word; the words are numbered in the order of their bytes, which does not change with the order of the
 * lines. A file of labels is one such column and nothing else. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/number.h"
#include "data/columns.h"
#include "data/readers.h"
#include "data/records.h"
#include "data/words.h"

enum { WORD_MAX = 255 };

#define NO_COLUMN SIZE_MAX

typedef struct table {
    hm_records in;
    const hm_reading *reading;
    uint64_t memory;
    float *values; /* [n_cases][n_features] */
    size_t n_cases, n_features, room;
    size_t n_columns;      /* of a case; 0 before the first */
    size_t index, label;   /* the columns of names of cases and of classes, or NO_COLUMN */
    bool label_is_name;    /* it was found by its name, so the first line is a header */
    bool has_header;
    hm_words header;       /* the names above the columns, if there are */
    hm_columns columns;    /* which feature each column is, and the names of the features */
    bool may_be_header;    /* the first case counts the columns */
    bool has_fraction;     /* and a later one holds what is no whole number */
    size_t first_line;     /* of the first case */
    hm_words words;        /* [n_cases]: what stands in the column of classes */
    size_t n_numbers;      /* of them */
    size_t first_word;     /* the line of the first that is none, or 0 */
    float *classes;        /* [n_cases]: the numbers of the classes, when all lines are read */
    char **names;          /* [n_names] of the classes, or null for numbers */
    size_t n_names;
    size_t n_holes;    /* numbers that are missing or not finite, */
    size_t n_holed;    /* the cases that lack them, */
    hm_error hole;     /* and the first of them */
    size_t blank_line; /* the number of a line without anything, which only the end may have */
} table;

static const char *path_of(const table *t)
{
    return t->in.source->path;
}

/* ---- Values ---------------------------------------------------------------------------------- */

static bool is_word(const hm_field *f, const char *const *words)
{
    for (; *words; words++) {
        size_t k = 0;
        while (k < f->n && (*words)[k] && (f->text[k] | ' ') == ((*words)[k] | ' '))
            k++;
        if (k == f->n && !(*words)[k])
            return true;
    }
    return false;
}

/* The words that spreadsheets and statistics programs write for a number that is missing. */
static bool is_missing(const hm_field *f)
{
    static const char *const words[] = {"nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "na", "n/a", "<na>", "null", "none", "nil", NULL};
    return is_word(f, words);
}

/* Where semicolons separate, programs of many countries write 1,5. */
static bool read_decimal_comma(const table *t, const hm_field *f, double *value)
{
    char *comma = t->in.separator == ';' ? memchr(f->text, ',', f->n) : NULL;
    if (!comma)
        return false;
    *comma = '.';
    bool is_number = hm_number_parse(f->text, f->n, value);
    *comma = ',';
    return is_number;
}

/* A finite float, or true and false as numpy, pandas, R and Excel write them. */
static bool read_value(const table *t, const hm_field *f, float *value)
{
    static const char *const yes[] = {"true", NULL}, *const no[] = {"false", NULL};
    double number;
    bool is_true = is_word(f, yes);
    if (is_true || is_word(f, no))
        number = is_true;
    else if (!hm_number_parse(f->text, f->n, &number) && !read_decimal_comma(t, f, &number))
        return false;
    *value = (float)number;
    return isfinite(*value);
}

static hm_status fail_field(const table *t, size_t column, const hm_field *f, hm_error *error)
{
    double number;
    hm_quotation text;
    hm_quote(f->text, f->n, &text);
    if (f->n == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu, column %zu is empty; fill it in or leave the line out", path_of(t), t->in.line,
                       column);
    if (is_missing(f))
        return hm_fail(error, HM_ERROR_NUMERIC,
                       "%s: line %zu, column %zu: %s is not a finite number; fill one in or leave the line out", path_of(t), t->in.line,
                       column, text.text);
    if (hm_number_parse(f->text, f->n, &number))
        return hm_fail(error, HM_ERROR_NUMERIC,
                       "%s: line %zu, column %zu: %s is larger than a float can hold (3.4e38); correct or rescale it", path_of(t),
                       t->in.line, column, text.text);
    return hm_fail(error, HM_ERROR_FORMAT,
                   "%s: line %zu, column %zu: %s is not a number that can be read; write it like -12.5e-3, with commas, "
                   "semicolons, tabs or blanks between the columns, or name the column in `label-column` if it holds the classes",
                   path_of(t), t->in.line, column, text.text);
}

/* ---- The first line -------------------------------------------------------------------------- */

/* Whether the fields behind the first `from` are 0, 1, 2, ...: what pandas writes above columns without names. */
static bool counts_columns(const table *t, size_t from)
{
    for (size_t c = from; c < t->in.n_fields; c++) {
        const hm_field *f = &t->in.field[c];
        double number;
        if (!hm_number_parse(f->text, f->n, &number) || number != (double)(c - from))
            return false;
    }
    return t->in.n_fields > from;
}

/* Names begin with a letter, a quotation mark or the like. What stands for a missing number is no
 * name, so that a file cannot lose its first case because of it; nor is what stands in the column
 * of the classes, which may be words. */
static bool is_header(const table *t)
{
    static const char *const values[] = {"true", "false", NULL};
    for (size_t c = 0; c < t->in.n_fields; c++) {
        const hm_field *f = &t->in.field[c];
        if (c != t->label && f->n > 0 && !strchr("+-.0123456789", *f->text) && !is_missing(f) && !is_word(f, values))
            return true;
    }
    return t->in.n_fields > 1 && t->in.field[0].n == 0 && counts_columns(t, 1);
}

/* Names become lines of a text, so they hold no ends of lines. */
static hm_status take_header(table *t, hm_error *error)
{
    hm_status status = HM_OK;
    t->has_header = true;
    for (size_t c = 0; status == HM_OK && c < t->in.n_fields; c++) {
        hm_field f = t->in.field[c];
        for (size_t i = 0; i < f.n; i++)
            f.text[i] = (unsigned char)f.text[i] < ' ' || f.text[i] == 127 ? ' ' : f.text[i];
        status = hm_words_add(&t->header, f.text, f.n, error);
    }
    return status;
}

/* ---- Which column is what -------------------------------------------------------------------- */

static hm_status fail_label_column(const table *t, size_t n, hm_error *error)
{
    return hm_fail(error, HM_ERROR_ARGUMENT,
                   "label-column = %.40s: %s has no such column in line %zu; give the name that "
                   "stands above it, its number from 1 to %zu, or `last`",
                   t->reading->label_column, path_of(t), t->in.line, n);
}

static hm_status find_named_column(table *t, hm_error *error)
{
    const char *name = t->reading->label_column;
    for (size_t c = 0; c < t->in.n_fields; c++)
        if (strcmp(t->in.field[c].text, name) == 0) {
            t->label = c;
            t->label_is_name = true;
            return HM_OK;
        }
    return fail_label_column(t, t->in.n_fields, error);
}

/* By the first line, and once more by the first case, whose columns may be more than the names
 * above them. */
static hm_status find_label(table *t, hm_error *error)
{
    const char *wanted = t->reading->label_column;
    size_t n = t->in.n_fields;
    if (t->label_is_name)
        return HM_OK;
    if (!wanted || !*wanted) {
        bool is_alone = n == 1 || (n == 2 && t->index == 0);
        t->label = t->reading->n_labels > 0 && is_alone ? n - 1 : NO_COLUMN;
        return HM_OK;
    }
    if (strcmp(wanted, "last") == 0) {
        t->label = n - 1;
        return HM_OK;
    }
    if (wanted[strspn(wanted, "0123456789")] != 0)
        return find_named_column(t, error);
    t->label = strtoul(wanted, NULL, 10) - 1; /* 0 and what is too large end above n */
    return t->label < n ? HM_OK : fail_label_column(t, n, error);
}

/* As R names the first case: a word, or 1 in quotation marks or without. */
static bool is_case_name(const hm_field *f)
{
    double number;
    return f->is_quoted || !hm_number_parse(f->text, f->n, &number) || number == 1;
}

/* R's write.table names one column fewer than it writes; others leave the name empty, and pandas, reading and writing such a file again,
 * makes it "Unnamed: 0". */
static void find_index(table *t)
{
    const char *first = t->header.text;
    size_t n = t->in.n_fields;
    t->index = NO_COLUMN;
    if (!t->has_header || n < 2)
        return;
    if (t->header.n + 1 == n && is_case_name(&t->in.field[0])) {
        t->index = 0;
        t->label += t->label_is_name;
    } else if (t->header.n == n && (!*first || strcmp(first, "Unnamed: 0") == 0) && t->label != 0) {
        t->index = 0;
    }
}

/* "1 3:0.5 7:1" */
static bool is_libsvm(const table *t)
{
    const hm_field *f = t->in.field;
    size_t n_digits = t->in.separator == ' ' && t->in.n_fields > 1 ? strspn(f[1].text, "0123456789") : 0;
    return n_digits > 0 && f[1].text[n_digits] == ':';
}

/* Names that name nothing are told of, since columns then go by their order. */
static void tell_of_names(const table *t, bool is_named)
{
    const hm_context *context = t->in.source->context;
    if (t->has_header && !is_named)
        hm_log(context, HM_LOG_WARNING,
               "%s: names in its first line: %zu, columns below: %zu; the names are not kept, and columns go by their order; "
               "name every column, and write numbers with points",
               path_of(t), t->header.n, t->n_columns);
    else if (is_named && t->columns.n_features > 0 && !t->columns.names)
        hm_log(context, HM_LOG_WARNING,
               "%s: two of its columns have the same name, or one has none: the names are not kept, and columns go by their order; give "
               "each a name of its own",
               path_of(t));
}

/* The columns of the features, by name if there are names. */
static hm_status name_columns(table *t, hm_error *error)
{
    hm_column_kind *kind = hm_alloc(t->in.source->context, t->n_columns, sizeof *kind, error);
    if (!kind)
        return HM_ERROR_MEMORY;
    for (size_t c = 0; c < t->n_columns; c++)
        kind[c] = c == t->label ? HM_COLUMN_LABEL : c == t->index ? HM_COLUMN_INDEX : HM_COLUMN_FEATURE;
    bool is_shifted = t->index == 0 && t->header.n + 1 == t->n_columns;
    bool is_named = t->has_header && (is_shifted || t->header.n == t->n_columns);
    hm_status status = hm_columns_make(&t->columns, kind, t->n_columns, is_named ? &t->header : NULL, is_shifted, error);
    hm_free(t->in.source->context, kind);
    bool is_of_labels = t->reading->n_labels > 0;
    if (status == HM_OK && !is_of_labels)
        tell_of_names(t, is_named);
    return status == HM_OK && !is_of_labels ? hm_columns_match(&t->columns, path_of(t), t->reading->columns, error) : status;
}

static hm_status begin_cases(table *t, hm_error *error)
{
    t->n_columns = t->in.n_fields;
    t->first_line = t->in.line;
    if (t->n_columns > HM_FEATURES_MAX)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu has %zu columns; at most %" PRIu64 " can be read", path_of(t), t->in.line,
                       t->n_columns, HM_FEATURES_MAX);
    if (is_libsvm(t))
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: looks like the sparse text of LIBSVM (line %zu has columns such as 3:0.5), which is not read; write it as a "
                       "CSV table or an NPY array of all numbers",
                       path_of(t), t->in.line);
    find_index(t);
    hm_status status = find_label(t, error);
    if (status == HM_OK)
        status = name_columns(t, error);
    t->n_features = t->columns.n_features;
    if (status == HM_OK && t->n_features == 0 && t->reading->n_labels == 0)
        status = hm_fail(error, HM_ERROR_FORMAT,
                         "%s: line %zu holds the class and no number beside it; name the file in "
                         "`labels` if it belongs to another",
                         path_of(t), t->in.line);
    t->may_be_header = !t->has_header && t->n_columns > 1 && counts_columns(t, 0);
    return status;
}

/* ---- Cases ----------------------------------------------------------------------------------- */

/* Classes are printed, so no byte of control comes in. */
static bool is_printable(const hm_field *f)
{
    for (size_t i = 0; i < f->n; i++)
        if ((unsigned char)f->text[i] < ' ' || f->text[i] == 127)
            return false;
    return true;
}

/* Words take memory as values do. */
static hm_status take_class(table *t, const hm_field *f, hm_error *error)
{
    double number;
    hm_quotation text;
    if (f->n == 0 || is_missing(f))
        return fail_field(t, t->label + 1, f, error);
    if (f->n > WORD_MAX || !is_printable(f))
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: line %zu, column %zu: %s is no class; write a whole number, or a word "
                       "of at most %d printable bytes",
                       path_of(t), t->in.line, t->label + 1, hm_quote(f->text, f->n, &text), WORD_MAX);
    if (t->words.used > t->memory)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: its classes take more than the %" PRIu64 " MB of memory allowed; raise `memory`",
                       path_of(t), t->memory >> 20);
    if (hm_number_parse(f->text, f->n, &number))
        t->n_numbers++;
    else if (t->first_word == 0)
        t->first_word = t->in.line;
    return hm_words_add(&t->words, f->text, f->n, error);
}

/* Holes are counted to the end of the file, so that one knows what there is to fill; the first is told then. */
static hm_status note_hole(table *t, size_t column, const hm_field *f, hm_error *error)
{
    hm_error found;
    hm_status status = fail_field(t, column, f, t->n_holes ? &found : &t->hole);
    if (f->n > 0 && !is_missing(f)) {
        if (error)
            *error = t->n_holes ? found : t->hole;
        return status;
    }
    t->n_holes++;
    return HM_OK;
}

static hm_status tell_holes(const table *t, hm_error *error)
{
    if (t->n_holes == 0)
        return HM_OK;
    if (t->n_holes == 1)
        return hm_fail(error, t->hole.status, "%s", t->hole.message);
    return hm_fail(error, t->hole.status, "%s (%zu numbers are missing, in %zu of %zu cases)", t->hole.message, t->n_holes, t->n_holed,
                   t->n_cases);
}

static hm_status read_fields(table *t, float *row, hm_error *error)
{
    size_t n = t->in.n_fields < t->n_columns ? t->in.n_fields : t->n_columns, n_holes = t->n_holes;
    for (size_t c = 0; c < n; c++) {
        const hm_field *f = &t->in.field[c];
        size_t feature = t->columns.feature[c];
        if (c == t->label) {
            hm_status status = take_class(t, f, error);
            if (status != HM_OK)
                return status;
        } else if (feature != HM_NO_FEATURE && !read_value(t, f, &row[feature])) {
            hm_status status = note_hole(t, c + 1, f, error);
            if (status != HM_OK)
                return status;
        }
    }
    t->n_holed += t->n_holes > n_holes;
    if (t->in.n_fields != t->n_columns)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu has %zu columns where the lines before have %zu; correct the line", path_of(t),
                       t->in.line, t->in.n_fields, t->n_columns);
    for (size_t j = 0; t->may_be_header && t->n_cases > 0 && !t->has_fraction && j < t->n_features; j++)
        t->has_fraction = row[j] != truncf(row[j]);
    return HM_OK;
}

static hm_status fail_memory(const table *t, hm_error *error)
{
    return hm_fail(error, HM_ERROR_ARGUMENT,
                   "%s: takes more than the %" PRIu64
                   " MB of memory allowed; raise `memory`, or save it as a plain NPY file, "
                   "which can be read from the disk",
                   path_of(t), t->memory >> 20);
}

/* What a file holds, as far as it was counted. */
typedef struct counts {
    uint64_t n_bytes, n_lines; /* lines with anything on them */
    bool is_begun;             /* the last line has something on it */
    bool has_marks;            /* quotation marks, in which lines may end that are no cases */
} counts;

static void count_block(counts *c, const unsigned char *block, size_t n)
{
    c->n_bytes += n;
    for (size_t i = 0; i < n; i++) {
        c->n_lines += !c->is_begun && block[i] > ' ';
        c->is_begun = block[i] > ' ' || (c->is_begun && block[i] != '\n');
        c->has_marks |= block[i] == '"';
    }
}

/* Cases of the file, or somewhat more, and at most some more than `most`: each is a line, and two bytes a column. */
static hm_status count_cases(const table *t, uint64_t most, uint64_t *n_cases, hm_error *error)
{
    hm_source source;
    unsigned char block[1 << 14];
    counts c = {0};
    size_t n_read = 1;
    uint64_t bytes_of_case = 2 * (uint64_t)t->n_columns;
    *n_cases = 0;
    hm_status status = hm_source_open(t->in.source->context, path_of(t), &source, error);
    if (status != HM_OK)
        return status;
    while (status == HM_OK && n_read > 0 && *n_cases <= most + 1) {
        status = hm_source_read(&source, block, sizeof block, &n_read, error);
        count_block(&c, block, n_read);
        *n_cases = c.n_bytes / bytes_of_case + 1 < c.n_lines ? c.n_bytes / bytes_of_case + 1 : c.n_lines;
    }
    hm_source_close(&source);
    if (status == HM_OK && *n_cases > most + 1 && !c.has_marks) /* of which one may be the line of names */
        return fail_memory(t, error);
    *n_cases = *n_cases < most ? *n_cases : most;
    return status;
}

/* The file is read once more to count its cases, which is quick beside reading their numbers, so that they have their room from the
 * first on and are never copied. */
static hm_status make_room(table *t, hm_error *error)
{
    uint64_t most = t->memory / (t->n_features * sizeof(float)), room;
    hm_status status = count_cases(t, most < HM_CASES_MAX ? most : HM_CASES_MAX, &room, error);
    if (status != HM_OK)
        return status;
    t->room = (size_t)room;
    t->values = hm_alloc(t->in.source->context, t->room, t->n_features * sizeof *t->values, error);
    return t->values ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status add_case(table *t, hm_error *error)
{
    hm_status status = HM_OK;
    if (t->n_columns == 0) {
        status = begin_cases(t, error);
        if (status == HM_OK && t->n_features > 0)
            status = make_room(t, error);
    }
    if (status == HM_OK && t->n_features > 0 && t->n_cases == t->room)
        status = fail_memory(t, error);
    if (status == HM_OK)
        status = read_fields(t, t->n_features ? t->values + t->n_cases * t->n_features : NULL, error);
    t->n_cases += status == HM_OK;
    return status;
}

/* As spreadsheets leave them below a table: separators without anything between them. */
static bool is_blank(const hm_records *in)
{
    for (size_t c = 0; c < in->n_fields; c++)
        if (in->field[c].n > 0 || in->field[c].is_quoted)
            return false;
    return in->n_fields != 1 || in->separator != ' ';
}

static hm_status add_record(table *t, hm_error *error)
{
    if (is_blank(&t->in)) {
        t->blank_line = t->blank_line ? t->blank_line : t->in.line;
        return HM_OK;
    }
    if (t->blank_line)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu is empty, but more lines follow; leave it out", path_of(t), t->blank_line);
    if (t->n_cases == 0 && !t->in.field[0].is_quoted && t->in.field[0].text[0] == '#')
        return HM_OK; /* a remark below the names */
    if (t->n_cases == 0 && !t->has_header) {
        hm_status status = find_label(t, error);
        if (status != HM_OK || t->label_is_name || is_header(t))
            return status == HM_OK ? take_header(t, error) : status;
    }
    return add_case(t, error);
}

/* ---- The end --------------------------------------------------------------------------------- */

/* A first line such as 0,1,2 is what pandas writes above columns without names. Of two columns it may as well be the first case of
 * bits. */
static void drop_counted_header(table *t)
{
    const hm_context *context = t->in.source->context;
    if (!t->may_be_header || t->n_cases < 2)
        return;
    if (t->n_columns == 2 && !t->has_fraction) {
        hm_log(context, HM_LOG_WARNING, "%s: line %zu only counts the columns, and is taken as a case; leave it out if it names them",
               path_of(t), t->first_line);
        return;
    }
    hm_log(context, HM_LOG_WARNING, "%s: line %zu only counts the columns, and is taken as their names; write a line of names above it if it "
           "is a case", path_of(t), t->first_line);
    t->n_cases--;
    if (t->n_features > 0)
        memmove(t->values, t->values + t->n_features, t->n_cases * t->n_features * sizeof *t->values);
    if (t->label != NO_COLUMN) {
        t->n_numbers--;
        hm_words_drop(&t->words);
    }
}

/* The first line of a file of labels is a header if all others are numbers, or if it is one too many; so is 0, which pandas writes above
 * a column without a name. */
static bool begins_with_header(const table *t)
{
    size_t n = t->words.n, n_wanted = t->reading->n_labels;
    double number;
    if (n_wanted == 0 || n < 2 || t->has_header)
        return false;
    bool is_number = hm_number_parse(t->words.text, strlen(t->words.text), &number);
    return is_number ? number == 0 && n == n_wanted + 1 : n == n_wanted + 1 || t->n_numbers == n - 1;
}

static void drop_label_header(table *t)
{
    double number;
    t->n_numbers -= hm_number_parse(t->words.text, strlen(t->words.text), &number);
    hm_words_drop(&t->words);
    t->n_cases--;
}

/* Words among numbers would be a slip of the pen that changes every class, so they are refused. */
static hm_status number_classes(table *t, hm_error *error)
{
    if (begins_with_header(t))
        drop_label_header(t);
    if (t->n_numbers > 0 && t->n_numbers < t->words.n)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: line %zu names a class by a word, and other lines by a number; write "
                       "all classes as whole numbers or all as words",
                       path_of(t), t->first_word);
    t->classes = hm_alloc(t->words.context, t->n_cases, sizeof *t->classes, error);
    if (!t->classes)
        return HM_ERROR_MEMORY;
    if (t->n_numbers == 0)
        return hm_words_number(&t->words, t->classes, &t->names, &t->n_names, error);
    const char *word = t->words.text;
    for (size_t i = 0; i < t->n_cases; i++, word = hm_word_next(word)) {
        double number = 0;
        hm_number_parse(word, strlen(word), &number);
        t->classes[i] = (float)number;
    }
    return HM_OK;
}

static hm_status read_table(table *t, hm_error *error)
{
    for (bool is_there = true; is_there;) {
        hm_status status = hm_records_next(&t->in, &is_there, error);
        if (status == HM_OK && is_there)
            status = add_record(t, error);
        if (status != HM_OK)
            return status;
    }
    if (t->n_cases == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: holds no line of numbers", path_of(t));
    hm_status status = tell_holes(t, error);
    if (status != HM_OK)
        return status;
    drop_counted_header(t);
    return t->label != NO_COLUMN ? number_classes(t, error) : HM_OK;
}

/* The names go with the classes: to the storage of the cases, or to that of a file of labels, whose
 * cases the classes are. */
static hm_status give_names(table *t, hm_storage *storage, hm_error *error)
{
    hm_status status = HM_OK;
    if (t->label != NO_COLUMN && t->n_features > 0)
        status = hm_labels_take(storage, path_of(t), t->classes, error);
    if (status == HM_OK && t->names) {
        storage->class_names = t->names;
        storage->n_classes = t->n_names;
        t->names = NULL;
    }
    if (status == HM_OK) {
        storage->columns = t->columns.names;
        t->columns.names = NULL;
    }
    return status;
}

/* The storage takes the values over. */
static hm_status make_storage(table *t, hm_storage **storage, hm_error *error)
{
    const hm_source *source = t->in.source;
    float **values = t->n_features > 0 ? &t->values : &t->classes;
    const hm_shape shape = {t->n_cases, t->n_features > 0 ? t->n_features : 1, 0, 0, 0};
    hm_status status = hm_storage_create(source->context, source->path, &shape, &hm_elements[HM_ELEMENT_F32], storage, error);
    if (status != HM_OK)
        return status;
    status = give_names(t, *storage, error);
    if (status == HM_OK) {
        (*storage)->bytes = (unsigned char *)*values;
        *values = NULL;
    } else {
        hm_storage_close(*storage);
        *storage = NULL;
    }
    return status;
}

/* Any text: bytes of control do not occur in it but tabs and line ends. */
static bool sniff_csv(const unsigned char *head, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((head[i] < ' ' && !strchr("\t\r\n", head[i])) || head[i] == 0)
            return false;
    return true;
}

static void free_table(table *t)
{
    const hm_context *context = t->words.context;
    for (size_t c = 0; t->names && c < t->n_names; c++)
        hm_free(context, t->names[c]);
    hm_free(context, t->names);
    hm_free(context, t->classes);
    hm_free(context, t->values);
    hm_words_clear(&t->words);
    hm_words_clear(&t->header);
    hm_columns_clear(&t->columns);
    hm_records_close(&t->in);
}

static hm_status open_csv(hm_source *source, const hm_reading *reading, hm_storage **storage, hm_error *error)
{
    table t = {.reading = reading,
               .memory = reading->memory,
               .index = NO_COLUMN,
               .label = NO_COLUMN,
               .words = {.context = source->context},
               .header = {.context = source->context},
               .columns = {.context = source->context}};
    hm_status status = hm_records_open(source, reading->n_labels == 0, &t.in, error);
    if (status == HM_OK)
        status = read_table(&t, error);
    if (status == HM_OK)
        status = make_storage(&t, storage, error);
    free_table(&t);
    return status;
}

const hm_reader hm_reader_csv = {
    .name = "CSV", .sniff = sniff_csv, .takes_label_column = true, .open = open_csv};
