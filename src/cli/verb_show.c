/* harmonium show: the features of a model as a picture. */
#include "base/fail.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

static hm_status run(cli_call *call, hm_error *error)
{
    hm_model *model;
    hm_image *image;
    size_t machine = (size_t)call->options.output.machine;
    hm_status status = hm_model_load(call->context, call->operand[0], &model, error);
    if (status != HM_OK)
        return status;
    if (machine >= model->n_rbms)
        status = hm_fail(error, HM_ERROR_ARGUMENT, "machine = %zu: the model has %zu, counted from 0", machine,
                         model->n_rbms);
    if (status == HM_OK)
        status = cli_draw_filters(model, machine, NULL, &image, error);
    if (status == HM_OK)
        status = cli_give_image(call, image, "features.png", error);
    hm_model_destroy(model);
    return status;
}

const cli_verb cli_verb_show = {
    "show", "Draw the features a model has learned", "MODEL", 1, 1, {&cli_output_options, &cli_common_options, NULL},
    "output machine terminal", "harmonium show digits.safetensors -o features.png", run,
};
