/* Weights kept in the form that products read best, for a machine that is being learned: panels of W and of W' beside the
 * weights themselves, packed once an update and not once a product, and room for the states of a batch.
 *
 * The float32 weights stay the truth. Whoever changes them otherwise than by hm_panels_learn clears is_current; the next
 * product packs them anew. */
#ifndef HM_COMPUTE_PANELS_H
#define HM_COMPUTE_PANELS_H

#include "compute/backend.h"

typedef struct hm_panels {
    const hm_panel_kernels *kernels;
    size_t n_below, n_above, batch;
    bool is_current;
    uint32_t *block; /* all below */
    uint32_t *up, *down;    /* panels of W, of W' */
    uint32_t *input;        /* [batch] rows of numbers; null where floats are numbers */
    uint32_t *x[2], *y[2];  /* states of two phases in panels, below and above */
} hm_panels;

/* Room for batches of so many cases, in the precision that the context has for learning, or else in float32. *out is null,
 * without an error, where the context computes without panels. */
hm_status hm_panels_create(const hm_context *context, size_t n_below, size_t n_above, size_t batch, bool is_learning,
                           hm_panels **out, hm_error *error);
void hm_panels_destroy(const hm_context *context, hm_panels *panels); /* null is allowed */

/* Makes the panels ready for the product; false: not a product for them, take the weights. */
bool hm_panels_prepare(const hm_context *context, hm_panels *panels, const hm_propagation *job);
/* A tile of it, with the bias if each unit has its own. */
void hm_panels_multiply(const hm_panels *panels, const hm_propagation *job, size_t row, size_t n_rows, size_t col,
                        size_t n_cols);

/* hm_correlate and hm_update of the weights in one pass, and the sums for the biases; false: nothing was done. */
bool hm_panels_learn(const hm_context *context, hm_panels *panels, const hm_correlation *states, const hm_update *weights);

#endif
