/* Pictures: filters, reconstructions, samples, curves and movies, as PNG, GIF or in the terminal.
 *
 *     hm_image *grid;
 *     hm_image_grid(context, weights, 16, 16, &(hm_grid){.n_cols = 10, .signed_values = true}, &grid, &error);
 *     hm_image_save_png(grid, "filters.png", &error);
 *     hm_image_destroy(grid);
 */
#ifndef HARMONIUM_SHOW_H
#define HARMONIUM_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <harmonium/context.h>
#include <harmonium/matrix.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Images ------------------------------------------------------------------------------------ */

/* pixels[height][width][3], red, green, blue. */
typedef struct hm_image hm_image;

/* All pixels in one colour, 0xRRGGBB. */
hm_status hm_image_create(const hm_context *context, size_t width, size_t height, uint32_t colour,
                          hm_image **image, hm_error *error);
void hm_image_destroy(hm_image *image);
size_t hm_image_width(const hm_image *image);
size_t hm_image_height(const hm_image *image);
uint8_t *hm_image_pixels(hm_image *image);

/* Writes atomically. HM_ERROR_UNSUPPORTED without libpng. */
hm_status hm_image_save_png(const hm_image *image, const char *path, hm_error *error);

/* Reads a PNG of at most 32,768 pixels a side back. HM_ERROR_FORMAT, HM_ERROR_UNSUPPORTED without libpng. */
hm_status hm_image_load_png(const hm_context *context, const char *path, hm_image **image, hm_error *error);

/* Draws with half blocks and 24-bit colour, or with letters: each character shows two pixels, so the picture is at most
 * `columns` wide and is shrunk by area averaging when it is wider. */
void hm_image_print(const hm_image *image, size_t columns, bool is_coloured, FILE *stream);

/* ---- Grids of little pictures ------------------------------------------------------------------ */

typedef struct hm_grid {
    size_t n_cols;       /* tiles in a row; 0: as square as it goes */
    size_t zoom;         /* pixels per value; 0: chosen so that the picture is about 800 wide */
    bool signed_values;  /* zero is mid-grey and each tile is scaled by its own largest magnitude; else 0..1
                            is black..white */
    bool common_scale;   /* signed values: one scale for all tiles */
    bool transposed;     /* tiles are the columns of the matrix (as W is stored: n_visible x n_hidden), not the rows */
    bool dark_on_light;  /* 0..1 is white..black, as ink */
    size_t n_channels;   /* of a tile: 0 or 1 is grey; 3 is red, green, blue, plane after plane, drawn in colour */
    const char *const *captions; /* one under each tile, or null (needs cairo; left out without) */
    const char *title;   /* above everything, or null (likewise) */
} hm_grid;

/* Each row (or column) of `values` (float) becomes a height x width tile; it has height * width *
 * n_channels values. The caller destroys *image. */
hm_status hm_image_grid(const hm_context *context, hm_matrix values, size_t height, size_t width,
                        const hm_grid *grid, hm_image **image, hm_error *error);

/* Rows of tiles with a name each: `n_bands` matrices of the same number of rows, drawn as bands under one
 * another: data, reconstruction by one model, by another (as on the lecture's page). Captions of `grid` are per
 * column; band_names may be null. */
hm_status hm_image_bands(const hm_context *context, const hm_matrix *bands, const char *const *band_names,
                         size_t n_bands, size_t height, size_t width, const hm_grid *grid, hm_image **image,
                         hm_error *error);

/* A matrix drawn as it is, one cell a value, 0..1 black..white: hidden probabilities, cases x units, where a
 * vertical line is a dead or stuck unit (Hinton 2010, section 15). */
hm_status hm_image_matrix(const hm_context *context, hm_matrix values, const char *title, const char *row_name,
                          const char *col_name, hm_image **image, hm_error *error);

typedef struct hm_spectrogram {
    const char *title;
    double seconds;      /* from one frame to the next */
    const double *hertz; /* of each value of a frame, rising; null: they are no frequencies and are numbered */
} hm_spectrogram;

/* values[n_frames][n], time across and values upwards, dark where they are large, with both axes (their text needs cairo). */
hm_status hm_image_spectrogram(const hm_context *context, hm_matrix values, const hm_spectrogram *spectrogram, hm_image **image,
                               hm_error *error);

/* What was said between two times, in seconds. */
typedef struct hm_span {
    const char *name;
    double begin, end;
} hm_span;

typedef struct hm_utterance_picture {
    const char *title;
    double seconds;               /* from one frame to the next */
    const double *hertz;          /* [spectrogram.cols], rising */
    hm_matrix spectrogram;        /* [n_frames][n_bands] */
    hm_matrix posteriors;         /* [n_frames][n_rows] from 0 to 1; the first row is drawn uppermost */
    const char *const *row_names; /* [n_rows] */
    const hm_span *words, *phones;
    size_t n_words, n_phones;
} hm_utterance_picture;

/* An utterance with time across: its words and phones, the spectrogram, and beneath it how probable each phone is (cairo;
 * HM_ERROR_UNSUPPORTED without). */
hm_status hm_image_utterance(const hm_context *context, const hm_utterance_picture *picture, hm_image **image, hm_error *error);

/* A layer of a network, drawn with a cell for each unit: values 0..1. */
typedef struct hm_layer_picture {
    const char *name;            /* below it */
    const float *values;         /* [n] */
    size_t n;
    size_t height, width;        /* of a layer that is an image, drawn white on black; 0: a nearly square block */
    size_t n_channels;           /* of an image: 3 is drawn in colour */
    const char *const *unit_names; /* [n]: drawn as bars with these names (labels); null: as cells */
} hm_layer_picture;

/* Layers side by side under a title (may be null): a frame of a movie. At most 32 layers. */
hm_status hm_image_layers(const hm_context *context, const hm_layer_picture *layers, size_t n_layers,
                          const char *title, hm_image **image, hm_error *error);

/* ---- Graphs ------------------------------------------------------------------------------------------ */

typedef struct hm_graph_node {
    const char *name;
    double shade; /* 0 .. 1: from white to full, written under the name */
    bool is_marked; /* with a second outline */
} hm_graph_node;

typedef struct hm_graph_edge {
    size_t from, to;
} hm_graph_edge;

/* A directed acyclic graph of at most 400 nodes in layers, to a file .svg, .gv (for Graphviz), or else PNG (cairo). */
hm_status hm_graph_draw(const hm_context *context, const hm_graph_node *nodes, size_t n, const hm_graph_edge *edges, size_t n_edges,
                        const char *path, hm_error *error);
/* The same as text: a line a node, indented by its layer, with its parents. */
hm_status hm_graph_print(const hm_context *context, const hm_graph_node *nodes, size_t n, const hm_graph_edge *edges, size_t n_edges,
                         FILE *stream, hm_error *error);

/* ---- Plots (cairo; HM_ERROR_UNSUPPORTED without) ------------------------------------------------- */

typedef struct hm_curve {
    const char *name;
    const double *x, *y; /* n points; a NaN breaks the line */
    size_t n;
    const double *y_error; /* error bars, or null */
} hm_curve;

typedef struct hm_plot {
    const char *title, *x_label, *y_label;
    bool log_x, log_y;
    size_t width, height; /* 0: 720 x 440 */
    bool is_scatter;      /* points without lines */
} hm_plot;

/* Curves with axes, ticks at round numbers, and a legend when there is more than one: beside the title, or in
 * rows below it, which make the picture higher. */
hm_status hm_plot_curves(const hm_context *context, const hm_plot *plot, const hm_curve *curves,
                         size_t n_curves, hm_image **image, hm_error *error);

typedef struct hm_sample {
    const char *name;
    const float *values;
    size_t n;
} hm_sample;

/* One histogram panel for each set of values, side by side (weights, biases, their updates). */
hm_status hm_plot_histograms(const hm_context *context, const hm_plot *plot, const hm_sample *samples,
                             size_t n_samples, hm_image **image, hm_error *error);

/* Numbers rows x cols as a heat map with the number in each cell and names along both sides (confusion
 * matrices). */
hm_status hm_plot_table(const hm_context *context, const hm_plot *plot, const double *values, size_t rows,
                        size_t cols, const char *const *row_names, const char *const *col_names,
                        hm_image **image, hm_error *error);

/* ---- Movies ------------------------------------------------------------------------------------ */

typedef struct hm_movie hm_movie;

/* A GIF that loops, or by the end of its name an MP4 or WebM through the program ffmpeg. Frames are added one by one,
 * all of the size of the first; of a GIF only what changed since the frame before is stored. Nothing appears under
 * `path` before hm_movie_close. HM_ERROR_UNSUPPORTED without giflib, or without ffmpeg. */
hm_status hm_movie_open(const hm_context *context, const char *path, hm_movie **movie, hm_error *error);
hm_status hm_movie_add(hm_movie *movie, const hm_image *frame, double seconds, hm_error *error);
hm_status hm_movie_close(hm_movie *movie, hm_error *error); /* writes, and destroys the movie */
void hm_movie_abandon(hm_movie *movie);                     /* null is allowed */

#ifdef __cplusplus
}
#endif
#endif
