/* Alignment against all paths enumerated: the phone strings that a transcript allows are written out by hand with the triphones of
 * each, every division of the frames among their states is scored, and the best must be what hm_align finds. */
#define _GNU_SOURCE /* mkstemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include <harmonium/harmonium.h>

#include "speech_files.h"

enum { T_MAX = 16 };

typedef struct setting {
    hm_context *context;
    tiny_files files;
    hm_hmms *hmms;
} setting;

static int set_up(void **state)
{
    setting *s = calloc(1, sizeof *s);
    const hm_context_config config = {.n_threads = 1, .backend = "plain"};
    make_tiny_files(&s->files);
    hm_hmm_files files = tiny_hmm_files(&s->files);
    if (hm_context_create(&config, &s->context, NULL) != HM_OK || hm_hmms_load(s->context, &files, &s->hmms, NULL) != HM_OK)
        return -1;
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    setting *s = *state;
    hm_hmms_destroy(s->hmms);
    remove_tiny_files(&s->files);
    hm_context_destroy(s->context);
    free(s);
    return 0;
}

/* Scores by chance, the same for the same seed. */
static void draw_scores(uint32_t seed, size_t T, float scores[T_MAX][TINY_SENONES])
{
    uint32_t x = seed * 2654435761u + 1;
    for (size_t t = 0; t < T; t++)
        for (int i = 0; i < TINY_SENONES; i++) {
            x = x * 1664525u + 1013904223u;
            scores[t][i] = -(float)(x >> 8) / (float)(1 << 21);
        }
}

/* ---- Every path of one string of models -------------------------------------------------------- */

/* A model of a string: its senones and its matrix. */
typedef struct model {
    uint32_t senone[3];
    int matrix;
} model;

static const model A = {{0, 1, 2}, 0}, B = {{3, 4, 5}, 1}, SIL = {{6, 7, 8}, 2}, A_between = {{9, 10, 11}, 0}, B_begins = {{12, 13, 14}, 1},
                   B_alone = {{12, 4, 5}, 1};

static double a_of(const model *m, int from, int to)
{
    double sum = 0;
    for (int k = 0; k < 4; k++)
        sum += (double)tiny_a[m->matrix][from][k];
    return (double)tiny_a[m->matrix][from][to] / sum;
}

/* The best of all ways to go on from state s of model k after frame t - 1, by trying each. */
static double best_from(const model *string, size_t n, size_t k, int s, size_t t, size_t T, float scores[T_MAX][TINY_SENONES])
{
    double best = -INFINITY;
    for (int to = s; to < 3 && t < T; to++) {
        double way = log(a_of(&string[k], s, to)) + (double)scores[t][string[k].senone[to]];
        if (way > -INFINITY)
            best = fmax(best, way + best_from(string, n, k, to, t + 1, T, scores));
    }
    double leave = log(a_of(&string[k], s, 3));
    if (k + 1 == n)
        return t == T ? fmax(best, leave) : best;
    if (t < T && leave > -INFINITY)
        best = fmax(best, leave + (double)scores[t][string[k + 1].senone[0]] + best_from(string, n, k + 1, 0, t + 1, T, scores));
    return best;
}

static double best_path(const model *string, size_t n, size_t T, float scores[T_MAX][TINY_SENONES])
{
    return (double)scores[0][string[0].senone[0]] + best_from(string, n, 0, 0, 1, T, scores);
}

/* The string with silence at neither end, either, or both. */
static double best_with_ends(const model *string, size_t n, size_t T, float scores[T_MAX][TINY_SENONES])
{
    model whole[8];
    double best = -INFINITY;
    whole[0] = whole[n + 1] = SIL;
    memcpy(whole + 1, string, n * sizeof *string);
    for (int ends = 0; ends < 4; ends++)
        best = fmax(best, best_path(whole + 1 - (ends & 1), n + (ends & 1) + (ends >> 1), T, scores));
    return best;
}

/* ---- Tests -------------------------------------------------------------------------------------- */

static hm_transcript transcript_of(const char **word, size_t n)
{
    return (hm_transcript){.id = "an1", .n = n, .word = word};
}

/* That the parts follow one another, cover all frames and sum to log_p. */
static void check_parts(const hm_alignment *a)
{
    size_t at = 0;
    for (size_t i = 0; i < a->n_words; at = a->words[i++].end)
        assert_true(a->words[i].begin == at && a->words[i].end > at);
    assert_int_equal(at, a->n_frames);
    at = 0;
    for (size_t i = 0; i < a->n_phones; at = a->phones[i++].end) {
        const hm_aligned_word *word = &a->words[a->phones[i].word];
        assert_true(a->phones[i].begin == at && a->phones[i].end >= at + 2); /* one of the models skips a state */
        assert_true(word->begin <= at && a->phones[i].end <= word->end);
    }
    assert_int_equal(at, a->n_frames);
}

static void expect_best(setting *s, const char **word, size_t n_words, size_t T, float scores[T_MAX][TINY_SENONES], double best)
{
    hm_transcript transcript = transcript_of(word, n_words);
    hm_alignment alignment;
    hm_error error = {0};
    assert_int_equal(hm_align(s->hmms, &transcript, hm_matrix_f32(&scores[0][0], T, TINY_SENONES), &alignment, &error), HM_OK);
    assert_float_equal(alignment.log_p, best, 1e-5); /* float32 transitions: 2e-7 each */
    check_parts(&alignment);
    hm_alignment_clear(&alignment);
}

/* A word of one phone sees silence on both sides, whether or not it takes time. */
static void one_phone(void **state)
{
    float scores[T_MAX][TINY_SENONES];
    for (uint32_t seed = 0; seed < 50; seed++) {
        draw_scores(seed, 9, scores);
        expect_best(*state, (const char *[]){"B"}, 1, 9, scores, best_with_ends(&B_alone, 1, 9, scores));
    }
}

static void three_phones(void **state)
{
    float scores[T_MAX][TINY_SENONES];
    const model string[] = {B, A_between, B};
    for (uint32_t seed = 0; seed < 20; seed++) {
        draw_scores(seed, 11, scores);
        expect_best(*state, (const char *[]){"BAB"}, 1, 11, scores, best_with_ends(string, 3, 11, scores));
    }
}

/* BA is B A or A B; with its variant said it is the second alone. */
static void variants(void **state)
{
    float scores[T_MAX][TINY_SENONES];
    const model first[] = {B, A}, second[] = {A, B};
    bool was_first = false, was_second = false;
    for (uint32_t seed = 0; seed < 30; seed++) {
        draw_scores(seed, 9, scores);
        double one = best_with_ends(first, 2, 9, scores), two = best_with_ends(second, 2, 9, scores);
        expect_best(*state, (const char *[]){"BA"}, 1, 9, scores, fmax(one, two));
        expect_best(*state, (const char *[]){"BA(2)"}, 1, 9, scores, two);
        was_first |= one > two;
        was_second |= two > one;
    }
    assert_true(was_first && was_second);
}

/* A BA: without a pause B begins its word between two As and is a triphone; behind a pause it is not. */
static void across_words(void **state)
{
    float scores[T_MAX][TINY_SENONES];
    const model joined[] = {A, B_begins, A}, apart[] = {A, SIL, B, A}, other[] = {A, A, B}, other_apart[] = {A, SIL, A, B};
    for (uint32_t seed = 0; seed < 20; seed++) {
        draw_scores(seed, 11, scores);
        double best = fmax(best_with_ends(joined, 3, 11, scores), best_with_ends(apart, 4, 11, scores));
        best = fmax(best, fmax(best_with_ends(other, 3, 11, scores), best_with_ends(other_apart, 4, 11, scores)));
        expect_best(*state, (const char *[]){"A", "BA"}, 2, 11, scores, best);
    }
}

/* B B is B_alone alone with silence between; joined, neither has silence on both sides. */
static void single_phones(void **state)
{
    float scores[T_MAX][TINY_SENONES];
    const model joined[] = {B, B}, apart[] = {B_alone, SIL, B_alone};
    for (uint32_t seed = 0; seed < 20; seed++) {
        draw_scores(seed, 10, scores);
        expect_best(*state, (const char *[]){"B", "B"}, 2, 10, scores,
                    fmax(best_with_ends(joined, 2, 10, scores), best_with_ends(apart, 3, 10, scores)));
    }
}

/* Scores that say where each senone is: the path is what they say. */
static void clear_path(void **state)
{
    setting *s = *state;
    static const uint32_t senone[] = {6, 7, 8, 8, 3, 4, 9, 10, 10, 11, 3, 5, 6, 7, 8};
    float scores[T_MAX][TINY_SENONES];
    hm_alignment a;
    hm_transcript transcript = transcript_of((const char *[]){"BAB"}, 1);
    for (size_t t = 0; t < 15; t++)
        for (uint32_t i = 0; i < TINY_SENONES; i++)
            scores[t][i] = i == senone[t] ? 0 : -50;
    /* B goes 3 4 and must end in 5: the score of frame 5 gives way. */
    assert_int_equal(hm_align(s->hmms, &transcript, hm_matrix_f32(&scores[0][0], 15, TINY_SENONES), &a, NULL), HM_OK);
    assert_int_equal(a.n_words, 3);
    assert_null(a.words[0].pronunciation);
    assert_string_equal(a.words[1].pronunciation->word, "BAB");
    assert_int_equal(a.words[1].begin, 4);
    assert_int_equal(a.words[1].end, 12);
    assert_int_equal(a.n_phones, 5);
    assert_int_equal(a.senone[5], 5);
    assert_int_equal(a.senone[8], 10);
    hm_alignment_clear(&a);
}

static void expect_failure(setting *s, const char **word, size_t n, size_t T, float scores[T_MAX][TINY_SENONES], hm_status status, const char *text)
{
    hm_transcript transcript = transcript_of(word, n);
    hm_alignment a;
    hm_error error = {0};
    assert_int_equal(hm_align(s->hmms, &transcript, hm_matrix_f32(&scores[0][0], T, TINY_SENONES), &a, &error), status);
    assert_non_null(strstr(error.message, text));
    assert_null(a.senone);
}

static void failures(void **state)
{
    setting *s = *state;
    float scores[T_MAX][TINY_SENONES];
    draw_scores(1, T_MAX, scores);
    expect_failure(s, (const char *[]){"BAB"}, 1, 6, scores, HM_ERROR_MISMATCH, "its 6 frames; the frames are too few"); /* 2 + 3 + 2 are needed */
    expect_failure(s, (const char *[]){"BAB"}, 1, 0, scores, HM_ERROR_MISMATCH, "its 0 frames");
    expect_failure(s, NULL, 0, 9, scores, HM_ERROR_MISMATCH, "no words");
    expect_failure(s, (const char *[]){"BAB", "ZOO"}, 2, 16, scores, HM_ERROR_NOT_FOUND, "an1 has the word ZOO");
    expect_failure(s, (const char *[]){"BAB(3)"}, 1, 16, scores, HM_ERROR_NOT_FOUND, "BAB(3)");
    scores[4][3] = NAN;
    expect_failure(s, (const char *[]){"BAB"}, 1, 16, scores, HM_ERROR_NUMERIC, "senone 3 in frame 4");
    hm_transcript transcript = transcript_of((const char *[]){"A"}, 1);
    hm_alignment a;
    hm_error error;
    assert_int_equal(hm_align(s->hmms, &transcript, hm_matrix_f32(&scores[0][0], 9, 9), &a, &error), HM_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "scores of 9 senones, but the model definition has 15"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_phone),    cmocka_unit_test(three_phones),  cmocka_unit_test(variants),
                                       cmocka_unit_test(across_words), cmocka_unit_test(single_phones), cmocka_unit_test(clear_path),
                                       cmocka_unit_test(failures)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
