/* Lines to the context's log sink. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/context.h"

void hm_log(const hm_context *context, hm_log_level level, const char *format, ...)
{
    char line[2048];
    if (!context->log)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    context->log(context->log_user, level, line);
}
