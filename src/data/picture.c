/* Pictures of either format: which decoder, which sizes, and from pixels with opacity to planes. */
#include "data/picture.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

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

/* ---- From pixels to planes ------------------------------------------------------------------- */

/* On white paper. */
static unsigned char on_paper(unsigned value, unsigned opacity)
{
    return (unsigned char)((value * opacity + 255 * (255 - opacity) + 127) / 255);
}

/* The weights add up to 65,536, so a grey in three equal channels stays what it is. */
static unsigned grey_of(const unsigned char *pixel, size_t n_channels)
{
    if (n_channels < 3)
        return pixel[0];
    return (19595 * pixel[0] + 38470u * pixel[1] + 7471 * pixel[2] + 32768) >> 16;
}

static unsigned opacity_of(const unsigned char *pixel, size_t n_channels)
{
    return n_channels % 2 == 0 ? pixel[n_channels - 1] : 255;
}

/* Where nothing is opaque no colour shows. */
static bool is_coloured(const hm_picture *p)
{
    const unsigned char *pixel = p->pixels;
    for (size_t i = 0; p->n_channels >= 3 && i < p->height * p->width; i++, pixel += p->n_channels)
        if ((pixel[0] != pixel[1] || pixel[1] != pixel[2]) && opacity_of(pixel, p->n_channels) > 0)
            return true;
    return false;
}

/* In place: pixel i of one channel never lies behind pixel i of several. */
static void turn_grey(hm_picture *p)
{
    const unsigned char *pixel = p->pixels;
    for (size_t i = 0; i < p->height * p->width; i++, pixel += p->n_channels)
        p->pixels[i] = on_paper(grey_of(pixel, p->n_channels), opacity_of(pixel, p->n_channels));
    p->n_channels = 1;
}

static hm_status split_planes(const hm_context *context, hm_picture *p, hm_error *error)
{
    const size_t n = p->height * p->width;
    unsigned char *planes = hm_alloc(context, n, 3, error);
    if (!planes)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const unsigned char *pixel = p->pixels + i * p->n_channels;
        for (size_t c = 0; c < 3; c++)
            planes[c * n + i] = on_paper(pixel[c], opacity_of(pixel, p->n_channels));
    }
    hm_free(context, p->pixels);
    p->pixels = planes;
    p->n_channels = 3;
    return HM_OK;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static hm_status decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error)
{
    unsigned char head[8];
    size_t n;
    hm_status status = hm_source_read(source, head, sizeof head, &n, error);
    if (status == HM_OK)
        status = hm_source_rewind(source, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++)
        if (decoders[i].sniff(head, n))
            return decoders[i].decode(source, memory, picture, error);
    return hm_fail(
        error, HM_ERROR_FORMAT,
        "%s: is neither a PNG nor a JPEG picture, whatever its name; make or fetch it again",
        source->path);
}

hm_status hm_picture_read(hm_source *source, uint64_t memory, bool grey, hm_picture *picture,
                          hm_error *error)
{
    *picture = (hm_picture){0};
    hm_status status = decode(source, memory, picture, error);
    if (status != HM_OK)
        return status;
    if (grey || !is_coloured(picture))
        turn_grey(picture);
    else
        status = split_planes(source->context, picture, error);
    if (status != HM_OK) {
        hm_free(source->context, picture->pixels);
        picture->pixels = NULL;
    }
    return status;
}
