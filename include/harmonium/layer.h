/* Unit kinds, and layers made of them.
 *
 * A layer is one or a few groups of units side by side, each group of one kind, written as
 *     "bernoulli 784"    "gaussian 39"    "softmax 10"    "binomial 20x8"    "bernoulli 500 + softmax 10"
 * A layer of one group may be maps of a height and a width, "bernoulli 40x17x17": its units lie map after map, row after
 * row, and each map has one bias for all its places ("binomial 3x28x28x255": the size comes last).
 * A layer of maps above another may be joined to it by filters that all places share: "bernoulli 24 by 8x8" is 24 maps whose units see
 * 8 x 8 places of every map below, "pool 40x2 by 12x12" 40 maps of pooling units in blocks of 2 x 2 over filters of 12 x 12. Such a
 * layer learns its sides from the one below it (hm_layer_connect); with them it is written "pool 40x22x22x2 by 12x12".
 *
 * With input a (what the other layer and the bias send) and inverse temperature beta, the kinds are:
 *
 *   bernoulli  s in {0, 1}     P(s = 1) = 1 / (1 + exp(-beta a))
 *   gaussian   s real          N(a, 1 / beta): unit variance at temperature 1; standardise the data
 *   softmax    one of K        P(s_k = 1) = exp(beta a_k) / sum over the group ("softmax 10" is one group of 10
 *                              units, "softmax 20x5" is 20 units in groups of 5)
 *   relu       s >= 0          max(0, a + N(0, sigma(a))): noisy rectified linear (Nair and Hinton, 2010). Means and
 *                              samples are those of this rectified normal; energies and free energies those of the
 *                              endless row of Bernoulli units that it stands for, whose mean is larger for small
 *                              inputs (0.680 against 0.282 at a = 0) and the same for large ones
 *   binomial   s in 0..n       n trials of probability 1 / (1 + exp(-beta a)) ("binomial 20x8": 20 units of 8)
 *   pool       s in {0, 1}     blocks of C x C places of a map with at most one unit on: P(s_k = 1) = exp(beta a_k) / (1 + sum over
 *                              the block) (Lee et al., 2009); "pool 40x22x22x2" is 40 maps of 22 x 22 in blocks of 2 x 2, whose
 *                              units lie block by block (hm_layer_place)
 *   spin       s in {-1, 1}    P(s = 1) = 1 / (1 + exp(-2 beta a)): an Ising spin; its mean is tanh(beta a), so in a feed-forward
 *                              net it is a tanh unit ("tanh 500" is "spin 500") */
#ifndef HARMONIUM_LAYER_H
#define HARMONIUM_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hm_unit {
    HM_UNIT_BERNOULLI,
    HM_UNIT_GAUSSIAN,
    HM_UNIT_SOFTMAX,
    HM_UNIT_RELU,
    HM_UNIT_BINOMIAL,
    HM_UNIT_POOL,
    HM_UNIT_SPIN,
} hm_unit;

enum { HM_LAYER_GROUPS_MAX = 4 };

typedef struct hm_unit_group {
    hm_unit kind;
    int size; /* softmax: units in one group; binomial: trials; else 1 */
    size_t n_units;
} hm_unit_group;

typedef struct hm_layer {
    int n_groups;
    size_t n_units; /* of all groups together */
    size_t n_maps, height, width; /* of a layer of maps: their product is n_units; 0: it is none */
    size_t filter_height, filter_width; /* of the filters that join it to the layer below; 0: every unit sees every unit there */
    hm_unit_group group[HM_LAYER_GROUPS_MAX];
} hm_layer;

/* Whatever takes a layer refuses (HM_ERROR_ARGUMENT) one that a program filled with what cannot be: no groups or more than there is room
 * for, kinds that are not there, groups without units or whose units do not divide, maps that do not make up the units. */

/* Reads the text form above. A count may be left out ("gaussian") when `n_default` is not 0, and a kind may be
 * ("500", bernoulli). */
hm_status hm_layer_parse(const char *text, size_t n_default, hm_layer *layer, hm_error *error);

/* Reads a stack of layers, from the data up: "gaussian 39 | 500 | softmax 10", or, all Bernoulli, "784, 500, 500".
 * Fills at most `most` layers. */
hm_status hm_layers_parse(const char *text, size_t n_default, hm_layer *layers, size_t most, size_t *n_layers,
                          hm_error *error);

/* Gives a layer with filters the sides that valid convolution of `below` (maps) leaves, cut down to whole blocks; of any other layer
 * nothing changes. HM_ERROR_MISMATCH when the filters are larger than the maps below, no block is left, or `below` is not maps. */
hm_status hm_layer_connect(const hm_layer *below, hm_layer *layer, hm_error *error);

/* What a layer shows to the one above it: itself without filters, or, of pooling units, maps of Bernoulli units that are on where a
 * unit of the block is. */
hm_layer hm_layer_shown(const hm_layer *layer);

/* The visible layer of a machine between `layer` and `above`: what `layer` shows; maps of filters under a layer without are units, each
 * with a bias of its own, since the layer above tells places apart. */
hm_layer hm_layer_under(const hm_layer *layer, const hm_layer *above);

/* Writes the text form; returns the whole length, as snprintf does. */
size_t hm_layer_print(const hm_layer *layer, char *text, size_t size);

/* Which place (y width + x) the s-th unit of a map is at: s itself, but in layers of pool units block by block. */
size_t hm_layer_place(const hm_layer *layer, size_t s);

/* What a layer may learn to see: a feature for each unit, or for each map where filters are shared by its places. And the unit that
 * stands for feature i: itself, or that in the middle of its map. */
size_t hm_layer_n_features(const hm_layer *layer);
size_t hm_layer_feature_unit(const hm_layer *layer, size_t i);

/* n units of one kind (size as in hm_unit_group). */
hm_layer hm_layer_of(hm_unit kind, size_t n_units, int size);

/* Biases of a layer: one a unit, or one a map; and how many units share one. */
size_t hm_layer_n_biases(const hm_layer *layer);
size_t hm_layer_bias_run(const hm_layer *layer);

bool hm_layer_is_equal(const hm_layer *a, const hm_layer *b);

/* Whether every unit is of this kind. */
bool hm_layer_is_all(const hm_layer *layer, hm_unit kind);

/* Row `kind` of the table of unit kinds: its name and one line about it; null past the end. */
const char *hm_unit_name(int kind);
const char *hm_unit_summary(int kind);

#ifdef __cplusplus
}
#endif
#endif
