/* Images, and their PNG files. */
#include "base/check.h"
#include "show/image.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

#ifdef HM_HAVE_PNG
#include <png.h>
#endif

enum { SIDE_MAX = 32768, FILE_MAX = 1 << 28 };

hm_status hm_image_create(const hm_context *context, size_t width, size_t height, uint32_t colour, hm_image **out,
                          hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    HM_REQUIRE(HM_GIVEN(error, context));
    if (width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a picture of %zu x %zu pixels cannot be drawn (1 to %d a side)",
                       width, height, SIDE_MAX);
    hm_image *image = hm_alloc(context, 1, sizeof *image + 3 * width * height, error);
    if (!image)
        return HM_ERROR_MEMORY;
    image->context = context;
    image->width = width;
    image->height = height;
    hm_image_fill(image, 0, 0, width, height, colour);
    *out = image;
    return HM_OK;
}

void hm_image_destroy(hm_image *image)
{
    if (image)
        hm_free(image->context, image);
}

size_t hm_image_width(const hm_image *image)
{
    return image->width;
}

size_t hm_image_height(const hm_image *image)
{
    return image->height;
}

uint8_t *hm_image_pixels(hm_image *image)
{
    return image->pixels;
}

void hm_image_set(hm_image *image, size_t x, size_t y, uint32_t colour)
{
    uint8_t *pixel = image->pixels + 3 * (y * image->width + x);
    pixel[0] = (uint8_t)(colour >> 16);
    pixel[1] = (uint8_t)(colour >> 8);
    pixel[2] = (uint8_t)colour;
}

void hm_image_fill(hm_image *image, size_t x, size_t y, size_t width, size_t height, uint32_t colour)
{
    for (size_t row = y; row < y + height; row++)
        for (size_t column = x; column < x + width; column++)
            hm_image_set(image, column, row, colour);
}

uint32_t hm_grey_of(float value)
{
    if (isnan(value))
        return HM_COLOUR_NAN;
    value = value < 0 ? 0 : value > 1 ? 1 : value;
    return (uint32_t)(value * 255 + 0.5f) * 0x010101;
}

#ifdef HM_HAVE_PNG
static void write_bytes(png_structp png, png_bytep bytes, png_size_t n)
{
    hm_file_write(png_get_io_ptr(png), bytes, n);
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

/* values[height][width][n_channels], grey or red, green, blue */
typedef struct pixels {
    const uint8_t *values;
    size_t width, height, n_channels;
} pixels;

/* False when libpng gave up; its errors jump back to here. */
static bool encode(const pixels *p, hm_file_writer *writer)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    png_set_write_fn(png, writer, write_bytes, flush_nothing);
    png_set_IHDR(png, info, (png_uint_32)p->width, (png_uint_32)p->height, 8,
                 p->n_channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (size_t row = 0; row < p->height; row++)
        png_write_row(png, p->values + p->n_channels * row * p->width);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

static hm_status save(const pixels *p, const char *path, hm_error *error)
{
    hm_file_writer writer;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    if (encode(p, &writer))
        return hm_file_commit(&writer, error);
    hm_file_abandon(&writer);
    return hm_fail(error, HM_ERROR_MEMORY, "%s: the PNG encoder ran out of memory", path);
}

hm_status hm_image_save_png(const hm_image *image, const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image, path));
    return save(&(pixels){image->pixels, image->width, image->height, 3}, path, error);
}

hm_status hm_png_save_grey(const uint8_t *values, size_t width, size_t height, const char *path, hm_error *error)
{
    return save(&(pixels){values, width, height, 1}, path, error);
}

/* The header tells the size, which is checked before anything of it is made. */
static hm_status decode(const hm_context *context, const char *path, const unsigned char *bytes, size_t n,
                        hm_image **out, hm_error *error)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&png, bytes, n))
        return hm_fail(error, HM_ERROR_FORMAT, "%s: %s", path, png.message);
    png.format = PNG_FORMAT_RGB;
    hm_status status = hm_image_create(context, png.width, png.height, 0, out, error);
    if (status == HM_OK && !png_image_finish_read(&png, NULL, (*out)->pixels, 0, NULL)) {
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: %s", path, png.message);
        hm_image_destroy(*out);
        *out = NULL;
    }
    png_image_free(&png);
    return status;
}

hm_status hm_image_load_png(const hm_context *context, const char *path, hm_image **image, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path));
    unsigned char *bytes;
    size_t n;
    hm_status status = hm_file_load(context, path, FILE_MAX, &bytes, &n, error);
    if (status != HM_OK)
        return status;
    status = decode(context, path, bytes, n, image, error);
    hm_free(context, bytes);
    return status;
}
#else
hm_status hm_image_load_png(const hm_context *context, const char *path, hm_image **image, hm_error *error)
{
    (void)context;
    *image = NULL;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "%s: this build reads no PNG; install libpng-dev and build again", path);
}

hm_status hm_image_save_png(const hm_image *image, const char *path, hm_error *error)
{
    (void)image;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "%s: this build writes no PNG; install libpng-dev and build again",
                   path);
}

hm_status hm_png_save_grey(const uint8_t *values, size_t width, size_t height, const char *path, hm_error *error)
{
    (void)values, (void)width, (void)height;
    return hm_image_save_png(NULL, path, error);
}
#endif
