/* Centering (Melchior et al. 2016; the enhanced gradient of Cho et al. 2011) of densely connected machines.
 *
 * The energy -(v - mu)'W(h - lambda) - (v - mu)'b~ - (h - lambda)'c~ is that of an RBM with b = b~ - W lambda and
 * c = c~ - W'mu. Its gradients in W, b~, c~ are those of the shifted states; so states are shifted, and after the step the
 * biases follow what W did. Offsets may move at any time: b and c stay what they are. */
#ifndef HM_LEARN_CENTERING_H
#define HM_LEARN_CENTERING_H

#include "learn/trainer.h"

/* Before the step: moves mu = offset_v and lambda = offset_h to what the states say, and subtracts them from the states. */
void hm_centre(hm_trainer *t, hm_phase *plus, hm_phase *minus);

/* After it: b -= dW lambda, c -= dW'mu. */
void hm_centre_biases(hm_trainer *t);

#endif
