/* Pictures through a scene net and gradients back, in room that is made once for so many pictures of a size. */
#ifndef HM_SCENE_PASS_H
#define HM_SCENE_PASS_H

#include <harmonium/random.h>

#include "scene/scene_net.h"
#include "scene/units.h"

typedef struct hm_scene_pass {
    const hm_scene_net *net;
    size_t n, height, width; /* pictures, and their pixels */
    bool is_learning;
    hm_scene_band band[HM_SCENE_SCALES_MAX];
    hm_maps input[HM_SCENE_NET_SCALES_MAX]; /* Y, U, V of a band, with the margin of the first filters */
    hm_scene_units units[HM_SCENE_NET_SCALES_MAX][HM_SCENE_LAYERS_MAX];
    hm_maps join[HM_SCENE_NET_SCALES_MAX]; /* what each scale adds to the join, at its own size; the finest: and then the sum of all,
                                              of the units, or of the classes */
    hm_scene_units join_units;
    hm_maps scores;                        /* of the classes, before they are enlarged; the biases are not in them */
    hm_maps rows[2];                       /* of pixels: scores enlarged downwards, and what gradients across leave */
    hm_bank bank[HM_SCENE_LAYERS_MAX], join_bank[HM_SCENE_NET_SCALES_MAX], top_bank;
    float *bands;                          /* [n][values of a pyramid] */
    size_t n_values;
    float *floats;
    double *parts, *row_loss;              /* row_loss[pixel rows][3]: loss, wrong and right pixels */
    float *row_bias;                       /* [pixel rows][stride of scores] */
} hm_scene_pass;

/* Pictures as the net sees them, not as they lie in their files. */
hm_status hm_scene_pass_create(const hm_scene_net *net, size_t n, size_t height, size_t width, bool is_learning, hm_scene_pass *pass,
                               hm_error *error);
void hm_scene_pass_clear(hm_scene_pass *pass); /* a zeroed one is allowed */

/* So many of the pictures are there from now on; n <= the number it was created for. */
void hm_scene_pass_count(hm_scene_pass *pass, size_t n);

/* After a change of the parameters, and before the first pass. */
void hm_scene_pass_pack(hm_scene_pass *pass);

/* Puts a picture of the pass's size, R, G and B, into place i: its bands are what the net sees. Changes the picture's values. May be
 * called for several places at once. */
hm_status hm_scene_pass_look(hm_scene_pass *pass, size_t i, hm_scene_picture *picture, hm_error *error);

/* Left out of the units of the join: so many, by these random numbers. */
typedef struct hm_scene_dropout {
    float share;
    hm_random random;
} hm_scene_dropout;

/* From bands to scores. dropout null: none. */
void hm_scene_pass_forward(hm_scene_pass *pass, const hm_scene_dropout *dropout);

/* What a batch is told: labels[n][height][width], and what a pixel of each counts, [n_classes + 1]: 0 for the last, which has no class. */
typedef struct hm_scene_truth {
    const uint8_t *labels;
    const float *weight;
    double total_weight; /* of all pixels of the batch; the loss is their mean */
} hm_scene_truth;

typedef struct hm_scene_loss {
    double loss;            /* mean cross-entropy, weighted, in nats */
    uint64_t n_wrong, n_right; /* of the pixels that count */
} hm_scene_loss;

/* The loss of the last forward pass; where it is learning, gradient[n_parameters] += its gradient. */
void hm_scene_pass_backward(hm_scene_pass *pass, const hm_scene_truth *truth, const hm_scene_dropout *dropout, hm_scene_loss *loss,
                            float *gradient);

/* scores[height][width][n_classes] of picture i: with its softmax a pixel's probabilities; likelihoods of classes whose shares are
 * divided out are not taken here. */
void hm_scene_pass_scores(const hm_scene_pass *pass, size_t i, float *scores);

#endif
