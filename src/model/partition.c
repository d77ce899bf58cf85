/* Whether a machine has a finite partition function.
 *
 * Gaussian units have e(s) = s^2 / 2, and so have rectified ones for large s (their states are s = 0, 1, ... with weights near
 * exp(-s^2 / 2), see compute/unit.c); states of all other kinds are bounded. Far out only the bilinear form between unbounded units can
 * outgrow the squares: with x, y the unbounded units below and above and A the weights between them,
 *
 *     Z is finite  if     x'x / 2 + y'y / 2 - y'A x > 0  for all x, y but 0, where rectified units are at least 0,
 *     and is not   if     the left side is below 0 somewhere; or is 0, where all units are Gaussian (no linear term holds on a line).
 *
 * With the best y for an x that is  g(x) = sum_j (A_j x)^2 < x'x  (rectified j: max(0, A_j x)^2). Where all are Gaussian, g is largest at
 * the first singular vector, and I - A A' must be positive definite, which Cholesky's factors tell. With rectified units that is enough,
 * but more than is needed (copositivity is hard to decide): then directions with g > x'x are looked for by ascent, and where there
 * is neither proof it is not known. */
#include <math.h>
#include <string.h>

#include <harmonium/likelihood.h>
#include <harmonium/random.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"
#include "model/machine.h"

enum { FACTOR_MAX = 2048, WEIGHTS_MAX = 1 << 26, STARTS = 32, ASCENT_STEPS = 200, ROWS = 64 };

/* The unbounded units of a layer. */
typedef struct side {
    size_t n, *unit;
    bool *is_half; /* rectified: at least 0 */
} side;

typedef struct form {
    const hm_context *context;
    side x, y;
    float *A;              /* [y.n][x.n] */
    double *at, *next; /* [x.n] a direction x; the slope there */
    bool has_halves;
} form;

static bool is_unbounded(int kind)
{
    return kind == HM_UNIT_GAUSSIAN || kind == HM_UNIT_RELU;
}

static hm_status find_side(const hm_context *context, const hm_layer *layer, side *s, hm_error *error)
{
    size_t first = 0;
    s->unit = hm_alloc(context, layer->n_units, sizeof *s->unit, error);
    s->is_half = hm_alloc(context, layer->n_units, sizeof *s->is_half, error);
    if (!s->unit || !s->is_half)
        return HM_ERROR_MEMORY;
    for (int g = 0; g < layer->n_groups; first += layer->group[g++].n_units)
        for (size_t i = 0; is_unbounded(layer->group[g].kind) && i < layer->group[g].n_units; i++) {
            s->is_half[s->n] = layer->group[g].kind == HM_UNIT_RELU;
            s->unit[s->n++] = first + i;
        }
    return HM_OK;
}

static bool has_halves(const side *s)
{
    bool has = false;
    for (size_t i = 0; i < s->n; i++)
        has = has || s->is_half[i];
    return has;
}

static void clear(form *f)
{
    void *const owned[] = {f->x.unit, f->x.is_half, f->y.unit, f->y.is_half, f->A, f->at};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        hm_free(f->context, owned[i]);
}

/* Row after row of W', which is what a unit above alone sends down: the same for every connection. */
static hm_status write_weights(form *f, const hm_rbm *rbm, hm_error *error)
{
    size_t V = hm_rbm_visible(rbm)->n_units, H = hm_rbm_hidden(rbm)->n_units;
    float *room = hm_alloc(f->context, ROWS * (V + H), sizeof *room, error);
    f->A = hm_alloc(f->context, f->x.n * f->y.n, sizeof *f->A, error);
    for (size_t first = 0; room && f->A && first < f->y.n; first += ROWS) {
        size_t n = hm_least(ROWS, f->y.n - first);
        hm_matrix one = hm_matrix_f32(room, n, H), down = hm_matrix_f32(room + ROWS * H, n, V);
        memset(room, 0, n * H * sizeof *room);
        for (size_t j = 0; j < n; j++)
            hm_row_f32(&one, j)[f->y.unit[first + j]] = 1;
        hm_machine_down(rbm, one, down);
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < f->x.n; i++)
                f->A[(first + j) * f->x.n + i] = hm_row_f32(&down, j)[f->x.unit[i]];
    }
    hm_free(f->context, room);
    return room && f->A ? HM_OK : HM_ERROR_MEMORY;
}

/* ---- That it is finite --------------------------------------------------------------------------------------- */

/* Where both units are at least 0 a negative weight only takes from y'A x: without it the form is no less finite. */
static double bound(const form *f, size_t j, size_t i)
{
    double w = (double)f->A[j * f->x.n + i];
    return f->x.is_half[i] && f->y.is_half[j] ? fmax(0, w) : w;
}

static double sum_of_squares(const form *f)
{
    double sum = 0;
    for (size_t j = 0; j < f->y.n; j++)
        for (size_t i = 0; i < f->x.n; i++)
            sum += bound(f, j, i) * bound(f, j, i);
    return sum;
}

/* Entry (p, q) of I - A A', or of I - A'A where that is smaller. */
static double precision(const form *f, bool is_above, size_t p, size_t q)
{
    double sum = p == q;
    for (size_t k = 0; k < (is_above ? f->x.n : f->y.n); k++)
        sum -= is_above ? bound(f, p, k) * bound(f, q, k) : bound(f, k, p) * bound(f, k, q);
    return sum;
}

/* Cholesky's factor L of M, in its place, row by row; false where M is not positive definite. */
static bool factorise(double *M, size_t n)
{
    const double least = 1e-12;
    for (size_t p = 0; p < n; p++)
        for (size_t q = 0; q <= p; q++) {
            double sum = M[p * n + q];
            for (size_t k = 0; k < q; k++)
                sum -= M[p * n + k] * M[q * n + k];
            if (p == q && !(sum > least))
                return false;
            M[p * n + q] = p == q ? sqrt(sum) : sum / M[q * n + q];
        }
    return true;
}

typedef struct rows_job {
    const form *f;
    bool is_above;
    double *M;
    size_t n;
} rows_job;

static void write_row(void *argument, size_t p)
{
    const rows_job *job = argument;
    for (size_t q = 0; q <= p; q++)
        job->M[p * job->n + q] = precision(job->f, job->is_above, p, q);
}

/* *is_decided: false where the matrix is too large to be factorised. */
static hm_status is_positive(const form *f, bool *is, bool *is_decided, hm_error *error)
{
    rows_job job = {.f = f, .is_above = f->y.n <= f->x.n, .n = hm_least(f->x.n, f->y.n)};
    *is = *is_decided = sum_of_squares(f) < 1;
    if (*is || job.n > FACTOR_MAX)
        return HM_OK;
    job.M = hm_alloc(f->context, job.n * job.n, sizeof *job.M, error);
    if (!job.M)
        return HM_ERROR_MEMORY;
    hm_pool_run(f->context->pool, job.n, write_row, &job);
    *is = factorise(job.M, job.n);
    *is_decided = true;
    hm_free(f->context, job.M);
    return HM_OK;
}

/* ---- That it is not ------------------------------------------------------------------------------------------ */

/* next = the slope of g / 2 at x, g is returned. */
static double gain(const form *f)
{
    double g = 0;
    memset(f->next, 0, f->x.n * sizeof *f->next);
    for (size_t j = 0; j < f->y.n; j++) {
        const float *row = f->A + j * f->x.n;
        double a = 0;
        for (size_t i = 0; i < f->x.n; i++)
            a += (double)row[i] * f->at[i];
        a = f->y.is_half[j] ? fmax(0, a) : a;
        g += a * a;
        for (size_t i = 0; i < f->x.n; i++)
            f->next[i] += a * (double)row[i];
    }
    return g;
}

/* x = the point of the cone nearest to `from`, at length 1; false for none. */
static bool take(const form *f, const double *from, double sign)
{
    double sum = 0;
    for (size_t i = 0; i < f->x.n; i++) {
        f->at[i] = f->x.is_half[i] ? fmax(0, sign * from[i]) : sign * from[i];
        sum += f->at[i] * f->at[i];
    }
    for (size_t i = 0; i < f->x.n; i++)
        f->at[i] /= sqrt(sum);
    return sum > 0 && isfinite(sum);
}

/* g is convex, so that going to the end of its slope never lowers it (the power method, in a cone). */
static double ascend(const form *f)
{
    double before = -1, g = gain(f);
    for (int s = 0; s < ASCENT_STEPS && g > before * (1 + 1e-12) && take(f, f->next, 1); s++) {
        before = g;
        g = gain(f);
    }
    return g;
}

/* Start s: a row of A spread over all, or its opposite, or noise. */
static void choose_start(const form *f, size_t s, double *from)
{
    const hm_random noise = {.purpose = HM_RANDOM_USER};
    for (size_t i = 0; i < f->x.n; i++)
        from[i] = s % 2 ? (double)f->A[s * f->y.n / STARTS * f->x.n + i] : (double)hm_random_uniform(&noise, s, i) - 0.5;
}

static double largest_gain(const form *f)
{
    double most = 0;
    for (size_t s = 0; s < STARTS; s++)
        for (int sign = -1; sign <= 1; sign += 2) {
            choose_start(f, s, f->next);
            if (take(f, f->next, sign))
                most = fmax(most, ascend(f));
        }
    return most;
}

/* ---- Both ------------------------------------------------------------------------------------------------------ */

static hm_status decide(form *f, hm_partition *found, hm_error *error)
{
    bool is = false, is_decided = false;
    hm_status status = is_positive(f, &is, &is_decided, error);
    if (status != HM_OK)
        return status;
    found->is = is ? HM_PARTITION_FINITE : HM_PARTITION_UNKNOWN;
    if (is)
        return HM_OK;
    f->at = hm_alloc(f->context, 2 * f->x.n, sizeof *f->at, error);
    if (!f->at)
        return HM_ERROR_MEMORY;
    f->next = f->at + f->x.n;
    double g = largest_gain(f);
    found->gain = sqrt(g);
    if (f->has_halves ? g > 1 + 1e-9 : is_decided || g >= 1)
        found->is = HM_PARTITION_INFINITE;
    return HM_OK;
}

static hm_status check_weights(const hm_rbm *rbm, hm_error *error)
{
    const hm_slice *W = &rbm->slice[HM_SLICE_WEIGHTS];
    for (size_t i = 0; i < W->n; i++)
        if (!isfinite(rbm->block[i]))
            return hm_fail(error, HM_ERROR_NUMERIC, "a weight of the machine is not a finite number: learning diverged; train again with a "
                                                    "smaller learning rate");
    return HM_OK;
}

hm_status hm_rbm_find_partition(const hm_rbm *rbm, hm_partition *found, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm, found));
    form f = {.context = rbm->context};
    *found = (hm_partition){.is = HM_PARTITION_FINITE, .gain = NAN};
    hm_status status = find_side(f.context, hm_rbm_visible(rbm), &f.x, error);
    if (status == HM_OK)
        status = find_side(f.context, hm_rbm_hidden(rbm), &f.y, error);
    if (status == HM_OK && f.x.n && f.y.n) {
        f.has_halves = has_halves(&f.x) || has_halves(&f.y);
        found->is = HM_PARTITION_UNKNOWN;
        status = check_weights(rbm, error);
        if (status == HM_OK && f.x.n <= WEIGHTS_MAX / f.y.n) {
            status = write_weights(&f, rbm, error);
            status = status == HM_OK ? decide(&f, found, error) : status;
        }
    }
    clear(&f);
    return status;
}

hm_status hm_rbm_require_partition(const hm_rbm *rbm, bool *is_known, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, rbm));
    hm_partition found;
    hm_status status = hm_rbm_find_partition(rbm, &found, error);
    if (is_known)
        *is_known = found.is == HM_PARTITION_FINITE;
    if (status != HM_OK || found.is != HM_PARTITION_INFINITE)
        return status;
    return hm_fail(error, HM_ERROR_NUMERIC,
                   "the machine has no finite partition function: its weights between Gaussian or rectified units stretch by %.6g, and must by "
                   "less than 1, so that it has no likelihood and its chains run off to infinity; train it with a smaller learning rate or a "
                   "greater weight cost, or with Bernoulli units on one side",
                   found.gain);
}
