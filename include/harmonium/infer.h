/* Using a trained model: features, reconstructions, samples, scores, classification. */
#ifndef HARMONIUM_INFER_H
#define HARMONIUM_INFER_H

#include <harmonium/data.h>
#include <harmonium/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* v through binary (sampled) features and back: out (cases x n_visible) = E(v' | h), h ~ P(h | v), as on the
 * lecture's page; n_steps > 1 goes on alternating. `machine` chooses the RBM of a class model. */
hm_status hm_reconstruct(const hm_model *model, size_t machine, hm_matrix v, size_t n_steps, hm_matrix out,
                         hm_error *error);

/* Chains that run from P(v | h = 0 layer at random) for n_steps at inverse temperature beta: samples of v in
 * `v` and the means they were drawn from in `mean` (both n_chains x n_visible). */
hm_status hm_sample_chains(const hm_model *model, size_t machine, size_t n_steps, float beta, hm_matrix v,
                           hm_matrix mean, hm_error *error);

/* probability[cases][n_rbms] of a class model: softmax(-F_c(v) + offset_c). HM_ERROR_MISMATCH for other kinds. */
hm_status hm_class_probabilities(const hm_model *model, hm_matrix v, double *probability, hm_error *error);

/* HM_ERROR_MISMATCH, with a remedy, unless the data has as many features as the model has visible units. */
hm_status hm_check_fit(const hm_model *model, const hm_dataset *set, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
