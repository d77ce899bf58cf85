/* One lock for the whole process, since FFTW's tables are. */
#include "base/planner.h"

#include <pthread.h>

static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

static void lock(void)
{
    pthread_mutex_lock(&planner);
}

static void unlock(void)
{
    pthread_mutex_unlock(&planner);
}

/* A fork waits for the thread that plans, so that the child finds neither a held lock nor a table half made. */
static void guard_forks(void)
{
    pthread_atfork(lock, unlock, unlock);
}

void hm_planner_lock(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, guard_forks);
    lock();
}

void hm_planner_unlock(void)
{
    unlock();
}
