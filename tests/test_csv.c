/* CSV files: separators, headers, forms of numbers, and every way in which a table can be wrong. */
#include "data_files.h"

#include <locale.h>

static void expect_csv(data_place *place, const char *text, size_t n, size_t n_features,
                       const float *wanted)
{
    hm_dataset *set = open_set(place, write_text(place, "a.csv", text));
    expect_values(set, n, n_features, wanted);
    assert_int_equal(hm_dataset_height(set), 0);
    hm_dataset_close(set);
}

static void test_separators_and_ends(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "1,2,3\n4,5,6\n",         "1;2;3\n4;5;6\n",
        "1\t2\t3\n4\t5\t6\n",     "1,2,3\r\n4,5,6\r\n",
        "1,2,3\n4,5,6",           " 1 , 2,3 \n4,\t5,  6\n",
        "1,2,3\n4,5,6\n\n  \n\n", "\357\273\2771,2,3\n4,5,6\n",
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_csv(&place, texts[i], 2, 3, (float[]){1, 2, 3, 4, 5, 6});
    close_place(&place);
}

static void test_headers(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "label,1x1,1x2\n7,8,9\n",
        "\"a\",\"b\",\"c\"\n7,8,9\n",
        "a;b;c\n7;8;9\n",
        "x\ty\tz\n7\t8\t9\n",
        "# made by numpy.savetxt\n7,8,9\n",
        "# two\n# lines\na,b,c\n7,8,9\n",
        "only,two\n7,8,9\n", /* names are not counted */
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_csv(&place, texts[i], 1, 3, (float[]){7, 8, 9});
    expect_csv(&place, "5\n6\n7", 3, 1, (float[]){5, 6, 7}); /* and numbers are no header */
    close_place(&place);
}

static void test_numbers(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    expect_csv(&place, "0.1,-0.1,+3,.5,5.,1e3,-1.5E-3,123456789012345678901234567890\n", 1, 8,
               (float[]){0.1f, -0.1f, 3, 0.5f, 5, 1000, -1.5e-3f, 1.2345678901234568e29f});
    expect_csv(&place, "0.30000001192092896,16777217,3.4028235e38,1e-50,-0\n", 1, 5,
               (float[]){0.3f, 16777216, 3.4028235e38f, 0, 0});
    close_place(&place);
}

/* Every float printed with nine digits reads back as itself. */
static void test_round_trip(void **state)
{
    (void)state;
    enum { N = 2000 };
    data_place place;
    open_place(&place, 1, 1);
    float wanted[N];
    byte_list list = {0};
    uint32_t bits = 1;
    for (int i = 0; i < N; i++) {
        char text[32];
        do {
            bits = bits * 1664525 + 1013904223;
            memcpy(&wanted[i], &bits, sizeof bits);
        } while ((bits & 0x7f800000) == 0x7f800000);
        add_bytes(&list, text, (size_t)snprintf(text, sizeof text, "%.9g\n", (double)wanted[i]));
    }
    write_list(&place, "a.csv", &list);
    hm_dataset *set = open_set(&place, place.path);
    expect_values(set, N, 1, wanted);
    hm_dataset_close(set);
    close_place(&place);
}

/* A program may have chosen a locale whose decimal point is a comma; files do not change with
 * it. */
static void test_locale(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) {
        close_place(&place);
        print_message("skipped: no locale de_DE.UTF-8 on this machine\n");
        skip();
    }
    expect_csv(&place, "1.5,2.25e0\n", 1, 2, (float[]){1.5f, 2.25f});
    char text[8];
    snprintf(text, sizeof text, "%.1f", 1.5);
    assert_string_equal(text, "1,5"); /* the program's own locale is left as it was */
    setlocale(LC_ALL, "C");
    close_place(&place);
}

/* Lines across the ends of the reader's buffer (64 KiB), and lines longer than it. */
static void test_long_lines(void **state)
{
    (void)state;
    enum { COLUMNS = 40000, LINES = 3 };
    data_place place;
    open_place(&place, 1, 1);
    byte_list list = {0};
    float *wanted = malloc(LINES * COLUMNS * sizeof *wanted);
    for (int i = 0; i < LINES * COLUMNS; i++) {
        char text[32];
        wanted[i] = (float)(i % 977);
        int n = snprintf(text, sizeof text, "%d%c", i % 977,
                         i % COLUMNS == COLUMNS - 1 ? '\n' : ',');
        add_bytes(&list, text, (size_t)n);
    }
    write_list(&place, "a.csv", &list);
    hm_dataset *set = open_set(&place, place.path);
    expect_values(set, LINES, COLUMNS, wanted);
    hm_dataset_close(set);
    for (int i = 0; i < LINES * COLUMNS; i++) {
        char text[32];
        add_bytes(&list, text, (size_t)snprintf(text, sizeof text, "%d\n", i % 977));
    }
    write_list(&place, "b.csv", &list);
    set = open_set(&place, place.path);
    expect_values(set, LINES * COLUMNS, 1, wanted);
    hm_dataset_close(set);
    free(wanted);
    close_place(&place);
}

static void test_gzip(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    write_gzip(&place, "a.csv.gz", "a,b\n1,2\n", 8);
    skip_without(&place, place.path, "zlib1g-dev");
    hm_dataset *set = open_set(&place, place.path);
    expect_values(set, 1, 2, (float[]){1, 2});
    hm_dataset_close(set);
    close_place(&place);
}

/* Flat rows become pictures when `shape` says so. */
static void test_shape_option(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    write_text(&place, "a.csv", "1,2,3,4,5,6\n");
    set_option(&place, "shape", "2x3");
    hm_dataset *set = open_set(&place, place.path);
    expect_shape(set, 1, 2, 3);
    hm_dataset_close(set);
    set_option(&place, "resize", "1x1");
    set = open_set(&place, place.path);
    expect_values(set, 1, 1, (float[]){3.5f});
    hm_dataset_close(set);
    set_option(&place, "shape", "2x4");
    refuse_with(&place, place.path, HM_ERROR_MISMATCH, "shape = 2x4", "6 values", NULL);
    set_option(&place, "shape", "");
    refuse_with(&place, place.path, HM_ERROR_MISMATCH, "resize", "shape", NULL);
    close_place(&place);
}

/* Words become classes in the order of their bytes, whatever the order of the lines. */
static void test_label_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *column;
        const char *name[2]; /* of the classes 0 and 1, or null */
    } rows[] = {
        {"kind,a,b\ndog,1,2\ncat,3,4\ndog,5,6\n", "kind", {"cat", "dog"}},
        {"kind,a,b\ndog,1,2\ncat,3,4\ndog,5,6\n", "1", {"cat", "dog"}},
        {"dog,1,2\ncat,3,4\ndog,5,6\n", "1", {"cat", "dog"}}, /* and the first line is a case */
        {"1;\"dog\";2\n3;\"cat\";4\n5;dog;6\n", "2", {"cat", "dog"}},
        {"\"a\",\"b\",\"kind\"\n1,2,1\n3,4,0\n5,6,1\n", "kind", {NULL, NULL}},
        {"1,2,1\n3,4,0\n5,6,1.0\n", "last", {NULL, NULL}},
        {"a,b,kind\n1,2,b b\n3,4,B\n5,6,b b\n", "last", {"B", "b b"}},
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_option(&place, "label-column", rows[i].column);
        hm_dataset *set = open_set(&place, write_text(&place, "a.csv", rows[i].text));
        expect_values(set, 3, 2, (float[]){1, 2, 3, 4, 5, 6});
        assert_int_equal(hm_dataset_n_classes(set), 2);
        for (int32_t c = 0; c < 2; c++) {
            const char *name = hm_dataset_class_name(set, c);
            assert_true(name ? rows[i].name[c] && strcmp(name, rows[i].name[c]) == 0
                             : !rows[i].name[c]);
        }
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(hm_dataset_label(set, k), k != 1);
        hm_dataset_close(set);
    }
    close_place(&place);
}

static void test_wrong_label_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text, *column;
        hm_status status;
        const char *piece;
    } rows[] = {
        {"kind,a\ncat,1\n", "king", HM_ERROR_ARGUMENT, "label-column = king"},
        {"cat,1\n", "3", HM_ERROR_ARGUMENT, "from 1 to 2"},
        {"cat,1\n", "0", HM_ERROR_ARGUMENT, "from 1 to 2"},
        {"cat,1\n", "99999999999999999999", HM_ERROR_ARGUMENT, "from 1 to 2"},
        {"cat\ndog\n", "1", HM_ERROR_FORMAT, "no number beside it"},
        {"cat,1\n2,2\n", "1", HM_ERROR_FORMAT, "line 1 names a class by a word"},
        {"cat,1\n,2\n", "1", HM_ERROR_FORMAT, "line 2, column 1 is empty"},
        {"cat,1\nNA,2\n", "1", HM_ERROR_NUMERIC, "line 2, column 1"},
        {"0.5,1\n1,2\n", "1", HM_ERROR_FORMAT, "is 0.5"},
        {"cat,1\nc\177t,2\n", "1", HM_ERROR_FORMAT, "\"c?t\""},
        {"cat,1\ndog\n", "1", HM_ERROR_FORMAT, "line 2 has 1 columns"},
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_option(&place, "label-column", rows[i].column);
        write_text(&place, "a.csv", rows[i].text);
        refuse_with(&place, place.path, rows[i].status, place.path, rows[i].piece, NULL);
    }
    set_option(&place, "label-column", "1");
    write_file(&place, "a.npy", "\x93NUMPY\1\0", 8);
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, "`label-column`", "NPY", NULL);
    close_place(&place);
}

/* A file of labels may be words too; its first line is a header when there is one too many. */
static void test_label_words(void **state)
{
    (void)state;
    static const char *const texts[] = {"dog\ncat\ndog\n", "kind\ndog\ncat\ndog\n",
                                        "\"dog\"\n\"cat\"\n\"dog\"\n"};
    data_place place;
    open_place(&place, 1, 1);
    char data[HM_TEXT_MAX];
    strcpy(data, write_text(&place, "a.csv", "1\n2\n3\n"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        set_option(&place, "labels", write_text(&place, "labels.csv", texts[i]));
        hm_dataset *set = open_set(&place, data);
        assert_int_equal(hm_dataset_n_classes(set), 2);
        assert_string_equal(hm_dataset_class_name(set, 0), "cat");
        assert_string_equal(hm_dataset_class_name(set, 1), "dog");
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(hm_dataset_label(set, k), k != 1);
        hm_dataset_close(set);
    }
    set_option(&place, "labels", write_text(&place, "labels.csv", "cat\ndog\n"));
    refuse_with(&place, data, HM_ERROR_MISMATCH, "2 labels", "3 cases", NULL);
    set_option(&place, "labels", write_text(&place, "labels.csv", "1\n2\nl\n"));
    refuse_with(&place, data, HM_ERROR_FORMAT, "line 3", "word", NULL);
    set_option(&place, "labels", write_text(&place, "labels.csv", "cat\ndog\ncow\n"));
    set_option(&place, "label-column", "1");
    refuse_with(&place, write_text(&place, "b.csv", "0,1\n1,2\n0,3\n"), HM_ERROR_ARGUMENT,
                "label-column", NULL);
    close_place(&place);
}

/* The same table of two cases as programs write it. */
static void test_tables_of_programs(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ",0,1,2\n0,0.1,0.2,0.3\n1,0.4,0.5,0.6\n",                      /* pandas, columns and rows without names */
        ",a,b,c\n0,0.1,0.2,0.3\n1,0.4,0.5,0.6\n",                      /* pandas, to_csv */
        "Unnamed: 0,a,b,c\n0,0.1,0.2,0.3\n1,0.4,0.5,0.6\n",            /* read and written once more */
        ",a,b,c\nx1,0.1,0.2,0.3\nx2,0.4,0.5,0.6\n",                    /* with an index of words */
        "\"a\",\"b\",\"c\"\n\"0.1\",\"0.2\",\"0.3\"\n\"0.4\",\"0.5\",\"0.6\"\n", /* everything quoted */
        "\"\",\"a\",\"b\",\"c\"\n\"1\",0.1,0.2,0.3\n\"2\",0.4,0.5,0.6\n", /* R, write.csv */
        "\"a\" \"b\" \"c\"\n\"1\" 0.1 0.2 0.3\n\"2\" 0.4 0.5 0.6\n",   /* R, write.table */
        "a b c\n1 0.1 0.2 0.3\n2 0.4 0.5 0.6\n",                       /* likewise without quotation marks */
        "\"\";\"a\";\"b\";\"c\"\n\"1\";0,1;0,2;0,3\n\"2\";0,4;0,5;0,6\n", /* R, write.csv2 */
        "a;b;c\r\n0,1;0,2;0,3\r\n0,4;0,5;0,6\r\n;;\r\n;;\r\n",        /* Excel where numbers have commas, with empty rows below */
        "\357\273\277\"a, in m\",\"b \"\"x\"\"\",\"c\nd\"\r\n0.1,0.2,0.3\r\n0.4,0.5,0.6\r\n", /* names that need quotation marks */
        "1.000000000000000056e-01 2.000000000000000111e-01 2.999999999999999889e-01\n"
        "4.000000000000000222e-01 5.000000000000000000e-01 5.999999999999999778e-01\n", /* numpy, savetxt */
        "  0.1   0.2  0.3 \n  0.4   0.5  0.6 \n",
        "0.1\t0.2\t0.3\n0.4\t0.5\t0.6\n",
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_csv(&place, texts[i], 2, 3, (float[]){0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f});
    write_text(&place, "a.csv", "0.1    0.2\t 0.3\n");
    refuse_with(&place, place.path, HM_ERROR_FORMAT, "line 1, column 1", "\"0.1    0.2\"", NULL);
    close_place(&place);
}

/* A first line 0,1,2 names the columns, but may be the first case of bits. */
static void test_counted_columns(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    expect_csv(&place, "0,1,2\n0.1,0.2,0.3\n0.4,0.5,0.6\n", 2, 3, (float[]){0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f});
    expect_csv(&place, "0,1\n0.5,0.2\n", 1, 2, (float[]){0.5f, 0.2f});
    expect_csv(&place, "0,1\n1,0\n", 2, 2, (float[]){0, 1, 1, 0});
    expect_csv(&place, "0,1,2\n", 1, 3, (float[]){0, 1, 2}); /* alone it is a case */
    expect_csv(&place, "1,2,3\n4,5,6\n", 2, 3, (float[]){1, 2, 3, 4, 5, 6});
    set_option(&place, "label-column", "last");
    hm_dataset *set = open_set(&place, write_text(&place, "a.csv", "0,1,2\n0.1,0.2,1\n0.4,0.5,0\n"));
    expect_values(set, 2, 2, (float[]){0.1f, 0.2f, 0.4f, 0.5f});
    assert_int_equal(hm_dataset_label(set, 0), 1);
    assert_int_equal(hm_dataset_n_classes(set), 2);
    hm_dataset_close(set);
    close_place(&place);
}

static void test_words_for_numbers(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    expect_csv(&place, "True,False\nFALSE,true\n1.0,0.0\n", 3, 2, (float[]){1, 0, 0, 1, 1, 0});
    expect_csv(&place, "a,b\nTRUE,FALSE\n", 1, 2, (float[]){1, 0});
    close_place(&place);
}

/* Names of columns are kept where all have one of their own. */
static void test_names_of_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text, *label, *names;
    } rows[] = {
        {"a,b,c\n1,2,3\n", "", "a\nb\nc\n"},
        {",a,b,c\n0,1,2,3\n", "", "a\nb\nc\n"},
        {"\"a\" \"b\" \"c\"\n\"1\" 1 2 3\n", "", "a\nb\nc\n"},
        {"a,kind,b\n1,2,3\n", "kind", "a\nb\n"},
        {"\"a\" \"kind\" \"b\"\n\"1\" 1 2 3\n", "kind", "a\nb\n"},
        {"\"a\nb\",\"x, y\"\n1,2\n", "", "a b\nx, y\n"},
        {"a,a\n1,2\n", "", ""},
        {"a,,b\n1,2,3\n", "", ""},
        {"1,2,3\n", "", ""},
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_option(&place, "label-column", rows[i].label);
        hm_dataset *set = open_set(&place, write_text(&place, "a.csv", rows[i].text));
        assert_string_equal(hm_dataset_columns(set), rows[i].names);
        hm_dataset_close(set);
    }
    close_place(&place);
}

/* Labels of every kind that programs write, in a file of their own. */
static void test_labels_of_programs(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name[2]; /* of the classes of cases 0 and 1 */
    } rows[] = {
        {"-1\n1\n-1\n", {"-1", "1"}},
        {"1.0\n0.0\n1.0\n", {NULL, NULL}},
        {"True\nFalse\nTrue\n", {"True", "False"}},
        {",y\n0,cat\n1,dog\n2,cat\n", {"cat", "dog"}},   /* pandas, to_csv of a series */
        {"0\n1\n0\n1\n", {NULL, NULL}},                  /* and without index and name */
        {"\"\",\"x\"\n\"1\",\"cat\"\n\"2\",\"dog\"\n\"3\",\"cat\"\n", {"cat", "dog"}}, /* R */
        {"\"cat, big\"\ndog small\n\"cat, big\"\n", {"cat, big", "dog small"}},
        {"\"say \"\"cat\"\"\"\ndog\n\"say \"\"cat\"\"\"\n", {"say \"cat\"", "dog"}},
        {"\357\273\277cat\r\ndog\r\ncat\r\n", {"cat", "dog"}},
    };
    data_place place;
    open_place(&place, 1, 1);
    char data[HM_TEXT_MAX];
    strcpy(data, write_text(&place, "a.csv", "1\n2\n3\n"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_option(&place, "labels", write_text(&place, "labels.csv", rows[i].text));
        hm_dataset *set = open_set(&place, data);
        for (size_t k = 0; k < 2; k++) {
            const char *name = hm_dataset_class_name(set, hm_dataset_label(set, k));
            assert_true(rows[i].name[k] ? name && strcmp(name, rows[i].name[k]) == 0 : !name);
        }
        assert_int_equal(hm_dataset_label(set, 0), hm_dataset_label(set, 2));
        assert_int_not_equal(hm_dataset_label(set, 0), hm_dataset_label(set, 1));
        hm_dataset_close(set);
    }
    close_place(&place);
}

static void test_wrong_tables(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        hm_status status;
        const char *piece[2];
    } rows[] = {
        {"1,2\n3,\n", HM_ERROR_FORMAT, {"line 2, column 2", "empty"}},
        {"1,,2\n", HM_ERROR_FORMAT, {"line 1, column 2", "empty"}},
        {",1,2\n", HM_ERROR_FORMAT, {"line 1, column 1", "empty"}},
        {"a,b\n1,2\nnan,4\n", HM_ERROR_NUMERIC, {"line 3, column 1", "\"nan\""}},
        {"nan,1\n2,3\n",
         HM_ERROR_NUMERIC,
         {"line 1, column 1", "\"nan\""}}, /* not taken for a header */
        {"NA\n2\n", HM_ERROR_NUMERIC, {"line 1, column 1", "\"NA\""}},
        {"1,2\n3,NULL\n", HM_ERROR_NUMERIC, {"line 2, column 2", "\"NULL\""}},
        {"1,2\n-Inf,3\n", HM_ERROR_NUMERIC, {"line 2, column 1", "\"-Inf\""}},
        {"1,2\n3,Infinity\n", HM_ERROR_NUMERIC, {"line 2, column 2", "\"Infinity\""}},
        {"1,2\n3,1e999\n", HM_ERROR_NUMERIC, {"line 2, column 2", "\"1e999\""}},
        {"1,2\n3,1e39\n", HM_ERROR_NUMERIC, {"line 2, column 2", "\"1e39\""}},
        {"1,2\n3,0x10\n", HM_ERROR_FORMAT, {"line 2, column 2", "\"0x10\""}},
        {"1,2\n3,4 5\n", HM_ERROR_FORMAT, {"line 2, column 2", "\"4 5\""}},
        {"1 2\n3 x\n", HM_ERROR_FORMAT, {"line 2, column 2", "commas, semicolons, tabs or blanks"}},
        {"1;2\n3;4,5,6\n", HM_ERROR_FORMAT, {"line 2, column 2", "\"4,5,6\""}},
        {"1;2\n3;1.234,5\n", HM_ERROR_FORMAT, {"line 2, column 2", "\"1.234,5\""}},
        {"1,2\n3,\"4\n", HM_ERROR_FORMAT, {"line 2 opens a quotation mark", "close it"}},
        {"1,2\n3,tru\n", HM_ERROR_FORMAT, {"line 2, column 2", "\"tru\""}},
        {"1 1:0.5 3:2\n-1 2:1\n", HM_ERROR_FORMAT, {"LIBSVM", "CSV"}},
        {"1,2\n3,--4\n", HM_ERROR_FORMAT, {"line 2, column 2", "\"--4\""}},
        {"1,2\n3,1.2.3\n", HM_ERROR_FORMAT, {"line 2, column 2", "\"1.2.3\""}},
        {"1,2\n3,.\n", HM_ERROR_FORMAT, {"line 2, column 2", "\".\""}},
        {"1,2\n3,-\n", HM_ERROR_FORMAT, {"line 2, column 2", "\"-\""}},
        {"1,2\n3,\x9b[31m\n", HM_ERROR_FORMAT, {"line 2, column 2", "\"?[31m\""}},
        {"1,2\n3,abcdefghijklmnopqrstuvwxyz\n",
         HM_ERROR_FORMAT,
         {"line 2", "\"abcdefghijklmnopqrstuvwx...\""}},
        {"1,2\n3\n", HM_ERROR_FORMAT, {"line 2 has 1 columns", "have 2"}},
        {"1,2\n3,4,5\n", HM_ERROR_FORMAT, {"line 2 has 3 columns", "have 2"}},
        {"1,2\n\n3,4\n", HM_ERROR_FORMAT, {"line 2 is empty", "leave it out"}},
        {"a,b,c\n", HM_ERROR_FORMAT, {"no line of numbers", "a.csv"}},
        {"\n\n", HM_ERROR_FORMAT, {"no line of numbers", "a.csv"}},
        {"#\n", HM_ERROR_FORMAT, {"no line of numbers", "a.csv"}},
        {"", HM_ERROR_FORMAT, {"empty", "a.csv"}},
    };
    data_place place;
    open_place(&place, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_text(&place, "a.csv", rows[i].text);
        refuse_with(&place, place.path, rows[i].status, place.path, rows[i].piece[0],
                    rows[i].piece[1], NULL);
    }
    close_place(&place);
}

static void test_binary_inside(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    byte_list list = {0};
    for (int i = 0; i < 1000; i++)
        add_bytes(&list, "1,2\n", 4);
    add_bytes(&list, "1,2\0,3\n", 7);
    write_list(&place, "a.csv", &list);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, "line 1001", "zero byte", NULL);
    write_file(&place, "b.csv", "1,\0\n", 4);
    refuse_with(&place, place.path, HM_ERROR_FORMAT, "nothing known", NULL);
    close_place(&place);
}

/* The memory allowed bounds what is taken, whatever the file. */
static void test_too_large(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    byte_list list = {0};
    for (int i = 0; i < 300000; i++)
        add_bytes(&list, "1\n", 2);
    write_list(&place, "a.csv", &list);
    set_option(&place, "memory", "1"); /* 262,144 floats */
    place.memory.most_bytes = 0;
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, place.path, "1 MB", "`memory`", NULL);
    assert_true(place.memory.most_bytes <= (1 << 20) + 64);
    set_option(&place, "memory", "2");
    hm_dataset *set = open_set(&place, place.path);
    assert_int_equal(hm_dataset_n_cases(set), 300000);
    hm_dataset_close(set);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_separators_and_ends),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_locale),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_shape_option),
        cmocka_unit_test(test_label_column),
        cmocka_unit_test(test_wrong_label_columns),
        cmocka_unit_test(test_label_words),
        cmocka_unit_test(test_tables_of_programs),
        cmocka_unit_test(test_counted_columns),
        cmocka_unit_test(test_words_for_numbers),
        cmocka_unit_test(test_names_of_columns),
        cmocka_unit_test(test_labels_of_programs),
        cmocka_unit_test(test_wrong_tables),
        cmocka_unit_test(test_binary_inside),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
