/* A network that names the class of every pixel: its layers, parameters and file [Farabet, Couprie, Najman, LeCun 2013].
 *
 * Each band of a pyramid goes through the same filters:
 *
 *     band s  -> filters -> normalised -> unit -> pooled -> filters -> ... -> features at band s
 *     all     -> join: filters of side 1 for each scale, enlarged to the finest scale and added up -> normalised -> unit
 *     join    -> top: filters of side 1, a number for each class, enlarged to the pixels, softmax
 *
 * Filters are shared by the scales; what normalises their sums (batch normalisation [Ioffe, Szegedy 2015], or biases alone) is each
 * scale's own. Without units in the join its sums are the numbers of the classes, and there is no top. */
#ifndef HM_SCENE_NET_H
#define HM_SCENE_NET_H

#include <harmonium/scene.h>

#include "model/tensor_file.h"

enum { HM_SCENE_LAYERS_MAX = 6, HM_SCENE_NET_SCALES_MAX = 6, HM_SCENE_SIDE_MAX = 31, HM_SCENE_POOL_MAX = 8, HM_SCENE_MAPS_MAX = 4096 };
enum { HM_SCENE_SLICES_MAX = HM_SCENE_LAYERS_MAX + 4 * HM_SCENE_NET_SCALES_MAX * HM_SCENE_LAYERS_MAX + HM_SCENE_NET_SCALES_MAX + 6 };

typedef enum hm_scene_unit { HM_SCENE_RELU, HM_SCENE_TANH } hm_scene_unit;

typedef struct hm_scene_layer {
    hm_scene_unit unit;
    size_t n_below, maps, side, pool; /* side odd; pool 1: none */
} hm_scene_layer;

/* What follows a convolution, of one layer and scale: [maps] each. gain, mean and variance are null without batch normalisation. */
typedef struct hm_scene_norm {
    size_t maps;
    hm_scene_unit unit;
    float *gain, *bias, *mean, *variance; /* the last two: running, for labelling */
} hm_scene_norm;

typedef struct hm_scene_slice {
    char name[40]; /* of its tensor */
    size_t first, n;
    int n_axes;
    size_t shape[4];
    bool is_learned, has_costs;
} hm_scene_slice;

struct hm_scene_net {
    const hm_context *context;
    hm_scene_net_config config;
    hm_scene_classes *classes;
    size_t n_layers, n_scales, n_units; /* n_units: of the join; 0: none */
    hm_scene_layer layer[HM_SCENE_LAYERS_MAX];
    size_t n_slices, n_parameters;
    hm_scene_slice slice[HM_SCENE_SLICES_MAX];
    float *parameters; /* [n_parameters] */
    /* Where they lie in it. */
    float *filters[HM_SCENE_LAYERS_MAX], *join[HM_SCENE_NET_SCALES_MAX], *top, *top_bias;
    hm_scene_norm norm[HM_SCENE_NET_SCALES_MAX][HM_SCENE_LAYERS_MAX], join_norm;
    double *share;     /* [n_classes]: of the pixels that it learned from */
    char *recipe, *history, *fingerprint;
    uint64_t seed;
};

/* The rows of hm_scene_options that say what a net is; of a whole hm_scene_config. */
extern const hm_option_table hm_scene_net_options;

/* Layers from text; HM_ERROR_ARGUMENT says what is wrong with which. */
hm_status hm_scene_layers_parse(const char *text, hm_scene_layer layer[HM_SCENE_LAYERS_MAX], size_t *n, hm_error *error);

/* Maps of what a join of that net adds up: its units, or the classes. */
size_t hm_scene_join_maps(const hm_scene_net *net);

/* Pixels of a band for a place of its features. */
size_t hm_scene_net_pool(const hm_scene_net *net);

/* The two halves of making a net: outline knows its slices (whatever it returns, the caller destroys *net), furnish has room for
 * them, all zero. */
hm_status hm_scene_net_outline(const hm_scene_classes *classes, const hm_scene_net_config *config, hm_scene_net **net, hm_error *error);
hm_status hm_scene_net_furnish(hm_scene_net *net, hm_error *error);

/* Random weights, gains 1, all else 0. */
void hm_scene_net_init(hm_scene_net *net);

/* Metadata and tensors; the net must outlive the file. */
hm_status hm_scene_net_to_file(const hm_scene_net *net, hm_tensor_file *file, hm_error *error);
hm_status hm_scene_net_from_file(const hm_context *context, const hm_tensor_file *file, const char *path, hm_scene_net **net,
                                 hm_error *error);

#endif
