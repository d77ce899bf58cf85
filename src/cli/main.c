/* harmonium: one program, a verb for each thing one does with these models. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include <string.h>
#include <time.h>

#include "base/fail.h"
#include "base/team.h"
#include "cli/cli_signals.h"
#include "cli/verbs.h"

static void print_log(void *user, hm_log_level level, const char *line)
{
    static const char *const names[] = {"error", "warning", "note", "debug"};
    (void)user;
    if (level <= HM_LOG_INFO)
        cli_complain("%s: %s", names[level], line);
}

static hm_status make_context(cli_call *call, hm_error *error)
{
    const cli_common *common = &call->options.common;
    hm_context_config config = {.n_threads = (int)common->threads,
                                .backend = common->backend,
                                .precision = common->precision,
                                .seed = (uint64_t)common->seed,
                                .log = common->quiet ? NULL : print_log,
                                .team = call->team,
                                .should_stop = cli_is_stop_asked};
    return hm_context_create(&config, &call->context, error);
}

/* 2 for what the caller typed wrongly, also where only the run could tell; 1 for what went wrong. */
static int exit_code(hm_status status, bool is_running)
{
    return status == HM_OK ? 0 : is_running && status != HM_ERROR_ARGUMENT ? 1 : 2;
}

/* Ranks other than the first are silent, but for what they alone run into. */
static hm_status prepare_rank(const cli_verb *verb, cli_call *call, hm_error *error)
{
    if (call->team && verb != &cli_verb_train && verb != &cli_verb_evaluate)
        return hm_fail(error, HM_ERROR_ARGUMENT, "is for one process; mpirun is for harmonium train and harmonium evaluate");
    call->options.common.quiet = call->options.common.quiet || !cli_is_chief(call);
    return HM_OK;
}

/* What all ranks run into alike in a run, rank 0 tells, and ends all before the others come to it. */
static void tell_error(const cli_call *call, const char *name, bool is_running, const char *message)
{
    const struct timespec pause = {.tv_nsec = 300000000};
    int rank = hm_team_rank(call->team);
    if (rank == 0) {
        fprintf(stderr, "harmonium %s: %s\n", name, message);
        return;
    }
    if (is_running)
        nanosleep(&pause, NULL);
    fprintf(stderr, "harmonium %s, rank %d: %s\n", name, rank, message);
}

/* Ranks that wait for this one must not wait for ever; a stop they have agreed on. */
static void end_team(const cli_call *call, hm_status status, bool is_running)
{
    int code = exit_code(status, is_running);
    if (code && is_running && status != HM_ERROR_INTERRUPTED)
        hm_team_abort(call->team, code);
    hm_team_leave(call->team);
}

/* The command as it was typed, more or less: words with anything special in them in quotation marks. */
static const char *command_line(int argc, char **argv)
{
    static char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "harmonium");
    for (int i = 1; i < argc && used < sizeof text; i++) {
        const char *mark = *argv[i] && !strpbrk(argv[i], " \t\"$*|&;<>()") ? "" : "'";
        used += (size_t)snprintf(text + used, sizeof text - used, " %s%s%s", mark, argv[i], mark);
    }
    return text;
}

enum { CHIEF_IS_OUT = 1, OTHER_IS_OUT = 2 };

/* A rank that does not run would leave the others waiting for it, so that none runs unless all do. */
static hm_status meet_ranks(const cli_call *call, bool runs, hm_status status, bool *is_told, hm_error *error)
{
    unsigned out = hm_team_agree(call->team, runs ? 0 : cli_is_chief(call) ? CHIEF_IS_OUT : OTHER_IS_OUT);
    *is_told = cli_is_chief(call) || (!runs && status != HM_OK && !(out & CHIEF_IS_OUT));
    if (runs && out)
        return hm_fail(error, HM_ERROR_MISMATCH, "another rank does not run; start all ranks with the same program, files and options");
    return status;
}

/* *is_running: whether it came to that, so that what went wrong is not of the command line alone. */
static hm_status run_verb(const cli_verb *verb, int n, char **arguments, cli_call *call, bool *is_running, bool *is_told, hm_error *error)
{
    bool wants_help = false;
    hm_status status = cli_parse(verb, n, arguments, call, &wants_help, error);
    if (status == HM_OK && wants_help) {
        if (cli_is_chief(call))
            cli_print_verb_help(verb, stdout);
        return meet_ranks(call, false, HM_OK, is_told, error);
    }
    if (status == HM_OK)
        status = prepare_rank(verb, call, error);
    if (status == HM_OK)
        status = cli_check_files(verb, call, error);
    if (status == HM_OK)
        status = make_context(call, error);
    status = meet_ranks(call, status == HM_OK, status, is_told, error);
    if (status != HM_OK)
        return status;
    *is_running = *is_told = true;
    return verb->run(call, error);
}

/* Output that did not arrive is an error, whatever was done. */
static int end_output(int code)
{
    hm_error error;
    bool is_flushed = fflush(stdout) == 0;
    if (is_flushed && !ferror(stdout))
        return code;
    if (is_flushed) /* what failed was an earlier write */
        hm_fail(&error, HM_ERROR_IO, "standard output: cannot write all of it; free some space or choose another place");
    else
        hm_fail_io(&error, "write", "standard output");
    fprintf(stderr, "harmonium: %s\n", error.message);
    return code ? code : 1;
}

int main(int argc, char **argv)
{
    static cli_call call;
    hm_error error = {0};
    bool is_running = false, is_told = true;
    cli_guard_streams();
    cli_signals_begin();
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0) {
        printf("harmonium %s\n", hm_version_text());
        return end_output(0);
    }
    const cli_verb *verb = cli_find_verb(name);
    if (!verb) {
        cli_fail_verb(name, &error);
        fprintf(stderr, "harmonium: %s\n", error.message);
        return 2;
    }
    call.command = command_line(argc, argv);
    if (hm_team_is_launched() && hm_team_join(&call.team, &error) != HM_OK) {
        fprintf(stderr, "harmonium: %s\n", error.message);
        return 1;
    }
    hm_status status = run_verb(verb, argc > 2 ? argc - 2 : 0, argv + 2, &call, &is_running, &is_told, &error);
    hm_context_destroy(call.context);
    if (status != HM_OK && is_told)
        tell_error(&call, verb->name, is_running, error.message[0] ? error.message : hm_status_text(status));
    int code = end_output(exit_code(status, is_running));
    end_team(&call, status, is_running);
    return code;
}
