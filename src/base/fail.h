/* Filling the caller's error. */
#ifndef HM_BASE_FAIL_H
#define HM_BASE_FAIL_H

#include <harmonium/status.h>

#if defined(__GNUC__)
#define HM_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define HM_PRINTF(text, first)
#endif

/* Writes the message and returns the status, so that `return hm_fail(...)` is one line. error may be
 * null. A message too long for the buffer is cut. */
hm_status hm_fail(hm_error *error, hm_status status, const char *format, ...) HM_PRINTF(3, 4);

/* As hm_fail for a failed system call on a file: appends the text of errno and a remedy for the usual
 * causes (disk full, no permission, no such folder). `doing` is "open", "write", ... */
hm_status hm_fail_io(hm_error *error, const char *doing, const char *path);

#endif
