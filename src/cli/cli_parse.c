/* Command lines, read through the option tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "cli/cli.h"

static const hm_option *find_option(const cli_verb *verb, const char *name, size_t n, char letter,
                                    const hm_option_table **table)
{
    for (int t = 0; verb->tables[t]; t++) {
        *table = verb->tables[t];
        for (size_t i = 0; i < (*table)->n_rows; i++) {
            const hm_option *row = &(*table)->rows[i];
            char full[CLI_NAME_MAX];
            cli_option_name(*table, row, full);
            bool is_it = letter ? row->letter == letter : strlen(full) == n && !memcmp(full, name, n);
            if (is_it && cli_takes(verb, *table, row))
                return row;
        }
    }
    return NULL;
}

static hm_status fail_option(const cli_verb *verb, const char *given, hm_error *error)
{
    enum { NAMES_MAX = 256 };
    static char full[NAMES_MAX][CLI_NAME_MAX];
    const char *names[NAMES_MAX];
    size_t n = 0;
    for (int t = 0; verb->tables[t]; t++)
        for (size_t i = 0; i < verb->tables[t]->n_rows; i++) {
            const hm_option *row = &verb->tables[t]->rows[i];
            if (n < NAMES_MAX && cli_takes(verb, verb->tables[t], row)) {
                names[n] = cli_option_name(verb->tables[t], row, full[n]);
                n++;
            }
        }
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(given + strspn(given, "-"), "="),
             given + strspn(given, "-"));
    const char *near = hm_nearest_name(bare, names, n);
    return hm_fail(error, HM_ERROR_ARGUMENT, "harmonium %s has no option %s%s%s%s; see harmonium help %s",
                   verb->name, given, near ? "; did you mean --" : "", near ? near : "", near ? "?" : "",
                   verb->name);
}

/* "level2-epochs" of a verb that learns: the row of [learn], and the level; null for anything else. */
static const hm_option *find_level_option(const cli_verb *verb, const char *name, size_t n, int *level)
{
    int used = 0;
    bool learns = false;
    for (int t = 0; verb->tables[t]; t++)
        learns = learns || verb->tables[t] == &hm_train_options;
    if (!learns || sscanf(name, "level%d-%n", level, &used) != 1 || used == 0 || (size_t)used >= n)
        return NULL;
    for (size_t i = 0; i < hm_train_options.n_rows; i++) {
        const hm_option *row = &hm_train_options.rows[i];
        if (strlen(row->name) == n - (size_t)used && !memcmp(row->name, name + used, n - (size_t)used))
            return row;
    }
    return NULL;
}

/* Handles arguments[*i] and, when it takes one, its value behind it. */
static hm_status parse_option(const cli_verb *verb, int n, char **arguments, int *i, cli_call *call,
                              hm_error *error)
{
    const char *given = arguments[*i], *name = given + 2, *value = NULL;
    bool is_long = given[1] == '-';
    size_t length = is_long ? strcspn(name, "=") : 0;
    const hm_option_table *table = NULL;
    const hm_option *row = is_long           ? find_option(verb, name, length, 0, &table)
                           : given[2] == 0 ? find_option(verb, NULL, 0, given[1], &table)
                                             : NULL;
    int level = 0;
    if (!row && is_long)
        row = find_level_option(verb, name, length, &level);
    if (!row)
        return fail_option(verb, given, error);
    if (is_long && name[length] == '=')
        value = name + length + 1;
    else if (row->type == HM_OPTION_FLAG)
        value = "yes";
    else if (*i + 1 < n)
        value = arguments[++*i];
    else
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s needs a value: %s %s", given, given, row->unit);
    if (level)
        return cli_add_override(call, level, row->name, value, error);
    return cli_set_option(call, table, row->name, value, error);
}

bool cli_takes_recipe(const cli_verb *verb)
{
    for (int t = 0; verb->tables[t] && !cli_data_words(verb); t++)
        if (verb->tables[t] == &hm_data_options)
            return true;
    return false;
}

static bool is_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != 0;
}

static bool is_named_set(const char *name)
{
    for (size_t i = 0; hm_dataset_list(i); i++)
        if (strcmp(hm_dataset_list(i)->name, name) == 0)
            return true;
    return false;
}

static hm_status take_operand(const cli_verb *verb, const char *operand, cli_call *call, hm_error *error)
{
    if (cli_takes_recipe(verb) && !is_named_set(operand) && cli_is_recipe(operand)) {
        call->recipe = operand;
        call->is_reading_recipe = true;
        hm_status status = cli_read_recipe(call, operand, error);
        call->is_reading_recipe = false;
        return status;
    }
    if (call->n_operands == verb->most_operands)
        return hm_fail(error, HM_ERROR_ARGUMENT, "\"%.200s\" is one argument too many; usage: harmonium %s %s",
                       operand, verb->name, verb->operands);
    call->operand[call->n_operands++] = operand;
    return HM_OK;
}

/* Operands first, since a recipe among them must be read before the options that overrule it. It is known by its content
 * and stands, for a verb that does not learn, for its [data]. */
static hm_status parse_operands(const cli_verb *verb, int n, char **arguments, cli_call *call, hm_error *error)
{
    for (int i = 0; i < n; i++) {
        if (is_option(arguments[i])) {
            const hm_option_table *table;
            bool is_long = arguments[i][1] == '-';
            size_t length = is_long ? strcspn(arguments[i] + 2, "=") : 0;
            int level;
            const hm_option *row = find_option(verb, arguments[i] + 2, length, is_long ? 0 : arguments[i][1],
                                               &table);
            if (!row && is_long)
                row = find_level_option(verb, arguments[i] + 2, length, &level);
            if (!row)
                return fail_option(verb, arguments[i], error);
            i += row->type != HM_OPTION_FLAG && !(is_long && arguments[i][2 + length] == '=');
            continue;
        }
        hm_status status = take_operand(verb, arguments[i], call, error);
        if (status != HM_OK)
            return status;
    }
    return HM_OK;
}

hm_status cli_parse(const cli_verb *verb, int n, char **arguments, cli_call *call, bool *wants_help,
                    hm_error *error)
{
    cli_init_options(&call->options);
    call->recipe = "";
    for (int i = 0; i < n; i++)
        *wants_help = *wants_help || !strcmp(arguments[i], "--help") || !strcmp(arguments[i], "-h");
    if (*wants_help)
        return HM_OK;
    hm_status status = parse_operands(verb, n, arguments, call, error);
    for (int i = 0; status == HM_OK && i < n; i++)
        if (is_option(arguments[i]))
            status = parse_option(verb, n, arguments, &i, call, error);
    if (status == HM_OK && call->n_operands < verb->least_operands)
        return hm_fail(error, HM_ERROR_ARGUMENT, "usage: harmonium %s %s [options]; see harmonium help %s",
                       verb->name, verb->operands, verb->name);
    return status;
}
