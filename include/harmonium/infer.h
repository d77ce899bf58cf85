/* Using a trained model: reconstructions, Gibbs chains, recognition, features in the space of the data.
 *
 * Matrices are float, of just the sizes said (bytes are taken where values go straight through an RBM or a net); others, machines, layers and
 * methods that are not there, and numbers out of range are HM_ERROR_ARGUMENT. */
#ifndef HARMONIUM_INFER_H
#define HARMONIUM_INFER_H

#include <harmonium/data.h>
#include <harmonium/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* v through binary (sampled) features and back: out (cases x n_features) = E(v' | h), h ~ P(h | v), as on the
 * lecture's page; n_steps > 1 goes on alternating, as chains do that settle (hm_rbm_require_partition). `machine` chooses the RBM of a class model. A DBN goes up by
 * its recognition weights, through its top RBM, and down by its generative weights. An autoencoder (a net with as
 * many outputs as features) gives its outputs; HM_ERROR_MISMATCH for other nets. HM_ERROR_NUMERIC for results that are not finite. */
hm_status hm_reconstruct(const hm_model *model, size_t machine, hm_matrix v, size_t n_steps, hm_matrix out,
                         hm_error *error);

/* Means of the data given states or means of hidden layer `layer` (1: the first), codes (cases x units) -> out (cases x
 * n_features): down by the generative weights; of an autoencoder, on through its upper half. HM_ERROR_MISMATCH for a net that
 * classifies, HM_ERROR_ARGUMENT for layers that are not there. */
hm_status hm_decode(const hm_model *model, size_t machine, size_t layer, hm_matrix codes, hm_matrix out, hm_error *error);

/* The first principal components of a set: mean[V] and axes[n_components][V], orthonormal, from the largest variance down. */
hm_status hm_pca(const hm_context *context, const hm_dataset *set, size_t n_components, float *mean, float *axes, hm_error *error);
/* v through them and back. */
void hm_pca_reconstruct(const float *mean, const float *axes, size_t n_components, hm_matrix v, hm_matrix out);

/* ---- Chains ----------------------------------------------------------------------------------------------- */

/* Gibbs chains of an RBM, or of the top RBM of a DBN with the directed levels below it. */
typedef struct hm_chains hm_chains;

/* What is not said is zero. */
typedef struct hm_chains_config {
    size_t n;              /* chains */
    size_t machine;        /* which RBM of a class model */
    float beta;            /* 1 / temperature of the sampling; 0 means 1 */
    const int32_t *label;  /* [n] label that a chain is held to, -1: free; null: all free. DBN with labels */
    hm_matrix start;       /* n x n_features: the data that chains start from; data null: random hidden states */
    const bool *is_clamped; /* [n_features]: features that stay as in `start`; null: none */
    bool is_sampled;       /* the pass down gives samples of every layer, the data included, not their means */
} hm_chains_config;

/* HM_ERROR_MISMATCH for a net, for labels on a model without label units, and for labels out of range; HM_ERROR_NUMERIC for a machine
 * whose chains run off to infinity (hm_rbm_require_partition), unless features are clamped. */
hm_status hm_chains_create(const hm_model *model, const hm_chains_config *config, hm_chains **chains,
                           hm_error *error);
void hm_chains_destroy(hm_chains *chains); /* null is allowed */

/* Alternates n_steps times, then makes one pass down to the data. With clamped features of a DBN every step is a
 * sampled pass up and down, after which the clamped features are put back: exact for an RBM, for a DBN as good as
 * its recognition weights. */
void hm_chains_run(hm_chains *chains, size_t n_steps);

/* Changes from the next step on: 1 / temperature; the label that chain i is held to, -1: none; a hidden unit that is held at a value
 * in all chains, NaN: let go. HM_ERROR_ARGUMENT for what is not there, HM_ERROR_MISMATCH for labels of a model without and for
 * units that pool. */
void hm_chains_set_beta(hm_chains *chains, float beta);
hm_status hm_chains_set_label(hm_chains *chains, size_t i, int32_t label, hm_error *error);
hm_status hm_chains_hold(hm_chains *chains, size_t layer, size_t unit, float value, hm_error *error);

/* n x units of layer 0 (the data; means or samples, with clamped features as they are held) .. n_rbms (the top; states). */
hm_matrix hm_chains_layer(const hm_chains *chains, size_t layer);
/* n x n_labels: P(label | top units), or the label that is held; data null without label units. */
hm_matrix hm_chains_labels(const hm_chains *chains);

/* What all layers of an RBM or a deep belief net say together of features that are not given: Gibbs sampling in which each layer sees
 * the one below and the one above (after Lee, Grosse, Ranganath and Ng, 2009, section 3.6; the rule is in src/infer/posterior.c).
 * Layers of Bernoulli or pool units, no labels; else HM_ERROR_MISMATCH. */
enum {
    HM_INFER_LAYERS, /* sweeps over all layers */
    HM_INFER_ONCE,   /* a control: means up to the top and down again, once */
    HM_INFER_UPWARD  /* another: the first hidden layer by what is given below it, and down from there */
};
typedef struct hm_posterior_config {
    int how; /* HM_INFER_.. */
    const bool *is_given; /* [n_features] */
    size_t n_sweeps;
    size_t n_kept; /* so many last sweeps are averaged; 0: the last alone */
    float beta;    /* 1 / temperature; 0 means 1 */
    void (*tell)(void *user, size_t n_done); /* after each sweep; may be null */
    void *user;
} hm_posterior_config;
/* v (cases x n_features) of which the given features count -> out: these, and the means of the others. */
hm_status hm_infer_layers(const hm_model *model, const hm_posterior_config *config, hm_matrix v, hm_matrix out, hm_error *error);

/* Simulated annealing of an RBM (Kirkpatrick, Gelatt and Vecchi, 1983): rows of v are chains, which take one Gibbs step at each
 * temperature; energy[n_steps][rows] of (v, h) after each, at temperature 1. Random numbers of `stream`. HM_ERROR_NUMERIC for a machine without a lowest energy
 * (hm_rbm_require_partition), and for energies that are not finite. */
hm_status hm_rbm_anneal(const hm_rbm *rbm, hm_matrix v, const double *temperature, size_t n_steps, uint32_t stream, double *energy,
                        hm_error *error);

/* ---- Recognition ------------------------------------------------------------------------------------------ */

enum { HM_RECOGNISE_ENERGY, HM_RECOGNISE_GIBBS };

/* probability[cases][n_classes]. Class models: softmax(-F_c(v) + offset_c). Nets: their softmax outputs. DBNs: a
 * deterministic pass up, then with HM_RECOGNISE_ENERGY the exact free energy of each label, and with
 * HM_RECOGNISE_GIBBS label units that start neutral and n_steps alternations of means in the top RBM (Hinton,
 * Osindero and Teh, 2006, section 6.1). HM_ERROR_MISMATCH for models without classes, HM_ERROR_NUMERIC for probabilities that are no
 * numbers. */
hm_status hm_class_probabilities(const hm_model *model, int method, size_t n_steps, hm_matrix v, double *probability,
                                 hm_error *error);

/* ---- Features --------------------------------------------------------------------------------------------- */

/* What features first .. first + out.rows - 1 of layer `layer` (1: the first hidden one; hm_layer_n_features of them) stand for, in the
 * space of the data: out.rows x n_features. Projection is the product of the weights between. */
hm_status hm_project_features(const hm_model *model, size_t layer, size_t first, hm_matrix out, hm_error *error);

/* Means of the hidden units of a machine at inverse temperature beta, as the layer shows them (hm_layer_shown): mean is cases x shown
 * units. */
hm_status hm_hidden_means(const hm_rbm *rbm, hm_matrix v, float beta, hm_matrix mean, hm_error *error);

/* Numbers for a classifier: what layers show (hm_layer_shown), side by side. Of maps either all places, or the largest of windows, or of
 * the cells of grids. */
enum { HM_GRIDS_MAX = 8 };
typedef struct hm_descriptor {
    size_t layer[HM_LEVELS_MAX], n_layers;
    size_t pool_side, pool_stride;       /* windows of side x side every `stride` places; 0: none */
    size_t grid[HM_GRIDS_MAX], n_grids;  /* cells of each map: 1, 2, 4 are 1 + 4 + 16 */
    bool takes_root, is_unit_length;     /* of each number; of each layer's numbers of a case, after that */
    size_t machine;                      /* of a class model */
    float beta;                          /* of a model of single machines; 0 means 1 */
} hm_descriptor;
size_t hm_descriptor_size(const hm_model *model, const hm_descriptor *descriptor);
/* v -> out (cases x size). HM_ERROR_ARGUMENT for layers that are not there, HM_ERROR_MISMATCH for pooling what is not maps. */
hm_status hm_describe(const hm_model *model, const hm_descriptor *descriptor, hm_matrix v, hm_matrix out, hm_error *error);

/* Where the data's picture a feature of a layer looks at lies: all of it, or what the filters under its unit cover. */
typedef struct hm_window {
    size_t top, left, height, width;
} hm_window;
hm_window hm_feature_window(const hm_model *model, size_t layer);
/* The same for a place of what the layer shows (hm_layer_shown): where its units pool, all that the units of a block see. */
hm_window hm_place_window(const hm_model *model, size_t layer, size_t row, size_t col);

/* A place of a map of some case: row and column of what the layer shows (both 0 for a unit), and the mean there. */
typedef struct hm_place {
    size_t index; /* of the case in its set */
    size_t row, col;
    float value;
} hm_place;

/* For each feature of a layer the n places of the set where its mean is largest, at most one of a case: places[n_features][n], the
 * largest first and of equal ones the earlier case, row and column. The set is read in blocks. HM_ERROR_ARGUMENT for a layer that is not
 * there or sees labels, and for n of none or more than there are cases; HM_ERROR_MISMATCH for class models and data that do not fit. */
hm_status hm_find_strongest(const hm_model *model, size_t layer, const hm_dataset *set, size_t n, hm_place *places, hm_error *error);

/* The same by sampling (Erhan, Bengio, Courville and Vincent, 2009): one chain a unit runs n_steps in the RBM under
 * the layer with the unit held on, then goes down by means. Bernoulli hidden layers. */
hm_status hm_sample_features(const hm_model *model, size_t layer, size_t first, size_t n_steps, hm_matrix out,
                             hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
