/* Tempered chains: see tempered.h. With LP the log-partition of the hidden units,
 *
 *     log p*_beta(v) = (1 - beta) b0'v + beta b'v - e(v) + LP(beta a),   a = c + W'v,
 *
 * and a step needs two products whatever the betas: a, and W h. */
#include "model/tempered.h"

#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "compute/unit.h"

hm_status hm_tempered_create(const hm_rbm *rbm, const float *base, size_t n, float *v, hm_tempered *t, hm_error *error)
{
    const hm_context *context = rbm->context;
    size_t V = hm_rbm_visible(rbm)->n_units, H = hm_rbm_hidden(rbm)->n_units, n_own = v ? 0 : n * V;
    *t = (hm_tempered){.rbm = rbm, .base = base, .n = n};
    t->random.seed = context->seed;
    t->beta = hm_alloc(context, n, sizeof *t->beta, error);
    t->block = hm_alloc(context, n * (V + 3 * H) + n_own + V, sizeof *t->block, error);
    if (!t->beta || !t->block) {
        hm_tempered_destroy(t);
        return HM_ERROR_MEMORY;
    }
    t->v_mean = hm_matrix_f32(t->block, n, V);
    t->a = hm_matrix_f32(t->block + n * V, n, H);
    t->h_mean = hm_matrix_f32(t->block + n * (V + H), n, H);
    t->h = hm_matrix_f32(t->block + n * (V + 2 * H), n, H);
    t->v = hm_matrix_f32(v ? v : t->block + n * (V + 3 * H), n, V);
    t->slope = t->block + n * (V + 3 * H) + n_own;
    return HM_OK;
}

void hm_tempered_destroy(hm_tempered *t)
{
    if (!t->rbm)
        return;
    hm_free(t->rbm->context, t->beta);
    hm_free(t->rbm->context, t->block);
    *t = (hm_tempered){0};
}

/* Units from inputs that lie in `mean`. */
static void activate(hm_tempered *t, const hm_layer *layer, hm_random_purpose purpose, hm_matrix mean, hm_matrix sample)
{
    t->random.purpose = purpose;
    hm_propagate(t->rbm->context, &(hm_propagation){.layer = layer,
                                                    .beta = 1,
                                                    .mean = mean,
                                                    .sample = sample,
                                                    .random = t->random,
                                                    .first_case = t->first_case});
}

/* v_mean = beta W h + (1 - beta) b0 + beta b; W h is there already. */
static void temper_visible(void *argument, size_t i)
{
    hm_tempered *t = argument;
    float *x = hm_row_f32(&t->v_mean, i), beta = (float)t->beta[i];
    const float *b = hm_rbm_visible_bias(t->rbm);
    size_t run = hm_layer_bias_run(hm_rbm_visible(t->rbm)), n = t->v.cols;
    if (run == 1) {
        for (size_t k = 0; k < n; k++)
            x[k] = beta * (x[k] + b[k]) + (1 - beta) * t->base[k];
        return;
    }
    for (size_t k = 0; k < n; k++)
        x[k] = beta * (x[k] + b[k / run]) + (1 - beta) * t->base[k / run];
}

static void temper_hidden(void *argument, size_t i)
{
    hm_tempered *t = argument;
    const float *a = hm_row_f32(&t->a, i);
    float *x = hm_row_f32(&t->h_mean, i), beta = (float)t->beta[i];
    for (size_t j = 0; j < t->a.cols; j++)
        x[j] = beta * a[j];
}

void hm_tempered_start(hm_tempered *t)
{
    memset(t->v_mean.data, 0, t->n * t->v.cols * sizeof(float));
    memset(t->beta, 0, t->n * sizeof *t->beta);
    hm_pool_run(t->rbm->context->pool, t->n, temper_visible, t);
    activate(t, hm_rbm_visible(t->rbm), HM_RANDOM_VISIBLE, t->v_mean, t->v);
    t->random.step++;
}

void hm_tempered_up(hm_tempered *t)
{
    const float *b = hm_rbm_visible_bias(t->rbm);
    size_t run = hm_layer_bias_run(hm_rbm_visible(t->rbm));
    for (size_t k = 0; k < t->v.cols; k++)
        t->slope[k] = b[k / run] - t->base[k / run];
    hm_machine_up(t->rbm, t->v, t->a);
}

static double dot(const float *x, const float *y, size_t n)
{
    enum { LANES = 8 };
    double sum[LANES] = {0}, total = 0;
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sum[lane] += (double)x[k + lane] * y[k + lane];
    for (; k < n; k++)
        sum[0] += (double)x[k] * y[k];
    for (size_t lane = 0; lane < LANES; lane++)
        total += sum[lane];
    return total;
}

/* Up to b0'v - e(v), which all betas share. */
double hm_tempered_log_p(const hm_tempered *t, size_t i, double beta)
{
    const float *a = hm_row_f32(&t->a, i);
    float *x = hm_row_f32(&t->h_mean, i);
    for (size_t j = 0; j < t->a.cols; j++)
        x[j] = (float)beta * a[j];
    return beta * dot(t->slope, hm_row_f32(&t->v, i), t->v.cols) +
           hm_layer_log_partition(t->rbm->context->backend->kernels(), hm_rbm_hidden(t->rbm), 1, x);
}

void hm_tempered_move(hm_tempered *t)
{
    hm_pool *pool = t->rbm->context->pool;
    hm_pool_run(pool, t->n, temper_hidden, t);
    activate(t, hm_rbm_hidden(t->rbm), HM_RANDOM_HIDDEN, t->h_mean, t->h);
    hm_machine_down(t->rbm, t->h, t->v_mean);
    hm_pool_run(pool, t->n, temper_visible, t);
    activate(t, hm_rbm_visible(t->rbm), HM_RANDOM_VISIBLE, t->v_mean, t->v);
    t->random.step++;
}

double hm_base_log_partition(const hm_rbm *rbm, const float *base, float *room_v, float *room_h)
{
    const hm_layer *visible = hm_rbm_visible(rbm), *hidden = hm_rbm_hidden(rbm);
    const hm_kernels *kernels = rbm->context->backend->kernels();
    size_t run = hm_layer_bias_run(visible);
    for (size_t i = 0; i < visible->n_units; i++)
        room_v[i] = base[i / run];
    memset(room_h, 0, hidden->n_units * sizeof *room_h);
    return hm_layer_log_partition(kernels, visible, 1, room_v) + hm_layer_log_partition(kernels, hidden, 1, room_h);
}
