/* Forward and backward passes (Rumelhart, Hinton and Williams, 1986). */
#include "learn/net.h"

#include <math.h>
#include <string.h>

#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"
#include "model/machine.h"
#include "model/model_internal.h"

enum { ROWS_PER_TASK = 8 };

/* ---- Derivatives ------------------------------------------------------------------------------------------ */

/* delta[k] *= f'(a_k), written in h = f(a) of what dropout left: h = f(a) scale, and 0 where it left nothing. */
typedef void derivative(const float *h, float *delta, size_t n, float scale);

static void logistic_derivative(const float *h, float *delta, size_t n, float scale)
{
    for (size_t k = 0; k < n; k++)
        delta[k] *= h[k] * (1 - h[k] / scale);
}

static void linear_derivative(const float *h, float *delta, size_t n, float scale)
{
    for (size_t k = 0; k < n && scale != 1; k++)
        delta[k] = h[k] == 0 ? 0 : delta[k] * scale;
}

static void rectified_derivative(const float *h, float *delta, size_t n, float scale)
{
    for (size_t k = 0; k < n; k++)
        delta[k] = h[k] > 0 ? delta[k] * scale : 0;
}

static void tanh_derivative(const float *h, float *delta, size_t n, float scale)
{
    for (size_t k = 0; k < n; k++)
        delta[k] = h[k] == 0 && scale != 1 ? 0 : delta[k] * (1 - h[k] / scale * (h[k] / scale)) * scale;
}

static derivative *const derivatives[] = {[HM_UNIT_BERNOULLI] = logistic_derivative,
                                          [HM_UNIT_GAUSSIAN] = linear_derivative,
                                          [HM_UNIT_SOFTMAX] = NULL,
                                          [HM_UNIT_RELU] = rectified_derivative,
                                          [HM_UNIT_BINOMIAL] = NULL,
                                          [HM_UNIT_POOL] = NULL,
                                          [HM_UNIT_SPIN] = tanh_derivative};

static hm_status check_units(const hm_model *net, hm_error *error)
{
    for (size_t l = 1; l <= net->n_rbms; l++) {
        const hm_layer *layer = hm_model_layer(net, l);
        hm_unit kind = layer->group[0].kind;
        bool is_last = l == net->n_rbms;
        bool is_good = layer->n_groups == 1 && (is_last ? kind != HM_UNIT_RELU && kind != HM_UNIT_BINOMIAL && kind != HM_UNIT_SPIN && kind != HM_UNIT_POOL
                                                        : derivatives[kind] != NULL);
        if (!is_good)
            return hm_fail(error, HM_ERROR_MISMATCH,
                           "layer %zu: backpropagation takes bernoulli, tanh, relu or gaussian units, all of one kind, and "
                           "bernoulli, softmax or gaussian ones as outputs",
                           l);
    }
    return HM_OK;
}

/* ---- Workspace -------------------------------------------------------------------------------------------- */

/* Cuts the block into buffers, or with a null block counts how long it must be. */
static size_t cut(hm_net_pass *pass, float *block)
{
    size_t used = 0, widest = 0, n;
    for (size_t l = 0; l <= pass->n_levels; l++) {
        size_t width = hm_model_layer_size(pass->net, l);
        pass->state[l] = block ? block + used : NULL;
        used += hm_padded_floats(pass->B * width);
        widest = width > widest ? width : widest;
    }
    for (int i = 0; i < 2; i++) {
        pass->delta[i] = block ? block + used : NULL;
        used += hm_padded_floats(pass->B * widest);
    }
    for (size_t l = 0; l < pass->n_levels; l++) {
        hm_rbm_parameters(pass->net->rbm[l], &n);
        pass->gradient[l] = block ? block + used : NULL;
        used += hm_padded_floats(n);
    }
    return used;
}

hm_status hm_net_pass_create(const hm_model *net, size_t B, hm_net_pass *pass, hm_error *error)
{
    *pass = (hm_net_pass){.net = net, .B = B, .n_levels = net->n_rbms};
    hm_status status = check_units(net, error);
    if (status != HM_OK)
        return status;
    pass->block = hm_alloc(net->context, cut(pass, NULL), sizeof *pass->block, error);
    pass->row_loss = hm_alloc(net->context, B, sizeof *pass->row_loss, error);
    pass->row_wrong = hm_alloc(net->context, B, sizeof *pass->row_wrong, error);
    if (!pass->block || !pass->row_loss || !pass->row_wrong) {
        hm_net_pass_clear(pass);
        return HM_ERROR_MEMORY;
    }
    cut(pass, pass->block);
    return HM_OK;
}

void hm_net_pass_clear(hm_net_pass *pass)
{
    if (!pass->net)
        return;
    hm_free(pass->net->context, pass->block);
    hm_free(pass->net->context, pass->row_loss);
    hm_free(pass->net->context, pass->row_wrong);
    *pass = (hm_net_pass){0};
}

static hm_matrix state_of(const hm_net_pass *pass, size_t l, size_t n)
{
    return hm_matrix_f32(pass->state[l], n, hm_model_layer_size(pass->net, l));
}

/* ---- Forward ---------------------------------------------------------------------------------------------- */

typedef struct dropping {
    hm_matrix h;
    hm_random random;
    uint64_t first_case;
    float share;
} dropping;

static void drop_row(void *argument, size_t i)
{
    enum { CHUNK = 256 };
    const dropping *d = argument;
    float *h = hm_row_f32(&d->h, i), u[CHUNK], scale = 1 / (1 - d->share);
    for (size_t k = 0; k < d->h.cols; k += CHUNK) {
        size_t n = d->h.cols - k < CHUNK ? d->h.cols - k : CHUNK;
        hm_random_fill_uniform(&d->random, d->first_case + i, k, n, u);
        for (size_t j = 0; j < n; j++)
            h[k + j] = u[j] < d->share ? 0 : h[k + j] * scale;
    }
}

static void drop(hm_net_pass *pass, size_t l, size_t n, const hm_dropout *dropout)
{
    float share = !dropout ? 0 : l == 0 ? dropout->input : dropout->hidden;
    if (share == 0 || l == pass->n_levels)
        return;
    const hm_context *context = pass->net->context;
    dropping d = {state_of(pass, l, n), {context->seed, HM_RANDOM_DROPOUT, dropout->step + l}, dropout->first_case,
                  share};
    hm_pool_run(context->pool, n, drop_row, &d);
}

void hm_net_forward(hm_net_pass *pass, size_t n, const hm_dropout *dropout)
{
    drop(pass, 0, n, dropout);
    for (size_t l = 0; l < pass->n_levels; l++) {
        hm_net_drive(pass->net, l, state_of(pass, l, n), state_of(pass, l + 1, n));
        drop(pass, l + 1, n, dropout);
    }
}

/* ---- Loss ------------------------------------------------------------------------------------------------- */

typedef struct loss_job {
    hm_net_pass *pass;
    hm_matrix p, target, delta;
    hm_unit kind;
} loss_job;

/* E = -log p_y; a target of zeros is a case without a label. */
static void softmax_loss(const float *p, const float *y, float *delta, size_t n, double *loss, double *wrong)
{
    size_t label = hm_largest(y, n);
    bool is_known = y[label] > 0;
    *loss = is_known ? -log(fmax(p[label], 1e-30)) : 0;
    *wrong = is_known && hm_largest(p, n) != label;
    for (size_t k = 0; k < n; k++)
        delta[k] = is_known ? p[k] - y[k] : 0;
}

/* E = -sum y log p + (1 - y) log(1 - p), or half the squared error; `wrong` is the squared error. */
static void data_loss(const float *p, const float *y, float *delta, size_t n, bool is_logistic, double *loss,
                      double *wrong)
{
    *loss = *wrong = 0;
    for (size_t k = 0; k < n; k++) {
        delta[k] = p[k] - y[k];
        *wrong += (double)delta[k] * delta[k];
        if (is_logistic)
            *loss -= (double)y[k] * logf(fmaxf(p[k], 1e-20f)) + (1 - (double)y[k]) * logf(fmaxf(1 - p[k], 1e-20f));
    }
    if (!is_logistic)
        *loss = *wrong / 2;
}

static void loss_of_case(void *argument, size_t i)
{
    loss_job *job = argument;
    const float *p = hm_row_f32(&job->p, i), *y = hm_row_f32(&job->target, i);
    float *delta = hm_row_f32(&job->delta, i);
    double *loss = &job->pass->row_loss[i], *wrong = &job->pass->row_wrong[i];
    if (job->kind == HM_UNIT_SOFTMAX)
        softmax_loss(p, y, delta, job->p.cols, loss, wrong);
    else
        data_loss(p, y, delta, job->p.cols, job->kind == HM_UNIT_BERNOULLI, loss, wrong);
}

void hm_net_loss(hm_net_pass *pass, size_t n, hm_matrix target, double *loss, double *n_wrong)
{
    size_t L = pass->n_levels, width = hm_model_layer_size(pass->net, L);
    loss_job job = {pass, state_of(pass, L, n), target, hm_matrix_f32(pass->delta[L % 2], n, width),
                    hm_model_layer(pass->net, L)->group[0].kind};
    hm_pool_run(pass->net->context->pool, n, loss_of_case, &job);
    *loss = *n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        *loss += pass->row_loss[i];
        *n_wrong += pass->row_wrong[i];
    }
}

/* ---- Backward --------------------------------------------------------------------------------------------- */

typedef struct derivative_job {
    derivative *of;
    hm_matrix h, delta;
    float scale;
} derivative_job;

static void derive_rows(void *argument, size_t task)
{
    derivative_job *job = argument;
    size_t last = (task + 1) * ROWS_PER_TASK < job->h.rows ? (task + 1) * ROWS_PER_TASK : job->h.rows;
    for (size_t i = task * ROWS_PER_TASK; i < last; i++)
        job->of(hm_row_f32(&job->h, i), hm_row_f32(&job->delta, i), job->h.cols, job->scale);
}

/* delta^l = (delta^(l+1) W') f'(a^l). */
static void pass_down(hm_net_pass *pass, size_t l, size_t n, const hm_dropout *dropout)
{
    const hm_rbm *level = pass->net->rbm[l];
    hm_matrix above = hm_matrix_f32(pass->delta[(l + 1) % 2], n, hm_model_layer_size(pass->net, l + 1));
    hm_matrix below = hm_matrix_f32(pass->delta[l % 2], n, hm_model_layer_size(pass->net, l));
    hm_machine_down(level, above, below);
    derivative_job job = {derivatives[hm_model_layer(pass->net, l)->group[0].kind], state_of(pass, l, n), below,
                          dropout ? 1 / (1 - dropout->hidden) : 1};
    hm_pool_run(pass->net->context->pool, (n + ROWS_PER_TASK - 1) / ROWS_PER_TASK, derive_rows, &job);
}

/* The filters of a map are the weights into each of its units. */
static void limit_filters(const hm_rbm *level, float most)
{
    const hm_matrix W = hm_rbm_weights(level);
    for (size_t k = 0; k < W.rows; k++) {
        float *w = hm_row_f32(&W, k), norm = 0;
        for (size_t i = 0; i < W.cols; i++)
            norm += w[i] * w[i];
        for (size_t i = 0; norm > most * most && i < W.cols; i++)
            w[i] *= most / sqrtf(norm);
    }
    hm_machine_note_change(level);
}

/* Weights into a unit that have grown too long are shortened (Hinton et al., 2012); norm is room for one number a
 * unit. */
static void limit_norms(const hm_rbm *level, float most, float *norm)
{
    hm_matrix W = hm_rbm_weights(level);
    bool is_any = false;
    if (hm_rbm_hidden(level)->filter_height) {
        limit_filters(level, most);
        return;
    }
    memset(norm, 0, W.cols * sizeof *norm);
    for (size_t i = 0; i < W.rows; i++) {
        const float *w = hm_row_f32(&W, i);
        for (size_t j = 0; j < W.cols; j++)
            norm[j] += w[j] * w[j];
    }
    for (size_t j = 0; j < W.cols; j++) {
        is_any = is_any || norm[j] > most * most;
        norm[j] = norm[j] > most * most ? most / sqrtf(norm[j]) : 1;
    }
    if (is_any)
        hm_machine_note_change(level);
    for (size_t i = 0; is_any && i < W.rows; i++) {
        float *w = hm_row_f32(&W, i);
        for (size_t j = 0; j < W.cols; j++)
            w[j] *= norm[j];
    }
}

static void limit_level(const hm_net_pass *pass, size_t l, const hm_net_descent *descent)
{
    if (descent->max_norm > 0 && l + 1 < pass->n_levels)
        limit_norms(pass->net->rbm[l], descent->max_norm, pass->gradient[l]);
}

static hm_step step_of(const hm_net_descent *descent, size_t l)
{
    hm_step step = descent->step;
    step.second = descent->second[l];
    return step;
}

void hm_net_backward(hm_net_pass *pass, size_t n, size_t lowest, const hm_dropout *dropout, const hm_net_descent *descent)
{
    const unsigned parts = HM_PART_WEIGHTS | HM_PART_HIDDEN_BIAS;
    for (size_t l = pass->n_levels; l-- > lowest;) {
        hm_rbm *level = pass->net->rbm[l];
        hm_matrix delta = hm_matrix_f32(pass->delta[(l + 1) % 2], n, hm_model_layer_size(pass->net, l + 1));
        const hm_phase phase = {state_of(pass, l, n), delta, 1.0f / (float)n};
        if (l > lowest)
            pass_down(pass, l, n, dropout);
        if (!descent) {
            hm_machine_correlate(level, &phase, NULL, parts, pass->gradient[l]);
            continue;
        }
        const hm_step step = step_of(descent, l);
        hm_machine_learn(level, &phase, NULL, parts, pass->gradient[l], descent->velocity[l], &step);
        limit_level(pass, l, descent);
    }
}

void hm_net_descend(hm_net_pass *pass, size_t lowest, const hm_net_descent *descent)
{
    for (size_t l = pass->n_levels; l-- > lowest;) {
        const hm_step step = step_of(descent, l);
        hm_machine_update(pass->net->rbm[l], pass->gradient[l], descent->velocity[l], &step);
        limit_level(pass, l, descent);
    }
}
