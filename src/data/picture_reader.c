/* One PNG file as data: a single picture, or a contact sheet that is cut into square tiles, row by
 * row. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "data/picture.h"
#include "data/readers.h"

static bool sniff_png(const unsigned char *head, size_t n)
{
    return n >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static hm_status shape_of_sheet(const char *path, const hm_picture *sheet, size_t tile,
                                hm_shape *shape, hm_error *error)
{
    if (sheet->height % tile != 0 || sheet->width % tile != 0)
        return hm_fail(
            error, HM_ERROR_MISMATCH,
            "%s: a sheet of %zu x %zu pixels cannot be cut into tiles of %zu x %zu; correct `tile`",
            path, sheet->height, sheet->width, tile, tile);
    *shape = (hm_shape){(sheet->height / tile) * (sheet->width / tile), tile * tile, tile, tile};
    return HM_OK;
}

static void cut_tiles(const hm_picture *sheet, size_t tile, unsigned char *out)
{
    for (size_t top = 0; top < sheet->height; top += tile)
        for (size_t left = 0; left < sheet->width; left += tile)
            for (size_t y = 0; y < tile; y++, out += tile)
                memcpy(out, sheet->grey + (top + y) * sheet->width + left, tile);
}

static hm_status store(const hm_source *source, const hm_picture *picture,
                       const hm_reading *reading, hm_storage **storage, hm_error *error)
{
    hm_shape shape = {1, picture->height * picture->width, picture->height, picture->width};
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
                                   &hm_elements[HM_ELEMENT_U8], storage, error);
    if (status != HM_OK)
        return status;
    status = hm_storage_allocate(*storage, reading->memory, error);
    if (status != HM_OK) {
        hm_storage_close(*storage);
        *storage = NULL;
    } else if (reading->tile > 0) {
        cut_tiles(picture, reading->tile, (*storage)->bytes);
    } else {
        memcpy((*storage)->bytes, picture->grey, shape.n_features);
    }
    return status;
}

static hm_status open_png(hm_source *source, const hm_reading *reading, hm_storage **storage,
                          hm_error *error)
{
    hm_picture picture;
    hm_status status = hm_picture_read(source, reading->memory, &picture, error);
    if (status == HM_OK)
        status = store(source, &picture, reading, storage, error);
    hm_free(source->context, picture.grey);
    return status;
}

const hm_reader hm_reader_png = {
    .name = "PNG", .sniff = sniff_png, .takes_tiles = true, .open = open_png};
