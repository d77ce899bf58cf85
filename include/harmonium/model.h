/* The model file: what `harmonium train` leaves behind, one safetensors file.
 *
 * Metadata: format "harmonium 1", kind, layers, image size, recipe, seed, history and the fingerprint of the
 * training data. Tensors: W, visible_bias, hidden_bias (docs/file-format.md). */
#ifndef HARMONIUM_MODEL_H
#define HARMONIUM_MODEL_H

#include <harmonium/context.h>
#include <harmonium/rbm.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hm_model_kind {
    HM_MODEL_RBM,     /* one machine */
    HM_MODEL_CLASSES, /* one machine for each class, and an offset for each log Z (Hinton 2010, section 16) */
} hm_model_kind;

/* A model owns its machines and texts; fields may be read, and the texts replaced with hm_model_set_text. */
typedef struct hm_model {
    const hm_context *context;
    hm_model_kind kind;
    size_t n_rbms;
    hm_rbm **rbm;        /* [n_rbms] */
    float *offset;       /* [n_rbms]: classification is softmax(-F_c(v) + offset_c); null for HM_MODEL_RBM */
    size_t height, width; /* of a visible image; 0: none */
    float *shift, *spread; /* [n_visible]: (x - shift) / spread before the model sees data; null: none */
    char *recipe;      /* the options it was trained with, as a recipe file; never null */
    char *history;     /* one line for each stage of training; never null */
    char *fingerprint; /* of the training data; never null */
    uint64_t seed;
} hm_model;

/* n_rbms machines of the same layers, parameters zero. */
hm_status hm_model_create(const hm_context *context, hm_model_kind kind, size_t n_rbms,
                          const hm_layer *visible, const hm_layer *hidden, hm_model **model,
                          hm_error *error);
void hm_model_destroy(hm_model *model); /* null is allowed */

/* Replaces one of the texts (recipe, history, fingerprint) by a copy. */
hm_status hm_model_set_text(hm_model *model, char **field, const char *text, hm_error *error);

/* shift[n] and spread[n] are copied. */
hm_status hm_model_set_standardising(hm_model *model, const float *shift, const float *spread,
                                     hm_error *error);

/* Atomic: a crash leaves the old file or the new one. */
hm_status hm_model_save(const hm_model *model, const char *path, hm_error *error);
hm_status hm_model_load(const hm_context *context, const char *path, hm_model **model, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
