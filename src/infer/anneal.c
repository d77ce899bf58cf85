/* Simulated annealing of an RBM. */
#include <harmonium/infer.h>

#include "base/alloc.h"
#include "model/machine.h"

hm_status hm_rbm_anneal(const hm_rbm *rbm, hm_matrix v, const double *temperature, size_t n_steps, uint32_t stream, double *energy,
                        hm_error *error)
{
    size_t V = v.cols, H = hm_rbm_hidden(rbm)->n_units, n = v.rows;
    float *block = hm_alloc(rbm->context, n * (V + 2 * H), sizeof *block, error);
    if (!block)
        return HM_ERROR_MEMORY;
    hm_matrix v_mean = hm_matrix_f32(block, n, V), h_mean = hm_matrix_f32(block + n * V, n, H);
    hm_matrix h = hm_matrix_f32(block + n * (V + H), n, H);
    hm_status status = HM_OK;
    for (size_t step = 0; status == HM_OK && step < n_steps; step++) {
        const hm_gibbs gibbs = {.beta = (float)(1 / temperature[step]), .step = step, .stream = stream};
        hm_rbm_hidden_given_visible(rbm, v, h_mean, h, &gibbs);
        hm_rbm_visible_given_hidden(rbm, h, v_mean, v, &gibbs);
        status = hm_rbm_energy(rbm, v, h, energy + step * n, error);
    }
    hm_free(rbm->context, block);
    return status;
}
