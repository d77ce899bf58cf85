/* PNG through libpng, with our own memory and our own limits. */
#include "data/picture.h"

#include "base/alloc.h"
#include "base/fail.h"

#ifdef HM_HAVE_PNG
#include <setjmp.h>

#include <png.h>

/* Everything that must survive the longjmp by which libpng reports errors lives here. */
typedef struct decoder {
    png_structp png;
    png_infop info;
    hm_source *source;
    uint64_t memory;
    hm_status status; /* what has failed, if the message is written already */
    bool is_out_of_memory;
    hm_error *error;
    bool keeps_indices; /* palettes are not looked up, small greys not scaled */
    size_t height, width, n_channels;
    unsigned char *pixels; /* [height][width][n_channels] */
} decoder;

static void on_error(png_structp png, png_const_charp message)
{
    decoder *d = png_get_error_ptr(png);
    if (d->status == HM_OK && d->is_out_of_memory)
        d->status = hm_fail(d->error, HM_ERROR_MEMORY, "%s: out of memory for decoding PNG",
                            d->source->path);
    if (d->status == HM_OK)
        d->status =
            hm_fail(d->error, HM_ERROR_FORMAT, "%s: damaged PNG (%s); make or fetch it again",
                    d->source->path, message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png, (void)message;
}

static void *allocate_for_png(png_structp png, png_alloc_size_t bytes)
{
    decoder *d = png_get_mem_ptr(png);
    void *memory = hm_alloc(d->source->context, bytes, 1, NULL);
    d->is_out_of_memory = d->is_out_of_memory || !memory;
    return memory;
}

static void free_for_png(png_structp png, void *memory)
{
    decoder *d = png_get_mem_ptr(png);
    hm_free(d->source->context, memory);
}

static void read_for_png(png_structp png, png_bytep bytes, size_t n)
{
    decoder *d = png_get_io_ptr(png);
    d->status = hm_source_read_all(d->source, bytes, n, "PNG data", d->error);
    if (d->status != HM_OK)
        png_error(png, "read");
}

/* Deflate cannot unpack a byte to more than 1,032, so the size of the file bounds the true size. */
static hm_status check_size(const decoder *d)
{
    uint64_t n_bits =
        png_get_bit_depth(d->png, d->info) * (uint64_t)png_get_channels(d->png, d->info);
    uint64_t most = d->source->size < UINT64_MAX / 16 / HM_DEFLATE_RATIO
                        ? (d->source->size + 1) * 8 * HM_DEFLATE_RATIO / n_bits
                        : UINT64_MAX;
    return hm_picture_check_size(d->source, d->memory, d->height, d->width, most, d->error);
}

static hm_status check_indices(const decoder *d)
{
    int type = png_get_color_type(d->png, d->info);
    if ((type == PNG_COLOR_TYPE_PALETTE || type == PNG_COLOR_TYPE_GRAY) &&
        png_get_bit_depth(d->png, d->info) <= 8)
        return HM_OK;
    return hm_fail(d->error, HM_ERROR_FORMAT,
                   "%s: has colours, opacity or 16 bits, and labels want a palette or grey of at "
                   "most 8; convert it",
                   d->source->path);
}

/* To a byte a pixel, the index or the grey value; or any kind of PNG to 8 bits a channel: grey or
 * colours, perhaps with opacity as the last channel. */
static void ask_for_bytes(decoder *d)
{
    if (d->keeps_indices) {
        png_set_packing(d->png);
    } else {
        png_set_expand(d->png);
        png_set_scale_16(d->png);
    }
    png_read_update_info(d->png, d->info);
    d->n_channels = png_get_channels(d->png, d->info);
}

static hm_status decode(decoder *d)
{
    if (setjmp(png_jmpbuf(d->png)))
        return d->status;
    /* Text, profiles and the like are skipped unread: of their length libpng would believe
     * anything. */
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(d->png, d->info);
    d->height = png_get_image_height(d->png, d->info);
    d->width = png_get_image_width(d->png, d->info);
    hm_status status = check_size(d);
    if (status == HM_OK && d->keeps_indices)
        status = check_indices(d);
    if (status != HM_OK)
        return status;
    int n_passes = png_set_interlace_handling(d->png);
    ask_for_bytes(d);
    d->pixels = hm_alloc(d->source->context, d->height, d->width * d->n_channels, d->error);
    if (!d->pixels)
        return HM_ERROR_MEMORY;
    for (int pass = 0; pass < n_passes; pass++)
        for (size_t y = 0; y < d->height; y++)
            png_read_row(d->png, d->pixels + y * d->width * d->n_channels, NULL);
    png_read_end(d->png, NULL);
    return HM_OK;
}

static hm_status decode_as(hm_source *source, uint64_t memory, bool keeps_indices,
                           hm_picture *picture, hm_error *error)
{
    decoder d = {
        .source = source, .memory = memory, .error = error, .keeps_indices = keeps_indices};
    hm_status status = HM_ERROR_MEMORY;
    d.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning, &d,
                                     allocate_for_png, free_for_png);
    if (d.png)
        d.info = png_create_info_struct(d.png);
    if (d.info) {
        png_set_read_fn(d.png, &d, read_for_png);
        status = decode(&d);
    } else {
        hm_fail(error, HM_ERROR_MEMORY, "%s: out of memory for decoding PNG", source->path);
    }
    png_destroy_read_struct(&d.png, &d.info, NULL);
    if (status == HM_OK) {
        *picture = (hm_picture){d.height, d.width, d.n_channels, d.pixels};
    } else {
        hm_free(source->context, d.pixels);
    }
    return status;
}

hm_status hm_png_decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error)
{
    return decode_as(source, memory, false, picture, error);
}

hm_status hm_png_decode_indices(hm_source *source, uint64_t memory, hm_picture *picture,
                                hm_error *error)
{
    return decode_as(source, memory, true, picture, error);
}

#else

hm_status hm_png_decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error)
{
    (void)memory, (void)picture;
    return hm_fail(
        error, HM_ERROR_UNSUPPORTED,
        "%s: is a PNG file, and this build lacks libpng; install libpng-dev and build again",
        source->path);
}

hm_status hm_png_decode_indices(hm_source *source, uint64_t memory, hm_picture *picture,
                                hm_error *error)
{
    return hm_png_decode(source, memory, picture, error);
}

#endif
