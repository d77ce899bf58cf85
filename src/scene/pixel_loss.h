/* The scores of places become those of pixels, and their softmax is held against the labels. */
#ifndef HM_SCENE_PIXEL_LOSS_H
#define HM_SCENE_PIXEL_LOSS_H

#include "scene/scene_pass.h"

typedef struct hm_pixels {
    const hm_scene_pass *pass;
    const hm_scene_truth *truth; /* of a loss */
    float *scores;               /* [height][width][n_classes], of picture i: of hm_pixels_score */
    size_t i;
} hm_pixels;

void hm_pixels_score(const hm_pixels *pixels);

/* Fills the loss, adds to bias[n_classes] and puts the gradient for the places' scores in their place; bias null: the loss alone. */
void hm_pixels_loss(const hm_pixels *pixels, hm_scene_loss *loss, float *bias);

#endif
