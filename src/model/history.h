/* Histories: a line for each stage of training, with " (3 times)" at its end where as many were alike. */
#ifndef HM_MODEL_HISTORY_H
#define HM_MODEL_HISTORY_H

#include <harmonium/context.h>

/* Tells one more stage. One like it that is told already is counted there, since a net that learns case by case would else remember
 * each of them. */
hm_status hm_history_add(const hm_context *context, char **history, const char *line, hm_error *error);

/* How many stages it tells of. */
size_t hm_history_count(const char *history);

#endif
