/* The container of models and checkpoints: safetensors.
 *
 * An 8-byte little-endian length, a JSON header of that length, then the bytes of the tensors. The header
 * maps names to {"dtype", "shape", "data_offsets"} and "__metadata__" to text values. Reading trusts nothing:
 * header at most 16 MiB, no duplicate names, every tensor inside the file, sizes equal to shapes, no
 * overlap and no hole. Other programs' files may hold types, and numbers of axes, that are of no use here, which become lists of bytes,
 * and data at any byte, which are moved. Writing sorts nothing and adds nothing, so the same content gives the same
 * bytes. */
#ifndef HM_MODEL_TENSOR_FILE_H
#define HM_MODEL_TENSOR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <harmonium/context.h>

typedef enum hm_tensor_type {
    HM_TENSOR_F32,
    HM_TENSOR_F64,
    HM_TENSOR_U8,
    HM_TENSOR_I64,
    HM_TENSOR_F16,
    HM_TENSOR_BF16, /* the upper half of an F32 */
    HM_TENSOR_BOOL,
    HM_TENSOR_I8,
    HM_TENSOR_I16,
    HM_TENSOR_I32,
    HM_TENSOR_OTHER, /* of no use here: its bytes, whatever they stand for */
} hm_tensor_type;

enum { HM_TENSOR_AXES_MAX = 4 };

typedef struct hm_tensor {
    const char *name;
    hm_tensor_type type;
    int n_axes;
    size_t shape[HM_TENSOR_AXES_MAX];
    const void *data; /* dense, row-major; aligned for its type */
} hm_tensor;

typedef struct hm_tensor_file hm_tensor_file;

/* An empty file to be filled and saved. */
hm_status hm_tensor_file_create(const hm_context *context, hm_tensor_file **file, hm_error *error);

/* Reads a file whole. HM_ERROR_FORMAT names the file, the tensor and what is wrong with it. */
hm_status hm_tensor_file_load(const hm_context *context, const char *path, hm_tensor_file **file,
                              hm_error *error);

/* The same from memory that the caller keeps; `name` stands for the path in messages. */
hm_status hm_tensor_file_parse(const hm_context *context, const char *name, const unsigned char *bytes,
                               size_t n, hm_tensor_file **file, hm_error *error);

/* Written atomically (base/file.h). */
hm_status hm_tensor_file_save(const hm_tensor_file *file, const char *path, hm_error *error);

/* The bytes of the file in their order, to whoever takes them. HM_ERROR_FORMAT, before any, if texts are not UTF-8. */
typedef void hm_tensor_sink(void *user, const void *bytes, size_t n);
hm_status hm_tensor_file_write(const hm_tensor_file *file, hm_tensor_sink *put, void *user, hm_error *error);

/* null is allowed. */
void hm_tensor_file_destroy(hm_tensor_file *file);

/* Adds a tensor whose data the caller keeps alive until the file is saved; the name is copied. */
hm_status hm_tensor_file_add(hm_tensor_file *file, const hm_tensor *tensor, hm_error *error);

/* The tensor of that name, or null. Its data lives as long as the file. */
const hm_tensor *hm_tensor_file_find(const hm_tensor_file *file, const char *name);

/* As find, and checks type and shape (0 in `shape` allows any length there): else HM_ERROR_FORMAT with a message. */
hm_status hm_tensor_file_get(const hm_tensor_file *file, const char *name, hm_tensor_type type, int n_axes,
                             const size_t *shape, const hm_tensor **tensor, hm_error *error);

/* The same of an F32 tensor, copied to out: HM_ERROR_FORMAT, naming the element, too for a number that is not finite. */
hm_status hm_tensor_file_read_floats(const hm_tensor_file *file, const char *name, int n_axes, const size_t *shape, float *out,
                                     hm_error *error);

/* "F32", and so on. */
const char *hm_tensor_type_name(hm_tensor_type type);

/* Whether it is one of the floating-point types. */
bool hm_tensor_is_real(const hm_tensor *tensor);

/* Elements of a tensor. */
size_t hm_tensor_n_elements(const hm_tensor *tensor);

/* The elements of a real tensor as floats, out[n_elements]; what is too large for a float becomes infinite. */
void hm_tensor_to_f32(const hm_tensor *tensor, float *out);

size_t hm_tensor_file_n_tensors(const hm_tensor_file *file);
const hm_tensor *hm_tensor_file_at(const hm_tensor_file *file, size_t index);

/* Metadata: text by key, copied. Setting a key again replaces it. Keys keep their order of setting. */
hm_status hm_tensor_file_set_text(hm_tensor_file *file, const char *key, const char *value, hm_error *error);
const char *hm_tensor_file_text(const hm_tensor_file *file, const char *key); /* null when absent */

#endif
