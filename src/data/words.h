/* Classes that a table names by words: kept as they are read, numbered when all are known. */
#ifndef HM_DATA_WORDS_H
#define HM_DATA_WORDS_H

#include <stddef.h>

#include <harmonium/context.h>

typedef struct hm_words {
    const hm_context *context;
    char *text; /* [used]: one word behind another, each ended by a zero byte */
    size_t used, room;
    size_t n;
} hm_words;

/* Adds text[n]. The caller bounds what is added. */
hm_status hm_words_add(hm_words *words, const char *text, size_t n, hm_error *error);

/* Takes the first away. */
void hm_words_drop(hm_words *words);

/* class_of[words->n] becomes the number of each word among the distinct ones in the order of their
 * bytes, names[n_names] those words; the caller frees each and the list. */
hm_status hm_words_number(const hm_words *words, float *class_of, char ***names, size_t *n_names,
                          hm_error *error);

/* The word behind `word`. */
const char *hm_word_next(const char *word);

void hm_words_clear(hm_words *words);

#endif
