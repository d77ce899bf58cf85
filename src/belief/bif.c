/* The Bayesian Interchange Format, for binary variables. A variable is on in its state named yes, true, on, 1 or present; else in
 * the second of its two. Properties are skipped. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "belief/net.h"

enum { VARIABLES_MAX = 100000 };

typedef struct reader {
    const hm_context *context;
    const char *path, *at;
    size_t line;
    char word[HM_NODE_NAME_MAX]; /* the token just read; one letter for punctuation, empty at the end */
    hm_draft_list *drafts;
} reader;

static hm_status fail(const reader *r, const char *what, hm_error *error)
{
    return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s, at \"%s\"", r->path, r->line, what, r->word);
}

/* Blanks and both kinds of comments. */
static void skip(reader *r)
{
    for (;; r->at++) {
        if (r->at[0] == '/' && r->at[1] == '/')
            r->at += strcspn(r->at, "\n");
        if (r->at[0] == '/' && r->at[1] == '*') {
            const char *end = strstr(r->at + 2, "*/");
            for (; end && r->at < end + 1; r->at++)
                r->line += *r->at == '\n';
        } else if (*r->at == '\n') {
            r->line++;
        } else if (*r->at != ' ' && *r->at != '\t' && *r->at != '\r') {
            return;
        }
        if (*r->at == 0)
            return;
    }
}

static hm_status next(reader *r, hm_error *error)
{
    skip(r);
    size_t n = strcspn(r->at, " \t\r\n(){}[],;|\"");
    bool is_quoted = *r->at == '"';
    if (is_quoted)
        n = strcspn(++r->at, "\"\n");
    else if (n == 0 && *r->at)
        n = 1;
    if (n >= sizeof r->word)
        return fail(r, "a word is longer than 63 letters", error);
    memcpy(r->word, r->at, n);
    r->word[n] = 0;
    r->at += n + (is_quoted && r->at[n] == '"');
    return HM_OK;
}

static hm_status expect(reader *r, const char *word, hm_error *error)
{
    hm_status status = next(r, error);
    if (status != HM_OK || strcmp(r->word, word) == 0)
        return status;
    return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: \"%s\" where \"%s\" should be", r->path, r->line, r->word, word);
}

static hm_status skip_to(reader *r, const char *word, hm_error *error)
{
    do {
        hm_status status = next(r, error);
        if (status != HM_OK)
            return status;
        if (!*r->word)
            return fail(r, "the file ends early", error);
    } while (strcmp(r->word, word) != 0);
    return HM_OK;
}

static bool is_on_word(const char *word)
{
    static const char *const on[] = {"yes", "true", "on", "1", "present"};
    for (size_t i = 0; i < sizeof on / sizeof *on; i++)
        if (strcasecmp(word, on[i]) == 0)
            return true;
    return false;
}

/* variable NAME { type discrete [ 2 ] { a, b }; } */
static hm_status read_variable(reader *r, hm_error *error)
{
    static const char *const before[] = {"{", "type", "discrete", "[", "2", "]", "{"};
    char state[2][HM_NODE_NAME_MAX];
    if (r->drafts->n == VARIABLES_MAX)
        return fail(r, "more than 100,000 variables", error);
    hm_node_draft *d = hm_draft_add(r->drafts, HM_NODE_TABLE, r->line, error);
    if (!d)
        return HM_ERROR_MEMORY;
    hm_node *node = &d->node;
    hm_status status = next(r, error);
    if (status == HM_OK)
        memcpy(node->name, r->word, sizeof node->name);
    for (size_t k = 0; status == HM_OK && k < sizeof before / sizeof *before; k++) {
        status = next(r, error);
        if (status == HM_OK && k == 4 && strcmp(r->word, "2") != 0)
            return hm_fail(error, HM_ERROR_UNSUPPORTED, "%s, line %zu: %s has %s states; only variables of two are supported",
                           r->path, r->line, node->name, r->word);
        if (status == HM_OK && strcmp(r->word, before[k]) != 0)
            return fail(r, "a variable goes: variable NAME { type discrete [ 2 ] { a, b }; }", error);
    }
    for (int k = 0; status == HM_OK && k < 2; k++) {
        status = next(r, error);
        memcpy(state[k], r->word, sizeof state[k]);
        if (status == HM_OK)
            status = expect(r, k ? "}" : ",", error);
    }
    if (status != HM_OK)
        return status;
    int on = is_on_word(state[0]) && !is_on_word(state[1]) ? 0 : 1;
    memcpy(node->values[0], state[1 - on], sizeof state[0]);
    memcpy(node->values[1], state[on], sizeof state[0]);
    node->bias = on == 0; /* until the table is read: the state that is on was listed first */
    return skip_to(r, "}", error);
}

static hm_node_draft *find_draft(reader *r, const char *name)
{
    for (size_t i = 0; i < r->drafts->n; i++)
        if (strcmp(r->drafts->draft[i].node.name, name) == 0)
            return &r->drafts->draft[i];
    return NULL;
}

static hm_status read_probability(reader *r, double *p, hm_error *error)
{
    char *end;
    hm_status status = next(r, error);
    if (status != HM_OK)
        return status;
    *p = strtod(r->word, &end);
    return end != r->word && !*end && *p >= 0 && *p <= 1 ? HM_OK : fail(r, "a probability is missing", error);
}

/* Two probabilities in the order of the states as listed: which of them is `on` follows from the names. */
static hm_status read_pair(reader *r, bool is_on_first, double *p_on, hm_error *error)
{
    double p[2] = {0, 0};
    hm_status status = read_probability(r, &p[0], error);
    if (status == HM_OK)
        status = expect(r, ",", error);
    if (status == HM_OK)
        status = read_probability(r, &p[1], error);
    if (status == HM_OK && fabs(p[0] + p[1] - 1) > 1e-4)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %g and %g do not sum to 1", r->path, r->line, p[0], p[1]);
    *p_on = p[is_on_first ? 0 : 1] / (p[0] + p[1]);
    return status == HM_OK ? expect(r, ";", error) : status;
}

/* The row of a table that "(yes, no)" names. */
static hm_status read_row(reader *r, hm_node_draft *d, size_t *row, hm_error *error)
{
    *row = 0;
    for (size_t k = 0; k < d->node.n_parents; k++) {
        hm_status status = next(r, error);
        if (status != HM_OK)
            return status;
        const hm_node_draft *parent = find_draft(r, d->parent_names[k]);
        size_t value = strcmp(r->word, parent->node.values[1]) == 0;
        if (!value && strcmp(r->word, parent->node.values[0]) != 0)
            return fail(r, "this is no state of the parent", error);
        *row = *row << 1 | value;
        status = expect(r, k + 1 < d->node.n_parents ? "," : ")", error);
        if (status != HM_OK)
            return status;
    }
    return HM_OK;
}

/* probability ( NAME | PARENTS ): names come first, each declared before. */
static hm_status read_parents(reader *r, hm_node_draft *d, hm_error *error)
{
    enum { MOST = HM_BELIEF_TABLE_PARENTS_MAX };
    d->parent_names = hm_alloc(r->context, MOST, sizeof *d->parent_names, error);
    d->node.parents = hm_alloc(r->context, MOST, sizeof *d->node.parents, error);
    if (!d->parent_names || !d->node.parents)
        return HM_ERROR_MEMORY;
    hm_status status = next(r, error);
    while (status == HM_OK && strcmp(r->word, ")") != 0) {
        bool is_separator = strcmp(r->word, d->node.n_parents ? "," : "|") == 0;
        if (!is_separator)
            return fail(r, "\"|\", \",\" or \")\" should be here", error);
        status = next(r, error);
        if (status != HM_OK)
            return status;
        if (!find_draft(r, r->word))
            return fail(r, "this parent is no variable", error);
        if (d->node.n_parents == MOST)
            return fail(r, "more than 20 parents", error);
        memcpy(d->parent_names[d->node.n_parents++], r->word, sizeof r->word);
        status = next(r, error);
    }
    return status;
}

static hm_status read_rows(reader *r, hm_node_draft *d, bool is_on_first, hm_error *error)
{
    size_t n = (size_t)1 << d->node.n_parents, row;
    for (size_t k = 0; k < n; k++)
        d->node.numbers[k] = -1; /* not said yet */
    for (;;) {
        hm_status status = next(r, error);
        if (status != HM_OK || strcmp(r->word, "}") == 0) {
            for (size_t k = 0; status == HM_OK && k < n; k++)
                if (d->node.numbers[k] < 0)
                    return fail(r, "a state of the parents has no probabilities", error);
            return status;
        }
        if (strcmp(r->word, "property") == 0) {
            status = skip_to(r, ";", error);
        } else if (strcmp(r->word, "table") == 0 && n == 1) {
            status = read_pair(r, is_on_first, d->node.numbers, error);
        } else if (strcmp(r->word, "(") == 0 && n > 1) {
            status = read_row(r, d, &row, error);
            if (status == HM_OK)
                status = read_pair(r, is_on_first, &d->node.numbers[row], error);
        } else {
            return fail(r, n == 1 ? "\"table\" should be here" : "rows go: (state, ...) p, p;", error);
        }
        if (status != HM_OK)
            return status;
    }
}

static hm_status read_table(reader *r, hm_error *error)
{
    hm_status status = expect(r, "(", error);
    if (status == HM_OK)
        status = next(r, error);
    if (status != HM_OK)
        return status;
    hm_node_draft *d = find_draft(r, r->word);
    if (!d)
        return fail(r, "this is no variable", error);
    if (d->node.numbers)
        return fail(r, "a second table of the same variable", error);
    status = read_parents(r, d, error);
    if (status == HM_OK && !(d->node.numbers = hm_alloc(r->context, (size_t)1 << d->node.n_parents, sizeof(double), error)))
        status = HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = expect(r, "{", error);
    return status == HM_OK ? read_rows(r, d, d->node.bias > 0, error) : status;
}

static hm_status read_all(reader *r, hm_error *error)
{
    for (;;) {
        hm_status status = next(r, error);
        if (status != HM_OK || !*r->word)
            return status;
        if (strcmp(r->word, "network") == 0)
            status = skip_to(r, "}", error);
        else if (strcmp(r->word, "variable") == 0)
            status = read_variable(r, error);
        else if (strcmp(r->word, "probability") == 0)
            status = read_table(r, error);
        else
            return fail(r, "network, variable or probability should be here", error);
        if (status != HM_OK)
            return status;
    }
}

hm_status hm_read_bif(const char *path, const char *text, hm_draft_list *drafts, hm_error *error)
{
    reader r = {.context = drafts->context, .path = path, .at = text, .line = 1, .drafts = drafts};
    hm_status status = read_all(&r, error);
    for (size_t i = 0; status == HM_OK && i < drafts->n; i++) {
        hm_node *node = &drafts->draft[i].node;
        node->bias = 0;
        if (!node->numbers)
            status = hm_fail(error, HM_ERROR_FORMAT, "%s: the variable %s has no probabilities", path, node->name);
    }
    return status;
}
