/* The table of learners. */
#include "learn/learner.h"

const hm_learner *const hm_learners[] = {&hm_learner_cd, &hm_learner_pcd, &hm_learner_fast_pcd, &hm_learner_tempering,
                                         &hm_learner_trajectory, &hm_learner_mean_field, &hm_learner_exact, NULL};

size_t hm_swap_first(const hm_trainer *t, size_t s)
{
    return (t->stage.epoch + t->stage.batch + s) % 2;
}

double hm_least_rate(const float *rate, size_t n)
{
    double least = (double)rate[0];
    for (size_t r = 1; r < n; r++)
        least = (double)rate[r] < least ? (double)rate[r] : least;
    return least;
}

void hm_swap_rows(hm_matrix *m, size_t i, size_t j)
{
    float *x = hm_row_f32(m, i), *y = hm_row_f32(m, j);
    for (size_t k = 0; k < m->cols; k++) {
        float kept = x[k];
        x[k] = y[k];
        y[k] = kept;
    }
}

const char *hm_learner_name(int index)
{
    return index >= 0 && index < (int)(sizeof hm_learners / sizeof *hm_learners) - 1 ? hm_learners[index]->name : NULL;
}

const char *hm_learner_advice(int index)
{
    return hm_learner_name(index) ? hm_learners[index]->advice : NULL;
}

const char *hm_learner_summary(int index)
{
    return hm_learner_name(index) ? hm_learners[index]->summary : NULL;
}
