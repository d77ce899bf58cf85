/* Lines to the context's log sink. */
#ifndef HM_BASE_LOG_H
#define HM_BASE_LOG_H

#include <harmonium/context.h>

#include "base/fail.h"

/* Does nothing when the context has no sink. The line needs no newline. */
void hm_log(const hm_context *context, hm_log_level level, const char *format, ...) HM_PRINTF(3, 4);

#endif
