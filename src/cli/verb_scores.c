/* harmonium scores: senone scores of utterances by a network, for a decoder and for `align`. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"
#include "data/dataset.h"
#include "data/sequences.h"

typedef struct session {
    const cli_call *call;
    cli_material *m;
    hm_definition *definition;
    size_t n_senones, n_phones, longest; /* frames of the longest utterance */
    float *cases, *scores;               /* [longest][V], [longest][n_senones] */
    float *posteriors;                   /* [longest][n_phones], with a confusion matrix alone */
    double *confusion;                   /* [n_phones][n_phones]: frames that are (row) and were heard as (column) a phone; or null */
} session;

/* ---- Which phones are taken for which ---------------------------------------------------------- */

static hm_status begin_confusion(session *s, hm_error *error)
{
    if (!*s->call->options.output.confusion)
        return HM_OK;
    if (hm_dataset_n_classes(s->m->set) == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a confusion matrix needs the senone of each frame; give --labels");
    s->n_phones = hm_definition_n_phones(s->definition);
    s->confusion = hm_alloc(s->call->context, s->n_phones * s->n_phones, sizeof *s->confusion, error);
    s->posteriors = s->confusion ? hm_alloc(s->call->context, s->longest * s->n_phones, sizeof *s->posteriors, error) : NULL;
    return s->posteriors ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status count_confusion(const session *s, size_t first, hm_matrix cases, hm_error *error)
{
    hm_matrix posteriors = hm_matrix_f32(s->posteriors, cases.rows, s->n_phones);
    hm_status status = hm_phone_posteriors(s->m->model, s->definition, cases, posteriors, error);
    for (size_t t = 0; status == HM_OK && t < cases.rows; t++) {
        int32_t label = hm_dataset_label(s->m->set, first + t);
        int32_t phone = label >= 0 && (size_t)label < s->n_senones ? hm_definition_phone_of(s->definition, (uint32_t)label) : HM_PHONE_NONE;
        if (phone != HM_PHONE_NONE)
            s->confusion[(size_t)phone * s->n_phones + hm_largest(hm_row_f32(&posteriors, t), s->n_phones)]++;
    }
    return status;
}

/* Rows become shares in %, since phones are not equally frequent; returns the share of all frames whose phone was heard. */
static double share_rows(double *confusion, size_t n)
{
    double all = 0, right = 0;
    for (size_t r = 0; r < n; r++) {
        double sum = 0;
        for (size_t c = 0; c < n; c++)
            sum += confusion[r * n + c];
        all += sum;
        right += confusion[r * n + r];
        for (size_t c = 0; c < n && sum > 0; c++)
            confusion[r * n + c] = round(100 * confusion[r * n + c] / sum);
    }
    return all > 0 ? right / all : 0;
}

static hm_status draw_confusion(const session *s, hm_error *error)
{
    if (!s->confusion)
        return HM_OK;
    char title[80];
    hm_image *image;
    const char **names = hm_alloc(s->call->context, s->n_phones, sizeof *names, error);
    if (!names)
        return HM_ERROR_MEMORY;
    for (size_t k = 0; k < s->n_phones; k++)
        names[k] = hm_definition_phone(s->definition, (int32_t)k);
    snprintf(title, sizeof title, "%.2f %% of the frames have another phone; rows in %%", 100 - 100 * share_rows(s->confusion, s->n_phones));
    const hm_plot plot = {.title = title, .x_label = "heard", .y_label = "is", .width = 1100, .height = 900};
    hm_status status = hm_plot_table(s->call->context, &plot, s->confusion, s->n_phones, s->n_phones, names, names, &image, error);
    hm_free(s->call->context, names);
    return status == HM_OK ? cli_save_image(s->call, image, s->call->options.output.confusion, "Confusion of phones",
                                            "Rows are the phone that a frame is, columns the one that the network hears.", error)
                           : status;
}

/* ---- One utterance ---------------------------------------------------------------------------- */

/* FOLDER/an4_clstk/fash/an251-fash-b.sen, whose folders are made. */
static hm_status name_file(const cli_call *call, const char *utterance, char *path, size_t size, hm_error *error)
{
    if (!hm_path_is_inside(utterance))
        return hm_fail(error, HM_ERROR_FORMAT, "the utterance \"%.100s\" would be written outside of %s; correct its name in the file of sequences",
                       utterance, call->options.output.output);
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
    if (status == HM_OK && s->confusion)
        status = count_confusion(s, first, cases, error);
    if (status == HM_OK)
        status = name_file(s->call, utterance, path, sizeof path, error);
    return status == HM_OK ? hm_scores_save(s->call->context, scores, path, error) : status;
}

/* ---- All of them ------------------------------------------------------------------------------ */

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
    return s->cases && s->scores ? begin_confusion(s, error) : HM_ERROR_MEMORY;
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
    const cli_need needs[] = {{call->options.output.output, "in which folder the scores go: -o FOLDER"},
                              {call->options.hmm.definition, "which senones there are: --definition mdef.txt"}};
    hm_status status = cli_require(needs, sizeof needs / sizeof *needs, error);
    if (status == HM_OK)
        status = cli_open_material(call, &m, error);
    if (status != HM_OK)
        return status;
    session s = {.call = call, .m = &m};
    status = hm_definition_load(call->context, call->options.hmm.definition, &s.definition, error);
    if (status == HM_OK) {
        s.n_senones = hm_definition_n_senones(s.definition);
        status = make_room(&s, error);
    }
    if (status == HM_OK)
        status = score_all(&s, &n_utterances, error);
    if (status == HM_OK)
        status = draw_confusion(&s, error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu frames of %zu utterances scored in %.1f s", call->options.output.output, hm_dataset_n_cases(m.set), n_utterances,
                hm_seconds() - began);
    hm_definition_destroy(s.definition);
    hm_free(call->context, s.confusion);
    hm_free(call->context, s.posteriors);
    hm_free(call->context, s.cases);
    hm_free(call->context, s.scores);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_scores = {
    "scores", "Score the senones of speech by a network, an utterance a file, for a decoder or `align`", "MODEL FRAMES", 2, 2,
    {&hm_data_options, &cli_hmm_options, &cli_output_options, &cli_common_options, NULL}, "output confusion", NULL,
    "harmonium scores net.safetensors test.npy --definition mdef.txt -o scores", run,
};
