/* Disjoint sets, and segments of a graph [Felzenszwalb, Huttenlocher 2004, algorithm 1 and section 4].
 *
 * Edges are taken by increasing weight w; the components C and D at their ends are joined when the edge is no larger than what both are
 * inside,
 *
 *     w <= min(Int(C) + k / |C|, Int(D) + k / |D|)
 *
 * where Int(C), the largest weight of C's minimum spanning tree, is that of the edge that joined it last. Then components smaller than the
 * minimum are joined with a neighbour, again by increasing weight. */
#include "scene/segments.h"

#include <stdlib.h>

#include "base/alloc.h"

static int compare(const void *a, const void *b)
{
    const hm_scene_edge *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

void hm_edges_sort(hm_scene_edge *edges, size_t n)
{
    qsort(edges, n, sizeof *edges, compare);
}

/* ---- Disjoint sets ----------------------------------------------------------------------------- */

hm_status hm_disjoint_init(const hm_context *context, size_t n, hm_disjoint *sets, hm_error *error)
{
    *sets = (hm_disjoint){.context = context, .parent = hm_alloc(context, n, sizeof *sets->parent, error)};
    if (sets->parent)
        sets->size = hm_alloc(context, n, sizeof *sets->size, error);
    if (!sets->size)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        sets->parent[i] = (uint32_t)i;
        sets->size[i] = 1;
    }
    return HM_OK;
}

void hm_disjoint_clear(hm_disjoint *sets)
{
    hm_free(sets->context, sets->parent);
    hm_free(sets->context, sets->size);
    *sets = (hm_disjoint){0};
}

/* Halves the path on its way. */
uint32_t hm_disjoint_root(hm_disjoint *sets, uint32_t node)
{
    uint32_t *parent = sets->parent;
    while (parent[node] != node)
        node = parent[node] = parent[parent[node]];
    return node;
}

uint32_t hm_disjoint_join(hm_disjoint *sets, uint32_t a, uint32_t b)
{
    uint32_t root = sets->size[a] >= sets->size[b] ? a : b, other = root == a ? b : a;
    sets->parent[other] = root;
    sets->size[root] += sets->size[other];
    return root;
}

/* ---- Segments ---------------------------------------------------------------------------------- */

/* limit[root]: Int(C) + k / |C| */
static void join_alike(const hm_scene_edge *edges, size_t n_edges, float k, hm_disjoint *sets, float *limit)
{
    for (const hm_scene_edge *e = edges; e < edges + n_edges; e++) {
        uint32_t a = hm_disjoint_root(sets, e->a), b = hm_disjoint_root(sets, e->b);
        if (a == b || e->weight > limit[a] || e->weight > limit[b])
            continue;
        uint32_t root = hm_disjoint_join(sets, a, b);
        limit[root] = e->weight + k / (float)sets->size[root];
    }
}

static void join_small(const hm_scene_edge *edges, size_t n_edges, size_t minimum, hm_disjoint *sets)
{
    for (const hm_scene_edge *e = edges; e < edges + n_edges; e++) {
        uint32_t a = hm_disjoint_root(sets, e->a), b = hm_disjoint_root(sets, e->b);
        if (a != b && (sets->size[a] < minimum || sets->size[b] < minimum))
            hm_disjoint_join(sets, a, b);
    }
}

/* A root's size is no longer wanted and becomes its number + 1, 0 while it has none. */
static size_t number_regions(hm_disjoint *sets, size_t n, uint32_t *region)
{
    uint32_t n_regions = 0, *number = sets->size;
    for (size_t i = 0; i < n; i++)
        number[i] = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t root = hm_disjoint_root(sets, (uint32_t)i);
        if (number[root] == 0)
            number[root] = ++n_regions;
        region[i] = number[root] - 1;
    }
    return n_regions;
}

hm_status hm_graph_segment(const hm_context *context, const hm_scene_edge *edges, size_t n_edges, size_t n, const hm_segmenting *how,
                           uint32_t *region, size_t *n_regions, hm_error *error)
{
    hm_disjoint sets;
    float *limit = NULL;
    hm_status status = hm_disjoint_init(context, n, &sets, error);
    if (status == HM_OK && !(limit = hm_alloc(context, n, sizeof *limit, error)))
        status = HM_ERROR_MEMORY;
    if (status == HM_OK) {
        for (size_t i = 0; i < n; i++)
            limit[i] = how->k;
        join_alike(edges, n_edges, how->k, &sets, limit);
        join_small(edges, n_edges, how->minimum, &sets);
        *n_regions = number_regions(&sets, n, region);
    }
    hm_free(context, limit);
    hm_disjoint_clear(&sets);
    return status;
}
