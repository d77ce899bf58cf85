/* A region's label is that of its pixels together: the class of the largest sum of their probabilities. */
#include <harmonium/scene.h>

#include <string.h>

#include "base/check.h"
#include "base/count.h"
#include "base/fail.h"

static hm_status check(const hm_matrix *probabilities, const uint32_t *region, const hm_matrix *scores, hm_error *error)
{
    if (probabilities->cols != scores->cols)
        return hm_fail(error, HM_ERROR_MISMATCH, "probabilities of %zu classes cannot be summed to scores of %zu", probabilities->cols,
                       scores->cols);
    for (size_t i = 0; i < probabilities->rows; i++)
        if (region[i] >= scores->rows)
            return hm_fail(error, HM_ERROR_MISMATCH, "pixel %zu is of region %u, and there are %zu", i, (unsigned)region[i], scores->rows);
    return HM_OK;
}

hm_status hm_region_scores(hm_matrix probabilities, const uint32_t *region, hm_matrix scores, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, region));
    HM_REQUIRE(hm_check_matrix("probabilities", probabilities, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    HM_REQUIRE(hm_check_matrix("scores", scores, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    hm_status status = check(&probabilities, region, &scores, error);
    if (status != HM_OK)
        return status;
    for (size_t r = 0; r < scores.rows; r++)
        memset(hm_row_f32(&scores, r), 0, scores.cols * sizeof(float));
    for (size_t i = 0; i < probabilities.rows; i++) {
        const float *p = hm_row_f32(&probabilities, i);
        float *sum = hm_row_f32(&scores, region[i]);
        for (size_t c = 0; c < scores.cols; c++)
            sum[c] += p[c];
    }
    return HM_OK;
}

void hm_region_vote(hm_matrix scores, uint8_t *label)
{
    for (size_t r = 0; r < scores.rows; r++)
        label[r] = (uint8_t)hm_largest(hm_row_f32(&scores, r), scores.cols);
}

void hm_region_paint(const uint32_t *region, const uint8_t *label, size_t n_pixels, uint8_t *labels)
{
    for (size_t i = 0; i < n_pixels; i++)
        labels[i] = label[region[i]];
}
