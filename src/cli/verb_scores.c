/* harmonium scores: senone scores of utterances by a network, for a decoder and for `align`. */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/verbs.h"
#include "data/dataset.h"
#include "data/sequences.h"

typedef struct session {
    const cli_call *call;
    cli_material *m;
    size_t n_senones, longest; /* frames of the longest utterance */
    float *cases, *scores;     /* [longest][V], [longest][n_senones] */
} session;

/* ---- One utterance ---------------------------------------------------------------------------- */

/* FOLDER/an4_clstk/fash/an251-fash-b.sen, whose folders are made. */
static hm_status name_file(const cli_call *call, const char *utterance, char *path, size_t size, hm_error *error)
{
    int n = snprintf(path, size, "%s/%s.sen", call->options.output.output, utterance);
    if (n < 0 || (size_t)n >= size)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s/%.100s...: the path is too long", call->options.output.output, utterance);
    char *slash = strrchr(path, '/');
    *slash = 0;
    hm_status status = hm_folder_create(path, error);
    *slash = '/';
    return status;
}

static hm_status score(const session *s, size_t first, size_t n, const char *utterance, hm_error *error)
{
    char path[4096];
    hm_matrix cases = hm_matrix_f32(s->cases, n, s->m->V), scores = hm_matrix_f32(s->scores, n, s->n_senones);
    hm_status status = hm_dataset_read(s->m->set, NULL, first, n, 0, cases, error);
    if (status == HM_OK)
        status = hm_senone_scores(s->m->model, cases, scores, error);
    if (status == HM_OK)
        status = name_file(s->call, utterance, path, sizeof path, error);
    return status == HM_OK ? hm_scores_save(s->call->context, scores, path, error) : status;
}

/* ---- All of them ------------------------------------------------------------------------------ */

static hm_status count_senones(session *s, hm_error *error)
{
    hm_definition *definition;
    hm_status status = hm_definition_load(s->call->context, s->call->options.hmm.definition, &definition, error);
    if (status != HM_OK)
        return status;
    s->n_senones = hm_definition_n_senones(definition);
    hm_definition_destroy(definition);
    return HM_OK;
}

static hm_status make_room(session *s, hm_error *error)
{
    const hm_sequences *sequences = hm_dataset_sequences(s->m->set);
    if (!sequences)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: no file says which utterances the frames lie in; name it with --sequences",
                       hm_dataset_describe(s->m->set));
    for (size_t i = 0; i < sequences->n; i++) {
        size_t n = (size_t)(sequences->start[i + 1] - sequences->start[i]);
        s->longest = n > s->longest ? n : s->longest;
    }
    s->m->V = hm_dataset_n_features(s->m->set);
    s->cases = hm_alloc(s->call->context, s->longest * s->m->V, sizeof *s->cases, error);
    s->scores = hm_alloc(s->call->context, s->longest * s->n_senones, sizeof *s->scores, error);
    return s->cases && s->scores ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status score_all(session *s, size_t *n_utterances, hm_error *error)
{
    const hm_sequences *sequences = hm_dataset_sequences(s->m->set);
    size_t n_frames = hm_dataset_n_cases(s->m->set), n;
    hm_status status = HM_OK;
    for (size_t first = 0; status == HM_OK && first < n_frames; first += n, ++*n_utterances) {
        size_t i;
        status = hm_dataset_sequence_at(s->m->set, first, &i, &n, error);
        if (status == HM_OK)
            status = score(s, first, n, sequences->name[i], error);
    }
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    size_t n_utterances = 0;
    double began = hm_seconds();
    if (!*call->options.output.output)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say in which folder the scores go: -o FOLDER");
    if (!*call->options.hmm.definition)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say which senones there are: --definition mdef.txt");
    hm_status status = cli_open_material(call, &m, error);
    if (status != HM_OK)
        return status;
    session s = {.call = call, .m = &m};
    status = count_senones(&s, error);
    if (status == HM_OK)
        status = make_room(&s, error);
    if (status == HM_OK)
        status = score_all(&s, &n_utterances, error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu frames of %zu utterances scored in %.1f s", call->options.output.output, hm_dataset_n_cases(m.set), n_utterances,
                hm_seconds() - began);
    hm_free(call->context, s.cases);
    hm_free(call->context, s.scores);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_scores = {
    "scores", "Score the senones of speech by a network, an utterance a file, for a decoder or `align`", "MODEL FRAMES", 2, 2,
    {&hm_data_options, &cli_hmm_options, &cli_output_options, &cli_common_options, NULL}, "output", NULL,
    "harmonium scores net.safetensors test.npy --definition mdef.txt -o scores", run,
};
