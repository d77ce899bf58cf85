/* Option tables and schedules: every default of every table reads back, ranges hold, slips are forgiven by name. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

typedef union any_config {
    hm_data_config data;
    hm_train_config train;
} any_config;

/* What is printed is what was written as the default, so that echoes and help agree. */
static void defaults_read_back(void **state)
{
    (void)state;
    static any_config config;
    const hm_option_table *const tables[] = {&hm_data_options, &hm_train_options};
    for (int t = 0; t < 2; t++) {
        hm_options_init(tables[t], &config);
        for (size_t i = 0; i < tables[t]->n_rows; i++) {
            char text[HM_TEXT_MAX];
            hm_option_print(&tables[t]->rows[i], &config, text, sizeof text);
            assert_string_equal(text, tables[t]->rows[i].initial);
        }
        char echo[64];
        assert_int_equal(hm_options_echo(tables[t], &config, false, echo, sizeof echo), 0);
    }
}

static void values_are_checked(void **state)
{
    (void)state;
    static hm_train_config config;
    hm_error error;
    const hm_option_table *table = &hm_train_options;
    hm_options_init(table, &config);
    const char *const bad[][2] = {{"epochs", "-1"},      {"epochs", "3.5"},          {"epochs", ""},
                                  {"weight-cost", "x"},  {"weight-cost", "nan"},     {"momentum", "1.5"},
                                  {"visible-states", "both"}, {"learning-rate", "0.1,"}, {"learning-rate", "0.1, 0.2@0"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(hm_options_set(table, &config, bad[i][0], bad[i][1], &error), HM_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, bad[i][0]));
    }
    assert_int_equal(config.epochs, 10); /* unchanged by what was refused */
    assert_int_equal(hm_options_set(table, &config, "learnng-rate", "1", &error), HM_ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, "did you mean learning-rate?"));
    assert_int_equal(hm_options_set(table, &config, "visible-states", "samples", NULL), HM_OK);
    assert_int_equal(config.visible_states, HM_STATES_SAMPLES);
}

static void schedules_step_and_ramp(void **state)
{
    (void)state;
    static hm_train_config config;
    hm_options_init(&hm_train_options, &config);
    hm_options_set(&hm_train_options, &config, "learning-rate", "0.5, 0.9@5, ~0.1@15", NULL);
    const double at[][2] = {{0, 0.5}, {4.9, 0.5}, {5, 0.9}, {10, 0.5}, {15, 0.1}, {99, 0.1}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        assert_true(fabs(hm_schedule_at(&config.learning_rate, at[i][0]) - at[i][1]) < 1e-12);
}

static void layers_are_written_as_they_are_read(void **state)
{
    (void)state;
    const char *const texts[] = {"bernoulli 500", "gaussian 39", "softmax 10", "softmax 20x5", "relu 7", "binomial 20x8",
                                 "bernoulli 500 + softmax 10"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hm_layer layer;
        char text[128];
        assert_int_equal(hm_layer_parse(texts[i], 0, &layer, NULL), HM_OK);
        hm_layer_print(&layer, text, sizeof text);
        assert_string_equal(text, texts[i]);
    }
    const char *const bad[] = {"", "bernouli 5", "softmax 10x3", "binomial 5x2000", "gaussian 4x2", "5 +", "-3", "5 5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hm_layer layer;
        hm_error error;
        assert_int_equal(hm_layer_parse(bad[i], 0, &layer, &error), HM_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "bernoulli 500"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_read_back),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(schedules_step_and_ramp),
        cmocka_unit_test(layers_are_written_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
