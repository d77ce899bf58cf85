/* Pages are made of notes: the file page.tsv in the folder has a line for each thing that its page tells, and the page is
 * written anew whenever a line comes. So pictures that later commands draw into the folder join it.
 *
 *     title   WHAT
 *     number  NAME  VALUE
 *     picture FILE  TITLE  LOOK  COMMAND        (tabs between; the last line about a file counts) */
#include "cli/cli_page.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

enum { FIELDS_MAX = 5, PATH_MAX_LENGTH = 2 * HM_TEXT_MAX };
static const char NOTES[] = "page.tsv";
static const size_t NOTES_MAX = (size_t)1 << 22;

/* ---- Notes ------------------------------------------------------------------------------------------------ */

static void put_field(FILE *stream, const char *text)
{
    fputc('\t', stream);
    for (const char *at = text; *at; at++)
        fputc(*at == '\t' || *at == '\n' ? ' ' : *at, stream);
}

static hm_status add_note(const char *folder, const char *mode, const char *kind, const char *const *fields, int n,
                          hm_error *error)
{
    char path[PATH_MAX_LENGTH];
    hm_path_join(path, sizeof path, folder, NOTES);
    FILE *stream = fopen(path, mode);
    if (!stream)
        return hm_fail_io(error, "write", path);
    fputs(kind, stream);
    for (int i = 0; i < n; i++)
        put_field(stream, fields[i]);
    fputc('\n', stream);
    return fclose(stream) == 0 ? HM_OK : hm_fail_io(error, "write", path);
}

typedef struct note {
    char *field[FIELDS_MAX]; /* unused ones are empty */
} note;

/* Cuts one line, which ends in a zero, at its tabs. */
static note cut_line(char *line)
{
    static char empty[] = "";
    note made = {{line, empty, empty, empty, empty}};
    for (int i = 1; i < FIELDS_MAX && (line = strchr(line, '\t')); i++) {
        *line++ = 0;
        made.field[i] = line;
    }
    return made;
}

/* ---- The page --------------------------------------------------------------------------------------------- */

static void put_text(hm_file_writer *w, const char *text)
{
    hm_file_write(w, text, strlen(text));
}

static void put_escaped(hm_file_writer *w, const char *text)
{
    for (; *text; text++) {
        const char *safe = *text == '<' ? "&lt;" : *text == '&' ? "&amp;" : *text == '"' ? "&quot;" : NULL;
        if (safe)
            put_text(w, safe);
        else
            hm_file_write(w, text, 1);
    }
}

/* Pieces and fields in turn: "<h2>", field, "</h2>". */
static void put_between(hm_file_writer *w, const char *before, const char *field, const char *after)
{
    put_text(w, before);
    put_escaped(w, field);
    put_text(w, after);
}

static void put_numbers(hm_file_writer *w, const note *notes, size_t n)
{
    put_text(w, "<table>\n");
    for (size_t i = 0; i < n; i++) {
        bool is_last = strcmp(notes[i].field[0], "number") == 0;
        for (size_t k = i + 1; k < n && is_last; k++)
            is_last = strcmp(notes[k].field[0], "number") || strcmp(notes[k].field[1], notes[i].field[1]);
        if (!is_last)
            continue;
        put_between(w, "<tr><td>", notes[i].field[1], "</td>");
        put_between(w, "<td>", notes[i].field[2], "</td></tr>\n");
    }
    put_text(w, "</table>\n");
}

static void put_picture(hm_file_writer *w, const note *p)
{
    put_between(w, "<figure>\n<h2>", p->field[2], "</h2>\n");
    put_between(w, "<img src=\"", p->field[1], "\"");
    put_between(w, " alt=\"", p->field[2], "\">\n");
    put_between(w, "<figcaption>", p->field[3], "</figcaption>\n");
    put_between(w, "<pre>", p->field[4], "</pre>\n</figure>\n");
}

static void put_pictures(hm_file_writer *w, const note *notes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(notes[i].field[0], "picture") != 0)
            continue;
        bool is_first = true;
        size_t last = i;
        for (size_t k = 0; k < n; k++) {
            bool is_same = !strcmp(notes[k].field[0], "picture") && !strcmp(notes[k].field[1], notes[i].field[1]);
            is_first = is_first && !(is_same && k < i);
            last = is_same && k > last ? k : last;
        }
        if (is_first)
            put_picture(w, &notes[last]);
    }
}

static void put_page(hm_file_writer *w, const note *notes, size_t n)
{
    static const char head[] =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Harmonium</title>\n<style>\n"
        "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#222}\n"
        "figure{margin:3em 0}img{width:100%;border:1px solid #ddd}\n"
        "td{padding:.1em 1.5em .1em 0}figcaption{margin:.5em 0}\n"
        "pre{background:#f5f6f7;padding:.6em;white-space:pre-wrap;font-size:85%}\n</style></head><body>\n";
    static const char introduction[] =
        "<p>A Boltzmann machine learns without being told what it sees: each of its hidden units becomes a feature, and "
        "what the machine has learned can be seen, tried on data it never saw, and dreamt. Under each picture stands what "
        "to look for, and the command that drew it.</p>\n";
    put_text(w, head);
    for (size_t i = 0; i < n; i++)
        if (strcmp(notes[i].field[0], "title") == 0)
            put_between(w, "<h1>", notes[i].field[1], "</h1>\n");
    put_text(w, introduction);
    put_numbers(w, notes, n);
    put_pictures(w, notes, n);
    put_text(w, "</body></html>\n");
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static hm_status write_page(const cli_call *call, const char *folder, hm_error *error)
{
    char path[PATH_MAX_LENGTH];
    unsigned char *bytes = NULL;
    size_t n_bytes, n = 0;
    hm_file_writer writer;
    hm_path_join(path, sizeof path, folder, NOTES);
    hm_status status = hm_file_load(call->context, path, NOTES_MAX, &bytes, &n_bytes, error);
    if (status != HM_OK)
        return status;
    note *notes = hm_alloc(call->context, count_lines((char *)bytes), sizeof *notes, error);
    char *end;
    for (char *at = (char *)bytes; notes && (end = strchr(at, '\n')); at = end + 1) {
        *end = 0;
        notes[n++] = cut_line(at);
    }
    hm_path_join(path, sizeof path, folder, "index.html");
    status = notes ? hm_file_create(&writer, path, error) : HM_ERROR_MEMORY;
    if (status == HM_OK) {
        put_page(&writer, notes, n);
        status = hm_file_commit(&writer, error);
    }
    hm_free(call->context, notes);
    hm_free(call->context, bytes);
    return status;
}

/* ---- What others call ------------------------------------------------------------------------------------- */

hm_status cli_page_begin(const cli_call *call, const char *folder, const char *title, hm_error *error)
{
    char path[PATH_MAX_LENGTH];
    hm_path_join(path, sizeof path, folder, NOTES);
    if (call->options.output.resume && hm_file_exists(path))
        return HM_OK;
    return add_note(folder, "w", "title", &title, 1, error);
}

hm_status cli_page_number(const char *folder, const char *name, const char *value, hm_error *error)
{
    const char *fields[] = {name, value};
    return add_note(folder, "a", "number", fields, 2, error);
}

hm_status cli_page_picture(const cli_call *call, const char *path, const char *title, const char *look, hm_error *error)
{
    char folder[PATH_MAX_LENGTH], notes[PATH_MAX_LENGTH];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    hm_path_join(notes, sizeof notes, folder, NOTES);
    if (!hm_file_exists(notes))
        return HM_OK;
    const char *fields[] = {name, title, look, call->command};
    hm_status status = add_note(folder, "a", "picture", fields, 4, error);
    return status == HM_OK ? write_page(call, folder, error) : status;
}
