/* Pictures to label pictures: whole or in tiles, a label a pixel or a region. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/count.h"
#include "scene/enlarge.h"
#include "scene/pixels.h"
#include "scene/scene_pass.h"

struct hm_scene_labeller {
    const hm_scene_net *net;
    const hm_scene_label_config *config;
    hm_scene_pass pass;    /* of the size of the last piece of a picture */
    float *scores, *piece; /* [n_scores]: of the last picture, and room for those of a piece */
    size_t n_scores;
};

hm_status hm_scene_labeller_create(const hm_scene_net *net, const hm_scene_label_config *config, hm_scene_labeller **labeller,
                                   hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, labeller));
    *labeller = NULL;
    HM_REQUIRE(HM_GIVEN(error, net, config));
    HM_REQUIRE(hm_options_check(&hm_scene_label_options, config, error));
    *labeller = hm_alloc(net->context, 1, sizeof **labeller, error);
    if (!*labeller)
        return HM_ERROR_MEMORY;
    **labeller = (hm_scene_labeller){.net = net, .config = config};
    return HM_OK;
}

void hm_scene_labeller_destroy(hm_scene_labeller *labeller)
{
    if (!labeller)
        return;
    hm_scene_pass_clear(&labeller->pass);
    hm_free(labeller->net->context, labeller->scores);
    hm_free(labeller->net->context, labeller->piece);
    hm_free(labeller->net->context, labeller);
}

/* ---- A piece of a picture ----------------------------------------------------------------------------------------- */

typedef struct rectangle {
    size_t top, left, height, width;
} rectangle;

/* A copy, mirrored or not; hm_scene_picture_clear. */
static hm_status crop(const hm_scene_picture *picture, const rectangle *r, bool is_mirrored, hm_scene_picture *out, hm_error *error)
{
    float *values = hm_alloc(picture->context, 3 * r->height * r->width, sizeof(float), error);
    *out = (hm_scene_picture){picture->context, r->height, r->width, values};
    if (!values)
        return HM_ERROR_MEMORY;
    float *to = out->values;
    for (size_t row = 0; row < 3 * r->height; row++, to += r->width) {
        const float *from = picture->values + ((row / r->height) * picture->height + r->top + row % r->height) * picture->width + r->left;
        for (size_t x = 0; x < r->width; x++)
            to[x] = from[is_mirrored ? r->width - 1 - x : x];
    }
    return HM_OK;
}

/* The pass sees the piece. */
static hm_status look(hm_scene_labeller *l, const hm_scene_picture *picture, const rectangle *r, hm_error *error)
{
    hm_scene_picture piece;
    hm_status status = HM_OK;
    if (l->pass.height != r->height || l->pass.width != r->width) {
        hm_scene_pass_clear(&l->pass);
        status = hm_scene_pass_create(l->net, 1, r->height, r->width, false, &l->pass, error);
    }
    if (status == HM_OK)
        status = crop(picture, r, false, &piece, error);
    if (status != HM_OK)
        return status;
    status = hm_scene_pass_look(&l->pass, 0, &piece, error);
    if (status == HM_OK)
        hm_scene_pass_forward(&l->pass, NULL);
    hm_scene_picture_clear(&piece);
    return status;
}

/* ---- Tiles --------------------------------------------------------------------------------------------------------- */

/* Scores of all pixels that the net sees, and room for those of a piece. */
typedef struct scoring {
    hm_scene_labeller *l;
    const hm_scene_picture *seen;
    float *scores, *piece; /* [height][width][K] */
    bool is_mirrored;      /* `seen` is; the scores are not */
} scoring;

/* Room for n scores, all zero. */
static hm_status make_room(hm_scene_labeller *l, size_t n, hm_error *error)
{
    const hm_context *context = l->net->context;
    if (n == l->n_scores) {
        memset(l->scores, 0, n * sizeof *l->scores);
        return HM_OK;
    }
    hm_free(context, l->scores);
    hm_free(context, l->piece);
    l->scores = hm_alloc(context, n, sizeof *l->scores, error);
    l->piece = hm_alloc(context, n, sizeof *l->piece, error);
    l->n_scores = l->scores && l->piece ? n : 0;
    return l->n_scores ? HM_OK : HM_ERROR_MEMORY;
}

/* Adds the scores of the piece `outer` to those of its part `inner`. */
static void add_piece(const scoring *s, const rectangle *outer, const rectangle *inner, float share)
{
    size_t K = s->l->net->classes->n, width = s->seen->width;
    bool is_all = share == 1 && inner->height == s->seen->height && inner->width == width;
    hm_scene_pass_scores(&s->l->pass, 0, is_all ? s->scores : s->piece);
    if (is_all)
        return;
    for (size_t y = inner->top; y < inner->top + inner->height; y++)
        for (size_t x = inner->left; x < inner->left + inner->width; x++) {
            const float *from = s->piece + ((y - outer->top) * outer->width + x - outer->left) * K;
            float *to = s->scores + (y * width + (s->is_mirrored ? width - 1 - x : x)) * K;
            for (size_t k = 0; k < K; k++)
                to[k] += share * from[k];
        }
}

static hm_status score_piece(const scoring *s, const rectangle *outer, const rectangle *inner, hm_error *error)
{
    hm_status status = look(s->l, s->seen, outer, error);
    if (status == HM_OK)
        add_piece(s, outer, inner, s->l->config->mirrored ? 0.5f : 1);
    return status;
}

/* Of a line of n places the part that tile `i` needs around its own. */
static void surround(size_t n, size_t first, size_t own, size_t reach, size_t *begin, size_t *length)
{
    *begin = first > reach ? first - reach : 0;
    *length = hm_least(n, first + own + reach) - *begin;
}

static hm_status score_tiles(const scoring *s, size_t tile, size_t reach, hm_error *error)
{
    size_t height = s->seen->height, width = s->seen->width;
    hm_status status = HM_OK;
    for (size_t y = 0; status == HM_OK && y < height; y += tile)
        for (size_t x = 0; status == HM_OK && x < width; x += tile) {
            rectangle inner = {y, x, hm_least(tile, height - y), hm_least(tile, width - x)}, outer;
            surround(height, y, inner.height, reach, &outer.top, &outer.height);
            surround(width, x, inner.width, reach, &outer.left, &outer.width);
            status = score_piece(s, &outer, &inner, error);
        }
    return status;
}

/* Tiles begin where places of the coarsest scale do, so that they see what the whole picture would show them. */
static hm_status score_view(const scoring *s, hm_error *error)
{
    const hm_scene_net *net = s->l->net;
    size_t place = hm_scene_net_pool(net) << (net->n_scales - 1), reach = hm_n_parts(hm_scene_net_reach(net), place) * place;
    size_t tile = hm_n_parts((size_t)s->l->config->tile, place) * place, most = (tile + 2 * reach) * (tile + 2 * reach);
    const rectangle whole = {0, 0, s->seen->height, s->seen->width};
    if (whole.height <= most / whole.width)
        return score_piece(s, &whole, &whole, error);
    return score_tiles(s, tile, reach, error);
}

/* The picture, and its mirror image if that is asked for. */
static hm_status score_all(scoring *s, hm_error *error)
{
    const rectangle whole = {0, 0, s->seen->height, s->seen->width};
    hm_scene_picture mirrored;
    hm_status status = score_view(s, error);
    if (status == HM_OK && s->l->config->mirrored)
        status = crop(s->seen, &whole, true, &mirrored, error);
    if (status != HM_OK || !s->l->config->mirrored)
        return status;
    s->seen = &mirrored;
    s->is_mirrored = true;
    status = score_view(s, error);
    hm_scene_picture_clear(&mirrored);
    return status;
}

/* ---- Pixels ---------------------------------------------------------------------------------------------------------- */

typedef struct pixel_job {
    const hm_scene_labeller *l;
    const float *scores; /* of what the net sees, [seen height][seen width][K] */
    size_t seen_height, seen_width, height, width;
    hm_matrix out;       /* probabilities; data null: labels alone */
    uint8_t *labels;
} pixel_job;

/* Of n pixels number i, among those that the net saw. */
static hm_between between_at(size_t i, size_t n, size_t n_seen)
{
    return hm_between_of(((float)i + 0.5f) * (float)n_seen / (float)n - 0.5f, n_seen);
}

/* The scores of a pixel of the picture, interpolated where the net saw it in another size, with the prior. */
static void score_pixel(const pixel_job *j, const float *prior, const hm_between *v, const hm_between *h, float *s)
{
    size_t K = j->l->net->classes->n, row = j->seen_width * K;
    const float *a = j->scores + v->first * row + h->first * K, *b = j->scores + v->first * row + h->second * K;
    const float *c = j->scores + v->second * row + h->first * K, *d = j->scores + v->second * row + h->second * K;
    for (size_t k = 0; k < K; k++) {
        float upper = a[k] + h->share * (b[k] - a[k]), lower = c[k] + h->share * (d[k] - c[k]);
        s[k] = upper + v->share * (lower - upper) + prior[k];
    }
}

static void softmax(float *s, size_t n)
{
    float most = s[hm_largest(s, n)], sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += s[k] = expf(s[k] - most);
    for (size_t k = 0; k < n; k++)
        s[k] /= sum;
}

static void finish_row(void *argument, size_t y)
{
    const pixel_job *j = argument;
    const hm_scene_net *net = j->l->net;
    size_t K = net->classes->n;
    float s[HM_SCENE_CLASSES_MAX], prior[HM_SCENE_CLASSES_MAX];
    for (size_t k = 0; k < K; k++)
        prior[k] = (float)(j->l->config->prior * log(fmax(net->share[k], 1e-6)));
    hm_between v = between_at(y, j->height, j->seen_height);
    for (size_t x = 0; x < j->width; x++) {
        hm_between h = between_at(x, j->width, j->seen_width);
        score_pixel(j, prior, &v, &h, s);
        if (j->labels)
            j->labels[y * j->width + x] = (uint8_t)hm_largest(s, K);
        if (!j->out.data)
            continue;
        softmax(s, K);
        memcpy(hm_row_f32(&j->out, y * j->width + x), s, K * sizeof *s);
    }
}

/* Probabilities, labels, or both. */
static hm_status finish(hm_scene_labeller *l, const hm_scene_picture *picture, hm_matrix out, uint8_t *labels, hm_error *error)
{
    hm_scene_view view;
    hm_scene_picture seen;
    hm_status status = hm_scene_picture_check(picture, error);
    if (status != HM_OK)
        return status;
    hm_scene_view_whole(picture, (float)l->net->config.size, &view);
    status = hm_scene_view_take(l->net->classes, &view, picture, NULL, &seen, NULL, error);
    if (status != HM_OK)
        return status;
    status = make_room(l, seen.height * seen.width * l->net->classes->n, error);
    if (status == HM_OK)
        status = score_all(&(scoring){l, &seen, l->scores, l->piece, false}, error);
    pixel_job job = {l, l->scores, seen.height, seen.width, picture->height, picture->width, out, labels};
    if (status == HM_OK)
        hm_pool_run(l->net->context->pool, picture->height, finish_row, &job);
    hm_scene_picture_clear(&seen);
    return status;
}

hm_status hm_scene_probabilities(hm_scene_labeller *l, const hm_scene_picture *picture, hm_matrix probabilities, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, l, picture));
    return finish(l, picture, probabilities, NULL, error);
}

/* ---- Regions ----------------------------------------------------------------------------------------------------------- */

typedef struct regions {
    size_t n, n_pixels;
    uint32_t *region; /* [n_pixels] */
    float *sums;      /* [n][K] */
    uint8_t *label;   /* [n] */
} regions;

static hm_status cover(const hm_scene_labeller *l, const hm_scene_picture *picture, const regions *r, hm_matrix sums, hm_error *error)
{
    hm_scene_edge *edges = NULL;
    hm_segmentation_tree tree;
    size_t n_edges;
    hm_status status = hm_region_adjacency(picture, r->region, &edges, &n_edges, error);
    if (status == HM_OK)
        status = hm_segmentation_tree_make(l->net->context, r->n, edges, n_edges, &tree, error);
    hm_region_edges_free(l->net->context, edges);
    if (status != HM_OK)
        return status;
    status = hm_segmentation_cover(&tree, sums, NULL, r->label, error);
    hm_segmentation_tree_clear(&tree);
    return status;
}

static hm_status label_regions(const hm_scene_labeller *l, const hm_scene_picture *picture, hm_matrix probabilities, regions *r,
                               hm_error *error)
{
    size_t K = l->net->classes->n;
    r->sums = hm_alloc(l->net->context, r->n * K, sizeof *r->sums, error);
    r->label = hm_alloc(l->net->context, r->n, 1, error);
    if (!r->sums || !r->label)
        return HM_ERROR_MEMORY;
    hm_matrix sums = hm_matrix_f32(r->sums, r->n, K);
    hm_status status = hm_region_scores(probabilities, r->region, sums, error);
    if (status == HM_OK && l->config->regions == HM_SCENE_REGIONS_COVER)
        return cover(l, picture, r, sums, error);
    if (status == HM_OK)
        hm_region_vote(sums, r->label);
    return status;
}

static hm_status label_by_regions(hm_scene_labeller *l, const hm_scene_picture *picture, uint8_t *labels, hm_error *error)
{
    const hm_context *context = l->net->context;
    size_t n = picture->height * picture->width, K = l->net->classes->n;
    regions r = {.n_pixels = n, .region = hm_alloc(context, n, sizeof *r.region, error)};
    float *values = hm_alloc(context, n * K, sizeof *values, error);
    hm_matrix probabilities = hm_matrix_f32(values, n, K);
    hm_status status = r.region && values ? finish(l, picture, probabilities, NULL, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = hm_superpixels(picture, (float)l->config->region_size, (size_t)l->config->least_region, r.region, &r.n, error);
    if (status == HM_OK)
        status = label_regions(l, picture, probabilities, &r, error);
    if (status == HM_OK)
        hm_region_paint(r.region, r.label, n, labels);
    hm_free(context, r.region);
    hm_free(context, r.sums);
    hm_free(context, r.label);
    hm_free(context, values);
    return status;
}

hm_status hm_scene_label(hm_scene_labeller *l, const hm_scene_picture *picture, hm_label_picture *labels, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, l, picture, labels));
    size_t n = picture->height * picture->width;
    *labels = (hm_label_picture){l->net->context, picture->height, picture->width, hm_alloc(l->net->context, n ? n : 1, 1, error)};
    hm_status status = !labels->labels                                   ? HM_ERROR_MEMORY
                       : l->config->regions == HM_SCENE_REGIONS_NONE ? finish(l, picture, (hm_matrix){0}, labels->labels, error)
                                                                         : label_by_regions(l, picture, labels->labels, error);
    if (status != HM_OK)
        hm_label_picture_clear(labels);
    return status;
}
