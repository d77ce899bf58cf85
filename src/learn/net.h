/* Feed-forward nets in training: forward and backward passes over one batch, with dropout.
 *
 * Letters: h^0 = x the data, a^l = c^l + h^(l-1)'W^l, h^l = f(a^l), y the target, p = h^L the output; E the loss:
 * cross-entropy of softmax or logistic outputs, half the squared error of linear ones. For each of them
 * dE/da^L = p - y. */
#ifndef HM_LEARN_NET_H
#define HM_LEARN_NET_H

#include "learn/stage.h"

/* Dropout (Hinton et al., 2012): what is left is scaled by 1 / (1 - p), so that the net is used as it is. */
typedef struct hm_dropout {
    float hidden, input; /* shares left out; both 0: none */
    uint64_t step;       /* of the random numbers */
    uint64_t first_case;
} hm_dropout;

typedef struct hm_net_pass {
    const hm_model *net;
    size_t B, n_levels;
    float *block;                       /* all of the buffers below */
    float *state[HM_LEVELS_MAX + 1];    /* [B][n_l] */
    float *delta[2];                    /* [B][widest] dE/da, alternating */
    float *gradient[HM_LEVELS_MAX];     /* dE/dparameters of each level, as hm_rbm_parameters, mean over cases */
    double *row_loss, *row_wrong;       /* [B] */
} hm_net_pass;

/* For batches of at most B cases. HM_ERROR_MISMATCH for units that have no derivative. */
hm_status hm_net_pass_create(const hm_model *net, size_t B, hm_net_pass *pass, hm_error *error);
void hm_net_pass_clear(hm_net_pass *pass);

/* From state[0], which the caller has filled with n cases, to state[n_levels]. dropout may be null. */
void hm_net_forward(hm_net_pass *pass, size_t n, const hm_dropout *dropout);

/* Loss of the outputs against target (n x n_out) and, for softmax outputs, how many are wrong; else the squared
 * error. Leaves p - y for hm_net_backward. Cases whose target is all zero (softmax) do not count. */
void hm_net_loss(hm_net_pass *pass, size_t n, hm_matrix target, double *loss, double *n_wrong);

/* Gradients of the levels lowest .. n_levels - 1, means over the n cases; or, with a descent, a step along each of them as
 * soon as the errors have passed through its level, whose gradients are then lost. */
typedef struct hm_net_descent {
    float *const *velocity; /* [n_levels] */
    float *const *second;   /* [n_levels] of Adam; null entries: plain steps */
    hm_step step;
    float max_norm; /* weights into a hidden unit that are longer are shortened; 0: any length */
} hm_net_descent;

void hm_net_backward(hm_net_pass *pass, size_t n, size_t lowest, const hm_dropout *dropout, const hm_net_descent *descent);

/* A step along gradients that are there. */
void hm_net_descend(hm_net_pass *pass, size_t lowest, const hm_net_descent *descent);

#endif
