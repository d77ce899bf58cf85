/* harmonium align: which senone each frame of a set of utterances is, by the scores of a recogniser and what was said. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/verbs.h"
#include "data/sequences.h"

typedef struct utterance {
    const hm_transcript *transcript;
    hm_alignment alignment;
    hm_status status;
    hm_error error;
} utterance;

typedef struct session {
    const cli_call *call;
    const cli_hmm *options;
    hm_sequences *frames;
    hm_hmms *hmms;
    hm_transcripts *transcripts;
    utterance *list; /* [frames->n] */
} session;

/* ---- Aligning --------------------------------------------------------------------------------- */

/* scores/an4_clstk/fash/an251-fash-b.sen, or else scores/an251-fash-b.sen. */
static hm_status find_scores(const session *s, const char *id, char *path, size_t size, hm_error *error)
{
    const char *const name[] = {id, hm_utterance_name(id)};
    for (int i = 0; i < 2; i++) {
        int n = snprintf(path, size, "%s/%s.sen", s->options->scores, name[i]);
        if (n > 0 && (size_t)n < size && hm_file_exists(path))
            return HM_OK;
    }
    return hm_fail(error, HM_ERROR_NOT_FOUND, "%s: has no %.100s.sen; name the folder of its senone scores by --scores", s->options->scores, name[1]);
}

static hm_status load_scores(const session *s, size_t i, hm_matrix *scores, hm_error *error)
{
    char path[4096];
    const hm_sequences *frames = s->frames;
    uint64_t n = frames->start[i + 1] - frames->start[i];
    hm_status status = find_scores(s, frames->name[i], path, sizeof path, error);
    if (status == HM_OK)
        status = hm_scores_load(s->call->context, path, hm_definition_n_senones(s->hmms->definition), scores, error);
    if (status == HM_OK && scores->rows != n)
        status = hm_fail(error, HM_ERROR_MISMATCH, "%s: %zu frames, but %s has %" PRIu64 " of %.100s; both must come of one front end", path, scores->rows,
                         frames->path, n, frames->name[i]);
    return status;
}

static hm_status align(const session *s, size_t i, utterance *u)
{
    hm_matrix scores = {0};
    const char *id = s->frames->name[i];
    u->transcript = hm_transcripts_find(s->transcripts, id);
    if (!u->transcript)
        return hm_fail(&u->error, HM_ERROR_NOT_FOUND, "%s: has no transcript of the utterance %.100s of %s; add a line \"<s> WORDS </s> (%.100s)\"",
                       s->transcripts->path, id, s->frames->path, hm_utterance_name(id));
    hm_status status = load_scores(s, i, &scores, &u->error);
    if (status == HM_OK)
        status = hm_align(s->hmms, u->transcript, scores, &u->alignment, &u->error);
    hm_scores_free(s->call->context, &scores);
    return status;
}

static void align_task(void *job, size_t i)
{
    const session *s = job;
    s->list[i].status = align(s, i, &s->list[i]);
}

/* The first failure, or, with --skip-failed, a warning for each. */
static hm_status judge(const session *s, hm_error *error)
{
    size_t n_failed = 0;
    for (size_t i = 0; i < s->frames->n; i++) {
        const utterance *u = &s->list[i];
        if (u->status == HM_OK)
            continue;
        if (!s->options->skip_failed || u->status == HM_ERROR_MEMORY || ++n_failed == s->frames->n)
            return hm_fail(error, u->status, "%s", u->error.message);
        cli_warn("%s", u->error.message);
    }
    return HM_OK;
}

static hm_status align_all(session *s, hm_error *error)
{
    size_t n = s->frames->n;
    if (!(s->list = hm_alloc(s->call->context, n, sizeof *s->list, error)))
        return HM_ERROR_MEMORY;
    hm_pool_run(s->call->context->pool, n, align_task, s);
    return judge(s, error);
}

/* ---- Writing ---------------------------------------------------------------------------------- */

static hm_status write_labels(const session *s, hm_error *error)
{
    size_t n = s->frames->start[s->frames->n];
    float *label = hm_alloc(s->call->context, n, sizeof *label, error);
    if (!label)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < s->frames->n; i++)
        for (size_t t = 0; t < s->list[i].alignment.n_frames; t++)
            label[s->frames->start[i] + t] = (float)s->list[i].alignment.senone[t];
    hm_status status = cli_save_values(hm_matrix_f32(label, n, 1), s->call->options.output.output, error);
    hm_free(s->call->context, label);
    return status;
}

static void put_word(hm_file_writer *writer, const hm_pronunciation *p)
{
    hm_file_print(writer, "%.1000s", p ? p->word : "<sil>");
    if (p && p->variant > 1)
        hm_file_print(writer, "(%d)", p->variant);
}

/* Silence at the ends is what <s> and </s> stand for. */
static void put_words(hm_file_writer *writer, const utterance *u)
{
    const hm_alignment *a = &u->alignment;
    hm_file_print(writer, "<s>");
    for (size_t i = 0; i < a->n_words; i++)
        if (a->words[i].pronunciation || (i > 0 && i + 1 < a->n_words)) {
            hm_file_print(writer, " ");
            put_word(writer, a->words[i].pronunciation);
        }
    hm_file_print(writer, " </s> (%.1000s)\n", u->transcript->id);
}

static void put_phones(const session *s, hm_file_writer *writer, const utterance *u)
{
    const hm_alignment *a = &u->alignment;
    for (size_t i = 0; i < a->n_phones; i++) {
        const hm_aligned_phone *p = &a->phones[i];
        hm_file_print(writer, "%.1000s %zu %zu %.60s ", u->transcript->id, p->begin, p->end, hm_definition_phone(s->hmms->definition, p->phone));
        put_word(writer, a->words[p->word].pronunciation);
        hm_file_print(writer, "\n");
    }
}

static hm_status write_text(const session *s, const char *path, bool is_phones, hm_error *error)
{
    hm_file_writer writer;
    hm_status status = *path ? hm_file_create(&writer, path, error) : HM_OK;
    if (status != HM_OK || !*path)
        return status;
    for (size_t i = 0; i < s->frames->n; i++) {
        if (s->list[i].status != HM_OK)
            continue;
        if (is_phones)
            put_phones(s, &writer, &s->list[i]);
        else
            put_words(&writer, &s->list[i]);
    }
    return hm_file_commit(&writer, error);
}

static void tell(const session *s, double seconds)
{
    size_t n_silent = 0, n_frames = 0, n_aligned = 0;
    double log_p = 0;
    for (size_t i = 0; i < s->frames->n; i++) {
        const hm_alignment *a = &s->list[i].alignment;
        n_aligned += s->list[i].status == HM_OK;
        n_frames += a->n_frames;
        log_p += a->log_p;
        for (size_t w = 0; w < a->n_words; w++)
            n_silent += a->words[w].pronunciation ? 0 : a->words[w].end - a->words[w].begin;
    }
    cli_say(s->call, "%s: %zu frames of %zu utterances aligned in %.1f s, %.1f %% silence, ln p %.3f a frame", s->call->options.output.output, n_frames,
            n_aligned, seconds, 100 * (double)n_silent / (double)n_frames, log_p / (double)n_frames);
}

/* ---- The verb --------------------------------------------------------------------------------- */

static hm_status check(const cli_call *call, hm_error *error)
{
    const cli_hmm *o = &call->options.hmm;
    const cli_need needs[] = {{call->options.output.output, "where the labels go: -o labels.npy"},
                              {o->scores, "where the scores of the senones are: --scores FOLDER"},
                              {o->definition, "the model definition: --definition mdef.txt"},
                              {o->transitions, "the transitions: --transitions transition_matrices"},
                              {o->dictionary, "the pronunciations: --dictionary FILE"},
                              {o->transcripts, "what was said: --transcripts FILE"}};
    return cli_require(needs, sizeof needs / sizeof *needs, error);
}

static hm_status load(session *s, hm_error *error)
{
    const cli_hmm *o = s->options;
    const hm_context *context = s->call->context;
    const hm_hmm_files files = {o->definition, o->transitions, o->dictionary, *o->fillers ? o->fillers : NULL};
    hm_status status = hm_sequences_read(context, s->call->operand[0], 0, &s->frames, error);
    if (status == HM_OK && s->frames->n == 0)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: has no sequences; there is nothing to align", s->call->operand[0]);
    if (status == HM_OK)
        status = hm_hmms_load(context, &files, &s->hmms, error);
    return status == HM_OK ? hm_transcripts_load(context, o->transcripts, &s->transcripts, error) : status;
}

static void clear(session *s)
{
    for (size_t i = 0; s->list && i < s->frames->n; i++)
        if (s->list[i].status == HM_OK)
            hm_alignment_clear(&s->list[i].alignment);
    hm_free(s->call->context, s->list);
    hm_transcripts_destroy(s->transcripts);
    hm_hmms_destroy(s->hmms);
    hm_sequences_destroy(s->frames);
}

static hm_status run(cli_call *call, hm_error *error)
{
    session s = {.call = call, .options = &call->options.hmm};
    double began = hm_seconds();
    hm_status status = check(call, error);
    if (status == HM_OK)
        status = load(&s, error);
    if (status == HM_OK)
        status = align_all(&s, error);
    if (status == HM_OK)
        status = write_labels(&s, error);
    if (status == HM_OK)
        status = write_text(&s, s.options->words, false, error);
    if (status == HM_OK)
        status = write_text(&s, s.options->phones, true, error);
    if (status == HM_OK)
        tell(&s, hm_seconds() - began);
    clear(&s);
    return status;
}

const cli_verb cli_verb_align = {
    "align", "Label the frames of speech with the senones of a recogniser, from what was said", "FRAMES.sequences", 1, 1,
    {&cli_hmm_options, &cli_output_options, &cli_common_options, NULL}, "output", ".npy .csv",
    "harmonium align train.sequences --scores sen --definition mdef.txt --transitions transition_matrices --dictionary an4.dic --fillers "
    "an4.filler --transcripts an4_train.transcription -o labels.npy", run,
};
