/* Text files of lines and words, taken apart where they lie. */
#ifndef HM_BASE_LINES_H
#define HM_BASE_LINES_H

#include <stddef.h>

#include <harmonium/context.h>

/* How many lines a text has at most. */
size_t hm_lines_count(const char *text);

/* A whole file as text, and how many lines it has at most; the caller frees *text with hm_free. */
hm_status hm_lines_load(const hm_context *context, const char *path, char **text, size_t *n_lines, hm_error *error);

/* Calls `read` for each line that is not empty, numbered from 1, without its end. */
typedef hm_status hm_line_reader(void *what, char *line, size_t number, hm_error *error);
hm_status hm_lines_each(char *text, hm_line_reader *read, void *what, hm_error *error);

/* The next word, ended by a zero byte in place; *at moves behind it. Null at the end of the line. */
char *hm_line_word(char **at);

#endif
