/* The layers of a network side by side, each unit a cell: a frame of the movie. */
#include <math.h>

#include "base/check.h"
#include "base/fail.h"
#include "show/image.h"

enum { MARGIN = 16, GAP = 28, TOP = 40, NAME_HEIGHT = 24, BODY = 210, NAME_SIZE = 12, TITLE_SIZE = 17, CELL_MAX = 8 };
enum { COLOUR_OFF = 0xe6e9ee, COLOUR_FRAME = 0x9aa3ad };

/* Where a layer lies: cells of `cell` pixels, as many in a row as make it nearly square. */
typedef struct place {
    size_t left, top, cell, rows, cols, width;
} place;

static bool is_list(const hm_layer_picture *layer)
{
    return layer->unit_names != NULL;
}

static place place_layer(const hm_layer_picture *layer, size_t left)
{
    place p = {.left = left, .rows = layer->height, .cols = layer->width};
    if (is_list(layer)) {
        p.rows = layer->n;
        p.cols = 1;
    } else if (!p.rows) {
        p.cols = (size_t)ceil(sqrt((double)layer->n));
        while (p.cols > 1 && layer->n % p.cols && p.cols * p.cols > layer->n / 2)
            p.cols--; /* 500 units as 25 rows of 20 */
        if (layer->n % p.cols)
            p.cols = (size_t)ceil(sqrt((double)layer->n));
        p.rows = (layer->n + p.cols - 1) / p.cols;
    }
    p.cell = BODY / p.rows;
    p.cell = p.cell < 1 ? 1 : p.cell > CELL_MAX && !is_list(layer) ? CELL_MAX : p.cell;
    p.width = is_list(layer) ? p.cell + 70 : p.cols * p.cell;
    p.top = TOP + (BODY - (p.rows * p.cell < BODY ? p.rows * p.cell : BODY)) / 2;
    size_t named = (size_t)hm_text_width(NAME_SIZE, layer->name) + 4;
    p.width = named > p.width ? named : p.width;
    return p;
}

static size_t n_channels_of(const hm_layer_picture *layer)
{
    return layer->height && layer->n_channels == 3 ? 3 : 1;
}

/* Each channel gives the byte of its colour. */
static uint32_t pixel_of(const hm_layer_picture *layer, size_t k, size_t n_cells)
{
    static const uint32_t mask[3] = {0xff0000, 0x00ff00, 0x0000ff};
    uint32_t colour = 0;
    if (n_channels_of(layer) == 1)
        return hm_grey_of(layer->values[k]);
    for (size_t c = 0; c < 3; c++)
        colour |= hm_grey_of(layer->values[c * n_cells + k]) & mask[c];
    return colour;
}

static void draw_cells(hm_image *image, const hm_layer_picture *layer, const place *p)
{
    bool is_image = layer->height > 0;
    size_t gap = !is_image && p->cell >= 4 ? 1 : 0;
    size_t n_cells = layer->n / n_channels_of(layer);
    for (size_t k = 0; k < n_cells; k++) {
        size_t x = p->left + k % p->cols * p->cell, y = p->top + k / p->cols * p->cell;
        float value = layer->values[k] < 0 ? 0 : layer->values[k] > 1 ? 1 : layer->values[k];
        uint32_t grey = hm_grey_of(0.9f - 0.9f * value);
        hm_image_fill(image, x, y, p->cell - gap, p->cell - gap,
                      is_image ? pixel_of(layer, k, n_cells) : value < 0.02f ? COLOUR_OFF : grey);
    }
}

/* A bar for each unit, with its name. */
static void draw_list(hm_image *image, const hm_layer_picture *layer, const place *p)
{
    enum { BAR = 44 };
    for (size_t k = 0; k < layer->n; k++) {
        size_t y = p->top + k * p->cell, x = p->left + 18;
        float value = layer->values[k] < 0 ? 0 : layer->values[k] > 1 ? 1 : layer->values[k];
        hm_image_text(image, (double)p->left, (double)y + (double)p->cell / 2.0, NAME_SIZE, layer->unit_names[k]);
        hm_image_fill(image, x, y + 2, BAR, p->cell - 4, COLOUR_OFF);
        size_t length = (size_t)(value * BAR + 0.5f);
        if (length)
            hm_image_fill(image, x, y + 2, length, p->cell - 4, HM_COLOUR_INK);
    }
}

hm_status hm_image_layers(const hm_context *context, const hm_layer_picture *layers, size_t n_layers, const char *title,
                          hm_image **image, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, layers));
    enum { LAYERS_MAX = 32 };
    place places[LAYERS_MAX];
    size_t left = MARGIN, lowest = TOP + BODY;
    if (n_layers == 0 || n_layers > LAYERS_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a picture of %zu layers; 1 to %d can be drawn", n_layers, LAYERS_MAX);
    for (size_t l = 0; l < n_layers; l++) {
        places[l] = place_layer(&layers[l], left);
        left += places[l].width + GAP;
        size_t bottom = places[l].top + places[l].rows * places[l].cell;
        lowest = bottom > lowest ? bottom : lowest;
    }
    /* Video encoders want even sides. */
    hm_status status = hm_image_create(context, (left - GAP + MARGIN + 1) / 2 * 2,
                                       (lowest + NAME_HEIGHT + MARGIN / 2 + 1) / 2 * 2, HM_COLOUR_PAPER, image, error);
    if (status != HM_OK)
        return status;
    if (title)
        hm_image_text(*image, MARGIN, TOP / 2.0, TITLE_SIZE, title);
    for (size_t l = 0; l < n_layers; l++) {
        if (is_list(&layers[l]))
            draw_list(*image, &layers[l], &places[l]);
        else
            draw_cells(*image, &layers[l], &places[l]);
        hm_image_text(*image, (double)places[l].left, (double)lowest + NAME_HEIGHT / 2.0, NAME_SIZE, layers[l].name);
    }
    return HM_OK;
}
