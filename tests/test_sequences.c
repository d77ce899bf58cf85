/* Frames in sequences: what a case sees around it, at the edges too and from the disk as from memory; groups held back whole; and
 * files of sequences that are none. */
#define _GNU_SOURCE /* mkstemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "temporary.h"

enum { D = 3, N = 9 }; /* sequences of 4, 1 and 4 frames */
static const char *const lines = "# front-end kind=fbank bands=3\none ann 4\ntwo bob 1\n\nthree ann 4\n";
static const size_t start[] = {0, 4, 5, 9};

typedef struct setting {
    hm_context *context;
    hm_data_config config;
    char data[TEMPORARY_MAX], sequences[TEMPORARY_MAX];
} setting;

static float value(size_t frame, size_t k)
{
    return (float)(10 * frame + k);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void set_up(setting *s)
{
    float frames[N][D];
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < D; k++)
            frames[i][k] = value(i, k);
    temporary_file(s->data);
    temporary_file(s->sequences);
    assert_int_equal(hm_context_create(&(hm_context_config){.n_threads = 2, .seed = 3}, &s->context, NULL), HM_OK);
    assert_int_equal(hm_matrix_save_npy(hm_matrix_f32(frames[0], N, D), s->data, NULL), HM_OK);
    write_text(s->sequences, lines);
    hm_options_init(&hm_data_options, &s->config);
    strcpy(s->config.data, s->data);
    strcpy(s->config.sequences, s->sequences);
    s->config.context = 2;
}

static void tear_down(setting *s)
{
    unlink(s->data);
    unlink(s->sequences);
    hm_context_destroy(s->context);
}

/* Frame i + t - 2 of the same sequence, or its first or last one. */
static float expected(size_t i, size_t t, size_t k)
{
    size_t q = 0;
    while (i >= start[q + 1])
        q++;
    long at = (long)i + (long)t - 2, first = (long)start[q], last = (long)start[q + 1] - 1;
    at = at < first ? first : at > last ? last : at;
    return value((size_t)at, k);
}

static void check_windows(const hm_dataset *set)
{
    float cases[N][5][D];
    hm_error error;
    assert_int_equal(hm_dataset_n_cases(set), N);
    assert_int_equal(hm_dataset_n_features(set), 5 * D);
    assert_int_equal(hm_dataset_height(set), 5);
    assert_int_equal(hm_dataset_width(set), D);
    assert_int_equal(hm_dataset_read(set, NULL, 0, N, 0, hm_matrix_f32(cases[0][0], N, 5 * D), &error), HM_OK);
    for (size_t i = 0; i < N; i++)
        for (size_t t = 0; t < 5; t++)
            for (size_t k = 0; k < D; k++)
                assert_true(cases[i][t][k] == expected(i, t, k));
}

static void cases_see_their_own_sequence_alone(void **state)
{
    (void)state;
    setting s;
    hm_dataset *set;
    hm_error error;
    char fingerprint[2][17];
    for (int is_on_disk = 0; is_on_disk < 2; is_on_disk++) {
        set_up(&s);
        s.config.memory = is_on_disk ? 0 : 1024;
        assert_int_equal(hm_dataset_open(s.context, &s.config, &set, NULL, &error), HM_OK);
        check_windows(set);
        strcpy(fingerprint[is_on_disk], hm_dataset_fingerprint(set));
        assert_non_null(strstr(hm_dataset_preparation(set), "context = 2"));
        assert_non_null(strstr(hm_dataset_preparation(set), "front-end = kind=fbank bands=3"));
        hm_dataset_close(set);
        tear_down(&s);
    }
    assert_string_equal(fingerprint[0], fingerprint[1]);
}

static void groups_are_held_back_whole(void **state)
{
    (void)state;
    setting s;
    hm_dataset *train, *validation;
    hm_error error;
    float frame[D];
    set_up(&s);
    s.config.context = 0;
    strcpy(s.config.validation_groups, "bob");
    assert_int_equal(hm_dataset_open(s.context, &s.config, &train, &validation, &error), HM_OK);
    assert_int_equal(hm_dataset_n_cases(train), 8);
    assert_int_equal(hm_dataset_n_cases(validation), 1);
    assert_int_equal(hm_dataset_read(validation, NULL, 0, 1, 0, hm_matrix_f32(frame, 1, D), &error), HM_OK);
    assert_true(frame[0] == value(4, 0));
    hm_dataset_close(train);
    hm_dataset_close(validation);
    const struct {
        const char *groups, *message;
    } bad[] = {{"carl", "no group carl"}, {"ann bob", "left to train on"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        strcpy(s.config.validation_groups, bad[i].groups);
        assert_int_equal(hm_dataset_open(s.context, &s.config, &train, &validation, &error), HM_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, bad[i].message));
    }
    strcpy(s.config.validation_groups, "bob");
    s.config.validation = 0.5;
    assert_int_equal(hm_dataset_open(s.context, &s.config, &train, &validation, &error), HM_ERROR_ARGUMENT);
    tear_down(&s);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    const struct {
        const char *text;
        hm_status status;
        const char *message;
    } bad[] = {
        {"one ann 4\ntwo bob 1\n", HM_ERROR_MISMATCH, "5 cases together"},
        {"one ann 4\ntwo bob\n", HM_ERROR_FORMAT, "line 2"},
        {"one ann 4 more\n", HM_ERROR_FORMAT, "line 1"},
        {"one ann 0\n", HM_ERROR_FORMAT, "line 1"},
        {"one ann -4\n", HM_ERROR_FORMAT, "line 1"},
        {"", HM_ERROR_MISMATCH, "0 sequences"},
    };
    setting s;
    hm_dataset *set;
    hm_error error;
    set_up(&s);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text(s.sequences, bad[i].text);
        assert_int_equal(hm_dataset_open(s.context, &s.config, &set, NULL, &error), bad[i].status);
        assert_non_null(strstr(error.message, bad[i].message));
    }
    s.config.sequences[0] = 0;
    assert_int_equal(hm_dataset_open(s.context, &s.config, &set, NULL, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "sequences"));
    write_text(s.sequences, lines);
    strcpy(s.config.sequences, s.sequences);
    strcpy(s.config.resize, "2x2");
    assert_int_equal(hm_dataset_open(s.context, &s.config, &set, NULL, &error), HM_ERROR_ARGUMENT);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_see_their_own_sequence_alone),
        cmocka_unit_test(groups_are_held_back_whole),
        cmocka_unit_test(bad_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
