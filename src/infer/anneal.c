/* Simulated annealing of an RBM. */
#include <float.h>
#include <math.h>

#include <harmonium/infer.h>
#include <harmonium/likelihood.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "model/machine.h"

static hm_status check_energies(const double *energy, size_t n, double temperature, hm_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(energy[i]))
            return hm_fail(error, HM_ERROR_NUMERIC, "at temperature %g the energy of chain %zu is no finite number: weights are too large "
                                                    "for floats, or the temperature is too extreme",
                           temperature, i + 1);
    return HM_OK;
}

hm_status hm_rbm_anneal(const hm_rbm *rbm, hm_matrix v, const double *temperature, size_t n_steps, uint32_t stream, double *energy,
                        hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm, temperature, energy));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_rbm_visible(rbm)->n_units, HM_TAKES_FLOATS, error));
    for (size_t s = 0; s < n_steps; s++)
        HM_REQUIRE(hm_check_number("temperature", temperature[s], DBL_MIN, DBL_MAX, error));
    size_t V = v.cols, H = hm_rbm_hidden(rbm)->n_units, n = v.rows;
    hm_status status = hm_rbm_require_partition(rbm, NULL, error);
    if (status != HM_OK)
        return status;
    float *block = hm_alloc(rbm->context, n * (V + 2 * H), sizeof *block, error);
    if (!block)
        return HM_ERROR_MEMORY;
    hm_matrix v_mean = hm_matrix_f32(block, n, V), h_mean = hm_matrix_f32(block + n * V, n, H);
    hm_matrix h = hm_matrix_f32(block + n * (V + H), n, H);
    for (size_t step = 0; status == HM_OK && step < n_steps; step++) {
        const hm_gibbs gibbs = {.beta = (float)(1 / temperature[step]), .step = step, .stream = stream};
        hm_rbm_hidden_given_visible(rbm, v, h_mean, h, &gibbs);
        hm_rbm_visible_given_hidden(rbm, h, v_mean, v, &gibbs);
        status = hm_rbm_energy(rbm, v, h, energy + step * n, error);
        if (status == HM_OK)
            status = check_energies(energy + step * n, n, temperature[step], error);
    }
    hm_free(rbm->context, block);
    return status;
}
