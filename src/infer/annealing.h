/* Pieces of annealed importance sampling that others use. */
#ifndef HM_INFER_ANNEALING_H
#define HM_INFER_ANNEALING_H

#include <harmonium/likelihood.h>

#include "model/machine.h"

/* A schedule of inverse temperatures from text: (*betas)[n], from 0 to 1, which the caller frees with hm_free. */
hm_status hm_betas_parse(const hm_context *context, const char *text, double **betas, size_t *n, hm_error *error);

/* log of the mean of exp(x[i]), and the relative standard deviation of that mean (may be null). */
double hm_log_mean_exp(const double *x, size_t n, double *relative_deviation);

#endif
