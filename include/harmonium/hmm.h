/* Hidden Markov models of speech: phones in context, pronunciations, transcripts, alignment and word error.
 *
 * The files are Sphinx's, so that a recogniser trained by its tools gives the first alignment and later takes the scores of a
 * network. A senone is a tied state: a network's classes are senones.
 *
 *     hm_hmm_files files = {.definition = "mdef.txt", .transitions = "transition_matrices", .dictionary = "an4.dic",
 *                           .fillers = "an4.filler"};
 *     hm_hmms *hmms;
 *     hm_hmms_load(context, &files, &hmms, &error);
 *     hm_align(hmms, &transcripts->list[0], scores, &alignment, &error);   // scores[n_frames][n_senones]: ln p
 *     ...
 *     hm_alignment_clear(&alignment);
 *     hm_hmms_destroy(hmms);
 *
 * Once loaded, everything here is only read: several threads may align with it. Strings belong to the object they were found
 * in. Loading fails with HM_ERROR_IO, HM_ERROR_FORMAT (what is no such file, or is cut off), HM_ERROR_MEMORY. */
#ifndef HARMONIUM_HMM_H
#define HARMONIUM_HMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>
#include <harmonium/matrix.h>
#include <harmonium/model.h>
#include <harmonium/speech.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HM_HMM_STATES = 3 }; /* of a phone, from left to right; then its exit */

/* ---- The model definition ------------------------------------------------------------------------ */

/* Where in its word a phone stands. */
typedef enum hm_position { HM_POSITION_INTERNAL, HM_POSITION_BEGIN, HM_POSITION_END, HM_POSITION_SINGLE } hm_position;

enum { HM_PHONE_NONE = -1 }; /* the contexts of a phone that was modelled without */

/* A phone in context and its hidden Markov model. Phones are numbers from 0 to n_phones - 1. */
typedef struct hm_triphone {
    int32_t base, left, right;
    hm_position position;
    uint32_t matrix; /* of transitions */
    uint32_t senone[HM_HMM_STATES];
} hm_triphone;

typedef struct hm_definition hm_definition;

/* Sphinx's model definition as text. The caller destroys *definition. */
hm_status hm_definition_load(const hm_context *context, const char *path, hm_definition **definition, hm_error *error);
void hm_definition_destroy(hm_definition *definition); /* null is allowed */

size_t hm_definition_n_phones(const hm_definition *definition);
size_t hm_definition_n_senones(const hm_definition *definition);
size_t hm_definition_n_matrices(const hm_definition *definition);
const char *hm_definition_phone(const hm_definition *definition, int32_t phone);
bool hm_definition_is_filler(const hm_definition *definition, int32_t phone); /* silence, noise */
/* HM_PHONE_NONE when there is none of that name. */
int32_t hm_definition_find_phone(const hm_definition *definition, const char *name);
/* The triphone, or else its base phone without context; never null for a phone that exists. */
const hm_triphone *hm_definition_find(const hm_definition *definition, int32_t base, int32_t left, int32_t right,
                                      hm_position position);
/* Whose senone it is; HM_PHONE_NONE for a senone of no phone. */
int32_t hm_definition_phone_of(const hm_definition *definition, uint32_t senone);

/* ---- Transitions --------------------------------------------------------------------------------- */

typedef struct hm_transitions hm_transitions;

/* Sphinx's transition_matrices, of either byte order. Rows are normalised; going back is refused. */
hm_status hm_transitions_load(const hm_context *context, const char *path, hm_transitions **transitions, hm_error *error);
void hm_transitions_destroy(hm_transitions *transitions); /* null is allowed */
size_t hm_transitions_n(const hm_transitions *transitions);
/* ln a[from][to] of matrix `index`: [HM_HMM_STATES][HM_HMM_STATES + 1], the last column the exit; -inf where there is no way. */
const float *hm_transitions_at(const hm_transitions *transitions, size_t index);

/* ---- Pronunciations ------------------------------------------------------------------------------ */

typedef struct hm_pronunciation {
    char *word;   /* "EIGHTH" */
    int variant;  /* 1; 2 of "EIGHTH(2)" */
    size_t n;     /* at least 1 */
    int32_t *phone; /* [n] */
} hm_pronunciation;

typedef struct hm_dictionary hm_dictionary;

/* Words and, if the path is not null, fillers. HM_ERROR_MISMATCH for a phone that the definition lacks. */
hm_status hm_dictionary_load(const hm_context *context, const hm_definition *definition, const char *words, const char *fillers,
                             hm_dictionary **dictionary, hm_error *error);
void hm_dictionary_destroy(hm_dictionary *dictionary); /* null is allowed */
const char *hm_dictionary_path(const hm_dictionary *dictionary);
/* The n pronunciations of "EIGHTH", by their variants, or the one of "EIGHTH(2)"; null (n = 0) of a word that is not in it. */
const hm_pronunciation *hm_dictionary_find(const hm_dictionary *dictionary, const char *word, size_t *n);

/* ---- Transcripts --------------------------------------------------------------------------------- */

typedef struct hm_transcript {
    const char *id; /* of the utterance */
    size_t n;
    const char **word; /* [n] as they are written, perhaps with variants; without <s>, </s> and <sil> */
} hm_transcript;

typedef struct hm_transcripts {
    const hm_context *context;
    char *path, *text;
    size_t n;
    hm_transcript *list; /* [n] in the order of the file */
    const char **word;   /* of all */
    const hm_transcript **order; /* [n] by the last components of ids */
} hm_transcripts;

/* Lines "<s> WORDS </s> (id)", or "WORDS (id score)" as pocketsphinx writes hypotheses. Two lines of one utterance are
 * refused. The caller destroys *transcripts. */
hm_status hm_transcripts_load(const hm_context *context, const char *path, hm_transcripts **transcripts, hm_error *error);
void hm_transcripts_destroy(hm_transcripts *transcripts); /* null is allowed */
/* By the last component: "an4_clstk/fash/an251-fash-b" and "an251-fash-b" are one utterance. Null when there is none. */
const hm_transcript *hm_transcripts_find(const hm_transcripts *transcripts, const char *id);
/* Behind the last slash. */
const char *hm_utterance_name(const char *id);

/* ---- Scores of senones --------------------------------------------------------------------------- */

/* Sphinx's senone files: scores[n_frames][n_senones] of ln p(x | senone), up to a constant of each frame, in steps of
 * 1024 ln 1.0001 = 0.1024; the best of a frame is 0. HM_ERROR_MISMATCH when the file has not n_senones. */
hm_status hm_scores_load(const hm_context *context, const char *path, size_t n_senones, hm_matrix *scores, hm_error *error);
void hm_scores_free(const hm_context *context, hm_matrix *scores);
/* Scores more than 3355 below the best of their frame are written as that. HM_ERROR_NUMERIC for a score that is no number. */
hm_status hm_scores_save(const hm_context *context, hm_matrix scores, const char *path, hm_error *error);

/* Scores by a network whose classes are senones: ln P(senone | x) - ln P(senone), -inf where it has no such class. cases[n_frames]
 * [n_features], scores[n_frames][n_senones]. HM_ERROR_MISMATCH for a model that is no such network, or has a senone beyond
 * n_senones. */
hm_status hm_senone_scores(const hm_model *model, hm_matrix cases, hm_matrix scores, hm_error *error);

/* P(phone | x), the sum over its senones: posteriors[n_frames][n_phones] of a network as above, each row of sum 1. */
hm_status hm_phone_posteriors(const hm_model *model, const hm_definition *definition, hm_matrix cases, hm_matrix posteriors,
                              hm_error *error);

/* ---- Sounds as a network sees them --------------------------------------------------------------- */

/* The front end of the frames that a model learned from, and how many frames to each side it sees with each. HM_ERROR_MISMATCH for a
 * model that did not learn from sound, or whose frames were prepared in other ways as well. */
hm_status hm_model_front_end(const hm_model *model, hm_front_end_config *front_end, size_t *around, hm_error *error);

/* cases[*n_frames][n_features] of a sound file: frames with those around them, the first and the last repeated at the ends, standardised
 * as the model wants. Where the front end normalises by the speaker it goes by `voice`; null: by this sound alone. Fails as hm_model_front_end and hm_sound_frames do, and with HM_ERROR_MISMATCH for another number of features.
 * The caller gives *cases to hm_sound_frames_free. */
hm_status hm_sound_cases(const hm_model *model, const hm_voice *voice, const char *path, float **cases, size_t *n_frames, hm_error *error);

/* ---- Alignment ----------------------------------------------------------------------------------- */

typedef struct hm_hmm_files {
    const char *definition, *transitions, *dictionary;
    const char *fillers; /* null: none */
} hm_hmm_files;

typedef struct hm_hmms {
    const hm_context *context;
    hm_definition *definition;
    hm_transitions *transitions;
    hm_dictionary *dictionary;
    int32_t silence; /* the phone SIL */
} hm_hmms;

/* HM_ERROR_MISMATCH when the files do not fit together. The caller destroys *hmms. */
hm_status hm_hmms_load(const hm_context *context, const hm_hmm_files *files, hm_hmms **hmms, hm_error *error);
void hm_hmms_destroy(hm_hmms *hmms); /* null is allowed */

typedef struct hm_aligned_word {
    const hm_pronunciation *pronunciation; /* the dictionary's; null: silence */
    size_t begin, end;                     /* frames begin .. end - 1 */
} hm_aligned_word;

typedef struct hm_aligned_phone {
    int32_t phone;
    size_t word; /* index among the words */
    size_t begin, end;
} hm_aligned_phone;

/* The best path through an utterance. */
typedef struct hm_alignment {
    const hm_context *context;
    double log_p; /* of the path and the frames together */
    size_t n_frames, n_words, n_phones;
    uint32_t *senone;         /* [n_frames] */
    hm_aligned_word *words;   /* [n_words], silences among them */
    hm_aligned_phone *phones; /* [n_phones] */
} hm_alignment;

/* Viterbi alignment of scores[n_frames][n_senones] (ln p, larger is better, -inf allowed) with a transcript: between words
 * and at both ends there may be silence, and a word without a variant may be pronounced in each way the dictionary has, all
 * equally probable. Fails with HM_ERROR_NOT_FOUND (a word without pronunciation), HM_ERROR_MISMATCH (other senones than the
 * definition's; no words; fewer frames than the words need), HM_ERROR_NUMERIC (NaN or +inf), HM_ERROR_MEMORY; the alignment
 * is then empty. Memory: 4 bytes for each frame and state. */
hm_status hm_align(const hm_hmms *hmms, const hm_transcript *transcript, hm_matrix scores, hm_alignment *alignment, hm_error *error);
void hm_alignment_clear(hm_alignment *alignment);

/* ---- Decoding: the words of a sound -------------------------------------------------------------- */

typedef struct hm_decoder_files {
    const char *hmms; /* the folder of Sphinx's acoustic model: mdef, transition_matrices, means, .. */
    const char *dictionary, *fillers;
    const char *language_model; /* ARPA or Sphinx's DMP */
    double language_weight;     /* the power of P(words) beside that of the sound */
} hm_decoder_files;

typedef struct hm_decoder hm_decoder;

typedef struct hm_heard_word {
    char *word;        /* "EIGHTH(2)" as the dictionary has it; fillers as well */
    size_t begin, end; /* frames begin .. end - 1 */
} hm_heard_word;

typedef struct hm_hypothesis {
    const hm_context *context;
    size_t n;
    hm_heard_word *words; /* [n] in their order */
} hm_hypothesis;

/* PocketSphinx's search, one pass over scores alone. HM_ERROR_NOT_FOUND for files that are not there, HM_ERROR_FORMAT for what it cannot
 * read, HM_ERROR_UNSUPPORTED without pocketsphinx. The caller destroys *decoder. One thread at a time may use a decoder; calls of
 * several threads take turns, as the library's messages go one way for all. */
hm_status hm_decoder_create(const hm_context *context, const hm_decoder_files *files, hm_decoder **decoder, hm_error *error);
void hm_decoder_destroy(hm_decoder *decoder); /* null is allowed */

/* The most probable words by scores[n_frames][n_senones] as of hm_senone_scores; no words when no path reaches the end.
 * HM_ERROR_MISMATCH for other senones than those of the acoustic model. hm_hypothesis_clear after success. */
hm_status hm_decoder_run(hm_decoder *decoder, hm_matrix scores, hm_hypothesis *hypothesis, hm_error *error);
void hm_hypothesis_clear(hm_hypothesis *hypothesis);

/* ---- Word error ---------------------------------------------------------------------------------- */

typedef struct hm_word_errors {
    size_t n_words; /* of the reference */
    size_t n_correct, n_substitutions, n_deletions, n_insertions;
} hm_word_errors;

/* One place of two aligned transcripts; null on the side where nothing stands. */
typedef struct hm_word_pair {
    const char *reference, *hypothesis;
} hm_word_pair;

/* How transcripts are aligned, and where the alignment goes. All zero is as NIST's sclite does it. */
typedef struct hm_word_alignment {
    bool keeps_case;     /* "One" and "one" are two words; else the case of ASCII letters does not matter */
    hm_word_pair *pairs; /* room for the words of both (reference->n + hypothesis->n), of which n are filled; null: not wanted */
    size_t n;
} hm_word_alignment;

/* Counts what differs, without variants "(2)" and fillers (<sil>, ++NOISE++). `alignment` may be null. The costs are those of sclite: 4
 * a substitution, 3 a deletion or an insertion. */
hm_status hm_word_errors_count(const hm_context *context, const hm_transcript *reference, const hm_transcript *hypothesis,
                               hm_word_alignment *alignment, hm_word_errors *errors, hm_error *error);
/* Characters of a word without its variant: 6 of "EIGHTH(2)"; *variant, if not null, becomes 2, or 0 where none is written. */
size_t hm_word_length(const char *word, int *variant);
/* <s>, <sil>, ++NOISE++: what is heard but not said. */
bool hm_word_is_filler(const char *word);

#ifdef __cplusplus
}
#endif
#endif
