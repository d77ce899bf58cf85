/* harmonium score: the free energy of each case, one line each. */
#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/verbs.h"

/* Before a line of them is written. */
static hm_status check(const double *F, size_t n, hm_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(F[i]))
            return hm_fail(error, HM_ERROR_NUMERIC, "the free energy of case %zu is no finite number: weights or data are too large for "
                                                    "floats; standardise the data, or train with a smaller learning rate",
                           i + 1);
    return HM_OK;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    hm_status status = cli_load_material(call, (size_t)call->options.output.number, &m, error);
    if (status != HM_OK)
        return status;
    size_t machine;
    status = hm_model_require(m.model, HM_ABILITY_FREE_ENERGY, error);
    if (status != HM_OK) {
        cli_free_material(&m);
        return status;
    }
    double *F = hm_alloc(call->context, m.n, sizeof *F, error), sum = 0;
    status = F ? cli_choose_machine(call, m.model, &machine, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = hm_rbm_free_energy(m.model->rbm[machine], hm_matrix_f32(m.cases, m.n, m.V),
                                    (float)(1 / call->options.output.temperature), F, error);
    if (status == HM_OK)
        status = check(F, m.n, error);
    for (size_t i = 0; status == HM_OK && i < m.n; i++) {
        cli_print("%.9g\n", F[i]);
        sum += F[i];
    }
    if (status == HM_OK)
        cli_say(call, "mean free energy of %zu cases: %.4f", m.n, sum / (double)m.n);
    hm_free(call->context, F);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_score = {
    "score", "Print the free energy of each case", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL}, "number machine temperature", NULL,
    "harmonium score two.safetensors usps --part test --classes 2", run,
};
