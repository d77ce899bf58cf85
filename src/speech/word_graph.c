/* Building the graph of a transcript. */
#include "speech/word_graph.h"

#include "base/alloc.h"
#include "base/fail.h"

/* What a node may stand beside: the phones at one end of a word's pronunciations, and silence. */
typedef struct neighbours {
    const hm_pronunciation *list; /* null: there is no word, silence alone */
    size_t n;
    bool is_before; /* their last phones count, else their first */
} neighbours;

typedef struct builder {
    const hm_hmms *hmms;
    const hm_transcript *transcript;
    hm_word_graph *graph;
    hm_error *error;
} builder;

void hm_word_graph_clear(hm_word_graph *graph)
{
    hm_free(graph->context, graph->node);
    hm_free(graph->context, graph->before);
    *graph = (hm_word_graph){.context = graph->context};
}

/* ---- Nodes ------------------------------------------------------------------------------------ */

static hm_status add_node(hm_word_graph *g, hm_graph_node node, hm_error *error)
{
    if (g->n == g->room) {
        size_t room = 2 * g->room + 64;
        hm_graph_node *grown = hm_realloc(g->context, g->node, g->room, room, sizeof *grown, error);
        if (!grown)
            return HM_ERROR_MEMORY;
        g->node = grown;
        g->room = room;
    }
    g->node[g->n++] = node;
    return HM_OK;
}

/* The phone of neighbour i, silence behind them all. */
static int32_t phone_beside(const neighbours *beside, size_t i)
{
    if (i == beside->n)
        return HM_PHONE_NONE;
    const hm_pronunciation *p = &beside->list[i];
    return p->phone[beside->is_before ? p->n - 1 : 0];
}

static bool was_seen(const neighbours *beside, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (phone_beside(beside, k) == phone_beside(beside, i))
            return true;
    return false;
}

/* Triphones were learned with silence in the place of other fillers. */
static int32_t as_context(const hm_hmms *hmms, int32_t phone)
{
    return phone == HM_PHONE_NONE || hm_definition_is_filler(hmms->definition, phone) ? hmms->silence : phone;
}

static hm_position position_of(const hm_graph_node *node)
{
    bool is_first = node->place == 0, is_last = node->place + 1 == node->pronunciation->n;
    return is_first && is_last ? HM_POSITION_SINGLE : is_first ? HM_POSITION_BEGIN : is_last ? HM_POSITION_END : HM_POSITION_INTERNAL;
}

static hm_status add_phone(const builder *b, hm_graph_node node)
{
    const hm_hmms *h = b->hmms;
    node.hmm = hm_definition_find(h->definition, node.phone, as_context(h, node.left), as_context(h, node.right), position_of(&node));
    return add_node(b->graph, node, b->error);
}

/* One phone of a pronunciation, for each of the neighbours that it meets. */
static hm_status add_copies(const builder *b, hm_graph_node node, const neighbours *before, const neighbours *after)
{
    const hm_pronunciation *p = node.pronunciation;
    hm_status status = HM_OK;
    bool is_first = node.place == 0, is_last = node.place + 1 == p->n;
    size_t n_left = is_first ? before->n + 1 : 1, n_right = is_last ? after->n + 1 : 1;
    node.phone = p->phone[node.place];
    for (size_t i = 0; status == HM_OK && i < n_left; i++) {
        if (is_first && was_seen(before, i))
            continue;
        node.left = is_first ? phone_beside(before, i) : p->phone[node.place - 1];
        for (size_t j = 0; status == HM_OK && j < n_right; j++) {
            if (is_last && was_seen(after, j))
                continue;
            node.right = is_last ? phone_beside(after, j) : p->phone[node.place + 1];
            status = add_phone(b, node);
        }
    }
    return status;
}

static hm_status find_word(const builder *b, size_t word, neighbours *found)
{
    const hm_dictionary *dictionary = b->hmms->dictionary;
    const hm_transcript *t = b->transcript;
    found->list = hm_dictionary_find(dictionary, t->word[word], &found->n);
    return found->list ? HM_OK
                       : hm_fail(b->error, HM_ERROR_NOT_FOUND, "%s: utterance %.100s has the word %.60s, which is not in it; add its phones",
                                 hm_dictionary_path(dictionary), t->id, t->word[word]);
}

static hm_status add_word(const builder *b, size_t word)
{
    neighbours own = {0}, before = {.is_before = true}, after = {0};
    hm_status status = find_word(b, word, &own);
    if (status == HM_OK && word > 0)
        status = find_word(b, word - 1, &before);
    if (status == HM_OK && word + 1 < b->transcript->n)
        status = find_word(b, word + 1, &after);
    for (size_t i = 0; status == HM_OK && i < own.n; i++)
        for (size_t place = 0; status == HM_OK && place < own.list[i].n; place++)
            status = add_copies(b, (hm_graph_node){.pronunciation = &own.list[i], .word = word, .place = place}, &before, &after);
    return status;
}

static hm_status add_silence(const builder *b, size_t word)
{
    int32_t silence = b->hmms->silence;
    const hm_triphone *hmm = hm_definition_find(b->hmms->definition, silence, HM_PHONE_NONE, HM_PHONE_NONE, HM_POSITION_INTERNAL);
    return add_node(b->graph, (hm_graph_node){.hmm = hmm, .word = word, .phone = silence}, b->error);
}

/* ---- What follows what ------------------------------------------------------------------------ */

static bool is_first(const hm_graph_node *node)
{
    return node->pronunciation && node->place == 0;
}

static bool is_last(const hm_graph_node *node)
{
    return node->pronunciation && node->place + 1 == node->pronunciation->n;
}

static bool may_follow(const hm_graph_node *a, const hm_graph_node *b)
{
    if (a->pronunciation && a->pronunciation == b->pronunciation && a->word == b->word)
        return a->place + 1 == b->place;
    if (is_last(a) && is_first(b))
        return a->word + 1 == b->word && a->right == b->phone && b->left == a->phone;
    if (is_last(a) && !b->pronunciation)
        return a->word + 1 == b->word && a->right == HM_PHONE_NONE;
    return !a->pronunciation && is_first(b) && a->word == b->word && b->left == HM_PHONE_NONE;
}

static hm_status add_before(hm_word_graph *g, size_t node, hm_error *error)
{
    if (g->n_before == g->room_before) {
        size_t room = 2 * g->room_before + 256;
        uint32_t *grown = hm_realloc(g->context, g->before, g->room_before, room, sizeof *grown, error);
        if (!grown)
            return HM_ERROR_MEMORY;
        g->before = grown;
        g->room_before = room;
    }
    g->before[g->n_before++] = (uint32_t)node;
    return HM_OK;
}

/* Nodes of the same word and of the one before come into question; `first` is where that one begins. */
static hm_status link_node(const builder *b, size_t i, size_t first)
{
    hm_word_graph *g = b->graph;
    hm_graph_node *node = &g->node[i];
    hm_status status = HM_OK;
    node->first_before = g->n_before;
    for (size_t k = first; status == HM_OK && k < i; k++)
        if (may_follow(&g->node[k], node))
            status = add_before(g, k, b->error);
    node->n_before = g->n_before - node->first_before;
    node->is_start = node->word == 0 && (!node->pronunciation || is_first(node));
    node->is_end = node->pronunciation ? is_last(node) && node->word + 1 == b->transcript->n : node->word == b->transcript->n;
    return status;
}

static hm_status link_all(const builder *b)
{
    hm_word_graph *g = b->graph;
    hm_status status = HM_OK;
    for (size_t i = 0, first = 0; status == HM_OK && i < g->n; i++) {
        while (g->node[first].word + 1 < g->node[i].word)
            first++;
        status = link_node(b, i, first);
    }
    return status;
}

hm_status hm_word_graph_build(const hm_hmms *hmms, const hm_transcript *transcript, hm_word_graph *graph, hm_error *error)
{
    const builder b = {hmms, transcript, graph, error};
    hm_status status = HM_OK;
    *graph = (hm_word_graph){.context = hmms->context};
    if (transcript->n == 0)
        return hm_fail(error, HM_ERROR_MISMATCH, "the transcript of %.100s has no words; there is nothing to align", transcript->id);
    for (size_t word = 0; status == HM_OK && word < transcript->n; word++) {
        status = add_silence(&b, word);
        if (status == HM_OK)
            status = add_word(&b, word);
    }
    if (status == HM_OK)
        status = add_silence(&b, transcript->n);
    return status == HM_OK ? link_all(&b) : status;
}
