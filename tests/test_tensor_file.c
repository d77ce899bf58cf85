/* The model file: every hostile file of the corpus is refused, round trips are exact, saving fails cleanly. */
#define _GNU_SOURCE /* mkstemp */
#include <dirent.h>
#include <math.h>
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

#include "model/tensor_file.h"
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

/* The tensor of that name in a file of the corpus, as floats. */
static const hm_tensor *floats_of(const hm_tensor_file *file, const char *name, float out[3])
{
    const hm_tensor *tensor = hm_tensor_file_find(file, name);
    assert_non_null(tensor);
    assert_true(hm_tensor_n_elements(tensor) <= 3);
    hm_tensor_to_f32(tensor, out);
    return tensor;
}

static void types_are_carried_and_converted(void **state)
{
    static const struct {
        const char *name, *type;
        bool is_real;
        float first, second;
    } expected[] = {
        {"bool", "BOOL", false, 0, 1},       {"i8", "I8", false, -1, 2},
        {"u8", "U8", false, 1, 255},         {"i16", "I16", false, -300, 300},
        {"i32", "I32", false, -70000, 70000}, {"i64", "I64", false, -1, 0x1p40f},
        {"f16", "F16", true, -1.5f, 65504},  {"bf16", "BF16", true, 1.5f, -INFINITY},
        {"f64", "F64", true, -0.25f, INFINITY}, {"hidden_bias", "F32", true, 3, 4},
    };
    static const char *const files[] = {"fuzz/corpus/tensors/types", "fuzz/corpus/tensors/types-unaligned"};
    hm_context *context;
    (void)state;
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    for (size_t f = 0; f < 2; f++) {
        hm_tensor_file *file;
        float value[3];
        assert_int_equal(hm_tensor_file_load(context, files[f], &file, NULL), HM_OK);
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
            const hm_tensor *tensor = floats_of(file, expected[i].name, value);
            assert_string_equal(hm_tensor_type_name(tensor->type), expected[i].type);
            assert_int_equal(hm_tensor_is_real(tensor), expected[i].is_real);
            assert_true(value[0] == expected[i].first && value[1] == expected[i].second);
        }
        floats_of(file, "f16", value);
        assert_true(value[2] == 0x1p-24f); /* the least half there is */
        hm_tensor_file_destroy(file);
    }
    hm_context_destroy(context);
}

static void data_at_any_byte_are_moved(void **state)
{
    static const char *const files[] = {"unaligned", "unaligned-by-neighbour", "types-unaligned"};
    hm_context *context;
    (void)state;
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        hm_tensor_file *file;
        char path[128];
        snprintf(path, sizeof path, "%s/%s", corpus, files[f]);
        assert_int_equal(hm_tensor_file_load(context, path, &file, NULL), HM_OK);
        for (size_t i = 0; i < hm_tensor_file_n_tensors(file); i++) {
            const hm_tensor *tensor = hm_tensor_file_at(file, i);
            bool is_wide = tensor->type == HM_TENSOR_F64 || tensor->type == HM_TENSOR_I64;
            if (hm_tensor_n_elements(tensor) && (is_wide || tensor->type == HM_TENSOR_F32))
                assert_int_equal((uintptr_t)tensor->data % (is_wide ? 8 : 4), 0);
        }
        const float *c = hm_tensor_file_find(file, "hidden_bias")->data;
        assert_true(c[0] == 3 && c[1] == 4 && c[2] == 5);
        hm_tensor_file_destroy(file);
    }
    hm_context_destroy(context);
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

/* A file of that header, behind which n_data bytes lie; the caller frees it. */
static unsigned char *make_file(const char *header, size_t n_data, size_t *n)
{
    size_t length = strlen(header);
    unsigned char *bytes = calloc(8 + length + n_data, 1);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, header, length);
    *n = 8 + length + n_data;
    return bytes;
}

/* Types and shapes that other programs write, and that nothing here asks for. */
static void strange_tensors_are_passed_over(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "\"dtype\":\"U16\",\"shape\":[2,2]",   "\"dtype\":\"U32\",\"shape\":[2]",    "\"dtype\":\"U64\",\"shape\":[1]",
        "\"dtype\":\"F8_E4M3\",\"shape\":[8]", "\"dtype\":\"F8_E5M2\",\"shape\":[8]", "\"dtype\":\"C64\",\"shape\":[]",
        "\"dtype\":\"F4\",\"shape\":[16]",     "\"dtype\":\"F32\",\"shape\":[1,1,2,1,1]", "\"dtype\":\"new in 2031\",\"shape\":[\"?\"]",
    };
    hm_context *context;
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char header[300];
        hm_tensor_file *file;
        const hm_tensor *W;
        const size_t shape[] = {3, 2};
        hm_error error;
        size_t n;
        snprintf(header, sizeof header, "{\"W\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]},\"step\":{%s,\"data_offsets\":[24,32]}}",
                 kinds[i]);
        unsigned char *bytes = make_file(header, 32, &n);
        if (hm_tensor_file_parse(context, "strange", bytes, n, &file, &error) != HM_OK)
            fail_msg("%s: %s", kinds[i], error.message);
        assert_int_equal(hm_tensor_file_get(file, "W", HM_TENSOR_F32, 2, shape, &W, NULL), HM_OK);
        const hm_tensor *other = hm_tensor_file_find(file, "step");
        assert_true(other && other->type == HM_TENSOR_OTHER && hm_tensor_n_elements(other) == 8 && !hm_tensor_is_real(other));
        assert_int_equal(hm_tensor_file_get(file, "step", HM_TENSOR_F32, 1, shape, &W, &error), HM_ERROR_FORMAT);
        hm_tensor_file_destroy(file);
        free(bytes);
    }
    hm_context_destroy(context);
}

/* A header of 100,000 keys, and one of as many tensors, take no time; the test's own limit is that of a slow machine. */
static void many_names_are_quick(void **state)
{
    (void)state;
    enum { N = 100000 };
    hm_context *context;
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    for (int are_tensors = 0; are_tensors < 2; are_tensors++) {
        char *header = malloc((size_t)N * 80 + 100);
        size_t used = (size_t)sprintf(header, are_tensors ? "{" : "{\"__metadata__\":{"), n;
        hm_tensor_file *file;
        for (int i = 0; i < N; i++)
            used += (size_t)sprintf(header + used, are_tensors ? "%s\"k%d\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%d,%d]}" : "%s\"k%d\":\"\"",
                                    i ? "," : "", i, i, i + 1);
        strcpy(header + used, are_tensors ? "}" : "}}");
        unsigned char *bytes = make_file(header, are_tensors ? N : 0, &n);
        alarm(20); /* quadratic work took minutes */
        assert_int_equal(hm_tensor_file_parse(context, "many", bytes, n, &file, NULL), HM_OK);
        for (int i = 0; are_tensors && i < N; i++) {
            char name[16];
            snprintf(name, sizeof name, "k%d", i);
            assert_string_equal(hm_tensor_file_find(file, name)->name, name);
        }
        assert_null(hm_tensor_file_find(file, "k"));
        alarm(0);
        hm_tensor_file_destroy(file);
        free(bytes);
        free(header);
    }
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_is_judged_rightly),
        cmocka_unit_test(strange_tensors_are_passed_over),
        cmocka_unit_test(many_names_are_quick),
        cmocka_unit_test(round_trips_are_exact),
        cmocka_unit_test(types_are_carried_and_converted),
        cmocka_unit_test(data_at_any_byte_are_moved),
        cmocka_unit_test(saving_where_one_may_not_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
