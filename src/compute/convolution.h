/* The convolutional row of the table of connections. */
#ifndef HM_COMPUTE_CONVOLUTION_H
#define HM_COMPUTE_CONVOLUTION_H

#include "compute/connection.h"

extern const hm_connection_kind hm_convolution;

/* Whether two layers of maps can be joined so: filters of at most 32,768 weights, as many maps above, 2^24 units in a layer. */
bool hm_convolution_fits(const hm_layer *below, const hm_layer *above);

#endif
