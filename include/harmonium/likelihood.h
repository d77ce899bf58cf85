/* Likelihoods that can be believed: exact by enumeration where that is possible, else by annealed importance sampling in
 * both directions.
 *
 *     hm_evaluate_config config;
 *     hm_options_init(&hm_evaluate_options, &config);
 *     hm_evaluation result;
 *     hm_evaluate(model, 0, data, &config, NULL, &result, &error);
 *     printf("%.2f nats a case\n", result.log_likelihood.value);
 *
 * All logarithms are natural. For Gaussian and rectified units likelihoods are densities. */
#ifndef HARMONIUM_LIKELIHOOD_H
#define HARMONIUM_LIKELIHOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/data.h>
#include <harmonium/model.h>
#include <harmonium/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A number and where it lies by three standard deviations; all three alike when it is exact, NaN when it is not known. */
typedef struct hm_estimate {
    double value, low, high;
} hm_estimate;

/* ---- Whether there is one --------------------------------------------------------------------------------- */

/* A machine has likelihoods, and chains that settle, where its partition function Z is finite. It always is where a layer has neither
 * Gaussian nor rectified units; else the energy may fall without bound along some direction. Of Gaussian units alone this is decided (the
 * largest singular value of the weights between them must be below 1); with rectified ones it may remain unknown. */
enum { HM_PARTITION_FINITE, HM_PARTITION_INFINITE, HM_PARTITION_UNKNOWN };
typedef struct hm_partition {
    int is;      /* HM_PARTITION_.. */
    double gain; /* the most that the weights were found to stretch a direction, unless it is finite; else NaN */
} hm_partition;
/* HM_ERROR_NUMERIC for weights that are not finite. */
hm_status hm_rbm_find_partition(const hm_rbm *rbm, hm_partition *found, hm_error *error);
/* HM_ERROR_NUMERIC for a machine that surely has no finite one: what sampling, annealing and likelihoods ask first. *is_known (may be
 * null): whether it surely has one. */
hm_status hm_rbm_require_partition(const hm_rbm *rbm, bool *is_known, hm_error *error);

/* ---- Exact --------------------------------------------------------------------------------------------- */

enum { HM_ENUMERATION_MAX = 25 }; /* log2 of the states of the smaller side */

/* log2 of the number of states of the layer that has fewer of them, infinite when neither is discrete (Bernoulli, softmax). */
double hm_rbm_log2_states(const hm_rbm *rbm);

/* log Z by summing over all states of that layer, the other summed out. Work: states x visible x hidden.
 * HM_ERROR_ARGUMENT for more than 2^HM_ENUMERATION_MAX of them. */
hm_status hm_rbm_log_partition(const hm_rbm *rbm, double *log_Z, hm_error *error);

/* <v h>, <v> and <h> under the model, laid out as hm_rbm_parameters: what the data's are compared with in the gradient of
 * the likelihood; and log Z on the way. Errors as above. */
hm_status hm_rbm_expectations(const hm_rbm *rbm, double *log_Z, float *expectation, hm_error *error);

/* ---- Estimated ------------------------------------------------------------------------------------------ */

enum { HM_EVALUATE_AUTO, HM_EVALUATE_EXACT, HM_EVALUATE_AIS, HM_EVALUATE_NONE };

/* Every field is a row of hm_evaluate_options. */
typedef struct hm_evaluate_config {
    int method; /* HM_EVALUATE_.. */
    int64_t chains;
    char betas[HM_TEXT_MAX];
    bool reverse;    /* the other direction as well */
    int64_t burn_in; /* Gibbs steps from the data to the chains that the reverse direction starts from */
    int64_t samples; /* of the hidden layers of a DBN, for each case, in its bound */
} hm_evaluate_config;

extern const hm_option_table hm_evaluate_options;

/* What the functions below say HM_ERROR_ARGUMENT to: a configuration that hm_options_check refuses, a machine that is not there, a start of
 * another width or without cases. */

/* Any pointer may be null. */
typedef struct hm_evaluate_events {
    void *user;
    void (*on_step)(void *user, const char *what, size_t step, size_t n_steps); /* often; what: "AIS", "reverse AIS", ... */
    bool (*should_stop)(void *user);
} hm_evaluate_events;

/* log Z by annealed importance sampling (Neal, 2001; Salakhutdinov and Murray, ICML 2008) along RBMs with parameters
 * (1 - beta) base + beta model; base: W = 0, c = 0, visible biases `base_bias` (laid out as the visible biases), whose log Z
 * is exact. Forward, exp of the value is unbiased and the value itself more often low; reverse, from chains of the model, more
 * often high (Burda, Grosse and Salakhutdinov, 2015), if the chains have found all that the model has. The same for any
 * number of threads. In a team (team.h) every rank makes the call, with the same arguments, and gets the same estimate. */
hm_status hm_ais(const hm_rbm *rbm, const float *base_bias, const hm_evaluate_config *config, const hm_evaluate_events *events,
                 hm_estimate *log_Z, hm_error *error);
/* start: cases that the chains begin with, before config->burn_in Gibbs steps; row i mod rows for chain i. */
hm_status hm_ais_reverse(const hm_rbm *rbm, const float *base_bias, hm_matrix start, const hm_evaluate_config *config,
                         const hm_evaluate_events *events, hm_estimate *log_Z, hm_error *error);

/* What is not known is NaN. */
typedef struct hm_evaluation {
    size_t n_cases;
    bool is_exact, is_bound;      /* log Z by enumeration; likelihoods are variational bounds (DBN) */
    hm_estimate log_Z, log_Z_reverse; /* of the RBM, or of the top RBM of a DBN */
    double free_energy;           /* mean -log P*(v), of an RBM */
    hm_estimate log_likelihood, log_likelihood_reverse; /* mean log P(v), or its bound, with the one log Z and the other */
    double data_entropy;          /* of the cases as a distribution, each counted as often as it is there, nats; NaN unless log P is exact */
    double divergence;            /* KL of that distribution and the model, nats; likewise */
    double pseudo_likelihood;     /* mean sum over units of log P(v_i | the others), of an RBM of Bernoulli units */
    double seconds;
} hm_evaluation;

/* Evaluates machine `machine` of an RBM or class model, or a whole DBN (machine 0), on the cases. HM_ERROR_MISMATCH for a net
 * and for cases that the units cannot take; HM_ERROR_NUMERIC where there is no finite log Z (hm_rbm_require_partition), or a number is
 * too large for floats; HM_ERROR_INTERRUPTED when should_stop said so. In a team every rank makes the call and
 * gets the result, the same for one to four of them; a stop of one is a stop of all. */
hm_status hm_evaluate(const hm_model *model, size_t machine, const hm_dataset *set, const hm_evaluate_config *config,
                      const hm_evaluate_events *events, hm_evaluation *result, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
