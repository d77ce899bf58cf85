/* Superpixels [Felzenszwalb, Huttenlocher 2004]: the smoothed picture as a graph of pixels and their eight neighbours, whose edges weigh
 * the distance of colours, cut into segments (segments.c).
 *
 * The paper segments each colour apart and intersects the results; as in the authors' program, the three are taken together here. */
#include <harmonium/scene.h>

#include <math.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "scene/segments.h"
#include "scene/pixels.h"

enum { RADIUS = 4 }; /* ceil(4 sigma) */
static const float SIGMA = 0.8f;

/* A Gaussian of unit sum: its middle and one side. */
static void make_mask(float mask[RADIUS + 1])
{
    float sum = 0;
    for (int r = 0; r <= RADIUS; r++) {
        float z = (float)r / SIGMA;
        mask[r] = expf(-0.5f * z * z);
        sum += r ? 2 * mask[r] : mask[r];
    }
    for (int r = 0; r <= RADIUS; r++)
        mask[r] /= sum;
}

/* smooth[3][height][width], with a plane of scratch behind it. */
static void smooth_planes(const hm_scene_picture *picture, float *smooth)
{
    float mask[RADIUS + 1];
    size_t n = picture->height * picture->width;
    make_mask(mask);
    for (size_t c = 0; c < 3; c++)
        hm_plane_smooth(&(hm_smoothing){mask, RADIUS}, picture->height, picture->width, picture->values + c * n, smooth + 3 * n, smooth + c * n);
}

/* edges[4 * height * width]; returns how many there are. */
static size_t join_neighbours(const hm_scene_picture *picture, const float *smooth, hm_scene_edge *edges)
{
    size_t n = picture->height * picture->width, n_edges = 0, neighbour[HM_NEIGHBOURS_AFTER];
    for (size_t i = 0; i < n; i++) {
        size_t n_near = hm_pixel_neighbours(picture->height, picture->width, i, neighbour);
        for (size_t k = 0; k < n_near; k++)
            edges[n_edges++] = (hm_scene_edge){(uint32_t)i, (uint32_t)neighbour[k], hm_colour_distance(smooth, n, i, neighbour[k])};
    }
    return n_edges;
}

static hm_status make_edges(const hm_scene_picture *picture, hm_scene_edge **edges, size_t *n_edges, hm_error *error)
{
    size_t n = picture->height * picture->width;
    float *smooth = hm_alloc(picture->context, n, 4 * sizeof *smooth, error);
    *edges = smooth ? hm_alloc(picture->context, n, HM_NEIGHBOURS_AFTER * sizeof **edges, error) : NULL;
    if (*edges) {
        smooth_planes(picture, smooth);
        *n_edges = join_neighbours(picture, smooth, *edges);
        hm_edges_sort(*edges, *n_edges);
    }
    hm_free(picture->context, smooth);
    return *edges ? HM_OK : HM_ERROR_MEMORY;
}

hm_status hm_superpixels(const hm_scene_picture *picture, float k, size_t minimum, uint32_t *region, size_t *n_regions, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, picture, region, n_regions));
    hm_scene_edge *edges = NULL;
    size_t n_edges;
    *n_regions = 0;
    if (!(k >= 0))
        return hm_fail(error, HM_ERROR_ARGUMENT, "superpixels want a k of at least 0, not %g", (double)k);
    hm_status status = hm_scene_picture_check(picture, error);
    if (status == HM_OK)
        status = make_edges(picture, &edges, &n_edges, error);
    if (status == HM_OK)
        status = hm_graph_segment(picture->context, edges, n_edges, picture->height * picture->width, &(hm_segmenting){k, minimum}, region,
                                  n_regions, error);
    hm_free(picture->context, edges);
    return status;
}
