/* Models, and the file that `harmonium train` leaves behind, one safetensors file.
 *
 * Every kind is made of RBMs: one, one for each class, or a stack whose hidden layer is the next one's visible
 * layer. Metadata of the file: format "harmonium 2", kind, layers, image size, recipe, seed, history and the
 * fingerprint of the training data. Tensors: W, visible_bias, hidden_bias (docs/file-format.md). */
#ifndef HARMONIUM_MODEL_H
#define HARMONIUM_MODEL_H

#include <stdbool.h>

#include <harmonium/context.h>
#include <harmonium/data.h>
#include <harmonium/rbm.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hm_model_kind {
    HM_MODEL_RBM,     /* one machine */
    HM_MODEL_CLASSES, /* one machine for each class, and an offset for each log Z (Hinton 2010, section 16) */
    HM_MODEL_DBN,     /* a deep belief net: directed levels under a top RBM, which may see labels beside the layer
                         below (Hinton, Osindero and Teh, 2006); also a sigmoid belief net (hm_model_is_belief_net) */
    HM_MODEL_NET,     /* a feed-forward net: each level's mean drives the next; visible biases are not used */
} hm_model_kind;

enum { HM_LEVELS_MAX = 16, HM_LABELS_MAX = 1024, HM_MACHINES_MAX = 65536 };

/* A model owns its machines and texts; fields may be read, and the texts replaced with hm_model_set_text. */
typedef struct hm_model {
    const hm_context *context;
    hm_model_kind kind;
    size_t n_rbms;
    hm_rbm **rbm;        /* [n_rbms]; of a stack, from the bottom up */
    hm_rbm **generative; /* [n_rbms] of a DBN: W and visible bias of a directed level that was untied from its
                            recognition weights, which then are the W and hidden bias of rbm[level]; null entries:
                            tied. Null for other kinds */
    size_t n_labels;     /* DBN: label units, the last softmax group that the top RBM sees; net: classes it tells
                            apart; 0: none */
    float *offset;       /* [n_rbms]: classification is softmax(-F_c(v) + offset_c); HM_MODEL_CLASSES only */
    size_t height, width, n_channels; /* of a visible image, channel after channel (1 or 3); 0: none */
    float *shift, *spread; /* [n_visible]: (x - shift) / spread before the model sees data; null: none */
    char *preparation; /* how its data was made from a file (hm_dataset_preparation); never null */
    char *columns;     /* the names of its features, a line each (hm_dataset_columns); never null */
    bool has_range;    /* whether the range of its data is known (hm_dataset_range): */
    bool is_scaled;    /* they were bytes, and multiplied by 1/255 because of that */
    float least, most; /* as the file held them */
    int32_t *class_label; /* [n_classes]: the label that class k has in the data; null: k itself */
    char **class_name;    /* [n_classes]: of classes with names; entries may be null, and so may all */
    float *class_share;   /* [n_labels]: of the labelled cases it learned from, of each class: P(class); null: not known */
    char *recipe;      /* the options it was trained with, as a recipe file; never null */
    char *history;     /* one line for each stage of training, ended by " (3 times)" if there were as many like it; never null */
    char *fingerprint; /* of the training data; never null */
    uint64_t seed;
} hm_model;

/* Whether a DBN is a sigmoid belief net, directed to its top: its top machine then has one hidden unit without weights, and is no
 * more than the biases of independent units. */
bool hm_model_is_belief_net(const hm_model *model);

/* n_rbms machines of the same layers, parameters zero. HM_ERROR_ARGUMENT for none or more than HM_MACHINES_MAX, and for
 * kinds or layers that are not there. */
hm_status hm_model_create(const hm_context *context, hm_model_kind kind, size_t n_rbms,
                          const hm_layer *visible, const hm_layer *hidden, hm_model **model,
                          hm_error *error);

/* A DBN or a net of n_layers >= 2 layers, from the data up, parameters zero and levels tied. n_labels > 0 puts a
 * softmax group of labels beside what the top RBM of a DBN sees; of a net it must be 0 or the size of the last
 * layer. HM_ERROR_ARGUMENT for more than HM_LEVELS_MAX levels, one label or more than HM_LABELS_MAX. */
hm_status hm_model_create_stack(const hm_context *context, hm_model_kind kind, const hm_layer *layers,
                                size_t n_layers, size_t n_labels, hm_model **model, hm_error *error);
void hm_model_destroy(hm_model *model); /* null is allowed */

/* Number of features of the data, without the labels that a machine may see beside them. */
size_t hm_model_n_features(const hm_model *model);

/* HM_ERROR_MISMATCH, with a remedy, unless the data has as many features as the model takes. */
hm_status hm_check_fit(const hm_model *model, const hm_dataset *set, hm_error *error);

/* As hm_check_fit, and that its visible units can take the values of the data: HM_ERROR_MISMATCH, with the transform to
 * add, for what leaves 0..1 of Bernoulli and softmax units or 0..n of binomial ones; a warning in the log for Gaussian
 * units with data that is not standardised. A pass over the set. */
hm_status hm_check_values(const hm_model *model, const hm_dataset *set, hm_error *error);

/* The same for cases in memory (cases x n_features) that messages call `name`. */
hm_status hm_check_cases(const hm_model *model, const char *name, hm_matrix v, hm_error *error);

/* What the model must know of the data it learns from: fingerprint, preparation, standardising, the shares of its classes if it has
 * labels, and the size of pictures if the model has as many visible units. hm_train and its kin do it. */
hm_status hm_model_note_data(hm_model *model, const hm_dataset *set, hm_error *error);

/* What the model knows of its data, for hm_dataset_open_known. The texts stay the model's. */
hm_data_known hm_model_known(const hm_model *model);

/* Takes over the preparation, the names of features and the range of the data that another model learned from. */
hm_status hm_model_copy_known(const hm_model *from, hm_model *to, hm_error *error);

/* HM_ERROR_MISMATCH for a case whose label is none of the model's classes; the message lists these. Cases without a label pass. */
hm_status hm_model_check_classes(const hm_model *model, const hm_dataset *set, hm_error *error);

/* Classes that the model tells apart: machines of a class model, labels of a DBN or net; 0: none. */
size_t hm_model_n_classes(const hm_model *model);

/* Takes the classes of the set, in ascending order of their labels, as those of the model, with their names.
 * HM_ERROR_MISMATCH unless there are as many. */
hm_status hm_model_name_classes(hm_model *model, const hm_dataset *set, hm_error *error);

/* Says what the classes are called: label[n_classes] (null: 0, 1, ...), ascending from 0 to 999999, and name[n_classes] (null, or
 * with null entries: no names), both copied. HM_ERROR_ARGUMENT for another label, a name of more than 255 bytes or with a newline, and a model without classes. */
hm_status hm_model_set_classes(hm_model *model, const int32_t *label, const char *const *name, hm_error *error);

/* Takes over labels and names of the classes of a model that has as many. */
hm_status hm_model_copy_classes(const hm_model *from, hm_model *to, hm_error *error);

/* The label of class k in the data; the class of a label, or -1; and the name of class k, or its label as text, in
 * text[size], which is returned. */
int32_t hm_model_class_label(const hm_model *model, size_t k);
int32_t hm_model_class_of(const hm_model *model, int32_t label);
const char *hm_model_class_name(const hm_model *model, size_t k, char *text, size_t size);

/* Turns values of the visible units back into the data's own units (hm_preparation_undo), in place. */
hm_status hm_model_restore_units(const hm_model *model, bool is_drawn, hm_matrix values, hm_error *error);

/* Number of units of layer 0 (the data) .. n_rbms (the top), without label units. */
size_t hm_model_layer_size(const hm_model *model, size_t layer);
const hm_layer *hm_model_layer(const hm_model *model, size_t layer); /* that of the data may include labels */

/* HM_ERROR_ARGUMENT unless the model has a hidden layer of that number (from 1) which the data alone drive: the top of a DBN with labels
 * sees these as well. */
hm_status hm_model_check_layer(const hm_model *model, size_t layer, hm_error *error);

/* What a model may be able to do. */
typedef enum hm_ability {
    HM_ABILITY_SAMPLE,       /* Gibbs chains, samples, completions */
    HM_ABILITY_RECONSTRUCT,
    HM_ABILITY_FREE_ENERGY,  /* of the data */
    HM_ABILITY_CLASSES,      /* naming the class of a case */
    HM_ABILITY_LAYERS,       /* layers above one another, to be shown and filmed */
    HM_ABILITY_LABELS,       /* label units that can be held */
    HM_ABILITY_LEARN_ENERGY, /* contrastive divergence and its kin */
} hm_ability;
bool hm_model_can(const hm_model *model, hm_ability ability);
/* HM_ERROR_MISMATCH, naming the stage or the model that would give it, unless the model can. */
hm_status hm_model_require(const hm_model *model, hm_ability ability, hm_error *error);

/* The same model over pictures of another size (cases x channels x height x width): filters and biases of its maps know of no size.
 * HM_ERROR_MISMATCH for a model with a layer without filters, of other channels, or standardised by pixel. The caller destroys it. */
hm_status hm_model_over(const hm_model *model, size_t height, size_t width, hm_model **over, hm_error *error);

/* Whether the levels form a stack (DBN, net). */
bool hm_model_is_stack(const hm_model *model);

/* Gives every level of a DBN under its top RBM generative weights of its own, equal to the transposes that it
 * had until now; does nothing where that has been done. HM_ERROR_MEMORY. */
hm_status hm_model_untie(hm_model *model, hm_error *error);

/* The machine that generates layer `level` from the one above: its own W and visible bias, or those of the tied
 * level. */
const hm_rbm *hm_model_generative(const hm_model *model, size_t level);

/* A deterministic up-pass: out (cases x n, n = hm_model_layer_size(model, n_levels)) receives the means of layer
 * n_levels >= 1, each layer driven by the means below it. v (float or bytes) is as wide as what the first machine sees. HM_ERROR_ARGUMENT for
 * other sizes, and for the top of a DBN that labels drive as well. Allocates a workspace of one block of cases. */
hm_status hm_model_up_pass(const hm_model *model, size_t n_levels, hm_matrix v, hm_matrix out, hm_error *error);

/* P(label | layer below the top RBM) by the exact free energy of each label: `below` is cases x n (float), the
 * result probability[cases][n_labels] (double) or target (float, cases x n_labels), whichever is not null.
 * workspace: cases x 2 x n_hidden floats of the top RBM. Allocates nothing. */
void hm_model_label_posterior(const hm_model *model, hm_matrix below, float *workspace, double *probability,
                              hm_matrix target);

/* Replaces one of the texts (recipe, history, fingerprint) by a copy. */
hm_status hm_model_set_text(hm_model *model, char **field, const char *text, hm_error *error);

/* Appends a line to the history. */
hm_status hm_model_add_history(hm_model *model, const char *line, hm_error *error);

/* shift[n] and spread[n] are copied. */
hm_status hm_model_set_standardising(hm_model *model, const float *shift, const float *spread,
                                     hm_error *error);

/* Atomic: a crash leaves the old file or the new one. */
hm_status hm_model_save(const hm_model *model, const char *path, hm_error *error);
hm_status hm_model_load(const hm_context *context, const char *path, hm_model **model, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
