/* Naming the pixels of one picture of 480 x 360, and a step of learning from four, without reading them.
 *
 *     cmake --build build/release --target bench_scene
 *     build/release/bench_scene scales=4 units=256 threads=2 precision=bf16
 *
 * Prints two lines: the seconds of a forward pass from bands to the scores of pixels, and of a forward and backward pass; medians of
 * 9 and 5, and the operations of their convolutions a second. bench/peers_scene.py does the same with PyTorch. */
#define _GNU_SOURCE /* mkstemp */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <harmonium/harmonium.h>

#include "probe.h"
#include "scene/scene_pass.h"

enum { HEIGHT = 360, WIDTH = 480, CLASSES = 11, PICTURES = 4, FORWARD = 9, STEPS = 5 };

typedef struct setting {
    int64_t scales, units;
    int threads;
    char precision[8];
} setting;

static hm_scene_classes *make_classes(const hm_context *context)
{
    char path[] = "/tmp/bench-scene-XXXXXX";
    hm_scene_classes *classes = NULL;
    FILE *file = fdopen(mkstemp(path), "w");
    for (int k = 0; file && k < CLASSES; k++)
        fprintf(file, "class%d %d 1 0\n", k, k);
    if (file)
        fclose(file);
    hm_scene_classes_load(context, path, &classes, NULL);
    remove(path);
    return classes;
}

static hm_scene_net *make_net(const hm_context *context, const setting *s)
{
    hm_scene_config config;
    hm_scene_net *net = NULL;
    hm_scene_classes *classes = make_classes(context);
    hm_options_init(&hm_scene_options, &config);
    config.net.scales = s->scales;
    config.net.units = s->units;
    hm_error error;
    if (!classes || hm_scene_net_create(classes, &config.net, &net, &error) != HM_OK)
        exit(fprintf(stderr, "%s\n", error.message));
    hm_scene_classes_destroy(classes);
    return net;
}

/* Multiply-adds of the convolutions of a picture, twice, in units of 1e9. */
static double operations(const hm_scene_net *net)
{
    double sum = 0;
    for (size_t s = 0; s < net->n_scales; s++) {
        double places = (double)(HEIGHT * WIDTH) / (double)((size_t)1 << 2 * s);
        for (size_t l = 0; l < net->n_layers; l++) {
            const hm_scene_layer *layer = &net->layer[l];
            sum += places * (double)(layer->side * layer->side * layer->n_below * layer->maps);
            places /= (double)(layer->pool * layer->pool);
        }
        sum += places * (double)(net->layer[net->n_layers - 1].maps * hm_scene_join_maps(net));
        if (s == 0)
            sum += places * (double)(net->n_units * CLASSES);
    }
    return 2e-9 * sum;
}

static void fill(hm_scene_pass *pass)
{
    for (size_t s = 0; s < pass->net->n_scales; s++)
        hm_random_fill_normal(&(hm_random){1, HM_RANDOM_USER, s}, 0, 0, hm_maps_floats(&pass->input[s]), pass->input[s].data);
}

static void time_forward(const hm_scene_net *net, const setting *s)
{
    hm_scene_pass pass;
    double seconds[FORWARD];
    float *scores = malloc((size_t)HEIGHT * WIDTH * CLASSES * sizeof *scores);
    if (!scores || hm_scene_pass_create(net, 1, HEIGHT, WIDTH, false, &pass, NULL) != HM_OK)
        exit(1);
    fill(&pass);
    for (int i = -1; i < FORWARD; i++) {
        double began = seconds_now();
        hm_scene_pass_forward(&pass, NULL);
        hm_scene_pass_scores(&pass, 0, scores);
        if (i >= 0)
            seconds[i] = seconds_now() - began;
    }
    double m = median(seconds, FORWARD);
    printf("forward, %lld scales, %lld units, %d threads, %s: %.4f s, %.0f GFLOP/s\n", (long long)s->scales,
           (long long)s->units, s->threads, s->precision, m, operations(net) / m);
    free(scores);
    hm_scene_pass_clear(&pass);
}

static void time_step(hm_scene_net *net, const setting *s)
{
    static uint8_t labels[PICTURES * HEIGHT * WIDTH];
    float weight[CLASSES + 1];
    hm_scene_pass pass;
    hm_scene_loss loss;
    double seconds[STEPS];
    float *gradient = calloc(net->n_parameters, sizeof *gradient);
    if (!gradient || hm_scene_pass_create(net, PICTURES, HEIGHT, WIDTH, true, &pass, NULL) != HM_OK)
        exit(1);
    for (size_t i = 0; i < sizeof labels; i++)
        labels[i] = (uint8_t)(i / 7 % CLASSES);
    for (size_t k = 0; k < CLASSES; k++)
        weight[k] = 1;
    const hm_scene_truth truth = {labels, weight, sizeof labels};
    for (int i = -1; i < STEPS; i++) {
        fill(&pass);
        double began = seconds_now();
        hm_scene_pass_pack(&pass);
        hm_scene_pass_forward(&pass, NULL);
        hm_scene_pass_backward(&pass, &truth, NULL, &loss, gradient);
        if (i >= 0)
            seconds[i] = seconds_now() - began;
    }
    double m = median(seconds, STEPS);
    printf("step, %lld scales, %lld units, %d threads, %s: %.4f s, %.0f GFLOP/s\n", (long long)s->scales,
           (long long)s->units, s->threads, s->precision, m, 3 * PICTURES * operations(net) / m);
    free(gradient);
    hm_scene_pass_clear(&pass);
}

int main(int argc, char **argv)
{
    setting s = {4, 256, 2, "f32"};
    hm_context *context;
    for (int i = 1; i < argc; i++)
        if (sscanf(argv[i], "scales=%" SCNd64, &s.scales) != 1 && sscanf(argv[i], "units=%" SCNd64, &s.units) != 1 &&
            sscanf(argv[i], "threads=%d", &s.threads) != 1 && sscanf(argv[i], "precision=%7s", s.precision) != 1)
            return fprintf(stderr, "scales=4 units=256 threads=2 precision=f32\n"), 2;
    const hm_context_config config = {.seed = 1, .n_threads = s.threads, .precision = s.precision};
    if (hm_context_create(&config, &context, NULL) != HM_OK)
        return 1;
    hm_scene_net *net = make_net(context, &s);
    time_forward(net, &s);
    time_step(net, &s);
    hm_scene_net_destroy(net);
    hm_context_destroy(context);
    return 0;
}
