/* Cells (normalised, made units, pooled) against literal loops, the same bits on every instruction set; interpolation against its
 * definition. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

#include "compute/kernels/kernels.h"
#include "scene/enlarge.h"

enum { STRIDE = 32, WIDTH_MAX = 11, ROWS_MAX = 3, SUMS = ROWS_MAX * WIDTH_MAX * STRIDE };

/* A row of cells with all that it may need. */
typedef struct problem {
    float sums[SUMS], out[WIDTH_MAX * STRIDE], gradient[WIDTH_MAX * STRIDE];
    float scale[STRIDE], offset[STRIDE], mean[STRIDE], inverse[STRIDE], slope[STRIDE], level[STRIDE];
    double part[2 * STRIDE];
    hm_cells cells;
} problem;

static void fill(float *x, size_t n, uint64_t which)
{
    hm_random_fill_normal(&(hm_random){2, HM_RANDOM_USER, which}, 0, 0, n, x);
}

static void make_problem(problem *p, size_t side, size_t n_rows, size_t width, bool is_tanh)
{
    float *const fields[] = {p->scale, p->offset, p->mean, p->inverse, p->slope, p->level};
    fill(p->sums, SUMS, 0);
    fill(p->gradient, WIDTH_MAX * STRIDE, 1);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        fill(fields[i], STRIDE, 2 + i);
    p->cells = (hm_cells){.n_rows = n_rows, .side = side, .width = width, .n_cells = (width + side - 1) / side, .stride = STRIDE,
                          .scale = p->scale, .offset = p->offset, .mean = p->mean, .inverse = p->inverse, .is_tanh = is_tanh,
                          .out = p->out, .gradient = p->gradient, .slope = p->slope, .level = p->level, .part = p->part};
    for (size_t r = 0; r < n_rows; r++)
        p->cells.row[r] = p->sums + r * WIDTH_MAX * STRIDE;
}

/* Which sum of cell x and channel k is the largest once scaled: its place among the sums. */
static size_t largest_of(const problem *p, size_t x, size_t k, double *y)
{
    size_t best = 0;
    *y = -INFINITY;
    for (size_t r = 0; r < p->cells.n_rows; r++)
        for (size_t i = x * p->cells.side; i < (x + 1) * p->cells.side && i < p->cells.width; i++) {
            size_t at = (r * WIDTH_MAX + i) * STRIDE + k;
            double here = (double)(p->scale[k] * p->sums[at] + p->offset[k]);
            if (here > *y) {
                *y = here;
                best = at;
            }
        }
    return best;
}

static void check_near(double found, double expected)
{
    assert_true(fabs(found - expected) < 2e-5 * (1 + fabs(expected)));
}

static double slope_of(const problem *p, double y, double gradient)
{
    double unit = tanh(y);
    return p->cells.is_tanh ? gradient * (1 - unit * unit) : y > 0 ? gradient : 0;
}

static void check_units(problem *p, const hm_cell_kernels *kernels)
{
    double y;
    kernels->units(&p->cells);
    for (size_t x = 0; x < p->cells.n_cells; x++)
        for (size_t k = 0; k < STRIDE; k++) {
            largest_of(p, x, k, &y);
            check_near(p->out[x * STRIDE + k], p->cells.is_tanh ? tanh(y) : y > 0 ? y : 0);
        }
}

static void check_moments(problem *p, const hm_cell_kernels *kernels)
{
    kernels->moments(&p->cells);
    for (size_t k = 0; k < STRIDE; k++) {
        double sum = 0, square = 0;
        for (size_t r = 0; r < p->cells.n_rows; r++)
            for (size_t x = 0; x < p->cells.width; x++) {
                double z = (double)p->cells.row[r][x * STRIDE + k];
                sum += z;
                square += z * z;
            }
        check_near(p->part[k], sum);
        check_near(p->part[STRIDE + k], square);
    }
}

static void check_gradients(problem *p, const hm_cell_kernels *kernels)
{
    kernels->gradients(&p->cells);
    for (size_t k = 0; k < STRIDE; k++) {
        double sum = 0, product = 0, y;
        for (size_t x = 0; x < p->cells.n_cells; x++) {
            size_t at = largest_of(p, x, k, &y);
            double dy = slope_of(p, y, (double)p->gradient[x * STRIDE + k]);
            sum += dy;
            product += dy * (double)((p->sums[at] - p->mean[k]) * p->inverse[k]);
        }
        check_near(p->part[k], sum);
        check_near(p->part[STRIDE + k], product);
    }
}

static void check_write(problem *p, const hm_cell_kernels *kernels)
{
    static problem before;
    before = *p;
    kernels->write(&p->cells);
    for (size_t r = 0; r < p->cells.n_rows; r++)
        for (size_t i = 0; i < p->cells.width; i++)
            for (size_t k = 0; k < STRIDE; k++) {
                size_t x = i / p->cells.side, at = (r * WIDTH_MAX + i) * STRIDE + k;
                double y, xhat = (double)((before.sums[at] - p->mean[k]) * p->inverse[k]);
                double own = largest_of(&before, x, k, &y) == at ? slope_of(p, y, (double)p->gradient[x * STRIDE + k]) : 0;
                check_near(p->sums[at], (double)p->scale[k] * (own - (double)p->level[k] - (double)p->slope[k] * xhat));
            }
}

static const struct {
    size_t side, n_rows, width;
} shapes[] = {{1, 1, 11}, {2, 2, 10}, {2, 1, 7}, {3, 3, 11}, {4, 2, 3}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static void test_literal(void **state)
{
    static problem p;
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++)
        for (int is_tanh = 0; is_tanh < 2; is_tanh++) {
            make_problem(&p, shapes[i].side, shapes[i].n_rows, shapes[i].width, is_tanh);
            check_units(&p, hm_cell_kernels_best());
            check_moments(&p, hm_cell_kernels_best());
            check_gradients(&p, hm_cell_kernels_best());
            check_write(&p, hm_cell_kernels_best());
        }
}

static void run_all(problem *p, const hm_cell_kernels *kernels, double *parts)
{
    kernels->units(&p->cells);
    kernels->moments(&p->cells);
    memcpy(parts, p->part, sizeof p->part);
    kernels->gradients(&p->cells);
    memcpy(parts + 2 * STRIDE, p->part, sizeof p->part);
    kernels->write(&p->cells);
}

static void test_same_bits(void **state)
{
    static problem a, b;
    double parts_a[4 * STRIDE], parts_b[4 * STRIDE];
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++)
        for (int is_tanh = 0; is_tanh < 2; is_tanh++) {
            make_problem(&a, shapes[i].side, shapes[i].n_rows, shapes[i].width, is_tanh);
            make_problem(&b, shapes[i].side, shapes[i].n_rows, shapes[i].width, is_tanh);
            run_all(&a, &hm_cells_generic, parts_a);
            run_all(&b, hm_cell_kernels_best(), parts_b);
            assert_memory_equal(a.out, b.out, a.cells.n_cells * STRIDE * sizeof(float));
            assert_memory_equal(a.sums, b.sums, sizeof a.sums);
            assert_memory_equal(parts_a, parts_b, sizeof parts_a);
        }
}

/* ---- Interpolation --------------------------------------------------------------------------------------------------- */

/* The coarse line at a place that may lie between two or beyond its ends. */
static double read_line(const float *line, size_t n, double at)
{
    double sum = 0;
    at = fmin(fmax(at, 0), (double)n - 1);
    for (size_t i = 0; i < n; i++)
        sum += (double)line[i] * fmax(0, 1 - fabs(at - (double)i));
    return sum;
}

static void test_between(void **state)
{
    const float line[] = {3, -1, 4, 1, -5};
    (void)state;
    for (size_t factor = 1; factor <= 8; factor *= 2)
        for (size_t n = 1; n <= 5; n++)
            for (size_t i = 0; i < n * factor; i++) {
                hm_between b = hm_between_at(i, factor, n);
                double found = (double)((1 - b.share) * line[b.first] + b.share * line[b.second]);
                check_near(found, read_line(line, n, ((double)i + 0.5) / (double)factor - 0.5));
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_literal), cmocka_unit_test(test_same_bits), cmocka_unit_test(test_between)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
