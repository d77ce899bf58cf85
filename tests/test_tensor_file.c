/* The model file: every hostile file of the corpus is refused, round trips are exact, saving fails cleanly. */
#define _GNU_SOURCE /* mkstemp */
#include <dirent.h>
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

static const char corpus[] = "fuzz/corpus/tensors";

/* "hostile-..." must be refused with a message that names the file, the others accepted. */
static void the_corpus_is_judged_rightly(void **state)
{
    (void)state;
    hm_context *context;
    int n_files = 0;
    DIR *folder = opendir(corpus);
    assert_non_null(folder);
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[512];
        hm_model *model;
        hm_error error = {0};
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", corpus, entry->d_name);
        hm_status status = hm_model_load(context, path, &model, &error);
        bool is_hostile = strncmp(entry->d_name, "hostile", 7) == 0;
        if (is_hostile) {
            if (status != HM_ERROR_FORMAT)
                fail_msg("%s: status %d, %s", path, status, error.message);
            assert_non_null(strstr(error.message, path));
            assert_null(model);
        } else {
            assert_int_equal(status, HM_OK);
            hm_model_destroy(model);
        }
        n_files++;
    }
    closedir(folder);
    hm_context_destroy(context);
    assert_true(n_files > 20);
}

static hm_model *make_model(const hm_context *context)
{
    hm_layer visible, hidden;
    hm_model *model;
    const float shift[] = {1, 2, 3, 4, 5, 6}, spread[] = {1, 1, 2, 2, 3, 3};
    assert_int_equal(hm_layer_parse("gaussian 6", 0, &visible, NULL), HM_OK);
    assert_int_equal(hm_layer_parse("bernoulli 3 + softmax 4x2 + binomial 2x5", 0, &hidden, NULL), HM_OK);
    assert_int_equal(hm_model_create(context, HM_MODEL_CLASSES, 3, &visible, &hidden, &model, NULL), HM_OK);
    for (size_t i = 0; i < model->n_rbms; i++) {
        hm_rbm_init_weights(model->rbm[i], 1.0f + (float)i, 0);
        hm_rbm_hidden_bias(model->rbm[i])[8] = -2.5f;
        model->offset[i] = 0.25f * (float)i;
    }
    model->height = 2;
    model->width = 3;
    model->seed = 18446744073709551615u;
    hm_model_set_text(model, &model->recipe, "[data]\ndata = \"quotes\" and \xc3\xa9\n", NULL);
    hm_model_set_standardising(model, shift, spread, NULL);
    return model;
}

static void round_trips_are_exact(void **state)
{
    (void)state;
    char path[TEMPORARY_MAX];
    temporary_file(path);
    hm_context *context;
    hm_model *back;
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    hm_model *model = make_model(context);
    assert_int_equal(hm_model_save(model, path, NULL), HM_OK);
    assert_int_equal(hm_model_load(context, path, &back, NULL), HM_OK);
    assert_int_equal(back->n_rbms, 3);
    for (size_t i = 0; i < 3; i++) {
        size_t n, m;
        float *a = hm_rbm_parameters(model->rbm[i], &n), *b = hm_rbm_parameters(back->rbm[i], &m);
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n * sizeof *a);
        assert_true(hm_layer_is_equal(hm_rbm_hidden(model->rbm[i]), hm_rbm_hidden(back->rbm[i])));
    }
    assert_memory_equal(model->offset, back->offset, 3 * sizeof(float));
    assert_memory_equal(model->spread, back->spread, 6 * sizeof(float));
    assert_string_equal(model->recipe, back->recipe);
    assert_true(model->seed == back->seed && back->height == 2 && back->width == 3);
    hm_model_destroy(back);
    hm_model_destroy(model);
    hm_context_destroy(context);
    unlink(path);
}

static void saving_where_one_may_not_is_told(void **state)
{
    (void)state;
    hm_context *context;
    hm_error error;
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    hm_model *model = make_model(context);
    assert_int_equal(hm_model_save(model, "/nowhere/at/all", &error), HM_ERROR_IO);
    assert_non_null(strstr(error.message, "/nowhere/at/all"));
    assert_int_equal(hm_model_save(model, temporary_folder(), &error), HM_ERROR_IO);
    hm_model_destroy(model);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_is_judged_rightly),
        cmocka_unit_test(round_trips_are_exact),
        cmocka_unit_test(saving_where_one_may_not_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
