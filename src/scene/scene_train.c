/* Learning to name pixels, as a stage of the one loop: see hm_train_scene. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"
#include "compute/backend.h"
#include "learn/checkpoint.h"
#include "model/history.h"
#include "scene/scene_pass.h"

enum { PIXELS_RIGHT, PIXELS_WRONG, N_PIXELS };
static const double UNIT = 1e6; /* pixels: a float cannot count them one by one */

typedef struct scene_stage {
    hm_stage stage;
    hm_scene_net *net;
    const hm_scene_set *train, *validation;
    const hm_scene_config *config;
    const hm_backprop_config *backprop;
    size_t height, width; /* of what is seen */
    hm_scene_pass pass;
    uint8_t *labels;                   /* [B][height][width] */
    float weight[HM_SCENE_CLASSES_MAX + 1];
    float *gradient;
    float *velocity, *second, *best;   /* [n_parameters]; second: of Adam, best: where it is kept; else null */
    float *watch;                      /* [HM_WATCH_N] */
    float *pixels;                     /* [N_PIXELS]: of this epoch so far, in UNIT */
} scene_stage;

/* ---- Reading a batch ------------------------------------------------------------------------------------------------ */

typedef struct reading {
    scene_stage *s;
    const hm_scene_set *set;
    const uint32_t *order; /* null: in order */
    size_t first;
    bool is_moved;         /* about, as in learning */
    hm_status *status;     /* [n] */
    hm_error *error;       /* [n] */
} reading;

/* Uniform on -most .. most: number `which` of a picture in this epoch. */
static double between(const scene_stage *s, size_t picture, uint64_t which, double most)
{
    const hm_random random = {hm_random_stream(s->net->context->seed, s->stage.stream), HM_RANDOM_JITTER, s->stage.epoch};
    return most * (2 * (double)hm_random_uniform(&random, picture, which) - 1);
}

/* Where larger pictures go beyond the view, it lies anywhere in them. */
static void move_view(const scene_stage *s, size_t picture, const hm_scene_picture *whole, hm_scene_view *view)
{
    enum { MIRROR, ZOOM, TURN, DOWN, ACROSS, LIGHT };
    const hm_scene_config *c = s->config;
    double size = (double)view->scale;
    view->is_mirrored = c->mirror && between(s, picture, MIRROR, 1) < 0;
    view->scale = (float)(size * exp(between(s, picture, ZOOM, log1p(c->zoom))));
    view->turn = (float)(between(s, picture, TURN, c->turn) * acos(-1) / 180);
    view->down = (float)between(s, picture, DOWN, fmax(0, (double)whole->height - (double)s->height / size) / 2);
    view->across = (float)between(s, picture, ACROSS, fmax(0, (double)whole->width - (double)s->width / size) / 2);
    double all = between(s, picture, LIGHT, c->light);
    for (uint64_t colour = 0; colour < 3; colour++)
        view->gain[colour] = (float)exp(all + between(s, picture, LIGHT + 1 + colour, c->light / 2));
}

static hm_status take_view(const reading *r, size_t i, size_t which, hm_scene_picture *whole, const hm_label_picture *labels,
                           hm_error *error)
{
    scene_stage *s = r->s;
    hm_scene_view view = {.height = s->height, .width = s->width, .scale = (float)s->net->config.size};
    hm_scene_picture seen;
    hm_label_picture seen_labels;
    if (r->is_moved)
        move_view(s, which, whole, &view);
    hm_status status = hm_scene_view_take(s->net->classes, &view, whole, labels, &seen, &seen_labels, error);
    if (status != HM_OK)
        return status;
    status = hm_scene_pass_look(&s->pass, i, &seen, error);
    memcpy(s->labels + i * s->height * s->width, seen_labels.labels, s->height * s->width);
    hm_scene_picture_clear(&seen);
    hm_label_picture_clear(&seen_labels);
    return status;
}

static void read_one(void *argument, size_t i)
{
    const reading *r = argument;
    size_t which = r->order ? r->order[r->first + i] : r->first + i;
    hm_scene_picture whole;
    hm_label_picture labels;
    r->status[i] = hm_scene_set_read(r->set, which, &whole, &labels, &r->error[i]);
    if (r->status[i] != HM_OK)
        return;
    r->status[i] = take_view(r, i, which, &whole, &labels, &r->error[i]);
    hm_scene_picture_clear(&whole);
    hm_label_picture_clear(&labels);
}

/* n pictures side by side, each on a thread of its own. */
static hm_status read_batch(reading *r, size_t n, hm_error *error)
{
    const hm_context *context = r->s->net->context;
    r->status = hm_alloc(context, n, sizeof *r->status, error);
    r->error = hm_alloc(context, n, sizeof *r->error, error);
    hm_status status = r->status && r->error ? HM_OK : HM_ERROR_MEMORY;
    if (status == HM_OK) {
        hm_scene_pass_count(&r->s->pass, n);
        hm_pool_run(context->pool, n, read_one, r);
    }
    for (size_t i = 0; status == HM_OK && i < n; i++)
        if ((status = r->status[i]) != HM_OK && error)
            *error = r->error[i];
    hm_free(context, r->status);
    hm_free(context, r->error);
    return status;
}

static hm_scene_truth truth_of(const scene_stage *s)
{
    hm_scene_truth truth = {s->labels, s->weight, 0};
    size_t count[HM_SCENE_CLASSES_MAX + 1] = {0};
    for (size_t i = 0; i < s->pass.n * s->height * s->width; i++)
        count[s->labels[i]]++;
    for (size_t k = 0; k < s->net->classes->n; k++)
        truth.total_weight += (double)s->weight[k] * (double)count[k];
    return truth;
}

/* ---- A step ------------------------------------------------------------------------------------------------------------ */

/* Gradients point uphill in the loss, while a step climbs. */
static void descend(scene_stage *s)
{
    const hm_backprop_config *b = s->backprop;
    double now = hm_stage_time(&s->stage), rate = -hm_watch_rate(s->watch, b, now), momentum = hm_schedule_at(&b->momentum, now);
    uint64_t count = s->stage.epoch * hm_stage_n_batches(&s->stage) + s->stage.batch + 1;
    double share = s->second ? hm_adam_share(momentum, count) : 1;
    for (size_t i = 0; i < s->net->n_slices; i++) {
        const hm_scene_slice *slice = &s->net->slice[i];
        if (slice->is_learned)
            hm_update_parameters(s->net->context, &(hm_update){.parameters = s->net->parameters + slice->first,
                                                                .velocity = s->velocity + slice->first,
                                                                .gradient = s->gradient + slice->first,
                                                                .n = slice->n,
                                                                .rate = (float)(rate * share),
                                                                .second = s->second ? s->second + slice->first : NULL,
                                                                .share = (float)share,
                                                                .momentum = (float)momentum,
                                                                .l2 = slice->has_costs ? -(float)b->weight_cost : 0});
    }
    hm_scene_pass_pack(&s->pass);
}

static hm_status step(hm_stage *stage, size_t first, size_t n, hm_error *error)
{
    scene_stage *s = (scene_stage *)stage;
    const hm_random random = {hm_random_stream(s->net->context->seed, stage->stream), HM_RANDOM_DROPOUT, hm_stage_random(stage).step};
    const hm_scene_dropout dropout = {(float)s->backprop->dropout, random};
    hm_scene_loss loss = {0};
    hm_status status = read_batch(&(reading){.s = s, .set = s->train, .order = stage->order, .first = first, .is_moved = true}, n, error);
    if (status != HM_OK)
        return status;
    const hm_scene_truth truth = truth_of(s);
    if (first == 0)
        s->pixels[PIXELS_RIGHT] = s->pixels[PIXELS_WRONG] = 0;
    if (truth.total_weight > 0) { /* else no pixel of the batch has a class */
        memset(s->gradient, 0, s->net->n_parameters * sizeof *s->gradient);
        hm_scene_pass_forward(&s->pass, &dropout);
        hm_scene_pass_backward(&s->pass, &truth, &dropout, &loss, s->gradient);
        descend(s);
    }
    if (!isfinite(loss.loss))
        return hm_fail(error, HM_ERROR_NUMERIC, "backpropagation diverged in epoch %zu, batch %zu; lower its learning rate (now %g)",
                       stage->epoch + 1, stage->batch + 1, hm_watch_rate(s->watch, s->backprop, hm_stage_time(stage)));
    stage->error_sum += loss.loss * (double)n;
    s->pixels[PIXELS_RIGHT] += (float)((double)loss.n_right / UNIT);
    s->pixels[PIXELS_WRONG] += (float)((double)loss.n_wrong / UNIT);
    return HM_OK;
}

static hm_status shuffle(hm_stage *stage, hm_error *error)
{
    (void)error;
    const hm_random random = {hm_random_stream(stage->context->seed, stage->stream), HM_RANDOM_SHUFFLE, stage->epoch};
    hm_random_permutation(&random, 0, stage->n_cases, stage->order);
    return HM_OK;
}

/* ---- The end of an epoch -------------------------------------------------------------------------------------------------- */

/* Counts the answers to the pictures that the pass has seen. */
static hm_status count_answers(scene_stage *s, float *scores, uint8_t *answers, uint64_t *confusion, hm_error *error)
{
    size_t area = s->height * s->width, K = s->net->classes->n;
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < s->pass.n; i++) {
        hm_scene_pass_scores(&s->pass, i, scores);
        for (size_t j = 0; j < area; j++)
            answers[j] = (uint8_t)hm_largest(scores + j * K, K);
        status = hm_scene_confusion_add(confusion, K, s->labels + i * area, answers, area, error);
    }
    return status;
}

static hm_status look_over(scene_stage *s, float *scores, uint8_t *answers, uint64_t *confusion, hm_error *error)
{
    size_t n_cases = hm_scene_set_count(s->validation);
    hm_status status = HM_OK;
    s->pass.is_learning = false;
    for (size_t first = 0; status == HM_OK && first < n_cases; first += s->stage.B) {
        status = read_batch(&(reading){.s = s, .set = s->validation, .first = first}, hm_least(s->stage.B, n_cases - first), error);
        if (status == HM_OK) {
            hm_scene_pass_forward(&s->pass, NULL);
            status = count_answers(s, scores, answers, confusion, error);
        }
    }
    s->pass.is_learning = true;
    return status;
}

static hm_status validate(scene_stage *s, hm_scene_metrics *metrics, hm_error *error)
{
    const hm_context *context = s->net->context;
    size_t area = s->height * s->width, K = s->net->classes->n;
    float *scores = hm_alloc(context, area * K, sizeof *scores, error);
    uint8_t *answers = hm_alloc(context, area, 1, error);
    uint64_t *confusion = hm_alloc(context, K * K, sizeof *confusion, error);
    hm_status status = scores && answers && confusion ? look_over(s, scores, answers, confusion, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        hm_scene_metrics_count(confusion, K, metrics);
    hm_free(context, scores);
    hm_free(context, answers);
    hm_free(context, confusion);
    return status;
}

static hm_status check_finite(const scene_stage *s, hm_error *error)
{
    for (size_t i = 0; i < s->net->n_slices; i++) {
        const hm_scene_slice *slice = &s->net->slice[i];
        for (size_t j = 0; j < slice->n; j++)
            if (!isfinite(s->net->parameters[slice->first + j]))
                return hm_fail(error, HM_ERROR_NUMERIC,
                               "backpropagation diverged in epoch %zu: a number of %s is no longer finite; lower its learning rate",
                               s->stage.epoch + 1, slice->name);
    }
    return HM_OK;
}

static hm_status monitor(hm_stage *stage, hm_train_report *report, hm_error *error)
{
    scene_stage *s = (scene_stage *)stage;
    double last = (double)stage->epoch + 1 - 1e-9;
    hm_scene_metrics metrics;
    hm_status status = check_finite(s, error);
    report->loss = stage->error_sum / (double)stage->n_cases;
    report->error_train = (double)s->pixels[PIXELS_WRONG] / (double)(s->pixels[PIXELS_WRONG] + s->pixels[PIXELS_RIGHT]);
    report->learning_rate = hm_watch_rate(s->watch, s->backprop, last);
    report->momentum = hm_schedule_at(&s->backprop->momentum, last);
    if (status != HM_OK || !s->validation)
        return status;
    status = validate(s, &metrics, error);
    if (status != HM_OK)
        return status;
    report->error_validation = 1 - metrics.pixel_accuracy;
    report->class_accuracy = metrics.class_accuracy;
    report->mean_iou = metrics.mean_iou;
    if (hm_stage_watch(stage, s->watch, s->backprop, report->error_validation) && s->best)
        memcpy(s->best, s->net->parameters, s->net->n_parameters * sizeof *s->best);
    return HM_OK;
}

static hm_status start(hm_stage *stage, hm_error *error)
{
    (void)stage, (void)error; /* the net comes with its weights */
    return HM_OK;
}

static hm_status finish(hm_stage *stage, hm_error *error)
{
    scene_stage *s = (scene_stage *)stage;
    (void)error;
    if (s->best && s->watch[HM_WATCH_BEST_EPOCH] > 0)
        memcpy(s->net->parameters, s->best, s->net->n_parameters * sizeof *s->best);
    return HM_OK;
}

static hm_status to_file(const hm_stage *stage, hm_tensor_file *file, hm_error *error)
{
    return hm_scene_net_to_file(((const scene_stage *)stage)->net, file, error);
}

static const hm_stage_kind scene_kind = {.name = "scene", .start = start, .step = step, .monitor = monitor, .finish = finish,
                                         .shuffle = shuffle, .to_file = to_file};

/* ---- Class weights ------------------------------------------------------------------------------------------------------------ */

/* The shares of the classes in the label pictures that it learns from. */
static hm_status note_shares(scene_stage *s, hm_error *error)
{
    size_t K = s->net->classes->n;
    uint64_t *count = hm_alloc(s->net->context, K, sizeof *count, error);
    if (!count)
        return HM_ERROR_MEMORY;
    hm_status status = hm_scene_set_frequencies(s->train, count, error);
    double total = 0;
    for (size_t k = 0; k < K; k++)
        total += (double)count[k];
    if (status == HM_OK && total == 0)
        status = hm_fail(error, HM_ERROR_ARGUMENT, "no pixel of the %zu label pictures has a class; give others",
                         hm_scene_set_count(s->train));
    for (size_t k = 0; status == HM_OK && k < K; k++)
        s->net->share[k] = (double)count[k] / total;
    hm_free(s->net->context, count);
    return status;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the classes that there are. */
static double median_share(const hm_scene_net *net)
{
    double share[HM_SCENE_CLASSES_MAX];
    size_t n = 0;
    for (size_t k = 0; k < net->classes->n; k++)
        if (net->share[k] > 0)
            share[n++] = net->share[k];
    qsort(share, n, sizeof *share, by_size);
    return n % 2 ? share[n / 2] : (share[n / 2 - 1] + share[n / 2]) / 2;
}

static void fill_weights(scene_stage *s)
{
    const hm_scene_net *net = s->net;
    double median = median_share(net);
    for (size_t k = 0; k < net->classes->n; k++) {
        double weight = net->share[k] > 0 ? median / net->share[k] : 0;
        if (s->config->class_weights == HM_SCENE_WEIGHTS_MEDIAN)
            weight = fmin(weight, s->config->most_weight);
        s->weight[k] = s->config->class_weights == HM_SCENE_WEIGHTS_NATURAL ? 1 : (float)weight;
    }
    s->weight[net->classes->n] = 0;
}

/* ---- Making --------------------------------------------------------------------------------------------------------------------- */

static hm_status check(const scene_stage *s, hm_error *error)
{
    const hm_backprop_config *b = s->backprop;
    if (!hm_scene_set_has_labels(s->train) || (s->validation && !hm_scene_set_has_labels(s->validation)))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "a net learns to name pixels from label pictures, and is tried on some; give their folder");
    if (!s->validation && (b->keep_best || b->patience || b->halving > 0))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s needs validation pictures to go by; give --scene-validation and its labels, or leave it out",
                       b->patience ? "patience" : b->keep_best ? "keep-best" : "halving");
    if (b->method == HM_METHOD_LBFGS)
        return hm_fail(error, HM_ERROR_ARGUMENT, "method = lbfgs: scene nets learn by sgd or adam");
    return HM_OK;
}

/* The size of the first picture, as the net sees it. */
static hm_status choose_size(scene_stage *s, hm_error *error)
{
    hm_scene_picture picture;
    hm_scene_view view;
    hm_status status = hm_scene_set_read(s->train, 0, &picture, NULL, error);
    if (status != HM_OK)
        return status;
    hm_scene_view_whole(&picture, (float)s->net->config.size, &view);
    hm_scene_picture_clear(&picture);
    s->height = view.height;
    s->width = view.width;
    return HM_OK;
}

static hm_status make_arrays(scene_stage *s, hm_error *error)
{
    const hm_context *context = s->net->context;
    size_t n = s->net->n_parameters;
    s->velocity = hm_stage_array_create(&s->stage, "velocity", n, error);
    s->second = s->backprop->method == HM_METHOD_ADAM ? hm_stage_array_create(&s->stage, "second", n, error) : NULL;
    s->best = s->backprop->keep_best ? hm_stage_array_create(&s->stage, "best", n, error) : NULL;
    s->watch = hm_stage_array_create(&s->stage, "watch", HM_WATCH_N, error);
    s->pixels = hm_stage_array_create(&s->stage, "pixels", N_PIXELS, error);
    s->gradient = hm_alloc(context, n, sizeof(float), error);
    s->labels = hm_alloc(context, s->stage.B * s->height * s->width, 1, error);
    bool is_whole = s->velocity && s->watch && s->pixels && s->gradient && s->labels && (s->second || s->backprop->method != HM_METHOD_ADAM) &&
                    (s->best || !s->backprop->keep_best);
    return is_whole ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status create(scene_stage *s, hm_error *error)
{
    s->stage.context = s->net->context;
    s->stage.stream = hm_stage_stream(s->net->history);
    hm_status status = hm_stage_init_cases(&s->stage, &scene_kind, hm_scene_set_count(s->train), (size_t)s->backprop->epochs,
                                           (size_t)s->backprop->batch_size, error);
    if (status == HM_OK)
        status = choose_size(s, error);
    if (status == HM_OK)
        status = make_arrays(s, error);
    if (status == HM_OK)
        status = hm_scene_pass_create(s->net, s->stage.B, s->height, s->width, true, &s->pass, error);
    if (status == HM_OK)
        status = note_shares(s, error);
    if (status == HM_OK)
        fill_weights(s);
    return status;
}

static void destroy(scene_stage *s)
{
    hm_scene_pass_clear(&s->pass);
    hm_free(s->net->context, s->gradient);
    hm_free(s->net->context, s->labels);
    hm_stage_clear(&s->stage);
}

/* ---- Going on ---------------------------------------------------------------------------------------------------------------------- */

static hm_status check_saved(const hm_scene_net *net, const hm_scene_net *saved, const char *path, hm_error *error)
{
    char then[32], now[32];
    snprintf(then, sizeof then, "%llu", (unsigned long long)saved->seed);
    snprintf(now, sizeof now, "%llu", (unsigned long long)net->seed);
    hm_status status = hm_checkpoint_check(path, "architecture", saved->config.layers, net->config.layers, error);
    if (status == HM_OK && (saved->n_parameters != net->n_parameters || saved->classes->n != net->classes->n))
        status = hm_fail(error, HM_ERROR_MISMATCH,
                         "%s: holds a net of other scales, units or classes; give those it was begun with, or remove the file to begin "
                         "afresh",
                         path);
    if (status == HM_OK)
        status = hm_checkpoint_check(path, "seed", then, now, error);
    if (status == HM_OK)
        status = hm_checkpoint_check(path, "training data", saved->fingerprint, net->fingerprint, error);
    return status == HM_OK ? hm_checkpoint_check(path, "recipe", saved->recipe, net->recipe, error) : status;
}

static hm_status load_checkpoint(hm_scene_net *net, const char *path, hm_error *error)
{
    hm_scene_net *saved;
    hm_status status = hm_scene_net_load(net->context, path, &saved, error);
    if (status != HM_OK)
        return status;
    status = check_saved(net, saved, path, error);
    if (status == HM_OK)
        memcpy(net->parameters, saved->parameters, net->n_parameters * sizeof *net->parameters);
    hm_scene_net_destroy(saved);
    return status;
}

static hm_status prepare(scene_stage *s, const hm_train_events *events, bool *is_resumed, hm_error *error)
{
    hm_status status = hm_text_replace(s->net->context, &s->net->fingerprint, hm_scene_set_fingerprint(s->train), error);
    if (status == HM_OK)
        status = hm_stage_find_checkpoint(s->net->context, events, scene_kind.name, is_resumed, error);
    return status == HM_OK && *is_resumed ? load_checkpoint(s->net, events->checkpoint, error) : status;
}

static hm_status record(const scene_stage *s, hm_error *error)
{
    char line[400], by[80];
    hm_context_describe(s->net->context, by, sizeof by);
    snprintf(line, sizeof line, "%s: %zu epochs of %zu pictures of %zux%zu, mini-batches of %lld, computed by %s", scene_kind.name,
             s->stage.epoch, hm_scene_set_count(s->train), s->height, s->width, (long long)s->backprop->batch_size, by);
    return hm_history_add(s->net->context, &s->net->history, line, error);
}

hm_status hm_train_scene(hm_scene_net *net, const hm_scene_set *train, const hm_scene_set *validation, const hm_scene_config *config,
                         const hm_backprop_config *backprop, const hm_train_events *events, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, train, config, backprop));
    HM_REQUIRE(hm_options_check(&hm_scene_options, config, error));
    HM_REQUIRE(hm_options_check(&hm_backprop_options, backprop, error));
    scene_stage s = {.net = net, .train = train, .validation = validation, .config = config, .backprop = backprop,
                     .stage = {.context = net->context}};
    bool is_resumed = false;
    hm_status status = check(&s, error);
    if (status == HM_OK)
        status = prepare(&s, events, &is_resumed, error);
    if (status == HM_OK)
        status = create(&s, error);
    if (status == HM_OK)
        status = hm_stage_run(&s.stage, events, 1, is_resumed, error);
    if (status == HM_OK)
        status = record(&s, error);
    destroy(&s);
    return status;
}
