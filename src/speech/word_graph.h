/* The graph of a transcript: a node for each phone in each of its contexts, in the order of the words.
 *
 *     silence 0, word 0, silence 1, word 1, ..., silence n
 *
 * Pronunciations of a word are parallel, and so are copies of its first phone for each last phone that may stand before it and of
 * its last phone for each first phone that may follow; a silence is one such neighbour. */
#ifndef HM_SPEECH_WORD_GRAPH_H
#define HM_SPEECH_WORD_GRAPH_H

#include <harmonium/hmm.h>

typedef struct hm_graph_node {
    const hm_triphone *hmm;
    const hm_pronunciation *pronunciation; /* null: silence */
    size_t word;                           /* whose phone it is, or which the silence stands before */
    size_t place;                          /* of the phone in its pronunciation */
    int32_t phone, left, right;            /* contexts count at the ends of a word; HM_PHONE_NONE: silence */
    size_t first_before, n_before;         /* the nodes that it may follow: before[first_before ..] of the graph */
    bool is_start, is_end;                 /* of the utterance */
} hm_graph_node;

typedef struct hm_word_graph {
    const hm_context *context;
    size_t n, room; /* nodes */
    hm_graph_node *node;
    size_t n_before, room_before;
    uint32_t *before;
} hm_word_graph;

/* HM_ERROR_NOT_FOUND for a word without pronunciation, HM_ERROR_MISMATCH for a transcript without words. Clear it in any case. */
hm_status hm_word_graph_build(const hm_hmms *hmms, const hm_transcript *transcript, hm_word_graph *graph, hm_error *error);
void hm_word_graph_clear(hm_word_graph *graph);

#endif
