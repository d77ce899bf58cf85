/* harmonium info [MODEL]: the build, or what a model file says of itself. */
#include <string.h>

#include "cli/cli_scene.h"
#include "cli/verbs.h"

static void print_build(const cli_call *call)
{
    cli_print("harmonium %s\n\nfeatures\n", hm_version_text());
    for (size_t i = 0; hm_feature_list(i); i++)
        cli_print("  %-8s %-8s %s\n", hm_feature_list(i)->name, hm_feature_list(i)->is_present ? "present" : "absent",
               hm_feature_list(i)->what_for);
    cli_print("\nbackends\n");
    for (size_t i = 0; hm_backend_list(i); i++) {
        const hm_backend_info *info = hm_backend_list(i);
        cli_print("  %-8s %-8s %s\n", info->name, info->is_available ? "present" : "absent", info->summary);
    }
    char by[80];
    hm_context_describe(call->context, by, sizeof by);
    cli_print("\nchosen: %s, %d threads\n\nunit kinds\n", by, hm_context_n_threads(call->context));
    for (int kind = 0; hm_unit_name(kind); kind++)
        cli_print("  %-10s %s\n", hm_unit_name(kind), hm_unit_summary(kind));
}

/* A layer as a bar, wide as its units are many. */
static void print_layer(const char *name, const hm_layer *layer, size_t most)
{
    enum { WIDTH = 40 };
    char text[128];
    hm_layer_print(layer, text, sizeof text);
    size_t n = layer->n_units * WIDTH / most;
    cli_print("  %-10s", name);
    for (size_t k = 0; k < (n ? n : 1); k++)
        cli_print("\u25A0");
    cli_print("  %s\n", text);
}

/* From the top down, as the lecture draws them. */
static void print_layers(const hm_model *model)
{
    size_t L = hm_model_is_stack(model) ? model->n_rbms : 1, most = 0;
    for (size_t l = 0; l < L; l++) {
        size_t V = hm_rbm_visible(model->rbm[l])->n_units, H = hm_rbm_hidden(model->rbm[l])->n_units;
        most = V > most ? V : most;
        most = H > most ? H : most;
    }
    for (size_t l = L; l > 0; l--) {
        const hm_rbm *rbm = model->rbm[l - 1];
        bool is_top = l == L, is_net = model->kind == HM_MODEL_NET, is_untied = model->generative && model->generative[l - 1];
        char name[32];
        snprintf(name, sizeof name, is_net && is_top ? "output" : L > 1 ? "hidden %zu" : "hidden", l);
        print_layer(name, hm_rbm_hidden(rbm), most);
        const char *arrow = is_net ? "\u2191" : is_top ? "\u2195" : is_untied ? "\u2193\u2191" : "\u2193";
        cli_print("  %-10s%s %zu weights%s\n", "", arrow, hm_rbm_slices(rbm)[HM_SLICE_WEIGHTS].n,
               is_untied ? " each way" : "");
        if (l > 1 && is_top && model->kind == HM_MODEL_DBN && model->n_labels)
            cli_print("  %-10s(beside %zu labels)\n", "", model->n_labels);
    }
    print_layer(hm_model_is_stack(model) ? "data" : "visible", hm_rbm_visible(model->rbm[0]), most);
}

static const char *name_kind(const hm_model *model)
{
    static const char *const names[] = {[HM_MODEL_RBM] = "an RBM",
                                        [HM_MODEL_CLASSES] = "RBMs, one for each class",
                                        [HM_MODEL_DBN] = "a deep belief net",
                                        [HM_MODEL_NET] = "a feed-forward net"};
    return hm_model_is_belief_net(model) ? "a sigmoid belief net (the topmost unit, without weights, stands for a prior)" : names[model->kind];
}

static void print_classes(const hm_model *model)
{
    char name[256];
    cli_print("\nclasses  ");
    for (size_t k = 0; k < hm_model_n_classes(model); k++)
        cli_print(" %s", hm_model_class_name(model, k, name, sizeof name));
    cli_print("\n");
}

/* The first names of features. */
static void print_columns(const char *names)
{
    enum { SHOWN = 8 };
    for (int i = 0; *names; i++) {
        size_t n = strcspn(names, "\n");
        cli_print("%s%.*s", i ? ", " : "columns   ", i < SHOWN ? (int)n : 2, i < SHOWN ? names : "..");
        names += i < SHOWN ? n + (names[n] == '\n') : strlen(names);
        if (!*names)
            cli_print("\n");
    }
}

static void print_model(const char *path, const hm_model *model)
{
    char name[256];
    cli_print("%s: %s%s\n\n", path, name_kind(model), model->shift ? ", data standardised" : "");
    print_layers(model);
    if (model->kind == HM_MODEL_CLASSES)
        for (size_t c = 0; c < model->n_rbms; c++)
            cli_print("  class %s: offset %.3f\n", hm_model_class_name(model, c, name, sizeof name), model->offset[c]);
    if (model->kind != HM_MODEL_CLASSES && model->class_label)
        print_classes(model);
    if (*model->preparation)
        cli_print("\npreparation of the data\n%s", model->preparation);
    if (model->has_range)
        cli_print("\nvalues    %g to %g in the file%s\n", (double)model->least, (double)model->most,
               model->is_scaled ? ", bytes, multiplied by 1/255" : "");
    print_columns(model->columns);
    if (model->height)
        cli_print("\nimages    %zu x %zu%s\n", model->height, model->width, model->n_channels == 3 ? ", in colour" : "");
    cli_print("seed      %llu\nhistory   %s\ndata      %s\n\nrecipe\n%s", (unsigned long long)model->seed,
           model->history, model->fingerprint, model->recipe);
}

static hm_status run(cli_call *call, hm_error *error)
{
    hm_model *model;
    if (call->n_operands == 0) {
        print_build(call);
        return HM_OK;
    }
    if (hm_scene_net_is_in(call->context, call->operand[0]))
        return cli_scene_info(call, error);
    hm_status status = hm_model_load(call->context, call->operand[0], &model, error);
    if (status == HM_OK) {
        print_model(call->operand[0], model);
        hm_model_destroy(model);
    }
    return status;
}

const cli_verb cli_verb_info = {
    "info", "Show what this build can do, or what a model file holds", "[MODEL]", 0, 1,
    {&cli_common_options, NULL}, "", NULL, "harmonium info digits.safetensors", run,
};
