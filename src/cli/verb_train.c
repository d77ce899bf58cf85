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
    bool is_stack, has_labels; /* the model's levels; what backpropagation learns */
} training;

static bool should_stop(void *user)
{
    (void)user;
    return stop_asked != 0;
}

/* "level 2/3, " of a stack, "machine 2/10, " of class models, nothing of a single machine. */
static const char *name_machine(const training *t, size_t machine, size_t n_machines, char *text, size_t size)
{
    *text = 0;
    if (n_machines > 1)
        snprintf(text, size, "%s %zu/%zu, ", t->is_stack ? "level" : "machine", machine + 1, n_machines);
    return text;
}

static void on_batch(void *user, const hm_train_progress *p)
{
    training *t = user;
    char what[200], machine[64];
    snprintf(what, sizeof what, "%s%s%sepoch %zu/%zu, error %.4f", strcmp(p->stage, "cd") ? p->stage : "",
             strcmp(p->stage, "cd") ? ", " : "", name_machine(t, p->machine, p->n_machines, machine, sizeof machine),
             p->epoch + 1, p->n_epochs, p->error);
    double epochs = (double)p->epoch + (double)p->batch / (double)p->n_batches;
    bool counts_machines = p->n_machines > 1;
    double before = counts_machines ? (double)p->machine * (double)p->n_epochs : 0;
    double total = (double)(counts_machines ? p->n_machines : 1) * (double)p->n_epochs;
    double share = t->is_stack || !counts_machines ? 1 : (double)p->n_machines;
    cli_progress_show(&t->progress, before + epochs, total, (before + epochs) / share * (double)t->n_cases, what);
}

/* A member of the JSON line, left out when it is not known. */
static void print_number(FILE *stream, const char *name, double value)
{
    if (isfinite(value))
        fprintf(stream, "\"%s\": %.9g, ", name, value);
}

static void print_metrics(FILE *stream, const hm_train_report *r)
{
    fprintf(stream, "{\"stage\": \"%s\", \"machine\": %zu, \"epoch\": %zu, ", r->stage, r->machine, r->epoch);
    print_number(stream, "reconstruction_error", r->reconstruction_error);
    print_number(stream, "free_energy_train", r->free_energy_train);
    print_number(stream, "free_energy_validation", r->free_energy_validation);
    print_number(stream, "free_energy_gap", r->free_energy_gap);
    print_number(stream, "loss", r->loss);
    print_number(stream, "error_train", r->error_train);
    print_number(stream, "error_validation", r->error_validation);
    print_number(stream, "update_ratio", r->update_ratio);
    if (isfinite(r->mean_activity))
        fprintf(stream, "\"mean_activity\": %.6g, \"dead\": %zu, \"stuck\": %zu, ", r->mean_activity, r->n_dead,
                r->n_stuck);
    fprintf(stream, "\"learning_rate\": %g, \"momentum\": %g, \"steps\": %zu, \"seconds\": %.4f}\n",
            r->learning_rate, r->momentum, r->steps, r->seconds);
}

/* Appends ", name value" when the value is known. */
static void add_number(char *text, size_t size, const char *format, double value)
{
    size_t used = strlen(text);
    if (isfinite(value) && used < size)
        snprintf(text + used, size - used, format, value);
}

static void tell_epoch(const training *t, const hm_train_report *r)
{
    char line[400] = "", machine[64];
    double percent = t->has_labels ? 100 : 1;
    add_number(line, sizeof line, " error %.5f,", r->reconstruction_error);
    add_number(line, sizeof line, " free energy %.2f,", r->free_energy_train);
    add_number(line, sizeof line, " gap %.2f,", r->free_energy_gap);
    add_number(line, sizeof line, " loss %.5f,", r->loss);
    add_number(line, sizeof line, t->has_labels ? " wrong in training %.2f %%," : " squared error in training %.3f,",
               percent * r->error_train);
    add_number(line, sizeof line, t->has_labels ? " in validation %.2f %%," : " in validation %.3f,",
               percent * r->error_validation);
    add_number(line, sizeof line, " update/weight %.1e,", r->update_ratio);
    if (isfinite(r->mean_activity)) {
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, " activity %.3f, dead %zu, stuck %zu,", r->mean_activity, r->n_dead,
                 r->n_stuck);
    }
    bool is_cd = strcmp(r->stage, "cd") == 0;
    cli_say(t->call, "%s%s%sepoch %zu/%zu:%s %.2f s", is_cd ? "" : r->stage, is_cd ? "" : ", ",
            name_machine(t, r->machine, r->n_machines, machine, sizeof machine), r->epoch, r->n_epochs, line,
            r->seconds);
}

static hm_status on_epoch(void *user, const hm_train_report *r, hm_error *error)
{
    training *t = user;
    cli_progress_clear(&t->progress);
    tell_epoch(t, r);
    if (t->metrics) {
        print_metrics(t->metrics, r);
        fflush(t->metrics);
    }
    bool is_drawn = strcmp(r->stage, "cd") == 0 && (!t->is_stack || r->machine == 0);
    return t->pictures && is_drawn ? cli_pictures_epoch(t->pictures, r, error) : HM_OK;
}

/* ---- The model ---------------------------------------------------------------------------------------- */

static hm_status make_machines(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    const cli_model *config = &call->options.model;
    hm_layer visible, hidden;
    bool is_classes = config->kind == CLI_KIND_CLASSES;
    size_t n_rbms = is_classes ? hm_dataset_n_classes(train) : 1;
    if (n_rbms == 0)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s has no labels, and a machine for each class needs them; give --labels or --kind rbm",
                       hm_dataset_describe(train));
    if (*config->layers)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "layers = %.80s: an rbm has `visible` and `hidden`; for a stack of layers give --kind dbn",
                       config->layers);
    hm_status status = hm_layer_parse(config->visible, hm_dataset_n_features(train), &visible, error);
    if (status == HM_OK)
        status = hm_layer_parse(config->hidden, 0, &hidden, error);
    return status == HM_OK ? hm_model_create(call->context, is_classes ? HM_MODEL_CLASSES : HM_MODEL_RBM, n_rbms,
                                             &visible, &hidden, model, error)
                           : status;
}

static hm_status parse_stack(const cli_call *call, const hm_dataset *train, hm_layer *layers, size_t *n_layers,
                             hm_error *error)
{
    const char *text = call->options.model.layers;
    size_t n = hm_dataset_n_features(train);
    if (!*text)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say what the layers are, from the data up: --layers \"%zu 500 500\"",
                       n);
    hm_status status = hm_layers_parse(text, n, layers, HM_LEVELS_MAX + 1, n_layers, error);
    if (status == HM_OK && layers[0].n_units != n)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "layers = %.80s: the first has %zu units, but %s has %zu features; write --layers \"%zu ...\", or "
                       "resize the data",
                       text, layers[0].n_units, hm_dataset_describe(train), n, n);
    return status;
}

static hm_status make_dbn(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    hm_layer layers[HM_LEVELS_MAX + 1];
    size_t n_layers, n_classes = hm_dataset_n_classes(train);
    int joint = call->options.model.joint;
    bool is_joint = joint == CLI_JOINT_YES || (joint == CLI_JOINT_AUTO && call->options.backprop.epochs == 0);
    if (joint == CLI_JOINT_YES && n_classes == 0)
        return hm_fail(error, HM_ERROR_MISMATCH, "joint = yes: %s has no labels; give --labels",
                       hm_dataset_describe(train));
    hm_status status = parse_stack(call, train, layers, &n_layers, error);
    if (status == HM_OK)
        status = hm_model_create_stack(call->context, HM_MODEL_DBN, layers, n_layers, is_joint ? n_classes : 0,
                                       model, error);
    return status;
}

/* The last layer of a classifier is a softmax group, also when it is written as a bare number. */
static hm_status make_net(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    hm_layer layers[HM_LEVELS_MAX + 1];
    size_t n_layers, n_classes = hm_dataset_n_classes(train);
    bool is_classifier = call->options.backprop.target == HM_TARGET_LABELS;
    hm_status status = parse_stack(call, train, layers, &n_layers, error);
    if (status != HM_OK)
        return status;
    hm_layer *last = &layers[n_layers - 1];
    if (is_classifier && n_classes >= 2 && hm_layer_is_all(last, HM_UNIT_BERNOULLI) && last->n_units == n_classes)
        *last = hm_layer_of(HM_UNIT_SOFTMAX, n_classes, (int)n_classes);
    bool is_softmax = hm_layer_is_all(last, HM_UNIT_SOFTMAX);
    status = hm_model_create_stack(call->context, HM_MODEL_NET, layers, n_layers, is_softmax ? last->n_units : 0,
                                   model, error);
    if (status == HM_OK)
        hm_model_init_net(*model, call->options.backprop.weight_deviation);
    return status;
}

static hm_status describe_model(const cli_call *call, hm_model *model, hm_error *error)
{
    static char recipe[RECIPE_MAX];
    model->seed = hm_context_seed(call->context);
    cli_echo_recipe(&call->options, recipe, sizeof recipe);
    return hm_model_set_text(model, &model->recipe, recipe, error);
}

static hm_status make_model(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error)
{
    typedef hm_status maker(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error);
    static maker *const makers[] = {[CLI_KIND_RBM] = make_machines, [CLI_KIND_CLASSES] = make_machines,
                                    [CLI_KIND_DBN] = make_dbn, [CLI_KIND_NET] = make_net};
    hm_status status = makers[call->options.model.kind](call, train, model, error);
    if (status != HM_OK)
        return status;
    (*model)->height = hm_dataset_height(train);
    (*model)->width = hm_dataset_width(train);
    if (hm_dataset_shift(train))
        status = hm_model_set_standardising(*model, hm_dataset_shift(train), hm_dataset_spread(train), error);
    return status;
}

/* ---- Stages -------------------------------------------------------------------------------------------- */

/* One call of the verb: the model goes from stage to stage and may be replaced on its way. */
typedef struct session {
    training talk;
    hm_model *model;
    hm_dataset *train, *validation;
    hm_train_events events;
    char checkpoint[HM_TEXT_MAX + 32];
    char resumed[64]; /* the stage that the checkpoint is of, or empty */
} session;

static hm_status run_greedy(session *s, hm_error *error)
{
    const cli_options *options = &s->talk.call->options;
    hm_train_config configs[HM_LEVELS_MAX];
    if (s->model->kind != HM_MODEL_DBN)
        return options->n_overrides
                   ? hm_fail(error, HM_ERROR_ARGUMENT, "options of single levels are for --kind dbn")
                   : hm_train(s->model, s->train, s->validation, &options->train, &s->events, error);
    hm_status status = cli_level_configs(options, s->model->n_rbms, configs, error);
    return status == HM_OK ? hm_train_levels(s->model, s->train, s->validation, configs, &s->events, error) : status;
}

static hm_status run_up_down(session *s, hm_error *error)
{
    return hm_train_up_down(s->model, s->train, s->validation, &s->talk.call->options.up_down, &s->events, error);
}

static hm_status run_backprop(session *s, hm_error *error)
{
    const hm_backprop_config *config = &s->talk.call->options.backprop;
    hm_model *net = NULL;
    size_t n_classes = config->target == HM_TARGET_LABELS ? hm_dataset_n_classes(s->train) : 0;
    hm_status status = HM_OK;
    if (config->target == HM_TARGET_LABELS && n_classes == 0)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s has no labels to learn by backpropagation; give --labels, or --backprop-target data",
                       hm_dataset_describe(s->train));
    if (s->model->kind != HM_MODEL_NET) {
        status = hm_model_unroll(s->model, n_classes, config->weight_deviation, &net, error);
        if (status != HM_OK)
            return status;
        hm_model_destroy(s->model);
        s->model = net;
    }
    return hm_train_backprop(s->model, s->train, s->validation, config, &s->events, error);
}

typedef struct stage {
    const char *name; /* as in a checkpoint */
    hm_status (*run)(session *s, hm_error *error);
} stage;

static const stage stages[] = {{"cd", run_greedy}, {"up-down", run_up_down}, {"backprop", run_backprop}};
enum { N_STAGES = sizeof stages / sizeof *stages };

static bool is_wanted(const session *s, int i)
{
    const cli_options *options = &s->talk.call->options;
    const bool wanted[N_STAGES] = {!*options->output.from && options->model.kind != CLI_KIND_NET,
                                   options->up_down.epochs > 0, options->backprop.epochs > 0};
    return wanted[i];
}

/* Stages before that of the checkpoint are done. */
static hm_status run_stages(session *s, hm_error *error)
{
    hm_status status = HM_OK;
    int first = 0;
    for (int i = 0; *s->resumed && i < N_STAGES; i++)
        if (strcmp(stages[i].name, s->resumed) == 0)
            first = i;
    for (int i = first; status == HM_OK && i < N_STAGES; i++) {
        if (!is_wanted(s, i))
            continue;
        cli_progress_begin(&s->talk.progress, s->talk.call);
        status = stages[i].run(s, error);
        cli_progress_clear(&s->talk.progress);
        s->events.resume = false;
    }
    return status;
}

/* From the checkpoint of a later stage, from another model, or new. */
static hm_status open_model(session *s, hm_error *error)
{
    cli_call *call = s->talk.call;
    const cli_output *output = &call->options.output;
    hm_status status = HM_OK;
    if (output->resume && hm_file_exists(s->checkpoint))
        status = hm_checkpoint_stage(call->context, s->checkpoint, s->resumed, sizeof s->resumed, error);
    bool is_later = *s->resumed && strcmp(s->resumed, stages[0].name) != 0;
    if (status == HM_OK && (is_later || *output->from)) {
        status = hm_model_load(call->context, is_later ? s->checkpoint : output->from, &s->model, error);
        if (status == HM_OK)
            status = hm_check_fit(s->model, s->train, error);
        if (status == HM_OK && s->model->shift)
            status = hm_dataset_standardise(s->train, s->model->shift, s->model->spread, error);
        if (status == HM_OK && s->model->shift && s->validation)
            status = hm_dataset_standardise(s->validation, s->model->shift, s->model->spread, error);
    } else if (status == HM_OK) {
        status = make_model(call, s->train, &s->model, error);
    }
    return status == HM_OK ? describe_model(call, s->model, error) : status;
}

static hm_status check_stages(const session *s, hm_error *error)
{
    const cli_options *options = &s->talk.call->options;
    bool is_any = false;
    for (int i = 0; i < N_STAGES; i++)
        is_any = is_any || is_wanted(s, i);
    if (!is_any)
        return hm_fail(error, HM_ERROR_ARGUMENT, "nothing to learn; give --up-down-epochs or --backprop-epochs");
    if (options->up_down.epochs > 0 && options->model.kind != CLI_KIND_DBN && !*options->output.from)
        return hm_fail(error, HM_ERROR_ARGUMENT, "up-down learning is for deep belief nets; give --kind dbn and --layers");
    if (options->backprop.epochs > 0 && options->model.kind < CLI_KIND_DBN && !*options->output.from)
        return hm_fail(error, HM_ERROR_ARGUMENT, "backpropagation is for --kind dbn and --kind net");
    return HM_OK;
}

static hm_status train_and_save(session *s, hm_error *error)
{
    const cli_call *call = s->talk.call;
    const char *path = call->options.output.output;
    double began = cli_seconds();
    hm_status status = run_stages(s, error);
    if (status == HM_OK && s->talk.pictures)
        status = cli_pictures_end(s->talk.pictures, s->model, error);
    if (status == HM_OK)
        status = hm_model_save(s->model, path, error);
    if (status == HM_OK) {
        unlink(s->checkpoint);
        cli_say(call, "%s: written in %.1f s", path, cli_seconds() - began);
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

static void begin_session(session *s, cli_call *call)
{
    const cli_output *output = &call->options.output;
    *s = (session){.talk = {.call = call}};
    snprintf(s->checkpoint, sizeof s->checkpoint, "%s.checkpoint", output->output);
    s->events = (hm_train_events){.user = &s->talk,
                                  .on_batch = on_batch,
                                  .on_epoch = on_epoch,
                                  .should_stop = should_stop,
                                  .checkpoint = s->checkpoint,
                                  .resume = output->resume,
                                  .checkpoint_epochs = (size_t)output->checkpoint_epochs,
                                  .checkpoint_minutes = output->checkpoint_minutes};
}

static void end_session(session *s)
{
    cli_pictures_free(s->talk.pictures);
    if (s->talk.metrics)
        fclose(s->talk.metrics);
    hm_model_destroy(s->model);
    hm_dataset_close(s->validation);
    hm_dataset_close(s->train);
}

static hm_status run(cli_call *call, hm_error *error)
{
    static session s;
    const cli_output *output = &call->options.output;
    /* Before the data is loaded, which can take long: whenever it is asked for, a stop comes at the next batch. */
    signal(SIGINT, ask_to_stop);
    signal(SIGTERM, ask_to_stop);
    begin_session(&s, call);
    hm_status status = check_output(output, error);
    if (status == HM_OK)
        status = check_stages(&s, error);
    if (status == HM_OK)
        status = hm_dataset_open(call->context, &call->options.data, &s.train, &s.validation, error);
    if (status == HM_OK)
        status = open_model(&s, error);
    if (status == HM_OK && *output->metrics && !(s.talk.metrics = fopen(output->metrics, "a")))
        status = hm_fail_io(error, "write", output->metrics);
    if (status == HM_OK && *output->pictures)
        status = cli_pictures_begin(call, s.model, s.validation ? s.validation : s.train, &s.talk.pictures, error);
    if (status == HM_OK) {
        s.talk.n_cases = hm_dataset_n_cases(s.train);
        s.talk.is_stack = hm_model_is_stack(s.model);
        s.talk.has_labels = call->options.backprop.target == HM_TARGET_LABELS;
        cli_say(call, "%zu cases of %zu features (%s), backend %s, %d threads", s.talk.n_cases,
                hm_dataset_n_features(s.train), hm_dataset_describe(s.train), hm_context_backend(call->context),
                hm_context_n_threads(call->context));
        status = train_and_save(&s, error);
    }
    end_session(&s);
    return status;
}

const cli_verb cli_verb_train = {
    "train", "Learn a model from data, by a recipe or by options", "[RECIPE.ini]", 0, 1,
    {&hm_data_options, &cli_model_options, &hm_train_options, &hm_up_down_options, &hm_backprop_options,
     &cli_output_options, &cli_common_options, NULL},
    "output metrics pictures resume from checkpoint-epochs checkpoint-minutes", "harmonium train --data digits --hidden 500 -o digits.safetensors", run,
};
