/* The options of scene labelling, as [scene] of a recipe. */
#include "scene/scene_net.h"

#define ROW(name, type, field, initial, least, most, unit, choices, help)                                     \
    {name, 0, HM_OPTION_##type, offsetof(hm_scene_config, field), initial, least, most, unit, choices, help}

static const hm_option rows[] = {
    ROW("layers", TEXT, net.layers, "relu 16 by 7x7 pool 2 | relu 64 by 7x7 pool 2 | relu 128 by 5x5", 0, 0, "LAYERS", NULL,
        "of filters, the same at each scale: relu or tanh, maps, size of the filters, pooled or not"),
    ROW("scales", INT, net.scales, "3", 1, HM_SCENE_NET_SCALES_MAX, "N", NULL,
        "bands of the pyramid that it sees, each half the size of the last"),
    ROW("units", INT, net.units, "256", 0, HM_SCENE_MAPS_MAX, "N", NULL,
        "that see the features of all scales; 0: none, and a class is a sum over the scales"),
    ROW("normalise", CHOICE, net.normalise, "batch", 0, 0, "HOW", "batch|none",
        "sums of filters to mean 0 and deviation 1 over a mini-batch, at each scale apart"),
    ROW("window", INT, net.window, "15", 0, 255, "N", NULL,
        "bands are normalised to mean 0 and deviation 1 in windows of so many pixels, an odd number; 0: not at all"),
    ROW("least-deviation", REAL, net.least_deviation, "0.01", 1e-6, 1, "D", NULL,
        "by which a quieter window is divided; a colour runs from 0 to 1"),
    ROW("size", REAL, net.size, "1", 0.01, 4, "SHARE", NULL,
        "pictures are learned, and later labelled, at so much of their size: 0.5 is a quarter of the work"),
    ROW("classes", TEXT, classes, "", 0, 0, "FILE", NULL, "of lines \"name red green blue\", in the order of their labels"),
    ROW("validation", TEXT, validation, "", 0, 0, "FOLDER", NULL, "pictures to go by while it learns"),
    ROW("validation-labels", TEXT, validation_labels, "", 0, 0, "FOLDER", NULL, "and their label pictures"),
    ROW("class-weights", CHOICE, class_weights, "median", 0, 0, "HOW", "median|natural|balanced",
        "of a pixel in the loss: median frequency / frequency of its class, at most --scene-most-weight; 1; or as if all classes were as "
        "frequent"),
    ROW("most-weight", REAL, most_weight, "5", 1, 1e6, "W", NULL, "of median weights"),
    ROW("mirror", FLAG, mirror, "yes", 0, 0, NULL, NULL, "half of the pictures are seen mirrored while it learns"),
    ROW("zoom", REAL, zoom, "0.1", 0, 0.9, "SHARE", NULL, "and larger or smaller by up to so much"),
    ROW("turn", REAL, turn, "8", 0, 180, "DEGREES", NULL, "and turned by up to so much"),
    ROW("light", REAL, light, "0.1", 0, 0.9, "SHARE", NULL, "and lighter or darker by up to so much"),
};

#define LABEL(name, type, field, initial, least, most, unit, choices, help)                                   \
    {name, 0, HM_OPTION_##type, offsetof(hm_scene_label_config, field), initial, least, most, unit, choices, help}

static const hm_option label_rows[] = {
    LABEL("regions", CHOICE, regions, "none", 0, 0, "WHAT", "none|superpixels|cover",
          "what gets one label: each pixel; each superpixel; or each component of the tree of superpixels that is purest"),
    LABEL("region-size", REAL, region_size, "0.1", 0, 1e3, "K", NULL, "of superpixels: the more, the larger they are"),
    LABEL("least-region", INT, least_region, "20", 1, 1e9, "N", NULL, "pixels that a superpixel has at least"),
    LABEL("prior", REAL, prior, "0", -4, 4, "P", NULL,
          "raise the score of a class by so much of the logarithm of its share in learning: what was learned with class weights finds "
          "rare classes too often"),
    LABEL("mirrored", FLAG, mirrored, "no", 0, 0, NULL, NULL, "take the mean over the picture and its mirror image: twice the work"),
    LABEL("tile", INT, tile, "512", 32, 1e5, "N", NULL, "side of the tiles in which large pictures are labelled"),
};

enum { N_NET_ROWS = 7 };
const hm_option_table hm_scene_label_options = {"label", "Labelling", label_rows, sizeof label_rows / sizeof *label_rows, false};

const hm_option_table hm_scene_options = {"scene", "Scene labelling", rows, sizeof rows / sizeof *rows, true};
const hm_option_table hm_scene_net_options = {"scene", "Scene labelling", rows, N_NET_ROWS, true};
