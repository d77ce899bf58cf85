/* What a page asks of the engine of `harmonium web`, compiled natively: any calls in any order, with any arguments. */
#include "fuzz_data.h"

#include "../web/engine.h"

/* The input is read from its beginning; behind its end all is 0. */
typedef struct input {
    const uint8_t *bytes;
    size_t n, at;
} input;

static int number(input *in)
{
    return in->at < in->n ? (int)(int8_t)in->bytes[in->at++] : 0;
}

/* Up to the next zero byte. */
static const char *text(input *in)
{
    static char buffer[512];
    size_t n = 0;
    for (int c; n + 1 < sizeof buffer && (c = number(in));)
        buffer[n++] = (char)c;
    buffer[n] = 0;
    return buffer;
}

/* Small enough for thousands of inputs a second. */
static bool is_small(const char *layers)
{
    int digits = 0;
    for (; *layers; layers++) {
        digits = *layers >= '0' && *layers <= '9' ? digits + 1 : 0;
        if (digits > 2)
            return false;
    }
    return true;
}

static void fill(float *values, int n, input *in)
{
    for (int i = 0; values && i < n; i++)
        values[i] = (float)number(in) / 16;
}

static void ask_model(input *in)
{
    int layer = number(in), unit = number(in);
    float numbers[128];
    bool given[128];
    fill(numbers, 128, in);
    for (int i = 0; i < 128; i++)
        given[i] = numbers[i] > 0;
    switch ((unsigned)number(in) % 14) {
    case 0: fill(web_parameters(layer, number(in) & 1, unit), web_n_parameters(layer, unit), in); break;
    case 1: web_layer_size(layer); break;
    case 2: fill(web_layer(layer), web_layer_size(layer), in); break;
    case 3: web_layer_side(layer, unit); break;
    case 4: web_look(); break;
    case 5: web_settle(unit % 8); break;
    case 6: web_dream(layer & 1, web_n_layers() && web_layer_size(0) <= 128 && unit ? given : NULL); break;
    case 7: web_step(unit % 8); break;
    case 8: web_labels(); break;
    case 9: web_set_temperature((float)unit / 8); break;
    case 10: web_set_label(unit); break;
    case 11: web_hold(layer, unit, (float)number(in) / 2); break;
    case 12: web_feature(layer, unit); break;
    default: web_standardise(numbers, web_layer_size(0) <= 64 ? numbers + 64 : NULL);
    }
}

static void ask_net(input *in)
{
    int i = number(in), k = number(in);
    switch ((unsigned)number(in) % 11) {
    case 0: web_node_name(i); break;
    case 1: web_node_value(i, k); break;
    case 2: web_n_parents(i); break;
    case 3: web_parent(i, k); break;
    case 4: web_parent_weight(i, k); break;
    case 5: web_node_kind(i); break;
    case 6: web_node_bias(i); break;
    case 7: web_observe(i, k); break;
    case 8: web_infer(); break;
    case 9: web_log_evidence(); break;
    default: web_net_sample((double)k / 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    input in = {bytes, n, 0};
    web_begin(1);
    for (int calls = 0; in.at < n && calls < 200; calls++) {
        const char *words;
        switch ((unsigned)number(&in) % 4) {
        case 0:
            words = text(&in);
            if (is_small(words))
                web_model(words, number(&in), number(&in), number(&in), number(&in));
            break;
        case 1: web_net(number(&in) & 1 ? "a.net" : "a.bif", text(&in)); break;
        case 2: ask_model(&in); break;
        default: ask_net(&in);
        }
        EXPECT(web_error() != NULL);
    }
    return 0;
}
