/* harmonium train: data, model and learning from a recipe or from options alone. */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

enum { RECIPE_MAX = 16384 };

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal_number)
{
    (void)signal_number;
    stop_asked = 1;
}

/* What the events need. */
typedef struct training {
    cli_call *call;
    cli_progress progress;
    cli_pictures *pictures; /* null: none */
    FILE *metrics;
    size_t n_cases;
} training;

static bool should_stop(void *user)
{
    (void)user;
    return stop_asked != 0;
}

static void on_batch(void *user, const hm_train_progress *p)
{
    training *t = user;
    char what[160], machine[64] = "";
    if (p->n_machines > 1)
        snprintf(machine, sizeof machine, "machine %zu/%zu, ", p->machine + 1, p->n_machines);
    snprintf(what, sizeof what, "%sepoch %zu/%zu, error %.4f", machine, p->epoch + 1, p->n_epochs,
             p->reconstruction_error);
    double epochs = (double)p->epoch + (double)p->batch / (double)p->n_batches;
    double done = (double)p->machine * (double)p->n_epochs + epochs, total = (double)(p->n_machines * p->n_epochs);
    cli_progress_show(&t->progress, done, total, done / (double)p->n_machines * (double)t->n_cases, what);
}

static void print_metrics(FILE *stream, const hm_train_report *r)
{
    fprintf(stream, "{\"machine\": %zu, \"epoch\": %zu, \"reconstruction_error\": %.9g, ", r->machine, r->epoch,
            r->reconstruction_error);
    fprintf(stream, "\"free_energy_train\": %.9g, ", r->free_energy_train);
    if (isfinite(r->free_energy_validation))
        fprintf(stream, "\"free_energy_validation\": %.9g, \"free_energy_gap\": %.9g, ",
                r->free_energy_validation, r->free_energy_gap);
    fprintf(stream, "\"update_ratio\": %.6g, \"mean_activity\": %.6g, \"dead\": %zu, \"stuck\": %zu, ",
            r->update_ratio, r->mean_activity, r->n_dead, r->n_stuck);
    fprintf(stream, "\"learning_rate\": %g, \"momentum\": %g, \"steps\": %zu, \"seconds\": %.4f}\n",
            r->learning_rate, r->momentum, r->steps, r->seconds);
}

static hm_status on_epoch(void *user, const hm_train_report *r, hm_error *error)
{
    training *t = user;
    char gap[48] = "";
    cli_progress_clear(&t->progress);
    if (isfinite(r->free_energy_gap))
        snprintf(gap, sizeof gap, ", gap %.2f", r->free_energy_gap);
    char machine[64] = "";
    if (r->n_machines > 1)
        snprintf(machine, sizeof machine, "machine %zu, ", r->machine);
    cli_say(t->call,
            "%sepoch %zu/%zu: error %.5f, free energy %.2f%s, update/weight %.1e, activity %.3f, dead %zu, stuck "
            "%zu, %.2f s",
            machine, r->epoch, r->n_epochs, r->reconstruction_error, r->free_energy_train, gap, r->update_ratio,
            r->mean_activity, r->n_dead, r->n_stuck, r->seconds);
    if (t->metrics) {
        print_metrics(t->metrics, r);
        fflush(t->metrics);
    }
    return t->pictures ? cli_pictures_epoch(t->pictures, r, error) : HM_OK;
}

static hm_status parse_layers(const cli_call *call, size_t n_features, hm_layer *visible, hm_layer *hidden,
                              hm_error *error)
{
    const cli_model *config = &call->options.model;
    hm_status status = hm_layer_parse(config->visible, n_features, visible, error);
    return status == HM_OK ? hm_layer_parse(config->hidden, 0, hidden, error) : status;
}

static hm_status make_model(cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    static char recipe[RECIPE_MAX];
    hm_layer visible, hidden;
    bool is_classes = call->options.model.kind == CLI_KIND_CLASSES;
    size_t n_rbms = is_classes ? hm_dataset_n_classes(train) : 1;
    if (n_rbms == 0)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s has no labels, and a machine for each class needs them; give --labels or --kind rbm",
                       hm_dataset_describe(train));
    hm_status status = parse_layers(call, hm_dataset_n_features(train), &visible, &hidden, error);
    if (status == HM_OK)
        status = hm_model_create(call->context, is_classes ? HM_MODEL_CLASSES : HM_MODEL_RBM, n_rbms, &visible,
                                 &hidden, model, error);
    if (status != HM_OK)
        return status;
    (*model)->height = hm_dataset_height(train);
    (*model)->width = hm_dataset_width(train);
    (*model)->seed = hm_context_seed(call->context);
    cli_echo_recipe(&call->options, recipe, sizeof recipe);
    status = hm_model_set_text(*model, &(*model)->recipe, recipe, error);
    if (status == HM_OK && hm_dataset_shift(train))
        status = hm_model_set_standardising(*model, hm_dataset_shift(train), hm_dataset_spread(train), error);
    return status;
}

static hm_status train_and_save(training *t, hm_model *model, const hm_dataset *train,
                                const hm_dataset *validation, hm_error *error)
{
    const cli_output *output = &t->call->options.output;
    char checkpoint[HM_TEXT_MAX + 32];
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", output->output);
    hm_train_events events = {t, on_batch, on_epoch, should_stop, checkpoint, output->resume};
    signal(SIGINT, ask_to_stop);
    signal(SIGTERM, ask_to_stop);
    cli_progress_begin(&t->progress, t->call);
    hm_status status = hm_train(model, train, validation, &t->call->options.train, &events, error);
    cli_progress_clear(&t->progress);
    if (status == HM_OK && t->pictures)
        status = cli_pictures_end(t->pictures, error);
    if (status == HM_OK)
        status = hm_model_save(model, output->output, error);
    if (status == HM_OK) {
        unlink(checkpoint);
        cli_say(t->call, "%s: written in %.1f s", output->output, cli_seconds() - t->progress.began);
    }
    return status;
}

/* Trying the output first: nobody wants to learn after an hour that the folder does not exist. */
static hm_status check_output(const cli_output *output, hm_error *error)
{
    hm_file_writer writer;
    if (!*output->output)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say where the model goes: -o model.safetensors");
    hm_status status = hm_file_create(&writer, output->output, error);
    if (status == HM_OK)
        hm_file_abandon(&writer);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    training t = {.call = call};
    const cli_output *output = &call->options.output;
    hm_dataset *train = NULL, *validation = NULL;
    hm_model *model = NULL;
    hm_status status = check_output(output, error);
    if (status == HM_OK)
        status = hm_dataset_open(call->context, &call->options.data, &train, &validation, error);
    if (status == HM_OK)
        status = make_model(call, train, &model, error);
    if (status == HM_OK && *output->metrics && !(t.metrics = fopen(output->metrics, "a")))
        status = hm_fail_io(error, "write", output->metrics);
    if (status == HM_OK && *output->pictures)
        status = cli_pictures_begin(call, model, validation ? validation : train, &t.pictures, error);
    if (status == HM_OK) {
        t.n_cases = hm_dataset_n_cases(train);
        cli_say(call, "%zu cases of %zu features (%s), backend %s, %d threads", t.n_cases,
                hm_dataset_n_features(train), hm_dataset_describe(train), hm_context_backend(call->context),
                hm_context_n_threads(call->context));
        status = train_and_save(&t, model, train, validation, error);
    }
    cli_pictures_free(t.pictures);
    if (t.metrics)
        fclose(t.metrics);
    hm_model_destroy(model);
    hm_dataset_close(validation);
    hm_dataset_close(train);
    return status;
}

const cli_verb cli_verb_train = {
    "train", "Learn a model from data, by a recipe or by options", "[RECIPE.ini]", 0, 1,
    {&hm_data_options, &cli_model_options, &hm_train_options, &cli_output_options, &cli_common_options, NULL},
    "output metrics pictures resume", "harmonium train --data digits --hidden 500 -o digits.safetensors", run,
};
