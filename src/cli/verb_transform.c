/* harmonium transform: hidden probabilities of each case, as NPY. */
#include "base/alloc.h"
#include "base/fail.h"
#include "cli/verbs.h"

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    const cli_output *output = &call->options.output;
    if (!*output->output)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say where the features go: -o features.npy");
    hm_status status = cli_load_material(call, (size_t)output->number, &m, error);
    if (status != HM_OK)
        return status;
    const hm_rbm *rbm = m.model->rbm[(size_t)output->machine < m.model->n_rbms ? output->machine : 0];
    size_t H = hm_rbm_hidden(rbm)->n_units;
    float *features = hm_alloc(call->context, m.n * H, sizeof *features, error);
    if (features) {
        hm_matrix mean = hm_matrix_f32(features, m.n, H);
        hm_gibbs gibbs = {.beta = (float)(1 / output->temperature)};
        hm_rbm_hidden_given_visible(rbm, hm_matrix_f32(m.cases, m.n, m.V), mean, (hm_matrix){0}, &gibbs);
        status = hm_matrix_save_npy(mean, output->output, error);
        if (status == HM_OK)
            cli_say(call, "%s: %zu cases of %zu features", output->output, m.n, H);
    } else {
        status = HM_ERROR_MEMORY;
    }
    hm_free(call->context, features);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_transform = {
    "transform", "Write the hidden probabilities of each case as NPY", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL}, "output number machine temperature",
    "harmonium transform digits.safetensors digits -o features.npy", run,
};
