/* Pieces of JSON, to stdout. */
#ifndef HM_CLI_JSON_H
#define HM_CLI_JSON_H

#include <stddef.h>

/* A text in quotation marks; null where there is none. */
void cli_print_json_text(const char *text);

/* `, "name": value`; nothing for what is not finite: not known. */
void cli_print_json_known(const char *name, double value);

/* Nine digits, which are enough for float32; null for what is not finite, which JSON has no numbers for. */
void cli_print_json_number(double value);

/* [values[0], ..., values[n - 1]] */
void cli_print_json_numbers(const double *values, size_t n);

#endif
