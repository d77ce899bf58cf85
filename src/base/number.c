/* Numbers as text, in no locale. */
#define _GNU_SOURCE /* newlocale, strtod_l */
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading --------------------------------------------------------------------------------- */

static locale_t plain;

static void make_plain(void)
{
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Null without memory for a locale: then numbers are in that of the program. */
static locale_t plain_locale(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain);
    return plain;
}

double hm_number_begin(const char *text, char **end)
{
    locale_t c = plain_locale();
    return c ? strtod_l(text, end, c) : strtod(text, end);
}

/* Most numbers are a few digits with perhaps a point: the digits as a whole number divided by a power of ten, both exact in a double, round
 * as strtod does and cost a tenth. False for anything else. */
static bool read_plain(const char *text, const char *end, double *value)
{
    static const double power[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    int64_t digits = 0;
    int n = 0, behind_point = 0;
    bool is_negative = text < end && *text == '-', has_point = false;
    for (text += is_negative; text < end; text++) {
        if (*text == '.' && !has_point) {
            has_point = true;
        } else if (*text >= '0' && *text <= '9' && n < 15) {
            digits = 10 * digits + (*text - '0');
            n++;
            behind_point += has_point;
        } else {
            return false;
        }
    }
    double size = (double)digits / power[behind_point];
    *value = is_negative ? -size : size;
    return n > 0;
}

bool hm_number_parse(const char *text, size_t n, double *value)
{
    char *stop;
    if (read_plain(text, text + n, value))
        return true;
    if (n == 0 || strspn(text, "0123456789+-.eE") < n) /* strtod would take "nan", "inf", "0x1p3" and blanks in front */
        return false;
    *value = hm_number_begin(text, &stop);
    return stop == text + n;
}

/* ---- Writing --------------------------------------------------------------------------------- */

hm_plain_locale hm_plain_locale_enter(void)
{
    locale_t c = plain_locale();
    return (hm_plain_locale){c ? uselocale(c) : (locale_t)0};
}

void hm_plain_locale_leave(hm_plain_locale before)
{
    if (before.before)
        uselocale(before.before);
}

int hm_print(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hm_plain_locale before = hm_plain_locale_enter();
    int n = vsnprintf(text, size, format, arguments);
    hm_plain_locale_leave(before);
    va_end(arguments);
    return n;
}

size_t hm_number_print_digits(double value, int digits, char *text, size_t size)
{
    return (size_t)hm_print(text, size, "%.*g", digits, value);
}

size_t hm_number_print(double value, char *text, size_t size)
{
    char shortest[64];
    if (value == floor(value) && fabs(value) < 1e15) /* 1000, not 1e+03 */
        return (size_t)hm_print(text, size, "%.0f", value);
    for (int digits = 1; digits <= 17; digits++) {
        hm_number_print_digits(value, digits, shortest, sizeof shortest);
        if (hm_number_begin(shortest, NULL) == value)
            break;
    }
    return (size_t)snprintf(text, size, "%s", shortest);
}
