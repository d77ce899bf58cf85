/* L-BFGS (Nocedal, 1980; liblbfgs) on one large batch. */
#ifndef HM_LEARN_LBFGS_STEP_H
#define HM_LEARN_LBFGS_STEP_H

#include "learn/net.h"

/* Some iterations on the n cases that lie in pass->state[0]; *loss and *n_wrong are sums over the batch at the start.
 * Levels below `lowest` stay as they are. HM_ERROR_UNSUPPORTED in a build without liblbfgs. Allocates. */
hm_status hm_lbfgs_step(hm_net_pass *pass, size_t n, hm_matrix target, size_t lowest, int iterations,
                        double weight_cost, double *loss, double *n_wrong, hm_error *error);

#endif
