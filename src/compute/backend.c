/* The table of backends: best first. */
#include "compute/backend.h"

#include <string.h>

#include "base/context.h"
#include "base/fail.h"

#ifdef HM_HAVE_BLAS
#include <cblas.h>
#endif

static bool is_always(void)
{
    return true;
}

static const hm_kernels *generic_kernels(void)
{
    return &hm_kernels_generic;
}

static const hm_kernels *best_kernels(void)
{
    return hm_kernels_list(0);
}

static void plain_product(const hm_kernels *kernels, bool a_transposed, bool b_transposed, size_t m, size_t n,
                          size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                          float beta, float *c, size_t ldc)
{
    kernels->product(a_transposed, b_transposed, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

const hm_backend hm_backend_plain = {
    "plain", "portable C, the truth that others are tested against", is_always, hm_plain_propagate,
    hm_plain_correlate, hm_plain_update, plain_product, generic_kernels, 256,
};

#ifdef HM_HAVE_BLAS
/* The tiles are ours, one thread each: a BLAS that started threads of its own would fight with the pool.
 * OpenBLAS is told so; the symbol is weak because other libraries do not have it. */
extern void openblas_set_num_threads(int n) __attribute__((weak));

static bool has_blas(void)
{
    if (openblas_set_num_threads)
        openblas_set_num_threads(1);
    return true;
}

static void blas_product(const hm_kernels *kernels, bool a_transposed, bool b_transposed, size_t m, size_t n,
                         size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                         float beta, float *c, size_t ldc)
{
    (void)kernels;
    cblas_sgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans,
                b_transposed ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, alpha, a, (int)lda, b,
                (int)ldb, beta, c, (int)ldc);
}
#else
static bool has_blas(void)
{
    return false;
}
#define blas_product plain_product
#endif

const hm_backend hm_backend_blas = {
    "blas", "matrix products by the system's CBLAS", has_blas, hm_plain_propagate,
    hm_plain_correlate, hm_plain_update, blas_product, best_kernels, 256,
};

static bool has_fused(void)
{
    return hm_panel_kernels_list(1, 0) != NULL;
}

static void fused_product(const hm_kernels *kernels, bool a_transposed, bool b_transposed, size_t m, size_t n,
                          size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                          float beta, float *c, size_t ldc)
{
    (void)kernels;
    hm_panel_kernels_list(1, 0)->multiply(a_transposed, b_transposed, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

const hm_backend hm_backend_fused = {
    "fused", "our own products with fused multiply-add, for AVX2 and AVX-512", has_fused, hm_plain_propagate,
    hm_plain_correlate, hm_plain_update, fused_product, best_kernels, 64,
};

static const hm_backend *const backends[] = {&hm_backend_fused, &hm_backend_blas, &hm_backend_plain};
enum { N_BACKENDS = sizeof backends / sizeof *backends };

const hm_backend_info *hm_backend_list(size_t index)
{
    static _Thread_local hm_backend_info info;
    if (index >= N_BACKENDS)
        return NULL;
    info = (hm_backend_info){backends[index]->name, backends[index]->summary,
                             backends[index]->is_available()};
    return &info;
}

hm_status hm_backend_choose(const char *name, const hm_backend **backend, hm_error *error)
{
    bool is_auto = !name || !*name || strcmp(name, "auto") == 0;
    for (int i = 0; i < N_BACKENDS; i++) {
        if (!is_auto && strcmp(name, backends[i]->name) != 0)
            continue;
        if (backends[i]->is_available()) {
            *backend = backends[i];
            return HM_OK;
        }
        if (!is_auto)
            return hm_fail(error, HM_ERROR_UNSUPPORTED,
                           "backend %s is not available here; `harmonium info` lists those that are", name);
    }
    return hm_fail(error, HM_ERROR_ARGUMENT, "there is no backend \"%s\"; the names are auto, fused, blas, plain", name);
}

void hm_propagate(const hm_context *context, const hm_propagation *job)
{
    context->backend->propagate(context, job);
}

void hm_correlate(const hm_context *context, const hm_correlation *job)
{
    context->backend->correlate(context, job);
}

void hm_update_parameters(const hm_context *context, const hm_update *job)
{
    context->backend->update(context, job);
}
