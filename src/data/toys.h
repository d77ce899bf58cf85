/* Small sets that are computed and not read: distributions whose every state is known. */
#ifndef HM_DATA_TOYS_H
#define HM_DATA_TOYS_H

#include "data/storage.h"

typedef struct hm_toy {
    const char *name;
    hm_shape shape;
    void (*draw)(const hm_shape *shape, float *cases); /* [n_cases][n_features] of 0 and 1 */
} hm_toy;

extern const hm_toy hm_toys[]; /* ends with a nameless one */

const hm_toy *hm_toy_find(const char *name); /* null: there is none */
hm_status hm_toy_open(const hm_context *context, const hm_toy *toy, hm_storage **storage, hm_error *error);

#endif
