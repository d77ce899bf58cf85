/* Convolution and probabilistic max-pooling against literal loops, and against the dense machine whose matrix is the filters written
 * out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "compute/kernels/kernels.h"
#include "model/machine.h"

enum { UNITS_MAX = 700, CASES = 5 };

typedef struct shape {
    const char *visible, *hidden;
} shape;

static const shape shapes[] = {
    {"gaussian 1x6x6", "pool 3x2 by 3x3"},          {"bernoulli 2x7x5", "bernoulli 3 by 4x3"}, {"bernoulli 3x9x10", "pool 17x3 by 7x5"},
    {"gaussian 1x12x12", "bernoulli 2 by 12x12"},   {"bernoulli 1x5x5", "bernoulli 4 by 1x1"},
    {"bernoulli 2x7x9", "pool 5x2 by 3x2"} /* 5 x 8 places, of which blocks fill 4 x 8 */,
    {"bernoulli 9x5x6", "bernoulli 21 by 3x2"} /* channels enough to fill vectors */, {"bernoulli 1x5x5", "bernoulli 50 by 4x3"},
    {"bernoulli 8x7x9", "pool 5x2 by 3x2"},         {"bernoulli 11x4x4", "bernoulli 6 by 4x4"},
    {"bernoulli 10x5x4", "bernoulli 3 by 1x1"},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static hm_context *make_context(const char *backend, int threads)
{
    hm_context *context;
    assert_int_equal(hm_context_create(&(hm_context_config){.seed = 4, .n_threads = threads, .backend = backend}, &context, NULL), HM_OK);
    return context;
}

static hm_rbm *make_rbm(const hm_context *context, const shape *s)
{
    hm_rbm *rbm;
    hm_layer visible, hidden;
    size_t n;
    assert_int_equal(hm_layer_parse(s->visible, 0, &visible, NULL), HM_OK);
    assert_int_equal(hm_layer_parse(s->hidden, 0, &hidden, NULL), HM_OK);
    assert_int_equal(hm_rbm_create(context, &visible, &hidden, &rbm, NULL), HM_OK);
    float *p = hm_rbm_parameters(rbm, &n);
    const hm_slice *slices = hm_rbm_slices(rbm);
    const hm_random random = {7, HM_RANDOM_USER, 0};
    for (int k = 0; k < HM_SLICES; k++) {
        hm_random_fill_normal(&random, (uint64_t)k, 0, slices[k].n, p + slices[k].first);
        for (size_t i = 0; i < slices[k].n; i++)
            p[slices[k].first + i] *= 0.4f;
    }
    return rbm;
}

/* The same ready to be learned, which is another way through the connection where the backend has one. */
static hm_rbm *make_reserved(const hm_context *context, const shape *s, bool is_reserved)
{
    hm_rbm *rbm = make_rbm(context, s);
    if (is_reserved)
        assert_int_equal(hm_machine_reserve(rbm, CASES, true, NULL), HM_OK);
    return rbm;
}

/* W[k][c][dy][dx] of the machine that joins place q = (y, x) of channel c to unit s of map k; 0 where the filter does not reach. */
static float weight_between(const hm_rbm *rbm, size_t visible, size_t hidden)
{
    const hm_layer *below = hm_rbm_visible(rbm), *above = hm_rbm_hidden(rbm);
    const hm_slice *W = &hm_rbm_slices(rbm)[HM_SLICE_WEIGHTS];
    size_t area = below->height * below->width, places = above->height * above->width;
    size_t c = visible / area, y = visible % area / below->width, x = visible % below->width;
    size_t k = hidden / places, p = hm_layer_place(above, hidden % places), py = p / above->width, px = p % above->width;
    x = visible % area % below->width;
    if (y < py || x < px || y - py >= W->shape[2] || x - px >= W->shape[3])
        return 0;
    size_t n;
    const float *w = hm_rbm_parameters((hm_rbm *)rbm, &n) + W->first;
    return w[((k * W->shape[1] + c) * W->shape[2] + y - py) * W->shape[3] + x - px];
}

/* The same machine with a matrix; biases of maps for each of their units come from the layers. */
static hm_rbm *write_out(const hm_rbm *rbm)
{
    hm_rbm *dense;
    const hm_layer *below = hm_rbm_visible(rbm), *above = hm_rbm_hidden(rbm);
    hm_layer without = *above;
    without.filter_height = without.filter_width = 0;
    assert_int_equal(hm_rbm_create(rbm->context, below, &without, &dense, NULL), HM_OK);
    const hm_matrix W = hm_rbm_weights(dense);
    for (size_t i = 0; i < W.rows; i++)
        for (size_t j = 0; j < W.cols; j++)
            hm_row_f32(&W, i)[j] = weight_between(rbm, i, j);
    memcpy(hm_rbm_visible_bias(dense), hm_rbm_visible_bias(rbm), hm_layer_n_biases(below) * sizeof(float));
    memcpy(hm_rbm_hidden_bias(dense), hm_rbm_hidden_bias(rbm), hm_layer_n_biases(above) * sizeof(float));
    return dense;
}

static hm_matrix noise(float *room, size_t n, size_t cols, uint64_t step)
{
    const hm_random random = {5, HM_RANDOM_USER, step};
    for (size_t i = 0; i < n; i++)
        hm_random_fill_normal(&random, i, 0, cols, room + i * cols);
    return hm_matrix_f32(room, n, cols);
}

static double largest_difference(hm_matrix a, hm_matrix b)
{
    double most = 0;
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < a.cols; j++)
            most = fmax(most, fabs((double)hm_row_f32(&a, i)[j] - (double)hm_row_f32(&b, i)[j]));
    return most;
}

/* Conditionals, samples, free energies and energies of both machines, on every backend; the thirds of a float that sums of another
 * order differ by: observed 5e-6. */
static void it_is_the_dense_machine_written_out(void **state)
{
    (void)state;
    static float v[CASES * UNITS_MAX], h[CASES * UNITS_MAX], mean[2][CASES * UNITS_MAX], sample[2][CASES * UNITS_MAX];
    for (size_t b = 0; hm_backend_list(b); b++) {
        if (!hm_backend_list(b)->is_available)
            continue;
        hm_context *context = make_context(hm_backend_list(b)->name, 3);
        for (size_t s = 0; s < 2 * N_SHAPES; s++) {
            hm_rbm *both[2] = {make_reserved(context, &shapes[s / 2], s % 2), NULL};
            both[1] = write_out(both[0]);
            size_t V = hm_rbm_visible(both[0])->n_units, H = hm_rbm_hidden(both[0])->n_units;
            hm_matrix x = noise(v, CASES, V, 1), y = noise(h, CASES, H, 2);
            for (size_t i = 0; i < CASES * H; i += 1 + i % 3) /* as samples have them */
                h[i] = 0;
            double F[2][CASES], E[2][CASES];
            const hm_gibbs gibbs = {.step = 3, .beta = 0.8f};
            for (int k = 0; k < 2; k++) {
                hm_rbm_hidden_given_visible(both[k], x, hm_matrix_f32(mean[k], CASES, H), hm_matrix_f32(sample[k], CASES, H), &gibbs);
                assert_int_equal(hm_rbm_free_energy(both[k], x, 0.8f, F[k], NULL), HM_OK);
                assert_int_equal(hm_rbm_energy(both[k], x, y, E[k], NULL), HM_OK);
            }
            assert_true(largest_difference(hm_matrix_f32(mean[0], CASES, H), hm_matrix_f32(mean[1], CASES, H)) < 1e-4);
            for (int i = 0; i < CASES; i++)
                assert_true(fabs(F[0][i] - F[1][i]) < 1e-3 && fabs(E[0][i] - E[1][i]) < 1e-3);
            for (int k = 0; k < 2; k++)
                hm_rbm_visible_given_hidden(both[k], y, hm_matrix_f32(mean[k], CASES, V), (hm_matrix){0}, &gibbs);
            assert_true(largest_difference(hm_matrix_f32(mean[0], CASES, V), hm_matrix_f32(mean[1], CASES, V)) < 1e-4);
            hm_rbm_destroy(both[0]);
            hm_rbm_destroy(both[1]);
        }
        hm_context_destroy(context);
    }
}

/* <up(v), h> = <v, down(h)>, without biases. */
static void down_is_the_adjoint_of_up(void **state)
{
    (void)state;
    static float v[UNITS_MAX], h[UNITS_MAX], up[UNITS_MAX], down[UNITS_MAX];
    hm_context *context = make_context(NULL, 1);
    for (size_t s = 0; s < N_SHAPES; s++) {
        hm_rbm *rbm = make_rbm(context, &shapes[s]);
        size_t V = hm_rbm_visible(rbm)->n_units, H = hm_rbm_hidden(rbm)->n_units;
        double over_h = 0, over_v = 0;
        hm_matrix x = noise(v, 1, V, 1), y = noise(h, 1, H, 2);
        memset(hm_rbm_hidden_bias(rbm), 0, hm_layer_n_biases(hm_rbm_hidden(rbm)) * sizeof(float));
        hm_machine_up(rbm, x, hm_matrix_f32(up, 1, H));
        hm_machine_down(rbm, y, hm_matrix_f32(down, 1, V));
        for (size_t j = 0; j < H; j++)
            over_h += (double)up[j] * h[j];
        for (size_t i = 0; i < V; i++)
            over_v += (double)down[i] * v[i];
        assert_true(fabs(over_h - over_v) < 1e-4 * (1 + fabs(over_h)));
        hm_rbm_destroy(rbm);
    }
    hm_context_destroy(context);
}

/* A picture in colour, of more units than a stack would hold: bytes give what floats do, bit by bit, and its last unit is the
 * literal sum of 75 products, observed 9e-9 apart (a rounding of the mean). */
static void pictures_may_be_large(void **state)
{
    (void)state;
    enum { SIDE = 150, AREA = SIDE * SIDE, C = 3, F = 5, ABOVE = 2 * 146 * 146 };
    static uint8_t bytes[C * AREA];
    static float floats[C * AREA], mean[2][ABOVE], below[C * AREA];
    const shape large = {"bernoulli 3x150x150", "bernoulli 2 by 5x5"};
    hm_context *context = make_context(NULL, 2);
    hm_rbm *rbm = make_rbm(context, &large);
    const hm_slice *W = &hm_rbm_slices(rbm)[HM_SLICE_WEIGHTS];
    const hm_gibbs gibbs = {0};
    size_t n;
    for (int i = 0; i < C * AREA; i++)
        floats[i] = bytes[i] = i % 7 < 3;
    hm_matrix of_bytes = {.data = bytes, .dtype = HM_DTYPE_U8, .rows = 1, .cols = C * AREA, .stride = C * AREA};
    hm_rbm_hidden_given_visible(rbm, hm_matrix_f32(floats, 1, C * AREA), hm_matrix_f32(mean[0], 1, ABOVE), (hm_matrix){0}, &gibbs);
    hm_rbm_hidden_given_visible(rbm, of_bytes, hm_matrix_f32(mean[1], 1, ABOVE), (hm_matrix){0}, &gibbs);
    hm_rbm_visible_given_hidden(rbm, hm_matrix_f32(mean[0], 1, ABOVE), hm_matrix_f32(below, 1, C * AREA), (hm_matrix){0}, &gibbs);
    assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
    const float *w = hm_rbm_parameters(rbm, &n) + W->first + C * F * F;
    double a = (double)hm_rbm_hidden_bias(rbm)[1];
    for (int t = 0; t < C * F * F; t++)
        a += (double)w[t] * (double)floats[t / (F * F) * AREA + (145 + t / F % F) * SIDE + 145 + t % F];
    print_message("a large picture: %.1e apart\n", fabs((double)mean[0][ABOVE - 1] - 1 / (1 + exp(-a))));
    assert_true(fabs((double)mean[0][ABOVE - 1] - 1 / (1 + exp(-a))) < 1e-6);
    hm_rbm_destroy(rbm);
    hm_context_destroy(context);
}

/* The gradient of the filters is that of the matrix, summed over the places that share a weight; the same bytes on 1 and 3 threads. */
static void correlations_are_those_of_the_matrix(void **state)
{
    (void)state;
    static float v[2][CASES * UNITS_MAX], h[2][CASES * UNITS_MAX], gradient[2][40000], matrix[UNITS_MAX * UNITS_MAX];
    for (size_t r = 0; r < 2 * N_SHAPES; r++) {
        size_t n_gradient = 0, s = r / 2;
        for (int t = 0; t < 2; t++) {
            hm_context *context = make_context(NULL, t ? 3 : 1);
            hm_rbm *rbm = make_reserved(context, &shapes[s], r % 2), *dense = write_out(rbm);
            size_t V = hm_rbm_visible(rbm)->n_units, H = hm_rbm_hidden(rbm)->n_units;
            const hm_slice *W = &hm_rbm_slices(rbm)[HM_SLICE_WEIGHTS];
            const hm_phase plus = {noise(v[0], CASES, V, 1), noise(h[0], CASES, H, 2), 0.2f};
            const hm_phase minus = {noise(v[1], CASES, V, 3), noise(h[1], CASES, H, 4), 0.3f};
            assert_true(rbm->n_parameters <= 40000 && dense->n_parameters <= UNITS_MAX * UNITS_MAX);
            hm_machine_correlate(rbm, &plus, &minus, HM_PART_ALL, gradient[t]);
            n_gradient = W->n;
            hm_machine_correlate(dense, &plus, &minus, HM_PART_ALL, matrix);
            for (size_t k = 0; k < W->n && t == 0; k++) { /* turn one weight on, and sum where the matrix then has it */
                double want = 0;
                size_t n;
                float *w = hm_rbm_parameters(rbm, &n) + W->first;
                if (k % 7)
                    continue;
                memset(w, 0, W->n * sizeof *w);
                w[k] = 1;
                for (size_t i = 0; i < V; i++)
                    for (size_t j = 0; j < H; j++)
                        want += weight_between(rbm, i, j) != 0 ? (double)matrix[i * H + j] : 0;
                assert_true(fabs((double)gradient[0][W->first + k] - want) < 1e-4);
            }
            hm_rbm_destroy(rbm);
            hm_rbm_destroy(dense);
            hm_context_destroy(context);
        }
        assert_memory_equal(gradient[0], gradient[1], n_gradient * sizeof(float));
    }
}

/* A tiny machine by enumeration: its log Z and expectations are those of the matrix, and <v h> is the slope of log Z. */
static void a_tiny_machine_is_exact(void **state)
{
    (void)state;
    const shape tiny = {"bernoulli 1x4x4", "pool 2x2 by 3x3"};
    hm_context *context = make_context(NULL, 2);
    hm_rbm *rbm = make_rbm(context, &tiny), *dense = write_out(rbm);
    const hm_slice *W = &hm_rbm_slices(rbm)[HM_SLICE_WEIGHTS];
    float expectation[128];
    double log_Z, of_dense, up, down;
    size_t n;
    assert_true(hm_rbm_log2_states(rbm) < 5); /* two blocks of five states */
    assert_int_equal(hm_rbm_expectations(rbm, &log_Z, expectation, NULL), HM_OK);
    assert_int_equal(hm_rbm_log_partition(dense, &of_dense, NULL), HM_OK);
    assert_true(fabs(log_Z - of_dense) < 1e-5);
    for (size_t k = 0; k < W->n; k += 5) {
        float *w = hm_rbm_parameters(rbm, &n) + W->first, kept = w[k];
        w[k] = kept + 0.01f;
        assert_int_equal(hm_rbm_log_partition(rbm, &up, NULL), HM_OK);
        w[k] = kept - 0.01f;
        assert_int_equal(hm_rbm_log_partition(rbm, &down, NULL), HM_OK);
        w[k] = kept;
        assert_true(fabs((up - down) / 0.02 - (double)expectation[W->first + k]) < 2e-3);
    }
    hm_rbm_destroy(rbm);
    hm_rbm_destroy(dense);
    hm_context_destroy(context);
}

/* 40,000 draws of a block of four: its units and all off by chi-square with 4 degrees of freedom, beyond 18.5 once in a thousand seeds;
 * never two on. */
static void blocks_are_drawn_together(void **state)
{
    (void)state;
    enum { N = 40000, B = 4 };
    static float v[N * 4], mean[N * B], sample[N * B];
    const shape one = {"bernoulli 1x2x2", "pool 1x2 by 1x1"};
    hm_context *context = make_context(NULL, 2);
    hm_rbm *rbm = make_rbm(context, &one);
    double count[B + 1] = {0}, chi_square = 0, rest = 1;
    const hm_gibbs gibbs = {0};
    for (int i = 0; i < N * 4; i++)
        v[i] = i % 4 < 2;
    hm_rbm_hidden_given_visible(rbm, hm_matrix_f32(v, N, 4), hm_matrix_f32(mean, N, B), hm_matrix_f32(sample, N, B), &gibbs);
    for (int i = 0; i < N; i++) {
        int on = B, n_on = 0;
        for (int k = 0; k < B; k++)
            if (sample[i * B + k] == 1) {
                on = k;
                n_on++;
            }
        assert_true(n_on <= 1);
        count[on]++;
    }
    for (int k = 0; k <= B; k++) {
        double p = k < B ? (double)mean[k] : rest;
        rest -= k < B ? p : 0;
        chi_square += (count[k] - N * p) * (count[k] - N * p) / (N * p);
    }
    print_message("chi-square %.1f\n", chi_square);
    assert_true(chi_square < 18.5);
    hm_rbm_destroy(rbm);
    hm_context_destroy(context);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const struct {
        shape shape;
        const char *says;
    } bad[] = {{{"bernoulli 1x6x6", "bernoulli 2 by 7x6"}, "larger than the maps of 6x6"},
               {{"bernoulli 36", "bernoulli 2 by 3x3"}, "need maps below them"},
               {{"bernoulli 1x6x6", "pool 2x4 by 4x4"}, "not one block of 4x4"},
               {{"bernoulli 1x6x6", "pool 2x5x5x1 by 3x3"}, "there they are 4x4"},
               {{"bernoulli 3x200x200", "bernoulli 2 by 150x150"}, "at most 32,768 weights"}};
    hm_context *context = make_context(NULL, 1);
    hm_layer visible, hidden;
    hm_rbm *rbm;
    hm_error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(hm_layer_parse(bad[i].shape.visible, 0, &visible, NULL), HM_OK);
        assert_int_equal(hm_layer_parse(bad[i].shape.hidden, 0, &hidden, NULL), HM_OK);
        assert_int_equal(hm_rbm_create(context, &visible, &hidden, &rbm, &error), HM_ERROR_MISMATCH);
        assert_null(rbm);
        assert_non_null(strstr(error.message, bad[i].says));
    }
    static const char *const nonsense[] = {"pool 4x2 by 3", "pool 4x2 by", "pool 4x2 by 3x3x3", "softmax 4 by 3x3", "pool 4 by 0x3"};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
        assert_int_equal(hm_layer_parse(nonsense[i], 0, &hidden, &error), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_layer_parse("pool 3x5x4x2", 0, &hidden, &error), HM_ERROR_ARGUMENT);
    assert_int_equal(hm_layer_parse("pool 16x4", 0, &hidden, &error), HM_ERROR_ARGUMENT);
    hm_context_destroy(context);
}

/* A layer says what it is, with and without the sides that it learns from the one below. */
static void layers_learn_their_sides(void **state)
{
    (void)state;
    hm_layer below, layer, again, shown;
    char text[80];
    assert_int_equal(hm_layer_parse("bernoulli 1x33x33", 0, &below, NULL), HM_OK);
    assert_int_equal(hm_layer_parse("pool 40x2 by 12x12", 0, &layer, NULL), HM_OK);
    hm_layer_print(&layer, text, sizeof text);
    assert_string_equal(text, "pool 40x2 by 12x12");
    assert_int_equal(hm_layer_connect(&below, &layer, NULL), HM_OK);
    hm_layer_print(&layer, text, sizeof text);
    assert_string_equal(text, "pool 40x22x22x2 by 12x12");
    assert_int_equal(hm_layer_parse(text, 0, &again, NULL), HM_OK);
    assert_true(hm_layer_is_equal(&layer, &again));
    shown = hm_layer_shown(&layer);
    hm_layer_print(&shown, text, sizeof text);
    assert_string_equal(text, "bernoulli 40x11x11");
    assert_int_equal(hm_layer_n_features(&layer), 40);
    assert_int_equal(hm_layer_feature_unit(&layer, 1), 22 * 22 + (5 * 11 + 5) * 4);
}

/* What a layer shows is whether its blocks are on, and recalling draws a unit of the block: over 8,000 blocks each of the four by
 * chi-square with 3 degrees of freedom, beyond 16.3 once in a thousand seeds. */
static void blocks_are_shown_and_recalled(void **state)
{
    (void)state;
    enum { N = 2000, SHOWN = 8, B = 4 };
    static float v[N * 16], h_mean[N * SHOWN * B], h[N * SHOWN * B], mean[N * SHOWN], sample[N * SHOWN], room[2 * N * SHOWN * B];
    const shape maps = {"bernoulli 1x4x4", "pool 2x2 by 1x1"};
    hm_context *context = make_context(NULL, 2);
    hm_rbm *rbm = make_rbm(context, &maps);
    const hm_gibbs gibbs = {.step = 3};
    double count[B] = {0}, chi_square = 0, n_on = 0;
    assert_int_equal(hm_machine_room(rbm, N), 2 * N * SHOWN * B);
    for (int i = 0; i < N * 16; i++)
        v[i] = i % 3 == 0;
    hm_rbm_hidden_given_visible(rbm, hm_matrix_f32(v, N, 16), hm_matrix_f32(h_mean, N, SHOWN * B), hm_matrix_f32(h, N, SHOWN * B), &gibbs);
    hm_machine_rise(rbm, hm_matrix_f32(v, N, 16), hm_matrix_f32(mean, N, SHOWN), hm_matrix_f32(sample, N, SHOWN), &gibbs, room);
    for (int k = 0; k < N * SHOWN; k++) {
        float sum_mean = 0, sum = 0;
        for (int j = 0; j < B; j++) {
            sum_mean += h_mean[k * B + j];
            sum += h[k * B + j];
        }
        assert_true(fabsf(sum_mean - mean[k]) < 1e-6f && sum == sample[k]);
    }
    for (int k = 0; k < N * SHOWN; k++)
        sample[k] = k % 2 == 0;
    hm_matrix recalled = hm_machine_recall(rbm, hm_matrix_f32(sample, N, SHOWN), &gibbs, room);
    for (int k = 0; k < N * SHOWN; k++)
        for (int j = 0; j < B; j++) {
            float on = ((float *)recalled.data)[k * B + j];
            assert_true(on == 0 || k % 2 == 0);
            count[j] += (double)on;
            n_on += (double)on;
        }
    assert_true(n_on == N * SHOWN / 2);
    for (int j = 0; j < B; j++)
        chi_square += (count[j] - n_on / B) * (count[j] - n_on / B) / (n_on / B);
    print_message("chi-square %.1f\n", chi_square);
    assert_true(chi_square < 16.3);
    recalled = hm_machine_recall(rbm, hm_matrix_f32(mean, N, SHOWN), NULL, room);
    assert_true(fabsf(((float *)recalled.data)[5] - mean[1] / B) < 1e-7f);
    hm_rbm_destroy(rbm);
    hm_context_destroy(context);
}

/* ---- Kernels of every instruction set that this machine has ---------------------------------------------------- */

static double observed; /* the largest error of a test, which it prints */

static bool is_close(double a, double b, double tolerance)
{
    double error = fabs(a - b);
    observed = fmax(observed, error);
    return error < tolerance;
}

static void tell(const char *what)
{
    print_message("%s: largest error %.1e\n", what, observed);
    observed = 0;
}

enum { ROOM = 24, STRIDE = 160 };

static void fill(float *x, size_t n, uint64_t step)
{
    const hm_random random = {9, HM_RANDOM_USER, step};
    hm_random_fill_normal(&random, 0, 0, n, x);
}

/* Against sums in double of at most 7 products of normal numbers: observed 9e-7, from rounding to float. */
static void taps_are_literal_sums(void **state)
{
    (void)state;
    static float a[400], b[7 * STRIDE], out[ROOM * STRIDE], first[ROOM * STRIDE];
    uint32_t row[ROOM], step[7];
    fill(a, 400, 1);
    fill(b, 7 * STRIDE, 2);
    fill(first, ROOM * STRIDE, 3);
    for (uint32_t i = 0; i < ROOM; i++)
        row[i] = i * 5 % 60;
    for (uint32_t k = 0; k < 7; k++)
        step[k] = k * k * 4;
    for (size_t kernel = 0; hm_panel_kernels_list(1, kernel); kernel++)
        for (size_t n_rows = 1; n_rows < ROOM; n_rows += 3)
            for (size_t n_cols = 1; n_cols <= 100; n_cols += 11) {
                hm_taps t = {n_rows, n_rows % 7 + 1, n_cols, a, row, step, b, STRIDE, out, STRIDE, n_cols % 2 == 0};
                memcpy(out, first, sizeof out);
                hm_panel_kernels_list(1, kernel)->taps(&t);
                for (size_t r = 0; r < ROOM; r++)
                    for (size_t j = 0; j < n_cols; j++) {
                        double want = r >= n_rows || t.adds ? (double)first[r * STRIDE + j] : 0;
                        for (size_t k = 0; r < n_rows && k < t.n_steps; k++)
                            want += (double)a[row[r] + step[k]] * (double)b[k * STRIDE + j];
                        assert_true(is_close((double)out[r * STRIDE + j], want, 1e-5));
                    }
            }
    tell("taps");
}

static void turning_is_exact(void **state)
{
    (void)state;
    static float from[40 * 50], to[50 * 40];
    fill(from, 40 * 50, 4);
    for (size_t kernel = 0; hm_panel_kernels_list(1, kernel); kernel++)
        for (size_t rows = 1; rows <= 40; rows += 3)
            for (size_t cols = 1; cols <= 50; cols += 7) {
                memset(to, 0, sizeof to);
                hm_panel_kernels_list(1, kernel)->turn(from, 50, rows, cols, 0.5f, to, 40);
                for (size_t i = 0; i < 40; i++)
                    for (size_t j = 0; j < 50; j++)
                        assert_true(to[j * 40 + i] == (i < rows && j < cols ? 0.5f * from[i * 50 + j] : 0));
            }
}

/* Two channels of 6 x 30 places, filters of 3 x fw, 5 maps of which two are on; sums of up to 27 products: observed 1.0e-6, from rounding
 * to float. */
static void what_is_spread_is_added_where_it_belongs(void **state)
{
    (void)state;
    enum { K = 5, C = 2, FH = 3, AREA = 180, WIDTH = 30, PLACES = 7, LDW = 288 };
    static float w[K * LDW], out[C * AREA];
    static const uint32_t place[PLACES] = {0, 1, 2, 31, 60, 61, 64};
    float h[K * PLACES];
    double want[C * AREA];
    for (size_t kernel = 0; hm_panel_kernels_list(1, kernel); kernel++)
        for (size_t fw = 1; fw <= 26; fw += 5) {
            memset(w, 0, sizeof w);
            memset(out, 0, sizeof out);
            memset(want, 0, sizeof want);
            fill(h, K * PLACES, fw);
            for (size_t k = 0; k < K; k++) {
                fill(w + k * LDW, C * FH * fw, k + 5);
                for (size_t p = 0; p < PLACES; p++) {
                    h[k * PLACES + p] *= (float)((k + p) % 2);
                    for (size_t t = 0; t < C * FH * fw; t++)
                        want[t / (FH * fw) * AREA + t / fw % FH * WIDTH + t % fw + place[p]] +=
                            (double)h[k * PLACES + p] * (double)w[k * LDW + t];
                }
            }
            hm_panel_kernels_list(1, kernel)->spread(&(hm_spread){PLACES, K, C, FH, fw, AREA, WIDTH, place, h, PLACES, w, LDW,
                                                                   C * FH * fw, out});
            for (size_t i = 0; i < C * AREA; i++)
                assert_true(is_close((double)out[i], want[i], 1e-5));
        }
    tell("spread");
}

/* Means against libm in double, observed 1.4e-7 (the polynomial of exp); the sample is the first unit whose cumulated mean passes u. Each set gives the same. */
static void blocks_are_literal_softmaxes(void **state)
{
    (void)state;
    enum { N = 4 * 9 * 37 };
    static float a[N], mean[N], sample[N], u[N], same[N];
    const hm_random random = {9, HM_RANDOM_USER, 30};
    fill(a, N, 20);
    hm_random_fill_uniform(&random, 0, 0, N, u);
    for (size_t B = 1; B <= 9; B++)
        for (size_t set = 0; B != 5 && B != 7 && B != 8 && hm_kernels_list(set); set++) {
            hm_kernels_list(set)->block_means(a, mean, N, B, 1.5f);
            hm_kernels_list(set)->block_samples(mean, u, sample, N, B);
            hm_kernels_generic.block_means(a, same, N, B, 1.5f);
            assert_memory_equal(mean, same, sizeof mean);
            for (size_t g = 0; g < N; g += B) {
                double total = 1;
                float sum = 0;
                bool is_on = false;
                for (size_t k = 0; k < B; k++)
                    total += exp(1.5 * (double)a[g + k]);
                for (size_t k = 0; k < B; k++) {
                    assert_true(is_close((double)mean[g + k], exp(1.5 * (double)a[g + k]) / total, 5e-7));
                    sum += mean[g + k];
                    assert_true(sample[g + k] == (!is_on && u[g] < sum));
                    is_on = u[g] < sum;
                }
            }
        }
    tell("blocks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_dense_machine_written_out),
        cmocka_unit_test(down_is_the_adjoint_of_up),
        cmocka_unit_test(correlations_are_those_of_the_matrix),
        cmocka_unit_test(pictures_may_be_large),
        cmocka_unit_test(taps_are_literal_sums),
        cmocka_unit_test(turning_is_exact),
        cmocka_unit_test(what_is_spread_is_added_where_it_belongs),
        cmocka_unit_test(blocks_are_literal_softmaxes),
        cmocka_unit_test(a_tiny_machine_is_exact),
        cmocka_unit_test(layers_learn_their_sides),
        cmocka_unit_test(blocks_are_shown_and_recalled),
        cmocka_unit_test(blocks_are_drawn_together),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
