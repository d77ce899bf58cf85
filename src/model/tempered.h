/* Chains at inverse temperatures of their own along the RBMs with parameters (1 - beta) base + beta model: beta W, beta c,
 * (1 - beta) b0 + beta b. At 0 units are independent and a step is an exact sample; at 1 stands the model. */
#ifndef HM_MODEL_TEMPERED_H
#define HM_MODEL_TEMPERED_H

#include "model/machine.h"

typedef struct hm_tempered {
    const hm_rbm *rbm;
    const float *base; /* b0, laid out as the visible biases */
    size_t n;          /* chains */
    double *beta;      /* [n] */
    hm_matrix v;       /* n x V: states */
    hm_matrix a;       /* n x H: c + W'v as of the last hm_tempered_up */
    hm_random random;  /* its step is that of the next numbers */
    uint64_t first_case; /* the number of chain 0 among the random numbers: 0, unless these are some of several */
    hm_matrix v_mean, h_mean, h;
    float *slope, *block;
} hm_tempered;

/* v: room for the states that the caller keeps, n x V; null: its own. base must stay. */
hm_status hm_tempered_create(const hm_rbm *rbm, const float *base, size_t n, float *v, hm_tempered *chains, hm_error *error);
void hm_tempered_destroy(hm_tempered *chains);

/* All states from the base model. */
void hm_tempered_start(hm_tempered *chains);
void hm_tempered_up(hm_tempered *chains);
/* log p*(v) of chain i at an inverse temperature, but for the base energy of v, which is the same at all of them. After
 * hm_tempered_up; different chains may be asked for from different threads. */
double hm_tempered_log_p(const hm_tempered *chains, size_t i, double beta);
/* h and then v of every chain at its beta, from `a`. */
void hm_tempered_move(hm_tempered *chains);
/* log of the sum of p* at beta 0; room_v and room_h: of the machine's units. */
double hm_base_log_partition(const hm_rbm *rbm, const float *base, float *room_v, float *room_h);

#endif
