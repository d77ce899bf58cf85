/* Belief nets as others write them, what is said twice in them, evidence that cannot happen, and names that play tricks. */
#define _GNU_SOURCE /* mkstemp, nftw */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "base/lines.h"
#include "belief_nets.h"
#include "data_files.h"
#include "temporary.h"

#define VARIABLE(name) "variable " name " { type discrete [ 2 ] { yes, no }; }\n"
#define A VARIABLE("a")
#define B VARIABLE("b")
#define P_A "probability ( a ) { table 0.6, 0.4; }\n"
#define TABLE_B "probability ( b | a ) { table 0.8, 0.1, 0.2, 0.9; }\n"

/* P(a) = 0.6, P(b | a) = 0.8, P(b | not a) = 0.1. */
static void check_two(const hm_belief *net)
{
    assert_int_equal(hm_belief_n_nodes(net), 2);
    for (size_t i = 0; i < 2; i++) {
        const hm_node *node = hm_belief_node(net, i);
        bool is_b = strcmp(node->name, "b") == 0;
        assert_string_equal(node->values[1], "yes");
        assert_int_equal(node->n_parents, is_b);
        assert_float_equal(node->numbers[0], is_b ? 0.1 : 0.6, 1e-12);
        if (is_b)
            assert_float_equal(node->numbers[1], 0.8, 1e-12);
    }
}

static void bif_is_read_as_others_write_it(void **state)
{
    (void)state;
    static const char *const same[] = {
        "network n { }\n" A B P_A TABLE_B,
        "network \"the } net\" { property \"a; b }\" ; property x = http://y } ; }\n" A B P_A TABLE_B,
        "\xef\xbb\xbf" A B P_A TABLE_B,
        A B P_A "probability ( b | a ) { (yes) 0.8, 0.2; (no) 0.1, 0.9; }",
        A B P_A "probability ( b | a ) { (no) 0.1 0.9 ; (yes) 0.8 0.2 ; }",
        A B P_A "probability(b|a){(yes)0.8,0.2;(no)0.1,0.9;}",
        A B P_A "probability ( b | a ) { default 0.1, 0.9; (yes) 0.8, 0.2; }",
        A B P_A "probability ( b | a ) { (yes) 0.8, 0.2; default 0.1, 0.9; }",
        A B P_A "probability ( \"b\" \"a\" ) { table 0.8 0.1 0.2 0.9 ; }",
        A B P_A "probability ( b, a ) { property it's \"so\" ; table 0.8 0.1 0.2 0.9 ; property p; }",
        A B "probability ( a ) { default 0.6, 0.4; }" TABLE_B,
        "variable a { property position = (73, 165) ; type discrete[2] { \"yes\" \"no\" }; property w = 1; }" B P_A TABLE_B,
        "variable \"a\" { type discrete[2] { yes no } ; }" B P_A TABLE_B,
        "variable a { type discrete[2] { no, yes }; }\n" B "probability ( a ) { table 0.4, 0.6; }"
        "probability ( b | a ) { table 0.1, 0.8, 0.9, 0.2; }",
        "variable b { type discrete[2] { no, yes }; }\n" A P_A "probability ( b | a ) { table 0.2, 0.9, 0.8, 0.1; }",
        "/* one\n two */ // three\nnetwork n { /* } */ }\r\n" A "// }\r\n" B P_A TABLE_B "// the end",
        TABLE_B P_A A B,
        B P_A "network n {}" A TABLE_B,
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        hm_belief *net = parse(same[i]);
        check_two(net);
        hm_belief_destroy(net);
    }
}

/* The last parent changes fastest, the variable itself slowest, and states count as they are listed: b lists no first. */
static void tables_of_two_parents_are_in_the_order_of_bif(void **state)
{
    (void)state;
    hm_belief *net = parse(A "variable b { type discrete [ 2 ] { no, yes }; }\n" VARIABLE("c") P_A
                           "probability ( b ) { table 0.5, 0.5; }\n"
                           "probability ( c | a, b ) { table 0.1, 0.2, 0.3, 0.4, 0.9, 0.8, 0.7, 0.6; }");
    const double *p = hm_belief_node(net, 2)->numbers; /* off before on: a = no b = no is listed third */
    assert_float_equal(p[0], 0.3, 1e-12);
    assert_float_equal(p[1], 0.4, 1e-12);
    assert_float_equal(p[2], 0.1, 1e-12);
    assert_float_equal(p[3], 0.2, 1e-12);
    hm_belief_destroy(net);
}

static void check_refused(const char *text, const char *complaint)
{
    hm_belief *net;
    hm_error error = {0};
    assert_int_not_equal(hm_belief_parse(context, "bad", text, strlen(text), &net, &error), HM_OK);
    assert_null(net);
    if (!strstr(error.message, complaint))
        fail_msg("\"%s\" gives \"%s\"", text, error.message);
}

static void what_is_said_twice_is_told(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {A B P_A "probability ( b | a ) {\n(yes) 0.8, 0.2;\n(no) 0.1, 0.9;\n(yes) 0.8, 0.2; }", "line 7: the row (yes) of b is here twice"},
        {A B P_A "probability ( b | a ) { default 0.8, 0.2;\ndefault 0.1, 0.9; }", "line 5: default of b is here twice"},
        {A B P_A "probability ( b | a ) { table 0.8, 0.1, 0.2, 0.9;\ntable 0.8, 0.1, 0.2, 0.9; }", "line 5: table of b is here twice"},
        {A B P_A "probability ( b | a ) { table 0.8, 0.1, 0.2, 0.9;\n(no) 0.1, 0.9; }", "line 5: the row (no) of b is here twice"},
        {A B P_A "probability ( b | a ) { (no) 0.1, 0.9;\ntable 0.8, 0.1, 0.2, 0.9; }", "line 5: a row of b is here twice"},
        {A "probability ( a ) { table 0.6, 0.4;\ntable 0.6, 0.4; }", "line 3: table of a is here twice"},
        {A P_A P_A, "line 3: the probabilities of a are here twice"},
        {A B A P_A TABLE_B, "line 3: there are two nodes named a; the other is on line 1"},
        {"\nvariable a { type discrete [ 2 ] { yes, yes }; }\n" P_A, "line 2: a has the state yes twice"},
        {"variable a { type discrete [ 2 ] { yes, no };\ntype discrete [ 2 ] { yes, no }; }\n" P_A, "line 2: the type of a is here twice"},
        {A B P_A "probability ( b | a, a ) { default 0.5, 0.5; }", "line 4: b has the parent a twice"},
        {"node b bias 1\n\nnode a bias 1\nnode b bias 2", "line 4: there are two nodes named b; the other is on line 1"},
        {"node a bias 1\nvalues a no yes\n\nvalues a no yes\n", "line 4: the values of a are here twice"},
        {"node a bias 1\nvalues a no no\n", "line 2: a has the value no twice"},
        {"node a bias 1\nnode b bias 1 a 1 a 2\n", "line 2: b has the parent a twice"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(bad[i][0], bad[i][1]);
}

static void broken_bif_is_told(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {A "/* no end", "line 2: this comment has no end"},
        {"variable \"a\n{ }", "line 1: this string has no end"},
        {"network n { property x", "the file ends early, in a property"},
        {"network n }", "\"{\" is missing"},
        {"variable a { }", "a has no type"},
        {"variable { { }", "a name is missing"},
        {"variable a { type discrete [ 2 ] { x, };", "a name is missing"},
        {"variable a { type discrete [ 2 ] { x, y, z }; }", "where \"}\" should be"},
        {A B P_A "probability ( b | a ) { table 0.7, 0.01, 0.3; }", "a probability is missing"},
        {A B P_A "probability ( b | a ) { table 0.7, 0.3, 0.01, 0.99; }", "0.7 and 0.01 do not sum to 1"},
        {A B P_A "probability ( b | a ) { default 0.7; }", "a probability is missing"},
        {A B P_A "probability ( b | a ) { default 0.7, 0.3, 0; }", "where \";\" should be"},
        {A B P_A "probability ( b | a ) { (yes) 0.7, 0.3; }", "a state of the parents has no probabilities"},
        {A B P_A "probability ( b | a ) { ", "line 4: the file ends early"},
        {A "probability ( a ) {", "the file ends early"},
        {A "probability ( a", "the file ends early"},
        {A "probability", "the file ends early"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(bad[i][0], bad[i][1]);
}

/* Every beginning of a net, and every line of it as the first, is read or refused with a message. */
static void cut_files_are_no_trouble(void **state)
{
    (void)state;
    static const char *const whole[] = {
        "\xef\xbb\xbfvalues a \"no way\" yes # x\nnode a bias 0.5\nnoisy-or b leak 0.1 a 0.9\ntable c a b : 0.1 0.2 0.3 0.4\nvalues c x y\n",
        "network \"n\" { property p; }\n" A B P_A "probability ( b | a ) { /* */ default 0.5, 0.5; (yes) 0.8, 0.2; } // x",
        "values", "values a", "values a x", "values a x y", "node", "noisy-or", "table", "table a", "table a :", "node a bias", "network",
        "variable", "probability", "property", ":", "\"", "\"\"", "node \"", "node \"\" bias 1", "table \"a : 0.5", "{", "}", "(", "/*", "/", "/**/"};
    for (size_t k = 0; k < sizeof whole / sizeof *whole; k++)
        for (size_t n = 0; n <= strlen(whole[k]); n++) {
            hm_belief *net;
            hm_error error = {0};
            char *copy = malloc(n + 1); /* of that size, so that a sanitizer sees who reads on */
            memcpy(copy, whole[k], n);
            hm_status status = hm_belief_parse(context, "cut", copy, n, &net, &error);
            assert_true(status == HM_OK ? net != NULL : net == NULL && *error.message);
            free(copy);
            hm_belief_destroy(net);
        }
    hm_belief *net = parse(whole[0]);
    assert_string_equal(hm_belief_node(net, 0)->values[0], "no way");
    hm_belief_destroy(net);
    check_refused("values a x y\n", "line 1: values of a, which is no node");
}

static const char *store(data_place *place, const char *text, bool is_packed)
{
    return is_packed ? write_gzip(place, "file.gz", text, strlen(text)) : write_text(place, "file", text);
}

/* A file, plain or packed, with or without a mark, of a net or of cases. */
static void packed_and_marked_files_are_read(void **state)
{
    (void)state;
    static const char *const nets[] = {A B P_A TABLE_B, "\xef\xbb\xbf" A B P_A TABLE_B,
                                       "\xef\xbb\xbftable b a : 0.1 0.8\nvalues b no yes\ntable a : 0.6\nvalues a no yes\n"};
    static const char cases[] = "\xef\xbb\xbf\"a\",b\nyes,\"no\"\n?,1\n";
    static const int8_t want[] = {1, 0, -1, 1};
    data_place place;
    hm_belief *net;
    hm_error error = {0};
    int8_t *states;
    size_t n;
    open_place(&place, 1, 1);
    for (int is_packed = 0; is_packed < 2; is_packed++) {
        for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
            hm_status status = hm_belief_load(context, store(&place, nets[i], is_packed), &net, &error);
            if (status == HM_ERROR_UNSUPPORTED && is_packed && strstr(error.message, "zlib")) {
                close_place(&place);
                return;
            }
            if (status != HM_OK)
                fail_msg("%s", error.message);
            check_two(net);
            hm_belief_destroy(net);
        }
        net = parse(nets[0]);
        if (hm_belief_read_cases(net, store(&place, cases, is_packed), &states, &n, &error) != HM_OK)
            fail_msg("%s", error.message);
        assert_int_equal(n, 2);
        assert_memory_equal(states, want, sizeof want);
        hm_belief_free_cases(net, states);
        hm_belief_destroy(net);
    }
    close_place(&place);
}

/* ---- Names ------------------------------------------------------------------------------------------------------------- */

static const char odd[] = "variable \"two words, \\;<b>\" { type discrete [ 2 ] { \"not, so\" \"?;\" }; }\nprobability ( \"two words, \\;<b>\" ) "
                          "{ table 0.25, 0.75; }\nvariable \"#c\" { type discrete [ 2 ] { \"=\", \"1 2\" }; }\nprobability ( \"#c\" | "
                          "\"two words, \\;<b>\" ) { default 0.5, 0.5; }";

/* A net and cases with names that need quotes go out and come back. */
static void odd_names_come_back(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    temporary_file(path);
    hm_belief *net = parse(odd), *again;
    hm_error error = {0};
    static const uint8_t states[] = {0, 1, 1, 0};
    int8_t *read;
    size_t n;
    assert_int_equal(hm_belief_save(net, path, &error), HM_OK);
    if (hm_belief_load(context, path, &again, &error) != HM_OK)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(hm_belief_node(net, i)->name, hm_belief_node(again, i)->name);
        for (int k = 0; k < 2; k++)
            assert_string_equal(hm_belief_node(net, i)->values[k], hm_belief_node(again, i)->values[k]);
    }
    assert_int_equal(hm_belief_write_cases(net, path, states, 2, &error), HM_OK);
    if (hm_belief_read_cases(net, path, &read, &n, &error) != HM_OK)
        fail_msg("%s", error.message);
    assert_int_equal(n, 2);
    assert_memory_equal(read, states, sizeof states);
    hm_belief_free_cases(net, read);
    data_place place;
    open_place(&place, 1, 1);
    static const char *const bad[] = {"\"two words, \\;<b>\n", "\"#c\"x,\n1,1\n", "\"#c\n0\n"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(hm_belief_read_cases(net, write_text(&place, "cases", bad[i]), &read, &n, &error), HM_ERROR_FORMAT);
        assert_non_null(strstr(error.message, "line 1"));
    }
    close_place(&place);
    hm_belief_destroy(net);
    hm_belief_destroy(again);
    remove(path);
}

/* The same three cases as programs write them. */
static void cases_are_read_as_others_write_them(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a,b\n1,0\n?,1\n0,0\n",
        ",a,b\n0,1.0,0.0\n1,,1.0\n2,0.0,0.0\n",                                    /* pandas */
        "\"\",\"a\",\"b\"\n\"1\",TRUE,FALSE\n\"2\",NA,TRUE\n\"3\",FALSE,FALSE\n",     /* R, write.csv */
        "\"a\" \"b\"\n\"1\" \"on\" \"off\"\n\"2\" NA \"on\"\n\"3\" \"off\" \"off\"\n", /* R, write.table */
        "\357\273\277b;a\r\noff;on\r\non;\r\noff;off\r\n\r\n",
        "a\tb\nTrue\tFalse\nnan\tTrue\nFalse\tFalse\n",
        "# numpy\na b\n1 0\nnan 1\n0 0\n",
    };
    static const int8_t wanted[] = {1, 0, -1, 1, 0, 0};
    data_place place;
    hm_belief *net;
    hm_error error;
    open_place(&place, 1, 1);
    static const char text[] = "table a : 0.5\ntable b : 0.5\nvalues a off on\nvalues b off on\n";
    assert_int_equal(hm_belief_parse(place.context, "a.net", text, strlen(text), &net, &error), HM_OK);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int8_t *read;
        size_t n;
        if (hm_belief_read_cases(net, write_text(&place, "cases", texts[i]), &read, &n, &error) != HM_OK)
            fail_msg("%zu: %s", i, error.message);
        assert_int_equal(n, 3);
        assert_memory_equal(read, wanted, sizeof wanted);
        hm_belief_free_cases(net, read);
    }
    hm_belief_destroy(net);
    close_place(&place);
}

static void text_for_a_terminal_has_no_controls(void **state)
{
    (void)state;
    static const char *const shown[][2] = {{"plain \xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80", "plain \xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80"},
                                           {"a\x1b[31mb\r\n\t\a\x7f", "a?[31mb?????"},
                                           {"\xc2\x9b" "1m \x9b 2", "??1m ? 2"},
                                           {"\xe9t\xe9", "?t?"},
                                           {"\xe2\x86", "??"}};
    char text[64];
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        assert_string_equal(hm_text_show(shown[i][0], text, sizeof text), shown[i][1]);
    assert_string_equal(hm_text_show("ab\xc3\xa9", text, 4), "ab");
    check_refused("node a\x1b[2J bias 1", "at \"?[2J bias 1\"");
    check_refused("variable \"\x1b]0;x\a\" { type discrete [ 2 ] { x, y }; }", "the variable ?]0;x? has no");
}

/* One graph for Graphviz: quotes, backslashes and new lines of names are escaped, and controls told by their number. */
static void graphs_are_escaped(void **state)
{
    (void)state;
    static const hm_graph_node nodes[] = {{"say \"hi\"", 0.5, false}, {"back\\", 0.25, true}, {"two\nlines", 0, false},
                                          {"<b>&\x1b", 1, false}};
    static const hm_graph_edge edges[] = {{0, 1}, {1, 2}, {2, 3}};
    static const char *const wanted[] = {"    \"say \\\"hi\\\"\" [label=\"say \\\"hi\\\"\\n0.5\",", "\"back\\\\\" [label=\"back\\\\\\n0.25\",",
                                         "\"two\\nlines\" [label=\"two\\nlines\\n0\",", "\"<b>&\\\\x1b\" [label=\"<b>&\\\\x1b\\n1\",",
                                         "    \"say \\\"hi\\\"\" -> \"back\\\\\";\n", "    \"back\\\\\" -> \"two\\nlines\";\n"};
    char path[TEMPORARY_MAX + 8], stem[TEMPORARY_MAX], text[4096];
    temporary_file(stem);
    hm_error error = {0};
    for (int is_svg = 0; is_svg < 2; is_svg++) {
        snprintf(path, sizeof path, "%s%s", stem, is_svg ? ".svg" : ".gv");
        assert_int_equal(hm_graph_draw(context, nodes, 4, edges, 3, path, &error), HM_OK);
        FILE *file = fopen(path, "r");
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
        for (size_t i = 0; !is_svg && i < sizeof wanted / sizeof *wanted; i++)
            if (!strstr(text, wanted[i]))
                fail_msg("no %s in\n%s", wanted[i], text);
        if (is_svg)
            assert_non_null(strstr(text, ">&#60;b&#62;&#38;?</text>"));
        remove(path);
    }
    FILE *printed = fopen(stem, "w+");
    assert_int_equal(hm_graph_print(context, nodes, 4, edges, 3, printed, &error), HM_OK);
    rewind(printed);
    text[fread(text, 1, sizeof text - 1, printed)] = 0;
    fclose(printed);
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, "two?lines"));
    remove(stem);
}

/* ---- Evidence that cannot happen ---------------------------------------------------------------------------------------- */

static hm_belief_config by(int method)
{
    hm_belief_config config;
    hm_options_init(&hm_belief_options, &config);
    config.method = method;
    config.samples = 200;
    return config;
}

typedef struct question {
    const char *net, *evidence;
} question;

static void observe_all(const hm_belief *net, const char *evidence, int8_t *observed)
{
    char text[200];
    hm_error error;
    memset(observed, -1, hm_belief_n_nodes(net));
    strcpy(text, evidence);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        assert_int_equal(hm_belief_observe(net, word, observed, &error), HM_OK);
}

static void check_impossible(hm_status status, const hm_error *error)
{
    assert_int_equal(status, HM_ERROR_ARGUMENT);
    assert_string_equal(error->message, "what was observed has probability 0 under this net, so nothing follows from it");
}

static void the_impossible_is_refused_by_every_method(void **state)
{
    (void)state;
    static const question questions[] = {
        {"table a : 0", "a=1"},
        {"table a : 1\ntable b a : 0.5 0.5", "a=0"},
        {"table a : 0.5\ntable b a : 0 1\ntable c a : 0 1", "b=1 c=0"},
        {"table a : 0.5\ntable b a : 0 1\ntable c b : 0 1\ntable d c : 0 1", "a=1 d=0"},
        {"noisy-or a leak 0\ntable b a : 0.5 0.5", "a=1"},
        {"table a : 0.5\nnoisy-or b leak 0 a 0.5", "a=0 b=1"},
        {"table a : 0.5\nnoisy-or b leak 0.1 a 1", "a=1 b=0"},
        {"table a : 0.5\nnode b bias -800 a 1600", "a=0 b=1"},
        {"table a : 0.5\nnode b bias 50\n", "b=0"},
        {"table a : 0.5\ntable b : 0.5\ntable x a b : 0 1 1 0\ntable y a b : 1 0 0 1\n", "x=1 y=1"},
    };
    for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
        hm_belief *net = parse(questions[q].net);
        int8_t observed[8];
        uint8_t best[8];
        size_t query[] = {0};
        double joint[2], energy[3], log_joint;
        static const double cooling[3] = {3, 1, 0.1};
        hm_error error = {0};
        observe_all(net, questions[q].evidence, observed);
        for (int method = HM_INFER_AUTO; method <= HM_INFER_WEIGHTING; method++) {
            hm_posterior posterior;
            const hm_belief_config config = by(method);
            check_impossible(hm_belief_infer(net, observed, &config, &posterior, &error), &error);
            assert_null(posterior.marginal);
        }
        const hm_belief_config config = by(HM_INFER_GIBBS);
        check_impossible(hm_belief_joint(net, observed, query, 1, joint, &error), &error);
        check_impossible(hm_belief_gibbs_joint(net, observed, &config, query, 1, joint, &error), &error);
        check_impossible(hm_belief_explain(net, observed, best, &log_joint, &error), &error);
        check_impossible(hm_belief_anneal(net, observed, cooling, 3, best, energy, &error), &error);
        hm_belief_destroy(net);
    }
}

/* The same nets with evidence that is rare but possible: nobody refuses, and Gibbs chains begin where they can. */
static void the_unlikely_is_not_refused(void **state)
{
    (void)state;
    static const question questions[] = {
        {"table a : 1e-9\ntable b a : 0 1\ntable c b : 0.5 0.5", "b=1"},
        {"table a : 0.5\ntable b : 0.5\ntable x a b : 0 1 1 0\ntable y a b : 0 1 1 0\n", "x=1 y=1"},
        {"table a : 1e-300\nnoisy-or b leak 0 a 1e-5", "b=1"},
    };
    for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
        hm_belief *net = parse(questions[q].net);
        int8_t observed[8];
        hm_posterior exact, gibbs;
        hm_error error = {0};
        const hm_belief_config one = by(HM_INFER_ELIMINATION), other = by(HM_INFER_GIBBS);
        observe_all(net, questions[q].evidence, observed);
        assert_int_equal(hm_belief_infer(net, observed, &one, &exact, &error), HM_OK);
        assert_int_equal(hm_belief_infer(net, observed, &other, &gibbs, &error), HM_OK);
        if (q != 1)
            assert_float_equal(gibbs.marginal[0].p, exact.marginal[0].p, 1e-6);
        hm_posterior_clear(net, &exact);
        hm_posterior_clear(net, &gibbs);
        hm_belief_destroy(net);
    }
}

/* A weight of samples that is 0 without being impossible is told apart, and so is a mass too small for a double. */
static void too_unlikely_is_not_called_impossible(void **state)
{
    (void)state;
    enum { N = 2000, LINE = 40 };
    char *text = malloc((N + 1) * LINE);
    int8_t *observed = malloc(N);
    size_t used = 0;
    for (int i = 0; i < N; i++)
        used += (size_t)snprintf(text + used, LINE, "table n%d : 0.5\n", i);
    hm_belief *net = parse(text);
    memset(observed, 1, N);
    hm_posterior posterior;
    hm_error error = {0};
    const hm_belief_config enumeration = by(HM_INFER_ENUMERATION), weighting = by(HM_INFER_WEIGHTING);
    assert_int_equal(hm_belief_infer(net, observed, &enumeration, &posterior, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "too unlikely under this net for this method"));
    assert_int_equal(hm_belief_infer(net, observed, &weighting, &posterior, &error), HM_OK);
    assert_float_equal(posterior.log_evidence, N * log(0.5), 1e-6);
    hm_posterior_clear(net, &posterior);
    hm_belief_destroy(net);
    net = parse("table a : 1e-12\ntable b a : 0 1\n");
    observed[0] = -1;
    assert_int_equal(hm_belief_infer(net, observed, &weighting, &posterior, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "too unlikely under this net for this method"));
    hm_belief_destroy(net);
    free(observed);
    free(text);
}

/* ---- Size ------------------------------------------------------------------------------------------------------------------ */

/* Chains of many variables, with their rows and values in any order: names are looked up in far less than quadratic time. */
static void many_names_are_quick(void **state)
{
    (void)state;
    enum { N = 20000, LINE = 160 };
    char *bif = malloc((size_t)N * LINE), *text = malloc((size_t)N * LINE);
    size_t used = 0;
    for (int i = 0; i < N; i++)
        used += (size_t)snprintf(bif + used, LINE, "variable a_name_long_enough_%d { type discrete [ 2 ] { yes, no }; }\n", i);
    for (int i = N; i-- > 0;)
        used += (size_t)snprintf(bif + used, LINE, "probability ( a_name_long_enough_%d | a_name_long_enough_%d ) { default 0.5, 0.5; }\n",
                                 i, i + 1);
    char *root = strstr(bif, "| a_name_long_enough_20000");
    memset(root, ' ', strlen("| a_name_long_enough_20000"));
    used = 0;
    for (int i = 0; i < N; i++)
        used += (size_t)snprintf(text + used, LINE, "values a_name_long_enough_%d no yes\n", i);
    for (int i = 0; i < N; i++)
        used += (size_t)snprintf(text + used, LINE, "node a_name_long_enough_%d bias 0\n", i);
    for (int k = 0; k < 2; k++) {
        clock_t begin = clock();
        hm_belief *net = parse(k ? text : bif);
        double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
        assert_int_equal(hm_belief_n_nodes(net), N);
        if (seconds > 1.5)
            fail_msg("%g s", seconds);
        hm_belief_destroy(net);
    }
    free(bif);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bif_is_read_as_others_write_it),
        cmocka_unit_test(tables_of_two_parents_are_in_the_order_of_bif),
        cmocka_unit_test(what_is_said_twice_is_told),
        cmocka_unit_test(broken_bif_is_told),
        cmocka_unit_test(cut_files_are_no_trouble),
        cmocka_unit_test(packed_and_marked_files_are_read),
        cmocka_unit_test(odd_names_come_back),
        cmocka_unit_test(cases_are_read_as_others_write_them),
        cmocka_unit_test(text_for_a_terminal_has_no_controls),
        cmocka_unit_test(graphs_are_escaped),
        cmocka_unit_test(the_impossible_is_refused_by_every_method),
        cmocka_unit_test(the_unlikely_is_not_refused),
        cmocka_unit_test(too_unlikely_is_not_called_impossible),
        cmocka_unit_test(many_names_are_quick),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
