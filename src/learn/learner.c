/* The table of learners. */
#include "learn/learner.h"

const hm_learner *const hm_learners[] = {&hm_learner_cd, &hm_learner_pcd, &hm_learner_fast_pcd, &hm_learner_tempering,
                                         &hm_learner_mean_field, &hm_learner_exact, NULL};

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
