/* The text format of belief nets: a line a node.
 *
 *     node NAME bias NUMBER [PARENT WEIGHT] ...
 *     noisy-or NAME leak P [PARENT P] ...
 *     table NAME [PARENT] ... : P ...          P(on) for each state of the parents, off before on, the last parent fastest
 *     values NAME OFF ON                       what the two values of a node above are called, if not 0 and 1
 *
 * `#` begins a comment. A name of other signs than letters, digits, _ - and . stands in quotes. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "belief/net.h"

enum { NODES_MAX = 1000000 };

typedef struct reader {
    const hm_context *context;
    const char *path, *at; /* at: what is left of the line */
    size_t line;
    hm_draft_list *drafts;
} reader;

static hm_status fail(const reader *r, const char *what, hm_error *error)
{
    return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s, at \"%.40s\"", r->path, r->line, what, r->at);
}

static bool is_end(char c)
{
    return c == 0 || c == '\n' || c == '\r' || c == '#';
}

static void skip_blanks(reader *r)
{
    while (*r->at == ' ' || *r->at == '\t')
        r->at++;
}

static bool is_name_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
           (unsigned char)c >= 128;
}

static size_t count_letters(const char *text)
{
    size_t n = 0;
    while (is_name_letter(text[n]))
        n++;
    return n;
}

/* A name of letters, or of anything on the line but quotes in quotes. */
static hm_status read_word(reader *r, char word[HM_NODE_NAME_MAX], hm_error *error)
{
    skip_blanks(r);
    bool is_quoted = *r->at == '"';
    const char *begin = r->at + is_quoted;
    size_t n = is_quoted ? strcspn(begin, "\"\r\n") : count_letters(begin);
    if (n == 0 || (is_quoted && begin[n] != '"'))
        return fail(r, "a name is missing (letters, digits, _ - .; anything else in quotes)", error);
    if (n >= HM_NODE_NAME_MAX)
        return fail(r, "a name is longer than 63 letters", error);
    memcpy(word, begin, n);
    word[n] = 0;
    r->at = begin + n + is_quoted;
    return HM_OK;
}

static hm_status read_number(reader *r, double *number, hm_error *error)
{
    char *end;
    skip_blanks(r);
    *number = is_end(*r->at) ? 0 : hm_number_begin(r->at, &end);
    if (is_end(*r->at) || end == r->at || is_name_letter(*end) || !isfinite(*number))
        return fail(r, "a number is missing", error);
    r->at = end;
    return HM_OK;
}

static hm_status expect_word(reader *r, const char *word, const char *complaint, hm_error *error)
{
    char found[HM_NODE_NAME_MAX];
    hm_status status = read_word(r, found, error);
    return status != HM_OK || strcmp(found, word) == 0 ? status : fail(r, complaint, error);
}

/* Room for one more of an array of n, which doubles whenever n is a power of two. */
static hm_status grow(const hm_context *context, void **array, size_t n, size_t size, hm_error *error)
{
    if (n & (n - 1))
        return HM_OK;
    void *larger = hm_realloc(context, *array, n, n ? 2 * n : 1, size, error);
    if (!larger)
        return HM_ERROR_MEMORY;
    *array = larger;
    return HM_OK;
}

static hm_status add_parent(reader *r, hm_node_draft *d, bool has_number, hm_error *error)
{
    size_t n = d->node.n_parents;
    char name[HM_NODE_NAME_MAX];
    double number = 0;
    hm_status status = read_word(r, name, error);
    if (status == HM_OK && has_number)
        status = read_number(r, &number, error);
    if (status == HM_OK)
        status = grow(r->context, (void **)&d->parent_names, n, sizeof *d->parent_names, error);
    if (status == HM_OK && has_number)
        status = grow(r->context, (void **)&d->node.numbers, n, sizeof *d->node.numbers, error);
    if (status != HM_OK)
        return status;
    memcpy(d->parent_names[n], name, sizeof name);
    if (has_number)
        d->node.numbers[n] = number;
    d->node.n_parents++;
    return HM_OK;
}

static hm_status read_causes(reader *r, hm_node_draft *d, hm_error *error)
{
    bool is_logistic = d->node.kind == HM_NODE_LOGISTIC;
    hm_status status = expect_word(r, is_logistic ? "bias" : "leak",
                                   is_logistic ? "a node goes: node NAME bias NUMBER [PARENT WEIGHT] ..."
                                               : "a noisy-or goes: noisy-or NAME leak P [PARENT P] ...",
                                   error);
    if (status == HM_OK)
        status = read_number(r, &d->node.bias, error);
    for (skip_blanks(r); status == HM_OK && !is_end(*r->at); skip_blanks(r))
        status = add_parent(r, d, true, error);
    return status;
}

static hm_status read_table(reader *r, hm_node_draft *d, hm_error *error)
{
    hm_status status = HM_OK;
    for (skip_blanks(r); status == HM_OK && !is_end(*r->at) && *r->at != ':'; skip_blanks(r))
        status = add_parent(r, d, false, error);
    if (status == HM_OK && *r->at != ':')
        return fail(r, "a table goes: table NAME [PARENT] ... : P ...", error);
    if (status == HM_OK && d->node.n_parents > HM_BELIEF_TABLE_PARENTS_MAX)
        return fail(r, "a table has at most 20 parents", error);
    if (status != HM_OK)
        return status;
    r->at++;
    size_t n = 0, wanted = (size_t)1 << d->node.n_parents;
    if (!(d->node.numbers = hm_alloc(r->context, wanted, sizeof *d->node.numbers, error)))
        return HM_ERROR_MEMORY;
    for (skip_blanks(r); status == HM_OK && !is_end(*r->at) && n < wanted; skip_blanks(r))
        status = read_number(r, &d->node.numbers[n++], error);
    if (status == HM_OK && (n < wanted || !is_end(*r->at)))
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s: %s %zu probabilities; %zu parents have %zu states", r->path,
                       r->line, d->node.name, n < wanted ? "only" : "more than", n, d->node.n_parents, wanted);
    return status;
}

static const char *const kinds[] = {[HM_NODE_LOGISTIC] = "node", [HM_NODE_NOISY_OR] = "noisy-or", [HM_NODE_TABLE] = "table"};

static hm_status read_values(reader *r, hm_error *error)
{
    char name[HM_NODE_NAME_MAX];
    size_t i;
    hm_status status = read_word(r, name, error);
    if (status != HM_OK)
        return status;
    if (!hm_draft_find(r->drafts, name, &i))
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: values of %s, which is no node", r->path, r->line, name);
    hm_node_draft *d = &r->drafts->draft[i];
    if (d->has_values)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: the values of %s are here twice", r->path, r->line, name);
    d->has_values = true;
    for (int k = 0; status == HM_OK && k < 2; k++)
        status = read_word(r, d->node.values[k], error);
    skip_blanks(r);
    if (status == HM_OK && !is_end(*r->at))
        return fail(r, "values go: values NAME OFF ON", error);
    if (status == HM_OK && strcmp(d->node.values[0], d->node.values[1]) == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s has the value %s twice", r->path, r->line, name, d->node.values[0]);
    return status;
}

static hm_status read_node(reader *r, const char *word, const char *begin, hm_error *error)
{
    int kind = 0;
    if (r->drafts->n == NODES_MAX)
        return fail(r, "more than a million nodes", error);
    while (kind < 3 && strcmp(word, kinds[kind]) != 0)
        kind++;
    if (kind == 3) {
        r->at = begin;
        return fail(r, "a line begins with node, noisy-or, table or values", error);
    }
    hm_node_draft *d = hm_draft_add(r->drafts, (hm_node_kind)kind, r->line, error);
    if (!d)
        return HM_ERROR_MEMORY;
    hm_status status = read_word(r, d->node.name, error);
    if (status == HM_OK)
        status = d->node.kind == HM_NODE_TABLE ? read_table(r, d, error) : read_causes(r, d, error);
    if (status == HM_OK && !(d->node.parents = hm_alloc(r->context, d->node.n_parents + 1, sizeof *d->node.parents, error)))
        status = HM_ERROR_MEMORY;
    return status;
}

/* Lines of nodes, or of values, which may stand before their node. */
static hm_status read_line(reader *r, bool is_of_values, hm_error *error)
{
    char word[HM_NODE_NAME_MAX];
    skip_blanks(r);
    if (is_end(*r->at))
        return HM_OK;
    const char *begin = r->at;
    hm_status status = read_word(r, word, error);
    if (status != HM_OK || (strcmp(word, "values") == 0) != is_of_values)
        return status;
    return is_of_values ? read_values(r, error) : read_node(r, word, begin, error);
}

static hm_status read_lines(reader *r, const char *text, bool is_of_values, hm_error *error)
{
    hm_status status = HM_OK;
    r->line = 0;
    while (status == HM_OK && *text) {
        r->at = text;
        r->line++;
        status = read_line(r, is_of_values, error);
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return status;
}

hm_status hm_read_net_text(const char *path, const char *text, hm_draft_list *drafts, hm_error *error)
{
    reader r = {.context = drafts->context, .path = path, .drafts = drafts};
    hm_status status = read_lines(&r, text, false, error);
    if (status == HM_OK)
        status = hm_draft_list_index(drafts, path, error);
    return status == HM_OK ? read_lines(&r, text, true, error) : status;
}

/* ---- Writing -------------------------------------------------------------------------------------------------- */

static void write_name(hm_file_writer *writer, const char *name)
{
    hm_file_print(writer, name[count_letters(name)] ? " \"%s\"" : " %s", name);
}

static void write_node(hm_file_writer *writer, const hm_belief *net, const hm_node *node)
{
    bool is_table = node->kind == HM_NODE_TABLE;
    hm_file_print(writer, "%s", kinds[node->kind]);
    write_name(writer, node->name);
    if (!is_table)
        hm_file_print(writer, " %s %.17g", node->kind == HM_NODE_LOGISTIC ? "bias" : "leak", node->bias);
    for (size_t k = 0; k < node->n_parents; k++) {
        hm_file_print(writer, " ");
        write_name(writer, net->node[node->parents[k]].name);
        if (!is_table)
            hm_file_print(writer, " %.17g", node->numbers[k]);
    }
    for (size_t row = 0; is_table && row < (size_t)1 << node->n_parents; row++)
        hm_file_print(writer, "%s %.17g", row ? "" : " :", node->numbers[row]);
    hm_file_print(writer, "\n");
    if (strcmp(node->values[0], "0") == 0 && strcmp(node->values[1], "1") == 0)
        return;
    hm_file_print(writer, "values");
    write_name(writer, node->name);
    write_name(writer, node->values[0]);
    write_name(writer, node->values[1]);
    hm_file_print(writer, "\n");
}

hm_status hm_belief_save(const hm_belief *net, const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, path));
    hm_file_writer writer;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    for (size_t k = 0; k < net->n; k++)
        write_node(&writer, net, &net->node[net->order[k]]);
    return hm_file_commit(&writer, error);
}
