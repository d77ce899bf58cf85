/* Status texts, and the filling of the caller's error. */
#include "base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/lines.h"

#ifndef HM_VERSION
#define HM_VERSION "0.1.0"
#endif

const char *hm_status_text(hm_status status)
{
    static const char *const text[] = {
#define HM_STATUS_TEXT(name, words) [HM_##name] = words,
        HM_STATUS_LIST(HM_STATUS_TEXT)
#undef HM_STATUS_TEXT
    };
    size_t n = sizeof text / sizeof *text;
    return (size_t)status < n ? text[status] : "unknown status";
}

const char *hm_version_text(void)
{
    return HM_VERSION;
}

hm_status hm_fail(hm_error *error, hm_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        hm_text_show(error->message, error->message, sizeof error->message); /* names of others play no tricks on a terminal */
    }
    return status;
}

static const char *io_remedy(int cause)
{
    switch (cause) {
    case ENOSPC:
    case EDQUOT: return "; free some space or choose another folder";
    case EACCES:
    case EPERM:
    case EROFS: return "; choose a place where you may write, or change its permissions";
    case ENOENT: return "; check the spelling of the path and that its folder exists";
    case EISDIR: return "; name a file, not a folder";
    case ESPIPE: return "; what is written here cannot go into a pipe, so name a file";
    default: return "";
    }
}

hm_status hm_fail_io(hm_error *error, const char *doing, const char *path)
{
    int cause = errno;
    return hm_fail(error, HM_ERROR_IO, "%s: cannot %s: %s%s", path, doing,
                   cause ? strerror(cause) : "unknown cause", io_remedy(cause));
}
