/* The program's own option tables, and which table fills which part of the options. */
#include "cli/cli.h"

#include <string.h>

#define COMMON(name, letter, type, field, initial, least, most, unit, help)                                  \
    {name, letter, HM_OPTION_##type, offsetof(cli_common, field), initial, least, most, unit, NULL, help}
#define OUTPUT(name, letter, type, field, initial, least, most, unit, help)                                  \
    {name, letter, HM_OPTION_##type, offsetof(cli_output, field), initial, least, most, unit, NULL, help}

static const hm_option common_rows[] = {
    COMMON("seed", 0, INT, seed, "1", 0, 9e15, "N", "of every random number; the same seed gives the same bytes"),
    COMMON("threads", 0, INT, threads, "0", 0, 1024, "N", "threads to use; 0 takes every processor"),
    COMMON("backend", 0, TEXT, backend, "auto", 0, 0, "NAME", "auto, blas or plain; see harmonium info"),
    COMMON("quiet", 'q', FLAG, quiet, "no", 0, 0, NULL, "no progress and no talk"),
};

static const hm_option model_rows[] = {
    {"kind", 0, HM_OPTION_CHOICE, offsetof(cli_model, kind), "rbm", 0, 0, "KIND", "rbm|classes",
     "one machine, or one for each class with learned offsets"},
    {"visible", 0, HM_OPTION_TEXT, offsetof(cli_model, visible), "bernoulli", 0, 0, "LAYER", NULL,
     "visible units: bernoulli, gaussian, softmax, relu or binomial; the number comes from the data"},
    {"hidden", 0, HM_OPTION_TEXT, offsetof(cli_model, hidden), "bernoulli 100", 0, 0, "LAYER", NULL,
     "hidden units, as in \"500\" or \"gaussian 30\""},
};

static const hm_option output_rows[] = {
    OUTPUT("output", 'o', TEXT, output, "", 0, 0, "FILE", "where the result goes"),
    OUTPUT("metrics", 0, TEXT, metrics, "", 0, 0, "FILE", "append one JSON line for each epoch"),
    OUTPUT("pictures", 0, TEXT, pictures, "", 0, 0, "FOLDER", "draw features, curves and a movie of learning there"),
    OUTPUT("resume", 0, FLAG, resume, "no", 0, 0, NULL, "go on from the checkpoint of an interrupted run"),
    OUTPUT("json", 0, FLAG, json, "no", 0, 0, NULL, "print JSON"),
    OUTPUT("terminal", 0, FLAG, terminal, "no", 0, 0, NULL, "draw the picture in the terminal"),
    OUTPUT("man", 0, FLAG, man, "no", 0, 0, NULL, "write the man page"),
    OUTPUT("completion", 0, FLAG, completion, "no", 0, 0, NULL, "write the completion for bash"),
    OUTPUT("markdown", 0, FLAG, markdown, "no", 0, 0, NULL, "write the page docs/commands.md"),
    OUTPUT("number", 'n', INT, number, "0", 0, 1e9, "N", "how many cases; 0 takes a number that suits"),
    OUTPUT("gibbs-steps", 0, INT, steps, "0", 0, 1e9, "N", "Gibbs steps; 0 takes a number that suits"),
    OUTPUT("machine", 0, INT, machine, "0", 0, 1e6, "C", "which machine of a class model"),
    OUTPUT("machines", 0, TEXT, machines, "0", 0, 0, "LIST",
           "which machines of a class model, as in \"2,3\": a band of the picture for each"),
    OUTPUT("temperature", 0, REAL, temperature, "1", 1e-3, 1e3, "T", "of the sampling"),
};

#define TABLE(section, title, rows) {section, title, rows, sizeof rows / sizeof *rows}
const hm_option_table cli_common_options = TABLE("run", "Running", common_rows);
const hm_option_table cli_model_options = TABLE("model", "Model", model_rows);
const hm_option_table cli_output_options = TABLE("output", "Output", output_rows);

/* The tables in the order of a recipe's sections. */
static const hm_option_table *const tables[] = {&hm_data_options, &cli_model_options, &hm_train_options,
                                                &cli_common_options, &cli_output_options};
enum { N_TABLES = sizeof tables / sizeof *tables, N_RECIPE_TABLES = 3 };

void *cli_config_of(cli_options *options, const hm_option_table *table)
{
    void *const configs[] = {&options->data, &options->model, &options->train, &options->common,
                             &options->output};
    for (int i = 0; i < N_TABLES; i++)
        if (tables[i] == table)
            return configs[i];
    return NULL;
}

void cli_init_options(cli_options *options)
{
    memset(options, 0, sizeof *options);
    for (int i = 0; i < N_TABLES; i++)
        hm_options_init(tables[i], cli_config_of(options, tables[i]));
}

bool cli_takes(const cli_verb *verb, const hm_option_table *table, const hm_option *row)
{
    if (table != &cli_output_options)
        return true;
    size_t n = strlen(row->name);
    for (const char *at = verb->words; (at = strstr(at, row->name)); at += n)
        if ((at == verb->words || at[-1] == ' ') && (at[n] == ' ' || at[n] == 0))
            return true;
    return false;
}

/* The seed is a row of the model file of its own; threads and backend do not change a result's meaning. */
void cli_echo_recipe(const cli_options *options, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < N_RECIPE_TABLES && used < size; i++) {
        const void *config = cli_config_of((cli_options *)options, tables[i]);
        used += (size_t)snprintf(text + used, size - used, "%s[%s]\n", i ? "\n" : "", tables[i]->section);
        if (used < size)
            used += hm_options_echo(tables[i], config, false, text + used, size - used);
    }
}
