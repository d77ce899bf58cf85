/* Convolution as a connection between two layers of maps (Lee, Grosse, Ranganath and Ng, 2009).
 *
 * Letters: C maps of H x W places below, K maps of h x w above, filters W[k][c][fh][fw] with h <= H - fh + 1 and w <= W - fw + 1 (less
 * where a border fills no block):
 *
 *     up      a_k(p) = sum_c,d  W[k][c][d] v_c(p + d)        (valid)
 *     down    a_c(q) = sum_k,d  W[k][c][d] h_k(q - d)        (full: the adjoint of up)
 *     G[k][c][d]     = sum over cases and p of h_k(p) v_c(p + d)
 *
 * Each is a product with a matrix of patches, the C fh fw values below a place, which is gathered for a run of places at a time and
 * never whole. Places above are run through in the order in which they are stored, which for blocks of pooling units is block by
 * block (hm_layer_place). A machine that is learned has a faster way (filters.h), of which this is the truth. */
#include "compute/convolution.h"

#include <string.h>

#include "base/context.h"
#include "base/count.h"

enum { PATCHES = 32768, UNITS_MAX = 1 << 24, MAPS_PER_TASK = 16 }; /* floats gathered at a time; of a layer */

typedef struct geometry {
    const hm_layer *below, *above;
    size_t C, H, W, K, h, w, fh, fw;
    size_t patch;    /* C fh fw */
    size_t n_places; /* h w */
    size_t run;      /* places gathered at a time */
} geometry;

static geometry geometry_of(const hm_connection *c)
{
    geometry g = {.below = &c->below, .above = &c->above, .C = c->below.n_maps, .H = c->below.height, .W = c->below.width,
                  .K = c->above.n_maps, .h = c->above.height, .w = c->above.width};
    g.fh = c->above.filter_height;
    g.fw = c->above.filter_width;
    g.patch = g.C * g.fh * g.fw;
    g.n_places = g.h * g.w;
    g.run = PATCHES / (g.patch > g.K ? g.patch : g.K);
    return g;
}

bool hm_convolution_fits(const hm_layer *below, const hm_layer *above)
{
    return below->n_maps > 0 && above->n_maps > 0 && below->n_maps * above->filter_height * above->filter_width <= PATCHES &&
           above->n_maps <= PATCHES && below->n_units <= UNITS_MAX && above->n_units <= UNITS_MAX;
}

static int shape(const hm_connection *c, size_t axes[HM_CONNECTION_AXES_MAX])
{
    const geometry g = geometry_of(c);
    axes[0] = g.K;
    axes[1] = g.C;
    axes[2] = g.fh;
    axes[3] = g.fw;
    return 4;
}

/* ---- Patches ---------------------------------------------------------------------------------------------------- */

/* n units of row i from `first` on, as floats. */
static void read_units(const hm_kernels *kernels, const hm_matrix *m, size_t i, size_t first, size_t n, float *out)
{
    if (m->dtype == HM_DTYPE_F32)
        memcpy(out, hm_row_f32(m, i) + first, n * sizeof *out);
    else
        kernels->from_bytes(hm_row_u8(m, i) + first, out, n);
}

/* Channels first .. first + n_channels - 1 of case i under places from .. from + n - 1: out[n][n_channels fh fw]. */
static void gather(const geometry *g, const hm_kernels *kernels, const hm_matrix *v, size_t i, size_t from, size_t n,
                   size_t first, size_t n_channels, float *out)
{
    for (size_t s = from; s < from + n; s++) {
        size_t place = hm_layer_place(g->above, s), y = place / g->w, x = place % g->w;
        for (size_t c = first; c < first + n_channels; c++)
            for (size_t d = 0; d < g->fh; d++, out += g->fw)
                read_units(kernels, v, i, (c * g->H + y + d) * g->W + x, g->fw, out);
    }
}

static void scatter(const geometry *g, const float *patches, size_t from, size_t n, float *v)
{
    for (size_t s = from; s < from + n; s++) {
        size_t place = hm_layer_place(g->above, s), y = place / g->w, x = place % g->w;
        for (size_t c = 0; c < g->C; c++)
            for (size_t d = 0; d < g->fh; d++, patches += g->fw) {
                float *row = v + (c * g->H + y + d) * g->W + x;
                for (size_t e = 0; e < g->fw; e++)
                    row[e] += patches[e];
            }
    }
}

/* ---- Propagate ---------------------------------------------------------------------------------------------------- */

typedef struct propagation {
    const hm_backend *backend;
    const hm_kernels *kernels;
    geometry g;
    const float *weights;
    const hm_propagation *job;
    size_t n_runs; /* of places, in a case */
} propagation;

static void add_biases(const propagation *p, size_t n_maps, size_t n_places, size_t first, size_t n, float *a)
{
    for (size_t m = 0; p->job->bias && m < n_maps; m++)
        for (size_t s = first; s < first + n; s++)
            a[m * n_places + s] += p->job->bias[m];
}

/* One run of places of one case: a[K][n_places] = W patches'. */
static void go_up(void *argument, size_t task)
{
    const propagation *p = argument;
    const geometry *g = &p->g;
    float patches[PATCHES];
    patches[0] = 0; /* GCC does not see that a run has a place */
    size_t i = task / p->n_runs, from = task % p->n_runs * g->run, n = hm_least(g->run, g->n_places - from);
    float *a = hm_row_f32(&p->job->mean, i);
    gather(g, p->kernels, &p->job->input, i, from, n, 0, g->C, patches);
    p->backend->product(p->kernels, false, true, g->K, n, g->patch, 1, p->weights, g->patch, patches, g->patch, 0, a + from,
                        g->n_places);
    add_biases(p, g->K, g->n_places, from, n, a);
}

/* One case: patches = h'W run by run, added where they came from. */
static void go_down(void *argument, size_t i)
{
    const propagation *p = argument;
    const geometry *g = &p->g;
    float patches[PATCHES], *a = hm_row_f32(&p->job->mean, i);
    bool is_bytes = p->job->input.dtype == HM_DTYPE_U8;
    memset(a, 0, p->job->mean.cols * sizeof *a);
    for (size_t from = 0; from < g->n_places; from += g->run) {
        size_t n = hm_least(g->run, g->n_places - from);
        float widened[PATCHES];
        const float *h = is_bytes ? widened : hm_row_f32(&p->job->input, i) + from;
        for (size_t k = 0; is_bytes && k < g->K; k++)
            p->kernels->from_bytes(hm_row_u8(&p->job->input, i) + k * g->n_places + from, widened + k * n, n);
        p->backend->product(p->kernels, true, false, n, g->patch, g->K, 1, h, is_bytes ? n : g->n_places, p->weights, g->patch, 0,
                            patches, g->patch);
        scatter(g, patches, from, n, a);
    }
    add_biases(p, g->C, g->H * g->W, 0, g->H * g->W, a);
}

static void propagate(const hm_context *context, const hm_connection *c, hm_propagation job)
{
    propagation p = {context->backend, context->backend->kernels(), geometry_of(c), c->weights, &job, 0};
    p.n_runs = hm_n_parts(p.g.n_places, p.g.run);
    bool is_done = c->filters && hm_filters_propagate(context, c->filters, c->weights, &job);
    if (!is_done && job.is_down)
        hm_pool_run(context->pool, job.mean.rows, go_down, &p);
    else if (!is_done)
        hm_pool_run(context->pool, job.mean.rows * p.n_runs, go_up, &p);
    hm_propagation units = job; /* what the units make of their inputs, which lie in `mean` now */
    units.input = (hm_matrix){0};
    units.bias = NULL;
    if (job.layer)
        hm_propagate(context, &units);
}

/* ---- Correlate ------------------------------------------------------------------------------------------------------ */

typedef struct correlation {
    const hm_backend *backend;
    const hm_kernels *kernels;
    geometry g;
    const hm_correlation *job;
    float *gradient;
    size_t n_parts; /* of the maps above */
} correlation;

static void add_phase(const correlation *c, const hm_matrix *below, const hm_matrix *above, float weight, size_t channel, size_t map,
                      size_t n_maps)
{
    const geometry *g = &c->g;
    float patches[PATCHES], *G = c->gradient + map * g->patch + channel * g->fh * g->fw;
    size_t area = g->fh * g->fw, run = PATCHES / area;
    for (size_t i = 0; i < below->rows; i++) {
        for (size_t from = 0; from < g->n_places; from += run) {
            size_t n = hm_least(run, g->n_places - from);
            gather(g, c->kernels, below, i, from, n, channel, 1, patches);
            c->backend->product(c->kernels, false, false, n_maps, area, n, weight, hm_row_f32(above, i) + map * g->n_places + from,
                                g->n_places, patches, area, 1, G, g->patch);
        }
    }
}

/* The filters of some maps on one channel, over all cases. */
static void correlate_part(void *argument, size_t task)
{
    const correlation *c = argument;
    const geometry *g = &c->g;
    if (task >= g->C * c->n_parts) {
        hm_correlate_biases(c->kernels, c->job, task > g->C * c->n_parts);
        return;
    }
    size_t channel = task / c->n_parts, map = task % c->n_parts * MAPS_PER_TASK, n = hm_least(MAPS_PER_TASK, g->K - map);
    for (size_t k = map; k < map + n; k++)
        memset(c->gradient + k * g->patch + channel * g->fh * g->fw, 0, g->fh * g->fw * sizeof *c->gradient);
    add_phase(c, &c->job->x_plus, &c->job->y_plus, c->job->weight_plus, channel, map, n);
    if (c->job->x_minus.data && c->job->weight_minus != 0)
        add_phase(c, &c->job->x_minus, &c->job->y_minus, -c->job->weight_minus, channel, map, n);
}

static void correlate(const hm_context *context, const hm_connection *connection, hm_correlation job, float *gradient)
{
    correlation c = {context->backend, context->backend->kernels(), geometry_of(connection), &job, gradient, 0};
    if (connection->filters && hm_filters_correlate(context, connection->filters, &job, gradient))
        return;
    c.n_parts = hm_n_parts(c.g.K, MAPS_PER_TASK);
    hm_pool_run(context->pool, c.g.C * c.n_parts + 2, correlate_part, &c);
}

static void learn(const hm_context *context, const hm_connection *c, hm_correlation job, float *gradient, const hm_update *weights)
{
    correlate(context, c, job, gradient);
    hm_update_parameters(context, weights);
    if (c->filters)
        c->filters->is_current = false;
}

static hm_status reserve(const hm_context *context, hm_connection *c, size_t batch, bool is_learning, hm_error *error)
{
    (void)is_learning;
    return hm_filters_create(context, &c->below, &c->above, batch, &c->filters, error);
}

const hm_connection_kind hm_convolution = {"convolution", "filters that every place of a map shares", shape, propagate, correlate, learn,
                                           reserve};
