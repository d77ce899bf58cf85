/* What a machine learns from: the data itself, or what a stack makes of it, and perhaps labels beside.
 *
 * The features of the levels below are probabilities (or samples) computed batch by batch; probabilities of data
 * that is the same in every epoch are kept in memory when they fit in the limit. */
#ifndef HM_LEARN_FEED_H
#define HM_LEARN_FEED_H

#include <harmonium/data.h>
#include <harmonium/model.h>

typedef struct hm_feed hm_feed;

typedef struct hm_feed_config {
    size_t level;      /* of the model: the feed is what rbm[level] sees */
    size_t batch;      /* most cases in one reading */
    bool is_sampled;   /* samples of the features, fresh in every epoch */
    size_t memory;     /* bytes that kept features may take */
    bool wants_labels; /* fill the label units that the top RBM sees */
} hm_feed_config;

/* The model and the set must outlive the feed. HM_ERROR_MISMATCH when data and model do not fit. */
hm_status hm_feed_create(const hm_model *model, const hm_dataset *set, const hm_feed_config *config,
                         hm_feed **feed, hm_error *error);
void hm_feed_destroy(hm_feed *feed); /* null is allowed */

/* Cases index[0 .. n-1], or first .. first + n - 1 if index is null, into out (n x n_visible of the level); with an
 * index, `first` is the place in the epoch, which chooses the random numbers of sampled features. A case without a label gets P(label | the
 * rest) under the top RBM as it is now. Allocates nothing. */
hm_status hm_feed_read(hm_feed *feed, const uint32_t *index, size_t first, size_t n, uint64_t epoch, hm_matrix out,
                       hm_error *error);

/* The mean of each visible unit over the set: mean[n_visible]. */
hm_status hm_feed_means(hm_feed *feed, double *mean, hm_error *error);

/* One-hot labels of the cases into target (n x n_labels); rows of cases without a label are zero and their places
 * within the batch are told by the result: how many there are. */
size_t hm_label_targets(const hm_model *model, const hm_dataset *set, const uint32_t *index, size_t first, size_t n, hm_matrix target);

/* HM_ERROR_MISMATCH unless the set has labels, all of them classes of the model. */
hm_status hm_check_labels(const hm_model *model, const hm_dataset *set, hm_error *error);

/* The share of labelled cases that a DBN with labels names wrongly, by the free energy of each label after a
 * deterministic up-pass; NaN without labelled cases. Reads `batch` cases at a time. */
hm_status hm_label_error(const hm_model *model, const hm_dataset *set, size_t batch, double *error_rate,
                         hm_error *error);

#endif
