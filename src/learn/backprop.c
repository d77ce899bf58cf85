/* Backpropagation as a stage of learning: gradient steps with momentum, dropout and max-norm, or L-BFGS on large
 * batches (Hinton and Salakhutdinov, 2006, used conjugate gradients so); early stopping on validation data. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "compute/backend.h"
#include "learn/checkpoint.h"
#include "learn/feed.h"
#include "learn/lbfgs_step.h"
#include "learn/net.h"
#include "learn/shards.h"

typedef struct backprop {
    hm_stage stage;
    const hm_backprop_config *config;
    hm_model *net;
    hm_net_pass pass;
    float *target_block;             /* [B][n_out] */
    float *velocity[HM_LEVELS_MAX], *second[HM_LEVELS_MAX]; /* second: of Adam, else null */
    float *best[HM_LEVELS_MAX];      /* parameters of the best epoch; null unless they are kept */
    float *watch;                    /* [HM_WATCH_N] */
    float *wrong;                    /* [1]: the errors of this epoch so far */
    hm_shards shards;
    size_t n_gradients;              /* of all levels together */
    float *sum;                      /* [n_gradients + 2] over shards; null: mini-batches are whole */
} backprop;

/* ---- Making ------------------------------------------------------------------------------------------------- */

static hm_status check(const hm_model *net, const hm_dataset *train, const hm_dataset *validation,
                       const hm_backprop_config *config, hm_error *error)
{
    if (!validation && (config->keep_best || config->patience || config->halving > 0))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s needs validation cases to go by; hold some back (--validation 0.1), or leave it out",
                       config->patience ? "patience" : config->keep_best ? "keep-best" : "halving");
    if (net->kind != HM_MODEL_NET)
        return hm_fail(error, HM_ERROR_MISMATCH, "backpropagation needs a feed-forward net; unroll the model first");
    hm_status status = hm_check_fit(net, train, error);
    const hm_layer *last = hm_model_layer(net, net->n_rbms);
    if (status != HM_OK)
        return status;
    if (config->target == HM_TARGET_DATA && last->n_units != hm_model_n_features(net))
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "the net has %zu outputs and cannot repeat data of %zu features; end it with a layer as large "
                       "as the first",
                       last->n_units, hm_model_n_features(net));
    if (config->target == HM_TARGET_LABELS && !hm_layer_is_all(last, HM_UNIT_SOFTMAX))
        return hm_fail(error, HM_ERROR_MISMATCH, "labels need softmax outputs; end the layers with \"softmax %zu\"",
                       hm_dataset_n_classes(train));
    if ((config->keep_best || config->patience) && config->epochs > 1 << 24)
        return hm_fail(error, HM_ERROR_ARGUMENT, "epochs = %lld: more than early stopping can count",
                       (long long)config->epochs);
    return config->target == HM_TARGET_LABELS ? hm_check_labels(net, train, error) : HM_OK;
}

static hm_status make_arrays(backprop *b, hm_error *error)
{
    char name[HM_STAGE_NAME_MAX];
    for (size_t l = 0; l < b->net->n_rbms; l++) {
        size_t n;
        hm_rbm_parameters(b->net->rbm[l], &n);
        snprintf(name, sizeof name, "velocity%zu", l);
        if (!(b->velocity[l] = hm_stage_array_create(&b->stage, name, n, error)))
            return HM_ERROR_MEMORY;
        snprintf(name, sizeof name, "second%zu", l);
        if (b->config->method == HM_METHOD_ADAM && !(b->second[l] = hm_stage_array_create(&b->stage, name, n, error)))
            return HM_ERROR_MEMORY;
        snprintf(name, sizeof name, "best%zu", l);
        if (b->config->keep_best && !(b->best[l] = hm_stage_array_create(&b->stage, name, n, error)))
            return HM_ERROR_MEMORY;
    }
    b->watch = hm_stage_array_create(&b->stage, "watch", HM_WATCH_N, error);
    b->wrong = b->watch ? hm_stage_array_create(&b->stage, "wrong", 1, error) : NULL;
    return b->wrong ? HM_OK : HM_ERROR_MEMORY;
}

/* Gradients of the levels lie one behind the other. L-BFGS looks along a line, for which every rank has the whole batch. */
static hm_status make_shards(backprop *b, hm_error *error)
{
    size_t last = b->net->n_rbms - 1, n;
    hm_rbm_parameters(b->net->rbm[last], &n);
    b->n_gradients = (size_t)(b->pass.gradient[last] - b->pass.gradient[0]) + n;
    if (b->config->method == HM_METHOD_LBFGS)
        return HM_OK;
    hm_status status = hm_shards_create(b->stage.context, (size_t)b->config->shards, b->stage.B, b->n_gradients + 2, &b->shards, error);
    if (status != HM_OK || b->shards.n == 1)
        return status;
    b->sum = hm_alloc(b->stage.context, b->n_gradients + 2, sizeof *b->sum, error);
    return b->sum ? HM_OK : HM_ERROR_MEMORY;
}

static const hm_stage_kind backprop_stage;

static hm_status create(backprop *b, hm_model *net, const hm_dataset *train, const hm_dataset *validation,
                        const hm_backprop_config *config, hm_error *error)
{
    size_t n_out = hm_model_layer_size(net, net->n_rbms);
    hm_status status = hm_stage_init(&b->stage, &backprop_stage, net, train, validation, (size_t)config->epochs,
                                     (size_t)config->batch_size, error);
    if (status != HM_OK)
        return status;
    b->config = config;
    b->net = net;
    status = hm_net_pass_create(net, b->stage.B, &b->pass, error);
    if (status == HM_OK)
        status = make_arrays(b, error);
    if (status != HM_OK)
        return status;
    b->target_block = hm_alloc(net->context, b->stage.B * n_out, sizeof(float), error);
    if (!b->target_block)
        return HM_ERROR_MEMORY;
    for (size_t l = 0; status == HM_OK && l < net->n_rbms; l++)
        status = hm_machine_reserve(net->rbm[l], b->stage.B, true, error);
    return status == HM_OK ? make_shards(b, error) : status;
}

static void destroy(backprop *b)
{
    for (size_t l = 0; b->net && l < b->net->n_rbms; l++)
        hm_machine_release(b->net->rbm[l]);
    hm_free(b->stage.context, b->target_block);
    hm_free(b->stage.context, b->sum);
    hm_shards_clear(&b->shards);
    hm_net_pass_clear(&b->pass);
    hm_stage_clear(&b->stage);
}

/* ---- A step ------------------------------------------------------------------------------------------------- */

static size_t lowest_level(const backprop *b)
{
    return b->stage.epoch < (size_t)b->config->top_epochs ? b->net->n_rbms - 1 : 0;
}

/* Gradients point uphill in the loss, while a step climbs. */
static hm_net_descent descent_of(const backprop *b, size_t n)
{
    double now = hm_stage_time(&b->stage), rate = hm_watch_rate(b->watch, b->config, now);
    return (hm_net_descent){.velocity = b->velocity,
                            .second = b->second,
                            .step = {.rate = -rate * (double)n / (double)b->stage.B,
                                     .momentum = hm_schedule_at(&b->config->momentum, now),
                                     .l2 = -b->config->weight_cost,
                                     .count = b->stage.epoch * hm_stage_n_batches(&b->stage) + b->stage.batch + 1},
                            .max_norm = (float)b->config->max_norm};
}

/* Cases order[first .. first + n - 1] into the pass. */
static hm_status read_batch(backprop *b, size_t first, size_t n, hm_matrix target, hm_error *error)
{
    const uint32_t *index = b->stage.order + first;
    hm_matrix x = hm_matrix_f32(b->pass.state[0], n, hm_model_n_features(b->net));
    hm_status status = hm_dataset_read(b->stage.train, index, first, n, b->stage.epoch, x, error);
    if (status != HM_OK)
        return status;
    if (b->config->target == HM_TARGET_LABELS)
        hm_label_targets(b->net, b->stage.train, index, first, n, target);
    else
        memcpy(target.data, x.data, n * x.cols * sizeof(float));
    return HM_OK;
}

static hm_matrix target_of(const backprop *b, size_t n)
{
    return hm_matrix_f32(b->target_block, n, hm_model_layer_size(b->net, b->net->n_rbms));
}

/* What n cases in the pass lose; gradients of their mean, or a step along them. first_case: of the first among the mini-batch. */
static void pass_through(backprop *b, size_t n, size_t first_case, const hm_net_descent *descent, double *loss, double *n_wrong)
{
    const hm_backprop_config *config = b->config;
    const hm_dropout dropout = {(float)config->dropout, (float)config->input_dropout, hm_stage_random(&b->stage).step, first_case};
    hm_net_forward(&b->pass, n, &dropout);
    hm_net_loss(&b->pass, n, target_of(b, n), loss, n_wrong);
    hm_net_backward(&b->pass, n, lowest_level(b), &dropout, descent);
}

static hm_status step_whole(backprop *b, size_t first, size_t n, double *loss, double *n_wrong, hm_error *error)
{
    hm_matrix target = target_of(b, n);
    hm_status status = read_batch(b, first, n, target, error);
    if (status != HM_OK)
        return status;
    if (b->config->method == HM_METHOD_LBFGS)
        return hm_lbfgs_step(&b->pass, n, target, lowest_level(b), (int)b->config->iterations, b->config->weight_cost, loss, n_wrong,
                             error);
    const hm_net_descent descent = descent_of(b, n);
    pass_through(b, n, 0, &descent, loss, n_wrong);
    return HM_OK;
}

/* ---- Shards ------------------------------------------------------------------------------------------------ */

typedef struct shard_job {
    backprop *b;
    size_t first, n; /* the mini-batch: order[first .. first + n - 1] */
    hm_status status;
    hm_error *error;
} shard_job;

/* out: gradients of all levels, then loss and wrong ones; each the shard's part of those of the mini-batch. */
static void fill_shard(void *argument, size_t shard, float *out)
{
    shard_job *job = argument;
    backprop *b = job->b;
    size_t row = hm_shard_begin(&b->shards, shard, job->n), n = hm_shard_begin(&b->shards, shard + 1, job->n) - row;
    double loss = 0, n_wrong = 0;
    memset(out, 0, (b->n_gradients + 2) * sizeof *out);
    if (n == 0 || job->status != HM_OK)
        return;
    job->status = read_batch(b, job->first + row, n, target_of(b, n), job->error);
    if (job->status != HM_OK)
        return;
    pass_through(b, n, row, NULL, &loss, &n_wrong);
    b->stage.context->backend->kernels()->add(b->pass.gradient[0], out, b->n_gradients, (float)n / (float)job->n);
    out[b->n_gradients] = (float)loss;
    out[b->n_gradients + 1] = (float)n_wrong;
}

static hm_status step_by_shards(backprop *b, size_t first, size_t n, double *loss, double *n_wrong, hm_error *error)
{
    shard_job job = {b, first, n, HM_OK, error};
    hm_shards_sum(&b->shards, fill_shard, &job, b->n_gradients + 2, b->sum);
    if (job.status != HM_OK)
        return job.status;
    memcpy(b->pass.gradient[0], b->sum, b->n_gradients * sizeof *b->sum);
    *loss = (double)b->sum[b->n_gradients];
    *n_wrong = (double)b->sum[b->n_gradients + 1];
    const hm_net_descent descent = descent_of(b, n);
    hm_net_descend(&b->pass, lowest_level(b), &descent);
    return HM_OK;
}

static hm_status step(hm_stage *stage, size_t first, size_t n, hm_error *error)
{
    backprop *b = (backprop *)stage;
    double loss, n_wrong;
    if (first == 0)
        *b->wrong = 0;
    hm_status status = (b->shards.n > 1 ? step_by_shards : step_whole)(b, first, n, &loss, &n_wrong, error);
    if (status != HM_OK)
        return status;
    if (!isfinite(loss))
        return hm_fail(error, HM_ERROR_NUMERIC,
                       "backpropagation diverged in epoch %zu, batch %zu; lower its learning rate (now %g)",
                       stage->epoch + 1, stage->batch + 1, hm_watch_rate(b->watch, b->config, hm_stage_time(stage)));
    stage->error_sum += loss;
    *b->wrong += (float)n_wrong;
    return HM_OK;
}

/* ---- The end of an epoch -------------------------------------------------------------------------------------- */

/* Share of wrong labels, or squared error per case. Reads batch by batch through the pass of training. */
static hm_status validate(backprop *b, double *result, hm_error *error)
{
    const hm_dataset *set = b->stage.validation;
    size_t n_cases = hm_dataset_n_cases(set), n_out = hm_model_layer_size(b->net, b->net->n_rbms);
    double total = 0;
    for (size_t first = 0; first < n_cases; first += b->stage.B) {
        size_t n = n_cases - first < b->stage.B ? n_cases - first : b->stage.B;
        hm_matrix x = hm_matrix_f32(b->pass.state[0], n, hm_model_n_features(b->net));
        hm_matrix target = hm_matrix_f32(b->target_block, n, n_out);
        double loss, n_wrong;
        hm_status status = hm_dataset_read(set, NULL, first, n, 0, x, error);
        if (status != HM_OK)
            return status;
        if (b->config->target == HM_TARGET_LABELS)
            hm_label_targets(b->net, set, NULL, first, n, target);
        else
            memcpy(target.data, x.data, n * x.cols * sizeof(float));
        hm_net_forward(&b->pass, n, NULL);
        hm_net_loss(&b->pass, n, target, &loss, &n_wrong);
        total += n_wrong;
    }
    *result = total / (double)n_cases;
    return HM_OK;
}

static void keep_parameters(backprop *b)
{
    for (size_t l = 0; l < b->net->n_rbms && b->best[l]; l++) {
        size_t n;
        const float *parameters = hm_rbm_parameters(b->net->rbm[l], &n);
        memcpy(b->best[l], parameters, n * sizeof *parameters);
    }
}

static double update_ratio(const backprop *b)
{
    double change = 0, size = 0;
    if (b->config->method == HM_METHOD_ADAM)
        return NAN;
    for (size_t l = 0; l < b->net->n_rbms; l++)
        hm_stage_add_magnitudes(b->net->rbm[l], b->velocity[l], &change, &size);
    return change / size;
}

static hm_status monitor(hm_stage *stage, hm_train_report *report, hm_error *error)
{
    backprop *b = (backprop *)stage;
    double last = (double)stage->epoch + 1 - 1e-9, n_cases = (double)hm_dataset_n_cases(stage->train);
    bool has_labels = b->config->target == HM_TARGET_LABELS;
    const char *what;
    size_t unit;
    hm_status status = HM_OK;
    for (size_t l = 0; l < b->net->n_rbms; l++)
        if (hm_find_bad_parameter(b->net->rbm[l], &what, &unit))
            return hm_fail(error, HM_ERROR_NUMERIC,
                           "backpropagation diverged in epoch %zu: a parameter of unit %zu of level %zu is no longer "
                           "finite; lower its learning rate",
                           stage->epoch + 1, unit, l);
    report->loss = stage->error_sum / n_cases;
    report->error_train = *b->wrong / (has_labels ? (double)hm_dataset_n_labelled(stage->train) : n_cases);
    report->update_ratio = update_ratio(b);
    report->learning_rate = hm_watch_rate(b->watch, b->config, last);
    report->momentum = hm_schedule_at(&b->config->momentum, last);
    if (!stage->validation)
        return HM_OK;
    status = validate(b, &report->error_validation, error);
    if (status != HM_OK)
        return status;
    if (hm_stage_watch(stage, b->watch, b->config, report->error_validation))
        keep_parameters(b);
    return HM_OK;
}

static hm_status finish(hm_stage *stage, hm_error *error)
{
    backprop *b = (backprop *)stage;
    (void)error;
    for (size_t l = 0; stage->validation && l < b->net->n_rbms && b->best[l]; l++) {
        size_t n;
        float *parameters = hm_rbm_parameters(b->net->rbm[l], &n);
        if (b->watch[HM_WATCH_BEST_EPOCH] > 0)
            memcpy(parameters, b->best[l], n * sizeof *parameters);
    }
    return HM_OK;
}

static hm_status start(hm_stage *stage, hm_error *error)
{
    (void)stage, (void)error; /* the net comes with its weights */
    return HM_OK;
}

static const hm_stage_kind backprop_stage = {
    .name = "backprop", .start = start, .step = step, .monitor = monitor, .finish = finish};

hm_status hm_train_backprop(hm_model *net, const hm_dataset *train, const hm_dataset *validation,
                            const hm_backprop_config *config, const hm_train_events *events, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, train, config));
    HM_REQUIRE(hm_options_check(&hm_backprop_options, config, error));
    if (validation)
        HM_REQUIRE(hm_check_fit(net, validation, error));
    backprop b = {.stage = {.context = net->context}};
    bool is_resumed = false;
    size_t machine;
    hm_status status = check(net, train, validation, config, error);
    if (status == HM_OK)
        status = hm_stage_prepare(net, train, events, backprop_stage.name, &machine, &is_resumed, error);
    if (status == HM_OK)
        status = create(&b, net, train, validation, config, error);
    if (status == HM_OK)
        status = hm_stage_run(&b.stage, events, 1, is_resumed, error);
    size_t n_epochs = b.stage.epoch;
    destroy(&b);
    return status == HM_OK ? hm_stage_record(net, train, backprop_stage.name, n_epochs, config->batch_size, error) : status;
}
