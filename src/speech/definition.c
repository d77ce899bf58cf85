/* Sphinx's model definition: which senones and which transitions each phone in context has.
 *
 *     0.3                                            the version
 *     34 n_base                                      sizes, one a line
 *     #base lft  rt p attrib tmat ... state id's ... # begins a comment
 *       AA   -   -  -   n/a     0     0   1   2 N    the base phones first
 *       AA   B   K  i   n/a     0   102 103 104 N    then triphones; p: i(nternal), b(egin), e(nd), s(ingle)
 *
 * Triphones are sorted after reading, and found by bisection. */
#include <harmonium/hmm.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/lines.h"

enum { VALUES = 1 + HM_HMM_STATES }; /* numbers of a row: the matrix and the senones */

struct hm_definition {
    const hm_context *context;
    char *path, *text;
    size_t n_phones, n_triphones, n_senones, n_matrices; /* as the head of the file says */
    size_t n_rows, most;                                 /* read so far, and what there is room for */
    const char **name;                                   /* [n_phones] */
    bool *is_filler;                                     /* [n_phones] */
    hm_triphone *row;                                    /* [n_phones + n_triphones] */
    bool has_version;
};

void hm_definition_destroy(hm_definition *d)
{
    if (!d)
        return;
    hm_free(d->context, d->row);
    hm_free(d->context, d->is_filler);
    hm_free(d->context, d->name);
    hm_free(d->context, d->text);
    hm_free(d->context, d->path);
    hm_free(d->context, d);
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static hm_status read_version(hm_definition *d, const char *line, hm_error *error)
{
    d->has_version = strcmp(line, "0.3") == 0;
    return d->has_version ? HM_OK
                          : hm_fail(error, HM_ERROR_FORMAT,
                                    "%s: its first line is \"%.20s\", not 0.3, the version of a model definition as text; a binary one "
                                    "becomes text by pocketsphinx_mdef_convert -text", d->path, line);
}

/* "34 n_base"; a size of another name is not needed. */
static bool read_size(hm_definition *d, const char *line)
{
    size_t value;
    char name[32];
    if (sscanf(line, "%zu %31s", &value, name) != 2 || strncmp(name, "n_", 2) != 0)
        return false;
    if (strcmp(name, "n_base") == 0)
        d->n_phones = value;
    else if (strcmp(name, "n_tri") == 0)
        d->n_triphones = value;
    else if (strcmp(name, "n_tied_state") == 0)
        d->n_senones = value;
    else if (strcmp(name, "n_tied_tmat") == 0)
        d->n_matrices = value;
    return true;
}

static hm_status check_sizes(const hm_definition *d, hm_error *error)
{
    bool is_sensible = d->n_phones > 0 && d->n_phones <= d->most && d->n_triphones <= d->most && d->n_senones > 0 && d->n_matrices > 0;
    return is_sensible ? HM_OK
                       : hm_fail(error, HM_ERROR_FORMAT,
                                 "%s: %zu n_base, %zu n_tri, %zu n_tied_state and %zu n_tied_tmat at its head do not fit its %zu lines; the "
                                 "file may be cut off", d->path, d->n_phones, d->n_triphones, d->n_senones, d->n_matrices, d->most);
}

static hm_status make_rows(hm_definition *d, hm_error *error)
{
    hm_status status = check_sizes(d, error);
    if (status != HM_OK)
        return status;
    d->name = hm_alloc(d->context, d->n_phones, sizeof *d->name, error);
    d->is_filler = d->name ? hm_alloc(d->context, d->n_phones, sizeof *d->is_filler, error) : NULL;
    d->row = d->is_filler ? hm_alloc(d->context, d->n_phones + d->n_triphones, sizeof *d->row, error) : NULL;
    return d->row ? HM_OK : HM_ERROR_MEMORY;
}

static size_t n_known(const hm_definition *d)
{
    return d->n_rows < d->n_phones ? d->n_rows : d->n_phones;
}

int32_t hm_definition_find_phone(const hm_definition *d, const char *name)
{
    for (size_t i = 0; i < n_known(d); i++)
        if (strcmp(d->name[i], name) == 0)
            return (int32_t)i;
    return HM_PHONE_NONE;
}

static bool read_number(const char *word, size_t most, uint32_t *value)
{
    char *end;
    unsigned long number = word ? strtoul(word, &end, 10) : 0;
    *value = (uint32_t)number;
    return word && *word != '-' && end != word && !*end && number < most;
}

/* The senones and matrix behind the attribute, and the N of the exit. */
static bool read_numbers(const hm_definition *d, char **at, hm_triphone *row)
{
    uint32_t value[VALUES];
    for (int i = 0; i < VALUES; i++)
        if (!read_number(hm_line_word(at), i ? d->n_senones : d->n_matrices, &value[i]))
            return false;
    row->matrix = value[0];
    memcpy(row->senone, value + 1, sizeof row->senone);
    const char *last = hm_line_word(at);
    return last && strcmp(last, "N") == 0 && !hm_line_word(at);
}

static bool read_base(hm_definition *d, const char *base, const char *attribute, hm_triphone *row)
{
    bool is_new = hm_definition_find_phone(d, base) == HM_PHONE_NONE;
    row->base = (int32_t)d->n_rows;
    row->left = row->right = HM_PHONE_NONE;
    d->name[d->n_rows] = base;
    d->is_filler[d->n_rows] = strcmp(attribute, "filler") == 0;
    return is_new;
}

static bool read_context(hm_definition *d, char *const word[4], hm_triphone *row)
{
    static const char letters[] = "ibes"; /* in the order of hm_position */
    const char *letter = word[3][0] && !word[3][1] ? strchr(letters, word[3][0]) : NULL;
    row->base = hm_definition_find_phone(d, word[0]);
    row->left = hm_definition_find_phone(d, word[1]);
    row->right = hm_definition_find_phone(d, word[2]);
    row->position = letter ? (hm_position)(letter - letters) : HM_POSITION_INTERNAL;
    return letter && row->base >= 0 && row->left >= 0 && row->right >= 0;
}

static hm_status read_row(hm_definition *d, char *line, size_t number, hm_error *error)
{
    char *word[5], *at = line;
    hm_status status = d->row ? HM_OK : make_rows(d, error);
    if (status != HM_OK)
        return status;
    bool is_good = d->n_rows < d->n_phones + d->n_triphones;
    for (int i = 0; i < 5; i++)
        is_good = (word[i] = hm_line_word(&at)) && is_good;
    if (is_good) {
        hm_triphone *row = &d->row[d->n_rows];
        bool is_base = strcmp(word[1], "-") == 0;
        is_good = is_base == (d->n_rows < d->n_phones) && (is_base ? read_base(d, word[0], word[4], row) : read_context(d, word, row)) &&
                  read_numbers(d, &at, row);
    }
    d->n_rows += is_good;
    return is_good ? HM_OK
                   : hm_fail(error, HM_ERROR_FORMAT,
                             "%s: line %zu is no phone of %d states: base left right position attribute, a matrix below %zu, %d senones "
                             "below %zu, N; base phones come first, each once", d->path, number, HM_HMM_STATES, d->n_matrices,
                             HM_HMM_STATES, d->n_senones);
}

static hm_status read_line(void *what, char *line, size_t number, hm_error *error)
{
    hm_definition *d = what;
    if (*line == '#')
        return HM_OK;
    if (!d->has_version)
        return read_version(d, line, error);
    if (!d->row && read_size(d, line))
        return HM_OK;
    return read_row(d, line, number, error);
}

static int compare(const void *a, const void *b)
{
    const hm_triphone *x = a, *y = b;
    const int32_t difference[] = {x->base - y->base, x->left - y->left, x->right - y->right, (int32_t)x->position - (int32_t)y->position};
    for (int i = 0; i < 4; i++)
        if (difference[i])
            return difference[i] < 0 ? -1 : 1;
    return 0;
}

static hm_status read_all(hm_definition *d, hm_error *error)
{
    hm_status status = hm_lines_each(d->text, read_line, d, error);
    if (status == HM_OK && (!d->row || d->n_rows != d->n_phones + d->n_triphones))
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: %zu phones of the %zu base phones and %zu triphones that its head tells of; the file may be cut off",
                         d->path, d->n_rows, d->n_phones, d->n_triphones);
    if (status == HM_OK)
        qsort(d->row + d->n_phones, d->n_triphones, sizeof *d->row, compare);
    return status;
}

hm_status hm_definition_load(const hm_context *context, const char *path, hm_definition **definition, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, definition));
    *definition = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path));
    hm_definition *d = hm_alloc(context, 1, sizeof *d, error);
    if (!d)
        return HM_ERROR_MEMORY;
    d->context = context;
    d->path = hm_strdup(context, path, error);
    hm_status status = d->path ? hm_lines_load(context, path, &d->text, &d->most, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = read_all(d, error);
    if (status == HM_OK)
        *definition = d;
    else
        hm_definition_destroy(d);
    return status;
}

/* ---- Looking up ------------------------------------------------------------------------------- */

size_t hm_definition_n_phones(const hm_definition *d)
{
    return d->n_phones;
}

size_t hm_definition_n_senones(const hm_definition *d)
{
    return d->n_senones;
}

size_t hm_definition_n_matrices(const hm_definition *d)
{
    return d->n_matrices;
}

const char *hm_definition_phone(const hm_definition *d, int32_t phone)
{
    return d->name[phone];
}

bool hm_definition_is_filler(const hm_definition *d, int32_t phone)
{
    return d->is_filler[phone];
}

const hm_triphone *hm_definition_find(const hm_definition *d, int32_t base, int32_t left, int32_t right, hm_position position)
{
    const hm_triphone key = {.base = base, .left = left, .right = right, .position = position};
    const hm_triphone *found = bsearch(&key, d->row + d->n_phones, d->n_triphones, sizeof *d->row, compare);
    return found ? found : &d->row[base];
}

int32_t hm_definition_phone_of(const hm_definition *d, uint32_t senone)
{
    for (size_t i = 0; i < d->n_rows; i++)
        for (int state = 0; state < HM_HMM_STATES; state++)
            if (d->row[i].senone[state] == senone)
                return d->row[i].base;
    return HM_PHONE_NONE;
}
