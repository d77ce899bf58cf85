/* The segmentation tree of regions and its optimal cover by purity [Farabet13, section 4.3].
 *
 * Edges between regions are taken by increasing weight; each that joins two components makes a node above both. A node n has the
 * distribution d(n) of the classes of all its pixels, and costs its entropy:
 *
 *     d(n)_c = sum of the scores of class c over n's leaves / sum over all classes        S(n) = -sum_c d(n)_c ln d(n)_c
 *     C(i) = argmin S(n) over the leaf i and all nodes above it                            label(i) = argmax_c d(C(i))_c
 *
 * so that every leaf is seen at the scale at which its surroundings are most surely one thing; of equal costs the smallest component
 * is taken. A node without scores costs ln n_classes, that of knowing nothing.
 *
 * In the paper a second classifier sees each component and predicts d(n); here d(n) is the mean of what was predicted for its
 * pixels. Its components come from watersheds of a hierarchy of a picture's gradient; here from superpixels. */
#include <harmonium/scene.h>

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "scene/segments.h"

static const size_t LEAVES_MAX = (size_t)1 << 30; /* two nodes a leaf, in an int32_t */

/* ---- The tree ---------------------------------------------------------------------------------- */

static hm_status check_graph(size_t n_leaves, const hm_scene_edge *edges, size_t n_edges, hm_error *error)
{
    if (n_leaves == 0 || n_leaves > LEAVES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a segmentation tree of %zu regions cannot be made; from 1 to %zu can", n_leaves, LEAVES_MAX);
    for (size_t i = 0; i < n_edges; i++) {
        if (edges[i].a >= n_leaves || edges[i].b >= n_leaves)
            return hm_fail(error, HM_ERROR_ARGUMENT, "edge %zu joins regions %u and %u, and there are %zu", i, (unsigned)edges[i].a,
                           (unsigned)edges[i].b, n_leaves);
        if (isnan(edges[i].weight))
            return hm_fail(error, HM_ERROR_NUMERIC, "edge %zu has no number for its weight", i);
    }
    return HM_OK;
}

static hm_status allocate(const hm_context *context, size_t n_leaves, hm_segmentation_tree *tree, hm_error *error)
{
    size_t most = 2 * n_leaves - 1;
    *tree = (hm_segmentation_tree){.context = context, .n_leaves = n_leaves, .n_nodes = n_leaves};
    tree->parent = hm_alloc(context, most, sizeof *tree->parent, error);
    if (tree->parent)
        tree->weight = hm_alloc(context, most, sizeof *tree->weight, error);
    if (!tree->weight)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < most; i++)
        tree->parent[i] = HM_NO_PARENT;
    return HM_OK;
}

/* node[root]: the node of the tree that a component has become. */
static void merge(hm_segmentation_tree *tree, const hm_scene_edge *edges, size_t n_edges, hm_disjoint *sets, uint32_t *node)
{
    for (size_t i = 0; i < tree->n_leaves; i++)
        node[i] = (uint32_t)i;
    for (const hm_scene_edge *e = edges; e < edges + n_edges; e++) {
        uint32_t a = hm_disjoint_root(sets, e->a), b = hm_disjoint_root(sets, e->b);
        if (a == b)
            continue;
        uint32_t above = (uint32_t)tree->n_nodes++;
        tree->parent[node[a]] = tree->parent[node[b]] = (int32_t)above;
        tree->weight[above] = e->weight;
        node[hm_disjoint_join(sets, a, b)] = above;
    }
}

static hm_status merge_sorted(hm_segmentation_tree *tree, const hm_scene_edge *edges, size_t n_edges, hm_error *error)
{
    const hm_context *context = tree->context;
    hm_disjoint sets;
    hm_status status = hm_disjoint_init(context, tree->n_leaves, &sets, error);
    uint32_t *node = status == HM_OK ? hm_alloc(context, tree->n_leaves, sizeof *node, error) : NULL;
    hm_scene_edge *sorted = node ? hm_alloc(context, n_edges, sizeof *sorted, error) : NULL;
    if (sorted) {
        if (n_edges > 0)
            memcpy(sorted, edges, n_edges * sizeof *sorted);
        hm_edges_sort(sorted, n_edges);
        merge(tree, sorted, n_edges, &sets, node);
    }
    status = sorted ? HM_OK : HM_ERROR_MEMORY;
    hm_free(context, sorted);
    hm_free(context, node);
    hm_disjoint_clear(&sets);
    return status;
}

hm_status hm_segmentation_tree_make(const hm_context *context, size_t n_leaves, const hm_scene_edge *edges, size_t n_edges,
                                    hm_segmentation_tree *tree, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, tree));
    *tree = (hm_segmentation_tree){.context = context};
    hm_status status = check_graph(n_leaves, edges, n_edges, error);
    if (status == HM_OK)
        status = allocate(context, n_leaves, tree, error);
    if (status == HM_OK)
        status = merge_sorted(tree, edges, n_edges, error);
    if (status != HM_OK)
        hm_segmentation_tree_clear(tree);
    return status;
}

void hm_segmentation_tree_clear(hm_segmentation_tree *tree)
{
    hm_free(tree->context, tree->parent);
    hm_free(tree->context, tree->weight);
    *tree = (hm_segmentation_tree){.context = tree->context};
}

/* ---- The cover --------------------------------------------------------------------------------- */

static hm_status check_scores(const hm_segmentation_tree *tree, const hm_matrix *scores, hm_error *error)
{
    if (scores->rows != tree->n_leaves || scores->cols == 0 || scores->cols > HM_SCENE_CLASSES_MAX)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "scores of %zu regions and %zu classes do not belong to a tree of %zu regions (1 to %d classes)", scores->rows, scores->cols,
                       tree->n_leaves, HM_SCENE_CLASSES_MAX);
    for (size_t i = 0; i < scores->rows; i++)
        for (size_t c = 0; c < scores->cols; c++) {
            double score = hm_row_f32(scores, i)[c];
            if (!(score >= 0 && isfinite(score)))
                return hm_fail(error, HM_ERROR_NUMERIC, "region %zu has a score of %g for class %zu; sums of probabilities are wanted", i,
                               score, c);
        }
    return HM_OK;
}

/* sum[n_nodes][n_classes], zero: children come before their parents. */
static void sum_scores(const hm_segmentation_tree *tree, const hm_matrix *scores, double *sum)
{
    size_t n_classes = scores->cols;
    for (size_t node = 0; node < tree->n_nodes; node++)
        for (size_t c = 0; c < n_classes; c++) {
            if (node < tree->n_leaves)
                sum[node * n_classes + c] = hm_row_f32(scores, node)[c];
            if (tree->parent[node] != HM_NO_PARENT)
                sum[(size_t)tree->parent[node] * n_classes + c] += sum[node * n_classes + c];
        }
}

/* S(n) of sums[n_classes] */
static double entropy(const double *sum, size_t n_classes)
{
    double total = 0, S = 0;
    for (size_t c = 0; c < n_classes; c++)
        total += sum[c];
    if (total == 0)
        return log((double)n_classes);
    for (size_t c = 0; c < n_classes; c++)
        if (sum[c] > 0)
            S -= sum[c] / total * log(sum[c] / total);
    return S;
}

static uint8_t largest(const double *sum, size_t n_classes)
{
    size_t best = 0;
    for (size_t c = 1; c < n_classes; c++)
        best = sum[c] > sum[best] ? c : best;
    return (uint8_t)best;
}

/* best[n]: the component of least cost from n upwards; parents, which come after, are done first. n is taken when S(n) is no larger than
 * all above. */
static void choose(const hm_segmentation_tree *tree, const double *S, uint32_t *best)
{
    for (size_t node = tree->n_nodes; node-- > 0;) {
        int32_t parent = tree->parent[node];
        best[node] = parent == HM_NO_PARENT || S[node] <= S[best[parent]] ? (uint32_t)node : best[parent];
    }
}

hm_status hm_segmentation_cover(const hm_segmentation_tree *tree, hm_matrix scores, uint32_t *component, uint8_t *label, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, tree));
    HM_REQUIRE(hm_check_matrix("scores", scores, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    const hm_context *context = tree->context;
    hm_status status = check_scores(tree, &scores, error);
    if (status != HM_OK)
        return status;
    double *sum = hm_alloc(context, tree->n_nodes, scores.cols * sizeof *sum, error);
    double *S = sum ? hm_alloc(context, tree->n_nodes, sizeof *S, error) : NULL;
    uint32_t *best = S ? hm_alloc(context, tree->n_nodes, sizeof *best, error) : NULL;
    if (best) {
        sum_scores(tree, &scores, sum);
        for (size_t node = 0; node < tree->n_nodes; node++)
            S[node] = entropy(sum + node * scores.cols, scores.cols);
        choose(tree, S, best);
        for (size_t i = 0; component && i < tree->n_leaves; i++)
            component[i] = best[i];
        for (size_t i = 0; label && i < tree->n_leaves; i++)
            label[i] = largest(sum + best[i] * scores.cols, scores.cols);
    }
    status = best ? HM_OK : HM_ERROR_MEMORY;
    hm_free(context, best);
    hm_free(context, S);
    hm_free(context, sum);
    return status;
}
