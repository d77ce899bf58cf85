/* Packed panels of one connection: see panels.h, and kernels.h for what a panel is. */
#include "compute/panels.h"

#include "base/alloc.h"
#include "base/context.h"
#include "base/count.h"

static size_t rounded(size_t n, size_t part)
{
    return hm_n_parts(n, part) * part;
}

/* Numbers of a panel of a matrix with n rows; whole blocks, as they are packed. */
static size_t panel_size(const hm_panel_kernels *k, size_t n)
{
    return rounded(n, k->width) / k->group * k->width;
}

static size_t panels_size(const hm_panel_kernels *k, size_t n, size_t n_columns)
{
    return hm_n_parts(n_columns, k->width) * panel_size(k, n);
}

/* Numbers from one row of an input to the next; not a power of two, which would crowd all rows into a few sets of the cache. */
static size_t input_stride(const hm_panel_kernels *k, size_t n)
{
    return rounded(n, 2 * k->width) / k->group + k->width / 2;
}

/* Rows and columns of the weights that a task updates: whole tiles, and whole blocks of both panels. */
static size_t block_size(const hm_panel_kernels *k)
{
    size_t size = k->rows;
    while (size % k->width != 0)
        size += k->rows;
    return size;
}

/* ---- Making ------------------------------------------------------------------------------------------------- */

/* Cuts the block into its parts, or with a null block counts how long it must be. */
static size_t cut(hm_panels *p, uint32_t *block)
{
    const hm_panel_kernels *k = p->kernels;
    size_t used = 0, n_cases = hm_n_parts(p->batch, k->group), widest = p->n_below > p->n_above ? p->n_below : p->n_above;
#define TAKE(field, n) (p->field = block ? block + used : NULL, used += hm_padded_floats(n))
    TAKE(up, panels_size(k, p->n_below, p->n_above));
    TAKE(down, panels_size(k, p->n_above, p->n_below));
    TAKE(input, k->group == 1 ? 0 : p->batch * input_stride(k, widest));
    for (int phase = 0; phase < 2; phase++) {
        TAKE(x[phase], n_cases * rounded(p->n_below, k->rows));
        TAKE(y[phase], n_cases * rounded(p->n_above, k->width));
    }
#undef TAKE
    return used;
}

hm_status hm_panels_create(const hm_context *context, size_t n_below, size_t n_above, size_t batch, bool is_learning,
                           hm_panels **out, hm_error *error)
{
    const hm_panel_kernels *kernels = context->panels;
    *out = NULL;
    if (!kernels)
        return HM_OK;
    if (!is_learning)
        kernels = hm_panel_kernels_list(1, 0);
    hm_panels *panels = hm_alloc(context, 1, sizeof *panels, error);
    if (!panels)
        return HM_ERROR_MEMORY;
    *panels = (hm_panels){.kernels = kernels, .n_below = n_below, .n_above = n_above, .batch = batch};
    panels->block = hm_alloc(context, cut(panels, NULL), sizeof *panels->block, error);
    if (!panels->block) {
        hm_free(context, panels);
        return HM_ERROR_MEMORY;
    }
    cut(panels, panels->block);
    *out = panels;
    return HM_OK;
}

void hm_panels_destroy(const hm_context *context, hm_panels *panels)
{
    if (!panels)
        return;
    hm_free(context, panels->block);
    hm_free(context, panels);
}

/* ---- Packing weights ------------------------------------------------------------------------------------------ */

typedef struct panels_job {
    hm_panels *panels;
    const hm_kernels *kernels;
    const hm_correlation *c;
    const hm_update *u;
    bool has_minus;
    hm_matrix weights;
    size_t n_blocks; /* of rows of the weights */
} panels_job;

/* A block of rows of one panel's columns. */
typedef struct weights_block {
    size_t row, n_rows, col, n_cols;
} weights_block;

static weights_block block_of(const panels_job *job, size_t task)
{
    const hm_panel_kernels *k = job->panels->kernels;
    size_t row = task % job->n_blocks * block_size(k), col = task / job->n_blocks * k->width;
    return (weights_block){row, hm_least(block_size(k), job->panels->n_below - row), col,
                           hm_least(k->width, job->panels->n_above - col)};
}

static void pack_block(const panels_job *job, weights_block b)
{
    hm_panels *p = job->panels;
    const hm_panel_kernels *k = p->kernels;
    uint32_t *up = p->up + b.col / k->width * panel_size(k, p->n_below);
    for (size_t row = b.row; row < b.row + b.n_rows; row += k->width) {
        uint32_t *down = p->down + row / k->width * panel_size(k, p->n_above);
        k->pack_weights(hm_row_f32(&job->weights, row) + b.col, job->weights.stride, hm_least(k->width, b.row + b.n_rows - row),
                        b.n_cols, up + row / k->group * k->width, down + b.col / k->group * k->width);
    }
}

static void pack_task(void *argument, size_t task)
{
    pack_block(argument, block_of(argument, task));
}

static size_t n_weight_tasks(const panels_job *job)
{
    return job->n_blocks * hm_n_parts(job->panels->n_above, job->panels->kernels->width);
}

static panels_job job_of(hm_panels *panels, hm_matrix weights)
{
    return (panels_job){.panels = panels, .weights = weights, .n_blocks = hm_n_parts(panels->n_below, block_size(panels->kernels))};
}

/* ---- propagate ------------------------------------------------------------------------------------------------- */

typedef struct input_job {
    const hm_panels *panels;
    const hm_matrix *input;
} input_job;

static void pack_input(void *argument, size_t row)
{
    const input_job *job = argument;
    const hm_panels *p = job->panels;
    p->kernels->pack_row(hm_row_f32(job->input, row), job->input->cols, p->input + row * input_stride(p->kernels, job->input->cols));
}

bool hm_panels_prepare(const hm_context *context, hm_panels *panels, const hm_propagation *p)
{
    if (p->input.dtype != HM_DTYPE_F32 || p->input.rows > panels->batch)
        return false;
    if (!panels->is_current) {
        panels_job job = job_of(panels, p->weights);
        hm_pool_run(context->pool, n_weight_tasks(&job), pack_task, &job);
        panels->is_current = true;
    }
    if (panels->kernels->group > 1)
        hm_pool_run(context->pool, p->input.rows, pack_input, &(input_job){panels, &p->input});
    return true;
}

void hm_panels_multiply(const hm_panels *panels, const hm_propagation *p, size_t row, size_t n_rows, size_t col, size_t n_cols)
{
    const hm_panel_kernels *k = panels->kernels;
    size_t n_in = p->input.cols, stride = input_stride(k, n_in);
    hm_panel_product job = {.rows = n_rows, .n_k = hm_n_parts(n_in, k->group), .ld_out = p->mean.stride};
    job.a = k->group == 1 ? (void *)hm_row_f32(&p->input, row) : panels->input + row * stride;
    job.a_row = k->group == 1 ? p->input.stride : stride;
    for (size_t end = col + n_cols; col < end; col += k->width) {
        job.panel = (p->is_down ? panels->down : panels->up) + col / k->width * panel_size(k, n_in);
        job.n_cols = hm_least(k->width, end - col);
        job.out = hm_row_f32(&p->mean, row) + col;
        job.bias = p->bias && p->bias_run <= 1 ? p->bias + col : NULL;
        k->product(&job);
    }
}

/* ---- learn ------------------------------------------------------------------------------------------------------ */

/* One block of units of one phase, below or above. */
static void pack_states(const panels_job *job, int phase, bool is_above, size_t first)
{
    const hm_panels *p = job->panels;
    const hm_panel_kernels *k = p->kernels;
    const hm_matrix *m = is_above ? phase ? &job->c->y_minus : &job->c->y_plus : phase ? &job->c->x_minus : &job->c->x_plus;
    size_t width = is_above ? k->width : k->rows, n_numbers = hm_n_parts(m->rows, k->group);
    uint32_t *panels = is_above ? p->y[phase] : p->x[phase];
    for (size_t col = first; col < hm_least(first + block_size(k), m->cols); col += width)
        k->pack_cases(hm_row_f32(m, 0) + col, m->stride, m->rows, hm_least(width, m->cols - col), !is_above,
                      panels + col * n_numbers);
}

static void pack_states_task(void *argument, size_t task)
{
    const panels_job *job = argument;
    size_t block = block_size(job->panels->kernels), n_x = hm_n_parts(job->panels->n_below, block);
    size_t n = n_x + hm_n_parts(job->panels->n_above, block), i = task % n;
    pack_states(job, (int)(task / n), i >= n_x, (i < n_x ? i : i - n_x) * block);
}

/* g = w+ x+'y+ - w- x-'y-: the kernel adds a second phase to the first times `turn`, and the rate takes the sign. */
static void learn_block(const panels_job *job, weights_block b)
{
    const hm_panels *p = job->panels;
    const hm_correlation *c = job->c;
    const hm_update *u = job->u;
    bool has_minus = job->has_minus;
    size_t group = p->kernels->group, n_plus = hm_n_parts(c->x_plus.rows, group);
    size_t n_minus = has_minus ? hm_n_parts(c->x_minus.rows, group) : 0;
    hm_panel_update job_of_block = {
        .rows = b.n_rows, .cols = b.n_cols, .n_plus = n_plus, .n_minus = n_minus,
        .x_plus = p->x[0] + b.row * n_plus, .x_minus = p->x[1] + b.row * n_minus,
        .y_plus = p->y[0] + b.col * n_plus, .y_minus = p->y[1] + b.col * n_minus,
        .turn = has_minus ? -c->weight_plus / c->weight_minus : 1,
        .rate_scale = u->rate * (has_minus ? -c->weight_minus : c->weight_plus),
        .rate_l2 = u->rate * u->l2, .rate_l1 = u->rate * u->l1, .momentum = u->momentum,
        .w = u->parameters + b.row * p->n_above + b.col, .d = u->velocity + b.row * p->n_above + b.col,
        .ld = p->n_above};
    p->kernels->learn(&job_of_block);
    pack_block(job, b);
}

static void learn_task(void *argument, size_t task)
{
    const panels_job *job = argument;
    if (task < 2)
        hm_correlate_biases(job->kernels, job->c, task == 1);
    else
        learn_block(job, block_of(job, task - 2));
}

static bool is_ours(const hm_panels *p, const hm_matrix *m)
{
    return m->dtype == HM_DTYPE_F32 && m->rows <= p->batch;
}

bool hm_panels_learn(const hm_context *context, hm_panels *panels, const hm_correlation *c, const hm_update *u)
{
    bool has_minus = c->x_minus.data && c->weight_minus != 0;
    if (u->second || !is_ours(panels, &c->x_plus) || !is_ours(panels, &c->y_plus) ||
        (has_minus && (!is_ours(panels, &c->x_minus) || !is_ours(panels, &c->y_minus))))
        return false;
    size_t block = block_size(panels->kernels);
    panels_job job = job_of(panels, hm_matrix_f32(u->parameters, panels->n_below, panels->n_above));
    job.kernels = context->backend->kernels();
    job.has_minus = has_minus;
    job.c = c;
    job.u = u;
    size_t n_blocks = hm_n_parts(panels->n_below, block) + hm_n_parts(panels->n_above, block);
    hm_pool_run(context->pool, n_blocks * (has_minus ? 2 : 1), pack_states_task, &job);
    hm_pool_run(context->pool, n_weight_tasks(&job) + 2, learn_task, &job);
    panels->is_current = true;
    return true;
}
