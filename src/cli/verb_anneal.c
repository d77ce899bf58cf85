/* harmonium anneal: a state of low energy, by cooling an RBM or a belief net slowly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "cli/cli_belief.h"
#include "cli/verbs.h"

enum { STEPS = 1000, CHAINS = 10, STREAM = 9 << 14 };
static const double HOTTEST = 10, COLDEST = 0.1;

typedef struct session {
    cli_call *call;
    size_t n_steps, n_chains;
    double *temperature; /* [n_steps] */
    double *energy;      /* [n_steps][n_chains] */
} session;

/* From hot to cold by equal factors. */
static hm_status set_temperatures(session *s, hm_error *error)
{
    const cli_output *output = &s->call->options.output;
    double hot = HOTTEST, cold = COLDEST;
    char *end;
    if (*output->temperatures) {
        hot = hm_number_begin(output->temperatures, &end);
        cold = *end ? hm_number_begin(end + 1, &end) : 0;
        if (*end || !(hot > 0) || !(cold > 0))
            return hm_fail(error, HM_ERROR_ARGUMENT, "temperatures = %.40s: the first and the last, as in \"10,0.1\"",
                           output->temperatures);
    }
    s->n_steps = output->steps ? (size_t)output->steps : STEPS;
    s->temperature = hm_alloc(s->call->context, s->n_steps, sizeof *s->temperature, error);
    s->energy = hm_alloc(s->call->context, s->n_steps * s->n_chains, sizeof *s->energy, error);
    if (!s->temperature || !s->energy)
        return HM_ERROR_MEMORY;
    for (size_t k = 0; k < s->n_steps; k++)
        s->temperature[k] = hot * pow(cold / hot, s->n_steps > 1 ? (double)k / (double)(s->n_steps - 1) : 1);
    return HM_OK;
}

/* The energy of each chain against the step. */
static hm_status draw(const session *s, hm_error *error)
{
    const cli_call *call = s->call;
    hm_curve curves[CHAINS];
    double *x = hm_alloc(call->context, s->n_steps * (s->n_chains + 1), sizeof *x, error), *y = x ? x + s->n_steps : NULL;
    const hm_plot plot = {.title = "Energy while cooling", .x_label = "Gibbs steps", .y_label = "energy"};
    if (!x)
        return HM_ERROR_MEMORY;
    for (size_t k = 0; k < s->n_steps; k++) {
        x[k] = (double)(k + 1);
        for (size_t c = 0; c < s->n_chains; c++)
            y[c * s->n_steps + k] = s->energy[k * s->n_chains + c];
    }
    for (size_t c = 0; c < s->n_chains; c++)
        curves[c] = (hm_curve){"", x, y + c * s->n_steps, s->n_steps, NULL};
    hm_status status = cli_save_curves(call, &plot, curves, s->n_chains, call->options.output.output, error);
    hm_free(call->context, x);
    return status;
}

/* ---- A belief net ----------------------------------------------------------------------------------------------- */

static hm_status anneal_net(session *s, hm_belief *net, hm_error *error)
{
    size_t n = hm_belief_n_nodes(net);
    int8_t *observed = hm_alloc(s->call->context, n, sizeof *observed, error);
    uint8_t *state = hm_alloc(s->call->context, n, 1, error);
    hm_status status = observed && state ? HM_OK : HM_ERROR_MEMORY;
    s->n_chains = 1;
    if (status == HM_OK) {
        memset(observed, -1, n);
        status = cli_observe(s->call, net, observed, error);
    }
    if (status == HM_OK)
        status = set_temperatures(s, error);
    if (status == HM_OK)
        status = hm_belief_anneal(net, observed, s->temperature, s->n_steps, state, s->energy, error);
    if (status == HM_OK) {
        cli_print("energy %.6g:", -hm_belief_log_joint(net, state));
        for (size_t i = 0; i < n; i++)
            cli_print(" %s=%s", cli_show_name(hm_belief_node(net, i)->name).text,
                   cli_show_name(hm_belief_node(net, i)->values[state[i]]).text);
        putchar('\n');
    }
    hm_free(s->call->context, observed);
    hm_free(s->call->context, state);
    return status;
}

/* ---- An RBM -------------------------------------------------------------------------------------------------------- */

static hm_status anneal_model(session *s, const hm_model *model, hm_error *error)
{
    const cli_call *call = s->call;
    if (model->kind != HM_MODEL_RBM)
        return hm_fail(error, HM_ERROR_MISMATCH, "annealing is for an RBM or a belief net; of a deep belief net take samples (harmonium "
                                                 "sample)");
    const hm_rbm *rbm = model->rbm[0];
    size_t V = hm_rbm_visible(rbm)->n_units;
    const hm_random random = {hm_context_seed(call->context), HM_RANDOM_CHAIN, STREAM};
    float *v = hm_alloc(call->context, CHAINS * V, sizeof *v, error);
    s->n_chains = CHAINS;
    hm_status status = v ? set_temperatures(s, error) : HM_ERROR_MEMORY;
    for (size_t c = 0; status == HM_OK && c < CHAINS; c++)
        hm_random_fill_uniform(&random, c, 0, V, v + c * V);
    if (status == HM_OK)
        status = hm_rbm_anneal(rbm, hm_matrix_f32(v, CHAINS, V), s->temperature, s->n_steps, STREAM, s->energy, error);
    const double *last = status == HM_OK ? s->energy + (s->n_steps - 1) * CHAINS : NULL;
    for (size_t c = 0; last && c < CHAINS; c++)
        cli_print("chain %zu: energy %.6g\n", c + 1, last[c]);
    hm_free(call->context, v);
    return status;
}

/* A model file is told by its ending, as everywhere; what is none is read as a belief net. */
static hm_status run(cli_call *call, hm_error *error)
{
    session s = {.call = call};
    hm_model *model = NULL;
    hm_belief *net = NULL;
    const char *path = call->operand[0];
    bool is_model = strcmp(cli_ending(path), ".safetensors") == 0;
    hm_status status = is_model ? hm_model_load(call->context, path, &model, error) : hm_belief_load(call->context, path, &net, error);
    if (status == HM_OK)
        status = is_model ? anneal_model(&s, model, error) : anneal_net(&s, net, error);
    if (status == HM_OK && *call->options.output.output)
        status = draw(&s, error);
    hm_free(call->context, s.temperature);
    hm_free(call->context, s.energy);
    hm_model_destroy(model);
    hm_belief_destroy(net);
    return status;
}

const cli_verb cli_verb_anneal = {
    "anneal", "Cool an RBM or a belief net to a state of low energy", "MODEL|NET", 1, 1,
    {&cli_output_options, &cli_common_options, NULL}, "observe temperatures gibbs-steps output", ".png",
    "harmonium anneal two.safetensors --temperatures 10,0.1 --gibbs-steps 2000 -o energy.png", run,
};
