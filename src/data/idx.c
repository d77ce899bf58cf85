/* IDX, the format of MNIST: two zero bytes, a type code, the number of axes, the length of each as
 * a big-endian 32-bit number, then the elements, last axis fastest. Plain or gzip.
 * http://yann.lecun.com/exdb/mnist/ */
#include "base/fail.h"
#include "data/readers.h"

static bool sniff_idx(const unsigned char *head, size_t n)
{
    return n >= 4 && head[0] == 0 && head[1] == 0 && hm_element_of_idx(head[2]) && head[3] > 0;
}

static hm_status open_idx(hm_source *source, const hm_reading *reading, hm_storage **storage,
                          hm_error *error)
{
    unsigned char magic[4], length[255 * 4];
    uint64_t dims[255];
    hm_shape shape;
    hm_status status = hm_source_read_all(source, magic, sizeof magic, "IDX header", error);
    size_t n_dims = status == HM_OK ? magic[3] : 0;
    if (status == HM_OK)
        status = hm_source_read_all(source, length, 4 * n_dims, "IDX header", error);
    for (size_t i = 0; status == HM_OK && i < n_dims; i++)
        dims[i] = (uint64_t)length[4 * i] << 24 | length[4 * i + 1] << 16 | length[4 * i + 2] << 8 |
                  length[4 * i + 3];
    if (status == HM_OK)
        status = hm_shape_of(source->path, dims, n_dims, &shape, error);
    if (status == HM_OK)
        status = hm_storage_create(source->context, source->path, &shape,
                                   hm_element_of_idx(magic[2]), storage, error);
    if (status != HM_OK)
        return status;
    status = hm_storage_fill(*storage, source, 4 + 4 * n_dims, reading->memory, error);
    if (status != HM_OK) {
        hm_storage_close(*storage);
        *storage = NULL;
    }
    return status;
}

const hm_reader hm_reader_idx = {.name = "IDX", .sniff = sniff_idx, .open = open_idx};
