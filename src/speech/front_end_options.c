/* The table of options of the front end, and the line of text that stands for a configuration. */
#define _POSIX_C_SOURCE 200809L /* strtok_r */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/fail.h"
#include "speech/front_end.h"

#define FIELD(name) offsetof(hm_front_end_config, name)
#define INT(name, initial, least, most, unit, help) {#name, 0, HM_OPTION_INT, FIELD(name), initial, least, most, unit, NULL, help}
#define REAL(name, initial, least, most, unit, help) {#name, 0, HM_OPTION_REAL, FIELD(name), initial, least, most, unit, NULL, help}

static const hm_option rows[] = {
    {"kind", 0, HM_OPTION_CHOICE, FIELD(kind), "fbank", 0, 0, "KIND", "fbank|mfcc",
     "what a frame holds: the logarithms of the power in mel bands, or the first coefficients of their cosine transform"},
    INT(rate, "16000", 4000, 192000, "HZ", "samples a second; sound of another rate is refused"),
    REAL(window, "25.625", 1, 1000, "MS", "length of the Hamming window"),
    REAL(step, "10", 1, 1000, "MS", "from one frame to the next"),
    INT(fft, "512", 16, 65536, "POINTS", "of the Fourier transform; at least the samples of a window"),
    REAL(preemphasis, "0.97", 0, 1, "A", "take x[t] - A x[t - 1] for x[t], which makes up for the fall of speech towards high frequencies"),
    INT(bands, "40", 2, 512, "N", "triangular bands of equal width in mel"),
    REAL(lower, "130", 0, 96000, "HZ", "where the first band begins"),
    REAL(upper, "6800", 1, 96000, "HZ", "where the last band ends"),
    INT(cepstra, "13", 1, 512, "N", "coefficients of kind = mfcc, with the one that is the sum of all bands"),
    INT(lifter, "22", 0, 1000, "L", "multiply coefficient k of kind = mfcc by 1 + L/2 sin(pi k / L); 0 for not"),
    INT(differences, "0", 0, 2, "N",
        "0; 1: beside each coefficient its slope over 2 frames to each side; 2: and the slope of the slope"),
    {"normalise", 0, HM_OPTION_CHOICE, FIELD(normalise), "none", 0, 0, "OVER", "none|utterance|speaker",
     "shift and divide each coefficient to mean 0 and deviation 1 over the frames of an utterance or a speaker"},
    REAL(speed, "1", 0.25, 4, "TIMES", "play the sound so many times as fast, pitch and all"),
};

const hm_option_table hm_front_end_options = {
    .section = "front-end",
    .title = "Front end",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
};

hm_status hm_front_end_check(const hm_front_end_config *c, hm_error *error)
{
    if (hm_front_end_window(c) > (size_t)c->fft)
        return hm_fail(error, HM_ERROR_ARGUMENT, "fft = %lld: shorter than a window of %zu samples; take a larger one, or a shorter window",
                       (long long)c->fft, hm_front_end_window(c));
    if (hm_front_end_window(c) < hm_front_end_step(c))
        return hm_fail(error, HM_ERROR_ARGUMENT, "step = %g: longer than the window of %g ms, so that sound would be passed over", c->step,
                       c->window);
    if (c->lower >= c->upper || c->upper > (double)c->rate / 2)
        return hm_fail(error, HM_ERROR_ARGUMENT, "lower = %g, upper = %g: must rise, and end at half the rate, %g Hz, or below", c->lower,
                       c->upper, (double)c->rate / 2);
    if (c->kind == HM_FRONT_END_MFCC && c->cepstra > c->bands)
        return hm_fail(error, HM_ERROR_ARGUMENT, "cepstra = %lld: at most as many as bands, %lld", (long long)c->cepstra,
                       (long long)c->bands);
    return HM_OK;
}

static hm_status read_word(char *word, hm_front_end_config *config, hm_error *error)
{
    char *sign = strchr(word, '=');
    if (!sign)
        return hm_fail(error, HM_ERROR_ARGUMENT, "\"%.60s\": a front end is words name=value, as in \"kind=fbank bands=40\"", word);
    *sign = 0;
    return hm_options_set(&hm_front_end_options, config, word, sign + 1, error);
}

hm_status hm_front_end_parse(const char *text, hm_front_end_config *config, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, text, config));
    char copy[HM_TEXT_MAX], *rest;
    hm_options_init(&hm_front_end_options, config);
    if (strlen(text) >= sizeof copy)
        return hm_fail(error, HM_ERROR_ARGUMENT, "\"%.60s...\": longer than the %d characters of a front end", text, HM_TEXT_MAX - 1);
    strcpy(copy, text);
    hm_status status = HM_OK;
    for (char *word = strtok_r(copy, " \t\r\n", &rest); status == HM_OK && word; word = strtok_r(NULL, " \t\r\n", &rest))
        status = read_word(word, config, error);
    return status == HM_OK ? hm_front_end_check(config, error) : status;
}

/* The first row is the kind, which is always told. */
size_t hm_front_end_print(const hm_front_end_config *config, char *text, size_t size)
{
    hm_front_end_config defaults;
    char value[HM_TEXT_MAX], initial[HM_TEXT_MAX];
    size_t used = 0;
    hm_options_init(&hm_front_end_options, &defaults);
    for (const hm_option *row = rows; row < rows + sizeof rows / sizeof *rows; row++) {
        hm_option_print(row, config, value, sizeof value);
        hm_option_print(row, &defaults, initial, sizeof initial);
        if (row == rows || strcmp(value, initial) != 0)
            used += (size_t)snprintf(used < size ? text + used : NULL, used < size ? size - used : 0, "%s%s=%s", used ? " " : "",
                                     row->name, value);
    }
    return used;
}
