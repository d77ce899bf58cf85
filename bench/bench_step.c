/* CD-1 against its five matrix products alone, in one run.
 *
 *     cmake --build build/release --target bench_step && build/release/bench_step [hidden] [batch] [cases] [visible] [backend]
 *
 * Rounds alternate (products, epoch, products, ...) and medians are printed, because machines are shared. The products
 * are given to the BLAS whole, with as many threads of its own as ours: what a program pays that does nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cblas.h>
#include <harmonium/harmonium.h>

extern void openblas_set_num_threads(int n) __attribute__((weak));

enum { ROUNDS = 5 };
static int V = 784; /* visible units */

static double now(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void blas_threads(int n)
{
    if (openblas_set_num_threads)
        openblas_set_num_threads(n);
}

/* Up, down, up, and the two correlations, `n_batches` times. */
static double products(float *W, float *v, float *h, float *G, int H, int B, int n_batches)
{
    double began = now();
    for (int i = 0; i < n_batches; i++) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, B, H, V, 1, v, V, W, H, 0, h, H);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, B, V, H, 1, h, H, W, H, 0, v + B * V, V);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, B, H, V, 1, v, V, W, H, 0, h + B * H, H);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, V, H, B, 0.01f, v, V, h, H, 0, G, H);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, V, H, B, -0.01f, v, V, h, H, 1, G, H);
    }
    return now() - began;
}

static double epoch_seconds;

static hm_status note_epoch(void *user, const hm_train_report *report, hm_error *error)
{
    (void)user;
    (void)error;
    epoch_seconds = report->seconds;
    return HM_OK;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x)
{
    qsort(x, ROUNDS, sizeof *x, compare);
    return x[ROUNDS / 2];
}

int main(int argc, char **argv)
{
    int H = argc > 1 ? atoi(argv[1]) : 500, B = argc > 2 ? atoi(argv[2]) : 100, n = argc > 3 ? atoi(argv[3]) : 60000;
    V = argc > 4 ? atoi(argv[4]) : V;
    hm_context *context;
    hm_error error;
    const hm_context_config config = {.seed = 1, .backend = argc > 5 ? argv[5] : NULL};
    if (hm_context_create(&config, &context, &error) != HM_OK)
        return puts(error.message), 1;
    float *cases = malloc(sizeof(float) * (size_t)V * (size_t)n);
    float *W = calloc((size_t)V * (size_t)H * 2, sizeof *W), *G = W + V * H;
    float *v = calloc((size_t)B * (size_t)(V + H) * 2, sizeof *v), *h = v + 2 * B * V;
    hm_random random = {1, HM_RANDOM_USER, 0};
    for (int i = 0; i < n; i++)
        hm_random_fill_uniform(&random, (uint64_t)i, 0, (size_t)V, cases + (size_t)i * (size_t)V);
    for (int k = 0; k < 2 * B * V; k++)
        v[k] = cases[k];
    hm_dataset *set;
    hm_train_config learn;
    hm_options_init(&hm_train_options, &learn);
    learn.epochs = 1;
    learn.batch_size = B;
    if (hm_dataset_create(context, cases, NULL, (size_t)n, (size_t)V, 0, 0, &set, &error) != HM_OK)
        return puts(error.message), 1;
    free(cases);
    double alone[ROUNDS], epoch[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, (size_t)V, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, (size_t)H, 1);
        hm_model *model;
        hm_train_events events = {.on_epoch = note_epoch};
        blas_threads(hm_context_n_threads(context));
        alone[round] = products(W, v, h, G, H, B, n / B);
        blas_threads(1);
        if (hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, &error) != HM_OK ||
            hm_train(model, set, NULL, &learn, &events, &error) != HM_OK)
            return puts(error.message), 1;
        epoch[round] = epoch_seconds;
        hm_model_destroy(model);
    }
    double p = median(alone), e = median(epoch);
    printf("%d x %d, batch %d, %d cases, %d threads, backend %s\n", V, H, B, n, hm_context_n_threads(context),
           hm_context_backend(context));
    printf("five products alone  %.3f s\nCD-1 epoch           %.3f s (with its monitors)\nratio                %.2f\n", p, e,
           e / p);
    hm_dataset_close(set);
    hm_context_destroy(context);
    free(W);
    free(v);
    return 0;
}
