/* The unit kinds, a row of the table each.
 *
 * bernoulli: e(s) = 0. gaussian: e(s) = s^2 / 2. softmax: e = 0 on the corners of the simplex.
 * binomial: exp(-beta e(s)) = C(n, s) at beta 1, that is n tied Bernoulli units. spin: e(s) = 0, s = -1 or 1.
 * relu (Nair and Hinton, ICML 2010): an endless row of Bernoulli units with inputs a - 1/2, a - 3/2, ...;
 * their sum is close to max(0, a + N(0, sigma(a))), which is what is sampled. Its mean below is that of the
 * rectified normal, as its samples have it; its log-partition is that of the endless row, whose mean is the slope of the
 * free energy. For small inputs the two differ: at a = 0 they are 0.282 and 0.680. */
#include "compute/unit.h"

#include <math.h>
#include <string.h>

#include "base/count.h"

enum { CHUNK = 256 }; /* random numbers made at a time, on the stack */

static void uniforms(const hm_unit_row *row, size_t from, size_t n, float *u)
{
    hm_random_fill_uniform(row->random, row->index, row->first + from, n, u);
}

/* ---- bernoulli ----------------------------------------------------------------------------------- */

static void bernoulli_mean(const hm_unit_row *row, const float *a, float *mean)
{
    row->kernels->logistic(a, mean, row->n, row->beta);
}

static void bernoulli_sample(const hm_unit_row *row, const float *a, const float *mean, float *sample)
{
    float u[CHUNK];
    (void)a;
    for (size_t i = 0; i < row->n; i += CHUNK) {
        size_t n = hm_least(CHUNK, row->n - i);
        uniforms(row, i, n, u);
        row->kernels->compare(mean + i, u, sample + i, n);
    }
}

static double bernoulli_log_partition(const hm_unit_row *row, const float *a)
{
    return row->kernels->softplus_sum(a, row->n, row->beta);
}

static double no_base_energy(const hm_unit_row *row, const float *s)
{
    (void)row;
    (void)s;
    return 0;
}

/* ---- gaussian ------------------------------------------------------------------------------------ */

static void gaussian_mean(const hm_unit_row *row, const float *a, float *mean)
{
    if (mean != a)
        memcpy(mean, a, row->n * sizeof *a);
}

static void gaussian_sample(const hm_unit_row *row, const float *a, const float *mean, float *sample)
{
    (void)a;
    float deviation = 1.0f / sqrtf(row->beta);
    hm_random_fill_normal(row->random, row->index, row->first, row->n, sample);
    for (size_t i = 0; i < row->n; i++)
        sample[i] = mean[i] + deviation * sample[i];
}

/* log of the integral of exp(-beta (s^2/2 - a s)) = beta a^2 / 2 + log(2 pi / beta) / 2. */
static double gaussian_log_partition(const hm_unit_row *row, const float *a)
{
    double sum = 0;
    for (size_t i = 0; i < row->n; i++)
        sum += (double)a[i] * a[i];
    return 0.5 * row->beta * sum + 0.5 * (double)row->n * log(6.283185307179586 / row->beta);
}

static double gaussian_base_energy(const hm_unit_row *row, const float *s)
{
    double sum = 0;
    for (size_t i = 0; i < row->n; i++)
        sum += (double)s[i] * s[i];
    return 0.5 * sum;
}

/* ---- softmax ------------------------------------------------------------------------------------- */

static float largest(const float *a, int n)
{
    float most = a[0];
    for (int i = 1; i < n; i++)
        most = a[i] > most ? a[i] : most;
    return most;
}

/* mean_k = exp(beta (a_k - most)) / (off + their sum), where most >= a_k; `off` is that of a state in which none is on. */
static void share(const hm_unit_row *row, const float *a, int n, float most, float off, float *mean)
{
    float sum = off;
    for (int k = 0; k < n; k++)
        mean[k] = row->beta * (a[k] - most);
    row->kernels->exponential(mean, mean, (size_t)n);
    for (int k = 0; k < n; k++)
        sum += mean[k];
    for (int k = 0; k < n; k++)
        mean[k] /= sum;
}

/* beta most + log(off + sum_k exp(beta (a_k - most))). */
static double log_sum(const hm_unit_row *row, const float *a, int n, double most, double off)
{
    double sum = off;
    for (int k = 0; k < n; k++)
        sum += exp(row->beta * (a[k] - most));
    return row->beta * most + log(sum);
}

static void softmax_mean(const hm_unit_row *row, const float *a, float *mean)
{
    for (size_t g = 0; g < row->n; g += (size_t)row->size)
        share(row, a + g, row->size, largest(a + g, row->size), 0, mean + g);
}

/* Inversion: the first unit whose cumulated probability passes u; rounding falls to the last. */
static void softmax_sample(const hm_unit_row *row, const float *a, const float *mean, float *sample)
{
    (void)a;
    for (size_t g = 0; g < row->n; g += (size_t)row->size) {
        float u = hm_random_uniform(row->random, row->index, row->first + g), sum = mean[g];
        int k = 0;
        while (k + 1 < row->size && !(u < sum))
            sum += mean[g + ++k];
        memset(sample + g, 0, (size_t)row->size * sizeof *sample);
        sample[g + k] = 1;
    }
}

static double softmax_log_partition(const hm_unit_row *row, const float *a)
{
    double total = 0;
    for (size_t g = 0; g < row->n; g += (size_t)row->size)
        total += log_sum(row, a + g, row->size, largest(a + g, row->size), 0);
    return total;
}

/* ---- relu ---------------------------------------------------------------------------------------- */

static float relu_deviation(const hm_unit_row *row, float a)
{
    return sqrtf(1.0f / ((1.0f + expf(-row->beta * a)) * row->beta));
}

/* E max(0, a + d z) = a Phi(a / d) + d phi(a / d). */
static void relu_mean(const hm_unit_row *row, const float *a, float *mean)
{
    for (size_t i = 0; i < row->n; i++) {
        float d = relu_deviation(row, a[i]), x = d > 0 ? a[i] / d : -100.0f;
        float value = a[i] * 0.5f * erfcf(-x * 0.70710678f) + d * 0.39894228f * expf(-0.5f * x * x);
        mean[i] = value < 0 ? 0 : value;
    }
}

static void relu_sample(const hm_unit_row *row, const float *a, const float *mean, float *sample)
{
    (void)mean;
    hm_random_fill_normal(row->random, row->index, row->first, row->n, sample);
    for (size_t i = 0; i < row->n; i++) {
        float s = a[i] + relu_deviation(row, a[i]) * sample[i];
        sample[i] = s > 0 ? s : 0;
    }
}

/* Li2(-x) for x in [0, 1] by the powers of u = log(1 + x) and Bernoulli's numbers; 2e-14 at most is left out. */
static double dilogarithm(double x)
{
    double u = log1p(x), q = u * u;
    return -u * (1 + u / 4 + q * (1.0 / 36 + q * (-1.0 / 3600 + q * (1.0 / 211680 + q * (-1.0 / 10886400 + q * (1.0 / 526901760 +
                 q * (-691.0 / 2730 / 6227020800)))))));
}

/* sum over k = 0, 1, ... of f(k + 1/2), f(t) = log(1 + exp(beta (a - t))), where beta is small and the terms are many: by the
 * Euler-Maclaurin rule for midpoints it is the integral of f from 0 on, + f'(0) / 24 - 7 f'''(0) / 5760 + ... With y = beta a and p the
 * logistic function of y, the integral is -Li2(-exp(y)) / beta = (y^2 / 2 + pi^2 / 6 + Li2(-exp(-y))) / beta, f'(0) = -beta p and
 * f'''(0) = -beta^3 p (1 - p) (1 - 2 p). Far above zero it is beta a^2 / 2 + pi^2 / (6 beta) - beta / 24. */
static double sum_many(double a, double beta)
{
    double y = beta * a, p = 1 / (1 + exp(-y)), small = dilogarithm(exp(-fabs(y)));
    double integral = y > 0 ? y * y / 2 + 1.6449340668482264 + small : -small;
    return integral / beta - beta * p / 24 + 7 * beta * beta * beta * p * (1 - p) * (1 - 2 * p) / 5760;
}

/* The same where beta is large and the terms are few. With x_k = beta (a - k - 1/2), log(1 + exp(x_k)) = max(0, x_k) +
 * log(1 + exp(-|x_k|)): the first is not zero for the n = ceil(a - 1/2) first k, and sums to beta (n a - n^2 / 2); the second vanishes for
 * |x_k| > 40, so that at most 80 / beta terms near a are added one by one, however large a is. */
static double sum_few(double a, double beta)
{
    double n = fmax(0, ceil(a - 0.5)), rest = a - n, sum = beta * n * (a - n / 2);
    for (double j = 0.5, x; j < n && (x = beta * (rest + j)) < 40; j++) /* k = n - 1, n - 2, ... */
        sum += log1p(exp(-x));
    for (double j = 0.5, x; (x = beta * (rest - j)) > -40; j++) /* k = n, n + 1, ... */
        sum += log1p(exp(x));
    return sum;
}

/* sum over k = 0, 1, ... of log(1 + exp(beta (a - k - 1/2))). No loop is as long as a or 1 / beta say. */
static double relu_log_partition(const hm_unit_row *row, const float *a)
{
    const double small_beta = 0.0625; /* below, the next term of the rule, 31 beta^5 / 967680 at most, is less than 4e-11 */
    double total = 0;
    for (size_t i = 0; i < row->n; i++) {
        double input = (double)a[i], beta = (double)row->beta;
        if (!isfinite(input))
            total += input < 0 ? 0 : input;
        else
            total += beta < small_beta ? sum_many(input, beta) : sum_few(input, beta);
    }
    return total;
}

/* ---- binomial ------------------------------------------------------------------------------------ */

static void binomial_mean(const hm_unit_row *row, const float *a, float *mean)
{
    row->kernels->logistic(a, mean, row->n, row->beta);
    for (size_t i = 0; i < row->n; i++)
        mean[i] *= (float)row->size;
}

/* Inversion with the recurrence P(s + 1) = P(s) (n - s) / (s + 1) p / (1 - p), on the rarer side, so that
 * P(0) >= 2^-n stays a normal double for n up to 1,000. */
static int binomial_draw(int n, double p, double u)
{
    double rare = p <= 0.5 ? p : 1 - p, odds = rare / (1 - rare);
    double probability = pow(1 - rare, n), sum = probability;
    int s = 0;
    for (; s < n && u >= sum; s++) {
        probability *= odds * (n - s) / (s + 1);
        sum += probability;
    }
    return p <= 0.5 ? s : n - s;
}

static void binomial_sample(const hm_unit_row *row, const float *a, const float *mean, float *sample)
{
    float u[CHUNK];
    (void)a;
    for (size_t i = 0; i < row->n; i += CHUNK) {
        size_t n = hm_least(CHUNK, row->n - i);
        uniforms(row, i, n, u);
        for (size_t j = 0; j < n; j++)
            sample[i + j] = (float)binomial_draw(row->size, (double)mean[i + j] / row->size, u[j]);
    }
}

static double binomial_log_partition(const hm_unit_row *row, const float *a)
{
    return row->size * row->kernels->softplus_sum(a, row->n, row->beta);
}

/* e(s) = -log C(n, s) / beta: the count of ways does not cool. */
static double binomial_base_energy(const hm_unit_row *row, const float *s)
{
    double sum = 0, n = row->size;
    for (size_t i = 0; i < row->n; i++)
        sum += lgamma(s[i] + 1.0) + lgamma(n - s[i] + 1.0) - lgamma(n + 1.0);
    return sum / row->beta;
}

/* ---- pool ------------------------------------------------------------------------------------------ */

/* Blocks of size x size units, one after the other, of which at most one is on: a softmax with a state in which all are off. */
static int block_of(const hm_unit_row *row)
{
    return row->size * row->size;
}

static void pool_mean(const hm_unit_row *row, const float *a, float *mean)
{
    row->kernels->block_means(a, mean, row->n, (size_t)block_of(row), row->beta);
}

/* Inversion; past the last unit none is on. A block's number is that of its first unit; with blocks of four or more the others of a
 * chunk cost less than to ask for each alone. */
static void pool_sample(const hm_unit_row *row, const float *a, const float *mean, float *sample)
{
    float u[CHUNK];
    size_t B = (size_t)block_of(row), step = CHUNK / B * B;
    (void)a;
    for (size_t i = 0; i < row->n; i += step ? step : B) {
        size_t n = hm_least(step ? step : B, row->n - i);
        uniforms(row, i, step ? n : 1, u);
        row->kernels->block_samples(mean + i, u, sample + i, n, B);
    }
}

static double pool_log_partition(const hm_unit_row *row, const float *a)
{
    int B = block_of(row);
    double total = 0;
    for (size_t g = 0; g < row->n; g += (size_t)B) {
        double most = fmax(0, largest(a + g, B));
        total += log_sum(row, a + g, B, most, exp(-row->beta * most));
    }
    return total;
}

/* ---- spin ----------------------------------------------------------------------------------------- */

/* tanh(x) = 2 / (1 + exp(-2 x)) - 1. */
static void spin_mean(const hm_unit_row *row, const float *a, float *mean)
{
    row->kernels->logistic(a, mean, row->n, 2 * row->beta);
    for (size_t i = 0; i < row->n; i++)
        mean[i] = 2 * mean[i] - 1;
}

/* A bit of probability (mean + 1) / 2, on the other scale. */
static void spin_sample(const hm_unit_row *row, const float *a, const float *mean, float *sample)
{
    for (size_t i = 0; i < row->n; i++)
        sample[i] = (mean[i] + 1) / 2;
    bernoulli_sample(row, a, sample, sample);
    for (size_t i = 0; i < row->n; i++)
        sample[i] = 2 * sample[i] - 1;
}

/* log(exp(beta a) + exp(-beta a)) = log(1 + exp(2 beta a)) - beta a. */
static double spin_log_partition(const hm_unit_row *row, const float *a)
{
    double sum = 0;
    for (size_t i = 0; i < row->n; i++)
        sum += (double)a[i];
    return row->kernels->softplus_sum(a, row->n, 2 * row->beta) - (double)row->beta * sum;
}

/* The order is that of hm_unit. */
const hm_unit_kind hm_unit_kinds[] = {
    {"bernoulli", "0 or 1, with a logistic probability", NULL, 1, false, 0, bernoulli_mean, bernoulli_sample,
     bernoulli_log_partition, no_base_energy},
    {"gaussian", "real, with unit variance: standardise the data", NULL, 1, false, 0, gaussian_mean, gaussian_sample,
     gaussian_log_partition, gaussian_base_energy},
    {"softmax", "one of K: labels, Potts states", "units in a group", 2, false, 1, softmax_mean, softmax_sample,
     softmax_log_partition, no_base_energy},
    {"relu", "max(0, a + noise): noisy rectified linear; its free energy is approximate for small inputs", NULL, 1, true, 0, relu_mean, relu_sample,
     relu_log_partition, no_base_energy},
    {"binomial", "a count of n trials", "trials", 1, false, 0, binomial_mean, binomial_sample,
     binomial_log_partition, binomial_base_energy},
    {"pool", "blocks of size x size places of a map with at most one unit on (probabilistic max-pooling)", "places along a block", 1,
     false, 2, pool_mean, pool_sample, pool_log_partition, no_base_energy},
    {"spin", "-1 or 1, an Ising spin; in a feed-forward net tanh", NULL, 1, false, 0, spin_mean, spin_sample, spin_log_partition,
     no_base_energy},
};
const int hm_n_unit_kinds = sizeof hm_unit_kinds / sizeof *hm_unit_kinds;

/* ---- Whole layers -------------------------------------------------------------------------------- */

static hm_unit_row row_of_group(const hm_kernels *kernels, const hm_unit_group *group, float beta)
{
    return (hm_unit_row){.kernels = kernels, .size = group->size, .beta = beta, .n = group->n_units};
}

double hm_layer_log_partition(const hm_kernels *kernels, const hm_layer *layer, float beta, const float *a)
{
    double total = 0;
    for (int g = 0; g < layer->n_groups; a += layer->group[g++].n_units) {
        hm_unit_row row = row_of_group(kernels, &layer->group[g], beta);
        total += hm_unit_kinds[layer->group[g].kind].log_partition(&row, a);
    }
    return total;
}

double hm_layer_base_energy(const hm_kernels *kernels, const hm_layer *layer, float beta, const float *s)
{
    double total = 0;
    for (int g = 0; g < layer->n_groups; s += layer->group[g++].n_units) {
        hm_unit_row row = row_of_group(kernels, &layer->group[g], beta);
        total += hm_unit_kinds[layer->group[g].kind].base_energy(&row, s);
    }
    return total;
}
