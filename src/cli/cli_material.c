/* A model and the data to look at with it, prepared as the data it learned from. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli.h"

hm_status cli_name_data(cli_call *call, int i, hm_error *error)
{
    if (i >= call->n_operands)
        return HM_OK;
    return cli_set_option(call, &hm_data_options, "data", call->operand[i], error);
}

/* ---- Classes -------------------------------------------------------------------------------------------- */

static hm_status fail_class(const hm_model *model, const char *option, const char *text, hm_error *error)
{
    char list[400] = "", name[64];
    size_t used = 0, n = hm_model_n_classes(model);
    for (size_t k = 0; k < n && used + 80 < sizeof list; k++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k ? ", " : "",
                                 hm_model_class_name(model, k, name, sizeof name));
    return hm_fail(error, HM_ERROR_ARGUMENT, "%s = %.80s: the model's classes are %s", option, text, list);
}

hm_status cli_find_class(const hm_model *model, const char *option, const char *text, size_t *k, hm_error *error)
{
    char *end, name[64];
    size_t n = hm_model_n_classes(model);
    for (*k = 0; *k < n; ++*k)
        if (strcmp(hm_model_class_name(model, *k, name, sizeof name), text) == 0)
            return HM_OK;
    long label = strtol(text, &end, 10);
    int32_t found = *text && !*end && label >= 0 && label <= INT32_MAX ? hm_model_class_of(model, (int32_t)label) : -1;
    if (found < 0)
        return fail_class(model, option, text, error);
    *k = (size_t)found;
    return HM_OK;
}

hm_status cli_choose_machine(const cli_call *call, const hm_model *model, size_t *machine, hm_error *error)
{
    const char *text = call->options.output.machine;
    *machine = 0;
    if (!*text)
        return HM_OK;
    if (model->kind == HM_MODEL_CLASSES)
        return cli_find_class(model, "machine", text, machine, error);
    return hm_fail(error, HM_ERROR_ARGUMENT, "machine = %.80s: this is no class model, whose machines have names", text);
}

/* ---- Preparation ---------------------------------------------------------------------------------------- */

bool cli_is_data_given(const cli_call *call, const char *name)
{
    return call->is_data_given[hm_options_find(&hm_data_options, name) - hm_data_options.rows];
}

/* What the call says itself, put back over what the model says. */
static hm_status keep_given(cli_call *call, const hm_data_config *said, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < hm_data_options.n_rows; i++) {
        const hm_option *row = &hm_data_options.rows[i];
        char value[HM_TEXT_MAX];
        if (!call->is_data_given[i] || !hm_is_preparation(row->name))
            continue;
        hm_option_print(row, said, value, sizeof value);
        status = hm_options_set(&hm_data_options, &call->options.data, row->name, value, error);
    }
    return status;
}

hm_status cli_prepare_as(cli_call *call, const hm_model *model, hm_error *error)
{
    const hm_data_config said = call->options.data;
    hm_status status = hm_preparation_read(model->preparation, &call->options.data, error);
    return status == HM_OK ? keep_given(call, &said, error) : status;
}

/* ---- Material ------------------------------------------------------------------------------------------- */

/* With --validation the cases that are held back, which are those that training with the same number and seed held back. */
static hm_status open_set(const cli_call *call, cli_material *m, hm_error *error)
{
    const hm_data_config *config = &call->options.data;
    const hm_data_known known = hm_model_known(m->model);
    hm_dataset *rest = NULL;
    if (config->validation == 0 && !config->validation_groups[0])
        return hm_dataset_open_known(call->context, config, &known, &m->set, NULL, error);
    hm_status status = hm_dataset_open_known(call->context, config, &known, &rest, &m->set, error);
    hm_dataset_close(rest);
    return status;
}

/* A model of filters over the pictures as they come. */
static hm_status fit_model(cli_material *m, hm_error *error)
{
    size_t height = hm_dataset_height(m->set), width = hm_dataset_width(m->set);
    hm_model *over;
    if (height == m->model->height && width == m->model->width)
        return HM_OK;
    if (!height || hm_dataset_channels(m->set) != m->model->n_channels)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: these are no pictures of %zu channels, as the model sees them",
                       hm_dataset_describe(m->set), m->model->n_channels);
    hm_status status = hm_model_over(m->model, height, width, &over, error);
    if (status != HM_OK)
        return status;
    hm_model_destroy(m->model);
    m->model = over;
    return HM_OK;
}

/* Standardised as the model's training data was, not by its own moments, unless the call says otherwise. */
static hm_status open_data(cli_call *call, cli_material *m, hm_error *error)
{
    hm_data_config *config = &call->options.data;
    hm_status status = cli_name_data(call, 1, error);
    if (status == HM_OK)
        status = cli_prepare_as(call, m->model, error);
    bool is_standardised = m->model->shift && (config->standardise || !cli_is_data_given(call, "standardise"));
    config->standardise = config->standardise && !is_standardised;
    if (call->options.output.whole && !cli_is_data_given(call, "crop"))
        *config->crop = 0;
    if (status == HM_OK)
        status = open_set(call, m, error);
    if (status == HM_OK && call->options.output.whole)
        status = fit_model(m, error);
    if (status == HM_OK)
        status = hm_check_fit(m->model, m->set, error);
    if (status == HM_OK && is_standardised)
        status = hm_dataset_standardise(m->set, m->model->shift, m->model->spread, error);
    return status;
}

static hm_status read_cases(cli_call *call, size_t most, cli_material *m, hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(m->set);
    bool is_classifier = m->model->kind == HM_MODEL_NET && m->model->n_labels;
    m->n = most && most < n_cases ? most : n_cases;
    m->V = hm_dataset_n_features(m->set);
    m->cases = hm_alloc(call->context, m->n * m->V, sizeof *m->cases, error);
    if (!m->cases)
        return HM_ERROR_MEMORY;
    hm_matrix cases = hm_matrix_f32(m->cases, m->n, m->V);
    hm_status status = hm_dataset_read(m->set, NULL, 0, m->n, 0, cases, error);
    return status == HM_OK && !is_classifier ? hm_check_cases(m->model, hm_dataset_describe(m->set), cases, error) : status;
}

hm_status cli_open_material(cli_call *call, cli_material *m, hm_error *error)
{
    *m = (cli_material){0};
    hm_status status = hm_model_load(call->context, call->operand[0], &m->model, error);
    if (status == HM_OK)
        status = open_data(call, m, error);
    if (status != HM_OK)
        cli_free_material(m);
    return status;
}

hm_status cli_load_material(cli_call *call, size_t most, cli_material *m, hm_error *error)
{
    hm_status status = cli_open_material(call, m, error);
    if (status == HM_OK)
        status = read_cases(call, most, m, error);
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
