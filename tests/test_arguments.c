/* Arguments that cannot be: matrices of other sizes and types, kinds and choices that are not there, numbers out of range. Each is
 * refused with a message, and nothing is written: outputs lie between canaries. Null pointers are in tests/test_null_arguments.c. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <harmonium/harmonium.h>

enum { N = 6, V = 8, H = 5, T = 3, ROOM = 4096 };

static hm_error error;
static hm_context *context;
static hm_model *rbm, *dbn, *labelled, *net, *classes;
static hm_dataset *set;
static float cases[N * V];
static const int32_t labels[N] = {0, 1, 0, 1, 0, 1};

static struct {
    float before[64], f[ROOM], behind[64];
    double d[ROOM], end[64];
} out;

/* NaN would compare unequal to itself, so that bytes are compared. */
static void fill_out(void)
{
    memset(&out, 0xa5, sizeof out);
    memset(&error, 0, sizeof error);
}

static void refused(hm_status status, const char *call)
{
    const unsigned char *byte = (const unsigned char *)&out;
    if (status != HM_ERROR_ARGUMENT || error.status != status || !error.message[0])
        fail_msg("%s: status %d, \"%s\"", call, (int)status, error.message);
    for (size_t i = 0; i < sizeof out; i++)
        if (byte[i] != 0xa5)
            fail_msg("%s: byte %zu of the outputs was written", call, i);
}

#define REFUSED(call) (fill_out(), refused((call), #call))
#define SAID(text) assert_non_null(strstr(error.message, text))

static hm_matrix in(size_t rows, size_t cols)
{
    return hm_matrix_f32(cases, rows, cols);
}

static hm_matrix to(size_t rows, size_t cols)
{
    return hm_matrix_f32(out.f, rows, cols);
}

static hm_matrix with(hm_matrix m, void *data, size_t stride, int dtype)
{
    return (hm_matrix){data, m.rows, m.cols, stride, (hm_dtype)dtype};
}

/* A call of an input and an output of these sizes, with each of them wrong in turn. */
#define MATRICES_ARE_CHECKED(function, n_in, n_out, takes_bytes)                                                             \
    do {                                                                                                                    \
        REFUSED(function(in(N, (n_in) - 1), to(N, n_out)));                                                                 \
        REFUSED(function(in(N, (n_in) + 1), to(N, n_out)));                                                                 \
        REFUSED(function(with(in(N, n_in), NULL, n_in, HM_DTYPE_F32), to(N, n_out)));                                       \
        REFUSED(function(with(in(N, n_in), cases, (n_in) - 1, HM_DTYPE_F32), to(N, n_out)));                                \
        REFUSED(function(with(in(N, n_in), cases, n_in, 7), to(N, n_out)));                                                 \
        if (!(takes_bytes))                                                                                                 \
            REFUSED(function(with(in(N, n_in), cases, n_in, HM_DTYPE_U8), to(N, n_out)));                                   \
        REFUSED(function(in(N, n_in), to(N - 1, n_out)));                                                                   \
        REFUSED(function(in(N, n_in), to(N, (n_out) - 1)));                                                                 \
        REFUSED(function(in(N, n_in), to(N, (n_out) + 1)));                                                                 \
        REFUSED(function(in(N, n_in), with(to(N, n_out), NULL, n_out, HM_DTYPE_F32)));                                      \
        REFUSED(function(in(N, n_in), with(to(N, n_out), out.f, (n_out) - 1, HM_DTYPE_F32)));                               \
        REFUSED(function(in(N, n_in), with(to(N, n_out), out.f, SIZE_MAX / 8, HM_DTYPE_F32)));                              \
        REFUSED(function(in(N, n_in), with(to(N, n_out), out.f, n_out, HM_DTYPE_U8)));                                      \
        assert_int_equal(function(in(N, n_in), to(N, n_out)), HM_OK);                                                       \
    } while (0)

/* ---- Models ------------------------------------------------------------------------------------------------ */

static hm_status up_pass_rbm(hm_matrix v, hm_matrix to_)
{
    return hm_model_up_pass(rbm, 1, v, to_, &error);
}

static hm_status up_pass_dbn(hm_matrix v, hm_matrix to_)
{
    return hm_model_up_pass(dbn, 2, v, to_, &error);
}

static hm_status up_pass_net(hm_matrix v, hm_matrix to_)
{
    return hm_model_up_pass(net, 2, v, to_, &error);
}

static void test_passes(void **state)
{
    (void)state;
    MATRICES_ARE_CHECKED(up_pass_rbm, V, H, true);
    MATRICES_ARE_CHECKED(up_pass_dbn, V, T, true);
    MATRICES_ARE_CHECKED(up_pass_net, V, 2, true);
    REFUSED(hm_model_up_pass(rbm, 0, in(N, V), to(N, H), &error));
    REFUSED(hm_model_up_pass(rbm, 2, in(N, V), to(N, H), &error));
    REFUSED(hm_model_up_pass(dbn, 3, in(N, V), to(N, T), &error));
    REFUSED(hm_model_up_pass(labelled, 2, in(N, V), to(N, T), &error)); /* its top sees labels as well */
}

static void expect_no_model(const hm_layer *layer, const char *what)
{
    const hm_layer good = hm_layer_of(HM_UNIT_BERNOULLI, 4, 1);
    hm_layer stack[3] = {good, *layer, good};
    hm_model *model = rbm;
    hm_rbm *machine = rbm->rbm[0];
    REFUSED(hm_model_create(context, HM_MODEL_RBM, 1, layer, &good, &model, &error));
    assert_null(model);
    REFUSED(hm_model_create(context, HM_MODEL_RBM, 1, &good, layer, &model, &error));
    SAID("hidden");
    model = rbm;
    REFUSED(hm_model_create_stack(context, HM_MODEL_DBN, stack, 3, 0, &model, &error));
    assert_null(model);
    SAID("layer 1");
    REFUSED(hm_rbm_create(context, layer, &good, &machine, &error));
    assert_null(machine);
    REFUSED(hm_layer_connect(&good, stack + 1, &error));
    assert_non_null(what);
}

static void test_layers(void **state)
{
    (void)state;
    hm_layer layer = hm_layer_of((hm_unit)99, 4, 1);
    expect_no_model(&layer, "kind");
    layer = hm_layer_of((hm_unit)-1, 4, 1);
    expect_no_model(&layer, "kind");
    layer = hm_layer_of(HM_UNIT_BERNOULLI, 0, 1);
    expect_no_model(&layer, "no units");
    layer = hm_layer_of(HM_UNIT_SOFTMAX, 10, 3);
    expect_no_model(&layer, "groups that do not divide");
    layer = hm_layer_of(HM_UNIT_SOFTMAX, 10, 0);
    expect_no_model(&layer, "groups of none");
    layer = hm_layer_of(HM_UNIT_BINOMIAL, 10, -1);
    expect_no_model(&layer, "trials");
    layer = hm_layer_of(HM_UNIT_POOL, 16, 2);
    expect_no_model(&layer, "pools without maps");
    layer = hm_layer_of(HM_UNIT_BERNOULLI, 4, 1);
    layer.n_units = 5;
    expect_no_model(&layer, "units that are in no group");
    layer.n_units = 4;
    layer.n_maps = 2;
    expect_no_model(&layer, "maps without sides");
    layer.height = layer.width = 3;
    expect_no_model(&layer, "maps of other sides");
    layer = hm_layer_of(HM_UNIT_BERNOULLI, 4, 1);
    layer.n_groups = 0;
    expect_no_model(&layer, "no group");
    layer.n_groups = HM_LAYER_GROUPS_MAX + 1;
    expect_no_model(&layer, "more groups than there is room for");
    layer = (hm_layer){0};
    expect_no_model(&layer, "nothing");
    layer = hm_layer_of(HM_UNIT_BERNOULLI, 4, 1);
    layer.filter_width = 2;
    expect_no_model(&layer, "half a filter");
}

static void test_models(void **state)
{
    (void)state;
    const hm_layer layers[3] = {hm_layer_of(HM_UNIT_BERNOULLI, V, 1), hm_layer_of(HM_UNIT_BERNOULLI, H, 1)};
    hm_model *model;
    REFUSED(hm_model_create(context, (hm_model_kind)99, 1, layers, layers + 1, &model, &error));
    REFUSED(hm_model_create(context, (hm_model_kind)-1, 1, layers, layers + 1, &model, &error));
    REFUSED(hm_model_create(context, HM_MODEL_RBM, 0, layers, layers + 1, &model, &error));
    REFUSED(hm_model_create(context, HM_MODEL_CLASSES, SIZE_MAX, layers, layers + 1, &model, &error));
    REFUSED(hm_model_create_stack(context, HM_MODEL_RBM, layers, 2, 0, &model, &error));
    REFUSED(hm_model_create_stack(context, (hm_model_kind)77, layers, 2, 0, &model, &error));
    for (size_t n = 0; n < 2; n++)
        REFUSED(hm_model_create_stack(context, HM_MODEL_DBN, layers, n, 0, &model, &error));
    REFUSED(hm_model_create_stack(context, HM_MODEL_DBN, layers, SIZE_MAX, 0, &model, &error));
    REFUSED(hm_model_create_stack(context, HM_MODEL_DBN, layers, 2, 1, &model, &error));
    REFUSED(hm_model_create_stack(context, HM_MODEL_DBN, layers, 2, SIZE_MAX, &model, &error));
    REFUSED(hm_model_require(rbm, (hm_ability)-1, &error));
    REFUSED(hm_model_require(rbm, (hm_ability)99, &error));
    REFUSED(hm_model_check_layer(rbm, 0, &error));
    REFUSED(hm_model_check_layer(rbm, SIZE_MAX, &error));
    REFUSED(hm_model_over(rbm, 0, 3, &model, &error));
    REFUSED(hm_model_over(rbm, 3, SIZE_MAX, &model, &error));
    REFUSED(hm_model_untie(net, &error));
    char long_name[257];
    memset(long_name, 'a', 256);
    long_name[256] = 0;
    REFUSED(hm_model_set_classes(rbm, NULL, NULL, &error));
    REFUSED(hm_model_set_classes(classes, (const int32_t[]){-1, 1}, NULL, &error));
    REFUSED(hm_model_set_classes(classes, (const int32_t[]){5, 5}, NULL, &error));
    REFUSED(hm_model_set_classes(classes, (const int32_t[]){5, 1000000}, NULL, &error));
    REFUSED(hm_model_set_classes(classes, NULL, (const char *const[]){"a", "b\nc"}, &error));
    REFUSED(hm_model_set_classes(classes, NULL, (const char *const[]){long_name, "b"}, &error));
    REFUSED(hm_model_copy_classes(classes, labelled->n_labels ? rbm : NULL, &error));
    REFUSED(hm_check_cases(rbm, "cases", in(N, V + 1), &error));
    REFUSED(hm_check_cases(rbm, "cases", with(in(N, V), cases, V, HM_DTYPE_U8), &error));
    REFUSED(hm_model_restore_units(rbm, false, to(N, V - 1), &error));
    REFUSED(hm_model_unroll(dbn, 1, 0, &model, &error));
    REFUSED(hm_model_unroll(dbn, 2, NAN, &model, &error));
    REFUSED(hm_train_offsets(rbm, set, &error));
}

/* ---- Machines ---------------------------------------------------------------------------------------------- */

static hm_status hidden_means(hm_matrix v, hm_matrix mean)
{
    return hm_hidden_means(rbm->rbm[0], v, 1, mean, &error);
}

static void test_machines(void **state)
{
    (void)state;
    const hm_rbm *m = rbm->rbm[0];
    const hm_gibbs gibbs = {0};
    const double hot = 1, cold = 0;
    MATRICES_ARE_CHECKED(hidden_means, V, H, true);
    REFUSED(hm_hidden_means(m, in(N, V), -1, to(N, H), &error));
    REFUSED(hm_hidden_means(m, in(N, V), NAN, to(N, H), &error));
    REFUSED(hm_rbm_energy(m, in(N, V + 1), in(N, H), out.d, &error));
    REFUSED(hm_rbm_energy(m, in(N, V), in(N, H + 1), out.d, &error));
    REFUSED(hm_rbm_energy(m, in(N, V), in(N - 1, H), out.d, &error));
    REFUSED(hm_rbm_energy(m, in(N, V), with(in(N, H), NULL, H, HM_DTYPE_F32), out.d, &error));
    REFUSED(hm_rbm_free_energy(m, in(N, V - 1), 1, out.d, &error));
    REFUSED(hm_rbm_free_energy(m, with(in(N, V), cases, 1, HM_DTYPE_F32), 1, out.d, &error));
    REFUSED(hm_rbm_free_energy(m, in(N, V), -INFINITY, out.d, &error));
    REFUSED(hm_rbm_gibbs_chains(m, to(N, V + 1), (hm_matrix){0}, 1, &gibbs, &error));
    REFUSED(hm_rbm_gibbs_chains(m, with(to(N, V), out.f, V, HM_DTYPE_U8), (hm_matrix){0}, 1, &gibbs, &error));
    REFUSED(hm_rbm_gibbs_chains(m, to(N, V), to(N, V - 1), 1, &gibbs, &error));
    REFUSED(hm_rbm_gibbs_chains(m, to(N, V), to(N - 1, V), 1, &gibbs, &error));
    REFUSED(hm_rbm_anneal(m, to(N, V + 1), &hot, 1, 0, out.d, &error));
    REFUSED(hm_rbm_anneal(m, to(N, V), &cold, 1, 0, out.d, &error));
}

/* ---- Configurations -------------------------------------------------------------------------------------------- */

/* Whatever a row of a table says, a field that says no such thing is refused with its name. */
static void spoil_field(const hm_option_table *table, void *config, size_t i)
{
    const hm_option *row = &table->rows[i];
    void *field = (char *)config + row->offset;
    fill_out();
    hm_options_init(table, config);
    assert_int_equal(hm_options_check(table, config, &error), HM_OK);
    switch (row->type) {
    case HM_OPTION_FLAG: *(unsigned char *)field = 77; break;
    case HM_OPTION_INT: *(int64_t *)field = row->least == row->most ? 0 : INT64_MIN; break;
    case HM_OPTION_REAL: *(double *)field = NAN; break;
    case HM_OPTION_TEXT: memset(field, 'x', HM_TEXT_MAX); break;
    case HM_OPTION_CHOICE: *(int *)field = i % 2 ? INT_MAX : -1; break;
    case HM_OPTION_SCHEDULE: ((hm_schedule *)field)->n_points = i % 2 ? INT_MAX : -1; break;
    }
    if (row->type == HM_OPTION_INT && row->least == row->most)
        return;
    refused(hm_options_check(table, config, &error), row->name);
    assert_memory_equal(error.message, row->name, strlen(row->name));
    char text[2 * HM_TEXT_MAX];
    hm_option_print(row, config, text, sizeof text); /* says something, and reads no further than the field */
}

static void test_options(void **state)
{
    (void)state;
    static const hm_option_table *const tables[] = {&hm_train_options, &hm_up_down_options, &hm_wake_sleep_options, &hm_backprop_options,
                                                    &hm_data_options, &hm_evaluate_options, &hm_belief_options, &hm_belief_learn_options,
                                                    &hm_front_end_options, &hm_scene_options, &hm_scene_label_options};
    void *config = malloc(1 << 16);
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (size_t i = 0; i < tables[t]->n_rows; i++) {
            memset(config, 0, 1 << 16);
            spoil_field(tables[t], config, i);
        }
    free(config);
}

static void test_schedules(void **state)
{
    (void)state;
    hm_train_config config;
    hm_options_init(&hm_train_options, &config);
    config.momentum.n_points = 2;
    config.momentum.point[1].epoch = 0; /* no later than the one before */
    REFUSED(hm_options_check(&hm_train_options, &config, &error));
    config.momentum.point[1].epoch = 5;
    config.momentum.point[1].value = 1;
    REFUSED(hm_options_check(&hm_train_options, &config, &error));
    SAID("0.9999");
    config.momentum.n_points = INT_MAX;
    assert_true(isfinite(hm_schedule_at(&config.momentum, 3)));
    config.momentum.n_points = INT_MIN;
    assert_true(hm_schedule_at(&config.momentum, 3) == 0);
    hm_options_init(&hm_train_options, &config);
    config.visible_deviation.n_points = 0; /* 0 everywhere, which this option cannot be */
    REFUSED(hm_options_check(&hm_train_options, &config, &error));
    SAID("visible-deviation");
    assert_null(hm_options_find(&hm_train_options, NULL));
}

/* ---- Learning -------------------------------------------------------------------------------------------------- */

static void test_zeroed(void **state)
{
    (void)state;
    const hm_train_config train = {0};
    const hm_up_down_config up_down = {0};
    const hm_backprop_config backprop = {0};
    const hm_evaluate_config evaluate = {0};
    hm_evaluation evaluation;
    REFUSED(hm_train(rbm, set, NULL, &train, NULL, &error));
    SAID("batch-size = 0: must lie between 1 and");
    REFUSED(hm_train_levels(dbn, set, NULL, (hm_train_config[2]){0}, NULL, &error));
    SAID("batch-size = 0");
    REFUSED(hm_train_up_down(dbn, set, NULL, &up_down, NULL, &error));
    SAID("batch-size = 0");
    REFUSED(hm_train_wake_sleep(dbn, set, NULL, &up_down, NULL, &error));
    SAID("batch-size = 0");
    REFUSED(hm_train_backprop(net, set, NULL, &backprop, NULL, &error));
    SAID("batch-size = 0");
    REFUSED(hm_evaluate(rbm, 0, set, &evaluate, NULL, &evaluation, &error));
    SAID("chains = 0");
    REFUSED(hm_ais(rbm->rbm[0], cases, &evaluate, NULL, (hm_estimate *)out.d, &error));
    REFUSED(hm_ais_reverse(rbm->rbm[0], cases, in(N, V), &evaluate, NULL, (hm_estimate *)out.d, &error));
}

static void test_learning(void **state)
{
    (void)state;
    hm_train_config config[2];
    hm_options_init(&hm_train_options, &config[0]);
    config[1] = config[0];
    config[0].learner = 99;
    REFUSED(hm_train(rbm, set, NULL, &config[0], NULL, &error));
    SAID("learner = 99");
    config[0].learner = -1;
    REFUSED(hm_train(rbm, set, NULL, &config[0], NULL, &error));
    config[0] = config[1];
    config[1].batch_size = -5;
    REFUSED(hm_train_levels(dbn, set, NULL, config, NULL, &error));
    SAID("batch-size = -5");
    float chains[N * V] = {0};
    config[0].learner = HM_LEARNER_PCD;
    config[0].batch_size = config[0].chains = N;
    config[0].epochs = 1;
    hm_train_events events = {.chains = {chains, N, V, V - 1, HM_DTYPE_F32}};
    REFUSED(hm_train(rbm, set, NULL, &config[0], &events, &error));
    SAID("stride");
}

static void test_likelihoods(void **state)
{
    (void)state;
    hm_evaluate_config config;
    hm_evaluation evaluation;
    hm_examination *examination = malloc(sizeof *examination);
    hm_options_init(&hm_evaluate_options, &config);
    REFUSED(hm_evaluate(classes, 2, set, &config, NULL, &evaluation, &error));
    REFUSED(hm_evaluate(rbm, SIZE_MAX, set, &config, NULL, &evaluation, &error));
    REFUSED(hm_examine(rbm, 1, set, NULL, false, examination, &error));
    REFUSED(hm_examine(classes, 9, set, NULL, false, examination, &error));
    REFUSED(hm_ais_reverse(rbm->rbm[0], cases, in(0, V), &config, NULL, (hm_estimate *)out.d, &error));
    REFUSED(hm_ais_reverse(rbm->rbm[0], cases, in(N, V + 1), &config, NULL, (hm_estimate *)out.d, &error));
    free(examination);
}

/* ---- Data ------------------------------------------------------------------------------------------------------ */

static void test_data(void **state)
{
    (void)state;
    uint32_t index[2] = {0, N};
    hm_dataset *made;
    hm_data_config config;
    REFUSED(hm_dataset_read(set, NULL, 0, N + 1, 0, to(N + 1, V), &error));
    REFUSED(hm_dataset_read(set, NULL, N, 1, 0, to(1, V), &error));
    REFUSED(hm_dataset_read(set, NULL, SIZE_MAX, 2, 0, to(2, V), &error));
    REFUSED(hm_dataset_read(set, NULL, 2, SIZE_MAX, 0, to(SIZE_MAX, V), &error));
    REFUSED(hm_dataset_read(set, index, 0, 2, 0, to(2, V), &error));
    SAID("case 6");
    REFUSED(hm_dataset_read(set, NULL, 0, N, 0, to(N, V - 1), &error));
    REFUSED(hm_dataset_read(set, NULL, 0, N, 0, to(N - 1, V), &error));
    REFUSED(hm_dataset_read(set, NULL, 0, N, 0, with(to(N, V), out.f, V, HM_DTYPE_U8), &error));
    REFUSED(hm_dataset_read(set, NULL, 0, N, 0, with(to(N, V), out.f, V - 1, HM_DTYPE_F32), &error));
    REFUSED(hm_dataset_order(set, 0, 0, (uint32_t *)out.f, &error));
    REFUSED(hm_dataset_standardise(set, cases, NULL, &error));
    REFUSED(hm_dataset_standardise(set, NULL, cases, &error));
    made = set;
    REFUSED(hm_dataset_create(context, cases, labels, 0, V, 0, 0, &made, &error));
    assert_null(made);
    REFUSED(hm_dataset_create(context, cases, labels, N, 0, 0, 0, &made, &error));
    REFUSED(hm_dataset_create(context, cases, labels, SIZE_MAX, V, 0, 0, &made, &error));
    REFUSED(hm_dataset_borrow(context, cases, labels, N, V, 3, 3, &made, &error));
    REFUSED(hm_dataset_borrow(context, cases, labels, N, V, SIZE_MAX, 2, &made, &error));
    hm_options_init(&hm_data_options, &config);
    config.binarise = 77;
    made = set;
    REFUSED(hm_dataset_open(context, &config, &made, NULL, &error));
    SAID("binarise = 77");
    assert_null(made);
    REFUSED(hm_matrix_save_npy(with(in(N, V), cases, V, HM_DTYPE_U8), "never.npy", &error));
    REFUSED(hm_matrix_save_csv(with(in(N, V), NULL, V, HM_DTYPE_F32), "never.csv", &error));
    REFUSED(hm_matrix_save_svm(with(in(N, V), cases, V - 1, HM_DTYPE_F32), NULL, "never.svm", &error));
}

/* ---- Inference ----------------------------------------------------------------------------------------------------- */

static hm_status reconstruct(hm_matrix v, hm_matrix to_)
{
    return hm_reconstruct(rbm, 0, v, 1, to_, &error);
}

static hm_status reconstruct_dbn(hm_matrix v, hm_matrix to_)
{
    return hm_reconstruct(dbn, 0, v, 1, to_, &error);
}

static hm_status infer_layers(hm_matrix v, hm_matrix to_)
{
    static const bool is_given[V] = {true};
    const hm_posterior_config config = {.is_given = is_given, .n_sweeps = 2};
    return hm_infer_layers(dbn, &config, v, to_, &error);
}

static hm_status describe(hm_matrix v, hm_matrix to_)
{
    const hm_descriptor d = {.layer = {1}, .n_layers = 1};
    return hm_describe(dbn, &d, v, to_, &error);
}

static void test_inference(void **state)
{
    (void)state;
    const bool given[V] = {false};
    hm_posterior_config how = {.how = 9, .is_given = given, .n_sweeps = 1};
    hm_descriptor d = {.layer = {1}};
    MATRICES_ARE_CHECKED(reconstruct, V, V, true);
    MATRICES_ARE_CHECKED(reconstruct_dbn, V, V, false);
    MATRICES_ARE_CHECKED(infer_layers, V, V, false);
    MATRICES_ARE_CHECKED(describe, V, H, true);
    REFUSED(hm_reconstruct(rbm, 1, in(N, V), 1, to(N, V), &error));
    REFUSED(hm_reconstruct(classes, 2, in(N, V), 1, to(N, V), &error));
    REFUSED(hm_reconstruct(rbm, 0, in(N, V), 0, to(N, V), &error));
    REFUSED(hm_decode(rbm, 1, 1, in(N, H), to(N, V), &error));
    REFUSED(hm_decode(dbn, 0, 3, in(N, H), to(N, V), &error));
    REFUSED(hm_decode(dbn, 0, 0, in(N, H), to(N, V), &error));
    REFUSED(hm_decode(dbn, 0, 1, in(N, H), to(N, V + 1), &error));
    REFUSED(hm_decode(dbn, 0, 1, in(N, H), to(N - 1, V), &error));
    REFUSED(hm_infer_layers(dbn, &how, in(N, V), to(N, V), &error));
    how = (hm_posterior_config){.is_given = given, .n_sweeps = 1, .n_kept = 2};
    REFUSED(hm_infer_layers(dbn, &how, in(N, V), to(N, V), &error));
    how = (hm_posterior_config){.n_sweeps = 1};
    REFUSED(hm_infer_layers(dbn, &how, in(N, V), to(N, V), &error));
    REFUSED(hm_describe(dbn, &d, in(N, V), to(N, H), &error));
    d.n_layers = SIZE_MAX;
    REFUSED(hm_describe(dbn, &d, in(N, V), to(N, H), &error));
    d = (hm_descriptor){.layer = {7}, .n_layers = 1};
    REFUSED(hm_describe(dbn, &d, in(N, V), to(N, H), &error));
    d = (hm_descriptor){.layer = {1}, .n_layers = 1, .pool_side = 2};
    REFUSED(hm_describe(dbn, &d, in(N, V), to(N, H), &error));
    d = (hm_descriptor){.layer = {1}, .n_layers = 1, .grid = {0}, .n_grids = 1};
    REFUSED(hm_describe(dbn, &d, in(N, V), to(N, H), &error));
    REFUSED(hm_class_probabilities(labelled, 5, 1, in(N, V), out.d, &error));
    REFUSED(hm_class_probabilities(labelled, HM_RECOGNISE_ENERGY, 1, in(N, V + 1), out.d, &error));
    REFUSED(hm_class_probabilities(classes, HM_RECOGNISE_ENERGY, 1, in(N, V - 1), out.d, &error));
    REFUSED(hm_class_probabilities(net, HM_RECOGNISE_ENERGY, 1, in(N, V - 1), out.d, &error));
    REFUSED(hm_pca(context, set, 0, out.f, out.f, &error));
}

static void test_features(void **state)
{
    (void)state;
    hm_place *places = (hm_place *)(void *)out.d;
    REFUSED(hm_project_features(dbn, 0, 0, to(1, V), &error));
    REFUSED(hm_project_features(dbn, 3, 0, to(1, V), &error));
    REFUSED(hm_project_features(dbn, 1, 0, to(H + 1, V), &error));
    REFUSED(hm_project_features(dbn, 1, H, to(1, V), &error));
    REFUSED(hm_project_features(dbn, 1, SIZE_MAX, to(1, V), &error));
    REFUSED(hm_project_features(dbn, 1, 0, to(H, V + 1), &error));
    REFUSED(hm_sample_features(dbn, 1, SIZE_MAX, 1, to(1, V), &error));
    REFUSED(hm_sample_features(dbn, 1, 0, 1, to(1, V - 1), &error));
    REFUSED(hm_sample_features(dbn, 9, 0, 1, to(1, V), &error));
    REFUSED(hm_find_strongest(dbn, 0, set, 1, places, &error));
    REFUSED(hm_find_strongest(dbn, 1, set, 0, places, &error));
    REFUSED(hm_find_strongest(dbn, 1, set, N + 1, places, &error));
}

static void test_chains(void **state)
{
    (void)state;
    hm_chains *chains = NULL;
    REFUSED(hm_chains_create(rbm, &(hm_chains_config){0}, &chains, &error));
    REFUSED(hm_chains_create(rbm, &(hm_chains_config){.n = SIZE_MAX}, &chains, &error));
    REFUSED(hm_chains_create(classes, &(hm_chains_config){.n = 1, .machine = 2}, &chains, &error));
    REFUSED(hm_chains_create(rbm, &(hm_chains_config){.n = 1, .beta = NAN}, &chains, &error));
    REFUSED(hm_chains_create(rbm, &(hm_chains_config){.n = N, .start = in(N - 1, V)}, &chains, &error));
    REFUSED(hm_chains_create(rbm, &(hm_chains_config){.n = N, .start = in(N, V + 1)}, &chains, &error));
    assert_null(chains);
    assert_int_equal(hm_chains_create(labelled, &(hm_chains_config){.n = 2}, &chains, &error), HM_OK);
    REFUSED(hm_chains_set_label(chains, 2, 0, &error));
    REFUSED(hm_chains_set_label(chains, 0, 2, &error));
    REFUSED(hm_chains_hold(chains, 0, 0, 1, &error));
    REFUSED(hm_chains_hold(chains, 9, 0, 1, &error));
    REFUSED(hm_chains_hold(chains, 1, H, 1, &error));
    hm_chains_destroy(chains);
}

/* ---- Pictures and sounds ------------------------------------------------------------------------------------------ */

static void test_pictures_and_sounds(void **state)
{
    (void)state;
    const hm_grid grid = {0}, three = {.n_channels = 2};
    const hm_front_end_config front_end = {0};
    hm_image *image = NULL;
    hm_voice voice = {0};
    float *frames = cases;
    size_t n[2];
    REFUSED(hm_image_create(context, 0, 1, 0, &image, &error));
    REFUSED(hm_image_create(context, 1, SIZE_MAX, 0, &image, &error));
    REFUSED(hm_image_grid(context, in(N, V), 0, V, &grid, &image, &error));
    REFUSED(hm_image_grid(context, in(0, V), 2, 4, &grid, &image, &error));
    REFUSED(hm_image_grid(context, in(N, V), 2, 4, &three, &image, &error));
    REFUSED(hm_image_grid(context, with(in(N, V), cases, V - 1, HM_DTYPE_F32), 2, 4, &grid, &image, &error));
    REFUSED(hm_image_grid(context, with(in(N, V), cases, V, HM_DTYPE_U8), 2, 4, &grid, &image, &error));
    REFUSED(hm_image_matrix(context, in(0, V), NULL, NULL, NULL, &image, &error));
    REFUSED(hm_image_matrix(context, with(in(N, V), NULL, V, HM_DTYPE_F32), NULL, NULL, NULL, &image, &error));
    assert_null(image);
    REFUSED(hm_sound_frames(context, &front_end, "none.wav", &frames, &n[0], &n[1], &error));
    assert_null(frames);
    SAID("rate = 0");
    REFUSED(hm_voice_add(context, &front_end, "none.wav", &voice, &error));
}

/* States that are none, edges to nodes that are not there, plots of nothing or without end. */
static void test_graphs_and_plots(void **state)
{
    static const char text[] = "table a : 0.5\ntable b a : 0.1 0.9\n";
    static const int8_t states[][2] = {{2, 0}, {0, -2}, {127, 127}, {-128, 0}};
    const size_t query[] = {0, 1};
    const double temperature[] = {1};
    hm_belief *belief;
    hm_belief_config config;
    hm_belief_learn_config learn;
    hm_posterior posterior;
    (void)state;
    hm_options_init(&hm_belief_options, &config);
    hm_options_init(&hm_belief_learn_options, &learn);
    assert_int_equal(hm_belief_parse(context, "a.net", text, strlen(text), &belief, &error), HM_OK);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        REFUSED(hm_belief_infer(belief, states[i], &config, &posterior, &error));
        SAID("must be 0 or 1");
        REFUSED(hm_belief_joint(belief, states[i], query, 2, out.d, &error));
        REFUSED(hm_belief_gibbs_joint(belief, states[i], &config, query, 2, out.d, &error));
        REFUSED(hm_belief_explain(belief, states[i], (uint8_t *)out.f, out.d, &error));
        REFUSED(hm_belief_anneal(belief, states[i], temperature, 1, (uint8_t *)out.f, out.d, &error));
        REFUSED(hm_belief_learn(belief, states[i], 1, &learn, NULL, out.d, &error));
        REFUSED(hm_belief_write_cases(belief, "/dev/null", (const uint8_t *)states[i], 1, &error));
    }
    hm_belief_destroy(belief);
    const hm_graph_node nodes[] = {{.name = "a"}, {.name = "b"}}, nameless[] = {{.name = "a"}, {.name = NULL}};
    const hm_graph_edge edges[] = {{0, 2}}, others[] = {{SIZE_MAX, 0}}, right[] = {{0, 1}};
    REFUSED(hm_graph_draw(context, nodes, 2, edges, 1, "/dev/null", &error));
    REFUSED(hm_graph_print(context, nodes, 2, others, 1, stdout, &error));
    REFUSED(hm_graph_draw(context, nameless, 2, right, 1, "/dev/null", &error));
    const hm_plot large = {.title = "t", .width = SIZE_MAX / 2}, usual = {.title = "t"};
    const hm_curve curve = {.name = "c", .x = NULL, .y = out.d, .n = 3}, empty = {.name = "c"};
    hm_image *image;
    REFUSED(hm_plot_curves(context, &large, &empty, 1, &image, &error));
    REFUSED(hm_plot_curves(context, &usual, &empty, 0, &image, &error));
    REFUSED(hm_plot_curves(context, &usual, &curve, 1, &image, &error));
    REFUSED(hm_plot_table(context, &usual, out.d, 0, 3, NULL, NULL, &image, &error));
    REFUSED(hm_plot_histograms(context, &usual, &(hm_sample){.name = "s", .n = 3}, 1, &image, &error));
}

static void *allocate_nothing(void *user, size_t alignment, size_t bytes)
{
    (void)user, (void)alignment, (void)bytes;
    return NULL;
}

static void test_contexts(void **state)
{
    (void)state;
    hm_context *made = context;
    REFUSED(hm_context_create(&(hm_context_config){.n_threads = -1}, &made, &error));
    assert_null(made);
    REFUSED(hm_context_create(&(hm_context_config){.n_threads = INT_MAX}, &made, &error));
    REFUSED(hm_context_create(&(hm_context_config){.precision = "f16"}, &made, &error));
    REFUSED(hm_context_create(&(hm_context_config){.allocator = {.allocate = allocate_nothing}}, &made, &error));
}

/* ---- What all of them have -------------------------------------------------------------------------------------- */

static int make(void **state)
{
    const hm_layer layers[3] = {hm_layer_of(HM_UNIT_BERNOULLI, V, 1), hm_layer_of(HM_UNIT_BERNOULLI, H, 1),
                                hm_layer_of(HM_UNIT_BERNOULLI, T, 1)};
    const hm_layer outputs[3] = {layers[0], layers[1], hm_layer_of(HM_UNIT_SOFTMAX, 2, 2)};
    (void)state;
    for (size_t i = 0; i < N * V; i++)
        cases[i] = i % 3 == 0;
    assert_int_equal(hm_context_create(NULL, &context, &error), HM_OK);
    assert_int_equal(hm_model_create(context, HM_MODEL_RBM, 1, &layers[0], &layers[1], &rbm, &error), HM_OK);
    assert_int_equal(hm_model_create(context, HM_MODEL_CLASSES, 2, &layers[0], &layers[1], &classes, &error), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, 3, 0, &dbn, &error), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_DBN, layers, 3, 2, &labelled, &error), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_NET, outputs, 3, 2, &net, &error), HM_OK);
    assert_int_equal(hm_dataset_create(context, cases, labels, N, V, 0, 0, &set, &error), HM_OK);
    return 0;
}

static int destroy(void **state)
{
    hm_model *const models[] = {rbm, dbn, labelled, net, classes};
    (void)state;
    hm_dataset_close(set);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        hm_model_destroy(models[i]);
    hm_context_destroy(context);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contexts), cmocka_unit_test(test_options),   cmocka_unit_test(test_schedules), cmocka_unit_test(test_layers),
        cmocka_unit_test(test_models),   cmocka_unit_test(test_passes),    cmocka_unit_test(test_machines),  cmocka_unit_test(test_zeroed),
        cmocka_unit_test(test_learning), cmocka_unit_test(test_likelihoods), cmocka_unit_test(test_data),    cmocka_unit_test(test_inference),
        cmocka_unit_test(test_features), cmocka_unit_test(test_chains),   cmocka_unit_test(test_pictures_and_sounds), cmocka_unit_test(test_graphs_and_plots),
    };
    return cmocka_run_group_tests(tests, make, destroy);
}
