/* Option tables: finding rows, setting fields from text, and writing them back. */
#include <harmonium/options.h>

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fail.h"
#include "base/number.h"
#include "base/schedule.h"

static const double WHOLE_MAX = 9007199254740992.0; /* 2^53: what a double counts without gaps */

static void *field_of(const hm_option *row, void *config)
{
    return (char *)config + row->offset;
}

static bool is_in_range(const hm_option *row, double value)
{
    return row->least == row->most || (value >= row->least && value <= row->most);
}

static hm_status fail_value(const hm_option *row, const char *value, const char *wanted, hm_error *error)
{
    return hm_fail(error, HM_ERROR_ARGUMENT, "%s = %s: %s", row->name, *value ? value : "(nothing)", wanted);
}

static hm_status fail_range(const hm_option *row, const char *value, hm_error *error)
{
    char wanted[128], least[40], most[40];
    hm_number_print(row->least, least, sizeof least);
    hm_number_print(row->most, most, sizeof most);
    if (isinf(row->most))
        snprintf(wanted, sizeof wanted, "must be at least %s", least);
    else
        snprintf(wanted, sizeof wanted, "must lie between %s and %s", least, most);
    return fail_value(row, value, wanted, error);
}

/* ---- One reader and one writer for each type ----------------------------------------------------- */

static hm_status read_flag(const hm_option *row, void *field, const char *value, hm_error *error)
{
    static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
            *(bool *)field = strcmp(value, yes[i]) == 0;
            return HM_OK;
        }
    }
    return fail_value(row, value, "say yes or no", error);
}

static hm_status read_int(const hm_option *row, void *field, const char *value, hm_error *error)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end != value && *end && strchr(".eE", *end)) { /* "1e6" is a whole number too */
        double real = hm_number_begin(value, &end);
        if (*end || real != floor(real) || fabs(real) > WHOLE_MAX)
            return fail_value(row, value, "must be a whole number", error);
        number = (long long)real;
    }
    if (end == value || *end)
        return fail_value(row, value, "must be a whole number", error);
    if (errno || !is_in_range(row, (double)number))
        return fail_range(row, value, error);
    *(int64_t *)field = number;
    return HM_OK;
}

static hm_status read_real(const hm_option *row, void *field, const char *value, hm_error *error)
{
    char *end;
    double number = hm_number_begin(value, &end);
    if (end == value || *end || !isfinite(number))
        return fail_value(row, value, "must be a number", error);
    if (!is_in_range(row, number))
        return fail_range(row, value, error);
    *(double *)field = number;
    return HM_OK;
}

static hm_status read_text(const hm_option *row, void *field, const char *value, hm_error *error)
{
    size_t n = strlen(value);
    if (n >= HM_TEXT_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: longer than %d characters", row->name,
                       HM_TEXT_MAX - 1);
    memmove(field, value, n + 1);
    return HM_OK;
}

/* Calls are few: walking "a|b|c" each time is simpler than a second table. */
static bool choice_at(const char *choices, int index, char *word, size_t size)
{
    for (; index > 0; index--) {
        choices = strchr(choices, '|');
        if (!choices)
            return false;
        choices++;
    }
    snprintf(word, size, "%.*s", (int)strcspn(choices, "|"), choices);
    return true;
}

static hm_status read_choice(const hm_option *row, void *field, const char *value, hm_error *error)
{
    char word[64], wanted[256];
    for (int i = 0; choice_at(row->choices, i, word, sizeof word); i++) {
        if (strcmp(word, value) == 0) {
            *(int *)field = i;
            return HM_OK;
        }
    }
    snprintf(wanted, sizeof wanted, "must be one of %s", row->choices);
    return fail_value(row, value, wanted, error);
}

static hm_status read_schedule(const hm_option *row, void *field, const char *value, hm_error *error)
{
    hm_schedule schedule;
    hm_status status = hm_schedule_parse(value, &schedule, error);
    if (status != HM_OK) {
        hm_error cause = error ? *error : (hm_error){0};
        return fail_value(row, value, cause.message, error);
    }
    for (int i = 0; i < schedule.n_points; i++)
        if (!is_in_range(row, schedule.point[i].value))
            return fail_range(row, value, error);
    *(hm_schedule *)field = schedule;
    return HM_OK;
}

static size_t print_flag(const hm_option *row, const void *field, char *text, size_t size)
{
    (void)row;
    return (size_t)snprintf(text, size, "%s", *(const unsigned char *)field ? "yes" : "no");
}

static size_t print_int(const hm_option *row, const void *field, char *text, size_t size)
{
    (void)row;
    return (size_t)snprintf(text, size, "%lld", (long long)*(const int64_t *)field);
}

static size_t print_real(const hm_option *row, const void *field, char *text, size_t size)
{
    (void)row;
    return hm_number_print(*(const double *)field, text, size);
}

static size_t print_text(const hm_option *row, const void *field, char *text, size_t size)
{
    (void)row;
    return (size_t)snprintf(text, size, "%.*s", HM_TEXT_MAX - 1, (const char *)field);
}

static size_t print_choice(const hm_option *row, const void *field, char *text, size_t size)
{
    char word[64] = "";
    if (*(const int *)field >= 0)
        choice_at(row->choices, *(const int *)field, word, sizeof word);
    return (size_t)snprintf(text, size, "%s", word);
}

static size_t print_schedule(const hm_option *row, const void *field, char *text, size_t size)
{
    (void)row;
    return hm_schedule_print(field, text, size);
}

/* ---- And one who looks at what a program wrote there ------------------------------------------------ */

static hm_status check_flag(const hm_option *row, const void *field, hm_error *error)
{
    char value[8];
    snprintf(value, sizeof value, "%d", *(const unsigned char *)field); /* a bool may hold no more than 0 and 1 */
    return *(const unsigned char *)field <= 1 ? HM_OK : fail_value(row, value, "say yes or no", error);
}

static hm_status check_real_value(const hm_option *row, double number, hm_error *error)
{
    char value[40];
    hm_number_print(number, value, sizeof value);
    if (!isfinite(number))
        return fail_value(row, value, "must be a number", error);
    return is_in_range(row, number) ? HM_OK : fail_range(row, value, error);
}

static hm_status check_int(const hm_option *row, const void *field, hm_error *error)
{
    char value[40];
    print_int(row, field, value, sizeof value);
    return is_in_range(row, (double)*(const int64_t *)field) ? HM_OK : fail_range(row, value, error);
}

static hm_status check_real(const hm_option *row, const void *field, hm_error *error)
{
    return check_real_value(row, *(const double *)field, error);
}

static hm_status check_text(const hm_option *row, const void *field, hm_error *error)
{
    return memchr(field, 0, HM_TEXT_MAX) ? HM_OK
                                         : hm_fail(error, HM_ERROR_ARGUMENT, "%s: text without an end; it has at most %d characters and a zero",
                                                   row->name, HM_TEXT_MAX - 1);
}

static hm_status check_choice(const hm_option *row, const void *field, hm_error *error)
{
    int index = *(const int *)field;
    char word[64], value[16], wanted[256];
    if (index >= 0 && choice_at(row->choices, index, word, sizeof word))
        return HM_OK;
    snprintf(value, sizeof value, "%d", index);
    snprintf(wanted, sizeof wanted, "must be the number, from 0, of one of %s", row->choices);
    return fail_value(row, value, wanted, error);
}

/* Points in order of time, as hm_schedule_parse leaves them; without any the value is 0. */
static hm_status check_schedule(const hm_option *row, const void *field, hm_error *error)
{
    const hm_schedule *schedule = field;
    char value[40];
    snprintf(value, sizeof value, "%d points", schedule->n_points);
    if (schedule->n_points < 0 || schedule->n_points > HM_SCHEDULE_POINTS_MAX)
        return fail_value(row, value, "a schedule has 0 to 64", error);
    hm_status status = schedule->n_points ? HM_OK : check_real_value(row, 0, error);
    for (int i = 0; status == HM_OK && i < schedule->n_points; i++) {
        double epoch = schedule->point[i].epoch;
        bool in_order = i == 0 ? epoch == 0 : isfinite(epoch) && epoch > schedule->point[i - 1].epoch;
        hm_number_print(epoch, value, sizeof value);
        status = in_order ? check_real_value(row, schedule->point[i].value, error)
                          : fail_value(row, value, "epochs of a schedule begin with 0 and rise", error);
    }
    return status;
}

typedef struct option_type {
    hm_status (*read)(const hm_option *row, void *field, const char *value, hm_error *error);
    size_t (*print)(const hm_option *row, const void *field, char *text, size_t size);
    hm_status (*check)(const hm_option *row, const void *field, hm_error *error);
} option_type;

static const option_type types[] = {
    [HM_OPTION_FLAG] = {read_flag, print_flag, check_flag},
    [HM_OPTION_INT] = {read_int, print_int, check_int},
    [HM_OPTION_REAL] = {read_real, print_real, check_real},
    [HM_OPTION_TEXT] = {read_text, print_text, check_text},
    [HM_OPTION_CHOICE] = {read_choice, print_choice, check_choice},
    [HM_OPTION_SCHEDULE] = {read_schedule, print_schedule, check_schedule},
};

/* ---- Tables -------------------------------------------------------------------------------------- */

void hm_options_init(const hm_option_table *table, void *config)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const hm_option *row = &table->rows[i];
        hm_status status = types[row->type].read(row, field_of(row, config), row->initial, NULL);
        assert(status == HM_OK); /* the tables are ours */
        (void)status;
    }
}

hm_status hm_options_check(const hm_option_table *table, const void *config, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, table, config));
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < table->n_rows; i++) {
        const hm_option *row = &table->rows[i];
        status = types[row->type].check(row, (const char *)config + row->offset, error);
    }
    return status;
}

const hm_option *hm_options_find(const hm_option_table *table, const char *name)
{
    for (size_t i = 0; name && i < table->n_rows; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

static hm_status fail_unknown(const hm_option_table *table, const char *name, hm_error *error)
{
    const char *names[128];
    size_t n = table->n_rows < 128 ? table->n_rows : 128;
    for (size_t i = 0; i < n; i++)
        names[i] = table->rows[i].name;
    const char *near = hm_nearest_name(name, names, n);
    return hm_fail(error, HM_ERROR_NOT_FOUND, "there is no option %s in [%s]%s%s%s", name, table->section,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

hm_status hm_options_set(const hm_option_table *table, void *config, const char *name, const char *value,
                         hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, table, config, name, value));
    const hm_option *row = hm_options_find(table, name);
    if (!row)
        return fail_unknown(table, name, error);
    return types[row->type].read(row, field_of(row, config), value, error);
}

size_t hm_option_print(const hm_option *row, const void *config, char *text, size_t size)
{
    return types[row->type].print(row, (const char *)config + row->offset, text, size);
}

size_t hm_options_echo(const hm_option_table *table, const void *config, bool all, char *text, size_t size)
{
    size_t used = 0;
    if (size)
        text[0] = 0;
    for (size_t i = 0; i < table->n_rows; i++) {
        char value[HM_TEXT_MAX];
        hm_option_print(&table->rows[i], config, value, sizeof value);
        if (!all && strcmp(value, table->rows[i].initial) == 0)
            continue;
        size_t room = used < size ? size - used : 0;
        used += (size_t)snprintf(room ? text + used : NULL, room, "%s = %s\n", table->rows[i].name, value);
    }
    return used;
}

/* ---- Nearest names --------------------------------------------------------------------------------- */

/* Levenshtein's distance, in one row of at most 64 letters. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[65], n = strlen(b);
    if (n > 64 || strlen(a) > 64)
        return 64;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t above = row[j + 1];
            size_t least = diagonal + (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]));
            if (above + 1 < least)
                least = above + 1;
            if (row[j] + 1 < least)
                least = row[j] + 1;
            diagonal = above;
            row[j + 1] = least;
        }
    }
    return row[n];
}

const char *hm_nearest_name(const char *name, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t least = strlen(name) / 2 + 1; /* half the letters wrong is no longer a slip */
    for (size_t i = 0; i < n; i++) {
        size_t distance = edit_distance(name, names[i]);
        if (distance < least) {
            least = distance;
            best = names[i];
        }
    }
    return best;
}
