/* CSV: one case a line, numbers separated by commas, semicolons or tabs (whichever the first
 * line has). A first line with names is skipped, and so are lines in front that begin with #, as
 * numpy.savetxt writes its header. Lines and columns are counted from 1 in messages, as editors
 * do.
 *
 * One column may hold the class of each case, as a whole number or as a word; the words are
 * numbered in the order of their bytes, which does not change with the order of the lines. A file
 * of labels is one such column and nothing else. */
#define _GNU_SOURCE /* newlocale, uselocale */
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "data/readers.h"
#include "data/words.h"

/* ---- Lines ----------------------------------------------------------------------------------- */

enum { LINE_ROOM_FIRST = 1 << 16, LINE_ROOM_MAX = 1 << 28 };

typedef struct lines {
    hm_source *source;
    char *buffer;
    size_t room;       /* bytes of the buffer, one of them for a final zero */
    size_t begin, end; /* what of it is not yet handed out */
    size_t number;     /* of the line handed out last */
    bool is_at_end;
} lines;

/* Moves what is left to the front and reads more behind it; a line longer than the buffer makes it
 * grow. */
static hm_status read_more(lines *in, hm_error *error)
{
    size_t n_read, held = in->end - in->begin;
    memmove(in->buffer, in->buffer + in->begin, held);
    in->begin = 0;
    in->end = held;
    if (held + 1 == in->room) {
        if (in->room >= LINE_ROOM_MAX)
            return hm_fail(error, HM_ERROR_FORMAT,
                           "%s: line %zu has more than %d bytes; is this a CSV file?",
                           in->source->path, in->number + 1, LINE_ROOM_MAX);
        char *grown = hm_realloc(in->source->context, in->buffer, in->room, 2 * in->room, 1, error);
        if (!grown)
            return HM_ERROR_MEMORY;
        in->buffer = grown;
        in->room *= 2;
    }
    hm_status status =
        hm_source_read(in->source, in->buffer + held, in->room - 1 - held, &n_read, error);
    in->end += n_read;
    in->is_at_end = n_read == 0;
    return status;
}

/* *line is the next line without its end, finished by a zero byte; null behind the last one. */
static hm_status next_line(lines *in, char **line, size_t *n, hm_error *error)
{
    char *newline = NULL;
    size_t searched = 0;
    *line = NULL;
    for (;;) {
        char *begin = in->buffer + in->begin;
        newline = memchr(begin + searched, '\n', in->end - in->begin - searched);
        if (newline || in->is_at_end)
            break;
        searched = in->end - in->begin;
        hm_status status = read_more(in, error);
        if (status != HM_OK)
            return status;
    }
    if (in->begin == in->end)
        return HM_OK;
    in->number++;
    *line = in->buffer + in->begin;
    *n = (newline ? (size_t)(newline - in->buffer) : in->end) - in->begin;
    in->begin += *n + (newline ? 1 : 0);
    if (*n > 0 && (*line)[*n - 1] == '\r')
        --*n;
    (*line)[*n] = 0;
    if (memchr(*line, 0, *n))
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: line %zu holds a zero byte; this is not a CSV file", in->source->path,
                       in->number);
    return HM_OK;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Most fields are a few digits with perhaps a point: the digits as a whole number divided by a
 * power of ten, both exact in a double, round as strtod does and cost a tenth. False for anything
 * else. */
static bool read_plain(const char *text, const char *end, double *value)
{
    static const double power[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    int64_t digits = 0;
    int n = 0, behind_point = 0;
    bool is_negative = *text == '-', has_point = false;
    for (text += is_negative; text < end; text++) {
        if (*text == '.' && !has_point) {
            has_point = true;
        } else if (is_digit(*text) && n < 15) {
            digits = 10 * digits + (*text - '0');
            n++;
            behind_point += has_point;
        } else {
            return false;
        }
    }
    double size = (double)digits / power[behind_point];
    *value = is_negative ? -size : size;
    return n > 0;
}

/* text[.. end) without spaces around it, as a finite float; the caller has made the locale's
 * decimal point a point. */
static bool read_number(const char *text, const char *end, float *value)
{
    double number;
    char *stop;
    if (text == end)
        return false;
    if (!read_plain(text, end, &number)) {
        if (strspn(text, "0123456789+-.eE") < (size_t)(end - text))
            return false; /* strtod would take "nan", "inf" and "0x1p3" */
        number = strtod(text, &stop);
        if (stop != end)
            return false;
    }
    *value = (float)number;
    return isfinite(*value);
}

/* The words that spreadsheets and statistics programs write for a number that is missing. */
static bool is_missing(const char *text, size_t n)
{
    static const char *const words[] = {"nan",      "+nan", "-nan", "inf",  "+inf", "-inf",
                                        "infinity", "na",   "n/a",  "null", "none", "nil"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t k = 0;
        while (k < n && words[i][k] && (text[k] | ' ') == (words[i][k] | ' '))
            k++;
        if (k == n && !words[i][k])
            return true;
    }
    return false;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

typedef struct field {
    const char *begin, *end; /* without the spaces around it */
    const char *next;        /* behind the separator, or null behind the last field */
} field;

static field field_at(const char *text, char separator)
{
    const char *end = strchr(text, separator);
    field f = {text, end ? end : text + strlen(text), end ? end + 1 : NULL};
    while (f.begin < f.end && (*f.begin == ' ' || *f.begin == '\t'))
        f.begin++;
    while (f.end > f.begin && (f.end[-1] == ' ' || f.end[-1] == '\t'))
        f.end--;
    return f;
}

/* Without quotation marks around it. */
static field unquoted(field f)
{
    if (f.end - f.begin >= 2 && *f.begin == '"' && f.end[-1] == '"') {
        f.begin++;
        f.end--;
    }
    return f;
}

static char separator_of(const char *line)
{
    return strchr(line, '\t') ? '\t' : strchr(line, ';') ? ';' : ',';
}

/* Names begin with a letter, a quotation mark or the like. What stands for a missing number is no
 * name, so that a file cannot lose its first case because of it; nor is what stands in the column
 * of the classes, which may be words. */
static bool is_header(const char *line, char separator, size_t label)
{
    size_t column = 0;
    for (const char *at = line; at; column++) {
        field f = field_at(at, separator);
        size_t n = (size_t)(f.end - f.begin);
        if (column != label && n > 0 && !strchr("+-.0123456789", *f.begin) &&
            !is_missing(f.begin, n))
            return true;
        at = f.next;
    }
    return false;
}

static size_t count_fields(const char *line, char separator)
{
    size_t n = 1;
    for (; (line = strchr(line, separator)); line++)
        n++;
    return n;
}

/* ---- The table ------------------------------------------------------------------------------- */

enum { WORD_MAX = 255 };

#define NO_COLUMN SIZE_MAX

typedef struct table {
    lines in;
    const hm_reading *reading;
    char separator; /* 0 before the first line */
    uint64_t memory;
    float *values; /* [n_cases][n_features] */
    size_t n_cases, n_features, room;
    size_t n_columns;   /* n_features and perhaps the classes; 0 before the first case */
    size_t label;       /* the column of the classes, or NO_COLUMN */
    bool label_is_name; /* it was found by its name, so the first line is a header */
    hm_words words;     /* [n_cases]: what stands in that column */
    size_t n_numbers;   /* of them */
    size_t first_word;  /* the line of the first that is none, or 0 */
    float *classes;     /* [n_cases]: the numbers of the classes, when all lines are read */
    char **names;       /* [n_names] of the classes, or null for numbers */
    size_t n_names;
    size_t blank_line; /* the number of a line without anything, which only the end may have */
} table;

static hm_status fail_field(const table *t, size_t column, const field *f, hm_error *error)
{
    size_t n = (size_t)(f->end - f->begin);
    hm_quotation text;
    hm_quote(f->begin, n, &text);
    if (n == 0)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: line %zu, column %zu is empty; fill it in or leave the line out",
                       t->in.source->path, t->in.number, column);
    if (is_missing(f->begin, n))
        return hm_fail(error, HM_ERROR_NUMERIC,
                       "%s: line %zu, column %zu: %s is not a finite number; fill one in or leave "
                       "the line out",
                       t->in.source->path, t->in.number, column, text.text);
    return hm_fail(error, HM_ERROR_FORMAT,
                   "%s: line %zu, column %zu: %s is not a number that can be read; write it like "
                   "-12.5e-3, with commas, semicolons or tabs between the columns",
                   t->in.source->path, t->in.number, column, text.text);
}

/* Classes are printed, so no byte of control comes in. */
static bool is_printable(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            return false;
    return true;
}

/* Words take memory as values do. */
static hm_status take_class(table *t, field f, hm_error *error)
{
    float number;
    hm_quotation text;
    field bare = unquoted(f);
    size_t n = (size_t)(bare.end - bare.begin);
    if (n == 0 || is_missing(bare.begin, n))
        return fail_field(t, t->label + 1, &bare, error);
    if (n > WORD_MAX || !is_printable(bare.begin, n))
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: line %zu, column %zu: %s is no class; write a whole number, or a word "
                       "of at most %d printable bytes",
                       t->in.source->path, t->in.number, t->label + 1,
                       hm_quote(bare.begin, n, &text), WORD_MAX);
    if (t->words.used > t->memory)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: its classes take more than the %" PRIu64
                       " MB of memory allowed; raise `memory`",
                       t->in.source->path, t->memory >> 20);
    if (read_number(bare.begin, bare.end, &number))
        t->n_numbers++;
    else if (t->first_word == 0)
        t->first_word = t->in.number;
    return hm_words_add(&t->words, bare.begin, n, error);
}

static hm_status read_fields(table *t, const char *line, float *row, hm_error *error)
{
    size_t column = 0;
    for (const char *at = line; at && column < t->n_columns; column++) {
        field f = field_at(at, t->separator);
        if (column == t->label) {
            hm_status status = take_class(t, f, error);
            if (status != HM_OK)
                return status;
        } else if (!read_number(f.begin, f.end, row++)) {
            return fail_field(t, column + 1, &f, error);
        }
        at = f.next;
    }
    size_t n = count_fields(line, t->separator);
    if (n != t->n_columns)
        return hm_fail(
            error, HM_ERROR_FORMAT,
            "%s: line %zu has %zu columns where the lines before have %zu; correct the line",
            t->in.source->path, t->in.number, n, t->n_columns);
    return HM_OK;
}

/* ---- Which column holds the classes ---------------------------------------------------------- */

static hm_status fail_label_column(const table *t, size_t n, hm_error *error)
{
    return hm_fail(error, HM_ERROR_ARGUMENT,
                   "label-column = %.40s: %s has no such column in line %zu; give the name that "
                   "stands above it, its number from 1 to %zu, or `last`",
                   t->reading->label_column, t->in.source->path, t->in.number, n);
}

static hm_status find_named_column(table *t, const char *line, hm_error *error)
{
    const char *name = t->reading->label_column;
    size_t column = 0;
    for (const char *at = line; at; column++) {
        field f = field_at(at, t->separator), bare = unquoted(f);
        size_t n = (size_t)(bare.end - bare.begin);
        if (strlen(name) == n && memcmp(bare.begin, name, n) == 0) {
            t->label = column;
            t->label_is_name = true;
            return HM_OK;
        }
        at = f.next;
    }
    return fail_label_column(t, column, error);
}

/* By the first line, and once more by the first case, whose columns may be more than the names
 * above them. */
static hm_status find_label(table *t, const char *line, hm_error *error)
{
    const char *wanted = t->reading->label_column;
    size_t n = count_fields(line, t->separator);
    if (t->label_is_name)
        return HM_OK;
    if (!wanted || !*wanted) {
        t->label = t->reading->n_labels > 0 && n == 1 ? 0 : NO_COLUMN;
        return HM_OK;
    }
    if (strcmp(wanted, "last") == 0) {
        t->label = n - 1;
        return HM_OK;
    }
    if (wanted[strspn(wanted, "0123456789")] != 0)
        return find_named_column(t, line, error);
    t->label = strtoul(wanted, NULL, 10) - 1; /* 0 and what is too large end above n */
    return t->label < n ? HM_OK : fail_label_column(t, n, error);
}

/* ---- Cases ----------------------------------------------------------------------------------- */

/* Twice the room, within the memory allowed. */
static hm_status grow(table *t, hm_error *error)
{
    uint64_t most = t->memory / (t->n_features * sizeof(float));
    uint64_t room = t->room ? 2 * (uint64_t)t->room : 1;
    most = most < HM_CASES_MAX ? most : HM_CASES_MAX;
    if (t->n_cases >= most)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: takes more than the %" PRIu64
                       " MB of memory allowed; raise `memory`, or save it as a plain NPY file, "
                       "which can be read from the disk",
                       t->in.source->path, t->memory >> 20);
    room = room < most ? room : most;
    float *grown = hm_realloc(t->in.source->context, t->values, t->room * t->n_features,
                              (size_t)room * t->n_features, sizeof *grown, error);
    if (!grown)
        return HM_ERROR_MEMORY;
    t->values = grown;
    t->room = (size_t)room;
    return HM_OK;
}

static hm_status count_columns(table *t, const char *line, hm_error *error)
{
    t->n_columns = count_fields(line, t->separator);
    if (t->n_columns > HM_FEATURES_MAX)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: line %zu has %zu columns; at most %" PRIu64 " can be read",
                       t->in.source->path, t->in.number, t->n_columns, HM_FEATURES_MAX);
    hm_status status = find_label(t, line, error);
    t->n_features = t->n_columns - (t->label != NO_COLUMN);
    if (status == HM_OK && t->n_features == 0 && t->reading->n_labels == 0)
        status = hm_fail(error, HM_ERROR_FORMAT,
                         "%s: line %zu holds the class and no number beside it; name the file in "
                         "`labels` if it belongs to another",
                         t->in.source->path, t->in.number);
    return status;
}

static hm_status add_case(table *t, const char *line, hm_error *error)
{
    hm_status status = t->n_columns == 0 ? count_columns(t, line, error) : HM_OK;
    if (status == HM_OK && t->n_features > 0 && t->n_cases == t->room)
        status = grow(t, error);
    if (status == HM_OK)
        status = read_fields(t, line, t->n_features ? t->values + t->n_cases * t->n_features : NULL,
                             error);
    t->n_cases += status == HM_OK;
    return status;
}

static hm_status add_line(table *t, char *line, size_t n, hm_error *error)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    if (t->in.number == 1 && strncmp(line, byte_order_mark, 3) == 0) {
        line += 3;
        n -= 3;
    }
    if (t->n_cases == 0 && line[0] == '#')
        return HM_OK;
    if (n == strspn(line, " ")) {
        t->blank_line = t->blank_line ? t->blank_line : t->in.number;
        return HM_OK;
    }
    if (t->blank_line)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: line %zu is empty, but more lines follow; leave it out",
                       t->in.source->path, t->blank_line);
    if (!t->separator) {
        t->separator = separator_of(line);
        hm_status status = find_label(t, line, error);
        if (status != HM_OK || t->label_is_name || is_header(line, t->separator, t->label))
            return status;
    }
    return add_case(t, line, error);
}

/* The first line of a file of labels is a header if all others are numbers, or if they are words
 * and it is one too many. */
static bool begins_with_header(const table *t)
{
    size_t n = t->words.n, n_wanted = t->reading->n_labels;
    float number;
    if (n_wanted == 0 || n < 2 ||
        read_number(t->words.text, t->words.text + strlen(t->words.text), &number))
        return false;
    return t->n_numbers == n - 1 || (t->n_numbers == 0 && n == n_wanted + 1);
}

/* Words among numbers would be a slip of the pen that changes every class, so they are refused. */
static hm_status number_classes(table *t, hm_error *error)
{
    if (begins_with_header(t)) {
        hm_words_drop(&t->words);
        t->n_cases--;
    }
    if (t->n_numbers > 0 && t->n_numbers < t->words.n)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: line %zu names a class by a word, and other lines by a number; write "
                       "all classes as whole numbers or all as words",
                       t->in.source->path, t->first_word);
    t->classes = hm_alloc(t->words.context, t->n_cases, sizeof *t->classes, error);
    if (!t->classes)
        return HM_ERROR_MEMORY;
    if (t->n_numbers == 0)
        return hm_words_number(&t->words, t->classes, &t->names, &t->n_names, error);
    const char *word = t->words.text;
    for (size_t i = 0; i < t->n_cases; i++, word = hm_word_next(word))
        read_number(word, word + strlen(word), &t->classes[i]);
    return HM_OK;
}

static hm_status read_table(table *t, hm_error *error)
{
    char *line;
    size_t n;
    for (;;) {
        hm_status status = next_line(&t->in, &line, &n, error);
        if (status == HM_OK && line)
            status = add_line(t, line, n, error);
        if (status != HM_OK)
            return status;
        if (!line)
            break;
    }
    if (t->n_cases == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: holds no line of numbers", t->in.source->path);
    return t->label != NO_COLUMN ? number_classes(t, error) : HM_OK;
}

/* The names go with the classes: to the storage of the cases, or to that of a file of labels, whose
 * cases the classes are. */
static hm_status give_classes(table *t, hm_storage *storage, hm_error *error)
{
    hm_status status = HM_OK;
    if (t->label != NO_COLUMN && t->n_features > 0)
        status = hm_labels_take(storage, t->in.source->path, t->classes, error);
    if (status == HM_OK && t->names) {
        storage->class_names = t->names;
        storage->n_classes = t->n_names;
        t->names = NULL;
    }
    return status;
}

/* The values move into a storage of their exact size. */
static hm_status make_storage(table *t, hm_storage **storage, hm_error *error)
{
    const hm_source *source = t->in.source;
    const float *values = t->n_features > 0 ? t->values : t->classes;
    const hm_shape shape = {t->n_cases, t->n_features > 0 ? t->n_features : 1, 0, 0, 0};
    hm_status status = hm_storage_create(source->context, source->path, &shape,
                                         &hm_elements[HM_ELEMENT_F32], storage, error);
    if (status != HM_OK)
        return status;
    status = hm_storage_allocate(*storage, t->memory, error);
    if (status == HM_OK) {
        memcpy((*storage)->bytes, values, shape.n_cases * shape.n_features * sizeof *values);
        status = give_classes(t, *storage, error);
    }
    if (status != HM_OK) {
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

/* In the locale of the program a decimal point may be a comma. */
static hm_status read_table_in_plain_locale(table *t, hm_error *error)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain)
        return hm_fail(error, HM_ERROR_MEMORY, "%s: out of memory for its locale",
                       t->in.source->path);
    locale_t before = uselocale(plain);
    hm_status status = read_table(t, error);
    uselocale(before);
    freelocale(plain);
    return status;
}

static hm_status open_csv(hm_source *source, const hm_reading *reading, hm_storage **storage,
                          hm_error *error)
{
    table t = {.in = {.source = source, .room = LINE_ROOM_FIRST},
               .reading = reading,
               .memory = reading->memory,
               .label = NO_COLUMN,
               .words = {.context = source->context}};
    t.in.buffer = hm_alloc(source->context, t.in.room, 1, error);
    if (!t.in.buffer)
        return HM_ERROR_MEMORY;
    hm_status status = read_table_in_plain_locale(&t, error);
    if (status == HM_OK)
        status = make_storage(&t, storage, error);
    for (size_t c = 0; t.names && c < t.n_names; c++)
        hm_free(source->context, t.names[c]);
    hm_free(source->context, t.names);
    hm_free(source->context, t.classes);
    hm_words_clear(&t.words);
    hm_free(source->context, t.values);
    hm_free(source->context, t.in.buffer);
    return status;
}

const hm_reader hm_reader_csv = {
    .name = "CSV", .sniff = sniff_csv, .takes_label_column = true, .open = open_csv};
