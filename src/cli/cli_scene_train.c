/* A run of learning to label scenes: pictures and label pictures in place of a data set, a scene net in place of a model. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "cli/cli_scene.h"

enum { RECIPE_MAX = 16384 };

typedef struct scene_run {
    cli_call *call;
    hm_train_events *events;
    hm_scene_classes *classes;
    hm_scene_set *train, *validation;
    hm_scene_net *net;
    size_t first; /* stage to begin with: that of the checkpoint */
} scene_run;

/* What is about other models cannot be meant. */
static hm_status check_options(const cli_call *call, hm_error *error)
{
    static const char used[] = "epochs batch-size method learning-rate momentum weight-cost dropout halving patience keep-best ";
    const cli_options *options = &call->options;
    hm_status status = cli_scene_check_data(call, error);
    if (status == HM_OK)
        status = cli_scene_check_unused(&cli_model_options, &options->model, "kind layers ", error);
    for (int i = 0; status == HM_OK && i < options->n_stages; i++)
        status = options->stage[i].kind == CLI_STAGE_BACKPROP
                     ? cli_scene_check_unused(&hm_backprop_options, &options->stage[i].backprop, used, error)
                     : hm_fail(error, HM_ERROR_ARGUMENT, "a scene net learns by backpropagation alone; leave out the other stages");
    if (status == HM_OK && *options->output.pictures)
        status = hm_fail(error, HM_ERROR_ARGUMENT, "--pictures draws features of other models; see harmonium label and evaluate");
    return status;
}

static hm_status check(const cli_call *call, hm_error *error)
{
    const cli_options *options = &call->options;
    const char *pictures = cli_is_data_given(call, "data") ? options->data.data : ""; /* not the digits that other models are given */
    const cli_need needs[] = {{pictures, "where the pictures are: --data FOLDER"},
                              {options->data.labels, "where their label pictures are: --labels FOLDER"},
                              {options->scene.classes, "what the classes are: --scene-classes FILE, of lines \"name red green blue\""}};
    hm_status status = cli_require(needs, sizeof needs / sizeof *needs, error);
    if (status == HM_OK && *options->scene.validation && !*options->scene.validation_labels)
        status = hm_fail(error, HM_ERROR_ARGUMENT, "say where the label pictures of %s are: --scene-validation-labels FOLDER",
                         options->scene.validation);
    return status == HM_OK ? check_options(call, error) : status;
}

static hm_status open_sets(scene_run *r, hm_error *error)
{
    const cli_options *options = &r->call->options;
    const hm_scene_config *scene = &options->scene;
    hm_status status = hm_scene_classes_load(r->call->context, scene->classes, &r->classes, error);
    if (status == HM_OK)
        status = hm_scene_set_open(r->classes, options->data.data, options->data.labels, &r->train, error);
    if (status == HM_OK && *scene->validation)
        status = hm_scene_set_open(r->classes, scene->validation, scene->validation_labels, &r->validation, error);
    return status;
}

/* What was said of the net, on top of what that of --from is: its scales and size may be others, and nothing else. */
static hm_status merge_config(const scene_run *r, hm_scene_config *merged, hm_error *error)
{
    const cli_options *options = &r->call->options;
    char said[HM_TEXT_MAX], had[HM_TEXT_MAX];
    for (size_t i = 0; i < hm_scene_options.n_rows && hm_scene_options.rows[i].offset < sizeof merged->net; i++) {
        const hm_option *row = &hm_scene_options.rows[i];
        hm_option_print(row, &options->scene, said, sizeof said);
        hm_option_print(row, merged, had, sizeof had);
        if (!r->call->is_scene_given[i] || strcmp(said, had) == 0)
            continue;
        if (strcmp(row->name, "scales") != 0 && strcmp(row->name, "size") != 0)
            return hm_fail(error, HM_ERROR_MISMATCH, "scene-%s: %.200s, while %s has %.200s; leave it out", row->name, said,
                           options->output.from, had);
        hm_options_set(&hm_scene_options, merged, row->name, said, NULL);
    }
    return HM_OK;
}

static hm_status check_classes(const scene_run *r, const hm_scene_classes *known, hm_error *error)
{
    const cli_options *options = &r->call->options;
    bool is_same = known->n == r->classes->n;
    for (size_t k = 0; is_same && k < known->n; k++)
        is_same = strcmp(known->name[k], r->classes->name[k]) == 0;
    return is_same ? HM_OK
                   : hm_fail(error, HM_ERROR_MISMATCH, "%s: knows other classes than %s names; give the file that it was learned with",
                             options->output.from, options->scene.classes);
}

static hm_status go_on_from(scene_run *r, hm_error *error)
{
    cli_options *options = &r->call->options;
    hm_scene_config merged;
    hm_scene_net *coarse;
    hm_status status = hm_scene_net_load(r->call->context, options->output.from, &coarse, error);
    if (status != HM_OK)
        return status;
    merged.net = *hm_scene_net_configuration(coarse);
    status = merge_config(r, &merged, error);
    if (status == HM_OK)
        status = check_classes(r, hm_scene_net_classes(coarse), error);
    if (status == HM_OK)
        status = hm_scene_net_refine(coarse, merged.net.scales, merged.net.size, &r->net, error);
    options->scene.net = merged.net;
    hm_scene_net_destroy(coarse);
    return status;
}

/* --layers are those of the net, as of any other. */
static hm_status take_layers(cli_call *call, hm_error *error)
{
    return *call->options.model.layers ? cli_set_option(call, &hm_scene_options, "layers", call->options.model.layers, error) : HM_OK;
}

static hm_status make_net(scene_run *r, hm_error *error)
{
    const cli_options *options = &r->call->options;
    hm_status status = take_layers(r->call, error);
    if (status == HM_OK && options->output.resume)
        status = cli_stage_of_checkpoint(r->call, r->events->checkpoint, &r->first, error);
    if (status != HM_OK)
        return status;
    if (r->first > 0)
        return hm_scene_net_load(r->call->context, r->events->checkpoint, &r->net, error);
    if (*options->output.from)
        return go_on_from(r, error);
    return hm_scene_net_create(r->classes, &options->scene.net, &r->net, error);
}

static hm_status note_recipe(const scene_run *r, hm_error *error)
{
    static char recipe[RECIPE_MAX];
    cli_echo_recipe(&r->call->options, recipe, sizeof recipe);
    return hm_scene_net_set_recipe(r->net, recipe, error);
}

static hm_status run_stages(scene_run *r, hm_error *error)
{
    const cli_options *options = &r->call->options;
    hm_status status = HM_OK;
    for (size_t i = r->first; status == HM_OK && i < (size_t)options->n_stages; i++) {
        r->events->stage = i;
        status = hm_train_scene(r->net, r->train, r->validation, &options->scene, &options->stage[i].backprop, r->events, error);
        r->events->resume = false;
    }
    return status;
}

static hm_status learn(scene_run *r, hm_error *error)
{
    const char *path = r->call->options.output.output;
    double began = hm_seconds();
    char by[80];
    hm_context_describe(r->call->context, by, sizeof by);
    cli_say(r->call, "%zu pictures, %zu parameters, computed by %s on %d threads", hm_scene_set_count(r->train),
            hm_scene_net_count_parameters(r->net), by, hm_context_n_threads(r->call->context));
    hm_status status = run_stages(r, error);
    if (status == HM_OK)
        status = hm_scene_net_save(r->net, path, error);
    if (status != HM_OK)
        return status;
    if (r->events->checkpoint)
        unlink(r->events->checkpoint);
    cli_say(r->call, "%s: written in %.1f s", path, hm_seconds() - began);
    return HM_OK;
}

hm_status cli_scene_train(cli_call *call, hm_train_events *events, hm_error *error)
{
    scene_run r = {.call = call, .events = events};
    hm_status status = check(call, error);
    if (status == HM_OK)
        status = open_sets(&r, error);
    if (status == HM_OK)
        status = make_net(&r, error);
    if (status == HM_OK)
        status = note_recipe(&r, error);
    if (status == HM_OK)
        status = learn(&r, error);
    hm_scene_net_destroy(r.net);
    hm_scene_set_close(r.train);
    hm_scene_set_close(r.validation);
    hm_scene_classes_destroy(r.classes);
    return status;
}
