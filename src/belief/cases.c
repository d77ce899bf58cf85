/* Cases of a belief net as a table of text: a line of node names, then a line a case. */
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/lines.h"
#include "belief/net.h"

enum { BYTES_MAX = 1 << 30, WORD_MAX = 128 };

typedef struct table {
    const hm_belief *net;
    const char *path, *at; /* at: what is left of the text */
    size_t line;
    char separator;
    size_t *column; /* [n_columns] the node of each */
    size_t n_columns;
} table;

static hm_status fail(const table *t, const char *what, const char *word, hm_error *error)
{
    return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s \"%.60s\"", t->path, t->line, what, word);
}

/* What stands in the quotes at `at`, where two quotes are one; *n bytes of it. Returns what follows, or null without an end. */
static const char *read_quoted(const char *at, char word[WORD_MAX], size_t *n)
{
    for (*n = 0, at++; *at && *at != '\n' && (*at != '"' || at[1] == '"'); at++) {
        at += *at == '"';
        if (*n + 1 < WORD_MAX)
            word[*n] = *at;
        ++*n;
    }
    return *at == '"' ? at + 1 + strspn(at + 1, " ") : NULL;
}

/* The next word of the line, without the blanks and quotes around it; *is_last when the line ends behind it. */
static hm_status read_word(table *t, char word[WORD_MAX], bool *is_last, hm_error *error)
{
    const char ends[] = {t->separator, '\n', '\r', 0}, *begin = t->at + strspn(t->at, " "), *behind;
    size_t n;
    if (*begin == '"') {
        behind = read_quoted(begin, word, &n);
        if (!behind || !strchr(ends, *behind))
            return fail(t, "quotes without an end, or text behind them:", begin, error);
    } else {
        behind = begin + strcspn(begin, ends);
        for (n = (size_t)(behind - begin); n > 0 && begin[n - 1] == ' '; n--)
            continue;
        memcpy(word, begin, n < WORD_MAX ? n : 0);
    }
    if (n >= WORD_MAX)
        return fail(t, "longer than 127 letters:", begin, error);
    word[n] = 0;
    t->at = behind;
    *is_last = *t->at != t->separator;
    t->at += !*is_last;
    return HM_OK;
}

static void end_line(table *t)
{
    t->at += *t->at == '\r';
    t->at += *t->at == '\n';
    t->line++;
}

/* The first line tells: a tab before a semicolon before a comma, outside of quotes. */
static char find_separator(const char *text)
{
    bool has_semicolon = false, is_quoted = false;
    for (; *text && *text != '\r' && *text != '\n'; text++) {
        if (*text == '\t' && !is_quoted)
            return '\t';
        is_quoted ^= *text == '"';
        has_semicolon |= *text == ';' && !is_quoted;
    }
    return has_semicolon ? ';' : ',';
}

static hm_status read_head(table *t, hm_error *error)
{
    char word[WORD_MAX];
    bool is_last = false;
    size_t node;
    hm_error unknown;
    t->line = 1;
    t->separator = find_separator(t->at);
    while (!is_last) {
        hm_status status = read_word(t, word, &is_last, error);
        if (status == HM_OK && hm_belief_find(t->net, word, &node, &unknown) != HM_OK)
            status = hm_fail(error, HM_ERROR_FORMAT, "%s, line 1: a column for each node, by its name: %s", t->path, unknown.message);
        for (size_t k = 0; status == HM_OK && k < t->n_columns; k++)
            if (t->column[k] == node)
                status = fail(t, "the same column twice:", word, error);
        if (status != HM_OK)
            return status;
        t->column[t->n_columns++] = node;
    }
    end_line(t);
    return HM_OK;
}

static hm_status read_value(const table *t, const char *word, size_t column, int8_t *state, hm_error *error)
{
    const hm_node *node = hm_belief_node(t->net, t->column[column]);
    int8_t value = -2;
    if (!*word || strcmp(word, "?") == 0)
        value = -1;
    for (int8_t k = 0; k < 2; k++)
        if (strcmp(word, node->values[k]) == 0 || strcmp(word, k ? "1" : "0") == 0)
            value = k;
    if (value == -2)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s is \"%.60s\"; its values are %s and %s, and ? where it is not known",
                       t->path, t->line, node->name, word, node->values[0], node->values[1]);
    state[t->column[column]] = value;
    return HM_OK;
}

static hm_status read_case(table *t, int8_t *state, hm_error *error)
{
    char word[WORD_MAX];
    bool is_last = false;
    size_t k = 0;
    memset(state, -1, t->net->n);
    for (; !is_last; k++) {
        hm_status status = read_word(t, word, &is_last, error);
        if (status == HM_OK && k < t->n_columns)
            status = read_value(t, word, k, state, error);
        if (status != HM_OK)
            return status;
    }
    if (k != t->n_columns)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %zu values, where the first line has %zu", t->path, t->line, k,
                       t->n_columns);
    end_line(t);
    return HM_OK;
}

static hm_status read_all(table *t, int8_t **states, size_t *n, hm_error *error)
{
    const hm_context *context = t->net->context;
    size_t room = hm_lines_count(t->at);
    hm_status status = read_head(t, error);
    *n = 0;
    if (status != HM_OK)
        return status;
    if (!(*states = hm_alloc(context, room * t->net->n, 1, error)))
        return HM_ERROR_MEMORY;
    while (status == HM_OK && *t->at) {
        if (*t->at == '\n' || *t->at == '\r')
            end_line(t);
        else
            status = read_case(t, *states + (*n)++ * t->net->n, error);
    }
    if (status == HM_OK && *n == 0)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: there is no case under the first line", t->path);
    if (status != HM_OK) {
        hm_free(context, *states);
        *states = NULL;
    }
    return status;
}

hm_status hm_belief_read_cases(const hm_belief *net, const char *path, int8_t **states, size_t *n, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, states));
    *states = NULL;
    HM_REQUIRE(HM_GIVEN(error, net, path, n));
    char *text;
    hm_status status = hm_belief_read_text(net->context, path, BYTES_MAX, "no table of cases", &text, error);
    if (status != HM_OK)
        return status;
    table t = {.net = net, .path = path, .at = text};
    if (!(t.column = hm_alloc(net->context, net->n + 1, sizeof *t.column, error)))
        status = HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = read_all(&t, states, n, error);
    hm_free(net->context, t.column);
    hm_free(net->context, text);
    return status;
}

void hm_belief_free_cases(const hm_belief *net, int8_t *states)
{
    hm_free(net->context, states);
}

/* In quotes, if it holds what would end it. */
static void write_word(hm_file_writer *writer, const char *word, bool is_last)
{
    const char *quote = strpbrk(word, ",;\t\" \r\n") ? "\"" : "";
    hm_file_print(writer, "%s", quote);
    for (; *word; word++)
        hm_file_print(writer, *word == '"' ? "\"%c" : "%c", *word);
    hm_file_print(writer, "%s%s", quote, is_last ? "\n" : ",");
}

hm_status hm_belief_write_cases(const hm_belief *net, const char *path, const uint8_t *states, size_t n, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, path));
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
