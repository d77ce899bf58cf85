/* What ends a run from outside: signals, and standard streams that are not there. */
#define _POSIX_C_SOURCE 200809L /* sigaction */
#include "cli/cli_signals.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/leftover.h"

static const int STOPS[] = {SIGINT, SIGTERM, SIGHUP};
enum { N_STOPS = 3 };

static volatile sig_atomic_t is_deferred_now, is_stop_asked;

static void die(int signal_number)
{
    hm_leftovers_remove();
    signal(signal_number, SIG_DFL);
    raise(signal_number); /* it comes when this handler returns */
}

static void stop(int signal_number)
{
    if (is_deferred_now)
        is_stop_asked = 1;
    else
        die(signal_number);
}

static void handle_with(int signal_number, void (*handler)(int), int flags)
{
    struct sigaction now, before;
    now.sa_handler = handler;
    now.sa_flags = flags;
    sigfillset(&now.sa_mask); /* one at a time */
    if (sigaction(signal_number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(signal_number, &now, NULL);
}

static void handle(int signal_number, void (*handler)(int))
{
    handle_with(signal_number, handler, SA_RESTART);
}

void cli_signals_interrupt(bool is_wanted)
{
    for (int i = 0; i < N_STOPS; i++)
        handle_with(STOPS[i], stop, is_wanted ? 0 : SA_RESTART);
}

void cli_signals_begin(void)
{
    for (int i = 0; i < N_STOPS; i++)
        handle(STOPS[i], stop);
    handle(SIGPIPE, die);
    handle(SIGXFSZ, SIG_IGN);
}

void cli_signals_defer(bool is_deferred)
{
    is_deferred_now = is_deferred;
}

bool cli_is_stop_asked(void *unused)
{
    (void)unused;
    return is_stop_asked != 0;
}

void cli_signals_ignore_pipe(void)
{
    handle(SIGPIPE, SIG_IGN);
}

/* Open in the direction that is of no use. */
void cli_guard_streams(void)
{
    for (int descriptor = 0; descriptor <= 2; descriptor++)
        if (fcntl(descriptor, F_GETFD) == -1) {
            int taken = open("/dev/null", descriptor ? O_RDONLY : O_WRONLY); /* the lowest that is free, which is this */
            (void)taken;
        }
}
