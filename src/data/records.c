/* Records of delimited text, split where they lie in the buffer. */
#include "data/records.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

enum { ROOM_FIRST = 1 << 16, ROOM_MAX = 1 << 28, FIELDS_FIRST = 64 };

hm_status hm_records_open(hm_source *source, bool is_split_at_blanks, hm_records *records, hm_error *error)
{
    *records = (hm_records){.source = source, .is_split_at_blanks = is_split_at_blanks, .room = ROOM_FIRST, .n_room = FIELDS_FIRST};
    records->buffer = hm_alloc(source->context, records->room, 1, error);
    records->field = hm_alloc(source->context, records->n_room, sizeof *records->field, error);
    if (records->buffer && records->field)
        return HM_OK;
    hm_records_close(records);
    return HM_ERROR_MEMORY;
}

void hm_records_close(hm_records *records)
{
    if (!records->source)
        return;
    hm_free(records->source->context, records->buffer);
    hm_free(records->source->context, records->field);
    *records = (hm_records){0};
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Moves what is left to the front and reads more behind it; a record longer than the buffer makes it grow. */
static hm_status read_more(hm_records *in, hm_error *error)
{
    size_t n_read, held = in->end - in->begin;
    memmove(in->buffer, in->buffer + in->begin, held);
    in->begin = 0;
    in->end = held;
    if (held + 1 == in->room) {
        if (in->room >= ROOM_MAX)
            return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu has more than %d bytes; is this a CSV file?", in->source->path,
                           in->n_lines + 1, ROOM_MAX);
        char *grown = hm_realloc(in->source->context, in->buffer, in->room, 2 * in->room, 1, error);
        if (!grown)
            return HM_ERROR_MEMORY;
        in->buffer = grown;
        in->room *= 2;
    }
    hm_status status = hm_source_read(in->source, in->buffer + held, in->room - 1 - held, &n_read, error);
    in->end += n_read;
    in->is_at_end = n_read == 0;
    return status;
}

/* *n: how far the next end of a line lies behind `from` bytes of what is left; or all of it, at the end of the file. */
static hm_status find_line_end(hm_records *in, size_t from, size_t *n, hm_error *error)
{
    for (;;) {
        const char *begin = in->buffer + in->begin;
        const char *newline = memchr(begin + from, '\n', in->end - in->begin - from);
        *n = newline ? (size_t)(newline - begin) : in->end - in->begin;
        if (newline || in->is_at_end)
            return HM_OK;
        from = *n;
        hm_status status = read_more(in, error);
        if (status != HM_OK)
            return status;
    }
}

/* ---- Quotation marks -------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* How long the quotation is that text[0] begins, with both of its marks; 0 when text[.. end) does not close it. */
static size_t quoted_length(const char *text, const char *end)
{
    for (const char *at = text + 1; at < end; at++) {
        if (*at != '"')
            continue;
        if (at + 1 == end || at[1] != '"')
            return (size_t)(at + 1 - text);
        at++;
    }
    return 0;
}

/* Where a scan of a record stands: inside of quotation marks, or where a field may begin, which alone opens them. */
typedef struct scan {
    bool is_inside, is_begin;
} scan;

/* Before the separator is known, anything that may be one begins a field. */
static void scan_quotes(scan *s, const char *text, const char *end, char separator)
{
    for (; text < end; text++) {
        bool is_mark = *text == '"';
        if (s->is_inside) {
            bool is_doubled = is_mark && text + 1 < end && text[1] == '"';
            text += is_doubled;
            s->is_inside = !is_mark || is_doubled;
        } else if (s->is_begin && is_mark) {
            *s = (scan){.is_inside = true};
        } else {
            bool is_separator = separator ? *text == separator : *text == ',' || *text == ';' || *text == '\t';
            s->is_begin = is_separator || (is_blank(*text) && (s->is_begin || separator == ' '));
        }
    }
}

/* Whether `wanted` stands in text outside of quotation marks. */
static bool has_outside(const char *text, char wanted)
{
    bool is_inside = false;
    for (; *text; text++) {
        is_inside ^= *text == '"';
        if (*text == wanted && !is_inside)
            return true;
    }
    return false;
}

static char separator_of(const hm_records *in, const char *text)
{
    static const char candidates[] = "\t;,";
    for (const char *c = candidates; *c; c++)
        if (has_outside(text, *c))
            return *c;
    text += strspn(text, " ");
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == ' ')
        n--;
    bool has_blank = false, is_inside = false;
    for (size_t i = 0; i < n; i++) {
        is_inside ^= text[i] == '"';
        has_blank |= text[i] == ' ' && !is_inside;
    }
    return in->is_split_at_blanks && has_blank ? ' ' : ',';
}

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Takes the quotation marks of text[0 .. n) away and halves the doubled ones, in place. */
static size_t unquote(char *text, size_t n)
{
    size_t used = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        text[used++] = text[i];
        i += text[i] == '"';
    }
    return used;
}

static hm_status add_field(hm_records *in, char *begin, char *end, hm_error *error)
{
    const hm_context *context = in->source->context;
    if (in->n_fields == in->n_room) {
        hm_field *grown = hm_realloc(context, in->field, in->n_room, 2 * in->n_room, sizeof *grown, error);
        if (!grown)
            return HM_ERROR_MEMORY;
        in->field = grown;
        in->n_room *= 2;
    }
    while (begin < end && is_blank(*begin))
        begin++;
    while (end > begin && is_blank(end[-1]))
        end--;
    size_t n = (size_t)(end - begin);
    bool is_quoted = n >= 2 && *begin == '"' && quoted_length(begin, end) == n;
    n = is_quoted ? unquote(begin, n) : n;
    begin[n] = 0;
    in->field[in->n_fields++] = (hm_field){begin, n, is_quoted};
    return HM_OK;
}

/* Where the field that begins at `text` ends: at a separator, or at the end. */
static char *end_of_field(char *text, char *end, char separator)
{
    char *at = text;
    while (at < end && *at != separator && is_blank(*at))
        at++;
    if (at < end && *at == '"')
        at += quoted_length(at, end);
    char *next = memchr(at, separator, (size_t)(end - at));
    return next ? next : end;
}

static hm_status split(hm_records *in, char *text, size_t n, hm_error *error)
{
    hm_status status = HM_OK;
    char *end = text + n;
    for (bool is_last = false; status == HM_OK && !is_last;) {
        char *stop = end_of_field(text, end, in->separator);
        is_last = stop == end;
        status = add_field(in, text, stop, error);
        text = stop + 1;
    }
    return status;
}

static hm_status split_at_blanks(hm_records *in, char *text, size_t n, hm_error *error)
{
    hm_status status = HM_OK;
    char *end = text + n;
    while (status == HM_OK) {
        while (text < end && is_blank(*text))
            text++;
        if (text >= end)
            break;
        char *stop = text + (*text == '"' ? quoted_length(text, end) : 0);
        while (stop < end && !is_blank(*stop))
            stop++;
        status = add_field(in, text, stop, error);
        text = stop + 1;
    }
    return status;
}

/* ---- Records --------------------------------------------------------------------------------- */

/* As find_line_end, for the end of the record: ends of lines in quotation marks belong to it. Each byte is looked at once. */
static hm_status find_record_end(hm_records *in, size_t *n, hm_error *error)
{
    scan s = {.is_begin = true};
    hm_status status = find_line_end(in, 0, n, error);
    in->line = in->n_lines + 1;
    in->n_lines++;
    if (status != HM_OK || !memchr(in->buffer + in->begin, '"', *n))
        return status;
    for (size_t scanned = 0;;) {
        scan_quotes(&s, in->buffer + in->begin + scanned, in->buffer + in->begin + *n, in->separator);
        if (!s.is_inside)
            return HM_OK;
        if (in->begin + *n == in->end)
            return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu opens a quotation mark that is never closed; close it", in->source->path,
                           in->line);
        scanned = *n + 1;
        in->n_lines++;
        status = find_line_end(in, scanned, n, error);
        if (status != HM_OK)
            return status;
    }
}

/* *text[*n]: the next record without the end of its line, behind which a zero byte stands. */
static hm_status take_record(hm_records *in, char **text, size_t *n, hm_error *error)
{
    hm_status status = find_record_end(in, n, error);
    if (status != HM_OK)
        return status;
    *text = in->buffer + in->begin;
    in->begin += *n + (in->begin + *n < in->end);
    *n -= *n > 0 && (*text)[*n - 1] == '\r';
    if (memchr(*text, 0, *n))
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu holds a zero byte; this is not a CSV file in UTF-8", in->source->path, in->line);
    (*text)[*n] = 0;
    return HM_OK;
}

hm_status hm_records_next(hm_records *in, bool *is_there, hm_error *error)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    char *text;
    size_t n;
    hm_status status;
    do {
        bool is_first = in->n_lines == 0;
        status = find_line_end(in, 0, &n, error);
        *is_there = status == HM_OK && in->begin < in->end;
        if (!*is_there)
            return status;
        if (is_first && strncmp(in->buffer, byte_order_mark, 3) == 0)
            in->begin += 3;
        status = take_record(in, &text, &n, error);
        if (status != HM_OK)
            return status;
    } while (!in->separator && *text == '#');
    in->n_fields = 0;
    if (n == strspn(text, " \t"))
        return HM_OK;
    if (!in->separator)
        in->separator = separator_of(in, text);
    return (in->separator == ' ' ? split_at_blanks : split)(in, text, n, error);
}
