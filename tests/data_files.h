/* Helpers of the tests of data: a context whose memory is counted and can be made to fail, a
 * folder for the files of one test, and writers that share no code with the library's readers. */
#ifndef HM_TESTS_DATA_FILES_H
#define HM_TESTS_DATA_FILES_H

#define _GNU_SOURCE /* mkdtemp, nftw */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <harmonium/data.h>

#include "counted_memory.h"
#include "crc32.h"
#include "temporary.h"

/* ---- A place for one test -------------------------------------------------------------------- */

typedef struct data_place {
    counted_memory memory;
    hm_context *context;
    char folder[TEMPORARY_MAX];
    char path[TEMPORARY_MAX + 256]; /* of the file written last */
    hm_error error;
    hm_data_config config;
} data_place;

static inline data_place *open_place(data_place *place, uint64_t seed, int n_threads)
{
    *place = (data_place){0};
    assert_non_null(mkdtemp(temporary_pattern(place->folder)));
    hm_context_config config = {.n_threads = n_threads, .seed = seed};
    config.allocator = counted_allocator(&place->memory);
    assert_int_equal(hm_context_create(&config, &place->context, &place->error), HM_OK);
    hm_options_init(&hm_data_options, &place->config);
    return place;
}

static inline int remove_entry(const char *path, const struct stat *about, int kind,
                               struct FTW *walk)
{
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

/* Everything that was allocated must have been released. */
static inline void close_place(data_place *place)
{
    hm_context_destroy(place->context);
    assert_int_equal(place->memory.n_live, 0);
    nftw(place->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* place->path becomes folder/name. */
static inline const char *path_in(data_place *place, const char *name)
{
    snprintf(place->path, sizeof place->path, "%s/%s", place->folder, name);
    return place->path;
}

static inline const char *write_file(data_place *place, const char *name, const void *bytes,
                                     size_t n)
{
    FILE *stream = fopen(path_in(place, name), "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, n, stream), n);
    assert_int_equal(fclose(stream), 0);
    return place->path;
}

static inline const char *write_text(data_place *place, const char *name, const char *text)
{
    return write_file(place, name, text, strlen(text));
}

/* ---- Options, opening, reading --------------------------------------------------------------- */

static inline void set_option(data_place *place, const char *name, const char *value)
{
    assert_int_equal(hm_options_set(&hm_data_options, &place->config, name, value, &place->error),
                     HM_OK);
}

static inline void reset_options(data_place *place)
{
    hm_options_init(&hm_data_options, &place->config);
}

/* Opens `path` with the options of the place; fails the test with the message if it cannot. */
static inline hm_dataset *open_set(data_place *place, const char *path)
{
    hm_dataset *set;
    set_option(place, "data", path);
    if (hm_dataset_open(place->context, &place->config, &set, NULL, &place->error) != HM_OK)
        fail_msg("%s", place->error.message);
    return set;
}

/* Opening `path` must fail with this status and a message that holds every one of the pieces (up
 * to a null). */
static inline void refuse_with(data_place *place, const char *path, hm_status status, ...)
{
    hm_dataset *set = (hm_dataset *)place;
    va_list pieces;
    size_t n_live = place->memory.n_live;
    set_option(place, "data", path);
    place->error = (hm_error){0};
    hm_status got = hm_dataset_open(place->context, &place->config, &set, NULL, &place->error);
    if (got != status)
        fail_msg("status %d (%s) where %d is wanted", got, place->error.message, status);
    assert_null(set);
    assert_int_equal(place->error.status, status);
    assert_int_equal(place->memory.n_live, n_live);
    va_start(pieces, status);
    for (const char *piece; (piece = va_arg(pieces, const char *));)
        if (!strstr(place->error.message, piece))
            fail_msg("\"%s\" does not say \"%s\"", place->error.message, piece);
    va_end(pieces);
}

/* All cases as floats; the caller frees them. */
static inline float *read_all(const hm_dataset *set)
{
    hm_error error;
    size_t n = hm_dataset_n_cases(set), n_features = hm_dataset_n_features(set);
    float *values = malloc(n * n_features * sizeof *values);
    if (hm_dataset_read(set, NULL, 0, n, 0, hm_matrix_f32(values, n, n_features), &error) != HM_OK)
        fail_msg("%s", error.message);
    return values;
}

/* The set must hold exactly these values. */
static inline void expect_values(const hm_dataset *set, size_t n, size_t n_features,
                                 const float *wanted)
{
    assert_int_equal(hm_dataset_n_cases(set), n);
    assert_int_equal(hm_dataset_n_features(set), n_features);
    float *values = read_all(set);
    for (size_t i = 0; i < n * n_features; i++)
        if (values[i] != wanted[i])
            fail_msg("value %zu is %.9g where %.9g is wanted", i, (double)values[i],
                     (double)wanted[i]);
    free(values);
}

static inline void expect_shape(const hm_dataset *set, size_t n, size_t height, size_t width)
{
    assert_int_equal(hm_dataset_n_cases(set), n);
    assert_int_equal(hm_dataset_height(set), height);
    assert_int_equal(hm_dataset_width(set), width);
    assert_int_equal(hm_dataset_n_features(set), height * width);
}

/* ---- Growing buffers ------------------------------------------------------------------------- */

typedef struct byte_list {
    unsigned char *bytes;
    size_t n, room;
} byte_list;

static inline void add_bytes(byte_list *list, const void *bytes, size_t n)
{
    while (list->n + n > list->room) {
        list->room = list->room ? 2 * list->room : 256;
        list->bytes = realloc(list->bytes, list->room);
    }
    if (n > 0)
        memcpy(list->bytes + list->n, bytes, n);
    list->n += n;
}

static inline void add_byte(byte_list *list, unsigned value)
{
    unsigned char byte = (unsigned char)value;
    add_bytes(list, &byte, 1);
}

static inline void add_big(byte_list *list, uint64_t value, int n)
{
    for (int i = n - 1; i >= 0; i--)
        add_byte(list, (unsigned)(value >> 8 * i) & 255);
}

static inline void add_little(byte_list *list, uint64_t value, int n)
{
    for (int i = 0; i < n; i++)
        add_byte(list, (unsigned)(value >> 8 * i) & 255);
}

static inline void write_list(data_place *place, const char *name, byte_list *list)
{
    write_file(place, name, list->bytes, list->n);
    free(list->bytes);
    *list = (byte_list){0};
}

/* ---- Checksums, deflate without compression, gzip -------------------------------------------- */

static inline uint32_t adler32_of(const unsigned char *bytes, size_t n)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static inline void add_stored(byte_list *list, const unsigned char *bytes, size_t n)
{
    size_t done = 0;
    do {
        size_t part = n - done < 65535 ? n - done : 65535;
        add_byte(list, done + part == n);
        add_little(list, part, 2);
        add_little(list, ~part, 2);
        if (part > 0)
            add_bytes(list, bytes + done, part);
        done += part;
    } while (done < n);
}

static inline void add_gzip(byte_list *list, const void *bytes, size_t n)
{
    static const unsigned char head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    add_bytes(list, head, sizeof head);
    add_stored(list, bytes, n);
    add_little(list, crc32_of(bytes, n), 4);
    add_little(list, n, 4);
}

/* Writes bits[n] as gzip; the caller keeps the bytes. */
static inline const char *write_gzip(data_place *place, const char *name, const void *bytes,
                                     size_t n)
{
    byte_list list = {0};
    add_gzip(&list, bytes, n);
    write_list(place, name, &list);
    return place->path;
}

/* The tests of gzip and PNG skip when the build lacks the library, after seeing that it says so. */
static inline void skip_without(data_place *place, const char *path, const char *package)
{
    hm_dataset *set;
    set_option(place, "data", path);
    hm_status status = hm_dataset_open(place->context, &place->config, &set, NULL, &place->error);
    hm_dataset_close(set);
    if (status != HM_ERROR_UNSUPPORTED)
        return;
    assert_non_null(strstr(place->error.message, package));
    print_message("skipped: %s\n", place->error.message);
    close_place(place);
    skip();
}

/* ---- IDX and NPY ----------------------------------------------------------------------------- */

static inline void add_idx_header(byte_list *list, unsigned type, size_t n_dims,
                                  const uint32_t *dims)
{
    add_big(list, type << 8 | n_dims, 4);
    for (size_t i = 0; i < n_dims; i++)
        add_big(list, dims[i], 4);
}

static inline const char *write_idx(data_place *place, const char *name, size_t n_dims,
                                    const uint32_t *dims, const unsigned char *bytes, size_t n)
{
    byte_list list = {0};
    add_idx_header(&list, 8, n_dims, dims);
    add_bytes(&list, bytes, n);
    write_list(place, name, &list);
    return place->path;
}

/* The header as numpy writes it: padded with spaces to a multiple of 64, a line end last. */
static inline void add_npy_header(byte_list *list, int version, const char *dictionary)
{
    size_t n_length = version == 1 ? 2 : 4, n = strlen(dictionary);
    size_t whole = (8 + n_length + n + 1 + 63) / 64 * 64;
    add_bytes(list, "\x93NUMPY", 6);
    add_byte(list, (unsigned)version);
    add_byte(list, 0);
    add_little(list, whole - 8 - n_length, (int)n_length);
    add_bytes(list, dictionary, n);
    while (list->n < whole - 1)
        add_byte(list, ' ');
    add_byte(list, '\n');
}

static inline const char *write_npy(data_place *place, const char *name, const char *dictionary,
                                    const void *bytes, size_t n)
{
    byte_list list = {0};
    add_npy_header(&list, 1, dictionary);
    add_bytes(&list, bytes, n);
    write_list(place, name, &list);
    return place->path;
}

/* ---- PNG ------------------------------------------------------------------------------------- */

static inline void add_png_chunk(byte_list *list, const char *type, const void *bytes, size_t n)
{
    add_big(list, n, 4);
    size_t begin = list->n;
    add_bytes(list, type, 4);
    add_bytes(list, bytes, n);
    add_big(list, crc32_of(list->bytes + begin, list->n - begin), 4);
}

static inline void add_png_start(byte_list *list, uint32_t width, uint32_t height, unsigned depth,
                                 unsigned colour, unsigned interlace)
{
    byte_list header = {0};
    add_bytes(list, "\x89PNG\r\n\x1a\n", 8);
    add_big(&header, width, 4);
    add_big(&header, height, 4);
    add_byte(&header, depth);
    add_byte(&header, colour);
    add_big(&header, interlace, 3);
    add_png_chunk(list, "IHDR", header.bytes, header.n);
    free(header.bytes);
}

/* rows[n] are the scanlines, each with its filter byte in front. */
static inline void add_png_end(byte_list *list, const unsigned char *rows, size_t n)
{
    byte_list data = {0};
    add_bytes(&data, "\x78\x01", 2);
    add_stored(&data, rows, n);
    add_big(&data, adler32_of(rows, n), 4);
    add_png_chunk(list, "IDAT", data.bytes, data.n);
    add_png_chunk(list, "IEND", NULL, 0);
    free(data.bytes);
}

/* A block of EXIF with another entry before the orientation, in either byte order. */
static inline void add_exif(byte_list *list, bool is_big, unsigned orientation)
{
    void (*add)(byte_list *list, uint64_t value, int n) = is_big ? add_big : add_little;
    add_bytes(list, is_big ? "MM" : "II", 2);
    add(list, 42, 2);
    add(list, 8, 4); /* the directory begins there */
    add(list, 2, 2);
    add(list, 270, 2), add(list, 2, 2), add(list, 4, 4), add(list, 0, 4); /* a description of four letters */
    add(list, 274, 2), add(list, 3, 2), add(list, 1, 4), add(list, orientation, 2), add(list, 0, 2);
    add(list, 0, 4);
}

/* How a picture of 2 x 3 pixels 0 1 2, 3 4 5 is shown in each orientation, row by row: 2 x 3 up to the fourth, then 3 x 2. */
static const unsigned char shown_as[9][6] = {
    [1] = {0, 1, 2, 3, 4, 5}, [2] = {2, 1, 0, 5, 4, 3}, [3] = {5, 4, 3, 2, 1, 0}, [4] = {3, 4, 5, 0, 1, 2},
    [5] = {0, 3, 1, 4, 2, 5}, [6] = {3, 0, 4, 1, 5, 2}, [7] = {5, 2, 4, 1, 3, 0}, [8] = {2, 5, 1, 4, 0, 3},
};

/* pixels[height][row_bytes] of the colour type, unfiltered. */
static inline void add_png(byte_list *list, uint32_t width, uint32_t height, unsigned depth,
                           unsigned colour, const unsigned char *pixels, size_t row_bytes)
{
    byte_list rows = {0};
    for (size_t y = 0; y < height; y++) {
        add_byte(&rows, 0);
        add_bytes(&rows, pixels + y * row_bytes, row_bytes);
    }
    add_png_start(list, width, height, depth, colour, 0);
    add_png_end(list, rows.bytes, rows.n);
    free(rows.bytes);
}

static inline const char *write_grey_png(data_place *place, const char *name, uint32_t width,
                                         uint32_t height, const unsigned char *pixels)
{
    byte_list list = {0};
    add_png(&list, width, height, 8, 0, pixels, width);
    write_list(place, name, &list);
    return place->path;
}

#endif
