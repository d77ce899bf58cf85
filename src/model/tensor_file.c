/* safetensors: an 8-byte length, a JSON header, the tensors. See tensor_file.h. */
#include "model/tensor_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "data/element.h"

static const size_t HEADER_MAX = (size_t)16 << 20;
static const size_t FILE_MAX = (size_t)64 << 30; /* no model is larger; an allocation of it fails cleanly */

enum { NAME_LENGTH_MAX = 256 };

typedef struct text_entry {
    char *key, *value;
} text_entry;

struct hm_tensor_file {
    const hm_context *context;
    char *name;           /* path, for messages */
    unsigned char *bytes; /* of a loaded file, owned; null otherwise */
    unsigned char *moved; /* data that did not lie as their types want, owned; null where all did */
    hm_tensor *tensor;
    size_t n_tensors, tensor_room;
    const hm_tensor **by_name; /* [n_indexed] of a loaded file, in the order of their names */
    size_t n_indexed;
    text_entry *text;
    size_t n_texts, text_room;
};

/* `npy` is what NPY calls the type, whose conversion to floats is used. BF16 has no such name. */
static const struct {
    const char *name, *npy;
    size_t size;
    bool is_real;
} types[] = {
    [HM_TENSOR_F32] = {"F32", "<f4", 4, true},  [HM_TENSOR_F64] = {"F64", "<f8", 8, true},
    [HM_TENSOR_U8] = {"U8", "|u1", 1, false},   [HM_TENSOR_I64] = {"I64", "<i8", 8, false},
    [HM_TENSOR_F16] = {"F16", "<f2", 2, true},  [HM_TENSOR_BF16] = {"BF16", NULL, 2, true},
    [HM_TENSOR_BOOL] = {"BOOL", "|b1", 1, false}, [HM_TENSOR_I8] = {"I8", "|i1", 1, false},
    [HM_TENSOR_I16] = {"I16", "<i2", 2, false}, [HM_TENSOR_I32] = {"I32", "<i4", 4, false},
    [HM_TENSOR_OTHER] = {"of no use here", "|u1", 1, false},
};

/* ---- Types -------------------------------------------------------------------------------------------- */

hm_status hm_tensor_file_read_floats(const hm_tensor_file *file, const char *name, int n_axes, const size_t *shape, float *out,
                                     hm_error *error)
{
    const hm_tensor *tensor;
    hm_status status = hm_tensor_file_get(file, name, HM_TENSOR_F32, n_axes, shape, &tensor, error);
    if (status != HM_OK)
        return status;
    size_t n = hm_tensor_n_elements(tensor);
    memcpy(out, tensor->data, n * sizeof *out);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(out[i]))
            return hm_fail(error, HM_ERROR_FORMAT, "%s: element %zu of the tensor %s is not a finite number", file->name, i, name);
    return HM_OK;
}

const char *hm_tensor_type_name(hm_tensor_type type)
{
    return types[type].name;
}

bool hm_tensor_is_real(const hm_tensor *tensor)
{
    return types[tensor->type].is_real;
}

size_t hm_tensor_n_elements(const hm_tensor *tensor)
{
    size_t n = 1;
    for (int i = 0; i < tensor->n_axes; i++)
        n *= tensor->shape[i];
    return n;
}

static size_t n_bytes_of(const hm_tensor *tensor)
{
    return types[tensor->type].size * hm_tensor_n_elements(tensor);
}

static void convert_bf16(const unsigned char *bytes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)bytes[2 * i] << 16 | (uint32_t)bytes[2 * i + 1] << 24;
        memcpy(&out[i], &bits, sizeof bits);
    }
}

void hm_tensor_to_f32(const hm_tensor *tensor, float *out)
{
    const char *npy = types[tensor->type].npy;
    const hm_element *element = npy ? hm_element_of_npy(npy, 3) : NULL;
    (element ? element->to_f32 : convert_bf16)(tensor->data, hm_tensor_n_elements(tensor), out);
}

/* ---- The object ------------------------------------------------------------------------------------- */

hm_status hm_tensor_file_create(const hm_context *context, hm_tensor_file **file, hm_error *error)
{
    *file = hm_alloc(context, 1, sizeof **file, error);
    if (!*file)
        return HM_ERROR_MEMORY;
    (*file)->context = context;
    return HM_OK;
}

void hm_tensor_file_destroy(hm_tensor_file *file)
{
    if (!file)
        return;
    for (size_t i = 0; i < file->n_tensors; i++)
        hm_free(file->context, (void *)file->tensor[i].name);
    for (size_t i = 0; i < file->n_texts; i++) {
        hm_free(file->context, file->text[i].key);
        hm_free(file->context, file->text[i].value);
    }
    hm_free(file->context, file->by_name);
    hm_free(file->context, file->tensor);
    hm_free(file->context, file->text);
    hm_free(file->context, file->bytes);
    hm_free(file->context, file->moved);
    hm_free(file->context, file->name);
    hm_free(file->context, file);
}

/* Makes room for one more item of an array that doubles. */
static hm_status make_room(const hm_context *context, void **array, size_t n, size_t *room, size_t size,
                           hm_error *error)
{
    if (n < *room)
        return HM_OK;
    size_t wider = *room ? 2 * *room : 8;
    void *grown = hm_realloc(context, *array, n, wider, size, error);
    if (!grown)
        return HM_ERROR_MEMORY;
    *array = grown;
    *room = wider;
    return HM_OK;
}

hm_status hm_tensor_file_add(hm_tensor_file *file, const hm_tensor *tensor, hm_error *error)
{
    void *array = file->tensor;
    hm_status status =
        make_room(file->context, &array, file->n_tensors, &file->tensor_room, sizeof *file->tensor, error);
    file->tensor = array;
    if (status != HM_OK)
        return status;
    hm_tensor *added = &file->tensor[file->n_tensors];
    *added = *tensor;
    added->name = hm_strdup(file->context, tensor->name, error);
    if (!added->name)
        return HM_ERROR_MEMORY;
    file->n_tensors++;
    return HM_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const hm_tensor *const *)a)->name, (*(const hm_tensor *const *)b)->name);
}

/* Class models have tens of thousands of tensors. */
static hm_status index_names(hm_tensor_file *file, hm_error *error)
{
    file->by_name = hm_alloc(file->context, file->n_tensors, sizeof *file->by_name, error);
    if (!file->by_name)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < file->n_tensors; i++)
        file->by_name[i] = &file->tensor[i];
    file->n_indexed = file->n_tensors;
    if (file->n_indexed)
        qsort(file->by_name, file->n_indexed, sizeof *file->by_name, compare_names);
    return HM_OK;
}

const hm_tensor *hm_tensor_file_find(const hm_tensor_file *file, const char *name)
{
    const hm_tensor wanted = {.name = name}, *key = &wanted;
    if (file->by_name && file->n_indexed == file->n_tensors) {
        const hm_tensor **found = bsearch(&key, file->by_name, file->n_indexed, sizeof *file->by_name, compare_names);
        return found ? *found : NULL;
    }
    for (size_t i = 0; i < file->n_tensors; i++)
        if (strcmp(file->tensor[i].name, name) == 0)
            return &file->tensor[i];
    return NULL;
}

size_t hm_tensor_file_n_tensors(const hm_tensor_file *file)
{
    return file->n_tensors;
}

const hm_tensor *hm_tensor_file_at(const hm_tensor_file *file, size_t index)
{
    return &file->tensor[index];
}

hm_status hm_tensor_file_get(const hm_tensor_file *file, const char *name, hm_tensor_type type, int n_axes,
                             const size_t *shape, const hm_tensor **out, hm_error *error)
{
    const hm_tensor *tensor = hm_tensor_file_find(file, name);
    const char *path = file->name ? file->name : "(memory)";
    if (!tensor)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: the tensor %s is missing; is this a Harmonium file?", path,
                       name);
    if (tensor->type != type || tensor->n_axes != n_axes)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: the tensor %s is %s with %d axes, but %s with %d is needed",
                       path, name, types[tensor->type].name, tensor->n_axes, types[type].name, n_axes);
    for (int i = 0; i < n_axes; i++)
        if (shape[i] && tensor->shape[i] != shape[i])
            return hm_fail(error, HM_ERROR_FORMAT, "%s: axis %d of the tensor %s has length %zu, but %zu is needed",
                           path, i, name, tensor->shape[i], shape[i]);
    *out = tensor;
    return HM_OK;
}

/* A key that is not there yet; takes the value over. */
static hm_status add_text(hm_tensor_file *file, const char *key, char *value, hm_error *error)
{
    void *array = file->text;
    hm_status status = make_room(file->context, &array, file->n_texts, &file->text_room, sizeof *file->text, error);
    file->text = array;
    char *name = status == HM_OK ? hm_strdup(file->context, key, error) : NULL;
    if (!name) {
        hm_free(file->context, value);
        return HM_ERROR_MEMORY;
    }
    file->text[file->n_texts++] = (text_entry){name, value};
    return HM_OK;
}

hm_status hm_tensor_file_set_text(hm_tensor_file *file, const char *key, const char *value, hm_error *error)
{
    char *copy = hm_strdup(file->context, value, error);
    if (!copy)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < file->n_texts; i++) {
        if (strcmp(file->text[i].key, key) == 0) {
            hm_free(file->context, file->text[i].value);
            file->text[i].value = copy;
            return HM_OK;
        }
    }
    return add_text(file, key, copy, error);
}

const char *hm_tensor_file_text(const hm_tensor_file *file, const char *key)
{
    for (size_t i = 0; i < file->n_texts; i++)
        if (strcmp(file->text[i].key, key) == 0)
            return file->text[i].value;
    return NULL;
}

/* ---- Writing ------------------------------------------------------------------------------------------ */

static json_t *describe(const hm_tensor *tensor, size_t begin)
{
    json_t *shape = json_array();
    for (int i = 0; i < tensor->n_axes; i++)
        json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", types[tensor->type].name, "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)(begin + n_bytes_of(tensor)));
}

/* The header as text from malloc, or null. */
static char *make_header(const hm_tensor_file *file)
{
    json_t *header = json_object(), *texts = json_object();
    size_t begin = 0;
    int failed = !header || !texts;
    for (size_t i = 0; !failed && i < file->n_texts; i++)
        failed = json_object_set_new(texts, file->text[i].key, json_string(file->text[i].value));
    failed = json_object_set_new(header, "__metadata__", texts) || failed;
    for (size_t i = 0; !failed && i < file->n_tensors; i++) {
        failed = json_object_set_new(header, file->tensor[i].name, describe(&file->tensor[i], begin));
        begin += n_bytes_of(&file->tensor[i]);
    }
    char *text = failed ? NULL : json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

hm_status hm_tensor_file_write(const hm_tensor_file *file, hm_tensor_sink *put, void *user, hm_error *error)
{
    char *header = make_header(file);
    if (!header)
        return hm_fail(error, HM_ERROR_FORMAT, "the header could not be made (text that is not UTF-8?)");
    size_t length = strlen(header), padded = (length + 8 + 63) / 64 * 64 - 8;
    unsigned char size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (unsigned char)((uint64_t)padded >> 8 * i);
    put(user, size, sizeof size);
    put(user, header, length);
    for (size_t i = length; i < padded; i++)
        put(user, " ", 1);
    for (size_t i = 0; i < file->n_tensors; i++)
        put(user, file->tensor[i].data, n_bytes_of(&file->tensor[i]));
    free(header);
    return HM_OK;
}

static void put_in_file(void *user, const void *bytes, size_t n)
{
    hm_file_write(user, bytes, n);
}

hm_status hm_tensor_file_save(const hm_tensor_file *file, const char *path, hm_error *error)
{
    hm_file_writer writer;
    hm_error why;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    status = hm_tensor_file_write(file, put_in_file, &writer, &why);
    if (status == HM_OK)
        return hm_file_commit(&writer, error);
    hm_file_abandon(&writer);
    return hm_fail(error, status, "%s: %.400s", path, why.message);
}

/* ---- Reading ------------------------------------------------------------------------------------------ */

static hm_status fail_tensor(const hm_tensor_file *file, const char *name, const char *why, hm_error *error)
{
    return hm_fail(error, HM_ERROR_FORMAT, "%s: tensor \"%.80s\": %s; the file is damaged or not safetensors",
                   file->name, name, why);
}

static int find_type(const char *name)
{
    for (int i = 0; name && i < HM_TENSOR_OTHER; i++)
        if (strcmp(types[i].name, name) == 0)
            return i;
    return -1;
}

/* Fills shape and n_bytes; everything is checked before it is multiplied. */
static hm_status read_shape(const hm_tensor_file *file, const char *name, const json_t *shape, hm_tensor *tensor, size_t *n_bytes,
                            hm_error *error)
{
    tensor->n_axes = (int)json_array_size(shape);
    *n_bytes = types[tensor->type].size;
    for (int i = 0; i < tensor->n_axes; i++) {
        json_t *length = json_array_get(shape, (size_t)i);
        if (!json_is_integer(length) || json_integer_value(length) < 0)
            return fail_tensor(file, name, "its shape holds something that is not a length", error);
        tensor->shape[i] = (size_t)json_integer_value(length);
        if (tensor->shape[i] && *n_bytes > SIZE_MAX / 2 / tensor->shape[i])
            return fail_tensor(file, name, "its shape is larger than any memory", error);
        *n_bytes *= tensor->shape[i];
    }
    return HM_OK;
}

/* Of a type that is none of ours, or of more axes, only the bytes are known. */
static hm_status read_kind(const hm_tensor_file *file, const char *name, json_t *entry, size_t n_held, hm_tensor *tensor, size_t *n_bytes,
                           hm_error *error)
{
    const json_t *shape = json_object_get(entry, "shape"), *dtype = json_object_get(entry, "dtype");
    int type = find_type(json_string_value(dtype));
    if (!json_is_string(dtype))
        return fail_tensor(file, name, "its dtype is no text", error);
    if (!json_is_array(shape))
        return fail_tensor(file, name, "its shape is no list of lengths", error);
    if (type >= 0 && json_array_size(shape) <= HM_TENSOR_AXES_MAX) {
        tensor->type = (hm_tensor_type)type;
        return read_shape(file, name, shape, tensor, n_bytes, error);
    }
    tensor->type = HM_TENSOR_OTHER;
    tensor->n_axes = 1;
    tensor->shape[0] = *n_bytes = n_held;
    return HM_OK;
}

static hm_status read_entry(hm_tensor_file *file, const char *name, json_t *entry, const unsigned char *data,
                            size_t n_data, hm_error *error)
{
    hm_tensor tensor = {.name = name};
    size_t n_bytes = 0;
    if (strlen(name) > NAME_LENGTH_MAX)
        return fail_tensor(file, name, "its name is too long", error);
    json_t *offsets = json_object_get(entry, "data_offsets");
    json_t *from = json_array_get(offsets, 0), *to = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(from) || !json_is_integer(to))
        return fail_tensor(file, name, "its data_offsets are not two numbers", error);
    json_int_t begin = json_integer_value(from), end = json_integer_value(to);
    if (begin < 0 || end < begin || (uint64_t)end > n_data)
        return fail_tensor(file, name, "its data lie outside the file", error);
    hm_status status = read_kind(file, name, entry, (size_t)(end - begin), &tensor, &n_bytes, error);
    if (status != HM_OK)
        return status;
    if ((uint64_t)(end - begin) != n_bytes)
        return fail_tensor(file, name, "its data are not as long as its shape says", error);
    tensor.data = data + begin;
    return hm_tensor_file_add(file, &tensor, error);
}

static int compare_data(const void *a, const void *b)
{
    const hm_tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return (n_bytes_of(x) > n_bytes_of(y)) - (n_bytes_of(x) < n_bytes_of(y));
}

/* The tensors in the order of their data must follow one another without overlap or hole. */
static hm_status check_cover(hm_tensor_file *file, const unsigned char *data, size_t n_data, hm_error *error)
{
    const unsigned char *end = data;
    if (file->n_tensors)
        qsort(file->tensor, file->n_tensors, sizeof *file->tensor, compare_data);
    for (size_t i = 0; i < file->n_tensors; i++) {
        const unsigned char *begin = file->tensor[i].data;
        if (begin != end)
            return fail_tensor(file, file->tensor[i].name,
                               begin < end ? "its data overlap another tensor's" : "there is a hole before its data",
                               error);
        end = begin + n_bytes_of(&file->tensor[i]);
    }
    if (end != data + n_data)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: %zu bytes at the end belong to no tensor", file->name,
                       (size_t)(data + n_data - end));
    return HM_OK;
}

static bool is_aligned(const hm_tensor *tensor)
{
    return (uintptr_t)tensor->data % types[tensor->type].size == 0;
}

/* Bytes that a tensor takes where the next one is to be aligned as well. */
static size_t room_of(const hm_tensor *tensor)
{
    return (n_bytes_of(tensor) + HM_ALIGNMENT - 1) / HM_ALIGNMENT * HM_ALIGNMENT;
}

/* Only Harmonium pads its header, so a stranger's tensors may begin at any byte. */
static hm_status align_data(hm_tensor_file *file, hm_error *error)
{
    size_t n = 0;
    for (size_t i = 0; i < file->n_tensors; i++)
        n += is_aligned(&file->tensor[i]) ? 0 : room_of(&file->tensor[i]);
    file->moved = n ? hm_alloc(file->context, n, 1, error) : NULL;
    unsigned char *at = file->moved;
    for (size_t i = 0; at && i < file->n_tensors; i++) {
        hm_tensor *tensor = &file->tensor[i];
        if (is_aligned(tensor))
            continue;
        memcpy(at, tensor->data, n_bytes_of(tensor));
        tensor->data = at;
        at += room_of(tensor);
    }
    return n && !file->moved ? HM_ERROR_MEMORY : HM_OK;
}

static hm_status read_metadata(hm_tensor_file *file, json_t *texts, hm_error *error)
{
    const char *key;
    json_t *value;
    if (!json_is_object(texts))
        return hm_fail(error, HM_ERROR_FORMAT, "%s: __metadata__ is not an object", file->name);
    json_object_foreach(texts, key, value)
    {
        if (!json_is_string(value))
            return hm_fail(error, HM_ERROR_FORMAT, "%s: the metadata \"%.80s\" is not text", file->name, key);
        char *copy = hm_strdup(file->context, json_string_value(value), error); /* JSON_REJECT_DUPLICATES: no key comes twice */
        hm_status status = copy ? add_text(file, key, copy, error) : HM_ERROR_MEMORY;
        if (status != HM_OK)
            return status;
    }
    return HM_OK;
}

static hm_status read_header(hm_tensor_file *file, json_t *header, const unsigned char *data, size_t n_data,
                             hm_error *error)
{
    const char *name;
    json_t *entry;
    json_object_foreach(header, name, entry)
    {
        hm_status status = strcmp(name, "__metadata__") == 0 ? read_metadata(file, entry, error)
                                                             : read_entry(file, name, entry, data, n_data, error);
        if (status != HM_OK)
            return status;
    }
    hm_status status = check_cover(file, data, n_data, error);
    if (status == HM_OK)
        status = align_data(file, error);
    return status == HM_OK ? index_names(file, error) : status;
}

static hm_status parse(hm_tensor_file *file, const unsigned char *bytes, size_t n, hm_error *error)
{
    uint64_t length = 0;
    for (int i = 0; i < 8 && n >= 8; i++)
        length |= (uint64_t)bytes[i] << 8 * i;
    if (n < 8 || length > n - 8)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: %s; it is cut short, or not a safetensors file", file->name,
                       n < 8 ? "shorter than 8 bytes" : "its header would be longer than the file");
    if (length > HEADER_MAX)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: its header of %llu bytes is longer than the %zu allowed",
                       file->name, (unsigned long long)length, HEADER_MAX);
    json_error_t where;
    json_t *header = json_loadb((const char *)bytes + 8, (size_t)length, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(header)) {
        json_decref(header);
        return hm_fail(error, HM_ERROR_FORMAT, "%s: its header is not a JSON object (byte %d: %.160s)", file->name,
                       header ? 0 : where.position, header ? "another value" : where.text);
    }
    hm_status status = read_header(file, header, bytes + 8 + length, n - 8 - (size_t)length, error);
    json_decref(header);
    return status;
}

hm_status hm_tensor_file_parse(const hm_context *context, const char *name, const unsigned char *bytes, size_t n,
                               hm_tensor_file **out, hm_error *error)
{
    hm_tensor_file *file;
    hm_status status = hm_tensor_file_create(context, &file, error);
    *out = NULL;
    if (status != HM_OK)
        return status;
    file->name = hm_strdup(context, name, error);
    status = file->name ? parse(file, bytes, n, error) : HM_ERROR_MEMORY;
    if (status != HM_OK)
        hm_tensor_file_destroy(file);
    else
        *out = file;
    return status;
}

hm_status hm_tensor_file_load(const hm_context *context, const char *path, hm_tensor_file **out, hm_error *error)
{
    unsigned char *bytes;
    size_t n;
    *out = NULL;
    hm_status status = hm_file_load(context, path, FILE_MAX, &bytes, &n, error);
    if (status != HM_OK)
        return status;
    status = hm_tensor_file_parse(context, path, bytes, n, out, error);
    if (status == HM_OK)
        (*out)->bytes = bytes;
    else
        hm_free(context, bytes);
    return status;
}
