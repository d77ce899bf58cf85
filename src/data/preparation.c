/* Preparations: the options by which cases are made from a file, as a model remembers them. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/fail.h"
#include "data/dataset.h"

static const char *const names[] = {"front-end", "context", "grey", "fit", "longest", "resize", "whiten", "spectrum", "contrast",
                                    "scale", "invert", "frame", "crop", "standardise", "binarise", "threshold"};
enum { N_NAMES = sizeof names / sizeof *names };

bool hm_is_preparation(const char *name)
{
    for (size_t i = 0; i < N_NAMES; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

void hm_preparation_print(const hm_data_config *config, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < N_NAMES && used < size; i++) {
        const hm_option *row = hm_options_find(&hm_data_options, names[i]);
        char value[HM_TEXT_MAX];
        hm_option_print(row, config, value, sizeof value);
        if (strcmp(value, row->initial) != 0)
            used += (size_t)snprintf(text + used, size - used, "%s = %s\n", names[i], value);
    }
}

/* One line "name = value" of n characters. */
static hm_status read_line(const char *line, size_t n, hm_data_config *config, hm_error *error)
{
    char name[32], value[HM_TEXT_MAX], text[HM_PREPARATION_MAX];
    if (n >= sizeof text)
        return hm_fail(error, HM_ERROR_FORMAT, "a line of the preparation of the data is too long");
    memcpy(text, line, n);
    text[n] = 0;
    if (sscanf(text, "%31s = %1023[^\n]", name, value) != 2 || !hm_is_preparation(name))
        return hm_fail(error, HM_ERROR_FORMAT, "\"%.60s\" says nothing about the preparation of data", text);
    hm_status status = hm_options_set(&hm_data_options, config, name, value, error);
    return status == HM_OK ? HM_OK : HM_ERROR_FORMAT;
}

hm_status hm_preparation_read(const char *preparation, hm_data_config *config, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, preparation, config));
    hm_status status = HM_OK;
    for (const char *at = preparation; status == HM_OK && *at;) {
        size_t n = strcspn(at, "\n");
        status = read_line(at, n, config, error);
        at += n + (at[n] == '\n');
    }
    return status;
}

void hm_preparation_undo(const hm_data_config *config, const float *shift, const float *spread, bool is_drawn,
                         hm_matrix values)
{
    bool is_filtered = config->whiten != HM_WHITEN_NONE || config->contrast != 0; /* there is no way back: x is as good as 1 - x */
    float factor = config->scale == 0 || is_drawn ? 1 : 1 / (float)config->scale;
    for (size_t i = 0; i < values.rows; i++) {
        float *row = hm_row_f32(&values, i);
        for (size_t j = 0; j < values.cols; j++) {
            float x = shift ? row[j] * spread[j] + shift[j] : row[j];
            row[j] = (config->invert ? (float)!is_filtered - x : x) * factor;
        }
    }
}
