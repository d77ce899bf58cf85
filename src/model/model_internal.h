/* Models to and from the container, for the model file and for checkpoints. */
#ifndef HM_MODEL_INTERNAL_H
#define HM_MODEL_INTERNAL_H

#include <harmonium/model.h>

#include "model/tensor_file.h"

/* Bytes of the name of a class with the zero at its end, as a line of the file holds it. */
enum { HM_CLASS_NAME_MAX = 256 };

/* Adds the metadata and tensors of a model; the model must outlive the file. */
hm_status hm_model_to_file(const hm_model *model, hm_tensor_file *file, hm_error *error);

/* Makes a model from what a file holds; tensors it does not know are left alone. */
hm_status hm_model_from_file(const hm_context *context, const hm_tensor_file *file, const char *path,
                             hm_model **model, hm_error *error);

/* HM_ERROR_ARGUMENT unless it has a machine of that number; of a stack, which is one whole, any number will do. */
hm_status hm_model_check_machine(const hm_model *model, size_t machine, hm_error *error);

/* HM_ERROR_NUMERIC, which names the first case that has a value that is NaN or infinite; what: "a sample". */
hm_status hm_check_finite(hm_matrix values, const char *what, hm_error *error);

/* Room for the labels and names of its classes, all zero, in place of what was there. */
hm_status hm_model_allocate_classes(hm_model *model, hm_error *error);

/* score[n_labels] of a DBN whose top RBM has the inputs a = c + h'W without labels: b_y + LP(a + W_y), the terms of -F that
 * depend on the label. room: as long as a. */
void hm_model_score_labels(const hm_model *model, const float *a, float *room, double *score);

/* Floats that hm_machine_rise may need for any of the levels under layer n_levels. */
size_t hm_model_room(const hm_model *model, size_t n_levels, size_t n_cases);

/* One level of a feed-forward net: above = f(below W + c). Rectified linear units are max(0, a) here, without the
 * noise that they have in an RBM. */
void hm_net_drive(const hm_model *net, size_t level, hm_matrix below, hm_matrix above);

#endif
