/* harmonium belief: what follows in a belief net from what was observed. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli_belief.h"
#include "cli/verbs.h"

enum { JOINT_NODES_MAX = 4, BAR = 20 };

typedef struct session {
    cli_call *call;
    hm_belief *net;
    int8_t *observed; /* [n] */
    hm_posterior posterior;
} session;

hm_status cli_observe(const cli_call *call, const hm_belief *net, int8_t *observed, hm_error *error)
{
    char text[HM_TEXT_MAX];
    hm_status status = HM_OK;
    strcpy(text, call->options.output.observe);
    for (char *word = strtok(text, ", "); status == HM_OK && word; word = strtok(NULL, ", "))
        status = hm_belief_observe(net, word, observed, error);
    return status;
}

static hm_status observe(session *s, hm_error *error)
{
    size_t n = hm_belief_n_nodes(s->net);
    if (!(s->observed = hm_alloc(s->call->context, n, sizeof *s->observed, error)))
        return HM_ERROR_MEMORY;
    memset(s->observed, -1, n);
    return cli_observe(s->call, s->net, s->observed, error);
}

static void print_bar(double p)
{
    int n = (int)(p * BAR + 0.5);
    for (int k = 0; k < BAR; k++)
        fputs(k < n ? "█" : "·", stdout);
}

static size_t widest_name(const hm_belief *net)
{
    size_t widest = 4;
    for (size_t i = 0; i < hm_belief_n_nodes(net); i++) {
        size_t n = strlen(hm_belief_node(net, i)->name);
        widest = n > widest ? n : widest;
    }
    return widest;
}

static void print_marginals(const session *s)
{
    int width = (int)widest_name(s->net);
    bool is_sampled = s->posterior.method == HM_INFER_GIBBS || s->posterior.method == HM_INFER_WEIGHTING;
    cli_print("%-*s  %-10s%s\n", width, "node", "P(on)", is_sampled ? "  error      R-hat     samples that count" : "");
    for (size_t i = 0; i < s->posterior.n; i++) {
        const hm_node *node = hm_belief_node(s->net, i);
        const hm_marginal *m = &s->posterior.marginal[i];
        if (s->observed[i] >= 0) {
            cli_print("%-*s  observed: %s\n", width, cli_show_name(node->name).text, cli_show_name(node->values[s->observed[i]]).text);
            continue;
        }
        cli_print("%-*s  %-10.6g  ", width, cli_show_name(node->name).text, m->p);
        if (is_sampled && isnan(m->r_hat))
            cli_print("%-10.2g           %-9.0f ", m->error, m->effective_size);
        else if (is_sampled)
            cli_print("%-10.2g %-8.4f  %-9.0f ", m->error, m->r_hat, m->effective_size);
        print_bar(m->p);
        bool is_named = strcmp(node->values[1], "1") != 0;
        cli_print("%s%s\n", is_named ? "  on: " : "", is_named ? cli_show_name(node->values[1]).text : "");
    }
}

/* All states of the few nodes that were not observed, with their probabilities. */
static hm_status print_joint(const session *s, hm_error *error)
{
    size_t query[JOINT_NODES_MAX], n = 0;
    double joint[1 << JOINT_NODES_MAX];
    for (size_t i = 0; i < s->posterior.n; i++) {
        if (s->observed[i] >= 0)
            continue;
        if (n == JOINT_NODES_MAX)
            return HM_OK;
        query[n++] = i;
    }
    if (n < 2)
        return HM_OK;
    hm_status status = hm_belief_joint(s->net, s->observed, query, n, joint, error);
    if (status != HM_OK)
        return status;
    putchar('\n');
    for (size_t k = 0; k < n; k++)
        cli_print("%s  ", cli_show_name(hm_belief_node(s->net, query[k])->name).text);
    cli_print("together\n");
    for (size_t row = 0; row < (size_t)1 << n; row++) {
        for (size_t k = 0; k < n; k++) {
            const hm_node *node = hm_belief_node(s->net, query[k]);
            cli_print("%-*s  ", (int)strlen(node->name), cli_show_name(node->values[row >> (n - 1 - k) & 1]).text);
        }
        cli_print("%-12.6g ", joint[row]);
        print_bar(joint[row]);
        putchar('\n');
    }
    return HM_OK;
}

static void print_method(const session *s)
{
    const hm_posterior *p = &s->posterior;
    cli_print("\nby %s", hm_belief_method_name(p->method));
    if (p->method == HM_INFER_ELIMINATION)
        cli_print(", width %zu", p->width);
    if (!isnan(p->effective_size) && !isinf(p->effective_size))
        cli_print(", %.0f samples that count", p->effective_size);
    if (!isnan(p->log_evidence) && p->log_evidence != 0)
        cli_print("; log P(observed) %.6g", p->log_evidence);
    putchar('\n');
}

static hm_status print_explanation(const session *s, hm_error *error)
{
    double log_joint;
    uint8_t *state = hm_alloc(s->call->context, s->posterior.n, 1, error);
    hm_status status = state ? hm_belief_explain(s->net, s->observed, state, &log_joint, error) : HM_ERROR_MEMORY;
    if (status == HM_OK) {
        cli_print("\nmost probable explanation (log P %.6g):", log_joint);
        for (size_t i = 0; i < s->posterior.n; i++)
            if (s->observed[i] < 0)
                cli_print(" %s=%s", cli_show_name(hm_belief_node(s->net, i)->name).text,
                       cli_show_name(hm_belief_node(s->net, i)->values[state[i]]).text);
        putchar('\n');
    }
    hm_free(s->call->context, state);
    return status;
}

/* ---- The drawing ------------------------------------------------------------------------------------------------ */

static hm_status draw(const session *s, hm_error *error)
{
    const cli_output *output = &s->call->options.output;
    size_t n = s->posterior.n, n_edges = 0;
    hm_graph_node *nodes = hm_alloc(s->call->context, n, sizeof *nodes, error);
    for (size_t i = 0; i < n; i++)
        n_edges += hm_belief_node(s->net, i)->n_parents;
    hm_graph_edge *edges = hm_alloc(s->call->context, n_edges + 1, sizeof *edges, error);
    hm_status status = nodes && edges ? HM_OK : HM_ERROR_MEMORY;
    n_edges = 0;
    for (size_t i = 0; status == HM_OK && i < n; i++) {
        const hm_node *node = hm_belief_node(s->net, i);
        nodes[i] = (hm_graph_node){node->name, s->posterior.marginal[i].p, s->observed[i] >= 0};
        for (size_t k = 0; k < node->n_parents; k++)
            edges[n_edges++] = (hm_graph_edge){node->parents[k], i};
    }
    if (status == HM_OK && output->terminal)
        status = hm_graph_print(s->call->context, nodes, n, edges, n_edges, stdout, error);
    if (status == HM_OK && *output->output)
        status = hm_graph_draw(s->call->context, nodes, n, edges, n_edges, output->output, error);
    hm_free(s->call->context, nodes);
    hm_free(s->call->context, edges);
    return status;
}

/* Marginals, joint, method, and what else was asked for. */
static hm_status infer(session *s, hm_error *error)
{
    const cli_output *output = &s->call->options.output;
    hm_status status = hm_belief_infer(s->net, s->observed, &s->call->options.belief, &s->posterior, error);
    if (status == HM_OK) {
        print_marginals(s);
        status = print_joint(s, error);
    }
    if (status == HM_OK)
        print_method(s);
    if (status == HM_OK && output->explain)
        status = print_explanation(s, error);
    if (status == HM_OK && (*output->output || output->terminal))
        status = draw(s, error);
    hm_posterior_clear(s->net, &s->posterior);
    return status;
}

/* What was asked for. */
static hm_status answer(session *s, hm_error *error)
{
    const cli_output *output = &s->call->options.output;
    if (*output->learn)
        return cli_learn_net(s->call, s->net, error);
    if (output->number)
        return cli_sample_net(s->call, s->net, error);
    return output->compare ? cli_compare_posteriors(s->call, s->net, s->observed, error) : infer(s, error);
}

static hm_status run(cli_call *call, hm_error *error)
{
    session s = {.call = call};
    hm_status status = hm_belief_load(call->context, call->operand[0], &s.net, error);
    if (status == HM_OK)
        status = observe(&s, error);
    if (status == HM_OK)
        status = answer(&s, error);
    hm_free(call->context, s.observed);
    hm_belief_destroy(s.net);
    return status;
}

const cli_verb cli_verb_belief = {
    "belief", "Tell what follows in a belief net from what was observed; draw cases from it, or learn it from cases", "NET", 1, 1,
    {&hm_belief_options, &hm_belief_learn_options, &cli_output_options, &cli_common_options, NULL},
    "observe explain compare query learn number temperature terminal output", ".png .svg .gv .csv .net",
    "harmonium belief earthquake.net --observe jumps=1 -o posterior.png", run,
};
