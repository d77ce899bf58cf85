/* The program's own room: verbs, their options, and talking to people.
 *
 * Numbers and data go to stdout, talk to stderr; exit 0 success, 1 failure, 2 wrong usage. */
#ifndef HM_CLI_H
#define HM_CLI_H

#include <stdio.h>

#include <harmonium/harmonium.h>

/* Fields of the tables in cli_options.c. */
typedef struct cli_common {
    int64_t threads, seed;
    char backend[HM_TEXT_MAX];
    bool quiet;
} cli_common;

enum { CLI_KIND_RBM, CLI_KIND_CLASSES };

typedef struct cli_model {
    int kind;
    char visible[HM_TEXT_MAX], hidden[HM_TEXT_MAX];
} cli_model;

typedef struct cli_output {
    char output[HM_TEXT_MAX];
    char metrics[HM_TEXT_MAX];
    char pictures[HM_TEXT_MAX];
    char machines[HM_TEXT_MAX];
    bool resume;
    bool json, terminal, html;
    bool man, completion, markdown;
    int64_t number, steps, machine;
    double temperature;
} cli_output;

typedef struct cli_options {
    cli_common common;
    hm_data_config data;
    cli_model model;
    hm_train_config train;
    cli_output output;
} cli_options;

enum { CLI_OPERANDS_MAX = 16, CLI_TABLES_MAX = 6 };

typedef struct cli_call {
    cli_options options;
    const char *operand[CLI_OPERANDS_MAX];
    int n_operands;
    hm_context *context;
} cli_call;

typedef struct cli_verb {
    const char *name;
    const char *summary;  /* one line in `harmonium help` */
    const char *operands; /* as in "MODEL [DATA]" */
    int least_operands, most_operands;
    const hm_option_table *tables[CLI_TABLES_MAX]; /* null-terminated */
    const char *words;    /* names of output options that this verb takes, separated by spaces */
    const char *example;
    hm_status (*run)(cli_call *call, hm_error *error);
} cli_verb;

extern const cli_verb *const cli_verbs[]; /* null-terminated */

extern const hm_option_table cli_common_options, cli_model_options, cli_output_options;

/* Where in the options the fields of a table lie. */
void *cli_config_of(cli_options *options, const hm_option_table *table);
/* Whether a row of one of its tables belongs to the verb. */
bool cli_takes(const cli_verb *verb, const hm_option_table *table, const hm_option *row);

void cli_init_options(cli_options *options);
hm_status cli_parse(const cli_verb *verb, int n, char **arguments, cli_call *call, bool *wants_help,
                    hm_error *error);
hm_status cli_read_recipe(cli_call *call, const char *path, hm_error *error);
/* The recipe that the options amount to, into text. */
void cli_echo_recipe(const cli_options *options, char *text, size_t size);

void cli_print_verb_help(const cli_verb *verb, FILE *stream);
void cli_print_overview(FILE *stream);

/* Talk: a line on stderr, unless --quiet. */
void cli_say(const cli_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A bar on a terminal (rewritten in place, at most ten times a second); nothing elsewhere. */
typedef struct cli_progress {
    bool is_terminal;
    double began, shown;
} cli_progress;

double cli_seconds(void);
void cli_progress_begin(cli_progress *progress, const cli_call *call);
/* done and total in any unit; `cases` of it so far gives the rate. */
void cli_progress_show(cli_progress *progress, double done, double total, double cases, const char *what);
void cli_progress_clear(cli_progress *progress);

/* Shared by verbs that look at data with a model. Standardises as the model's training data was. */
typedef struct cli_material {
    hm_model *model;
    hm_dataset *set;
    size_t n, V;     /* cases read, visible units */
    float *cases;    /* [n][V] */
} cli_material;

/* Loads operand 0 as a model and operand 1 (or --data) as data; reads at most `most` cases (0: all). */
hm_status cli_load_material(cli_call *call, size_t most, cli_material *material, hm_error *error);
void cli_free_material(cli_material *material);

#endif
