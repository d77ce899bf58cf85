/* The pictures of a training run.
 *
 * What a movie and the curves are made of lies in the folder (frames/, metrics.jsonl), so that a run that was killed and
 * resumed ends with the whole of them. */
#include "cli/cli_pictures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_metrics.h"
#include "cli/cli_page.h"

enum { FILTERS_MAX = 100, MOVIE_FRAMES_MAX = 60, WATCHED_MAX = 200, NAME_SIZE = 64, PATH_SIZE = 2 * HM_TEXT_MAX };

struct cli_pictures {
    const cli_call *call;
    const hm_model *model;
    const hm_dataset *watched;
    char folder[HM_TEXT_MAX];
    size_t n_epochs; /* of the first greedy stage, whose features are drawn */
    size_t stage; /* its number in the run */
    cli_metrics metrics;
};

static bool is_moment(size_t epoch, size_t n_epochs)
{
    static const size_t moments[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        if (epoch == moments[i])
            return true;
    return epoch == n_epochs;
}

static bool is_framed(size_t epoch, size_t n_epochs)
{
    size_t every = (n_epochs + MOVIE_FRAMES_MAX - 1) / MOVIE_FRAMES_MAX;
    return epoch % every == 0 || epoch == n_epochs;
}

const char *cli_name_model(const char *path, const hm_model *model, size_t machine, char text[200])
{
    char name[48];
    const char *slash = strrchr(path, '/');
    int n = snprintf(text, 200, "%.100s", slash ? slash + 1 : path);
    if (model->kind == HM_MODEL_CLASSES)
        snprintf(text + n, 200 - (size_t)n, ", machine of class %s", hm_model_class_name(model, machine, name, sizeof name));
    return text;
}

const char *cli_count(size_t n_shown, size_t n, const char *what, char text[80])
{
    if (n_shown < n)
        snprintf(text, 80, "the first %zu of %zu %.20s", n_shown, n, what);
    else
        snprintf(text, 80, "%zu %.20s", n, what);
    return text;
}

hm_status cli_draw_filters(const hm_model *model, size_t machine, const char *title, hm_image **image,
                           hm_error *error)
{
    hm_matrix W = hm_rbm_weights(model->rbm[machine]);
    const hm_layer *hidden = hm_rbm_hidden(model->rbm[machine]);
    if (!model->height)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "the model's visible units are no picture, so its weights cannot be drawn");
    if (hidden->filter_height) {
        W.rows = W.rows < FILTERS_MAX ? W.rows : FILTERS_MAX;
        return hm_image_grid(model->context, W, hidden->filter_height, hidden->filter_width,
                             &(hm_grid){.n_channels = model->n_channels, .signed_values = true, .title = title}, image, error);
    }
    hm_grid grid = {.n_channels = model->n_channels, .signed_values = true, .transposed = true, .title = title,
                    .n_cols = W.cols >= 50 ? 10 : 0};
    W.rows = hm_model_n_features(model); /* without the labels that a machine may see beside them */
    return hm_image_grid(model->context, hm_matrix_cols(W, 0, W.cols < FILTERS_MAX ? W.cols : FILTERS_MAX),
                         model->height, model->width, &grid, image, error);
}

hm_status cli_give_image(const cli_call *call, hm_image *image, const char *default_name, const char *title,
                         const char *look, hm_error *error)
{
    const cli_output *output = &call->options.output;
    const char *path = *output->output ? output->output : default_name;
    hm_status status = HM_OK;
    if (output->terminal)
        hm_image_print(image, cli_columns(STDOUT_FILENO), !getenv("NO_COLOR"), stdout);
    if (!output->terminal || *output->output)
        status = cli_save_image(call, image, path, title, look, error);
    else
        hm_image_destroy(image);
    return status;
}

hm_status cli_save_image(const cli_call *call, hm_image *image, const char *path, const char *title, const char *look,
                         hm_error *error)
{
    hm_status status = hm_image_save_png(image, path, error);
    if (status == HM_OK)
        cli_say(call, "%s: %s, %zu x %zu pixels", path, title, hm_image_width(image), hm_image_height(image));
    hm_image_destroy(image);
    return status == HM_OK ? cli_page_picture(call, path, title, look, error) : status;
}

/* ---- The folder ------------------------------------------------------------------------------------------- */

static void join(const cli_pictures *p, const char *name, char path[PATH_SIZE])
{
    hm_path_join(path, PATH_SIZE, p->folder, name);
}

/* Frames of a run before this one are no part of its movie. */
static void remove_frames(const cli_pictures *p)
{
    char name[NAME_SIZE], path[PATH_SIZE];
    for (size_t epoch = 1; epoch <= p->n_epochs; epoch++) {
        snprintf(name, sizeof name, "frames/weights-%06zu.png", epoch);
        join(p, name, path);
        unlink(path);
    }
}

static hm_status make_folder(cli_pictures *p, hm_error *error)
{
    const cli_output *output = &p->call->options.output;
    static const char introduction[] =
        "A Boltzmann machine learns without being told what it sees: each of its hidden units becomes a feature, and "
        "what the machine has learned can be seen, tried on data it never saw, and dreamt. Under each picture stands what "
        "to look for, and the command that drew it.";
    char path[PATH_SIZE], title[HM_TEXT_MAX + 64];
    join(p, "frames", path);
    hm_status status = hm_folder_create(path, error);
    if (status == HM_OK && !output->resume)
        remove_frames(p);
    join(p, "metrics.jsonl", path);
    if (status == HM_OK)
        status = cli_metrics_open(&p->metrics, path, output->resume, error);
    snprintf(title, sizeof title, "What %s learned", output->output);
    return status == HM_OK ? cli_page_begin(p->call, p->folder, title, introduction, error) : status;
}

hm_status cli_pictures_begin(const cli_call *call, const hm_model *model, const hm_dataset *watched,
                             cli_pictures **out, hm_error *error)
{
    cli_pictures *p = hm_alloc(call->context, 1, sizeof *p, error);
    *out = p;
    if (!p)
        return HM_ERROR_MEMORY;
    p->call = call;
    p->model = model;
    p->watched = watched;
    const cli_stage *greedy = cli_find_stage(&call->options, CLI_STAGE_GREEDY);
    p->n_epochs = greedy ? (size_t)greedy->train.epochs : 0;
    p->stage = greedy ? (size_t)(greedy - call->options.stage) : 0;
    strcpy(p->folder, call->options.output.pictures);
    return make_folder(p, error);
}

void cli_pictures_free(cli_pictures *p)
{
    if (!p)
        return;
    cli_metrics_close(&p->metrics);
    hm_free(p->call->context, p);
}

/* ---- Weights ---------------------------------------------------------------------------------------------- */

static hm_status draw_weights(const cli_pictures *p, size_t machine, size_t epoch, hm_image **image, hm_error *error)
{
    char title[300], what[80], model[200];
    size_t H = hm_rbm_hidden(p->model->rbm[machine])->n_units;
    snprintf(title, sizeof title, "%.180s: weights of %s after epoch %zu",
             cli_name_model(p->call->options.output.output, p->model, machine, model),
             cli_count(H < FILTERS_MAX ? H : FILTERS_MAX, H, "hidden units", what), epoch);
    return cli_draw_filters(p->model, machine, title, image, error);
}

static hm_status save_frame(const cli_pictures *p, const hm_image *image, size_t epoch, hm_error *error)
{
    char name[NAME_SIZE], path[PATH_SIZE];
    snprintf(name, sizeof name, "frames/weights-%06zu.png", epoch);
    join(p, name, path);
    return hm_image_save_png(image, path, error);
}

static hm_status save(const cli_pictures *p, hm_image *image, const char *name, const char *title, const char *look,
                      hm_error *error)
{
    char path[PATH_SIZE];
    join(p, name, path);
    hm_status status = hm_image_save_png(image, path, error);
    hm_image_destroy(image);
    return status == HM_OK && title ? cli_page_picture(p->call, path, title, look, error) : status;
}

/* The features at some moments and, of the first machine, at every step of the movie. */
static hm_status keep_weights(const cli_pictures *p, const hm_train_report *r, hm_error *error)
{
    char name[NAME_SIZE];
    hm_image *image;
    bool is_last = r->epoch == p->n_epochs, is_first_machine = r->machine == 0;
    bool in_movie = is_first_machine && is_framed(r->epoch, p->n_epochs);
    bool is_saved = is_moment(r->epoch, p->n_epochs) && (is_first_machine || is_last);
    if (!p->model->height || (!in_movie && !is_saved))
        return HM_OK;
    hm_status status = draw_weights(p, r->machine, r->epoch, &image, error);
    if (status != HM_OK)
        return status;
    if (in_movie)
        status = save_frame(p, image, r->epoch, error);
    snprintf(name, sizeof name, "weights-%zu-epoch-%04zu.png", r->machine, r->epoch);
    if (status == HM_OK && is_saved)
        return save(p, image, name, is_last ? "Features" : NULL,
                    "The weights of each hidden unit, drawn where the pixels are: white excites it, black inhibits it. "
                    "Strokes and blobs are features; tiles of mere noise are units that learned nothing.",
                    error);
    hm_image_destroy(image);
    return status;
}

hm_status cli_pictures_epoch(cli_pictures *p, const hm_train_report *r, hm_error *error)
{
    bool is_machine = hm_model_is_stack(p->model) ? r->machine == 0 : r->machine < p->model->n_rbms;
    if (strcmp(r->stage, "greedy") != 0 || !is_machine || r->stage_index != p->stage)
        return HM_OK;
    hm_status status = cli_metrics_add(&p->metrics, r, error);
    return status == HM_OK ? keep_weights(p, r, error) : status;
}

static hm_status add_frames(const cli_pictures *p, hm_movie *movie, hm_error *error)
{
    char name[NAME_SIZE], path[PATH_SIZE];
    hm_status status = HM_OK;
    for (size_t epoch = 1; status == HM_OK && epoch <= p->n_epochs; epoch++) {
        hm_image *frame;
        snprintf(name, sizeof name, "frames/weights-%06zu.png", epoch);
        join(p, name, path);
        if (!is_framed(epoch, p->n_epochs) || !hm_file_exists(path))
            continue;
        status = hm_image_load_png(p->call->context, path, &frame, error);
        if (status == HM_OK)
            status = hm_movie_add(movie, frame, epoch == p->n_epochs ? 2.0 : 0.25, error);
        hm_image_destroy(frame);
    }
    return status;
}

/* A build without giflib draws everything but the movie. */
static hm_status film_weights(const cli_pictures *p, hm_error *error)
{
    char path[PATH_SIZE];
    hm_movie *movie;
    join(p, "weights.gif", path);
    hm_status status = hm_movie_open(p->call->context, path, &movie, error);
    if (status == HM_ERROR_UNSUPPORTED)
        return HM_OK;
    if (status == HM_OK)
        status = add_frames(p, movie, error);
    if (status != HM_OK) {
        hm_movie_abandon(movie);
        return status;
    }
    status = hm_movie_close(movie, error);
    return status == HM_OK ? cli_page_picture(p->call, path, "Features as they are learned",
                                              "How fast do they come, and do they still change at the end? Then learn longer.",
                                              error)
                           : status;
}

/* ---- Curves ----------------------------------------------------------------------------------------------- */

/* A plot of a build without cairo is left out; anything else that fails is an error. */
static hm_status save_plot(const cli_pictures *p, hm_status status, hm_image *image, const char *name,
                           const char *title, const char *look, hm_error *error)
{
    if (status == HM_ERROR_UNSUPPORTED)
        return HM_OK;
    return status == HM_OK ? save(p, image, name, title, look, error) : status;
}

/* Members of the metrics of the first machine over its epochs: y[i][most]. */
typedef struct series {
    size_t n;
    double *epoch, *error, *F_train, *F_validation; /* [n_epochs], one block */
} series;

static hm_status read_series(const cli_pictures *p, series *s, hm_error *error)
{
    size_t most = p->n_epochs;
    const char *path = p->metrics.path;
    s->epoch = hm_alloc(p->call->context, 4 * most, sizeof *s->epoch, error);
    if (!s->epoch)
        return HM_ERROR_MEMORY;
    s->error = s->epoch + most;
    s->F_train = s->error + most;
    s->F_validation = s->F_train + most;
    s->n = cli_metrics_read(path, "greedy", 0, "epoch", s->epoch, most);
    cli_metrics_read(path, "greedy", 0, "reconstruction_error", s->error, most);
    cli_metrics_read(path, "greedy", 0, "free_energy_train", s->F_train, most);
    cli_metrics_read(path, "greedy", 0, "free_energy_validation", s->F_validation, most);
    return HM_OK;
}

static hm_status draw_error(const cli_pictures *p, const series *s, hm_error *error)
{
    const hm_curve curve = {"error", s->epoch, s->error, s->n, NULL};
    const hm_plot plot = {.title = "Reconstruction error", .x_label = "epoch", .y_label = "mean squared error"};
    hm_image *image = NULL;
    hm_status status = hm_plot_curves(p->call->context, &plot, &curve, 1, &image, error);
    return save_plot(p, status, image, "curve-error.png", "Reconstruction error",
                     "It should fall. It is shown, not to be trusted: a machine that copies its input has a small one.",
                     error);
}

static hm_status draw_energies(const cli_pictures *p, const series *s, hm_error *error)
{
    const hm_curve energies[] = {{"training", s->epoch, s->F_train, s->n, NULL},
                                 {"validation", s->epoch, s->F_validation, s->n, NULL}};
    bool has_validation = s->n > 0 && isfinite(s->F_validation[0]);
    const hm_plot plot = {.title = "Free energy", .x_label = "epoch", .y_label = "mean free energy (nats)"};
    hm_image *image = NULL;
    hm_status status = hm_plot_curves(p->call->context, &plot, energies, has_validation ? 2 : 1, &image, error);
    return save_plot(p, status, image, "curve-free-energy.png", "Free energy",
                     has_validation ? "The distance between the two curves matters: when it grows, the machine begins to "
                                      "know its training cases by heart."
                                    : "Of the training cases; with --validation the curve of cases it never saw joins it, "
                                      "and a growing distance between the two is over-fitting.",
                     error);
}

static hm_status draw_curves(const cli_pictures *p, hm_error *error)
{
    series s = {0};
    hm_status status = p->n_epochs ? read_series(p, &s, error) : HM_OK;
    if (status == HM_OK && s.n)
        status = draw_error(p, &s, error);
    if (status == HM_OK && s.n)
        status = draw_energies(p, &s, error);
    hm_free(p->call->context, s.epoch);
    return status;
}

/* ---- Parameters and states ---------------------------------------------------------------------------------- */

static hm_status draw_histograms(const cli_pictures *p, hm_error *error)
{
    const hm_rbm *rbm = p->model->rbm[0];
    hm_matrix W = hm_rbm_weights(rbm);
    const hm_sample samples[] = {{"weights", W.data, W.rows * W.cols},
                                 {"visible biases", hm_rbm_visible_bias(rbm), hm_rbm_slices(rbm)[HM_SLICE_VISIBLE_BIAS].n},
                                 {"hidden biases", hm_rbm_hidden_bias(rbm), hm_rbm_slices(rbm)[HM_SLICE_HIDDEN_BIAS].n}};
    hm_image *image = NULL;
    hm_plot plot = {.title = "Parameters", .width = 960, .height = 340};
    hm_status status = hm_plot_histograms(p->call->context, &plot, samples, 3, &image, error);
    return save_plot(p, status, image, "histograms.png", "Parameters",
                     "Weights in one hump around zero with long tails are sound; two humps, or weights far out, speak of a "
                     "rate that was too large.",
                     error);
}

/* Of a layer with filters, mean[n][maps x places] becomes the mean over the places of each map, in place: [n][maps]. */
static hm_matrix average_places(const hm_layer *hidden, hm_matrix mean)
{
    size_t n_places = hidden->height * hidden->width;
    float *to = mean.data;
    for (size_t i = 0; i < mean.rows; i++)
        for (size_t k = 0; k < hidden->n_maps; k++) {
            const float *places = hm_row_f32(&mean, i) + k * n_places;
            double sum = 0;
            for (size_t s = 0; s < n_places; s++)
                sum += (double)places[s];
            *to++ = (float)(sum / (double)n_places);
        }
    return hm_matrix_f32(mean.data, mean.rows, hidden->n_maps);
}

/* Units that are off, or on, for nearly every case: vertical lines. A map is off when all its places together are, since
 * those of a sparse one are seldom on. */
static void count_lines(hm_matrix mean, size_t n_places, size_t *n_dead, size_t *n_stuck)
{
    *n_dead = *n_stuck = 0;
    for (size_t j = 0; j < mean.cols; j++) {
        double sum = 0;
        for (size_t i = 0; i < mean.rows; i++)
            sum += hm_row_f32(&mean, i)[j];
        *n_dead += sum * (double)n_places < 0.01 * (double)mean.rows;
        *n_stuck += sum > 0.99 * (double)mean.rows;
    }
}

static hm_status draw_probabilities(const cli_pictures *p, hm_matrix mean, hm_error *error)
{
    const hm_layer *hidden = hm_rbm_hidden(p->model->rbm[0]);
    const bool has_maps = hidden->filter_height > 0;
    char look[300];
    size_t n_dead, n_stuck;
    hm_image *image = NULL;
    count_lines(mean, has_maps ? hidden->height * hidden->width : 1, &n_dead, &n_stuck);
    snprintf(look, sizeof look,
             "A row for each of %zu cases, a column for each %s. Columns that are black are dead %s (%zu here), "
             "columns that are white are stuck (%zu); grey ones cannot decide.",
             mean.rows, has_maps ? "map (the mean over its places)" : "hidden unit", has_maps ? "maps" : "units", n_dead, n_stuck);
    hm_status status = hm_image_matrix(p->call->context, mean, "Hidden probabilities", "cases",
                                       has_maps ? "maps" : "hidden units", &image, error);
    return save_plot(p, status, image, "hidden-probabilities.png", "Hidden probabilities", look, error);
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
    if (status == HM_OK) {
        hm_gibbs gibbs = {0};
        hm_rbm_hidden_given_visible(rbm, cases, mean, (hm_matrix){0}, &gibbs);
        if (hm_rbm_hidden(rbm)->filter_height)
            mean = average_places(hm_rbm_hidden(rbm), mean);
        status = draw_probabilities(p, mean, error);
    }
    hm_free(p->call->context, v);
    return status;
}

/* ---- The end ---------------------------------------------------------------------------------------------- */

static hm_status add_number(const cli_pictures *p, const char *name, const char *format, double value, hm_error *error)
{
    char text[64];
    snprintf(text, sizeof text, format, value);
    return isfinite(value) ? cli_page_number(p->folder, name, text, error) : HM_OK;
}

static hm_status tell_numbers(const cli_pictures *p, hm_error *error)
{
    char layers[160];
    const hm_rbm *first = p->model->rbm[0];
    snprintf(layers, sizeof layers, "%zu visible and %zu hidden units%s", hm_rbm_visible(first)->n_units, hm_rbm_hidden(first)->n_units,
             p->model->n_rbms > 1 ? hm_model_is_stack(p->model) ? ", and levels above" : " for each class" : "");
    hm_status status = cli_page_number(p->folder, "model", layers, error);
    series s = {0};
    if (status == HM_OK && p->n_epochs)
        status = read_series(p, &s, error);
    if (status == HM_OK && s.n) {
        status = add_number(p, "epochs", "%.0f", s.epoch[s.n - 1], error);
        if (status == HM_OK)
            status = add_number(p, "reconstruction error at the end", "%.5f per pixel", s.error[s.n - 1], error);
        if (status == HM_OK)
            status = add_number(p, "free energy, validation less training", "%.2f nats",
                                s.F_validation[s.n - 1] - s.F_train[s.n - 1], error);
    }
    hm_free(p->call->context, s.epoch);
    return status;
}

hm_status cli_pictures_end(cli_pictures *p, const hm_model *model, hm_error *error)
{
    bool sees_data_alone = hm_rbm_visible(model->rbm[0])->n_units == hm_model_n_features(model);
    p->model = model;
    hm_status status = tell_numbers(p, error);
    if (status == HM_OK && model->height && p->n_epochs)
        status = film_weights(p, error);
    if (status == HM_OK)
        status = draw_curves(p, error);
    if (status == HM_OK)
        status = draw_histograms(p, error);
    return status == HM_OK && sees_data_alone ? draw_hidden(p, error) : status;
}
