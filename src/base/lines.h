/* Text files of lines and words, taken apart where they lie. */
#ifndef HM_BASE_LINES_H
#define HM_BASE_LINES_H

#include <stddef.h>

#include <harmonium/context.h>

/* A text as it may be shown to a terminal: control bytes, and bytes that are no UTF-8, become question marks. What does not fit in
 * `shown` is cut off; text and shown may be the same. Returns shown. */
char *hm_text_show(const char *text, char *shown, size_t size);

/* Takes the byte order mark of UTF-8 off the front of text[n], which ends with a zero byte; returns what is left of n. */
size_t hm_text_drop_mark(char *text, size_t n);

/* How many lines a text has at most. */
size_t hm_lines_count(const char *text);

/* A whole file as text, without a byte order mark, and how many lines it has at most; the caller frees *text with hm_free. */
hm_status hm_lines_load(const hm_context *context, const char *path, char **text, size_t *n_lines, hm_error *error);

/* Calls `read` for each line that is not empty, numbered from 1, without its end. */
typedef hm_status hm_line_reader(void *what, char *line, size_t number, hm_error *error);
hm_status hm_lines_each(char *text, hm_line_reader *read, void *what, hm_error *error);

/* The next word, ended by a zero byte in place; *at moves behind it. Null at the end of the line. */
char *hm_line_word(char **at);

#endif
