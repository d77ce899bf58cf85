/* A doctor for trained models: what is wrong, how one sees it, and what to do.
 *
 *     hm_examination found;
 *     hm_examine(model, 0, train, held_out, true, &found, &error);
 *     for (size_t i = 0; i < found.n; i++)
 *         puts(found.finding[i].text);
 */
#ifndef HARMONIUM_EXAMINE_H
#define HARMONIUM_EXAMINE_H

#include <stdbool.h>
#include <stddef.h>

#include <harmonium/data.h>
#include <harmonium/model.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HM_FINDINGS_MAX = 32, HM_FINDING_TEXT_MAX = 400 };

typedef enum hm_ill {
    HM_ILL_NOT_FINITE,   /* parameters that are no numbers */
    HM_ILL_CONSTANT,     /* features of the data that never change */
    HM_ILL_RANGE,        /* data that the units cannot take, or Gaussian data that are not standardised */
    HM_ILL_FEW_CASES,    /* fewer cases than a machine of this size needs */
    HM_ILL_UNLEARNED,    /* reconstructions no better than the mean of the data */
    HM_ILL_EXPLODED,     /* reconstructions that vary more than the data */
    HM_ILL_DEAD,         /* hidden units that are never on */
    HM_ILL_STUCK,        /* hidden units that are always on */
    HM_ILL_DUPLICATES,   /* hidden units that do the same */
    HM_ILL_OVERFITTED,   /* training cases much likelier than held-out ones */
    HM_ILL_ASTRAY,       /* the model's own chains end where there are no data */
    HM_ILL_FROZEN,       /* chains that stay where they began */
    HM_ILL_UNBOUNDED,    /* no finite partition function (hm_rbm_find_partition) */
    HM_ILL_COLLAPSED     /* a net that calls every case the same class */
} hm_ill;

typedef struct hm_finding {
    hm_ill ill;
    double value; /* what was measured: a share, a ratio, nats */
    char text[HM_FINDING_TEXT_MAX]; /* what, how much, and the next action */
} hm_finding;

/* Findings, the gravest first, and what the checks measured (NaN: not known). */
typedef struct hm_examination {
    size_t n;
    hm_finding finding[HM_FINDINGS_MAX];
    double share_dead, share_stuck, share_duplicate; /* of the hidden units */
    double error_ratio;    /* squared error of reconstructions over the variance of the data: 1 is the mean's */
    double variance_ratio; /* variance of reconstructions over that of the data */
    double free_energy_gap; /* held-out - training, nats */
    double astray;          /* free energy of the data - that of the model's own chains, nats */
    double wrong, wrong_held_out; /* of a net: shares of the labelled training and held-out cases that it names wrongly */
    double autocorrelation; /* of free energies along a chain, after 100 steps; near 1: they do not move */
} hm_examination;

/* Examines machine `machine` of an RBM or, on the cases of its class, of a class model (whose data need labels), the first level of a DBN, or a feed-forward net, on up to 1,000 cases of the training data
 * and of held-out data (may be null); without runs_chains, what only Gibbs chains tell (1,000 steps) is left out. Looks at data and
 * parameters alone where parameters are not finite, and runs no chains where they would run off. HM_ERROR_MISMATCH
 * where model and data do not fit. */
hm_status hm_examine(const hm_model *model, size_t machine, const hm_dataset *train, const hm_dataset *held_out, bool runs_chains,
                     hm_examination *result, hm_error *error);

#ifdef __cplusplus
}
#endif
#endif
