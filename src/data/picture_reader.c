/* One PNG or JPEG file as data: a single picture, or a contact sheet that is cut into square tiles,
 * row by row. */
#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"
#include "data/picture.h"
#include "data/readers.h"

static hm_status shape_of_sheet(const char *path, const hm_picture *sheet, size_t tile,
                                hm_shape *shape, hm_error *error)
{
    if (sheet->height % tile != 0 || sheet->width % tile != 0)
        return hm_fail(
            error, HM_ERROR_MISMATCH,
            "%s: a sheet of %zu x %zu pixels cannot be cut into tiles of %zu x %zu; correct `tile`",
            path, sheet->height, sheet->width, tile, tile);
    *shape = (hm_shape){(sheet->height / tile) * (sheet->width / tile),
                        sheet->n_channels * tile * tile, tile, tile, sheet->n_channels};
    return HM_OK;
}

/* A value of the sheet, as value `to` of the storage. */
static void copy_value(const hm_picture *sheet, size_t from, hm_storage *storage, size_t to)
{
    if (storage->element->is_real)
        ((float *)(void *)storage->bytes)[to] = hm_picture_value(sheet, from);
    else
        storage->bytes[to] = sheet->pixels[from];
}

/* Tiles of height x width; one picture is a sheet of one tile. The first value of the tile goes to `to`. */
static void cut_tile(const hm_picture *sheet, size_t top, size_t left, hm_storage *storage, size_t to)
{
    const hm_shape *tile = &storage->shape;
    for (size_t c = 0; c < sheet->n_channels; c++)
        for (size_t y = 0; y < tile->height; y++)
            for (size_t x = 0; x < tile->width; x++)
                copy_value(sheet, (c * sheet->height + top + y) * sheet->width + left + x, storage, to++);
}

static void cut_tiles(const hm_picture *sheet, hm_storage *storage)
{
    size_t to = 0;
    for (size_t top = 0; top < sheet->height; top += storage->shape.height)
        for (size_t left = 0; left < sheet->width; left += storage->shape.width, to += storage->shape.n_features)
            cut_tile(sheet, top, left, storage, to);
}

/* 16 bits become floats. */
static hm_status store(const hm_source *source, const hm_picture *picture,
                       const hm_reading *reading, hm_storage **storage, hm_error *error)
{
    hm_shape shape = {1, picture->n_channels * picture->height * picture->width, picture->height,
                      picture->width, picture->n_channels};
    hm_status status = HM_OK;
    if (reading->tile > 0)
        status = shape_of_sheet(source->path, picture, reading->tile, &shape, error);
    if (status == HM_OK && shape.n_features > HM_FEATURES_MAX)
        status = hm_fail(
            error, HM_ERROR_FORMAT,
            "%s: %zu x %zu pixels are too many for one case; make it smaller, or give `tile` for a "
            "contact sheet",
            source->path, picture->height, picture->width);
    if (status == HM_OK)
        status = hm_storage_create(source->context, source->path, &shape,
                                   &hm_elements[picture->is_deep ? HM_ELEMENT_F32 : HM_ELEMENT_U8], storage, error);
    if (status != HM_OK)
        return status;
    (*storage)->scale = hm_elements[HM_ELEMENT_U8].scale;
    status = hm_storage_allocate(*storage, reading->memory, error);
    if (status == HM_OK) {
        cut_tiles(picture, *storage);
    } else {
        hm_storage_close(*storage);
        *storage = NULL;
    }
    return status;
}

static hm_status open_picture(hm_source *source, const hm_reading *reading, hm_storage **storage,
                              hm_error *error)
{
    hm_picture picture;
    hm_status status = hm_picture_read(source, reading->memory, hm_reading_channels(reading), &picture, error);
    if (status == HM_OK)
        status = store(source, &picture, reading, storage, error);
    if (status == HM_OK && picture.is_coloured && hm_reading_turns_grey(reading))
        hm_log(source->context, HM_LOG_INFO, "%s: its colours became grey, as the pictures are that the model learned from", source->path);
    hm_free(source->context, picture.pixels);
    return status;
}

const hm_reader hm_reader_png = {
    .name = "PNG", .sniff = hm_is_png, .takes_tiles = true, .open = open_picture};

const hm_reader hm_reader_jpeg = {
    .name = "JPEG", .sniff = hm_is_jpeg, .takes_tiles = true, .open = open_picture};
