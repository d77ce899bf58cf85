/* Numbers as text, whatever the locale of the program is: files and recipes do not change with it. */
#ifndef HM_BASE_NUMBER_H
#define HM_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

/* Reads the whole of text[0 .. n-1] as a number such as -12.5e-3, rounded as strtod rounds; false for anything else, and for "nan", "inf"
 * and hexadecimal forms. text[n] must be readable. A number too large for a double becomes infinite. */
bool hm_number_parse(const char *text, size_t n, double *value);

/* As strtod in the locale "C": takes "nan", "inf" and hexadecimal forms as well; *end is where the number ends. */
double hm_number_begin(const char *text, char **end);

/* The shortest text that reads back as the same double. Returns the length of the whole text, as snprintf does. */
size_t hm_number_print(double value, char *text, size_t size);

/* Numbers are printed as in the locale "C" between the two, whatever the program's locale is. */
typedef struct hm_plain_locale {
    void *before; /* the thread's own */
} hm_plain_locale;
hm_plain_locale hm_plain_locale_enter(void);
void hm_plain_locale_leave(hm_plain_locale before);

/* As snprintf in the locale "C". */
int hm_print(char *text, size_t size, const char *format, ...) HM_PRINTF(3, 4);

/* As snprintf(text, size, "%.*g", digits, value) in the locale "C"; digits is at most 17. */
size_t hm_number_print_digits(double value, int digits, char *text, size_t size);

#endif
