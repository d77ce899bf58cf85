/* How well pixels are labelled, from a confusion matrix n_tp (pixels of true class t predicted as p):
 *
 *     pixel accuracy = sum_c n_cc / sum_tp n_tp
 *     accuracy_c = n_cc / sum_p n_cp        iou_c = n_cc / (sum_p n_cp + sum_t n_tc - n_cc) */
#include <harmonium/scene.h>

#include <math.h>

#include "base/check.h"
#include "base/fail.h"

static hm_status check(size_t n_classes, const uint8_t *truth, const uint8_t *predicted, size_t n, hm_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (truth[i] > n_classes || (truth[i] < n_classes && predicted[i] >= n_classes))
            return hm_fail(error, HM_ERROR_ARGUMENT, "pixel %zu: true label %d, predicted %d, of %zu classes", i, truth[i], predicted[i],
                           n_classes);
    return HM_OK;
}

hm_status hm_scene_confusion_add(uint64_t *confusion, size_t n_classes, const uint8_t *truth, const uint8_t *predicted, size_t n,
                                 hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, confusion));
    hm_status status = check(n_classes, truth, predicted, n, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        if (truth[i] < n_classes)
            confusion[truth[i] * n_classes + predicted[i]]++;
    return HM_OK;
}

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

/* Of the values that are numbers; NaN when none is. */
static double mean(const double *value, size_t n)
{
    double sum = 0;
    size_t n_counted = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(value[i])) {
            sum += value[i];
            n_counted++;
        }
    return n_counted ? sum / (double)n_counted : NAN;
}

void hm_scene_metrics_count(const uint64_t *confusion, size_t n_classes, hm_scene_metrics *metrics)
{
    uint64_t n_right = 0;
    *metrics = (hm_scene_metrics){0};
    for (size_t c = 0; c < n_classes; c++) {
        uint64_t n_true = 0, n_predicted = 0, right = confusion[c * n_classes + c];
        for (size_t k = 0; k < n_classes; k++) {
            n_true += confusion[c * n_classes + k];
            n_predicted += confusion[k * n_classes + c];
        }
        metrics->accuracy[c] = ratio(right, n_true);
        metrics->iou[c] = ratio(right, n_true + n_predicted - right);
        metrics->n_pixels += n_true;
        n_right += right;
    }
    metrics->pixel_accuracy = ratio(n_right, metrics->n_pixels);
    metrics->class_accuracy = mean(metrics->accuracy, n_classes);
    metrics->mean_iou = mean(metrics->iou, n_classes);
}
