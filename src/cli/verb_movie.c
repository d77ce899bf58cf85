/* harmonium movie: the network at work, layer by layer: generating, or, given data, recognising. */
#include <string.h>

#include "base/alloc.h"
#include "base/count.h"
#include "base/fail.h"
#include "cli/cli_page.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

enum { LAYERS_MAX = HM_LEVELS_MAX + 2, LABELS_DRAWN_MAX = 20, CASES_SUITABLE = 5, LABEL_STEPS = 3 };
static const double frame_seconds = 0.1;

/* What a frame is made of. */
typedef struct scene {
    const hm_model *model;
    hm_movie *movie;
    size_t n_layers, n_pictures; /* 0 (the data) .. top; with the labels */
    hm_layer_picture picture[LAYERS_MAX];
    char name[LAYERS_MAX][32], label_name[LABELS_DRAWN_MAX][24];
    const char *label_names[LABELS_DRAWN_MAX];
    float *block;
    float *layer[LAYERS_MAX], *labels; /* what is drawn */
    float *data;                       /* layer 0 in the data's own units */
} scene;

static size_t n_layers_of(const hm_model *model)
{
    return hm_model_is_stack(model) ? model->n_rbms + 1 : 2;
}

/* The outputs of a net are its labels, which are drawn as such. */
static hm_status scene_begin(scene *s, const cli_call *call, const hm_model *model, const char *path, hm_error *error)
{
    bool is_net = model->kind == HM_MODEL_NET, has_labels = model->n_labels && model->n_labels <= LABELS_DRAWN_MAX;
    size_t total = model->n_labels + hm_model_n_features(model);
    s->model = model;
    s->n_layers = n_layers_of(model) - (is_net && has_labels ? 1 : 0);
    for (size_t l = 0; l < s->n_layers; l++)
        total += hm_model_layer_size(model, l);
    s->block = hm_alloc(call->context, total, sizeof *s->block, error);
    if (!s->block)
        return HM_ERROR_MEMORY;
    float *at = s->block;
    for (size_t l = 0; l < s->n_layers; l++) {
        size_t n = hm_model_layer_size(model, l);
        s->layer[l] = at;
        at += n;
        snprintf(s->name[l], sizeof s->name[l], l ? "%zu hidden units" : "%zu pixels", n);
        s->picture[l] = (hm_layer_picture){.name = s->name[l],
                                           .values = s->layer[l],
                                           .n = n,
                                           .height = l ? 0 : model->height,
                                           .width = l ? 0 : model->width,
                                           .n_channels = l ? 0 : model->n_channels};
    }
    s->labels = at;
    s->data = at + model->n_labels;
    s->n_pictures = s->n_layers;
    if (has_labels) {
        for (size_t y = 0; y < model->n_labels; y++) {
            s->label_names[y] = hm_model_class_name(model, y, s->label_name[y], sizeof s->label_name[y]);
        }
        s->picture[s->n_pictures++] = (hm_layer_picture){
            .name = "labels", .values = s->labels, .n = model->n_labels, .unit_names = s->label_names};
    }
    return hm_movie_open(call->context, path, &s->movie, error);
}

static void scene_end(scene *s)
{
    hm_movie_abandon(s->movie);
    if (s->block)
        hm_free(s->model->context, s->block);
}

/* The data are drawn in their own units, whatever the model sees. */
static hm_status add_frame(scene *s, const char *title, double seconds, hm_error *error)
{
    hm_image *image = NULL;
    hm_layer_picture *data = &s->picture[0];
    const float *seen = data->values;
    memcpy(s->data, seen, data->n * sizeof *seen);
    hm_status status = hm_model_restore_units(s->model, true, hm_matrix_f32(s->data, 1, data->n), error);
    data->values = s->data;
    if (status == HM_OK)
        status = hm_image_layers(s->model->context, s->picture, s->n_pictures, title, &image, error);
    data->values = seen;
    if (status == HM_OK)
        status = hm_movie_add(s->movie, image, seconds, error);
    hm_image_destroy(image);
    return status;
}

static void copy_row(hm_matrix from, size_t row, float *to)
{
    if (from.data)
        memcpy(to, hm_row_f32(&from, row), from.cols * sizeof *to);
}

/* ---- Generating ----------------------------------------------------------------------------------------- */

/* One chain, from random states; its first steps are shown one by one and later ones in growing strides, since a
 * chain changes fast at first and slowly after. */
static hm_status generate_one(scene *s, const cli_call *call, int32_t label, size_t n_frames, size_t n_held,
                              hm_error *error)
{
    const cli_output *output = &call->options.output;
    size_t stride = output->steps ? (size_t)output->steps : 0, done = 0;
    hm_chains *chains;
    char title[120], name[64];
    const hm_chains_config config = {.n = 1, .beta = (float)(1 / output->temperature), .label = &label};
    hm_status status = hm_chains_create(s->model, &config, &chains, error);
    for (size_t f = 0; status == HM_OK && f < n_frames; f++) {
        size_t n_steps = stride ? stride : 1 + f * f / 4;
        hm_chains_run(chains, n_steps);
        done += n_steps;
        for (size_t l = 0; l < s->n_layers; l++)
            copy_row(hm_chains_layer(chains, l), 0, s->layer[l]);
        copy_row(hm_chains_labels(chains), 0, s->labels);
        if (label >= 0)
            snprintf(title, sizeof title, "Generating a %s: Gibbs step %zu",
                     hm_model_class_name(s->model, (size_t)label, name, sizeof name), done);
        else
            snprintf(title, sizeof title, "Generating: Gibbs step %zu", done);
        status = add_frame(s, title, f + 1 == n_frames ? (double)n_held * frame_seconds : frame_seconds, error);
    }
    hm_chains_destroy(chains);
    return status;
}

static hm_status generate(scene *s, const cli_call *call, hm_error *error)
{
    const cli_output *output = &call->options.output;
    bool has_label = *output->label && strcmp(output->label, "all") != 0, is_each = !has_label && s->model->n_labels > 0;
    size_t k = 0;
    hm_status status = has_label ? hm_model_require(s->model, HM_ABILITY_LABELS, error) : HM_OK;
    if (status == HM_OK && has_label)
        status = cli_find_class(s->model, "label", output->label, &k, error);
    size_t n_scenes = is_each ? s->model->n_labels : 1;
    /* What a scene ends with stays, for a second if there is time. */
    size_t frames = (size_t)(output->seconds / frame_seconds / (double)n_scenes + 0.5), least = 4, most_held = 10;
    frames = frames < least ? least : frames;
    size_t n_held = frames / 2 < most_held ? frames / 2 : most_held;
    for (size_t i = 0; status == HM_OK && i < n_scenes; i++)
        status = generate_one(s, call, is_each ? (int32_t)i : has_label ? (int32_t)k : -1, frames - n_held + 1, n_held, error);
    return status;
}

/* ---- Recognising ---------------------------------------------------------------------------------------- */

/* The layers that have not been reached are dark; the one in work rises from nothing to its means. */
static hm_status rise(scene *s, size_t layer, const char *title, hm_error *error)
{
    enum { FRAMES = 4 };
    size_t n = s->picture[layer].n;
    float *target = s->layer[layer], *shown = hm_alloc(s->model->context, n, sizeof *shown, error);
    hm_status status = shown ? HM_OK : HM_ERROR_MEMORY;
    s->picture[layer].values = shown;
    for (int f = 1; status == HM_OK && f <= FRAMES; f++) {
        for (size_t k = 0; k < n; k++)
            shown[k] = target[k] * (float)f / FRAMES;
        status = add_frame(s, title, frame_seconds, error);
    }
    s->picture[layer].values = target;
    hm_free(s->model->context, shown);
    return status;
}

/* Means of each layer; the top one of a DBN is driven with the labels neutral, as P(t | x) at the first step. */
static hm_status drive(scene *s, hm_matrix v, size_t layer, hm_error *error)
{
    const hm_model *model = s->model;
    hm_matrix out = hm_matrix_f32(s->layer[layer], 1, s->picture[layer].n);
    if (layer == 0)
        return memcpy(s->layer[0], v.data, v.cols * sizeof(float)), HM_OK;
    if (model->kind != HM_MODEL_DBN || layer < model->n_rbms)
        return hm_model_is_stack(model) ? hm_model_up_pass(model, layer, v, out, error)
                                        : hm_hidden_means(model->rbm[0], v, 1, out, error);
    size_t n_below = hm_model_layer_size(model, layer - 1), Y = model->n_labels;
    float *x = hm_alloc(model->context, n_below + Y, sizeof *x, error);
    if (!x)
        return HM_ERROR_MEMORY;
    memcpy(x, s->layer[layer - 1], n_below * sizeof *x);
    for (size_t k = 0; k < Y; k++)
        x[n_below + k] = 1 / (float)Y;
    hm_status status = hm_hidden_means(model->rbm[layer - 1], hm_matrix_f32(x, 1, n_below + Y), 1, out, error);
    hm_free(model->context, x);
    return status;
}

/* The labels after each alternation, and at the end the exact posterior. */
static hm_status settle(scene *s, hm_matrix v, int32_t truth, hm_error *error)
{
    enum { CLASSES_MAX = LABELS_DRAWN_MAX };
    double probability[CLASSES_MAX];
    size_t Y = s->model->n_labels;
    char title[160], said[64] = "", name[64];
    hm_status status = HM_OK;
    bool is_net = s->model->kind == HM_MODEL_NET;
    if (hm_model_class_of(s->model, truth) >= 0)
        snprintf(said, sizeof said, " (it is labelled %.20s)",
                 hm_model_class_name(s->model, (size_t)hm_model_class_of(s->model, truth), name, sizeof name));
    for (size_t step = is_net ? LABEL_STEPS : 0; status == HM_OK && step <= LABEL_STEPS; step++) {
        bool is_last = step == LABEL_STEPS;
        status = hm_class_probabilities(s->model, is_last ? HM_RECOGNISE_ENERGY : HM_RECOGNISE_GIBBS, step, v, probability,
                                        error);
        for (size_t y = 0; y < Y; y++)
            s->labels[y] = (float)probability[y];
        if (is_last)
            snprintf(title, sizeof title, "Recognised as a %s%s",
                     hm_model_class_name(s->model, hm_largest(s->labels, Y), name, sizeof name), said);
        else
            snprintf(title, sizeof title, "Recognising: the labels settle");
        if (status == HM_OK)
            status = add_frame(s, title, is_last ? 8 * frame_seconds : 3 * frame_seconds, error);
    }
    return status;
}

static hm_status recognise(scene *s, const cli_material *m, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < m->n; i++) {
        hm_matrix v = hm_matrix_f32(m->cases + i * m->V, 1, m->V);
        for (size_t l = 0; l < s->n_layers; l++)
            memset(s->layer[l], 0, s->picture[l].n * sizeof(float));
        memset(s->labels, 0, s->model->n_labels * sizeof(float));
        for (size_t l = 0; status == HM_OK && l < s->n_layers; l++) {
            status = drive(s, v, l, error);
            if (status == HM_OK)
                status = rise(s, l, l ? "Recognising: activity rises" : "Recognising: an image comes in", error);
        }
        if (status == HM_OK && s->n_pictures > s->n_layers)
            status = settle(s, v, hm_dataset_label(m->set, i), error);
    }
    return status;
}

/* ---- The verb ------------------------------------------------------------------------------------------- */

static hm_status film(cli_call *call, cli_material *m, hm_error *error)
{
    const char *path = *call->options.output.output ? call->options.output.output : "movie.gif";
    scene s = {0};
    hm_status status = hm_model_require(m->model, HM_ABILITY_LAYERS, error);
    if (status == HM_OK && !m->set)
        status = hm_model_require(m->model, HM_ABILITY_SAMPLE, error);
    if (status == HM_OK)
        status = scene_begin(&s, call, m->model, path, error);
    if (status == HM_OK)
        status = m->set ? recognise(&s, m, error) : generate(&s, call, error);
    if (status == HM_OK) {
        hm_movie *movie = s.movie;
        s.movie = NULL;
        status = hm_movie_close(movie, error);
    }
    if (status == HM_OK) {
        cli_say(call, "%s: written", path);
        status = cli_page_picture(call, path, m->set ? "Recognition" : "Generation",
                                  m->set ? "A digit comes in, activity rises from layer to layer, and the labels settle."
                                         : "The label is held, the top two layers settle, and what they agree on is drawn below.",
                                  error);
    }
    scene_end(&s);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m = {0};
    size_t n = call->options.output.number ? (size_t)call->options.output.number : CASES_SUITABLE;
    hm_status status = call->n_operands > 1 ? cli_load_material(call, n, &m, error)
                                            : hm_model_load(call->context, call->operand[0], &m.model, error);
    if (status == HM_OK)
        status = film(call, &m, error);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_movie = {
    "movie", "Film a network while it generates or, given data, recognises (GIF, MP4, WebM)", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL},
    "output number label seconds gibbs-steps temperature", ".gif .mp4 .webm",
    "harmonium movie dbn.safetensors --label 3 -o three.gif", run,
};
