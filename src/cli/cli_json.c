/* Pieces of JSON. */
#include "cli/cli_json.h"

#include <math.h>
#include <stdio.h>

void cli_print_json_text(const char *text)
{
    if (!text) {
        printf("null");
        return;
    }
    putchar('"');
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned)*text);
        else
            putchar(*text);
    putchar('"');
}

void cli_print_json_number(double value)
{
    if (isfinite(value))
        printf("%.9g", value);
    else
        printf("null");
}

void cli_print_json_known(const char *name, double value)
{
    if (isfinite(value))
        printf(", \"%s\": %.9g", name, value);
}

void cli_print_json_numbers(const double *values, size_t n)
{
    putchar('[');
    for (size_t i = 0; i < n; i++) {
        printf("%s", i ? ", " : "");
        cli_print_json_number(values[i]);
    }
    putchar(']');
}
