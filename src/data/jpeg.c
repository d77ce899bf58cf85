/* JPEG through libjpeg, whose errors come back here by longjmp: it neither prints nor exits. */
#include "data/picture.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/exif.h"

#ifdef HM_HAVE_JPEG
#include <setjmp.h>
#include <stdio.h> /* jpeglib.h wants it */
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

enum { CHUNK = 1 << 14, SCANS_MAX = 100, SEGMENT_MAX = 0xffff };

/* Everything that must survive the longjmp lives here. */
typedef struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr input;
    struct jpeg_progress_mgr progress;
    jmp_buf give_up;
    hm_source *source;
    uint64_t memory;
    hm_status status; /* what has failed, if the message is written already */
    hm_error *error;
    hm_picture *picture;
    unsigned orientation; /* 0: no EXIF has been seen yet */
    unsigned char chunk[CHUNK];
    unsigned char segment[SEGMENT_MAX];
} decoder;

/* ---- Errors ---------------------------------------------------------------------------------- */

static void on_error(j_common_ptr jpeg)
{
    decoder *d = jpeg->client_data;
    char message[JMSG_LENGTH_MAX];
    if (d->status == HM_OK && jpeg->err->msg_code == JERR_OUT_OF_MEMORY)
        d->status = hm_fail(d->error, HM_ERROR_MEMORY, "%s: out of memory for decoding JPEG",
                            d->source->path);
    if (d->status == HM_OK) {
        jpeg->err->format_message(jpeg, message);
        d->status =
            hm_fail(d->error, HM_ERROR_FORMAT, "%s: damaged JPEG (%s); make or fetch it again",
                    d->source->path, message);
    }
    longjmp(d->give_up, 1);
}

/* Of damaged data libjpeg only warns and goes on with grey; here it is an error. What merely is
 * unusual leaves every pixel as it was meant. */
static void on_message(j_common_ptr jpeg, int level)
{
    static const int harmless[] = {JWRN_ADOBE_XFORM, JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (jpeg->err->msg_code == harmless[i])
            return;
    if (level < 0)
        on_error(jpeg);
}

static void print_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* Each scan of a progressive file goes over the whole picture, however few bytes it has. */
static void limit_scans(j_common_ptr jpeg)
{
    decoder *d = jpeg->client_data;
    if (d->jpeg.input_scan_number <= SCANS_MAX)
        return;
    d->status = hm_fail(d->error, HM_ERROR_FORMAT,
                        "%s: a JPEG of more than %d scans; save it again as a plain JPEG or PNG",
                        d->source->path, SCANS_MAX);
    longjmp(d->give_up, 1);
}

/* ---- Input ----------------------------------------------------------------------------------- */

static void do_nothing(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

static boolean fill_input(j_decompress_ptr jpeg)
{
    decoder *d = jpeg->client_data;
    size_t n;
    d->status = hm_source_read(d->source, d->chunk, CHUNK, &n, d->error);
    if (d->status == HM_OK && n == 0)
        d->status = hm_fail(d->error, HM_ERROR_FORMAT,
                            "%s: ends before its JPEG data is complete; fetch the file again",
                            d->source->path);
    if (d->status != HM_OK)
        longjmp(d->give_up, 1);
    d->input.next_input_byte = d->chunk;
    d->input.bytes_in_buffer = n;
    return TRUE;
}

static void skip_input(j_decompress_ptr jpeg, long n)
{
    decoder *d = jpeg->client_data;
    for (; n > 0 && (size_t)n > d->input.bytes_in_buffer; fill_input(jpeg))
        n -= (long)d->input.bytes_in_buffer;
    if (n > 0) {
        d->input.next_input_byte += n;
        d->input.bytes_in_buffer -= (size_t)n;
    }
}

static unsigned next_byte(decoder *d)
{
    if (d->input.bytes_in_buffer == 0)
        fill_input(&d->jpeg);
    d->input.bytes_in_buffer--;
    return *d->input.next_input_byte++;
}

/* A segment APP1, one of which may hold EXIF: the first that does says how the picture lies. */
static boolean read_app1(j_decompress_ptr jpeg)
{
    static const char name[6] = "Exif\0";
    decoder *d = jpeg->client_data;
    size_t n = next_byte(d) << 8;
    n |= next_byte(d);
    n = n > 2 ? n - 2 : 0; /* the length counts itself */
    for (size_t i = 0; i < n; i++)
        d->segment[i] = (unsigned char)next_byte(d);
    if (d->orientation == 0 && n > sizeof name && memcmp(d->segment, name, sizeof name) == 0)
        d->orientation = hm_exif_orientation(d->segment + sizeof name, n - sizeof name);
    return TRUE;
}

static void connect(decoder *d)
{
    d->jpeg.err = jpeg_std_error(&d->errors);
    d->errors.error_exit = on_error;
    d->errors.emit_message = on_message;
    d->errors.output_message = print_nothing;
    d->jpeg.client_data = d;
    d->input = (struct jpeg_source_mgr){.init_source = do_nothing,
                                        .fill_input_buffer = fill_input,
                                        .skip_input_data = skip_input,
                                        .resync_to_restart = jpeg_resync_to_restart,
                                        .term_source = do_nothing};
    d->progress.progress_monitor = limit_scans;
}

/* ---- Decoding -------------------------------------------------------------------------------- */

/* By Huffman codes every block of 8 x 8 pixels takes a bit at least; arithmetic codes may take
 * less. */
static hm_status check_header(decoder *d)
{
    const struct jpeg_decompress_struct *jpeg = &d->jpeg;
    uint64_t most_pixels = d->source->size < UINT64_MAX / 512 ? d->source->size * 512 : UINT64_MAX;
    if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK)
        return hm_fail(d->error, HM_ERROR_UNSUPPORTED,
                       "%s: a JPEG in the colours of print (CMYK); save it in RGB",
                       d->source->path);
    return hm_picture_check_size(d->source, d->memory, jpeg->image_height, jpeg->image_width,
                                 jpeg->arith_code ? HM_PIXELS_MAX : most_pixels, d->error);
}

static hm_status read_rows(decoder *d)
{
    hm_picture *p = d->picture;
    p->height = d->jpeg.output_height;
    p->width = d->jpeg.output_width;
    p->n_channels = (size_t)d->jpeg.output_components;
    p->orientation = d->orientation > 0 ? d->orientation : 1;
    p->pixels = hm_alloc(d->source->context, p->height, p->width * p->n_channels, d->error);
    if (!p->pixels)
        return HM_ERROR_MEMORY;
    while (d->jpeg.output_scanline < p->height) {
        JSAMPROW row = p->pixels + d->jpeg.output_scanline * p->width * p->n_channels;
        jpeg_read_scanlines(&d->jpeg, &row, 1);
    }
    jpeg_finish_decompress(&d->jpeg);
    return HM_OK;
}

static hm_status decode(decoder *d)
{
    if (setjmp(d->give_up))
        return d->status;
    jpeg_create_decompress(&d->jpeg);
    d->jpeg.src = &d->input;
    d->jpeg.progress = &d->progress;
    jpeg_set_marker_processor(&d->jpeg, JPEG_APP0 + 1, read_app1);
    jpeg_read_header(&d->jpeg, TRUE);
    hm_status status = check_header(d);
    if (status != HM_OK)
        return status;
    d->jpeg.out_color_space = d->jpeg.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&d->jpeg);
    return read_rows(d);
}

hm_status hm_jpeg_decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error)
{
    decoder *d = hm_alloc(source->context, 1, sizeof *d, error);
    if (!d)
        return HM_ERROR_MEMORY;
    *d = (decoder){.source = source, .memory = memory, .error = error, .picture = picture};
    connect(d);
    hm_status status = decode(d);
    jpeg_destroy_decompress(&d->jpeg);
    hm_free(source->context, d);
    if (status != HM_OK) {
        hm_free(source->context, picture->pixels);
        picture->pixels = NULL;
    }
    return status;
}

#else

hm_status hm_jpeg_decode(hm_source *source, uint64_t memory, hm_picture *picture, hm_error *error)
{
    (void)memory, (void)picture;
    return hm_fail(
        error, HM_ERROR_UNSUPPORTED,
        "%s: is a JPEG file, and this build lacks libjpeg; install libjpeg-dev and build again, or "
        "turn it into PNG",
        source->path);
}

#endif
