/* One lock for the whole process, since FFTW's tables are. */
#include "base/planner.h"

#include <pthread.h>

static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

void hm_planner_lock(void)
{
    pthread_mutex_lock(&planner);
}

void hm_planner_unlock(void)
{
    pthread_mutex_unlock(&planner);
}
