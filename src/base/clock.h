/* The time, for how long something took. */
#ifndef HM_BASE_CLOCK_H
#define HM_BASE_CLOCK_H

#include <time.h>

/* Seconds since some moment. */
static inline double hm_seconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
