/* Numbers in files, whatever the locale of the program: a comma for a decimal point would make others of them. Skipped where no locale
 * with a comma is installed or can be made. */
#define _GNU_SOURCE /* setenv */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/belief.h>
#include <harmonium/data.h>
#include <harmonium/options.h>
#include <harmonium/train.h>

#include "base/file.h"
#include "base/number.h"
#include "base/schedule.h"
#include "temporary.h"

static bool has_comma(const char *name)
{
    return setlocale(LC_ALL, name) && strcmp(localeconv()->decimal_point, ",") == 0;
}

/* One of the system, or one made in the folder. */
static bool take_comma(const char *folder)
{
    char command[600];
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nb_NO.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (has_comma(names[i]))
            return true;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >/dev/null 2>&1", folder);
    setenv("LOCPATH", folder, 1);
    return system(command) == 0 && has_comma("de_DE.UTF-8");
}

static void join(char path[TEMPORARY_MAX], const char *folder, const char *prefix, const char *name)
{
    char file[64];
    snprintf(file, sizeof file, "%s%s", prefix, name);
    assert_true(hm_path_join(path, TEMPORARY_MAX, folder, file));
}

static void assert_ok(hm_status status, const hm_error *error)
{
    if (status != HM_OK)
        fail_msg("%s", error->message);
}

/* Options and schedules from text and back; what they amount to is in the file. */
static void write_options(const hm_context *context, const char *path)
{
    static const char *const set[][2] = {{"learning-rate", "0.25, 0.125@1.5"}, {"weight-cost", "2.5e-4"}, {"momentum", "0.5, ~0.875@2.5"}};
    hm_train_config config;
    hm_error error;
    char text[4096];
    (void)context;
    hm_options_init(&hm_train_options, &config);
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        assert_ok(hm_options_set(&hm_train_options, &config, set[i][0], set[i][1], &error), &error);
    size_t n = hm_options_echo(&hm_train_options, &config, true, text, sizeof text);
    assert_ok(hm_file_save(path, text, n, &error), &error);
}

static void write_table(const hm_context *context, const char *path)
{
    float x[12];
    hm_error error;
    (void)context;
    for (int i = 0; i < 12; i++)
        x[i] = 0.1f * (float)(i + 1) + 1e-6f;
    assert_ok(hm_matrix_save_csv(hm_matrix_f32(x, 4, 3), path, &error), &error);
}

/* Of a table that this locale wrote. */
static void write_model(const hm_context *context, const char *path)
{
    char table[TEMPORARY_MAX];
    hm_error error;
    hm_data_config data;
    hm_train_config learn;
    hm_dataset *train;
    hm_model *model;
    hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, 3, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, 2, 1);
    snprintf(table, sizeof table, "%s.csv", path);
    write_table(context, table);
    hm_options_init(&hm_data_options, &data);
    hm_options_init(&hm_train_options, &learn);
    assert_ok(hm_options_set(&hm_data_options, &data, "data", table, &error), &error);
    assert_ok(hm_options_set(&hm_data_options, &data, "scale", "0.5", &error), &error);
    assert_ok(hm_options_set(&hm_train_options, &learn, "epochs", "2", &error), &error);
    assert_ok(hm_options_set(&hm_train_options, &learn, "learning-rate", "0.5, ~0.25@1.5", &error), &error);
    assert_ok(hm_dataset_open(context, &data, &train, NULL, &error), &error);
    assert_int_equal(hm_dataset_n_features(train), 3);
    assert_ok(hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, &error), &error);
    assert_ok(hm_train(model, train, NULL, &learn, NULL, &error), &error);
    size_t n;
    const float *parameters = hm_rbm_parameters(model->rbm[0], &n);
    assert_ok(hm_file_save(path, parameters, n * sizeof *parameters, &error), &error);
    hm_model_destroy(model);
    hm_dataset_close(train);
    remove(table);
}

/* From BIF, and as our own nets are written. */
static void write_net(const hm_context *context, const char *path)
{
    static const char bif[] = "network n { }\nvariable a { type discrete [ 2 ] { no, yes }; }\nvariable b { type discrete [ 2 ] { no, yes }; }\n"
                              "probability ( a ) { table 0.75, 0.25; }\nprobability ( b | a ) { (no) 0.875, 0.125; (yes) 0.0625, 0.9375; }\n";
    char source[TEMPORARY_MAX];
    hm_error error;
    hm_belief *net, *again;
    snprintf(source, sizeof source, "%s.bif", path);
    assert_ok(hm_file_save(source, bif, strlen(bif), &error), &error);
    assert_ok(hm_belief_load(context, source, &net, &error), &error);
    snprintf(source, sizeof source, "%s.net", path);
    assert_ok(hm_belief_save(net, source, &error), &error);
    assert_ok(hm_belief_load(context, source, &again, &error), &error);
    assert_ok(hm_belief_save(again, path, &error), &error);
    hm_belief_destroy(net);
    hm_belief_destroy(again);
    remove(source);
    snprintf(source, sizeof source, "%s.bif", path);
    remove(source);
}

typedef void writer(const hm_context *context, const char *path);
static const struct {
    const char *name;
    writer *write;
} cases[] = {{"options", write_options}, {"table", write_table}, {"model", write_model}, {"net", write_net}};

static void assert_same(const hm_context *context, const char *a, const char *b)
{
    unsigned char *x, *y;
    size_t n, m;
    hm_error error;
    assert_ok(hm_file_load(context, a, 1 << 20, &x, &n, &error), &error);
    assert_ok(hm_file_load(context, b, 1 << 20, &y, &m, &error), &error);
    assert_true(n > 0);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
}

static void files_have_no_locale(void **state)
{
    char folder[TEMPORARY_MAX], plain[TEMPORARY_MAX], comma[TEMPORARY_MAX];
    hm_context *context;
    (void)state;
    if (!mkdtemp(temporary_pattern(folder)))
        abort();
    assert_int_equal(hm_context_create(&(hm_context_config){.n_threads = 1, .seed = 3}, &context, NULL), HM_OK);
    bool is_there = take_comma(folder);
    for (size_t i = 0; is_there && i < sizeof cases / sizeof *cases; i++) {
        join(plain, folder, "plain-", cases[i].name);
        join(comma, folder, "comma-", cases[i].name);
        char locale[64];
        snprintf(locale, sizeof locale, "%s", setlocale(LC_ALL, NULL));
        setlocale(LC_ALL, "C");
        cases[i].write(context, plain);
        assert_true(has_comma(locale));
        cases[i].write(context, comma);
        assert_true(has_comma(locale)); /* and the program has its locale back */
        assert_same(context, plain, comma);
        remove(plain);
        remove(comma);
    }
    setlocale(LC_ALL, "C");
    hm_context_destroy(context);
    char command[TEMPORARY_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    if (!is_there)
        skip(); /* Debian: locales */
}

static void numbers_have_no_locale(void **state)
{
    char folder[TEMPORARY_MAX], text[64], *end;
    double value;
    (void)state;
    if (!mkdtemp(temporary_pattern(folder)))
        abort();
    if (take_comma(folder)) {
        assert_true(hm_number_parse("-12.5e-3", 8, &value) && fabs(value + 0.0125) < 1e-18);
        assert_true(fabs(hm_number_begin("0.1234567890123456789,5", &end) - 0.123456789012345678) < 1e-15 && *end == ',');
        hm_print(text, sizeof text, "%g %.2f %e", 0.5, 1.25, 2.5);
        assert_string_equal(text, "0.5 1.25 2.500000e+00");
        hm_number_print(0.1, text, sizeof text);
        assert_string_equal(text, "0.1");
    }
    setlocale(LC_ALL, "C");
    char command[TEMPORARY_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_no_locale),
        cmocka_unit_test(files_have_no_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
