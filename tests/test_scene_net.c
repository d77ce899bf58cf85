/* The net that names pixels: its text, file and gradients. */
#define _GNU_SOURCE /* mkstemp */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>
#include <harmonium/scene.h>

#include "scene/enlarge.h"
#include "scene/scene_pass.h"
#include "temporary.h"

enum { HEIGHT = 13, WIDTH = 10, PICTURES = 2, CLASSES = 3 };

static hm_context *context;

static hm_scene_classes *make_classes(void)
{
    char path[TEMPORARY_MAX];
    hm_scene_classes *classes;
    temporary_file(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "sky 0 0 255\nroad 90 90 90\ntree 0 200 0\nunlabelled 0 0 0\n");
    fclose(file);
    assert_int_equal(hm_scene_classes_load(context, path, &classes, NULL), HM_OK);
    unlink(path);
    return classes;
}

static hm_scene_net_config config_of(const char *layers, int scales, int units, int normalise)
{
    hm_scene_config config;
    hm_options_init(&hm_scene_options, &config);
    snprintf(config.net.layers, sizeof config.net.layers, "%s", layers);
    config.net.scales = scales;
    config.net.units = units;
    config.net.normalise = normalise;
    config.net.window = 5;
    return config.net;
}

static hm_scene_net *make_net(const char *layers, int scales, int units, int normalise)
{
    hm_scene_net *net;
    hm_scene_classes *classes = make_classes();
    const hm_scene_net_config config = config_of(layers, scales, units, normalise);
    assert_int_equal(hm_scene_net_create(classes, &config, &net, NULL), HM_OK);
    hm_scene_classes_destroy(classes);
    return net;
}

/* A pass with random pictures in it. */
static hm_scene_pass make_pass(const hm_scene_net *net, size_t n, size_t height, size_t width, bool is_learning)
{
    hm_scene_pass pass;
    hm_error error;
    assert_int_equal(hm_scene_pass_create(net, n, height, width, is_learning, &pass, &error), HM_OK);
    for (size_t i = 0; i < n; i++) {
        hm_scene_picture picture = {context, height, width, calloc(3 * height * width, sizeof(float))};
        hm_random_fill_uniform(&(hm_random){5, HM_RANDOM_USER, i}, 0, 0, 3 * height * width, picture.values);
        assert_int_equal(hm_scene_pass_look(&pass, i, &picture, &error), HM_OK);
        free(picture.values);
    }
    return pass;
}

/* ---- Gradients ------------------------------------------------------------------------------------------------------- */

typedef struct problem {
    hm_scene_net *net;
    hm_scene_pass pass;
    hm_scene_truth truth;
    hm_scene_dropout dropout;
    uint8_t labels[PICTURES * HEIGHT * WIDTH];
    float weight[CLASSES + 1];
} problem;

static void begin_problem(problem *p, hm_scene_net *net, float dropout)
{
    *p = (problem){.net = net, .pass = make_pass(net, PICTURES, HEIGHT, WIDTH, true), .weight = {0.5f, 1, 2, 0}};
    for (size_t i = 0; i < PICTURES * HEIGHT * WIDTH; i++) {
        p->labels[i] = (uint8_t)(hm_random_bits(&(hm_random){6, HM_RANDOM_USER, 0}, 0, i) % (CLASSES + 1));
        p->truth.total_weight += (double)p->weight[p->labels[i]];
    }
    p->truth.labels = p->labels;
    p->truth.weight = p->weight;
    p->dropout = (hm_scene_dropout){dropout, {9, HM_RANDOM_DROPOUT, 0}};
}

static double loss_of(problem *p, float *gradient)
{
    hm_scene_loss loss;
    hm_scene_pass_pack(&p->pass);
    hm_scene_pass_forward(&p->pass, &p->dropout);
    hm_scene_pass_backward(&p->pass, &p->truth, &p->dropout, &loss, gradient);
    return loss.loss;
}

/* Each slice along a random direction: the step is such that rounding and curvature are both small. */
static void check_gradient(hm_scene_net *net, float dropout, double step, double tolerance)
{
    problem p;
    begin_problem(&p, net, dropout);
    float *gradient = calloc(net->n_parameters, sizeof *gradient), *direction = calloc(net->n_parameters, sizeof *direction);
    float *own = calloc(net->n_parameters, sizeof *own);
    loss_of(&p, gradient);
    memcpy(own, net->parameters, net->n_parameters * sizeof *own);
    for (size_t s = 0; s < net->n_slices; s++) {
        const hm_scene_slice *slice = &net->slice[s];
        double expected = 0, size = 0, loss[2];
        if (!slice->is_learned)
            continue;
        hm_random_fill_normal(&(hm_random){7, HM_RANDOM_USER, s}, 0, 0, slice->n, direction);
        for (size_t i = 0; i < slice->n; i++)
            size += (double)direction[i] * (double)direction[i];
        for (size_t i = 0; i < slice->n; i++)
            expected += (double)gradient[slice->first + i] * (double)direction[i] / sqrt(size);
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < slice->n; i++)
                net->parameters[slice->first + i] = own[slice->first + i] + (float)((side ? -step : step) / sqrt(size)) * direction[i];
            loss[side] = loss_of(&p, NULL);
        }
        memcpy(net->parameters, own, net->n_parameters * sizeof *own);
        double found = (loss[0] - loss[1]) / (2 * step);
        if (fabs(found - expected) > tolerance)
            fail_msg("%s: %g, by differences %g", slice->name, expected, found);
    }
    free(gradient);
    free(direction);
    free(own);
    hm_scene_pass_clear(&p.pass);
}

static void test_gradients(void **state)
{
    static const struct {
        const char *layers;
        int scales, units, normalise;
        float dropout;
    } nets[] = {{"tanh 4 by 3x3 | tanh 5 by 5x5", 2, 6, HM_SCENE_NORMALISE_BATCH, 0},
                {"tanh 4 by 3x3 pool 2 | tanh 5 by 3x3", 3, 0, HM_SCENE_NORMALISE_NONE, 0},
                {"relu 4 by 3x3 pool 2 | relu 17 by 3x3 pool 2", 2, 6, HM_SCENE_NORMALISE_BATCH, 0.3f}};
    (void)state;
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        hm_scene_net *net = make_net(nets[i].layers, nets[i].scales, nets[i].units, nets[i].normalise);
        check_gradient(net, nets[i].dropout, 3e-3, i < 2 ? 2e-4 : 2e-3);
        hm_scene_net_destroy(net);
    }
}

/* ---- Interpolation ------------------------------------------------------------------------------------------------------ */

/* <enlarged a, b> = <a, gathered b>, and places of four keep their means. */
static void test_enlarging(void **state)
{
    (void)state;
    hm_maps small = {2, 3, 4, 2, 0, 16, calloc(2 * 3 * 4 * 16, sizeof(float))};
    hm_maps large = {2, 11, 15, 2, 0, 16, calloc(2 * 11 * 15 * 16, sizeof(float))}, other = large, back = small;
    double left = 0, right = 0;
    other.data = calloc(hm_maps_floats(&other), sizeof(float));
    back.data = calloc(hm_maps_floats(&back), sizeof(float));
    hm_random_fill_normal(&(hm_random){8, HM_RANDOM_USER, 0}, 0, 0, hm_maps_floats(&small), small.data);
    hm_random_fill_normal(&(hm_random){8, HM_RANDOM_USER, 1}, 0, 0, hm_maps_floats(&other), other.data);
    hm_maps_enlarge(context, &small, 4, &large);
    hm_maps_gather(context, &other, 4, &back);
    for (size_t i = 0; i < hm_maps_floats(&large); i++)
        left += (double)large.data[i] * (double)other.data[i];
    for (size_t i = 0; i < hm_maps_floats(&small); i++)
        right += (double)small.data[i] * (double)back.data[i];
    assert_true(fabs(left - right) < 1e-3);
    float corner = *hm_maps_at(&small, 0, 0, 0), across = *hm_maps_at(&small, 0, 0, 1);
    assert_true(*hm_maps_at(&large, 0, 0, 0) == corner);
    assert_true(fabsf(*hm_maps_at(&large, 0, 0, 2) - (0.875f * corner + 0.125f * across)) < 1e-6f);
    void *const all[] = {small.data, large.data, other.data, back.data};
    for (size_t i = 0; i < 4; i++)
        free(all[i]);
}

/* ---- Texts and files ------------------------------------------------------------------------------------------------------ */

static void test_layers(void **state)
{
    static const char *const wrong[] = {"relu 16 by 7x5", "relu 16 by 4x4", "sigmoid 16 by 7x7", "relu 16 by 7x7 pool",
                                        "relu 16 by 7x7 poll 2",
                                        "relu 0 by 7x7", "relu 16 by 7x7 pool 9", "", "relu 16 by 7x7 |", "relu 16 by 7x7 pool 2 x"};
    hm_scene_layer layer[HM_SCENE_LAYERS_MAX];
    hm_error error;
    size_t n;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(hm_scene_layers_parse(wrong[i], layer, &n, &error), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_scene_layers_parse("relu 16 by 7x7 pool 2|tanh 5 by 1x1", layer, &n, &error), HM_OK);
    assert_int_equal(n, 2);
    assert_int_equal(layer[0].pool, 2);
    assert_int_equal(layer[1].n_below, 16);
    assert_int_equal(layer[1].unit, HM_SCENE_TANH);
}

static float *scores_of(const hm_scene_net *net)
{
    hm_scene_pass pass = make_pass(net, 1, HEIGHT, WIDTH, false);
    float *scores = calloc(HEIGHT * WIDTH * CLASSES, sizeof *scores);
    hm_scene_pass_forward(&pass, NULL);
    hm_scene_pass_scores(&pass, 0, scores);
    hm_scene_pass_clear(&pass);
    return scores;
}

static void test_file(void **state)
{
    char path[TEMPORARY_MAX];
    hm_scene_net *net = make_net("relu 4 by 3x3 pool 2 | relu 5 by 3x3", 2, 6, HM_SCENE_NORMALISE_BATCH), *loaded;
    hm_error error;
    (void)state;
    temporary_file(path);
    assert_int_equal(hm_scene_net_save(net, path, &error), HM_OK);
    assert_true(hm_scene_net_is_in(context, path));
    assert_int_equal(hm_scene_net_load(context, path, &loaded, &error), HM_OK);
    unlink(path);
    assert_string_equal(hm_scene_net_classes(loaded)->name[2], "tree");
    assert_int_equal(hm_scene_net_configuration(loaded)->window, 5);
    float *a = scores_of(net), *b = scores_of(loaded);
    assert_memory_equal(a, b, HEIGHT * WIDTH * CLASSES * sizeof *a);
    free(a);
    free(b);
    hm_scene_net_destroy(loaded);
    hm_scene_net_destroy(net);
}

static void *allocate_little(void *user, size_t alignment, size_t bytes)
{
    (void)user;
    return bytes < 1 << 20 ? aligned_alloc(alignment, bytes) : NULL;
}

static void release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

/* A small file that claims a net of gigabytes is refused before anything of that size is made. */
static void test_claims(void **state)
{
    char path[TEMPORARY_MAX];
    hm_tensor_file *file;
    hm_context *little;
    hm_scene_net *net;
    hm_error error;
    const double share[] = {0.5, 0.5};
    const hm_tensor tensor = {"class_share", HM_TENSOR_F64, 1, {2}, share};
    (void)state;
    temporary_file(path);
    assert_int_equal(hm_tensor_file_create(context, &file, NULL), HM_OK);
    hm_tensor_file_set_text(file, "format", "harmonium 2", NULL);
    hm_tensor_file_set_text(file, "kind", "scene", NULL);
    hm_tensor_file_set_text(file, "scene", "layers = relu 4000 by 31x31 | relu 4000 by 31x31\nscales = 3\nunits = 4000\n", NULL);
    hm_tensor_file_set_text(file, "scene.classes", "sky 0 0 255\ntree 0 255 0\n", NULL);
    assert_int_equal(hm_tensor_file_add(file, &tensor, NULL), HM_OK);
    assert_int_equal(hm_tensor_file_save(file, path, NULL), HM_OK);
    hm_tensor_file_destroy(file);
    const hm_context_config config = {.n_threads = 1, .allocator = {allocate_little, release, NULL}};
    assert_int_equal(hm_context_create(&config, &little, NULL), HM_OK);
    assert_int_equal(hm_scene_net_load(little, path, &net, &error), HM_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "layer0.weight is missing"));
    assert_null(net);
    hm_context_destroy(little);
    unlink(path);
}

/* A finer scale changes nothing before it learns, but for how the coarse ones are interpolated. */
static void test_refine(void **state)
{
    hm_scene_net *net = make_net("relu 4 by 3x3 pool 2", 1, 6, HM_SCENE_NORMALISE_BATCH), *fine;
    hm_error error;
    (void)state;
    assert_int_equal(hm_scene_net_refine(net, 2, 1, &fine, &error), HM_OK);
    for (size_t k = 0; k < 6; k++)
        assert_true(fine->join[0][k] == 0 && fine->join[1][k] == net->join[0][k]);
    assert_memory_equal(fine->filters[0], net->filters[0], 3 * 3 * 3 * 4 * sizeof(float));
    assert_int_equal(hm_scene_net_refine(fine, 1, 1, &(hm_scene_net *){NULL}, &error), HM_ERROR_ARGUMENT);
    hm_scene_net_destroy(fine);
    hm_scene_net_destroy(net);
}

/* Pictures far smaller than what the filters see, and none at all. */
static void test_tiny_pictures(void **state)
{
    static const size_t sizes[][2] = {{1, 1}, {2, 3}, {1, 9}, {5, 1}};
    hm_scene_net *net = make_net("relu 4 by 7x7 pool 2 | relu 5 by 7x7 pool 2", 4, 6, HM_SCENE_NORMALISE_BATCH);
    hm_scene_label_config config;
    hm_scene_labeller *labeller;
    hm_label_picture labels;
    hm_error error;
    float values[27];
    (void)state;
    hm_options_init(&hm_scene_label_options, &config);
    hm_random_fill_uniform(&(hm_random){5, HM_RANDOM_USER, 0}, 0, 0, 27, values);
    for (int regions = HM_SCENE_REGIONS_NONE; regions <= HM_SCENE_REGIONS_COVER; regions++) {
        config.regions = regions;
        assert_int_equal(hm_scene_labeller_create(net, &config, &labeller, &error), HM_OK);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const hm_scene_picture picture = {context, sizes[i][0], sizes[i][1], values};
            assert_int_equal(hm_scene_label(labeller, &picture, &labels, &error), HM_OK);
            for (size_t k = 0; k < picture.height * picture.width; k++)
                assert_true(labels.labels[k] < CLASSES);
            hm_label_picture_clear(&labels);
        }
        const hm_scene_picture none = {context, 0, 3, values};
        assert_int_equal(hm_scene_label(labeller, &none, &labels, &error), HM_ERROR_ARGUMENT);
        values[4] = NAN;
        const hm_scene_picture bad = {context, 3, 3, values};
        assert_int_equal(hm_scene_label(labeller, &bad, &labels, &error), HM_ERROR_NUMERIC);
        values[4] = 0.5f;
        hm_scene_labeller_destroy(labeller);
    }
    hm_scene_net_destroy(net);
}

static int set_up(void **state)
{
    (void)state;
    return hm_context_create(&(hm_context_config){.seed = 3, .n_threads = 2}, &context, NULL) != HM_OK;
}

static int tear_down(void **state)
{
    (void)state;
    hm_context_destroy(context);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients), cmocka_unit_test(test_enlarging), cmocka_unit_test(test_layers),
                                       cmocka_unit_test(test_file), cmocka_unit_test(test_claims), cmocka_unit_test(test_refine),
                                       cmocka_unit_test(test_tiny_pictures)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
