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
    char backend[HM_TEXT_MAX], precision[HM_TEXT_MAX];
    bool quiet;
} cli_common;

enum { CLI_KIND_RBM, CLI_KIND_CLASSES, CLI_KIND_DBN, CLI_KIND_NET, CLI_KIND_SBN, CLI_KIND_SCENE };
enum { CLI_BY_PROJECTION, CLI_BY_SAMPLING };
enum { CLI_PATCHES_MAX = 100 }; /* of a feature, beside one another */
enum { CLI_INFER_CHAINS, CLI_INFER_LAYERS, CLI_INFER_ONCE, CLI_INFER_UPWARD };

typedef struct cli_model {
    int kind;
    char visible[HM_TEXT_MAX], hidden[HM_TEXT_MAX], layers[HM_TEXT_MAX], labels[HM_TEXT_MAX];
} cli_model;

/* "--level2-epochs 50", or epochs = 50 under [greedy 2]: levels count from 1, as people count. */
typedef struct cli_override {
    int level;
    char name[48], value[256];
} cli_override;

enum { CLI_OVERRIDES_MAX = 64, CLI_NAME_MAX = 96 };

/* A stage of learning: a section of a recipe. */
enum { CLI_STAGE_GREEDY, CLI_STAGE_WAKE_SLEEP, CLI_STAGE_UP_DOWN, CLI_STAGE_BACKPROP, CLI_N_STAGE_KINDS, CLI_STAGES_MAX = 16 };
typedef struct cli_stage {
    int kind;
    bool says_epochs;
    hm_train_config train; /* the one of its kind counts */
    hm_up_down_config wake_sleep, up_down;
    hm_backprop_config backprop;
    cli_override override[CLI_OVERRIDES_MAX]; /* of single levels, greedy */
    int n_overrides;
} cli_stage;

typedef struct cli_output {
    char output[HM_TEXT_MAX];
    char metrics[HM_TEXT_MAX];
    char pictures[HM_TEXT_MAX];
    char machines[HM_TEXT_MAX];
    char from[HM_TEXT_MAX];
    bool resume, force, means;
    bool terminal, json, explain, lines, keep_case;
    bool compare, pca;
    char observe[HM_TEXT_MAX], temperatures[HM_TEXT_MAX], query[HM_TEXT_MAX], learn[HM_TEXT_MAX];
    bool man, completion, markdown;
    int64_t number, steps, layer, completions, patches;
    char machine[HM_TEXT_MAX], label[HM_TEXT_MAX];
    int64_t checkpoint_epochs;
    double checkpoint_minutes;
    double temperature, seconds;
    char layers[HM_TEXT_MAX], pool[HM_TEXT_MAX], pyramid[HM_TEXT_MAX]; /* of descriptors */
    bool root, unit_length, whole;
    char clamp[HM_TEXT_MAX], confusion[HM_TEXT_MAX], mistakes[HM_TEXT_MAX];
    int by, method, inference; /* CLI_BY_.., HM_RECOGNISE_.., CLI_INFER_.. */
} cli_output;

/* Of `harmonium import`: names of tensors or files, and the kinds of the units. */
typedef struct cli_import_config {
    char weights[HM_TEXT_MAX], visible_bias[HM_TEXT_MAX], hidden_bias[HM_TEXT_MAX];
    char visible[HM_TEXT_MAX], hidden[HM_TEXT_MAX];
    bool transposed;
} cli_import_config;

/* Of `harmonium align` and `harmonium recognise`: files, and the folder of the scores. */
typedef struct cli_hmm {
    char scores[HM_TEXT_MAX], definition[HM_TEXT_MAX], transitions[HM_TEXT_MAX], dictionary[HM_TEXT_MAX], fillers[HM_TEXT_MAX];
    char transcripts[HM_TEXT_MAX], words[HM_TEXT_MAX], phones[HM_TEXT_MAX];
    bool skip_failed;
    char hmms[HM_TEXT_MAX], language_model[HM_TEXT_MAX], hypotheses[HM_TEXT_MAX]; /* of `harmonium recognise` */
    double language_weight;
} cli_hmm;
/* Of `harmonium frames`: which sounds, and how often. */
typedef struct cli_frames {
    char list[HM_TEXT_MAX], root[HM_TEXT_MAX], speeds[HM_TEXT_MAX];
    bool skip_damaged;
} cli_frames;

typedef struct cli_options {
    cli_common common;
    hm_data_config data;
    hm_evaluate_config evaluate;
    hm_belief_config belief;
    hm_belief_learn_config belief_learn;
    cli_model model;
    cli_stage stage[CLI_STAGES_MAX]; /* in their order */
    int n_stages;
    cli_output output;
    cli_import_config import;
    cli_hmm hmm;
    hm_front_end_config front_end;
    cli_frames frames;
    hm_scene_config scene;
    hm_scene_label_config label;
} cli_options;

enum { CLI_OPERANDS_MAX = 4096, CLI_TABLES_MAX = 10, CLI_DATA_ROWS_MAX = 64 };

typedef struct cli_call {
    cli_options options;
    const char *operand[CLI_OPERANDS_MAX]; /* without recipes */
    int n_operands;
    const char *recipe; /* that was read, or "" */
    bool is_reading_recipe;
    const char *command; /* the whole command line */
    bool is_data_given[CLI_DATA_ROWS_MAX]; /* which rows of hm_data_options were said, not left to their defaults */
    bool is_scene_given[CLI_DATA_ROWS_MAX]; /* and of hm_scene_options */
    hm_team *team; /* whose rank this is; null: alone */
    hm_context *context;
} cli_call;

/* Of a team, rank 0 alone talks and writes. */
bool cli_is_chief(const cli_call *call);

typedef struct cli_verb {
    const char *name;
    const char *summary;  /* one line in `harmonium help` */
    const char *operands; /* as in "MODEL [DATA]" */
    int least_operands, most_operands;
    const hm_option_table *tables[CLI_TABLES_MAX]; /* null-terminated */
    const char *words;    /* names of output options that this verb takes, separated by spaces; behind "data:" those of
                             hm_data_options, for a verb that does not take them all (and no recipe then) */
    const char *writes;   /* endings that --output may have, separated by spaces, and "or into a folder", which may be called anything
                             that says nothing else; null: a model, or nothing */
    const char *example;
    hm_status (*run)(cli_call *call, hm_error *error);
} cli_verb;

extern const cli_verb *const cli_verbs[]; /* null-terminated */

const cli_verb *cli_find_verb(const char *name); /* null: there is none */
/* That there is no such verb, and which may be meant. */
hm_status cli_fail_verb(const char *name, hm_error *error);

extern const hm_option_table cli_common_options, cli_model_options, cli_output_options, cli_import_options, cli_hmm_options, cli_recognise_options, cli_frames_options;

/* Where in the options the fields of a table lie. */
void *cli_config_of(cli_options *options, const hm_option_table *table);
/* Whether a row of one of its tables belongs to the verb. */
bool cli_takes(const cli_verb *verb, const hm_option_table *table, const hm_option *row);

/* Behind "data:" of its words; null: it takes all options of hm_data_options. */
const char *cli_data_words(const cli_verb *verb);

/* Whether a recipe's [data] is of use to the verb. */
bool cli_takes_recipe(const cli_verb *verb);

/* As on a command line: "epochs", or "up-down-epochs". */
const char *cli_option_name(const hm_option_table *table, const hm_option *row, char name[CLI_NAME_MAX]);
/* ---- Stages (cli_stages.c) ------------------------------------------------------------------------------ */

/* The kind of stage that a table or a section is of, or -1; the level that a section is for ("greedy 2"), or 0. */
int cli_stage_kind_of(const hm_option_table *table);
int cli_stage_kind_of_section(const char *section);
int cli_level_of_section(const char *section);
void *cli_stage_config(cli_stage *stage);
const hm_option_table *cli_stage_table(int kind);
/* The first of its kind, or null. */
const cli_stage *cli_find_stage(const cli_options *options, int kind);
/* The stage that a checkpoint was written by, from 0; HM_ERROR_MISMATCH where the run has no such stage. */
hm_status cli_stage_of_checkpoint(const cli_call *call, const char *path, size_t *index, hm_error *error);
/* A stage with its defaults, the last of all or where its kind belongs. */
hm_status cli_add_stage(cli_options *options, int kind, bool is_last, cli_stage **added, hm_error *error);
/* Sets a row of the section being read, or, on a command line, of all stages of the kind; makes one if there is none. */
hm_status cli_set_stage(cli_call *call, const hm_option_table *table, const char *name, const char *value, hm_error *error);
hm_status cli_add_override(cli_call *call, int level, const char *name, const char *value, hm_error *error);
/* The configuration of each level of a stack: that of the stage with what was said for the level. */
hm_status cli_level_configs(const cli_stage *stage, size_t n_levels, hm_train_config *configs, hm_error *error);
/* HM_ERROR_ARGUMENT for an option that was said, and that nothing of what was said with it makes use of. */
hm_status cli_check_used(const cli_options *options, hm_error *error);
/* As a section of a recipe; as snprintf. */
size_t cli_echo_stage(const cli_stage *stage, char *text, size_t size);

/* ---- Options -------------------------------------------------------------------------------------------- */

void cli_init_options(cli_options *options);
/* Sets a row of a table from text, and remembers that it was said. */
hm_status cli_set_option(cli_call *call, const hm_option_table *table, const char *name, const char *value,
                         hm_error *error);
hm_status cli_parse(const cli_verb *verb, int n, char **arguments, cli_call *call, bool *wants_help,
                    hm_error *error);

/* Whether a file is a recipe: its name ends in .ini, or its first line that says something is a [section]. */
bool cli_is_recipe(const char *path);
/* Whether the rows of a table are those of a section. */
bool cli_is_of_recipes(const hm_option_table *table);
/* The table of a section, or null. */
const hm_option_table *cli_recipe_table(const char *section);
/* A recipe into the options. Errors name the path (of the stream: what it is called in messages) and the line. */
hm_status cli_read_recipe(cli_call *call, const char *path, hm_error *error);
hm_status cli_read_recipe_from(cli_call *call, FILE *stream, const char *path, hm_error *error);
/* The recipe that the options amount to, into text. */
void cli_echo_recipe(const cli_options *options, char *text, size_t size);

void cli_print_verb_help(const cli_verb *verb, FILE *stream);
void cli_print_overview(FILE *stream);

/* Of each row that the verb takes, of one of its tables or of all; `name` is that of the command line. */
typedef void cli_row_printer(const cli_verb *verb, const hm_option *row, const char *name);
void cli_for_rows(const cli_verb *verb, const hm_option_table *table, cli_row_printer *print);
void cli_for_options(const cli_verb *verb, cli_row_printer *print);

/* To stdout: harmonium-VERB.1, or harmonium.1 for null; docs/commands.md; and what completes command lines in a shell
 * (HM_ERROR_ARGUMENT for one that is not known). */
void cli_print_man(const cli_verb *verb);
void cli_print_markdown(void);
hm_status cli_print_completion(const char *shell, hm_error *error);

/* Puts --observe, as in "jumps=1,earthquake=1", into observed[n_nodes], of which nothing need be observed yet. */
hm_status cli_observe(const cli_call *call, const hm_belief *net, int8_t *observed, hm_error *error);

/* Talk: a line on stderr, unless --quiet. */
void cli_say(const cli_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* On stdout; with question marks for control bytes, but for tabs and ends of lines, as all talk is, since names in it come from files. */
void cli_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line on stderr, quiet or not. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, behind "warning: ". */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Columns of the terminal: of $COLUMNS, of the terminal behind `descriptor`, or 80. */
size_t cli_columns(int descriptor);

/* A bar on a terminal (rewritten in place, at most ten times a second); nothing elsewhere. */
typedef struct cli_progress {
    bool is_terminal;
    double began, shown;
} cli_progress;

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

/* Takes operand `i`, if there, as the name of the data. */
hm_status cli_name_data(cli_call *call, int i, hm_error *error);

/* What a verb cannot do without: text that may be empty, and how to say it. */
typedef struct cli_need {
    const char *value, *advice;
} cli_need;

/* HM_ERROR_ARGUMENT, "say <advice>", for the first of needs[n] that is empty. */
hm_status cli_require(const cli_need *needs, size_t n, hm_error *error);

/* Whether the call, or its recipe, says this option of the data itself. */
bool cli_is_data_given(const cli_call *call, const char *name);

/* Prepares data as the model's was, but for what the call says itself. */
hm_status cli_prepare_as(cli_call *call, const hm_model *model, hm_error *error);

/* The class of the model that `text` names, by its name or label; HM_ERROR_ARGUMENT lists what there is. */
hm_status cli_find_class(const hm_model *model, const char *option, const char *text, size_t *k, hm_error *error);
/* The machine of --machine: of a class model by its class, else the only one. */
hm_status cli_choose_machine(const cli_call *call, const hm_model *model, size_t *machine, hm_error *error);

/* The model of --from in the place of a fresh one: what the options say of kind and layers must be what it is, and is then said of it
 * in full. */
hm_status cli_take_model(cli_call *call, const hm_model *model, hm_error *error);

/* What `visible` = auto of a machine stands for, by the values of the data; *is_raw: they are to be standardised, and are not. */
hm_status cli_choose_visible(cli_call *call, const hm_dataset *train, bool *is_raw, hm_error *error);

/* A fresh model as the options describe it, which knows its data and classes. */
hm_status cli_make_model(const cli_call *call, const hm_dataset *train, hm_model **model, hm_error *error);

/* ---- Files -------------------------------------------------------------------------------------------- */

/* ".png" of a path, or "". */
const char *cli_ending(const char *path);
/* Whether a path is to hold numbers: .npy, .csv or .svm. */
bool cli_is_values(const char *path);
/* Whether both are there and one regular file. */
bool cli_is_same_file(const char *a, const char *b);
/* Outputs end as the verb writes them, and none is an input of the same call. */
hm_status cli_check_files(const cli_verb *verb, const cli_call *call, hm_error *error);
/* Curves to a PNG file. */
hm_status cli_save_curves(const cli_call *call, const hm_plot *plot, const hm_curve *curves, size_t n, const char *path,
                          hm_error *error);
/* As NPY or CSV, by the name; or, with the labels of the cases of `set` (null: none), for LIBSVM. */
hm_status cli_save_values(hm_matrix values, const char *path, hm_error *error);
hm_status cli_save_cases(const hm_context *context, hm_matrix values, const hm_dataset *set, const char *path, hm_error *error);

/* Loads operand 0 as a model and opens operand 1 (or --data) as data. */
hm_status cli_open_material(cli_call *call, cli_material *material, hm_error *error);
/* The same, and reads at most `most` cases (0: all). */
hm_status cli_load_material(cli_call *call, size_t most, cli_material *material, hm_error *error);
void cli_free_material(cli_material *material);

/* Which of the model's features `text` names (see --clamp): is_clamped[n_features]. */
hm_status cli_parse_clamp(const hm_model *model, const char *text, bool *is_clamped, hm_error *error);

#endif
