/* What the layers of a deep belief net say together of the part of the data that is not given.
 *
 * Letters: s^0 = v the data, h^l hidden layer l, s^l what it shows (pooled, or h^l itself), a^l its input c + W s^(l-1), f in 0..1 how
 * much of what a unit looks at is given, n^l what s^l is when nothing is known, M^l the log-odds of that, T^l the log-odds that the
 * layer above gives, b + W' h^(l+1).
 *
 * In Lee, Grosse, Ranganath and Ng (2009, section 3.6) a unit adds what comes from below and from above, a^l + W'h^(l+1). But the bias
 * in a^l is already what the unit expects without knowing anything, so the layer above would count it a second time; and pixels that
 * are not given would speak as if they were evidence of nothing there. Here the layer above takes the place of that expectation, and
 * evidence is only what is given:
 *
 *     x = n + f (s - n),   log-odds = c + W x  +  (1 - f) (M - c - W n)  +  T - M
 *
 * With all given and a layer above that expects what it always does (T = M) this is P(h | s) of the machine; with nothing given it is
 * P(h | h^(l+1)) of the level above. Between them it is exact for Gaussian pixels under a unit that is alone (tests/test_posterior.c). */
#include <float.h>
#include <math.h>
#include <string.h>

#include <harmonium/infer.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/fail.h"
#include "compute/backend.h"
#include "model/machine.h"
#include "model/model_internal.h"

/* Of the random numbers: none that learning or chains have used. */
enum { STREAM = 4 << 16 };

typedef struct level {
    const hm_rbm *up, *down; /* between layers l - 1 and l: recognising and generating */
    size_t S, H, n_shown;    /* units below as they are shown, hidden ones, and these as shown */
    size_t block;            /* hidden units behind a shown one */
    float *given_below, *given;     /* f [S], [H] */
    float *neutral, *input_neutral; /* n [S], c + W n [H] */
    float *expected;                /* M [n_shown], of the layer's blocks */
    hm_matrix x, a, h, shown, from_above;
} level;

typedef struct posterior {
    const hm_model *model;
    const hm_posterior_config *config;
    size_t n, L;
    level level[HM_LEVELS_MAX + 1]; /* 1 .. L */
    hm_matrix v;                    /* what is given, and what is believed of the rest */
    hm_matrix mean;                 /* of v given h^1, as last computed */
    float *block;                   /* all of it */
    uint64_t step;
} posterior;

/* ---- Making --------------------------------------------------------------------------------------------- */

static hm_status check(const hm_model *model, hm_error *error)
{
    if (model->kind != HM_MODEL_RBM && model->kind != HM_MODEL_DBN)
        return hm_fail(error, HM_ERROR_MISMATCH, "inference over layers is for an RBM or a deep belief net");
    if (model->n_labels)
        return hm_fail(error, HM_ERROR_MISMATCH, "inference over layers is for nets without labels; take --inference chains");
    for (size_t l = 1; l <= model->n_rbms; l++) {
        const hm_layer *layer = hm_model_layer(model, l);
        hm_unit kind = layer->group[0].kind;
        if (layer->n_groups != 1 || (kind != HM_UNIT_BERNOULLI && kind != HM_UNIT_POOL))
            return hm_fail(error, HM_ERROR_MISMATCH, "layer %zu: inference over layers is for bernoulli and pool units; take --inference "
                                                     "chains",
                           l);
    }
    return HM_OK;
}

static size_t cut_level(level *q, size_t n, float *block)
{
    size_t used = 0;
#define TAKE(field, count) (q->field = block ? block + used : NULL, used += hm_padded_floats(count))
#define TAKE_MATRIX(field, cols) (q->field = hm_matrix_f32(block ? block + used : NULL, n, cols), used += hm_padded_floats(n * (cols)))
    TAKE(given_below, q->S);
    TAKE(given, q->H);
    TAKE(neutral, q->S);
    TAKE(input_neutral, q->H);
    TAKE(expected, q->n_shown);
    TAKE_MATRIX(x, q->S);
    TAKE_MATRIX(a, q->H);
    TAKE_MATRIX(h, q->H);
    TAKE_MATRIX(shown, q->n_shown);
    TAKE_MATRIX(from_above, q->n_shown);
#undef TAKE
#undef TAKE_MATRIX
    return used;
}

static size_t cut(posterior *p, float *block)
{
    size_t V = hm_model_n_features(p->model), used = 0;
    p->v = hm_matrix_f32(block, p->n, V);
    used += hm_padded_floats(p->n * V);
    p->mean = hm_matrix_f32(block ? block + used : NULL, p->n, V);
    used += hm_padded_floats(p->n * V);
    for (size_t l = 1; l <= p->L; l++)
        used += cut_level(&p->level[l], p->n, block ? block + used : NULL);
    return used;
}

static void name_levels(posterior *p)
{
    for (size_t l = 1; l <= p->L; l++) {
        level *q = &p->level[l];
        q->up = p->model->rbm[l - 1];
        q->down = hm_model_generative(p->model, l - 1);
        q->S = hm_rbm_visible(q->up)->n_units;
        q->H = hm_rbm_hidden(q->up)->n_units;
        q->n_shown = hm_layer_shown(hm_rbm_hidden(q->up)).n_units;
        q->block = q->H / q->n_shown;
    }
}

/* ---- How much is given ------------------------------------------------------------------------------------ */

/* f of a unit: the share of its squared weights that lies on what is given. */
static hm_status find_given(const level *q, hm_error *error)
{
    hm_rbm *squares;
    size_t n;
    hm_status status = hm_machine_copy(q->up, &squares, error);
    if (status != HM_OK)
        return status;
    const hm_slice *W = &hm_rbm_slices(squares)[HM_SLICE_WEIGHTS];
    float *parameters = hm_rbm_parameters(squares, &n), *weights = parameters + W->first;
    for (size_t k = 0; k < W->n; k++)
        weights[k] *= weights[k];
    memset(hm_rbm_hidden_bias(squares), 0, hm_rbm_slices(squares)[HM_SLICE_HIDDEN_BIAS].n * sizeof(float));
    hm_matrix whole = hm_matrix_f32(hm_row_f32(&q->x, 0), 1, q->S), all = hm_matrix_f32(hm_row_f32(&q->a, 0), 1, q->H);
    for (size_t i = 0; i < q->S; i++)
        hm_row_f32(&whole, 0)[i] = 1;
    hm_machine_up(squares, whole, all);
    hm_machine_up(squares, hm_matrix_f32(q->given_below, 1, q->S), hm_matrix_f32(q->given, 1, q->H));
    for (size_t j = 0; j < q->H; j++) {
        float total = hm_row_f32(&all, 0)[j];
        q->given[j] = total > 0 ? fminf(1, q->given[j] / total) : 1;
    }
    hm_rbm_destroy(squares);
    return HM_OK;
}

/* What is shown is given as far as its block is. */
static void pass_given(const level *q, level *above)
{
    for (size_t k = 0; k < q->n_shown; k++) {
        float sum = 0;
        for (size_t j = 0; j < q->block; j++)
            sum += q->given[k * q->block + j];
        above->given_below[k] = sum / (float)q->block;
    }
}

/* ---- What is expected when nothing is known ---------------------------------------------------------------- */

/* The data: what the units are when nothing above is on. */
static void find_neutral_data(const posterior *p)
{
    const level *q = &p->level[1];
    const hm_layer *below = hm_rbm_visible(q->down);
    size_t run = hm_layer_bias_run(below);
    hm_propagation units = {.layer = below, .beta = 1, .mean = hm_matrix_f32(q->neutral, 1, q->S)};
    for (size_t i = 0; i < q->S; i++)
        q->neutral[i] = hm_rbm_visible_bias(q->down)[i / run];
    hm_propagate(p->model->context, &units);
}

static float log_odds(float p)
{
    const float least = 1e-5f;
    p = fminf(fmaxf(p, least), 1 - least);
    return logf(p / (1 - p));
}

/* The mean of what the layer shows over the cases at hand, where their evidence is given: of a map over its places; under a layer that
 * tells places apart of each unit, as far as the cases suffice (as if ten more had shown the map's mean). */
static void find_expected(const level *q, const hm_matrix *means, level *above)
{
    const double more = 10;
    size_t n_features = hm_layer_n_features(hm_rbm_hidden(q->up)), run = q->n_shown / n_features, n = means->rows;
    bool tells_apart = !hm_rbm_hidden(above->up)->filter_height;
    for (size_t k = 0; k < n_features; k++) {
        double total = 0, weight = 1e-9;
        for (size_t s = k * run; s < (k + 1) * run; s++) {
            double f = pow((double)above->given_below[s], 8); /* nearly all of it, where there is such a place */
            for (size_t i = 0; i < n; i++)
                total += f * (double)hm_row_f32(means, i)[s] / (double)n;
            weight += f;
        }
        for (size_t s = k * run; s < (k + 1) * run; s++) {
            double own = 0, f = tells_apart ? pow((double)above->given_below[s], 8) : 0;
            for (size_t i = 0; i < n; i++)
                own += (double)hm_row_f32(means, i)[s];
            above->neutral[s] = (float)((f * own + more * total / weight) / (f * (double)n + more));
            q->expected[s] = log_odds(above->neutral[s]);
        }
    }
}

/* ---- One layer --------------------------------------------------------------------------------------------- */

/* (1 - f) (M - c - W n), added to the input of each unit of a case; a unit of a block has its share of the block's odds. */
static void add_expected(void *argument, size_t i)
{
    const level *q = argument;
    float *a = hm_row_f32(&q->a, i), share = logf((float)q->block);
    for (size_t j = 0; j < q->H; j++)
        a[j] += (1 - q->given[j]) * (q->expected[j / q->block] - share - q->input_neutral[j]);
}

/* T - M. */
static void add_above(void *argument, size_t i)
{
    const level *q = argument;
    const float *above = hm_row_f32(&q->from_above, i);
    float *a = hm_row_f32(&q->a, i);
    for (size_t j = 0; j < q->H; j++)
        a[j] += above[j / q->block] - q->expected[j / q->block];
}

static void keep_given(const level *q, hm_matrix below)
{
    for (size_t i = 0; i < below.rows; i++) {
        const float *s = hm_row_f32(&below, i);
        float *x = hm_row_f32(&q->x, i);
        for (size_t k = 0; k < q->S; k++)
            x[k] = q->given_below[k] > 0 ? q->neutral[k] + q->given_below[k] * (s[k] - q->neutral[k]) : q->neutral[k];
    }
}

static hm_random random_of(posterior *p)
{
    return (hm_random){hm_random_stream(p->model->context->seed, STREAM), HM_RANDOM_HIDDEN, p->step++};
}

/* Means in a, and a sample in h and as it is shown; without `is_drawn` the means are shown. */
static void settle(posterior *p, size_t l, bool is_drawn)
{
    const level *q = &p->level[l];
    hm_propagation units = {.layer = hm_rbm_hidden(q->up), .beta = p->config->beta > 0 ? p->config->beta : 1, .mean = q->a,
                            .sample = is_drawn ? q->h : (hm_matrix){0}, .random = random_of(p)};
    hm_propagate(p->model->context, &units);
    hm_matrix states = is_drawn ? q->h : q->a;
    if (q->block > 1)
        hm_machine_show(q->up, states, q->shown);
    else
        memcpy(q->shown.data, states.data, p->n * q->H * sizeof(float));
}

static hm_matrix below_of(const posterior *p, size_t l)
{
    return l == 1 ? p->v : p->level[l - 1].shown;
}

/* h^l under the top given what is given below it and, once there is one, the state of the layer above. */
static void drive(posterior *p, size_t l, bool has_above, bool is_drawn)
{
    level *q = &p->level[l];
    keep_given(q, below_of(p, l));
    hm_machine_up(q->up, q->x, q->a);
    hm_pool_run(p->model->context->pool, p->n, add_expected, q);
    if (has_above)
        hm_pool_run(p->model->context->pool, p->n, add_above, q);
    settle(p, l, is_drawn);
}

/* The top layer is that of an RBM: it takes what is below as it is. */
static void drive_top(posterior *p, bool is_drawn)
{
    level *q = &p->level[p->L];
    hm_machine_up(q->up, below_of(p, p->L), q->a);
    settle(p, p->L, is_drawn);
}

/* T^l = b + W' h^(l+1). */
static void send_down(posterior *p, size_t l)
{
    const level *above = &p->level[l + 1];
    hm_machine_inputs_below(above->down, above->h, p->level[l].from_above);
}

/* ---- Passes --------------------------------------------------------------------------------------------------- */

/* What the layer shows by its own evidence alone, where that is given, tells what it usually shows. */
static void learn_expected(posterior *p, size_t l)
{
    level *q = &p->level[l];
    pass_given(q, q + 1);
    keep_given(q, below_of(p, l));
    hm_machine_up(q->up, q->x, q->a);
    settle(p, l, false);
    find_expected(q, &q->shown, q + 1);
}

/* Free features begin as what the data are when nothing is known. */
static void forget_the_rest(const posterior *p)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->v.cols; k++)
            if (!p->config->is_given[k])
                hm_row_f32(&p->v, i)[k] = p->level[1].neutral[k];
}

/* Up from what is given, by means. */
static hm_status rise(posterior *p, hm_error *error)
{
    find_neutral_data(p);
    forget_the_rest(p);
    for (size_t k = 0; k < p->v.cols; k++)
        p->level[1].given_below[k] = p->config->is_given[k];
    for (size_t l = 1; l <= p->L; l++) {
        level *q = &p->level[l];
        hm_status status = find_given(q, error);
        if (status != HM_OK)
            return status;
        hm_machine_up(q->up, hm_matrix_f32(q->neutral, 1, q->S), hm_matrix_f32(q->input_neutral, 1, q->H));
        if (l < p->L) {
            learn_expected(p, l);
            drive(p, l, false, false);
        }
    }
    drive_top(p, false);
    return HM_OK;
}

/* h of a level := the means that stand in a. */
static void take_means(const posterior *p, level *q)
{
    memcpy(q->h.data, q->a.data, p->n * q->H * sizeof(float));
}

/* Means of each layer from those of the layer above alone. */
static void fall(posterior *p)
{
    take_means(p, &p->level[p->L]);
    for (size_t l = p->L - 1; l > 0; l--) {
        level *q = &p->level[l];
        send_down(p, l);
        for (size_t i = 0; i < p->n; i++)
            for (size_t j = 0; j < q->H; j++)
                hm_row_f32(&q->a, i)[j] = hm_row_f32(&q->from_above, i)[j / q->block] - logf((float)q->block);
        settle(p, l, false);
        take_means(p, q);
    }
}

/* The data of an RBM are a state of its chain; of a deep net, of which h^1 sees what is given alone, the means are the answer. */
static void draw_data(posterior *p)
{
    level *q = &p->level[1];
    hm_gibbs gibbs = {.step = p->step++, .stream = STREAM, .beta = p->config->beta};
    hm_rbm_visible_given_hidden(q->down, q->h, p->mean, p->L == 1 ? q->x : (hm_matrix){0}, &gibbs);
    for (size_t i = 0; p->L == 1 && i < p->n; i++)
        for (size_t k = 0; k < p->v.cols; k++)
            if (!p->config->is_given[k])
                hm_row_f32(&p->v, i)[k] = hm_row_f32(&q->x, i)[k];
}

/* Up, each layer given the one below and the one above, and down again. */
static void sweep(posterior *p)
{
    for (size_t l = 1; l < p->L; l++)
        drive(p, l, true, true);
    drive_top(p, true);
    for (size_t l = p->L - 1; l > 0; l--) {
        send_down(p, l);
        drive(p, l, true, true);
    }
    draw_data(p);
}

static void add_answer(const posterior *p, float weight, hm_matrix out)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < out.cols; k++)
            if (!p->config->is_given[k])
                hm_row_f32(&out, i)[k] += weight * hm_row_f32(&p->mean, i)[k];
}

static void answer_at_once(posterior *p, hm_matrix out)
{
    const hm_gibbs gibbs = {0};
    if (p->config->how == HM_INFER_ONCE)
        fall(p);
    hm_rbm_visible_given_hidden(p->level[1].down, p->level[1].a, p->mean, (hm_matrix){0}, &gibbs);
    add_answer(p, 1, out);
}

static void answer_by_sweeps(posterior *p, hm_matrix out)
{
    const hm_posterior_config *config = p->config;
    size_t n_kept = config->n_kept && config->n_kept < config->n_sweeps ? config->n_kept : 1;
    for (size_t l = 1; l <= p->L; l++)
        take_means(p, &p->level[l]);
    for (size_t l = 1; l < p->L; l++)
        send_down(p, l);
    for (size_t s = 0; s < config->n_sweeps; s++) {
        sweep(p);
        if (s + n_kept >= config->n_sweeps)
            add_answer(p, 1 / (float)n_kept, out);
        if (config->tell)
            config->tell(config->user, s + 1);
    }
}

hm_status hm_infer_layers(const hm_model *model, const hm_posterior_config *config, hm_matrix v, hm_matrix out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, config));
    HM_REQUIRE(hm_check_number("how", config->how, HM_INFER_LAYERS, HM_INFER_UPWARD, error));
    HM_REQUIRE(hm_check_number("beta", config->beta, 0, FLT_MAX, error));
    HM_REQUIRE(hm_check_number("n_kept", (double)config->n_kept, 0, config->how == HM_INFER_LAYERS ? (double)config->n_sweeps : INFINITY, error));
    HM_REQUIRE(HM_GIVEN(error, config->is_given));
    HM_REQUIRE(hm_check_matrix("v", v, HM_ANY_NUMBER, hm_model_n_features(model), HM_TAKES_FLOATS, error));
    HM_REQUIRE(hm_check_matrix("out", out, v.rows, v.cols, HM_TAKES_FLOATS, error));
    posterior p = {.model = model, .config = config, .n = v.rows, .L = model->n_rbms};
    hm_status status = check(model, error);
    if (status != HM_OK)
        return status;
    name_levels(&p);
    p.block = hm_alloc(model->context, cut(&p, NULL), sizeof *p.block, error);
    if (!p.block)
        return HM_ERROR_MEMORY;
    cut(&p, p.block);
    for (size_t i = 0; i < v.rows; i++) {
        memcpy(hm_row_f32(&p.v, i), hm_row_f32(&v, i), v.cols * sizeof(float));
        for (size_t k = 0; k < v.cols; k++)
            hm_row_f32(&out, i)[k] = config->is_given[k] ? hm_row_f32(&v, i)[k] : 0;
    }
    status = rise(&p, error);
    if (status == HM_OK && config->how == HM_INFER_LAYERS)
        answer_by_sweeps(&p, out);
    else if (status == HM_OK)
        answer_at_once(&p, out);
    hm_free(model->context, p.block);
    return status;
}
