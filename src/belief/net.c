/* Belief nets: building, checking, and what a node does. */
#include "base/check.h"
#include "belief/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

/* ---- Building -------------------------------------------------------------------------------------------------- */

hm_node_draft *hm_draft_add(hm_draft_list *drafts, hm_node_kind kind, size_t line, hm_error *error)
{
    if (drafts->n == drafts->room) {
        size_t room = drafts->room ? 2 * drafts->room : 16;
        hm_node_draft *larger = hm_realloc(drafts->context, drafts->draft, drafts->n, room, sizeof *larger, error);
        if (!larger)
            return NULL;
        drafts->draft = larger;
        drafts->room = room;
    }
    drafts->draft[drafts->n] = (hm_node_draft){.line = line, .node.kind = kind, .node.values = {"0", "1"}};
    return &drafts->draft[drafts->n++];
}

void hm_draft_list_clear(hm_draft_list *drafts)
{
    for (size_t i = 0; i < drafts->n; i++) {
        hm_free(drafts->context, drafts->draft[i].node.parents);
        hm_free(drafts->context, drafts->draft[i].node.numbers);
        hm_free(drafts->context, drafts->draft[i].parent_names);
    }
    hm_free(drafts->context, drafts->draft);
    hm_free(drafts->context, drafts->by_name);
    *drafts = (hm_draft_list){.context = drafts->context};
}

typedef struct entry {
    const char *name;
    size_t i;
} entry;

/* Of equal names the one that came first is first. */
static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->i > y->i) - (x->i < y->i);
}

hm_status hm_draft_list_index(hm_draft_list *drafts, const char *path, hm_error *error)
{
    size_t n = drafts->n;
    entry *entries = hm_alloc(drafts->context, n + 1, sizeof *entries, error);
    hm_free(drafts->context, drafts->by_name);
    drafts->by_name = hm_alloc(drafts->context, n + 1, sizeof *drafts->by_name, error);
    hm_status status = entries && drafts->by_name ? HM_OK : HM_ERROR_MEMORY;
    for (size_t i = 0; status == HM_OK && i < n; i++)
        entries[i] = (entry){drafts->draft[i].node.name, i};
    if (status == HM_OK)
        qsort(entries, n, sizeof *entries, compare_entries);
    for (size_t k = 0; status == HM_OK && k < n; k++) {
        drafts->by_name[k] = entries[k].i;
        if (k > 0 && strcmp(entries[k].name, entries[k - 1].name) == 0)
            status = hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: there are two nodes named %s; the other is on line %zu", path,
                             drafts->draft[entries[k].i].line, entries[k].name, drafts->draft[entries[k - 1].i].line);
    }
    hm_free(drafts->context, entries);
    return status;
}

/* Looks a name up among n that by_name has sorted; nodes lie `stride` bytes apart, as drafts or in a net. */
static bool find_name(const hm_node *first, size_t stride, const size_t *by_name, size_t n, const char *name, size_t *i)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const hm_node *node = (const hm_node *)((const char *)first + by_name[middle] * stride);
        int order = strcmp(node->name, name);
        if (order == 0) {
            *i = by_name[middle];
            return true;
        }
        *(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
    }
    return false;
}

bool hm_draft_find(const hm_draft_list *drafts, const char *name, size_t *i)
{
    return drafts->n && find_name(&drafts->draft->node, sizeof *drafts->draft, drafts->by_name, drafts->n, name, i);
}

static bool find_node(const hm_belief *net, const char *name, size_t *i)
{
    return find_name(net->node, sizeof *net->node, net->by_name, net->n, name, i);
}

static hm_status check_numbers(const char *path, size_t line, const hm_node *node, hm_error *error)
{
    size_t n = node->kind == HM_NODE_TABLE ? (size_t)1 << node->n_parents : node->n_parents;
    for (size_t k = 0; k < n; k++)
        if (node->kind != HM_NODE_LOGISTIC && !(node->numbers[k] >= 0 && node->numbers[k] <= 1))
            return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s: %g is no probability", path, line, node->name,
                           node->numbers[k]);
    if (node->kind == HM_NODE_NOISY_OR && !(node->bias >= 0 && node->bias <= 1))
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s: a leak of %g is no probability", path, line, node->name,
                       node->bias);
    return HM_OK;
}

/* child_of[n]: one more than the last node of which each was found to be a parent. */
static hm_status find_parents(hm_belief *net, const char *path, const hm_node_draft *draft, size_t i, size_t *child_of, hm_error *error)
{
    hm_node *node = &net->node[i];
    for (size_t k = 0; k < node->n_parents; k++) {
        if (!find_node(net, draft->parent_names[k], &node->parents[k]))
            return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s has a parent %s, which is no node", path, draft->line,
                           node->name, draft->parent_names[k]);
        if (child_of[node->parents[k]] == i + 1)
            return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: %s has the parent %s twice", path, draft->line, node->name,
                           draft->parent_names[k]);
        child_of[node->parents[k]] = i + 1;
    }
    return check_numbers(path, draft->line, node, error);
}

static hm_status find_all_parents(hm_belief *net, const char *path, const hm_draft_list *drafts, hm_error *error)
{
    size_t *child_of = hm_alloc(net->context, net->n, sizeof *child_of, error);
    hm_status status = child_of ? HM_OK : HM_ERROR_MEMORY;
    for (size_t i = 0; status == HM_OK && i < net->n; i++)
        status = find_parents(net, path, &drafts->draft[i], i, child_of, error);
    hm_free(net->context, child_of);
    return status;
}

static hm_status list_children(hm_belief *net, hm_error *error)
{
    for (size_t i = 0; i < net->n; i++)
        for (size_t k = 0; k < net->node[i].n_parents; k++)
            net->node[net->node[i].parents[k]].n_children++;
    for (size_t i = 0; i < net->n; i++) {
        hm_node *node = &net->node[i];
        node->children = hm_alloc(net->context, node->n_children + 1, sizeof *node->children, error);
        if (!node->children)
            return HM_ERROR_MEMORY;
        node->n_children = 0;
    }
    for (size_t i = 0; i < net->n; i++)
        for (size_t k = 0; k < net->node[i].n_parents; k++) {
            hm_node *parent = &net->node[net->node[i].parents[k]];
            parent->children[parent->n_children++] = i;
        }
    return HM_OK;
}

/* Among nodes that wait for each other, walking up must come back: names the ring. */
static hm_status fail_cycle(const hm_belief *net, const char *path, const size_t *n_waiting, hm_error *error)
{
    char text[600];
    size_t used = 0, at = 0, steps = 0;
    while (!n_waiting[at])
        at++;
    for (size_t k; steps < net->n; steps++) { /* far enough up to be on the ring */
        for (k = 0; !n_waiting[net->node[at].parents[k]]; k++)
            continue;
        at = net->node[at].parents[k];
    }
    size_t first = at;
    used += (size_t)snprintf(text, sizeof text, "%s", net->node[first].name);
    do {
        size_t k = 0;
        while (!n_waiting[net->node[at].parents[k]])
            k++;
        at = net->node[at].parents[k];
        if (used + HM_NODE_NAME_MAX + 8 < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, " <- %s", net->node[at].name);
    } while (at != first);
    return hm_fail(error, HM_ERROR_FORMAT, "%s: a cycle, where there must be none: %s", path, text);
}

/* Kahn's algorithm; ties by number, so that the order of a file is kept where it can be. */
static hm_status sort_nodes(hm_belief *net, const char *path, hm_error *error)
{
    size_t n_done = 0, n_queued = 0, *n_waiting = hm_alloc(net->context, net->n, sizeof *n_waiting, error);
    if (!n_waiting)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < net->n; i++) {
        n_waiting[i] = net->node[i].n_parents;
        if (!n_waiting[i])
            net->order[n_queued++] = i;
    }
    for (; n_done < n_queued; n_done++) {
        const hm_node *node = &net->node[net->order[n_done]];
        for (size_t k = 0; k < node->n_children; k++)
            if (--n_waiting[node->children[k]] == 0)
                net->order[n_queued++] = node->children[k];
    }
    hm_status status = n_done == net->n ? HM_OK : fail_cycle(net, path, n_waiting, error);
    hm_free(net->context, n_waiting);
    return status;
}

hm_status hm_belief_build(const char *path, hm_draft_list *drafts, hm_belief **out, hm_error *error)
{
    const hm_context *context = drafts->context;
    size_t n = drafts->n;
    *out = NULL;
    if (n == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: there are no nodes in it", path);
    hm_belief *net = hm_alloc(context, 1, sizeof *net, error);
    if (!net)
        return HM_ERROR_MEMORY;
    *net = (hm_belief){.context = context};
    net->node = hm_alloc(context, n, sizeof *net->node, error);
    net->order = hm_alloc(context, n, sizeof *net->order, error);
    net->by_name = drafts->by_name;
    drafts->by_name = NULL;
    hm_status status = net->node && net->order ? HM_OK : HM_ERROR_MEMORY;
    for (; status == HM_OK && net->n < n; net->n++) {
        hm_node *node = &drafts->draft[net->n].node;
        net->node[net->n] = *node;
        node->parents = NULL;
        node->numbers = NULL;
    }
    if (status == HM_OK)
        status = find_all_parents(net, path, drafts, error);
    if (status == HM_OK)
        status = list_children(net, error);
    if (status == HM_OK)
        status = sort_nodes(net, path, error);
    if (status != HM_OK)
        hm_belief_destroy(net);
    else
        *out = net;
    return status;
}

void hm_belief_destroy(hm_belief *net)
{
    if (!net)
        return;
    for (size_t i = 0; i < net->n; i++) {
        hm_free(net->context, net->node[i].parents);
        hm_free(net->context, net->node[i].numbers);
        hm_free(net->context, net->node[i].children);
    }
    hm_free(net->context, net->node);
    hm_free(net->context, net->order);
    hm_free(net->context, net->by_name);
    hm_free(net->context, net);
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

size_t hm_belief_n_nodes(const hm_belief *net)
{
    return net->n;
}

const hm_node *hm_belief_node(const hm_belief *net, size_t i)
{
    return &net->node[i];
}

const size_t *hm_belief_order(const hm_belief *net)
{
    return net->order;
}

hm_status hm_belief_find(const hm_belief *net, const char *name, size_t *i, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, name, i));
    char list[300] = "";
    size_t used = 0;
    if (find_node(net, name, i))
        return HM_OK;
    for (size_t k = 0; k < net->n && used + HM_NODE_NAME_MAX + 8 < sizeof list; k++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k ? ", " : "", net->node[k].name);
    return hm_fail(error, HM_ERROR_ARGUMENT, "there is no node \"%.60s\"; the nodes are %s", name, list);
}

hm_status hm_belief_observe(const hm_belief *net, const char *text, int8_t *observed, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, text, observed));
    char name[HM_NODE_NAME_MAX];
    const char *equals = strchr(text, '=');
    size_t i, n = equals ? (size_t)(equals - text) : 0;
    int8_t value = -1;
    if (n == 0 || n >= sizeof name)
        return hm_fail(error, HM_ERROR_ARGUMENT, "observe = %.80s: write node=value, as in jumps=1", text);
    memcpy(name, text, n);
    name[n] = 0;
    hm_status status = hm_belief_find(net, name, &i, error);
    if (status != HM_OK)
        return status;
    for (int8_t k = 0; k < 2; k++)
        if (strcmp(equals + 1, net->node[i].values[k]) == 0 || strcmp(equals + 1, k ? "1" : "0") == 0)
            value = k;
    if (value < 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "observe = %.80s: the values of %s are %s and %s", text, name,
                       net->node[i].values[0], net->node[i].values[1]);
    if (observed[i] >= 0 && observed[i] != value)
        return hm_fail(error, HM_ERROR_ARGUMENT, "observe: %s cannot be %s and %s at once", name, net->node[i].values[0],
                       net->node[i].values[1]);
    observed[i] = value;
    return HM_OK;
}

/* ---- Probabilities --------------------------------------------------------------------------------------------------- */

double hm_belief_probability(const hm_belief *net, size_t i, const uint8_t *state)
{
    const hm_node *node = &net->node[i];
    if (node->kind == HM_NODE_TABLE) {
        size_t row = 0;
        for (size_t k = 0; k < node->n_parents; k++)
            row = row << 1 | state[node->parents[k]];
        return node->numbers[row];
    }
    if (node->kind == HM_NODE_NOISY_OR) {
        double off = 1 - node->bias;
        for (size_t k = 0; k < node->n_parents; k++)
            off *= state[node->parents[k]] ? 1 - node->numbers[k] : 1;
        return 1 - off;
    }
    double a = node->bias;
    for (size_t k = 0; k < node->n_parents; k++)
        a += state[node->parents[k]] ? node->numbers[k] : 0;
    return 1 / (1 + exp(-a));
}

double hm_belief_log_joint(const hm_belief *net, const uint8_t *state)
{
    double sum = 0;
    for (size_t i = 0; i < net->n; i++) {
        double p = hm_belief_probability(net, i, state);
        sum += log(state[i] ? p : 1 - p);
    }
    return sum;
}

/* Children come after parents in the order, so one pass from its end marks all ancestors. */
void hm_belief_mark_relevant(const hm_belief *net, const int8_t *observed, const bool *query, bool *relevant)
{
    for (size_t i = 0; i < net->n; i++)
        relevant[i] = observed[i] >= 0 || !query || query[i];
    for (size_t k = net->n; k-- > 0;) {
        const hm_node *node = &net->node[net->order[k]];
        for (size_t j = 0; relevant[net->order[k]] && j < node->n_parents; j++)
            relevant[node->parents[j]] = true;
    }
}

bool hm_belief_has_certainty(const hm_belief *net)
{
    for (size_t i = 0; i < net->n; i++) {
        const hm_node *node = &net->node[i];
        size_t n = node->kind == HM_NODE_TABLE ? (size_t)1 << node->n_parents : node->n_parents;
        if (node->kind == HM_NODE_NOISY_OR && (node->bias == 0 || node->bias == 1))
            return true;
        for (size_t k = 0; node->kind != HM_NODE_LOGISTIC && k < n; k++)
            if (node->numbers[k] == 1 || (node->numbers[k] == 0 && node->kind == HM_NODE_TABLE))
                return true;
    }
    return false;
}
