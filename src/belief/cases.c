/* Cases of a belief net as a table of text, as data/records.h reads it: a line of node names, then a line a case. */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "belief/net.h"
#include "data/records.h"

#define NO_NODE SIZE_MAX

typedef struct table {
    const hm_belief *net;
    hm_records in;
    size_t *column; /* [n_columns] the node of each, or NO_NODE for an index of the cases */
    size_t n_columns;
    int8_t *states; /* [n][nodes] */
    size_t n, room;
} table;

static hm_status fail(const table *t, const char *what, const char *word, hm_error *error)
{
    return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s \"%.60s\"", t->in.source->path, t->in.line, what, word);
}

/* ---- The first line -------------------------------------------------------------------------- */

/* What pandas and R write above the numbers of the cases. */
static bool is_index(const table *t, size_t k)
{
    const char *name = t->in.field[k].text;
    return k == 0 && t->in.n_fields > 1 && (!*name || strcmp(name, "Unnamed: 0") == 0);
}

static hm_status name_column(table *t, size_t k, hm_error *error)
{
    const char *name = t->in.field[k].text;
    size_t node = NO_NODE;
    hm_error unknown;
    if (!is_index(t, k) && hm_belief_find(t->net, name, &node, &unknown) != HM_OK)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: a column for each node, by its name: %s", t->in.source->path, t->in.line,
                       unknown.message);
    for (size_t j = 0; j < t->n_columns; j++)
        if (t->column[j] == node)
            return fail(t, "the same column twice:", name, error);
    t->column[t->n_columns++] = node;
    return HM_OK;
}

static hm_status read_head(table *t, hm_error *error)
{
    bool is_there = false;
    hm_status status = hm_records_next(&t->in, &is_there, error);
    if (status == HM_OK && (!is_there || t->in.n_fields == 0))
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: begins with no line of the names of nodes", t->in.source->path);
    if (status != HM_OK)
        return status;
    if (t->in.n_fields > t->net->n + 1)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %zu columns, and the net has %zu nodes", t->in.source->path, t->in.line,
                       t->in.n_fields, t->net->n);
    for (size_t k = 0; status == HM_OK && k < t->in.n_fields; k++)
        status = name_column(t, k, error);
    return status;
}

/* ---- Cases ----------------------------------------------------------------------------------- */

static bool is_word(const char *word, const char *const *words)
{
    for (; *words; words++) {
        size_t k = 0;
        while ((*words)[k] && (word[k] | ' ') == (*words)[k])
            k++;
        if (!word[k] && !(*words)[k])
            return true;
    }
    return false;
}

/* -2: it says nothing that the node can be. Its own words come first, then what other programs write for off, on and unknown. */
static int8_t value_of(const hm_node *node, const char *word)
{
    static const char *const unknown[] = {"?", "na", "nan", "n/a", "<na>", "null", "none", NULL}, *const off[] = {"false", NULL},
                             *const on[] = {"true", NULL};
    double number;
    for (int8_t k = 0; k < 2; k++)
        if (strcmp(word, node->values[k]) == 0)
            return k;
    if (!*word || is_word(word, unknown))
        return -1;
    if (is_word(word, off) || is_word(word, on))
        return is_word(word, on);
    bool is_number = hm_number_parse(word, strlen(word), &number) && (number == 0 || number == 1);
    return is_number ? (int8_t)number : -2;
}

static hm_status read_value(const table *t, size_t k, int8_t *state, hm_error *error)
{
    if (t->column[k] == NO_NODE)
        return HM_OK;
    const hm_node *node = hm_belief_node(t->net, t->column[k]);
    int8_t value = value_of(node, t->in.field[k].text);
    if (value == -2)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s is \"%.60s\"; its values are %s and %s, and ? where it is not known",
                       t->in.source->path, t->in.line, node->name, t->in.field[k].text, node->values[0], node->values[1]);
    state[t->column[k]] = value;
    return HM_OK;
}

static hm_status make_room(table *t, hm_error *error)
{
    if (t->n < t->room)
        return HM_OK;
    size_t room = t->room ? 2 * t->room : 64;
    int8_t *grown = hm_realloc(t->net->context, t->states, t->room, room, t->net->n, error);
    if (!grown)
        return HM_ERROR_MEMORY;
    t->states = grown;
    t->room = room;
    return HM_OK;
}

/* R's write.table names one column fewer than it writes: the first is the number of the case. */
static void find_index(table *t)
{
    if (t->n > 0 || t->in.n_fields != t->n_columns + 1 || t->column[0] == NO_NODE)
        return;
    memmove(t->column + 1, t->column, t->n_columns++ * sizeof *t->column);
    t->column[0] = NO_NODE;
}

static hm_status read_case(table *t, hm_error *error)
{
    find_index(t);
    if (t->in.n_fields != t->n_columns)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %zu values, where the first line has %zu", t->in.source->path, t->in.line,
                       t->in.n_fields, t->n_columns);
    hm_status status = make_room(t, error);
    if (status != HM_OK)
        return status;
    int8_t *state = t->states + t->n * t->net->n;
    memset(state, -1, t->net->n);
    for (size_t k = 0; status == HM_OK && k < t->n_columns; k++)
        status = read_value(t, k, state, error);
    t->n++;
    return status;
}

static hm_status read_all(table *t, hm_error *error)
{
    hm_status status = read_head(t, error);
    for (bool is_there = true; status == HM_OK && is_there;) {
        status = hm_records_next(&t->in, &is_there, error);
        if (status == HM_OK && is_there && t->in.n_fields > 0)
            status = read_case(t, error);
    }
    if (status == HM_OK && t->n == 0)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: there is no case under the first line", t->in.source->path);
    return status;
}

hm_status hm_belief_read_cases(const hm_belief *net, const char *path, int8_t **states, size_t *n, hm_error *error)
{
    hm_source source;
    table t = {.net = net};
    HM_REQUIRE(HM_GIVEN(error, states));
    *states = NULL;
    HM_REQUIRE(HM_GIVEN(error, net, path, n));
    hm_status status = hm_source_open(net->context, path, &source, error);
    if (status != HM_OK)
        return status;
    t.column = hm_alloc(net->context, net->n + 2, sizeof *t.column, error);
    status = t.column ? hm_records_open(&source, true, &t.in, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = read_all(&t, error);
    if (status == HM_OK) {
        *states = t.states;
        *n = t.n;
    } else {
        hm_free(net->context, t.states);
    }
    hm_records_close(&t.in);
    hm_free(net->context, t.column);
    hm_source_close(&source);
    return status;
}

void hm_belief_free_cases(const hm_belief *net, int8_t *states)
{
    hm_free(net->context, states);
}

static void write_word(hm_file_writer *writer, const char *word, bool is_last)
{
    hm_file_print_field(writer, word);
    hm_file_print(writer, "%s", is_last ? "\n" : ",");
}

hm_status hm_belief_write_cases(const hm_belief *net, const char *path, const uint8_t *states, size_t n, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, path));
    HM_REQUIRE(n ? HM_GIVEN(error, states) : HM_OK);
    HM_REQUIRE(hm_check_states("states", (const int8_t *)states, n * net->n, 0, error));
    hm_file_writer writer;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < net->n; i++)
        write_word(&writer, net->node[i].name, i + 1 == net->n);
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < net->n; i++)
            write_word(&writer, net->node[i].values[states[s * net->n + i]], i + 1 == net->n);
    return hm_file_commit(&writer, error);
}
