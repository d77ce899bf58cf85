/* Sums over all states of the smaller layer of a machine, the other one summed out. */
#include <math.h>
#include <string.h>

#include <harmonium/likelihood.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "compute/unit.h"
#include "model/machine.h"

enum { BLOCK = 1024 };

/* A discrete layer is a number with a digit for each unit or softmax group: how many values they have. */
static double log2_states(const hm_layer *layer)
{
    double sum = 0;
    for (int g = 0; g < layer->n_groups; g++) {
        const hm_unit_group *group = &layer->group[g];
        if (group->kind == HM_UNIT_BERNOULLI || group->kind == HM_UNIT_SPIN)
            sum += (double)group->n_units;
        else if (group->kind == HM_UNIT_SOFTMAX)
            sum += (double)group->n_units / group->size * log2(group->size);
        else if (group->kind == HM_UNIT_POOL)
            sum += (double)group->n_units / (group->size * group->size) * log2(group->size * group->size + 1);
        else
            return INFINITY;
    }
    return sum;
}

static bool is_hidden_smaller(const hm_rbm *rbm)
{
    return log2_states(hm_rbm_hidden(rbm)) <= log2_states(hm_rbm_visible(rbm));
}

double hm_rbm_log2_states(const hm_rbm *rbm)
{
    return log2_states(is_hidden_smaller(rbm) ? hm_rbm_hidden(rbm) : hm_rbm_visible(rbm));
}

/* Units that have a digit together, and how many values it has. */
static size_t width_of(const hm_unit_group *group)
{
    size_t size = (size_t)group->size;
    return group->kind == HM_UNIT_SOFTMAX ? size : group->kind == HM_UNIT_POOL ? size * size : 1;
}

static uint64_t values_of(const hm_unit_group *group)
{
    return group->kind == HM_UNIT_SOFTMAX ? width_of(group) : group->kind == HM_UNIT_POOL ? width_of(group) + 1 : 2;
}

/* State number `index` of the layer. */
static void write_state(const hm_layer *layer, uint64_t index, float *state)
{
    for (int g = 0; g < layer->n_groups; g++) {
        const hm_unit_group *group = &layer->group[g];
        uint64_t n_values = values_of(group);
        size_t width = width_of(group);
        memset(state, 0, group->n_units * sizeof *state);
        for (size_t i = 0; i < group->n_units; i += width, index /= n_values) {
            uint64_t value = index % n_values;
            if (group->kind == HM_UNIT_SPIN)
                state[i] = value ? 1 : -1;
            else if (width == 1 && group->kind != HM_UNIT_POOL)
                state[i] = (float)value;
            else if (value < width)
                state[i + value] = 1; /* a pool block has one value more, in which all are off */
        }
        state += group->n_units;
    }
}

static uint64_t count_states(const hm_layer *layer)
{
    uint64_t n = 1;
    for (int g = 0; g < layer->n_groups; g++) {
        const hm_unit_group *group = &layer->group[g];
        for (size_t i = 0; i < group->n_units; i += width_of(group))
            n *= values_of(group);
    }
    return n;
}

/* One block of states s of the enumerated layer, and what they drive in the other one. */
typedef struct enumeration {
    const hm_rbm *rbm;
    const hm_layer *layer, *other;
    bool is_hidden; /* the hidden layer is the one enumerated */
    const float *bias;
    uint64_t first;
    float *block;
    hm_matrix states, inputs;
    double log_p[BLOCK]; /* log P*(s) */
    double most, sum;    /* log of the sum of P* so far is most + log(sum) */
} enumeration;

static void write_states(void *argument, size_t i)
{
    enumeration *e = argument;
    write_state(e->layer, e->first + i, hm_row_f32(&e->states, i));
}

static void sum_out_other(void *argument, size_t i)
{
    enumeration *e = argument;
    const hm_kernels *kernels = e->rbm->context->backend->kernels();
    e->log_p[i] = hm_bias_energy(e->bias, hm_row_f32(&e->states, i), e->layer) +
                  hm_layer_log_partition(kernels, e->other, 1, hm_row_f32(&e->inputs, i));
}

static hm_status begin(const hm_rbm *rbm, enumeration *e, hm_error *error)
{
    const double log2_n = hm_rbm_log2_states(rbm);
    if (log2_n > HM_ENUMERATION_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       isinf(log2_n) ? "neither layer is discrete, so there is nothing to enumerate; take AIS (--partition ais)"
                                     : "the smaller layer has 2^%.0f states, and enumeration is for 2^%d at most; take AIS "
                                       "(--partition ais)",
                       log2_n, HM_ENUMERATION_MAX);
    *e = (enumeration){.rbm = rbm, .is_hidden = is_hidden_smaller(rbm), .most = -INFINITY};
    e->layer = e->is_hidden ? hm_rbm_hidden(rbm) : hm_rbm_visible(rbm);
    e->other = e->is_hidden ? hm_rbm_visible(rbm) : hm_rbm_hidden(rbm);
    e->bias = e->is_hidden ? hm_rbm_hidden_bias(rbm) : hm_rbm_visible_bias(rbm);
    e->block = hm_alloc(rbm->context, BLOCK * (e->layer->n_units + e->other->n_units), sizeof(float), error);
    return e->block ? HM_OK : HM_ERROR_MEMORY;
}

/* log P*(s) of the block of n states from e->first on. */
static void compute_block(enumeration *e, size_t n)
{
    const hm_context *context = e->rbm->context;
    e->states = hm_matrix_f32(e->block, n, e->layer->n_units);
    e->inputs = hm_matrix_f32(e->block + BLOCK * e->layer->n_units, n, e->other->n_units);
    hm_pool_run(context->pool, n, write_states, e);
    if (e->is_hidden)
        hm_machine_inputs_below(e->rbm, e->states, e->inputs);
    else
        hm_machine_up(e->rbm, e->states, e->inputs);
    hm_pool_run(context->pool, n, sum_out_other, e);
}

static size_t block_size(uint64_t n_states, uint64_t first)
{
    return n_states - first < BLOCK ? (size_t)(n_states - first) : BLOCK;
}

/* Adds n states to the sum; what was added before, and everything in proportion to it, is now smaller by the factor that is
 * returned. */
static double add_to_sum(enumeration *e, size_t n)
{
    double most = e->most;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, e->log_p[i]);
    double factor = exp(e->most - most);
    e->sum *= factor;
    e->most = most;
    for (size_t i = 0; i < n; i++)
        e->sum += exp(e->log_p[i] - most);
    return factor;
}

hm_status hm_rbm_log_partition(const hm_rbm *rbm, double *log_Z, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm, log_Z));
    enumeration e;
    hm_status status = begin(rbm, &e, error);
    if (status != HM_OK)
        return status;
    uint64_t n_states = count_states(e.layer);
    for (e.first = 0; e.first < n_states && (status = hm_context_check_stop(rbm->context, error)) == HM_OK; e.first += BLOCK) {
        size_t n = block_size(n_states, e.first);
        compute_block(&e, n);
        add_to_sum(&e, n);
    }
    *log_Z = e.most + log(e.sum);
    hm_free(rbm->context, e.block);
    return status;
}

/* ---- Expectations ----------------------------------------------------------------------------------------- */

/* The other layer's means, times P*(s). */
static void weigh_means(void *argument, size_t i)
{
    enumeration *e = argument;
    float p = (float)exp(e->log_p[i] - e->most), *mean = hm_row_f32(&e->inputs, i);
    for (size_t k = 0; k < e->other->n_units; k++)
        mean[k] *= p;
}

/* Adds what the block gives: <v h> and the other layer's means by the correlation, the states' own by hand. */
static void add_block(enumeration *e, float *gradient, float *expectation)
{
    const hm_rbm *rbm = e->rbm;
    size_t run = hm_layer_bias_run(e->layer), n_other = hm_layer_n_biases(e->other);
    const hm_slice *own = &rbm->slice[e->is_hidden ? HM_SLICE_HIDDEN_BIAS : HM_SLICE_VISIBLE_BIAS];
    const hm_slice *other = &rbm->slice[e->is_hidden ? HM_SLICE_VISIBLE_BIAS : HM_SLICE_HIDDEN_BIAS];
    const hm_slice *W = &rbm->slice[HM_SLICE_WEIGHTS];
    const hm_phase phase = {e->is_hidden ? e->inputs : e->states, e->is_hidden ? e->states : e->inputs, 1};
    hm_machine_correlate(rbm, &phase, NULL, e->is_hidden ? HM_PART_VISIBLE_BIAS : HM_PART_HIDDEN_BIAS, gradient);
    for (size_t i = 0; i < W->n; i++)
        expectation[W->first + i] += gradient[W->first + i];
    for (size_t i = 0; i < n_other; i++)
        expectation[other->first + i] += gradient[other->first + i];
    for (size_t i = 0; i < e->states.rows; i++) {
        float p = (float)exp(e->log_p[i] - e->most);
        for (size_t k = 0; k < e->layer->n_units; k++)
            expectation[own->first + k / run] += p * hm_row_f32(&e->states, i)[k];
    }
}

static void scale(float *x, size_t n, double factor)
{
    for (size_t i = 0; i < n && factor != 1; i++)
        x[i] *= (float)factor;
}

hm_status hm_rbm_expectations(const hm_rbm *rbm, double *log_Z, float *expectation, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm, log_Z, expectation));
    enumeration e;
    hm_status status = begin(rbm, &e, error);
    if (status != HM_OK)
        return status;
    float *gradient = hm_alloc(rbm->context, rbm->n_parameters, sizeof *gradient, error);
    memset(expectation, 0, rbm->n_parameters * sizeof *expectation);
    uint64_t n_states = count_states(e.layer);
    status = gradient ? HM_OK : HM_ERROR_MEMORY;
    for (e.first = 0; status == HM_OK && e.first < n_states; e.first += BLOCK) {
        size_t n = block_size(n_states, e.first);
        compute_block(&e, n);
        scale(expectation, rbm->n_parameters, add_to_sum(&e, n));
        hm_propagate(rbm->context, &(hm_propagation){.layer = e.other, .beta = 1, .mean = e.inputs});
        hm_pool_run(rbm->context->pool, n, weigh_means, &e);
        add_block(&e, gradient, expectation);
        status = hm_context_check_stop(rbm->context, error);
    }
    scale(expectation, rbm->n_parameters, 1 / e.sum);
    *log_Z = e.most + log(e.sum);
    hm_free(rbm->context, gradient);
    hm_free(rbm->context, e.block);
    return status;
}
