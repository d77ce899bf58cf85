/* Connections: what joins two layers. A row of the table does the verbs of compute/backend.h in both directions; who
 * calls them never asks which row it is.
 *
 * A connection lies in a machine: its weights are a slice of the machine's parameters, and while they are learned it may keep
 * a copy of them (panels.h) that the update renews. */
#ifndef HM_COMPUTE_CONNECTION_H
#define HM_COMPUTE_CONNECTION_H

#include "compute/filters.h"
#include "compute/panels.h"

enum { HM_CONNECTION_AXES_MAX = 4 };

typedef struct hm_connection hm_connection;

typedef struct hm_connection_kind {
    const char *name;
    const char *summary;
    /* The axes of the weights as a file has them; returns how many. */
    int (*shape)(const hm_connection *connection, size_t axes[HM_CONNECTION_AXES_MAX]);
    /* As hm_propagate, up (from below) or down by job->is_down; fills in what of the job is the connection's. */
    void (*propagate)(const hm_context *context, const hm_connection *connection, hm_propagation job);
    /* As hm_correlate; the gradient has the layout of the weights. x is below, y above. */
    void (*correlate)(const hm_context *context, const hm_connection *connection, hm_correlation job, float *gradient);
    /* Correlate and update of the weights; `gradient` is room for the one, as the weights. */
    void (*learn)(const hm_context *context, const hm_connection *connection, hm_correlation job, float *gradient,
                  const hm_update *weights);
    /* Makes connection->panels or filters for batches of so many cases, or leaves them null. */
    hm_status (*reserve)(const hm_context *context, hm_connection *connection, size_t batch, bool is_learning, hm_error *error);
} hm_connection_kind;

struct hm_connection {
    const hm_connection_kind *kind;
    hm_layer below, above;
    float *weights;
    hm_panels *panels; /* a packed copy of the weights, while they are learned; null: none */
    hm_filters *filters; /* the same of a convolution */
};

extern const hm_connection_kind *const hm_connection_kinds[]; /* null-terminated */

/* What joins `above` to the layer below it: convolution where it has filters. */
const hm_connection_kind *hm_connection_between(const hm_layer *above);

/* null: there is none of that name. */
const hm_connection_kind *hm_connection_find(const char *name);

/* The number of weights, from the shape. */
size_t hm_connection_n_weights(const hm_connection *connection);

#endif
