/* The up-down algorithm: contrastive wake-sleep on a deep belief net (Hinton, Osindero and Teh, 2006, appendix B).
 *
 * Letters: h^l layer l (h^0 the data), y labels, t top hidden units, P the layer under them, R^l recognition and
 * G^l generative machine of level l, k Gibbs steps. States are samples unless marked with a bar (means).
 *
 *     wake     h^(l+1) ~ R^l(h^l) up to P;  t ~ top([P | y])
 *     Gibbs    k times: [P~ | y-bar] from t, then t ~ top([P~ | y-bar])
 *     sleep    from P~ down: h~^l ~ G^l(h~^(l+1)), the pixels as means
 *     learn    G^l   += r (h^l - G^l-bar(h^(l+1)))' h^(l+1)            (to generate what was recognised)
 *              top   += r ([P | y]'t  -  [P~ | y-bar]'t~)              (k-step contrastive divergence)
 *              R^l   += r h~^l' (h~^(l+1) - R^l-bar(h~^l))             (to recognise what was generated)
 *
 * Without labels the y columns are not there; a case whose label is missing has P(y | P-bar) in its place.
 *
 * Wake-sleep (Hinton, Dayan, Frey and Neal, 1995) is the same on a net whose top machine is a prior of independent units: then
 * P~ is drawn from it, its biases learn P - P~-bar, and fantasies reach down to samples of the pixels. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "base/number.h"
#include "compute/backend.h"
#include "learn/checkpoint.h"
#include "learn/feed.h"
#include "learn/stage.h"
#include "model/machine.h"

enum { MONITORED = 1000 }; /* cases behind free energies */

typedef struct up_down {
    hm_stage stage;
    const hm_up_down_config *config;
    hm_rbm *top;
    bool has_prior; /* wake-sleep: the top machine is no more than the biases of P */
    size_t n_levels, n_below, n_labels, T; /* directed levels; units of P; label units; top units */
    double rate_factor[HM_LEVELS_MAX], cost_factor[HM_LEVELS_MAX]; /* of each level, the top included */
    float *layer_error; /* [n_levels] sums over the batches of this epoch of squared differences, a unit */
    float *velocity_R[HM_LEVELS_MAX], *velocity_G[HM_LEVELS_MAX], *velocity_top;

    /* Workspaces of one batch, all in one block. */
    float *block;
    float *gradient; /* of the largest machine */
    float *wake[HM_LEVELS_MAX], *sleep[HM_LEVELS_MAX]; /* h^l and h~^l, l < n_levels; P is in x and x_tilde */
    float *x, *x_tilde; /* [P | y] */
    float *x_mean;      /* [B][widest visible layer]: means on the way */
    float *t_mean, *t, *t_tilde;
    float *posterior; /* [B][2][T] */
    double *row_error; /* [B] */
} up_down;

/* ---- Workspace ------------------------------------------------------------------------------------------ */

static size_t largest_machine(const hm_model *model, size_t *widest)
{
    size_t most = 0;
    *widest = 0;
    for (size_t i = 0; i < model->n_rbms; i++) {
        size_t n, V = hm_rbm_visible(model->rbm[i])->n_units, H = hm_rbm_hidden(model->rbm[i])->n_units;
        hm_rbm_parameters(model->rbm[i], &n);
        most = n > most ? n : most;
        *widest = V > *widest ? V : *widest;
        *widest = H > *widest ? H : *widest;
    }
    return most;
}

/* Cuts the block into buffers, or with a null block counts how long it must be. */
static size_t cut(up_down *u, float *block)
{
    size_t widest, B = u->stage.B, used = 0, n_gradient = largest_machine(u->stage.model, &widest);
    size_t n_x = B * hm_padded_floats(u->n_below + u->n_labels), n_t = B * hm_padded_floats(u->T);
#define TAKE(field, n) (u->field = block ? block + used : NULL, used += hm_padded_floats(n))
    TAKE(gradient, n_gradient);
    for (size_t l = 0; l < u->n_levels; l++) {
        TAKE(wake[l], B * hm_model_layer_size(u->stage.model, l));
        TAKE(sleep[l], B * hm_model_layer_size(u->stage.model, l));
    }
    TAKE(x, n_x);
    TAKE(x_tilde, n_x);
    TAKE(x_mean, B * hm_padded_floats(widest));
    TAKE(t_mean, n_t);
    TAKE(t, n_t);
    TAKE(t_tilde, n_t);
    TAKE(posterior, u->n_labels ? 2 * n_t : 0);
#undef TAKE
    return used;
}

static hm_status reserve(up_down *u, hm_error *error)
{
    const hm_model *model = u->stage.model;
    hm_status status = HM_OK;
    for (size_t l = 0; status == HM_OK && l < model->n_rbms; l++) {
        status = hm_machine_reserve(model->rbm[l], u->stage.B, true, error);
        if (status == HM_OK && model->generative[l])
            status = hm_machine_reserve(model->generative[l], u->stage.B, true, error);
    }
    return status;
}

static hm_status make_velocities(up_down *u, hm_error *error)
{
    hm_stage *stage = &u->stage;
    char name[HM_STAGE_NAME_MAX];
    size_t n;
    for (size_t l = 0; l < u->n_levels; l++) {
        hm_rbm_parameters(stage->model->rbm[l], &n);
        snprintf(name, sizeof name, "velocity.recognition%zu", l);
        if (!(u->velocity_R[l] = hm_stage_array_create(stage, name, n, error)))
            return HM_ERROR_MEMORY;
        snprintf(name, sizeof name, "velocity.generative%zu", l);
        if (!(u->velocity_G[l] = hm_stage_array_create(stage, name, n, error)))
            return HM_ERROR_MEMORY;
    }
    hm_rbm_parameters(u->top, &n);
    u->velocity_top = hm_stage_array_create(stage, "velocity.top", n, error);
    u->layer_error = hm_stage_array_create(stage, "layer_errors", u->n_levels, error);
    return u->velocity_top && u->layer_error ? HM_OK : HM_ERROR_MEMORY;
}

static void destroy(up_down *u)
{
    for (size_t l = 0; u->top && l < u->stage.model->n_rbms; l++) {
        hm_machine_release(u->stage.model->rbm[l]);
        if (u->stage.model->generative[l])
            hm_machine_release(u->stage.model->generative[l]);
    }
    hm_free(u->stage.context, u->block);
    hm_free(u->stage.context, u->row_error);
    hm_stage_clear(&u->stage);
}

/* ---- The phases ----------------------------------------------------------------------------------------- */

typedef struct phase {
    up_down *u;
    size_t n;              /* cases */
    hm_gibbs gibbs;        /* the next random numbers */
    hm_matrix x, x_tilde;  /* [P | y] */
    hm_matrix t, t_tilde;
} phase;

/* Layer l of the wake or sleep states; layer n_levels is P, a part of x. */
static hm_matrix wake_layer(const phase *p, size_t l)
{
    const up_down *u = p->u;
    return l == u->n_levels ? hm_matrix_cols(p->x, 0, u->n_below)
                            : hm_matrix_f32(u->wake[l], p->n, hm_model_layer_size(u->stage.model, l));
}

static hm_matrix sleep_layer(const phase *p, size_t l)
{
    const up_down *u = p->u;
    return l == u->n_levels ? hm_matrix_cols(p->x_tilde, 0, u->n_below)
                            : hm_matrix_f32(u->sleep[l], p->n, hm_model_layer_size(u->stage.model, l));
}

static hm_matrix mean_like(const phase *p, hm_matrix layer)
{
    return hm_matrix_f32(p->u->x_mean, layer.rows, layer.cols);
}

/* Labels beside P; where one is missing, its distribution given the means of P, which the wake pass left in x_mean. */
static void set_labels(phase *p, const uint32_t *index)
{
    up_down *u = p->u;
    hm_matrix labels = hm_matrix_cols(p->x, u->n_below, u->n_labels), means = mean_like(p, wake_layer(p, u->n_levels));
    if (!u->n_labels || hm_label_targets(u->stage.model, u->stage.train, index, 0, p->n, labels) == 0)
        return;
    for (size_t i = 0; i < p->n; i++)
        if (hm_dataset_label(u->stage.train, index[i]) < 0)
            hm_model_label_posterior(u->stage.model, hm_matrix_rows(means, i, 1), u->posterior, NULL,
                                     hm_matrix_rows(labels, i, 1));
}

static void wake(phase *p, const uint32_t *index)
{
    up_down *u = p->u;
    for (size_t l = 0; l < u->n_levels; l++, p->gibbs.step++) {
        hm_matrix above = wake_layer(p, l + 1);
        hm_rbm_hidden_given_visible(u->stage.model->rbm[l], wake_layer(p, l), mean_like(p, above), above, &p->gibbs);
    }
    set_labels(p, index);
    hm_matrix t_mean = hm_matrix_f32(u->t_mean, p->n, u->T);
    hm_rbm_hidden_given_visible(u->top, p->x, t_mean, p->t, &p->gibbs);
    p->gibbs.step++;
}

static size_t n_steps(const up_down *u)
{
    return u->has_prior ? 1 : (size_t)(hm_schedule_at(&u->config->steps, (double)u->stage.epoch) + 0.5);
}

/* Alternating Gibbs sampling in the top RBM; label units pass on their probabilities. */
static void run_gibbs(phase *p)
{
    up_down *u = p->u;
    size_t k = n_steps(u);
    hm_matrix x_mean = mean_like(p, p->x_tilde), t_mean = hm_matrix_f32(u->t_mean, p->n, u->T);
    for (size_t step = 0; step < k; step++, p->gibbs.step++) {
        hm_rbm_visible_given_hidden(u->top, step ? p->t_tilde : p->t, x_mean, p->x_tilde, &p->gibbs);
        for (size_t i = 0; i < p->n && u->n_labels; i++)
            memcpy(hm_row_f32(&p->x_tilde, i) + u->n_below, hm_row_f32(&x_mean, i) + u->n_below,
                   u->n_labels * sizeof(float));
        hm_rbm_hidden_given_visible(u->top, p->x_tilde, t_mean, p->t_tilde, &p->gibbs);
    }
}

static void sleep(phase *p)
{
    up_down *u = p->u;
    for (size_t l = u->n_levels; l-- > 0; p->gibbs.step++) {
        hm_matrix below = sleep_layer(p, l), none = {0};
        const hm_rbm *G = u->stage.model->generative[l];
        if (l > 0 || u->has_prior)
            hm_rbm_visible_given_hidden(G, sleep_layer(p, l + 1), mean_like(p, below), below, &p->gibbs);
        else
            hm_rbm_visible_given_hidden(G, sleep_layer(p, 1), below, none, &p->gibbs);
    }
}

/* ---- Learning ------------------------------------------------------------------------------------------- */

/* prediction <- prediction - target, and the squared sums of its rows. */
typedef struct difference_job {
    up_down *u;
    hm_matrix prediction, target;
} difference_job;

static void subtract_row(void *argument, size_t i)
{
    difference_job *d = argument;
    float *p = hm_row_f32(&d->prediction, i), total[8] = {0};
    d->u->stage.context->backend->kernels()->add(hm_row_f32(&d->target, i), p, d->prediction.cols, -1);
    for (size_t k = 0; k < d->prediction.cols; k++)
        total[k % 8] += p[k] * p[k];
    d->u->row_error[i] = 0;
    for (size_t lane = 0; lane < 8; lane++)
        d->u->row_error[i] += total[lane];
}

/* The step of level l. */
static hm_step step_of(const up_down *u, size_t l, const hm_step *step)
{
    hm_step own = *step;
    own.rate *= u->rate_factor[l];
    own.l2 *= u->cost_factor[l];
    return own;
}

/* G^l: the delta rule on (h^l - prediction) and h^(l+1); one product, with the sign in its weight. Returns the squared error of the
 * predictions. */
static double learn_generative(phase *p, size_t l, const hm_step *all)
{
    up_down *u = p->u;
    const hm_step step = step_of(u, l, all);
    double sum = 0;
    hm_rbm *G = u->stage.model->generative[l];
    hm_matrix target = wake_layer(p, l), prediction = mean_like(p, target);
    hm_rbm_visible_given_hidden(G, wake_layer(p, l + 1), prediction, (hm_matrix){0}, &p->gibbs);
    hm_pool_run(u->stage.context->pool, p->n, subtract_row, &(difference_job){u, prediction, target});
    const hm_phase difference = {prediction, wake_layer(p, l + 1), -1.0f / (float)p->n};
    hm_machine_learn(G, &difference, NULL, HM_PART_VISIBLE_BIAS, u->gradient, u->velocity_G[l], &step);
    for (size_t i = 0; i < p->n; i++)
        sum += u->row_error[i];
    u->layer_error[l] += (float)(sum / (double)target.cols);
    return sum;
}

/* R^l: the delta rule on h~^l and (h~^(l+1) - prediction). */
static void learn_recognition(phase *p, size_t l, const hm_step *all)
{
    up_down *u = p->u;
    const hm_step step = step_of(u, l, all);
    hm_rbm *R = u->stage.model->rbm[l];
    hm_matrix below = sleep_layer(p, l), target = sleep_layer(p, l + 1), prediction = mean_like(p, target);
    hm_rbm_hidden_given_visible(R, below, prediction, (hm_matrix){0}, &p->gibbs);
    hm_pool_run(u->stage.context->pool, p->n, subtract_row, &(difference_job){u, prediction, target});
    const hm_phase difference = {below, prediction, -1.0f / (float)p->n};
    hm_machine_learn(R, &difference, NULL, HM_PART_HIDDEN_BIAS, u->gradient, u->velocity_R[l], &step);
}

/* The biases of P learn what the wake phase has found there, less their own means. */
static void learn_prior(phase *p, const hm_step *step)
{
    up_down *u = p->u;
    const hm_kernels *kernels = u->stage.context->backend->kernels();
    const hm_slice *b = &hm_rbm_slices(u->top)[HM_SLICE_VISIBLE_BIAS];
    hm_matrix mean = mean_like(p, p->x);
    float *gradient = u->gradient + b->first;
    memset(u->t_mean, 0, u->T * sizeof *u->t_mean);
    hm_rbm_visible_given_hidden(u->top, hm_matrix_f32(u->t_mean, 1, u->T), hm_matrix_rows(mean, 0, 1), (hm_matrix){0}, &p->gibbs);
    for (size_t k = 0; k < b->n; k++)
        gradient[k] = -hm_row_f32(&mean, 0)[k];
    for (size_t i = 0; i < p->n; i++)
        kernels->add(hm_row_f32(&p->x, i), gradient, b->n, 1.0f / (float)p->n);
    for (size_t k = 0; k < b->n; k++) {
        float *velocity = u->velocity_top + b->first + k;
        *velocity = (float)step->momentum * *velocity + (float)step->rate * gradient[k];
        hm_rbm_visible_bias(u->top)[k] += *velocity;
    }
}

static void learn_top(phase *p, const hm_step *step)
{
    up_down *u = p->u;
    float weight = 1.0f / (float)p->n;
    if (u->has_prior) {
        learn_prior(p, step);
        return;
    }
    hm_machine_learn(u->top, &(hm_phase){p->x, p->t, weight}, &(hm_phase){p->x_tilde, p->t_tilde, weight}, HM_PART_ALL,
                     u->gradient, u->velocity_top, step);
}

/* The order does not matter: every prediction of a level comes before its own change, and levels do not share
 * parameters. */
static hm_status learn(phase *p, hm_error *error)
{
    up_down *u = p->u;
    double now = hm_stage_time(&u->stage);
    const hm_step step = {
        .rate = hm_schedule_at(&u->config->learning_rate, now) * (double)p->n / (double)u->stage.B,
        .momentum = hm_schedule_at(&u->config->momentum, now),
        .l2 = u->config->weight_cost};
    double sum = 0; /* in the end that of the data, which come last */
    if (u->stage.batch == 0)
        memset(u->layer_error, 0, u->n_levels * sizeof *u->layer_error);
    for (size_t l = u->n_levels; l-- > 0;)
        sum = learn_generative(p, l, &step);
    if (!isfinite(sum))
        return hm_fail(error, HM_ERROR_NUMERIC,
                       "%s learning diverged in epoch %zu, batch %zu; lower its learning rate (now %g)", u->stage.kind->name,
                       u->stage.epoch + 1, u->stage.batch + 1, step.rate);
    u->stage.error_sum += sum;
    const hm_step top_step = step_of(u, u->n_levels, &step);
    learn_top(p, &top_step);
    for (size_t l = 0; l < u->n_levels; l++)
        learn_recognition(p, l, &step);
    return HM_OK;
}

/* ---- The stage ------------------------------------------------------------------------------------------ */

static bool is_fresh(const up_down *u)
{
    const hm_model *model = u->stage.model;
    if (!u->has_prior || *model->history)
        return false;
    for (size_t l = 0; l < u->n_levels; l++)
        if (!hm_machine_is_zero(model->rbm[l]) || !hm_machine_is_zero(model->generative[l]))
            return false;
    return true;
}

/* A fresh net for wake-sleep: small weights, another draw for each direction, and visible biases from the means of the data.
 * Otherwise parameters are what was learned before, or written by hand. */
static hm_status start(hm_stage *stage, hm_error *error)
{
    const float deviation = 0.01f;
    up_down *u = (up_down *)stage;
    hm_model *model = stage->model;
    size_t V = hm_model_n_features(model);
    if (!is_fresh(u))
        return HM_OK;
    double *mean = hm_alloc(stage->context, 2 * V, sizeof *mean, error);
    hm_status status = mean ? hm_dataset_moments(stage->train, mean, mean + V, error) : HM_ERROR_MEMORY;
    for (size_t l = 0; status == HM_OK && l < u->n_levels; l++) {
        hm_rbm_init_weights(model->rbm[l], deviation, l);
        hm_rbm_init_weights(model->generative[l], deviation, HM_LEVELS_MAX + l);
    }
    if (status == HM_OK)
        hm_layer_biases_of_means(hm_model_layer(model, 0), mean, hm_rbm_visible_bias(model->generative[0]));
    hm_free(stage->context, mean);
    return status;
}

static hm_status step(hm_stage *stage, size_t first, size_t n, hm_error *error)
{
    up_down *u = (up_down *)stage;
    size_t X = u->n_below + u->n_labels;
    phase p = {.u = u,
               .n = n,
               .gibbs = hm_stage_random(stage),
               .x = hm_matrix_f32(u->x, n, X),
               .x_tilde = hm_matrix_f32(u->x_tilde, n, X),
               .t = hm_matrix_f32(u->t, n, u->T),
               .t_tilde = hm_matrix_f32(u->t_tilde, n, u->T)};
    hm_status status = hm_dataset_read(stage->train, stage->order + first, first, n, stage->epoch, wake_layer(&p, 0),
                                       error);
    if (status != HM_OK)
        return status;
    wake(&p, stage->order + first);
    run_gibbs(&p);
    sleep(&p);
    return learn(&p, error);
}

static hm_status check_finite(const up_down *u, hm_error *error)
{
    const hm_model *model = u->stage.model;
    const char *what;
    size_t unit;
    for (size_t i = 0; i < model->n_rbms; i++)
        if (hm_find_bad_parameter(model->rbm[i], &what, &unit) ||
            (model->generative[i] && hm_find_bad_parameter(model->generative[i], &what, &unit)))
            return hm_fail(error, HM_ERROR_NUMERIC,
                           "%s learning diverged in epoch %zu: a parameter of %s unit %zu of level %zu is no "
                           "longer finite; lower its learning rate",
                           u->stage.kind->name, u->stage.epoch + 1, what, unit, i);
    return HM_OK;
}

/* Mean free energy of the top RBM over the first cases of a set, labels with theirs, after a deterministic pass up. */
static hm_status watch_top(up_down *u, const hm_dataset *set, double *free_energy, hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(set), total = n_cases < MONITORED ? n_cases : MONITORED, X = u->n_below + u->n_labels;
    double sum = 0;
    for (size_t first = 0; first < total; first += u->stage.B) {
        size_t n = total - first < u->stage.B ? total - first : u->stage.B;
        hm_matrix v = hm_matrix_f32(u->wake[0], n, hm_model_n_features(u->stage.model)), x = hm_matrix_f32(u->x, n, X);
        hm_status status = hm_dataset_read(set, NULL, first, n, 0, v, error);
        if (status == HM_OK)
            status = hm_model_up_pass(u->stage.model, u->n_levels, v, hm_matrix_cols(x, 0, u->n_below), error);
        if (status == HM_OK && u->n_labels)
            hm_label_targets(u->stage.model, set, NULL, first, n, hm_matrix_cols(x, u->n_below, u->n_labels));
        if (status == HM_OK)
            status = hm_rbm_free_energy(u->top, x, 1, u->row_error, error);
        if (status != HM_OK)
            return status;
        for (size_t i = 0; i < n; i++)
            sum += u->row_error[i];
    }
    *free_energy = sum / (double)total;
    return HM_OK;
}

static hm_status monitor(hm_stage *stage, hm_train_report *report, hm_error *error)
{
    up_down *u = (up_down *)stage;
    double last = (double)stage->epoch + 1 - 1e-9, change = 0, size = 0;
    hm_status status = check_finite(u, error);
    hm_stage_add_magnitudes(u->top, u->velocity_top, &change, &size);
    report->reconstruction_error = stage->error_sum / ((double)hm_dataset_n_cases(stage->train) * stage->error_unit);
    report->n_layer_errors = u->n_levels;
    for (size_t l = 0; l < u->n_levels; l++)
        report->layer_error[l] = (double)u->layer_error[l] / (double)hm_dataset_n_cases(stage->train);
    report->update_ratio = u->has_prior ? NAN : change / size;
    report->learning_rate = hm_schedule_at(&u->config->learning_rate, last);
    report->momentum = hm_schedule_at(&u->config->momentum, last);
    report->steps = n_steps(u);
    if (status == HM_OK && !u->has_prior)
        status = watch_top(u, stage->train, &report->free_energy_train, error);
    if (status == HM_OK && !u->has_prior && stage->validation)
        status = watch_top(u, stage->validation, &report->free_energy_validation, error);
    report->free_energy_gap = report->free_energy_validation - report->free_energy_train;
    if (status == HM_OK && stage->validation && u->n_labels)
        status = hm_label_error(stage->model, stage->validation, stage->B, &report->error_validation, error);
    return status;
}

static const hm_stage_kind up_down_stage = {.name = "up-down", .start = start, .step = step, .monitor = monitor};
static const hm_stage_kind wake_sleep_stage = {.name = "wake-sleep", .start = start, .step = step, .monitor = monitor};

static hm_status check_model(const hm_model *model, const hm_dataset *train, bool has_prior, hm_error *error)
{
    if (has_prior && !hm_model_is_belief_net(model))
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "wake-sleep learning needs a sigmoid belief net, directed to its top; give --kind sbn and --layers, as in "
                       "\"784 200 200\"");
    if (!has_prior && hm_model_is_belief_net(model))
        return hm_fail(error, HM_ERROR_MISMATCH, "a sigmoid belief net has no top RBM for up-down learning; it learns by wake-sleep");
    if (!has_prior && (model->kind != HM_MODEL_DBN || model->n_rbms < 2))
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "up-down learning needs a deep belief net with a directed level under its top RBM; name three "
                       "layers or more, as in layers = 784 500 500");
    for (size_t l = 0; l < model->n_rbms; l++)
        if (hm_machine_room(model->rbm[l], 1))
            return hm_fail(error, HM_ERROR_MISMATCH, "layer %zu has pool units, through which up-down learning does not go; its levels "
                                                     "learn greedily",
                           l + 1);
    hm_status status = hm_check_fit(model, train, error);
    if (status == HM_OK && model->n_labels)
        status = hm_check_labels(model, train, error);
    return status;
}

static hm_status parse_factors(const char *name, const char *text, size_t n, double *factor, hm_error *error)
{
    size_t k = 0;
    for (const char *at = text; *at && k <= n; k++) {
        char *end;
        double value = hm_number_begin(at, &end);
        if (end == at || !(value >= 0) || value > 1e6)
            return hm_fail(error, HM_ERROR_ARGUMENT, "%s = %.60s: numbers from 0 on, as in \"1 1 0.5\"", name, text);
        if (k < n)
            factor[k] = value;
        for (at = end; *at == ' ' || *at == ',';)
            at++;
    }
    if (k != n && k != 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s = %.60s: one number for each of the %zu levels", name, text, n);
    for (; k < n; k++)
        factor[k] = 1;
    return HM_OK;
}

static hm_status create(up_down *u, const hm_stage_kind *kind, hm_model *model, const hm_dataset *train,
                        const hm_dataset *validation, const hm_up_down_config *config, hm_error *error)
{
    hm_status status = hm_stage_init(&u->stage, kind, model, train, validation, (size_t)config->epochs,
                                     (size_t)config->batch_size, error);
    if (status != HM_OK)
        return status;
    u->config = config;
    u->has_prior = kind == &wake_sleep_stage;
    u->n_levels = model->n_rbms - 1;
    u->top = model->rbm[u->n_levels];
    u->n_below = hm_model_layer_size(model, u->n_levels);
    u->n_labels = model->n_labels;
    u->T = hm_rbm_hidden(u->top)->n_units;
    u->stage.machine = u->n_levels;
    u->stage.stream += HM_STREAM_UP_DOWN;
    u->stage.error_unit = (double)hm_model_n_features(model);
    status = parse_factors("rate-factors", config->rate_factors, model->n_rbms, u->rate_factor, error);
    if (status == HM_OK)
        status = parse_factors("cost-factors", config->cost_factors, model->n_rbms, u->cost_factor, error);
    if (status == HM_OK)
        status = hm_model_untie(model, error);
    if (status == HM_OK)
        status = make_velocities(u, error);
    if (status != HM_OK)
        return status;
    u->block = hm_alloc(model->context, cut(u, NULL), sizeof *u->block, error);
    u->row_error = hm_alloc(model->context, u->stage.B, sizeof *u->row_error, error);
    if (!u->block || !u->row_error)
        return HM_ERROR_MEMORY;
    cut(u, u->block);
    return reserve(u, error);
}

static hm_status run(const hm_stage_kind *kind, hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                     const hm_up_down_config *config, const hm_train_events *events, hm_error *error)
{
    up_down u = {.stage = {.context = model->context}};
    bool is_resumed = false;
    size_t machine;
    hm_status status = check_model(model, train, kind == &wake_sleep_stage, error);
    if (status == HM_OK)
        status = hm_stage_prepare(model, train, events, kind->name, &machine, &is_resumed, error);
    if (status == HM_OK)
        status = create(&u, kind, model, train, validation, config, error);
    if (status == HM_OK)
        status = hm_stage_run(&u.stage, events, 1, is_resumed, error);
    destroy(&u);
    return status == HM_OK ? hm_stage_record(model, train, kind->name, (size_t)config->epochs, config->batch_size, error)
                           : status;
}

hm_status hm_train_up_down(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                           const hm_up_down_config *config, const hm_train_events *events, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, train, config));
    HM_REQUIRE(hm_options_check(&hm_up_down_options, config, error));
    if (validation)
        HM_REQUIRE(hm_check_fit(model, validation, error));
    return run(&up_down_stage, model, train, validation, config, events, error);
}

hm_status hm_train_wake_sleep(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
                              const hm_up_down_config *config, const hm_train_events *events, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, train, config));
    HM_REQUIRE(hm_options_check(&hm_wake_sleep_options, config, error));
    if (validation)
        HM_REQUIRE(hm_check_fit(model, validation, error));
    return run(&wake_sleep_stage, model, train, validation, config, events, error);
}
