/* What the two halves of the doctor share: findings, and cases spread over a set. */
#ifndef HM_INFER_EXAMINATION_H
#define HM_INFER_EXAMINATION_H

#include <harmonium/examine.h>
#include <harmonium/matrix.h>

enum { HM_EXAMINED_MAX = 1000 }; /* cases looked at */

/* Adds a finding while there is room. */
void hm_examination_find(hm_examination *result, hm_ill ill, double value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* to.rows cases, spread over the set. */
hm_status hm_examination_read(const hm_dataset *set, hm_matrix to, hm_error *error);

/* A feed-forward net: hm_examine for it. */
hm_status hm_examine_net(const hm_model *net, const hm_dataset *train, const hm_dataset *held_out, hm_examination *result, hm_error *error);

#endif
