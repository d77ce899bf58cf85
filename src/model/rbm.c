/* Restricted Boltzmann machines: parameters, conditionals, energies, Gibbs chains.
 *
 * Letters and equations as in harmonium/rbm.h. */
#include <harmonium/rbm.h>

#include <float.h>
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "compute/convolution.h"
#include "compute/unit.h"
#include "model/machine.h"

/* The one place that knows how the block is laid out. */
static void lay_out(hm_rbm *rbm)
{
    static const char *const names[HM_SLICES] = {"W", "visible_bias", "hidden_bias"};
    const size_t sizes[HM_SLICES] = {hm_connection_n_weights(&rbm->connection),
                                     hm_layer_n_biases(&rbm->connection.below),
                                     hm_layer_n_biases(&rbm->connection.above)};
    for (int i = 0; i < HM_SLICES; i++) {
        hm_slice *slice = &rbm->slice[i];
        *slice = (hm_slice){.name = names[i], .first = rbm->n_parameters, .n = sizes[i], .n_axes = 1, .shape = {sizes[i]},
                            .has_costs = i == HM_SLICE_WEIGHTS};
        rbm->n_parameters += hm_padded_floats(sizes[i]);
    }
    rbm->slice[HM_SLICE_WEIGHTS].n_axes =
        rbm->connection.kind->shape(&rbm->connection, rbm->slice[HM_SLICE_WEIGHTS].shape);
}

static hm_status create(const hm_context *context, const hm_connection *connection, hm_rbm **out, hm_error *error)
{
    hm_rbm *rbm = hm_alloc(context, 1, sizeof *rbm, error);
    *out = NULL;
    if (!rbm)
        return HM_ERROR_MEMORY;
    rbm->context = context;
    rbm->connection = *connection;
    lay_out(rbm);
    rbm->block = rbm->connection.weights = hm_alloc(context, rbm->n_parameters, sizeof(float), error);
    if (!rbm->block) {
        hm_free(context, rbm);
        return HM_ERROR_MEMORY;
    }
    *out = rbm;
    return HM_OK;
}

static hm_status check_size(const hm_layer *visible, const hm_layer *hidden, hm_error *error)
{
    size_t V = visible->n_units, H = hidden->n_units;
    if (hidden->filter_height && !hm_convolution_fits(visible, hidden))
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "maps of %zux%zux%zu cannot be convolved to %zux%zux%zu: a filter has at most 32,768 weights, a layer at most "
                       "32,768 maps above and 16,777,216 units; take smaller filters or pictures",
                       visible->n_maps, visible->height, visible->width, hidden->n_maps, hidden->height, hidden->width);
    if (!hidden->filter_height && H > SIZE_MAX / sizeof(float) / 2 / V)
        return hm_fail(error, HM_ERROR_MEMORY, "an RBM of %zu x %zu units does not fit in any memory", V, H);
    return HM_OK;
}

hm_status hm_rbm_create(const hm_context *context, const hm_layer *visible, const hm_layer *hidden,
                        hm_rbm **out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, visible, hidden));
    HM_REQUIRE(hm_layer_check("visible", visible, error));
    HM_REQUIRE(hm_layer_check("hidden", hidden, error));
    hm_layer above = *hidden;
    hm_status status = hm_layer_connect(visible, &above, error);
    if (status == HM_OK)
        status = check_size(visible, &above, error);
    if (status != HM_OK)
        return status;
    return create(context, &(hm_connection){.kind = hm_connection_between(&above), .below = *visible, .above = above}, out, error);
}

void hm_rbm_destroy(hm_rbm *rbm)
{
    if (!rbm)
        return;
    hm_machine_release(rbm);
    hm_free(rbm->context, rbm->block);
    hm_free(rbm->context, rbm);
}

void hm_rbm_init_weights(hm_rbm *rbm, float deviation, uint64_t stream)
{
    hm_random random = {rbm->context->seed, HM_RANDOM_WEIGHTS, stream};
    const hm_slice *W = &rbm->slice[HM_SLICE_WEIGHTS];
    size_t n_columns = W->shape[W->n_axes - 1];
    for (size_t i = 0; i < W->n / n_columns; i++)
        hm_random_fill_normal(&random, i, 0, n_columns, rbm->block + i * n_columns);
    for (size_t k = 0; k < W->n; k++)
        rbm->block[k] *= deviation;
    hm_machine_note_change(rbm);
}

const hm_layer *hm_rbm_visible(const hm_rbm *rbm)
{
    return &rbm->connection.below;
}

const hm_layer *hm_rbm_hidden(const hm_rbm *rbm)
{
    return &rbm->connection.above;
}

float *hm_rbm_parameters(hm_rbm *rbm, size_t *n)
{
    hm_machine_note_change(rbm); /* the caller may write */
    *n = rbm->n_parameters;
    return rbm->block;
}

const hm_slice *hm_rbm_slices(const hm_rbm *rbm)
{
    return rbm->slice;
}

const char *hm_rbm_connection(const hm_rbm *rbm)
{
    return rbm->connection.kind->name;
}

hm_matrix hm_rbm_weights(const hm_rbm *rbm)
{
    const hm_slice *W = &rbm->slice[HM_SLICE_WEIGHTS];
    return hm_matrix_f32(rbm->block, W->shape[0], W->n / W->shape[0]);
}

float *hm_rbm_visible_bias(const hm_rbm *rbm)
{
    return rbm->block + rbm->slice[HM_SLICE_VISIBLE_BIAS].first;
}

float *hm_rbm_hidden_bias(const hm_rbm *rbm)
{
    return rbm->block + rbm->slice[HM_SLICE_HIDDEN_BIAS].first;
}

/* ---- Conditionals --------------------------------------------------------------------------------- */

static float beta_of(float beta)
{
    return beta == 0 ? 1 : beta;
}

/* The units above driven by those below, or below by above. */
static void drive(const hm_rbm *rbm, bool is_down, hm_matrix from, hm_matrix mean, hm_matrix sample,
                  const hm_gibbs *gibbs)
{
    const hm_layer *layer = is_down ? &rbm->connection.below : &rbm->connection.above;
    hm_random_purpose purpose = is_down ? HM_RANDOM_VISIBLE : HM_RANDOM_HIDDEN;
    assert(from.cols == (is_down ? &rbm->connection.above : &rbm->connection.below)->n_units && mean.cols == layer->n_units);
    assert(mean.rows == from.rows && (!sample.data || (sample.rows == from.rows && sample.cols == layer->n_units)));
    const hm_propagation job = {.input = from,
                                .is_down = is_down,
                                .bias = is_down ? hm_rbm_visible_bias(rbm) : hm_rbm_hidden_bias(rbm),
                                .bias_run = hm_layer_bias_run(layer),
                                .layer = layer,
                                .beta = beta_of(gibbs->beta),
                                .mean = mean,
                                .sample = sample,
                                .random = {hm_random_stream(rbm->context->seed, gibbs->stream), purpose, gibbs->step},
                                .first_case = gibbs->first_case};
    rbm->connection.kind->propagate(rbm->context, &rbm->connection, job);
}

void hm_rbm_hidden_given_visible(const hm_rbm *rbm, hm_matrix v, hm_matrix mean, hm_matrix sample,
                                 const hm_gibbs *gibbs)
{
    drive(rbm, false, v, mean, sample, gibbs);
}

void hm_rbm_visible_given_hidden(const hm_rbm *rbm, hm_matrix h, hm_matrix mean, hm_matrix sample,
                                 const hm_gibbs *gibbs)
{
    drive(rbm, true, h, mean, sample, gibbs);
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

double hm_bias_energy(const float *b, const float *v, const hm_layer *layer)
{
    size_t run = hm_layer_bias_run(layer);
    double sum = 0;
    if (run == 1)
        return dot(b, v, layer->n_units);
    for (size_t i = 0; i < layer->n_units; i++)
        sum += (double)b[i / run] * v[i];
    return sum;
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
    const hm_layer *visible = hm_rbm_visible(rbm), *hidden = hm_rbm_hidden(rbm);
    size_t V = visible->n_units, H = hidden->n_units;
    const float *v = row_of(rbm, &job->v, i, job->v_rows + i * V), *a = hm_row_f32(&job->inputs, i);
    double energy = hm_layer_base_energy(kernels, visible, job->beta, v) -
                    hm_bias_energy(hm_rbm_visible_bias(rbm), v, visible);
    if (job->h.data) {
        const float *h = row_of(rbm, &job->h, i, job->h_rows + i * H);
        energy += hm_layer_base_energy(kernels, hidden, job->beta, h) - dot(a, h, H);
    } else {
        energy -= hm_layer_log_partition(kernels, hidden, job->beta, a) / job->beta;
    }
    job->energy[i] = energy;
}

static hm_status energies(const hm_rbm *rbm, hm_matrix v, hm_matrix h, float beta, double *energy,
                          hm_error *error)
{
    size_t V = hm_rbm_visible(rbm)->n_units, H = hm_rbm_hidden(rbm)->n_units;
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
        hm_machine_up(rbm, job.v, job.inputs);
        hm_pool_run(rbm->context->pool, n, energy_of_case, &job);
    }
    hm_free(rbm->context, workspace);
    return HM_OK;
}

hm_status hm_rbm_energy(const hm_rbm *rbm, hm_matrix v, hm_matrix h, double *energy, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm, energy));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_rbm_visible(rbm)->n_units, HM_TAKES_BYTES_TOO, error));
    HM_REQUIRE(hm_check_matrix("h", h, v.rows, hm_rbm_hidden(rbm)->n_units, HM_TAKES_BYTES_TOO, error));
    return energies(rbm, v, h, 1, energy, error);
}

hm_status hm_rbm_free_energy(const hm_rbm *rbm, hm_matrix v, float beta, double *free_energy,
                             hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm, free_energy));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_rbm_visible(rbm)->n_units, HM_TAKES_BYTES_TOO, error));
    HM_REQUIRE(hm_check_number("beta", beta, 0, FLT_MAX, error));
    return energies(rbm, v, (hm_matrix){0}, beta, free_energy, error);
}

/* ---- Chains ----------------------------------------------------------------------------------------- */

hm_status hm_rbm_gibbs_chains(const hm_rbm *rbm, hm_matrix v, hm_matrix v_mean, size_t n_steps,
                              const hm_gibbs *gibbs, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm, gibbs));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_rbm_visible(rbm)->n_units, HM_TAKES_FLOATS, error));
    if (v_mean.data)
        HM_REQUIRE(hm_check_matrix("v_mean", v_mean, v.rows, v.cols, HM_TAKES_FLOATS, error));
    size_t V = hm_rbm_visible(rbm)->n_units, H = hm_rbm_hidden(rbm)->n_units, n = v.rows;
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
