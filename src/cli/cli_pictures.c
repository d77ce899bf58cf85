/* The pictures of a training run. */
#include "cli/cli_pictures.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

enum { FILTERS_MAX = 100, MOVIE_FRAMES_MAX = 60, WATCHED_MAX = 200 };

struct cli_pictures {
    const cli_call *call;
    const hm_model *model;
    const hm_dataset *watched;
    char folder[HM_TEXT_MAX];
    hm_movie *movie;
    size_t n_epochs, n_done;
    double *epoch, *error, *F_train, *F_validation; /* [n_epochs], one block */
};

static bool is_moment(size_t epoch, size_t n_epochs)
{
    static const size_t moments[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        if (epoch == moments[i])
            return true;
    return epoch == n_epochs;
}

hm_status cli_draw_filters(const hm_model *model, size_t machine, const char *title, hm_image **image,
                           hm_error *error)
{
    hm_matrix W = hm_rbm_weights(model->rbm[machine]);
    if (!model->height)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "the model's visible units are no picture, so its weights cannot be drawn");
    hm_grid grid = {.signed_values = true, .transposed = true, .title = title,
                    .n_cols = W.cols >= 50 ? 10 : 0};
    return hm_image_grid(model->context, hm_matrix_cols(W, 0, W.cols < FILTERS_MAX ? W.cols : FILTERS_MAX),
                         model->height, model->width, &grid, image, error);
}

hm_status cli_give_image(const cli_call *call, hm_image *image, const char *default_name, hm_error *error)
{
    const cli_output *output = &call->options.output;
    const char *path = *output->output ? output->output : default_name;
    hm_status status = HM_OK;
    if (output->terminal)
        hm_image_print(image, 100, stdout);
    if (!output->terminal || *output->output) {
        status = hm_image_save_png(image, path, error);
        if (status == HM_OK)
            cli_say(call, "%s: %zu x %zu pixels", path, hm_image_width(image), hm_image_height(image));
    }
    hm_image_destroy(image);
    return status;
}

static hm_status save(const cli_pictures *p, hm_image *image, const char *name, hm_error *error)
{
    char path[2 * HM_TEXT_MAX];
    hm_path_join(path, sizeof path, p->folder, name);
    hm_status status = hm_image_save_png(image, path, error);
    hm_image_destroy(image);
    return status;
}

hm_status cli_pictures_begin(const cli_call *call, const hm_model *model, const hm_dataset *watched,
                             cli_pictures **out, hm_error *error)
{
    size_t n_epochs = (size_t)call->options.train.epochs;
    cli_pictures *p = hm_alloc(call->context, 1, sizeof *p, error);
    *out = p;
    if (!p)
        return HM_ERROR_MEMORY;
    p->call = call;
    p->model = model;
    p->watched = watched;
    p->n_epochs = n_epochs;
    strcpy(p->folder, call->options.output.pictures);
    p->epoch = hm_alloc(call->context, 4 * n_epochs, sizeof *p->epoch, error);
    if (!p->epoch)
        return HM_ERROR_MEMORY;
    p->error = p->epoch + n_epochs;
    p->F_train = p->error + n_epochs;
    p->F_validation = p->F_train + n_epochs;
    hm_status status = hm_folder_create(p->folder, error);
    char path[2 * HM_TEXT_MAX];
    hm_path_join(path, sizeof path, p->folder, "weights.gif");
    if (status == HM_OK && model->height) {
        status = hm_movie_open(call->context, path, &p->movie, error);
        if (status == HM_ERROR_UNSUPPORTED) /* a build without giflib: everything but the movie */
            status = HM_OK;
    }
    return status;
}

static hm_status draw_weights(cli_pictures *p, const hm_train_report *r, hm_error *error)
{
    char title[64], name[64];
    hm_image *image;
    size_t every = (p->n_epochs + MOVIE_FRAMES_MAX - 1) / MOVIE_FRAMES_MAX;
    bool in_movie = p->movie && r->machine == 0 && (r->epoch % every == 0 || r->epoch == p->n_epochs);
    bool is_saved = is_moment(r->epoch, p->n_epochs) && (r->machine == 0 || r->epoch == p->n_epochs);
    if (!p->model->height || (!in_movie && !is_saved))
        return HM_OK;
    snprintf(title, sizeof title, "weights after epoch %zu", r->epoch);
    snprintf(name, sizeof name, "weights-%zu-epoch-%04zu.png", r->machine, r->epoch);
    hm_status status = cli_draw_filters(p->model, r->machine, title, &image, error);
    if (status == HM_OK && in_movie)
        status = hm_movie_add(p->movie, image, r->epoch == p->n_epochs ? 2.0 : 0.25, error);
    if (status != HM_OK || !is_saved) {
        if (image)
            hm_image_destroy(image);
        return status;
    }
    return save(p, image, name, error);
}

hm_status cli_pictures_epoch(cli_pictures *p, const hm_train_report *r, hm_error *error)
{
    if (p->n_done < p->n_epochs) {
        p->epoch[p->n_done] = (double)r->epoch;
        p->error[p->n_done] = r->reconstruction_error;
        p->F_train[p->n_done] = r->free_energy_train;
        p->F_validation[p->n_done++] = r->free_energy_validation;
    }
    return draw_weights(p, r, error);
}

/* A plot of a build without cairo is left out; anything else that fails is an error. */
static hm_status save_plot(const cli_pictures *p, hm_status status, hm_image *image, const char *name,
                           hm_error *error)
{
    if (status == HM_ERROR_UNSUPPORTED)
        return HM_OK;
    return status == HM_OK ? save(p, image, name, error) : status;
}

static hm_status draw_curves(const cli_pictures *p, hm_error *error)
{
    const hm_curve error_curve = {"error", p->epoch, p->error, p->n_done, NULL};
    const hm_curve energies[] = {{"training", p->epoch, p->F_train, p->n_done, NULL},
                                 {"validation", p->epoch, p->F_validation, p->n_done, NULL}};
    bool has_validation = p->n_done > 0 && isfinite(p->F_validation[0]);
    hm_image *image = NULL;
    hm_plot plot = {.title = "Reconstruction error", .x_label = "epoch", .y_label = "mean squared error"};
    hm_status status = hm_plot_curves(p->call->context, &plot, &error_curve, 1, &image, error);
    status = save_plot(p, status, image, "curve-error.png", error);
    if (status != HM_OK)
        return status;
    plot.title = "Free energy";
    plot.y_label = "mean free energy (nats)";
    status = hm_plot_curves(p->call->context, &plot, energies, has_validation ? 2 : 1, &image, error);
    return save_plot(p, status, image, "curve-free-energy.png", error);
}

static hm_status draw_histograms(const cli_pictures *p, hm_error *error)
{
    const hm_rbm *rbm = p->model->rbm[0];
    hm_matrix W = hm_rbm_weights(rbm);
    const hm_sample samples[] = {{"weights", W.data, W.rows * W.cols},
                                 {"visible biases", hm_rbm_visible_bias(rbm), W.rows},
                                 {"hidden biases", hm_rbm_hidden_bias(rbm), W.cols}};
    hm_image *image = NULL;
    hm_plot plot = {.title = "Parameters", .width = 960, .height = 340};
    hm_status status = hm_plot_histograms(p->call->context, &plot, samples, 3, &image, error);
    return save_plot(p, status, image, "histograms.png", error);
}

static hm_status draw_hidden(const cli_pictures *p, hm_error *error)
{
    const hm_rbm *rbm = p->model->rbm[0];
    size_t V = hm_model_n_features(p->model), H = hm_rbm_hidden(rbm)->n_units;
    size_t n = hm_dataset_n_cases(p->watched);
    n = n < WATCHED_MAX ? n : WATCHED_MAX;
    float *v = hm_alloc(p->call->context, n * (V + H), sizeof *v, error);
    if (!v)
        return HM_ERROR_MEMORY;
    hm_matrix cases = hm_matrix_f32(v, n, V), mean = hm_matrix_f32(v + n * V, n, H);
    hm_status status = hm_dataset_read(p->watched, NULL, 0, n, 0, cases, error);
    hm_image *image = NULL;
    if (status == HM_OK) {
        hm_gibbs gibbs = {0};
        hm_rbm_hidden_given_visible(rbm, cases, mean, (hm_matrix){0}, &gibbs);
        status = hm_image_matrix(p->call->context, mean, "Hidden probabilities", "cases", "hidden units", &image,
                                 error);
        status = save_plot(p, status, image, "hidden-probabilities.png", error);
    }
    hm_free(p->call->context, v);
    return status;
}

hm_status cli_pictures_end(cli_pictures *p, const hm_model *model, hm_error *error)
{
    p->model = model;
    hm_status status = p->n_done ? draw_curves(p, error) : HM_OK;
    if (status == HM_OK)
        status = draw_histograms(p, error);
    if (status == HM_OK && hm_rbm_visible(model->rbm[0])->n_units == hm_model_n_features(model))
        status = draw_hidden(p, error);
    if (status == HM_OK && p->movie && p->n_done) {
        hm_movie *movie = p->movie;
        p->movie = NULL;
        status = hm_movie_close(movie, error);
    }
    return status;
}

void cli_pictures_free(cli_pictures *p)
{
    if (!p)
        return;
    const hm_context *context = p->call->context;
    hm_movie_abandon(p->movie);
    hm_free(context, p->epoch);
    hm_free(context, p);
}
