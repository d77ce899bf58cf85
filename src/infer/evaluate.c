/* Likelihoods of models on data: see harmonium/likelihood.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/count.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/team.h"
#include "compute/unit.h"
#include "data/storage.h"
#include "infer/annealing.h"
#include "infer/entropy.h"
#include "model/model_internal.h"

enum { BLOCK = 250, PSEUDO_CASES = 200, AUTO_LOG2_STATES = 20, STREAM_BOUND = 6 << 14 };
_Static_assert(PSEUDO_CASES <= BLOCK, "the first block has the cases of the pseudo-likelihood");

#define ROW(name, type, field, initial, least, most, unit, choices, help) \
    {name, 0, HM_OPTION_##type, offsetof(hm_evaluate_config, field), initial, least, most, unit, choices, help}

static const hm_option rows[] = {
    ROW("partition", CHOICE, method, "auto", 0, 0, "HOW", "auto|exact|ais|none",
        "log Z: by enumeration, by annealed importance sampling, not at all; auto enumerates up to 2^20 states"),
    ROW("chains", INT, chains, "100", 2, 1e6, "N", NULL, "of annealed importance sampling, in either direction"),
    ROW("betas", TEXT, betas, "published", 0, 0, "SCHEDULE", NULL,
        "steps and the inverse temperatures they lead to, as in \"500:0.5 4000:0.9 10000:1\", which is the published one"),
    ROW("reverse", FLAG, reverse, "yes", 0, 0, NULL, NULL, "estimate from the model's own chains back as well, for a bracket"),
    ROW("burn-in", INT, burn_in, "1000", 0, 1e9, "N", NULL, "Gibbs steps from the data to the chains that go back"),
    ROW("samples", INT, samples, "10", 1, 1e6, "N", NULL, "of a deep belief net's hidden layers for each case, in its bound"),
};
const hm_option_table hm_evaluate_options = {"evaluate", "Likelihood", rows, sizeof rows / sizeof *rows, false};

typedef struct evaluation {
    const hm_context *context;
    const hm_model *model;
    const hm_rbm *rbm; /* the machine, or the top one of a DBN */
    const hm_dataset *set;
    const hm_evaluate_config *config;
    const hm_evaluate_events *events;
    hm_evaluation *result;
    size_t n, L, X;    /* cases; levels; visible units of rbm */
    float *block;      /* [BLOCK][...] all below */
    hm_matrix data[HM_LEVELS_MAX + 1], inputs[HM_LEVELS_MAX + 1]; /* layers 0 .. L - 1 of a block; what drives them */
    hm_matrix x, a;    /* [P | y], a = c + W'x */
    float *means;      /* [BLOCK][units of the widest layer that is sampled] */
    double *log_p;     /* [BLOCK] */
    size_t n_blocks, n_parts; /* parts: runs of blocks, which the ranks of a team share; alone there is one */
    size_t n_done, n_own;     /* cases of this rank */
    double *sums;      /* [n_parts][1 + X]: shares of the mean log_p, and of the means of what the top RBM sees */
    hm_gibbs gibbs;
} evaluation;

static bool is_dbn(const evaluation *e)
{
    return e->model->kind == HM_MODEL_DBN;
}

/* ---- Workspace ----------------------------------------------------------------------------------------------- */

static size_t cut(evaluation *e, float *block)
{
    size_t used = 0, H = hm_rbm_hidden(e->rbm)->n_units, widest = 0;
#define TAKE(matrix, cols) (matrix = hm_matrix_f32(block ? block + used : NULL, BLOCK, cols), used += BLOCK * hm_padded_floats(cols))
    for (size_t l = 0; l + 1 < e->L; l++) {
        TAKE(e->data[l], hm_model_layer_size(e->model, l));
        TAKE(e->inputs[l], e->data[l].cols);
    }
    TAKE(e->inputs[e->L - 1], e->X);
    TAKE(e->x, e->X);
    TAKE(e->a, 2 * H);
#undef TAKE
    for (size_t l = 1; l < e->L; l++)
        widest = hm_most(widest, hm_model_layer_size(e->model, l));
    if (!block)
        return used + BLOCK * widest;
    e->means = block + used;
    e->data[e->L - 1] = hm_matrix_cols(e->x, 0, hm_model_layer_size(e->model, e->L - 1));
    e->inputs[e->L - 1] = hm_matrix_cols(e->inputs[e->L - 1], 0, e->data[e->L - 1].cols);
    return used;
}

static hm_status create(evaluation *e, hm_error *error)
{
    e->block = hm_alloc(e->context, cut(e, NULL), sizeof *e->block, error);
    e->log_p = hm_alloc(e->context, BLOCK, sizeof *e->log_p, error);
    e->sums = hm_alloc(e->context, e->n_parts * (1 + e->X), sizeof *e->sums, error);
    if (!e->block || !e->log_p || !e->sums)
        return HM_ERROR_MEMORY;
    cut(e, e->block);
    return HM_OK;
}

static void destroy(evaluation *e)
{
    hm_free(e->context, e->block);
    hm_free(e->context, e->log_p);
    hm_free(e->context, e->sums);
}

static hm_matrix rows_of(hm_matrix m, size_t n)
{
    return hm_matrix_rows(m, 0, n);
}

/* ---- One block of cases ---------------------------------------------------------------------------------------- */

/* Samples every layer below the top RBM from its recognition distribution; inputs[l] drives layer l. */
static void pass_up(evaluation *e, size_t n)
{
    for (size_t l = 1; l < e->L; l++) {
        const hm_rbm *level = e->model->rbm[l - 1];
        hm_matrix inputs = rows_of(e->inputs[l], n), sample = rows_of(e->data[l], n), mean = hm_matrix_f32(e->means, n, inputs.cols);
        hm_machine_up(level, rows_of(e->data[l - 1], n), inputs);
        for (size_t i = 0; i < n; i++)
            memcpy(hm_row_f32(&mean, i), hm_row_f32(&inputs, i), inputs.cols * sizeof(float));
        hm_propagate(e->context, &(hm_propagation){.layer = hm_rbm_hidden(level),
                                                   .beta = 1,
                                                   .mean = mean,
                                                   .sample = sample,
                                                   .random = {hm_random_stream(e->context->seed, STREAM_BOUND),
                                                              HM_RANDOM_HIDDEN, e->gibbs.step++},
                                                   .first_case = e->gibbs.first_case});
    }
}

/* log P(s | a) = a's - e(s) - LP(a) of a layer whose inputs are a. */
static double log_conditional(const evaluation *e, const hm_layer *layer, const float *a, const float *s)
{
    const hm_kernels *kernels = e->context->backend->kernels();
    double sum = -hm_layer_base_energy(kernels, layer, 1, s) - hm_layer_log_partition(kernels, layer, 1, a);
    for (size_t k = 0; k < layer->n_units; k++)
        sum += (double)a[k] * s[k];
    return sum;
}

/* log P*(x) of the top RBM, its label units summed out. */
static void score_case(void *argument, size_t i)
{
    evaluation *e = argument;
    const hm_kernels *kernels = e->context->backend->kernels();
    const hm_layer *visible = hm_rbm_visible(e->rbm), *hidden = hm_rbm_hidden(e->rbm);
    const float *x = hm_row_f32(&e->x, i);
    size_t Y = is_dbn(e) ? e->model->n_labels : 0;
    float *a = hm_row_f32(&e->a, i);
    double score[HM_LABELS_MAX];
    double own = hm_bias_energy(hm_rbm_visible_bias(e->rbm), x, visible) - hm_layer_base_energy(kernels, visible, 1, x);
    if (Y > 0)
        hm_model_score_labels(e->model, a, a + hidden->n_units, score);
    e->log_p[i] += own + (Y > 0 ? hm_log_mean_exp(score, Y, NULL) + log((double)Y) : hm_layer_log_partition(kernels, hidden, 1, a));
}

typedef struct level_job {
    evaluation *e;
    size_t l;
    double sign;
} level_job;

/* + log p(h^l | h^(l+1)) of the generative weights, whose inputs[l] come from above; - log q(h^l | h^(l-1)), from below. */
static void add_level(void *argument, size_t i)
{
    const level_job *job = argument;
    evaluation *e = job->e;
    e->log_p[i] += job->sign * log_conditional(e, hm_model_layer(e->model, job->l), hm_row_f32(&e->inputs[job->l], i),
                                               hm_row_f32(&e->data[job->l], i));
}

/* log_p of n cases in data[0]: log P*(v), or for a DBN a sample of log p(v, h) - log q(h | v) without the top's log Z. */
static void score_block(evaluation *e, size_t n)
{
    hm_pool *pool = e->context->pool;
    memset(e->log_p, 0, n * sizeof *e->log_p);
    pass_up(e, n);
    for (size_t l = 1; l < e->L; l++)
        hm_pool_run(pool, n, add_level, &(level_job){e, l, -1});
    for (size_t l = 0; l + 1 < e->L; l++) {
        hm_machine_inputs_below(hm_model_generative(e->model, l), rows_of(e->data[l + 1], n), rows_of(e->inputs[l], n));
        hm_pool_run(pool, n, add_level, &(level_job){e, l, 1});
    }
    hm_machine_up(e->rbm, rows_of(e->x, n), hm_matrix_cols(rows_of(e->a, n), 0, hm_rbm_hidden(e->rbm)->n_units));
    hm_pool_run(pool, n, score_case, e);
}

static void clear_labels(evaluation *e)
{
    for (size_t i = 0; i < BLOCK; i++)
        memset(hm_row_f32(&e->x, i) + e->data[e->L - 1].cols, 0, (e->X - e->data[e->L - 1].cols) * sizeof(float));
}

/* ---- Pseudo-likelihood --------------------------------------------------------------------------------------- */

/* sum_i log P(v_i | the others) = sum_i -log(1 + exp(log P*(v with v_i turned) - log P*(v))), exactly: a turn moves a by
 * +-W_i. */
static void pseudo_of_case(void *argument, size_t i)
{
    evaluation *e = argument;
    const hm_kernels *kernels = e->context->backend->kernels();
    const hm_layer *hidden = hm_rbm_hidden(e->rbm);
    const hm_matrix W = hm_rbm_weights(e->rbm);
    const float *b = hm_rbm_visible_bias(e->rbm), *v = hm_row_f32(&e->x, i);
    float *a = hm_row_f32(&e->a, i), *turned = a + hidden->n_units;
    double own = hm_layer_log_partition(kernels, hidden, 1, a);
    e->log_p[i] = 0;
    for (size_t k = 0; k < e->X; k++) {
        float sign = 1 - 2 * v[k];
        memcpy(turned, a, hidden->n_units * sizeof *a);
        kernels->add(hm_row_f32(&W, k), turned, hidden->n_units, sign);
        double gain = (double)(sign * b[k]) + hm_layer_log_partition(kernels, hidden, 1, turned) - own;
        e->log_p[i] -= gain > 0 ? gain + log1p(exp(-gain)) : log1p(exp(gain));
    }
}

/* Of the first cases, which the first block has. */
static double pseudo_likelihood(evaluation *e, size_t n)
{
    bool has = !is_dbn(e) && hm_layer_is_all(hm_rbm_visible(e->rbm), HM_UNIT_BERNOULLI) &&
               hm_layer_bias_run(hm_rbm_visible(e->rbm)) == 1;
    double sum = 0;
    n = has ? hm_least(n, PSEUDO_CASES) : 0;
    hm_pool_run(e->context->pool, n, pseudo_of_case, e);
    for (size_t i = 0; i < n; i++)
        sum += e->log_p[i];
    return has ? sum / (double)n : NAN;
}

/* ---- All cases ------------------------------------------------------------------------------------------------- */

static hm_status tell(evaluation *e, size_t n, hm_error *error)
{
    e->n_done += n;
    if (e->events && e->events->on_step)
        e->events->on_step(e->events->user, "cases", e->n_done, e->n_own);
    if (e->events && e->events->should_stop && e->events->should_stop(e->events->user))
        return hm_fail(error, HM_ERROR_INTERRUPTED, "stopped after %zu of %zu cases", e->n_done, e->n_own);
    return HM_OK;
}

/* Probabilities of binary units are of binary data; grey values give numbers that compare with nothing. */
static void warn_of_grey(const evaluation *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < e->data[0].cols; k++) {
            float value = hm_row_f32(&e->data[0], i)[k];
            if (value == 0 || value == 1)
                continue;
            hm_log(e->context, HM_LOG_WARNING,
                   "the data are not binary (case %zu has %g), so the likelihood of these binary units says nothing about them; "
                   "give --binarise threshold or sample",
                   i, (double)value);
            return;
        }
}

/* Adds to the sums of a part; pseudo-likelihoods are of the first block, which is rank 0's. */
static hm_status add_block(evaluation *e, size_t block, double *log_p, double *mean, hm_error *error)
{
    size_t n_samples = is_dbn(e) ? (size_t)e->config->samples : 1, first = block * BLOCK, n = hm_least(e->n - first, BLOCK);
    hm_status status = hm_dataset_read(e->set, NULL, first, n, 0, rows_of(e->data[0], n), error);
    if (status != HM_OK)
        return status;
    if (first == 0 && hm_layer_is_all(hm_model_layer(e->model, 0), HM_UNIT_BERNOULLI) && !hm_rbm_hidden(e->rbm)->filter_height)
        warn_of_grey(e, n);
    e->gibbs = (hm_gibbs){.first_case = first};
    for (size_t s = 0; s < n_samples; s++) {
        score_block(e, n);
        for (size_t i = 0; i < n; i++)
            *log_p += e->log_p[i] / (double)(e->n * n_samples);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < e->X; k++)
            mean[k] += hm_row_f32(&e->x, i)[k] / (double)e->n;
    if (first == 0)
        e->result->pseudo_likelihood = pseudo_likelihood(e, n);
    return tell(e, n, error);
}

/* Rounded up, so that the first part has a block even where there are fewer blocks than parts. */
static size_t first_block(const evaluation *e, size_t part)
{
    return hm_n_parts(e->n_blocks * part, e->n_parts);
}

/* Fills the sums of this rank's parts. */
static hm_status score_parts(evaluation *e, hm_error *error)
{
    const hm_team *team = e->context->team;
    int rank = hm_team_rank(team);
    size_t first = hm_team_first(team, rank, e->n_parts), end = hm_team_first(team, rank + 1, e->n_parts);
    hm_status status = HM_OK;
    e->n_own = hm_least(e->n, first_block(e, end) * BLOCK) - hm_least(e->n, first_block(e, first) * BLOCK);
    for (size_t part = first; part < end; part++) {
        double *sums = e->sums + part * (1 + e->X);
        for (size_t block = first_block(e, part); status == HM_OK && block < first_block(e, part + 1); block++)
            status = add_block(e, block, sums, sums + 1, error);
    }
    return status;
}

/* Mean log P*(v) over the cases, or for a DBN its bound, several samples of the hidden layers a case; and the means of the
 * units that the top RBM sees. The same for any number of ranks. */
static hm_status score(evaluation *e, double *log_p, double *mean, hm_error *error)
{
    const hm_team *team = e->context->team;
    clear_labels(e);
    hm_status status = hm_team_meet(team, score_parts(e, error), error);
    if (status != HM_OK)
        return status;
    hm_team_gather(team, e->sums, (1 + e->X) * sizeof *e->sums, e->n_parts, e->n_parts);
    hm_team_share(team, 0, &e->result->pseudo_likelihood, sizeof e->result->pseudo_likelihood);
    *log_p = 0;
    for (size_t part = 0; part < e->n_parts; part++) {
        const double *sums = e->sums + part * (1 + e->X);
        *log_p += sums[0];
        for (size_t k = 0; k < e->X; k++)
            mean[k] += sums[1 + k];
    }
    return HM_OK;
}

/* ---- The partition function ------------------------------------------------------------------------------------ */

static hm_estimate certain(double value)
{
    return (hm_estimate){value, value, value};
}

static hm_estimate likelihood_of(double log_p, hm_estimate log_Z)
{
    return (hm_estimate){log_p - log_Z.value, log_p - log_Z.high, log_p - log_Z.low};
}

/* Chains of the reverse direction start from what cases make of the top RBM's visible layer; labels, if any, from the data's
 * own frequencies by the first Gibbs steps. */
static hm_status reverse(evaluation *e, const float *base, hm_error *error)
{
    size_t n = e->n < (size_t)e->config->chains ? e->n : (size_t)e->config->chains;
    float *start = hm_alloc(e->context, n * e->X, sizeof *start, error);
    hm_status status = start ? HM_OK : HM_ERROR_MEMORY;
    clear_labels(e);
    for (size_t i = 0; status == HM_OK && i < n; i++) { /* spread over the set */
        status = hm_dataset_read(e->set, NULL, i * e->n / n, 1, 0, rows_of(e->data[0], 1), error);
        if (status != HM_OK)
            break;
        e->gibbs = (hm_gibbs){.first_case = i};
        pass_up(e, 1);
        memcpy(start + i * e->X, hm_row_f32(&e->x, 0), e->X * sizeof *start);
    }
    if (status == HM_OK)
        status = hm_ais_reverse(e->rbm, base, hm_matrix_f32(start, n, e->X), e->config, e->events,
                                &e->result->log_Z_reverse, error);
    hm_free(e->context, start);
    return status;
}

static hm_status estimate_partition(evaluation *e, const double *mean, hm_error *error)
{
    const hm_layer *visible = hm_rbm_visible(e->rbm);
    float *base = hm_alloc(e->context, hm_layer_n_biases(visible), sizeof *base, error);
    if (!base)
        return HM_ERROR_MEMORY;
    hm_layer_biases_of_means(visible, mean, base);
    hm_status status = hm_ais(e->rbm, base, e->config, e->events, &e->result->log_Z, error);
    if (status == HM_OK && e->config->reverse)
        status = reverse(e, base, error);
    hm_free(e->context, base);
    return status;
}

static hm_status find_partition(evaluation *e, const double *mean, hm_error *error)
{
    int method = e->config->method;
    double exact;
    if (method == HM_EVALUATE_AUTO)
        method = hm_rbm_log2_states(e->rbm) <= AUTO_LOG2_STATES ? HM_EVALUATE_EXACT : HM_EVALUATE_AIS;
    if (method == HM_EVALUATE_NONE)
        return HM_OK;
    if (method == HM_EVALUATE_AIS)
        return estimate_partition(e, mean, error);
    hm_status status = hm_rbm_log_partition(e->rbm, &exact, error);
    e->result->is_exact = true;
    e->result->log_Z = certain(exact);
    return status;
}

static hm_status run(evaluation *e, hm_error *error)
{
    double log_p, *mean = hm_alloc(e->context, e->X, sizeof *mean, error);
    hm_status status = mean ? score(e, &log_p, mean, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = find_partition(e, mean, error);
    if (status == HM_OK && e->result->is_exact && !e->result->is_bound)
        status = hm_cases_entropy(e->context, e->set, &e->result->data_entropy, error);
    if (status == HM_OK) {
        hm_evaluation *r = e->result;
        r->free_energy = is_dbn(e) ? NAN : -log_p;
        r->log_likelihood = likelihood_of(log_p, r->log_Z);
        r->log_likelihood_reverse = likelihood_of(log_p, r->log_Z_reverse);
        r->divergence = -r->data_entropy - r->log_likelihood.value;
    }
    hm_free(e->context, mean);
    return status;
}

/* ---- All of it ------------------------------------------------------------------------------------------------- */

static uint64_t digest_parameters(const hm_model *model)
{
    uint64_t digest = 0;
    for (size_t l = 0; l < model->n_rbms; l++) {
        size_t n;
        const float *x = hm_rbm_parameters(model->rbm[l], &n);
        for (size_t i = 0; i < n; i++) {
            uint32_t word;
            memcpy(&word, x + i, sizeof word);
            digest = hm_digest_word(digest, word);
        }
    }
    return digest;
}

/* No number that was found is no number: weights or data of 1e30 leave the range of floats. Bounds of an estimate may be infinite. */
static hm_status check_found(const evaluation *e, hm_error *error)
{
    const hm_evaluation *r = e->result;
    bool is_known = e->config->method != HM_EVALUATE_NONE, is_back = is_known && !r->is_exact && e->config->reverse;
    const struct {
        bool is_known;
        double value;
        const char *name;
    } found[] = {{!is_dbn(e), r->free_energy, "the free energy of the cases"},
                 {is_known, r->log_Z.value, "log Z"},
                 {is_back, r->log_Z_reverse.value, "log Z from chains of the model"},
                 {is_known, r->log_likelihood.value, "the log-likelihood"}};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        if (found[i].is_known && !isfinite(found[i].value))
            return hm_fail(error, HM_ERROR_NUMERIC, "%s: %s is no finite number: weights or data are too large; standardise the data, or train "
                                                    "with a smaller learning rate",
                           hm_dataset_describe(e->set), found[i].name);
    return HM_OK;
}

/* Where it is not known, AIS may still tell a number, which need not mean anything. */
static hm_status check_partition(const evaluation *e, hm_error *error)
{
    bool is_known;
    if (e->config->method == HM_EVALUATE_NONE)
        return HM_OK;
    hm_status status = hm_rbm_require_partition(e->rbm, &is_known, error);
    if (status == HM_OK && !is_known)
        hm_log(e->context, HM_LOG_WARNING,
               "whether this machine has a finite log Z is not known: its weights between Gaussian and rectified units are large; do not "
               "believe its likelihoods, and train with a greater weight cost");
    return status;
}

/* All ranks evaluate the same model on the same cases. */
static hm_status check_team(const evaluation *e, hm_error *error)
{
    char options[2 * HM_TEXT_MAX], digest[20];
    if (!e->context->team)
        return HM_OK;
    hm_options_echo(&hm_evaluate_options, e->config, true, options, sizeof options);
    snprintf(digest, sizeof digest, "%016" PRIx64, digest_parameters(e->model));
    const hm_team_text same[] = {
        {"model", digest}, {"set of cases", hm_dataset_fingerprint(e->set)}, {"choice of options", options}};
    return hm_team_check(e->context, same, sizeof same / sizeof *same, error);
}

static hm_status check(const hm_model *model, const hm_dataset *set, hm_error *error)
{
    hm_status status = hm_model_require(model, HM_ABILITY_SAMPLE, error);
    if (status == HM_OK)
        status = hm_check_fit(model, set, error);
    if (status == HM_OK)
        status = hm_check_values(model, set, error);
    for (size_t l = 1; status == HM_OK && model->kind == HM_MODEL_DBN && l < model->n_rbms; l++)
        if (hm_model_layer(model, l)->group[0].kind == HM_UNIT_POOL)
            status = hm_fail(error, HM_ERROR_MISMATCH, "layer %zu pools, and the bound of a stack is known for layers that do not; "
                                                       "evaluate a model of one level",
                             l);
    return status;
}

hm_status hm_evaluate(const hm_model *model, size_t machine, const hm_dataset *set, const hm_evaluate_config *config,
                      const hm_evaluate_events *events, hm_evaluation *result, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, set, config, result));
    HM_REQUIRE(hm_options_check(&hm_evaluate_options, config, error));
    HM_REQUIRE(hm_model_check_machine(model, machine, error));
    bool is_stack = model->kind == HM_MODEL_DBN;
    double began = hm_seconds();
    hm_status status = check(model, set, error);
    if (status != HM_OK)
        return status;
    evaluation e = {.context = model->context, .model = model, .set = set, .config = config, .events = events, .result = result};
    e.L = is_stack ? model->n_rbms : 1;
    e.rbm = model->rbm[is_stack ? e.L - 1 : machine];
    e.n = hm_dataset_n_cases(set);
    e.X = hm_rbm_visible(e.rbm)->n_units;
    e.n_blocks = hm_n_parts(e.n, BLOCK);
    e.n_parts = (size_t)hm_team_n_shards(e.context->team);
    *result = (hm_evaluation){.n_cases = e.n, .is_bound = is_stack && e.L > 1, .data_entropy = NAN,
                              .pseudo_likelihood = NAN};
    result->log_Z = result->log_Z_reverse = certain(NAN);
    status = e.n ? create(&e, error)
                 : hm_fail(error, HM_ERROR_ARGUMENT, "%s: there are no cases to evaluate", hm_dataset_describe(set));
    if (status == HM_OK)
        status = check_team(&e, error);
    if (status == HM_OK)
        status = check_partition(&e, error);
    if (status == HM_OK)
        status = run(&e, error);
    if (status == HM_OK)
        status = check_found(&e, error);
    result->seconds = hm_seconds() - began;
    destroy(&e);
    return status;
}
