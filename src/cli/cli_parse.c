/* Command lines and recipe files, both read through the same tables. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli.h"

#ifdef HM_HAVE_INIH
#include <ini.h>
#endif

/* ---- Command line ----------------------------------------------------------------------------------- */

static const hm_option *find_option(const cli_verb *verb, const char *name, size_t n, char letter,
                                    const hm_option_table **table)
{
    for (int t = 0; verb->tables[t]; t++) {
        *table = verb->tables[t];
        for (size_t i = 0; i < (*table)->n_rows; i++) {
            const hm_option *row = &(*table)->rows[i];
            bool is_it = letter ? row->letter == letter : strlen(row->name) == n && !memcmp(row->name, name, n);
            if (is_it && cli_takes(verb, *table, row))
                return row;
        }
    }
    return NULL;
}

static hm_status fail_option(const cli_verb *verb, const char *given, hm_error *error)
{
    const char *names[256];
    size_t n = 0;
    for (int t = 0; verb->tables[t]; t++)
        for (size_t i = 0; i < verb->tables[t]->n_rows && n < 256; i++)
            if (cli_takes(verb, verb->tables[t], &verb->tables[t]->rows[i]))
                names[n++] = verb->tables[t]->rows[i].name;
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(given + strspn(given, "-"), "="),
             given + strspn(given, "-"));
    const char *near = hm_nearest_name(bare, names, n);
    return hm_fail(error, HM_ERROR_ARGUMENT, "harmonium %s has no option %s%s%s%s; see harmonium help %s",
                   verb->name, given, near ? "; did you mean --" : "", near ? near : "", near ? "?" : "",
                   verb->name);
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
    return hm_options_set(table, cli_config_of(&call->options, table), row->name, value, error);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

static bool is_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != 0;
}

/* Operands first, since a recipe among them must be read before the options that overrule it. */
static hm_status parse_operands(const cli_verb *verb, int n, char **arguments, cli_call *call, hm_error *error)
{
    for (int i = 0; i < n; i++) {
        if (is_option(arguments[i])) {
            const hm_option_table *table;
            bool is_long = arguments[i][1] == '-';
            size_t length = is_long ? strcspn(arguments[i] + 2, "=") : 0;
            const hm_option *row = find_option(verb, arguments[i] + 2, length, is_long ? 0 : arguments[i][1],
                                               &table);
            i += row && row->type != HM_OPTION_FLAG && !(is_long && arguments[i][2 + length] == '=');
            continue;
        }
        if (call->n_operands == verb->most_operands)
            return hm_fail(error, HM_ERROR_ARGUMENT, "\"%s\" is one argument too many; usage: harmonium %s %s",
                           arguments[i], verb->name, verb->operands);
        call->operand[call->n_operands++] = arguments[i];
        if (ends_with(arguments[i], ".ini")) {
            hm_status status = cli_read_recipe(call, arguments[i], error);
            if (status != HM_OK)
                return status;
        }
    }
    return HM_OK;
}

hm_status cli_parse(const cli_verb *verb, int n, char **arguments, cli_call *call, bool *wants_help,
                    hm_error *error)
{
    cli_init_options(&call->options);
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

/* ---- Recipes ---------------------------------------------------------------------------------------- */

#ifdef HM_HAVE_INIH
typedef struct recipe {
    cli_call *call;
    const char *path;
    hm_status status;
    hm_error error;
} recipe;

static const hm_option_table *const recipe_tables[] = {&hm_data_options, &cli_model_options, &hm_train_options,
                                                       &cli_common_options};
enum { N_RECIPE_TABLES = sizeof recipe_tables / sizeof *recipe_tables };

/* inih's convention: 1 to go on. */
static int take_line(void *user, const char *section, const char *name, const char *value)
{
    recipe *r = user;
    for (int i = 0; i < N_RECIPE_TABLES; i++) {
        if (strcmp(section, recipe_tables[i]->section) != 0)
            continue;
        void *config = cli_config_of(&r->call->options, recipe_tables[i]);
        r->status = hm_options_set(recipe_tables[i], config, name, value, &r->error);
        return r->status == HM_OK;
    }
    r->status = hm_fail(&r->error, HM_ERROR_ARGUMENT,
                        "there is no section [%s]; the sections are [data], [model], [learn] and [run]", section);
    return 0;
}

hm_status cli_read_recipe(cli_call *call, const char *path, hm_error *error)
{
    recipe r = {.call = call, .path = path};
    if (!hm_file_exists(path))
        return hm_fail(error, HM_ERROR_IO, "%s: there is no such recipe; check the path", path);
    int line = ini_parse(path, take_line, &r);
    if (r.status != HM_OK)
        return hm_fail(error, r.status, "%s, line %d: %s", path, line, r.error.message);
    if (line != 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %d: not of the form [section] or name = value", path,
                       line);
    return HM_OK;
}
#else
hm_status cli_read_recipe(cli_call *call, const char *path, hm_error *error)
{
    (void)call;
    return hm_fail(error, HM_ERROR_UNSUPPORTED,
                   "%s: this build cannot read recipes; install libinih-dev and build again, or give options",
                   path);
}
#endif
