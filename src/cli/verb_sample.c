/* harmonium sample: what a model dreams, by many Gibbs chains; or what it makes of cases of which a part is given. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"
#include "model/model_internal.h"

static const char ALL_LABELS[] = "all";

enum { STEPS_FREE = 1000, STEPS_CLAMPED = 200, SWEEPS = 50, CASES_CLAMPED = 10 };

static const char *kind_of(const cli_call *call)
{
    return call->options.output.means ? "means of samples" : "samples";
}

/* Numbers in the units of the data; says what they are. */
static hm_status give_values(const cli_call *call, const hm_model *model, hm_matrix values, hm_error *error)
{
    const char *path = call->options.output.output;
    hm_status status = hm_model_restore_units(model, false, values, error);
    if (status == HM_OK)
        status = cli_save_values(values, path, error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu %s, in the units of the data", path, values.rows, kind_of(call));
    return status;
}

static hm_status give(const cli_call *call, const hm_model *model, size_t machine, hm_matrix values, size_t n_steps,
                      hm_error *error)
{
    char title[300], name[200];
    bool is_each = strcmp(call->options.output.label, ALL_LABELS) == 0;
    hm_image *image;
    if (cli_is_values(call->options.output.output))
        return give_values(call, model, values, error);
    if (!model->height)
        return hm_fail(error, HM_ERROR_MISMATCH, "the model's visible units are no picture; give -o samples.npy");
    snprintf(title, sizeof title, "%.180s: %zu %s after %zu Gibbs steps",
             cli_name_model(call->operand[0], model, machine, name), values.rows, kind_of(call), n_steps);
    const hm_grid grid = {.title = title, .n_channels = model->n_channels, .n_cols = is_each && model->n_labels <= 20 ? model->n_labels : 0};
    hm_status status = hm_model_restore_units(model, true, values, error);
    if (status == HM_OK)
        status = hm_image_grid(call->context, values, model->height, model->width, &grid, &image, error);
    return status == HM_OK ? cli_give_image(call, image, "samples.png", title,
                                            "What the model dreams. Good dreams look like the data and are many, not one kind "
                                            "again and again.",
                                            error)
                           : status;
}

/* Runs the chains with a line of progress. */
static void run_chains(const cli_call *call, hm_chains *chains, size_t n, size_t n_steps)
{
    cli_progress progress;
    size_t at_once = n_steps / 100 + 1;
    cli_progress_begin(&progress, call);
    for (size_t done = 0; done < n_steps; done += at_once) {
        hm_chains_run(chains, n_steps - done < at_once ? n_steps - done : at_once);
        cli_progress_show(&progress, (double)done, (double)n_steps, (double)(done * n), "Gibbs sampling");
    }
    cli_progress_clear(&progress);
}

/* Classes that n chains are held to: none, the one asked for, or each in turn, so that a picture has a column for each. */
static hm_status choose_labels(const cli_call *call, const hm_model *model, size_t n, int32_t *label, hm_error *error)
{
    const char *wanted = call->options.output.label;
    bool is_each = strcmp(wanted, ALL_LABELS) == 0;
    size_t k = 0;
    hm_status status = *wanted ? hm_model_require(model, HM_ABILITY_LABELS, error) : HM_OK;
    if (status == HM_OK && *wanted && !is_each)
        status = cli_find_class(model, "label", wanted, &k, error);
    for (size_t i = 0; status == HM_OK && i < n; i++)
        label[i] = !*wanted ? -1 : is_each ? (int32_t)(i % model->n_labels) : (int32_t)k;
    return status;
}

static hm_status dream(cli_call *call, const hm_model *model, hm_error *error)
{
    const cli_output *output = &call->options.output;
    size_t n = output->number ? (size_t)output->number : 100;
    size_t n_steps = output->steps ? (size_t)output->steps : STEPS_FREE;
    hm_chains *chains = NULL;
    hm_chains_config config = {.n = n, .beta = (float)(1 / output->temperature), .is_sampled = !output->means};
    int32_t *label = hm_alloc(call->context, n, sizeof *label, error);
    if (!label)
        return HM_ERROR_MEMORY;
    config.label = label;
    hm_status status = cli_choose_machine(call, model, &config.machine, error);
    if (status == HM_OK)
        status = choose_labels(call, model, n, label, error);
    if (status == HM_OK)
        status = hm_chains_create(model, &config, &chains, error);
    if (status == HM_OK) {
        run_chains(call, chains, n, n_steps);
        status = give(call, model, config.machine, hm_chains_layer(chains, 0), n_steps, error);
    }
    hm_chains_destroy(chains);
    hm_free(call->context, label);
    return status;
}

/* ---- Filling in ----------------------------------------------------------------------------------------- */

/* Bands of the picture: the data, what is kept of it, and the completions. */
static hm_status draw_completions(const cli_call *call, const cli_material *m, size_t machine, const bool *is_clamped,
                                  const hm_matrix *completed, hm_error *error)
{
    enum { BANDS_MAX = 102 };
    size_t n_completions = (size_t)call->options.output.completions;
    hm_matrix bands[BANDS_MAX];
    const char *names[BANDS_MAX] = {"data", "given", "completed"};
    float *given = hm_alloc(call->context, m->n * m->V, sizeof *given, error);
    if (!given)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < m->n * m->V; i++)
        given[i] = is_clamped[i % m->V] ? m->cases[i] : 0.5f;
    bands[0] = hm_matrix_f32(m->cases, m->n, m->V);
    bands[1] = hm_matrix_f32(given, m->n, m->V);
    for (size_t k = 0; k < n_completions; k++) {
        bands[2 + k] = hm_matrix_rows(*completed, k * m->n, m->n);
        if (k > 0)
            names[2 + k] = "";
    }
    char title[300], name[200];
    hm_image *image;
    hm_status status = HM_OK;
    snprintf(title, sizeof title, "%.180s: %s that complete what is given", cli_name_model(call->operand[0], m->model, machine, name),
             kind_of(call));
    for (size_t k = 0; status == HM_OK && k < 2 + n_completions; k++)
        status = hm_model_restore_units(m->model, true, bands[k], error);
    if (status == HM_OK)
        status = hm_image_bands(call->context, bands, names, 2 + n_completions, m->model->height, m->model->width,
                                &(hm_grid){.n_channels = m->model->n_channels, .title = title}, &image, error);
    hm_free(call->context, given);
    return status == HM_OK ? cli_give_image(call, image, "completions.png", title,
                                            "The part that was not given, as the model fills it in: several answers for each "
                                            "case, all of which should be possible.",
                                            error)
                           : status;
}

/* Mean squared error of the features that were not given. */
static double error_of(const cli_material *m, const bool *is_clamped, hm_matrix completed)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < completed.rows; i++) {
        for (size_t k = 0; k < m->V; k++) {
            double d = (double)m->cases[i % m->n * m->V + k] - hm_row_f32(&completed, i)[k];
            sum += is_clamped[k] ? 0 : d * d;
            n += !is_clamped[k];
        }
    }
    return n ? sum / (double)n : 0;
}

/* The same of the mean of the answers to each case. */
static double error_of_mean(const cli_material *m, const bool *is_clamped, hm_matrix completed)
{
    double sum = 0;
    size_t n = 0, n_answers = completed.rows / m->n;
    for (size_t i = 0; i < m->n; i++) {
        for (size_t k = 0; k < m->V; k++) {
            double mean = 0;
            for (size_t j = 0; j < n_answers; j++)
                mean += (double)hm_row_f32(&completed, j * m->n + i)[k] / (double)n_answers;
            sum += is_clamped[k] ? 0 : ((double)m->cases[i * m->V + k] - mean) * ((double)m->cases[i * m->V + k] - mean);
            n += !is_clamped[k];
        }
    }
    return n ? sum / (double)n : 0;
}

/* The same of the mean of these cases: an answer that looks at nothing, and knows their mean. */
static double error_of_average(const cli_material *m, const bool *is_clamped)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < m->V; k++) {
        double mean = 0;
        for (size_t i = 0; i < m->n; i++)
            mean += (double)m->cases[i * m->V + k] / (double)m->n;
        for (size_t i = 0; i < m->n && !is_clamped[k]; i++, n++)
            sum += ((double)m->cases[i * m->V + k] - mean) * ((double)m->cases[i * m->V + k] - mean);
    }
    return n ? sum / (double)n : 0;
}

static hm_status give_completions(const cli_call *call, const cli_material *m, size_t machine, const bool *is_clamped,
                                  hm_matrix completed, hm_error *error)
{
    hm_status status = hm_check_finite(completed, "a completion", error);
    if (status != HM_OK)
        return status;
    cli_print("mean squared error of what was not given: %.6f\n", error_of(m, is_clamped, completed));
    cli_print("of the mean of these cases: %.6f\n", error_of_average(m, is_clamped));
    if (completed.rows > m->n)
        cli_print("of the mean of %zu answers: %.6f\n", completed.rows / m->n, error_of_mean(m, is_clamped, completed));
    if (cli_is_values(call->options.output.output))
        return give_values(call, m->model, completed, error);
    if (m->model->height)
        return draw_completions(call, m, machine, is_clamped, &completed, error);
    return hm_fail(error, HM_ERROR_MISMATCH, "the model's visible units are no picture; give -o completions.npy");
}

typedef struct sweeping {
    cli_progress progress;
    size_t n_sweeps, n;
} sweeping;

static void tell_sweep(void *user, size_t n_done)
{
    sweeping *s = user;
    cli_progress_show(&s->progress, (double)n_done, (double)s->n_sweeps, (double)(n_done * s->n), "inference over layers");
}

/* Every layer given those beside it. */
static hm_status infer(const cli_call *call, const cli_material *m, const bool *is_clamped, hm_matrix start, hm_error *error)
{
    const cli_output *output = &call->options.output;
    sweeping s = {.n_sweeps = output->steps ? (size_t)output->steps : SWEEPS, .n = start.rows};
    const hm_posterior_config config = {.how = output->inference - CLI_INFER_LAYERS + HM_INFER_LAYERS,
                                        .is_given = is_clamped,
                                        .n_sweeps = s.n_sweeps,
                                        .n_kept = output->means ? (s.n_sweeps + 1) / 2 : 1,
                                        .beta = (float)(1 / output->temperature),
                                        .tell = tell_sweep,
                                        .user = &s};
    float *completed = hm_alloc(call->context, start.rows * m->V, sizeof *completed, error);
    if (!completed)
        return HM_ERROR_MEMORY;
    hm_matrix out = hm_matrix_f32(completed, start.rows, m->V);
    cli_progress_begin(&s.progress, call);
    hm_status status = hm_infer_layers(m->model, &config, start, out, error);
    cli_progress_clear(&s.progress);
    if (status == HM_OK)
        status = give_completions(call, m, 0, is_clamped, out, error);
    hm_free(call->context, completed);
    return status;
}

static hm_status fill_in(cli_call *call, cli_material *m, const bool *is_clamped, float *start, int32_t *label,
                         hm_error *error)
{
    const cli_output *output = &call->options.output;
    size_t n = m->n * (size_t)output->completions, n_steps = output->steps ? (size_t)output->steps : STEPS_CLAMPED;
    hm_chains *chains = NULL;
    for (size_t i = 0; i < n; i++) {
        const float *v = m->cases + i % m->n * m->V;
        for (size_t k = 0; k < m->V; k++)
            start[i * m->V + k] = is_clamped[k] ? v[k] : 0;
    }
    if (output->inference != CLI_INFER_CHAINS)
        return infer(call, m, is_clamped, hm_matrix_f32(start, n, m->V), error);
    hm_chains_config config = {.n = n,
                               .beta = (float)(1 / output->temperature),
                               .label = label,
                               .start = hm_matrix_f32(start, n, m->V),
                               .is_clamped = is_clamped,
                               .is_sampled = !output->means};
    hm_status status = cli_choose_machine(call, m->model, &config.machine, error);
    if (status == HM_OK)
        status = choose_labels(call, m->model, n, label, error);
    if (status == HM_OK)
        status = hm_chains_create(m->model, &config, &chains, error);
    if (status != HM_OK)
        return status;
    run_chains(call, chains, n, n_steps);
    status = give_completions(call, m, config.machine, is_clamped, hm_chains_layer(chains, 0), error);
    hm_chains_destroy(chains);
    return status;
}

static hm_status complete(cli_call *call, hm_error *error)
{
    cli_material m;
    const cli_output *output = &call->options.output;
    size_t most = output->number ? (size_t)output->number : CASES_CLAMPED;
    hm_status status = cli_load_material(call, most, &m, error);
    if (status != HM_OK)
        return status;
    size_t n = m.n * (size_t)output->completions;
    bool *is_clamped = hm_alloc(call->context, m.V, sizeof *is_clamped, error);
    float *start = hm_alloc(call->context, n * m.V, sizeof *start, error);
    int32_t *label = hm_alloc(call->context, n, sizeof *label, error);
    status = is_clamped && start && label ? HM_OK : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = cli_parse_clamp(m.model, output->clamp, is_clamped, error);
    if (status == HM_OK)
        status = fill_in(call, &m, is_clamped, start, label, error);
    hm_free(call->context, is_clamped);
    hm_free(call->context, start);
    hm_free(call->context, label);
    cli_free_material(&m);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    hm_model *model;
    if (*call->options.output.clamp)
        return complete(call, error);
    if (call->n_operands > 1)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: data are for --clamp, which says what of them is given",
                       call->operand[1]);
    hm_status status = hm_model_load(call->context, call->operand[0], &model, error);
    if (status != HM_OK)
        return status;
    status = dream(call, model, error);
    hm_model_destroy(model);
    return status;
}

const cli_verb cli_verb_sample = {
    "sample", "Draw samples from a model by Gibbs chains, or complete cases of which a part is given", "MODEL [DATA]", 1,
    2, {&hm_data_options, &cli_output_options, &cli_common_options, NULL},
    "output number gibbs-steps machine temperature label means clamp completions inference terminal", ".png .npy .csv",
    "harmonium sample dbn.safetensors mnist --part test --clamp left -o completions.png", run,
};
