/* The inside of a belief net. */
#ifndef HM_BELIEF_NET_H
#define HM_BELIEF_NET_H

#include <harmonium/belief.h>

struct hm_belief {
    const hm_context *context;
    size_t n;
    hm_node *node;  /* [n] */
    size_t *order;  /* [n] parents before children */
    size_t *by_name; /* [n] sorted by name */
};

/* What a reader hands over, line by line: parents by name, to be found when all are there. */
typedef struct hm_node_draft {
    hm_node node;
    size_t line;
    bool has_values; /* the names of its values were said */
    char (*parent_names)[HM_NODE_NAME_MAX]; /* [node.n_parents] */
} hm_node_draft;

typedef struct hm_draft_list {
    const hm_context *context;
    hm_node_draft *draft;
    size_t n, room;
    size_t *by_name; /* [n] sorted, once all are there */
} hm_draft_list;

/* One more, of that kind and line, or null without memory. */
hm_node_draft *hm_draft_add(hm_draft_list *drafts, hm_node_kind kind, size_t line, hm_error *error);
/* Sorts the names, so that they are found; two nodes of one name are an error. The readers call it. */
hm_status hm_draft_list_index(hm_draft_list *drafts, const char *path, hm_error *error);
bool hm_draft_find(const hm_draft_list *drafts, const char *name, size_t *i);
void hm_draft_list_clear(hm_draft_list *drafts);

/* Takes the indexed drafts, and what they own, into a net: finds parents, checks sizes, probabilities and cycles. */
hm_status hm_belief_build(const char *path, hm_draft_list *drafts, hm_belief **net, hm_error *error);

/* The two readers, of text that ends with a zero. */
hm_status hm_read_net_text(const char *path, const char *text, hm_draft_list *drafts, hm_error *error);
hm_status hm_read_bif(const char *path, const char *text, hm_draft_list *drafts, hm_error *error);

/* Nodes that bear on the evidence or on `query` (may be null: all nodes): the ancestors of both. relevant[n]. */
void hm_belief_mark_relevant(const hm_belief *net, const int8_t *observed, const bool *query, bool *relevant);

/* A text file, packed with gzip or not, without a byte order mark; the caller frees *text with hm_free. `what` it should be is for the
 * message: "no belief net". */
hm_status hm_belief_read_text(const hm_context *context, const char *path, size_t most, const char *what, char **text, hm_error *error);

/* What was observed has the mass 0: tells whether it is impossible or only less likely than a double can say. */
hm_status hm_belief_fail_massless(const hm_belief *net, const int8_t *observed, hm_error *error);

/* A state[n] of all nodes that agrees with what was observed and is possible, if one is found: *is_found. HM_ERROR_ARGUMENT when there
 * is none. Neither: the search was given up, since it can take exponential time. */
hm_status hm_belief_find_possible(const hm_belief *net, const int8_t *observed, uint8_t *state, bool *is_found, hm_error *error);

/* Whether some state has positive mass, by elimination; an error when the net is too wide for it. */
hm_status hm_elimination_is_possible(const hm_belief *net, const int8_t *observed, bool *is_possible, hm_error *error);

/* Whether some node can be certain: Gibbs chains, which change one node at a time, may then be stuck. */
bool hm_belief_has_certainty(const hm_belief *net);

/* Calls leaf for every state that agrees with the evidence and is possible, with its probability; *mass: their sum. leaf may be
 * null. HM_ERROR_ARGUMENT for more than HM_BELIEF_ENUMERATION_MAX free nodes. */
typedef void hm_belief_leaf(void *user, const uint8_t *state, double mass);
hm_status hm_belief_visit(const hm_belief *net, const int8_t *observed, hm_belief_leaf *leaf, void *user, double *mass,
                          hm_error *error);

/* Methods, on a posterior whose marginals are allocated. */
hm_status hm_infer_enumeration(const hm_belief *net, const int8_t *observed, hm_posterior *posterior, hm_error *error);
hm_status hm_infer_elimination(const hm_belief *net, const int8_t *observed, hm_posterior *posterior, hm_error *error);
hm_status hm_infer_gibbs(const hm_belief *net, const int8_t *observed, const hm_belief_config *config, hm_posterior *posterior,
                         hm_error *error);
hm_status hm_infer_weighting(const hm_belief *net, const int8_t *observed, const hm_belief_config *config,
                             hm_posterior *posterior, hm_error *error);
/* The width that elimination would have with all nodes wanted. */
hm_status hm_elimination_width(const hm_belief *net, const int8_t *observed, size_t *width, hm_error *error);

#endif
