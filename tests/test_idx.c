/* IDX files, plain and gzip, in memory and from the disk; truncated, oversized and lying ones. */
#include "data_files.h"

static const float pixel = 1.0f / 255.0f;

static void test_bytes_are_pixels(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    const unsigned char bytes[12] = {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255};
    float wanted[12];
    for (int i = 0; i < 12; i++)
        wanted[i] = (float)bytes[i] * pixel;
    hm_dataset *set = open_set(&place, write_idx(&place, "a", 3, (uint32_t[]){2, 2, 3}, bytes, 12));
    expect_shape(set, 2, 2, 3);
    expect_values(set, 2, 6, wanted);
    assert_true(wanted[11] == 1.0f);
    assert_int_equal(hm_dataset_n_classes(set), 0);
    assert_int_equal(hm_dataset_label(set, 0), -1);
    hm_dataset_close(set);
    close_place(&place);
}

/* The four axes of n x 1 x h x w are pictures, those of n x h x w x 3 are not. */
static void test_shapes(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    unsigned char bytes[36] = {0};
    hm_dataset *set = open_set(&place,
                               write_idx(&place, "a", 4, (uint32_t[]){2, 1, 2, 3}, bytes, 12));
    expect_shape(set, 2, 2, 3);
    hm_dataset_close(set);
    set = open_set(&place, write_idx(&place, "b", 4, (uint32_t[]){2, 2, 3, 3}, bytes, 36));
    assert_int_equal(hm_dataset_height(set), 0);
    assert_int_equal(hm_dataset_n_features(set), 18);
    hm_dataset_close(set);
    set = open_set(&place, write_idx(&place, "c", 1, (uint32_t[]){5}, bytes, 5));
    assert_int_equal(hm_dataset_n_cases(set), 5);
    assert_int_equal(hm_dataset_n_features(set), 1);
    hm_dataset_close(set);
    close_place(&place);
}

static void test_every_type(void **state)
{
    (void)state;
    static const struct {
        unsigned type;
        const char *bytes;
        size_t size;
        float value[2];
    } rows[] = {
        {0x08, "\x00\xff", 1, {0, 255}},
        {0x09, "\x80\x7f", 1, {-128, 127}},
        {0x0B, "\x80\x00\x01\x02", 2, {-32768, 258}},
        {0x0C, "\xff\xff\xff\xfe\x00\x01\x00\x00", 4, {-2, 65536}},
        {0x0D, "\xbf\xc0\x00\x00\x40\x49\x0f\xdb", 4, {-1.5f, 3.14159274f}},
        {0x0E,
         "\xbf\xf8\x00\x00\x00\x00\x00\x00\x40\x09\x21\xfb\x54\x44\x2d\x18",
         8,
         {-1.5f, 3.14159274f}},
    };
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "scale", "1");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        byte_list list = {0};
        add_idx_header(&list, rows[i].type, 2, (uint32_t[]){1, 2});
        add_bytes(&list, rows[i].bytes, 2 * rows[i].size);
        write_list(&place, "a", &list);
        hm_dataset *set = open_set(&place, place.path);
        expect_values(set, 1, 2, rows[i].value);
        hm_dataset_close(set);
    }
    close_place(&place);
}

static void test_gzip(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    byte_list plain = {0}, packed = {0};
    add_idx_header(&plain, 8, 2, (uint32_t[]){300, 400});
    for (int i = 0; i < 300 * 400; i++)
        add_byte(&plain, (unsigned)(i * 7 + i / 256) & 255);
    write_file(&place, "plain", plain.bytes, plain.n);
    hm_dataset *set = open_set(&place, place.path);
    float *wanted = read_all(set);
    hm_dataset_close(set);
    write_gzip(&place, "one.gz", plain.bytes, plain.n);
    skip_without(&place, place.path, "zlib1g-dev");
    set = open_set(&place, place.path);
    expect_values(set, 300, 400, wanted);
    hm_dataset_close(set);
    /* A gzip file may have several members, one behind another. */
    add_gzip(&packed, plain.bytes, 5);
    add_gzip(&packed, plain.bytes + 5, 70000);
    add_gzip(&packed, NULL, 0);
    add_gzip(&packed, plain.bytes + 70005, plain.n - 70005);
    write_list(&place, "members.gz", &packed);
    set = open_set(&place, place.path);
    expect_values(set, 300, 400, wanted);
    hm_dataset_close(set);
    free(wanted);
    free(plain.bytes);
    close_place(&place);
}

/* With no memory allowed every case is read from the file: same values, whatever the type. */
static void test_streaming_equals_memory(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 3, 2);
    byte_list list = {0};
    add_idx_header(&list, 0x0D, 3, (uint32_t[]){57, 9, 7});
    for (unsigned i = 0; i < 57 * 9 * 7; i++) {
        float value = (float)i / 4096;
        uint32_t bits;
        memcpy(&bits, &value, 4);
        add_big(&list, bits, 4);
    }
    write_list(&place, "a", &list);
    for (int resized = 0; resized < 2; resized++) {
        set_option(&place, "resize", resized ? "4x5" : "");
        set_option(&place, "memory", "1024");
        hm_dataset *held = open_set(&place, place.path);
        set_option(&place, "memory", "0");
        hm_dataset *streamed = open_set(&place, place.path);
        float *wanted = read_all(held);
        expect_shape(streamed, 57, resized ? 4 : 9, resized ? 5 : 7);
        expect_values(streamed, 57, hm_dataset_n_features(held), wanted);
        assert_string_equal(hm_dataset_fingerprint(held), hm_dataset_fingerprint(streamed));
        free(wanted);
        hm_dataset_close(held);
        hm_dataset_close(streamed);
    }
    close_place(&place);
}

/* A file that shrinks while a set reads from it is an error of reading, not a crash. */
static void test_file_cut_while_open(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    unsigned char bytes[40] = {0};
    float values[40];
    write_idx(&place, "a", 2, (uint32_t[]){10, 4}, bytes, 40);
    set_option(&place, "memory", "0");
    hm_dataset *set = open_set(&place, place.path);
    assert_int_equal(truncate(place.path, 12 + 30), 0);
    assert_int_equal(hm_dataset_read(set, NULL, 0, 7, 0, hm_matrix_f32(values, 7, 4), &place.error),
                     HM_OK);
    assert_int_equal(
        hm_dataset_read(set, NULL, 0, 10, 0, hm_matrix_f32(values, 10, 4), &place.error),
        HM_ERROR_IO);
    assert_non_null(strstr(place.error.message, "became shorter"));
    assert_non_null(strstr(place.error.message, "case 7"));
    hm_dataset_close(set);
    close_place(&place);
}

/* ---- Hostile files --------------------------------------------------------------------------- */

static void test_truncated(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    unsigned char bytes[24] = {0};
    byte_list list = {0};
    add_idx_header(&list, 8, 3, (uint32_t[]){2, 3, 4});
    add_bytes(&list, bytes, 24);
    for (size_t n = 4; n < 16; n++) {
        write_file(&place, "a", list.bytes, n);
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "header", NULL);
    }
    for (size_t n = 16; n < 40; n++) {
        write_file(&place, "a", list.bytes, n);
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "2 cases of 12 bytes",
                    n < 28 ? "only 0" : "only 1", NULL);
    }
    free(list.bytes);
    close_place(&place);
}

static void test_oversized(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    unsigned char bytes[25] = {0};
    write_idx(&place, "a", 3, (uint32_t[]){2, 3, 4}, bytes, 25);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "longer than its header says",
                NULL);
    close_place(&place);
}

/* Whatever a header promises, nothing large is allocated for a small file. */
static void test_lying_headers(void **state)
{
    (void)state;
    static const struct {
        size_t n_dims;
        uint32_t dims[4];
        const char *piece;
    } rows[] = {
        {3, {1u << 31, 28, 28}, "2147483648 cases of 784 bytes"},
        {3, {10000, 28, 28}, "10000 cases of 784 bytes"},
        {1, {0xffffffff}, "4294967295 cases"},
        {3, {2, 1u << 31, 1u << 31}, "16777216"},
        {4, {2, 0xffffffff, 0xffffffff, 0xffffffff}, "16777216"},
        {3, {2, 4097, 4096}, "16777216"},
        {3, {0, 28, 28}, "0 cases of 784"},
        {3, {7, 0, 28}, "7 cases of 0"},
        {4, {7, 0, 0xffffffff, 28}, "16777216"},
    };
    data_place place;
    open_place(&place, 1, 1);
    unsigned char bytes[1600] = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        place.memory.most_bytes = 0;
        write_idx(&place, "a", rows[i].n_dims, rows[i].dims, bytes, sizeof bytes);
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, rows[i].piece, NULL);
        assert_true(place.memory.most_bytes < 100000);
    }
    write_idx(&place, "a", 3, rows[0].dims, bytes, sizeof bytes);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, "2147483648 cases", "only 2 of them", NULL);
    close_place(&place);
}

static void test_255_axes(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    uint32_t dims[255];
    unsigned char bytes[3] = {0};
    for (int i = 0; i < 255; i++)
        dims[i] = i == 0 ? 3 : 1;
    hm_dataset *set = open_set(&place, write_idx(&place, "a", 255, dims, bytes, 3));
    assert_int_equal(hm_dataset_n_cases(set), 3);
    hm_dataset_close(set);
    for (int i = 0; i < 255; i++)
        dims[i] = 2;
    write_idx(&place, "a", 255, dims, bytes, 3);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "16777216", NULL);
    close_place(&place);
}

static void test_lying_gzip(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    byte_list plain = {0};
    add_idx_header(&plain, 8, 3, (uint32_t[]){2, 3, 4});
    for (int i = 0; i < 24; i++)
        add_byte(&plain, 7);
    write_gzip(&place, "short.gz", plain.bytes, plain.n - 5);
    skip_without(&place, place.path, "zlib1g-dev");
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "2 cases of 12 bytes", "only 1",
                NULL);
    add_byte(&plain, 7);
    write_gzip(&place, "long.gz", plain.bytes, plain.n);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "longer than its header says",
                NULL);
    /* 2^31 pictures in a file of some tens of bytes: no deflate can do that. */
    plain.n = 0;
    add_idx_header(&plain, 8, 3, (uint32_t[]){1u << 31, 28, 28});
    write_gzip(&place, "huge.gz", plain.bytes, plain.n);
    place.memory.most_bytes = 0;
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "2147483648 cases", "gzip file of",
                NULL);
    assert_true(place.memory.most_bytes < 100000);
    free(plain.bytes);
    close_place(&place);
}

static void test_damaged_gzip(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    byte_list plain = {0}, packed = {0};
    add_idx_header(&plain, 8, 2, (uint32_t[]){4, 5});
    for (int i = 0; i < 20; i++)
        add_byte(&plain, (unsigned)i);
    add_gzip(&packed, plain.bytes, plain.n);
    write_file(&place, "a.gz", packed.bytes, packed.n);
    skip_without(&place, place.path, "zlib1g-dev");
    for (size_t n = 2; n < packed.n; n++) { /* cut off anywhere */
        write_file(&place, "a.gz", packed.bytes, n);
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, NULL);
    }
    for (size_t i = packed.n - 8; i < packed.n; i++) { /* a wrong checksum or length */
        packed.bytes[i] ^= 1;
        write_file(&place, "a.gz", packed.bytes, packed.n);
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "damaged gzip", NULL);
        packed.bytes[i] ^= 1;
    }
    add_bytes(&packed, "rubbish behind the end", 22);
    write_list(&place, "a.gz", &packed);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "damaged gzip", NULL);
    free(plain.bytes);
    close_place(&place);
}

/* Bits of a deflate stream, lowest first. */
typedef struct bit_list {
    byte_list list;
    unsigned held, n_held;
} bit_list;

static void add_bits(bit_list *bits, unsigned value, unsigned n)
{
    bits->held |= value << bits->n_held;
    for (bits->n_held += n; bits->n_held >= 8; bits->n_held -= 8, bits->held >>= 8)
        add_byte(&bits->list, bits->held & 255);
}

/* One block with the fixed code: the header of an IDX file, then n_runs times 258 zeros in 13
 * bits each. */
static void add_bomb(bit_list *bits, const byte_list *header, int n_runs)
{
    static const unsigned char head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    add_bytes(&bits->list, head, sizeof head);
    add_bits(bits, 1 | 1 << 1, 3);
    for (size_t i = 0; i <= header->n; i++) {
        unsigned literal = i < header->n ? header->bytes[i] : 0, code = 0x30 + literal,
                 reversed = 0;
        for (int bit = 0; bit < 8; bit++)
            reversed |= (code >> bit & 1) << (7 - bit);
        assert_true(literal < 144);
        add_bits(bits, reversed, 8);
    }
    for (int i = 0; i < n_runs; i++)
        add_bits(bits, 0xa3, 13); /* length 258 is 11000101, distance 1 is 00000 */
    add_bits(bits, 0, 7);
    add_bits(bits, 0, 8);
}

static void test_gzip_bomb(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    byte_list header = {0};
    bit_list bits = {0};
    add_idx_header(&header, 8, 3, (uint32_t[]){100, 28, 28});
    add_bomb(&bits, &header, 4000000); /* a gigabyte in 6.5 MB */
    write_list(&place, "bomb.gz", &bits.list);
    free(header.bytes);
    skip_without(&place, place.path, "zlib1g-dev");
    place.memory.most_bytes = 0;
    refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, "longer than its header says",
                NULL);
    assert_true(place.memory.most_bytes < 200000);
    /* And one whose header is honest, but which may not take that much memory. */
    bits = (bit_list){0};
    header = (byte_list){0};
    add_idx_header(&header, 8, 2, (uint32_t[]){65536, 1024});
    add_bomb(&bits, &header, 100000);
    write_list(&place, "large.gz", &bits.list);
    free(header.bytes);
    set_option(&place, "memory", "63");
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, place.path, "65 MB", "63", "memory", NULL);
    close_place(&place);
}

static void test_wrong_magic(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *piece;
    } rows[] = {
        {"\xff\xd8\xff\xe0\0\x10JFIF", 10, "JPEG"},
        {"PK\3\4\x14\0\0\0\x08\0", 10, "NPZ"},
        {"\x89HDF\r\n\x1a\n", 8, "HDF5"},
        {"\x28\xb5\x2f\xfd\4\0", 6, "zstd"},
        {"\0\0\7\3\0\0\0\1", 8, "nothing known (first bytes 00 00 07 03)"},
        {"\0", 1, "nothing known (first bytes 00"},
        {"\0\0\x08\0", 4, "nothing known"},
        {"\x40\0\0\0\0\0\0\0{\"__metadata__\"", 20, "safetensors"},
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_file(&place, "a", rows[i].bytes, rows[i].n);
        refuse_with(&place, place.path, HM_ERROR_FORMAT, place.path, rows[i].piece, NULL);
    }
    refuse_with(&place, write_file(&place, "a", "", 0), HM_ERROR_FORMAT, place.path, "empty", NULL);
    close_place(&place);
}

static void test_not_finite(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0x7fc00000, 0x7f800000, 0xff800000, 0xffc00001};
    data_place place;
    open_place(&place, 1, 1);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        byte_list list = {0};
        add_idx_header(&list, 0x0D, 2, (uint32_t[]){3, 4});
        for (int i = 0; i < 12; i++)
            add_big(&list, i == 6 ? bad[k] : 0x7f7fffff, 4);
        write_list(&place, "a", &list);
        set_option(&place, "memory", "1024");
        refuse_with(&place, place.path, HM_ERROR_NUMERIC, place.path, "row 1, column 2", NULL);
        set_option(&place, "memory", "0"); /* from the disk the first to see it is the reading */
        hm_dataset *set = open_set(&place, place.path);
        float values[12];
        assert_int_equal(
            hm_dataset_read(set, NULL, 0, 3, 0, hm_matrix_f32(values, 3, 4), &place.error),
            HM_ERROR_NUMERIC);
        assert_non_null(strstr(place.error.message, "row 1, column 2"));
        hm_dataset_close(set);
    }
    close_place(&place);
}

static void test_places_that_are_no_files(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    refuse_with(&place, path_in(&place, "absent"), HM_ERROR_NOT_FOUND, place.path, NULL);
    assert_int_equal(mkfifo(path_in(&place, "pipe"), 0600), 0);
    refuse_with(&place, place.path, HM_ERROR_IO, place.path, "is no regular file", NULL);
    refuse_with(&place, "/dev/zero", HM_ERROR_IO, "/dev/zero", "is no regular file", NULL);
    set_option(&place, "labels", path_in(&place, "pipe"));
    refuse_with(&place, write_text(&place, "a.csv", "1\n2\n"), HM_ERROR_IO, "pipe", "is no regular file", NULL);
    set_option(&place, "labels", "");
    assert_int_equal(mkdir(path_in(&place, "set"), 0700), 0);
    assert_int_equal(mkfifo(path_in(&place, "set/a.png"), 0600), 0);
    refuse_with(&place, path_in(&place, "set"), HM_ERROR_IO, "set/a.png", "is no regular file", NULL);
    assert_int_equal(symlink("nowhere", path_in(&place, "link")), 0);
    refuse_with(&place, place.path, HM_ERROR_NOT_FOUND, place.path, NULL);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_pixels),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_streaming_equals_memory),
        cmocka_unit_test(test_file_cut_while_open),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_oversized),
        cmocka_unit_test(test_lying_headers),
        cmocka_unit_test(test_255_axes),
        cmocka_unit_test(test_lying_gzip),
        cmocka_unit_test(test_damaged_gzip),
        cmocka_unit_test(test_gzip_bomb),
        cmocka_unit_test(test_wrong_magic),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_places_that_are_no_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
