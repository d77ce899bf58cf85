/* Transcripts and hypotheses: words and, in parentheses at the end of the line, the utterance. */
#include <harmonium/hmm.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/lines.h"

void hm_transcripts_destroy(hm_transcripts *t)
{
    if (!t)
        return;
    hm_free(t->context, t->order);
    hm_free(t->context, t->word);
    hm_free(t->context, t->list);
    hm_free(t->context, t->text);
    hm_free(t->context, t->path);
    hm_free(t->context, t);
}

const char *hm_utterance_name(const char *id)
{
    const char *slash = strrchr(id, '/');
    return slash ? slash + 1 : id;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

/* The beginning of the "(id)" or "(id score)" at the end, which is cut off the line; null when there is none. */
static char *cut_parenthesis(char *line)
{
    size_t n = strlen(line);
    while (n > 0 && strchr(" \t\r", line[n - 1]))
        n--;
    if (n == 0 || line[n - 1] != ')')
        return NULL;
    line[n - 1] = 0;
    char *open = strrchr(line, '(');
    if (!open || (open > line && !strchr(" \t", open[-1])))
        return NULL;
    *open = 0;
    return open + 1;
}

static bool is_silence(const char *word)
{
    return strcmp(word, "<s>") == 0 || strcmp(word, "</s>") == 0 || strcmp(word, "<sil>") == 0;
}

static hm_status read_line(void *what, char *line, size_t number, hm_error *error)
{
    hm_transcripts *t = what;
    char *inside = cut_parenthesis(line), *id = inside ? hm_line_word(&inside) : NULL;
    if (!id)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu does not end in the name of its utterance, as in \"<s> GO </s> (an253)\": \"%.60s\"",
                       t->path, number, line);
    hm_transcript *transcript = &t->list[t->n];
    const hm_transcript *before = t->n ? transcript - 1 : NULL;
    *transcript = (hm_transcript){.id = id, .word = before ? before->word + before->n : t->word};
    for (char *word; (word = hm_line_word(&line));)
        if (!is_silence(word))
            transcript->word[transcript->n++] = word;
    t->n++;
    return HM_OK;
}

static int compare(const void *a, const void *b)
{
    return strcmp(hm_utterance_name((*(const hm_transcript *const *)a)->id), hm_utterance_name((*(const hm_transcript *const *)b)->id));
}

static hm_status sort(hm_transcripts *t, hm_error *error)
{
    for (size_t i = 0; i < t->n; i++)
        t->order[i] = &t->list[i];
    qsort(t->order, t->n, sizeof *t->order, compare);
    for (size_t i = 1; i < t->n; i++)
        if (compare(&t->order[i - 1], &t->order[i]) == 0)
            return hm_fail(error, HM_ERROR_FORMAT, "%s: two lines are of the utterance %.100s; leave one", t->path, t->order[i]->id);
    return HM_OK;
}

static hm_status make(hm_transcripts *t, const char *path, hm_error *error)
{
    size_t n_lines;
    t->path = hm_strdup(t->context, path, error);
    hm_status status = t->path ? hm_lines_load(t->context, path, &t->text, &n_lines, error) : HM_ERROR_MEMORY;
    if (status != HM_OK)
        return status;
    t->list = hm_alloc(t->context, n_lines, sizeof *t->list, error);
    t->order = t->list ? hm_alloc(t->context, n_lines, sizeof *t->order, error) : NULL;
    t->word = t->order ? hm_alloc(t->context, strlen(t->text) / 2 + 1, sizeof *t->word, error) : NULL; /* a blank behind each */
    return t->word ? HM_OK : HM_ERROR_MEMORY;
}

hm_status hm_transcripts_load(const hm_context *context, const char *path, hm_transcripts **transcripts, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, transcripts));
    *transcripts = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path));
    hm_transcripts *t = hm_alloc(context, 1, sizeof *t, error);
    if (!t)
        return HM_ERROR_MEMORY;
    t->context = context;
    hm_status status = make(t, path, error);
    if (status == HM_OK)
        status = hm_lines_each(t->text, read_line, t, error);
    if (status == HM_OK && t->n == 0)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: has no transcripts; a line is \"<s> WORDS </s> (utterance)\"", path);
    if (status == HM_OK)
        status = sort(t, error);
    if (status == HM_OK)
        *transcripts = t;
    else
        hm_transcripts_destroy(t);
    return status;
}

const hm_transcript *hm_transcripts_find(const hm_transcripts *t, const char *id)
{
    const hm_transcript key = {.id = id}, *wanted = &key;
    const hm_transcript **found = bsearch(&wanted, t->order, t->n, sizeof *t->order, compare);
    return found ? *found : NULL;
}
