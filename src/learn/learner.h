/* Learners of one machine: where the second of the two correlations comes from.
 *
 * The slope of the log-likelihood is <v h> with the data held less <v h> under the model. The trainer (trainer.h) does what
 * all learners share: data, the first correlation, sparsity, costs, the update, monitors. A learner is a row that says where
 * states of the model come from; whatever it remembers from one batch to the next lies in arrays of the stage, which
 * checkpoints hold by themselves. */
#ifndef HM_LEARN_LEARNER_H
#define HM_LEARN_LEARNER_H

#include "learn/trainer.h"

typedef struct hm_learner {
    const char *name;    /* "cd": in recipes, reports and histories */
    const char *summary;
    const char *advice;  /* "take it ..." */
    bool samples_data;   /* its states of the visible units are samples, unless said otherwise */
    bool has_free_rows;  /* what find_states makes of a row or chain depends on it alone, so that mini-batches may be cut into shards */
    bool reconstructs;   /* find_states leaves the first reconstruction in v1, with its errors counted (hm_trainer_measure) */
    /* Makes what it remembers, with hm_stage_array_create, and what it needs; may raise t->n_rows. Null: nothing. */
    hm_status (*create)(hm_trainer *t, hm_error *error);
    void (*destroy)(hm_trainer *t); /* null: nothing to do */
    /* Leaves states of the model in *v (any number of rows up to t->n_chains) and what they drive in h1; `gibbs` has the
     * random numbers that are free. In h0_sample lie hidden states of the data, in v0 the data. Null: it learns without. */
    void (*find_states)(hm_trainer *t, size_t n, hm_gibbs *gibbs, hm_matrix *v);
    /* Once all shards of the mini-batch have found theirs; null: nothing is left. */
    void (*settle)(hm_trainer *t);
    /* The step; null: along the difference of the correlations (hm_machine_learn). minus: of the states found. */
    hm_status (*learn)(hm_trainer *t, const hm_phase *plus, const hm_phase *minus, const hm_step *step, hm_error *error);
    /* As hm_stage_kind.check, of what it remembers; null: it goes on from anything. */
    hm_status (*check)(const hm_trainer *t, const char *path, hm_error *error);
    void (*report)(hm_trainer *t, hm_train_report *report); /* what it alone knows, between steps; null: nothing */
} hm_learner;

/* The order is that of the choices of the option `learner`. */
extern const hm_learner *const hm_learners[]; /* null-terminated */
extern const hm_learner hm_learner_cd, hm_learner_pcd, hm_learner_fast_pcd, hm_learner_tempering, hm_learner_trajectory,
    hm_learner_mean_field, hm_learner_exact;

/* Squared differences of v0 and v1, the first reconstruction, for the report. */
void hm_trainer_measure(hm_trainer *t, size_t n);

/* What learners with persistent chains share: t->chains, and their k steps under `rbm`, after which h1 holds what t->rbm makes
 * of them. */
hm_status hm_pcd_create(hm_trainer *t, hm_error *error);
void hm_pcd_run(hm_trainer *t, const hm_rbm *rbm, size_t n, hm_gibbs *gibbs, hm_matrix *v);

/* Of learners whose chains change places: which pairs of neighbours are next, those that begin with replica 0 or with 1, in step
 * s of this batch. */
size_t hm_swap_first(const hm_trainer *t, size_t s);
void hm_swap_rows(hm_matrix *m, size_t i, size_t j);
double hm_least_rate(const float *rate, size_t n);

/* k of this epoch. */
size_t hm_trainer_n_steps(const hm_trainer *t);

#endif
