/* Schedules as text. */
#ifndef HM_BASE_SCHEDULE_H
#define HM_BASE_SCHEDULE_H

#include <harmonium/options.h>

/* Fails with a message that says only what was expected: the caller names the option. */
hm_status hm_schedule_parse(const char *text, hm_schedule *schedule, hm_error *error);

/* As it would be parsed back. Returns the whole length, as snprintf does. */
size_t hm_schedule_print(const hm_schedule *schedule, char *text, size_t size);

#endif
