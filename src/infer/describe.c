/* Cases as numbers for a classifier: means of hidden layers, of maps perhaps pooled further, several layers side by side. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <harmonium/infer.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "model/model_internal.h"

/* What a layer shows, as maps; a layer of units is a map of one place each. */
static hm_layer maps_of(const hm_model *model, size_t layer)
{
    hm_layer shown = hm_layer_shown(hm_model_layer(model, layer));
    if (!shown.n_maps) {
        shown.n_maps = shown.n_units;
        shown.height = shown.width = 1;
    }
    return shown;
}

static size_t n_windows(size_t side, const hm_descriptor *d)
{
    return side < d->pool_side ? 1 : (side - d->pool_side) / d->pool_stride + 1;
}

/* Numbers a map gives. */
static size_t n_of_map(const hm_layer *maps, const hm_descriptor *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_grids; i++)
        n += d->grid[i] * d->grid[i];
    if (d->n_grids)
        return n;
    return d->pool_side ? n_windows(maps->height, d) * n_windows(maps->width, d) : maps->height * maps->width;
}

size_t hm_descriptor_size(const hm_model *model, const hm_descriptor *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_layers; i++) {
        hm_layer maps = maps_of(model, d->layer[i]);
        n += maps.n_maps * n_of_map(&maps, d);
    }
    return n;
}

/* ---- Pooling ------------------------------------------------------------------------------------------- */

/* The largest of rows top .. bottom - 1 and columns left .. right - 1. */
static float largest(const float *map, size_t width, size_t top, size_t bottom, size_t left, size_t right)
{
    float most = map[top * width + left];
    for (size_t y = top; y < bottom; y++)
        for (size_t x = left; x < right; x++)
            most = fmaxf(most, map[y * width + x]);
    return most;
}

static size_t end_of(size_t first, size_t n, size_t side)
{
    return first + n < side ? first + n : side;
}

/* Windows of pool_side every pool_stride places; a map that is smaller is one window. */
static float *pool_windows(const float *map, const hm_layer *maps, const hm_descriptor *d, float *out)
{
    for (size_t i = 0; i < n_windows(maps->height, d); i++)
        for (size_t j = 0; j < n_windows(maps->width, d); j++) {
            size_t y = i * d->pool_stride, x = j * d->pool_stride;
            *out++ = largest(map, maps->width, y, end_of(y, d->pool_side, maps->height), x, end_of(x, d->pool_side, maps->width));
        }
    return out;
}

/* Cells of g x g grids, every place in at least one (Lazebnik, Schmid and Ponce, 2006, with maxima). */
static float *pool_grids(const float *map, const hm_layer *maps, const hm_descriptor *d, float *out)
{
    for (size_t k = 0; k < d->n_grids; k++) {
        size_t g = d->grid[k];
        for (size_t cell = 0; cell < g * g; cell++) {
            size_t top = cell / g * maps->height / g, left = cell % g * maps->width / g;
            size_t bottom = (cell / g + 1) * maps->height / g, right = (cell % g + 1) * maps->width / g;
            *out++ = largest(map, maps->width, top, bottom > top ? bottom : top + 1, left, right > left ? right : left + 1);
        }
    }
    return out;
}

static void shorten(const hm_descriptor *d, float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] = d->takes_root ? sqrtf(fmaxf(0, x[i])) : x[i];
        sum += (double)x[i] * (double)x[i];
    }
    float factor = d->is_unit_length && sum > 0 ? (float)(1 / sqrt(sum)) : 1;
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
}

typedef struct describing {
    const hm_descriptor *d;
    hm_layer maps;
    hm_matrix means, out; /* columns of the layer */
} describing;

static void describe_case(void *argument, size_t i)
{
    const describing *job = argument;
    const float *map = hm_row_f32(&job->means, i);
    float *out = hm_row_f32(&job->out, i);
    size_t n_places = job->maps.height * job->maps.width;
    for (size_t k = 0; k < job->maps.n_maps; k++, map += n_places) {
        if (job->d->n_grids)
            out = pool_grids(map, &job->maps, job->d, out);
        else if (job->d->pool_side)
            out = pool_windows(map, &job->maps, job->d, out);
        else
            out = (float *)memcpy(out, map, n_places * sizeof *out) + n_places;
    }
    shorten(job->d, hm_row_f32(&job->out, i), job->out.cols);
}

/* ---- Cases ------------------------------------------------------------------------------------------------- */

static hm_status means_of(const hm_model *model, const hm_descriptor *d, size_t layer, hm_matrix v, hm_matrix means, hm_error *error)
{
    if (hm_model_is_stack(model))
        return hm_model_up_pass(model, layer, v, means, error);
    return hm_hidden_means(model->rbm[d->machine], v, d->beta, means, error);
}

static hm_status check(const hm_model *model, const hm_descriptor *d, hm_error *error)
{
    HM_REQUIRE(hm_check_number("n_layers", (double)d->n_layers, 1, HM_LEVELS_MAX, error));
    HM_REQUIRE(hm_check_number("n_grids", (double)d->n_grids, 0, HM_GRIDS_MAX, error));
    HM_REQUIRE(hm_check_number("pool_stride", (double)d->pool_stride, d->pool_side ? 1 : 0, INFINITY, error));
    HM_REQUIRE(hm_check_number("beta", d->beta, 0, FLT_MAX, error));
    HM_REQUIRE(hm_model_check_machine(model, d->machine, error));
    for (size_t i = 0; i < d->n_grids; i++)
        HM_REQUIRE(hm_check_number("grid", (double)d->grid[i], 1, 1024, error));
    for (size_t i = 0; i < d->n_layers; i++) {
        hm_status status = hm_model_check_layer(model, d->layer[i], error);
        if (status != HM_OK)
            return status;
        if ((d->pool_side || d->n_grids) && !hm_model_layer(model, d->layer[i])->n_maps)
            return hm_fail(error, HM_ERROR_MISMATCH, "layer %zu is not maps, and there is nothing to pool; leave that out", d->layer[i]);
    }
    return HM_OK;
}

hm_status hm_describe(const hm_model *model, const hm_descriptor *d, hm_matrix v, hm_matrix out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, d));
    enum { BLOCK = 64 };
    size_t widest = 0;
    HM_REQUIRE(check(model, d, error));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_model_n_features(model), HM_TAKES_BYTES_TOO, error));
    HM_REQUIRE(hm_check_matrix("out", out, v.rows, hm_descriptor_size(model, d), HM_TAKES_FLOATS, error));
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < d->n_layers; i++) {
        size_t n = maps_of(model, d->layer[i]).n_units;
        widest = n > widest ? n : widest;
    }
    float *room = status == HM_OK ? hm_alloc(model->context, BLOCK * widest, sizeof *room, error) : NULL;
    if (!room)
        return status == HM_OK ? HM_ERROR_MEMORY : status;
    for (size_t first = 0; status == HM_OK && first < v.rows; first += BLOCK) {
        size_t n = v.rows - first < BLOCK ? v.rows - first : BLOCK, at = 0;
        for (size_t i = 0; status == HM_OK && i < d->n_layers; i++) {
            describing job = {.d = d, .maps = maps_of(model, d->layer[i])};
            size_t width = job.maps.n_maps * n_of_map(&job.maps, d);
            job.means = hm_matrix_f32(room, n, job.maps.n_units);
            job.out = hm_matrix_cols(hm_matrix_rows(out, first, n), at, width);
            status = means_of(model, d, d->layer[i], hm_matrix_rows(v, first, n), job.means, error);
            if (status == HM_OK)
                hm_pool_run(model->context->pool, n, describe_case, &job);
            at += width;
        }
    }
    hm_free(model->context, room);
    return status == HM_OK ? hm_check_finite(out, "a feature", error) : status;
}
