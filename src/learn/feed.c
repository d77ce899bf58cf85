/* Features of the levels below as the data of the next. */
#include "learn/feed.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "learn/stage.h"
#include "model/machine.h"
#include "model/model_internal.h"

struct hm_feed {
    const hm_model *model;
    const hm_dataset *set;
    hm_feed_config config;
    size_t n_features, n_labels; /* of the level: n_visible is their sum */
    float *cache;                /* [n_cases][n_features], or null */
    float *below[2];             /* [batch][widest layer up to the level]: where the up-pass alternates */
    float *room;                 /* of hm_machine_rise */
    float *posterior;            /* [batch][2][H of the top], for cases without labels */
    float *means;                /* [batch][n_visible], for hm_feed_means */
    uint32_t stream;             /* of the random numbers */
};

/* ---- Labels --------------------------------------------------------------------------------------------- */

size_t hm_label_targets(const hm_model *model, const hm_dataset *set, const uint32_t *index, size_t first, size_t n, hm_matrix target)
{
    size_t n_missing = 0;
    for (size_t i = 0; i < n; i++) {
        float *row = hm_row_f32(&target, i);
        int32_t k = hm_model_class_of(model, hm_dataset_label(set, index ? index[i] : first + i));
        memset(row, 0, target.cols * sizeof *row);
        if (k >= 0)
            row[k] = 1;
        n_missing += k < 0;
    }
    return n_missing;
}

hm_status hm_check_labels(const hm_model *model, const hm_dataset *set, hm_error *error)
{
    if (hm_dataset_n_classes(set) == 0)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s has no labels, but the model is to learn them; give --labels",
                       hm_dataset_describe(set));
    return hm_model_check_classes(model, set, error);
}

/* ---- Making ----------------------------------------------------------------------------------------------- */

/* The level itself included: beside its samples stand their means. */
static size_t widest_layer(const hm_feed *feed)
{
    size_t widest = 0;
    for (size_t l = 0; l <= feed->config.level; l++) {
        size_t n = hm_model_layer_size(feed->model, l);
        widest = n > widest ? n : widest;
    }
    return widest;
}

static hm_status make_buffers(hm_feed *feed, hm_error *error)
{
    const hm_context *context = feed->model->context;
    size_t B = feed->config.batch, n = feed->n_features + feed->n_labels;
    if (!(feed->means = hm_alloc(context, B * n, sizeof(float), error)))
        return HM_ERROR_MEMORY;
    if (feed->n_labels) {
        size_t H = hm_rbm_hidden(feed->model->rbm[feed->config.level])->n_units;
        if (!(feed->posterior = hm_alloc(context, B * 2 * H, sizeof(float), error)))
            return HM_ERROR_MEMORY;
    }
    for (int i = 0; i < 2 && feed->config.level > 0; i++)
        if (!(feed->below[i] = hm_alloc(context, B * widest_layer(feed), sizeof(float), error)))
            return HM_ERROR_MEMORY;
    feed->room = hm_alloc(context, hm_model_room(feed->model, feed->config.level, B), sizeof(float), error);
    return feed->room ? HM_OK : HM_ERROR_MEMORY;
}

/* The features of a batch by an up-pass; samples of the last layer alone, as Hinton feeds them. */
static hm_status compute(hm_feed *feed, const uint32_t *index, size_t first, size_t n, uint64_t epoch,
                         hm_matrix out, hm_error *error)
{
    const hm_model *model = feed->model;
    size_t level = feed->config.level;
    hm_matrix below = level == 0 ? out : hm_matrix_f32(feed->below[0], n, hm_model_layer_size(model, 0));
    hm_status status = hm_dataset_read(feed->set, index, first, n, epoch, below, error);
    for (size_t l = 0; status == HM_OK && l < level; l++) {
        bool is_last = l + 1 == level, is_sampled = is_last && feed->config.is_sampled;
        hm_matrix own = hm_matrix_f32(feed->below[(l + 1) % 2], n, hm_model_layer_size(model, l + 1));
        hm_matrix above = is_last && !is_sampled ? out : own, sample = is_sampled ? out : (hm_matrix){0};
        /* Each place of an epoch has numbers of its own. */
        hm_gibbs gibbs = {.step = epoch, .stream = feed->stream + (uint32_t)level, .first_case = first};
        hm_machine_rise(model->rbm[l], below, above, sample, &gibbs, feed->room);
        below = above;
    }
    return status;
}

static hm_status fill_cache(hm_feed *feed, hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(feed->set), F = feed->n_features;
    bool is_wanted = feed->config.level > 0 && !feed->config.is_sampled && !hm_dataset_is_sampled(feed->set) &&
                     n_cases <= feed->config.memory / sizeof(float) / F;
    if (!is_wanted)
        return HM_OK;
    float *cache = hm_alloc(feed->model->context, n_cases * F, sizeof *cache, error);
    hm_status status = cache ? HM_OK : HM_ERROR_MEMORY;
    for (size_t first = 0; status == HM_OK && first < n_cases; first += feed->config.batch) {
        size_t n = n_cases - first < feed->config.batch ? n_cases - first : feed->config.batch;
        status = compute(feed, NULL, first, n, 0, hm_matrix_f32(cache + first * F, n, F), error);
    }
    feed->cache = cache;
    return status;
}

hm_status hm_feed_create(const hm_model *model, const hm_dataset *set, const hm_feed_config *config,
                         hm_feed **out, hm_error *error)
{
    *out = NULL;
    hm_status status = hm_check_fit(model, set, error);
    if (status != HM_OK)
        return status;
    hm_feed *feed = hm_alloc(model->context, 1, sizeof *feed, error);
    if (!feed)
        return HM_ERROR_MEMORY;
    *feed = (hm_feed){.model = model, .set = set, .config = *config, .stream = hm_stage_stream(model->history) + HM_STREAM_FEED};
    feed->n_features = hm_model_layer_size(model, config->level);
    feed->n_labels = hm_rbm_visible(model->rbm[config->level])->n_units - feed->n_features;
    if (feed->n_labels && config->wants_labels)
        status = hm_check_labels(model, set, error);
    if (status == HM_OK)
        status = make_buffers(feed, error);
    if (status == HM_OK)
        status = fill_cache(feed, error);
    if (status != HM_OK)
        hm_feed_destroy(feed);
    else
        *out = feed;
    return status;
}

void hm_feed_destroy(hm_feed *feed)
{
    if (!feed)
        return;
    const hm_context *context = feed->model->context;
    void *const owned[] = {feed->cache, feed->below[0], feed->below[1], feed->room, feed->posterior, feed->means};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        hm_free(context, owned[i]);
    hm_free(context, feed);
}

/* ---- Reading ---------------------------------------------------------------------------------------------- */

/* Rows of cases without a label get the posterior. They are few or many; each run of them is one call. */
static void fill_missing(hm_feed *feed, hm_matrix features, hm_matrix labels, const uint32_t *index, size_t first)
{
    for (size_t i = 0; i < features.rows;) {
        size_t end = i;
        while (end < features.rows && hm_dataset_label(feed->set, index ? index[end] : first + end) < 0)
            end++;
        if (end > i)
            hm_model_label_posterior(feed->model, hm_matrix_rows(features, i, end - i), feed->posterior, NULL,
                                     hm_matrix_rows(labels, i, end - i));
        i = end + 1;
    }
}

hm_status hm_feed_read(hm_feed *feed, const uint32_t *index, size_t first, size_t n, uint64_t epoch, hm_matrix out,
                       hm_error *error)
{
    size_t F = feed->n_features;
    hm_matrix features = hm_matrix_cols(out, 0, F), labels = hm_matrix_cols(out, F, feed->n_labels);
    hm_status status = HM_OK;
    if (feed->cache) {
        for (size_t i = 0; i < n; i++)
            memcpy(hm_row_f32(&features, i), feed->cache + (index ? index[i] : first + i) * F, F * sizeof(float));
    } else {
        status = compute(feed, index, first, n, epoch, features, error);
    }
    if (status == HM_OK && feed->n_labels && hm_label_targets(feed->model, feed->set, index, first, n, labels) > 0)
        fill_missing(feed, features, labels, index, first);
    return status;
}

hm_status hm_feed_means(hm_feed *feed, double *mean, hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(feed->set), F = feed->n_features, V = F + feed->n_labels;
    if (feed->config.level == 0 && feed->n_labels == 0)
        return hm_dataset_moments(feed->set, mean, NULL, error);
    memset(mean, 0, V * sizeof *mean);
    for (size_t first = 0; first < n_cases; first += feed->config.batch) {
        size_t n = n_cases - first < feed->config.batch ? n_cases - first : feed->config.batch;
        hm_matrix out = hm_matrix_f32(feed->means, n, V);
        hm_status status = hm_feed_read(feed, NULL, first, n, 0, out, error);
        if (status != HM_OK)
            return status;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < V; k++)
                mean[k] += feed->means[i * V + k] / (double)n_cases;
    }
    return HM_OK;
}

/* ---- Errors ----------------------------------------------------------------------------------------------- */

hm_status hm_label_error(const hm_model *model, const hm_dataset *set, size_t batch, double *error_rate,
                         hm_error *error)
{
    const hm_context *context = model->context;
    size_t level = model->n_rbms - 1, P = hm_model_layer_size(model, level), Y = model->n_labels;
    size_t n_cases = hm_dataset_n_cases(set), n_wrong = 0, n_labelled = 0;
    const hm_feed_config config = {.level = level, .batch = batch};
    hm_feed *feed = NULL;
    float *x = hm_alloc(context, batch * (P + Y), sizeof *x, error);
    double *probability = hm_alloc(context, batch * Y, sizeof *probability, error);
    hm_status status = x && probability ? hm_feed_create(model, set, &config, &feed, error) : HM_ERROR_MEMORY;
    for (size_t first = 0; status == HM_OK && first < n_cases; first += batch) {
        size_t n = n_cases - first < batch ? n_cases - first : batch;
        hm_matrix below = {x, n, P, P + Y, HM_DTYPE_F32};
        status = compute(feed, NULL, first, n, 0, below, error);
        if (status == HM_OK)
            hm_model_label_posterior(model, below, feed->posterior, probability, (hm_matrix){0});
        for (size_t i = 0; status == HM_OK && i < n; i++) {
            int32_t label = hm_dataset_label(set, first + i);
            size_t best = 0;
            for (size_t y = 1; y < Y; y++)
                best = probability[i * Y + y] > probability[i * Y + best] ? y : best;
            n_labelled += label >= 0;
            n_wrong += label >= 0 && hm_model_class_of(model, label) != (int32_t)best;
        }
    }
    *error_rate = (double)n_wrong / (double)n_labelled;
    hm_feed_destroy(feed);
    hm_free(context, probability);
    hm_free(context, x);
    return status;
}
