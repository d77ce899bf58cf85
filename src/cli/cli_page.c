/* Pages are made of notes: the file page.tsv in the folder has a line for each thing that its page tells, and the page is
 * written anew whenever a line comes. So pictures that later commands draw into the folder join it.
 *
 *     title   WHAT  INTRODUCTION
 *     number  NAME  VALUE
 *     heading WHAT
 *     text    PARAGRAPH
 *     head    CELL ..                           (of a table)
 *     row     CELL ..                           (of the table above)
 *     picture FILE  TITLE  LOOK  COMMAND        (tabs between; the last line about a file counts)
 *     link    FOLDER  TITLE  LOOK  COMMAND      (likewise; the folder has a page of its own) */
#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "cli/cli_page.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/lines.h"

enum { FIELDS_MAX = CLI_PAGE_COLS_MAX + 1, PATH_MAX_LENGTH = 2 * HM_TEXT_MAX };
static const char NOTES[] = "page.tsv";
static const size_t NOTES_MAX = (size_t)1 << 22;

/* ---- Notes ------------------------------------------------------------------------------------------------ */

static void put_field(FILE *stream, const char *text)
{
    fputc('\t', stream);
    for (const char *at = text; *at; at++)
        fputc(*at == '\t' || *at == '\n' ? ' ' : *at, stream);
}

/* The first note begins the file anew. */
static hm_status add_note(const char *folder, bool is_first, const char *kind, const char *const *fields, int n, hm_error *error)
{
    char path[PATH_MAX_LENGTH], *line = NULL;
    size_t length = 0;
    hm_path_join(path, sizeof path, folder, NOTES);
    FILE *stream = open_memstream(&line, &length);
    if (!stream)
        return hm_fail(error, HM_ERROR_MEMORY, "%s: no memory for a line", path);
    fputs(kind, stream);
    for (int i = 0; i < n; i++)
        put_field(stream, fields[i]);
    fputc('\n', stream);
    fclose(stream);
    hm_status status = is_first ? hm_file_save(path, line, length, error) : hm_file_append(path, line, length, error);
    free(line);
    return status;
}

typedef struct note {
    char *field[FIELDS_MAX]; /* unused ones are empty */
    int n;
} note;

/* Cuts one line, which ends in a zero, at its tabs. */
static note cut_line(char *line)
{
    static char empty[] = "";
    note made = {{line}, 1};
    while (made.n < FIELDS_MAX && (line = strchr(line, '\t'))) {
        *line++ = 0;
        made.field[made.n++] = line;
    }
    for (int i = made.n; i < FIELDS_MAX; i++)
        made.field[i] = empty;
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

static bool is_kind(const note *told, const char *kind)
{
    return strcmp(told->field[0], kind) == 0;
}

/* With the tags of the table around its head and its last row. */
static void put_row(hm_file_writer *w, const note *row, bool is_last)
{
    bool is_head = is_kind(row, "head");
    put_text(w, is_head ? "<div><table class=\"cells\">\n<tr>" : "<tr>");
    for (int i = 1; i < row->n; i++)
        put_between(w, is_head ? "<th>" : "<td>", row->field[i], is_head ? "</th>" : "</td>");
    put_text(w, is_last ? "</tr>\n</table></div>\n" : "</tr>\n");
}

/* Headings, paragraphs and tables as they come. */
static void put_body(hm_file_writer *w, const note *notes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_kind(&notes[i], "heading"))
            put_between(w, "<h2>", notes[i].field[1], "</h2>\n");
        else if (is_kind(&notes[i], "text"))
            put_between(w, "<p>", notes[i].field[1], "</p>\n");
        else if (is_kind(&notes[i], "head") || is_kind(&notes[i], "row"))
            put_row(w, &notes[i], i + 1 == n || !is_kind(&notes[i + 1], "row"));
}

static void put_picture(hm_file_writer *w, const note *p)
{
    put_between(w, "<figure>\n<h2>", p->field[2], "</h2>\n");
    if (is_kind(p, "link")) {
        put_between(w, "<p><a href=\"", p->field[1], "/index.html\">");
        put_between(w, "", p->field[1], "/index.html</a></p>\n");
    } else {
        put_between(w, "<img src=\"", p->field[1], "\"");
        put_between(w, " alt=\"", p->field[2], "\">\n");
    }
    put_between(w, "<figcaption>", p->field[3], "</figcaption>\n");
    put_between(w, "<pre>", p->field[4], "</pre>\n</figure>\n");
}

static void put_pictures(hm_file_writer *w, const note *notes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_kind(&notes[i], "picture") && !is_kind(&notes[i], "link"))
            continue;
        bool is_first = true;
        size_t last = i;
        for (size_t k = 0; k < n; k++) {
            bool is_same = !strcmp(notes[k].field[0], notes[i].field[0]) && !strcmp(notes[k].field[1], notes[i].field[1]);
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
        "div{overflow-x:auto}.cells{border-collapse:collapse;font-size:90%}th{text-align:left;padding:.2em 1.5em .2em 0}\n"
        ".cells td,.cells th{border-bottom:1px solid #ddd;white-space:nowrap;vertical-align:top}\n"
        ".cells td:first-child,.cells th:first-child{position:sticky;left:0;background:#fff}\n"
        "pre{background:#f5f6f7;padding:.6em;white-space:pre-wrap;font-size:85%}\n</style></head><body>\n";
    put_text(w, head);
    for (size_t i = 0; i < n; i++)
        if (is_kind(&notes[i], "title")) {
            put_between(w, "<h1>", notes[i].field[1], "</h1>\n");
            put_between(w, "<p>", notes[i].field[2], "</p>\n");
        }
    put_numbers(w, notes, n);
    put_body(w, notes, n);
    put_pictures(w, notes, n);
    put_text(w, "</body></html>\n");
}

hm_status cli_page_write(const cli_call *call, const char *folder, hm_error *error)
{
    char path[PATH_MAX_LENGTH];
    unsigned char *bytes = NULL;
    size_t n_bytes, n = 0;
    hm_file_writer writer;
    hm_path_join(path, sizeof path, folder, NOTES);
    hm_status status = hm_file_load(call->context, path, NOTES_MAX, &bytes, &n_bytes, error);
    if (status != HM_OK)
        return status;
    note *notes = hm_alloc(call->context, hm_lines_count((char *)bytes), sizeof *notes, error);
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

hm_status cli_page_begin(const cli_call *call, const char *folder, const char *title, const char *introduction,
                         hm_error *error)
{
    char path[PATH_MAX_LENGTH];
    hm_path_join(path, sizeof path, folder, NOTES);
    if (call->options.output.resume && hm_file_exists(path))
        return HM_OK;
    const char *fields[] = {title, introduction};
    return add_note(folder, true, "title", fields, 2, error);
}

hm_status cli_page_number(const char *folder, const char *name, const char *value, hm_error *error)
{
    const char *fields[] = {name, value};
    return add_note(folder, false, "number", fields, 2, error);
}

hm_status cli_page_text(const char *folder, const char *text, hm_error *error)
{
    return add_note(folder, false, "text", &text, 1, error);
}

hm_status cli_page_table(const char *folder, const char *title, const cli_table *table, hm_error *error)
{
    hm_status status = add_note(folder, false, "heading", &title, 1, error);
    for (size_t i = 0; status == HM_OK && i < table->n_rows; i++)
        status = add_note(folder, false, i ? "row" : "head", (const char *const *)table->cell + i * table->n_cols, (int)table->n_cols, error);
    return status;
}

static hm_status tell(const cli_call *call, const char *kind, const char *path, const char *title, const char *look, hm_error *error)
{
    char folder[PATH_MAX_LENGTH], notes[PATH_MAX_LENGTH];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    hm_path_join(notes, sizeof notes, folder, NOTES);
    if (!hm_file_exists(notes))
        return HM_OK;
    const char *fields[] = {name, title, look, call->command};
    hm_status status = add_note(folder, false, kind, fields, 4, error);
    return status == HM_OK ? cli_page_write(call, folder, error) : status;
}

hm_status cli_page_picture(const cli_call *call, const char *path, const char *title, const char *look, hm_error *error)
{
    return tell(call, "picture", path, title, look, error);
}

hm_status cli_page_link(const cli_call *call, const char *path, const char *title, const char *look, hm_error *error)
{
    return tell(call, "link", path, title, look, error);
}
