/* Files of a recogniser: what is read from good ones, what is said of damaged ones; senone scores there and back; word error by
 * hand and, where it is installed, against NIST's sclite. */
#define _GNU_SOURCE /* mkstemp, popen */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include <harmonium/harmonium.h>

#include "counted_memory.h"
#include "speech_files.h"

typedef struct setting {
    hm_context *context;
    tiny_files files;
} setting;

static int set_up(void **state)
{
    setting *s = calloc(1, sizeof *s);
    const hm_context_config config = {.n_threads = 1, .backend = "plain"};
    make_tiny_files(&s->files);
    *state = s;
    return hm_context_create(&config, &s->context, NULL) == HM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    setting *s = *state;
    remove_tiny_files(&s->files);
    hm_context_destroy(s->context);
    free(s);
    return 0;
}

static void expect(hm_status status, hm_status wanted, const hm_error *error, const char *text)
{
    assert_int_equal(status, wanted);
    if (!strstr(error->message, text))
        fail_msg("no \"%s\" in: %s", text, error->message);
}

/* ---- The model definition ----------------------------------------------------------------------- */

static void definition(void **state)
{
    setting *s = *state;
    hm_definition *d;
    assert_int_equal(hm_definition_load(s->context, s->files.definition, &d, NULL), HM_OK);
    assert_int_equal(hm_definition_n_phones(d), 3);
    assert_int_equal(hm_definition_n_senones(d), 15);
    assert_int_equal(hm_definition_n_matrices(d), 3);
    assert_int_equal(hm_definition_find_phone(d, "SIL"), 2);
    assert_int_equal(hm_definition_find_phone(d, "ZH"), HM_PHONE_NONE);
    assert_true(hm_definition_is_filler(d, 2) && !hm_definition_is_filler(d, 0));
    assert_int_equal(hm_definition_find(d, 0, 1, 1, HM_POSITION_INTERNAL)->senone[2], 11);
    assert_int_equal(hm_definition_find(d, 0, 1, 1, HM_POSITION_END)->senone[2], 2); /* not there: the base phone */
    assert_int_equal(hm_definition_find(d, 1, 0, 0, HM_POSITION_BEGIN)->senone[0], 12);
    hm_definition_destroy(d);
}

/* The definition with `from` replaced by `to`. */
static void expect_definition(setting *s, const char *from, const char *to, const char *message)
{
    char text[sizeof tiny_definition + 100];
    const char *at = strstr(tiny_definition, from);
    hm_definition *d;
    hm_error error = {0};
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - tiny_definition), tiny_definition, to, at + strlen(from));
    write_text(s->files.definition, text);
    expect(hm_definition_load(s->context, s->files.definition, &d, &error), HM_ERROR_FORMAT, &error, message);
    assert_null(d);
    write_text(s->files.definition, tiny_definition);
}

static void bad_definitions(void **state)
{
    expect_definition(*state, "0.3", "BMDF", "pocketsphinx_mdef_convert");
    expect_definition(*state, "3 n_base", "3000000000 n_base", "do not fit its");
    expect_definition(*state, "15 n_tied_state", "14 n_tied_state", "senones below 14");
    expect_definition(*state, "2 6 7 8 N", "3 6 7 8 N", "a matrix below 3");
    expect_definition(*state, "B B i", "B Q i", "line 13 is no phone");
    expect_definition(*state, "B B i", "B B x", "line 13 is no phone");
    expect_definition(*state, "9 10 11 N", "9 10 11 12 N", "line 13 is no phone of 3 states");
    expect_definition(*state, "9 10 11 N", "9 -10 11 N", "line 13");
    expect_definition(*state, "B - - -", "A - - -", "each once");
    expect_definition(*state, "B SIL SIL s n/a 1 12 4 5 N\n", "", "5 phones of the 3 base phones and 3 triphones");
    expect_definition(*state, tiny_definition, "0.3\n", "0 phones");
}

/* ---- Transitions --------------------------------------------------------------------------------- */

static void transitions(void **state)
{
    setting *s = *state;
    unsigned char bytes[TRANSITIONS_MAX];
    for (int is_swapped = 0; is_swapped < 2; is_swapped++) {
        hm_transitions *t;
        write_bytes(s->files.transitions, bytes, tiny_transitions(bytes, is_swapped));
        assert_int_equal(hm_transitions_load(s->context, s->files.transitions, &t, NULL), HM_OK);
        assert_int_equal(hm_transitions_n(t), 3);
        assert_float_equal(expf(hm_transitions_at(t, 1)[0 * 4 + 2]), .2f, 1e-6f);
        assert_float_equal(expf(hm_transitions_at(t, 2)[2 * 4 + 3]), .1f, 1e-6f); /* of counts 9 and 1 */
        assert_true(hm_transitions_at(t, 0)[1 * 4 + 0] == -INFINITY);
        hm_transitions_destroy(t);
    }
}

/* The bytes at `at` behind the head replaced, or the file cut to `length`. */
static void expect_transitions(setting *s, size_t at, uint32_t value, size_t length, const char *message)
{
    unsigned char bytes[TRANSITIONS_MAX];
    size_t n = tiny_transitions(bytes, false), body = n - 4 * (5 + N_MATRICES * 12 + 1);
    hm_transitions *t;
    hm_error error = {0};
    put_u32(bytes + body + 4 * at, value, false);
    write_bytes(s->files.transitions, bytes, length ? length : n);
    expect(hm_transitions_load(s->context, s->files.transitions, &t, &error), HM_ERROR_FORMAT, &error, message);
    assert_null(t);
    write_bytes(s->files.transitions, bytes, tiny_transitions(bytes, false));
}

static void bad_transitions(void **state)
{
    const uint32_t NAN_BITS = 0x7fc00000, ONE = 0x3f800000, MINUS = 0xbf800000; /* float32 */
    expect_transitions(*state, 0, 0x11223345, 0, "0x11223345 stands where");
    expect_transitions(*state, 1, 4, 0, "cut off or damaged");
    expect_transitions(*state, 2, 5, 0, "3 matrices of 5 x 4; phones here have 3 states");
    expect_transitions(*state, 4, 37, 0, "cut off or damaged");
    expect_transitions(*state, 5, NAN_BITS, 0, "row 0 of matrix 0");
    expect_transitions(*state, 5, MINUS, 0, "row 0 of matrix 0");
    expect_transitions(*state, 5 + 12 + 4, ONE, 0, "row 1 of matrix 1 (from 0) is 1 "); /* back */
    expect_transitions(*state, 0, 0x11223344, 150, "cut off");
    expect_transitions(*state, 0, 0x11223344, 20, "no head");
    expect_transitions(*state, 0, 0x11223344, 44, "no head");
}

/* ---- Words --------------------------------------------------------------------------------------- */

static hm_status load(setting *s, hm_hmms **hmms, hm_error *error)
{
    hm_hmm_files files = tiny_hmm_files(&s->files);
    return hm_hmms_load(s->context, &files, hmms, error);
}

static void dictionary(void **state)
{
    setting *s = *state;
    hm_hmms *h;
    size_t n;
    assert_int_equal(load(s, &h, NULL), HM_OK);
    const hm_pronunciation *p = hm_dictionary_find(h->dictionary, "BA", &n);
    assert_int_equal(n, 2);
    assert_true(p[0].variant == 1 && p[1].variant == 2 && p[1].n == 2 && p[1].phone[0] == 0);
    assert_ptr_equal(hm_dictionary_find(h->dictionary, "BA(2)", &n), p + 1);
    assert_int_equal(n, 1);
    assert_null(hm_dictionary_find(h->dictionary, "BA(3)", &n));
    assert_null(hm_dictionary_find(h->dictionary, "BABA", &n));
    assert_int_equal(hm_dictionary_find(h->dictionary, "<sil>", &n)->phone[0], 2);
    hm_hmms_destroy(h);
}

static void expect_dictionary(setting *s, const char *text, hm_status status, const char *message)
{
    hm_hmms *h;
    hm_error error = {0};
    write_text(s->files.dictionary, text);
    expect(load(s, &h, &error), status, &error, message);
    assert_null(h);
    write_text(s->files.dictionary, tiny_dictionary);
}

static void bad_dictionaries(void **state)
{
    expect_dictionary(*state, "A A\nZOO Z UW\n", HM_ERROR_MISMATCH, "line 2: ZOO has the phone Z");
    expect_dictionary(*state, "A\n", HM_ERROR_FORMAT, "line 1: A has no phones");
    expect_dictionary(*state, "A A\nA B\n", HM_ERROR_FORMAT, "A(1) has two lines");
    expect_dictionary(*state, "A A\n<sil> SIL\n", HM_ERROR_FORMAT, "<sil>(1) has two lines");
}

static hm_status load_transcripts(setting *s, const char *text, hm_transcripts **t, hm_error *error)
{
    write_text(s->files.transcripts, text);
    return hm_transcripts_load(s->context, s->files.transcripts, t, error);
}

static void transcripts(void **state)
{
    setting *s = *state;
    hm_transcripts *t;
    hm_error error;
    assert_int_equal(load_transcripts(s, "<s> GO A(2) <sil> ++UM++ </s> (an2-x-b)\r\n\n (fash/an1-x-b -123)\nSTOP\t(an3)", &t, NULL), HM_OK);
    assert_int_equal(t->n, 3);
    assert_int_equal(t->list[0].n, 3);
    assert_string_equal(t->list[0].word[1], "A(2)");
    assert_ptr_equal(hm_transcripts_find(t, "some/where/an1-x-b"), &t->list[1]);
    assert_int_equal(t->list[1].n, 0);
    assert_string_equal(hm_transcripts_find(t, "an3")->word[0], "STOP");
    assert_null(hm_transcripts_find(t, "an4"));
    hm_transcripts_destroy(t);
    expect(load_transcripts(s, "GO (a)\nGO A(2)\n", &t, &error), HM_ERROR_FORMAT, &error, "line 2 does not end in the name");
    expect(load_transcripts(s, "GO ()\n", &t, &error), HM_ERROR_FORMAT, &error, "line 1");
    expect(load_transcripts(s, "GO (x/a)\nSTOP (y/a)\n", &t, &error), HM_ERROR_FORMAT, &error, "two lines are of the utterance");
    expect(load_transcripts(s, "\n", &t, &error), HM_ERROR_FORMAT, &error, "has no transcripts");
}

/* ---- Scores --------------------------------------------------------------------------------------- */

enum { FRAMES = 3, SENONES = 4 };
static const double UNIT = 0.10239488; /* 1024 ln 1.0001 */

static void scores(void **state)
{
    setting *s = *state;
    float p[FRAMES][SENONES] = {{-1, -2, -3, -4}, {700, 0, 690, 699.96f}, {-INFINITY, -5, -1e6f, -5}};
    hm_matrix read;
    assert_int_equal(hm_scores_save(s->context, hm_matrix_f32(&p[0][0], FRAMES, SENONES), s->files.scores, NULL), HM_OK);
    assert_int_equal(hm_scores_load(s->context, s->files.scores, SENONES, &read, NULL), HM_OK);
    assert_true(read.rows == FRAMES && read.cols == SENONES);
    assert_float_equal(hm_row_f32(&read, 0)[0], 0, 0);
    assert_float_equal(hm_row_f32(&read, 0)[3], -29 * UNIT, 1e-5); /* 3 is 29.3 units */
    assert_float_equal(hm_row_f32(&read, 1)[2], -10, UNIT / 2);
    assert_float_equal(hm_row_f32(&read, 1)[3], 0, 0);
    assert_float_equal(hm_row_f32(&read, 2)[0], -32767 * UNIT, 1e-2);
    assert_float_equal(hm_row_f32(&read, 2)[2], -32767 * UNIT, 1e-2);
    hm_scores_free(s->context, &read);
}

/* The very bytes of a file of one frame. */
static void scores_bytes(void **state)
{
    setting *s = *state;
    static const char wanted[] = "s3\nversion 0.1\nmdef_file -\nn_sen 2\nlogbase 1.000100\nendhdr\n\x44\x33\x22\x11\x02\x00\x00\x00\x0a\x00";
    char found[128];
    float p[] = {-3, -4.024f};
    assert_int_equal(hm_scores_save(s->context, hm_matrix_f32(p, 1, 2), s->files.scores, NULL), HM_OK);
    FILE *file = fopen(s->files.scores, "rb");
    assert_int_equal(fread(found, 1, sizeof found, file), sizeof wanted - 1);
    fclose(file);
    assert_memory_equal(found, wanted, sizeof wanted - 1);
}

static void expect_scores(setting *s, const char *text, size_t n, size_t n_senones, hm_status status, const char *message)
{
    hm_matrix read;
    hm_error error = {0};
    write_bytes(s->files.scores, text, n);
    expect(hm_scores_load(s->context, s->files.scores, n_senones, &read, &error), status, &error, message);
    assert_null(read.data);
}

static void bad_scores(void **state)
{
    setting *s = *state;
    static const char good[] = "s3\nendhdr\n\x44\x33\x22\x11\x02\x00\x01\x00\x00\x00\x02\x00\x00\x00\x09\x00";
    float p[] = {0, NAN};
    hm_error error = {0};
    expect_scores(s, good, sizeof good - 2, 2, HM_ERROR_FORMAT, "ends within frame 1 (from 0)");
    expect_scores(s, good, sizeof good - 1, 3, HM_ERROR_MISMATCH, "frame 0 (from 0) has scores of 2 senones, and the model definition has 3");
    expect_scores(s, good, 14, 2, HM_ERROR_FORMAT, "has no frame");
    expect_scores(s, good, 8, 2, HM_ERROR_FORMAT, "no head");
    expect(hm_scores_save(s->context, hm_matrix_f32(p, 1, 2), s->files.scores, &error), HM_ERROR_NUMERIC, &error, "senone 1 in frame 0");
}

/* ---- Word error ------------------------------------------------------------------------------------ */

typedef struct pair {
    const char *reference, *hypothesis;
    size_t words, substitutions, deletions, insertions;
} pair;

static const pair pairs[] = {
    {"A B C", "A B C", 3, 0, 0, 0},          {"A B C", "A X C", 3, 1, 0, 0},         {"A B C", "A C", 3, 0, 1, 0},
    {"A B C", "A B X C", 3, 0, 0, 1},        {"A B C", "", 3, 0, 3, 0},              {"A B", "B A", 2, 0, 1, 1},
    {"A B C D", "B C D E", 4, 0, 1, 1},      {"GO STOP GO", "STOP STOP", 3, 1, 1, 0}, {"A A A", "A B", 3, 1, 1, 0},
    {"ONE TWO THREE FOUR FIVE", "TWO SIX FOUR FOUR FIVE NINE", 5, 1, 1, 2},          {"X Y", "A B C D", 2, 2, 0, 2},
};
enum { N_PAIRS = sizeof pairs / sizeof *pairs };

/* Lines of all pairs, of one side. */
static void write_side(const char *path, bool is_reference)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < N_PAIRS; i++)
        fprintf(file, "%s (x_%d)\n", is_reference ? pairs[i].reference : pairs[i].hypothesis, i);
    fclose(file);
}

static hm_word_errors count(setting *s, const hm_transcript *reference, const hm_transcript *hypothesis)
{
    hm_word_errors e;
    hm_word_pair aligned[32];
    hm_word_alignment alignment = {.pairs = aligned};
    assert_int_equal(hm_word_errors_count(s->context, reference, hypothesis, &alignment, &e, NULL), HM_OK);
    assert_int_equal(alignment.n, e.n_correct + e.n_substitutions + e.n_deletions + e.n_insertions);
    assert_int_equal(e.n_words, e.n_correct + e.n_substitutions + e.n_deletions);
    return e;
}

static void word_errors(void **state)
{
    setting *s = *state;
    hm_transcripts *r, *h;
    write_side(s->files.transcripts, true);
    write_side(s->files.scores, false);
    assert_int_equal(hm_transcripts_load(s->context, s->files.transcripts, &r, NULL), HM_OK);
    assert_int_equal(hm_transcripts_load(s->context, s->files.scores, &h, NULL), HM_OK);
    for (int i = 0; i < N_PAIRS; i++) {
        hm_word_errors e = count(s, &r->list[i], &h->list[i]);
        assert_int_equal(e.n_words, pairs[i].words);
        assert_int_equal(e.n_substitutions, pairs[i].substitutions);
        assert_int_equal(e.n_deletions, pairs[i].deletions);
        assert_int_equal(e.n_insertions, pairs[i].insertions);
    }
    hm_transcripts_destroy(r);
    hm_transcripts_destroy(h);
}

static void stripped(void **state)
{
    setting *s = *state;
    hm_transcripts *t;
    assert_int_equal(load_transcripts(s, "<s> A(2) ++UM++ B </s> (r)\nA <sil> B(3) ++NOISE++ (h -99)\n", &t, NULL), HM_OK);
    hm_word_errors e = count(s, &t->list[0], &t->list[1]);
    assert_true(e.n_words == 2 && e.n_correct == 2 && e.n_insertions == 0);
    hm_transcripts_destroy(t);
}

/* sclite's line of the sum over all: | Sum | utterances words | correct substitutions deletions insertions errors wrong | */
static void sclite(void **state)
{
    static const char program[] = "/usr/lib/sctk/bin/sclite";
    setting *s = *state;
    char command[4096], line[512];
    size_t n[6], sum[4] = {0};
    bool was_found = false;
    if (access(program, X_OK) != 0) {
        print_message("sclite is not installed: word error is checked by hand alone\n");
        skip();
    }
    write_side(s->files.transcripts, true);
    write_side(s->files.scores, false);
    snprintf(command, sizeof command, "%s -i rm -r %s trn -h %s trn -o rsum stdout", program, s->files.transcripts, s->files.scores);
    FILE *told = popen(command, "r");
    assert_non_null(told);
    while (fgets(line, sizeof line, told))
        if (sscanf(line, " | Sum | %zu %zu | %zu %zu %zu %zu", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]) == 6)
            was_found = true;
    pclose(told);
    assert_true(was_found);
    for (int i = 0; i < N_PAIRS; i++) {
        sum[0] += pairs[i].words;
        sum[1] += pairs[i].substitutions;
        sum[2] += pairs[i].deletions;
        sum[3] += pairs[i].insertions;
    }
    assert_int_equal(n[1], sum[0]);
    assert_int_equal(n[3], sum[1]);
    assert_int_equal(n[4], sum[2]);
    assert_int_equal(n[5], sum[3]);
}

/* ---- Every allocation failing in turn ------------------------------------------------------------- */

static hm_status load_and_align(setting *s, const hm_context *context)
{
    float p[9][TINY_SENONES] = {{0}};
    hm_hmm_files files = tiny_hmm_files(&s->files);
    hm_hmms *h = NULL;
    hm_transcripts *t = NULL;
    hm_alignment a = {.context = context};
    hm_matrix read = {0};
    hm_word_errors e;
    hm_status status = hm_scores_save(context, hm_matrix_f32(&p[0][0], 9, TINY_SENONES), s->files.scores, NULL);
    if (status == HM_OK)
        status = hm_scores_load(context, s->files.scores, TINY_SENONES, &read, NULL);
    if (status == HM_OK)
        status = hm_hmms_load(context, &files, &h, NULL);
    if (status == HM_OK)
        status = hm_transcripts_load(context, s->files.transcripts, &t, NULL);
    if (status == HM_OK)
        status = hm_align(h, &t->list[0], read, &a, NULL);
    if (status == HM_OK)
        status = hm_word_errors_count(context, &t->list[0], &t->list[1], NULL, &e, NULL);
    hm_alignment_clear(&a);
    hm_scores_free(context, &read);
    hm_transcripts_destroy(t);
    hm_hmms_destroy(h);
    return status;
}

static void no_memory(void **state)
{
    setting *s = *state;
    counted_memory memory = {0};
    const hm_context_config config = {.n_threads = 1, .backend = "plain", .allocator = counted_allocator(&memory)};
    hm_context *context;
    hm_status status = HM_ERROR_MEMORY;
    write_text(s->files.transcripts, "BA B (a)\nB (b)\n");
    assert_int_equal(hm_context_create(&config, &context, NULL), HM_OK);
    size_t n_live = memory.n_live;
    for (size_t i = 1; i < 1000 && status == HM_ERROR_MEMORY; i++) {
        memory.n_asked = 0;
        memory.fail_at = i;
        status = load_and_align(s, context);
        assert_int_equal(memory.n_live, n_live);
    }
    assert_int_equal(status, HM_OK);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definition),      cmocka_unit_test(bad_definitions), cmocka_unit_test(transitions), cmocka_unit_test(bad_transitions),
        cmocka_unit_test(dictionary),      cmocka_unit_test(bad_dictionaries), cmocka_unit_test(transcripts), cmocka_unit_test(scores),
        cmocka_unit_test(scores_bytes),    cmocka_unit_test(bad_scores),      cmocka_unit_test(word_errors), cmocka_unit_test(stripped),
        cmocka_unit_test(sclite),          cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
