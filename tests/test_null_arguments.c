/* Every function of the public headers that returns a status, with each pointer null in turn that must not be: HM_ERROR_ARGUMENT, with
 * a message that names the function, before anything else is looked at (the other pointers lead to room of no meaning).
 * tests/test_named_arguments.sh checks that no function is forgotten here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <harmonium/harmonium.h>

static hm_error error;
static const hm_matrix none = {0};
static _Alignas(64) char room[1 << 16];
#define SOME ((void *)room)

static void expect(hm_status status, const char *function)
{
    if (status != HM_ERROR_ARGUMENT || error.status != status || !strstr(error.message, function) || !strstr(error.message, "null"))
        fail_msg("%s: status %d, \"%s\"", function, (int)status, error.message);
}

#define NULL_IS_REFUSED(function, ...) (memset(&error, 0, sizeof error), memset(room, 0, sizeof room), expect(function(__VA_ARGS__), #function))

static void test_context(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_context_create, SOME, NULL, &error);
}

static void test_options(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_options_check, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_options_check, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_options_set, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_options_set, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_options_set, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_options_set, SOME, SOME, SOME, NULL, &error);
}

static void test_layer(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_layer_parse, NULL, 1, SOME, &error);
    NULL_IS_REFUSED(hm_layer_parse, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_layers_parse, NULL, 1, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_layers_parse, SOME, 1, NULL, 1, SOME, &error);
    NULL_IS_REFUSED(hm_layers_parse, SOME, 1, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_layer_connect, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_layer_connect, SOME, NULL, &error);
}

static void test_model(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_model_create, NULL, 1, 1, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_model_create, SOME, 1, 1, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_model_create, SOME, 1, 1, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_create, SOME, 1, 1, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_create_stack, NULL, 1, SOME, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_model_create_stack, SOME, 1, NULL, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_model_create_stack, SOME, 1, SOME, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_check_fit, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_check_fit, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_check_values, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_check_values, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_check_cases, NULL, SOME, none, &error);
    NULL_IS_REFUSED(hm_check_cases, SOME, NULL, none, &error);
    NULL_IS_REFUSED(hm_model_note_data, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_note_data, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_copy_known, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_copy_known, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_check_classes, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_check_classes, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_name_classes, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_name_classes, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_set_classes, NULL, NULL, NULL, &error);
    NULL_IS_REFUSED(hm_model_copy_classes, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_copy_classes, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_restore_units, NULL, 1, none, &error);
    NULL_IS_REFUSED(hm_model_check_layer, NULL, 1, &error);
    NULL_IS_REFUSED(hm_model_require, NULL, 1, &error);
    NULL_IS_REFUSED(hm_model_over, NULL, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_model_over, SOME, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_model_untie, NULL, &error);
    NULL_IS_REFUSED(hm_model_up_pass, NULL, 1, none, none, &error);
    NULL_IS_REFUSED(hm_model_set_text, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_model_set_text, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_set_text, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_add_history, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_add_history, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_set_standardising, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_model_set_standardising, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_set_standardising, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_save, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_save, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_model_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_model_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_load, SOME, SOME, NULL, &error);
}

static void test_rbm(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_rbm_create, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_create, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_create, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_create, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_rbm_energy, NULL, none, none, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_energy, SOME, none, none, NULL, &error);
    NULL_IS_REFUSED(hm_rbm_free_energy, NULL, none, 1, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_free_energy, SOME, none, 1, NULL, &error);
    NULL_IS_REFUSED(hm_rbm_gibbs_chains, NULL, none, none, 1, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_gibbs_chains, SOME, none, none, 1, NULL, &error);
}

static void test_train(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_train, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_train_levels, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_levels, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_levels, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_train_up_down, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_up_down, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_up_down, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_train_wake_sleep, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_wake_sleep, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_wake_sleep, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_unroll, NULL, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_model_unroll, SOME, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_train_backprop, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_backprop, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_backprop, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_checkpoint_stage, NULL, SOME, SOME, SOME, 1, &error);
    NULL_IS_REFUSED(hm_checkpoint_stage, SOME, NULL, SOME, SOME, 1, &error);
    NULL_IS_REFUSED(hm_checkpoint_stage, SOME, SOME, NULL, SOME, 1, &error);
    NULL_IS_REFUSED(hm_checkpoint_stage, SOME, SOME, SOME, NULL, 1, &error);
    NULL_IS_REFUSED(hm_train_offsets, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_train_offsets, SOME, NULL, &error);
}

static void test_data(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_dataset_open, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_open, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_open, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_open_known, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_open_known, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_open_known, SOME, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_open_known, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_create, NULL, SOME, SOME, 1, 1, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_create, SOME, NULL, SOME, 1, 1, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_create, SOME, SOME, SOME, 1, 1, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_dataset_borrow, NULL, SOME, SOME, 1, 1, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_borrow, SOME, NULL, SOME, 1, 1, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_borrow, SOME, SOME, SOME, 1, 1, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_dataset_of_class, NULL, 1, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_of_class, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_dataset_read, NULL, SOME, 1, 1, 1, none, &error);
    NULL_IS_REFUSED(hm_dataset_moments, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_moments, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_extremes, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_extremes, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_extremes, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_dataset_standardise, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_preparation_read, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_preparation_read, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_dataset_order, NULL, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_dataset_order, SOME, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_matrix_save_npy, none, NULL, &error);
    NULL_IS_REFUSED(hm_matrix_save_csv, none, NULL, &error);
    NULL_IS_REFUSED(hm_matrix_save_svm, none, SOME, NULL, &error);
}

static void test_infer(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_reconstruct, NULL, 1, none, 1, none, &error);
    NULL_IS_REFUSED(hm_decode, NULL, 1, 1, none, none, &error);
    NULL_IS_REFUSED(hm_pca, NULL, SOME, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_pca, SOME, NULL, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_pca, SOME, SOME, 1, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_pca, SOME, SOME, 1, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_chains_create, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_chains_create, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_chains_create, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_chains_set_label, NULL, 1, 1, &error);
    NULL_IS_REFUSED(hm_chains_hold, NULL, 1, 1, 1, &error);
    NULL_IS_REFUSED(hm_infer_layers, NULL, SOME, none, none, &error);
    NULL_IS_REFUSED(hm_infer_layers, SOME, NULL, none, none, &error);
    NULL_IS_REFUSED(hm_rbm_anneal, NULL, none, SOME, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_anneal, SOME, none, NULL, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_anneal, SOME, none, SOME, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_class_probabilities, NULL, 1, 1, none, SOME, &error);
    NULL_IS_REFUSED(hm_class_probabilities, SOME, 1, 1, none, NULL, &error);
    NULL_IS_REFUSED(hm_project_features, NULL, 1, 1, none, &error);
    NULL_IS_REFUSED(hm_hidden_means, NULL, none, 1, none, &error);
    NULL_IS_REFUSED(hm_describe, NULL, SOME, none, none, &error);
    NULL_IS_REFUSED(hm_describe, SOME, NULL, none, none, &error);
    NULL_IS_REFUSED(hm_find_strongest, NULL, 1, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_find_strongest, SOME, 1, NULL, 1, SOME, &error);
    NULL_IS_REFUSED(hm_find_strongest, SOME, 1, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_sample_features, NULL, 1, 1, 1, none, &error);
}

static void test_likelihood(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_rbm_find_partition, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_find_partition, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_rbm_require_partition, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_log_partition, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_log_partition, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_rbm_expectations, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_expectations, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_rbm_expectations, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_ais, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_ais, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_ais, SOME, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_ais, SOME, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_ais_reverse, NULL, SOME, none, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_ais_reverse, SOME, NULL, none, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_ais_reverse, SOME, SOME, none, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_ais_reverse, SOME, SOME, none, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_evaluate, NULL, 1, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_evaluate, SOME, 1, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_evaluate, SOME, 1, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_evaluate, SOME, 1, SOME, SOME, SOME, NULL, &error);
}

static void test_examine(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_examine, NULL, 1, SOME, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_examine, SOME, 1, NULL, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_examine, SOME, 1, SOME, SOME, 1, NULL, &error);
}

static void test_belief(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_belief_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_belief_load, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_belief_parse, NULL, SOME, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_belief_parse, SOME, NULL, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_belief_parse, SOME, SOME, NULL, 1, SOME, &error);
    NULL_IS_REFUSED(hm_belief_parse, SOME, SOME, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_belief_find, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_find, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_belief_find, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_belief_observe, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_observe, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_belief_observe, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_belief_infer, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_infer, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_infer, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_belief_infer, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_belief_joint, NULL, SOME, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_belief_joint, SOME, NULL, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_belief_joint, SOME, SOME, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_belief_gibbs_joint, NULL, SOME, SOME, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_belief_gibbs_joint, SOME, NULL, SOME, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_belief_gibbs_joint, SOME, SOME, NULL, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_belief_gibbs_joint, SOME, SOME, SOME, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_belief_explain, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_explain, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_explain, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_belief_explain, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_belief_anneal, NULL, SOME, SOME, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_anneal, SOME, NULL, SOME, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_anneal, SOME, SOME, SOME, 1, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_belief_sample, NULL, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_belief_sample, SOME, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_belief_read_cases, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_read_cases, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_read_cases, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_belief_read_cases, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_belief_write_cases, NULL, SOME, SOME, 1, &error);
    NULL_IS_REFUSED(hm_belief_write_cases, SOME, NULL, SOME, 1, &error);
    NULL_IS_REFUSED(hm_belief_learn, NULL, SOME, 1, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_learn, SOME, SOME, 1, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_belief_learn, SOME, SOME, 1, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_belief_save, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_belief_save, SOME, NULL, &error);
}

static void test_show(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_image_create, NULL, 1, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_image_create, SOME, 1, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_image_save_png, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_image_save_png, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_image_load_png, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_image_load_png, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_image_load_png, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_image_grid, NULL, none, 1, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_image_grid, SOME, none, 1, 1, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_image_grid, SOME, none, 1, 1, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_image_bands, NULL, SOME, SOME, 1, 1, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_image_bands, SOME, NULL, SOME, 1, 1, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_image_bands, SOME, SOME, SOME, 1, 1, 1, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_image_bands, SOME, SOME, SOME, 1, 1, 1, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_image_matrix, NULL, none, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_image_matrix, SOME, none, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_image_spectrogram, NULL, none, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_image_spectrogram, SOME, none, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_image_spectrogram, SOME, none, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_image_utterance, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_image_utterance, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_image_utterance, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_image_layers, NULL, SOME, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_image_layers, SOME, NULL, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_image_layers, SOME, SOME, 1, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_graph_draw, NULL, SOME, 1, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_graph_draw, SOME, NULL, 1, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_graph_draw, SOME, SOME, 1, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_graph_print, NULL, SOME, 1, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_graph_print, SOME, NULL, 1, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_graph_print, SOME, SOME, 1, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_plot_curves, NULL, SOME, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_plot_curves, SOME, NULL, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_plot_curves, SOME, SOME, NULL, 1, SOME, &error);
    NULL_IS_REFUSED(hm_plot_curves, SOME, SOME, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_plot_histograms, NULL, SOME, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_plot_histograms, SOME, NULL, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_plot_histograms, SOME, SOME, NULL, 1, SOME, &error);
    NULL_IS_REFUSED(hm_plot_histograms, SOME, SOME, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_plot_table, NULL, SOME, SOME, 1, 1, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_plot_table, SOME, NULL, SOME, 1, 1, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_plot_table, SOME, SOME, NULL, 1, 1, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_plot_table, SOME, SOME, SOME, 1, 1, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_movie_open, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_movie_open, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_movie_open, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_movie_add, NULL, SOME, 1, &error);
    NULL_IS_REFUSED(hm_movie_add, SOME, NULL, 1, &error);
    NULL_IS_REFUSED(hm_movie_close, NULL, &error);
}

static void test_speech(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_front_end_parse, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_front_end_parse, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_sound_frames, NULL, SOME, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_sound_frames, SOME, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_sound_frames, SOME, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_sound_frames, SOME, SOME, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_sound_frames, SOME, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_sound_frames, SOME, SOME, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_voice_add, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_voice_add, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_voice_add, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_voice_add, SOME, SOME, SOME, NULL, &error);
}

static void test_hmm(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_definition_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_definition_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_definition_load, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_transitions_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_transitions_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_transitions_load, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_dictionary_load, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dictionary_load, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dictionary_load, SOME, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_dictionary_load, SOME, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_transcripts_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_transcripts_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_transcripts_load, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scores_load, NULL, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_scores_load, SOME, NULL, 1, SOME, &error);
    NULL_IS_REFUSED(hm_scores_load, SOME, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_scores_save, NULL, none, SOME, &error);
    NULL_IS_REFUSED(hm_scores_save, SOME, none, NULL, &error);
    NULL_IS_REFUSED(hm_senone_scores, NULL, none, none, &error);
    NULL_IS_REFUSED(hm_phone_posteriors, NULL, SOME, none, none, &error);
    NULL_IS_REFUSED(hm_phone_posteriors, SOME, NULL, none, none, &error);
    NULL_IS_REFUSED(hm_model_front_end, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_model_front_end, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_model_front_end, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_sound_cases, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_sound_cases, SOME, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_sound_cases, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_sound_cases, SOME, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_hmms_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_hmms_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_hmms_load, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_align, NULL, SOME, none, SOME, &error);
    NULL_IS_REFUSED(hm_align, SOME, NULL, none, SOME, &error);
    NULL_IS_REFUSED(hm_align, SOME, SOME, none, NULL, &error);
    NULL_IS_REFUSED(hm_decoder_create, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_decoder_create, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_decoder_create, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_decoder_run, NULL, none, SOME, &error);
    NULL_IS_REFUSED(hm_decoder_run, SOME, none, NULL, &error);
    NULL_IS_REFUSED(hm_word_errors_count, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_word_errors_count, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_word_errors_count, SOME, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_word_errors_count, SOME, SOME, SOME, SOME, NULL, &error);
}

static void test_scene(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_scene_classes_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_classes_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_classes_load, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_classes_copy, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_classes_copy, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_picture_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_picture_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_picture_load, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_label_picture_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_label_picture_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_label_picture_load, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_label_picture_save, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_label_picture_save, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_overlay, NULL, SOME, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_scene_overlay, SOME, NULL, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_scene_overlay, SOME, SOME, NULL, 1, SOME, &error);
    NULL_IS_REFUSED(hm_scene_overlay, SOME, SOME, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_scene_contact_sheet, NULL, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_contact_sheet, SOME, 1, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_contact_sheet, SOME, 1, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_set_open, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_set_open, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_set_open, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_set_read, NULL, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_set_read, SOME, 1, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_set_frequencies, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_set_frequencies, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_view_take, SOME, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_view_take, SOME, SOME, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_view_take, SOME, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_superpixels, NULL, 1, 1, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_superpixels, SOME, 1, 1, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_superpixels, SOME, 1, 1, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_region_adjacency, NULL, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_region_adjacency, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_region_adjacency, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_region_adjacency, SOME, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_region_scores, none, NULL, none, &error);
    NULL_IS_REFUSED(hm_segmentation_tree_make, NULL, 1, SOME, 1, SOME, &error);
    NULL_IS_REFUSED(hm_segmentation_tree_make, SOME, 1, SOME, 1, NULL, &error);
    NULL_IS_REFUSED(hm_segmentation_cover, NULL, none, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_confusion_add, NULL, 1, SOME, SOME, 1, &error);
    NULL_IS_REFUSED(hm_scene_pyramid, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_pyramid, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_net_create, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_net_create, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_net_create, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_net_refine, NULL, 1, 1, SOME, &error);
    NULL_IS_REFUSED(hm_scene_net_refine, SOME, 1, 1, NULL, &error);
    NULL_IS_REFUSED(hm_scene_net_save, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_net_save, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_net_load, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_net_load, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_net_load, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_net_set_recipe, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_net_set_recipe, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_train_scene, NULL, SOME, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_scene, SOME, NULL, SOME, SOME, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_scene, SOME, SOME, SOME, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_train_scene, SOME, SOME, SOME, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_labeller_create, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_labeller_create, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_labeller_create, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_label, NULL, SOME, SOME, &error);
    NULL_IS_REFUSED(hm_scene_label, SOME, NULL, SOME, &error);
    NULL_IS_REFUSED(hm_scene_label, SOME, SOME, NULL, &error);
    NULL_IS_REFUSED(hm_scene_probabilities, NULL, SOME, none, &error);
    NULL_IS_REFUSED(hm_scene_probabilities, SOME, NULL, none, &error);
}

static void test_team(void **state)
{
    (void)state;
    NULL_IS_REFUSED(hm_team_join, NULL, &error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_context),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_layer),
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_rbm),
        cmocka_unit_test(test_train),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_infer),
        cmocka_unit_test(test_likelihood),
        cmocka_unit_test(test_examine),
        cmocka_unit_test(test_belief),
        cmocka_unit_test(test_show),
        cmocka_unit_test(test_speech),
        cmocka_unit_test(test_hmm),
        cmocka_unit_test(test_scene),
        cmocka_unit_test(test_team),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
