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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_cause_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
