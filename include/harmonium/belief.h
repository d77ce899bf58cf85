/* Belief nets: directed acyclic graphs of binary stochastic variables.
 *
 *     hm_belief *net;
 *     hm_belief_load(context, "earthquake.net", &net, &error);
 *     int8_t *observed = ...;                                   // a value for each node: 0, 1, or -1 for not observed
 *     hm_belief_infer(net, observed, &config, &posterior, &error);
 *
 * The joint distribution is the product of P(x_i | parents of i). A node is a stochastic binary unit (logistic), a noisy-or of
 * its causes, or a table. */
#ifndef HARMONIUM_BELIEF_H
#define HARMONIUM_BELIEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>
#include <harmonium/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hm_belief hm_belief;

typedef enum hm_node_kind {
    HM_NODE_LOGISTIC, /* P(on) = 1 / (1 + exp(-(bias + sum_j weight_j x_j))) */
    HM_NODE_NOISY_OR, /* P(off) = (1 - leak) prod_j (1 - p_j)^x_j */
    HM_NODE_TABLE     /* a probability for each state of the parents */
} hm_node_kind;

enum { HM_NODE_NAME_MAX = 64, HM_BELIEF_TABLE_PARENTS_MAX = 20 };

typedef struct hm_node {
    char name[HM_NODE_NAME_MAX];
    char values[2][HM_NODE_NAME_MAX]; /* what off and on are called: "0" and "1", or as a BIF file names them */
    hm_node_kind kind;
    double bias;       /* logistic: bias; noisy-or: leak */
    size_t n_parents;
    size_t *parents;   /* [n_parents] numbers of nodes */
    double *numbers;   /* [n_parents] weights or probabilities; of a table [2^n_parents] P(on), the last parent fastest */
    size_t n_children;
    size_t *children;  /* [n_children] */
} hm_node;

/* A net from a file: the text format of docs/belief.md, or BIF with binary variables. Errors name the line; a cycle is named
 * node by node. The caller destroys *net. */
hm_status hm_belief_load(const hm_context *context, const char *path, hm_belief **net, hm_error *error);
hm_status hm_belief_parse(const hm_context *context, const char *path, const char *text, size_t n, hm_belief **net,
                          hm_error *error); /* path: for messages */
void hm_belief_destroy(hm_belief *net); /* null is allowed */

size_t hm_belief_n_nodes(const hm_belief *net);
const hm_node *hm_belief_node(const hm_belief *net, size_t i);
/* The number of the node of that name; HM_ERROR_ARGUMENT lists what there is. */
hm_status hm_belief_find(const hm_belief *net, const char *name, size_t *i, hm_error *error);
/* Nodes so that parents come before children: [n_nodes]. */
const size_t *hm_belief_order(const hm_belief *net);

/* "jumps=1" or "asia=yes" into observed[n_nodes]. A node observed twice with two values is an error. */
hm_status hm_belief_observe(const hm_belief *net, const char *text, int8_t *observed, hm_error *error);

/* P(x_i = 1 | parents), for a whole state[n_nodes] of 0 and 1. */
double hm_belief_probability(const hm_belief *net, size_t i, const uint8_t *state);
/* log of the joint probability of a whole state; -infinity when it is impossible. */
double hm_belief_log_joint(const hm_belief *net, const uint8_t *state);

/* ---- Inference ---------------------------------------------------------------------------------------------- */

enum { HM_INFER_AUTO, HM_INFER_ENUMERATION, HM_INFER_ELIMINATION, HM_INFER_GIBBS, HM_INFER_WEIGHTING };
enum { HM_BELIEF_ENUMERATION_MAX = 25, HM_BELIEF_WIDTH_MAX = 24 };

/* Every field is a row of hm_belief_options. */
typedef struct hm_belief_config {
    int method;      /* HM_INFER_.. */
    int64_t samples; /* of weighting; sweeps of each Gibbs chain, as many again before */
    int64_t chains;  /* of Gibbs sampling */
} hm_belief_config;

extern const hm_option_table hm_belief_options;

/* What is known of one node; NaN: not by this method. */
typedef struct hm_marginal {
    double p;            /* P(on | observed) */
    double error;        /* standard error of p; 0: exact */
    double r_hat;        /* Gibbs: spread between chains over that within (Gelman and Rubin); near 1: they agree */
    double effective_size; /* independent samples that would have that error; infinite when exact */
} hm_marginal;

typedef struct hm_posterior {
    int method;              /* the one taken */
    double log_evidence;     /* log P(observed); NaN with Gibbs sampling */
    double effective_size;   /* samples that count: the least over nodes with Gibbs sampling; NaN when exact */
    size_t width;            /* elimination: most variables of a factor, less one; else 0 */
    size_t n;
    hm_marginal *marginal;   /* [n]; freed by hm_posterior_clear */
} hm_posterior;

/* auto: enumeration up to 16 unobserved relevant nodes, else elimination where its factors are small enough, else Gibbs
 * sampling, or weighting where some node can be certain. HM_ERROR_ARGUMENT when what was observed cannot happen, or the method cannot do it. */
hm_status hm_belief_infer(const hm_belief *net, const int8_t *observed, const hm_belief_config *config,
                          hm_posterior *posterior, hm_error *error);
void hm_posterior_clear(const hm_belief *net, hm_posterior *posterior);

/* Exact P(query | observed) of n_query <= 20 nodes together: joint[2^n_query], the last one fastest. By enumeration. */
hm_status hm_belief_joint(const hm_belief *net, const int8_t *observed, const size_t *query, size_t n_query, double *joint,
                          hm_error *error);

/* The same by Gibbs sampling: shares of the states of all chains, half a state added to each so that none is zero. */
hm_status hm_belief_gibbs_joint(const hm_belief *net, const int8_t *observed, const hm_belief_config *config, const size_t *query,
                                size_t n_query, double *joint, hm_error *error);

/* The most probable state given what was observed, by enumeration, and its log joint probability. */
hm_status hm_belief_explain(const hm_belief *net, const int8_t *observed, uint8_t *state, double *log_joint, hm_error *error);

/* Simulated annealing (Kirkpatrick, Gelatt and Vecchi, 1983): one Gibbs sweep at each temperature, which should fall to near 0.
 * state[n_nodes] receives the best state met; energy[n_sweeps] is -log P of the state after each sweep, observed nodes held. */
hm_status hm_belief_anneal(const hm_belief *net, const int8_t *observed, const double *temperature, size_t n_sweeps, uint8_t *state,
                           double *energy, hm_error *error);

/* Samples from parents to children, each node drawn at a temperature, P(on) with its odds to the power of 1 / T; at 1 they are
 * samples of the joint distribution: states[n][n_nodes]. */
hm_status hm_belief_sample(const hm_belief *net, size_t n, double temperature, uint8_t *states, hm_error *error);

/* ---- Cases and learning ---------------------------------------------------------------------------------------- */

/* A table of text: names of nodes, then a line a case, separated by commas, semicolons or tabs; values by their names or 0 and 1,
 * nothing or ? where a node was not observed; nodes without a column are hidden. *states: [*n][n_nodes] of 0, 1 and -1, freed by
 * hm_belief_free_cases. Errors name line and node. */
hm_status hm_belief_read_cases(const hm_belief *net, const char *path, int8_t **states, size_t *n, hm_error *error);
void hm_belief_free_cases(const hm_belief *net, int8_t *states);
hm_status hm_belief_write_cases(const hm_belief *net, const char *path, const uint8_t *states, size_t n, hm_error *error);

enum { HM_BEGIN_NET, HM_BEGIN_RANDOM };

/* Every field is a row of hm_belief_learn_options. */
typedef struct hm_belief_learn_config {
    int64_t iterations;
    double tolerance;   /* nats a case */
    double prior_count;
    int begin;          /* HM_BEGIN_.. */
} hm_belief_learn_config;

extern const hm_option_table hm_belief_learn_options;

typedef struct hm_belief_learn_events {
    void *user;
    void (*on_iteration)(void *user, size_t iteration, double log_likelihood); /* before the iteration's change */
} hm_belief_learn_events;

/* The numbers of the net by maximum likelihood from states[n][n_nodes], by EM where nodes are hidden; *log_likelihood: the mean of a
 * case with them, nats. events may be null. HM_ERROR_ARGUMENT for nodes of more than 16 parents and cases with more than 20 hidden
 * nodes. */
hm_status hm_belief_learn(hm_belief *net, const int8_t *states, size_t n, const hm_belief_learn_config *config,
                          const hm_belief_learn_events *events, double *log_likelihood, hm_error *error);

/* Writes the net as text. */
hm_status hm_belief_save(const hm_belief *net, const char *path, hm_error *error);

/* The name of a method, "enumeration". */
const char *hm_belief_method_name(int method);

#ifdef __cplusplus
}
#endif
#endif
