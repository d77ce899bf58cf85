/* What ends a run from outside: signals, and standard streams that are not there. */
#ifndef HM_CLI_SIGNALS_H
#define HM_CLI_SIGNALS_H

#include <stdbool.h>

/* SIGINT, SIGTERM, SIGHUP and SIGPIPE end the process, as they do by themselves, but no temporary file or lock is left behind. Those that
 * are ignored stay so (nohup). A file that grows beyond the limit of the process is an error, not a signal. */
void cli_signals_begin(void);

/* From here on the first three ask to stop, however often they come; or, with false, end the process again. */
void cli_signals_defer(bool is_deferred);
bool cli_is_stop_asked(void *unused);

/* Whether a stop that is deferred ends a system call that waits, such as for the reader of a FIFO, with EINTR. */
void cli_signals_interrupt(bool is_wanted);

/* For what must outlive the reader of its output. */
void cli_signals_ignore_pipe(void);

/* Standard streams that the caller has closed fail when they are used; without this the next file that is opened would be in their
 * place. */
void cli_guard_streams(void);

#endif
