/* PNG through libpng, with our own memory and our own limits. */
#include "data/picture.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/exif.h"

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
    bool is_among_chunks; /* before or behind the pixels, where nothing needs much memory */
    hm_error *error;
    hm_palette *palette; /* null: palettes are looked up and small greys scaled; else neither, and this receives the palette */
    hm_picture picture;
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
    const png_alloc_size_t most = 1 << 20; /* EXIF has 64 KB at most; libpng goes on without the chunk */
    decoder *d = png_get_mem_ptr(png);
    if (d->is_among_chunks && bytes > most)
        return NULL;
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
    return hm_picture_check_size(d->source, d->memory, d->picture.height, d->picture.width, most, d->error);
}

static void take_palette(decoder *d)
{
    png_colorp colours;
    int n = 0;
    if (png_get_color_type(d->png, d->info) != PNG_COLOR_TYPE_PALETTE || !png_get_PLTE(d->png, d->info, &colours, &n))
        return;
    d->palette->n = (size_t)n;
    for (int i = 0; i < n; i++)
        d->palette->colour[i] = (uint32_t)colours[i].red << 16 | (uint32_t)colours[i].green << 8 | colours[i].blue;
}

/* A value a pixel, the index or the grey, and colours of 8 bits. */
static void ask_for_labels(decoder *d)
{
    take_palette(d);
    png_set_packing(d->png);
    if (png_get_color_type(d->png, d->info) & PNG_COLOR_MASK_COLOR)
        png_set_scale_16(d->png);
}

/* To 8 or 16 bits a channel, in the machine's order: grey or colours, perhaps with opacity as the last channel. */
static void ask_for_values(decoder *d)
{
    const uint16_t one = 1;
    if (d->palette)
        ask_for_labels(d);
    else
        png_set_expand(d->png);
    if (*(const unsigned char *)&one == 1)
        png_set_swap(d->png);
    png_read_update_info(d->png, d->info);
    d->picture.n_channels = png_get_channels(d->png, d->info);
    d->picture.is_deep = png_get_bit_depth(d->png, d->info) == 16;
}

/* Text, profiles, gamma and the like are skipped unread: of their length libpng would believe anything. That of EXIF is
 * limited where memory is allocated. */
static void choose_chunks(decoder *d)
{
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
#ifdef PNG_eXIf_SUPPORTED
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_AS_DEFAULT, (png_const_bytep) "eXIf", 1);
#endif
}

/* EXIF may also stand behind the pixels. */
static void take_orientation(decoder *d)
{
    d->picture.orientation = 1;
#ifdef PNG_eXIf_SUPPORTED
    png_bytep exif = NULL;
    png_uint_32 n = 0;
    if (png_get_eXIf_1(d->png, d->info, &n, &exif))
        d->picture.orientation = hm_exif_orientation(exif, n);
#endif
}

static void read_rows(decoder *d, int n_passes)
{
    const hm_picture *p = &d->picture;
    const size_t row = p->width * p->n_channels * (p->is_deep ? sizeof(uint16_t) : 1);
    for (int pass = 0; pass < n_passes; pass++)
        for (size_t y = 0; y < p->height; y++)
            png_read_row(d->png, p->pixels + y * row, NULL);
}

static hm_status decode(decoder *d)
{
    if (setjmp(png_jmpbuf(d->png)))
        return d->status;
    choose_chunks(d);
    d->is_among_chunks = true;
    png_read_info(d->png, d->info);
    d->is_among_chunks = false;
    hm_picture *p = &d->picture;
    p->height = png_get_image_height(d->png, d->info);
    p->width = png_get_image_width(d->png, d->info);
    hm_status status = check_size(d);
    if (status != HM_OK)
        return status;
    int n_passes = png_set_interlace_handling(d->png);
    ask_for_values(d);
    p->pixels = hm_alloc(d->source->context, p->height, p->width * p->n_channels * (p->is_deep ? sizeof(uint16_t) : 1), d->error);
    if (!p->pixels)
        return HM_ERROR_MEMORY;
    read_rows(d, n_passes);
    d->is_among_chunks = true;
    png_read_end(d->png, d->info);
    take_orientation(d);
    return HM_OK;
}

hm_status hm_png_decode_labels(hm_source *source, uint64_t memory, hm_picture *picture, hm_palette *palette, hm_error *error)
{
    decoder d = {.source = source, .memory = memory, .error = error, .palette = palette};
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
    if (status == HM_OK)
        *picture = d.picture;
    else
        hm_free(source->context, d.picture.pixels);
    return status;
}

hm_status hm_png_decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error)
{
    return hm_png_decode_labels(source, memory, picture, NULL, error);
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

hm_status hm_png_decode_labels(hm_source *source, uint64_t memory, hm_picture *picture, hm_palette *palette, hm_error *error)
{
    (void)palette;
    return hm_png_decode(source, memory, picture, error);
}

#endif
