/* harmonium classify: the class of each case; with labels the error rate, the confusion matrix, and the cases that
 * were named wrongly. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

enum { CLASSES_DRAWN_MAX = 30, WRONG_DRAWN_MAX = 100, CASES_PER_READING = 1000 };

/* What is known of the cases after recognition. */
typedef struct outcome {
    size_t n, n_classes, n_labelled, n_wrong;
    uint32_t *best;         /* [n] */
    double *probability;    /* [n] of the best */
    hm_file_writer table;   /* of all probabilities */
    bool has_table;
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
    int32_t label = hm_dataset_label(m->set, i), truth = hm_model_class_of(m->model, label);
    for (size_t c = 1; c < C; c++)
        best = probability[c] > probability[best] ? c : best;
    o->best[i] = (uint32_t)best;
    o->probability[i] = probability[best];
    if (label < 0)
        return;
    o->n_labelled++;
    o->n_wrong += truth != (int32_t)best; /* a label that the model does not know is always wrong */
    if (truth >= 0)
        o->confusion[(size_t)truth * C + best]++;
}

/* A name that the model does not know is a slip; a number may be that of a class it was not shown, whose cases it gets wrong. */
static hm_status check_labels(const cli_material *m, hm_error *error)
{
    int32_t named = -1;
    size_t n_unknown = 0;
    for (size_t i = 0; i < m->n; i++) {
        int32_t label = hm_dataset_label(m->set, i);
        bool is_unknown = label >= 0 && hm_model_class_of(m->model, label) < 0;
        if (is_unknown && hm_dataset_class_name(m->set, label))
            return hm_model_check_classes(m->model, m->set, error);
        n_unknown += is_unknown;
        named = is_unknown ? label : named;
    }
    if (n_unknown)
        cli_warn("%zu cases are of classes that the model does not know, such as %d, and count as errors; leave them out with --classes",
                 n_unknown, named);
    return HM_OK;
}

/* ---- The table of all: a row a case ------------------------------------------------------------------------ */

static hm_status begin_table(const cli_call *call, const hm_model *model, outcome *o, hm_error *error)
{
    char name[256];
    const char *path = call->options.output.output;
    if (!*path)
        return HM_OK;
    hm_status status = hm_file_create(&o->table, path, error);
    if (status != HM_OK)
        return status;
    o->has_table = true;
    hm_file_print(&o->table, "case,label,answer");
    for (size_t c = 0; c < o->n_classes; c++) {
        char head[sizeof name + 8];
        snprintf(head, sizeof head, "P(%s)", hm_model_class_name(model, c, name, sizeof name));
        hm_file_print(&o->table, ",");
        hm_file_print_field(&o->table, head);
    }
    hm_file_print(&o->table, "\n");
    return HM_OK;
}

static void write_row(const cli_material *m, outcome *o, size_t i, const double *probability)
{
    char name[256], number[16] = "";
    int32_t label = hm_dataset_label(m->set, i);
    const char *is = hm_dataset_class_name(m->set, label);
    if (label >= 0)
        snprintf(number, sizeof number, "%d", label);
    hm_file_print(&o->table, "%zu,", i);
    hm_file_print_field(&o->table, is ? is : number);
    hm_file_print(&o->table, ",");
    hm_file_print_field(&o->table, hm_model_class_name(m->model, o->best[i], name, sizeof name));
    for (size_t c = 0; c < o->n_classes; c++)
        hm_file_print(&o->table, ",%.6g", probability[c]);
    hm_file_print(&o->table, "\n");
}

/* A table of some of the cases is none. */
static hm_status end_table(outcome *o, hm_status status, hm_error *error)
{
    if (!o->has_table)
        return status;
    if (status == HM_OK)
        return hm_file_commit(&o->table, error);
    hm_file_abandon(&o->table);
    return status;
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
        for (size_t i = 0; status == HM_OK && i < n; i++) {
            note_case(m, o, first + i, probability + i * o->n_classes);
            if (o->has_table)
                write_row(m, o, first + i, probability + i * o->n_classes);
        }
    }
    hm_free(call->context, probability);
    return status;
}

/* Numbers of cases, with the classes above and beside them as wide as eight letters allow. */
static void print_confusion(const cli_call *call, const hm_model *model, const outcome *o)
{
    char line[CLASSES_DRAWN_MAX * 9 + 32], name[64];
    int used = snprintf(line, sizeof line, "is \\ named ");
    for (size_t c = 0; c < o->n_classes; c++)
        used += snprintf(line + used, sizeof line - (size_t)used, " %5.8s",
                         hm_model_class_name(model, c, name, sizeof name));
    cli_say(call, "%s", line);
    for (size_t row = 0; row < o->n_classes; row++) {
        used = snprintf(line, sizeof line, "%10.10s ", hm_model_class_name(model, row, name, sizeof name));
        for (size_t c = 0; c < o->n_classes; c++) {
            int width = (int)strlen(hm_model_class_name(model, c, name, sizeof name));
            used += snprintf(line + used, sizeof line - (size_t)used, " %*.0f", width < 5 ? 5 : width > 8 ? 8 : width,
                             o->confusion[row * o->n_classes + c]);
        }
        cli_say(call, "%s", line);
    }
}

static void print_outcome(const cli_call *call, const hm_model *model, const outcome *o)
{
    char name[256];
    for (size_t i = 0; i < o->n; i++)
        cli_print("%s %.6f\n", hm_model_class_name(model, o->best[i], name, sizeof name), o->probability[i]);
    if (!o->n_labelled)
        return;
    cli_say(call, "errors: %zu of %zu (%.2f %%)", o->n_wrong, o->n_labelled,
            100.0 * (double)o->n_wrong / (double)o->n_labelled);
    if (o->n_classes <= CLASSES_DRAWN_MAX)
        print_confusion(call, model, o);
}

static hm_status draw_confusion(const cli_call *call, const hm_model *model, const outcome *o, hm_error *error)
{
    char text[CLASSES_DRAWN_MAX][24];
    const char *names[CLASSES_DRAWN_MAX];
    hm_image *image;
    if (!o->n_labelled || o->n_classes > CLASSES_DRAWN_MAX)
        return hm_fail(error, HM_ERROR_MISMATCH, "a confusion matrix needs labelled data of at most %d classes",
                       CLASSES_DRAWN_MAX);
    for (size_t c = 0; c < o->n_classes; c++)
        names[c] = hm_model_class_name(model, c, text[c], sizeof text[c]);
    char title[80];
    snprintf(title, sizeof title, "%zu wrong of %zu (%.2f %%)", o->n_wrong, o->n_labelled,
             100.0 * (double)o->n_wrong / (double)o->n_labelled);
    const hm_plot plot = {.title = title, .x_label = "named", .y_label = "is"};
    hm_status status = hm_plot_table(call->context, &plot, o->confusion, o->n_classes, o->n_classes, names, names,
                                     &image, error);
    return status == HM_OK ? cli_save_image(call, image, call->options.output.confusion, "Confusion matrix",
                                            "Rows are what a case is, columns what it was named: what is off the diagonal is "
                                            "wrong, and pairs that look alike stand out.",
                                            error)
                           : status;
}

/* "7, not 1": what a case is and what it was named. */
static void name_case(const cli_material *m, size_t i, size_t named, char *text, size_t size)
{
    char wrong[64], number[16];
    int32_t label = hm_dataset_label(m->set, i);
    const char *is = hm_dataset_class_name(m->set, label);
    snprintf(number, sizeof number, "%d", label);
    snprintf(text, size, "%.10s, not %.10s", is ? is : number, hm_model_class_name(m->model, named, wrong, sizeof wrong));
}

/* The first wrong cases, with "is > named" under each. */
static hm_status draw_mistakes(const cli_call *call, const cli_material *m, const outcome *o, hm_error *error)
{
    static char text[WRONG_DRAWN_MAX][40];
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
        if (label < 0 || hm_model_class_of(m->model, label) == (int32_t)o->best[i])
            continue;
        memcpy(cases + n * m->V, m->cases + i * m->V, m->V * sizeof *cases);
        name_case(m, i, o->best[i], text[n], sizeof text[n]);
        captions[n] = text[n];
        n++;
    }
    snprintf(title, sizeof title, "%s%zu of the cases that were named wrongly", n < o->n_wrong ? "the first " : "all ", n);
    hm_image *image;
    const hm_grid grid = {.n_channels = m->model->n_channels, .captions = captions, .title = title, .n_cols = 10, .zoom = m->model->width < 50 ? 2 : 1};
    hm_matrix shown = hm_matrix_f32(cases, n, m->V);
    hm_status status = hm_model_restore_units(m->model, true, shown, error);
    if (status == HM_OK)
        status = hm_image_grid(call->context, shown, m->model->height, m->model->width, &grid, &image, error);
    hm_free(call->context, cases);
    return status == HM_OK ? cli_save_image(call, image, call->options.output.mistakes, title,
                                            "Under each case what it is and what it was named. Would you have known?", error)
                           : status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    outcome o = {0};
    hm_status status = cli_load_material(call, (size_t)call->options.output.number, &m, error);
    if (status != HM_OK)
        return status;
    status = hm_model_require(m.model, HM_ABILITY_CLASSES, error);
    if (status == HM_OK)
        status = check_labels(&m, error);
    if (status == HM_OK)
        status = alloc_outcome(call, &m, &o, error);
    if (status == HM_OK)
        status = begin_table(call, m.model, &o, error);
    if (status == HM_OK)
        status = recognise(call, &m, &o, error);
    status = end_table(&o, status, error);
    if (status == HM_OK)
        print_outcome(call, m.model, &o);
    if (status == HM_OK && *call->options.output.confusion)
        status = draw_confusion(call, m.model, &o, error);
    if (status == HM_OK && *call->options.output.mistakes)
        status = draw_mistakes(call, &m, &o, error);
    free_outcome(call, &o);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_classify = {
    "classify", "Name the class of each case, and count the errors", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL},
    "output number method gibbs-steps confusion mistakes", ".csv",
    "harmonium classify dbn.safetensors mnist --part test --confusion confusion.png --mistakes mistakes.png", run,
};
