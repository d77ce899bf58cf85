/* Pictures of either format: which decoder, which sizes, and from pixels with opacity to planes that lie as viewers show them. */
#include "data/picture.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "data/strangers.h"

bool hm_is_png(const unsigned char *head, size_t n)
{
    return n >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0;
}

bool hm_is_jpeg(const unsigned char *head, size_t n)
{
    return n >= 3 && memcmp(head, "\xff\xd8\xff", 3) == 0;
}

static const struct {
    bool (*sniff)(const unsigned char *head, size_t n);
    hm_status (*decode)(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error);
} decoders[] = {
    {hm_is_png, hm_png_decode},
    {hm_is_jpeg, hm_jpeg_decode},
};

hm_status hm_picture_check_size(const hm_source *source, uint64_t memory, size_t height,
                                size_t width, uint64_t most_pixels, hm_error *error)
{
    uint64_t n_pixels = (uint64_t)height * width;
    if (n_pixels > HM_PIXELS_MAX)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: its header says %zu x %zu pixels; at most %" PRIu64
                       " in all can be read",
                       source->path, height, width, HM_PIXELS_MAX);
    if (n_pixels > memory)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: %zu x %zu pixels take more than the %" PRIu64
                       " MB of memory allowed; raise `memory`",
                       source->path, height, width, memory >> 20);
    if (!source->is_packed && n_pixels > most_pixels)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: its header says %zu x %zu pixels, more than a file of %" PRIu64
                       " bytes can hold; make or fetch it again",
                       source->path, height, width, source->size);
    return HM_OK;
}

/* ---- Where pixels lie -------------------------------------------------------------------------- */

/* Row y and column x of the decoded pixels come to lie at x' and y', which are, of the `across` and `down` that are left when both
 * are exchanged or not, counted from the one end or from the other. */
typedef struct turn {
    bool is_exchanged; /* rows become columns */
    bool from_bottom, from_right;
} turn;

static const turn turns[] = {
    [1] = {false, false, false}, [2] = {false, false, true}, [3] = {false, true, true}, [4] = {false, true, false},
    [5] = {true, false, false},  [6] = {true, false, true},  [7] = {true, true, true},  [8] = {true, true, false},
};

/* The size of a picture when it is turned. */
static void turn_size(const hm_picture *p, size_t *height, size_t *width)
{
    bool is_exchanged = turns[p->orientation].is_exchanged;
    *height = is_exchanged ? p->width : p->height;
    *width = is_exchanged ? p->height : p->width;
}

/* Where the pixel of row y and column x stands in the turned picture, row by row. */
static size_t turned_place(const hm_picture *p, size_t y, size_t x)
{
    const turn t = turns[p->orientation];
    size_t height, width;
    turn_size(p, &height, &width);
    size_t down = t.is_exchanged ? x : y, across = t.is_exchanged ? y : x;
    return (t.from_bottom ? height - 1 - down : down) * width + (t.from_right ? width - 1 - across : across);
}

/* ---- From pixels to planes ------------------------------------------------------------------- */

static unsigned value_at(const hm_picture *p, size_t i)
{
    return p->is_deep ? ((const uint16_t *)(const void *)p->pixels)[i] : p->pixels[i];
}

static void set_value(hm_picture *p, size_t i, unsigned value)
{
    if (p->is_deep)
        ((uint16_t *)(void *)p->pixels)[i] = (uint16_t)value;
    else
        p->pixels[i] = (unsigned char)value;
}

static unsigned lightest(const hm_picture *p)
{
    return p->is_deep ? UINT16_MAX : UINT8_MAX;
}

/* On white paper. Products of two numbers of 16 bits, and their half, stay below 2^32. */
static unsigned on_paper(uint32_t value, uint32_t opacity, uint32_t most)
{
    return opacity == most ? value : (value * opacity + most * (most - opacity) + most / 2) / most;
}

/* Of pixel i. */
static unsigned opacity_of(const hm_picture *p, size_t i)
{
    return p->n_channels % 2 == 0 ? value_at(p, (i + 1) * p->n_channels - 1) : lightest(p);
}

/* Channel c of pixel i, a grey one three times. */
static unsigned channel_of(const hm_picture *p, size_t i, size_t c)
{
    return value_at(p, i * p->n_channels + (p->n_channels >= 3 ? c : 0));
}

/* The weights add up to 65,536, so a grey in three equal channels stays what it is. */
static unsigned grey_of(const hm_picture *p, size_t i)
{
    return (19595 * channel_of(p, i, 0) + 38470u * channel_of(p, i, 1) + 7471 * channel_of(p, i, 2) + 32768) >> 16;
}

/* Where nothing is opaque no colour shows. */
static bool is_coloured(const hm_picture *p)
{
    for (size_t i = 0; p->n_channels >= 3 && i < p->height * p->width; i++) {
        unsigned red = channel_of(p, i, 0), green = channel_of(p, i, 1), blue = channel_of(p, i, 2);
        if ((red != green || green != blue) && opacity_of(p, i) > 0)
            return true;
    }
    return false;
}

/* Row y of the decoded picture, to the planes of the other. */
static void lay_row(const hm_picture *from, size_t y, hm_picture *to)
{
    const size_t area = to->height * to->width;
    for (size_t x = 0; x < from->width; x++) {
        size_t i = y * from->width + x, place = turned_place(from, y, x);
        for (size_t c = 0; c < to->n_channels; c++) {
            unsigned value = to->n_channels == 1 ? grey_of(from, i) : channel_of(from, i, c);
            set_value(to, c * area + place, on_paper(value, opacity_of(from, i), lightest(from)));
        }
    }
}

/* Room for the turned picture with so many channels. */
static hm_status make_turned(const hm_context *context, const hm_picture *from, size_t n_channels, hm_picture *to, hm_error *error)
{
    *to = *from;
    to->n_channels = n_channels;
    to->orientation = 1;
    turn_size(from, &to->height, &to->width);
    to->pixels = hm_alloc(context, to->height * to->width, n_channels * (from->is_deep ? sizeof(uint16_t) : 1), error);
    return to->pixels ? HM_OK : HM_ERROR_MEMORY;
}

/* From pixels to n_channels planes, turned. */
static hm_status make_planes(const hm_context *context, size_t n_channels, hm_picture *p, hm_error *error)
{
    hm_picture planes;
    hm_status status = make_turned(context, p, n_channels, &planes, error);
    for (size_t y = 0; status == HM_OK && y < p->height; y++)
        lay_row(p, y, &planes);
    hm_free(context, p->pixels);
    *p = planes;
    return status;
}

/* Pixels stay pixels. */
static hm_status turn_pixels(const hm_context *context, hm_picture *p, hm_error *error)
{
    hm_picture turned;
    if (p->orientation == 1)
        return HM_OK;
    hm_status status = make_turned(context, p, p->n_channels, &turned, error);
    for (size_t i = 0; status == HM_OK && i < p->height * p->width; i++)
        for (size_t c = 0; c < p->n_channels; c++)
            set_value(&turned, turned_place(p, i / p->width, i % p->width) * p->n_channels + c, value_at(p, i * p->n_channels + c));
    hm_free(context, p->pixels);
    *p = turned;
    return status;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static hm_status look(hm_source *source, unsigned char head[HM_HEAD_MAX], size_t *n, hm_error *error)
{
    hm_status status = hm_source_read(source, head, HM_HEAD_MAX, n, error);
    return status == HM_OK ? hm_source_rewind(source, error) : status;
}

static hm_status fail_stranger(const hm_source *source, const unsigned char *head, size_t n, hm_error *error)
{
    const hm_stranger *stranger = hm_stranger_find(head, n);
    return hm_fail(error, HM_ERROR_FORMAT, "%s: is neither a PNG nor a JPEG picture, whatever its name%s%s; %s", source->path,
                   stranger ? ", but looks like " : "", stranger ? stranger->looks_like : "",
                   stranger ? stranger->remedy : "make or fetch it again");
}

static hm_status decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error)
{
    unsigned char head[HM_HEAD_MAX];
    size_t n;
    hm_status status = look(source, head, &n, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++)
        if (decoders[i].sniff(head, n))
            return decoders[i].decode(source, memory, picture, error);
    return fail_stranger(source, head, n, error);
}

hm_status hm_picture_read(hm_source *source, uint64_t memory, size_t n_channels, hm_picture *picture, hm_error *error)
{
    *picture = (hm_picture){0};
    hm_status status = decode(source, memory, picture, error);
    if (status != HM_OK)
        return status;
    picture->is_coloured = is_coloured(picture);
    return make_planes(source->context, n_channels > 0 ? n_channels : picture->is_coloured ? 3 : 1, picture, error);
}

hm_status hm_picture_read_labels(hm_source *source, uint64_t memory, hm_picture *picture, hm_palette *palette, hm_error *error)
{
    unsigned char head[HM_HEAD_MAX];
    size_t n;
    *picture = (hm_picture){0};
    *palette = (hm_palette){0};
    hm_status status = look(source, head, &n, error);
    if (status == HM_OK && hm_is_jpeg(head, n))
        return hm_fail(error, HM_ERROR_FORMAT, "%s: is a JPEG, which blurs labels; save them as PNG", source->path);
    if (status == HM_OK && !hm_is_png(head, n))
        return fail_stranger(source, head, n, error);
    if (status == HM_OK)
        status = hm_png_decode_labels(source, memory, picture, palette, error);
    return status == HM_OK ? turn_pixels(source->context, picture, error) : status;
}
