/* Softmax a pixel: see pixel_loss.h. */
#include "scene/pixel_loss.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/count.h"
#include "scene/enlarge.h"

enum { ROW_LOSS, ROW_WRONG, ROW_RIGHT, N_ROW_SUMS };

static size_t factor_of(const hm_scene_pass *pass)
{
    return hm_scene_net_pool(pass->net);
}

/* A row of pixels, interpolated downwards: [scores.width][stride]. */
static float *make_row(const hm_scene_pass *pass, size_t i, size_t y)
{
    const hm_maps *scores = &pass->scores;
    hm_between v = hm_between_at(y, factor_of(pass), scores->height);
    const float *upper = hm_maps_at(scores, i, (ptrdiff_t)v.first, 0), *lower = hm_maps_at(scores, i, (ptrdiff_t)v.second, 0);
    float *row = hm_maps_at(&pass->rows[0], i, (ptrdiff_t)y, 0);
    for (size_t k = 0; k < scores->width * scores->stride; k++)
        row[k] = upper[k] + v.share * (lower[k] - upper[k]);
    return row;
}

/* The scores of a pixel, biases included. */
static inline __attribute__((always_inline)) void score_pixel(const hm_scene_pass *pass, const float *row, const hm_between *h, float *out)
{
    size_t n = pass->scores.stride;
    const float *left = row + h->first * n, *right = row + h->second * n, *bias = pass->net->top_bias;
    for (size_t k = 0; k < pass->net->classes->n; k++)
        out[k] = left[k] + h->share * (right[k] - left[k]) + bias[k];
}

static void score_row(void *argument, size_t y)
{
    const hm_pixels *p = argument;
    const hm_scene_pass *pass = p->pass;
    const float *row = make_row(pass, p->i, y);
    for (size_t x = 0; x < pass->width; x++) {
        hm_between h = hm_between_at(x, factor_of(pass), pass->scores.width);
        score_pixel(pass, row, &h, p->scores + (y * pass->width + x) * pass->net->classes->n);
    }
}

void hm_pixels_score(const hm_pixels *p)
{
    hm_pool_run(p->pass->net->context->pool, p->pass->height, score_row, (void *)p);
}

/* s becomes the gradient weight (P - truth); returns the loss of the pixel. */
static double compare(float *s, size_t K, size_t truth, float weight)
{
    float most = s[hm_largest(s, K)], sum = 0, own = s[truth];
    for (size_t k = 0; k < K; k++)
        sum += s[k] = expf(s[k] - most);
    for (size_t k = 0; k < K; k++)
        s[k] *= weight / sum;
    s[truth] -= weight;
    return (double)weight * (double)(logf(sum) + most - own);
}

/* What a pixel's gradient gives to the two places of the row that it lies between. */
static inline __attribute__((always_inline)) void spread(const hm_scene_pass *pass, const float *s, const hm_between *h, float *row,
                                                         float *bias)
{
    size_t n = pass->scores.stride;
    float *left = row + h->first * n, *right = row + h->second * n;
    for (size_t k = 0; k < pass->net->classes->n; k++) {
        left[k] += (1 - h->share) * s[k];
        right[k] += h->share * s[k];
        bias[k] += s[k];
    }
}

static void loss_row(void *argument, size_t task)
{
    const hm_pixels *p = argument;
    const hm_scene_pass *pass = p->pass;
    size_t i = task / pass->height, y = task % pass->height, K = pass->net->classes->n;
    const float *row = make_row(pass, i, y);
    float *back = hm_maps_at(&pass->rows[1], i, (ptrdiff_t)y, 0), *bias = pass->row_bias + task * pass->scores.stride;
    double *sum = pass->row_loss + task * N_ROW_SUMS, scale = 1 / p->truth->total_weight;
    float s[HM_SCENE_CLASSES_MAX];
    memset(back, 0, pass->rows[1].width * pass->rows[1].stride * sizeof *back);
    memset(bias, 0, K * sizeof *bias);
    memset(sum, 0, N_ROW_SUMS * sizeof *sum);
    for (size_t x = 0; x < pass->width; x++) {
        size_t truth = p->truth->labels[task * pass->width + x];
        if (truth == K)
            continue;
        hm_between h = hm_between_at(x, factor_of(pass), pass->scores.width);
        score_pixel(pass, row, &h, s);
        sum[hm_largest(s, K) == truth ? ROW_RIGHT : ROW_WRONG]++;
        sum[ROW_LOSS] += compare(s, K, truth, (float)(scale * (double)p->truth->weight[truth]));
        spread(pass, s, &h, back, bias);
    }
}

void hm_pixels_loss(const hm_pixels *p, hm_scene_loss *loss, float *bias)
{
    const hm_scene_pass *pass = p->pass;
    const hm_context *context = pass->net->context;
    size_t n_rows = pass->n * pass->height;
    hm_pool_run(context->pool, n_rows, loss_row, (void *)p);
    *loss = (hm_scene_loss){0};
    for (size_t row = 0; row < n_rows; row++) {
        const double *sum = pass->row_loss + row * N_ROW_SUMS;
        loss->loss += sum[ROW_LOSS];
        loss->n_wrong += (uint64_t)sum[ROW_WRONG];
        loss->n_right += (uint64_t)sum[ROW_RIGHT];
        for (size_t k = 0; bias && k < pass->net->classes->n; k++)
            bias[k] += pass->row_bias[row * pass->scores.stride + k];
    }
    if (bias)
        hm_maps_gather_rows(context, &pass->rows[1], factor_of(pass), &pass->scores);
}
