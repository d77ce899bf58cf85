/* Numbers in files, whatever the locale of the program: a comma for a decimal point would make others of them. Skipped where no locale
 * with a comma is installed or can be made. */
#define _GNU_SOURCE /* setenv */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/belief.h>
#include <harmonium/data.h>
#include <harmonium/options.h>
#include <harmonium/train.h>

#include "base/file.h"
#include "base/number.h"
#include "base/schedule.h"
#include "temporary.h"

static bool has_comma(const char *name)
{
    return setlocale(LC_ALL, name) && strcmp(localeconv()->decimal_point, ",") == 0;
}

/* One of the system, or one made in the folder. */
static bool take_comma(const char *folder)
{
    char command[600];
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nb_NO.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (has_comma(names[i]))
            return true;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >/dev/null 2>&1", folder);
    setenv("LOCPATH", folder, 1);
    return system(command) == 0 && has_comma("de_DE.UTF-8");
}
