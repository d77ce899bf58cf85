/* Restricted Boltzmann machines (Smolensky 1986; Hinton 2002).
 *
 * Letters: v visible states, h hidden states, W weights (n_visible x n_hidden), b visible biases, c hidden
 * biases, beta inverse temperature.
 *
 *     E(v, h) = sum_i e(v_i) + sum_j e(h_j) - b'v - c'h - v'Wh       (e: base energy of the unit kind, layer.h)
 *     P(v, h) = exp(-beta E(v, h)) / Z
 *     F(v)    = -(1/beta) log sum_h exp(-beta E(v, h)),   P(v) = exp(-beta F(v)) / Z
 *
 * For Bernoulli units F(v) = -b'v - sum_j log(1 + exp(c_j + v'W_j)). */
#ifndef HARMONIUM_RBM_H
#define HARMONIUM_RBM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>
#include <harmonium/layer.h>
#include <harmonium/matrix.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hm_rbm hm_rbm;

/* All parameters zero. A hidden layer with filters is joined by convolution (its sides may be left open, see hm_layer_connect): W is then
 * n_hidden_maps x n_visible_maps x filter height x width, the same for all places. The caller destroys *rbm. HM_ERROR_MISMATCH for
 * layers that do not fit. */
hm_status hm_rbm_create(const hm_context *context, const hm_layer *visible, const hm_layer *hidden,
                        hm_rbm **rbm, hm_error *error);
void hm_rbm_destroy(hm_rbm *rbm); /* null is allowed */

/* W ~ N(0, deviation^2) from the seed of the context (Hinton 2010, section 8: 0.01); biases unchanged. `stream`
 * keeps the levels of a stack apart: different numbers give independent weights. */
void hm_rbm_init_weights(hm_rbm *rbm, float deviation, uint64_t stream);

const hm_layer *hm_rbm_visible(const hm_rbm *rbm);
const hm_layer *hm_rbm_hidden(const hm_rbm *rbm);

/* The parameters are one block [W | b | c], each part aligned to 64 bytes and padded with zeros. */
float *hm_rbm_parameters(hm_rbm *rbm, size_t *n);
hm_matrix hm_rbm_weights(const hm_rbm *rbm);   /* W: n_visible x n_hidden; for machines whose layers are densely connected */
float *hm_rbm_visible_bias(const hm_rbm *rbm); /* b[n_visible], or one for each map */
float *hm_rbm_hidden_bias(const hm_rbm *rbm);  /* c[n_hidden], likewise */

/* The parts of the block, in its order: W, b, c. */
enum { HM_SLICE_WEIGHTS, HM_SLICE_VISIBLE_BIAS, HM_SLICE_HIDDEN_BIAS, HM_SLICES };
typedef struct hm_slice {
    const char *name; /* as in the model file: "W", "visible_bias", "hidden_bias" */
    size_t first, n;  /* numbers of the block */
    int n_axes;
    size_t shape[4];
    bool has_costs; /* weights are pulled towards zero, biases are not */
} hm_slice;
const hm_slice *hm_rbm_slices(const hm_rbm *rbm); /* [HM_SLICES] */

/* How its layers are connected: "dense" or "convolution". */
const char *hm_rbm_connection(const hm_rbm *rbm);

/* Whatever drives the units: temperature, and where the random numbers come from. */
typedef struct hm_gibbs {
    float beta;          /* 1 / temperature; 0 means 1 */
    uint64_t step;       /* of the random numbers: one number for each sampling step, never used twice */
    uint32_t stream;     /* of the random numbers: machines and algorithms that must not share any have their own */
    uint64_t first_case; /* the number of row 0 among the random numbers */
} hm_gibbs;

/* Of the functions below those that return a status refuse (HM_ERROR_ARGUMENT) matrices of other sizes or types; the two conditionals, which
 * learning calls in every step, assert theirs. */

/* P(h | v): mean (cases x n_hidden, float) and, if its data is not null, a sample of it (float or bytes).
 * v is cases x n_visible, float or bytes. */
void hm_rbm_hidden_given_visible(const hm_rbm *rbm, hm_matrix v, hm_matrix mean, hm_matrix sample,
                                 const hm_gibbs *gibbs);

/* P(v | h), likewise. */
void hm_rbm_visible_given_hidden(const hm_rbm *rbm, hm_matrix h, hm_matrix mean, hm_matrix sample,
                                 const hm_gibbs *gibbs);

/* energy[cases] of joint states. */
hm_status hm_rbm_energy(const hm_rbm *rbm, hm_matrix v, hm_matrix h, double *energy, hm_error *error);

/* free_energy[cases] at inverse temperature beta (0 means 1). Allocates a workspace of one block of cases. */
hm_status hm_rbm_free_energy(const hm_rbm *rbm, hm_matrix v, float beta, double *free_energy,
                             hm_error *error);

/* n_steps full steps (h, then v) of Gibbs chains: one chain a row of v (float), which holds the state before and
 * after. Random numbers of steps gibbs->step .. + n_steps - 1. v_mean (may have null data) receives the means from
 * which the last v was drawn. */
hm_status hm_rbm_gibbs_chains(const hm_rbm *rbm, hm_matrix v, hm_matrix v_mean, size_t n_steps,
                              const hm_gibbs *gibbs, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
