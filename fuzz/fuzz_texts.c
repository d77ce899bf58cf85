/* Texts that people and model files write: layers, schedules, options, layers of scene nets, classes, front ends, sequences, preparations,
 * spectra. The first byte says which; what is read and can be printed must read back as the same. */
#include "fuzz_data.h"

#include <harmonium/harmonium.h>

#include "base/alloc.h"
#include "base/schedule.h"
#include "cli/cli.h"
#include "data/sequences.h"
#include "data/spectrum.h"
#include "scene/classes.h"
#include "scene/scene_net.h"
#include "speech/front_end.h"

enum { TEXT_MAX = 1 << 14, PRINTED_MAX = 1 << 16 };

static void try_layers(const char *text)
{
    hm_layer layers[HM_LEVELS_MAX + 1], again;
    char printed[1024];
    size_t n;
    hm_error error = {0};
    if (hm_layers_parse(text, 784, layers, HM_LEVELS_MAX + 1, &n, &error) != HM_OK) {
        EXPECT(error.message[0]);
        return;
    }
    for (size_t l = 0; l < n; l++)
        if (hm_layer_print(&layers[l], printed, sizeof printed) < sizeof printed && !layers[l].n_maps) {
            EXPECT(hm_layer_parse(printed, 0, &again, &error) == HM_OK);
            EXPECT(hm_layer_is_equal(&layers[l], &again));
        }
}

static void try_schedule(const char *text)
{
    hm_schedule schedule, again;
    char printed[PRINTED_MAX];
    hm_error error;
    if (hm_schedule_parse(text, &schedule, &error) != HM_OK)
        return;
    EXPECT(hm_schedule_print(&schedule, printed, sizeof printed) < sizeof printed);
    EXPECT(hm_schedule_parse(printed, &again, &error) == HM_OK);
    for (double epoch = 0; epoch < 100; epoch += 7)
        EXPECT(hm_schedule_at(&schedule, epoch) == hm_schedule_at(&again, epoch));
}

/* "name=value" of every table. */
static void try_option(const char *text)
{
    static cli_options options;
    const hm_option_table *const tables[] = {&hm_data_options, &cli_model_options, &cli_common_options, &hm_evaluate_options, &hm_belief_options,
                                             &hm_belief_learn_options, &hm_front_end_options, &hm_scene_options, &hm_scene_label_options};
    const char *equals = strchr(text, '=');
    char name[64], value[HM_TEXT_MAX], again[HM_TEXT_MAX];
    hm_error error;
    if (!equals || equals - text >= (ptrdiff_t)sizeof name)
        return;
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    cli_init_options(&options);
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        void *config = cli_config_of(&options, tables[t]);
        const hm_option *row = hm_options_find(tables[t], name);
        if (!row || hm_options_set(tables[t], config, name, equals + 1, &error) != HM_OK)
            continue;
        if (hm_option_print(row, config, value, sizeof value) >= sizeof value)
            continue;
        EXPECT(hm_options_set(tables[t], config, name, value, &error) == HM_OK);
        hm_option_print(row, config, again, sizeof again);
        EXPECT(strcmp(value, again) == 0);
    }
}

static void try_scene_layers(const char *text)
{
    hm_scene_layer layers[HM_SCENE_LAYERS_MAX];
    size_t n;
    hm_error error = {0};
    EXPECT(hm_scene_layers_parse(text, layers, &n, &error) == HM_OK || error.message[0]);
}

static void try_classes(const char *text)
{
    hm_scene_classes *classes, *again;
    hm_error error = {0};
    if (hm_scene_classes_parse(fuzz_context(), "classes", text, &classes, &error) != HM_OK) {
        EXPECT(error.message[0]);
        return;
    }
    char *printed = hm_scene_classes_print(classes, &error);
    EXPECT(printed && hm_scene_classes_parse(fuzz_context(), "classes", printed, &again, &error) == HM_OK);
    EXPECT(again->n == classes->n);
    hm_free(fuzz_context(), printed);
    hm_scene_classes_destroy(again);
    hm_scene_classes_destroy(classes);
}

static void try_front_end(const char *text)
{
    hm_front_end_config config, again;
    char printed[PRINTED_MAX];
    hm_error error;
    if (hm_front_end_parse(text, &config, &error) != HM_OK)
        return;
    EXPECT(hm_front_end_print(&config, printed, sizeof printed) < sizeof printed);
    EXPECT(hm_front_end_parse(printed, &again, &error) == HM_OK);
    EXPECT(hm_front_end_n_coefficients(&config) == hm_front_end_n_coefficients(&again));
}

static void try_sequences(const char *text)
{
    hm_sequences *sequences;
    hm_error error = {0};
    const char *path = fuzz_file((const uint8_t *)text, strlen(text));
    if (hm_sequences_read(fuzz_context(), path, 0, &sequences, &error) != HM_OK) {
        EXPECT(error.message[0]);
        return;
    }
    for (size_t i = 0; i < sequences->n; i++)
        EXPECT(sequences->start[i] < sequences->start[i + 1]);
    if (sequences->n > 0)
        EXPECT(hm_sequences_at(sequences, sequences->start[sequences->n] - 1) == sequences->n - 1);
    hm_sequences_destroy(sequences);
}

static void try_preparation(const char *text)
{
    hm_data_config config;
    hm_error error = {0};
    hm_options_init(&hm_data_options, &config);
    EXPECT(hm_preparation_read(text, &config, &error) == HM_OK || error.message[0]);
}

static void try_spectrum(const char *text)
{
    hm_spectrum spectrum;
    char printed[HM_TEXT_MAX];
    hm_error error = {0};
    if (hm_spectrum_parse(text, &spectrum, &error) != HM_OK)
        return;
    hm_spectrum_print(&spectrum, printed, sizeof printed);
    EXPECT(hm_spectrum_parse(printed, &spectrum, &error) == HM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static void (*const readers[])(const char *text) = {try_layers, try_schedule, try_option,      try_scene_layers, try_classes,
                                                        try_front_end, try_sequences, try_preparation, try_spectrum};
    static char text[TEXT_MAX];
    if (n < 1 || n > TEXT_MAX || memchr(bytes + 1, 0, n - 1))
        return 0;
    memcpy(text, bytes + 1, n - 1);
    text[n - 1] = 0;
    readers[(bytes[0] - 'a') % (sizeof readers / sizeof *readers)](text);
    return 0;
}
