/* harmonium train: data, model and learning from a recipe or from options alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/team.h"
#include "cli/cli_metrics.h"
#include "cli/cli_pictures.h"
#include "cli/cli_scene.h"
#include "cli/cli_signals.h"
#include "cli/verbs.h"

enum { RECIPE_MAX = 16384 };

/* What the events need. */
typedef struct training {
    cli_call *call;
    cli_progress progress;
    cli_pictures *pictures; /* null: none */
    cli_metrics metrics;
    size_t n_cases;
    double told; /* when an epoch was told last, s */
    bool is_stack, has_labels; /* the model's levels; what backpropagation learns */
} training;

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
    bool is_named = strcmp(p->stage, "greedy") != 0; /* the rule needs no word */
    snprintf(what, sizeof what, "%s%s%sepoch %zu/%zu, error %.4f", is_named ? p->stage : "", is_named ? ", " : "",
             name_machine(t, p->machine, p->n_machines, machine, sizeof machine), p->epoch + 1, p->n_epochs, p->error);
    double epochs = (double)p->epoch + (double)p->batch / (double)p->n_batches;
    bool counts_machines = p->n_machines > 1;
    double before = counts_machines ? (double)p->machine * (double)p->n_epochs : 0;
    double total = (double)(counts_machines ? p->n_machines : 1) * (double)p->n_epochs;
    double share = t->is_stack || !counts_machines ? 1 : (double)p->n_machines;
    cli_progress_show(&t->progress, before + epochs, total, (before + epochs) / share * (double)t->n_cases, what);
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
    for (size_t l = 1; l < r->n_layer_errors; l++)
        add_number(line, sizeof line, l == 1 ? " of layers above %.5f," : " %.5f,", r->layer_error[l]);
    add_number(line, sizeof line, " free energy %.2f,", r->free_energy_train);
    add_number(line, sizeof line, " gap %.2f,", r->free_energy_gap);
    add_number(line, sizeof line, " log-likelihood %.2f,", r->log_likelihood);
    add_number(line, sizeof line, " least swaps %.2f,", r->swap_rate);
    add_number(line, sizeof line, " loss %.5f,", r->loss);
    add_number(line, sizeof line, t->has_labels ? " wrong in training %.2f %%," : " squared error in training %.3f,",
               percent * r->error_train);
    add_number(line, sizeof line, t->has_labels ? " in validation %.2f %%," : " in validation %.3f,",
               percent * r->error_validation);
    add_number(line, sizeof line, " classes right %.2f %%,", 100 * r->class_accuracy);
    add_number(line, sizeof line, " mean IoU %.2f %%,", 100 * r->mean_iou);
    add_number(line, sizeof line, " update/weight %.1e,", r->update_ratio);
    if (isfinite(r->mean_activity)) {
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, " activity %.3f, dead %zu, stuck %zu,", r->mean_activity, r->n_dead,
                 r->n_stuck);
    }
    bool is_named = strcmp(r->stage, "greedy") != 0;
    cli_say(t->call, "%s%s%sepoch %zu/%zu:%s %.2f s", is_named ? r->stage : "", is_named ? ", " : "",
            name_machine(t, r->machine, r->n_machines, machine, sizeof machine), r->epoch, r->n_epochs, line,
            r->seconds);
}

/* Of many quick epochs some are told: every twentieth part of them, and what took a second. */
static bool is_worth_telling(training *t, const hm_train_report *r)
{
    enum { ALL = 40, TOLD = 20 };
    size_t every = r->n_epochs > ALL ? hm_n_parts(r->n_epochs, TOLD) : 1;
    double now = hm_seconds();
    bool is_told = r->epoch == 1 || r->epoch == r->n_epochs || r->epoch % every == 0 || now - t->told >= 1;
    t->told = is_told ? now : t->told;
    return is_told;
}

/* Pictures are by-products: what they run into must not cost the model. */
static void give_up_pictures(training *t, const hm_error *error)
{
    cli_warn("%s; learning goes on without pictures", error->message);
    cli_pictures_free(t->pictures);
    t->pictures = NULL;
}

static hm_status on_epoch(void *user, const hm_train_report *r, hm_error *error)
{
    training *t = user;
    cli_progress_clear(&t->progress);
    if (is_worth_telling(t, r))
        tell_epoch(t, r);
    if (cli_metrics_add(&t->metrics, r, error) != HM_OK)
        cli_warn("%s; learning goes on without", error->message);
    if (t->pictures && cli_pictures_epoch(t->pictures, r, error) != HM_OK)
        give_up_pictures(t, error);
    return HM_OK;
}

/* ---- The model ---------------------------------------------------------------------------------------- */

static hm_status describe_model(const cli_call *call, hm_model *model, hm_error *error)
{
    static char recipe[RECIPE_MAX];
    model->seed = hm_context_seed(call->context);
    cli_echo_recipe(&call->options, recipe, sizeof recipe);
    return hm_model_set_text(model, &model->recipe, recipe, error);
}

/* ---- Stages -------------------------------------------------------------------------------------------- */

/* One call of the verb: the model goes from stage to stage and may be replaced on its way. */
typedef struct session {
    training talk;
    hm_model *model;
    hm_dataset *train, *validation;
    hm_train_events events;
    hm_lock lock;
    char checkpoint[HM_TEXT_MAX + 32]; /* empty for an output that is no file */
    size_t first;                      /* stage to begin with: that of the checkpoint */
} session;

static hm_status run_greedy(session *s, const cli_stage *stage, hm_error *error)
{
    hm_train_config configs[HM_LEVELS_MAX];
    if (s->model->kind != HM_MODEL_DBN)
        return stage->n_overrides
                   ? hm_fail(error, HM_ERROR_ARGUMENT, "options of single levels are for --kind dbn")
                   : hm_train(s->model, s->train, s->validation, &stage->train, &s->events, error);
    hm_status status = cli_level_configs(stage, s->model->n_rbms, configs, error);
    return status == HM_OK ? hm_train_levels(s->model, s->train, s->validation, configs, &s->events, error) : status;
}

static hm_status run_wake_sleep(session *s, const cli_stage *stage, hm_error *error)
{
    return hm_train_wake_sleep(s->model, s->train, s->validation, &stage->wake_sleep, &s->events, error);
}

static hm_status run_up_down(session *s, const cli_stage *stage, hm_error *error)
{
    return hm_train_up_down(s->model, s->train, s->validation, &stage->up_down, &s->events, error);
}

/* A net for backpropagation, in the place of the deep belief net. */
static hm_status unroll(session *s, const hm_backprop_config *config, hm_error *error)
{
    hm_model *net = NULL;
    bool has_labels = config->target == HM_TARGET_LABELS;
    size_t n_labels = s->model->n_labels ? s->model->n_labels : hm_dataset_classes(s->train, NULL);
    hm_status status = hm_model_unroll(s->model, has_labels ? n_labels : 0, config->weight_deviation, &net, error);
    if (status == HM_OK && has_labels && !net->class_label)
        status = hm_model_name_classes(net, s->train, error);
    if (status != HM_OK) {
        hm_model_destroy(net);
        return status;
    }
    hm_model_destroy(s->model);
    s->model = net;
    return HM_OK;
}

static hm_status run_backprop(session *s, const cli_stage *stage, hm_error *error)
{
    const hm_backprop_config *config = &stage->backprop;
    hm_status status = HM_OK;
    s->talk.has_labels = config->target == HM_TARGET_LABELS;
    if (s->talk.has_labels && hm_dataset_n_classes(s->train) == 0)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s has no labels to learn by backpropagation; give --labels, or --backprop-target data",
                       hm_dataset_describe(s->train));
    if (s->model->kind != HM_MODEL_NET)
        status = unroll(s, config, error);
    return status == HM_OK ? hm_train_backprop(s->model, s->train, s->validation, config, &s->events, error) : status;
}

/* Those before that of the checkpoint are done. */
static hm_status run_stages(session *s, hm_error *error)
{
    typedef hm_status runner(session *s, const cli_stage *stage, hm_error *error);
    static runner *const runners[CLI_N_STAGE_KINDS] = {run_greedy, run_wake_sleep, run_up_down, run_backprop};
    const cli_options *options = &s->talk.call->options;
    hm_status status = HM_OK;
    for (size_t i = s->first; status == HM_OK && i < (size_t)options->n_stages; i++) {
        s->events.stage = i;
        cli_progress_begin(&s->talk.progress, s->talk.call);
        status = runners[options->stage[i].kind](s, &options->stage[i], error);
        cli_progress_clear(&s->talk.progress);
        s->events.resume = false;
    }
    return status;
}

/* The model that the run begins with is there already: of the checkpoint of a later stage, or of --from. */
static hm_status load_model(session *s, hm_error *error)
{
    const cli_output *output = &s->talk.call->options.output;
    hm_status status = HM_OK;
    if (output->resume)
        status = cli_stage_of_checkpoint(s->talk.call, s->checkpoint, &s->first, error);
    if (status == HM_OK && (s->first > 0 || *output->from))
        status = hm_model_load(s->talk.call->context, s->first > 0 ? s->checkpoint : output->from, &s->model, error);
    if (status == HM_OK && *output->from && s->first == 0)
        status = cli_take_model(s->talk.call, s->model, error);
    return status == HM_OK && s->model ? cli_prepare_as(s->talk.call, s->model, error) : status;
}

/* Data for a model that is there are standardised as it knows them. */
static hm_status open_data(session *s, hm_error *error)
{
    hm_data_config *config = &s->talk.call->options.data;
    const hm_model *model = s->model;
    bool is_standardised = model && model->shift;
    config->standardise = config->standardise && !is_standardised;
    const hm_data_known known = model ? hm_model_known(model) : (hm_data_known){0};
    hm_status status = hm_dataset_open_known(s->talk.call->context, config, &known, &s->train, &s->validation, error);
    config->standardise = config->standardise || is_standardised; /* for the recipe that the model remembers */
    if (!cli_is_data_given(s->talk.call, "spectrum"))
        config->spectrum[0] = 0; /* likewise: it was the model's */
    if (status == HM_OK && model)
        status = hm_check_fit(model, s->train, error);
    if (status == HM_OK && is_standardised)
        status = hm_dataset_standardise(s->train, model->shift, model->spread, error);
    if (status == HM_OK && is_standardised && s->validation)
        status = hm_dataset_standardise(s->validation, model->shift, model->spread, error);
    return status;
}

/* The data of a fresh machine; once more, if they turn out to want standardising. */
static hm_status open_fresh_data(session *s, hm_error *error)
{
    bool is_raw = false;
    hm_status status = open_data(s, error);
    if (status == HM_OK)
        status = cli_choose_visible(s->talk.call, s->train, &is_raw, error);
    if (status != HM_OK || !is_raw)
        return status;
    hm_dataset_close(s->validation);
    hm_dataset_close(s->train);
    s->train = s->validation = NULL;
    s->talk.call->options.data.standardise = true;
    return open_data(s, error);
}

/* Where nobody said how many, of small data as many as learn something. Class models share the cases between their machines. */
static void settle_epochs(session *s)
{
    cli_options *options = &s->talk.call->options;
    size_t n_machines = s->model->kind == HM_MODEL_CLASSES ? s->model->n_rbms : 1;
    size_t n_cases = hm_dataset_n_cases(s->train) / n_machines;
    for (int i = 0; i < options->n_stages; i++) {
        cli_stage *stage = &options->stage[i];
        if (stage->kind == CLI_STAGE_GREEDY && !stage->says_epochs)
            stage->train.epochs = hm_train_epochs(stage->train.batch_size, n_cases);
    }
}

static hm_status open_model(session *s, hm_error *error)
{
    hm_status status = load_model(s, error);
    if (status == HM_OK)
        status = s->model ? open_data(s, error) : open_fresh_data(s, error);
    if (status == HM_OK && !s->model)
        status = cli_make_model(s->talk.call, s->train, &s->model, error);
    if (status == HM_OK)
        settle_epochs(s);
    return status == HM_OK ? describe_model(s->talk.call, s->model, error) : status;
}

/* A fresh model learns greedily first, whether or not that was said; nets have nothing to learn so. */
static hm_status complete_stages(cli_options *options, hm_error *error)
{
    cli_stage *added;
    bool is_fresh = !*options->output.from && options->model.kind < CLI_KIND_NET;
    if (!is_fresh || cli_find_stage(options, CLI_STAGE_GREEDY))
        return HM_OK;
    return cli_add_stage(options, CLI_STAGE_GREEDY, false, &added, error);
}

/* So that the recipe that a model remembers says how it came about. */
static void settle_shards(cli_call *call)
{
    for (int i = 0; call->team && i < call->options.n_stages; i++) {
        cli_stage *stage = &call->options.stage[i];
        int64_t *shards = stage->kind == CLI_STAGE_BACKPROP ? &stage->backprop.shards : &stage->train.shards;
        *shards = *shards ? *shards : hm_team_n_shards(call->team);
    }
}

static hm_status check_stages(cli_options *options, hm_error *error)
{
    hm_status status = complete_stages(options, error);
    const cli_stage *up_down = cli_find_stage(options, CLI_STAGE_UP_DOWN);
    const cli_stage *backprop = cli_find_stage(options, CLI_STAGE_BACKPROP);
    const cli_stage *wake_sleep = cli_find_stage(options, CLI_STAGE_WAKE_SLEEP);
    bool is_from = *options->output.from != 0;
    if (status != HM_OK)
        return status;
    if (options->n_stages == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "nothing to learn; give a recipe, --epochs, --wake-sleep-epochs, --up-down-epochs or --backprop-epochs");
    if ((up_down && up_down->up_down.epochs == 0) || (backprop && backprop->backprop.epochs == 0))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: say how many epochs; without them it learns nothing",
                       up_down && up_down->up_down.epochs == 0 ? "up-down" : "backprop");
    if (wake_sleep && wake_sleep->wake_sleep.epochs == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "wake-sleep: say how many epochs; without them it learns nothing");
    if (wake_sleep && options->model.kind != CLI_KIND_SBN && !is_from)
        return hm_fail(error, HM_ERROR_ARGUMENT, "wake-sleep learning is for sigmoid belief nets; give --kind sbn and --layers");
    if (options->model.kind == CLI_KIND_SBN && cli_find_stage(options, CLI_STAGE_GREEDY))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "a sigmoid belief net has no energy to learn greedily by; give --wake-sleep-epochs, or --kind dbn");
    if (up_down && options->model.kind != CLI_KIND_DBN && !is_from)
        return hm_fail(error, HM_ERROR_ARGUMENT, "up-down learning is for deep belief nets; give --kind dbn and --layers");
    if (backprop && options->model.kind != CLI_KIND_DBN && options->model.kind != CLI_KIND_NET &&
        options->model.kind != CLI_KIND_SCENE && !is_from)
        return hm_fail(error, HM_ERROR_ARGUMENT, "backpropagation is for --kind dbn, net and scene");
    return cli_check_used(options, error);
}

/* Few cases and features that never change are as the data are, unless nothing changes. */
static bool is_worth_saying(const session *s, const hm_finding *finding)
{
    bool is_all = finding->value >= (double)hm_dataset_n_features(s->train);
    return finding->ill == HM_ILL_CONSTANT ? is_all : finding->ill != HM_ILL_FEW_CASES;
}

/* What the doctor sees at a glance; its advice must not fail a run. */
static void tell_findings(const session *s)
{
    hm_examination found;
    hm_error error;
    if (s->model->kind == HM_MODEL_DBN || hm_examine(s->model, 0, s->train, s->validation, false, &found, &error) != HM_OK)
        return;
    for (size_t i = 0; i < found.n; i++)
        if (is_worth_saying(s, &found.finding[i]))
            cli_say(s->talk.call, "doctor: %s", found.finding[i].text);
}

/* The model comes first: a picture that cannot be drawn is no reason to lose it. */
static hm_status train_and_save(session *s, hm_error *error)
{
    const cli_call *call = s->talk.call;
    const char *path = call->options.output.output;
    double began = hm_seconds();
    hm_status status = run_stages(s, error);
    if (status == HM_OK && cli_is_chief(call))
        status = hm_model_save(s->model, path, error);
    if (status != HM_OK || !cli_is_chief(call))
        return status;
    if (*s->checkpoint)
        unlink(s->checkpoint);
    cli_signals_defer(false);
    if (s->talk.pictures && cli_pictures_end(s->talk.pictures, s->model, error) != HM_OK)
        give_up_pictures(&s->talk, error);
    cli_say(call, "%s: written in %.1f s", path, hm_seconds() - began);
    tell_findings(s);
    return HM_OK;
}

/* ---- Outputs -------------------------------------------------------------------------------------------- */

static bool is_regular_or_new(const char *path)
{
    struct stat about;
    return stat(path, &about) != 0 || S_ISREG(about.st_mode);
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

/* An unfinished run is worth more than a slip of the hand, and a finished model more than a resumed nothing. */
static hm_status check_checkpoint(const session *s, hm_error *error)
{
    const cli_output *output = &s->talk.call->options.output;
    bool is_there = *s->checkpoint && hm_file_exists(s->checkpoint);
    if (is_there && !output->resume && !output->force)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: an unfinished run left this checkpoint; go on with --resume, or begin afresh with --force",
                       s->checkpoint);
    return HM_OK;
}

/* --resume where there is nothing to go on from: a finished model is left alone, and a run that never began begins. */
static bool is_finished(session *s)
{
    const cli_output *output = &s->talk.call->options.output;
    if (!output->resume || (*s->checkpoint && hm_file_exists(s->checkpoint)))
        return false;
    if (*s->checkpoint && hm_file_exists(output->output)) {
        cli_say(s->talk.call, "%s: there is no checkpoint of an unfinished run, and the model is finished; nothing is done "
                "(without --resume it would be learned anew)", output->output);
        return true;
    }
    cli_say(s->talk.call, "there is no checkpoint to go on from; beginning");
    s->talk.call->options.output.resume = s->events.resume = false;
    return false;
}

/* Rank 0 sees what is there before it writes anything; the others do as it does. */
static bool is_finished_for_all(session *s)
{
    const hm_team *team = s->talk.call->team;
    bool is_done = cli_is_chief(s->talk.call) && is_finished(s);
    hm_team_share(team, 0, &is_done, sizeof is_done);
    hm_team_share(team, 0, &s->events.resume, sizeof s->events.resume);
    s->talk.call->options.output.resume = s->events.resume;
    return is_done;
}

static hm_status claim_output(session *s, hm_error *error)
{
    const cli_output *output = &s->talk.call->options.output;
    if (!cli_is_chief(s->talk.call))
        return HM_OK;
    hm_status status = check_output(output, error);
    if (status == HM_OK && *s->checkpoint)
        status = hm_lock_take(&s->lock, output->output, error);
    if (status == HM_OK)
        status = check_checkpoint(s, error);
    if (status == HM_OK && *s->checkpoint && hm_file_exists(output->output) && !output->resume)
        cli_say(s->talk.call, "%s: is there already, and is replaced when this run ends", output->output);
    return status;
}

/* ---- The session ---------------------------------------------------------------------------------------- */

static void begin_session(session *s, cli_call *call)
{
    const cli_output *output = &call->options.output;
    *s = (session){.talk = {.call = call}};
    if (is_regular_or_new(output->output))
        snprintf(s->checkpoint, sizeof s->checkpoint, "%s.checkpoint", output->output);
    s->events = (hm_train_events){.user = &s->talk,
                                  .on_batch = on_batch,
                                  .on_epoch = on_epoch,
                                  .should_stop = cli_is_stop_asked,
                                  .checkpoint = *s->checkpoint ? s->checkpoint : NULL,
                                  .resume = output->resume,
                                  .checkpoint_epochs = (size_t)output->checkpoint_epochs,
                                  .checkpoint_minutes = output->checkpoint_minutes};
}

static void end_session(session *s)
{
    cli_pictures_free(s->talk.pictures);
    cli_metrics_close(&s->talk.metrics);
    hm_model_destroy(s->model);
    hm_dataset_close(s->validation);
    hm_dataset_close(s->train);
    hm_lock_release(&s->lock);
}

static void begin_pictures(session *s, hm_error *error)
{
    cli_call *call = s->talk.call;
    if (!*call->options.output.pictures || !cli_is_chief(call))
        return;
    const hm_dataset *watched = s->validation ? s->validation : s->train;
    if (cli_pictures_begin(call, s->model, watched, &s->talk.pictures, error) != HM_OK)
        give_up_pictures(&s->talk, error);
}

static void tell_beginning(session *s)
{
    const cli_call *call = s->talk.call;
    s->talk.n_cases = hm_dataset_n_cases(s->train);
    s->talk.is_stack = hm_model_is_stack(s->model);
    s->talk.has_labels = true;
    char by[80];
    hm_context_describe(call->context, by, sizeof by);
    cli_say(call, "%zu cases of %zu features (%s), computed by %s on %d threads", s->talk.n_cases,
            hm_dataset_n_features(s->train), hm_dataset_describe(s->train), by, hm_context_n_threads(call->context));
}

static hm_status learn_scene(session *s, hm_error *error)
{
    if (hm_team_size(s->talk.call->team) > 1)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a net that labels scenes is learned by one process; start it without mpirun");
    s->talk.has_labels = true;
    cli_progress_begin(&s->talk.progress, s->talk.call);
    cli_signals_defer(true);
    hm_status status = cli_scene_train(s->talk.call, &s->events, error);
    cli_progress_clear(&s->talk.progress);
    return status;
}

/* The file may be a FIFO that waits for its reader, and must not wait for ever. */
static hm_status open_metrics(session *s, hm_error *error)
{
    const cli_output *output = &s->talk.call->options.output;
    if (!*output->metrics || !cli_is_chief(s->talk.call))
        return HM_OK;
    cli_signals_interrupt(true);
    hm_status status = cli_metrics_open(&s->talk.metrics, output->metrics, output->resume, error);
    cli_signals_interrupt(false);
    return status != HM_OK && cli_is_stop_asked(NULL) ? hm_fail(error, HM_ERROR_INTERRUPTED, "stopped before learning began") : status;
}

static hm_status learn(session *s, hm_error *error)
{
    bool is_scene = s->talk.call->options.model.kind == CLI_KIND_SCENE;
    hm_status status = is_scene ? HM_OK : open_model(s, error);
    /* Before, there is nothing to lose; from here on a stop leaves a checkpoint, and after a batch at the latest. */
    cli_signals_defer(!is_scene);
    if (status == HM_OK)
        status = open_metrics(s, error);
    if (status != HM_OK)
        return status;
    if (is_scene)
        return learn_scene(s, error);
    begin_pictures(s, error);
    tell_beginning(s);
    return train_and_save(s, error);
}

static hm_status run(cli_call *call, hm_error *error)
{
    static session s;
    cli_signals_ignore_pipe(); /* hours of learning do not end with the reader of what they say */
    begin_session(&s, call);
    hm_status status = cli_name_data(call, 0, error);
    if (status == HM_OK)
        status = check_stages(&call->options, error);
    settle_shards(call);
    if (status == HM_OK)
        status = claim_output(&s, error);
    if (status == HM_OK && !is_finished_for_all(&s))
        status = learn(&s, error);
    end_session(&s);
    return status;
}

const cli_verb cli_verb_train = {
    "train", "Learn a model from data, by a recipe or by options", "[RECIPE.ini] [DATA]", 0, 1,
    {&hm_data_options, &cli_model_options, &hm_train_options, &hm_wake_sleep_options, &hm_up_down_options, &hm_backprop_options,
     &hm_scene_options, &cli_output_options, &cli_common_options, NULL},
    "output metrics pictures resume force from checkpoint-epochs checkpoint-minutes", NULL,
    "harmonium train --data digits --hidden 500 -o digits.safetensors", run,
};
