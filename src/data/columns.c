/* Columns of a table by their names. */
#include "data/columns.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"
#include "data/readers.h"

/* One line of a list of names. */
typedef struct line {
    const char *text;
    size_t n, at;
} line;

static int compare(const void *a, const void *b)
{
    const line *p = a, *q = b;
    int order = memcmp(p->text, q->text, p->n < q->n ? p->n : q->n);
    return order ? order : (p->n > q->n) - (p->n < q->n);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* The lines of `text`, in the order of their bytes; the caller frees them. */
static line *sort_lines(const hm_context *context, const char *text, size_t n, hm_error *error)
{
    line *lines = hm_alloc(context, n, sizeof *lines, error);
    for (size_t i = 0; lines && i < n; i++) {
        size_t length = strcspn(text, "\n");
        lines[i] = (line){text, length, i};
        text += length + 1;
    }
    if (lines)
        qsort(lines, n, sizeof *lines, compare);
    return lines;
}

/* ---- Names ----------------------------------------------------------------------------------- */

static hm_status add_names(hm_columns *columns, const hm_words *header, bool is_shifted, hm_error *error)
{
    const char *word = header->text;
    char *out = columns->names = hm_alloc(columns->context, header->used + 1, 1, error);
    for (size_t c = is_shifted; out && c < columns->n_columns; c++, word = hm_word_next(word))
        if (columns->feature[c] != HM_NO_FEATURE)
            out += sprintf(out, "%s\n", word);
    return columns->names ? HM_OK : HM_ERROR_MEMORY;
}

/* Names that are empty or the same name nothing. */
static hm_status check_names(hm_columns *columns, hm_error *error)
{
    bool is_good = true;
    line *lines = sort_lines(columns->context, columns->names, columns->n_features, error);
    if (!lines)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < columns->n_features; i++)
        is_good = is_good && lines[i].n > 0 && (i == 0 || compare(&lines[i - 1], &lines[i]) != 0);
    hm_free(columns->context, lines);
    if (!is_good) {
        hm_free(columns->context, columns->names);
        columns->names = NULL;
    }
    return HM_OK;
}

hm_status hm_columns_make(hm_columns *columns, const hm_column_kind *kind, size_t n, const hm_words *header, bool is_shifted, hm_error *error)
{
    columns->n_columns = n;
    columns->feature = hm_alloc(columns->context, n, sizeof *columns->feature, error);
    if (!columns->feature)
        return HM_ERROR_MEMORY;
    for (size_t c = 0; c < n; c++)
        columns->feature[c] = kind[c] == HM_COLUMN_FEATURE ? columns->n_features++ : HM_NO_FEATURE;
    if (!header || columns->n_features == 0)
        return HM_OK;
    hm_status status = add_names(columns, header, is_shifted, error);
    return status == HM_OK ? check_names(columns, error) : status;
}

void hm_columns_clear(hm_columns *columns)
{
    hm_free(columns->context, columns->feature);
    hm_free(columns->context, columns->names);
    *columns = (hm_columns){.context = columns->context};
}

void hm_columns_name(const char *names, size_t i, char *text, size_t size)
{
    for (; names && *names && i > 0; i--)
        names += strcspn(names, "\n") + 1;
    snprintf(text, size, "%.*s", names ? (int)strcspn(names, "\n") : 0, names ? names : "");
}

/* ---- Matching -------------------------------------------------------------------------------- */

typedef struct match {
    hm_columns *columns;
    const char *path;
    line *own, *known; /* both in the order of their bytes */
    size_t n_own, n_known;
    size_t *place;     /* [n_own]: which of the known features each is, or HM_NO_FEATURE */
} match;

static hm_status fail_missing(const match *m, const line *missing, hm_error *error)
{
    hm_quotation name, first;
    return hm_fail(error, HM_ERROR_MISMATCH,
                   "%s: has no column %s, which the model learned from (its columns begin with %s); name the columns as they were "
                   "named then, or leave their names out to take them as they stand",
                   m->path, hm_quote(missing->text, missing->n, &name),
                   hm_quote(m->columns->names, strcspn(m->columns->names, "\n"), &first));
}

/* Both lists are sorted, so they are gone through side by side. */
static hm_status find_places(match *m, hm_error *error)
{
    size_t i = 0;
    for (size_t k = 0; k < m->n_known; k++, i++) {
        while (i < m->n_own && compare(&m->own[i], &m->known[k]) < 0)
            m->place[m->own[i++].at] = HM_NO_FEATURE;
        if (i == m->n_own || compare(&m->own[i], &m->known[k]) != 0)
            return fail_missing(m, &m->known[k], error);
        m->place[m->own[i].at] = m->known[k].at;
    }
    for (; i < m->n_own; i++)
        m->place[m->own[i].at] = HM_NO_FEATURE;
    return HM_OK;
}

/* What it came to is said, for a table that was meant otherwise. */
static void tell_places(const match *m)
{
    const hm_context *context = m->columns->context;
    const char *left_out = NULL;
    bool is_moved = false;
    const char *name = m->columns->names;
    for (size_t j = 0, next = 0; j < m->n_own; j++, name += strcspn(name, "\n") + 1) {
        if (m->place[j] != HM_NO_FEATURE)
            is_moved |= m->place[j] != next++;
        else if (!left_out)
            left_out = name;
    }
    hm_quotation quoted;
    if (left_out)
        hm_log(context, HM_LOG_WARNING, "%s: %zu of its columns, beginning with %s, are unknown to the model and left out", m->path,
               m->n_own - m->n_known, hm_quote(left_out, strcspn(left_out, "\n"), &quoted));
    if (is_moved)
        hm_log(context, HM_LOG_INFO, "%s: its columns stand in another order than the model's, and are taken by their names", m->path);
}

static void put_in_place(match *m)
{
    hm_columns *columns = m->columns;
    for (size_t c = 0; c < columns->n_columns; c++)
        if (columns->feature[c] != HM_NO_FEATURE)
            columns->feature[c] = m->place[columns->feature[c]];
    columns->n_features = m->n_known;
}

hm_status hm_columns_match(hm_columns *columns, const char *path, const char *known, hm_error *error)
{
    if (!known || !*known || !columns->names || strcmp(columns->names, known) == 0)
        return HM_OK;
    const hm_context *context = columns->context;
    match m = {.columns = columns, .path = path, .n_own = columns->n_features, .n_known = count_lines(known)};
    m.own = sort_lines(context, columns->names, m.n_own, error);
    m.known = sort_lines(context, known, m.n_known, error);
    m.place = hm_alloc(context, m.n_own, sizeof *m.place, error);
    hm_status status = m.own && m.known && m.place ? find_places(&m, error) : HM_ERROR_MEMORY;
    if (status == HM_OK) {
        tell_places(&m);
        put_in_place(&m);
        status = hm_text_replace(context, &columns->names, known, error);
    }
    hm_free(context, m.place);
    hm_free(context, m.known);
    hm_free(context, m.own);
    return status;
}
