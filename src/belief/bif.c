/* The Bayesian Interchange Format, for binary variables. A variable is on in its state named yes, true, on, 1 or present; else in
 * the second of its two. Properties are skipped.
 *
 * Cozman's Interchange Format for Bayesian Networks (1998), as JavaBayes reads and writes it, and what others made of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "belief/net.h"

enum { VARIABLES_MAX = 100000, NUMBERS_MAX = 1 << 26 };

typedef struct reader {
    const hm_context *context;
    const char *path, *at;
    size_t line;
    char word[HM_NODE_NAME_MAX]; /* the token just read; one letter for punctuation, empty at the end */
    bool is_quoted, is_cut;      /* the token: in quotes; longer than word */
    hm_draft_list *drafts;
    size_t n_numbers; /* of all tables */
} reader;

static hm_status fail(const reader *r, const char *what, hm_error *error)
{
    return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s, at \"%s\"", r->path, r->line, what, r->word);
}

/* ---- Tokens ------------------------------------------------------------------------------------------------------------ */

static void move_to(reader *r, const char *at)
{
    for (; r->at < at; r->at++)
        r->line += *r->at == '\n';
}

/* Blanks, of which commas and | are, and both kinds of comments. */
static hm_status skip(reader *r, hm_error *error)
{
    for (;;) {
        r->at += strspn(r->at, " \t\r\v\f,|");
        if (*r->at == '\n') {
            move_to(r, r->at + 1);
        } else if (r->at[0] == '/' && r->at[1] == '/') {
            r->at += strcspn(r->at, "\n");
        } else if (r->at[0] == '/' && r->at[1] == '*') {
            const char *end = strstr(r->at + 2, "*/");
            if (!end)
                return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: this comment has no end", r->path, r->line);
            move_to(r, end + 2);
        } else {
            return HM_OK;
        }
    }
}

static hm_status next(reader *r, hm_error *error)
{
    hm_status status = skip(r, error);
    if (status != HM_OK)
        return status;
    size_t n = strcspn(r->at, " \t\r\n\v\f(){}[],;|\"");
    r->is_quoted = *r->at == '"';
    if (r->is_quoted)
        n = strcspn(++r->at, "\"\n");
    else if (n == 0 && *r->at)
        n = 1;
    if (r->is_quoted && r->at[n] != '"')
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: this string has no end: \"%.40s", r->path, r->line, r->at);
    r->is_cut = n >= sizeof r->word;
    size_t kept = r->is_cut ? sizeof r->word - 1 : n;
    memcpy(r->word, r->at, kept);
    r->word[kept] = 0;
    r->at += n + r->is_quoted;
    return HM_OK;
}

/* Quotes make a name of what would be a sign or the end. */
static bool is_word(const reader *r, const char *word)
{
    return !r->is_quoted && strcmp(r->word, word) == 0;
}

static bool is_end(const reader *r)
{
    return is_word(r, "");
}

static hm_status expect(reader *r, const char *word, hm_error *error)
{
    hm_status status = next(r, error);
    if (status != HM_OK || is_word(r, word))
        return status;
    return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: \"%s\" where \"%s\" should be", r->path, r->line, r->word, word);
}

/* The token just read, as a name. */
static hm_status check_name(const reader *r, hm_error *error)
{
    if (r->is_cut)
        return fail(r, "a word is longer than 63 letters", error);
    bool is_sign = !r->is_quoted && *r->word && strchr("(){}[];", *r->word);
    return *r->word && !is_sign ? HM_OK : fail(r, "a name is missing", error);
}

static hm_status read_name(reader *r, char name[HM_NODE_NAME_MAX], hm_error *error)
{
    hm_status status = next(r, error);
    if (status == HM_OK)
        status = check_name(r, error);
    if (status == HM_OK)
        memcpy(name, r->word, sizeof r->word);
    return status;
}

/* A property is any text up to a semicolon; one in quotes on one line does not count. */
static hm_status skip_property(reader *r, hm_error *error)
{
    const char *at = r->at;
    for (; *at && *at != ';'; at++) {
        size_t n = *at == '"' ? strcspn(at + 1, "\"\n") : 0;
        if (*at == '"' && at[n + 1] == '"')
            at += n + 1;
    }
    if (!*at)
        return fail(r, "the file ends early, in a property", error);
    move_to(r, at + 1);
    return HM_OK;
}

/* Up to the end of a block, with the blocks in it. */
static hm_status skip_block(reader *r, hm_error *error)
{
    size_t depth = 0;
    hm_status status = next(r, error);
    for (; status == HM_OK && !is_end(r); status = next(r, error)) {
        if (is_word(r, "property"))
            status = skip_property(r, error);
        depth += is_word(r, "{");
        if (is_word(r, "}") && depth <= 1)
            return depth ? HM_OK : fail(r, "\"{\" is missing before this", error);
        depth -= is_word(r, "}");
        if (status != HM_OK)
            return status;
    }
    return status == HM_OK ? fail(r, "the file ends early", error) : status;
}

/* ---- Variables ---------------------------------------------------------------------------------------------------------- */

static bool is_on_word(const char *word)
{
    static const char *const on[] = {"yes", "true", "on", "1", "present"};
    for (size_t i = 0; i < sizeof on / sizeof *on; i++)
        if (strcasecmp(word, on[i]) == 0)
            return true;
    return false;
}

/* type discrete [ 2 ] { a, b }; behind its first word. */
static hm_status read_states(reader *r, hm_node *node, hm_error *error)
{
    static const char *const before[] = {"discrete", "[", "2", "]", "{"}, *const after[] = {"}", ";"};
    char state[2][HM_NODE_NAME_MAX];
    hm_status status = HM_OK;
    for (size_t k = 0; status == HM_OK && k < sizeof before / sizeof *before; k++) {
        status = next(r, error);
        if (status == HM_OK && k == 2 && strcmp(r->word, "2") != 0)
            return hm_fail(error, HM_ERROR_UNSUPPORTED, "%s, line %zu: %s has %s states; only variables of two are supported",
                           r->path, r->line, node->name, r->word);
        if (status == HM_OK && strcmp(r->word, before[k]) != 0)
            return fail(r, "a variable goes: variable NAME { type discrete [ 2 ] { a, b }; }", error);
    }
    for (int k = 0; status == HM_OK && k < 2; k++)
        status = read_name(r, state[k], error);
    if (status == HM_OK && strcmp(state[0], state[1]) == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s has the state %s twice", r->path, r->line, node->name, state[0]);
    for (int k = 0; status == HM_OK && k < 2; k++)
        status = expect(r, after[k], error);
    if (status != HM_OK)
        return status;
    int on = is_on_word(state[0]) && !is_on_word(state[1]) ? 0 : 1;
    memcpy(node->values[0], state[1 - on], sizeof state[0]);
    memcpy(node->values[1], state[on], sizeof state[0]);
    node->bias = on == 0; /* until all is read: the state that is on was listed first */
    return HM_OK;
}

/* variable NAME { property ...; type ...; } */
static hm_status read_variable(reader *r, hm_error *error)
{
    if (r->drafts->n == VARIABLES_MAX)
        return fail(r, "more than 100,000 variables", error);
    hm_node_draft *d = hm_draft_add(r->drafts, HM_NODE_TABLE, r->line, error);
    if (!d)
        return HM_ERROR_MEMORY;
    bool has_type = false;
    hm_status status = read_name(r, d->node.name, error);
    if (status == HM_OK)
        status = expect(r, "{", error);
    while (status == HM_OK && (status = next(r, error)) == HM_OK && !is_word(r, "}")) {
        if (is_word(r, "property"))
            status = skip_property(r, error);
        else if (!is_word(r, "type"))
            return fail(r, "a variable goes: variable NAME { type discrete [ 2 ] { a, b }; }", error);
        else if (has_type)
            return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: the type of %s is here twice", r->path, r->line, d->node.name);
        else
            status = read_states(r, &d->node, error), has_type = true;
    }
    if (status == HM_OK && !has_type)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s has no type: type discrete [ 2 ] { a, b };", r->path, r->line,
                       d->node.name);
    return status;
}

/* ---- Probabilities ------------------------------------------------------------------------------------------------------ */

static hm_status fail_twice(const reader *r, const char *what, const hm_node_draft *d, hm_error *error)
{
    return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s of %s is here twice", r->path, r->line, what, d->node.name);
}

static hm_status read_probability(reader *r, double *p, hm_error *error)
{
    char *end;
    hm_status status = next(r, error);
    if (status != HM_OK)
        return status;
    *p = hm_number_begin(r->word, &end);
    return end != r->word && !*end && *p >= 0 && *p <= 1 ? HM_OK : fail(r, "a probability is missing", error);
}

/* p: of the two states in the order as listed. Which of them is `on` follows from their names. */
static hm_status combine(const reader *r, const hm_node *node, const double p[2], double *p_on, hm_error *error)
{
    if (fabs(p[0] + p[1] - 1) > 1e-4)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s: %g and %g do not sum to 1", r->path, r->line, node->name, p[0], p[1]);
    *p_on = p[node->bias > 0 ? 0 : 1] / (p[0] + p[1]);
    return HM_OK;
}

static hm_status read_pair(reader *r, const hm_node *node, double *p_on, hm_error *error)
{
    double p[2] = {0, 0};
    hm_status status = read_probability(r, &p[0], error);
    if (status == HM_OK)
        status = read_probability(r, &p[1], error);
    if (status == HM_OK)
        status = combine(r, node, p, p_on, error);
    return status == HM_OK ? expect(r, ";", error) : status;
}

/* Our number of a row: a bit a parent, the first one highest, of whether it is on. `listed` has bits of the order of the file, where
 * 1 is the state listed second. */
static size_t row_of(const hm_node_draft *d, const hm_draft_list *drafts, size_t listed)
{
    for (size_t k = 0; k < d->node.n_parents; k++)
        if (drafts->draft[d->node.parents[k]].node.bias > 0)
            listed ^= (size_t)1 << (d->node.n_parents - 1 - k);
    return listed;
}

/* table p ...; as JavaBayes and the BIF of its authors have it: the state of the variable itself changes slowest and that of its last
 * parent fastest. table 0.7, 0.01, 0.3, 0.99 of (b | a) is P(b1|a1), P(b1|a2), P(b2|a1), P(b2|a2), so that each column sums to 1. */
static hm_status read_table(reader *r, hm_node_draft *d, hm_error *error)
{
    size_t n = (size_t)1 << d->node.n_parents;
    double *p = hm_alloc(r->context, 2 * n, sizeof *p, error);
    hm_status status = p ? HM_OK : HM_ERROR_MEMORY;
    for (size_t k = 0; k < n && status == HM_OK; k++)
        if (d->node.numbers[k] >= 0)
            status = fail_twice(r, "a row", d, error);
    for (size_t k = 0; status == HM_OK && k < 2 * n; k++)
        status = read_probability(r, &p[k], error);
    if (status == HM_OK)
        status = expect(r, ";", error);
    for (size_t k = 0; status == HM_OK && k < n; k++)
        status = combine(r, &d->node, (double[]){p[k], p[k + n]}, &d->node.numbers[row_of(d, r->drafts, k)], error);
    hm_free(r->context, p);
    return status;
}

/* (yes, no) p, p; behind its bracket. */
static hm_status read_row(reader *r, hm_node_draft *d, hm_error *error)
{
    size_t row = 0, used = 0;
    char text[200] = "the row (";
    hm_status status = HM_OK;
    for (size_t k = 0; status == HM_OK && k < d->node.n_parents; k++) {
        status = next(r, error);
        if (status != HM_OK)
            return status;
        const hm_node *parent = &r->drafts->draft[d->node.parents[k]].node;
        size_t value = strcmp(r->word, parent->values[1]) == 0;
        if (!value && strcmp(r->word, parent->values[0]) != 0)
            return fail(r, "this is no state of the parent", error);
        row = row << 1 | value;
        used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", k ? ", " : "", r->word);
    }
    status = expect(r, ")", error);
    used = strlen(text);
    snprintf(text + used, sizeof text - used, ")");
    if (status == HM_OK && d->node.numbers[row] >= 0)
        return fail_twice(r, text, d, error);
    return status == HM_OK ? read_pair(r, &d->node, &d->node.numbers[row], error) : status;
}

/* `default` is for the rows that are not named, before it or behind it. */
static hm_status fill_rows(const reader *r, hm_node_draft *d, double p_default, hm_error *error)
{
    for (size_t k = 0; k < (size_t)1 << d->node.n_parents; k++) {
        if (d->node.numbers[k] >= 0)
            continue;
        if (p_default < 0)
            return fail(r, "a state of the parents has no probabilities", error);
        d->node.numbers[k] = p_default;
    }
    return HM_OK;
}

static hm_status read_rows(reader *r, hm_node_draft *d, hm_error *error)
{
    double p_default = -1; /* not said yet, as with all rows */
    bool has_table = false;
    for (size_t k = 0; k < (size_t)1 << d->node.n_parents; k++)
        d->node.numbers[k] = -1;
    hm_status status = next(r, error);
    for (; status == HM_OK && !is_word(r, "}"); status = status == HM_OK ? next(r, error) : status) {
        if (is_word(r, "property"))
            status = skip_property(r, error);
        else if ((is_word(r, "table") && has_table) || (is_word(r, "default") && p_default >= 0))
            status = fail_twice(r, r->word, d, error);
        else if (is_word(r, "table"))
            status = read_table(r, d, error), has_table = true;
        else if (is_word(r, "default"))
            status = read_pair(r, &d->node, &p_default, error);
        else if (is_word(r, "(") && d->node.n_parents)
            status = read_row(r, d, error);
        else
            return fail(r, d->node.n_parents ? "rows go: (state, ...) p, p;" : "\"table\" should be here", error);
    }
    return status == HM_OK ? fill_rows(r, d, p_default, error) : status;
}

/* What is left of ( NAME | PARENTS ). */
static hm_status read_parents(reader *r, hm_node_draft *d, hm_error *error)
{
    enum { MOST = HM_BELIEF_TABLE_PARENTS_MAX };
    d->parent_names = hm_alloc(r->context, MOST, sizeof *d->parent_names, error);
    d->node.parents = hm_alloc(r->context, MOST, sizeof *d->node.parents, error);
    if (!d->parent_names || !d->node.parents)
        return HM_ERROR_MEMORY;
    hm_status status = next(r, error);
    for (; status == HM_OK && !is_word(r, ")"); status = status == HM_OK ? next(r, error) : status) {
        size_t n = d->node.n_parents;
        status = check_name(r, error);
        if (status != HM_OK)
            return status;
        if (n == MOST)
            return fail(r, "more than 20 parents", error);
        if (!hm_draft_find(r->drafts, r->word, &d->node.parents[n]))
            return fail(r, "this parent is no variable", error);
        for (size_t k = 0; k < n; k++)
            if (d->node.parents[k] == d->node.parents[n])
                return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s has the parent %s twice", r->path, r->line, d->node.name, r->word);
        memcpy(d->parent_names[n], r->word, sizeof r->word);
        d->node.n_parents++;
    }
    return status;
}

/* probability ( NAME | PARENTS ) { ... } */
static hm_status read_conditional(reader *r, hm_error *error)
{
    size_t i;
    hm_status status = expect(r, "(", error);
    if (status == HM_OK)
        status = next(r, error);
    if (status != HM_OK)
        return status;
    if (!hm_draft_find(r->drafts, r->word, &i))
        return fail(r, "this is no variable", error);
    hm_node_draft *d = &r->drafts->draft[i];
    if (d->node.numbers)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: the probabilities of %s are here twice", r->path, r->line, d->node.name);
    status = read_parents(r, d, error);
    size_t n = (size_t)1 << d->node.n_parents;
    if (status == HM_OK && (r->n_numbers += n) > NUMBERS_MAX)
        return fail(r, "more than 2^26 probabilities in all", error);
    if (status == HM_OK && !(d->node.numbers = hm_alloc(r->context, n, sizeof(double), error)))
        status = HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = expect(r, "{", error);
    return status == HM_OK ? read_rows(r, d, error) : status;
}

/* ---- The file ------------------------------------------------------------------------------------------------------------ */

/* Reads the blocks that begin with `word`, and passes over the others. */
static hm_status read_blocks(reader *r, const char *word, hm_status (*read)(reader *r, hm_error *error), hm_error *error)
{
    for (;;) {
        hm_status status = next(r, error);
        if (status != HM_OK || is_end(r))
            return status;
        if (is_word(r, word))
            status = read(r, error);
        else if (is_word(r, "network") || is_word(r, "variable") || is_word(r, "probability"))
            status = skip_block(r, error);
        else
            return fail(r, "network, variable or probability should be here", error);
        if (status != HM_OK)
            return status;
    }
}

/* Variables first, since a table may stand before them. */
hm_status hm_read_bif(const char *path, const char *text, hm_draft_list *drafts, hm_error *error)
{
    reader r = {.context = drafts->context, .path = path, .at = text, .line = 1, .drafts = drafts};
    hm_status status = read_blocks(&r, "variable", read_variable, error);
    if (status == HM_OK)
        status = hm_draft_list_index(drafts, path, error);
    r.at = text;
    r.line = 1;
    if (status == HM_OK)
        status = read_blocks(&r, "probability", read_conditional, error);
    for (size_t i = 0; status == HM_OK && i < drafts->n; i++) {
        hm_node *node = &drafts->draft[i].node;
        node->bias = 0;
        if (!node->numbers)
            status = hm_fail(error, HM_ERROR_FORMAT, "%s: the variable %s has no probabilities", path, node->name);
    }
    return status;
}
