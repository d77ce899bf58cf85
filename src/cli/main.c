/* harmonium: one program, a verb for each thing one does with these models. */
#include <locale.h>
#include <string.h>

#include "base/fail.h"
#include "cli/cli.h"

static void print_log(void *user, hm_log_level level, const char *line)
{
    static const char *const names[] = {"error", "warning", "note", "debug"};
    (void)user;
    if (level <= HM_LOG_INFO)
        fprintf(stderr, "%s: %s\n", names[level], line);
}

static hm_status make_context(cli_call *call, hm_error *error)
{
    const cli_common *common = &call->options.common;
    hm_context_config config = {.n_threads = (int)common->threads,
                                .backend = common->backend,
                                .precision = common->precision,
                                .seed = (uint64_t)common->seed,
                                .log = common->quiet ? NULL : print_log};
    return hm_context_create(&config, &call->context, error);
}

/* 2 for what the caller typed wrongly, also where only the run could tell; 1 for what went wrong. */
static int exit_code(hm_status status, bool is_running)
{
    return status == HM_OK ? 0 : is_running && status != HM_ERROR_ARGUMENT ? 1 : 2;
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

int main(int argc, char **argv)
{
    static cli_call call;
    hm_error error = {0};
    bool wants_help = false, is_running = false;
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0) {
        printf("harmonium %s\n", hm_version_text());
        return 0;
    }
    const cli_verb *verb = cli_find_verb(name);
    if (!verb) {
        cli_fail_verb(name, &error);
        fprintf(stderr, "harmonium: %s\n", error.message);
        return 2;
    }
    call.command = command_line(argc, argv);
    hm_status status = cli_parse(verb, argc > 2 ? argc - 2 : 0, argv + 2, &call, &wants_help, &error);
    if (status == HM_OK && wants_help) {
        cli_print_verb_help(verb, stdout);
        return 0;
    }
    if (status == HM_OK)
        status = cli_check_files(verb, &call, &error);
    if (status == HM_OK)
        status = make_context(&call, &error);
    if (status == HM_OK) {
        is_running = true;
        status = verb->run(&call, &error);
    }
    hm_context_destroy(call.context);
    if (status == HM_OK && (fflush(stdout) != 0 || ferror(stdout)))
        status = hm_fail_io(&error, "write", "standard output");
    if (status != HM_OK)
        fprintf(stderr, "harmonium %s: %s\n", verb->name, error.message[0] ? error.message : hm_status_text(status));
    return exit_code(status, is_running);
}
