/* Centering: see centering.h. */
#include "learn/centering.h"

#include <string.h>

#include "base/context.h"
#include "compute/backend.h"

static void mean_rows(const hm_trainer *t, const hm_matrix *m, float weight, float *mean)
{
    const hm_kernels *kernels = t->stage.context->backend->kernels();
    for (size_t i = 0; i < m->rows; i++)
        kernels->add(hm_row_f32(m, i), mean, m->cols, weight / (float)m->rows);
}

static void move_offsets(const hm_trainer *t, const hm_matrix *plus, const hm_matrix *minus, float *offset)
{
    const float memory = 0.99f;
    bool is_first = t->stage.epoch == 0 && t->stage.batch == 0, is_enhanced = t->config->centering == HM_CENTERING_ENHANCED;
    float kept = is_enhanced || is_first ? 0 : memory;
    for (size_t k = 0; k < plus->cols; k++)
        offset[k] *= kept;
    mean_rows(t, plus, is_enhanced ? 0.5f : 1 - kept, offset);
    if (is_enhanced)
        mean_rows(t, minus, 0.5f, offset);
}

static void shift(const hm_trainer *t, const hm_matrix *m, const float *offset)
{
    const hm_kernels *kernels = t->stage.context->backend->kernels();
    for (size_t i = 0; i < m->rows; i++)
        kernels->add(offset, hm_row_f32(m, i), m->cols, -1);
}

/* Chains must stay what they are: they are shifted in a copy. */
void hm_centre(hm_trainer *t, hm_phase *plus, hm_phase *minus)
{
    hm_matrix v = minus->below;
    move_offsets(t, &plus->below, &v, t->offset_v);
    move_offsets(t, &plus->above, &minus->above, t->offset_h);
    if (v.data != t->v1) {
        minus->below = hm_matrix_f32(t->v1, v.rows, v.cols);
        for (size_t i = 0; i < v.rows; i++)
            memcpy(hm_row_f32(&minus->below, i), hm_row_f32(&v, i), v.cols * sizeof(float));
    }
    shift(t, &plus->below, t->offset_v);
    shift(t, &minus->below, t->offset_v);
    shift(t, &plus->above, t->offset_h);
    shift(t, &minus->above, t->offset_h);
}

/* b -= dW lambda, c -= dW'mu, where dW is the step that W took, the velocity. */
void hm_centre_biases(hm_trainer *t)
{
    const hm_matrix step = hm_matrix_f32(t->velocity, t->V, t->H);
    float *b = t->correction, *c = t->correction + t->V;
    hm_propagation up = {.input = hm_matrix_f32(t->offset_v, 1, t->V), .weights = step, .beta = 1, .mean = hm_matrix_f32(c, 1, t->H)};
    hm_propagation down = {.input = hm_matrix_f32(t->offset_h, 1, t->H), .weights = step, .is_down = true, .beta = 1,
                           .mean = hm_matrix_f32(b, 1, t->V)};
    hm_propagate(t->stage.context, &up);
    hm_propagate(t->stage.context, &down);
    for (size_t k = 0; k < t->V; k++)
        hm_rbm_visible_bias(t->rbm)[k] -= b[k];
    for (size_t k = 0; k < t->H; k++)
        hm_rbm_hidden_bias(t->rbm)[k] -= c[k];
}
