/* harmonium evaluate: how likely the model finds data; of a net that labels scenes, how often it is right (cli_scene_evaluate.c). */
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "cli/cli_json.h"
#include "cli/cli_scene.h"
#include "cli/verbs.h"

static void on_step(void *user, const char *what, size_t step, size_t n_steps)
{
    cli_progress_show(user, (double)step, (double)n_steps, (double)step, what);
}

/* "[low, high]"; a bound that there is not is a dash. */
static void print_bounds(hm_estimate e)
{
    char low[32] = "-", high[32] = "-";
    if (isfinite(e.low))
        snprintf(low, sizeof low, "%.4f", e.low);
    if (isfinite(e.high))
        snprintf(high, sizeof high, "%.4f", e.high);
    cli_print("[%s, %s]", low, high);
}

static void print_row(const char *name, hm_estimate e, const char *note)
{
    if (isnan(e.value))
        return;
    if (e.low == e.high)
        cli_print("%-28s %12.4f  %s\n", name, e.value, note);
    else {
        cli_print("%-28s %12.4f  ", name, e.value);
        print_bounds(e);
        cli_print("  %s\n", note);
    }
}

static void print_number(const char *name, double value, const char *note)
{
    print_row(name, (hm_estimate){value, value, value}, note);
}

static void print_table(const hm_evaluation *r, const hm_evaluate_config *config)
{
    char note[80];
    const char *likelihood = r->is_bound ? "bound on log P(v)" : "log P(v)";
    snprintf(note, sizeof note, "AIS, %lld chains", (long long)config->chains);
    cli_print("%-28s %12zu\n", "cases", r->n_cases);
    print_number("free energy", r->free_energy, "mean");
    print_row("log Z", r->log_Z, r->is_exact ? "exact" : note);
    print_row("log Z, reverse", r->log_Z_reverse, "from chains of the model");
    print_row(likelihood, r->log_likelihood, "mean, nats a case");
    if (r->is_bound)
        print_row("bound, by reverse log Z", r->log_likelihood_reverse, "");
    else
        print_row("log P(v), by reverse log Z", r->log_likelihood_reverse, "");
    print_number("KL divergence", r->divergence, "of the cases and the model, nats");
    print_number("log pseudo-likelihood", r->pseudo_likelihood, "mean over the first 200 cases");
}

static void write_estimate(const char *name, hm_estimate e)
{
    char key[80];
    cli_print_json_known(name, e.value);
    snprintf(key, sizeof key, "%s_low", name);
    cli_print_json_known(key, e.low);
    snprintf(key, sizeof key, "%s_high", name);
    cli_print_json_known(key, e.high);
}

/* Keys whose numbers are not known are left out. */
static void print_json(const hm_evaluation *r)
{
    cli_print("{\"cases\": %zu, \"exact\": %s, \"bound\": %s", r->n_cases, r->is_exact ? "true" : "false",
           r->is_bound ? "true" : "false");
    cli_print_json_known("free_energy", r->free_energy);
    write_estimate("log_Z", r->log_Z);
    write_estimate("log_Z_reverse", r->log_Z_reverse);
    write_estimate("log_likelihood", r->log_likelihood);
    write_estimate("log_likelihood_reverse", r->log_likelihood_reverse);
    cli_print_json_known("data_entropy", r->data_entropy);
    cli_print_json_known("kl_divergence", r->divergence);
    cli_print_json_known("pseudo_likelihood", r->pseudo_likelihood);
    cli_print_json_known("seconds", r->seconds);
    cli_print("}\n");
}

/* Both directions err towards each other's side, so where they differ the truth is between them, or the chains have not seen
 * all of the model. */
static void warn_of_gap(const hm_evaluation *r)
{
    const double most = 1;
    double gap = r->log_Z_reverse.value - r->log_Z.value;
    if (fabs(gap) > most)
        cli_warn("log Z from the one direction and from the other differ by %.1f nats: do not believe either; take more betas or "
                 "a longer --burn-in, or expect of the model that its chains do not mix",
                 gap);
}

static void print(const cli_call *call, const hm_evaluation *r)
{
    if (call->options.output.json)
        print_json(r);
    else
        print_table(r, &call->options.evaluate);
    warn_of_gap(r);
}

/* The cases that the machine is about: all, or those of its class. */
static hm_status choose_cases(const cli_material *m, size_t machine, hm_dataset **own, const hm_dataset **cases, hm_error *error)
{
    *own = NULL;
    *cases = m->set;
    if (m->model->kind != HM_MODEL_CLASSES || !hm_dataset_n_classes(m->set))
        return HM_OK;
    hm_status status = hm_dataset_of_class(m->set, hm_model_class_label(m->model, machine), own, error);
    *cases = *own;
    return status;
}

/* What is about nets that label scenes cannot be meant. */
static hm_status check_options(const cli_call *call, hm_error *error)
{
    const cli_output *output = &call->options.output;
    char changed[1024];
    hm_options_echo(&hm_scene_label_options, &call->options.label, false, changed, sizeof changed);
    changed[strcspn(changed, " ")] = 0;
    const char *name = *output->output ? "output" : *output->confusion ? "confusion" : changed;
    return *name ? hm_fail(error, HM_ERROR_ARGUMENT, "--%s is for nets that label scenes, and %s holds none; leave it out", name,
                           call->operand[0])
                 : HM_OK;
}

static hm_status evaluate(cli_call *call, hm_error *error)
{
    cli_material m;
    size_t machine = 0;
    hm_dataset *own = NULL;
    const hm_dataset *cases;
    hm_evaluation result;
    cli_progress progress;
    hm_status status = cli_open_material(call, &m, error);
    if (status == HM_OK)
        status = check_options(call, error);
    if (status == HM_OK)
        status = cli_choose_machine(call, m.model, &machine, error);
    if (status == HM_OK)
        status = choose_cases(&m, machine, &own, &cases, error);
    if (status == HM_OK) {
        const hm_evaluate_events events = {.user = &progress, .on_step = on_step};
        cli_progress_begin(&progress, call);
        status = hm_evaluate(m.model, machine, cases, &call->options.evaluate, &events, &result, error);
        cli_progress_clear(&progress);
    }
    if (status == HM_OK && cli_is_chief(call))
        print(call, &result);
    hm_dataset_close(own);
    cli_free_material(&m);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    if (!hm_scene_net_is_in(call->context, call->operand[0]))
        return evaluate(call, error);
    if (hm_team_size(call->team) > 1)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s labels scenes, and such nets are evaluated by one process; leave mpirun out",
                       call->operand[0]);
    return cli_scene_evaluate(call, error);
}

const cli_verb cli_verb_evaluate = {
    "evaluate", "Tell how likely the model finds data, exactly or by annealed importance sampling; or how well a net labels scenes",
    "MODEL [DATA|PICTURES]", 1, 2,
    {&hm_data_options, &hm_evaluate_options, &hm_scene_label_options, &cli_output_options, &cli_common_options, NULL},
    "machine json output confusion", ".png",
    "harmonium evaluate mnist500.safetensors mnist --part test", run,
};
