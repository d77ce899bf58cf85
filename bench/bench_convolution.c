/* CD-1 of machines with filters against its floor: five passes (up, down, up, two correlations) of 2 x places x maps x patch
 * operations a case, over the peak that is measured before and after.
 *
 *     cmake --build build/release --target bench_convolution
 *     build/release/bench_convolution visible="bernoulli 1x28x28" hidden="pool 40x2 by 12x12" threads=2
 *     build/release/bench_convolution visible="bernoulli 40x8x8" hidden="bernoulli 40 by 6x6"
 *
 * Prints a line: the shape, the seconds of 600 mini-batches of 100 (the median over epochs of 60, times ten; reading, shuffled,
 * included), the floor, their ratio. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <harmonium/harmonium.h>

#include "probe.h"

enum { EPOCHS = 5, BATCH = 100, CASES = 6000, BATCHES = 600 };

typedef struct setting {
    const char *visible_text, *hidden_text, *backend;
    int threads;
    hm_layer visible, hidden;
} setting;

typedef struct times {
    double began, batches[EPOCHS];
    size_t n;
} times;

/* From the end of the first batch to that of the last. */
static void note_batch(void *user, const hm_train_progress *progress)
{
    times *t = user;
    if (progress->batch == 1)
        t->began = seconds_now();
    if (progress->batch == progress->n_batches)
        t->batches[t->n++] = (seconds_now() - t->began) * BATCHES / (double)(progress->n_batches - 1);
}

static hm_status read_setting(int argc, char **argv, setting *s, hm_error *error)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "visible=", 8) == 0)
            s->visible_text = argv[i] + 8;
        if (strncmp(argv[i], "hidden=", 7) == 0)
            s->hidden_text = argv[i] + 7;
        if (strncmp(argv[i], "backend=", 8) == 0)
            s->backend = argv[i] + 8;
        if (strncmp(argv[i], "threads=", 8) == 0)
            s->threads = atoi(argv[i] + 8);
    }
    hm_status status = hm_layer_parse(s->visible_text, 0, &s->visible, error);
    if (status == HM_OK)
        status = hm_layer_parse(s->hidden_text, 0, &s->hidden, error);
    return status == HM_OK ? hm_layer_connect(&s->visible, &s->hidden, error) : status;
}

static hm_dataset *make_data(const hm_context *context, size_t n_units)
{
    float *cases = malloc(CASES * n_units * sizeof *cases);
    const hm_random random = {1, HM_RANDOM_USER, 0};
    hm_dataset *set = NULL;
    for (size_t i = 0; cases && i < CASES; i++)
        hm_random_fill_uniform(&random, i, 0, n_units, cases + i * n_units);
    if (cases)
        hm_dataset_create(context, cases, NULL, CASES, n_units, 0, 0, &set, NULL);
    free(cases);
    return set;
}

static hm_status measure(const hm_context *context, const setting *s, times *t, hm_error *error)
{
    hm_dataset *set = make_data(context, s->visible.n_units);
    hm_train_config learn;
    hm_model *model = NULL;
    const hm_train_events events = {.user = t, .on_batch = note_batch};
    hm_options_init(&hm_train_options, &learn);
    learn.epochs = EPOCHS;
    learn.batch_size = BATCH;
    hm_status status = set ? hm_model_create(context, HM_MODEL_RBM, 1, &s->visible, &s->hidden, &model, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = hm_train(model, set, NULL, &learn, &events, error);
    hm_model_destroy(model);
    hm_dataset_close(set);
    return status;
}

/* Of 600 batches; GFLOP over GFLOP/s. */
static double floor_of(const setting *s, double peak)
{
    double patch = (double)(s->visible.n_maps * s->hidden.filter_height * s->hidden.filter_width);
    return 10.0 * (double)s->hidden.n_units * patch * BATCH * BATCHES / peak * 1e-9;
}

static int complain(const hm_error *error)
{
    fprintf(stderr, "bench_convolution: %s\n", error->message);
    return 1;
}

int main(int argc, char **argv)
{
    setting s = {.visible_text = "bernoulli 1x28x28", .hidden_text = "pool 40x2 by 12x12"};
    hm_context *context;
    hm_error error = {0};
    times t = {0};
    char by[80];
    if (read_setting(argc, argv, &s, &error) != HM_OK)
        return complain(&error);
    const hm_context_config config = {.seed = 1, .backend = s.backend, .n_threads = s.threads};
    if (hm_context_create(&config, &context, &error) != HM_OK)
        return complain(&error);
    int n = hm_context_n_threads(context);
    hm_context_describe(context, by, sizeof by);
    double before = probe_gflops(false, n);
    hm_status status = measure(context, &s, &t, &error);
    double after = probe_gflops(false, n), peak = before > after ? before : after;
    hm_context_destroy(context);
    if (status != HM_OK)
        return complain(&error);
    double seconds = median(t.batches, t.n), floor = floor_of(&s, peak);
    printf("%s, %s, batch %d, %d batches, %s, %d threads: %.3f s; floor %.3f s at %.0f GFLOP/s; ratio %.2f\n", s.visible_text,
           s.hidden_text, BATCH, BATCHES, by, n, seconds, floor, peak, seconds / floor);
    return 0;
}
