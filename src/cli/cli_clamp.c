/* Which features a person wants to keep: halves, rectangles, lists, mask pictures. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "cli/cli.h"

typedef struct rectangle {
    size_t height, width, top, left;
} rectangle;

static void fill(const hm_model *model, rectangle r, bool *is_clamped)
{
    for (size_t c = 0; c < model->n_channels; c++)
        for (size_t y = r.top; y < r.top + r.height; y++)
            for (size_t x = r.left; x < r.left + r.width; x++)
                is_clamped[(c * model->height + y) * model->width + x] = true;
}

static bool parse_half(const hm_model *model, const char *text, rectangle *r)
{
    size_t H = model->height, W = model->width;
    const struct {
        const char *name;
        rectangle where;
    } halves[] = {{"left", {H, W / 2, 0, 0}},
                  {"right", {H, W - W / 2, 0, W / 2}},
                  {"top", {H / 2, W, 0, 0}},
                  {"bottom", {H - H / 2, W, H / 2, 0}}};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        if (strcmp(text, halves[i].name) == 0) {
            *r = halves[i].where;
            return true;
        }
    }
    return false;
}

static hm_status parse_list(const char *text, size_t n, bool *is_clamped, hm_error *error)
{
    for (const char *at = text; *at;) {
        char *end;
        unsigned long first = strtoul(at, &end, 10), last = first;
        bool is_read = end != at;
        if (is_read && *end == '-') {
            at = end + 1;
            last = strtoul(at, &end, 10);
            is_read = end != at;
        }
        if (!is_read || (*end && *end != ',') || last < first || last >= n)
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "clamp = %.80s: write left, right, top, bottom, a rectangle such as 14x28+0+0, a list of features "
                           "0 to %zu such as 0-391,500, or the name of a PNG mask",
                           text, n - 1);
        for (unsigned long i = first; i <= last; i++)
            is_clamped[i] = true;
        at = *end ? end + 1 : end;
    }
    return HM_OK;
}

static hm_status read_mask(const hm_model *model, const char *path, size_t n, bool *is_clamped, hm_error *error)
{
    hm_dataset *mask = NULL;
    hm_data_config config;
    hm_options_init(&hm_data_options, &config);
    config.grey = true; /* a mask says how light, whatever its colours */
    snprintf(config.data, sizeof config.data, "%s", path);
    float *values = hm_alloc(model->context, n, sizeof *values, error);
    hm_status status = values ? hm_dataset_open(model->context, &config, &mask, NULL, error) : HM_ERROR_MEMORY;
    size_t n_pixels = model->n_channels ? n / model->n_channels : n; /* the mask is the same for every channel */
    if (status == HM_OK && hm_dataset_n_features(mask) != n_pixels)
        status = hm_fail(error, HM_ERROR_MISMATCH, "%s: a mask of %zu x %zu, but the model sees %zu x %zu", path,
                         hm_dataset_height(mask), hm_dataset_width(mask), model->height, model->width);
    if (status == HM_OK)
        status = hm_dataset_read(mask, NULL, 0, 1, 0, hm_matrix_f32(values, 1, n_pixels), error);
    for (size_t i = 0; status == HM_OK && i < n; i++)
        is_clamped[i] = values[i % n_pixels] > 0.5f;
    hm_dataset_close(mask);
    hm_free(model->context, values);
    return status;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* What frees nothing leaves nothing to fill in, and what frees everything asks for samples. */
static hm_status check_freedom(const char *text, const bool *is_clamped, size_t n, hm_error *error)
{
    size_t n_held = 0;
    for (size_t i = 0; i < n; i++)
        n_held += is_clamped[i];
    if (n_held > 0 && n_held < n)
        return HM_OK;
    return hm_fail(error, HM_ERROR_ARGUMENT, n_held ? "clamp = %.80s: holds every feature, so nothing is left to fill in; free some"
                                                    : "clamp = %.80s: holds no feature; leave --clamp out to sample freely",
                   text);
}

static hm_status parse(const hm_model *model, const char *text, bool *is_clamped, hm_error *error)
{
    rectangle r;
    size_t n = hm_model_n_features(model);
    int used = 0;
    memset(is_clamped, 0, n * sizeof *is_clamped);
    if (ends_with(text, ".png"))
        return read_mask(model, text, n, is_clamped, error);
    bool is_half = parse_half(model, text, &r);
    bool is_rectangle =
        !is_half && sscanf(text, "%zux%zu+%zu+%zu%n", &r.height, &r.width, &r.top, &r.left, &used) == 4 && !text[used];
    if (!is_half && !is_rectangle)
        return parse_list(text, n, is_clamped, error);
    if (!model->height)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "clamp = %s: the model's features are no picture; give a list of features such as 0-%zu", text,
                       n / 2);
    if (r.height > model->height || r.top > model->height - r.height || r.width > model->width ||
        r.left > model->width - r.width)
        return hm_fail(error, HM_ERROR_ARGUMENT, "clamp = %s: the rectangle leaves the picture of %zu x %zu", text,
                       model->height, model->width);
    fill(model, r, is_clamped);
    return HM_OK;
}

hm_status cli_parse_clamp(const hm_model *model, const char *text, bool *is_clamped, hm_error *error)
{
    hm_status status = parse(model, text, is_clamped, error);
    return status == HM_OK ? check_freedom(text, is_clamped, hm_model_n_features(model), error) : status;
}
