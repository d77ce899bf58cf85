/* NPY, the format of numpy.save: "\x93NUMPY", a version, the length of a header (2 bytes in version
 * 1, 4 in 2 and 3), the header as the text of a Python dictionary, then the elements. Versions
 * differ in nothing else that matters here.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "data/readers.h"

/* A header that numpy writes has about 120 bytes; structured types may need some thousand. */
enum { NPY_HEADER_MAX = 1 << 16, NPY_DIMS_MAX = 32 };

static const char npy_magic[] = "\x93NUMPY";

typedef struct npy_header {
    const hm_element *element;
    bool is_fortran;
    bool has_element, has_order, has_shape;
    size_t n_dims;
    uint64_t dims[NPY_DIMS_MAX];
} npy_header;

/* ---- The dictionary -------------------------------------------------------------------------- */

/* The text ends with a zero byte, which no step goes past. */
typedef struct npy_text {
    const char *path;
    const char *at;
    hm_error *error;
} npy_text;

static hm_status fail_header(const npy_text *text, const char *wanted)
{
    hm_quotation here;
    return hm_fail(text->error, HM_ERROR_FORMAT,
                   "%s: its NPY header is damaged: %s is wanted at %s; save the array again",
                   text->path, wanted, hm_quote(text->at, strlen(text->at), &here));
}

static void skip_space(npy_text *text)
{
    text->at += strspn(text->at, " \t\r\n");
}

static bool take(npy_text *text, char c)
{
    skip_space(text);
    if (*text->at != c)
        return false;
    text->at++;
    return true;
}

static bool take_word(npy_text *text, const char *word)
{
    size_t n = strlen(word);
    skip_space(text);
    if (strncmp(text->at, word, n) != 0)
        return false;
    text->at += n;
    return true;
}

static bool take_string(npy_text *text, const char **begin, size_t *n)
{
    skip_space(text);
    char quote = *text->at;
    if (quote != '\'' && quote != '"')
        return false;
    *begin = text->at + 1;
    const char *end = strchr(*begin, quote);
    if (!end)
        return false;
    *n = (size_t)(end - *begin);
    text->at = end + 1;
    return true;
}

/* A length too large for 64 bits becomes the largest, which no shape may have. */
static bool take_length(npy_text *text, uint64_t *length)
{
    skip_space(text);
    const char *begin = text->at;
    *length = 0;
    for (; *text->at >= '0' && *text->at <= '9'; text->at++) {
        unsigned digit = (unsigned)(*text->at - '0');
        *length = *length > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *length * 10 + digit;
    }
    return text->at > begin;
}

static hm_status read_element(npy_text *text, npy_header *header)
{
    const char *name;
    size_t n;
    hm_quotation type;
    skip_space(text);
    if (*text->at == '[')
        return hm_fail(text->error, HM_ERROR_UNSUPPORTED,
                       "%s: holds a structured array; save one plain array of numbers", text->path);
    if (!take_string(text, &name, &n))
        return fail_header(text, "a type");
    header->element = hm_element_of_npy(name, n);
    header->has_element = true;
    if (!header->element)
        return hm_fail(
            text->error, HM_ERROR_UNSUPPORTED,
            "%s: holds elements of type %s, which are not read; save it after .astype('float32')",
            text->path, hm_quote(name, n, &type));
    return HM_OK;
}

static hm_status read_fortran(npy_text *text, npy_header *header)
{
    header->has_order = true;
    header->is_fortran = take_word(text, "True");
    if (!header->is_fortran && !take_word(text, "False"))
        return fail_header(text, "True or False");
    return HM_OK;
}

static hm_status read_shape(npy_text *text, npy_header *header)
{
    header->has_shape = true;
    header->n_dims = 0;
    if (!take(text, '('))
        return fail_header(text, "a shape");
    while (!take(text, ')')) {
        if (header->n_dims == NPY_DIMS_MAX)
            return fail_header(text, "the end of a shape of at most 32 axes");
        if (!take_length(text, &header->dims[header->n_dims]))
            return fail_header(text, "a length");
        take_word(text, "L"); /* as Python 2 wrote long numbers */
        header->n_dims++;
        if (!take(text, ',') && *text->at != ')')
            return fail_header(text, "a comma or a closing bracket");
    }
    return HM_OK;
}

static const struct {
    const char *key;
    hm_status (*read)(npy_text *text, npy_header *header);
} npy_keys[] = {
    {"descr", read_element},
    {"fortran_order", read_fortran},
    {"shape", read_shape},
};

static hm_status read_entry(npy_text *text, npy_header *header)
{
    const char *key;
    size_t n;
    const npy_text before = *text;
    if (!take_string(text, &key, &n) || !take(text, ':'))
        return fail_header(&before, "a key");
    for (size_t i = 0; i < sizeof npy_keys / sizeof *npy_keys; i++)
        if (strlen(npy_keys[i].key) == n && memcmp(npy_keys[i].key, key, n) == 0)
            return npy_keys[i].read(text, header);
    return fail_header(&before, "descr, fortran_order or shape");
}

static hm_status read_dictionary(npy_text *text, npy_header *header)
{
    *header = (npy_header){0};
    if (!take(text, '{'))
        return fail_header(text, "a dictionary");
    while (!take(text, '}')) {
        hm_status status = read_entry(text, header);
        if (status != HM_OK)
            return status;
        if (!take(text, ',') && *text->at != '}')
            return fail_header(text, "a comma or a closing brace");
    }
    if (!header->has_element || !header->has_order || !header->has_shape)
        return fail_header(text, "each of descr, fortran_order and shape before the end");
    return HM_OK;
}

/* ---- The file -------------------------------------------------------------------------------- */

static bool sniff_npy(const unsigned char *head, size_t n)
{
    return n >= 6 && memcmp(head, npy_magic, 6) == 0;
}

/* Leaves the source at the first element and says at which byte that is. */
static hm_status read_header(hm_source *source, npy_header *header, uint64_t *offset,
                             hm_error *error)
{
    unsigned char start[12];
    *offset = 0;
    hm_status status = hm_source_read_all(source, start, 8, "NPY header", error);
    size_t n_length = start[6] == 1 ? 2 : 4;
    if (status == HM_OK && (start[6] < 1 || start[6] > 3))
        status = hm_fail(error, HM_ERROR_UNSUPPORTED,
                         "%s: NPY version %d is not read; versions 1, 2 and 3 are", source->path,
                         start[6]);
    if (status == HM_OK)
        status = hm_source_read_all(source, start + 8, n_length, "NPY header", error);
    if (status != HM_OK)
        return status;
    uint64_t n = start[8] | (uint64_t)start[9] << 8;
    if (n_length == 4)
        n |= (uint64_t)start[10] << 16 | (uint64_t)start[11] << 24;
    if (n > NPY_HEADER_MAX)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: says that its NPY header has %" PRIu64 " bytes; at most %d are read",
                       source->path, n, NPY_HEADER_MAX);
    char *text = hm_alloc(source->context, (size_t)n + 1, 1, error);
    if (!text)
        return HM_ERROR_MEMORY;
    status = hm_source_read_all(source, text, (size_t)n, "NPY header", error);
    if (status == HM_OK)
        status = read_dictionary(&(npy_text){source->path, text, error}, header);
    hm_free(source->context, text);
    *offset = 8 + n_length + n;
    return status;
}

/* In Fortran order the first axis runs fastest, so the file lies feature by feature, and features
 * follow one another with the axis behind the cases fastest: the k-th is counted up here, as an
 * odometer whose first wheel is dims[1], and place[k] is where it stands when the last axis is
 * fastest. */
static void place_columns(const npy_header *header, size_t n_features, size_t *place)
{
    size_t digit[NPY_DIMS_MAX] = {0}, stride[NPY_DIMS_MAX] = {0}, at = 0;
    for (size_t d = header->n_dims, step = 1; d-- > 1; step *= (size_t)header->dims[d])
        stride[d] = step;
    for (size_t k = 0; k < n_features; k++) {
        place[k] = at;
        for (size_t d = 1; d < header->n_dims; d++) {
            at += stride[d];
            if (++digit[d] < header->dims[d])
                break;
            at -= digit[d] * stride[d];
            digit[d] = 0;
        }
    }
}

static hm_status fill_columns(hm_storage *storage, hm_source *source, const npy_header *header,
                              uint64_t offset, uint64_t memory, hm_error *error)
{
    const size_t n = storage->shape.n_features;
    hm_status status = hm_storage_fill_columns(storage, source, offset, memory, error);
    size_t *place = status == HM_OK ? hm_alloc(source->context, n, sizeof *place, error) : NULL;
    if (!place)
        return status == HM_OK ? HM_ERROR_MEMORY : status;
    place_columns(header, n, place);
    status = hm_storage_turn_round(storage, place, error);
    hm_free(source->context, place);
    return status;
}

static hm_status open_npy(hm_source *source, const hm_reading *reading, hm_storage **storage,
                          hm_error *error)
{
    npy_header header;
    uint64_t offset;
    hm_shape shape;
    hm_status status = read_header(source, &header, &offset, error);
    if (status == HM_OK)
        status = hm_shape_of(source->path, header.dims, header.n_dims, &shape, error);
    if (status == HM_OK)
        status = hm_storage_create(source->context, source->path, &shape, header.element, storage,
                                   error);
    if (status != HM_OK)
        return status;
    status = header.is_fortran && header.n_dims > 1
                 ? fill_columns(*storage, source, &header, offset, reading->memory, error)
                 : hm_storage_fill(*storage, source, offset, reading->memory, error);
    if (status != HM_OK) {
        hm_storage_close(*storage);
        *storage = NULL;
    }
    return status;
}

const hm_reader hm_reader_npy = {.name = "NPY", .sniff = sniff_npy, .open = open_npy};
