/* Graphs of pixels and of regions: sorted edges, and sets of nodes that are joined. */
#ifndef HM_SCENE_SEGMENTS_H
#define HM_SCENE_SEGMENTS_H

#include <harmonium/scene.h>

/* By weight, equal ones by a and b: the order is one and the same on every machine. */
void hm_edges_sort(hm_scene_edge *edges, size_t n);

/* Disjoint sets of nodes 0 .. n - 1, each known by its root [Tarjan]. */
typedef struct hm_disjoint {
    const hm_context *context;
    uint32_t *parent; /* [n]; a root's is itself */
    uint32_t *size;   /* [n], of a root's set */
} hm_disjoint;

/* Each node alone. hm_disjoint_clear also after failure. */
hm_status hm_disjoint_init(const hm_context *context, size_t n, hm_disjoint *sets, hm_error *error);
void hm_disjoint_clear(hm_disjoint *sets);
uint32_t hm_disjoint_root(hm_disjoint *sets, uint32_t node);
/* Joins the sets of two different roots and returns the root of both: that of the larger, the first of equal ones. */
uint32_t hm_disjoint_join(hm_disjoint *sets, uint32_t a, uint32_t b);

/* The segments of a graph of n nodes by sorted edges [Felzenszwalb04]: region[n], numbered in the order of their first nodes, and how many
 * there are; see hm_superpixels. */
typedef struct hm_segmenting {
    float k;
    size_t minimum; /* nodes of a segment */
} hm_segmenting;

hm_status hm_graph_segment(const hm_context *context, const hm_scene_edge *edges, size_t n_edges, size_t n, const hm_segmenting *how,
                           uint32_t *region, size_t *n_regions, hm_error *error);

#endif
