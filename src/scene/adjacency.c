/* Which regions touch, and how much their colours differ where they do. */
#include <harmonium/scene.h>

#include <stdlib.h>

#include "base/alloc.h"
#include "base/check.h"
#include "scene/pixels.h"

static hm_scene_edge edge_of(const hm_scene_picture *picture, const uint32_t *region, size_t i, size_t j)
{
    bool is_first = region[i] < region[j];
    float weight = hm_colour_distance(picture->values, picture->height * picture->width, i, j);
    return (hm_scene_edge){is_first ? region[i] : region[j], is_first ? region[j] : region[i], weight};
}

/* The pairs of neighbouring pixels of different regions; counts them alone while edges is null. */
static size_t find_borders(const hm_scene_picture *picture, const uint32_t *region, hm_scene_edge *edges)
{
    size_t n = 0, neighbour[HM_NEIGHBOURS_AFTER];
    for (size_t i = 0; i < picture->height * picture->width; i++) {
        size_t n_near = hm_pixel_neighbours(picture->height, picture->width, i, neighbour);
        for (size_t k = 0; k < n_near; k++) {
            if (region[i] == region[neighbour[k]])
                continue;
            if (edges)
                edges[n] = edge_of(picture, region, i, neighbour[k]);
            n++;
        }
    }
    return n;
}

/* By regions, then by weight, so that a sum does not depend on the sort. */
static int compare(const void *a, const void *b)
{
    const hm_scene_edge *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return (x->weight > y->weight) - (x->weight < y->weight);
}

/* Runs of the same two regions become one edge, in place; returns how many are left. */
static size_t average_runs(hm_scene_edge *edges, size_t n)
{
    size_t n_kept = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        double sum = 0;
        for (end = begin; end < n && edges[end].a == edges[begin].a && edges[end].b == edges[begin].b; end++)
            sum += edges[end].weight;
        edges[n_kept++] = (hm_scene_edge){edges[begin].a, edges[begin].b, (float)(sum / (double)(end - begin))};
    }
    return n_kept;
}

hm_status hm_region_adjacency(const hm_scene_picture *picture, const uint32_t *region, hm_scene_edge **edges, size_t *n_edges,
                              hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, edges));
    *edges = NULL;
    HM_REQUIRE(HM_GIVEN(error, picture, region, n_edges));
    *n_edges = 0;
    hm_status status = hm_scene_picture_check(picture, error);
    if (status != HM_OK)
        return status;
    size_t n = find_borders(picture, region, NULL);
    *edges = hm_alloc(picture->context, n, sizeof **edges, error);
    if (!*edges)
        return HM_ERROR_MEMORY;
    find_borders(picture, region, *edges);
    qsort(*edges, n, sizeof **edges, compare);
    *n_edges = average_runs(*edges, n);
    return HM_OK;
}

void hm_region_edges_free(const hm_context *context, hm_scene_edge *edges)
{
    hm_free(context, edges);
}
