/* An epoch of contrastive divergence against its floor: five products over the peak that is measured before and after.
 *
 *     cmake --build build/release --target bench_cd
 *     build/release/bench_cd visible=784 hidden=500 batch=100 cases=60000 precision=bf16 threads=2 backend=auto epochs=7
 *
 *     mpirun -n 2 build/release/bench_cd threads=1 ...      # the ranks together
 *     build/release/bench_cd curves=docs      # pictures of the time against hidden units and batch size, with the floor
 *
 * Prints a line: the shape, and the medians over epochs of the seconds of all mini-batches (reading, shuffled, included) and of
 * the whole epoch with its monitors; the floor; their ratio. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <harmonium/harmonium.h>

#include "probe.h"

enum { EPOCHS_MAX = 64 };

typedef struct setting {
    int visible, hidden, batch, cases, threads, epochs;
    const char *precision, *backend, *curves;
    hm_team *team;
} setting;

typedef struct times {
    double began, batches[EPOCHS_MAX], epoch[EPOCHS_MAX];
    size_t n;
} times;

/* From the end of the first batch to that of the last. */
static void note_batch(void *user, const hm_train_progress *progress)
{
    times *t = user;
    double n = (double)progress->n_batches;
    if (progress->batch == 1)
        t->began = seconds_now();
    if (progress->batch == progress->n_batches)
        t->batches[t->n] = (seconds_now() - t->began) * n / (n - 1);
}

static hm_status note_epoch(void *user, const hm_train_report *report, hm_error *error)
{
    times *t = user;
    (void)error;
    t->epoch[t->n++] = report->seconds;
    return HM_OK;
}

static void read_setting(int argc, char **argv, setting *s)
{
    struct {
        const char *name;
        int *number;
        const char **text;
    } rows[] = {{"visible", &s->visible, NULL}, {"hidden", &s->hidden, NULL},       {"batch", &s->batch, NULL},
                {"cases", &s->cases, NULL},     {"threads", &s->threads, NULL},     {"epochs", &s->epochs, NULL},
                {"precision", NULL, &s->precision}, {"backend", NULL, &s->backend},
                {"curves", NULL, &s->curves}};
    for (int i = 1; i < argc; i++)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
            size_t n = strlen(rows[r].name);
            if (strncmp(argv[i], rows[r].name, n) != 0 || argv[i][n] != '=')
                continue;
            if (rows[r].number)
                *rows[r].number = atoi(argv[i] + n + 1);
            else
                *rows[r].text = argv[i] + n + 1;
        }
}

static hm_dataset *make_data(const hm_context *context, const setting *s)
{
    size_t V = (size_t)s->visible, n = (size_t)s->cases;
    float *cases = malloc(n * V * sizeof *cases);
    hm_random random = {1, HM_RANDOM_USER, 0};
    hm_dataset *set = NULL;
    for (size_t i = 0; cases && i < n; i++)
        hm_random_fill_uniform(&random, i, 0, V, cases + i * V);
    if (cases)
        hm_dataset_create(context, cases, NULL, n, V, 0, 0, &set, NULL);
    free(cases);
    return set;
}

static hm_status measure(const hm_context *context, const setting *s, times *t, hm_error *error)
{
    hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, (size_t)s->visible, 1);
    hm_layer hidden = hm_layer_of(HM_UNIT_BERNOULLI, (size_t)s->hidden, 1);
    hm_dataset *set = make_data(context, s);
    hm_train_config learn;
    hm_model *model = NULL;
    const hm_train_events events = {.user = t, .on_batch = note_batch, .on_epoch = note_epoch};
    hm_options_init(&hm_train_options, &learn);
    learn.epochs = s->epochs;
    learn.batch_size = s->batch;
    hm_status status = set ? hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = hm_train(model, set, NULL, &learn, &events, error);
    hm_model_destroy(model);
    hm_dataset_close(set);
    return status;
}

static int complain(const hm_error *error)
{
    fprintf(stderr, "bench_cd: %s\n", error->message);
    return 1;
}

/* Floor of an epoch on this machine at its peak. */
static double floor_of(const setting *s, double peak)
{
    return 10.0 * s->visible * s->hidden * s->cases / peak * 1e-9;
}

static hm_status make_context(const setting *s, hm_context **context, hm_error *error)
{
    const hm_context_config config = {.seed = 1, .backend = s->backend, .precision = s->precision, .n_threads = s->threads,
                                      .team = s->team};
    return hm_context_create(&config, context, error);
}

static int one(const setting *s)
{
    hm_context *context;
    hm_error error = {0};
    times t = {0};
    if (make_context(s, &context, &error) != HM_OK)
        return complain(&error);
    int n_threads = hm_context_n_threads(context);
    char by[80];
    hm_context_describe(context, by, sizeof by);
    bool is_bf16 = strstr(by, "bf16") != NULL;
    double before = probe_gflops(is_bf16, n_threads);
    hm_status status = measure(context, s, &t, &error);
    double after = probe_gflops(is_bf16, n_threads), peak = before > after ? before : after;
    hm_context_destroy(context);
    if (status != HM_OK)
        return complain(&error);
    if (hm_team_rank(s->team) > 0)
        return 0;
    double batches = median(t.batches, t.n), floor = floor_of(s, peak);
    printf("%d x %d, batch %d, %d cases, %s, %d threads: %.3f s (with monitors %.3f); floor %.3f s at %.0f GFLOP/s; ratio %.2f\n",
           s->visible, s->hidden, s->batch, s->cases, by, n_threads, batches, median(t.epoch, t.n), floor, peak, batches / floor);
    return 0;
}

/* ---- Curves ---------------------------------------------------------------------------------------------- */

enum { POINTS_MAX = 8 };

typedef struct sweep {
    const char *file, *title, *x_label;
    bool is_batch; /* else hidden units */
    int n, value[POINTS_MAX];
} sweep;

/* Seconds for 60,000 cases, from as many as are worth half a second. */
static hm_status measure_point(setting s, double peak, double *seconds, double *floor, hm_error *error)
{
    hm_context *context;
    times t = {0};
    double wanted = 0.5 * peak * 1e9 / (10.0 * s.visible * s.hidden);
    int least = 4 * s.batch;
    s.cases = wanted < least ? least : wanted > 60000 ? 60000 : (int)wanted;
    s.epochs = 3;
    hm_status status = make_context(&s, &context, error);
    if (status != HM_OK)
        return status;
    status = measure(context, &s, &t, error);
    hm_context_destroy(context);
    *seconds = status == HM_OK ? median(t.batches, t.n) * 60000 / s.cases : 0;
    *floor = floor_of(&s, peak) * 60000 / s.cases;
    return status;
}

static hm_status draw(const hm_context *context, const char *folder, const sweep *w, const hm_curve *curves, size_t n,
                      hm_error *error)
{
    char path[1024];
    hm_image *image;
    const hm_plot plot = {.title = w->title, .x_label = w->x_label, .y_label = "seconds for 60,000 cases", .log_x = true, .log_y = true};
    snprintf(path, sizeof path, "%s/%s", folder, w->file);
    hm_status status = hm_plot_curves(context, &plot, curves, n, &image, error);
    if (status != HM_OK)
        return status;
    status = hm_image_save_png(image, path, error);
    hm_image_destroy(image);
    return status;
}

static hm_status run_sweep(const hm_context *context, const setting *base, const sweep *w, const char *folder, hm_error *error)
{
    static const char *const names[] = {"f32", "floor f32", "bf16", "floor bf16"};
    double x[POINTS_MAX], y[4][POINTS_MAX];
    hm_curve curves[4];
    size_t n_curves = 0;
    for (int p = 0; p < 2; p++) {
        setting s = *base;
        double peak = probe_gflops(p, hm_context_n_threads(context));
        s.precision = names[2 * p];
        for (int i = 0; peak > 0 && i < w->n; i++) {
            *(w->is_batch ? &s.batch : &s.hidden) = w->value[i];
            hm_status status = measure_point(s, peak, &y[2 * p][i], &y[2 * p + 1][i], error);
            if (status != HM_OK)
                return status;
            x[i] = w->value[i];
            printf("%s %s %d: %.3f s, ratio %.2f\n", w->x_label, s.precision, w->value[i], y[2 * p][i],
                   y[2 * p][i] / y[2 * p + 1][i]);
            fflush(stdout);
        }
        for (int k = 2 * p; peak > 0 && k < 2 * p + 2; k++)
            curves[n_curves++] = (hm_curve){names[k], x, y[k], (size_t)w->n, NULL};
    }
    return draw(context, folder, w, curves, n_curves, error);
}

static int curves(const setting *s, const char *folder)
{
    static const sweep sweeps[] = {
        {"speed-hidden.png", "CD-1, 784 visible units, batch 100", "hidden units", false, 7, {100, 200, 500, 1000, 2000, 4000, 8000}},
        {"speed-batch.png", "CD-1, 784 x 500", "cases in a mini-batch", true, 8, {5, 10, 20, 50, 100, 200, 500, 1000}}};
    hm_context *context;
    hm_error error = {0};
    hm_status status = make_context(s, &context, &error);
    if (status != HM_OK)
        return complain(&error);
    for (size_t i = 0; status == HM_OK && i < sizeof sweeps / sizeof *sweeps; i++)
        status = run_sweep(context, s, &sweeps[i], folder, &error);
    hm_context_destroy(context);
    return status == HM_OK ? 0 : complain(&error);
}

int main(int argc, char **argv)
{
    setting s = {784, 500, 100, 60000, 0, 7, "f32", "auto", NULL, NULL};
    hm_error error;
    read_setting(argc, argv, &s);
    if (s.epochs < 1 || s.epochs > EPOCHS_MAX || s.batch < 1 || s.batch > s.cases)
        return fprintf(stderr, "bench_cd: epochs = 1 .. %d, batch = 1 .. cases\n", EPOCHS_MAX), 2;
    if (hm_team_is_launched() && hm_team_join(&s.team, &error) != HM_OK)
        return complain(&error);
    int code = s.curves ? curves(&s, s.curves) : one(&s);
    hm_team_leave(s.team);
    return code;
}
