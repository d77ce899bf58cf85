/* The files of hidden Markov models, each input as every kind: what is accepted must keep the promises of its header. */
#include "fuzz_data.h"

#include <harmonium/hmm.h>

#include "data/sequences.h"

enum { N_SENONES = 12 };

static void try_definition(const char *path)
{
    hm_definition *definition;
    hm_error error;
    if (hm_definition_load(fuzz_context(), path, &definition, &error) != HM_OK)
        return;
    for (size_t p = 0; p < hm_definition_n_phones(definition); p++) {
        const hm_triphone *hmm = hm_definition_find(definition, (int32_t)p, 0, 0, HM_POSITION_END);
        for (int s = 0; s < HM_HMM_STATES; s++)
            EXPECT(hmm->senone[s] < hm_definition_n_senones(definition));
        EXPECT(hmm->matrix < hm_definition_n_matrices(definition));
    }
    hm_definition_destroy(definition);
}

static void try_transitions(const char *path)
{
    hm_transitions *transitions;
    hm_error error;
    if (hm_transitions_load(fuzz_context(), path, &transitions, &error) != HM_OK)
        return;
    for (size_t i = 0; i < hm_transitions_n(transitions); i++)
        for (int k = 0; k < HM_HMM_STATES * (HM_HMM_STATES + 1); k++)
            EXPECT(hm_transitions_at(transitions, i)[k] <= 1e-6f);
    hm_transitions_destroy(transitions);
}

static void try_scores(const char *path)
{
    hm_matrix scores;
    hm_error error;
    if (hm_scores_load(fuzz_context(), path, N_SENONES, &scores, &error) != HM_OK)
        return;
    for (size_t t = 0; t < scores.rows; t++)
        for (size_t s = 0; s < scores.cols; s++)
            EXPECT(isfinite(hm_row_f32(&scores, t)[s]));
    hm_scores_free(fuzz_context(), &scores);
}

static void try_transcripts(const char *path)
{
    hm_transcripts *transcripts;
    hm_error error;
    if (hm_transcripts_load(fuzz_context(), path, &transcripts, &error) != HM_OK)
        return;
    for (size_t i = 0; i < transcripts->n; i++)
        EXPECT(hm_transcripts_find(transcripts, transcripts->list[i].id) != NULL);
    hm_transcripts_destroy(transcripts);
}

static void try_sequences(const char *path)
{
    hm_sequences *sequences;
    hm_error error;
    if (hm_sequences_read(fuzz_context(), path, 0, &sequences, &error) != HM_OK)
        return;
    for (size_t i = 0; i < sequences->n; i++)
        EXPECT(hm_sequences_at(sequences, sequences->start[i]) == i);
    hm_sequences_destroy(sequences);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *path = fuzz_file(bytes, n);
    try_definition(path);
    try_transitions(path);
    try_scores(path);
    try_transcripts(path);
    try_sequences(path);
    return 0;
}
