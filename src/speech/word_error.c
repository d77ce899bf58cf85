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

/* The two sides, and whether the case of their letters counts. */
typedef struct sides {
    words r, h;
    bool keeps_case;
} sides;

bool hm_word_is_filler(const char *word)
{
    size_t n = strlen(word);
    return (word[0] == '<' && word[n - 1] == '>') || (n > 4 && strncmp(word, "++", 2) == 0 && strcmp(word + n - 2, "++") == 0);
}

/* Letters beyond ASCII keep their case. */
static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same(const char *a, const char *b, bool keeps_case)
{
    size_t n = hm_word_length(a, NULL);
    if (n != hm_word_length(b, NULL))
        return false;
    for (size_t i = 0; i < n; i++)
        if (keeps_case ? a[i] != b[i] : folded(a[i]) != folded(b[i]))
            return false;
    return true;
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
static void fill_costs(const sides *s, uint32_t *D)
{
    const words *r = &s->r, *h = &s->h;
    size_t row = h->n + 1;
    for (size_t i = 0; i <= r->n; i++)
        for (size_t j = 0; j <= h->n; j++) {
            uint32_t *d = &D[i * row + j];
            *d = i + j == 0 ? 0 : UINT32_MAX;
            if (i > 0 && j > 0)
                *d = d[-(ptrdiff_t)row - 1] + (is_same(r->word[i - 1], h->word[j - 1], s->keeps_case) ? 0 : COST_SUBSTITUTION);
            if (i > 0)
                *d = least(*d, d[-(ptrdiff_t)row] + COST_GAP);
            if (j > 0)
                *d = least(*d, d[-1] + COST_GAP);
        }
}

static void count_pair(hm_word_pair pair, bool keeps_case, hm_word_errors *errors)
{
    errors->n_words += pair.reference != NULL;
    if (!pair.hypothesis)
        errors->n_deletions++;
    else if (!pair.reference)
        errors->n_insertions++;
    else if (is_same(pair.reference, pair.hypothesis, keeps_case))
        errors->n_correct++;
    else
        errors->n_substitutions++;
}

/* The last pair of words i of r and j of h: what was least in D there. */
static hm_word_pair last_pair(const sides *s, const uint32_t *D, size_t i, size_t j)
{
    const words *r = &s->r, *h = &s->h;
    size_t row = h->n + 1;
    const uint32_t *d = &D[i * row + j];
    if (i > 0 && j > 0 && *d == d[-(ptrdiff_t)row - 1] + (is_same(r->word[i - 1], h->word[j - 1], s->keeps_case) ? 0 : COST_SUBSTITUTION))
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
static void trace_back(const sides *s, const uint32_t *D, hm_word_errors *errors, hm_word_alignment *alignment)
{
    size_t n = 0;
    for (size_t i = s->r.n, j = s->h.n; i + j > 0; n++) {
        hm_word_pair pair = last_pair(s, D, i, j);
        count_pair(pair, s->keeps_case, errors);
        i -= pair.reference != NULL;
        j -= pair.hypothesis != NULL;
        if (alignment && alignment->pairs)
            alignment->pairs[n] = pair;
    }
    if (alignment && alignment->pairs) {
        reverse(alignment->pairs, n);
        alignment->n = n;
    }
}

hm_status hm_word_errors_count(const hm_context *context, const hm_transcript *reference, const hm_transcript *hypothesis,
                               hm_word_alignment *alignment, hm_word_errors *errors, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, reference, hypothesis, errors));
    sides s = {.keeps_case = alignment && alignment->keeps_case};
    uint32_t *D = NULL;
    *errors = (hm_word_errors){0};
    hm_status status = take_words(context, reference, &s.r, error);
    if (status == HM_OK)
        status = take_words(context, hypothesis, &s.h, error);
    if (status == HM_OK && !(D = hm_alloc(context, s.r.n + 1, (s.h.n + 1) * sizeof *D, error)))
        status = HM_ERROR_MEMORY;
    if (status == HM_OK) {
        fill_costs(&s, D);
        trace_back(&s, D, errors, alignment);
    }
    hm_free(context, D);
    hm_free(context, s.h.word);
    hm_free(context, s.r.word);
    return status;
}
