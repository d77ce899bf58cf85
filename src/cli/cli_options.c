/* The program's own option tables, and which table fills which part of the options. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"

#define COMMON(name, letter, type, field, initial, least, most, unit, help)                                  \
    {name, letter, HM_OPTION_##type, offsetof(cli_common, field), initial, least, most, unit, NULL, help}
#define OUTPUT(name, letter, type, field, initial, least, most, unit, help)                                  \
    {name, letter, HM_OPTION_##type, offsetof(cli_output, field), initial, least, most, unit, NULL, help}

#define CHOICE(name, field, initial, unit, choices, help)                                                    \
    {name, 0, HM_OPTION_CHOICE, offsetof(cli_output, field), initial, 0, 0, unit, choices, help}

static const hm_option common_rows[] = {
    COMMON("seed", 0, INT, seed, "1", 0, 9e15, "N", "of every random number; the same seed gives the same bytes"),
    COMMON("threads", 0, INT, threads, "0", 0, 1024, "N", "threads to use; 0 takes every processor"),
    COMMON("backend", 0, TEXT, backend, "auto", 0, 0, "NAME", "auto, fused, blas or plain; see harmonium info"),
    COMMON("precision", 0, TEXT, precision, "f32", 0, 0, "NAME",
           "of the factors that learning multiplies: f32, bf16 (nearly twice as fast where the processor has it), or auto: bf16 "
           "where it can; weights and sums are float32"),
    COMMON("quiet", 'q', FLAG, quiet, "no", 0, 0, NULL, "no progress and no talk"),
};

static const hm_option model_rows[] = {
    {"kind", 0, HM_OPTION_CHOICE, offsetof(cli_model, kind), "rbm", 0, 0, "KIND",
     "rbm|classes|dbn|net|sbn|scene",
     "one machine; one for each class with learned offsets; a deep belief net; a feed-forward net from random weights; a sigmoid "
     "belief net, for wake-sleep; a net that names the class of every pixel"},
    {"layers", 0, HM_OPTION_TEXT, offsetof(cli_model, layers), "", 0, 0, "LAYERS", NULL,
     "of a dbn, net or sbn from the data up, as in \"784, 500, 500, 2000\" or \"gaussian 39 | 500 | softmax 10\""},
    {"labels", 0, HM_OPTION_TEXT, offsetof(cli_model, labels), "auto", 0, 0, "UNITS", NULL,
     "label units that the top RBM of a dbn sees beside the layer below: \"softmax 10\", none, or auto: one for each class of "
     "the data, unless a backprop stage adds them on top"},
    {"visible", 0, HM_OPTION_TEXT, offsetof(cli_model, visible), "auto", 0, 0, "LAYER", NULL,
     "visible units: bernoulli, gaussian, softmax, spin, relu or binomial; the number comes from the data; auto: bernoulli for values in "
     "0 to 1, spin for -1 and 1, else gaussian with --standardise"},
    {"hidden", 0, HM_OPTION_TEXT, offsetof(cli_model, hidden), "bernoulli 100", 0, 0, "LAYER", NULL,
     "hidden units, as in \"500\" or \"gaussian 30\""},
};

static const hm_option output_rows[] = {
    OUTPUT("output", 'o', TEXT, output, "", 0, 0, "FILE", "where the result goes"),
    OUTPUT("metrics", 0, TEXT, metrics, "", 0, 0, "FILE", "write one JSON line for each epoch"),
    OUTPUT("pictures", 0, TEXT, pictures, "", 0, 0, "FOLDER",
           "draw features, curves and a movie of learning there, and a page index.html that explains them"),
    OUTPUT("from", 0, TEXT, from, "", 0, 0, "MODEL", "begin with this model and go on with the later stages"),
    OUTPUT("resume", 0, FLAG, resume, "no", 0, 0, NULL, "go on from the checkpoint of an interrupted run"),
    OUTPUT("force", 0, FLAG, force, "no", 0, 0, NULL, "begin afresh although the checkpoint of an unfinished run is there"),
    OUTPUT("checkpoint-epochs", 0, INT, checkpoint_epochs, "0", 0, 1e9, "N",
           "epochs between checkpoints; 0 leaves it to the clock"),
    OUTPUT("checkpoint-minutes", 0, REAL, checkpoint_minutes, "1", 0, 1e6, "MIN",
           "minutes between checkpoints; 0 leaves it to the epochs"),
    OUTPUT("terminal", 0, FLAG, terminal, "no", 0, 0, NULL, "draw the picture in the terminal"),
    OUTPUT("temperatures", 0, TEXT, temperatures, "", 0, 0, "LIST",
           "of the curves of units, 0.5,1,2,4 if not said; of annealing the first and the last, 10,0.1 if not said"),
    OUTPUT("observe", 0, TEXT, observe, "", 0, 0, "NODE=VALUE,..", "what was observed, as in jumps=1,earthquake=1"),
    OUTPUT("learn", 0, TEXT, learn, "", 0, 0, "CASES",
           "learn the numbers of the net from a table of cases (CSV), by EM where nodes have no column or a value is not there, and "
           "write it to -o learned.net"),
    OUTPUT("compare", 0, FLAG, compare, "no", 0, 0, NULL,
           "hold the product of the marginals, and Gibbs samples, against the exact posterior of all nodes together"),
    OUTPUT("query", 0, TEXT, query, "", 0, 0, "NODE,..", "the nodes to compare so; all that are not observed if not said"),
    OUTPUT("explain", 0, FLAG, explain, "no", 0, 0, NULL, "tell the most probable explanation as well"),
    OUTPUT("lines", 0, FLAG, lines, "no", 0, 0, NULL, "the words of each utterance as well, what was said above what was heard"),
    OUTPUT("keep-case", 0, FLAG, keep_case, "no", 0, 0, NULL, "count One and one as two words; otherwise case does not matter, as to sclite"),
    OUTPUT("json", 0, FLAG, json, "no", 0, 0, NULL, "print the numbers as JSON"),
    OUTPUT("man", 0, FLAG, man, "no", 0, 0, NULL, "write the man page, or that of VERB"),
    OUTPUT("completion", 0, FLAG, completion, "no", 0, 0, NULL, "write the completion for SHELL: bash if none is said, zsh or fish"),
    OUTPUT("markdown", 0, FLAG, markdown, "no", 0, 0, NULL, "write the page docs/commands.md"),
    OUTPUT("number", 'n', INT, number, "0", 0, 1e9, "N", "how many cases; 0 takes a number that suits"),
    OUTPUT("gibbs-steps", 0, INT, steps, "0", 0, 1e9, "N", "Gibbs steps; 0 takes a number that suits"),
    OUTPUT("machine", 0, TEXT, machine, "", 0, 0, "CLASS", "which machine of a class model; empty for the first"),
    OUTPUT("machines", 0, TEXT, machines, "", 0, 0, "LIST",
           "which machines of a class model, as in \"2,3\": a band of the picture for each; empty for the first"),
    OUTPUT("pca", 0, FLAG, pca, "no", 0, 0, NULL,
           "beside it, the same by as many principal components as the smallest layer has units, of the training part of a named set "
           "or of the data themselves"),
    OUTPUT("layer", 0, INT, layer, "1", 1, HM_LEVELS_MAX, "L", "which hidden layer, from 1"),
    OUTPUT("layers", 0, TEXT, layers, "", 0, 0, "LIST", "several hidden layers side by side, as in \"1 2\"; empty for --layer"),
    OUTPUT("pool", 0, TEXT, pool, "", 0, 0, "SIDE/STRIDE",
           "of maps the largest number of windows: \"3/2\" takes those of 3x3 every 2 places"),
    OUTPUT("pyramid", 0, TEXT, pyramid, "", 0, 0, "LIST", "of maps the largest number in each cell of grids: \"1 2 4\" gives 21 a map"),
    OUTPUT("root", 0, FLAG, root, "no", 0, 0, NULL, "take the root of each number"),
    OUTPUT("unit-length", 0, FLAG, unit_length, "no", 0, 0, NULL, "scale the numbers of each case and layer to length 1"),
    OUTPUT("whole", 0, FLAG, whole, "no", 0, 0, NULL,
           "take pictures of another size than the model learned from, as a net of filters alone can: whole ones where it saw crops"),
    CHOICE("by", by, "projection", "HOW", "projection|sampling",
           "how features of higher layers come down to the data: the product of the weights, or Gibbs chains with the "
           "unit held on"),
    OUTPUT("patches", 0, INT, patches, "0", 0, CLI_PATCHES_MAX, "N",
           "beside each feature, the patches of so many cases of DATA in which it is strongest; 0: none"),
    OUTPUT("label", 0, TEXT, label, "", 0, 0, "CLASS",
           "hold the label units to this class, or to each in turn (all); empty leaves them free"),
    OUTPUT("means", 0, FLAG, means, "no", 0, 0, NULL, "give the means (probabilities) that samples are drawn from"),
    OUTPUT("clamp", 0, TEXT, clamp, "", 0, 0, "WHICH",
           "features that stay as in the data: left, right, top, bottom; a rectangle as in 14x28+0+0 (height x width + "
           "top + left); a list as in 0-391,500; or a PNG mask, white where they stay"),
    CHOICE("inference", inference, "chains", "HOW", "chains|layers|once|upward",
           "how what is not given is found: Gibbs chains of the top RBM with passes up and down; sweeps in which every layer sees the one "
           "below and the one above, evidence being only what is given (--gibbs-steps of them; --means averages the second half); or, to "
           "compare with, one pass up and down, or the first layer driven from below alone"),
    OUTPUT("completions", 0, INT, completions, "5", 1, 100, "N", "samples for each clamped case"),
    CHOICE("method", method, "energy", "HOW", "energy|gibbs",
           "how a deep belief net names a class: the exact free energy of each label, or label units that settle"),
    OUTPUT("confusion", 0, TEXT, confusion, "", 0, 0, "FILE", "draw the confusion matrix there"),
    OUTPUT("mistakes", 0, TEXT, mistakes, "", 0, 0, "FILE", "draw the cases that were named wrongly there"),
    OUTPUT("seconds", 0, REAL, seconds, "10", 1, 600, "S", "length of the movie"),
    OUTPUT("temperature", 0, REAL, temperature, "1", 1e-3, 1e3, "T", "of the sampling"),
};

#define IMPORT(name, field, initial, unit, help)                                                             \
    {name, 0, HM_OPTION_TEXT, offsetof(cli_import_config, field), initial, 0, 0, unit, NULL, help}

static const hm_option import_rows[] = {
    IMPORT("visible-bias", visible_bias, "", "FILE|NAME", "the visible biases: a file, or a tensor of the safetensors file"),
    IMPORT("hidden-bias", hidden_bias, "", "FILE|NAME", "the hidden biases, likewise"),
    IMPORT("weights", weights, "", "NAME", "the tensor that is W; needed where a safetensors file holds several matrices"),
    {"transposed", 0, HM_OPTION_FLAG, offsetof(cli_import_config, transposed), "no", 0, 0, NULL, NULL,
     "the file holds hidden x visible, as the weight of a PyTorch Linear does"},
    IMPORT("visible", visible, "bernoulli", "LAYER",
           "visible units: bernoulli, gaussian, softmax, relu or binomial; the number comes from W"),
    IMPORT("hidden", hidden, "bernoulli", "LAYER", "hidden units, likewise"),
};

#define HMM(name, field, unit, help) {name, 0, HM_OPTION_TEXT, offsetof(cli_hmm, field), "", 0, 0, unit, NULL, help}

#define HMM_DICTIONARY HMM("dictionary", dictionary, "FILE", "how words are pronounced, as in \"GO G OW\"")
#define HMM_FILLERS HMM("fillers", fillers, "FILE", "likewise of noises that transcripts name")

static const hm_option hmm_rows[] = {
    HMM("scores", scores, "FOLDER",
        "of senone scores, UTTERANCE.sen each; those that pocketsphinx_batch -senlogdir numbers are to be named so"),
    HMM("definition", definition, "FILE", "the model definition as text (Sphinx's mdef): phones, triphones and their senones"),
    HMM("transitions", transitions, "FILE", "Sphinx's transition_matrices"),
    HMM_DICTIONARY,
    HMM_FILLERS,
    HMM("transcripts", transcripts, "FILE", "what was said: \"<s> WORDS </s> (utterance)\" a line"),
    HMM("words", words, "FILE", "write the transcripts with the pronunciations that were said and <sil> where one paused"),
    HMM("phones", phones, "FILE", "write \"utterance begin end phone word\" a line; the frame `end` is the next phone's"),
    {"skip-failed", 0, HM_OPTION_FLAG, offsetof(cli_hmm, skip_failed), "no", 0, 0, NULL, NULL,
     "utterances that cannot be aligned are named in warnings, and their frames labelled 0"},
};

static const hm_option recognise_rows[] = {
    HMM("hmm", hmms, "FOLDER", "hidden Markov models as Sphinx keeps them: mdef, transition_matrices, means, .."),
    HMM_DICTIONARY,
    HMM_FILLERS,
    HMM("language-model", language_model, "FILE", "how probable words are behind one another: ARPA, or Sphinx's DMP"),
    {"language-weight", 0, HM_OPTION_REAL, offsetof(cli_hmm, language_weight), "6", 0, 1000, "W", NULL,
     "the power of the language model's probabilities beside those of the sound"},
    HMM("hypotheses", hypotheses, "FILE", "write \"WORDS (utterance)\" a line, as `word-error` reads"),
    HMM("definition", definition, "FILE", "the model definition as text; empty: mdef.txt, or else mdef, of the folder --hmm"),
    HMM("transitions", transitions, "FILE", "Sphinx's transitions, for phones in the picture; empty: transition_matrices of that folder"),
};

#define FRAMES(name, type, field, initial, unit, help)                                                       \
    {name, 0, HM_OPTION_##type, offsetof(cli_frames, field), initial, 0, 0, unit, NULL, help}

static const hm_option frames_rows[] = {
    FRAMES("list", TEXT, list, "", "FILE", "the sounds, a line each: their paths below --root, without .wav or .flac"),
    FRAMES("root", TEXT, root, "", "FOLDER", "where the sounds of --list lie; empty: here"),
    FRAMES("speeds", TEXT, speeds, "", "LIST",
           "write each sound once at each of these speeds, as in \"0.9 1 1.1\"; its name gets the speed, as in @0.9, if that is not 1"),
    FRAMES("skip-damaged", FLAG, skip_damaged, "no", NULL,
           "leave out sounds that cannot be used and list them at the end; otherwise the first is an error"),
};

#define TABLE(section, title, rows) {section, title, rows, sizeof rows / sizeof *rows, false}
const hm_option_table cli_common_options = TABLE("run", "Running", common_rows);
const hm_option_table cli_model_options = TABLE("model", "Model", model_rows);
const hm_option_table cli_output_options = TABLE("output", "Output", output_rows);
const hm_option_table cli_import_options = TABLE("import", "Import", import_rows);
const hm_option_table cli_hmm_options = TABLE("hmm", "Hidden Markov models", hmm_rows);
const hm_option_table cli_recognise_options = TABLE("recognise", "Recognition", recognise_rows);
const hm_option_table cli_frames_options = TABLE("frames", "Sounds", frames_rows);

/* The tables that fill a part of the options; those of stages fill the stages (cli_stages.c). */
static const hm_option_table *const tables[] = {&hm_data_options, &cli_model_options, &cli_common_options,
                                                &cli_output_options, &cli_import_options, &hm_evaluate_options,
                                                &hm_belief_options, &hm_belief_learn_options, &cli_hmm_options, &cli_recognise_options, &hm_front_end_options,
                                                &cli_frames_options, &hm_scene_options, &hm_scene_label_options};
enum { N_TABLES = sizeof tables / sizeof *tables };

void *cli_config_of(cli_options *options, const hm_option_table *table)
{
    void *const configs[] = {&options->data, &options->model, &options->common, &options->output, &options->import,
                             &options->evaluate, &options->belief, &options->belief_learn, &options->hmm, &options->hmm, &options->front_end,
                             &options->frames, &options->scene, &options->label};
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

const char *cli_data_words(const cli_verb *verb)
{
    return strstr(verb->words, "data:");
}

bool cli_takes(const cli_verb *verb, const hm_option_table *table, const hm_option *row)
{
    const char *words = table == &cli_output_options ? verb->words : table == &hm_data_options ? cli_data_words(verb) : NULL;
    if (!words)
        return true;
    size_t n = strlen(row->name);
    for (const char *at = words; (at = strstr(at, row->name)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == 0))
            return true;
    return false;
}

hm_status cli_set_option(cli_call *call, const hm_option_table *table, const char *name, const char *value,
                         hm_error *error)
{
    if (cli_stage_kind_of(table) >= 0)
        return cli_set_stage(call, table, name, value, error);
    hm_status status = hm_options_set(table, cli_config_of(&call->options, table), name, value, error);
    if (status == HM_OK && table == &hm_data_options)
        call->is_data_given[hm_options_find(table, name) - table->rows] = true;
    if (status == HM_OK && table == &hm_scene_options)
        call->is_scene_given[hm_options_find(table, name) - table->rows] = true;
    return status;
}

const char *cli_option_name(const hm_option_table *table, const hm_option *row, char name[CLI_NAME_MAX])
{
    if (table == &cli_model_options && strcmp(row->name, "labels") == 0) /* --labels names the file of labels */
        return strcpy(name, "label-units");
    snprintf(name, CLI_NAME_MAX, "%s%s%s", table->is_prefixed ? table->section : "", table->is_prefixed ? "-" : "",
             row->name);
    return name;
}

void cli_for_rows(const cli_verb *verb, const hm_option_table *table, cli_row_printer *print)
{
    char name[CLI_NAME_MAX];
    for (size_t i = 0; i < table->n_rows; i++)
        if (cli_takes(verb, table, &table->rows[i]))
            print(verb, &table->rows[i], cli_option_name(table, &table->rows[i], name));
}

void cli_for_options(const cli_verb *verb, cli_row_printer *print)
{
    for (int t = 0; verb->tables[t]; t++)
        cli_for_rows(verb, verb->tables[t], print);
}

/* The seed is a row of the model file of its own; threads and backend do not change a result's meaning. */
void cli_echo_recipe(const cli_options *options, char *text, size_t size)
{
    size_t used = 0;
    const hm_option_table *const told[] = {&hm_data_options, &cli_model_options, &hm_scene_options};
    int n = options->model.kind == CLI_KIND_SCENE ? 3 : 2;
    for (int i = 0; i < n && used < size; i++) {
        char rows[4096];
        hm_options_echo(told[i], cli_config_of((cli_options *)options, told[i]), false, rows, sizeof rows);
        used += (size_t)snprintf(text + used, size - used, "%s[%s]\n%s", i ? "\n" : "", told[i]->section, rows);
    }
    for (int i = 0; i < options->n_stages && used < size; i++)
        used += cli_echo_stage(&options->stage[i], text + used, size - used);
}
