/* harmonium reconstruct: data beside what the model makes of it through binary features; for a class model, what
 * several of its machines make of the same data, as on the lecture's page. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

enum { DRAWN_MAX = 12, BANDS_MAX = 17 };

/* The data and a band for each machine asked for. */
typedef struct bands {
    size_t n;
    size_t machine[BANDS_MAX]; /* of band i; band 0 is the data */
    float *values[BANDS_MAX + 1]; /* [cases][V] */
    size_t pca, n_components;  /* the band of principal components; 0: there is none */
} bands;

static hm_status parse_machines(const char *list, const hm_model *model, bands *b, hm_error *error)
{
    char name[64];
    hm_status status = HM_OK;
    b->n = 1;
    if (!*list)
        b->machine[b->n++] = 0;
    if (*list && model->kind != HM_MODEL_CLASSES)
        return hm_fail(error, HM_ERROR_ARGUMENT, "machines = %.80s: this is no class model, whose machines have names", list);
    for (const char *at = list; status == HM_OK && *at;) {
        size_t n = strcspn(at, ",");
        if (b->n == BANDS_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT, "machines = %.80s: at most %d can be drawn", list, BANDS_MAX - 1);
        snprintf(name, sizeof name, "%.*s", (int)(n < 60 ? n : 60), at);
        status = cli_find_class(model, "machines", name, &b->machine[b->n++], error);
        at += n + (at[n] == ',');
    }
    return status;
}

static double mean_squared_error(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum / (double)n;
}

/* The reconstructions as numbers, band under band. */
static hm_status save_values(const cli_call *call, const cli_material *m, const bands *b, hm_error *error)
{
    size_t n = m->n * m->V;
    float *all = hm_alloc(call->context, (b->n - 1) * n, sizeof *all, error);
    if (!all)
        return HM_ERROR_MEMORY;
    for (size_t i = 1; i < b->n; i++)
        memcpy(all + (i - 1) * n, b->values[i], n * sizeof *all);
    hm_matrix values = hm_matrix_f32(all, (b->n - 1) * m->n, m->V);
    hm_status status = hm_model_restore_units(m->model, false, values, error);
    if (status == HM_OK)
        status = cli_save_values(values, call->options.output.output, error);
    if (status == HM_OK)
        cli_say(call, "%s: reconstructions of %zu cases by %zu machine%s, in the units of the data",
                call->options.output.output, m->n, b->n - 1, b->n > 2 ? "s" : "");
    hm_free(call->context, all);
    return status;
}

static hm_status draw(const cli_call *call, const cli_material *m, const bands *b, hm_error *error)
{
    size_t n = m->n < DRAWN_MAX ? m->n : DRAWN_MAX;
    hm_matrix rows[BANDS_MAX + 1];
    char title[200];
    char text[BANDS_MAX + 1][40] = {"data"}, of[24];
    const char *names[BANDS_MAX + 1];
    hm_image *image;
    for (size_t i = 0; i < b->n; i++) {
        rows[i] = hm_matrix_f32(b->values[i], n, m->V);
        names[i] = text[i];
        if (i > 0 && i == b->pca)
            snprintf(text[i], sizeof text[i], "PCA, %zu numbers", b->n_components);
        else if (i > 0 && m->model->kind == HM_MODEL_CLASSES)
            snprintf(text[i], sizeof text[i], "by machine %s",
                     hm_model_class_name(m->model, b->machine[i], of, sizeof of));
        else if (i > 0)
            snprintf(text[i], sizeof text[i], "reconstruction");
    }
    const char *path = call->operand[0], *slash = strrchr(path, '/');
    hm_status status = HM_OK;
    snprintf(title, sizeof title, "%.100s: data and reconstructions", slash ? slash + 1 : path);
    for (size_t i = 0; status == HM_OK && i < b->n; i++)
        status = hm_model_restore_units(m->model, true, rows[i], error);
    if (status == HM_OK)
        status = hm_image_bands(call->context, rows, names, b->n, m->model->height, m->model->width,
                                &(hm_grid){.n_channels = m->model->n_channels, .title = title}, &image, error);
    return status == HM_OK ? cli_give_image(call, image, "reconstructions.png", title,
                                            "Through its binary features and back. What the machine knows it repeats well; "
                                            "what it never learned it bends towards what it knows.",
                                            error)
                           : status;
}

static void print_error(const cli_material *m, const bands *b, size_t i)
{
    double error = mean_squared_error(m->cases, b->values[i], m->n * m->V);
    char name[64];
    if (i == b->pca)
        cli_print("%zu principal components: ", b->n_components);
    else if (m->model->kind == HM_MODEL_CLASSES && b->n > 2)
        cli_print("machine %s: ", hm_model_class_name(m->model, b->machine[i], name, sizeof name));
    cli_print("mean squared error over %zu cases: %.6f (%.4f a case)\n", m->n, error, error * (double)m->V);
}

/* ---- PCA -------------------------------------------------------------------------------------------------- */

/* The data to take components of: the training part of a set that has one, prepared in the same way. */
static hm_status open_training_part(const cli_call *call, const hm_model *model, hm_dataset **own, hm_error *error)
{
    const hm_data_known known = hm_model_known(model);
    hm_data_config config = call->options.data;
    *own = NULL;
    if (!*config.part || strcmp(config.part, "train") == 0)
        return HM_OK;
    strcpy(config.part, "train");
    config.subset = 0;
    return hm_dataset_open_known(call->context, &config, &known, own, NULL, error);
}

static hm_status add_pca(const cli_call *call, const cli_material *m, bands *b, hm_error *error)
{
    hm_dataset *own = NULL;
    size_t k = m->V, i = b->n;
    for (size_t l = 1; l <= m->model->n_rbms; l++) {
        size_t width = hm_model_is_stack(m->model) ? hm_model_layer_size(m->model, l) : hm_rbm_hidden(m->model->rbm[0])->n_units;
        k = width < k ? width : k;
    }
    b->values[b->n++] = hm_alloc(call->context, m->n * m->V, sizeof(float), error); /* freed with the others */
    float *mean = hm_alloc(call->context, (k + 1) * m->V, sizeof *mean, error);
    hm_status status = b->values[i] && mean ? open_training_part(call, m->model, &own, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = hm_pca(call->context, own ? own : m->set, k, mean, mean + m->V, error);
    if (status == HM_OK) {
        hm_pca_reconstruct(mean, mean + m->V, k, hm_matrix_f32(m->cases, m->n, m->V), hm_matrix_f32(b->values[i], m->n, m->V));
        b->pca = i;
        b->n_components = k;
        print_error(m, b, i);
    }
    hm_dataset_close(own);
    hm_free(call->context, mean);
    return status;
}

static hm_status reconstruct(const cli_call *call, const cli_material *m, bands *b, hm_error *error)
{
    size_t n_steps = call->options.output.steps ? (size_t)call->options.output.steps : 1;
    hm_status status = HM_OK;
    b->values[0] = m->cases;
    for (size_t i = 1; status == HM_OK && i < b->n; i++) {
        b->values[i] = hm_alloc(call->context, m->n * m->V, sizeof(float), error);
        if (!b->values[i])
            return HM_ERROR_MEMORY;
        status = hm_reconstruct(m->model, b->machine[i], hm_matrix_f32(m->cases, m->n, m->V), n_steps,
                                hm_matrix_f32(b->values[i], m->n, m->V), error);
        if (status == HM_OK)
            print_error(m, b, i);
    }
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    bands b = {0};
    hm_status status = cli_load_material(call, (size_t)call->options.output.number, &m, error);
    if (status != HM_OK)
        return status;
    status = parse_machines(call->options.output.machines, m.model, &b, error);
    if (status == HM_OK)
        status = reconstruct(call, &m, &b, error);
    if (status == HM_OK && call->options.output.pca)
        status = add_pca(call, &m, &b, error);
    if (status == HM_OK && cli_is_values(call->options.output.output))
        status = save_values(call, &m, &b, error);
    else if (status == HM_OK && m.model->height)
        status = draw(call, &m, &b, error);
    else if (status == HM_OK && *call->options.output.output)
        status = hm_fail(error, HM_ERROR_MISMATCH, "%s: the model's visible units are no picture; give -o values.npy or .csv",
                         call->options.output.output);
    for (size_t i = 1; i < b.n; i++)
        hm_free(call->context, b.values[i]);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_reconstruct = {
    "reconstruct", "Draw data beside its reconstructions, and measure them", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL}, "output number gibbs-steps machines pca terminal",
    ".png .npy .csv",
    "harmonium reconstruct classes.safetensors usps --part test --machines 2,3", run,
};
