/* The cases, and the places in them, at which the features of a layer are strongest: what a feature answers to, shown by the data
 * themselves (as Zeiler and Fergus, 2014, show the layers of a feed-forward net). */
#include <math.h>

#include <harmonium/infer.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"

typedef struct search {
    hm_layer maps;    /* what the layer shows, as maps; a unit that sees all is a map of one place */
    hm_matrix means;  /* of a block of cases: cases x units of `maps` */
    size_t first, n;  /* of these the first; places wanted of a feature */
    hm_place *places; /* [n_maps][n], from the largest down */
} search;

static hm_layer maps_of(const hm_layer *layer)
{
    hm_layer shown = hm_layer_shown(layer);
    if (!layer->filter_height) {
        shown.n_maps = shown.n_units;
        shown.height = shown.width = 1;
    }
    return shown;
}

/* ---- A block of cases ------------------------------------------------------------------------------------- */

static hm_place strongest_of(const float *map, size_t n_places, size_t width, size_t index)
{
    size_t most = hm_largest(map, n_places);
    return (hm_place){index, most / width, most % width, map[most]};
}

/* Behind all that are as large, so that earlier cases stay before later ones. */
static void insert(hm_place *places, size_t n, hm_place place)
{
    size_t at = n;
    for (; at > 0 && place.value > places[at - 1].value; at--)
        if (at < n)
            places[at] = places[at - 1];
    if (at < n)
        places[at] = place;
}

static void search_feature(void *argument, size_t k)
{
    const search *s = argument;
    size_t n_places = s->maps.height * s->maps.width;
    for (size_t i = 0; i < s->means.rows; i++)
        insert(s->places + k * s->n, s->n, strongest_of(hm_row_f32(&s->means, i) + k * n_places, n_places, s->maps.width, s->first + i));
}

static hm_status means_of(const hm_model *model, size_t layer, hm_matrix v, hm_matrix means, hm_error *error)
{
    return hm_model_is_stack(model) ? hm_model_up_pass(model, layer, v, means, error)
                                    : hm_hidden_means(model->rbm[0], v, 1, means, error);
}

/* Reads so many cases into v, and searches them. */
static hm_status search_block(const hm_model *model, size_t layer, const hm_dataset *set, search *s, hm_matrix v, hm_error *error)
{
    bool is_classifier = model->kind == HM_MODEL_NET && model->n_labels;
    hm_status status = hm_dataset_read(set, NULL, s->first, v.rows, 0, v, error);
    if (status == HM_OK && !is_classifier)
        status = hm_check_cases(model, hm_dataset_describe(set), v, error);
    if (status == HM_OK)
        status = means_of(model, layer, v, s->means, error);
    if (status == HM_OK)
        hm_pool_run(model->context->pool, s->maps.n_maps, search_feature, s);
    return status;
}

/* ---- All of them ------------------------------------------------------------------------------------------ */

static hm_status check(const hm_model *model, size_t layer, const hm_dataset *set, size_t n, hm_error *error)
{
    size_t n_cases = hm_dataset_n_cases(set);
    if (model->kind == HM_MODEL_CLASSES)
        return hm_fail(error, HM_ERROR_MISMATCH, "a class model has features for each class; take a model of one machine, or a stack");
    hm_status status = hm_model_check_layer(model, layer, error);
    if (status == HM_OK && (n < 1 || n > n_cases))
        return hm_fail(error, HM_ERROR_ARGUMENT, "patches = %zu: each case gives a feature one, and there are %zu cases; take 1 to %zu", n,
                       n_cases, n_cases);
    return status == HM_OK ? hm_check_fit(model, set, error) : status;
}

hm_status hm_find_strongest(const hm_model *model, size_t layer, const hm_dataset *set, size_t n, hm_place *places, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, set, places));
    enum { BLOCK = 64 };
    hm_status status = check(model, layer, set, n, error);
    if (status != HM_OK)
        return status;
    search s = {.maps = maps_of(hm_model_layer(model, layer)), .n = n, .places = places};
    size_t n_cases = hm_dataset_n_cases(set), V = hm_dataset_n_features(set), H = s.maps.n_units;
    float *room = hm_alloc(model->context, BLOCK * (V + H), sizeof *room, error);
    if (!room)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < s.maps.n_maps * n; i++)
        places[i] = (hm_place){.value = -INFINITY};
    for (; status == HM_OK && s.first < n_cases; s.first += s.means.rows) {
        size_t n_block = n_cases - s.first < BLOCK ? n_cases - s.first : BLOCK;
        s.means = hm_matrix_f32(room + BLOCK * V, n_block, H);
        status = search_block(model, layer, set, &s, hm_matrix_f32(room, n_block, V), error);
    }
    hm_free(model->context, room);
    return status;
}
