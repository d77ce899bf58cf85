/* harmonium label MODEL PICTURE|FOLDER...: the class of every pixel, as label pictures and drawn over the pictures. */
#define _XOPEN_SOURCE 700 /* dev_t, ino_t */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_json.h"
#include "cli/cli_scene.h"
#include "cli/verbs.h"

enum { PATH_SIZE = 4096 };
static const float OPACITY = 0.5f;
static const char *const endings[] = {".labels.png", ".overlay.png"};
enum { LABELS, OVERLAY, N_ENDINGS };

/* A picture, by its place in the set of an operand. */
typedef struct item {
    const hm_scene_set *set;
    size_t i;
} item;

typedef struct session {
    const cli_call *call;
    hm_scene_net *net;
    hm_scene_labeller *labeller;
    hm_scene_set **set; /* [n_sets], one for each operand */
    size_t n_sets, n;
    item *item;         /* [n] */
    double *seconds;    /* [n] */
    bool is_folder;     /* what -o names */
} session;

static const char *name_of(const item *t)
{
    return hm_scene_set_name(t->set, t->i);
}

/* ---- Which pictures ---------------------------------------------------------------------------- */

static hm_status open_sets(session *s, hm_error *error)
{
    hm_status status = HM_OK;
    size_t n_operands = (size_t)s->call->n_operands - 1;
    s->set = hm_alloc(s->call->context, n_operands, sizeof *s->set, error);
    if (!s->set)
        return HM_ERROR_MEMORY;
    for (; status == HM_OK && s->n_sets < n_operands; s->n_sets += status == HM_OK) {
        hm_scene_set **set = s->set + s->n_sets;
        status = hm_scene_set_open(hm_scene_net_classes(s->net), s->call->operand[1 + s->n_sets], NULL, set, error);
        s->n += status == HM_OK ? hm_scene_set_count(*set) : 0;
    }
    return status;
}

static hm_status list_items(session *s, hm_error *error)
{
    hm_status status = open_sets(s, error);
    if (status != HM_OK)
        return status;
    s->item = hm_alloc(s->call->context, s->n, sizeof *s->item, error);
    s->seconds = hm_alloc(s->call->context, s->n, sizeof *s->seconds, error);
    if (!s->item || !s->seconds)
        return HM_ERROR_MEMORY;
    size_t n = 0;
    for (size_t k = 0; k < s->n_sets; k++)
        for (size_t i = 0; i < hm_scene_set_count(s->set[k]); i++)
            s->item[n++] = (item){s->set[k], i};
    return HM_OK;
}

/* ---- Where they go ----------------------------------------------------------------------------- */

/* FOLDER/NAME.labels.png, or the overlay alone where -o says. */
static hm_status path_of(const session *s, const item *t, int ending, char path[PATH_SIZE], hm_error *error)
{
    const char *folder = s->call->options.output.output;
    int n = s->is_folder ? snprintf(path, PATH_SIZE, "%s/%s%s", folder, name_of(t), endings[ending])
                         : snprintf(path, PATH_SIZE, "%s", folder);
    if (n >= PATH_SIZE)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%.100s/%.100s: the path is too long; choose a shorter folder", folder, name_of(t));
    return HM_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(name_of(a), name_of(b));
}

static hm_status check_names(const session *s, hm_error *error)
{
    hm_status status = HM_OK;
    item *sorted = hm_alloc(s->call->context, s->n, sizeof *sorted, error);
    if (!sorted)
        return HM_ERROR_MEMORY;
    memcpy(sorted, s->item, s->n * sizeof *sorted);
    qsort(sorted, s->n, sizeof *sorted, compare_names);
    for (size_t k = 1; status == HM_OK && k < s->n; k++)
        if (compare_names(sorted + k - 1, sorted + k) == 0)
            status = hm_fail(error, HM_ERROR_ARGUMENT, "%s and %s would both become %s%s; label them into folders of their own",
                             hm_scene_set_path(sorted[k - 1].set, sorted[k - 1].i), hm_scene_set_path(sorted[k].set, sorted[k].i),
                             name_of(sorted + k), endings[LABELS]);
    hm_free(s->call->context, sorted);
    return status;
}

/* A file by what the system calls it. */
typedef struct identity {
    dev_t device;
    ino_t number;
} identity;

static int compare_identities(const void *a, const void *b)
{
    const identity *x = a, *y = b;
    int order = (x->device > y->device) - (x->device < y->device);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static bool identify(const char *path, identity *file)
{
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    *file = (identity){about.st_dev, about.st_ino};
    return true;
}

/* No file that is read, inputs[n] in their order, is written by an item. */
static hm_status check_item(const session *s, const item *t, const identity *inputs, size_t n, hm_error *error)
{
    char path[PATH_SIZE];
    identity file;
    hm_status status = HM_OK;
    for (int e = s->is_folder ? LABELS : OVERLAY; status == HM_OK && e < N_ENDINGS; e++) {
        status = path_of(s, t, e, path, error);
        if (status == HM_OK && identify(path, &file) && bsearch(&file, inputs, n, sizeof file, compare_identities))
            status = hm_fail(error, HM_ERROR_ARGUMENT, "%s: is read by this command; choose another place for the output", path);
    }
    return status;
}

static hm_status check_apart(const session *s, hm_error *error)
{
    hm_status status = HM_OK;
    size_t n = 0;
    identity *inputs = hm_alloc(s->call->context, s->n + 1, sizeof *inputs, error);
    if (!inputs)
        return HM_ERROR_MEMORY;
    n += identify(s->call->operand[0], inputs);
    for (size_t k = 0; k < s->n; k++)
        n += identify(hm_scene_set_path(s->item[k].set, s->item[k].i), inputs + n);
    qsort(inputs, n, sizeof *inputs, compare_identities);
    for (size_t k = 0; status == HM_OK && k < s->n; k++)
        status = check_item(s, s->item + k, inputs, n, error);
    hm_free(s->call->context, inputs);
    return status;
}

/* A name that ends in .png is a picture, unless such a folder is there. */
static hm_status prepare_output(session *s, hm_error *error)
{
    const char *path = s->call->options.output.output;
    if (!*path)
        return HM_OK;
    s->is_folder = strcmp(cli_ending(path), ".png") != 0 || hm_folder_exists(path);
    if (!s->is_folder && s->n != 1)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: holds one picture, and here are %zu; name a folder", path, s->n);
    hm_status status = s->is_folder ? check_names(s, error) : HM_OK;
    if (status == HM_OK)
        status = check_apart(s, error);
    return status == HM_OK && s->is_folder ? hm_folder_create(path, error) : status;
}

/* ---- Telling ----------------------------------------------------------------------------------- */

typedef struct share {
    size_t k, n; /* the class, and its pixels */
} share;

static int compare_shares(const void *a, const void *b)
{
    const share *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : (x->k > y->k) - (x->k < y->k);
}

/* The classes by their pixels, most first; returns how many have any. */
static size_t count_shares(const hm_label_picture *labels, size_t n_classes, share *shares)
{
    size_t n = 0;
    for (size_t k = 0; k < n_classes; k++)
        shares[k] = (share){k, 0};
    for (size_t i = 0; i < labels->height * labels->width; i++)
        shares[labels->labels[i]].n++;
    qsort(shares, n_classes, sizeof *shares, compare_shares);
    while (n < n_classes && shares[n].n)
        n++;
    return n;
}

static void print_line(const session *s, const item *t, const hm_label_picture *labels, double seconds)
{
    share shares[HM_SCENE_CLASSES_MAX];
    const hm_scene_classes *classes = hm_scene_net_classes(s->net);
    size_t n = count_shares(labels, classes->n, shares);
    cli_print("%s ", name_of(t));
    for (size_t i = 0; i < n; i++)
        cli_print("%s %.1f %%, ", classes->name[shares[i].k], 100 * (double)shares[i].n / (double)(labels->height * labels->width));
    cli_print("%.3f s\n", seconds);
}

static void print_json(const session *s, const item *t, const hm_label_picture *labels, double seconds)
{
    share shares[HM_SCENE_CLASSES_MAX];
    const hm_scene_classes *classes = hm_scene_net_classes(s->net);
    size_t n = count_shares(labels, classes->n, shares);
    cli_print("{\"name\": ");
    cli_print_json_text(name_of(t));
    cli_print(", \"picture\": ");
    cli_print_json_text(hm_scene_set_path(t->set, t->i));
    cli_print(", \"shares\": {");
    for (size_t i = 0; i < n; i++) {
        cli_print("%s", i ? ", " : "");
        cli_print_json_text(classes->name[shares[i].k]);
        cli_print(": %.6g", (double)shares[i].n / (double)(labels->height * labels->width));
    }
    cli_print("}, \"seconds\": %.6f}\n", seconds);
}

/* ---- One picture ------------------------------------------------------------------------------- */

static hm_status save_overlay(const session *s, const item *t, const hm_scene_picture *picture, const hm_label_picture *labels,
                              hm_error *error)
{
    char path[PATH_SIZE];
    hm_image *image = NULL;
    hm_status status = path_of(s, t, OVERLAY, path, error);
    if (status == HM_OK)
        status = hm_scene_overlay(picture, labels, hm_scene_net_classes(s->net), OPACITY, &image, error);
    if (status == HM_OK)
        status = hm_image_save_png(image, path, error);
    hm_image_destroy(image);
    return status;
}

static hm_status save(const session *s, const item *t, const hm_scene_picture *picture, const hm_label_picture *labels, hm_error *error)
{
    char path[PATH_SIZE];
    hm_status status = HM_OK;
    if (!*s->call->options.output.output)
        return HM_OK;
    if (s->is_folder)
        status = path_of(s, t, LABELS, path, error);
    if (status == HM_OK && s->is_folder)
        status = hm_label_picture_save(labels, path, error);
    return status == HM_OK ? save_overlay(s, t, picture, labels, error) : status;
}

static hm_status label(const session *s, const item *t, double *seconds, hm_error *error)
{
    hm_scene_picture picture;
    hm_label_picture labels;
    hm_status status = hm_scene_set_read(t->set, t->i, &picture, NULL, error);
    if (status != HM_OK)
        return status;
    double began = hm_seconds();
    status = hm_scene_label(s->labeller, &picture, &labels, error);
    *seconds = hm_seconds() - began;
    if (status == HM_OK) {
        status = save(s, t, &picture, &labels, error);
        if (status == HM_OK)
            (s->call->options.output.json ? print_json : print_line)(s, t, &labels, *seconds);
        fflush(stdout);
        hm_label_picture_clear(&labels);
    }
    hm_scene_picture_clear(&picture);
    return status;
}

/* ---- The verb ---------------------------------------------------------------------------------- */

static void tell(const session *s)
{
    const char *path = s->call->options.output.output;
    double median = cli_median(s->seconds, s->n);
    cli_say(s->call, "%s%s%zu picture%s labelled, %.3f s a picture (median; without reading and writing)", path, *path ? ": " : "", s->n,
            s->n == 1 ? "" : "s", median);
}

static hm_status label_all(session *s, hm_error *error)
{
    hm_status status = hm_scene_labeller_create(s->net, &s->call->options.label, &s->labeller, error);
    for (size_t k = 0; status == HM_OK && k < s->n; k++)
        status = label(s, s->item + k, s->seconds + k, error);
    if (status == HM_OK)
        tell(s);
    return status;
}

static void end_session(session *s)
{
    hm_scene_labeller_destroy(s->labeller);
    for (size_t k = 0; k < s->n_sets; k++)
        hm_scene_set_close(s->set[k]);
    hm_free(s->call->context, s->set);
    hm_free(s->call->context, s->item);
    hm_free(s->call->context, s->seconds);
    hm_scene_net_destroy(s->net);
}

static hm_status run(cli_call *call, hm_error *error)
{
    session s = {.call = call};
    hm_status status = hm_scene_net_load(call->context, call->operand[0], &s.net, error);
    if (status == HM_OK)
        status = list_items(&s, error);
    if (status == HM_OK)
        status = prepare_output(&s, error);
    if (status == HM_OK)
        status = label_all(&s, error);
    end_session(&s);
    return status;
}

const cli_verb cli_verb_label = {
    "label", "Name the class of every pixel of pictures", "MODEL PICTURE|FOLDER...", 2, CLI_OPERANDS_MAX,
    {&hm_scene_label_options, &cli_output_options, &cli_common_options, NULL}, "output json", ".png or into a folder",
    "harmonium label streets.safetensors street.jpg -o labelled", run,
};
