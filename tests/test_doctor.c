/* Trainings that are broken on purpose, and what the doctor says of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

enum { SIDE = 6, V = SIDE * SIDE, N = 600, OPTIONS_MAX = 8 };

typedef struct story {
    const char *name;
    const char *visible, *hidden;
    const char *options[OPTIONS_MAX]; /* "name=value" of learning */
    double scale, shift; /* of the data; scale 0: 1 */
    size_t n_cases;      /* 0: all */
    bool is_mostly_empty, has_held_out;
    int ill; /* hm_ill; -1: healthy */
} story;

/* Pictures of one or two bars, rows or columns, with a little noise. */
static void draw(float *cases, size_t first, size_t n, bool is_mostly_empty)
{
    hm_random r = {11, HM_RANDOM_USER, 0};
    for (size_t i = 0; i < n; i++) {
        float u[V + 4];
        hm_random_fill_uniform(&r, first + i, 0, V + 4, u);
        for (size_t k = 0; k < V; k++) {
            size_t row = k / SIDE, column = k % SIDE;
            bool is_on = (u[V] < 0.5f ? row : column) == (size_t)(u[V + 1] * SIDE) ||
                         (u[V + 2] < 0.5f ? row : column) == (size_t)(u[V + 3] * SIDE);
            cases[i * V + k] = (float)(is_on != (u[k] < 0.02f));
            if (is_mostly_empty && k >= V / 3)
                cases[i * V + k] = 0;
        }
    }
}

static hm_dataset *make_set(const hm_context *context, const story *s, size_t first, size_t n)
{
    static float cases[N * V];
    hm_dataset *set;
    draw(cases, first, n, s->is_mostly_empty);
    for (size_t i = 0; i < n * V; i++)
        cases[i] = (float)(cases[i] * (s->scale == 0 ? 1 : s->scale) + s->shift);
    assert_int_equal(hm_dataset_create(context, cases, NULL, n, V, 0, 0, &set, NULL), HM_OK);
    return set;
}

static void set_options(const story *s, hm_train_config *config)
{
    hm_options_init(&hm_train_options, config);
    config->epochs = 30;
    config->batch_size = 20;
    for (int i = 0; i < OPTIONS_MAX && s->options[i]; i++) {
        char name[64];
        const char *value = strchr(s->options[i], '=') + 1;
        snprintf(name, sizeof name, "%.*s", (int)(value - s->options[i] - 1), s->options[i]);
        assert_int_equal(hm_options_set(&hm_train_options, config, name, value, NULL), HM_OK);
    }
}

/* Trains as told, as far as it goes, and asks the doctor. */
static void live(const story *s, hm_examination *found)
{
    hm_context *context;
    hm_model *model;
    hm_layer visible, hidden;
    hm_train_config config;
    size_t n = s->n_cases ? s->n_cases : N;
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = 5, .n_threads = 2}, &context, NULL), HM_OK);
    hm_dataset *train = make_set(context, s, 0, n), *held_out = s->has_held_out ? make_set(context, s, 5000, 200) : NULL;
    assert_int_equal(hm_layer_parse(s->visible ? s->visible : "bernoulli", V, &visible, NULL), HM_OK);
    assert_int_equal(hm_layer_parse(s->hidden ? s->hidden : "24", 0, &hidden, NULL), HM_OK);
    assert_int_equal(hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, NULL), HM_OK);
    set_options(s, &config);
    hm_train(model, train, NULL, &config, NULL, NULL); /* may well diverge, or be refused */
    assert_int_equal(hm_examine(model, 0, train, held_out, true, found, NULL), HM_OK);
    hm_model_destroy(model);
    hm_dataset_close(train);
    hm_dataset_close(held_out);
    hm_context_destroy(context);
}

static void each_cause_is_named(void **state)
{
    (void)state;
    static const story stories[] = {
        {.name = "as it should be", .ill = -1},
        {.name = "as it should be, generative", .options = {"aim=generative"}, .has_held_out = true, .ill = -1},
        {.name = "as it should be, gaussian", .visible = "gaussian", .scale = 2.2, .shift = -0.8, .options = {"learning-rate=0.005"},
         .ill = -1},
        {.name = "rate far too low", .options = {"learning-rate=0.000001"}, .ill = HM_ILL_UNLEARNED},
        {.name = "rate far too high, gaussian", .visible = "gaussian", .hidden = "gaussian 24", .scale = 2.2, .shift = -0.8,
         .options = {"learning-rate=0.5"}, .ill = HM_ILL_EXPLODED},
        {.name = "born off", .options = {"hidden-bias=-40"}, .ill = HM_ILL_DEAD},
        {.name = "born on", .options = {"hidden-bias=60", "learning-rate=0.01"}, .ill = HM_ILL_STUCK},
        {.name = "born alike", .options = {"weight-deviation=0"}, .ill = HM_ILL_DUPLICATES},
        {.name = "not standardised", .visible = "gaussian", .scale = 50, .shift = 100, .options = {"learning-rate=0.00001"},
         .ill = HM_ILL_RANGE},
        {.name = "out of range", .scale = 255, .ill = HM_ILL_RANGE},
        {.name = "empty pictures", .is_mostly_empty = true, .ill = HM_ILL_CONSTANT},
        {.name = "a handful of cases", .n_cases = 15, .ill = HM_ILL_FEW_CASES},
        {.name = "learned by heart", .n_cases = 120, .hidden = "200", .has_held_out = true,
         .options = {"epochs=800", "weight-cost=0", "learning-rate=0.2"}, .ill = HM_ILL_OVERFITTED},
        {.name = "everything costs", .options = {"weight-cost=2", "epochs=50"}, .ill = HM_ILL_UNLEARNED},
    };
    int n_wrong = 0;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        hm_examination found;
        bool is_named = stories[i].ill < 0;
        live(&stories[i], &found);
        print_message("%s:%s\n", stories[i].name, found.n ? "" : " healthy");
        for (size_t k = 0; k < found.n; k++) {
            print_message("    %s\n", found.finding[k].text);
            is_named = stories[i].ill < 0 ? false : is_named || (int)found.finding[k].ill == stories[i].ill;
        }
        n_wrong += !is_named;
    }
    assert_int_equal(n_wrong, 0);
}

/* ---- Data and models that were once called ill for what they are ----------------------------------------------------- */

static hm_context *open_context(void)
{
    hm_context *context;
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = 5, .n_threads = 2}, &context, NULL), HM_OK);
    return context;
}

/* Whether the ills found are just these (a list ended by -1). */
static bool finds_only(const hm_examination *found, const int *ills)
{
    size_t n = 0;
    for (; ills[n] >= 0; n++)
        if (n >= found->n || (int)found->finding[n].ill != ills[n])
            return false;
    return found->n == n;
}

/* All zeros, all ones, all 0.3: nothing varies, so nothing overshoots and nothing could have been learned. */
static void data_that_do_not_vary(void **state)
{
    (void)state;
    static const float values[] = {0, 1, 0.3f};
    static const char *const visible[] = {"bernoulli", "gaussian"};
    static float cases[200 * V];
    for (size_t k = 0; k < 3; k++)
        for (size_t u = 0; u < 2; u++) {
            hm_context *context = open_context();
            hm_dataset *set;
            hm_model *model;
            hm_layer below, above;
            hm_train_config config;
            hm_examination found;
            for (size_t i = 0; i < 200 * V; i++)
                cases[i] = values[k];
            assert_int_equal(hm_dataset_create(context, cases, NULL, 200, V, 0, 0, &set, NULL), HM_OK);
            assert_int_equal(hm_layer_parse(visible[u], V, &below, NULL), HM_OK);
            assert_int_equal(hm_layer_parse("5", 0, &above, NULL), HM_OK);
            assert_int_equal(hm_model_create(context, HM_MODEL_RBM, 1, &below, &above, &model, NULL), HM_OK);
            hm_options_init(&hm_train_options, &config);
            config.epochs = 3;
            assert_int_equal(hm_train(model, set, NULL, &config, NULL, NULL), HM_OK);
            assert_int_equal(hm_examine(model, 0, set, NULL, true, &found, NULL), HM_OK);
            assert_true(finds_only(&found, (int[]){HM_ILL_CONSTANT, -1}));
            assert_non_null(strstr(found.finding[0].text, "No feature ever changes"));
            assert_true(isnan(found.error_ratio) && isnan(found.variance_ratio));
            hm_model_destroy(model);
            hm_dataset_close(set);
            hm_context_destroy(context);
        }
}

/* Rows on are class 0, columns class 1; with is_random, classes by chance. */
static hm_dataset *make_labelled(const hm_context *context, size_t first, size_t n, bool is_random)
{
    static float cases[N * V];
    static int32_t labels[N];
    hm_random r = {21, HM_RANDOM_USER, 0};
    hm_dataset *set;
    for (size_t i = 0; i < n; i++) {
        float u[V + 2];
        hm_random_fill_uniform(&r, first + i, 0, V + 2, u);
        labels[i] = u[V] < 0.5f;
        for (size_t k = 0; k < V; k++)
            cases[i * V + k] = (float)(((labels[i] ? k / SIDE : k % SIDE) == (size_t)(u[V + 1] * SIDE)) != (u[k] < 0.02f));
        labels[i] = is_random ? u[0] < 0.5f : labels[i];
    }
    assert_int_equal(hm_dataset_create(context, cases, labels, n, V, 0, 0, &set, NULL), HM_OK);
    return set;
}

/* The machine of a class knows nothing of the other classes, and need not. */
static void class_models_are_judged_by_their_cases(void **state)
{
    (void)state;
    hm_context *context = open_context();
    hm_dataset *set = make_labelled(context, 0, N, false), *bare = make_set(context, &(story){.name = ""}, 0, N);
    hm_model *model;
    hm_layer below = hm_layer_of(HM_UNIT_BERNOULLI, V, 1), above = hm_layer_of(HM_UNIT_BERNOULLI, 12, 1);
    hm_train_config config;
    hm_examination found;
    hm_error error;
    assert_int_equal(hm_model_create(context, HM_MODEL_CLASSES, 2, &below, &above, &model, NULL), HM_OK);
    hm_options_init(&hm_train_options, &config);
    config.epochs = 60;
    config.batch_size = 20;
    assert_int_equal(hm_train(model, set, NULL, &config, NULL, NULL), HM_OK);
    for (size_t machine = 0; machine < 2; machine++) {
        hm_dataset *own;
        hm_examination of_own;
        assert_int_equal(hm_examine(model, machine, set, NULL, false, &found, NULL), HM_OK);
        assert_true(finds_only(&found, (int[]){-1}));
        assert_int_equal(hm_dataset_of_class(set, (int32_t)machine, &own, NULL), HM_OK);
        assert_int_equal(hm_examine(model, machine, own, NULL, false, &of_own, NULL), HM_OK);
        assert_true(found.error_ratio == of_own.error_ratio);
        hm_dataset_close(own);
    }
    assert_int_equal(hm_examine(model, 0, bare, NULL, false, &found, &error), HM_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "no labels"));
    hm_model_destroy(model);
    hm_dataset_close(bare);
    hm_dataset_close(set);
    hm_context_destroy(context);
}

/* A rate is told that suits the units. */
static void advice_goes_by_the_kind_of_units(void **state)
{
    (void)state;
    static const struct {
        const char *visible, *says;
        double scale, shift;
    } rows[] = {
        {"bernoulli", "0.1 is usual for binary units", 1, 0},
        {"spin", "0.1 is usual for binary units", 2, -1},
        {"gaussian", "0.01 is usual for Gaussian units", 2.2, -0.8},
        {"binomial 36x4", "0.05 is usual for units of several states", 4, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hm_examination found;
        live(&(story){.name = "", .visible = rows[i].visible, .scale = rows[i].scale, .shift = rows[i].shift,
                      .options = {"learning-rate=0.000001", "epochs=1"}}, &found);
        for (size_t k = 0; k < found.n; k++)
            print_message("%s: %s\n", rows[i].visible, found.finding[k].text);
        assert_int_equal(found.finding[0].ill, HM_ILL_UNLEARNED);
        assert_non_null(strstr(found.finding[0].text, rows[i].says));
    }
}

/* Values that averaging left above 1 by a rounding are no fault. */
static void roundings_are_no_fault(void **state)
{
    (void)state;
    hm_examination found;
    live(&(story){.name = "", .scale = 1.0000002}, &found);
    assert_true(finds_only(&found, (int[]){-1}));
}

static hm_model *learn_net(const hm_context *context, const char *layers, const hm_dataset *set, const char *rate, int64_t epochs, int target)
{
    hm_layer layer[4];
    size_t n;
    hm_model *net;
    hm_backprop_config config;
    assert_int_equal(hm_layers_parse(layers, V, layer, 4, &n, NULL), HM_OK);
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_NET, layer, n, target == HM_TARGET_LABELS ? 2 : 0, &net, NULL), HM_OK);
    hm_model_init_net(net, 0);
    hm_options_init(&hm_backprop_options, &config);
    config.epochs = epochs;
    config.batch_size = 20;
    config.target = target;
    assert_int_equal(hm_options_set(&hm_backprop_options, &config, "learning-rate", rate, NULL), HM_OK);
    assert_int_equal(hm_train_backprop(net, set, NULL, &config, NULL, NULL), HM_OK);
    return net;
}

static void nets_are_examined(void **state)
{
    (void)state;
    static const struct {
        const char *layers, *rate;
        int64_t epochs;
        int target;
        bool is_random;
        int ill;
    } rows[] = {
        {"36 | 20 | softmax 2", "0.1", 40, HM_TARGET_LABELS, false, -1},
        {"36 | relu 20 | softmax 2", "0.05", 40, HM_TARGET_LABELS, false, -1},
        {"36 | 20 | softmax 2", "0.0000001", 1, HM_TARGET_LABELS, false, HM_ILL_UNLEARNED},
        {"36 | relu 100 | softmax 2", "0.1", 400, HM_TARGET_LABELS, true, HM_ILL_OVERFITTED},
        {"36 | 20 | 36", "1", 100, HM_TARGET_DATA, false, -1},
        {"36 | 20 | 36", "0.0000001", 1, HM_TARGET_DATA, false, HM_ILL_UNLEARNED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hm_context *context = open_context();
        size_t n = rows[i].is_random ? 100 : N;
        hm_dataset *set = make_labelled(context, 0, n, rows[i].is_random), *held_out = make_labelled(context, 5000, 300, rows[i].is_random);
        hm_model *net = learn_net(context, rows[i].layers, set, rows[i].rate, rows[i].epochs, rows[i].target);
        hm_examination found;
        assert_int_equal(hm_examine(net, 0, set, held_out, true, &found, NULL), HM_OK);
        for (size_t k = 0; k < found.n; k++)
            print_message("%s: %s\n", rows[i].layers, found.finding[k].text);
        bool may_collapse = rows[i].ill == HM_ILL_UNLEARNED && found.n == 1 && found.finding[0].ill == HM_ILL_COLLAPSED;
        assert_true(may_collapse || finds_only(&found, (int[]){rows[i].ill, -1}));
        hm_model_destroy(net);
        hm_dataset_close(held_out);
        hm_dataset_close(set);
        hm_context_destroy(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_is_named),
        cmocka_unit_test(data_that_do_not_vary),
        cmocka_unit_test(class_models_are_judged_by_their_cases),
        cmocka_unit_test(advice_goes_by_the_kind_of_units),
        cmocka_unit_test(roundings_are_no_fault),
        cmocka_unit_test(nets_are_examined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
