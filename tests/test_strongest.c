/* The strongest places of features: against a plain loop over all of them, and what each of them sees, by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

static hm_context *open_threads(int n_threads)
{
    hm_context *context;
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = 2, .n_threads = n_threads}, &context, NULL), HM_OK);
    return context;
}

static hm_model *make_model(const hm_context *context, const char *text)
{
    hm_layer layers[4];
    size_t n_layers;
    hm_model *model;
    assert_int_equal(hm_layers_parse(text, 0, layers, 4, &n_layers, NULL), HM_OK);
    hm_status status = n_layers == 2 ? hm_model_create(context, HM_MODEL_RBM, 1, &layers[0], &layers[1], &model, NULL)
                                     : hm_model_create_stack(context, HM_MODEL_DBN, layers, n_layers, 0, &model, NULL);
    assert_int_equal(status, HM_OK);
    for (size_t l = 0; l < model->n_rbms; l++)
        hm_rbm_init_weights(model->rbm[l], 0.5f, l);
    model->height = layers[0].height;
    model->width = layers[0].width;
    model->n_channels = layers[0].n_maps;
    return model;
}

enum { CASES = 150, SIDE = 12, V = SIDE * SIDE }; /* two blocks of 64 and a short one */

/* Every tenth case is the one before it again, so that there are ties. */
static hm_dataset *make_set(const hm_context *context)
{
    static float v[CASES * V];
    const hm_random random = {7, HM_RANDOM_USER, 0};
    hm_dataset *set;
    hm_random_fill_uniform(&random, 0, 0, CASES * V, v);
    for (size_t i = 10; i < CASES; i += 10)
        memcpy(v + i * V, v + (i - 1) * V, V * sizeof *v);
    assert_int_equal(hm_dataset_create(context, v, NULL, CASES, V, SIDE, SIDE, &set, NULL), HM_OK);
    return set;
}

/* ---- The plain loop --------------------------------------------------------------------------------------- */

/* The largest mean of feature k in case i, the first of equal ones. */
static hm_place best_of(const float *means, size_t n_maps, size_t side, size_t k, size_t i)
{
    const float *map = means + (i * n_maps + k) * side * side;
    hm_place best = {i, 0, 0, map[0]};
    for (size_t row = 0; row < side; row++)
        for (size_t col = 0; col < side; col++)
            if (map[row * side + col] > best.value)
                best = (hm_place){i, row, col, map[row * side + col]};
    return best;
}

/* The place of rank r: as many cases are larger, or as large and earlier. */
static void assert_rank(const float *means, size_t n_maps, size_t side, size_t k, size_t r, hm_place found)
{
    size_t n_before = 0;
    hm_place own = best_of(means, n_maps, side, k, found.index);
    for (size_t i = 0; i < CASES; i++) {
        hm_place other = best_of(means, n_maps, side, k, i);
        n_before += other.value > own.value || (other.value == own.value && i < found.index);
    }
    assert_int_equal(n_before, r);
    assert_true(found.value == own.value);
    assert_int_equal(found.row, own.row);
    assert_int_equal(found.col, own.col);
}

static void check_places(const char *text, size_t layer, size_t n_maps, size_t side, size_t n)
{
    static float v[CASES * V], means[CASES * 64];
    static hm_place places[3 * CASES], other[3 * CASES];
    hm_context *context = open_threads(3), *single = open_threads(1);
    hm_model *model = make_model(context, text), *same = make_model(single, text);
    hm_dataset *set = make_set(context);
    const hm_descriptor all = {.layer = {layer}, .n_layers = 1};
    assert_int_equal(hm_descriptor_size(model, &all), n_maps * side * side);
    assert_int_equal(hm_dataset_read(set, NULL, 0, CASES, 0, hm_matrix_f32(v, CASES, V), NULL), HM_OK);
    assert_int_equal(hm_describe(model, &all, hm_matrix_f32(v, CASES, V), hm_matrix_f32(means, CASES, n_maps * side * side), NULL), HM_OK);
    assert_int_equal(hm_find_strongest(model, layer, set, n, places, NULL), HM_OK);
    assert_int_equal(hm_find_strongest(same, layer, set, n, other, NULL), HM_OK);
    for (size_t k = 0; k < n_maps; k++)
        for (size_t r = 0; r < n; r++) {
            assert_rank(means, n_maps, side, k, r, places[k * n + r]);
            assert_int_equal(places[k * n + r].index, other[k * n + r].index);
        }
    hm_dataset_close(set);
    hm_model_destroy(same);
    hm_model_destroy(model);
    hm_context_destroy(single);
    hm_context_destroy(context);
}

static void maps_give_their_largest_places(void **state)
{
    (void)state;
    check_places("bernoulli 1x12x12 | pool 2x2 by 3x3", 1, 2, 5, 7);
    check_places("gaussian 1x12x12 | pool 2x2 by 5x5 | pool 3x1 by 2x2", 2, 3, 3, 7);
    check_places("bernoulli 1x12x12 | pool 2x2 by 5x5", 1, 2, 4, CASES);
}

static void units_give_their_largest_cases(void **state)
{
    (void)state;
    check_places("bernoulli 144 | 3", 1, 3, 1, 5);
    check_places("bernoulli 1x12x12 | pool 2x2 by 5x5 | 3", 2, 3, 1, 1);
}

/* ---- Windows ---------------------------------------------------------------------------------------------- */

static void assert_window(const hm_model *model, size_t layer, size_t row, size_t col, hm_window expected)
{
    hm_window window = hm_place_window(model, layer, row, col);
    assert_memory_equal(&window, &expected, sizeof window);
}

static void windows_grow_by_filters_and_blocks(void **state)
{
    (void)state;
    hm_context *context = open_threads(1);
    hm_model *one = make_model(context, "bernoulli 1x12x14 | pool 2x2 by 3x5");
    hm_model *two = make_model(context, "bernoulli 1x12x12 | pool 2x2 by 3x3 | pool 3x2 by 2x2 ");
    hm_model *dense = make_model(context, "bernoulli 1x12x12 | pool 2x2 by 3x3 | 4");
    /* A block of 2 x 2 units, each of which sees 3 x 5. */
    assert_window(one, 1, 0, 0, (hm_window){0, 0, 4, 6});
    assert_window(one, 1, 4, 3, (hm_window){8, 6, 4, 6});
    /* A block of 2 x 2 above sees 3 x 3 places, these 6 x 6 units, and these 8 x 8 pixels. */
    assert_window(two, 2, 0, 0, (hm_window){0, 0, 8, 8});
    assert_window(two, 2, 1, 0, (hm_window){4, 0, 8, 8});
    assert_window(two, 1, 1, 2, (hm_window){2, 4, 4, 4});
    assert_window(dense, 2, 0, 0, (hm_window){0, 0, 12, 12});
    hm_model_destroy(dense);
    hm_model_destroy(two);
    hm_model_destroy(one);
    hm_context_destroy(context);
}

/* A pixel outside the window changes nothing there; each of its corners does. */
static void windows_are_what_is_seen(void **state)
{
    (void)state;
    enum { H = 3 * 4, ROW = 1, COL = 0 };
    static float v[V], before[H], after[H];
    hm_context *context = open_threads(1);
    hm_model *model = make_model(context, "bernoulli 1x12x12 | pool 2x2 by 3x3 | pool 3x2 by 2x2");
    const hm_window w = hm_place_window(model, 2, ROW, COL);
    assert_int_equal(hm_model_up_pass(model, 2, hm_matrix_f32(v, 1, V), hm_matrix_f32(before, 1, H), NULL), HM_OK);
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++) {
            bool is_inside = y >= w.top && y < w.top + w.height && x >= w.left && x < w.left + w.width;
            bool has_changed = false;
            v[y * SIDE + x] = 1;
            assert_int_equal(hm_model_up_pass(model, 2, hm_matrix_f32(v, 1, V), hm_matrix_f32(after, 1, H), NULL), HM_OK);
            v[y * SIDE + x] = 0;
            for (size_t k = 0; k < 3; k++)
                has_changed |= before[k * 4 + ROW * 2 + COL] != after[k * 4 + ROW * 2 + COL];
            assert_int_equal(has_changed, is_inside);
        }
    hm_model_destroy(model);
    hm_context_destroy(context);
}

/* ---- Refusals --------------------------------------------------------------------------------------------- */

static void assert_refused(const hm_model *model, size_t layer, const hm_dataset *set, size_t n, hm_status status, const char *message)
{
    hm_place places[4];
    hm_error error;
    assert_int_equal(hm_find_strongest(model, layer, set, n, places, &error), status);
    assert_non_null(strstr(error.message, message));
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    hm_context *context = open_threads(1);
    hm_layer layers[3], visible = hm_layer_of(HM_UNIT_BERNOULLI, V, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, 2, 1);
    size_t n_layers;
    hm_model *model = make_model(context, "bernoulli 1x12x12 | pool 2x2 by 3x3"), *other = make_model(context, "bernoulli 9 | 2"), *labelled, *classes;
    hm_dataset *set = make_set(context);
    assert_int_equal(hm_layers_parse("144, 3, 2", 0, layers, 3, &n_layers, NULL), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, n_layers, 10, &labelled, NULL), HM_OK);
    assert_int_equal(hm_model_create(context, HM_MODEL_CLASSES, 2, &visible, &hidden, &classes, NULL), HM_OK);
    assert_refused(model, 1, set, 0, HM_ERROR_ARGUMENT, "take 1 to 150");
    assert_refused(model, 1, set, CASES + 1, HM_ERROR_ARGUMENT, "take 1 to 150");
    assert_refused(model, 0, set, 1, HM_ERROR_ARGUMENT, "hidden layers 1 to 1");
    assert_refused(model, 2, set, 1, HM_ERROR_ARGUMENT, "hidden layers 1 to 1");
    assert_refused(labelled, 2, set, 1, HM_ERROR_ARGUMENT, "driven by labels as well; take layer 1");
    assert_refused(classes, 1, set, 1, HM_ERROR_MISMATCH, "a class model has features for each class");
    assert_refused(other, 1, set, 1, HM_ERROR_MISMATCH, "9");
    hm_dataset_close(set);
    hm_model_destroy(classes);
    hm_model_destroy(labelled);
    hm_model_destroy(other);
    hm_model_destroy(model);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_give_their_largest_places),
        cmocka_unit_test(units_give_their_largest_cases),
        cmocka_unit_test(windows_grow_by_filters_and_blocks),
        cmocka_unit_test(windows_are_what_is_seen),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
