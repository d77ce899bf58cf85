/* The lock on FFTW's planner: of FFTW, only running a plan is safe for several threads; making and destroying plans share
 * its tables, whoever does it. */
#ifndef HM_BASE_PLANNER_H
#define HM_BASE_PLANNER_H

void hm_planner_lock(void);
void hm_planner_unlock(void);

#endif
