/* Recipe files: INI, read through the same tables as the command line.
 *
 * inih reads fixed lines, joins indented ones to the line before and goes on after a fault. A recipe is one option a
 * line, so the reader below hands over lines without their indent, refuses what does not fit, and stops at the first
 * fault with its line. */
#define _GNU_SOURCE /* fdopen */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "cli/cli.h"

/* Passes over the byte order mark that some editors put in front of text. */
static void pass_mark(FILE *stream)
{
    static const char mark[] = "\xef\xbb\xbf";
    char head[3];
    if (fread(head, 1, 3, stream) != 3 || memcmp(head, mark, 3) != 0)
        rewind(stream);
}

/* The first character of `stream` that is neither blank nor part of a comment. */
static int first_character(FILE *stream)
{
    int c;
    pass_mark(stream);
    while ((c = getc(stream)) != EOF) {
        if (c == ';' || c == '#')
            while (c != EOF && c != '\n')
                c = getc(stream);
        else if (!isspace(c))
            return c;
    }
    return EOF;
}

/* Whether a name, a bracket and nothing else follow: tables begin with "[0.1, 0.2]" or "[x],[y]", JSON with "[[". */
static bool is_name_of_section(FILE *stream)
{
    char line[128], behind = 0;
    int end = -1;
    if (!fgets(line, sizeof line, stream) || !isalpha((unsigned char)*line))
        return false;
    sscanf(line, "%*[A-Za-z0-9 -]] %n%c", &end, &behind);
    return end > 0 && (behind == 0 || behind == ';' || behind == '#');
}

bool cli_is_recipe(const char *path)
{
    struct stat about;
    if (strcmp(cli_ending(path), ".ini") == 0)
        return true;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    FILE *stream = fopen(path, "r");
    bool is_recipe = stream && first_character(stream) == '[' && is_name_of_section(stream);
    if (stream)
        fclose(stream);
    return is_recipe;
}

static const hm_option_table *const recipe_tables[] = {&hm_data_options,     &cli_model_options,
                                                       &hm_train_options,    &hm_wake_sleep_options, &hm_up_down_options,
                                                       &hm_backprop_options, &hm_scene_options,    &cli_common_options};
enum { N_RECIPE_TABLES = sizeof recipe_tables / sizeof *recipe_tables };

bool cli_is_of_recipes(const hm_option_table *table)
{
    for (int i = 0; i < N_RECIPE_TABLES; i++)
        if (recipe_tables[i] == table)
            return true;
    return false;
}

const hm_option_table *cli_recipe_table(const char *section)
{
    for (int i = 0; i < N_RECIPE_TABLES; i++)
        if (strcmp(section, recipe_tables[i]->section) == 0)
            return recipe_tables[i];
    return NULL;
}

#ifdef HM_HAVE_INIH
#include <ini.h>

enum { KEYS_MAX = 256, KEY_MAX = 128 };

typedef struct recipe {
    cli_call *call;
    FILE *stream;
    int line;            /* being read, from 1 */
    int n_sections;      /* begun so far: the same stage may come again */
    hm_status status;    /* of the first fault */
    int fault_line;
    hm_error error;
    char seen[KEYS_MAX][KEY_MAX]; /* "section.name" of the lines so far */
    int n_seen;
} recipe;

static char *stop_at(recipe *r, hm_status status)
{
    r->status = status;
    r->fault_line = r->line;
    return NULL;
}

/* A section that is a stage adds one to the run, whatever it says; inih tells only of sections with something in them. */
static hm_status begin_section(recipe *r, const char *line)
{
    char section[64];
    cli_stage *added;
    if (sscanf(line, " [%63[^]\n]]", section) != 1)
        return HM_OK;
    r->n_sections++;
    int kind = cli_stage_kind_of_section(section);
    hm_status status = kind < 0 ? HM_OK : cli_add_stage(&r->call->options, kind, true, &added, &r->error);
    if (status != HM_OK)
        stop_at(r, status);
    return status;
}

/* inih's convention: a line of fewer than `room` characters, or null at the end. */
static char *next_line(char *text, int room, void *user)
{
    recipe *r = user;
    int n = 0, c = 0;
    if (r->status != HM_OK)
        return NULL;
    r->line++;
    if (r->line == 1)
        pass_mark(r->stream);
    while (n < room - 1 && c != '\n' && (c = getc(r->stream)) != EOF) {
        if (c == 0)
            return stop_at(r, hm_fail(&r->error, HM_ERROR_FORMAT, "holds a zero byte; a recipe is a text file"));
        if (n > 0 || c == '\n' || !isspace(c))
            text[n++] = (char)c;
    }
    text[n] = 0;
    if (n == room - 1 && c != '\n' && (c = getc(r->stream)) != EOF)
        return stop_at(r, hm_fail(&r->error, HM_ERROR_FORMAT,
                                  "longer than %d characters; give a longer value as an option on the command line",
                                  room - 2));
    return n > 0 && begin_section(r, text) == HM_OK ? text : NULL;
}

static hm_status fail_section(const char *section, const char *name, hm_error *error)
{
    static const char known[] = "the sections are [data], [model], the stages [greedy] (or [learn]), [wake-sleep], [up-down] "
                                "and [backprop] in the order they are run, [greedy 1] and so on for single levels of a stack, "
                                "[scene] and [run]";
    const char *names[N_RECIPE_TABLES + 1] = {[N_RECIPE_TABLES] = "learn"};
    for (int i = 0; i < N_RECIPE_TABLES; i++)
        names[i] = recipe_tables[i]->section;
    if (!*section)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s stands before any section; %s", name, known);
    const char *near = hm_nearest_name(section, names, N_RECIPE_TABLES + 1);
    return hm_fail(error, HM_ERROR_ARGUMENT, "there is no section [%s]%s%s%s; %s", section,
                   near ? "; did you mean [" : "", near ? near : "", near ? "]?" : "", known);
}

/* Of two lines with the same name one would be lost without a word. */
static hm_status check_once(recipe *r, const char *section, const char *name)
{
    char key[KEY_MAX];
    bool is_stage = cli_stage_kind_of_section(section) >= 0;
    snprintf(key, sizeof key, "%d.%s.%s", is_stage ? r->n_sections : 0, section, name);
    for (int i = 0; i < r->n_seen; i++)
        if (strcmp(r->seen[i], key) == 0)
            return hm_fail(&r->error, HM_ERROR_ARGUMENT, "%s of [%s] is said twice; leave one of the two", name, section);
    if (r->n_seen < KEYS_MAX)
        strcpy(r->seen[r->n_seen++], key);
    return HM_OK;
}

static hm_status set_value(recipe *r, const char *section, const char *name, const char *value)
{
    int level = cli_level_of_section(section), kind = cli_stage_kind_of_section(section);
    if (level)
        return cli_add_override(r->call, level, name, value, &r->error);
    if (kind >= 0)
        return cli_set_option(r->call, cli_stage_table(kind), name, value, &r->error);
    for (int i = 0; i < N_RECIPE_TABLES; i++)
        if (strcmp(section, recipe_tables[i]->section) == 0)
            return cli_set_option(r->call, recipe_tables[i], name, value, &r->error);
    return fail_section(section, name, &r->error);
}

/* inih's convention: 1 to go on. */
static int take_line(void *user, const char *section, const char *name, const char *value)
{
    recipe *r = user;
    hm_status status = check_once(r, section, name);
    if (status == HM_OK)
        status = set_value(r, section, name, value);
    if (status != HM_OK)
        stop_at(r, status);
    return status == HM_OK;
}

hm_status cli_read_recipe_from(cli_call *call, FILE *stream, const char *path, hm_error *error)
{
    static recipe r; /* too large for some stacks */
    r = (recipe){.call = call, .stream = stream};
    int line = ini_parse_stream(next_line, &r, take_line, &r);
    if (ferror(stream))
        return hm_fail_io(error, "read", path);
    if (line > 0 && (r.status == HM_OK || line < r.fault_line))
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %d: not of the form [section] or name = value", path, line);
    if (r.status != HM_OK)
        return hm_fail(error, r.status, "%s, line %d: %s", path, r.fault_line, r.error.message);
    return line == 0 ? HM_OK : hm_fail(error, HM_ERROR_MEMORY, "%s: out of memory", path);
}

hm_status cli_read_recipe(cli_call *call, const char *path, hm_error *error)
{
    int descriptor;
    hm_status status = hm_file_open(path, "read the recipe", &descriptor, NULL, error);
    if (status != HM_OK)
        return status;
    FILE *stream = fdopen(descriptor, "r");
    if (!stream) {
        status = hm_fail_io(error, "read the recipe", path);
        close(descriptor);
        return status;
    }
    status = cli_read_recipe_from(call, stream, path, error);
    fclose(stream);
    return status;
}
#else
hm_status cli_read_recipe_from(cli_call *call, FILE *stream, const char *path, hm_error *error)
{
    (void)stream;
    return cli_read_recipe(call, path, error);
}

hm_status cli_read_recipe(cli_call *call, const char *path, hm_error *error)
{
    (void)call;
    return hm_fail(error, HM_ERROR_UNSUPPORTED,
                   "%s: this build cannot read recipes; install libinih-dev and build again, or give options",
                   path);
}
#endif
