/* Learning of one machine, one mini-batch at a time: v0 data, h0 = P(h | v0); states v, h of the model from a learner
 * (learner.h); dW ~ v0'h0 - v'h. */
#include "learn/trainer.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"
#include "base/log.h"
#include "compute/backend.h"
#include "learn/centering.h"
#include "learn/learner.h"

/* ---- Workspace -------------------------------------------------------------------------------------- */

static hm_status make_workspace(hm_trainer *t, hm_error *error)
{
    const hm_context *context = t->stage.context;
    size_t n_parameters, B = t->stage.B, V = hm_padded_floats(t->V), H = hm_padded_floats(t->H);
    hm_rbm_parameters(t->rbm, &n_parameters);
    if (!(t->velocity = hm_stage_array_create(&t->stage, "velocity", n_parameters, error)) ||
        !(t->activity = hm_stage_array_create(&t->stage, "activity", t->H, error)) ||
        !(t->last_error = hm_stage_array_create(&t->stage, "last_error", 1, error)))
        return HM_ERROR_MEMORY;
    bool is_adam = t->config->optimizer == HM_OPTIMIZER_ADAM;
    if (is_adam && !(t->second = hm_stage_array_create(&t->stage, "second", n_parameters, error)))
        return HM_ERROR_MEMORY;
    bool is_centred = t->config->centering != HM_CENTERING_NONE;
    if (is_centred && (!(t->offset_v = hm_stage_array_create(&t->stage, "offset_v", t->V, error)) ||
                       !(t->offset_h = hm_stage_array_create(&t->stage, "offset_h", t->H, error))))
        return HM_ERROR_MEMORY;
    /* One shard has room for all; of several, each for the largest. */
    t->shard_rows = t->shards.n == 1 ? t->n_rows : hm_n_parts(t->n_rows, t->shards.n);
    size_t R = t->shards.n * t->shard_rows;
    size_t n_gradient = hm_padded_floats(n_parameters + 1); /* an error goes with it from rank to rank */
    t->workspace = hm_alloc(context, n_gradient + 2 * H + V + B * V + 2 * B * H + 2 * R * V + 2 * R * H, sizeof(float), error);
    t->row_error = hm_alloc(context, B, sizeof(double), error);
    if (!t->workspace || !t->row_error)
        return HM_ERROR_MEMORY;
    t->gradient = t->workspace;
    t->pull = t->gradient + n_gradient;
    t->correction = t->pull + H;
    t->v0 = t->correction + V + H;
    t->h0 = t->v0 + B * V;
    t->h0_sample = t->h0 + B * H;
    t->v1 = t->h0_sample + B * H;
    t->v_sample = t->v1 + R * V;
    t->h1 = t->v_sample + R * V;
    t->h1_sample = t->h1 + R * H;
    return HM_OK;
}

static hm_status make_feeds(hm_trainer *t, hm_error *error)
{
    const hm_feed_config config = {.level = hm_model_is_stack(t->stage.model) ? t->stage.machine : 0,
                                   .batch = t->stage.B,
                                   .is_sampled = t->config->feed == HM_STATES_SAMPLES,
                                   .memory = (size_t)t->config->feed_memory << 20,
                                   .wants_labels = true};
    hm_status status = hm_feed_create(t->stage.model, t->stage.train, &config, &t->feed, error);
    if (status == HM_OK && t->stage.validation)
        status = hm_feed_create(t->stage.model, t->stage.validation, &config, &t->feed_validation, error);
    return status;
}

/* While the weights are still alike, a step moves the input of a visible unit by about rate * H / 4, so with more
 * hidden units a smaller rate is stable; and the reconstructions of Gaussian units have no bounds. */
static double automatic_rate(const hm_rbm *rbm)
{
    const double usual = 0.1, most_times_hidden = 50;
    double rate = most_times_hidden / (double)hm_rbm_hidden(rbm)->n_units;
    rate = rate < usual ? rate : usual;
    return hm_layer_is_all(hm_rbm_visible(rbm), HM_UNIT_GAUSSIAN) ? rate / 10 : rate;
}

double hm_trainer_learning_rate(const hm_trainer *t, double time)
{
    if (t->automatic_rate == 0)
        return hm_schedule_at(&t->config->learning_rate, time);
    double passed = t->config->aim == HM_AIM_GENERATIVE ? time / (double)t->stage.n_epochs : 0;
    return t->automatic_rate * (1 - 0.9 * passed);
}

/* Probabilities as reconstructions reduce noise where one step gives features, and harm where the model is to be right
 * about its own samples. */
static void choose_states(hm_trainer *t)
{
    const hm_train_config *config = t->config;
    bool is_generative = config->aim == HM_AIM_GENERATIVE || t->learner->samples_data;
    t->is_sampled = config->visible_states == HM_STATES_SAMPLES ||
                    (config->visible_states == HM_STATES_AUTO && is_generative);
    bool is_harmful = is_generative || hm_schedule_at(&config->steps, (double)config->epochs) > 1;
    if (is_harmful && config->visible_states == HM_STATES_PROBABILITIES && t->stage.machine == 0)
        hm_log(t->stage.context, HM_LOG_WARNING,
               "visible-states = probabilities: Gibbs steps from probabilities are not those of the model, and its "
               "likelihood suffers; take samples for a generative model");
}

/* What goes by the matrix of a dense connection has no meaning for filters. */
static hm_status check_filters(const hm_trainer *t, hm_error *error)
{
    const hm_train_config *config = t->config;
    size_t level = t->stage.machine;
    bool has_filters = hm_rbm_hidden(t->rbm)->filter_height > 0;
    if (has_filters && config->centering != HM_CENTERING_NONE)
        return hm_fail(error, HM_ERROR_ARGUMENT, "centering is for densely connected layers, and level %zu has filters; leave it out",
                       level + 1);
    if (config->initial_weights != HM_WEIGHTS_TRANSPOSED || level == 0 || !hm_model_is_stack(t->stage.model))
        return HM_OK;
    if (has_filters || hm_rbm_hidden(t->stage.model->rbm[level - 1])->filter_height)
        return hm_fail(error, HM_ERROR_ARGUMENT, "initial-weights = transposed is for densely connected levels, and one of levels %zu and "
                                                 "%zu has filters; let them begin at random",
                       level, level + 1);
    return HM_OK;
}

static bool is_gaussian(const hm_trainer *t)
{
    return hm_layer_is_all(hm_rbm_visible(t->rbm), HM_UNIT_GAUSSIAN);
}

/* Whether chains can run off: both layers have units without bounds. */
static bool is_unbounded(const hm_layer *layer)
{
    bool is = false;
    for (int g = 0; g < layer->n_groups; g++)
        is = is || layer->group[g].kind == HM_UNIT_GAUSSIAN || layer->group[g].kind == HM_UNIT_RELU;
    return is;
}

/* The last value must be 1, so that the model fits the data as they are. */
static hm_status check_deviation(const hm_trainer *t, hm_error *error)
{
    const hm_schedule *deviation = &t->config->visible_deviation;
    double end = hm_schedule_at(deviation, (double)t->config->epochs);
    if (end == 1 && deviation->n_points == 1)
        return HM_OK;
    if (t->stage.machine == 0 && !is_gaussian(t))
        return hm_fail(error, HM_ERROR_ARGUMENT, "visible-deviation is for Gaussian visible units; leave it out");
    if (end != 1)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "visible-deviation must have come to 1 after %lld epochs, and is %g; write it as in \"2, ~1@%lld\"",
                       (long long)t->config->epochs, end, (long long)t->config->epochs);
    return HM_OK;
}

static hm_status make_shards(hm_trainer *t, hm_error *error)
{
    const hm_train_config *config = t->config;
    size_t n_parameters;
    hm_rbm_parameters(t->rbm, &n_parameters);
    size_t room = hm_most(hm_most(n_parameters + 1, t->H), (size_t)config->temperatures);
    size_t least = t->learner->create ? hm_least(t->stage.B, t->n_chains) : t->stage.B; /* the others have no chains of their own */
    hm_status status = hm_shards_create(t->stage.context, (size_t)config->shards, least, room, &t->shards, error);
    if (status != HM_OK || t->shards.n == 1)
        return status;
    if (!t->learner->has_free_rows)
        return hm_fail(error, HM_ERROR_ARGUMENT, "learner = %s: needs whole mini-batches, which %zu shards cut; take cd, pcd, tempering or "
                                                 "mean-field, or shards = 1 and a single process",
                       t->learner->name, t->shards.n);
    if (config->centering != HM_CENTERING_NONE)
        return hm_fail(error, HM_ERROR_ARGUMENT, "centering needs whole mini-batches, which %zu shards cut; leave it out, or take shards = "
                                                 "1 and a single process",
                       t->shards.n);
    return HM_OK;
}

static const hm_stage_kind greedy_stage;

/* What is known before anything is made. */
static void describe(hm_trainer *t, hm_model *model, size_t machine, const hm_train_config *config)
{
    t->config = config;
    t->stage.machine = machine;
    t->stage.stream += (uint32_t)machine;
    t->rbm = model->rbm[machine];
    t->V = hm_rbm_visible(t->rbm)->n_units;
    t->H = hm_rbm_hidden(t->rbm)->n_units;
    t->stage.error_unit = (double)t->V;
    if (hm_schedule_at(&config->learning_rate, 0) == 0)
        t->automatic_rate = config->optimizer == HM_OPTIMIZER_ADAM ? 0.001 : automatic_rate(t->rbm);
    t->learner = hm_learners[config->learner];
    t->n_chains = config->chains ? (size_t)config->chains : t->stage.B;
    t->n_rows = hm_most(t->n_chains, t->stage.B);
    t->fast_rate = config->fast_rate > 0 ? config->fast_rate : hm_trainer_learning_rate(t, 0);
    choose_states(t);
}

static hm_status check_config(const hm_trainer *t, hm_error *error)
{
    if (t->config->optimizer == HM_OPTIMIZER_ADAM && t->config->centering != HM_CENTERING_NONE)
        return hm_fail(error, HM_ERROR_ARGUMENT, "optimizer = adam goes without centering, whose biases follow plain steps; leave one of "
                                                 "them out");
    hm_status status = check_filters(t, error);
    return status == HM_OK ? check_deviation(t, error) : status;
}

hm_status hm_trainer_create(hm_model *model, size_t machine, const hm_dataset *train, const hm_dataset *validation,
                            const hm_train_config *config, hm_trainer **out, hm_error *error)
{
    hm_trainer *t = hm_alloc(model->context, 1, sizeof *t, error);
    *out = NULL;
    if (!t)
        return HM_ERROR_MEMORY;
    hm_status status = hm_stage_init(&t->stage, &greedy_stage, model, train, validation, (size_t)config->epochs,
                                     (size_t)config->batch_size, error);
    describe(t, model, machine, config);
    if (status == HM_OK)
        status = check_config(t, error);
    if (status == HM_OK)
        status = make_shards(t, error);
    if (status == HM_OK)
        status = make_workspace(t, error);
    if (status == HM_OK && t->learner->create)
        status = t->learner->create(t, error);
    if (status == HM_OK)
        status = make_feeds(t, error);
    if (status == HM_OK)
        status = hm_machine_reserve(t->rbm, t->n_rows, true, error);
    if (status != HM_OK)
        hm_trainer_destroy(t);
    else
        *out = t;
    return status;
}

void hm_trainer_destroy(hm_trainer *t)
{
    if (!t)
        return;
    const hm_context *context = t->stage.context;
    hm_machine_release(t->rbm);
    if (t->learner && t->learner->destroy)
        t->learner->destroy(t);
    hm_feed_destroy(t->feed);
    hm_feed_destroy(t->feed_validation);
    hm_shards_clear(&t->shards);
    hm_free(context, t->workspace);
    hm_free(context, t->row_error);
    hm_stage_clear(&t->stage);
    hm_free(context, t);
}

/* ---- The start -------------------------------------------------------------------------------------- */

static hm_status start(hm_stage *stage, hm_error *error)
{
    hm_trainer *t = (hm_trainer *)stage;
    for (size_t j = 0; j < t->H; j++)
        t->activity[j] = (float)t->config->sparsity_target;
    bool is_fresh = !*stage->model->history && hm_machine_is_zero(t->rbm);
    if (!is_fresh && !t->config->begin_anew) /* learned before, imported or written by hand: go on with what is there */
        return HM_OK;
    const hm_layer *visible = hm_rbm_visible(t->rbm);
    double *mean = hm_alloc(stage->context, t->V, sizeof *mean, error);
    if (!mean)
        return HM_ERROR_MEMORY;
    hm_status status = hm_feed_means(t->feed, mean, error);
    if (status == HM_OK)
        hm_layer_biases_of_means(visible, mean, hm_rbm_visible_bias(t->rbm));
    hm_free(stage->context, mean);
    if (status != HM_OK)
        return status;
    hm_rbm_init_weights(t->rbm, (float)t->config->weight_deviation, stage->machine);
    for (size_t j = 0; j < hm_layer_n_biases(hm_rbm_hidden(t->rbm)); j++)
        hm_rbm_hidden_bias(t->rbm)[j] = (float)t->config->hidden_bias;
    if (t->config->initial_weights == HM_WEIGHTS_TRANSPOSED && stage->machine > 0)
        hm_machine_turn_over(stage->model->rbm[stage->machine - 1], t->rbm);
    return HM_OK;
}

/* ---- A step ----------------------------------------------------------------------------------------- */

/* What is not said follows the aim: one step for features; for a generative model 1 .. 10, growing with the weights, since
 * large weights mix slowly. */
size_t hm_trainer_n_steps(const hm_trainer *t)
{
    const size_t most = 10;
    size_t said = (size_t)(hm_schedule_at(&t->config->steps, (double)t->stage.epoch) + 0.5);
    if (said || t->config->aim == HM_AIM_FEATURES)
        return said ? said : 1;
    return 1 + (most - 1) * t->stage.epoch / (t->stage.n_epochs > 1 ? t->stage.n_epochs - 1 : 1);
}

/* Squared difference of one case and its first reconstruction. */
static void sum_row_error(void *argument, size_t i)
{
    hm_trainer *t = argument;
    const float *x = t->v0 + i * t->V, *y = t->v1 + i * t->V;
    enum { LANES = 8 };
    double total = 0;
    float sum[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= t->V; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sum[lane] += (x[k + lane] - y[k + lane]) * (x[k + lane] - y[k + lane]);
    for (; k < t->V; k++)
        sum[0] += (x[k] - y[k]) * (x[k] - y[k]);
    for (size_t lane = 0; lane < LANES; lane++)
        total += sum[lane];
    t->row_error[i] = total;
}

void hm_trainer_measure(hm_trainer *t, size_t n)
{
    hm_pool_run(t->stage.context->pool, n, sum_row_error, t);
}

double hm_trainer_sum_rows(const hm_trainer *t, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += t->row_error[i];
    return sum;
}

/* What the data drive, in h0; and samples of it. */
static void find_data_states(hm_trainer *t, size_t n, const hm_gibbs *gibbs)
{
    hm_rbm_hidden_given_visible(t->rbm, hm_matrix_f32(t->v0, n, t->V), hm_matrix_f32(t->h0, n, t->H),
                                hm_matrix_f32(t->h0_sample, n, t->H), gibbs);
    if (t->config->hidden_states == HM_STATES_SAMPLES)
        memcpy(t->h0, t->h0_sample, n * t->H * sizeof(float));
}

/* Learners that do not reconstruct do so for the report alone, now and then. */
static bool is_measured(const hm_trainer *t)
{
    enum { BATCHES_BETWEEN = 8 };
    return t->learner->reconstructs || t->stage.batch % BATCHES_BETWEEN == 0;
}

static void reconstruct_for_report(hm_trainer *t, size_t n, const hm_gibbs *gibbs)
{
    hm_rbm_visible_given_hidden(t->rbm, hm_matrix_f32(t->h0_sample, n, t->H), hm_matrix_f32(t->v1, n, t->V),
                                (hm_matrix){0}, gibbs);
    hm_trainer_measure(t, n);
}

size_t hm_trainer_n_places(const hm_trainer *t)
{
    return t->H / hm_layer_n_features(hm_rbm_hidden(t->rbm));
}

/* A step of the mini-batch: of n cases, and the states that each shard's learner found. */
typedef struct batch {
    hm_trainer *t;
    size_t first, n; /* its cases are order[first .. first + n - 1] */
    hm_matrix v[HM_SHARDS_MAX];
} batch;

static size_t first_row(const batch *b, size_t shard)
{
    return hm_shard_begin(&b->t->shards, shard, b->n);
}

static void add_activity(void *job, size_t shard, float *sum)
{
    const batch *b = job;
    const hm_trainer *t = b->t;
    memset(sum, 0, t->H * sizeof *sum);
    for (size_t i = first_row(b, shard); i < first_row(b, shard + 1); i++)
        t->stage.context->backend->kernels()->add(t->h0 + i * t->H, sum, t->H, 1.0f / (float)b->n);
}

/* Of each unit the mean over the cases; of filters the mean over places too, for all places of the map. */
static void find_activity(batch *b, float *mean)
{
    hm_trainer *t = b->t;
    size_t run = hm_trainer_n_places(t);
    hm_shards_sum(&t->shards, add_activity, b, t->H, mean);
    for (size_t first = 0; run > 1 && first < t->H; first += run) {
        double sum = 0;
        for (size_t s = first; s < first + run; s++)
            sum += (double)mean[s];
        for (size_t s = first; s < first + run; s++)
            mean[s] = (float)(sum / (double)run);
    }
}

static bool pulls_biases_alone(const hm_trainer *t)
{
    int on = t->config->sparsity_on;
    return on == HM_SPARSITY_BIASES || (on == HM_SPARSITY_AUTO && hm_trainer_n_places(t) > 1);
}

/* Sparsity (Hinton 2010, section 11): q follows the mean activity, and cost (p - q) is added to the slope of the hidden bias
 * and, times the mean of v, to those of the weights. Adding it to the hidden states of the data does both. */
static void add_sparsity(batch *b)
{
    hm_trainer *t = b->t;
    const hm_train_config *config = t->config;
    const hm_kernels *kernels = t->stage.context->backend->kernels();
    float *pull = t->pull, decay = (float)config->sparsity_decay, cost = (float)config->sparsity_cost;
    find_activity(b, pull);
    for (size_t j = 0; j < t->H; j++) {
        t->activity[j] = decay * t->activity[j] + (1 - decay) * pull[j];
        pull[j] = cost * ((float)config->sparsity_target - t->activity[j]);
    }
    for (size_t i = first_row(b, t->shards.first); i < first_row(b, t->shards.end) && !pulls_biases_alone(t); i++)
        kernels->add(pull, t->h0 + i * t->H, t->H, 1);
}

/* On the biases alone (Lee et al. 2009, section 3.2): the same term of the same step, d = m d + r (G + pull). */
static void pull_biases(hm_trainer *t, const hm_step *change)
{
    const hm_slice *c = &hm_rbm_slices(t->rbm)[HM_SLICE_HIDDEN_BIAS];
    size_t run = t->H / c->n;
    if (t->config->sparsity_target <= 0 || !pulls_biases_alone(t))
        return;
    for (size_t k = 0; k < c->n; k++) {
        float by = (float)change->rate * t->pull[k * run];
        t->velocity[c->first + k] += by;
        hm_rbm_hidden_bias(t->rbm)[k] += by;
    }
}

/* Gradients are means over the batch, so rates, momentum and costs mean the same whatever its size; the step of a
 * short last batch is shortened so that each of its cases counts as much as any other. */
static hm_step step_of(const hm_trainer *t, size_t n)
{
    const hm_train_config *config = t->config;
    double now = hm_stage_time(&t->stage);
    return (hm_step){.rate = hm_trainer_learning_rate(t, now) * (double)n / (double)t->stage.B,
                     .momentum = hm_schedule_at(&config->momentum, now),
                     .l2 = config->weight_cost,
                     .l1 = config->l1_cost,
                     .second = t->second,
                     .count = t->stage.epoch * hm_stage_n_batches(&t->stage) + t->stage.batch + 1};
}

hm_status hm_trainer_fail_numeric(const hm_trainer *t, hm_error *error)
{
    const char *what = "hidden";
    size_t unit = 0;
    bool found = hm_find_bad_parameter(t->rbm, &what, &unit);
    return hm_fail(error, HM_ERROR_NUMERIC,
                   "learning diverged in epoch %zu, batch %zu: %s %s unit %zu is no longer finite; lower the "
                   "learning rate (now %g)%s%s",
                   t->stage.epoch + 1, t->stage.batch + 1, found ? "a parameter of" : "the state of", what, unit,
                   hm_trainer_learning_rate(t, hm_stage_time(&t->stage)),
                   is_gaussian(t) ? ", and standardise the data of Gaussian units" : "",
                   is_unbounded(hm_rbm_visible(t->rbm)) && is_unbounded(hm_rbm_hidden(t->rbm))
                       ? "; with Gaussian or rectified units in both layers chains run off where weights are large: raise the weight "
                         "cost too"
                       : "");
}

/* ---- The step ------------------------------------------------------------------------------------------ */

static hm_status learn(hm_trainer *t, size_t n, hm_matrix v, hm_error *error)
{
    /* Of filters the mean over places as well as over cases: rates do not depend on the size of the pictures. */
    float n_plus = (float)(n * hm_trainer_n_places(t)), n_minus = (float)(v.rows * hm_trainer_n_places(t));
    hm_phase plus = {hm_matrix_f32(t->v0, n, t->V), hm_matrix_f32(t->h0, n, t->H), 1.0f / n_plus};
    hm_phase minus = {v, hm_matrix_f32(t->h1, v.rows, t->H), 1.0f / n_minus};
    const hm_step change = step_of(t, n);
    if (t->offset_v)
        hm_centre(t, &plus, &minus);
    hm_status status = HM_OK;
    if (t->learner->learn)
        status = t->learner->learn(t, &plus, &minus, &change, error);
    else
        hm_machine_learn(t->rbm, &plus, &minus, HM_PART_ALL, t->gradient, t->velocity, &change);
    if (status != HM_OK) /* of one that was interrupted nothing is learned */
        return status;
    if (t->offset_v)
        hm_centre_biases(t);
    pull_biases(t, &change);
    return HM_OK;
}

/* sum: of the errors of n cases, if this mini-batch was measured; else they are taken to be those of the last that was. */
static hm_status count_error(hm_trainer *t, double sum, size_t n, hm_error *error)
{
    if (is_measured(t))
        t->last_error[0] = (float)(sum / (double)n);
    if (!isfinite(t->last_error[0]))
        return hm_trainer_fail_numeric(t, error);
    t->stage.error_sum += is_measured(t) ? sum : (double)t->last_error[0] * (double)n;
    return HM_OK;
}

/* ---- Shards -------------------------------------------------------------------------------------------- */

/* What a shard sees of the trainer: its own rows and chains. One shard sees all. */
static hm_trainer window(const batch *b, size_t shard)
{
    hm_trainer part = *b->t;
    part.shard = shard;
    size_t row = first_row(b, shard), chain = hm_shard_begin(&part.shards, shard, part.n_chains), room = shard * part.shard_rows;
    part.v0 += row * part.V;
    part.h0 += row * part.H;
    part.h0_sample += row * part.H;
    part.row_error += row;
    part.v1 += room * part.V;
    part.v_sample += room * part.V;
    part.h1 += room * part.H;
    part.h1_sample += room * part.H;
    part.chains = part.chains ? part.chains + chain * part.V : NULL;
    part.n_chains = hm_shard_begin(&part.shards, shard + 1, part.n_chains) - chain;
    return part;
}

static size_t n_rows_of(const batch *b, size_t shard)
{
    return first_row(b, shard + 1) - first_row(b, shard);
}

/* The correlations of a shard, which share out those of the mini-batch; and, behind them, its error. */
static void correlate(void *job, size_t shard, float *gradient)
{
    const batch *b = job;
    const hm_trainer *t = b->t;
    hm_trainer part = window(b, shard);
    size_t n = n_rows_of(b, shard), n_parameters;
    hm_rbm_parameters(t->rbm, &n_parameters);
    /* As many states of the model as chains there are, or as cases. */
    size_t n_states = t->chains ? t->n_chains : b->n;
    hm_phase plus = {hm_matrix_f32(part.v0, n, t->V), hm_matrix_f32(part.h0, n, t->H), 1.0f / (float)(b->n * hm_trainer_n_places(t))};
    hm_phase minus = {b->v[shard], hm_matrix_f32(part.h1, b->v[shard].rows, t->H), 1.0f / (float)(n_states * hm_trainer_n_places(t))};
    memset(gradient, 0, (n_parameters + 1) * sizeof *gradient);
    hm_machine_correlate(t->rbm, &plus, &minus, HM_PART_ALL, gradient);
    gradient[n_parameters] = (float)hm_trainer_sum_rows(&part, n);
}

/* The step along the sum of what all shards found. */
static hm_status learn_from_shards(batch *b, hm_error *error)
{
    hm_trainer *t = b->t;
    size_t n_parameters;
    hm_rbm_parameters(t->rbm, &n_parameters);
    hm_shards_sum(&t->shards, correlate, b, n_parameters + 1, t->gradient);
    hm_status status = count_error(t, (double)t->gradient[n_parameters], b->n, error);
    if (status != HM_OK)
        return status;
    const hm_step change = step_of(t, b->n);
    hm_machine_update(t->rbm, t->gradient, t->velocity, &change);
    pull_biases(t, &change);
    return HM_OK;
}

/* ---- The whole ------------------------------------------------------------------------------------------ */

/* Gaussian units of deviation s, seen in units of it: data divided by s, and units of deviation 1. */
static void apply_deviation(const hm_trainer *t, size_t n)
{
    double deviation = hm_schedule_at(&t->config->visible_deviation, hm_stage_time(&t->stage));
    for (size_t k = 0; deviation != 1 && is_gaussian(t) && k < n * t->V; k++)
        t->v0[k] /= (float)deviation;
}

/* Reads the cases of a shard, and finds what they drive and what the model has in their place. */
static hm_status find_states(batch *b, size_t shard, hm_error *error)
{
    hm_trainer part = window(b, shard);
    hm_stage *stage = &b->t->stage;
    size_t n = n_rows_of(b, shard), first = b->first + first_row(b, shard);
    hm_matrix v0 = hm_matrix_f32(part.v0, n, part.V);
    hm_gibbs gibbs = hm_stage_random(stage);
    gibbs.first_case = shard * part.shard_rows; /* no two shards share random numbers */
    hm_status status = hm_feed_read(part.feed, stage->order + first, first, n, stage->epoch, v0, error);
    if (status != HM_OK)
        return status;
    apply_deviation(&part, n);
    find_data_states(&part, n, &gibbs);
    if (!part.learner->reconstructs && is_measured(&part))
        reconstruct_for_report(&part, n, &gibbs);
    b->v[shard] = v0;
    if (part.learner->find_states)
        part.learner->find_states(&part, n, &gibbs, &b->v[shard]);
    return HM_OK;
}

static hm_status step(hm_stage *stage, size_t first, size_t n, hm_error *error)
{
    hm_trainer *t = (hm_trainer *)stage;
    batch b = {.t = t, .first = first, .n = n};
    hm_status status = HM_OK;
    for (size_t s = t->shards.first; status == HM_OK && s < t->shards.end; s++)
        status = find_states(&b, s, error);
    if (status != HM_OK)
        return status;
    if (t->learner->settle)
        t->learner->settle(t);
    if (t->config->sparsity_target > 0)
        add_sparsity(&b);
    if (t->shards.n > 1)
        return learn_from_shards(&b, error);
    status = count_error(t, hm_trainer_sum_rows(t, n), n, error);
    return status == HM_OK ? learn(t, n, b.v[0], error) : status;
}

/* Before a checkpoint: every rank has advanced the chains of its own shards. */
static void gather(hm_stage *stage)
{
    hm_trainer *t = (hm_trainer *)stage;
    if (t->chains && t->shards.n > 1)
        hm_shards_gather(&t->shards, t->chains, t->n_chains, (t->ladder ? (size_t)t->config->temperatures : 1) * t->V);
}

static hm_status check(const hm_stage *stage, const char *path, hm_error *error)
{
    const hm_trainer *t = (const hm_trainer *)stage;
    return t->learner->check ? t->learner->check(t, path, error) : HM_OK;
}

static const hm_stage_kind greedy_stage = {
    .name = "greedy", .start = start, .step = step, .monitor = hm_trainer_monitor, .gather = gather, .check = check};
