/* Outputs: which kinds of files a verb writes, and that no output is an input or in use. */
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli.h"

const char *cli_ending(const char *path)
{
    const char *name = strrchr(path, '/'), *dot = strrchr(name ? name : path, '.');
    return dot ? dot : "";
}

/* Whether `word` is one of `words`, which spaces separate. */
static bool is_among(const char *word, const char *words)
{
    size_t n = strlen(word);
    for (const char *at = words; n && (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == 0))
            return true;
    return false;
}

static bool is_special(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

static hm_status check_ending(const char *path, const char *endings, hm_error *error)
{
    if (!*path || is_special(path) || is_among(cli_ending(path), endings))
        return HM_OK;
    return hm_fail(error, HM_ERROR_ARGUMENT, "%s: the name says what is written, and this verb writes %s; end it so", path,
                   endings);
}

/* Endings that neither a model nor a folder has. */
static const char others[] = ".png .gif .npy .npz .csv .tsv .svm .mp4 .webm .jpg .jpeg .ini .json .jsonl .html .gz .txt .md .pdf .svg .net .bif .gv "
                             ".dot .wav .flac .c .h .py .sh .pt .pth .pkl .h5 .onnx .log .zip";

/* A model may be called anything but what it is not. */
static hm_status check_model_name(const char *path, hm_error *error)
{
    if (is_special(path) || !is_among(cli_ending(path), others))
        return HM_OK;
    return hm_fail(error, HM_ERROR_ARGUMENT, "%s: a model is a safetensors file; call it so, as in model.safetensors", path);
}

bool cli_is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return *a && *b && stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
           S_ISREG(x.st_mode);
}

/* The files that this command writes and reads. */
static hm_status check_apart(const cli_call *call, const char *written, hm_error *error)
{
    const cli_options *options = &call->options;
    const cli_hmm *hmm = &options->hmm;
    const char *inputs[CLI_OPERANDS_MAX + 14] = {options->data.data, options->data.labels, options->output.from,
                                                options->import.visible_bias, options->import.hidden_bias, options->output.learn,
                                                 hmm->definition, hmm->transitions, hmm->dictionary, hmm->fillers, hmm->transcripts, options->frames.list,
                                                hmm->language_model, options->scene.classes};
    int n = 14;
    for (int i = 0; i < call->n_operands; i++)
        inputs[n++] = call->operand[i];
    for (int i = 0; i < n; i++)
        if (cli_is_same_file(written, inputs[i]))
            return hm_fail(error, HM_ERROR_ARGUMENT, "%s: is read by this command; choose another name for the output",
                           written);
    return cli_is_same_file(written, call->recipe)
               ? hm_fail(error, HM_ERROR_ARGUMENT, "%s: is this command's recipe; choose another name for the output", written)
               : HM_OK;
}

static hm_status check_output(const cli_verb *verb, const char *path, hm_error *error)
{
    if (!verb->writes)
        return check_model_name(path, error);
    if (is_among("folder", verb->writes) && !is_among(cli_ending(path), others))
        return HM_OK;
    return check_ending(path, verb->writes, error);
}

hm_status cli_check_files(const cli_verb *verb, const cli_call *call, hm_error *error)
{
    const cli_output *output = &call->options.output;
    const char *const outputs[] = {output->output, output->metrics, output->confusion, output->mistakes,
                                   call->options.hmm.words, call->options.hmm.phones, call->options.hmm.hypotheses};
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < sizeof outputs / sizeof *outputs; i++) {
        status = *outputs[i] ? check_apart(call, outputs[i], error) : HM_OK;
        for (size_t j = 0; status == HM_OK && j < i; j++)
            if (*outputs[i] && strcmp(outputs[i], outputs[j]) == 0)
                status = hm_fail(error, HM_ERROR_ARGUMENT, "%s: two results would go to one file; choose another name",
                                 outputs[i]);
    }
    if (status == HM_OK)
        status = check_output(verb, output->output, error);
    if (status == HM_OK)
        status = check_ending(output->confusion, ".png", error);
    return status == HM_OK ? check_ending(output->mistakes, ".png", error) : status;
}

hm_status cli_save_values(hm_matrix values, const char *path, hm_error *error)
{
    return strcmp(cli_ending(path), ".csv") == 0 ? hm_matrix_save_csv(values, path, error)
                                                 : hm_matrix_save_npy(values, path, error);
}

hm_status cli_save_curves(const cli_call *call, const hm_plot *plot, const hm_curve *curves, size_t n, const char *path,
                          hm_error *error)
{
    hm_image *image;
    hm_status status = hm_plot_curves(call->context, plot, curves, n, &image, error);
    if (status == HM_OK)
        status = hm_image_save_png(image, path, error);
    hm_image_destroy(image);
    return status;
}

hm_status cli_save_cases(const hm_context *context, hm_matrix values, const hm_dataset *set, const char *path, hm_error *error)
{
    if (strcmp(cli_ending(path), ".svm") != 0)
        return cli_save_values(values, path, error);
    int32_t *labels = hm_alloc(context, values.rows, sizeof *labels, error);
    if (!labels)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < values.rows; i++)
        labels[i] = hm_dataset_label(set, i);
    hm_status status = hm_matrix_save_svm(values, labels, path, error);
    hm_free(context, labels);
    return status;
}

bool cli_is_values(const char *path)
{
    return is_among(cli_ending(path), ".npy .csv .svm");
}

hm_status cli_require(const cli_need *needs, size_t n, hm_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (!*needs[i].value)
            return hm_fail(error, HM_ERROR_ARGUMENT, "say %s", needs[i].advice);
    return HM_OK;
}
