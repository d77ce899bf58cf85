/* Scene labelling: a name for every pixel [Farabet, Couprie, Najman, LeCun 2013, Learning hierarchical features for scene labeling],
 * all of it but the network.
 *
 * A picture becomes a pyramid of bands; whatever sees the bands says for each pixel how probable each class is; superpixels,
 * or components of a tree of them, make of that one label a region; and a confusion matrix counts how often it is the true one.
 *
 *     hm_scene_classes *classes;
 *     hm_scene_picture picture;
 *     hm_scene_classes_load(context, "classes.txt", &classes, &error);
 *     hm_scene_picture_load(context, "street.jpg", &picture, &error);
 *     hm_superpixels(&picture, 0.1f, 20, region, &n_regions, &error);      // region[height * width]
 *     hm_region_scores(probabilities, region, scores, &error);             // scores[n_regions][classes->n]
 *     hm_region_vote(scores, label);                                       // label[n_regions]
 *     hm_region_paint(region, label, height * width, labels);              // labels[height * width]
 *
 * Labels are bytes, in the order of the classes' file. Regions are numbers from 0 to n_regions - 1 in the order of their first pixels,
 * row by row. Everything is deterministic and uses one thread. What allocates may fail with HM_ERROR_MEMORY. */
#ifndef HARMONIUM_SCENE_H
#define HARMONIUM_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>
#include <harmonium/matrix.h>
#include <harmonium/options.h>
#include <harmonium/show.h>
#include <harmonium/train.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Classes --------------------------------------------------------------------------------------- */

enum { HM_SCENE_CLASSES_MAX = 255 }; /* a label is a byte, and one is left for what does not count */

/* Label n, the number after the last class, is that of pixels that do not count. */
typedef struct hm_scene_classes {
    const hm_context *context;
    size_t n;
    const char *name[HM_SCENE_CLASSES_MAX + 1]; /* [n + 1]; name[n] is "unlabelled" */
    uint32_t colour[HM_SCENE_CLASSES_MAX + 1];  /* [n + 1], 0xRRGGBB */
    char *text;                                 /* what the names lie in */
} hm_scene_classes;

/* A text file of lines "name red green blue", 0..255, in the order of their labels; '#' begins a comment. A last line of the name
 * "unlabelled" gives the colour of what does not count, black without. Fails with HM_ERROR_IO and, naming file and line,
 * HM_ERROR_FORMAT: another kind of line, a value outside 0..255, a name or colour twice, a class after "unlabelled", no class, more than
 * HM_SCENE_CLASSES_MAX. The caller destroys *classes. */
hm_status hm_scene_classes_load(const hm_context *context, const char *path, hm_scene_classes **classes, hm_error *error);
void hm_scene_classes_destroy(hm_scene_classes *classes); /* null is allowed */
/* The caller destroys *copy. */
hm_status hm_scene_classes_copy(const hm_scene_classes *classes, hm_scene_classes **copy, hm_error *error);

/* ---- Pictures and their labels --------------------------------------------------------------------- */

typedef struct hm_scene_picture {
    const hm_context *context;
    size_t height, width;
    float *values; /* [3][height][width]: red, green, blue; a file's are 0..1 */
} hm_scene_picture;

/* A PNG (of 8 or 16 bits) or JPEG, turned as its EXIF says; grey ones become three equal planes. HM_ERROR_IO, HM_ERROR_FORMAT,
 * HM_ERROR_UNSUPPORTED without libpng or libjpeg. hm_scene_picture_clear after success. */
hm_status hm_scene_picture_load(const hm_context *context, const char *path, hm_scene_picture *picture, hm_error *error);
void hm_scene_picture_clear(hm_scene_picture *picture);

typedef struct hm_label_picture {
    const hm_context *context;
    size_t height, width;
    uint8_t *labels; /* [height][width], 0 .. classes->n */
} hm_label_picture;

/* A PNG that says the label of each pixel by its number or by the colour of its class. Numbers are the indices of a palette, or grey
 * values: the classes', and classes->n or 255 for what does not count. Colours are those of `classes`; what is transparent does not count.
 * A coloured picture is read by its colours, and by numbers if it is grey throughout and its greys are not the classes'; a palette is read by
 * its colours if all of them are the classes' (unused black does not matter), else by its indices; grey is read by its values. A picture in
 * which the first way finds something else is read by the other if that finds nothing else. It is turned as its EXIF says.
 *
 * HM_ERROR_FORMAT for other pictures and, naming file, place, and number or colour and the nearest classes, for what is no label;
 * HM_ERROR_IO, HM_ERROR_UNSUPPORTED without libpng. hm_label_picture_clear after success. */
hm_status hm_label_picture_load(const hm_scene_classes *classes, const char *path, hm_label_picture *picture, hm_error *error);
void hm_label_picture_clear(hm_label_picture *picture);
/* As a grey PNG of 8 bits, atomically. HM_ERROR_UNSUPPORTED without libpng. */
hm_status hm_label_picture_save(const hm_label_picture *picture, const char *path, hm_error *error);

/* The picture (0..1) mixed with the colours of its labels, 0 < opacity <= 1 of them, and a legend of all classes beneath (its text needs
 * cairo). HM_ERROR_MISMATCH for another size. The caller destroys *image. */
hm_status hm_scene_overlay(const hm_scene_picture *picture, const hm_label_picture *labels, const hm_scene_classes *classes, float opacity,
                           hm_image **image, hm_error *error);

/* A row of a contact sheet. Pictures and labels are of one size, the labels those of the classes. */
typedef struct hm_scene_sheet_row {
    const char *caption; /* under the row, or null */
    const hm_scene_picture *picture;
    const hm_label_picture *truth, *answer;
} hm_scene_sheet_row;

/* Picture, truth and answer side by side, a row each, shrunk to at most HM_SCENE_SHEET_WIDTH pixels across; the titles of the columns
 * above, one legend of all classes beneath (their text needs cairo). HM_ERROR_ARGUMENT for no rows or a sheet too large for an image,
 * HM_ERROR_MISMATCH for labels of another size than their picture. The caller destroys *image. */
enum { HM_SCENE_SHEET_WIDTH = 240 };
hm_status hm_scene_contact_sheet(const hm_scene_sheet_row *rows, size_t n, const hm_scene_classes *classes, hm_image **image,
                                 hm_error *error);

/* ---- Pictures on disk ------------------------------------------------------------------------------ */

/* Pairs of pictures and label pictures, read one by one when they are asked for. */
typedef struct hm_scene_set hm_scene_set;

/* `pictures`: a folder, of which the PNG and JPEG files (.png .jpg .jpeg .jpe .jfif, in letters of any case) are taken in the order of
 * their names without endings (the log warns of pictures in other formats); or one file. `labels` (null or "": none): a folder that has a PNG (.png or .PNG) of the same name, but for the ending,
 * for each; with one picture it may be the one PNG. Files are looked for, not read. HM_ERROR_IO for what cannot be opened;
 * HM_ERROR_NOT_FOUND for a folder without pictures and, naming both, for a picture without labels; HM_ERROR_ARGUMENT for two pictures
 * of one name, or labels that are no folder where the pictures are one. The classes must outlive the set, which the caller closes. */
hm_status hm_scene_set_open(const hm_scene_classes *classes, const char *pictures, const char *labels, hm_scene_set **set, hm_error *error);
void hm_scene_set_close(hm_scene_set *set); /* null is allowed */

size_t hm_scene_set_count(const hm_scene_set *set);
bool hm_scene_set_has_labels(const hm_scene_set *set);
/* Of pair i < hm_scene_set_count: its name without folder and ending, and the path of its picture. They live as long as the set. */
const char *hm_scene_set_name(const hm_scene_set *set, size_t i);
const char *hm_scene_set_path(const hm_scene_set *set, size_t i);
/* The path of its label picture; null without labels. */
const char *hm_scene_set_labels(const hm_scene_set *set, size_t i);
/* Of the names and sizes of all files when the set was opened, 16 hexadecimal digits; the folders they lie in do not matter. */
const char *hm_scene_set_fingerprint(const hm_scene_set *set);

/* Reads pair i. `labels` may be null; without any in the set they are empty: of no pixels, labels->labels null. HM_ERROR_MISMATCH, naming
 * both files and sizes, when picture and labels differ in size; else as hm_scene_picture_load and hm_label_picture_load. Clear both after
 * success. Several threads may read at once. */
hm_status hm_scene_set_read(const hm_scene_set *set, size_t i, hm_scene_picture *picture, hm_label_picture *labels, hm_error *error);

/* count[classes->n]: the pixels of each class in all label pictures, each of which is read. HM_ERROR_ARGUMENT for a set without labels. */
hm_status hm_scene_set_frequencies(const hm_scene_set *set, uint64_t *count, hm_error *error);

/* ---- Views of a picture ---------------------------------------------------------------------------- */

/* A part of a picture, resized, turned, mirrored or in other colours. Pixel (i, j) of the view sees the picture at
 *
 *     (down, across) from its centre + R(turn) (i - (height - 1) / 2, +-(j - (width - 1) / 2)) / scale
 *
 * with - when mirrored; R turns so that what is seen has turned anticlockwise. */
typedef struct hm_scene_view {
    size_t height, width;      /* of the view */
    float scale;               /* pixels of the view per pixel of the picture: 0.5 is half the size */
    float turn;                /* radians, anticlockwise as seen (and clockwise as seen in a mirror) */
    float down, across;        /* where the view's centre lies from the picture's, in pixels of the picture */
    bool is_mirrored;          /* left and right */
    float gain[3], offset[3];  /* of red, green, blue: value * gain + offset, clamped to 0..1; a gain of 0 is taken as 1, and with an
                                  offset of 0 that leaves the values alone */
} hm_scene_view;

/* A centred view of the whole picture at that scale: height and width rounded to the nearest, at least 1. */
void hm_scene_view_whole(const hm_scene_picture *picture, float scale, hm_scene_view *view);

/* What is seen of a picture: with a scale below 1 the means of areas, else the picture itself, read between its pixels (bilinear); beyond
 * the edges the outermost pixel goes on. A view as large as the picture that changes nothing is an exact copy; one of half an even size has
 * the means of 2 x 2 pixels. What is seen of labels is the nearest pixel at any scale, and classes->n outside.
 *
 * `labels` may be null or empty, and seen_labels null; seen_labels is empty without labels. classes is for labels alone. HM_ERROR_ARGUMENT
 * for no pixels or too many, a scale that is not above 0, a number that is not finite; HM_ERROR_MISMATCH for labels of another size. Clear
 * what is seen after success. Several threads may take views of one picture. */
hm_status hm_scene_view_take(const hm_scene_classes *classes, const hm_scene_view *view, const hm_scene_picture *picture,
                             const hm_label_picture *labels, hm_scene_picture *seen, hm_label_picture *seen_labels, hm_error *error);

/* ---- Regions --------------------------------------------------------------------------------------- */

/* Superpixels [Felzenszwalb, Huttenlocher 2004, Efficient graph-based image segmentation] to region[height][width]. k has the unit
 * of the picture's values: the larger, the larger the regions. The paper's 300 for 0..255 is about 1.2 for 0..1; 0.1 with a minimum of 20
 * cuts one street of CamVid (480 x 360) into 1,014 regions, whose majorities keep 94.7 % of its true labels. Regions are 8-connected and of
 * at least `minimum` pixels, unless the picture has fewer. HM_ERROR_ARGUMENT for no pixels, more than 2^28 of them, or k < 0;
 * HM_ERROR_NUMERIC for a value that is not finite. Memory: 64 bytes a pixel, and 48 more while sorting. */
hm_status hm_superpixels(const hm_scene_picture *picture, float k, size_t minimum, uint32_t *region, size_t *n_regions, hm_error *error);

/* What joins two nodes of a graph: pixels or regions. */
typedef struct hm_scene_edge {
    uint32_t a, b; /* a < b */
    float weight;
} hm_scene_edge;

/* The edges of all regions that touch, also at corners, in the order of a and b; their weight is the mean difference in colour (Euclidean)
 * of the pixels that do. region[height][width]. The caller gives *edges to hm_region_edges_free. */
hm_status hm_region_adjacency(const hm_scene_picture *picture, const uint32_t *region, hm_scene_edge **edges, size_t *n_edges,
                              hm_error *error);
void hm_region_edges_free(const hm_context *context, hm_scene_edge *edges); /* null is allowed */

/* scores[n_regions][n_classes]: the sum of probabilities[n_pixels][n_classes] over each region's pixels. region[n_pixels].
 * HM_ERROR_MISMATCH for other numbers of classes, or a region beyond scores.rows. */
hm_status hm_region_scores(hm_matrix probabilities, const uint32_t *region, hm_matrix scores, hm_error *error);
/* label[n_regions]: the class of the largest score, the first of equal ones. */
void hm_region_vote(hm_matrix scores, uint8_t *label);
/* labels[i] = label[region[i]] for n_pixels pixels. */
void hm_region_paint(const uint32_t *region, const uint8_t *label, size_t n_pixels, uint8_t *labels);

/* ---- The segmentation tree ------------------------------------------------------------------------- */

enum { HM_NO_PARENT = -1 };

/* Regions merged two by two, nearest first. Leaves 0 .. n_leaves - 1 are the regions; parents come after their children. */
typedef struct hm_segmentation_tree {
    const hm_context *context;
    size_t n_leaves, n_nodes;
    int32_t *parent; /* [n_nodes]; HM_NO_PARENT for a root, of which there is one when the regions are connected */
    float *weight;   /* [n_nodes]: of the edge that made the node; 0 for a leaf */
} hm_segmentation_tree;

/* edges[n_edges] join leaves, in any order; equal weights are taken in the order of a and b. HM_ERROR_ARGUMENT for no leaves, more than
 * 2^30 of them, or an edge beyond them; HM_ERROR_NUMERIC for a weight that is NaN. hm_segmentation_tree_clear after success. */
hm_status hm_segmentation_tree_make(const hm_context *context, size_t n_leaves, const hm_scene_edge *edges, size_t n_edges,
                                    hm_segmentation_tree *tree, hm_error *error);
void hm_segmentation_tree_clear(hm_segmentation_tree *tree);

/* The optimal cover by purity of scores[n_leaves][n_classes], sums of probabilities: component[n_leaves], the node that covers
 * each leaf, and label[n_leaves], that node's largest class, the first of equal ones; either may be null. HM_ERROR_MISMATCH for another
 * number of leaves, or no or more than HM_SCENE_CLASSES_MAX classes; HM_ERROR_NUMERIC for a score that is negative or not finite. */
hm_status hm_segmentation_cover(const hm_segmentation_tree *tree, hm_matrix scores, uint32_t *component, uint8_t *label, hm_error *error);

/* ---- Metrics --------------------------------------------------------------------------------------- */

/* Adds n pixels to confusion[n_classes][n_classes], row: the true class, column: the predicted one. Pixels whose true label is n_classes
 * do not count, whatever was predicted. HM_ERROR_ARGUMENT for a true label beyond, or one predicted that is no class where the
 * true one counts: nothing is added then. */
hm_status hm_scene_confusion_add(uint64_t *confusion, size_t n_classes, const uint8_t *truth, const uint8_t *predicted, size_t n,
                                 hm_error *error);

/* All from 0 to 1; NaN where there is nothing to divide by. A class's accuracy is NaN, and left out of the mean, when no pixel truly is of
 * it; its intersection over union when no pixel is or was predicted to be. */
typedef struct hm_scene_metrics {
    uint64_t n_pixels;
    double pixel_accuracy; /* of all pixels that count */
    double class_accuracy; /* mean over classes */
    double mean_iou;       /* mean over classes */
    double accuracy[HM_SCENE_CLASSES_MAX], iou[HM_SCENE_CLASSES_MAX]; /* [n_classes] */
} hm_scene_metrics;

void hm_scene_metrics_count(const uint64_t *confusion, size_t n_classes, hm_scene_metrics *metrics);

/* ---- What a network sees --------------------------------------------------------------------------- */

/* In place: R, G, B of 0..1 to Y (0..1), U (-0.436 .. 0.436), V (-0.615 .. 0.615), by ITU-R BT.601. */
void hm_scene_yuv(hm_scene_picture *picture);

typedef struct hm_scene_pyramid_config {
    size_t n_scales;       /* 0: 3, as in the paper */
    size_t window;         /* of local normalisation, odd; 0: 15 */
    bool is_raw;           /* bands are not normalised, and sum to the picture */
    float least_deviation; /* a window of less is divided by it, in the picture's unit; 0: 0.001, which makes the blocks of a
                              JPEG's U and V as large as anything else; 0.01 leaves most of them small */
} hm_scene_pyramid_config;

typedef struct hm_scene_band {
    size_t height, width; /* half the last band's, rounded up */
    size_t first;         /* where it begins among the values */
} hm_scene_band;

enum { HM_SCENE_SCALES_MAX = 16 };

/* The bands of pictures of this size, band[HM_SCENE_SCALES_MAX]; returns how many values they have together. config may be null. */
size_t hm_scene_pyramid_shape(const hm_scene_pyramid_config *config, size_t height, size_t width, hm_scene_band *band);

/* The Laplacian pyramid of a picture: values[] of hm_scene_pyramid_shape's length, band after band, each [3][height][width].
 * HM_ERROR_ARGUMENT for no pixels, too many scales, an even window, a negative deviation. */
hm_status hm_scene_pyramid(const hm_scene_picture *picture, const hm_scene_pyramid_config *config, float *values, hm_error *error);

/* ---- A network that names the class of every pixel --------------------------------------------------- */

typedef struct hm_scene_net hm_scene_net;

enum { HM_SCENE_NORMALISE_BATCH, HM_SCENE_NORMALISE_NONE };
enum { HM_SCENE_WEIGHTS_MEDIAN, HM_SCENE_WEIGHTS_NATURAL, HM_SCENE_WEIGHTS_BALANCED };

/* What a net is. Every field is a row of hm_scene_options. */
typedef struct hm_scene_net_config {
    char layers[HM_TEXT_MAX]; /* "relu 16 by 7x7 pool 2 | relu 64 by 7x7 pool 2 | relu 128 by 5x5": the same at each scale */
    int64_t scales;           /* bands of the pyramid */
    int64_t units;            /* that see the features of all scales; 0: none, classes are sums over the scales */
    int normalise;            /* HM_SCENE_NORMALISE_..: sums of filters */
    int64_t window;           /* of the local normalisation of bands, odd; 0: none */
    double least_deviation;   /* see hm_scene_pyramid_config */
    double size;              /* pictures are seen at so much of their size */
} hm_scene_net_config;

/* And how it learns. */
typedef struct hm_scene_config {
    hm_scene_net_config net;
    char classes[HM_TEXT_MAX], validation[HM_TEXT_MAX], validation_labels[HM_TEXT_MAX]; /* file, folders */
    int class_weights; /* HM_SCENE_WEIGHTS_..: of a pixel in the loss, by its class's share of the pixels */
    double most_weight; /* of median weights */
    bool mirror;
    double zoom;  /* pictures are seen larger or smaller by up to so much of their size */
    double turn;  /* and turned by up to so many degrees */
    double light; /* and each colour made lighter or darker by up to so much */
} hm_scene_config;

extern const hm_option_table hm_scene_options;

/* A net with random weights. HM_ERROR_ARGUMENT for layers, scales or units that cannot be. The classes are copied. The caller destroys
 * *net. */
hm_status hm_scene_net_create(const hm_scene_classes *classes, const hm_scene_net_config *config, hm_scene_net **net, hm_error *error);
void hm_scene_net_destroy(hm_scene_net *net); /* null is allowed */

/* The same net with finer scales before its own, for pictures at another size: what it has learned at half the size becomes what it knows
 * of whole pictures. The finest scales begin as their neighbour, and with no say. */
hm_status hm_scene_net_refine(const hm_scene_net *coarse, int64_t n_scales, double size, hm_scene_net **fine, hm_error *error);

/* As safetensors, atomically. Loading fails with HM_ERROR_FORMAT, naming file and tensor, for a file that does not hold such a net. */
hm_status hm_scene_net_save(const hm_scene_net *net, const char *path, hm_error *error);
hm_status hm_scene_net_load(const hm_context *context, const char *path, hm_scene_net **net, hm_error *error);
/* Whether the file holds such a net, and no other model; false too where it cannot be read. */
bool hm_scene_net_is_in(const hm_context *context, const char *path);

const hm_scene_classes *hm_scene_net_classes(const hm_scene_net *net);
const hm_scene_net_config *hm_scene_net_configuration(const hm_scene_net *net);
size_t hm_scene_net_count_parameters(const hm_scene_net *net);
/* Of class k among the pixels that it learned from; 0 before. */
double hm_scene_net_share(const hm_scene_net *net, size_t k);
/* Pixels to each side that an answer may depend on, in the size that the net sees. */
size_t hm_scene_net_reach(const hm_scene_net *net);
/* The recipe it was learned by, for people; what it has gone through, a line a stage. */
hm_status hm_scene_net_set_recipe(hm_scene_net *net, const char *recipe, hm_error *error);
const char *hm_scene_net_recipe(const hm_scene_net *net);
const char *hm_scene_net_history(const hm_scene_net *net);

/* Learns from pictures and their labels by backpropagation, as a stage like all others: epochs, mini-batches of pictures, method (sgd or
 * adam), learning-rate, momentum, weight-cost, dropout (of the units that see all scales), halving, patience and keep-best are those of
 * `backprop`. All pictures are seen in the size of the first one, times the net's; larger ones in parts. validation and events may be null.
 * The net notes the shares of the classes. Errors as hm_train; HM_ERROR_ARGUMENT for sets without labels. */
hm_status hm_train_scene(hm_scene_net *net, const hm_scene_set *train, const hm_scene_set *validation, const hm_scene_config *config,
                         const hm_backprop_config *backprop, const hm_train_events *events, hm_error *error);

/* ---- Labelling ----------------------------------------------------------------------------------------- */

enum { HM_SCENE_REGIONS_NONE, HM_SCENE_REGIONS_SUPERPIXELS, HM_SCENE_REGIONS_COVER };

/* Every field is a row of hm_scene_label_options. */
typedef struct hm_scene_label_config {
    int regions;        /* HM_SCENE_REGIONS_..: what gets one label: a pixel, a superpixel, or a component of the optimal cover */
    double region_size; /* k of hm_superpixels */
    int64_t least_region;
    double prior;       /* a class's score is raised by so much of the logarithm of its share in learning */
    bool mirrored;      /* the mean over the picture and its mirror image: better, and twice the work */
    int64_t tile;       /* pictures of more pixels than a tile and its surroundings are labelled in tiles of this side */
} hm_scene_label_config;

extern const hm_option_table hm_scene_label_options;

/* A net with room to label pictures; it and the configuration must live as long. One picture at a time; the context's threads share
 * the work. Pictures of the same size as the one before take no new memory. */
typedef struct hm_scene_labeller hm_scene_labeller;
hm_status hm_scene_labeller_create(const hm_scene_net *net, const hm_scene_label_config *config, hm_scene_labeller **labeller,
                                   hm_error *error);
void hm_scene_labeller_destroy(hm_scene_labeller *labeller); /* null is allowed */

/* Labels of the picture's own size. HM_ERROR_ARGUMENT for no pixels, HM_ERROR_NUMERIC for a value that is not finite.
 * hm_label_picture_clear after success. */
hm_status hm_scene_label(hm_scene_labeller *labeller, const hm_scene_picture *picture, hm_label_picture *labels, hm_error *error);

/* probabilities[height width][n_classes] of a picture, before regions. */
hm_status hm_scene_probabilities(hm_scene_labeller *labeller, const hm_scene_picture *picture, hm_matrix probabilities, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
