/* Word error: the alignment of two transcripts of least cost, by dynamic programming over their words.
 *
 *     D(i, j) = min(D(i-1, j-1) + (r_i = h_j ? 0 : 4),  D(i-1, j) + 3,  D(i, j-1) + 3)
 *
 * The costs are those of NIST's sclite, so that counts agree with it. */
#include <harmonium/hmm.h>

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

enum { COST_SUBSTITUTION = 4, COST_GAP = 3 };

typedef struct words {
    const char **word; /* [n] */
    size_t n;
} words;

bool hm_word_is_filler(const char *word)
{
    size_t n = strlen(word);
    return (word[0] == '<' && word[n - 1] == '>') || (n > 4 && strncmp(word, "++", 2) == 0 && strcmp(word + n - 2, "++") == 0);
}

static bool is_same(const char *a, const char *b)
{
    size_t n = hm_word_length(a, NULL);
    return n == hm_word_length(b, NULL) && memcmp(a, b, n) == 0;
}

static hm_status take_words(const hm_context *context, const hm_transcript *t, words *taken, hm_error *error)
{
    *taken = (words){.word = hm_alloc(context, t->n, sizeof *taken->word, error)};
    if (!taken->word)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < t->n; i++)
        if (!hm_word_is_filler(t->word[i]))
            taken->word[taken->n++] = t->word[i];
    return HM_OK;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* D[r->n + 1][h->n + 1] */
static void fill_costs(const words *r, const words *h, uint32_t *D)
{
    size_t row = h->n + 1;
    for (size_t i = 0; i <= r->n; i++)
        for (size_t j = 0; j <= h->n; j++) {
            uint32_t *d = &D[i * row + j];
            *d = i + j == 0 ? 0 : UINT32_MAX;
            if (i > 0 && j > 0)
                *d = d[-(ptrdiff_t)row - 1] + (is_same(r->word[i - 1], h->word[j - 1]) ? 0 : COST_SUBSTITUTION);
            if (i > 0)
                *d = least(*d, d[-(ptrdiff_t)row] + COST_GAP);
            if (j > 0)
                *d = least(*d, d[-1] + COST_GAP);
        }
}

static void count_pair(hm_word_pair pair, hm_word_errors *errors)
{
    errors->n_words += pair.reference != NULL;
    if (!pair.hypothesis)
        errors->n_deletions++;
    else if (!pair.reference)
        errors->n_insertions++;
    else if (is_same(pair.reference, pair.hypothesis))
        errors->n_correct++;
    else
        errors->n_substitutions++;
}

/* The last pair of words i of r and j of h: what was least in D there. */
static hm_word_pair last_pair(const words *r, const words *h, const uint32_t *D, size_t i, size_t j)
{
    size_t row = h->n + 1;
    const uint32_t *d = &D[i * row + j];
    if (i > 0 && j > 0 && *d == d[-(ptrdiff_t)row - 1] + (is_same(r->word[i - 1], h->word[j - 1]) ? 0 : COST_SUBSTITUTION))
        return (hm_word_pair){r->word[i - 1], h->word[j - 1]};
    if (i > 0 && *d == d[-(ptrdiff_t)row] + COST_GAP)
        return (hm_word_pair){.reference = r->word[i - 1]};
    return (hm_word_pair){.hypothesis = h->word[j - 1]};
}

static void reverse(hm_word_pair *pairs, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        hm_word_pair kept = pairs[i];
        pairs[i] = pairs[n - 1 - i];
        pairs[n - 1 - i] = kept;
    }
}

/* From the ends of both back to their beginnings. */
static void trace_back(const words *r, const words *h, const uint32_t *D, hm_word_errors *errors, hm_word_pair *pairs, size_t *n_pairs)
{
    size_t n = 0;
    for (size_t i = r->n, j = h->n; i + j > 0; n++) {
        hm_word_pair pair = last_pair(r, h, D, i, j);
        count_pair(pair, errors);
        i -= pair.reference != NULL;
        j -= pair.hypothesis != NULL;
        if (pairs)
            pairs[n] = pair;
    }
    if (pairs) {
        reverse(pairs, n);
        *n_pairs = n;
    }
}

hm_status hm_word_errors_count(const hm_context *context, const hm_transcript *reference, const hm_transcript *hypothesis,
                               hm_word_errors *errors, hm_word_pair *pairs, size_t *n_pairs, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, reference, hypothesis, errors));
    words r = {0}, h = {0};
    uint32_t *D = NULL;
    *errors = (hm_word_errors){0};
    hm_status status = take_words(context, reference, &r, error);
    if (status == HM_OK)
        status = take_words(context, hypothesis, &h, error);
    if (status == HM_OK && !(D = hm_alloc(context, r.n + 1, (h.n + 1) * sizeof *D, error)))
        status = HM_ERROR_MEMORY;
    if (status == HM_OK) {
        fill_costs(&r, &h, D);
        trace_back(&r, &h, D, errors, pairs, n_pairs);
    }
    hm_free(context, D);
    hm_free(context, r.word);
    hm_free(context, h.word);
    return status;
}
