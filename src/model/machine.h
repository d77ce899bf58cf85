/* The inside of a machine for those who learn and infer: what goes through its connection, without asking which kind it is.
 *
 * A machine is the smallest net: two layers, a connection, and their biases. hm_rbm is one with an energy. */
#ifndef HM_MODEL_MACHINE_H
#define HM_MODEL_MACHINE_H

#include <harmonium/rbm.h>

#include "compute/connection.h"

struct hm_rbm {
    const hm_context *context;
    hm_connection connection; /* between its layers: below visible, above hidden */
    hm_slice slice[HM_SLICES];
    size_t n_parameters; /* of the whole block, padding included */
    float *block;
};

/* Parts of the parameters; bit i is slice i. */
enum {
    HM_PART_WEIGHTS = 1 << HM_SLICE_WEIGHTS,
    HM_PART_VISIBLE_BIAS = 1 << HM_SLICE_VISIBLE_BIAS,
    HM_PART_HIDDEN_BIAS = 1 << HM_SLICE_HIDDEN_BIAS,
    HM_PART_ALL = (1 << HM_SLICES) - 1
};

/* A machine of its own with the same layers and parameters. */
hm_status hm_machine_copy(const hm_rbm *machine, hm_rbm **copy, hm_error *error);

/* Whether it is as it was made: nobody has written or learned a parameter. */
bool hm_machine_is_zero(const hm_rbm *machine);

/* Inputs of the units above, without what the units make of them: c + W below. */
void hm_machine_up(const hm_rbm *machine, hm_matrix below, hm_matrix above);

/* W' above, without biases: what projects features and carries errors back. */
void hm_machine_down(const hm_rbm *machine, hm_matrix above, hm_matrix below);

/* Inputs of the units below: b + W above. */
void hm_machine_inputs_below(const hm_rbm *machine, hm_matrix above, hm_matrix below);

/* Makes `above`, whose visible layer begins with the hidden layer of `below`, the same machine turned over: its first hidden
 * units are the visible units of `below`, and what more it has stays as it is. Of dense connections. */
void hm_machine_turn_over(const hm_rbm *below, hm_rbm *above);

/* The hidden layer as the layer above sees it (hm_layer_shown): pooled, where its units pool, else as it is. rise is
 * hm_rbm_hidden_given_visible so; recall turns what is shown back into hidden units: a unit of the block, drawn by `gibbs` (null: an
 * equal share for each), or what was given where nothing pools. room: hm_machine_room floats (0 where nothing pools). */
size_t hm_machine_room(const hm_rbm *machine, size_t n_cases);
void hm_machine_rise(const hm_rbm *machine, hm_matrix below, hm_matrix mean, hm_matrix sample, const hm_gibbs *gibbs, float *room);
hm_matrix hm_machine_recall(const hm_rbm *machine, hm_matrix shown, const hm_gibbs *gibbs, float *room);
/* shown from hidden, of a layer that pools. */
void hm_machine_show(const hm_rbm *machine, hm_matrix hidden, hm_matrix shown);

/* b'v, with a bias for each run of units. */
double hm_bias_energy(const float *bias, const float *v, const hm_layer *layer);

/* Biases with which units alone have these means: bias[hm_layer_n_biases], from mean[n_units], a map's from the mean over its
 * places; probabilities are kept off 0 and 1 (Hinton 2010, section 8.1). */
void hm_layer_biases_of_means(const hm_layer *visible, const double *mean, float *bias);

/* States of both layers over the same cases, and what they count. */
typedef struct hm_phase {
    hm_matrix below, above;
    float weight;
} hm_phase;

/* The difference of the correlations of two phases (minus may be null): gradient is a block as hm_rbm_parameters, of which
 * the weights and the biases named in `parts` are filled. */
void hm_machine_correlate(const hm_rbm *machine, const hm_phase *plus, const hm_phase *minus, unsigned parts,
                          float *gradient);

/* A step of all parameters: weights with their costs, biases without. The rate is that of the batch. */
typedef struct hm_step {
    double rate, momentum, l2, l1;
    float *second; /* of Adam, laid out as the parameters; null: plain steps with momentum */
    uint64_t count; /* Adam: steps so far, this one included */
} hm_step;

/* The step along that difference, of the weights and of the biases named in `parts`. gradient is room as above, whose values
 * are lost; velocity has the same layout. */
void hm_machine_learn(hm_rbm *machine, const hm_phase *plus, const hm_phase *minus, unsigned parts, float *gradient,
                      float *velocity, const hm_step *step);

/* The step along a gradient that is there already. */
void hm_machine_update(hm_rbm *machine, const float *gradient, float *velocity, const hm_step *step);

/* For the time of learning, or of long sampling: a copy of the weights in the form products read best, with room for batches of
 * so many cases. All that a machine computes while it is learning has the precision of the context. Freed by release, or with
 * the machine. */
hm_status hm_machine_reserve(hm_rbm *machine, size_t batch, bool is_learning, hm_error *error);
void hm_machine_release(hm_rbm *machine);

/* To be called when weights were changed through a pointer that was kept. */
void hm_machine_note_change(const hm_rbm *machine);

#endif
