/* Room for a pass, the pass upwards and the pass back: see scene_pass.h. */
#include "scene/scene_pass.h"


#include "base/alloc.h"
#include "base/context.h"
#include "base/count.h"
#include "scene/enlarge.h"
#include "scene/pixel_loss.h"

enum { INPUT_STRIDE = 4 }; /* Y, U, V, and a zero that makes pairs of them */

/* ---- Room -------------------------------------------------------------------------------------------------------- */

/* Cuts blocks, or with none counts how long they must be. */
typedef struct cutting {
    float *floats;
    double *doubles;
    size_t n_floats, n_doubles;
} cutting;

static float *take(cutting *c, size_t n)
{
    float *at = c->floats ? c->floats + c->n_floats : NULL;
    c->n_floats += hm_padded_floats(n);
    return at;
}

static hm_maps make_maps(cutting *c, size_t n, size_t height, size_t width, size_t channels, size_t margin)
{
    hm_maps maps = {n, height, width, channels, margin, hm_maps_stride(channels), NULL};
    maps.data = take(c, hm_maps_floats(&maps));
    return maps;
}

static void make_units(cutting *c, const hm_scene_norm *norm, size_t pool, const hm_maps *sums, size_t margin, hm_scene_units *units)
{
    *units = (hm_scene_units){.norm = norm, .pool = pool, .sums = *sums};
    units->out = make_maps(c, sums->n, hm_n_parts(sums->height, pool), hm_n_parts(sums->width, pool), sums->channels, margin);
    units->scale = take(c, sums->stride);
    units->offset = take(c, sums->stride);
    units->mean = take(c, sums->stride);
    units->deviation_inverse = take(c, sums->stride);
    units->part = c->doubles;
    c->n_doubles = c->n_doubles < hm_scene_units_parts(units) ? hm_scene_units_parts(units) : c->n_doubles;
}

/* Sums have the margin that their gradient needs on its way back. */
static void make_scale(cutting *c, hm_scene_pass *pass, size_t s)
{
    const hm_scene_net *net = pass->net;
    const hm_scene_band *band = &pass->band[s];
    hm_maps *in = &pass->input[s];
    *in = (hm_maps){pass->n, band->height, band->width, 3, net->layer[0].side / 2, INPUT_STRIDE, NULL};
    in->data = take(c, hm_maps_floats(in));
    for (size_t l = 0; l < net->n_layers; l++) {
        const hm_scene_layer *layer = &net->layer[l];
        size_t next = l + 1 < net->n_layers ? net->layer[l + 1].side / 2 : 0;
        hm_maps sums = make_maps(c, pass->n, in->height, in->width, layer->maps, layer->side / 2);
        make_units(c, &net->norm[s][l], layer->pool, &sums, next, &pass->units[s][l]);
        in = &pass->units[s][l].out;
    }
    pass->join[s] = make_maps(c, pass->n, in->height, in->width, hm_scene_join_maps(net), 0);
}

static void cut(cutting *c, hm_scene_pass *pass)
{
    const hm_scene_net *net = pass->net;
    size_t K = net->classes->n, n_rows = pass->n * pass->height;
    c->n_floats = 0;
    for (size_t s = 0; s < net->n_scales; s++)
        make_scale(c, pass, s);
    const hm_maps *finest = &pass->join[0];
    pass->scores = *finest;
    if (net->n_units) {
        make_units(c, &net->join_norm, 1, finest, 0, &pass->join_units);
        pass->scores = make_maps(c, pass->n, finest->height, finest->width, K, 0);
    }
    for (int i = 0; i < 2; i++)
        pass->rows[i] = make_maps(c, pass->n, pass->height, pass->scores.width, K, 0);
    pass->row_bias = take(c, n_rows * pass->scores.stride);
    pass->bands = take(c, pass->n * pass->n_values);
    pass->row_loss = c->doubles ? c->doubles + c->n_doubles : NULL;
}

/* The finest scale has the largest maps; a bank reads those below it, and on the way back those above. */
static hm_status reserve_banks(hm_scene_pass *pass, hm_error *error)
{
    const hm_context *context = pass->net->context;
    hm_status status = HM_OK;
    for (size_t l = 0; status == HM_OK && l < pass->net->n_layers; l++) {
        const hm_maps *below = l ? &pass->units[0][l - 1].out : &pass->input[0], *above = &pass->units[0][l].sums;
        size_t n = hm_maps_floats(below), m = pass->is_learning ? hm_maps_floats(above) : 0;
        status = hm_bank_reserve(context, &pass->bank[l], n > m ? n : m, error);
    }
    for (size_t s = 0; status == HM_OK && s < pass->net->n_scales; s++) {
        size_t n = hm_maps_floats(&pass->units[s][pass->net->n_layers - 1].out), m = hm_maps_floats(&pass->join[s]);
        status = hm_bank_reserve(context, &pass->join_bank[s], n > m ? n : m, error);
    }
    if (status == HM_OK && pass->net->n_units)
        status = hm_bank_reserve(context, &pass->top_bank, hm_maps_floats(&pass->join_units.out), error);
    return status;
}

static hm_status make_banks(hm_scene_pass *pass, hm_error *error)
{
    const hm_scene_net *net = pass->net;
    const hm_context *context = net->context;
    bool is_learning = pass->is_learning;
    size_t last = net->layer[net->n_layers - 1].maps;
    hm_status status = HM_OK;
    for (size_t l = 0; status == HM_OK && l < net->n_layers; l++)
        status = hm_bank_create(context, net->layer[l].side, net->layer[l].n_below, net->layer[l].maps, is_learning, &pass->bank[l], error);
    for (size_t s = 0; status == HM_OK && s < net->n_scales; s++)
        status = hm_bank_create(context, 1, last, hm_scene_join_maps(net), is_learning, &pass->join_bank[s], error);
    if (status == HM_OK && net->n_units)
        status = hm_bank_create(context, 1, net->n_units, net->classes->n, is_learning, &pass->top_bank, error);
    return status == HM_OK ? reserve_banks(pass, error) : status;
}

hm_status hm_scene_pass_create(const hm_scene_net *net, size_t n, size_t height, size_t width, bool is_learning, hm_scene_pass *pass,
                               hm_error *error)
{
    cutting c = {0};
    *pass = (hm_scene_pass){.net = net, .n = n, .height = height, .width = width, .is_learning = is_learning};
    pass->n_values = hm_scene_pyramid_shape(&(hm_scene_pyramid_config){.n_scales = net->n_scales}, height, width, pass->band);
    cut(&c, pass);
    pass->floats = c.floats = hm_alloc(net->context, c.n_floats, sizeof(float), error);
    pass->parts = c.doubles = hm_alloc(net->context, c.n_doubles + 3 * n * height, sizeof(double), error);
    hm_status status = pass->floats && pass->parts ? make_banks(pass, error) : HM_ERROR_MEMORY;
    if (status != HM_OK) {
        hm_scene_pass_clear(pass);
        return status;
    }
    cut(&c, pass);
    hm_scene_pass_pack(pass);
    return HM_OK;
}

void hm_scene_pass_clear(hm_scene_pass *pass)
{
    if (!pass->net)
        return;
    const hm_context *context = pass->net->context;
    for (size_t l = 0; l < HM_SCENE_LAYERS_MAX; l++)
        hm_bank_clear(context, &pass->bank[l]);
    for (size_t s = 0; s < HM_SCENE_NET_SCALES_MAX; s++)
        hm_bank_clear(context, &pass->join_bank[s]);
    hm_bank_clear(context, &pass->top_bank);
    hm_free(context, pass->floats);
    hm_free(context, pass->parts);
    *pass = (hm_scene_pass){0};
}

static void count_units(hm_scene_units *units, size_t n)
{
    units->sums.n = units->out.n = n;
}

void hm_scene_pass_count(hm_scene_pass *pass, size_t n)
{
    pass->n = n;
    for (size_t s = 0; s < pass->net->n_scales; s++) {
        pass->input[s].n = pass->join[s].n = n;
        for (size_t l = 0; l < pass->net->n_layers; l++)
            count_units(&pass->units[s][l], n);
    }
    count_units(&pass->join_units, n);
    pass->scores.n = pass->rows[0].n = pass->rows[1].n = n;
}

void hm_scene_pass_pack(hm_scene_pass *pass)
{
    const hm_scene_net *net = pass->net;
    for (size_t l = 0; l < net->n_layers; l++)
        hm_bank_pack(&pass->bank[l], net->filters[l]);
    for (size_t s = 0; s < net->n_scales; s++)
        hm_bank_pack(&pass->join_bank[s], net->join[s]);
    if (net->n_units)
        hm_bank_pack(&pass->top_bank, net->top);
}

/* ---- Looking ---------------------------------------------------------------------------------------------------------- */

/* Three planes to channels last. */
static void lay_band(const hm_maps *input, size_t i, const float *planes)
{
    size_t area = input->height * input->width;
    for (size_t y = 0; y < input->height; y++) {
        float *out = hm_maps_at(input, i, (ptrdiff_t)y, 0);
        const float *in = planes + y * input->width;
        for (size_t x = 0; x < input->width; x++)
            for (size_t c = 0; c < 3; c++)
                out[INPUT_STRIDE * x + c] = in[c * area + x];
    }
}

hm_status hm_scene_pass_look(hm_scene_pass *pass, size_t i, hm_scene_picture *picture, hm_error *error)
{
    const hm_scene_net *net = pass->net;
    const hm_scene_pyramid_config config = {.n_scales = net->n_scales,
                                            .window = (size_t)net->config.window,
                                            .is_raw = net->config.window == 0,
                                            .least_deviation = (float)net->config.least_deviation};
    float *values = pass->bands + i * pass->n_values;
    hm_scene_yuv(picture);
    hm_status status = hm_scene_pyramid(picture, &config, values, error);
    for (size_t s = 0; status == HM_OK && s < net->n_scales; s++)
        lay_band(&pass->input[s], i, values + pass->band[s].first);
    return status;
}

/* ---- Forward ------------------------------------------------------------------------------------------------------------- */

typedef struct dropping {
    const hm_maps *maps;
    const hm_scene_dropout *dropout;
} dropping;

/* The same numbers in both directions; what is left is scaled up. */
static void drop_row(void *argument, size_t task)
{
    const dropping *d = argument;
    enum { CHUNK = 256 };
    float u[CHUNK], share = d->dropout->share, scale = 1 / (1 - share), *row = d->maps->data + task * d->maps->width * d->maps->stride;
    size_t n = d->maps->width * d->maps->stride;
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t part = hm_least(CHUNK, n - first);
        hm_random_fill_uniform(&d->dropout->random, task, first, part, u);
        for (size_t k = 0; k < part; k++)
            row[first + k] = u[k] < share ? 0 : row[first + k] * scale;
    }
}

static void drop(const hm_context *context, const hm_maps *maps, const hm_scene_dropout *dropout)
{
    if (dropout && dropout->share > 0)
        hm_pool_run(context->pool, maps->n * maps->height, drop_row, &(dropping){maps, dropout});
}

static void rise(hm_scene_pass *pass, size_t s)
{
    const hm_context *context = pass->net->context;
    const hm_maps *in = &pass->input[s];
    for (size_t l = 0; l < pass->net->n_layers; l++) {
        hm_scene_units *units = &pass->units[s][l];
        hm_maps_convolve(context, &pass->bank[l], in, &units->sums);
        hm_scene_units_forward(context, units, pass->is_learning);
        in = &units->out;
    }
    hm_maps_convolve(context, &pass->join_bank[s], in, &pass->join[s]);
    if (s > 0) /* the finest is what the others are added to */
        hm_maps_enlarge(context, &pass->join[s], (size_t)1 << s, &pass->join[0]);
}

void hm_scene_pass_forward(hm_scene_pass *pass, const hm_scene_dropout *dropout)
{
    const hm_context *context = pass->net->context;
    for (size_t s = 0; s < pass->net->n_scales; s++)
        rise(pass, s);
    if (!pass->net->n_units)
        return;
    hm_scene_units_forward(context, &pass->join_units, pass->is_learning);
    drop(context, &pass->join_units.out, dropout);
    hm_maps_convolve(context, &pass->top_bank, &pass->join_units.out, &pass->scores);
}

void hm_scene_pass_scores(const hm_scene_pass *pass, size_t i, float *scores)
{
    const hm_pixels pixels = {pass, NULL, scores, i};
    hm_pixels_score(&pixels);
}

/* ---- Backward -------------------------------------------------------------------------------------------------------------- */

static float *gradient_of(const hm_scene_pass *pass, const float *parameters, float *gradient)
{
    return parameters ? gradient + (parameters - pass->net->parameters) : NULL;
}

static void norm_backward(const hm_scene_pass *pass, const hm_scene_units *units, const hm_maps *out, float *gradient)
{
    hm_scene_units_backward(pass->net->context, units, out, gradient_of(pass, units->norm->gain, gradient),
                            gradient_of(pass, units->norm->bias, gradient));
}

/* The gradient for the join is in that of the finest scale; what is below a layer is overwritten by its gradient once it is not needed any more. */
static void sink(hm_scene_pass *pass, size_t s, float *gradient)
{
    const hm_scene_net *net = pass->net;
    const hm_context *context = net->context;
    size_t top = net->n_layers - 1;
    const hm_maps *features = &pass->units[s][top].out;
    if (s > 0)
        hm_maps_gather(context, &pass->join[0], (size_t)1 << s, &pass->join[s]);
    hm_maps_correlate(context, &pass->join_bank[s], features, &pass->join[s], gradient_of(pass, net->join[s], gradient));
    hm_maps_convolve_back(context, &pass->join_bank[s], &pass->join[s], features);
    for (size_t l = top;; l--) {
        hm_scene_units *units = &pass->units[s][l];
        const hm_maps *below = l ? &pass->units[s][l - 1].out : &pass->input[s];
        norm_backward(pass, units, &units->out, gradient);
        hm_maps_correlate(context, &pass->bank[l], below, &units->sums, gradient_of(pass, net->filters[l], gradient));
        if (l == 0)
            break;
        hm_maps_convolve_back(context, &pass->bank[l], &units->sums, below);
    }
}

/* From the scores down into the sums of the join. */
static void top_backward(hm_scene_pass *pass, const hm_scene_dropout *dropout, float *gradient)
{
    const hm_context *context = pass->net->context;
    hm_scene_units *units = &pass->join_units;
    hm_maps_correlate(context, &pass->top_bank, &units->out, &pass->scores, gradient_of(pass, pass->net->top, gradient));
    hm_maps_convolve_back(context, &pass->top_bank, &pass->scores, &units->out);
    drop(context, &units->out, dropout);
    norm_backward(pass, units, &units->out, gradient);
}

void hm_scene_pass_backward(hm_scene_pass *pass, const hm_scene_truth *truth, const hm_scene_dropout *dropout, hm_scene_loss *loss,
                            float *gradient)
{
    const hm_pixels pixels = {pass, truth, NULL, 0};
    hm_pixels_loss(&pixels, loss, gradient ? gradient_of(pass, pass->net->top_bias, gradient) : NULL);
    if (!gradient)
        return;
    if (pass->net->n_units)
        top_backward(pass, dropout, gradient);
    for (size_t s = 0; s < pass->net->n_scales; s++)
        sink(pass, s, gradient);
}
