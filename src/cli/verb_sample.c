/* harmonium sample: what a model dreams, by many Gibbs chains. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

static hm_status give(const cli_call *call, const hm_model *model, hm_matrix mean, hm_error *error)
{
    const char *path = call->options.output.output;
    size_t n = strlen(path);
    hm_image *image;
    if (n > 4 && strcmp(path + n - 4, ".npy") == 0)
        return hm_matrix_save_npy(mean, path, error);
    if (!model->height)
        return hm_fail(error, HM_ERROR_MISMATCH, "the model's visible units are no picture; give -o samples.npy");
    hm_status status = hm_image_grid(call->context, mean, model->height, model->width, &(hm_grid){0}, &image, error);
    return status == HM_OK ? cli_give_image(call, image, "samples.png", error) : status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    const cli_output *output = &call->options.output;
    hm_model *model;
    hm_status status = hm_model_load(call->context, call->operand[0], &model, error);
    if (status != HM_OK)
        return status;
    size_t n = output->number ? (size_t)output->number : 100, V = hm_rbm_visible(model->rbm[0])->n_units;
    size_t n_steps = output->steps ? (size_t)output->steps : 1000;
    size_t machine = (size_t)output->machine < model->n_rbms ? (size_t)output->machine : 0;
    float *v = hm_alloc(call->context, 2 * n, V * sizeof *v, error);
    status = v ? hm_sample_chains(model, machine, n_steps, (float)(1 / output->temperature),
                                  hm_matrix_f32(v, n, V), hm_matrix_f32(v + n * V, n, V), error)
               : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = give(call, model, hm_matrix_f32(v + n * V, n, V), error);
    hm_free(call->context, v);
    hm_model_destroy(model);
    return status;
}

const cli_verb cli_verb_sample = {
    "sample", "Draw samples from a model by Gibbs chains", "MODEL", 1, 1,
    {&cli_output_options, &cli_common_options, NULL}, "output number gibbs-steps machine temperature terminal",
    "harmonium sample digits.safetensors -n 100 -o dreams.png", run,
};
