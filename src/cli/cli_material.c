/* A model and the data to look at with it. */
#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli.h"

hm_status cli_name_data(cli_call *call, int i, hm_error *error)
{
    if (i >= call->n_operands)
        return HM_OK;
    return hm_options_set(&hm_data_options, &call->options.data, "data", call->operand[i], error);
}

hm_status cli_choose_machine(const cli_call *call, const hm_model *model, size_t *machine, hm_error *error)
{
    *machine = (size_t)call->options.output.machine;
    size_t n_machines = hm_model_is_stack(model) ? 1 : model->n_rbms;
    if (*machine < n_machines)
        return HM_OK;
    return hm_fail(error, HM_ERROR_ARGUMENT, "machine = %zu: the model has %zu, counted from 0", *machine, n_machines);
}

static hm_status open_data(cli_call *call, cli_material *m, hm_error *error)
{
    hm_data_config *config = &call->options.data;
    config->standardise = false; /* as the model's training data was, below */
    hm_status status = cli_name_data(call, 1, error);
    if (status == HM_OK)
        status = hm_dataset_open(call->context, config, &m->set, NULL, error);
    if (status == HM_OK)
        status = hm_check_fit(m->model, m->set, error);
    if (status == HM_OK && m->model->shift)
        status = hm_dataset_standardise(m->set, m->model->shift, m->model->spread, error);
    return status;
}

hm_status cli_load_material(cli_call *call, size_t most, cli_material *m, hm_error *error)
{
    *m = (cli_material){0};
    hm_status status = hm_model_load(call->context, call->operand[0], &m->model, error);
    if (status == HM_OK)
        status = open_data(call, m, error);
    if (status == HM_OK) {
        size_t n_cases = hm_dataset_n_cases(m->set);
        m->n = most && most < n_cases ? most : n_cases;
        m->V = hm_dataset_n_features(m->set);
        m->cases = hm_alloc(call->context, m->n * m->V, sizeof *m->cases, error);
        status = m->cases ? hm_dataset_read(m->set, NULL, 0, m->n, 0, hm_matrix_f32(m->cases, m->n, m->V), error)
                          : HM_ERROR_MEMORY;
    }
    if (status != HM_OK)
        cli_free_material(m);
    return status;
}

void cli_free_material(cli_material *m)
{
    if (m->model)
        hm_free(m->model->context, m->cases);
    hm_dataset_close(m->set);
    hm_model_destroy(m->model);
    *m = (cli_material){0};
}
