/* The inside of a machine for those who learn and infer: what goes through its connection, without asking which kind it is.
 *
 * A machine is the smallest net: two layers, a connection, and their biases. hm_rbm is one with an energy. */
#ifndef HM_MODEL_MACHINE_H
#define HM_MODEL_MACHINE_H

#include <harmonium/rbm.h>

/* Parts of the parameters; bit i is slice i. */
enum {
    HM_PART_WEIGHTS = 1 << HM_SLICE_WEIGHTS,
    HM_PART_VISIBLE_BIAS = 1 << HM_SLICE_VISIBLE_BIAS,
    HM_PART_HIDDEN_BIAS = 1 << HM_SLICE_HIDDEN_BIAS,
    HM_PART_ALL = (1 << HM_SLICES) - 1
};

/* Inputs of the units above, without what the units make of them: c + W below. */
void hm_machine_up(const hm_rbm *machine, hm_matrix below, hm_matrix above);

/* W' above, without biases: what projects features and carries errors back. */
void hm_machine_down(const hm_rbm *machine, hm_matrix above, hm_matrix below);

/* States of both layers over the same cases, and what they count. */
typedef struct hm_phase {
    hm_matrix below, above;
    float weight;
} hm_phase;

/* The difference of the correlations of two phases (minus may be null): gradient is a block as hm_rbm_parameters, of which
 * the weights and the biases named in `parts` are filled. */
void hm_machine_correlate(const hm_rbm *machine, const hm_phase *plus, const hm_phase *minus, unsigned parts,
                          float *gradient);

#endif
