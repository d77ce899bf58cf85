/* harmonium info [MODEL]: the build, or what a model file says of itself. */
#include "cli/verbs.h"

static void print_build(const cli_call *call)
{
    printf("harmonium %s\n\nfeatures\n", hm_version_text());
    for (size_t i = 0; hm_feature_list(i); i++)
        printf("  %-8s %-8s %s\n", hm_feature_list(i)->name, hm_feature_list(i)->is_present ? "present" : "absent",
               hm_feature_list(i)->what_for);
    printf("\nbackends\n");
    for (size_t i = 0; hm_backend_list(i); i++) {
        const hm_backend_info *info = hm_backend_list(i);
        printf("  %-8s %-8s %s\n", info->name, info->is_available ? "present" : "absent", info->summary);
    }
    printf("\nchosen: backend %s, %d threads\n\nunit kinds\n", hm_context_backend(call->context),
           hm_context_n_threads(call->context));
    for (int kind = 0; hm_unit_name(kind); kind++)
        printf("  %-10s %s\n", hm_unit_name(kind), hm_unit_summary(kind));
}

/* Layers as bars, wide as their units are many. */
static void print_layers(const hm_rbm *rbm)
{
    const hm_layer *layers[] = {hm_rbm_hidden(rbm), hm_rbm_visible(rbm)};
    const char *names[] = {"hidden", "visible"};
    size_t most = layers[0]->n_units > layers[1]->n_units ? layers[0]->n_units : layers[1]->n_units;
    for (int i = 0; i < 2; i++) {
        enum { WIDTH = 40 };
        char text[128];
        hm_layer_print(layers[i], text, sizeof text);
        size_t n = layers[i]->n_units * WIDTH / most;
        printf("  %-8s", names[i]);
        for (size_t k = 0; k < (n ? n : 1); k++)
            printf("\u25A0");
        printf("  %s\n", text);
        if (i == 0)
            printf("  %-8s\u2195 %zu weights\n", "", layers[0]->n_units * layers[1]->n_units);
    }
}

static void print_model(const char *path, const hm_model *model)
{
    printf("%s: %s%s\n\n", path, model->kind == HM_MODEL_CLASSES ? "RBMs, one for each class" : "an RBM",
           model->shift ? ", data standardised" : "");
    print_layers(model->rbm[0]);
    if (model->kind == HM_MODEL_CLASSES)
        for (size_t c = 0; c < model->n_rbms; c++)
            printf("  class %zu: offset %.3f\n", c, model->offset[c]);
    if (model->height)
        printf("\nimages    %zu x %zu\n", model->height, model->width);
    printf("seed      %llu\nhistory   %s\ndata      %s\n\nrecipe\n%s", (unsigned long long)model->seed,
           model->history, model->fingerprint, model->recipe);
}

static hm_status run(cli_call *call, hm_error *error)
{
    hm_model *model;
    if (call->n_operands == 0) {
        print_build(call);
        return HM_OK;
    }
    hm_status status = hm_model_load(call->context, call->operand[0], &model, error);
    if (status == HM_OK) {
        print_model(call->operand[0], model);
        hm_model_destroy(model);
    }
    return status;
}

const cli_verb cli_verb_info = {
    "info", "Show what this build can do, or what a model file holds", "[MODEL]", 0, 1,
    {&cli_common_options, NULL}, "", "harmonium info digits.safetensors", run,
};
