/* Pronunciation dictionaries: "WORD  PH PH ..." a line, "WORD(2) PH ..." for another way to say it; ;; and ## begin comments.
 *
 * Sorted by word and variant after reading, so that the variants of a word lie side by side. */
#include <harmonium/hmm.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/lines.h"

enum { FILES = 2 }; /* words, fillers */

struct hm_dictionary {
    const hm_context *context;
    const hm_definition *definition; /* while reading */
    char *path[FILES], *text[FILES];
    size_t n, n_phones;
    hm_pronunciation *list; /* [n] */
    int32_t *phone;         /* [n_phones]: of all pronunciations */
};

typedef struct reader {
    hm_dictionary *dictionary;
    const char *path;
} reader;

void hm_dictionary_destroy(hm_dictionary *d)
{
    if (!d)
        return;
    for (int i = 0; i < FILES; i++) {
        hm_free(d->context, d->path[i]);
        hm_free(d->context, d->text[i]);
    }
    hm_free(d->context, d->list);
    hm_free(d->context, d->phone);
    hm_free(d->context, d);
}

size_t hm_word_length(const char *word, int *variant)
{
    size_t n = strlen(word);
    const char *open = strrchr(word, '(');
    char *end;
    long number = open && open > word && open[1] >= '0' && open[1] <= '9' ? strtol(open + 1, &end, 10) : 0;
    bool has_variant = number > 0 && number < 10000 && strcmp(end, ")") == 0;
    if (variant)
        *variant = has_variant ? (int)number : 0;
    return has_variant ? (size_t)(open - word) : n;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static hm_status read_phones(hm_dictionary *d, const reader *r, char *at, const char *word, size_t number, hm_error *error)
{
    hm_pronunciation *p = &d->list[d->n];
    p->phone = d->phone + d->n_phones;
    for (char *name; (name = hm_line_word(&at)); p->n++) {
        p->phone[p->n] = hm_definition_find_phone(d->definition, name);
        if (p->phone[p->n] == HM_PHONE_NONE)
            return hm_fail(error, HM_ERROR_MISMATCH,
                           "%s: line %zu: %.60s has the phone %.30s, which the model definition lacks; take the dictionary that the model "
                           "was trained with",
                           r->path, number, word, name);
    }
    if (p->n == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu: %.60s has no phones", r->path, number, word);
    d->n_phones += p->n;
    return HM_OK;
}

static hm_status read_line(void *what, char *line, size_t number, hm_error *error)
{
    const reader *r = what;
    hm_dictionary *d = r->dictionary;
    char *at = line, *word = hm_line_word(&at);
    if (strncmp(word, ";;", 2) == 0 || strncmp(word, "##", 2) == 0)
        return HM_OK;
    hm_status status = read_phones(d, r, at, word, number, error);
    if (status != HM_OK)
        return status;
    hm_pronunciation *p = &d->list[d->n++];
    size_t n = hm_word_length(word, &p->variant);
    p->variant = p->variant ? p->variant : 1;
    p->word = word;
    word[n] = 0;
    return HM_OK;
}

static int compare(const void *a, const void *b)
{
    const hm_pronunciation *x = a, *y = b;
    int words = strcmp(x->word, y->word);
    return words ? words : (x->variant > y->variant) - (x->variant < y->variant);
}

static hm_status sort(hm_dictionary *d, hm_error *error)
{
    qsort(d->list, d->n, sizeof *d->list, compare);
    for (size_t i = 1; i < d->n; i++)
        if (compare(&d->list[i - 1], &d->list[i]) == 0)
            return hm_fail(error, HM_ERROR_FORMAT, "%s: %.60s(%d) has two lines; number the ways to say a word, as in WORD, WORD(2)", d->path[0],
                           d->list[i].word, d->list[i].variant);
    return HM_OK;
}

static hm_status load_texts(hm_dictionary *d, const char *const path[FILES], hm_error *error)
{
    size_t n_lines = 0, n_bytes = 0;
    hm_status status = HM_OK;
    for (int i = 0; status == HM_OK && i < FILES && path[i]; i++) {
        size_t n = 0;
        d->path[i] = hm_strdup(d->context, path[i], error);
        status = d->path[i] ? hm_lines_load(d->context, path[i], &d->text[i], &n, error) : HM_ERROR_MEMORY;
        n_lines += n;
        n_bytes += status == HM_OK ? strlen(d->text[i]) : 0;
    }
    if (status != HM_OK)
        return status;
    d->list = hm_alloc(d->context, n_lines, sizeof *d->list, error);
    d->phone = d->list ? hm_alloc(d->context, n_bytes / 2 + 1, sizeof *d->phone, error) : NULL; /* each behind a blank */
    return d->phone ? HM_OK : HM_ERROR_MEMORY;
}

hm_status hm_dictionary_load(const hm_context *context, const hm_definition *definition, const char *words, const char *fillers,
                             hm_dictionary **dictionary, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, dictionary));
    *dictionary = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, definition, words));
    const char *const path[FILES] = {words, fillers};
    hm_dictionary *d = hm_alloc(context, 1, sizeof *d, error);
    if (!d)
        return HM_ERROR_MEMORY;
    d->context = context;
    d->definition = definition;
    hm_status status = load_texts(d, path, error);
    for (int i = 0; status == HM_OK && i < FILES && d->text[i]; i++)
        status = hm_lines_each(d->text[i], read_line, &(reader){d, d->path[i]}, error);
    if (status == HM_OK)
        status = sort(d, error);
    if (status == HM_OK)
        *dictionary = d;
    else
        hm_dictionary_destroy(d);
    return status;
}

/* ---- Looking up ------------------------------------------------------------------------------- */

const char *hm_dictionary_path(const hm_dictionary *d)
{
    return d->path[0];
}

/* Of an entry and the first n characters of `word`. */
static int compare_start(const hm_pronunciation *entry, const char *word, size_t n)
{
    int order = strncmp(entry->word, word, n);
    return order ? order : entry->word[n] != 0;
}

const hm_pronunciation *hm_dictionary_find(const hm_dictionary *d, const char *word, size_t *n)
{
    int variant;
    size_t length = hm_word_length(word, &variant), low = 0, high = d->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_start(&d->list[middle], word, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    for (size_t i = low; i < d->n && compare_start(&d->list[i], word, length) == 0; i++) {
        if (variant && d->list[i].variant == variant)
            return *n = 1, &d->list[i];
        *n += !variant;
    }
    return *n ? &d->list[low] : NULL;
}
