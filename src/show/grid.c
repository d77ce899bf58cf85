/* Grids of little pictures: filters, samples, bands of reconstructions. */
#include <math.h>
#include <string.h>

#include "base/check.h"
#include "base/fail.h"
#include "show/image.h"

enum { WIDTH_WANTED = 800, ZOOM_MAX = 6, TITLE_SIZE = 15, TITLE_SIZE_LEAST = 9, CAPTION_SIZE = 11, MARGIN = 10 };

/* Where everything goes. */
typedef struct layout {
    const hm_grid *grid;
    size_t height, width;   /* of a tile, in values */
    size_t n_channels;      /* 1 or 3 */
    size_t zoom, gap;
    size_t n_tiles, n_cols, n_rows;
    size_t left, top;       /* of the first tile, in pixels */
    size_t caption;         /* height under each tile */
    size_t across, down;    /* whole picture */
} layout;

static size_t tile_width(const layout *l)
{
    return l->width * l->zoom;
}

static size_t tile_height(const layout *l)
{
    return l->height * l->zoom;
}

static void place(layout *l, size_t left, bool has_captions)
{
    const hm_grid *grid = l->grid;
    size_t zoom = WIDTH_WANTED / (l->n_cols * l->width + 1);
    l->zoom = grid->zoom ? grid->zoom : zoom < 1 ? 1 : zoom > ZOOM_MAX ? ZOOM_MAX : zoom;
    l->gap = l->zoom < 3 ? 1 : l->zoom / 2;
    l->caption = has_captions ? CAPTION_SIZE + 8 : 0;
    l->left = MARGIN + left;
    l->top = grid->title ? MARGIN + 2 * TITLE_SIZE : MARGIN;
    l->across = l->left + l->n_cols * (tile_width(l) + l->gap) - l->gap + MARGIN;
    l->down = l->top + l->n_rows * (tile_height(l) + l->gap + l->caption) - l->gap + MARGIN;
}

static float value_at(const layout *l, const hm_matrix *values, size_t tile, size_t k)
{
    return l->grid->transposed ? hm_row_f32(values, k)[tile] : hm_row_f32(values, tile)[k];
}

static float largest_magnitude(const layout *l, const hm_matrix *values, size_t first, size_t n)
{
    float most = 0;
    for (size_t tile = first; tile < first + n; tile++)
        for (size_t k = 0; k < l->height * l->width * l->n_channels; k++) {
            float magnitude = fabsf(value_at(l, values, tile, k));
            most = isfinite(magnitude) && magnitude > most ? magnitude : most;
        }
    return most;
}

static uint32_t shade(const layout *l, float value, float scale)
{
    if (l->grid->signed_values)
        value = scale > 0 ? 0.5f + 0.5f * value / scale : 0.5f;
    return hm_grey_of(l->grid->dark_on_light ? 1 - value : value);
}

/* Each plane gives the byte of its colour. */
static uint32_t colour_at(const layout *l, const hm_matrix *values, size_t tile, size_t k, float scale)
{
    static const uint32_t mask[3] = {0xff0000, 0x00ff00, 0x0000ff};
    uint32_t colour = 0;
    if (l->n_channels == 1)
        return shade(l, value_at(l, values, tile, k), scale);
    for (size_t c = 0; c < 3; c++)
        colour |= shade(l, value_at(l, values, tile, c * l->height * l->width + k), scale) & mask[c];
    return colour;
}

static void draw_tile(hm_image *image, const layout *l, const hm_matrix *values, size_t tile, size_t at, float scale)
{
    size_t x0 = l->left + at % l->n_cols * (tile_width(l) + l->gap);
    size_t y0 = l->top + at / l->n_cols * (tile_height(l) + l->gap + l->caption);
    for (size_t k = 0; k < l->height * l->width; k++)
        hm_image_fill(image, x0 + k % l->width * l->zoom, y0 + k / l->width * l->zoom, l->zoom, l->zoom,
                      colour_at(l, values, tile, k, scale));
    if (l->grid->captions && l->caption) {
        const char *text = l->grid->captions[at % l->n_cols + at / l->n_cols * l->n_cols];
        double room = (double)tile_width(l) - hm_text_width(CAPTION_SIZE, text);
        hm_image_text(image, (double)x0 + room / 2, (double)(y0 + tile_height(l)) + l->caption / 2.0, CAPTION_SIZE,
                      text);
    }
}

static void draw_tiles(hm_image *image, const layout *l, const hm_matrix *values, size_t n, size_t at)
{
    float common = l->grid->signed_values && l->grid->common_scale ? largest_magnitude(l, values, 0, n) : 0;
    for (size_t tile = 0; tile < n; tile++) {
        float scale = l->grid->common_scale     ? common
                      : l->grid->signed_values ? largest_magnitude(l, values, tile, 1)
                                               : 0;
        draw_tile(image, l, values, tile, at + tile, scale);
    }
}

static size_t channels_of(const hm_grid *grid)
{
    return grid->n_channels ? grid->n_channels : 1;
}

static hm_status check_tiles(const hm_matrix *values, size_t height, size_t width, const hm_grid *grid, hm_error *error)
{
    bool transposed = grid->transposed;
    size_t n_channels = channels_of(grid);
    size_t n_tiles = transposed ? values->cols : values->rows, n_values = transposed ? values->rows : values->cols;
    if (n_tiles == 0 || height == 0 || width == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "there is nothing to draw: %zu tiles of %zu x %zu", n_tiles, height,
                       width);
    if (n_channels != 1 && n_channels != 3)
        return hm_fail(error, HM_ERROR_ARGUMENT, "tiles of %zu channels cannot be drawn; 1 or 3 can", n_channels);
    HM_REQUIRE(hm_check_matrix("values", *values, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    if (n_values % n_channels || n_values / n_channels % height || n_values / n_channels / height != width)
        return hm_fail(error, HM_ERROR_MISMATCH, "tiles of %zu values cannot be drawn as %zu x %zu in %zu channel%s",
                       n_values, height, width, n_channels, n_channels == 1 ? "" : "s");
    return HM_OK;
}

/* As large as fits, down to what can still be read. */
static double title_size(const layout *l)
{
    double size = TITLE_SIZE, room = (double)(l->across - 2 * MARGIN);
    while (size > TITLE_SIZE_LEAST && hm_text_width(size, l->grid->title) > room)
        size--;
    return size;
}

static hm_status start_picture(const hm_context *context, const layout *l, hm_image **image, hm_error *error)
{
    hm_status status = hm_image_create(context, l->across, l->down, HM_COLOUR_PAPER, image, error);
    if (status == HM_OK && l->grid->title)
        hm_image_text(*image, MARGIN, MARGIN + TITLE_SIZE * 0.7, title_size(l), l->grid->title);
    return status;
}

hm_status hm_image_grid(const hm_context *context, hm_matrix values, size_t height, size_t width, const hm_grid *grid,
                        hm_image **image, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, grid));
    layout l = {.grid = grid, .height = height, .width = width, .n_channels = channels_of(grid)};
    hm_status status = check_tiles(&values, height, width, grid, error);
    if (status != HM_OK)
        return status;
    l.n_tiles = grid->transposed ? values.cols : values.rows;
    l.n_cols = grid->n_cols ? grid->n_cols : (size_t)ceil(sqrt((double)l.n_tiles));
    l.n_cols = l.n_cols < l.n_tiles ? l.n_cols : l.n_tiles;
    l.n_rows = (l.n_tiles + l.n_cols - 1) / l.n_cols;
    place(&l, 0, grid->captions != NULL);
    status = start_picture(context, &l, image, error);
    if (status == HM_OK)
        draw_tiles(*image, &l, &values, l.n_tiles, 0);
    return status;
}

hm_status hm_image_bands(const hm_context *context, const hm_matrix *bands, const char *const *band_names,
                         size_t n_bands, size_t height, size_t width, const hm_grid *grid, hm_image **image,
                         hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, bands, grid));
    double names_width = 0;
    for (size_t i = 0; i < n_bands; i++) {
        hm_status status = check_tiles(&bands[i], height, width, grid, error);
        if (status != HM_OK)
            return status;
        if (band_names)
            names_width = fmax(names_width, hm_text_width(CAPTION_SIZE + 1, band_names[i]) + MARGIN);
    }
    if (n_bands == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "there is nothing to draw: no bands");
    layout l = {.grid = grid, .height = height, .width = width, .n_channels = channels_of(grid), .n_rows = n_bands};
    l.n_cols = l.n_tiles = grid->transposed ? bands[0].cols : bands[0].rows;
    place(&l, (size_t)ceil(names_width), false);
    hm_status status = start_picture(context, &l, image, error);
    for (size_t i = 0; status == HM_OK && i < n_bands; i++) {
        draw_tiles(*image, &l, &bands[i], grid->transposed ? bands[i].cols : bands[i].rows, i * l.n_cols);
        double middle = (double)l.top + (double)i * (double)(tile_height(&l) + l.gap) + (double)tile_height(&l) / 2;
        if (band_names)
            hm_image_text(*image, MARGIN, middle, CAPTION_SIZE + 1, band_names[i]);
    }
    return status;
}
