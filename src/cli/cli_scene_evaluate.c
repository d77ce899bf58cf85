/* How well a net labels scenes: the share of the pixels that are right, class by class, a confusion matrix, and a contact sheet. */
#include "cli/cli_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/fail.h"
#include "cli/cli_json.h"
#include "cli/cli_pictures.h"

enum { SHEET_ROWS_MAX = 8 };

/* A picture that the contact sheet shows. */
typedef struct kept {
    hm_scene_picture picture;
    hm_label_picture truth, answer;
    double accuracy;
    char caption[80];
} kept;

typedef struct evaluation {
    const cli_call *call;
    hm_scene_net *net;
    hm_scene_set *set;
    hm_scene_labeller *labeller;
    size_t K, n;         /* classes, pictures */
    uint64_t *confusion; /* [K][K]: truth (row), answer (column) */
    double *seconds;     /* [n] */
    kept shown[SHEET_ROWS_MAX];
    size_t n_shown, n_sheet; /* of the rows that the sheet is to have, 0 without */
    hm_scene_metrics metrics;
} evaluation;

/* ---- Before ------------------------------------------------------------------------------------ */

/* What is about other models cannot be meant. */
static hm_status check_options(const cli_call *call, hm_error *error)
{
    if (*call->options.output.machine)
        return hm_fail(error, HM_ERROR_ARGUMENT, "--machine says nothing to a net that labels scenes; leave it out");
    hm_status status = cli_scene_check_unused(&hm_evaluate_options, &call->options.evaluate, "", error);
    return status == HM_OK ? cli_scene_check_data(call, error) : status;
}

static hm_status check(cli_call *call, hm_error *error)
{
    const hm_data_config *data = &call->options.data;
    hm_status status = cli_name_data(call, 1, error);
    const char *pictures = cli_is_data_given(call, "data") ? data->data : ""; /* not the digits that other models are given */
    const cli_need needs[] = {{pictures, "where the pictures are: harmonium evaluate MODEL PICTURES"},
                              {data->labels, "where their label pictures are: --labels FOLDER"}};
    if (status == HM_OK)
        status = check_options(call, error);
    return status == HM_OK ? cli_require(needs, sizeof needs / sizeof *needs, error) : status;
}

/* A result must not replace a picture or its labels. */
static hm_status check_apart(const evaluation *e, hm_error *error)
{
    const cli_output *output = &e->call->options.output;
    const char *const written[] = {output->output, output->confusion};
    for (size_t k = 0; k < sizeof written / sizeof *written; k++)
        for (size_t i = 0; *written[k] && i < e->n; i++)
            if (cli_is_same_file(written[k], hm_scene_set_path(e->set, i)) || cli_is_same_file(written[k], hm_scene_set_labels(e->set, i)))
                return hm_fail(error, HM_ERROR_ARGUMENT, "%s: is read by this command; choose another name for the output", written[k]);
    return HM_OK;
}

static hm_status open_all(evaluation *e, hm_error *error)
{
    const cli_call *call = e->call;
    hm_status status = hm_scene_net_load(call->context, call->operand[0], &e->net, error);
    if (status == HM_OK)
        status = hm_scene_set_open(hm_scene_net_classes(e->net), call->options.data.data, call->options.data.labels, &e->set, error);
    if (status == HM_OK)
        status = hm_scene_labeller_create(e->net, &call->options.label, &e->labeller, error);
    if (status != HM_OK)
        return status;
    e->K = hm_scene_net_classes(e->net)->n;
    e->n = hm_scene_set_count(e->set);
    e->n_sheet = *call->options.output.output ? hm_least(e->n, SHEET_ROWS_MAX) : 0;
    e->confusion = hm_alloc(call->context, e->K * e->K, sizeof *e->confusion, error);
    e->seconds = hm_alloc(call->context, e->n, sizeof *e->seconds, error);
    return e->confusion && e->seconds ? check_apart(e, error) : HM_ERROR_MEMORY;
}

static void close_all(evaluation *e)
{
    for (size_t k = 0; k < e->n_shown; k++) {
        hm_scene_picture_clear(&e->shown[k].picture);
        hm_label_picture_clear(&e->shown[k].truth);
        hm_label_picture_clear(&e->shown[k].answer);
    }
    hm_free(e->call->context, e->confusion);
    hm_free(e->call->context, e->seconds);
    hm_scene_labeller_destroy(e->labeller);
    hm_scene_set_close(e->set);
    hm_scene_net_destroy(e->net);
}

/* ---- One picture ------------------------------------------------------------------------------- */

/* The share of the pixels that count; NaN where none does. */
static double accuracy_of(const hm_label_picture *truth, const hm_label_picture *answer, size_t n_classes)
{
    size_t n = 0, n_right = 0;
    for (size_t i = 0; i < truth->height * truth->width; i++) {
        n += truth->labels[i] < n_classes;
        n_right += truth->labels[i] < n_classes && truth->labels[i] == answer->labels[i];
    }
    return n ? (double)n_right / (double)n : NAN;
}

/* What of a picture lies in memory is cleared, or kept for the sheet: pictures at even distances of the set. */
static void keep_or_clear(evaluation *e, size_t i, kept *k)
{
    if (e->n_shown == e->n_sheet || i != e->n_shown * e->n / e->n_sheet) {
        hm_scene_picture_clear(&k->picture);
        hm_label_picture_clear(&k->truth);
        hm_label_picture_clear(&k->answer);
        return;
    }
    k->accuracy = accuracy_of(&k->truth, &k->answer, e->K);
    if (isnan(k->accuracy))
        snprintf(k->caption, sizeof k->caption, "%.60s", hm_scene_set_name(e->set, i));
    else
        snprintf(k->caption, sizeof k->caption, "%.60s: %.1f %% right", hm_scene_set_name(e->set, i), 100 * k->accuracy);
    e->shown[e->n_shown++] = *k;
}

static hm_status evaluate_picture(evaluation *e, size_t i, hm_error *error)
{
    kept k = {0};
    hm_status status = hm_scene_set_read(e->set, i, &k.picture, &k.truth, error);
    if (status != HM_OK)
        return status;
    double began = hm_seconds();
    status = hm_scene_label(e->labeller, &k.picture, &k.answer, error);
    e->seconds[i] = hm_seconds() - began;
    if (status == HM_OK)
        status = hm_scene_confusion_add(e->confusion, e->K, k.truth.labels, k.answer.labels, k.truth.height * k.truth.width, error);
    if (status == HM_OK) {
        keep_or_clear(e, i, &k);
        return HM_OK;
    }
    hm_scene_picture_clear(&k.picture);
    hm_label_picture_clear(&k.truth);
    return status;
}

static hm_status evaluate_all(evaluation *e, hm_error *error)
{
    cli_progress progress;
    hm_status status = HM_OK;
    cli_progress_begin(&progress, e->call);
    for (size_t i = 0; status == HM_OK && i < e->n; i++) {
        status = evaluate_picture(e, i, error);
        cli_progress_show(&progress, (double)(i + 1), (double)e->n, (double)(i + 1), hm_scene_set_name(e->set, i));
    }
    cli_progress_clear(&progress);
    if (status == HM_OK)
        hm_scene_metrics_count(e->confusion, e->K, &e->metrics);
    return status;
}

/* ---- Telling ----------------------------------------------------------------------------------- */

static uint64_t row_sum(const evaluation *e, size_t k)
{
    uint64_t n = 0;
    for (size_t j = 0; j < e->K; j++)
        n += e->confusion[k * e->K + j];
    return n;
}

/* Of the pixels that count, those that truly are of class k; NaN where none counts. */
static double share_of(const evaluation *e, size_t k)
{
    return e->metrics.n_pixels ? (double)row_sum(e, k) / (double)e->metrics.n_pixels : NAN;
}

/* As a percentage, or a stroke for what there is not. */
static const char *percent(double value, char text[16])
{
    snprintf(text, 16, "%.2f", 100 * value);
    return isnan(value) ? "-" : text;
}

static void print_table(const evaluation *e)
{
    const hm_scene_classes *classes = hm_scene_net_classes(e->net);
    const hm_scene_metrics *m = &e->metrics;
    char a[16], b[16], c[16];
    cli_print("%-20s %12s %%\n%-20s %12s %%\n%-20s %12s %%\n", "pixel accuracy", percent(m->pixel_accuracy, a), "class average",
           percent(m->class_accuracy, b), "mean IoU", percent(m->mean_iou, c));
    cli_print("%-20s %12.3f\n%-20s %12zu\n%-20s %12llu\n\n", "seconds a picture", cli_median(e->seconds, e->n), "pictures", e->n, "pixels",
           (unsigned long long)m->n_pixels);
    cli_print("%-20s %12s %12s %12s\n", "class", "accuracy %", "IoU %", "share %");
    for (size_t k = 0; k < e->K; k++)
        cli_print("%-20s %12s %12s %12s\n", classes->name[k], percent(m->accuracy[k], a), percent(m->iou[k], b), percent(share_of(e, k), c));
}

/* Left out where it is not known. */
static void print_json(const evaluation *e)
{
    const hm_scene_classes *classes = hm_scene_net_classes(e->net);
    const hm_scene_metrics *m = &e->metrics;
    cli_print("{\"pictures\": %zu, \"pixels\": %llu", e->n, (unsigned long long)m->n_pixels);
    cli_print_json_known("pixel_accuracy", m->pixel_accuracy);
    cli_print_json_known("class_accuracy", m->class_accuracy);
    cli_print_json_known("mean_iou", m->mean_iou);
    cli_print_json_known("seconds", cli_median(e->seconds, e->n));
    cli_print(", \"classes\": [");
    for (size_t k = 0; k < e->K; k++) {
        cli_print("%s{\"name\": ", k ? ", " : "");
        cli_print_json_text(classes->name[k]);
        cli_print_json_known("accuracy", m->accuracy[k]);
        cli_print_json_known("iou", m->iou[k]);
        cli_print_json_known("share", share_of(e, k));
        cli_print("}");
    }
    cli_print("]}\n");
}

/* ---- Drawing ----------------------------------------------------------------------------------- */

/* Percentages of each row, of which one decimal tells enough: shares[K][K]. */
static void share_rows(const evaluation *e, double *shares)
{
    for (size_t k = 0; k < e->K; k++) {
        uint64_t n = row_sum(e, k);
        for (size_t j = 0; j < e->K; j++)
            shares[k * e->K + j] = n ? round(1000 * (double)e->confusion[k * e->K + j] / (double)n) / 10 : 0;
    }
}

static hm_status draw_confusion(const evaluation *e, hm_error *error)
{
    enum { CELL_WIDTH = 68, CELL_HEIGHT = 36, NAMES = 130 };
    const hm_scene_classes *classes = hm_scene_net_classes(e->net);
    hm_image *image;
    char title[120];
    double *shares = hm_alloc(e->call->context, e->K * e->K, sizeof *shares, error);
    if (!shares)
        return HM_ERROR_MEMORY;
    share_rows(e, shares);
    snprintf(title, sizeof title, "%.2f %% of the pixels right; in %% of those that truly are of the class",
             100 * e->metrics.pixel_accuracy);
    const hm_plot plot = {.title = title, .y_label = "is", .width = NAMES + CELL_WIDTH * (e->K > 8 ? e->K : 8),
                          .height = NAMES + CELL_HEIGHT * e->K};
    hm_status status = hm_plot_table(e->call->context, &plot, shares, e->K, e->K, classes->name, classes->name, &image, error);
    hm_free(e->call->context, shares);
    return status == HM_OK ? cli_save_image(e->call, image, e->call->options.output.confusion, "Confusion matrix",
                                            "Rows are what a pixel is, columns what it was named, in percent of the row: what is off the "
                                            "diagonal is wrong.",
                                            error)
                           : status;
}

/* The worst first, those without a pixel that counts last. */
static int compare_kept(const void *a, const void *b)
{
    double x = ((const kept *)a)->accuracy, y = ((const kept *)b)->accuracy;
    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y);
    return (x > y) - (x < y);
}

static hm_status draw_sheet(evaluation *e, hm_error *error)
{
    hm_scene_sheet_row rows[SHEET_ROWS_MAX];
    hm_image *image;
    qsort(e->shown, e->n_shown, sizeof *e->shown, compare_kept);
    for (size_t k = 0; k < e->n_shown; k++)
        rows[k] = (hm_scene_sheet_row){e->shown[k].caption, &e->shown[k].picture, &e->shown[k].truth, &e->shown[k].answer};
    hm_status status = hm_scene_contact_sheet(rows, e->n_shown, hm_scene_net_classes(e->net), &image, error);
    return status == HM_OK ? cli_save_image(e->call, image, e->call->options.output.output, "Pictures and their labels",
                                            "Each picture beside what is true of it and what the net answered, the worst first.", error)
                           : status;
}

static hm_status tell(evaluation *e, hm_error *error)
{
    const cli_output *output = &e->call->options.output;
    (output->json ? print_json : print_table)(e);
    hm_status status = *output->confusion ? draw_confusion(e, error) : HM_OK;
    return status == HM_OK && *output->output ? draw_sheet(e, error) : status;
}

hm_status cli_scene_evaluate(cli_call *call, hm_error *error)
{
    evaluation e = {.call = call};
    hm_status status = check(call, error);
    if (status == HM_OK)
        status = open_all(&e, error);
    if (status == HM_OK)
        status = evaluate_all(&e, error);
    if (status == HM_OK)
        status = tell(&e, error);
    close_all(&e);
    return status;
}
