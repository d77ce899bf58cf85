/* The model file's reader: the container, and the model made of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* As `harmonium import` reads a stranger's tensors. */
static void convert_all(const hm_tensor_file *file)
{
    for (size_t i = 0; i < hm_tensor_file_n_tensors(file); i++) {
        const hm_tensor *tensor = hm_tensor_file_at(file, i);
        float *values = malloc(hm_tensor_n_elements(tensor) * sizeof *values + 1);
        if (values)
            hm_tensor_to_f32(tensor, values);
        free(values);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static hm_context *context;
    hm_tensor_file *file;
    hm_model *model;
    hm_error error;
    if (!context && hm_context_create(&(hm_context_config){.n_threads = 1}, &context, NULL) != HM_OK)
        return 0;
    uint8_t *copy = aligned_alloc(64, n / 64 * 64 + 64); /* as a loaded file is aligned */
    if (!copy)
        return 0;
    memcpy(copy, bytes, n);
    if (hm_tensor_file_parse(context, "input", copy, n, &file, &error) == HM_OK) {
        convert_all(file);
        if (hm_model_from_file(context, file, "input", &model, &error) == HM_OK)
            hm_model_destroy(model);
        hm_tensor_file_destroy(file);
    }
    free(copy);
    return 0;
}
