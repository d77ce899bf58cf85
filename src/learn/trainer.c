/* Contrastive divergence (Hinton 2002) on one machine, one mini-batch at a time.
 *
 * v0 data, h0 = P(h | v0), then k times v = P(v | h sample), h = P(h | v);  dW ~ v0'h0 - vk'hk.
 * Following Hinton (2010): hidden states that drive a reconstruction are samples, reconstructions are
 * probabilities (or samples, by option), and the last hidden states are always probabilities. */
#include "learn/trainer.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"
#include "compute/backend.h"

/* Random numbers: the step holds machine, batch and Gibbs step, so none is ever used twice. */
enum { STEPS_PER_BATCH_LOG2 = 10, MACHINE_SHIFT = 40 };

static size_t padded(size_t n)
{
    return (n + 15) / 16 * 16;
}

/* ---- Workspace -------------------------------------------------------------------------------------- */

static hm_status make_workspace(hm_trainer *t, hm_error *error)
{
    size_t B = t->B, V = padded(t->V), H = padded(t->H), n_cases = hm_dataset_n_cases(t->train);
    t->velocity = hm_alloc(t->context, t->n_parameters, sizeof(float), error);
    t->activity = hm_alloc(t->context, H, sizeof(float), error);
    t->workspace = hm_alloc(t->context, t->n_parameters + V + 3 * B * V + 3 * B * H, sizeof(float), error);
    t->row_error = hm_alloc(t->context, B, sizeof(double), error);
    t->order = hm_alloc(t->context, n_cases, sizeof(uint32_t), error);
    if (!t->velocity || !t->activity || !t->workspace || !t->row_error || !t->order)
        return HM_ERROR_MEMORY;
    t->gradient = t->workspace;
    t->mean_v = t->gradient + t->n_parameters;
    t->v0 = t->mean_v + V;
    t->v1 = t->v0 + B * V;
    t->v_sample = t->v1 + B * V;
    t->h0 = t->v_sample + B * V;
    t->h0_sample = t->h0 + B * H;
    t->h1 = t->h0_sample + B * H;
    return HM_OK;
}

hm_status hm_trainer_create(const hm_model *model, size_t machine, const hm_dataset *train,
                            const hm_dataset *validation, const hm_train_config *config,
                            hm_trainer **out, hm_error *error)
{
    hm_rbm *rbm = model->rbm[machine];
    size_t V = hm_rbm_visible(rbm)->n_units;
    *out = NULL;
    if (hm_dataset_n_features(train) != V)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "the data (%s) has %zu features, the model %zu visible units; resize the data or "
                       "change the visible layer",
                       hm_dataset_describe(train), hm_dataset_n_features(train), V);
    hm_trainer *t = hm_alloc(model->context, 1, sizeof *t, error);
    if (!t)
        return HM_ERROR_MEMORY;
    t->context = model->context;
    t->config = config;
    t->train = train;
    t->validation = validation;
    t->rbm = rbm;
    t->V = V;
    t->H = hm_rbm_hidden(rbm)->n_units;
    t->machine = machine;
    size_t n_cases = hm_dataset_n_cases(train);
    t->B = (size_t)config->batch_size < n_cases ? (size_t)config->batch_size : n_cases;
    hm_rbm_parameters(rbm, &t->n_parameters);
    hm_status status = make_workspace(t, error);
    if (status != HM_OK) {
        hm_trainer_destroy(t);
        return status;
    }
    *out = t;
    return HM_OK;
}

void hm_trainer_destroy(hm_trainer *t)
{
    if (!t)
        return;
    hm_free(t->context, t->velocity);
    hm_free(t->context, t->activity);
    hm_free(t->context, t->workspace);
    hm_free(t->context, t->row_error);
    hm_free(t->context, t->order);
    hm_free(t->context, t);
}

/* ---- The start -------------------------------------------------------------------------------------- */

/* b so that the unit alone has the mean p of the data (Hinton 2010, section 8.1), kept off 0 and 1. */
static float bias_for_mean(const hm_unit_group *group, double p)
{
    if (group->kind == HM_UNIT_GAUSSIAN || group->kind == HM_UNIT_RELU)
        return (float)p;
    p /= group->kind == HM_UNIT_BINOMIAL ? group->size : 1;
    p = p < 0.001 ? 0.001 : p > 0.999 ? 0.999 : p;
    return (float)(group->kind == HM_UNIT_SOFTMAX ? log(p) : log(p / (1 - p)));
}

hm_status hm_trainer_start(hm_trainer *t, hm_error *error)
{
    const hm_layer *visible = hm_rbm_visible(t->rbm);
    double *mean = hm_alloc(t->context, t->V, sizeof *mean, error);
    if (!mean)
        return HM_ERROR_MEMORY;
    hm_status status = hm_dataset_moments(t->train, mean, NULL, error);
    size_t i = 0;
    for (int g = 0; status == HM_OK && g < visible->n_groups; g++)
        for (size_t end = i + visible->group[g].n_units; i < end; i++)
            hm_rbm_visible_bias(t->rbm)[i] = bias_for_mean(&visible->group[g], mean[i]);
    hm_free(t->context, mean);
    if (status != HM_OK)
        return status;
    hm_rbm_init_weights(t->rbm, (float)t->config->weight_deviation);
    for (size_t j = 0; j < t->H; j++) {
        hm_rbm_hidden_bias(t->rbm)[j] = (float)t->config->hidden_bias;
        t->activity[j] = (float)t->config->sparsity_target;
    }
    return HM_OK;
}

hm_status hm_trainer_begin_epoch(hm_trainer *t, hm_error *error)
{
    return hm_dataset_order(t->train, t->epoch, t->B, t->order, error);
}

size_t hm_trainer_n_batches(const hm_trainer *t)
{
    return (hm_dataset_n_cases(t->train) + t->B - 1) / t->B;
}

/* ---- A step ----------------------------------------------------------------------------------------- */

static double fraction_of_epochs(const hm_trainer *t)
{
    return (double)t->epoch + (double)t->batch / (double)hm_trainer_n_batches(t);
}

static size_t n_gibbs_steps(const hm_trainer *t)
{
    return (size_t)(hm_schedule_at(&t->config->steps, (double)t->epoch) + 0.5);
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

/* Leaves v_k and h_k in *v and h1, and the errors of the first reconstruction in row_error. */
static void reconstruct(hm_trainer *t, size_t n, hm_matrix *v)
{
    uint64_t batch = t->epoch * hm_trainer_n_batches(t) + t->batch;
    hm_gibbs gibbs = {.step = (uint64_t)t->machine << MACHINE_SHIFT | batch << STEPS_PER_BATCH_LOG2};
    hm_matrix none = {0}, h0 = hm_matrix_f32(t->h0, n, t->H), h1 = hm_matrix_f32(t->h1, n, t->H);
    hm_matrix h_sample = hm_matrix_f32(t->h0_sample, n, t->H), v1 = hm_matrix_f32(t->v1, n, t->V);
    bool sampled = t->config->visible_states == HM_STATES_SAMPLES;
    hm_matrix v_sample = sampled ? hm_matrix_f32(t->v_sample, n, t->V) : none;
    size_t k = n_gibbs_steps(t);

    hm_rbm_hidden_given_visible(t->rbm, *v, h0, h_sample, &gibbs);
    if (t->config->hidden_states == HM_STATES_SAMPLES)
        memcpy(t->h0, t->h0_sample, n * t->H * sizeof(float));
    *v = sampled ? v_sample : v1;
    for (size_t s = 1; s <= k; s++) {
        hm_rbm_visible_given_hidden(t->rbm, h_sample, v1, v_sample, &gibbs);
        if (s == 1)
            hm_pool_run(t->context->pool, n, sum_row_error, t);
        gibbs.step++;
        hm_rbm_hidden_given_visible(t->rbm, *v, h1, s < k ? h_sample : none, &gibbs);
    }
}

/* Sparsity (Hinton 2010, section 11): q follows the mean activity, and cost (p - q) is added to the slope of the
 * hidden bias and, times the mean of v, to those of the weights. */
static void add_sparsity(hm_trainer *t, size_t n)
{
    const hm_train_config *config = t->config;
    const hm_kernels *kernels = t->context->backend->kernels();
    float *gradient_c = t->gradient + (hm_rbm_hidden_bias(t->rbm) - (float *)hm_rbm_weights(t->rbm).data);
    float *pull = t->h1; /* free by now */
    memset(pull, 0, t->H * sizeof *pull);
    memset(t->mean_v, 0, t->V * sizeof *t->mean_v);
    for (size_t i = 0; i < n; i++) {
        kernels->add(t->h0 + i * t->H, pull, t->H, 1.0f / (float)n);
        kernels->add(t->v0 + i * t->V, t->mean_v, t->V, 1.0f / (float)n);
    }
    float decay = (float)config->sparsity_decay, cost = (float)config->sparsity_cost;
    for (size_t j = 0; j < t->H; j++) {
        t->activity[j] = decay * t->activity[j] + (1 - decay) * pull[j];
        pull[j] = cost * ((float)config->sparsity_target - t->activity[j]);
    }
    kernels->add(pull, gradient_c, t->H, 1);
    for (size_t i = 0; i < t->V; i++)
        kernels->add(pull, t->gradient + i * t->H, t->H, t->mean_v[i]);
}

/* Gradients are means over the batch, so rates, momentum and costs mean the same whatever its size; the step of a
 * short last batch is shortened so that each of its cases counts as much as any other. */
static void update(hm_trainer *t, size_t n)
{
    size_t n_parameters, n_weights = padded(t->V * t->H);
    float *parameters = hm_rbm_parameters(t->rbm, &n_parameters);
    double now = fraction_of_epochs(t);
    hm_update u = {.parameters = parameters,
                   .velocity = t->velocity,
                   .gradient = t->gradient,
                   .n = n_weights,
                   .rate = (float)(hm_schedule_at(&t->config->learning_rate, now) * (double)n / (double)t->B),
                   .momentum = (float)hm_schedule_at(&t->config->momentum, now),
                   .l2 = (float)t->config->weight_cost,
                   .l1 = (float)t->config->l1_cost};
    hm_update_parameters(t->context, &u);
    u.parameters += n_weights;
    u.velocity += n_weights;
    u.gradient += n_weights;
    u.n = n_parameters - n_weights;
    u.l1 = u.l2 = 0;
    hm_update_parameters(t->context, &u);
}

/* The name of the first parameter that is not finite; false when all are. */
static bool find_bad_parameter(const hm_trainer *t, const char **what, size_t *unit)
{
    hm_matrix W = hm_rbm_weights(t->rbm);
    const float *w = W.data, *b = hm_rbm_visible_bias(t->rbm), *c = hm_rbm_hidden_bias(t->rbm);
    for (size_t j = 0; j < t->H; j++) {
        bool bad = !isfinite(c[j]);
        for (size_t i = 0; i < t->V && !bad; i++)
            bad = !isfinite(w[i * t->H + j]);
        if (bad) {
            *what = "hidden";
            *unit = j;
            return true;
        }
    }
    for (size_t i = 0; i < t->V; i++) {
        if (!isfinite(b[i])) {
            *what = "visible";
            *unit = i;
            return true;
        }
    }
    return false;
}

static hm_status fail_numeric(const hm_trainer *t, hm_error *error)
{
    const char *what = "hidden";
    size_t unit = 0;
    bool found = find_bad_parameter(t, &what, &unit);
    return hm_fail(error, HM_ERROR_NUMERIC,
                   "learning diverged in epoch %zu, batch %zu: %s %s unit %zu is no longer finite; lower the "
                   "learning rate (now %g)%s",
                   t->epoch + 1, t->batch + 1, found ? "a parameter of" : "the state of", what, unit,
                   hm_schedule_at(&t->config->learning_rate, fraction_of_epochs(t)),
                   hm_layer_is_all(hm_rbm_visible(t->rbm), HM_UNIT_GAUSSIAN)
                       ? ", and standardise the data of Gaussian units"
                       : "");
}

hm_status hm_trainer_step(hm_trainer *t, hm_error *error)
{
    size_t first = t->batch * t->B, n_cases = hm_dataset_n_cases(t->train);
    size_t n = n_cases - first < t->B ? n_cases - first : t->B;
    hm_matrix v0 = hm_matrix_f32(t->v0, n, t->V), v = v0;
    hm_status status = hm_dataset_read(t->train, t->order + first, 0, n, t->epoch, v0, error);
    if (status != HM_OK)
        return status;
    reconstruct(t, n, &v);

    size_t n_weights = padded(t->V * t->H);
    hm_correlate(t->context, &(hm_correlation){.x_plus = v0,
                                               .y_plus = hm_matrix_f32(t->h0, n, t->H),
                                               .weight_plus = 1.0f / (float)n,
                                               .x_minus = v,
                                               .y_minus = hm_matrix_f32(t->h1, n, t->H),
                                               .weight_minus = 1.0f / (float)n,
                                               .gradient = hm_matrix_f32(t->gradient, t->V, t->H),
                                               .gradient_x = t->gradient + n_weights,
                                               .gradient_y = t->gradient + n_weights + padded(t->V)});
    if (t->config->sparsity_target > 0)
        add_sparsity(t, n);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += t->row_error[i];
    if (!isfinite(sum))
        return fail_numeric(t, error);
    update(t, n);
    t->error_sum += sum;
    t->batch++;
    return HM_OK;
}

/* ---- Monitors --------------------------------------------------------------------------------------- */

/* Mean free energy of the first cases of a set and, if asked, the mean activity of each hidden unit over them. */
static hm_status watch(hm_trainer *t, const hm_dataset *set, double *free_energy, float *activity,
                       hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(set), wanted = (size_t)t->config->monitor_cases;
    size_t total = n_cases < wanted ? n_cases : wanted;
    const hm_kernels *kernels = t->context->backend->kernels();
    double sum = 0;
    for (size_t first = 0; first < total; first += t->B) {
        size_t n = total - first < t->B ? total - first : t->B;
        hm_matrix v = hm_matrix_f32(t->v0, n, t->V);
        hm_gibbs gibbs = {0};
        hm_status status = hm_dataset_read(set, NULL, first, n, 0, v, error);
        if (status == HM_OK)
            status = hm_rbm_free_energy(t->rbm, v, 1, t->row_error, error);
        if (status != HM_OK)
            return status;
        for (size_t i = 0; i < n; i++)
            sum += t->row_error[i];
        if (!activity)
            continue;
        hm_rbm_hidden_given_visible(t->rbm, v, hm_matrix_f32(t->h0, n, t->H), (hm_matrix){0}, &gibbs);
        for (size_t i = 0; i < n; i++)
            kernels->add(t->h0 + i * t->H, activity, t->H, 1.0f / (float)total);
    }
    *free_energy = sum / (double)total;
    return HM_OK;
}

/* The share of its range at which a unit's mean activity lies; kinds without a top are only ever dead. */
static void count_activities(const hm_trainer *t, const float *activity, hm_train_report *report)
{
    const hm_layer *hidden = hm_rbm_hidden(t->rbm);
    size_t j = 0;
    for (int g = 0; g < hidden->n_groups; g++) {
        const hm_unit_group *group = &hidden->group[g];
        float top = group->kind == HM_UNIT_BINOMIAL ? (float)group->size : 1;
        bool has_top = group->kind != HM_UNIT_GAUSSIAN && group->kind != HM_UNIT_RELU;
        for (size_t end = j + group->n_units; j < end; j++) {
            report->mean_activity += activity[j] / (double)t->H;
            if (group->kind == HM_UNIT_GAUSSIAN)
                continue;
            report->n_dead += activity[j] < 0.01f * top;
            report->n_stuck += has_top && activity[j] > 0.99f * top;
        }
    }
}

static double sum_of_magnitudes(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabsf(x[i]);
    return sum;
}

hm_status hm_trainer_monitor(hm_trainer *t, hm_train_report *report, hm_error *error)
{
    const char *what;
    size_t unit, n_weights = t->V * t->H;
    if (find_bad_parameter(t, &what, &unit))
        return fail_numeric(t, error);
    double last = (double)t->epoch + 1 - 1e-9;
    *report = (hm_train_report){
        .machine = t->machine,
        .epoch = t->epoch + 1,
        .n_epochs = (size_t)t->config->epochs,
        .reconstruction_error = t->error_sum / ((double)hm_dataset_n_cases(t->train) * (double)t->V),
        .free_energy_validation = NAN,
        .update_ratio = sum_of_magnitudes(t->velocity, n_weights) /
                        sum_of_magnitudes(hm_rbm_weights(t->rbm).data, n_weights),
        .learning_rate = hm_schedule_at(&t->config->learning_rate, last),
        .momentum = hm_schedule_at(&t->config->momentum, last),
        .steps = n_gibbs_steps(t),
    };
    float *activity = t->h0_sample; /* free between steps */
    memset(activity, 0, t->H * sizeof *activity);
    hm_status status = watch(t, t->train, &report->free_energy_train, activity, error);
    if (status == HM_OK && t->validation)
        status = watch(t, t->validation, &report->free_energy_validation, NULL, error);
    report->free_energy_gap = report->free_energy_validation - report->free_energy_train;
    count_activities(t, activity, report);
    return status;
}
