/* Runs on the disk: which files belong to one, and what these say. */
#define _GNU_SOURCE /* realpath */
#include "cli/cli_runs.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/lines.h"
#include "cli/cli_metrics.h"
#include "scene/scene_net.h"

static const char MODEL[] = ".safetensors", METRICS[] = ".jsonl", METRICS_OF_PICTURES[] = "metrics.jsonl";
static const size_t TEXT_MAX = (size_t)1 << 30;

/* ---- Files of a run --------------------------------------------------------------------------------------- */

/* How many files of a folder end so; the path of one of them. */
static size_t count_files(const char *folder, const char *ending, char found[CLI_RUN_PATH_MAX])
{
    size_t n = 0;
    struct dirent *entry;
    DIR *stream = opendir(folder);
    while (stream && (entry = readdir(stream)))
        if (strcmp(cli_ending(entry->d_name), ending) == 0) {
            n++;
            hm_path_join(found, CLI_RUN_PATH_MAX, folder, entry->d_name);
        }
    if (stream)
        closedir(stream);
    return n;
}

static void folder_of(const char *path, char folder[CLI_RUN_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    snprintf(folder, CLI_RUN_PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

/* What is called as the file, but for its ending. */
static bool find_namesake(const char *path, const char *ending, char found[CLI_RUN_PATH_MAX])
{
    int stem = (int)(strlen(path) - strlen(cli_ending(path)));
    snprintf(found, CLI_RUN_PATH_MAX, "%.*s%s", stem, path, ending);
    return strcmp(found, path) != 0 && hm_file_exists(found);
}

/* metrics.jsonl beside a model, if the folder holds no other model that it might be of. */
static void find_metrics(cli_run *run)
{
    char folder[CLI_RUN_PATH_MAX], other[CLI_RUN_PATH_MAX];
    folder_of(run->model, folder);
    bool is_found = find_namesake(run->model, METRICS, run->metrics);
    if (!is_found && count_files(folder, MODEL, other) <= 1) {
        hm_path_join(run->metrics, sizeof run->metrics, folder, METRICS_OF_PICTURES);
        is_found = hm_file_exists(run->metrics);
    }
    if (!is_found)
        *run->metrics = 0;
}

static void find_model(cli_run *run)
{
    char folder[CLI_RUN_PATH_MAX];
    const char *slash = strrchr(run->metrics, '/');
    folder_of(run->metrics, folder);
    if (find_namesake(run->metrics, MODEL, run->model))
        return;
    if (strcmp(slash ? slash + 1 : run->metrics, METRICS_OF_PICTURES) != 0 || count_files(folder, MODEL, run->model) != 1)
        *run->model = 0;
}

static hm_status search_folder(cli_run *run, hm_error *error)
{
    const char *folder = run->path;
    char metrics[CLI_RUN_PATH_MAX] = "";
    if (access(folder, R_OK | X_OK) != 0)
        return hm_fail_io(error, "read the run", folder);
    size_t n_models = count_files(folder, MODEL, run->model), n_metrics = count_files(folder, METRICS, metrics);
    if (n_models > 1 || (n_models == 0 && n_metrics > 1))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: holds %zu %s; name the file of the run that is meant", folder,
                       n_models ? n_models : n_metrics, n_models ? "models" : "files of metrics");
    if (n_models + n_metrics == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: holds neither a model (%s) nor metrics (%s); name a folder that does, or the files",
                       folder, MODEL, METRICS);
    if (n_models)
        find_metrics(run);
    if (n_metrics == 1)
        snprintf(run->metrics, sizeof run->metrics, "%s", metrics);
    return HM_OK;
}

/* By the first bytes: a model begins with the length of its header and a brace, metrics with the first member of a line. */
static hm_status search_file(cli_run *run, hm_error *error)
{
    static const char first[] = "{\"stage\": ";
    char bytes[16] = "";
    int descriptor;
    hm_status status = hm_file_open(run->path, "read the run", &descriptor, NULL, error);
    if (status != HM_OK)
        return status;
    ssize_t n = read(descriptor, bytes, sizeof bytes);
    close(descriptor);
    bool is_metrics = n >= (ssize_t)strlen(first) && memcmp(bytes, first, strlen(first)) == 0;
    if (!is_metrics && (n < 9 || bytes[8] != '{'))
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: is neither a model nor the metrics of a run; give what harmonium train wrote by -o or --metrics, or "
                       "their folder", run->path);
    snprintf(is_metrics ? run->metrics : run->model, sizeof run->model, "%s", run->path);
    (is_metrics ? find_model : find_metrics)(run);
    return HM_OK;
}

static hm_status find_files(const char *path, cli_run *run, hm_error *error)
{
    char full[PATH_MAX];
    if (!realpath(path, full))
        return hm_fail_io(error, "read the run", path);
    if (strlen(full) >= sizeof run->path)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: the path is longer than %zu characters", path, sizeof run->path - 1);
    strcpy(run->path, full);
    return hm_folder_exists(full) ? search_folder(run, error) : search_file(run, error);
}

static hm_status check_apart(const cli_run *runs, size_t n, hm_error *error)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (cli_is_same_file(runs[i].model, runs[k].model) || cli_is_same_file(runs[i].metrics, runs[k].metrics))
                return hm_fail(error, HM_ERROR_ARGUMENT, "%s and %s are one run (%s); name each run once", runs[k].path, runs[i].path,
                               *runs[i].model ? runs[i].model : runs[i].metrics);
    return HM_OK;
}

/* ---- The recipe --------------------------------------------------------------------------------------------- */

const cli_setting *cli_run_setting(const cli_run *run, const char *section, const char *name)
{
    for (size_t i = 0; i < run->n_settings; i++)
        if (strcmp(run->setting[i].section, section) == 0 && strcmp(run->setting[i].name, name) == 0)
            return &run->setting[i];
    return NULL;
}

static void add_setting(cli_run *run, const char *section, const char *name, const char *value)
{
    cli_setting *added = &run->setting[run->n_settings++];
    *added = (cli_setting){.name = name, .value = value};
    snprintf(added->section, sizeof added->section, "%s", section);
}

/* Names that are too long are cut, so that the number behind them has room. */
static void begin_section(cli_run *run, const char *said, char section[CLI_SECTION_MAX])
{
    size_t n = strcspn(said, "]");
    int length = n < CLI_SECTION_MAX - 16 ? (int)n : CLI_SECTION_MAX - 16;
    snprintf(section, CLI_SECTION_MAX, "%.*s", length, said);
    for (int k = 2; cli_run_setting(run, section, ""); k++)
        snprintf(section, CLI_SECTION_MAX, "%.*s (%d)", length, said, k);
    add_setting(run, section, "", "");
}

/* The recipe as cli_echo_recipe wrote it, and the seed. */
static hm_status cut_recipe(cli_run *run, hm_error *error)
{
    char section[CLI_SECTION_MAX] = "", *rest = run->recipe;
    run->setting = hm_alloc(run->context, hm_lines_count(run->recipe) + 2, sizeof *run->setting, error);
    if (!run->setting)
        return HM_ERROR_MEMORY;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *equals = strstr(line, " = ");
        if (*line == '[')
            begin_section(run, line + 1, section);
        else if (equals) {
            *equals = 0;
            add_setting(run, section, line, equals + 3);
        }
    }
    begin_section(run, "run", section);
    add_setting(run, section, "seed", run->seed);
    return HM_OK;
}

static hm_status note_model(cli_run *run, const char *recipe, const char *fingerprint, uint64_t seed, hm_error *error)
{
    snprintf(run->fingerprint, sizeof run->fingerprint, "%s", fingerprint);
    snprintf(run->seed, sizeof run->seed, "%" PRIu64, seed);
    run->recipe = hm_strdup(run->context, recipe, error);
    return run->recipe ? cut_recipe(run, error) : HM_ERROR_MEMORY;
}

static hm_status read_model(cli_run *run, hm_error *error)
{
    hm_model *model = NULL;
    hm_scene_net *net = NULL;
    bool is_scene = hm_scene_net_is_in(run->context, run->model);
    hm_status status = is_scene ? hm_scene_net_load(run->context, run->model, &net, error)
                                : hm_model_load(run->context, run->model, &model, error);
    if (status == HM_OK)
        status = is_scene ? note_model(run, net->recipe, net->fingerprint, net->seed, error)
                          : note_model(run, model->recipe, model->fingerprint, model->seed, error);
    hm_model_destroy(model);
    hm_scene_net_destroy(net);
    return status;
}

/* ---- The metrics -------------------------------------------------------------------------------------------- */

/* The last epoch of the same stage before `now`; null: none. */
static const cli_epoch *last_of_stage(const cli_run *run, const cli_epoch *now)
{
    for (const cli_epoch *at = now; at-- > run->epoch;)
        if (strcmp(at->stage, now->stage) == 0)
            return at;
    return NULL;
}

static bool is_same_part(const cli_epoch *a, const cli_epoch *b)
{
    return cli_metrics_member(a->line, "machine") == cli_metrics_member(b->line, "machine") &&
           cli_metrics_member(a->line, "stage_index") == cli_metrics_member(b->line, "stage_index");
}

static hm_status take_line(cli_run *run, const char *line, size_t number, hm_error *error)
{
    cli_epoch *now = &run->epoch[run->n_epochs];
    *now = (cli_epoch){.line = line, .part = 1, .passed = 1, .epoch = cli_metrics_member(line, "epoch")};
    if (sscanf(line, "{\"stage\": \"%23[^\"]", now->stage) != 1 || !isfinite(now->epoch) || !strchr(line, '}'))
        return hm_fail(error, HM_ERROR_FORMAT, "%s, line %zu: is no line of metrics; leave it out, or learn again with --metrics",
                       run->metrics, number);
    const cli_epoch *before = last_of_stage(run, now);
    if (before) {
        now->part = before->part + !is_same_part(before, now);
        now->passed = before->passed + 1;
    }
    run->n_epochs++;
    return HM_OK;
}

/* A line without its end is that of a run that is being written. */
static hm_status read_metrics(cli_run *run, hm_error *error)
{
    size_t n_bytes, number = 0;
    hm_status status = hm_file_load(run->context, run->metrics, TEXT_MAX, (unsigned char **)&run->text, &n_bytes, error);
    if (status != HM_OK)
        return status;
    run->epoch = hm_alloc(run->context, hm_lines_count(run->text), sizeof *run->epoch, error);
    status = run->epoch ? HM_OK : HM_ERROR_MEMORY;
    char *end;
    for (char *line = run->text; status == HM_OK && (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        status = take_line(run, line, ++number, error);
    }
    return status;
}

/* ---- Names -------------------------------------------------------------------------------------------------- */

static size_t component(const char *text)
{
    return strcspn(text, "/");
}

/* Cuts the first component of all names, if it is the same and there are others behind it. */
static bool cut_first(cli_run *runs, size_t n)
{
    size_t length = component(runs[0].name);
    for (size_t i = 0; i < n; i++)
        if (component(runs[i].name) != length || memcmp(runs[i].name, runs[0].name, length) != 0 || !runs[i].name[length])
            return false;
    for (size_t i = 0; i < n; i++)
        memmove(runs[i].name, runs[i].name + length + 1, strlen(runs[i].name + length + 1) + 1);
    return true;
}

static bool cut_last(cli_run *runs, size_t n)
{
    const char *last = strrchr(runs[0].name, '/');
    for (size_t i = 0; i < n; i++) {
        const char *slash = strrchr(runs[i].name, '/');
        if (!last || !slash || strcmp(slash, last) != 0)
            return false;
    }
    for (size_t i = 0; i < n; i++)
        *strrchr(runs[i].name, '/') = 0;
    return true;
}

static void name_runs(cli_run *runs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_folder = hm_folder_exists(runs[i].path);
        size_t ending = is_folder ? 0 : strlen(cli_ending(runs[i].path));
        snprintf(runs[i].name, sizeof runs[i].name, "%.*s", (int)(strlen(runs[i].path) - ending), runs[i].path);
    }
    while (cut_first(runs, n)) {
    }
    while (cut_last(runs, n)) {
    }
}

/* Paths below the working folder are shown from there. */
static void shorten(char *path, const char *here)
{
    size_t n = strlen(here);
    if (strncmp(path, here, n) == 0 && path[n] == '/')
        memmove(path, path + n + 1, strlen(path + n));
}

static void shorten_paths(cli_run *runs, size_t n)
{
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here))
        return;
    for (size_t i = 0; i < n; i++) {
        shorten(runs[i].path, here);
        shorten(runs[i].model, here);
        shorten(runs[i].metrics, here);
    }
}

/* ---- All ---------------------------------------------------------------------------------------------------- */

hm_status cli_runs_open(const hm_context *context, const char *const *paths, size_t n, cli_run *runs, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t i = 0; i < n; i++)
        runs[i] = (cli_run){.context = context};
    for (size_t i = 0; status == HM_OK && i < n; i++)
        status = find_files(paths[i], &runs[i], error);
    if (status == HM_OK)
        status = check_apart(runs, n, error);
    if (status == HM_OK) {
        name_runs(runs, n);
        shorten_paths(runs, n);
    }
    for (size_t i = 0; status == HM_OK && i < n; i++) {
        if (*runs[i].model)
            status = read_model(&runs[i], error);
        if (status == HM_OK && *runs[i].metrics)
            status = read_metrics(&runs[i], error);
    }
    return status;
}

void cli_runs_close(cli_run *runs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hm_free(runs[i].context, runs[i].recipe);
        hm_free(runs[i].context, runs[i].setting);
        hm_free(runs[i].context, runs[i].text);
        hm_free(runs[i].context, runs[i].epoch);
    }
}
