/* Restricted Boltzmann machines: parameters, conditionals, energies, Gibbs chains.
 *
 * Letters and equations as in harmonium/rbm.h. */
#include <harmonium/rbm.h>

#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"
#include "compute/backend.h"
#include "compute/unit.h"

struct hm_rbm {
    const hm_context *context;
    hm_layer visible, hidden;
    size_t n_parameters; /* of the whole block, padding included */
    float *W, *b, *c;    /* slices of one block that begins at W */
};

static size_t padded(size_t n)
{
    enum { FLOATS = HM_ALIGNMENT / sizeof(float) };
    return (n + FLOATS - 1) / FLOATS * FLOATS;
}

hm_status hm_rbm_create(const hm_context *context, const hm_layer *visible, const hm_layer *hidden,
                        hm_rbm **out, hm_error *error)
{
    size_t V = visible->n_units, H = hidden->n_units;
    *out = NULL;
    if (H > SIZE_MAX / sizeof(float) / 2 / V)
        return hm_fail(error, HM_ERROR_MEMORY, "an RBM of %zu x %zu units does not fit in any memory", V, H);
    hm_rbm *rbm = hm_alloc(context, 1, sizeof *rbm, error);
    if (!rbm)
        return HM_ERROR_MEMORY;
    *rbm = (hm_rbm){.context = context, .visible = *visible, .hidden = *hidden};
    rbm->n_parameters = padded(V * H) + padded(V) + padded(H);
    rbm->W = hm_alloc(context, rbm->n_parameters, sizeof(float), error);
    if (!rbm->W) {
        hm_free(context, rbm);
        return HM_ERROR_MEMORY;
    }
    rbm->b = rbm->W + padded(V * H);
    rbm->c = rbm->b + padded(V);
    *out = rbm;
    return HM_OK;
}

void hm_rbm_destroy(hm_rbm *rbm)
{
    if (!rbm)
        return;
    hm_free(rbm->context, rbm->W);
    hm_free(rbm->context, rbm);
}

void hm_rbm_init_weights(hm_rbm *rbm, float deviation, uint64_t stream)
{
    hm_random random = {rbm->context->seed, HM_RANDOM_WEIGHTS, stream};
    size_t V = rbm->visible.n_units, H = rbm->hidden.n_units;
    for (size_t i = 0; i < V; i++)
        hm_random_fill_normal(&random, i, 0, H, rbm->W + i * H);
    for (size_t k = 0; k < V * H; k++)
        rbm->W[k] *= deviation;
}

const hm_layer *hm_rbm_visible(const hm_rbm *rbm)
{
    return &rbm->visible;
}

const hm_layer *hm_rbm_hidden(const hm_rbm *rbm)
{
    return &rbm->hidden;
}

float *hm_rbm_parameters(hm_rbm *rbm, size_t *n)
{
    *n = rbm->n_parameters;
    return rbm->W;
}

hm_matrix hm_rbm_weights(const hm_rbm *rbm)
{
    return hm_matrix_f32(rbm->W, rbm->visible.n_units, rbm->hidden.n_units);
}

float *hm_rbm_visible_bias(const hm_rbm *rbm)
{
    return rbm->b;
}

float *hm_rbm_hidden_bias(const hm_rbm *rbm)
{
    return rbm->c;
}

/* ---- Conditionals --------------------------------------------------------------------------------- */

static float beta_of(float beta)
{
    return beta == 0 ? 1 : beta;
}

void hm_rbm_hidden_given_visible(const hm_rbm *rbm, hm_matrix v, hm_matrix mean, hm_matrix sample,
                                 const hm_gibbs *gibbs)
{
    hm_propagate(rbm->context,
                 &(hm_propagation){.input = v,
                                   .weights = hm_rbm_weights(rbm),
                                   .bias = rbm->c,
                                   .layer = &rbm->hidden,
                                   .beta = beta_of(gibbs->beta),
                                   .mean = mean,
                                   .sample = sample,
                                   .random = {hm_random_stream(rbm->context->seed, gibbs->stream), HM_RANDOM_HIDDEN,
                                              gibbs->step},
                                   .first_case = gibbs->first_case});
}

void hm_rbm_visible_given_hidden(const hm_rbm *rbm, hm_matrix h, hm_matrix mean, hm_matrix sample,
                                 const hm_gibbs *gibbs)
{
    hm_propagate(rbm->context,
                 &(hm_propagation){.input = h,
                                   .weights = hm_rbm_weights(rbm),
                                   .is_down = true,
                                   .bias = rbm->b,
                                   .layer = &rbm->visible,
                                   .beta = beta_of(gibbs->beta),
                                   .mean = mean,
                                   .sample = sample,
                                   .random = {hm_random_stream(rbm->context->seed, gibbs->stream), HM_RANDOM_VISIBLE,
                                              gibbs->step},
                                   .first_case = gibbs->first_case});
}

/* ---- Energies --------------------------------------------------------------------------------------- */

enum { CASES_PER_BLOCK = 256 };

/* The states of one row as floats: the row itself, or widened into `buffer`. */
static const float *row_of(const hm_rbm *rbm, const hm_matrix *m, size_t row, float *buffer)
{
    if (m->dtype == HM_DTYPE_F32)
        return hm_row_f32(m, row);
    rbm->context->backend->kernels()->from_bytes(hm_row_u8(m, row), buffer, m->cols);
    return buffer;
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* Inputs a = c + v'W of one block of cases. */
static void hidden_inputs(const hm_rbm *rbm, hm_matrix v, hm_matrix inputs)
{
    hm_propagate(rbm->context, &(hm_propagation){.input = v,
                                                 .weights = hm_rbm_weights(rbm),
                                                 .bias = rbm->c,
                                                 .beta = 1,
                                                 .mean = inputs});
}

typedef struct energy_job {
    const hm_rbm *rbm;
    float beta;
    hm_matrix v, h, inputs; /* h.data null: the free energy */
    float *v_rows, *h_rows; /* one widened row for each case */
    double *energy;
} energy_job;

/* E = e(v) + e(h) - b'v - h'(c + v'W), or F with the log-partitions in the place of h. */
static void energy_of_case(void *argument, size_t i)
{
    energy_job *job = argument;
    const hm_rbm *rbm = job->rbm;
    const hm_kernels *kernels = rbm->context->backend->kernels();
    size_t V = rbm->visible.n_units, H = rbm->hidden.n_units;
    const float *v = row_of(rbm, &job->v, i, job->v_rows + i * V), *a = hm_row_f32(&job->inputs, i);
    double energy = hm_layer_base_energy(kernels, &rbm->visible, job->beta, v) - dot(rbm->b, v, V);
    if (job->h.data) {
        const float *h = row_of(rbm, &job->h, i, job->h_rows + i * H);
        energy += hm_layer_base_energy(kernels, &rbm->hidden, job->beta, h) - dot(a, h, H);
    } else {
        energy -= hm_layer_log_partition(kernels, &rbm->hidden, job->beta, a) / job->beta;
    }
    job->energy[i] = energy;
}

static hm_status energies(const hm_rbm *rbm, hm_matrix v, hm_matrix h, float beta, double *energy,
                          hm_error *error)
{
    size_t V = rbm->visible.n_units, H = rbm->hidden.n_units;
    size_t block = v.rows < CASES_PER_BLOCK ? v.rows : CASES_PER_BLOCK;
    float *workspace = hm_alloc(rbm->context, block * (V + 2 * H), sizeof *workspace, error);
    if (!workspace)
        return HM_ERROR_MEMORY;
    for (size_t first = 0; first < v.rows; first += block) {
        size_t n = v.rows - first < block ? v.rows - first : block;
        energy_job job = {.rbm = rbm,
                          .beta = beta_of(beta),
                          .v = hm_matrix_rows(v, first, n),
                          .inputs = hm_matrix_f32(workspace, n, H),
                          .v_rows = workspace + block * H,
                          .h_rows = workspace + block * (H + V),
                          .energy = energy + first};
        if (h.data)
            job.h = hm_matrix_rows(h, first, n);
        hidden_inputs(rbm, job.v, job.inputs);
        hm_pool_run(rbm->context->pool, n, energy_of_case, &job);
    }
    hm_free(rbm->context, workspace);
    return HM_OK;
}

hm_status hm_rbm_energy(const hm_rbm *rbm, hm_matrix v, hm_matrix h, double *energy, hm_error *error)
{
    return energies(rbm, v, h, 1, energy, error);
}

hm_status hm_rbm_free_energy(const hm_rbm *rbm, hm_matrix v, float beta, double *free_energy,
                             hm_error *error)
{
    return energies(rbm, v, (hm_matrix){0}, beta, free_energy, error);
}

/* ---- Chains ----------------------------------------------------------------------------------------- */

hm_status hm_rbm_gibbs_chains(const hm_rbm *rbm, hm_matrix v, hm_matrix v_mean, size_t n_steps,
                              const hm_gibbs *gibbs, hm_error *error)
{
    size_t V = rbm->visible.n_units, H = rbm->hidden.n_units, n = v.rows;
    float *workspace = hm_alloc(rbm->context, n * (2 * H + (v_mean.data ? 0 : V)), sizeof *workspace, error);
    if (!workspace)
        return HM_ERROR_MEMORY;
    hm_matrix h_mean = hm_matrix_f32(workspace, n, H), h = hm_matrix_f32(workspace + n * H, n, H);
    if (!v_mean.data)
        v_mean = hm_matrix_f32(workspace + 2 * n * H, n, V);
    hm_gibbs now = *gibbs;
    for (size_t step = 0; step < n_steps; step++, now.step++) {
        hm_rbm_hidden_given_visible(rbm, v, h_mean, h, &now);
        hm_rbm_visible_given_hidden(rbm, h, v_mean, v, &now);
    }
    hm_free(rbm->context, workspace);
    return HM_OK;
}
