/* Sequences of cases: reading the file of them, and choosing by group. */
#include "data/sequences.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/lines.h"

enum { WORD_MAX = 255 };

void hm_sequences_destroy(hm_sequences *sequences)
{
    if (!sequences)
        return;
    const hm_context *context = sequences->context;
    for (size_t i = 0; i < sequences->n; i++) {
        hm_free(context, sequences->name[i]);
        hm_free(context, sequences->group[i]);
    }
    hm_free(context, sequences->name);
    hm_free(context, sequences->group);
    hm_free(context, sequences->start);
    hm_free(context, sequences->path);
    hm_free(context, sequences);
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static hm_status make(const hm_context *context, const char *path, size_t n_lines, hm_sequences **out, hm_error *error)
{
    hm_sequences *s = hm_alloc(context, 1, sizeof *s, error);
    *out = s;
    if (!s)
        return HM_ERROR_MEMORY;
    s->context = context;
    s->path = hm_strdup(context, path, error);
    s->start = s->path ? hm_alloc(context, n_lines + 1, sizeof *s->start, error) : NULL;
    s->name = s->start ? hm_alloc(context, n_lines, sizeof *s->name, error) : NULL;
    s->group = s->name ? hm_alloc(context, n_lines, sizeof *s->group, error) : NULL;
    return s->group ? HM_OK : HM_ERROR_MEMORY;
}

static void read_comment(hm_sequences *s, const char *line)
{
    static const char key[] = "# front-end ";
    if (strncmp(line, key, sizeof key - 1) == 0)
        snprintf(s->front_end, sizeof s->front_end, "%.*s", HM_TEXT_MAX - 1, line + sizeof key - 1);
}

static hm_status read_line(void *what, char *line, size_t number, hm_error *error)
{
    hm_sequences *s = what;
    char name[WORD_MAX + 1], group[WORD_MAX + 1];
    uint64_t n;
    int used = 0;
    if (*line == '#') {
        read_comment(s, line);
        return HM_OK;
    }
    if (sscanf(line, "%255s %255s %" SCNu64 " %n", name, group, &n, &used) != 3 || line[used] || n == 0 || n > HM_CASES_MAX)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu is not a name, a group (the speaker) and a number of cases: \"%.60s\"", s->path,
                       number, line);
    size_t i = s->n++;
    s->start[i + 1] = s->start[i] + n;
    s->name[i] = hm_strdup(s->context, name, error);
    s->group[i] = s->name[i] ? hm_strdup(s->context, group, error) : NULL;
    return s->group[i] ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status check_sum(const hm_sequences *s, uint64_t n_cases, hm_error *error)
{
    if (n_cases == 0 || s->start[s->n] == n_cases)
        return HM_OK;
    return hm_fail(error, HM_ERROR_MISMATCH,
                   "%s: its %zu sequences have %" PRIu64 " cases together, but the data have %" PRIu64 "; name the two files that belong together",
                   s->path, s->n, s->start[s->n], n_cases);
}

hm_status hm_sequences_read(const hm_context *context, const char *path, uint64_t n_cases, hm_sequences **out, hm_error *error)
{
    char *text;
    size_t n_lines;
    hm_sequences *s = NULL;
    *out = NULL;
    hm_status status = hm_lines_load(context, path, &text, &n_lines, error);
    if (status != HM_OK)
        return status;
    status = make(context, path, n_lines, &s, error);
    if (status == HM_OK)
        status = hm_lines_each(text, read_line, s, error);
    if (status == HM_OK)
        status = check_sum(s, n_cases, error);
    hm_free(context, text);
    if (status == HM_OK)
        *out = s;
    else
        hm_sequences_destroy(s);
    return status;
}

size_t hm_sequences_at(const hm_sequences *s, uint64_t index)
{
    size_t low = 0, high = s->n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (s->start[middle] <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- Groups ----------------------------------------------------------------------------------- */

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t';
}

/* The next word of a list; *text moves behind it. An empty word ends the list. */
static size_t next_word(const char **text, const char **word)
{
    while (is_separator(**text))
        ++*text;
    *word = *text;
    while (**text && !is_separator(**text))
        ++*text;
    return (size_t)(*text - *word);
}

static bool is_word(const char *name, const char *word, size_t n)
{
    return strlen(name) == n && memcmp(name, word, n) == 0;
}

static hm_status mark(const hm_sequences *s, const char *groups, bool *is_chosen, hm_error *error)
{
    const char *word;
    for (size_t n; (n = next_word(&groups, &word)) > 0;) {
        bool is_found = false;
        for (size_t i = 0; i < s->n; i++) {
            is_found |= is_word(s->group[i], word, n);
            is_chosen[i] |= is_word(s->group[i], word, n);
        }
        if (!is_found)
            return hm_fail(error, HM_ERROR_ARGUMENT, "%s has no group %.*s; its first is %s", s->path, (int)n, word, s->group[0]);
    }
    return HM_OK;
}

static hm_status allocate(const hm_context *context, size_t n, hm_view *view, hm_error *error)
{
    *view = (hm_view){.index = hm_alloc(context, n, sizeof *view->index, error)};
    return view->index ? HM_OK : HM_ERROR_MEMORY;
}

hm_status hm_sequences_divide(const hm_sequences *s, const hm_view *from, const char *groups, hm_view *chosen, hm_view *rest,
                              hm_error *error)
{
    *chosen = *rest = (hm_view){0};
    bool *is_chosen = hm_alloc(s->context, s->n, sizeof *is_chosen, error);
    hm_status status = is_chosen ? mark(s, groups, is_chosen, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = allocate(s->context, from->n, chosen, error);
    if (status == HM_OK)
        status = allocate(s->context, from->n, rest, error);
    for (size_t i = 0; status == HM_OK && i < from->n; i++) {
        size_t index = hm_view_at(from, i);
        hm_view *view = is_chosen[hm_sequences_at(s, index)] ? chosen : rest;
        view->index[view->n++] = (uint32_t)index;
    }
    if (status == HM_OK && (chosen->n == 0 || rest->n == 0))
        status = hm_fail(error, HM_ERROR_ARGUMENT, "validation-groups = %.60s: of the cases some must be held back and some left to train on",
                         groups);
    if (status != HM_OK) {
        hm_view_clear(s->context, chosen);
        hm_view_clear(s->context, rest);
    }
    hm_free(s->context, is_chosen);
    return status;
}
