/* The table of unit kinds: what a unit does with its input.
 *
 * Letters: a input of a unit (bias included), beta inverse temperature, s state. A kind is the base energy
 * e(s) in E = sum_i e(s_i) - a_i s_i; its functions follow from P(s) ~ exp(-beta (e(s) - a s)). */
#ifndef HM_COMPUTE_UNIT_H
#define HM_COMPUTE_UNIT_H

#include <harmonium/layer.h>
#include <harmonium/random.h>

#include "compute/kernels/kernels.h"

/* A run of one row of a layer that lies in one group. */
typedef struct hm_unit_row {
    const hm_kernels *kernels;
    int size; /* of the group: softmax K, binomial trials */
    float beta;
    const hm_random *random; /* only for sampling */
    uint64_t index, first;   /* the case, and the first unit's number within the layer */
    size_t n;
} hm_unit_row;

typedef struct hm_unit_kind {
    const char *name;
    const char *summary;
    const char *size_name; /* what "20x8" counts, or null when the kind has no size */
    int least_size;
    bool samples_input; /* a sample depends on the input beside the mean */
    int joint; /* units that depend on each other, and are computed together: 0: none, 1: runs of the group's size, 2: of its square */
    /* a[n] -> mean[n]; mean may be a. */
    void (*mean)(const hm_unit_row *row, const float *a, float *mean);
    /* a[n] (undefined unless samples_input) and its mean[n] -> one sample[n]; sample may be neither. */
    void (*sample)(const hm_unit_row *row, const float *a, const float *mean, float *sample);
    /* sum over units (or groups) of log sum_s exp(-beta (e(s) - a s)), integrals for real s. */
    double (*log_partition)(const hm_unit_row *row, const float *a);
    /* sum of e(s). */
    double (*base_energy)(const hm_unit_row *row, const float *s);
} hm_unit_kind;

extern const hm_unit_kind hm_unit_kinds[];
extern const int hm_n_unit_kinds;

/* HM_ERROR_ARGUMENT, with the name, for a layer that a program filled with what no layer can be: kinds that are not there, no units, groups
 * that do not divide, maps that do not make up the units. */
hm_status hm_layer_check(const char *name, const hm_layer *layer, hm_error *error);

/* log of the sum over all states of a layer of exp(-beta (e(s) - a's)): the term of the hidden units in -beta F. */
double hm_layer_log_partition(const hm_kernels *kernels, const hm_layer *layer, float beta, const float *a);
/* sum of e(s) over a layer. */
double hm_layer_base_energy(const hm_kernels *kernels, const hm_layer *layer, float beta, const float *s);

#endif
