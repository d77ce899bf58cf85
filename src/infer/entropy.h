/* The entropy of data. */
#ifndef HM_INFER_ENTROPY_H
#define HM_INFER_ENTROPY_H

#include <harmonium/data.h>

/* Of the distribution that draws the cases of the set, in nats: log n when all are different. */
hm_status hm_cases_entropy(const hm_context *context, const hm_dataset *set, double *entropy, hm_error *error);

#endif
