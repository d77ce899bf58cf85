/* harmonium doctor: what is wrong with a model, and what to do. */
#include <math.h>

#include "base/fail.h"
#include "cli/verbs.h"

static void print_number(const char *name, double value, const char *note)
{
    if (!isnan(value))
        cli_print("%-36s %9.4g  %s\n", name, value, note);
}

static void print_examination(const hm_examination *x)
{
    for (size_t i = 0; i < x->n; i++)
        cli_print("%zu. %s\n", i + 1, x->finding[i].text);
    cli_print("%s\n", x->n ? "" : "healthy\n");
    print_number("cases named wrongly", x->wrong, "share");
    print_number("held-out cases named wrongly", x->wrong_held_out, "share");
    print_number("reconstruction error / variance", x->error_ratio, "1: no better than the mean");
    print_number("reconstruction variance / data's", x->variance_ratio, "above 2: exploding");
    print_number("hidden units never on", x->share_dead, "share");
    print_number("hidden units always on", x->share_stuck, "share");
    print_number("hidden units like another", x->share_duplicate, "share");
    print_number("free-energy gap", x->free_energy_gap, "nats, held-out above training");
    print_number("chains below the data", x->astray, "nats");
    print_number("autocorrelation over 100 steps", x->autocorrelation, "near 1: chains are frozen");
}

/* Held-out cases: the second operand behind the model, or the other part of a named set. */
static hm_status open_held_out(cli_call *call, const cli_material *m, hm_dataset **held_out, hm_error *error)
{
    const hm_data_known known = hm_model_known(m->model);
    hm_data_config config = call->options.data;
    *held_out = NULL;
    if (call->n_operands < 3)
        return HM_OK;
    hm_status status = hm_options_set(&hm_data_options, &config, "data", call->operand[2], error);
    if (status == HM_OK)
        status = hm_dataset_open_known(call->context, &config, &known, held_out, NULL, error);
    if (status == HM_OK && m->model->shift)
        status = hm_dataset_standardise(*held_out, m->model->shift, m->model->spread, error);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    hm_dataset *held_out = NULL;
    size_t machine = 0;
    hm_examination found;
    hm_status status = cli_open_material(call, &m, error);
    if (status == HM_OK)
        status = cli_choose_machine(call, m.model, &machine, error);
    if (status == HM_OK)
        status = open_held_out(call, &m, &held_out, error);
    if (status == HM_OK)
        status = hm_examine(m.model, machine, m.set, held_out, true, &found, error);
    if (status == HM_OK)
        print_examination(&found);
    hm_dataset_close(held_out);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_doctor = {
    "doctor", "Tell what is wrong with a model, and what to do", "MODEL [DATA [HELD-OUT]]", 1, 3,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL}, "machine", NULL,
    "harmonium doctor demo.safetensors digits", run,
};
