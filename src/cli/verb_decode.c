/* harmonium decode: from codes of a hidden layer back to the data. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

enum { COLUMNS = 10 };

typedef struct session {
    cli_call *call;
    hm_model *model;
    hm_dataset *set;
    float *codes, *data;
    size_t n, machine;
} session;

static hm_status read_codes(session *s, hm_error *error)
{
    size_t wanted = (size_t)s->call->options.output.number, n = hm_dataset_n_cases(s->set), width = hm_dataset_n_features(s->set);
    s->n = wanted && wanted < n ? wanted : n;
    s->codes = hm_alloc(s->call->context, s->n * width, sizeof *s->codes, error);
    s->data = hm_alloc(s->call->context, s->n * hm_model_n_features(s->model), sizeof *s->data, error);
    if (!s->codes || !s->data)
        return HM_ERROR_MEMORY;
    hm_status status = hm_dataset_read(s->set, NULL, 0, s->n, 0, hm_matrix_f32(s->codes, s->n, width), error);
    return status == HM_OK ? hm_decode(s->model, s->machine, (size_t)s->call->options.output.layer,
                                       hm_matrix_f32(s->codes, s->n, width),
                                       hm_matrix_f32(s->data, s->n, hm_model_n_features(s->model)), error)
                           : status;
}

static hm_status give(const session *s, hm_error *error)
{
    const char *path = s->call->options.output.output;
    hm_matrix data = hm_matrix_f32(s->data, s->n, hm_model_n_features(s->model));
    bool is_picture = !cli_is_values(path);
    hm_image *image;
    char title[200];
    hm_status status = hm_model_restore_units(s->model, is_picture, data, error);
    if (status == HM_OK && !is_picture) {
        status = cli_save_values(data, path, error);
        if (status == HM_OK)
            cli_say(s->call, "%s: %zu cases of %zu features", path, s->n, data.cols);
        return status;
    }
    if (status == HM_OK && !s->model->height)
        return hm_fail(error, HM_ERROR_MISMATCH, "the model's visible units are no picture; give -o values.npy or .csv");
    snprintf(title, sizeof title, "decoded from %zu codes", s->n);
    if (status == HM_OK)
        status = hm_image_grid(s->call->context, data, s->model->height, s->model->width,
                               &(hm_grid){.n_cols = COLUMNS, .n_channels = s->model->n_channels, .title = title}, &image, error);
    return status == HM_OK ? cli_give_image(s->call, image, "decoded.png", title, "What the layers below make of these codes.", error)
                           : status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    session s = {.call = call};
    hm_status status = hm_model_load(call->context, call->operand[0], &s.model, error);
    if (status == HM_OK)
        status = cli_choose_machine(call, s.model, &s.machine, error);
    hm_data_config *config = &call->options.data;
    snprintf(config->data, sizeof config->data, "%s", call->operand[1]);
    config->scale = 1; /* codes are what they are */
    if (status == HM_OK)
        status = hm_dataset_open(call->context, config, &s.set, NULL, error);
    if (status == HM_OK)
        status = read_codes(&s, error);
    if (status == HM_OK)
        status = give(&s, error);
    hm_free(call->context, s.codes);
    hm_free(call->context, s.data);
    hm_dataset_close(s.set);
    hm_model_destroy(s.model);
    return status;
}

const cli_verb cli_verb_decode = {
    "decode", "Make data of codes, as `transform` writes them", "MODEL CODES", 2, 2,
    {&cli_output_options, &cli_common_options, NULL}, "output number layer machine terminal", ".png .npy .csv",
    "harmonium decode autoencoder.safetensors codes.npy --layer 4", run,
};
