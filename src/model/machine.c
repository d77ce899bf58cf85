/* What goes through the connection of a machine: see machine.h. */
#include "model/machine.h"

#include <math.h>
#include <string.h>

#include "base/context.h"

hm_status hm_machine_copy(const hm_rbm *rbm, hm_rbm **copy, hm_error *error)
{
    hm_status status = hm_rbm_create(rbm->context, &rbm->connection.below, &rbm->connection.above, copy, error);
    if (status == HM_OK)
        memcpy((*copy)->block, rbm->block, rbm->n_parameters * sizeof *rbm->block);
    return status;
}

bool hm_machine_is_zero(const hm_rbm *rbm)
{
    for (size_t i = 0; i < rbm->n_parameters; i++)
        if (rbm->block[i] != 0)
            return false;
    return true;
}

void hm_machine_turn_over(const hm_rbm *below, hm_rbm *above)
{
    const hm_matrix from = hm_rbm_weights(below), to = hm_rbm_weights(above);
    for (size_t i = 0; i < from.rows; i++)
        for (size_t j = 0; j < from.cols; j++)
            hm_row_f32(&to, j)[i] = hm_row_f32(&from, i)[j];
    memcpy(hm_rbm_hidden_bias(above), hm_rbm_visible_bias(below), below->slice[HM_SLICE_VISIBLE_BIAS].n * sizeof(float));
    memcpy(hm_rbm_visible_bias(above), hm_rbm_hidden_bias(below), below->slice[HM_SLICE_HIDDEN_BIAS].n * sizeof(float));
    hm_machine_note_change(above);
}

void hm_machine_up(const hm_rbm *rbm, hm_matrix below, hm_matrix above)
{
    const hm_propagation job = {.input = below,
                                .bias = hm_rbm_hidden_bias(rbm),
                                .bias_run = hm_layer_bias_run(&rbm->connection.above),
                                .beta = 1,
                                .mean = above};
    rbm->connection.kind->propagate(rbm->context, &rbm->connection, job);
}

void hm_machine_down(const hm_rbm *rbm, hm_matrix above, hm_matrix below)
{
    const hm_propagation job = {.input = above, .is_down = true, .beta = 1, .mean = below};
    rbm->connection.kind->propagate(rbm->context, &rbm->connection, job);
}

void hm_machine_inputs_below(const hm_rbm *rbm, hm_matrix above, hm_matrix below)
{
    const hm_propagation job = {.input = above,
                                .is_down = true,
                                .bias = hm_rbm_visible_bias(rbm),
                                .bias_run = hm_layer_bias_run(&rbm->connection.below),
                                .beta = 1,
                                .mean = below};
    rbm->connection.kind->propagate(rbm->context, &rbm->connection, job);
}

/* ---- What pooling units show ---------------------------------------------------------------------------- */

static bool has_pools(const hm_rbm *rbm)
{
    return rbm->connection.above.group[0].kind == HM_UNIT_POOL;
}

static size_t block_of(const hm_rbm *rbm)
{
    size_t C = (size_t)rbm->connection.above.group[0].size;
    return C * C;
}

size_t hm_machine_room(const hm_rbm *rbm, size_t n_cases)
{
    return has_pools(rbm) ? 2 * n_cases * rbm->connection.above.n_units : 0;
}

typedef struct pooling {
    const hm_rbm *rbm;
    hm_matrix hidden, shown;
    const hm_gibbs *gibbs; /* null: means */
} pooling;

/* Units of a block lie side by side (hm_layer_place), block after block and map after map, as the shown units do. */
static void show_row(void *argument, size_t i)
{
    const pooling *p = argument;
    size_t B = block_of(p->rbm);
    const float *h = hm_row_f32(&p->hidden, i);
    float *shown = hm_row_f32(&p->shown, i);
    for (size_t k = 0; k < p->shown.cols; k++, h += B) {
        float sum = 0;
        for (size_t j = 0; j < B; j++)
            sum += h[j];
        shown[k] = sum < 1 ? sum : 1;
    }
}

static void recall_row(void *argument, size_t i)
{
    const pooling *p = argument;
    size_t B = block_of(p->rbm);
    const float *shown = hm_row_f32(&p->shown, i);
    float *h = hm_row_f32(&p->hidden, i);
    hm_random random = {0};
    if (p->gibbs)
        random = (hm_random){hm_random_stream(p->rbm->context->seed, p->gibbs->stream), HM_RANDOM_BLOCK, p->gibbs->step};
    for (size_t k = 0; k < p->shown.cols; k++, h += B) {
        for (size_t j = 0; j < B; j++)
            h[j] = p->gibbs ? 0 : shown[k] / (float)B;
        if (p->gibbs && shown[k] > 0)
            h[hm_random_bits(&random, p->gibbs->first_case + i, k) % B] = shown[k];
    }
}

void hm_machine_show(const hm_rbm *rbm, hm_matrix hidden, hm_matrix shown)
{
    pooling p = {rbm, hidden, shown, NULL};
    hm_pool_run(rbm->context->pool, hidden.rows, show_row, &p);
}

hm_matrix hm_machine_recall(const hm_rbm *rbm, hm_matrix shown, const hm_gibbs *gibbs, float *room)
{
    if (!has_pools(rbm))
        return shown;
    pooling p = {rbm, hm_matrix_f32(room, shown.rows, rbm->connection.above.n_units), shown, gibbs};
    hm_pool_run(rbm->context->pool, shown.rows, recall_row, &p);
    return p.hidden;
}

void hm_machine_rise(const hm_rbm *rbm, hm_matrix below, hm_matrix mean, hm_matrix sample, const hm_gibbs *gibbs, float *room)
{
    size_t n = below.rows, H = rbm->connection.above.n_units;
    if (!has_pools(rbm)) {
        hm_rbm_hidden_given_visible(rbm, below, mean, sample, gibbs);
        return;
    }
    hm_matrix h_mean = hm_matrix_f32(room, n, H), h = sample.data ? hm_matrix_f32(room + n * H, n, H) : (hm_matrix){0};
    hm_rbm_hidden_given_visible(rbm, below, h_mean, h, gibbs);
    hm_machine_show(rbm, h_mean, mean);
    if (sample.data)
        hm_machine_show(rbm, h, sample);
}

/* ---- Biases of the data ------------------------------------------------------------------------------ */

/* b so that the unit alone has the mean p of the data (Hinton 2010, section 8.1), kept off 0 and 1. */
static float bias_for_mean(const hm_unit_group *group, double p)
{
    if (group->kind == HM_UNIT_GAUSSIAN || group->kind == HM_UNIT_RELU)
        return (float)p;
    if (group->kind == HM_UNIT_SPIN)
        return (float)atanh(fmax(-0.998, fmin(0.998, p)));
    p /= group->kind == HM_UNIT_BINOMIAL ? group->size : 1;
    p = p < 0.001 ? 0.001 : p > 0.999 ? 0.999 : p;
    return (float)(group->kind == HM_UNIT_SOFTMAX ? log(p) : log(p / (1 - p)));
}

void hm_layer_biases_of_means(const hm_layer *visible, const double *mean, float *bias)
{
    size_t first = 0, run = hm_layer_bias_run(visible);
    for (int g = 0; g < visible->n_groups; g++)
        for (size_t end = first + visible->group[g].n_units; first < end; first += run) {
            double average = 0;
            for (size_t i = first; i < first + run; i++)
                average += mean[i] / (double)run;
            bias[first / run] = bias_for_mean(&visible->group[g], average);
        }
}

/* ---- Learning ----------------------------------------------------------------------------------------- */

static hm_correlation correlation_of(const hm_rbm *rbm, const hm_phase *plus, const hm_phase *minus, unsigned parts,
                                     float *gradient)
{
    hm_correlation job = {.x_plus = plus->below,
                          .y_plus = plus->above,
                          .weight_plus = plus->weight,
                          .run_x = hm_layer_bias_run(&rbm->connection.below),
                          .run_y = hm_layer_bias_run(&rbm->connection.above)};
    if (minus) {
        job.x_minus = minus->below;
        job.y_minus = minus->above;
        job.weight_minus = minus->weight;
    }
    if (parts & HM_PART_VISIBLE_BIAS)
        job.gradient_x = gradient + rbm->slice[HM_SLICE_VISIBLE_BIAS].first;
    if (parts & HM_PART_HIDDEN_BIAS)
        job.gradient_y = gradient + rbm->slice[HM_SLICE_HIDDEN_BIAS].first;
    return job;
}

void hm_machine_correlate(const hm_rbm *rbm, const hm_phase *plus, const hm_phase *minus, unsigned parts, float *gradient)
{
    rbm->connection.kind->correlate(rbm->context, &rbm->connection, correlation_of(rbm, plus, minus, parts, gradient),
                                    gradient);
}

/* Without the padding between slices, which a shared gradient buffer does not keep zero. */
static hm_update update_of(const hm_rbm *rbm, int part, const float *gradient, float *velocity, const hm_step *step)
{
    const hm_slice *slice = &rbm->slice[part];
    float costs = slice->has_costs;
    double share = step->second ? hm_adam_share(step->momentum, step->count) : 1;
    return (hm_update){.parameters = rbm->block + slice->first,
                       .velocity = velocity + slice->first,
                       .gradient = gradient + slice->first,
                       .n = slice->n,
                       .rate = (float)(step->rate * share),
                       .second = step->second ? step->second + slice->first : NULL,
                       .share = (float)share,
                       .momentum = (float)step->momentum,
                       .l2 = (float)step->l2 * costs,
                       .l1 = (float)step->l1 * costs};
}

void hm_machine_learn(hm_rbm *rbm, const hm_phase *plus, const hm_phase *minus, unsigned parts, float *gradient,
                      float *velocity, const hm_step *step)
{
    const hm_update weights = update_of(rbm, HM_SLICE_WEIGHTS, gradient, velocity, step);
    rbm->connection.kind->learn(rbm->context, &rbm->connection, correlation_of(rbm, plus, minus, parts, gradient), gradient,
                                &weights);
    for (int part = HM_SLICE_VISIBLE_BIAS; part <= HM_SLICE_HIDDEN_BIAS; part++) {
        hm_update biases = update_of(rbm, part, gradient, velocity, step);
        if (parts & 1u << part)
            hm_update_parameters(rbm->context, &biases);
    }
}

void hm_machine_update(hm_rbm *rbm, const float *gradient, float *velocity, const hm_step *step)
{
    for (int part = 0; part < HM_SLICES; part++) {
        hm_update update = update_of(rbm, part, gradient, velocity, step);
        hm_update_parameters(rbm->context, &update);
    }
    hm_machine_note_change(rbm);
}

hm_status hm_machine_reserve(hm_rbm *rbm, size_t batch, bool is_learning, hm_error *error)
{
    hm_machine_release(rbm);
    return rbm->connection.kind->reserve(rbm->context, &rbm->connection, batch, is_learning, error);
}

void hm_machine_release(hm_rbm *rbm)
{
    hm_panels_destroy(rbm->context, rbm->connection.panels);
    hm_filters_destroy(rbm->context, rbm->connection.filters);
    rbm->connection.panels = NULL;
    rbm->connection.filters = NULL;
}

void hm_machine_note_change(const hm_rbm *rbm)
{
    if (rbm->connection.panels)
        rbm->connection.panels->is_current = false;
    if (rbm->connection.filters)
        rbm->connection.filters->is_current = false;
}
