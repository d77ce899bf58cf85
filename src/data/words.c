/* Words in one growing piece of memory; sorting finds which are the same. */
#include "data/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

hm_status hm_words_add(hm_words *words, const char *text, size_t n, hm_error *error)
{
    if (words->room - words->used <= n) {
        size_t room = 2 * words->room + n + 1024;
        char *grown = hm_realloc(words->context, words->text, words->room, room, 1, error);
        if (!grown)
            return HM_ERROR_MEMORY;
        words->text = grown;
        words->room = room;
    }
    memcpy(words->text + words->used, text, n);
    words->text[words->used + n] = 0;
    words->used += n + 1;
    words->n++;
    return HM_OK;
}

const char *hm_word_next(const char *word)
{
    return word + strlen(word) + 1;
}

void hm_words_drop(hm_words *words)
{
    size_t n = strlen(words->text) + 1;
    memmove(words->text, words->text + n, words->used - n);
    words->used -= n;
    words->n--;
}

typedef struct place {
    const char *word;
    size_t at;
} place;

static int compare_words(const void *a, const void *b)
{
    return strcmp(((const place *)a)->word, ((const place *)b)->word);
}

static hm_status sort_words(const hm_words *words, place **sorted, hm_error *error)
{
    const char *word = words->text;
    *sorted = hm_alloc(words->context, words->n, sizeof **sorted, error);
    if (!*sorted)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < words->n; i++, word = hm_word_next(word))
        (*sorted)[i] = (place){word, i};
    qsort(*sorted, words->n, sizeof **sorted, compare_words);
    return HM_OK;
}

static size_t number_places(const place *sorted, size_t n, float *class_of)
{
    size_t n_names = 0;
    for (size_t i = 0; i < n; i++) {
        n_names += i == 0 || compare_words(&sorted[i - 1], &sorted[i]) != 0;
        class_of[sorted[i].at] = (float)(n_names - 1);
    }
    return n_names;
}

/* On failure what is there already is freed. */
static hm_status copy_names(const hm_words *words, const place *sorted, const float *class_of,
                            size_t n_names, char ***names, hm_error *error)
{
    size_t n_done = 0;
    *names = hm_alloc(words->context, n_names, sizeof **names, error);
    for (size_t i = 0; *names && i < words->n; i++) {
        if ((size_t)class_of[sorted[i].at] < n_done)
            continue;
        (*names)[n_done] = hm_strdup(words->context, sorted[i].word, error);
        if (!(*names)[n_done])
            break;
        n_done++;
    }
    if (n_done == n_names)
        return HM_OK;
    while (n_done > 0)
        hm_free(words->context, (*names)[--n_done]);
    hm_free(words->context, *names);
    *names = NULL;
    return HM_ERROR_MEMORY;
}

hm_status hm_words_number(const hm_words *words, float *class_of, char ***names, size_t *n_names,
                          hm_error *error)
{
    place *sorted;
    hm_status status = sort_words(words, &sorted, error);
    if (status != HM_OK)
        return status;
    *n_names = number_places(sorted, words->n, class_of);
    status = copy_names(words, sorted, class_of, *n_names, names, error);
    hm_free(words->context, sorted);
    return status;
}

void hm_words_clear(hm_words *words)
{
    hm_free(words->context, words->text);
    *words = (hm_words){.context = words->context};
}
