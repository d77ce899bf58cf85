/* Convolutions of maps with their channels last against literal loops, on every backend and with any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "compute/maps.h"

typedef struct shape {
    size_t n, height, width, n_below, n_above, side, margin_below, margin_above;
} shape;

static const shape shapes[] = {
    {2, 5, 7, 3, 16, 3, 1, 1},  {1, 4, 160, 4, 11, 5, 2, 2}, {3, 1, 1, 2, 5, 7, 3, 3},
    {1, 6, 9, 20, 70, 1, 0, 0}, {2, 9, 10, 17, 33, 3, 2, 1},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static hm_context *make_context(const char *backend, const char *precision, int threads)
{
    hm_context *context;
    const hm_context_config config = {.seed = 4, .n_threads = threads, .backend = backend, .precision = precision};
    assert_int_equal(hm_context_create(&config, &context, NULL), HM_OK);
    return context;
}

static float *numbers(size_t n, uint64_t which)
{
    const hm_random random = {3, HM_RANDOM_USER, which};
    float *x = calloc(n, sizeof *x);
    assert_non_null(x);
    hm_random_fill_normal(&random, 0, 0, n, x);
    return x;
}

/* Random maps, margins zero. */
static hm_maps make_maps(const shape *s, size_t channels, size_t margin, uint64_t which)
{
    hm_maps maps = {s->n, s->height, s->width, channels, margin, hm_maps_stride(channels), NULL};
    maps.data = calloc(hm_maps_floats(&maps), sizeof(float));
    assert_non_null(maps.data);
    float *values = numbers(s->n * s->height * s->width * channels, which), *from = values;
    for (size_t i = 0; i < s->n; i++)
        for (size_t y = 0; y < s->height; y++)
            for (size_t x = 0; x < s->width; x++, from += channels)
                memcpy(hm_maps_at(&maps, i, (ptrdiff_t)y, (ptrdiff_t)x), from, channels * sizeof *from);
    free(values);
    return maps;
}

/* What channel c is at a place, 0 beyond the edge. */
static double value_at(const hm_maps *maps, size_t i, ptrdiff_t y, ptrdiff_t x, size_t c)
{
    if (y < 0 || x < 0 || y >= (ptrdiff_t)maps->height || x >= (ptrdiff_t)maps->width)
        return 0;
    return hm_maps_at(maps, i, y, x)[c];
}

/* Calls f for every picture, place, tap, channel and map. */
typedef void visitor(void *user, size_t i, ptrdiff_t y, ptrdiff_t x, ptrdiff_t dy, ptrdiff_t dx, size_t weight, size_t c, size_t k);
static void visit(const shape *s, visitor *f, void *user)
{
    ptrdiff_t half = (ptrdiff_t)s->side / 2;
    for (size_t i = 0; i < s->n; i++)
        for (ptrdiff_t y = 0; y < (ptrdiff_t)s->height; y++)
            for (ptrdiff_t x = 0; x < (ptrdiff_t)s->width; x++)
                for (ptrdiff_t dy = -half; dy <= half; dy++)
                    for (ptrdiff_t dx = -half; dx <= half; dx++)
                        for (size_t c = 0; c < s->n_below; c++)
                            for (size_t k = 0; k < s->n_above; k++) {
                                size_t tap = (size_t)((dy + half) * (ptrdiff_t)s->side + dx + half);
                                f(user, i, y, x, dy, dx, (tap * s->n_below + c) * s->n_above + k, c, k);
                            }
}

typedef struct literal {
    const shape *s;
    const hm_maps *below, *above;
    const float *weights;
    double *up, *down, *gradient;
} literal;

static size_t index_of(const shape *s, size_t i, ptrdiff_t y, ptrdiff_t x, size_t channels, size_t c)
{
    return ((i * s->height + (size_t)y) * s->width + (size_t)x) * channels + c;
}

static void add(void *user, size_t i, ptrdiff_t y, ptrdiff_t x, ptrdiff_t dy, ptrdiff_t dx, size_t weight, size_t c, size_t k)
{
    literal *l = user;
    bool is_inside = y + dy >= 0 && x + dx >= 0 && y + dy < (ptrdiff_t)l->s->height && x + dx < (ptrdiff_t)l->s->width;
    double above = value_at(l->above, i, y, x, k), below = value_at(l->below, i, y + dy, x + dx, c);
    l->up[index_of(l->s, i, y, x, l->s->n_above, k)] += l->weights[weight] * below;
    l->gradient[weight] += below * above;
    if (is_inside)
        l->down[index_of(l->s, i, y + dy, x + dx, l->s->n_below, c)] += l->weights[weight] * above;
}

static void check_maps(const shape *s, const hm_maps *maps, const double *expected, double tolerance)
{
    for (size_t i = 0; i < s->n; i++)
        for (ptrdiff_t y = 0; y < (ptrdiff_t)s->height; y++)
            for (ptrdiff_t x = 0; x < (ptrdiff_t)s->width; x++)
                for (size_t c = 0; c < maps->stride; c++) {
                    double e = c < maps->channels ? expected[index_of(s, i, y, x, maps->channels, c)] : 0;
                    assert_true(fabs(hm_maps_at(maps, i, y, x)[c] - e) < tolerance * (1 + fabs(e)));
                }
}

/* Of both directions; what the filters learn is float32 always. */
static void check_shape(const shape *s, const hm_context *context, double tolerance)
{
    size_t n_weights = s->side * s->side * s->n_below * s->n_above, area = s->n * s->height * s->width;
    hm_maps below = make_maps(s, s->n_below, s->margin_below, 1), above = make_maps(s, s->n_above, s->margin_above, 2);
    hm_maps up = make_maps(s, s->n_above, 0, 3), down = make_maps(s, s->n_below, 1, 4);
    float *weights = numbers(n_weights, 5), *gradient = numbers(n_weights, 6), *before = numbers(n_weights, 6);
    literal l = {s, &below, &above, weights, calloc(area * s->n_above, sizeof(double)), calloc(area * s->n_below, sizeof(double)),
                 calloc(n_weights, sizeof(double))};
    hm_bank bank;
    visit(s, add, &l);
    assert_int_equal(hm_bank_create(context, s->side, s->n_below, s->n_above, true, &bank, NULL), HM_OK);
    assert_int_equal(hm_bank_reserve(context, &bank, hm_maps_floats(&below), NULL), HM_OK);
    assert_int_equal(hm_bank_reserve(context, &bank, hm_maps_floats(&above), NULL), HM_OK);
    hm_bank_pack(&bank, weights);
    hm_maps_convolve(context, &bank, &below, &up);
    check_maps(s, &up, l.up, tolerance);
    hm_maps_convolve_back(context, &bank, &above, &down);
    check_maps(s, &down, l.down, tolerance);
    hm_maps_correlate(context, &bank, &below, &above, gradient); /* is added to what is there */
    for (size_t w = 0; w < n_weights; w++)
        assert_true(fabs(gradient[w] - before[w] - l.gradient[w]) < 1e-4 * (1 + fabs(l.gradient[w])));
    hm_bank_clear(context, &bank);
    void *const all[] = {below.data, above.data, up.data, down.data, weights, gradient, before, l.up, l.down, l.gradient};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void test_literal(void **state)
{
    (void)state;
    static const char *const backends[] = {"plain", "auto"};
    for (size_t b = 0; b < 2; b++)
        for (int threads = 1; threads <= 2; threads++) {
            hm_context *context = make_context(backends[b], "f32", threads);
            for (size_t i = 0; i < N_SHAPES; i++)
                check_shape(&shapes[i], context, 1e-4);
            hm_context_destroy(context);
        }
}

/* Factors have 8 bits: a sum of n products is off by about sqrt(n) 2^-9. Where the processor cannot, this is float32 again. */
static void test_bf16(void **state)
{
    (void)state;
    hm_context *context = make_context("auto", "auto", 2);
    for (size_t i = 0; i < N_SHAPES; i++)
        check_shape(&shapes[i], context, 0.15);
    hm_context_destroy(context);
}

static void test_packing(void **state)
{
    (void)state;
    hm_context *context = make_context("auto", "f32", 1);
    const float weights[] = {10, -2, 30, -4}, *expected = weights;
    hm_bank bank;
    assert_int_equal(hm_bank_create(context, 1, 2, 2, true, &bank, NULL), HM_OK);
    hm_bank_pack(&bank, weights);
    for (size_t c = 0; c < 2; c++)
        for (size_t k = 0; k < 2; k++) {
            assert_true(bank.up[c * HM_MAPS_LANES + k] == expected[2 * c + k]);
            assert_true(bank.down[k * HM_MAPS_LANES + c] == expected[2 * c + k]);
        }
    hm_bank_clear(context, &bank);
    hm_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_literal), cmocka_unit_test(test_bf16), cmocka_unit_test(test_packing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
