/* The kinds of connections, a row of the table each. */
#include "compute/connection.h"

#include <string.h>

#include "compute/convolution.h"

/* ---- dense: a matrix, below x above ------------------------------------------------------------------------ */

static int dense_shape(const hm_connection *c, size_t axes[HM_CONNECTION_AXES_MAX])
{
    axes[0] = c->below.n_units;
    axes[1] = c->above.n_units;
    return 2;
}

static void dense_propagate(const hm_context *context, const hm_connection *c, hm_propagation job)
{
    job.weights = hm_matrix_f32(c->weights, c->below.n_units, c->above.n_units);
    job.panels = c->panels;
    hm_propagate(context, &job);
}

static void dense_correlate(const hm_context *context, const hm_connection *c, hm_correlation job, float *gradient)
{
    job.gradient = hm_matrix_f32(gradient, c->below.n_units, c->above.n_units);
    hm_correlate(context, &job);
}

static void dense_learn(const hm_context *context, const hm_connection *c, hm_correlation job, float *gradient,
                        const hm_update *weights)
{
    if (c->panels && hm_panels_learn(context, c->panels, &job, weights))
        return;
    dense_correlate(context, c, job, gradient);
    hm_update_parameters(context, weights);
    if (c->panels)
        c->panels->is_current = false;
}

static hm_status dense_reserve(const hm_context *context, hm_connection *c, size_t batch, bool is_learning, hm_error *error)
{
    return hm_panels_create(context, c->below.n_units, c->above.n_units, batch, is_learning, &c->panels, error);
}

static const hm_connection_kind dense = {"dense", "every unit below with every unit above", dense_shape, dense_propagate,
                                         dense_correlate, dense_learn, dense_reserve};

const hm_connection_kind *const hm_connection_kinds[] = {&dense, &hm_convolution, NULL};

const hm_connection_kind *hm_connection_between(const hm_layer *above)
{
    return above->filter_height ? &hm_convolution : &dense;
}

const hm_connection_kind *hm_connection_find(const char *name)
{
    for (int i = 0; hm_connection_kinds[i]; i++)
        if (strcmp(hm_connection_kinds[i]->name, name) == 0)
            return hm_connection_kinds[i];
    return NULL;
}

size_t hm_connection_n_weights(const hm_connection *c)
{
    size_t axes[HM_CONNECTION_AXES_MAX], n = 1;
    for (int i = c->kind->shape(c, axes); i-- > 0;)
        n *= axes[i];
    return n;
}
