/* Label pictures: a class for each pixel, as PNG. Files say it by numbers or by the colours of the classes; those that are written here
 * have a byte for each pixel, the number of its class. */
#include <harmonium/scene.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "data/picture.h"
#include "show/image.h"

enum { VOID = 255, NO_LABEL = -1 }; /* VOID: beside the number after the last class, what does not count */

/* A file as it was read: the palette is empty unless its values are indices. */
typedef struct drawing {
    const hm_scene_classes *classes;
    const char *path;
    hm_picture picture;
    hm_palette palette;
} drawing;

/* ---- What a pixel says -------------------------------------------------------------------------------- */

/* Channel c of pixel i. */
static uint32_t value_at(const drawing *d, size_t i, size_t c)
{
    const hm_picture *p = &d->picture;
    size_t at = i * p->n_channels + c;
    return p->is_deep ? ((const uint16_t *)(const void *)p->pixels)[at] : p->pixels[at];
}

static bool is_in_colour(const drawing *d)
{
    return d->picture.n_channels >= 3;
}

static bool is_transparent(const drawing *d, size_t i)
{
    size_t n = d->picture.n_channels;
    return n % 2 == 0 && value_at(d, i, n - 1) == 0;
}

/* 0xRRGGBB; what lies beyond the palette, and 16 bits, are no colour. */
static uint32_t colour_at(const drawing *d, size_t i)
{
    const uint32_t grey = 0x010101, none = UINT32_MAX;
    uint32_t value = value_at(d, i, 0);
    if (is_in_colour(d))
        return value << 16 | value_at(d, i, 1) << 8 | value_at(d, i, 2);
    if (d->palette.n > 0)
        return value < d->palette.n ? d->palette.colour[value] : none;
    return value <= UINT8_MAX ? value * grey : none;
}

/* The class of this colour; the one of what does not count comes last, so that a class may be black where no line gives that colour. */
static int label_of_colour(const hm_scene_classes *classes, uint32_t colour)
{
    for (size_t k = 0; k <= classes->n; k++)
        if (classes->colour[k] == colour)
            return (int)k;
    return NO_LABEL;
}

static int label_by_colour(const drawing *d, size_t i)
{
    return is_transparent(d, i) ? (int)d->classes->n : label_of_colour(d->classes, colour_at(d, i));
}

/* Numbers may be drawn in three equal channels. */
static int label_by_number(const drawing *d, size_t i)
{
    const size_t n = d->classes->n;
    uint32_t value = value_at(d, i, 0);
    if (is_transparent(d, i))
        return (int)n;
    if (is_in_colour(d) && (value != value_at(d, i, 1) || value != value_at(d, i, 2)))
        return NO_LABEL;
    return value < n ? (int)value : value == n || value == VOID ? (int)n : NO_LABEL;
}

/* ---- Numbers or colours ------------------------------------------------------------------------------- */

typedef int (*rule)(const drawing *d, size_t i);

static size_t count_pixels(const drawing *d)
{
    return d->picture.height * d->picture.width;
}

/* The first pixel that has no label by the rule, or the number of pixels. */
static size_t find_unknown(const drawing *d, rule label)
{
    size_t i = 0;
    while (i < count_pixels(d) && label(d, i) != NO_LABEL)
        i++;
    return i;
}

/* Whether all colours of a palette are those of classes, but for the black that fills it up unused. What single pictures use of it does not
 * decide: pictures of one set must be read alike. */
static bool is_palette_of_classes(const drawing *d)
{
    bool is_used[256] = {false};
    for (size_t i = 0; d->palette.n > 0 && i < count_pixels(d); i++)
        is_used[value_at(d, i, 0)] = true;
    for (size_t k = 0; k < d->palette.n; k++)
        if (label_of_colour(d->classes, d->palette.colour[k]) == NO_LABEL && (is_used[k] || d->palette.colour[k] != 0))
            return false;
    return d->palette.n > 0;
}

/* ---- Refusals ----------------------------------------------------------------------------------------- */

static unsigned distance(uint32_t a, uint32_t b)
{
    unsigned sum = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        int difference = (int)(a >> shift & 255) - (int)(b >> shift & 255);
        sum += (unsigned)(difference * difference);
    }
    return sum;
}

/* The class, or what does not count, whose colour is the nearest, other than `besides`. */
static size_t find_nearest(const hm_scene_classes *classes, uint32_t colour, size_t besides)
{
    size_t best = besides == 0;
    for (size_t k = 0; k <= classes->n; k++)
        if (k != besides && distance(classes->colour[k], colour) < distance(classes->colour[best], colour))
            best = k;
    return best;
}

static hm_status fail_colour(const drawing *d, size_t i, hm_error *error)
{
    const hm_scene_classes *c = d->classes;
    const uint32_t colour = colour_at(d, i);
    size_t first = find_nearest(c, colour, SIZE_MAX), second = find_nearest(c, colour, first);
    const uint32_t one = c->colour[first], other = c->colour[second];
    return hm_fail(error, HM_ERROR_FORMAT,
                   "%s: the colour %u %u %u at column %zu of row %zu is that of no class; the nearest are `%s` (%u %u %u) and `%s` (%u %u "
                   "%u). Draw labels without smoothed edges, and give each colour a line in the file of classes",
                   d->path, colour >> 16, colour >> 8 & 255, colour & 255, i % d->picture.width, i / d->picture.width, c->name[first],
                   one >> 16, one >> 8 & 255, one & 255, c->name[second], other >> 16, other >> 8 & 255, other & 255);
}

static hm_status fail_number(const drawing *d, size_t i, hm_error *error)
{
    const size_t n = d->classes->n;
    return hm_fail(error, HM_ERROR_FORMAT,
                   "%s: label %u at column %zu of row %zu, and there are but %zu classes (%zu or %d: unlabelled); correct it, or the file of "
                   "classes",
                   d->path, value_at(d, i, 0), i % d->picture.width, i / d->picture.width, n, n, VOID);
}

/* ---- Loading ------------------------------------------------------------------------------------------ */

/* By what the kind of picture suggests, else by the other rule. */
static hm_status choose_rule(const drawing *d, rule *label, hm_error *error)
{
    bool is_by_colour = is_in_colour(d) || is_palette_of_classes(d);
    *label = is_by_colour ? label_by_colour : label_by_number;
    size_t i = find_unknown(d, *label);
    if (i == count_pixels(d))
        return HM_OK;
    *label = is_by_colour ? label_by_number : label_by_colour;
    if (find_unknown(d, *label) == count_pixels(d))
        return HM_OK;
    return is_by_colour ? fail_colour(d, i, error) : fail_number(d, i, error);
}

static hm_status make_labels(const drawing *d, hm_label_picture *out, hm_error *error)
{
    const hm_context *context = d->classes->context;
    rule label;
    hm_status status = choose_rule(d, &label, error);
    if (status != HM_OK)
        return status;
    *out = (hm_label_picture){context, d->picture.height, d->picture.width, hm_alloc(context, count_pixels(d), 1, error)};
    for (size_t i = 0; out->labels && i < count_pixels(d); i++)
        out->labels[i] = (uint8_t)label(d, i);
    return out->labels ? HM_OK : HM_ERROR_MEMORY;
}

hm_status hm_label_picture_load(const hm_scene_classes *classes, const char *path, hm_label_picture *picture, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, classes, path, picture));
    hm_source source;
    drawing d = {.classes = classes, .path = path};
    *picture = (hm_label_picture){.context = classes->context};
    hm_status status = hm_source_open(classes->context, path, &source, error);
    if (status != HM_OK)
        return status;
    status = hm_picture_read_labels(&source, UINT64_MAX, &d.picture, &d.palette, error);
    if (status == HM_OK)
        status = make_labels(&d, picture, error);
    hm_free(classes->context, d.picture.pixels);
    hm_source_close(&source);
    return status;
}

void hm_label_picture_clear(hm_label_picture *picture)
{
    hm_free(picture->context, picture->labels);
    picture->labels = NULL;
}

hm_status hm_label_picture_save(const hm_label_picture *picture, const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, picture, path));
    return hm_png_save_grey(picture->labels, picture->width, picture->height, path, error);
}
