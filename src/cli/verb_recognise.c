/* harmonium recognise MODEL SOUND...: from sounds to their words, by a network's senone scores and a decoder. */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_recognised.h"
#include "cli/verbs.h"

typedef struct session {
    const cli_call *call;
    cli_sounds sounds;
    hm_model *model;
    hm_definition *definition;
    char definition_path[2 * HM_TEXT_MAX];
    hm_decoder *decoder;
    hm_front_end_config front_end;
    hm_file_writer hypotheses;
    hm_voice voice;       /* of the speaker of the sounds from `voiced` on, where the front end goes by it */
    size_t voiced;
    double seconds, work; /* of sound, and from features to words */
} session;

/* ---- Telling ---------------------------------------------------------------------------------- */

static void print_words(const session *s, const cli_recognised *r)
{
    double step = s->front_end.step / 1000;
    size_t n = 0;
    for (size_t i = 0; i < r->heard.n; i++) {
        const hm_heard_word *w = &r->heard.words[i];
        if (hm_word_is_filler(w->word))
            continue;
        cli_print("%s %.2f %.2f %.*s\n", r->sound->path, (double)w->begin * step, (double)w->end * step, (int)hm_word_length(w->word, NULL), w->word);
        n++;
    }
    fflush(stdout);
    if (n == 0)
        cli_warn("%s: no word was recognised", r->sound->path);
}

/* "WORDS (utterance)" */
static void write_hypothesis(session *s, const cli_recognised *r)
{
    if (!*s->call->options.hmm.hypotheses)
        return;
    for (size_t i = 0; i < r->heard.n; i++) {
        const char *word = r->heard.words[i].word;
        if (hm_word_is_filler(word))
            continue;
        hm_file_write(&s->hypotheses, word, hm_word_length(word, NULL));
        hm_file_write(&s->hypotheses, " ", 1);
    }
    hm_file_write(&s->hypotheses, "(", 1);
    hm_file_write(&s->hypotheses, r->sound->name, strlen(r->sound->name));
    hm_file_write(&s->hypotheses, ")\n", 2);
}

static void tell(const session *s)
{
    cli_say(s->call, "%.1f s of sound in %zu file%s recognised in %.2f s: %.0f times as fast as it was spoken", s->seconds, s->sounds.n,
            s->sounds.n == 1 ? "" : "s", s->work, s->seconds / s->work);
}

/* ---- One sound -------------------------------------------------------------------------------- */

static bool is_one_voice(const session *s, size_t i, size_t j)
{
    return strcmp(s->sounds.sound[i].speaker, s->sounds.sound[j].speaker) == 0;
}

/* The sounds of one speaker, which are those of one folder, follow one another. */
static hm_status find_voice(session *s, size_t i, hm_error *error)
{
    hm_status status = HM_OK;
    if (s->front_end.normalise != HM_NORMALISE_SPEAKER || (s->voice.sums && is_one_voice(s, i, s->voiced)))
        return HM_OK;
    hm_voice_clear(s->call->context, &s->voice);
    s->voiced = i;
    for (size_t j = i; status == HM_OK && j < s->sounds.n && is_one_voice(s, i, j); j++)
        status = hm_voice_add(s->call->context, &s->front_end, s->sounds.sound[j].path, &s->voice, error);
    return status;
}

static hm_status hear(session *s, cli_recognised *r, hm_error *error)
{
    float *cases;
    size_t n, n_senones = hm_definition_n_senones(s->definition);
    hm_status status = find_voice(s, (size_t)(r->sound - s->sounds.sound), error);
    if (status == HM_OK)
        status = hm_sound_cases(s->model, s->voice.sums ? &s->voice : NULL, r->sound->path, &cases, &n, error);
    if (status != HM_OK)
        return status;
    r->cases = hm_matrix_f32(cases, n, hm_model_n_features(s->model));
    float *scores = hm_alloc(s->call->context, n * n_senones, sizeof *scores, error);
    if (!scores)
        return HM_ERROR_MEMORY;
    r->scores = hm_matrix_f32(scores, n, n_senones);
    status = hm_senone_scores(s->model, r->cases, r->scores, error);
    return status == HM_OK ? hm_decoder_run(s->decoder, r->scores, &r->heard, error) : status;
}

static hm_status recognise(session *s, const cli_sound *sound, hm_error *error)
{
    cli_recognised r = {.model = s->model, .definition = s->definition, .definition_path = s->definition_path, .sound = sound,
                        .front_end = s->front_end};
    double began = hm_seconds();
    hm_status status = hear(s, &r, error);
    s->work += hm_seconds() - began;
    s->seconds += (double)r.cases.rows * s->front_end.step / 1000;
    if (status == HM_OK) {
        print_words(s, &r);
        write_hypothesis(s, &r);
    }
    if (status == HM_OK && *s->call->options.output.output)
        status = cli_draw_recognised(s->call, &r, error);
    hm_hypothesis_clear(&r.heard);
    hm_free(s->call->context, r.scores.data);
    hm_sound_frames_free(s->call->context, r.cases.data);
    return status;
}

static hm_status recognise_all(session *s, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < s->sounds.n; i++)
        status = recognise(s, &s->sounds.sound[i], error);
    return status;
}

/* All lines or none. */
static hm_status recognise_into_file(session *s, hm_error *error)
{
    const char *path = s->call->options.hmm.hypotheses;
    if (!*path)
        return recognise_all(s, error);
    hm_status status = hm_file_create(&s->hypotheses, path, error);
    if (status != HM_OK)
        return status;
    status = recognise_all(s, error);
    if (status == HM_OK)
        return hm_file_commit(&s->hypotheses, error);
    hm_file_abandon(&s->hypotheses);
    return status;
}

/* ---- The verb --------------------------------------------------------------------------------- */

static hm_status check(const cli_call *call, hm_error *error)
{
    const cli_hmm *o = &call->options.hmm;
    const cli_need needs[] = {{o->hmms, "where the hidden Markov models are: --hmm FOLDER"},
                              {o->dictionary, "the pronunciations: --dictionary FILE"},
                              {o->fillers, "those of silence and noises: --fillers FILE"},
                              {o->language_model, "the language model: --language-model FILE"}};
    return cli_require(needs, sizeof needs / sizeof *needs, error);
}

static hm_status list_sounds(session *s, hm_error *error)
{
    const char *picture = s->call->options.output.output;
    hm_status status = cli_list_sounds(s->call, 1, &s->sounds, error);
    if (status == HM_OK && *picture && s->sounds.n != 1)
        status = hm_fail(error, HM_ERROR_ARGUMENT, "%s: one sound is drawn at a time, and here are %zu", picture, s->sounds.n);
    return status;
}

/* mdef.txt of the folder, or else mdef, unless another one was named. */
static hm_status load_definition(session *s, hm_error *error)
{
    const cli_hmm *o = &s->call->options.hmm;
    hm_path_join(s->definition_path, sizeof s->definition_path, o->hmms, "mdef.txt");
    if (!hm_file_exists(s->definition_path))
        hm_path_join(s->definition_path, sizeof s->definition_path, o->hmms, "mdef");
    if (*o->definition)
        strcpy(s->definition_path, o->definition);
    return hm_definition_load(s->call->context, s->definition_path, &s->definition, error);
}

static hm_status load(session *s, hm_error *error)
{
    const cli_hmm *o = &s->call->options.hmm;
    const hm_decoder_files files = {o->hmms, o->dictionary, o->fillers, o->language_model, o->language_weight};
    size_t around;
    hm_status status = hm_model_load(s->call->context, s->call->operand[0], &s->model, error);
    if (status == HM_OK)
        status = hm_model_front_end(s->model, &s->front_end, &around, error);
    if (status == HM_OK)
        status = hm_decoder_create(s->call->context, &files, &s->decoder, error);
    return status == HM_OK ? load_definition(s, error) : status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    session s = {.call = call};
    hm_status status = check(call, error);
    if (status == HM_OK)
        status = list_sounds(&s, error);
    if (status == HM_OK)
        status = load(&s, error);
    if (status == HM_OK)
        status = recognise_into_file(&s, error);
    if (status == HM_OK)
        tell(&s);
    hm_voice_clear(call->context, &s.voice);
    hm_decoder_destroy(s.decoder);
    hm_definition_destroy(s.definition);
    hm_model_destroy(s.model);
    cli_free_sounds(&s.sounds);
    return status;
}

const cli_verb cli_verb_recognise = {
    "recognise", "Write down the words of sounds, and when they were said", "MODEL SOUND|FOLDER...", 2, CLI_OPERANDS_MAX,
    {&cli_recognise_options, &cli_output_options, &cli_common_options, NULL}, "output", ".png",
    "harmonium recognise net.safetensors hello.wav --hmm model --dictionary an4.dic --fillers an4.filler --language-model an4.lm.DMP", run,
};
