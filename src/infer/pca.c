/* Principal components by orthogonal iteration on the covariance: the linear code that others are held against. */
#include <math.h>
#include <string.h>

#include <harmonium/infer.h>
#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "compute/backend.h"

enum { ROWS = 500, ITERATIONS = 100, SPARE = 8, STREAM = 11 << 14 };

typedef struct pca {
    const hm_context *context;
    size_t V, k;       /* k: components wanted, and some to spare that make the others converge */
    float *covariance; /* [V][V] */
    float *block;      /* [V][V]: of a block of cases */
    float *rows;       /* [ROWS][V] */
    float *axes, *next; /* [V][k] a column each */
} pca;

static hm_status make(pca *p, hm_error *error)
{
    size_t square = p->V * p->V;
    p->covariance = hm_alloc(p->context, 2 * square + ROWS * p->V + 2 * p->V * p->k, sizeof(float), error);
    if (!p->covariance)
        return HM_ERROR_MEMORY;
    p->block = p->covariance + square;
    p->rows = p->block + square;
    p->axes = p->rows + ROWS * p->V;
    p->next = p->axes + p->V * p->k;
    return HM_OK;
}

static hm_status find_mean(const hm_context *context, const hm_dataset *set, float *mean, hm_error *error)
{
    size_t V = hm_dataset_n_features(set);
    double *moments = hm_alloc(context, 2 * V, sizeof *moments, error);
    hm_status status = moments ? hm_dataset_moments(set, moments, moments + V, error) : HM_ERROR_MEMORY;
    for (size_t i = 0; status == HM_OK && i < V; i++)
        mean[i] = (float)moments[i];
    hm_free(context, moments);
    return status;
}

static hm_status add_covariance(pca *p, const hm_dataset *set, const float *mean, hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(set);
    const hm_kernels *kernels = p->context->backend->kernels();
    for (size_t first = 0; first < n_cases; first += ROWS) {
        size_t n = n_cases - first < ROWS ? n_cases - first : ROWS;
        hm_matrix x = hm_matrix_f32(p->rows, n, p->V);
        hm_status status = hm_dataset_read(set, NULL, first, n, 0, x, error);
        if (status != HM_OK)
            return status;
        for (size_t i = 0; i < n; i++)
            kernels->add(mean, hm_row_f32(&x, i), p->V, -1);
        hm_correlate(p->context, &(hm_correlation){.x_plus = x, .y_plus = x, .weight_plus = 1.0f / (float)n_cases,
                                                   .gradient = hm_matrix_f32(p->block, p->V, p->V)});
        kernels->add(p->block, p->covariance, p->V * p->V, 1);
    }
    return HM_OK;
}

/* Gram and Schmidt, in double, column by column. */
static void orthonormalise(const pca *p, float *columns)
{
    for (size_t c = 0; c < p->k; c++) {
        for (size_t d = 0; d < c; d++) {
            double dot = 0;
            for (size_t i = 0; i < p->V; i++)
                dot += (double)columns[i * p->k + c] * columns[i * p->k + d];
            for (size_t i = 0; i < p->V; i++)
                columns[i * p->k + c] -= (float)dot * columns[i * p->k + d];
        }
        double length = 1e-30;
        for (size_t i = 0; i < p->V; i++)
            length += (double)columns[i * p->k + c] * columns[i * p->k + c];
        for (size_t i = 0; i < p->V; i++)
            columns[i * p->k + c] /= (float)sqrt(length);
    }
}

static void iterate(pca *p)
{
    const hm_random random = {hm_random_stream(p->context->seed, STREAM), HM_RANDOM_WEIGHTS, 0};
    for (size_t i = 0; i < p->V; i++)
        hm_random_fill_normal(&random, i, 0, p->k, p->axes + i * p->k);
    for (int step = 0; step < ITERATIONS; step++) {
        orthonormalise(p, p->axes);
        hm_propagate(p->context, &(hm_propagation){.input = hm_matrix_f32(p->covariance, p->V, p->V),
                                                   .weights = hm_matrix_f32(p->axes, p->V, p->k),
                                                   .beta = 1,
                                                   .mean = hm_matrix_f32(p->next, p->V, p->k)});
        float *kept = p->axes;
        p->axes = p->next;
        p->next = kept;
    }
    orthonormalise(p, p->axes);
}

hm_status hm_pca(const hm_context *context, const hm_dataset *set, size_t n_components, float *mean, float *axes, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, set, mean, axes));
    HM_REQUIRE(hm_check_number("n_components", (double)n_components, 1, 1 << 24, error));
    pca p = {.context = context, .V = hm_dataset_n_features(set)};
    p.k = n_components + SPARE < p.V ? n_components + SPARE : p.V;
    hm_status status = make(&p, error);
    if (status == HM_OK)
        status = find_mean(context, set, mean, error);
    if (status == HM_OK)
        status = add_covariance(&p, set, mean, error);
    if (status == HM_OK) {
        iterate(&p);
        for (size_t c = 0; c < n_components; c++)
            for (size_t i = 0; i < p.V; i++)
                axes[c * p.V + i] = c < p.k ? p.axes[i * p.k + c] : 0;
    }
    hm_free(p.context, p.covariance);
    return status;
}

void hm_pca_reconstruct(const float *mean, const float *axes, size_t n_components, hm_matrix v, hm_matrix out)
{
    for (size_t r = 0; r < v.rows; r++) {
        const float *x = hm_row_f32(&v, r);
        float *y = hm_row_f32(&out, r);
        memcpy(y, mean, v.cols * sizeof *y);
        for (size_t c = 0; c < n_components; c++) {
            const float *axis = axes + c * v.cols;
            float dot = 0;
            for (size_t i = 0; i < v.cols; i++)
                dot += (x[i] - mean[i]) * axis[i];
            for (size_t i = 0; i < v.cols; i++)
                y[i] += dot * axis[i];
        }
    }
}
