/* Viterbi alignment of an utterance: the best path through the graph of its transcript [Rabiner89, eqs. 32 to 35].
 *
 *     delta_t(j) = max_i (delta_t-1(i) + ln a_ij) + ln b_j(x_t),   psi_t(j) = the i of the maximum
 *
 * j: states, HM_HMM_STATES a node of the graph; a_ij: within a node its transitions, between nodes from a state's exit into the
 * first state of the next; b_j(x_t): scores[t][senone of j]. The path ends by an exit. All ways into a word are equally probable. */
#include <harmonium/hmm.h>

#include <math.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "speech/word_graph.h"

enum { S = HM_HMM_STATES };
static const uint32_t START = UINT32_MAX; /* the psi of a state in which the utterance begins */

typedef struct viterbi {
    const hm_hmms *hmms;
    hm_matrix scores;
    hm_word_graph graph;
    size_t n_states;
    double *delta, *last; /* [n_states]: of this frame and of the one before */
    double *exit;         /* [nodes]: the best of `last` that leaves the node, */
    uint32_t *exit_state; /* [nodes]: and the state that it leaves from */
    uint32_t *psi;        /* [n_frames][n_states] */
} viterbi;

static void clear(viterbi *v)
{
    const hm_context *context = v->hmms->context;
    hm_free(context, v->psi);
    hm_free(context, v->exit_state);
    hm_free(context, v->exit);
    hm_free(context, v->last);
    hm_free(context, v->delta);
    hm_word_graph_clear(&v->graph);
}

static hm_status reserve(viterbi *v, hm_error *error)
{
    const hm_context *context = v->hmms->context;
    v->n_states = S * v->graph.n;
    v->delta = hm_alloc(context, v->n_states, sizeof *v->delta, error);
    v->last = v->delta ? hm_alloc(context, v->n_states, sizeof *v->last, error) : NULL;
    v->exit = v->last ? hm_alloc(context, v->graph.n, sizeof *v->exit, error) : NULL;
    v->exit_state = v->exit ? hm_alloc(context, v->graph.n, sizeof *v->exit_state, error) : NULL;
    v->psi = v->exit_state ? hm_alloc(context, v->scores.rows, v->n_states * sizeof *v->psi, error) : NULL;
    return v->psi ? HM_OK : HM_ERROR_MEMORY;
}

/* ---- Forward ---------------------------------------------------------------------------------- */

/* ln a[S][S + 1] of a node. */
static const float *transitions_of(const viterbi *v, size_t node)
{
    return hm_transitions_at(v->hmms->transitions, v->graph.node[node].hmm->matrix);
}

/* The best way out of each node after the frame in `last`. */
static void leave_nodes(viterbi *v)
{
    for (size_t i = 0; i < v->graph.n; i++) {
        const float *log_a = transitions_of(v, i);
        v->exit[i] = -INFINITY;
        v->exit_state[i] = (uint32_t)(S * i);
        for (size_t s = 0; s < S; s++) {
            double way = v->last[S * i + s] + (double)log_a[s * (S + 1) + S];
            if (way > v->exit[i]) {
                v->exit[i] = way;
                v->exit_state[i] = (uint32_t)(S * i + s);
            }
        }
    }
}

static void consider(double way, uint32_t from, double *best, uint32_t *psi)
{
    if (way > *best) {
        *best = way;
        *psi = from;
    }
}

/* The frame t of one node. */
static void step_node(const viterbi *v, size_t t, size_t i)
{
    const hm_graph_node *node = &v->graph.node[i];
    const float *log_a = transitions_of(v, i), *score = hm_row_f32(&v->scores, t);
    uint32_t *psi = v->psi + t * v->n_states + S * i;
    for (size_t s = 0; s < S; s++) {
        double best = -INFINITY;
        psi[s] = START;
        for (size_t from = 0; from <= s; from++)
            consider(v->last[S * i + from] + (double)log_a[from * (S + 1) + s], (uint32_t)(S * i + from), &best, &psi[s]);
        for (size_t k = 0; s == 0 && k < node->n_before; k++) {
            uint32_t before = v->graph.before[node->first_before + k];
            consider(v->exit[before], v->exit_state[before], &best, &psi[s]);
        }
        if (s == 0 && t == 0 && node->is_start)
            best = 0;
        v->delta[S * i + s] = best + (double)score[node->hmm->senone[s]];
    }
}

static void run_forward(viterbi *v)
{
    for (size_t j = 0; j < v->n_states; j++)
        v->last[j] = -INFINITY;
    for (size_t t = 0; t < v->scores.rows; t++) {
        leave_nodes(v);
        for (size_t i = 0; i < v->graph.n; i++)
            step_node(v, t, i);
        double *done = v->delta;
        v->delta = v->last;
        v->last = done;
    }
    leave_nodes(v);
}

/* ---- Back along the best path ------------------------------------------------------------------ */

/* The node that the best path ends in; false when no path ends. */
static bool find_end(const viterbi *v, size_t *end, double *log_p)
{
    *log_p = -INFINITY;
    for (size_t i = 0; i < v->graph.n; i++)
        if (v->graph.node[i].is_end && v->exit[i] > *log_p) {
            *log_p = v->exit[i];
            *end = i;
        }
    return *log_p > -INFINITY;
}

/* state[n_frames]: the path. */
static void trace_back(const viterbi *v, size_t end, uint32_t *state)
{
    uint32_t j = v->exit_state[end];
    for (size_t t = v->scores.rows; t-- > 0; j = v->psi[t * v->n_states + j])
        state[t] = j;
}

/* No node follows itself. */
static bool begins_node(const uint32_t *state, size_t t)
{
    return t == 0 || state[t] / S != state[t - 1] / S;
}

static bool begins_word(const viterbi *v, const uint32_t *state, size_t t)
{
    const hm_graph_node *node = &v->graph.node[state[t] / S];
    return begins_node(state, t) && node->place == 0;
}

static hm_status allocate(hm_alignment *a, size_t n_frames, size_t n_phones, size_t n_words, hm_error *error)
{
    a->senone = hm_alloc(a->context, n_frames, sizeof *a->senone, error);
    a->phones = a->senone ? hm_alloc(a->context, n_phones, sizeof *a->phones, error) : NULL;
    a->words = a->phones ? hm_alloc(a->context, n_words, sizeof *a->words, error) : NULL;
    return a->words ? HM_OK : HM_ERROR_MEMORY;
}

static void tell_frame(const viterbi *v, const uint32_t *state, size_t t, hm_alignment *a)
{
    const hm_graph_node *node = &v->graph.node[state[t] / S];
    a->senone[t] = node->hmm->senone[state[t] % S];
    if (begins_word(v, state, t))
        a->words[a->n_words++] = (hm_aligned_word){node->pronunciation, t, t};
    if (begins_node(state, t))
        a->phones[a->n_phones++] = (hm_aligned_phone){node->phone, a->n_words - 1, t, t};
    a->words[a->n_words - 1].end = a->phones[a->n_phones - 1].end = t + 1;
}

static hm_status tell_path(const viterbi *v, const uint32_t *state, hm_alignment *a, hm_error *error)
{
    size_t n = v->scores.rows, n_phones = 0, n_words = 0;
    for (size_t t = 0; t < n; t++) {
        n_phones += begins_node(state, t);
        n_words += begins_word(v, state, t);
    }
    hm_status status = allocate(a, n, n_phones, n_words, error);
    if (status != HM_OK)
        return status;
    for (size_t t = 0; t < n; t++)
        tell_frame(v, state, t, a);
    a->n_frames = n;
    return HM_OK;
}

static hm_status fail_path(const viterbi *v, const hm_transcript *transcript, hm_error *error)
{
    return hm_fail(error, HM_ERROR_MISMATCH,
                   "utterance %.100s: no path through its %zu words fits its %zu frames; the frames are too few (%d a phone), or the transcript is "
                   "another's", transcript->id, transcript->n, v->scores.rows, S);
}

static hm_status follow_path(const viterbi *v, const hm_transcript *transcript, hm_alignment *a, hm_error *error)
{
    size_t end = 0;
    if (!find_end(v, &end, &a->log_p))
        return fail_path(v, transcript, error);
    uint32_t *state = hm_alloc(a->context, v->scores.rows, sizeof *state, error);
    if (!state)
        return HM_ERROR_MEMORY;
    trace_back(v, end, state);
    hm_status status = tell_path(v, state, a, error);
    hm_free(a->context, state);
    return status;
}

/* ---- The whole -------------------------------------------------------------------------------- */

static hm_status check_scores(const hm_hmms *hmms, const hm_transcript *transcript, hm_matrix scores, hm_error *error)
{
    size_t wanted = hm_definition_n_senones(hmms->definition);
    if (scores.cols != wanted)
        return hm_fail(error, HM_ERROR_MISMATCH, "utterance %.100s: scores of %zu senones, but the model definition has %zu; they must be of one model",
                       transcript->id, scores.cols, wanted);
    for (size_t t = 0; t < scores.rows; t++)
        for (size_t i = 0; i < scores.cols; i++) {
            float score = hm_row_f32(&scores, t)[i];
            if (isnan(score) || score == INFINITY)
                return hm_fail(error, HM_ERROR_NUMERIC, "utterance %.100s: the score of senone %zu in frame %zu (from 0) is %g; scores are logarithms of "
                               "probabilities", transcript->id, i, t, (double)score);
        }
    return HM_OK;
}

hm_status hm_align(const hm_hmms *hmms, const hm_transcript *transcript, hm_matrix scores, hm_alignment *alignment, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, hmms, transcript, alignment));
    HM_REQUIRE(hm_check_matrix("scores", scores, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    viterbi v = {.hmms = hmms, .scores = scores, .graph.context = hmms->context};
    *alignment = (hm_alignment){.context = hmms->context};
    hm_status status = check_scores(hmms, transcript, scores, error);
    if (status == HM_OK)
        status = hm_word_graph_build(hmms, transcript, &v.graph, error);
    if (status == HM_OK)
        status = reserve(&v, error);
    if (status == HM_OK) {
        run_forward(&v);
        status = follow_path(&v, transcript, alignment, error);
    }
    if (status != HM_OK)
        hm_alignment_clear(alignment);
    clear(&v);
    return status;
}

void hm_alignment_clear(hm_alignment *a)
{
    hm_free(a->context, a->senone);
    hm_free(a->context, a->phones);
    hm_free(a->context, a->words);
    *a = (hm_alignment){.context = a->context};
}
