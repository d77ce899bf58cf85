/* Exact likelihoods of all learners, epoch by epoch, on one plot: a toy set, or a large one with few hidden units.
 *
 *     build/release/bench_learners docs/learners-bars.png
 *     build/release/bench_learners docs/learners-modes.png two-modes
 *     build/release/bench_learners docs/learners-mnist.png sm08 1000 20    # data, cases, hidden units
 *
 * Exact maximum likelihood is the ceiling. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <harmonium/harmonium.h>

enum { POINTS_MAX = 100 };

static const struct {
    const char *name, *learner, *centering, *steps;
} runs[] = {{"exact", "exact", "none", "1"},      {"CD-1", "cd", "none", "1"},         {"CD-10", "cd", "none", "10"},
            {"PCD-1", "pcd", "none", "1"},        {"PCD-1, centred", "pcd", "data", "1"}, {"fast PCD", "fast-pcd", "none", "1"},
            {"tempering", "tempering", "none", "1"},
            {"trajectory", "trajectory", "none", "1"}};
enum { N_RUNS = sizeof runs / sizeof *runs };

typedef struct plan {
    hm_context *context;
    hm_dataset *set;
    size_t n_hidden;
    int epochs_a_point, n_points, batch;
    const char *rate;
} plan;

static hm_error error;

static void must(hm_status status)
{
    if (status == HM_OK)
        return;
    fprintf(stderr, "bench_learners: %s\n", error.message);
    exit(1);
}

static void set_option(hm_train_config *config, const char *name, const char *value)
{
    must(hm_options_set(&hm_train_options, config, name, value, &error));
}

/* What the end of an epoch needs. */
typedef struct track {
    const plan *plan;
    const hm_model *model;
    double *x, *y, divergence;
    int n;
} track;

static hm_status note_epoch(void *user, const hm_train_report *report, hm_error *epoch_error)
{
    track *t = user;
    hm_evaluate_config how;
    hm_evaluation result;
    if (report->epoch % (size_t)t->plan->epochs_a_point != 0)
        return HM_OK;
    hm_options_init(&hm_evaluate_options, &how);
    how.method = HM_EVALUATE_EXACT;
    hm_status status = hm_evaluate(t->model, 0, t->plan->set, &how, NULL, &result, epoch_error);
    t->divergence = result.divergence;
    t->x[t->n] = (double)report->epoch;
    t->y[t->n++] = result.log_likelihood.value;
    return status;
}

static void run(const plan *p, size_t which, double *x, double *y)
{
    hm_train_config config;
    hm_model *model;
    const hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, hm_dataset_n_features(p->set), 1);
    const hm_layer hidden = hm_layer_of(HM_UNIT_BERNOULLI, p->n_hidden, 1);
    must(hm_model_create(p->context, HM_MODEL_RBM, 1, &visible, &hidden, &model, &error));
    hm_options_init(&hm_train_options, &config);
    set_option(&config, "learner", runs[which].learner);
    set_option(&config, "centering", runs[which].centering);
    set_option(&config, "steps", runs[which].steps);
    set_option(&config, "momentum", "0");
    set_option(&config, "weight-cost", "0");
    set_option(&config, "visible-states", "samples");
    set_option(&config, "chains", "100");
    set_option(&config, "learning-rate", p->rate);
    config.batch_size = p->batch;
    config.epochs = p->epochs_a_point * p->n_points;
    track t = {p, model, x, y, 0, 0};
    const hm_train_events events = {.user = &t, .on_epoch = note_epoch};
    must(hm_train(model, p->set, NULL, &config, &events, &error));
    printf("%-16s %.3f nats, KL divergence %.3f, after %d epochs\n", runs[which].name, y[p->n_points - 1], t.divergence,
           p->n_points * p->epochs_a_point);
    fflush(stdout);
    hm_model_destroy(model);
}

static void open_data(plan *p, int argc, char **argv)
{
    const char *name = argc > 2 ? argv[2] : "bars-and-stripes";
    hm_data_config config;
    hm_options_init(&hm_data_options, &config);
    must(hm_options_set(&hm_data_options, &config, "data", name, &error));
    must(hm_options_set(&hm_data_options, &config, "subset", argc > 3 ? argv[3] : "0", &error));
    must(hm_dataset_open(p->context, &config, &p->set, NULL, &error));
    size_t n = hm_dataset_n_cases(p->set), n_hidden = argc > 4 ? (size_t)atoi(argv[4]) : n < 1000 ? 12 : 10;
    if (n < 1000)
        *p = (plan){p->context, p->set, n_hidden, 200, 50, n < 100 ? (int)n : 100, "0.1, ~0.005@10000"};
    else
        *p = (plan){p->context, p->set, n_hidden, 1, 25, 100, "0.05, ~0.005@25"};
}

int main(int argc, char **argv)
{
    static double x[N_RUNS][POINTS_MAX], y[N_RUNS][POINTS_MAX];
    plan p = {0};
    hm_curve curves[N_RUNS];
    hm_image *image;
    if (argc < 2)
        return fprintf(stderr, "usage: bench_learners PICTURE.png [DATA [CASES [HIDDEN]]]\n"), 2;
    must(hm_context_create(&(hm_context_config){.seed = 1}, &p.context, &error));
    open_data(&p, argc, argv);
    for (size_t i = 0; i < N_RUNS; i++) {
        run(&p, i, x[i], y[i]);
        curves[i] = (hm_curve){runs[i].name, x[i], y[i], (size_t)p.n_points, NULL};
    }
    const hm_plot plot = {.x_label = "epochs", .y_label = "mean log P(v), nats", .width = 900, .height = 540};
    must(hm_plot_curves(p.context, &plot, curves, N_RUNS, &image, &error));
    must(hm_image_save_png(image, argv[1], &error));
    hm_image_destroy(image);
    hm_dataset_close(p.set);
    hm_context_destroy(p.context);
    return 0;
}
