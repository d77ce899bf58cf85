/* Belief nets: all exact methods against sums over all states, samplers within their own errors, readers against bad input. */
#define _GNU_SOURCE /* mkstemp */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "belief_nets.h"
#include "temporary.h"

enum { NODES_MAX = 9, TEXT_MAX_BYTES = 8192 };

static hm_belief *load_example(const char *name)
{
    char path[1024];
    hm_belief *net;
    hm_error error = {0};
    snprintf(path, sizeof path, "examples/nets/%s", name);
    if (hm_belief_load(context, path, &net, &error) != HM_OK)
        fail_msg("%s", error.message);
    return net;
}

static hm_belief_config by(int method)
{
    hm_belief_config config;
    hm_options_init(&hm_belief_options, &config);
    config.method = method;
    return config;
}

/* P(node on | "a=1,b=0") by one method. */
static double ask(const hm_belief *net, int method, const char *node, const char *observations)
{
    int8_t observed[64];
    char text[256];
    size_t i;
    hm_posterior posterior;
    hm_error error = {0};
    const hm_belief_config config = by(method);
    memset(observed, -1, sizeof observed);
    strcpy(text, observations);
    for (char *word = strtok(text, ","); word; word = strtok(NULL, ","))
        assert_int_equal(hm_belief_observe(net, word, observed, NULL), HM_OK);
    assert_int_equal(hm_belief_find(net, node, &i, NULL), HM_OK);
    if (hm_belief_infer(net, observed, &config, &posterior, &error) != HM_OK)
        fail_msg("%s", error.message);
    double p = posterior.marginal[i].p;
    hm_posterior_clear(net, &posterior);
    return p;
}

/* ---- Published numbers --------------------------------------------------------------------------------------- */

static void the_lectures_house_jumps(void **state)
{
    (void)state;
    hm_belief *net = load_example("earthquake.net");
    const int8_t observed[] = {-1, -1, 1};
    const size_t query[] = {0, 1};
    double joint[4];
    assert_int_equal(hm_belief_joint(net, observed, query, 2, joint, NULL), HM_OK);
    assert_true(fabs(joint[0] - 4.5396e-5) < 1e-9 && fabs(joint[3] - 4.5396e-5) < 1e-9);
    assert_true(fabs(joint[1] - 0.499955) < 1e-6 && fabs(joint[2] - 0.499955) < 1e-6);
    assert_true(fabs(ask(net, HM_INFER_AUTO, "truck", "jumps=1,earthquake=1") - 9.0788e-5) < 1e-8); /* explained away */
    hm_belief_destroy(net);
}

static void classic_nets_have_their_published_posteriors(void **state)
{
    (void)state;
    for (int method = HM_INFER_ENUMERATION; method <= HM_INFER_ELIMINATION; method++) {
        hm_belief *alarm = load_example("alarm.net"), *sprinkler = load_example("sprinkler.net"), *asia = load_example("asia.bif");
        assert_true(fabs(ask(alarm, method, "burglary", "john=1,mary=1") - 0.2842) < 5e-5); /* Russell and Norvig */
        assert_true(fabs(ask(sprinkler, method, "sprinkler", "wet=1") - 0.4298) < 5e-5);    /* Murphy */
        assert_true(fabs(ask(sprinkler, method, "rain", "wet=1") - 0.7079) < 5e-5);
        assert_true(fabs(ask(sprinkler, method, "sprinkler", "wet=1,rain=1") - 0.1945) < 5e-5);
        assert_true(fabs(ask(asia, method, "tub", "asia=yes") - 0.05) < 1e-12);
        assert_true(fabs(ask(asia, method, "either", "") - 0.064828) < 1e-6);
        assert_true(fabs(ask(asia, method, "dysp", "") - 0.4360) < 5e-5); /* Lauritzen and Spiegelhalter */
        assert_true(fabs(ask(asia, method, "xray", "") - 0.1103) < 5e-5);
        hm_belief_destroy(alarm);
        hm_belief_destroy(sprinkler);
        hm_belief_destroy(asia);
    }
}

/* ---- Random graphs ------------------------------------------------------------------------------------------------- */

static float uniform(uint64_t graph, uint64_t k)
{
    return hm_random_uniform(&(hm_random){123, HM_RANDOM_USER, graph}, 0, k);
}

/* Nodes of all kinds; each earlier node is a parent with probability 0.35. Written in a shuffled order of lines. */
static hm_belief *random_net(uint64_t graph, size_t n)
{
    char lines[NODES_MAX][1600], text[NODES_MAX * 1600] = "";
    uint64_t k = 0;
    for (size_t i = 0; i < n; i++) {
        size_t parents[NODES_MAX], n_parents = 0, used;
        float kind = uniform(graph, k++);
        for (size_t j = 0; j < i; j++)
            if (uniform(graph, k++) < 0.35f && n_parents < 4)
                parents[n_parents++] = j;
        if (kind < 0.3f) {
            used = (size_t)sprintf(lines[i], "table x%zu", i);
            for (size_t j = 0; j < n_parents; j++)
                used += (size_t)sprintf(lines[i] + used, " x%zu", parents[j]);
            used += (size_t)sprintf(lines[i] + used, " :");
            for (size_t row = 0; row < (size_t)1 << n_parents; row++)
                used += (size_t)sprintf(lines[i] + used, " %.6f", 0.02 + 0.96 * (double)uniform(graph, k++));
        } else {
            bool is_or = kind < 0.6f;
            used = (size_t)sprintf(lines[i], is_or ? "noisy-or x%zu leak %.6f" : "node x%zu bias %.6f", i,
                                   is_or ? 0.05 + 0.2 * (double)uniform(graph, k) : 2 * (double)uniform(graph, k) - 1);
            k++;
            for (size_t j = 0; j < n_parents; j++)
                used += (size_t)sprintf(lines[i] + used, " x%zu %.6f", parents[j],
                                        is_or ? 0.9 * (double)uniform(graph, k) : 4 * (double)uniform(graph, k) - 2), k++;
        }
    }
    for (size_t i = n; i-- > 0;) { /* children first */
        strcat(text, lines[i]);
        strcat(text, i % 2 ? "\n" : "  # a comment\n\n");
    }
    return parse(text);
}

/* Marginals and evidence by hand, from the joint probability of every state. */
static double by_hand(const hm_belief *net, const int8_t *observed, double *marginal, uint8_t *best, double *best_log)
{
    size_t n = hm_belief_n_nodes(net);
    double total = 0;
    uint8_t state[NODES_MAX];
    *best_log = -INFINITY;
    memset(marginal, 0, n * sizeof *marginal);
    for (size_t index = 0; index < (size_t)1 << n; index++) {
        bool agrees = true;
        for (size_t i = 0; i < n; i++) {
            state[i] = index >> i & 1;
            agrees = agrees && (observed[i] < 0 || observed[i] == state[i]);
        }
        if (!agrees)
            continue;
        double log_p = hm_belief_log_joint(net, state), p = exp(log_p);
        total += p;
        for (size_t i = 0; i < n; i++)
            marginal[i] += state[i] ? p : 0;
        if (log_p > *best_log) {
            *best_log = log_p;
            memcpy(best, state, n);
        }
    }
    for (size_t i = 0; i < n; i++)
        marginal[i] /= total;
    return log(total);
}

static void exact_methods_agree_on_random_graphs(void **state)
{
    (void)state;
    enum { GRAPHS = 300 };
    for (uint64_t graph = 0; graph < GRAPHS; graph++) {
        size_t n = 3 + graph % (NODES_MAX - 2);
        hm_belief *net = random_net(graph, n);
        int8_t observed[NODES_MAX];
        double want[NODES_MAX], best_log, found_log;
        uint8_t best[NODES_MAX], found[NODES_MAX];
        for (size_t i = 0; i < n; i++)
            observed[i] = uniform(graph, 1000 + i) < 0.3f ? uniform(graph, 2000 + i) < 0.5f : -1;
        double log_evidence = by_hand(net, observed, want, best, &best_log);
        for (int method = HM_INFER_ENUMERATION; method <= HM_INFER_ELIMINATION; method++) {
            hm_posterior p;
            const hm_belief_config config = by(method);
            assert_int_equal(hm_belief_infer(net, observed, &config, &p, NULL), HM_OK);
            assert_true(fabs(p.log_evidence - log_evidence) < 1e-9);
            for (size_t i = 0; i < n; i++)
                assert_true(fabs(p.marginal[i].p - want[i]) < 1e-9);
            hm_posterior_clear(net, &p);
        }
        assert_int_equal(hm_belief_explain(net, observed, found, &found_log, NULL), HM_OK);
        assert_true(fabs(found_log - best_log) < 1e-9);
        assert_memory_equal(found, best, n);
        hm_belief_destroy(net);
    }
}

/* Errors that samplers state hold: over 60 graphs and all nodes, hardly any estimate lies five of them away. */
static void samplers_are_within_their_errors(void **state)
{
    (void)state;
    enum { GRAPHS = 60 };
    for (int method = HM_INFER_GIBBS; method <= HM_INFER_WEIGHTING; method++) {
        int n_far = 0, n_all = 0;
        double worst = 0;
        for (uint64_t graph = 0; graph < GRAPHS; graph++) {
            hm_belief *net = random_net(graph, NODES_MAX);
            int8_t observed[NODES_MAX];
            double want[NODES_MAX], best_log;
            uint8_t best[NODES_MAX];
            hm_posterior p;
            hm_belief_config config = by(method);
            config.samples = method == HM_INFER_GIBBS ? 2000 : 20000;
            for (size_t i = 0; i < NODES_MAX; i++)
                observed[i] = uniform(graph, 1000 + i) < 0.2f ? uniform(graph, 2000 + i) < 0.5f : -1;
            by_hand(net, observed, want, best, &best_log);
            assert_int_equal(hm_belief_infer(net, observed, &config, &p, NULL), HM_OK);
            for (size_t i = 0; i < NODES_MAX; i++) {
                double off = fabs(p.marginal[i].p - want[i]);
                n_far += off > 5 * p.marginal[i].error + 1e-9;
                n_all++;
                worst = fmax(worst, off);
            }
            hm_posterior_clear(net, &p);
            hm_belief_destroy(net);
        }
        print_message("%s: %d of %d beyond five errors, worst %.4f\n", hm_belief_method_name(method), n_far, n_all, worst);
        assert_true(n_far <= 3 && worst < 0.05);
    }
}

/* Ancestral samples have the marginals of the net. */
static void samples_have_the_right_marginals(void **state)
{
    (void)state;
    enum { N = 20000 };
    hm_belief *net = random_net(5, NODES_MAX);
    uint8_t *states = malloc(N * NODES_MAX), best[NODES_MAX];
    double want[NODES_MAX], best_log;
    int8_t nothing[NODES_MAX];
    memset(nothing, -1, sizeof nothing);
    by_hand(net, nothing, want, best, &best_log);
    assert_non_null(states);
    assert_int_equal(hm_belief_sample(net, N, 1, states, NULL), HM_OK);
    for (size_t i = 0; i < NODES_MAX; i++) {
        double mean = 0;
        for (size_t s = 0; s < N; s++)
            mean += states[s * NODES_MAX + i] / (double)N;
        assert_true(fabs(mean - want[i]) < 5 * sqrt(want[i] * (1 - want[i]) / N) + 1e-9);
    }
    free(states);
    hm_belief_destroy(net);
}

/* Cooled slowly, small nets end in their most probable state. */
static void annealing_finds_the_most_probable_state(void **state)
{
    (void)state;
    enum { GRAPHS = 50, SWEEPS = 2000 };
    static double temperature[SWEEPS], energy[SWEEPS];
    int n_found = 0;
    for (int k = 0; k < SWEEPS; k++)
        temperature[k] = 5 * pow(0.02, (double)k / (SWEEPS - 1));
    for (uint64_t graph = 0; graph < GRAPHS; graph++) {
        hm_belief *net = random_net(graph, NODES_MAX);
        int8_t observed[NODES_MAX];
        uint8_t best[NODES_MAX], found[NODES_MAX];
        double log_joint;
        memset(observed, -1, sizeof observed);
        observed[graph % NODES_MAX] = 1;
        assert_int_equal(hm_belief_explain(net, observed, best, &log_joint, NULL), HM_OK);
        assert_int_equal(hm_belief_anneal(net, observed, temperature, SWEEPS, found, energy, NULL), HM_OK);
        assert_int_equal(found[graph % NODES_MAX], 1);
        n_found += fabs(hm_belief_log_joint(net, found) - log_joint) < 1e-9;
        hm_belief_destroy(net);
    }
    print_message("%d of %d\n", n_found, GRAPHS);
    assert_true(n_found >= GRAPHS - 1);
}

/* In a -> b -> c and a <- b -> c, a and c are independent once b is known; in a -> b <- c only while it is not. */
static void separated_nodes_are_independent(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_given_b; /* independent with b known, else without */
    } cases[] = {{"node a bias 0.3\nnode b bias -1 a 3\nnode c bias 1 b -2\n", true},
                 {"node b bias 0.3\nnode a bias -1 b 3\nnode c bias 1 b -2\n", true},
                 {"node a bias 0.3\nnode c bias -0.5\nnode b bias -1 a 3 c 2\n", false}};
    for (size_t k = 0; k < 3; k++) {
        hm_belief *net = parse(cases[k].text);
        double with_b = ask(net, HM_INFER_AUTO, "a", "b=1,c=1") - ask(net, HM_INFER_AUTO, "a", "b=1,c=0");
        double without = ask(net, HM_INFER_AUTO, "a", "c=1") - ask(net, HM_INFER_AUTO, "a", "c=0");
        assert_true(fabs(cases[k].is_given_b ? with_b : without) < 1e-12);
        assert_true(fabs(cases[k].is_given_b ? without : with_b) > 0.01);
        hm_belief_destroy(net);
    }
}

/* ---- Bad input ------------------------------------------------------------------------------------------------------- */

static void bad_files_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "there are no nodes"},
        {"node a bias", "a number is missing"},
        {"node a weight 1", "node NAME bias NUMBER"},
        {"nod a bias 1", "a line begins with node, noisy-or, table or values"},
        {"node a bias 1 b", "a number is missing"},
        {"node a bias 1 b 2", "has a parent b, which is no node"},
        {"node a bias 1\nnode a bias 2", "two nodes named a"},
        {"node b bias 1\nnode a bias 1 b 1 b 2", "has the parent b twice"},
        {"node a bias 1 a 2", "a cycle, where there must be none: a <- a"},
        {"node a bias 1 c 2\nnode b bias 0 a 1\nnode c bias 1 b 2\nnode d bias 0 c 1", "a cycle, where there must be none: "},
        {"table a : 0.5 0.5", "more than 1 probabilities; 0 parents have 1 states"},
        {"table b : 0.5\ntable a b : 0.5", "only 1 probabilities; 1 parents have 2 states"},
        {"table a : 1.5", "1.5 is no probability"},
        {"table a : -0.5", "-0.5 is no probability"},
        {"table a 0.5", "a table goes"},
        {"noisy-or a leak 2", "a leak of 2 is no probability"},
        {"node b bias 1\nnoisy-or a leak 0 b 1.01", "1.01 is no probability"},
        {"node a bias nan", "a number is missing"},
        {"node a bias 1e999", "a number is missing"},
        {"node aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bias 1", "longer than 63"},
        {"variable a { type discrete [ 3 ] { x, y, z }; }", "only variables of two are supported"},
        {"variable a { type discrete [ 2 ] { x, y }; }", "has no probabilities"},
        {"variable a { type discrete [ 2 ] { x, y }; } probability ( a ) { table 0.5, 0.6; }", "do not sum to 1"},
        {"variable a { type discrete [ 2 ] { x, y }; } probability ( b ) { table 0.5, 0.5; }", "this is no variable"},
        {"variable a { type discrete [ 2 ] { x, y }; } probability ( a | b ) { }", "this parent is no variable"},
        {"variable a { type discrete [ 2 ] { x, y }; } probability ( a ) { (x) 0.5, 0.5; }", "\"table\" should be here"},
        {"network n { ", "the file ends early"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hm_belief *net;
        hm_error error = {0};
        assert_int_not_equal(hm_belief_parse(context, "bad.net", bad[i][0], strlen(bad[i][0]), &net, &error), HM_OK);
        if (!strstr(error.message, bad[i][1]))
            fail_msg("\"%s\" gives \"%s\"", bad[i][0], error.message);
        assert_null(net);
    }
    hm_belief *net;
    hm_error error;
    assert_int_equal(hm_belief_parse(context, "binary", "node\0a", 6, &net, &error), HM_ERROR_FORMAT);
}

static void bad_observations_are_refused(void **state)
{
    (void)state;
    hm_belief *net = load_example("asia.bif");
    hm_error error;
    int8_t observed[8];
    hm_posterior posterior;
    memset(observed, -1, sizeof observed);
    assert_int_equal(hm_belief_observe(net, "tuberculosis=yes", observed, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "the nodes are asia, tub, smoke"));
    assert_int_equal(hm_belief_observe(net, "tub=maybe", observed, &error), HM_ERROR_ARGUMENT);
    assert_string_equal(error.message, "observe = tub=maybe: the values of tub are no and yes");
    assert_int_equal(hm_belief_observe(net, "tub", observed, &error), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_belief_observe(net, "tub=yes", observed, NULL), HM_OK);
    assert_int_equal(hm_belief_observe(net, "tub=no", observed, &error), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_belief_observe(net, "either=no", observed, NULL), HM_OK); /* impossible together */
    for (int method = HM_INFER_AUTO; method <= HM_INFER_WEIGHTING; method++) {
        hm_belief_config config = by(method);
        config.samples = 100;
        assert_int_equal(hm_belief_infer(net, observed, &config, &posterior, &error), HM_ERROR_ARGUMENT);
    }
    hm_belief_destroy(net);
}

/* A chain of ten thousand nodes: read at once, answered by sampling; and one of a thousand by elimination. */
static void long_chains_are_no_trouble(void **state)
{
    (void)state;
    enum { LONG = 10000, SHORT = 300 };
    char *text = malloc(LONG * 64);
    size_t used = (size_t)sprintf(text, "node x0 bias 0\n");
    int8_t *observed = malloc(LONG);
    hm_posterior p;
    assert_non_null(text);
    for (int i = 1; i < LONG; i++) {
        if (i == SHORT) {
            hm_belief *net = parse(text);
            const hm_belief_config config = by(HM_INFER_AUTO);
            memset(observed, -1, LONG);
            observed[SHORT - 1] = 1;
            assert_int_equal(hm_belief_infer(net, observed, &config, &p, NULL), HM_OK);
            assert_int_equal(p.method, HM_INFER_ELIMINATION);
            assert_int_equal(p.width, 1);
            assert_true(p.marginal[SHORT - 2].p > 0.6 && fabs(p.marginal[0].p - 0.5) < 1e-3);
            hm_posterior_clear(net, &p);
            hm_belief_destroy(net);
        }
        used += (size_t)sprintf(text + used, "node x%d bias -1 x%d 2\n", i, i - 1);
    }
    hm_belief *net = parse(text);
    hm_belief_config config = by(HM_INFER_AUTO);
    config.samples = 20;
    memset(observed, -1, LONG);
    assert_int_equal(hm_belief_n_nodes(net), LONG);
    assert_int_equal(hm_belief_infer(net, observed, &config, &p, NULL), HM_OK);
    assert_int_equal(p.method, HM_INFER_GIBBS);
    hm_posterior_clear(net, &p);
    hm_belief_destroy(net);
    free(text);
    free(observed);
}

/* ---- Learning ------------------------------------------------------------------------------------------------- */

static hm_belief_learn_config learning(int64_t iterations, int begin)
{
    hm_belief_learn_config config;
    hm_options_init(&hm_belief_learn_options, &config);
    config.iterations = iterations;
    config.begin = begin;
    return config;
}

/* Samples of a net as cases: states[n][n_nodes]. */
static int8_t *draw_cases(const hm_belief *net, size_t n)
{
    size_t n_nodes = hm_belief_n_nodes(net);
    uint8_t *drawn = malloc(n * n_nodes);
    int8_t *states = malloc(n * n_nodes);
    assert_true(drawn && states);
    assert_int_equal(hm_belief_sample(net, n, 1, drawn, NULL), HM_OK);
    for (size_t i = 0; i < n * n_nodes; i++)
        states[i] = (int8_t)drawn[i];
    free(drawn);
    return states;
}

/* Of a table exactly the shares of the cases; of the others within five deviations of a sample of 50,000. */
static void complete_cases_give_back_the_net(void **state)
{
    (void)state;
    enum { N = 50000 };
    static const char truth[] = "table a : 0.3\ntable b a : 0.2 0.7\nnode c bias -1 a 2 b -1.5\nnoisy-or d leak 0.1 a 0.6 c 0.8\n";
    static const char start[] = "table a : 0.5\ntable b a : 0.5 0.5\nnode c bias 0 a 0 b 0\nnoisy-or d leak 0.5 a 0.5 c 0.5\n";
    hm_belief *net = parse(truth), *learned = parse(start);
    const hm_belief_learn_config config = learning(1, HM_BEGIN_NET);
    int8_t *cases = draw_cases(net, N);
    double log_likelihood, n_a = 0, n_ab = 0;
    for (size_t i = 0; i < N; i++) {
        n_a += cases[i * 4];
        n_ab += cases[i * 4] && cases[i * 4 + 1];
    }
    assert_int_equal(hm_belief_learn(learned, cases, N, &config, NULL, &log_likelihood, NULL), HM_OK);
    assert_float_equal(hm_belief_node(learned, 0)->numbers[0], n_a / N, 1e-12);
    assert_float_equal(hm_belief_node(learned, 1)->numbers[1], n_ab / n_a, 1e-12);
    const hm_node *c = hm_belief_node(learned, 2), *d = hm_belief_node(learned, 3);
    assert_float_equal(c->bias, -1, 0.1);
    assert_float_equal(c->numbers[0], 2, 0.15);
    assert_float_equal(c->numbers[1], -1.5, 0.15);
    assert_float_equal(d->bias, 0.1, 0.02);
    assert_float_equal(d->numbers[0], 0.6, 0.03);
    assert_float_equal(d->numbers[1], 0.8, 0.03);
    free(cases);
    hm_belief_destroy(net);
    hm_belief_destroy(learned);
}

typedef struct path_of_em {
    double last;
    size_t n;
    bool has_fallen;
} path_of_em;

static void note_iteration(void *user, size_t iteration, double log_likelihood)
{
    path_of_em *p = user;
    p->has_fallen = p->has_fallen || (iteration > 0 && log_likelihood < p->last - 1e-9);
    p->last = log_likelihood;
    p->n = iteration;
}

/* A hidden cause of four effects: EM never falls, and ends as good as the truth on the same cases. */
static void hidden_nodes_are_learned_by_em(void **state)
{
    (void)state;
    enum { N = 5000 };
    static const char text[] = "table h : 0.4\ntable a h : 0.1 0.9\ntable b h : 0.8 0.2\nnode c bias -2 h 4\nnoisy-or d leak 0.05 h 0.9\n";
    hm_belief *truth = parse(text), *net = parse(text);
    int8_t *cases = draw_cases(truth, N);
    double of_truth = 0, learned;
    hm_posterior posterior;
    const hm_belief_config exactly = by(HM_INFER_ENUMERATION);
    hm_belief_learn_config config = learning(500, HM_BEGIN_RANDOM);
    path_of_em path = {-INFINITY, 0, false};
    const hm_belief_learn_events events = {&path, note_iteration};
    config.tolerance = 0;
    for (size_t i = 0; i < N; i++) {
        cases[i * 5] = -1;
        assert_int_equal(hm_belief_infer(truth, cases + i * 5, &exactly, &posterior, NULL), HM_OK);
        of_truth += posterior.log_evidence / N;
        hm_posterior_clear(truth, &posterior);
    }
    assert_int_equal(hm_belief_learn(net, cases, N, &config, &events, &learned, NULL), HM_OK);
    print_message("%.5f nats by EM in %zu iterations, %.5f of the truth\n", learned, path.n, of_truth);
    assert_false(path.has_fallen);
    assert_true(learned >= of_truth && learned < of_truth + 0.005); /* 8 numbers fitted to 5,000 cases */
    free(cases);
    hm_belief_destroy(truth);
    hm_belief_destroy(net);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A complete case is counted although the net thought it impossible; one with a hidden node then says nothing, and that is said. */
static void impossible_cases_are_told(void **state)
{
    (void)state;
    hm_belief *net = parse("table a : 0\ntable b a : 0.5 0.5\n");
    const hm_belief_learn_config config = learning(3, HM_BEGIN_NET);
    const int8_t complete[] = {1, 1, 0, 1, 1, 0, 0, 0}, hidden[] = {1, -1, 0, 1};
    double log_likelihood;
    hm_error error;
    assert_int_equal(hm_belief_learn(net, complete, 4, &config, NULL, &log_likelihood, &error), HM_OK);
    assert_float_equal(hm_belief_node(net, 0)->numbers[0], 0.5, 1e-12);
    assert_float_equal(log_likelihood, -2 * log(2), 1e-12);
    hm_belief_destroy(net);
    net = parse("table a : 0\ntable b a : 0.5 0.5\n");
    assert_int_equal(hm_belief_learn(net, hidden, 2, &config, NULL, &log_likelihood, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "a=1"));
    assert_non_null(strstr(error.message, "--begin random"));
    hm_belief_destroy(net);
    net = parse("table a : 0.5\ntable b a : 0 1\ntable c a : 0 1\n"); /* impossible only together */
    const int8_t joint[] = {-1, 1, 0};
    assert_int_equal(hm_belief_learn(net, joint, 1, &config, NULL, &log_likelihood, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "cannot happen in this net as it is, and so says nothing of what is hidden in it: b=1 c=0"));
    hm_belief_destroy(net);
}

/* Nets and cases go out and come back. */
static void files_come_back(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    static const char text[] = "table smoke : 0.25\nvalues smoke no yes\nnode x bias -0.1 smoke 0.3\nnoisy-or y leak 0.125 smoke 0.7 x 0.1\n";
    hm_belief *net = parse(text), *again;
    hm_error error;
    temporary_file(path);
    assert_int_equal(hm_belief_save(net, path, &error), HM_OK);
    assert_int_equal(hm_belief_load(context, path, &again, &error), HM_OK);
    for (size_t i = 0; i < 3; i++) {
        const hm_node *a = hm_belief_node(net, i), *b = hm_belief_node(again, i);
        assert_string_equal(a->name, b->name);
        assert_string_equal(a->values[1], b->values[1]);
        assert_true(a->kind == b->kind && a->n_parents == b->n_parents && a->bias == b->bias);
        for (size_t k = 0; k < a->n_parents; k++)
            assert_true(a->numbers[k] == b->numbers[k]);
    }
    int8_t *states;
    size_t n;
    write_file(path, "y; smoke\n1;yes\n?;no\n0;\n\n");
    assert_int_equal(hm_belief_read_cases(net, path, &states, &n, &error), HM_OK);
    const int8_t want[] = {1, -1, 1, 0, -1, -1, -1, -1, 0};
    assert_int_equal(n, 3);
    assert_memory_equal(states, want, sizeof want);
    hm_belief_free_cases(net, states);
    static const char *const bad[][2] = {{"y,z\n1,0\n", "no node \"z\""},
                                         {"y,y\n1,0\n", "same column twice"},
                                         {"y,x\n1\n", "line 2: 1 values, where the first line has 2"},
                                         {"y,smoke\n1,maybe\n", "line 2: smoke is \"maybe\"; its values are no and yes"},
                                         {"y,x\n", "no case"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(path, bad[i][0]);
        assert_int_equal(hm_belief_read_cases(net, path, &states, &n, &error), HM_ERROR_FORMAT);
        assert_non_null(strstr(error.message, bad[i][1]));
    }
    remove(path);
    hm_belief_destroy(net);
    hm_belief_destroy(again);
}

/* examples/nets/complementary.net is what docs/hard.md says: its causes are independent given any effects. */
static void a_complementary_prior_makes_causes_independent(void **state)
{
    (void)state;
    hm_belief *net = load_example("complementary.net");
    size_t query[3], n = hm_belief_n_nodes(net);
    int8_t observed[16];
    double joint[8];
    assert_int_equal(n, 7);
    for (size_t k = 0; k < 3; k++)
        assert_int_equal(hm_belief_find(net, ((const char *const[]){"edge", "bar", "dot"})[k], &query[k], NULL), HM_OK);
    for (int effects = 0; effects < 16; effects++) {
        memset(observed, -1, sizeof observed);
        for (size_t i = 3; i < n; i++)
            observed[i] = (int8_t)(effects >> (i - 3) & 1);
        assert_int_equal(hm_belief_joint(net, observed, query, 3, joint, NULL), HM_OK);
        double on[3] = {0};
        for (int s = 0; s < 8; s++)
            for (int k = 0; k < 3; k++)
                on[k] += s >> (2 - k) & 1 ? joint[s] : 0;
        for (int s = 0; s < 8; s++) {
            double product = 1;
            for (int k = 0; k < 3; k++)
                product *= s >> (2 - k) & 1 ? on[k] : 1 - on[k];
            assert_float_equal(joint[s], product, 1e-12);
        }
    }
    hm_belief_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lectures_house_jumps),
        cmocka_unit_test(classic_nets_have_their_published_posteriors),
        cmocka_unit_test(exact_methods_agree_on_random_graphs),
        cmocka_unit_test(samplers_are_within_their_errors),
        cmocka_unit_test(samples_have_the_right_marginals),
        cmocka_unit_test(annealing_finds_the_most_probable_state),
        cmocka_unit_test(separated_nodes_are_independent),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(bad_observations_are_refused),
        cmocka_unit_test(long_chains_are_no_trouble),
        cmocka_unit_test(complete_cases_give_back_the_net),
        cmocka_unit_test(hidden_nodes_are_learned_by_em),
        cmocka_unit_test(impossible_cases_are_told),
        cmocka_unit_test(files_come_back),
        cmocka_unit_test(a_complementary_prior_makes_causes_independent),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
