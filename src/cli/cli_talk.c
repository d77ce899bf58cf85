/* Talking to people: help pages, progress. */
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

void cli_say(const cli_call *call, const char *format, ...)
{
    va_list arguments;
    if (call->options.common.quiet)
        return;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* ---- Help --------------------------------------------------------------------------------------------- */

static void print_row(const hm_option_table *table, const hm_option *row, FILE *stream)
{
    char left[120], letter[8] = "    ", name[CLI_NAME_MAX];
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    const char *unit = row->unit ? row->unit : "";
    snprintf(left, sizeof left, "  %s--%s %s", letter, cli_option_name(table, row, name), unit);
    fprintf(stream, "%-34s %s", left, row->help);
    if (row->choices)
        fprintf(stream, ": %s", row->choices);
    if (row->type != HM_OPTION_FLAG && *row->initial)
        fprintf(stream, " [%s]", row->initial);
    fputc('\n', stream);
}

void cli_print_verb_help(const cli_verb *verb, FILE *stream)
{
    fprintf(stream, "usage: harmonium %s %s [options]\n\n%s.\n", verb->name, verb->operands, verb->summary);
    if (verb->example)
        fprintf(stream, "\nexample:\n  %s\n", verb->example);
    for (int t = 0; verb->tables[t]; t++) {
        const hm_option_table *table = verb->tables[t];
        bool is_of_recipes = table != &cli_output_options;
        fprintf(stream, is_of_recipes ? "\n%s ([%s] in a recipe):\n" : "\n%s:\n", table->title, table->section);
        for (size_t i = 0; i < table->n_rows; i++)
            if (cli_takes(verb, table, &table->rows[i]))
                print_row(table, &table->rows[i], stream);
    }
}

void cli_print_overview(FILE *stream)
{
    fputs("harmonium: stochastic neural networks that learn without labels\n\n"
          "usage: harmonium VERB ... [options]\n\n",
          stream);
    for (int i = 0; cli_verbs[i]; i++)
        fprintf(stream, "  %-12s %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    fputs("\nharmonium help VERB lists the options of a verb. A first run on the bundled digits:\n"
          "  harmonium train --data digits --hidden 100 --epochs 10 -o digits.safetensors\n",
          stream);
}

/* ---- Progress ------------------------------------------------------------------------------------------- */

double cli_seconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void cli_progress_begin(cli_progress *progress, const cli_call *call)
{
    progress->is_terminal = isatty(STDERR_FILENO) && !call->options.common.quiet;
    progress->began = cli_seconds();
    progress->shown = 0;
}

static void print_duration(char *text, size_t size, double seconds)
{
    int s = (int)(seconds + 0.5);
    if (s >= 3600)
        snprintf(text, size, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, size, "%d:%02d", s / 60, s % 60);
}

void cli_progress_show(cli_progress *progress, double done, double total, double cases, const char *what)
{
    enum { WIDTH = 24 };
    double now = cli_seconds(), elapsed = now - progress->began, share = total > 0 ? done / total : 1;
    if (!progress->is_terminal || now - progress->shown < 0.1)
        return;
    progress->shown = now;
    char bar[3 * WIDTH + 1] = "", left[32] = "";
    for (int i = 0; i < WIDTH; i++)
        strcat(bar, i < share * WIDTH ? "\u2588" : "\u2591");
    print_duration(left, sizeof left, share > 0 ? elapsed * (1 - share) / share : 0);
    fprintf(stderr, "\r\033[K%s %3.0f%%  %.0f cases/s  %s left  %s", bar, 100 * share,
            elapsed > 0 ? cases / elapsed : 0, left, what);
}

void cli_progress_clear(cli_progress *progress)
{
    if (progress->is_terminal)
        fputs("\r\033[K", stderr);
}
