/* harmonium classify: the class of each case; with labels the error rate, the confusion matrix, and the cases that
 * were named wrongly. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

enum { CLASSES_DRAWN_MAX = 30, WRONG_DRAWN_MAX = 100, CASES_PER_READING = 1000 };

/* What is known of the cases after recognition. */
typedef struct outcome {
    size_t n, n_classes, n_labelled, n_wrong;
    uint32_t *best;         /* [n] */
    double *probability;    /* [n] of the best */
    double *confusion;      /* [n_classes][n_classes]: labelled (row), named (column) */
} outcome;

static hm_status alloc_outcome(const cli_call *call, const cli_material *m, outcome *o, hm_error *error)
{
    o->n = m->n;
    o->n_classes = hm_model_n_classes(m->model);
    o->best = hm_alloc(call->context, o->n, sizeof *o->best, error);
    o->probability = hm_alloc(call->context, o->n, sizeof *o->probability, error);
    o->confusion = hm_alloc(call->context, o->n_classes * o->n_classes, sizeof *o->confusion, error);
    return o->best && o->probability && o->confusion ? HM_OK : HM_ERROR_MEMORY;
}

static void free_outcome(const cli_call *call, outcome *o)
{
    hm_free(call->context, o->best);
    hm_free(call->context, o->probability);
    hm_free(call->context, o->confusion);
}

static void note_case(const cli_material *m, outcome *o, size_t i, const double *probability)
{
    size_t best = 0, C = o->n_classes;
    int32_t label = hm_dataset_label(m->set, i);
    for (size_t c = 1; c < C; c++)
        best = probability[c] > probability[best] ? c : best;
    o->best[i] = (uint32_t)best;
    o->probability[i] = probability[best];
    if (label < 0)
        return;
    o->n_labelled++;
    o->n_wrong += (size_t)label != best;
    if ((size_t)label < C)
        o->confusion[(size_t)label * C + best]++;
}

static hm_status recognise(const cli_call *call, const cli_material *m, outcome *o, hm_error *error)
{
    const cli_output *output = &call->options.output;
    size_t n_steps = output->steps ? (size_t)output->steps : 2;
    double *probability = hm_alloc(call->context, CASES_PER_READING * o->n_classes, sizeof *probability, error);
    hm_status status = probability ? HM_OK : HM_ERROR_MEMORY;
    for (size_t first = 0; status == HM_OK && first < m->n; first += CASES_PER_READING) {
        size_t n = m->n - first < CASES_PER_READING ? m->n - first : CASES_PER_READING;
        status = hm_class_probabilities(m->model, output->method, n_steps,
                                        hm_matrix_f32(m->cases + first * m->V, n, m->V), probability, error);
        for (size_t i = 0; status == HM_OK && i < n; i++)
            note_case(m, o, first + i, probability + i * o->n_classes);
    }
    hm_free(call->context, probability);
    return status;
}

static void print_outcome(const cli_call *call, const outcome *o)
{
    for (size_t i = 0; i < o->n; i++)
        printf("%u %.6f\n", o->best[i], o->probability[i]);
    if (!o->n_labelled)
        return;
    cli_say(call, "errors: %zu of %zu (%.2f %%)", o->n_wrong, o->n_labelled,
            100.0 * (double)o->n_wrong / (double)o->n_labelled);
    if (o->n_classes > CLASSES_DRAWN_MAX)
        return;
    char line[CLASSES_DRAWN_MAX * 8 + 32];
    for (size_t row = 0; row <= o->n_classes; row++) {
        int used = row ? snprintf(line, sizeof line, "%9zu", row - 1) : snprintf(line, sizeof line, "is \\ named");
        for (size_t c = 0; c < o->n_classes; c++)
            used += row ? snprintf(line + used, sizeof line - (size_t)used, " %5.0f",
                                   o->confusion[(row - 1) * o->n_classes + c])
                        : snprintf(line + used, sizeof line - (size_t)used, " %5zu", c);
        cli_say(call, "%s", line);
    }
}

static hm_status save(const cli_call *call, hm_image *image, const char *path, hm_error *error)
{
    hm_status status = hm_image_save_png(image, path, error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu x %zu pixels", path, hm_image_width(image), hm_image_height(image));
    hm_image_destroy(image);
    return status;
}

static hm_status draw_confusion(const cli_call *call, const outcome *o, hm_error *error)
{
    char text[CLASSES_DRAWN_MAX][24];
    const char *names[CLASSES_DRAWN_MAX];
    hm_image *image;
    if (!o->n_labelled || o->n_classes > CLASSES_DRAWN_MAX)
        return hm_fail(error, HM_ERROR_MISMATCH, "a confusion matrix needs labelled data of at most %d classes",
                       CLASSES_DRAWN_MAX);
    for (size_t c = 0; c < o->n_classes; c++) {
        snprintf(text[c], sizeof text[c], "%zu", c);
        names[c] = text[c];
    }
    char title[80];
    snprintf(title, sizeof title, "%zu wrong of %zu (%.2f %%)", o->n_wrong, o->n_labelled,
             100.0 * (double)o->n_wrong / (double)o->n_labelled);
    const hm_plot plot = {.title = title, .x_label = "named", .y_label = "is"};
    hm_status status = hm_plot_table(call->context, &plot, o->confusion, o->n_classes, o->n_classes, names, names,
                                     &image, error);
    return status == HM_OK ? save(call, image, call->options.output.confusion, error) : status;
}

/* The first wrong cases, with "is > named" under each. */
static hm_status draw_wrong(const cli_call *call, const cli_material *m, const outcome *o, hm_error *error)
{
    static char text[WRONG_DRAWN_MAX][24];
    const char *captions[WRONG_DRAWN_MAX];
    char title[80];
    size_t n = 0, most = o->n_wrong < WRONG_DRAWN_MAX ? o->n_wrong : WRONG_DRAWN_MAX;
    if (!m->model->height)
        return hm_fail(error, HM_ERROR_MISMATCH, "the cases are no pictures, so the wrong ones cannot be drawn");
    if (o->n_wrong == 0)
        return cli_say(call, "none was named wrongly; nothing to draw"), HM_OK;
    float *cases = hm_alloc(call->context, most * m->V, sizeof *cases, error);
    if (!cases)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < o->n && n < most; i++) {
        int32_t label = hm_dataset_label(m->set, i);
        if (label < 0 || (uint32_t)label == o->best[i])
            continue;
        memcpy(cases + n * m->V, m->cases + i * m->V, m->V * sizeof *cases);
        snprintf(text[n], sizeof text[n], "%d, not %u", label, o->best[i]);
        captions[n] = text[n];
        n++;
    }
    snprintf(title, sizeof title, "%s%zu of the cases that were named wrongly", n < o->n_wrong ? "the first " : "all ", n);
    hm_image *image;
    const hm_grid grid = {.captions = captions, .title = title, .n_cols = 10, .zoom = m->model->width < 50 ? 2 : 1};
    hm_status status = hm_image_grid(call->context, hm_matrix_f32(cases, n, m->V), m->model->height, m->model->width,
                                     &grid, &image, error);
    hm_free(call->context, cases);
    return status == HM_OK ? save(call, image, call->options.output.wrong, error) : status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    outcome o = {0};
    hm_status status = cli_load_material(call, (size_t)call->options.output.number, &m, error);
    if (status != HM_OK)
        return status;
    if (hm_model_n_classes(m.model) == 0)
        status = hm_class_probabilities(m.model, 0, 0, (hm_matrix){0}, NULL, error); /* which says why */
    if (status == HM_OK)
        status = alloc_outcome(call, &m, &o, error);
    if (status == HM_OK)
        status = recognise(call, &m, &o, error);
    if (status == HM_OK)
        print_outcome(call, &o);
    if (status == HM_OK && *call->options.output.confusion)
        status = draw_confusion(call, &o, error);
    if (status == HM_OK && *call->options.output.wrong)
        status = draw_wrong(call, &m, &o, error);
    free_outcome(call, &o);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_classify = {
    "classify", "Name the class of each case, and count the errors", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL},
    "number method gibbs-steps confusion wrong",
    "harmonium classify dbn.safetensors mnist --part test --confusion confusion.png --wrong wrong.png", run,
};
