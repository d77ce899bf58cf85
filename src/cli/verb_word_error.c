/* harmonium word-error: how many words a recogniser heard wrongly. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/verbs.h"

typedef struct totals {
    hm_word_errors words;
    size_t n_wrong; /* utterances with any error */
} totals;

static size_t n_errors(const hm_word_errors *e)
{
    return e->n_substitutions + e->n_deletions + e->n_insertions;
}

static void add(totals *t, const hm_word_errors *e)
{
    t->words.n_words += e->n_words;
    t->words.n_correct += e->n_correct;
    t->words.n_substitutions += e->n_substitutions;
    t->words.n_deletions += e->n_deletions;
    t->words.n_insertions += e->n_insertions;
    t->n_wrong += n_errors(e) > 0;
}

/* Columns of a word or, on the side where none stands, of as many stars as the other has letters. */
static void print_side(const char *name, const hm_word_pair *pairs, size_t n, bool is_reference)
{
    static const char stars[] = "********************";
    cli_print("%s", name);
    for (size_t i = 0; i < n; i++) {
        const char *own = is_reference ? pairs[i].reference : pairs[i].hypothesis, *other = is_reference ? pairs[i].hypothesis : pairs[i].reference;
        int own_width = own ? (int)hm_word_length(own, NULL) : 0, other_width = other ? (int)hm_word_length(other, NULL) : 0;
        int width = own_width > other_width ? own_width : other_width;
        cli_print(" %-*.*s", width, own ? own_width : width, own ? own : stars);
    }
    cli_print("\n");
}

static void print_lines(const hm_transcript *reference, const hm_word_errors *e, const hm_word_pair *pairs, size_t n)
{
    cli_print("%s: %zu of %zu wrong\n", reference->id, n_errors(e), e->n_words);
    print_side("  said ", pairs, n, true);
    print_side("  heard", pairs, n, false);
}

static hm_status compare(const cli_call *call, const hm_transcript *reference, const hm_transcript *hypothesis, totals *t, hm_error *error)
{
    hm_word_errors e;
    hm_word_alignment alignment = {.pairs = hm_alloc(call->context, reference->n + hypothesis->n, sizeof(hm_word_pair), error),
                                   .keeps_case = call->options.output.keep_case};
    hm_status status = alignment.pairs ? hm_word_errors_count(call->context, reference, hypothesis, &alignment, &e, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        add(t, &e);
    if (status == HM_OK && call->options.output.lines)
        print_lines(reference, &e, alignment.pairs, alignment.n);
    hm_free(call->context, alignment.pairs);
    return status;
}

/* That every utterance of `a` is in `b`. */
static hm_status check_all(const hm_transcripts *a, const hm_transcripts *b, hm_error *error)
{
    for (size_t i = 0; i < a->n; i++)
        if (!hm_transcripts_find(b, a->list[i].id))
            return hm_fail(error, HM_ERROR_MISMATCH, "%s: has no line of the utterance %.100s of %s; compare files of the same utterances", b->path,
                           a->list[i].id, a->path);
    return HM_OK;
}

static void print_totals(const totals *t, size_t n)
{
    const hm_word_errors *w = &t->words;
    cli_print("word error      %.2f %%  of %zu words: %zu correct, %zu substitutions, %zu deletions, %zu insertions\n",
           100 * (double)n_errors(w) / (double)w->n_words, w->n_words, w->n_correct, w->n_substitutions, w->n_deletions, w->n_insertions);
    cli_print("sentence error  %.2f %%  of %zu utterances: %zu wrong\n", 100 * (double)t->n_wrong / (double)n, n, t->n_wrong);
}

static hm_status count(const cli_call *call, const hm_transcripts *references, const hm_transcripts *hypotheses, hm_error *error)
{
    totals t = {0};
    hm_status status = check_all(references, hypotheses, error);
    if (status == HM_OK)
        status = check_all(hypotheses, references, error);
    for (size_t i = 0; status == HM_OK && i < references->n; i++) {
        const hm_transcript *reference = &references->list[i];
        status = compare(call, reference, hm_transcripts_find(hypotheses, reference->id), &t, error);
    }
    if (status == HM_OK && t.words.n_words == 0)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: its utterances have no words; there is nothing to count", references->path);
    if (status == HM_OK)
        print_totals(&t, references->n);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    hm_transcripts *references = NULL, *hypotheses = NULL;
    hm_status status = hm_transcripts_load(call->context, call->operand[0], &references, error);
    if (status == HM_OK)
        status = hm_transcripts_load(call->context, call->operand[1], &hypotheses, error);
    if (status == HM_OK)
        status = count(call, references, hypotheses, error);
    hm_transcripts_destroy(references);
    hm_transcripts_destroy(hypotheses);
    return status;
}

const cli_verb cli_verb_word_error = {
    "word-error", "Count the words that a recogniser heard wrongly", "REFERENCE HYPOTHESIS", 2, 2,
    {&cli_output_options, &cli_common_options, NULL}, "lines keep-case", NULL,
    "harmonium word-error an4_test.transcription hypotheses --lines", run,
};
