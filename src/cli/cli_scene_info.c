/* What a net that labels scenes says of itself. */
#include "cli/cli_scene.h"

#include <stdio.h>

#include "scene/scene_net.h"

static const char *name_unit(hm_scene_unit unit)
{
    return unit == HM_SCENE_RELU ? "relu" : "tanh";
}

/* From the top down, as other models are shown. */
static void print_layers(const hm_scene_net *net)
{
    const hm_scene_layer *last = net->layer + net->n_layers - 1;
    cli_print("  %-10s softmax %zu, a class for every pixel\n", "output", net->classes->n);
    if (net->n_units)
        cli_print("  %-10s %s %zu, of the features of all scales\n", "units", name_unit(last->unit), net->n_units);
    for (size_t l = net->n_layers; l > 0; l--) {
        const hm_scene_layer *layer = net->layer + l - 1;
        char name[32], pool[32] = "";
        snprintf(name, sizeof name, "layer %zu", l);
        if (layer->pool > 1)
            snprintf(pool, sizeof pool, " pool %zu", layer->pool);
        cli_print("  %-10s %s %zu by %zux%zu%s\n", name, name_unit(layer->unit), layer->maps, layer->side, layer->side, pool);
    }
}

static void print_pyramid(const hm_scene_net *net)
{
    cli_print("  %-10s %zu, each half the size of the last\n", "scales", net->n_scales);
    if (net->config.window)
        cli_print("  %-10s of %lld pixels, normalised to mean 0 and deviation 1 (a quieter one is divided by %g)\n", "windows",
               (long long)net->config.window, net->config.least_deviation);
    cli_print("  %-10s pictures are seen at %g of theirs\n", "size", net->config.size);
    cli_print("  %-10s %s\n", "sums", net->config.normalise == HM_SCENE_NORMALISE_BATCH ? "normalised over mini-batches" : "not normalised");
    cli_print("  %-10s %zu pixels to each side\n", "sees", hm_scene_net_reach(net));
}

static void print_classes(const hm_scene_net *net)
{
    cli_print("\n%-20s %12s %10s\n", "class", "share %", "colour");
    for (size_t k = 0; k < net->classes->n; k++)
        cli_print("%-20s %12.2f    #%06x\n", net->classes->name[k], 100 * hm_scene_net_share(net, k), (unsigned)net->classes->colour[k]);
}

hm_status cli_scene_info(const cli_call *call, hm_error *error)
{
    hm_scene_net *net;
    hm_status status = hm_scene_net_load(call->context, call->operand[0], &net, error);
    if (status != HM_OK)
        return status;
    cli_print("%s: a net that names the class of every pixel of a picture\n\n", call->operand[0]);
    print_layers(net);
    print_pyramid(net);
    print_classes(net);
    cli_print("\nparameters %zu\nseed       %llu\nhistory    %s\ndata       %s\n\nrecipe\n%s", hm_scene_net_count_parameters(net),
           (unsigned long long)net->seed, net->history, net->fingerprint, net->recipe);
    hm_scene_net_destroy(net);
    return HM_OK;
}
