/* Talking to people: help pages, progress. */
#define _GNU_SOURCE /* ioctl, fileno */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lines.h"
#include "cli/cli.h"

bool cli_is_chief(const cli_call *call)
{
    return hm_team_rank(call->team) == 0;
}

/* A line of text, or a few, without what a terminal would take for a command: file and class names come from others. */
static void put_shown(const char *text, FILE *stream)
{
    char line[1024];
    while (*text) {
        size_t n = strcspn(text, "\n\t"), most = sizeof line - 1;
        if (n > most) /* not in the middle of a character of UTF-8 */
            for (n = most; n > most - 4 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
                ;
        memcpy(line, text, n);
        line[n] = 0;
        fputs(hm_text_show(line, line, sizeof line), stream);
        text += n;
        for (; *text == '\n' || *text == '\t'; text++)
            fputc(*text, stream);
    }
}

static void print_shown(FILE *stream, const char *format, va_list arguments)
{
    char few[2048];
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(few, sizeof few, format, arguments);
    char *all = n >= (int)sizeof few ? malloc((size_t)n + 1) : NULL;
    if (all)
        vsnprintf(all, (size_t)n + 1, format, again);
    put_shown(all ? all : few, stream);
    free(all);
    va_end(again);
}

void cli_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_shown(stdout, format, arguments);
    va_end(arguments);
}

void cli_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_shown(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void cli_say(const cli_call *call, const char *format, ...)
{
    va_list arguments;
    if (call->options.common.quiet)
        return;
    va_start(arguments, format);
    print_shown(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void cli_warn(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("warning: ", stderr);
    print_shown(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

size_t cli_columns(int descriptor)
{
    struct winsize size;
    const char *said = getenv("COLUMNS");
    long columns = said ? strtol(said, NULL, 10) : 0;
    if (columns <= 0 && ioctl(descriptor, TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    return columns > 0 ? (size_t)columns : 80;
}

/* ---- Help --------------------------------------------------------------------------------------------- */

enum { HELP_INDENT = 34 };

/* Words in the columns right of the indent. */
static void print_wrapped(const char *text, FILE *stream)
{
    size_t columns = cli_columns(fileno(stream)), used = HELP_INDENT;
    columns = columns < HELP_INDENT + 30 ? HELP_INDENT + 30 : columns > 120 ? 120 : columns;
    while (*text) {
        size_t n = strcspn(text, " ");
        bool is_first = used == HELP_INDENT;
        if (!is_first && used + 1 + n > columns) {
            fprintf(stream, "\n%*s", HELP_INDENT, "");
            used = HELP_INDENT;
            is_first = true;
        }
        used += (size_t)fprintf(stream, "%s%.*s", is_first ? "" : " ", (int)n, text);
        text += n + (text[n] == ' ');
    }
    fputc('\n', stream);
}

static void print_row(const hm_option_table *table, const hm_option *row, FILE *stream)
{
    char left[120], letter[8] = "    ", name[CLI_NAME_MAX];
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    const char *unit = row->unit ? row->unit : "";
    snprintf(left, sizeof left, "  %s--%s %s", letter, cli_option_name(table, row, name), unit);
    bool has_initial = row->type != HM_OPTION_FLAG && *row->initial;
    char help[1024];
    snprintf(help, sizeof help, "%s%s%s%s%s%s", row->help, row->choices ? ": " : "", row->choices ? row->choices : "",
             has_initial ? " [" : "", has_initial ? row->initial : "", has_initial ? "]" : "");
    fprintf(stream, "%-*s ", HELP_INDENT - 1, left);
    if (strlen(left) >= HELP_INDENT)
        fprintf(stream, "\n%*s", HELP_INDENT, "");
    print_wrapped(help, stream);
}

void cli_print_verb_help(const cli_verb *verb, FILE *stream)
{
    fprintf(stream, "usage: harmonium %s %s [options]\n\n%s.\n", verb->name, verb->operands, verb->summary);
    if (verb->example)
        fprintf(stream, "\nexample:\n  %s\n", verb->example);
    for (int t = 0; verb->tables[t]; t++) {
        const hm_option_table *table = verb->tables[t];
        bool is_of_recipes = cli_is_of_recipes(table) && cli_takes_recipe(verb);
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

void cli_progress_begin(cli_progress *progress, const cli_call *call)
{
    progress->is_terminal = isatty(STDERR_FILENO) && !call->options.common.quiet;
    progress->began = hm_seconds();
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
    double now = hm_seconds(), elapsed = now - progress->began, share = total > 0 ? done / total : 1;
    if (!progress->is_terminal || now - progress->shown < 0.1)
        return;
    progress->shown = now;
    char bar[3 * WIDTH + 1] = "", left[32] = "", line[400];
    for (int i = 0; i < WIDTH; i++)
        strcat(bar, i < share * WIDTH ? "\u2588" : "\u2591");
    print_duration(left, sizeof left, share > 0 ? elapsed * (1 - share) / share : 0);
    snprintf(line, sizeof line, " %3.0f%%  %.0f cases/s  %s left  %s", 100 * share, elapsed > 0 ? cases / elapsed : 0, left,
             what);
    /* A line that wraps could not be rewritten in place. */
    size_t columns = cli_columns(STDERR_FILENO), room = columns > WIDTH + 1 ? columns - WIDTH - 1 : 0;
    fprintf(stderr, "\r\033[K%s%.*s", columns > WIDTH ? bar : "", (int)room, hm_text_show(line, line, sizeof line));
}

void cli_progress_clear(cli_progress *progress)
{
    if (progress->is_terminal)
        fputs("\r\033[K", stderr);
}
