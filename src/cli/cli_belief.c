/* What `harmonium belief` does beside inference: samples, learning from cases, and approximations held against the exact posterior. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/lines.h"
#include "cli/cli_belief.h"

cli_name cli_show_name(const char *name)
{
    cli_name shown;
    hm_text_show(name, shown.text, sizeof shown.text);
    return shown;
}

/* ---- Samples -------------------------------------------------------------------------------------------------- */

hm_status cli_sample_net(const cli_call *call, const hm_belief *net, hm_error *error)
{
    const cli_output *output = &call->options.output;
    size_t n = (size_t)output->number, n_nodes = hm_belief_n_nodes(net);
    if (strcmp(cli_ending(output->output), ".csv") != 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "-n %zu draws cases; say where they go: -o cases.csv", n);
    if (*output->observe)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "--observe %.80s: -n draws cases from the net as it is; leave --observe out, or leave out -n to see what follows "
                       "from it",
                       output->observe);
    uint8_t *states = hm_alloc(call->context, n * n_nodes, 1, error);
    hm_status status = states ? hm_belief_sample(net, n, output->temperature, states, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = hm_belief_write_cases(net, output->output, states, n, error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu cases", output->output, n);
    hm_free(call->context, states);
    return status;
}

/* ---- Learning --------------------------------------------------------------------------------------------------- */

static void on_iteration(void *user, size_t iteration, double log_likelihood)
{
    cli_say(user, "iteration %zu: log-likelihood %.6f nats a case", iteration, log_likelihood);
}

hm_status cli_learn_net(cli_call *call, hm_belief *net, hm_error *error)
{
    const cli_output *output = &call->options.output;
    const hm_belief_learn_events events = {call, on_iteration};
    int8_t *states;
    size_t n;
    double log_likelihood;
    if (strcmp(cli_ending(output->output), ".net") != 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "--learn %s: say where the learned net goes: -o learned.net", output->learn);
    if (*output->observe)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "--observe %.80s: --learn learns from what the cases say; leave --observe out", output->observe);
    hm_status status = hm_belief_read_cases(net, output->learn, &states, &n, error);
    if (status == HM_OK)
        status = hm_belief_learn(net, states, n, &call->options.belief_learn, &events, &log_likelihood, error);
    if (status == HM_OK)
        status = hm_belief_save(net, output->output, error);
    if (status == HM_OK)
        cli_say(call, "%s: learned from %zu cases, log-likelihood %.6f nats a case", output->output, n, log_likelihood);
    hm_belief_free_cases(net, states);
    return status;
}

/* ---- Comparison --------------------------------------------------------------------------------------------------- */

enum { QUERY_MAX = 10, STATES_MAX = 1 << QUERY_MAX, LINES_MAX = 16 };

typedef struct comparison {
    const cli_call *call;
    const hm_belief *net;
    const int8_t *observed;
    size_t query[QUERY_MAX], n, n_states;
    double exact[STATES_MAX], factorial[STATES_MAX], gibbs[STATES_MAX];
    size_t order[STATES_MAX]; /* states from the most probable one down */
} comparison;

static hm_status choose_query(comparison *c, hm_error *error)
{
    char text[HM_TEXT_MAX];
    hm_status status = HM_OK;
    strcpy(text, c->call->options.output.query);
    for (char *word = strtok(text, ", "); status == HM_OK && word; word = strtok(NULL, ", ")) {
        if (c->n == QUERY_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT, "query = %.80s: at most %d nodes", c->call->options.output.query, QUERY_MAX);
        status = hm_belief_find(c->net, word, &c->query[c->n++], error);
    }
    for (size_t i = 0; status == HM_OK && !*c->call->options.output.query && i < hm_belief_n_nodes(c->net); i++) {
        if (c->observed[i] >= 0)
            continue;
        if (c->n == QUERY_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT, "more than %d nodes are not observed; say which to compare: --query a,b,c",
                           QUERY_MAX);
        c->query[c->n++] = i;
    }
    c->n_states = (size_t)1 << c->n;
    return status;
}

/* The product of the marginals: of all factorial distributions the nearest, by KL(exact, factorial). */
static void find_factorial(comparison *c)
{
    double on[QUERY_MAX] = {0};
    for (size_t s = 0; s < c->n_states; s++)
        for (size_t k = 0; k < c->n; k++)
            on[k] += s >> (c->n - 1 - k) & 1 ? c->exact[s] : 0;
    for (size_t s = 0; s < c->n_states; s++) {
        c->factorial[s] = 1;
        for (size_t k = 0; k < c->n; k++)
            c->factorial[s] *= s >> (c->n - 1 - k) & 1 ? on[k] : 1 - on[k];
    }
}

static double divergence(const comparison *c, const double *q)
{
    double sum = 0;
    for (size_t s = 0; s < c->n_states; s++)
        if (c->exact[s] > 0)
            sum += c->exact[s] * log(c->exact[s] / q[s]);
    return fabs(sum) < 1e-15 ? 0 : sum;
}

static void sort_states(comparison *c)
{
    for (size_t s = 0; s < c->n_states; s++) {
        size_t k = s;
        for (; k > 0 && c->exact[c->order[k - 1]] < c->exact[s]; k--)
            c->order[k] = c->order[k - 1];
        c->order[k] = s;
    }
}

static void print_comparison(const comparison *c)
{
    for (size_t k = 0; k < c->n; k++)
        cli_print("%s ", cli_show_name(hm_belief_node(c->net, c->query[k])->name).text);
    cli_print("  exact       factorial   Gibbs\n");
    for (size_t i = 0; i < c->n_states && i < LINES_MAX; i++) {
        size_t s = c->order[i];
        for (size_t k = 0; k < c->n; k++) {
            const hm_node *node = hm_belief_node(c->net, c->query[k]);
            cli_print("%-*s ", (int)strlen(node->name), cli_show_name(node->values[s >> (c->n - 1 - k) & 1]).text);
        }
        cli_print("  %-10.6g  %-10.6g  %-10.6g\n", c->exact[s], c->factorial[s], c->gibbs[s]);
    }
    if (c->n_states > LINES_MAX)
        cli_print("(and %zu less probable states)\n", c->n_states - LINES_MAX);
    cli_print("\nKL(exact, product of its marginals)  %.6g nats\nKL(exact, Gibbs samples)             %.6g nats\n",
           divergence(c, c->factorial), divergence(c, c->gibbs));
}

static hm_status draw_comparison(const comparison *c, hm_error *error)
{
    static double x[STATES_MAX], y[3][STATES_MAX];
    const double *const from[3] = {c->exact, c->factorial, c->gibbs};
    const hm_curve curves[] = {{"exact", x, y[0], c->n_states, NULL},
                               {"product of marginals", x, y[1], c->n_states, NULL},
                               {"Gibbs samples", x, y[2], c->n_states, NULL}};
    const hm_plot plot = {.x_label = "states, from the most probable one", .y_label = "posterior probability"};
    for (size_t i = 0; i < c->n_states; i++) {
        x[i] = (double)i + 1;
        for (int k = 0; k < 3; k++)
            y[k][i] = from[k][c->order[i]];
    }
    return cli_save_curves(c->call, &plot, curves, 3, c->call->options.output.output, error);
}

hm_status cli_compare_posteriors(const cli_call *call, const hm_belief *net, const int8_t *observed, hm_error *error)
{
    static comparison c;
    c = (comparison){.call = call, .net = net, .observed = observed};
    hm_status status = choose_query(&c, error);
    if (status == HM_OK)
        status = hm_belief_joint(net, observed, c.query, c.n, c.exact, error);
    if (status == HM_OK)
        status = hm_belief_gibbs_joint(net, observed, &call->options.belief, c.query, c.n, c.gibbs, error);
    if (status != HM_OK)
        return status;
    find_factorial(&c);
    sort_states(&c);
    print_comparison(&c);
    return *call->options.output.output ? draw_comparison(&c, error) : HM_OK;
}
