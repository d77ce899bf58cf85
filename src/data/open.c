/* Opening what a config names: find the files, read them, choose the cases, divide, resize,
 * standardise. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "base/number.h"
#include "data/columns.h"
#include "data/dataset.h"
#include "data/filter.h"
#include "data/fitting.h"
#include "data/readers.h"
#include "data/sequences.h"
#include "data/sets.h"
#include "data/toys.h"

/* ---- Reading the config ---------------------------------------------------------------------- */

hm_status hm_size_parse(const char *option, const char *text, size_t *height, size_t *width,
                        hm_error *error)
{
    enum { SIDE_MAX = 4096 };
    char *end;
    *height = *width = 0;
    if (!*text)
        return HM_OK;
    long h = strtol(text, &end, 10), w = h;
    bool is_good = end != text;
    if (is_good && (*end == 'x' || *end == 'X')) {
        const char *second = end + 1;
        w = strtol(second, &end, 10);
        is_good = end != second;
    }
    if (!is_good || *end || h < 1 || w < 1 || h > SIDE_MAX || w > SIDE_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s = %.40s: must be height x width such as 16x16, each from 1 to %d",
                       option, text, SIDE_MAX);
    *height = (size_t)h;
    *width = (size_t)w;
    return HM_OK;
}

hm_status hm_shape_parse(const char *text, size_t *channels, size_t *height, size_t *width,
                         hm_error *error)
{
    const char *first = strpbrk(text, "xX"), *second = first ? strpbrk(first + 1, "xX") : NULL;
    *channels = 1;
    if (!second)
        return hm_size_parse("shape", text, height, width, error);
    if (first != text + 1 || (text[0] != '1' && text[0] != '3'))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "shape = %.40s: must be height x width such as 28x28, or channels x height x "
                       "width such as 3x32x32 with 1 or 3 channels",
                       text);
    *channels = (size_t)(text[0] - '0');
    return hm_size_parse("shape", first + 1, height, width, error);
}

typedef struct plan {
    const hm_context *context;
    const hm_data_config *config;
    const hm_data_known *known;
    char *spectrum; /* that of the config: measured if it is empty */
    hm_place place;
    hm_reading reading;
    size_t shape_channels, shape_height, shape_width;
    size_t frame_height, frame_width, crop_height, crop_width; /* 0: none */
    hm_storage *storage;
    bool is_scaled; /* by 1/255, because the file holds bytes */
} plan;

static hm_status check_config(const hm_data_config *config, hm_error *error)
{
    if (config->standardise && config->binarise != HM_BINARISE_NONE)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "standardise and binarise exclude each other; leave one of them out");
    if (config->subset < 0 || config->labelled < 0 || config->tile < 0 || config->longest < 0 || config->memory < 0 || !(config->validation >= 0))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "subset, labelled, validation, longest, tile and memory must not be negative");
    if (!isfinite(config->scale) || !isfinite(config->threshold) || !isfinite(config->contrast) || config->contrast < 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "scale, threshold and contrast must be finite numbers, and contrast not negative");
    if (config->longest > 0 && config->resize[0])
        return hm_fail(error, HM_ERROR_ARGUMENT, "longest and resize exclude each other; leave one of them out");
    if (config->validation >= 1 && config->validation != floor(config->validation))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "validation = %g: must be a fraction below 1 or a whole number of cases",
                       config->validation);
    return HM_OK;
}

static hm_status make_plan(plan *p, hm_error *error)
{
    const uint64_t megabyte = 1 << 20;
    const hm_data_config *config = p->config;
    hm_reading *reading = &p->reading;
    hm_status status = check_config(config, error);
    if (status == HM_OK)
        status = hm_shape_parse(config->shape, &p->shape_channels, &p->shape_height, &p->shape_width,
                             error);
    if (status == HM_OK)
        status = hm_size_parse("resize", config->resize, &reading->height, &reading->width, error);
    if (status == HM_OK)
        status = hm_size_parse("frame", config->frame, &p->frame_height, &p->frame_width, error);
    if (status == HM_OK)
        status = hm_size_parse("crop", config->crop, &p->crop_height, &p->crop_width, error);
    if (status != HM_OK)
        return status;
    reading->tile = (size_t)config->tile;
    reading->label_column = config->label_column;
    reading->columns = p->known->columns;
    reading->grey = config->grey;
    reading->n_channels = p->known->n_channels;
    reading->fit = config->fit;
    reading->skip_damaged = config->skip_damaged;
    reading->longest = (size_t)config->longest;
    if (p->frame_height == 0) { /* of a frame the window may be anything */
        reading->crop_height = p->crop_height;
        reading->crop_width = p->crop_width;
    }
    reading->memory = (uint64_t)config->memory > UINT64_MAX / megabyte
                          ? UINT64_MAX
                          : (uint64_t)config->memory * megabyte;
    return hm_place_find(config, &p->place, error);
}

/* ---- The storage ----------------------------------------------------------------------------- */

static hm_status take_shape(hm_storage *storage, size_t channels, size_t height, size_t width, hm_error *error)
{
    hm_shape *shape = &storage->shape;
    if (height == 0)
        return HM_OK;
    if (channels * height * width != shape->n_features)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "shape = %s%zux%zu: the cases of %s have %zu values, which is not %sheight "
                       "times width%s",
                       channels == 3 ? "3x" : "", height, width, storage->path, shape->n_features,
                       channels == 3 ? "3 times " : "",
                       shape->n_channels == 3 ? "; they are coloured, so give 3x in front, or `grey`" : "");
    shape->n_channels = channels;
    shape->height = height;
    shape->width = width;
    return HM_OK;
}

static hm_status check_options(const plan *p, hm_error *error)
{
    const hm_storage *storage = p->storage;
    const struct {
        const char *name;
        bool is_wanted;
    } of_pictures[] = {
        {"longest", p->reading.longest > 0},
        {"resize", p->reading.height > 0},
        {"whiten", p->config->whiten != HM_WHITEN_NONE},
        {"contrast", p->config->contrast > 0},
        {"frame", p->frame_height > 0},
        {"crop", p->crop_height > 0},
        {"mirror", p->config->mirror},     {"jitter", p->config->jitter > 0},
    };
    for (size_t i = 0; i < sizeof of_pictures / sizeof *of_pictures; i++)
        if (of_pictures[i].is_wanted && storage->shape.height == 0)
            return hm_fail(error, HM_ERROR_MISMATCH,
                           "%s: the cases of %s are no pictures; say with `shape` if they are", of_pictures[i].name,
                           storage->path);
    if (p->config->balance == HM_BALANCE_YES && p->config->shuffle_run > 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "balance and shuffle-run exclude each other; leave one of them out");
    if (p->config->balance == HM_BALANCE_YES && !storage->labels)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "balance = yes: %s has no labels to balance by; give `labels`",
                       storage->path);
    return HM_OK;
}

/* A frame holds the whole picture, and a window lies inside the frame, or else the picture. */
static hm_status check_placing(const plan *p, hm_error *error)
{
    const hm_shape *shape = &p->storage->shape;
    bool is_framed = p->frame_height > 0;
    if (is_framed && (p->frame_height < shape->height || p->frame_width < shape->width))
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "frame = %zux%zu: the pictures of %s have %zu x %zu pixels; give a frame that holds them, or "
                       "make them smaller with `resize`",
                       p->frame_height, p->frame_width, p->storage->path, shape->height, shape->width);
    if ((uint64_t)p->frame_height * p->frame_width * shape->n_channels > HM_FEATURES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "frame = %zux%zu: at most %" PRIu64 " numbers can be one case, and %s has %zu channels",
                       p->frame_height, p->frame_width, HM_FEATURES_MAX, p->storage->path, shape->n_channels);
    size_t height = is_framed ? p->frame_height : shape->height, width = is_framed ? p->frame_width : shape->width;
    if (p->crop_height > height || p->crop_width > width)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "crop = %zux%zu: %s of %s have %zu x %zu pixels; give a smaller window, or larger pictures with "
                       "`resize`",
                       p->crop_height, p->crop_width, is_framed ? "the frames" : "the pictures", p->storage->path,
                       height, width);
    return HM_OK;
}

static bool is_filtered(const plan *p)
{
    return p->config->whiten != HM_WHITEN_NONE || p->config->contrast > 0;
}

/* The file of sequences that is named, or that lies beside the data: "x.sequences" of "x.npy". Empty: there is none. */
static void find_sequences(const plan *p, char *path, size_t size)
{
    const char *data = p->place.data, *point = strrchr(data, '.');
    snprintf(path, size, "%s", p->config->sequences);
    if (*path || !point || strchr(point, '/'))
        return;
    int n = snprintf(path, size, "%.*s.sequences", (int)(point - data), data);
    if ((size_t)n >= size || !hm_file_exists(path))
        *path = 0;
}

static hm_status look_around(const plan *p, hm_error *error)
{
    char path[HM_PLACE_MAX];
    const hm_data_config *config = p->config;
    hm_sequences *sequences;
    find_sequences(p, path, sizeof path);
    if (!*path && (config->context > 0 || config->validation_groups[0]))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: `context` and `validation-groups` go by the sequences that cases lie in, and there is no file of them; name one "
                       "with `sequences`",
                       p->place.title);
    if (!*path)
        return HM_OK;
    if (config->context > 0 && (p->reading.height > 0 || p->reading.longest > 0 || is_filtered(p)))
        return hm_fail(error, HM_ERROR_ARGUMENT, "`context` is for frames, and resize, longest, whiten and contrast for pictures; leave one out");
    hm_status status = hm_sequences_read(p->context, path, p->storage->shape.n_cases, &sequences, error);
    return status == HM_OK ? hm_storage_look_around(p->storage, sequences, (size_t)config->context, error) : status;
}

/* A folder has resized its pictures itself: none of its sides is longer. */
static hm_status resize(const plan *p, hm_error *error)
{
    size_t height = p->reading.height, width = p->reading.width;
    if (height == 0) {
        height = p->storage->shape.height;
        width = p->storage->shape.width;
        hm_fitting_shrink(p->reading.longest, &height, &width);
    }
    return hm_storage_resize(p->storage, height, width, p->reading.memory, error);
}

/* ---- Bytes, and what was bytes ---------------------------------------------------------------- */

/* Numbers that are read as such where the model learned from bytes times 1/255: whole ones up to 255 are bytes written as text, say. */
static void scale_as_bytes(plan *p)
{
    hm_storage *storage = p->storage;
    const float most_of_bytes = 255, suspicious = 10;
    bool is_like_bytes = storage->is_whole && storage->least >= 0 && storage->most > 1 && storage->most <= most_of_bytes;
    if (is_like_bytes) {
        storage->scale = hm_elements[HM_ELEMENT_U8].scale;
        hm_log(p->context, HM_LOG_INFO, "%s: its whole numbers up to %g are multiplied by 1/255, as the bytes were that the model learned from",
               storage->path, (double)storage->most);
    } else if (storage->most > suspicious) {
        hm_log(p->context, HM_LOG_WARNING,
               "%s: its values go up to %g, where the model learned from bytes times 1/255; say with --scale what these are to be "
               "multiplied by", storage->path, (double)storage->most);
    }
}

/* Bytes where the model learned from other numbers: the same numbers, unless those were shares and these are none. */
static void leave_bytes(plan *p)
{
    const hm_data_known *known = p->known;
    bool were_shares = known->least >= 0 && known->most <= 1;
    if (were_shares && p->storage->most > 1)
        return;
    p->storage->scale = 1;
    hm_log(p->context, HM_LOG_INFO, "%s: its bytes are taken as they are, without 1/255, as the numbers were that the model learned from",
           p->storage->path);
}

/* What `scale` = 0 stands for. */
static void settle_scale(plan *p)
{
    hm_storage *storage = p->storage;
    bool is_bytes = storage->scale != 1;
    if (p->config->scale != 0)
        return;
    if (p->known->has_range && is_bytes && !p->known->is_scaled)
        leave_bytes(p);
    else if (p->known->has_range && !is_bytes && p->known->is_scaled)
        scale_as_bytes(p);
    else if (is_bytes && storage->is_whole && storage->most <= 1)
        hm_log(p->context, HM_LOG_WARNING, "%s: its bytes are all 0 or 1, and bytes are multiplied by 1/255; if they are bits, say --scale 1",
               storage->path);
    p->is_scaled = storage->scale != 1;
}

/* The digest is of the cases as the file holds them, so it comes before they are resized. */
static hm_status open_storage(plan *p, hm_error *error)
{
    hm_status status = p->place.toy ? hm_toy_open(p->context, p->place.toy, &p->storage, error)
                                    : hm_storage_open(p->context, p->place.data, &p->reading, &p->storage, error);
    if (status == HM_OK && p->place.labels[0])
        status = hm_labels_open(p->storage, p->place.labels, error);
    if (status == HM_OK)
        status = take_shape(p->storage, p->shape_channels, p->shape_height, p->shape_width, error);
    if (status == HM_OK)
        status = look_around(p, error);
    if (status == HM_OK)
        status = check_options(p, error);
    if (status == HM_OK)
        status = hm_storage_digest(p->storage, error);
    if (status == HM_OK)
        status = hm_storage_match_classes(p->storage, p->known, error);
    if (status == HM_OK)
        settle_scale(p);
    if (status == HM_OK)
        status = resize(p, error);
    return status == HM_OK ? check_placing(p, error) : status;
}

/* ---- The cases ------------------------------------------------------------------------------- */

static hm_status choose_cases(const plan *p, hm_view *view, hm_error *error)
{
    const hm_random random = {p->context->seed, HM_RANDOM_SPLIT, 0};
    const hm_data_config *config = p->config;
    hm_view chosen = {NULL, p->storage->shape.n_cases};
    hm_status status = HM_OK;
    if (config->classes[0])
        status = hm_view_of_classes(p->storage, config->classes, &chosen, error);
    if (status != HM_OK || config->subset == 0) {
        *view = chosen;
        return status;
    }
    if ((uint64_t)config->subset > chosen.n)
        status = hm_fail(error, HM_ERROR_ARGUMENT, "subset = %lld: %s has only %zu cases%s",
                         (long long)config->subset, p->place.title, chosen.n,
                         config->classes[0] ? " of these classes" : "");
    else
        status = hm_view_divide(p->storage, &chosen, &random, (size_t)config->subset, view, NULL,
                                error);
    hm_view_clear(p->context, &chosen);
    return status;
}

static hm_status hold_back_groups(const plan *p, hm_view *train, hm_view *validation, hm_error *error)
{
    hm_view rest;
    if (p->config->validation > 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "validation and validation-groups exclude each other; leave one of them out");
    hm_status status = hm_sequences_divide(p->storage->sequences, train, p->config->validation_groups, validation, &rest, error);
    if (status != HM_OK)
        return status;
    hm_view_clear(p->context, train);
    *train = rest;
    return HM_OK;
}

/* Moves the validation cases from `train` to `validation`, which stays empty when none are asked
 * for. */
static hm_status hold_back(const plan *p, hm_view *train, hm_view *validation, hm_error *error)
{
    const hm_random random = {p->context->seed, HM_RANDOM_SPLIT, 1};
    double asked = p->config->validation;
    double n_held = asked < 1 ? round(asked * (double)train->n) : asked;
    hm_view rest;
    if (p->config->validation_groups[0])
        return hold_back_groups(p, train, validation, error);
    if (asked == 0)
        return HM_OK;
    if (n_held < 1 || n_held >= (double)train->n)
        return hm_fail(
            error, HM_ERROR_ARGUMENT,
            "validation = %g: of %zu cases at least one must be held back and one left to train on",
            asked, train->n);
    hm_status status = hm_view_divide(p->storage, train, &random, (size_t)n_held, validation, &rest,
                                      error);
    if (status != HM_OK)
        return status;
    hm_view_clear(p->context, train);
    *train = rest;
    return HM_OK;
}

/* Keeps the labels of so many cases, each class in its share, and hides the rest; batches can then no longer be
 * balanced. */
static hm_status hide_labels(const plan *p, hm_dataset *set, hm_error *error)
{
    const hm_random random = {p->context->seed, HM_RANDOM_SPLIT, 2};
    const size_t n = set->view.n, n_kept = (size_t)p->config->labelled;
    hm_view kept = {0};
    if (n_kept == 0)
        return HM_OK;
    if (!p->storage->labels || n_kept > n)
        return hm_fail(error, HM_ERROR_ARGUMENT, "labelled = %zu: %s has %zu labelled training cases", n_kept,
                       p->place.title, p->storage->labels ? n : 0);
    set->is_known = hm_alloc(p->context, n, 1, error);
    if (!set->is_known)
        return HM_ERROR_MEMORY;
    hm_status status = hm_view_divide(p->storage, &set->view, &random, n_kept, &kept, NULL, error);
    for (size_t i = 0, k = 0; status == HM_OK && i < n && k < kept.n; i++) {
        set->is_known[i] = kept.index[k] == hm_view_at(&set->view, i);
        k += set->is_known[i];
    }
    set->n_known = kept.n;
    set->is_balanced = false;
    hm_view_clear(p->context, &kept);
    return status;
}

/* ---- Filtering ------------------------------------------------------------------------------- */

/* What was measured is read back from its text, so that other data, for which a model remembers the text, meet the same numbers. */
static hm_status take_spectrum(const plan *p, const hm_view *train, hm_spectrum *spectrum, hm_error *error)
{
    hm_status status = HM_OK;
    if (!*p->spectrum) {
        status = hm_storage_measure(p->storage, train, p->reading.memory, spectrum, error);
        if (status == HM_OK)
            hm_spectrum_print(spectrum, p->spectrum, HM_TEXT_MAX);
    }
    return status == HM_OK ? hm_spectrum_parse(p->spectrum, spectrum, error) : status;
}

/* All cases, by the spectrum of those to train on. */
static hm_status filter_cases(const plan *p, const hm_view *train, hm_error *error)
{
    hm_spectrum spectrum;
    hm_filter filter = {.whiten = p->config->whiten, .contrast = (float)p->config->contrast};
    hm_status status = HM_OK;
    if (filter.whiten == HM_WHITEN_SPECTRUM) {
        filter.spectrum = &spectrum;
        status = take_spectrum(p, train, &spectrum, error);
    }
    return status == HM_OK ? hm_storage_filter(p->storage, &filter, p->reading.memory, error) : status;
}

/* ---- The sets -------------------------------------------------------------------------------- */

static hm_transform transform_of(const plan *p)
{
    const hm_data_config *config = p->config;
    hm_transform t = {.frame_height = p->frame_height,
                      .frame_width = p->frame_width,
                      .crop_height = p->crop_height,
                      .crop_width = p->crop_width,
                      .has_threshold = config->binarise == HM_BINARISE_THRESHOLD,
                      .is_sampled = config->binarise == HM_BINARISE_SAMPLE,
                      .threshold = (float)config->threshold};
    t.factor = config->scale != 0 ? (float)config->scale : p->storage->scale;
    if (config->invert != p->place.is_inverted) {
        t.factor = -t.factor;
        t.offset = !is_filtered(p); /* as if it were done before whitening or contrast, to which 1 - x is -x */
    }
    return t;
}

/* "mnist train, classes 2, 16x16": the title and what differs from a plain reading. */
static hm_status describe(const plan *p, hm_dataset *set, const char *part, hm_error *error)
{
    const hm_data_config *config = p->config;
    const hm_shape *shape = &p->storage->shape;
    size_t room = HM_PLACE_MAX + 2 * HM_TEXT_MAX, used;
    char *text = hm_alloc(p->context, room, 1, error);
    if (!text)
        return HM_ERROR_MEMORY;
    used = (size_t)snprintf(text, room, "%s", p->place.title);
    if (config->classes[0])
        used += (size_t)snprintf(text + used, room - used, ", classes %s", config->classes);
    if (config->subset)
        used += (size_t)snprintf(text + used, room - used, ", subset of %lld",
                                 (long long)config->subset);
    if (config->labelled)
        used += (size_t)snprintf(text + used, room - used, ", %lld labelled", (long long)config->labelled);
    if (config->context)
        used += (size_t)snprintf(text + used, room - used, ", +-%lld frames", (long long)config->context);
    if (config->longest)
        used += (size_t)snprintf(text + used, room - used, ", longest side %lld", (long long)config->longest);
    if (config->resize[0])
        used += (size_t)snprintf(text + used, room - used, ", %zux%zu", shape->height,
                                 shape->width);
    if (config->whiten != HM_WHITEN_NONE)
        used += (size_t)snprintf(text + used, room - used, ", whitened%s", config->whiten == HM_WHITEN_SPECTRUM ? " by spectrum" : "");
    if (config->contrast > 0)
        used += (size_t)hm_print(text + used, room - used, ", local contrast %g", config->contrast);
    if (p->frame_height)
        used += (size_t)snprintf(text + used, room - used, ", in a frame of %zux%zu", p->frame_height, p->frame_width);
    if (p->crop_height)
        used += (size_t)snprintf(text + used, room - used, ", windows of %zux%zu", p->crop_height, p->crop_width);
    if (config->mirror)
        used += (size_t)snprintf(text + used, room - used, ", mirrored");
    if (config->jitter)
        used += (size_t)snprintf(text + used, room - used, ", jitter of %lld", (long long)config->jitter);
    snprintf(text + used, room - used, "%s%s%s%s%s%s%s", shape->n_channels == 3 ? ", in colour" : "",
             config->fit == HM_FIT_CROP ? ", cropped" : config->fit == HM_FIT_PAD ? ", padded" : "",
             config->invert ? ", inverted" : "",
             config->standardise ? ", standardised" : "",
             config->binarise == HM_BINARISE_THRESHOLD ? ", thresholded" : "",
             config->binarise == HM_BINARISE_SAMPLE ? ", sampled" : "", part);
    set->description = text;
    return HM_OK;
}

static void print_preparation(const plan *p, char *text, size_t size)
{
    hm_data_config config = *p->config;
    if (!config.front_end[0] && p->storage->sequences)
        memcpy(config.front_end, p->storage->sequences->front_end, sizeof config.front_end);
    hm_preparation_print(&config, text, size);
}

static hm_status make_set(const plan *p, hm_view *view, const char *part, hm_dataset **set,
                          hm_error *error)
{
    const hm_data_config *config = p->config;
    const hm_transform transform = transform_of(p);
    hm_status status = hm_dataset_make(p->storage, view, &transform, set, error);
    if (status == HM_OK) {
        print_preparation(p, (*set)->preparation, sizeof (*set)->preparation);
        (*set)->is_balanced = p->storage->labels && config->balance != HM_BALANCE_NO && config->shuffle_run == 0;
        (*set)->shuffle_run = (size_t)config->shuffle_run;
        (*set)->is_scaled = p->is_scaled;
        status = describe(p, *set, part, error);
    }
    return status;
}

/* Values are floats of 24 bits: where a feature varies by a few of their last places alone, what it holds is lost. */
static void warn_of_rounding(const hm_dataset *set, size_t feature, double mean, double deviation)
{
    const double places = 64, step = fabs(mean) * FLT_EPSILON;
    if (mean == 0 || deviation >= places * step || (deviation == 0 && fabs(mean) * FLT_EPSILON < 1))
        return;
    char name[80] = "";
    hm_columns_name(set->storage->columns, feature, name, sizeof name);
    hm_log(set->context, HM_LOG_WARNING,
           "%s: feature %zu%s%s%s (counted from 0) lies near %g and varies by %.3g, but numbers of that size are held in steps of %.3g; subtract "
           "a constant from it in the file",
           set->storage->path, feature, *name ? " (" : "", name, *name ? ")" : "", mean, deviation, step);
}

/* Standardises both sets by the moments of the first. */
static hm_status standardise(hm_dataset *train, hm_dataset *validation, hm_error *error)
{
    size_t n = hm_dataset_n_features(train);
    double *moments = hm_alloc(train->context, n, 2 * sizeof *moments, error);
    float *as_float = moments ? hm_alloc(train->context, n, 2 * sizeof *as_float, error) : NULL;
    hm_status status = as_float ? hm_dataset_moments(train, moments, moments + n, error)
                                : HM_ERROR_MEMORY;
    for (size_t j = 0; status == HM_OK && j < n; j++) {
        float spread = (float)sqrt(moments[n + j]);
        as_float[j] = (float)moments[j];
        as_float[n + j] = spread > 0 ? spread : 1; /* a constant feature becomes 0 */
        warn_of_rounding(train, j, moments[j], sqrt(moments[n + j]));
    }
    if (status == HM_OK)
        status = hm_dataset_standardise(train, as_float, as_float + n, error);
    if (status == HM_OK && validation)
        status = hm_dataset_standardise(validation, as_float, as_float + n, error);
    hm_free(train->context, as_float);
    hm_free(train->context, moments);
    return status;
}

static hm_status make_sets(const plan *p, hm_dataset **train, hm_dataset **validation,
                           hm_error *error)
{
    hm_view views[2] = {{0}};
    hm_status status = choose_cases(p, &views[0], error);
    if (status == HM_OK && validation)
        status = hold_back(p, &views[0], &views[1], error);
    bool is_divided = views[1].n > 0;
    if (status == HM_OK && is_filtered(p))
        status = filter_cases(p, &views[0], error);
    if (status == HM_OK)
        status = make_set(p, &views[0], is_divided ? ", training cases" : "", train, error);
    if (status == HM_OK && is_divided)
        status = make_set(p, &views[1], ", validation cases", validation, error);
    if (status == HM_OK && validation) { /* a caller that learns */
        (*train)->transform.jitter = (size_t)p->config->jitter;
        (*train)->transform.is_mirrored = p->config->mirror;
        (*train)->transform.is_crop_random = p->crop_height > 0;
    }
    if (status == HM_OK)
        status = hide_labels(p, *train, error);
    if (status == HM_OK && p->config->standardise)
        status = standardise(*train, is_divided ? *validation : NULL, error);
    hm_view_clear(p->context, &views[0]);
    hm_view_clear(p->context, &views[1]);
    return status;
}

hm_status hm_dataset_open_known(const hm_context *context, const hm_data_config *config, const hm_data_known *known, hm_dataset **train,
                                hm_dataset **validation, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, train));
    *train = NULL;
    if (validation)
        *validation = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, config, known));
    HM_REQUIRE(hm_options_check(&hm_data_options, config, error));
    hm_data_config complete = *config;
    plan p = {.context = context, .config = &complete, .known = known, .spectrum = complete.spectrum};
    hm_dataset *sets[2] = {NULL, NULL};
    if (validation)
        *validation = NULL;
    if (config->whiten != HM_WHITEN_SPECTRUM)
        complete.spectrum[0] = 0; /* no part of the preparation */
    hm_status status = make_plan(&p, error);
    if (status == HM_OK)
        status = open_storage(&p, error);
    if (status == HM_OK)
        status = make_sets(&p, &sets[0], validation ? &sets[1] : NULL, error);
    hm_storage_close(p.storage);
    for (int i = 0; i < 2; i++) {
        if (status != HM_OK)
            hm_dataset_close(sets[i]);
        else if (sets[i])
            hm_dataset_mark(sets[i]);
    }
    if (status == HM_OK) {
        *train = sets[0];
        if (validation)
            *validation = sets[1];
    }
    return status;
}

hm_status hm_dataset_open(const hm_context *context, const hm_data_config *config, hm_dataset **train, hm_dataset **validation, hm_error *error)
{
    return hm_dataset_open_known(context, config, &(hm_data_known){0}, train, validation, error);
}
