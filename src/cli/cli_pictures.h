/* The pictures of a training run: features at several moments, a movie of them, curves, histograms. */
#ifndef HM_CLI_PICTURES_H
#define HM_CLI_PICTURES_H

#include "cli/cli.h"

typedef struct cli_pictures cli_pictures;

/* Into the folder of --pictures, which is made. `watched` gives the cases whose hidden probabilities are drawn. */
hm_status cli_pictures_begin(const cli_call *call, const hm_model *model, const hm_dataset *watched,
                             cli_pictures **pictures, hm_error *error);
/* Stages and machines that have no features to draw are passed over. */
hm_status cli_pictures_epoch(cli_pictures *pictures, const hm_train_report *report, hm_error *error);
/* Curves, the hidden-probability picture, histograms, and the end of the movie. `model` may have replaced the one
 * that learning began with. */
hm_status cli_pictures_end(cli_pictures *pictures, const hm_model *model, hm_error *error);
void cli_pictures_free(cli_pictures *pictures); /* null is allowed */

/* The weights of one machine as tiles; for models of images only. */
hm_status cli_draw_filters(const hm_model *model, size_t machine, const char *title, hm_image **image,
                           hm_error *error);

/* "digits.safetensors", and of a class model which machine: "classes.safetensors, machine of class 3". */
const char *cli_name_model(const char *path, const hm_model *model, size_t machine, char text[200]);

/* How many of n things a picture shows, as in "50 hidden units" or "the first 100 of 200 hidden units". */
const char *cli_count(size_t n_shown, size_t n, const char *what, char text[80]);

/* Saves under --output or a default name, or draws in the terminal as asked, and destroys the image. */
hm_status cli_give_image(const cli_call *call, hm_image *image, const char *default_name, const char *title,
                         const char *look, hm_error *error);

/* Saves and destroys an image, says so, and tells the page of its folder if there is one (cli_page.h): what it is, and what
 * to look for. */
hm_status cli_save_image(const cli_call *call, hm_image *image, const char *path, const char *title, const char *look,
                         hm_error *error);

#endif
