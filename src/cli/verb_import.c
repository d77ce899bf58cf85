/* harmonium import: an RBM from the weights of another program.
 *
 * W (visible x hidden), b (visible biases) and c (hidden biases) come from files of one array each, or from tensors of a
 * safetensors file (cli_import_tensors.c). Biases that are not there are zero. */
#include <string.h>

#include "base/fail.h"
#include "cli/cli_import.h"
#include "cli/verbs.h"
#include "data/dataset.h"

const char *const cli_side_names[] = {"visible", "hidden"};

size_t cli_import_units(const cli_import *import, int side)
{
    return side == CLI_VISIBLE ? import->W.rows : import->W.cols;
}

hm_status cli_import_finish_weights(cli_import *import, hm_error *error)
{
    return import->call->options.import.transposed ? cli_array_transpose(import->call->context, &import->W, error)
                                                   : HM_OK;
}

/* ---- Sizes ---------------------------------------------------------------------------------------------- */

static bool fits(const cli_import *import, int side, size_t length)
{
    return length == cli_import_units(import, side);
}

/* Whether all biases would suit W turned round. */
static bool fits_turned(const cli_import *import)
{
    bool fit = true;
    for (int side = 0; side < 2; side++)
        if (import->bias[side].values)
            fit = fit && fits(import, !side, cli_array_length(&import->bias[side]));
    return fit;
}

static const char *remedy(const cli_import *import, bool is_turn)
{
    return !is_turn                                ? "name files that belong together"
           : import->call->options.import.transposed ? "leave out --transposed if its rows are visible units"
                                                     : "add --transposed if its rows are hidden units";
}

static hm_status check_bias(const cli_import *import, int side, hm_error *error)
{
    const cli_array *bias = &import->bias[side], *W = &import->W;
    if (!bias->values || fits(import, side, cli_array_length(bias)))
        return HM_OK;
    return hm_fail(error, HM_ERROR_MISMATCH, "%s is %zu x %zu, but %s is %zu x %zu (visible x hidden%s): its %s biases are "
                   "%zu numbers; %s", bias->name, bias->rows, bias->cols, W->name, W->rows, W->cols,
                   import->call->options.import.transposed ? ", after --transposed" : "", cli_side_names[side],
                   cli_import_units(import, side), remedy(import, fits_turned(import)));
}

/* ---- Files of one array --------------------------------------------------------------------------------- */

/* The side of a lone operand: the one that no option gives, or the one that has as many units. */
static hm_status choose_side(const cli_import *import, const cli_array *bias, int *side, hm_error *error)
{
    const cli_array *W = &import->W;
    bool is_given[] = {import->bias[CLI_VISIBLE].values, import->bias[CLI_HIDDEN].values};
    size_t n = cli_array_length(bias);
    *side = is_given[CLI_VISIBLE] || (!is_given[CLI_HIDDEN] && fits(import, CLI_HIDDEN, n)) ? CLI_HIDDEN : CLI_VISIBLE;
    if (is_given[CLI_VISIBLE] || is_given[CLI_HIDDEN])
        return HM_OK;
    if (!fits(import, CLI_VISIBLE, n) && !fits(import, CLI_HIDDEN, n))
        return hm_fail(error, HM_ERROR_MISMATCH, "%s is %zu x %zu, but %s is %zu x %zu (visible x hidden): it has neither "
                       "as many visible nor as many hidden units; name files that belong together",
                       bias->name, bias->rows, bias->cols, W->name, W->rows, W->cols);
    if (W->rows == W->cols)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: its %zu numbers fit both sides of %s, which is %zu x %zu; say which "
                       "they are with --visible-bias %s or --hidden-bias %s",
                       bias->name, n, W->name, W->rows, W->cols, bias->name, bias->name);
    return HM_OK;
}

static hm_status load_option(cli_import *import, int side, hm_error *error)
{
    const char *path = import->said[side];
    return *path ? cli_array_load(import->call->context, path, &import->bias[side], error) : HM_OK;
}

static hm_status load_lone_operand(cli_import *import, hm_error *error)
{
    cli_array bias;
    int side = 0;
    hm_status status = cli_array_load(import->call->context, import->call->operand[1], &bias, error);
    if (status == HM_OK)
        status = choose_side(import, &bias, &side, error);
    if (status == HM_OK)
        import->bias[side] = bias;
    else
        cli_array_free(import->call->context, &bias);
    return status;
}

static hm_status load_operands(cli_import *import, hm_error *error)
{
    const cli_call *call = import->call;
    hm_status status = HM_OK;
    if (call->n_operands == 2)
        return load_lone_operand(import, error);
    for (int side = 0; status == HM_OK && side < 2 && call->n_operands == 3; side++)
        status = cli_array_load(call->context, call->operand[1 + side], &import->bias[side], error);
    return status;
}

static hm_status check_words(const cli_import *import, hm_error *error)
{
    const cli_call *call = import->call;
    int n_biases = call->n_operands - 1;
    for (int side = 0; side < 2; side++)
        n_biases += *import->said[side] != 0;
    if (*call->options.import.weights)
        return hm_fail(error, HM_ERROR_ARGUMENT, "weights = %.80s: names a tensor of a safetensors file, and %.200s is none",
                       call->options.import.weights, call->operand[0]);
    if (n_biases > 2)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%d files of biases are named, but there are visible and hidden ones "
                       "alone; leave out an operand or an option", n_biases);
    return HM_OK;
}

static hm_status load_files(cli_import *import, hm_error *error)
{
    hm_status status = check_words(import, error);
    if (status == HM_OK)
        status = cli_array_load(import->call->context, import->call->operand[0], &import->W, error);
    if (status == HM_OK)
        status = cli_import_finish_weights(import, error);
    for (int side = 0; status == HM_OK && side < 2; side++)
        status = load_option(import, side, error);
    return status == HM_OK ? load_operands(import, error) : status;
}

/* ---- The model ------------------------------------------------------------------------------------------ */

static hm_status parse_layer(const cli_import *import, int side, hm_layer *layer, hm_error *error)
{
    const cli_import_config *config = &import->call->options.import;
    const char *text = side == CLI_VISIBLE ? config->visible : config->hidden;
    size_t n = cli_import_units(import, side);
    hm_status status = hm_layer_parse(text, n, layer, error);
    if (status == HM_OK && layer->n_maps)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s = %.80s: imported weights have a bias for each unit, and maps one for all "
                       "their places; write the units without maps", cli_side_names[side], text);
    if (status == HM_OK && layer->n_units != n)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s = %.80s: is %zu units, but %s is %zu x %zu (visible x hidden); leave "
                       "out the number, which comes from the weights", cli_side_names[side], text, layer->n_units,
                       import->W.name, import->W.rows, import->W.cols);
    return status;
}

static void fill(const cli_import *import, hm_rbm *rbm)
{
    float *const biases[] = {hm_rbm_visible_bias(rbm), hm_rbm_hidden_bias(rbm)};
    hm_matrix W = hm_rbm_weights(rbm);
    for (size_t i = 0; i < W.rows; i++)
        memcpy(hm_row_f32(&W, i), import->W.values + i * W.cols, W.cols * sizeof(float));
    for (int side = 0; side < 2; side++)
        if (import->bias[side].values)
            memcpy(biases[side], import->bias[side].values, cli_import_units(import, side) * sizeof(float));
}

/* What the model sees: pictures of --shape, or what --resize makes of others, in as many channels as fit. */
static hm_status parse_picture(const hm_data_config *data, hm_model *model, hm_error *error)
{
    size_t V = hm_model_n_features(model);
    if (!*data->resize)
        return hm_shape_parse(data->shape, &model->n_channels, &model->height, &model->width, error);
    if (*data->shape)
        return hm_fail(error, HM_ERROR_ARGUMENT, "shape = %.40s: --resize says how large the pictures are that the model "
                       "sees; leave out --shape", data->shape);
    hm_status status = hm_size_parse("resize", data->resize, &model->height, &model->width, error);
    model->n_channels = V == 3 * model->height * model->width ? 3 : 1;
    return status;
}

static hm_status note_picture(const cli_call *call, hm_model *model, hm_error *error)
{
    const hm_data_config *data = &call->options.data;
    size_t V = hm_model_n_features(model);
    if (!*data->resize && !*data->shape)
        return HM_OK;
    hm_status status = parse_picture(data, model, error);
    size_t n = model->n_channels * model->height * model->width;
    if (status != HM_OK || n == V)
        return status;
    return hm_fail(error, HM_ERROR_MISMATCH, "%s = %.40s: is %zu values, but the model has %zu visible units",
                   *data->resize ? "resize" : "shape", *data->resize ? data->resize : data->shape, n, V);
}

static const char *name_or_zero(const cli_array *bias)
{
    return bias->values ? bias->name : "zero";
}

static hm_status note_origin(const cli_import *import, hm_model *model, hm_error *error)
{
    const cli_call *call = import->call;
    char line[4 * CLI_ARRAY_NAME_MAX], preparation[HM_PREPARATION_MAX];
    snprintf(line, sizeof line, "import: %s%s, visible biases: %s, hidden biases: %s", import->W.name,
             call->options.import.transposed ? " (transposed)" : "", name_or_zero(&import->bias[CLI_VISIBLE]),
             name_or_zero(&import->bias[CLI_HIDDEN]));
    hm_preparation_print(&call->options.data, preparation, sizeof preparation);
    hm_status status = hm_model_add_history(model, line, error);
    if (status == HM_OK)
        status = hm_model_set_text(model, &model->preparation, preparation, error);
    return status == HM_OK ? note_picture(call, model, error) : status;
}

static hm_status make_model(const cli_import *import, hm_model **model, hm_error *error)
{
    hm_layer layer[2];
    hm_status status = HM_OK;
    for (int side = 0; status == HM_OK && side < 2; side++)
        status = parse_layer(import, side, &layer[side], error);
    for (int side = 0; status == HM_OK && side < 2; side++)
        status = check_bias(import, side, error);
    if (status == HM_OK)
        status = hm_model_create(import->call->context, HM_MODEL_RBM, 1, &layer[CLI_VISIBLE], &layer[CLI_HIDDEN], model,
                                 error);
    if (status != HM_OK)
        return status;
    fill(import, (*model)->rbm[0]);
    return note_origin(import, *model, error);
}

static void free_arrays(cli_import *import)
{
    cli_array *const arrays[] = {&import->W, &import->bias[CLI_VISIBLE], &import->bias[CLI_HIDDEN]};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        cli_array_free(import->call->context, arrays[i]);
}

static hm_status run(cli_call *call, hm_error *error)
{
    const char *output = call->options.output.output;
    const cli_import_config *config = &call->options.import;
    cli_import import = {.call = call, .said = {config->visible_bias, config->hidden_bias}};
    hm_model *model = NULL;
    if (!*output)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say where the model goes: -o model.safetensors");
    hm_status status = (cli_is_safetensors(call->operand[0]) ? cli_import_tensors : load_files)(&import, error);
    if (status == HM_OK)
        status = make_model(&import, &model, error);
    if (status == HM_OK)
        status = hm_model_save(model, output, error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu visible and %zu hidden units\n%s", output, import.W.rows, import.W.cols, model->history);
    hm_model_destroy(model);
    free_arrays(&import);
    return status;
}

const cli_verb cli_verb_import = {
    "import", "Make a model of the weights of another program", "W [VISIBLE_BIAS [HIDDEN_BIAS]]", 1, 3,
    {&cli_import_options, &hm_data_options, &cli_output_options, &cli_common_options, NULL},
    "output data: shape grey fit resize scale invert binarise threshold", NULL,
    "harmonium import W.npy b.npy c.npy --shape 28x28 -o model.safetensors", run,
};
